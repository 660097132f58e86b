//! Values that stay on one line: scalars and what is between brackets.

use super::super::{
    order::{Below, Kind},
    scalar::{Context, text},
};
use crate::document::{Key, Node, Scalar, Value};

/// What a value is to the mapping it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role {
    /// What is below it.
    pub(super) below: Below,
    /// Whether it is a text, or holds texts, whatever they look like.
    pub(super) is_text: bool,
}

impl Role {
    /// Of the value of `key` in a mapping.
    pub(super) fn of(mapping: Below, key: &str) -> Self {
        match mapping {
            Below::This(kind) => Self { below: kind.below(key), is_text: kind.is_text(key) },
            Below::Each(kind) | Below::ById(kind) => Self { below: Below::This(kind), is_text: false },
        }
    }

    /// Of the elements of a list with this role.
    pub(super) fn of_element(self) -> Self {
        let below = match self.below {
            Below::Each(kind) | Below::This(kind) | Below::ById(kind) => Below::This(kind),
        };
        Self { below, is_text: self.is_text }
    }
}

/// A scalar in its one form: texts with quotes where some reader needs them, numbers and booleans as they are written.
pub(super) fn scalar(scalar: &Scalar, role: Role, context: Context) -> String {
    if scalar.is_null() {
        return "null".to_owned();
    }
    match (role.is_text, scalar.plain) {
        (true, _) => text(&scalar.text, context),
        (false, true) => scalar.text.to_string(),
        // Without quotes it might be a number.
        (false, false) => quoted(&scalar.text),
    }
}

/// Always in quotes.
fn quoted(value: &str) -> String {
    // A leading space is what no text goes without quotes for.
    let with_quotes = text(&format!(" {value}"), Context::Flow);
    with_quotes.replacen(' ', "", 1)
}

/// A key: always a text.
pub(super) fn key(key: &Key, mapping: Below, source: &str) -> String {
    match mapping {
        Below::This(Kind::Other) if !source.starts_with(['"', '\'']) => source.to_owned(),
        _ => text(&key.text, Context::Flow),
    }
}

/// A value between brackets, on one line. `source` gives what is written at a key.
pub(super) fn line(node: &Node, role: Role, source: &dyn Fn(&Key) -> String) -> String {
    match &node.value {
        Value::Scalar(value) => scalar(value, role, Context::Flow),
        Value::Sequence(nodes) => {
            let nodes: Vec<String> = nodes.iter().map(|node| line(node, role.of_element(), source)).collect();
            format!("[{}]", nodes.join(", "))
        }
        Value::Mapping(entries) => {
            let entry = |(known, node): &(Key, Node)| {
                let value = line(node, Role::of(role.below, &known.text), source);
                format!("{}: {value}", key(known, role.below, &source(known)))
            };
            let order = order(entries, role.below);
            let entries: Vec<String> = order.into_iter().map(|at| entry(&entries[at])).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// The order of the entries of a mapping. Where a key has no place, all stay where they are.
pub(super) fn order(entries: &[(Key, Node)], mapping: Below) -> Vec<usize> {
    let ranks: Option<Vec<usize>> = entries.iter().map(|(key, _)| mapping.rank(&key.text)).collect();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    if let Some(ranks) = ranks {
        order.sort_by_key(|at| ranks[*at]);
    }
    order
}
