//! `/livez` and `/readyz`.

use std::{fs, time::Duration};

use jiff::Timestamp;
use menusync::{
    daemon::Refused,
    remote::{Called, CircuitOpen, Destination, HostState, Meter},
};
use tokio::time::Instant;

use crate::site::{Served, advance};

#[tokio::test]
async fn a_main_loop_that_hangs_is_not_alive() {
    let served = Served::start().await;
    assert_eq!(served.read("/livez").await, (200, "ok\n".to_owned()));
    advance(Duration::from_secs(50)).await;
    assert_eq!(served.read("/livez").await.0, 200);
    advance(Duration::from_secs(12)).await;
    let (status, words) = served.read("/livez").await;
    assert!(status == 503 && words.starts_with("the main loop has not gone round for 6"), "{status} {words}");
    served.view.update(|shown| shown.turned = Instant::now());
    assert_eq!(served.read("/livez").await.0, 200);
}

#[tokio::test]
async fn a_daemon_that_waits_for_pushes_before_it_stops_is_alive_but_not_ready() {
    let served = Served::start().await;
    served.view.update(|shown| shown.stopping = true);
    advance(Duration::from_secs(80)).await;
    assert_eq!(served.read("/livez").await.0, 200);
    assert_eq!(served.read("/readyz").await, (503, "fail passes: the daemon is stopping\n".to_owned()));
}

#[tokio::test]
async fn a_daemon_is_ready_when_its_passes_have_begun() {
    let served = Served::start_empty().await;
    let (status, words) = served.read("/readyz").await;
    assert_eq!(status, 503);
    assert_eq!(words, "fail passes: the first pass over all outlets has not begun\nfail files: not read yet\n");
    let served = Served::start().await;
    assert_eq!(served.read("/readyz").await, (200, "ok\n".to_owned()));
}

#[tokio::test]
async fn every_check_has_a_line_if_asked() {
    let served = Served::start().await;
    let pid = std::process::id();
    let lines = |api: &str| {
        format!(
            "ok   passes: begun\nok   files: read; 4 outlets\nok   settings: valid\nok   state: can be written\n\
             ok   lock: held by this process, {pid}\n{api}\n"
        )
    };
    assert_eq!(served.read("/readyz?verbose").await, (200, lines("warn api: has not answered well yet")));
    let call = Called {
        account: None,
        method: "GET",
        destination: Destination::Catalog,
        status: Some(200),
        elapsed: Duration::ZERO,
    };
    served.metrics.called(&call);
    assert_eq!(served.read("/readyz?verbose=1").await, (200, lines("ok   api: last answered well 0 s ago")));
    let until = Instant::now() + Duration::from_millis(299_900);
    let open = HostState { circuit_open: Some(CircuitOpen { failures: 5, until }), rate_limited_until: None };
    served.metrics.host_state("api.gobiz.co.id", open);
    let told = "warn api: circuit breaker open for api.gobiz.co.id after 5 failures; next try in 299 s";
    assert_eq!(served.read("/readyz?verbose").await, (200, lines(told)));
    let limited = |until| HostState { rate_limited_until: Some(until), circuit_open: None };
    served.metrics.host_state("api.gobiz.co.id", limited(until));
    let told = "warn api: rate-limited by api.gobiz.co.id (Retry-After); next try in 299 s";
    assert_eq!(served.read("/readyz?verbose").await, (200, lines(told)));
    served.metrics.host_state("api.gobiz.co.id", limited(Instant::now()));
    assert_eq!(served.read("/readyz?verbose").await, (200, lines("ok   api: last answered well 0 s ago")));
}

#[tokio::test]
async fn wrong_settings_are_told_and_files_that_cannot_be_read_make_it_unready() {
    let served = Served::start().await;
    let refuse = |why: Refused| served.view.update(|shown| shown.refused = Some((why, Timestamp::now())));
    refuse(Refused::Settings("menusync.yaml:1:1: no\nok   lock: forged".to_owned()));
    let (status, words) = served.read("/readyz?verbose").await;
    assert_eq!(status, 200);
    assert!(words.contains("warn settings: the new ones are refused, the old ones hold: menusync.yaml:1:1"), "{words}");
    assert_eq!(words.lines().count(), 6, "{words}");
    refuse(Refused::Unreadable("cannot read the root".to_owned()));
    assert_eq!(served.read("/readyz").await, (503, "fail files: cannot read the root\n".to_owned()));
    let (_, page) = served.read("/").await;
    assert!(page.contains("The files cannot be read; nothing new is pushed."), "{page}");
}

#[tokio::test]
async fn a_state_directory_that_is_gone_makes_it_unready() {
    let served = Served::start().await;
    fs::remove_dir_all(served.state_dir()).unwrap();
    let (status, words) = served.read("/readyz").await;
    assert_eq!(status, 503);
    assert!(words.contains("fail state: the state file") && words.contains("was removed or replaced"), "{words}");
    assert!(words.contains("fail lock: its file is gone"), "{words}");
}

#[tokio::test]
async fn a_lock_of_another_process_makes_it_unready() {
    let served = Served::start().await;
    fs::write(served.state_dir().join("daemon.lock"), "1\n").unwrap();
    let (status, words) = served.read("/readyz").await;
    assert!(status == 503 && words.starts_with("fail lock: process 1 has it"), "{status} {words}");
}

#[tokio::test]
async fn files_that_do_not_answer_are_a_warning_once_some_were_read() {
    let slow = |served: &Served| {
        let words = "reading the files takes longer than 30 s; waiting for catalogs/a.yaml".to_owned();
        served.view.update(|shown| shown.slow_load = Some(words));
    };
    let served = Served::start().await;
    slow(&served);
    let (status, words) = served.read("/readyz?verbose").await;
    assert_eq!(status, 200);
    assert!(
        words.contains("warn files: reading the files takes longer than 30 s; waiting for catalogs/a.yaml\n"),
        "{words}"
    );
    let served = Served::start_empty().await;
    slow(&served);
    let (status, words) = served.read("/readyz").await;
    assert!(status == 503 && words.contains("fail files: reading the files takes longer than 30 s"), "{words}");
}
