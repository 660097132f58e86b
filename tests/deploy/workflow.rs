//! Runs a GitHub workflow as it stands in its file: conditions, environments and steps, without what is installed.
//!
//! Only expressions that the workflows here use are understood; any other fails the test.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::support::clock::clock_variables;

/// What `${{ … }}` may name.
pub(crate) type Contexts = BTreeMap<&'static str, String>;

/// Where what is uploaded can be had.
pub(crate) const ARTIFACT: &str = "https://github.com/warung/menus/actions/runs/1/artifacts/2";

/// How a workflow ended.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// The exit code of the first step that failed, else 0; `None`: its job was skipped.
    pub(crate) code: Option<i32>,
    /// What its steps printed.
    pub(crate) log: String,
    /// The directory or the file that was uploaded.
    pub(crate) uploaded: Option<PathBuf>,
}

/// The file as data. The keys of a workflow are plain, but for `on`, which is a word to YAML 1.2 as well.
pub(crate) fn parse(text: &str) -> Value {
    yaml_serde::from_str(text).unwrap()
}

/// Runs the one job of the workflow in a checkout.
pub(crate) fn run(text: &str, checkout: &Path, contexts: &Contexts, environment: &BTreeMap<String, String>) -> Ran {
    let workflow = parse(text);
    let jobs = workflow["jobs"].as_object().unwrap();
    assert_eq!(jobs.len(), 1);
    let job = jobs.values().next().unwrap();
    let mut ran = Ran::default();
    if !holds(job["if"].as_str().unwrap(), contexts) {
        return ran;
    }
    ran.code = Some(0);
    for step in job["steps"].as_array().unwrap() {
        // Whatever has no condition of its own is not reached after a failure.
        if ran.code == Some(0) || step["if"] == "${{ !cancelled() }}" {
            let mut environment = environment.clone();
            environment.extend(variables(&job["env"], contexts));
            environment.extend(variables(&step["env"], contexts));
            perform(step, checkout, &environment, &mut ran);
        }
    }
    ran
}

fn perform(step: &Value, checkout: &Path, environment: &BTreeMap<String, String>, ran: &mut Ran) {
    if let Some(action) = step["uses"].as_str() {
        match action.split('@').next().unwrap() {
            "actions/checkout" => {}
            "actions/upload-artifact" => ran.uploaded = Some(checkout.join(step["with"]["path"].as_str().unwrap())),
            other => panic!("what does {other} do?"),
        }
    } else if step["name"] != "Install menusync" {
        let (code, log) = shell(step["run"].as_str().unwrap(), checkout, environment);
        ran.log += &log;
        if code != 0 && ran.code == Some(0) {
            ran.code = Some(code);
        }
    }
}

/// Exit code and everything printed.
pub(crate) fn shell(script: &str, directory: &Path, environment: &BTreeMap<String, String>) -> (i32, String) {
    let mut command = Command::new("bash");
    command.args(["-eo", "pipefail", "-c", script]).current_dir(directory).env_clear();
    command.envs(clock_variables()).envs(environment);
    let done = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout) + &text(done.stderr))
}

fn variables(map: &Value, contexts: &Contexts) -> Vec<(String, String)> {
    let pairs = map.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), filled(value.as_str().unwrap(), contexts))).collect()
}

/// A text with its expressions replaced.
fn filled(text: &str, contexts: &Contexts) -> String {
    let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
    let (expression, after) = rest.split_once("}}").unwrap();
    format!("{before}{}{}", value(expression.trim(), contexts), filled(after, contexts))
}

fn value(expression: &str, contexts: &Contexts) -> String {
    if let Some(literal) = expression.strip_prefix('\'') {
        return literal.trim_end_matches('\'').to_owned();
    }
    let known = contexts.get(expression).cloned();
    // What is not set is empty at GitHub too.
    let artifact = || (expression == "steps.page.outputs.artifact-url").then(|| ARTIFACT.to_owned());
    known
        .or_else(artifact)
        .or_else(|| expression.starts_with("secrets.").then(String::new))
        .unwrap_or_else(|| panic!("{expression}?"))
}

fn holds(condition: &str, contexts: &Contexts) -> bool {
    condition.split(" && ").all(|part| {
        let (left, right, equal) = match part.split_once(" == ") {
            Some((left, right)) => (left, right, true),
            None => part.split_once(" != ").map(|(left, right)| (left, right, false)).unwrap(),
        };
        (value(left, contexts) == value(right, contexts)) == equal
    })
}
