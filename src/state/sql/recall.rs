//! What is read of all tables at once; in one transaction, so that it fits together beside another process's writes.

use jiff::Timestamp;

use super::{
    BadValue, Link, Row,
    events::alarm,
    outlets::{COUNTS, outlet_row, pause, pause_row},
    parameters,
    pushes::{LISTED, lost_puts, pending_push, push_row, record},
};
use crate::state::{OutletMemory, Overview, Scope};

/// All that a pass over an outlet starts from.
pub(in crate::state) async fn recall<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
    now: Timestamp,
) -> Result<OutletMemory, L::Error> {
    let key = parameters![&scope.platform, outlet];
    let base = link.first("SELECT base FROM outlets WHERE platform = ?1 AND id = ?2", key).await?;
    let memory = link.first("SELECT memory FROM memories WHERE platform = ?1 AND outlet = ?2", key).await?;
    let pins = link.first("SELECT pins FROM pins WHERE platform = ?1 AND outlet = ?2", key).await?;
    let promotions = "SELECT key, promotion FROM promotions WHERE platform = ?1 AND outlet = ?2 ORDER BY key";
    let promotions = link.query(promotions, key).await?.into_iter();
    let switches = "SELECT key, switch FROM switches WHERE platform = ?1 AND outlet = ?2 ORDER BY key";
    let switches = link.query(switches, key).await?.into_iter();
    let pending = pending_push(link, scope, outlet).await?;
    let pending_record = match &pending {
        Some(push) => record(link, scope, push.id).await?,
        None => None,
    };
    Ok(OutletMemory {
        base: base.map(|mut row| row.unpacked_if_any("base")).transpose()?.flatten(),
        memory: memory.map(|mut row| row.unpacked_if_any("memory")).transpose()?.flatten(),
        pins: pins.map(|mut row| row.text("pins")).transpose()?,
        pause: pause(link, scope, outlet, now).await?,
        pending,
        pending_record,
        lost_puts: lost_puts(link, scope, outlet).await?,
        alarm: alarm(link, scope, outlet, now).await?,
        promotions: promotions.map(|row| pair(row, ["key", "promotion"])).collect::<Result<_, _>>()?,
        switches: switches.map(|row| pair(row, ["key", "switch"])).collect::<Result<_, _>>()?,
    })
}

fn pair(mut row: Row, [one, two]: [&str; 2]) -> Result<(String, String), BadValue> {
    Ok((row.text(one)?, row.text(two)?))
}

pub(in crate::state) async fn overview<L: Link>(link: &L, scope: &Scope, now: Timestamp) -> Result<Overview, L::Error> {
    let platform = parameters![&scope.platform];
    // Without bases, which are large.
    let outlets = "
        SELECT id, root, name, file, state, since, error, held, drift, last_verified, revision, NULL AS base,
               NULL AS base_updated_at
        FROM outlets WHERE platform = ?1 ORDER BY id";
    let outlets = link.query(outlets, platform).await?.into_iter();
    let pushes = format!(
        "SELECT {LISTED} FROM pushes
         WHERE id IN (SELECT max(id) FROM pushes WHERE platform = ?1 GROUP BY outlet) ORDER BY outlet"
    );
    let pushes = link.query(&pushes, platform).await?.into_iter();
    let pauses = format!("SELECT * FROM pauses WHERE platform = ?1 AND {COUNTS} ORDER BY outlet");
    let pauses = link.query(&pauses, parameters![&scope.platform, now]).await?.into_iter();
    let pause = |mut row: Row| Ok::<_, BadValue>((row.text("outlet")?, pause_row(&mut row)?));
    let pins = "SELECT outlet, pins FROM pins WHERE platform = ?1 ORDER BY outlet";
    let pins = link.query(pins, platform).await?.into_iter();
    let notes = "SELECT outlet, notes FROM memories WHERE platform = ?1 AND notes IS NOT NULL ORDER BY outlet";
    let notes = link.query(notes, platform).await?.into_iter();
    let promotions = "SELECT outlet, promotion FROM promotions WHERE platform = ?1 ORDER BY outlet, key";
    let promotions = link.query(promotions, platform).await?.into_iter();
    let switches = "SELECT outlet, key, switch FROM switches WHERE platform = ?1 ORDER BY outlet, key";
    let switches = link.query(switches, platform).await?.into_iter();
    let switch = |mut row: Row| Ok::<_, BadValue>((row.text("outlet")?, row.text("key")?, row.text("switch")?));
    Ok(Overview {
        root: scope.root.clone(),
        outlets: outlets.map(outlet_row).collect::<Result<_, _>>()?,
        last_pushes: pushes.map(push_row).collect::<Result<_, _>>()?,
        pauses: pauses.map(pause).collect::<Result<_, _>>()?,
        pins: pins.map(|row| pair(row, ["outlet", "pins"])).collect::<Result<_, _>>()?,
        notes: notes.map(|row| pair(row, ["outlet", "notes"])).collect::<Result<_, _>>()?,
        promotions: promotions.map(|row| pair(row, ["outlet", "promotion"])).collect::<Result<_, _>>()?,
        switches: switches.map(switch).collect::<Result<_, _>>()?,
    })
}
