//! The processes that pass over outlets with one state between them. Who has which outlet is decided by each for itself, from
//! the same list, by rendezvous hashing: where one comes or goes, no other outlet moves than those that it gets or had.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::moment::Moment;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Another one each time it starts.
    pub id: String,
    /// For people: `warung-1, process 4711`.
    pub name: String,
    /// Whether no other one has newer files.
    pub is_current: bool,
}

/// What an event has said of an outlet, wherever it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// Of which.
    pub outlet: String,
    /// What, as it was passed on.
    pub hint: String,
    /// The push that it names.
    pub request_id: Option<Uuid>,
}

/// All that live, this process among them.
#[derive(Debug, Clone)]
pub struct Members {
    own: String,
    /// In no particular order.
    pub live: Vec<Member>,
    /// What was passed on since they were met last, of whichever outlets.
    pub hints: Vec<PassedOn>,
    asked: Moment,
    lives: Duration,
}

impl Members {
    /// As they were when they were `asked` for; they hold for as long as a process counts as alive that says nothing.
    pub(super) fn new(
        own: String,
        live: Vec<Member>,
        hints: Vec<PassedOn>,
        (asked, lives): (Moment, Duration),
    ) -> Self {
        Self { own, live, hints, asked, lives }
    }

    /// Whether this list still counts: who stood still for too long is dead to the others.
    pub fn are_fresh(&self) -> bool {
        self.asked.age() < self.lives
    }

    /// How many share the outlets.
    pub fn count(&self) -> usize {
        self.live.iter().filter(|member| member.is_current).count()
    }

    /// Whether this process passes over an outlet.
    pub fn is_ours(&self, outlet: &str) -> bool {
        self.owner(outlet).is_some_and(|owner| owner.id == self.own)
    }

    /// Whether this process has files as new as anybody's.
    pub fn are_we_current(&self) -> bool {
        self.live.iter().any(|member| member.id == self.own && member.is_current)
    }

    /// Whether the same ones share the outlets.
    pub fn share_as(&self, other: &Self) -> bool {
        let current = |members: &Self| {
            let mut ids: Vec<String> =
                members.live.iter().filter(|member| member.is_current).map(|member| member.id.clone()).collect();
            ids.sort_unstable();
            ids
        };
        current(self) == current(other)
    }

    fn owner(&self, outlet: &str) -> Option<&Member> {
        let weight = |member: &Member| -> [u8; 32] {
            Sha256::new().chain_update(&member.id).chain_update([0]).chain_update(outlet).finalize().into()
        };
        self.live.iter().filter(|member| member.is_current).max_by_key(|member| weight(member))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn members(ids: &[&str]) -> Members {
        let live = ids.iter().map(|id| Member { id: (*id).to_owned(), name: (*id).to_owned(), is_current: true });
        Members::new(ids[0].to_owned(), live.collect(), Vec::new(), (Moment::now(), Duration::from_secs(12)))
    }

    fn owners(members: &Members) -> BTreeMap<String, String> {
        let outlets = (0..3_000).map(|number| format!("G{number}"));
        outlets.filter_map(|outlet| Some((outlet.clone(), members.owner(&outlet)?.id.clone()))).collect()
    }

    #[test]
    fn only_the_outlets_of_who_has_gone_move_and_all_have_about_the_same() {
        let (three, two) = (owners(&members(&["a", "b", "c"])), owners(&members(&["c", "a"])));
        for (outlet, owner) in &three {
            assert!(owner == "b" || two[outlet] == *owner, "{outlet} moved from {owner} to {}", two[outlet]);
        }
        for id in ["a", "b", "c"] {
            let share = three.values().filter(|owner| *owner == id).count();
            assert!((850..1_150).contains(&share), "{id} has {share}");
        }
    }

    #[test]
    fn who_has_older_files_passes_over_nothing() {
        let mut three = members(&["a", "b", "c"]);
        three.live[0].is_current = false;
        assert!(!three.are_we_current() && three.count() == 2);
        assert!((0..100).all(|number| !three.is_ours(&format!("G{number}"))));
        assert!(!three.share_as(&members(&["a", "b", "c"])) && three.share_as(&members(&["c", "b"])));
    }
}
