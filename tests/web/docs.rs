//! `docs/monitor.md` explains every metric, state, check and path, and none that there is not;
//! `docs/troubleshoot.md` has the steps for each state and notification.

use std::{collections::BTreeSet, time::Duration};

use menusync::{
    remote::{Called, Destination, HostState, Meter},
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

/// The names of all metrics, as a daemon shows them that has done something.
async fn metrics() -> BTreeSet<String> {
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
    served.view.update(|shown| shown.taken = Some(jiff::Timestamp::now()));
    let mut real: BTreeSet<String> = BTreeSet::new();
    for (name, kind) in scrape(&served).await.types {
        real.insert(if kind == "counter" { format!("{name}_total") } else { name });
    }
    // Comes with the first pass that does not fail; the daemon's own test sees it.
    real.insert("menusync_last_success_timestamp_seconds".to_owned());
    // Only with `rollout` in the settings; the daemon's own test sees them.
    real.extend(["wave", "waves", "stopped", "stuck"].map(|what| format!("menusync_rollout_{what}")));
    // Only below `menusync-pull`.
    real.insert("menusync_checkout_timestamp_seconds".to_owned());
    real
}

#[tokio::test]
async fn every_metric_is_explained_and_no_other() {
    assert_eq!(column(&project_file("docs/monitor.md"), "## Which metrics are there?"), metrics().await);
}

#[tokio::test]
async fn every_alert_is_explained_and_asks_for_what_there_is() {
    let rules: Value = yaml_serde::from_str(&project_file("deploy/prometheus/rules.yml")).unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    let told = |key: &'static str| rules.iter().map(move |rule| rule[key].as_str().unwrap());
    let names: BTreeSet<String> = told("alert").map(str::to_owned).collect();
    assert_eq!(column(&project_file("docs/monitor.md"), "## Which alerts are there?"), names);
    let is_of_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let asked: BTreeSet<String> = told("expr")
        .flat_map(|expr| expr.split(|c| !is_of_name(c)))
        .filter(|word| word.starts_with("menusync_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect();
    let real = metrics().await;
    assert!(asked.len() > 5 && asked.is_subset(&real), "{:?}", asked.difference(&real));
    let states = OutletState::ALL.map(OutletState::as_str);
    for words in told("expr").flat_map(|expr| expr.split("state=").skip(1)) {
        let words = words.trim_start_matches('~').trim_start_matches('"').split('"').next().unwrap();
        assert!(words.split('|').all(|word| states.contains(&word)), "{words}");
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
