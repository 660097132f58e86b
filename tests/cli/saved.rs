//! Plan files: what was looked at is pushed, or nothing.

use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    approvals::REMOVALS,
    support::{KEMANG_FILE, KUTA, KUTA_FILE, LAYER, SECRET, Stage},
};

/// A stage with an edit of two prices and its plan in `plan.json`.
fn planned() -> Stage {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.clear_log();
    stage
}

/// Changes the plan file behind everybody's back.
fn tamper(stage: &Stage, change: impl FnOnce(&mut Value)) {
    let mut plan: Value = serde_json::from_str(&stage.read("plan.json")).unwrap();
    change(&mut plan);
    stage.write("plan.json", &plan.to_string());
}

/// `apply` refuses the plan file with 4, sends nothing, and tells programs too.
#[track_caller]
fn refused(stage: &Stage) -> String {
    stage.clear_log();
    let told = stage.run(&["apply", "plan.json", "--yes"]).expect(4);
    let json = stage.run(&["apply", "plan.json", "--yes", "--output", "json"]).expect(4).json();
    assert_eq!(json["diagnostics"][0]["code"], "refused", "{json}");
    stage.assert_nothing_written();
    stage.normal(&told.stderr)
}

#[test]
fn a_saved_plan_is_pushed_once() {
    let stage = planned();
    let mode = std::fs::metadata(stage.root().join("plan.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_snapshot!(stage.run(&["apply", "plan.json", "--yes"]).expect(0).transcript());
    assert_eq!(stage.puts().len(), 2);
    assert_snapshot!(refused(&stage));
}

#[test]
fn the_difference_is_told_if_the_files_or_the_live_menu_changed() {
    let stage = planned();
    stage.edit(LAYER, "price: 27000", "price: 28000");
    stage.edit(LAYER, "price: 37000", "price: 36000");
    stage.append(KUTA_FILE, "items: {PECEL: {remove: true}}\n");
    stage.edit_in_app(KUTA, "NG", json!({"price": 26000}));
    assert_snapshot!(refused(&stage));
}

#[test]
fn drift_that_is_kept_and_the_kitchens_stock_change_nothing() {
    let stage = planned();
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    stage.kitchen(KUTA, "NG", false);
    stage.run(&["apply", "plan.json", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["in_stock"], false);
    assert_eq!(stage.live_item(KUTA, "GUDEG")["price"], 30000);
}

#[test]
fn stock_that_the_plan_did_not_show_is_not_set() {
    let stage = Stage::new().in_sync();
    let sold_out = |ids: &[&str]| {
        let lines: Vec<_> = ids.iter().map(|id| format!("{id}: {{in_stock: false}}")).collect();
        let text = format!("outlet: G1001\nname: Kuta\nextends: [warung.yaml]\nitems: {{{}}}\n", lines.join(", "));
        stage.write(KUTA_FILE, &text);
    };
    sold_out(&["TEH", "NG"]);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    sold_out(&["TEH", "RAWON"]);
    assert_snapshot!(refused(&stage));
    // What the kitchen has done already is no difference.
    sold_out(&["TEH", "NG"]);
    stage.kitchen(KUTA, "NG", false);
    stage.run(&["apply", "plan.json", "--yes"]).expect(0);
    let is_off = |id| stage.live_item(KUTA, id)["in_stock"] == false;
    assert!(is_off("TEH") && is_off("NG") && !is_off("RAWON"));
    assert!(stage.puts().is_empty());
}

#[test]
fn only_the_outlets_of_the_plan_are_pushed() {
    let stage = planned();
    stage.run(&["plan", "--outlet", "Kuta", "--out", "plan.json"]).expect(0);
    stage.run(&["apply", "plan.json", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 1);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
}

#[test]
fn a_plan_that_is_not_as_it_was_made_is_refused() {
    type Tamper = fn(&mut Value);
    let tampers: [(&str, Tamper); 9] = [
        ("a value", |plan| plan["outlets"][0]["changes"][0]["to"] = json!(1000)),
        ("a path", |plan| plan["outlets"][0]["changes"][0]["path"] = json!("items/GUDEG/price")),
        ("what is pushed", |plan| plan["outlets"][0]["changes"][0]["pushed"] = json!(false)),
        ("an outlet less", |plan| drop(plan["outlets"].as_array_mut().unwrap().pop())),
        ("an outlet twice", |plan| {
            let twice = plan["outlets"][0].clone();
            plan["outlets"].as_array_mut().unwrap().push(twice);
        }),
        ("the digest", |plan| plan["digest"] = json!(format!("sha256:{}", "0".repeat(64)))),
        ("no path", |plan| plan["outlets"][0]["changes"][0]["path"] = json!("items")),
        ("another version", |plan| plan["schema"] = json!("menusync.plan/2")),
        ("no outlets", |plan| drop(plan.as_object_mut().unwrap().remove("outlets"))),
    ];
    let stage = planned();
    let plan = stage.read("plan.json");
    let mut told = String::new();
    for (name, change) in tampers {
        stage.write("plan.json", &plan);
        tamper(&stage, change);
        told += &format!("{name}: {}", refused(&stage));
    }
    for text in ["", "{}", "[]", "{\"schema\": 7}", "no plan"] {
        stage.write("plan.json", text);
        told += &format!("{text:?}: {}", refused(&stage));
    }
    std::fs::write(stage.root().join("plan.json"), [0xff, 0xfe, 0x00]).unwrap();
    told += &format!("bytes: {}", refused(&stage));
    assert_snapshot!(told);
}

#[test]
fn a_plan_that_is_old_early_foreign_or_of_a_command_that_pushes_nothing_is_refused() {
    let stage = planned();
    let plan = stage.read("plan.json");
    let at = |hours: i64| json!((Timestamp::now() - SignedDuration::from_hours(hours)).to_string());
    let mut told = String::new();
    let mut tell = |name: &str, told_now: String| told += &format!("{name}: {told_now}");
    tamper(&stage, |plan| plan["generated_at"] = at(25));
    tell("old", refused(&stage));
    tamper(&stage, |plan| plan["generated_at"] = at(-1));
    tell("early", refused(&stage));
    stage.write("plan.json", &plan);
    tamper(&stage, |plan| plan["target"]["name"] = json!("production"));
    tell("other target", refused(&stage));
    stage.write("plan.json", &plan);
    stage.remove(KEMANG_FILE);
    tell("other root", refused(&stage));
    stage.run(&["drift", "--output", "json=plan.json"]).expect(0);
    tell("drift", refused(&stage));
    assert_snapshot!(told);
    assert_snapshot!(stage.run(&["apply", "nowhere.json", "--yes"]).expect(64).transcript());
    stage.run(&["apply", "plan.json", "--yes", "--outlet", "Kuta"]).expect(64);
    stage.run(&["apply", "plan.json", "--yes", "--expect-digest", "sha256:0"]).expect(64);
    stage.assert_nothing_written();
}

/// A pipe in the root.
fn pipe(stage: &Stage, name: &str) -> std::path::PathBuf {
    let path = stage.root().join(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn a_plan_file_is_a_regular_file_and_nothing_else_is_waited_for() {
    let stage = Stage::new();
    pipe(&stage, "plan.json");
    refused(&stage);
    for (name, code) in [("catalogs", 4), ("/dev/zero", 4), ("plan.json/x", 1)] {
        stage.run(&["apply", name, "--yes"]).expect(code);
    }
    stage.run(&["approve", "plan.json", "--guard", "deletes", "--reason", "x"]).expect(4).says(&["not a regular file"]);
    assert!(stage.log().is_empty());
}

#[test]
fn what_a_plan_is_written_to_stays_what_it_is() {
    let stage = planned();
    std::os::unix::fs::symlink("plan.json", stage.root().join("link.json")).unwrap();
    stage.write("plan.json", "");
    stage.run(&["plan", "--out", "link.json"]).expect(0);
    assert!(stage.root().join("link.json").is_symlink());
    assert!(stage.read("plan.json").contains("menusync.plan/1"));
    let pipe = pipe(&stage, "pipe");
    let told = pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read_to_string(told).unwrap());
    stage.run(&["plan", "--out", "pipe"]).expect(0);
    assert_eq!(serde_json::from_str::<Value>(&reader.join().unwrap()).unwrap()["schema"], "menusync.plan/1");
    assert!(!std::fs::symlink_metadata(pipe).unwrap().is_file());
}

#[test]
fn what_is_foreign_in_a_refused_plan_is_written_out() {
    let stage = planned();
    let plan = stage.read("plan.json");
    let hostile = "G1\u{1b}[2J\nerror: all is well\u{202e}";
    for key in ["outlet", "digest"] {
        stage.write("plan.json", &plan);
        tamper(&stage, |plan| plan["outlets"][0][key] = json!(hostile));
        assert_eq!(refused(&stage).trim_end().lines().count(), 1);
    }
    stage.write("plan.json", &plan);
    tamper(&stage, |plan| plan["target"]["name"] = json!(hostile));
    let told = refused(&stage);
    assert!(told.contains(r"G1\u{1b}[2J\u{a}error: all is well\u{202e}"), "{told}");
}

#[test]
fn a_plan_that_is_23_hours_old_counts() {
    let stage = planned();
    tamper(&stage, |plan| {
        plan["generated_at"] = json!((Timestamp::now() - SignedDuration::from_hours(23)).to_string())
    });
    stage.run(&["apply", "plan.json", "--yes"]).expect(0);
}

#[test]
fn guards_are_judged_anew_and_a_plan_with_edits_undone_is_applied_as_such() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage.edit_in_app(KUTA, "NG", json!({"price": 26000}));
    stage.run(&["plan", "--revert", "--out", "plan.json"]).expect(0);
    tamper(&stage, |plan| plan["outlets"][0]["guards"] = json!([]));
    stage.clear_log();
    stage.run(&["apply", "plan.json", "--yes"]).expect(4);
    stage.run(&["apply", "plan.json", "--yes", "--revert"]).expect(4).says(&["held"]);
    stage.assert_nothing_written();
    stage.run(&["apply", "plan.json", "--yes", "--revert", "--allow", "deletes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25000);
}

#[test]
fn an_outlet_that_cannot_be_looked_at_is_a_failure_and_nothing_is_pushed() {
    let stage = planned();
    stage.server().inject(Fault { times: None, outlet: Some(KUTA.to_owned()), ..Fault::status(Endpoint::Get, 403) });
    stage.run(&["apply", "plan.json", "--yes"]).expect(1).says(&["has no plan now", "403"]);
    stage.assert_nothing_written();
}

#[test]
fn no_secret_is_in_a_plan_file() {
    let stage = planned();
    let plan = stage.read("plan.json");
    assert!(plan.contains("items/NG/price"));
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("sandbox:{SECRET}"))
    };
    for secret in [SECRET, &encoded, "Bearer", "client_secret", "request_id", "payload"] {
        assert!(!plan.contains(secret), "{secret} in {plan}");
    }
}

// ── approve ──

/// A stage where `deletes` holds both outlets, with its plan in `plan.json`.
fn held() -> Stage {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage.append(KEMANG_FILE, REMOVALS);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage
}

/// The date on the clocks of the outlets, as it stands in names of files.
fn today() -> String {
    Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Jakarta").unwrap()).date().to_string()
}

#[test]
fn what_a_guard_holds_is_approved_for_all_outlets_in_one_file() {
    let stage = held();
    let reason = "hujan: \"musim\"\n# guard: unmanaged";
    let approve = ["approve", "plan.json", "--guard", "deletes", "--reason", reason, "--output", "json"];
    let before = today();
    let made = stage.run(&approve).expect(0).json();
    let file = made["file"].as_str().unwrap();
    assert_eq!(made["outlets"].as_object().unwrap().len(), 2);
    // Midnight may have passed in between.
    let dates = [before, today()];
    let date = dates.iter().find(|date| file.starts_with(&format!("approvals/{date}-deletes-")));
    let date = date.unwrap_or_else(|| panic!("{file} on {dates:?}"));
    assert_snapshot!(stage.normal(&stage.read(file)));
    stage.run(&["validate"]).expect(0);
    stage.run(&approve).expect(1).says(&["it exists already"]);
    stage.run(&["plan", "--fail-on-guard"]).expect(0).says(&["released by approvals/"]);
    // Approving releases guards and changes no effect: the plan that was looked at still holds.
    stage.run(&["apply", "plan.json", "--yes"]).expect(0);
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
    // Now there is nothing left that it could let through.
    let shown = |arguments: &[&str]| stage.run(arguments).expect(0).transcript().replace(date, "DATE");
    assert_snapshot!(shown(&["plan"]));
    assert_snapshot!(shown(&["apply", "--output", "markdown"]));
    let stale = stage.run(&["plan", "--output", "json"]).json()["stale_approvals"].clone();
    assert_eq!((&stale[0]["file"], stale.as_array().unwrap().len()), (&json!(file), 1));
}

#[test]
fn an_approval_of_one_outlet_of_two_is_not_stale() {
    let stage = held();
    stage.run(&["approve", "plan.json", "--guard", "deletes", "--reason", "hujan"]).expect(0);
    stage.run(&["apply", "--yes", "--outlet", "Kuta"]).expect(0);
    let stale =
        |arguments: &[&str]| stage.run(&[arguments, &["--output", "json"]].concat()).json()["stale_approvals"].clone();
    assert_eq!(stale(&["plan"]), json!([]));
    assert_eq!(stale(&["plan", "--outlet", "Kuta"]), json!([]), "what Kemang's plan is, was not looked at");
}

#[test]
fn sold_out_is_approved_for_the_dishes_that_were_looked_at() {
    let stage = Stage::new().in_sync();
    let off = |ids: &[&str]| {
        let lines: Vec<_> = ids.iter().map(|id| format!("{id}: {{in_stock: false}}")).collect();
        let head = "outlet: G1001\nname: Kuta\nextends: [warung.yaml]\n";
        stage.write(KUTA_FILE, &format!("{head}items: {{{}}}\n", lines.join(", ")));
    };
    off(&["NG", "RAWON", "GUDEG", "PECEL"]);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.run(&["approve", "plan.json", "--guard", "sold-out", "--reason", "dapur tutup"]).expect(0);
    let all: Vec<_> = ["NG", "RAWON", "GUDEG", "PECEL", "TEH"].to_vec();
    off(&all);
    stage.clear_log();
    stage.run(&["apply", "--yes"]).expect(4);
    stage.assert_nothing_written();
    off(&["NG", "RAWON", "GUDEG", "PECEL"]);
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["in_stock"], false);
}

#[test]
fn what_cannot_be_approved() {
    let stage = held();
    let approve = |arguments: &[&str], code: i32| {
        let output = stage.run(&[&["approve", "plan.json"], arguments].concat()).expect(code);
        stage.normal(output.stderr.lines().next().unwrap_or_default())
    };
    let mut told = vec![
        approve(&["--guard", "unmanaged", "--reason", "x"], 64),
        approve(&["--guard", "delete", "--reason", "x"], 64),
        approve(&["--guard", "deletes", "--reason", " "], 64),
        approve(&["--guard", "deletes"], 64),
        approve(&["--guard", "deletes", "--reason", "x", "--expires", "8d"], 64),
        approve(&["--guard", "deletes", "--reason", "x", "--expires", "0s"], 64),
    ];
    tamper(&stage, |plan| plan["generated_at"] = json!("2026-01-01T00:00:00Z"));
    told.push(approve(&["--guard", "deletes", "--reason", "x"], 4));
    tamper(&stage, |plan| plan["outlets"][0]["changes"][0]["to"] = json!(1));
    told.push(approve(&["--guard", "deletes", "--reason", "x"], 4));
    assert_snapshot!(told.join("\n"));
    assert!(!stage.root().join("approvals").exists());
}
