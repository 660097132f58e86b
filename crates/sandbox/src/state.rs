//! Everything the server remembers, behind one lock: outlets, tokens, subscriptions, events, faults, the log, the settings.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    Options, courier::Post, events::Event, faults::Faults, log::Log, outlet::Outlet, settings::Settings,
    subscriptions::Subscription, written::Catalog,
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
    pub(super) post: Post,
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

    /// Publishes all that is due and gives every event to the courier; when the next publication is due.
    pub(super) fn settle_all(&mut self) -> Option<Instant> {
        let mut next = None;
        for outlet in self.outlets.values_mut() {
            outlet.settle(&self.settings);
            outlet.events.drain(..).for_each(|event| self.post.hand_in(event));
            // What is held and due already waits for an order, not for a moment.
            let due = outlet.pending.as_ref().map(|pending| pending.due).filter(|due| *due > Instant::now());
            next = next.into_iter().chain(due).min();
        }
        next
    }

    /// Where an event is wanted.
    pub(super) fn subscribers<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a str> {
        self.subscriptions.iter().filter_map(|subscription| subscription.wants(event.name, &event.outlet))
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
    touched: Notify,
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
            touched: Notify::new(),
        }
    }

    /// The state; never held over an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something may have happened: the courier shall look.
    pub(super) fn touch(&self) {
        self.touched.notify_one();
    }

    /// Returns when something may have happened.
    pub(super) async fn touched(&self) {
        self.touched.notified().await;
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
