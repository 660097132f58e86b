//! Terminals and the streams of a process.

use std::{fs::File, io};

use super::files::Identity;

/// A stream of the system.
pub use std::os::windows::io::AsHandle as Descriptor;

/// How wide a terminal is; `None`: it is none, or does not say.
pub fn columns(stream: &impl Descriptor) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

/// The same stream past the lock that the standard library puts before it, which whoever hangs in writing to it has.
pub fn past_its_lock(stream: &impl Descriptor) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}

/// Device and inode of a stream, and whether it is a socket: nobody here gives streams away by these.
pub fn identity_of(_stream: &impl Descriptor) -> Option<(Identity, bool)> {
    None
}
