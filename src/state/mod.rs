//! What is stored between passes: per outlet the base and how it stands, per push what was sent and how it ended,
//! what rollbacks and pauses hold against the files, per image how it looked; which events were taken.
//!
//! Everything of an outlet belongs to one platform ([`Scope`]): what was learnt on another one is never acted on. The
//! trait [`State`] is all that other rooms know; a backend is a folder of its own (`sqlite`), and all SQL is there.
//! `locks` are files beside it. Who works on an outlet holds it ([`State::hold`]). The JSON in rows is opaque here and belongs to the callers.

#[cfg(test)]
mod contract;
mod copy;
mod error;
mod hold;
mod locks;
mod members;
mod moment;
mod postgres;
mod rollouts;
mod rows;
mod sql;
mod sqlite;
#[cfg(test)]
pub(crate) mod testing;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
pub use copy::{Direction, copy};
pub use error::StateError;
pub use hold::Hold;
use jiff::Timestamp;
#[cfg(test)]
pub(crate) use locks::try_lock_outlet;
pub use locks::{DaemonLock, LockError, Running, daemon_lock_holder, lock_daemon, running_daemon};
pub use members::Members;
pub use postgres::PostgresState;
pub use rollouts::{NewRollout, RolloutCount, RolloutMoved, RolloutOutlet, RolloutRow, RolloutStep};
pub use rows::{
    Alarm, EventRow, ImageRow, NewPush, NewRecord, NoticeRow, OutletMemory, OutletRow, OutletUpdate, Overview, Pause,
    PushId, PushKind, PushOutcome, PushRow, PushStep, StatusUpdate, SwitchEnd, SwitchRow,
};
pub use sql::{Copied, KEEP_AT_MOST, KEEP_EVENTS, KEEP_FOR, KEEP_LAST};
pub use sqlite::{SqliteState, adopt_shared, check_writable, is_damaged, set_aside};

use uuid::Uuid;

use crate::rollout::Member as RolloutMember;

/// Whose memory it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The platform: origin of `gobiz.api_url`, normalised (`https://api.gobiz.co.id`). Rows of another one are not seen.
    pub platform: String,
    /// The root's absolute path. Outlets of another root are never listed as missing here.
    pub root: String,
}

/// The state as all rooms use it.
pub type SharedState = Arc<dyn State>;

/// What is stored, for one [`Scope`]. Every call ends within a bounded time; a write is on disk, as a whole, when it
/// returns `Ok`.
#[async_trait]
pub trait State: Send + Sync {
    /// The platform whose memory this is.
    fn platform(&self) -> &str;

    /// All that a pass over an outlet starts from.
    async fn recall(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError>;

    /// What is stored of an outlet.
    async fn outlet(&self, outlet: &str) -> Result<Option<OutletRow>, StateError>;

    /// What is stored of all outlets of this platform.
    async fn overview(&self, now: Timestamp) -> Result<Overview, StateError>;

    /// The pause of an outlet that counts at `now`.
    async fn pause(&self, outlet: &str, now: Timestamp) -> Result<Option<Pause>, StateError>;

    /// Whether processes of several machines can have it.
    fn is_shared(&self) -> bool;

    /// Says that this process passes over outlets, with `files` (a digest), and who else does so at this moment. Where it is
    /// not said again within some seconds, others take over. `None`: there can be no others.
    async fn meet(&self, files: &str) -> Result<Option<Members>, StateError>;

    /// Tells the process that passes over an outlet what an event said of it (`hint`, and the push that it names).
    async fn pass_on(&self, outlet: &str, hint: &str, request_id: Option<Uuid>) -> Result<(), StateError>;

    /// This process ends: others need not wait to see that it is dead.
    async fn leave(&self) -> Result<(), StateError>;

    /// Takes an outlet, without waiting for who has it: until the hold is dropped nobody else works on it, in this process,
    /// on this machine, or on another one that shares the state.
    async fn hold(&self, outlet: &str) -> Result<Hold, LockError>;

    /// Asked right before a call leaves that changes something at an outlet which is held: an error, and it must not leave,
    /// because another process may have taken the outlet over. Until [`Self::call_ended`] nobody takes it over for as long as
    /// the call `lasts` at most, and half a minute.
    async fn before_call(&self, outlet: &str, lasts: Duration) -> Result<(), StateError>;

    /// The call is over, whatever came of it.
    fn call_ended(&self, outlet: &str);

    /// Changes an outlet, in one transaction. Refused where another process has taken the outlet over since it was held here.
    async fn update_outlet(&self, outlet: &str, update: OutletUpdate, at: Timestamp) -> Result<(), StateError>;

    /// Pauses an outlet instead of any pause that it had; `None` ends its pause.
    async fn set_pause(&self, outlet: &str, pause: Option<Pause>) -> Result<(), StateError>;

    /// Drops all that is stored of an outlet, its pushes, pins and pause included. Whether there was anything.
    async fn forget(&self, outlet: &str) -> Result<bool, StateError>;

    /// Records a push that is about to be made.
    async fn begin_push(&self, push: NewPush) -> Result<PushId, StateError>;

    /// Records a step of an unfinished push; [`StateError::NoSuchPush`] if it is finished.
    async fn record_push_step(&self, push: PushId, step: PushStep, at: Timestamp) -> Result<(), StateError>;

    /// The newest push to an outlet without an outcome.
    async fn pending_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError>;

    /// The newest pushes, to `outlet` or to all, newest first, at most `limit`.
    async fn pushes(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<PushRow>, StateError>;

    /// All pushes to `outlet` that are kept, newest first, each with its changes (JSON) if they were recorded; `plan` is
    /// empty.
    async fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError>;

    /// What these pushes changed (JSON), as far as that was recorded.
    async fn changes(&self, pushes: Vec<PushId>) -> Result<BTreeMap<PushId, String>, StateError>;

    /// What became of promotions of ours, at `outlet` or all, newest first, at most `limit`.
    async fn promotion_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError>;

    /// What became of switches of stock, at `outlet` or all, newest first, at most `limit`.
    async fn switch_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError>;

    /// When switches of stock end, also those that cannot be read; without those that do not.
    async fn switch_ends(&self) -> Result<Vec<SwitchEnd>, StateError>;

    /// What a push sent as a whole (JSON), if that was recorded.
    async fn record(&self, push: PushId) -> Result<Option<String>, StateError>;

    /// How many pushes were seen to arrive since `since`.
    async fn published_since(&self, since: Timestamp) -> Result<u64, StateError>;

    /// Stores an event by its `marks` (of bounded length, any of which makes it known again) and the alarm that it
    /// raises. `false`: it was taken before, and nothing is changed.
    async fn take_event(&self, marks: Vec<String>, alarm: Option<Alarm>, at: Timestamp) -> Result<bool, StateError>;

    /// What is known of an image.
    async fn image(&self, url: &str) -> Result<Option<ImageRow>, StateError>;

    /// Stores how an image looked, instead of what was known of it.
    async fn set_image(&self, image: ImageRow) -> Result<(), StateError>;

    /// Notifications that still hold, by outlet.
    async fn notices(&self) -> Result<Vec<(String, NoticeRow)>, StateError>;

    /// Stores which notifications are about to be sent; `None`: what it was about is over. The outlets of those that are to be
    /// sent from here: not of those that are stored already, unless they were told last by `told_before`.
    async fn claim_notices(
        &self,
        notices: Vec<(String, Option<NoticeRow>)>,
        told_before: Timestamp,
    ) -> Result<Vec<String>, StateError>;

    /// The platforms that verified pushes are stored of, each with the number of its outlets.
    async fn platforms(&self) -> Result<Vec<(String, u64)>, StateError>;

    /// Writes something and drops it, so that a state that cannot be written is known before a push needs it.
    async fn check_writable(&self) -> Result<(), StateError>;

    /// The rollout that this root has begun last.
    async fn rollout(&self) -> Result<Option<RolloutRow>, StateError>;

    /// The same, and how an outlet stands in it; `None`: it does not concern that one.
    async fn rollout_of(&self, outlet: &str) -> Result<Option<(RolloutRow, Option<RolloutMember>)>, StateError>;

    /// How many of its outlets stand how.
    async fn rollout_counts(&self) -> Result<Vec<RolloutCount>, StateError>;

    /// Begins a rollout instead of any other, in one transaction. One of few outlets has ended at once. One that is of these
    /// files already goes on as it is; and one that takes the place of a stopped one is stopped, unless its files say something
    /// else of all outlets that are held.
    async fn begin_rollout(&self, new: NewRollout) -> Result<RolloutMoved, StateError>;

    /// Moves a rollout on, in one transaction.
    async fn step_rollout(&self, step: RolloutStep) -> Result<RolloutMoved, StateError>;

    /// Stops the rollout, or lets it go on (`None`). How it stood before; `None`: none is under way.
    async fn stop_rollout(&self, why: Option<String>, at: Timestamp) -> Result<Option<RolloutRow>, StateError>;
}
