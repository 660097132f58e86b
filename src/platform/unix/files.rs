//! What tells one file, and one state of it, from another.

use std::{
    fs::{FileType, Metadata},
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::Path,
    time::Duration,
};

/// What two files of one moment do not share: device and inode.
pub type Identity = (u64, u64);

/// The identity of what `path` leads to, of which `metadata` was read.
pub fn identity_of(_path: &Path, metadata: &Metadata) -> Option<Identity> {
    Some((metadata.dev(), metadata.ino()))
}

/// The identity of what `path` leads to.
pub fn identity(path: &Path) -> Option<Identity> {
    identity_of(path, &path.metadata().ok()?)
}

/// What changes whenever the content of a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    identity: Identity,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            identity: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// When the file was changed last, since 1970: by a time that cannot be set by hand.
    pub fn changed(&self) -> Duration {
        u64::try_from(self.changed.0).map_or(Duration::MAX, Duration::from_secs)
    }
}

/// Whether it is a named pipe.
pub fn is_pipe(kind: FileType) -> bool {
    kind.is_fifo()
}

/// How many bytes are free for us where `dir` is; `None`: the system does not tell.
pub fn free_bytes(dir: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(dir).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

/// Whether the system has no more open files to give.
pub fn is_out_of_files(error: &io::Error) -> bool {
    let exhausted = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
    error.raw_os_error().is_some_and(|code| exhausted.iter().any(|known| known.raw_os_error() == code))
}
