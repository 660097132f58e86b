//! The content of an image that is a file of the root, and its hash. Whether it is a good image is judged elsewhere.

use std::{
    io,
    path::{Component, Path},
};

use sha2::{Digest, Sha256};

use super::text::{Resolved, read_at_most, resolve};
use crate::platform::paths::canonicalize;

/// GoFood takes images of at most 1 MB (documentation, which does not say whether that is a million bytes or 1024²); larger
/// files are not read.
pub const MAX_IMAGE_BYTES: u64 = 1024 * 1024;

/// An image file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Not below the root, as written or through a link.
    #[error("it is not below the root: write a path relative to the root, without `..`")]
    OutsideRoot,
    /// There is no such file.
    #[error("there is no such file below the root")]
    Missing,
    /// A directory, a pipe.
    #[error("it is not a regular file")]
    NotAFile,
    /// Over [`MAX_IMAGE_BYTES`].
    #[error("it is larger than 1 MB, which GoFood refuses: make it smaller")]
    TooLarge,
    /// Exists but cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
}

/// The first 12 hexadecimal digits of the SHA-256 of an image: enough that another picture has another address.
pub fn image_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether `path` stays below the root as it is written.
pub(super) fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// The content of the file `path`, which is relative to `root`.
pub fn read_image(root: &Path, path: &str) -> Result<Vec<u8>, ImageError> {
    read_inside(root, path, MAX_IMAGE_BYTES)?.ok_or(ImageError::TooLarge)
}

/// The same; `None`: it has more than `limit` bytes.
pub(super) fn read_inside(root: &Path, path: &str, limit: u64) -> Result<Option<Vec<u8>>, ImageError> {
    if !is_inside(path) {
        return Err(ImageError::OutsideRoot);
    }
    let root = canonicalize(root).map_err(unreadable)?;
    let Resolved::Inside(real) = resolve(&root, &root.join(path)).map_err(unreadable)? else {
        return Err(ImageError::OutsideRoot);
    };
    if !real.metadata().map_err(unreadable)?.is_file() {
        return Err(ImageError::NotAFile);
    }
    let bytes = read_at_most(&real, limit).map_err(unreadable)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

fn unreadable(error: io::Error) -> ImageError {
    match error.kind() {
        io::ErrorKind::NotFound => ImageError::Missing,
        _ => ImageError::Unreadable(error),
    }
}
