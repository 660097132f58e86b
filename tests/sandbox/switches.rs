//! The switches for what nobody knows for certain: each does what it says, and nothing while it is off.

use menusync::sandbox::Settings;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, category, item, menu, messages, send};

/// A stand-in with the usual menu and these settings.
async fn with(settings: Value) -> Harness {
    let harness = Harness::with_menu().await;
    set(&harness, settings);
    harness
}

fn set(harness: &Harness, settings: Value) {
    harness.control().merge_settings(settings.as_object().unwrap().clone()).unwrap();
}

fn dish(body: &mut Value) -> &mut Value {
    &mut body["menus"][0]["menu_items"][0]
}

fn with_menu(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = menu();
    change(&mut body);
    body
}

/// With the switch a body is refused with this message; without it, it is taken.
async fn refused_only_with(switch: Value, message: &str, body: &Value) {
    let harness = with(switch.clone()).await;
    let (status, answer) = send(harness.put(body)).await;
    assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![message]), "{switch}");
    assert_eq!(harness.published(), menu(), "{switch}: what was live stays");
    Harness::with_menu().await.push(body).await;
}

/// Without the switch a body is refused; with it, it is taken.
async fn taken_only_with(switch: Value, body: &Value) {
    let harness = Harness::with_menu().await;
    assert_eq!(send(harness.put(body)).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{switch}");
    set(&harness, switch);
    harness.push(body).await;
}

#[tokio::test]
async fn a_put_is_refused_for_more_or_for_less() {
    let image = |url: &str| with_menu(|body| dish(body)["image"] = json!(url));
    let https = "menu_items.image: invalid image url";
    refused_only_with(json!({"https_images_only": true}), https, &image("http://img.example.com/ng.png")).await;
    let strict = with_menu(|body| {
        body["variant_categories"] = json!([]);
        dish(body)["variant_category_external_ids"] = json!([]);
        dish(body)["external_id"] = json!("N-G");
    });
    refused_only_with(json!({"strict_ids": true}), "menu_items.external_id: must be alphanumeric", &strict).await;
    let long = with_menu(|body| dish(body)["description"] = json!("ꦱ".repeat(70)));
    let bytes = "menu_items.description: is too long (maximum is 200 characters)";
    refused_only_with(json!({"limits_in_bytes": true}), bytes, &long).await;
    let choice = with_menu(|body| body["variant_categories"][1]["name"] = json!("Porsi untuk berdua"));
    let limit = "variant_categories.name: is too long (maximum is 12 characters)";
    refused_only_with(json!({"choice_name_limit": 12}), limit, &choice).await;
    let empty = with_menu(|body| body["variant_categories"][1]["variants"] = json!([]));
    let missing = "variant_categories.variants: missing required field";
    refused_only_with(json!({"refuse_empty_categories": true}), missing, &empty).await;
    let negative = with_menu(|body| body["variant_categories"][1]["variants"][0]["price"] = json!(-1));
    let below = "variants.price: must not be less than 0";
    refused_only_with(json!({"refuse_negative_variants": true}), below, &negative).await;
    let price = |price: i64| with_menu(|body| dish(body)["price"] = json!(price));
    let low = json!({"lowest_price": 1_000});
    let words = "menu_items.price: must be at least 1000";
    refused_only_with(low, words, &price(999)).await;
    refused_only_with(json!({"highest_price": 30_000}), "menu_items.price: is too high", &price(30_001)).await;
    let moved = "menu_items.price: the change is larger than 15 %";
    refused_only_with(json!({"price_move_limit": 15}), moved, &price(28_751)).await;
    with(json!({"price_move_limit": 15})).await.push(&price(28_750)).await;
}

#[tokio::test]
async fn a_put_is_taken_for_more() {
    let selection = json!({"min_quantity": 9, "max_quantity": 2});
    let rules = with_menu(|body| body["variant_categories"][0]["rules"]["selection"] = selection);
    taken_only_with(json!({"check_selection": false}), &rules).await;
    let night = json!([{"start": "22:00", "end": "02:00"}, {"start": "23:00", "end": "24:00"}]);
    let hours = with_menu(|body| dish(body)["operational_hours"]["monday"] = night);
    taken_only_with(json!({"lenient_hours": true}), &hours).await;
    let shared = with_menu(|body| body["variant_categories"][1]["variants"][0]["external_id"] = json!("LV-0"));
    taken_only_with(json!({"shared_variants": true}), &shared).await;
}

#[tokio::test]
async fn images_are_fetched_if_they_shall_be() {
    let harness = with(json!({"fetch_images": true})).await;
    let image = |url: String| with_menu(|body| dish(body)["image"] = json!(url));
    // The stand-in itself serves no images.
    let url = format!("{}/ng.png", harness.sandbox.url());
    let (status, answer) = send(harness.put(&image(url.clone()))).await;
    let expected = format!("menu_items.image: image cannot be fetched: {url}");
    assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![&*expected]));
    harness.push(&with_menu(|body| dish(body)["image"] = Value::Null)).await;
}

#[tokio::test]
async fn duplicates_get_one_uuid_or_two() {
    let twice = with_menu(|body| {
        let first = dish(body).clone();
        body["menus"][1]["menu_items"].as_array_mut().unwrap().push(first);
    });
    for distinct in [false, true] {
        let harness = with(json!({"unique_ids": false, "distinct_duplicates": distinct})).await;
        harness.push(&twice).await;
        let data = harness.read().await;
        let uuids = [&data["menus"][0]["menu_items"][0]["id"], &data["menus"][1]["menu_items"][1]["id"]];
        assert_eq!(uuids[0] != uuids[1], distinct, "{data}");
    }
}

#[tokio::test]
async fn calls_are_refused_for_their_form_their_pace_and_their_time() {
    let harness =
        with(json!({"accept_types": ["application/vnd.eim.v1+json"], "unsupported_accept_status": 415})).await;
    let (status, answer) = send(harness.get().header(header::ACCEPT, "application/json")).await;
    assert_eq!(
        (status, &answer["errors"][0]["code"]),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("UnsupportedAcceptType"))
    );
    assert_eq!(send(harness.get().header(header::ACCEPT, "application/vnd.eim.v1+json")).await.0, StatusCode::OK);

    let harness = with(json!({"requests_per_second": 1, "retry_after_s": 7})).await;
    assert_eq!(harness.get().send().await.unwrap().status(), StatusCode::OK);
    let busy = harness.get().send().await.unwrap();
    assert_eq!(
        (busy.status(), &busy.headers()[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &"7".parse().unwrap())
    );

    let harness = with(json!({"conflict_while_pending": true, "hold_publication": true})).await;
    harness.push(&menu()).await;
    assert_eq!(send(harness.put(&menu())).await.0, StatusCode::CONFLICT);
    set(&harness, json!({"conflict_while_pending": false}));
    harness.push(&menu()).await;

    let harness = with(json!({"clear_on_refusal": true})).await;
    assert_eq!(
        send(harness.put(&with_menu(|body| dish(body)["price"] = json!(0)))).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(harness.read().await["menus"], json!([]));
}

#[tokio::test]
async fn tokens_are_granted_less_and_say_so() {
    let harness = with(json!({"granted_scopes": ["gofood:catalog:read"]})).await;
    let form = [("grant_type", "client_credentials"), ("scope", "gofood:catalog:read gofood:catalog:write")];
    let ask = || harness.client.post(harness.sandbox.oauth_url()).basic_auth("sandbox", Some("sandbox")).form(&form);
    let (status, answer) = send(ask()).await;
    assert_eq!((status, &answer["scope"]), (StatusCode::OK, &json!("gofood:catalog:read")));
    let put = |harness: &Harness| {
        let path = format!("/integrations/gofood/outlets/{OUTLET}/v1/catalog");
        let token = answer["access_token"].as_str().unwrap();
        harness.client.put(format!("{}{path}", harness.sandbox.url())).bearer_auth(token).json(&menu())
    };
    assert_eq!(send(put(&harness)).await.0, StatusCode::FORBIDDEN);
    set(&harness, json!({"unauthorized_without_scope": true}));
    assert_eq!(send(put(&harness)).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_facilitator_lists_outlets_and_has_no_promotions() {
    let harness = Harness::with_menu().await;
    let ask = |scope: &'static str| {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        harness.client.post(harness.sandbox.oauth_url()).basic_auth("sandbox", Some("sandbox")).form(&form)
    };
    assert_eq!(send(ask("promo:food_promo:read")).await.0, StatusCode::OK);
    assert_eq!(send(ask("partner:outlet:read")).await.0, StatusCode::BAD_REQUEST);
    set(&harness, json!({"facilitator": true}));
    assert_eq!(send(ask("promo:food_promo:read")).await.0, StatusCode::BAD_REQUEST);
    let token = harness.new_token("partner:outlet:read").await;
    let path = format!("{}/integrations/partner/v1/linked-outlets", harness.sandbox.url());
    let (status, answer) = send(harness.client.get(path).bearer_auth(token)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(answer["data"].to_string().contains(OUTLET), "{answer}");
}

#[tokio::test]
async fn what_is_not_mapped_goes_live_without_its_id() {
    let harness = with(json!({"unmapped_ids": ["NG", "LV-3"]})).await;
    harness.push(&menu()).await;
    let data = harness.read().await;
    assert_eq!(item(&data, "Nasi Goreng")["external_id"].as_str().unwrap_or_default(), "");
    assert_eq!(item(&data, "Nasi Uduk")["external_id"], "NU");
    let variants = &category(&data, "Level pedas")["variants"];
    assert_eq!(
        (&variants[0]["external_id"], variants[1]["external_id"].as_str().unwrap_or_default()),
        (&json!("LV-0"), "")
    );
}

#[tokio::test]
async fn reads_say_more_or_the_same_in_another_form() {
    let harness = Harness::with_menu().await;
    let plain = harness.read().await;
    let soto = |data: &Value| item(data, "Nasi Goreng").clone();
    let keys = |thing: &Value| thing.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&plain).len(), 2);

    set(&harness, json!({"unknown_fields": true}));
    let data = harness.read().await;
    assert_eq!(
        (&data["currency"], &soto(&data)["tax_rate"], &soto(&data)["badge"]),
        (&json!("IDR"), &json!(11), &json!("baru"))
    );
    let pedas = category(&data, "Level pedas");
    assert_eq!(
        (&data["menus"][0]["layout"], &pedas["collapsed"], &pedas["variants"][0]["calories"]),
        (&json!("grid"), &json!(true), &json!(100))
    );

    set(&harness, json!({"unknown_fields": false, "odd_values": true}));
    let data = harness.read().await;
    assert_eq!((&soto(&data)["price"], &soto(&data)["in_stock"]), (&json!("25000"), &json!(1)));
    assert_eq!(soto(&data)["operational_hours"]["monday"], json!([{"start": "10:00:00", "end": "22:00:00"}]));

    set(&harness, json!({"odd_values": false, "unreadable_fields": ["price", "rules"]}));
    let data = harness.read().await;
    assert_eq!(soto(&data)["price"], json!({"value": 25_000}));
    let pedas = category(&data, "Level pedas");
    assert!(pedas["rules"]["value"].is_object() && pedas["variants"][1]["price"] == json!({"value": 2_000}), "{pedas}");
    assert_eq!(soto(&data)["in_stock"], json!(true));

    set(&harness, json!({"unreadable_fields": [], "escape_html": true}));
    harness.push(&with_menu(|body| dish(body)["description"] = json!("Telur & <b>'sapi'</b>"))).await;
    assert_eq!(soto(&harness.read().await)["description"], "Telur &amp; &lt;b&gt;&#39;sapi&#39;&lt;/b&gt;");
    set(&harness, json!({"escape_html": false}));
    assert_eq!(soto(&harness.read().await)["description"], "Telur & <b>'sapi'</b>");

    set(&harness, json!({"missing_day_is_open": true}));
    let open = json!([{"start": "00:00", "end": "23:59"}]);
    assert_eq!(soto(&harness.read().await)["operational_hours"]["friday"], open);
    assert_eq!(soto(&plain)["operational_hours"]["friday"], json!([]));
}

#[tokio::test]
async fn the_apps_switch_shows_and_hides() {
    let harness = Harness::with_menu().await;
    let path = format!("/outlets/{OUTLET}/edit");
    let off = json!({"edit": "item", "item": "NU", "set": {"active": false}});
    assert_eq!(harness.order(Method::POST, &path, &off).await.0, StatusCode::OK);
    assert!(item(&harness.read().await, "Nasi Uduk").get("active").is_none());
    set(&harness, json!({"return_active": true}));
    let data = harness.read().await;
    assert_eq!([&item(&data, "Nasi Uduk")["active"], &item(&data, "Es Teh")["active"]], [&json!(false), &json!(true)]);
    harness.push(&menu()).await;
    assert_eq!(item(&harness.read().await, "Nasi Uduk")["active"], json!(false), "no PUT sets it");
    set(&harness, json!({"hide_inactive": true}));
    assert_eq!(harness.read().await["menus"][0]["menu_items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_platform_shows_a_menu_of_its_own_and_any_order() {
    let harness = with(json!({"promo_menu": "Promo"})).await;
    let data = harness.read().await;
    assert_eq!(data["menus"][0]["name"], "Promo");
    assert_eq!(data["menus"][0]["menu_items"], data["menus"][1]["menu_items"], "the first two dishes");
    assert!(!harness.published().to_string().contains("Promo"), "it is no part of what was written");
    set(&harness, json!({"promo_menu": null, "shuffle_menus": true}));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let menus = harness.read().await["menus"].as_array().unwrap().clone();
        seen.insert(menus.iter().map(|menu| menu["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[tokio::test]
async fn lists_of_subscriptions_show_what_the_token_may_see() {
    const ALL: &str = "/integrations/partner/v1/notification-subscriptions";
    let harness = Harness::with_menu().await;
    for event in ["gofood.catalog.menu_mapping_updated", "gofood.order.webhook_error"] {
        let body = json!({"event": event, "url": "http://127.0.0.1:9/gobiz", "active": true});
        assert_eq!(send(harness.request(Method::POST, ALL).json(&body)).await.0, StatusCode::CREATED);
    }
    let token = harness.new_token("gofood:order:read").await;
    let list = || harness.client.get(format!("{}{ALL}", harness.sandbox.url())).bearer_auth(&token);
    for (by_scope, count) in [(false, 2), (true, 1)] {
        set(&harness, json!({"list_by_scope": by_scope}));
        let (_, answer) = send(list()).await;
        assert_eq!(answer["data"]["subscriptions"].as_array().unwrap().len(), count, "{answer}");
    }
    set(&harness, json!({"empty_list": "null"}));
    let none = harness.new_token("gofood:outlet:write").await;
    let (_, answer) = send(harness.client.get(format!("{}{ALL}", harness.sandbox.url())).bearer_auth(none)).await;
    assert!(answer["data"]["subscriptions"].is_null(), "{answer}");
}

#[tokio::test]
async fn another_credential_reaches_its_own_outlets_and_no_others() {
    let harness = Harness::with_menu().await;
    let other = json!({"other": {"secret": "s", "outlets": ["G2"]}});
    set(&harness, json!({"clients": other, "register_unknown_outlets": true}));
    let form = [("grant_type", "client_credentials"), ("scope", "gofood:catalog:read")];
    let ask = |secret: &'static str| {
        harness.client.post(harness.sandbox.oauth_url()).basic_auth("other", Some(secret)).form(&form)
    };
    assert_eq!(send(ask("sandbox")).await.0, StatusCode::UNAUTHORIZED);
    let (_, granted) = send(ask("s")).await;
    let (own, first) =
        (granted["access_token"].as_str().unwrap().to_owned(), harness.new_token("gofood:catalog:read").await);
    for (token, outlet, status) in [(&own, "G2", 200), (&own, OUTLET, 404), (&first, "G2", 404), (&first, OUTLET, 200)]
    {
        let url = format!("{}/integrations/gofood/outlets/{outlet}/v2/catalog", harness.sandbox.url());
        let (answered, answer) = send(harness.client.get(url).bearer_auth(token)).await;
        assert_eq!(answered.as_u16(), status, "{outlet}: {answer}");
    }
}

/// A switch that no suite names, or that the documentation does not have, is one that nobody can rely on.
#[test]
fn every_switch_is_tested_and_documented() {
    let tests = [
        include_str!("catalog.rs"),
        include_str!("control.rs"),
        include_str!("events.rs"),
        include_str!("faults.rs"),
        include_str!("oauth.rs"),
        include_str!("promotions.rs"),
        include_str!("stock.rs"),
        include_str!("subscriptions.rs"),
        include_str!("switches.rs"),
        include_str!("validation.rs"),
    ]
    .concat();
    let documentation = include_str!("../../docs/sandbox.md");
    let Value::Object(all) = serde_json::to_value(Settings::default()).unwrap() else { unreachable!() };
    let has = |text: &str, sign: &str| {
        all.keys().filter(|key| !text.contains(&sign.replace("KEY", key))).cloned().collect::<Vec<_>>()
    };
    assert_eq!(has(documentation, "`KEY`"), [] as [&str; 0]);
    assert_eq!(has(&tests, "KEY"), [] as [&str; 0]);
}
