//! Values as they are stored, and as statements are given them.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::state::{PushId, PushKind, PushOutcome};

/// A value of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::state) enum Value {
    #[default]
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A value that is given to a statement; its type is known also where there is none.
#[derive(Debug, Clone)]
pub(in crate::state) enum Parameter<'p> {
    Integer(Option<i64>),
    Text(Option<Cow<'p, str>>),
    Bytes(Option<Vec<u8>>),
}

/// What this program never writes.
#[derive(Debug, thiserror::Error)]
#[error("column `{column}`: {problem}")]
pub(in crate::state) struct BadValue {
    pub(in crate::state) column: String,
    pub(in crate::state) problem: String,
}

/// A moment as RFC 3339 text in UTC, always with nine decimals so that text order is time order.
fn moment(at: Timestamp) -> String {
    format!("{at:.9}")
}

impl<'p> From<Option<&'p str>> for Parameter<'p> {
    fn from(text: Option<&'p str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl<'p> From<&'p str> for Parameter<'p> {
    fn from(text: &'p str) -> Self {
        Some(text).into()
    }
}

impl<'p> From<&'p String> for Parameter<'p> {
    fn from(text: &'p String) -> Self {
        text.as_str().into()
    }
}

impl<'p> From<&'p Option<String>> for Parameter<'p> {
    fn from(text: &'p Option<String>) -> Self {
        text.as_deref().into()
    }
}

impl From<Option<Timestamp>> for Parameter<'_> {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Text(at.map(|at| Cow::Owned(moment(at))))
    }
}

impl From<Timestamp> for Parameter<'_> {
    fn from(at: Timestamp) -> Self {
        Some(at).into()
    }
}

impl From<Option<i64>> for Parameter<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<i64> for Parameter<'_> {
    fn from(number: i64) -> Self {
        Some(number).into()
    }
}

impl From<u32> for Parameter<'_> {
    fn from(number: u32) -> Self {
        i64::from(number).into()
    }
}

impl From<PushId> for Parameter<'_> {
    fn from(id: PushId) -> Self {
        id.0.into()
    }
}

impl From<PushKind> for Parameter<'_> {
    fn from(kind: PushKind) -> Self {
        kind.as_str().into()
    }
}

impl From<PushOutcome> for Parameter<'_> {
    fn from(outcome: PushOutcome) -> Self {
        outcome.as_str().into()
    }
}

impl From<Option<Vec<u8>>> for Parameter<'_> {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Parameter<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Some(bytes).into()
    }
}
