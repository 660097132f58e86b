//! Our tree against another reader: `yaml_serde`, which is libyaml underneath and shares no line with ours.
//!
//! Documents are made from values in every style of writing and must be read by both as these values; then texts of YAML-like
//! pieces are read by both, and where the readers differ the reason must be one of those told in `deviations.rs`.

#![allow(clippy::unwrap_used)]

mod deviations;
mod other;
mod styles;

use std::fmt::Write as _;

use menusync::document::{self, Node, Parsed, SourceFile, Value};
use proptest::{
    collection,
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use styles::Doc;

fn ours(text: &str) -> Parsed {
    document::parse(&SourceFile { path: "a.yaml".into(), text: text.into() })
}

/// A tree on one line: texts are quoted, what was written plain is not.
fn written(node: &Node) -> String {
    let mut line = String::new();
    write_to(&mut line, node);
    line
}

fn write_to(line: &mut String, node: &Node) {
    match &node.value {
        Value::Scalar(scalar) if scalar.is_null() => line.push('~'),
        Value::Scalar(scalar) if scalar.plain => line.push_str(&scalar.text),
        Value::Scalar(scalar) => write!(line, "{:?}", scalar.text).unwrap(),
        Value::Sequence(nodes) => {
            line.push('[');
            nodes.iter().for_each(|node| {
                write_to(line, node);
                line.push(',');
            });
            line.push(']');
        }
        Value::Mapping(entries) => {
            line.push('{');
            for (key, node) in entries.iter() {
                write!(line, "{:?}:", key.text).unwrap();
                write_to(line, node);
                line.push(',');
            }
            line.push('}');
        }
    }
}

#[test]
fn documents_in_every_style_are_read_as_what_they_were_made_from_by_both() {
    let mut runner = TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&styles::document(), |(doc, text)| {
        let Parsed { root, diagnostics, allows: _ } = ours(&text);
        prop_assert!(diagnostics.is_empty(), "{text}\n{diagnostics:?}");
        let root = root.ok_or_else(|| TestCaseError::fail(format!("nothing in {text:?}")))?;
        prop_assert_eq!(Doc::of(&root), doc, "ours of\n{}", text);
        prop_assert!(other::reads_as(&text, &root).is_ok(), "{:?} of\n{}", other::reads_as(&text, &root), text);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// Texts of pieces that often stand together.
fn yaml_like() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "a: ", "b:", "c", "- ", "-", "\n", "\n", "\n  ", "\n    ", " ", "[", "]", "{", "}", ", ", ",", ": ", ":",
        " # no", "#", "'x'", "\"y\\n\"", "'", "\"", "|\n", ">-\n", "|2\n", "&a ", "*a", "? ", "<<: ", "!!str ", "!x ",
        "~", "é", "x y", "25.000", "true", "%", "@", "`", "\t", "---\n", "...\n", "\r\n", "=", "null", "0x1F",
        "\"k\": ", "'k': 1",
    ];
    collection::vec(proptest::sample::select(PIECES), 1..14).prop_map(|pieces| pieces.concat() + "\n")
}

#[test]
fn where_the_readers_differ_the_reason_is_known() {
    // Always the same texts: one in a million differs in a new way, and that is not what broke a build.
    let mut runner = TestRunner::deterministic();
    for _ in 0..60_000 {
        let text = yaml_like().new_tree(&mut runner).unwrap().current();
        let parsed = ours(&text);
        if let Some(difference) = deviations::difference(&text, &parsed) {
            let reason = deviations::reason(&text, &parsed, &difference);
            assert!(reason.is_some(), "{text:?}\n{difference}\nours: {:?}", parsed.root.as_ref().map(written));
        }
    }
}

#[test]
fn every_difference_that_is_told_is_one() {
    for (text, reason) in deviations::EXAMPLES {
        let parsed = ours(text);
        let difference = deviations::difference(text, &parsed);
        let said = difference.as_ref().and_then(|difference| deviations::reason(text, &parsed, difference));
        assert_eq!(said, Some(*reason), "{text:?}: {difference:?}");
    }
}
