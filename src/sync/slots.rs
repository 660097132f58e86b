//! Places for outlets that are worked on. What takes memory or makes calls is done with a slot in hand, so that a fleet takes
//! no more than a few outlets at a time.

use std::sync::{Arc, Weak};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// All slots.
#[derive(Clone)]
pub struct Slots {
    all: usize,
    semaphore: Arc<Semaphore>,
    freed: Arc<Notify>,
}

/// One outlet being worked on.
pub struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    freed: Arc<Notify>,
    held: Arc<()>,
}

impl Slots {
    /// So many, at least one.
    pub fn new(all: usize) -> Self {
        let all = all.max(1);
        Self { all, semaphore: Arc::new(Semaphore::new(all)), freed: Arc::default() }
    }

    /// How many there are.
    pub fn all(&self) -> usize {
        self.all
    }

    /// Waits for one, first come first served. (They are never closed: there is always one in the end.)
    pub async fn acquire(&self) -> Option<Slot> {
        let permit = Arc::clone(&self.semaphore).acquire_owned().await.ok()?;
        Some(self.slot(permit))
    }

    /// One, if one is free that nobody waits for.
    pub fn try_acquire(&self) -> Option<Slot> {
        Some(self.slot(Arc::clone(&self.semaphore).try_acquire_owned().ok()?))
    }

    /// Returns once a slot was given back since this was last asked; for one caller.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    fn slot(&self, permit: OwnedSemaphorePermit) -> Slot {
        Slot { permit: Some(permit), freed: Arc::clone(&self.freed), held: Arc::default() }
    }
}

impl Slot {
    /// Lives as long as the slot is held.
    pub fn held(&self) -> Weak<()> {
        Arc::downgrade(&self.held)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Before it is said: who is woken shall find it free.
        drop(std::mem::take(&mut self.held));
        drop(self.permit.take());
        self.freed.notify_one();
    }
}
