//! The rule table explains itself by examples; here they go the whole way, and what is said about them is kept.
//!
//! `.ci/bless snapshots` rewrites the outputs; read the diff before you commit it.

use std::{fs, path::Path};

use menusync::{
    catalog::OutletId,
    rules::{RULES, Rule},
};

use super::{
    example_files::{Part, parts},
    harness::Root,
};

/// What examples leave out for brevity; only their own rules say so.
const BRIEF: [&str; 2] = ["image-missing", "description-missing"];

/// The rules about what a server answers, which run with one (tests/images).
fn needs_a_server(rule: &Rule) -> bool {
    rule.bad.contains("\n# https://")
}

/// What is said about an example: about its root, or about the outlet that is asked for.
struct Shown {
    root: Root,
    asked_for: Option<String>,
}

fn shown(rule: &Rule, text: &str) -> Shown {
    let parts = parts(text);
    let off: Vec<String> = BRIEF.iter().filter(|code| **code != rule.code).map(|code| format!("{code}: off")).collect();
    let quiet = format!("rules: {{{}}}\n", off.join(", "));
    let mut root = Root::empty();
    if parts.iter().all(|part| part.path != "menusync.yaml") {
        root = root.with("menusync.yaml", format!("target: sandbox\n{quiet}"));
    }
    for part in parts.iter().filter(|part| part.path != "asked for") {
        root = match (part.path.as_str(), part.note.as_deref()) {
            ("menusync.yaml", Some("missing")) => root,
            ("menusync.yaml", _) => root.with("menusync.yaml", format!("{}{quiet}", part.text)),
            (path, _) => root.with(path, part.bytes()),
        };
    }
    let asked_for = parts.into_iter().find(|part| part.path == "asked for").and_then(|part: Part| part.note);
    Shown { root, asked_for }
}

impl Shown {
    fn diagnostics(&self) -> Vec<menusync::diagnostic::Diagnostic> {
        match &self.asked_for {
            Some(outlet) => self.root.composed(&OutletId(outlet.clone())),
            None => self.root.diagnostics(),
        }
    }

    fn codes(&self) -> Vec<&'static str> {
        self.diagnostics().iter().map(|diagnostic| diagnostic.code).collect()
    }

    fn text(&self) -> String {
        self.root.told(&self.diagnostics())
    }
}

#[test]
fn every_bad_example_gives_its_rules_code_and_is_told_as_kept() {
    for rule in RULES.iter().filter(|rule| !needs_a_server(rule)) {
        let shown = shown(rule, &rule.bad);
        let codes = shown.codes();
        assert!(codes.contains(&rule.code), "{} gives {codes:?}", rule.code);
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(rule.code, shown.text());
        });
    }
}

#[test]
fn every_snapshot_is_of_a_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate/snapshots");
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        let code = file.split('.').next().unwrap();
        assert!(
            menusync::rules::rule(code).is_some(),
            "there is no rule `{code}`: remove tests/validate/snapshots/{file}"
        );
    }
}

#[test]
fn no_good_example_gives_anything() {
    for rule in RULES.iter().filter(|rule| !needs_a_server(rule)) {
        let text = shown(rule, &rule.good).text();
        assert!(text.is_empty(), "{}:\n{text}", rule.code);
    }
}

#[test]
fn a_severity_in_the_table_is_the_severity_that_is_given() {
    for rule in RULES.iter().filter(|rule| !needs_a_server(rule)) {
        for diagnostic in shown(rule, &rule.bad).diagnostics() {
            let given = menusync::rules::rule(diagnostic.code).expect(diagnostic.code);
            assert_eq!(diagnostic.severity, given.severity, "{}", given.code);
        }
    }
}
