//! `--output`: JSON on every path, files, markdown that menu names cannot break, and `render`'s body.

use insta::assert_snapshot;
use menusync::sandbox::{Endpoint, Fault};
use serde_json::Value;

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

#[track_caller]
fn schema(stage: &Stage, arguments: &[&str], code: i32) -> String {
    let output = stage.run(&[arguments, &["--output", "json"]].concat()).expect(code);
    output.json()["schema"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_command_answers_programs_with_its_schema() {
    let stage = Stage::new();
    for (arguments, code, expected) in [
        (vec!["validate"], 0, "menusync.diagnostics/1"),
        (vec!["plan"], 0, "menusync.plan/1"),
        (vec!["drift"], 0, "menusync.plan/1"),
        (vec!["status"], 2, "menusync.status/1"),
        (vec!["apply"], 64, "menusync.diagnostics/1"),
        (vec!["apply", "--yes"], 0, "menusync.apply/1"),
        (vec!["run", "--once"], 0, "menusync.apply/1"),
        (vec!["run", "--once", "--read-only"], 0, "menusync.apply/1"),
        (vec!["status"], 0, "menusync.status/1"),
    ] {
        assert_eq!(schema(&stage, &arguments, code), expected, "{arguments:?}");
    }
}

#[test]
fn every_command_answers_programs_also_when_it_cannot_work() {
    let commands: [&[&str]; 7] = [
        &["validate"],
        &["plan"],
        &["drift"],
        &["status"],
        &["apply", "--yes"],
        &["run", "--once"],
        &["render", "--outlet", KUTA],
    ];
    let stage = Stage::new();
    stage.settings("gaurds: 1");
    for arguments in commands {
        assert_eq!(schema(&stage, arguments, 3), "menusync.diagnostics/1", "{arguments:?}");
    }
    for arguments in commands {
        let arguments = [&["--root", "elsewhere"], arguments].concat();
        assert_eq!(schema(&stage, &arguments, 1), "menusync.diagnostics/1", "{arguments:?}");
    }
    for arguments in commands {
        let arguments = [arguments, &["--wrong"]].concat();
        assert_eq!(schema(&stage, &arguments, 64), "menusync.diagnostics/1", "{arguments:?}");
    }
}

#[test]
fn a_remote_that_fails_is_told_to_programs_too() {
    let stage = Stage::new().in_sync();
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 403) });
    let plan = stage.run(&["plan", "--output", "json"]).expect(1).json();
    assert_eq!((&plan["schema"], &plan["summary"]["failed"]), (&"menusync.plan/1".into(), &1.into()));
    assert!(plan["outlets"][0]["error"].as_str().unwrap().contains("403"));
    let apply = stage.run(&["apply", "--yes", "--output", "json"]).expect(1).json();
    assert_eq!((&apply["schema"], &apply["outlets"][0]["result"]), (&"menusync.apply/1".into(), &"failed".into()));
}

#[test]
fn the_shapes_for_programs() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.edit_in_app(KUTA, "GUDEG", serde_json::json!({"price": 30000}));
    assert_snapshot!(stage.run(&["plan", "--output", "json"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes", "--output", "json"]).transcript());
    assert_snapshot!(stage.run(&["status", "--output", "json"]).transcript());
    stage.edit(LAYER, "price: 27000", "price: 0");
    assert_snapshot!(stage.run(&["validate", "--output", "json"]).transcript());
    assert_snapshot!(stage.run(&["validate", "--output", "github"]).transcript());
    let sarif = stage.run(&["validate", "--output", "sarif"]).expect(3).json();
    assert_eq!(sarif["version"], "2.1.0");
}

#[test]
fn results_go_into_files_beside_stdout() {
    let stage = Stage::new();
    let arguments = ["plan", "--output", "json=plan.json", "--output", "markdown=plan.md", "--output", "text"];
    let output = stage.run(&arguments).expect(0).says(&["Kuta (G1001)"]);
    let plan: Value = serde_json::from_str(&stage.read("plan.json")).unwrap();
    assert_eq!(plan["schema"], "menusync.plan/1");
    assert!(stage.read("plan.md").contains("Kuta") && !output.stdout.contains("menusync.plan/1"));
    let silent = stage.run(&["plan", "--output", "json=plan.json"]).expect(0);
    assert_eq!(silent.stdout, "");
    assert_snapshot!(stage.run(&["plan", "--output", "json=nowhere/plan.json"]).expect(1).transcript());
}

#[test]
fn a_program_that_reads_a_file_finds_there_why_there_is_no_result() {
    let stage = Stage::new();
    stage.run(&["plan", "--output", "json=plan.json"]).expect(0);
    stage.edit(LAYER, "price: 25000", "price: mahal");
    let failed = stage.run(&["apply", "--yes", "--output", "json=plan.json"]).expect(3);
    assert_eq!(failed.stdout, "");
    let told: Value = serde_json::from_str(&stage.read("plan.json")).unwrap();
    assert_eq!((&told["schema"], &told["summary"]["errors"]), (&"menusync.diagnostics/1".into(), &1.into()));
}

#[test]
fn formats_that_a_command_does_not_have_are_wrong_usage() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["plan", "--output", "sarif"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["plan", "--output", "xml"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["plan", "--output", "json", "--output", "text"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes", "--output", "sarif"]).expect(64).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn colours_are_for_terminals_and_for_whoever_demands_them() {
    let stage = Stage::new();
    let colored = |variables: &[(&str, &str)]| {
        let plan = stage.command(&["plan"]).envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(plan.stdout).unwrap().contains('\u{1b}')
    };
    assert!(!colored(&[]));
    assert!(colored(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn names_in_menus_cannot_break_a_report() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "name: Nasi Rawon", "name: \"Nasi | `Rawon` <img src=x> @all [x](http://evil) **\\u202E**\"");
    stage.append(KUTA_FILE, "rules: {text-invisible-characters: off}\n");
    stage.add_in_app(KUTA, "Nasi", "a\u{1b}[31m`|\n# x", 20000);
    assert_snapshot!(stage.run(&["plan", "--output", "markdown"]).transcript());
    let text = stage.run(&["plan"]).transcript();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    assert_snapshot!(text);
}

#[test]
fn markdown_of_a_plan_with_changes_drift_and_a_guard() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit_in_app(KUTA, "GUDEG", serde_json::json!({"price": 30000}));
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.append(KUTA_FILE, "items: {NG: {price: 250000}}\n");
    assert_snapshot!(stage.run(&["plan", "--output", "markdown"]).transcript());
}

#[test]
fn what_render_prints_is_accepted_by_the_platform_and_is_a_layer_as_it_stands() {
    let stage = Stage::new();
    let render = |stage: &Stage| stage.run(&["render", "--outlet", KUTA, "--output", "json"]).expect(0).json();
    let body = render(&stage);
    let yaml = stage.run(&["render", "--outlet", KUTA]).expect(0).stdout;
    assert_eq!(stage.put_by_hand(KUTA, &body), 200);
    assert_snapshot!(stage.run(&["plan", "--detailed-exitcode"]).expect(0).transcript());

    stage.remove(LAYER);
    for (name, text) in [("body.json", body.to_string()), ("body.yaml", yaml)] {
        stage.write(&format!("catalogs/{name}"), &text);
        let others =
            ["warung.yaml", "body.json"].into_iter().find(|other| stage.read(KUTA_FILE).contains(other)).unwrap();
        stage.edit(KUTA_FILE, others, name);
        assert_eq!(render(&stage), body, "{name}");
    }
    stage.remove("catalogs/body.json");
    stage.settings("rules: {description-missing: off, image-missing: off}");
    stage.run(&["validate", "--strict"]).expect(0);
    assert_eq!(render(&stage), body);
}

#[test]
fn a_program_is_answered_whatever_is_wrong_with_the_command_line() {
    let stage = Stage::new();
    let wrong: [&[&str]; 5] = [
        &["plan", "--output=json", "--output", "text"],
        &["render", "--output", "json"],
        &["plan", "--output", "json", "--at", "tomorrow"],
        &["plan", "--output", "json", "--output", "sarif=report.sarif"],
        &["plan", "--output", "xml", "--output", "json"],
    ];
    for arguments in wrong {
        let told = stage.run(arguments).expect(64).json();
        assert_eq!(told["diagnostics"][0]["code"], "usage", "{arguments:?}");
    }
    let told = stage.run(&["render", "--output", "json"]).json();
    assert_eq!(
        told["diagnostics"][0]["message"],
        "the following required arguments were not provided: --outlet <GLOB>"
    );
    for arguments in [["plan", "--nosuch"], ["plan", "--outlet=Ubud"]] {
        stage.run(&[&arguments[..], &["--output", "json=told.json"]].concat()).expect(64);
        let told: Value = serde_json::from_str(&stage.read("told.json")).unwrap();
        assert_eq!(told["diagnostics"][0]["code"], "usage", "{arguments:?}");
        stage.remove("told.json");
    }
}

#[test]
fn outputs_that_cannot_be_written_do_not_spoil_the_others() {
    let stage = Stage::new();
    let arguments = ["validate", "--output", "json", "--output", "text=nowhere/a", "--output", "github=told.txt"];
    let output = stage.run(&arguments).expect(1).says(&["cannot write nowhere/a"]);
    assert_eq!(output.json()["summary"]["errors"], 0);
    assert_eq!(stage.read("told.txt"), "");
    let twice = ["plan", "--output", "json=a.json", "--output", "markdown=./a.json"];
    stage.run(&twice).expect(64).says(&["a.json"]);
    assert!(stage.log().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_success() {
    use std::{fs::File, process::Stdio};
    let stage = Stage::new();
    for arguments in [["validate"], ["--help"], ["--version"], ["man"], ["rule"]] {
        let mut command = stage.command(&arguments);
        let output = stage.finish(command.stdout(Stdio::from(File::options().write(true).open("/dev/full").unwrap())));
        assert_eq!(output.code, 1, "{arguments:?}");
    }
}
