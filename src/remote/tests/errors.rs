//! What people read when a call fails.

use std::time::Duration;

use super::{
    super::{Endpoint, Read, Write, without_request_ids},
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
    insta::assert_snapshot!(said("422 Unprocessable Entity", "", envelope).await, @"422 Unprocessable Entity: Invalid: menus: missing required field (E1)");
    insta::assert_snapshot!(said("200 OK", "", envelope).await, @"200 OK: Invalid: menus: missing required field (E1)");
    insta::assert_snapshot!(said("200 OK", "", r#"{"success":false}"#).await, @"200 OK: refused without a reason");
    let not_linked = r#"{"success":false,"errors":[{"message":"The outlet is not yet registered for integration"}]}"#;
    insta::assert_snapshot!(said("404 Not Found", "", not_linked).await, @"404 Not Found: The outlet is not yet registered for integration; link the outlet to this integration in GoBiz first, or correct `outlet` in its file");
    insta::assert_snapshot!(said("404 Not Found", "", r#"{"message":"no Route matched with those values"}"#).await, @"404 Not Found: no Route matched with those values; is 127.0.0.1 the right host (gobiz.api_url, or `target`)?");
    insta::assert_snapshot!(said("403 Forbidden", "", "").await, @"403 Forbidden: answered with an empty body; is `outlet` in the file the id with the G (not the restaurant's UUID), and is the credential (`gobiz.client_id_file`) allowed the scope gofood:catalog:read?");
}

#[tokio::test]
async fn answers_without_json_are_named_for_what_they_are() {
    insta::assert_snapshot!(said("502 Bad Gateway", "", "<html><head><title>502 Bad Gateway</title></head>").await, @"502 Bad Gateway: answered with an HTML page (“502 Bad Gateway”)");
    insta::assert_snapshot!(said("503 Service Unavailable", "", " \n").await, @"503 Service Unavailable: answered with an empty body");
    insta::assert_snapshot!(said("500 X", "", "upstream \u{1b}[31mdied\u{202e}\r\nhorribly").await, @"500 Internal Server Error: upstream [31mdied horribly");
    insta::assert_snapshot!(said("200 OK", "", "<!doctype html><title>Log in</title>").await, @"200 OK: answered with an HTML page (“Log in”)");
    insta::assert_snapshot!(said("200 OK", "", "").await, @"200 OK: answered with an empty body");
    insta::assert_snapshot!(said("200 OK", "", r#"{"success":true,"data":{"menus":["#).await, @"200 OK: the answer is not JSON or was cut off: EOF while parsing a list at line 1 column 33");
    insta::assert_snapshot!(said("200 OK", "", r#"{"success":true,"data":{}}"#).await, @"200 OK: the answer has no list `data.menus`: this is not taken for an empty menu");
    insta::assert_snapshot!(said("302 Found", "location: https://elsewhere.id/login?token=abc\r\n", "").await, @"302 Found: answered with a redirect to https://elsewhere.id/login, which is not followed; is 127.0.0.1 the right host (gobiz.api_url, or `target`)?");
    let long = said("500 Internal Server Error", "", &format!(r#"{{"message":"{}"}}"#, "x".repeat(70_000))).await;
    assert!(long.chars().count() < 510, "{long}");
}

#[tokio::test]
async fn subscriptions_in_another_form_are_an_error_and_no_fault() {
    for body in [
        "[]",
        "7",
        "null",
        r#"{"data":[]}"#,
        r#"{"data":{"subscriptions":7}}"#,
        r#"{"data":{"subscriptions":[["id-1","gofood.catalog.menu_mapping_updated","https://x.id",true]]}}"#,
    ] {
        let fake = Fake::answering([reply("200 OK", "", body)]).await;
        let error = fake.client().subscriber("gofood.catalog.menu_mapping_updated", None).list().await.unwrap_err();
        let words = ["no list of subscriptions can be read", "neither `success` nor `data`"];
        assert!(words.iter().any(|words| error.what.contains(words)), "{body}: {}", error.what);
    }
}

#[tokio::test]
async fn a_list_that_is_null_or_missing_is_an_empty_one() {
    for body in [
        r#"{"success":true}"#,
        r#"{"success":true,"data":null}"#,
        r#"{"data":{}}"#,
        r#"{"data":{"subscriptions":null,"outlets":null}}"#,
    ] {
        let empty = || reply("200 OK", "", body);
        let fake = Fake::answering([empty(), empty()]).await;
        let client = fake.client();
        assert_eq!(client.subscriber("gofood.order.webhook_error", None).list().await.unwrap(), [], "{body}");
        assert_eq!(client.linked_outlets().await.unwrap(), [], "{body}");
    }
    let listed = r#"{"data":{"subscriptions":[{"id":"1","event":"e","url":"https://x.id"}]}}"#;
    let fake = Fake::answering([reply("200 OK", "", listed)]).await;
    assert!(fake.client().subscriber("e", None).list().await.unwrap()[0].active, "`active` is optional");
}

#[tokio::test]
async fn a_scope_that_is_not_granted_is_named_where_it_is_missed() {
    let granted =
        |scope: &str| reply("200 OK", "", &format!(r#"{{"access_token":"t","expires_in":3599,"scope":"{scope}"}}"#));
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let lesser = || granted("gofood:catalog:read");
        let fake = Fake::answering([reply(status, "", ""), reply(status, "", "")]).await.tokens([lesser(), lesser()]);
        let error = put(&fake).await.unwrap_err();
        assert!(error.what.contains("was granted without the scope gofood:catalog:write"), "{error}");
    }
    let fake = Fake::new().await.tokens([granted("gofood:catalog:read")]);
    let probes = fake.client().probe_rights().await;
    let missing: Vec<_> = probes.iter().map(|probe| probe.granted.as_ref().unwrap().missing.clone()).collect();
    assert_eq!(missing, [vec![], Vec::<String>::new()]);
}

#[tokio::test]
async fn every_call_has_an_id_that_its_error_shows_as_the_platform_knows_it() {
    let id = |head: &str| head.lines().find_map(|line| Some(line.strip_prefix("x-request-id: ")?.to_owned())).unwrap();
    let fake = Fake::answering([reply("422 X", "", ""), reply("422 X", "x-request-id: theirs-1\r\n", "")]).await;
    let error = fetch(&fake).await.unwrap_err();
    let seen = fake.seen();
    assert_eq!(error.request_id, Some(id(&seen[1].head)));
    assert_ne!(id(&seen[0].head), id(&seen[1].head));
    assert!(error.to_string().ends_with(&format!(" (X-Request-ID {})", id(&seen[1].head))), "{error}");
    assert!(fetch(&fake).await.unwrap_err().to_string().ends_with(" (X-Request-ID theirs-1)"));
    let refused = Fake::new().await.tokens([reply("401 X", "", "")]);
    assert!(fetch(&refused).await.unwrap_err().request_id.is_some(), "of a token call too");
    let push = Fake::new().await;
    push.client()
        .writer(crate::remote::unfenced())
        .put_catalog(&outlet(), uuid::Uuid::from_u128(7), &super::menu())
        .await
        .unwrap();
    assert!(id(&push.seen()[1].head).ends_with("-000000000007"), "a push has one id");
    let words = without_request_ids(&format!("{error}; twice: {error}"));
    assert!(!words.contains("X-Request-ID") && words.contains("; twice: GET "), "{words}");
}

#[tokio::test]
async fn an_accept_that_is_not_taken_names_the_setting() {
    let words = r#"{"success":false,"errors":[{"message":"no","code":"UnsupportedAcceptType"}]}"#;
    for status in ["404 X", "406 X", "415 X"] {
        let told = said(status, "", words).await;
        assert!(told.ends_with("write `gobiz.accept: application/vnd.eim.v1+json`"), "{told}");
    }
    let fake = Fake::answering([reply("406 X", "", words)]).await;
    let endpoint = Endpoint { accept: "application/vnd.eim.v1+json".to_owned(), ..fake.endpoint() };
    let error = Fake::connect(&endpoint).reader().fetch(&outlet()).await.unwrap_err();
    assert!(error.what.ends_with("write `gobiz.accept: application/json`"), "{error}");
    let seen = fake.seen();
    assert!(
        seen[0].head.contains("accept: application/json\r\n") && seen[1].head.contains("accept: application/vnd.eim")
    );
}

#[tokio::test]
async fn each_event_is_subscribed_to_with_the_scope_of_its_api() {
    let fake = Fake::answering((0..4).map(|_| reply("201 X", "", "{}"))).await;
    let client = fake.client();
    for event in ["gofood.catalog.menu_mapping_updated", "gofood.order.webhook_error", "gofood.order.created"] {
        client.subscriber(event, None).create(event, "https://x.id").await.unwrap();
    }
    client.subscriber("gofood.order.created", Some("a:b")).create("e", "https://x.id").await.unwrap();
    let scopes: Vec<String> =
        fake.seen().into_iter().map(|seen| seen.body).filter(|body| body.contains("scope=")).collect();
    let scopes: Vec<&str> = scopes.iter().map(|body| body.split_once("scope=").unwrap().1).collect();
    assert_eq!(scopes, ["gofood%3Acatalog%3Aread", "gofood%3Aorder%3Aread", "a%3Ab"], "one token for each scope");
}

#[tokio::test]
async fn linked_outlets_are_read_page_by_page_until_one_brings_nothing_new() {
    let page = |ids: &[&str]| {
        let list: Vec<_> = ids.iter().map(|id| format!(r#"{{"id":"{id}","external_outlet_id":"p-{id}"}}"#)).collect();
        reply("200 OK", "", &format!(r#"{{"success":true,"data":{{"outlets":[{}]}}}}"#, list.join(",")))
    };
    let fake = Fake::answering([page(&["G2"]), page(&["G1"]), page(&["G1"])]).await;
    let linked = fake.client().linked_outlets().await.unwrap();
    let ids: Vec<_> = linked.iter().map(|outlet| (outlet.id.as_str(), outlet.external_id.as_deref())).collect();
    assert_eq!(ids, [("G1", Some("p-G1")), ("G2", Some("p-G2"))]);
    let base = "GET /base/integrations/partner/v1/linked-outlets?per=100&page=";
    assert_eq!(fake.lines()[1..], [1, 2, 3].map(|page| format!("{base}{page}")));
    let odd = Fake::answering([reply("200 OK", "", r#"{"success":true,"data":{"outlets":[{}]}}"#)]).await;
    assert!(odd.client().linked_outlets().await.unwrap_err().is_final());
}

#[tokio::test]
async fn a_token_that_is_not_granted_says_why() {
    insta::assert_snapshot!(token_said("401 Unauthorized", r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#).await, @"POST http://127.0.0.1:PORT/oauth2/token: 401 Unauthorized: invalid_client: Client authentication failed; 127.0.0.1 does not know this client id and secret (`gobiz.client_id_file`, `gobiz.client_secret_file`): are they right, and are they of this environment (`target`; a sandbox credential does not work on production, nor the other way round)? (X-Request-ID ID)");
    insta::assert_snapshot!(token_said("400 Bad Request", r#"{"error":"invalid_scope"}"#).await, @"POST http://127.0.0.1:PORT/oauth2/token: 400 Bad Request: invalid_scope; is the credential (`gobiz.client_id_file`) allowed the scope gofood:catalog:read? (X-Request-ID ID)");
    insta::assert_snapshot!(token_said("404 Not Found", "").await, @"POST http://127.0.0.1:PORT/oauth2/token: 404 Not Found: answered with an empty body; is 127.0.0.1 the right host (gobiz.oauth_url, or `target`)? (X-Request-ID ID)");
    insta::assert_snapshot!(token_said("503 Service Unavailable", "<title>Busy</title>").await, @"POST http://127.0.0.1:PORT/oauth2/token: 503 Service Unavailable: answered with an HTML page (“Busy”) (X-Request-ID ID)");
    for odd in [
        r#"{"token":"hid-1"}"#,
        r#"{"access_token":"hid 1\n","token_type":"mac"}"#,
        r#"{"access_token":"hid\n1"}"#,
        r#"["hid-1",3600,"Bearer"]"#,
        "hid-1",
    ] {
        assert!(!token_said("200 OK", odd).await.contains("hid"));
    }
    insta::assert_snapshot!(token_said("200 OK", "{}").await, @"POST http://127.0.0.1:PORT/oauth2/token: the answer holds no access_token; is 127.0.0.1 the right host (gobiz.oauth_url, or `target`)? (X-Request-ID ID)");
    insta::assert_snapshot!(token_said("200 OK", "<title>Maintenance</title>").await, @"POST http://127.0.0.1:PORT/oauth2/token: answered with an HTML page (“Maintenance”); is 127.0.0.1 the right host (gobiz.oauth_url, or `target`)? (X-Request-ID ID)");
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
    insta::assert_snapshot!(put(&cut).await.unwrap_err().what, @"connection closed before an answer");
    let mut half = reply("200 OK", "", r#"{"success":true}"#);
    half.truncate(half.len() - 4);
    let half = Fake::answering([half]).await;
    let mut refusal = reply("422 Unprocessable Entity", "", r#"{"message":"no"}"#);
    refusal.truncate(refusal.len() - 4);
    assert!(put(&Fake::answering([refusal]).await).await.unwrap_err().is_final());
    // The status alone says that a write was taken; what became of it is looked for.
    put(&half).await.unwrap();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = Endpoint { api_url: format!("http://{free}"), ..cut.endpoint() };
    let writer = Fake::connect(&nobody).writer(crate::remote::unfenced());
    let change = [super::StockChange { external_id: "S".into(), uuid: String::new(), in_stock: true }];
    let error = writer.patch_stock(&outlet(), super::StockKind::Items, &change).await.unwrap_err();
    insta::assert_snapshot!(error.what, @"cannot connect: connection refused; for the stand-in run `menusync sandbox`");
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
    let writer = Fake::connect(&silent).writer(crate::remote::unfenced());
    let error = writer.put_catalog(&outlet(), uuid::Uuid::nil(), &super::menu()).await.unwrap_err();
    insta::assert_snapshot!(error.what, @"timed out after 0.2 s");
    assert!(!error.is_final());
}

#[tokio::test]
async fn an_answer_of_33_mib_is_refused() {
    let fake = Fake::answering([reply("200 OK", "", &" ".repeat(33 << 20))]).await;
    insta::assert_snapshot!(fetch(&fake).await.unwrap_err().what, @"the answer is larger than 32 MiB");
}
