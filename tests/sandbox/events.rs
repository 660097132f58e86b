//! Events: what is announced to whom, and how it is delivered.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use menusync::sandbox::{Edit, EventKey};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::mpsc};

use crate::harness::{Harness, OUTLET, catalog, menu, send};

const ALL: &str = "/integrations/partner/v1/notification-subscriptions";
const MAPPED: &str = "gofood.catalog.menu_mapping_updated";
const ERROR: &str = "gofood.order.webhook_error";

/// What came, with its headers and as raw bytes.
struct Letter {
    headers: HeaderMap,
    raw: Bytes,
}

impl Letter {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

type Answers = Arc<Mutex<VecDeque<u16>>>;

/// A subscriber that keeps what it gets and answers as told, with 200 when nothing is left to answer.
struct Subscriber {
    url: String,
    letters: mpsc::UnboundedReceiver<Letter>,
    answers: Answers,
}

impl Subscriber {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/gobiz", listener.local_addr().unwrap());
        let (sender, letters) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let router = Router::new().route("/gobiz", post(take)).with_state((sender, Arc::clone(&answers)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, letters, answers }
    }

    async fn next(&mut self) -> Letter {
        tokio::time::timeout(Duration::from_secs(10), self.letters.recv()).await.expect("nothing came").unwrap()
    }
}

async fn take(
    State((sender, answers)): State<(mpsc::UnboundedSender<Letter>, Answers)>,
    headers: HeaderMap,
    raw: Bytes,
) -> StatusCode {
    let status = answers.lock().unwrap().pop_front().unwrap_or(200);
    sender.send(Letter { headers, raw }).unwrap();
    StatusCode::from_u16(status).unwrap()
}

/// A stand-in and a subscriber to `event`.
async fn stage(event: &str) -> (Harness, Subscriber) {
    let (harness, subscriber) = (Harness::with_menu().await, Subscriber::listen().await);
    harness.control().change_settings(|settings| settings.event_retry_speed = 1_000_000);
    subscribe(&harness, ALL, event, &subscriber.url, true).await;
    (harness, subscriber)
}

async fn subscribe(harness: &Harness, path: &str, event: &str, url: &str, active: bool) {
    let body = json!({"event": event, "url": url, "active": active});
    assert_eq!(send(harness.request(Method::POST, path).json(&body)).await.0, StatusCode::CREATED);
}

fn signed(secret: &str, raw: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(raw);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Until the stand-in has noted this many deliveries: the answer is noted after the subscriber has given it.
async fn wait_for_deliveries(harness: &Harness, count: usize) {
    let noted = async {
        while harness.control().deliveries().len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), noted).await.expect("too few deliveries");
}

#[tokio::test]
async fn a_menu_that_went_live_is_announced_signed_and_with_the_id_of_its_put() {
    let (harness, mut subscriber) = stage(MAPPED).await;
    harness.control().change_settings(|settings| settings.relay_secret = "relay".into());
    harness.push(&menu()).await;
    let letter = subscriber.next().await;
    assert_eq!(letter.header("x-go-signature"), signed("relay", &letter.raw));
    assert!(uuid::Uuid::parse_str(letter.header("x-go-idempotency-key")).is_ok());
    let event = letter.json();
    assert_eq!((&event["header"]["event_name"], &event["header"]["version"]), (&json!(MAPPED), &json!(1)));
    assert_eq!(event["body"]["request_id"], menu()["request_id"]);
    assert_eq!(event["body"]["outlet"]["id"], OUTLET);
    let ids: Vec<_> = event["body"]["menus"].as_array().unwrap().iter().map(|menu| &menu["external_menu_id"]).collect();
    assert_eq!(ids, ["NG", "NU", "TEH"]);
    wait_for_deliveries(&harness, 1).await;
    assert_eq!(harness.control().deliveries()[0].status, Some(200));
}

#[tokio::test]
async fn it_is_announced_when_it_is_live_though_nobody_looks() {
    let (harness, mut subscriber) = stage(MAPPED).await;
    harness.control().change_settings(|settings| settings.publish_delay_ms = 50);
    harness.push(&menu()).await;
    subscriber.next().await;
    harness.control().change_settings(|settings| settings.hold_publication = true);
    harness.push(&menu()).await;
    assert!(harness.control().publish(OUTLET).unwrap());
    subscriber.next().await;
}

#[tokio::test]
async fn only_who_wants_it_is_told() {
    let (harness, mut subscriber) = stage(MAPPED).await;
    let idle = Subscriber::listen().await;
    let own = format!("/integrations/partner/outlets/{OUTLET}/v1/notification-subscriptions");
    harness.control().seed("G7", catalog(menu()));
    subscribe(&harness, "/integrations/partner/outlets/G7/v1/notification-subscriptions", MAPPED, &idle.url, true)
        .await;
    subscribe(&harness, &own, MAPPED, &idle.url, false).await;
    subscribe(&harness, ALL, ERROR, &idle.url, true).await;
    subscribe(&harness, &own, MAPPED, &subscriber.url, true).await;
    harness.push(&menu()).await;
    let (one, two) = (subscriber.next().await, subscriber.next().await);
    assert_ne!(one.header("x-go-idempotency-key"), two.header("x-go-idempotency-key"), "two subscriptions");
    wait_for_deliveries(&harness, 2).await;
    assert!(harness.control().deliveries().iter().all(|delivery| delivery.url == subscriber.url));
}

/// The body of an order, without what differs from run to run.
fn order_lines(body: &Value, receipt: &Value) -> String {
    assert_eq!(body["order"]["order_number"], receipt["order"]);
    let mut body = body.clone();
    for arbitrary in ["order_number", "created_at"] {
        assert!(body["order"][arbitrary].is_string(), "{body}");
        body["order"][arbitrary] = json!("…");
    }
    let line = &mut body["order"]["order_items"][0];
    for id in [&mut line["id"].take(), &mut line["variants"][0]["id"].take()] {
        assert!(uuid::Uuid::parse_str(id.as_str().unwrap()).is_ok());
    }
    let objects = body.as_object().unwrap().iter();
    objects.map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_order_of_something_that_lost_its_id_is_an_error() {
    let (harness, mut subscriber) = stage(ERROR).await;
    subscribe(&harness, ALL, "gofood.order.created", &subscriber.url, true).await;
    let order = |things: Value| {
        let path = format!("/outlets/{OUTLET}/order");
        let harness = &harness;
        async move { harness.order(Method::POST, &path, &json!({"things": things})).await }
    };
    let (_, receipt) = order(json!(["NG", "LV-3"])).await;
    assert_eq!((&receipt["event"], &receipt["unmapped"]), (&json!("gofood.order.created"), &json!([])));
    let created = subscriber.next().await.json();
    assert_eq!(created["header"]["event_name"], "gofood.order.created");
    insta::assert_snapshot!(order_lines(&created["body"], &receipt), @r#"
    customer: {"id":"536D5047","name":"GoFood Customer"}
    driver: {"name":"GoFood Driver"}
    order: {"created_at":"…","currency":"IDR","cutlery_requested":true,"order_items":[{"external_id":"NG","id":null,"name":"Nasi Goreng","notes":"","price":25000,"quantity":1,"variants":[{"external_id":"LV-3","id":null,"name":"Pedas gila"}]}],"order_number":"…","order_total":27000,"pin":"1234","status":"CREATED","takeaway_charges":0}
    outlet: {"external_outlet_id":null,"id":"G916309315"}
    service_type: "gofood"
    "#);
    let lost = serde_json::from_value::<Edit>(json!({"edit": "item", "item": "NG", "lose_external_id": true})).unwrap();
    harness.control().edit(OUTLET, lost).unwrap();
    harness.control().change_settings(|settings| settings.event_key = EventKey::EventType);
    let (_, receipt) = order(json!(["Nasi Goreng", "NU"])).await;
    assert_eq!(receipt["unmapped"], json!(["Nasi Goreng"]));
    let event = subscriber.next().await.json();
    assert_eq!(event["header"]["event_type"], ERROR);
    assert_eq!(event["body"]["error_type"], "mapping_not_found");
    assert_eq!(event["body"]["mapping_not_found"], json!({"items": [{"name": "Nasi Goreng"}], "variants": []}));
    assert_eq!(event["body"]["order"]["number"], receipt["order"]);
    assert_eq!(order(json!(["Rawon"])).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(order(json!([])).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_delivery_is_repeated_as_its_answer_asks_for() {
    let (harness, mut subscriber) = stage(MAPPED).await;
    for (status, tries) in [(503, 5), (500, 2), (404, 3), (303, 1), (401, 6)] {
        harness.control().clear_deliveries();
        subscriber.answers.lock().unwrap().extend([status; 6]);
        harness.push(&menu()).await;
        let mut keys = Vec::new();
        for _ in 0..tries {
            keys.push(subscriber.next().await.header("x-go-idempotency-key").to_owned());
        }
        keys.dedup();
        assert_eq!(keys.len(), 1, "{status}: the same event");
        wait_for_deliveries(&harness, tries).await;
        let attempts: Vec<_> = harness.control().deliveries().iter().map(|delivery| delivery.attempt).collect();
        assert_eq!(attempts, (1..=tries).collect::<Vec<_>>(), "{status}");
        subscriber.answers.lock().unwrap().clear();
    }
    assert!(subscriber.letters.try_recv().is_err(), "one too many");
}

#[tokio::test]
async fn events_can_come_twice_and_out_of_order() {
    let (harness, mut subscriber) = stage(MAPPED).await;
    harness.control().change_settings(|settings| settings.event_copies = 2);
    harness.push(&menu()).await;
    let (one, two) = (subscriber.next().await, subscriber.next().await);
    assert_eq!((one.header("x-go-idempotency-key"), &one.raw), (two.header("x-go-idempotency-key"), &two.raw));
    harness.control().change_settings(|settings| {
        settings.event_copies = 1;
        settings.hold_every_other_event_ms = 300;
    });
    let first = "11111111-0000-4000-8000-000000000000";
    let second = "22222222-0000-4000-8000-000000000000";
    for id in [first, second] {
        let mut body = menu();
        body["request_id"] = json!(id);
        harness.push(&body).await;
    }
    assert_eq!(subscriber.next().await.json()["body"]["request_id"], second);
    assert_eq!(subscriber.next().await.json()["body"]["request_id"], first);
}
