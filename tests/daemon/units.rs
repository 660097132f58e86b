//! The daemon as `deploy/systemd` has it run: what the unit sets, what systemd adds, and what it hears in return.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    harness::Daemon,
    support::{KUTA, LAYER, SECRET, Stage},
};

fn unit(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd").join(name)).unwrap()
}

/// All values of a key.
fn values<'u>(unit: &'u str, key: &str) -> Vec<&'u str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

/// A directory beside the root.
fn beside(stage: &Stage, name: &str) -> PathBuf {
    let directory = stage.root().parent().unwrap().join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_the_unit_sets_is_enough_to_push() {
    let service = unit("menusync.service");
    let command = values(&service, "ExecStart");
    let arguments = command[0].strip_prefix("/usr/local/bin/menusync ").unwrap();
    let stage = Stage::new();
    // The state is where systemd says, and the credentials are where it puts them.
    let settings = stage.read("menusync.yaml").replace("state_dir: ../state\n", "");
    stage.write("menusync.yaml", &settings);
    let (state, credentials) = (beside(&stage, "var-lib-menusync"), beside(&stage, "credentials"));
    for loaded in values(&service, "LoadCredential") {
        let name = loaded.split(':').next().unwrap();
        fs::write(credentials.join(name), if name == "client-id" { "sandbox\n" } else { SECRET }).unwrap();
    }
    let root = stage.root();
    let set = [
        ("MENUSYNC_CLIENT_ID", ""),
        ("MENUSYNC_CLIENT_SECRET", ""),
        ("STATE_DIRECTORY", state.to_str().unwrap()),
        ("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap()),
        ("WATCHDOG_USEC", "60000000"),
    ];
    let own = values(&service, "Environment").into_iter().map(|line| line.split_once('=').unwrap());
    let own = own.map(|(name, value)| (name, if name == "MENUSYNC_ROOT" { root.to_str().unwrap() } else { value }));
    let environment: Vec<_> = set.into_iter().chain(own).collect();
    let daemon = Daemon::begin(&stage, &arguments.split(' ').collect::<Vec<_>>(), &environment);
    daemon.wait_for("the push", |_| stage.live_item(KUTA, "NG")["price"] == 25_000);
    daemon.wait_for("the end of the pass", |daemon| daemon.is_idle_after(0));

    // `systemctl reload`, in the same environment.
    let reload = values(&service, "ExecReload")[0].strip_prefix("/usr/local/bin/menusync ").unwrap().to_owned();
    let asked = stage.finish(stage.command(&reload.split(' ').collect::<Vec<_>>()).envs(environment.clone())).expect(0);
    assert_eq!(asked.stdout, "Reloaded: 1 outlet.\n");
    assert!(state.join("menusync.sqlite3").exists(), "the state is elsewhere");
    daemon.stop();
}

#[test]
fn the_limits_of_the_unit_are_longer_than_what_the_daemon_needs() {
    let service = unit("menusync.service");
    assert_eq!(values(&service, "Type"), ["notify"]);
    assert_eq!(values(&service, "NotifyAccess"), ["main"]);
    // It feeds the watchdog every 20 s at least, and is gone 20 s after SIGTERM.
    assert_eq!((values(&service, "WatchdogSec"), values(&service, "TimeoutStopSec")), (vec!["1min"], vec!["30"]));
}

#[test]
fn the_watchdog_is_fed_while_the_files_are_waited_for() {
    let stage = Stage::new().in_sync();
    let (bin, hang) = (beside(&stage, "bin"), stage.root().parent().unwrap().join("hang"));
    // A load asks git for the commit: one that does not answer stops it, as a hung file system would.
    script(&bin.join("git"), &format!("#!/bin/sh\nif [ -e {0} ]; then rm {0}; sleep 1; fi\nexit 1\n", hang.display()));
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let daemon = Daemon::begin(&stage, &["run"], &[("PATH", &path), ("WATCHDOG_USEC", "100000")]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    fs::write(&hang, "").unwrap();
    daemon.signal("HUP");
    let at = |daemon: &Daemon<'_>, start: &str, after: usize| {
        daemon.messages().iter().skip(after).position(|message| message.starts_with(start)).map(|at| at + after)
    };
    daemon.wait_for("the reload", |daemon| at(daemon, "RELOADING=1", 0).is_some());
    let began = at(&daemon, "RELOADING=1", 0).unwrap();
    daemon.wait_for("the end of the reload", |daemon| at(daemon, "READY=1", began).is_some());
    assert!(!hang.exists(), "git was not asked");
    // A second is twenty turns.
    let ended = at(&daemon, "READY=1", began).unwrap();
    let fed = daemon.messages()[began..ended].iter().filter(|message| *message == "WATCHDOG=1\n").count();
    assert!(fed >= 5, "{:?}", &daemon.messages()[began..ended]);
}

#[test]
fn what_menusync_pull_turns_to_is_pushed() {
    let stage = Stage::new().in_sync();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(stage.root()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
        assert!(git.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap().status.success(), "{arguments:?}");
    };
    let kept = beside(&stage, "pulled");
    let pull = || {
        let mut pull = Command::new("bash");
        pull.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd/menusync-pull")).arg(&kept);
        let output = pull.env("MENUSYNC_PULL_URL", stage.root()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "one"]);
    pull();
    let (current, state) = (kept.join("current"), stage.state_dir());
    let arguments = ["run", "--root", current.to_str().unwrap(), "--state-dir", state.to_str().unwrap()];
    let daemon = Daemon::begin(&stage, &arguments, &[]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    stage.edit(LAYER, "price: 36000", "price: 38000");
    git(&["commit", "-q", "-a", "-m", "two"]);
    stage.clear_log();
    pull();
    daemon.wait_for("the price to be live", |_| stage.live_item(KUTA, "RAWON")["price"] == 38_000);
    daemon.wait_for_state(KUTA, "in_sync");
    assert_eq!(stage.puts().len(), 1);
    let status = stage.run_beside_a_writer(&["status", "--output", "json"]).json();
    let head = Command::new("git").current_dir(stage.root()).args(["rev-parse", "HEAD"]).output().unwrap();
    assert_eq!(status["outlets"][0]["revision"], String::from_utf8(head.stdout).unwrap().trim());
}
