//! Where in a file a cursor is. A text that is being typed is most often not YAML at that moment, so a word of ours is put
//! where the cursor is, and the reader asked where it has landed.

use super::places::Segment;
use crate::document::{Node, Pos, SourceFile, Span, Value, parse};

/// No text has it by chance.
const MARK: &str = "menusyncCursorX7";

/// A place that the cursor may be at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The keys and lists that lead there. For a key: without it.
    pub path: Vec<Segment>,
    /// A key is to be written, not a value.
    pub is_key: bool,
    /// The keys that stand beside it already.
    pub siblings: Vec<String>,
}

/// What is written so far of the word at an offset: from where, in bytes.
fn word_start(text: &str, offset: usize) -> usize {
    let line_start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line = &text[line_start..offset];
    let indentation = line.len() - line.trim_start_matches([' ', '-']).len();
    let ends = [": ", ", ", "[", "{", "\"", "'", "? "];
    let last = ends.iter().filter_map(|end| line.rfind(end).map(|at| at + end.len())).max().unwrap_or(0);
    let blank = line.len() - line[last..].trim_start().len();
    line_start + blank.max(indentation.min(line.len())).max(last.min(line.len()))
}

/// The places that a cursor at `offset` may be at: as a key, as a value, or both. Also where the word at the cursor begins.
pub fn cursors(path: &std::sync::Arc<str>, text: &str, offset: usize) -> (usize, Vec<Cursor>) {
    let start = word_start(text, offset);
    let rest = &text[offset..];
    let line_rest = rest.split(['\n', '\r']).next().unwrap_or_default();
    let (before, after) = (&text[..start], &rest[line_rest.len()..]);
    let is_before_colon = line_rest.split(['}', ']', ',']).next().is_some_and(|word| word.contains(": "));
    // What stands behind the cursor on its line may be a part of what is typed over, or the end of brackets.
    let tail = match is_before_colon {
        true => line_rest.split_once(": ").map_or("", |(_, rest)| rest),
        false => line_rest.find([',', '}', ']', '"', '\'']).map_or("", |at| &line_rest[at..]),
    };
    let mut found: Vec<Cursor> = Vec::new();
    for (mark, is_key) in [(format!("{MARK}: "), true), (MARK.to_owned(), false)] {
        if is_before_colon && !is_key {
            continue;
        }
        let closed = format!("{before}{mark}{}", closing(before));
        let tries = [format!("{before}{mark}{tail}{after}"), closed];
        let read = |text: String| parse(&SourceFile { path: path.clone(), text: text.into() }).root;
        let landed = tries.into_iter().filter_map(read).find_map(|root| landed(&root, is_key));
        found.extend(landed.filter(|landed| !found.contains(landed)));
    }
    (start, found)
}

/// What closes the quotes and brackets that are open at the end of a text, as far as its last line tells.
fn closing(before: &str) -> String {
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let (mut quote, mut open) = (None, Vec::new());
    for c in line.chars() {
        match (quote, c) {
            (Some(end), c) => quote = (c != end).then_some(end),
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => open.push('}'),
            (None, '[') => open.push(']'),
            (None, '}' | ']') => _ = open.pop(),
            _ => {}
        }
    }
    quote.into_iter().chain(open.into_iter().rev()).collect()
}

fn landed(root: &Node, is_key: bool) -> Option<Cursor> {
    let mut path = Vec::new();
    let siblings = find(root, is_key, &mut path)?;
    Some(Cursor { path, is_key, siblings })
}

/// Walks to the mark; returns the keys beside it.
fn find(node: &Node, is_key: bool, path: &mut Vec<Segment>) -> Option<Vec<String>> {
    match &node.value {
        Value::Scalar(scalar) => (!is_key && scalar.text.starts_with(MARK)).then(Vec::new),
        Value::Sequence(entries) => {
            path.push(Segment::Entry);
            let found = entries.iter().find_map(|entry| find(entry, is_key, path));
            if found.is_none() {
                path.pop();
            }
            found
        }
        Value::Mapping(entries) => {
            if is_key && entries.iter().any(|(key, _)| key.text.starts_with(MARK)) {
                let keys = entries.iter().map(|(key, _)| key.text.to_string());
                return Some(keys.filter(|key| !key.starts_with(MARK)).collect());
            }
            entries.iter().find_map(|(key, value)| {
                path.push(Segment::Key(key.text.to_string()));
                let found = find(value, is_key, path);
                if found.is_none() {
                    path.pop();
                }
                found
            })
        }
    }
}

/// What stands at a position of a file that can be read: the way to it, and its span.
pub fn path_at(root: &Node, pos: Pos) -> Option<(Vec<Segment>, Span)> {
    let mut path = Vec::new();
    let span = descend(root, pos, &mut path)?;
    Some((path, span))
}

fn descend(node: &Node, pos: Pos, path: &mut Vec<Segment>) -> Option<Span> {
    let is_in = |span: Span| span.start <= pos && pos <= span.end;
    match &node.value {
        Value::Scalar(_) => is_in(node.span).then_some(node.span),
        Value::Sequence(entries) => {
            path.push(Segment::Entry);
            let found = entries.iter().find_map(|entry| descend(entry, pos, path));
            if found.is_none() {
                path.pop();
            }
            found
        }
        Value::Mapping(entries) => entries.iter().find_map(|(key, value)| {
            path.push(Segment::Key(key.text.to_string()));
            let found = if is_in(key.span) { Some(key.span) } else { descend(value, pos, path) };
            if found.is_none() {
                path.pop();
            }
            found
        }),
    }
}
