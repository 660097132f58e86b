//! Promotions that files declare, from the files to the platform and back.

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Fault, PromotionDump};
use serde_json::{Map, Value, json};

use crate::{
    history::commit,
    promotions::promote,
    support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage, zone_away_from_midnight},
};

const GAJIAN: &str = "promotions:\n  gajian:\n    external_menu_id: NG\n    selling_price: 19000\n    \
                      start_date: 2098-02-25\n    end_date: 2098-02-28\n";

/// An outlet in sync whose files declare `gajian`.
fn promoting() -> Stage {
    let stage = away_from_midnight(Stage::new()).in_sync();
    stage.append(KUTA_FILE, GAJIAN);
    stage.clear_log();
    stage
}

fn away_from_midnight(stage: Stage) -> Stage {
    stage.settings(&format!("timezone: {}\n", zone_away_from_midnight()));
    stage
}

/// What is told, in the zone that it is told in but for the hour before midnight.
fn in_jakarta(told: &str) -> String {
    told.replace(" WIT", " WIB")
}

fn set(stage: &Stage, settings: Value) {
    let settings: Map<String, Value> = settings.as_object().unwrap().clone();
    stage.server().merge_settings(settings).unwrap();
    stage.server().expire_tokens();
}

fn all(stage: &Stage) -> Vec<PromotionDump> {
    stage.server().promotions(KUTA).unwrap()
}

fn statuses(stage: &Stage) -> Vec<(String, i64)> {
    all(stage).into_iter().map(|one| (one.status, one.promo_detail.selling_price)).collect()
}

/// The calls for promotions but for looks.
fn writes(stage: &Stage) -> Vec<String> {
    let calls = stage.log().into_iter().filter(|entry| entry.endpoint == Endpoint::Promo && entry.method != "GET");
    calls.map(|entry| entry.method).collect()
}

#[test]
fn a_promotion_is_shown_made_changed_and_ended() {
    let stage = promoting();
    let plan = stage.run(&["plan"]).expect(0).transcript();
    assert!(writes(&stage).is_empty());
    let made = stage.run(&["apply", "--yes"]).expect(0).transcript();
    assert_eq!(statuses(&stage), [("created".to_owned(), 19_000)]);
    let again = stage.run(&["plan"]).expect(0).transcript();
    stage.edit(KUTA_FILE, "selling_price: 19000", "selling_price: 18000\n    applicable_days: [tuesday, friday]");
    let change = stage.run(&["plan"]).expect(0).transcript();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage), [("created".to_owned(), 18_000)]);
    stage.write(KUTA_FILE, stage.read(KUTA_FILE).split("promotions:").next().unwrap());
    let end = stage.run(&["plan"]).expect(0).transcript();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage), []);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.log().iter().all(|entry| entry.endpoint != Endpoint::Promo));
    assert_snapshot!([plan, made, again, change, end].join("----\n"));
}

#[test]
fn a_running_promotion_is_deactivated_and_programs_get_all_of_it() {
    let stage = promoting();
    stage.run(&["apply", "--yes"]).expect(0);
    set(&stage, json!({ "promo_now": "2098-02-25T05:00:00Z" }));
    stage.edit(KUTA_FILE, "external_menu_id: NG", "external_menu_id: TEH");
    stage.edit(KUTA_FILE, "selling_price: 19000", "discount: 30%\n    round_to: 500");
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    let outlet = &plan["outlets"][0];
    let ops: Vec<String> = outlet["promotions"].as_array().unwrap().iter().map(|one| one["op"].to_string()).collect();
    assert_eq!(ops, ["\"remove\"", "\"add\""]);
    assert_eq!(plan["summary"]["promotions"], json!({ "add": 1, "remove": 1, "replace": 0, "drift": 0 }));
    let add = outlet["changes"].as_array().unwrap().iter().find(|change| change["kind"] == "add").unwrap();
    assert_eq!(add["path"], "promotions/gajian/TEH");
    assert_eq!(
        add["to"],
        json!({
            "external_menu_id": "TEH", "selling_price": 5000, "start_date": "2098-02-25", "end_date": "2098-02-28",
        })
    );
    let applied = stage.run(&["apply", "--yes", "--output", "json"]).expect(0).json();
    let results: Vec<Value> =
        applied["outlets"][0]["promotions"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert_eq!(results, [json!("ended"), json!("created")]);
    let mut statuses = statuses(&stage);
    statuses.sort();
    assert_eq!(statuses, [("active".to_owned(), 5_000), ("deactivated".to_owned(), 19_000)]);
}

#[test]
fn every_form_of_answer_is_understood() {
    for answer in ["list", "object"] {
        let stage = promoting();
        set(&stage, json!({ "promo_answer": answer }));
        stage.run(&["apply", "--yes"]).expect(0);
        assert_eq!(statuses(&stage).len(), 1);
        set(&stage, json!({ "promo_min_discount": [60, 90] }));
        stage.edit(KUTA_FILE, "selling_price: 19000", "selling_price: 18000");
        let told = stage.run(&["apply", "--yes"]).expect(1).transcript();
        assert!(told.contains("refused: Discount is below the minimum (catalogs/kuta.yaml:"), "{told}");
        let told = stage.run(&["apply", "--yes"]).expect(1).transcript();
        assert!(told.contains("Discount is below the minimum"), "{told}");
        assert_eq!(writes(&stage).iter().filter(|method| *method == "POST").count(), 2, "not sent again");
        let told = stage.run(&["status"]).transcript();
        assert!(told.contains("Discount is below the minimum"), "{told}");
    }
    // An answer that names nothing.
    let stage = promoting();
    let body = json!({ "success": true, "data": null });
    // One look for the plan that is shown, one for the push.
    let silent = Fault { after: 2, commit: Some(true), body: Some(body), ..Fault::status(Endpoint::Promo, 200) };
    stage.server().inject(silent);
    let told = stage.run(&["apply", "--yes"]).transcript();
    assert!(told.contains("created"), "found in the list: {told}");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage).len(), 1);
    // A list that shows nothing but ids.
    let stage = promoting();
    set(&stage, json!({ "promo_detail": "bare" }));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(writes(&stage), [""; 0]);
}

#[test]
fn a_refusal_is_told_word_for_word_wherever_the_outlet_is_shown() {
    let stage = promoting();
    set(&stage, json!({ "promo_min_discount": [60, 90] }));
    let mut told = stage.run(&["apply", "--yes"]).expect(1).transcript();
    stage.clear_log();
    for arguments in [&["plan"][..], &["plan", "--output", "markdown"], &["status"]] {
        told += "----\n";
        told += &stage.run(arguments).transcript();
    }
    assert_snapshot!(in_jakarta(&told));
    let page = stage.run(&["plan", "--output", "html"]).expect(0).transcript();
    assert!(page.contains("GoFood refused it: Discount is below the minimum"), "{page}");
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    let line = stage.read(KUTA_FILE).lines().position(|line| line == "  gajian:").unwrap() + 1;
    let promotion = &plan["outlets"][0]["promotions"][0];
    assert_eq!(
        [&promotion["op"], &promotion["error"], &promotion["source"]["file"], &promotion["source"]["line"]],
        [&json!("refused"), &json!("Discount is below the minimum"), &json!(KUTA_FILE), &json!(line)]
    );
    assert_eq!(writes(&stage), [""; 0]);
}

#[test]
fn history_says_what_became_of_promotions_and_by_whose_commit() {
    let stage = promoting();
    commit(&stage, "Dewi");
    promote(&stage, "RAWON", json!({}));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.edit(KUTA_FILE, "selling_price: 19000", "selling_price: 18000");
    commit(&stage, "Budi");
    stage.run(&["apply", "--yes"]).expect(0);
    let mut told = stage.run(&["promotions"]).expect(0).transcript();
    set(&stage, json!({ "promo_min_discount": [60, 90] }));
    stage.edit(KUTA_FILE, "selling_price: 18000", "selling_price: 17000");
    stage.run(&["apply", "--yes"]).expect(1);
    for command in ["history", "status"] {
        told += &format!("----\n{}", stage.run(&[command]).transcript());
    }
    assert_snapshot!(in_jakarta(&told));
    let history = stage.run(&["history", "--output", "json"]).expect(0).json();
    let events = history["outlets"][0]["promotions"].as_array().unwrap();
    let results: Vec<Value> = events.iter().map(|event| event["result"].clone()).collect();
    assert_eq!(results, ["refused", "ended", "replaced", "ended", "created"]);
    assert_eq!((&events[0]["error"], &events[4]["author"]), (&json!("Discount is below the minimum"), &json!("Dewi")));
    let listed = stage.run(&["promotions", "--output", "json"]).expect(0).json();
    let listed = &listed["outlets"][0]["promotions"][0];
    assert_eq!((&listed["ours"], &listed["source"]), (&Value::Null, &Value::Null), "made elsewhere");
}

#[test]
fn what_is_stored_of_promotions_can_be_dropped_alone() {
    let stage = promoting();
    stage.run(&["forget", "--outlet", KUTA, "--promotions"]).expect(64).says(&["nothing is stored of promotions"]);
    stage.run(&["apply", "--yes"]).expect(0);
    let told = stage.run(&["forget", "--outlet", KUTA, "--promotions"]).expect(0).transcript();
    assert!(told.contains("1 promotion that menusync made is somebody else's from now on"), "{told}");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage), [("created".to_owned(), 19_000)], "it runs on, and is not made again");
    // Where some of it cannot be read, that alone.
    stage.edit(KUTA_FILE, "external_menu_id: NG", "external_menu_id: TEH");
    stage.edit(KUTA_FILE, "selling_price: 19000", "selling_price: 5000");
    stage.run(&["apply", "--yes"]).expect(0);
    let state = rusqlite::Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
    let broken = "INSERT INTO promotions SELECT platform, outlet, 'promotions/teh/TEH', '{}' FROM promotions";
    state.execute(broken, []).unwrap();
    stage.run(&["promotions"]).expect(0).says(&["whose is not known: what is stored cannot be read", "ours, “gajian”"]);
    stage.run(&["status"]).says(&["promotions: 1 waits, 1 not seen yet"]);
    let told = stage.run(&["forget", "--outlet", KUTA, "--promotions"]).expect(0).transcript();
    assert!(told.contains("Deleted what was stored of promotions/teh/TEH of outlet"), "{told}");
    assert!(told.contains("1 promotion that menusync made is somebody else's from now on"), "{told}");
    stage.write(KUTA_FILE, stage.read(KUTA_FILE).split("promotions:").next().unwrap());
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage), [("created".to_owned(), 19_000)], "the other one is ended");
}

#[test]
fn a_credential_without_the_right_pushes_the_menu() {
    for settings in
        [json!({ "facilitator": true }), json!({ "granted_scopes": ["gofood:catalog:read", "gofood:catalog:write"] })]
    {
        let stage = promoting();
        set(&stage, settings);
        stage.edit(LAYER, "price: 36000", "price: 37000");
        let told = stage.run(&["apply", "--yes"]).transcript();
        assert!(told.contains("promotions are neither made nor ended"), "{told}");
        assert_eq!(stage.puts().len(), 1);
        stage.run_beside_a_writer(&["doctor"]).says(&["promo:food_promo"]);
    }
}

#[test]
fn a_credential_that_may_only_look_at_promotions_pushes_the_menu_and_doctor_says_what_is_missing() {
    let stage = promoting();
    let granted = ["gofood:catalog:read", "gofood:catalog:write", "promo:food_promo:read"];
    set(&stage, json!({ "granted_scopes": granted }));
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.run(&["apply", "--yes"]).expect(1).says(&["“gajian”", "failed", "promo:food_promo:write"]);
    assert_eq!((stage.puts().len(), statuses(&stage).len()), (1, 0));
    stage
        .run_beside_a_writer(&["doctor"])
        .says(&["granted: promo:food_promo:read", "until then no promotion is made or ended"]);
    set(&stage, json!({ "granted_scopes": null }));
    stage.run_beside_a_writer(&["doctor"]).says(&["granted: promo:food_promo:read promo:food_promo:write"]);
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage).len(), 1);
}

#[test]
fn the_menu_of_ours_that_runs_gets_another_name_between_its_end_and_the_next_one() {
    let stage = promoting();
    stage.run(&["apply", "--yes"]).expect(0);
    set(&stage, json!({ "promo_now": "2098-02-25T05:00:00Z" }));
    stage.edit(LAYER, "name: Nasi\n", "name: Aneka Nasi\n");
    stage.run(&["apply", "--yes"]).expect(4);
    assert_eq!(statuses(&stage), [("active".to_owned(), 19_000)]);
    stage.run(&["plan"]).says(&["“gajian” ends before this push of the menu, and is made again after it"]);
    stage.clear_log();
    // GoFood would refuse the name while it runs.
    stage.run(&["apply", "--yes", "--allow", "promotion"]).expect(0).says(&["promotion “gajian” of NG replaced"]);
    assert_eq!(statuses(&stage), [("deactivated".to_owned(), 19_000), ("active".to_owned(), 19_000)]);
    let log = stage.log();
    let at =
        |method: &str, endpoint| log.iter().position(|one| one.method == method && one.endpoint == endpoint).unwrap();
    assert!(
        at("PUT", Endpoint::Promo) < at("PUT", Endpoint::Put) && at("PUT", Endpoint::Put) < at("POST", Endpoint::Promo)
    );
}

#[test]
fn one_made_elsewhere_is_left_alone_and_ours_are_counted_on_the_clocks_of_the_outlet() {
    let stage = promoting();
    promote(&stage, "RAWON", json!({}));
    stage.run(&["plan"]).expect(0).says(&["1 promotion made elsewhere, left alone"]);
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(all(&stage).iter().map(|one| one.foreign).collect::<Vec<_>>(), [true, false]);
    let state = rusqlite::Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Pacific/Kiritimati").unwrap()).date();
    let begins = "UPDATE promotions SET promotion = replace(promotion, '2098-02-25', ?1)";
    state.execute(begins, [today.to_string()]).unwrap();
    for (zone, told) in [("Pacific/Kiritimati", "1 runs"), ("Etc/GMT+12", "1 waits")] {
        stage.append(KUTA_FILE, &format!("timezone: {zone}\n"));
        stage.run(&["status"]).says(&[told]);
        stage.write(KUTA_FILE, &stage.read(KUTA_FILE).replace(&format!("timezone: {zone}\n"), ""));
    }
    stage.run(&["forget", "--outlet", KUTA]).expect(0).says(&["1 promotion that menusync made is somebody else's"]);
    assert_eq!(statuses(&stage).len(), 2);
}

#[test]
fn guards_hold_a_promotion_that_takes_off_too_much() {
    let stage = promoting();
    stage.edit(KUTA_FILE, "selling_price: 19000", "selling_price: 2500");
    let plan = stage.run(&["plan", "--fail-on-guard"]).expect(4).transcript();
    stage.run(&["apply", "--yes"]).expect(4);
    assert_snapshot!(plan);
    assert!(writes(&stage).is_empty());
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    for guard in ["promotion-depth", "decimal-slip"] {
        stage.run(&["approve", "plan.json", "--guard", guard, "--reason", "an opening day"]).expect(0);
    }
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(statuses(&stage), [("created".to_owned(), 2_500)]);
}

#[test]
fn a_promotion_ended_in_the_app_is_drift() {
    let stage = promoting();
    stage.run(&["apply", "--yes"]).expect(0);
    set(&stage, json!({ "promo_now": "2098-02-25T05:00:00Z" }));
    let id = all(&stage)[0].promotion_id.clone();
    stage.server().end_promotion(KUTA, &id).unwrap();
    let drift = stage.run(&["drift"]).transcript();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(statuses(&stage).len(), 1, "only told");
    stage.run(&["apply", "--yes", "--revert"]).expect(0);
    assert_eq!(statuses(&stage).iter().filter(|one| one.0 == "active").count(), 1);
    assert_snapshot!(drift);
}

#[test]
fn render_schema_and_fmt_know_promotions() {
    let stage = promoting();
    let rendered = stage.run(&["render", "--outlet", KUTA]).expect(0).transcript();
    let promotions = rendered.split("x-promotions").nth(1).unwrap();
    let explained = stage.run(&["render", "--outlet", KUTA, "--explain"]).expect(0).transcript();
    let explained = explained.lines().find(|line| line.contains("promotions/gajian/NG")).unwrap();
    assert_snapshot!(format!("x-promotions{promotions}\n{explained}"));
    let shuffled = "promotions:\n  gajian:\n    end_date: 2098-02-28\n    start_date: 2098-02-25\n    selling_price: 19000\n    \
                    external_menu_id: NG\n";
    stage.write(KUTA_FILE, &stage.read(KUTA_FILE).replace(GAJIAN, shuffled));
    stage.run(&["fmt"]).expect(0);
    assert!(stage.read(KUTA_FILE).ends_with(GAJIAN), "{}", stage.read(KUTA_FILE));
    let body = "promo_type: sku_promo\npromo_detail: {external_menu_id: NG}\n";
    stage.write(KUTA_FILE, &stage.read(KUTA_FILE).replace(GAJIAN, body));
    stage.run(&["validate"]).expect(3).says(&["write it under `promotions: NAME:`"]);
}

#[test]
fn the_horizon_says_when_promotions_begin_and_end() {
    let stage = Stage::new().in_sync();
    let day = |days: i64| {
        let date = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::get("Asia/Makassar").unwrap()).date();
        date.checked_add(jiff::Span::new().days(days)).unwrap().to_string()
    };
    let declared = GAJIAN.replace("2098-02-25", &day(3)).replace("2098-02-28", &day(5));
    stage.append(KUTA_FILE, &declared);
    let told = stage.run(&["plan", "--horizon", "30d"]).expect(0).transcript();
    let begins = told.find("promotion “gajian” of “Nasi Goreng Kampung” begins").expect(&told);
    assert!(told.find("promotion “gajian” of “Nasi Goreng Kampung” is over").expect(&told) > begins, "{told}");
}

/// A fleet: the layer declares, and each outlet has its own price, days and dishes.
#[test]
fn a_layer_promotes_at_each_outlet_by_its_own_price_and_a_saved_plan_has_them() {
    let stage = away_from_midnight(Stage::new().with_kemang()).in_sync();
    stage.append(
        LAYER,
        "promotions:\n  murah:\n    items: {NG: {discount: 20%, round_to: 500}, TEH: 5000}\n    start_date: 2098-02-25\n    \
         end_date: 2098-02-28\n    where-sold: true\n",
    );
    stage.append(
        KEMANG_FILE,
        "pricing: [{markup: 10%, round_to: 500}]\nitems: {TEH: {remove: true}}\npromotions: {murah: {end_date: 2098-02-27}}\n",
    );
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    assert!(writes(&stage).is_empty());
    stage.run(&["apply", "plan.json", "--yes"]).expect(0);
    let made = |outlet| {
        let all = stage.server().promotions(outlet).unwrap().into_iter().map(|one| one.promo_detail);
        all.map(|one| format!("{} {} {}", one.external_menu_id, one.selling_price, one.end_date)).collect::<Vec<_>>()
    };
    assert_eq!(made(KUTA), ["NG 20000 2098-02-28", "TEH 5000 2098-02-28"]);
    assert_eq!(made(KEMANG), ["NG 22000 2098-02-27"]);
    stage.run(&["status"]).expect(0).says(&["promotions: 2 wait", "promotions: 1 waits"]);
    stage.clear_log();
    stage.run(&["run", "--once"]).expect(0);
    stage.assert_nothing_written();
}
