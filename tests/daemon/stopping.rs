//! Stopped at the worst moments: the next start looks first, and never sends a second time what had arrived.

use std::time::Duration;

use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::{
    harness::Daemon,
    support::{KUTA, LAYER, Stage},
};

fn slow_put(stage: &Stage, fault: Fault) {
    stage.server().inject(Fault { on: Endpoint::Put, kind: FaultKind::Delay, ..fault });
}

fn hold_publication(stage: &Stage, hold: bool) {
    stage.server().change_settings(|settings| settings.hold_publication = hold);
}

/// A daemon on an outlet that was in sync, whose edit is just being sent.
fn sending<'s>(stage: &'s Stage, fault: Fault) -> Daemon<'s> {
    slow_put(stage, fault);
    let daemon = Daemon::start(stage);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for("the push to be under way", |_| !stage.puts().is_empty());
    daemon
}

/// A daemon that waits for a menu that was accepted and does not show.
fn verifying(stage: &Stage) -> Daemon<'_> {
    hold_publication(stage, true);
    let daemon = Daemon::start(stage);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_state(KUTA, "verifying");
    daemon
}

#[test]
fn an_idle_daemon_stops_at_once() {
    let stage = Stage::new().in_sync();
    let log = Daemon::start(&stage).stop();
    assert!(log.trim_end().ends_with("stopped"), "{log}");
}

#[test]
fn a_push_under_way_is_waited_for_and_verified_after_the_restart() {
    let stage = Stage::new().in_sync();
    let daemon = sending(&stage, Fault { delay_ms: 1500, ..Fault::default() });
    hold_publication(&stage, true);
    daemon.stop();
    assert_eq!(stage.puts()[0].status, Some(200), "the answer was waited for");
    hold_publication(&stage, false);
    let daemon = Daemon::start(&stage);
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn a_second_signal_breaks_off_and_the_next_start_looks_first() {
    let stage = Stage::new().in_sync();
    let mut daemon = sending(&stage, Fault { delay_answer_ms: 20_000, ..Fault::default() });
    daemon.signal("TERM");
    daemon.wait_for("it to be stopping", |daemon| daemon.messages().iter().any(|m| m.starts_with("STOPPING=1")));
    daemon.signal("TERM");
    let (code, took) = daemon.wait_for_exit();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(4), "{took:?}");
    daemon.wait_for_log("broken off");
    drop(daemon);
    let daemon = Daemon::start(&stage);
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn stopped_while_verifying_it_goes_on_with_verifying() {
    let stage = Stage::new().in_sync();
    verifying(&stage).stop();
    let status = stage.run(&["status", "--output", "json"]).json();
    assert_eq!(status["outlets"][0]["state"], "verifying", "{status}");
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    daemon.wait_for_log("looking for a push");
    hold_publication(&stage, false);
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(daemon.status(KUTA)["last_push"]["outcome"], "published");
}

#[test]
fn an_edit_while_verifying_is_pushed_after_it() {
    let stage = Stage::new().in_sync();
    let daemon = verifying(&stage);
    stage.edit(LAYER, "price: 27000", "price: 26000");
    daemon.wait_for("the edit to be read", |daemon| daemon.stderr().matches("files changed").count() == 2);
    assert_eq!(stage.puts().len(), 1);
    hold_publication(&stage, false);
    daemon.wait_for_price(KUTA, "NG", 26_000);
    assert_eq!(stage.puts().len(), 2);
    assert!(stage.puts().iter().all(|put| !put.replaced_pending));
}
