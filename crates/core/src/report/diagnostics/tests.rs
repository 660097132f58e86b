//! Whole outputs of every format, and no panic on any place in any text.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Place;

const SHARED: &str =
    "menus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: 'Nasi Goreng', price: 0}\n";

fn sources(file: &str) -> Option<Arc<str>> {
    match file {
        "catalogs/sari.yaml" => Some(SHARED.into()),
        "catalogs/kuta.yaml" => Some("items:\n  NG: {prise: 27000}\n".into()),
        "catalogs/evil.yaml" => Some("name: \u{1b}[31m\u{202e}red\u{9b}\t辣椒 x".into()),
        _ => None,
    }
}

fn place(file: &str, line: u32, column: u32, end_line: u32, end_column: u32) -> Place {
    Place { file: file.into(), line, column, end_line, end_column }
}

fn two() -> Vec<Diagnostic> {
    vec![
        Diagnostic::error(
            "unknown-key",
            place("catalogs/kuta.yaml", 2, 8, 2, 13),
            "unknown key `prise` in item `NG`: 100 %, sure",
        )
        .help("did you mean `price`?")
        .related(place("catalogs/sari.yaml", 4, 9, 4, 56), "the item is defined here"),
        Diagnostic::warning("price-not-positive", place("catalogs/sari.yaml", 4, 54, 4, 55), "price is Rp 0")
            .help("write another")
            .related(place("catalogs/sari.yaml", 2, 11, 2, 15), "in this menu"),
    ]
}

fn text(diagnostics: &[Diagnostic]) -> String {
    diagnostics_text(diagnostics, &sources, false, 100)
}

#[test]
fn text_underlines_the_trouble_and_shows_further_places() {
    let expected = "\
error[unknown-key]: unknown key `prise` in item `NG`: 100 %, sure
 --> catalogs/kuta.yaml:2:8
  |
2 |   NG: {prise: 27000}
  |        ^^^^^
  |
 ::: catalogs/sari.yaml:4:9
  |
4 |       - {external_id: NG, name: 'Nasi Goreng', price: 0}
  |         ----------------------------------------------- the item is defined here
  |
help: did you mean `price`?

warning[price-not-positive]: price is Rp 0
 --> catalogs/sari.yaml:4:54
  |
2 |   - name: Nasi
  |           ---- in this menu
3 |     menu_items:
4 |       - {external_id: NG, name: 'Nasi Goreng', price: 0}
  |                                                      ^
  |
help: write another

1 error, 1 warning
";
    assert_eq!(text(&two()), expected);
}

#[test]
fn text_without_a_source_tells_the_place() {
    let given = Diagnostic::error("file-too-large", place("other.yaml", 3, 7, 3, 9), "too large")
        .help("split it\ninto layers")
        .related(place("more.yaml", 1, 2, 1, 3), "see here");
    let expected = "\
error[file-too-large]: too large
--> other.yaml:3:7
 = note: more.yaml:1:2: see here
help: split it
      into layers

1 error
";
    assert_eq!(text(&[given]), expected);
    let given = Diagnostic::error("no-menus", None, "the outlet has no menus").help("add one");
    assert_eq!(text(&[given]), "error[no-menus]: the outlet has no menus\n |\nhelp: add one\n\n1 error\n");
    assert_eq!(text(&[]), "");
}

#[test]
fn text_shows_what_would_steer_a_terminal_and_keeps_columns_true() {
    let given = Diagnostic::error("x", place("catalogs/evil.yaml", 1, 18, 1, 20), "bad \u{1b}[0m\nname");
    let expected = "\
error[x]: bad \\u{1b}[0m\\u{a}name
 --> catalogs/evil.yaml:1:18
  |
1 | name: ␛[31m�red�    辣椒 x
  |                     ^^^^

1 error
";
    assert_eq!(text(&[given]), expected);
}

#[test]
fn text_in_colour_says_the_same() {
    let colored = diagnostics_text(&two(), &sources, true, 100);
    let plain = anstream::adapter::strip_str(&colored).to_string();
    assert!(colored.contains("\u{1b}["));
    assert_eq!(plain, text(&two()));
}

#[test]
fn a_stretch_over_several_lines_is_marked_on_its_first() {
    let given = Diagnostic::warning("x", place("catalogs/sari.yaml", 2, 5, 4, 40), "several lines");
    let expected = "\
warning[x]: several lines
 --> catalogs/sari.yaml:2:5
  |
2 |   - name: Nasi
  |     ^^^^^^^^^^

1 warning
";
    assert_eq!(text(&[given]), expected);
}

#[test]
fn a_limit_hides_warnings_before_errors_and_counts_what_it_hides() {
    let many = vec![
        Diagnostic::warning("w", None, "first"),
        Diagnostic::error("e", None, "second"),
        Diagnostic::warning("w", None, "third"),
        Diagnostic::error("e", None, "fourth"),
        Diagnostic::error("e", None, "fifth"),
    ];
    assert_eq!(
        diagnostics_text(&many, &sources, false, 2),
        "error[e]: second\n\nerror[e]: fourth\n\n… and 3 more (1 error, 2 warnings) not shown\n3 errors, 2 warnings\n"
    );
    assert_eq!(
        diagnostics_text(&many, &sources, false, 4),
        "error[e]: second\n\nerror[e]: fourth\n\nerror[e]: fifth\n\nwarning[w]: first\n\n\
         … and 1 more (1 warning) not shown\n3 errors, 2 warnings\n"
    );
}

#[test]
fn what_begins_far_to_the_right_is_told_without_its_line() {
    let long = |_: &str| Some(Arc::from("x".repeat(100_000)));
    let given = Diagnostic::error("x", place("a.json", 1, 50_000, 1, 50_001), "far");
    assert_eq!(diagnostics_text(&[given], &long, false, 9), "error[x]: far\n--> a.json:1:50000\n\n1 error\n");
}

#[test]
fn json_is_complete_and_null_where_nothing_is_known() {
    let mut given = two();
    given.truncate(1);
    given.push(Diagnostic::error("no-menus", None, "none"));
    let expected = r#"{
  "schema": "menusync.diagnostics/1",
  "diagnostics": [
    {
      "code": "unknown-key",
      "severity": "error",
      "message": "unknown key `prise` in item `NG`: 100 %, sure",
      "help": "did you mean `price`?",
      "file": "catalogs/kuta.yaml",
      "line": 2,
      "column": 8,
      "end_line": 2,
      "end_column": 13,
      "related": [
        {
          "file": "catalogs/sari.yaml",
          "line": 4,
          "column": 9,
          "message": "the item is defined here"
        }
      ]
    },
    {
      "code": "no-menus",
      "severity": "error",
      "message": "none",
      "help": null,
      "file": null,
      "line": null,
      "column": null,
      "end_line": null,
      "end_column": null,
      "related": []
    }
  ],
  "summary": {
    "errors": 2,
    "warnings": 0
  }
}
"#;
    assert_eq!(diagnostics_json(&given), expected);
}

#[test]
fn github_commands_are_escaped() {
    let mut given = two();
    given[1].place = Some(place("a,b:c%.yaml", 1, 1, 1, 2));
    given[1].message = "x\n::error::y".into();
    given.push(Diagnostic::error("no-menus", None, "none"));
    let expected = "\
::error file=catalogs/kuta.yaml,line=2,col=8,endLine=2,endColumn=13,title=unknown-key::unknown key `prise` in item `NG`: 100 %25, sure%0Ahelp: did you mean `price`?
::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=1,endColumn=2,title=price-not-positive::x\\u{a}::error::y%0Ahelp: write another
::error title=no-menus::none
";
    assert_eq!(diagnostics_github(&given), expected);
}

#[test]
fn sarif_names_rules_places_and_how_columns_count() {
    let mut given = two();
    given[0].place = Some(place("menus/nasi goreng.yaml", 2, 8, 2, 13));
    let log: serde_json::Value = serde_json::from_str(&diagnostics_sarif(&given)).expect("SARIF is JSON");
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["columnKind"]), (&"2.1.0".into(), &"unicodeCodePoints".into()));
    let ids: Vec<_> = run["tool"]["driver"]["rules"].as_array().expect("rules").iter().map(|r| &r["id"]).collect();
    assert_eq!(ids, ["price-not-positive", "unknown-key"]);
    let expected = serde_json::json!({
        "ruleId": "unknown-key",
        "ruleIndex": 1,
        "level": "error",
        "message": {"text": "unknown key `prise` in item `NG`: 100 %, sure\nhelp: did you mean `price`?"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "menus/nasi%20goreng.yaml", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 13},
        }}],
        "relatedLocations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": "catalogs/sari.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 56},
            },
            "message": {"text": "the item is defined here"},
        }],
    });
    assert_eq!(run["results"][0], expected);
}

fn any_place() -> impl Strategy<Value = Place> {
    let number = || prop_oneof![8 => 0_u32..8, 1 => Just(u32::MAX), 1 => 0_u32..3000];
    (prop_oneof!["a", "b"], number(), number(), number(), number()).prop_map(|(f, a, b, c, d)| place(&f, a, b, c, d))
}

proptest! {
    #[test]
    fn no_place_in_no_text_makes_the_renderer_panic(
        source in "[a辣\u{301}\u{1f35c}\t\r\n\u{1b}\u{202e} ]{0,40}",
        first in any_place(),
        others in proptest::collection::vec(any_place(), 0..3),
        message in any::<String>(),
    ) {
        let source: Arc<str> = source.into();
        let given = others.into_iter().fold(Diagnostic::error("x", first, message.clone()).help(message), |d, place| {
            d.related(place, "here")
        });
        let out = diagnostics_text(&[given], &|_| Some(Arc::clone(&source)), false, 1);
        prop_assert!(out.ends_with("1 error\n"));
        let harmful = ['\u{1b}', '\u{202e}', '\r'];
        prop_assert!(!out.contains(harmful));
    }
}
