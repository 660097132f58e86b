//! What happened at all outlets: pushes, and since when outlets stand as they do, newest first.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Clock, Page, badge, causes::Cause, commit, english, outlet_link, zone_of};
use crate::{
    report::{Lang, StatusLine, html::shown},
    state::{PushKind, PushRow},
    web::snapshot::Snapshot,
};

/// So many events are on a page, and so many pushes are looked at (our choice).
const ROWS: usize = 50;
pub(super) const PUSHES: u32 = 500;

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    page: Option<usize>,
}

enum What<'a> {
    Push(&'a PushRow),
    State(&'a StatusLine),
}

pub(super) fn page(snapshot: &Snapshot, pushes: &[PushRow], asked: &Asked, lang: Lang) -> Page {
    let names: HashMap<&str, &str> =
        snapshot.lines.iter().filter_map(|line| Some((line.outlet.as_str(), line.name.as_deref()?))).collect();
    let of_pushes = pushes.iter().map(|push| (push.prepared_at, push.outlet.as_str(), What::Push(push)));
    let of_states =
        snapshot.lines.iter().filter_map(|line| Some((line.since?, line.outlet.as_str(), What::State(line))));
    let mut events: Vec<(Timestamp, &str, What<'_>)> = of_pushes.chain(of_states).collect();
    events.sort_by_key(|(at, outlet, _)| (std::cmp::Reverse(*at), *outlet));
    let pages = events.len().div_ceil(ROWS).max(1);
    let page = asked.page.unwrap_or(1).clamp(1, pages);
    let rows = events.iter().skip((page - 1) * ROWS).take(ROWS);
    let body = html! {
        (super::navigation("/events", lang))
        header id="summary" { h1 { (lang.what_happened()) } p.quiet { (lang.newest_pushes(PUSHES)) } }
        main id="content" {
            @if events.is_empty() { p { (lang.nothing_yet()) } } @else {
                table.list {
                    thead { tr {
                        th scope="col" { (lang.when_heading()) } th scope="col" { (lang.outlet_heading()) } th scope="col" { (lang.what_heading()) }
                        th scope="col" { (lang.commit_heading()) }
                    } }
                    tbody { @for (at, outlet, what) in rows {
                        (row(*at, outlet, names.get(outlet).copied(), what, snapshot, lang))
                    } }
                }
                @if pages > 1 {
                    nav.pages aria-label=(lang.pages()) {
                        @if page > 1 { a rel="prev" href={ "/events?page=" (page - 1) } { (lang.newer()) } }
                        span { (lang.page_of(page, pages)) }
                        @if page < pages { a rel="next" href={ "/events?page=" (page + 1) } { (lang.older()) } }
                    }
                }
            }
        }
    };
    Page { title: lang.title_events().to_owned(), body, ..Page::live(snapshot, lang) }
}

fn row(at: Timestamp, outlet: &str, name: Option<&str>, what: &What<'_>, snapshot: &Snapshot, lang: Lang) -> Markup {
    let zone = zone_of(snapshot, outlet);
    let clock = Clock { now: snapshot.now, zone: &zone, lang };
    html! {
        tr {
            td { (clock.tell(at)) }
            th scope="row" { a href=(outlet_link(outlet)) { (shown(name.unwrap_or(outlet))) } }
            td { @match what {
                What::Push(push) => {
                    (lang.numbered_push(push.number)) @if push.kind == PushKind::Stock { " " (lang.of_stock()) } ": "
                    (lang.outcome(push.outcome.map(|outcome| outcome.as_str())))
                    @if let Some(error) = &push.error { p { (english(error, lang)) } }
                }
                What::State(line) => {
                    (badge(&line.state, lang))
                    @if let Some(cause) = Cause::of(line, snapshot, lang) { " " (cause.html(lang)) }
                }
            } }
            td data-label=(lang.commit_heading()) { @match what {
                What::Push(PushRow { revision: Some(revision), .. }) => (commit(snapshot, revision)),
                _ => "",
            } }
        }
    }
}
