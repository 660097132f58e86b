//! Every push: recorded before it is sent, so that after a crash nothing is sent blindly again; what it sent, compressed,
//! and how long that is kept.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{
    Connection, OptionalExtension, Row, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use super::{
    Store,
    outlets::update_outlet,
    packed::{Packed, Unpacked},
    store::{At, moment},
};
use crate::rollout::WaveOf;
use crate::state::{
    NewPush, NewRecord, PushId, PushKind, PushOutcome, PushRow, PushStep, Scope, StateError, locks::is_outlet_locked,
};

/// So many pushes of an outlet are kept whatever their age (our choice).
pub const KEEP_LAST: u32 = 100;

/// Younger pushes are kept beyond that number (our choice: a season)…
pub const KEEP_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// …up to this number (our choice; a record takes a few kilobytes).
pub const KEEP_AT_MOST: u32 = 500;

/// The newest push without an outcome.
pub(super) const PENDING: &str = "
    SELECT * FROM pushes WHERE platform = ?1 AND outlet = ?2 AND finished_at IS NULL ORDER BY id DESC LIMIT 1";

impl Store {
    pub(super) fn begin_push(&mut self, push: &NewPush) -> Result<PushId, StateError> {
        self.write("record a push", |connection, scope| {
            let sql = "
                INSERT INTO pushes (platform, number, outlet, request_id, kind, digest, revision, author, back_to, tool,
                                    plan, verification, prepared_at, sent_at, wave, waves)
                VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM pushes WHERE platform = ?1 AND outlet = ?2),
                        ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', ?10, ?11, ?12, ?13, ?14)";
            let values = params![
                scope.platform,
                push.outlet,
                push.request_id.to_string(),
                push.kind,
                push.digest,
                push.revision,
                push.author,
                push.back_to,
                push.tool,
                Packed(&push.plan),
                At(push.prepared_at),
                push.sent_at.map(At),
                push.wave.map(|of| of.wave as i64),
                push.wave.map(|of| of.waves as i64)
            ];
            let id = connection.prepare_cached(sql)?.insert(values).map(PushId)?;
            let NewRecord { changes, record } = &push.record;
            let sql = "INSERT INTO records (push, changes, record) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![id.0, Packed(changes), Packed(record)])?;
            update_outlet(connection, scope, &push.outlet, &push.outlet_update, push.prepared_at)?;
            Ok(id)
        })
    }

    pub(super) fn record_push_step(&mut self, id: PushId, step: &PushStep, at: Timestamp) -> Result<(), StateError> {
        let PushStep { sent_at, answered_at, error, plan, record, end, outlet_update } = step;
        let outlet = self.write("record the progress of a push", |connection, scope| {
            let sql = "
                UPDATE pushes SET sent_at = coalesce(?2, sent_at), answered_at = coalesce(?3, answered_at),
                                  verification = coalesce(?4, verification), error = coalesce(?6, error)
                WHERE id = ?1 AND platform = ?5 AND finished_at IS NULL RETURNING outlet";
            let plan = plan.as_deref().map(Packed);
            let values = params![id.0, sent_at.map(At), answered_at.map(At), plan, scope.platform, error];
            let outlet = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
            let Some(outlet): Option<String> = outlet else { return Ok(None) };
            if let Some(record) = record {
                let sql = "UPDATE records SET record = ?2 WHERE push = ?1";
                connection.prepare_cached(sql)?.execute(params![id.0, Packed(record)])?;
            }
            update_outlet(connection, scope, &outlet, outlet_update, at)?;
            if let Some((outcome, error)) = end {
                let sql = "UPDATE pushes SET outcome = ?2, error = ?3, finished_at = ?4, plan = '', verification = NULL
                           WHERE id = ?1";
                connection.prepare_cached(sql)?.execute(params![id.0, outcome, error, At(at)])?;
                prune(connection, scope, &outlet, at)?;
            }
            Ok(Some(outlet))
        })?;
        self.has_ended_push |= end.is_some();
        outlet.map(drop).ok_or(StateError::NoSuchPush(id))
    }

    /// What `read` gives, with its pushes asked for orphans. Who has no lock any more may have recorded the answer just before
    /// it gave that back, so then it is read once more.
    pub(super) fn with_orphans<T>(
        &self,
        read: impl Fn(&Self) -> Result<T, StateError>,
        pushes: fn(&mut T) -> &mut [PushRow],
    ) -> Result<T, StateError> {
        let is_locked = |outlet: &str| self.path().parent().and_then(|dir| is_outlet_locked(dir, outlet));
        let mut first = read(self)?;
        let unanswered = pushes(&mut first).iter().filter(|push| push.is_unanswered());
        let free = unanswered.filter(|push| is_locked(&push.outlet) == Some(false));
        let orphans: Vec<(PushId, Option<Timestamp>)> = free.map(|push| (push.id, push.sent_at)).collect();
        if orphans.is_empty() {
            return Ok(first);
        }
        let mut second = read(self)?;
        for push in pushes(&mut second) {
            push.is_orphan = push.is_unanswered() && orphans.contains(&(push.id, push.sent_at));
        }
        Ok(second)
    }

    pub(super) fn pending_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
        self.read("read a push", |connection, scope| {
            connection.prepare_cached(PENDING)?.query_row([&scope.platform, outlet], push_row).optional()
        })
    }

    pub(super) fn pushes(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<PushRow>, StateError> {
        self.read("read the pushes", |connection, scope| {
            let sql = "
                SELECT * FROM pushes
                WHERE platform = ?3 AND (?1 IS NULL OR outlet = ?1) ORDER BY id DESC LIMIT ?2";
            let values = params![outlet, limit, scope.platform];
            connection.prepare_cached(sql)?.query_map(values, push_row)?.collect()
        })
    }

    pub(super) fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError> {
        self.read("read the history", |connection, scope| {
            let sql = "
                SELECT id, number, outlet, request_id, kind, digest, revision, author, back_to, tool, prepared_at, sent_at,
                       answered_at, finished_at, outcome, error, wave, waves, '' AS plan, NULL AS verification,
                       changes
                FROM pushes LEFT JOIN records ON push = id
                WHERE platform = ?1 AND outlet = ?2 ORDER BY id DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let row = |row: &Row<'_>| {
                let changes: Option<Unpacked> = row.get("changes")?;
                Ok((push_row(row)?, changes.map(|changes| changes.0)))
            };
            statement.query_map([&scope.platform, outlet], row)?.collect()
        })
    }

    pub(super) fn changes(&self, pushes: &[PushId]) -> Result<BTreeMap<PushId, String>, StateError> {
        self.read("read what pushes changed", |connection, _| {
            let mut statement = connection.prepare_cached("SELECT changes FROM records WHERE push = ?1")?;
            let mut all = BTreeMap::new();
            for id in pushes {
                let changes: Option<Unpacked> = statement.query_row([id.0], |row| row.get(0)).optional()?;
                all.extend(changes.map(|changes| (*id, changes.0)));
            }
            Ok(all)
        })
    }

    pub(super) fn record(&self, id: PushId) -> Result<Option<String>, StateError> {
        self.read("read what a push sent", |connection, _| record_of(connection, id))
    }

    pub(super) fn published_since(&self, since: Timestamp) -> Result<u64, StateError> {
        self.read("count pushes", |connection, scope| {
            let sql = "
                SELECT count(*) FROM pushes WHERE platform = ?2 AND outcome = 'published' AND finished_at > ?1";
            let count = connection.prepare_cached(sql)?.query_row(params![At(since), scope.platform], |row| row.get(0));
            count.map(i64::unsigned_abs)
        })
    }
}

pub(super) fn record_of(connection: &Connection, id: PushId) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT record FROM records WHERE push = ?1")?;
    let record: Option<Unpacked> = statement.query_row([id.0], |row| row.get(0)).optional()?;
    Ok(record.map(|record| record.0))
}

/// See [`crate::state::OutletMemory::lost_puts`].
pub(super) fn lost_puts(connection: &Connection, scope: &Scope, outlet: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "
        SELECT digest, outcome = ?3 AND answered_at IS NOT NULL FROM pushes
        WHERE platform = ?1 AND outlet = ?2 AND kind = ?4 AND sent_at IS NOT NULL ORDER BY id DESC LIMIT 5";
    let values = params![scope.platform, outlet, PushOutcome::Lost, PushKind::Put];
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, Option<bool>>(1)?));
    let newest: Vec<(String, Option<bool>)> =
        connection.prepare_cached(sql)?.query_map(values, row)?.collect::<rusqlite::Result<_>>()?;
    Ok(newest.into_iter().take_while(|(_, lost)| *lost == Some(true)).map(|(digest, _)| digest).collect())
}

/// Drops what is too old or too much of an outlet's pushes: never an unfinished one, nor the newest that was published,
/// which is live. Part of the transaction that finishes a push.
fn prune(connection: &Connection, scope: &Scope, outlet: &str, now: Timestamp) -> rusqlite::Result<()> {
    let old = now.saturating_sub(KEEP_FOR).unwrap_or(Timestamp::MIN);
    let doomed = "
        SELECT id FROM (
            SELECT id, prepared_at, finished_at, row_number() OVER (ORDER BY id DESC) AS place
            FROM pushes WHERE platform = ?6 AND outlet = ?1
        )
        WHERE finished_at IS NOT NULL AND place > ?2 AND (prepared_at < ?3 OR place > ?4)
          AND id IS NOT (SELECT max(id) FROM pushes WHERE platform = ?6 AND outlet = ?1 AND outcome = ?5)";
    for sql in
        [format!("DELETE FROM records WHERE push IN ({doomed})"), format!("DELETE FROM pushes WHERE id IN ({doomed})")]
    {
        let values = params![outlet, KEEP_LAST, At(old), KEEP_AT_MOST, PushOutcome::Published, scope.platform];
        connection.prepare_cached(&sql)?.execute(values)?;
    }
    Ok(())
}

fn wave_of(row: &Row<'_>) -> rusqlite::Result<Option<WaveOf>> {
    let number =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(|it| it.unsigned_abs() as usize));
    Ok(number("wave")?.zip(number("waves")?).map(|(wave, waves)| WaveOf { wave, waves }))
}

pub(super) fn push_row(row: &Row<'_>) -> rusqlite::Result<PushRow> {
    Ok(PushRow {
        id: PushId(row.get("id")?),
        number: row.get("number")?,
        outlet: row.get("outlet")?,
        request_id: row.get::<_, Parsed<Uuid>>("request_id")?.0,
        kind: row.get::<_, Parsed<PushKind>>("kind")?.0,
        digest: row.get("digest")?,
        revision: row.get("revision")?,
        author: row.get("author")?,
        back_to: row.get("back_to")?,
        wave: wave_of(row)?,
        tool: row.get("tool")?,
        prepared_at: row.get::<_, At>("prepared_at")?.0,
        sent_at: moment(row, "sent_at")?,
        answered_at: moment(row, "answered_at")?,
        finished_at: moment(row, "finished_at")?,
        outcome: row.get::<_, Option<Parsed<PushOutcome>>>("outcome")?.map(|outcome| outcome.0),
        error: row.get("error")?,
        plan: match row.get::<_, Option<Unpacked>>("verification")? {
            Some(plan) => plan.0,
            None => row.get("plan")?,
        },
        is_orphan: false,
    })
}

impl PushRow {
    /// Whether its sender may be waiting for the answer.
    fn is_unanswered(&self) -> bool {
        self.sent_at.is_some() && self.outcome.is_none() && self.answered_at.is_none() && self.error.is_none()
    }
}

/// A value that is stored as text.
struct Parsed<T>(T);

impl<T: std::str::FromStr<Err: std::fmt::Display>> FromSql for Parsed<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = value.as_str()?.parse();
        parsed.map(Self).map_err(|error: T::Err| FromSqlError::Other(error.to_string().into()))
    }
}

impl ToSql for PushKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for PushOutcome {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}
