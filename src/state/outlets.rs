//! What is remembered of an outlet: its base and how it stands.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{
    StateError, Store,
    records::forget_records,
    store::{At, moment},
};

/// All that is remembered of one outlet. JSON is as the caller gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletRow {
    /// GoFood's id.
    pub id: String,
    /// The name in its file.
    pub name: Option<String>,
    /// Its file, relative to the root.
    pub file: Option<String>,
    /// How it stood after the last pass; `None` before the first.
    pub state: Option<String>,
    /// Since when it stands so.
    pub since: Option<Timestamp>,
    /// What went wrong last, if it stands wrong.
    pub error: Option<String>,
    /// JSON: the guards that hold it.
    pub held: Option<String>,
    /// JSON: what was changed elsewhere.
    pub drift: Option<String>,
    /// When live was last seen equal to what we wanted.
    pub last_verified: Option<Timestamp>,
    /// The commit whose files are live.
    pub revision: Option<String>,
    /// JSON: what we last pushed and saw arrive; `None` before the first contact.
    pub base: Option<String>,
    /// When `base` was set.
    pub base_updated_at: Option<Timestamp>,
}

/// How an outlet stands after a pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusUpdate<'a> {
    /// `in_sync`, `held`, …
    pub state: &'a str,
    /// `None` keeps what is known.
    pub name: Option<&'a str>,
    /// `None` keeps what is known.
    pub file: Option<&'a str>,
    /// `None`: there is none.
    pub error: Option<&'a str>,
    /// JSON; `None`: nothing is held.
    pub held: Option<&'a str>,
    /// JSON; `None`: nothing drifted.
    pub drift: Option<&'a str>,
    /// `None` keeps what is known.
    pub last_verified: Option<Timestamp>,
    /// `None` keeps what is known.
    pub revision: Option<&'a str>,
}

impl Store {
    /// What is remembered of the outlet `id`.
    pub fn outlet(&self, id: &str) -> Result<Option<OutletRow>, StateError> {
        self.read("read an outlet", |connection| {
            connection.prepare_cached("SELECT * FROM outlets WHERE id = ?1")?.query_row([id], outlet_row).optional()
        })
    }

    /// All outlets that are remembered, by id.
    pub fn outlets(&self) -> Result<Vec<OutletRow>, StateError> {
        self.read("read the outlets", |connection| {
            connection.prepare_cached("SELECT * FROM outlets ORDER BY id")?.query_map([], outlet_row)?.collect()
        })
    }

    /// The same without their bases, which are large and which only planning needs: `base` and `base_updated_at` are `None`.
    pub fn outlets_in_brief(&self) -> Result<Vec<OutletRow>, StateError> {
        self.read("read the outlets", |connection| {
            let sql = "
                SELECT id, name, file, state, since, error, held, drift, last_verified, revision,
                       NULL AS base, NULL AS base_updated_at
                FROM outlets ORDER BY id";
            connection.prepare_cached(sql)?.query_map([], outlet_row)?.collect()
        })
    }

    /// Remembers `base` (JSON) as what was pushed to `id` and seen to arrive.
    pub fn set_base(&mut self, id: &str, base: &str, at: Timestamp) -> Result<(), StateError> {
        self.write("record a base", |connection| set_base(connection, id, base, at))
    }

    /// Remembers how `id` stands. `since` becomes `at` only if the state is another than before.
    pub fn set_status(&mut self, id: &str, status: &StatusUpdate<'_>, at: Timestamp) -> Result<(), StateError> {
        let StatusUpdate { state, name, file, error, held, drift, last_verified, revision } = *status;
        self.write("record the state of an outlet", |connection| {
            let verified = last_verified.map(At);
            let values = params![id, name, file, state, At(at), error, held, drift, verified, revision];
            connection.prepare_cached(SET_STATUS)?.execute(values).map(drop)
        })
    }

    /// Drops all that is remembered of `id`, its pushes, pins and pause included. Whether there was anything.
    pub fn forget(&mut self, id: &str) -> Result<bool, StateError> {
        self.write("forget an outlet", |connection| {
            forget_records(connection, id)?;
            let mut gone = connection.execute("DELETE FROM outlets WHERE id = ?1", [id])?;
            for table in ["pushes", "pins", "pauses", "memories", "alarms", "notices"] {
                gone += connection.execute(&format!("DELETE FROM {table} WHERE outlet = ?1"), [id])?;
            }
            Ok(gone > 0)
        })
    }
}

const SET_STATUS: &str = "
    INSERT INTO outlets (id, name, file, state, since, error, held, drift, last_verified, revision)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (id) DO UPDATE SET
        name = coalesce(excluded.name, name),
        file = coalesce(excluded.file, file),
        since = CASE WHEN state IS excluded.state THEN since ELSE excluded.since END,
        state = excluded.state,
        error = excluded.error,
        held = excluded.held,
        drift = excluded.drift,
        last_verified = coalesce(excluded.last_verified, last_verified),
        revision = CASE WHEN excluded.last_verified IS NULL THEN coalesce(excluded.revision, revision)
                        ELSE excluded.revision END";

/// Also used when a push is finished, in its transaction.
pub(super) fn set_base(connection: &rusqlite::Connection, id: &str, base: &str, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "
        INSERT INTO outlets (id, base, base_updated_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (id) DO UPDATE SET base = excluded.base, base_updated_at = excluded.base_updated_at";
    connection.prepare_cached(sql)?.execute(params![id, base, At(at)]).map(drop)
}

fn outlet_row(row: &Row<'_>) -> rusqlite::Result<OutletRow> {
    Ok(OutletRow {
        id: row.get("id")?,
        name: row.get("name")?,
        file: row.get("file")?,
        state: row.get("state")?,
        since: moment(row, "since")?,
        error: row.get("error")?,
        held: row.get("held")?,
        drift: row.get("drift")?,
        last_verified: moment(row, "last_verified")?,
        revision: row.get("revision")?,
        base: row.get("base")?,
        base_updated_at: moment(row, "base_updated_at")?,
    })
}
