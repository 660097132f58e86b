//! What tests, the demo and people at rehearsal do to the stand-in, called in-process. `control_http` offers it over HTTP.

use std::{fmt::Display, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    edit::{Edit, StockToggle},
    events::{Event, OrderReceipt},
    faults::Fault,
    log::{Delivery, Entry},
    outlet::Outlet,
    promotions::{ForeignPromotion, PromotionDump},
    settings::Settings,
    state::Shared,
    written::Catalog,
};

/// Why a call failed; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The outlet was never seeded.
    #[error("outlet {0} is not registered; seed it first")]
    UnknownOutlet(String),
    /// The call cannot be understood or names what is not there.
    #[error("{0}")]
    Invalid(String),
}

impl ControlError {
    pub(super) fn invalid(error: impl Display) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// What the server holds of one outlet, in the written shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutletDump {
    /// Its id.
    pub outlet: String,
    /// What customers see.
    pub published: Catalog,
    /// What was accepted and is not live yet.
    pub pending: Option<Catalog>,
    /// Milliseconds until `pending` is live, if nothing holds it.
    pub pending_ms: Option<u64>,
    /// How many PUTs went live.
    pub publications: u64,
}

/// Controls a running stand-in.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Registers an outlet with this live menu, at once and unchecked; one that exists is replaced.
    pub fn seed(&self, outlet: &str, catalog: Catalog) {
        self.shared.state().seed(outlet, catalog);
    }

    /// Ids of all outlets.
    pub fn outlets(&self) -> Vec<String> {
        self.shared.state().outlet_ids()
    }

    /// What the server holds of an outlet.
    pub fn outlet(&self, outlet: &str) -> Result<OutletDump, ControlError> {
        self.with_outlet(outlet, |known, _| {
            let due = known.pending.as_ref().map(|pending| pending.due.saturating_duration_since(Instant::now()));
            Ok(OutletDump {
                outlet: outlet.into(),
                published: known.published.clone(),
                pending: known.pending.as_ref().map(|pending| pending.catalog.clone()),
                pending_ms: due.map(|due| u64::try_from(due.as_millis()).unwrap_or(u64::MAX)),
                publications: known.publications,
            })
        })
    }

    /// Edits the live menu as someone in the GoBiz app would.
    pub fn edit(&self, outlet: &str, edit: Edit) -> Result<(), ControlError> {
        self.with_outlet(outlet, |known, settings| {
            let mut edited = known.published.clone();
            edit.apply(&mut edited).map_err(ControlError::invalid)?;
            known.show(edited, settings);
            Ok(())
        })
    }

    /// Toggles stock as the kitchen would.
    pub fn toggle_stock(&self, outlet: &str, toggle: StockToggle) -> Result<(), ControlError> {
        self.with_outlet(outlet, |known, _| toggle.apply(&mut known.published).map_err(ControlError::invalid))
    }

    /// Publishes what waits, due, held or not; `false` if nothing does.
    pub fn publish(&self, outlet: &str) -> Result<bool, ControlError> {
        self.with_outlet(outlet, |known, settings| Ok(known.publish(settings)))
    }

    /// Forgets what waits, so that an accepted PUT never arrives; `false` if nothing does.
    pub fn discard(&self, outlet: &str) -> Result<bool, ControlError> {
        self.with_outlet(outlet, |known, _| Ok(known.pending.take().is_some()))
    }

    /// Somebody orders these things of the live menu, named by external id or, if there is none, by name. If one of them
    /// carries no external id, the event says so.
    pub fn order(&self, outlet: &str, things: &[String]) -> Result<OrderReceipt, ControlError> {
        self.with_outlet(outlet, |known, _| {
            let (event, receipt) =
                Event::from_order(outlet, &known.published, things).map_err(ControlError::invalid)?;
            known.events.push(event);
            Ok(receipt)
        })
    }

    /// The promotions of an outlet, oldest first.
    pub fn promotions(&self, outlet: &str) -> Result<Vec<PromotionDump>, ControlError> {
        self.with_outlet(outlet, |known, settings| Ok(known.promotions.dump(settings)))
    }

    /// Somebody else makes a promotion: in the app, or another partner.
    pub fn add_promotion(&self, outlet: &str, promotion: ForeignPromotion) -> Result<(), ControlError> {
        self.with_outlet(outlet, |known, _| known.promotions.add_foreign(promotion).map_err(ControlError::invalid))
    }

    /// Somebody ends a promotion in the app, whoever made it.
    pub fn end_promotion(&self, outlet: &str, id: &str) -> Result<(), ControlError> {
        self.with_outlet(outlet, |known, _| match known.promotions.find(id) {
            Some(at) => {
                known.promotions.list[at].is_deactivated = true;
                Ok(())
            }
            None => Err(ControlError::invalid(format!("there is no promotion {id}"))),
        })
    }

    /// The tries to deliver events that have ended, oldest first, at most 10,000.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().deliveries.entries()
    }

    /// Empties the list of deliveries.
    pub fn clear_deliveries(&self) {
        self.shared.state().deliveries.clear();
    }

    /// Makes all subscriptions inactive, as the platform may do.
    pub fn deactivate_subscriptions(&self) {
        self.shared.state().subscriptions.iter_mut().for_each(|known| known.active = false);
    }

    /// Adds a fault; those that were added earlier come first.
    pub fn inject(&self, fault: Fault) {
        self.shared.state().faults.add(fault);
    }

    /// The faults that have not happened yet.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.state().faults.waiting().to_vec()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// The requests since the start or the last clearing, oldest first.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.state().log.entries()
    }

    /// Empties the log.
    pub fn clear_log(&self) {
        self.shared.state().log.clear();
    }

    /// The settings as they are.
    pub fn settings(&self) -> Settings {
        self.shared.state().settings.clone()
    }

    /// Changes settings in place, at once for all outlets.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.state().settings);
        self.shared.signal_change();
    }

    /// Changes the settings that `part` names; an unknown key or a wrong value is an error.
    pub fn merge_settings(&self, part: Map<String, Value>) -> Result<Settings, ControlError> {
        let mut state = self.shared.state();
        let mut all = serde_json::to_value(&state.settings).map_err(ControlError::invalid)?;
        for (key, value) in part {
            all[key] = value;
        }
        state.settings = serde_json::from_value(all).map_err(ControlError::invalid)?;
        self.shared.signal_change();
        Ok(state.settings.clone())
    }

    /// Ends the life of every token: the next call with one gets a 401.
    pub fn expire_tokens(&self) {
        self.shared.state().tokens.clear();
    }

    fn with_outlet<T>(
        &self,
        id: &str,
        act: impl FnOnce(&mut Outlet, &Settings) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        let mut state = self.shared.state();
        let (outlet, settings) = state.outlet(id).ok_or_else(|| ControlError::UnknownOutlet(id.into()))?;
        let done = act(outlet, settings);
        self.shared.signal_change();
        done
    }
}
