//! `attach`: one choice for many dishes.

use super::*;
use crate::catalog::{ItemField, Path};

const SAMBAL: &str = "\
variant_categories:
  - external_id: SAMBAL
    name: Sambal
    rules: {selection: {min_quantity: 0, max_quantity: 1}}
    variants: [{external_id: S-1, name: Matah, price: 0}]
";

/// The choices of NG, NU and ES.
fn choices(layers: &[&str]) -> [String; 3] {
    let catalog = catalog(layers);
    ["NG", "NU", "ES"].map(|id| {
        let ids = catalog.item(&id.into()).unwrap().variant_category_external_ids.value().cloned().unwrap_or_default();
        ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ")
    })
}

fn attached(entry: &str) -> [String; 3] {
    choices(&[&format!("{SAMBAL}attach: {{SAMBAL: {entry}}}")])
}

#[test]
fn a_choice_goes_to_ids_patterns_and_menus_after_those_that_are_there() {
    assert_eq!(attached("[NU]"), ["VC", "SAMBAL", ""]);
    assert_eq!(attached("['N*']"), ["VC SAMBAL", "SAMBAL", ""]);
    assert_eq!(attached("[{menu: Minuman}, NG]"), ["VC SAMBAL", "", "SAMBAL"]);
    assert_eq!(attached("['*', NU, NU]"), ["VC SAMBAL", "SAMBAL", "SAMBAL"]);
}

#[test]
fn entries_run_in_order_after_patches_and_a_later_list_replaces_what_they_gave() {
    let two =
        format!("{SAMBAL}items: {{NU: {{variant_category_external_ids: [VC]}}}}\nattach: {{SAMBAL: [NU], VC: ['*']}}");
    assert_eq!(choices(&[&two]), ["VC", "VC SAMBAL", "VC"]);
    let layer = format!("{SAMBAL}attach: {{SAMBAL: ['*']}}");
    assert_eq!(choices(&[&layer, "items: {ES: {variant_category_external_ids: null}}"]), ["VC SAMBAL", "SAMBAL", ""]);
    let new = "menus: [{name: Nasi, menu_items: [{external_id: NK, name: Nasi Kuning, price: 9000}]}]";
    let catalog = catalog(&[&layer, new]);
    assert!(catalog.item(&"NK".into()).unwrap().variant_category_external_ids.value().is_none(), "it came later");
}

#[test]
fn the_origin_is_the_word_that_attached_it() {
    let composed = layered(&[&format!("{SAMBAL}attach:\n  SAMBAL:\n    - N*\n")]);
    let path = Path::item_field(&"NG".into(), ItemField::VariantCategories);
    assert_eq!(composed.origins.place(&path).unwrap().to_string(), "catalogs/own.yaml:8:7");
    assert_eq!(composed.origins.overrode(&path).len(), 1);
}

#[test]
fn what_there_is_not_is_told() {
    let wrong = |text: &str| {
        let composed = layered(&[&format!("{SAMBAL}{text}")]);
        composed.diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        wrong("attach: {SAMBEL: [NG]}"),
        ["unknown-patch-target: no layer defines the variant category `SAMBEL`"]
    );
    assert_eq!(wrong("attach: {NG: [SAMBAL]}"), ["unknown-patch-target: `NG` is a dish, not a choice"]);
    assert_eq!(wrong("attach: {SAMBAL: [NX]}"), ["unknown-patch-target: no layer defines the item `NX`"]);
    assert_eq!(wrong("attach: {SAMBAL: ['X*']}"), ["unknown-patch-target: no item has an id that matches `X*`"]);
    assert_eq!(wrong("attach: {SAMBAL: [{menu: Nasii}]}"), ["unknown-menu: no layer defines the menu `Nasii`"]);
    assert_eq!(wrong("attach: {VC: [NG]}"), ["patch-without-effect: attaching `VC` changes nothing"]);
    assert_eq!(
        wrong("attach: {SAMBAL: ['[']}")[0],
        "glob: `[` is not a pattern: unclosed character class; missing ']'"
    );
    let nested = format!("attach: {{SAMBAL: ['{}a{}']}}", "{".repeat(400), "}".repeat(400));
    assert!(wrong(&nested).iter().all(|told| told.starts_with("glob: ") || told.starts_with("unknown-patch-target: ")));
    assert_eq!(wrong("attach: {SAMBAL: [{menus: Nasi}]}").len(), 1);
}
