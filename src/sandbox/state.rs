//! Everything the server remembers, behind one lock: outlets, tokens, subscriptions, faults, the log, the settings.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::watch, time::Instant};

use super::{
    Options, faults::Faults, log::Log, outlet::Outlet, settings::Settings, subscriptions::Subscription,
    written::Catalog,
};

/// What a token allows, and until when.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) scopes: Vec<String>,
    pub(super) expires: Instant,
}

/// All that changes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    outlets: BTreeMap<String, Outlet>,
    pub(super) tokens: HashMap<String, Grant>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) faults: Faults,
    pub(super) log: Log,
}

impl State {
    /// The outlet, with everything published that is due; `None` if it is not registered.
    pub(super) fn outlet(&mut self, id: &str) -> Option<(&mut Outlet, &Settings)> {
        if self.settings.register_unknown_outlets && is_outlet_id(id) {
            self.outlets.entry(id.into()).or_insert_with(|| Outlet::new(id));
        }
        let outlet = self.outlets.get_mut(id)?;
        outlet.settle(&self.settings);
        Some((outlet, &self.settings))
    }

    /// Registers the outlet if need be and replaces its live menu.
    pub(super) fn seed(&mut self, id: &str, catalog: Catalog) {
        self.outlets.entry(id.into()).or_insert_with(|| Outlet::new(id)).seed(catalog);
    }

    /// Ids of all registered outlets.
    pub(super) fn outlet_ids(&self) -> Vec<String> {
        self.outlets.keys().cloned().collect()
    }
}

/// `G`, digits, sometimes a letter at the end (documentation and seen live).
fn is_outlet_id(id: &str) -> bool {
    let digits = id.strip_prefix('G').map(|rest| rest.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(rest));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The state with the credential and the signal to stop; shared by all requests.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) scopes: Vec<String>,
    state: Mutex<State>,
    stop: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        let mut state = State::default();
        state.settings.publish_delay_ms = u64::try_from(options.publish_delay.as_millis()).unwrap_or(u64::MAX);
        state.settings.register_unknown_outlets = options.register_unknown_outlets;
        options.outlets.iter().for_each(|id| state.seed(id, Catalog::default()));
        Self {
            client_id: options.client_id,
            client_secret: options.client_secret,
            scopes: options.scopes,
            state: Mutex::new(state),
            stop: watch::Sender::new(false),
        }
    }

    /// The state; never held over an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every waiting request that the server stops.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns when the server stops.
    pub(super) async fn stopped(&self) {
        // An error means that the sender is gone, and with it the server.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}
