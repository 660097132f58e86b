//! The tree of a document: values as written, each with the stretch of text it came from. No meaning is given here.

use std::sync::Arc;

use crate::diagnostic::Place;

/// A position in a text. Both start at 1; columns count Unicode characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A stretch of text; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First character.
    pub start: Pos,
    /// After the last character.
    pub end: Pos,
}

impl Pos {
    /// The parser counts lines from 1 and columns, in characters, from 0.
    pub(super) fn of(marker: &granit_parser::Marker) -> Self {
        Self { line: saturate(marker.line()).max(1), column: saturate(marker.col()).saturating_add(1) }
    }
}

/// A text of more lines or columns than this counts is past every limit.
pub(super) fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Span {
    /// What the parser says, with an end that is never before its start.
    pub(super) fn of(span: &granit_parser::Span) -> Self {
        let start = Pos::of(&span.start);
        Self { start, end: Pos::of(&span.end).max(start) }
    }

    /// The stretch of a place, whatever its file.
    pub fn of_place(place: &Place) -> Self {
        let pos = |line, column| Pos { line, column };
        Self { start: pos(place.line, place.column), end: pos(place.end_line, place.end_column) }
    }

    /// The same stretch as a place in `file`.
    pub fn in_file(&self, file: &Arc<str>) -> Place {
        Place {
            file: Arc::clone(file),
            line: self.start.line,
            column: self.start.column,
            end_line: self.end.line,
            end_column: self.end.column,
        }
    }
}

/// A value and where it stands. What came through an alias or a merge key stands where it was written first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// A value. Collections are shared, so that an alias costs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, number, boolean or null, undecided.
    Scalar(Scalar),
    /// A list.
    Sequence(Arc<[Node]>),
    /// A mapping: no key twice, merge keys already merged, in the order of the text.
    Mapping(Arc<[(Key, Node)]>),
}

/// A scalar as written, after unescaping and folding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text.
    pub text: Box<str>,
    /// Written without quotes (and without `!!str`): may be a number, a boolean or null.
    pub plain: bool,
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where.
    pub span: Span,
    /// The text, whatever it looks like: `1` and `true` are texts here.
    pub text: Box<str>,
}

/// A decoded value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl Scalar {
    /// Whether this is null: nothing at all, `~`, `null`, `Null` or `NULL`, unquoted (YAML 1.2 core).
    pub fn is_null(&self) -> bool {
        self.plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }
}

impl Node {
    /// Gives what this says to `take`, piece by piece and without doubt: comments, layout and quotes say nothing.
    pub fn meaning(&self, take: &mut impl FnMut(&[u8])) {
        let mut piece = |kind: u8, text: &str| {
            take(&[kind]);
            take(&(text.len() as u64).to_le_bytes());
            take(text.as_bytes());
        };
        match &self.value {
            Value::Scalar(scalar) if scalar.is_null() => piece(0, ""),
            Value::Scalar(scalar) => piece(1, &scalar.text),
            Value::Sequence(nodes) => {
                piece(2, &nodes.len().to_string());
                nodes.iter().for_each(|node| node.meaning(take));
            }
            Value::Mapping(entries) => {
                piece(3, &entries.len().to_string());
                for (key, node) in entries.iter() {
                    take(&(key.text.len() as u64).to_le_bytes());
                    take(key.text.as_bytes());
                    node.meaning(take);
                }
            }
        }
    }

    /// Whether this is a null scalar.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// The scalar, if this is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The value of `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|(k, _)| &*k.text == key).map(|(_, node)| node),
            Value::Scalar(_) | Value::Sequence(_) => None,
        }
    }
}

impl Key {
    /// Whether readers pass over this key: `x-…` is a place for anchors and notes.
    pub fn is_ignored(&self) -> bool {
        self.text.starts_with("x-")
    }
}

impl<T> Spanned<T> {
    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), place: self.place }
    }
}
