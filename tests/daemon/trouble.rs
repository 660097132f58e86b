//! The platform is slow, down or refuses; the daemon outlives it.

use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::{
    harness::Daemon,
    support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage},
};

fn for_ever(fault: Fault) -> Fault {
    Fault { times: None, ..fault }
}

#[test]
fn a_platform_that_is_down_is_asked_again_until_it_is_up() {
    let stage = Stage::new().in_sync();
    stage.server().inject(for_ever(Fault::new(Endpoint::Any, FaultKind::Cut)));
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    daemon.wait_for_state(KUTA, "failed");
    let error = daemon.status(KUTA)["error"].as_str().unwrap().to_owned();
    assert!(error.contains(&stage.url()), "{error}");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().clear_faults();
    daemon.wait_for_price(KUTA, "NG", 27_000);
}

/// Takes 15 seconds, which is when a failed outlet is tried again.
#[test]
fn a_failed_outlet_is_tried_again_by_itself_while_the_others_go_on() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.server().inject(for_ever(Fault { outlet: Some(KUTA.to_owned()), ..Fault::status(Endpoint::Get, 404) }));
    let daemon = Daemon::start(&stage);
    assert_eq!(daemon.state(KUTA), "failed");
    assert_eq!(daemon.state(KEMANG), "in_sync");
    stage.server().clear_faults();
    stage.clear_log();
    daemon.wait_for_state(KUTA, "in_sync");
    let outlets: Vec<_> = stage.log().into_iter().filter_map(|entry| entry.outlet).collect();
    assert_eq!(outlets, [KUTA]);
}

#[test]
fn an_unavailable_platform_is_no_reason_to_stop_slowly() {
    let stage = Stage::new().in_sync();
    stage.server().inject(for_ever(Fault { delay_ms: 60_000, ..Fault::new(Endpoint::Get, FaultKind::Delay) }));
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    daemon.wait_for("a read to be under way", |_| !stage.gets().is_empty());
    daemon.stop();
    let status = stage.run(&["status", "--output", "json"]).json();
    assert_eq!(status["outlets"][0]["state"], "in_sync", "what was not seen is not told: {status}");
}

#[test]
fn a_refused_push_names_the_reason_and_an_edit_mends_it() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.server().inject(Fault::status(Endpoint::Put, 422));
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_state(KUTA, "failed");
    assert!(daemon.status(KUTA)["error"].as_str().unwrap().contains("ordered from the sandbox"));
    stage.edit(KUTA_FILE, "27000", "28000");
    daemon.wait_for_price(KUTA, "NG", 28_000);
    assert_eq!(stage.puts().len(), 2);
}

#[test]
fn a_mistake_that_is_mended_before_its_turn_is_never_pushed() {
    let stage = Stage::new().with_kemang().in_sync();
    let settings = stage.read("menusync.yaml").replace("requests_per_second", "concurrency: 1, requests_per_second");
    stage.write("menusync.yaml", &settings);
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    // One outlet takes the only place for calls while the other waits for its turn with a mistake in its file.
    stage.server().inject(Fault {
        delay_ms: 10_000,
        outlet: Some(KUTA.to_owned()),
        ..Fault::new(Endpoint::Get, FaultKind::Delay)
    });
    let waiting = daemon.stderr().matches("files changed").count();
    stage.append(KUTA_FILE, "x-touch: 1\n");
    daemon.wait_for("a read of Kuta", |_| stage.gets().len() == 1);
    stage.append("catalogs/kemang.yaml", "items: {NG: {price: 27000}}\n");
    daemon.wait_for("the mistake to be read", |daemon| daemon.stderr().matches("files changed").count() == waiting + 2);
    stage.edit("catalogs/kemang.yaml", "27000", "25500");
    daemon.wait_for_price(KEMANG, "NG", 25_500);
    let prices: Vec<_> =
        stage.puts().into_iter().map(|put| put.body.unwrap()["menus"][0]["menu_items"][0]["price"].clone()).collect();
    assert_eq!(prices, [25_500]);
}

#[test]
fn a_token_that_expires_is_renewed_once() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.server().expire_tokens();
    stage.clear_log();
    daemon.pass();
    let calls: Vec<_> = stage.log().into_iter().map(|entry| (entry.method, entry.status)).collect();
    let told = |method: &str, status| (method.to_owned(), Some(status));
    assert_eq!(calls, [told("GET", 401), told("POST", 200), told("GET", 200)]);
}

#[test]
fn a_window_that_never_opens_is_waited_for_in_peace() {
    let stage = Stage::new().in_sync();
    // Closed exactly while it is open.
    let window = |kind: &str| format!("{{kind: {kind}, schedule: \"0 3 * * *\", duration: 1h}}");
    stage.settings(&format!("windows: [{}, {}]", window("allow"), window("deny")));
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    let passes = daemon.passes();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_state(KUTA, "queued");
    // A signal before the end of that pass would be answered by it.
    daemon.wait_for("the end of its pass", |daemon| daemon.is_idle_after(passes));
    daemon.pass();
    assert_eq!(stage.log().len(), 2, "one look for the edit, one for the signal: {:?}", stage.log());
    stage.settings("");
    daemon.wait_for_price(KUTA, "NG", 27_000);
}
