//! What a command waits for does not come: git hangs. It goes on without, or says what to do.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{LAYER, Output, Stage};

/// git gets 10 s; machines are slow.
const SOON: Duration = Duration::from_secs(20);

/// A command that finds this program under the name of git.
pub(crate) fn with_git(stage: &Stage, script: &str, arguments: &[&str]) -> Command {
    let programs = stage.root().join("../programs");
    fs::create_dir_all(&programs).unwrap();
    fs::write(programs.join("git"), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(programs.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = stage.command(arguments);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", programs.display()));
    command
}

fn run_with_git(stage: &Stage, script: &str, arguments: &[&str]) -> Output {
    let began = Instant::now();
    let output = stage.finish(&mut with_git(stage, script, arguments));
    assert!(began.elapsed() < SOON, "{arguments:?} took {:?}\n{}", began.elapsed(), output.transcript());
    output
}

#[test]
fn a_git_that_hangs_costs_the_commit_and_ten_seconds_and_is_said_once() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let output = run_with_git(&stage, "sleep 100", &["apply", "--yes", "--output", "json"]).expect(0);
    assert_eq!(output.json()["revision"], serde_json::Value::Null);
    let said = "the commit of the files is not known: git gave no answer within 10 s and was ended";
    assert_eq!(output.stderr.matches(said).count(), 1, "{}", output.transcript());
}

#[test]
fn a_git_that_hangs_between_its_answers_gets_ten_seconds_for_all_of_them() {
    let stage = Stage::new();
    let script =
        "case \"$*\" in *rev-parse*) echo 0123456789012345678901234567890123456789; sleep 4;; *) sleep 8;; esac";
    let output = run_with_git(&stage, script, &["validate"]).expect(0);
    assert!(output.stderr.contains("git gave no answer within 10 s"), "{}", output.transcript());
}

#[test]
fn what_needs_git_says_that_it_hangs_and_what_to_look_at() {
    let stage = Stage::new().in_sync();
    let root = stage.root().canonicalize().unwrap();
    for arguments in [&["diff", "HEAD~1"][..], &["plan", "--base", "HEAD~1"]] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--root", root.to_str().unwrap()]);
        let began = Instant::now();
        let output = stage.finish(&mut with_git(&stage, "sleep 100", &arguments)).expect(1);
        assert!(began.elapsed() < SOON * 2, "{:?}", began.elapsed());
        let said = format!(
            "error: cannot read `HEAD~1` from git in {0}; see whether `git -C {0} rev-parse HEAD` answers: \
             git gave no answer within 10 s and was ended\n",
            root.display()
        );
        assert!(output.stderr.ends_with(&said), "{}", output.transcript());
    }
}

#[test]
fn doctor_says_that_git_hangs() {
    let stage = Stage::new().in_sync();
    let began = Instant::now();
    let output = stage.finish(&mut with_git(&stage, "sleep 100", &["doctor", "--offline"])).expect(0);
    assert!(began.elapsed() < SOON * 2, "{:?}", began.elapsed());
    output.says(&["no commit can be read: git gave no answer within 10 s and was ended"]);
}

#[test]
fn no_git_is_left_behind() {
    let stage = Stage::new();
    run_with_git(&stage, "sleep 173 & sleep 173", &["validate"]).expect(0);
    let left = Command::new("pgrep").args(["-f", "sleep 173"]).output();
    if let Ok(left) = left {
        assert_eq!(String::from_utf8_lossy(&left.stdout), "");
    }
}
