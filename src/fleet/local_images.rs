//! The image files of a root: read from the same place as its definitions, once each, and looked at.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    definition::ImageFile,
    images::{self, Finding},
    settings,
    source::{self, Commit, Doing, ImageError},
};

/// Where files are.
pub(super) enum Place {
    OnDisk,
    Committed(Commit),
}

/// The image files that were asked for so far.
pub(super) struct LocalImages {
    root: PathBuf,
    place: Place,
    /// Where such files are published.
    base_url: Option<String>,
    doing: Doing,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    files: HashMap<String, ImageFile>,
    /// What is wrong with them, by the address under which they are published.
    findings: HashMap<String, Vec<Finding>>,
}

impl LocalImages {
    /// What `seen` has read on disk is not read again.
    pub(super) fn new(
        root: PathBuf,
        place: Place,
        base_url: Option<String>,
        doing: Doing,
        seen: Option<&Self>,
    ) -> Self {
        let is_same =
            |seen: &&Self| matches!((&place, &seen.place), (Place::OnDisk, Place::OnDisk)) && seen.base_url == base_url;
        let known = seen.filter(is_same).map(|seen| Arc::clone(&seen.known)).unwrap_or_default();
        Self { root, place, base_url, doing, known }
    }

    /// Whether what one has read counts for the other.
    pub(super) fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.known, &other.known)
    }

    /// The address under which a file is published.
    pub(super) fn file(&self, path: &str) -> ImageFile {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = known.files.get(path) {
            return file.clone();
        }
        // Outlets are judged side by side, but only one reads a file at a time.
        self.doing.set(path);
        let file = match &self.base_url {
            None => ImageFile::Missing(no_base_url(path)),
            Some(base) => match self.read(path) {
                Err(error) => ImageFile::Missing(format!("image `{path}`: {error}")),
                Ok(bytes) => {
                    let url = format!("{base}{path}?v={}", source::image_hash(&bytes));
                    known.findings.insert(url.clone(), images::judge(&bytes, None));
                    ImageFile::Found { url }
                }
            },
        };
        known.files.insert(path.to_owned(), file.clone());
        file
    }

    /// The files that were asked for, and whether each could be read.
    pub(super) fn asked(&self) -> BTreeMap<String, bool> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.files.iter().map(|(path, file)| (path.clone(), matches!(file, ImageFile::Found { .. }))).collect()
    }

    /// What is wrong with the file that is published at `url`; `None` if it is no file of the root.
    pub(super) fn findings(&self, url: &str) -> Option<Vec<Finding>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).findings.get(url).cloned()
    }

    /// The bytes of the file that is published at `url`; `None` if it is no file of the root, or gone.
    pub(super) fn bytes(&self, url: &str) -> Option<Vec<u8>> {
        let path = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let is_it = |file: &ImageFile| matches!(file, ImageFile::Found { url: known } if known == url);
            known.files.iter().find(|(_, file)| is_it(file)).map(|(path, _)| path.clone())
        };
        self.read(&path?).ok()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ImageError> {
        match &self.place {
            Place::OnDisk => source::read_image(&self.root, path),
            Place::Committed(commit) => commit.read_image(path),
        }
    }
}

fn no_base_url(path: &str) -> String {
    format!(
        "`{path}` is a file of the root, but {} does not say where such files are published: it has no `images: {{base_url: \
         https://…/}}`",
        settings::FILE
    )
}
