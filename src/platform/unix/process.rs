//! Other processes.

use std::{ffi::OsString, os::unix::process::CommandExt as _, process::Command};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};

/// Has a program be the first of a group of its own, which nobody else's signals reach.
pub fn lead_a_group(command: &mut Command) {
    command.process_group(0);
}

/// Kills a program that [`lead_a_group`] was for, and all that it has started and that has not left its group.
pub fn kill_group(leader: u32) {
    if let Some(leader) = pid(leader) {
        // An error means that nobody is left.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// The machine's name.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a process is no more.
pub fn has_ended(process: u32) -> bool {
    pid(process).is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

/// The environment of a program that is to have next to none: where it looks for others.
pub fn bare_environment() -> Vec<(&'static str, OsString)> {
    vec![("PATH", "/usr/local/bin:/usr/bin:/bin".into())]
}
