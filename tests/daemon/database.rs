//! The state in a PostgreSQL: the same as with a file, from two machines (two state directories); nothing is sent while the
//! database is away.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, thread, time::Duration};

use crate::{
    harness::Daemon,
    postgres::Database,
    support::{KUTA, LAYER, Output, Stage, bytes_under},
};

/// As a password, which a socket does not ask for.
const PASSWORD: &str = "hunter2-Wk7rJq2ZtXv9";

/// A stage whose settings name a database; everything is pushed and in sync.
fn stage() -> Option<(Stage, Database)> {
    let database = Database::create()?;
    let stage = Stage::new();
    let file = stage.root().join("../database-url");
    fs::write(&file, database.url().replace("menusync@", &format!("menusync:{PASSWORD}@"))).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    stage.settings(&format!("database_url_file: {}", file.canonicalize().unwrap().display()));
    Some((stage.in_sync(), database))
}

/// A command on another machine.
fn elsewhere(stage: &Stage, arguments: &[&str]) -> Output {
    stage.finish(stage.command(arguments).arg("--state-dir").arg(stage.root().join("../elsewhere")))
}

fn price(stage: &Stage, from: u32, to: u32) {
    stage.edit(LAYER, &format!("price: {from}"), &format!("price: {to}"));
}

#[test]
fn every_command_works_with_a_database_and_none_shows_its_password() {
    let Some((stage, database)) = stage() else { return };
    let mut shown = String::new();
    let mut run = |arguments: &[&str], code| {
        let output = stage.run_beside_a_writer(arguments).expect(code);
        shown.push_str(&format!("{}{}", output.stdout, output.stderr));
        output
    };
    run(&["status", "-vv"], 0).says(&["in_sync"]);
    price(&stage, 25000, 26000);
    run(&["plan", "-vv"], 0).says(&["26.000"]);
    run(&["apply", "--yes", "-vv"], 0);
    run(&["history"], 0);
    run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"], 0);
    run(&["pause", "--outlet", KUTA], 0);
    run(&["resume", "--outlet", KUTA], 0);
    run(&["run", "--once"], 0);
    run(&["forget", "--outlet", KUTA], 0);
    run(&["doctor"], 0).says(&[&format!("the database {} on /tmp/menusync-postgres-", database.name)]);
    database.go_away();
    let away = run(&["apply", "--yes"], 1);
    assert!(away.stderr.contains("nothing is sent until it answers"), "{}", away.transcript());
    run(&["doctor"], 1);
    assert!(!shown.contains(PASSWORD), "{shown}");
    let stored = String::from_utf8_lossy(&bytes_under(&stage.state_dir())).into_owned();
    assert!(!stored.contains(PASSWORD));
    assert!(!stage.state_dir().join("menusync.sqlite3").exists());
}

#[test]
fn the_environment_names_a_database_as_well_and_a_bad_url_is_not_shown() {
    let Some((stage, database)) = stage() else { return };
    stage.settings("");
    let with = |url: &str| stage.finish(stage.command(&["status"]).env("MENUSYNC_DATABASE_URL", url));
    with(&database.url()).expect(0).says(&["in_sync"]);
    let bad = with("postgres://menusync:hunter2@/menus").expect(1);
    assert!(bad.stderr.contains("it names no host"), "{}", bad.transcript());
    assert!(!bad.stderr.contains("hunter2"), "{}", bad.transcript());
    stage.settings("database_url_file: /nowhere/url");
    let missing = stage.run(&["status"]).expect(1);
    assert!(missing.stderr.contains("cannot read the database URL from"), "{}", missing.transcript());
}

#[test]
fn another_machine_works_beside_a_daemon_with_the_same_memory() {
    let Some((stage, _database)) = stage() else { return };
    let daemon = Daemon::start(&stage);
    price(&stage, 25000, 26000);
    daemon.wait_for_price(KUTA, "NG", 26000);
    elsewhere(&stage, &["status"]).expect(0).says(&["in_sync"]);
    let before = stage.writes().len();
    elsewhere(&stage, &["apply", "--yes"]).expect(0);
    assert_eq!(stage.writes().len(), before, "what one has pushed is no news to the other");
    daemon.signal("STOP");
    price(&stage, 26000, 27000);
    elsewhere(&stage, &["apply", "--yes"]).expect(0);
    daemon.signal("CONT");
    daemon.pass();
    daemon.wait_for_log("ended");
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27000);
    assert_eq!(stage.writes().len(), before + 1, "{}", daemon.stderr());
}

#[test]
fn nothing_is_sent_while_the_database_is_away_and_everything_once_it_is_back() {
    let Some((stage, database)) = stage() else { return };
    let daemon = Daemon::start(&stage);
    database.go_away();
    price(&stage, 25000, 26000);
    daemon.wait_for_log("nothing is sent until it answers");
    assert!(stage.writes().is_empty());
    database.come_back();
    // Longer than a failed connection is remembered.
    thread::sleep(Duration::from_millis(1100));
    daemon.pass();
    daemon.wait_for_price(KUTA, "NG", 26000);
    assert!(Path::new(&stage.state_dir()).join("daemon.lock").exists());
}

#[test]
fn a_state_moves_from_a_file_into_a_database_and_nothing_is_a_first_contact() {
    let Some(database) = Database::create() else { return };
    let stage = Stage::new().in_sync();
    let copy = ["state", "copy", "--from", "file", "--to", "database"];
    stage.run(&copy).expect(64).says(&["no database is named"]);
    let with = |arguments: &[&str]| stage.finish(stage.command(arguments).env("MENUSYNC_DATABASE_URL", database.url()));
    let daemon = Daemon::start(&stage);
    with(&copy).expect(4).says(&["stop the daemon first"]);
    daemon.stop();
    with(&["state", "copy", "--from", "file", "--to", "file"]).expect(64);
    with(&copy).expect(0).says(&["outlets: 1, pushes: 1", "sha256:"]);
    price(&stage, 25000, 26000);
    with(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 26000);
    with(&copy).expect(4).says(&["is not empty"]);
    fs::rename(stage.state_dir().join("menusync.sqlite3"), stage.root().join("../old")).unwrap();
    with(&["state", "copy", "--from", "database", "--to", "file"]).expect(0).says(&["outlets: 1, pushes: 2"]);
    stage.run(&["status"]).expect(0).says(&["in_sync", "push 2 published"]);
}
