//! The database file: opening, versions, transactions. What is in its tables is `state/sql`'s.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::link::{SqliteLink, at_once, register_functions};
use crate::platform::{
    files::{Identity, identity},
    paths::with_slashes,
};
use crate::state::{
    Scope, StateError,
    error::Cause,
    locks::{create_dir, exists_as_file},
};

/// The database's name in the state directory.
pub(super) const FILE: &str = "menusync.sqlite3";

/// How long a call waits for another process that is writing (our choice; writes take milliseconds).
const BUSY: Duration = Duration::from_secs(2);

/// Once a call has waited in vain, those behind it do not wait for this long: a queue of them would hold up the fleet.
const KNOWN_BUSY: Duration = Duration::from_secs(2);

/// One step per version, in order; `user_version` counts those applied. Never change one that was released.
const MIGRATIONS: [&str; 8] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
];

const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The step that asks whose the rows are.
const BY_PLATFORM: i64 = 4;

/// The open database, for one scope.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    path: PathBuf,
    scope: Scope,
    /// When a call last waited in vain for another process.
    busy_at: Option<Instant>,
    /// Whether whoever asked for the call at hand still waits for it; `None`: there is nobody who could give up.
    pub(super) wanted: Option<Arc<AtomicBool>>,
    /// The file that is written to, once it is known.
    file: Option<Identity>,
    /// Something was written since free pages were looked for.
    has_written: bool,
}

impl Store {
    /// Opens the state in `dir` for reading and writing; makes the directory (mode 0700) and the file if they are not there.
    pub(super) fn open(dir: &Path, scope: &Scope) -> Result<Self, StateError> {
        create_dir(dir)?;
        exists_as_file(&dir.join(FILE))?;
        let opened = patiently(|| {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            let mut store = Self::connect(&dir.join(FILE), flags, scope)?;
            store.be_durable().map_err(|e| database("open", &store.path, e))?;
            store.migrate()?;
            store.let_it_shrink();
            store.file = identity(&store.path);
            Ok(store)
        });
        match opened {
            // The backend's words name neither the directory nor what the system said.
            Err(StateError::Failed { .. }) => check_rights(dir).and(opened),
            opened => opened,
        }
    }

    /// Opens the state in `dir` for reading, also beside a process that writes. `None` if there is no state yet; then
    /// nothing is created.
    pub(super) fn open_read_only(dir: &Path, scope: &Scope) -> Result<Option<Self>, StateError> {
        let path = dir.join(FILE);
        if !exists_as_file(&path)? {
            return Ok(None);
        }
        patiently(|| {
            let store = match Self::connect_and_look(&path, OpenFlags::SQLITE_OPEN_READ_ONLY, scope) {
                Err(StateError::Failed { source, .. }) if !can_make_files(dir) => {
                    Self::connect_immutable(&path, scope, source)?
                }
                store => store?,
            };
            match store.known_version()? {
                0 => Ok(None), // made by a process that is just about to fill it
                KNOWN => Ok(Some(store)),
                found => Err(StateError::Older { place: file(&store.path), found, known: KNOWN }),
            }
        })
    }

    /// Reading takes a shared memory file beside the log. Where none can be made (a read-only mount, a directory of somebody
    /// else) and no log is left, nobody can be writing, so the file can be read as it lies.
    fn connect_immutable(path: &Path, scope: &Scope, source: Cause) -> Result<Self, StateError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        if Path::new(&log).metadata().is_ok_and(|log| log.len() > 0) {
            return Err(StateError::ReadOnly { path: path.to_owned(), source });
        }
        let escaped = with_slashes(path).replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = PathBuf::from(format!("file:{escaped}?immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let store = Self::connect_and_look(&uri, flags, scope)?;
        Ok(Self { path: path.to_owned(), ..store })
    }

    /// SQLite opens lazily: what is wrong shows at the first look.
    fn connect_and_look(path: &Path, flags: OpenFlags, scope: &Scope) -> Result<Self, StateError> {
        let store = Self::connect(path, flags, scope)?;
        store.known_version().map(|_| store)
    }

    pub(super) fn connect(path: &Path, flags: OpenFlags, scope: &Scope) -> Result<Self, StateError> {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .and_then(|connection| connection.busy_timeout(BUSY).map(|()| connection))
            .map_err(|e| database("open", path, e))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            scope: scope.clone(),
            busy_at: None,
            wanted: None,
            file: None,
            has_written: false,
        })
    }

    pub(super) fn platform(&self) -> &str {
        &self.scope.platform
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// An acknowledged write survives power loss, and readers do not wait for writers.
    fn be_durable(&self) -> rusqlite::Result<()> {
        // Only a file without tables takes this; one with tables, when it is written anew.
        self.connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        let mode: String = self.connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            tracing::warn!(file = %self.path.display(), %mode, "this file system has no write-ahead log: reading may wait for writing");
        }
        self.connection.pragma_update(None, "synchronous", "FULL")
    }

    /// Brings the tables up to date, all steps at once. The version is read inside the transaction, as two processes may
    /// start at once.
    fn migrate(&mut self) -> Result<(), StateError> {
        if self.known_version()? == KNOWN {
            return Ok(());
        }
        self.write("bring the tables up to date", |transaction, scope| {
            register_functions(transaction)?;
            let version: i64 = transaction.query_row(VERSION, [], |row| row.get(0))?;
            for (step, number) in MIGRATIONS.into_iter().zip(1..).filter(|(_, number)| *number > version) {
                transaction.execute_batch(step)?;
                if number == BY_PLATFORM {
                    adopt_rows(transaction, scope)?;
                }
            }
            transaction.pragma_update(None, "user_version", KNOWN.max(version))
        })
    }

    /// A file with tables of an earlier release gets smaller only once it was written anew. Where that cannot be done now (a
    /// full disk, another process that writes), the next start tries again.
    fn let_it_shrink(&self) {
        if self.number("auto_vacuum").is_ok_and(|mode| mode == 0)
            && let Err(error) = self.connection.execute_batch("VACUUM")
        {
            tracing::info!(%error, "free space of the state file cannot be given back yet");
        }
    }

    fn number(&self, pragma: &str) -> rusqlite::Result<i64> {
        self.connection.pragma_query_value(None, pragma, |row| row.get(0))
    }

    /// Gives free pages back to the file system, some at a time, where they are more than a quarter of the file: after a
    /// layer of many outlets was pushed, or many old pushes were dropped. To be called when nobody waits for an answer.
    pub(super) fn vacuum_free_pages(&mut self) {
        if !std::mem::take(&mut self.has_written) {
            return;
        }
        let is_loose = self.number("freelist_count").is_ok_and(|free| {
            free > KEEP_FREE_PAGES && self.number("page_count").is_ok_and(|pages| free.saturating_mul(4) > pages)
        });
        // Each row is a page that was freed.
        let give = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare("PRAGMA incremental_vacuum(256)")?;
            let mut pages = statement.query([])?;
            while pages.next()?.is_some() {}
            Ok(())
        };
        if is_loose && let Err(error) = give() {
            tracing::debug!(%error, "free space of the state file is not given back");
        }
    }

    /// Whether the tables are as this program writes them.
    pub(super) fn is_known_version(&self) -> bool {
        self.known_version().is_ok_and(|found| found == KNOWN)
    }

    /// The version of the tables, 0 if there are none; an error if it is one of a later release or of another program.
    fn known_version(&self) -> Result<i64, StateError> {
        let found =
            self.read("read the version", |connection, _| connection.query_row(VERSION, [], |row| row.get(0)))?;
        if found == 0 && self.has_tables()? {
            return Err(StateError::Foreign { path: self.path.clone(), what: "a database of another program" });
        }
        if (0..=KNOWN).contains(&found) {
            return Ok(found);
        }
        Err(StateError::Newer { place: file(&self.path), found, known: KNOWN })
    }

    /// The first tables come in one transaction with their version.
    fn has_tables(&self) -> Result<bool, StateError> {
        self.read("look for tables", |connection, _| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema) AND (SELECT user_version = 0 FROM pragma_user_version)";
            connection.query_row(sql, [], |row| row.get(0))
        })
    }

    /// Runs one query; `doing` is for the error.
    pub(super) fn read<T>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&Connection, &Scope) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        query(&self.connection, &self.scope).map_err(|e| database(doing, &self.path, e))
    }

    /// Runs `change` in one transaction: all of it is on disk when this returns `Ok`, nothing of it otherwise.
    pub(super) fn write<T>(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&Connection, &Scope) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        // What is written into a file that nobody finds any more is no record.
        if self.file.is_some() && identity(&self.path) != self.file {
            return Err(StateError::Replaced { path: self.path.clone() });
        }
        let Self { connection, path, scope, busy_at, wanted, .. } = self;
        let is_known_busy = busy_at.is_some_and(|at| at.elapsed() < KNOWN_BUSY);
        let run = || {
            connection.busy_timeout(if is_known_busy { Duration::ZERO } else { BUSY })?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = change(&transaction, scope)?;
            if wanted.as_ref().is_some_and(|wanted| !wanted.load(Ordering::SeqCst)) {
                // Dropped, it is rolled back.
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT),
                    None,
                ));
            }
            transaction.commit()?;
            Ok(value)
        };
        let done = run().map_err(|e| database(doing, path, e));
        match &done {
            Err(StateError::Busy { .. }) if !is_known_busy => *busy_at = Some(Instant::now()),
            Err(StateError::Busy { .. }) => {}
            _ => *busy_at = None,
        }
        done
    }

    /// What is read at one moment, beside another process's writes.
    pub(super) fn read_call<T>(
        &self,
        doing: &'static str,
        call: impl AsyncFnOnce(&SqliteLink<'_>, &Scope) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        self.read(doing, |connection, scope| {
            let transaction = connection.unchecked_transaction()?;
            at_once(call(&SqliteLink(&transaction), scope))
        })
    }

    /// Runs something in one transaction, which others may not write beside if it `is_written`; undone if it fails.
    pub(super) fn in_transaction<T>(
        &mut self,
        is_written: bool,
        run: impl FnOnce(&SqliteLink<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let behavior = if is_written { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
        let Self { connection, path, .. } = self;
        let begun = connection.transaction_with_behavior(behavior);
        let transaction = begun.map_err(|e| database("begin to copy", path, e))?;
        let value = run(&SqliteLink(&transaction))?;
        transaction.commit().map_err(|e| database("end to copy", path, e))?;
        Ok(value)
    }

    /// What is written in one transaction.
    pub(super) fn write_call<T>(
        &mut self,
        doing: &'static str,
        call: impl AsyncFnOnce(&SqliteLink<'_>, &Scope) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        self.has_written = true;
        self.write(doing, |connection, scope| at_once(call(&SqliteLink(connection), scope)))
    }
}

/// So many free pages (of 4 KiB) are kept for what comes next (our choice).
const KEEP_FREE_PAGES: i64 = 256;

const VERSION: &str = "PRAGMA user_version";

/// `file PATH`, for errors that a database has as well.
fn file(path: &Path) -> String {
    format!("file {}", path.display())
}

/// Rows of a release that did not record the platform belong to the platform of the settings, unless an error of theirs
/// names the API at another address: then nobody knows whose they are, and they are used by nobody.
fn adopt_rows(transaction: &Connection, scope: &Scope) -> rusqlite::Result<()> {
    let mut named = transaction.prepare(
        "SELECT error FROM pushes WHERE error IS NOT NULL UNION ALL SELECT error FROM outlets WHERE error IS NOT NULL",
    )?;
    let mut errors = named.query([])?;
    while let Some(row) = errors.next()? {
        if names_another_platform(&row.get::<_, String>(0)?, &scope.platform) {
            tracing::warn!(
                platform = scope.platform,
                "the state of an earlier release speaks of another platform than the settings: it is kept and not used; \
                 every live menu is a first contact"
            );
            return Ok(());
        }
    }
    for table in ["pushes", "pins", "pauses", "memories", "alarms", "notices"] {
        transaction.execute(&format!("UPDATE {table} SET platform = ?1 WHERE platform = ''"), [&scope.platform])?;
    }
    let outlets = transaction.execute("UPDATE outlets SET platform = ?1 WHERE platform = ''", [&scope.platform])?;
    if outlets > 0 {
        tracing::warn!(
            platform = scope.platform,
            outlets,
            "what an earlier release remembered counts for this platform from now on"
        );
    }
    Ok(())
}

/// Errors of calls name the whole address: `PUT https://api.gobiz.co.id/integrations/gofood/outlets/…: …`
fn names_another_platform(error: &str, platform: &str) -> bool {
    let addresses = error.split_whitespace().filter(|word| word.contains("/integrations/gofood/"));
    let mut origins = addresses.filter_map(|address| {
        let (scheme, rest) = address.split_once("://")?;
        Some(format!("{scheme}://{}", rest.split('/').next()?))
    });
    origins.any(|origin| origin != platform)
}

/// Sorts damage and waiting from other failures.
pub(super) fn database(doing: &'static str, path: &Path, error: rusqlite::Error) -> StateError {
    use rusqlite::Error::{FromSqlConversionFailure, InvalidColumnType};
    let place = || path.display().to_string();
    match error.sqlite_error_code() {
        _ if matches!(error, FromSqlConversionFailure(..) | InvalidColumnType(..)) => {
            StateError::Corrupt { doing, path: path.to_owned(), source: words(&error) }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch) => {
            StateError::Corrupt { doing, path: path.to_owned(), source: words(&error) }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Busy { doing, place: place() },
        Some(ErrorCode::DiskFull) => StateError::Full { doing, place: place() },
        _ => StateError::Failed { doing, place: place(), source: words(&error) },
    }
}

/// What SQLite says, without the number that it puts after it.
fn words(error: &rusqlite::Error) -> Cause {
    error.to_string().into()
}

/// Tries again while another process is opening or closing the file: SQLite itself waits for writers, but not while the
/// log is set up, taken down or recovered.
fn patiently<T>(open: impl Fn() -> Result<T, StateError>) -> Result<T, StateError> {
    let deadline = Instant::now() + BUSY;
    loop {
        match open() {
            Err(StateError::Busy { .. }) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
}

/// Whether this process may write the state file and beside it.
fn check_rights(dir: &Path) -> Result<(), StateError> {
    let file = dir.join(FILE);
    check_writable(dir)?;
    match std::fs::OpenOptions::new().write(true).open(&file) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(StateError::of_system("write the state file", &file, source))
        }
        _ => Ok(()),
    }
}

fn can_make_files(dir: &Path) -> bool {
    tempfile::tempfile_in(dir).is_ok()
}

/// Whether something can be written in the state directory `dir` now: a page is written to disk and dropped.
pub fn check_writable(dir: &Path) -> Result<(), StateError> {
    let write = || {
        let mut file = tempfile::tempfile_in(dir)?;
        file.write_all(&[0; 4096])?;
        file.sync_data()
    };
    write().map_err(|source| StateError::of_system("write to the state directory", dir, source))
}

/// Takes over the state that an earlier release kept in `shared` for all roots of a user: it becomes the state in `dir`, and
/// is put aside where it was, so that it is never taken for current again. Whether there was one to take over. Outlets of
/// other roots come along unseen: they belong to no root until a pass claims them.
pub fn adopt_shared(shared: &Path, dir: &Path) -> Result<bool, StateError> {
    let (from, to) = (shared.join(FILE), dir.join(FILE));
    if to.exists() || !from.is_file() {
        return Ok(false);
    }
    create_dir(dir)?;
    let copy = dir.join(format!("{FILE}.taking-over-{}", std::process::id()));
    let adopted = copy_database(&from, &copy).and_then(|()| {
        // Unlike renaming this fails if another process was first, whose state is in use by now.
        match std::fs::hard_link(&copy, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
            made => made.map_err(|source| StateError::Io { doing: "make", path: to.clone(), source })?,
        }
        let aside = shared.join(format!("{FILE}.taken-over"));
        std::fs::rename(&from, &aside).map(|()| true).map_err(|source| {
            let _ = std::fs::remove_file(&to);
            StateError::Io { doing: "put aside", path: from.clone(), source }
        })
    });
    let _ = std::fs::remove_file(&copy);
    adopted
}

fn copy_database(from: &Path, to: &Path) -> Result<(), StateError> {
    let copied = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        let found: i64 = connection.query_row(VERSION, [], |row| row.get(0))?;
        if found <= KNOWN {
            connection.execute("VACUUM INTO ?1", [to.display().to_string()])?;
        }
        Ok(found)
    });
    match copied.map_err(|e| database("take over", from, e))? {
        found if found > KNOWN => Err(StateError::Newer { place: file(from), found, known: KNOWN }),
        _ => Ok(()),
    }
}
