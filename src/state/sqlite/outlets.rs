//! What is stored of outlets: base, status, memory, pins, pauses.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Store,
    packed::{Packed, Unpacked},
    store::{At, moment},
};
use crate::state::{EventRow, OutletRow, OutletUpdate, Pause, Scope, StateError, StatusUpdate, SwitchEnd, SwitchRow};

/// A pause counts until the moment at which it ends.
pub(super) const COUNTS: &str = "(until IS NULL OR until > ?2)";

impl Store {
    pub(super) fn outlet(&self, outlet: &str) -> Result<Option<OutletRow>, StateError> {
        self.read("read an outlet", |connection, scope| {
            let sql = "SELECT * FROM outlets WHERE platform = ?1 AND id = ?2";
            connection.prepare_cached(sql)?.query_row(params![scope.platform, outlet], outlet_row).optional()
        })
    }

    pub(super) fn pause(&self, outlet: &str, now: Timestamp) -> Result<Option<Pause>, StateError> {
        self.read("read whether an outlet is paused", |connection, scope| pause(connection, scope, outlet, now))
    }

    pub(super) fn set_pause(&mut self, outlet: &str, pause: Option<Pause>) -> Result<(), StateError> {
        self.write("pause or resume an outlet", |connection, scope| {
            let Some(Pause { since, until }) = pause else {
                let sql = "DELETE FROM pauses WHERE platform = ?1 AND outlet = ?2";
                return connection.prepare_cached(sql)?.execute([&scope.platform, outlet]).map(drop);
            };
            let sql = "INSERT OR REPLACE INTO pauses (platform, outlet, since, until) VALUES (?1, ?2, ?3, ?4)";
            let values = params![scope.platform, outlet, At(since), until.map(At)];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    pub(super) fn update_outlet(
        &mut self,
        outlet: &str,
        update: &OutletUpdate,
        at: Timestamp,
    ) -> Result<(), StateError> {
        self.write("record how an outlet stands", |connection, scope| {
            update_outlet(connection, scope, outlet, update, at)
        })
    }

    pub(super) fn forget(&mut self, outlet: &str) -> Result<bool, StateError> {
        self.write("forget an outlet", |connection, scope| {
            let key = params![scope.platform, outlet];
            let pushes = "SELECT id FROM pushes WHERE platform = ?1 AND outlet = ?2";
            connection.execute(&format!("DELETE FROM records WHERE push IN ({pushes})"), key)?;
            let mut gone = connection.execute("DELETE FROM outlets WHERE platform = ?1 AND id = ?2", key)?;
            for table in [
                "pushes",
                "pins",
                "pauses",
                "memories",
                "alarms",
                "notices",
                "promotions",
                "promotion_events",
                "switches",
                "switch_events",
                "rollout_members",
            ] {
                gone += connection.execute(&format!("DELETE FROM {table} WHERE platform = ?1 AND outlet = ?2"), key)?;
            }
            Ok(gone > 0)
        })
    }

    pub(super) fn promotion_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
        self.read("read what became of promotions", |connection, scope| {
            events(connection, PROMOTION_EVENTS, scope, outlet, limit)
        })
    }

    pub(super) fn switch_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
        self.read("read what became of switches of stock", |connection, scope| {
            events(connection, SWITCH_EVENTS, scope, outlet, limit)
        })
    }

    pub(super) fn switch_ends(&self) -> Result<Vec<SwitchEnd>, StateError> {
        self.read("read when switches of stock end", |connection, scope| {
            let sql = "
                SELECT outlet, key, until FROM switches WHERE platform = ?1 AND until IS NOT NULL ORDER BY outlet, key";
            let row =
                |row: &Row<'_>| Ok(SwitchEnd { outlet: row.get(0)?, key: row.get(1)?, until: row.get::<_, At>(2)?.0 });
            connection.prepare_cached(sql)?.query_map([&scope.platform], row)?.collect()
        })
    }

    pub(super) fn platforms(&self) -> Result<Vec<(String, u64)>, StateError> {
        self.read("read the platforms", |connection, _| {
            let sql = "
                SELECT platform, count(*) FROM outlets WHERE base IS NOT NULL GROUP BY platform ORDER BY platform";
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
            connection.prepare_cached(sql)?.query_map([], row)?.collect()
        })
    }
}

pub(super) fn pause(
    connection: &Connection,
    scope: &Scope,
    outlet: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<Pause>> {
    let sql = format!("SELECT * FROM pauses WHERE platform = ?1 AND {COUNTS} AND outlet = ?3");
    connection.prepare_cached(&sql)?.query_row(params![scope.platform, At(now), outlet], pause_row).optional()
}

fn events(
    connection: &Connection,
    table: &str,
    scope: &Scope,
    outlet: Option<&str>,
    limit: u32,
) -> rusqlite::Result<Vec<EventRow>> {
    let sql = format!(
        "SELECT outlet, at, event FROM {table}
         WHERE platform = ?1 AND (?2 IS NULL OR outlet = ?2) ORDER BY id DESC LIMIT ?3"
    );
    let row = |row: &Row<'_>| Ok(EventRow { outlet: row.get(0)?, at: row.get::<_, At>(1)?.0, event: row.get(2)? });
    connection.prepare_cached(&sql)?.query_map(params![scope.platform, outlet, limit], row)?.collect()
}

pub(super) fn pause_row(row: &Row<'_>) -> rusqlite::Result<Pause> {
    Ok(Pause { since: row.get::<_, At>("since")?.0, until: moment(row, "until")? })
}

/// Also a part of the transactions that record pushes.
pub(super) fn update_outlet(
    connection: &Connection,
    scope: &Scope,
    outlet: &str,
    update: &OutletUpdate,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let OutletUpdate { status, base, memory, pins, promotions, promotion_events, switches, switch_events } = update;
    let platform = &scope.platform;
    if let Some(StatusUpdate { state, name, file, error, held, drift, last_verified, revision }) = status {
        let verified = last_verified.map(At);
        let values =
            params![platform, outlet, scope.root, name, file, state, At(at), error, held, drift, verified, revision];
        connection.prepare_cached(SET_STATUS)?.execute(values)?;
    }
    if let Some(base) = base {
        let sql = "
            INSERT INTO outlets (platform, id, root, base, base_updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (platform, id) DO UPDATE SET base = excluded.base, base_updated_at = excluded.base_updated_at";
        connection.prepare_cached(sql)?.execute(params![platform, outlet, scope.root, Packed(base), At(at)])?;
    }
    if let Some(memory) = memory {
        let sql = "
            INSERT OR REPLACE INTO memories (platform, outlet, memory, notes)
            VALUES (?1, ?2, ?3, CASE WHEN json_valid(?4) THEN json_extract(?4, '$.notes') END)";
        connection.prepare_cached(sql)?.execute(params![platform, outlet, Packed(memory), memory])?;
    }
    for (key, promotion) in promotions {
        let (sql, values) = match promotion {
            Some(promotion) => (
                "INSERT OR REPLACE INTO promotions (platform, outlet, key, promotion) VALUES (?1, ?2, ?3, ?4)",
                vec![platform.as_str(), outlet, key.as_str(), promotion.as_str()],
            ),
            None => (
                "DELETE FROM promotions WHERE platform = ?1 AND outlet = ?2 AND key = ?3",
                vec![platform.as_str(), outlet, key.as_str()],
            ),
        };
        connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
    }
    for (key, switch) in switches {
        let Some(SwitchRow { until, switch }) = switch else {
            let sql = "DELETE FROM switches WHERE platform = ?1 AND outlet = ?2 AND key = ?3";
            connection.prepare_cached(sql)?.execute([platform, outlet, key])?;
            continue;
        };
        let sql = "INSERT OR REPLACE INTO switches (platform, outlet, key, until, switch) VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.prepare_cached(sql)?.execute(params![platform, outlet, key, until.map(At), switch])?;
    }
    for (table, events) in [(PROMOTION_EVENTS, promotion_events), (SWITCH_EVENTS, switch_events)] {
        add_events(connection, table, scope, outlet, events, at)?;
    }
    match pins {
        None => {}
        Some(Some(pins)) => {
            let sql = "INSERT OR REPLACE INTO pins (platform, outlet, pins) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![platform, outlet, pins])?;
        }
        Some(None) => {
            let sql = "DELETE FROM pins WHERE platform = ?1 AND outlet = ?2";
            connection.prepare_cached(sql)?.execute([platform, outlet])?;
        }
    }
    Ok(())
}

/// The tables of what happened to promotions and to switches of stock.
const PROMOTION_EVENTS: &str = "promotion_events";
const SWITCH_EVENTS: &str = "switch_events";

/// So many events of each kind are kept of an outlet (our choice).
pub const KEEP_EVENTS: u32 = 500;

/// Adds to what is known, and drops what is too much.
fn add_events(
    connection: &Connection,
    table: &str,
    scope: &Scope,
    outlet: &str,
    events: &[String],
    at: Timestamp,
) -> rusqlite::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    for event in events {
        let sql = format!("INSERT INTO {table} (platform, outlet, at, event) VALUES (?1, ?2, ?3, ?4)");
        connection.prepare_cached(&sql)?.execute(params![scope.platform, outlet, At(at), event])?;
    }
    let sql = format!(
        "DELETE FROM {table} WHERE platform = ?1 AND outlet = ?2 AND id <= (
            SELECT id FROM {table} WHERE platform = ?1 AND outlet = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)"
    );
    connection.prepare_cached(&sql)?.execute(params![scope.platform, outlet, KEEP_EVENTS]).map(drop)
}

const SET_STATUS: &str = "
    INSERT INTO outlets (platform, id, root, name, file, state, since, error, held, drift, last_verified, revision)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT (platform, id) DO UPDATE SET
        root = excluded.root,
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

pub(super) fn outlet_row(row: &Row<'_>) -> rusqlite::Result<OutletRow> {
    Ok(OutletRow {
        id: row.get("id")?,
        root: row.get("root")?,
        name: row.get("name")?,
        file: row.get("file")?,
        state: row.get("state")?,
        since: moment(row, "since")?,
        error: row.get("error")?,
        held: row.get("held")?,
        drift: row.get("drift")?,
        last_verified: moment(row, "last_verified")?,
        revision: row.get("revision")?,
        base: row.get::<_, Option<Unpacked>>("base")?.map(|base| base.0),
        base_updated_at: moment(row, "base_updated_at")?,
    })
}
