//! Who may ask, how, and what a browser may do with the answers.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Method, header::HOST};
use sha2::{Digest, Sha256};
use tokio::{net::TcpStream, time::Instant};

use crate::site::{Served, advance};

const PATHS: [&str; 8] =
    ["/", "/outlets/G1", "/api/v1/status", "/api/v1/outlets/G1", "/livez", "/readyz", "/metrics", "/nothing/here"];

#[tokio::test]
async fn every_answer_forbids_browsers_whatever_is_not_needed() {
    let served = Served::start().await;
    for path in PATHS {
        let response = served.get(path).await;
        let header = |name: &str| response.headers().get(name).unwrap_or_else(|| panic!("no {name} at {path}"));
        let policy = header("content-security-policy").to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn the_style_sheet_is_the_one_that_the_policy_knows() {
    let served = Served::start().await;
    let response = served.get("/").await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let page = response.text().await.unwrap();
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy} {hash}");
}

#[tokio::test]
async fn a_name_that_somebody_else_gave_to_this_machine_is_refused() {
    let served = Served::start().await;
    for (host, status) in [
        ("evil.example", 421),
        ("evil.example:8717", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("a b", 421),
        ("localhost", 200),
        ("LOCALHOST:9000", 200),
        ("127.0.0.1:9000", 200),
        ("[::1]:8717", 200),
        ("10.0.0.7", 200),
    ] {
        let response = served.request(Method::GET, "/api/v1/status").header(HOST, host).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn nothing_but_reading_is_answered() {
    let served = Served::start().await;
    for path in PATHS {
        let known = !path.starts_with("/nothing");
        let head = served.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(head.status().as_u16(), served.get(path).await.status().as_u16(), "{path}");
        assert_eq!(head.text().await.unwrap(), "", "{path}");
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let answer = served.request(method.clone(), path).body("x").send().await.unwrap();
            assert_eq!(answer.status().as_u16(), if known { 405 } else { 404 }, "{method} {path}");
        }
    }
    assert_eq!(served.read("/outlets/%FF").await.0, 400);
    assert_eq!(served.read("/outlets/G7").await.0, 404);
}

#[tokio::test]
async fn who_connects_and_says_nothing_does_not_keep_others_out() {
    let served = Served::start().await;
    let mut silent = Vec::new();
    for _ in 0..70 {
        silent.push(TcpStream::connect(served.server.address()).await.unwrap());
    }
    let begun = Instant::now();
    let asked = served.request(Method::GET, "/livez").timeout(Duration::from_secs(3600)).send();
    let passing = async {
        loop {
            tokio::task::yield_now().await;
            advance(Duration::from_secs(5)).await;
        }
    };
    tokio::select! {
        answer = asked => assert!(answer.is_ok(), "{answer:?}"),
        () = passing => unreachable!(),
    }
    assert!(begun.elapsed() >= Duration::from_secs(20), "the silent ones had taken no seats");
}
