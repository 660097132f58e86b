//! Rollouts, as owned values.

use std::sync::Arc;

use jiff::Timestamp;

use crate::rollout::{Advance, Head, Member, PassEnd, Rollout};

/// The rollout that a root has begun last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutRow {
    /// Digest of the files that go out.
    pub files: String,
    /// Their commit.
    pub revision: Option<String>,
    /// When it began; where it took the place of one that had not ended, when that one did.
    pub began: Timestamp,
    /// The wave that is open, counted from 1; 0: none is.
    pub wave: usize,
    /// How many there are; 0: not known yet.
    pub waves: usize,
    /// When the next wave may open.
    pub baking_until: Option<Timestamp>,
    /// Since when it is stopped.
    pub stopped: Option<Timestamp>,
    /// Why.
    pub why: Option<String>,
    /// When all had had their turn.
    pub ended: Option<Timestamp>,
}

impl RolloutRow {
    /// How far it is.
    pub fn head(&self) -> Head {
        Head {
            wave: self.wave,
            waves: self.waves,
            baking_until: self.baking_until,
            stopped: self.stopped.is_some(),
            ended: self.ended.is_some(),
        }
    }
}

/// How many members of a rollout stand in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolloutCount {
    /// Their wave; `None`: waves are not made yet.
    pub wave: Option<usize>,
    /// How they stand.
    pub state: crate::rollout::MemberState,
    /// How many.
    pub outlets: usize,
}

/// An outlet that the files of a rollout define.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutOutlet {
    /// The outlet.
    pub outlet: String,
    /// The first wave that names it.
    pub named: Option<usize>,
    /// Digest of what its files say.
    pub wants: String,
}

/// A rollout that begins.
#[derive(Debug, Clone)]
pub struct NewRollout {
    /// Digest of the files.
    pub files: String,
    /// Their commit.
    pub revision: Option<String>,
    /// When.
    pub at: Timestamp,
    /// All outlets of these files. Others are no part of it.
    pub outlets: Vec<RolloutOutlet>,
    /// Those that it concerns, and how they stand. Of an earlier rollout that has not ended, those that had not had their turn
    /// are added; and those that had, for bad news of them.
    pub members: Vec<(String, Member)>,
    /// All outlets were just looked at: one that is no member has nothing to send.
    pub were_looked_at: bool,
    /// Begin also where the stored one is of the same files, as photos are no part of their digest.
    pub anew: bool,
    /// What the settings ask for.
    pub settings: Arc<Rollout>,
}

/// What moves a rollout on.
#[derive(Debug, Clone)]
pub struct RolloutStep {
    /// The files that are meant; where the rollout is of others, nothing happens.
    pub files: String,
    /// How a pass over an outlet ended, if one did.
    pub pass: Option<(String, PassEnd, String)>,
    /// What the settings ask for.
    pub settings: Arc<Rollout>,
    /// When.
    pub at: Timestamp,
}

/// What a step has moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutMoved {
    /// What happened, in its order.
    pub advances: Vec<Advance>,
    /// The outlets of the waves that have opened; where a rollout begins, those that an earlier one has left to it.
    pub opened: Vec<String>,
    /// One of the wave that opens next, for who comes back then.
    pub next: Option<(String, Timestamp)>,
    /// Why it has stopped just now.
    pub stopped: Option<String>,
    /// One of the open wave, of which nobody could be sent: the rollout waits for a person, since just now.
    pub stuck: Option<String>,
    /// How far it is now.
    pub row: Option<RolloutRow>,
}
