//! The state lies where it cannot be written, or something else is in its place: every command works, or ends soon with a
//! message that names the file and what to do, and nothing is sent.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rusqlite::Connection;

use crate::support::{KUTA, LAYER, Output, Stage};

/// The longest that a command may take, on a busy machine.
const SOON: Duration = Duration::from_secs(15);

/// Nobody's user id.
const NOBODY: &str = "65534";

const READ: [&[&str]; 4] = [&["status"], &["plan"], &["drift"], &["history"]];
const ALL: [&[&str]; 13] = [
    &["status"],
    &["plan"],
    &["drift"],
    &["history"],
    &["doctor"],
    &["import", "--merge", "--outlet", KUTA],
    &["apply", "--yes"],
    &["rollback", "--outlet", KUTA, "--to", "1", "--yes"],
    &["pause", "--outlet", KUTA],
    &["resume", "--outlet", KUTA],
    &["forget", "--outlet", KUTA],
    &["run", "--once"],
    &["run"],
];

fn database(stage: &Stage) -> std::path::PathBuf {
    stage.state_dir().join("menusync.sqlite3")
}

fn edited() -> Stage {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage
}

/// A command behind another one that gives it less to do, such as `setpriv`.
fn behind(stage: &Stage, program: &[&str], arguments: &[&str]) -> Command {
    let binary = stage.command(arguments);
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(binary.get_program()).args(arguments).current_dir(stage.root()).env_clear();
    command.envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    command
}

/// Runs a command, which must end soon.
#[track_caller]
fn soon(stage: &Stage, mut command: Command, arguments: &[&str]) -> Output {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > SOON {
            child.kill().unwrap();
            let told = child.wait_with_output().unwrap();
            panic!("{arguments:?} does not end: {}", String::from_utf8_lossy(&told.stderr));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    stage.output(text(done.stdout), text(done.stderr), done.status.code().unwrap_or(-1))
}

/// What goes wrong with each command that does not work, if it is not said.
#[track_caller]
fn every_command_works_or_says(stage: &Stage, program: &[&str], commands: &[&[&str]], words: &[&str]) {
    let mut wrong = Vec::new();
    for arguments in commands {
        let output = soon(stage, behind(stage, program, arguments), arguments);
        let told = format!("{}{}", output.stdout, output.stderr);
        let is_said = words.iter().all(|word| told.contains(word));
        if output.code == 64 || ![0, 2].contains(&output.code) && !is_said || told.contains("panicked") {
            wrong.push(format!("{arguments:?}: {}", output.transcript()));
        }
    }
    assert!(wrong.is_empty(), "not said with {words:?}:\n{}", wrong.join("\n"));
}

/// What makes a command run as nobody; `None`, loudly, where that cannot be had.
fn as_nobody(stage: &Stage) -> Option<Vec<&'static str>> {
    let program = match rustix::process::geteuid().is_root() {
        true => vec!["setpriv", "--reuid", NOBODY, "--clear-groups"],
        false => vec!["env"],
    };
    let works = behind(stage, &program, &["--version"]).output().is_ok_and(|done| done.status.success());
    if !works {
        skipped(&format!("{program:?} cannot run menusync"));
        return None;
    }
    Some(program)
}

fn set_mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Says it past the capture of a test's output.
fn skipped(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {why} here\n").as_bytes()).unwrap();
}

/// The stage may be entered by everybody.
fn open_to_all(stage: &Stage) {
    set_mode(stage.root().parent().unwrap(), 0o755);
}

#[test]
fn a_state_directory_of_somebody_else_can_be_read_and_is_named_by_who_would_write() {
    let stage = edited();
    open_to_all(&stage);
    let Some(nobody) = as_nobody(&stage) else { return };
    set_mode(&stage.state_dir(), 0o555);
    for arguments in READ {
        let output = soon(&stage, behind(&stage, &nobody, arguments), arguments);
        assert!([0, 2].contains(&output.code), "{arguments:?}: {}", output.transcript());
    }
    stage.clear_log();
    every_command_works_or_says(&stage, &nobody, &ALL, &["../state", "Permission denied", "--state-dir"]);
    stage.assert_nothing_written();
    set_mode(&stage.state_dir(), 0o700);
}

#[test]
fn a_state_directory_that_cannot_be_entered_is_named() {
    let stage = edited();
    open_to_all(&stage);
    let Some(nobody) = as_nobody(&stage) else { return };
    set_mode(&stage.state_dir(), 0o000);
    stage.clear_log();
    every_command_works_or_says(&stage, &nobody, &ALL, &["../state", "Permission denied", "--state-dir"]);
    let told = soon(&stage, behind(&stage, &nobody, &["status"]), &["status"]);
    assert_eq!(told.code, 1, "that it cannot be read is not that nothing is stored: {}", told.transcript());
    stage.assert_nothing_written();
    set_mode(&stage.state_dir(), 0o700);
}

#[test]
fn a_state_beside_which_another_user_writes_says_what_to_do() {
    let stage = edited();
    open_to_all(&stage);
    let Some(nobody) = as_nobody(&stage) else { return };
    // As long as somebody has it open for writing, there is a log.
    let writer = Connection::open(database(&stage)).unwrap();
    writer.execute_batch("CREATE TABLE IF NOT EXISTS probe_of_test (a); INSERT INTO probe_of_test VALUES (1)").unwrap();
    set_mode(&stage.state_dir(), 0o555);
    every_command_works_or_says(&stage, &nobody, &READ, &["menusync.sqlite3", "--state-dir"]);
    set_mode(&stage.state_dir(), 0o700);
    drop(writer);
    stage.assert_nothing_written();
}

#[test]
fn a_state_on_a_read_only_mount_can_be_read() {
    let stage = edited();
    let place = stage.state_dir().display().to_string();
    let script = format!("mount --bind -o ro {place} {place} && ! touch {place}/x 2>/dev/null && exec \"$@\"");
    let program = ["unshare", "-m", "sh", "-c", &script, "sh"];
    if !behind(&stage, &program, &["--version"]).output().is_ok_and(|done| done.status.success()) {
        skipped("nothing can be mounted read-only");
        return;
    }
    for arguments in READ {
        let output = soon(&stage, behind(&stage, &program, arguments), arguments);
        assert!([0, 2].contains(&output.code), "{arguments:?}: {}", output.transcript());
    }
    stage.clear_log();
    every_command_works_or_says(&stage, &program, &ALL, &["../state", "Read-only file system", "--state-dir"]);
    stage.assert_nothing_written();
}

/// How something comes to lie in the place of the state file, and what is said of it.
type Foreign = (fn(&Stage), &'static str);

const FOREIGN: [Foreign; 4] = [
    (
        |stage| {
            let made = Command::new("mkfifo").arg(database(stage)).status().unwrap();
            assert!(made.success());
        },
        "is a named pipe; move it away",
    ),
    (|stage| fs::create_dir(database(stage)).unwrap(), "is a directory; move it away"),
    (
        |stage| {
            let other = Connection::open(database(stage)).unwrap();
            other.execute_batch("CREATE TABLE photos (name); INSERT INTO photos VALUES ('ng.jpg')").unwrap();
        },
        "is a database of another program; move it away",
    ),
    (
        |stage| {
            let newer = Connection::open(database(stage)).unwrap();
            newer.execute_batch("CREATE TABLE outlets (id); PRAGMA user_version = 99").unwrap();
        },
        "has version 99",
    ),
];

#[test]
fn what_is_no_state_of_ours_is_named_by_every_command_and_left_as_it_is() {
    for (put, words) in FOREIGN {
        let stage = edited();
        fs::remove_file(database(&stage)).unwrap();
        put(&stage);
        let before = fs::metadata(database(&stage)).unwrap().len();
        for arguments in ALL {
            let output = soon(&stage, stage.command(arguments), arguments);
            let told = format!("{}{}", output.stdout, output.stderr);
            assert!(
                told.contains("menusync.sqlite3") && told.contains(words),
                "{arguments:?}: {}",
                output.transcript()
            );
            assert!(output.code == 1, "{arguments:?}: {}", output.transcript());
        }
        assert_eq!(fs::metadata(database(&stage)).unwrap().len(), before, "{words}");
        stage.assert_nothing_written();
    }
}

#[test]
fn a_file_that_is_no_database_is_named_by_who_looks_and_set_aside_by_who_pushes() {
    let stage = edited();
    fs::write(database(&stage), "Belanja: telur, beras\n".repeat(200)).unwrap();
    for arguments in READ {
        let output = soon(&stage, stage.command(arguments), arguments).expect(1);
        output.says(&["menusync.sqlite3 is damaged", "sets it aside"]);
    }
    soon(&stage, stage.command(&["apply", "--yes"]), &["apply"]).expect(4).says(&["was set aside as", "first-contact"]);
    stage.assert_nothing_written();
}

#[test]
fn pipes_in_the_place_of_locks_and_the_control_socket_hang_nobody() {
    let stage = edited();
    let fifo = |path: std::path::PathBuf| {
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success(), "{path:?}");
    };
    fs::remove_file(stage.state_dir().join("daemon.lock")).ok();
    fifo(stage.state_dir().join("daemon.lock"));
    fs::remove_dir_all(stage.state_dir().join("control")).ok();
    fifo(stage.state_dir().join("control"));
    let lock = stage.state_dir().join(format!("locks/{KUTA}.lock"));
    fs::remove_file(&lock).ok();
    fifo(lock);
    stage.clear_log();
    for arguments in READ {
        let output = soon(&stage, behind(&stage, &["env"], arguments), arguments);
        assert!([0, 2].contains(&output.code), "{arguments:?}: {}", output.transcript());
    }
    let reload: &[&str] = &["reload"];
    assert_eq!(soon(&stage, behind(&stage, &["env"], reload), reload).code, 1);
    let apply: &[&str] = &["apply", "--yes"];
    let output = soon(&stage, behind(&stage, &["env"], apply), apply);
    assert_eq!(output.code, 1, "{}", output.transcript());
    assert!(output.stdout.contains("is a named pipe; move it away"), "{}", output.transcript());
    stage.assert_nothing_written();
}

/// As git looks for its repository, and with git's caution: whoever may write above would choose the settings.
#[test]
fn the_root_is_looked_for_upwards_but_not_taken_from_somebody_else() {
    let stage = Stage::new();
    let below = stage.root().join("notes/2027");
    fs::create_dir_all(&below).unwrap();
    let validate = || {
        let output = stage.command(&["validate"]).current_dir(&below).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(validate(), (Some(0), String::new()));
    if !rustix::process::geteuid().is_root() {
        return;
    }
    std::os::unix::fs::chown(stage.root().join("menusync.yaml"), Some(12_345), None).unwrap();
    let (code, told) = validate();
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(&format!("give {} as --root", stage.root().canonicalize().unwrap().display())), "{told}");
    assert!(told.contains("belongs to another user"), "{told}");
}
