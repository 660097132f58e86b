//! Where all files of a root name what. A file that has the text that it had is not read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rayon::prelude::*;

use crate::{
    definition::join,
    diagnostic::Diagnostic,
    document::{self, PackedFile},
    fleet::Loaded,
    symbols::{self, Occurrence, Role, Thing},
};

/// What one file names.
#[derive(Debug)]
pub(super) struct Indexed {
    file: PackedFile,
    pub(super) occurrences: Vec<Occurrence>,
    /// It cannot be read as YAML now: this is what it named when it could.
    pub(super) is_stale: bool,
}

/// What all files name.
#[derive(Debug, Default)]
pub(super) struct Index(BTreeMap<Arc<str>, Arc<Indexed>>);

impl Index {
    pub(super) fn new(loaded: &Loaded, before: Option<&Self>) -> Self {
        let files: Vec<PackedFile> = loaded.sources().collect();
        let index = |file: &PackedFile| {
            let before = before.and_then(|before| before.0.get(&file.path));
            let known = before.filter(|known| known.file == *file).cloned();
            (Arc::clone(&file.path), known.unwrap_or_else(|| Arc::new(Indexed::new(file, before.map(AsRef::as_ref)))))
        };
        Self(files.par_iter().map(index).collect())
    }

    /// A file of which not all is known.
    pub(super) fn stale_file(&self) -> Option<&Arc<str>> {
        self.0.iter().find(|(_, indexed)| indexed.is_stale).map(|(path, _)| path)
    }

    /// All places that name things, each with its file.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Occurrence)> {
        self.0.iter().flat_map(|(path, indexed)| indexed.occurrences.iter().map(move |found| (path, found)))
    }

    /// The places that name just this.
    pub(super) fn of<'i>(
        &'i self,
        thing: Thing,
        name: &'i str,
    ) -> impl Iterator<Item = (&'i Arc<str>, &'i Occurrence)> {
        self.all().filter(move |(path, found)| found.thing == thing && *name_in(path, found) == *name)
    }

    /// The things of a kind, each with the name beside its id; those of `nearer` files first.
    pub(super) fn names(&self, thing: Thing, nearer: &BTreeSet<Arc<str>>) -> Vec<(String, Option<String>, bool)> {
        let mut names: BTreeMap<String, (Option<String>, bool)> = BTreeMap::new();
        let defined = self.all().filter(|(_, found)| found.thing == thing && found.role == Role::Definition);
        for (path, found) in defined {
            let known = names.entry(found.name.to_string()).or_default();
            let is_near = nearer.contains(path);
            if known.0.is_none() || is_near && !known.1 {
                known.0 = found.label.as_deref().map(str::to_owned);
            }
            known.1 |= is_near;
        }
        names.into_iter().map(|(name, (label, is_near))| (name, label, is_near)).collect()
    }
}

impl Indexed {
    fn new(file: &PackedFile, before: Option<&Self>) -> Self {
        let parsed = document::parse(&file.open());
        let is_stale = parsed.root.is_none() || parsed.diagnostics.iter().any(Diagnostic::is_error);
        let occurrences = match &parsed.root {
            Some(root) => symbols::occurrences(root),
            None => before.map(|before| before.occurrences.clone()).unwrap_or_default(),
        };
        Self { file: file.clone(), occurrences, is_stale }
    }
}

/// The name that a place means: of a layer its path in the root, of everything else what stands there.
pub(super) fn name_in(path: &str, found: &Occurrence) -> Box<str> {
    match found.thing {
        Thing::Layer => join(path, &found.name).map_or_else(|| found.name.clone(), Into::into),
        _ => found.name.clone(),
    }
}
