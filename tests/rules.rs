//! The rule table explains itself by examples; here they go through the real reader, layering and checks.

#![allow(clippy::unwrap_used)]

use menusync::{
    definition::{self, ImageFile},
    policy::Policy,
    rules::{self, RULES},
    source::SourceFile,
};

/// The codes that one file gives.
fn codes(text: &str) -> Vec<&'static str> {
    let files = [SourceFile { path: "catalogs/example.yaml".into(), text: text.into() }];
    let definitions = definition::parse(&files);
    let mut diagnostics = definitions.diagnostics.clone();
    for outlet in definitions.outlets() {
        let at = "2027-01-01T00:00:00Z".parse().unwrap();
        let composed = definitions.compose(&outlet.id, at, &Policy::default(), &|_| ImageFile::Missing("gone".into()));
        diagnostics.extend(composed.diagnostics);
        diagnostics.extend(rules::check(&composed.catalog, &|_| None));
    }
    diagnostics
        .extend(definitions.rule_codes().filter_map(|code| rules::unknown_rule(&code.value, code.place.clone())));
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_bad_example_gives_its_rules_code() {
    for rule in RULES.iter().filter(|rule| !rule.bad.is_empty()) {
        let codes = codes(rule.bad);
        assert!(codes.contains(&rule.code), "{} gives {codes:?}", rule.code);
    }
}

#[test]
fn no_good_example_gives_any_code_but_those_about_what_is_left_out_for_brevity() {
    for rule in RULES.iter().filter(|rule| !rule.good.is_empty()) {
        let mut codes = codes(rule.good);
        codes.retain(|code| *code == rule.code || !["image-missing", "description-missing"].contains(code));
        assert!(codes.is_empty(), "{} gives {codes:?}", rule.code);
    }
}
