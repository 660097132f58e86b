//! Waking a pass that waits for its push to show: it looks sooner than it would have, and does nothing else.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::catalog::OutletId;

/// Wakes passes by their outlet.
#[derive(Clone, Default)]
pub struct PollWaker(Arc<Mutex<BTreeMap<OutletId, Arc<Notify>>>>);

impl PollWaker {
    /// Wakes the pass that waits for a push to this outlet; if it does not wait yet, its next wait ends at once.
    pub fn wake(&self, outlet: &OutletId) {
        self.of(outlet).notify_one();
    }

    /// Returns when this outlet is woken.
    pub(super) async fn woken(&self, outlet: &OutletId) {
        self.of(outlet).notified().await;
    }

    fn of(&self, outlet: &OutletId) -> Arc<Notify> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(outlet.clone()).or_default())
    }
}
