//! Events of the platform that were taken, so that none counts twice, and the alarms that they raised.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{StateError, Store, store::At};

/// How long an event is known again. The platform repeats one for at most some six hours (documentation).
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most marks of events that are kept, two for each (our choice).
const MOST_MARKS: i64 = 20_000;

/// How long an alarm holds if nothing renews it (our choice).
const ALARM_HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Something at an outlet that a look at its menu may not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The outlet.
    pub outlet: String,
    /// When it happened.
    pub raised_at: Timestamp,
    /// What is wrong, for people.
    pub what: String,
}

impl Store {
    /// Remembers an event by its `marks` (of bounded length, any of which makes it known again) and the alarm that it
    /// raises. `false`: it was taken before, and nothing is changed.
    pub fn take_event(&mut self, marks: &[String], alarm: Option<&Alarm>, at: Timestamp) -> Result<bool, StateError> {
        self.write("remember an event", |connection| {
            forget_old(connection, at)?;
            let mut is_new = true;
            for mark in marks {
                let sql = "INSERT OR IGNORE INTO events (mark, taken_at) VALUES (?1, ?2)";
                is_new &= connection.prepare_cached(sql)?.execute(params![mark, At(at)])? == 1;
            }
            if let Some(alarm) = alarm.filter(|_| is_new) {
                raise(connection, alarm)?;
            }
            Ok(is_new)
        })
    }

    /// The alarm of an outlet that no verified push of its whole menu has answered since.
    pub fn alarm(&self, outlet: &str, now: Timestamp) -> Result<Option<Alarm>, StateError> {
        self.read("read an alarm", |connection| {
            let sql = "
                SELECT outlet, raised_at, what FROM alarms
                WHERE outlet = ?1 AND raised_at > ?2 AND raised_at > coalesce(
                    (SELECT max(sent_at) FROM pushes WHERE outlet = ?1 AND kind = 'put' AND outcome = 'published'), '')";
            let alarm = connection.prepare_cached(sql)?.query_row(params![outlet, At(now - ALARM_HOLDS)], |row| {
                Ok(Alarm { outlet: row.get(0)?, raised_at: row.get::<_, At>(1)?.0, what: row.get(2)? })
            });
            alarm.optional()
        })
    }
}

fn forget_old(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM events WHERE taken_at < ?1 OR rowid <= (SELECT max(rowid) FROM events) - ?2";
    connection.prepare_cached(sql)?.execute(params![At(now - KNOWN_FOR), MOST_MARKS]).map(drop)
}

/// The newest alarm of an outlet counts, in whatever order they come.
fn raise(connection: &Connection, alarm: &Alarm) -> rusqlite::Result<()> {
    let Alarm { outlet, raised_at, what } = alarm;
    let sql = "
        INSERT INTO alarms (outlet, raised_at, what) VALUES (?1, ?2, ?3)
        ON CONFLICT (outlet) DO UPDATE SET raised_at = excluded.raised_at, what = excluded.what
        WHERE excluded.raised_at > raised_at";
    connection.prepare_cached(sql)?.execute(params![outlet, At(*raised_at), what]).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use uuid::Uuid;

    use super::*;
    use crate::state::{NewPush, NewRecord, PushKind, PushOutcome};

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        (directory, store)
    }

    fn at(minutes: i64) -> Timestamp {
        "2027-01-04T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn marks(marks: &[&str]) -> Vec<String> {
        marks.iter().map(|mark| (*mark).to_owned()).collect()
    }

    #[test]
    fn an_event_is_known_again_by_any_of_its_marks_also_after_a_restart() {
        let (directory, mut store) = store();
        assert!(store.take_event(&marks(&["key-1", "id-1"]), None, at(0)).unwrap());
        drop(store);
        let mut store = Store::open(directory.path()).unwrap();
        assert!(!store.take_event(&marks(&["key-1", "id-2"]), None, at(1)).unwrap());
        assert!(!store.take_event(&marks(&["key-2", "id-1"]), None, at(1)).unwrap());
        assert!(store.take_event(&marks(&["key-3", "id-3"]), None, at(1)).unwrap());
        assert!(store.take_event(&marks(&["key-1", "id-1"]), None, at(8 * 24 * 60)).unwrap(), "a week later");
    }

    #[test]
    fn not_more_than_some_marks_are_kept() {
        let (_directory, mut store) = store();
        let many: Vec<String> = (0..=MOST_MARKS).map(|n| n.to_string()).collect();
        assert!(store.take_event(&many, None, at(0)).unwrap());
        assert!(store.take_event(&marks(&["new"]), None, at(0)).unwrap());
        let count = store.read("count", |c| c.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)));
        assert_eq!(count.unwrap(), MOST_MARKS + 1);
        assert!(!store.take_event(&marks(&[&MOST_MARKS.to_string()]), None, at(0)).unwrap(), "the newest are kept");
    }

    #[test]
    fn an_alarm_holds_until_a_push_of_the_menu_that_was_sent_later_is_seen_to_arrive() {
        let (_directory, mut store) = store();
        let alarm = |minutes, what: &str| Alarm { outlet: "G1".into(), raised_at: at(minutes), what: what.into() };
        assert!(store.take_event(&marks(&["1"]), Some(&alarm(10, "new")), at(11)).unwrap());
        assert!(store.take_event(&marks(&["2"]), Some(&alarm(5, "old, and late")), at(12)).unwrap());
        assert!(!store.take_event(&marks(&["2"]), Some(&alarm(50, "again")), at(50)).unwrap());
        assert_eq!(store.alarm("G1", at(60)).unwrap(), Some(alarm(10, "new")));
        assert_eq!(store.alarm("G2", at(60)).unwrap(), None);
        let mut push = |kind, minutes, outcome| {
            let push = NewPush {
                outlet: "G1",
                request_id: Uuid::new_v4(),
                kind,
                digest: "sha256:0",
                revision: None,
                author: None,
                back_to: None,
                tool: "test",
                plan: "{}",
                record: NewRecord { changes: "[]", record: "{}" },
                pins: None,
                prepared_at: at(minutes),
            };
            let id = store.begin_push(&push).unwrap();
            store.mark_sent(id, at(minutes)).unwrap();
            store.finish_push(id, outcome, None, at(minutes + 1)).unwrap();
            store.alarm("G1", at(60)).unwrap().is_some()
        };
        assert!(push(PushKind::Put, 9, PushOutcome::Published), "sent before it happened");
        assert!(push(PushKind::Stock, 20, PushOutcome::Published), "stock brings no ids back");
        assert!(push(PushKind::Put, 21, PushOutcome::Rejected));
        assert!(!push(PushKind::Put, 22, PushOutcome::Published));
        store.take_event(&marks(&["3"]), Some(&alarm(30, "again")), at(31)).unwrap();
        assert!(store.alarm("G1", at(60)).unwrap().is_some());
        assert_eq!(store.alarm("G1", at(30 + 8 * 24 * 60)).unwrap(), None, "a week later");
        store.forget("G1").unwrap();
        assert_eq!(store.alarm("G1", at(60)).unwrap(), None);
    }
}
