//! Where things are, and how paths are spelled.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The settings of the operator of this machine. Only root can put them there.
pub const OPERATOR_FILE: Option<&str> = Some("/etc/menusync/operator.yaml");

/// Where the state of a user is: the variable that names a directory, and the path below it.
pub const STATE_HOMES: [(&str, &str); 2] = [("XDG_STATE_HOME", "menusync"), ("HOME", ".local/state/menusync")];

/// The path without links, absolute.
pub fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// A path with `/` between its parts, as files and messages have it on every system.
pub fn with_slashes(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
