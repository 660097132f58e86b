//! A damaged database: found out before it is used, and put out of the way without losing it. What then is not remembered
//! is protected by the guard for first contacts.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rusqlite::OpenFlags;

use super::{Store, store::FILE};
use crate::state::{DaemonLock, Scope, StateError, sql};

/// Whether the state in `dir` is there and damaged: SQLite's own quick look at all its pages, and a look at the values that
/// every start reads.
pub fn is_damaged(dir: &Path) -> Result<bool, StateError> {
    let path = dir.join(FILE);
    if !path.is_file() {
        return Ok(false);
    }
    let looked = Store::connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY, &no_scope()).and_then(|store| {
        let check = |connection: &rusqlite::Connection, _: &Scope| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        };
        match store.read("look for damage", check).map(|answer: String| answer == "ok")? {
            true => store.read_through().map(|()| false),
            false => Ok(true),
        }
    });
    match looked {
        Err(StateError::Corrupt { .. }) => Ok(true),
        // What cannot be looked at like this (a read-only mount) is found out by who opens it.
        Err(StateError::Failed { .. }) if Store::open_read_only(dir, &no_scope()).is_ok() => Ok(false),
        looked => looked,
    }
}

/// Of no platform and no root.
pub(super) fn no_scope() -> Scope {
    Scope { platform: String::new(), root: String::new() }
}

impl Store {
    /// Reads what is needed before any outlet is looked at, of every platform. Tables of another version are not this
    /// program's to judge.
    fn read_through(&self) -> Result<(), StateError> {
        if !self.is_known_version() {
            return Ok(());
        }
        let platforms: Vec<String> = self.read("read the platforms", |connection, _| {
            let mut statement =
                connection.prepare("SELECT platform FROM outlets UNION SELECT platform FROM notices")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        for platform in platforms {
            let scope = Scope { platform, ..no_scope() };
            let store = Self::connect(self.path(), OpenFlags::SQLITE_OPEN_READ_ONLY, &scope)?;
            store.overview(Timestamp::UNIX_EPOCH)?;
            store
                .read_call("read which notifications were sent", async |link, scope| sql::notices(link, scope).await)?;
        }
        Ok(())
    }
}

/// Renames a damaged state in `dir`, with its log, and says to what: `menusync.sqlite3.damaged-20270104T031500.123Z`.
/// Only who has the daemon's lock may do that: nobody else is at work with it then for longer than a push.
pub fn set_aside(dir: &Path, _lock: &DaemonLock, now: Timestamp) -> Result<PathBuf, StateError> {
    let from = dir.join(FILE);
    let to = dir.join(format!("{FILE}.damaged-{}", now.strftime("%Y%m%dT%H%M%S.%3fZ")));
    // The log first: without the database it means nothing, and next to a new one it would be taken for its.
    for end in ["-wal", "-shm", ""] {
        let (from, to) = (with(&from, end), with(&to, end));
        match std::fs::rename(&from, &to) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(StateError::Io { doing: "set aside the damaged", path: from, source });
            }
            _ => {}
        }
    }
    Ok(to)
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
