//! Where the image files of a root are read from: the same place as its definitions.

use std::path::Path;

use crate::source::{self, Commit, ImageError};

pub(super) enum Photos {
    OnDisk,
    Committed(Commit),
}

impl Photos {
    pub(super) fn read(&self, root: &Path, path: &str) -> Result<Vec<u8>, ImageError> {
        match self {
            Self::OnDisk => source::read_image(root, path),
            Self::Committed(commit) => commit.read_image(path),
        }
    }
}
