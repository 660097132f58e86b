//! How long a pass over all outlets takes, against the time until the next one is due.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::Cron;

/// So far ahead the shortest time between two dates of a schedule is looked for: a week, as most schedules come back in that
/// (our choice)…
const AHEAD: SignedDuration = SignedDuration::from_hours(8 * 24);
/// …and so many dates.
const MOST_DATES: usize = 200;

/// A pass over all outlets: how long it takes, and how long it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundLoad {
    /// The outlets that calls are made for.
    pub outlets: usize,
    /// What `requests_per_second` alone takes: a round in which nothing has changed.
    pub least: Duration,
    /// The account whose own limit that is; `None`: the limit over all.
    pub account: Option<Arc<str>>,
    /// The shortest time between two dates of `schedule`; `None`: there are no two.
    pub interval: Option<Duration>,
    /// What the last round of the schedule took until its last outlet was begun.
    pub measured: Option<Duration>,
}

impl RoundLoad {
    /// From the calls that an unchanged round makes for each account, the limits per second, and the schedule.
    pub fn new(
        outlets: usize,
        calls: &BTreeMap<Option<Arc<str>>, usize>,
        rate: f64,
        rate_of: impl Fn(&str) -> Option<f64>,
        interval: Option<Duration>,
    ) -> Self {
        // Both are within limits of their own: a rate is greater than 0.
        let time = |calls: usize, rate: f64| Duration::try_from_secs_f64(calls as f64 / rate).unwrap_or(Duration::MAX);
        let of_all = (time(calls.values().sum(), rate), None);
        let of_account = |(account, calls): (&Option<Arc<str>>, &usize)| {
            let account = account.as_ref()?;
            Some((time(*calls, rate_of(account)?), Some(Arc::clone(account))))
        };
        let by_account = calls.iter().filter_map(of_account);
        let (least, account) = by_account.fold(of_all, |most, one| if one.0 > most.0 { one } else { most });
        Self { outlets, least, account, interval, measured: None }
    }

    /// The same with what was measured of it.
    #[must_use]
    pub fn with_measured(self, measured: Option<Duration>) -> Self {
        Self { measured, ..self }
    }

    /// How long it takes as far as is known.
    pub fn takes(&self) -> Duration {
        self.least.max(self.measured.unwrap_or_default())
    }

    /// Whether the next one is due before it can end: the interval, where that is so.
    pub fn too_short(&self) -> Option<Duration> {
        self.interval.filter(|interval| self.takes() > *interval)
    }
}

/// The shortest time between two dates of a schedule from `now` on.
pub fn shortest_interval(cron: &Cron, now: Timestamp, zone: &TimeZone) -> Option<Duration> {
    let next = |at: &Timestamp| cron.next_after(*at, zone);
    let first = next(&now)?;
    let mut shortest: Option<SignedDuration> = None;
    let mut before = first;
    for at in std::iter::successors(next(&first), next).take(MOST_DATES) {
        if shortest.is_some() && at.duration_since(first) > AHEAD {
            break;
        }
        let apart = at.duration_since(before);
        shortest = Some(shortest.map_or(apart, |shortest| shortest.min(apart)));
        before = at;
    }
    shortest.and_then(|shortest| Duration::try_from(shortest).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn calls<const N: usize>(of: [(Option<&str>, usize); N]) -> BTreeMap<Option<Arc<str>>, usize> {
        of.into_iter().map(|(account, calls)| (account.map(Arc::from), calls)).collect()
    }

    #[test]
    fn a_round_takes_what_the_slowest_limit_takes() {
        let quarter = Some(Duration::from_secs(900));
        let of_all = RoundLoad::new(5_000, &calls([(None, 5_000)]), 5.0, |_| None, quarter);
        assert_eq!((of_all.least.as_secs(), of_all.account.as_deref(), of_all.too_short()), (1_000, None, quarter));
        let rate_of = |account: &str| (account == "sari").then_some(0.5);
        let accounts = calls([(None, 100), (Some("other"), 100), (Some("sari"), 200)]);
        let slow = RoundLoad::new(400, &accounts, 5.0, rate_of, quarter);
        assert_eq!((slow.least.as_secs(), slow.account.as_deref(), slow.too_short()), (400, Some("sari"), None));
        let measured = slow.with_measured(Some(Duration::from_secs(901)));
        assert_eq!((measured.takes().as_secs(), measured.too_short()), (901, quarter));
    }

    #[test]
    fn the_shortest_time_between_two_dates_counts() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let now = "2027-01-04T03:07:00Z".parse().unwrap();
        let minutes = |cron: &str| {
            let shortest = shortest_interval(&Cron::parse(cron).unwrap(), now, &zone).unwrap();
            shortest.as_secs() / 60
        };
        assert_eq!(minutes("*/15 * * * *"), 15);
        assert_eq!(minutes("0,50 8-22 * * *"), 10);
        assert_eq!(minutes("0 6 * * *"), 24 * 60);
        assert_eq!(minutes("0 6 * * MON"), 7 * 24 * 60);
        assert_eq!(minutes("0 6 1 1 *"), 366 * 24 * 60, "2028 is a leap year");
    }

    #[test]
    fn limits_beyond_all_sense_are_no_fault() {
        let load = RoundLoad::new(1, &calls([(None, usize::MAX)]), f64::MIN_POSITIVE, |_| None, None);
        assert_eq!((load.least, load.too_short()), (Duration::MAX, None));
    }
}
