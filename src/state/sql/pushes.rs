//! Every push: recorded before it is sent, so that after a crash nothing is sent blindly again; what it sent, compressed,
//! and how long that is kept.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{BadValue, Link, Row, outlets::update_outlet, packed::packed, parameters};
use crate::rollout::WaveOf;
use crate::state::{NewPush, NewRecord, PushId, PushKind, PushOutcome, PushRow, PushStep, Scope};

/// So many pushes of an outlet are kept whatever their age (our choice).
pub const KEEP_LAST: u32 = 100;

/// Younger pushes are kept beyond that number (our choice: a season)…
pub const KEEP_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// …up to this number (our choice; a record takes a few kilobytes).
pub const KEEP_AT_MOST: u32 = 500;

/// The columns of a push in a list, without what it takes to look for it.
pub(super) const LISTED: &str = "
    id, number, outlet, request_id, kind, digest, revision, author, back_to, tool, prepared_at, sent_at, answered_at,
    finished_at, outcome, error, wave, waves, '' AS plan, NULL AS verification";

/// `None`: an earlier one has not ended.
pub(in crate::state) async fn begin_push<L: Link>(
    link: &L,
    scope: &Scope,
    push: &NewPush,
) -> Result<Option<PushId>, L::Error> {
    if pending_push(link, scope, &push.outlet).await?.is_some() {
        return Ok(None);
    }
    let sql = "
        INSERT INTO pushes (platform, number, outlet, request_id, kind, digest, revision, author, back_to, tool,
                            plan, verification, prepared_at, sent_at, wave, waves)
        VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM pushes WHERE platform = ?1 AND outlet = ?2),
                ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', ?10, ?11, ?12, ?13, ?14) RETURNING id";
    let request_id = push.request_id.to_string();
    let values = [
        (&scope.platform).into(),
        (&push.outlet).into(),
        (&request_id).into(),
        push.kind.into(),
        (&push.digest).into(),
        (&push.revision).into(),
        (&push.author).into(),
        push.back_to.into(),
        (&push.tool).into(),
        packed(&push.plan)?,
        push.prepared_at.into(),
        push.sent_at.into(),
        push.wave.map(|of| of.wave as i64).into(),
        push.wave.map(|of| of.waves as i64).into(),
    ];
    let row = link.first(sql, &values).await?;
    let id = row.map(|mut row| row.number("id")).transpose()?.map(PushId);
    let id = id.ok_or_else(|| BadValue { column: "id".to_owned(), problem: "a new push has none".to_owned() })?;
    let NewRecord { changes, record } = &push.record;
    let sql = "INSERT INTO records (push, changes, record) VALUES (?1, ?2, ?3)";
    link.execute(sql, &[id.into(), packed(changes)?, packed(record)?]).await?;
    update_outlet(link, scope, &push.outlet, &push.outlet_update, push.prepared_at).await?;
    Ok(Some(id))
}

/// `false`: there is no unfinished push of that number.
pub(in crate::state) async fn record_push_step<L: Link>(
    link: &L,
    scope: &Scope,
    id: PushId,
    step: &PushStep,
    at: Timestamp,
) -> Result<bool, L::Error> {
    let PushStep { sent_at, answered_at, error, plan, record, end, outlet_update } = step;
    let sql = "
        UPDATE pushes SET sent_at = coalesce(?2, sent_at), answered_at = coalesce(?3, answered_at),
                          verification = coalesce(?4, verification), error = coalesce(?6, error)
        WHERE id = ?1 AND platform = ?5 AND finished_at IS NULL RETURNING outlet";
    let plan = plan.as_deref().map_or(Ok(None::<Vec<u8>>.into()), packed)?;
    let values = [id.into(), (*sent_at).into(), (*answered_at).into(), plan, (&scope.platform).into(), error.into()];
    let Some(mut row) = link.first(sql, &values).await? else { return Ok(false) };
    let outlet = row.text("outlet")?;
    if let Some(record) = record {
        link.execute("UPDATE records SET record = ?2 WHERE push = ?1", &[id.into(), packed(record)?]).await?;
    }
    update_outlet(link, scope, &outlet, outlet_update, at).await?;
    if let Some((outcome, error)) = end {
        let sql = "
            UPDATE pushes SET outcome = ?2, error = ?3, finished_at = ?4, plan = '', verification = NULL WHERE id = ?1";
        link.execute(sql, parameters![id, *outcome, error, at]).await?;
        prune(link, scope, &outlet, at).await?;
    }
    Ok(true)
}

/// Pushes without an answer that nobody waits for any more, as they were seen first: who has no lock any more may have
/// recorded the answer just before it gave that back, so they are read once more.
pub(in crate::state) struct Orphans(Vec<(PushId, Option<Timestamp>)>);

impl Orphans {
    /// Those of `pushes` of which `is_free` says that nobody sends them; `None`: there are none.
    pub(in crate::state) fn of(pushes: &[PushRow], is_free: impl Fn(&PushRow) -> bool) -> Option<Self> {
        let free = pushes.iter().filter(|push| push.is_unanswered() && is_free(push));
        let orphans: Vec<_> = free.map(|push| (push.id, push.sent_at)).collect();
        (!orphans.is_empty()).then_some(Self(orphans))
    }

    /// Marks those that have no answer yet when they are read once more.
    pub(in crate::state) fn mark(&self, pushes: &mut [PushRow]) {
        for push in pushes {
            push.is_orphan = push.is_unanswered() && self.0.contains(&(push.id, push.sent_at));
        }
    }
}

pub(in crate::state) async fn pending_push<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
) -> Result<Option<PushRow>, L::Error> {
    let sql = "
        SELECT * FROM pushes WHERE platform = ?1 AND outlet = ?2 AND finished_at IS NULL ORDER BY id DESC LIMIT 1";
    Ok(link.first(sql, parameters![&scope.platform, outlet]).await?.map(push_row).transpose()?)
}

pub(in crate::state) async fn pushes<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: Option<&str>,
    limit: u32,
) -> Result<Vec<PushRow>, L::Error> {
    let sql = "
        SELECT * FROM pushes WHERE platform = ?3 AND (?1 IS NULL OR outlet = ?1) ORDER BY id DESC LIMIT ?2";
    let rows = link.query(sql, parameters![outlet, limit, &scope.platform]).await?.into_iter();
    Ok(rows.map(push_row).collect::<Result<_, _>>()?)
}

pub(in crate::state) async fn history<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
) -> Result<Vec<(PushRow, Option<String>)>, L::Error> {
    let sql = format!(
        "SELECT {LISTED}, changes FROM pushes LEFT JOIN records ON push = id
         WHERE platform = ?1 AND outlet = ?2 ORDER BY id DESC"
    );
    let rows = link.query(&sql, parameters![&scope.platform, outlet]).await?.into_iter();
    let with_changes = |mut row: Row| {
        let changes = row.unpacked_if_any("changes")?;
        Ok::<_, BadValue>((push_row(row)?, changes))
    };
    Ok(rows.map(with_changes).collect::<Result<_, _>>()?)
}

pub(in crate::state) async fn changes<L: Link>(
    link: &L,
    _: &Scope,
    pushes: &[PushId],
) -> Result<BTreeMap<PushId, String>, L::Error> {
    let mut all = BTreeMap::new();
    for id in pushes {
        let row = link.first("SELECT changes FROM records WHERE push = ?1", parameters![*id]).await?;
        let changes = row.map(|mut row| row.unpacked_if_any("changes")).transpose()?.flatten();
        all.extend(changes.map(|changes| (*id, changes)));
    }
    Ok(all)
}

pub(in crate::state) async fn record<L: Link>(link: &L, _: &Scope, id: PushId) -> Result<Option<String>, L::Error> {
    let row = link.first("SELECT record FROM records WHERE push = ?1", parameters![id]).await?;
    Ok(row.map(|mut row| row.unpacked_if_any("record")).transpose()?.flatten())
}

pub(in crate::state) async fn published_since<L: Link>(
    link: &L,
    scope: &Scope,
    since: Timestamp,
) -> Result<u64, L::Error> {
    let sql = "
        SELECT count(*) AS pushes FROM pushes WHERE platform = ?2 AND outcome = 'published' AND finished_at > ?1";
    let row = link.first(sql, parameters![since, &scope.platform]).await?;
    Ok(row.map(|mut row| row.number("pushes")).transpose()?.unwrap_or_default().unsigned_abs())
}

/// See [`crate::state::OutletMemory::lost_puts`].
pub(super) async fn lost_puts<L: Link>(link: &L, scope: &Scope, outlet: &str) -> Result<Vec<String>, L::Error> {
    let sql = "
        SELECT CASE WHEN outcome = ?3 AND answered_at IS NOT NULL THEN digest END AS lost FROM pushes
        WHERE platform = ?1 AND outlet = ?2 AND kind = ?4 AND sent_at IS NOT NULL ORDER BY id DESC LIMIT 5";
    let newest = link.query(sql, parameters![&scope.platform, outlet, PushOutcome::Lost, PushKind::Put]).await?;
    let mut lost = Vec::new();
    for mut row in newest {
        match row.text_if_any("lost")? {
            Some(digest) => lost.push(digest),
            None => break,
        }
    }
    Ok(lost)
}

/// Drops what is too old or too much of an outlet's pushes: never an unfinished one, nor the newest that was published,
/// which is live. Part of the transaction that finishes a push.
async fn prune<L: Link>(link: &L, scope: &Scope, outlet: &str, now: Timestamp) -> Result<(), L::Error> {
    let old = now.saturating_sub(KEEP_FOR).unwrap_or(Timestamp::MIN);
    let doomed = "
        SELECT id FROM (
            SELECT id, prepared_at, finished_at, row_number() OVER (ORDER BY id DESC) AS place
            FROM pushes WHERE platform = ?6 AND outlet = ?1
        ) AS placed
        WHERE finished_at IS NOT NULL AND place > ?2 AND (prepared_at < ?3 OR place > ?4)
          AND id IS DISTINCT FROM (
            SELECT max(id) FROM pushes WHERE platform = ?6 AND outlet = ?1 AND outcome = ?5)";
    for sql in
        [format!("DELETE FROM records WHERE push IN ({doomed})"), format!("DELETE FROM pushes WHERE id IN ({doomed})")]
    {
        let values = parameters![outlet, KEEP_LAST, old, KEEP_AT_MOST, PushOutcome::Published, &scope.platform];
        link.execute(&sql, values).await?;
    }
    Ok(())
}

/// Which outlet a push is to.
pub(in crate::state) async fn outlet_of_push<L: Link>(
    link: &L,
    scope: &Scope,
    push: PushId,
) -> Result<Option<String>, L::Error> {
    let sql = "SELECT outlet FROM pushes WHERE platform = ?1 AND id = ?2";
    let row = link.first(sql, parameters![&scope.platform, push]).await?;
    Ok(row.map(|mut row| row.text("outlet")).transpose()?)
}

fn wave_of(row: &mut Row) -> Result<Option<WaveOf>, BadValue> {
    let mut number = |column| Ok::<_, BadValue>(row.number_if_any(column)?.map(|it| it.unsigned_abs() as usize));
    Ok(number("wave")?.zip(number("waves")?).map(|(wave, waves)| WaveOf { wave, waves }))
}

pub(super) fn push_row(mut row: Row) -> Result<PushRow, BadValue> {
    Ok(PushRow {
        id: PushId(row.number("id")?),
        number: row.number("number")?,
        outlet: row.text("outlet")?,
        request_id: row.word("request_id")?,
        kind: row.word("kind")?,
        digest: row.text("digest")?,
        revision: row.text_if_any("revision")?,
        author: row.text_if_any("author")?,
        back_to: row.number_if_any("back_to")?,
        wave: wave_of(&mut row)?,
        tool: row.text("tool")?,
        prepared_at: row.moment("prepared_at")?,
        sent_at: row.moment_if_any("sent_at")?,
        answered_at: row.moment_if_any("answered_at")?,
        finished_at: row.moment_if_any("finished_at")?,
        outcome: row.word_if_any("outcome")?,
        error: row.text_if_any("error")?,
        plan: match row.unpacked_if_any("verification")? {
            Some(plan) => plan,
            None => row.text("plan")?,
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
