//! What an answer is made of: the files as they stand in the editor at the moment of the question.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc::channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{
    documents::{Document, Documents, Position, Root},
    protocol::Abilities,
    view::{Found, View, range},
};
use crate::{
    catalog::OutletId,
    document::{self, Pos, SourceFile, Span},
    fleet::Loaded,
    settings::Settings,
    source::{Doing, Kind, kind_of},
    state::OutletRow,
    symbols::{self, Occurrence},
};

/// A look at what is stored takes milliseconds; one that waits for a disk is left out (our choice).
const STORED_WITHIN: Duration = Duration::from_millis(500);

/// The JSON Schemas of the files that people write.
#[derive(Debug)]
pub struct Schemas {
    /// `menusync.yaml`
    pub settings: Value,
    /// Definitions.
    pub layer: Value,
    /// Approvals.
    pub approval: Value,
}

/// What is stored of an outlet, where these settings and this root keep it; may block, and changes nothing.
pub type StoredOf = dyn Fn(&Settings, &Path, &OutletId) -> Option<OutletRow> + Send + Sync;

/// All that a question may look at.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) root: Root,
    pub(super) schemas: Arc<Schemas>,
    pub(super) operator: Option<PathBuf>,
    pub(super) abilities: Abilities,
    /// The files as they were read from disk; `None`: they cannot be read.
    pub(super) disk: Option<Arc<Loaded>>,
    /// The last view, which may be older than the documents.
    pub(super) view: Option<View>,
    pub(super) documents: Documents,
    /// Counts their changes.
    pub(super) version: u64,
    pub(super) found: Found,
    pub(super) stored_of: Arc<StoredOf>,
    /// Shows something to people.
    pub(super) show: Arc<dyn Fn(String) + Send + Sync>,
}

/// A place in a document, and what stands there.
#[derive(Debug)]
pub(super) struct Here<'q> {
    pub(super) path: Arc<str>,
    pub(super) document: &'q Document,
    pub(super) pos: Pos,
}

impl Question {
    /// The root with the documents as they are now.
    pub(super) fn current(&self) -> Option<View> {
        if let Some(view) = self.view.as_ref().filter(|view| view.version == self.version) {
            return Some(view.clone());
        }
        let disk = self.disk.as_ref()?;
        Some(View::new(disk, &self.documents.texts(), self.view.as_ref(), &Doing::default(), self.version))
    }

    /// What is stored of an outlet, if that can be had at once.
    pub(super) fn stored(&self, view: &View, outlet: &OutletId) -> Option<OutletRow> {
        let (sender, received) = channel();
        let (stored_of, loaded, outlet) = (Arc::clone(&self.stored_of), Arc::clone(&view.loaded), outlet.clone());
        let root = self.root.path.clone();
        let look = move || {
            let stored = loaded.settings.as_ref().and_then(|settings| stored_of(settings, &root, &outlet));
            let _ = sender.send(stored);
        };
        thread::Builder::new().name("state".to_owned()).spawn(look).ok()?;
        received.recv_timeout(STORED_WITHIN).ok().flatten()
    }

    /// The place that a question is about, if it is in a document of the root.
    pub(super) fn here(&self, uri: &str, position: Option<Position>) -> Option<Here<'_>> {
        let path = self.root.path_of(uri)?;
        let document = self.documents.get(&path)?;
        let Position { line, character } = position.unwrap_or(Position { line: 0, character: 0 });
        Some(Here { pos: document.lines().pos(line, character), document, path })
    }

    /// The schema of a file.
    pub(super) fn schema(&self, path: &str) -> Option<&Value> {
        Some(match kind_of(path)? {
            Kind::Settings => &self.schemas.settings,
            Kind::Definition => &self.schemas.layer,
            Kind::Approval => &self.schemas.approval,
        })
    }

    /// Where something stands, for the editor.
    pub(super) fn location(&self, view: &View, path: &str, span: Span) -> Option<Value> {
        self.documents.location(&self.root, &view.loaded, path, span)
    }
}

impl Here<'_> {
    pub(super) fn source(&self) -> SourceFile {
        SourceFile { path: Arc::clone(&self.path), text: Arc::clone(&self.document.text) }
    }

    /// What is named here.
    pub(super) fn named(&self) -> Option<Occurrence> {
        let root = document::parse(&self.source()).root?;
        let is_here = |found: &Occurrence| found.span.start <= self.pos && self.pos <= found.span.end;
        symbols::occurrences(&root).into_iter().find(is_here)
    }

    pub(super) fn range(&self, span: Span) -> Value {
        range(&self.document.lines(), span)
    }
}
