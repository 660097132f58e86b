//! Waves without a daemon: what a plan shows, what `apply` and `run --once` send, and what they say of the rest.

use menusync::sandbox::{Endpoint, Fault};
use serde_json::json;

use crate::support::{
    Stage,
    fleet::{OUTLETS, change, fleet, rollout, rollout_of, sent_to, sorted, waves},
};

fn lines(text: &str, part: &str) -> String {
    text.lines().filter(|line| line.contains(part)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_plan_shows_the_waves_in_every_form_and_none_without_the_setting() {
    let stage = fleet("15m");
    change(&stage, 27_000);
    let text = stage.run(&["plan"]).expect(0);
    insta::assert_snapshot!(lines(&text.stdout, "Rollout"), @"Rollout: 6 outlets in 3 waves: 1 (Warung G2001), then 2, then 3; each 15 min after the one before was seen.");
    let markdown = stage.run(&["plan", "--output", "markdown"]).expect(0);
    insta::assert_snapshot!(lines(&markdown.stdout, "Rollout"), @"Rollout: 6 outlets in 3 waves: 1 (Warung G2001), then 2, then 3; each 15 min after the one before was seen.");
    let before = rollout_of(&stage);
    stage.run(&["run", "--once", "--read-only"]).expect(0);
    assert_eq!(rollout_of(&stage), before, "who only looks begins none");
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    assert_eq!(plan["waves"], json!({"waves": waves(), "bake_seconds": 900}));
    stage.settings("");
    let text = stage.run(&["plan"]).expect(0);
    assert_eq!(lines(&text.stdout, "ollout"), "");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), OUTLETS.len(), "all at once");
    assert_eq!(rollout_of(&stage), json!(null));
}

#[test]
fn apply_sends_what_is_open_and_says_when_the_rest_may_go() {
    let (stage, [canary, second, _]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    let first = stage.run(&["apply", "--yes"]).expect(0);
    insta::assert_snapshot!(first.transcript());
    assert_eq!(sent_to(&stage), canary);
    let again = stage.run(&["apply", "--yes", "--output", "json"]).expect(0).json();
    let queued = again["outlets"].as_array().unwrap().iter().filter(|line| line["result"] == "queued").count();
    assert_eq!((queued, sent_to(&stage)), (5, canary.clone()));
    let all = second.iter().map(|outlet| format!("rollout:{outlet}")).collect::<Vec<_>>();
    let mut arguments = vec!["apply", "--yes"];
    all.iter().for_each(|allow| arguments.extend(["--allow", allow]));
    stage.run(&arguments).expect(0);
    assert_eq!(sent_to(&stage), sorted(&[canary, second]));
    stage.run(&["apply", "--yes", "--allow", "rollout"]).expect(0);
    assert_eq!(stage.puts().len(), OUTLETS.len());
}

#[test]
fn run_once_goes_wave_by_wave_and_stops_at_the_first_refusal() {
    let (stage, [canary, _, third]) = (fleet("0s"), waves());
    change(&stage, 27_000);
    let json = stage.run(&["run", "--once", "--output", "json"]).expect(0).json();
    let published = json["outlets"].as_array().unwrap().iter().filter(|line| line["result"] == "published").count();
    assert_eq!((published, stage.puts().len()), (6, 6), "{json:#}");
    stage.clear_log();
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Put, 422) });
    change(&stage, 26_000);
    stage.run(&["run", "--once"]).expect(5).says(&["Rollout stopped at"]);
    assert_eq!(sent_to(&stage), canary);
    stage.run(&["run", "--once"]).expect(4).says(&["menusync resume --rollout"]);
    assert_eq!(sent_to(&stage), canary);
    let history = stage.run(&["history", "--outlet", &third[0]]).expect(0);
    assert_eq!(lines(&history.stdout, "wave 3 of 3: ").lines().count(), 1, "{}", history.stdout);
    let history = stage.run(&["history", "--outlet", &third[0], "--output", "json"]).expect(0).json();
    assert_eq!(history["outlets"][0]["pushes"][0]["wave"], json!({"wave": 3, "waves": 3}));
    let held = stage.run(&["plan", "--output", "json"]).expect(0).json();
    let guards = held["outlets"][0]["guards"].as_array().unwrap();
    let rollout = guards.iter().find(|guard| guard["guard"] == "rollout").unwrap();
    assert_eq!(rollout["verdict"], "held");
    assert_eq!(held["release"]["review"], json!([]), "no file lets it go on");
    stage.run(&["resume", "--rollout", "--output", "json"]).expect(0);
    stage.server().clear_faults();
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(rollout_of(&stage)["phase"], "ended");
    assert_eq!(stage.puts().len(), 7);
}

#[test]
fn some_outlets_alone_begin_no_rollout_and_are_as_few_as_the_first_wave() {
    let (stage, [canary, second, third]) = (fleet("0s"), waves());
    change(&stage, 27_000);
    stage.run(&["apply", "--yes", "--outlet", &third[0]]).expect(0);
    assert_eq!(sent_to(&stage), third[..1], "one by hand");
    let json = stage.run(&["apply", "--yes", "--outlet", &second[0], "--outlet", &canary[0], "--output", "json"]);
    let json = json.expect(0).json();
    assert_eq!(stage.puts().len(), 2, "{json:#}");
    assert!(json.to_string().contains("waits for a rollout of these files"), "{json:#}");
}

#[test]
fn a_rollback_waits_for_nobody_and_stops_the_rollout() {
    let (stage, [canary, ..]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    stage.run(&["run", "--once"]).expect(0);
    stage.run(&["rollback", "--outlet", "*", "--to", "1", "--yes"]).expect(0);
    assert_eq!(stage.live_item(&canary[0], "NG")["price"], 25_000);
    assert_eq!(sent_to(&stage), [canary[0].clone(), canary[0].clone()]);
    let rollout = rollout_of(&stage);
    assert_eq!(rollout["phase"], "stopped", "{rollout:#}");
    assert!(rollout["why"].as_str().unwrap().contains("gone back"), "{rollout:#}");
}

#[test]
fn what_holds_for_all_outlets_is_approved_by_no_file_and_paused_only_while_there_is_something() {
    let stage = fleet("0s");
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage
        .run(&["approve", "plan.json", "--guard", "rollout", "--reason", "x"])
        .expect(64)
        .says(&["no file releases `rollout`", "menusync resume --rollout"]);
    stage.write("approvals/x.yaml", "guard: rollout\nreason: x\nexpires: 2027-02-08T00:00:00Z\noutlets: {}\n");
    stage.run(&["validate"]).expect(3).says(&["approvals/x.yaml:1:8"]);
    stage.remove("approvals/x.yaml");
    stage.run(&["pause", "--rollout"]).expect(4).says(&["no rollout is under way"]);
    stage.run(&["resume", "--rollout"]).expect(0).says(&["no rollout is under way"]);
    stage.run(&["pause", "--rollout", "--for", "3h"]).expect(64);
}

#[test]
fn wrong_waves_are_named_with_their_place() {
    let stage = Stage::new();
    let mut text = String::new();
    for wrong in [
        "rollout: {bake: 15m}",
        "rollout: {waves: [1, 120%]}",
        "rollout: {waves: [0]}",
        "rollout: {waves: [5, 2]}",
        "rollout: {waves: [20%, 10%]}",
        "rollout: {waves: [10%, 5]}",
        "rollout: {waves: [100%, [kuta]]}",
        "rollout: {waves: [100%]}",
        "rollout: {waves: []}",
        "rollout: {waves: [[]]}",
        "rollout: {waves: [few]}",
        "rollout: {waves: [1], bake: soon}",
        "rollout: {waves: [1], pause: 5m}",
    ] {
        stage.settings(wrong);
        let json = stage.run(&["validate", "--output", "json"]).expect(3).json();
        for error in json["diagnostics"].as_array().unwrap() {
            let place = format!("{}:{}:{}", error["file"].as_str().unwrap(), error["line"], error["column"]);
            text += &format!(
                "{wrong}\n  {place}: {}\n  {}\n",
                error["message"].as_str().unwrap(),
                error["help"].as_str().unwrap()
            );
        }
    }
    insta::assert_snapshot!(text);
    stage.settings(&rollout("15m"));
    stage.run(&["validate"]).expect(0);
}
