//! Where the nodes of the tree stand in the text, and stretches of the text replaced.

use std::sync::Arc;

use super::{EditError, YamlEditor};
use crate::{
    authoring::json::json_text,
    document::{Key, Node, Pos, SourceFile, Span, Value, parse},
};

impl YamlEditor {
    /// A value between brackets, in the language of the file.
    pub(super) fn flow(&self, value: &str) -> Result<String, EditError> {
        if !self.is_json {
            return Ok(value.to_owned());
        }
        // Alone, null would be a file that says nothing.
        let list = json_text(&read(&self.path, &format!("[{value}]"))?);
        Ok(list[1..list.len() - 1].to_owned())
    }

    /// What separates the parts of a collection between brackets whose first part is `first`: JSON is often one part a line.
    pub(super) fn gap(&self, collection: &Node, first: Option<Span>) -> String {
        match first.filter(|first| self.is_json && first.start.line > collection.span.start.line) {
            Some(first) => format!("{}{}", self.newline, " ".repeat(first.start.column as usize - 1)),
            None => " ".to_owned(),
        }
    }

    /// Whether a collection is written between brackets.
    pub(super) fn is_flow(&self, node: &Node) -> bool {
        is_flow(node, &self.text[self.offset(node.span.start)..])
    }

    /// After the value of a key; an alias ends with its line.
    pub(super) fn end_of(&self, value: &Node, key: &Key) -> usize {
        if value.span.start < key.span.end {
            return self.content_end(self.line_end(self.offset(key.span.end)));
        }
        let end = self.content_end(self.offset(value.span.end));
        // Nothing at all: after the colon.
        if value.span.start == value.span.end && value.is_null() {
            let colon = self.text[end..].find(':').map_or(0, |colon| colon + 1);
            return end + colon;
        }
        end
    }

    /// Back over white space: a block ends where the next thing begins.
    pub(super) fn content_end(&self, at: usize) -> usize {
        self.text[..at].trim_end().len()
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// After the line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    pub(super) fn between(&self, start: Pos, end: Pos) -> &str {
        self.text.get(self.offset(start)..self.offset(end)).unwrap_or_default()
    }

    pub(super) fn offset(&self, pos: Pos) -> usize {
        offset(&self.text, pos)
    }

    pub(super) fn insert_lines_after(&mut self, end: usize, lines: &[String]) -> Result<(), EditError> {
        let at = self.line_end(end);
        let mut block = String::new();
        if at > 0 && !self.text[..at].ends_with('\n') {
            block.push_str(self.newline);
        }
        for line in lines {
            block.push_str(line);
            block.push_str(self.newline);
        }
        self.splice(at, at, &block)
    }

    /// Replaces a stretch and reads the text again.
    pub(super) fn splice(&mut self, start: usize, end: usize, with: &str) -> Result<(), EditError> {
        let mut text = self.text.clone();
        text.replace_range(start..end, with);
        self.root = read(&self.path, &text)?;
        self.text = text;
        Ok(())
    }
}

pub(super) fn read(path: &Arc<str>, text: &str) -> Result<Node, EditError> {
    let parsed = parse(&SourceFile { path: Arc::clone(path), text: text.into() });
    match (parsed.root, parsed.diagnostics.first()) {
        (Some(root), None) => Ok(root),
        (_, Some(wrong)) => {
            let place = wrong.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            Err(EditError(format!("{place}{}", wrong.message)))
        }
        (None, None) => Err(EditError(format!("{path} says nothing"))),
    }
}

/// The byte at a position of `text`.
fn offset(text: &str, pos: Pos) -> usize {
    let mut start = 0;
    for _ in 1..pos.line {
        match text[start..].find('\n') {
            Some(newline) => start += newline + 1,
            None => return text.len(),
        }
    }
    let line = &text[start..];
    line.char_indices().nth(pos.column as usize - 1).map_or(text.len(), |(at, _)| start + at)
}

/// Whether a collection whose text begins so is written between brackets. A block list begins with its first element, which
/// may itself stand between brackets.
pub(in crate::authoring) fn is_flow(node: &Node, text: &str) -> bool {
    match &node.value {
        Value::Scalar(_) => false,
        Value::Mapping(_) => text.starts_with('{'),
        Value::Sequence(nodes) => {
            text.starts_with('[') && nodes.first().is_none_or(|first| first.span.start != node.span.start)
        }
    }
}

/// Where a value begins: an empty one stands before its own colon.
pub(super) fn value_start(editor: &YamlEditor, value: &Node) -> Pos {
    if value.is_null() && value.span.start == value.span.end {
        let at = editor.offset(value.span.start);
        if editor.text[at..].starts_with(':') {
            return Pos { column: value.span.start.column + 1, ..value.span.start };
        }
    }
    value.span.start
}

pub(super) fn within(inner: Span, outer: Span) -> bool {
    inner.start >= outer.start && inner.end <= outer.end
}
