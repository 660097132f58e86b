//! Injected faults, seen from the client.

use std::time::Duration;

use menusync::sandbox::{Endpoint, Fault, FaultKind};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{Harness, OUTLET, advance, menu, send};

fn changed_menu() -> Value {
    let mut body = menu();
    body["menus"][0]["menu_items"][0]["price"] = json!(27000);
    body
}

#[tokio::test]
async fn a_status_replaces_the_answer_once_and_nothing_is_done() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault {
        headers: [("Retry-After".to_owned(), "7".to_owned())].into(),
        ..Fault::status(Endpoint::Put, 429)
    });
    harness.read().await;
    let response = harness.put(&changed_menu()).send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &header::HeaderValue::from(7))
    );
    assert_eq!(response.json::<Value>().await.unwrap()["success"], false);
    assert_eq!(harness.published(), menu());
    let entry = harness.last_entry();
    assert_eq!((entry.status, entry.faulted), (Some(429), true));
    harness.push(&changed_menu()).await;
    assert_eq!(harness.published(), changed_menu());
}

#[tokio::test]
async fn a_status_may_bring_its_own_body() {
    let harness = Harness::with_menu().await;
    harness
        .control()
        .inject(Fault { body: Some(json!({ "message": "no Route matched" })), ..Fault::status(Endpoint::Get, 404) });
    assert_eq!(send(harness.get()).await, (StatusCode::NOT_FOUND, json!({ "message": "no Route matched" })));
    harness
        .control()
        .inject(Fault { body: Some(json!("upstream connect error")), ..Fault::status(Endpoint::Get, 503) });
    assert_eq!(harness.get().send().await.unwrap().text().await.unwrap(), "upstream connect error");
}

#[tokio::test]
async fn a_status_after_commit_did_the_work() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault { commit: Some(true), ..Fault::status(Endpoint::Put, 504) });
    assert_eq!(send(harness.put(&changed_menu())).await.0, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(harness.published(), changed_menu());
}

#[tokio::test]
async fn a_cut_connection_has_no_answer_and_did_nothing() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault::new(Endpoint::Put, FaultKind::Cut));
    let error = harness.put(&changed_menu()).send().await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert_eq!(harness.published(), menu());
    assert_eq!(harness.last_entry().status, None);
    assert_eq!(harness.control().log().len(), 1, "the client did not try again by itself");
    harness.push(&changed_menu()).await;
}

#[tokio::test]
async fn a_cut_after_commit_has_no_answer_but_did_the_work() {
    let harness = Harness::with_menu().await;
    harness.control().change_settings(|settings| settings.hold_publication = true);
    harness.push(&menu()).await;
    harness.control().inject(Fault::new(Endpoint::Put, FaultKind::CutAfterCommit));
    harness.put(&changed_menu()).send().await.unwrap_err();
    let entry = harness.last_entry();
    assert_eq!((entry.status, entry.replaced_pending), (None, true));
    harness.control().publish(OUTLET).unwrap();
    assert_eq!(harness.published(), changed_menu());
}

#[tokio::test]
async fn a_gateway_may_answer_html() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault { status: Some(200), ..Fault::new(Endpoint::Get, FaultKind::Html) });
    let response = harness.get().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert!(response.text().await.unwrap().contains("Bad Gateway"));
    harness.control().inject(Fault::new(Endpoint::Get, FaultKind::Html));
    assert_eq!(harness.get().send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn a_body_may_be_empty_truncated_or_oversized() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault::new(Endpoint::Get, FaultKind::Empty));
    assert_eq!(harness.get().send().await.unwrap().text().await.unwrap(), "");
    harness.control().inject(Fault::new(Endpoint::Get, FaultKind::Truncated));
    let text = harness.get().send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with('{') && serde_json::from_str::<Value>(&text).is_err());
    harness.control().inject(Fault { bytes: 3 << 20, ..Fault::new(Endpoint::Get, FaultKind::Oversized) });
    let response = harness.get().send().await.unwrap();
    assert_eq!(response.content_length(), Some(3 << 20));
    assert_eq!(response.json::<Value>().await.unwrap()["success"], true);
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_or_after_the_work() {
    let harness = Harness::with_menu().await;
    let start = tokio::time::Instant::now();
    harness.control().inject(Fault {
        delay_ms: 90_000,
        delay_answer_ms: 30_000,
        on: Endpoint::Get,
        ..Fault::default()
    });
    harness.read().await;
    assert!(start.elapsed() >= Duration::from_secs(120));
}

#[tokio::test]
async fn a_client_that_leaves_during_the_delay_is_too_early_or_too_late() {
    for (fault, expected) in [
        (Fault { delay_ms: 60_000, on: Endpoint::Put, ..Fault::default() }, menu()),
        (Fault { delay_answer_ms: 60_000, on: Endpoint::Put, ..Fault::default() }, changed_menu()),
    ] {
        let harness = Harness::with_menu().await;
        harness.control().inject(fault);
        let error = harness.put(&changed_menu()).timeout(Duration::from_millis(300)).send().await.unwrap_err();
        assert!(error.is_timeout());
        advance(Duration::from_secs(60)).await;
        harness.read().await; // gives the server its turn
        assert_eq!(harness.published(), expected);
    }
}

#[tokio::test]
async fn faults_wait_for_their_call_their_outlet_and_their_turn() {
    let harness = Harness::with_menu().await;
    harness.control().seed("G2", Default::default());
    harness.control().inject(Fault {
        outlet: Some("G2".into()),
        after: 1,
        times: Some(2),
        ..Fault::status(Endpoint::Get, 500)
    });
    let other = "/integrations/gofood/outlets/G2/v2/catalog";
    let mut seen = Vec::new();
    for _ in 0..4 {
        harness.read().await;
        seen.push(send(harness.request(Method::GET, other)).await.0.as_u16());
    }
    assert_eq!(seen, [200, 500, 500, 200]);
    assert_eq!(harness.control().faults(), []);
}

#[tokio::test]
async fn a_fault_without_times_stays_until_it_is_called_off() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault { times: None, ..Fault::status(Endpoint::Any, 503) });
    for _ in 0..3 {
        assert_eq!(send(harness.get()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
    harness.control().clear_faults();
    harness.read().await;
}

#[tokio::test]
async fn the_token_endpoint_has_faults_too() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault::new(Endpoint::Token, FaultKind::Cut));
    harness.client.post(harness.sandbox.oauth_url()).send().await.unwrap_err();
    assert_eq!(harness.new_token("gofood:catalog:read").await.len(), 32);
}

#[tokio::test]
async fn stopping_cuts_waiting_requests_and_frees_the_port() {
    let harness = Harness::with_menu().await;
    harness.control().inject(Fault { delay_ms: 3_600_000, ..Fault::new(Endpoint::Get, FaultKind::Delay) });
    let waiting = tokio::spawn(harness.get().send());
    while harness.control().log().is_empty() {
        tokio::task::yield_now().await;
    }
    let address = harness.sandbox.address();
    harness.sandbox.stop().await;
    waiting.await.unwrap().unwrap_err();
    tokio::net::TcpListener::bind(address).await.unwrap();
}
