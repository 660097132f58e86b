//! Whether a stretch of a file can be written anew without a change of anything else: an anchor says at one place what
//! aliases mean at many, and a block scalar ends in the line that follows it.

use super::Lines;
use crate::document::{Key, Node, Scalar, SourceFile, Span, Value, parse};

/// Whether the file means the same but for the one word at `span` once `new` stands there.
pub fn changes_only_word(source: &SourceFile, span: Span, new: &str) -> bool {
    let lines = Lines::new(&source.text, false);
    let written = lines.slice(span);
    if written.is_empty() || written.contains(['\n', '\r']) {
        return false;
    }
    let (start, end) = (lines.offset_of(span.start), lines.offset_of(span.end));
    let text = format!("{}{new}{}", &source.text[..start], &source.text[end..]);
    let (before, after) = (parse(source), parse(&SourceFile { path: source.path.clone(), text: text.into() }));
    let (Some(old), Some(new)) = (&before.root, &after.root) else { return false };
    let mut differences = Vec::new();
    if after.diagnostics.len() > before.diagnostics.len() || !compare(old, new, &mut differences) {
        return false;
    }
    match differences[..] {
        // It stands in a comment.
        [] => true,
        [(at, text)] => at == span && (written == text || written.starts_with(['\'', '"'])),
        _ => false,
    }
}

/// Collects the scalars and keys that differ; false where more than these differs.
fn compare<'n>(old: &'n Node, new: &Node, differences: &mut Vec<(Span, &'n str)>) -> bool {
    match (&old.value, &new.value) {
        (Value::Scalar(known), Value::Scalar(now)) => {
            let Scalar { text, plain: _ } = known;
            differences.extend((known != now).then_some((old.span, &**text)));
            true
        }
        (Value::Sequence(old), Value::Sequence(new)) => {
            old.len() == new.len() && old.iter().zip(&**new).all(|(old, new)| compare(old, new, differences))
        }
        (Value::Mapping(old), Value::Mapping(new)) => {
            let mut is_entry = |(known, old): &'n (Key, Node), (now, new): &(Key, Node)| {
                differences.extend((known.text != now.text).then_some((known.span, &*known.text)));
                compare(old, new, differences)
            };
            old.len() == new.len() && old.iter().zip(&**new).all(|(old, new)| is_entry(old, new))
        }
        _ => false,
    }
}
