//! Whether git is in the middle of changing the work tree.

use std::path::Path;

use crate::source::git_dir;

/// Whether the index of the work tree that `root` is in is locked: `git checkout`, `pull` and the like hold it while they
/// write files.
pub(super) fn is_busy(root: &Path) -> bool {
    git_dir(root).is_some_and(|dir| dir.join("index.lock").exists())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::fs;

    use super::*;

    #[test]
    fn a_lock_above_the_root_counts() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("menus");
        fs::create_dir_all(top.path().join(".git")).unwrap();
        fs::create_dir(&root).unwrap();
        assert!(!is_busy(&root));
        fs::write(top.path().join(".git/index.lock"), "").unwrap();
        assert!(is_busy(&root));
    }

    #[test]
    fn what_is_neither_file_nor_directory_is_not_waited_for() {
        let top = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(top.path().join(".git")).status().unwrap();
        assert!(made.success());
        assert!(!is_busy(top.path()));
    }

    #[test]
    fn a_linked_work_tree_has_its_own_lock() {
        let top = tempfile::tempdir().unwrap();
        let private = top.path().join("main/.git/worktrees/menus");
        let root = top.path().join("menus");
        fs::create_dir_all(&private).unwrap();
        fs::create_dir(&root).unwrap();
        fs::write(root.join(".git"), "gitdir: ../main/.git/worktrees/menus\n").unwrap();
        assert!(!is_busy(&root));
        fs::write(private.join("index.lock"), "").unwrap();
        assert!(is_busy(&root));
    }
}
