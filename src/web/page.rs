//! The pages: what the person on call needs at seven in the evening, worst first, on a phone, also without JavaScript.
//!
//! Every text from menus, files and the platform is escaped by the template, and characters that hide or turn text are
//! written out.

mod causes;
mod events;
mod filter;
mod fleet;
mod outlet;

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    Handle,
    snapshot::{Snapshot, compose, history, promotions, pushes_to_all},
    state_help, words,
};
use crate::{
    catalog::OutletId,
    fleet::look_ahead,
    policy::Policy,
    report::{
        changes_html,
        html::{self as standalone, PhotoAlbum, shown},
        minute, preview_article,
        untrusted::url_part,
    },
};

/// What every page needs beside the style of everything that is shown as HTML.
const STYLE: &str = include_str!("page/style.css");
/// The one script, a file of its own.
const SCRIPT: &str = include_str!("page/page.js");

/// Without the script a page loads itself again after this many seconds (our choice).
const REFRESH: u32 = 30;

/// Nothing is loaded but the script of this server, nothing framed, and forms are sent nowhere else.
pub(super) fn content_policy(style: &str) -> String {
    let more = "script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'";
    standalone::content_policy(style, more)
}

/// The style sheet of a page without photos.
pub(super) fn style() -> String {
    format!("{}{STYLE}", standalone::STYLE)
}

pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

pub(super) async fn fleet(State(shared): State<Handle>, Query(filter): Query<filter::Filter>) -> Response {
    match Snapshot::take(&shared).await {
        Ok(snapshot) => fleet::page(&snapshot, &filter).into_response(),
        Err(error) => error.into_response(),
    }
}

pub(super) async fn events(State(shared): State<Handle>, Query(asked): Query<events::Asked>) -> Response {
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return error.into_response(),
    };
    let promotions = match promotions(&shared, None, events::PUSHES).await {
        Ok(promotions) => promotions,
        Err(error) => return error.into_response(),
    };
    match pushes_to_all(&shared, events::PUSHES).await {
        Ok(rows) => events::page(&snapshot, &rows, &promotions, &asked).into_response(),
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
    let (history, base) = match history(&shared, &id).await {
        Ok(known) => known,
        Err(error) => return error.into_response(),
    };
    let (loaded, survey, now) = (Arc::clone(&snapshot.loaded), Arc::clone(&snapshot.survey), snapshot.now);
    let changes = compose(&shared.composing, move || {
        let outlet = loaded.since_push(&survey, &OutletId(id), base.as_ref()?, now)?;
        let find = |url: &str| loaded.photo(url);
        let mut photos = PhotoAlbum::new(&find);
        let changes = changes_html(outlet, &mut photos)?;
        Some((changes, photos.style().to_owned()))
    });
    match changes.await {
        Ok(changes) => outlet::page(&snapshot, line, &history, changes).into_response(),
        Err(error) => error.into_response(),
    }
}

/// The menu that the files give, now and at every date of its layers.
pub(super) async fn menu(State(shared): State<Handle>, Path(id): Path<String>) -> Response {
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return error.into_response(),
    };
    let survey = Arc::clone(&snapshot.survey);
    let Some(place) = survey.members.iter().position(|member| member.id.as_str() == id && member.valid) else {
        return missing(&format!("There is no menu of {id}: no file defines that outlet, or its files have errors."));
    };
    let (loaded, now) = (Arc::clone(&snapshot.loaded), snapshot.now);
    let menu = compose(&shared.composing, move || {
        let member = &survey.members[place];
        let until = look_ahead(now);
        let find = |url: &str| loaded.photo(url);
        let mut photos = PhotoAlbum::new(&find);
        let menus: Vec<Markup> =
            loaded.menus(&[member], now, until).iter().map(|preview| preview_article(preview, &mut photos)).collect();
        (member.name.clone(), html! { @for menu in &menus { (menu) } }, photos.style().to_owned())
    });
    let (name, menu, style) = match menu.await {
        Ok(menu) => menu,
        Err(error) => return error.into_response(),
    };
    let body = html! {
        (navigation(""))
        header { h1 { "Menu of " (shown(&name)) } p { a href=(outlet_link(&id)) { "How this outlet stands" } } }
        main { (menu) }
    };
    Page { title: format!("Menu of {name}"), body, style, ..Page::still() }.into_response()
}

/// Anything else; a browser gets a page with the way back.
pub(super) async fn nothing_here(headers: HeaderMap) -> Response {
    let wants_page = headers.get("accept").and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("html"));
    if wants_page { missing("There is nothing here.") } else { (StatusCode::NOT_FOUND, "not found\n").into_response() }
}

fn missing(words: &str) -> Response {
    let body = html! { main { h1 { "Not found" } p { (shown(words)) } p { a href="/" { "All outlets" } } } };
    (StatusCode::NOT_FOUND, Page { title: "Not found".to_owned(), body, ..Page::still() }).into_response()
}

/// A whole page.
struct Page {
    title: String,
    body: Markup,
    /// What its photos need in the style sheet.
    style: String,
    /// The version of what is shown, for a page that follows it.
    version: Option<u64>,
}

impl Page {
    /// One that shows what changes.
    fn live(snapshot: &Snapshot) -> Self {
        Self { version: Some(snapshot.version), ..Self::still() }
    }

    fn still() -> Self {
        Self { title: String::new(), body: Markup::default(), style: String::new(), version: None }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self { title, body, style: photos, version } = self;
        let style = style() + &photos;
        let policy = content_policy(&style);
        let page = html! {
            (DOCTYPE)
            html lang="en" data-version=[version] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if version.is_some() {
                        noscript { meta http-equiv="refresh" content=(REFRESH); }
                        script src="/page.js" defer {}
                    }
                    title { (shown(&title)) }
                    style { (PreEscaped(style)) }
                }
                body { (body) }
            }
        };
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (CONTENT_SECURITY_POLICY, policy)];
        (headers, page.into_string()).into_response()
    }
}

/// Links to the pages about all outlets; `here` is the one that is shown.
fn navigation(here: &str) -> Markup {
    html! {
        nav.main aria-label="Pages about all outlets" {
            @for (path, words) in [("/", "All outlets"), ("/events", "What happened")] {
                a href=(path) aria-current=[(path == here).then_some("page")] { (words) }
            }
        }
    }
}

fn outlet_link(id: &str) -> String {
    format!("/outlets/{}", url_part(id))
}

/// A state as people see it, with its colour.
fn badge(state: &str) -> Markup {
    let class = state_help::of(state).1.urgency.class();
    html! { span class={ "state " (class) } { (shown(&state.replace('_', " "))) } }
}

/// A commit as people name it, with a link to its page at the forge.
fn commit(snapshot: &Snapshot, revision: &str) -> Markup {
    let short: String = revision.chars().take(10).collect();
    let name = html! { code title=(shown(revision)) { (shown(&short)) } };
    let is_hash = revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    match snapshot.loaded.commit_pages.as_ref().filter(|_| is_hash) {
        Some(pages) => html! { a href={ (pages) (revision) } rel="noreferrer noopener external" { (name) } },
        None => name,
    }
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
            time datetime=(at) { (minute(at, self.zone)) }
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

/// The zone of an outlet; of one that no file defines that of the settings.
fn zone_of(snapshot: &Snapshot, outlet: &str) -> TimeZone {
    snapshot.loaded.policy(&OutletId(outlet.to_owned()), snapshot.now).timezone
}
