//! Promotions that are watched: a push that could end one is held, and nobody is asked anything else.

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Entry, Fault, ForeignPromotion};
use serde_json::{Map, Value, json};

use crate::support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage};

const WATCH: &str = "promotions: watch";
const WITHOUT_RAWON: &str = "items: {RAWON: {remove: true}}\n";

/// An outlet in sync whose promotions are watched.
fn watching() -> Stage {
    let stage = Stage::new().in_sync();
    stage.settings(WATCH);
    stage
}

/// Somebody makes a promotion on a dish that runs for decades; `change` replaces keys of it, or of its `promo_detail`.
pub(crate) fn promote(stage: &Stage, item: &str, change: Value) {
    let mut promotion = json!({ "promo_detail": {
        "external_menu_id": item, "selling_price": 19_000, "start_date": "2020-02-25", "end_date": "2099-02-28",
    }});
    for (key, value) in change.as_object().unwrap() {
        let at = if matches!(key.as_str(), "status" | "promo_type") {
            &mut promotion
        } else {
            &mut promotion["promo_detail"]
        };
        at[key] = value.clone();
    }
    let promotion: ForeignPromotion = serde_json::from_value(promotion).unwrap();
    stage.server().add_promotion(KUTA, promotion).unwrap();
}

fn set(stage: &Stage, settings: Value) {
    let settings: Map<String, Value> = settings.as_object().unwrap().clone();
    stage.server().merge_settings(settings).unwrap();
    stage.server().expire_tokens();
}

fn promotion_calls(stage: &Stage) -> Vec<Entry> {
    stage.log().into_iter().filter(|entry| entry.endpoint == Endpoint::Promo).collect()
}

/// The guard in the JSON of a plan.
fn guard(stage: &Stage) -> Value {
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    let guards = plan["outlets"][0]["guards"].as_array().unwrap();
    guards.iter().find(|guard| guard["guard"] == "promotion").cloned().unwrap_or_default()
}

/// The message of the guard in the text of a plan.
fn message(stage: &Stage) -> String {
    let plan = stage.run(&["plan"]).expect(0).transcript();
    let line = plan.lines().find(|line| line.contains("promotion:"));
    line.unwrap_or_else(|| panic!("not held: {plan}")).trim().to_owned()
}

#[test]
fn a_push_that_takes_a_dish_away_is_held_for_its_promotion() {
    let stage = watching();
    promote(
        &stage,
        "RAWON",
        json!({ "applicable_days": ["sunday", "monday"], "start_time": "14:00:00", "end_time": "16:00:00" }),
    );
    promote(&stage, "NG", json!({}));
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    stage.clear_log();
    let plan = stage.run(&["plan", "--fail-on-guard"]).expect(4).transcript();
    let refused = stage.run(&["apply", "--yes"]).expect(4).transcript();
    stage.assert_nothing_written();
    let daemon = stage.run(&["run", "--once"]).code;
    assert_eq!(daemon, 4);
    stage.assert_nothing_written();
    let status = stage.run(&["status"]).transcript();
    assert_snapshot!(format!("{plan}{refused}{status}"));
    assert_eq!(
        guard(&stage),
        json!({
            "guard": "promotion", "limit": null, "actual": 1.0, "verdict": "held", "items": ["items/RAWON"],
            "promotions": [stage.server().promotions(KUTA).unwrap()[0].promotion_id],
        })
    );
    stage.run(&["apply", "--yes", "--allow", "promotion"]).expect(0);
    let statuses: Vec<String> = stage.server().promotions(KUTA).unwrap().into_iter().map(|one| one.status).collect();
    assert_eq!(statuses, ["deactivated", "active"]);
}

#[test]
fn a_push_that_renames_a_menu_or_gives_a_dish_another_id_is_held() {
    let stage = watching();
    promote(&stage, "TEH", json!({ "start_date": "2098-01-01" }));
    stage.edit(LAYER, "name: Minuman", "name: Minum");
    assert_snapshot!("renamed", message(&stage));
    stage.run(&["apply", "--yes"]).expect(4);
    stage.run(&["apply", "--yes", "--allow", "promotion"]).expect(0);
    stage.edit(LAYER, "external_id: TEH", "external_id: TEH-MANIS");
    assert_snapshot!("another_id", message(&stage));
}

#[test]
fn nobody_is_asked_unless_the_settings_say_so_and_the_push_touches_a_dish() {
    let stage = Stage::new().in_sync();
    promote(&stage, "RAWON", json!({}));
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    let digest = |stage: &Stage| stage.run(&["plan", "--output", "json"]).expect(0).json()["digest"].clone();
    let off = digest(&stage);
    let log = stage.log();
    assert_eq!(promotion_calls(&stage), []);
    assert!(log.iter().filter_map(|entry| entry.scope.as_ref()).all(|scope| !scope.contains("promo")), "{log:?}");
    // The nearest file wins.
    stage.append(KUTA_FILE, "promotions: watch\n");
    assert_eq!(digest(&stage), off, "a guard is no change");
    assert_eq!(promotion_calls(&stage).len(), 1);
    assert_eq!(guard(&stage)["verdict"], "held");
    stage.edit(KUTA_FILE, WITHOUT_RAWON, "");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(promotion_calls(&stage), []);
}

#[test]
fn what_is_over_or_on_another_dish_holds_nothing() {
    let stage = watching();
    promote(&stage, "RAWON", json!({ "end_date": "2021-02-28" }));
    promote(&stage, "RAWON", json!({ "status": "Cancelled by merchant" }));
    promote(&stage, "NG", json!({}));
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(promotion_calls(&stage).len(), 2, "one for the plan that is shown, one for the push");
}

#[test]
fn a_credential_without_the_right_is_told_and_pushes() {
    let catalog = json!(["gofood:catalog:read", "gofood:catalog:write"]);
    for settings in [
        json!({ "facilitator": true }),
        json!({ "granted_scopes": catalog }),
        json!({ "granted_scopes": catalog, "unauthorized_without_scope": true }),
    ] {
        let stage = watching();
        promote(&stage, "RAWON", json!({}));
        stage.append(KUTA_FILE, WITHOUT_RAWON);
        set(&stage, settings);
        let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
        assert!(plan["outlets"][0]["unwatched"].as_str().unwrap().contains("promo:food_promo:read"), "{plan}");
        stage.run(&["plan"]).expect(0).says(&["warning: Kuta: the credential may not look at promotions"]);
        let told = stage.run(&["apply", "--yes"]).expect(0).transcript();
        assert!(told.contains("the credential may not look at promotions"), "{told}");
        assert!(told.contains("promo:food_promo:read"), "{told}");
        assert_eq!(stage.puts().len(), 1);
        let doctor = stage.run_beside_a_writer(&["doctor"]).transcript();
        assert!(doctor.contains("until then no push is held for a promotion"), "{doctor}");
    }
}

#[test]
fn a_list_that_cannot_be_read_holds() {
    let stage = watching();
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Promo, 404) });
    assert_snapshot!(message(&stage));
    stage.run(&["apply", "--yes"]).expect(4);
    stage.server().clear_faults();
    // With the scope in hand this is another trouble than a missing right.
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Promo, 403) });
    assert!(message(&stage).contains("403 Forbidden"));
    stage.server().clear_faults();
    let body = json!({ "success": true, "data": { "coupons": "none" } });
    stage.server().inject(Fault { times: None, body: Some(body), ..Fault::status(Endpoint::Promo, 200) });
    assert!(message(&stage).contains("no list of promotions can be read from the answer"));
    stage.server().clear_faults();
    stage.run(&["apply", "--yes"]).expect(0);
}

#[test]
fn all_pages_are_read_and_a_dish_that_the_list_does_not_name_is_asked_for() {
    let stage = watching();
    set(&stage, json!({ "promo_page_size": 2 }));
    for item in ["NG", "NG", "TEH", "TEH", "RAWON"] {
        promote(&stage, item, json!({}));
    }
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    assert!(message(&stage).contains("a promotion on “Nasi Rawon” (RAWON) runs"));
    assert_eq!(promotion_calls(&stage).len(), 3);
    set(&stage, json!({ "promo_detail": "bare" }));
    stage.clear_log();
    let told = message(&stage);
    assert!(told.contains("that does not name its dish") && told.contains("and 2 more"), "{told}");
    assert_eq!(promotion_calls(&stage).len(), 3 + 5, "each is asked for once");
}

#[test]
fn promotions_lists_what_runs_and_waits() {
    let stage = Stage::new().with_kemang().in_sync();
    promote(&stage, "SATE", json!({ "start_date": "2098-01-01", "status": "\u{1b}[31mpending" }));
    promote(
        &stage,
        "RAWON",
        json!({ "applicable_days": ["friday"], "start_time": "14:00:00", "end_time": "16:00:00" }),
    );
    promote(&stage, "NG", json!({ "end_date": "2021-01-01" }));
    assert_snapshot!(stage.run(&["promotions"]).expect(0).transcript());
    let json = stage.run(&["promotions", "--outlet", KUTA, "--output", "json"]).expect(0).json();
    assert_eq!((&json["schema"], json["outlets"].as_array().unwrap().len()), (&json!("menusync.promotions/1"), 1));
    let first = &json["outlets"][0]["promotions"][0];
    assert_eq!(
        [&first["phase"], &first["external_menu_id"], &first["selling_price"]],
        [&json!("runs"), &json!("RAWON"), &json!(19_000)]
    );
    set(&stage, json!({ "facilitator": true }));
    stage.run(&["promotions", "--outlet", KEMANG]).expect(1).says(&["cannot be listed", "promo:food_promo:read"]);
}

#[test]
fn doctor_asks_for_the_right_only_where_promotions_are_watched() {
    let stage = watching();
    stage.run_beside_a_writer(&["doctor"]).says(&["granted: promo:food_promo:read"]);
    stage.settings("");
    stage.clear_log();
    let doctor = stage.run_beside_a_writer(&["doctor"]).transcript();
    assert!(!doctor.contains("promo"), "{doctor}");
}

#[test]
fn an_approval_lets_a_promotion_end() {
    let stage = watching();
    promote(&stage, "RAWON", json!({}));
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    stage.run(&["run", "--once"]).expect(4);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.run(&["approve", "plan.json", "--guard", "promotion", "--reason", "Rawon is over"]).expect(0);
    assert_eq!(guard(&stage)["verdict"], "released");
    stage.run(&["run", "--once"]).expect(0);
    assert!(stage.live_item(KUTA, "RAWON").is_null());
}

#[test]
fn an_approval_is_not_for_a_promotion_that_is_made_later() {
    let stage = watching();
    promote(&stage, "RAWON", json!({}));
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.run(&["approve", "plan.json", "--guard", "promotion", "--reason", "Rawon is over"]).expect(0);
    promote(&stage, "RAWON", json!({ "start_date": "2098-01-01" }));
    assert_eq!(guard(&stage)["verdict"], "held", "one that was made later was not looked at");
    stage.run(&["run", "--once"]).expect(4);
    let later = stage.server().promotions(KUTA).unwrap().pop().unwrap().promotion_id;
    assert!(guard(&stage)["promotions"].as_array().unwrap().contains(&json!(later)));
}

#[test]
fn a_held_push_goes_out_when_the_promotion_is_over() {
    let stage = watching();
    promote(&stage, "RAWON", json!({}));
    stage.append(KUTA_FILE, WITHOUT_RAWON);
    stage.run(&["run", "--once"]).expect(4);
    set(&stage, json!({ "promo_now": "2099-03-01T00:00:00Z" }));
    stage.run(&["run", "--once"]).expect(0);
    assert!(stage.live_item(KUTA, "RAWON").is_null());
}

#[test]
fn a_rollback_that_takes_a_dish_away_is_held_too() {
    let stage = watching();
    stage.append(KUTA_FILE, "menus: [{name: Nasi, menu_items: [{external_id: SATE, name: Sate, price: 30000}]}]\n");
    stage.run(&["apply", "--yes"]).expect(0);
    promote(&stage, "SATE", json!({}));
    let told = stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(4).transcript();
    assert!(told.contains("promotion: a promotion on “Sate” (SATE) runs"), "{told}");
    assert!(!stage.live_item(KUTA, "SATE").is_null());
}
