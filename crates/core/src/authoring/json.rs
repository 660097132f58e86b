//! Values between brackets, as JSON wants them: for files that are edited and have to stay JSON.

use serde_json::Value as Json;

use crate::document::{Node, Scalar, Value};

/// A node as JSON, its keys in their order. What our own writers leave without quotes is a number, a boolean, null, or a text.
pub(super) fn json_text(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => scalar_text(scalar),
        Value::Sequence(nodes) => format!("[{}]", nodes.iter().map(json_text).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) => {
            let texts = entries.iter().map(|(key, value)| format!("{}: {}", quoted(&key.text), json_text(value)));
            format!("{{{}}}", texts.collect::<Vec<_>>().join(", "))
        }
    }
}

fn scalar_text(scalar: &Scalar) -> String {
    let is_value = |json: &Json| json.is_number() || json.is_boolean() || json.is_null();
    let value = serde_json::from_str(&scalar.text).ok().filter(|json| scalar.plain && is_value(json));
    value.map_or_else(|| quoted(&scalar.text), |json| json.to_string())
}

/// A text between quotes.
pub(super) fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}
