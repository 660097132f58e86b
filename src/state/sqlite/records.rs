//! What pushes sent, compressed; how long it is kept.

use std::io::{Read, Write};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params, types::Type};

use super::{PushId, PushOutcome, PushRow, StateError, Store, pushes::push_row, store::At};

/// So many pushes of an outlet are kept whatever their age (our choice).
pub const KEEP_LAST: u32 = 100;

/// Younger pushes are kept beyond that number (our choice: a season)…
pub const KEEP_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// …up to this number (our choice; a record takes a few kilobytes).
pub const KEEP_AT_MOST: u32 = 500;

/// No record is larger when unpacked; more is damage.
const MOST_BYTES: u64 = 1 << 28;

/// What a push changed, and what it sent as a whole. JSON; opaque here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRecord<'a> {
    /// The changes alone, which a list of pushes needs.
    pub changes: &'a str,
    /// The whole.
    pub record: &'a str,
}

impl Store {
    /// All pushes to `outlet` that are kept, newest first, each with its changes (JSON) if they were recorded; `plan` is
    /// empty.
    pub fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError> {
        self.read("read the history", |connection| {
            let sql = "
                SELECT id, number, outlet, request_id, kind, digest, revision, author, back_to, tool, prepared_at, sent_at,
                       answered_at, finished_at, outcome, error, '' AS plan, changes
                FROM pushes LEFT JOIN records ON push = id WHERE outlet = ?1 ORDER BY id DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let row = |row: &rusqlite::Row<'_>| {
                let changes: Option<Vec<u8>> = row.get("changes")?;
                Ok((push_row(row)?, changes.map(|packed| unpacked(&packed)).transpose()?))
            };
            statement.query_map([outlet], row)?.collect()
        })
    }

    /// What a push sent (JSON), if that was recorded.
    pub fn record(&self, id: PushId) -> Result<Option<String>, StateError> {
        self.read("read what a push sent", |connection| {
            let mut statement = connection.prepare_cached("SELECT record FROM records WHERE push = ?1")?;
            let packed: Option<Vec<u8>> = statement.query_row([id.0], |row| row.get(0)).optional()?;
            packed.map(|packed| unpacked(&packed)).transpose()
        })
    }

    /// Replaces what a push sends: it goes out once more with the stock of now.
    pub fn update_record(&mut self, id: PushId, record: &str) -> Result<(), StateError> {
        self.write("record what a push sends", |connection| {
            let sql = "UPDATE records SET record = ?2 WHERE push = ?1";
            connection.prepare_cached(sql)?.execute(params![id.0, packed(record)?]).map(drop)
        })
    }
}

/// Part of the transaction that records a push.
pub(super) fn add_record(connection: &Connection, id: PushId, record: &NewRecord<'_>) -> rusqlite::Result<()> {
    let NewRecord { changes, record } = *record;
    let sql = "INSERT INTO records (push, changes, record) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![id.0, packed(changes)?, packed(record)?]).map(drop)
}

/// Part of the transaction that drops an outlet.
pub(super) fn forget_records(connection: &Connection, outlet: &str) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM records WHERE push IN (SELECT id FROM pushes WHERE outlet = ?1)", [outlet])
        .map(drop)
}

/// Drops what is too old or too much of an outlet's pushes: never an unfinished one, nor the newest that was published,
/// which is live. Part of the transaction that finishes a push.
pub(super) fn prune(connection: &Connection, outlet: &str, now: Timestamp) -> rusqlite::Result<()> {
    let old = now.saturating_sub(KEEP_FOR).unwrap_or(Timestamp::MIN);
    let doomed = "
        SELECT id FROM (
            SELECT id, prepared_at, finished_at, row_number() OVER (ORDER BY id DESC) AS place
            FROM pushes WHERE outlet = ?1
        )
        WHERE finished_at IS NOT NULL AND place > ?2 AND (prepared_at < ?3 OR place > ?4)
          AND id IS NOT (SELECT max(id) FROM pushes WHERE outlet = ?1 AND outcome = ?5)";
    for sql in
        [format!("DELETE FROM records WHERE push IN ({doomed})"), format!("DELETE FROM pushes WHERE id IN ({doomed})")]
    {
        let values = params![outlet, KEEP_LAST, At(old), KEEP_AT_MOST, PushOutcome::Published];
        connection.prepare_cached(&sql)?.execute(values)?;
    }
    Ok(())
}

fn packed(text: &str) -> rusqlite::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let done = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    done.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn unpacked(packed: &[u8]) -> rusqlite::Result<String> {
    let mut text = String::new();
    let read = ZlibDecoder::new(packed).take(MOST_BYTES).read_to_string(&mut text);
    let damaged = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error));
    read.map_err(damaged).map(|_| text)
}
