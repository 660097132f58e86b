//! Edits made elsewhere: said, kept, and undone only on demand.

use insta::assert_snapshot;
use menusync::sandbox::Edit;
use serde_json::json;

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

#[test]
fn drift_is_reported_and_not_undone() {
    let stage = Stage::new().in_sync();
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    assert_snapshot!(stage.run(&["drift"]).transcript());
    assert_snapshot!(stage.run(&["plan", "--detailed-exitcode"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    stage.assert_nothing_written();
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 30000);
    assert_snapshot!(stage.run(&["status"]).transcript());
}

#[test]
fn drift_is_kept_by_a_push_of_something_else_and_the_next_apply_sends_nothing() {
    let stage = Stage::new().in_sync();
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 30000);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    stage.run(&["drift"]).expect(2);
}

#[test]
fn where_both_sides_moved_live_is_kept_and_the_rest_is_pushed() {
    let stage = Stage::new().in_sync();
    stage.edit_in_app(KUTA, "NG", json!({"price": 30000}));
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 30000);
    assert_eq!(stage.live_item(KUTA, "RAWON")["price"], 37000);
}

#[test]
fn both_sides_moved_to_the_same_value_is_nothing_to_do() {
    let stage = Stage::new().in_sync();
    stage.edit_in_app(KUTA, "NG", json!({"price": 27000}));
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    stage.run(&["drift"]).expect(0);
}

#[test]
fn revert_lets_the_files_win() {
    let stage = Stage::new().in_sync();
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    assert_snapshot!(stage.run(&["plan", "--revert"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes", "--revert"]).transcript());
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 29000);
    stage.run(&["drift"]).expect(0);
}

#[test]
fn drift_revert_in_an_outlet_undoes_it_there() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "drift: revert\n");
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 29000);
}

#[test]
fn what_is_undone_three_times_a_day_and_drifts_again_is_contested_and_left_alone() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "drift: revert\n");
    // The same price again would read as the menu from before the last push.
    for price in [31000, 32000, 33000] {
        stage.edit_in_app(KUTA, "GUDEG", json!({"price": price}));
        stage.run(&["run", "--once"]).expect(0);
        assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 29000);
    }
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    stage.clear_log();
    stage.run(&["run", "--once"]).expect(0);
    stage.assert_nothing_written();
    assert_snapshot!(stage.run(&["drift"]).expect(2).transcript());
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
    let change = &stage.run(&["plan", "--output", "json"]).expect(0).json()["outlets"][0]["changes"][0];
    assert_eq!((&change["contested"], &change["pushed"]), (&json!(true), &json!(false)));
    stage.append(KUTA_FILE, "items: {GUDEG: {price: 29500}}\n");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 29500);
}

#[test]
fn an_item_that_lost_its_external_id_is_drift_and_gets_it_back_with_the_next_put() {
    let stage = Stage::new().in_sync();
    let edit = Edit::Item {
        item: "GUDEG".to_owned(),
        set: json!({"price": 30000}).as_object().unwrap().clone(),
        menu: None,
        lose_external_id: true,
    };
    stage.server().edit(KUTA, edit).unwrap();
    assert_snapshot!(stage.run(&["drift"]).transcript());
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 30000);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn an_item_removed_in_the_app_is_drift_and_comes_back_only_by_revert() {
    let stage = Stage::new().in_sync();
    stage.server().edit(KUTA, Edit::RemoveItem { item: "GUDEG".to_owned() }).unwrap();
    assert_snapshot!(stage.run(&["drift"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    stage.run(&["apply", "--yes", "--revert"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 29000);
}

#[test]
fn a_menu_renamed_in_the_app_is_drift_and_stays_so() {
    let stage = Stage::new().in_sync();
    stage.server().edit(KUTA, Edit::RenameMenu { menu: "Minuman".into(), name: "Es & Kopi".into() }).unwrap();
    assert_snapshot!(stage.run(&["drift"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn an_item_made_in_the_app_is_shown_and_holds_a_push_that_would_lose_it() {
    let stage = Stage::new().in_sync();
    stage.add_in_app(KUTA, "Nasi", "Nasi Uduk", 20000);
    assert_snapshot!(stage.run(&["drift"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_snapshot!(stage.run(&["plan", "--fail-on-guard"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    stage.assert_nothing_written();
}

#[test]
fn unmanaged_delete_removes_what_was_made_in_the_app() {
    let stage = Stage::new().in_sync();
    stage.settings("unmanaged: delete");
    stage.add_in_app(KUTA, "Nasi", "Nasi Uduk", 20000);
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 1);
    assert!(!stage.live(KUTA).to_string().contains("Nasi Uduk"));
}
