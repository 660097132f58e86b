//! Other processes on the same state.

use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::{
    harness::Daemon,
    support::{KEMANG_FILE, KUTA, KUTA_FILE, Stage},
};

#[test]
fn a_second_daemon_is_refused_and_told_who_has_the_state() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    let refused = stage.run(&["run"]).expect(4);
    assert!(refused.stderr.contains(&daemon.pid().to_string()), "{}", refused.stderr);
    assert!(refused.stderr.contains("locked"), "{}", refused.stderr);
    assert!(refused.stdout.is_empty());
    stage.run(&["run", "--once"]).expect(4);
    daemon.kill();
    stage.run(&["run", "--once"]).expect(0);
}

#[test]
fn apply_pushes_an_outlet_that_the_daemon_leaves_alone() {
    let stage = Stage::new().in_sync();
    stage.settings("windows: [{kind: deny, schedule: \"* * * * *\", duration: 2h}]");
    let daemon = Daemon::start(&stage);
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_state(KUTA, "queued");
    // The same files without the window, as another work tree would have them.
    stage.settings("");
    daemon.wait_for_price(KUTA, "NG", 27_000);
    stage.edit_in_app(KUTA, "TEH", serde_json::json!({"price": 7_500}));
    stage.run_beside_a_writer(&["apply", "--yes", "--revert", "--outlet", KUTA]).expect(0);
    assert_eq!(stage.live_item(KUTA, "TEH")["price"], 7_000);
    daemon.pass();
    assert_eq!(daemon.state(KUTA), "in_sync");
}

#[test]
fn apply_is_refused_while_the_daemon_pushes_that_outlet_and_works_on_another() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    let slow = Fault { delay_ms: 4_000, outlet: Some(KUTA.to_owned()), ..Fault::new(Endpoint::Put, FaultKind::Delay) };
    stage.server().inject(slow);
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for("the push to be under way", |_| stage.puts().len() == 1);
    let refused = stage.run_beside_a_writer(&["apply", "--yes", "--outlet", KUTA]).expect(4);
    assert!(refused.stdout.contains("another menusync process"), "{}", refused.transcript());
    stage.run_beside_a_writer(&["apply", "--yes", "--outlet", KEMANG_FILE]).expect(0);
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn a_rollback_beside_the_daemon_stands_until_the_file_changes() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_price(KUTA, "NG", 27_000);
    stage.run_beside_a_writer(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25_000);
    stage.clear_log();
    daemon.pass();
    daemon.pass();
    stage.assert_nothing_written();
    assert_eq!(daemon.status(KUTA)["pins"]["paths"][0]["path"], "items/NG/price");
    stage.edit(KUTA_FILE, "27000", "26000");
    daemon.wait_for_price(KUTA, "NG", 26_000);
    assert_eq!(daemon.status(KUTA)["pins"], serde_json::Value::Null);
}

#[test]
fn the_daemon_notices_a_pause_and_its_end() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.run_beside_a_writer(&["pause", "--outlet", KUTA]).expect(0);
    stage.clear_log();
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.pass();
    stage.assert_nothing_written();
    assert_eq!(daemon.state(KUTA), "paused");
    // A second is enough for a pass to see it; then it is over, and nobody has to say so.
    stage.run_beside_a_writer(&["pause", "--outlet", KUTA, "--for", "1s"]).expect(0);
    daemon.pass();
    daemon.wait_for_price(KUTA, "NG", 27_000);
}
