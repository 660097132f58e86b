//! The two stock calls.

use menusync::sandbox::StockKey;
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Harness, category, item, menu, messages, send};

#[tokio::test]
async fn item_stock_is_set_at_once() {
    let harness = Harness::with_menu().await;
    let body = json!([{ "external_id": "NG", "in_stock": false }, { "external_id": "TEH", "in_stock": true }]);
    assert_eq!(send(harness.stock("menu_item", &body)).await.0, StatusCode::OK);
    let data = harness.read().await;
    assert_eq!(item(&data, "Nasi Goreng")["in_stock"], false);
    assert_eq!(item(&data, "Nasi Uduk")["in_stock"], true);
    assert_eq!(item(&data, "Es Teh")["in_stock"], true);
}

#[tokio::test]
async fn variant_stock_is_set_at_once() {
    let harness = Harness::with_menu().await;
    let body = json!([{ "external_id": "LV-3", "in_stock": false }]);
    assert_eq!(send(harness.stock("variant", &body)).await.0, StatusCode::OK);
    assert_eq!(category(&harness.read().await, "Level pedas")["variants"][1]["in_stock"], false);
}

#[tokio::test]
async fn an_unknown_id_refuses_the_whole_call() {
    let harness = Harness::with_menu().await;
    let body = json!([{ "external_id": "NG", "in_stock": false }, { "external_id": "NOPE", "in_stock": false }]);
    let (status, answer) = send(harness.stock("menu_item", &body)).await;
    assert_eq!((status, messages(&answer)), (StatusCode::NOT_FOUND, vec!["NOPE does not exist in the catalog"]));
    assert_eq!(harness.published(), menu());
}

#[tokio::test]
async fn stock_may_be_keyed_by_uuid_instead() {
    let harness = Harness::with_menu().await;
    let uuid = item(&harness.read().await, "Nasi Goreng")["id"].clone();
    let body = json!([{ "id": uuid, "in_stock": false }]);
    let (status, answer) = send(harness.stock("menu_item", &body)).await;
    assert_eq!(
        (status, messages(&answer)),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["external_id: missing required field"])
    );
    harness.control().change_settings(|settings| settings.stock_key = StockKey::Id);
    assert_eq!(send(harness.stock("menu_item", &body)).await.0, StatusCode::OK);
    assert_eq!(item(&harness.read().await, "Nasi Goreng")["in_stock"], false);
}

#[tokio::test]
async fn an_object_or_an_empty_list_is_refused() {
    let harness = Harness::with_menu().await;
    let object = json!({ "menu_items": [] });
    assert_eq!(send(harness.stock("menu_item", &object)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send(harness.stock("menu_item", &json!([]))).await.0, StatusCode::BAD_REQUEST);
}
