//! Where every value of a composed catalog was written, what it took the place of, and which patches came to nothing.

use hashbrown::HashMap;

use crate::{catalog::Path, diagnostic::Place};

/// The places of all values of one catalog.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    traces: HashMap<Path, Trace>,
    shadowed: Vec<Shadowed>,
    /// Where patches say what came to something, although they have no more the last word.
    kept: Vec<Place>,
}

/// The history of one value.
#[derive(Debug, Clone)]
struct Trace {
    place: Place,
    overrode: Vec<Place>,
    /// So many of the last places made a new value out of the one before them.
    adds: usize,
    /// A patch said it, and nothing has used it so far.
    is_patch: bool,
}

/// A value of a patch that a later layer took the place of before anything came of it. Moves are never here: they change the
/// order of what they leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// What it is a value of.
    pub path: Path,
    /// The key in the patch.
    pub key: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Where the later layer says otherwise.
    pub by: Place,
    /// The later layer has no other value: it takes the whole thing away.
    pub removed: bool,
}

impl Trace {
    /// The places of what stays a part of the value, without the last one.
    fn before(&self) -> &[Place] {
        &self.overrode[self.overrode.len().saturating_sub(self.adds)..]
    }
}

impl Origins {
    /// The place of the value that won. For a whole thing: where it was defined, or where it was removed. A field that nobody
    /// mentions has the place of the thing it belongs to.
    pub fn place(&self, path: &Path) -> Option<Place> {
        self.own_place(path).or_else(|| self.own_place(&path.owner())).cloned()
    }

    /// The places that made the value that won, in their order: for a price under markups where it is written, and each of them;
    /// for everything else its one place.
    pub fn places(&self, path: &Path) -> Vec<Place> {
        let Some(trace) = self.traces.get(path) else { return self.place(path).into_iter().collect() };
        trace.before().iter().chain([&trace.place]).cloned().collect()
    }

    /// Where a person wrote the value that won: of a price under markups its own line, which is where it is put right.
    pub fn written_place(&self, path: &Path) -> Option<Place> {
        let written = self.traces.get(path).and_then(|trace| trace.before().first());
        written.cloned().or_else(|| self.place(path))
    }

    /// The place where just this was said; `None` if nobody did.
    pub fn own_place(&self, path: &Path) -> Option<&Place> {
        self.traces.get(path).map(|trace| &trace.place)
    }

    /// The values that the winner took the place of, the earliest first.
    pub fn overrode(&self, path: &Path) -> &[Place] {
        self.traces.get(path).map_or(&[], |trace| &trace.overrode)
    }

    /// The values of patches from which nothing came. What a layer says once may be here more than once: hours by their days.
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.shadowed
    }

    /// Where patches say what came to something.
    pub fn in_effect(&self) -> impl Iterator<Item = &Place> {
        let standing = self.traces.values().filter(|trace| trace.is_patch).map(|trace| &trace.place);
        standing.chain(&self.kept)
    }

    /// Notes that `place` now has the last word on `path`, and made it out of what was there.
    pub(super) fn record(&mut self, path: Path, place: &Place) {
        let used = self.say(path, place, false, false);
        self.kept.extend(used);
    }

    /// Notes that `place` made a new value of `path` out of what was there, which stays a part of it.
    pub(super) fn add(&mut self, path: Path, place: &Place) {
        let used = self.say(path, place, false, true);
        self.kept.extend(used);
    }

    /// Notes that a patch at `place` now has the last word on `path`, whatever was there. One that `changed` nothing takes
    /// no other's place.
    pub(super) fn patch(&mut self, path: Path, place: &Place, changed: bool) {
        let old = self.say(path.clone(), place, changed, false);
        match old {
            Some(old) if changed => self.shadow(&path, path.field_key().unwrap_or_default(), &old, place),
            old => self.kept.extend(old),
        }
        if !changed {
            self.kept.push(place.clone());
        }
    }

    /// Notes what came to nothing because of what stands at `by`.
    pub(super) fn shadow(&mut self, path: &Path, key: &'static str, place: &Place, by: &Place) {
        let (path, place, by) = (path.clone(), place.clone(), by.clone());
        self.shadowed.push(Shadowed { path, key, place, by, removed: false });
    }

    /// The same for what is taken away at `by`.
    pub(super) fn shadow_removed(&mut self, path: &Path, key: &'static str, place: &Place, by: &Place) {
        let (path, place, by) = (path.clone(), place.clone(), by.clone());
        self.shadowed.push(Shadowed { path, key, place, by, removed: true });
    }

    /// Notes that what a patch says at `place` came to something.
    pub(super) fn keep(&mut self, place: &Place) {
        self.kept.push(place.clone());
    }

    /// Gives `place` the last word; what was there stays a part of it where it `adds`. Returns the place of the patch that had
    /// it.
    fn say(&mut self, path: Path, place: &Place, is_patch: bool, adds: bool) -> Option<Place> {
        use hashbrown::hash_map::Entry;
        match self.traces.entry(path) {
            Entry::Vacant(entry) => {
                entry.insert(Trace { place: place.clone(), overrode: Vec::new(), adds: 0, is_patch });
                None
            }
            Entry::Occupied(mut entry) => {
                let trace = entry.get_mut();
                let old = std::mem::replace(&mut trace.place, place.clone());
                trace.overrode.push(old.clone());
                trace.adds = if adds { trace.adds + 1 } else { 0 };
                std::mem::replace(&mut trace.is_patch, is_patch).then_some(old)
            }
        }
    }

    /// Notes that the thing `path` is gone since `place`, with all its fields.
    pub(super) fn remove(&mut self, path: Path, fields: impl Iterator<Item = Path>, place: &Place) {
        for field in fields {
            if let Some(trace) = self.traces.remove(&field).filter(|trace| trace.is_patch) {
                self.shadow_removed(&field, field.field_key().unwrap_or_default(), &trace.place, place);
            }
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
