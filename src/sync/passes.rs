//! Passes over several outlets beside each other. Whatever becomes of one, the others are not affected, and every outlet has
//! an outcome.

use std::{collections::HashMap, future::Future};

use tokio::task::{Id, JoinError, JoinSet};

use super::{InFlight, Outcome, OutletState, PassResult};
use crate::catalog::OutletId;

/// What is said of an outlet whose pass panicked.
pub const PANICKED: &str = "the pass broke off by a fault in menusync itself";

/// Passes under way.
#[derive(Default)]
pub struct Passes {
    tasks: JoinSet<Outcome>,
    /// Whose they are.
    outlets: HashMap<Id, (OutletId, String)>,
}

impl Passes {
    /// Begins a pass over an outlet.
    pub fn begin(&mut self, outlet: &OutletId, name: &str, pass: impl Future<Output = Outcome> + Send + 'static) {
        let task = self.tasks.spawn(pass).id();
        self.outlets.insert(task, (outlet.clone(), name.to_owned()));
    }

    /// How the next one ended; `None`: none is under way. May be dropped while waiting: nothing is lost.
    pub async fn next(&mut self) -> Option<Outcome> {
        let ended = self.tasks.join_next_with_id().await?;
        let task = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let (outlet, name) = self.outlets.remove(&task)?;
        Some(ended.map_or_else(|_| Outcome::failed(&outlet, &name, PANICKED.to_owned()), |(_, outcome)| outcome))
    }

    /// Breaks off what is under way, as the program stops and its time is over.
    pub fn break_off(mut self, in_flight: &InFlight) -> Vec<Outcome> {
        let outcomes = self.outlets.values().map(|(outlet, name)| broken_off(outlet, name, in_flight)).collect();
        self.tasks.abort_all();
        outcomes
    }
}

/// How a pass ends that is broken off because the program stops.
pub fn broken_off(outlet: &OutletId, name: &str, in_flight: &InFlight) -> Outcome {
    let (state, why) = match in_flight.list().contains(outlet) {
        true => (OutletState::Unknown, "the push was broken off, and is looked for at the next run"),
        false => (OutletState::Failed, "broken off, as menusync was stopped"),
    };
    Outcome::new(outlet, name, PassResult::Failed, state, Some(why.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[tokio::test]
    async fn a_pass_that_panics_fails_its_outlet_and_no_other() {
        let mut passes = Passes::default();
        let (one, two) = (OutletId::from("G1"), OutletId::from("G2"));
        let ended = Outcome::withdrawn(&two, "Two");
        passes.begin(&one, "One", async { panic!("this is the fault that the test asks for") });
        passes.begin(&two, "Two", async { ended });
        let mut outcomes = [passes.next().await.unwrap(), passes.next().await.unwrap()];
        assert!(passes.next().await.is_none());
        outcomes.sort_by(|a, b| a.outlet.cmp(&b.outlet));
        assert_eq!(outcomes[0].error.as_deref(), Some(PANICKED));
        assert_eq!((outcomes[0].result, outcomes[0].state), (PassResult::Failed, OutletState::Failed));
        assert!(outcomes[1].was_withdrawn());
    }

    #[tokio::test]
    async fn what_is_broken_off_is_unknown_only_if_a_push_was_in_flight() {
        let (flights, mut passes) = (InFlight::default(), Passes::default());
        let (one, two) = (OutletId::from("G1"), OutletId::from("G2"));
        let _flight = flights.enter(&one);
        for outlet in [&one, &two] {
            passes.begin(outlet, "", std::future::pending());
        }
        let mut outcomes = passes.break_off(&flights);
        outcomes.sort_by(|a, b| a.outlet.cmp(&b.outlet));
        let states: Vec<_> = outcomes.iter().map(|outcome| outcome.state).collect();
        assert_eq!(states, [OutletState::Unknown, OutletState::Failed]);
    }
}
