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

/// The word that is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Where it begins, in bytes; behind its quote.
    pub start: usize,
    /// The quote that it stands in.
    pub quote: Option<char>,
}

/// What is open at the end of a line, as far as this line tells.
#[derive(Default)]
struct Open {
    /// Where the last word begins.
    word: usize,
    quote: Option<char>,
    /// What closes the brackets, from the outermost.
    brackets: Vec<char>,
}

/// Reads a line up to the cursor. Quotes and brackets in the middle of a word are letters of it.
fn open_at_end(line: &str) -> Open {
    let mut open = Open::default();
    let mut is_start = true;
    let mut behind_quote = false;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if let Some(quote) = open.quote {
            match c {
                '\\' if quote == '"' => drop(chars.next()),
                '\'' if quote == c && next == Some(c) => drop(chars.next()),
                _ if quote == c => (open.quote, behind_quote) = (None, true),
                _ => {}
            }
            continue;
        }
        let is_behind_quote = std::mem::take(&mut behind_quote);
        let in_brackets = !open.brackets.is_empty();
        let begins = match c {
            '"' | '\'' if is_start => {
                open.quote = Some(c);
                open.word = at + 1;
                is_start = false;
                continue;
            }
            '{' | '[' if is_start => {
                open.brackets.push(if c == '{' { '}' } else { ']' });
                true
            }
            '}' | ']' if in_brackets => {
                open.brackets.pop();
                false
            }
            ',' => in_brackets,
            ':' => next == Some(' ') || is_behind_quote,
            '-' | '?' => is_start && next == Some(' '),
            ' ' | '\t' => is_start,
            _ => false,
        };
        if begins {
            open.word = at + c.len_utf8();
        }
        is_start = begins;
    }
    open
}

/// The places that a cursor at `offset` may be at: as a key, as a value, or both. Also the word at the cursor.
pub fn cursors(path: &std::sync::Arc<str>, text: &str, offset: usize) -> (Word, Vec<Cursor>) {
    let line_start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let Open { word, quote, brackets } = open_at_end(&text[line_start..offset]);
    let word = Word { start: line_start + word, quote };
    let rest = &text[offset..];
    let line_rest = rest.split(['\n', '\r']).next().unwrap_or_default();
    let (before, after) = (&text[..word.start], &rest[line_rest.len()..]);
    let is_before_colon = line_rest.split(['}', ']', ',']).next().is_some_and(|word| word.contains(": "));
    // What stands behind the cursor on its line may be a part of what is typed over, or the end of brackets.
    let tail = match (is_before_colon, quote) {
        (true, _) => line_rest.split_once(": ").map_or("", |(_, rest)| rest),
        (false, Some(quote)) => line_rest.find(quote).map_or("", |at| &line_rest[at..]),
        (false, None) => line_rest.find([',', '}', ']', '"', '\'']).map_or("", |at| &line_rest[at..]),
    };
    let brackets: String = brackets.into_iter().rev().collect();
    let quote = quote.map(String::from).unwrap_or_default();
    let mut found: Vec<Cursor> = Vec::new();
    for is_key in [true, false] {
        if is_before_colon && !is_key {
            continue;
        }
        let (mark, tail, end) = match is_key {
            true => (format!("{MARK}{quote}: "), tail.strip_prefix(&*quote).unwrap_or(tail), brackets.clone()),
            false => (MARK.to_owned(), tail, format!("{quote}{brackets}")),
        };
        let tries = [format!("{before}{mark}{tail}{after}"), format!("{before}{mark}{end}")];
        let read = |text: String| parse(&SourceFile { path: path.clone(), text: text.into() }).root;
        let landed = tries.into_iter().filter_map(read).find_map(|root| landed(&root, is_key));
        found.extend(landed.filter(|landed| !found.contains(landed)));
    }
    (word, found)
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
