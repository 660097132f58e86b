//! Every push: recorded before it is sent, so that after a crash nothing is sent blindly again.

use jiff::Timestamp;
use rusqlite::{
    OptionalExtension, Row, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use super::{
    StateError, Store,
    outlets::set_base,
    pins::set_pins,
    records::{NewRecord, add_record, prune},
    store::{At, moment},
};

/// Number of a push, growing, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushId(pub i64);

impl std::fmt::Display for PushId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An enum that is stored as a word.
macro_rules! stored_word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// The word it is stored and shown as.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)+
                    other => Err(FromSqlError::Other(format!("`{other}` is unknown").into())),
                }
            }
        }
    };
}

stored_word! {
    /// Which call a push makes.
    PushKind {
        /// The whole catalog.
        Put = "put",
        /// Stock only.
        Stock = "stock",
    }
}

stored_word! {
    /// How a push ended.
    PushOutcome {
        /// Seen to arrive.
        Published = "published",
        /// Live settled on something else.
        Nonconvergent = "nonconvergent",
        /// The platform refused it.
        Rejected = "rejected",
        /// Not seen in time; may still arrive.
        Timeout = "timeout",
        /// Live stayed unchanged for so long that it will not arrive.
        Lost = "lost",
        /// The call failed and took no effect.
        Failed = "failed",
        /// Never sent.
        Abandoned = "abandoned",
    }
}

/// What is recorded before anything is sent.
#[derive(Debug, Clone, Copy)]
pub struct NewPush<'a> {
    /// To which outlet.
    pub outlet: &'a str,
    /// Fresh for every push.
    pub request_id: Uuid,
    /// Which call.
    pub kind: PushKind,
    /// Of the plan.
    pub digest: &'a str,
    /// The commit of the files, if known.
    pub revision: Option<&'a str>,
    /// Who wrote that commit, if known.
    pub author: Option<&'a str>,
    /// The number of the push that a rollback goes back to.
    pub back_to: Option<i64>,
    /// This program's version.
    pub tool: &'a str,
    /// JSON: what is needed to verify after a restart.
    pub plan: &'a str,
    /// What is sent.
    pub record: NewRecord<'a>,
    /// JSON: the pins of the outlet from now on; `None` leaves them as they are, `Some(None)` drops them.
    pub pins: Option<Option<&'a str>>,
    /// Now.
    pub prepared_at: Timestamp,
}

/// A recorded push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRow {
    /// Its number among all pushes.
    pub id: PushId,
    /// Its number among those to its outlet, from 1 on; never used twice but after a `forget`.
    pub number: i64,
    /// To which outlet.
    pub outlet: String,
    /// Sent as `request_id`.
    pub request_id: Uuid,
    /// Which call.
    pub kind: PushKind,
    /// Of the plan.
    pub digest: String,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
    /// The number of the push that a rollback went back to.
    pub back_to: Option<i64>,
    /// The program's version.
    pub tool: String,
    /// When it was recorded.
    pub prepared_at: Timestamp,
    /// When it was last about to be sent; `None`: never sent.
    pub sent_at: Option<Timestamp>,
    /// When a 2xx came.
    pub answered_at: Option<Timestamp>,
    /// When `outcome` was known.
    pub finished_at: Option<Timestamp>,
    /// How it ended; `None`: unfinished.
    pub outcome: Option<PushOutcome>,
    /// What went wrong.
    pub error: Option<String>,
    /// JSON as given in [`NewPush`]; empty once the push is finished.
    pub plan: String,
}

impl Store {
    /// Records a push that is about to be made, with its pins. It is on disk when this returns.
    pub fn begin_push(&mut self, push: &NewPush<'_>) -> Result<PushId, StateError> {
        let NewPush {
            outlet,
            request_id,
            kind,
            digest,
            revision,
            author,
            back_to,
            tool,
            plan,
            record,
            pins,
            prepared_at,
        } = *push;
        self.write("record a push", |connection| {
            let sql = "
                INSERT INTO pushes (number, outlet, request_id, kind, digest, revision, author, back_to, tool, plan, prepared_at)
                VALUES ((SELECT coalesce(max(number), 0) + 1 FROM pushes WHERE outlet = ?1),
                        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let (request_id, at) = (request_id.to_string(), At(prepared_at));
            let values = params![outlet, request_id, kind, digest, revision, author, back_to, tool, plan, at];
            let id = connection.prepare_cached(sql)?.insert(values).map(PushId)?;
            add_record(connection, id, &record)?;
            pins.map_or(Ok(()), |pins| set_pins(connection, outlet, pins)).map(|()| id)
        })
    }

    /// Records that the push is about to be sent (again): from now on it may have taken effect.
    pub fn mark_sent(&mut self, id: PushId, at: Timestamp) -> Result<(), StateError> {
        self.mark(id, "UPDATE pushes SET sent_at = ?2 WHERE id = ?1 AND finished_at IS NULL", at)
    }

    /// Records that the platform accepted the push.
    pub fn mark_answered(&mut self, id: PushId, at: Timestamp) -> Result<(), StateError> {
        self.mark(id, "UPDATE pushes SET answered_at = ?2 WHERE id = ?1 AND finished_at IS NULL", at)
    }

    /// Replaces what is needed to verify the push after a restart (JSON).
    pub fn update_push(&mut self, id: PushId, plan: &str) -> Result<(), StateError> {
        let changed = self.write("record the progress of a push", |connection| {
            let sql = "UPDATE pushes SET plan = ?2 WHERE id = ?1 AND finished_at IS NULL";
            connection.prepare_cached(sql)?.execute(params![id.0, plan])
        })?;
        if changed == 1 { Ok(()) } else { Err(StateError::NoSuchPush(id)) }
    }

    fn mark(&mut self, id: PushId, sql: &str, at: Timestamp) -> Result<(), StateError> {
        let changed = self.write("record the progress of a push", |connection| {
            connection.prepare_cached(sql)?.execute(params![id.0, At(at)])
        })?;
        if changed == 1 { Ok(()) } else { Err(StateError::NoSuchPush(id)) }
    }

    /// Records how the push ended.
    pub fn finish_push(
        &mut self,
        id: PushId,
        outcome: PushOutcome,
        error: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StateError> {
        self.finish(id, outcome, error, None, at)
    }

    /// Records how the push ended and what its outlet's base (JSON) is now: both or neither.
    pub fn finish_push_and_set_base(
        &mut self,
        id: PushId,
        outcome: PushOutcome,
        error: Option<&str>,
        base: &str,
        at: Timestamp,
    ) -> Result<(), StateError> {
        self.finish(id, outcome, error, Some(base), at)
    }

    fn finish(
        &mut self,
        id: PushId,
        outcome: PushOutcome,
        error: Option<&str>,
        base: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StateError> {
        let outlet = self.write("record how a push ended", |connection| {
            let sql = "
                UPDATE pushes SET outcome = ?2, error = ?3, finished_at = ?4, plan = ''
                WHERE id = ?1 AND finished_at IS NULL RETURNING outlet";
            let values = params![id.0, outcome, error, At(at)];
            let outlet: Option<String> =
                connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
            if let (Some(outlet), Some(base)) = (&outlet, base) {
                set_base(connection, outlet, base, at)?;
            }
            if let Some(outlet) = &outlet {
                prune(connection, outlet, at)?;
            }
            Ok(outlet)
        })?;
        outlet.map(drop).ok_or(StateError::NoSuchPush(id))
    }

    /// The newest push to `outlet` without an outcome: what a crash or a stop left behind.
    pub fn unfinished_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
        self.one_push("SELECT * FROM pushes WHERE outlet = ?1 AND finished_at IS NULL ORDER BY id DESC LIMIT 1", outlet)
    }

    /// Of the newest `most` pushes of the whole menu to `outlet`, how many in a row, up to the last one, were accepted, were
    /// never seen to arrive, and had this digest.
    pub fn lost_in_a_row(&self, outlet: &str, digest: &str, most: u32) -> Result<u32, StateError> {
        self.read("read the pushes", |connection| {
            let sql = "
                SELECT outcome = ?4 AND answered_at IS NOT NULL AND digest = ?2 FROM pushes
                WHERE outlet = ?1 AND kind = ?5 AND sent_at IS NOT NULL ORDER BY id DESC LIMIT ?3";
            let values = params![outlet, digest, most, PushOutcome::Lost, PushKind::Put];
            let mut statement = connection.prepare_cached(sql)?;
            let lost = statement.query_map(values, |row| row.get::<_, Option<bool>>(0))?;
            let lost: Vec<Option<bool>> = lost.collect::<rusqlite::Result<_>>()?;
            Ok(u32::try_from(lost.iter().take_while(|lost| **lost == Some(true)).count()).unwrap_or(u32::MAX))
        })
    }

    /// The newest push to `outlet`.
    pub fn last_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
        self.one_push("SELECT * FROM pushes WHERE outlet = ?1 ORDER BY id DESC LIMIT 1", outlet)
    }

    /// The newest push to every outlet, by outlet, without what is needed to verify it: `plan` is empty.
    pub fn last_pushes(&self) -> Result<Vec<PushRow>, StateError> {
        self.read("read the pushes", |connection| {
            let sql = "
                SELECT id, number, outlet, request_id, kind, digest, revision, author, back_to, tool, prepared_at, sent_at, answered_at, finished_at,
                       outcome, error, '' AS plan
                FROM pushes WHERE id IN (SELECT max(id) FROM pushes GROUP BY outlet) ORDER BY outlet";
            connection.prepare_cached(sql)?.query_map([], push_row)?.collect()
        })
    }

    fn one_push(&self, sql: &str, outlet: &str) -> Result<Option<PushRow>, StateError> {
        self.read("read a push", |connection| connection.prepare_cached(sql)?.query_row([outlet], push_row).optional())
    }

    /// The newest `limit` pushes, to `outlet` or to all, newest first.
    pub fn pushes(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<PushRow>, StateError> {
        self.read("read the pushes", |connection| {
            let sql = "SELECT * FROM pushes WHERE ?1 IS NULL OR outlet = ?1 ORDER BY id DESC LIMIT ?2";
            connection.prepare_cached(sql)?.query_map(params![outlet, limit], push_row)?.collect()
        })
    }
}

pub(super) fn push_row(row: &Row<'_>) -> rusqlite::Result<PushRow> {
    Ok(PushRow {
        id: PushId(row.get("id")?),
        number: row.get("number")?,
        outlet: row.get("outlet")?,
        request_id: row.get::<_, StoredUuid>("request_id")?.0,
        kind: row.get("kind")?,
        digest: row.get("digest")?,
        revision: row.get("revision")?,
        author: row.get("author")?,
        back_to: row.get("back_to")?,
        tool: row.get("tool")?,
        prepared_at: row.get::<_, At>("prepared_at")?.0,
        sent_at: moment(row, "sent_at")?,
        answered_at: moment(row, "answered_at")?,
        finished_at: moment(row, "finished_at")?,
        outcome: row.get("outcome")?,
        error: row.get("error")?,
        plan: row.get("plan")?,
    })
}

struct StoredUuid(Uuid);

impl FromSql for StoredUuid {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(|e: uuid::Error| FromSqlError::Other(Box::new(e)))
    }
}
