//! What is stored of outlets: base, status, memory, pins, pauses, promotions, switches of stock.

use jiff::Timestamp;

use super::{BadValue, Link, Row, packed::packed, parameters};
use crate::state::{EventRow, OutletRow, OutletUpdate, Pause, Scope, StatusUpdate, SwitchEnd, SwitchRow};

/// A pause counts until the moment at which it ends.
pub(super) const COUNTS: &str = "(until IS NULL OR until > ?2)";

pub(in crate::state) async fn outlet<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
) -> Result<Option<OutletRow>, L::Error> {
    let sql = "SELECT * FROM outlets WHERE platform = ?1 AND id = ?2";
    Ok(link.first(sql, parameters![&scope.platform, outlet]).await?.map(outlet_row).transpose()?)
}

pub(in crate::state) async fn pause<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
    now: Timestamp,
) -> Result<Option<Pause>, L::Error> {
    let sql = format!("SELECT * FROM pauses WHERE platform = ?1 AND {COUNTS} AND outlet = ?3");
    let row = link.first(&sql, parameters![&scope.platform, now, outlet]).await?;
    Ok(row.map(|mut row| pause_row(&mut row)).transpose()?)
}

pub(in crate::state) async fn set_pause<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
    pause: Option<Pause>,
) -> Result<(), L::Error> {
    let Some(Pause { since, until }) = pause else {
        let sql = "DELETE FROM pauses WHERE platform = ?1 AND outlet = ?2";
        return link.execute(sql, parameters![&scope.platform, outlet]).await.map(drop);
    };
    let sql = "
        INSERT INTO pauses (platform, outlet, since, until) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (platform, outlet) DO UPDATE SET since = excluded.since, until = excluded.until";
    link.execute(sql, parameters![&scope.platform, outlet, since, until]).await.map(drop)
}

/// Tables whose rows belong to an outlet, beside `outlets` and `records`.
const OF_OUTLET: [&str; 11] = [
    "pushes",
    "pins",
    "pauses",
    "memories",
    "alarms",
    "notices",
    PROMOTIONS,
    PROMOTION_EVENTS,
    SWITCHES,
    SWITCH_EVENTS,
    "rollout_members",
];

pub(in crate::state) async fn forget<L: Link>(link: &L, scope: &Scope, outlet: &str) -> Result<bool, L::Error> {
    let key = parameters![&scope.platform, outlet];
    let records = "DELETE FROM records WHERE push IN (SELECT id FROM pushes WHERE platform = ?1 AND outlet = ?2)";
    link.execute(records, key).await?;
    let mut gone = link.execute("DELETE FROM outlets WHERE platform = ?1 AND id = ?2", key).await?;
    for table in OF_OUTLET {
        gone += link.execute(&format!("DELETE FROM {table} WHERE platform = ?1 AND outlet = ?2"), key).await?;
    }
    Ok(gone > 0)
}

pub(in crate::state) async fn promotion_events<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: Option<&str>,
    limit: u32,
) -> Result<Vec<EventRow>, L::Error> {
    events(link, PROMOTION_EVENTS, scope, outlet, limit).await
}

pub(in crate::state) async fn switch_events<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: Option<&str>,
    limit: u32,
) -> Result<Vec<EventRow>, L::Error> {
    events(link, SWITCH_EVENTS, scope, outlet, limit).await
}

async fn events<L: Link>(
    link: &L,
    table: &str,
    scope: &Scope,
    outlet: Option<&str>,
    limit: u32,
) -> Result<Vec<EventRow>, L::Error> {
    let sql = format!(
        "SELECT outlet, at, event FROM {table}
         WHERE platform = ?1 AND (?2 IS NULL OR outlet = ?2) ORDER BY id DESC LIMIT ?3"
    );
    let rows = link.query(&sql, parameters![&scope.platform, outlet, limit]).await?.into_iter();
    let event = |mut row: Row| {
        Ok::<_, BadValue>(EventRow { outlet: row.text("outlet")?, at: row.moment("at")?, event: row.text("event")? })
    };
    Ok(rows.map(event).collect::<Result<_, _>>()?)
}

pub(in crate::state) async fn switch_ends<L: Link>(link: &L, scope: &Scope) -> Result<Vec<SwitchEnd>, L::Error> {
    let sql = "SELECT outlet, key, until FROM switches WHERE platform = ?1 AND until IS NOT NULL ORDER BY outlet, key";
    let rows = link.query(sql, parameters![&scope.platform]).await?.into_iter();
    let end = |mut row: Row| {
        Ok::<_, BadValue>(SwitchEnd { outlet: row.text("outlet")?, key: row.text("key")?, until: row.moment("until")? })
    };
    Ok(rows.map(end).collect::<Result<_, _>>()?)
}

pub(in crate::state) async fn platforms<L: Link>(link: &L, _: &Scope) -> Result<Vec<(String, u64)>, L::Error> {
    let sql = "
        SELECT platform, count(*) AS outlets FROM outlets WHERE base IS NOT NULL GROUP BY platform ORDER BY platform";
    let rows = link.query(sql, &[]).await?.into_iter();
    let platform = |mut row: Row| Ok::<_, BadValue>((row.text("platform")?, row.number("outlets")?.unsigned_abs()));
    Ok(rows.map(platform).collect::<Result<_, _>>()?)
}

pub(super) fn pause_row(row: &mut Row) -> Result<Pause, BadValue> {
    Ok(Pause { since: row.moment("since")?, until: row.moment_if_any("until")? })
}

/// Also a part of the transactions that record pushes.
pub(in crate::state) async fn update_outlet<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
    update: &OutletUpdate,
    at: Timestamp,
) -> Result<(), L::Error> {
    let OutletUpdate { status, base, memory, pins, promotions, promotion_events, switches, switch_events } = update;
    let platform = &scope.platform;
    if let Some(status) = status {
        set_status(link, scope, outlet, status, at).await?;
    }
    if let Some(base) = base {
        let sql = "
            INSERT INTO outlets (platform, id, root, base, base_updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (platform, id) DO UPDATE SET base = excluded.base, base_updated_at = excluded.base_updated_at";
        let values = [platform.into(), outlet.into(), (&scope.root).into(), packed(base)?, at.into()];
        link.execute(sql, &values).await?;
    }
    if let Some(memory) = memory {
        let sql = "
            INSERT INTO memories (platform, outlet, memory, notes) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (platform, outlet) DO UPDATE SET memory = excluded.memory, notes = excluded.notes";
        let notes = notes_of(memory);
        link.execute(sql, &[platform.into(), outlet.into(), packed(memory)?, (&notes).into()]).await?;
    }
    for (key, promotion) in promotions {
        let Some(promotion) = promotion else {
            drop_keyed(link, scope, PROMOTIONS, outlet, key).await?;
            continue;
        };
        let sql = "
            INSERT INTO promotions (platform, outlet, key, promotion) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (platform, outlet, key) DO UPDATE SET promotion = excluded.promotion";
        link.execute(sql, parameters![platform, outlet, key, promotion]).await?;
    }
    for (key, switch) in switches {
        let Some(SwitchRow { until, switch }) = switch else {
            drop_keyed(link, scope, SWITCHES, outlet, key).await?;
            continue;
        };
        let sql = "
            INSERT INTO switches (platform, outlet, key, until, switch) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (platform, outlet, key) DO UPDATE SET until = excluded.until, switch = excluded.switch";
        link.execute(sql, parameters![platform, outlet, key, *until, switch]).await?;
    }
    for (table, events) in [(PROMOTION_EVENTS, promotion_events), (SWITCH_EVENTS, switch_events)] {
        add_events(link, table, scope, outlet, events, at).await?;
    }
    match pins {
        None => {}
        Some(Some(pins)) => {
            let sql = "
                INSERT INTO pins (platform, outlet, pins) VALUES (?1, ?2, ?3)
                ON CONFLICT (platform, outlet) DO UPDATE SET pins = excluded.pins";
            link.execute(sql, parameters![platform, outlet, pins]).await?;
        }
        Some(None) => {
            link.execute("DELETE FROM pins WHERE platform = ?1 AND outlet = ?2", parameters![platform, outlet]).await?;
        }
    }
    Ok(())
}

/// What is shown of all outlets at once, out of one's memory.
fn notes_of(memory: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Memory {
        notes: Option<serde_json::Value>,
    }
    let Memory { notes } = serde_json::from_str(memory).ok()?;
    notes.map(|notes| notes.to_string())
}

/// The tables of promotions and switches of stock, and of what became of them.
const PROMOTIONS: &str = "promotions";
const SWITCHES: &str = "switches";
const PROMOTION_EVENTS: &str = "promotion_events";
const SWITCH_EVENTS: &str = "switch_events";

/// So many events of each kind are kept of an outlet (our choice).
pub const KEEP_EVENTS: u32 = 500;

async fn drop_keyed<L: Link>(link: &L, scope: &Scope, table: &str, outlet: &str, key: &str) -> Result<(), L::Error> {
    let sql = format!("DELETE FROM {table} WHERE platform = ?1 AND outlet = ?2 AND key = ?3");
    link.execute(&sql, parameters![&scope.platform, outlet, key]).await.map(drop)
}

/// Adds to what is known, and drops what is too much.
async fn add_events<L: Link>(
    link: &L,
    table: &str,
    scope: &Scope,
    outlet: &str,
    events: &[String],
    at: Timestamp,
) -> Result<(), L::Error> {
    if events.is_empty() {
        return Ok(());
    }
    for event in events {
        let sql = format!("INSERT INTO {table} (platform, outlet, at, event) VALUES (?1, ?2, ?3, ?4)");
        link.execute(&sql, parameters![&scope.platform, outlet, at, event]).await?;
    }
    let sql = format!(
        "DELETE FROM {table} WHERE platform = ?1 AND outlet = ?2 AND id <= (
            SELECT id FROM {table} WHERE platform = ?1 AND outlet = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)"
    );
    link.execute(&sql, parameters![&scope.platform, outlet, KEEP_EVENTS]).await.map(drop)
}

async fn set_status<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
    status: &StatusUpdate,
    at: Timestamp,
) -> Result<(), L::Error> {
    let StatusUpdate { state, name, file, error, held, drift, last_verified, revision } = status;
    let values = parameters![
        &scope.platform,
        outlet,
        &scope.root,
        name,
        file,
        state,
        at,
        error,
        held,
        drift,
        *last_verified,
        revision
    ];
    link.execute(SET_STATUS, values).await.map(drop)
}

const SET_STATUS: &str = "
    INSERT INTO outlets (platform, id, root, name, file, state, since, error, held, drift, last_verified, revision)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT (platform, id) DO UPDATE SET
        root = excluded.root,
        name = coalesce(excluded.name, outlets.name),
        file = coalesce(excluded.file, outlets.file),
        since = CASE WHEN outlets.state = excluded.state THEN outlets.since ELSE excluded.since END,
        state = excluded.state,
        error = excluded.error,
        held = excluded.held,
        drift = excluded.drift,
        last_verified = coalesce(excluded.last_verified, outlets.last_verified),
        revision = CASE WHEN excluded.last_verified IS NULL THEN coalesce(excluded.revision, outlets.revision)
                        ELSE excluded.revision END";

pub(super) fn outlet_row(mut row: Row) -> Result<OutletRow, BadValue> {
    Ok(OutletRow {
        id: row.text("id")?,
        root: row.text_if_any("root")?,
        name: row.text_if_any("name")?,
        file: row.text_if_any("file")?,
        state: row.text_if_any("state")?,
        since: row.moment_if_any("since")?,
        error: row.text_if_any("error")?,
        held: row.text_if_any("held")?,
        drift: row.text_if_any("drift")?,
        last_verified: row.moment_if_any("last_verified")?,
        revision: row.text_if_any("revision")?,
        base: row.unpacked_if_any("base")?,
        base_updated_at: row.moment_if_any("base_updated_at")?,
    })
}
