//! The rules, each of which a variant can leave out, and what must hold.

use stateright::{Model, Property};

use crate::{
    state::{Kind, Mode, OUTLETS, Pass, Phase, Process, Push, State},
    step::{self, Action},
};

/// The rules of the protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// A write (begin, fence, finish) requires holder and epoch.
    pub epoch_in_writes: bool,
    /// A lease whose `calls_until` is ahead is not taken over.
    pub calls_until: bool,
    /// A lease whose `until` is ahead is not taken over.
    pub until: bool,
    /// A lease is taken over at all.
    pub takeover: bool,
    /// A pass looks for the unfinished push that it finds.
    pub look_first: bool,
    /// The transaction that begins a push refuses if one is unfinished.
    pub check_in_begin: bool,
    /// An answer of the fence that took more than 5 s counts as a refusal.
    pub answer_limit: bool,
    /// The first byte is sent only while the time of the call, which began with the question, lasts.
    pub first_byte_limit: bool,
    /// A call is given up after 90 s.
    pub call_limit: bool,
    /// Beyond the protocol: a push for which no fence was committed ends as not sent when it is found.
    pub ends_unsent: bool,
}

impl Rules {
    /// The protocol.
    pub(crate) const ALL: Self = Self {
        epoch_in_writes: true,
        calls_until: true,
        until: true,
        takeover: true,
        look_first: true,
        check_in_begin: true,
        answer_limit: true,
        first_byte_limit: true,
        call_limit: true,
        ends_unsent: false,
    };
}

/// What the world is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub outlets: usize,
    /// How many faults happen: stops, deaths, errors of the database, leases that were not prolonged in time.
    pub faults: Option<u8>,
    /// Clocks may stand still while a process is stopped.
    pub clocks_may_stand: bool,
    /// … but not for 25 s between the commit of a fence and the reading of its answer,
    pub brief_committed: bool,
    /// … nor between the answer and the first byte.
    pub brief_answered: bool,
    /// The platform ends a connection on which a call makes no headway for 25 s.
    pub platform_hangs_up: bool,
    /// The platform executes one request once, however often it comes.
    pub executes_once: bool,
    /// Takes passes that can only be refused as ended: the same for all others, and a tenth of the states.
    pub ends_refused: bool,
    /// Processes, and outlets, that differ in their names alone count as one: a sixth or twelfth of the states.
    pub nameless: bool,
    /// Whether a calm may begin, for what must come about in the end.
    pub calms: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    pub rules: Rules,
    pub world: World,
}

pub(crate) const ONE_SENDER: &str = "no two processes send to one outlet at a time";
pub(crate) const ONE_PUT: &str = "no PUT begins while another one is unfinished or running";
pub(crate) const FENCED: &str = "nothing is sent with an epoch that was not the row's at the fence";
pub(crate) const RECORDED: &str = "the PUT in flight is the unfinished push of the database";
pub(crate) const LOOKED_FOR: &str = "every pass that finds an unfinished push looks for it";
pub(crate) const KEEPS: &str = "a living process that prolongs keeps its lease";
pub(crate) const HELD_AGAIN: &str = "after the last fault every outlet is held again and its push ends";

fn every_outlet(state: &State, holds: impl Fn(usize) -> bool) -> bool {
    (0..state.outlets.len()).all(holds)
}

fn one_sender(state: &State) -> bool {
    every_outlet(state, |outlet| state.on(outlet).filter(|(_, pass)| pass.phase.sends().is_some()).count() <= 1)
}

/// Whether a PUT of a push that is finished in the database is under way.
fn stray_put(state: &State, outlet: usize) -> bool {
    let stray = |phase: &Phase| phase.sends().is_some_and(|call| call.kind == Kind::Put && !call.recorded);
    state.outlets[outlet].orphan || state.on(outlet).any(|(_, pass)| stray(&pass.phase))
}

fn recorded(state: &State) -> bool {
    every_outlet(state, |outlet| !stray_put(state, outlet))
}

fn one_put(state: &State) -> bool {
    every_outlet(state, |outlet| !stray_put(state, outlet) || state.outlets[outlet].push.is_none())
}

fn fenced(state: &State) -> bool {
    every_outlet(state, |outlet| state.on(outlet).filter_map(|(_, pass)| pass.phase.sends()).all(|call| call.fenced))
}

fn looked_for(state: &State) -> bool {
    let ignores = |outlet: usize, phase: &Phase| {
        let elsewhere = match phase {
            Phase::Ready => true,
            phase => phase.call().is_some_and(|call| call.kind == Kind::Patch),
        };
        elsewhere && state.outlets[outlet].push.is_some()
    };
    every_outlet(state, |outlet| !state.on(outlet).any(|(_, pass)| pass.current && ignores(outlet, &pass.phase)))
}

fn keeps(state: &State) -> bool {
    state.outlets.iter().all(|outlet| !outlet.robbed)
}

fn any_push(state: &State, is: fn(Push) -> bool) -> bool {
    state.outlets.iter().any(|outlet| outlet.push.is_some_and(is))
}

fn taken_over(_: &Protocol, state: &State) -> bool {
    let stopped = |(process, pass): (&Process, &Pass)| {
        process.mode == Mode::Stopped && pass.phase.call().is_some_and(|call| call.late)
    };
    let sends = |(_, pass): (&Process, &Pass)| pass.phase.sends().is_some();
    (0..OUTLETS).any(|outlet| state.on(outlet).any(stopped) && state.on(outlet).any(sends))
}

fn both_send(_: &Protocol, state: &State) -> bool {
    let sends = |outlet| state.on(outlet).position(|(_, pass)| pass.phase.sends().is_some());
    sends(0).zip(sends(1)).is_some_and(|(one, other)| one != other)
}

/// Once calm, each step is one towards the end (`the_calm_ends` proves that), so the last state is all that counts.
fn held_again(model: &Protocol, state: &State) -> bool {
    let mut actions = Vec::new();
    if state.calm {
        model.actions(state, &mut actions);
    }
    let good = |outlet: usize| state.outlets[outlet].served && state.outlets[outlet].push.is_none();
    !state.calm || !actions.is_empty() || (0..model.world.outlets).all(good)
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(step::candidates(self, state).filter(|action| step::take(self, state, *action).is_some()));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let next = step::take(self, state, action)?;
        Some(if self.world.nameless { next.canonical(self.world.outlets) } else { next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(ONE_SENDER, |_, state| one_sender(state)),
            Property::always(ONE_PUT, |_, state| one_put(state)),
            Property::always(FENCED, |_, state| fenced(state)),
            Property::always(RECORDED, |_, state| recorded(state)),
            Property::always(LOOKED_FOR, |_, state| looked_for(state)),
            Property::always(KEEPS, |_, state| keeps(state)),
            Property::sometimes("a push shows", |_, state| any_push(state, |push| push.shown)),
            Property::sometimes("a push counts as lost", |_, state| any_push(state, |push| push.old && !push.shown)),
        ];
        if !self.world.ends_refused {
            properties.push(Property::sometimes("one sends while one without lease is stopped in a call", taken_over));
        }
        if self.world.outlets > 1 {
            properties.push(Property::sometimes("two send, each to its outlet", both_send));
        }
        if self.world.calms {
            properties.push(Property::always(HELD_AGAIN, held_again));
        }
        properties
    }
}
