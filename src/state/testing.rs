//! The state for tests of other rooms, and what the tests of this one store.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    NewPush, NewRecord, OutletUpdate, PushKind, Scope, SharedState, SqliteState, StatusUpdate, locks::is_outlet_locked,
};

/// A state in which calls run where they are made: a paused clock would move on while a thread works.
pub(crate) fn inline(dir: &Path) -> SharedState {
    inline_at(dir, "https://api.example")
}

/// The same for another platform.
pub(crate) fn inline_at(dir: &Path, platform: &str) -> SharedState {
    let scope = Scope { platform: platform.to_owned(), root: "/srv/menus".to_owned() };
    SqliteState::open_inline(dir, &scope).unwrap()
}

/// What a call of such a state gives, at once.
pub(crate) fn done<T>(call: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(call).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the state let a call wait"),
    }
}

/// Whether anybody has the lock of an outlet now.
pub(crate) fn is_locked(dir: &Path, outlet: &str) -> bool {
    is_outlet_locked(dir, outlet) == Some(true)
}

/// How long a call takes at most.
pub(super) const CALL: std::time::Duration = std::time::Duration::from_secs(90);

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(super) fn push(outlet: &str) -> NewPush {
    NewPush {
        outlet: outlet.to_owned(),
        request_id: Uuid::new_v4(),
        kind: PushKind::Put,
        digest: "sha256:00".to_owned(),
        revision: Some("abc".to_owned()),
        files: None,
        author: Some("Dewi".to_owned()),
        back_to: None,
        wave: None,
        tool: "0.1.0".to_owned(),
        plan: "{}".to_owned(),
        record: NewRecord { changes: "[]".to_owned(), record: "{}".to_owned() },
        outlet_update: OutletUpdate::default(),
        prepared_at: at(0),
        sent_at: None,
    }
}

pub(super) fn status(state: &str) -> OutletUpdate {
    let status = StatusUpdate { state: state.to_owned(), ..StatusUpdate::default() };
    OutletUpdate { status: Some(status), ..OutletUpdate::default() }
}

pub(super) fn base(base: &str) -> OutletUpdate {
    OutletUpdate { base: Some(base.to_owned()), ..OutletUpdate::default() }
}
