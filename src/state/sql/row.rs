//! A row that a statement gave: values by the names of their columns.

use std::{fmt::Display, str::FromStr, sync::Arc};

use jiff::Timestamp;

use super::{
    packed::unpack,
    value::{BadValue, Value},
};

/// One row. A value is taken out of it.
#[derive(Debug)]
pub(in crate::state) struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(in crate::state) fn new(columns: &Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns: Arc::clone(columns), values }
    }

    /// All of them, in the order of their columns.
    pub(super) fn into_values(self) -> Vec<Value> {
        self.values
    }

    fn take(&mut self, column: &str) -> Result<Value, BadValue> {
        let place = self.columns.iter().position(|known| known == column);
        let value = place.and_then(|place| self.values.get_mut(place));
        value.map(std::mem::take).ok_or_else(|| bad(column, "it is not there"))
    }

    pub(in crate::state) fn text_if_any(&mut self, column: &str) -> Result<Option<String>, BadValue> {
        match self.take(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(bad(column, "it is no text")),
        }
    }

    pub(in crate::state) fn text(&mut self, column: &str) -> Result<String, BadValue> {
        self.text_if_any(column)?.ok_or_else(|| bad(column, "there is none"))
    }

    pub(in crate::state) fn number_if_any(&mut self, column: &str) -> Result<Option<i64>, BadValue> {
        match self.take(column)? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(number)),
            _ => Err(bad(column, "it is no number")),
        }
    }

    pub(in crate::state) fn number(&mut self, column: &str) -> Result<i64, BadValue> {
        self.number_if_any(column)?.ok_or_else(|| bad(column, "there is none"))
    }

    /// A text that was stored compressed.
    pub(super) fn unpacked_if_any(&mut self, column: &str) -> Result<Option<String>, BadValue> {
        match self.take(column)? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => unpack(&bytes).map(Some).map_err(|problem| bad(column, problem)),
            _ => Err(bad(column, "it is not compressed")),
        }
    }

    /// A value that is stored as a word.
    pub(super) fn word_if_any<T: FromStr<Err: Display>>(&mut self, column: &str) -> Result<Option<T>, BadValue> {
        let word = self.text_if_any(column)?;
        word.map(|word| word.parse().map_err(|problem| bad(column, problem))).transpose()
    }

    pub(super) fn word<T: FromStr<Err: Display>>(&mut self, column: &str) -> Result<T, BadValue> {
        self.word_if_any(column)?.ok_or_else(|| bad(column, "there is none"))
    }

    pub(super) fn moment_if_any(&mut self, column: &str) -> Result<Option<Timestamp>, BadValue> {
        self.word_if_any(column)
    }

    pub(super) fn moment(&mut self, column: &str) -> Result<Timestamp, BadValue> {
        self.word(column)
    }
}

fn bad(column: &str, problem: impl Display) -> BadValue {
    BadValue { column: column.to_owned(), problem: problem.to_string() }
}
