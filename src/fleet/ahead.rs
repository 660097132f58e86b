//! The moments at which somebody who looks ahead judges an outlet.

use jiff::Timestamp;

use super::Loaded;
use crate::catalog::OutletId;

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
        let mut edges = self.definitions.telling_edges(id, (at, Timestamp::MAX), &self.defaults);
        let is_all = edges.len() <= MOST_EDGES;
        // Stable: each kind stays in order.
        edges.sort_by_key(|edge| edge.repeats);
        let mut moments: Vec<Timestamp> = edges.into_iter().take(MOST_EDGES).map(|edge| edge.at).collect();
        moments.sort();
        EdgesAhead { moments, is_all }
    }
}
