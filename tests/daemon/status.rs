//! `status` beside a daemon, beside one that hangs, and without one.

use std::{
    os::unix::net::UnixListener,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use menusync::sandbox::{Endpoint, Fault};

use crate::{
    harness::Daemon,
    support::{KEMANG, KUTA, Stage},
};

/// The schedule of a stage is half a year away, so only the daemon can intend to look within the hour.
fn is_soon(next_pass: &serde_json::Value) -> bool {
    let at: Timestamp = next_pass.as_str().unwrap().parse().unwrap();
    at.duration_since(Timestamp::now()) < jiff::SignedDuration::from_hours(1)
}

fn text(stage: &Stage) -> String {
    stage.run_beside_a_writer(&["status"]).stdout
}

#[test]
fn beside_a_daemon_the_daemon_is_asked_and_else_what_is_remembered_is_told() {
    let stage = Stage::new().with_kemang().in_sync();
    let failing = Fault { outlet: Some(KUTA.to_owned()), times: None, ..Fault::status(Endpoint::Get, 404) };
    stage.server().inject(failing);
    let daemon = Daemon::start(&stage);
    assert!(text(&stage).ends_with("1 of 2 outlets in sync, 1 failed (from the daemon)\n"), "{}", text(&stage));
    let (kuta, kemang) = (daemon.status(KUTA), daemon.status(KEMANG));
    assert!(is_soon(&kuta["next_pass"]), "it is tried again: {kuta}");
    assert!(!is_soon(&kemang["next_pass"]), "{kemang}");
    let one = stage.run_beside_a_writer(&["status", "--outlet", KEMANG, "--output", "json"]).expect(0).json();
    assert_eq!(one["outlets"].as_array().unwrap(), &[kemang]);
    stage.run_beside_a_writer(&["status", "--outlet", "nowhere"]).expect(64);
    daemon.stop();
    assert!(
        text(&stage).ends_with("1 of 2 outlets in sync, 1 failed (as of the last pass; no daemon runs)\n"),
        "{}",
        text(&stage)
    );
    let remembered = stage.run_beside_a_writer(&["status", "--output", "json"]).expect(2).json();
    assert_eq!(remembered["outlets"][0]["state"], "failed");
    assert!(!is_soon(&remembered["outlets"][0]["next_pass"]), "{remembered}");
}

#[test]
fn a_daemon_that_hangs_is_not_waited_for() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    daemon.signal("STOP");
    let began = Instant::now();
    let told = text(&stage);
    let took = began.elapsed();
    daemon.signal("CONT");
    assert!(told.ends_with("1 of 1 outlets in sync (as of the last pass; the daemon does not answer)\n"), "{told}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn whoever_does_not_hold_the_lock_of_the_state_is_not_asked() {
    let stage = Stage::new().in_sync();
    let control = stage.state_dir().join("control");
    std::fs::create_dir_all(&control).unwrap();
    let stranger = UnixListener::bind(control.join("socket")).unwrap();
    stranger.set_nonblocking(true).unwrap();
    assert!(text(&stage).ends_with("(as of the last pass; no daemon runs)\n"));
    assert!(stranger.accept().is_err(), "nobody has called");
}
