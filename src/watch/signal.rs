//! What event handlers tell the worker: that there is something to look at. Constant size, however many events come.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Shared by the event handler, the worker and the owner.
#[derive(Debug, Default)]
pub(super) struct Signal {
    noticed: Mutex<Noticed>,
    wake: Condvar,
}

/// What was noticed since the last look.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Noticed {
    /// First and last event of the burst.
    burst: Option<(Instant, Instant)>,
    /// Events may be missing, or directories unwatched.
    pub(super) lossy: bool,
    stop: bool,
}

impl Signal {
    /// An event came.
    pub(super) fn event(&self) {
        let now = Instant::now();
        let mut noticed = self.lock();
        match &mut noticed.burst {
            Some((_, last)) => *last = now, // the worker looks at the clock again by itself
            None => {
                noticed.burst = Some((now, now));
                self.wake.notify_all();
            }
        }
    }

    /// Events were lost.
    pub(super) fn lost(&self) {
        self.lock().lossy = true;
        self.event();
    }

    /// The owner is gone.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.wake.notify_all();
    }

    pub(super) fn stopped(&self) -> bool {
        self.lock().stop
    }

    /// Waits for an event, at most for `limit`.
    pub(super) fn wait_for_event(&self, limit: Duration) {
        let idle = |noticed: &mut Noticed| !noticed.stop && noticed.burst.is_none();
        drop(self.wake.wait_timeout_while(self.lock(), limit, idle));
    }

    /// Waits until no event came for `quiet`, or the first is `at_most` old.
    pub(super) fn wait_for_quiet(&self, quiet: Duration, at_most: Duration) {
        let mut noticed = self.lock();
        while let (false, Some((first, last))) = (noticed.stop, noticed.burst) {
            let left = (last + quiet).min(first + at_most).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            noticed = self.wake.wait_timeout(noticed, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for `time`, or until stopped.
    pub(super) fn pause(&self, time: Duration) {
        drop(self.wake.wait_timeout_while(self.lock(), time, |noticed| !noticed.stop));
    }

    /// What was noticed; from now on events count anew.
    pub(super) fn take(&self) -> Noticed {
        let mut noticed = self.lock();
        let fresh = Noticed { stop: noticed.stop, ..Noticed::default() };
        std::mem::replace(&mut *noticed, fresh)
    }

    fn lock(&self) -> MutexGuard<'_, Noticed> {
        self.noticed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
