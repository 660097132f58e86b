//! `docs/monitor.md` explains every metric, state, check and path, and none that there is not;
//! `docs/troubleshoot.md` has the steps for each state and notification.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use menusync::{
    remote::{Called, Destination, HostState, Meter},
    schedule::RoundLoad,
    sync::OutletState,
};
use serde_json::Value;

use crate::{
    metrics::scrape,
    site::{Served, project_file},
};

/// The first column of the table below a heading, without backticks.
fn column(text: &str, heading: &str) -> BTreeSet<String> {
    let (_, rest) = text.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let table = rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let rows = table.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(|name| name.split('{').next().unwrap().to_owned()).collect()
}

/// All metrics with their labels, as a daemon shows them that has done something.
async fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let served = Served::start().await;
    served.metrics.called(&Called {
        account: Some("sari"),
        method: "GET",
        destination: Destination::Catalog,
        status: Some(200),
        elapsed: Duration::ZERO,
    });
    served.metrics.token_granted(Some("sari"), Duration::from_secs(60));
    served.metrics.host_state("api.gobiz.co.id", HostState::default());
    let known = Some(Duration::from_secs(60));
    let load = RoundLoad { outlets: 4, least: Duration::ZERO, account: None, interval: known, measured: known };
    served.view.update(|shown| (shown.taken, shown.round_load) = (Some(jiff::Timestamp::now()), Some(load)));
    let scraped = scrape(&served).await;
    let mut real: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, kind) in scraped.types {
        real.insert(if kind == "counter" { format!("{name}_total") } else { name }, BTreeSet::new());
    }
    for (name, labels) in scraped.series.keys().filter_map(|series| series.split_once('{')) {
        let labels = labels.split(',').filter_map(|label| Some(label.split_once("=\"")?.0.to_owned()));
        real.entry(of_histogram(name).to_owned()).or_default().extend(labels);
    }
    // Comes with the first pass that does not fail; the daemon's own test sees it.
    let first_pass = ["menusync_last_success_timestamp_seconds".to_owned()];
    // Only with `rollout` in the settings; the daemon's own test sees them.
    let rollout = ["wave", "waves", "stopped", "stuck"].map(|what| format!("menusync_rollout_{what}"));
    // Only below `menusync-pull`.
    let checkout = ["menusync_checkout_timestamp_seconds".to_owned()];
    real.extend(first_pass.into_iter().chain(rollout).chain(checkout).map(|name| (name, BTreeSet::new())));
    real
}

/// The metric that a series belongs to.
fn of_histogram(series: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end)).unwrap_or(series)
}

/// The words of a query that are neither numbers nor signs nor values of labels.
fn words(query: &str) -> impl Iterator<Item = &str> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "_$".contains(c);
    query.split('"').step_by(2).flat_map(move |part| part.split(move |c| !is_of_word(c)))
}

/// Whether queries ask for nothing that the program does not give.
fn assert_given(queries: &[&str], real: &BTreeMap<String, BTreeSet<String>>) {
    let states = OutletState::ALL.map(OutletState::as_str);
    for query in queries {
        let asked = words(query).filter(|word| word.starts_with("menusync_") || word.starts_with("process_"));
        let mut labels: BTreeSet<&str> = ["job", "instance", "le"].into();
        for name in asked.map(of_histogram) {
            let given = real.get(name).unwrap_or_else(|| panic!("no {name}: {query}"));
            labels.extend(given.iter().map(String::as_str));
        }
        let grouped = query.split("by (").skip(1).filter_map(|rest| rest.split_once(')')).flat_map(|(by, _)| words(by));
        let selected = query.split(['{', ',']).filter_map(|part| Some(part.split_once(['=', '!'])?.0.trim()));
        let selected = selected.filter(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase()));
        for label in grouped.filter(|word| !word.is_empty()).chain(selected) {
            assert!(labels.contains(label), "no label {label}: {query}");
        }
        for words in query.split("state=").skip(1) {
            let words = words.trim_start_matches('~').trim_start_matches('"').split('"').next().unwrap();
            assert!(words.split('|').all(|word| states.contains(&word)), "{words}");
        }
    }
}

#[tokio::test]
async fn every_metric_is_explained_and_no_other() {
    let real: BTreeSet<String> = metrics().await.into_keys().collect();
    assert_eq!(column(&project_file("docs/monitor.md"), "## Which metrics are there?"), real);
}

#[tokio::test]
async fn every_alert_is_explained_and_asks_for_what_there_is() {
    let rules: Value = yaml_serde::from_str(&project_file("deploy/prometheus/rules.yml")).unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    let told = |key: &'static str| rules.iter().map(move |rule| rule[key].as_str().unwrap());
    let names: BTreeSet<String> = told("alert").map(str::to_owned).collect();
    assert_eq!(column(&project_file("docs/monitor.md"), "## Which alerts are there?"), names);
    assert!(names.len() > 5);
    assert_given(&told("expr").collect::<Vec<_>>(), &metrics().await);
}

#[tokio::test]
async fn the_dashboard_asks_for_what_there_is_and_shows_all_of_it() {
    let dashboard: Value = serde_json::from_str(&project_file("deploy/grafana/menusync.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "two panels have one id");
    let (rows, panels): (Vec<&Value>, Vec<&Value>) = panels.iter().partition(|panel| panel["type"] == "row");
    let targets = |panel: &Value| panel["targets"].as_array().unwrap().clone();
    let targets: Vec<Value> = panels.iter().flat_map(|panel| targets(panel)).collect();
    let queries: Vec<&str> = targets.iter().map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(!rows.is_empty() && queries.len() >= panels.len());
    let real = metrics().await;
    assert_given(&queries, &real);
    for query in &queries {
        assert!(query.contains("job=\"menusync\", instance=~\"$instance\""), "{query}");
    }
    // What only tells when something was taken over, or ends as it should, is no panel.
    let unshown = ["menusync_last_reload_success_timestamp_seconds", "menusync_token_expiry_timestamp_seconds"];
    let shown: BTreeSet<&str> = queries.iter().flat_map(|query| words(query)).map(of_histogram).collect();
    for name in real.keys().map(String::as_str) {
        assert_ne!(shown.contains(name), unshown.contains(&name), "{name}");
    }
}

#[test]
fn every_state_is_explained_and_no_other() {
    let real: BTreeSet<String> = OutletState::ALL.map(|state| state.as_str().to_owned()).into();
    assert_eq!(column(&project_file("docs/monitor.md"), "## What do the states mean?"), real);
}

#[tokio::test]
async fn every_check_is_explained_and_no_other() {
    let served = Served::start().await;
    let (_, words) = served.read("/readyz?verbose").await;
    let real: BTreeSet<String> = words.lines().map(|line| line[5..].split(':').next().unwrap().to_owned()).collect();
    assert_eq!(column(&project_file("docs/monitor.md"), "## What do the health checks say?"), real);
}

#[test]
fn the_runbook_has_a_part_for_everything_that_is_told() {
    let text = project_file("docs/troubleshoot.md");
    let (_, runbook) = text.split_once("\n## Runbook\n").unwrap();
    let parts: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let told = [
        "held",
        "failed",
        "drift",
        "contested",
        "nonconvergent",
        "invalid",
        "missing",
        "recovered",
        "published",
        "digest",
    ];
    for word in told.into_iter().chain(["unknown"]) {
        assert!(parts.contains(word), "nothing about {word}");
    }
}
