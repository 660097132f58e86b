//! Moments by what they are for: the first one is found without a walk over all.

use std::collections::{BTreeMap, BTreeSet};

/// One moment for each key.
#[derive(Debug)]
pub(super) struct Timetable<K, T> {
    at: BTreeMap<K, T>,
    order: BTreeSet<(T, K)>,
}

impl<K, T> Default for Timetable<K, T> {
    fn default() -> Self {
        Self { at: BTreeMap::new(), order: BTreeSet::new() }
    }
}

impl<K: Ord + Clone, T: Ord + Copy> Timetable<K, T> {
    pub(super) fn get(&self, key: &K) -> Option<T> {
        self.at.get(key).copied()
    }

    pub(super) fn set(&mut self, key: &K, at: T) {
        self.remove(key);
        self.at.insert(key.clone(), at);
        self.order.insert((at, key.clone()));
    }

    /// Whether there was one.
    pub(super) fn remove(&mut self, key: &K) -> bool {
        let Some(at) = self.at.remove(key) else { return false };
        self.order.remove(&(at, key.clone()))
    }

    pub(super) fn first(&self) -> Option<T> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the first one, if it has come by `now`.
    pub(super) fn take_due(&mut self, now: T) -> Option<K> {
        if self.first()? > now {
            return None;
        }
        let (_, key) = self.order.pop_first()?;
        self.at.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::counting::{Counted, compared};

    #[test]
    fn neither_the_first_moment_nor_a_change_is_found_by_a_walk_over_all() {
        let mut table = Timetable::default();
        for number in 0..5_000 {
            table.set(&Counted(number), number);
        }
        let each = [
            compared(|| assert_eq!(table.first(), Some(0))),
            compared(|| table.set(&Counted(4_000), 7)),
            compared(|| assert!(table.remove(&Counted(2_000)))),
            compared(|| assert_eq!(table.take_due(0), Some(Counted(0)))),
            compared(|| assert_eq!(table.take_due(0), None)),
        ];
        assert!(each.iter().all(|comparisons| *comparisons < 200), "{each:?}");
    }

    #[test]
    fn a_key_has_one_moment_the_last_that_was_set() {
        let mut table = Timetable::default();
        table.set(&"G1", 5);
        table.set(&"G1", 3);
        table.set(&"G2", 4);
        assert_eq!((table.first(), table.get(&"G1")), (Some(3), Some(3)));
        assert_eq!(
            [table.take_due(3), table.take_due(3), table.take_due(9), table.take_due(9)],
            [Some("G1"), None, Some("G2"), None]
        );
        assert!(!table.remove(&"G1"));
    }
}
