//! What earlier days mean for a plan that is made now: facts of one moment, taken from a [`super::Memory`]. Which facts
//! are kept, and for how long, is the memory's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::catalog::{ExternalId, FieldValue, Path};

/// The past of one outlet as a plan needs it. The default knows nothing: everything counts as having been there for long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// The moment at which this is so; `None` where nobody looks at a live menu.
    pub at: Option<Timestamp>,
    /// Items that our pushes added to a menu that was there, within the last 24 hours.
    pub added: BTreeSet<ExternalId>,
    /// Items that our pushes removed from the menu within the last 24 hours.
    pub removed: BTreeSet<ExternalId>,
    /// Path of a price → whole rupiah that stood there, verified, for a day within the last 30 days.
    pub stable_prices: BTreeMap<Path, BTreeSet<i64>>,
    /// Path → when it was first seen that somebody had changed it elsewhere.
    pub since: BTreeMap<Path, Timestamp>,
    /// Path → the value of the files that is not put there any more, as it was undone again and again.
    pub contested: BTreeMap<Path, Option<FieldValue>>,
}

impl Past {
    /// For comparisons that have no past: of two states of the files, of a push with what it shows.
    pub fn unknown() -> &'static Self {
        static NOTHING: Past = Past {
            at: None,
            added: BTreeSet::new(),
            removed: BTreeSet::new(),
            stable_prices: BTreeMap::new(),
            since: BTreeMap::new(),
            contested: BTreeMap::new(),
        };
        &NOTHING
    }

    /// Whether this price was there for a day.
    pub(super) fn was_stable(&self, path: &Path, price: i64) -> bool {
        self.stable_prices.get(path).is_some_and(|prices| prices.contains(&price))
    }

    /// Since when it is known that somebody changed this.
    pub(super) fn since(&self, path: &Path) -> Option<Timestamp> {
        self.since.get(path).copied().or(self.at)
    }

    /// Whether the files' value `to` is no longer put there.
    pub(super) fn is_contested(&self, path: &Path, to: impl FnOnce() -> Option<FieldValue>) -> bool {
        self.contested.get(path).is_some_and(|value| *value == to())
    }
}
