//! The photos in a directory: which there are, and the bytes of one. Nothing outside of the directory is read.

use std::{
    collections::BTreeSet,
    fs::DirEntry,
    io,
    path::{Path, PathBuf},
};

use super::image::{ImageError, read_inside};
use crate::{platform::paths::with_slashes, rules::has_picture_ending};

/// Larger files are not read (our choice: cameras of today, several times over).
const MAX_PHOTO_BYTES: u64 = 32 * 1024 * 1024;

/// What a directory holds.
#[derive(Debug, Default)]
pub struct PhotoFiles {
    /// Files that are photos by their ending, and those that were asked for; relative to the directory, sorted.
    pub photos: Vec<String>,
    /// Other files.
    pub others: Vec<String>,
    /// What cannot be looked at, and why.
    pub refused: Vec<(String, String)>,
}

/// Lists a directory and those below it. Names that begin with a dot are passed over, directories that are links are not
/// entered. `is_wanted` says of a file whether it is a photo whatever its name ends with.
pub fn list_photos(dir: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> io::Result<PhotoFiles> {
    let mut found = PhotoFiles::default();
    // By their full path; the first one has to be there.
    let mut waiting = BTreeSet::from([PathBuf::new()]);
    while let Some(below) = waiting.pop_first() {
        let entries = match sorted(&dir.join(&below)) {
            Err(error) if below.as_os_str().is_empty() => return Err(error),
            Err(error) => {
                found.refused.push((with_slashes(&below), format!("it cannot be listed: {error}")));
                continue;
            }
            Ok(entries) => entries,
        };
        for entry in entries {
            let path = below.join(entry.file_name());
            let name = with_slashes(&path);
            if path.to_str().is_none() {
                found.refused.push((name, "its name is not UTF-8: rename it".to_owned()));
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => drop(waiting.insert(path)),
                Ok(kind) if kind.is_symlink() && entry.path().is_dir() => {
                    found.refused.push((name, "it is a link to a directory, which is not entered".to_owned()));
                }
                _ if has_picture_ending(&name) || is_wanted(&entry.path()) => found.photos.push(name),
                _ => found.others.push(name),
            }
        }
    }
    found.photos.sort();
    found.others.sort();
    found.refused.sort();
    Ok(found)
}

fn sorted(dir: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = dir.read_dir()?.collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// A photo of a directory that cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// Not below the directory, through a link.
    #[error("it is a link that leads out of the directory: put the file itself there")]
    Outside,
    /// A link.
    #[error("what it leads to does not exist")]
    Missing,
    /// As of images.
    #[error(transparent)]
    Image(ImageError),
    /// Over 32 MB.
    #[error("it has more than {} MB, and is not read: make it smaller", MAX_PHOTO_BYTES / 1024 / 1024)]
    TooLarge,
}

/// The content of the photo `name` of a directory.
pub fn read_photo(dir: &Path, name: &str) -> Result<Vec<u8>, PhotoError> {
    match read_inside(dir, name, MAX_PHOTO_BYTES) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(PhotoError::TooLarge),
        Err(ImageError::OutsideRoot) => Err(PhotoError::Outside),
        Err(ImageError::Missing) => Err(PhotoError::Missing),
        Err(error) => Err(PhotoError::Image(error)),
    }
}

/// The content of a file that may be a copy of a photo: a regular file, no link, of a size that copies have.
pub fn read_photo_copy(path: &Path) -> Option<Vec<u8>> {
    let metadata = path.symlink_metadata().ok()?;
    let may_be = metadata.is_file() && metadata.len() <= super::MAX_IMAGE_BYTES;
    may_be.then(|| super::text::read_at_most(path, super::MAX_IMAGE_BYTES).ok()).flatten()
}
