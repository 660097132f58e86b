//! `apply` at a terminal: a person is asked, and what is typed decides.

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    process::{Command, Stdio},
    thread,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{
    approvals::REMOVALS,
    support::{KUTA, KUTA_FILE, LAYER, Stage},
};

/// O_NOCTTY: the terminal of the test stays what it is.
const NOT_OURS: i32 = 0o400;

/// Runs `apply` at a terminal of its own at which these lines are typed; the exit code and what the terminal showed.
fn apply_at_a_terminal(stage: &Stage, typed: &str) -> (i32, String) {
    apply_until(stage, typed, None)
}

/// The same; with `until`, SIGINT is sent when the terminal has shown that.
fn apply_until(stage: &Stage, typed: &str, until: Option<&str>) -> (i32, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let open =
        || OpenOptions::new().read(true).write(true).custom_flags(NOT_OURS).open(OsStr::from_bytes(name.as_bytes()));
    let mut child = {
        let mut command = stage.command(&["apply"]);
        command.stdin(Stdio::from(open().unwrap())).stderr(Stdio::from(open().unwrap())).stdout(Stdio::null());
        command.spawn().unwrap()
    };
    let mut controller = File::from(controller);
    controller.write_all(typed.as_bytes()).unwrap();
    let mut shown = controller.try_clone().unwrap();
    let (id, until) = (child.id(), until.map(str::to_owned));
    let reader = thread::spawn(move || {
        let mut until = until;
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        // A terminal that nobody has open any more ends with an error.
        while let Ok(length @ 1..) = shown.read(&mut buffer) {
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
            if until.take_if(|until| text.contains(&**until)).is_some() {
                assert!(Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap().success());
            }
        }
        text
    });
    let code = child.wait().unwrap().code().unwrap();
    (code, reader.join().unwrap())
}

fn held() -> Stage {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage
}

#[test]
fn a_guard_is_released_by_typing_its_name_and_nothing_is_pushed_without_a_yes() {
    let stage = held();
    let (code, shown) = apply_at_a_terminal(&stage, "deletes\ny\n");
    assert_eq!(code, 4, "{shown}");
    assert!(shown.contains("Type deletes to release it") && shown.contains("Push to 1 of 1 outlets?"), "{shown}");
    stage.assert_nothing_written();
    let (code, shown) = apply_at_a_terminal(&stage, "deletes\nyes\n");
    assert_eq!(code, 0, "{shown}");
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn what_is_not_the_guards_name_releases_nothing() {
    for typed in ["\n", "yes\nyes\n", "unmanaged\nyes\n", "delete\nyes\n"] {
        let stage = held();
        let (code, shown) = apply_at_a_terminal(&stage, typed);
        assert_eq!(code, 4, "{typed:?}: {shown}");
        stage.assert_nothing_written();
    }
}

#[test]
fn a_question_that_is_broken_off_ends_the_command_at_once_and_nothing_is_pushed() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let (code, shown) = apply_until(&stage, "", Some("Push to 1 of 1 outlets?"));
    assert_eq!(code, 1, "{shown}");
    assert!(shown.ends_with("error: stopped by SIGINT\r\n"), "{shown}");
    stage.assert_nothing_written();
}
