//! What tells one file, and one state of it, from another.

use std::{
    fs::{FileType, Metadata},
    io,
    os::windows::fs::MetadataExt as _,
    path::Path,
    time::Duration,
};

use winapi_util::{Handle, file::information};

/// What two files of one moment do not share: serial number of the volume, and index in it.
pub type Identity = (u64, u64);

/// The identity of what `path` leads to. Metadata does not have it: the file is opened.
pub fn identity_of(path: &Path, _metadata: &Metadata) -> Option<Identity> {
    identity(path)
}

/// The identity of what `path` leads to.
pub fn identity(path: &Path) -> Option<Identity> {
    let known = information(Handle::from_path_any(path).ok()?).ok()?;
    Some((known.volume_serial_number(), known.file_index()))
}

/// What changes whenever the content of a file does, unless somebody sets the time back by hand: Windows tells no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    created: u64,
    written: u64,
}

/// Between 1601, where the times of Windows begin, and 1970.
const BEFORE_1970: Duration = Duration::from_secs(11_644_473_600);

impl Stamp {
    /// The stamp of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.file_size(), created: metadata.creation_time(), written: metadata.last_write_time() }
    }

    /// When the file was written last, since 1970.
    pub fn changed(&self) -> Duration {
        // In steps of 100 ns.
        Duration::from_micros(self.written / 10).saturating_sub(BEFORE_1970)
    }
}

/// Whether it is a named pipe: these are not among files.
pub fn is_pipe(_kind: FileType) -> bool {
    false
}

/// How many bytes are free for us where `dir` is; `None`: it is not asked.
pub fn free_bytes(_dir: &Path) -> Option<u64> {
    None
}

/// Whether the system has no more open files to give: it has no such limit.
pub fn is_out_of_files(_error: &io::Error) -> bool {
    false
}
