//! git hangs: the daemon hears signals, answers and passes meanwhile, and ends when it is told to.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::{
    harness::{self, Daemon},
    support::{KUTA, KUTA_FILE, LAYER, Stage},
};

/// What takes no time at all, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(6);

/// A git that hangs for so many seconds while the file `hang` is there.
struct Git(PathBuf);

impl Git {
    fn new(stage: &Stage, seconds: u32) -> Self {
        let place = stage.root().join("../programs");
        fs::create_dir_all(&place).unwrap();
        let script = format!(
            "#!/bin/sh\nif [ -e {0}/hang ]; then touch {0}/hangs; sleep {seconds}; fi\nPATH=\"${{PATH#*:}}\" exec git \"$@\"\n",
            place.display()
        );
        fs::write(place.join("git"), script).unwrap();
        fs::set_permissions(place.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
        Self(place)
    }

    fn hang(&self) {
        fs::write(self.0.join("hang"), "").unwrap();
    }

    fn is_asked(&self) -> bool {
        self.0.join("hangs").exists()
    }

    fn begin<'s>(&self, stage: &'s Stage, arguments: &[&str]) -> Daemon<'s> {
        let path = format!("{}:{}", self.0.display(), std::env::var("PATH").unwrap());
        Daemon::begin(stage, arguments, &[("PATH", &path)])
    }
}

/// The answer of a daemon, and how long it took.
fn get(daemon: &Daemon<'_>, path: &str) -> (String, Duration) {
    let began = Instant::now();
    let answer = harness::get(daemon, path);
    (answer, began.elapsed())
}

#[test]
fn while_git_hangs_everything_else_goes_on_and_the_edit_is_published_without_a_commit() {
    let stage = Stage::new().in_sync();
    let settings = stage.read("menusync.yaml").replace("listen: \"off\"", "listen: \"127.0.0.1:0\"");
    stage.write("menusync.yaml", &settings);
    let git = Git::new(&stage, 100);
    let daemon = git.begin(&stage, &["run"]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    git.hang();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for("git to hang", |_| git.is_asked());
    let began = Instant::now();
    let (answer, took) = get(&daemon, "/livez");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && took < AT_ONCE, "{took:?} {answer}");
    daemon.pass();
    assert!(began.elapsed() < AT_ONCE, "a pass waited for git: {:?}", began.elapsed());
    let reloaded = thread::scope(|scope| {
        let reload = scope.spawn(|| stage.run_beside_a_writer(&["reload", "--wait"]));
        reload.join().unwrap()
    });
    assert_eq!(reloaded.expect(0).stdout, "Reloaded: 1 outlets.\n".replace("outlets", "outlet"));
    daemon.wait_for_price(KUTA, "NG", 27_000);
    let said = "the commit of the files is not known: git gave no answer within 10 s and was ended";
    assert_eq!(daemon.stderr().matches(said).count(), 1, "{}", daemon.stderr());
    daemon.stop();
}

/// Told to stop while git hangs, it does not wait for that.
fn stops_though_git_hangs(git: &Git, daemon: &mut Daemon<'_>) {
    daemon.wait_for("git to hang", |_| git.is_asked());
    daemon.signal("TERM");
    let (code, took) = daemon.wait_for_exit();
    assert_eq!(code, Some(0), "{}", daemon.stderr());
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn a_stop_does_not_wait_for_git() {
    let stage = Stage::new().in_sync();
    let git = Git::new(&stage, 100);
    let mut daemon = git.begin(&stage, &["run"]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    git.hang();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stops_though_git_hangs(&git, &mut daemon);
}

#[test]
fn a_stop_while_the_daemon_starts_does_not_wait_for_git_either() {
    let stage = Stage::new().in_sync();
    let git = Git::new(&stage, 100);
    git.hang();
    let mut daemon = git.begin(&stage, &["run"]);
    stops_though_git_hangs(&git, &mut daemon);
    daemon.wait_for_log("stopped by SIGTERM");
}

#[test]
fn settings_that_become_wrong_while_it_starts_end_it_with_their_diagnostics() {
    let stage = Stage::new().in_sync();
    let git = Git::new(&stage, 3);
    git.hang();
    let mut daemon = git.begin(&stage, &["run"]);
    daemon.wait_for("git to be slow", |_| git.is_asked());
    stage.append("menusync.yaml", "nonsense: 1\n");
    let (code, _) = daemon.wait_for_exit();
    assert_eq!(code, Some(3), "{}", daemon.stderr());
    daemon.wait_for_log("nonsense");
    daemon.wait_for_log("menusync.yaml");
}

/// A daemon that was told to stop while its push is not answered.
fn told_to_stop_amid_a_push(stage: &Stage) -> Daemon<'_> {
    stage.edit("menusync.yaml", "timeout: 5s", "timeout: 90s");
    stage.server().inject(Fault { delay_answer_ms: 60_000, ..Fault::new(Endpoint::Put, FaultKind::Delay) });
    let daemon = Daemon::start(stage);
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for("the push to be under way", |_| !stage.puts().is_empty());
    daemon.signal("TERM");
    daemon
}

#[test]
fn a_stop_names_the_push_that_is_in_flight_and_a_second_signal_ends_at_once() {
    let stage = Stage::new().in_sync();
    let mut daemon = told_to_stop_amid_a_push(&stage);
    daemon.wait_for_log("stopping; the push of G1001 is in flight, up to 19 s; a second signal ends at once");
    daemon.signal("TERM");
    let (code, took) = daemon.wait_for_exit();
    assert_eq!(code, Some(0));
    assert!(took < AT_ONCE, "{took:?}");
    daemon.wait_for_log(
        "stopped at once; the push of G1001 was broken off; looked for at the next run before anything else is sent",
    );
    assert_eq!(daemon.stderr().matches("is in flight").count(), 1, "{}", daemon.stderr());
    drop(daemon);
    let daemon = Daemon::start(&stage);
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn a_push_that_is_never_answered_holds_up_a_stop_for_less_than_twenty_seconds() {
    let stage = Stage::new().in_sync();
    let mut daemon = told_to_stop_amid_a_push(&stage);
    let (code, took) = daemon.wait_for_exit();
    assert_eq!(code, Some(0));
    assert!((Duration::from_secs(15)..Duration::from_secs(21)).contains(&took), "{took:?}");
    daemon.wait_for_log("broken off");
}

/// The outlet's pass waits for the state, and so may the main loop.
#[test]
fn a_state_that_nobody_can_write_holds_up_a_stop_for_less_than_twenty_seconds() {
    let stage = Stage::new().in_sync();
    let mut daemon = Daemon::start(&stage);
    let state = rusqlite::Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
    state.execute_batch("BEGIN IMMEDIATE").unwrap();
    daemon.signal("USR1");
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_log("files changed");
    thread::sleep(Duration::from_secs(1));
    daemon.signal("TERM");
    let (code, took) = daemon.wait_for_exit();
    assert_eq!(code, Some(0), "{}", daemon.stderr());
    assert!(took < Duration::from_secs(21), "{took:?}");
}
