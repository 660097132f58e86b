//! Whether a host is worth asking now: a circuit breaker, and the patience that a host has asked for. Both hold for all
//! outlets, so that a platform that is down costs a few calls and not five tries for each of them.
//!
//! Who is turned away has sent nothing. When it comes again is for others to say.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many failures in a row, on more than one address, and the host is left alone (our choice: the tries of one read).
const FAILURES: u32 = 5;
/// The same for failures that all concern one address, where that address stands for the host (our choice).
const FAILURES_OF_ONE: u32 = 10;
/// How long the host is left alone; each failed probe doubles it…
const FIRST_REST: Duration = Duration::from_secs(15);
/// …up to this (our choices).
const LONGEST_REST: Duration = Duration::from_secs(300);
/// Who comes while a probe is under way is told to come back after this long (our choice).
const WHILE_PROBED: Duration = Duration::from_secs(5);
/// The longest patience that is believed (our choice: a day).
const LONGEST_PATIENCE: Duration = Duration::from_secs(86_400);

/// Why a call was turned away, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// The host has asked for patience.
    Patience(Duration),
    /// The host has failed so often; `last` says how.
    Broken { failures: u32, last: String, rest: Duration },
}

/// What a call says of its host.
pub(super) enum Sign<'a> {
    /// It answered something that makes sense, be it a refusal.
    Well,
    /// No answer, or a 5xx.
    Failed(&'a str),
}

/// One host.
#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Of those failures.
    addresses: BTreeSet<String>,
    last: String,
    /// The host is left alone until then; afterwards one call probes it.
    until: Option<Instant>,
    rest: Duration,
    probed: bool,
    /// As the host has asked.
    patience: Option<Instant>,
}

/// Leave to call. If it is dropped without a sign, a probe may be made by somebody else.
pub(super) struct Leave<'a> {
    breaker: &'a Breaker,
    probes: bool,
}

impl Breaker {
    /// Leave to call, or why not.
    pub(super) fn ask(&self) -> Result<Leave<'_>, Closed> {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(until) = state.patience.filter(|until| *until > now) {
            return Err(Closed::Patience(until - now));
        }
        let Some(until) = state.until else { return Ok(Leave { breaker: self, probes: false }) };
        if until > now || state.probed {
            let rest = if until > now { until - now } else { WHILE_PROBED };
            return Err(Closed::Broken { failures: state.failures, last: state.last.clone(), rest });
        }
        state.probed = true;
        Ok(Leave { breaker: self, probes: true })
    }

    /// The host asks everybody for patience.
    pub(super) fn be_patient(&self, asked: Duration) {
        let until = Instant::now() + asked.min(LONGEST_PATIENCE);
        let mut state = self.state();
        state.patience = state.patience.max(Some(until));
    }

    /// Whether the host is left alone because it fails.
    pub(super) fn is_open(&self) -> bool {
        self.state().until.is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    /// The call to `address` has ended. `stands_for_host`: it is the only address that the host has for us.
    pub(super) fn ended(self, sign: &Sign<'_>, address: &str, stands_for_host: bool) {
        let mut state = self.breaker.state();
        match sign {
            Sign::Well => *state = State { patience: state.patience, ..State::default() },
            Sign::Failed(what) => state.fail(what, address, stands_for_host, self.probes),
        }
    }
}

impl State {
    fn fail(&mut self, what: &str, address: &str, stands_for_host: bool, was_probe: bool) {
        self.failures = self.failures.saturating_add(1);
        self.last = what.to_owned();
        // More than two names say no more than two.
        if self.addresses.len() < 2 {
            self.addresses.insert(address.to_owned());
        }
        let of_host = self.addresses.len() > 1 && self.failures >= FAILURES;
        let of_one = stands_for_host && self.failures >= FAILURES_OF_ONE;
        if was_probe {
            self.rest = (self.rest * 2).min(LONGEST_REST);
        } else if self.until.is_none() && (of_host || of_one) {
            self.rest = FIRST_REST;
        } else {
            return;
        }
        self.until = Some(Instant::now() + self.rest);
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.probes {
            self.breaker.state().probed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use tokio::time::sleep;

    use super::*;

    fn fail(breaker: &Breaker, address: &str) {
        breaker.ask().unwrap_or_else(|_| panic!("it is open")).ended(&Sign::Failed("503"), address, address == "token");
    }

    fn rest(breaker: &Breaker) -> Option<u64> {
        match breaker.ask() {
            Ok(_) => None,
            Err(Closed::Broken { rest, .. } | Closed::Patience(rest)) => Some(rest.as_secs()),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_on_several_addresses_open_it_and_one_success_forgets_them() {
        let breaker = Breaker::default();
        for address in ["a", "b", "a", "b"] {
            fail(&breaker, address);
        }
        breaker.ask().unwrap_or_else(|_| panic!("open")).ended(&Sign::Well, "a", false);
        for address in ["a", "b", "a", "b", "b"] {
            assert_eq!(rest(&breaker), None);
            fail(&breaker, address);
        }
        assert_eq!(rest(&breaker), Some(15));
    }

    #[tokio::test(start_paused = true)]
    async fn one_dead_outlet_says_nothing_of_the_host_but_a_dead_token_endpoint_does() {
        let breaker = Breaker::default();
        (0..50).for_each(|_| fail(&breaker, "a"));
        assert_eq!(rest(&breaker), None);
        let breaker = Breaker::default();
        (0..10).for_each(|_| fail(&breaker, "token"));
        assert_eq!(rest(&breaker), Some(15));
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_probes_and_each_failed_probe_doubles_the_rest() {
        let breaker = Breaker::default();
        ["a", "b", "a", "b", "a"].iter().for_each(|address| fail(&breaker, address));
        let mut rests = Vec::new();
        for _ in 0..7 {
            rests.push(rest(&breaker).unwrap());
            sleep(Duration::from_secs(rests[rests.len() - 1])).await;
            let probe = breaker.ask().unwrap_or_else(|_| panic!("no probe"));
            assert_eq!(rest(&breaker), Some(5), "others wait for the probe");
            probe.ended(&Sign::Failed("503"), "a", false);
        }
        assert_eq!(rests, [15, 30, 60, 120, 240, 300, 300]);
        sleep(LONGEST_REST).await;
        drop(breaker.ask().unwrap_or_else(|_| panic!("no probe")));
        let probe = breaker.ask().unwrap_or_else(|_| panic!("a probe that was given up keeps the host closed"));
        probe.ended(&Sign::Well, "a", false);
        assert!(!breaker.is_open() && rest(&breaker).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_patience_asked_for_counts() {
        let breaker = Breaker::default();
        breaker.be_patient(Duration::from_secs(60));
        breaker.be_patient(Duration::from_secs(9));
        assert_eq!(rest(&breaker), Some(60));
        sleep(Duration::from_secs(60)).await;
        assert_eq!(rest(&breaker), None);
        breaker.be_patient(Duration::from_secs(u64::from(u32::MAX)));
        assert_eq!(rest(&breaker), Some(86_400));
    }
}
