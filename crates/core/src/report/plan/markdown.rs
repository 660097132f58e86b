//! A plan for a pull request. GitHub refuses comments above 65,536 characters, so a long one is told with less, step by
//! step and said to be: always whole rows, whole tables, whole blocks.

use super::{
    LaterChanges, PlanReport, View,
    body::{Block, Like, Section, ShownGuard, Topic, blocks},
    line::Line,
    summary::{Summary, sentence, silence},
    text::{correct_words, other_help, released_by},
    warnings::{Warning, warnings},
    words::{Piece, some_of},
};
use crate::{
    approval::Stale,
    catalog::Path,
    plan::{Limit, OutletPlan, Risk, Verdict},
    report::{
        counted,
        untrusted::{html, markdown},
    },
};

/// The most characters of a report: below GitHub's limit, with room for what a workflow adds.
pub(in crate::report) const MOST: usize = 60_000;
/// Reports up to this many lines are shown unfolded.
const UNFOLDED: usize = 40;
/// So many outlets are named where many have the same changes.
const NAMED: usize = 6;

/// How much is told.
#[derive(Clone, Copy)]
struct Level {
    /// Lines of each block of changes.
    lines: usize,
    /// Blocks with their changes.
    details: usize,
    /// Rows of the table of outlets, and rows of guards and of errors.
    rows: usize,
    /// Names of outlets in a block, and of items of a guard.
    names: usize,
    /// Characters of each text.
    text: usize,
}

/// Tried in turn until one fits. What the last one makes always does: a character takes at most 12.
const LEVELS: [Level; 7] = [
    Level { lines: usize::MAX, details: usize::MAX, rows: usize::MAX, names: 500, text: 1_000 },
    Level { lines: 100, details: usize::MAX, rows: usize::MAX, names: 100, text: 1_000 },
    Level { lines: 30, details: 100, rows: 200, names: 50, text: 500 },
    Level { lines: 10, details: 50, rows: 100, names: 20, text: 200 },
    Level { lines: 5, details: 20, rows: 40, names: 10, text: 120 },
    Level { lines: 0, details: 0, rows: 20, names: 5, text: 80 },
    Level { lines: 0, details: 0, rows: 5, names: 1, text: 60 },
];

/// A report as GitHub Markdown of at most 60,000 characters. What comes from menus is only text: it neither formats, links
/// nor mentions. `deploy/github/fork-comment.sh` knows the tags and escapes, and shows strangers' reports only in this form.
pub fn plan_markdown(report: &PlanReport) -> String {
    plan_markdown_within(report, MOST)
}

/// The same with at most `most` characters, or with as few as it takes to say the least.
pub(in crate::report) fn plan_markdown_within(report: &PlanReport, most: usize) -> String {
    let blocks = blocks(report);
    let later = later_markdown(report, blocks.is_empty(), most / 2);
    if blocks.is_empty() {
        let page = Page { report, blocks: &blocks, level: LEVELS[2] };
        let (known, stale) = (page.warnings(), stale_markdown(&report.stale_approvals));
        return format!("**{}**\n{}{known}{stale}{later}", silence(report), page.later());
    }
    let most = most - later.chars().count().min(most);
    page_within(report, &blocks, most, |page| page.text()) + &later
}

/// What `write` makes of the first level at which it has at most `most` characters, or of the last.
fn page_within(report: &PlanReport, blocks: &[Block<'_>], most: usize, write: impl Fn(&Page<'_>) -> String) -> String {
    let mut text = String::new();
    for level in LEVELS {
        text = write(&Page { report, blocks, level });
        if text.chars().count() <= most {
            break;
        }
    }
    text
}

/// Pages that share `most` characters: what one leaves over is for the next ones. Says how many of `what` have no place.
pub(in crate::report) fn pages_within<T>(
    things: &[T],
    most: usize,
    what: &str,
    page: impl Fn(&T, usize) -> String,
) -> Vec<String> {
    let (mut pages, mut left) = (Vec::new(), most);
    for (index, thing) in things.iter().enumerate() {
        let others = things.len() - index;
        let page = page(thing, left / others);
        let length = page.chars().count();
        if length > left {
            pages.push(format!("… and {others} more {what} that do not fit here.\n"));
            break;
        }
        left -= length;
        pages.push(page);
    }
    pages
}

/// What is different from later moments on: a line for each that shows nothing of its own. A heading in bold: a hash is no
/// part of what strangers' reports may have.
fn later_markdown(report: &PlanReport, is_silent_now: bool, most: usize) -> String {
    let nothing = report.nothing_later(is_silent_now);
    let page = |later: &LaterChanges, share: usize| {
        let heading = markdown(&later.heading());
        match later.is_empty() {
            true => format!("\n{heading}: {nothing}.\n"),
            false => {
                let heading = format!("\n**{heading}**\n");
                let share = share - heading.chars().count().min(share);
                heading + &page_within(&later.report, &blocks(&later.report), share, |page| page.changes())
            }
        }
    };
    pages_within(&report.later, most, "dates", page).concat()
}

/// A line for each approval that lets nothing through any more.
pub(in crate::report) fn stale_markdown(stale: &[Stale]) -> String {
    let lines: String = stale.iter().map(stale_line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn stale_line(stale: &Stale) -> String {
    format!("- stale: {}\n", markdown(&stale.to_string()))
}

struct Page<'a> {
    report: &'a PlanReport,
    blocks: &'a [Block<'a>],
    level: Level,
}

impl Page<'_> {
    fn text(&self) -> String {
        let sum = Summary::of(self.report);
        let mut out = format!("**{}**\n", sentence(self.report));
        let risks = Risk::ALL.into_iter().filter(|risk| sum.risks.of(*risk) > 0);
        let risks: Vec<String> = risks.map(|risk| format!("{} {}", sum.risks.of(risk), risk_word(risk))).collect();
        if !risks.is_empty() {
            out += &format!("\n{}\n", risks.join(" · "));
        }
        if let Some(words) = self.report.rollout_words() {
            out += &format!("\n{}\n", markdown(&words));
        }
        out += &self.later();
        out += &self.changes();
        if sum.changed > 0 && self.report.view != View::Drift {
            out += &format!("\nDigest: `{}`\n", self.report.digest());
        }
        out + &self.rows("", self.report.stale_approvals.iter().map(stale_line).collect(), "stale approvals")
    }

    /// When there is more, which stands below.
    fn later(&self) -> String {
        let first = self.report.first_later();
        first.map(|later| format!("\nMore from {} on, see below.\n", later.moment())).unwrap_or_default()
    }

    /// All that is said outlet by outlet.
    fn changes(&self) -> String {
        let parts = [
            self.problems(),
            self.warnings(),
            self.guards(),
            self.extras(),
            self.pins(),
            self.overview(),
            self.details(),
        ];
        parts.concat()
    }

    /// A text from elsewhere.
    fn words(&self, text: &str) -> String {
        markdown(&self.clipped(text))
    }

    fn clipped(&self, text: &str) -> String {
        match text.char_indices().nth(self.level.text) {
            None => text.to_owned(),
            Some((end, _)) => format!("{}…", &text[..end]),
        }
    }

    /// Rows under a heading, as many as there is room for; says how many are left out.
    fn rows(&self, heading: &str, rows: Vec<String>, what: &str) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let hidden = rows.len().saturating_sub(self.level.rows);
        let shown: String = rows.into_iter().take(self.level.rows).collect();
        format!("\n{heading}{shown}{}", more(hidden, what))
    }

    fn problems(&self) -> String {
        let row = |(block, problem): (&Block<'_>, &String)| {
            format!("- ❌ {}: {}\n", self.words(&block.label()), self.words(problem))
        };
        let all = self.blocks.iter().flat_map(|block| block.body.problems.iter().map(move |problem| (block, problem)));
        self.rows("", all.map(row).collect(), "errors")
    }

    /// What is published all the same, and what becomes invalid later.
    fn warnings(&self) -> String {
        let row = |warning: &Warning| {
            let sign = if warning.is_error { "❌" } else { "⚠️" };
            format!("- {sign} {}\n", self.words(&warning.words))
        };
        self.rows("", warnings(self.report).iter().map(row).collect(), "warnings")
    }

    /// What live menus say beyond what is understood.
    fn extras(&self) -> String {
        let row = |(block, extra): (&Block<'_>, &String)| {
            format!("- ℹ️ {}: {}\n", self.words(&block.label()), self.words(extra))
        };
        let all = self.blocks.iter().flat_map(|block| block.body.extras.iter().map(move |extra| (block, extra)));
        self.rows("", all.map(row).collect(), "notes")
    }

    /// What rollbacks hold against the files.
    fn pins(&self) -> String {
        let row = |block: &Block<'_>| {
            let (heading, lines) = block.body.pins.split_first()?;
            let pins = format!("{heading} {}", lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" · "));
            Some(format!("- 📌 {}: {}\n", self.words(&block.label()), self.words(&pins)))
        };
        self.rows("", self.blocks.iter().filter_map(row).collect(), "outlets with pins")
    }

    // ── guards ──

    fn guards(&self) -> String {
        let rows = self
            .blocks
            .iter()
            .flat_map(|block| block.guards(self.report.view).into_iter().map(move |shown| self.guard(&shown, block)));
        let heading = "| | Guard | Outlet | Limit | Actual | Items | Why |\n|---|---|---|---|---|---|---|\n";
        let table = self.rows(heading, rows.collect(), "guards");
        if table.is_empty() { table } else { table + &self.report.held().markdown(&self.report.hints) }
    }

    fn guard(&self, shown: &ShownGuard<'_>, block: &Block<'_>) -> String {
        let guard = shown.verdict;
        let verdict = match guard.verdict {
            Verdict::Released => "⚠️ released",
            _ if self.report.view == View::Diff => "✋ **would hold**",
            _ => "✋ **held**",
        };
        let mut why = self.words(&shown.message);
        if guard.verdict == Verdict::Released {
            why = format!("by {}: {why}", self.words(&released_by(guard)));
        }
        let is_held = self.report.view == View::Plan && guard.verdict != Verdict::Released;
        if let Some(help) = other_help(guard, self.report, |text| self.words(text)).filter(|_| is_held) {
            why += &format!("; {help}");
        }
        let code = |commit: &str| format!("`{commit}`");
        let words = correct_words(shown, self.report, code, |text| self.words(text));
        if let Some(words) = words.filter(|_| guard.verdict != Verdict::Released) {
            why += &format!("; {words}");
        }
        let limit = guard.limit.map(limit_words).unwrap_or_default();
        let actual = guard.actual.map(|actual| actual_words(actual, guard.limit)).unwrap_or_default();
        let items = self.items(shown);
        let label = self.words(&block.label());
        format!("| {verdict} | `{}` | {label} | {limit} | {actual} | {items} | {why} |\n", guard.guard)
    }

    /// The first of what a guard is about.
    fn items(&self, shown: &ShownGuard<'_>) -> String {
        let (items, most) = (&shown.verdict.items, self.level.names.min(NAMED));
        let names: Vec<String> = items.iter().take(most).map(|path| self.words(&name_of(path, shown.plan))).collect();
        let hidden = items.len() - names.len();
        let rest = if hidden > 0 { format!(" and {hidden} more") } else { String::new() };
        format!("{}{rest}", names.join(", "))
    }

    // ── the table of outlets ──

    fn overview(&self) -> String {
        let row = |block: &Block<'_>| {
            let Some(outlet) = block.outlets.first() else { return String::new() };
            let sum = Summary::of_outlet(outlet, self.report.view);
            let held = if sum.held > 0 && outlet.state != "held" { ", held" } else { "" };
            let state = if outlet.state == "missing" { block.body.state } else { outlet.state };
            let state = block.body.rest.as_ref().map_or_else(|| state.replace('_', " "), |rest| self.words(rest));
            let elsewhere = if sum.not_undone() == 0 { String::new() } else { sum.not_undone().to_string() };
            let (signs, risks) = (sum.signs(), sum.risks.words().unwrap_or_default());
            let prices = block.prices(self.report.view);
            let folded = if block.is_folded() { "as above, other prices: " } else { "" };
            let changes = [Some(signs), prices.map(|words| folded.to_owned() + &self.words(&words))];
            let changes: Vec<String> = changes.into_iter().flatten().filter(|words| !words.is_empty()).collect();
            let changes = changes.join(" · ");
            format!("| {} | {state}{held} | {changes} | {risks} | {elsewhere} |\n", self.label(block))
        };
        let heading = "| Outlet | State | Changes | Risk | Elsewhere |\n|---|---|---|---|---|\n";
        self.rows(heading, self.blocks.iter().map(row).collect(), "rows")
    }

    /// `Kuta (G916309315)`, or `38 outlets: Kuta, Sanur and 36 more`.
    fn label(&self, block: &Block<'_>) -> String {
        match block.outlets.as_slice() {
            [outlet] if outlet.label() == outlet.outlet.as_str() => self.words(outlet.label()),
            [outlet] => format!("{} ({})", self.words(outlet.label()), self.words(outlet.outlet.as_str())),
            _ => self.words(&title(block, self.level.names.min(NAMED))),
        }
    }

    // ── the changes ──

    fn details(&self) -> String {
        let blocks: Vec<&Block<'_>> = self.blocks.iter().filter(|block| !block.body.sections.is_empty()).collect();
        let told = blocks.iter().filter(|block| !block.is_folded());
        let open = told.map(|block| block.body.line_count()).sum::<usize>() <= UNFOLDED;
        let shown: String = blocks.iter().take(self.level.details).map(|block| self.detail(block, open)).collect();
        let missing: usize = blocks.iter().skip(self.level.details).map(|block| block.outlets.len()).sum();
        if missing == 0 {
            return shown;
        }
        let command = match self.report.view {
            View::Plan => "plan",
            View::Drift => "drift",
            View::Diff => "diff",
        };
        let outlets = counted(missing, "outlet");
        format!("{shown}\nThe changes of {outlets} do not fit here: see `menusync {command}`.\n")
    }

    fn detail(&self, block: &Block<'_>, open: bool) -> String {
        let all = if block.outlets.len() > NAMED + 1 { self.all_outlets(block) } else { String::new() };
        if block.is_folded() {
            return all;
        }
        let open = if open { " open" } else { "" };
        let like = block.like.map(Like::words).unwrap_or_default();
        let title = html(&self.clipped(&title(block, self.level.names.min(NAMED))));
        let mut out = format!("\n<details{open}><summary>{title}{like}</summary>\n");
        let mut left = self.level.lines;
        for section in &block.body.sections {
            let shown = section.lines.len().min(left);
            if shown > 0 {
                out += &self.table(section, &section.lines[..shown]);
            }
            left -= shown;
        }
        out += &more(block.body.line_count().saturating_sub(self.level.lines), "changes");
        out + "\n</details>\n" + &all
    }

    /// The names that a title has no room for, behind the changes and folded: what changes matters more.
    fn all_outlets(&self, block: &Block<'_>) -> String {
        let names = block.outlets.iter().map(|outlet| match outlet.label() {
            label if label == outlet.outlet.as_str() => label.to_owned(),
            label => format!("{label} ({})", outlet.outlet),
        });
        let (first, names) = (html(&self.clipped(block.outlets[0].label())), self.names_of_all(names.collect()));
        let others = block.outlets.len() - 1;
        format!("\n<details><summary>{first} and the {others} others, by name</summary>\n\n{names}\n\n</details>\n")
    }

    fn names_of_all(&self, names: Vec<String>) -> String {
        let hidden = names.len().saturating_sub(self.level.names);
        let shown: Vec<String> = names.iter().take(self.level.names).map(|name| self.words(name)).collect();
        let rest = if hidden > 0 { format!(" and {hidden} more") } else { String::new() };
        format!("{}{rest}", shown.join(", "))
    }

    fn table(&self, section: &Section, lines: &[Line]) -> String {
        let heading = section.topic.heading(&self.report.hints).filter(|_| section.topic != Topic::Push);
        let heading = heading.map(|(heading, advice)| format!("\n**{heading}** ({advice})\n")).unwrap_or_default();
        let rows: String = lines.iter().map(|line| self.row(line)).collect();
        format!("{heading}\n| | Risk | What | | Change |\n|---|---|---|---|---|\n{rows}")
    }

    fn row(&self, line: &Line) -> String {
        let subject: Vec<String> = line.subject.iter().map(|part| self.words(part)).collect();
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => self.words(text),
            Piece::Old(text) => format!("<del>{}</del>", self.words(text)),
            Piece::New(text) => format!("<ins>{}</ins>", self.words(text)),
        };
        let words: String = line.words.iter().map(piece).collect();
        let (sign, risk) = (markdown(line.mark.sign()), risk_word(line.risk));
        format!("| {sign} | {risk} | {} | {} | {words} |\n", subject.join(" › "), line.label)
    }
}

/// The word with a sign that is seen from afar.
fn risk_word(risk: Risk) -> String {
    let sign = match risk {
        Risk::Danger => "🔴",
        Risk::Money => "🟠",
        Risk::Visible => "🔵",
        Risk::Cosmetic => "⚪",
    };
    format!("{sign} {}", risk.word())
}

fn more(hidden: usize, what: &str) -> String {
    if hidden == 0 { String::new() } else { format!("\n… and {hidden} more {what}.\n") }
}

fn title(block: &Block<'_>, most: usize) -> String {
    let names: Vec<String> = block.outlets.iter().map(|outlet| outlet.label().to_owned()).collect();
    match names.as_slice() {
        [name] => name.clone(),
        names => format!("{} outlets: {}", names.len(), some_of(names, most)),
    }
}

fn limit_words(limit: Limit) -> String {
    match limit {
        Limit::Percent(percent) => format!("{percent} %"),
        Limit::CountOrPercent(count, percent) => format!("{} or {percent} %", counted(count as usize, "item")),
    }
}

fn actual_words(actual: f64, limit: Option<Limit>) -> String {
    match limit {
        Some(Limit::Percent(_)) => format!("{actual} %"),
        Some(Limit::CountOrPercent(..)) => counted(actual as usize, "item"),
        None => actual.to_string(),
    }
}

/// What a path names, as the plan tells it; else the path.
fn name_of(path: &Path, plan: Option<&OutletPlan>) -> String {
    let change = plan.and_then(|plan| plan.changes.iter().find(|change| change.is_of(path)));
    change.map_or_else(
        || path.to_string(),
        |change| {
            let subject = change.subject.within.iter().chain([&change.subject.name]);
            subject.map(String::as_str).collect::<Vec<_>>().join(" › ")
        },
    )
}
