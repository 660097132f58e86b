//! What earlier days mean for a plan that is made now: facts of one moment, taken from a [`super::Memory`]. Which facts
//! are kept, and for how long, is the memory's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Change, RecurringStep};
use crate::{
    catalog::{ExternalId, FieldValue, ItemField, Path},
    definition::Recurring,
};

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
    /// Path of a price → what layers with `when` have made of it.
    pub recurring: BTreeMap<Path, Vec<RecurringStep>>,
    /// What such a layer took away while it was sold out.
    pub left_sold_out: BTreeSet<Path>,
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
            recurring: BTreeMap::new(),
            left_sold_out: BTreeSet::new(),
            since: BTreeMap::new(),
            contested: BTreeMap::new(),
        };
        &NOTHING
    }

    /// Whether this price was there for a day.
    pub(super) fn was_stable(&self, path: &Path, price: i64) -> bool {
        self.stable_prices.get(path).is_some_and(|prices| prices.contains(&price))
    }

    /// Whether a layer with `when` has done this before: the same step by the same file, or the way back to a price that such
    /// a step began at.
    pub(super) fn has_recurred(&self, change: &Change, recurring: &Recurring) -> bool {
        let rupiah = |side: &Option<FieldValue>| side.as_ref().and_then(FieldValue::as_rupiah);
        if let Some((path, step)) = RecurringStep::of(change, recurring)
            && self.recurring.get(&path).is_some_and(|known| known.contains(&step))
        {
            return true;
        }
        let (Some(known), Some(from), Some(to)) =
            (self.recurring.get(&change.path), rupiah(&change.from), rupiah(&change.to))
        else {
            return false;
        };
        known.iter().any(|step| step.to == from) && known.iter().any(|step| step.from == Some(to))
    }

    /// Whether a layer with `when` has brought this dish.
    pub(super) fn was_brought(&self, id: &ExternalId) -> bool {
        let steps = self.recurring.get(&Path::item_field(id, ItemField::Price));
        steps.is_some_and(|steps| steps.iter().any(|step| step.from.is_none()))
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
