//! Waking a pass that waits for its push to show: it looks sooner than it would have. What was announced as published is
//! known to it too.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;
use uuid::Uuid;

use crate::catalog::OutletId;

/// Wakes passes by their outlet.
#[derive(Clone, Default)]
pub struct PollWaker(Arc<Mutex<BTreeMap<OutletId, Waiter>>>);

#[derive(Default)]
struct Waiter {
    woken: Arc<Notify>,
    /// The push that the platform announced last.
    announced: Option<Uuid>,
}

impl PollWaker {
    /// Wakes the pass that waits for a push to this outlet; if it does not wait yet, its next wait ends at once.
    pub fn wake(&self, outlet: &OutletId) {
        self.of(outlet).notify_one();
    }

    /// Notes that the platform announced this push as published.
    pub fn announce(&self, outlet: &OutletId, request_id: Uuid) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(outlet.clone()).or_default().announced = Some(request_id);
    }

    /// Whether this push was announced as published.
    pub(super) fn is_announced(&self, outlet: &OutletId, request_id: Uuid) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(outlet).is_some_and(|waiter| waiter.announced == Some(request_id))
    }

    /// Returns when this outlet is woken.
    pub(super) async fn woken(&self, outlet: &OutletId) {
        self.of(outlet).notified().await;
    }

    fn of(&self, outlet: &OutletId) -> Arc<Notify> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&all.entry(outlet.clone()).or_default().woken)
    }
}
