//! All outlets on one screen: how many stand how, why, and a list that can be searched; and how the daemon itself is.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Clock, Page, badge,
    causes::{Group, groups},
    commit,
    filter::Filter,
    outlet_link, zone, zone_of,
};
use crate::{
    daemon::Refused,
    fleet::Member,
    report::{StatusLine, html::shown},
    web::{
        snapshot::Snapshot,
        state_help::{self, Urgency},
    },
};

/// So many outlets are listed on a page, and so many reasons are told (our choice: a screen).
const ROWS: usize = 25;
const CAUSES: usize = 8;
/// Layers that can be chosen (our choice); of more, the ones that most outlets have.
const LAYERS: usize = 200;

pub(super) fn page(snapshot: &Snapshot, filter: &Filter) -> Page {
    let zone = zone(snapshot);
    let clock = Clock { now: snapshot.now, zone: &zone };
    let mut lines: Vec<&StatusLine> = snapshot.lines.iter().collect();
    lines.sort_by_key(|line| (state_help::of(&line.state).0, line.since, &line.outlet));
    let wanting = lines.iter().filter(|line| state_help::of(&line.state).1.urgency == Urgency::Act).count();
    let title = if wanting == 0 { "menusync".to_owned() } else { format!("({wanting}) menusync") };
    let members: HashMap<&str, &Member> =
        snapshot.survey.members.iter().map(|member| (member.id.as_str(), member)).collect();
    let member = |line: &StatusLine| members.get(line.outlet.as_str()).copied();
    let mut found: Vec<&StatusLine> = lines.iter().copied().filter(|line| filter.matches(line, member(line))).collect();
    match filter.sort() {
        Some("name") => found.sort_by_cached_key(|line| (label(line).to_lowercase(), &line.outlet)),
        Some("since") => found.sort_by_key(|line| std::cmp::Reverse(line.since)),
        _ => {}
    }
    let body = html! {
        (super::navigation("/"))
        header id="summary" {
            h1 { (headline(wanting, lines.len())) }
            (counts(&lines, filter))
            (trouble(snapshot, &clock))
            (causes(&groups(&lines), &clock))
        }
        @if lines.is_empty() { main id="content" { p { "The files define no outlet." } } }
        @else {
            (form(filter, snapshot))
            main id="content" { (list(&found, filter, snapshot)) }
        }
        footer id="about" { (about_daemon(snapshot, &clock)) }
    };
    Page { title, body, ..Page::live(snapshot) }
}

fn label(line: &StatusLine) -> &str {
    line.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&line.outlet)
}

fn headline(wanting: usize, all: usize) -> String {
    match (wanting, all) {
        (0, 1) => "The outlet needs nobody".to_owned(),
        (0, _) => format!("None of {all} outlets needs anybody"),
        (1, _) => format!("1 of {all} outlets needs a person"),
        _ => format!("{wanting} of {all} outlets need a person"),
    }
}

/// `2 held · 5 in sync`, each a link to those outlets.
fn counts(lines: &[&StatusLine], filter: &Filter) -> Markup {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for line in lines {
        *counts.entry(state_help::of(&line.state).0).or_default() += 1;
    }
    html! {
        p.counts {
            @for (place, count) in counts {
                @let state = state_help::ALL[place].state.as_str();
                a href=(filter.with_state(Some(state)).link()) aria-current=[(filter.state() == Some(state)).then_some("true")] {
                    (count) " " (badge(state))
                }
            }
        }
    }
}

/// What keeps new files from being used, and wrong files.
fn trouble(snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let refused = snapshot.shown.refused.as_ref().map(|(why, since)| match why {
        Refused::Unreadable(error) => ("The files cannot be read; nothing new is pushed.", error, since),
        Refused::Settings(error) => ("The new settings are wrong; the old ones still hold.", error, since),
    });
    let errors = snapshot.survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    html! {
        @if let Some((what, error, since)) = refused {
            p.trouble { strong { (what) } " " (shown(error)) " Since " (clock.tell(*since)) "." }
        }
        @if errors > 0 {
            p.trouble { (errors) " errors in the files: run " code { "menusync validate" } "." }
        }
    }
}

/// `38 outlets: 401 from GoBiz since 19:02`
fn causes(groups: &[Group<'_>], clock: &Clock<'_>) -> Markup {
    html! {
        @if !groups.is_empty() {
            ul.causes {
                @for group in groups.iter().take(CAUSES) {
                    li class=(state_help::of(group.state).1.urgency.class()) {
                        @if group.count == 1 { a href=(outlet_link(&group.first.outlet)) { (shown(label(group.first))) } }
                        @else { a href=(Filter::of_cause(group.state, &group.cause.words).link()) { (group.count) " outlets" } }
                        ": " (shown(&group.cause.words))
                        @if let Some(since) = group.since { " since " (clock.tell(since)) }
                    }
                }
            }
            @if groups.len() > CAUSES { p.quiet { "… and " (groups.len() - CAUSES) " more reasons" } }
        }
    }
}

fn form(filter: &Filter, snapshot: &Snapshot) -> Markup {
    let mut shared: HashMap<&str, usize> = HashMap::new();
    for layer in snapshot.survey.members.iter().flat_map(|member| &member.layers) {
        *shared.entry(layer).or_default() += 1;
    }
    let mut layers: Vec<(usize, &str)> =
        shared.into_iter().filter(|(_, count)| *count > 1).map(|(layer, count)| (count, layer)).collect();
    layers.sort_by_key(|(count, layer)| (std::cmp::Reverse(*count), *layer));
    layers.truncate(LAYERS);
    layers.sort_by_key(|(_, layer)| *layer);
    html! {
        form method="get" action="/" role="search" {
            label { "Name or id" input type="search" name="q" value=(shown(filter.search())); }
            label { "State" select name="state" {
                option value="" { "any" }
                @for known in &state_help::ALL {
                    @let state = known.state.as_str();
                    option value=(state) selected[filter.state() == Some(state)] { (state.replace('_', " ")) }
                }
            } }
            @if !layers.is_empty() {
                label { "Layer" select name="layer" {
                    option value="" { "any" }
                    @for (_, layer) in &layers { option value=(layer) selected[filter.layer() == Some(layer)] { (shown(layer)) } }
                } }
            }
            label { "Reason" input type="text" name="reason" value=(shown(filter.reason())); }
            label { "Order" select name="sort" {
                @for (key, words) in [("", "worst first"), ("name", "by name"), ("since", "newest first")] {
                    option value=(key) selected[filter.sort().unwrap_or_default() == key] { (words) }
                }
            } }
            button type="submit" { "Show" }
            @if filter.selects() { a href="/" { "Show all" } }
        }
    }
}

fn list(found: &[&StatusLine], filter: &Filter, snapshot: &Snapshot) -> Markup {
    let pages = found.len().div_ceil(ROWS).max(1);
    let page = filter.page().min(pages);
    let rows = found.iter().skip((page - 1) * ROWS).take(ROWS);
    let sorted = |key: &str| {
        (filter.sort().unwrap_or_default() == key).then_some(if key == "since" { "descending" } else { "ascending" })
    };
    html! {
        @if found.is_empty() { p { "No outlet matches. " a href="/" { "Show all" } } }
        @else {
            table.list {
                caption { (found.len()) @if found.len() == 1 { " outlet" } @else { " outlets" } }
                thead { tr {
                    th scope="col" aria-sort=[sorted("name")] { a href=(filter.with_sort("name").link()) { "Outlet" } }
                    th scope="col" aria-sort=[sorted("")] { a href=(filter.with_sort("").link()) { "State" } }
                    th scope="col" aria-sort=[sorted("since")] { a href=(filter.with_sort("since").link()) { "Since" } }
                    th scope="col" { "What" } th scope="col" { "Last push" } th scope="col" { "Commit" }
                } }
                tbody { @for line in rows { (row(line, snapshot)) } }
            }
            @if pages > 1 {
                nav.pages aria-label="Pages" {
                    @if page > 1 { a rel="prev" href=(filter.with_page(page - 1).link()) { "Previous" } }
                    span { "Page " (page) " of " (pages) }
                    @if page < pages { a rel="next" href=(filter.with_page(page + 1).link()) { "Next" } }
                }
            }
        }
    }
}

fn row(line: &StatusLine, snapshot: &Snapshot) -> Markup {
    let zone = zone_of(snapshot, &line.outlet);
    let clock = Clock { now: snapshot.now, zone: &zone };
    html! {
        tr {
            th scope="row" {
                a href=(outlet_link(&line.outlet)) { (shown(label(line))) }
                @if label(line) != line.outlet { " " small { (shown(&line.outlet)) } }
            }
            td { (badge(&line.state)) }
            td data-label="Since" { (since(line.since, &clock)) }
            td { (what(line)) }
            td data-label="Last push" {
                @if let Some(push) = &line.last_push { (clock.tell(push.at)) " " (push.outcome.as_deref().unwrap_or("under way")) }
                @else { "none" }
            }
            td data-label="Commit" { @if let Some(revision) = &line.revision { (commit(snapshot, revision)) } @else { "unknown" } }
        }
    }
}

fn since(since: Option<Timestamp>, clock: &Clock<'_>) -> Markup {
    html! { @match since { Some(since) => (clock.tell(since)), None => "not looked at yet" } }
}

/// The error, the guards with their numbers, the drift.
fn what(line: &StatusLine) -> Markup {
    let held = line.held.as_array().map(Vec::as_slice).unwrap_or_default();
    let drift = line.drift.as_array().map_or(0, Vec::len);
    html! {
        // What a guard says is said better by the guard.
        @if let Some(error) = line.error.as_ref().filter(|_| held.is_empty() && line.pause.is_none()) { p { (shown(error)) } }
        @if let Some(pause) = &line.pause { p { (shown(&pause.words)) } }
        @if let Some(invalid) = &line.invalid_from { p { (shown(&invalid.to_string())) } }
        @for guard in held { p { strong { (word(guard, "guard")) } ": " (word(guard, "message")) } }
        @if drift > 0 { p { (drift) " changed elsewhere" } }
        @if let Some(pins) = &line.pins { p { (pins.paths.len()) " pinned by the rollback to push " (pins.to) } }
    }
}

/// A text in a stored object.
fn word(value: &Value, key: &str) -> String {
    shown(value.get(key).and_then(Value::as_str).unwrap_or_default()).into_owned()
}

fn about_daemon(snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let shown = &snapshot.shown;
    html! {
        dl {
            dt { "As of" } dd { (clock.tell(snapshot.now)) }
            dt { "In work" } dd { (shown.in_work.len()) }
            dt { "Last pass ended" } dd { @match shown.last_pass { Some(at) => (clock.tell(at)), None => "none yet" } }
            dt { "Next pass over all" } dd { @match shown.next_pass { Some(at) => (clock.tell(at)), None => "none" } }
            dt { "Files taken into use" } dd { @match shown.taken { Some(at) => (clock.tell(at)), None => "not yet" } }
            @if let Some(revision) = &snapshot.loaded.revision { dt { "Commit" } dd { (commit(snapshot, revision)) } }
            dt { "menusync" } dd { (env!("CARGO_PKG_VERSION")) @if shown.stopping { ", stopping" } }
        }
    }
}
