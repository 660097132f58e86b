//! The state that a command uses: a file in the state directory, or a database that the environment or the settings name.
//! Either way lock files and the daemon's socket are in the directory.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use secrecy::SecretString;

use crate::platform::paths::canonicalize;
use crate::state::{PostgresState, Scope, SharedState, SqliteState, StateError};

/// Where the state of a command is.
pub(super) struct Store {
    dir: PathBuf,
    database: Option<SecretString>,
    scope: Scope,
    /// A database is connected to once.
    connected: OnceCell<SharedState>,
    connected_to_read: OnceCell<SharedState>,
}

impl Store {
    pub(super) fn new(dir: PathBuf, database: Option<SecretString>, scope: Scope) -> Self {
        Self { dir, database, scope, connected: OnceCell::new(), connected_to_read: OnceCell::new() }
    }

    pub(super) fn is_database(&self) -> bool {
        self.database.is_some()
    }

    /// Whose memory is meant.
    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Where it is, for people; nothing of it is secret.
    pub(super) fn place(&self) -> Result<String, StateError> {
        match &self.database {
            Some(url) => Ok(format!("the {}", PostgresState::place(url)?)),
            None => Ok(shown(&self.dir)),
        }
    }

    /// The state, to read and write.
    pub(super) fn open(&self) -> Result<SharedState, StateError> {
        self.open_in(&self.dir)
    }

    /// The same, in the directory by another name of it.
    pub(super) fn open_in(&self, dir: &Path) -> Result<SharedState, StateError> {
        let Some(url) = &self.database else { return SqliteState::open(dir, &self.scope) };
        if let Some(state) = self.connected.get() {
            return Ok(SharedState::clone(state));
        }
        let state = PostgresState::open(url, &self.scope, dir)?;
        Ok(SharedState::clone(self.connected.get_or_init(|| state)))
    }

    /// The state, to read; `None` if there is none yet.
    pub(super) fn open_to_read(&self) -> Result<Option<SharedState>, StateError> {
        let Some(url) = &self.database else { return SqliteState::open_read_only(&self.dir, &self.scope) };
        if let Some(state) = self.connected.get().or(self.connected_to_read.get()) {
            return Ok(Some(SharedState::clone(state)));
        }
        let state = PostgresState::open_read_only(url, &self.scope, &self.dir)?;
        Ok(state.map(|state| SharedState::clone(self.connected_to_read.get_or_init(|| state))))
    }

    /// The state for who reads while others wait to write: through a connection of its own, which a database gives anyway.
    pub(super) fn reader_beside(&self, state: &SharedState, dir: &Path) -> Result<SharedState, StateError> {
        let reader = if self.is_database() { None } else { SqliteState::open_read_only(dir, &self.scope)? };
        Ok(reader.unwrap_or_else(|| SharedState::clone(state)))
    }
}

/// A directory as people can find it again: absolute and without detours where that can be said.
fn shown(dir: &Path) -> String {
    let full = canonicalize(dir).or_else(|_| std::path::absolute(dir));
    full.unwrap_or_else(|_| dir.to_owned()).display().to_string()
}
