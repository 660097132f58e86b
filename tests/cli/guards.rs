//! Every guard holds its outlet, with numbers, and writes nothing; limits come from the nearest place.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

/// The plan shows that `guard` holds, `apply` refuses with 4 and writes nothing, and `--allow` lets it through.
#[track_caller]
fn held(stage: &Stage, guard: &str) -> String {
    stage.clear_log();
    let plan = stage.run(&["plan", "--output", "json", "--fail-on-guard"]).expect(4).json();
    let guards = plan["outlets"][0]["guards"].as_array().unwrap().clone();
    let holding: Vec<_> = guards.iter().filter(|told| told["verdict"] == "held").map(|told| &told["guard"]).collect();
    assert_eq!(holding, [guard], "{guards:#?}");
    let refused = stage.run(&["apply", "--yes"]).expect(4).transcript();
    stage.assert_nothing_written();
    let text = format!("{}{refused}", stage.run(&["plan"]).transcript());
    // What it advises is what a person types.
    let release = &plan["release"];
    let advised = release["bring_back"].as_str().or(release["push"].as_str()).unwrap();
    assert!(text.contains(&format!("`{advised}`")), "{advised}: {text}");
    let advised: Vec<&str> = advised.split(' ').skip(1).chain(["--yes"]).collect();
    stage.run(&advised).expect(0);
    assert_eq!(stage.writes().len(), 1);
    assert_eq!(stage.run(&["plan", "--output", "json"]).json()["summary"]["held"], 0, "{advised:?}");
    text
}

#[test]
fn first_contact() {
    let stage = Stage::new();
    stage.seed(
        KUTA,
        json!({"menus": [{"name": "Nasi", "menu_items": [
            {"external_id": "NG", "name": "Nasi Goreng Kampung", "price": 24000, "in_stock": true}]}]}),
    );
    assert_snapshot!(held(&stage, "first-contact"));
}

#[test]
fn first_contact_with_a_menu_that_is_equal_is_none() {
    let stage = Stage::new().in_sync();
    std::fs::remove_dir_all(stage.state_dir()).unwrap();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn empty_live() {
    let stage = Stage::new().in_sync();
    stage.seed(KUTA, json!({"menus": [], "variant_categories": []}));
    stage.append(KUTA_FILE, "menus: [{name: Camilan, menu_items: [{external_id: TAHU, name: Tahu, price: 9000}]}]\n");
    assert_snapshot!(held(&stage, "empty-live"));
}

#[test]
fn a_menu_that_vanished_holds_also_where_nothing_would_be_sent() {
    let stage = Stage::new().in_sync();
    stage.seed(KUTA, json!({"menus": [], "variant_categories": []}));
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.clear_log();
    let plan = stage.run(&["plan", "--output", "json", "--fail-on-guard"]).expect(4).json();
    assert_eq!((&plan["outlets"][0]["action"], &plan["outlets"][0]["state"]), (&json!("none"), &json!("held")));
    let refused = stage.run(&["apply", "--yes"]).expect(4).transcript();
    stage.assert_nothing_written();
    assert_snapshot!(refused);
    let status = stage.run(&["status", "--output", "json"]).expect(2).json();
    let line = &status["outlets"][0];
    assert_eq!((&line["state"], &line["held"][0]["guard"]), (&json!("held"), &json!("empty-live")), "{line:#}");
    // Also if there is no edit, and also for who passes without asking.
    stage.edit(LAYER, "price: 27000", "price: 25000");
    stage.run(&["apply", "--yes"]).expect(4).says(&["empty-live"]);
    stage.run(&["run", "--once"]).expect(4).says(&["empty-live"]);
    assert_eq!(stage.run(&["status", "--output", "json"]).expect(2).json()["outlets"][0]["state"], "held");
    stage.assert_nothing_written();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let let_through = stage.run(&["apply", "--yes", "--allow", "empty-live", "--output", "json"]).expect(0).json();
    assert_eq!(let_through["outlets"][0]["state"], "drifted", "{let_through:#}");
    stage.assert_nothing_written();
    // The advised commands, one after the other, bring it back.
    let release = stage.run(&["plan", "--output", "json"]).json()["release"].clone();
    for command in release["review_bringing_back"].as_array().unwrap() {
        let mut typed: Vec<&str> = command.as_str().unwrap().split(' ').skip(1).collect();
        if typed[0] == "apply" {
            typed.push("--yes");
        }
        stage.run(&typed).expect(0);
    }
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
}

#[test]
fn deletes() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n");
    assert_snapshot!(held(&stage, "deletes"));
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn emptied_menu() {
    let stage = Stage::new().in_sync();
    stage.settings("guards: {deletes: [5, 50%]}");
    stage.append(KUTA_FILE, "menus: [{name: Minuman, remove: true}]\n");
    assert_snapshot!(held(&stage, "emptied-menu"));
}

#[test]
fn unmanaged() {
    let stage = Stage::new().in_sync();
    stage.add_in_app(KUTA, "Nasi", "Nasi Uduk", 20000);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_snapshot!(held(&stage, "unmanaged"));
}

#[test]
fn re_key() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "external_id: PECEL", "external_id: PECEL-2");
    assert_snapshot!(held(&stage, "re-key"));
}

#[test]
fn price_change() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 40000");
    assert_snapshot!(held(&stage, "price-change"));
}

#[test]
fn price_change_of_a_variant() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 2000}", "price: 3500}");
    assert_snapshot!(held(&stage, "price-change"));
}

#[test]
fn decimal_slip() {
    let stage = Stage::new().in_sync();
    stage.settings("guards: {price-change: 10000%}");
    stage.edit(LAYER, "price: 25000", "price: 250000");
    assert_snapshot!(held(&stage, "decimal-slip"));
}

#[test]
fn decimal_slip_of_a_new_item_against_other_outlets() {
    let stage = Stage::new().with_kemang().in_sync();
    let kopi = |price: i64| {
        format!("menus: [{{name: Minuman, menu_items: [{{external_id: KOPI, name: Kopi, price: {price}}}]}}]\n")
    };
    stage.append(crate::support::KEMANG_FILE, &kopi(15000));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.append(KUTA_FILE, &kopi(1500));
    assert_snapshot!(stage.run(&["plan", "--fail-on-guard"]).expect(4).transcript());
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(5);
    stage.assert_nothing_written();
    stage.run(&["apply", "--yes", "--allow", "decimal-slip"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "KOPI")["price"], 1500);
}

#[test]
fn low_price() {
    let stage = Stage::new().in_sync();
    let sambal = |price: &str, comment: &str| {
        format!(
            "outlet: G1001\nname: Kuta\nextends: [warung.yaml]\nmenus:\n  - name: Camilan\n    menu_items:\n      - external_id: SAMBAL\n        name: Sambal\n        price: {price}{comment}\n"
        )
    };
    stage.write(KUTA_FILE, &sambal("18", ""));
    assert_snapshot!(held(&stage, "low-price"));
    // What is live is not asked about again.
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.run(&["apply", "--yes"]).expect(0);
    // What somebody answers for in the file is no slip.
    stage.write(KUTA_FILE, &sambal("17", " # menusync: allow(price-too-low) a spoonful"));
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "SAMBAL")["price"], 17);
}

/// Nobody answers in the files for a price that a rollback brings back.
#[test]
fn low_price_of_a_rollback() {
    let stage = Stage::new().in_sync();
    let sambal = |price: &str| {
        format!(
            "outlet: G1001\nname: Kuta\nextends: [warung.yaml]\nmenus:\n  - name: Camilan\n    menu_items:\n      - external_id: SAMBAL\n        name: Sambal\n        price: {price}\n"
        )
    };
    stage.write(KUTA_FILE, &sambal("500 # menusync: allow(price-too-low) a spoonful"));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.write(KUTA_FILE, &sambal("5000"));
    stage.run(&["apply", "--yes", "--allow", "price-change", "--allow", "decimal-slip"]).expect(0);
    let back =
        ["rollback", "--outlet", KUTA, "--to", "2", "--yes", "--allow", "price-change", "--allow", "decimal-slip"];
    let held = stage.run(&back).expect(4);
    assert!(held.stdout.contains("low-price") && held.stdout.contains("Rp 500"), "{}", held.transcript());
    stage.settings("rules: {price-too-low: off}");
    stage.run(&back).expect(0);
    assert_eq!(stage.live_item(KUTA, "SAMBAL")["price"], 500);
}

#[test]
fn low_price_is_not_held_where_the_rule_is_off() {
    let stage = Stage::new().in_sync();
    stage.settings("rules: {price-too-low: off}");
    stage
        .append(KUTA_FILE, "menus: [{name: Camilan, menu_items: [{external_id: SAMBAL, name: Sambal, price: 500}]}]\n");
    stage.run(&["apply", "--yes"]).expect(0);
}

#[test]
fn sold_out() {
    let stage = Stage::new().in_sync();
    let off: Vec<_> = ["NG", "RAWON", "GUDEG", "PECEL"].iter().map(|id| format!("{id}: {{in_stock: false}}")).collect();
    stage.append(KUTA_FILE, &format!("items: {{{}}}\n", off.join(", ")));
    assert_snapshot!(held(&stage, "sold-out"));
    assert_eq!(stage.puts().len(), 0);
}

/// A price edit of 20 %, with limits in settings, layer and outlet; says whether it is pushed.
fn passes(settings: &str, layer: &str, outlet: &str) -> bool {
    let stage = Stage::new().in_sync();
    let limit =
        |limit: &str| if limit.is_empty() { String::new() } else { format!("guards: {{price-change: {limit}}}\n") };
    stage.settings(&limit(settings));
    stage.append(LAYER, &limit(layer));
    stage.append(KUTA_FILE, &limit(outlet));
    stage.edit(LAYER, "price: 25000", "price: 30000");
    let pushed = stage.run(&["apply", "--yes"]).code;
    assert_eq!(pushed == 0, stage.puts().len() == 1);
    assert_eq!(pushed == 4, stage.writes().is_empty());
    pushed == 0
}

#[test]
fn the_limit_in_the_settings_counts() {
    assert!(passes("", "", ""));
    assert!(!passes("10%", "", ""));
}

#[test]
fn the_limit_in_a_layer_wins_over_the_settings() {
    assert!(!passes("", "10%", ""));
    assert!(passes("10%", "30%", ""));
}

#[test]
fn the_limit_in_the_outlet_wins_over_layer_and_settings() {
    assert!(!passes("30%", "30%", "10%"));
    assert!(passes("10%", "10%", "30%"));
}

/// Settings at one level each, from far to near.
const LEVELS: [&str; 3] = ["menusync.yaml", LAYER, KUTA_FILE];

/// Each limit is taken from each level, and the nearest level wins over those beyond it: whatever is written farther away
/// says the opposite.
#[test]
fn every_limit_can_be_set_at_each_level_and_the_nearest_wins() {
    let removed = "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n";
    let sold_out = "items: {GUDEG: {in_stock: false}, PECEL: {in_stock: false}}\n";
    let dearer = "items: {GUDEG: {price: 35000}}\n";
    let cases = [
        (removed, "guards: {deletes: [2, 40%]}\n", "guards: {deletes: [5, 20%]}\n"),
        (removed, "guards: {deletes: [2, 100%]}\n", "guards: {deletes: [1, 100%]}\n"),
        (sold_out, "guards: {sold-out: 40%}\n", "guards: {sold-out: 20%}\n"),
        (dearer, "guards: {price-change: 30%}\n", "guards: {price-change: 10%}\n"),
    ];
    for (change, wide, narrow) in cases {
        for (nearest, place) in LEVELS.into_iter().enumerate() {
            let stage = Stage::new().in_sync();
            stage.append(KUTA_FILE, change);
            for (level, file) in LEVELS.iter().enumerate().take(nearest + 1) {
                stage.append(file, if level == nearest { narrow } else { wide });
            }
            stage.run(&["apply", "--yes"]).expect(4);
            stage.assert_nothing_written();
            let own = |text: &str| text.replace(narrow, wide);
            stage.write(place, &own(&stage.read(place)));
            stage.run(&["apply", "--yes"]).expect(0);
            assert_eq!(stage.writes().len(), 1, "{wide} in {place}");
        }
    }
}

/// One of six leaves, then another: neither is much by itself.
#[test]
fn deletes_counts_what_left_within_the_last_24_hours() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, "items: {GUDEG: {remove: true}}\n");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.edit(KUTA_FILE, "{GUDEG: {remove: true}}", "{GUDEG: {remove: true}, PECEL: {remove: true}}");
    assert_snapshot!(held(&stage, "deletes"));
}

#[test]
fn guards_hold_only_their_outlet() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, "items: {NG: {price: 250000}}\n");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(5).transcript());
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(stage.live_item(KUTA, "RAWON")["price"], 36000);
    assert_snapshot!(stage.run(&["status"]).transcript());
}
