//! Other processes.

use std::{
    env,
    ffi::OsString,
    os::windows::process::CommandExt as _,
    path::PathBuf,
    process::{Command, Stdio},
};

const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// Has a program not hear Ctrl-C, and show no window.
pub fn lead_a_group(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

/// Has a program and all that it has started killed, as long as it lives itself: the system keeps no list of others. It is
/// not waited for.
pub fn kill_group(leader: u32) {
    let mut command = Command::new(system_directory().join("taskkill.exe"));
    command.args(["/T", "/F", "/PID", &leader.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).creation_flags(CREATE_NO_WINDOW);
    // If it cannot be started, the process itself is killed where its handle is dropped or it is left behind.
    let _ = command.spawn();
}

/// The machine's name.
pub fn host_name() -> String {
    env::var("COMPUTERNAME").unwrap_or_else(|_| "?".to_owned())
}

/// Whether a process is no more: it is not asked.
pub fn has_ended(_process: u32) -> bool {
    false
}

/// The environment of a program that is to have next to none: where it looks for others, and what those of Windows do not
/// start without.
pub fn bare_environment() -> Vec<(&'static str, OsString)> {
    let mut path = system_directory().into_os_string();
    path.push(";");
    path.push(windows());
    vec![("PATH", path), ("SystemRoot", windows())]
}

fn system_directory() -> PathBuf {
    PathBuf::from(windows()).join("System32")
}

fn windows() -> OsString {
    env::var_os("SystemRoot").unwrap_or_else(|| "C:\\Windows".into())
}
