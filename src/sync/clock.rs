//! The time, as a parameter.

use jiff::Timestamp;
use tokio::time::Instant;

/// Where a pass takes the time from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A moment that moves with tokio's clock, which tests can pause.
    Tokio {
        /// What time it is…
        at: Timestamp,
        /// …at this instant.
        since: Instant,
    },
}

impl Clock {
    /// A clock that shows `at` now and moves with tokio's time.
    pub fn starting_at(at: Timestamp) -> Self {
        Self::Tokio { at, since: Instant::now() }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Tokio { at, since } => at.saturating_add(since.elapsed()).unwrap_or(Timestamp::MAX),
        }
    }
}
