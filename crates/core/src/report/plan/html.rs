//! A report as a part of a page: what is held and wrong, then for every group of outlets its changes by risk, and its menu
//! before and after.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::{
    OutletReport, PlanReport, View,
    body::{Block, Like, Section, ShownGuard, Topic, blocks, sections},
    line::Line,
    summary::{Summary, silence},
    text::{correct_words, other_help, released_by},
    warnings::warnings,
    words::Piece,
};
use crate::{
    plan::{Risk, Verdict},
    report::{
        Lang, ReleaseHints,
        html::{PhotoAlbum, shown, with_code},
        menu::{Detail, Level, sides_html},
    },
};

/// A page shows whole menus up to this many characters, then only dishes with changes (our choice: what a phone opens at
/// once).
const WHOLE: usize = 400_000;
/// Beyond this it shows changes as lines alone.
const PICTURED: usize = 2_000_000;
/// Beyond this it only counts them.
const LISTED: usize = 6_000_000;

/// The sections of a page share its room.
pub(in crate::report) struct Room {
    used: usize,
}

impl Room {
    pub(in crate::report) fn new() -> Self {
        Self { used: 0 }
    }
}

/// What the headline counts: `2 danger`, `1 money`.
pub(in crate::report) fn risks_html(report: &PlanReport) -> Markup {
    let sum = Summary::of(report);
    html! {
        @if Risk::ALL.into_iter().any(|known| sum.risks.of(known) > 0) {
            p {
                @for known in Risk::ALL.into_iter().filter(|known| sum.risks.of(*known) > 0) {
                    span class={ "risk " (known.word()) } { (sum.risks.of(known)) " " (known.word()) } " "
                }
            }
        }
    }
}

/// Everything that a report tells. Its headings are of the third level and below.
pub(in crate::report) fn plan_section(report: &PlanReport, photos: &mut PhotoAlbum<'_>, room: &mut Room) -> Markup {
    let blocks = blocks(report);
    let stale = &report.stale_approvals;
    html! {
        @for warning in warnings(report) {
            p class=(if warning.is_error { "trouble" } else { "caution" }) { (shown(&warning.words)) }
        }
        @if let Some(words) = report.rollout_words() { p { (shown(&words)) } }
        @if blocks.is_empty() { p { (silence(report)) } }
        @for block in &blocks { (group(block, report, photos, room)) }
        @for sentence in report.held().sentences(&report.hints) { p.held { (with_code(&sentence)) } }
        @if !stale.is_empty() {
            h3 { "Approvals that let nothing through" }
            ul { @for stale in stale { li { (shown(&stale.to_string())) } } }
        }
    }
}

/// The changes of one outlet by risk, and its menu before and after, where a page says the rest. `None`: there are none. Its
/// headings are of the fourth level.
pub fn changes_html(outlet: &OutletReport, photos: &mut PhotoAlbum<'_>, lang: Lang) -> Option<Markup> {
    let sections = sections(outlet.plan.as_ref()?, View::Plan, &TimeZone::UTC, lang);
    let hints = ReleaseHints::default();
    let lists: Vec<Markup> = sections.iter().map(|section| list(section, &hints, lang)).collect();
    if lists.is_empty() {
        return None;
    }
    let menus = outlet.menus.as_ref();
    let pictured = menus.map(|menus| sides_html(menus, Detail::Changes, photos, Level::Four, lang));
    Some(html! {
        @for list in &lists { (list) }
        @if let Some(pictured) = pictured { details { summary { h3 { (lang.menu_before_and_after()) } } (pictured) } }
    })
}

/// The outlets of which the same is told.
fn group(block: &Block<'_>, report: &PlanReport, photos: &mut PhotoAlbum<'_>, room: &mut Room) -> Markup {
    let [first, others @ ..] = block.outlets.as_slice() else { return Markup::default() };
    let state = block.body.rest.clone().unwrap_or_else(|| block.body.state.replace('_', " "));
    let lines = block.body.line_count();
    let head = html! {
        h3 {
            (shown(&block.label()))
            @if others.is_empty() && first.label() != first.outlet.as_str() { " " small { (shown(first.outlet.as_str())) } }
            " " span.mark.changed { (shown(&state)) } (block.like.map(Like::words).unwrap_or_default())
        }
        @if !others.is_empty() { details {
            summary { (Lang::En.which_outlets()) }
            p { @for (at, outlet) in block.outlets.iter().enumerate() {
                @if at > 0 { ", " }
                (shown(outlet.label()))
                @if outlet.label() != outlet.outlet.as_str() { " (" (shown(outlet.outlet.as_str())) ")" }
            } }
        } }
        @for problem in &block.body.problems { p.trouble { (shown(problem)) } }
        @for guard in block.guards(report.view) { (held(&guard, report)) }
        @for extra in &block.body.extras { p.quiet { (shown(extra)) } }
        @for pin in &block.body.pins { p.quiet { (shown(pin)) } }
    };
    let listed = if room.used < LISTED {
        let lists: Vec<Markup> =
            block.body.sections.iter().map(|section| list(section, &report.hints, Lang::En)).collect();
        html! { @for list in &lists { (list) } }
    } else {
        html! { p { (lines) " changes; they do not fit here" } }
    };
    room.used += listed.0.len();
    let pictured = first.menus.as_ref().filter(|_| lines > 0 && room.used < PICTURED).map(|menus| {
        let detail = if room.used < WHOLE { Detail::Whole } else { Detail::Changes };
        let menus = sides_html(menus, detail, photos, Level::Four, Lang::En);
        let like = if others.is_empty() { String::new() } else { format!(" at {}", shown(first.label())) };
        html! { details open[room.used < WHOLE] { summary { (Lang::En.menu_before_and_after()) (like) } (menus) } }
    });
    room.used += pictured.as_ref().map_or(0, |pictured| pictured.0.len());
    html! { article { (head) (listed) @if let Some(pictured) = pictured { (pictured) } } }
}

fn held(guard: &ShownGuard<'_>, report: &PlanReport) -> Markup {
    let verdict = guard.verdict;
    if verdict.verdict == Verdict::Released {
        return html! { p.held { "Released by " (shown(&released_by(verdict))) ": " (verdict.guard) ": " (shown(&guard.message)) } };
    }
    let as_is = |text: &str| text.to_owned();
    let words = if report.view == View::Diff { "Would be held by " } else { "Held by " };
    html! {
        div.trouble {
            p { strong { (words) (verdict.guard) } ": " (shown(&guard.message)) }
            @if let Some(words) = correct_words(guard, report, as_is, as_is) { p { (shown(&words)) } }
            @if report.view == View::Plan && let Some(help) = other_help(verdict, report, as_is) { p { (shown(&help)) } }
        }
    }
}

/// The changes of one topic, the worst first.
fn list(section: &Section, hints: &ReleaseHints, lang: Lang) -> Markup {
    let heading = section.topic.heading(hints).filter(|_| section.topic != Topic::Push);
    let mut lines: Vec<&Line> = section.lines.iter().collect();
    lines.sort_by_key(|line| line.risk);
    html! {
        table.changes {
            @if let Some((heading, advice)) = heading { caption { strong { (heading) } " (" (with_code(&advice)) ")" } }
            thead { tr { @for heading in [lang.risk_heading(), lang.what_heading(), lang.change_heading()] { th scope="col" { (heading) } } } }
            tbody { @for line in lines { tr {
                td { span class={ "risk " (line.risk.word()) } { (lang.risk(line.risk)) } }
                th scope="row" { (shown(&line.subject.join(" › "))) }
                td { (lang.label(line.label)) " " @for piece in &line.words { @match piece {
                    Piece::Plain(text) => (shown(text)),
                    Piece::Old(text) => del { (shown(text)) },
                    Piece::New(text) => ins { (shown(text)) },
                } } }
            } } }
        }
    }
}
