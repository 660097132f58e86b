//! What a test can look up afterwards: the requests that were answered and the events that were delivered.

use std::collections::VecDeque;

use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::faults::Endpoint;

/// Older entries are dropped, so that a stand-in can run for weeks.
const CAPACITY: usize = 10_000;

/// One request. It is entered when it arrives and completed when it is answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up from 1 over the life of the server, also when the log is cleared.
    pub number: u64,
    /// When it arrived, RFC 3339.
    pub time: String,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Which call it is.
    pub endpoint: Endpoint,
    /// The outlet in the path.
    pub outlet: Option<String>,
    /// Status of the answer; `None` while there is none, and for ever if the connection was cut.
    pub status: Option<u16>,
    /// `X-Request-ID`.
    pub x_request_id: Option<String>,
    /// `request_id` of a PUT.
    pub request_id: Option<String>,
    /// The scope that a token was asked for.
    pub scope: Option<String>,
    /// The body of a write: JSON, or text if it is none. Never that of a token request, which holds a secret.
    pub body: Option<Value>,
    /// Whether this PUT was accepted while an earlier one of the same outlet was not live yet.
    pub replaced_pending: bool,
    /// Whether an injected fault met it.
    pub faulted: bool,
}

/// What only the handler knows of its request; travels to the log as an extension of the response.
#[derive(Debug, Clone, Default)]
pub(super) struct Note {
    pub(super) scope: Option<String>,
    pub(super) replaced_pending: bool,
}

/// One try to deliver an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's name.
    pub event: String,
    /// The outlet that it is about.
    pub outlet: String,
    /// Where it was sent.
    pub url: String,
    /// `X-Go-Idempotency-Key`: the same for all tries and copies.
    pub idempotency_key: Uuid,
    /// 1 for the first try of a copy.
    pub attempt: usize,
    /// Status of the answer; `None` = there was none.
    pub status: Option<u16>,
}

impl Entry {
    /// A request that has just arrived.
    pub(super) fn from_request(parts: &Parts, body: &[u8]) -> Self {
        let path = parts.uri.path();
        let endpoint = Endpoint::of(&parts.method, path);
        let is_logged = endpoint != Endpoint::Token && !body.is_empty();
        let body = is_logged.then(|| {
            serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
        });
        Self {
            time: jiff::Timestamp::now().to_string(),
            method: parts.method.to_string(),
            path: path.into(),
            endpoint,
            outlet: path.split_once("/outlets/").and_then(|(_, rest)| rest.split('/').next()).map(String::from),
            x_request_id: parts.headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(String::from),
            request_id: body.as_ref().and_then(|body: &Value| Some(body.get("request_id")?.as_str()?.into())),
            body,
            ..Self::default()
        }
    }
}

/// The last entries, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log<T> {
    entries: VecDeque<T>,
    /// Of all that were ever added.
    count: u64,
}

impl<T: Clone> Log<T> {
    pub(super) fn add(&mut self, entry: T) {
        self.count += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(super) fn entries(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

impl Log<Entry> {
    /// Adds a request and returns its number.
    pub(super) fn add_request(&mut self, entry: Entry) -> u64 {
        self.add(Entry { number: self.count + 1, ..entry });
        self.count
    }

    /// Changes the entry of a request, if it was not dropped.
    pub(super) fn change(&mut self, number: u64, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.number == number) {
            change(entry);
        }
    }
}
