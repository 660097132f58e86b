//! The state for tests of other rooms.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;

use super::{Scope, SharedState, SqliteState};

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
