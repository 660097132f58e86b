//! A plan for a terminal: what would happen, in columns, to be read in ten seconds.

use std::collections::HashSet;

use anstyle::AnsiColor;
use unicode_width::UnicodeWidthStr;

use super::{
    LineNote, PlanReport, View,
    body::{Block, Like, Section, ShownGuard, blocks},
    line::{Line, Mark},
    summary::{Summary, sentence, silence},
    warnings::warnings,
    words::{Piece, some_of},
};
use crate::{
    approval::Stale,
    catalog::Path,
    plan::{Change, GuardVerdict, OutletPlan, Risk, Verdict},
    policy::Guard,
    report::{style::Paint, untrusted::printable},
};

/// Subjects wider than this do not push the columns of the others to the right.
const WIDEST: usize = 64;
/// So many outlets of a block are named (our choice).
const NAMED: usize = 6;

/// How a text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// With ANSI colours.
    pub color: bool,
    /// Every outlet is named, also where hundreds have the same changes.
    pub all_names: bool,
}

/// With colours or without, otherwise as usual.
impl From<bool> for Look {
    fn from(color: bool) -> Self {
        Self { color, all_names: false }
    }
}

/// A report for people, with a line break at the end. What comes from menus cannot steer the terminal.
pub fn plan_text(report: &PlanReport, look: impl Into<Look>) -> String {
    let blocks = blocks(report);
    let stale = stale_text(&report.stale_approvals);
    let look = look.into();
    let paint = Paint(look.color);
    let mut known: String = warnings(report)
        .iter()
        .map(|warning| {
            let (word, color) =
                if warning.is_error { ("error:", AnsiColor::Red) } else { ("warning:", AnsiColor::Yellow) };
            format!("{} {}\n", paint.in_color(word, color), printable(&warning.words))
        })
        .collect();
    if !known.is_empty() {
        known.push('\n');
    }
    if blocks.is_empty() {
        return format!("{known}{}\n{stale}{}", silence(report), later_text(report, look, true));
    }
    let mut out = blocks_text(report, &blocks, look);
    out += &known;
    let sum = Summary::of(report);
    out += &paint.bold(&sentence(report));
    out.push('\n');
    if let Some(risks) = sum.risks.words() {
        out += &format!("Risk: {risks}.\n");
    }
    if sum.changed > 0 && report.view != View::Drift {
        out += &format!("Digest: {}\n", report.digest());
    }
    if let Some(words) = report.rollout_words() {
        out += &format!("{}\n", printable(&words));
    }
    out + &report.held().text(&report.hints) + &stale + &later_text(report, look, false)
}

fn blocks_text(report: &PlanReport, blocks: &[Block<'_>], look: Look) -> String {
    let named = if look.all_names { usize::MAX - 1 } else { NAMED };
    let text = Text { report, paint: Paint(look.color), named };
    blocks.iter().map(|block| text.block(block) + "\n").collect()
}

/// What is different from later moments on: a line for each that shows nothing of its own.
fn later_text(report: &PlanReport, look: Look, is_silent_now: bool) -> String {
    let nothing = report.nothing_later(is_silent_now);
    let later = report.later.iter().map(|later| {
        let heading = Paint(look.color).bold(&printable(&later.heading()));
        match later.is_empty() {
            true => format!("{heading}: {nothing}.\n"),
            false => {
                format!("\n{heading}:\n\n{}", blocks_text(&later.report, &super::body::blocks(&later.report), look))
            }
        }
    });
    later.collect()
}

/// A line for each approval that lets nothing through any more.
pub(in crate::report) fn stale_text(stale: &[Stale]) -> String {
    stale.iter().map(|stale| format!("Stale: {}\n", printable(&stale.to_string()))).collect()
}

struct Text<'a> {
    report: &'a PlanReport,
    paint: Paint,
    named: usize,
}

impl Text<'_> {
    fn block(&self, block: &Block<'_>) -> String {
        let mut out = self.heading(block);
        let label = block.label();
        let columns = Columns::of(&block.body.sections, &label);
        for problem in &block.body.problems {
            out += &format!("  {} {}\n", self.paint.in_color("error:", AnsiColor::Red), printable(problem));
        }
        let is_folded = block.is_folded() && self.named <= NAMED;
        if let Some(prices) = block.prices(self.report.view).filter(|_| is_folded) {
            out += &format!("  {}\n", printable(&prices));
        }
        for section in block.body.sections.iter().filter(|_| !is_folded) {
            if let Some((heading, advice)) = section.topic.heading(&self.report.hints) {
                out += &format!("  {} ({advice}):\n", self.paint.bold(heading));
            }
            for line in &section.lines {
                out += &self.line(line, &label, &columns);
            }
        }
        for guard in block.guards(self.report.view) {
            out += &self.guard(&guard);
        }
        for extra in &block.body.extras {
            out += &format!("  {} {}\n", self.paint.in_color("note:", AnsiColor::Yellow), printable(extra));
        }
        for pin in &block.body.pins {
            out += &format!("  {}\n", printable(pin));
        }
        out
    }

    /// `Kuta (G916309315): pending`, or how many outlets and which.
    fn heading(&self, block: &Block<'_>) -> String {
        let name = |outlet: &&super::OutletReport| match printable(outlet.label()) {
            label if label == outlet.outlet.as_str() => label.into_owned(),
            label => format!("{label} ({})", printable(outlet.outlet.as_str())),
        };
        let names: Vec<String> = block.outlets.iter().map(name).collect();
        let state = block
            .body
            .rest
            .as_ref()
            .map_or_else(|| block.body.state.replace('_', " "), |words| printable(words).into_owned());
        let like = block.like.map(Like::words).unwrap_or_default();
        match names.as_slice() {
            [name] => format!("{}: {state}{like}\n", self.paint.bold(name)),
            names => {
                let named = some_of(names, self.named);
                format!("{}, {state}{like}: {named}\n", self.paint.bold(&block.label()))
            }
        }
    }

    fn line(&self, line: &Line, label: &str, columns: &Columns) -> String {
        let subject = subject(line, label);
        let gap = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
        let color = match line.mark {
            Mark::Remove => Some(AnsiColor::Red),
            Mark::Add => Some(AnsiColor::Green),
            Mark::Set => Some(AnsiColor::Yellow),
            Mark::Move => Some(AnsiColor::Cyan),
            Mark::Same => None,
        };
        let sign = line.mark.sign();
        format!(
            "  {} {}{}  {subject}{}   {}{}  {}\n",
            color.map_or_else(|| sign.to_owned(), |color| self.paint.in_color(sign, color)),
            self.risk(line.risk),
            gap(line.risk.word(), columns.risk),
            gap(&subject, columns.subject),
            line.label,
            gap(line.label, columns.label),
            self.words(line)
        )
    }

    fn risk(&self, risk: Risk) -> String {
        match risk {
            Risk::Danger => self.paint.in_color(risk.word(), AnsiColor::Red),
            Risk::Money => self.paint.in_color(risk.word(), AnsiColor::Yellow),
            Risk::Visible | Risk::Cosmetic => risk.word().to_owned(),
        }
    }

    fn words(&self, line: &Line) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => printable(text).into_owned(),
            Piece::Old(text) => self.paint.in_color(&format!("[-{}-]", printable(text)), AnsiColor::Red),
            Piece::New(text) => self.paint.in_color(&format!("{{+{}+}}", printable(text)), AnsiColor::Green),
        };
        line.words.iter().map(piece).collect()
    }

    fn guard(&self, shown: &ShownGuard<'_>) -> String {
        let (guard, message) = (shown.verdict, printable(&shown.message));
        if guard.verdict == Verdict::Released {
            let (released, by) = (self.paint.in_color("released", AnsiColor::Yellow), released_by(guard));
            return format!("  {released} by {}: {}: {message}\n", printable(&by), guard.guard);
        }
        let held = if self.report.view == View::Diff { "would be HELD" } else { "HELD" };
        let mut out = format!("  {} by {}: {message}\n", self.paint.in_color(held, AnsiColor::Red), guard.guard);
        let plain = |text: &str| printable(text).into_owned();
        if let Some(words) = correct_words(shown, self.report, plain, plain) {
            out += &format!("    {words}\n");
        }
        if self.report.view == View::Plan {
            out += &other_help(guard, self.report, |text| printable(text).into_owned())
                .map(|help| format!("    {help}\n"))
                .unwrap_or_default();
        }
        out
    }
}

/// `you`, or the approval with its reason.
pub(super) fn released_by(guard: &GuardVerdict) -> String {
    guard
        .approval
        .as_ref()
        .map_or_else(|| "you".to_owned(), |approval| format!("{} ({})", approval.file, approval.reason))
}

/// Where the files say what a guard holds: that is what to correct if it is a mistake. Where no line does, the files that no
/// longer give it, each as [`WHOLE_FILE`].
pub(super) fn places_of(guard: &GuardVerdict, plan: &OutletPlan) -> Vec<(String, u32)> {
    let lines = lines_of(guard, plan);
    if !lines.is_empty() || !matches!(guard.guard, Guard::Deletes | Guard::EmptiedMenu) {
        return lines;
    }
    plan.lost_from.iter().map(|file| (file.clone(), WHOLE_FILE)).collect()
}

fn lines_of(guard: &GuardVerdict, plan: &OutletPlan) -> Vec<(String, u32)> {
    let places = held_changes(guard, plan).flat_map(|change| &change.sources).map(|place| (&place.file, place.line));
    let mut known = HashSet::new();
    places.filter(|place| known.insert(*place)).map(|(file, line)| (file.to_string(), line)).collect()
}

fn held_changes<'p>(guard: &GuardVerdict, plan: &'p OutletPlan) -> impl Iterator<Item = &'p Change> {
    let items: HashSet<&Path> = guard.items.iter().collect();
    let is_held =
        move |change: &&Change| change.pushed && (items.contains(&change.path) || items.contains(&change.path.owner()));
    plan.changes.iter().filter(is_held)
}

/// `correct catalogs/base.yaml:10 (1a2b3c4d, Sari, 2026-11-30)`
/// `code` writes a commit, `harmless` what is not ours.
pub(super) fn correct_words(
    shown: &ShownGuard<'_>,
    report: &PlanReport,
    code: impl Fn(&str) -> String,
    harmless: impl Fn(&str) -> String,
) -> Option<String> {
    let places = places_of(shown.verdict, shown.plan?);
    if places.first().is_some_and(|(_, line)| *line == WHOLE_FILE) {
        return Some(lost_words(&places, report, code, harmless));
    }
    let words = |(file, line): &(String, u32)| {
        let place = format!("{file}:{line}");
        let origin = report.line_origins.get(&place).map(|LineNote { commit, author, date }| match commit {
            Some(commit) => format!(" ({}, {}, {date})", code(commit), harmless(author)),
            None => " (not committed yet)".to_owned(),
        });
        harmless(&place) + &origin.unwrap_or_default()
    };
    let places: Vec<String> = places.iter().map(words).collect();
    (!places.is_empty()).then(|| format!("if this is a mistake, correct {}", some_of(&places, SLIPS)))
}

/// Which files took away what a guard holds, where no line says so.
fn lost_words(
    files: &[(String, u32)],
    report: &PlanReport,
    code: impl Fn(&str) -> String,
    harmless: impl Fn(&str) -> String,
) -> String {
    let words = |(file, _): &(String, u32)| {
        let why = match report.line_origins.get(&format!("{file}:{WHOLE_FILE}")) {
            Some(LineNote { commit: Some(commit), author, date }) => {
                format!("deleted by {}, {}, {date}", code(commit), harmless(author))
            }
            Some(LineNote { commit: None, .. }) => "deleted, not committed yet".to_owned(),
            None => "deleted, edited or no longer extended".to_owned(),
        };
        format!("{} ({why})", harmless(file))
    };
    let files: Vec<String> = files.iter().map(words).collect();
    format!("if this is a mistake: it came from {}", some_of(&files, SLIPS))
}

/// The places to correct if what a guard holds is a mistake, `file:line`, or the files that no longer give it; the first few.
pub fn held_places(guard: &GuardVerdict, plan: &OutletPlan) -> Vec<String> {
    let words = |(file, line)| if line == WHOLE_FILE { file } else { format!("{file}:{line}") };
    places_of(guard, plan).into_iter().take(SLIPS).map(words).collect()
}

/// What a guard holds, as people know it; the first few.
pub fn held_names(guard: &GuardVerdict, plan: &OutletPlan) -> Vec<String> {
    let mut known = HashSet::new();
    let names = held_changes(guard, plan).map(|change| &change.subject.name).filter(|name| known.insert(*name));
    names.take(SLIPS).cloned().collect()
}

/// The number of the line that stands for a file as a whole, where it is asked who deleted it.
pub const WHOLE_FILE: u32 = 0;

/// So many places are named (our choice).
pub(super) const SLIPS: usize = 3;

/// What may be better than to release a guard; `harmless` is applied to what is not ours.
pub(super) fn other_help(
    guard: &GuardVerdict,
    report: &PlanReport,
    harmless: impl Fn(&str) -> String,
) -> Option<String> {
    match guard.guard {
        Guard::FirstContact => report.state_dir.as_deref().map(|dir| {
            format!(
                "the state is in {}: if the outlet was pushed with another one, use that; to begin with what is \
                 live, use import",
                harmless(dir)
            )
        }),
        Guard::LowPrice => {
            Some(harmless("if it is meant, say why beside the price: # menusync: allow(price-too-low) REASON"))
        }
        Guard::Unmanaged => Some("to keep what was made elsewhere, take it into the files: import --merge".to_owned()),
        _ => None,
    }
}

fn subject(line: &Line, label: &str) -> String {
    let parts = std::iter::once(label).chain(line.subject.iter().map(String::as_str));
    parts.map(printable).collect::<Vec<_>>().join(" › ")
}

/// Widths that all lines of an outlet share.
struct Columns {
    risk: usize,
    subject: usize,
    label: usize,
}

impl Columns {
    fn of(sections: &[Section], label: &str) -> Self {
        let lines = || sections.iter().flat_map(|section| &section.lines);
        let subjects = lines().map(|line| subject(line, label).width()).filter(|width| *width <= WIDEST);
        Self {
            risk: lines().map(|line| line.risk.word().len()).max().unwrap_or(0),
            subject: subjects.max().unwrap_or(0),
            label: lines().map(|line| line.label.width()).max().unwrap_or(0),
        }
    }
}
