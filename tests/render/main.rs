//! `render --explain` and `plan --horizon`: where values come from and when dated layers will change them, through the
//! binary, offline.

#![allow(clippy::unwrap_used)]

#[path = "../support/clock.rs"]
mod clock;
mod when;

use std::{fs, path::Path, process::Command};

use clock::clock_variables;
use tempfile::TempDir;

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const LAYER: &str = "\
operational_hours: {daily: \"10:00-22:00\"}
menus:
  - name: Nasi
    menu_items:
      - external_id: NG-KAMPUNG
        name: Nasi Goreng Kampung
        description: Nasi goreng terasi
        price: 25000
        variant_category_external_ids: [VC-PEDAS]
      - external_id: NU
        name: Nasi Uduk
        description: |-
          Gurih
        price: 20000
variant_categories:
  - external_id: VC-PEDAS
    name: Level pedas
    rules: {selection: {min_quantity: 1, max_quantity: 1}}
    variants:
      - {external_id: LV-0, name: Tidak pedas, price: 0}
";

const RAMADAN: &str = "\
from: 2027-02-08T00:00
until: 2027-03-10T00:00
operational_hours: {daily: [\"02:30-04:30\", \"16:00-23:00\"]}
menus:
  - name: Takjil
    before: Nasi
    menu_items: [{external_id: KOLAK, name: Kolak, description: Manis, price: 12000}]
";

const KUTA: &str = "\
outlet: G916309315
name: Kuta
timezone: Asia/Makassar
extends: [../layer.yaml, ../ramadan.yaml]
items:
  NG-KAMPUNG: {price: 27000}
  NU: {description: null}
variants:
  LV-0: {in_stock: false}
pricing:
  - {markup: 10%, round_to: 500, round: up, menu: Nasi}
";

fn root() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "menusync.yaml", "target: sandbox\nrules: {image-missing: off, description-missing: off}\n");
    write(root, "catalogs/layer.yaml", LAYER);
    write(root, "catalogs/ramadan.yaml", RAMADAN);
    write(root, "catalogs/bali/kuta.yaml", KUTA);
    write(root, "catalogs/kemang.yaml", "outlet: G2\nname: Kemang\nextends: [layer.yaml, ramadan.yaml]\n");
    directory
}

/// Exit code, stdout, stderr.
fn run(root: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
    let output = command.args(arguments).current_dir(root.path()).env_clear().envs(clock_variables()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_value_is_told_with_its_place_and_what_it_overrode() {
    let root = root();
    let (code, out, err) = run(&root, &["render", "--outlet", "Kuta", "--explain", "--at", "2027-02-10T00:00:00Z"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn programs_get_the_same_with_types() {
    let root = root();
    let arguments = ["render", "--outlet", "Kuta", "--explain", "--at", "2027-01-01T00:00:00Z", "--output", "json"];
    let (code, out, _) = run(&root, &arguments);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, json["schema"].as_str(), json["outlet"].as_str()),
        (0, Some("menusync.explain/1"), Some("G916309315"))
    );
    let values = json["values"].as_array().unwrap();
    let price = values.iter().find(|value| value["path"] == "items/NG-KAMPUNG/price").unwrap();
    let expected = serde_json::json!({
        "path": "items/NG-KAMPUNG/price",
        "value": 27000,
        "source": {"written": "27000", "file": "catalogs/bali/kuta.yaml", "line": 6, "column": 23},
        "overrides": [{"written": "25000", "file": "catalogs/layer.yaml", "line": 8, "column": 16}],
    });
    assert_eq!(*price, expected);
}

#[test]
fn every_place_that_is_told_holds_the_value() {
    let root = root();
    let arguments = ["render", "--outlet", "Kemang", "--explain", "--output", "json", "--at", "2027-01-01T00:00:00Z"];
    let json: serde_json::Value = serde_json::from_str(&run(&root, &arguments).1).unwrap();
    for value in json["values"].as_array().unwrap() {
        let (source, wanted) = (&value["source"], &value["value"]);
        let text = fs::read_to_string(root.path().join(source["file"].as_str().unwrap())).unwrap();
        let line = text.lines().nth(source["line"].as_u64().unwrap() as usize - 1).unwrap();
        let rest: String = line.chars().skip(source["column"].as_u64().unwrap() as usize - 1).collect();
        let plain = wanted.as_str().map(str::to_owned).unwrap_or_else(|| wanted.to_string());
        if wanted.is_number() || wanted.as_str().is_some_and(|text| !text.contains('\n')) {
            assert!(rest.starts_with(&plain), "{value}: {rest}");
        }
    }
}

#[test]
fn an_outlet_can_be_rendered_as_it_will_be() {
    let root = root();
    let menus = |at: &str| -> Vec<String> {
        let (code, out, err) = run(&root, &["render", "--outlet", "Kemang", "--at", at, "--output", "json"]);
        assert_eq!(code, 0, "{err}");
        let body: serde_json::Value = serde_json::from_str(&out).unwrap();
        body["menus"].as_array().unwrap().iter().map(|menu| menu["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(menus("2027-02-01T00:00:00Z"), ["Nasi"]);
    assert_eq!(menus("2027-02-20T00:00:00Z"), ["Takjil", "Nasi"]);
}

#[test]
fn the_horizon_lists_what_dated_layers_will_change_in_order() {
    let root = root();
    let (code, out, err) = run(&root, &["plan", "--horizon", "60d", "--at", "2027-02-01T00:00:00Z"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    let (code, out, _) =
        run(&root, &["plan", "--horizon", "3d", "--at", "2027-02-01T00:00:00Z", "--detailed-exitcode"]);
    assert_eq!((code, out.as_str()), (0, "No dated layer begins or ends within this time.\n"));
}

#[test]
fn what_comes_at_the_horizon_goes_again_with_the_opposite_changes() {
    let root = root();
    let arguments =
        ["plan", "--horizon", "60d", "--at", "2027-02-01T00:00:00Z", "--outlet", "Kuta", "--output", "json"];
    let (_, out, _) = run(&root, &arguments);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["schema"], "menusync.horizon/1");
    let steps = json["steps"].as_array().unwrap();
    let times: Vec<_> = steps.iter().map(|step| step["at"].as_str().unwrap()).collect();
    assert_eq!(times, ["2027-02-07T16:00:00Z", "2027-03-09T16:00:00Z"]);
    let paths = |step: usize, from: &str, to: &str| -> Vec<[String; 3]> {
        let changes = steps[step]["plan"]["outlets"][0]["changes"].as_array().unwrap().iter();
        let set = changes.filter(|change| change["kind"] == "set");
        set.map(|change| [&change["path"], &change[from], &change[to]].map(ToString::to_string)).collect()
    };
    assert!(!paths(0, "from", "to").is_empty());
    assert_eq!(paths(0, "from", "to"), paths(1, "to", "from"));
}

#[test]
fn a_moment_at_which_an_outlet_becomes_invalid_is_told() {
    let root = root();
    let wrong = RAMADAN.replace("price: 12000", "price: 0");
    write(root.path(), "catalogs/ramadan.yaml", &wrong);
    let (code, out, _) = run(&root, &["plan", "--horizon", "60d", "--at", "2027-02-01T00:00:00Z"]);
    assert_eq!(code, 3);
    assert!(out.contains("invalid") && out.contains("catalogs/ramadan.yaml:7"), "{out}");
}

#[test]
fn a_preview_shows_the_menu_as_customers_will_see_it_and_its_dates() {
    let root = root();
    let (code, out, err) = run(&root, &["preview", "--outlet", "Kuta", "--at", "2027-01-01T00:00:00Z"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn a_preview_is_one_file_with_a_link_for_each_date() {
    let root = root();
    let page = "html=menu.html";
    let (code, out, err) = run(&root, &["preview", "--at", "2027-01-01T00:00:00Z", "--output", page]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    let page = fs::read_to_string(root.path().join("menu.html")).unwrap();
    for part in [
        "<h1>Menus of 2 outlets</h1>",
        "href=\"#menu-2-1\">Mon 2027-02-08 00:00 WITA</a>",
        "From Wed 2027-03-10 00:00 WIB: what is different then",
        "<span class=\"mark new\">new</span>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<script") && !page.contains("src="), "{page}");
}

#[test]
fn a_preview_is_in_the_language_of_the_settings() {
    let root = root();
    let settings = fs::read_to_string(root.path().join("menusync.yaml")).unwrap();
    write(root.path(), "menusync.yaml", &format!("{settings}lang: id\n"));
    let outputs = ["--output", "text", "--output", "html=menu.html"];
    let (code, out, err) = run(&root, &[&["preview", "--at", "2027-01-01T00:00:00Z"][..], &outputs].concat());
    let page = fs::read_to_string(root.path().join("menu.html")).unwrap();
    assert!(code == 0 && out.contains("  Mulai Sen, 8 Feb 2027 00.00 WITA: menu lain (--at "), "{out}{err}");
    assert!(page.contains("<html lang=\"id\">") && page.contains("<h1>Menu 2 outlet</h1>"), "{page}");
}

#[test]
fn a_preview_of_wrong_files_says_what_is_wrong_and_shows_the_others() {
    let root = root();
    write(
        root.path(),
        "catalogs/kemang.yaml",
        "outlet: G2\nname: Kemang\nextends: [layer.yaml]\nitems: {NU: {price: 1.5}}\n",
    );
    let (code, out, err) = run(&root, &["preview", "--at", "2027-01-01T00:00:00Z"]);
    assert!(
        code == 3 && out.contains("Kuta (G916309315)") && !out.contains("Kemang") && err.contains("kemang.yaml:4"),
        "{out}{err}"
    );
    let (code, out, err) = run(&root, &["preview", "--outlet", "Kemang"]);
    assert!(code == 3 && out.is_empty() && err.contains("kemang.yaml:4"), "{out}{err}");
}

#[test]
fn the_horizon_is_a_page_too() {
    let root = root();
    let arguments = ["plan", "--horizon", "366d", "--at", "2027-01-01T00:00:00Z", "--output", "html"];
    let (code, out, err) = run(&root, &arguments);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("<h1>Menus: what dated layers will change</h1>") && out.contains("href=\"#date-2\""), "{out}");
}
