//! The root at one moment, and what is wrong in it.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::index::Index;
use crate::{
    diagnostic::Diagnostic,
    document::{Pos, Span},
    fleet::Loaded,
    source::{Doing, Texts},
    symbols::Lines,
};

/// The files as they are on disk and in the editor.
#[derive(Clone)]
pub(super) struct View {
    pub(super) loaded: Arc<Loaded>,
    pub(super) index: Arc<Index>,
    /// Counts the changes that it has.
    pub(super) version: u64,
}

/// What is wrong in a view.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) diagnostics: Arc<Vec<Diagnostic>>,
    /// The texts that they are about.
    pub(super) texts: Arc<Texts>,
}

impl View {
    /// What the files are with these texts; what is as in `before` is not worked out again.
    pub(super) fn new(disk: &Arc<Loaded>, texts: &Texts, before: Option<&Self>, doing: &Doing, version: u64) -> Self {
        let known = before.map_or(disk, |before| &before.loaded);
        let loaded = Arc::new(disk.edited(texts, known, doing));
        let index = Arc::new(Index::new(&loaded, before.map(|before| &*before.index)));
        Self { loaded, index, version }
    }

    /// The files that make an outlet together with this one.
    pub(super) fn related_files(&self, path: &str) -> BTreeSet<Arc<str>> {
        let outlets = self.loaded.outlets_made_of(path);
        outlets.flat_map(|outlet| outlet.chain.iter().cloned()).chain([path.into()]).collect()
    }
}

/// A stretch of text in the editor's units.
pub(super) fn range(lines: &Lines<'_>, span: Span) -> Value {
    let position = |pos: Pos| {
        let (line, character) = lines.units(pos);
        json!({"line": line, "character": character})
    };
    json!({"start": position(span.start), "end": position(span.end)})
}
