//! What the reader accepts, refuses and says, through its public surface.

mod allows;
mod decoding;
mod numbers;
mod reading;
mod slips;

use super::*;
use crate::{diagnostic::Diagnostic, document::SourceFile};

fn read(text: &str) -> Parsed {
    parse(&SourceFile { path: "catalogs/x.yaml".into(), text: text.into() })
}

/// The tree of a text that has nothing wrong.
#[track_caller]
fn tree(text: &str) -> Node {
    let Parsed { root, diagnostics, allows: _ } = read(text);
    assert_eq!(diagnostics, [], "in {text:?}");
    root.unwrap()
}

/// `code line:column` of everything that is wrong with the text itself.
fn errors(text: &str) -> Vec<String> {
    brief(&read(text).diagnostics)
}

fn brief(diagnostics: &[Diagnostic]) -> Vec<String> {
    let brief = diagnostics.iter().map(|d| {
        let place = d.place.as_ref().unwrap();
        format!("{} {}:{}", d.code, place.line, place.column)
    });
    brief.collect()
}

/// What a decoding says about `text`, with its result.
fn decode<T>(text: &str, read: impl FnOnce(&mut Decoder, &Node) -> T) -> (T, Vec<Diagnostic>) {
    let node = tree(text);
    let mut decoder = Decoder::new("catalogs/x.yaml".into());
    let value = read(&mut decoder, &node);
    (value, decoder.into_diagnostics())
}

/// The tree as JSON texts, for comparing: scalars as written.
fn plain(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Scalar(scalar) if scalar.is_null() => serde_json::Value::Null,
        Value::Scalar(scalar) => serde_json::Value::String(scalar.text.to_string()),
        Value::Sequence(nodes) => nodes.iter().map(plain).collect(),
        Value::Mapping(entries) => entries.iter().map(|(key, node)| (key.text.to_string(), plain(node))).collect(),
    }
}
