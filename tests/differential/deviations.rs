//! Where our reader and the other one differ, and why ours is right, or stricter on purpose.

use menusync::{
    diagnostic::Diagnostic,
    document::{Node, Parsed, Value},
};

use crate::other;

/// Why ours refuses a text: a warning refuses nothing.
fn refusal(ours: &Parsed) -> Option<&Diagnostic> {
    ours.diagnostics.iter().find(|diagnostic| diagnostic.is_error())
}

/// How the two readers differ about a text; `None` if they agree. That both refuse it is agreement. A text that is one scalar
/// as a whole is left out: no file of ours is.
pub(crate) fn difference(text: &str, ours: &Parsed) -> Option<String> {
    let theirs = other::value(text);
    match (&ours.root, refusal(ours), theirs) {
        (Some(Node { value: Value::Scalar(_), .. }), ..) | (_, Some(_), Err(_)) => None,
        (_, Some(ours), Ok(value)) => {
            Some(format!("only ours refuses: {}: {}; theirs: {value:?}", ours.code, ours.message))
        }
        (_, None, Err(theirs)) => Some(format!("only theirs refuses: {theirs}")),
        (None, None, Ok(value)) => (!value.is_null()).then(|| format!("nothing, but theirs: {value:?}")),
        (Some(root), None, Ok(_)) => other::reads_as(text, root).err().map(|error| format!("differently: {error}")),
    }
}

const MERGE: &str = "`<<` is merged, as people who write it expect; theirs leaves it as a key";
const DUPLICATE: &str = "a key given twice is refused; theirs keeps one where the two are written differently";
const DOCUMENTS: &str = "a second document is refused, also an empty one";
const TAG: &str = "tags other than those of YAML itself are refused; theirs keeps them";
const KEY: &str = "keys are texts; lists, mappings and nothing are refused as keys";
const TAB: &str = "tabs that indent are refused at the top, too";
const COMMENT: &str = "a comment begins after white space (YAML 1.2, 6.6); libyaml takes `'x'#` for one";
const BLOCK: &str =
    "a line that is less indented than its block text says ends in an error, though a comment would be allowed there";
const INDENTED: &str =
    "a value is more indented than its key, also a block or quoted text of several lines (YAML 1.2, 8.2)";
const ONE_LINE: &str = "a key in quotes stands on one line (YAML 1.2, 7.4)";
const BLANK_TAB: &str = "a line of white space is blank, and block text may begin with a tab (YAML 1.2, 6.1); libyaml takes both for indentation";
const NO_DOCUMENT: &str = "`...` alone ends no document and is no error (YAML 1.2, 9.2)";
const DIRECTIVE: &str = "unknown directives are passed over (YAML 1.2, 6.8)";
const COLON: &str = "`:` before `}` is an empty key and value (YAML 1.2, 7.4)";

/// One text for every reason.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("a: &a {b: 1}\nc: {<<: *a}\n", MERGE),
    ("1: a\n'1': b\n", DUPLICATE),
    ("a: !x b\n", TAG),
    ("- !x 'b'\n", TAG),
    ("? [a]\n: b\n", KEY),
    ("a: 'x'#\n", COMMENT),
    ("a: |2\n # no\nb: 1\n", BLOCK),
    ("b:\n>-\n\n", INDENTED),
    ("- c\n\t\n", BLANK_TAB),
    ("a: |\n  \tb\n", BLANK_TAB),
    ("...\n\n", NO_DOCUMENT),
    ("%x\n---\n\n", DIRECTIVE),
];

/// Why they differ.
pub(crate) fn reason(text: &str, ours: &Parsed, difference: &str) -> Option<&'static str> {
    let says = |words: &str| difference.contains(words);
    match refusal(ours).map(|wrong| wrong.code) {
        Some("duplicate-key") => Some(DUPLICATE),
        Some("multiple-documents") => Some(DOCUMENTS),
        Some("unknown-tag") => Some(TAG),
        Some("wrong-key") => Some(KEY),
        Some("tab-indentation") => Some(TAB),
        Some("wrong-type") => Some(MERGE),
        Some("syntax") if says("comments must be separated") => Some(COMMENT),
        Some("syntax") if says("wrongly indented line in block scalar") => Some(BLOCK),
        Some("syntax") if says("expected `key: value`") => Some(INDENTED),
        Some("syntax") if says("the quoted text that") => Some(ONE_LINE),
        Some(_) => None,
        None if text.contains("<<") && says("differently") => Some(MERGE),
        None if text.contains('\t') && (says("tab") || says("cannot start any token")) => Some(BLANK_TAB),
        None if text.contains("...") && says("only theirs") => Some(NO_DOCUMENT),
        None if text.starts_with('%') && says("only theirs") => Some(DIRECTIVE),
        None if text.contains("\n:}") && says("unexpected ':'") => Some(COLON),
        None => None,
    }
}
