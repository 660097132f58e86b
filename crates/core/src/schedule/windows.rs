//! Whether pushes may happen now, and if not, when.
//!
//! Which windows concern an outlet, and its zone, are the caller's to know.

use jiff::{Timestamp, tz::TimeZone};

use super::recurrence::{HORIZON, MOST_EDGES, Recurrence};

/// `kind: allow | deny`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowKind {
    /// Pushes may happen while it is open.
    Allow,
    /// Pushes wait while it is open.
    Deny,
}

/// Stretches of time, in the outlet's zone.
#[derive(Debug, Clone)]
pub struct Window {
    /// Allow or deny.
    pub kind: WindowKind,
    /// When it is open.
    pub times: Recurrence,
    /// Globs over outlets (id, name, file or a layer); empty = all.
    pub outlets: Vec<String>,
}

/// The answer of [`gate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Pushes may happen.
    Open,
    /// Pushes wait.
    Closed {
        /// The first moment at which they may happen; `None` if there is none within 366 days.
        opens_at: Option<Timestamp>,
    },
}

impl Gate {
    /// Whether pushes may happen.
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}

/// Judges `windows` at `now`, their schedules read on the clocks of `tz`: an open deny closes; otherwise, if there is any
/// allow, one must be open. A window is open at its first instant and no more at its end. No windows: always open.
pub fn gate<'a>(windows: impl IntoIterator<Item = &'a Window>, now: Timestamp, tz: &TimeZone) -> Gate {
    let windows: Vec<&Window> = windows.into_iter().collect();
    match next_candidate(&windows, now, tz) {
        Candidate::Open => Gate::Open,
        Candidate::NotBefore(later) => {
            Gate::Closed { opens_at: later.and_then(|at| first_open(&windows, now, at, tz)) }
        }
    }
}

/// Whether pushes may happen at `at`, without looking for when they may.
pub(super) fn is_open(windows: &[&Window], at: Timestamp, tz: &TimeZone) -> bool {
    matches!(next_candidate(windows, at, tz), Candidate::Open)
}

enum Candidate {
    /// Open at the moment asked for.
    Open,
    /// Closed up to this moment (exclusive), or for ever.
    NotBefore(Option<Timestamp>),
}

fn first_open(windows: &[&Window], now: Timestamp, first: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
    let horizon = now.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
    let mut at = first;
    for _ in 0..MOST_EDGES {
        if at > horizon {
            return None;
        }
        match next_candidate(windows, at, tz) {
            Candidate::Open => return Some(at),
            Candidate::NotBefore(later) => at = later?,
        }
    }
    None
}

/// Every step goes forward: an open window ends after `at`, the next tick comes after `at`.
fn next_candidate(windows: &[&Window], at: Timestamp, tz: &TimeZone) -> Candidate {
    let of_kind = |kind| windows.iter().filter(move |window| window.kind == kind);
    // While any deny is open nothing opens, so the last of their ends is the earliest hope.
    if let Some(end) = of_kind(WindowKind::Deny).filter_map(|window| window.times.open_until(at, tz)).max() {
        return Candidate::NotBefore(Some(end));
    }
    let mut allows = of_kind(WindowKind::Allow).peekable();
    if allows.peek().is_none() || allows.any(|window| window.times.is_on(at, tz)) {
        return Candidate::Open;
    }
    let lasting = of_kind(WindowKind::Allow).filter(|window| !window.times.duration.is_zero());
    Candidate::NotBefore(lasting.filter_map(|window| window.times.schedule.next_after(at, tz)).min())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::time::Duration;

    use super::*;
    use crate::schedule::Cron;

    fn window(kind: WindowKind, schedule: &str, minutes: u64) -> Window {
        let schedule = Cron::parse(schedule).unwrap();
        let times = Recurrence { schedule, duration: Duration::from_secs(minutes * 60) };
        Window { kind, times, outlets: Vec::new() }
    }

    fn deny(schedule: &str, minutes: u64) -> Window {
        window(WindowKind::Deny, schedule, minutes)
    }

    fn allow(schedule: &str, minutes: u64) -> Window {
        window(WindowKind::Allow, schedule, minutes)
    }

    fn jakarta() -> TimeZone {
        TimeZone::get("Asia/Jakarta").unwrap()
    }

    /// `2026-06-01` (a Monday) at this local time.
    fn local(text: &str) -> Timestamp {
        format!("2026-06-{text}+07:00").parse().unwrap()
    }

    fn at(windows: &[Window], now: &str) -> Gate {
        gate(windows, local(now), &jakarta())
    }

    fn closed(opens_at: &str) -> Gate {
        Gate::Closed { opens_at: Some(local(opens_at)) }
    }

    #[test]
    fn no_windows_are_always_open() {
        assert_eq!(at(&[], "01T11:00:00"), Gate::Open);
    }

    #[test]
    fn a_deny_closes_from_its_first_instant_until_just_before_its_end() {
        let windows = [deny("0 11 * * *", 180)];
        assert_eq!(at(&windows, "01T10:59:59.999"), Gate::Open);
        assert_eq!(at(&windows, "01T11:00:00"), closed("01T14:00:00"));
        assert_eq!(at(&windows, "01T13:59:59.999"), closed("01T14:00:00"));
        assert_eq!(at(&windows, "01T14:00:00"), Gate::Open);
    }

    #[test]
    fn overlapping_denies_are_one_long_deny() {
        let windows = [deny("0 11 * * *", 120), deny("30 12 * * *", 60), deny("30 13 * * *", 30)];
        assert_eq!(at(&windows, "01T11:30:00"), closed("01T14:00:00"));
    }

    #[test]
    fn a_deny_that_overlaps_itself_stays_closed() {
        let windows = [deny("0 9-12 * * *", 90)];
        assert_eq!(at(&windows, "01T09:00:00"), closed("01T13:30:00"));
    }

    #[test]
    fn outside_every_allow_pushes_wait_for_the_nearest() {
        let windows = [allow("0 2 * * *", 60), allow("0 15 * * *", 60)];
        assert_eq!(at(&windows, "01T15:59:59"), Gate::Open);
        assert_eq!(at(&windows, "01T16:00:00"), closed("02T02:00:00"));
        assert_eq!(at(&windows, "01T03:00:00"), closed("01T15:00:00"));
    }

    #[test]
    fn a_deny_wins_over_an_allow() {
        let windows = [allow("0 10 * * *", 120), deny("0 11 * * *", 30)];
        assert_eq!(at(&windows, "01T11:10:00"), closed("01T11:30:00"));
        let covering = [allow("0 10 * * *", 60), deny("0 9 * * mon", 180)];
        assert_eq!(at(&covering, "01T09:30:00"), closed("02T10:00:00"));
    }

    #[test]
    fn what_never_opens_within_a_year_has_no_moment() {
        let never = Gate::Closed { opens_at: None };
        assert_eq!(at(&[deny("* * * * *", 1)], "01T09:30:00"), never);
        assert_eq!(at(&[deny("0 0 * * *", 1440)], "01T09:30:00"), never);
        assert_eq!(at(&[allow("0 0 * * *", 0)], "01T09:30:00"), never);
        assert_eq!(at(&[deny("0 0 1 1 *", u64::MAX / 60)], "01T09:30:00"), never);
    }

    #[test]
    fn a_window_lasts_its_duration_also_when_clocks_change() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let windows = [deny("0 1 * * *", 180)];
        let gate = gate(&windows, "2026-10-25T01:30:00+02:00".parse().unwrap(), &berlin);
        assert_eq!(gate, Gate::Closed { opens_at: Some("2026-10-25T03:00:00+01:00".parse().unwrap()) });
    }
}
