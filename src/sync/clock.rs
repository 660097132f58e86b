//! The time, as a parameter: what the wall clock says, and what has really passed.
//!
//! The wall clock is for people and for what lasts longer than a process. It may leap, so it decides nothing within a
//! process: how much time has passed is asked of the monotonic clock ([`Clock::instant`]), and of a moment that another
//! process has stored, through [`Clock::age_of`].

use std::time::Duration;

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
    /// The same, with a wall clock that a test sets forward and back by seconds. The monotonic clock stays as it is.
    #[cfg(test)]
    Leaping {
        /// What time it is without leaps…
        at: Timestamp,
        /// …at this instant.
        since: Instant,
        /// How far the wall clock is off.
        leap: &'static std::sync::atomic::AtomicI64,
    },
}

impl Clock {
    /// A clock that shows `at` now and moves with tokio's time.
    pub fn starting_at(at: Timestamp) -> Self {
        Self::Tokio { at, since: Instant::now() }
    }

    /// The same with a wall clock that leaps by what is put into the answer's second half.
    #[cfg(test)]
    pub(super) fn leaping_at(at: Timestamp) -> (Self, &'static std::sync::atomic::AtomicI64) {
        let leap = Box::leak(Box::default());
        (Self::Leaping { at, since: Instant::now(), leap }, leap)
    }

    /// The time by the wall clock.
    pub fn now(&self) -> Timestamp {
        let moved = |at: Timestamp, since: Instant| at.saturating_add(since.elapsed()).unwrap_or(Timestamp::MAX);
        match self {
            Self::System => Timestamp::now(),
            Self::Tokio { at, since } => moved(*at, *since),
            #[cfg(test)]
            Self::Leaping { at, since, leap } => {
                let leap = jiff::SignedDuration::from_secs(leap.load(std::sync::atomic::Ordering::Relaxed));
                moved(*at, *since).saturating_add(leap).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// The instant by the monotonic clock, which is tokio's.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// How old something is that happened at `stored`, perhaps in an earlier process: by the wall clock what it is old now,
    /// and from now on by the monotonic one. What is dated ahead, by a clock that was set back since, has happened just now.
    pub fn age_of(&self, stored: Timestamp) -> Age {
        let now = self.now();
        let before = Duration::try_from(now.duration_since(stored.min(now))).unwrap_or_default();
        Age { before, since: self.instant() }
    }
}

/// How old something is. Grows with the monotonic clock only.
#[derive(Debug, Clone, Copy)]
pub struct Age {
    /// How old it was…
    before: Duration,
    /// …at this instant.
    since: Instant,
}

impl Age {
    /// Of something that happens now.
    pub fn zero(clock: &Clock) -> Self {
        Self { before: Duration::ZERO, since: clock.instant() }
    }

    /// How old it is.
    pub fn get(&self) -> Duration {
        self.before.saturating_add(self.observed())
    }

    /// How much of that this process has seen.
    pub fn observed(&self) -> Duration {
        self.since.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn an_age_grows_with_the_time_that_passes_and_not_with_the_wall_clock() {
        let (clock, leap) = Clock::leaping_at(Timestamp::UNIX_EPOCH);
        let age = clock.age_of(clock.now());
        leap.store(40 * 60, Relaxed);
        tokio::time::advance(MINUTE).await;
        assert_eq!(clock.now().as_second(), 41 * 60);
        assert_eq!((age.get(), age.observed()), (MINUTE, MINUTE));
        leap.store(-7 * 3600, Relaxed);
        assert_eq!(age.get(), MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_process_has_stored_is_as_old_as_the_wall_clock_says_but_never_from_the_future() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        tokio::time::advance(MINUTE).await;
        let (old, ahead) = (clock.age_of(Timestamp::UNIX_EPOCH), clock.age_of(Timestamp::MAX));
        assert_eq!((old.get(), ahead.get()), (MINUTE, Duration::ZERO));
        tokio::time::advance(MINUTE).await;
        assert_eq!((old.get(), ahead.get()), (2 * MINUTE, MINUTE));
        assert_eq!(old.observed(), MINUTE);
        assert_eq!(Age::zero(&clock).get(), Duration::ZERO);
    }
}
