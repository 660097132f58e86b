//! `stock`: the kitchen's switch from the command line, from the question to the end of the switch.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Fault};

use crate::{
    support::{KEMANG, KUTA, KUTA_FILE, Stage},
    terminal::run_at_a_terminal,
};

const OFF: [&str; 7] = ["stock", "--outlet", KUTA, "--item", "RAWON", "off", "--yes"];

fn stock<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["stock", "--outlet", KUTA], more].concat()
}

#[test]
fn a_dish_and_a_choice_are_off_at_once_and_everything_tells_until_when() {
    let stage = Stage::new().in_sync();
    let off = stage.run(&stock(&["--item", "RAWON", "--variant", "LV-3", "off", "--for", "3h", "--yes"]));
    assert_snapshot!(off.expect(0).transcript());
    assert_eq!((stage.puts().len(), stage.patches().len()), (0, 2));
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
    assert_eq!(stage.live(KUTA)["variant_categories"][0]["variants"][1]["in_stock"], false);
    assert_snapshot!(stage.run(&["stock", "--list"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["status"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["history"]).expect(0).transcript());
    let status = stage.run(&["status", "--output", "json"]).json();
    assert_eq!(status["outlets"][0]["switches"][0]["id"], "RAWON");
    let list = stage.run(&["stock", "--list", "--output", "json"]).json();
    assert_eq!(list["outlets"][0]["switches"], status["outlets"][0]["switches"]);
    let history = stage.run(&["history", "--output", "json"]).json();
    assert_eq!(history["outlets"][0]["switches"][0]["result"], "switched");
    stage.clear_log();
    stage.run(&["run", "--once"]).expect(0);
    stage.assert_nothing_written();
    let on = stage.run(&stock(&["--item", "RAWON", "--variant", "LV-3", "on", "--yes", "--output", "json"])).expect(0);
    assert_eq!(on.json()["outlets"][0]["switches"][0]["result"], "switched");
    assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], true);
    assert_snapshot!(stage.run(&["stock", "--list"]).expect(0).transcript());
}

#[test]
fn run_once_switches_back_after_the_end_and_apply_does_not() {
    let stage = Stage::new().in_sync();
    stage.run(&[&OFF[..], &["--for", "200ms"]].concat()).expect(0);
    // Each of these takes as long as is to be waited for.
    let rounds = (0..20).find(|_| {
        stage.run(&["apply", "--yes"]).expect(0);
        assert_eq!(stage.live_item(KUTA, "RAWON")["in_stock"], false);
        stage.run(&["run", "--once"]).expect(0);
        stage.live_item(KUTA, "RAWON")["in_stock"] == true
    });
    assert!(rounds.is_some());
    assert_eq!((stage.puts().len(), stage.patches().len()), (0, 2));
    assert_snapshot!(stage.run(&["history"]).expect(0).transcript());
}

#[test]
fn what_the_kitchen_has_switched_since_is_left_and_told() {
    let stage = Stage::new().in_sync();
    stage.run(&[&OFF[..], &["--for", "3h"]].concat()).expect(0);
    stage.kitchen(KUTA, "RAWON", true);
    let pass = stage.run(&["run", "--once"]).expect(0);
    // So soon it may as well be a copy that is behind.
    assert!(pass.stderr.contains("nobody knows whether the kitchen has switched it since"), "{}", pass.transcript());
    stage.kitchen(KUTA, "RAWON", false);
    assert_snapshot!(stage.run(&["history"]).expect(0).transcript());
    stage.run(&["stock", "--list"]).expect(0).says(&["no switch of stock has an end"]);
}

#[test]
fn many_dishes_are_held_until_the_guard_is_released() {
    let stage = Stage::new().in_sync();
    let four = ["--item", "NG", "--item", "RAWON", "--item", "GUDEG", "--item", "PECEL", "off", "--yes"];
    assert_snapshot!(stage.run(&stock(&four)).expect(4).transcript());
    stage.assert_nothing_written();
    let other = stage.run(&stock(&[&four[..], &["--allow", "sold-out:G9"]].concat())).expect(64);
    assert!(other.stderr.contains("G9"), "{}", other.transcript());
    stage.run(&stock(&[&four[..], &["--allow", "sold-out:G1001"]].concat())).expect(0);
    assert_eq!(stage.patches().len(), 1);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let stage = Stage::new().in_sync();
    assert_snapshot!(stage.run(&stock(&["--item", "RAWN", "--item", "TEH", "off", "--yes"])).expect(64).transcript());
    assert_snapshot!(stage.run(&OFF[..6]).expect(64).transcript());
    assert_snapshot!(stage.run(&stock(&["off", "--yes"])).expect(64).transcript());
    for (more, words) in [
        (&["--until", "2020-01-01 10:00"][..], "is over"),
        (&["--for", "800h"], "more than 31 days away"),
        (&["--for", "3h", "--until", "2099-01-01"], "cannot be used with"),
        (&["--list"], "cannot be used with"),
    ] {
        stage.run(&[&OFF[..], more].concat()).expect(64).says(&[words]);
    }
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    let on = stage.run(&stock(&["--item", "RAWON", "--item", "TEH", "on", "--yes"])).expect(0);
    assert_eq!(on.code, 0, "both are on sale already");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.clear_log();
    assert_snapshot!(stage.run(&stock(&["--item", "RAWON", "on", "--yes"])).expect(4).transcript());
    stage.append(KUTA_FILE, "itemz: {}\n");
    stage.run(&OFF).expect(3).says(&["nothing is switched"]);
    stage.assert_nothing_written();
}

#[test]
fn an_outlet_that_fails_leaves_the_others_as_they_are() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.run(&["pause", "--outlet", KEMANG]).expect(0);
    let off = ["stock", "--outlet", "*", "--item", "RAWON", "off", "--yes"];
    assert_snapshot!(stage.run(&off).expect(5).transcript());
    assert_eq!([KUTA, KEMANG].map(|id| stage.live_item(id, "RAWON")["in_stock"].clone()), [false, true]);
    stage.run(&["resume", "--outlet", KEMANG]).expect(0);
    let refused = Fault { times: Some(2), ..Fault::status(Endpoint::Stock, 422) };
    stage.server().inject(refused);
    let refused = stage.run(&off).expect(5);
    assert!(refused.stdout.contains("rejected"), "{}", refused.transcript());
    assert_eq!(stage.live_item(KEMANG, "RAWON")["in_stock"], true);
    stage.run(&["stock", "--list"]).expect(0).says(&["no switch of stock has an end"]);
}

#[test]
fn a_call_that_is_taken_and_not_shown_is_told_and_its_end_is_not_repeated() {
    let stage = Stage::new().in_sync();
    stage.settings_with_verify("{timeout: 1s, interval: 50ms}", "");
    let ignore_next = || {
        let body = Some(serde_json::json!({"success": true}));
        stage.server().inject(Fault { body, ..Fault::status(Endpoint::Stock, 200) });
    };
    ignore_next();
    let off = stage.run(&[&OFF[..], &["--for", "4s"]].concat());
    assert_eq!((off.code, stage.patches().len()), (1, 1), "{}", off.transcript());
    assert!(off.stdout.contains("GoFood took the call and does not show it"), "{}", off.transcript());
    // It shows late, and so may its end.
    stage.kitchen(KUTA, "RAWON", false);
    ignore_next();
    let began = Instant::now();
    let passes = std::iter::repeat_with(|| stage.run(&["run", "--once"]));
    let mut passes = passes.take_while(|_| began.elapsed() < Duration::from_secs(60));
    let ended = passes.find(|_| stage.patches().len() > 1);
    let ended = ended.unwrap_or_else(|| panic!("{}", stage.run(&["history"]).transcript()));
    assert!(ended.stderr.contains("GoFood took the call and does not show it"), "{}", ended.transcript());
    assert_eq!(ended.code, 1, "{}", ended.transcript());
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!((stage.patches().len(), stage.live_item(KUTA, "RAWON")["in_stock"] == true), (2, false));
    stage.run(&["stock", "--list"]).expect(0).says(&["Nasi Rawon (items/RAWON): sold out; to be switched back since"]);
    // What shows in the end has ended it.
    stage.kitchen(KUTA, "RAWON", true);
    stage.run(&["run", "--once"]).expect(0);
    stage.run(&["stock", "--list"]).expect(0).says(&["no switch of stock has an end"]);
    stage.run(&["history"]).expect(0).says(&["switched back"]);
}

#[test]
fn a_person_is_asked_and_a_guard_is_released_by_its_name() {
    let stage = Stage::new().in_sync();
    let four = ["--item", "NG", "--item", "RAWON", "--item", "GUDEG", "--item", "PECEL", "off", "--output", "json"];
    let at = |arguments: &[&str], typed: &str| run_at_a_terminal(stage.command(arguments), |_| typed.to_owned());
    for typed in ["\n", "deletes\nyes\n", "sold-out\nno\n"] {
        assert_eq!(at(&stock(&four), typed).code, 4, "{typed:?}");
    }
    stage.assert_nothing_written();
    let told = at(&stock(&four), "sold-out\nyes\n");
    assert_eq!((told.code, told.json["outlets"][0]["result"].as_str()), (0, Some("done")), "{}", told.shown);
    assert!(told.shown.contains("Nasi Rawon (items/RAWON): sold out"), "{}", told.shown);
    assert_eq!(stage.patches().len(), 1);
}
