//! The root and the files of it that are open in the editor: by which addresses it names them, and what stands in them now.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::view::range;
use crate::{
    document::Span,
    fleet::Loaded,
    platform::paths::canonicalize,
    source::{Texts, kind_of},
    symbols::Lines,
};

/// Where the root is.
#[derive(Debug, Clone)]
pub(super) struct Root {
    /// As it was named.
    pub(super) path: PathBuf,
    /// Without links: an editor may have followed them.
    real: PathBuf,
}

impl Root {
    /// Blocks: it asks the disk for links.
    pub(super) fn new(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let path: PathBuf = path.components().collect();
        Self { real: canonicalize(&path).unwrap_or_else(|_| path.clone()), path }
    }

    /// The path in the root of the file at an address; `None`: it is not read.
    pub(super) fn path_of(&self, uri: &str) -> Option<Arc<str>> {
        let path = Url::parse(uri).ok()?.to_file_path().ok()?;
        let inside = path.strip_prefix(&self.path).or_else(|_| path.strip_prefix(&self.real)).ok()?;
        let parts = inside.components().map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        });
        let path = parts.collect::<Option<Vec<_>>>()?.join("/");
        kind_of(&path).map(|_| path.into())
    }

    /// The address of a file of the root, or of one that is named by its whole path.
    pub(super) fn uri_of(&self, path: &str) -> Option<String> {
        Url::from_file_path(self.path.join(path)).ok().map(Into::into)
    }
}

/// A file that is open.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// As the editor names it.
    pub(super) uri: String,
    pub(super) version: Option<i64>,
    /// Without a byte order mark.
    pub(super) text: Arc<str>,
    /// The editor's text begins with a byte order mark.
    pub(super) has_mark: bool,
}

/// The files that are open, by their path in the root.
#[derive(Debug, Clone, Default)]
pub(super) struct Documents {
    open: BTreeMap<Arc<str>, Document>,
    /// Open, but what stands in them is not known: a change was lost.
    lost: BTreeSet<Arc<str>>,
    /// What was lost may have been about any file.
    any_may_be_lost: bool,
}

/// A change as the editor tells it: a stretch, or the whole text.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    range: Option<Range>,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

/// Line and UTF-16 unit, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) character: u32,
}

impl Document {
    fn new(uri: String, version: Option<i64>, text: &str) -> Self {
        let without = text.strip_prefix('\u{feff}');
        Self { uri, version, text: without.unwrap_or(text).into(), has_mark: without.is_some() }
    }

    pub(super) fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text, self.has_mark)
    }

    fn changed(&self, change: Change) -> Self {
        let Some(Range { start, end }) = change.range else {
            return Self::new(self.uri.clone(), self.version, &change.text);
        };
        let lines = self.lines();
        let offset = |at: Position| lines.offset(at.line, at.character);
        let is_at_mark = self.has_mark && start == Position { line: 0, character: 0 };
        let (start, end) = (offset(start), offset(end.max(start)));
        let text = format!("{}{}{}", &self.text[..start], change.text, &self.text[end..]);
        // Only a change from the very beginning can take the mark away or bring another.
        let text = if self.has_mark && !is_at_mark { format!("\u{feff}{text}") } else { text };
        Self::new(self.uri.clone(), self.version, &text)
    }
}

impl Documents {
    pub(super) fn open(&mut self, path: Arc<str>, uri: String, version: Option<i64>, text: &str) {
        self.lost.remove(&path);
        self.open.insert(path, Document::new(uri, version, text));
    }

    /// Whether it is one that is open.
    pub(super) fn change(&mut self, path: &str, version: Option<i64>, changes: Vec<Change>) -> bool {
        let Some(document) = self.open.get_mut(path) else { return false };
        *document = changes.into_iter().fold(document.clone(), |document, change| document.changed(change));
        document.version = version;
        true
    }

    pub(super) fn close(&mut self, path: &str) {
        self.lost.remove(path);
        self.open.remove(path);
    }

    /// Forgets what stands in a file; whether it was not forgotten before.
    pub(super) fn forget(&mut self, path: Arc<str>) -> bool {
        self.open.remove(&path);
        self.lost.insert(path)
    }

    /// Forgets what stands in all files; whether there is one that was not forgotten before.
    pub(super) fn forget_all(&mut self) -> bool {
        let open = std::mem::take(&mut self.open);
        let is_new = !std::mem::replace(&mut self.any_may_be_lost, true) || !open.is_empty();
        self.lost.extend(open.into_keys());
        is_new
    }

    /// Whether the editor may have another text in this file than is known.
    pub(super) fn is_lost(&self, path: &str) -> bool {
        self.lost.contains(path) || self.any_may_be_lost && !self.open.contains_key(path)
    }

    pub(super) fn get(&self, path: &str) -> Option<&Document> {
        self.open.get(path)
    }

    /// The address of a file: where it is open, as the editor names it.
    pub(super) fn uri(&self, root: &Root, path: &str) -> Option<String> {
        self.get(path).map(|document| document.uri.clone()).or_else(|| root.uri_of(path))
    }

    /// What stands in a file, and whether the editor has a byte order mark before it.
    pub(super) fn text(&self, loaded: &Loaded, path: &str) -> Option<(Arc<str>, bool)> {
        match self.get(path) {
            Some(document) => Some((Arc::clone(&document.text), document.has_mark)),
            None => loaded.text(path).map(|text| (text, false)),
        }
    }

    /// Where something stands, for the editor.
    pub(super) fn location(&self, root: &Root, loaded: &Loaded, path: &str, span: Span) -> Option<Value> {
        let (text, has_mark) = self.text(loaded, path)?;
        Some(json!({"uri": self.uri(root, path)?, "range": range(&Lines::new(&text, has_mark), span)}))
    }

    /// What stands for the files of the root on disk.
    pub(super) fn texts(&self) -> Texts {
        self.open.iter().map(|(path, document)| (Arc::clone(path), Arc::clone(&document.text))).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test fails by panicking
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    fn change(start: Position, end: Position, text: &str) -> Change {
        Change { range: Some(Range { start, end }), text: text.to_owned() }
    }

    fn edited(text: &str, changes: Vec<Change>) -> (String, bool) {
        let mut documents = Documents::default();
        documents.open("menusync.yaml".into(), "file:///m".into(), Some(1), text);
        assert!(documents.change("menusync.yaml", Some(2), changes));
        let document = documents.get("menusync.yaml").unwrap().clone();
        assert!(documents.forget("menusync.yaml".into()) && documents.get("menusync.yaml").is_none());
        assert!(!documents.forget("menusync.yaml".into()) && documents.is_lost("menusync.yaml"));
        (document.text.to_string(), document.has_mark)
    }

    #[test]
    fn changes_are_made_one_after_the_other_in_utf16_units() {
        let changes =
            vec![change(at(0, 7), at(0, 9), "🍜🍜"), change(at(1, 0), at(1, 1), ""), change(at(0, 0), at(0, 1), "N")];
        assert_eq!(edited("name: X🍛Y\r\n-z", changes), ("Name: X🍜🍜Y\r\nz".to_owned(), false));
        assert_eq!(edited("a", vec![Change { range: None, text: "b".into() }]).0, "b");
        // Behind everything, and backwards: nothing is lost but what was said.
        assert_eq!(edited("a\nb", vec![change(at(9, 9), at(1, 0), "c")]).0, "a\nbc");
    }

    #[test]
    fn a_byte_order_mark_is_the_editors_alone() {
        assert_eq!(edited("\u{feff}ab", vec![change(at(0, 1), at(0, 2), "x")]), ("xb".to_owned(), true));
        assert_eq!(edited("\u{feff}ab", vec![change(at(0, 0), at(0, 2), "x")]), ("xb".to_owned(), false));
        assert_eq!(edited("ab", vec![Change { range: None, text: "\u{feff}c".into() }]), ("c".to_owned(), true));
    }

    #[test]
    fn only_files_of_the_root_have_a_path_in_it() {
        let root = Root { path: "/srv/my menus".into(), real: "/data/menus".into() };
        assert_eq!(root.path_of("file:///srv/my%20menus/catalogs/a.yaml").as_deref(), Some("catalogs/a.yaml"));
        assert_eq!(root.path_of("file:///data/menus/menusync.yaml").as_deref(), Some("menusync.yaml"));
        for other in
            ["file:///srv/other/a.yaml", "untitled:a", "https://e.com/srv/my%20menus/a", "file:///srv/my%20menus/../a"]
        {
            assert_eq!(root.path_of(other), None, "{other}");
        }
        assert_eq!(root.uri_of("catalogs/é.yaml").as_deref(), Some("file:///srv/my%20menus/catalogs/%C3%A9.yaml"));
        assert_eq!(root.uri_of("/etc/menusync/operator.yaml").as_deref(), Some("file:///etc/menusync/operator.yaml"));
    }
}
