//! `docs/rules.md` is what the table says, and `rule` explains every code.

use std::{fs, path::Path};

use menusync::{
    diagnostic::Severity,
    rules::{RULES, Rule},
};

use super::harness::Root;

#[test]
fn the_documentation_of_the_rules_is_what_the_table_says() {
    let run = Root::empty().run(&["rule", "--output", "markdown"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    is_current("docs/rules.md", &run.stdout);
}

const INDONESIAN: &str = "\
<!-- Written by `.ci/bless rules`; do not edit. -->
# Aturan

Arti setiap peringatan dan kesalahan di halaman outlet, dan apa yang harus dilakukan. Kesalahan
menahan kiriman; peringatan tidak. Penjelasan lengkap dengan contoh, dalam bahasa Inggris, ada di
[Rules](rules.md).

| kode | | arti |
|---|---|---|
";

#[test]
fn the_rules_are_explained_in_indonesian() {
    let row = |rule: &Rule| {
        let severity = match rule.severity {
            Severity::Error => "kesalahan",
            Severity::Warning => "peringatan",
        };
        format!("| [`{0}`](rules.md#{0}) | {severity} | {1} |\n", rule.code, rule.indonesian.replace('|', "\\|"))
    };
    let rows: String = RULES.iter().map(row).collect();
    is_current("docs/rules.id.md", &format!("{INDONESIAN}{rows}"));
}

/// Writes the file instead if that is asked for.
fn is_current(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_RULES").is_some() {
        fs::write(&file, text).unwrap();
        return;
    }
    let is_current = fs::read_to_string(&file).unwrap_or_default() == text;
    assert!(is_current, "{name} is not current: `.ci/bless rules` writes it");
}

#[test]
fn every_rule_is_listed_and_explained() {
    let list = Root::empty().run(&["rule"]).stdout;
    assert_eq!(list.lines().count(), RULES.len());
    for rule in RULES.iter() {
        let line = list.lines().find(|line| line.split_whitespace().nth(1) == Some(rule.code)).expect(rule.code);
        assert!(line.ends_with(rule.summary), "{line}");
    }
}

#[test]
fn one_rule_is_explained_with_its_examples_and_how_to_change_it() {
    let run = Root::empty().run(&["rule", "price-too-low"]);
    let expected = "\
price-too-low (warning)

An item costs at least Rp 1.000

Our choice: less is most often a price in thousands.

Wrong:

    outlet: G1
    menus:
      - name: Nasi
        menu_items:
          - {external_id: NG, name: Nasi Goreng, price: 25}

Right:

    outlet: G1
    menus:
      - name: Nasi
        menu_items:
          - {external_id: NG, name: Nasi Goreng, price: 25000}

Where it is meant, write beside the line `# menusync: allow(price-too-low) reason`; for all files, or in one, write
`rules: {price-too-low: off}` (or error).
";
    assert_eq!((run.code, run.stdout.as_str()), (0, expected));
    let fixed = Root::empty().run(&["rule", "syntax"]).stdout;
    assert!(fixed.starts_with("syntax (error, cannot be changed)\n") && !fixed.contains("allow("), "{fixed}");
}

#[test]
fn a_mistyped_code_is_wrong_usage_with_a_suggestion() {
    let run = Root::empty().run(&["rule", "price-to-low"]);
    assert_eq!((run.code, run.stdout.as_str()), (64, ""));
    assert_eq!(run.stderr, "error: there is no rule `price-to-low`; did you mean `price-too-low`?\n");
}
