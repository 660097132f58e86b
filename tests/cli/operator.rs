//! Settings of whoever runs menusync, outside of the repository.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{LAYER, Stage};

/// A stage whose operator has written this, and the options that say where.
fn with_operator(text: &str) -> (Stage, [String; 2]) {
    let stage = Stage::new();
    stage.write("../operator.yaml", text);
    let path = stage.root().join("../operator.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let path = path.canonicalize().unwrap().display().to_string();
    (stage, ["--operator".to_owned(), path])
}

#[test]
fn what_is_reserved_is_refused_in_the_repository_before_anything_is_sent() {
    let (stage, [flag, path]) = with_operator("reserve: [gobiz]\n");
    let refused = stage.run(&["plan", &flag, &path]).expect(3);
    let told = "`gobiz` has no place here: the operator reserves it in ";
    assert!(
        refused.stderr.contains(told) && refused.stderr.contains("menusync.yaml:6:1") && refused.stderr.contains(&path),
        "{}",
        refused.transcript()
    );
    assert!(stage.log().is_empty(), "{:?}", stage.log());
}

#[test]
fn a_variable_names_it_too_and_commands_to_copy_name_it_again() {
    let (stage, [_, path]) = with_operator("guards: {price-change: 1%}\n");
    let stage = stage.in_sync();
    let doctor = stage.finish(stage.command(&["doctor", "--offline"]).env("MENUSYNC_OPERATOR", &path));
    assert!(doctor.stdout.contains(&format!("{path}; nothing is reserved")), "{}", doctor.stdout);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let held = stage.finish(stage.command(&["plan"]).env("MENUSYNC_OPERATOR", &path));
    assert!(held.stdout.contains("the limit is 1 %"), "{}", held.transcript());
    assert!(held.stdout.contains(&format!("--operator {path}")), "{}", held.transcript());
}

#[test]
fn settings_that_others_could_write_or_that_are_not_there_stop_everything() {
    let (stage, [flag, path]) = with_operator("listen: off\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let refused = stage.run(&["apply", "--yes", &flag, &path]).expect(3);
    assert!(
        refused.stderr.contains("others than this user and root can write these settings"),
        "{}",
        refused.transcript()
    );
    fs::remove_file(&path).unwrap();
    let refused = stage.run(&["apply", "--yes", &flag, &path]).expect(3);
    assert!(refused.stderr.contains("operator.yaml"), "{}", refused.transcript());
    assert!(stage.log().is_empty(), "{:?}", stage.log());
}
