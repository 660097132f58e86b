//! What can go wrong with the state, told so that a person knows which file and what to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::PushId;

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
    /// The file is not a sound SQLite database, or holds what this program never writes.
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
        /// SQLite's words.
        source: rusqlite::Error,
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
    /// A push that is not there or already has an outcome.
    #[error("there is no unfinished push {0} in the state")]
    NoSuchPush(PushId),
    /// Any other failure: disk full, no permission, locked for too long.
    #[error("cannot {doing} in the state file {}", path.display())]
    Database {
        /// A verb.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
}

impl StateError {
    /// Sorts damage from other failures.
    pub(super) fn database(doing: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let damaged = matches!(
            source.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch)
        ) || matches!(
            source,
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..)
        );
        if damaged { Self::Corrupt { doing, path, source } } else { Self::Database { doing, path, source } }
    }

    /// Whether another process has the file locked.
    pub(super) fn is_busy(&self) -> bool {
        let code = match self {
            Self::Database { source, .. } => source.sqlite_error_code(),
            _ => None,
        };
        matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }
}
