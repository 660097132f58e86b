//! The table holds every code that the program can give, and none that it cannot.

use std::collections::{BTreeMap, BTreeSet};

use menusync::rules::RULES;

/// The source without tests and comments, by file. How a whole command ended (`cli/trouble.rs`) is told in the shape of a
/// diagnostic, but no file is wrong then.
fn sources() -> BTreeMap<String, String> {
    let files = crate::sources::sources().into_iter();
    let product = files.filter(|(name, _)| !name.starts_with("sandbox/") && name != "cli/command_error.rs");
    product.map(|(name, code)| (name, code.concat())).collect()
}

fn is_code(text: &str) -> bool {
    text.len() > 2 && text.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The codes that stand where a diagnostic is made: as the first argument of one of these calls, or under `code`.
fn emitted(code: &str) -> BTreeSet<&str> {
    const CALLS: [&str; 6] = ["error(", "warning(", "fatal(", "syntax(", "code: ", "Some(("];
    let after = |call: &'static str| code.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let codes = CALLS.into_iter().flat_map(after).filter_map(|rest| rest.split('"').next());
    codes.filter(|code| is_code(code)).collect()
}

#[test]
fn every_code_that_is_given_is_in_the_table() {
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
    // Where other texts stand in the same position: names of columns and states, not of rules.
    let rooms = ["definition/", "document/", "fleet/", "rules/", "settings/", "source/"];
    let mut found = 0;
    for (file, code) in sources().iter().filter(|(file, _)| rooms.iter().any(|room| file.starts_with(room))) {
        for code in emitted(code) {
            found += 1;
            // A message as the first argument (`syntax("a …")`) is no code; one word alone may be a key.
            let is_rule = known.contains(code) || !code.contains('-') && code != "syntax";
            assert!(is_rule, "`{code}` of {file} is not in the table of rules in rules/mod.rs");
        }
    }
    assert!(found > 60, "only {found} places found where a diagnostic is made");
}

#[test]
fn every_code_of_the_table_is_given_somewhere() {
    let sources = sources();
    for rule in RULES.iter() {
        let literal = format!("\"{}\"", rule.code);
        let given: usize = sources.values().map(|code| code.matches(&literal).count()).sum();
        // Once in the table; what has no check of its own must be made elsewhere as well.
        assert!(given > usize::from(rule.check.is_none()), "nothing gives `{}`", rule.code);
    }
}
