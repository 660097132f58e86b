//! Runs the script of a GitLab job as it stands in its file.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::workflow::{parse, shell};

/// Exit code and log of the job `menus`.
pub(crate) fn run(text: &str, checkout: &Path, environment: &BTreeMap<String, String>) -> (i32, String) {
    let job = &parse(text)["menus"];
    let lines = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    };
    let mut environment = environment.clone();
    for (name, value) in job["variables"].as_object().unwrap() {
        environment.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    shell(&lines(&job["script"]).join("\n"), checkout, &environment)
}
