//! One HTTP answer and what it says: yes, no in the platform's words, or nothing that makes sense.
//!
//! Errors come in four forms (documentation, seen live): the platform's envelope `{"success":false,"errors":[…]}`, OAuth's
//! `{"error","error_description"}`, a gateway's `{"message"}`, and a gateway's HTML or empty body. All become one sentence.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    AnswerDigest, Destination, RemoteError, Retry,
    breaker::LONGEST_RATE_LIMIT,
    call::Call,
    error::shown,
    hints::hint_of,
    text::{clean, html_title, redact},
    wire,
};
use crate::catalog::live::LiveCatalog;

/// Longest part of a body that is neither JSON nor HTML to be shown.
const MAX_PLAIN: usize = 200;

/// Status, the headers that matter, and the body (of an error the first part of it).
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    /// What the time is there.
    pub(super) date: Option<jiff::Timestamp>,
    /// Where a redirect would have led.
    pub(super) location: Option<String>,
    /// `X-Request-ID` as the platform knows it.
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Of the body, whatever the status.
    pub(super) fn digest(&self) -> AnswerDigest {
        AnswerDigest(Sha256::digest(&self.body).into())
    }

    /// The catalog of a read.
    pub(super) fn read(&self, call: &Call<'_>) -> Result<LiveCatalog, RemoteError> {
        self.check_status(call)?;
        wire::read(&self.body).map_err(|unreadable| {
            if let Some(refusal) = self.refusal(call) {
                return refusal;
            }
            match unreadable {
                wire::Unreadable::Shape(what) => self.error(call, &what, Retry::Never),
                wire::Unreadable::NotJson(what) => {
                    let what = self.without_json(call).unwrap_or(what);
                    self.error(call, &what, self.later())
                }
            }
        })
    }

    /// The `data` of a success: `null` where it is missing (documentation). Anything but the platform's envelope is an error.
    pub(super) fn data(&self, call: &Call<'_>) -> Result<Value, RemoteError> {
        self.check_status(call)?;
        if let Some(refusal) = self.refusal(call) {
            return Err(refusal);
        }
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let Some(mut body) = body else {
            let what = self.without_json(call).unwrap_or_else(|| "the answer is not JSON or was cut off".to_owned());
            return Err(self.error(call, &what, self.later()));
        };
        if body.get("success").is_none() && body.get("data").is_none() {
            return Err(self.unexpected(call, "the answer has neither `success` nor `data`"));
        }
        Ok(body.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// The same of a call that changes something: what cannot be understood of a success is `null`, and no refusal.
    pub(super) fn data_if_any(&self, call: &Call<'_>) -> Result<Value, RemoteError> {
        self.check_status(call)?;
        if let Some(refusal) = self.refusal(call) {
            return Err(refusal);
        }
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        Ok(body.and_then(|mut body| body.get_mut("data").map(Value::take)).unwrap_or_default())
    }

    /// A success that cannot be understood.
    pub(super) fn unexpected(&self, call: &Call<'_>, what: &str) -> RemoteError {
        self.error(call, what, Retry::Never)
    }

    /// Whether a write was taken: any 2xx whose body is empty or JSON that does not say `success: false`. Anything else,
    /// a gateway's page for instance, leaves open what happened.
    pub(super) fn taken(&self, call: &Call<'_>) -> Result<(), RemoteError> {
        self.check_status(call)?;
        if let Some(refusal) = self.refusal(call) {
            return Err(refusal);
        }
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok();
        if is_json || self.body.trim_ascii().is_empty() {
            return Ok(());
        }
        let what = self.without_json(call).unwrap_or_else(|| "the answer is not JSON or was cut off".to_owned());
        Err(self.error(call, &what, self.later()))
    }

    /// An error unless the status is a 2xx.
    fn check_status(&self, call: &Call<'_>) -> Result<(), RemoteError> {
        if self.status.is_success() { Ok(()) } else { Err(self.failure(call)) }
    }

    /// The error that a status other than 2xx means, with a hint. 4xx is final (documentation), but for those that ask for
    /// patience.
    pub(super) fn failure(&self, call: &Call<'_>) -> RemoteError {
        self.hinted(call, self.error(call, &self.words(call), self.retry()))
    }

    fn hinted(&self, call: &Call<'_>, error: RemoteError) -> RemoteError {
        let hint = hint_of(call, self.status.as_u16(), &error.what);
        error.and(&hint)
    }

    /// Not before the time that is asked for, but none is silenced for days.
    fn later(&self) -> Retry {
        Retry::After(self.retry_after.map(|asked| asked.min(LONGEST_RATE_LIMIT)))
    }

    fn retry(&self) -> Retry {
        match self.status.as_u16() {
            408 | 425 | 429 | 500..=599 => self.later(),
            _ => Retry::Never,
        }
    }

    /// HTTP 200 with `success: false`.
    fn refusal(&self, call: &Call<'_>) -> Option<RemoteError> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let success = body.get("success")?;
        let is_no = *success == Value::Bool(false) || success.as_i64() == Some(0) || success.as_str() == Some("false");
        is_no.then(|| {
            let words = envelope(&body).unwrap_or_else(|| "refused without a reason".to_owned());
            self.hinted(call, self.error(call, &redact(&words, &call.key.secrets()), Retry::Never))
        })
    }

    /// Puts the status before the words.
    fn error(&self, call: &Call<'_>, words: &str, retry: Retry) -> RemoteError {
        let what = format!("{}: {words}", phrase(self.status));
        self.failed(call, &what, retry)
    }

    /// The call failed, in these words.
    pub(super) fn failed(&self, call: &Call<'_>, what: &str, retry: Retry) -> RemoteError {
        let is_refused = matches!(self.status.as_u16(), 401 | 403) && !call.key.missing_scopes().is_empty();
        let is_not_granted = call.destination() == Destination::Token && what.contains("invalid_scope");
        let error = RemoteError::new(call.method, &call.url, Some(self.status.as_u16()), what, retry)
            .for_lack_of_scope(is_refused || is_not_granted);
        match &self.request_id {
            Some(echoed) => error.of_request(echoed),
            None => error.of_request(&call.request_id.to_string()),
        }
    }

    /// The platform's words, or what the body is instead.
    fn words(&self, call: &Call<'_>) -> String {
        let json = serde_json::from_slice::<Value>(&self.body).ok();
        let words = json.as_ref().and_then(envelope).or_else(|| self.without_json(call));
        let words = words.unwrap_or_else(|| clean(&String::from_utf8_lossy(&self.body), MAX_PLAIN));
        redact(&words, &call.key.secrets())
    }

    /// What a body without JSON is: empty, a redirect, a page. `None` for anything else.
    pub(super) fn without_json(&self, call: &Call<'_>) -> Option<String> {
        if let Some(location) = self.location.as_ref().filter(|_| self.status.is_redirection()) {
            let to = call.url.join(location).map_or_else(|_| "elsewhere".to_owned(), |url| shown(&url));
            return Some(format!("answered with a redirect to {to}, which is not followed"));
        }
        let body = String::from_utf8_lossy(&self.body);
        let start = body.trim_start();
        if start.is_empty() {
            return Some("answered with an empty body".to_owned());
        }
        start.starts_with('<').then(|| match html_title(&body) {
            Some(title) => format!("answered with an HTML page (“{}”)", redact(&title, &call.key.secrets())),
            None => "answered with an HTML page".to_owned(),
        })
    }
}

/// `404 Not Found`
fn phrase(status: StatusCode) -> String {
    status
        .canonical_reason()
        .map_or_else(|| status.as_str().to_owned(), |reason| format!("{} {reason}", status.as_str()))
}

/// The words of an envelope, of an OAuth error or of a gateway; `None` if there are none.
pub(super) fn envelope(body: &Value) -> Option<String> {
    let errors = body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let listed: Vec<String> = errors.iter().filter_map(one_error).collect();
    if !listed.is_empty() {
        return Some(listed.join("; "));
    }
    let oauth = join(text(body, "error"), text(body, "error_description"));
    oauth.or_else(|| one_error(body)).or_else(|| body.get("error").and_then(one_error))
}

/// `message_title: message (code)`
fn one_error(error: &Value) -> Option<String> {
    if let Some(words) = error.as_str().filter(|words| !words.is_empty()) {
        return Some(words.to_owned());
    }
    let words = join(text(error, "message_title"), text(error, "message"));
    match (words, text(error, "code")) {
        (Some(words), Some(code)) => Some(format!("{words} ({code})")),
        (words, code) => words.or_else(|| code.map(str::to_owned)),
    }
}

/// A text that says something.
fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// `first: second`, or the one there is, or the first if both are the same.
fn join(first: Option<&str>, second: Option<&str>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => Some(format!("{first}: {second}")),
        (first, second) => first.or(second).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn words(body: &str) -> Option<String> {
        envelope(&serde_json::from_str(body).unwrap())
    }

    #[test]
    fn every_known_form_of_error_gives_its_words() {
        let two = r#"{"success":false,"errors":[{"message_title":"Invalid","message":"menus: missing required field","code":"E1"},{"message_title":"x","message":"x"}]}"#;
        assert_eq!(words(two).as_deref(), Some("Invalid: menus: missing required field (E1); x"));
        assert_eq!(
            words(r#"{"error":"invalid_client","error_description":"nope"}"#).as_deref(),
            Some("invalid_client: nope")
        );
        assert_eq!(words(r#"{"message":"no Route matched"}"#).as_deref(), Some("no Route matched"));
        assert_eq!(words(r#"{"errors":["plain"]}"#).as_deref(), Some("plain"));
        assert_eq!(words(r#"{"error":{"message":"deep","code":"D"}}"#).as_deref(), Some("deep (D)"));
        for nothing in ["{}", "[]", "null", "3", r#"{"errors":[{}],"message":""}"#] {
            assert_eq!(words(nothing), None, "{nothing}");
        }
    }
}
