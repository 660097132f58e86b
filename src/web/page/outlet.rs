//! One outlet: how it stands, what to do, what the files change, what holds it, what was changed elsewhere, and its pushes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    Clock, Page, badge, commit, english, error_of, guard_words, invalid_words, pause_words, place, release,
    with_commands, zone_of,
};
use crate::{
    catalog::{FieldValue, OutletId, Path},
    diagnostic::Diagnostic,
    fleet::Member,
    report::{
        DriftNote, Lang, LineNote, OutletHistory, PinNote, PromotionEventLine, PushLine, StatusLine, SwitchEventLine,
        SwitchNote, counts_for_push,
        html::{shown, with_code},
        push_changes, shell_word,
        untrusted::url_part,
        value_json,
    },
    rules,
    web::{snapshot::Snapshot, state_help},
};

/// How many lines of a list are shown (our choice); the commands show all.
const MOST: usize = 30;

/// So many of the things that a guard holds are named beside its finding (our choice): what changes is told below.
const CONCERNED: usize = 5;

/// `changes`: what the files change since the last verified push, and what its photos need in the style sheet.
pub(super) fn page(
    snapshot: &Snapshot,
    line: &StatusLine,
    history: &OutletHistory,
    changes: Option<(Markup, String)>,
    authors: &BTreeMap<String, LineNote>,
    lang: Lang,
) -> Page {
    let zone = zone_of(snapshot, &line.outlet);
    let clock = Clock { now: snapshot.now, zone: &zone, lang };
    let member = snapshot.survey.member(&line.outlet);
    let name = line.name.as_deref().unwrap_or(&line.outlet);
    let is_said = !line.held.is_empty() || member.is_some_and(|member| !member.valid);
    let (changes, style) = changes.unzip();
    let body = html! {
        (super::navigation("", lang))
        header id="summary" {
            h1 { (shown(name)) " " (badge(&line.state, lang)) }
            (what_to_do(snapshot, line, lang))
            @if member.is_some_and(|member| member.valid) {
                p { a href={ "/outlets/" (url_part(&line.outlet)) "/menu" } { (lang.menu_of_files()) } }
            }
        }
        main id="content" {
            @if let Some(pause) = &line.pause { p { (shown(&pause_words(pause, line, snapshot, lang))) } }
            // What guards say and what is wrong with files is told below, in whole.
            @else if let Some(error) = error_of(line, lang).filter(|_| !is_said) { p.trouble { (error) } }
            @if let Some(invalid) = &line.invalid_from { p.trouble { (shown(&invalid_words(invalid, line, snapshot, lang))) } }
            @if let Some(member) = member {
                (findings(lang.errors_in_files(), member, Diagnostic::is_error, snapshot, authors, lang))
                (findings(lang.warnings_in_files(), member, counts_for_push, snapshot, authors, lang))
            }
            (held(line, snapshot, authors, lang))
            @if let Some(changes) = &changes {
                h2 { (lang.what_files_change()) }
                p.quiet { (with_commands(&lang.compared_with(&shell_word(&line.outlet)), snapshot)) }
                (changes)
            }
            (drift(&line.drift, lang))
            (notes(&line.notes, lang))
            (open_switches(snapshot, line, &clock))
            @if let Some(pins) = &line.pins { (pinned(pins, &clock)) }
            h2 { (lang.facts()) }
            (facts(snapshot, line, member, &clock))
            h2 { (lang.pushes()) }
            (pushes(snapshot, &history.pushes, &clock))
            (promotions(snapshot, &history.promotions, &clock))
            (switches(&history.switches, &clock))
        }
    };
    let title = format!("{name}: {}", lang.state(&line.state));
    Page { title, body, style: style.unwrap_or_default(), ..Page::live(snapshot, lang) }
}

fn what_to_do(snapshot: &Snapshot, line: &StatusLine, lang: Lang) -> Markup {
    let state_help = state_help::of(&line.state).1;
    let advice = (state_help.advice)(lang).replace("ID", &shell_word(&line.outlet));
    html! { p { (with_code((state_help.meaning)(lang))) " " (with_commands(&advice, snapshot)) } }
}

fn findings(
    heading: &str,
    member: &Member,
    are_meant: fn(&Diagnostic) -> bool,
    snapshot: &Snapshot,
    authors: &BTreeMap<String, LineNote>,
    lang: Lang,
) -> Markup {
    let errors: Vec<_> = member.diagnostics.iter().filter(|diagnostic| are_meant(diagnostic)).collect();
    html! {
        @if !errors.is_empty() {
            h2 { (heading) }
            ul {
                @for error in errors.iter().take(MOST) {
                    li {
                        @if let Some(found) = &error.place { (place(&found.to_string(), snapshot, authors, lang)) " " }
                        (english(&error.message, lang))
                        @if let Some(help) = &error.help { p.quiet { (english(help, lang)) } }
                        @if let Some(words) = explained(error, lang) { p.quiet { (with_code(words)) } }
                    }
                }
                (more(errors.len(), lang))
            }
        }
    }
}

/// What the rule says to owners who may not read English.
fn explained(diagnostic: &Diagnostic, lang: Lang) -> Option<&'static str> {
    match lang {
        Lang::En => None,
        Lang::Id => rules::rule(diagnostic.code).map(|rule| rule.indonesian.as_str()),
    }
}

fn held(line: &StatusLine, snapshot: &Snapshot, authors: &BTreeMap<String, LineNote>, lang: Lang) -> Markup {
    html! {
        @if !line.held.is_empty() {
            h2 { (lang.held_by()) }
            table.list {
                thead { tr { th scope="col" { (lang.guard()) } th scope="col" { (lang.finding()) } th scope="col" { (lang.concerns()) } } }
                tbody { @for held in &line.held { tr {
                    th scope="row" { (held.guard.name()) } td {
                        (guard_words(held, lang))
                        @if !held.places.is_empty() {
                            p.quiet { (lang.to_correct()) @for line in &held.places { " " (place(line, snapshot, authors, lang)) } }
                        }
                    }
                    td data-label=(lang.concerns()) { (list(&held.items, lang)) }
                } } }
            }
            (release(&[line], std::slice::from_ref(&line.outlet), snapshot, lang))
        }
    }
}

fn drift(drift: &[DriftNote], lang: Lang) -> Markup {
    html! {
        @if !drift.is_empty() {
            h2 { (lang.changed_elsewhere_heading()) }
            table.list {
                thead { tr {
                    th scope="col" { (lang.what_heading()) } th scope="col" { (lang.name_heading()) } th scope="col" { (lang.live_heading()) }
                    th scope="col" { (lang.files_heading()) } th scope="col" { (lang.class_heading()) }
                } }
                tbody { @for change in drift.iter().take(MOST) { tr {
                    th scope="row" { code { (shown(&change.path.to_string())) } } td { (shown(&change.name)) }
                    td data-label=(lang.live_heading()) { (value_text(&change.from)) } td data-label=(lang.files_heading()) { (value_text(&change.to)) }
                    td data-label=(lang.class_heading()) { (lang.class(change.class)) }
                } } }
            }
            (more(drift.len(), lang))
        }
    }
}

/// What the live menu says beyond what is understood.
fn notes(notes: &[String], lang: Lang) -> Markup {
    html! {
        @if !notes.is_empty() {
            h2 { (lang.notes_heading()) }
            ul { @for note in notes.iter().take(MOST) { li { (english(note, lang)) } } (more(notes.len(), lang)) }
        }
    }
}

/// Switches of stock that are under way or have an end, and those of which nobody knows.
fn open_switches(snapshot: &Snapshot, line: &StatusLine, clock: &Clock<'_>) -> Markup {
    let words = |switch: &SwitchNote| switch.words(&line.state, clock.zone, clock.lang);
    let unread = |key: &String| clock.lang.switch_unread(key, &shell_word(&line.outlet));
    html! {
        @if !line.switches.is_empty() || !line.unread_switches.is_empty() {
            h2 { (clock.lang.stock_switches()) }
            ul { @for switch in line.switches.iter().take(MOST) { li { (shown(&words(switch))) } } (more(line.switches.len(), clock.lang)) }
            @for key in line.unread_switches.iter().take(MOST) { p.trouble { (with_commands(&unread(key), snapshot)) } }
            (more(line.unread_switches.len(), clock.lang))
        }
    }
}

/// What became of switches of stock.
fn switches(switches: &[SwitchEventLine], clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    html! {
        @if !switches.is_empty() {
            h2 { (lang.past_switches()) }
            table.list {
                thead { tr {
                    @for heading in [lang.when_heading(), lang.result(), lang.what_heading()] { th scope="col" { (heading) } }
                } }
                tbody { @for SwitchEventLine { at, event } in switches { tr {
                    td { (clock.tell(*at)) } th scope="row" { (lang.switch_result(event.result)) }
                    td data-label=(lang.what_heading()) { (shown(&lang.switch_event(event, Some(clock.zone)))) }
                } } }
            }
        }
    }
}

fn pinned(pins: &PinNote, clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    html! {
        h2 { (lang.pinned_heading()) }
        p { (lang.pinned_by(pins.to)) ", " (clock.tell(pins.since)) ". " (lang.pin_ends()) }
        table.list {
            thead { tr {
                th scope="col" { (lang.what_heading()) } th scope="col" { (lang.pinned_heading()) } th scope="col" { (lang.files_heading()) }
                th scope="col" { (lang.until_heading()) }
            } }
            tbody { @for pin in pins.paths.iter().take(MOST) { tr {
                th scope="row" { code { (shown(&pin.path.to_string())) } } td data-label=(lang.pinned_heading()) { (value_text(&pin.value)) }
                td data-label=(lang.files_heading()) { (value_text(&pin.file)) } td data-label=(lang.until_heading()) { @if let Some(until) = pin.until { (clock.tell(until)) } }
            } } }
        }
        (more(pins.paths.len(), lang))
    }
}

fn facts(snapshot: &Snapshot, line: &StatusLine, member: Option<&Member>, clock: &Clock<'_>) -> Markup {
    let (id, lang) = (OutletId(line.outlet.clone()), clock.lang);
    let at = |at: Option<Timestamp>| html! { @match at { Some(at) => (clock.tell(at)), None => (lang.never()) } };
    html! {
        dl {
            dt { (lang.outlet_heading()) } dd { code { (shown(&line.outlet)) } }
            @if let Some(member) = member {
                dt { (lang.files_heading()) } dd { @for layer in &member.layers { code { (shown(layer)) } " " } }
                @if let Some(account) = &member.account { dt { (lang.account_heading()) } dd { code { (shown(account)) } } }
            }
            dt { (lang.so_since()) } dd { (at(line.since)) }
            dt { (lang.last_seen_as_wanted()) } dd { (at(line.last_verified)) }
            dt { (lang.live_commit()) } dd { @match &line.revision { Some(revision) => (commit(snapshot, revision)), None => (lang.unknown()) } }
            @if snapshot.shown.in_work.contains(&id) { dt { (lang.now()) } dd { (lang.in_work_now()) } }
            @if let Some(due) = snapshot.shown.due.get(&id) { dt { (lang.next_try()) } dd { (clock.tell(*due)) } }
            @if let Some(next) = line.next_pass { dt { (lang.next_look()) } dd { (clock.tell(next)) } }
        }
    }
}

fn promotions(snapshot: &Snapshot, promotions: &[PromotionEventLine], clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    html! {
        @if !promotions.is_empty() {
            h2 { (lang.promotions()) }
            table.list {
                thead { tr {
                    @for heading in [lang.when_heading(), lang.result(), lang.what_heading(), lang.commit_heading()] {
                        th scope="col" { (heading) }
                    }
                } }
                tbody { @for PromotionEventLine { at, event } in promotions { tr {
                    td { (clock.tell(*at)) } th scope="row" { (lang.promotion_result(event.result.as_str())) }
                    td data-label=(lang.what_heading()) { (shown(&lang.promotion_event(event))) }
                    td data-label=(lang.commit_heading()) {
                        (commit_by(snapshot, event.revision.as_deref(), event.author.as_deref(), lang))
                    }
                } } }
            }
        }
    }
}

fn pushes(snapshot: &Snapshot, pushes: &[PushLine], clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    html! {
        @if pushes.is_empty() { p { (lang.no_pushes_yet()) } } @else {
            table.list {
                thead { tr {
                    @for heading in [
                        lang.when_heading(), lang.push_heading(), lang.result(), lang.changes(), lang.took(), lang.commit_heading(),
                        lang.request_id(),
                    ] { th scope="col" { (heading) } }
                } }
                tbody { @for push in pushes { (push_row(snapshot, push, clock)) } }
            }
        }
    }
}

fn push_row(snapshot: &Snapshot, push: &PushLine, clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    let took = push.sent_at.zip(push.finished_at).map(|(sent, finished)| finished.duration_since(sent).as_secs());
    html! {
        tr {
            td.short { (clock.tell(push.prepared_at)) }
            th.short scope="row" {
                (push.number) @if push.kind == "stock" { " " (lang.of_stock()) } @if push.live { ", " (lang.live()) }
                @if let Some(to) = push.back_to { ", " (lang.back_to(to)) }
            }
            td.short data-label=(lang.result()) {
                (lang.outcome(push.outcome))
                @if let Some(error) = &push.error { p { (english(error, lang)) } }
            }
            td.short data-label=(lang.changes()) { (changed(push, lang)) }
            td.short data-label=(lang.took()) { @if let Some(took) = took { (lang.span(took.unsigned_abs())) } }
            td data-label=(lang.commit_heading()) {
                (commit_by(snapshot, push.revision.as_deref(), push.author.as_deref(), lang))
            }
            td data-label=(lang.request_id()) { code { (push.request_id) } }
        }
    }
}

fn commit_by(snapshot: &Snapshot, revision: Option<&str>, author: Option<&str>, lang: Lang) -> Markup {
    html! {
        @if let Some(revision) = revision { (commit(snapshot, revision)) }
        @if let Some(author) = author { " " (lang.by_author(&shown(author))) }
    }
}

/// What a push changed: a line, or as many to unfold.
fn changed(push: &PushLine, lang: Lang) -> Markup {
    let Some(changes) = push_changes(push, lang) else { return html! { (lang.not_recorded()) } };
    html! {
        @match changes.as_slice() {
            [] => (lang.none()),
            [one] => (shown(one)),
            all => details { summary { (all.len()) } ul.lines {
                @for change in all.iter().take(MOST) { li { (shown(change)) } }
            } (more(all.len(), lang)) },
        }
    }
}

/// `… and 12 more`
fn more(all: usize, lang: Lang) -> Markup {
    html! { @if all > MOST { p { (lang.and_more(all - MOST)) } } }
}

/// A value: texts without quotes, prices as people write them, nothing for none.
fn value_text(value: &Option<FieldValue>) -> String {
    match value {
        None => String::new(),
        Some(FieldValue::Text(text)) => shown(text).into_owned(),
        Some(FieldValue::Price(price)) => price.to_string(),
        Some(_) => shown(&value_json(value)).into_owned(),
    }
}

fn list(items: &[Path], lang: Lang) -> Markup {
    html! {
        @for item in items.iter().take(CONCERNED) { code { (shown(&item.to_string())) } " " }
        @if items.len() > CONCERNED { (lang.and_more(items.len() - CONCERNED)) }
    }
}
