//! Patches whose values no outlet keeps: known only when all outlets, and all times to come, have been looked at.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    catalog::Path,
    definition::{Composed, Shadowed},
    diagnostic::{Diagnostic, Place, Severity},
};

const CODE: &str = "patch-shadowed";

/// How many of the places that override a patch are shown: three hundred outlets may do it.
const MOST_SHOWN: usize = 3;

/// What became of patches, over outlets and times.
#[derive(Debug, Clone, Default)]
pub(super) struct Shadows {
    shadowed: BTreeMap<Place, Value>,
    kept: HashSet<Place>,
}

/// A value of a patch.
#[derive(Debug, Clone)]
struct Value {
    path: Path,
    key: &'static str,
    by: BTreeSet<Place>,
    /// Nobody has another value, all take the thing away.
    removed: bool,
    /// What the outlets make of the rule, the strictest of them; `None` = off.
    severity: Option<Severity>,
}

impl Shadows {
    /// Those of one outlet at one time.
    pub(super) fn of(composed: &Composed) -> Self {
        let mut shadows = Self::default();
        let severity = composed.policy.rules.get(CODE).copied().unwrap_or(Some(Severity::Warning));
        shadows.kept.extend(composed.origins.in_effect().cloned());
        for shadowed in composed.origins.shadowed() {
            let Shadowed { path, key, place, by, removed } = shadowed.clone();
            let value = Value { path, key, by: BTreeSet::from([by]), removed, severity };
            shadows.add(place, value);
        }
        shadows
    }

    /// Takes in what others noted.
    pub(super) fn extend(&mut self, other: Self) {
        self.kept.extend(other.kept);
        other.shadowed.into_iter().for_each(|(place, value)| self.add(place, value));
    }

    fn add(&mut self, place: Place, value: Value) {
        use std::collections::btree_map::Entry;
        match self.shadowed.entry(place) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.by.extend(value.by);
                known.removed &= value.removed;
                known.severity = [known.severity, value.severity].into_iter().flatten().min();
            }
        }
    }

    /// What no outlet keeps at any time.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        let lost = self.shadowed.iter().filter(|(place, _)| !self.kept.contains(place));
        lost.filter_map(|(place, value)| value.diagnostic_at(place)).collect()
    }
}

impl Value {
    fn diagnostic_at(&self, place: &Place) -> Option<Diagnostic> {
        let Self { path, key, by, removed, severity } = self;
        let (thing, id) = match path {
            Path::Item(id, _) => ("item", id.as_str()),
            Path::Category(id, _) => ("variant category", id.as_str()),
            Path::Variant(id, _) => ("variant", id.as_str()),
            Path::Menu(name) => ("menu", name.as_str()),
            Path::Promotion(name, _) => ("promotion", name.as_str()),
        };
        let (verb, deed) = if *removed { ("remove", "removed here") } else { ("override", "overridden here") };
        let message = format!("no outlet keeps this `{key}` of the {thing} `{id}`: later layers {verb} it");
        let diagnostic = Diagnostic { severity: (*severity)?, ..Diagnostic::warning(CODE, place.clone(), message) };
        let diagnostic = diagnostic.help(format!("remove it here, or what {verb}s it"));
        let mut diagnostic =
            by.iter().take(MOST_SHOWN).fold(diagnostic, |diagnostic, by| diagnostic.related(by.clone(), deed));
        if let (Some(last), more @ 1..) = (diagnostic.related.last_mut(), by.len().saturating_sub(MOST_SHOWN)) {
            last.message = format!("{deed}, and at {more} more places");
        }
        Some(diagnostic)
    }
}
