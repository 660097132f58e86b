//! The pace of all calls to the platform: a token bucket on tokio's clock, first come, first served.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Lets `rate` calls through each second, after a burst of that many (rounded up).
///
/// No limit of the platform is published; the default of 5 is our choice.
pub(super) struct Gate {
    interval: Duration,
    burst: u32,
    /// When the bucket was last empty, as if it had never stopped filling. The lock is fair: who waits for it stands in
    /// line, and who gives up leaves the line without having taken anything.
    empty_at: Mutex<Option<Instant>>,
}

impl Gate {
    /// A full bucket. `rate` is finite and greater than 0.
    pub(super) fn new(rate: f64) -> Self {
        // The bounds keep clock arithmetic from overflowing: one call a day is as good as none.
        let interval = Duration::from_secs_f64((1.0 / rate).clamp(1e-6, 86_400.0));
        Self { interval, burst: rate.ceil().clamp(1.0, 1e6) as u32, empty_at: Mutex::new(None) }
    }

    /// Waits for a turn; gives back how long that took.
    pub(super) async fn pass(&self) -> Duration {
        let came = Instant::now();
        let mut empty_at = self.empty_at.lock().await;
        let now = Instant::now();
        let capacity = self.interval * self.burst;
        // A bucket that has been filling for `capacity` is full: older times mean the same.
        let oldest = now.checked_sub(capacity).unwrap_or(now);
        let next = empty_at.map_or(oldest, |at| at.max(oldest)) + self.interval;
        sleep_until(next.max(now)).await;
        *empty_at = Some(next);
        came.elapsed()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let gate = Gate::new(5.0);
        let start = Instant::now();
        let mut at = Vec::new();
        for _ in 0..8 {
            gate.pass().await;
            at.push(start.elapsed().as_millis());
        }
        assert_eq!(at[..5], [0, 0, 0, 0, 0]);
        let steps: Vec<u128> = at[4..].windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (199..=202).contains(step)), "{at:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_below_one_waits_between_calls() {
        let gate = Gate::new(0.5);
        gate.pass().await;
        assert!(gate.pass().await >= Duration::from_millis(1999));
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_passes_first_and_who_left_took_nothing() {
        let gate = Arc::new(Gate::new(1.0));
        gate.pass().await;
        let gone = tokio::time::timeout(Duration::from_millis(300), gate.pass()).await;
        assert!(gone.is_err());
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let waiting: Vec<_> = (0..4)
            .map(|n| {
                let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
                tokio::spawn(async move {
                    gate.pass().await;
                    order.lock().unwrap().push(n);
                })
            })
            .collect();
        let start = Instant::now();
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
        assert!(start.elapsed() < Duration::from_millis(3800), "the one that left cost {:?}", start.elapsed());
    }
}
