//! The git hook.

use std::process::{Command, Output};

use crate::{
    support::{KUTA_FILE, LAYER, clock::clock_variables},
    world::{World, project_file},
};

fn commit(world: &World) -> (bool, String) {
    let mut git = Command::new("git");
    git.current_dir(world.stage.root()).args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "commit",
        "-m",
        "x",
    ]);
    let Output { status, stderr, .. } =
        git.env_clear().envs(clock_variables()).envs(world.environment()).output().unwrap();
    (status.success(), String::from_utf8(stderr).unwrap())
}

#[test]
fn what_is_staged_is_looked_at_before_a_commit() {
    let Some(world) = World::new() else { return };
    world.stage.write(".git/hooks/pre-commit", &project_file("deploy/git-hooks/pre-commit"));
    let made = Command::new("chmod").args(["+x", ".git/hooks/pre-commit"]).current_dir(world.stage.root()).status();
    assert!(made.unwrap().success());
    world.stage.run(&["fmt"]).expect(0);
    world.git(&["add", "-A"]);
    assert!(commit(&world).0, "formatted and valid");

    world.stage.edit(LAYER, "price: 36000", "price: 36.000");
    world.git(&["add", "-A"]);
    let (passed, told) = commit(&world);
    assert!(!passed && told.contains("number-format"), "{told}");

    // Mended in the work tree only: what would be committed is still wrong.
    world.stage.edit(LAYER, "price: 36.000", "price: 38000");
    assert!(!commit(&world).0);
    world.git(&["add", "-A"]);
    // Broken in the work tree only: what would be committed is right.
    world.stage.append(KUTA_FILE, "itemz: {}\n");
    let (passed, told) = commit(&world);
    assert!(passed, "{told}");

    world.stage.write(KUTA_FILE, "outlet:   G1001\nname: Kuta\nextends: [warung.yaml]\n");
    world.git(&["add", "-A"]);
    let (passed, told) = commit(&world);
    assert!(!passed && told.contains("not formatted"), "{told}");
}
