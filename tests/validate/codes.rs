//! The table holds every code that the program can give, and none that it cannot.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use menusync::rules::RULES;

/// The source without tests and comments, by file. How a whole command ended (`cli/trouble.rs`) is told in the shape of a
/// diagnostic, but no file is wrong then.
fn sources() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for source in ["src", "crates/core/src"].map(|source| Path::new(env!("CARGO_MANIFEST_DIR")).join(source)) {
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let name = entry.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
                let is_test = name.split('/').any(|part| part == "tests" || part == "tests.rs");
                if entry.is_dir() {
                    folders.push(entry);
                } else if !is_test && name.ends_with(".rs") && name != "cli/command_error.rs" {
                    let text = fs::read_to_string(&entry).unwrap();
                    let code = text.lines().take_while(|line| !line.contains("mod tests {")).map(str::trim);
                    sources.insert(name, code.filter(|line| !line.starts_with("//")).collect());
                }
            }
        }
    }
    assert!(sources.len() > 100, "only {} files found", sources.len());
    sources
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
