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
    /// What comes before a commit in the address of its page at the forge, if the remote `origin` is at one.
    pub commit_pages: Option<String>,
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
    let remote = git.ask(&["config", "--get", "remote.origin.url"]).ok();
    let commit_pages = remote.and_then(|remote| commit_pages(String::from_utf8(remote).ok()?.trim()));
    Ok(Revision { author: commit.author(), commit: Some(commit.hash), commit_pages, unknown: None })
}

/// `https://github.com/warung/menus/commit/` for `git@github.com:warung/menus.git`. Credentials in the address of a remote
/// are left out; what is no address of a server, or has a character that an address would have to escape, is none.
fn commit_pages(remote: &str) -> Option<String> {
    let (server, path) = match remote.split_once("://") {
        Some(("https" | "http", rest)) => rest.split_once('/')?,
        Some(("ssh", rest)) => {
            let (server, path) = rest.split_once('/')?;
            (server.split_once(':').map_or(server, |(server, _port)| server), path)
        }
        Some(_) => return None,
        None => remote.split_once(':').filter(|(server, _)| server.contains('@'))?,
    };
    let server = server.rsplit_once('@').map_or(server, |(_credentials, server)| server);
    let path = path.trim_matches('/').trim_end_matches(".git");
    let is_plain = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c) || more.contains(c))
    };
    if !is_plain(server, ":") || !is_plain(path, "/~") || !path.contains('/') {
        return None;
    }
    let page = match server {
        server if server.contains("gitlab") => "-/commit",
        server if server.contains("bitbucket") => "commits",
        _ => "commit",
    };
    Some(format!("https://{server}/{path}/{page}/"))
}

/// The commit that is checked out, or git's words for why there is none.
pub fn why_no_revision(root: &Path) -> io::Result<String> {
    let answer = Git::in_directory_once(root).ask(&["rev-parse", "--verify", "HEAD^{commit}"])?;
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::commit_pages;

    #[test]
    fn a_commit_has_a_page_where_its_remote_is_at_a_forge() {
        for (remote, pages) in [
            ("git@github.com:warung/menus.git", Some("https://github.com/warung/menus/commit/")),
            ("https://github.com/warung/menus", Some("https://github.com/warung/menus/commit/")),
            (
                "https://bot:s3cret@gitlab.example.com/a/b/menus.git",
                Some("https://gitlab.example.com/a/b/menus/-/commit/"),
            ),
            ("ssh://git@git.example.com:2222/warung/menus.git", Some("https://git.example.com/warung/menus/commit/")),
            ("https://git.example.com:8443/~sari/menus/", Some("https://git.example.com:8443/~sari/menus/commit/")),
            ("git@bitbucket.org:warung/menus.git", Some("https://bitbucket.org/warung/menus/commits/")),
            ("/srv/menus.git", None),
            ("file:///srv/menus.git", None),
            ("../menus", None),
            ("javascript:alert(1)//a@b", None),
            ("git@evil.example\" onclick=x:a/b", None),
            ("https://example.com/menus", None),
        ] {
            assert_eq!(commit_pages(remote).as_deref(), pages, "{remote}");
        }
    }
}
