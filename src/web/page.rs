//! The pages: what the person on call needs at seven in the evening, worst first, on a phone, also without JavaScript.
//!
//! Every text from menus, files and the platform is escaped by the template, and characters that hide or turn text are
//! written out.

mod causes;
mod events;
mod filter;
mod fleet;
mod outlet;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    Handle,
    authors::authors,
    language::Accepted,
    snapshot::{Snapshot, changes, compose, history, promotions, pushes_to_all, switches},
    state_help,
};
use crate::{
    catalog::OutletId,
    fleet::look_ahead,
    report::{
        HeldNote, InvalidFrom, Lang, LineNote, PauseNote, PlanInvocation, StatusLine, changes_html,
        html::{self as standalone, PhotoAlbum, shown, with_code},
        preview_article, release_html,
        untrusted::url_part,
    },
    sync::OutletState,
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

pub(super) async fn fleet(
    State(shared): State<Handle>,
    accepted: Accepted,
    Query(filter): Query<filter::Filter>,
) -> Response {
    let lang = accepted.or_of_settings(&shared);
    match Snapshot::take(&shared).await {
        Ok(snapshot) => {
            let held = snapshot.lines.iter().flat_map(|line| &line.held).flat_map(|held| &held.places);
            let authors = authors(&shared, &snapshot, held).await;
            fleet::page(&snapshot, &filter, &authors, lang).into_response()
        }
        Err(error) => error.answer(lang),
    }
}

pub(super) async fn events(
    State(shared): State<Handle>,
    accepted: Accepted,
    Query(asked): Query<events::Asked>,
) -> Response {
    let lang = accepted.or_of_settings(&shared);
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return error.answer(lang),
    };
    let rows = match pushes_to_all(&shared, events::PUSHES).await {
        Ok(rows) => rows,
        Err(error) => return error.answer(lang),
    };
    let promotions = match promotions(&shared, None, events::PUSHES).await {
        Ok(promotions) => promotions,
        Err(error) => return error.answer(lang),
    };
    let switches = match switches(&shared, None, events::PUSHES).await {
        Ok(switches) => switches,
        Err(error) => return error.answer(lang),
    };
    let timeline = events::Timeline::of(&snapshot, &rows, &promotions, &switches, &asked);
    match changes(&shared, timeline.pushes()).await {
        Ok(changes) => events::page(&timeline, &changes, lang).into_response(),
        Err(error) => error.answer(lang),
    }
}

pub(super) async fn outlet(State(shared): State<Handle>, accepted: Accepted, Path(id): Path<String>) -> Response {
    let lang = accepted.or_of_settings(&shared);
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return error.answer(lang),
    };
    let Some(line) = snapshot.line(&id) else {
        return missing(&lang.no_outlet(&id), lang);
    };
    let (history, base) = match history(&shared, &id).await {
        Ok(known) => known,
        Err(error) => return error.answer(lang),
    };
    let (loaded, survey, now) = (Arc::clone(&snapshot.loaded), Arc::clone(&snapshot.survey), snapshot.now);
    let changes = compose(&shared.composing, move || {
        let outlet = loaded.since_push(&survey, &OutletId(id), base.as_ref()?, now)?;
        let find = |url: &str| loaded.photo(url);
        let mut photos = PhotoAlbum::new(&find);
        let changes = changes_html(&outlet, &mut photos, lang)?;
        Some((changes, photos.style().to_owned()))
    });
    match changes.await {
        Ok(changes) => {
            let errors = snapshot.survey.member(&line.outlet).into_iter().flat_map(|member| &member.diagnostics);
            let errors = errors.filter(|found| found.is_error()).filter_map(|error| error.place.as_ref());
            let errors: Vec<String> = errors.map(ToString::to_string).collect();
            let held = line.held.iter().flat_map(|held| &held.places);
            let authors = authors(&shared, &snapshot, held.chain(&errors)).await;
            outlet::page(&snapshot, line, &history, changes, &authors, lang).into_response()
        }
        Err(error) => error.answer(lang),
    }
}

/// The menu that the files give, now and at every date of its layers.
pub(super) async fn menu(State(shared): State<Handle>, accepted: Accepted, Path(id): Path<String>) -> Response {
    let lang = accepted.or_of_settings(&shared);
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return error.answer(lang),
    };
    let survey = Arc::clone(&snapshot.survey);
    let Some(place) = survey.members.iter().position(|member| member.id.as_str() == id && member.valid) else {
        return missing(&lang.no_menu(&id), lang);
    };
    let (loaded, now) = (Arc::clone(&snapshot.loaded), snapshot.now);
    let menu = compose(&shared.composing, move || {
        let member = &survey.members[place];
        let until = look_ahead(now);
        let find = |url: &str| loaded.photo(url);
        let mut photos = PhotoAlbum::new(&find);
        let previews = loaded.menus(&[member], now, until);
        let menus: Vec<Markup> = previews.iter().map(|preview| preview_article(preview, &mut photos, lang)).collect();
        (member.name.clone(), html! { @for menu in &menus { (menu) } }, photos.style().to_owned())
    });
    let (name, menu, style) = match menu.await {
        Ok(menu) => menu,
        Err(error) => return error.answer(lang),
    };
    let title = lang.menu_of(&name);
    let body = html! {
        (navigation("", lang))
        header { h1 { (shown(&title)) } p { a href=(outlet_link(&id)) { (lang.how_it_stands()) } } }
        main {
            @let state = snapshot.line(&id).map_or("pending", |line| line.state.as_str());
            @if state != "in_sync" { p.trouble { (lang.not_all_live(&lang.state(state))) } }
            (menu)
        }
    };
    Page { title, body, style, ..Page::still(lang) }.into_response()
}

/// Anything else; a browser gets a page with the way back.
pub(super) async fn nothing_here(State(shared): State<Handle>, accepted: Accepted, headers: HeaderMap) -> Response {
    let lang = accepted.or_of_settings(&shared);
    let wants_page = headers.get("accept").and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("html"));
    match wants_page {
        true => missing(lang.nothing_here(), lang),
        false => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

fn missing(words: &str, lang: Lang) -> Response {
    let title = lang.not_found().to_owned();
    let body = html! { main { h1 { (title) } p { (shown(words)) } p { a href="/" { (lang.all_outlets()) } } } };
    (StatusCode::NOT_FOUND, Page { title, body, ..Page::still(lang) }).into_response()
}

/// A whole page.
struct Page {
    lang: Lang,
    title: String,
    body: Markup,
    /// What its photos need in the style sheet.
    style: String,
    /// The version of what is shown, for a page that follows it.
    version: Option<u64>,
}

impl Page {
    /// One that shows what changes.
    fn live(snapshot: &Snapshot, lang: Lang) -> Self {
        Self { version: Some(snapshot.version), ..Self::still(lang) }
    }

    fn still(lang: Lang) -> Self {
        Self { lang, title: String::new(), body: Markup::default(), style: String::new(), version: None }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self { lang, title, body, style: photos, version } = self;
        let style = style() + &photos;
        let policy = content_policy(&style);
        // What the script says when it hears nothing more; it puts in the time.
        let silence = version.map(|_| lang.no_answer_since("{time}"));
        let page = html! {
            (DOCTYPE)
            html lang=(lang.tag()) data-version=[version] data-silence=[silence] {
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
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (CONTENT_LANGUAGE, lang.tag().to_owned()),
            (VARY, "accept-language".to_owned()),
            (CONTENT_SECURITY_POLICY, policy),
        ];
        (headers, page.into_string()).into_response()
    }
}

/// Links to the pages about all outlets; `here` is the one that is shown.
fn navigation(here: &str, lang: Lang) -> Markup {
    html! {
        nav.main aria-label=(lang.about_all_outlets()) {
            @for (path, words) in [("/", lang.all_outlets()), ("/events", lang.what_happened())] {
                a href=(path) aria-current=[(path == here).then_some("page")] { (words) }
            }
        }
    }
}

fn outlet_link(id: &str) -> String {
    format!("/outlets/{}", url_part(id))
}

/// A state as people see it, with its colour.
fn badge(state: &str, lang: Lang) -> Markup {
    let class = state_help::of(state).1.urgency.class();
    html! { span class={ "state " (class) } { (shown(&lang.state(state))) } }
}

/// What is English in every language: errors, what guards and rules have found, what the live menu says.
fn english(text: &str, lang: Lang) -> Markup {
    match lang {
        Lang::En => with_code(text),
        Lang::Id => html! { span lang=(Lang::En.tag()) { (with_code(text)) } },
    }
}

/// What a guard has found.
fn guard_words(held: &HeldNote, lang: Lang) -> Markup {
    html! {
        @if let Some(finding) = lang.guard_finding(held.guard) { (finding) " " }
        (english(&held.message, lang))
    }
}

/// A place of the files, with who wrote it.
fn place(place: &str, snapshot: &Snapshot, authors: &BTreeMap<String, LineNote>, lang: Lang) -> Markup {
    html! {
        code { (shown(place)) }
        @match authors.get(place) {
            Some(LineNote { commit: Some(hash), author, date }) => { " (" (commit(snapshot, hash)) ", " (shown(author)) ", " (date) ")" }
            Some(LineNote { commit: None, .. }) => { " (" (lang.not_committed_yet()) ")" }
            None => {}
        }
    }
}

/// A text with its commands, complete wherever they are typed.
fn with_commands(text: &str, snapshot: &Snapshot) -> Markup {
    let part = |(at, part): (usize, &str)| if at % 2 == 1 { complete(part, &snapshot.flags) } else { part.to_owned() };
    let parts: Vec<String> = text.split('`').enumerate().map(part).collect();
    with_code(&parts.join("`"))
}

/// What lets through what holds these outlets; `globs` select them, and nothing else that is held.
fn release(lines: &[&StatusLine], globs: &[String], snapshot: &Snapshot, lang: Lang) -> Markup {
    let invocation = PlanInvocation { outlets: globs, flags: snapshot.flags.clone(), ..PlanInvocation::default() };
    release_html(lines, &invocation.hints_of_plan(), lang)
}

/// `menusync plan --outlet G1` with the options that say where.
fn complete(code: &str, flags: &str) -> String {
    let Some(words) = code.strip_prefix("menusync ") else { return code.to_owned() };
    let (command, rest) = words.split_at(words.find(' ').unwrap_or(words.len()));
    format!("menusync {command}{flags}{rest}")
}

/// What went wrong with an outlet. That no file defines it is said by its state.
fn error_of(line: &StatusLine, lang: Lang) -> Option<Markup> {
    let error = line.error.as_deref()?;
    Some(match lang {
        Lang::Id if line.state == OutletState::Missing.as_str() => with_code(&lang.why_missing(&line.outlet)),
        _ => english(error, lang),
    })
}

fn pause_words(pause: &PauseNote, line: &StatusLine, snapshot: &Snapshot, lang: Lang) -> String {
    pause.words_in(lang, &line.outlet, &zone(snapshot))
}

fn invalid_words(invalid: &InvalidFrom, line: &StatusLine, snapshot: &Snapshot, lang: Lang) -> String {
    invalid.words_in(lang, || zone_of(snapshot, &line.outlet))
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
    lang: Lang,
}

impl Clock<'_> {
    /// `2027-01-15 19:02 WIB (2 min ago)`
    fn tell(&self, at: Timestamp) -> Markup {
        html! {
            time datetime=(at) { (self.lang.minute(at, self.zone)) }
            " " span.ago { "(" (self.lang.ago(at, self.now)) ")" }
        }
    }
}

/// The zone of the settings: the one that those who run this count in.
fn zone(snapshot: &Snapshot) -> TimeZone {
    snapshot.loaded.timezone()
}

/// The zone of an outlet; of one that no file defines that of the settings.
fn zone_of(snapshot: &Snapshot, outlet: &str) -> TimeZone {
    snapshot.loaded.policy(&OutletId(outlet.to_owned()), snapshot.now).timezone
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn commands_say_where_and_nothing_else_does() {
        let flags = " --root /srv/menus";
        for (typed, is) in [
            ("menusync plan --outlet G1", "menusync plan --root /srv/menus --outlet G1"),
            ("menusync validate", "menusync validate --root /srv/menus"),
            ("--allow GUARD", "--allow GUARD"),
            ("state: paused", "state: paused"),
        ] {
            assert_eq!(complete(typed, flags), is);
        }
    }
}
