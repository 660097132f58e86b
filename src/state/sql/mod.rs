//! What every backend says in SQL: the statements, what is in a row, how values are stored. A backend has its tables,
//! transactions and errors, and gives a [`Link`].
//!
//! Statements are SQL that SQLite and PostgreSQL both take. Parameters are `?1`, `?2`, …; a column that is changed by
//! `ON CONFLICT` is named with its table.

mod calls;
mod copy;
mod events;
mod outlets;
mod packed;
mod pushes;
mod recall;
mod rollouts;
mod row;
mod value;

pub(super) use calls::state_calls;
pub use copy::Copied;
pub(super) use copy::{Side, copy, numbered_tables};
#[cfg(test)]
pub(super) use events::MOST_MARKS;
pub(super) use events::{check_writable, claim_notices, image, notices, set_image, take_event};
pub use outlets::KEEP_EVENTS;
pub(super) use outlets::{
    forget, outlet, pause, platforms, promotion_events, set_pause, switch_ends, switch_events, update_outlet,
};
pub(super) use packed::pack;
pub use pushes::{KEEP_AT_MOST, KEEP_FOR, KEEP_LAST};
pub(super) use pushes::{
    Orphans, begin_push, changes, history, outlet_of_push, pending_push, published_since, pushes, record,
    record_push_step,
};
pub(super) use recall::{overview, recall};
pub(super) use rollouts::{begin_rollout, rollout, rollout_counts, rollout_of, step_rollout, stop_rollout};
pub(super) use row::Row;
pub(super) use value::{BadValue, Parameter, Value};

/// An open transaction.
pub(super) trait Link {
    /// What goes wrong with a statement, or with a value that it gives.
    type Error: From<BadValue>;

    /// Runs a statement that gives rows.
    async fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Self::Error>;

    /// Runs a statement that changes rows; how many.
    async fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, Self::Error>;

    /// Lets nobody else do `what` with `of` until this transaction is over.
    async fn lock_for(&self, what: &str, of: &str) -> Result<(), Self::Error>;

    /// Runs a statement that gives at most one row.
    async fn first(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>, Self::Error> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }
}

/// Parameters of a statement, in order.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => { &[$($crate::state::sql::Parameter::from($value)),*] };
}
use parameters;
