//! `# menusync: allow(code) reason`, the whole way.

use super::harness::{Root, lines};

const CHEAP: &str = "outlet: G1\nmenus:\n  - name: Nasi\n    menu_items:\n";

/// An outlet with a cheap item, and this after it on its line.
fn beside(comment: &str) -> Root {
    let text = format!("{CHEAP}      - {{external_id: NG, name: Nasi, price: 500}}{comment}\n");
    Root::brief(&[("catalogs/a.yaml", &text)])
}

#[test]
fn a_comment_on_the_line_takes_a_diagnostic_away() {
    assert_eq!(beside("").codes(), ["price-too-low"]);
    assert_eq!(beside(" # menusync: allow(price-too-low) one spoon of sambal").codes(), [] as [&str; 0]);
}

#[test]
fn a_comment_alone_on_the_line_above_does_the_same() {
    let text = format!(
        "{CHEAP}      # menusync: allow(price-too-low) sambal\n      - {{external_id: NG, name: Nasi, price: 500}}\n"
    );
    assert_eq!(Root::brief(&[("catalogs/a.yaml", &text)]).codes(), [] as [&str; 0]);
    let further = text.replace("sambal\n", "sambal\n\n");
    assert_eq!(lines(&Root::brief(&[("catalogs/a.yaml", &further)])), [("allow-unused", 5), ("price-too-low", 7)],);
}

#[test]
fn an_error_that_may_be_changed_can_be_allowed_and_the_outlet_is_valid() {
    let text = format!("{CHEAP}      - {{external_id: NG, name: Nasi, price: 0}}\n");
    assert_eq!(Root::brief(&[("catalogs/a.yaml", &text)]).run(&["validate"]).code, 3);
    let allowed = text.replace("0}\n", "0} # menusync: allow(price-not-positive) a gift, seen to work\n");
    let run = Root::brief(&[("catalogs/a.yaml", &allowed)]).run(&["validate", "--strict"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "1 outlet is valid\n", ""));
}

#[test]
fn what_leaves_a_file_without_meaning_cannot_be_allowed() {
    let text =
        format!("{CHEAP}      - {{external_id: NG, name: Nasi, prise: 5000}} # menusync: allow(unknown-key) later\n");
    assert_eq!(lines(&Root::brief(&[("catalogs/a.yaml", &text)])), [("unknown-key", 5), ("unknown-rule", 5)]);
}

#[test]
fn a_mistyped_code_is_an_error_with_a_suggestion() {
    let root = beside(" # menusync: allow(price-to-low) sambal");
    assert_eq!(root.codes(), ["price-too-low", "unknown-rule"]);
    assert_eq!(root.diagnostics()[1].help.as_deref(), Some("did you mean `price-too-low`?"));
}

#[test]
fn a_comment_without_a_reason_works_and_is_told() {
    assert_eq!(beside(" # menusync: allow(price-too-low)").codes(), ["allow-without-reason"]);
}

#[test]
fn every_code_of_a_comment_that_excuses_nothing_is_told() {
    let root = beside(" # menusync: allow(price-too-low, price-too-high) sambal");
    let said = root.diagnostics();
    assert_eq!(root.codes(), ["allow-unused"]);
    assert!(said[0].message.contains("price-too-high"), "{}", said[0].message);
}

#[test]
fn nothing_is_called_unused_while_an_error_keeps_rules_from_looking() {
    let text = format!(
        "{CHEAP}      - {{external_id: NG, name: Nasi, price: 500}} # menusync: allow(price-too-low) sambal\n      \
         - {{external_id: NU, name: Uduk}}\n"
    );
    assert_eq!(Root::brief(&[("catalogs/a.yaml", &text)]).codes(), ["missing-key"]);
}

const SHARED: &str = "menus:\n  - name: Nasi\n    menu_items:\n      \
    - {external_id: NG, name: Nasi, price: 500} # menusync: allow(price-too-low) sambal\n";

#[test]
fn a_comment_that_one_of_two_outlets_needs_is_used() {
    let root = Root::brief(&[
        ("catalogs/shared.yaml", SHARED),
        ("catalogs/a.yaml", "outlet: G1\nextends: [shared.yaml]\n"),
        ("catalogs/b.yaml", "outlet: G2\nextends: [shared.yaml]\nitems: {NG: {price: 9000}}\n"),
    ]);
    assert_eq!(root.codes(), [] as [&str; 0]);
}

#[test]
fn a_comment_speaks_for_its_own_line_only_wherever_the_value_is_overridden() {
    let root = Root::brief(&[
        ("catalogs/shared.yaml", SHARED),
        ("catalogs/a.yaml", "outlet: G1\nextends: [shared.yaml]\n"),
        ("catalogs/b.yaml", "outlet: G2\nextends: [shared.yaml]\nitems: {NG: {price: 300}}\n"),
    ]);
    assert_eq!(lines(&root), [("price-too-low", 3)]);
}

#[test]
fn a_comment_in_a_dated_layer_is_used_when_the_layer_counts() {
    let dated = |from: &str, until: &str| {
        Root::brief(&[
            (
                "catalogs/a.yaml",
                &format!("{CHEAP}      - {{external_id: NG, name: Nasi, price: 5000}}\nextends: [b.yaml, c.yaml]\n"),
            ),
            (
                "catalogs/b.yaml",
                &format!(
                    "from: {from}\nuntil: {until}\nmenus: [{{name: Takjil, menu_items: [{{external_id: KP, name: Kurma, \
                     price: 500}}]}}] # menusync: allow(price-too-low) one date\n"
                ),
            ),
            ("catalogs/c.yaml", "{}\n"),
        ])
    };
    assert_eq!(dated("2027-02-08", "2027-03-10").codes(), [] as [&str; 0], "it will be used");
    assert_eq!(dated("2026-02-18", "2026-03-20").codes(), [] as [&str; 0], "it was used");
}

#[test]
fn a_comment_excuses_what_is_said_of_a_file_and_of_layers() {
    let root = Root::brief(&[
        (
            "catalogs/a.yaml",
            &format!(
                "{CHEAP}      - {{external_id: NG, name: Nasi, price: 5000}}\nitems:\n  NG: {{price: 5000}} # menusync: allow(patch-without-effect) stays when the layer changes\n"
            ),
        ),
        ("catalogs/b.yaml", "# menusync: allow(unused-layer) for next year\nitems: {NG: {price: 27000}}\n"),
    ]);
    assert_eq!(root.codes(), [] as [&str; 0]);
}

/// What is about a file, and about no outlet, obeys the settings and the file itself, which is nearer.
#[test]
fn rules_in_a_file_hold_for_what_is_said_of_that_file() {
    let items = "      - {external_id: NG, name: Nasi, price: 5000} # menusync: allow(price-too-low) for later\n      \
                 - {external_id: NU, name: Uduk, price: 500} # menusync: allow(price-too-low)\n";
    let root = |settings: &str, rules: &str| {
        Root::empty()
            .with(
                "menusync.yaml",
                format!("target: sandbox\nrules: {{image-missing: off, description-missing: off{settings}}}\n"),
            )
            .with("catalogs/a.yaml", format!("{CHEAP}{items}{rules}"))
            .with("catalogs/b.yaml", format!("items: {{NG: {{price: 27000}}}}\n{rules}"))
    };
    let severities = |root: &Root| -> Vec<_> {
        let told = root.diagnostics();
        told.iter().map(|told| (told.code, told.is_error())).collect()
    };
    let (off, error) = (
        "rules: {allow-unused: off, allow-without-reason: off, unused-layer: off}\n",
        "rules: {allow-unused: warning, allow-without-reason: error, unused-layer: error}\n",
    );
    let as_usual = [("allow-unused", false), ("allow-without-reason", false), ("unused-layer", false)];
    assert_eq!(severities(&root("", "")), as_usual);
    assert_eq!(severities(&root("", off)), []);
    assert_eq!(severities(&root(", allow-unused: off, allow-without-reason: off, unused-layer: off", "")), []);
    assert_eq!(
        severities(&root(", allow-unused: off, allow-without-reason: off, unused-layer: off", error)),
        [("allow-without-reason", true), ("unused-layer", true)],
        "what is unused is told only where no error keeps rules from looking"
    );
}

#[test]
fn a_rule_that_is_a_warning_does_not_keep_others_from_looking() {
    let two = "outlet: G1\nrules: {duplicate-menu: warning}\nmenus:\n  \
        - {name: Nasi, menu_items: [{external_id: NG, name: Nasi, price: 0}]}\n  \
        - {name: Nasi, menu_items: [{external_id: NU, name: Uduk, price: 5000}]}\n";
    assert_eq!(Root::brief(&[("catalogs/a.yaml", two)]).codes(), ["price-not-positive", "duplicate-menu"]);
    let allowed = two
        .replace("rules: {duplicate-menu: warning}\n", "")
        .replace("5000}]}\n", "5000}]} # menusync: allow(duplicate-menu) x\n");
    assert_eq!(Root::brief(&[("catalogs/a.yaml", &allowed)]).codes(), ["price-not-positive"]);
}

#[test]
fn an_item_allowed_in_two_menus_still_has_one_price() {
    let two = "outlet: G1\nmenus:\n  \
        - {name: Nasi, menu_items: [{external_id: NG, name: Nasi, price: 5000}]}\n  \
        - {name: Favorit, menu_items: [{external_id: NG, name: Nasi, price: 5000}]} # menusync: allow(item-in-two-menus) both\n";
    assert_eq!(Root::brief(&[("catalogs/a.yaml", two)]).codes(), [] as [&str; 0]);
    let differs = two.replacen("5000", "6000", 1);
    assert_eq!(Root::brief(&[("catalogs/a.yaml", &differs)]).codes(), ["duplicate-id"]);
}
