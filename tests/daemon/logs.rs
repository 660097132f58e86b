//! The log: in the journal's form where the journal listens, and never with a secret.

use std::{
    fs::File,
    io::{PipeReader, Read as _, Write as _},
    os::unix::fs::MetadataExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    files::git,
    harness::Daemon,
    support::{KUTA, KUTA_FILE, LAYER, SECRET, Stage},
};

/// What one pass logs into a file, with `JOURNAL_STREAM` as given by that file's device and inode.
fn logged(stage: &Stage, arguments: &[&str], stream: impl Fn(u64, u64) -> String) -> Vec<String> {
    let path = stage.root().with_file_name("stderr");
    let file = File::create(&path).unwrap();
    let metadata = file.metadata().unwrap();
    let mut command: Command = stage.command(&[&["run", "--once"], arguments].concat());
    command.env("JOURNAL_STREAM", stream(metadata.dev(), metadata.ino()));
    assert!(command.stdout(std::process::Stdio::null()).stderr(file).status().unwrap().success());
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn lines_have_priorities_where_the_journal_listens_or_if_asked_and_nowhere_else() {
    let stage = Stage::new();
    let has_priority = |line: &String| line.starts_with("<6> INFO") || line.starts_with("<4> WARN");
    let lines = logged(&stage, &[], |device, inode| format!("{device}:{inode}"));
    assert!(!lines.is_empty() && lines.iter().all(has_priority), "{lines:?}");
    for (arguments, is_prioritised) in [(&[][..], false), (&["--log-format", "journal"][..], true)] {
        std::fs::remove_dir_all(stage.state_dir()).unwrap();
        let lines = logged(&stage, &[arguments, &["-v"]].concat(), |device, inode| format!("{device}:{}", inode + 1));
        assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with('<') == is_prioritised), "{lines:?}");
    }
}

#[test]
fn no_secret_is_logged_however_much_is_asked_for() {
    let stage = Stage::new();
    let daemon = Daemon::begin(&stage, &["run", "-vv"], &[]);
    daemon.wait_for_state(KUTA, "in_sync");
    let log = daemon.stop();
    assert!(log.contains("called"), "{log}");
    use base64::{Engine, prelude::BASE64_STANDARD};
    let basic = BASE64_STANDARD.encode(format!("sandbox:{SECRET}"));
    for secret in [SECRET, &basic, "Bearer", "access_token"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn every_line_of_a_pass_says_which_pass_it_is_and_one_line_sums_it_up() {
    let stage = Stage::new().with_kemang();
    git(&stage, &["init", "-q", "-b", "main"]);
    git(&stage, &["add", "."]);
    git(&stage, &["commit", "-q", "-m", "menus"]);
    let commit = git(&stage, &["rev-parse", "HEAD"]);
    let daemon = Daemon::begin(&stage, &["run", "-v", "--log-format", "json"], &[]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    daemon.pass();
    let told: Vec<Value> = daemon.stop().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |message: &str, pass: u64| {
        told.iter().filter(|line| line["message"] == message && line["pass"] == pass).collect::<Vec<_>>()
    };
    let (published, calls) = (of("published", 1), of("called", 1));
    assert_eq!(published.len(), 2, "{told:#?}");
    for line in published {
        assert!(line["request_id"].is_string() && line["outlet"].is_string(), "{line}");
        assert_eq!(line["revision"], commit.trim(), "{line}");
        let puts = calls.iter().filter(|call| call["method"] == "PUT" && call["outlet"] == line["outlet"]);
        assert_eq!(puts.map(|call| &call["request_id"]).collect::<Vec<_>>(), [&line["request_id"]], "{told:#?}");
    }
    for (pass, cause, ended) in [(1, "start", "2 published"), (2, "signal", "2 unchanged")] {
        let [end] = of("pass ended", pass)[..] else { panic!("one line each: {told:#?}") };
        assert_eq!((&end["cause"], &end["ended"], &end["outlets"]), (&cause.into(), &ended.into(), &2.into()), "{end}");
        assert_eq!((&end["level"], end["seconds"].is_number()), (&"INFO".into(), true), "{end}");
    }
}

#[test]
fn what_stays_as_it_was_is_not_said_again() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.append(KUTA_FILE, "items: {NG: {price: 2500}}\n");
    daemon.wait_for_log(" held ");
    for _ in 0..3 {
        daemon.pass();
    }
    let log = daemon.stop();
    assert_eq!(log.matches(" held ").count(), 1, "{log}");
    assert!(log.contains("cause=signal outlets=1 ended=\"1 held\""), "{log}");
}

/// A process that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Waits until something is true, for at most half a minute.
    #[track_caller]
    fn wait_for(&mut self, what: &str, mut is_true: impl FnMut(&mut Child) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_true(&mut self.0) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A daemon whose stderr is a pipe in which there is no room left, and the end from which to read.
fn on_a_full_pipe(stage: &Stage, arguments: &[&str]) -> (Running, PipeReader) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut command = stage.command(arguments);
    command.stderr(writer.try_clone().unwrap()).stdout(Stdio::null());
    // Its thread waits until somebody reads, or all readers are gone.
    let (sender, filled) = std::sync::mpsc::channel();
    thread::spawn(move || while writer.write_all(&[b'x'; 512]).is_ok() && sender.send(()).is_ok() {});
    while filled.recv_timeout(Duration::from_millis(500)).is_ok() {}
    (Running(command.spawn().unwrap()), reader)
}

#[test]
fn a_full_pipe_that_nobody_reads_keeps_neither_a_push_nor_the_end_back() {
    for arguments in [&["run"][..], &["run", "-vv", "--log-format", "json"]] {
        let stage = Stage::new().in_sync();
        let (mut daemon, _reader) = on_a_full_pipe(&stage, arguments);
        daemon.wait_for("the first look", |_| !stage.gets().is_empty());
        stage.edit(LAYER, "price: 25000", "price: 27000");
        daemon.wait_for("the push", |_| stage.live_item(KUTA, "NG")["price"] == 27_000);
        let pid = daemon.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        daemon.wait_for("the end", |child| child.try_wait().unwrap().is_some_and(|status| status.success()));
    }
}

#[test]
fn what_waits_in_a_full_pipe_is_written_once_somebody_reads() {
    let stage = Stage::new().in_sync();
    let (mut daemon, mut reader) = on_a_full_pipe(&stage, &["run"]);
    daemon.wait_for("the first look", |_| !stage.gets().is_empty());
    let log = thread::spawn(move || {
        let mut log = Vec::new();
        reader.read_to_end(&mut log).unwrap();
        log
    });
    let pid = daemon.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    daemon.wait_for("the end", |child| child.try_wait().unwrap().is_some_and(|status| status.success()));
    let log = String::from_utf8(log.join().unwrap()).unwrap();
    assert!(log.contains(" INFO "), "{log}");
}
