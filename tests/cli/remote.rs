//! Everything that can go wrong between us and GoFood: who is named, what is tried again, what is left as it was.

use std::{collections::BTreeMap, time::Duration};

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::support::{KEMANG, KUTA, LAYER, Stage};

/// In sync, with a price edit that waits to be pushed.
fn edited() -> Stage {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage
}

fn ask_again_at_once(fault: Fault) -> Fault {
    Fault { headers: BTreeMap::from([("Retry-After".to_owned(), "0".to_owned())]), ..fault }
}

#[track_caller]
fn published_once_with(stage: &Stage, puts: usize) {
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), puts);
    let ids: std::collections::BTreeSet<_> = stage.puts().into_iter().map(|put| put.request_id.unwrap()).collect();
    assert_eq!(ids.len(), 1, "a push keeps its request_id");
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
    assert_eq!(stage.server().outlet(KUTA).unwrap().publications, 2);
    assert!(stage.puts().iter().all(|put| !put.replaced_pending));
}

#[track_caller]
fn live_unchanged(stage: &Stage) {
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25000);
}

#[test]
fn a_wrong_secret_is_final_and_names_the_host() {
    let stage = Stage::new().with_secret("wrong");
    assert_snapshot!(stage.run(&["plan"]).transcript());
    assert_eq!(stage.log().len(), 1);
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    stage.assert_nothing_written();
}

#[test]
fn an_expired_token_is_renewed_once() {
    let stage = edited();
    stage.server().inject(Fault::status(Endpoint::Get, 401));
    stage.run(&["plan"]).expect(0);
    let sent: Vec<_> = stage.log().into_iter().map(|entry| entry.endpoint).collect();
    assert_eq!(sent, [Endpoint::Token, Endpoint::Get, Endpoint::Token, Endpoint::Get]);
}

#[test]
fn a_token_that_is_refused_again_is_final() {
    let stage = edited();
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 401) });
    assert_snapshot!(stage.run(&["plan"]).expect(1).transcript());
}

#[test]
fn a_read_that_is_told_to_wait_is_repeated() {
    let stage = edited();
    stage.server().inject(ask_again_at_once(Fault::status(Endpoint::Get, 429)));
    published_once_with(&stage, 1);
}

#[test]
fn a_put_that_is_told_to_wait_is_repeated_with_the_same_id() {
    let stage = edited();
    stage.server().inject(ask_again_at_once(Fault::status(Endpoint::Put, 429)));
    published_once_with(&stage, 2);
}

#[test]
fn a_put_that_meets_a_503_is_repeated_with_the_same_id() {
    let stage = edited();
    stage.server().inject(ask_again_at_once(Fault { times: Some(2), ..Fault::status(Endpoint::Put, 503) }));
    published_once_with(&stage, 3);
}

#[test]
fn a_put_that_is_cut_before_it_is_done_is_repeated() {
    let stage = edited();
    stage.server().inject(Fault::new(Endpoint::Put, FaultKind::Cut));
    published_once_with(&stage, 2);
}

#[test]
fn a_put_that_is_cut_after_it_is_done_is_not_sent_again() {
    let stage = edited();
    stage.server().inject(Fault::new(Endpoint::Put, FaultKind::CutAfterCommit));
    published_once_with(&stage, 1);
}

#[test]
fn an_answer_to_a_put_that_is_empty_is_taken_as_done() {
    let stage = edited();
    stage.server().inject(Fault::new(Endpoint::Put, FaultKind::Empty));
    published_once_with(&stage, 1);
}

#[test]
fn a_put_that_never_gets_through_fails_and_changes_nothing() {
    let stage = edited();
    stage.server().inject(ask_again_at_once(Fault { times: None, ..Fault::status(Endpoint::Put, 503) }));
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(1).transcript());
    live_unchanged(&stage);
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
    stage.server().clear_faults();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
}

#[test]
fn a_read_that_never_gets_through_fails_and_writes_nothing() {
    let stage = edited();
    stage.server().inject(ask_again_at_once(Fault { times: None, ..Fault::status(Endpoint::Get, 503) }));
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(1).transcript());
    stage.assert_nothing_written();
}

#[test]
fn a_put_that_is_refused_shows_the_words_of_the_platform_and_is_not_repeated() {
    let stage = edited();
    let body = serde_json::json!({"success": false, "errors": [
        {"message_title": "Invalid image", "message": "invalid image type: ng.jpg", "code": "E1"}]});
    stage.server().inject(Fault { body: Some(body), ..Fault::status(Endpoint::Put, 422) });
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(1).transcript());
    assert_eq!(stage.puts().len(), 1);
    live_unchanged(&stage);
}

#[test]
fn a_page_of_a_gateway_is_told_in_one_line() {
    let stage = edited();
    stage.server().inject(ask_again_at_once(Fault { times: None, ..Fault::new(Endpoint::Get, FaultKind::Html) }));
    assert_snapshot!(stage.run(&["plan"]).expect(1).transcript());
}

#[test]
fn an_answer_without_menus_is_an_error_and_not_an_empty_menu() {
    let stage = edited();
    stage.server().change_settings(|settings| settings.omit_menus = true);
    assert_snapshot!(stage.run(&["plan"]).expect(1).transcript());
    stage.run(&["apply", "--yes"]).expect(1);
    stage.assert_nothing_written();
}

#[test]
fn half_an_answer_is_an_error() {
    let stage = edited();
    stage.server().inject(Fault { times: None, ..Fault::new(Endpoint::Get, FaultKind::Truncated) });
    stage.run(&["apply", "--yes"]).expect(1);
    stage.assert_nothing_written();
}

#[test]
fn an_outlet_that_is_not_linked_is_named() {
    let stage = Stage::new();
    stage.edit(crate::support::KUTA_FILE, "G1001", "G404");
    assert_snapshot!(stage.run(&["plan"]).expect(1).transcript());
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let stage = Stage::new();
    let settings = stage.read("menusync.yaml").replace(&stage.url(), "http://127.0.0.1:9");
    stage.write("menusync.yaml", &settings);
    assert_snapshot!(stage.run(&["plan"]).expect(1).transcript());
}

#[test]
fn a_slow_publication_is_waited_for() {
    let stage = edited();
    stage.publish_after(Duration::from_millis(400));
    published_once_with(&stage, 1);
    assert!(stage.gets().len() > 4, "looked {} times", stage.gets().len());
}

#[test]
fn a_publication_that_never_comes_is_only_looked_for_afterwards() {
    let stage = edited();
    stage.settings_with_verify("{timeout: 1s, interval: 200ms}", "");
    stage.server().change_settings(|settings| settings.hold_publication = true);
    let output = stage.run(&["apply", "--yes", "--output", "json"]).expect(1);
    assert_eq!(output.json()["outlets"][0]["result"], "timeout");
    assert_eq!(stage.puts().len(), 1);
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
    assert_snapshot!(stage.run(&["plan"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(1).transcript());
    assert_eq!(stage.puts().len(), 1);
    stage.server().publish(KUTA).unwrap();
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).transcript());
    assert_eq!(stage.puts().len(), 1);
    stage.run(&["status"]).expect(0);
}

#[test]
fn of_two_outlets_one_fails_and_the_other_is_published() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().inject(Fault { outlet: Some(KUTA.to_owned()), ..Fault::status(Endpoint::Put, 422) });
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(5).transcript());
    live_unchanged(&stage);
    assert_eq!(stage.live_item(KEMANG, "NG")["price"], 27000);
}

#[test]
fn of_two_outlets_one_cannot_be_read_and_the_plan_shows_the_other() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().inject(Fault { outlet: Some(KUTA.to_owned()), times: None, ..Fault::status(Endpoint::Get, 403) });
    assert_snapshot!(stage.run(&["plan"]).expect(5).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(5).transcript());
    assert_eq!(stage.live_item(KEMANG, "NG")["price"], 27000);
}

#[test]
fn what_the_platform_changes_on_the_way_is_not_pushed_again() {
    let stage = edited();
    stage.settings_with_verify("{timeout: 1s, interval: 100ms}", "");
    stage.server().change_settings(|settings| settings.ignore_price_changes = vec!["NG".to_owned()]);
    stage.edit(LAYER, "price: 36000", "price: 37000");
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(1).transcript());
    assert_eq!(stage.puts().len(), 1);
    stage.run(&["apply", "--yes"]);
    assert_eq!(stage.puts().len(), 1);
}
