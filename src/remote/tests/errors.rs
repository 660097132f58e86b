//! What people read when a call fails.

use std::time::Duration;

use super::{
    super::{Client, Endpoint, Read},
    fake::{Fake, reply},
    fetch, outlet, put,
};

/// What a fetch says after this answer; the pause that it asks for keeps the client from trying again.
async fn said(status: &str, headers: &str, body: &str) -> String {
    let fake = Fake::answering([reply(status, &format!("retry-after: 99\r\n{headers}"), body)]).await;
    fake.settled(fetch(&fake).await.unwrap_err().what)
}

/// What a fetch says after this answer of the token endpoint.
async fn token_said(status: &str, body: &str) -> String {
    let fake = Fake::new().await.tokens([reply(status, "retry-after: 99\r\n", body)]);
    let error = fetch(&fake).await.unwrap_err();
    assert_eq!(error.method, "POST");
    fake.settled(error)
}

#[tokio::test]
async fn the_platforms_words_are_shown_with_the_status() {
    let envelope = r#"{"success":false,"errors":[{"message_title":"Invalid","message":"menus: missing required field","code":"E1"}]}"#;
    insta::assert_snapshot!(said("422 Unprocessable Entity", "", envelope).await, @"");
    insta::assert_snapshot!(said("200 OK", "", envelope).await, @"");
    insta::assert_snapshot!(said("200 OK", "", r#"{"success":false}"#).await, @"");
    let not_linked = r#"{"success":false,"errors":[{"message":"The outlet is not yet registered for integration"}]}"#;
    insta::assert_snapshot!(said("404 Not Found", "", not_linked).await, @"");
    insta::assert_snapshot!(said("404 Not Found", "", r#"{"message":"no Route matched with those values"}"#).await, @"");
    insta::assert_snapshot!(said("403 Forbidden", "", "").await, @"");
}

#[tokio::test]
async fn answers_without_json_are_named_for_what_they_are() {
    insta::assert_snapshot!(said("502 Bad Gateway", "", "<html><head><title>502 Bad Gateway</title></head>").await, @"");
    insta::assert_snapshot!(said("503 Service Unavailable", "", " \n").await, @"");
    insta::assert_snapshot!(said("500 X", "", "upstream \u{1b}[31mdied\u{202e}\r\nhorribly").await, @"");
    insta::assert_snapshot!(said("200 OK", "", "<!doctype html><title>Log in</title>").await, @"");
    insta::assert_snapshot!(said("200 OK", "", "").await, @"");
    insta::assert_snapshot!(said("200 OK", "", r#"{"success":true,"data":{"menus":["#).await, @"");
    insta::assert_snapshot!(said("200 OK", "", r#"{"success":true,"data":{}}"#).await, @"");
    insta::assert_snapshot!(said("302 Found", "location: https://elsewhere.id/login?token=abc\r\n", "").await, @"");
    let long = said("500 Internal Server Error", "", &format!(r#"{{"message":"{}"}}"#, "x".repeat(70_000))).await;
    assert!(long.chars().count() < 510, "{long}");
}

#[tokio::test]
async fn a_token_that_is_not_granted_says_why() {
    insta::assert_snapshot!(token_said("401 Unauthorized", r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#).await, @"");
    insta::assert_snapshot!(token_said("400 Bad Request", r#"{"error":"invalid_scope"}"#).await, @"");
    insta::assert_snapshot!(token_said("404 Not Found", "").await, @"");
    insta::assert_snapshot!(token_said("503 Service Unavailable", "<title>Busy</title>").await, @"");
    let fake = Fake::new().await.tokens((0..5).map(|_| reply("200 OK", "", r#"{"token":"hidden-1"}"#)));
    let error = fake.client().writer().fetch(&outlet()).await.unwrap_err();
    insta::assert_snapshot!(fake.settled(error), @"");
}

#[tokio::test]
async fn wrong_credentials_are_final_and_a_busy_endpoint_is_not() {
    let fake = Fake::new().await.tokens([reply("401 X", "", "")]);
    assert!(fetch(&fake).await.unwrap_err().is_final());
    let fake = Fake::new().await.tokens([reply("503 X", "", "")]);
    assert!(!put(&fake).await.unwrap_err().is_final());
}

#[tokio::test]
async fn broken_connections_are_told_plainly() {
    let cut = Fake::answering([Vec::new()]).await;
    insta::assert_snapshot!(put(&cut).await.unwrap_err().what, @"");
    let mut half = reply("200 OK", "", r#"{"success":true}"#);
    half.truncate(half.len() - 4);
    let half = Fake::answering([half]).await;
    insta::assert_snapshot!(put(&half).await.unwrap_err().what, @"");
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = Endpoint { api_url: format!("http://{free}"), ..cut.endpoint() };
    let writer = Client::connect(&nobody).unwrap().writer();
    let change = [super::StockChange { external_id: "S".into(), uuid: String::new(), in_stock: true }];
    use super::Write;
    let error = writer.patch_stock(&outlet(), super::StockKind::Items, &change).await.unwrap_err();
    insta::assert_snapshot!(error.what, @"");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_left_after_the_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = Fake::new().await;
    let silent = Endpoint {
        api_url: format!("http://{}", listener.local_addr().unwrap()),
        timeout: Duration::from_millis(200),
        ..fake.endpoint()
    };
    let writer = Client::connect(&silent).unwrap().writer();
    use super::Write;
    let error = writer.put_catalog(&outlet(), uuid::Uuid::nil(), &super::menu()).await.unwrap_err();
    insta::assert_snapshot!(error.what, @"");
    assert!(!error.is_final());
}

#[tokio::test]
async fn an_answer_of_33_mib_is_refused() {
    let fake = Fake::answering([reply("200 OK", "", &" ".repeat(33 << 20))]).await;
    insta::assert_snapshot!(fetch(&fake).await.unwrap_err().what, @"");
}
