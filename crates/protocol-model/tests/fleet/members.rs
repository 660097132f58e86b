//! Who is a member, and what moves when that changes.

use crate::{
    queues::{Daemon, Gate, Queue},
    rendezvous::owner,
    simulation::{Event, HEARTBEAT, Look, Simulation, Stage, View},
    world::{Death, SECOND, Time},
};

const DEAD_AFTER: Time = 12 * SECOND;
const LEASE: Time = 12 * SECOND;

impl Simulation {
    pub(crate) fn beaten(&mut self, daemon: u32) {
        self.daemons[daemon as usize].beat = self.now;
        self.at(self.now + HEARTBEAT, daemon, Event::Beat);
        let lives = |(_, daemon): &(usize, &Daemon)| self.now.saturating_sub(daemon.beat) <= DEAD_AFTER;
        let members: Vec<u32> =
            self.daemons.iter().enumerate().filter(lives).map(|(number, _)| number as u32).collect();
        if self.views[self.views.len() - 1].members != members {
            let owners = (0..self.config.outlets).map(|outlet| owner(&members, outlet)).collect();
            self.views.push(View { members, owners });
            self.figures.member_changes += 1;
        }
        let (old, new) = (self.daemons[daemon as usize].view, self.views.len() - 1);
        if old != new {
            self.daemons[daemon as usize].view = new;
            self.take_over(daemon, old, new);
        }
    }

    /// Looks at what others left undone, of what is its own now.
    fn take_over(&mut self, daemon: u32, old: usize, new: usize) {
        let mut gained = 0;
        for outlet in 0..self.config.outlets {
            if self.views[new].owners[outlet as usize] != daemon {
                continue;
            }
            gained += u32::from(self.views[old].owners[outlet as usize] != daemon);
            let row = &self.outlets[outlet as usize];
            if row.edited.is_some() || row.due.is_some() || row.push.is_some() {
                self.want(outlet);
            }
        }
        if let Some(death) = self.figures.deaths.last_mut()
            && gained > 0
            && self.now - death.at < 60 * SECOND
        {
            death.moved += gained;
            death.owned_after = self.now - death.at;
        }
        // Views that nobody has any more.
        let oldest = self.daemons.iter().filter(|daemon| daemon.alive).map(|daemon| daemon.view).min().unwrap_or(new);
        self.views[..oldest].iter_mut().for_each(|view| view.owners = Vec::new());
    }

    pub(crate) fn dies(&mut self, daemon: u32) {
        let now = self.now;
        let prolonged = now - self.random.u64(0..HEARTBEAT).min(now);
        let dead = &mut self.daemons[daemon as usize];
        dead.alive = false;
        dead.process += 1;
        dead.busy = 0;
        dead.leases = 0;
        dead.ready = Queue::default();
        dead.gates.iter_mut().for_each(|gate| *gate = Gate::default());
        let mut death = Death { at: now, ..Death::default() };
        for row in &mut self.outlets {
            if row.holder == daemon {
                death.held += 1;
                row.held_until = prolonged + LEASE;
                // Until the end of a call that has not been answered.
                if row.calls > 0 {
                    row.held_until = row.held_until.max(row.calls_until);
                }
                row.calls = 0;
                death.free_after = death.free_after.max(row.held_until - now);
                row.push.iter_mut().for_each(|push| push.look = Look::None);
            }
            if row.stage == (Stage::Passing { daemon }) || row.stage == (Stage::Queued { daemon }) {
                row.stage = Stage::Idle;
            }
        }
        self.figures.deaths.push(death);
        self.at(now + 300 * SECOND, daemon, Event::Starts);
    }

    pub(crate) fn starts(&mut self, daemon: u32) {
        let view = self.views.len() - 1;
        let new = &mut self.daemons[daemon as usize];
        new.alive = true;
        new.view = view;
        self.at(self.now, daemon, Event::Beat);
    }
}
