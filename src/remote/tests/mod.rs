//! The clients against a server over a real socket.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod errors;
mod fake;
mod promotions;
mod resting;

use std::time::{Duration, Instant};

use fake::{Fake, ID, SECRET, catalog, reply};
use uuid::Uuid;

use super::{Endpoint, Lane, Read, RemoteError, Retry, StockChange, StockKind, Write, install_crypto};
use crate::catalog::{Catalog, Field, Item, Menu, OutletId, Price};
use crate::settings::StockKey;

const GET: &str = "GET /base/integrations/gofood/outlets/G1/v2/catalog";
const PUT: &str = "PUT /base/integrations/gofood/outlets/G1/v1/catalog";
const POST: &str = "POST /oauth2/token";

fn outlet() -> OutletId {
    "G1".into()
}

fn menu() -> Catalog {
    let item = Item {
        external_id: "S".into(),
        name: Field::Set("Soto".into()),
        price: Field::Set(Price(25000)),
        in_stock: Field::Set(true),
        ..Item::default()
    };
    Catalog { menus: vec![Menu { name: "M".into(), menu_items: vec![item] }], ..Catalog::default() }
}

async fn fetch(fake: &Fake) -> Result<String, RemoteError> {
    fake.client().reader().fetch(&outlet()).await.map(|live| live.menus[0].name.clone())
}

async fn put(fake: &Fake) -> Result<(), RemoteError> {
    fake.client().writer(super::unfenced()).put_catalog(&outlet(), Uuid::nil(), &menu()).await
}

/// A failure that asks to come back at once, so that tests do not wait.
fn busy(status: &str) -> Vec<u8> {
    reply(status, "retry-after: 0\r\n", "")
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_read_again() {
    let bad = reply("200 OK", "content-type: application/json\r\n", "{\"success\":true,\"data\":1}");
    let fake = Fake::answering([catalog("Nasi"), catalog("Nasi"), catalog("Mie"), bad, busy("503 Busy")]).await;
    let reader = fake.client().reader();
    let known = reader.fetch_in(&outlet(), Lane::Pass).await.unwrap().answer.unwrap();
    assert!(reader.fetch_unless(&outlet(), Lane::Pass, Some(known)).await.unwrap().is_none());
    let other = reader.fetch_unless(&outlet(), Lane::Pass, Some(known)).await.unwrap().unwrap();
    assert_eq!(other.live.menus[0].name, "Mie");
    assert_ne!(other.answer, Some(known));
    assert!(reader.fetch_unless(&outlet(), Lane::Pass, Some(known)).await.is_err(), "nothing that can be read");
    assert!(reader.fetch_unless(&outlet(), Lane::Pass, Some(known)).await.unwrap().is_none(), "tried again after 503");
}

#[tokio::test]
async fn a_fetch_asks_for_a_token_and_reads_the_catalog() {
    let fake = Fake::new().await;
    assert_eq!(fetch(&fake).await.unwrap(), "Nasi");
    let seen = fake.seen();
    assert_eq!(fake.lines(), [POST, GET]);
    assert!(seen[0].body.contains("grant_type=client_credentials"));
    assert!(seen[0].head.contains("content-type: application/x-www-form-urlencoded"));
    assert!(seen[0].head.contains("authorization: Basic YXBwLWlkLTE6czNjcjN0LW9mLXRoZS1hcHA="));
    for wanted in [
        "authorization: Bearer token-1",
        "accept: application/json",
        "content-type: application/json",
        "accept-encoding: gzip",
        "user-agent: menusync/",
    ] {
        assert!(seen[1].head.contains(wanted), "{wanted} in {}", seen[1].head);
    }
}

#[tokio::test]
async fn each_client_asks_only_for_the_rights_it_needs() {
    let fake = Fake::new().await;
    let client = fake.client();
    let (reader, writer) = (client.reader(), client.writer(super::unfenced()));
    reader.fetch(&outlet()).await.unwrap();
    writer.fetch(&outlet()).await.unwrap();
    writer.put_catalog(&outlet(), Uuid::nil(), &menu()).await.unwrap();
    client.reader().fetch(&outlet()).await.unwrap();
    let scopes: Vec<String> = fake.seen().into_iter().filter(|seen| seen.line == POST).map(|seen| seen.body).collect();
    assert_eq!(
        scopes,
        [
            "grant_type=client_credentials&scope=gofood%3Acatalog%3Aread",
            "grant_type=client_credentials&scope=gofood%3Acatalog%3Aread+gofood%3Acatalog%3Awrite"
        ]
    );
}

#[tokio::test]
async fn fifty_fetches_at_once_ask_for_one_token() {
    let fake = Fake::new().await;
    let reader = fake.client().reader();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let reader = reader.clone();
            tokio::spawn(async move { reader.fetch(&outlet()).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(fake.lines().iter().filter(|line| *line == POST).count(), 1);
    assert_eq!(fake.lines().len(), 51);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let fake = Fake::answering([reply("401 Unauthorized", "", "")]).await;
    assert_eq!(fetch(&fake).await.unwrap(), "Nasi");
    assert_eq!(fake.lines(), [POST, GET, POST, GET]);
    assert!(fake.seen()[3].head.contains("Bearer token-2"));
}

#[tokio::test]
async fn a_write_is_repeated_once_after_a_refused_token() {
    let fake = Fake::answering([reply("401 Unauthorized", "", "")]).await;
    put(&fake).await.unwrap();
    assert_eq!(fake.lines(), [POST, PUT, POST, PUT]);
    assert_eq!(fake.seen()[1].body, fake.seen()[3].body);
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let no = r#"{"success":false,"errors":[{"message_title":"Session Expired","message":"Please log in","code":"HTTP_401"}]}"#;
    let fake = Fake::answering([reply("401 Unauthorized", "", no), reply("401 Unauthorized", "", no)]).await;
    let error = fetch(&fake).await.unwrap_err();
    assert_eq!(fake.lines(), [POST, GET, POST, GET]);
    assert!(error.is_final());
    insta::assert_snapshot!(fake.settled(error), @"GET http://127.0.0.1:PORT/base/integrations/gofood/outlets/G1/v2/catalog: 401 Unauthorized: Session Expired: Please log in (HTTP_401); 127.0.0.1 refused a fresh token too: does the credential (`gobiz.client_id_file`) belong to this host (`target`), and is it allowed the scope gofood:catalog:read? (X-Request-ID ID)");
}

#[tokio::test]
async fn reads_are_tried_again_until_they_work() {
    for status in ["408 X", "425 X", "429 X", "500 X", "502 X", "503 X", "504 X"] {
        let fake = Fake::answering([busy(status), busy(status)]).await;
        assert_eq!(fetch(&fake).await.unwrap(), "Nasi", "{status}");
        assert_eq!(fake.lines(), [POST, GET, GET, GET], "{status}");
    }
}

#[tokio::test]
async fn a_cut_connection_and_a_page_are_tried_again() {
    let page = reply("200 OK", "retry-after: 0\r\n", "<html><title>Wait</title>");
    let mut cut = catalog("Cut");
    cut.truncate(cut.len() - 3);
    let fake = Fake::answering([page, Vec::new(), cut]).await;
    assert_eq!(fetch(&fake).await.unwrap(), "Nasi");
    assert_eq!(fake.lines().len(), 5);
}

#[tokio::test]
async fn a_token_endpoint_that_is_busy_is_tried_again() {
    let fake = Fake::new().await.tokens([busy("503 X"), busy("429 X")]);
    assert_eq!(fetch(&fake).await.unwrap(), "Nasi");
    assert_eq!(fake.lines(), [POST, POST, POST, GET]);
}

#[tokio::test]
async fn after_five_tries_a_read_fails() {
    let fake = Fake::answering((0..5).map(|_| busy("503 Service Unavailable"))).await;
    let error = fetch(&fake).await.unwrap_err();
    assert_eq!(fake.lines().len(), 6);
    assert_eq!(error.retry, Retry::After(Some(Duration::ZERO)));
    insta::assert_snapshot!(fake.settled(error), @"GET http://127.0.0.1:PORT/base/integrations/gofood/outlets/G1/v2/catalog: 503 Service Unavailable: answered with an empty body (tried 5 times) (X-Request-ID ID)");
}

#[tokio::test]
async fn asked_to_wait_for_minutes_a_read_fails_at_once_and_says_how_long() {
    let seconds = reply("429 Too Many Requests", "retry-after: 120\r\n", "");
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:51:37 GMT\r\n";
    let date = reply("503 Service Unavailable", date, "");
    for answer in [seconds, date] {
        let fake = Fake::answering([answer]).await;
        let begun = Instant::now();
        assert_eq!(fetch(&fake).await.unwrap_err().retry, Retry::After(Some(Duration::from_secs(120))));
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(fake.lines(), [POST, GET]);
    }
}

#[tokio::test]
async fn what_is_refused_is_not_asked_again() {
    for status in ["400 X", "403 X", "404 X", "406 X", "409 X", "415 X", "422 X", "302 X"] {
        let fake = Fake::answering([reply(status, "", "")]).await;
        assert!(fetch(&fake).await.unwrap_err().is_final(), "{status}");
        assert_eq!(fake.lines(), [POST, GET], "{status}");
    }
}

#[tokio::test]
async fn a_write_is_tried_once_whatever_happens() {
    for answer in [busy("503 X"), busy("429 X"), busy("408 X"), Vec::new()] {
        let fake = Fake::answering([answer]).await;
        assert!(!put(&fake).await.unwrap_err().is_final());
        assert_eq!(fake.lines(), [POST, PUT]);
    }
    let fake = Fake::new().await.tokens([busy("503 X")]);
    assert!(!put(&fake).await.unwrap_err().is_final());
    assert_eq!(fake.lines(), [POST]);
}

#[tokio::test]
async fn a_write_is_taken_by_any_success_that_does_not_say_no() {
    for body in ["", "{}", r#"{"success":true,"data":null}"#, r#"{"data":{}}"#, "[]"] {
        let fake = Fake::answering([reply("201 Created", "", body)]).await;
        put(&fake).await.unwrap();
    }
    let fake = Fake::answering([reply("204 No Content", "", "")]).await;
    put(&fake).await.unwrap();
    for unclear in ["<html>", r#"{"success":tr"#, "OK"] {
        let fake = Fake::answering([reply("200 OK", "", unclear)]).await;
        assert_eq!(put(&fake).await.unwrap_err().retry, Retry::After(None), "{unclear}");
    }
}

#[tokio::test]
async fn a_put_sends_the_catalog_under_its_request_id() {
    let fake = Fake::new().await;
    put(&fake).await.unwrap();
    insta::assert_snapshot!(fake.seen()[1].body, @r#"{"request_id":"00000000-0000-0000-0000-000000000000","menus":[{"name":"M","menu_items":[{"external_id":"S","name":"Soto","in_stock":true,"price":25000}]}],"variant_categories":[]}"#);
}

#[tokio::test]
async fn a_put_without_stock_is_not_sent() {
    let fake = Fake::new().await;
    let mut catalog = menu();
    catalog.menus[0].menu_items[0].in_stock = Field::Unsaid;
    let error =
        fake.client().writer(super::unfenced()).put_catalog(&outlet(), Uuid::nil(), &catalog).await.unwrap_err();
    assert!(error.is_final() && fake.lines().is_empty());
    insta::assert_snapshot!(fake.settled(error), @"PUT http://127.0.0.1:PORT/base/integrations/gofood/outlets/G1/v1/catalog: not sent: item S has no in_stock");
}

#[tokio::test]
async fn stock_goes_to_its_own_endpoints() {
    let fake = Fake::new().await;
    let writer = fake.client().writer(super::unfenced());
    let changes = [StockChange { external_id: "S".into(), uuid: String::new(), in_stock: false }];
    writer.patch_stock(&outlet(), StockKind::Items, &changes).await.unwrap();
    writer.patch_stock(&outlet(), StockKind::Variants, &changes).await.unwrap();
    let base = "PATCH /base/integrations/gofood/outlets/G1/v2";
    assert_eq!(fake.lines()[1..], [format!("{base}/menu_item_stocks"), format!("{base}/variant_stocks")]);
    assert_eq!(fake.seen()[1].body, r#"[{"external_id":"S","in_stock":false}]"#);
    let by_id = Fake::connect(&Endpoint { stock_key: StockKey::Id, ..fake.endpoint() }).writer(super::unfenced());
    let error = by_id.patch_stock(&outlet(), StockKind::Items, &changes).await.unwrap_err();
    insta::assert_snapshot!(fake.settled(error), @"PATCH http://127.0.0.1:PORT/base/integrations/gofood/outlets/G1/v2/menu_item_stocks: not sent: the platform's id of S is not known (gobiz.stock_key is id)");
    assert_eq!(fake.lines().len(), 3);
}

#[tokio::test]
async fn an_outlet_id_cannot_change_the_address() {
    let fake = Fake::new().await;
    fake.client().reader().fetch(&"G1/../G2?x#y".into()).await.unwrap();
    assert_eq!(fake.lines()[1], "GET /base/integrations/gofood/outlets/G1%2F..%2FG2%3Fx%23y/v2/catalog");
    for bad in ["", ".", ".."] {
        let error =
            fake.client().writer(super::unfenced()).put_catalog(&bad.into(), Uuid::nil(), &menu()).await.unwrap_err();
        assert!(error.is_final() && error.what.starts_with("not sent: "), "{error}");
    }
    assert_eq!(fake.lines().len(), 2);
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let packed = BASE64_STANDARD
        .decode("H4sIAAAAAAACA6tWKi5NTk4tLlayKikqTdVRSkksSVSyqlbKTc0rBQpGVyvlJeamKlkpRWUWKNXG1tYCALt7wvAyAAAA")
        .unwrap();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    answer.extend(packed);
    let fake = Fake::answering([answer]).await;
    assert_eq!(fetch(&fake).await.unwrap(), "Zip");
}

#[tokio::test]
async fn nothing_that_can_be_printed_holds_a_secret() {
    let echo = format!(
        r#"{{"error":"bad {SECRET}","error_description":"Basic YXBwLWlkLTE6czNjcjN0LW9mLXRoZS1hcHA= {SECRET}"}}"#
    );
    let fake = Fake::answering([reply("422 X", "", r#"{"message":"Bearer token-1 is odd"}"#)]).await;
    let client = fake.client();
    let api = client.reader().fetch(&outlet()).await.unwrap_err();
    assert!(api.what.contains("[hidden]"));
    let refused = Fake::new().await.tokens([reply("401 X", "", &echo)]);
    let oauth = fetch(&refused).await.unwrap_err();
    assert!(oauth.what.contains("[hidden]"));
    let printed = format!(
        "{api:?}{api}{oauth:?}{oauth}{client:?}{:?}{:?}{:?}",
        client.reader(),
        client.writer(super::unfenced()),
        fake.endpoint()
    );
    for secret in [SECRET, "token-1", "YXBw", "Bearer t"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    assert!(format!("{client:?}").contains("127.0.0.1") && !ID.is_empty());
    install_crypto();
}
