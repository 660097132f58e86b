//! The loop: wait for events or time, let the burst end, look, tell.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::{
    Others, Outbox, Pace,
    events::{Open, Subscription},
    git,
    signal::Signal,
    snapshot::Snapshot,
};
use crate::platform::{
    files::{self, identity_of, is_out_of_files},
    paths::canonicalize,
};

/// A checkout may hold git's lock for this many times the longest wait for quiet.
const PATIENCE_WITH_GIT: u32 = 5;

pub(super) struct Worker {
    root: PathBuf,
    others: Others,
    pace: Pace,
    open: Open,
    signal: Arc<Signal>,
    outbox: Arc<Outbox>,
    subscription: Option<Subscription>,
    /// Events were asked for in vain.
    blind: bool,
    identity: Option<Identity>,
    snapshot: Snapshot,
    /// When every file is read again and a failed subscription tried again.
    full_at: Instant,
}

impl Worker {
    /// Subscribes, then takes the first snapshot, so that nothing falls between.
    pub(super) fn new(
        root: PathBuf,
        others: Others,
        pace: Pace,
        open: Open,
        signal: Arc<Signal>,
        outbox: Arc<Outbox>,
    ) -> Self {
        let full_at = Instant::now() + pace.full;
        let (subscription, blind, identity, snapshot) = (None, false, None, Snapshot::default());
        let mut worker =
            Self { root, others, pace, open, signal, outbox, subscription, blind, identity, snapshot, full_at };
        worker.identity = Identity::of(&worker.root);
        worker.subscribe();
        worker.snapshot = Snapshot::take(&worker.root, &worker.others.get(), &worker.snapshot, true);
        worker
    }

    pub(super) fn run(mut self) {
        while !self.signal.stopped() {
            self.wait();
            self.look();
        }
    }

    fn wait(&self) {
        let until_full = self.full_at.saturating_duration_since(Instant::now());
        let limit = if self.subscription.is_some() { until_full } else { until_full.min(self.pace.poll) };
        self.signal.wait_for_event(limit);
        self.signal.wait_for_quiet(self.pace.quiet, self.pace.at_most);
        let patience_ends = Instant::now() + self.pace.at_most * PATIENCE_WITH_GIT;
        while git::is_busy(&self.root) && Instant::now() < patience_ends && !self.signal.stopped() {
            self.signal.pause(self.pace.quiet);
        }
    }

    fn look(&mut self) {
        let noticed = self.signal.take(); // before looking: what happens meanwhile is looked at again
        let full = Instant::now() >= self.full_at;
        if full {
            self.full_at = Instant::now() + self.pace.full;
        }
        let identity = Identity::of(&self.root);
        if noticed.lossy || identity != self.identity || (full && self.subscription.is_none()) {
            self.identity = identity;
            self.subscribe();
        }
        let now = Snapshot::take(&self.root, &self.others.get(), &self.snapshot, full);
        self.outbox.add(self.snapshot.differences(&now));
        self.snapshot = now;
    }

    /// Asks for events of the root as it is now. Without them, the worker looks at the pace of `poll`.
    fn subscribe(&mut self) {
        let had = self.subscription.take().is_some();
        match (self.open)(&self.root, Arc::clone(&self.signal)) {
            Ok(subscription) => {
                if std::mem::take(&mut self.blind) {
                    tracing::info!("file events come again");
                }
                self.subscription = Some(subscription);
            }
            Err(error) => {
                self.blind = true;
                let (root, poll) = (self.root.display(), self.pace.poll);
                let help = if is_exhausted(&error) { "; raise fs.inotify.max_user_watches with sysctl" } else { "" };
                tracing::warn!(%root, %error, had, ?poll, "no file events: looking for changes by time instead{help}");
            }
        }
    }
}

fn is_exhausted(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => true,
        // No more instances.
        notify::ErrorKind::Io(error) => is_out_of_files(error),
        _ => false,
    }
}

/// What makes a directory the same one: a new one may reuse path and inode, but not also the time of birth.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    real: PathBuf,
    file: Option<files::Identity>,
    born: Option<SystemTime>,
}

impl Identity {
    fn of(root: &Path) -> Option<Self> {
        let real = canonicalize(root).ok()?;
        let meta = fs::metadata(&real).ok()?;
        Some(Self { file: identity_of(&real, &meta), real, born: meta.created().ok() })
    }
}
