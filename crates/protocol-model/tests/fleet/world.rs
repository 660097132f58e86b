//! The database as a queue in front of a few connections, and what is counted.

use std::{cmp::Reverse, collections::BinaryHeap};

/// In microseconds since the beginning.
pub(crate) type Time = u64;
pub(crate) const SECOND: Time = 1_000_000;

pub(crate) fn seconds(time: f64) -> Time {
    (time * SECOND as f64) as Time
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Hold,
    Release,
    Begin,
    Fence,
    Answered,
    Verified,
    Heartbeat,
    Prolong,
    Hint,
}

pub(crate) const OPS: [(Op, &str); 9] = [
    (Op::Hold, "take a lease"),
    (Op::Release, "release a lease"),
    (Op::Begin, "begin a push"),
    (Op::Fence, "fence"),
    (Op::Answered, "a push is answered"),
    (Op::Verified, "a push is verified"),
    (Op::Heartbeat, "heartbeat, members and hints read"),
    (Op::Prolong, "prolong all leases of a daemon"),
    (Op::Hint, "a hint for another daemon"),
];

pub(crate) struct Database {
    free_at: BinaryHeap<Reverse<Time>>,
    service: f64,
    slow: Option<(Time, Time, f64)>,
    pub counts: [u64; OPS.len()],
    per_second: Vec<u32>,
}

impl Database {
    pub(crate) fn new(connections: usize, service: f64, slow: Option<(Time, Time, f64)>) -> Self {
        let free_at = (0..connections).map(|_| Reverse(0)).collect();
        Self { free_at, service, slow, counts: [0; OPS.len()], per_second: Vec::new() }
    }

    /// When the operation is answered that is asked for now.
    pub(crate) fn answer_at(&mut self, now: Time, op: Op, random: &mut fastrand::Rng) -> Time {
        self.counts[op as usize] += 1;
        let second = (now / SECOND) as usize;
        self.per_second.resize(self.per_second.len().max(second + 1), 0);
        self.per_second[second] += 1;
        // Exponential, as a disk that is shared is.
        let mut takes = -self.service * (1.0 - random.f64()).ln();
        if let Some((from, to, factor)) = self.slow
            && (from..to).contains(&now)
        {
            takes *= factor;
        }
        // Each daemon has a connection of its own for what keeps it a member.
        if matches!(op, Op::Heartbeat | Op::Prolong) {
            return now + seconds(takes);
        }
        let Reverse(free) = self.free_at.pop().unwrap();
        let done = free.max(now) + seconds(takes);
        self.free_at.push(Reverse(done));
        done
    }

    pub(crate) fn peak(&self) -> u32 {
        self.per_second.iter().copied().max().unwrap_or(0)
    }
}

/// Durations, for their quantiles.
#[derive(Default)]
pub(crate) struct Durations(pub Vec<Time>);

impl Durations {
    pub(crate) fn quantile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let at = (self.0.len().saturating_sub(1) as f64 * share) as usize;
        self.0.get(at).map_or(0.0, |time| *time as f64 / SECOND as f64)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub outlets: u32,
    pub accounts: u32,
    pub daemons: u32,
    pub duration: Time,
    pub schedule: Time,
    /// Of one daemon.
    pub concurrency: u32,
    /// Of one account, for all daemons together.
    pub requests_per_second: f64,
    pub single_edits_per_second: f64,
    pub chain_edits_per_hour: f64,
    /// Each kills one daemon, which starts again 5 minutes later.
    pub deaths: u32,
    /// For a minute, transactions take so many times as long.
    pub slow: f64,
    /// A push without a fence was never sent, and ends when it is found; else it is looked for like any other.
    pub ends_unsent: bool,
    pub seed: u64,
}

/// What is printed in the end.
#[derive(Default)]
pub(crate) struct Figures {
    pub edit_to_put: [Durations; 2],
    pub edit_to_live: Durations,
    pub edit_to_seen: Durations,
    pub deaths: Vec<Death>,
    pub passes: u64,
    pub passes_late: u64,
    pub passes_due: u64,
    pub fences_refused: u64,
    pub holds_refused: u64,
    pub requests: u64,
    pub puts: u64,
    pub edits: u64,
    pub edits_superseded: u64,
    pub most_leases: usize,
    pub member_changes: u64,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Death {
    pub at: Time,
    pub moved: u32,
    /// Leases that the dead had.
    pub held: u32,
    /// Until the last of what moved had a living owner that knew.
    pub owned_after: Time,
    /// Until the last of its leases could be taken.
    pub free_after: Time,
    /// Until the last of them with an unfinished push was taken.
    pub taken_after: Time,
}
