//! The life of a merge request.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    forge::TOKEN,
    install::{Machine, real_curl},
    pipeline,
    support::{LAYER, SECRET},
    workflow::shell,
    world::{World, git, project_file},
};

/// The job's exit code, its log and what it says of code quality.
fn pushed(world: &World, with: &[(&str, &str)]) -> (i32, String, Value) {
    let (checkout, environment) = proposed(world, with);
    let (code, log) = pipeline::run(&project_file("deploy/gitlab/menus.gitlab-ci.yml"), &checkout, &environment);
    let quality = fs::read(checkout.join("menusync-report/code-quality.json")).unwrap();
    (code, log, serde_json::from_slice(&quality).unwrap())
}

/// A checkout of the proposal, and what a job finds in its environment.
fn proposed(world: &World, with: &[(&str, &str)]) -> (PathBuf, BTreeMap<String, String>) {
    let checkout = world.checkout();
    git(&checkout, &["checkout", "-q", "proposal"]);
    let mut environment: BTreeMap<String, String> =
        world.environment().into_iter().filter(|(name, _)| !name.starts_with("GITHUB")).collect();
    let base = git(&checkout, &["merge-base", "origin/main", "HEAD"]);
    let url = format!("{}/api/v4", world.forge.url());
    let set = [
        ("CI_API_V4_URL", &*url),
        ("CI_MERGE_REQUEST_PROJECT_ID", "12"),
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
        ("CI_JOB_URL", "https://gitlab.example.com/warung/menus/-/jobs/7"),
    ];
    environment.extend(set.iter().chain(with).map(|(name, value)| (name.to_string(), value.to_string())));
    (checkout, environment)
}

const ALL: [(&str, &str); 3] =
    [("MENUSYNC_GITLAB_TOKEN", TOKEN), ("MENUSYNC_CLIENT_ID", "sandbox"), ("MENUSYNC_CLIENT_SECRET", SECRET)];

#[test]
fn a_merge_request_has_one_note() {
    let Some(world) = World::new() else { return };
    world.forge.comment("mallory", "<!-- menusync: . -->");
    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    let (code, log, quality) = pushed(&world, &ALL);
    assert_eq!((code, quality), (0, json!([])), "{log}");
    let page = "(https://gitlab.example.com/warung/menus/-/jobs/7/artifacts/file/menusync-report/menus.html)";
    let body = &world.forge.of_bot()[0].body;
    assert!(body.contains("38.000") && body.contains(page), "{body}");

    world.propose(|stage| stage.edit(LAYER, "price: 38000", "price: 3800"));
    let (code, log, _) = pushed(&world, &ALL);
    assert_eq!(code, 4, "{log}");
    let notes = world.forge.of_bot();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].body.contains("decimal-slip"), "{}", notes[0].body);

    world.propose(|stage| stage.edit(LAYER, "price: 3800", "price: 38.000"));
    let (code, log, quality) = pushed(&world, &ALL);
    assert_eq!(code, 3, "{log}");
    assert_eq!(quality[0]["location"], json!({"path": LAYER, "lines": {"begin": 12}}));
    assert_eq!((&quality[0]["check_name"], &quality[0]["severity"]), (&json!("number-format"), &json!("major")));
    assert_eq!(world.forge.of_bot().len(), 1);
}

#[test]
fn a_check_that_breaks_off_says_so_in_the_note_and_by_its_own_exit_code() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| stage.edit(LAYER, "price: 25000", "price: 27000"));
    let nowhere = [("CI_MERGE_REQUEST_DIFF_BASE_SHA", "0123456789abcdef0123456789abcdef01234567")];
    let (code, log, quality) = pushed(&world, &[&ALL[..], &nowhere].concat());
    assert_eq!((code, quality), (64, json!([])), "{log}");
    assert!(world.forge.of_bot()[0].body.contains("did not come to an end"), "{log}");
}

#[test]
fn without_a_token_there_is_no_note_and_the_check_counts() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38.000"));
    world.stage.clear_log();
    let (code, log, _) = pushed(&world, &[]);
    assert_eq!(code, 3, "{log}");
    assert!(log.contains("no note") && world.forge.of_bot().is_empty(), "{log}");
    assert!(world.stage.log().is_empty());
}

#[test]
fn what_went_wrong_is_text_of_a_bounded_length() {
    let Some(world) = World::new() else { return };
    let report = world.stage.root().join("report");
    fs::create_dir(&report).unwrap();
    fs::write(report.join("exit"), "1\n").unwrap();
    fs::write(report.join("plan.md"), "x".repeat(60_000)).unwrap();
    let composed = |errors: &str| {
        fs::write(report.join("errors.txt"), errors).unwrap();
        let (code, body) =
            shell("bash .gitlab/menusync/compose.sh MARK report", &world.stage.root(), &world.environment());
        assert_eq!(code, 0, "{body}");
        body
    };
    let body = composed("/merge\n  /close\n@all &amp; <b>#1\n</pre>\n");
    assert!(!body.lines().any(|line| line.trim_start().starts_with('/')), "{body}");
    assert!(
        body.contains("<pre>\n&#47;merge\n  &#47;close\n@&#8203;all &amp;amp; &lt;b&gt;#&#8203;1\n&lt;/pre&gt;\n"),
        "{body}"
    );
    let body = composed(&"<<<<<<<@".repeat(200_000));
    assert!(body.chars().count() < 65_536 && body.ends_with("</details>\n"), "{}", body.len());
}

/// Nothing of menusync is in the repository of the menus: program and scripts are those of the release.
#[test]
fn the_component_has_its_scripts_from_the_release() {
    let Some(machine) = Machine::new() else { return };
    let Some(world) = World::new() else { return };
    let program = format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_menusync"));
    for script in ["ci/check.sh", "ci/compose.sh", "gitlab/note.sh", "gitlab/code-quality.sh"] {
        machine.pack(&format!("deploy/{script}"), &project_file(&format!("deploy/{script}")));
    }
    let sum = machine.release("menusync", &program);
    world.git(&["rm", "-rq", ".gitlab"]);
    world.commit();
    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38000"));

    let (checkout, mut environment) = proposed(&world, &ALL);
    let call_of_forge = environment["PATH"].clone();
    environment.insert("SHELF".to_owned(), machine.path("shelf").display().to_string());
    environment.insert("REAL_CURL".to_owned(), real_curl());
    environment.insert("PATH".to_owned(), format!("{}:{call_of_forge}", machine.path("tools").display()));
    let releases = "https://forge.example/menusync/releases/download/v0.1.0";
    let run = |sum: &str| {
        let inputs = [("releases", releases), ("version", env!("CARGO_PKG_VERSION")), ("sha256", sum)];
        pipeline::run_component(&project_file("templates/menus.yml"), &inputs, &checkout, &environment)
    };
    let (code, log) = run(&"1".repeat(64));
    assert!(code != 0 && log.contains("FAILED"), "{log}");
    assert!(world.forge.of_bot().is_empty(), "nothing of what is not as it should be was run");
    let (code, log) = run(&sum);
    assert_eq!(code, 0, "{log}");
    assert!(world.forge.of_bot()[0].body.contains("38.000"), "{log}");
}
