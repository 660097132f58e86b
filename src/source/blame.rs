//! Who wrote a line of a file last.

use std::path::Path;

use jiff::Timestamp;

use super::git::Git;
use crate::report::WHOLE_FILE;

/// A line as it was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOrigin {
    /// The commit; `None` if the line is not committed yet.
    pub commit: Option<String>,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// Who wrote these lines (files relative to `root`) last, each as far as git knows; the calls share ten seconds.
pub fn line_origins(root: &Path, lines: &[(String, u32)]) -> Vec<Option<LineOrigin>> {
    let git = Git::in_directory_once(root);
    let origin = |(file, line): &(String, u32)| {
        if *line == WHOLE_FILE {
            return deletion(&git, root, file);
        }
        let range = format!("{line},{line}");
        let answer = git.ask(&["blame", "--porcelain", "-L", &range, "--", file]).ok()?;
        read(&String::from_utf8_lossy(&answer))
    };
    lines.iter().map(origin).collect()
}

/// Who deleted a file; nobody, if it is there.
fn deletion(git: &Git, root: &Path, file: &str) -> Option<LineOrigin> {
    if root.join(file).exists() {
        return None;
    }
    let format = "--format=author %an%nauthor-time %at%ncommit %H";
    let answer = git.ask(&["log", "-1", "--name-status", "--no-renames", format, "--", file]).ok()?;
    let text = String::from_utf8_lossy(&answer);
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    // What the last commit still had is gone from the work tree alone.
    let is_committed = text.lines().any(|line| line.starts_with("D\t"));
    Some(LineOrigin {
        commit: is_committed.then(|| value("commit ").map(str::to_owned)).flatten(),
        author: value("author ")?.to_owned(),
        at: Timestamp::from_second(value("author-time ")?.parse().ok()?).ok()?,
    })
}

fn read(porcelain: &str) -> Option<LineOrigin> {
    let commit = porcelain.split(' ').next()?;
    let value = |key: &str| porcelain.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    let is_committed = commit.bytes().any(|digit| digit != b'0');
    Some(LineOrigin {
        commit: is_committed.then(|| commit.to_owned()),
        author: value("author")?.to_owned(),
        at: Timestamp::from_second(value("author-time")?.parse().ok()?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn a_line_has_a_commit_once_it_is_committed() {
        let words = |commit: &str| format!("{commit} 1 1 1\nauthor Sari\nauthor-time 0\nfilename a\n\tx\n");
        let origin = read(&words("1a2b3c")).unwrap();
        assert_eq!((origin.commit.as_deref(), origin.author.as_str()), (Some("1a2b3c"), "Sari"));
        assert_eq!(read(&words(&"0".repeat(40))).unwrap().commit, None);
        assert_eq!(read(""), None);
    }
}
