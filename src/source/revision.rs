//! Which commit the root is at and who wrote it, so that people can find what was pushed.

use std::{io, path::Path};

use super::{
    Commit, Files, RevisionError,
    git::{self, Git},
};

/// No name of an author is kept beyond so many characters (our choice).
const LONGEST_NAME: usize = 100;

/// The commit of a work tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// Its whole hash.
    pub commit: Option<String>,
    /// Who wrote it, by the name that `.mailmap` gives; `None` where that cannot be read.
    pub author: Option<String>,
    /// Why neither is known, where that is not a matter of course: git hangs.
    pub unknown: Option<String>,
}

/// The commit of the work tree that holds `root`, if it has the definitions that were read from disk: what was edited and
/// not committed is in no commit. There is none as well without git, without a repository, before the first commit, and
/// where git distrusts the repository's owner.
pub fn revision(root: &Path, files: &Files) -> Revision {
    let git = Git::in_directory_once(root);
    committed(&git, files).unwrap_or_else(|error| match error {
        RevisionError::Git { source, .. } if git::is_no_answer(&source) => {
            Revision { unknown: Some(source.to_string()), ..Revision::default() }
        }
        _ => Revision::default(),
    })
}

fn committed(git: &Git, files: &Files) -> Result<Revision, RevisionError> {
    let commit = Commit::find_by(git, "HEAD")?;
    if commit.load("HEAD")?.catalogs != files.catalogs {
        return Ok(Revision::default());
    }
    let author = author(git, &commit.hash);
    Ok(Revision { commit: Some(commit.hash), author, unknown: None })
}

/// Who wrote a commit.
pub(super) fn author(git: &Git, commit: &str) -> Option<String> {
    let answer = git.ask(&["show", "--no-patch", "--no-show-signature", "--format=%aN", "--end-of-options", commit]);
    let author = String::from_utf8(answer.ok()?).ok()?;
    let author = author.lines().next().unwrap_or_default().trim();
    (!author.is_empty()).then(|| author.chars().take(LONGEST_NAME).collect())
}

/// The commit that is checked out, or git's words for why there is none.
pub fn why_no_revision(root: &Path) -> io::Result<String> {
    let answer = Git::in_directory_once(root).ask(&["rev-parse", "--verify", "HEAD^{commit}"])?;
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}

/// The commit that `name` means in the repository that holds the directory; `None` if it means none there. The error: git
/// gave no answer.
pub(super) fn resolve(git: &Git, name: &str) -> io::Result<Option<String>> {
    let commit = format!("{name}^{{commit}}");
    let answer = match git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) {
        Ok(answer) => answer,
        Err(error) if git::is_no_answer(&error) || error.kind() == io::ErrorKind::Interrupted => return Err(error),
        Err(_) => return Ok(None),
    };
    let revision = String::from_utf8(answer).unwrap_or_default();
    let revision = revision.trim();
    let is_hash = revision.len() >= 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(is_hash.then(|| revision.to_owned()))
}
