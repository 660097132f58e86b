//! Two roots of one user: each has its own state, or its own part of a shared one.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    harness::Daemon,
    support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, Output, Stage},
};

/// A root for Kuta and one for Kemang, at the same platform.
fn two_roots() -> (Stage, Stage) {
    let (kuta, kemang) = (Stage::new(), Stage::new().with_kemang());
    kemang.remove(KUTA_FILE);
    kemang.write("menusync.yaml", &kemang.read("menusync.yaml").replace(&kemang.url(), &kuta.url()));
    (kuta, kemang)
}

fn outlets(json: &Value) -> Vec<&str> {
    json["outlets"].as_array().unwrap().iter().map(|line| line["outlet"].as_str().unwrap()).collect()
}

/// Runs a command of a user whose states are in `home`.
fn run(stage: &Stage, home: &Path, arguments: &[&str]) -> Output {
    stage.finish(stage.command(arguments).env("XDG_STATE_HOME", home))
}

#[test]
fn two_roots_of_one_user_have_states_and_daemons_of_their_own() {
    let (kuta, kemang) = two_roots();
    let home = kuta.root().join("../xdg");
    for stage in [&kuta, &kemang] {
        stage.edit("menusync.yaml", "state_dir: ../state\n", "");
        run(stage, &home, &["apply", "--yes"]).expect(0);
    }
    let states: Vec<_> = fs::read_dir(home.join("menusync")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(states.iter().filter(|dir| dir.join("menusync.sqlite3").is_file()).count(), 2, "{states:?}");
    let listed = |stage, command: &[&str]| run(stage, &home, &[command, &["--output", "json"]].concat()).json();
    for command in [&["status"][..], &["plan"], &["history"], &["apply", "--yes"]] {
        assert_eq!(outlets(&listed(&kuta, command)), [KUTA], "{command:?}");
        assert_eq!(outlets(&listed(&kemang, command)), [KEMANG], "{command:?}");
    }
    let environment = [("XDG_STATE_HOME", home.to_str().unwrap())];
    let daemons = [&kuta, &kemang].map(|stage| Daemon::begin(stage, &["run"], &environment));
    daemons.iter().for_each(|daemon| daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0)));
    for (stage, outlet) in [(&kuta, KUTA), (&kemang, KEMANG)] {
        let told = run(stage, &home, &["status"]).expect(0).stdout;
        assert!(told.contains(outlet) && told.ends_with("1 of 1 outlets in sync (from the daemon)\n"), "{told}");
        run(stage, &home, &["reload", "--wait"]).expect(0).says(&["Reloaded: 1 outlet."]);
    }
    for daemon in daemons {
        daemon.stop();
    }
}

#[test]
fn in_a_shared_state_directory_a_root_sees_its_own_outlets_and_its_own_daemon_alone() {
    let (kuta, kemang) = two_roots();
    let shared = format!("state_dir: {}\n", kuta.state_dir().display());
    kemang.edit("menusync.yaml", "state_dir: ../state\n", &shared);
    kuta.run(&["apply", "--yes"]).expect(0);
    kemang.run(&["apply", "--yes"]).expect(0);
    for command in [&["status"][..], &["plan"], &["history"], &["apply", "--yes"], &["run", "--once"]] {
        let command = [command, &["--output", "json"]].concat();
        assert_eq!(outlets(&kemang.run(&command).json()), [KEMANG], "{command:?}");
        assert_eq!(outlets(&kuta.run(&command).json()), [KUTA], "{command:?}");
    }
    let refused = kemang.run(&["forget", "--outlet", KUTA]).expect(4);
    refused.says(&[&format!("belongs to another root, {}", kuta.root().display())]);
    for command in ["pause", "resume"] {
        kemang.run(&[command, "--outlet", KUTA]).expect(64).says(&["no outlet matches"]);
    }
    kuta.run(&["status"]).expect(0);
    kemang.write(KUTA_FILE, &kuta.read(KUTA_FILE));
    let both = format!("outlet {KUTA}: defined in {} as well", kuta.root().display());
    for command in ["plan", "apply"] {
        let told = kemang.run(&[command]).says(&[&both]);
        assert!(!told.stderr.contains(&format!("outlet {KEMANG}:")), "{}", told.transcript());
    }
    kemang.remove(KUTA_FILE);
    let daemon = Daemon::start(&kuta);
    assert_eq!(daemon.status(KEMANG), Value::Null);
    let told = kemang.run(&["status"]).expect(0).stdout;
    assert!(told.contains("no daemon runs") && !told.contains(KUTA), "{told}");
    let refused = kemang.run(&["reload"]);
    assert_ne!(refused.code, 0);
    let root = kuta.root();
    let refused = refused.says(&["the daemon that uses this state serves another root", root.to_str().unwrap()]);
    assert!(refused.stdout.is_empty(), "{}", refused.transcript());
    // A push beside it is no matter of its daemon.
    kemang.append(KEMANG_FILE, "items: {NG: {price: 27000}}\n");
    kemang.run(&["apply", "--yes"]).expect(0);
    kemang.run(&["run", "--once"]).expect(4).says(&["locked"]);
    daemon.stop();
}

/// A person stands elsewhere, or comes by a link.
#[test]
fn a_daemon_is_found_by_whatever_way_its_root_is_named() {
    let stage = Stage::new().in_sync();
    std::os::unix::fs::symlink(stage.root(), stage.root().join("../link")).unwrap();
    let daemon = Daemon::start(&stage);
    for root in [".", "../root", "../root/.", "../link"] {
        let told = stage.run_beside_a_writer(&["--root", root, "status"]).expect(0).stdout;
        assert!(told.ends_with("1 of 1 outlets in sync (from the daemon)\n"), "{root}: {told}");
    }
    daemon.stop();
}
