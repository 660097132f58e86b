//! Every exit code with every format of every command that can end with it: the format never changes the code, programs get
//! JSON whatever happens, and people are told in every other format too.

use menusync::sandbox::{Endpoint, Fault};

use crate::{
    approvals::REMOVALS,
    support::{KUTA, KUTA_FILE, LAYER, Stage},
};

const PUSHES: [&str; 3] = ["text", "json", "markdown"];
const SHOWN: [&str; 4] = ["text", "json", "markdown", "html"];
const MENUS: [&str; 2] = ["text", "html"];
const SHEETS: [&str; 3] = ["text", "json", "html"];
const FINDINGS: [&str; 4] = ["text", "json", "github", "sarif"];
const PLAIN: [&str; 2] = ["text", "json"];

/// The formats that a command has.
fn formats(command: &str) -> &'static [&'static str] {
    match command {
        "validate" => &FINDINGS,
        "plan" | "drift" | "diff" => &SHOWN,
        "apply" => &PUSHES,
        "preview" => &MENUS,
        "photos" => &SHEETS,
        _ => &PLAIN,
    }
}

/// Runs every command in every format that it has.
#[track_caller]
fn all_end_with(code: i32, stage: &Stage, commands: &[&[&str]]) {
    for command in commands {
        let name = command.iter().find(|word| !word.starts_with('-') && **word != "elsewhere").unwrap();
        for format in formats(name) {
            let output = stage.run(&[command, &["--output", format][..]].concat());
            assert_eq!(output.code, code, "{command:?} as {format}: {}", output.transcript());
            if *format == "json" {
                let json = output.json();
                let schema = json["schema"].as_str().unwrap_or_default();
                let is_body = *name == "render" && code == 0;
                assert!(is_body || schema.starts_with("menusync."), "{command:?}: {json:#}");
            } else if code != 0 {
                let told = output.stdout.len() + output.stderr.len();
                assert!(told > 0, "{command:?} as {format} ends with {code} and says nothing");
            }
            if *format == "sarif" && !output.stdout.is_empty() {
                assert_eq!(output.json()["version"], "2.1.0");
            }
        }
    }
}

const READ: [&[&str]; 5] = [&["validate"], &["preview"], &["plan"], &["drift"], &["render", "--outlet", KUTA]];
const PUSH: [&[&str]; 3] = [&["apply", "--yes"], &["run", "--once"], &["run", "--once", "--read-only"]];

#[test]
fn done() {
    let stage = Stage::new().in_sync();
    all_end_with(0, &stage, &READ);
    all_end_with(0, &stage, &PUSH);
    std::fs::create_dir(stage.root().join("photos")).unwrap();
    all_end_with(0, &stage, &[&["status"], &["diff", "."], &["apply"], &["photos"]]);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    all_end_with(0, &stage, &[&["apply", "plan.json"]]);
}

#[test]
fn failed() {
    let stage = Stage::new().in_sync();
    let elsewhere: Vec<Vec<&str>> =
        READ.iter().chain(&PUSH).map(|command| [&["--root", "elsewhere"], *command].concat()).collect();
    all_end_with(1, &stage, &elsewhere.iter().map(Vec::as_slice).collect::<Vec<_>>());
    all_end_with(1, &stage, &[&["--root", "elsewhere", "status"], &["photos"]]);
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 403) });
    all_end_with(1, &stage, &[&["plan"], &["drift"]]);
    all_end_with(1, &stage, &PUSH);
}

#[test]
fn differences() {
    let stage = Stage::new().in_sync();
    let before = stage.root().join("../before");
    std::fs::create_dir_all(before.join("catalogs")).unwrap();
    for file in ["menusync.yaml", LAYER, KUTA_FILE] {
        std::fs::copy(stage.root().join(file), before.join(file)).unwrap();
    }
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.edit_in_app(KUTA, "GUDEG", serde_json::json!({"price": 30000}));
    stage.run(&["run", "--once", "--read-only"]).expect(0);
    stage.append(KUTA_FILE, "items:   {}\n");
    all_end_with(
        2,
        &stage,
        &[&["plan", "--detailed-exitcode"], &["drift"], &["diff", "../before"], &["status"], &["fmt", "--check"]],
    );
}

#[test]
fn invalid() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 25.000");
    all_end_with(3, &stage, &READ);
    all_end_with(3, &stage, &PUSH);
    all_end_with(3, &stage, &[&["diff", "."]]);
    stage.write("photos/soto.jpg", "<svg/>");
    all_end_with(3, &stage, &[&["photos"]]);
    stage.settings("gaurds: 1");
    all_end_with(3, &stage, &READ);
    all_end_with(3, &stage, &PUSH);
    all_end_with(3, &stage, &[&["status"], &["approve", "plan.json", "--guard", "deletes", "--reason", "x"]]);
    stage.assert_nothing_written();
}

#[test]
fn refused() {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage.write("plan.json", "{}");
    all_end_with(4, &stage, &[&["plan", "--fail-on-guard"], &["apply", "--yes"], &["run", "--once"]]);
    all_end_with(4, &stage, &[&["apply", "plan.json", "--yes"], &["apply", "--yes", "--expect-digest", "sha256:0"]]);
    all_end_with(4, &stage, &[&["approve", "plan.json", "--guard", "deletes", "--reason", "x"]]);
    stage.assert_nothing_written();
}

#[test]
fn mixed() {
    let stage = Stage::new().with_kemang().in_sync();
    let unreadable = Fault { times: None, outlet: Some(KUTA.to_owned()), ..Fault::status(Endpoint::Get, 403) };
    stage.server().inject(unreadable);
    all_end_with(5, &stage, &[&["plan"], &["drift"]]);
    all_end_with(5, &stage, &PUSH);
}

#[test]
fn wrong_usage() {
    let stage = Stage::new();
    let wrong: Vec<Vec<&str>> = READ.iter().chain(&PUSH).map(|command| [*command, &["--wrong"]].concat()).collect();
    all_end_with(64, &stage, &wrong.iter().map(Vec::as_slice).collect::<Vec<_>>());
    all_end_with(
        64,
        &stage,
        &[
            &["plan", "--outlet", "nobody"],
            &["drift", "--outlet", "nobody"],
            &["apply", "--outlet", "nobody"],
            &["apply", "--yes", "--allow", "nothing"],
            &["apply", "nowhere.json"],
            &["apply"],
            &["status", "--outlet", "nobody"],
            &["render", "--outlet", "nobody"],
            &["diff", "nowhere"],
            &["validate", "nowhere"],
            &["approve", "nowhere.json", "--guard", "deletes", "--reason", "x"],
        ],
    );
    stage.assert_nothing_written();
}
