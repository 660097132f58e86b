//! Who may read and write a file.

use std::{
    fs::{DirBuilder, Metadata, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::Path,
};

/// Who could have written a file, for messages about one that others could.
pub const FOREIGN: &str = "belongs to another user, who";

/// What to type so that only this user and root can write the file `name`.
pub fn how_to_own(name: &str) -> String {
    format!("`chown root {name} && chmod 644 {name}`")
}

/// Whether neither a link nor what it leads to belongs to another user than this one and root.
pub fn is_ours(path: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    let of_us = |metadata: io::Result<Metadata>| metadata.is_ok_and(|known| [0, user].contains(&known.uid()));
    of_us(path.symlink_metadata()) && of_us(path.metadata())
}

/// Whether a file belongs to this user or to root, and nobody else may write it.
pub fn is_only_ours(path: &Path) -> bool {
    is_ours(path) && path.metadata().is_ok_and(|known| known.mode() & 0o022 == 0)
}

/// Whether every user may read a file; `None`: that cannot be told.
pub fn is_open_to_all(path: &Path) -> Option<bool> {
    Some(path.metadata().is_ok_and(|file| file.permissions().mode() & 0o004 != 0))
}

/// Makes a directory, and those above it, for this user only.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// The rights of a new file: the process's umask takes away what it takes away from any.
pub fn of_new_file() -> Option<Permissions> {
    Some(Permissions::from_mode(0o666))
}

/// The rights of a file that only this user may read.
pub fn private() -> Option<Permissions> {
    Some(Permissions::from_mode(0o600))
}

/// The rights of a file that is to be replaced, which its successor takes over.
pub fn of_replaced(metadata: &Metadata) -> Option<Permissions> {
    Some(metadata.permissions())
}
