//! The files of the root, read safely.
//!
//! What cannot be read is reported and named, never skipped in silence: a file that is missing must not look like one
//! that could not be read, and neither may look like a menu to be emptied. What the texts mean is `document`'s.

mod blame;
mod committed;
mod doing;
mod git;
mod image;
mod kind;
mod operator;
mod photos;
mod revision;
mod text;
mod tree;
mod worktree;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

pub use blame::{LineOrigin, line_origins};
pub use committed::{Commit, RevisionError};
pub use doing::Doing;
pub use git::end_all_calls;
pub use image::{ImageError, MAX_IMAGE_BYTES, image_hash, read_image};
pub use kind::{Kind, kind_of};
pub use operator::operator_settings;
pub use photos::{PhotoError, PhotoFiles, list_photos, read_photo, read_photo_copy};
pub use revision::{Revision, revision, why_no_revision};
pub use tree::{load, load_noting};
pub use worktree::{check_settled, git_dir, pulled_at};

use crate::{
    diagnostic::Diagnostic,
    document::{PackedFile, SourceFile},
};

/// The files of a root, each list sorted by path.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// `menusync.yaml`; `None` if there is none or it is unreadable.
    pub settings: Option<SourceFile>,
    /// The settings of the operator, from outside of the root.
    pub operator: Option<SourceFile>,
    /// Why these cannot be used, though some are named: what they reserve is not known then.
    pub operator_refused: Option<Diagnostic>,
    /// `catalogs/**/*.yaml`, `*.yml`, `*.json`.
    pub catalogs: Vec<PackedFile>,
    /// `approvals/*.yaml`.
    pub approvals: Vec<SourceFile>,
    /// Files and directories that are there but were refused or could not be read: what they hold is not known.
    pub unreadable: Vec<Arc<str>>,
    /// Why, and what else is odd.
    pub diagnostics: Vec<Diagnostic>,
}

/// Texts of files, by their path in the root.
pub type Texts = BTreeMap<Arc<str>, Arc<str>>;

impl Files {
    /// The same files with other texts in some, and with those that are not there yet. What a text can mend of reading those
    /// is wrong no more; what was refused for where it is, such as a link out of the root, stays refused.
    #[must_use]
    pub fn with_texts(&self, texts: &Texts) -> Self {
        let mut files = self.clone();
        for (path, text) in texts.iter().filter(|(path, _)| !self.is_refused(path)) {
            let file = SourceFile { path: Arc::clone(path), text: Arc::clone(text) };
            match kind_of(path) {
                Some(Kind::Settings) => files.settings = Some(file),
                Some(Kind::Definition) => put(&mut files.catalogs, PackedFile::from(&file), |known| &known.path),
                Some(Kind::Approval) => put(&mut files.approvals, file, |known| &known.path),
                None => continue,
            }
            files.unreadable.retain(|unreadable| unreadable != path);
            files.diagnostics.retain(|wrong| wrong.place.as_ref().is_none_or(|place| place.file != *path));
        }
        if !files.catalogs.is_empty() {
            files.diagnostics.retain(|wrong| wrong.code != tree::NO_DEFINITIONS);
        }
        files
    }

    /// Whether the file, or a directory that it is in, was refused for something other than its text.
    fn is_refused(&self, path: &str) -> bool {
        let holds =
            |refused: &str| path.strip_prefix(refused).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let of_place = self.diagnostics.iter().filter(|wrong| wrong.is_error() && !text::can_be_mended(wrong));
        let mut places = of_place.filter_map(|wrong| wrong.place.as_ref());
        places.any(|place| holds(&place.file) && self.unreadable.contains(&place.file))
    }
}

fn put<F>(files: &mut Vec<F>, file: F, path: impl Fn(&F) -> &Arc<str>) {
    match files.binary_search_by(|known| path(known).cmp(path(&file))) {
        Ok(at) => files[at] = file,
        Err(at) => files.insert(at, file),
    }
}

/// A root that cannot be read at all. It says nothing about any outlet: absence is never deletion.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The root does not exist or may not be entered.
    #[error("cannot read the root {} (the directory that holds `catalogs/`, given by --root or MENUSYNC_ROOT)", root.display())]
    Root {
        /// As it was given.
        root: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The files are those of no commit and nobody's wish.
    #[error("git is in the middle of a {operation} in the work tree; end it by `git {operation}{}", ends(operation))]
    Unfinished {
        /// `rebase`, `bisect`, …
        operation: &'static str,
    },
    /// A bare git repository, such as a server has.
    #[error("{}", git::words_for_bare(root))]
    Bare {
        /// As it was given.
        root: PathBuf,
    },
    /// The root has no `catalogs/`.
    #[error(
        "{} has no directory `catalogs`: give {} as --root or MENUSYNC_ROOT{}",
        root.display(),
        above.as_ref().map_or_else(|| "the directory that holds it".to_owned(), |above| above.display().to_string()),
        if *is_foreign {
            " if it is meant: it belongs to another user, and is not taken by itself"
        } else {
            ", or begin with `menusync init`"
        }
    )]
    NoCatalogs {
        /// As it was given.
        root: PathBuf,
        /// A directory above it that is a root, and was not taken: another root was given, or it is another user's.
        above: Option<PathBuf>,
        /// Another user could have written that one's settings.
        is_foreign: bool,
    },
    /// `catalogs/` exists but cannot be listed, or leads out of the root.
    #[error("cannot read {}: check that it is a directory inside of the root and its permissions", path.display())]
    Catalogs {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn ends(operation: &str) -> &'static str {
    if operation == "bisect" { " reset`" } else { " --continue` or `--abort`" }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
