//! `/metrics`: the format, the names, the labels.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use menusync::remote::{Called, Destination, Meter};

use reqwest::Method;

use crate::site::Served;

/// What a page of metrics says: series with their labels and values, and metric names with their types.
pub(crate) struct Parsed {
    pub(crate) series: BTreeMap<String, f64>,
    pub(crate) types: BTreeMap<String, String>,
}

impl Parsed {
    pub(crate) fn value(&self, series: &str) -> f64 {
        *self.series.get(series).unwrap_or_else(|| panic!("no {series} in {:#?}", self.series))
    }
}

/// Reads either text format and fails on whatever does not belong there.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed { series: BTreeMap::new(), types: BTreeMap::new() };
    let body = text.strip_suffix("# EOF\n").unwrap_or(text);
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (keyword, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            assert!(["HELP", "TYPE", "UNIT"].contains(&keyword), "{line}");
            if keyword == "TYPE" {
                assert_eq!(parsed.types.insert(name.to_owned(), rest.to_owned()), None, "twice: {line}");
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').map_or((series, None), |(name, rest)| (name, Some(rest)));
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{line}");
        let base =
            ["_total", "_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let kind =
            parsed.types.get(base).or_else(|| parsed.types.get(name)).unwrap_or_else(|| panic!("no type: {line}"));
        assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        for label in labels.into_iter().flat_map(|labels| labels.strip_suffix("\"}").unwrap().split("\",")) {
            assert!(label.contains("=\""), "{line}");
        }
        assert_eq!(parsed.series.insert(series.to_owned(), value.parse().unwrap()), None, "twice: {line}");
    }
    parsed
}

pub(crate) async fn scrape(served: &Served) -> Parsed {
    // What Prometheus asks for.
    let accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let response = served.request(Method::GET, "/metrics").header("Accept", accept).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = response.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    parse(&text)
}

/// The older format: what a scraper gets that asks for nothing, with the same series.
#[tokio::test]
async fn whoever_asks_for_no_format_gets_the_one_that_all_understand() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    let response = served.get("/metrics").await;
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = response.text().await.unwrap();
    assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
    let about = |keyword: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(keyword));
        lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    assert_eq!(about("# HELP "), about("# TYPE "));
    assert!(text.contains("# TYPE menusync_passes_total counter\n"), "{text}");
    let series = |text: &str| -> BTreeSet<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    assert_eq!(series(&text), scrape(&served).await.series.into_keys().collect());
    for name in series(&text) {
        let name = name.split('{').next().unwrap();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(about("# TYPE ").contains(base), "{name}");
    }
}

#[tokio::test]
async fn outlets_are_counted_by_state_and_guard() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    served.hold("G2", "held").await;
    let metrics = scrape(&served).await;
    for (series, value) in [
        ("menusync_outlets{state=\"in_sync\"}", 1.0),
        ("menusync_outlets{state=\"held\"}", 1.0),
        ("menusync_outlets{state=\"invalid\"}", 1.0),
        ("menusync_outlets{state=\"pending\"}", 1.0),
        ("menusync_outlets{state=\"failed\"}", 0.0),
        ("menusync_guard_held_outlets{guard=\"price-change\"}", 1.0),
        ("menusync_guard_held_outlets{guard=\"deletes\"}", 0.0),
        ("menusync_drift_changes", 1.0),
        ("menusync_last_reload_successful", 1.0),
        ("menusync_passes_total{result=\"failed\"}", 0.0),
        ("menusync_pushes_total{result=\"published\"}", 0.0),
    ] {
        assert_eq!(metrics.value(series), value, "{series}");
    }
    assert_eq!(metrics.value(&format!("menusync_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert!(metrics.value("process_start_time_seconds") > 1.7e9);
    assert!(!metrics.series.contains_key("menusync_token_expiry_timestamp_seconds"), "there was no token yet");
}

#[tokio::test]
async fn calls_are_counted_by_method_endpoint_and_status() {
    let served = Served::start().await;
    let call = |method, destination, status| {
        served.metrics.called(&Called {
            account: None,
            method,
            destination,
            status,
            elapsed: Duration::from_millis(300),
        });
    };
    call("POST", Destination::Token, Some(200));
    served.metrics.token_granted(None, Duration::from_secs(3600));
    assert!(!scrape(&served).await.series.contains_key("menusync_api_last_success_timestamp_seconds"));
    call("GET", Destination::Catalog, Some(200));
    call("GET", Destination::Catalog, Some(200));
    call("PUT", Destination::Catalog, Some(503));
    call("PATCH", Destination::Stock, None);
    let metrics = scrape(&served).await;
    let requests = |labels: &str| metrics.value(&format!("menusync_api_requests_total{{{labels}}}"));
    assert_eq!(requests("method=\"POST\",endpoint=\"token\",code=\"200\""), 1.0);
    assert_eq!(requests("method=\"GET\",endpoint=\"catalog\",code=\"200\""), 2.0);
    assert_eq!(requests("method=\"PUT\",endpoint=\"catalog\",code=\"503\""), 1.0);
    assert_eq!(requests("method=\"PATCH\",endpoint=\"stock\",code=\"none\""), 1.0);
    let duration =
        |end: &str, labels: &str| metrics.value(&format!("menusync_api_request_duration_seconds_{end}{{{labels}}}"));
    assert_eq!(duration("count", "method=\"GET\",endpoint=\"catalog\""), 2.0);
    assert_eq!(duration("bucket", "le=\"0.25\",method=\"GET\",endpoint=\"catalog\""), 0.0);
    assert_eq!(duration("bucket", "le=\"0.5\",method=\"GET\",endpoint=\"catalog\""), 2.0);
    let now = jiff::Timestamp::now().as_second() as f64;
    let ends = metrics.value("menusync_token_expiry_timestamp_seconds");
    assert!((ends - now - 3600.0).abs() < 60.0, "{ends}");
    assert!((metrics.value("menusync_api_last_success_timestamp_seconds") - now).abs() < 60.0);
}
