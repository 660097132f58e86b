//! One pass over one outlet, from live and files to an [`Outcome`].
//!
//! ```text
//! lock ─▶ recall ─▶ a pending push? finish it ─▶ examine ─▶ guards, window, consent ─▶ push ─▶ verify ─▶ base
//! ```
//!
//! A pass takes no hint of what changed and has one way for the happy case, restart and recovery: it looks first. `examine`
//! is the walk that every command shares; who only shows stops there, and is given a remote that cannot write.
//! When passes happen is `daemon`'s; how they are told is `report`'s.

mod before_push;
mod broken_off;
mod clock;
mod examine;
mod fence;
mod fetch;
mod in_flight;
mod make_promotion;
mod memory;
mod note;
mod observe;
mod off_sale;
mod outcome;
mod outlet_state;
mod pass;
mod passes;
mod pins;
mod poll_waker;
mod promote;
mod push;
mod reason;
mod rollout;
mod set_stock;
mod slots;
mod switch;
mod switch_back;
mod switch_record;
mod unchanged;
mod verdict;
mod verify;
mod visit;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

pub use clock::{Age, Clock};
pub use examine::{Examined, Moment, compare, compare_promotions, examine};
pub use fence::fence;
pub use fetch::fetch;
pub use in_flight::{Flight, InFlight};
use jiff::{SignedDuration, Timestamp};
pub use memory::{PendingPush, PushProgress, Recalled, recall};
pub use note::store_failure;
pub use observe::{observe, observe_invalid};
pub use outcome::{Outcome, PassResult};
pub use outlet_state::{Facts, Look, OutletState};
pub use pass::{finish_pending_push, pass};
pub use passes::{Passes, ended_by_stop};
pub use pins::{apply_pins, rule_errors};
pub use poll_waker::PollWaker;
pub use reason::{pause_note, reason};
pub use rollout::{RolloutOrder, begin_rollout, look_at_rollout, note_rollout, open_due_wave};
pub use slots::{Slot, Slots};
pub use switch::{SwitchLook, look_at_switch, not_switched, switch_stock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
pub use unchanged::{Basis, InSync, pass_unchanged};

use crate::{
    catalog::{Catalog, ExternalId, OutletId, Path},
    definition::Recurring,
    diagnostic::Place,
    plan::{Approval, Base, Digest, PeerPrices, Pins},
    policy::{Guard, Policy},
    remote::Lane,
    schedule::{Gate, Window, gate},
    state::{LockError, SharedState, StateError},
};

/// Which outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// GoFood's id.
    pub id: OutletId,
    /// Its name for people.
    pub name: String,
    /// Its file, relative to the root.
    pub file: Arc<str>,
}

/// What the files want of an outlet.
#[derive(Clone)]
pub struct Desired {
    /// What it shall sell.
    pub catalog: Catalog,
    /// What in that is pinned and not what the files say; see [`apply_pins`].
    pub pins: Pins,
    /// Its settings.
    pub policy: Policy,
    /// The windows that concern it.
    pub windows: Vec<Window>,
    /// Items of its dated layers that have ended.
    pub ended: BTreeSet<ExternalId>,
    /// What comes and goes by layers with `when`.
    pub recurring: Recurring,
    /// Items whose price the rules call too low.
    pub low_prices: BTreeSet<Path>,
    /// Whether its file says `state: paused`.
    pub paused: bool,
    /// The approvals that name it.
    pub approvals: Vec<Approval>,
    /// Where the files say a thing.
    pub places: PlacesOf,
}

/// Finds where the files say a thing: all the places that made it, the last one last.
pub type PlacesOf = Arc<dyn Fn(&Path) -> Vec<Place> + Send + Sync>;

impl Desired {
    /// Where the files say a thing: of several places the last one.
    pub fn place(&self, path: &Path) -> Option<Place> {
        (self.places)(path).pop()
    }

    /// A menu that no file stands behind: of an import, or what was pushed last.
    pub fn of_catalog(catalog: Catalog, policy: Policy) -> Self {
        Self {
            catalog,
            policy,
            pins: Pins::default(),
            windows: Vec::new(),
            ended: BTreeSet::new(),
            recurring: Recurring::default(),
            low_prices: BTreeSet::new(),
            paused: false,
            approvals: Vec::new(),
            places: Arc::new(|_| Vec::new()),
        }
    }

    /// What we pushed last: where the files cannot be used, live is compared with that alone.
    pub fn of_last_push(base: &Base) -> Self {
        Self::of_catalog(base.catalog.clone(), Policy::default())
    }

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

/// What a pass may do.
#[derive(Debug, Clone, Default)]
pub struct PassOptions {
    /// Files win over drift and conflicts.
    pub revert: bool,
    /// Guards that are released.
    pub released: BTreeSet<Guard>,
    /// What a rollback pins, instead of whatever is pinned.
    pub rollback: Option<Pins>,
    /// Whether it may push.
    pub consent: Consent,
    /// Stock goes with the whole menu: the platform has refused the call for stock alone.
    pub stock_by_put: bool,
    /// Becomes true when what this pass was given is out of date: nothing is sent any more. A push under way goes on.
    pub withdrawn: Option<watch::Receiver<bool>>,
    /// What the wanted menu came from, for who will come back: an outlet in sync may then go the short way
    /// ([`pass_unchanged`]).
    pub basis: Option<Basis>,
}

impl PassOptions {
    /// The same for an examination at `now`.
    pub fn moment<'a>(&'a self, now: Timestamp, peers: &'a PeerPrices) -> Moment<'a> {
        let Self { revert, released, rollback, stock_by_put, consent: _, withdrawn: _, basis: _ } = self;
        Moment { now, peers, revert: *revert, released, rollback: rollback.as_ref(), stock_by_put: *stock_by_put }
    }
}

/// Whether a pass may push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Consent {
    /// Whatever guards and windows let through: the daemon.
    #[default]
    Standing,
    /// The plan that was shown and agreed to; another one is refused.
    Agreed(Digest),
    /// Nothing: the plan that was shown was held, declined, queued or empty. A push that is on its way is still looked for.
    ShowOnly(Digest),
    /// The plan that was shown waits for its wave: what it takes off sale goes out ahead of that, and nothing else.
    OffSaleOnly(Digest),
}

/// What all passes share.
#[derive(Clone)]
pub struct Context {
    /// What is stored.
    pub state: SharedState,
    /// The time.
    pub clock: Clock,
    /// How long a push may take to show.
    pub verify_timeout: Duration,
    /// The first pause between two looks; pauses grow by half, up to a minute or this, whichever is longer.
    pub verify_interval: Duration,
    /// Outlets worked on at a time. Waiting for a push to show holds none.
    pub slots: Slots,
    /// Looks for pushes on their way: they never stand behind outlets that have not begun.
    pub poll_slots: PollSlots,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Digest of the files, where others share the state.
    pub files: Option<Arc<str>>,
    /// Who wrote that commit.
    pub author: Option<String>,
    /// Prices over the fleet.
    pub peers: Arc<PeerPrices>,
    /// Becomes true when the program shall stop: nothing is sent any more, what was sent is looked for after the restart.
    pub stop: watch::Receiver<bool>,
    /// Wakes passes that wait for a push to show.
    pub poll_waker: PollWaker,
    /// The pushes whose calls are under way.
    pub in_flight: InFlight,
    /// What needs no look in full.
    pub in_sync: InSync,
    /// What goes out in waves; `None`: everything at once.
    pub rollout: Option<RolloutOrder>,
}

impl Context {
    /// Waits for a slot.
    pub async fn slot(&self) -> Option<Slot> {
        self.slots.acquire().await
    }
}

/// How many looks for pushes on their way are made at a time: first looks, and others, which never hold up a first one.
#[derive(Clone)]
pub struct PollSlots {
    first: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

impl PollSlots {
    /// So many of either kind.
    pub fn new(each: usize) -> Self {
        Self { first: Arc::new(Semaphore::new(each)), others: Arc::new(Semaphore::new(each)) }
    }

    async fn acquire(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        let slots = if lane == Lane::FirstPoll { &self.first } else { &self.others };
        Arc::clone(slots).acquire_owned().await.ok()
    }
}

/// Why a pass broke off.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The platform or the way to it.
    #[error(transparent)]
    Remote(#[from] crate::remote::RemoteError),
    /// Our own state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Another process is at it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// What reads as live is a menu that a push has just replaced.
    #[error(
        "GoFood shows outlet {outlet} as it was before a push that it has shown already; this may be a copy that is behind, \
         so nothing is sent or concluded from it; try again in a minute: if it still reads so {} min from now, it counts as live",
        minutes_up(*left)
    )]
    Stale {
        /// The outlet.
        outlet: OutletId,
        /// When it can be no copy any more.
        until: Timestamp,
        /// How long that was from the look on.
        left: SignedDuration,
    },
    /// What reads as live is the stock from before a switch.
    #[error(
        "GoFood shows stock of outlet {outlet} as it was before {}; this may be a copy that is behind, so nothing is pushed \
         from it; try again in a minute: if it still reads so {} min from now, it counts as live",
        if *of_end { "the end of `menusync stock` switched it back" } else { "`menusync stock` switched it" },
        minutes_up(*left)
    )]
    BehindSwitch {
        /// The outlet.
        outlet: OutletId,
        /// Whether it is the end of a switch.
        of_end: bool,
        /// When it can be no copy any more.
        until: Timestamp,
        /// How long that was from the look on.
        left: SignedDuration,
    },
    /// What the plan was made from is not live any more.
    #[error(
        "outlet {outlet} was edited elsewhere while promotions ended for this push, which was not sent: {what}; it is planned \
         anew in the next pass"
    )]
    EditedMeanwhile {
        /// The outlet.
        outlet: OutletId,
        /// What is not as it was.
        what: String,
    },
    /// The program stops, or the files have changed meanwhile.
    #[error("given up before anything was sent")]
    Withdrawn,
    /// What is pinned and what the files say by now are both fine, but not together.
    #[error(
        "the values pinned by the rollback to push {to} conflict with the files: {why}; edit the files, or \
             `menusync rollback --outlet {outlet} --to` another push"
    )]
    PinConflict {
        /// The outlet.
        outlet: OutletId,
        /// The number of the push that was gone back to.
        to: i64,
        /// What rules say.
        why: String,
    },
    /// What is stored cannot be understood.
    #[error("cannot read what is stored of outlet {outlet}; `menusync forget --outlet {outlet}` drops it")]
    Memory {
        /// The outlet.
        outlet: OutletId,
        /// What the reader said.
        source: serde_json::Error,
    },
}

/// After this long without any change of live, a push that was never seen counts as lost (our choice: the platform says
/// "within a few minutes").
pub const LOST_AFTER: Duration = Duration::from_secs(30 * 60);

/// Before that, this process has looked for at least this long, and this often: a clock that leaps loses no push.
const OWN_LOOKS_FOR: Duration = Duration::from_secs(2 * 60);
const OWN_LOOKS: u32 = 3;

/// A push that was accepted and lost this often in a row is not sent again by itself (our choice).
const LOST_AT_MOST: usize = 2;

/// How long live has to show the same something else to have settled on it.
const SETTLED_AFTER: Duration = Duration::from_secs(60);

/// How long the call of a push may be under way: the longest timeout and the time for tries (our choice).
const PUSHING_FOR: Duration = Duration::from_secs(150);

/// Whole minutes, none of them too few.
fn minutes_up(time: SignedDuration) -> i64 {
    (time.as_secs() + 59) / 60
}

/// An error and what caused it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

/// Waits until `flag` is true; for ever if nobody can set it any more.
async fn until(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|set| *set).await.is_err() {
        std::future::pending::<()>().await;
    }
}
