//! Which commit the root is at, so that people can find what was pushed.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Variables that would make git look at another repository, as inside of a git hook, or run programs.
const NOT_OURS: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
];

/// The commit of the work tree that holds `root`; `None` without git, without a repository, before the first commit, and
/// where git distrusts the repository's owner.
pub fn revision(root: &Path) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["rev-parse", "--verify", "--quiet", "HEAD"]);
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").stdin(Stdio::null()).stderr(Stdio::null());
    for name in NOT_OURS {
        git.env_remove(name);
    }
    let output = git.output().ok().filter(|output| output.status.success())?;
    let revision = String::from_utf8(output.stdout).ok()?;
    let revision = revision.trim();
    let is_hash = revision.len() >= 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| revision.to_owned())
}
