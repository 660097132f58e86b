//! What is stored, as owned values. JSON in a field belongs to the caller and is opaque here.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::rollout::WaveOf;

/// Number of a push, growing, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushId(pub i64);

impl std::fmt::Display for PushId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An enum that is stored as a word.
macro_rules! stored_word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word it is stored and shown as.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("`{other}` is unknown")),
                }
            }
        }
    };
}

stored_word! {
    /// Which call a push makes.
    PushKind {
        /// The whole catalog.
        Put = "put",
        /// Stock only.
        Stock = "stock",
    }
}

stored_word! {
    /// How a push ended.
    PushOutcome {
        /// Seen to arrive.
        Published = "published",
        /// Live settled on something else.
        Nonconvergent = "nonconvergent",
        /// The platform refused it.
        Rejected = "rejected",
        /// Not seen in time; may still arrive.
        Timeout = "timeout",
        /// Live stayed unchanged for so long that it will not arrive.
        Lost = "lost",
        /// The call failed and took no effect.
        Failed = "failed",
        /// Never sent.
        Abandoned = "abandoned",
    }
}

/// How an outlet stands after a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusUpdate {
    /// `in_sync`, `held`, …
    pub state: String,
    /// `None` keeps what is known.
    pub name: Option<String>,
    /// `None` keeps what is known.
    pub file: Option<String>,
    /// `None`: there is none.
    pub error: Option<String>,
    /// JSON; `None`: nothing is held.
    pub held: Option<String>,
    /// JSON; `None`: nothing drifted.
    pub drift: Option<String>,
    /// `None` keeps what is known.
    pub last_verified: Option<Timestamp>,
    /// `None` keeps what is known.
    pub revision: Option<String>,
}

/// What changes about an outlet, in one transaction. `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutletUpdate {
    /// How it stands. `since` moves only if the state becomes another.
    pub status: Option<StatusUpdate>,
    /// JSON: what was pushed and seen to arrive.
    pub base: Option<String>,
    /// JSON: its last days.
    pub memory: Option<String>,
    /// JSON: what a rollback pins; `Some(None)` drops the pins.
    pub pins: Option<Option<String>>,
    /// Promotions of ours by their key, as JSON; `None` drops one.
    pub promotions: Vec<(String, Option<String>)>,
    /// JSON: what became of promotions of ours, one each; added to what is known.
    pub promotion_events: Vec<String>,
    /// Switches of stock by their key; `None` drops one.
    pub switches: Vec<(String, Option<SwitchRow>)>,
    /// JSON: what became of switches, one each; added to what is known.
    pub switch_events: Vec<String>,
}

/// When a switch of stock ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SwitchEnd {
    /// Where.
    pub outlet: String,
    /// The key of its row.
    pub key: String,
    /// Its end.
    pub until: Timestamp,
}

/// A switch of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchRow {
    /// When it ends.
    pub until: Option<Timestamp>,
    /// JSON.
    pub switch: String,
}

impl OutletUpdate {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// All that is stored of one outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletRow {
    /// GoFood's id.
    pub id: String,
    /// The root whose files defined it last; `None`: not known yet.
    pub root: Option<String>,
    /// The name in its file.
    pub name: Option<String>,
    /// Its file, relative to the root.
    pub file: Option<String>,
    /// How it stood after the last pass; `None` before the first.
    pub state: Option<String>,
    /// Since when it stands so.
    pub since: Option<Timestamp>,
    /// What went wrong last, if it stands wrong.
    pub error: Option<String>,
    /// JSON: the guards that hold it.
    pub held: Option<String>,
    /// JSON: what was changed elsewhere.
    pub drift: Option<String>,
    /// When live was last seen equal to what we wanted.
    pub last_verified: Option<Timestamp>,
    /// The commit whose files are live.
    pub revision: Option<String>,
    /// JSON: what we last pushed and saw arrive; `None` before the first contact.
    pub base: Option<String>,
    /// When `base` was set.
    pub base_updated_at: Option<Timestamp>,
}

/// What a push changed, and what it sent as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// JSON: the changes alone, which a list of pushes needs.
    pub changes: String,
    /// JSON: the whole.
    pub record: String,
}

/// What is recorded before anything is sent.
#[derive(Debug, Clone)]
pub struct NewPush {
    /// To which outlet.
    pub outlet: String,
    /// Fresh for every push.
    pub request_id: Uuid,
    /// Which call.
    pub kind: PushKind,
    /// Of the plan.
    pub digest: String,
    /// The commit of the files, if known.
    pub revision: Option<String>,
    /// Digest of the files, where others share the state: from older ones than those of the last push nothing is sent.
    pub files: Option<Arc<str>>,
    /// Who wrote that commit, if known.
    pub author: Option<String>,
    /// The number of the push that a rollback goes back to.
    pub back_to: Option<i64>,
    /// The wave in which it went out, if a rollout concerned it.
    pub wave: Option<WaveOf>,
    /// This program's version.
    pub tool: String,
    /// JSON: what is needed to verify after a restart.
    pub plan: String,
    /// What is sent.
    pub record: NewRecord,
    /// What else becomes of the outlet in the same transaction.
    pub outlet_update: OutletUpdate,
    /// When it was recorded.
    pub prepared_at: Timestamp,
    /// When it is about to be sent: from now on it may have taken effect.
    pub sent_at: Option<Timestamp>,
}

/// A recorded push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRow {
    /// Its number among all pushes.
    pub id: PushId,
    /// Its number among those to its outlet, from 1 on; never used twice but after a `forget`.
    pub number: i64,
    /// To which outlet.
    pub outlet: String,
    /// Sent as `request_id`.
    pub request_id: Uuid,
    /// Which call.
    pub kind: PushKind,
    /// Of the plan.
    pub digest: String,
    /// The commit of the files.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
    /// The number of the push that a rollback went back to.
    pub back_to: Option<i64>,
    /// The wave in which it went out, if a rollout concerned it.
    pub wave: Option<WaveOf>,
    /// The program's version.
    pub tool: String,
    /// When it was recorded.
    pub prepared_at: Timestamp,
    /// When it was last about to be sent; `None`: never sent.
    pub sent_at: Option<Timestamp>,
    /// When a 2xx came.
    pub answered_at: Option<Timestamp>,
    /// When `outcome` was known.
    pub finished_at: Option<Timestamp>,
    /// How it ended; `None`: unfinished.
    pub outcome: Option<PushOutcome>,
    /// What went wrong.
    pub error: Option<String>,
    /// JSON as given in [`NewPush`]; empty once the push is finished, and in lists.
    pub plan: String,
    /// Whether no answer to it is recorded and nobody has the lock of its outlet, so that nobody waits for one any more. Asked
    /// where it is recalled ([`super::State::recall`], [`super::State::overview`]); `false` elsewhere.
    pub is_orphan: bool,
}

/// One step of a push, recorded in one transaction. What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct PushStep {
    /// It is about to be sent (again).
    pub sent_at: Option<Timestamp>,
    /// The platform accepted it.
    pub answered_at: Option<Timestamp>,
    /// Its calls have ended, and nobody knows whether it was carried out: why.
    pub error: Option<String>,
    /// JSON: replaces what is needed to verify it after a restart.
    pub plan: Option<String>,
    /// JSON: replaces what it sends as a whole (it goes out once more with the stock of now).
    pub record: Option<String>,
    /// How it ended, and what went wrong. Only an unfinished push takes a step.
    pub end: Option<(PushOutcome, Option<String>)>,
    /// What becomes of its outlet.
    pub outlet_update: OutletUpdate,
}

/// What became of a promotion or a switch of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The outlet.
    pub outlet: String,
    /// When it was learnt.
    pub at: Timestamp,
    /// JSON.
    pub event: String,
}

/// Holds an outlet still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself; `None`: when somebody resumes the outlet.
    pub until: Option<Timestamp>,
}

/// What an event says of an outlet and its menu may not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The outlet.
    pub outlet: String,
    /// When the event happened.
    pub raised_at: Timestamp,
    /// What it is about, for people.
    pub what: String,
}

/// The last notification about an outlet that still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// `failed`, `held`, …
    pub occasion: String,
    /// Since when it is so.
    pub since: Timestamp,
    /// When it was sent last.
    pub told_at: Timestamp,
}

/// How an image looked when it was last fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    /// Its address.
    pub url: String,
    /// The server's name for this version of it.
    pub etag: Option<String>,
    /// When the server says that it was changed last, in the server's words.
    pub last_modified: Option<String>,
    /// When it was looked at, or the server last said that it had not changed.
    pub checked_at: Timestamp,
    /// By which version of the checks.
    pub judgement: i64,
    /// JSON: what is wrong with it.
    pub findings: String,
}

/// What a pass over one outlet starts from, read at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutletMemory {
    /// JSON: what we last pushed and saw arrive.
    pub base: Option<String>,
    /// JSON: its last days.
    pub memory: Option<String>,
    /// JSON: what a rollback pins.
    pub pins: Option<String>,
    /// A pause by command that counts now.
    pub pause: Option<Pause>,
    /// The newest push without an outcome: what a crash or a stop left behind, or what another process is sending.
    pub pending: Option<PushRow>,
    /// JSON: what that push sends as a whole.
    pub pending_record: Option<String>,
    /// Digests of the newest pushes of the whole menu, newest first, as far back as each was accepted and never seen to
    /// arrive; at most five.
    pub lost_puts: Vec<String>,
    /// An alarm that no verified push of the whole menu has answered since.
    pub alarm: Option<Alarm>,
    /// Promotions of ours by their key, as JSON.
    pub promotions: Vec<(String, String)>,
    /// Switches of stock by their key, as JSON.
    pub switches: Vec<(String, String)>,
}

/// What is stored of all outlets, read at one moment, without what only planning needs.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The root that asks.
    pub root: String,
    /// By id; `base` and `base_updated_at` are `None`.
    pub outlets: Vec<OutletRow>,
    /// The newest push to every outlet, by outlet; `plan` is empty.
    pub last_pushes: Vec<PushRow>,
    /// Pauses that count now, by outlet.
    pub pauses: Vec<(String, Pause)>,
    /// Pins (JSON), by outlet.
    pub pins: Vec<(String, String)>,
    /// What the last look has shown beyond what is understood (JSON: texts), by outlet; only where there is something.
    pub notes: Vec<(String, String)>,
    /// Promotions of ours (JSON), by outlet.
    pub promotions: Vec<(String, String)>,
    /// Switches of stock: outlet, key, JSON.
    pub switches: Vec<(String, String, String)>,
}

impl Overview {
    /// What is stored of the outlets that this root's files defined last.
    pub fn of_root(&self) -> impl Iterator<Item = &OutletRow> {
        self.outlets.iter().filter(|row| row.root.as_ref() == Some(&self.root))
    }
}
