//! What earlier days mean for a plan that is made now: facts of one moment, taken from a [`super::Memory`]. Which facts
//! are kept, and for how long, is the memory's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{Change, Class, KnownStep, RecurringStep};
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
    pub recurring: BTreeMap<Path, Vec<KnownStep>>,
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
        if let Some((path, step)) = RecurringStep::of(change, recurring)
            && self.steps(&path, recurring).any(|known| known.step == step && !known.joined)
        {
            return true;
        }
        let rupiah = |side: &Option<FieldValue>| side.as_ref().and_then(FieldValue::as_rupiah);
        let (Some(from), Some(to)) = (rupiah(&change.from), rupiah(&change.to)) else { return false };
        self.origins(&change.path, from, recurring).contains(&to)
    }

    /// What a change of a price from `from` is measured by: where a layer with `when` ends, the price that was there before any
    /// such layer, if there is one such price.
    pub(super) fn measured_from(&self, change: &Change, from: i64, recurring: &Recurring) -> i64 {
        if change.class != Class::Edit || RecurringStep::of(change, recurring).is_some() {
            return from;
        }
        let origins = self.origins(&change.path, from, recurring);
        let is_made = |price: i64| self.steps(&change.path, recurring).any(|known| known.step.to == price);
        let mut usual = origins.into_iter().filter(|price| !is_made(*price));
        match (usual.next(), usual.next()) {
            (Some(usual), None) => usual,
            _ => from,
        }
    }

    /// What a price was before the layer with `when` that has made it `from`, and before others that had made it that.
    fn origins(&self, path: &Path, from: i64, recurring: &Recurring) -> BTreeSet<i64> {
        let steps = self.steps_back(path, recurring);
        let last = steps.iter().filter(|known| known.stands && known.step.to == from);
        let mut found: BTreeSet<i64> = last.filter_map(|known| known.step.from).collect();
        loop {
            let before = steps.iter().filter(|known| found.contains(&known.step.to));
            let further: Vec<i64> =
                before.filter_map(|known| known.step.from).filter(|price| !found.contains(price)).collect();
            if further.is_empty() {
                return found;
            }
            found.extend(further);
        }
    }

    /// The known steps by which a way leads back, the newest first. Of those of one file that began at no price of such a layer
    /// the last: where it began before, the price is not any more.
    fn steps_back(&self, path: &Path, recurring: &Recurring) -> Vec<&KnownStep> {
        let mut steps: Vec<&KnownStep> = self.steps(path, recurring).collect();
        steps.reverse();
        let made: BTreeSet<i64> = steps.iter().map(|known| known.step.to).collect();
        let mut files = BTreeSet::new();
        steps.retain(|KnownStep { step, .. }| {
            let is_made = step.from.is_none_or(|from| made.contains(&from));
            is_made || files.insert(step.file.as_str())
        });
        steps
    }

    /// The known steps of files that still have `when`, in the order in which they arrived.
    fn steps(&self, path: &Path, recurring: &Recurring) -> impl Iterator<Item = &KnownStep> {
        let known = self.recurring.get(path).into_iter().flatten();
        known.filter(|known| recurring.files.contains(known.step.file.as_str()))
    }

    /// Whether one of these files has brought this dish.
    pub(super) fn was_brought(&self, id: &ExternalId, files: &BTreeSet<Arc<str>>) -> bool {
        let known = self.recurring.get(&Path::item_field(id, ItemField::Price)).into_iter().flatten();
        known.into_iter().any(|known| known.step.from.is_none() && files.contains(known.step.file.as_str()))
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
