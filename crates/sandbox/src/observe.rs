//! Around every call of the partner API: enter it in the log, let a waiting fault meet it, complete the log.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use serde_json::Value;

use super::{
    answer::Refusal,
    connection::Connection,
    faults::{Fault, FaultKind},
    log::{Entry, Note},
    state::Shared,
};

/// The largest body that is read: far above any menu.
const LARGEST_BODY: usize = 16 << 20;
/// The largest answer that a fault makes.
const LARGEST_ANSWER: usize = 1 << 30;

/// The middleware itself.
pub(super) async fn observe(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "the request body is too large")
            .into_response();
    };
    let (number, fault) = arrive(&shared, Entry::arrived(&parts, &bytes));
    let request = Request::from_parts(parts, Body::from(bytes));
    let handle = async {
        let answer = next.run(request).await;
        shared.touch();
        // At once, so that it is in the log although the answer may never be sent.
        shared.state().log.note(number, answer.extensions().get::<Note>());
        answer
    };
    let answer = tokio::select! {
        answer = meet(fault, handle) => answer,
        () = shared.stopped() => None,
    };
    shared.state().log.complete(number, answer.as_ref().map(|answer| answer.status().as_u16()));
    answer.unwrap_or_else(|| {
        connection.cut();
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// Enters a request in the log and finds the fault that it meets.
fn arrive(shared: &Shared, mut entry: Entry) -> (u64, Option<Fault>) {
    let mut state = shared.state();
    let fault = state.faults.take(entry.endpoint, entry.outlet.as_deref());
    entry.faulted = fault.is_some();
    (state.log.enter(entry), fault)
}

/// Handles a request as far as the fault lets it; `None` = the connection is to be cut.
async fn meet(fault: Option<Fault>, handle: impl Future<Output = Response>) -> Option<Response> {
    let Some(fault) = fault else { return Some(handle.await) };
    wait(fault.delay_ms).await;
    let answer = if fault.commits() { handle.await } else { Response::default() };
    wait(fault.delay_answer_ms).await;
    disturb(&fault, answer).await
}

/// Nothing, not even a turn of the timer, for no delay.
async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

async fn disturb(fault: &Fault, answer: Response) -> Option<Response> {
    match fault.kind {
        FaultKind::Delay => Some(answer),
        FaultKind::Cut | FaultKind::CutAfterCommit => None,
        FaultKind::Status => Some(replacement(fault)),
        FaultKind::Html => Some(with_headers(fault, (status(fault, 502), Html(PAGE)).into_response())),
        FaultKind::Empty => Some(answer.status().into_response()),
        FaultKind::Truncated => Some(change_body(answer, |bytes| bytes.truncate(bytes.len() / 2)).await),
        FaultKind::Oversized => {
            let length = fault.bytes.min(LARGEST_ANSWER);
            Some(change_body(answer, |bytes| bytes.resize(bytes.len().max(length), b' ')).await)
        }
    }
}

/// What a gateway shows.
const PAGE: &str = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>\r\n<center><h1>Bad Gateway</h1></center>\r\n\
                    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// An order for a status that HTTP does not have gets the usual one.
fn status(fault: &Fault, usual: u16) -> StatusCode {
    StatusCode::from_u16(fault.status.unwrap_or(usual))
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn replacement(fault: &Fault) -> Response {
    let status = status(fault, 503);
    let response = match &fault.body {
        None => Refusal::new(status, "Injected fault", "this answer was ordered from the sandbox").into_response(),
        Some(Value::String(text)) => (status, text.clone()).into_response(),
        Some(body) => (status, Json(body)).into_response(),
    };
    with_headers(fault, response)
}

/// Adds the headers of the order; those that HTTP cannot carry are left out.
fn with_headers(fault: &Fault, mut response: Response) -> Response {
    let headers: HeaderMap = (fault.headers.iter())
        .filter_map(|(name, value)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
        })
        .collect();
    response.headers_mut().extend(headers);
    response
}

/// The same answer with another body.
async fn change_body(answer: Response, change: impl FnOnce(&mut Vec<u8>)) -> Response {
    let (mut parts, body) = answer.into_parts();
    let mut bytes = to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
    change(&mut bytes);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}
