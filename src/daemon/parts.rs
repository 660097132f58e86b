//! What a daemon is made of, what can be asked of it, and how it can end. What it does is in `mod.rs`.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::oneshot;

use super::{Hints, Reloaded, View};
use crate::{
    fleet::Loaded,
    notify::Notices,
    state::{SharedState, StateError},
    sync::Clock,
    systemd::Notifier,
};

/// What a daemon is made of.
pub struct Parts<W> {
    /// The root, already read; its settings are valid.
    pub loaded: Loaded,
    /// Who passes over an outlet.
    pub worker: W,
    /// What is remembered.
    pub state: SharedState,
    /// Where locks are.
    pub state_dir: PathBuf,
    /// The time.
    pub clock: Clock,
    /// The service manager.
    pub notifier: Notifier,
    /// Asks the daemon to do something.
    pub orders: tokio::sync::mpsc::Receiver<Order>,
    /// Tells it that an outlet is worth a look.
    pub hints: Arc<Hints>,
    /// Who tells people; ended by whoever started it.
    pub notices: Notices,
    /// Where it shows how it stands.
    pub view: Arc<View>,
}

/// What signals (or an interface) ask of a daemon.
#[derive(Debug)]
pub enum Order {
    /// Read everything again and pass over all outlets.
    Reload(Reply),
    /// Pass over all outlets.
    Pass,
    /// Stop.
    Stop,
}

/// Who wants to hear how a reload ended, if anybody does.
#[derive(Debug, Default)]
pub struct Reply(Option<oneshot::Sender<Reloaded>>);

impl Reply {
    /// Nobody waits for an answer.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// The answer goes there.
    pub fn to(sender: oneshot::Sender<Reloaded>) -> Self {
        Self(Some(sender))
    }

    /// Answers. Who asked may have left.
    pub(super) fn say(self, how: Reloaded) {
        if let Some(sender) = self.0 {
            let _ = sender.send(how);
        }
    }
}

/// Why a daemon ended.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The root cannot be watched.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}
