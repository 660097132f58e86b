//! Locks between processes: one daemon per state directory, one push at a time per outlet.
//!
//! They are locks of the operating system on files that are never deleted, so they end with the process however it dies,
//! and a file that lies there locks nothing by itself.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use super::StateError;
use crate::platform::{files::is_pipe, names, process::has_ended, rights};

/// The daemon's lock file in the state directory.
const DAEMON_LOCK: &str = "daemon.lock";

/// How long the lock of a process that has ended is waited for (our choice: what it left behind ends in milliseconds).
const ORPHANS_END_WITHIN: Duration = Duration::from_secs(1);

/// How long a lock is tried that a living process seems to have (our choice): who asks whether it is held has it for a moment.
const QUESTIONS_END_WITHIN: Duration = Duration::from_millis(50);

/// How long a lock file may take to be opened (our choice: what hangs that long, hangs).
const LOCK_WITHIN: Duration = Duration::from_secs(10);

/// Makes the state directory, for its owner only.
pub(super) fn create_dir(dir: &Path) -> Result<(), StateError> {
    rights::create_private_dir(dir).map_err(|source| StateError::of_system("create the state directory", dir, source))
}

/// Whether the file is there. Opening what is no file, such as a pipe, could take for ever.
pub(super) fn exists_as_file(path: &Path) -> Result<bool, StateError> {
    let kind = match path.metadata() {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(StateError::of_system("look for the state file", path, source)),
    };
    let what = match kind {
        _ if kind.is_file() => return Ok(true),
        _ if kind.is_dir() => "a directory",
        _ if is_pipe(kind) => "a named pipe",
        _ => "no regular file",
    };
    Err(StateError::Foreign { path: path.to_owned(), what })
}

/// Why a lock was not got.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process (or another part of this one) has it.
    #[error("{what} is locked by another menusync{} ({})", pid.map(|pid| format!(", process {pid}")).unwrap_or_default(), path.display())]
    Held {
        /// What is locked: `the state directory` or `outlet G1`.
        what: String,
        /// Who has it, if that could be read.
        pid: Option<u32>,
        /// The lock file.
        path: PathBuf,
    },
    /// A process that shares the state's database has it, here or on another machine.
    #[error("{what} is worked on by {by}{}", until.as_ref().map(|until| format!(", and a call of it may last until {until}")).unwrap_or_default())]
    Leased {
        /// `outlet G1`
        what: String,
        /// Its name for people: `warung-1, process 4711`.
        by: String,
        /// It may be gone, but a call that it has begun may not be over before then (UTC).
        until: Option<String>,
    },
    /// The lock file cannot be made or locked.
    #[error("cannot lock {what} with {}", path.display())]
    Io {
        /// What was to be locked.
        what: String,
        /// The lock file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The state directory cannot be made, or the state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

impl LockError {
    /// Whether somebody has it, so that it can be had later.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::Leased { .. })
    }
}

/// Held by a daemon; given back when dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the lock back"]
pub struct DaemonLock {
    _file: File,
}

/// Held around one push; given back when dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the lock back"]
pub(crate) struct OutletLock {
    _file: File,
}

/// Locks the state directory `dir` for a daemon, without waiting. Makes the directory if need be.
pub fn lock_daemon(dir: &Path) -> Result<DaemonLock, LockError> {
    create_dir(dir)?;
    let file = lock("the state directory".to_owned(), dir.join(DAEMON_LOCK))?;
    Ok(DaemonLock { _file: file })
}

/// The process that was last given the lock of [`lock_daemon`], if its file is there.
pub fn daemon_lock_holder(dir: &Path) -> Option<u32> {
    read_pid(&mut open_existing(&dir.join(DAEMON_LOCK))?)
}

/// Whether a daemon is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// None is.
    No,
    /// One is; its process, if that could be read.
    Yes(Option<u32>),
}

/// Whether a daemon holds the lock of `dir` now.
pub fn running_daemon(dir: &Path) -> Running {
    let Some(mut file) = open_existing(&dir.join(DAEMON_LOCK)) else { return Running::No };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Running::Yes(read_pid(&mut file)),
        _ => Running::No,
    }
}

/// Locks the outlet `id` for a push, without waiting. Makes the directory `dir` if need be.
pub(crate) fn try_lock_outlet(dir: &Path, id: &str) -> Result<OutletLock, LockError> {
    let locks = dir.join("locks");
    create_dir(&locks)?;
    let file = lock(format!("outlet {id}"), locks.join(file_name(id)))?;
    Ok(OutletLock { _file: file })
}

/// The same where nothing may block. A file system that hangs is given up on.
pub(super) async fn lock_outlet(dir: &Path, id: &str) -> Result<OutletLock, LockError> {
    let (of, name) = (dir.to_owned(), id.to_owned());
    let locking = tokio::task::spawn_blocking(move || try_lock_outlet(&of, &name));
    match tokio::time::timeout(LOCK_WITHIN, locking).await {
        Ok(Ok(locked)) => locked,
        Ok(Err(_)) | Err(_) => {
            let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within 10 s");
            Err(LockError::Io { what: format!("outlet {id}"), path: dir.join("locks"), source })
        }
    }
}

/// Whether anybody has the lock of the outlet `id` now; `None`: that cannot be told.
pub(super) fn is_outlet_locked(dir: &Path, id: &str) -> Option<bool> {
    let path = dir.join("locks").join(file_name(id));
    if !exists_as_file(&path).ok()? {
        return Some(false);
    }
    match File::open(path) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        },
        Err(error) => (error.kind() == ErrorKind::NotFound).then_some(false),
    }
}

fn open_existing(path: &Path) -> Option<File> {
    exists_as_file(path).ok().filter(|exists| *exists)?;
    File::open(path).ok()
}

fn lock(what: String, path: PathBuf) -> Result<File, LockError> {
    exists_as_file(&path)?;
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = match opened {
        Ok(file) => file,
        Err(source) if matches!(source.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            return Err(StateError::of_system("write the lock file", &path, source).into());
        }
        Err(source) => return Err(LockError::Io { what, path, source }),
    };
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                let pid = read_pid(&mut file);
                // A killed one may leave a child behind that was about to become another program: until then that has all
                // its files open.
                let patience = if pid.is_some_and(has_ended) { ORPHANS_END_WITHIN } else { QUESTIONS_END_WITHIN };
                if began.elapsed() > patience {
                    return Err(LockError::Held { what, pid, path });
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::Error(source)) => return Err(LockError::Io { what, path, source }),
        }
    }
    match write_pid(&mut file) {
        Ok(()) => Ok(file),
        Err(source) => Err(LockError::Io { what, path, source }),
    }
}

/// For people only: the lock itself does not depend on it.
fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Well-formed ids as they are; anything else (slashes, dots, endless, devices of Windows) by its hash, with a mark that no plain id has.
fn file_name(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !id.is_empty() && id.len() <= 100 && id.bytes().all(plain) && !names::is_device(id) {
        return format!("{id}.lock");
    }
    let hash: String = Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("%{hash}.lock")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    /// Windows would open the device, which everybody can lock at the same time.
    #[test]
    fn an_outlet_with_the_name_of_a_device_is_locked_by_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let _held = try_lock_outlet(dir.path(), "NUL").unwrap();
        assert!(matches!(try_lock_outlet(dir.path(), "NUL"), Err(LockError::Held { .. })));
        let names = dir.path().join("locks").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        assert!(matches!(&names[..], [name] if name.starts_with('%')), "{names:?}");
    }
}
