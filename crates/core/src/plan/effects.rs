//! What a push has done once it has arrived, for later plans.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, Class, Inputs, Kind, OutletPlan, RecurringStep};
use crate::catalog::{ExternalId, FieldValue, Path, known_entries, known_paths};

/// What a push does that is worth remembering once it has arrived.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effects {
    /// Items that it brings into a menu that is there. Of a first menu nothing counts as new: there is no other one to
    /// measure by.
    pub(super) coming: BTreeSet<ExternalId>,
    /// Items that it takes away, but for those of a dated layer that has ended.
    pub(super) leaving: BTreeSet<ExternalId>,
    /// What was done elsewhere and is undone: path → the files' value.
    #[serde(deserialize_with = "known_entries")]
    pub(super) undoes: BTreeMap<Path, Option<FieldValue>>,
    /// What layers with `when` make of prices.
    #[serde(deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) recurring: BTreeMap<Path, RecurringStep>,
    /// What leaves sold out where such layers are, as the last look at the old menu has shown it.
    #[serde(deserialize_with = "known_paths", skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) leaves_sold_out: BTreeSet<Path>,
    /// The same of what leaves on sale.
    #[serde(deserialize_with = "known_paths", skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) leaves_on_sale: BTreeSet<Path>,
}

impl Effects {
    /// The effects of a plan.
    pub(super) fn of(plan: &OutletPlan, inputs: &Inputs<'_>) -> Self {
        let (ended, fills) = (&plan.ended, inputs.live.is_empty());
        let mut effects = Self::default();
        for change in plan.pushed().filter(|change| !change.is_promotion()) {
            match (&change.path, change.kind) {
                (Path::Item(id, None), Kind::Add) if !fills => drop(effects.coming.insert(id.clone())),
                (Path::Item(id, None), Kind::Remove) if !ended.contains(id) => drop(effects.leaving.insert(id.clone())),
                _ => {}
            }
            effects.recurring.extend(RecurringStep::of(change, inputs.recurring));
            if is_foreign(change) {
                effects.undoes.insert(change.path.clone(), change.to.clone());
            }
        }
        effects
    }

    /// Without what has not landed.
    pub fn without<'p>(mut self, paths: impl IntoIterator<Item = &'p Path>) -> Self {
        for path in paths {
            if let Path::Item(id, None) = path {
                self.coming.remove(id);
                self.leaving.remove(id);
            }
            self.undoes.remove(path);
            self.recurring.retain(|price, _| price != path && price.owner() != *path);
            self.leaves_sold_out.remove(path);
            self.leaves_on_sale.remove(path);
        }
        self
    }
}

pub(super) fn is_foreign(change: &Change) -> bool {
    matches!(change.class, Class::Drift | Class::Conflict)
}
