//! What a daemon has to ask the platform for, and when it may: the pace of an account, its own places; files before schedule.

use std::collections::VecDeque;

use crate::world::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The fetch that a pass begins with.
    Look,
    Put,
    /// A fetch to see whether a push has arrived.
    Verify,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub outlet: u32,
    pub kind: Kind,
    pub urgent: bool,
}

#[derive(Default)]
pub(crate) struct Queue {
    urgent: VecDeque<Job>,
    regular: VecDeque<Job>,
}

impl Queue {
    pub(crate) fn push(&mut self, job: Job) {
        if job.urgent { self.urgent.push_back(job) } else { self.regular.push_back(job) }
    }

    pub(crate) fn pop(&mut self) -> Option<Job> {
        self.urgent.pop_front().or_else(|| self.regular.pop_front())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.regular.is_empty()
    }
}

/// The share that a daemon has of the pace of one account.
#[derive(Default)]
pub(crate) struct Gate {
    pub queue: Queue,
    pub next: Time,
    pub armed: bool,
}

#[derive(Default)]
pub(crate) struct Daemon {
    pub alive: bool,
    /// Which process of this daemon it is: what is about an earlier one is void.
    pub process: u32,
    pub beat: Time,
    /// The assignment that it knows.
    pub view: usize,
    pub busy: u32,
    pub ready: Queue,
    /// By account.
    pub gates: Vec<Gate>,
    pub leases: usize,
}
