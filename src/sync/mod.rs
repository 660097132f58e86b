//! One pass over one outlet, from live and files to an [`Outcome`].
//!
//! ```text
//! lock ─▶ an unfinished push? look for it ─▶ fetch ─▶ plan ─▶ guards, window ─▶ push ─▶ verify ─▶ base
//! ```
//!
//! A pass takes no hint of what changed and has one way for the happy case, restart and recovery: it looks first. `plan`
//! and `apply` are the same walk stopped at different places; what cannot write is given a remote that cannot write.
//! When passes happen is `daemon`'s; how they are told is `report`'s.

mod alarm;
mod clock;
mod in_flight;
mod memory;
mod nudges;
mod observe;
mod outcome;
mod pass;
mod passes;
mod pins;
mod push;
mod verify;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

pub use clock::{Age, Clock};
pub use in_flight::{Flight, InFlight};
use jiff::Timestamp;
pub use memory::memory_of;
pub use nudges::Nudges;
pub use observe::{observe, observe_invalid};
pub use outcome::{Outcome, OutletState, PassResult};
pub use pass::{base_of, chain, pass, paused_words, preview, see_through};
pub use passes::{PANICKED, Passes, broken_off};
pub use pins::{excuses, pinned, pins_of};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{
    catalog::{Catalog, ExternalId, OutletId, Path},
    diagnostic::Place,
    plan::{Approval, Digest, PeerPrices, Pins},
    policy::{Guard, Policy},
    schedule::{Gate, Window, gate},
    state::{LockError, SharedStore, StateError},
};

/// What the files want of one outlet.
#[derive(Clone)]
pub struct Wanted {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name for people.
    pub name: String,
    /// Its file, relative to the root.
    pub file: Arc<str>,
    /// What it shall sell.
    pub catalog: Catalog,
    /// What in that is pinned and not what the files say; see [`pinned`].
    pub pins: Pins,
    /// Its settings.
    pub policy: Policy,
    /// The windows that concern it.
    pub windows: Vec<Window>,
    /// Items of its dated layers that have ended.
    pub ended: BTreeSet<ExternalId>,
    /// Whether its file says `state: paused`.
    pub paused: bool,
    /// The approvals that name it.
    pub approvals: Vec<Approval>,
    /// Where the files say a thing.
    pub place: PlaceOf,
}

impl Wanted {
    /// Whether a push waits for a window at `now`: in words, and when the window opens, unless none does within a year.
    pub fn waits(&self, now: Timestamp) -> Option<(String, Option<Timestamp>)> {
        let zone = &self.policy.timezone;
        let Gate::Closed { opens_at } = gate(&self.windows, now, zone) else { return None };
        let opens = opens_at.map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string());
        let reason = opens.map_or_else(
            || "no window for pushes opens within a year".to_owned(),
            |at| format!("waits for a window, which opens at {at}"),
        );
        Some((reason, opens_at))
    }
}

/// Finds where the files say a thing.
pub type PlaceOf = Arc<dyn Fn(&Path) -> Option<Place> + Send + Sync>;

/// What a person allows in this pass.
#[derive(Debug, Clone, Default)]
pub struct Mandate {
    /// Files win over drift and conflicts.
    pub revert: bool,
    /// Guards that are released.
    pub released: BTreeSet<Guard>,
    /// What a rollback pins, instead of whatever is pinned.
    pub rollback: Option<Pins>,
    /// The plan that was shown and agreed to; another one is refused.
    pub expected: Option<Digest>,
    /// Becomes true when what this pass was given is out of date: nothing is sent any more. A push under way goes on.
    pub withdrawn: Option<watch::Receiver<bool>>,
}

/// What all passes share.
#[derive(Clone)]
pub struct Context {
    /// What is remembered.
    pub store: SharedStore,
    /// Where it is, for locks.
    pub state_dir: PathBuf,
    /// The time.
    pub clock: Clock,
    /// How long a push may take to show.
    pub verify_timeout: Duration,
    /// The first pause between two looks; pauses grow by half, up to a minute or this, whichever is longer.
    pub verify_interval: Duration,
    /// Outlets worked on at a time. Waiting for a push to show holds none.
    pub slots: Arc<Semaphore>,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
    /// Prices over the fleet.
    pub peers: Arc<PeerPrices>,
    /// Becomes true when the program shall stop: nothing is sent any more, what was sent is looked for after the restart.
    pub stop: watch::Receiver<bool>,
    /// Wakes passes that wait for a push to show.
    pub nudges: Nudges,
    /// The pushes whose calls are under way.
    pub in_flight: InFlight,
}

/// One outlet being worked on: what takes memory or makes calls is done with a slot in hand, so that a fleet takes no more than
/// a few outlets at a time.
pub type Slot = OwnedSemaphorePermit;

impl Context {
    /// Waits for a slot. (They are never closed: there is always one in the end.)
    pub async fn slot(&self) -> Option<Slot> {
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }
}

/// Why a pass broke off.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The platform or the way to it.
    #[error(transparent)]
    Remote(#[from] crate::remote::RemoteError),
    /// Our own memory.
    #[error(transparent)]
    State(#[from] StateError),
    /// Another process is at it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The program stops, or the files have changed meanwhile.
    #[error("given up before anything was sent")]
    Withdrawn,
    /// What is pinned and what the files say by now are both fine, but not together.
    #[error(
        "what the rollback to push {to} pinned does not fit to what the files say now: {why}; give the files what they \
             shall say there, or `menusync rollback --outlet {outlet} --to` another push"
    )]
    Misfit {
        /// The outlet.
        outlet: OutletId,
        /// The number of the push that was gone back to.
        to: i64,
        /// What rules say.
        why: String,
    },
    /// What is remembered cannot be understood.
    #[error("cannot read what is remembered of outlet {outlet}; `menusync forget --outlet {outlet}` drops it")]
    Memory {
        /// The outlet.
        outlet: OutletId,
        /// What the reader said.
        source: serde_json::Error,
    },
}

/// After this long without any change of live, a push that was never seen counts as lost (our choice: the platform says
/// "within a few minutes").
pub const LOST_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

/// How long live has to show the same something else to have settled on it.
const SETTLED_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// Waits until `flag` is true; for ever if nobody can set it any more.
async fn until(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|set| *set).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Whether a push that a look has not shown counts as lost. Stock takes effect at once (documentation), so that a minute is
/// long enough for it.
fn is_lost(sent: Timestamp, now: Timestamp, is_stock: bool) -> bool {
    now.duration_since(sent) >= if is_stock { SETTLED_AFTER } else { LOST_AFTER }
}
