//! What was found of a [`Recurrence`], so that a fleet asks the calendar once: a search by a cron expression takes as long as
//! composing a small menu.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};

use super::recurrence::{Recurrence, Stretch};

/// So many stretches are held for each zone (our choice: weeks of a layer that comes several times a day).
const MOST_HELD: usize = 512;

/// And so many zones (our choice: the Indonesian ones and a few more).
const MOST_ZONES: usize = 8;

/// The stretches of one recurrence that were asked for. Whoever holds it asks for no other one.
#[derive(Debug, Default)]
pub struct Stretches(Mutex<Vec<(TimeZone, Known)>>);

/// From where on it is known → what.
type Known = BTreeMap<Timestamp, Stretch>;

impl Stretches {
    /// What `times` are at a moment.
    pub fn at(&self, times: &Recurrence, at: Timestamp, zone: &TimeZone) -> Stretch {
        let mut zones = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = zones.iter().position(|(known, _)| known == zone).unwrap_or_else(|| {
            zones.truncate(MOST_ZONES - 1);
            zones.push((zone.clone(), Known::new()));
            zones.len() - 1
        });
        let Some((_, known)) = zones.get_mut(place) else { return times.stretch(at, zone) };
        let before = known.range(..=at).next_back().map(|(_, stretch)| *stretch);
        if let Some(stretch) = before.filter(|stretch| stretch.until.is_some_and(|until| at < until)) {
            return stretch;
        }
        let stretch = times.stretch(at, zone);
        if known.len() >= MOST_HELD {
            known.clear();
        }
        // No next change may also mean that the search gave up, far from today.
        if stretch.until.is_some() {
            known.insert(at, stretch);
        }
        stretch
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use jiff::SignedDuration;

    use super::*;
    use crate::schedule::Cron;

    #[test]
    fn what_is_held_is_what_would_be_found_in_any_order_and_zone() {
        let start: Timestamp = "2027-03-27T00:00:00Z".parse().unwrap();
        for schedule in ["0 16 * * *", "30 1,9 * * SAT,SUN", "0 0 31 * *"] {
            let times = Recurrence {
                schedule: Cron::parse(schedule).unwrap(),
                duration: std::time::Duration::from_secs(9_000),
            };
            let held = Stretches::default();
            for minute in (0..400).map(|step| step * 7_919 % 5_000) {
                let at = start + SignedDuration::from_mins(minute);
                for zone in ["Asia/Jakarta", "Europe/Berlin"].map(|zone| TimeZone::get(zone).unwrap()) {
                    assert_eq!(held.at(&times, at, &zone), times.stretch(at, &zone), "{schedule} {at}");
                }
            }
        }
    }
}
