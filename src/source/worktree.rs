//! The git directory of the work tree that holds a root, and what git is in the middle of there.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::SourceError;
use crate::platform::paths::canonicalize;

/// What git leaves in its directory while a person has not ended it (its documentation), and the word for it.
const UNFINISHED: [(&str, &str); 6] = [
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
];

/// The git directory of the work tree that `root` is in.
pub fn git_dir(root: &Path) -> Option<PathBuf> {
    root.ancestors().find_map(git_dir_of)
}

/// What git is in the middle of in the work tree that `root` is in, such as `rebase`: its files are nobody's wish.
fn unfinished(root: &Path) -> Option<&'static str> {
    let root = canonicalize(root).ok()?;
    let dir = git_dir(&root)?;
    UNFINISHED.into_iter().find(|(file, _)| dir.join(file).symlink_metadata().is_ok()).map(|(_, word)| word)
}

/// Refuses the work tree that `root` is in while git is in the middle of something there.
pub fn check_settled(root: &Path) -> Result<(), SourceError> {
    unfinished(root).map_or(Ok(()), |operation| Err(SourceError::Unfinished { operation }))
}

/// When `menusync-pull`, which keeps the tree that `root` is in, last reached its repository; `None`: it keeps none.
pub fn pulled_at(root: &Path) -> Option<Timestamp> {
    let root = canonicalize(root).ok()?;
    let kept = root.ancestors().skip(1).find(|dir| dir.join("turned").is_file() && dir.join("current").is_symlink())?;
    let checked = kept.join("checked").metadata().and_then(|checked| checked.modified()).ok()?;
    Timestamp::try_from(checked).ok()
}

/// The git directory of the work tree at `top`: `.git`, or what the file `.git` of a linked work tree names.
fn git_dir_of(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    let kind = git.metadata().ok()?;
    if kind.is_dir() {
        return Some(git);
    }
    // A pipe would be waited for.
    if !kind.is_file() {
        return None;
    }
    let text = std::fs::read_to_string(git).ok()?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}
