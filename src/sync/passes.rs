//! Passes over several outlets beside each other. Whatever becomes of one, the others are not affected, and every outlet has
//! an outcome.

use std::{collections::HashMap, future::Future};

use tokio::task::{Id, JoinError, JoinSet};

use super::{Facts, InFlight, Outcome, OutletState, PassResult, PushProgress, Target};

/// Passes under way.
#[derive(Default)]
pub struct Passes {
    tasks: JoinSet<Outcome>,
    targets: HashMap<Id, Target>,
}

impl Passes {
    /// Begins a pass over an outlet.
    pub fn begin(&mut self, target: Target, pass: impl Future<Output = Outcome> + Send + 'static) {
        let task = self.tasks.spawn(pass).id();
        self.targets.insert(task, target);
    }

    /// How the next one ended; `None`: none is under way. May be dropped while waiting: nothing is lost.
    pub async fn next(&mut self) -> Option<Outcome> {
        let ended = self.tasks.join_next_with_id().await?;
        let task = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let target = self.targets.remove(&task)?;
        Some(ended.map_or_else(|_| Outcome::broken_off(&target), |(_, outcome)| outcome))
    }

    /// Ends what is under way, as the program stops and its time is over.
    pub fn break_off(mut self, in_flight: &InFlight) -> Vec<Outcome> {
        let outcomes = self.targets.values().map(|target| ended_by_stop(target, in_flight)).collect();
        self.tasks.abort_all();
        outcomes
    }
}

/// How a pass ends that is broken off because the program stops.
pub fn ended_by_stop(target: &Target, in_flight: &InFlight) -> Outcome {
    let (facts, why) = match in_flight.list().contains(&target.id) {
        true => (Facts::of_push(PushProgress::Unknown), "the push was broken off, and is looked for at the next run"),
        false => (Facts::failed(), "broken off, as menusync was stopped"),
    };
    Outcome::new(target, PassResult::Failed, OutletState::of(&facts), Some(why.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[tokio::test]
    async fn a_pass_that_panics_fails_its_outlet_and_no_other() {
        let mut passes = Passes::default();
        let (one, two) = (Target::new("G1", "One", "one.yaml"), Target::new("G2", "Two", "two.yaml"));
        let ended = Outcome::withdrawn(&two);
        passes.begin(one, async { panic!("this is the fault that the test asks for") });
        passes.begin(two, async { ended });
        let mut outcomes = [passes.next().await.unwrap(), passes.next().await.unwrap()];
        assert!(passes.next().await.is_none());
        outcomes.sort_by(|a, b| a.outlet.cmp(&b.outlet));
        assert_eq!(outcomes[0].error.as_deref(), Some("the pass broke off by a fault in menusync itself"));
        assert_eq!((outcomes[0].result, outcomes[0].state), (PassResult::Failed, OutletState::Failed));
        assert!(outcomes[0].unstored.is_some(), "the state says nothing of it");
        assert!(outcomes[1].was_withdrawn());
    }

    #[tokio::test]
    async fn what_is_broken_off_is_unknown_only_if_a_push_was_in_flight() {
        let (flights, mut passes) = (InFlight::default(), Passes::default());
        let (one, two) = (Target::new("G1", "One", "one.yaml"), Target::new("G2", "Two", "two.yaml"));
        let _flight = flights.enter(&one.id);
        for target in [one, two] {
            passes.begin(target, std::future::pending());
        }
        let mut outcomes = passes.break_off(&flights);
        outcomes.sort_by(|a, b| a.outlet.cmp(&b.outlet));
        let states: Vec<_> = outcomes.iter().map(|outcome| outcome.state).collect();
        assert_eq!(states, [OutletState::Unknown, OutletState::Failed]);
    }
}
