//! Which commit the root is at, so that people can find what was pushed.

use std::path::Path;

use super::git;

/// The commit of the work tree that holds `root`; `None` without git, without a repository, before the first commit, and
/// where git distrusts the repository's owner.
pub fn revision(root: &Path) -> Option<String> {
    resolve(root, "HEAD")
}

/// The same, with git's words if there is none.
pub fn why_no_revision(root: &Path) -> std::io::Result<String> {
    let answer = git::ask(root, &["rev-parse", "--verify", "HEAD^{commit}"])?;
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}

/// The commit that `name` means in the repository that holds `root`.
pub(super) fn resolve(root: &Path, name: &str) -> Option<String> {
    let commit = format!("{name}^{{commit}}");
    let answer = git::ask(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).ok()?;
    let revision = String::from_utf8(answer).ok()?;
    let revision = revision.trim();
    let is_hash = revision.len() >= 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| revision.to_owned())
}
