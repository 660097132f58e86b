//! The walk over the root: which files are read, in which order, and which are refused.

use std::{
    collections::BTreeSet,
    fs::FileType,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Doing, Files, Kind, SourceError,
    git::is_bare,
    text::{self, Resolved, resolve},
};
use crate::{
    diagnostic::{Diagnostic, Place},
    document::{PackedFile, SourceFile},
    platform::paths::canonicalize,
    settings,
};

/// Reads `menusync.yaml`, `catalogs/` and `approvals/` below `root`. Names that begin with a dot are passed over; links are
/// followed within the root.
///
/// An `Err` means that nothing is known about any file; single files that cannot be read are in [`Files::unreadable`].
pub fn load(root: &Path) -> Result<Files, SourceError> {
    load_noting(root, &Doing::default())
}

/// The same, noting what is waited for.
pub fn load_noting(root: &Path, doing: &Doing) -> Result<Files, SourceError> {
    doing.set("the root");
    let unreadable = |source| SourceError::Root { root: root.to_owned(), source };
    let real = canonicalize(root).map_err(unreadable)?;
    real.read_dir().map_err(unreadable)?;
    check_catalogs(root, &real)?;
    let mut walk = Walk { root: &real, doing, files: Files::default(), seen: BTreeSet::new() };
    let settings = walk.settings();
    let mut catalogs = Vec::new();
    walk.directory(Kind::Definition, &mut |file| catalogs.push(PackedFile::from(&file)));
    let mut approvals = Vec::new();
    walk.directory(Kind::Approval, &mut |file| approvals.push(file));
    catalogs.sort_by(|a, b| a.path.cmp(&b.path));
    approvals.sort_by(|a, b| a.path.cmp(&b.path));
    let mut files = walk.files;
    if catalogs.is_empty() && files.unreadable.is_empty() {
        files.diagnostics.push(no_definitions());
    }
    files.unreadable.sort();
    Ok(Files { settings, catalogs, approvals, ..files })
}

/// The code of a root without definitions.
pub(super) const NO_DEFINITIONS: &str = "no-definitions";

pub(super) fn no_definitions() -> Diagnostic {
    let place = Place::start_of(&"catalogs".into());
    let message = "there is no definition under `catalogs`: nothing is compared, nothing is pushed";
    Diagnostic::error(NO_DEFINITIONS, place, message).help("put a .yaml, .yml or .json file there")
}

/// `catalogs` must be a directory of the root that can be listed; else an empty list would look like empty menus.
fn check_catalogs(given: &Path, real: &Path) -> Result<(), SourceError> {
    let path = real.join("catalogs");
    if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        if is_bare(real) {
            return Err(SourceError::Bare { root: given.to_owned() });
        }
        let is_root = |above: &&Path| above.join("menusync.yaml").is_file() && above.join("catalogs").is_dir();
        let above = real.ancestors().skip(1).find(is_root).map(Path::to_owned);
        let is_foreign = above.as_ref().is_some_and(|above| !settings::is_our_root(above));
        return Err(SourceError::NoCatalogs { root: given.to_owned(), above, is_foreign });
    }
    let listed = match resolve(real, &path) {
        Ok(Resolved::Inside(directory)) => directory.read_dir().map(drop),
        Ok(Resolved::Outside(target)) => {
            Err(io::Error::other(format!("it is a link that leads out of the root, to {}", target.display())))
        }
        Err(error) => Err(error),
    };
    listed.map_err(|source| SourceError::Catalogs { path, source })
}

struct Walk<'r> {
    /// Without links.
    root: &'r Path,
    doing: &'r Doing,
    files: Files,
    /// Directories that were listed, by their real path: links may lead to one again, or in a circle.
    seen: BTreeSet<PathBuf>,
}

/// What a directory holds under one name.
struct Entry {
    /// Relative to the root.
    name: Arc<str>,
    path: PathBuf,
    file_type: FileType,
}

/// A directory to list.
struct Directory {
    path: PathBuf,
    name: String,
}

impl Walk<'_> {
    /// `menusync.yaml`, if it exists.
    fn settings(&mut self) -> Option<SourceFile> {
        let path = self.root.join(settings::FILE);
        let exists = path.symlink_metadata().is_ok();
        exists.then(|| self.read(&path, &settings::FILE.into())).flatten()
    }

    /// Finds all files of a kind in its directory of the root; none if that does not exist.
    fn directory(&mut self, kind: Kind, found: &mut dyn FnMut(SourceFile)) {
        let path = self.root.join(kind.top());
        if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return;
        }
        let mut waiting = vec![Directory { path, name: kind.top().to_owned() }];
        // What links lead to comes last: a directory then has the name that it has without them.
        let mut linked = Vec::new();
        while let Some(directory) = waiting.pop().or_else(|| linked.pop()) {
            for Entry { name, path, file_type } in self.list(&directory) {
                let is_link = file_type.is_symlink();
                if kind.has_ending(&name) {
                    self.read(&path, &name).into_iter().for_each(&mut *found);
                } else if kind.is_deep() && (file_type.is_dir() || is_link && path.is_dir()) {
                    let directory = Directory { path, name: name.to_string() };
                    if is_link { linked.push(directory) } else { waiting.push(directory) }
                } else {
                    self.files.diagnostics.extend(overlooked(&name, kind));
                }
            }
        }
    }

    /// The entries of a directory, without those whose name begins with a dot.
    fn list(&mut self, directory: &Directory) -> Vec<Entry> {
        let name: Arc<str> = directory.name.as_str().into();
        self.doing.set(&name);
        match self.enter(directory, &name) {
            Ok(entries) => entries,
            Err(diagnostic) => {
                self.refuse(&name, *diagnostic);
                Vec::new()
            }
        }
    }

    fn enter(&mut self, directory: &Directory, name: &Arc<str>) -> Result<Vec<Entry>, text::Refusal> {
        let unreadable = |error| text::unreadable(name, &error);
        let real = match resolve(self.root, &directory.path).map_err(unreadable)? {
            Resolved::Inside(real) => real,
            Resolved::Outside(real) => return Err(text::outside(name, &real)),
        };
        if !self.seen.insert(real.clone()) {
            return Err(Box::new(
                Diagnostic::error(
                    "file-unreadable",
                    Place::start_of(name),
                    format!("`{name}` leads to a directory that is read already"),
                )
                .help("remove the link: its files would count twice"),
            ));
        }
        let mut entries = Vec::new();
        for entry in real.read_dir().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let file_name = entry.file_name();
            let file_name = file_name.to_string_lossy();
            if !file_name.starts_with('.') {
                let name = format!("{}/{file_name}", directory.name);
                let file_type = entry.file_type().map_err(unreadable)?;
                entries.push(Entry { name: name.into(), path: entry.path(), file_type });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&mut self, path: &Path, name: &Arc<str>) -> Option<SourceFile> {
        self.doing.set(name);
        match text::read(self.root, path, name) {
            Ok(file) => Some(file),
            Err(diagnostic) => {
                self.refuse(name, *diagnostic);
                None
            }
        }
    }

    fn refuse(&mut self, name: &Arc<str>, diagnostic: Diagnostic) {
        self.files.unreadable.push(Arc::clone(name));
        self.files.diagnostics.push(diagnostic);
    }
}

/// `kuta.YAML`, or an approval in `a.yml`, is easily taken for one of ours.
pub(super) fn overlooked(name: &Arc<str>, kind: Kind) -> Option<Diagnostic> {
    let (stem, ending) = name.rsplit_once('.')?;
    let (small, endings) = (ending.to_lowercase(), kind.endings());
    if endings.contains(&ending) || !Kind::Definition.endings().contains(&&*small) {
        return None;
    }
    let (why, right) = match endings {
        endings if endings.contains(&&*small) => ("endings are in small letters".to_owned(), &*small),
        endings => (format!("files here end in .{}", endings.join(", .")), *endings.first()?),
    };
    let message = format!("`{name}` is not read: {why}");
    let help = format!("rename it to `{stem}.{right}`");
    Some(Diagnostic::warning("file-ignored", Place::start_of(name), message).help(help))
}
