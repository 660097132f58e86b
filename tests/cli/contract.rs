//! The client against the stand-in with every switch in turn: whatever the platform does, a push ends in an outcome that is
//! told, and no call carries what it must not.

use std::{collections::BTreeSet, sync::Mutex};

use serde_json::{Map, Value};

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

/// Every switch with a value other than its default.
const SWITCHES: &str = r#"{
    "publish_delay_ms": 50,
    "hold_publication": true,
    "token_lifetime_s": 1,
    "return_category_external_id": true,
    "return_image": false,
    "refuse_cdn_images": true,
    "renew_uuids": true,
    "collapse_whitespace": true,
    "truncate_descriptions": 5,
    "ignore_price_changes": ["NG"],
    "stock_key": "id",
    "unique_ids": false,
    "empty_read": true,
    "omit_menus": true,
    "missing_text": "absent",
    "register_unknown_outlets": true,
    "relay_secret": "another",
    "event_copies": 3,
    "hold_every_other_event_ms": 10,
    "event_retry_speed": 1000,
    "event_key": "event_type",
    "clients": {"other": {"secret": "s", "outlets": ["G1001"]}},
    "facilitator": true,
    "granted_scopes": ["gofood:catalog:read"],
    "unauthorized_without_scope": true,
    "accept_types": ["application/vnd.eim.v1+json"],
    "unsupported_accept_status": 415,
    "requests_per_second": 2,
    "retry_after_s": 2,
    "conflict_while_pending": true,
    "unmapped_ids": ["NG", "LV-3"],
    "fetch_images": true,
    "https_images_only": true,
    "strict_ids": true,
    "shared_variants": true,
    "distinct_duplicates": true,
    "limits_in_bytes": true,
    "choice_name_limit": 5,
    "refuse_empty_categories": true,
    "check_selection": false,
    "lenient_hours": true,
    "missing_day_is_open": true,
    "lowest_price": 1000000,
    "highest_price": 1000,
    "price_move_limit": 1,
    "refuse_negative_variants": true,
    "shuffle_menus": true,
    "clear_on_refusal": true,
    "return_active": true,
    "hide_inactive": true,
    "promo_menu": "Promo",
    "odd_values": true,
    "unknown_fields": true,
    "unreadable_fields": ["price", "in_stock"],
    "escape_html": true,
    "empty_list": "null",
    "list_by_scope": true,
    "promo_min_discount": [50, 50],
    "promo_start": "tomorrow",
    "promo_one_per_item": false,
    "promo_lock": "ignore",
    "promo_answer": "object",
    "promo_key_max": 36,
    "promo_page_size": 1,
    "promo_detail": "bare",
    "promo_zone": "Asia/Jayapura",
    "promo_now": "2027-02-25T08:00:00Z"
}"#;

fn switches() -> Map<String, Value> {
    serde_json::from_str(SWITCHES).unwrap()
}

/// What the platform refuses: the words that people read then.
const REFUSED: [(&str, &str); 12] = [
    ("accept_types", "`gobiz.accept: application/vnd.eim.v1+json`"),
    ("choice_name_limit", "is too long"),
    ("clients", "not yet registered for integration"),
    ("fetch_images", "image cannot be fetched"),
    ("granted_scopes", "without the scope gofood:catalog:write"),
    ("highest_price", "price: is too high"),
    ("hold_publication", "not visible after"),
    ("lowest_price", "must be at least"),
    ("omit_menus", "no list `data.menus`"),
    ("price_move_limit", "smaller steps"),
    ("strict_ids", "must be alphanumeric"),
    ("unsupported_accept_status", ""),
];

/// An edit of a price and of stock, beside a dish that the kitchen sold out, at a platform with this switch on.
fn live_through(switch: &str, value: &Value) {
    let stage = Stage::new().in_sync();
    stage.settings_with_verify("{timeout: 2s, interval: 50ms}", "");
    stage.kitchen(KUTA, "TEH", false);
    stage.server().merge_settings(Map::from_iter([(switch.to_owned(), value.clone())])).unwrap();
    stage.server().expire_tokens();
    stage.clear_log();
    let mut told = String::new();
    let mut run = |arguments: &[&str]| {
        let output = stage.run_beside_a_writer(arguments);
        let transcript = format!("{switch}: {arguments:?}\n{}", output.transcript());
        assert!([0, 1, 2, 4, 5].contains(&output.code), "{transcript}");
        assert!(!output.stderr.contains("panicked"), "{transcript}");
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{transcript}");
        told += &transcript;
        output.code
    };
    run(&["plan"]);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    run(&["apply", "--yes"]);
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    let last = run(&["apply", "--yes"]);
    run(&["status"]);
    run(&["doctor"]);
    assert!(run(&["drift"]) <= 2);
    no_wrong_write(&stage, &told);
    match REFUSED.iter().find(|(known, _)| *known == switch) {
        Some((_, words)) => assert!(told.contains(words), "no {words:?} in {told}"),
        None if last == 0 && !matches!(switch, "empty_read") => {
            assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false, "{told}");
        }
        None => {}
    }
}

/// Every menu that was sent is whole and keeps sold out what the kitchen sold out; stock calls take off what the files take off.
fn no_wrong_write(stage: &Stage, told: &str) {
    for put in stage.puts() {
        let body = put.body.unwrap();
        let menus = body["menus"].as_array().unwrap();
        let items: Vec<&Value> = menus.iter().flat_map(|menu| menu["menu_items"].as_array().unwrap()).collect();
        let ids: BTreeSet<_> = items.iter().filter_map(|item| item["external_id"].as_str()).collect();
        for id in ["NG", "RAWON", "TEH"] {
            assert!(ids.contains(id), "{id} is lost: {body:#}\n{told}");
        }
        assert!(items.iter().all(|item| item["price"].as_i64().is_some_and(|price| price > 0)), "{body:#}\n{told}");
        let tea = items.iter().find(|item| item["external_id"] == "TEH").unwrap();
        assert_eq!(tea["in_stock"], false, "a sold-out dish would be on sale: {body:#}\n{told}");
    }
    for patch in stage.patches() {
        for line in patch.body.unwrap().as_array().unwrap() {
            assert_eq!(line["in_stock"], false, "{line}\n{told}");
        }
    }
}

#[test]
fn whatever_the_platform_does_a_push_ends_in_an_outcome_and_writes_nothing_wrong() {
    let switches = switches();
    let stage = Stage::new();
    let Value::Object(all) = serde_json::to_value(stage.server().settings()).unwrap() else { unreachable!() };
    let keys = |map: &Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&all), keys(&switches), "every switch of the stand-in has its turn");
    assert!(switches.iter().all(|(key, value)| all[key] != *value), "and a value of its own");
    let waiting = Mutex::new(switches.into_iter().collect::<Vec<_>>());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some((switch, value)) = next else { return };
                    live_through(&switch, &value);
                }
            });
        }
    });
}
