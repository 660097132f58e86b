//! Waves without a daemon: what a plan shows, what `apply` and `run --once` send, and what they say of the rest.

use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    support::{
        LAYER, Stage,
        fleet::{OUTLETS, change, file_of, fleet, rollout, rollout_of, sent_to, sorted, waves},
    },
    terminal::apply_at_a_terminal,
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
    let html = stage.run(&["plan", "--output", "html"]).expect(0);
    insta::assert_snapshot!(lines(&html.stdout.replace("<p>", "\n<p>").replace("</p>", "</p>\n"), "Rollout"), @"<p>Rollout: 6 outlets in 3 waves: 1 (Warung G2001), then 2, then 3; each 15 min after the one before was seen.</p>");
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
fn a_rollback_that_was_not_made_stops_nothing() {
    let (stage, [canary, ..]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    stage.run(&["run", "--once"]).expect(0);
    stage.run(&["pause", "--outlet", &canary[0]]).expect(0);
    stage.run(&["rollback", "--outlet", &canary[0], "--to", "1", "--yes"]);
    assert_eq!(stage.live_item(&canary[0], "NG")["price"], 27_000);
    assert_eq!(rollout_of(&stage)["phase"], "baking");
}

/// What GoFood answers of outlets while it has lost their menus.
fn lose_menus(stage: &Stage, outlets: &[&str]) -> Vec<Value> {
    let lose = |outlet: &&str| {
        let menu = stage.live(outlet);
        stage.seed(outlet, json!({"menus": [], "variant_categories": []}));
        menu
    };
    outlets.iter().map(lose).collect()
}

#[test]
fn menus_that_read_empty_are_no_evidence_and_no_end() {
    let (stage, [canary, ..]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    let menus = lose_menus(&stage, &OUTLETS);
    for _ in 0..2 {
        stage.run(&["run", "--once"]).expect(4).says(&["empty-live"]);
        stage.assert_nothing_written();
        let rollout = rollout_of(&stage);
        assert_eq!((&rollout["phase"], &rollout["wave"]), (&json!("sending"), &json!(1)), "{rollout:#}");
    }
    OUTLETS.iter().zip(menus).for_each(|(outlet, menu)| stage.seed(outlet, menu));
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!((sent_to(&stage), &rollout_of(&stage)["phase"]), (canary, &json!("baking")));
}

#[test]
fn a_menu_that_vanishes_after_it_was_sent_stops_the_rollout() {
    let (stage, [canary, ..]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(rollout_of(&stage)["phase"], "baking");
    lose_menus(&stage, &[&canary[0]]);
    stage.run(&["run", "--once"]).expect(5);
    let rollout = rollout_of(&stage);
    assert_eq!(rollout["phase"], "stopped", "{rollout:#}");
    assert!(rollout["why"].as_str().unwrap().contains(&canary[0]), "{rollout:#}");
}

/// The canary has refused the change.
fn stopped() -> Stage {
    let stage = fleet("0s");
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Put, 422) });
    change(&stage, 27_000);
    stage.run(&["run", "--once"]).expect(5);
    stage.server().clear_faults();
    assert_eq!((rollout_of(&stage)["phase"].as_str(), sent_to(&stage)), (Some("stopped"), waves()[0].clone()));
    stage.clear_log();
    stage
}

#[test]
fn a_stopped_rollout_is_not_let_go_by_files_that_say_the_same_of_what_it_holds() {
    let (stage, [canary, second, third]) = (stopped(), waves());
    stage.append(&file_of(&third[0]), "items: {TEH: {price: 7500}}\n");
    stage.run(&["run", "--once"]).expect(4).says(&["menusync resume --rollout"]);
    stage.run(&["apply", "--yes"]).expect(4);
    stage.append(&file_of(&third[1]), "# nothing\n");
    stage.run(&["apply", "--yes", "--outlet", &second[0]]).expect(0);
    stage.run(&["apply", "--yes"]).expect(4).says(&["the rollout is stopped"]);
    stage.assert_nothing_written();
    assert_eq!(rollout_of(&stage)["phase"], "stopped");
    change(&stage, 26_500);
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(rollout_of(&stage)["phase"], "ended");
    assert_eq!(sent_to(&stage), sorted(&[canary, second, third]));
}

#[test]
fn who_lets_all_go_ends_a_stopped_rollout() {
    let stage = stopped();
    stage.run(&["apply", "--yes", "--allow", "rollout"]).expect(0);
    assert_eq!((stage.puts().len(), &rollout_of(&stage)["phase"]), (OUTLETS.len(), &json!("ended")));
}

#[test]
fn what_is_taken_off_sale_waits_for_no_wave_and_what_is_put_on_sale_does() {
    let (stage, [canary, second, third]) = (fleet("1h"), waves());
    let in_stock = |outlet: &str| stage.live_item(outlet, "JERUK")["in_stock"] == json!(true);
    change(&stage, 27_000);
    stage.append(LAYER, "items: {JERUK: {in_stock: false}}\n");
    let others: Vec<&String> = second.iter().chain(&third).collect();
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!((sent_to(&stage), stage.patches().len()), (canary.clone(), OUTLETS.len()), "not even for a first look");
    for outlet in &others {
        assert!(!in_stock(outlet), "{outlet}");
        assert_eq!(stage.live_item(outlet, "NG")["price"], 25_000, "{outlet}");
    }
    assert_eq!(rollout_of(&stage)["waves"][1]["seen"], 0, "it is no evidence");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(stage.writes().len(), OUTLETS.len() + 1, "once");
    // Back on sale: where that is all, at once; where a wave is waited for, with it.
    stage.edit(LAYER, "items: {JERUK: {in_stock: false}}\n", "");
    stage.run(&["run", "--once"]).expect(0);
    assert!(in_stock(&canary[0]));
    let (sent, waiting): (Vec<&String>, Vec<_>) = others.iter().partition(|outlet| sent_to(&stage).contains(outlet));
    assert!(sent.iter().all(|outlet| in_stock(outlet)) && waiting.iter().all(|outlet| !in_stock(outlet)));
    assert_eq!((sent.len(), waiting.len()), (1, 4), "one more canary, as these are newer files");
}

#[test]
fn apply_takes_off_sale_what_it_was_agreed_to_and_a_stopped_rollout_does_not_keep_it_on_sale() {
    let (stage, [canary, second, third]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    stage.append(LAYER, "items: {JERUK: {in_stock: false}}\n");
    let shown = stage.run(&["apply", "--yes", "--outlet", &third[0], "--outlet", &second[0]]).expect(0);
    let shown = shown.says(&["what the files take off sale does not wait"]);
    assert_eq!(stage.writes().len(), 2, "{}", shown.transcript());
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Put, 422) });
    stage.run(&["apply", "--yes"]).expect(5);
    assert_eq!(rollout_of(&stage)["phase"], "stopped");
    stage.clear_log();
    // The newer files change all that it holds, so they begin one of their own, which a person stops as well.
    stage.edit(LAYER, "items: {JERUK: {in_stock: false}}", "items: {JERUK: {in_stock: false}, TEH: {in_stock: false}}");
    stage.run(&["apply", "--yes"]).expect(5);
    stage.run(&["pause", "--rollout"]).expect(0);
    let is_off = |outlet: &&str| stage.live_item(outlet, "TEH")["in_stock"] == json!(false);
    let off: Vec<&str> = OUTLETS.into_iter().filter(is_off).collect();
    assert_eq!((off.len(), off.contains(&&*canary[0])), (5, false), "its own is in the push that was refused");
    stage.run(&["run", "--once"]).expect(5);
    assert!(is_off(&&*canary[0]), "it is held now, so this is all that goes out");
    assert!(sent_to(&stage).iter().all(|outlet| *outlet == canary[0]), "{:?}", sent_to(&stage));
}

#[test]
fn nobody_is_asked_about_guards_of_later_waves() {
    let (stage, [canary, second, _]) = (fleet("1h"), waves());
    for outlet in [&canary[0], &second[0]] {
        stage.append(&file_of(outlet), "guards: {price-change: 1%}\n");
    }
    stage.run(&["run", "--once"]).expect(0);
    change(&stage, 27_000);
    let (code, screen) = apply_at_a_terminal(&stage, "price-change\nyes\n");
    assert_eq!(sent_to(&stage), canary, "{screen}");
    assert_eq!((code, screen.matches("Type price-change").count()), (5, 1), "{screen}");
}

#[test]
fn who_has_other_settings_on_his_machine_means_the_same_rollout() {
    let (stage, [canary, ..]) = (fleet("1h"), waves());
    change(&stage, 27_000);
    stage.run(&["run", "--once"]).expect(0);
    let before = rollout_of(&stage);
    let operator = stage.root().parent().unwrap().join("operator.yaml");
    std::fs::write(&operator, "lang: id\nverify: {interval: 1s}\n").unwrap();
    stage.run(&["--operator", operator.to_str().unwrap(), "run", "--once"]).expect(0);
    assert_eq!((rollout_of(&stage), sent_to(&stage)), (before, canary));
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
