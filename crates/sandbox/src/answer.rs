//! The platform's two ways to answer: the GoBiz envelope with its refusals, and plain JSON.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// A call that is refused, in the GoBiz envelope. One entry a message; there are no field paths (documentation).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) messages: Vec<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, title: &'static str, message: impl Into<String>) -> Self {
        Self { status, title, code: None, messages: vec![message.into()] }
    }

    /// 422 with every complaint.
    pub(super) fn invalid(messages: Vec<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, title: "Invalid request", code: None, messages }
    }

    /// 400: not even readable.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request", message)
    }

    /// 404 for an outlet that is not linked to the credential (documentation).
    pub(super) fn not_linked() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", "The outlet is not yet registered for integration")
    }

    /// 401 for a token that is missing, unknown or expired (documentation).
    pub(super) fn session_expired() -> Self {
        Self {
            code: Some("HTTP_401"),
            ..Self::new(StatusCode::UNAUTHORIZED, "Session Expired", "Session Expired, please log in again")
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = |message: String| {
            let mut error = json!({ "message_title": self.title, "message": message, "message_severity": "error" });
            if let Some(code) = self.code {
                error["code"] = json!(code);
            }
            error
        };
        let errors: Vec<_> = self.messages.into_iter().map(error).collect();
        (self.status, Json(json!({ "success": false, "errors": errors }))).into_response()
    }
}

/// `{"success":true,"data":…}`
pub(super) fn success(status: StatusCode, data: &Value) -> Response {
    (status, Json(json!({ "success": true, "data": data }))).into_response()
}

/// JSON that is text already.
pub(super) fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
