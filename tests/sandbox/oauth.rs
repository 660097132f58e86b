//! Tokens: who gets one, what it admits, how it ends.

use std::time::Duration;

use menusync::sandbox::Options;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, advance, messages, send};

async fn ask(harness: &Harness, id: &str, secret: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
    send(harness.client.post(harness.sandbox.oauth_url()).basic_auth(id, Some(secret)).form(form)).await
}

#[tokio::test]
async fn a_token_is_granted_for_basic_credentials() {
    let harness = Harness::with_menu().await;
    let form = [("grant_type", "client_credentials"), ("scope", "gofood:catalog:read")];
    let (status, answer) = ask(&harness, "sandbox", "sandbox", &form).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["expires_in"], 3600);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["scope"], "gofood:catalog:read");
    let entry = harness.last_entry();
    assert_eq!(entry.scope.as_deref(), Some("gofood:catalog:read"));
    assert_eq!(entry.body, None, "a token request holds a secret");
}

#[tokio::test]
async fn a_token_is_granted_for_credentials_in_the_form() {
    let harness = Harness::with_menu().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "gofood:catalog:read"),
        ("client_id", "sandbox"),
        ("client_secret", "sandbox"),
    ];
    let (status, answer) = send(harness.client.post(harness.sandbox.oauth_url()).form(&form)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["access_token"].is_string());
}

#[tokio::test]
async fn token_errors_have_the_oauth_shape() {
    let harness = Harness::with_menu().await;
    let form = [("grant_type", "client_credentials"), ("scope", "gofood:catalog:read")];
    let (status, answer) = ask(&harness, "sandbox", "wrong", &form).await;
    assert_eq!((status, &answer["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    let (status, answer) = ask(&harness, "sandbox", "sandbox", &[("grant_type", "password")]).await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("unsupported_grant_type")));
}

#[tokio::test]
async fn one_scope_too_many_fails_the_whole_request() {
    let options = Options { scopes: vec!["gofood:catalog:read".into()], ..Options::default() };
    let harness_scopes = "gofood:catalog:read gofood:catalog:write";
    let sandbox = menusync::sandbox::start(options).await.unwrap();
    let request = crate::harness::client().post(sandbox.oauth_url()).basic_auth("sandbox", Some("sandbox"));
    let (status, answer) = send(request.form(&[("grant_type", "client_credentials"), ("scope", harness_scopes)])).await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_scope")));
    assert!(answer["error_description"].as_str().unwrap().contains("gofood:catalog:write"));
}

#[tokio::test]
async fn a_token_without_a_scope_admits_nothing() {
    let mut harness = Harness::with_menu().await;
    harness.token = harness.new_token("").await;
    let (status, answer) = send(harness.get()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(messages(&answer), ["the token lacks scope gofood:catalog:read"]);
}

#[tokio::test]
async fn a_read_token_cannot_write() {
    let mut harness = Harness::with_menu().await;
    harness.token = harness.new_token("gofood:catalog:read").await;
    harness.read().await;
    assert_eq!(send(harness.put(&crate::harness::menu())).await.0, StatusCode::FORBIDDEN);
    let stock = json!([{ "external_id": "NG", "in_stock": false }]);
    assert_eq!(send(harness.stock("menu_item", &stock)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(harness.control().outlet(OUTLET).unwrap().publications, 0);
}

#[tokio::test]
async fn a_token_expires() {
    let mut harness = Harness::with_menu().await;
    harness.control().change_settings(|settings| settings.token_lifetime_s = 600);
    harness.token = harness.new_token("gofood:catalog:read").await;
    advance(Duration::from_secs(599)).await;
    harness.read().await;
    advance(Duration::from_secs(1)).await;
    let (status, answer) = send(harness.get()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["errors"][0]["message_title"], "Session Expired");
    assert_eq!(answer["errors"][0]["code"], "HTTP_401");
}

#[tokio::test]
async fn tokens_can_be_ended_by_order() {
    let harness = Harness::with_menu().await;
    harness.control().expire_tokens();
    assert_eq!(send(harness.get()).await.0, StatusCode::UNAUTHORIZED);
}
