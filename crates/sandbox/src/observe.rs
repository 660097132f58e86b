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
use uuid::Uuid;

use super::{
    answer::Refusal,
    connection::Connection,
    faults::{Endpoint, Fault, FaultKind},
    log::{Entry, Note},
    state::Shared,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
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
    let entry = Entry::from_request(&parts, &bytes);
    let request_id = parts.headers.get(REQUEST_ID).cloned();
    // Tokens come from another host.
    let is_limited = entry.endpoint != Endpoint::Token && !shared.state().admit_call();
    let (number, fault) = log_request(&shared, entry);
    let request = Request::from_parts(parts, Body::from(bytes));
    let handle = async {
        let answer = if is_limited { too_many(&shared) } else { next.run(request).await };
        shared.signal_change();
        // At once, so that it is in the log although the answer may never be sent.
        if let Some(note) = answer.extensions().get::<Note>() {
            shared.state().log.change(number, |entry| {
                entry.scope.clone_from(&note.scope);
                entry.replaced_pending = note.replaced_pending;
            });
        }
        answer
    };
    let answer = tokio::select! {
        answer = handle_with(fault, handle) => answer,
        () = shared.wait_for_stop() => None,
    };
    let status = answer.as_ref().map(|answer| answer.status().as_u16());
    shared.state().log.change(number, |entry| entry.status = status);
    let mut answer = answer.unwrap_or_else(|| {
        connection.cut();
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    });
    // Repeated, and made up where there is none (documentation).
    let request_id = request_id.or_else(|| Uuid::new_v4().to_string().try_into().ok());
    answer.headers_mut().extend(request_id.map(|id| (REQUEST_ID, id)));
    answer
}

/// 429 with `Retry-After`.
fn too_many(shared: &Shared) -> Response {
    let wait = HeaderValue::from(shared.state().settings.retry_after_s);
    let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", "the rate limit is exceeded");
    let mut answer = refusal.into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, wait);
    answer
}

/// Enters a request in the log and finds the fault that it meets.
fn log_request(shared: &Shared, mut entry: Entry) -> (u64, Option<Fault>) {
    let mut state = shared.state();
    let fault = state.faults.take_matching(entry.endpoint, entry.outlet.as_deref());
    entry.faulted = fault.is_some();
    (state.log.add_request(entry), fault)
}

/// Handles a request as far as the fault lets it; `None` = the connection is to be cut.
async fn handle_with(fault: Option<Fault>, handle: impl Future<Output = Response>) -> Option<Response> {
    let Some(fault) = fault else { return Some(handle.await) };
    sleep_ms(fault.delay_ms).await;
    let answer = if fault.commits() { handle.await } else { Response::default() };
    sleep_ms(fault.delay_answer_ms).await;
    replace_answer(&fault, answer).await
}

/// Nothing, not even a turn of the timer, for no delay.
async fn sleep_ms(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

async fn replace_answer(fault: &Fault, answer: Response) -> Option<Response> {
    match fault.kind {
        FaultKind::Delay => Some(answer),
        FaultKind::Cut | FaultKind::CutAfterCommit => None,
        FaultKind::Status => Some(build_status_answer(fault)),
        FaultKind::Html => Some(add_headers(fault, (status_of(fault, 502), Html(PAGE)).into_response())),
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

/// A status that HTTP does not have becomes 500.
fn status_of(fault: &Fault, usual: u16) -> StatusCode {
    StatusCode::from_u16(fault.status.unwrap_or(usual))
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn build_status_answer(fault: &Fault) -> Response {
    let status = status_of(fault, 503);
    let response = match &fault.body {
        None => Refusal::new(status, "Injected fault", "this answer was ordered from the sandbox").into_response(),
        Some(Value::String(text)) => (status, text.clone()).into_response(),
        Some(body) => (status, Json(body)).into_response(),
    };
    add_headers(fault, response)
}

/// Those that HTTP cannot carry are left out.
fn add_headers(fault: &Fault, mut response: Response) -> Response {
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
