//! Reading and replacing the catalog.

use std::{collections::BTreeSet, time::Duration};

use menusync::sandbox::{MissingText, Options, StockToggle};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, advance, category, item, menu, messages, send};

#[tokio::test]
async fn a_read_has_uuids_instead_of_references() {
    let harness = Harness::with_menu().await;
    let data = harness.read().await;
    let dish = item(&data, "Nasi Goreng");
    let pedas = category(&data, "Level pedas");
    assert_eq!(dish["external_id"], "NG");
    assert_eq!(dish["price"], 25000);
    assert_eq!(dish["variant_category_ids"], json!([pedas["id"]]));
    assert_eq!(dish.get("variant_category_external_ids"), None);
    assert_eq!(pedas.get("external_id"), None);
    assert_eq!(pedas["variants"][1]["external_id"], "LV-3");
    let ids = [&dish["id"], &pedas["id"], &pedas["variants"][0]["id"], &data["menus"][0]["id"]];
    assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id.as_str().unwrap()).is_ok()), "{ids:?}");
}

#[tokio::test]
async fn what_was_not_written_is_filled_in() {
    let harness = Harness::with_menu().await;
    let data = harness.read().await;
    let always = json!([{ "start": "00:00", "end": "23:59" }]);
    assert_eq!(item(&data, "Nasi Uduk")["operational_hours"]["sunday"], always);
    assert_eq!(item(&data, "Nasi Goreng")["operational_hours"]["sunday"], json!([]));
    assert_eq!(category(&data, "Porsi")["internal_name"], "Porsi");
    for (setting, expected) in
        [(MissingText::Empty, Some(json!(""))), (MissingText::Null, Some(Value::Null)), (MissingText::Absent, None)]
    {
        harness.control().change_settings(|settings| settings.missing_text = setting);
        assert_eq!(item(&harness.read().await, "Nasi Uduk").get("description"), expected.as_ref());
    }
}

#[tokio::test]
async fn images_move_to_a_cdn_and_stay_there() {
    let harness = Harness::with_menu().await;
    let first = item(&harness.read().await, "Nasi Goreng")["image"].clone();
    assert_ne!(first, "https://img.example.com/ng.png");
    let mut body = menu();
    body["menus"][0]["menu_items"][0]["image"] = first.clone();
    harness.push(&body).await;
    assert_eq!(item(&harness.read().await, "Nasi Goreng")["image"], first);
    harness.control().change_settings(|settings| settings.return_image = false);
    assert_eq!(item(&harness.read().await, "Nasi Goreng").get("image"), None);
    harness.control().change_settings(|settings| settings.refuse_cdn_images = true);
    assert_eq!(send(harness.put(&body)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn orders_that_mean_nothing_change_from_read_to_read() {
    let harness = Harness::with_menu().await;
    let mut texts = BTreeSet::new();
    let mut first_category = BTreeSet::new();
    for _ in 0..8 {
        texts.insert(harness.get().send().await.unwrap().text().await.unwrap());
        first_category.insert(harness.read().await["variant_categories"][0]["name"].to_string());
    }
    assert!(texts.len() > 4, "keys keep their order");
    assert_eq!(first_category.len(), 2, "categories keep their order");
    let menus =
        harness.read().await["menus"].as_array().unwrap().iter().map(|menu| menu["name"].clone()).collect::<Vec<_>>();
    assert_eq!(menus, ["Nasi", "Minuman"], "menus are in display order");
}

#[tokio::test]
async fn a_put_replaces_the_whole_menu_and_keeps_uuids() {
    let harness = Harness::with_menu().await;
    let before = harness.read().await;
    let mut body = menu();
    body["menus"].as_array_mut().unwrap().pop();
    body["menus"][0]["menu_items"][0]["price"] = json!(27000);
    harness.push(&body).await;
    let after = harness.read().await;
    assert_eq!(after["menus"].as_array().unwrap().len(), 1);
    assert_eq!(item(&after, "Nasi Goreng")["price"], 27000);
    assert_eq!(item(&after, "Nasi Goreng")["id"], item(&before, "Nasi Goreng")["id"]);
    assert_eq!(category(&after, "Porsi")["id"], category(&before, "Porsi")["id"]);
    assert_eq!(harness.published(), body);

    harness.control().change_settings(|settings| settings.renew_uuids = true);
    harness.push(&body).await;
    let renewed = harness.read().await;
    assert_ne!(item(&renewed, "Nasi Goreng")["id"], item(&before, "Nasi Goreng")["id"]);
    assert_ne!(category(&renewed, "Porsi")["id"], category(&before, "Porsi")["id"]);
}

#[tokio::test]
async fn a_put_is_live_after_the_delay_with_its_own_stock() {
    let harness = Harness::with_options(Options { publish_delay: Duration::from_secs(60), ..Options::default() }).await;
    harness.control().seed(OUTLET, crate::harness::catalog(menu()));
    let mut body = menu();
    body["menus"][0]["menu_items"][0]["price"] = json!(27000);
    harness.push(&body).await;
    assert_eq!(harness.last_entry().request_id.as_deref(), Some("5f1d2c34-9a51-4e9b-8f43-3b0d9a3a8f10"));
    harness.control().toggle_stock(OUTLET, StockToggle::Item { item: "NG".into(), in_stock: false }).unwrap();
    advance(Duration::from_secs(59)).await;
    let data = harness.read().await;
    assert_eq!(
        (&item(&data, "Nasi Goreng")["price"], &item(&data, "Nasi Goreng")["in_stock"]),
        (&json!(25000), &json!(false))
    );
    assert!(harness.control().outlet(OUTLET).unwrap().pending.is_some());
    advance(Duration::from_secs(1)).await;
    let data = harness.read().await;
    assert_eq!(
        (&item(&data, "Nasi Goreng")["price"], &item(&data, "Nasi Goreng")["in_stock"]),
        (&json!(27000), &json!(true))
    );
    assert_eq!(harness.control().outlet(OUTLET).unwrap().publications, 1);
}

#[tokio::test]
async fn a_second_put_replaces_the_pending_one_and_is_marked() {
    let harness = Harness::with_menu().await;
    harness.control().change_settings(|settings| settings.hold_publication = true);
    harness.push(&menu()).await;
    assert!(!harness.last_entry().replaced_pending);
    let mut body = menu();
    body["menus"][0]["name"] = json!("Nasi dan mi");
    harness.push(&body).await;
    assert!(harness.last_entry().replaced_pending);
    assert_eq!(harness.read().await["menus"][0]["name"], "Nasi", "held");
    assert!(harness.control().publish(OUTLET).unwrap());
    assert_eq!(harness.read().await["menus"][0]["name"], "Nasi dan mi");
    assert!(!harness.control().publish(OUTLET).unwrap());
    harness.push(&menu()).await;
    assert!(harness.control().discard(OUTLET).unwrap());
    harness.control().change_settings(|settings| settings.hold_publication = false);
    assert_eq!(harness.read().await["menus"][0]["name"], "Nasi dan mi", "discarded");
}

#[tokio::test]
async fn the_platform_may_land_something_else() {
    let harness = Harness::with_menu().await;
    harness.control().change_settings(|settings| {
        settings.collapse_whitespace = true;
        settings.truncate_descriptions = Some(5);
        settings.ignore_price_changes = vec!["NG".into(), "LV-3".into()];
    });
    let mut body = menu();
    body["menus"][0]["menu_items"][0]["name"] = json!("Nasi  Goreng ");
    body["menus"][0]["menu_items"][0]["price"] = json!(30000);
    body["menus"][0]["menu_items"][1]["price"] = json!(21000);
    body["variant_categories"][0]["variants"][1]["price"] = json!(2500);
    harness.push(&body).await;
    let data = harness.read().await;
    assert_eq!(item(&data, "Nasi Goreng")["price"], 25000);
    assert_eq!(item(&data, "Nasi Goreng")["description"], "Telur");
    assert_eq!(item(&data, "Nasi Uduk")["price"], 21000);
    assert_eq!(category(&data, "Level pedas")["variants"][1]["price"], 2000);
}

#[tokio::test]
async fn a_read_can_be_made_empty_or_broken() {
    let harness = Harness::with_menu().await;
    harness.control().change_settings(|settings| settings.empty_read = true);
    assert_eq!(harness.read().await["menus"], json!([]));
    harness.control().change_settings(|settings| settings.omit_menus = true);
    assert_eq!(harness.read().await.get("menus"), None);
    assert_eq!(harness.published(), menu(), "only the answer is empty");
}

#[tokio::test]
async fn categories_can_be_read_with_their_external_id() {
    let harness = Harness::with_menu().await;
    harness.control().change_settings(|settings| settings.return_category_external_id = true);
    assert_eq!(category(&harness.read().await, "Porsi")["external_id"], "VC-NASI");
}

#[tokio::test]
async fn an_outlet_that_nobody_registered_is_not_found() {
    let harness = Harness::with_menu().await;
    let path = |id: &str| format!("/integrations/gofood/outlets/{id}/v2/catalog");
    let (status, answer) = send(harness.request(Method::GET, &path("G1"))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(messages(&answer), ["The outlet is not yet registered for integration"]);
    let restaurant = "0b0a7a9e-8a44-4c5e-9d1e-3d1b9a3a8f10";
    assert_eq!(send(harness.request(Method::GET, &path(restaurant))).await.0, StatusCode::FORBIDDEN);
    harness.control().change_settings(|settings| settings.register_unknown_outlets = true);
    assert_eq!(send(harness.request(Method::GET, &path("G1898453S"))).await.1["data"]["menus"], json!([]));
    assert_eq!(send(harness.request(Method::GET, &path("kuta"))).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn media_types_are_checked() {
    let harness = Harness::with_menu().await;
    let (status, answer) = send(harness.get().header(header::ACCEPT, "application/vnd.gobiz.v9+json")).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (StatusCode::NOT_ACCEPTABLE, &json!("UnsupportedAcceptType")));
    let path = format!("/integrations/gofood/outlets/{OUTLET}/v1/catalog");
    let (status, _) = send(harness.request(Method::PUT, &path).body(menu().to_string())).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn an_unknown_path_is_refused_in_the_envelope() {
    let harness = Harness::with_menu().await;
    let (status, answer) = send(harness.request(Method::GET, "/v1/nothing")).await;
    assert_eq!((status, messages(&answer)), (StatusCode::NOT_FOUND, vec!["Route not found"]));
    let path = format!("/integrations/gofood/outlets/{OUTLET}/v2/catalog");
    let (status, answer) = send(harness.request(Method::DELETE, &path)).await;
    assert_eq!((status, messages(&answer)), (StatusCode::NOT_FOUND, vec!["Route not found"]));
}
