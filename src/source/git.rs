//! Asking git about a repository: reading only, no hooks, no filters, no network.
//!
//! What the answers mean is decided by `revision` and `committed`.

use std::{
    io::{self, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
};

/// Variables that would make git look at another repository, as inside of a git hook, or run programs.
const NOT_OURS: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_PREFIX",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
];

/// git in the directory `root`. Objects that a partial clone lacks are not fetched.
pub(super) fn git(root: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["-c", "protocol.allow=never", "--literal-pathspecs", "--no-pager"]).args(arguments);
    for name in NOT_OURS {
        git.env_remove(name);
    }
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    git.env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    git
}

/// What a git that must succeed wrote to its standard output.
pub(super) fn ask(root: &Path, arguments: &[&str]) -> io::Result<Vec<u8>> {
    finished(git(root, arguments).output()?)
}

/// The same for a git that reads `input`.
pub(super) fn ask_with(root: &Path, arguments: &[&str], input: &[u8]) -> io::Result<Vec<u8>> {
    let mut child = git(root, arguments).stdin(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // git answers while it is still being asked: whoever does both in turn waits for ever. If it stops reading, its
        // exit code says why.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        finished(child.wait_with_output()?)
    })
}

fn finished(output: Output) -> io::Result<Vec<u8>> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told.lines().next().unwrap_or("git failed without a word");
    Err(io::Error::other(told.trim_start_matches("fatal: ").to_owned()))
}
