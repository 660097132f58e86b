//! The rule table explains itself by examples; here they go the whole way, and what is said about them is kept.
//!
//! `INSTA_UPDATE=always cargo test --test validate` writes the outputs anew; look at the difference before you commit it.

use std::collections::BTreeSet;

use menusync::{
    definition::{self, ImageFile},
    policy::Policy,
    rules::{RULES, Rule},
};

use super::{harness::Root, scenarios::scenarios};

/// What examples leave out for brevity; only their own rules say so.
const BRIEF: [&str; 2] = ["image-missing", "description-missing"];

/// The files of an example, each from a line with its path on; without such lines it is one.
fn files(text: &str) -> Vec<(String, &str)> {
    if !text.starts_with("# catalogs/") {
        return vec![("catalogs/example.yaml".to_owned(), text)];
    }
    let parts = text.split("# catalogs/").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(path, body)| (format!("catalogs/{path}"), body)).collect()
}

fn root(rule: &Rule, text: &str) -> Root {
    let files = files(text);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    if !BRIEF.contains(&rule.code) {
        return Root::brief(&files);
    }
    let other = BRIEF.iter().find(|code| **code != rule.code).unwrap();
    Root::new(&files).with("menusync.yaml", format!("target: sandbox\nrules: {{{other}: off}}\n"))
}

#[test]
fn every_bad_example_gives_its_rules_code_and_is_told_as_kept() {
    for rule in RULES.iter().filter(|rule| !rule.bad.is_empty()) {
        let root = root(rule, rule.bad);
        let codes = root.codes();
        assert!(codes.contains(&rule.code), "{} gives {codes:?}", rule.code);
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(rule.code, root.text());
        });
    }
}

#[test]
fn no_good_example_gives_anything() {
    for rule in RULES.iter().filter(|rule| !rule.good.is_empty()) {
        let text = root(rule, rule.good).text();
        assert!(text.is_empty(), "{}:\n{text}", rule.code);
    }
}

#[test]
fn every_scenario_gives_its_code_and_is_told_as_kept() {
    for (code, root) in scenarios() {
        let codes = root.codes();
        assert!(codes.contains(&code), "{code} gives {codes:?}");
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(code, root.text());
        });
    }
}

/// What needs more than a small file: a server of images (tests/images), a mountain of mistakes (tests/robust), or a
/// program that asks for an outlet that is gone (below).
const SHOWN_ELSEWHERE: [&str; 6] = [
    "image-content-type",
    "image-not-found",
    "image-too-large",
    "image-unchecked",
    "too-many-diagnostics",
    "unknown-outlet",
];

#[test]
fn every_rule_is_shown_by_an_example_or_a_scenario() {
    let scenarios: BTreeSet<&str> = scenarios().into_iter().map(|(code, _)| code).collect();
    for rule in RULES {
        let shown = u8::from(!rule.bad.is_empty()) + u8::from(scenarios.contains(rule.code));
        let expected = u8::from(!SHOWN_ELSEWHERE.contains(&rule.code));
        assert_eq!(shown, expected, "{}", rule.code);
    }
}

#[test]
fn an_outlet_that_no_file_defines_is_an_error_and_not_an_empty_menu() {
    let at = "2027-01-01T00:00:00Z".parse().unwrap();
    let image = |_: &str| ImageFile::Missing(String::new());
    let composed =
        definition::parse(&[]).compose(&menusync::catalog::OutletId("G1".into()), at, &Policy::default(), &image);
    assert_eq!(
        composed.diagnostics.iter().map(|d| (d.code, d.is_error())).collect::<Vec<_>>(),
        [("unknown-outlet", true)]
    );
}

#[test]
fn a_severity_in_the_table_is_the_severity_that_is_given() {
    let shown = RULES.iter().filter(|rule| !rule.bad.is_empty()).map(|rule| root(rule, rule.bad));
    let all = shown.chain(scenarios().into_iter().map(|(_, root)| root));
    for diagnostic in all.flat_map(|root| root.diagnostics()) {
        let rule = menusync::rules::rule(diagnostic.code).expect(diagnostic.code);
        assert_eq!(diagnostic.severity, rule.severity, "{}", rule.code);
    }
}
