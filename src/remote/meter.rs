//! Telling of every call that was made, for counting. What is made of it is the listener's.

use std::time::Duration;

/// Is told of every call. Must return at once.
pub trait Meter: Send + Sync {
    /// A call was answered, or broke off.
    fn called(&self, call: &Called);
    /// A token was granted that lives this long.
    fn token_granted(&self, life: Duration);
    /// A host is asked again (`false`), or rests because it has failed too often in a row.
    fn rests(&self, host: &str, rests: bool);
}

/// A call that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
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
}

impl Destination {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Catalog => "catalog",
            Self::Stock => "stock",
            Self::Subscription => "subscription",
        }
    }
}

/// Nobody counts.
pub(super) struct NoMeter;

impl Meter for NoMeter {
    fn called(&self, _: &Called) {}
    fn token_granted(&self, _: Duration) {}
    fn rests(&self, _: &str, _: bool) {}
}
