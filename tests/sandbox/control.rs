//! Orders, over HTTP as people and other processes give them.

use menusync::sandbox::{Edit, Entry, Fault, Options, OutletDump, Settings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, category, item, menu, send};

const PATH: &str = "/outlets/G916309315";

async fn ordered(harness: &Harness, method: Method, path: &str, body: &Value) -> Value {
    let (status, answer) = harness.order(method, path, body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

async fn edit(harness: &Harness, order: Value) {
    ordered(harness, Method::POST, &format!("{PATH}/edit"), &order).await;
}

#[tokio::test]
async fn an_outlet_is_seeded_and_shown() {
    let harness = Harness::with_options(Options { outlets: vec!["G7".into()], ..Options::default() }).await;
    assert_eq!(ordered(&harness, Method::GET, "/outlets", &Value::Null).await, json!({ "outlets": ["G7"] }));
    ordered(&harness, Method::PUT, PATH, &menu()).await;
    let dump = ordered(&harness, Method::GET, PATH, &Value::Null).await;
    assert_eq!((&dump["published"], &dump["pending"], &dump["publications"]), (&menu(), &Value::Null, &json!(0)));
    harness.control().change_settings(|settings| settings.publish_delay_ms = 60_000);
    harness.push(&menu()).await;
    let dump = ordered(&harness, Method::GET, PATH, &Value::Null).await;
    assert_eq!(dump["pending"], menu());
    assert!(dump["pending_ms"].as_u64().unwrap() > 0);
    assert_eq!(harness.order(Method::GET, "/outlets/G8", &Value::Null).await.0, StatusCode::NOT_FOUND);
    let bare = harness.client.put(format!("{}/_sandbox/outlets/G9", harness.sandbox.url()));
    assert_eq!(send(bare).await.0, StatusCode::OK);
    assert!(harness.control().outlet("G9").unwrap().published.menus.is_empty());
}

#[tokio::test]
async fn a_menu_can_be_seeded_as_if_made_in_the_app() {
    let harness = Harness::with_menu().await;
    ordered(&harness, Method::PUT, &format!("{PATH}?external_ids=false"), &menu()).await;
    harness.control().change_settings(|settings| settings.return_category_external_id = true);
    let data = harness.read().await;
    let dish = item(&data, "Nasi Goreng");
    assert!(dish["external_id"].as_str().is_none_or(str::is_empty));
    assert_eq!(dish["variant_category_ids"], json!([category(&data, "Level pedas")["id"]]));
    assert_eq!(category(&data, "Level pedas").get("external_id"), None);
    let uuid = |data: &Value, name| item(data, name)["id"].clone();
    assert_ne!(uuid(&data, "Nasi Goreng"), uuid(&data, "Nasi Uduk"));
}

#[tokio::test]
async fn an_item_is_edited_as_in_the_app() {
    let harness = Harness::with_menu().await;
    let before = harness.read().await;
    edit(
        &harness,
        json!({ "edit": "item", "item": "NG", "set": { "price": 26000, "description": null }, "menu": "Minuman" }),
    )
    .await;
    let data = harness.read().await;
    let dish = &data["menus"][1]["menu_items"][1];
    assert_eq!(
        (&dish["name"], &dish["price"], &dish["external_id"]),
        (&json!("Nasi Goreng"), &json!(26000), &json!("NG"))
    );
    assert_eq!(dish["id"], item(&before, "Nasi Goreng")["id"]);
    assert!(dish["description"].as_str().is_none_or(str::is_empty));
}

#[tokio::test]
async fn an_edit_can_take_the_external_id_away_until_the_next_put() {
    let harness = Harness::with_menu().await;
    let before = harness.read().await;
    edit(&harness, json!({ "edit": "item", "item": "NG", "set": { "name": "Nasgor" }, "lose_external_id": true }))
        .await;
    let data = harness.read().await;
    assert!(item(&data, "Nasgor")["external_id"].as_str().is_none_or(str::is_empty));
    assert_eq!(item(&data, "Nasgor")["id"], item(&before, "Nasi Goreng")["id"]);
    edit(&harness, json!({ "edit": "item", "item": "Nasgor", "set": { "price": 1 } })).await;
    harness.push(&menu()).await;
    assert_eq!(item(&harness.read().await, "Nasi Goreng")["external_id"], "NG");
}

#[tokio::test]
async fn everything_else_can_be_edited_too() {
    let harness = Harness::with_menu().await;
    edit(
        &harness,
        json!([
            { "edit": "add_item", "menu": "Baru", "item": { "name": "Bakso", "price": 15000 } },
            { "edit": "remove_item", "item": "NU" },
            { "edit": "variant", "variant": "LV-3", "set": { "price": 3000 }, "lose_external_id": true },
            { "edit": "remove_variant", "variant": "LV-0" },
            { "edit": "category", "category": "VC-PEDAS", "set": { "name": "Pedas" } },
            { "edit": "rename_menu", "menu": "Nasi", "name": "Nasi & Mi" },
            { "edit": "remove_menu", "menu": "Minuman" },
        ]),
    )
    .await;
    let data = harness.read().await;
    let menus: Vec<_> = data["menus"].as_array().unwrap().iter().map(|menu| &menu["name"]).collect();
    assert_eq!(menus, ["Nasi & Mi", "Baru"]);
    assert_eq!(data["menus"][0]["menu_items"].as_array().unwrap().len(), 1);
    assert!(item(&data, "Bakso")["id"].is_string());
    let pedas = category(&data, "Pedas");
    assert_eq!(pedas["variants"].as_array().unwrap().len(), 1);
    assert_eq!(pedas["variants"][0]["price"], 3000);
    assert_eq!(item(&data, "Nasi Goreng")["variant_category_ids"], json!([pedas["id"]]));
}

#[tokio::test]
async fn a_wrong_order_changes_nothing_and_says_why() {
    let harness = Harness::with_menu().await;
    let cases = [
        (json!({ "edit": "item", "item": "NOPE" }), "there is no item NOPE in the live menu"),
        (json!({ "edit": "item", "item": "NG", "set": { "prise": 1 } }), "there is no field prise"),
        (json!({ "edit": "item", "item": "NG", "set": { "price": "x" } }), "invalid type: string \"x\", expected i64"),
    ];
    for (order, expected) in cases {
        let (status, answer) = harness.order(Method::POST, &format!("{PATH}/edit"), &order).await;
        assert_eq!((status, &answer["error"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(expected)));
    }
    assert_eq!(
        harness.order(Method::POST, "/faults", &json!({ "on": "putt" })).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(harness.order(Method::PATCH, "/settings", &json!({ "x": 1 })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(harness.order(Method::GET, "/nothing", &Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(harness.published(), menu());
    assert_eq!(harness.control().outlets(), [OUTLET]);
    assert!(harness.control().edit("G1", Edit::item("NG", json!({}))).is_err());
}

#[tokio::test]
async fn the_kitchen_toggles_stock() {
    let harness = Harness::with_menu().await;
    let order = json!([{ "item": "NG", "in_stock": false }, { "variant": "LV-3", "in_stock": false }]);
    ordered(&harness, Method::POST, &format!("{PATH}/stock"), &order).await;
    let data = harness.read().await;
    assert_eq!(item(&data, "Nasi Goreng")["in_stock"], false);
    assert_eq!(category(&data, "Level pedas")["variants"][1]["in_stock"], false);
}

#[tokio::test]
async fn faults_and_settings_are_ordered_over_http() {
    let harness = Harness::with_menu().await;
    ordered(&harness, Method::POST, "/faults", &json!({ "on": "get", "kind": "status", "status": 500, "times": null }))
        .await;
    assert_eq!(send(harness.get()).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ordered(&harness, Method::GET, "/faults", &Value::Null).await[0]["on"], "get");
    ordered(&harness, Method::DELETE, "/faults", &Value::Null).await;
    harness.read().await;
    let settings = ordered(&harness, Method::PATCH, "/settings", &json!({ "hold_publication": true })).await;
    assert_eq!((&settings["hold_publication"], &settings["return_image"]), (&json!(true), &json!(true)));
    harness.push(&menu()).await;
    let publish = format!("{PATH}/publish");
    assert_eq!(ordered(&harness, Method::POST, &publish, &Value::Null).await, json!({ "done": true }));
    assert_eq!(ordered(&harness, Method::POST, &publish, &Value::Null).await, json!({ "done": false }));
    harness.push(&menu()).await;
    assert_eq!(
        ordered(&harness, Method::POST, &format!("{PATH}/discard"), &Value::Null).await,
        json!({ "done": true })
    );
    ordered(&harness, Method::DELETE, "/tokens", &Value::Null).await;
    assert_eq!(send(harness.get()).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_log_has_every_call_but_the_orders() {
    let harness = Harness::with_menu().await;
    harness.read().await;
    harness.push(&menu()).await;
    let log = ordered(&harness, Method::GET, "/log", &Value::Null).await;
    let log: Vec<Entry> = serde_json::from_value(log).unwrap();
    assert_eq!(log.iter().map(|entry| entry.method.as_str()).collect::<Vec<_>>(), ["GET", "PUT"]);
    let put = &log[1];
    assert_eq!((put.outlet.as_deref(), put.status, put.body.as_ref()), (Some(OUTLET), Some(200), Some(&menu())));
    assert_eq!(put.path, format!("/integrations/gofood/outlets/{OUTLET}/v1/catalog"));
    assert!(put.number > log[0].number && put.time >= log[0].time);
    ordered(&harness, Method::DELETE, "/log", &Value::Null).await;
    assert_eq!(harness.control().log(), []);
}

#[test]
fn the_documentation_names_every_setting_and_every_field() {
    let text = include_str!("../../docs/sandbox.md");
    let keys = |value: Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let dump = OutletDump {
        outlet: String::new(),
        published: Default::default(),
        pending: None,
        pending_ms: None,
        publications: 0,
    };
    let named = [
        keys(serde_json::to_value(Settings::default()).unwrap()),
        keys(serde_json::to_value(Fault::default()).unwrap()),
        keys(serde_json::to_value(dump).unwrap()),
    ];
    let missing: Vec<_> = named.iter().flatten().filter(|key| !text.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/sandbox.md does not name {missing:?}");
}
