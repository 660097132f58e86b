//! Where things are, and how paths are spelled.

use std::{
    io,
    path::{Path, PathBuf},
};

/// There are no settings of the operator of this machine: every user may make folders in `%ProgramData%`, and would choose
/// where the secrets of others are sent.
pub const OPERATOR_FILE: Option<&str> = None;

/// Where the state of a user is: the variable that names a directory, and the path below it.
pub const STATE_HOMES: [(&str, &str); 2] = [("XDG_STATE_HOME", "menusync"), ("LOCALAPPDATA", "menusync")];

/// The path without links, absolute, and without `\\?\` where it means the same without: git and many others do not take it.
pub fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    dunce::canonicalize(path)
}

/// A path with `/` between its parts, as files and messages have it on every system.
pub fn with_slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
