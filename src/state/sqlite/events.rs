//! Events of the platform that were taken, so that none counts twice, and the alarms that they raised; notifications that
//! still hold; how images looked.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, store::At};
use crate::state::{Alarm, ImageRow, NoticeRow, Scope, StateError};

/// How long an event is known again. The platform repeats one for at most some six hours (documentation).
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most marks of events that are kept, two for each (our choice).
pub(super) const MOST_MARKS: i64 = 20_000;

/// How long an alarm holds if nothing renews it (our choice).
const ALARM_HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    pub(super) fn take_event(
        &mut self,
        marks: &[String],
        alarm: Option<&Alarm>,
        at: Timestamp,
    ) -> Result<bool, StateError> {
        self.write("record an event", |connection, scope| {
            forget_old(connection, at)?;
            let mut is_new = true;
            for mark in marks {
                let sql = "INSERT OR IGNORE INTO events (mark, taken_at) VALUES (?1, ?2)";
                is_new &= connection.prepare_cached(sql)?.execute(params![mark, At(at)])? == 1;
            }
            if let Some(alarm) = alarm.filter(|_| is_new) {
                raise(connection, scope, alarm)?;
            }
            Ok(is_new)
        })
    }

    pub(super) fn image(&self, url: &str) -> Result<Option<ImageRow>, StateError> {
        self.read("read what is known of an image", |connection, _| {
            let mut statement = connection.prepare_cached("SELECT * FROM images WHERE url = ?1")?;
            let row = statement.query_row([url], |row| {
                Ok(ImageRow {
                    url: row.get("url")?,
                    etag: row.get("etag")?,
                    last_modified: row.get("last_modified")?,
                    checked_at: row.get::<_, At>("checked_at")?.0,
                    judgement: row.get("judgement")?,
                    findings: row.get("findings")?,
                })
            });
            row.optional()
        })
    }

    pub(super) fn set_image(&mut self, image: &ImageRow) -> Result<(), StateError> {
        let ImageRow { url, etag, last_modified, checked_at, judgement, findings } = image;
        self.write("record how an image looked", |connection, _| {
            let sql = "INSERT OR REPLACE INTO images (url, etag, last_modified, checked_at, judgement, findings)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let values = params![url, etag, last_modified, At(*checked_at), judgement, findings];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    pub(super) fn notices(&self) -> Result<Vec<(String, NoticeRow)>, StateError> {
        self.read("read which notifications were sent", |connection, scope| {
            let sql = "SELECT outlet, occasion, since, told_at FROM notices WHERE platform = ?1";
            let row = |row: &Row<'_>| {
                let (since, told_at) = (row.get::<_, At>(2)?.0, row.get::<_, At>(3)?.0);
                Ok((row.get(0)?, NoticeRow { occasion: row.get(1)?, since, told_at }))
            };
            connection.prepare_cached(sql)?.query_map([&scope.platform], row)?.collect()
        })
    }

    pub(super) fn set_notices(&mut self, notices: &[(String, Option<NoticeRow>)]) -> Result<(), StateError> {
        self.write("record which notifications were sent", |connection, scope| {
            for (outlet, notice) in notices {
                let Some(NoticeRow { occasion, since, told_at }) = notice else {
                    let sql = "DELETE FROM notices WHERE platform = ?1 AND outlet = ?2";
                    connection.prepare_cached(sql)?.execute([&scope.platform, outlet])?;
                    continue;
                };
                let sql = "
                    INSERT OR REPLACE INTO notices (platform, outlet, occasion, since, told_at)
                    VALUES (?1, ?2, ?3, ?4, ?5)";
                let values = params![scope.platform, outlet, occasion, At(*since), At(*told_at)];
                connection.prepare_cached(sql)?.execute(values)?;
            }
            Ok(())
        })
    }
}

/// The alarm of an outlet that no verified push of its whole menu has answered since.
pub(super) fn alarm(
    connection: &Connection,
    scope: &Scope,
    outlet: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<Alarm>> {
    let sql = "
        SELECT outlet, raised_at, what FROM alarms
        WHERE platform = ?3 AND outlet = ?1 AND raised_at > ?2 AND raised_at > coalesce(
            (SELECT max(sent_at) FROM pushes
             WHERE platform = ?3 AND outlet = ?1 AND kind = 'put' AND outcome = 'published'), '')";
    let oldest = now.saturating_sub(ALARM_HOLDS).unwrap_or(Timestamp::MIN);
    let values = params![outlet, At(oldest), scope.platform];
    let alarm = connection.prepare_cached(sql)?.query_row(values, |row| {
        Ok(Alarm { outlet: row.get(0)?, raised_at: row.get::<_, At>(1)?.0, what: row.get(2)? })
    });
    alarm.optional()
}

fn forget_old(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM events WHERE taken_at < ?1 OR rowid <= (SELECT max(rowid) FROM events) - ?2";
    let oldest = now.saturating_sub(KNOWN_FOR).unwrap_or(Timestamp::MIN);
    connection.prepare_cached(sql)?.execute(params![At(oldest), MOST_MARKS]).map(drop)
}

/// The newest alarm of an outlet counts, in whatever order they come.
fn raise(connection: &Connection, scope: &Scope, alarm: &Alarm) -> rusqlite::Result<()> {
    let Alarm { outlet, raised_at, what } = alarm;
    let sql = "
        INSERT INTO alarms (platform, outlet, raised_at, what) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (platform, outlet) DO UPDATE SET raised_at = excluded.raised_at, what = excluded.what
        WHERE excluded.raised_at > raised_at";
    connection.prepare_cached(sql)?.execute(params![scope.platform, outlet, At(*raised_at), what]).map(drop)
}
