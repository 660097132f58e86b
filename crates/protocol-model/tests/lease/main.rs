//! The protocol by which several daemons share outlets, as a model that is checked in every order of events:
//! `docs/testing.md` says what is part of every run, and how to check more.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod model;
mod state;
mod step;

use std::collections::{BTreeSet, HashMap};

use model::{FENCED, HELD_AGAIN, KEEPS, LOOKED_FOR, ONE_PUT, ONE_SENDER, Protocol, RECORDED, Rules, World};
use state::State;
use stateright::{Checker, HasDiscoveries, Model};

/// One outlet, any number of faults, clocks that run, and what is assumed of the platform.
const WORLD: World = World {
    outlets: 1,
    faults: None,
    clocks_may_stand: false,
    brief_committed: true,
    brief_answered: true,
    platform_hangs_up: true,
    executes_once: true,
    ends_refused: false,
    nameless: true,
    calms: true,
};
const STANDING: World = World { clocks_may_stand: true, ..WORLD };

fn holds(rules: Rules, world: World) {
    let checker = Protocol { rules, world }.checker().threads(2).spawn_bfs().join();
    eprintln!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

/// Finds a shortest way to break `property`, and prints it.
fn breaks(rules: Rules, world: World, property: &'static str) {
    let model = Protocol { rules, world: World { nameless: false, ..world } };
    let checker = model.checker().finish_when(HasDiscoveries::AnyOf(BTreeSet::from([property]))).spawn_bfs().join();
    let path = checker.discovery(property).unwrap_or_else(|| panic!("it holds: {property}"));
    eprintln!("{property}: {:?}", path.into_actions());
}

#[test]
fn nothing_goes_wrong_in_any_order_of_events() {
    holds(Rules::ALL, WORLD);
}

#[test]
fn nothing_goes_wrong_with_two_outlets() {
    holds(Rules::ALL, World { outlets: 2, ends_refused: true, ..WORLD });
    holds(Rules::ALL, World { outlets: 2, faults: Some(1), calms: false, ..WORLD });
}

/// `HELD_AGAIN` judges the last states of a calm, which is only enough if each way through it has one.
#[test]
fn the_calm_ends() {
    let model = Protocol { rules: Rules::ALL, world: WORLD };
    let (mut seen, mut open) = (HashMap::<State, usize>::new(), model.init_states());
    let mut before = HashMap::<State, Vec<State>>::new();
    while let Some(state) = open.pop() {
        let next = model.next_states(&state);
        if seen.insert(state, next.len()).is_some() {
            continue;
        }
        for next in next {
            if state.calm {
                before.entry(next).or_default().push(state);
            }
            if !seen.contains_key(&next) {
                open.push(next);
            }
        }
    }
    seen.retain(|state, _| state.calm);
    let mut ends: Vec<State> = seen.iter().filter(|(_, next)| **next == 0).map(|(state, _)| *state).collect();
    assert!(seen.len() > 10_000 && !ends.is_empty(), "{} states, {} ends", seen.len(), ends.len());
    // What leads only to ends, and to what leads only to ends, is on no circle.
    while let Some(end) = ends.pop() {
        seen.remove(&end);
        for state in before.remove(&end).unwrap_or_default() {
            let left = seen.get_mut(&state).unwrap();
            *left -= 1;
            if *left == 0 {
                ends.push(state);
            }
        }
    }
    assert!(seen.is_empty(), "{} states go round in circles, such as {:?}", seen.len(), seen.keys().next());
}

#[test]
fn clocks_may_stand_except_between_the_fence_and_the_first_byte() {
    holds(Rules::ALL, World { calms: false, ..STANDING });
}

#[test]
fn a_clock_that_stands_between_answer_and_first_byte_breaks_it() {
    let world = World { brief_answered: false, ..STANDING };
    breaks(Rules::ALL, world, ONE_SENDER);
    breaks(Rules::ALL, world, ONE_PUT);
    breaks(Rules::ALL, world, RECORDED);
}

/// The answer waits in the socket: by the clock of the process it came at once.
#[test]
fn a_clock_that_stands_before_the_answer_is_read_breaks_it_too() {
    let world = World { brief_committed: false, ..STANDING };
    breaks(Rules::ALL, world, ONE_SENDER);
    breaks(Rules::ALL, world, RECORDED);
}

#[test]
fn a_clock_that_stands_in_a_call_needs_a_platform_that_hangs_up() {
    breaks(Rules::ALL, World { platform_hangs_up: false, ..STANDING }, ONE_SENDER);
    holds(Rules::ALL, World { platform_hangs_up: false, calms: false, ..WORLD });
}

/// A repetition that is executed a second time can come after the push was seen to arrive.
#[test]
fn a_platform_that_executes_a_repetition_again_breaks_it() {
    breaks(Rules::ALL, World { executes_once: false, ..WORLD }, RECORDED);
}

#[test]
fn without_epoch_in_writes_it_breaks() {
    let rules = Rules { epoch_in_writes: false, ..Rules::ALL };
    breaks(rules, WORLD, FENCED);
    breaks(rules, WORLD, ONE_SENDER);
}

#[test]
fn without_calls_until_it_breaks() {
    let rules = Rules { calls_until: false, ..Rules::ALL };
    breaks(rules, WORLD, ONE_SENDER);
}

/// Nothing wrong is sent, but daemons take outlets from each other in the middle of passes.
#[test]
fn without_until_it_breaks() {
    breaks(Rules { until: false, ..Rules::ALL }, WORLD, KEEPS);
}

#[test]
fn without_takeover_it_breaks() {
    breaks(Rules { takeover: false, ..Rules::ALL }, WORLD, HELD_AGAIN);
}

#[test]
fn without_unfinished_push_check_it_breaks() {
    let rules = Rules { check_in_begin: false, look_first: false, ..Rules::ALL };
    breaks(rules, WORLD, RECORDED);
    breaks(rules, WORLD, ONE_PUT);
}

/// As every pass reads first and every write has the epoch, the check in the transaction is a second line of defence.
#[test]
fn without_the_check_in_begin_alone_it_holds() {
    holds(Rules { check_in_begin: false, ..Rules::ALL }, WORLD);
}

/// It spares an outlet the 30 minutes for a push that a dead process has begun and not sent.
#[test]
fn a_push_without_a_fence_may_end_when_it_is_found() {
    holds(Rules { ends_unsent: true, ..Rules::ALL }, WORLD);
    breaks(Rules { ends_unsent: true, epoch_in_writes: false, ..Rules::ALL }, WORLD, RECORDED);
}

#[test]
fn without_looking_first_it_breaks() {
    let rules = Rules { look_first: false, ..Rules::ALL };
    breaks(rules, WORLD, LOOKED_FOR);
    breaks(rules, WORLD, HELD_AGAIN);
}

#[test]
fn without_answer_limit_it_breaks() {
    breaks(Rules { answer_limit: false, ..Rules::ALL }, WORLD, ONE_SENDER);
}

#[test]
fn without_first_byte_limit_it_breaks() {
    breaks(Rules { first_byte_limit: false, ..Rules::ALL }, WORLD, ONE_SENDER);
}

#[test]
fn without_call_limit_it_breaks() {
    breaks(Rules { call_limit: false, ..Rules::ALL }, WORLD, ONE_SENDER);
}

/// `cargo test --release -p protocol-model --test lease -- --ignored --nocapture`
#[test]
#[ignore = "for the longer run of docs/testing.md"]
fn nothing_goes_wrong_with_two_outlets_and_more_faults() {
    let faults = std::env::var("LEASE_FAULTS").map_or(1, |faults| faults.parse().unwrap());
    holds(Rules::ALL, STANDING);
    holds(Rules::ALL, World { outlets: 2, ends_refused: true, ..STANDING });
    holds(Rules::ALL, World { outlets: 2, faults: Some(faults), ..STANDING });
}
