//! A failed call: what was attempted on what, what came back, and whether another try makes sense.
//!
//! The words are made where the failure is seen (`http`, `answer`, `token`, `wire`); this file holds the shape.

use std::time::Duration;

use reqwest::{Method, Url};

use super::text;

/// What may be done after a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The platform refused; asking again changes nothing.
    Never,
    /// May be tried again, not before this long from now. Whether a write took effect is unknown: look first.
    After(Option<Duration>),
    /// It was not sent, as its host rests; not before this long from now.
    NotBefore(Duration),
}

/// A failed call, told in one chain without repetition: what was attempted on what, then what came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{method} {url}: {what}{}", quoted(request_id.as_ref()))]
pub struct RemoteError {
    /// `GET`, `PUT`, `PATCH`, `POST`, `DELETE`.
    pub method: &'static str,
    /// The whole address, without query or secrets.
    pub url: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, with the platform's own words, cleaned of control characters and cut to a readable length.
    pub what: String,
    /// Whether another try makes sense.
    pub retry: Retry,
    /// `X-Request-ID` of the call, to quote to the platform's support; `None` if it was not sent.
    pub request_id: Option<String>,
    /// Whether it was refused as the credential is not granted a scope that was asked for: the token endpoint says
    /// `invalid_scope`, or grants a token without it that is then refused.
    pub lacks_scope: bool,
}

impl RemoteError {
    /// Whether the platform refused, so that asking again changes nothing.
    pub fn is_final(&self) -> bool {
        self.retry == Retry::Never
    }

    /// Whether it was not sent because its host rests.
    pub fn was_turned_away(&self) -> bool {
        matches!(self.retry, Retry::NotBefore(_))
    }

    /// Whether a subscription was refused because there is one already (seen live: "url has already been taken").
    pub fn says_taken(&self) -> bool {
        self.is_final() && self.what.contains("already been taken")
    }

    /// Whether the credential has no right to this call: no token with the scope is granted, or the token does not do.
    pub fn lacks_right(&self) -> bool {
        match self.method {
            "POST" => self.status == Some(403) || self.what.contains("scope"),
            _ => matches!(self.status, Some(401 | 403)),
        }
    }

    /// Whether the platform does not take this form of a stock call (seen live: `id: missing required field`), while a call
    /// in another form may be taken. A missing right or a conflict would refuse any other call as well.
    pub fn refuses_stock_call(&self) -> bool {
        let is_form = matches!(self.status, None | Some(200 | 400 | 404 | 405 | 422));
        self.method == "PATCH" && self.is_final() && is_form && !self.what.contains("not yet registered")
    }

    /// Whether a write may have been carried out although it failed: it was sent, and no answer came, or only a gateway's
    /// word that it has waited in vain (408, 502, 504). Any other status is the platform's own "not done".
    pub fn may_have_been_done(&self) -> bool {
        let unheard = matches!(self.status, None | Some(408 | 502 | 504));
        matches!(self.method, "PUT" | "PATCH") && unheard && !self.is_final() && !self.was_turned_away()
    }

    /// A failure of the call `method url`. `what` is cleaned; the address is shown without its query.
    pub(super) fn new(method: &Method, url: &Url, status: Option<u16>, what: &str, retry: Retry) -> Self {
        let what = text::clean(what, text::MAX_CHARS);
        Self { method: method_name(method), url: shown(url), status, what, retry, request_id: None, lacks_scope: false }
    }

    /// The same of a call that was sent with this `X-Request-ID`.
    pub(super) fn of_request(self, request_id: &str) -> Self {
        Self { request_id: Some(text::clean(request_id, MAX_REQUEST_ID)), ..self }
    }

    /// The same, where this says whether it is for a scope that was not granted.
    pub(super) fn for_lack_of_scope(self, lacks_scope: bool) -> Self {
        Self { lacks_scope, ..self }
    }

    /// The same with a few more words at the end.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.what.push_str(more);
        self
    }
}

/// Longest `X-Request-ID` (documentation).
const MAX_REQUEST_ID: usize = 128;

const BEFORE_REQUEST_ID: &str = " (X-Request-ID ";

fn quoted(request_id: Option<&String>) -> String {
    request_id.map(|id| format!("{BEFORE_REQUEST_ID}{id})")).unwrap_or_default()
}

/// The words of an error without the `X-Request-ID` of each call: two failures for one reason differ in nothing else.
pub fn without_request_ids(words: &str) -> String {
    let mut parts = words.split(BEFORE_REQUEST_ID);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once(')').map_or("", |(_, rest)| rest))
}

/// Those that are used.
pub(super) fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "POST" => "POST",
        "DELETE" => "DELETE",
        _ => "GET",
    }
}

/// An address as people may see it: no user, password, query or fragment.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for addresses that cannot have a user at all.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    text::clean(url.as_str(), text::MAX_CHARS)
}
