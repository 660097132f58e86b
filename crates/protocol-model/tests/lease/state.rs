//! What the database, the platform and the daemons know. Times are kept as "has passed or not", so that there are
//! finitely many states; `step::let_pass` says in which order they can pass.

pub(crate) const PROCESSES: usize = 3;
pub(crate) const OUTLETS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Mode {
    Running,
    /// Stopped (SIGSTOP); its clocks run.
    Stopped,
    /// Stopped, and its clocks stand still (a paused virtual machine).
    Frozen,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Put,
    Patch,
}

/// A call that changes something at the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Call {
    pub kind: Kind,
    /// Of a PUT: its push is the unfinished one of the database.
    pub recorded: bool,
    /// At the fence, holder and epoch were those of the row.
    pub fenced: bool,
    /// By the clock of the process, or because the platform hung up, there is no time left: it can only be given up.
    pub late: bool,
}

/// How far the pass of a process over an outlet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    Idle,
    /// Holds the lease and has read that no push is unfinished.
    Ready,
    /// Waits for an unfinished push to show; `own` was begun by this pass.
    Looking {
        own: bool,
        recorded: bool,
    },
    /// The fence is committed; the process has not read the answer.
    Committed(Call),
    /// The answer came in time; no byte is sent.
    Answered(Call),
    Sending(Call),
}

impl Phase {
    pub(crate) fn call(&self) -> Option<&Call> {
        match self {
            Self::Committed(call) | Self::Answered(call) | Self::Sending(call) => Some(call),
            _ => None,
        }
    }

    pub(crate) fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Self::Committed(call) | Self::Answered(call) | Self::Sending(call) => Some(call),
            _ => None,
        }
    }

    /// The call that may still put bytes on the wire.
    pub(crate) fn sends(&self) -> Option<&Call> {
        if let Self::Sending(call) = self { Some(call).filter(|call| !call.late) } else { None }
    }
}

/// What one process knows of one outlet. `current`: holder and epoch of the row are its own. Epochs only grow, so one
/// that is not the row's never is again, and this bit is all that the numbers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pass {
    pub phase: Phase,
    pub current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Process {
    pub mode: Mode,
    pub passes: [Pass; OUTLETS],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Holder {
    Nobody,
    /// The one with `current`.
    Process,
    /// A process that died.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum CallsUntil {
    None,
    Ahead,
    Past,
}

/// The unfinished push of the database, and what the platform does with its PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Push {
    /// 30 minutes have passed since the last fence, or since it began.
    pub old: bool,
    /// A fence for it was committed.
    pub fenced: bool,
    /// The platform has it and will execute or drop it.
    pub pending: bool,
    /// Live shows it.
    pub shown: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Outlet {
    pub holder: Holder,
    pub until_past: bool,
    pub calls_until: CallsUntil,
    pub push: Option<Push>,
    /// The platform will yet execute a PUT whose push is finished in the database.
    pub orphan: bool,
    /// A lease was taken from a living process that had prolonged it.
    pub robbed: bool,
    /// Held since the calm began, by a pass that ended with no push unfinished.
    pub served: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct State {
    pub processes: [Process; PROCESSES],
    pub outlets: [Outlet; OUTLETS],
    /// No fault happens any more and files are at rest; what goes on must end well.
    pub calm: bool,
    pub faults: u8,
}

impl State {
    pub(crate) fn first() -> Self {
        let pass = Pass { phase: Phase::Idle, current: false };
        let outlet = Outlet {
            holder: Holder::Nobody,
            until_past: false,
            calls_until: CallsUntil::None,
            push: None,
            orphan: false,
            robbed: false,
            served: false,
        };
        let process = Process { mode: Mode::Running, passes: [pass; OUTLETS] };
        Self { processes: [process; PROCESSES], outlets: [outlet; OUTLETS], calm: false, faults: 0 }
    }

    /// The one state that stands for all that differ from it in the names of processes and outlets alone.
    pub(crate) fn canonical(&self, outlets: usize) -> Self {
        let sorted = |mut state: Self| {
            state.processes.sort_unstable();
            state
        };
        if outlets == 1 {
            return sorted(*self);
        }
        let mut mirrored = *self;
        mirrored.outlets.reverse();
        mirrored.processes.iter_mut().for_each(|process| process.passes.reverse());
        sorted(*self).min(sorted(mirrored))
    }

    pub(crate) fn on(&self, outlet: usize) -> impl Iterator<Item = (&Process, &Pass)> {
        self.processes.iter().map(move |process| (process, &process.passes[outlet]))
    }
}
