//! Telling people what they need to know, once.
//!
//! Who looks at outlets says after every look how one stands ([`Notices::saw`]). What that changes is told: what begins, what
//! is over, and once a day what still lasts. It is remembered, so that a restart repeats nothing. What happens to many
//! outlets at once is one notification. Sinks have a task each and a short queue: one that is dead or slow delays nobody.
//!
//! `book` knows what was told, `groups` gathers what is to be told, `desk` runs both; `message` is what is told, and `slack`
//! how chats are told; `deliver` carries it. What is worth telling is the caller's to say.

mod book;
mod deliver;
mod desk;
mod groups;
mod message;
mod slack;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::{mpsc, oneshot};

pub use self::deliver::check;
use self::{deliver::Sinks, desk::Desk};
use crate::{
    catalog::OutletId,
    settings::{Occasion, Settings, SettingsError},
    state::{SharedState, StateError},
};

/// How many looks may wait to be taken in (our choice; taking one in takes microseconds).
const WAITING: usize = 4_096;

/// How an outlet was seen to stand.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name.
    pub name: String,
    /// What is to be said of how it stands.
    pub standing: Standing,
    /// Whether a push was seen to arrive.
    pub published: bool,
    /// More about it, in a sentence.
    pub detail: Option<String>,
}

/// What is to be said of an outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All is well.
    Well,
    /// This lasts.
    Wrong(Occasion),
    /// It is under way from the one to the other.
    Between,
}

/// The way to be told, for whoever has something to tell. Its clones reach the same desk.
#[derive(Clone)]
pub struct Notices(mpsc::Sender<Order>);

/// What the desk is asked.
enum Order {
    Saw(Seen),
    Sinks(Sinks, TimeZone),
    End(Ending, oneshot::Sender<()>),
}

/// Who is told.
pub struct Recipients(Sinks, TimeZone);

impl Recipients {
    /// The sinks of these settings. Reads files.
    ///
    /// # Errors
    /// When a file that a sink needs cannot be read, or holds what is no address or secret.
    pub fn read(settings: &Settings, root: &Path) -> Result<Self, SettingsError> {
        let sinks = Sinks::open(&settings.notify, root)?;
        let mut policy = crate::policy::Policy::default();
        settings.policy.apply(&mut policy);
        Ok(Self(sinks, policy.timezone))
    }
}

/// How the desk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What is gathered is told, and waited for: there will be no other occasion soon.
    Flush,
    /// Quickly. What lasts will be told after the next start.
    Quick,
}

/// The time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

impl Notices {
    /// Starts a desk. Nobody is told before [`Notices::use_settings`].
    ///
    /// # Errors
    /// When what was told earlier cannot be read.
    pub async fn start(state: SharedState, now: Now) -> Result<Self, StateError> {
        let (sender, orders) = mpsc::channel(WAITING);
        let desk = Desk::new(state, now).await?;
        tokio::spawn(desk.work(orders));
        Ok(Self(sender))
    }

    /// For who has nobody to tell.
    pub fn none() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Tells the sinks of these settings from now on. If one of them cannot be used, nothing changes.
    ///
    /// # Errors
    /// When a file that a sink needs cannot be read, or holds what is no address or secret.
    pub fn use_settings(&self, settings: &Settings, root: &Path) -> Result<(), SettingsError> {
        self.use_recipients(Recipients::read(settings, root)?);
        Ok(())
    }

    /// Tells these from now on. Returns at once.
    pub fn use_recipients(&self, Recipients(sinks, zone): Recipients) {
        self.order(Order::Sinks(sinks, zone));
    }

    /// An outlet was looked at. Returns at once.
    pub fn saw(&self, seen: Seen) {
        self.order(Order::Saw(seen));
    }

    /// Ends the desk, within a bounded time.
    pub async fn end(&self, ending: Ending) {
        let (done, ended) = oneshot::channel();
        if self.0.send(Order::End(ending, done)).await.is_ok() {
            // An error means that the desk is gone, which is what was asked for.
            let _ = ended.await;
        }
    }

    fn order(&self, order: Order) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.0.try_send(order) {
            tracing::error!("too much happens at once to be told; what lasts is told after the next look");
        }
    }
}
