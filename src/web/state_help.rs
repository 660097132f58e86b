//! What the state of an outlet means for the person who looks: how urgent it is, and what to do.

use crate::{report::state_rank, sync::OutletState};

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
    pub(super) meaning: &'static str,
    /// What to do; `ID` stands for the outlet.
    pub(super) advice: &'static str,
}

/// All states, in the order of [`crate::report::WORST_FIRST`].
pub(super) const ALL: [StateHelp; 13] = [
    StateHelp {
        state: OutletState::Failed,
        urgency: Urgency::Act,
        meaning: "The last pass broke off.",
        advice: "Read the error. Network trouble and errors of GoFood's servers pass: it is tried again by itself. A refusal \
                 needs a change of the file, of the credential, or of the outlet's link to the integration in GoBiz.",
    },
    StateHelp {
        state: OutletState::Unknown,
        urgency: Urgency::Act,
        meaning: "Something was pushed, and GoFood has not shown it.",
        advice: "It is looked for, and nothing else is sent meanwhile. If nothing changes for 30 minutes after the push, it \
                 counts as lost and is planned afresh. If it stays so, compare with the menu in the GoBiz app.",
    },
    StateHelp {
        state: OutletState::Nonconvergent,
        urgency: Urgency::Act,
        meaning: "GoFood shows something else than was pushed, and stays with it.",
        advice: "`menusync plan --outlet ID` names the difference. It is not pushed again until the files give it another \
                 value.",
    },
    StateHelp {
        state: OutletState::Held,
        urgency: Urgency::Act,
        meaning: "A guard holds the push: a person has to decide.",
        advice: "`menusync plan --outlet ID` shows what would be pushed. If it is wrong, put the file right; if it is meant, \
                 `menusync apply --outlet ID --allow GUARD`, or an approval that is reviewed (`menusync approve`).",
    },
    StateHelp {
        state: OutletState::Invalid,
        urgency: Urgency::Act,
        meaning: "Its files have errors; it is not pushed, and its live menu stays as it is.",
        advice: "`menusync validate` shows every error with its line.",
    },
    StateHelp {
        state: OutletState::Missing,
        urgency: Urgency::Act,
        meaning: "No file defines it any more; its live menu stays as it is.",
        advice: "If its file was lost or renamed by mistake, bring it back. If the outlet is closed, \
                 `menusync forget --outlet ID` deletes its stored state.",
    },
    StateHelp {
        state: OutletState::Drifted,
        urgency: Urgency::Look,
        meaning: "Something was changed elsewhere, for instance in the GoBiz app; it is kept.",
        advice: "`menusync drift --outlet ID` shows it. If it shall stay, write it into the files; if not, `menusync apply \
                 --revert --outlet ID`.",
    },
    StateHelp {
        state: OutletState::Pending,
        urgency: Urgency::Look,
        meaning: "There is something to push, or no pass has ended yet.",
        advice: "The next pass pushes it. If it stays so: with `run --read-only` nothing is pushed; else see the log.",
    },
    StateHelp {
        state: OutletState::Queued,
        urgency: Urgency::Busy,
        meaning: "It waits for a window in which pushes are allowed.",
        advice: "It is pushed when the window opens.",
    },
    StateHelp {
        state: OutletState::Pushing,
        urgency: Urgency::Busy,
        meaning: "It is being pushed.",
        advice: "Nothing to do.",
    },
    StateHelp {
        state: OutletState::Verifying,
        urgency: Urgency::Busy,
        meaning: "It was pushed; GoFood has to show it, which takes minutes.",
        advice: "Nothing to do.",
    },
    StateHelp {
        state: OutletState::Paused,
        urgency: Urgency::Fine,
        meaning: "Its file says `state: paused`, or somebody has paused it by a command.",
        advice: "To have it pushed again, remove that line, or `menusync resume --outlet ID`.",
    },
    StateHelp {
        state: OutletState::InSync,
        urgency: Urgency::Fine,
        meaning: "GoFood shows what the files say.",
        advice: "Nothing to do.",
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

    #[test]
    fn every_state_is_explained_once_and_urgency_falls() {
        for state in OutletState::ALL {
            assert_eq!(ALL.iter().filter(|state_help| state_help.state == state).count(), 1, "{state:?}");
        }
        assert!(ALL.is_sorted_by_key(|state_help| state_help.urgency));
        assert_eq!(ALL.map(|state_help| state_help.state.as_str()), crate::report::WORST_FIRST);
    }
}
