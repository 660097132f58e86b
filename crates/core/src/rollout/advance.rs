//! When a rollout goes on.

use std::time::Duration;

use jiff::Timestamp;

/// How far a rollout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The wave that is open, counted from 1, with all before it; 0: none is.
    pub wave: usize,
    /// How many there are; 0: not known before all outlets were looked at.
    pub waves: usize,
    /// When the next one may open, once this one is over.
    pub baking_until: Option<Timestamp>,
    /// It was stopped.
    pub stopped: bool,
    /// All have had their turn.
    pub ended: bool,
}

impl Head {
    /// How far it will be once somebody looks at `now`.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self.baking_until {
            Some(until) if until <= now && !self.stopped => Self { wave: self.wave + 1, baking_until: None, ..self },
            _ => self,
        }
    }
}

/// What its members tell, as whether there is one of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// One that was not looked at yet.
    pub awaited: bool,
    /// One of the open wave that has not had its turn, or whose push is on its way.
    pub under_way: bool,
    /// One of the open wave that had its turn and was not sent.
    pub missed: bool,
    /// One of the open wave that was seen to be as the files want it.
    pub seen: bool,
    /// The same of any wave.
    pub any_seen: bool,
    /// One of a later wave that was not seen.
    pub left: bool,
    /// One of any wave, or of none yet, that was not seen.
    pub unseen: bool,
}

/// What happens to a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// Waves are made of all members that are left, and the first opens.
    MakeWaves,
    /// The wave is over; the next one waits until then.
    Bake(Timestamp),
    /// This wave opens.
    Open(usize),
    /// Nobody is left.
    End,
}

/// Whether a rollout goes on. Nothing of a wave opens a later one but that somebody was seen; a wave of which nobody was
/// seen waits.
pub fn advance(head: Head, evidence: Evidence, bake: Duration, now: Timestamp) -> Option<Advance> {
    if head.ended {
        return None;
    }
    if head.stopped {
        // A person has let the last ones go in spite of it: nobody is held any more.
        return (!evidence.unseen).then_some(Advance::End);
    }
    if head.waves == 0 {
        return (!evidence.awaited).then_some(Advance::MakeWaves);
    }
    let baked = now.saturating_add(bake).unwrap_or(Timestamp::MAX);
    if let Some(until) = head.baking_until {
        return match until {
            until if until <= now => Some(Advance::Open(head.wave + 1)),
            // It was worked out by a clock that was ahead.
            until if until > baked => Some(Advance::Bake(baked)),
            _ => None,
        };
    }
    if evidence.under_way {
        return None;
    }
    match (evidence.seen, evidence.missed) {
        _ if is_last(head, evidence) => Some(Advance::End),
        (false, true) => None,
        // All of them turned out to have nothing to send, and nobody was sent anything before: nothing was tried yet.
        (false, false) if !evidence.any_seen => Some(Advance::MakeWaves),
        _ if bake.is_zero() => Some(Advance::Open(head.wave + 1)),
        _ => Some(Advance::Bake(baked)),
    }
}

fn is_last(head: Head, evidence: Evidence) -> bool {
    head.wave >= head.waves || !evidence.left
}

/// Whether nobody of the open wave could be sent: the others wait until a person has done something about one of it.
pub fn is_stuck(head: Head, evidence: Evidence) -> bool {
    let is_open = head.wave > 0 && head.baking_until.is_none() && !head.stopped && !head.ended;
    let was_nobody_seen = evidence.missed && !evidence.seen && !evidence.under_way;
    is_open && was_nobody_seen && !is_last(head, evidence)
}
