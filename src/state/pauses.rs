//! Outlets that a person has paused by a command. What their files say is not known here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{
    StateError, Store,
    store::{At, moment},
};

/// A pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself; `None`: when somebody resumes the outlet.
    pub until: Option<Timestamp>,
}

/// A pause counts until the moment at which it ends.
const COUNTS: &str = "(until IS NULL OR until > ?1)";

impl Store {
    /// The pause of an outlet that counts at `now`.
    pub fn pause(&self, outlet: &str, now: Timestamp) -> Result<Option<Pause>, StateError> {
        self.read("read whether an outlet is paused", |connection| {
            let sql = format!("SELECT * FROM pauses WHERE {COUNTS} AND outlet = ?2");
            connection.prepare_cached(&sql)?.query_row(params![At(now), outlet], pause_row).optional()
        })
    }

    /// All pauses that count at `now`, by outlet.
    pub fn pauses(&self, now: Timestamp) -> Result<Vec<(String, Pause)>, StateError> {
        self.read("read which outlets are paused", |connection| {
            let sql = format!("SELECT * FROM pauses WHERE {COUNTS} ORDER BY outlet");
            let row = |row: &Row<'_>| Ok((row.get("outlet")?, pause_row(row)?));
            connection.prepare_cached(&sql)?.query_map([At(now)], row)?.collect()
        })
    }

    /// Pauses an outlet, instead of any pause that it had.
    pub fn set_pause(&mut self, outlet: &str, pause: Pause) -> Result<(), StateError> {
        self.write("pause an outlet", |connection| {
            let sql = "INSERT OR REPLACE INTO pauses (outlet, since, until) VALUES (?1, ?2, ?3)";
            let values = params![outlet, At(pause.since), pause.until.map(At)];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    /// Ends the pause of an outlet.
    pub fn end_pause(&mut self, outlet: &str) -> Result<(), StateError> {
        self.write("resume an outlet", |connection| {
            connection.prepare_cached("DELETE FROM pauses WHERE outlet = ?1")?.execute([outlet]).map(drop)
        })
    }
}

fn pause_row(row: &Row<'_>) -> rusqlite::Result<Pause> {
    Ok(Pause { since: row.get::<_, At>("since")?.0, until: moment(row, "until")? })
}
