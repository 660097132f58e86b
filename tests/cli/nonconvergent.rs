//! GoFood accepts a price and does not take it: whoever is asked says so, until the file says something else.

use serde_json::json;

use crate::support::{KUTA, LAYER, Stage};

#[test]
fn a_price_that_is_not_taken_is_said_by_every_command_and_not_sent_again() {
    let stage = Stage::new().in_sync();
    // What settles on something else does so after a minute.
    stage.settings_with_verify("{timeout: 62s, interval: 50ms}", "");
    stage.server().change_settings(|settings| settings.ignore_price_changes = vec!["NG".to_owned()]);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.run(&["apply", "--yes"]).expect(1).says(&["nonconvergent", "items/NG/price"]);
    assert_eq!(stage.live_item(KUTA, "RAWON")["price"], 37_000);
    stage.clear_log();
    stage.run(&["plan"]).expect(0).says(&["Kuta (G1001): nonconvergent"]);
    stage.run(&["plan", "--detailed-exitcode"]).expect(2);
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    assert_eq!(
        (&plan["outlets"][0]["state"], &plan["outlets"][0]["action"]),
        (&json!("nonconvergent"), &json!("none"))
    );
    for command in [&["apply", "--yes"][..], &["apply"], &["run", "--once"]] {
        stage.run(command).expect(1).says(&["nonconvergent", "items/NG/price (files 27000, live 25000)"]);
    }
    stage.run(&["status"]).expect(2).says(&["nonconvergent", "items/NG/price"]);
    stage.assert_nothing_written();
    // Another value is worth another try.
    stage.server().change_settings(|settings| settings.ignore_price_changes.clear());
    stage.edit(LAYER, "price: 27000", "price: 26000");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 26_000);
}
