//! Words that anybody can cause are logged once in a while, with how often they would have been.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The shortest time between two (our choice).
const APART: Duration = Duration::from_secs(3_600);

/// When something was said last, and how often it was not since.
#[derive(Default)]
pub(super) struct LogThrottle(Mutex<(Option<Instant>, u64)>);

impl LogThrottle {
    /// Whether to say it now: how often it was left unsaid since the last time.
    pub(super) fn ask(&self) -> Option<u64> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, unsaid) = *inner;
        if last.is_some_and(|last| last.elapsed() < APART) {
            inner.1 = unsaid.saturating_add(1);
            return None;
        }
        *inner = (Some(Instant::now()), 0);
        Some(unsaid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_said_once_an_hour_with_the_number_of_the_others() {
        let log_throttle = LogThrottle::default();
        assert_eq!((log_throttle.ask(), log_throttle.ask(), log_throttle.ask()), (Some(0), None, None));
        tokio::time::advance(APART).await;
        assert_eq!((log_throttle.ask(), log_throttle.ask()), (Some(2), None));
        tokio::time::advance(APART).await;
        assert_eq!(log_throttle.ask(), Some(1));
    }
}
