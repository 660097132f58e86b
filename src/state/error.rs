//! What can go wrong with the state, told so that a person knows which file and what to do.

use std::path::PathBuf;

use super::PushId;

/// The words of a backend.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failed use of the state. The cause, if there is one, is the error's source and not repeated in its text.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The directory or file could not be made or reached.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// A verb: `create the state directory`.
        doing: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The system does not let this process do it there.
    #[error(
        "cannot {doing} {}; run as the user that owns the state directory, make it writable, or give another one with \
         --state-dir",
        path.display()
    )]
    Denied {
        /// A verb.
        doing: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is not a sound database, or holds what this program never writes.
    #[error(
        "the state file {} is damaged (while trying to {doing}); the next start of the daemon, \
         or `menusync apply` without one, sets it aside; what is not remembered then is protected as a first contact",
        path.display()
    )]
    Corrupt {
        /// A verb.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// The backend's words.
        source: Cause,
    },
    /// A pipe, a device, a directory, or the database of another program: opening it could hang, and it is not ours.
    #[error(
        "the state file {} is {what}; move it away (pushes to live menus are first contacts then), or give another \
         state_dir",
        path.display()
    )]
    Foreign {
        /// What is in its place.
        path: PathBuf,
        /// `a directory`
        what: &'static str,
    },
    /// A later release wrote this file.
    #[error(
        "the state file {} has version {found}, and this menusync knows versions up to {known}; use the newer menusync \
         that wrote it, or another state_dir",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The last version known here.
        known: i64,
    },
    /// An earlier release wrote this file, and it was opened for reading only.
    #[error(
        "the state file {} has version {found}, older than {known}; a command that pushes, or restarting the daemon with \
         this menusync, brings it up to date",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version needed.
        known: i64,
    },
    /// The state cannot be read where it lies: a log that has to be merged, where this process may not write.
    #[error(
        "the state file {} has a log (-wal) beside it, and this process may not write there to read it; run as the user \
         that owns the directory, mount it writable once, or copy the directory and give it with --state-dir",
        path.display()
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
        /// The backend's words.
        source: Cause,
    },
    /// The file is not there any more, or another one is in its place.
    #[error(
        "the state file {} was removed or replaced while it was in use; put it back, or restart the daemon: nothing is sent \
         until then",
        path.display()
    )]
    Replaced {
        /// The database.
        path: PathBuf,
    },
    /// A push that is not there or already has an outcome.
    #[error("there is no unfinished push {0} in the state")]
    NoSuchPush(PushId),
    /// Another process holds the state locked for longer than is waited.
    #[error(
        "cannot {doing}: another process has locked the state {place}; wait for it or end it (`fuser {place}` names it)"
    )]
    Busy {
        /// A verb.
        doing: &'static str,
        /// The database.
        place: String,
    },
    /// The disk is full.
    #[error(
        "cannot {doing}: no space is left on the disk of the state {place}; make room there, nothing is sent until then"
    )]
    Full {
        /// A verb.
        doing: &'static str,
        /// The database, or its directory.
        place: String,
    },
    /// No answer came in time: a disk or a file system that hangs.
    #[error("the state {place} did not answer within {seconds} s")]
    Silent {
        /// The database.
        place: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Any other failure.
    #[error("cannot {doing} in the state {place}")]
    Failed {
        /// A verb.
        doing: &'static str,
        /// The database.
        place: String,
        /// The backend's words.
        source: Cause,
    },
}

impl StateError {
    /// The error of a call of the system: what helps depends on whether it is one of rights.
    pub(super) fn of_system(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let path = path.to_owned();
        match source.kind() {
            StorageFull | QuotaExceeded => Self::Full { doing, place: path.display().to_string() },
            PermissionDenied | ReadOnlyFilesystem => Self::Denied { doing, path, source },
            _ => Self::Io { doing, path, source },
        }
    }
}
