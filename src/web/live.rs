//! Server-sent events: one as soon as the daemon shows something else. A connection ends with it, and the browser comes
//! again, so that an open page holds none for long.

use std::time::Duration;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::time::timeout;

use super::Handle;

/// How long a change is waited for: less than a connection may last.
const WAIT: Duration = Duration::from_secs(15);
/// A browser comes again after so many milliseconds, so that many changes at once are one.
const RETRY: u32 = 2_000;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Since {
    /// The version of the page that asks.
    since: Option<u64>,
}

pub(super) async fn live(State(shared): State<Handle>, Query(asked): Query<Since>, headers: HeaderMap) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let seen: Option<u64> = last.or(asked.since);
    let mut version = shared.site.view.version();
    if let Some(seen) = seen {
        // Nothing has changed, which the answer says as well.
        let _ = timeout(WAIT, version.wait_for(|now| *now != seen)).await;
    }
    let now = *version.borrow();
    let data = if seen.is_some_and(|seen| seen != now) { "data: changed\n" } else { "" };
    ([(CONTENT_TYPE, "text/event-stream")], format!("retry: {RETRY}\nid: {now}\n{data}\n")).into_response()
}
