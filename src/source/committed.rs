//! The files of the root as a commit has them: the same choice and the same limits as on disk, read from git's objects into
//! memory. Nothing is checked out.
//!
//! Links are followed by git, which does so within the root's own tree only.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Files, ImageError, Kind, MAX_IMAGE_BYTES,
    git::{Git, is_bare, is_no_answer, words_for_bare},
    image::is_inside,
    kind_of, text,
    tree::{no_definitions, overlooked},
};
use crate::{
    diagnostic::{Diagnostic, Place},
    document::{MAX_FILE_BYTES, PackedFile, SourceFile},
};

/// No name of an author is kept beyond so many characters (our choice).
const LONGEST_NAME: usize = 100;

/// What the root was at one commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The commit's whole hash.
    pub hash: String,
    git: Git,
    /// The object that is the root directory in this commit.
    tree: String,
}

/// A revision that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// git knows no such commit, or there is no repository.
    #[error("`{name}` is no revision of the repository that holds {}", root.display())]
    Unknown {
        /// As it was given.
        name: String,
        /// The root.
        root: PathBuf,
    },
    /// A bare git repository, such as a server has.
    #[error("{}", words_for_bare(root))]
    Bare {
        /// The root.
        root: PathBuf,
    },
    /// The commit has no such directory, or no definitions in it.
    #[error("at `{name}` there is no `catalogs` in {}", root.display())]
    NoCatalogs {
        /// As it was given.
        name: String,
        /// The root.
        root: PathBuf,
    },
    /// git failed.
    #[error(
        "cannot read `{name}` from git in {root}; see whether `git -C {root} rev-parse HEAD` answers",
        root = root.display()
    )]
    Git {
        /// As it was given.
        name: String,
        /// The root.
        root: PathBuf,
        /// What git said.
        source: io::Error,
    },
}

/// One line of a listing.
struct Entry {
    mode: String,
    hash: String,
    size: u64,
    name: Arc<str>,
}

/// What git found under a name.
enum Found {
    Object {
        hash: String,
        kind: String,
        size: u64,
    },
    /// Leads nowhere, in a circle, or out of the root.
    Refused(&'static str),
}

impl Commit {
    /// Finds the commit that `name` means, in the repository that holds `root`. The root may be one of its sub-directories.
    pub fn find(root: &Path, name: &str) -> Result<Self, RevisionError> {
        Self::find_by(&Git::in_directory(root), name)
    }

    pub(super) fn find_by(git: &Git, name: &str) -> Result<Self, RevisionError> {
        let (name, root) = (name.to_owned(), git.root().to_owned());
        let hash = match resolve(git, &name) {
            Ok(Some(hash)) => hash,
            Ok(None) => return Err(RevisionError::Unknown { name, root }),
            Err(source) => return Err(RevisionError::Git { name, root, source }),
        };
        let here = format!("{hash}:./");
        match git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &here]) {
            Ok(tree) => {
                let tree = String::from_utf8_lossy(&tree).trim().to_owned();
                Ok(Self { hash, git: git.clone(), tree })
            }
            Err(source) if is_no_answer(&source) => Err(RevisionError::Git { name, root, source }),
            Err(_) if is_bare(&root) => Err(RevisionError::Bare { root }),
            Err(_) => Err(RevisionError::NoCatalogs { name, root }),
        }
    }

    /// Who wrote it, by the name that `.mailmap` gives; `None` where that cannot be read.
    pub fn author(&self) -> Option<String> {
        let answer = self.git.ask(&[
            "show",
            "--no-patch",
            "--no-show-signature",
            "--format=%aN",
            "--end-of-options",
            &self.hash,
        ]);
        let author = String::from_utf8(answer.ok()?).ok()?;
        let author = author.lines().next().unwrap_or_default().trim();
        (!author.is_empty()).then(|| author.chars().take(LONGEST_NAME).collect())
    }

    /// Reads what `source::load` reads on disk. `name` is for the error.
    pub fn load(&self, name: &str) -> Result<Files, RevisionError> {
        let root = || self.git.root().to_owned();
        let failed = |source| RevisionError::Git { name: name.to_owned(), root: root(), source };
        let mut reader = Reader { commit: self, files: Files::default(), wanted: Vec::new(), listed: BTreeSet::new() };
        reader.choose().map_err(failed)?;
        if !reader.listed.iter().any(|listed| listed.0 == "catalogs") {
            return Err(RevisionError::NoCatalogs { name: name.to_owned(), root: root() });
        }
        reader.read().map_err(failed)
    }

    /// The content of an image file.
    pub fn read_image(&self, path: &str) -> Result<Vec<u8>, ImageError> {
        if !is_inside(path) || path.contains('\n') {
            return Err(ImageError::OutsideRoot);
        }
        let path = path.trim_start_matches("./");
        let found = self.look_up(&[path]).map_err(ImageError::Unreadable)?;
        match found.into_iter().next() {
            Some(Found::Object { kind, .. }) if kind != "blob" => Err(ImageError::NotAFile),
            Some(Found::Object { size, .. }) if size > MAX_IMAGE_BYTES => Err(ImageError::TooLarge),
            Some(Found::Object { hash, .. }) => {
                self.git.ask(&["cat-file", "blob", &hash]).map_err(ImageError::Unreadable)
            }
            Some(Found::Refused(OUTSIDE)) => Err(ImageError::OutsideRoot),
            Some(Found::Refused(_)) | None => Err(ImageError::Missing),
        }
    }

    /// Everything below a directory (only in `parts` of it, if there are any), links unfollowed, sorted by name; `prefix` is
    /// put before the names.
    fn list(&self, tree: &str, prefix: &str, parts: &[&str]) -> io::Result<Vec<Entry>> {
        let arguments = [&["ls-tree", "-r", "-t", "-z", "-l", "--full-tree", tree, "--"], parts].concat();
        let listing = self.git.ask(&arguments)?;
        let mut entries: Vec<Entry> =
            listing.split(|byte| *byte == 0).filter_map(|line| entry(&String::from_utf8_lossy(line), prefix)).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// What these paths lead to, links followed, in the order given.
    fn look_up(&self, paths: &[&str]) -> io::Result<Vec<Found>> {
        let names: String = paths.iter().map(|path| format!("{}:{path}\n", self.tree)).collect();
        let check = ["cat-file", "--batch-check", "--follow-symlinks"];
        let answer = self.git.ask_with(&check, Some(names.as_bytes()))?;
        let mut answer = answer.as_slice();
        paths.iter().map(|_| found(&mut answer)).collect()
    }

    /// The contents of objects.
    fn contents(&self, hashes: &[&str]) -> io::Result<Vec<Vec<u8>>> {
        let names: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
        let answer = self.git.ask_with(&["cat-file", "--batch"], Some(names.as_bytes()))?;
        let mut answer = answer.as_slice();
        hashes
            .iter()
            .map(|_| match found(&mut answer)? {
                Found::Object { size, .. } => {
                    let content = take(&mut answer, usize::try_from(size).unwrap_or(usize::MAX))?.to_vec();
                    take(&mut answer, 1)?;
                    Ok(content)
                }
                Found::Refused(why) => Err(io::Error::other(why)),
            })
            .collect()
    }
}

const OUTSIDE: &str = "is a link that leads out of the root";
const NOWHERE: &str = "is a link that leads nowhere, or in a circle";

/// `MODE TYPE HASH SIZE<TAB>NAME`
fn entry(line: &str, prefix: &str) -> Option<Entry> {
    let (facts, name) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, hash, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let name = format!("{prefix}{name}").into();
    Some(Entry { mode: mode.to_owned(), hash: hash.to_owned(), size: size.parse().unwrap_or(0), name })
}

/// The commit that `name` means in the repository that holds the directory; `None` if it means none there. The error: git
/// gave no answer.
fn resolve(git: &Git, name: &str) -> io::Result<Option<String>> {
    let commit = format!("{name}^{{commit}}");
    let answer = match git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) {
        Ok(answer) => answer,
        Err(error) if is_no_answer(&error) || error.kind() == io::ErrorKind::Interrupted => return Err(error),
        Err(_) => return Ok(None),
    };
    let revision = String::from_utf8(answer).unwrap_or_default();
    let revision = revision.trim();
    let is_hash = revision.len() >= 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(is_hash.then(|| revision.to_owned()))
}

/// One answer of `cat-file`: `HASH TYPE SIZE`, `NAME missing`, or a word with a length and that much text about a link.
fn found(answer: &mut &[u8]) -> io::Result<Found> {
    let end = answer.iter().position(|byte| *byte == b'\n').ok_or_else(cut_short)?;
    let line = String::from_utf8_lossy(take(answer, end)?).into_owned();
    take(answer, 1)?;
    let words: Vec<&str> = line.split(' ').collect();
    if let [word @ ("symlink" | "dangling" | "loop" | "notdir"), length] = words[..] {
        take(answer, length.parse().map_err(io::Error::other)?)?;
        take(answer, 1)?;
        return Ok(Found::Refused(if word == "symlink" { OUTSIDE } else { NOWHERE }));
    }
    match words[..] {
        [hash, kind, size] if hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            let size = size.parse().map_err(io::Error::other)?;
            Ok(Found::Object { hash: hash.to_owned(), kind: kind.to_owned(), size })
        }
        _ => Ok(Found::Refused("is not in the repository")),
    }
}

fn take<'a>(answer: &mut &'a [u8], length: usize) -> io::Result<&'a [u8]> {
    let (taken, rest) = answer.split_at_checked(length).ok_or_else(cut_short)?;
    *answer = rest;
    Ok(taken)
}

fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "git's answer breaks off")
}

struct Reader<'c> {
    commit: &'c Commit,
    files: Files,
    /// Files to read: name and object.
    wanted: Vec<(Arc<str>, String)>,
    /// Directories that were listed: name and object.
    listed: BTreeSet<(String, String)>,
}

impl Reader<'_> {
    /// Decides which files are to be read.
    fn choose(&mut self) -> io::Result<()> {
        let mut links = Vec::new();
        for entry in self.commit.list(&self.commit.tree, "", &Kind::ALL.map(Kind::top))? {
            self.sort_in(entry, &mut links);
        }
        // A link may lead to a directory with more links. Each lists an object that was not listed yet, so this ends.
        while !links.is_empty() {
            for (name, found) in self.follow(std::mem::take(&mut links))? {
                match found {
                    Found::Object { hash, kind, size } if kind == "blob" => self.want(name, hash, size),
                    Found::Object { hash, .. } if self.listed.iter().any(|listed| listed.1 == hash) => {
                        self.refuse(&name, "leads to a directory that is read already");
                    }
                    Found::Object { hash, .. } => {
                        for entry in self.commit.list(&hash, &format!("{name}/"), &[])? {
                            self.sort_in(entry, &mut links);
                        }
                        self.listed.insert((name.to_string(), hash));
                    }
                    Found::Refused(why) => self.refuse(&name, why),
                }
            }
        }
        Ok(())
    }

    fn follow(&mut self, links: Vec<Arc<str>>) -> io::Result<Vec<(Arc<str>, Found)>> {
        let paths: Vec<&str> = links.iter().map(|name| &**name).collect();
        let found = self.commit.look_up(&paths)?;
        Ok(links.into_iter().zip(found).collect())
    }

    /// Wants a file, notes a directory, or leaves a link for later.
    fn sort_in(&mut self, entry: Entry, links: &mut Vec<Arc<str>>) {
        let Entry { mode, hash, size, name } = entry;
        let Some(kind) = Kind::of_place(&name) else { return };
        let is_directory = mode == "040000";
        let is_link = mode == "120000";
        let ending_fits = kind.has_ending(&name);
        if is_directory && !ending_fits {
            self.listed.insert((name.to_string(), hash));
        } else if name.contains('\n') && (ending_fits || is_link) {
            self.refuse(&name, "has a line break in its name");
        } else if is_link && (ending_fits || kind.is_deep()) {
            links.push(name);
        } else if ending_fits && !is_directory && mode.starts_with("100") {
            self.want(name, hash, size);
        } else if ending_fits {
            self.refuse(&name, "is not a regular file");
        } else {
            self.files.diagnostics.extend(overlooked(&name, kind));
        }
    }

    fn want(&mut self, name: Arc<str>, hash: String, size: u64) {
        if kind_of(&name).is_none() {
            // A link to a file that would not be read itself.
            return;
        }
        if size > MAX_FILE_BYTES as u64 {
            self.files.unreadable.push(Arc::clone(&name));
            self.files.diagnostics.push(*text::too_large(&name, size));
        } else {
            self.wanted.push((name, hash));
        }
    }

    fn refuse(&mut self, name: &Arc<str>, why: &str) {
        let diagnostic = Diagnostic::error("file-unreadable", Place::start_of(name), format!("`{name}` {why}"));
        self.files.unreadable.push(Arc::clone(name));
        self.files.diagnostics.push(diagnostic.help("put a regular file here"));
    }

    fn read(mut self) -> io::Result<Files> {
        let mut by_hash: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
        for (name, hash) in std::mem::take(&mut self.wanted) {
            by_hash.entry(hash).or_default().push(name);
        }
        let hashes: Vec<&str> = by_hash.keys().map(String::as_str).collect();
        let contents = self.commit.contents(&hashes)?;
        for (names, content) in by_hash.values().zip(contents) {
            for name in names {
                match text::decoded(&content, name) {
                    Ok(file) => self.keep(file),
                    Err(diagnostic) => {
                        self.files.unreadable.push(Arc::clone(name));
                        self.files.diagnostics.push(*diagnostic);
                    }
                }
            }
        }
        let mut files = self.files;
        files.catalogs.sort_by(|a, b| a.path.cmp(&b.path));
        files.approvals.sort_by(|a, b| a.path.cmp(&b.path));
        if files.catalogs.is_empty() && files.unreadable.is_empty() {
            files.diagnostics.push(no_definitions());
        }
        files.unreadable.sort();
        Ok(files)
    }

    fn keep(&mut self, file: SourceFile) {
        match kind_of(&file.path) {
            Some(Kind::Settings) => self.files.settings = Some(file),
            Some(Kind::Definition) => self.files.catalogs.push(PackedFile::from(&file)),
            Some(Kind::Approval) => self.files.approvals.push(file),
            None => {}
        }
    }
}
