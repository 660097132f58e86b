//! The pages: what the person on call needs at seven in the evening, worst first, on a phone, without JavaScript.
//!
//! Every text from menus, files and the platform is escaped by the template, and characters that hide or turn text are
//! written out.

mod fleet;
mod outlet;

use std::borrow::Cow;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    Handle,
    snapshot::{Snapshot, pushes},
    state_help, words,
};
use crate::{policy::Policy, report::untrusted};

/// The one style sheet, in every page.
pub(super) const STYLE: &str = include_str!("page/style.css");

/// A page loads itself again after this many seconds (our choice).
const REFRESH: u32 = 30;

pub(super) async fn fleet(State(shared): State<Handle>) -> Response {
    match Snapshot::take(&shared).await {
        Ok(snapshot) => fleet::page(&snapshot).into_response(),
        Err(error) => error.into_response(),
    }
}

pub(super) async fn outlet(State(shared): State<Handle>, Path(id): Path<String>) -> Response {
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return error.into_response(),
    };
    let Some(line) = snapshot.line(&id) else {
        return missing(&format!("There is no outlet {id}."));
    };
    match pushes(&shared, id).await {
        Ok(rows) => outlet::page(&snapshot, line, &rows).into_response(),
        Err(error) => error.into_response(),
    }
}

/// Anything else; a browser gets a page with the way back.
pub(super) async fn nothing_here(headers: HeaderMap) -> Response {
    let wants_page = headers.get("accept").and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("html"));
    if wants_page { missing("There is nothing here.") } else { (StatusCode::NOT_FOUND, "not found\n").into_response() }
}

fn missing(words: &str) -> Response {
    let body = html! { p { (shown(words)) } p { a href="/" { "All outlets" } } };
    (StatusCode::NOT_FOUND, Page { title: "Not found".to_owned(), refresh: false, body }).into_response()
}

/// A whole page.
struct Page {
    title: String,
    refresh: bool,
    body: Markup,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self { title, refresh, body } = self;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if refresh { meta http-equiv="refresh" content=(REFRESH); }
                    title { (shown(&title)) }
                    style { (PreEscaped(STYLE)) }
                }
                body { (body) }
            }
        };
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], page.into_string()).into_response()
    }
}

/// Text that does nothing but show itself; the template escapes it further.
fn shown(text: &str) -> Cow<'_, str> {
    untrusted::printable(text)
}

/// A state as people see it, with its colour.
fn badge(state: &str) -> Markup {
    let class = state_help::of(state).1.urgency.class();
    html! { span class={ "state " (class) } { (shown(&state.replace('_', " "))) } }
}

/// A commit as people name it.
fn commit(revision: &str) -> Markup {
    html! { code title=(shown(revision)) { (shown(&revision.chars().take(10).collect::<String>())) } }
}

/// The times of one page.
struct Clock<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
}

impl Clock<'_> {
    /// `2027-01-15 19:02 WIB (2 min ago)`
    fn tell(&self, at: Timestamp) -> Markup {
        html! {
            time datetime=(at) { (words::moment(at, self.zone)) }
            " " span.ago { "(" (words::ago(at, self.now)) ")" }
        }
    }
}

/// The zone of the settings: the one that those who run this count in.
fn zone(snapshot: &Snapshot) -> TimeZone {
    let mut policy = Policy::default();
    if let Some(settings) = &snapshot.loaded.settings {
        settings.policy.apply(&mut policy);
    }
    policy.timezone
}
