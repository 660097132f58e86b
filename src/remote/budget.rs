//! How often and how long a read is tried: at most 5 times within 45 seconds, with growing pauses.
//!
//! Whether a failure may be tried again at all is the error's to say ([`Retry`]); writes are never tried again here.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{RemoteError, Retry};

/// Most tries of one read.
const TRIES: u32 = 5;
/// Longest time for all of them, pauses included.
const WITHIN: Duration = Duration::from_secs(45);
/// Bound of the first pause; each later bound is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// With less time than this left another try is not begun.
const WORTH_TRYING: Duration = Duration::from_secs(1);

/// What is left of the tries and the time of one read.
pub(super) struct Budget {
    tries: u32,
    deadline: Option<Instant>,
    /// Whether a host that asks for it is waited for.
    is_patient: bool,
}

impl Budget {
    /// For a read.
    pub(super) fn of_a_read() -> Self {
        Self { tries: 1, deadline: Some(Instant::now() + WITHIN), is_patient: true }
    }

    /// For a write: one try, as long as the call itself may take.
    pub(super) fn of_a_write() -> Self {
        Self { tries: TRIES, deadline: None, is_patient: true }
    }

    /// For a write to a menu, which rests on what was read just now: after a wait it would put back what the kitchen has
    /// done meanwhile. Its caller looks again.
    pub(super) fn of_a_push() -> Self {
        Self { is_patient: false, ..Self::of_a_write() }
    }

    /// `longest`, or what is left if that is less.
    pub(super) fn at_most(&self, longest: Duration) -> Duration {
        self.deadline.map_or(longest, |deadline| longest.min(deadline.saturating_duration_since(Instant::now())))
    }

    /// The longest wait for a host that is worth it.
    pub(super) fn patience(&self) -> Duration {
        if !self.is_patient {
            return Duration::ZERO;
        }
        self.deadline.map_or(WITHIN, |_| self.at_most(WITHIN).saturating_sub(WORTH_TRYING))
    }

    /// Time spent standing in line is not the platform's fault and not charged.
    pub(super) fn refund(&mut self, stood_in_line: Duration) {
        self.deadline = self.deadline.map(|deadline| deadline + stood_in_line);
    }

    /// Pauses before another try, or gives the error back if there is none.
    pub(super) async fn pause_after(&mut self, error: RemoteError) -> Result<(), RemoteError> {
        let Retry::After(asked) = error.retry else { return Err(error) };
        let pause = asked.unwrap_or_else(|| jittered(self.tries));
        if self.tries >= TRIES || self.at_most(Duration::MAX) < pause.saturating_add(WORTH_TRYING) {
            return Err(self.given_up(error));
        }
        tracing::debug!(%error, tries = self.tries, ?pause, "trying again");
        sleep(pause).await;
        self.tries += 1;
        Ok(())
    }

    /// The error of the last try, saying how many there were.
    fn given_up(&self, error: RemoteError) -> RemoteError {
        if self.tries == 1 { error } else { error.and(&format!(" (tried {} times)", self.tries)) }
    }
}

/// A random pause from nothing to the bound of this try ("full jitter": clients that failed together do not return together).
fn jittered(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)).mul_f64(fastrand::f64())
}

/// The time a `Retry-After` header asks for: seconds, or a date. `now` is the answer's own `Date`, so that clocks that
/// differ do no harm; without one it is this machine's clock.
pub(super) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // Too many digits to read is longer than anyone waits.
        return Some(Duration::from_secs(value.parse::<u32>().unwrap_or(u32::MAX).into()));
    }
    let until = timestamp(value)?;
    let now = date.and_then(timestamp).unwrap_or_else(jiff::Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// An HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn failed(retry: Retry) -> RemoteError {
        RemoteError {
            method: "GET",
            url: "https://h.id/".into(),
            status: None,
            what: "no".into(),
            retry,
            request_id: None,
            lacks_scope: false,
        }
    }

    /// Fails for ever; gives the pauses and the last error.
    async fn fail(retry: Retry, each: Duration) -> (Vec<Duration>, RemoteError) {
        let mut budget = Budget::of_a_read();
        let mut pauses = Vec::new();
        loop {
            sleep(budget.at_most(each)).await;
            let paused = Instant::now();
            match budget.pause_after(failed(retry)).await {
                Ok(()) => pauses.push(paused.elapsed()),
                Err(error) => return (pauses, error),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn five_tries_with_growing_bounds() {
        for _ in 0..20 {
            let (pauses, error) = fail(Retry::After(None), Duration::ZERO).await;
            assert_eq!(pauses.len(), 4);
            for (pause, bound) in pauses.iter().zip([252, 502, 1002, 2002]) {
                assert!(*pause <= Duration::from_millis(bound), "{pauses:?}");
            }
            assert_eq!(error.what, "no (tried 5 times)");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tries_end_within_45_seconds() {
        let start = Instant::now();
        let (pauses, _) = fail(Retry::After(None), Duration::from_secs(30)).await;
        assert_eq!(pauses.len(), 1);
        assert!(start.elapsed() <= Duration::from_secs(45), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_final_is_not_tried_again() {
        let (pauses, error) = fail(Retry::Never, Duration::ZERO).await;
        assert!(pauses.is_empty());
        assert_eq!(error, failed(Retry::Never));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_asked_for_is_waited() {
        let (pauses, _) = fail(Retry::After(Some(Duration::from_secs(9))), Duration::ZERO).await;
        assert_eq!(pauses.iter().map(Duration::as_secs).collect::<Vec<_>>(), [9, 9, 9, 9]);
    }

    #[tokio::test(start_paused = true)]
    async fn asked_to_wait_longer_than_the_budget_gives_up_at_once() {
        let (pauses, error) = fail(Retry::After(Some(Duration::from_secs(60))), Duration::ZERO).await;
        assert!(pauses.is_empty());
        assert_eq!(error.retry, Retry::After(Some(Duration::from_secs(60))));
    }

    #[tokio::test(start_paused = true)]
    async fn standing_in_line_is_not_charged_and_a_write_has_no_second_try() {
        let mut budget = Budget::of_a_read();
        sleep(Duration::from_secs(100)).await;
        budget.refund(Duration::from_secs(100));
        assert!(budget.pause_after(failed(Retry::After(None))).await.is_ok());
        let mut budget = Budget::of_a_write();
        assert_eq!(budget.at_most(WITHIN * 9), WITHIN * 9);
        assert!(budget.pause_after(failed(Retry::After(None))).await.is_err());
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after("7", date), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(" 0 ", date), Some(Duration::ZERO));
        assert_eq!(retry_after("99999999999999", date), Some(Duration::from_secs(u32::MAX.into())));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:57 GMT", date), Some(Duration::from_secs(20)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:17 GMT", date), Some(Duration::ZERO));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:57 GMT", None), Some(Duration::ZERO));
        for bad in ["", "soon", "-3", "1.5"] {
            assert_eq!(retry_after(bad, date), None, "{bad}");
        }
    }
}
