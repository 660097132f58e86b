//! Who may read and write a file. The lists of Windows cannot be read without `unsafe`, so a place stands in for an owner:
//! what lies in the profile of this user, or where only administrators may write. Files have the rights of their directory.

use std::{
    env, fs,
    fs::{Metadata, Permissions},
    io,
    path::{Path, PathBuf},
};

use super::paths::canonicalize;

/// Who could have written a file, for messages about one that others could.
pub const FOREIGN: &str = "lies outside of your profile directory, where another user";

/// What to do so that only this user and administrators can write the file `name`.
pub fn how_to_own(name: &str) -> String {
    format!("move {name} into your profile directory, or below `%ProgramFiles%`")
}

/// Whether neither a link nor what it leads to lies where another user may write.
pub fn is_ours(path: &Path) -> bool {
    let homes: Vec<PathBuf> =
        env::home_dir().into_iter().chain(env::var_os("ProgramFiles").map(PathBuf::from)).collect();
    let homes: Vec<PathBuf> = homes.iter().filter_map(|home| canonicalize(home).ok()).collect();
    // A home at the top of a drive would hold everything.
    let is_inside = |path: &Path| homes.iter().any(|home| home.parent().is_some() && path.starts_with(home));
    let link = || Some(canonicalize(path.parent()?).ok()?.join(path.file_name()?));
    let is_link_ours = || link().is_none_or(|link| is_inside(&link));
    canonicalize(path).is_ok_and(|real| is_inside(&real)) && is_link_ours()
}

/// Whether nobody but this user and administrators may write a file.
pub fn is_only_ours(path: &Path) -> bool {
    is_ours(path)
}

/// Whether every user may read a file; `None`: that cannot be told.
pub fn is_open_to_all(_path: &Path) -> Option<bool> {
    None
}

/// Makes a directory, and those above it.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

/// The rights of a new file: those of its directory.
pub fn of_new_file() -> Option<Permissions> {
    None
}

/// The rights of a file that only this user may read: those of its directory.
pub fn private() -> Option<Permissions> {
    None
}

/// The rights of a file that is to be replaced: those of its directory. One that is marked as read-only is not replaced.
pub fn of_replaced(_metadata: &Metadata) -> Option<Permissions> {
    None
}
