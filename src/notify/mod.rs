//! Notifications, with suppression of repeats.
//!
//! After every pass the caller reports the health of the outlet ([`Notices::report`]). A notification is sent when trouble
//! begins, when it is over, and once a day while it lasts. What was sent is stored, so that a restart repeats nothing. Events
//! of many outlets within a short time are one notification. Each sink has a task and a short queue of its own: one that is
//! dead or slow delays nobody.
//!
//! `sent_notices` knows what was sent, `groups` gathers what is due, `dispatcher` runs both; `message` is the content, `slack`
//! its form for chats, `deliver` carries it.

mod deliver;
mod dispatcher;
mod groups;
mod message;
mod sent_notices;
mod slack;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::{mpsc, oneshot};

pub use self::deliver::check;
use self::{deliver::Sinks, dispatcher::Dispatcher};
use crate::{
    catalog::OutletId,
    plan::SwitchEvent,
    policy::Guard,
    report::{InvalidFrom, Lang, some_in},
    rollout::WaveOf,
    settings::{self, NotificationKind, Settings, SettingsError},
    state::{SharedState, StateError},
};

/// Reports that may wait for the dispatcher (our choice; each takes microseconds).
const WAITING: usize = 4_096;

/// The health of an outlet after a pass.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name.
    pub name: String,
    /// Whether it needs anybody.
    pub health: Health,
    /// Whether a push was seen to arrive.
    pub published: bool,
    /// More about it, in a sentence.
    pub detail: Option<Detail>,
    /// Stock that was not switched back at its end.
    pub switches: Vec<SwitchEvent>,
    /// The wave of a rollout that it is in, where nobody of that could be sent since just now.
    pub stuck: Option<WaveOf>,
}

/// What is said of an outlet beside its health.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// An error, English.
    Error(String),
    /// What guards have found, English.
    Held {
        /// The guards.
        guards: Vec<Guard>,
        /// Their words.
        findings: String,
    },
    /// So many changes were made elsewhere and are kept.
    Kept(usize),
    /// What became of promotions.
    Promotions {
        /// By how they ended, each with its name and dish.
        by_result: Vec<(&'static str, Vec<String>)>,
        /// And so many changes were made elsewhere and are kept.
        kept: usize,
    },
    /// A dated layer will make its files invalid.
    InvalidFrom(InvalidFrom),
    /// No file defines it; its live menu is left as it is.
    LiveMenuLeft,
}

/// So many promotions of one result are named; of others only the number is told.
const PROMOTIONS_NAMED: usize = 5;

/// So many switches of stock are told in one notification.
const SWITCHES_NAMED: usize = 3;

fn switches_words(switches: &[SwitchEvent], lang: Lang) -> String {
    let words: Vec<String> = switches.iter().map(|event| lang.switch_event(event, None)).collect();
    some_in(&words, SWITCHES_NAMED, lang)
}

impl Detail {
    fn words(&self, lang: Lang, zone: &TimeZone) -> String {
        match self {
            Self::Error(error) => error.clone(),
            Self::Held { guards, findings } => {
                let ours = guards.iter().filter_map(|guard| lang.guard_finding(*guard));
                ours.chain([findings.as_str()]).collect::<Vec<_>>().join(" ")
            }
            Self::Kept(count) => lang.kept_changes(*count),
            Self::Promotions { by_result, kept } => {
                let words = |(result, names): &(&str, Vec<String>)| {
                    let named = some_in(names, PROMOTIONS_NAMED, lang);
                    format!("{} {} ({named})", names.len(), lang.promotion_result(result))
                };
                let all = by_result.iter().map(words).collect::<Vec<_>>().join(", ");
                let kept = (*kept > 0).then(|| lang.kept_changes(*kept));
                [lang.promotions_so_far(&all)].into_iter().chain(kept).collect::<Vec<_>>().join("; ")
            }
            Self::InvalidFrom(invalid) => invalid.words_in(lang, || zone.clone()),
            Self::LiveMenuLeft => lang.live_menu_left().to_owned(),
        }
    }
}

/// Whether an outlet needs anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Nothing is wrong.
    Good,
    /// This is wrong until a later pass says otherwise.
    Bad(NotificationKind),
    /// On the way from one to the other: says nothing about either.
    Changing,
}

/// A handle of the dispatcher; clones reach the same one.
#[derive(Clone)]
pub struct Notices(mpsc::Sender<Order>);

/// A request to the dispatcher.
enum Order {
    Report(Seen),
    Recipients(Recipients),
    ReadAgain,
    End(Ending, oneshot::Sender<()>),
}

/// The sinks of some settings, opened.
pub struct Recipients {
    sinks: Sinks,
    zone: TimeZone,
    external_url: Option<String>,
    lang: Lang,
}

impl Recipients {
    /// The sinks of these settings. Reads files.
    ///
    /// # Errors
    /// When a file that a sink needs cannot be read, or holds what is no address or secret.
    pub fn read(settings: &Settings, root: &Path) -> Result<Self, SettingsError> {
        let sinks = Sinks::open(&settings.notify, root, settings::proxy(settings.gobiz.proxy.as_ref())?.as_ref())?;
        let mut policy = crate::policy::Policy::default();
        settings.policy.apply(&mut policy);
        Ok(Self {
            sinks,
            zone: policy.timezone,
            external_url: settings.external_url.clone(),
            lang: settings.lang.unwrap_or_default(),
        })
    }
}

/// How the dispatcher ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Send what is gathered and wait for its delivery: no process will do it soon.
    Flush,
    /// Do not wait: what lasts is sent after the next start.
    Quick,
}

/// The time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

impl Notices {
    /// Starts a dispatcher. It sends nothing before [`Notices::use_settings`].
    ///
    /// # Errors
    /// When the notices sent earlier cannot be read.
    pub async fn start(state: SharedState, now: Now) -> Result<Self, StateError> {
        let (sender, orders) = mpsc::channel(WAITING);
        let dispatcher = Dispatcher::new(state, now).await?;
        tokio::spawn(dispatcher.work(orders));
        Ok(Self(sender))
    }

    /// Sends nothing.
    pub fn none() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Sends to the sinks of these settings from now on. If one of them cannot be used, nothing changes.
    ///
    /// # Errors
    /// When a file that a sink needs cannot be read, or holds what is no address or secret.
    pub fn use_settings(&self, settings: &Settings, root: &Path) -> Result<(), SettingsError> {
        self.use_recipients(Recipients::read(settings, root)?);
        Ok(())
    }

    /// Sends to these from now on. Returns at once.
    pub fn use_recipients(&self, recipients: Recipients) {
        self.order(Order::Recipients(recipients));
    }

    /// What others have told of since is not told again.
    pub fn read_again(&self) {
        self.order(Order::ReadAgain);
    }

    /// Reports the health of an outlet. Returns at once.
    pub fn report(&self, seen: Seen) {
        self.order(Order::Report(seen));
    }

    /// Ends the dispatcher, within a bounded time.
    pub async fn end(&self, ending: Ending) {
        let (done, ended) = oneshot::channel();
        if self.0.send(Order::End(ending, done)).await.is_ok() {
            // An error means that it has ended already.
            let _ = ended.await;
        }
    }

    fn order(&self, order: Order) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.0.try_send(order) {
            tracing::error!("notifications dropped: too many at once; what lasts is sent after the next pass");
        }
    }
}
