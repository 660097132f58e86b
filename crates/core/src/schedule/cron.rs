//! Cron expressions and the moments they mean, in any time zone.
//!
//! The search is the `croner` crate's; which texts are accepted is `fields`'.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit, Zoned, civil::date, tz::TimeZone};

use super::fields::{CronError, normalise};

/// A five-field POSIX cron expression that has at least one moment.
///
/// 0 and 7 are Sunday, months and days may be named; if both day of month and day of week are restricted, either
/// suffices. Where clocks go forward, a single daily time that falls into the gap happens right after it; where they go
/// back, it happens once, while ranges and steps happen in both passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    cron: croner::Cron,
}

impl Cron {
    /// Reads `minute hour day-of-month month day-of-week`; an expression that can never happen (30 February) is an error.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let cron = croner::parser::CronParser::builder()
            .seconds(croner::parser::Seconds::Disallowed)
            .year(croner::parser::Year::Disallowed)
            .build()
            .parse(&normalise(text)?)
            .map_err(|e| CronError::new(format!("the cron expression is not understood ({e})"), EXAMPLE))?;
        let cron = Self { text: text.split_whitespace().collect::<Vec<_>>().join(" "), cron };
        if cron.happens() { Ok(cron) } else { Err(never(&cron.text)) }
    }

    /// The expression as it was written, with one space between fields.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first moment strictly after `after`, read on the clocks of `tz`; always a whole minute there, but for gaps.
    pub fn next_after(&self, after: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        let found = self.cron.find_next_occurrence(&whole_second(after, tz)?, false).ok()?;
        Some(found.timestamp())
    }

    /// The last moment not after `at`, read on the clocks of `tz`.
    pub fn previous_at_or_before(&self, at: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        let found = self.cron.find_previous_occurrence(&whole_second(at, tz)?, true).ok()?;
        Some(found.timestamp())
    }

    /// Whether there is any moment at all: eight years hold every day there is, but for the century rule, and 2000 is no
    /// exception to it.
    fn happens(&self) -> bool {
        let start = date(2000, 1, 1).at(0, 0, 0, 0);
        let end = date(2008, 1, 1).at(0, 0, 0, 0);
        self.cron.find_next_occurrence(&start, true).is_ok_and(|found| found < end)
    }
}

impl std::fmt::Display for Cron {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

const EXAMPLE: &str = "write minute, hour, day of month, month, day of week, such as `*/15 * * * *`";

fn never(text: &str) -> CronError {
    CronError::new(
        format!("the cron expression `{text}` never happens: no such month has such a day of month"),
        "write a day of month that the month has",
    )
}

/// The search knows whole seconds only; rounding down keeps "strictly after" and "not after" true.
fn whole_second(at: Timestamp, tz: &TimeZone) -> Option<Zoned> {
    let floor = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor);
    Some(at.round(floor).ok()?.to_zoned(tz.clone()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn cron(text: &str) -> Cron {
        Cron::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn refused(text: &str) -> String {
        Cron::parse(text).expect_err(text).to_string()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The first `count` moments after `after`, as local times.
    fn next(text: &str, after: &str, tz: &str, count: usize) -> Vec<String> {
        let (cron, tz) = (cron(text), zone(tz));
        let ticks = std::iter::successors(Some(at(after)), |t| cron.next_after(*t, &tz)).skip(1).take(count);
        ticks.map(|t| t.to_zoned(tz.clone()).strftime("%a %F %H:%M %:z").to_string()).collect()
    }

    #[test]
    fn next_is_strictly_after_and_in_the_zone() {
        assert_eq!(
            next("*/15 * * * *", "2026-06-01T03:15:00Z", "Asia/Jakarta", 2),
            ["Mon 2026-06-01 10:30 +07:00", "Mon 2026-06-01 10:45 +07:00"]
        );
        assert_eq!(next("0 11 * * *", "2026-06-01T03:59:59.9Z", "Asia/Jakarta", 1), ["Mon 2026-06-01 11:00 +07:00"]);
    }

    #[test]
    fn zero_seven_and_sun_are_sunday() {
        let expected = ["Sun 2026-06-07 08:00 +07:00", "Sun 2026-06-14 08:00 +07:00"];
        for day in ["0", "7", "sun", "SUN"] {
            assert_eq!(next(&format!("0 8 * * {day}"), "2026-06-01T00:00:00Z", "Asia/Jakarta", 2), expected, "{day}");
        }
    }

    #[test]
    fn a_range_of_days_may_end_on_sunday() {
        for days in ["fri-sun", "5-7", "5-0"] {
            let ticks = next(&format!("0 8 * jun {days}"), "2026-06-01T00:00:00Z", "Asia/Jakarta", 3);
            assert_eq!(ticks.iter().map(|t| &t[..3]).collect::<Vec<_>>(), ["Fri", "Sat", "Sun"], "{days}");
        }
    }

    #[test]
    fn day_of_month_or_day_of_week_suffices() {
        assert_eq!(
            next("0 0 13 * 5", "2026-06-01T00:00:00Z", "UTC", 4),
            [
                "Fri 2026-06-05 00:00 +00:00",
                "Fri 2026-06-12 00:00 +00:00",
                "Sat 2026-06-13 00:00 +00:00",
                "Fri 2026-06-19 00:00 +00:00"
            ]
        );
    }

    #[test]
    fn a_daily_time_in_the_gap_happens_right_after_it() {
        assert_eq!(
            next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin", 2),
            ["Sun 2026-03-29 03:00 +02:00", "Mon 2026-03-30 02:30 +02:00"]
        );
    }

    #[test]
    fn when_clocks_go_back_a_daily_time_happens_once_and_steps_happen_twice() {
        assert_eq!(
            next("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin", 2),
            ["Sun 2026-10-25 02:30 +02:00", "Mon 2026-10-26 02:30 +01:00"]
        );
        assert_eq!(
            next("*/30 2-3 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin", 5),
            [
                "Sun 2026-10-25 02:00 +02:00",
                "Sun 2026-10-25 02:30 +02:00",
                "Sun 2026-10-25 02:00 +01:00",
                "Sun 2026-10-25 02:30 +01:00",
                "Sun 2026-10-25 03:00 +01:00"
            ]
        );
    }

    #[test]
    fn previous_includes_the_moment_itself() {
        let (cron, tz) = (cron("0 11 * * *"), zone("Asia/Jakarta"));
        let tick = at("2026-06-02T04:00:00Z");
        assert_eq!(cron.previous_at_or_before(tick, &tz), Some(tick));
        assert_eq!(cron.previous_at_or_before(at("2026-06-02T04:00:00.5Z"), &tz), Some(tick));
        assert_eq!(cron.previous_at_or_before(at("2026-06-02T03:59:59.999Z"), &tz), Some(at("2026-06-01T04:00:00Z")));
    }

    #[test]
    fn errors_name_the_field_and_what_to_write() {
        assert_eq!(
            refused("*/90 * * * *"),
            "the minute field `*/90` has a step of 90, longer than its range of 59: \
             write `0` for that one value, or a step from 1 to 59"
        );
        assert_eq!(
            refused("0 25 * * *"),
            "the hour field `25` is not understood: write `*`, numbers from 0 to 23, ranges `a-b` or steps `*/n`"
        );
        assert_eq!(
            refused("0 0 * * moon"),
            "the day of week field `moon` is not understood: \
             write `*`, numbers from 0 to 7 or names from `sun` to `sat`, ranges `a-b` or steps `*/n`"
        );
        assert_eq!(
            refused("5/15 * * * *"),
            "the minute field `5/15` has a step but no range: write `5-59/15` or `*/15`"
        );
        assert_eq!(
            refused("0 22-2 * * *"),
            "the hour field `22-2` is a range that runs backwards: write the two parts `22-23,0-2`"
        );
        assert_eq!(refused("@daily"), "cron abbreviations like `@daily` are not understood: write `0 0 * * *`");
        assert!(refused("0 */15 * * * *").contains("has 6 fields, not 5: leave out seconds"));
        assert!(refused("").contains("is empty"));
    }

    #[test]
    fn extensions_of_other_crons_are_refused() {
        for text in ["0 0 L * *", "0 0 15W * *", "0 0 * * 5#2", "0 0 ? * *", "0 0 * * +1", "0 0 1 * 5L", "*,5 * * * *"]
        {
            refused(text);
        }
        for text in ["*/0 * * * *", "5-5/1 * * * *", "1,,2 * * * *", ", * * * *", "1- * * * *", "-1 * * * *"] {
            refused(text);
        }
    }

    #[test]
    fn a_day_that_no_month_has_is_refused() {
        assert!(refused("0 0 30 2 *").contains("`0 0 30 2 *` never happens"));
        assert!(refused("0 0 31 4,6,9,11 *").contains("never happens"));
        cron("0 0 29 feb *");
        cron("0 0 30 2 mon"); // Mondays of February suffice
    }

    fn expressions() -> impl Strategy<Value = String> {
        let minute = prop_oneof![Just("*/7".to_owned()), Just("*".to_owned()), (0..60_u8).prop_map(|m| m.to_string())];
        let hour = prop_oneof![Just("*".to_owned()), (0..24_u8).prop_map(|h| h.to_string()), Just("1-3".to_owned())];
        let day = prop_oneof![Just("*".to_owned()), (1..29_u8).prop_map(|d| d.to_string())];
        let week = prop_oneof![Just("*".to_owned()), (0..8_u8).prop_map(|d| d.to_string())];
        (minute, hour, day, week).prop_map(|(m, h, d, w)| format!("{m} {h} {d} * {w}"))
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[ -~]{0,24}|([0-9*/,a-z-]{1,6} ){4}[0-9*/,a-z-]{1,6}") {
            let _ = Cron::parse(&text);
        }

        /// Around the change of clocks in Berlin (October and March) and elsewhere.
        #[test]
        fn next_strictly_increases_and_previous_agrees(
            text in expressions(),
            start in prop_oneof![1_792_800_000_i64..1_793_000_000, 1_774_600_000_i64..1_774_900_000, 0_i64..4_000_000_000],
        ) {
            let (cron, tz) = (cron(&text), zone("Europe/Berlin"));
            let mut after = Timestamp::from_second(start).unwrap();
            for step in 0..20 {
                let tick = cron.next_after(after, &tz).unwrap();
                let before = cron.previous_at_or_before(tick - SignedDuration::from_nanos(1), &tz).unwrap();
                prop_assert!(before <= after && (step == 0 || before == after), "{text}: {before} is before {tick}");
                prop_assert!(tick > after, "{text}: {tick} is not after {after}");
                prop_assert_eq!(cron.previous_at_or_before(tick, &tz), Some(tick), "{}", text);
                after = tick;
            }
        }
    }
}
