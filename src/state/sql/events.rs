//! Events of the platform that were taken, so that none counts twice, and the alarms that they raised; notifications that
//! still hold; how images looked.

use jiff::{SignedDuration, Timestamp};

use super::{BadValue, Link, Row, parameters};
use crate::state::{Alarm, ImageRow, NoticeRow, Scope};

/// How long an event is known again. The platform repeats one for at most some six hours (documentation).
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most marks of events that are kept, two for each (our choice).
pub(in crate::state) const MOST_MARKS: i64 = 20_000;

/// How long an alarm holds if nothing renews it (our choice).
const ALARM_HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(in crate::state) async fn take_event<L: Link>(
    link: &L,
    scope: &Scope,
    marks: &[String],
    alarm: Option<&Alarm>,
    at: Timestamp,
) -> Result<bool, L::Error> {
    forget_old(link, at).await?;
    let mut is_new = true;
    for mark in marks {
        let sql = "INSERT INTO events (mark, taken_at) VALUES (?1, ?2) ON CONFLICT (mark) DO NOTHING";
        is_new &= link.execute(sql, parameters![mark, at]).await? == 1;
    }
    if let Some(alarm) = alarm.filter(|_| is_new) {
        raise(link, scope, alarm).await?;
    }
    Ok(is_new)
}

pub(in crate::state) async fn image<L: Link>(link: &L, _: &Scope, url: &str) -> Result<Option<ImageRow>, L::Error> {
    let Some(mut row) = link.first("SELECT * FROM images WHERE url = ?1", parameters![url]).await? else {
        return Ok(None);
    };
    Ok(Some(ImageRow {
        url: row.text("url")?,
        etag: row.text_if_any("etag")?,
        last_modified: row.text_if_any("last_modified")?,
        checked_at: row.moment("checked_at")?,
        judgement: row.number("judgement")?,
        findings: row.text("findings")?,
    }))
}

pub(in crate::state) async fn set_image<L: Link>(link: &L, _: &Scope, image: &ImageRow) -> Result<(), L::Error> {
    let ImageRow { url, etag, last_modified, checked_at, judgement, findings } = image;
    let sql = "
        INSERT INTO images (url, etag, last_modified, checked_at, judgement, findings) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified,
            checked_at = excluded.checked_at, judgement = excluded.judgement, findings = excluded.findings";
    let values = parameters![url, etag, last_modified, *checked_at, *judgement, findings];
    link.execute(sql, values).await.map(drop)
}

pub(in crate::state) async fn notices<L: Link>(link: &L, scope: &Scope) -> Result<Vec<(String, NoticeRow)>, L::Error> {
    let sql = "SELECT outlet, occasion, since, told_at FROM notices WHERE platform = ?1 ORDER BY outlet";
    let rows = link.query(sql, parameters![&scope.platform]).await?.into_iter();
    let notice = |mut row: Row| {
        let (since, told_at) = (row.moment("since")?, row.moment("told_at")?);
        Ok::<_, BadValue>((row.text("outlet")?, NoticeRow { occasion: row.text("occasion")?, since, told_at }))
    };
    Ok(rows.map(notice).collect::<Result<_, _>>()?)
}

pub(in crate::state) async fn claim_notices<L: Link>(
    link: &L,
    scope: &Scope,
    notices: &[(String, Option<NoticeRow>)],
    told_before: Timestamp,
) -> Result<Vec<String>, L::Error> {
    let mut claimed = Vec::new();
    for (outlet, notice) in notices {
        let is_new = match notice {
            None => {
                let sql = "DELETE FROM notices WHERE platform = ?1 AND outlet = ?2";
                link.execute(sql, parameters![&scope.platform, outlet]).await?
            }
            Some(NoticeRow { occasion, since, told_at }) => {
                let sql = "
                    INSERT INTO notices (platform, outlet, occasion, since, told_at) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (platform, outlet) DO UPDATE SET occasion = excluded.occasion, since = excluded.since,
                        told_at = excluded.told_at
                    WHERE notices.occasion <> excluded.occasion OR notices.told_at <= ?6";
                let values = parameters![&scope.platform, outlet, occasion, *since, *told_at, told_before];
                link.execute(sql, values).await?
            }
        };
        if is_new > 0 {
            claimed.push(outlet.clone());
        }
    }
    Ok(claimed)
}

/// The alarm of an outlet that no verified push of its whole menu has answered since.
pub(super) async fn alarm<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
    now: Timestamp,
) -> Result<Option<Alarm>, L::Error> {
    let sql = "
        SELECT outlet, raised_at, what FROM alarms
        WHERE platform = ?3 AND outlet = ?1 AND raised_at > ?2 AND raised_at > coalesce(
            (SELECT max(sent_at) FROM pushes
             WHERE platform = ?3 AND outlet = ?1 AND kind = 'put' AND outcome = 'published'), '')";
    let oldest = now.saturating_sub(ALARM_HOLDS).unwrap_or(Timestamp::MIN);
    let row = link.first(sql, parameters![outlet, oldest, &scope.platform]).await?;
    let alarm = |mut row: Row| {
        Ok::<_, BadValue>(Alarm {
            outlet: row.text("outlet")?,
            raised_at: row.moment("raised_at")?,
            what: row.text("what")?,
        })
    };
    Ok(row.map(alarm).transpose()?)
}

async fn forget_old<L: Link>(link: &L, now: Timestamp) -> Result<(), L::Error> {
    // By place and not by number: numbers are used up by events that were known as well.
    let sql = "
        DELETE FROM events
        WHERE taken_at < ?1 OR rowid <= (SELECT rowid FROM events ORDER BY rowid DESC LIMIT 1 OFFSET ?2)";
    let oldest = now.saturating_sub(KNOWN_FOR).unwrap_or(Timestamp::MIN);
    link.execute(sql, parameters![oldest, MOST_MARKS]).await.map(drop)
}

/// The newest alarm of an outlet counts, in whatever order they come.
async fn raise<L: Link>(link: &L, scope: &Scope, alarm: &Alarm) -> Result<(), L::Error> {
    let Alarm { outlet, raised_at, what } = alarm;
    let sql = "
        INSERT INTO alarms (platform, outlet, raised_at, what) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (platform, outlet) DO UPDATE SET raised_at = excluded.raised_at, what = excluded.what
        WHERE excluded.raised_at > alarms.raised_at";
    link.execute(sql, parameters![&scope.platform, outlet, *raised_at, what]).await.map(drop)
}

/// Writes something, and replaces what was written before.
pub(in crate::state) async fn check_writable<L: Link>(link: &L, _: &Scope) -> Result<(), L::Error> {
    let sql = "INSERT INTO probe (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    link.execute(sql, parameters![Timestamp::now()]).await.map(drop)
}
