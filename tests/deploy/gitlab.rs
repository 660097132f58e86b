//! The life of a merge request.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::{
    forge::TOKEN,
    pipeline,
    support::{LAYER, SECRET},
    world::{World, git, project_file},
};

/// The job's exit code, its log and what it says of code quality.
fn pushed(world: &World, with: &[(&str, &str)]) -> (i32, String, Value) {
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
    ];
    environment.extend(set.iter().chain(with).map(|(name, value)| (name.to_string(), value.to_string())));
    let (code, log) = pipeline::run(&project_file("deploy/gitlab/menus.gitlab-ci.yml"), &checkout, &environment);
    let quality = fs::read(checkout.join("menusync-report/code-quality.json")).unwrap();
    (code, log, serde_json::from_slice(&quality).unwrap())
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
    assert!(world.forge.of_bot()[0].body.contains("38.000"), "{:?}", world.forge.of_bot());

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
fn without_a_token_there_is_no_note_and_the_check_counts() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38.000"));
    world.stage.clear_log();
    let (code, log, _) = pushed(&world, &[]);
    assert_eq!(code, 3, "{log}");
    assert!(log.contains("no note") && world.forge.of_bot().is_empty(), "{log}");
    assert!(world.stage.log().is_empty());
}
