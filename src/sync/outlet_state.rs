//! The state of an outlet in one word, and what it follows from. Nobody else names a state.

use serde::Serialize;

use super::{Examined, PushProgress};
use crate::plan::{Action, Change, Class, OutletPlan};

/// How an outlet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum OutletState {
    InSync,
    Pending,
    Pushing,
    Verifying,
    Drifted,
    Held,
    Queued,
    Paused,
    Invalid,
    Missing,
    Nonconvergent,
    Failed,
    Unknown,
}

impl OutletState {
    /// All states.
    pub const ALL: [Self; 13] = [
        Self::InSync,
        Self::Pending,
        Self::Pushing,
        Self::Verifying,
        Self::Drifted,
        Self::Held,
        Self::Queued,
        Self::Paused,
        Self::Invalid,
        Self::Missing,
        Self::Nonconvergent,
        Self::Failed,
        Self::Unknown,
    ];

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The word it is stored and shown as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in_sync",
            Self::Pending => "pending",
            Self::Pushing => "pushing",
            Self::Verifying => "verifying",
            Self::Drifted => "drifted",
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Paused => "paused",
            Self::Invalid => "invalid",
            Self::Missing => "missing",
            Self::Nonconvergent => "nonconvergent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What the state of an outlet follows from. Nobody else names a state.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whether its files can be used.
    pub valid: bool,
    /// Whether its file or a command pauses it.
    pub paused: bool,
    /// How far a push is that has no outcome yet.
    pub pending: Option<PushProgress>,
    /// What the last look has shown.
    pub look: Look<'a>,
}

/// What a look has shown.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// This.
    Examined(&'a Examined),
    /// Only a plan: of files against files, or after a push was seen to arrive.
    Plan(&'a OutletPlan),
    /// Nothing, as it failed.
    Failed,
    /// That GoFood settled on something else than was sent.
    Settled,
    /// The same, and all of it was set by somebody while the push was looked for.
    Overtaken,
    /// That pins and files do not go together.
    PinConflict,
    /// That was earlier: what the state says of it, if there ever was a look.
    Stored(Option<OutletState>),
}

impl<'a> Facts<'a> {
    /// Of an outlet whose files are valid, and that no push or pause concerns.
    pub fn of_look(look: Look<'a>) -> Self {
        Self { valid: true, paused: false, pending: None, look }
    }

    /// Of one with a push on its way: nothing else counts then.
    pub fn of_push(progress: PushProgress) -> Self {
        Self { pending: Some(progress), ..Self::of_look(Look::Stored(None)) }
    }

    /// Of one that could not be looked at, or pushed.
    pub fn failed() -> Self {
        Self::of_look(Look::Failed)
    }

    /// Of one whose files cannot be used.
    pub fn invalid() -> Self {
        Self { valid: false, ..Self::of_look(Look::Stored(None)) }
    }
}

impl OutletState {
    /// How an outlet stands. What a person has to know first comes first: files that are wrong, a push on its way, a pause.
    pub fn of(facts: &Facts<'_>) -> Self {
        match (facts.valid, facts.pending, facts.paused) {
            (false, ..) => Self::Invalid,
            (true, Some(PushProgress::Pushing), _) => Self::Pushing,
            (true, Some(PushProgress::Verifying), _) => Self::Verifying,
            (true, Some(PushProgress::Unknown), _) => Self::Unknown,
            (true, None, true) => Self::Paused,
            (true, None, false) => facts.look.state(),
        }
    }
}

impl Look<'_> {
    fn state(&self) -> OutletState {
        use OutletState::{Drifted, Failed, Held, InSync, Nonconvergent, Pending, Queued};
        match self {
            Self::Failed => Failed,
            Self::Settled => Nonconvergent,
            Self::Overtaken => Drifted,
            Self::PinConflict => Held,
            Self::Plan(plan) => of_plan(plan),
            Self::Examined(examined) => match of_plan(&examined.plan) {
                // Orders that are not recognised are drift, whatever the menu reads.
                InSync if examined.recalled.alarm.is_some() => Drifted,
                Pending if examined.wave.is_some() => Queued,
                Pending if examined.lost_again => Nonconvergent,
                Pending if examined.window.is_some() => Queued,
                state => state,
            },
            // An image of valid files may be bad: that only a pass knows.
            Self::Stored(Some(OutletState::Invalid)) => OutletState::Invalid,
            Self::Stored(Some(state @ (InSync | Pending | Drifted | Held | Queued | Nonconvergent | Failed))) => *state,
            // What the others spoke of is over.
            Self::Stored(_) => Pending,
        }
    }
}

fn of_plan(plan: &OutletPlan) -> OutletState {
    let is_rejected = |change: &Change| !change.pushed && change.class == Class::Edit;
    match plan.action {
        _ if plan.is_held() => OutletState::Held,
        Action::Put | Action::Stock => OutletState::Pending,
        Action::None if plan.promotions.sends() => OutletState::Pending,
        Action::None if plan.promotions.unread.is_some() => OutletState::Failed,
        Action::None if plan.promotions.troubles().next().is_some() => OutletState::Nonconvergent,
        Action::None if plan.changes.iter().any(is_rejected) => OutletState::Nonconvergent,
        Action::None if plan.unpushed_drift().next().is_some() => OutletState::Drifted,
        Action::None => OutletState::InSync,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn the_word_of_a_state_is_read_back_and_is_the_one_that_it_is_serialised_as() {
        for state in OutletState::ALL {
            assert_eq!(OutletState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        assert_eq!(OutletState::parse("in sync"), None);
    }
}
