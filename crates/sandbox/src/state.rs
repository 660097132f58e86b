//! Everything the server remembers, behind one lock: outlets, tokens, subscriptions, events, faults, the log, the settings.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use uuid::Uuid;

use super::{
    events::Event,
    faults::Faults,
    log::{Delivery, Entry, Log},
    outlet::Outlet,
    settings::{Options, Settings},
    written::Catalog,
};

/// What a token allows, and until when.
#[derive(Debug)]
pub(super) struct Grant {
    /// One of the further credentials.
    pub(super) client: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) expires: Instant,
}

/// One event of one outlet, or of all outlets of the partner, and where it is to be sent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Subscription {
    pub(super) id: Uuid,
    /// `None` = all outlets.
    #[serde(skip)]
    pub(super) outlet: Option<String>,
    pub(super) event: String,
    pub(super) url: String,
    pub(super) active: bool,
    pub(super) created_at: String,
}

/// All that changes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    outlets: BTreeMap<String, Outlet>,
    pub(super) tokens: HashMap<String, Grant>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) undelivered: Vec<Event>,
    /// Every copy counts.
    pub(super) started_deliveries: u64,
    pub(super) deliveries: Log<Delivery>,
    pub(super) faults: Faults,
    /// When the calls of the last second came, oldest first.
    recent_calls: VecDeque<Instant>,
    pub(super) log: Log<Entry>,
}

impl State {
    /// The outlet, with everything published that is due; `None` if it is not registered.
    pub(super) fn outlet(&mut self, id: &str) -> Option<(&mut Outlet, &Settings)> {
        if self.settings.register_unknown_outlets && is_outlet_id(id) {
            self.outlets.entry(id.into()).or_insert_with(|| Outlet::new(id));
        }
        let outlet = self.outlets.get_mut(id)?;
        outlet.publish_due(&self.settings);
        Some((outlet, &self.settings))
    }

    /// Registers the outlet if need be and replaces its live menu.
    pub(super) fn seed(&mut self, id: &str, catalog: Catalog) {
        self.outlets.entry(id.into()).or_insert_with(|| Outlet::new(id)).seed(catalog, &self.settings);
    }

    /// Counts a call; `false` if there were as many within a second as the limit allows.
    pub(super) fn admit_call(&mut self) -> bool {
        let Some(limit) = self.settings.requests_per_second else { return true };
        let now = Instant::now();
        while self.recent_calls.front().is_some_and(|call| now.duration_since(*call) >= Duration::from_secs(1)) {
            self.recent_calls.pop_front();
        }
        let is_admitted = self.recent_calls.len() < limit;
        if is_admitted {
            self.recent_calls.push_back(now);
        }
        is_admitted
    }

    /// Publishes all that is due and collects the events; when the next publication is due.
    pub(super) fn publish_due(&mut self) -> Option<Instant> {
        let mut next = None;
        for outlet in self.outlets.values_mut() {
            outlet.publish_due(&self.settings);
            self.undelivered.append(&mut outlet.events);
            // What is due and held waits for a control call, not for a moment.
            let due = outlet.pending.as_ref().map(|pending| pending.due).filter(|due| *due > Instant::now());
            next = next.into_iter().chain(due).min();
        }
        next
    }

    /// Where an event is wanted.
    pub(super) fn subscribers<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a str> {
        let wants = move |known: &&Subscription| {
            let outlet_matches = known.outlet.as_ref().is_none_or(|outlet| *outlet == event.outlet);
            known.active && known.event == event.name && outlet_matches
        };
        self.subscriptions.iter().filter(wants).map(|known| known.url.as_str())
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
    change: Notify,
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
            change: Notify::new(),
        }
    }

    /// The state; never held over an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something may have happened or be due: wakes the task that delivers.
    pub(super) fn signal_change(&self) {
        self.change.notify_one();
    }

    pub(super) async fn wait_for_change(&self) {
        self.change.notified().await;
    }

    /// Tells every waiting request that the server stops.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(super) async fn wait_for_stop(&self) {
        // An error means that the sender is gone, and with it the server.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}
