//! An outlet in one's hands.

use super::locks::OutletLock;

/// Nobody else works on the outlet until this is dropped.
#[must_use = "dropping it gives the outlet back"]
pub struct Hold {
    /// Given back before the lock, where several machines share the state.
    _lease: Option<Box<dyn GivenBack>>,
    _lock: OutletLock,
}

/// What gives something back when it is dropped.
pub(super) trait GivenBack: Send + Sync {}

impl Hold {
    pub(super) fn of_file(lock: OutletLock) -> Self {
        Self { _lease: None, _lock: lock }
    }

    pub(super) fn leased(lease: impl GivenBack + 'static, lock: OutletLock) -> Self {
        Self { _lease: Some(Box::new(lease)), _lock: lock }
    }
}
