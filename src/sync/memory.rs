//! What is stored of one outlet: understood, read in one go, at one moment, and changed.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{Context, PUSHING_FOR, PassError, Target};
use crate::{
    catalog::{Catalog, OutletId},
    plan::{Base, Memory, Pins, PromotionRecord, PushVerification, Record, StockSwitch},
    report::{shell_word, unread_switch, untrusted::printable},
    state::{Alarm, OutletMemory, OutletUpdate, Pause, PushRow, SharedState},
};

/// What a look at an outlet is judged by. The default knows nothing: a first contact.
#[derive(Debug, Clone, Default)]
pub struct Recalled {
    /// What we last pushed and saw arrive.
    pub base: Option<Base>,
    /// Its last days.
    pub memory: Memory,
    /// What a rollback pins.
    pub pins: Pins,
    /// A pause by command that counts now.
    pub pause: Option<Pause>,
    /// A push that was not seen to arrive.
    pub pending: Option<PendingPush>,
    /// Digests of the newest pushes that were accepted and lost, newest first.
    pub lost_puts: Vec<String>,
    /// An alarm that no verified push has answered.
    pub alarm: Option<Alarm>,
    /// Promotions of ours, by name and dish.
    pub promotions: Vec<PromotionRecord>,
    /// Keys of those that are stored and cannot be read.
    pub unread_promotions: Vec<String>,
    /// Switches of stock that are under way, have an end, or were made just now.
    pub switches: Vec<StockSwitch>,
    /// Keys of those that are stored and cannot be read.
    pub unread_switches: Vec<String>,
}

/// A push without an outcome.
#[derive(Debug, Clone)]
pub struct PendingPush {
    /// As it was recorded.
    pub row: PushRow,
    /// How to tell whether it has arrived.
    pub verification: PushVerification,
    /// The whole menu that it sends, if that was recorded.
    pub sent: Option<Catalog>,
}

/// How far a pending push is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushProgress {
    /// Its call is under way.
    Pushing,
    /// It was accepted, and is looked for.
    Verifying,
    /// It was not seen in time, or nobody knows whether it was carried out.
    Unknown,
}

impl PushProgress {
    /// The progress of a push without an outcome; `None` if it was never sent.
    pub fn of(push: &PushRow, verify_timeout: Duration, now: Timestamp) -> Option<Self> {
        let age = age(push.sent_at.filter(|_| push.outcome.is_none())?, now);
        let may_be_called = !push.is_orphan && push.error.is_none() && age < PUSHING_FOR;
        Some(match push.answered_at {
            None if may_be_called && age < verify_timeout => Self::Pushing,
            answered_at => Self::after_calls(answered_at.is_some() && push.error.is_none(), age, verify_timeout),
        })
    }

    /// The same of a push whose calls are over.
    pub(super) fn after_calls(is_accepted: bool, age: Duration, verify_timeout: Duration) -> Self {
        if is_accepted && age < verify_timeout { Self::Verifying } else { Self::Unknown }
    }
}

/// How long ago something was sent. A clock that was set back makes nothing younger than new.
fn age(sent_at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(sent_at.min(now))).unwrap_or_default()
}

/// Reads what is stored of an outlet.
pub async fn recall(state: &SharedState, outlet: &OutletId, now: Timestamp) -> Result<Recalled, PassError> {
    understand(outlet, state.recall(outlet.as_str(), now).await?)
}

pub(super) fn understand(outlet: &OutletId, stored: OutletMemory) -> Result<Recalled, PassError> {
    let OutletMemory { base, memory, pins, pause, pending, pending_record, lost_puts, alarm, promotions, switches } =
        stored;
    let sent = pending_record.as_deref().and_then(|record| serde_json::from_str::<Record>(record).ok());
    let pending = pending.map(|row| {
        Ok::<_, PassError>(PendingPush {
            verification: parse(outlet, &row.plan)?,
            row,
            sent: sent.map(|record| record.sent),
        })
    });
    let (promotions, unread_promotions) = promotions_of(outlet, promotions);
    let (switches, unread_switches) = switches_of(outlet, switches);
    Ok(Recalled {
        base: base.map(|base| parse(outlet, &base)).transpose()?,
        memory: memory.map(|memory| parse(outlet, &memory)).transpose()?.unwrap_or_default(),
        pins: pins.map(|pins| parse(outlet, &pins)).transpose()?.unwrap_or_default(),
        pause,
        pending: pending.transpose()?,
        lost_puts,
        alarm,
        promotions,
        unread_promotions,
        switches,
        unread_switches,
    })
}

/// What is stored of our promotions alone.
pub(super) async fn recall_promotions(
    state: &SharedState,
    outlet: &OutletId,
    now: Timestamp,
) -> Result<Vec<PromotionRecord>, PassError> {
    Ok(promotions_of(outlet, state.recall(outlet.as_str(), now).await?.promotions).0)
}

/// Those that can be read, and the keys of the others. Of those nobody knows what they are, which is no reason to leave the
/// menu as it is.
fn promotions_of(outlet: &OutletId, stored: Vec<(String, String)>) -> (Vec<PromotionRecord>, Vec<String>) {
    let (mut promotions, mut unread) = (Vec::new(), Vec::new());
    for (key, record) in stored {
        match serde_json::from_str::<PromotionRecord>(&record) {
            Ok(record) => promotions.push(record),
            Err(error) => {
                tracing::warn!(%outlet, key, %error, "what is stored of a promotion cannot be read; {}", how_to_drop(outlet));
                unread.push(key);
            }
        }
    }
    (promotions, unread)
}

/// Those that can be read, and the keys of the others: they are not acted on.
fn switches_of(outlet: &OutletId, stored: Vec<(String, String)>) -> (Vec<StockSwitch>, Vec<String>) {
    let (mut switches, mut unread) = (Vec::new(), Vec::new());
    for (key, switch) in stored {
        match serde_json::from_str::<StockSwitch>(&switch) {
            Ok(switch) => switches.push(switch),
            Err(error) => {
                tracing::warn!(%outlet, %error, "{}", printable(&unread_switch(outlet.as_str(), &key)));
                unread.push(key);
            }
        }
    }
    (switches, unread)
}

/// What to type where what is stored of a promotion cannot be read.
fn how_to_drop(outlet: &OutletId) -> String {
    format!("`menusync forget --outlet {} --promotions` drops that alone", shell_word(outlet.as_str()))
}

impl Recalled {
    /// How many promotions of ours may be open: of those that cannot be read, each.
    pub fn may_be_open(&self) -> usize {
        self.promotions.iter().filter(|record| record.is_open()).count() + self.unread_promotions.len()
    }

    /// Why nobody knows which promotions are ours, and what to type.
    pub(super) fn why_promotions_rest(&self, target: &Target) -> Option<String> {
        if self.unread_promotions.is_empty() {
            return None;
        }
        Some(format!(
            "what is stored of {} cannot be read; {}, and what menusync made of it is somebody else's then",
            self.unread_promotions.join(", "),
            how_to_drop(&target.id)
        ))
    }
}

pub(super) fn parse<T: DeserializeOwned>(outlet: &OutletId, json: &str) -> Result<T, PassError> {
    serde_json::from_str(json).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })
}

/// A value of ours as JSON for the state.
pub(super) fn json<T: serde::Serialize>(value: &T, outlet: &OutletId) -> Result<String, PassError> {
    serde_json::to_string(value).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })
}

/// Pins for the state; with nothing pinned, nothing.
pub(super) fn pins_json(pins: &Pins, outlet: &OutletId) -> Result<Option<String>, PassError> {
    (!pins.is_empty()).then(|| json(pins, outlet)).transpose()
}

/// Stores what there is to store.
pub(super) async fn update_if_any(context: &Context, target: &Target, update: OutletUpdate) -> Result<(), PassError> {
    if update.is_empty() {
        return Ok(());
    }
    Ok(context.state.update_outlet(target.id.as_str(), update, context.clock.now()).await?)
}

impl PendingPush {
    /// How far it is; `None` if it was never sent.
    pub fn progress(&self, verify_timeout: Duration, now: Timestamp) -> Option<PushProgress> {
        PushProgress::of(&self.row, verify_timeout, now)
    }
}
