//! What a daemon is made of, what can be asked of it, and how it can end. What it does is in `mod.rs`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Hints, View};
use crate::{
    fleet::{Loaded, Selection, Survey},
    notify::Notices,
    settings::Settings,
    source::{Doing, SourceError},
    state::{SharedState, StateError},
    sync::{Clock, InFlight},
    systemd::Notifier,
};

/// What a daemon is made of.
pub struct Parts<W> {
    /// The root, already read.
    pub loaded: Arc<Loaded>,
    /// Its settings.
    pub settings: Settings,
    /// What a look over its outlets has found.
    pub survey: Arc<Survey>,
    /// Reads a root.
    pub load: LoadFn,
    /// Who passes over an outlet.
    pub worker: W,
    /// What is remembered.
    pub state: SharedState,
    /// Where locks are.
    pub state_dir: PathBuf,
    /// Passes over these outlets alone, and shares them with nobody.
    pub only: Selection,
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
    /// Where it lists the pushes whose calls are under way.
    pub in_flight: InFlight,
}

/// Reads a root, noting what it waits for, and knowing what was read last; may take long.
pub type LoadFn = Arc<dyn Fn(&Path, &Doing, Option<&Loaded>) -> Result<Loaded, SourceError> + Send + Sync>;

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

/// How a reload ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Reloaded {
    /// The daemon knows that it shall; nobody waited for more.
    Asked {
        /// What waited for a restart before this, in a sentence.
        after_restart: Option<String>,
    },
    /// Everything is in use, or will be.
    Taken {
        /// How many outlets there are.
        outlets: usize,
        /// What among the settings waits for a restart, in a sentence.
        after_restart: Option<String>,
    },
    /// Bad settings: all is as it was. Errors in definitions: the outlets they concern are left out, the rest is in use. A
    /// file with a secret that cannot be read: the old one holds, the rest is in use.
    Refused {
        /// What became of it, in a sentence.
        words: String,
        /// The errors for people.
        text: String,
        /// The same as `menusync.diagnostics/1`.
        diagnostics: Value,
    },
    /// The files cannot be read; all is as it was.
    Unreadable {
        /// Why.
        error: String,
    },
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
#[derive(thiserror::Error)]
pub enum DaemonError {
    /// The root cannot be watched.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
    /// The settings became wrong while the daemon started.
    #[error("the settings are wrong")]
    Settings(Arc<Loaded>),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

impl std::fmt::Debug for DaemonError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, out)
    }
}
