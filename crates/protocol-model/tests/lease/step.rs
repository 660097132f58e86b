//! What can happen next.

use crate::{
    model::Protocol,
    state::{Call, CallsUntil, Holder, Kind, Mode, Outlet, PROCESSES, Pass, Phase, Process, Push, State},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A process begins a pass: it takes the lease and reads what is stored.
    Hold(usize, usize),
    Begin(usize, usize),
    /// The transaction before a call commits.
    Fence(usize, usize, Kind),
    ReadAnswer(usize, usize),
    FirstByte(usize, usize),
    /// A call is answered or given up, before its first byte or after.
    EndCall(usize, usize),
    /// An error of the database, or a refused write, ends a pass.
    BreakOff(usize, usize),
    /// The push has arrived, or counts as lost.
    Finish(usize, usize),
    Release(usize, usize),
    Prolong(usize, usize),
    Execute(usize),
    Drop(usize),
    UntilPasses(usize),
    CallsUntilPasses(usize),
    LostLimitPasses(usize),
    Stop(usize),
    Freeze(usize),
    Continue(usize),
    Die(usize),
    /// A new process in the place of a dead one.
    Start(usize),
    CalmBegins,
}

use Action::*;

pub(crate) fn candidates(model: &Protocol, state: &State) -> impl Iterator<Item = Action> + use<> {
    let outlets = model.world.outlets;
    let both = move |process: usize| {
        (0..outlets).flat_map(move |outlet| {
            [
                Hold(process, outlet),
                Begin(process, outlet),
                Fence(process, outlet, Kind::Put),
                Fence(process, outlet, Kind::Patch),
                ReadAnswer(process, outlet),
                FirstByte(process, outlet),
                EndCall(process, outlet),
                BreakOff(process, outlet),
                Finish(process, outlet),
                Release(process, outlet),
                Prolong(process, outlet),
            ]
        })
    };
    let passing = |outlet| {
        [Execute(outlet), Drop(outlet), UntilPasses(outlet), CallsUntilPasses(outlet), LostLimitPasses(outlet)]
    };
    let processes = (0..PROCESSES)
        .flat_map(|process| [Stop(process), Freeze(process), Continue(process), Die(process), Start(process)]);
    let calm = (model.world.calms && !state.calm).then_some(CalmBegins);
    (0..PROCESSES).flat_map(both).chain((0..outlets).flat_map(passing)).chain(processes).chain(calm)
}

/// The state after `action`, if it can happen.
pub(crate) fn take(model: &Protocol, state: &State, action: Action) -> Option<State> {
    let mut next = *state;
    let happens = match action {
        Hold(process, outlet) => hold(model, &mut next, process, outlet),
        Begin(process, outlet) => begin(model, &mut next, process, outlet),
        Fence(process, outlet, kind) => fence(model, &mut next, process, outlet, kind),
        ReadAnswer(process, outlet) => read_answer(&mut next, process, outlet),
        FirstByte(process, outlet) => first_byte(model, &mut next, process, outlet),
        EndCall(process, outlet) => end_call(&mut next, process, outlet),
        BreakOff(process, outlet) => break_off(model, &mut next, process, outlet),
        Finish(process, outlet) => finish(model, &mut next, process, outlet),
        Release(process, outlet) => release(&mut next, process, outlet),
        Prolong(process, outlet) => prolong(&mut next, process, outlet),
        Execute(outlet) => end_execution(&mut next, outlet, true),
        Drop(outlet) => end_execution(&mut next, outlet, false),
        UntilPasses(outlet) => until_passes(model, &mut next, outlet),
        CallsUntilPasses(outlet) => calls_until_passes(model, &mut next, outlet),
        LostLimitPasses(outlet) => lost_limit_passes(model, &mut next, outlet),
        Stop(process) => halt(model, &mut next, process, Mode::Stopped),
        Freeze(process) => model.world.clocks_may_stand && halt(model, &mut next, process, Mode::Frozen),
        Continue(process) => go_on(&mut next, process),
        Die(process) => die(model, &mut next, process),
        Start(process) => start(&mut next, process),
        CalmBegins => {
            next.calm = true;
            // How many faults there were says nothing of what comes.
            next.faults = 0;
            true
        }
    };
    if model.world.ends_refused {
        end_refused(&mut next);
    }
    (happens && next != *state).then_some(next)
}

/// Ends the passes that have no other way left than a refused write, whatever happens before it.
fn end_refused(state: &mut State) {
    for pass in state.processes.iter_mut().flat_map(|process| &mut process.passes).filter(|pass| !pass.current) {
        if pass.phase.call().is_none_or(|call| call.late) {
            pass.phase = Phase::Idle;
        }
    }
}

fn running(state: &mut State, process: usize, outlet: usize) -> Option<(&mut Pass, &mut Outlet)> {
    let State { processes, outlets, .. } = state;
    let process = &mut processes[process];
    (process.mode == Mode::Running).then_some((&mut process.passes[outlet], &mut outlets[outlet]))
}

fn fault(model: &Protocol, state: &mut State) -> bool {
    // Without a limit there is nothing to count.
    if let Some(limit) = model.world.faults {
        if state.faults >= limit {
            return false;
        }
        state.faults += 1;
    }
    !state.calm
}

/// Hold and read are one step: a pass that reads later, after a takeover, is refused all the same.
fn hold(model: &Protocol, state: &mut State, process: usize, outlet: usize) -> bool {
    let rules = model.rules;
    let robs = state.on(outlet).any(|(process, pass)| {
        process.mode == Mode::Running && pass.current && pass.phase != Phase::Idle && !state.outlets[outlet].until_past
    });
    let calm = state.calm;
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    let is_over = (!rules.until || row.until_past) && (!rules.calls_until || row.calls_until != CallsUntil::Ahead);
    let free = row.holder == Holder::Nobody || pass.current || rules.takeover && is_over;
    if pass.phase != Phase::Idle || !free || calm && row.served {
        return false;
    }
    let found = row.push.is_some() && rules.look_first;
    *row = Outlet {
        holder: Holder::Process,
        until_past: false,
        calls_until: CallsUntil::None,
        robbed: row.robbed | robs,
        ..*row
    };
    let phase = if found { Phase::Looking { own: false, recorded: true } } else { Phase::Ready };
    state.processes.iter_mut().for_each(|process| process.passes[outlet].current = false);
    state.processes[process].passes[outlet] = Pass { phase, current: true };
    true
}

/// A push ends in the database, or is forgotten there: whatever passes know of it is about none that is stored.
fn forget_push(state: &mut State, outlet: usize) {
    let row = &mut state.outlets[outlet];
    row.orphan |= row.push.is_some_and(|push| push.pending);
    row.push = None;
    for process in &mut state.processes {
        match &mut process.passes[outlet].phase {
            Phase::Looking { recorded, .. } => *recorded = false,
            phase => phase.call_mut().into_iter().for_each(|call| call.recorded = false),
        }
    }
}

fn begin(model: &Protocol, state: &mut State, process: usize, outlet: usize) -> bool {
    let calm = state.calm;
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    let accepted = pass.current || !model.rules.epoch_in_writes;
    if calm || !accepted || pass.phase != Phase::Ready || row.push.is_some() && model.rules.check_in_begin {
        return false;
    }
    row.until_past = false;
    forget_push(state, outlet);
    state.outlets[outlet].push = Some(Push { old: false, fenced: false, pending: false, shown: false });
    state.processes[process].passes[outlet].phase = Phase::Looking { own: true, recorded: true };
    true
}

fn fence(model: &Protocol, state: &mut State, process: usize, outlet: usize, kind: Kind) -> bool {
    let calm = state.calm;
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    let recorded = match (kind, pass.phase) {
        (Kind::Patch, Phase::Ready) => false,
        // Repetitions are made within 45 s, which is long before a push counts as lost.
        (Kind::Put, Phase::Looking { own: true, recorded }) if !row.push.is_some_and(|push| push.old) => recorded,
        _ => return false,
    };
    if calm || !pass.current && model.rules.epoch_in_writes {
        return false;
    }
    row.until_past = false;
    row.calls_until = CallsUntil::Ahead;
    if let Some(push) = row.push.as_mut().filter(|_| recorded && model.rules.ends_unsent) {
        push.fenced = true;
    }
    pass.phase = Phase::Committed(Call { kind, recorded, fenced: pass.current, late: false });
    true
}

fn read_answer(state: &mut State, process: usize, outlet: usize) -> bool {
    let Some((pass, _)) = running(state, process, outlet) else { return false };
    let Phase::Committed(call) = pass.phase else { return false };
    pass.phase = Phase::Answered(call);
    !call.late
}

fn first_byte(model: &Protocol, state: &mut State, process: usize, outlet: usize) -> bool {
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    let Phase::Answered(call) = pass.phase else { return false };
    pass.phase = Phase::Sending(call);
    match &mut row.push {
        _ if call.kind == Kind::Patch => {}
        Some(push) if call.recorded => push.pending |= !(push.shown && model.world.executes_once),
        _ => row.orphan = true,
    }
    !call.late
}

fn end_call(state: &mut State, process: usize, outlet: usize) -> bool {
    let Some((pass, _)) = running(state, process, outlet) else { return false };
    let Some(call) = pass.phase.call().copied() else { return false };
    pass.phase = match call.kind {
        Kind::Put => Phase::Looking { own: true, recorded: call.recorded },
        Kind::Patch => Phase::Ready,
    };
    true
}

fn break_off(model: &Protocol, state: &mut State, process: usize, outlet: usize) -> bool {
    let Some((pass, _)) = running(state, process, outlet) else { return false };
    let refused = !pass.current && model.rules.epoch_in_writes;
    let waits_for_database = matches!(pass.phase, Phase::Ready | Phase::Looking { .. } | Phase::Committed(_));
    pass.phase = Phase::Idle;
    // A call is ended first.
    waits_for_database && (refused || fault(model, state))
}

fn finish(model: &Protocol, state: &mut State, process: usize, outlet: usize) -> bool {
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    let accepted = pass.current || !model.rules.epoch_in_writes;
    let Phase::Looking { recorded: true, own } = pass.phase else { return false };
    let unsent = |push: Push| model.rules.ends_unsent && !push.fenced && !own;
    if !accepted || !row.push.is_some_and(|push| push.shown || push.old || unsent(push)) {
        return false;
    }
    row.until_past = false;
    pass.phase = Phase::Ready;
    forget_push(state, outlet);
    true
}

fn release(state: &mut State, process: usize, outlet: usize) -> bool {
    let calm = state.calm;
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    if !pass.current
        || !matches!(pass.phase, Phase::Ready | Phase::Looking { .. })
        || calm && pass.phase != Phase::Ready
    {
        return false;
    }
    *pass = Pass { phase: Phase::Idle, current: false };
    row.holder = Holder::Nobody;
    row.until_past = false;
    row.calls_until = CallsUntil::None;
    row.served = calm;
    true
}

fn prolong(state: &mut State, process: usize, outlet: usize) -> bool {
    let Some((pass, row)) = running(state, process, outlet) else { return false };
    row.until_past = false;
    pass.current && pass.phase != Phase::Idle
}

fn end_execution(state: &mut State, outlet: usize, shown: bool) -> bool {
    let Some(push) = state.outlets[outlet].push.as_mut().filter(|push| push.pending) else { return false };
    push.pending = false;
    push.shown |= shown;
    true
}

fn until_passes(model: &Protocol, state: &mut State, outlet: usize) -> bool {
    if state.outlets[outlet].holder == Holder::Nobody {
        return false;
    }
    state.outlets[outlet].until_past = true;
    let prolongs =
        |(process, pass): (&Process, &Pass)| process.mode == Mode::Running && pass.current && pass.phase != Phase::Idle;
    !state.on(outlet).any(prolongs) || fault(model, state)
}

/// Whether 120 s after the last fence can pass, and what they do to the calls of this outlet: 5 s for the answer and 90 s
/// for the call are over before, by every clock that runs.
fn let_pass(model: &Protocol, state: &mut State, outlet: usize) -> bool {
    let Protocol { rules, world } = model;
    for process in &mut state.processes {
        let mode = process.mode;
        let phase = &mut process.passes[outlet].phase;
        let (limited, brief, cut) = match phase {
            Phase::Committed(_) => (rules.answer_limit, world.brief_committed, false),
            Phase::Answered(_) => (rules.first_byte_limit, world.brief_answered, false),
            Phase::Sending(_) => (rules.call_limit, false, world.platform_hangs_up),
            _ => continue,
        };
        let Some(call) = phase.call_mut().filter(|call| !call.late) else { continue };
        match mode {
            Mode::Running if limited => return false,
            Mode::Stopped => call.late = limited,
            Mode::Frozen if brief => return false,
            Mode::Frozen => call.late = cut,
            _ => {}
        }
    }
    true
}

fn calls_until_passes(model: &Protocol, state: &mut State, outlet: usize) -> bool {
    let ahead = state.outlets[outlet].calls_until == CallsUntil::Ahead;
    state.outlets[outlet].calls_until = CallsUntil::Past;
    ahead && let_pass(model, state, outlet)
}

/// What the platform has got it has executed or dropped by then.
fn lost_limit_passes(model: &Protocol, state: &mut State, outlet: usize) -> bool {
    let row = &mut state.outlets[outlet];
    let Some(push) = row.push.as_mut().filter(|push| !push.old && !push.pending) else { return false };
    push.old = true;
    row.calls_until != CallsUntil::Ahead && let_pass(model, state, outlet)
}

fn halt(model: &Protocol, state: &mut State, process: usize, mode: Mode) -> bool {
    let was = state.processes[process].mode;
    state.processes[process].mode = mode;
    was == Mode::Running && fault(model, state)
}

fn go_on(state: &mut State, process: usize) -> bool {
    let mode = &mut state.processes[process].mode;
    let halted = matches!(mode, Mode::Stopped | Mode::Frozen);
    *mode = Mode::Running;
    halted
}

fn die(model: &Protocol, state: &mut State, process: usize) -> bool {
    let was = state.processes[process].mode;
    for (pass, row) in state.processes[process].passes.iter_mut().zip(&mut state.outlets) {
        if pass.current {
            row.holder = Holder::Gone;
        }
        *pass = Pass { phase: Phase::Idle, current: false };
    }
    state.processes[process].mode = Mode::Dead;
    // One that never goes on is as good as dead, calm or not.
    let never_goes_on = state.calm && was != Mode::Running;
    was != Mode::Dead && (never_goes_on || fault(model, state))
}

fn start(state: &mut State, process: usize) -> bool {
    // In a calm the living must do, as long as there are any.
    let none_lives = state.processes.iter().all(|process| process.mode == Mode::Dead);
    let dead = state.processes[process].mode == Mode::Dead;
    state.processes[process].mode = Mode::Running;
    dead && (!state.calm || none_lives)
}
