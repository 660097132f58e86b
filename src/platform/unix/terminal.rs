//! Terminals and the streams of a process.

use std::{
    fs::File,
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
};

use rustix::termios::tcgetwinsize;

use super::files::Identity;

/// A stream of the system.
pub use std::os::fd::AsFd as Descriptor;

/// How wide a terminal is; `None`: it is none, or does not say.
pub fn columns(stream: &impl Descriptor) -> Option<usize> {
    tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// The same stream past the lock that the standard library puts before it, which whoever hangs in writing to it has.
pub fn past_its_lock(stream: &impl Descriptor) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

/// Device and inode of a stream, and whether it is a socket.
pub fn identity_of(stream: &impl Descriptor) -> Option<(Identity, bool)> {
    let metadata = past_its_lock(stream).and_then(|file| file.metadata()).ok()?;
    Some(((metadata.dev(), metadata.ino()), metadata.file_type().is_socket()))
}
