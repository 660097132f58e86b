//! Who may ask, how, and what a browser may do with the answers.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Method, header::HOST};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::site::Served;

const PATHS: [&str; 12] = [
    "/",
    "/events",
    "/outlets/G1",
    "/outlets/G1/menu",
    "/live",
    "/page.js",
    "/api/v1/status",
    "/api/v1/outlets/G1",
    "/livez",
    "/readyz",
    "/metrics",
    "/nothing/here",
];

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
    for path in ["/", "/outlets/G1/menu"] {
        style_is_known(&served, path).await;
    }
}

async fn style_is_known(served: &Served, path: &str) {
    let response = served.get(path).await;
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

/// Opens so many connections, each of which sends this and then waits.
async fn open(served: &Served, count: usize, begin: &str) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(served.server.address()).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    streams
}

/// What comes back until the server closes the connection.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(30), stream.read_to_end(&mut answer));
    let _ = read.await.expect("the server closes the connection");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn ninety_clients_that_send_half_a_request_or_nothing_do_not_delay_a_probe() {
    for begin in [
        "",
        "GET /livez HTTP/1.1\r\nHost: local",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1",
    ] {
        let served = Served::start().await;
        let _slow = open(&served, 90, begin).await;
        let begun = Instant::now();
        assert_eq!(served.read("/livez").await.0, 200, "{begin:?}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{begin:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn who_is_asked_too_much_at_once_answers_all_who_ask_properly() {
    let served = Served::start().await;
    let mut streams = open(&served, 60, "GET /livez HTTP/1.1\r\nHost: local").await;
    for stream in &mut streams {
        stream.write_all(b"host\r\n\r\n").await.unwrap();
        assert!(answer(stream).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn half_a_request_is_waited_for_five_seconds() {
    let served = Served::start().await;
    let mut slow = open(&served, 1, "GET /livez HTTP/1.1\r\n").await.remove(0);
    let begun = std::time::Instant::now();
    assert_eq!(answer(&mut slow).await, "");
    let took = begun.elapsed();
    assert!((4..15).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn a_probe_that_speaks_http_1_0_names_no_host() {
    let served = Served::start().await;
    for (head, status) in [
        ("GET /livez HTTP/1.0\r\n\r\n", "200"),
        ("OPTIONS /livez HTTP/1.0\r\n\r\n", "405"),
        ("GET /livez HTTP/1.0\r\nHost: evil.example\r\n\r\n", "421"),
        // A browser, which somebody else may have sent here, always names one.
        ("GET /livez HTTP/1.1\r\n\r\n", "421"),
    ] {
        let mut stream = open(&served, 1, head).await.remove(0);
        let answer = answer(&mut stream).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{head:?}: {answer}");
    }
}
