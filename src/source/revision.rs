//! Which commit the root is at and who wrote it, so that people can find what was pushed.

use std::{io, path::Path};

use super::{
    Commit, Files, RevisionError,
    git::{self, Git},
};

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
    Ok(Revision { author: commit.author(), commit: Some(commit.hash), unknown: None })
}

/// The commit that is checked out, or git's words for why there is none.
pub fn why_no_revision(root: &Path) -> io::Result<String> {
    let answer = Git::in_directory_once(root).ask(&["rev-parse", "--verify", "HEAD^{commit}"])?;
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}
