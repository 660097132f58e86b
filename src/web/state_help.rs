//! What the state of an outlet means for the person who looks: how urgent it is, and what to do.

use crate::{
    report::{Lang, state_rank},
    sync::OutletState,
};

/// How urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// A person is needed.
    Act,
    /// Worth a look.
    Look,
    /// Goes on by itself.
    Busy,
    /// As it should be.
    Fine,
}

impl Urgency {
    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Look => "look",
            Self::Busy => "busy",
            Self::Fine => "fine",
        }
    }
}

/// A state explained.
#[derive(Debug)]
pub(super) struct StateHelp {
    pub(super) state: OutletState,
    pub(super) urgency: Urgency,
    pub(super) meaning: fn(Lang) -> &'static str,
    /// What to do; `ID` stands for the outlet.
    pub(super) advice: fn(Lang) -> &'static str,
}

/// All states, in the order of [`crate::report::WORST_FIRST`].
pub(super) const ALL: [StateHelp; 13] = [
    StateHelp {
        state: OutletState::Failed,
        urgency: Urgency::Act,
        meaning: Lang::failed_meaning,
        advice: Lang::failed_advice,
    },
    StateHelp {
        state: OutletState::Unknown,
        urgency: Urgency::Act,
        meaning: Lang::unknown_meaning,
        advice: Lang::unknown_advice,
    },
    StateHelp {
        state: OutletState::Nonconvergent,
        urgency: Urgency::Act,
        meaning: Lang::nonconvergent_meaning,
        advice: Lang::nonconvergent_advice,
    },
    StateHelp {
        state: OutletState::Held,
        urgency: Urgency::Act,
        meaning: Lang::held_meaning,
        advice: Lang::held_advice,
    },
    StateHelp {
        state: OutletState::Invalid,
        urgency: Urgency::Act,
        meaning: Lang::invalid_meaning,
        advice: Lang::invalid_advice,
    },
    StateHelp {
        state: OutletState::Missing,
        urgency: Urgency::Act,
        meaning: Lang::missing_meaning,
        advice: Lang::missing_advice,
    },
    StateHelp {
        state: OutletState::Drifted,
        urgency: Urgency::Look,
        meaning: Lang::drifted_meaning,
        advice: Lang::drifted_advice,
    },
    StateHelp {
        state: OutletState::Pending,
        urgency: Urgency::Look,
        meaning: Lang::pending_meaning,
        advice: Lang::pending_advice,
    },
    StateHelp {
        state: OutletState::Queued,
        urgency: Urgency::Busy,
        meaning: Lang::queued_meaning,
        advice: Lang::queued_advice,
    },
    StateHelp {
        state: OutletState::Pushing,
        urgency: Urgency::Busy,
        meaning: Lang::pushing_meaning,
        advice: Lang::nothing_to_do,
    },
    StateHelp {
        state: OutletState::Verifying,
        urgency: Urgency::Busy,
        meaning: Lang::verifying_meaning,
        advice: Lang::nothing_to_do,
    },
    StateHelp {
        state: OutletState::Paused,
        urgency: Urgency::Fine,
        meaning: Lang::paused_meaning,
        advice: Lang::paused_advice,
    },
    StateHelp {
        state: OutletState::InSync,
        urgency: Urgency::Fine,
        meaning: Lang::in_sync_meaning,
        advice: Lang::nothing_to_do,
    },
];

/// What is known of a state, and its place in [`ALL`].
pub(super) fn of(state: &str) -> (usize, &'static StateHelp) {
    let place = state_rank(state);
    (place, &ALL[place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::PushOutcome;

    #[test]
    fn every_state_is_explained_once_and_urgency_falls() {
        for state in OutletState::ALL {
            assert_eq!(ALL.iter().filter(|state_help| state_help.state == state).count(), 1, "{state:?}");
            assert_ne!(Lang::En.state(state.as_str()), Lang::Id.state(state.as_str()), "{state:?}");
        }
        assert!(ALL.is_sorted_by_key(|state_help| state_help.urgency));
        assert_eq!(ALL.map(|state_help| state_help.state.as_str()), crate::report::WORST_FIRST);
    }

    #[test]
    fn every_end_of_a_push_has_an_indonesian_word() {
        for outcome in PushOutcome::ALL {
            let words = Lang::ALL.map(|lang| lang.outcome(Some(outcome.as_str())));
            assert_ne!(words[0], words[1], "{outcome:?}");
        }
    }
}
