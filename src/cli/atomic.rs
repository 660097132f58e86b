//! Files written whole or not at all.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

use super::command_error::CommandError;
use crate::platform::{paths::canonicalize, rights};

/// Writes a file that must not be there yet; makes its directory.
pub(super) fn create(path: &Path, content: impl AsRef<[u8]>) -> Result<(), CommandError> {
    let write = || -> io::Result<()> {
        let file = written(path, &content, rights::of_new_file())?;
        file.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::other("it exists already, and is left as it is"),
            _ => error.error,
        })
    };
    write().map_err(|error| CommandError::failed(format!("cannot write {}", path.display()), error))
}

/// Writes a file that only its owner may read, whether it is there or not; makes its directory. A link stays one, and a
/// device or pipe gets the text and is not replaced.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), CommandError> {
    let write = || -> io::Result<()> {
        let real = canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&real).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            return OpenOptions::new().write(true).open(&real)?.write_all(text.as_bytes());
        }
        written(&real, text, rights::private())?.persist(&real).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| CommandError::failed(format!("cannot write {}", path.display()), error))
}

/// Replaces a file that still holds `old`; a link stays one, and who may read the file may read it still.
pub(super) fn replace(path: &Path, old: &str, text: &str) -> Result<(), CommandError> {
    let is_old = |now: &[u8]| std::str::from_utf8(now).is_ok_and(|now| now.trim_start_matches('\u{feff}') == old);
    replace_if(path, is_old, text)
}

/// The same, where `is_old` knows what the file holds.
pub(super) fn replace_if(
    path: &Path,
    is_old: impl Fn(&[u8]) -> bool,
    content: impl AsRef<[u8]>,
) -> Result<(), CommandError> {
    let write = || -> io::Result<()> {
        let real = canonicalize(path)?;
        if !is_old(&fs::read(&real)?) {
            return Err(io::Error::other("it was changed in the meantime; nothing was written to it, try again"));
        }
        let permissions = rights::of_replaced(&fs::metadata(&real)?);
        let file = written(&real, &content, permissions.clone())?;
        // Those of a new file may have been cut by the process's umask.
        permissions.map_or(Ok(()), |permissions| fs::set_permissions(file.path(), permissions))?;
        file.persist(&real).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| CommandError::failed(format!("cannot write {}", path.display()), error))
}

/// A finished file beside `path`, not under its name yet. Its name begins with a dot, so nothing reads it as a definition.
fn written(path: &Path, content: impl AsRef<[u8]>, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut builder = tempfile::Builder::new();
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let mut file = builder.prefix(".menusync-").tempfile_in(directory)?;
    file.write_all(content.as_ref())?;
    file.as_file().sync_all()?;
    Ok(file)
}
