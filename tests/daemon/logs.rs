//! The log: in the journal's form where the journal listens, and never with a secret.

use std::{fs::File, os::unix::fs::MetadataExt, process::Command};

use crate::{
    harness::Daemon,
    support::{KUTA, SECRET, Stage},
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
