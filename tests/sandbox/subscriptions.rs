//! Notification subscriptions.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, messages, send};

const ALL: &str = "/integrations/partner/v1/notification-subscriptions";
const EVENT: &str = "gofood.catalog.menu_mapping_updated";

async fn subscribe(harness: &Harness, path: &str, url: &str) -> (StatusCode, Value) {
    let body = json!({ "event": EVENT, "url": url, "active": true });
    send(harness.request(Method::POST, path).json(&body)).await
}

#[tokio::test]
async fn a_subscription_can_be_made_read_changed_and_deleted() {
    let harness = Harness::with_menu().await;
    let (status, made) = subscribe(&harness, ALL, "https://hooks.example.com/gobiz").await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let made = &made["data"]["subscription"];
    assert_eq!((&made["event"], &made["active"]), (&json!(EVENT), &json!(true)));
    let one = format!("{ALL}/{}", made["id"].as_str().unwrap());
    assert_eq!(&send(harness.request(Method::GET, &one)).await.1["data"]["subscription"], made);
    let (_, changed) = send(harness.request(Method::PUT, &one).json(&json!({ "active": false }))).await;
    assert_eq!(changed["data"]["subscription"]["active"], false);
    let (_, list) = send(harness.request(Method::GET, ALL)).await;
    assert_eq!(list["data"]["subscriptions"].as_array().unwrap().len(), 1);
    assert_eq!(send(harness.request(Method::DELETE, &one)).await.0, StatusCode::OK);
    assert_eq!(send(harness.request(Method::GET, &one)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_duplicate_is_refused() {
    let harness = Harness::with_menu().await;
    subscribe(&harness, ALL, "https://hooks.example.com/gobiz").await;
    let (status, answer) = subscribe(&harness, ALL, "https://hooks.example.com/gobiz").await;
    assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["url has already been taken"]));
}

#[tokio::test]
async fn subscriptions_of_an_outlet_are_its_own() {
    let harness = Harness::with_menu().await;
    let path = format!("/integrations/partner/outlets/{OUTLET}/v1/notification-subscriptions");
    assert_eq!(subscribe(&harness, &path, "https://hooks.example.com/gobiz").await.0, StatusCode::CREATED);
    assert_eq!(send(harness.request(Method::GET, ALL)).await.1["data"]["subscriptions"], json!([]));
    let other = "/integrations/partner/outlets/G1/v1/notification-subscriptions";
    assert_eq!(subscribe(&harness, other, "https://hooks.example.com/gobiz").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_the_ports_of_the_web_are_taken() {
    let harness = Harness::with_menu().await;
    for url in ["https://hooks.example.com:8443/", "ftp://hooks.example.com/", "hooks", ""] {
        let (status, answer) = subscribe(&harness, ALL, url).await;
        assert_eq!((status, messages(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["url is invalid"]), "{url}");
    }
    for url in ["http://hooks.example.com:80/", "http://127.0.0.1:8718/gobiz"] {
        assert_eq!(subscribe(&harness, ALL, url).await.0, StatusCode::CREATED, "{url}");
    }
}
