//! `pricing`: markups on what the file did not price itself.

use super::*;
use crate::catalog::{ItemField, Path};

fn priced(entry: &str) -> [i64; 3] {
    let catalog = catalog(&[&format!("pricing: [{entry}]")]);
    ["NG", "NU", "ES"].map(|id| price(&catalog, id))
}

#[test]
fn a_markup_is_percent_or_whole_rupiah() {
    assert_eq!(priced("{markup: 10%}"), [27500, 22000, 5500]);
    assert_eq!(priced("{markup: 1000}"), [26000, 21000, 6000]);
    assert_eq!(priced("{markup: -7.5%}"), [23125, 18500, 4625]);
    assert_eq!(priced("{markup: -500}"), [24500, 19500, 4500]);
}

#[test]
fn a_markup_is_for_a_menu_or_for_ids_or_for_all() {
    assert_eq!(priced("{markup: 1000, menu: Minuman}"), [25000, 20000, 6000]);
    assert_eq!(priced("{markup: 1000, ids: [NU, NU, ES]}"), [25000, 21000, 6000]);
}

#[test]
fn prices_are_rounded_once_up_or_to_the_nearest() {
    assert_eq!(priced("{markup: 3%, round_to: 500, round: up}"), [26000, 21000, 5500]);
    assert_eq!(priced("{markup: 3%, round_to: 500, round: nearest}"), [26000, 20500, 5000]);
    assert_eq!(priced("{markup: 3%, round_to: 500}"), [26000, 20500, 5000]);
    // 25.250, 20.250 and 5.250 lie in the middle.
    assert_eq!(priced("{markup: 250, round_to: 500}"), [25500, 20500, 5500]);
    assert_eq!(priced("{markup: 0.01%}"), [25003, 20002, 5001]);
    assert_eq!(priced("{markup: 0.01%, round: up}"), [25003, 20002, 5001]);
}

#[test]
fn entries_run_in_order() {
    assert_eq!(priced("{markup: 10%}, {markup: 1000}"), [28500, 23000, 6500]);
    assert_eq!(priced("{markup: 1000}, {markup: 10%}"), [28600, 23100, 6600]);
}

#[test]
fn prices_that_the_file_sets_itself_are_left_alone() {
    let text = "\
menus: [{name: Nasi, menu_items: [{external_id: A, name: A, price: 1000}]}]
items: {NG: {price: 26000}, NU: {name: Uduk}}
pricing: [{markup: 10%}, {markup: 10%}]
";
    let catalog = catalog(&[text]);
    assert_eq!(["A", "NG", "NU", "ES"].map(|id| price(&catalog, id)), [1000, 26000, 24200, 6050]);
}

#[test]
fn prices_that_an_earlier_layer_sets_or_marks_up_are_marked_up() {
    let catalog = catalog(&["items: {NG: {price: 30000}}\npricing: [{markup: 1000}]", "pricing: [{markup: 10%}]"]);
    assert_eq!(["NG", "NU", "ES"].map(|id| price(&catalog, id)), [33000, 23100, 6600]);
}

#[test]
fn prices_of_variants_are_never_marked_up() {
    let catalog = catalog(&["pricing: [{markup: 50%}]"]);
    assert_eq!(catalog.variants().map(|(_, v)| v.price.value().unwrap().0).collect::<Vec<_>>(), [0, 2000]);
}

#[test]
fn an_unknown_menu_or_id_is_an_error() {
    let composed = layered(&["pricing: [{markup: 10%, menu: Minum}, {markup: 10%, ids: [NG, NX]}]"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-menu own:1:31", "unknown-patch-target own:1:63"]);
}

#[test]
fn an_entry_that_changes_nothing_is_a_warning() {
    let composed = layered(&["items: {NG: {price: 1000}}\npricing: [{markup: 0}, {markup: 10%, ids: [NG]}]"]);
    assert_eq!(declared(&composed.diagnostics), ["patch-without-effect own:2:20", "patch-without-effect own:2:33"]);
}

#[test]
fn what_cannot_be_computed_is_an_error() {
    let text = "\
pricing:
  - {markup: 10%, round_to: 0}
  - {markup: 10%, round_to: -500}
  - {markup: 1.234%}
  - {markup: 1.5}
  - {round_to: 500}
  - {markup: 10%, round: down}
  - {markup: 10%, menu: Nasi, ids: [NG]}
  - {markup: ten%}
  - {markup: 9223372036854775807}
";
    let composed = layered(&[text]);
    let lines: Vec<_> = declared(&composed.diagnostics);
    let expected = [
        "out-of-range own:2:29",
        "out-of-range own:3:29",
        "out-of-range own:4:14",
        "number-format own:5:14",
        "missing-key own:6:5",
        "unknown-value own:7:26",
        "conflicting-keys own:8:31",
        "wrong-type own:9:14",
        "out-of-range own:10:14",
        "out-of-range own:10:14",
        "out-of-range own:10:14",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_marked_up_price_comes_from_the_markup() {
    let composed = layered(&["pricing: [{markup: 10%}]"]);
    let path = Path::item_field(&"NG".into(), ItemField::Price);
    assert_eq!(composed.origins.place(&path).unwrap().to_string(), "catalogs/own.yaml:1:20");
    assert_eq!(composed.origins.overrode(&path).len(), 1);
}
