//! `run --once` and `run --read-only`: exit codes, output, and what is sent.

use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    harness::Daemon,
    support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage},
};

/// Outlet, result and state of every line.
fn results(json: &Value) -> Vec<[&str; 3]> {
    let lines = json["outlets"].as_array().unwrap().iter();
    lines.map(|line| ["outlet", "result", "state"].map(|key| line[key].as_str().unwrap())).collect()
}

#[test]
fn one_pass_publishes_and_the_next_has_nothing_to_do() {
    let stage = Stage::new().with_kemang();
    let first = stage.run(&["run", "--once", "--output", "json"]).expect(0).json();
    assert_eq!(first["schema"], "menusync.apply/1");
    assert_eq!(results(&first), [[KUTA, "published", "in_sync"], [KEMANG, "published", "in_sync"]]);
    let second = stage.run(&["run", "--once"]).expect(0);
    assert!(second.stdout.contains("2 outlets, 2 unchanged"), "{}", second.transcript());
    assert_eq!(stage.puts().len(), 2);
}

#[test]
fn one_of_two_that_fails_is_mixed() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(LAYER, "x-seen: 1\n");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().inject(Fault { outlet: Some(KUTA.to_owned()), ..Fault::status(Endpoint::Put, 422) });
    let json = stage.run(&["run", "--once", "--output", "json"]).expect(5).json();
    assert_eq!(results(&json), [[KUTA, "rejected", "failed"], [KEMANG, "published", "in_sync"]]);
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 403) });
    stage.run(&["run", "--once"]).expect(1);
}

#[test]
fn an_invalid_outlet_is_3_and_the_valid_one_is_published() {
    let stage = Stage::new().with_kemang();
    stage.append(KUTA_FILE, "items: {NG: {price: 27.000}}\n");
    let output = stage.run(&["run", "--once", "--output", "json"]).expect(3);
    assert_eq!(results(&output.json()), [[KUTA, "unchanged", "invalid"], [KEMANG, "published", "in_sync"]]);
    assert!(output.stderr.contains("catalogs/kuta.yaml:4"), "{}", output.stderr);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn a_broken_file_that_belongs_to_no_outlet_is_3_as_well() {
    let stage = Stage::new();
    stage.write("catalogs/lost.yaml", "menus: [\n");
    let output = stage.run(&["run", "--once"]).expect(3);
    assert!(output.stderr.contains("catalogs/lost.yaml"), "{}", output.stderr);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25_000);
}

#[test]
fn what_a_guard_holds_is_4() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 2500");
    let output = stage.run(&["run", "--once"]).expect(4);
    assert!(output.stdout.contains("held") && output.stdout.contains("decimal-slip"), "{}", output.transcript());
    stage.assert_nothing_written();
}

#[test]
fn broken_settings_are_3_and_nothing_is_asked() {
    let stage = Stage::new();
    stage.settings("shedule: x");
    for arguments in [&["run"][..], &["run", "--once"], &["run", "--read-only"]] {
        let output = stage.run(arguments).expect(3);
        assert!(output.stderr.contains("shedule"), "{}", output.stderr);
    }
    let json = stage.run(&["run", "--once", "--output", "json"]).expect(3).json();
    assert_eq!(json["schema"], "menusync.diagnostics/1");
    assert!(stage.log().is_empty());
}

#[test]
fn an_outlet_that_vanished_since_is_missing() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.remove(KUTA_FILE);
    stage.run(&["run", "--once"]).expect(0);
    let status = stage.run(&["status", "--output", "json", "--outlet", KUTA]).expect(2).json();
    assert_eq!(status["outlets"][0]["state"], "missing");
    assert!(status["outlets"][0]["error"].as_str().unwrap().contains("menusync forget"), "{status}");
    stage.assert_nothing_written();
}

#[test]
fn a_look_only_tells_and_never_writes() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    stage.edit_in_app(KEMANG, "TEH", json!({"price": 7_500}));
    let json = stage.run(&["run", "--once", "--read-only", "--output", "json"]).expect(0).json();
    assert_eq!(results(&json), [[KUTA, "unchanged", "pending"], [KEMANG, "unchanged", "drifted"]]);
    let status = stage.run(&["status", "--output", "json"]).expect(2).json();
    assert_eq!(status["outlets"][0]["state"], "pending");
    assert_eq!(status["outlets"][1]["drift"][0]["path"], "items/TEH/price");
}

#[test]
fn a_daemon_that_only_looks_never_writes() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::begin(&stage, &["run", "--read-only"], &[]);
    daemon.wait_for_state(KUTA, "in_sync");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_state(KUTA, "pending");
    stage.append(LAYER, "x: [\n");
    daemon.wait_for_state(KUTA, "invalid");
    daemon.stop();
    stage.assert_nothing_written();
    let scopes: Vec<_> = stage.log().into_iter().filter_map(|entry| entry.scope).collect();
    assert!(scopes.iter().all(|scope| !scope.contains("write")), "{scopes:?}");
}

#[test]
fn a_wrong_secret_is_1_and_nowhere_in_what_is_said() {
    let stage = Stage::new().with_secret("wr0ng-Hc5yTn8Q");
    let output = stage.run(&["run", "--once"]).expect(1);
    assert!(!format!("{}{}", output.stdout, output.stderr).contains("wr0ng"), "{}", output.transcript());
}
