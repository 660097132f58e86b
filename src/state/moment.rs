//! How long ago something was.

use std::time::{Duration, Instant, SystemTime};

/// A moment by all clocks of this machine: one alone stands still while the machine sleeps, or is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(Instant, SystemTime);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    /// At least so long.
    pub(super) fn age(self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}
