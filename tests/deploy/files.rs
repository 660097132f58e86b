//! What can be seen of the shipped files without running them.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{workflow::parse, world::project_file};

fn workflows() -> Vec<(String, Value)> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/github")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let workflows = names.filter(|name| name.ends_with(".yml"));
    workflows.map(|name| (name.clone(), parse(&project_file(&format!("deploy/github/{name}"))))).collect()
}

fn steps(workflow: &Value) -> impl Iterator<Item = &Value> {
    workflow["jobs"].as_object().unwrap().values().flat_map(|job| job["steps"].as_array().unwrap())
}

/// Whether a script is shipped: every `….sh` that a line names, in the directories that are copied there.
fn assert_scripts_exist(line: &str, own: &str) {
    for word in line.split_whitespace().filter(|word| word.ends_with(".sh")) {
        let name = word.rsplit('/').next().unwrap();
        let is_there = |room: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(room).join(name).exists();
        assert!(is_there("ci") || is_there(own), "{line}");
    }
}

#[test]
fn no_text_of_an_event_becomes_part_of_a_script() {
    let workflows = workflows();
    assert_eq!(workflows.len(), 3);
    for (name, workflow) in &workflows {
        let scripts: Vec<&str> = steps(workflow).filter_map(|step| step["run"].as_str()).collect();
        assert!(!scripts.is_empty());
        for script in scripts {
            assert!(!script.contains("${{"), "{name}: {script}");
            assert_scripts_exist(script, "github");
        }
    }
}

#[test]
fn workflows_have_no_more_rights_than_they_need_and_run_no_action_that_may_change() {
    for (name, workflow) in workflows() {
        assert_eq!(workflow["permissions"].as_object().unwrap().len(), 0, "{name}");
        assert!(workflow["concurrency"]["cancel-in-progress"].as_bool().unwrap(), "{name}");
        let job = workflow["jobs"].as_object().unwrap().values().next().unwrap();
        let rights: Vec<String> =
            job["permissions"].as_object().unwrap().iter().map(|(k, v)| format!("{k}: {v}")).collect();
        let expected: &[&str] = match &*name {
            "menus.yml" => &["contents: \"read\"", "pull-requests: \"write\""],
            "menus-fork.yml" => &["contents: \"read\""],
            _ => &["actions: \"read\"", "contents: \"read\"", "pull-requests: \"write\""],
        };
        assert_eq!(rights, expected, "{name}");
        assert!(job["timeout-minutes"].as_u64().unwrap() <= 30);
        for action in steps(&workflow).filter_map(|step| step["uses"].as_str()) {
            let commit = action.split('@').nth(1).unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
        }
        let checkout =
            steps(&workflow).find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("checkout")));
        assert_eq!(checkout.unwrap()["with"]["persist-credentials"], false, "{name}");
    }
}

#[test]
fn what_strangers_may_start_knows_no_secret_and_what_has_rights_runs_nothing_of_theirs() {
    let first = project_file("deploy/github/menus-fork.yml");
    // What a fork starts gets no variables of the repository either: they would be empty, and nothing installed.
    assert!(["secrets.", "vars.", "github.token"].iter().all(|context| !first.contains(context)), "{first}");
    let second = parse(&project_file("deploy/github/menus-fork-comment.yml"));
    assert_eq!(second["on"]["workflow_run"]["workflows"][0], parse(&first)["name"]);
    let checkout = steps(&second).next().unwrap();
    assert!(checkout["with"].get("ref").is_none() && checkout["with"].get("repository").is_none());
    assert!(!steps(&second).any(|step| step["run"].as_str().is_some_and(|run| run.contains("menusync-report"))));
    for (_, workflow) in workflows() {
        assert!(workflow["on"].get("pull_request_target").is_none());
    }
}

#[test]
fn the_gitlab_job_calls_what_there_is() {
    let job = &parse(&project_file("deploy/gitlab/menus.gitlab-ci.yml"))["menus"];
    for line in job["script"].as_array().unwrap() {
        assert_scripts_exist(line.as_str().unwrap(), "gitlab");
    }
}

#[test]
fn the_hooks_for_pre_commit_are_commands() {
    let hooks = parse(&project_file(".pre-commit-hooks.yaml"));
    for hook in hooks.as_array().unwrap() {
        let words: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_menusync"));
        let is_known = words[0] == "menusync" && hook["language"] == "rust"
            || words[0] == "deploy/git-hooks/fetched.sh" && hook["language"] == "script";
        assert!(is_known, "{hook}");
        assert!(help.args(&words[1..]).arg("--help").output().unwrap().status.success(), "{words:?}");
        assert_eq!(hook["pass_filenames"], false);
    }
}

#[test]
fn what_the_documents_have_people_copy_is_there() {
    let mut named = 0;
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/install.md",
        "docs/review.md",
        "docs/run.md",
        "docs/monitor.md",
        "docs/running-several.md",
    ] {
        let text = project_file(document);
        let is_of_path = |c: char| c.is_ascii_alphanumeric() || "/._-*".contains(c);
        for (at, _) in text.match_indices("deploy/") {
            let path: String = text[at..].chars().take_while(|c| is_of_path(*c)).collect();
            let path = path.split('*').next().unwrap().trim_end_matches('.');
            // Before a `*`, the directory has to be there.
            let path = if path.ends_with('/') || text[at + path.len()..].starts_with('*') {
                path.rsplit_once('/').unwrap().0
            } else {
                path
            };
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "{document} names {path}");
            named += 1;
        }
    }
    assert!(named > 15, "{named}");
}
