//! The database file: opening, versions, sharing. What is in its tables is `outlets`' and `pushes`'.

use std::{
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rusqlite::{
    Connection, OpenFlags, TransactionBehavior,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

use super::StateError;

/// The database's name in the state directory.
pub(super) const FILE: &str = "menusync.sqlite3";

/// How long a call waits for another process that is writing (our choice; writes take milliseconds).
const BUSY: Duration = Duration::from_secs(10);

/// One step per version, in order; `user_version` counts those applied. Never change one that was released.
const MIGRATIONS: [&str; 3] =
    [include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The open database. `Send`, one call at a time; several processes may each have their own.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the state in `dir` for reading and writing; makes the directory (mode 0700) and the file if they are not there.
    pub fn open(dir: &Path) -> Result<Self, StateError> {
        create_dir(dir)?;
        patiently(|| {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            let mut store = Self::connect(dir.join(FILE), flags)?;
            store.be_durable().map_err(|e| store.error("open", e))?;
            store.migrate()?;
            Ok(store)
        })
    }

    /// Opens the state in `dir` for reading, also beside a process that writes. `None` if there is no state yet; then
    /// nothing is created.
    pub fn open_read_only(dir: &Path) -> Result<Option<Self>, StateError> {
        let path = dir.join(FILE);
        let doing = "look for the state file";
        if !path.try_exists().map_err(|source| StateError::Io { doing, path: path.clone(), source })? {
            return Ok(None);
        }
        patiently(|| {
            let store = Self::connect(path.clone(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            match store.known_version()? {
                0 => Ok(None), // made by a process that is just about to fill it
                KNOWN => Ok(Some(store)),
                found => Err(StateError::Older { path: store.path, found, known: KNOWN }),
            }
        })
    }

    pub(super) fn connect(path: PathBuf, flags: OpenFlags) -> Result<Self, StateError> {
        let connection = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .and_then(|connection| connection.busy_timeout(BUSY).map(|()| connection))
            .map_err(|e| StateError::database("open", &path, e))?;
        Ok(Self { connection, path })
    }

    /// An acknowledged write survives power loss, and readers do not wait for writers.
    fn be_durable(&self) -> rusqlite::Result<()> {
        let mode: String = self.connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            tracing::warn!(file = %self.path.display(), %mode, "this file system has no write-ahead log: reading may wait for writing");
        }
        self.connection.pragma_update(None, "synchronous", "FULL")
    }

    /// Brings the tables up to date. The version is read inside the transaction, as two processes may start at once.
    fn migrate(&mut self) -> Result<(), StateError> {
        while self.known_version()? < KNOWN {
            self.write("bring the tables up to date", |transaction| {
                let version: i64 = transaction.query_row(VERSION, [], |row| row.get(0))?;
                let Some(step) = usize::try_from(version).ok().and_then(|done| MIGRATIONS.get(done)) else {
                    return Ok(());
                };
                transaction.execute_batch(step)?;
                transaction.pragma_update(None, "user_version", version + 1)
            })?;
        }
        Ok(())
    }

    /// Whether the tables are as this program writes them.
    pub(super) fn is_known_version(&self) -> bool {
        self.known_version().is_ok_and(|found| found == KNOWN)
    }

    /// The version of the tables, 0 if there are none; an error if it is one of a later release.
    fn known_version(&self) -> Result<i64, StateError> {
        let found = self.read("read the version", |connection| connection.query_row(VERSION, [], |row| row.get(0)))?;
        if (0..=KNOWN).contains(&found) {
            return Ok(found);
        }
        Err(StateError::Newer { path: self.path.clone(), found, known: KNOWN })
    }

    /// Runs one query; `doing` is for the error.
    pub(super) fn read<T>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        query(&self.connection).map_err(|e| self.error(doing, e))
    }

    /// Runs `change` in one transaction: all of it is on disk when this returns `Ok`, nothing of it otherwise.
    pub(super) fn write<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        let Self { connection, path } = self;
        let run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|e| StateError::database(doing, path, e))
    }

    fn error(&self, doing: &'static str, source: rusqlite::Error) -> StateError {
        StateError::database(doing, &self.path, source)
    }
}

const VERSION: &str = "PRAGMA user_version";

/// Tries again while another process is opening or closing the file: SQLite itself waits for writers, but not while the
/// log is set up, taken down or recovered.
fn patiently<T>(open: impl Fn() -> Result<T, StateError>) -> Result<T, StateError> {
    let deadline = Instant::now() + BUSY;
    loop {
        match open() {
            Err(error) if error.is_busy() && Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
}

/// Makes the state directory, for its owner only.
pub(super) fn create_dir(dir: &Path) -> Result<(), StateError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| StateError::Io {
        doing: "create the state directory",
        path: dir.to_owned(),
        source,
    })
}

/// Whether something can be written in the state directory `dir` now: a page is written to disk and dropped.
pub fn check_writable(dir: &Path) -> Result<(), StateError> {
    let write = || {
        let mut file = tempfile::tempfile_in(dir)?;
        file.write_all(&[0; 4096])?;
        file.sync_data()
    };
    write().map_err(|source| StateError::Io { doing: "write to the state directory", path: dir.to_owned(), source })
}

/// How many bytes are free for us where `dir` is, if the system tells.
pub fn free_bytes(dir: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(dir).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

/// One store for many tasks. Calls are short, so they block.
#[derive(Debug, Clone)]
pub struct SharedStore(Arc<Mutex<Store>>);

impl SharedStore {
    /// Shares `store`.
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Runs `call` alone. Never wait for anything else inside.
    pub fn with<T>(&self, call: impl FnOnce(&mut Store) -> T) -> T {
        // A panic leaves nothing half done: every change is a transaction, rolled back when dropped.
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A moment as RFC 3339 text in UTC, always with nine decimals so that text order is time order.
pub(super) struct At(pub Timestamp);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(format!("{:.9}", self.0).into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(|e: jiff::Error| FromSqlError::Other(Box::new(e)))
    }
}

/// A column that holds a moment or nothing.
pub(super) fn moment(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<At>>(column)?.map(|at| at.0))
}
