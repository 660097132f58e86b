//! Where every value of a composed catalog was written, and what it took the place of.

use std::collections::HashMap;

use crate::{catalog::Path, diagnostic::Place};

/// The places of all values of one catalog.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    traces: HashMap<Path, Trace>,
}

/// The history of one value.
#[derive(Debug, Clone)]
struct Trace {
    place: Place,
    overrode: Vec<Place>,
}

impl Origins {
    /// The place of the value that won. For a whole thing: where it was defined, or where it was removed. A field that nobody
    /// mentions has the place of the thing it belongs to.
    pub fn place(&self, path: &Path) -> Option<Place> {
        self.own_place(path).or_else(|| self.own_place(&path.owner())).cloned()
    }

    /// The place where just this was said; `None` if nobody did.
    pub fn own_place(&self, path: &Path) -> Option<&Place> {
        self.traces.get(path).map(|trace| &trace.place)
    }

    /// The values that the winner took the place of, the earliest first.
    pub fn overrode(&self, path: &Path) -> &[Place] {
        self.traces.get(path).map_or(&[], |trace| &trace.overrode)
    }

    /// Notes that `place` now has the last word on `path`.
    pub(super) fn record(&mut self, path: Path, place: &Place) {
        use std::collections::hash_map::Entry;
        match self.traces.entry(path) {
            Entry::Vacant(entry) => {
                entry.insert(Trace { place: place.clone(), overrode: Vec::new() });
            }
            Entry::Occupied(mut entry) => {
                let trace = entry.get_mut();
                trace.overrode.push(std::mem::replace(&mut trace.place, place.clone()));
            }
        }
    }

    /// Notes that the thing `path` is gone since `place`, with all its fields.
    pub(super) fn remove(&mut self, path: Path, fields: impl Iterator<Item = Path>, place: &Place) {
        for field in fields {
            self.traces.remove(&field);
        }
        self.record(path, place);
    }

    /// Gives what is known of one path to another: a thing got a new name at `place`.
    pub(super) fn rename(&mut self, old: &Path, new: Path, place: &Place) {
        if let Some(trace) = self.traces.remove(old) {
            self.traces.insert(new.clone(), trace);
        }
        self.record(old.clone(), place);
        self.record(new, place);
    }
}
