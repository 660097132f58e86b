//! What the service manager, the signals and the log have to do with it.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    harness::Daemon,
    support::{KUTA, KUTA_FILE, LAYER, Stage},
};

#[test]
fn the_service_manager_hears_of_start_reload_and_end() {
    let stage = Stage::new().in_sync();
    let mut daemon = Daemon::start(&stage);
    let first = daemon.messages()[0].clone();
    assert_eq!(first, "READY=1\nSTATUS=1 outlets, 0 in work\n");
    let before = daemon.passes();
    daemon.signal("HUP");
    daemon.wait_for("the pass after the reload", |daemon| daemon.is_idle_after(before));
    let fed = |message: &String| message.starts_with("WATCHDOG=1");
    let messages: Vec<String> = daemon.messages().into_iter().filter(|message| !fed(message)).collect();
    let reloading = messages.iter().position(|message| message.starts_with("RELOADING=1\nMONOTONIC_USEC=")).unwrap();
    assert!(messages[reloading + 1].starts_with("READY=1\n"), "{messages:?}");
    daemon.signal("INT");
    assert_eq!(daemon.wait_for_exit().0, Some(0));
    daemon.wait_for("the last message", |daemon| {
        daemon.messages().iter().any(|message| message.starts_with("STOPPING=1\n"))
    });
}

#[test]
fn the_watchdog_is_fed_while_nothing_happens() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::begin(&stage, &["run"], &[("WATCHDOG_USEC", "200000")]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    let fed = |daemon: &Daemon<'_>| daemon.messages().iter().filter(|message| *message == "WATCHDOG=1\n").count();
    let (began, before) = (Instant::now(), fed(&daemon));
    daemon.wait_for("the watchdog to be fed", |daemon| fed(daemon) >= before + 5);
    // Twice as often as asked for, and neither much rarer nor in a loop without rest.
    assert!(began.elapsed() > Duration::from_millis(300), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(2000), "{:?}", began.elapsed());
}

#[test]
fn an_unchanged_pass_is_one_get_per_outlet_and_no_token() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    for _ in 0..2 {
        stage.clear_log();
        let before = daemon.passes();
        daemon.signal("USR1");
        daemon.wait_for("both passes to end", |daemon| daemon.is_idle_after(before + 1));
        let calls: Vec<_> = stage.log().into_iter().map(|entry| (entry.method, entry.outlet)).collect();
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls.iter().all(|(method, _)| method == "GET"), "{calls:?}");
        assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), 2, "{calls:?}");
    }
}

#[test]
fn a_reload_takes_over_changed_settings() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.settings("drift: revert");
    daemon.signal("HUP");
    stage.edit_in_app(KUTA, "NG", json!({"price": 26_000}));
    daemon.pass();
    daemon.wait_for_price(KUTA, "NG", 25_000);
}

#[test]
fn every_notable_event_is_one_line_of_json() {
    let stage = Stage::new();
    let mut daemon = Daemon::begin(&stage, &["run", "--log-format", "json"], &[]);
    daemon.wait_for_price(KUTA, "NG", 25_000);
    stage.edit_in_app(KUTA, "TEH", json!({"price": 7_500}));
    daemon.pass();
    daemon.pass();
    stage.append(KUTA_FILE, "items: {NG: {price: 2500}}\n");
    daemon.wait_for_state(KUTA, "held");
    daemon.signal("TERM");
    daemon.wait_for_exit();
    let told: Vec<Value> = daemon.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |message: &str| told.iter().filter(|line| line["message"] == message).collect::<Vec<_>>();
    let published = of("published");
    assert_eq!(published.len(), 1, "{told:#?}");
    assert_eq!(published[0]["outlet"], KUTA);
    assert!(published[0]["request_id"].is_string(), "{told:#?}");
    assert_eq!(of("changed elsewhere; kept as it is, see `menusync drift`").len(), 1, "{told:#?}");
    assert_eq!(of("held").len(), 1, "{told:#?}");
    assert!(of("held")[0]["error"].as_str().unwrap().contains("decimal-slip"));
    assert_eq!(of("files changed")[0]["files"], KUTA_FILE);
    assert_eq!(of("stopped").len(), 1);
}

#[test]
fn a_slipped_decimal_is_held_and_mending_it_is_enough() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.edit(LAYER, "price: 36000", "price: 3600");
    daemon.wait_for_state(KUTA, "held");
    let held = daemon.status(KUTA)["held"].clone();
    assert!(held.as_array().unwrap().iter().any(|guard| guard["guard"] == "decimal-slip"), "{held}");
    stage.edit(LAYER, "price: 3600", "price: 36000");
    daemon.wait_for_state(KUTA, "in_sync");
    stage.assert_nothing_written();
}

#[test]
fn drift_is_told_and_never_undone() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.edit_in_app(KUTA, "NG", json!({"price": 26_500}));
    daemon.pass();
    assert_eq!(daemon.state(KUTA), "drifted");
    daemon.wait_for_log("changed elsewhere");
    stage.assert_nothing_written();
    // Another edit of the files carries the drifted price along.
    stage.edit(LAYER, "price: 36000", "price: 38000");
    daemon.wait_for("the edit to be live", |_| stage.live_item(KUTA, "RAWON")["price"] == 38_000);
    daemon.wait_for_state(KUTA, "drifted");
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 26_500);
    assert_eq!(stage.puts().len(), 1);
}
