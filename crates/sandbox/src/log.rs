//! The log of requests, so that a test can say what was sent and what was not. Calls under `/_sandbox/` are not in it.

use std::collections::VecDeque;

use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::faults::Endpoint;

/// Older requests are forgotten, so that a stand-in can run for weeks.
const CAPACITY: usize = 10_000;

/// One request. It is entered when it arrives and completed when it is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// What a handler knows about its request and the log should too; travels as an extension of the response.
#[derive(Debug, Clone, Default)]
pub(super) struct Note {
    pub(super) scope: Option<String>,
    pub(super) replaced_pending: bool,
}

impl Entry {
    /// A request that has just arrived.
    pub(super) fn arrived(parts: &Parts, body: &[u8]) -> Self {
        let path = parts.uri.path();
        let endpoint = Endpoint::of(&parts.method, path);
        let written = endpoint != Endpoint::Token && !body.is_empty();
        let body = written.then(|| {
            serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
        });
        Self {
            number: 0,
            time: jiff::Timestamp::now().to_string(),
            method: parts.method.to_string(),
            path: path.into(),
            endpoint,
            outlet: path.split_once("/outlets/").and_then(|(_, rest)| rest.split('/').next()).map(String::from),
            status: None,
            request_id: body.as_ref().and_then(|body: &Value| Some(body.get("request_id")?.as_str()?.into())),
            scope: None,
            body,
            replaced_pending: false,
            faulted: false,
        }
    }
}

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    count: u64,
}

impl Log {
    /// Enters a request and returns its number.
    pub(super) fn enter(&mut self, entry: Entry) -> u64 {
        self.count += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { number: self.count, ..entry });
        self.count
    }

    /// Adds what the handler knows.
    pub(super) fn note(&mut self, number: u64, note: Option<&Note>) {
        if let (Some(entry), Some(note)) = (self.find(number), note) {
            entry.scope.clone_from(&note.scope);
            entry.replaced_pending = note.replaced_pending;
        }
    }

    /// Adds the status of the answer; `None` = the connection was cut.
    pub(super) fn complete(&mut self, number: u64, status: Option<u16>) {
        if let Some(entry) = self.find(number) {
            entry.status = status;
        }
    }

    /// The request, if it is still remembered.
    fn find(&mut self, number: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.number == number)
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}
