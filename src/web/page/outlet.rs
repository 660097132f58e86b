//! One outlet: how it stands, what to do, what holds it, what was changed elsewhere, and its pushes.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::{Clock, Page, badge, commit, shown, zone};
use crate::{
    catalog::{FieldValue, OutletId},
    diagnostic::Diagnostic,
    fleet::Member,
    report::{PinNote, StatusLine, counts_for_push, value_json},
    state::PushRow,
    web::{snapshot::Snapshot, state_help, words},
};

/// How many lines of a list are shown (our choice); the commands show all.
const MOST: usize = 30;

pub(super) fn page(snapshot: &Snapshot, line: &StatusLine, pushes: &[PushRow]) -> Page {
    let zone = zone(snapshot);
    let clock = Clock { now: snapshot.now, zone: &zone };
    let member = snapshot.survey.member(&line.outlet);
    let name = line.name.as_deref().unwrap_or(&line.outlet);
    let body = html! {
        nav { a href="/" { "All outlets" } }
        header { h1 { (shown(name)) " " (badge(&line.state)) } (what_to_do(line)) }
        main {
            @if let Some(pause) = &line.pause { p { (shown(&pause.words)) } }
            @else if let Some(error) = &line.error { p.trouble { (shown(error)) } }
            @if let Some(invalid) = &line.invalid_from { p.trouble { (shown(&invalid.to_string())) } }
            @if let Some(member) = member {
                (findings("Errors in its files", member, Diagnostic::is_error))
                (findings("Warnings in its files", member, counts_for_push))
            }
            (held(&line.held))
            (drift(&line.drift))
            (notes(&line.notes))
            @if let Some(pins) = &line.pins { (pinned(pins, &clock)) }
            h2 { "Facts" }
            (facts(snapshot, line, member, &clock))
            h2 { "Pushes" }
            (history(pushes, &clock))
        }
    };
    Page { title: format!("{name}: {}", line.state.replace('_', " ")), refresh: true, body }
}

fn what_to_do(line: &StatusLine) -> Markup {
    let state_help = state_help::of(&line.state).1;
    let advice = state_help.advice.replace("ID", &line.outlet);
    html! { p { (with_code(state_help.meaning)) " " (with_code(&shown(&advice))) } }
}

/// What stands between backticks as code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn findings(heading: &str, member: &Member, are_meant: fn(&Diagnostic) -> bool) -> Markup {
    let errors: Vec<_> = member.diagnostics.iter().filter(|diagnostic| are_meant(diagnostic)).collect();
    html! {
        @if !errors.is_empty() {
            h2 { (heading) }
            ul {
                @for error in errors.iter().take(MOST) {
                    li {
                        @if let Some(place) = &error.place { code { (shown(&place.to_string())) } " " }
                        (shown(&error.message))
                    }
                }
                (more(errors.len()))
            }
        }
    }
}

fn held(held: &Value) -> Markup {
    let guards = held.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !guards.is_empty() {
            h2 { "Held by" }
            table {
                thead { tr {
                    th scope="col" { "Guard" } th scope="col" { "Finding" } th scope="col" { "Is" } th scope="col" { "Limit" }
                    th scope="col" { "Concerns" }
                } }
                tbody { @for guard in guards { tr {
                    th scope="row" { (value_text(&guard["guard"])) } td { (value_text(&guard["message"])) } td { (value_text(&guard["actual"])) }
                    td { (value_text(&guard["limit"])) } td { (list(&guard["items"])) }
                } } }
            }
        }
    }
}

fn drift(drift: &Value) -> Markup {
    let changes = drift.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !changes.is_empty() {
            h2 { "Changed elsewhere" }
            table {
                thead { tr {
                    th scope="col" { "What" } th scope="col" { "Name" } th scope="col" { "Live" } th scope="col" { "Files" }
                    th scope="col" { "Class" }
                } }
                tbody { @for change in changes.iter().take(MOST) { tr {
                    th scope="row" { code { (value_text(&change["path"])) } } td { (value_text(&change["name"])) } td { (value_text(&change["from"])) }
                    td { (value_text(&change["to"])) } td { (value_text(&change["class"])) }
                } } }
            }
            (more(changes.len()))
        }
    }
}

/// What the live menu says beyond what is understood.
fn notes(notes: &[String]) -> Markup {
    html! {
        @if !notes.is_empty() {
            h2 { "Notes on its live menu" }
            ul { @for note in notes.iter().take(MOST) { li { (shown(note)) } } (more(notes.len())) }
        }
    }
}

fn pinned(pins: &PinNote, clock: &Clock<'_>) -> Markup {
    html! {
        h2 { "Pinned" }
        p { "By the rollback to push " (pins.to) ", " (clock.tell(pins.since)) ". A pin ends when the files give its path another value." }
        table {
            thead { tr {
                th scope="col" { "What" } th scope="col" { "Pinned" } th scope="col" { "Files" } th scope="col" { "Until" }
            } }
            tbody { @for pin in pins.paths.iter().take(MOST) { tr {
                th scope="row" { code { (shown(&pin.path.to_string())) } } td { (field_value_text(&pin.value)) } td { (field_value_text(&pin.file)) }
                td { @if let Some(until) = pin.until { (clock.tell(until)) } }
            } } }
        }
        (more(pins.paths.len()))
    }
}

fn facts(snapshot: &Snapshot, line: &StatusLine, member: Option<&Member>, clock: &Clock<'_>) -> Markup {
    let id = OutletId(line.outlet.clone());
    let at = |at: Option<Timestamp>| html! { @match at { Some(at) => (clock.tell(at)), None => "never" } };
    html! {
        dl {
            dt { "Outlet" } dd { code { (shown(&line.outlet)) } }
            @if let Some(member) = member {
                dt { "Files" } dd { @for layer in &member.layers { code { (shown(layer)) } " " } }
            }
            dt { "So since" } dd { (at(line.since)) }
            dt { "Last seen as wanted" } dd { (at(line.last_verified)) }
            dt { "Commit that is live" } dd { @match &line.revision { Some(revision) => (commit(revision)), None => "unknown" } }
            @if snapshot.shown.in_work.contains(&id) { dt { "Now" } dd { "in work" } }
            @if let Some(due) = snapshot.shown.due.get(&id) { dt { "Next try" } dd { (clock.tell(*due)) } }
            @if let Some(next) = line.next_pass { dt { "Next look" } dd { (clock.tell(next)) } }
        }
    }
}

fn history(pushes: &[PushRow], clock: &Clock<'_>) -> Markup {
    html! {
        @if pushes.is_empty() { p { "None yet." } } @else {
            table {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Result" } th scope="col" { "Took" }
                    th scope="col" { "Commit" } th scope="col" { "Request id" }
                } }
                tbody { @for push in pushes { (push_row(push, clock)) } }
            }
        }
    }
}

fn push_row(push: &PushRow, clock: &Clock<'_>) -> Markup {
    let took = push.sent_at.zip(push.finished_at).map(|(sent, finished)| finished.duration_since(sent).as_secs());
    html! {
        tr {
            td { (clock.tell(push.prepared_at)) }
            td { (match push.kind { crate::state::PushKind::Put => "menu", crate::state::PushKind::Stock => "stock" }) }
            td {
                (push.outcome.map_or("under way", |outcome| outcome.as_str()))
                @if let Some(error) = &push.error { p { (shown(error)) } }
            }
            td { @if let Some(took) = took { (words::span(took.unsigned_abs())) } }
            td { @if let Some(revision) = &push.revision { (commit(revision)) } }
            td { code { (push.request_id) } }
        }
    }
}

/// `… and 12 more`
fn more(all: usize) -> Markup {
    html! { @if all > MOST { p { "… and " (all - MOST) " more" } } }
}

/// A stored value: texts without quotes, nothing for null.
fn value_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => shown(text).into_owned(),
        other => shown(&other.to_string()).into_owned(),
    }
}

/// The same of a value that is known by its field.
fn field_value_text(value: &Option<FieldValue>) -> String {
    match value {
        None => String::new(),
        Some(FieldValue::Text(text)) => shown(text).into_owned(),
        Some(_) => shown(&value_json(value)).into_owned(),
    }
}

fn list(items: &Value) -> Markup {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    html! { @for item in items.iter().take(MOST) { code { (value_text(item)) } " " } (more(items.len())) }
}
