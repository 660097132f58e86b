//! Which commit the root is at and who wrote it, so that people can find what was pushed.

use std::path::Path;

use super::{Commit, Files, git};

/// No name of an author is kept beyond so many characters (our choice).
const LONGEST_NAME: usize = 100;

/// The commit of the work tree that holds `root`, if it has the definitions that were read from disk: what was edited and
/// not committed is in no commit. `None` as well without git, without a repository, before the first commit, and where git
/// distrusts the repository's owner.
pub fn revision(root: &Path, files: &Files) -> Option<String> {
    let commit = Commit::find(root, "HEAD").ok()?;
    let committed = commit.load("HEAD").ok()?;
    (committed.catalogs == files.catalogs).then_some(commit.hash)
}

/// Who wrote a commit, by the name that `.mailmap` gives; `None` where that cannot be read.
pub fn author(root: &Path, commit: &str) -> Option<String> {
    let answer =
        git::ask(root, &["show", "--no-patch", "--no-show-signature", "--format=%aN", "--end-of-options", commit]);
    let author = String::from_utf8(answer.ok()?).ok()?;
    let author = author.lines().next().unwrap_or_default().trim();
    (!author.is_empty()).then(|| author.chars().take(LONGEST_NAME).collect())
}

/// The commit that is checked out, or git's words for why there is none.
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
