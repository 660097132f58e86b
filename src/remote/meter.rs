//! Telling of every call that was made, for counting. What is made of it is the listener's.

use std::time::Duration;

use tokio::time::Instant;

/// Is told of every call. Must return at once.
pub trait Meter: Send + Sync {
    /// A call was answered, or broke off.
    fn called(&self, call: &Called<'_>);
    /// A token was granted to an account that lives this long.
    fn token_granted(&self, account: Option<&str>, life: Duration);
    /// How a host stands now, after a call or an order has changed that.
    fn host_state(&self, host: &str, state: HostState);
}

/// Whether and until when a host gets no calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostState {
    /// Its `Retry-After` asks for no calls before; a moment in the past: the next call is a probe.
    pub rate_limited_until: Option<Instant>,
    /// It has failed too often in a row.
    pub circuit_open: Option<CircuitOpen>,
}

/// An open circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitOpen {
    /// In a row.
    pub failures: u32,
    /// Then one call probes the host.
    pub until: Instant,
}

impl HostState {
    /// Time until the host gets the next call; nothing if it gets calls now.
    pub fn next_try(&self) -> Duration {
        let until = self.rate_limited_until.max(self.circuit_open.map(|open| open.until));
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }
}

/// A call that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<'a> {
    /// As which of `gobiz.accounts`; `None`: the one without a name.
    pub account: Option<&'a str>,
    /// `GET`, `PUT`, `PATCH`, `POST`, `DELETE`.
    pub method: &'static str,
    /// What was called.
    pub destination: Destination,
    /// HTTP status; `None` = no answer.
    pub status: Option<u16>,
    /// From the first byte sent to the last received; waiting for a turn is not in it.
    pub elapsed: Duration,
}

/// The kinds of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The token endpoint.
    Token,
    /// An outlet's whole menu.
    Catalog,
    /// An outlet's stock.
    Stock,
    /// Subscriptions to events.
    Subscription,
    /// The list of linked outlets.
    Outlets,
    /// The promotions of an outlet.
    Promotions,
}

impl Destination {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Catalog => "catalog",
            Self::Stock => "stock",
            Self::Subscription => "subscription",
            Self::Outlets => "outlets",
            Self::Promotions => "promotions",
        }
    }
}

/// Nobody counts.
pub(super) struct NoMeter;

impl Meter for NoMeter {
    fn called(&self, _: &Called<'_>) {}
    fn token_granted(&self, _: Option<&str>, _: Duration) {}
    fn host_state(&self, _: &str, _: HostState) {}
}
