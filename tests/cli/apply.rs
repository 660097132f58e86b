//! `apply`: what must be agreed to before anything is sent.

use insta::assert_snapshot;

use menusync::{
    sandbox::{Endpoint, Fault},
    state::{Alarm, Scope, SqliteState},
};

use serde_json::{Value, json};

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage};

#[test]
fn without_a_terminal_and_without_yes_nothing_is_pushed() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["apply"]).expect(64).transcript());
    stage.assert_nothing_written();
}

#[test]
fn without_anything_to_push_no_yes_is_needed() {
    let stage = Stage::new().in_sync();
    stage.run(&["apply"]).expect(0);
    stage.assert_nothing_written();
}

#[test]
fn the_expected_digest_is_pushed_and_another_refused() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let digest = stage.run(&["plan", "--output", "json"]).json()["digest"].as_str().unwrap().to_owned();
    stage.edit(LAYER, "price: 36000", "price: 37000");
    assert_snapshot!(stage.run(&["apply", "--yes", "--expect-digest", &digest]).expect(4).transcript());
    for cut in ["", &digest[..20], &digest[7..]] {
        stage.run(&["apply", "--yes", "--expect-digest", cut]).expect(4).says(&["is no complete digest"]);
    }
    stage.assert_nothing_written();
    stage.edit(LAYER, "price: 37000", "price: 36000");
    stage.run(&["apply", "--yes", "--expect-digest", &digest]).expect(0);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn a_state_of_an_earlier_release_is_brought_up_to_date() {
    let stage = Stage::new().in_sync();
    std::fs::remove_dir_all(stage.state_dir()).unwrap();
    std::fs::create_dir(stage.state_dir()).unwrap();
    let state = rusqlite::Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
    for step in
        [include_str!("../../src/state/sqlite/schema_1.sql"), include_str!("../../src/state/sqlite/schema_2.sql")]
    {
        state.execute_batch(step).unwrap();
    }
    state.pragma_update(None, "user_version", 2).unwrap();
    drop(state);
    stage.run(&["plan"]).expect(1).says(&["a command that pushes", "brings it up to date"]);
    stage.run(&["apply", "--yes"]).expect(0);
    stage.run(&["plan"]).expect(0);
}

#[test]
fn a_push_that_arrived_is_done_though_orders_are_not_recognised() {
    let stage = Stage::new().in_sync();
    let raised_at = jiff::Timestamp::now();
    let alarm = Alarm { outlet: KUTA.to_owned(), raised_at, what: "orders cannot be recognised".to_owned() };
    let scope = Scope { platform: stage.url().to_owned(), root: "/".to_owned() };
    let state = SqliteState::open(&stage.state_dir(), &scope).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(state.take_event(vec!["1".to_owned()], Some(alarm), raised_at)).unwrap();
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    let told = stage.run(&["apply", "--yes", "--output", "json"]).expect(0).json();
    assert_eq!((&told["outlets"][0]["result"], &told["outlets"][0]["state"]), (&"published".into(), &"drifted".into()));
}

#[test]
fn what_could_not_be_examined_is_failed_in_status_as_well() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.server().inject(Fault { outlet: Some(KUTA.to_owned()), times: None, ..Fault::status(Endpoint::Get, 403) });
    stage.run(&["apply", "--yes"]).expect(5).says(&["403"]);
    let status = stage.run(&["status", "--output", "json"]).expect(2).json();
    let lines = status["outlets"].as_array().unwrap().iter();
    let states: Vec<&str> = lines.map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["failed", "in_sync"]);
    assert!(status["outlets"][0]["error"].as_str().unwrap().contains("403"), "{status}");
}

#[test]
fn what_could_not_be_examined_says_nothing_of_the_outlet_beside_it() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KEMANG_FILE, "items: {NG: {price: 27000}}\n");
    stage.server().inject(Fault { outlet: Some(KUTA.to_owned()), times: None, ..Fault::status(Endpoint::Get, 403) });
    // Nobody agrees, so that no pass looks at Kemang and stores how it stands.
    stage.run(&["apply"]).expect(64);
    let status = stage.run(&["status", "--output", "json"]).expect(2).json();
    let lines: Vec<_> = status["outlets"].as_array().unwrap().iter().map(|l| (&l["state"], &l["error"])).collect();
    assert_eq!((lines[0].0, lines[1]), (&json!("failed"), (&json!("in_sync"), &Value::Null)), "{status:#}");
}

#[test]
fn who_asks_for_more_is_told_of_each_outlet_when_it_is_done() {
    let stage = Stage::new().with_kemang();
    let applied = stage.run(&["apply", "--yes", "-v", "--log-format", "json"]).expect(0);
    let lines = applied.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let done = lines.filter(|line| line["message"] == "done");
    let mut told: Vec<_> = done.map(|line| (line["outlet"].clone(), line["result"].clone())).collect();
    told.sort_by_key(|(outlet, _)| outlet.to_string());
    assert_eq!(told, [(json!(KUTA), json!("published")), (json!(KEMANG), json!("published"))]);
}
