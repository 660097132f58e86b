//! All outlets, the worst first, and how the daemon itself is.

use maud::{Markup, html};
use serde_json::Value;

use super::{Clock, Page, badge, commit, shown, zone};
use crate::{
    daemon::Refused,
    report::StatusLine,
    web::{
        snapshot::Snapshot,
        state_help::{self, Urgency},
    },
};

pub(super) fn page(snapshot: &Snapshot) -> Page {
    let zone = zone(snapshot);
    let clock = Clock { now: snapshot.now, zone: &zone };
    let mut lines: Vec<&StatusLine> = snapshot.lines.iter().collect();
    lines.sort_by_key(|line| (state_help::of(&line.state).0, line.since, &line.outlet));
    let wanting = lines.iter().filter(|line| state_help::of(&line.state).1.urgency == Urgency::Act).count();
    let title = if wanting == 0 { "menusync".to_owned() } else { format!("({wanting}) menusync") };
    let body = html! {
        header { h1 { (headline(wanting, lines.len())) } (counts(&lines)) }
        (trouble(snapshot, &clock))
        main {
            @if lines.is_empty() { p { "The files define no outlet." } } @else { (table(&lines, &clock)) }
        }
        footer { (about_daemon(snapshot, &clock)) }
    };
    Page { title, refresh: true, body }
}

fn headline(wanting: usize, all: usize) -> String {
    match (wanting, all) {
        (0, 1) => "The outlet needs nobody".to_owned(),
        (0, _) => format!("None of {all} outlets needs anybody"),
        (1, _) => format!("1 of {all} outlets needs a person"),
        _ => format!("{wanting} of {all} outlets need a person"),
    }
}

/// `2 held · 5 in sync`
fn counts(lines: &[&StatusLine]) -> Markup {
    let count = |state: &str| lines.iter().filter(|line| line.state == state).count();
    let states = state_help::ALL.iter().map(|state_help| state_help.state.as_str());
    html! {
        p.counts {
            @for (state, count) in states.map(|state| (state, count(state))).filter(|(_, count)| *count > 0) {
                span { (count) " " (badge(state)) } " "
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

fn table(lines: &[&StatusLine], clock: &Clock<'_>) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Outlet" } th scope="col" { "State" } th scope="col" { "Since" } th scope="col" { "What" }
                th scope="col" { "Last push" } th scope="col" { "Commit" }
            } }
            tbody { @for line in lines { (row(line, clock)) } }
        }
    }
}

fn row(line: &StatusLine, clock: &Clock<'_>) -> Markup {
    html! {
        tr class=(state_help::of(&line.state).1.urgency.class()) {
            th scope="row" {
                a href={ "/outlets/" (encoded(&line.outlet)) } { (shown(line.name.as_deref().unwrap_or(&line.outlet))) }
                " " small { (shown(&line.outlet)) }
            }
            td { (badge(&line.state)) }
            td { @if let Some(since) = line.since { (clock.tell(since)) } }
            td { (what(line)) }
            td {
                @if let Some(push) = &line.last_push { (clock.tell(push.at)) " " (push.outcome.as_deref().unwrap_or("under way")) }
                @else { "none" }
            }
            td { @if let Some(revision) = &line.revision { (commit(revision)) } }
        }
    }
}

/// The error, the guards with their numbers, the drift.
fn what(line: &StatusLine) -> Markup {
    let held = line.held.as_array().map(Vec::as_slice).unwrap_or_default();
    let drift = line.drift.as_array().map_or(0, Vec::len);
    html! {
        // What a guard says is said better by the guard.
        @if let Some(error) = line.error.as_ref().filter(|_| held.is_empty() && line.pause.is_none()) { p { (shown(error)) } }
        @if let Some(pause) = &line.pause { p { (shown(&pause.words)) } }
        @for guard in held { p { strong { (word(guard, "guard")) } ": " (word(guard, "message")) } }
        @if drift > 0 { p { (drift) " changed elsewhere" } }
        @if let Some(pins) = &line.pins { p { (pins.paths.len()) " pinned by the rollback to push " (pins.to) } }
    }
}

/// A text in a stored object.
fn word(value: &Value, key: &str) -> String {
    shown(value.get(key).and_then(Value::as_str).unwrap_or_default()).into_owned()
}

/// As one segment of a path.
fn encoded(id: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_~".contains(byte);
    id.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
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
            @if let Some(revision) = &snapshot.loaded.revision { dt { "Commit" } dd { (commit(revision)) } }
            dt { "menusync" } dd { (env!("CARGO_PKG_VERSION")) @if shown.stopping { ", stopping" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_of_a_path_whatever_is_in_it() {
        assert_eq!(encoded("G916309315"), "G916309315");
        assert_eq!(encoded("../a?b#é"), "%2E%2E%2Fa%3Fb%23%C3%A9");
    }
}
