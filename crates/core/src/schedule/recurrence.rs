//! Stretches of time that come back: what windows and `when` are made of.
//!
//! A stretch begins at every tick of a schedule and lasts its duration, in elapsed time (three hours are three hours also
//! when clocks change). Stretches that meet or overlap are one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::Cron;

/// How far ahead an opening or an end is looked for: longer than any yearly schedule needs (our choice).
pub(super) const HORIZON: SignedDuration = SignedDuration::from_hours(366 * 24);

/// How many edges are looked at before the search gives up: enough for one every hour of the horizon (our choice).
pub(super) const MOST_EDGES: usize = 9_000;

/// So many stretches may be one (our choice: each is looked for, and who means an evening writes an evening).
pub const MOST_JOINED: usize = 100;

/// What lasts until it begins again, for a year or [`MOST_JOINED`] times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endless;

/// `{schedule: "0 16 * * FRI", duration: 6h}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// When it begins.
    pub schedule: Cron,
    /// How long it lasts.
    pub duration: Duration,
}

/// A stretch of time in which a recurrence is on, or is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Which of the two.
    pub is_on: bool,
    /// The next change, see [`Recurrence::next_change`].
    pub until: Option<Timestamp>,
}

impl Recurrence {
    /// Whether `at` is in a stretch: the first instant is, the last is not.
    pub fn is_on(&self, at: Timestamp, tz: &TimeZone) -> bool {
        self.open_until(at, tz).is_some()
    }

    /// The end (exclusive) of the stretch that `at` is in, if it is in one. The latest tick decides, as all stretches are
    /// equally long.
    pub(super) fn open_until(&self, at: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        let start = self.schedule.previous_at_or_before(at, tz)?;
        let end = start.checked_add(self.duration).unwrap_or(Timestamp::MAX);
        (at < end).then_some(end)
    }

    /// The first moment after `at` at which a stretch begins or, with all that meet it, ends. Where no end is found it is a
    /// moment at which to ask again.
    pub fn next_change(&self, at: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        self.stretch(at, tz).until
    }

    /// Whether `at` is in a stretch, and the next change.
    pub(super) fn stretch(&self, at: Timestamp, tz: &TimeZone) -> Stretch {
        let open = self.open_until(at, tz);
        let until = self.change_after(at, open, tz).map(|found| found.unwrap_or_else(|asked| asked));
        Stretch { is_on: open.is_some(), until }
    }

    /// The next `most` changes after `from`; `Err`: one of the stretches has no end that is found.
    pub fn changes(&self, from: Timestamp, tz: &TimeZone, most: usize) -> Result<Vec<Timestamp>, Endless> {
        let (mut changes, mut at) = (Vec::with_capacity(most), from);
        while changes.len() < most {
            let Some(next) = self.change_after(at, self.open_until(at, tz), tz) else { break };
            at = next.map_err(|_| Endless)?;
            changes.push(at);
        }
        Ok(changes)
    }

    /// The next change, of what is open until then if it is; `Err`: no end was found up to this moment.
    fn change_after(
        &self,
        at: Timestamp,
        open: Option<Timestamp>,
        tz: &TimeZone,
    ) -> Option<Result<Timestamp, Timestamp>> {
        match open {
            None => self.schedule.next_after(at, tz).map(Ok),
            Some(end) => Some(self.end_after(end, tz)),
        }
    }

    /// The end of what a stretch is in that ends at `end`; `Err`: none was found up to this moment.
    fn end_after(&self, mut end: Timestamp, tz: &TimeZone) -> Result<Timestamp, Timestamp> {
        let horizon = end.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
        for _ in 0..MOST_JOINED {
            match self.open_until(end, tz) {
                None => return Ok(end),
                Some(later) if later <= horizon => end = later,
                Some(_) => break,
            }
        }
        Err(end)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use proptest::prelude::*;

    use super::*;

    fn every(schedule: &str, minutes: u64) -> Recurrence {
        Recurrence { schedule: Cron::parse(schedule).unwrap(), duration: Duration::from_secs(minutes * 60) }
    }

    /// The next `count` changes, on the clocks of `zone`.
    fn changes(times: &Recurrence, after: &str, zone: &str, count: usize) -> Vec<String> {
        let tz = TimeZone::get(zone).unwrap();
        let next = |at: &Timestamp| times.next_change(*at, &tz);
        let moments = std::iter::successors(Some(after.parse().unwrap()), next).skip(1).take(count);
        let words = |at: Timestamp| {
            let sign = if times.is_on(at, &tz) { "+" } else { "-" };
            format!("{sign}{}", at.to_zoned(tz.clone()).strftime("%a %d %H:%M"))
        };
        moments.map(words).collect()
    }

    #[test]
    fn stretches_begin_and_end_in_turn() {
        let friday = every("0 16 * * FRI", 360);
        let expected = ["+Fri 04 16:00", "-Fri 04 22:00", "+Fri 11 16:00", "-Fri 11 22:00"];
        assert_eq!(changes(&friday, "2026-12-01T00:00:00Z", "Asia/Jakarta", 4), expected);
        assert_eq!(changes(&friday, "2026-12-04T09:00:00Z", "Asia/Jakarta", 1), ["-Fri 04 22:00"]);
    }

    #[test]
    fn stretches_that_meet_or_overlap_are_one() {
        let lunch_and_tea = every("0 11,13 * * *", 120);
        assert_eq!(changes(&lunch_and_tea, "2026-12-01T00:00:00Z", "UTC", 2), ["+Tue 01 11:00", "-Tue 01 15:00"]);
        let weekend = every("0 0 * * SAT,SUN", 1500);
        assert_eq!(changes(&weekend, "2026-12-04T00:00:00Z", "UTC", 2), ["+Sat 05 00:00", "-Mon 07 01:00"]);
    }

    #[test]
    fn the_last_days_of_months_are_their_own() {
        let payday = every("0 0 31 * *", 1440);
        let expected = ["+Thu 31 00:00", "-Fri 01 00:00", "+Sun 31 00:00", "-Mon 01 00:00", "+Wed 31 00:00"];
        assert_eq!(changes(&payday, "2026-12-01T00:00:00Z", "UTC", 5), expected, "February has none");
        let leap = every("0 0 29 2 *", 1440);
        let next = leap.next_change("2026-12-01T00:00:00Z".parse().unwrap(), &TimeZone::UTC).unwrap();
        assert_eq!(next.to_string(), "2028-02-29T00:00:00Z");
    }

    #[test]
    fn a_stretch_lasts_its_duration_when_clocks_change() {
        let breakfast = every("0 1 * * *", 270);
        // Clocks go forward on 28 March 2027, back on 31 October.
        let zone = "Europe/Berlin";
        assert_eq!(changes(&breakfast, "2027-03-27T12:00:00Z", zone, 2), ["+Sun 28 01:00", "-Sun 28 06:30"]);
        assert_eq!(changes(&breakfast, "2027-10-30T12:00:00Z", zone, 2), ["+Sun 31 01:00", "-Sun 31 04:30"]);
        let in_the_gap = every("30 2 * * *", 60);
        assert_eq!(changes(&in_the_gap, "2027-03-27T12:00:00Z", zone, 2), ["+Sun 28 03:00", "-Sun 28 04:00"]);
        assert_eq!(changes(&in_the_gap, "2027-10-30T12:00:00Z", zone, 3)[1..], ["-Sun 31 02:30", "+Mon 01 02:30"]);
        let calm = ["+Sun 28 01:00", "-Sun 28 05:30"];
        assert_eq!(changes(&breakfast, "2027-03-27T12:00:00Z", "Asia/Makassar", 2), ["+Sun 28 01:00", "-Sun 28 05:30"]);
        assert_eq!(changes(&breakfast, "2027-03-27T12:00:00Z", "Asia/Jayapura", 2), calm);
    }

    #[test]
    fn what_lasts_until_it_begins_again_is_endless() {
        let from = "2026-12-28T00:00:00Z".parse().unwrap();
        for (schedule, minutes) in
            [("0 16 * * *", 1440), ("* * * * *", 1), ("0 0 1 * *", 44_640), ("0 0 1 1 *", 527_040)]
        {
            let found = every(schedule, minutes).changes(from, &TimeZone::UTC, 10);
            assert_eq!(found, Err(Endless), "{schedule} for {minutes} min");
        }
        for (schedule, minutes) in [("0 16 * * *", 1439), ("* 16 * * *", 1), ("0 0 1 * *", 43_200), ("0 0 29 2 *", 60)]
        {
            let found = every(schedule, minutes).changes(from, &TimeZone::UTC, 10).unwrap();
            assert_eq!((found.len(), found.is_sorted()), (10, true), "{schedule} for {minutes} min");
        }
        let always = every("* * * * *", 1);
        assert!(always.next_change(from, &TimeZone::UTC).unwrap() > from, "it is asked again later");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Minute by minute around a change of clocks, no change is missed and none is made up.
        #[test]
        fn between_changes_nothing_changes(minute in 0..60_u8, hours in "[0-5]|[0-5],1[0-9]|\\*/[2-5]", minutes in 1..200_u64) {
            let times = every(&format!("{minute} {hours} * * *"), minutes);
            let tz = TimeZone::get("Europe/Berlin").unwrap();
            for start in ["2027-03-27T23:30:00Z", "2027-10-30T22:30:00Z"] {
                let start: Timestamp = start.parse().unwrap();
                let mut next = times.next_change(start, &tz);
                let mut before = times.is_on(start, &tz);
                for minute in 1..240 {
                    let at = start + SignedDuration::from_mins(minute);
                    let is_on = times.is_on(at, &tz);
                    prop_assert_eq!(is_on != before, next == Some(at), "{} {}", times.schedule, at);
                    if next == Some(at) {
                        next = times.next_change(at, &tz);
                    }
                    before = is_on;
                }
            }
        }
    }
}
