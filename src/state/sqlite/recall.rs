//! What is read of all tables at once.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{
    Store,
    events::alarm,
    outlets::{COUNTS, outlet_row, pause, pause_row},
    packed::Unpacked,
    pushes::{PENDING, lost_puts, push_row, record_of},
    store::At,
};
use crate::state::{OutletMemory, Overview, StateError};

impl Store {
    /// All that a pass starts from, in one transaction, so that it fits together beside another process's writes.
    pub(super) fn recall(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError> {
        self.with_orphans(|store| store.read_memory(outlet, now), |recalled| recalled.pending.as_mut_slice())
    }

    fn read_memory(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError> {
        self.read("read what is stored of an outlet", |connection, scope| {
            let transaction = connection.unchecked_transaction()?;
            let key = params![scope.platform, outlet];
            let text = |sql: &str| -> rusqlite::Result<Option<String>> {
                transaction.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional().map(Option::flatten)
            };
            let packed = |sql: &str| -> rusqlite::Result<Option<String>> {
                let mut statement = transaction.prepare_cached(sql)?;
                let text: Option<Option<Unpacked>> = statement.query_row(key, |row| row.get(0)).optional()?;
                Ok(text.flatten().map(|text| text.0))
            };
            let by_key = |sql: &str| -> rusqlite::Result<Vec<(String, String)>> {
                let mut statement = transaction.prepare_cached(sql)?;
                statement.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            };
            let pending = transaction.prepare_cached(PENDING)?.query_row(key, push_row).optional()?;
            Ok(OutletMemory {
                base: packed("SELECT base FROM outlets WHERE platform = ?1 AND id = ?2")?,
                memory: packed("SELECT memory FROM memories WHERE platform = ?1 AND outlet = ?2")?,
                pins: text("SELECT pins FROM pins WHERE platform = ?1 AND outlet = ?2")?,
                pause: pause(&transaction, scope, outlet, now)?,
                pending_record: pending.as_ref().map_or(Ok(None), |push| record_of(&transaction, push.id))?,
                pending,
                lost_puts: lost_puts(&transaction, scope, outlet)?,
                alarm: alarm(&transaction, scope, outlet, now)?,
                promotions: by_key(
                    "SELECT key, promotion FROM promotions WHERE platform = ?1 AND outlet = ?2 ORDER BY key",
                )?,
                switches: by_key("SELECT key, switch FROM switches WHERE platform = ?1 AND outlet = ?2 ORDER BY key")?,
            })
        })
    }

    pub(super) fn overview(&self, now: Timestamp) -> Result<Overview, StateError> {
        self.with_orphans(|store| store.read_overview(now), |overview| &mut overview.last_pushes)
    }

    fn read_overview(&self, now: Timestamp) -> Result<Overview, StateError> {
        self.read("read the outlets", |connection, scope| {
            let transaction = connection.unchecked_transaction()?;
            let platform = params![scope.platform];
            // Without bases, which are large.
            let sql = "
                SELECT id, root, name, file, state, since, error, held, drift, last_verified, revision,
                       NULL AS base, NULL AS base_updated_at
                FROM outlets WHERE platform = ?1 ORDER BY id";
            let outlets = transaction.prepare_cached(sql)?.query_map(platform, outlet_row)?.collect::<Result<_, _>>()?;
            let sql = "
                SELECT id, number, outlet, request_id, kind, digest, revision, author, back_to, tool, prepared_at, sent_at,
                       answered_at, finished_at, outcome, error, wave, waves, '' AS plan, NULL AS verification
                FROM pushes
                WHERE id IN (SELECT max(id) FROM pushes WHERE platform = ?1 GROUP BY outlet) ORDER BY outlet";
            let pushes = transaction.prepare_cached(sql)?.query_map(platform, push_row)?.collect::<Result<_, _>>()?;
            let sql = format!("SELECT * FROM pauses WHERE platform = ?1 AND {COUNTS} ORDER BY outlet");
            let row = |row: &Row<'_>| Ok((row.get("outlet")?, pause_row(row)?));
            let mut pauses = transaction.prepare_cached(&sql)?;
            let pauses = pauses.query_map(params![scope.platform, At(now)], row)?.collect::<Result<_, _>>()?;
            let sql = "SELECT outlet, pins FROM pins WHERE platform = ?1 ORDER BY outlet";
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let pins = transaction.prepare_cached(sql)?.query_map(platform, row)?.collect::<Result<_, _>>()?;
            let sql = "
                SELECT outlet, notes FROM memories WHERE platform = ?1 AND notes IS NOT NULL ORDER BY outlet";
            let notes = transaction.prepare_cached(sql)?.query_map(platform, row)?.collect::<Result<_, _>>()?;
            let sql = "SELECT outlet, promotion FROM promotions WHERE platform = ?1 ORDER BY outlet, key";
            let promotions = transaction.prepare_cached(sql)?.query_map(platform, row)?.collect::<Result<_, _>>()?;
            let sql = "SELECT outlet, key, switch FROM switches WHERE platform = ?1 ORDER BY outlet, key";
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let switches = transaction.prepare_cached(sql)?.query_map(platform, row)?.collect::<Result<_, _>>()?;
            let root = scope.root.clone();
            Ok(Overview { root, outlets, last_pushes: pushes, pauses, pins, notes, promotions, switches })
        })
    }
}
