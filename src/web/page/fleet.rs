//! All outlets on one screen: how many stand how, why, and a list that can be searched; and how the daemon itself is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    Clock, Page, badge,
    causes::{Group, groups},
    commit, english, error_of,
    filter::Filter,
    guard_words, invalid_words, outlet_link, pause_words, place, release, with_commands, zone,
};
use crate::{
    daemon::Refused,
    fleet::{Member, Selection},
    policy::Guard,
    report::{
        Lang, LineNote, StatusLine,
        html::{shown, with_code},
    },
    sync::OutletState,
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

pub(super) fn page(snapshot: &Snapshot, filter: &Filter, authors: &BTreeMap<String, LineNote>, lang: Lang) -> Page {
    let zone = zone(snapshot);
    let clock = Clock { now: snapshot.now, zone: &zone, lang };
    let mut lines: Vec<&StatusLine> = snapshot.lines.iter().collect();
    lines.sort_by_cached_key(|line| {
        let minute = line.since.map(|since| since.as_second() / 60);
        (state_help::of(&line.state).0, minute, label(line).to_lowercase(), line.outlet.clone())
    });
    let wanting = lines.iter().filter(|line| state_help::of(&line.state).1.urgency == Urgency::Act).count();
    let title = if wanting == 0 { "menusync".to_owned() } else { format!("({wanting}) menusync") };
    let members: HashMap<&str, &Member> =
        snapshot.survey.members.iter().map(|member| (member.id.as_str(), member)).collect();
    let member = |line: &StatusLine| members.get(line.outlet.as_str()).copied();
    let mut found: Vec<&StatusLine> =
        lines.iter().copied().filter(|line| filter.matches(line, member(line), snapshot)).collect();
    match filter.sort() {
        Some("name") => found.sort_by_cached_key(|line| (label(line).to_lowercase(), &line.outlet)),
        Some("since") => found.sort_by_key(|line| std::cmp::Reverse(line.since)),
        _ => {}
    }
    let body = html! {
        (super::navigation("/", lang))
        header id="summary" {
            h1 { (headline(wanting, lines.len(), lang)) }
            (counts(&lines, filter, lang))
            (trouble(snapshot, &clock))
            (rollout(snapshot, &clock))
            (round_load(snapshot, lang))
            (causes(&groups(&lines, snapshot, lang), snapshot, authors, &clock))
            (release_of_cause(&found, &lines, filter, snapshot, authors, lang))
        }
        @if lines.is_empty() { main id="content" { p { (lang.no_outlet_at_all()) } } }
        @else {
            (form(filter, snapshot, lang))
            main id="content" { (list(&found, filter, snapshot, &clock)) }
        }
        footer id="about" { (about_daemon(snapshot, &clock)) }
    };
    Page { title, body, ..Page::live(snapshot, lang) }
}

fn label(line: &StatusLine) -> &str {
    line.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&line.outlet)
}

fn headline(wanting: usize, all: usize, lang: Lang) -> String {
    if wanting == 0 { lang.nobody_needed(all) } else { lang.people_needed(wanting, all) }
}

/// `2 held · 5 in sync`, each a link to those outlets.
fn counts(lines: &[&StatusLine], filter: &Filter, lang: Lang) -> Markup {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for line in lines {
        *counts.entry(state_help::of(&line.state).0).or_default() += 1;
    }
    html! {
        p.counts {
            @for (place, count) in counts {
                @let state = state_help::ALL[place].state.as_str();
                a href=(filter.with_state(Some(state)).link()) aria-current=[(filter.state() == Some(state)).then_some("true")] {
                    (count) " " (badge(state, lang))
                }
            }
        }
    }
}

/// What keeps new files from being used, and wrong files.
fn trouble(snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    let refused = snapshot.shown.refused.as_ref().map(|(why, since)| match why {
        Refused::Unreadable(error) => (lang.files_unreadable(), error, since),
        Refused::Settings(error) => (lang.settings_wrong(), error, since),
    });
    let errors = snapshot.survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    // What keeps an outlet from being pushed is said as its reason.
    let is_said = snapshot.survey.members.iter().any(|member| !member.valid);
    html! {
        @if let Some((what, error, since)) = refused {
            p.trouble { strong { (what) } " " (english(error, lang)) " " (lang.since_heading()) " " (clock.tell(*since)) "." }
        }
        @if errors > 0 && !is_said {
            p.trouble { (with_commands(&lang.files_with_errors(errors), snapshot)) }
        }
    }
}

/// How far a change is that goes out in waves.
fn rollout(snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let known = snapshot.rollout.as_ref();
    let words = known.and_then(|rollout| rollout.words_in(clock.lang, clock.zone));
    let class = if known.is_some_and(|rollout| rollout.stopped.is_some()) { "trouble" } else { "quiet" };
    html! { @if let Some(words) = words { p class=(class) { (with_commands(&format!("{words}."), snapshot)) } } }
}

/// That a pass over all cannot end before the next one is due.
fn round_load(snapshot: &Snapshot, lang: Lang) -> Markup {
    let words = snapshot.shown.round_load.as_ref().and_then(|load| lang.round_too_long(load));
    html! { @if let Some(words) = words { p.trouble { (with_commands(&format!("{words}; {}.", lang.round_fix()), snapshot)) } } }
}

/// `38 outlets: 401 from GoBiz since 19:02`
fn causes(
    groups: &[Group<'_>],
    snapshot: &Snapshot,
    authors: &BTreeMap<String, LineNote>,
    clock: &Clock<'_>,
) -> Markup {
    let lang = clock.lang;
    html! {
        @if !groups.is_empty() {
            ul.causes {
                @for group in groups.iter().take(CAUSES) {
                    li class=(state_help::of(group.state).1.urgency.class()) {
                        @if group.count == 1 { a href=(outlet_link(&group.first.outlet)) { (shown(label(group.first))) } }
                        @else { a href=(Filter::of_cause(group.state, &group.cause.text()).link()) { (lang.outlet_count(group.count)) } }
                        ": " (group.cause.html(snapshot, authors, lang))
                        @if let Some(since) = group.since { ", " (lang.since()) " " (clock.tell(since)) }
                        @if let Some(held) = group.first.held.first() {
                            p.quiet { (shown(label(group.first))) ": " (guard_words(held, lang)) }
                        }
                    }
                }
            }
            @if groups.len() > CAUSES { p.quiet { (lang.more_reasons(groups.len() - CAUSES)) } }
        }
    }
}

fn form(filter: &Filter, snapshot: &Snapshot, lang: Lang) -> Markup {
    let mut shared: HashMap<&str, usize> = HashMap::new();
    for layer in snapshot.survey.members.iter().flat_map(|member| &member.layers) {
        *shared.entry(layer).or_default() += 1;
    }
    let mut layers: Vec<(usize, &str)> =
        shared.into_iter().filter(|(_, count)| *count > 1).map(|(layer, count)| (count, layer)).collect();
    layers.sort_by_key(|(count, layer)| (std::cmp::Reverse(*count), *layer));
    layers.truncate(LAYERS);
    layers.sort_by_key(|(_, layer)| *layer);
    let accounts: BTreeSet<&str> =
        snapshot.survey.members.iter().filter_map(|member| member.account.as_deref()).collect();
    html! {
        form method="get" action="/" role="search" {
            label { (lang.name_or_id()) input type="search" name="q" value=(shown(filter.search())); }
            label { (lang.state_heading()) select name="state" {
                option value="" { (lang.any()) }
                @for known in &state_help::ALL {
                    @let state = known.state.as_str();
                    option value=(state) selected[filter.state() == Some(state)] { (lang.state(state)) }
                }
            } }
            @if !layers.is_empty() {
                label { (lang.layer_heading()) select name="layer" {
                    option value="" { (lang.any()) }
                    @for (_, layer) in &layers { option value=(layer) selected[filter.layer() == Some(layer)] { (shown(layer)) } }
                } }
            }
            @if !accounts.is_empty() {
                label { (lang.account_heading()) select name="account" {
                    option value="" { (lang.any()) }
                    @for account in &accounts { option value=(account) selected[filter.account() == Some(account)] { (shown(account)) } }
                } }
            }
            @if let Some(cause) = filter.cause() {
                label { (lang.reason()) input type="text" name="cause" value=(shown(cause)); }
            } @else {
                label { (lang.reason()) input type="text" name="reason" value=(shown(filter.reason())); }
            }
            label { (lang.order()) select name="sort" {
                @for (key, words) in [("", lang.worst_first()), ("name", lang.by_name()), ("since", lang.newest_first())] {
                    option value=(key) selected[filter.sort().unwrap_or_default() == key] { (words) }
                }
            } }
            button type="submit" { (lang.show()) }
            @if filter.selects() { a href="/" { (lang.show_all()) } }
        }
    }
}

fn list(found: &[&StatusLine], filter: &Filter, snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    let pages = found.len().div_ceil(ROWS).max(1);
    let page = filter.page().min(pages);
    let rows = found.iter().skip((page - 1) * ROWS).take(ROWS);
    let sorted = |key: &str| {
        (filter.sort().unwrap_or_default() == key).then_some(if key == "since" { "descending" } else { "ascending" })
    };
    html! {
        @if found.is_empty() { p { (lang.no_outlet_matches()) " " a href="/" { (lang.show_all()) } } }
        @else {
            table.list {
                caption { (lang.outlet_count(found.len())) }
                thead { tr {
                    th scope="col" aria-sort=[sorted("name")] { a href=(filter.with_sort("name").link()) { (lang.outlet_heading()) } }
                    th scope="col" aria-sort=[sorted("")] { a href=(filter.with_sort("").link()) { (lang.state_heading()) } }
                    th scope="col" aria-sort=[sorted("since")] { a href=(filter.with_sort("since").link()) { (lang.since_heading()) } }
                    th scope="col" { (lang.what_heading()) } th scope="col" { (lang.last_push()) } th scope="col" { (lang.commit_heading()) }
                } }
                tbody { @for line in rows { (row(line, snapshot, clock)) } }
            }
            @if pages > 1 {
                nav.pages aria-label=(lang.pages()) {
                    @if page > 1 { a rel="prev" href=(filter.with_page(page - 1).link()) { (lang.previous()) } }
                    span { (lang.page_of(page, pages)) }
                    @if page < pages { a rel="next" href=(filter.with_page(page + 1).link()) { (lang.next()) } }
                }
            }
        }
    }
}

fn row(line: &StatusLine, snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let lang = clock.lang;
    html! {
        tr {
            th scope="row" {
                a href=(outlet_link(&line.outlet)) { (shown(label(line))) }
                @if label(line) != line.outlet { " " small { (shown(&line.outlet)) } }
            }
            td { (badge(&line.state, lang)) }
            td.short data-label=(lang.since_heading()) { (since(line.since, clock)) }
            td { (what(line, snapshot, lang)) }
            td.short data-label=(lang.last_push()) {
                @if let Some(push) = &line.last_push { (clock.tell(push.at)) " " (lang.outcome(push.outcome.as_deref())) }
                @else { (lang.none()) }
            }
            td data-label=(lang.commit_heading()) { @if let Some(revision) = &line.revision { (commit(snapshot, revision)) } @else { (lang.unknown()) } }
        }
    }
}

fn since(since: Option<Timestamp>, clock: &Clock<'_>) -> Markup {
    html! { @match since { Some(since) => (clock.tell(since)), None => (clock.lang.not_looked_at_yet()) } }
}

/// What lets through what is held for the one reason that was asked for.
fn release_of_cause(
    found: &[&StatusLine],
    lines: &[&StatusLine],
    filter: &Filter,
    snapshot: &Snapshot,
    authors: &BTreeMap<String, LineNote>,
    lang: Lang,
) -> Markup {
    let is_asked = filter.cause().is_some() && found.iter().all(|line| line.state == OutletState::Held.as_str());
    let Some(first) = found.first().filter(|_| is_asked) else { return Markup::default() };
    let guards: BTreeSet<Guard> = first.held.iter().map(|held| held.guard).collect();
    let is_alike = |line: &&StatusLine| line.held.iter().any(|held| guards.contains(&held.guard));
    let alike: Vec<&str> = lines.iter().copied().filter(is_alike).map(|line| line.outlet.as_str()).collect();
    let meant: BTreeSet<&str> = found.iter().map(|line| line.outlet.as_str()).collect();
    let wrong = first.held.iter().find_map(|held| held.places.first());
    html! {
        @if let Some(line) = wrong { p { (lang.to_correct()) " " (place(line, snapshot, authors, lang)) } }
        @match globs_of(&meant, &alike, snapshot) {
            Some(globs) => details { summary { (lang.let_through_these(found.len())) } (release(found, &globs, snapshot, lang)) },
            None => p.quiet { (with_code(lang.too_many_to_name())) },
        }
    }
}

/// So many outlets are named in a command (our choice: what can still be copied).
const NAMED: usize = 30;

/// What selects these outlets of `alike` and no others: nothing where all are meant, a layer that they share, their ids.
fn globs_of(meant: &BTreeSet<&str>, alike: &[&str], snapshot: &Snapshot) -> Option<Vec<String>> {
    if alike.len() == meant.len() {
        return Some(Vec::new());
    }
    let members: Vec<&Member> = alike.iter().filter_map(|id| snapshot.survey.member(id)).collect();
    let selects = |layer: &String| {
        let selection = Selection::new(std::slice::from_ref(layer));
        let is_right = |member: &&Member| {
            selection.as_ref().is_ok_and(|selection| selection.matches(member)) == meant.contains(member.id.as_str())
        };
        members.len() == alike.len() && members.iter().all(is_right)
    };
    let first = members.iter().find(|member| meant.contains(member.id.as_str()))?;
    let layer = first.layers.iter().map(|layer| layer.to_string()).find(selects);
    let named = || (meant.len() <= NAMED).then(|| meant.iter().map(|id| (*id).to_owned()).collect());
    layer.map(|layer| vec![layer]).or_else(named)
}

/// The error, the guards with their numbers, the drift.
fn what(line: &StatusLine, snapshot: &Snapshot, lang: Lang) -> Markup {
    let (held, drift) = (&line.held, line.drift.len());
    html! {
        // What a guard says is said better by the guard.
        @if let Some(error) = error_of(line, lang).filter(|_| held.is_empty() && line.pause.is_none()) { p { (error) } }
        @if let Some(pause) = &line.pause { p { (shown(&pause_words(pause, line, snapshot, lang))) } }
        @if let Some(invalid) = &line.invalid_from { p { (shown(&invalid_words(invalid, line, snapshot, lang))) } }
        // The others say the same in other words; the outlet's page has them.
        @if let Some(first) = held.first() {
            @let guards: Vec<&str> = held.iter().map(|held| held.guard.name()).collect();
            p { strong { (shown(&guards.join(", "))) } ": " (guard_words(first, lang)) }
        }
        @if drift > 0 { p { (lang.many_changed_elsewhere(drift)) } }
        @if let Some(pins) = &line.pins { p { (lang.many_pinned(pins.paths.len(), pins.to)) } }
    }
}

fn about_daemon(snapshot: &Snapshot, clock: &Clock<'_>) -> Markup {
    let (shown, lang) = (&snapshot.shown, clock.lang);
    html! {
        dl {
            dt { (lang.as_of()) } dd { (clock.tell(snapshot.now)) }
            dt { (lang.in_work()) } dd { (shown.in_work.len()) }
            @if shown.waiting > 0 { dt { (lang.waiting_for_pass()) } dd { (shown.waiting) } }
            dt { (lang.last_pass_ended()) } dd { @match shown.last_pass { Some(at) => (clock.tell(at)), None => (lang.none_yet()) } }
            dt { (lang.next_pass_over_all()) } dd { @match shown.next_pass { Some(at) => (clock.tell(at)), None => (lang.none()) } }
            dt { (lang.files_taken()) } dd { @match shown.taken { Some(at) => (clock.tell(at)), None => (lang.not_yet()) } }
            @if let Some(revision) = &snapshot.loaded.revision { dt { (lang.commit_heading()) } dd { (commit(snapshot, revision)) } }
            dt { "menusync" } dd { (env!("CARGO_PKG_VERSION")) @if shown.stopping { ", " (lang.stopping()) } }
        }
    }
}
