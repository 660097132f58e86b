//! Runs the script of a GitLab job as it stands in its file.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::workflow::{parse, shell};

/// Exit code and log of the job `menus`; what is installed before is here already.
pub(crate) fn run(text: &str, checkout: &Path, environment: &BTreeMap<String, String>) -> (i32, String) {
    run_job(&parse(text)["menus"], &[], checkout, environment)
}

/// The job that a component makes of inputs, with what it does before, but for packages of the system.
pub(crate) fn run_component(
    text: &str,
    inputs: &[(&str, &str)],
    checkout: &Path,
    environment: &BTreeMap<String, String>,
) -> (i32, String) {
    let (head, body) = text.split_once("\n---\n").unwrap();
    let mut filled = body.to_owned();
    for (name, about) in parse(head)["spec"]["inputs"].as_object().unwrap() {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let value = given.or_else(|| about["default"].as_str()).unwrap_or_else(|| panic!("{name} is not given"));
        filled = filled.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!filled.contains("$[["), "{filled}");
    let job = &parse(&filled)["menus"];
    let before: Vec<&str> =
        job["before_script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(before[0].starts_with("apt-get "), "{before:?}");
    run_job(job, &before[1..], checkout, environment)
}

fn run_job(job: &Value, before: &[&str], checkout: &Path, environment: &BTreeMap<String, String>) -> (i32, String) {
    let lines = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    };
    let mut environment = environment.clone();
    for (name, value) in job["variables"].as_object().unwrap() {
        environment.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    let script = [before.join("\n"), lines(&job["script"]).join("\n")].join("\n");
    shell(&script, checkout, &environment)
}
