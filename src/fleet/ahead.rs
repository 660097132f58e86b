//! The moments at which somebody who looks ahead judges an outlet.

use jiff::Timestamp;

use super::Loaded;
use crate::{catalog::OutletId, definition::Edge};

/// So many beginnings and ends of dated layers a look ahead follows in one outlet (our choice: years of holidays).
const MOST_EDGES: usize = 100;

/// Beginnings and ends of dated layers of an outlet.
pub(super) struct EdgesAhead {
    /// In order.
    pub(super) moments: Vec<Timestamp>,
    /// Whether these are all that tell something.
    pub(super) is_all: bool,
}

impl Loaded {
    /// The moments after `at` at which dated layers of an outlet begin or end. If there are too many, dates go before what
    /// comes back.
    pub(super) fn edges_ahead(&self, id: &OutletId, at: Timestamp) -> EdgesAhead {
        EdgesAhead::of(self.definitions.telling_edges(id, (at, Timestamp::MAX), &self.defaults))
    }
}

impl EdgesAhead {
    fn of(mut edges: Vec<Edge>) -> Self {
        let is_all = edges.len() <= MOST_EDGES;
        // Stable: each kind stays in order.
        edges.sort_by_key(|edge| !edge.is_dated);
        let mut moments: Vec<Timestamp> = edges.into_iter().take(MOST_EDGES).map(|edge| edge.at).collect();
        moments.sort();
        Self { moments, is_all }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn a_date_is_looked_at_although_something_comes_back_at_the_same_moment() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let edge = |second| Edge { at: at(second), layers: Vec::new(), repeats: true, is_dated: second == 150 };
        let EdgesAhead { moments, is_all } = EdgesAhead::of((0..200).map(edge).collect());
        let expected: Vec<Timestamp> = (0..99).chain([150]).map(at).collect();
        assert_eq!((moments, is_all), (expected, false));
    }
}
