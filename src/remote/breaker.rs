//! Whether a host is worth asking now: a circuit breaker, and the rate limit of a `Retry-After`. Both hold for all outlets, so that a platform that is down costs a few calls and not five tries for each of them.
//!
//! Who is turned away has sent nothing. When it comes again is for others to say.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{CircuitOpen, HostState};

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
/// The longest `Retry-After` that is obeyed as it is (our choice). After it, one call probes a host that asked for more.
pub(super) const LONGEST_RATE_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Why a call was turned away, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// By a `Retry-After` of the host.
    RateLimited(Duration),
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

/// What is called. A rate limit that the token endpoint has set is over when the token endpoint answers, not another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Token,
    Api,
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
    rate_limit: Option<RateLimit>,
}

/// As the host has asked.
#[derive(Debug, Clone, Copy)]
struct RateLimit {
    until: Instant,
    /// More was asked for, so that one call probes the host at the end.
    is_capped: bool,
    kind: Kind,
}

/// Permission to call. If it is dropped without a sign, a probe may be made by somebody else.
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    probes: bool,
}

impl Breaker {
    /// Permission to call, or why not.
    pub(super) fn ask(&self, kind: Kind) -> Result<Permit<'_>, Closed> {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(limit) = state.rate_limit {
            if limit.until > now {
                return Err(Closed::RateLimited(limit.until - now));
            }
            if limit.is_capped && limit.kind == kind && state.until.is_none_or(|until| until <= now) {
                if state.probed {
                    return Err(Closed::RateLimited(WHILE_PROBED));
                }
                state.probed = true;
                return Ok(Permit { breaker: self, probes: true });
            }
        }
        let Some(until) = state.until else { return Ok(Permit { breaker: self, probes: false }) };
        if until > now || state.probed {
            let rest = if until > now { until - now } else { WHILE_PROBED };
            return Err(Closed::Broken { failures: state.failures, last: state.last.clone(), rest });
        }
        state.probed = true;
        Ok(Permit { breaker: self, probes: true })
    }

    /// The host has answered with this `Retry-After`. Whether that is news of a host that asks for too much.
    pub(super) fn limit_rate(&self, asked: Duration, kind: Kind) -> bool {
        let is_capped = asked > LONGEST_RATE_LIMIT;
        let limit = RateLimit { until: Instant::now() + asked.min(LONGEST_RATE_LIMIT), is_capped, kind };
        let mut state = self.state();
        let old = state.rate_limit;
        if old.is_none_or(|old| old.until <= limit.until) {
            state.rate_limit = Some(limit);
        }
        is_capped && !old.is_some_and(|old| old.is_capped)
    }

    /// Whether a rate limit was lifted before its time.
    pub(super) fn clear_rate_limit(&self) -> bool {
        self.state().rate_limit.take().is_some()
    }

    /// How it stands, for those who watch.
    pub(super) fn host_state(&self) -> HostState {
        let state = self.state();
        HostState {
            rate_limited_until: state.rate_limit.map(|limit| limit.until),
            circuit_open: state.until.map(|until| CircuitOpen { failures: state.failures, until }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The call to `address` has ended. A token endpoint stands for its host: it is the only address that it has for us.
    /// Whether the probe of a rate limit has shown that it is over.
    pub(super) fn ended(self, sign: &Sign<'_>, address: &str, kind: Kind) -> bool {
        let mut state = self.breaker.state();
        let (now, old) = (Instant::now(), state.rate_limit);
        state.rate_limit = old.filter(|limit| limit.until > now || (limit.is_capped && limit.kind != kind));
        let is_over = state.rate_limit.is_none() && old.is_some_and(|limit| limit.is_capped);
        match sign {
            Sign::Well => *state = State { rate_limit: state.rate_limit, ..State::default() },
            Sign::Failed(what) => state.fail(what, address, kind == Kind::Token, self.probes),
        }
        is_over
    }
}

impl State {
    fn fail(&mut self, what: &str, address: &str, stands_for_host: bool, probes: bool) {
        self.failures = self.failures.saturating_add(1);
        self.last = what.to_owned();
        // More than two names say no more than two.
        if self.addresses.len() < 2 {
            self.addresses.insert(address.to_owned());
        }
        let of_host = self.addresses.len() > 1 && self.failures >= FAILURES;
        let of_one = stands_for_host && self.failures >= FAILURES_OF_ONE;
        // A call may also probe whether a rate limit is over.
        if probes && self.until.is_some() {
            self.rest = (self.rest * 2).min(LONGEST_REST);
        } else if self.until.is_none() && (of_host || of_one) {
            self.rest = FIRST_REST;
        } else {
            return;
        }
        self.until = Some(Instant::now() + self.rest);
    }
}

impl Drop for Permit<'_> {
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
        let kind = if address == "token" { Kind::Token } else { Kind::Api };
        breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("it is open")).ended(&Sign::Failed("503"), address, kind);
    }

    fn rest(breaker: &Breaker) -> Option<u64> {
        match breaker.ask(Kind::Api) {
            Ok(_) => None,
            Err(Closed::Broken { rest, .. } | Closed::RateLimited(rest)) => Some(rest.as_secs()),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_on_several_addresses_open_it_and_one_success_forgets_them() {
        let breaker = Breaker::default();
        for address in ["a", "b", "a", "b"] {
            fail(&breaker, address);
        }
        breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("open")).ended(&Sign::Well, "a", Kind::Api);
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
            let probe = breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("no probe"));
            assert_eq!(rest(&breaker), Some(5), "others wait for the probe");
            probe.ended(&Sign::Failed("503"), "a", Kind::Api);
        }
        assert_eq!(rests, [15, 30, 60, 120, 240, 300, 300]);
        sleep(LONGEST_REST).await;
        drop(breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("no probe")));
        let probe =
            breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("a probe that was given up keeps the host closed"));
        probe.ended(&Sign::Well, "a", Kind::Api);
        assert!(breaker.host_state() == HostState::default() && rest(&breaker).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_time_asked_for_counts() {
        let breaker = Breaker::default();
        assert!(!breaker.limit_rate(Duration::from_secs(60), Kind::Api));
        breaker.limit_rate(Duration::from_secs(9), Kind::Api);
        assert_eq!(rest(&breaker), Some(60));
        sleep(Duration::from_secs(60)).await;
        assert_eq!([rest(&breaker), rest(&breaker)], [None, None], "nobody has to probe");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_days_is_probed_every_quarter_of_an_hour() {
        let breaker = Breaker::default();
        let days = Duration::from_secs(99_999_999);
        assert!(breaker.limit_rate(days, Kind::Api), "it is said");
        for _ in 0..3 {
            assert_eq!(rest(&breaker), Some(900));
            sleep(LONGEST_RATE_LIMIT).await;
            let probe = breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("no probe"));
            assert_eq!(rest(&breaker), Some(5), "others wait for the probe");
            assert!(!breaker.limit_rate(days, Kind::Api), "it is said once");
            probe.ended(&Sign::Failed("503"), "a", Kind::Api);
        }
        sleep(LONGEST_RATE_LIMIT).await;
        drop(breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("no probe")));
        // A token that has to be fetched first is no sign of what the menus' addresses will say.
        let token = breaker.ask(Kind::Token).unwrap_or_else(|_| panic!("no token"));
        token.ended(&Sign::Well, "token", Kind::Token);
        let probe = breaker.ask(Kind::Api).unwrap_or_else(|_| panic!("no probe after one that was given up"));
        assert_eq!(rest(&breaker), Some(5));
        probe.ended(&Sign::Failed("no answer"), "a", Kind::Api);
        assert_eq!([rest(&breaker), rest(&breaker)], [None, None], "it does not ask for time any more");
        assert!(breaker.limit_rate(days, Kind::Api), "it is news again");
        assert!(breaker.clear_rate_limit());
        assert_eq!((rest(&breaker), breaker.clear_rate_limit()), (None, false));
    }
}
