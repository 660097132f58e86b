//! What happened at all outlets: pushes, promotions, and since when outlets stand as they do, newest first.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Clock, Page, badge, causes::Cause, commit, outlet_link, zone_of};
use crate::{
    plan::PromotionEvent,
    report::{PromotionEventLine, StatusLine, html::shown},
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
    Promotion(&'a PromotionEvent),
    State(&'a StatusLine),
}

pub(super) fn page(
    snapshot: &Snapshot,
    pushes: &[PushRow],
    promotions: &[(String, PromotionEventLine)],
    asked: &Asked,
) -> Page {
    let names: HashMap<&str, &str> =
        snapshot.lines.iter().filter_map(|line| Some((line.outlet.as_str(), line.name.as_deref()?))).collect();
    let of_pushes = pushes.iter().map(|push| (push.prepared_at, push.outlet.as_str(), What::Push(push)));
    let of_promotions =
        promotions.iter().map(|(outlet, line)| (line.at, outlet.as_str(), What::Promotion(&line.event)));
    let of_states =
        snapshot.lines.iter().filter_map(|line| Some((line.since?, line.outlet.as_str(), What::State(line))));
    let mut events: Vec<(Timestamp, &str, What<'_>)> = of_pushes.chain(of_promotions).chain(of_states).collect();
    events.sort_by_key(|(at, outlet, _)| (std::cmp::Reverse(*at), *outlet));
    let pages = events.len().div_ceil(ROWS).max(1);
    let page = asked.page.unwrap_or(1).clamp(1, pages);
    let rows = events.iter().skip((page - 1) * ROWS).take(ROWS);
    let body = html! {
        (super::navigation("/events"))
        header id="summary" { h1 { "What happened" } p.quiet { "The newest " (PUSHES) " pushes and changes of promotions, and since when outlets stand as they do." } }
        main id="content" {
            @if events.is_empty() { p { "Nothing yet." } } @else {
                table.list {
                    thead { tr {
                        th scope="col" { "When" } th scope="col" { "Outlet" } th scope="col" { "What" } th scope="col" { "Commit" }
                    } }
                    tbody { @for (at, outlet, what) in rows {
                        (row(*at, outlet, names.get(outlet).copied(), what, snapshot))
                    } }
                }
                @if pages > 1 {
                    nav.pages aria-label="Pages" {
                        @if page > 1 { a rel="prev" href={ "/events?page=" (page - 1) } { "Newer" } }
                        span { "Page " (page) " of " (pages) }
                        @if page < pages { a rel="next" href={ "/events?page=" (page + 1) } { "Older" } }
                    }
                }
            }
        }
    };
    Page { title: "menusync: what happened".to_owned(), body, ..Page::live(snapshot) }
}

fn row(at: Timestamp, outlet: &str, name: Option<&str>, what: &What<'_>, snapshot: &Snapshot) -> Markup {
    let zone = zone_of(snapshot, outlet);
    let clock = Clock { now: snapshot.now, zone: &zone };
    html! {
        tr {
            td { (clock.tell(at)) }
            th scope="row" { a href=(outlet_link(outlet)) { (shown(name.unwrap_or(outlet))) } }
            td { @match what {
                What::Push(push) => {
                    "push " (push.number) @if push.kind == PushKind::Stock { " of stock" } ": "
                    (push.outcome.map_or("under way", |outcome| outcome.as_str()))
                    @if let Some(error) = &push.error { p { (shown(error)) } }
                }
                What::Promotion(event) => { (event.result.as_str()) ": " (shown(&event.words())) }
                What::State(line) => {
                    (badge(&line.state))
                    @if let Some(cause) = Cause::of(line) { " " (shown(&cause.words)) }
                }
            } }
            td data-label="Commit" { @match what {
                What::Push(PushRow { revision: Some(revision), .. })
                | What::Promotion(PromotionEvent { revision: Some(revision), .. }) => (commit(snapshot, revision)),
                _ => "",
            } }
        }
    }
}
