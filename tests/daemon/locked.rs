//! Another process holds the state locked, or its disk is full: the daemon answers, everybody says that the outlets failed
//! and why, nothing is sent, and it heals by itself.

use std::{
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::Value;

use crate::{
    harness::{Daemon, get},
    state::{limit_files, on_a_small_disk},
    support::{KUTA, LAYER, Stage},
};

/// `/livez` answers within a second; a busy machine gets two.
const ALIVE_WITHIN: Duration = Duration::from_secs(2);

/// Everybody says that Kuta failed, for a reason with these words.
fn all_say_failed(stage: &Stage, daemon: &Daemon<'_>, why: &str) -> Result<(), String> {
    let page = get(daemon, "/");
    let api = get(daemon, "/api/v1/status");
    let api: Value = serde_json::from_str(api.split_once("\r\n\r\n").unwrap().1).unwrap_or_default();
    let line = &api["outlets"][0];
    let metrics = get(daemon, "/metrics");
    let status = stage.run_beside_a_writer(&["status"]);
    let checks = [
        ("the page", page.contains(">failed<") && page.contains(why), &page),
        ("the API", line["state"] == "failed" && line["error"].to_string().contains(why), &line.to_string()),
        ("the metrics", metrics.contains("menusync_outlets{state=\"failed\"} 1"), &metrics),
        ("status", status.stdout.contains("failed") && status.stdout.contains(why), &status.transcript()),
    ];
    match checks.iter().find(|(_, says, _)| !says) {
        Some((who, _, told)) => Err(format!("{who} does not say it:\n{told}")),
        None => Ok(()),
    }
}

fn watched(stage: &Stage) {
    stage.edit("menusync.yaml", "listen: \"off\"", "listen: \"127.0.0.1:0\"");
}

#[test]
fn a_state_that_somebody_holds_locked_is_said_everywhere_and_keeps_nobody_waiting() {
    let stage = Stage::new().in_sync();
    watched(&stage);
    let daemon = Daemon::start(&stage);
    let lock = Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let until = Instant::now() + Duration::from_secs(25);
    let mut said = Err("not asked".to_owned());
    let mut ready = String::new();
    while Instant::now() < until {
        daemon.signal("USR1");
        for _ in 0..4 {
            let began = Instant::now();
            let alive = get(&daemon, "/livez");
            assert!(began.elapsed() < ALIVE_WITHIN, "{:?}", began.elapsed());
            assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
            thread::sleep(Duration::from_millis(250));
        }
        if said.is_err() {
            said = all_say_failed(&stage, &daemon, "locked");
        }
        ready = get(&daemon, "/readyz");
    }
    said.unwrap_or_else(|error| panic!("{error}\n{}", daemon.stderr()));
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("locked"), "{ready}");
    stage.assert_nothing_written();
    drop(lock);
    daemon.wait_within(Duration::from_secs(120), "it to heal by itself", |daemon| daemon.state(KUTA) == "in_sync");
    daemon.wait_for("it to be ready", |daemon| get(daemon, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(get(&daemon, "/metrics").contains("menusync_outlets{state=\"failed\"} 0"));
    daemon.stop();
}

#[test]
fn a_full_disk_is_said_everywhere_while_an_edit_waits() {
    let stage = Stage::new().in_sync();
    watched(&stage);
    let daemon = on_a_small_disk(&stage);
    limit_files(&daemon, "100");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_log("disk I/O error");
    daemon.wait_for("everybody to say it", |daemon| all_say_failed(&stage, daemon, "disk I/O error").is_ok());
    assert!(get(&daemon, "/readyz").starts_with("HTTP/1.1 503"));
    stage.assert_nothing_written();
    limit_files(&daemon, "unlimited");
    daemon.wait_within(Duration::from_secs(120), "it to heal by itself", |_| {
        stage.live_item(KUTA, "NG")["price"] == 27_000
    });
    daemon.wait_for_state(KUTA, "in_sync");
    assert_eq!(stage.puts().len(), 1);
    daemon.stop();
}
