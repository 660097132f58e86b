//! A plan for a pull request. GitHub refuses comments above 65,536 characters, so whole parts are left out, and said to
//! be, before that: first changes, then outlets, never a part of a row.

use super::{
    OutletReport, PlanReport, View,
    body::{Block, Section, Topic, blocks},
    line::Line,
    summary::{Summary, sentence, silence},
    text::{first_contact_help, released_by},
    words::Piece,
};
use crate::{
    approval::Stale,
    plan::{GuardVerdict, Verdict},
    report::untrusted::{html, markdown},
};

/// The most characters of a report: below GitHub's limit, with room for what a workflow adds.
const MOST: usize = 60_000;
/// Kept for the digest and for the sentences about what was left out.
const RESERVE: usize = 1_000;
/// How many lines of a block are tried in turn until it fits.
const LINES: [usize; 3] = [usize::MAX, 100, 20];
/// Reports up to this many lines are shown unfolded.
const UNFOLDED: usize = 40;

/// A report as GitHub Markdown of at most 60,000 characters. What comes from menus is only text: it neither formats, links
/// nor mentions.
pub fn plan_markdown(report: &PlanReport) -> String {
    let blocks = blocks(report);
    if blocks.is_empty() {
        return format!("**{}**\n{}", silence(report), stale_markdown(&report.stale_approvals));
    }
    let mut page = Page { text: format!("**{}**\n", sentence(report)), left: MOST - RESERVE };
    page.left = page.left.saturating_sub(page.text.chars().count());
    held(&mut page, report, &blocks);
    overview(&mut page, report, &blocks);
    details(&mut page, report, &blocks);
    if Summary::of(report).changed > 0 && report.view != View::Drift {
        page.text += &format!("\nDigest: `{}`\n", report.digest());
    }
    page.add(&stale_markdown(&report.stale_approvals));
    page.text
}

/// A line for each approval that lets nothing through any more.
pub(in crate::report) fn stale_markdown(stale: &[Stale]) -> String {
    let lines: String = stale.iter().map(|stale| format!("- stale: {}\n", markdown(&stale.to_string()))).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// Markdown that grows part by part, as long as there is room.
struct Page {
    text: String,
    left: usize,
}

impl Page {
    /// Adds the part if it fits as a whole.
    fn add(&mut self, part: &str) -> bool {
        let length = part.chars().count();
        let fits = length <= self.left;
        if fits {
            self.text += part;
            self.left -= length;
        }
        fits
    }

    /// Adds the parts that fit under a heading; says how many do not.
    fn add_all(&mut self, heading: &str, parts: impl IntoIterator<Item = String>, what: &str) {
        let mut parts = parts.into_iter().peekable();
        if parts.peek().is_none() || !self.add(heading) {
            return;
        }
        let missing = parts.filter(|part| !self.add(part)).count();
        if missing > 0 {
            self.text += &format!("\n… and {missing} more {what} that do not fit here.\n");
        }
    }
}

fn held(page: &mut Page, report: &PlanReport, blocks: &[Block<'_>]) {
    let told = blocks.iter().flat_map(|block| block.body.guards.iter().map(move |guard| verdict(guard, block, report)));
    let troubles = blocks.iter().flat_map(|block| {
        let trouble = |problem: &String| format!("- ❌ {}: {}\n", markdown(&block.label()), markdown(problem));
        block.body.problems.iter().map(trouble)
    });
    page.add_all("\n", told.chain(troubles), "guards and errors");
}

fn verdict(guard: &GuardVerdict, block: &Block<'_>, report: &PlanReport) -> String {
    let (label, message) = (markdown(&block.label()), markdown(&guard.message));
    if guard.verdict == Verdict::Released {
        let by = markdown(&released_by(guard));
        return format!("- ⚠️ {label}: `{}` released by {by}: {message}\n", guard.guard);
    }
    let mut told = format!("- ✋ {label}: **held** by `{}`: {message}", guard.guard);
    if report.view == View::Plan {
        if let Some(help) = first_contact_help(guard, report, markdown) {
            told += &format!("; {help}");
        }
        told += &format!("; to let it through: {}", markdown(&block.release(guard)));
    }
    told + "\n"
}

// ── the table of outlets ──

fn overview(page: &mut Page, report: &PlanReport, blocks: &[Block<'_>]) {
    let row = |outlet: &&OutletReport| {
        let sum = Summary::of_outlet(outlet, report.view);
        let held = if sum.held > 0 && outlet.state != "held" { ", held" } else { "" };
        let state = outlet.state.replace('_', " ");
        let elsewhere = if sum.kept() == 0 { String::new() } else { sum.kept().to_string() };
        format!("| {} | {state}{held} | {} | {elsewhere} |\n", name(outlet), sum.signs())
    };
    let rows: Vec<String> = blocks.iter().flat_map(|block| &block.outlets).map(row).collect();
    let heading = "\n| Outlet | State | Changes | Elsewhere |\n|---|---|---|---|\n";
    page.add_all(heading, rows, "outlets");
}

/// `Kuta (G916309315)`
fn name(outlet: &OutletReport) -> String {
    let id = markdown(outlet.outlet.as_str());
    if outlet.label() == outlet.outlet.as_str() { id } else { format!("{} ({id})", markdown(outlet.label())) }
}

// ── the changes ──

fn details(page: &mut Page, report: &PlanReport, blocks: &[Block<'_>]) {
    let number = |block: &Block<'_>| block.body.sections.iter().map(|section| section.lines.len()).sum::<usize>();
    let open = blocks.iter().map(number).sum::<usize>() <= UNFOLDED;
    let mut missing = 0;
    for block in blocks.iter().filter(|block| !block.body.sections.is_empty()) {
        let fits = LINES.into_iter().any(|most| page.add(&detail(block, open, most)));
        missing += if fits { 0 } else { block.outlets.len() };
    }
    if missing > 0 {
        let command = match report.view {
            View::Plan => "plan",
            View::Drift => "drift",
            View::Diff => "diff",
        };
        page.text += &format!(
            "\nThe changes of {missing} outlet{} do not fit here: see `menusync {command}`.\n",
            if missing == 1 { "" } else { "s" }
        );
    }
}

/// One block with at most `most` lines.
fn detail(block: &Block<'_>, open: bool, most: usize) -> String {
    let open = if open { " open" } else { "" };
    let mut out = format!("\n<details{open}><summary>{}</summary>\n", html(&title(block)));
    let mut left = most;
    for section in &block.body.sections {
        let shown = section.lines.len().min(left);
        if shown > 0 {
            out += &table(section, &section.lines[..shown]);
        }
        left -= shown;
    }
    let hidden = block.body.sections.iter().map(|section| section.lines.len()).sum::<usize>().saturating_sub(most);
    if hidden > 0 {
        out += &format!("\n… and {hidden} more changes.\n");
    }
    out + "\n</details>\n"
}

fn title(block: &Block<'_>) -> String {
    let names: Vec<&str> = block.outlets.iter().map(|outlet| outlet.label()).collect();
    match names.as_slice() {
        [name] => (*name).to_owned(),
        names => format!("{} outlets: {}", names.len(), names.join(", ")),
    }
}

fn table(section: &Section, lines: &[Line]) -> String {
    let heading = section.topic.heading().filter(|_| section.topic != Topic::Push);
    let heading = heading.map(|(heading, advice)| format!("\n**{heading}** ({advice})\n")).unwrap_or_default();
    let rows: String = lines.iter().map(row).collect();
    format!("{heading}\n| | What | | Change |\n|---|---|---|---|\n{rows}")
}

fn row(line: &Line) -> String {
    let subject: Vec<String> = line.subject.iter().map(|part| markdown(part)).collect();
    let piece = |piece: &Piece| match piece {
        Piece::Plain(text) => markdown(text),
        Piece::Old(text) => format!("<del>{}</del>", markdown(text)),
        Piece::New(text) => format!("<ins>{}</ins>", markdown(text)),
    };
    let words: String = line.words.iter().map(piece).collect();
    format!("| {} | {} | {} | {words} |\n", markdown(line.mark.sign()), subject.join(" › "), line.label)
}
