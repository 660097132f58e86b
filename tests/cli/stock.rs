//! Stock is the kitchen's: no push brings a sold-out dish back, and we put back only what we took off.

use std::time::Duration;

use insta::assert_snapshot;
use menusync::sandbox::StockToggle;

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

#[test]
fn what_the_kitchen_sold_out_stays_sold_out_through_a_price_edit() {
    let stage = Stage::new().in_sync();
    stage.kitchen(KUTA, "RAWON", false);
    stage.server().toggle_stock(KUTA, StockToggle::Variant { variant: "LV-3".into(), in_stock: false }).unwrap();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 1);
    assert!(stage.patches().is_empty());
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
    assert_eq!(stage.live_item(KUTA, "NG")["in_stock"], true);
    assert_eq!(stage.live(KUTA)["variant_categories"][0]["variants"][1]["in_stock"], false);
}

#[test]
fn a_dish_that_a_file_takes_off_sale_is_one_stock_call_and_is_put_back_later() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    assert_eq!((stage.puts().len(), stage.patches().len()), (0, 1));
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();

    stage.edit(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n", "");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!((stage.puts().len(), stage.patches().len()), (0, 1));
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], true);
}

#[test]
fn a_dish_that_the_kitchen_took_off_is_not_put_back_by_true_in_a_file() {
    let stage = Stage::new().in_sync();
    stage.kitchen(KUTA, "RAWON", false);
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: true}}\n");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
}

#[test]
fn stock_that_was_toggled_before_the_publication_is_set_again_after_it() {
    let stage = Stage::new().in_sync();
    stage.publish_after(Duration::from_millis(600));
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let output = std::thread::scope(|threads| {
        let apply = threads.spawn(|| stage.run(&["apply", "--yes"]));
        while stage.puts().iter().all(|put| put.status.is_none()) {
            std::thread::yield_now();
        }
        stage.kitchen(KUTA, "RAWON", false);
        apply.join().unwrap()
    });
    assert_snapshot!(output.transcript());
    assert_eq!((stage.puts().len(), stage.patches().len()), (1, 1));
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
}

#[test]
fn with_the_platforms_own_ids_stock_is_set_by_those() {
    let stage = Stage::new();
    stage.settings("");
    stage.edit("menusync.yaml", "requests_per_second", "stock_key: id, requests_per_second");
    stage.server().change_settings(|settings| settings.stock_key = menusync::sandbox::StockKey::Id);
    stage.run(&["apply", "--yes"]).expect(0);
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\nvariants: {LV-3: {in_stock: false}}\n");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.patches().len(), 2);
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
}

/// In sync with one dish that the kitchen sold out, at a platform that names dishes by its own ids in stock calls.
fn other_key() -> Stage {
    let stage = Stage::new().in_sync();
    stage.server().change_settings(|settings| settings.stock_key = menusync::sandbox::StockKey::Id);
    stage.kitchen(KUTA, "TEH", false);
    stage
}

#[test]
fn a_refused_stock_call_names_the_setting_and_the_menu_carries_the_stock_once() {
    let stage = other_key();
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\nvariants: {LV-3: {in_stock: false}}\n");
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).transcript());
    assert_eq!((stage.puts().len(), stage.patches().len()), (1, 1));
    let stock = || ["RAWON", "TEH", "NG"].map(|id| stage.live_item(KUTA, id)["in_stock"] == true);
    assert_eq!(stock(), [false, false, true]);
    assert_eq!(stage.live(KUTA)["variant_categories"][0]["variants"][1]["in_stock"], false);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    let history = stage.run(&["history"]).expect(0).stdout;
    assert!(history.contains("rejected") && history.contains("published"), "{history}");

    // Nothing tells a menu that brings only stock from what the kitchen did meanwhile: in doubt it was the kitchen.
    stage.edit(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n", "");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stock(), [false, false, true], "nothing that is sold out is put on sale");
}

#[test]
fn where_a_guard_holds_the_menu_the_stock_is_not_sent_with_it() {
    let stage = other_key();
    stage.add_in_app(KUTA, "Nasi", "Nasi Kucing", 8000);
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    let output = stage.run(&["apply", "--yes"]).expect(4);
    assert_eq!((stage.puts().len(), stage.patches().len()), (0, 1), "{}", output.transcript());
    output.says(&["`gobiz.stock_key`", "the stock goes with a push of the whole menu instead: "]);
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], true);
}

#[test]
fn a_refusal_that_a_menu_would_meet_as_well_is_final() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    for status in [403, 409] {
        stage.server().inject(menusync::sandbox::Fault::status(menusync::sandbox::Endpoint::Stock, status));
        stage.run(&["apply", "--yes"]).expect(1);
        assert!(stage.puts().is_empty());
    }
}

#[test]
fn what_is_sold_out_while_the_menu_carries_the_stock_does_not_come_back() {
    let stage = other_key();
    stage.publish_after(Duration::from_millis(600));
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    let output = std::thread::scope(|threads| {
        let apply = threads.spawn(|| stage.run(&["apply", "--yes"]));
        while stage.puts().iter().all(|put| put.status.is_none()) {
            std::thread::yield_now();
        }
        stage.kitchen(KUTA, "NG", false);
        apply.join().unwrap()
    });
    assert_eq!(output.code, 0, "{}", output.transcript());
    let stock = ["RAWON", "TEH", "NG"].map(|id| stage.live_item(KUTA, id)["in_stock"] == true);
    assert_eq!(stock, [false; 3], "{}", output.transcript());
}
