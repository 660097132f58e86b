//! What is remembered between passes: per outlet the base and how it stands, per push what was sent and how it ended,
//! what rollbacks and pauses hold against the files, per image how it looked; which events were taken.
//!
//! One SQLite file in the state directory, and lock files beside it. All SQL of the project is in this room; the JSON in
//! its columns is opaque here and belongs to the callers. Calls are short and block.

mod damage;
mod error;
mod events;
mod images;
mod locks;
mod memories;
mod notices;
mod outlets;
mod pauses;
mod pins;
mod pushes;
mod records;
mod store;
#[cfg(test)]
mod tests;

pub use damage::{is_damaged, set_aside};
pub use error::StateError;
pub use events::Alarm;
pub use images::ImageRow;
pub use locks::{
    DaemonLock, LockError, OutletLock, Running, daemon_lock_holder, lock_daemon, running_daemon, try_lock_outlet,
};
pub use notices::NoticeRow;
pub use outlets::{OutletRow, StatusUpdate};
pub use pauses::Pause;
pub use pushes::{NewPush, PushId, PushKind, PushOutcome, PushRow};
pub use records::{KEEP_AT_MOST, KEEP_FOR, KEEP_LAST, NewRecord};
pub use store::{SharedStore, Store, check_writable, free_bytes};
