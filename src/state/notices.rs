//! What people were told of, so that nobody is told twice.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;

use super::{StateError, Store, store::At};

/// The last thing that was told of an outlet and still lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// `failed`, `held`, …
    pub occasion: String,
    /// Since when it is so.
    pub since: Timestamp,
    /// When it was told last.
    pub told_at: Timestamp,
}

impl Store {
    /// What was told, by outlet.
    pub fn notices(&self) -> Result<BTreeMap<String, NoticeRow>, StateError> {
        self.read("read what was told", |connection| {
            let mut statement = connection.prepare_cached("SELECT outlet, occasion, since, told_at FROM notices")?;
            let rows = statement.query_map([], |row| {
                let (since, told_at) = (row.get::<_, At>(2)?.0, row.get::<_, At>(3)?.0);
                Ok((row.get(0)?, NoticeRow { occasion: row.get(1)?, since, told_at }))
            })?;
            rows.collect()
        })
    }

    /// Remembers what was told of outlets; `None`: that it is over.
    pub fn set_notices(&mut self, notices: &[(String, Option<NoticeRow>)]) -> Result<(), StateError> {
        self.write("remember what was told", |connection| {
            for (outlet, notice) in notices {
                match notice {
                    Some(NoticeRow { occasion, since, told_at }) => {
                        let sql =
                            "INSERT OR REPLACE INTO notices (outlet, occasion, since, told_at) VALUES (?1, ?2, ?3, ?4)";
                        connection.prepare_cached(sql)?.execute(params![outlet, occasion, At(*since), At(*told_at)])?;
                    }
                    None => {
                        connection.prepare_cached("DELETE FROM notices WHERE outlet = ?1")?.execute([outlet])?;
                    }
                }
            }
            Ok(())
        })
    }

    /// How many pushes were seen to arrive since `since`.
    pub fn published_since(&self, since: Timestamp) -> Result<u64, StateError> {
        self.read("count pushes", |connection| {
            let sql = "SELECT count(*) FROM pushes WHERE outcome = 'published' AND finished_at > ?1";
            connection.prepare_cached(sql)?.query_row([At(since)], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        })
    }
}
