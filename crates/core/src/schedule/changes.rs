//! When the answer of [`gate`](super::gate) changes.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Window,
    recurrence::{HORIZON, MOST_EDGES},
    windows::is_open,
};

/// The next `most` moments after `now` at which pushes that may happen have to wait from then on, or the reverse, and
/// whether they may happen from then on. Looks 366 days ahead.
pub fn gate_changes<'a>(
    windows: impl IntoIterator<Item = &'a Window>,
    now: Timestamp,
    tz: &TimeZone,
    most: usize,
) -> Vec<(Timestamp, bool)> {
    let windows: Vec<&Window> = windows.into_iter().collect();
    let horizon = now.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
    let (mut changes, mut at, mut before) = (Vec::new(), now, is_open(&windows, now, tz));
    for _ in 0..MOST_EDGES {
        let Some(edge) = next_edge(&windows, at, tz).filter(|edge| *edge <= horizon && changes.len() < most) else {
            break;
        };
        let after = is_open(&windows, edge, tz);
        if after != before {
            changes.push((edge, after));
            before = after;
        }
        at = edge;
    }
    changes
}

/// The next moment after `at` at which any window opens or ends.
fn next_edge(windows: &[&Window], at: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
    let opens = windows.iter().filter_map(|window| window.times.schedule.next_after(at, tz));
    let ends = windows.iter().filter_map(|window| window.times.open_until(at, tz));
    opens.chain(ends).min()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::time::Duration;

    use super::*;
    use crate::schedule::{Cron, Recurrence, WindowKind};

    fn window(kind: WindowKind, cron: &str, minutes: u64) -> Window {
        let duration = Duration::from_secs(minutes * 60);
        let times = Recurrence { schedule: Cron::parse(cron).unwrap(), duration };
        Window { kind, times, outlets: Vec::new() }
    }

    fn changes(windows: &[Window]) -> Vec<String> {
        let zone = TimeZone::get("Asia/Makassar").unwrap();
        let now = "2027-01-04T00:00:00+08:00".parse().unwrap();
        let words = |(at, is_open): (Timestamp, bool)| {
            let word = if is_open { "open" } else { "closed" };
            format!("{} {word}", at.to_zoned(zone.clone()).strftime("%d %H:%M %Z"))
        };
        gate_changes(windows, now, &zone, 4).into_iter().map(words).collect()
    }

    #[test]
    fn only_what_changes_the_answer_is_told() {
        assert!(changes(&[]).is_empty());
        let lunch = window(WindowKind::Deny, "0 11 * * *", 180);
        let within = window(WindowKind::Deny, "0 12 * * *", 60);
        let expected = ["04 11:00 WITA closed", "04 14:00 WITA open", "05 11:00 WITA closed", "05 14:00 WITA open"];
        assert_eq!(changes(&[lunch, within]), expected);
    }

    #[test]
    fn a_deny_cuts_an_allow_in_two_and_windows_that_meet_are_one() {
        let day = window(WindowKind::Allow, "0 8 * * *", 600);
        let lunch = window(WindowKind::Deny, "0 11 * * *", 60);
        let cut = ["04 08:00 WITA open", "04 11:00 WITA closed", "04 12:00 WITA open", "04 18:00 WITA closed"];
        assert_eq!(changes(&[day, lunch]), cut);
        let hourly = window(WindowKind::Deny, "0 * * * *", 60);
        assert!(changes(&[hourly]).is_empty(), "always closed");
    }
}
