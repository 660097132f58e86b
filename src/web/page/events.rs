//! What happened at all outlets: pushes, promotions, switches of stock, and since when outlets stand as they do, newest first.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Clock, Page, badge, causes::Cause, commit, english, outlet_link, zone};
use crate::{
    plan::{PastChange, PromotionEvent, SwitchEvent},
    report::{
        Lang, PromotionEventLine, StatusLine, SwitchEventLine, changes_summary,
        html::{shown, with_code},
    },
    state::{PushId, PushKind, PushRow},
    web::{snapshot::Snapshot, state_help},
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
    Switch(&'a SwitchEvent),
    State(&'a StatusLine),
}

/// The events of one page.
pub(super) struct Timeline<'a> {
    snapshot: &'a Snapshot,
    events: Vec<(Timestamp, &'a str, What<'a>)>,
    page: usize,
    pages: usize,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(
        snapshot: &'a Snapshot,
        pushes: &'a [PushRow],
        promotions: &'a [(String, PromotionEventLine)],
        switches: &'a [(String, SwitchEventLine)],
        asked: &Asked,
    ) -> Self {
        let of_pushes = pushes.iter().map(|push| (push.prepared_at, push.outlet.as_str(), What::Push(push)));
        let of_promotions =
            promotions.iter().map(|(outlet, line)| (line.at, outlet.as_str(), What::Promotion(&line.event)));
        let of_switches = switches.iter().map(|(outlet, line)| (line.at, outlet.as_str(), What::Switch(&line.event)));
        let of_states =
            snapshot.lines.iter().filter_map(|line| Some((line.since?, line.outlet.as_str(), What::State(line))));
        let mut events: Vec<(Timestamp, &str, What<'_>)> =
            of_pushes.chain(of_promotions).chain(of_switches).chain(of_states).collect();
        events.sort_by_key(|(at, outlet, _)| (std::cmp::Reverse(*at), *outlet));
        let pages = events.len().div_ceil(ROWS).max(1);
        let page = asked.page.unwrap_or(1).clamp(1, pages);
        let events = events.into_iter().skip((page - 1) * ROWS).take(ROWS).collect();
        Self { snapshot, events, page, pages }
    }

    /// The pushes among them.
    pub(super) fn pushes(&self) -> Vec<PushId> {
        let push = |what: &What<'_>| if let What::Push(push) = what { Some(push.id) } else { None };
        self.events.iter().filter_map(|(.., what)| push(what)).collect()
    }
}

pub(super) fn page(timeline: &Timeline<'_>, changes: &BTreeMap<PushId, Vec<PastChange>>, lang: Lang) -> Page {
    let Timeline { snapshot, events, page, pages } = timeline;
    let (page, pages) = (*page, *pages);
    let names: HashMap<&str, &str> =
        snapshot.lines.iter().filter_map(|line| Some((line.outlet.as_str(), line.name.as_deref()?))).collect();
    let zone = zone(snapshot);
    let clock = Clock { now: snapshot.now, zone: &zone, lang };
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
                    tbody { @for (at, outlet, what) in events {
                        (row(*at, outlet, names.get(outlet).copied(), &told(what, changes, snapshot, &clock), snapshot, &clock))
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

/// What there is to say of an event, and the commit that it is about.
fn told<'a>(
    what: &What<'a>,
    changes: &BTreeMap<PushId, Vec<PastChange>>,
    snapshot: &Snapshot,
    clock: &Clock<'_>,
) -> (Markup, Option<&'a String>) {
    let lang = clock.lang;
    match what {
        What::Push(push) => {
            let changed = changes.get(&push.id).map(|changes| changes_summary(changes, lang));
            let words = html! {
                (lang.numbered_push(push.number)) @if push.kind == PushKind::Stock { " " (lang.of_stock()) }
                @if let Some(to) = push.back_to { ", " (lang.back_to_push(to)) } ": "
                (lang.outcome(push.outcome.map(|outcome| outcome.as_str())))
                @if let Some(changed) = changed { p { (shown(&changed)) } }
                @if let Some(error) = &push.error { p { (english(error, lang)) } }
            };
            (words, push.revision.as_ref())
        }
        What::Promotion(event) => {
            let words =
                html! { (lang.promotion_result(event.result.as_str())) ": " (shown(&lang.promotion_event(event))) };
            (words, event.revision.as_ref())
        }
        What::Switch(event) => {
            let words = html! {
                (lang.switch_result(event.result)) ": " (shown(&lang.switch_event(event, Some(clock.zone))))
            };
            (words, None)
        }
        What::State(line) => {
            let help = state_help::of(&line.state).1;
            let words = html! {
                (badge(&line.state, lang)) " "
                @match Cause::of(line, snapshot, lang) {
                    Some(cause) => (cause.html(snapshot, &BTreeMap::new(), lang)),
                    None => (with_code((help.meaning)(lang))),
                }
            };
            (words, line.revision.as_ref())
        }
    }
}

fn row(
    at: Timestamp,
    outlet: &str,
    name: Option<&str>,
    (words, revision): &(Markup, Option<&String>),
    snapshot: &Snapshot,
    clock: &Clock<'_>,
) -> Markup {
    html! {
        tr {
            td.short { (clock.tell(at)) }
            th scope="row" { a href=(outlet_link(outlet)) { (shown(name.unwrap_or(outlet))) } }
            td { (words) }
            td data-label=(clock.lang.commit_heading()) { @if let Some(revision) = revision { (commit(snapshot, revision)) } }
        }
    }
}
