//! Rounds: the passes that one reason started. When the last of them has ended, the log says in one line how each ended and
//! how long it took; a round in which nothing was new is said to those only who ask for more.

use std::{collections::BTreeMap, fmt, time::Duration};

use jiff::Timestamp;

use crate::sync::{OutletState, PassResult};

/// Why a round began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Start,
    Schedule,
    Files,
    /// A dated layer began or ended.
    Layer,
    /// A failed outlet is tried again, or a window has opened.
    Due,
    /// The platform sent an event.
    Event,
    /// A switch of stock ends.
    Stock,
    /// A wave of a rollout opens.
    Wave,
    /// They were another daemon's.
    Members,
    Reload,
    Signal,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Schedule => "schedule",
            Self::Files => "files",
            Self::Layer => "layer",
            Self::Due => "due",
            Self::Event => "event",
            Self::Stock => "stock",
            Self::Wave => "wave",
            Self::Members => "members",
            Self::Reload => "reload",
            Self::Signal => "signal",
        }
    }
}

/// How soon a pass begins among those that wait: the first of these goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Something has happened at this outlet, or its stock is to be switched back now.
    Event,
    /// What it sells is to change.
    Files,
    /// A person waits for it.
    Asked,
    /// A time of its own has come.
    Due,
    /// It is looked at now and then.
    Schedule,
}

impl Cause {
    pub(super) fn urgency(self) -> Urgency {
        match self {
            Self::Event | Self::Stock => Urgency::Event,
            Self::Files | Self::Wave => Urgency::Files,
            Self::Reload | Self::Signal => Urgency::Asked,
            Self::Layer | Self::Due | Self::Members => Urgency::Due,
            Self::Start | Self::Schedule => Urgency::Schedule,
        }
    }

    /// Whether somebody asked for it, by starting it for instance, who wants to know that it began and that it is over.
    fn is_asked_for(self) -> bool {
        matches!(self, Self::Start | Self::Reload | Self::Signal)
    }
}

/// The rounds that have not ended.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    begun: u64,
    open: BTreeMap<u64, Round>,
    /// What the last one of the schedule took until its last outlet was begun.
    measured: Option<Duration>,
}

#[derive(Debug)]
struct Round {
    cause: Cause,
    began: Timestamp,
    revision: Option<String>,
    /// Passes that have not ended, and one more while passes are still added.
    left: usize,
    /// Of these, the ones that have not begun.
    waiting: usize,
    /// Whether all were begun once; who is passed over again after a pass under way is not what the round took.
    is_through: bool,
    ended: Ended,
}

/// How its passes ended.
#[derive(Debug, Default)]
struct Ended {
    by_result: BTreeMap<&'static str, usize>,
    news: bool,
}

impl Rounds {
    /// A new round, numbered from 1. It stays open until [`Self::leave`] was called once more than [`Self::join`].
    pub(super) fn open(&mut self, cause: Cause, revision: Option<String>, now: Timestamp) -> u64 {
        self.begun += 1;
        let ended = Ended::default();
        let round = Round { cause, began: now, revision, left: 1, waiting: 0, is_through: false, ended };
        self.open.insert(self.begun, round);
        self.begun
    }

    /// Why it began; `None` once it has ended.
    pub(super) fn cause(&self, number: u64) -> Option<Cause> {
        self.open.get(&number).map(|round| round.cause)
    }

    /// A pass belongs to it.
    pub(super) fn join(&mut self, number: u64) {
        if let Some(round) = self.open.get_mut(&number) {
            round.left += 1;
        }
    }

    /// A pass that belongs to it waits for a slot.
    pub(super) fn wait(&mut self, number: u64) {
        if let Some(round) = self.open.get_mut(&number) {
            round.waiting += 1;
        }
    }

    /// A pass that waited does so no more: it begins, or another round has it.
    pub(super) fn waited(&mut self, number: u64, now: Timestamp) {
        let Some(round) = self.open.get_mut(&number) else { return };
        round.waiting -= 1;
        if round.waiting > 0 || std::mem::replace(&mut round.is_through, true) {
            return;
        }
        if round.cause == Cause::Schedule {
            self.measured = Duration::try_from(now.duration_since(round.began)).ok();
        }
    }

    /// Nobody of it waits any more, as nothing is passed over.
    pub(super) fn give_up(&mut self, number: u64) {
        if let Some(round) = self.open.get_mut(&number) {
            (round.waiting, round.is_through) = (0, true);
        }
    }

    /// What the last round of the schedule took until its last outlet was begun; what one takes that is not through yet, if
    /// that is more.
    pub(super) fn measured(&self, now: Timestamp) -> Option<Duration> {
        let open =
            self.open.values().filter(|round| round.cause == Cause::Schedule && round.waiting > 0 && !round.is_through);
        let open = open.filter_map(|round| Duration::try_from(now.duration_since(round.began)).ok());
        open.chain(self.measured).max()
    }

    /// All that belong to it have joined.
    pub(super) fn tell_begun(&self, number: u64) {
        let Some(round) = self.open.get(&number).filter(|round| round.left > 1) else { return };
        let (cause, revision, outlets) = (round.cause.as_str(), round.revision.as_deref(), round.left - 1);
        if round.cause.is_asked_for() {
            tracing::info!(pass = number, revision, cause, outlets, "pass began");
        } else {
            tracing::debug!(pass = number, revision, cause, outlets, "pass began");
        }
    }

    /// A pass of it ended; `invalid`: the files of its outlet are.
    pub(super) fn ended(&mut self, number: u64, result: PassResult, invalid: bool, news: bool, now: Timestamp) {
        if let Some(round) = self.open.get_mut(&number) {
            // Of what is left out nothing was looked at that could be unchanged.
            let word = if invalid { OutletState::Invalid.as_str() } else { result.as_str() };
            *round.ended.by_result.entry(word).or_default() += 1;
            round.ended.news |= news;
        }
        self.leave(number, now);
    }

    /// A pass of it is not waited for any more; the last one closes the round.
    pub(super) fn leave(&mut self, number: u64, now: Timestamp) {
        let Some(round) = self.open.get_mut(&number) else { return };
        round.left -= 1;
        if round.left == 0 {
            round.tell(number, now);
            self.open.remove(&number);
        }
    }
}

impl Round {
    fn tell(&self, pass: u64, now: Timestamp) {
        let outlets: usize = self.ended.by_result.values().sum();
        if outlets == 0 {
            return;
        }
        let (cause, ended, revision) = (self.cause.as_str(), &self.ended, self.revision.as_deref());
        let seconds = now.duration_since(self.began).as_millis() as f64 / 1000.0;
        if ended.news || self.cause.is_asked_for() {
            tracing::info!(pass, revision, cause, outlets, %ended, seconds, "pass ended");
        } else {
            tracing::debug!(pass, revision, cause, outlets, %ended, seconds, "pass ended");
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (result, count)) in self.by_result.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(out, "{comma}{count} {result}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_round_is_measured_until_its_last_outlet_was_begun_once() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let seconds = |rounds: &Rounds, now| rounds.measured(at(now)).map(|took| took.as_secs());
        let mut rounds = Rounds::default();
        let number = rounds.open(Cause::Schedule, None, at(0));
        (0..3).for_each(|_| rounds.join(number));
        (0..2).for_each(|_| rounds.wait(number));
        rounds.waited(number, at(10));
        assert_eq!(seconds(&rounds, 15), Some(15), "it is not through yet");
        rounds.waited(number, at(20));
        assert_eq!(seconds(&rounds, 500), Some(20));
        // The third had a pass under way, which has waited for a publication.
        rounds.wait(number);
        assert_eq!(seconds(&rounds, 600), Some(20));
        rounds.waited(number, at(600));
        assert_eq!(seconds(&rounds, 600), Some(20));
        let given_up = rounds.open(Cause::Schedule, None, at(1_000));
        rounds.wait(given_up);
        rounds.give_up(given_up);
        assert_eq!(seconds(&rounds, 2_000), Some(20), "the root was lost");
        let asked = rounds.open(Cause::Signal, None, at(3_000));
        rounds.wait(asked);
        rounds.waited(asked, at(3_100));
        assert_eq!(seconds(&rounds, 3_100), Some(20), "what else is asked for is no measure of the schedule");
    }
}
