//! What a JSON Schema of ours lets stand at a place: the same schemas that editors without menusync use.

use serde_json::Value;

use super::places::Segment;

/// A schema is as deep as the files that it describes; what goes in circles ends here.
const MAX_PARTS: usize = 200;

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The key or value, as it is written.
    pub text: String,
    /// What it means.
    pub description: Option<String>,
    /// A key whose value goes on in the lines below.
    pub is_block: bool,
    /// It is a text, and not `true` or a number.
    pub is_text: bool,
}

/// The keys that may stand in the mapping at `path`.
pub fn keys(schema: &Value, path: &[Segment]) -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    for part in at(schema, path) {
        for (key, value) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if found.iter().all(|known| known.text != *key) {
                let parts = expanded(schema, vec![value]);
                let description = first_description(&parts);
                let is_block = parts.iter().any(|part| ["object", "array"].iter().any(|kind| has_type(part, kind)));
                found.push(Proposal { text: key.clone(), description, is_block, is_text: true });
            }
        }
    }
    found
}

/// The words that may stand as the value at `path`.
pub fn values(schema: &Value, path: &[Segment]) -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    for part in at(schema, path) {
        let words = part.get("enum").and_then(Value::as_array).into_iter().flatten().chain(part.get("const"));
        let flags = [Value::Bool(true), Value::Bool(false)];
        let flags = flags.iter().filter(|_| has_type(part, "boolean") && !has_type(part, "string"));
        for word in words.chain(flags).filter(|word| !word.is_null()) {
            let text = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
            if found.iter().all(|known| known.text != text) {
                found.push(Proposal {
                    text,
                    description: description_of(part),
                    is_block: false,
                    is_text: word.is_string(),
                });
            }
        }
    }
    found
}

/// What is said of the value at `path`.
pub fn description(schema: &Value, path: &[Segment]) -> Option<String> {
    first_description(&at(schema, path))
}

fn first_description(parts: &[&Value]) -> Option<String> {
    parts.iter().find_map(|part| description_of(part))
}

fn description_of(part: &Value) -> Option<String> {
    part.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn has_type(part: &Value, kind: &str) -> bool {
    match part.get("type") {
        Some(Value::String(known)) => known == kind,
        Some(Value::Array(known)) => known.iter().any(|known| known == kind),
        _ => false,
    }
}

/// The parts of the schema that judge what is at `path`.
fn at<'s>(schema: &'s Value, path: &[Segment]) -> Vec<&'s Value> {
    path.iter().fold(expanded(schema, vec![schema]), |parts, segment| {
        let below = parts.into_iter().flat_map(|part| match segment {
            Segment::Key(key) => of_key(part, key),
            Segment::Entry => of_entry(part),
        });
        expanded(schema, below.collect())
    })
}

fn of_key<'s>(part: &'s Value, key: &str) -> Vec<&'s Value> {
    let named = part.get("properties").and_then(|properties| properties.get(key));
    let free = || part.get("additionalProperties").filter(|_| !key.starts_with("x-"));
    named.or_else(free).into_iter().collect()
}

fn of_entry(part: &Value) -> Vec<&Value> {
    let first = part.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
    part.get("items").into_iter().chain(first).collect()
}

/// The same with what they refer to and choose between.
fn expanded<'s>(schema: &'s Value, parts: Vec<&'s Value>) -> Vec<&'s Value> {
    let mut all: Vec<&Value> = Vec::new();
    let mut waiting: Vec<&Value> = parts.into_iter().rev().collect();
    while let Some(part) = waiting.pop().filter(|_| all.len() < MAX_PARTS) {
        all.push(part);
        let choices = ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| part.get(key)?.as_array()).flatten();
        let referred =
            part.get("$ref").and_then(Value::as_str).and_then(|path| schema.pointer(path.strip_prefix('#')?));
        let mut below: Vec<&Value> = referred.into_iter().chain(choices).collect();
        below.reverse();
        waiting.extend(below);
    }
    all
}
