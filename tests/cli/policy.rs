//! When pushes may happen and what is left alone: windows, paused outlets, dated layers, ignored fields.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

#[test]
fn outside_of_its_window_an_outlet_is_queued() {
    let stage = Stage::new().in_sync();
    stage.settings("windows: [{kind: deny, schedule: \"0 0 * * *\", duration: 23h}, {kind: deny, schedule: \"0 12 * * *\", duration: 23h}]");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).transcript());
    stage.assert_nothing_written();
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
}

#[test]
fn only_what_would_be_pushed_waits_for_a_window() {
    let stage = Stage::new().in_sync();
    stage.settings("windows: [{kind: deny, schedule: \"0 0 * * *\", duration: 23h}, {kind: deny, schedule: \"0 12 * * *\", duration: 23h}]");
    let told = |command: &str, code| {
        let outlet = stage.run(&[command, "--output", "json"]).expect(code).json()["outlets"][0].clone();
        (outlet["state"].clone(), outlet["window"].is_null())
    };
    assert_eq!(told("plan", 0), (json!("in_sync"), true));
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_eq!(told("plan", 0), (json!("queued"), false));
    assert_eq!(told("drift", 0), (json!("queued"), true));
}

#[test]
fn a_paused_outlet_is_left_alone() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, "state: paused\n");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_snapshot!(stage.run(&["plan"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).transcript());
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25000);
    assert!(stage.log().iter().all(|entry| entry.outlet.as_deref() != Some(KUTA)));
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
}

#[test]
fn a_dated_layer_counts_from_its_first_moment_to_its_last() {
    let stage = Stage::new().in_sync();
    stage.write(
        "catalogs/ramadan.yaml",
        "from: 2041-10-01T00:00\nuntil: 2041-10-31T00:00\n\
         menus: [{name: Takjil, before: Nasi, menu_items: [{external_id: KOLAK, name: Kolak, price: 12000}]}]\n",
    );
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, ramadan.yaml]");
    stage.run(&["plan", "--detailed-exitcode"]).expect(0);
    stage.run(&["plan", "--detailed-exitcode", "--at", "2041-09-30T16:59:59Z"]).expect(0);
    assert_snapshot!(
        stage.run(&["plan", "--detailed-exitcode", "--at", "2041-09-30T17:00:00Z"]).expect(2).transcript()
    );
    stage.run(&["plan", "--detailed-exitcode", "--at", "2041-10-30T17:00:00Z"]).expect(0);
    stage.run(&["render", "--outlet", KUTA, "--at", "2041-10-10T00:00:00+07:00"]).expect(0).says(&["KOLAK"]);
    let now = stage.run(&["render", "--outlet", KUTA]).expect(0);
    assert!(!now.stdout.contains("KOLAK"));
}

#[test]
fn an_ignored_field_is_neither_drift_nor_set() {
    let stage = Stage::new().in_sync();
    stage.settings("ignore: [description]");
    stage.edit_in_app(KUTA, "NG", json!({"description": "dari aplikasi"}));
    stage.run(&["drift"]).expect(0);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["apply", "--yes"]).expect(0);
    let item = stage.live_item(KUTA, "NG");
    assert_eq!((&item["price"], &item["description"]), (&json!(27000), &json!("dari aplikasi")));
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
}
