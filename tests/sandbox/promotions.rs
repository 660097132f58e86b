//! Promotions: the five calls, what a menu may not do to one that runs, and the switches for what nobody knows.

use menusync::sandbox::{Edit, PromotionDump, Settings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, menu, messages, send};

/// Monday, 10:00 in Jakarta.
const MONDAY: &str = "2027-02-22T03:00:00Z";
/// Thursday, 15:00 in Jakarta.
const THURSDAY: &str = "2027-02-25T08:00:00Z";
const NEXT_MONTH: &str = "2027-03-25T08:00:00Z";

/// A stand-in at `MONDAY` with the usual menu, and a token for promotions.
async fn start() -> Harness {
    let mut harness = Harness::with_menu().await;
    harness.token = harness
        .new_token("gofood:catalog:read gofood:catalog:write promo:food_promo:read promo:food_promo:write")
        .await;
    set(&harness, json!({ "promo_now": MONDAY }));
    harness
}

fn set(harness: &Harness, settings: Value) {
    harness.control().merge_settings(settings.as_object().unwrap().clone()).unwrap();
}

fn path(rest: &str) -> String {
    format!("/integrations/promo/outlets/{OUTLET}/v1/food-promos{rest}")
}

/// From Thursday to Sunday; `change` replaces keys, `null` removes one.
fn detail(change: Value) -> Value {
    let mut detail = json!({ "external_menu_id": "NG", "selling_price": 19_000, "start_date": "2027-02-25", "end_date": "2027-02-28" });
    for (key, value) in change.as_object().unwrap() {
        detail[key] = value.clone();
    }
    detail.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    detail
}

async fn post(harness: &Harness, key: &str, detail: &Value) -> (StatusCode, Value) {
    let body = json!({ "promo_type": "sku_promo", "promo_detail": detail });
    send(harness.request(Method::POST, &path("")).header("X-Idempotency-Key", key).json(&body)).await
}

/// Makes one that must be taken, and gives its id.
async fn make(harness: &Harness, change: Value) -> String {
    let key = uuid::Uuid::new_v4().simple().to_string();
    let (status, answer) = post(harness, &key, &detail(change)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["data"]["success"][0]["promotion_id"].as_str().unwrap_or_else(|| panic!("not made: {answer}")).into()
}

/// Tries to make one that the platform must not take inside of an answer with status 200.
async fn failure(harness: &Harness, change: Value) -> String {
    let key = uuid::Uuid::new_v4().simple().to_string();
    let (status, answer) = post(harness, &key, &detail(change)).await;
    assert_eq!((status, &answer["data"]["success"]), (StatusCode::OK, &json!([])), "{answer}");
    answer["data"]["failure"][0]["message"].as_str().unwrap().into()
}

async fn get(harness: &Harness, rest: &str) -> (StatusCode, Value) {
    send(harness.request(Method::GET, &path(rest))).await
}

async fn status_of(harness: &Harness, id: &str) -> Value {
    get(harness, &format!("/{id}")).await.1["data"]["status"].clone()
}

async fn deactivate(harness: &Harness, id: &str) -> StatusCode {
    send(harness.request(Method::PUT, &path(&format!("/{id}/deactivate")))).await.0
}

async fn delete(harness: &Harness, id: &str) -> StatusCode {
    send(harness.request(Method::DELETE, &path(&format!("/{id}")))).await.0
}

fn dump(harness: &Harness) -> Vec<PromotionDump> {
    harness.control().promotions(OUTLET).unwrap()
}

#[tokio::test]
async fn a_promotion_waits_runs_and_ends_by_the_clock() {
    let harness = start().await;
    let id = make(&harness, json!({ "applicable_days": ["friday"] })).await;
    let (_, shown) = get(&harness, &format!("/{id}")).await;
    let expected = json!({ "promotion_id": id, "promo_type": "sku_promo", "status": "created",
                           "promo_detail": detail(json!({ "applicable_days": ["friday"] })) });
    assert_eq!(shown["data"], expected);
    set(&harness, json!({ "promo_now": "2027-02-24T16:59:59Z" }));
    assert_eq!(status_of(&harness, &id).await, "created");
    set(&harness, json!({ "promo_now": "2027-02-24T17:00:00Z" }));
    assert_eq!(status_of(&harness, &id).await, "active", "midnight in Jakarta");
    set(&harness, json!({ "promo_zone": "Asia/Jayapura", "promo_now": "2027-02-28T15:00:00Z" }));
    assert_eq!(status_of(&harness, &id).await, "ended", "midnight in Jayapura");
    assert_eq!(
        harness.control().merge_settings(json!({ "promo_zone": "Java" }).as_object().unwrap().clone()).ok(),
        None
    );
}

#[tokio::test]
async fn what_waits_is_deleted_and_what_runs_is_deactivated() {
    let harness = start().await;
    let (first, second) = (
        make(&harness, json!({})).await,
        make(&harness, json!({ "external_menu_id": "NU", "selling_price": 9_000 })).await,
    );
    assert_eq!(deactivate(&harness, &first).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(delete(&harness, &first).await, StatusCode::OK);
    assert_eq!(delete(&harness, &first).await, StatusCode::NOT_FOUND);
    assert_eq!(get(&harness, &format!("/{first}")).await.0, StatusCode::NOT_FOUND);
    set(&harness, json!({ "promo_now": THURSDAY }));
    assert_eq!(delete(&harness, &second).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(deactivate(&harness, &second).await, StatusCode::OK);
    assert_eq!(deactivate(&harness, &second).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(status_of(&harness, &second).await, "deactivated");
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let harness = start().await;
    set(&harness, json!({ "promo_page_size": 2 }));
    let mut made = Vec::new();
    for hour in ["10", "12", "14"] {
        let times = json!({ "start_time": format!("{hour}:00:00"), "end_time": format!("{hour}:59:59"), "selling_price": 9_000 });
        made.push(make(&harness, times).await);
    }
    let ids = |answer: &Value| -> Vec<String> {
        let list = answer["data"]["promotions"].as_array().unwrap();
        list.iter().map(|one| one["promotion_id"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = get(&harness, "").await;
    assert_eq!([&first["data"]["page"], &first["data"]["limit"], &first["data"]["total_count"]], [1, 2, 3]);
    assert_eq!(ids(&first), made[..2]);
    assert_eq!(ids(&get(&harness, "?page=2").await.1), made[2..]);
    assert_eq!(ids(&get(&harness, "?page=3").await.1), [] as [&str; 0]);
    set(&harness, json!({ "promo_detail": "bare" }));
    assert_eq!(
        get(&harness, "?page=2").await.1["data"]["promotions"],
        json!([{ "promotion_id": made[2], "status": "created" }])
    );
}

#[tokio::test]
async fn reading_and_writing_have_scopes_of_their_own() {
    let mut harness = start().await;
    let id = make(&harness, json!({})).await;
    harness.token = harness.new_token("promo:food_promo:read").await;
    assert_eq!(status_of(&harness, &id).await, "created");
    assert_eq!(delete(&harness, &id).await, StatusCode::FORBIDDEN);
    harness.token = harness.new_token("gofood:catalog:read").await;
    assert_eq!(get(&harness, "").await.0, StatusCode::FORBIDDEN);
    assert_eq!(harness.last_entry().endpoint, menusync::sandbox::Endpoint::Promo);
}

#[tokio::test]
async fn a_key_makes_one_promotion_however_often_it_is_sent() {
    let harness = start().await;
    let (_, first) = post(&harness, "k1", &detail(json!({}))).await;
    assert_eq!(post(&harness, "k1", &detail(json!({}))).await, (StatusCode::OK, first));
    assert_eq!(dump(&harness).len(), 1);
    let (status, answer) = post(&harness, "k1", &detail(json!({ "selling_price": 18_000 }))).await;
    assert_eq!(
        (status, messages(&answer)),
        (StatusCode::CONFLICT, vec!["X-Idempotency-Key was used for another request"])
    );
    let body = json!({ "promo_type": "sku_promo", "promo_detail": detail(json!({})) });
    assert_eq!(send(harness.request(Method::POST, &path("")).json(&body)).await.0, StatusCode::BAD_REQUEST);
    let key = "0123456789abcdef0123456789abcdef0123";
    assert_eq!(post(&harness, key, &detail(json!({}))).await.0, StatusCode::BAD_REQUEST);
    set(&harness, json!({ "promo_key_max": 36, "promo_one_per_item": false }));
    assert_eq!(post(&harness, key, &detail(json!({}))).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_form_is_refused_as_a_whole() {
    let harness = start().await;
    for (change, complaint) in [
        (json!({ "external_menu_id": null }), "external_menu_id: missing required field"),
        (json!({ "selling_price": 0 }), "selling_price: must be greater than 0"),
        (json!({ "start_date": "2027-02-29" }), "start_date, end_date: must be dates (YYYY-MM-DD)"),
        (json!({ "end_date": "2027-02-24" }), "end_date: must not be before start_date"),
        (json!({ "start_time": "14:00:00" }), "start_time, end_time: one needs the other"),
        (json!({ "start_time": "14:00", "end_time": "16:00" }), "start_time, end_time: must be times (HH:MM:SS)"),
        (json!({ "start_time": "14:00:00", "end_time": "14:00:00" }), "end_time: must be after start_time"),
        (json!({ "applicable_days": ["senin"] }), "applicable_days: unknown day"),
    ] {
        let (status, answer) = post(&harness, "k", &detail(change)).await;
        assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![complaint]));
    }
    let body = json!({ "promo_type": "voucher", "promo_detail": detail(json!({})) });
    let request = harness.request(Method::POST, &path("")).header("X-Idempotency-Key", "k").json(&body);
    assert_eq!(messages(&send(request).await.1), ["promo_type: must be sku_promo"]);
    assert_eq!(dump(&harness), []);
}

#[tokio::test]
async fn what_does_not_fit_fails_inside_of_a_success() {
    let harness = start().await;
    assert_eq!(failure(&harness, json!({ "external_menu_id": "SATE" })).await, "Item is not active");
    assert_eq!(
        failure(&harness, json!({ "external_menu_id": "TEH", "selling_price": 1_000 })).await,
        "Item is not active"
    );
    assert_eq!(failure(&harness, json!({ "selling_price": 23_751 })).await, "Discount is below the minimum");
    let lunch = |price: u32| json!({ "selling_price": price, "start_time": "11:00:00", "end_time": "13:00:00" });
    assert_eq!(failure(&harness, lunch(17_501)).await, "Discount is below the minimum");
    make(&harness, lunch(17_500)).await;
    assert_eq!(failure(&harness, json!({})).await, "Item already has a promotion");
    make(&harness, json!({ "selling_price": 15_000, "start_time": "13:00:00", "end_time": "15:00:00" })).await;
    set(&harness, json!({ "promo_min_discount": [1, 1], "promo_one_per_item": false }));
    make(&harness, json!({ "selling_price": 24_000 })).await;
    let today = json!({ "external_menu_id": "NU", "selling_price": 9_000, "start_date": "2027-02-22" });
    set(&harness, json!({ "promo_start": "tomorrow" }));
    assert_eq!(failure(&harness, today.clone()).await, "Start date must be after today");
    set(&harness, json!({ "promo_start": "today" }));
    let id = make(&harness, today).await;
    assert_eq!(status_of(&harness, &id).await, "active");
    set(&harness, json!({ "promo_answer": "object" }));
    let (_, answer) = post(&harness, "k", &detail(json!({ "external_menu_id": "SATE" }))).await;
    let failed = json!({ "external_menu_id": "SATE", "message": "Item is not active" });
    assert_eq!(answer["data"], json!({ "success": null, "failure": failed }));
}

/// The menu with another name for the first category, and its first item gone or dearer.
fn changed(name: &str, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut body = menu();
    body["menus"][0]["name"] = json!(name);
    change(body["menus"][0]["menu_items"].as_array_mut().unwrap());
    body
}

#[tokio::test]
async fn the_menu_of_a_running_promotion_keeps_its_name() {
    let harness = start().await;
    make(&harness, json!({})).await;
    harness.push(&changed("Aneka Nasi", |_| ())).await;
    set(&harness, json!({ "promo_now": THURSDAY }));
    let (status, answer) = send(harness.put(&menu())).await;
    let locked = vec!["menus.name: Aneka Nasi has an active promotion and cannot be renamed"];
    assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, locked));
    harness.push(&changed("Aneka Nasi", |items| items[0]["price"] = json!(26_000))).await;
    set(&harness, json!({ "promo_lock": "ignore" }));
    harness.push(&menu()).await;
    assert_eq!(dump(&harness)[0].status, "active");
}

#[tokio::test]
async fn a_promotion_ends_with_its_item() {
    let harness = start().await;
    let id = make(&harness, json!({})).await;
    make(&harness, json!({ "external_menu_id": "NU", "selling_price": 9_000 })).await;
    set(&harness, json!({ "promo_now": THURSDAY }));
    harness.push(&changed("Nasi", |items| drop(items.remove(0)))).await;
    assert_eq!(status_of(&harness, &id).await, "deactivated");
    harness.push(&menu()).await;
    assert_eq!(status_of(&harness, &id).await, "deactivated", "it does not come back");
    harness.control().edit(OUTLET, Edit::RemoveItem { item: "NU".into() }).unwrap();
    assert_eq!(dump(&harness)[1].status, "deactivated");
}

#[tokio::test]
async fn somebody_else_makes_a_promotion() {
    let harness = start().await;
    let orders = json!([
        { "promo_detail": detail(json!({ "external_menu_id": "SATE" })) },
        { "promo_detail": detail(json!({})), "status": "cancelled by merchant" },
    ]);
    let control = format!("/outlets/{OUTLET}/promotions");
    assert_eq!(harness.order(Method::POST, &control, &orders).await.0, StatusCode::OK);
    let (_, shown) = harness.order(Method::GET, &control, &Value::Null).await;
    assert_eq!(
        [&shown[0]["status"], &shown[1]["status"], &shown[1]["foreign"]],
        [&json!("created"), &json!("cancelled by merchant"), &json!(true)]
    );
    let wrong = json!({ "promo_detail": detail(json!({ "end_date": "soon" })) });
    assert_eq!(harness.order(Method::POST, &control, &wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = json!({ "on": "promo", "kind": "status", "status": 500 });
    harness.order(Method::POST, "/faults", &faults).await;
    assert_eq!(get(&harness, "").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    set(&harness, json!({ "promo_now": NEXT_MONTH }));
    assert_eq!(get(&harness, "").await.1["data"]["promotions"][0]["status"], "ended");
    assert_eq!(Settings::default().promo_now, None);
}
