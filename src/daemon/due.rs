//! What is due when. Holds moments only; knows no outlets' states and reads no clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::timetable::Timetable;
use crate::{catalog::OutletId, policy::Policy, schedule::Cron, settings::Settings};

/// The first retry of a failed outlet (documented behaviour of this program); each further one waits twice as long.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(15);

/// Outlets that wait for the same moment come within this time after it (our choice).
const SPREAD: Duration = Duration::from_secs(5);

/// The longest wait for a retry if the schedule is rarer (our choice).
const LONGEST_RETRY: SignedDuration = SignedDuration::from_hours(1);

/// The next moment of each kind.
pub(super) struct Due {
    cron: Cron,
    zone: TimeZone,
    jitter: Duration,
    schedule: Option<Timestamp>,
    /// When `schedule` was worked out.
    planned: Timestamp,
    layers: Option<Timestamp>,
    outlets: Timetable<OutletId, Timestamp>,
    /// Those of which it is another one than when that was last asked.
    moved: BTreeSet<OutletId>,
    /// How often the wait of an outlet that failed was doubled.
    doublings: BTreeMap<OutletId, u32>,
}

impl Due {
    pub(super) fn new(settings: &Settings, layers: Option<Timestamp>, now: Timestamp) -> Self {
        let mut due = Self {
            cron: settings.schedule.clone(),
            zone: zone(settings),
            jitter: settings.jitter,
            schedule: None,
            planned: now,
            layers,
            outlets: Timetable::default(),
            moved: BTreeSet::new(),
            doublings: BTreeMap::new(),
        };
        due.plan_schedule(now);
        due
    }

    pub(super) fn set_schedule(&mut self, settings: &Settings, now: Timestamp) {
        let zone = zone(settings);
        if (&self.cron, &self.zone, self.jitter) != (&settings.schedule, &zone, settings.jitter) {
            (self.cron, self.zone, self.jitter) = (settings.schedule.clone(), zone, settings.jitter);
            self.plan_schedule(now);
        }
    }

    pub(super) fn set_layers(&mut self, next: Option<Timestamp>) {
        self.layers = next;
    }

    /// The next tick of the schedule, a random part of the jitter later so that many daemons do not come at once.
    fn plan_schedule(&mut self, now: Timestamp) {
        let jitter = self.jitter.mul_f64(fastrand::f64());
        let tick = self.cron.next_after(now, &self.zone);
        self.schedule = tick.map(|tick| tick.saturating_add(jitter).unwrap_or(tick));
        self.planned = now;
    }

    /// When the schedule comes next.
    pub(super) fn scheduled(&self) -> Option<Timestamp> {
        self.schedule
    }

    /// The outlets that want a pass at another time than when this was last asked, and when.
    pub(super) fn take_moved(&mut self) -> impl Iterator<Item = (OutletId, Option<Timestamp>)> {
        std::mem::take(&mut self.moved).into_iter().map(|outlet| {
            let at = self.outlets.get(&outlet);
            (outlet, at)
        })
    }

    /// The first moment at which anything is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.schedule.into_iter().chain(self.layers).chain(self.outlets.first()).min()
    }

    /// Whether the schedule is due. However many ticks have passed meanwhile, they count as one. A clock that was set
    /// back counts too: what was worked out from the wrong time may be years away.
    pub(super) fn take_schedule(&mut self, now: Timestamp) -> bool {
        let due = now < self.planned || self.schedule.is_some_and(|due| due <= now);
        if due {
            self.plan_schedule(now);
        }
        due
    }

    pub(super) fn take_layers(&mut self, now: Timestamp) -> bool {
        self.layers.take_if(|due| *due <= now).is_some()
    }

    pub(super) fn take_outlets(&mut self, now: Timestamp) -> Vec<OutletId> {
        let due: Vec<OutletId> = std::iter::from_fn(|| self.outlets.take_due(now)).collect();
        self.moved.extend(due.iter().cloned());
        due
    }

    /// An outlet wants a pass at `at`.
    pub(super) fn at(&mut self, outlet: &OutletId, at: Timestamp) {
        self.outlets.set(outlet, at);
        self.moved.insert(outlet.clone());
    }

    /// An outlet failed: 15 s, then twice as long every time that the wait was over (`waited`), up to an hour, but at least
    /// as long as was `asked` for. What comes besides, by the schedule or because somebody wants it, makes no wait longer:
    /// who sends a signal every second while something is being mended shall not wait for an hour afterwards.
    pub(super) fn retry(&mut self, outlet: &OutletId, now: Timestamp, waited: bool, asked: Duration) {
        let doublings = match self.doublings.get(outlet) {
            Some(doublings) => doublings + u32::from(waited),
            None => 0,
        };
        self.doublings.insert(outlet.clone(), doublings);
        let wait = FIRST_RETRY.saturating_mul(2i32.saturating_pow(doublings)).min(LONGEST_RETRY);
        self.at(outlet, later(now, Duration::try_from(wait).unwrap_or_default().max(asked)));
    }

    /// Nobody is asked before `rest` is over: it is waited out, and a little of chance, so that not all come at once.
    pub(super) fn wait(&mut self, outlet: &OutletId, now: Timestamp, rest: Duration) {
        self.at(outlet, later(now, rest + SPREAD.mul_f64(fastrand::f64())));
    }

    /// An outlet is fine.
    pub(super) fn settle(&mut self, outlet: &OutletId) {
        self.doublings.remove(outlet);
    }

    /// The same, and it wants a pass at `at`.
    pub(super) fn settle_until(&mut self, outlet: &OutletId, at: Option<Timestamp>) {
        self.settle(outlet);
        if let Some(at) = at {
            self.at(outlet, at);
        }
    }

    /// A pass begins: what was due for the outlet is being done.
    pub(super) fn forget(&mut self, outlet: &OutletId) {
        if self.outlets.remove(outlet) {
            self.moved.insert(outlet.clone());
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

fn zone(settings: &Settings) -> TimeZone {
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    policy.timezone
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::{document::SourceFile, settings};

    fn settings(text: &str) -> Settings {
        let text = format!("target: sandbox\n{text}\n");
        let (settings, diagnostics) = settings::decode(&SourceFile { path: "menusync.yaml".into(), text: text.into() });
        settings.unwrap_or_else(|| panic!("{diagnostics:?}"))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A daemon that was started at `now`.
    fn due(text: &str, now: &str) -> Due {
        Due::new(&settings(&format!("jitter: 0s\n{text}")), None, at(now))
    }

    fn seconds(from: Timestamp, to: Option<Timestamp>) -> i64 {
        to.unwrap().duration_since(from).as_secs()
    }

    const QUARTER: &str = "timezone: UTC\nschedule: \"*/15 * * * *\"";

    #[test]
    fn the_schedule_is_due_at_its_tick_and_not_before() {
        let mut due = due(QUARTER, "2027-01-04T03:01:00Z");
        assert_eq!(due.next(), Some(at("2027-01-04T03:15:00Z")));
        assert!(!due.take_schedule(at("2027-01-04T03:14:59.999Z")));
        assert!(due.take_schedule(at("2027-01-04T03:15:00Z")));
        assert!(!due.take_schedule(at("2027-01-04T03:15:00Z")), "once");
        assert_eq!(due.next(), Some(at("2027-01-04T03:30:00Z")));
    }

    #[test]
    fn ticks_that_were_slept_through_count_once() {
        let mut due = due(QUARTER, "2027-01-04T03:01:00Z");
        assert!(due.take_schedule(at("2027-01-06T11:07:00Z")));
        assert!(!due.take_schedule(at("2027-01-06T11:07:01Z")));
        assert_eq!(due.next(), Some(at("2027-01-06T11:15:00Z")));
    }

    #[test]
    fn a_clock_that_was_years_ahead_does_not_silence_the_schedule() {
        let mut due = due(QUARTER, "2036-01-01T00:00:00Z");
        assert!(due.take_schedule(at("2027-01-04T03:01:00Z")), "a pass at once, as much may have been missed");
        assert!(!due.take_schedule(at("2027-01-04T03:01:01Z")));
        assert_eq!(due.next(), Some(at("2027-01-04T03:15:00Z")));
    }

    #[test]
    fn jitter_only_delays_and_only_the_schedule() {
        let settings = settings(&format!("jitter: 30s\n{QUARTER}"));
        let now = at("2027-01-04T03:01:00Z");
        let ticks: Vec<Timestamp> = (0..200).map(|_| Due::new(&settings, None, now).next().unwrap()).collect();
        let (first, last) = (at("2027-01-04T03:15:00Z"), at("2027-01-04T03:15:30Z"));
        assert!(ticks.iter().all(|tick| (first..=last).contains(tick)), "{ticks:?}");
        assert!(ticks.iter().any(|tick| *tick != ticks[0]), "all daemons would come at once");
        let mut due = Due::new(&settings, Some(at("2027-01-04T03:10:00Z")), now);
        assert_eq!(due.next(), Some(at("2027-01-04T03:10:00Z")));
        due.retry(&"G1".into(), now, true, Duration::ZERO);
        assert_eq!(seconds(now, due.next()), 15);
    }

    #[test]
    fn who_waits_for_a_window_or_the_end_of_a_pause_has_failed_no_longer() {
        let mut due = due(QUARTER, "2027-01-04T03:01:00Z");
        let (outlet, now, opens_at) = ("G1".into(), at("2027-01-04T03:01:00Z"), at("2027-01-04T03:05:00Z"));
        for _ in 0..4 {
            due.retry(&outlet, now, true, Duration::ZERO);
        }
        due.settle_until(&outlet, Some(opens_at));
        assert_eq!(due.next(), Some(opens_at));
        due.retry(&outlet, now, true, Duration::ZERO);
        assert_eq!(seconds(now, due.next()), 15);
    }

    #[test]
    fn the_schedule_is_read_on_the_clocks_of_the_settings() {
        let due = due("timezone: Asia/Makassar\nschedule: \"0 6 * * *\"", "2027-01-04T00:00:00Z");
        assert_eq!(due.next(), Some(at("2027-01-04T22:00:00Z")));
    }

    #[test]
    fn a_daily_tick_comes_once_a_day_when_clocks_change() {
        let mut due = due("timezone: Europe/Berlin\nschedule: \"30 2 * * *\"", "2027-10-30T12:00:00Z");
        let mut ticks = Vec::new();
        while let Some(next) = due.next().filter(|next| *next < at("2027-11-02T12:00:00Z")) {
            assert!(due.take_schedule(next));
            ticks.push(next.to_string());
        }
        // Clocks went back on the 31st: 02:30 came twice.
        assert_eq!(ticks, ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z", "2027-11-02T01:30:00Z"]);
    }

    #[test]
    fn a_changed_schedule_counts_at_once_and_an_unchanged_one_changes_nothing() {
        let settings_of = |text: &str| settings(&format!("jitter: 0s\n{text}"));
        let mut due = due(QUARTER, "2027-01-04T03:01:00Z");
        due.set_schedule(&settings_of(QUARTER), at("2027-01-04T03:20:00Z"));
        assert_eq!(
            due.next(),
            Some(at("2027-01-04T03:15:00Z")),
            "a tick that is due is not lost by reading files again"
        );
        due.set_schedule(&settings_of("timezone: UTC\nschedule: \"0 * * * *\""), at("2027-01-04T03:20:00Z"));
        assert_eq!(due.next(), Some(at("2027-01-04T04:00:00Z")));
    }

    #[test]
    fn a_layers_edge_is_due_once() {
        let mut due = due(QUARTER, "2027-01-04T03:01:00Z");
        due.set_layers(Some(at("2027-01-04T03:05:00Z")));
        assert_eq!(due.next(), Some(at("2027-01-04T03:05:00Z")));
        assert!(!due.take_layers(at("2027-01-04T03:04:59Z")));
        assert!(due.take_layers(at("2027-01-04T03:05:00Z")));
        assert!(!due.take_layers(at("2027-01-04T03:05:00Z")));
    }

    #[test]
    fn retries_wait_twice_as_long_every_time_up_to_an_hour() {
        let mut due = due("schedule: \"0 0 1 1 *\"", "2027-01-04T03:01:00Z");
        let (outlet, mut now) = ("G1".into(), at("2027-01-04T03:01:00Z"));
        let mut waits = Vec::new();
        for _ in 0..40 {
            due.retry(&outlet, now, true, Duration::ZERO);
            let next = due.next().unwrap();
            waits.push(next.duration_since(now).as_secs());
            assert_eq!(due.take_outlets(next), std::slice::from_ref(&outlet));
            now = next;
        }
        assert_eq!(waits[..9], [15, 30, 60, 120, 240, 480, 960, 1920, 3600]);
        assert!(waits[9..].iter().all(|wait| *wait == 3600), "{waits:?}");
        due.settle(&outlet);
        due.retry(&outlet, now, true, Duration::ZERO);
        assert_eq!(seconds(now, due.next()), 15, "after a success it begins anew");
    }

    #[test]
    fn a_try_before_the_wait_is_over_makes_no_wait_longer() {
        let mut due = due("schedule: \"0 0 1 1 *\"", "2027-01-04T03:01:00Z");
        let (outlet, now) = ("G1".into(), at("2027-01-04T03:01:00Z"));
        let waits = [false, false, true, true, false, false, true].map(|waited| {
            due.retry(&outlet, now, waited, Duration::ZERO);
            seconds(now, due.next())
        });
        assert_eq!(waits, [15, 15, 30, 60, 60, 60, 120]);
    }

    #[test]
    fn only_what_is_due_is_taken_and_a_pass_forgets_what_it_does() {
        let now = at("2027-01-04T03:01:00Z");
        let mut due = due("schedule: \"0 0 1 1 *\"", "2027-01-04T03:01:00Z");
        let (one, two): (OutletId, OutletId) = ("G1".into(), "G2".into());
        due.at(&one, now);
        due.at(&two, at("2027-01-04T03:02:00Z"));
        assert_eq!(due.take_outlets(now), [one]);
        assert!(due.take_outlets(now).is_empty());
        due.forget(&two);
        assert!(due.take_outlets(at("2027-01-04T03:02:00Z")).is_empty());
    }

    #[test]
    fn what_the_platform_asks_for_is_waited_at_least_and_a_resting_host_costs_no_patience() {
        let now = at("2027-01-04T03:01:00Z");
        let mut due = due("schedule: \"0 0 1 1 *\"", "2027-01-04T03:01:00Z");
        let outlet = "G1".into();
        due.retry(&outlet, now, true, Duration::from_secs(600));
        assert_eq!(seconds(now, due.next()), 600);
        for _ in 0..20 {
            due.wait(&outlet, now, Duration::from_secs(100));
            assert!((100..=105).contains(&seconds(now, due.next())));
        }
        due.retry(&outlet, now, true, Duration::ZERO);
        assert_eq!(seconds(now, due.next()), 30, "the second failure");
    }
}
