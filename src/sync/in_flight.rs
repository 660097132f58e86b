//! The pushes whose calls are under way, so that whoever is asked to stop can name them and lets no other begin; and how old
//! each outlet's last push is, by a clock that no person sets.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Age, Clock};
use crate::catalog::OutletId;

/// Pushes in flight. Its clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    closed: bool,
    outlets: BTreeMap<OutletId, usize>,
    /// The last push of each outlet that this process has sent or looked for, and how old it is.
    ages: BTreeMap<OutletId, (Uuid, Age)>,
}

impl InFlight {
    /// A push to this outlet begins, and is in flight until the answer is dropped. `None`: the program stops, and no push
    /// may begin.
    pub fn enter(&self, outlet: &OutletId) -> Option<Flight> {
        let mut list = self.lock();
        if list.closed {
            return None;
        }
        *list.outlets.entry(outlet.clone()).or_default() += 1;
        Some(Flight { of: self.clone(), outlet: outlet.clone() })
    }

    /// Lets no push begin from now on. The outlets of those under way, sorted.
    pub fn close(&self) -> Vec<OutletId> {
        let mut list = self.lock();
        list.closed = true;
        list.outlets.keys().cloned().collect()
    }

    /// The outlets of the pushes under way, sorted.
    pub fn list(&self) -> Vec<OutletId> {
        self.lock().outlets.keys().cloned().collect()
    }

    /// Notes that a push is sent now.
    pub(super) fn note_sent(&self, outlet: &OutletId, request_id: Uuid, clock: &Clock) {
        self.lock().ages.insert(outlet.clone(), (request_id, Age::zero(clock)));
    }

    /// How old a push is that was sent at `sent_at`. The wall clock is only asked about a push of another process, and only
    /// once: between two passes it may leap.
    pub(super) fn age_of(&self, outlet: &OutletId, request_id: Uuid, sent_at: Timestamp, clock: &Clock) -> Age {
        let ages = &mut self.lock().ages;
        match ages.get(outlet) {
            Some((known, age)) if *known == request_id => *age,
            _ => {
                let age = clock.age_of(sent_at);
                ages.insert(outlet.clone(), (request_id, age));
                age
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A push in flight, until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Flight {
    of: InFlight,
    outlet: OutletId,
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut list = self.of.lock();
        let left = list.outlets.get(&self.outlet).map_or(0, |count| count - 1);
        if left == 0 {
            list.outlets.remove(&self.outlet);
        } else {
            list.outlets.insert(self.outlet.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn a_push_is_in_flight_until_its_guard_is_dropped() {
        let (flights, one, two) = (InFlight::default(), OutletId::from("G1"), OutletId::from("G2"));
        let first = flights.enter(&two).unwrap();
        let second = flights.clone().enter(&one).unwrap();
        assert_eq!(flights.list(), [one.clone(), two]);
        drop(first);
        assert_eq!(flights.list(), [one]);
        drop(second);
        assert_eq!(flights.list(), []);
    }

    #[test]
    fn after_the_close_no_push_begins_and_those_under_way_are_named() {
        let (flights, one, two) = (InFlight::default(), OutletId::from("G1"), OutletId::from("G2"));
        let _under_way = flights.enter(&one).unwrap();
        assert_eq!(flights.close(), [one]);
        assert!(flights.enter(&two).is_none());
    }
}
