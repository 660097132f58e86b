//! What the watched files contained at one moment, and how two moments differ.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};

use crate::platform::{
    files::{Identity, Stamp, identity_of},
    paths::canonicalize,
};

/// What is watched, relative to the root.
const SETTINGS: &str = "menusync.yaml";
const DIRECTORIES: [&str; 2] = ["catalogs", "approvals"];
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Bigger files are refused when read; here they are judged by size and times only.
const MOST_BYTES: u64 = 8 << 20;

/// Links may make a small tree endless; these end the walk (our choice).
const MOST_DEPTH: usize = 64;
const MOST_ENTRIES: usize = 100_000;

/// File times move in steps, so a file written shortly before it was read may change again without a new time.
const COARSE: Duration = Duration::from_secs(2);

/// The watched files by relative path.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    files: BTreeMap<String, Seen>,
    /// Those that are watched by name.
    others: BTreeMap<String, Other>,
}

#[derive(Debug)]
struct Other {
    /// `None`: not there.
    seen: Option<Seen>,
    /// Whether it was there when it was read.
    was_there: bool,
}

#[derive(Debug, Clone)]
struct Seen {
    stamp: Stamp,
    /// `None`: could not be read, or is too big.
    hash: Option<[u8; 32]>,
    /// Whether an equal `stamp` proves equal content.
    settled: bool,
}

impl Snapshot {
    /// Looks at the files under `root` and at `others`. Those that stand in `known` with the same size and times are not
    /// read again; with `full`, only `others` of these, as images may be many and large.
    pub(super) fn take(root: &Path, others: &BTreeMap<String, bool>, known: &Self, full: bool) -> Self {
        let Ok(real) = canonicalize(root) else { return Self::default() };
        let mut walk = Walk { real, known: (!full).then_some(known), files: BTreeMap::new(), entries: 0 };
        walk.entry(&root.join(SETTINGS), SETTINGS, &mut Vec::new());
        for name in DIRECTORIES {
            walk.entry(&root.join(name), name, &mut Vec::new());
        }
        let other = |(name, was_there): (&String, &bool)| {
            let known = known.others.get(name);
            let seen = walk.other(name, known.and_then(|known| known.seen.as_ref()));
            (name.clone(), Other { seen, was_there: *was_there })
        };
        let others = others.iter().map(other).collect();
        Self { files: walk.files, others }
    }

    /// The paths that are in one of the two only, or differ in content. What is watched by name no more is of no interest.
    pub(super) fn differences(&self, later: &Self) -> BTreeSet<String> {
        let differs = |path: &&String| differ(self.files.get(*path), later.files.get(*path));
        let files = self.files.keys().chain(later.files.keys()).filter(differs);
        let others = later.others.iter().filter(|(path, other)| match (self.others.get(*path), &other.seen) {
            (Some(Other { seen: None, .. }), None) => false,
            (Some(before), seen) => differ(before.seen.as_ref(), seen.as_ref()),
            (None, seen) => other.was_there || seen.is_some(),
        });
        files.chain(others.map(|(path, _)| path)).cloned().collect()
    }
}

fn differ(one: Option<&Seen>, other: Option<&Seen>) -> bool {
    !matches!((one, other), (Some(one), Some(other)) if one.equals(other))
}

impl Seen {
    fn equals(&self, other: &Self) -> bool {
        match (self.hash, other.hash) {
            (Some(one), Some(two)) => one == two,
            (None, None) => self.stamp == other.stamp,
            _ => false,
        }
    }
}

struct Walk<'a> {
    real: PathBuf,
    known: Option<&'a Snapshot>,
    files: BTreeMap<String, Seen>,
    entries: usize,
}

impl Walk<'_> {
    /// Takes in `path`, called `name` from the root; `above` are the directories on the way, so that loops end.
    fn entry(&mut self, path: &Path, name: &str, above: &mut Vec<Option<Identity>>) {
        self.entries += 1;
        let Some(meta) = self.look(path).filter(|_| self.entries <= MOST_ENTRIES) else { return };
        if meta.is_dir() {
            self.directory(path, name, identity_of(path, &meta), above);
        } else if meta.is_file() && has_extension(path) {
            let seen = self.file(path, name, &meta);
            self.files.insert(name.to_owned(), seen);
        }
    }

    /// What `path` leads to, unless that is outside of the root: such links are refused when read.
    fn look(&self, path: &Path) -> Option<Metadata> {
        let meta = fs::symlink_metadata(path).ok()?;
        if !meta.is_symlink() {
            return Some(meta);
        }
        let target = canonicalize(path).ok().filter(|target| target.starts_with(&self.real))?;
        fs::metadata(target).ok()
    }

    fn directory(&mut self, path: &Path, name: &str, id: Option<Identity>, above: &mut Vec<Option<Identity>>) {
        if above.len() >= MOST_DEPTH || id.is_some() && above.contains(&id) {
            return;
        }
        let Ok(entries) = fs::read_dir(path) else { return };
        above.push(id);
        for entry in entries.flatten() {
            let file_name = entry.file_name();
            if !file_name.as_encoded_bytes().starts_with(b".") {
                self.entry(&entry.path(), &format!("{name}/{}", file_name.to_string_lossy()), above);
            }
        }
        above.pop();
    }

    fn file(&self, path: &Path, name: &str, meta: &Metadata) -> Seen {
        read(path, meta, self.known.and_then(|known| known.files.get(name)))
    }

    /// A file by the name that a definition gives it, which may lead anywhere.
    fn other(&self, name: &str, known: Option<&Seen>) -> Option<Seen> {
        let path = canonicalize(&self.real.join(name)).ok().filter(|path| path.starts_with(&self.real))?;
        let meta = fs::metadata(&path).ok().filter(Metadata::is_file)?;
        Some(read(&path, &meta, known))
    }
}

fn read(path: &Path, meta: &Metadata, known: Option<&Seen>) -> Seen {
    let stamp = Stamp::of(meta);
    if let Some(known) = known.filter(|known| known.settled && known.stamp == stamp) {
        return known.clone();
    }
    let settled = is_settled(&stamp);
    let content = (meta.len() <= MOST_BYTES).then(|| fs::read(path).ok()).flatten();
    Seen { stamp, hash: content.map(|content| Sha256::digest(content).into()), settled }
}

/// A clock that jumped makes it unsettled, which only costs a reading.
fn is_settled(stamp: &Stamp) -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.checked_sub(stamp.changed()).is_some_and(|age| age > COARSE)
}

fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}
