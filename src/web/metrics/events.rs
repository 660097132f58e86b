//! What happens, counted as it happens: passes, pushes, calls, events.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use reqwest::StatusCode;
use tokio::sync::watch;
use uuid::Uuid;

use crate::web::verdict::Verdict;
use crate::{
    catalog::OutletId,
    daemon::Worker,
    fleet::{Loaded, Member},
    remote::{Called, Destination, HostState, Meter},
    sync::{Clock, Context, Outcome, PassResult, Slot},
};

/// Label names and their values.
type Labels<const N: usize> = [(&'static str, String); N];

type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// What becomes of a promotion.
const PROMOTION_RESULTS: [&str; 6] = ["created", "ended", "replaced", "refused", "unverified", "failed"];

/// Those in which a push was made or looked for.
const PUSH_RESULTS: [PassResult; 5] =
    [PassResult::Published, PassResult::Nonconvergent, PassResult::Rejected, PassResult::Timeout, PassResult::Failed];

/// What most often becomes of events.
const EVENTS: [(&str, Verdict); 4] = [
    ("menu_mapping_updated", Verdict::Accepted),
    ("webhook_error", Verdict::Accepted),
    ("other", Verdict::Ignored),
    ("none", Verdict::Refused),
];

/// The counters of one process.
pub struct Metrics {
    registry: Registry,
    passes: Family<Labels<1>, Counter>,
    pass_duration: Histogram,
    pushes: Family<Labels<1>, Counter>,
    promotions: Family<Labels<1>, Counter>,
    requests: Family<Vec<(&'static str, String)>, Counter>,
    request_duration: Histograms<2>,
    events: Family<Labels<2>, Counter>,
    circuits_open: Family<Labels<1>, Gauge>,
    lost_log_lines: Counter,
    clock: Clock,
    started: Timestamp,
    noted: Mutex<Noted>,
}

/// What is no counter.
#[derive(Default)]
struct Noted {
    /// The push that was counted last for each outlet: one that is looked for in several passes counts once a result.
    counted: BTreeMap<OutletId, (Uuid, PassResult)>,
    last_success: Option<Timestamp>,
    last_api_success: Option<Timestamp>,
    token_ends: BTreeMap<Option<String>, Timestamp>,
    hosts: BTreeMap<String, HostState>,
}

impl Metrics {
    /// Nothing has happened yet.
    pub fn new(clock: Clock) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            passes: Family::default(),
            // A pass that pushes waits for the menu to show: minutes.
            pass_duration: Histogram::new([0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0]),
            pushes: Family::default(),
            promotions: Family::default(),
            requests: Family::default(),
            request_duration: Family::new_with_constructor(|| {
                Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 90.0])
            }),
            events: Family::default(),
            circuits_open: Family::default(),
            lost_log_lines: Counter::default(),
            clock,
            started: clock.now(),
            noted: Mutex::default(),
        };
        metrics.begin_at_zero();
        metrics.register();
        metrics
    }

    /// A series that is there from the start: an increase from nothing to one is none for Prometheus.
    fn begin_at_zero(&self) {
        for result in PassResult::ALL {
            let _ = self.passes.get_or_create(&[("result", result.as_str().to_owned())]);
        }
        for (event, result) in EVENTS {
            let _ = self.events.get_or_create(&[("event", event.to_owned()), ("result", result.as_str().to_owned())]);
        }
        for result in PUSH_RESULTS {
            let _ = self.pushes.get_or_create(&[("result", result.as_str().to_owned())]);
        }
        for result in PROMOTION_RESULTS {
            let _ = self.promotions.get_or_create(&[("result", result.to_owned())]);
        }
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("menusync_passes", "Passes over an outlet, by how they ended", self.passes.clone());
        registry.register_with_unit(
            "menusync_pass_duration",
            "Time of a pass over an outlet, with waiting for a turn and for the menu to show",
            Unit::Seconds,
            self.pass_duration.clone(),
        );
        registry.register(
            "menusync_promotions",
            "Promotions that were to be made or ended, by what became of them",
            self.promotions.clone(),
        );
        registry.register("menusync_pushes", "Pushes, by how they ended", self.pushes.clone());
        registry.register(
            "menusync_api_requests",
            "Calls to GoBiz, by HTTP status; none: no answer came",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "menusync_api_request_duration",
            "Time of a call to GoBiz, without waiting for a turn",
            Unit::Seconds,
            self.request_duration.clone(),
        );
        registry.register(
            "menusync_api_circuit_open",
            "1 while the circuit breaker of a host is open",
            self.circuits_open.clone(),
        );
        registry.register(
            "menusync_log_lines_lost",
            "Log lines that were lost because nobody read stderr",
            self.lost_log_lines.clone(),
        );
        registry.register("menusync_webhook_events", "Events received, by what became of them", self.events.clone());
    }

    /// Nobody read stderr, and there was no room for another line.
    pub fn log_line_lost(&self) {
        self.lost_log_lines.inc();
    }

    /// An event came; `event` is one of a few words.
    pub(in crate::web) fn event(&self, event: &'static str, verdict: Verdict) {
        let labels = [("event", event.to_owned()), ("result", verdict.as_str().to_owned())];
        self.events.get_or_create(&labels).inc();
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn started(&self) -> Timestamp {
        self.started
    }

    /// When a pass last did not fail.
    pub(super) fn last_success(&self) -> Option<Timestamp> {
        self.noted(|noted| noted.last_success)
    }

    /// When a call about a menu or stock was last answered by a 2xx.
    pub(in crate::web) fn last_api_success(&self) -> Option<Timestamp> {
        self.noted(|noted| noted.last_api_success)
    }

    /// When the access token of each account ends.
    pub(super) fn token_ends(&self) -> BTreeMap<Option<String>, Timestamp> {
        self.noted(|noted| noted.token_ends.clone())
    }

    /// The hosts of GoBiz, and whether they get calls.
    pub(in crate::web) fn hosts(&self) -> BTreeMap<String, HostState> {
        self.noted(|noted| noted.hosts.clone())
    }

    fn noted<T>(&self, with: impl FnOnce(&mut Noted) -> T) -> T {
        with(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A pass ended.
    fn passed(&self, outcome: &Outcome, took: Duration) {
        let result = || [("result", outcome.result.as_str().to_owned())];
        self.passes.get_or_create(&result()).inc();
        self.pass_duration.observe(took.as_secs_f64());
        if self.noted(|noted| noted.is_news(outcome)) {
            self.pushes.get_or_create(&result()).inc();
        }
        for promotion in &outcome.promotions {
            self.promotions.get_or_create(&[("result", promotion.result.to_owned())]).inc();
        }
        if !matches!(outcome.result, PassResult::Failed | PassResult::Rejected | PassResult::Timeout) {
            self.noted(|noted| noted.last_success = Some(self.clock.now()));
        }
    }
}

impl Noted {
    /// Whether the outcome is about a push whose end was not counted before.
    fn is_news(&mut self, outcome: &Outcome) -> bool {
        let Some(request_id) = outcome.request_id.filter(|_| PUSH_RESULTS.contains(&outcome.result)) else {
            return false;
        };
        let end = (request_id, outcome.result);
        self.counted.insert(outcome.outlet.clone(), end) != Some(end)
    }
}

impl Meter for Metrics {
    fn called(&self, call: &Called<'_>) {
        let Called { account, method, destination, status, elapsed } = *call;
        let about = [("method", method.to_owned()), ("endpoint", destination.as_str().to_owned())];
        self.request_duration.get_or_create(&about).observe(elapsed.as_secs_f64());
        let [method, endpoint] = about;
        let account = account.map(|account| ("account", account.to_owned()));
        let labels = [method, endpoint, ("code", code(status))].into_iter().chain(account).collect();
        self.requests.get_or_create(&labels).inc();
        if destination != Destination::Token && status.is_some_and(|status| (200..300).contains(&status)) {
            self.noted(|noted| noted.last_api_success = Some(self.clock.now()));
        }
    }

    fn host_state(&self, host: &str, state: HostState) {
        self.circuits_open.get_or_create(&[("host", host.to_owned())]).set(state.circuit_open.is_some().into());
        self.noted(|noted| noted.hosts.insert(host.to_owned(), state));
    }

    fn token_granted(&self, account: Option<&str>, life: Duration) {
        let ends = self.clock.now().saturating_add(life).unwrap_or(Timestamp::MAX);
        self.noted(|noted| noted.token_ends.insert(account.map(str::to_owned), ends));
    }
}

/// A status that has a name, else its class: whatever a server answers, the label has few values.
fn code(status: Option<u16>) -> String {
    match status {
        None => "none".to_owned(),
        Some(status) => match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
            Some(_) => status.to_string(),
            None => format!("{}xx", status / 100),
        },
    }
}

/// A worker whose passes are counted.
pub struct Metered<W>(pub W, pub Arc<Metrics>);

impl<W: Worker> Worker for Metered<W> {
    async fn visit(
        &self,
        context: &Context,
        slot: Slot,
        loaded: &Arc<Loaded>,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> Outcome {
        let Self(worker, metrics) = self;
        let begun = Instant::now();
        let outcome = worker.visit(context, slot, loaded, member, withdrawn).await;
        // A pass that was given up for newer files is no pass; the one with these follows.
        if !outcome.was_withdrawn() {
            metrics.passed(&outcome, begun.elapsed());
        }
        outcome
    }

    fn pushes(&self) -> bool {
        self.0.pushes()
    }

    fn clear_rate_limits(&self) {
        self.0.clear_rate_limits();
    }

    fn share_pace(&self, daemons: usize) {
        self.0.share_pace(daemons);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::OutletState;

    #[test]
    fn a_push_that_is_looked_for_again_and_again_counts_once_a_result() {
        let outcome = |outlet: &str, request_id, result| Outcome {
            outlet: OutletId(outlet.to_owned()),
            name: String::new(),
            result,
            state: OutletState::Unknown,
            plan: None,
            promotions: Vec::new(),
            switches: Vec::new(),
            request_id,
            error: None,
            opens_at: None,
            again: None,
            unstored: None,
        };
        let (one, two) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
        let metrics = Metrics::new(Clock::System);
        for (outlet, push, result) in [
            ("G1", one, PassResult::Timeout),
            ("G1", one, PassResult::Timeout),
            ("G2", two, PassResult::Timeout),
            ("G1", one, PassResult::Published),
            ("G1", None, PassResult::Failed),
            ("G1", one, PassResult::Held),
        ] {
            metrics.passed(&outcome(outlet, push, result), Duration::from_secs(1));
        }
        let pushes = |result: &str| metrics.pushes.get_or_create(&[("result", result.to_owned())]).get();
        assert_eq!([pushes("timeout"), pushes("published"), pushes("failed")], [2, 1, 0]);
        assert_eq!(metrics.passes.get_or_create(&[("result", "timeout".to_owned())]).get(), 3);
    }

    #[test]
    fn a_status_without_a_name_is_told_by_its_class() {
        assert_eq!([None, Some(200), Some(429), Some(799), Some(521)].map(code), ["none", "200", "429", "7xx", "5xx"]);
    }
}
