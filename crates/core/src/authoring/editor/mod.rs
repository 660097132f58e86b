//! One file under edit: single values set, entries added, elements removed, everything else left as it is, comments
//! included. What is JSON stays JSON.
//!
//! Edits are made in the text, at the places that the reader's tree knows. What came through an alias or a merge key, or has
//! an anchor, stands for more than the one thing that is edited and is not touched.

mod block_scalar;
mod lists;
mod place;
mod set;

use std::sync::Arc;

use block_scalar::is_block_mark;
pub(super) use place::is_flow;
use place::{read, value_start, within};

use super::scalar::{Context, text};
use crate::document::{Key, Node, Pos, Value};

/// Why an edit cannot be made in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditError(pub String);

/// One step from a node to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// The element of a list that has this value under this key.
    Named(&'a str, &'a str),
    /// The element of a list that holds, in the list under this key, a thing with this external id.
    Holding(&'a str, &'a str),
}

/// A value in both styles: alone after its key, and between brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatchValue {
    pub(super) block: String,
    pub(super) flow: String,
    /// What it says, if it is a text: it may also be written in lines below its key.
    pub(super) text: Option<String>,
}

impl PatchValue {
    /// The same in both styles, and no text.
    pub(super) fn new(flow: impl Into<String>) -> Self {
        let flow = flow.into();
        Self { block: flow.clone(), flow, text: None }
    }

    /// A text.
    pub(super) fn text(value: &str) -> Self {
        let [block, flow] = [Context::Block, Context::Flow].map(|context| text(value, context));
        Self { block, flow, text: Some(value.to_owned()) }
    }
}

/// A new element of a list: its lines without indentation or dash, and the same between brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) lines: Vec<String>,
    pub(super) flow: String,
}

/// The file.
#[derive(Debug)]
pub(super) struct YamlEditor {
    path: Arc<str>,
    text: String,
    newline: &'static str,
    is_json: bool,
    root: Node,
}

impl YamlEditor {
    pub(super) fn new(path: &Arc<str>, text: &str) -> Result<Self, EditError> {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let is_json = path.ends_with(".json");
        Ok(Self { path: Arc::clone(path), text: text.to_owned(), newline, is_json, root: read(path, text)? })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The node that `steps` lead to, if it is there and nowhere else. `Err` if it is there but shared.
    pub(super) fn find(&self, steps: &[Step<'_>]) -> Result<Option<&Node>, EditError> {
        let mut node = &self.root;
        for step in steps {
            let next = match *step {
                Step::Key(key) => match entry(node, key) {
                    Some((key, value)) => self.owned_value(node, key, value)?,
                    None => None,
                },
                Step::Named(key, is) => self.element(node, is, &|node| has(node, key, is))?,
                Step::Holding(key, id) => self.element(node, id, &|node| holds(node, key, id))?,
            };
            let Some(next) = next else { return Ok(None) };
            node = next;
        }
        Ok(Some(node))
    }

    /// The keys of the mapping under `section` of the file whose values say `is` under `key`.
    pub(super) fn entries_with(&self, section: &str, key: &str, is: &str) -> Vec<String> {
        match entry(&self.root, section).map(|(_, node)| &node.value) {
            Some(Value::Mapping(entries)) => {
                entries.iter().filter(|(_, node)| has(node, key, is)).map(|(key, _)| key.text.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The value of a key if it is written there; `None` for null.
    fn owned_value<'n>(&self, parent: &Node, key: &Key, value: &'n Node) -> Result<Option<&'n Node>, EditError> {
        let here = within(key.span, parent.span) && value.span.start >= key.span.end;
        let gap = without_comments(self.between(key.span.end, value_start(self, value)));
        let is_own = gap.trim().strip_prefix(':').is_some_and(|mark| mark.is_empty() || is_block_mark(mark.trim()));
        if !here || !is_own {
            return Err(self.shared(&key.text, key.span.start));
        }
        Ok((!value.is_null()).then_some(value))
    }

    fn element<'n>(
        &self,
        list: &'n Node,
        is: &str,
        is_it: &dyn Fn(&Node) -> bool,
    ) -> Result<Option<&'n Node>, EditError> {
        let Value::Sequence(nodes) = &list.value else { return Ok(None) };
        let Some(at) = nodes.iter().position(is_it) else { return Ok(None) };
        let node = &nodes[at];
        let before = at.checked_sub(1).map_or(list.span.start, |before| nodes[before].span.end);
        let gap = without_comments(self.between(before, node.span.start));
        let is_own = within(node.span, list.span) && gap.chars().all(|c| c.is_whitespace() || "-,[".contains(c));
        if is_own { Ok(Some(node)) } else { Err(self.shared(is, node.span.start)) }
    }

    fn shared(&self, what: &str, at: Pos) -> EditError {
        EditError(format!(
            "{}:{}:{}: `{what}` is shared through an anchor, an alias or a merge key",
            self.path, at.line, at.column
        ))
    }
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n (Key, Node)> {
    match &node.value {
        Value::Mapping(entries) => entries.iter().find(|(known, _)| &*known.text == key),
        Value::Scalar(_) | Value::Sequence(_) => None,
    }
}

fn has(node: &Node, key: &str, is: &str) -> bool {
    node.get(key).and_then(Node::scalar).is_some_and(|scalar| &*scalar.text == is)
}

fn holds(node: &Node, key: &str, id: &str) -> bool {
    match node.get(key).map(|list| &list.value) {
        Some(Value::Sequence(nodes)) => nodes.iter().any(|node| has(node, "external_id", id)),
        _ => false,
    }
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split('#').next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
