//! The named values of a line or of a span, in the order in which they were given.

use std::{
    fmt::Debug,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;
use tracing::field::{Field, Visit};

/// These differ from one repetition to the next.
const OF_ONE_TIME: [&str; 3] = ["pass", "request_id", "revision"];

#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    pub(super) message: String,
    pub(super) values: Vec<(&'static str, Value)>,
}

impl Fields {
    /// Takes over what is not said here.
    pub(super) fn add_missing(&mut self, others: &Self) {
        for (name, value) in &others.values {
            if self.values.iter().all(|(known, _)| known != name) {
                self.values.push((name, value.clone()));
            }
        }
    }

    pub(super) fn set(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
    }

    /// Equal for lines that say the same of the same.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.message.hash(&mut hasher);
        for (name, value) in self.values.iter().filter(|(name, _)| !OF_ONE_TIME.contains(name)) {
            (name, value.to_string()).hash(&mut hasher);
        }
        hasher.finish()
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.set(name, format!("{value:?}").into()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.set(name, value.into()),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }
}
