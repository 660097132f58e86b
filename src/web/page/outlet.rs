//! One outlet: how it stands, what to do, what the files change, what holds it, what was changed elsewhere, and its pushes.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::{Clock, Page, badge, commit, zone_of};
use crate::{
    catalog::{FieldValue, OutletId, Price},
    diagnostic::Diagnostic,
    fleet::Member,
    report::{
        OutletHistory, PinNote, PromotionEventLine, PushLine, StatusLine, counts_for_push,
        html::{shown, with_code},
        push_changes, shell_word,
        untrusted::url_part,
        value_json,
    },
    web::{snapshot::Snapshot, state_help, words},
};

/// How many lines of a list are shown (our choice); the commands show all.
const MOST: usize = 30;

/// `changes`: what the files change since the last verified push, and what its photos need in the style sheet.
pub(super) fn page(
    snapshot: &Snapshot,
    line: &StatusLine,
    history: &OutletHistory,
    changes: Option<(Markup, String)>,
) -> Page {
    let zone = zone_of(snapshot, &line.outlet);
    let clock = Clock { now: snapshot.now, zone: &zone };
    let member = snapshot.survey.member(&line.outlet);
    let name = line.name.as_deref().unwrap_or(&line.outlet);
    let (changes, style) = changes.unzip();
    let body = html! {
        (super::navigation(""))
        header id="summary" {
            h1 { (shown(name)) " " (badge(&line.state)) }
            (what_to_do(line))
            @if member.is_some_and(|member| member.valid) {
                p { a href={ "/outlets/" (url_part(&line.outlet)) "/menu" } { "The menu as customers see it" } }
            }
        }
        main id="content" {
            @if let Some(pause) = &line.pause { p { (shown(&pause.words)) } }
            @else if let Some(error) = &line.error { p.trouble { (shown(error)) } }
            @if let Some(invalid) = &line.invalid_from { p.trouble { (shown(&invalid.to_string())) } }
            @if let Some(member) = member {
                (findings("Errors in its files", member, Diagnostic::is_error))
                (findings("Warnings in its files", member, counts_for_push))
            }
            (held(line))
            @if let Some(changes) = &changes {
                h2 { "What the files change" }
                p.quiet { "Compared with the last push that GoFood showed; " code { "menusync plan --outlet " (shell_word(&line.outlet)) } " asks GoFood." }
                (changes)
            }
            (drift(&line.drift))
            (notes(&line.notes))
            @if let Some(pins) = &line.pins { (pinned(pins, &clock)) }
            h2 { "Facts" }
            (facts(snapshot, line, member, &clock))
            h2 { "Pushes" }
            (pushes(snapshot, &history.pushes, &clock))
            (promotions(snapshot, &history.promotions, &clock))
        }
    };
    let title = format!("{name}: {}", line.state.replace('_', " "));
    Page { title, body, style: style.unwrap_or_default(), ..Page::live(snapshot) }
}

fn what_to_do(line: &StatusLine) -> Markup {
    let state_help = state_help::of(&line.state).1;
    let flags: Vec<String> =
        guards(line).iter().filter_map(|guard| guard["guard"].as_str()).map(|g| format!("--allow {g}")).collect();
    let advice = match flags.as_slice() {
        [] => state_help.advice.to_owned(),
        flags => state_help.advice.replace("--allow GUARD", &flags.join(" ")),
    };
    let advice = advice.replace("ID", &shell_word(&line.outlet));
    html! { p { (with_code(state_help.meaning)) " " (with_code(&advice)) } }
}

/// The guards that hold an outlet, as they were stored.
fn guards(line: &StatusLine) -> &[Value] {
    line.held.as_array().map(Vec::as_slice).unwrap_or_default()
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

fn held(line: &StatusLine) -> Markup {
    let id = shell_word(&line.outlet);
    html! {
        @if !guards(line).is_empty() {
            h2 { "Held by" }
            table.list {
                thead { tr { th scope="col" { "Guard" } th scope="col" { "Finding" } th scope="col" { "Concerns" } } }
                tbody { @for guard in guards(line) { tr {
                    th scope="row" { (value_text(&guard["guard"])) } td { (value_text(&guard["message"])) }
                    td data-label="Concerns" { (list(&guard["items"])) }
                } } }
            }
            p { "To let it through with a review:" }
            ul.lines {
                li { code { "menusync plan --outlet " (id) " --out plan.json" } }
                @for guard in guards(line).iter().filter_map(|guard| guard["guard"].as_str()) {
                    li { code { "menusync approve plan.json --guard " (shell_word(guard)) " --reason TEXT" } }
                }
            }
        }
    }
}

fn drift(drift: &Value) -> Markup {
    let changes = drift.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !changes.is_empty() {
            h2 { "Changed elsewhere" }
            table.list {
                thead { tr {
                    th scope="col" { "What" } th scope="col" { "Name" } th scope="col" { "Live" } th scope="col" { "Files" }
                    th scope="col" { "Class" }
                } }
                tbody { @for change in changes.iter().take(MOST) { tr {
                    th scope="row" { code { (value_text(&change["path"])) } } td { (value_text(&change["name"])) }
                    td data-label="Live" { (side_text(change, "from")) } td data-label="Files" { (side_text(change, "to")) }
                    td data-label="Class" { (value_text(&change["class"])) }
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
        table.list {
            thead { tr {
                th scope="col" { "What" } th scope="col" { "Pinned" } th scope="col" { "Files" } th scope="col" { "Until" }
            } }
            tbody { @for pin in pins.paths.iter().take(MOST) { tr {
                th scope="row" { code { (shown(&pin.path.to_string())) } } td data-label="Pinned" { (field_value_text(&pin.value)) }
                td data-label="Files" { (field_value_text(&pin.file)) } td data-label="Until" { @if let Some(until) = pin.until { (clock.tell(until)) } }
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
            dt { "Commit that is live" } dd { @match &line.revision { Some(revision) => (commit(snapshot, revision)), None => "unknown" } }
            @if snapshot.shown.in_work.contains(&id) { dt { "Now" } dd { "in work" } }
            @if let Some(due) = snapshot.shown.due.get(&id) { dt { "Next try" } dd { (clock.tell(*due)) } }
            @if let Some(next) = line.next_pass { dt { "Next look" } dd { (clock.tell(next)) } }
        }
    }
}

fn promotions(snapshot: &Snapshot, promotions: &[PromotionEventLine], clock: &Clock<'_>) -> Markup {
    html! {
        @if !promotions.is_empty() {
            h2 { "Promotions" }
            table.list {
                thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Which" } th scope="col" { "Commit" } } }
                tbody { @for PromotionEventLine { at, event } in promotions { tr {
                    td { (clock.tell(*at)) } th scope="row" { (event.result.as_str()) }
                    td data-label="Which" { (shown(&event.words())) }
                    td data-label="Commit" {
                        @if let Some(revision) = &event.revision { (commit(snapshot, revision)) }
                        @if let Some(author) = &event.author { " by " (shown(author)) }
                    }
                } } }
            }
        }
    }
}

fn pushes(snapshot: &Snapshot, pushes: &[PushLine], clock: &Clock<'_>) -> Markup {
    html! {
        @if pushes.is_empty() { p { "None yet." } } @else {
            table.list {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Push" } th scope="col" { "Result" } th scope="col" { "Changes" }
                    th scope="col" { "Took" } th scope="col" { "Commit" } th scope="col" { "Request id" }
                } }
                tbody { @for push in pushes { (push_row(snapshot, push, clock)) } }
            }
        }
    }
}

fn push_row(snapshot: &Snapshot, push: &PushLine, clock: &Clock<'_>) -> Markup {
    let took = push.sent_at.zip(push.finished_at).map(|(sent, finished)| finished.duration_since(sent).as_secs());
    html! {
        tr {
            td { (clock.tell(push.prepared_at)) }
            th scope="row" {
                (push.number) @if push.kind == "stock" { " of stock" } @if push.live { ", live" }
                @if let Some(to) = push.back_to { ", back to " (to) }
            }
            td data-label="Result" {
                (push.outcome.unwrap_or("under way"))
                @if let Some(error) = &push.error { p { (shown(error)) } }
            }
            td data-label="Changes" { (changed(push)) }
            td data-label="Took" { @if let Some(took) = took { (words::span(took.unsigned_abs())) } }
            td data-label="Commit" {
                @if let Some(revision) = &push.revision { (commit(snapshot, revision)) }
                @if let Some(author) = &push.author { " by " (shown(author)) }
            }
            td data-label="Request id" { code { (push.request_id) } }
        }
    }
}

/// What a push changed: a line, or as many to unfold.
fn changed(push: &PushLine) -> Markup {
    let Some(changes) = push_changes(push) else { return html! { "not recorded" } };
    html! {
        @match changes.as_slice() {
            [] => "none",
            [one] => (shown(one)),
            all => details { summary { (all.len()) } ul.lines {
                @for change in all.iter().take(MOST) { li { (shown(change)) } }
            } (more(all.len())) },
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

/// One side of a stored change; prices as people write them.
fn side_text(change: &Value, side: &str) -> String {
    let is_price = change["path"].as_str().is_some_and(|path| path.ends_with("/price"));
    match change[side].as_i64().filter(|_| is_price) {
        Some(rupiah) => Price(rupiah).to_string(),
        None => value_text(&change[side]),
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
