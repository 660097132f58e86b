//! What a daemon is made of, what can be asked of it, and how it can end. What it does is in `mod.rs`.

use std::{path::PathBuf, sync::Arc};

use super::{Hints, View};
use crate::{
    fleet::Loaded,
    state::{SharedStore, StateError},
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
    pub store: SharedStore,
    /// Where that is.
    pub state_dir: PathBuf,
    /// The time.
    pub clock: Clock,
    /// The service manager.
    pub notifier: Notifier,
    /// Asks the daemon to do something.
    pub orders: tokio::sync::mpsc::Receiver<Order>,
    /// Tells it that an outlet is worth a look.
    pub hints: Arc<Hints>,
    /// Where it shows how it stands.
    pub view: Arc<View>,
}

/// What signals (or an interface) ask of a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Read everything again and pass over all outlets.
    Reload,
    /// Pass over all outlets.
    Pass,
    /// Stop.
    Stop,
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
