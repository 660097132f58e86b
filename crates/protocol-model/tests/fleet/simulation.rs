//! Events in the order of their time, over all outlets and daemons.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    queues::{Daemon, Gate, Job, Kind},
    rendezvous::owner,
    world::{Config, Database, Figures, Op, SECOND, Time, seconds},
};

pub(crate) const HEARTBEAT: Time = 3 * SECOND;
const CALLS_UNTIL: Time = 120 * SECOND;
const ANSWER_LIMIT: Time = 5 * SECOND;
const LOST_AFTER: Time = 1_800 * SECOND;
const JITTER: f64 = 30.0;
pub(crate) const NOBODY: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Held,
    Begun,
    Fenced { asked: Time },
    Answered,
    Verified,
    Released,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    Beat,
    Beaten,
    GateOpens { account: u32 },
    Stored { outlet: u32, step: Step, urgent: bool },
    Called { outlet: u32, put: bool, verify: bool },
    LookAgain { outlet: u32, push: u32, urgent: bool },
    Retry { outlet: u32 },
    Due { outlet: u32 },
    Noticed { outlet: u32 },
    Shows { outlet: u32, push: u32 },
    Tick,
    SingleEdit,
    ChainEdit,
    Dies,
    Starts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Idle,
    Queued { daemon: u32 },
    Passing { daemon: u32 },
}

pub(crate) struct Push {
    pub begun: Time,
    pub edited: Time,
    pub chain: bool,
    pub shown: bool,
    pub sent: bool,
    pub looks: u32,
    pub look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    None,
    Queued,
    /// Under way, or it has seen the push.
    Made,
}

pub(crate) struct Outlet {
    pub stage: Stage,
    /// The files ask for a push since then.
    pub edited: Option<(Time, bool)>,
    pub due: Option<Time>,
    pub push: Option<Push>,
    pub pushes: u32,
    pub holder: u32,
    /// Of the lease of a dead process: when another may take it.
    pub held_until: Time,
    pub calls_until: Time,
    /// Daemons with a call under way: never more than one.
    pub calls: u32,
}

/// When, its number (so that none is equal to another), of which daemon, of which process of it, what.
type Appointment = (Time, u64, u32, u32, Event);

/// The members of one time, and who of them owns each outlet.
pub(crate) struct View {
    pub members: Vec<u32>,
    pub owners: Vec<u32>,
}

pub(crate) struct Simulation {
    pub config: Config,
    pub random: fastrand::Rng,
    pub now: Time,
    events: BinaryHeap<Reverse<Appointment>>,
    number: u64,
    pub database: Database,
    pub daemons: Vec<Daemon>,
    pub outlets: Vec<Outlet>,
    accounts: Vec<u32>,
    /// The last is the current one.
    pub views: Vec<View>,
    pub figures: Figures,
}

/// A third of the outlets are of the hundredth part of the accounts, a third of the next tenth.
fn account_of(outlet: u32, config: &Config) -> u32 {
    let (large, middle) = (config.accounts.div_ceil(100), config.accounts.div_ceil(10));
    match outlet % 3 {
        0 => (outlet / 3) % large,
        1 => large + (outlet / 3) % middle,
        _ => large + middle + (outlet / 3) % (config.accounts - large - middle),
    }
}

impl Simulation {
    pub(crate) fn new(config: Config) -> Self {
        let slow = Some((config.duration * 3 / 4, config.duration * 3 / 4 + 60 * SECOND, config.slow));
        let members: Vec<u32> = (0..config.daemons).collect();
        let owners = (0..config.outlets).map(|outlet| owner(&members, outlet)).collect();
        let outlet = |_| Outlet {
            stage: Stage::Idle,
            edited: None,
            due: None,
            push: None,
            pushes: 0,
            holder: NOBODY,
            held_until: 0,
            calls_until: 0,
            calls: 0,
        };
        let daemon = |_| Daemon {
            alive: true,
            gates: (0..config.accounts).map(|_| Gate::default()).collect(),
            ..Daemon::default()
        };
        let mut simulation = Self {
            config,
            random: fastrand::Rng::with_seed(config.seed),
            now: 0,
            events: BinaryHeap::new(),
            number: 0,
            // 3 ms for a transaction with a commit.
            database: Database::new(32, 0.003, slow),
            daemons: members.iter().map(daemon).collect(),
            outlets: (0..config.outlets).map(outlet).collect(),
            accounts: (0..config.outlets).map(|outlet| account_of(outlet, &config)).collect(),
            views: vec![View { members, owners }],
            figures: Figures::default(),
        };
        simulation.begin();
        simulation
    }

    fn begin(&mut self) {
        for daemon in 0..self.config.daemons {
            let at = self.random.u64(0..HEARTBEAT);
            self.at(at, daemon, Event::Beat);
        }
        self.at(0, 0, Event::Tick);
        self.at(0, 0, Event::SingleEdit);
        self.at(0, 0, Event::ChainEdit);
        for death in 0..self.config.deaths {
            let part = self.config.duration / u64::from(self.config.deaths + 2);
            // Between two times of the schedule, which would find by itself what the dead have left.
            let at = part * u64::from(death + 1) / self.config.schedule * self.config.schedule + 200 * SECOND;
            self.at(at, death % self.config.daemons, Event::Dies);
        }
    }

    pub(crate) fn run(&mut self) {
        while let Some(Reverse((time, _, daemon, process, event))) = self.events.pop() {
            if time > self.config.duration {
                break;
            }
            self.now = time;
            let is_void = self.daemons[daemon as usize].process != process;
            let of_world = matches!(
                event,
                Event::Due { .. }
                    | Event::Noticed { .. }
                    | Event::Shows { .. }
                    | Event::Tick
                    | Event::SingleEdit
                    | Event::ChainEdit
                    | Event::Starts
                    | Event::Dies
            );
            if of_world || !is_void {
                self.happen(daemon, event);
            }
        }
    }

    pub(crate) fn at(&mut self, time: Time, daemon: u32, event: Event) {
        self.number += 1;
        let process = self.daemons[daemon as usize].process;
        self.events.push(Reverse((time, self.number, daemon, process, event)));
    }

    fn store(&mut self, daemon: u32, op: Op, outlet: u32, step: Step, urgent: bool) {
        let at = self.database.answer_at(self.now, op, &mut self.random);
        self.at(at, daemon, Event::Stored { outlet, step, urgent });
    }

    fn happen(&mut self, daemon: u32, event: Event) {
        match event {
            Event::Beat => {
                let at = self.database.answer_at(self.now, Op::Heartbeat, &mut self.random);
                if self.daemons[daemon as usize].leases > 0 {
                    self.database.answer_at(self.now, Op::Prolong, &mut self.random);
                }
                self.at(at, daemon, Event::Beaten);
            }
            Event::Beaten => self.beaten(daemon),
            Event::GateOpens { account } => self.gate_opens(daemon, account),
            Event::Stored { outlet, step, urgent } => self.stored(daemon, outlet, step, urgent),
            Event::Called { outlet, put, verify } => self.called(daemon, outlet, put, verify),
            Event::LookAgain { outlet, push, urgent } => {
                let row = &mut self.outlets[outlet as usize];
                let current = row.stage == Stage::Passing { daemon } && row.pushes == push;
                // A hint does not wait where a look waits for its turn.
                let asks = |push: &&mut Push| push.look == Look::None || urgent && push.look == Look::Queued;
                if let Some(push) = row.push.as_mut().filter(|push| current && asks(push)) {
                    push.look = Look::Queued;
                    self.ask(daemon, Job { outlet, kind: Kind::Verify, urgent });
                }
            }
            Event::Retry { outlet } => self.want(outlet),
            Event::Due { outlet } => {
                self.figures.passes_due += 1;
                let missed = self.outlets[outlet as usize].due.replace(self.now).is_some();
                self.figures.passes_late += u64::from(missed);
                self.want(outlet);
            }
            Event::Noticed { outlet } => self.want(outlet),
            Event::Shows { outlet, push } => self.shows(outlet, push),
            Event::Tick => self.tick(),
            Event::SingleEdit => {
                let outlet = self.random.u32(0..self.config.outlets);
                self.edit(outlet, false);
                let next = -(1.0 - self.random.f64()).ln() / self.config.single_edits_per_second;
                self.at(self.now + seconds(next), 0, Event::SingleEdit);
            }
            Event::ChainEdit => self.chain_edit(),
            Event::Dies => self.dies(daemon),
            Event::Starts => self.starts(daemon),
        }
    }

    /// The times of a cron line: all outlets at once, but for the jitter.
    fn tick(&mut self) {
        for outlet in 0..self.config.outlets {
            let at = self.now + seconds(self.random.f64() * JITTER);
            self.at(at, 0, Event::Due { outlet });
        }
        self.at(self.now + self.config.schedule, 0, Event::Tick);
    }

    fn chain_edit(&mut self) {
        let chain = self.random.u32(0..self.config.accounts.div_ceil(100));
        let outlets: Vec<u32> =
            (0..self.config.outlets).filter(|outlet| self.accounts[*outlet as usize] == chain).take(300).collect();
        for outlet in outlets {
            self.edit(outlet, true);
        }
        let next = -(1.0 - self.random.f64()).ln() / self.config.chain_edits_per_hour;
        self.at(self.now + seconds(next * 3600.0), 0, Event::ChainEdit);
    }

    fn edit(&mut self, outlet: u32, chain: bool) {
        self.figures.edits += 1;
        let edited = &mut self.outlets[outlet as usize].edited;
        self.figures.edits_superseded += u64::from(edited.is_some());
        // The oldest counts: it waits for longest.
        edited.get_or_insert((self.now, chain));
        let at = self.now + seconds(0.2 + 0.8 * self.random.f64());
        self.at(at, 0, Event::Noticed { outlet });
    }

    /// Makes the owner look, unless it does so already.
    pub(crate) fn want(&mut self, outlet: u32) {
        let View { members, owners } = &self.views[self.views.len() - 1];
        let (owner, view) = (owners[outlet as usize], self.views.len() - 1);
        debug_assert!(members.contains(&owner));
        // One that does not know yet what it owns looks when it learns of it.
        let daemon = &self.daemons[owner as usize];
        let row = &self.outlets[outlet as usize];
        let urgent = row.edited.is_some() || row.push.is_some();
        let known = daemon.alive && daemon.view == view;
        // From the queue of a former owner, or to the front.
        let moves = matches!(row.stage, Stage::Queued { daemon } if daemon != owner || urgent);
        if known && (moves || row.stage == Stage::Idle) {
            self.outlets[outlet as usize].stage = Stage::Queued { daemon: owner };
            self.ask(owner, Job { outlet, kind: Kind::Look, urgent });
        }
    }

    fn ask(&mut self, daemon: u32, job: Job) {
        let account = self.accounts[job.outlet as usize];
        let gate = &mut self.daemons[daemon as usize].gates[account as usize];
        gate.queue.push(job);
        if !gate.armed {
            gate.armed = true;
            let at = gate.next.max(self.now);
            self.at(at, daemon, Event::GateOpens { account });
        }
    }

    fn gate_opens(&mut self, daemon: u32, account: u32) {
        let members = self.views[self.daemons[daemon as usize].view].members.len();
        let pause = seconds(members as f64 / self.config.requests_per_second);
        let Daemon { gates, ready, .. } = &mut self.daemons[daemon as usize];
        let gate = &mut gates[account as usize];
        // A job that is void by now costs nothing.
        let is_void =
            |job: &Job| job.kind == Kind::Look && self.outlets[job.outlet as usize].stage != Stage::Queued { daemon };
        let job = std::iter::from_fn(|| gate.queue.pop()).find(|job| !is_void(job));
        if let Some(job) = job {
            ready.push(job);
            gate.next = self.now + pause;
        }
        gate.armed = !gate.queue.is_empty();
        if gate.armed {
            let at = gate.next;
            self.at(at, daemon, Event::GateOpens { account });
        }
        self.dispatch(daemon);
    }

    fn dispatch(&mut self, daemon: u32) {
        while self.daemons[daemon as usize].busy < self.config.concurrency {
            let Some(job) = self.daemons[daemon as usize].ready.pop() else { return };
            let Job { outlet, kind, urgent } = job;
            let stage = self.outlets[outlet as usize].stage;
            match kind {
                Kind::Look if stage == (Stage::Queued { daemon }) => {
                    let view = &self.views[self.daemons[daemon as usize].view];
                    if view.owners[outlet as usize] != daemon {
                        self.outlets[outlet as usize].stage = Stage::Idle;
                        self.want(outlet);
                        continue;
                    }
                    self.outlets[outlet as usize].stage = Stage::Passing { daemon };
                    self.daemons[daemon as usize].busy += 1;
                    self.store(daemon, Op::Hold, outlet, Step::Held, urgent);
                }
                Kind::Put if stage == (Stage::Passing { daemon }) => {
                    self.daemons[daemon as usize].busy += 1;
                    self.store(daemon, Op::Fence, outlet, Step::Fenced { asked: self.now }, urgent);
                }
                Kind::Verify if stage == (Stage::Passing { daemon }) => {
                    let push = self.outlets[outlet as usize].push.as_mut();
                    let Some(push) = push.filter(|push| push.look == Look::Queued) else { continue };
                    push.look = Look::Made;
                    self.daemons[daemon as usize].busy += 1;
                    self.call(daemon, outlet, false, true);
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, daemon: u32, outlet: u32, put: bool, verify: bool) {
        self.figures.requests += 1;
        self.figures.puts += u64::from(put);
        let row = &mut self.outlets[outlet as usize];
        assert_eq!(row.holder, daemon, "only the holder asks for outlet {outlet}");
        row.calls += u32::from(put);
        assert!(row.calls <= 1, "two PUTs of outlet {outlet}");
        let at = self.now + seconds(0.2 + 1.8 * self.random.f64());
        self.at(at, daemon, Event::Called { outlet, put, verify });
    }

    fn stored(&mut self, daemon: u32, outlet: u32, step: Step, urgent: bool) {
        let now = self.now;
        let row = &mut self.outlets[outlet as usize];
        match step {
            Step::Held => self.held(daemon, outlet),
            Step::Begun => {
                let Some((edited, chain)) = row.edited.take() else { return self.release(daemon, outlet) };
                assert!(row.push.is_none(), "a push of outlet {outlet} is unfinished");
                row.push =
                    Some(Push { begun: now, edited, chain, shown: false, sent: false, looks: 0, look: Look::None });
                row.pushes += 1;
                self.ask(daemon, Job { outlet, kind: Kind::Put, urgent: true });
            }
            Step::Fenced { asked } if now - asked > ANSWER_LIMIT => {
                self.figures.fences_refused += 1;
                self.daemons[daemon as usize].busy -= 1;
                // The next try is a pause away; the push stays begun.
                self.ask(daemon, Job { outlet, kind: Kind::Put, urgent });
                self.dispatch(daemon);
            }
            Step::Fenced { .. } => self.fenced(daemon, outlet),
            Step::Answered => {
                let push = row.pushes;
                self.at(now + 15 * SECOND, daemon, Event::LookAgain { outlet, push, urgent: false });
            }
            Step::Verified => {
                if let Some(push) = row.push.take() {
                    self.figures.edit_to_seen.0.push(now - push.edited);
                }
                self.go_on(daemon, outlet);
            }
            Step::Released => {}
        }
    }

    fn held(&mut self, daemon: u32, outlet: u32) {
        let now = self.now;
        let row = &mut self.outlets[outlet as usize];
        if row.holder != NOBODY && row.held_until > now {
            self.figures.holds_refused += 1;
            row.stage = Stage::Idle;
            self.daemons[daemon as usize].busy -= 1;
            self.at(now + 2 * SECOND, daemon, Event::Retry { outlet });
            return self.dispatch(daemon);
        }
        if row.holder != NOBODY
            && row.push.is_some()
            && let Some(death) = self.figures.deaths.last_mut()
        {
            death.taken_after = death.taken_after.max(now - death.at);
        }
        row.holder = daemon;
        row.held_until = Time::MAX;
        self.daemons[daemon as usize].leases += 1;
        let leases = self.daemons[daemon as usize].leases;
        self.figures.most_leases = self.figures.most_leases.max(leases);
        self.call(daemon, outlet, false, false);
    }

    fn fenced(&mut self, daemon: u32, outlet: u32) {
        let now = self.now;
        let row = &mut self.outlets[outlet as usize];
        row.calls_until = now + CALLS_UNTIL;
        let push = row.push.as_mut().unwrap();
        self.figures.edit_to_put[usize::from(push.chain)].0.push(now - push.edited);
        push.sent = true;
        let shows = now + seconds(60.0 + 240.0 * self.random.f64());
        let push = row.pushes;
        self.at(shows, daemon, Event::Shows { outlet, push });
        self.call(daemon, outlet, true, false);
    }

    fn called(&mut self, daemon: u32, outlet: u32, put: bool, verify: bool) {
        self.daemons[daemon as usize].busy -= 1;
        let now = self.now;
        let row = &mut self.outlets[outlet as usize];
        if put {
            row.calls -= 1;
            self.store(daemon, Op::Answered, outlet, Step::Answered, true);
        } else if let Some(push) = row.push.as_mut().filter(|push| push.shown) {
            push.look = Look::Made;
            self.store(daemon, Op::Verified, outlet, Step::Verified, true);
        } else if let Some(push) = &mut row.push {
            push.looks += 1;
            push.look = Look::None;
            let pause = (15 * SECOND) << push.looks.min(2);
            let number = row.pushes;
            // Begun by a process that died before it sent it.
            if !push.sent && (self.config.ends_unsent || now - push.begun > LOST_AFTER) {
                self.figures.edits_superseded += u64::from(row.edited.is_some());
                // The older of both waits for longest.
                row.edited = Some((push.edited, push.chain));
                row.push = None;
                self.store(daemon, Op::Verified, outlet, Step::Verified, true);
            } else {
                self.at(now + pause, daemon, Event::LookAgain { outlet, push: number, urgent: false });
            }
        } else {
            self.go_on(daemon, outlet);
        }
        if !put && !verify {
            self.figures.passes += 1;
            self.outlets[outlet as usize].due = None;
        }
        self.dispatch(daemon);
    }

    /// Nothing is on its way: pushes what was edited, or ends the pass.
    fn go_on(&mut self, daemon: u32, outlet: u32) {
        if self.outlets[outlet as usize].edited.is_some() {
            self.store(daemon, Op::Begin, outlet, Step::Begun, true);
        } else {
            self.release(daemon, outlet);
        }
    }

    fn release(&mut self, daemon: u32, outlet: u32) {
        let row = &mut self.outlets[outlet as usize];
        row.holder = NOBODY;
        row.stage = Stage::Idle;
        self.daemons[daemon as usize].leases -= 1;
        self.store(daemon, Op::Release, outlet, Step::Released, false);
    }

    fn shows(&mut self, outlet: u32, number: u32) {
        let row = &mut self.outlets[outlet as usize];
        let Some(push) = row.push.as_mut().filter(|push| number == row.pushes && !push.shown) else { return };
        push.shown = true;
        let edited = push.edited;
        self.figures.edit_to_live.0.push(self.now - edited);
        // GoFood tells one member of it, which tells the holder by the database; that reads hints with its heartbeat.
        let Stage::Passing { daemon } = row.stage else { return };
        let told = self.random.u32(0..self.config.daemons);
        let mut at = self.now + seconds(1.0 + 4.0 * self.random.f64());
        if told != daemon {
            at = self.database.answer_at(self.now, Op::Hint, &mut self.random) + seconds(3.0 * self.random.f64());
        }
        self.at(at, daemon, Event::LookAgain { outlet, push: number, urgent: true });
    }

    /// Edits that are not sent, and began to wait before `since`.
    pub(crate) fn waiting(&self, since: Time) -> u64 {
        let unsent = |push: &&Push| !push.sent && push.edited < since;
        let waits = |row: &Outlet| {
            u64::from(row.edited.is_some_and(|(at, _)| at < since))
                + u64::from(row.push.as_ref().filter(unsent).is_some())
        };
        self.outlets.iter().map(waits).sum()
    }
}
