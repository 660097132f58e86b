//! Commands that are stopped: at once where nothing is in flight, in order where a push is, at once on the second signal.

use std::{
    io::Read as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use menusync::sandbox::{Endpoint, Fault, FaultKind};
use serde_json::Value;

use crate::{
    hanging::with_git,
    support::{KUTA, LAYER, Stage},
};

/// What takes no time at all, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(6);

/// A command under way, and how it ended.
struct Running {
    child: Child,
    signalled: Instant,
}

struct Ended {
    code: Option<i32>,
    /// Since the last signal.
    took: Duration,
    stdout: String,
    stderr: String,
}

impl Running {
    fn begin(mut command: Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, signalled: Instant::now() }
    }

    fn signal(&mut self, name: &str) {
        self.signalled = Instant::now();
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn end(mut self) -> Ended {
        let deadline = Instant::now() + Duration::from_secs(40);
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("it does not end");
            }
            thread::sleep(Duration::from_millis(10));
        };
        let took = self.signalled.elapsed();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended { code, took, stdout, stderr }
    }
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn hang(stage: &Stage, on: Endpoint) {
    stage.edit("menusync.yaml", "timeout: 5s", "timeout: 90s");
    stage.server().inject(Fault { delay_answer_ms: 60_000, times: None, ..Fault::new(on, FaultKind::Delay) });
}

/// An `apply` whose push of a new price hangs.
fn pushing(stage: &Stage, arguments: &[&str]) -> Running {
    hang(stage, Endpoint::Put);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.clear_log();
    let running = Running::begin(stage.command(arguments));
    wait_for("the push", || !stage.puts().is_empty());
    running
}

#[test]
fn what_only_looks_ends_at_once_and_programs_are_told() {
    let stage = Stage::new().in_sync();
    hang(&stage, Endpoint::Get);
    for arguments in [&["plan"][..], &["drift"], &["import", "--outlet", "*", "--out", "new"]] {
        stage.clear_log();
        let mut arguments = arguments.to_vec();
        arguments.extend(["--output", "json"]);
        let mut running = Running::begin(stage.command(&arguments));
        wait_for("a read", || !stage.gets().is_empty());
        running.signal("TERM");
        let Ended { code, took, stdout, stderr } = running.end();
        assert_eq!((code, stderr.as_str()), (Some(1), "error: stopped by SIGTERM\n"), "{arguments:?}");
        assert!(took < AT_ONCE, "{took:?}");
        let told: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(told["diagnostics"][0]["message"], "stopped by SIGTERM");
    }
}

#[test]
fn a_git_that_hangs_holds_up_no_stop_and_ends_with_the_command() {
    let stage = Stage::new();
    let hangs = stage.root().join("../hangs");
    for command in ["validate", "status", "doctor"] {
        let _ = std::fs::remove_file(&hangs);
        let script = format!("touch {}; sleep 100", hangs.display());
        let mut running = Running::begin(with_git(&stage, &script, &[command]));
        wait_for("git", || hangs.exists());
        running.signal("INT");
        let Ended { code, took, stderr, .. } = running.end();
        assert_eq!((code, stderr.as_str()), (Some(1), "error: stopped by SIGINT\n"), "{command}");
        assert!(took < AT_ONCE, "{took:?}");
    }
}

#[test]
fn a_stop_of_a_push_says_once_what_it_waits_for_and_the_second_signal_ends_at_once() {
    let stage = Stage::new().in_sync();
    let mut running = pushing(&stage, &["apply", "--yes", "--output", "json"]);
    running.signal("INT");
    // Time enough to say it.
    thread::sleep(Duration::from_secs(2));
    running.signal("INT");
    let Ended { code, took, stdout, stderr } = running.end();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(took < AT_ONCE, "{took:?}");
    let said = "stopping; the push of G1001 is in flight, up to 19 s; a second signal ends at once\n\
                stopped at once; the push of G1001 was broken off; looked for at the next run before anything \
                else is sent\n";
    assert!(stderr.ends_with(said), "{stderr}");
    let told: Value = serde_json::from_str(&stdout).unwrap();
    assert!(told["diagnostics"][0]["message"].as_str().unwrap().starts_with("stopped at once"), "{told}");
    stage.server().clear_faults();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.puts().len(), 1, "it had arrived");
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 27_000);
}

#[test]
fn a_push_that_is_not_answered_is_broken_off_and_reported() {
    let stage = Stage::new().in_sync();
    let mut running = pushing(&stage, &["apply", "--yes", "--output", "json"]);
    running.signal("TERM");
    let Ended { code, took, stdout, stderr } = running.end();
    assert_eq!(code, Some(1), "{stderr}");
    assert!((Duration::from_secs(15)..Duration::from_secs(21)).contains(&took), "{took:?}");
    let told: Value = serde_json::from_str(&stdout).unwrap();
    let outlet = &told["outlets"][0];
    assert_eq!((&outlet["result"], &outlet["state"]), (&"failed".into(), &"unknown".into()), "{told}");
    assert_eq!(outlet["error"], "the push was broken off, and is looked for at the next run");
}

#[test]
fn after_a_stop_no_other_push_begins() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit("menusync.yaml", "requests_per_second", "concurrency: 1, requests_per_second");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().inject(Fault { delay_answer_ms: 3_000, ..Fault::new(Endpoint::Put, FaultKind::Delay) });
    stage.clear_log();
    let mut running = Running::begin(stage.command(&["apply", "--yes", "--output", "json"]));
    wait_for("the push", || !stage.puts().is_empty());
    running.signal("INT");
    let Ended { stdout, stderr, .. } = running.end();
    assert_eq!(stage.puts().len(), 1, "{stderr}");
    let told: Value = serde_json::from_str(&stdout).unwrap();
    let outlets = told["outlets"].as_array().unwrap();
    let other =
        outlets.iter().find(|outlet| Some(outlet["outlet"].as_str().unwrap()) != stage.puts()[0].outlet.as_deref());
    assert_eq!(other.unwrap()["error"], "given up before anything was sent", "{told}");
}

#[test]
fn a_single_pass_says_it_as_well() {
    let stage = Stage::new().in_sync();
    let mut running = pushing(&stage, &["run", "--once"]);
    running.signal("TERM");
    thread::sleep(Duration::from_secs(2));
    running.signal("TERM");
    let Ended { code, took, stderr, .. } = running.end();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(took < AT_ONCE, "{took:?}");
    assert!(
        stderr.contains("stopping; the push of G1001 is in flight, up to 19 s; a second signal ends at once"),
        "{stderr}"
    );
}
