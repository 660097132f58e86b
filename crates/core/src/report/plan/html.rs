//! A report as a part of a page: what is held and wrong, then for every group of outlets its changes by risk, and its menu
//! before and after.

use maud::{Markup, html};

use super::{
    OutletReport, PlanReport, View,
    body::{Block, Like, ShownGuard, Topic, blocks},
    line::Line,
    summary::{Summary, silence},
    text::{correct_words, other_help, released_by},
    warnings::warnings,
    words::Piece,
};
use crate::{
    plan::{Risk, Verdict},
    report::{
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
pub fn changes_html(outlet: OutletReport, photos: &mut PhotoAlbum<'_>) -> Option<Markup> {
    let of_files = PlanReport::of_files(None, jiff::Timestamp::UNIX_EPOCH, vec![outlet]);
    let report = PlanReport { view: View::Plan, ..of_files };
    let blocks = blocks(&report);
    let block = blocks.first().filter(|block| block.body.line_count() > 0)?;
    let lists: Vec<Markup> = block.body.sections.iter().map(|section| list(section, &report)).collect();
    let menus = block.outlets.first().and_then(|outlet| outlet.menus.as_ref());
    let pictured = menus.map(|menus| sides_html(menus, Detail::Changes, photos, Level::Four));
    Some(html! {
        @for list in &lists { (list) }
        @if let Some(pictured) = pictured { details { summary { h3 { "The menu before and after" } } (pictured) } }
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
            summary { "Which outlets" }
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
        let lists: Vec<Markup> = block.body.sections.iter().map(|section| list(section, report)).collect();
        html! { @for list in &lists { (list) } }
    } else {
        html! { p { (lines) " changes; they do not fit here" } }
    };
    room.used += listed.0.len();
    let pictured = first.menus.as_ref().filter(|_| lines > 0 && room.used < PICTURED).map(|menus| {
        let detail = if room.used < WHOLE { Detail::Whole } else { Detail::Changes };
        let menus = sides_html(menus, detail, photos, Level::Four);
        let like = if others.is_empty() { String::new() } else { format!(" at {}", shown(first.label())) };
        html! { details open[room.used < WHOLE] { summary { "The menu before and after" (like) } (menus) } }
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
fn list(section: &super::body::Section, report: &PlanReport) -> Markup {
    let heading = section.topic.heading(&report.hints).filter(|_| section.topic != Topic::Push);
    let mut lines: Vec<&Line> = section.lines.iter().collect();
    lines.sort_by_key(|line| line.risk);
    html! {
        table.changes {
            @if let Some((heading, advice)) = heading { caption { strong { (heading) } " (" (with_code(&advice)) ")" } }
            thead { tr { th scope="col" { "Risk" } th scope="col" { "What" } th scope="col" { "Change" } } }
            tbody { @for line in lines { tr {
                td { span class={ "risk " (line.risk.word()) } { (line.risk.word()) } }
                th scope="row" { (shown(&line.subject.join(" › "))) }
                td { (line.label) " " @for piece in &line.words { @match piece {
                    Piece::Plain(text) => (shown(text)),
                    Piece::Old(text) => del { (shown(text)) },
                    Piece::New(text) => ins { (shown(text)) },
                } } }
            } } }
        }
    }
}
