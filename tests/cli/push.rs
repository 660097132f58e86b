//! What is pushed, and that nothing is sent without a reason.

use insta::assert_snapshot;
use menusync::sandbox::Endpoint;

use crate::support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage};

#[test]
fn the_first_push_fills_an_empty_menu() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["validate"]).transcript());
    assert_snapshot!(stage.run(&["plan"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25000);
}

#[test]
fn a_second_apply_sends_one_get_per_outlet_and_nothing_else() {
    let stage = Stage::new().with_kemang().in_sync();
    let output = stage.run(&["run", "--once"]).expect(0);
    let sent: Vec<_> = stage.log().into_iter().map(|entry| entry.endpoint).collect();
    assert_eq!(sent, [Endpoint::Token, Endpoint::Get, Endpoint::Get]);
    assert_snapshot!(output.transcript());
    // `apply` looks twice: once to show, once to be sure right before it would send.
    stage.clear_log();
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    assert_eq!(stage.gets().len(), 4);
    stage.assert_nothing_written();
}

#[test]
fn a_plan_of_what_is_in_sync_is_empty() {
    let stage = Stage::new().in_sync();
    assert_snapshot!(stage.run(&["plan", "--detailed-exitcode"]).transcript());
}

#[test]
fn an_edit_is_shown_pushed_and_then_in_sync() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.edit(LAYER, "Nasi goreng terasi, telur mata sapi", "Nasi goreng terasi, telur dadar");
    assert_snapshot!(stage.run(&["plan", "--detailed-exitcode"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn only_the_outlet_that_changed_is_pushed() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, "items: {NG: {price: 26000}}\n");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    let outlets: Vec<_> = stage.puts().into_iter().filter_map(|put| put.outlet).collect();
    assert_eq!(outlets, [KUTA]);
    assert_eq!(stage.live_item(KEMANG, "NG")["price"], 25000);
}

#[test]
fn moves_removals_and_additions_are_shown_and_arrive() {
    let stage = Stage::new().in_sync();
    stage.append(
        KUTA_FILE,
        "menus:\n  - {name: Minuman, menu_items: [{external_id: KOPI, name: Kopi Tubruk, price: 9000}]}\n\
         items:\n  PECEL: {remove: true}\n  JERUK: {before: TEH}\n  GUDEG: {menu: Minuman, name: Gudeg}\n\
         variants: {LV-3: {price: 2500}}\n",
    );
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    let live = stage.live(KUTA);
    let ids: Vec<_> = live["menus"][1]["menu_items"].as_array().unwrap().iter().map(|i| &i["external_id"]).collect();
    assert_eq!(ids, ["JERUK", "TEH", "KOPI", "GUDEG"]);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn what_a_file_no_longer_says_is_cleared() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "        description: Nasi goreng terasi, telur mata sapi\n", "");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "NG")["description"].as_str().unwrap_or_default().is_empty());
}

#[test]
fn what_no_file_ever_said_is_copied_from_live() {
    let stage = Stage::new().in_sync();
    stage.edit_in_app(KUTA, "RAWON", serde_json::json!({"description": "dari aplikasi"}));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "RAWON")["description"], "dari aplikasi");
}
