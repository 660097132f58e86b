//! A document tree as block-style YAML, in its own order: for reading, where nothing has to be kept of how it was written.

use super::{Context, text};
use crate::document::{Key, Node, Scalar, Value};

/// The text of a tree. Reading it again gives the same tree.
pub fn block_text(root: &Node) -> String {
    lines(root).iter().map(|line| format!("{line}\n")).collect()
}

/// The lines of a node that stands alone, without indentation.
fn lines(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Scalar(scalar) => vec![scalar_text(scalar)],
        Value::Sequence(elements) if elements.is_empty() => vec!["[]".to_owned()],
        Value::Mapping(entries) if entries.is_empty() => vec!["{}".to_owned()],
        Value::Sequence(elements) => elements.iter().flat_map(|element| hung("- ", &lines(element))).collect(),
        Value::Mapping(entries) => entries.iter().flat_map(|(key, value)| entry(key, value)).collect(),
    }
}

fn entry(key: &Key, value: &Node) -> Vec<String> {
    let key = text(&key.text, Context::Flow);
    let below = lines(value);
    if matches!(value.value, Value::Scalar(_)) || below == ["[]"] || below == ["{}"] {
        return vec![format!("{key}: {}", below.concat())];
    }
    std::iter::once(format!("{key}:")).chain(hung("  ", &below)).collect()
}

/// Lines behind a mark: the first right behind it, the others below the first.
fn hung(mark: &str, lines: &[String]) -> Vec<String> {
    let indented =
        lines.iter().enumerate().map(|(at, line)| if at == 0 { format!("{mark}{line}") } else { format!("  {line}") });
    indented.collect()
}

/// What was written without quotes was no text, or may go without them.
fn scalar_text(scalar: &Scalar) -> String {
    if scalar.plain { scalar.text.to_string() } else { text(&scalar.text, Context::Block) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, SourceFile};

    fn tree(text: &str) -> Node {
        let parsed = document::parse(&SourceFile { path: "a.json".into(), text: text.into() });
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        parsed.root.unwrap()
    }

    #[test]
    fn json_becomes_blocks_in_its_own_order() {
        let json = r#"{"b": [{"x": 1, "hours": {"monday": [], "no": [{"start": "10:00"}]}}, {"y": true}], "a": "25000", "c": [[1, 2]]}"#;
        assert_eq!(
            block_text(&tree(json)),
            "b:\n  - x: 1\n    hours:\n      monday: []\n      \"no\":\n        - start: \"10:00\"\n  - \"y\": true\na: \"25000\"\nc:\n  - - 1\n    - 2\n"
        );
    }

    #[test]
    fn what_was_written_reads_as_the_same_tree() {
        let json =
            r#"{"a": [{"b": "x: y # z", "c": "- d", "e": "~", "f": "", "g": "Café \"x\" \n y", "h": -5}], "i": []}"#;
        let once = block_text(&tree(json));
        assert_eq!(block_text(&tree(&once)), once);
        let plain = |text: &str| -> Vec<String> { lines(&tree(text)) };
        assert_eq!(plain(&once), plain(json));
    }
}
