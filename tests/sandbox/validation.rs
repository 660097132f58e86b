//! What a PUT is refused for. After a refusal the old menu is still there.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{Harness, menu, messages, send};

/// Changes the menu and expects exactly these messages.
async fn refused(harness: &Harness, change: impl FnOnce(&mut Value), expected: &[&str]) {
    let mut body = menu();
    change(&mut body);
    let (status, answer) = send(harness.put(&body)).await;
    assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, expected.to_vec()), "{body}");
    assert_eq!(harness.published(), menu());
}

fn dish(body: &mut Value) -> &mut Value {
    &mut body["menus"][0]["menu_items"][0]
}

#[tokio::test]
async fn menus_are_required() {
    let harness = Harness::with_menu().await;
    refused(&harness, |body| *body = json!({}), &["menus: missing required field"]).await;
    refused(&harness, |body| *body = json!({ "menus": null }), &["menus: missing required field"]).await;
    refused(&harness, |body| *body = json!({ "menus": [] }), &["menus: missing required field"]).await;
}

#[tokio::test]
async fn texts_are_required_and_limited() {
    let harness = Harness::with_menu().await;
    let long = |limit: usize| "é".repeat(limit + 1);
    refused(&harness, |body| dish(body)["name"] = json!(" "), &["menu_items.name: missing required field"]).await;
    refused(
        &harness,
        |body| dish(body)["external_id"] = Value::Null,
        &["menu_items.external_id: missing required field"],
    )
    .await;
    refused(
        &harness,
        |body| dish(body)["name"] = json!(long(150)),
        &["menu_items.name: is too long (maximum is 150 characters)"],
    )
    .await;
    refused(
        &harness,
        |body| dish(body)["description"] = json!(long(200)),
        &["menu_items.description: is too long (maximum is 200 characters)"],
    )
    .await;
    let mut body = menu();
    dish(&mut body)["name"] = json!("é".repeat(150));
    harness.push(&body).await;
}

#[tokio::test]
async fn prices_are_whole_and_above_zero() {
    let harness = Harness::with_menu().await;
    refused(&harness, |body| dish(body)["price"] = json!(0), &["menu_items.price: must be greater than 0"]).await;
    refused(&harness, |body| dish(body)["price"] = json!(-1), &["menu_items.price: must be greater than 0"]).await;
    refused(&harness, |body| dish(body)["price"] = Value::Null, &["menu_items.price: missing required field"]).await;
    for price in [json!("25000"), json!(25.5)] {
        let mut body = menu();
        dish(&mut body)["price"] = price;
        assert_eq!(send(harness.put(&body)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut body = menu();
    body["variant_categories"][0]["variants"][0]["price"] = json!(-500);
    harness.push(&body).await;
}

#[tokio::test]
async fn hours_must_make_sense() {
    let harness = Harness::with_menu().await;
    let cases = [
        (json!({ "monday": [{ "start": "22:00", "end": "02:00" }] }), "start must be before end"),
        (json!({ "monday": [{ "start": "10:00", "end": "10:00" }] }), "start must be before end"),
        (json!({ "monday": [{ "start": "10:00", "end": "24:00" }] }), "time must be in hh:mm format"),
        (json!({ "monday": [{ "start": "9:00", "end": "10:00" }] }), "time must be in hh:mm format"),
        (json!({ "monday": [{ "start": "10.00", "end": "11.00" }] }), "time must be in hh:mm format"),
        (
            json!({ "monday": [{ "start": "12:00", "end": "15:00" }, { "start": "10:00", "end": "13:00" }] }),
            "time ranges overlap",
        ),
        (json!({ "senin": [] }), "unknown day senin"),
    ];
    for (hours, message) in cases {
        let message = format!("menu_items.operational_hours: {message}");
        refused(&harness, |body| dish(body)["operational_hours"] = hours, &[&message]).await;
    }
}

#[tokio::test]
async fn one_bad_image_rejects_everything() {
    let harness = Harness::with_menu().await;
    for url in ["https://img.example.com/ng.webp", "https://img.example.com/NG.WEBP?v=2"] {
        refused(&harness, |body| dish(body)["image"] = json!(url), &["invalid image type"]).await;
    }
    refused(&harness, |body| dish(body)["image"] = json!("photos/ng.jpg"), &["menu_items.image: invalid image url"])
        .await;
}

#[tokio::test]
async fn references_and_ids_are_checked() {
    let harness = Harness::with_menu().await;
    refused(
        &harness,
        |body| dish(body)["variant_category_external_ids"] = json!(["VC-X"]),
        &["menu_items.variant_category_external_ids: variant category VC-X does not exist"],
    )
    .await;
    refused(&harness, |body| dish(body)["external_id"] = json!("TEH"), &["duplicate menu item external_id: TEH"]).await;
    refused(&harness, |body| body["menus"][1]["name"] = json!("Nasi"), &["duplicate menu name: Nasi"]).await;
    refused(
        &harness,
        |body| body["variant_categories"][1]["variants"][0]["external_id"] = json!("LV-0"),
        &["duplicate variant external_id: LV-0"],
    )
    .await;
    harness.control().change_settings(|settings| settings.unique_ids = false);
    let mut body = menu();
    dish(&mut body)["external_id"] = json!("TEH");
    harness.push(&body).await;
}

#[tokio::test]
async fn selections_must_be_possible() {
    let harness = Harness::with_menu().await;
    let cases = [
        (json!({ "min_quantity": 2, "max_quantity": 1 }), "min_quantity must not be greater than max_quantity"),
        (json!({ "min_quantity": 0, "max_quantity": 0 }), "quantity is out of range"),
        (json!({ "min_quantity": 3, "max_quantity": 3 }), "min_quantity is greater than the number of variants"),
    ];
    for (selection, message) in cases {
        let message = format!("variant_categories.rules.selection: {message}");
        let set = |body: &mut Value| body["variant_categories"][0]["rules"]["selection"] = selection;
        refused(&harness, set, &[&message]).await;
    }
}

#[tokio::test]
async fn all_complaints_come_at_once_and_unknown_fields_pass() {
    let harness = Harness::with_menu().await;
    let spoil = |body: &mut Value| {
        dish(body)["price"] = json!(0);
        dish(body)["image"] = json!("https://img.example.com/ng.webp");
    };
    refused(&harness, spoil, &["menu_items.price: must be greater than 0", "invalid image type"]).await;
    let mut body = menu();
    dish(&mut body)["colour"] = json!("brown");
    harness.push(&body).await;
}

#[tokio::test]
async fn a_list_is_no_object() {
    let harness = Harness::with_menu().await;
    let is_refused = |change: fn(&mut Value)| {
        let mut body = menu();
        change(&mut body);
        let request = harness.put(&body);
        async move {
            let (status, answer) = send(request).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert!(messages(&answer)[0].contains("a list stands where an object is expected"), "{answer}");
        }
    };
    is_refused(|body| *body = json!([null, [["Nasi", []]], []])).await;
    is_refused(|body| body["menus"][1] = json!(["Minuman", []])).await;
    is_refused(|body| dish(body)["operational_hours"]["monday"] = json!([["10:00", "22:00"]])).await;
    is_refused(|body| dish(body)["operational_hours"] = json!([])).await;
    is_refused(|body| body["variant_categories"][0]["rules"] = json!([[1, 1]])).await;
    is_refused(|body| body["variant_categories"][0]["rules"]["selection"] = json!([1, 1])).await;
    is_refused(|body| body["variant_categories"][0]["variants"][0] = json!(["LV-0", "Tidak pedas", 0, true])).await;
    assert_eq!(harness.published(), menu());
    let (status, _) = send(harness.stock("menu_item", &json!([["NG", null, false]]))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(harness.published(), menu());
    // What is not known may hold anything.
    let mut body = menu();
    dish(&mut body)["colours"] = json!([["brown"], [{"monday": [[]]}]]);
    harness.push(&body).await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed() {
    let harness = Harness::with_menu().await;
    let request = harness.put(&json!({})).header(header::CONTENT_TYPE, "application/json").body("{");
    assert_eq!(send(request).await.0, StatusCode::BAD_REQUEST);
}
