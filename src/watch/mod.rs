//! Noticing that files of the root changed: settings, definitions, approvals, and the image files that definitions use.
//!
//! Events only say when to look; what changed is found by looking, so lost, doubled and meaningless events do no harm.
//! What a change means is `daemon`'s to decide; `source` reads the files.

mod events;
mod git;
mod signal;
mod snapshot;
#[cfg(test)]
mod tests;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use self::{
    events::{Open, Subscription},
    signal::Signal,
    worker::Worker,
};

/// The pace that suits people and editors (our choice, by trying).
pub const QUIET: Duration = Duration::from_millis(250);

/// The longest wait for quiet (our choice).
pub const AT_MOST: Duration = Duration::from_secs(2);

/// Files whose content changed, appeared or vanished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Relative to the root, `/` between parts; never empty.
    pub paths: BTreeSet<String>,
}

/// Why watching could not begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is nothing to watch.
    #[error("cannot watch {}", path.display())]
    Root {
        /// The root.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// No thread could be started.
    #[error("cannot start watching")]
    Thread(#[source] std::io::Error),
}

/// Watches `menusync.yaml`, `catalogs/` and `approvals/` of a root, and the files that [`Others`] names, until dropped.
#[derive(Debug)]
pub struct Watcher {
    signal: Arc<Signal>,
    outbox: Arc<Outbox>,
}

/// Files that are watched by name, wherever they are in the root: images. They need not be there.
#[derive(Debug, Clone, Default)]
pub struct Others(Arc<Mutex<Named>>);

#[derive(Debug, Default)]
struct Named {
    /// Whether each was there when it was read.
    files: Arc<BTreeMap<String, bool>>,
    /// Asks the watcher for a look.
    signal: Option<Arc<Signal>>,
}

impl Others {
    /// From now on it is these, relative to the root, each with whether it was there when it was read. One that was not
    /// among them is told once if it is there, as nobody knows what it was when it was read, or if it has gone since.
    pub fn set(&self, files: BTreeMap<String, bool>) {
        let mut named = self.lock();
        let is_new = files.keys().any(|path| !named.files.contains_key(path));
        named.files = Arc::new(files);
        if let Some(signal) = named.signal.as_ref().filter(|_| is_new) {
            // What happened to them while they were read has had its event already.
            signal.event();
        }
    }

    fn get(&self) -> Arc<BTreeMap<String, bool>> {
        Arc::clone(&self.lock().files)
    }

    fn lock(&self) -> MutexGuard<'_, Named> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often and how long the worker waits.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// No event for this long ends a burst.
    quiet: Duration,
    /// A burst is cut after this.
    at_most: Duration,
    /// Between looks where there are no events.
    poll: Duration,
    /// Between looks that read every file again.
    full: Duration,
}

impl Watcher {
    /// Begins to watch `root`. What is there when this returns is what later changes are measured against.
    ///
    /// A change is told after `quiet` without events, or `at_most` after the first. Where the system offers no events, or
    /// has none left to give, it looks every 2 seconds instead and says so in the log.
    pub fn start(root: PathBuf, others: Others, quiet: Duration, at_most: Duration) -> Result<Self, WatchError> {
        let pace = Pace { quiet, at_most, poll: Duration::from_secs(2), full: Duration::from_secs(60) };
        Self::with_pace(root, others, pace, Box::new(Subscription::open))
    }

    fn with_pace(root: PathBuf, others: Others, pace: Pace, open: Open) -> Result<Self, WatchError> {
        let exists = std::path::absolute(&root).and_then(|root| std::fs::read_dir(&root).map(|_| root));
        let root = exists.map_err(|source| WatchError::Root { path: root, source })?;
        let (signal, outbox) = (Arc::new(Signal::default()), Arc::new(Outbox::default()));
        others.lock().signal = Some(Arc::clone(&signal));
        let worker = Worker::new(root, others, pace, open, Arc::clone(&signal), Arc::clone(&outbox));
        std::thread::Builder::new().name("watch".into()).spawn(|| worker.run()).map_err(WatchError::Thread)?;
        Ok(Self { signal, outbox })
    }

    /// Waits until files really changed, and says which since the last answer. May be dropped while waiting: nothing is
    /// lost.
    pub async fn changed(&mut self) -> Changed {
        loop {
            let paths = self.outbox.take();
            if !paths.is_empty() {
                return Changed { paths };
            }
            self.outbox.filled.notified().await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.signal.stop();
    }
}

/// Changes that were found and not yet asked for; no longer than the list of files.
#[derive(Debug, Default)]
struct Outbox {
    paths: Mutex<BTreeSet<String>>,
    filled: Notify,
}

impl Outbox {
    fn add(&self, paths: BTreeSet<String>) {
        if !paths.is_empty() {
            self.paths.lock().unwrap_or_else(PoisonError::into_inner).extend(paths);
            self.filled.notify_one();
        }
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.paths.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
