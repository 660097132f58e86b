//! What a push has done once it has arrived, for later plans.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, Class, Kind, OutletPlan};
use crate::catalog::{ExternalId, FieldValue, Path, known_entries};

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
}

impl Effects {
    /// The effects of a plan. `fills`: live has nothing yet.
    pub(super) fn of(plan: &OutletPlan, ended: &BTreeSet<ExternalId>, fills: bool) -> Self {
        let mut effects = Self::default();
        for change in plan.pushed().filter(|change| !change.is_promotion()) {
            match (&change.path, change.kind) {
                (Path::Item(id, None), Kind::Add) if !fills => drop(effects.coming.insert(id.clone())),
                (Path::Item(id, None), Kind::Remove) if !ended.contains(id) => drop(effects.leaving.insert(id.clone())),
                _ => {}
            }
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
        }
        self
    }
}

pub(super) fn is_foreign(change: &Change) -> bool {
    matches!(change.class, Class::Drift | Class::Conflict)
}
