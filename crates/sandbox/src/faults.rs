//! Faults that wait for a matching request: what can be injected, and which one a request meets. What a fault then does
//! to the request is `observe`'s.

use std::collections::BTreeMap;

use axum::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The calls that a fault can wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Every call but those under `/_sandbox/`.
    #[default]
    Any,
    /// `POST /oauth2/token`
    Token,
    /// `GET …/v2/catalog`
    Get,
    /// `PUT …/v1/catalog`
    Put,
    /// Either stock call.
    Stock,
    /// Notification subscriptions.
    Subscription,
    /// The list of linked outlets.
    LinkedOutlets,
    /// Promotions.
    Promo,
}

impl Endpoint {
    /// Which call this is; [`Endpoint::Any`] for a path that the server does not know.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        match *method {
            Method::POST if path == "/oauth2/token" => Self::Token,
            Method::GET if path.ends_with("/v2/catalog") => Self::Get,
            Method::PUT if path.ends_with("/v1/catalog") => Self::Put,
            Method::PATCH if path.ends_with("_stocks") => Self::Stock,
            _ if path.contains("/notification-subscriptions") => Self::Subscription,
            _ if path.starts_with("/integrations/promo/") => Self::Promo,
            _ if path.ends_with("/linked-outlets") => Self::LinkedOutlets,
            _ => Self::Any,
        }
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Handled and answered as usual, only later.
    #[default]
    Delay,
    /// Answered with `status`, `body` and `headers` instead.
    Status,
    /// The connection is dropped without an answer, and nothing was done.
    Cut,
    /// Everything is done, then the connection is dropped without an answer.
    CutAfterCommit,
    /// A gateway's HTML page with `status`.
    Html,
    /// The usual status without a body.
    Empty,
    /// The first half of the usual answer.
    Truncated,
    /// The usual answer, followed by white space up to `bytes`.
    Oversized,
}

/// A fault to inject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Which calls.
    pub on: Endpoint,
    /// Only calls about this outlet.
    pub outlet: Option<String>,
    /// How many matching calls pass before it begins.
    pub after: u32,
    /// How many calls it then meets; `None` (`null`) = all, until faults are cleared.
    pub times: Option<u32>,
    /// What happens.
    pub kind: FaultKind,
    /// Whether the request is handled although its answer is replaced. When not said: not for `status`, `html` and
    /// `cut`, but for all others.
    pub commit: Option<bool>,
    /// Milliseconds before the request is handled; with any kind.
    pub delay_ms: u64,
    /// Milliseconds between handling and answer; with any kind.
    pub delay_answer_ms: u64,
    /// For `status` (default 503) and `html` (default 502).
    pub status: Option<u16>,
    /// For `status`: a string is sent as it is, anything else as JSON; default: an error in the GoBiz envelope.
    pub body: Option<Value>,
    /// For `status` and `html`: additional headers, such as `Retry-After`.
    pub headers: BTreeMap<String, String>,
    /// For `oversized`: length of the body in bytes, at most 1 GiB.
    pub bytes: usize,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            on: Endpoint::Any,
            outlet: None,
            after: 0,
            times: Some(1),
            kind: FaultKind::Delay,
            commit: None,
            delay_ms: 0,
            delay_answer_ms: 0,
            status: None,
            body: None,
            headers: BTreeMap::new(),
            bytes: 64 << 20,
        }
    }
}

impl Fault {
    /// A fault that meets the next call of `on`.
    pub fn new(on: Endpoint, kind: FaultKind) -> Self {
        Self { on, kind, ..Self::default() }
    }

    /// The next call of `on` is answered with `status`.
    pub fn status(on: Endpoint, status: u16) -> Self {
        Self { status: Some(status), ..Self::new(on, FaultKind::Status) }
    }

    /// Whether the request is handled.
    pub(super) fn commits(&self) -> bool {
        let usual = !matches!(self.kind, FaultKind::Status | FaultKind::Html | FaultKind::Cut);
        self.kind == FaultKind::Delay || self.commit.unwrap_or(usual)
    }

    fn matches(&self, endpoint: Endpoint, outlet: Option<&str>) -> bool {
        let outlet_matches = self.outlet.is_none() || self.outlet.as_deref() == outlet;
        (self.on == Endpoint::Any || self.on == endpoint) && outlet_matches && self.times != Some(0)
    }
}

/// The faults that wait, in the order they were given.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn waiting(&self) -> &[Fault] {
        &self.0
    }

    /// The fault that this request meets, at most one; the others it matches have not begun or wait behind.
    pub(super) fn take_matching(&mut self, endpoint: Endpoint, outlet: Option<&str>) -> Option<Fault> {
        let mut met = None;
        for fault in self.0.iter_mut().filter(|fault| fault.matches(endpoint, outlet)) {
            if fault.after > 0 {
                fault.after -= 1;
            } else {
                fault.times = fault.times.map(|times| times - 1);
                met = Some(fault.clone());
                break;
            }
        }
        self.0.retain(|fault| fault.times != Some(0));
        met
    }
}
