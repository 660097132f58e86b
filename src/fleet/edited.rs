//! The root as it would be with some files changed: for looking at an edit before it is written.

use std::{collections::BTreeMap, sync::Arc};

use super::Loaded;
use crate::document::SourceFile;
use crate::source::Revision;

impl Loaded {
    /// The definition files, sorted by path.
    pub fn catalogs(&self) -> &[SourceFile] {
        &self.files.catalogs
    }

    /// The settings file.
    pub fn settings_file(&self) -> Option<&SourceFile> {
        self.files.settings.as_ref()
    }

    /// The same root with other texts in some definition files. Settings, images and what is wrong with files as such are
    /// as they were.
    #[must_use]
    pub fn with_texts(&self, texts: &BTreeMap<Arc<str>, Arc<str>>) -> Self {
        let mut files = self.files.clone();
        for file in &mut files.catalogs {
            if let Some(text) = texts.get(&file.path) {
                file.text = Arc::clone(text);
            }
        }
        let revision = Revision { commit: self.revision.clone(), author: self.author.clone(), unknown: None };
        super::decode(&self.root, files, super::local_images::Place::OnDisk, revision)
    }
}
