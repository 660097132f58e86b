//! How all outlets stand: `status` for people and programs.

use std::{borrow::Cow, collections::HashMap, fmt::Write as _};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use maud::Markup;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{
    InvalidFrom, Lang, PauseNote, RolloutNote, counted, held_names, held_places, minute,
    release::{Held, ReleaseHints},
    stock::{SwitchNote, unread_switch},
    untrusted::printable,
};
use crate::{
    catalog::{FieldValue, Path, ReadAt as _},
    plan::{Change, Class, GuardVerdict, Limit, OutletPlan, PinnedPath, PromotionRecord, PromotionStage, Verdict},
    policy::Guard,
};

/// One outlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusLine {
    /// Its id.
    pub outlet: String,
    /// Its name.
    pub name: Option<String>,
    /// How it stands, in one word.
    pub state: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The commit whose files are live.
    pub revision: Option<String>,
    /// The newest push.
    pub last_push: Option<LastPush>,
    /// When live was last seen as wanted.
    pub last_verified: Option<Timestamp>,
    /// When it is looked at next: what a daemon intends (the schedule with its jitter, a retry, a window that opens), else
    /// the schedule.
    pub next_pass: Option<Timestamp>,
    /// What was changed elsewhere.
    #[serde(deserialize_with = "known_notes")]
    pub drift: Vec<DriftNote>,
    /// The guards that hold it.
    #[serde(deserialize_with = "known_notes")]
    pub held: Vec<HeldNote>,
    /// What went wrong or is waited for.
    pub error: Option<String>,
    /// The pause that a person has ordered.
    pub pause: Option<PauseNote>,
    /// What a rollback holds against the files.
    pub pins: Option<PinNote>,
    /// What its live menu says beyond what is understood, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// When it turns invalid by itself, though nothing is wrong now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_from: Option<InvalidFrom>,
    /// Its promotions that we made or were to make, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotions: Option<PromotionCounts>,
    /// Switches of stock that are under way or have an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<SwitchNote>,
    /// Those that are stored and cannot be read, by their keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_switches: Vec<String>,
}

/// How many promotions of ours an outlet has, by our clock and as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionCounts {
    /// Seen, and on between their first and last moment.
    pub run: usize,
    /// Seen, and not begun.
    pub wait: usize,
    /// Refused by the platform.
    pub refused: usize,
    /// Being made or ended, and not seen yet; also those of which what is stored cannot be read.
    pub open: usize,
}

impl PromotionCounts {
    /// Counts what is stored of promotions, on the clocks of the outlet. `unread`: of so many it cannot be read.
    pub fn of<'r>(
        records: impl IntoIterator<Item = &'r PromotionRecord>,
        unread: usize,
        now: DateTime,
    ) -> Option<Self> {
        let mut counts = Self { open: unread, ..Self::default() };
        let counts_still = |record: &&PromotionRecord| record.detail.end() > now && record.ended_elsewhere.is_none();
        for record in records.into_iter().filter(counts_still) {
            match record.stage {
                PromotionStage::Seen if record.detail.start() <= now => counts.run += 1,
                PromotionStage::Seen => counts.wait += 1,
                PromotionStage::Refused => counts.refused += 1,
                PromotionStage::Creating | PromotionStage::Made | PromotionStage::Ending => counts.open += 1,
                PromotionStage::Ended => {}
            }
        }
        (counts != Self::default()).then_some(counts)
    }

    /// `promotions: 2 run, 1 waits, 1 refused`
    fn words(self) -> String {
        let Self { run, wait, refused, open } = self;
        let s = |number| if number == 1 { "s" } else { "" };
        let counts = [
            (run, format!("{run} run{}", s(run))),
            (wait, format!("{wait} wait{}", s(wait))),
            (refused, format!("{refused} refused")),
            (open, format!("{open} not seen yet")),
        ];
        let said: Vec<String> = counts.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect();
        format!("promotions: {}: see `menusync promotions`", said.join(", "))
    }
}

/// What a guard holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldNote {
    /// The guard.
    pub guard: Guard,
    /// Its limit, if it has one.
    pub limit: Option<Limit>,
    /// What the push would do, in the unit of the limit or in a number of items.
    pub actual: Option<f64>,
    /// That it holds.
    pub verdict: Verdict,
    /// The items, variants or menus concerned, by path.
    pub items: Vec<Path>,
    /// What it found.
    pub message: String,
    /// The first of them as people know them; an older version stored neither this nor the next.
    #[serde(default)]
    pub names: Vec<String>,
    /// What to correct if it is a mistake: `file:line`, or a file that no longer gives it.
    #[serde(default)]
    pub places: Vec<String>,
}

impl HeldNote {
    /// Of a guard that holds a plan.
    pub fn new(held: &GuardVerdict, plan: &OutletPlan) -> Self {
        let GuardVerdict { guard, limit, actual, verdict, items, message, promotions: _, approval: _ } = held.clone();
        let (names, places) = (held_names(held, plan), held_places(held, plan));
        Self { guard, limit, actual, verdict, items, message, names, places }
    }
}

/// What was changed elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftNote {
    /// What it is about.
    pub path: Path,
    /// Who has moved away from the last push.
    pub class: Class,
    /// What is live; `None` = absent.
    pub from: Option<FieldValue>,
    /// What the files say; `None` = absent.
    pub to: Option<FieldValue>,
    /// Its name.
    pub name: String,
    /// When a look first saw it.
    pub since: Option<Timestamp>,
    /// Undone again and again elsewhere, and left alone.
    pub contested: bool,
}

impl From<&Change> for DriftNote {
    fn from(change: &Change) -> Self {
        let Change { path, class, from, to, subject, since, contested, .. } = change.clone();
        Self { path, class, from, to, name: subject.name, since, contested }
    }
}

impl<'de> Deserialize<'de> for DriftNote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            path: Path,
            class: Class,
            from: Value,
            to: Value,
            name: String,
            since: Option<Timestamp>,
            #[serde(default)]
            contested: bool,
        }
        let Stored { path, class, from, to, name, since, contested } = Stored::deserialize(deserializer)?;
        let (from, to) = (Option::read_at(&path, from).flatten(), Option::read_at(&path, to).flatten());
        Ok(Self { path, class, from, to, name, since, contested })
    }
}

/// A stored list of notes; what another version wrote and this one does not know is passed over.
pub fn known_notes<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let stored = Vec::<Value>::deserialize(deserializer)?;
    Ok(stored.into_iter().filter_map(|note| serde_json::from_value(note).ok()).collect())
}

/// The pins of an outlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PinNote {
    /// The number of the push that was gone back to.
    pub to: i64,
    /// When the rollback was made.
    pub since: Timestamp,
    /// What is pinned.
    pub paths: Vec<PinnedPath>,
}

/// The newest push of an outlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastPush {
    /// Its number among those to this outlet.
    pub number: i64,
    /// When it was prepared.
    pub at: Timestamp,
    /// Its id at GoFood.
    pub request_id: String,
    /// Hash of what it was to change.
    pub digest: String,
    /// How it ended; `null` = it is still looked for.
    pub outcome: Option<Cow<'static, str>>,
}

/// `menusync.status/1`
pub fn status_json(lines: &[StatusLine], rollout: Option<&RolloutNote>) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        tool: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        rollout: Option<&'a RolloutNote>,
        outlets: &'a [StatusLine],
    }
    let tool = env!("CARGO_PKG_VERSION");
    let document = Document { schema: "menusync.status/1", tool, rollout, outlets: lines };
    serde_json::to_string_pretty(&document).expect("strings, numbers and lists always serialise")
}

/// A line for each outlet, its trouble below, a count and the `source` of all that, and what can be done about what is held.
/// Outlets are wrapped at so many `columns`.
pub fn status_text(
    lines: &[StatusLine],
    source: &str,
    zone: &TimeZone,
    hints: &ReleaseHints,
    columns: Option<usize>,
) -> String {
    let widest = lines.iter().map(|line| label(line).width()).max().unwrap_or(0);
    // A third at most, so that there is room for what is said beside it.
    let width = columns.map_or(widest, |columns| widest.min(columns / 3));
    let wrapped = |line: &str, between: &str| match columns {
        Some(columns) => wrap(line, between, width + 2, columns),
        None => line.to_owned(),
    };
    let mut text = String::new();
    let (shown, folded) = worst_first(lines, zone);
    for (line, alike) in shown {
        let pad = " ".repeat(width.saturating_sub(label(line).width()));
        let since =
            line.since.map_or_else(|| "not looked at yet".to_owned(), |at| format!("since {}", minute(at, zone)));
        let revision =
            line.revision.as_ref().map(|commit| format!("  commit {:.10}", printable(commit))).unwrap_or_default();
        let facts = format!("{}{pad}  {:<13}  {since}{revision}{}", label(line), line.state, last_push(line));
        let _ = writeln!(text, "{}", wrapped(facts.trim_end(), "  "));
        for more in below(line, zone) {
            let _ = writeln!(text, "{}", wrapped(&format!("{:width$}  {}", "", printable(&more)), " "));
        }
        if !alike.is_empty() {
            let names: Vec<String> = alike.iter().take(NAMED).map(|line| label(line)).collect();
            let hidden = alike.len() - names.len();
            let rest = if hidden > 0 { format!(" and {hidden} more") } else { String::new() };
            let same = format!(
                "{:width$}  the same at {}: {}{rest}",
                "",
                counted(alike.len(), "other outlet"),
                names.join(", ")
            );
            let _ = writeln!(text, "{}", wrapped(&same, " "));
        }
    }
    if folded > 0 {
        let _ = writeln!(text, "{} in sync: see `menusync status --state in_sync`", counted(folded, "outlet"));
    }
    let in_sync = lines.iter().filter(|line| line.state == "in_sync").count();
    let _ = writeln!(text, "{in_sync} of {} outlets in sync{} ({source})", lines.len(), others(lines));
    text + &held(lines).text(hints)
}

/// More outlets than this are not listed one by one where nothing is to be said of them (our choice).
const MOST_IN_SYNC: usize = 30;
/// So many outlets with the same trouble are one entry (our choice).
const ALIKE: usize = 3;
/// So many of them are named (our choice).
const NAMED: usize = 5;

/// The states, the worst first: in this order they are listed and counted everywhere. First what needs a person (what is live
/// and wrong before what only waits), then what is worth a look, what goes on by itself, and what is as it should be.
pub const WORST_FIRST: [&str; 13] = [
    "failed",
    "unknown",
    "nonconvergent",
    "held",
    "invalid",
    "missing",
    "drifted",
    "pending",
    "queued",
    "pushing",
    "verifying",
    "paused",
    "in_sync",
];

/// The place of a state in [`WORST_FIRST`]; a word that is none counts as the worst.
pub fn state_rank(state: &str) -> usize {
    WORST_FIRST.iter().position(|known| *known == state).unwrap_or(0)
}

/// The outlets, the worst first, each with those of which the same is to be said; and how many that are in sync are left out.
fn worst_first<'l>(lines: &'l [StatusLine], zone: &TimeZone) -> (Vec<(&'l StatusLine, Vec<&'l StatusLine>)>, usize) {
    let is_plain = |line: &&StatusLine| line.state == "in_sync" && below(line, zone).is_empty();
    let plain = lines.iter().filter(is_plain).count();
    // Who asks for those in sync alone gets them.
    let folded = if lines.len() > MOST_IN_SYNC && plain < lines.len() { plain } else { 0 };
    let mut shown: Vec<&StatusLine> = lines.iter().filter(|line| folded == 0 || !is_plain(line)).collect();
    shown.sort_by_key(|line| state_rank(&line.state));
    let mut groups: Vec<(&StatusLine, Vec<&StatusLine>)> = Vec::new();
    let mut known: HashMap<(&str, Vec<String>), usize> = HashMap::new();
    for line in shown {
        let words = below(line, zone);
        let group =
            if words.is_empty() { groups.len() } else { *known.entry((&line.state, words)).or_insert(groups.len()) };
        match groups.get_mut(group) {
            Some((_, alike)) => alike.push(line),
            None => groups.push((line, Vec::new())),
        }
    }
    let entries = groups.into_iter().flat_map(|(first, alike)| {
        if alike.len() >= ALIKE {
            return vec![(first, alike)];
        }
        std::iter::once(first).chain(alike).map(|line| (line, Vec::new())).collect()
    });
    (entries.collect(), folded)
}

/// `, 2 held, 5 pending`
fn others(lines: &[StatusLine]) -> String {
    let count = |state: &str| lines.iter().filter(|line| line.state == state).count();
    let states = WORST_FIRST.iter().filter(|state| **state != "in_sync" && count(state) > 0);
    states.map(|state| format!(", {} {}", count(state), state.replace('_', " "))).collect()
}

/// What guards hold, as it was remembered.
fn held<'l>(lines: impl IntoIterator<Item = &'l StatusLine>) -> Held {
    let held = lines.into_iter().filter(|line| line.state == "held");
    held.flat_map(|line| line.held.iter().map(|held| (held.guard, line.outlet.as_str().into()))).collect()
}

/// What lets through what holds these outlets, as commands to copy.
pub fn release_html(lines: &[&StatusLine], hints: &ReleaseHints, lang: Lang) -> Markup {
    held(lines.iter().copied()).html(hints, lang)
}

/// `Kuta (G916309315)`
fn label(line: &StatusLine) -> String {
    match line.name.as_deref().filter(|name| *name != line.outlet) {
        Some(name) => format!("{} ({})", printable(name), printable(&line.outlet)),
        None => printable(&line.outlet).into_owned(),
    }
}

/// `  push 3 published`
fn last_push(line: &StatusLine) -> String {
    let words = |push: &LastPush| format!("  push {} {}", push.number, push.outcome.as_deref().unwrap_or("under way"));
    line.last_push.as_ref().map(words).unwrap_or_default()
}

/// What there is to say below an outlet's line.
fn below(line: &StatusLine, zone: &TimeZone) -> Vec<String> {
    let drift = (!line.drift.is_empty()).then(|| {
        let contested = line.drift.iter().filter(|change| change.contested).count();
        let left = if contested > 0 { format!(", {contested} contested") } else { String::new() };
        format!("{} changed elsewhere{left}: see `menusync drift`", line.drift.len())
    });
    let pause = line.pause.as_ref().map(|pause| pause.words.clone());
    // A pass under a pause leaves the same words as its error.
    let error = line.error.clone().filter(|_| line.pause.is_none());
    let pins = line.pins.as_ref().map(|pins| {
        let (paths, at) = (counted(pins.paths.len(), "path"), minute(pins.since, zone));
        format!("{paths} pinned by the rollback of {at} to push {}: see `menusync plan`", pins.to)
    });
    let invalid = line.invalid_from.as_ref().map(ToString::to_string);
    let promotions = line.promotions.map(PromotionCounts::words);
    let said = [error, invalid, pause, drift, pins, promotions].into_iter().flatten();
    let unread = line.unread_switches.iter().map(|key| unread_switch(&line.outlet, key));
    said.chain(switches(line, zone)).chain(unread).chain(line.notes.iter().cloned()).collect()
}

/// So many switches of an outlet are told one by one (our choice).
const SWITCHES: usize = 3;

fn switches(line: &StatusLine, zone: &TimeZone) -> Vec<String> {
    match line.switches.len() {
        ..=SWITCHES => line.switches.iter().map(|switch| switch.words(&line.state, zone, Lang::En)).collect(),
        count => vec![Lang::En.more_switches(count)],
    }
}

/// Breaks a line where `between` separates its pieces. What follows is indented; a piece that is wider than a line is left
/// whole, to be copied.
fn wrap(line: &str, between: &str, indent: usize, columns: usize) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for (index, piece) in line.split(between).enumerate() {
        if column > indent && !piece.is_empty() && column + between.len() + piece.width() > columns {
            text.truncate(text.trim_end().len());
            let _ = write!(text, "\n{:indent$}{}", "", piece.trim_start());
            column = indent + piece.trim_start().width();
            continue;
        }
        if index > 0 {
            text += between;
            column += between.len();
        }
        text += piece;
        column += piece.width();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(outlet: &str, name: &str, state: &str, error: Option<&str>) -> StatusLine {
        StatusLine {
            outlet: outlet.to_owned(),
            name: Some(name.to_owned()),
            state: state.to_owned(),
            since: Some(Timestamp::UNIX_EPOCH),
            revision: Some("0123456789abcdef".to_owned()),
            last_push: None,
            last_verified: None,
            next_pass: None,
            drift: Vec::new(),
            held: Vec::new(),
            error: error.map(str::to_owned),
            pause: None,
            pins: None,
            notes: Vec::new(),
            invalid_from: None,
            promotions: None,
            switches: Vec::new(),
            unread_switches: Vec::new(),
        }
    }

    #[test]
    fn the_worst_comes_first_and_the_same_trouble_once() {
        let mut lines: Vec<StatusLine> =
            (0..40).map(|n| line(&format!("G{n}"), &format!("Warung {n}"), "in_sync", None)).collect();
        for failed in &mut lines[10..18] {
            failed.state = "failed".to_owned();
            failed.error = Some("GoBiz answered 401 Unauthorized".to_owned());
        }
        lines[30] = line("G30", "Ubud", "held", Some("deletes: 12 items"));
        lines[39] = line("G39", "Kuta", "invalid", Some("catalogs/kuta.yaml:3:1: no name"));
        insta::assert_snapshot!(status_text(&lines, "from the daemon", &TimeZone::UTC, &ReleaseHints::default(), None), @r"
        Warung 10 (G10)  failed         since 1970-01-01 00:00 UTC  commit 0123456789
                         GoBiz answered 401 Unauthorized
                         the same at 7 other outlets: Warung 11 (G11), Warung 12 (G12), Warung 13 (G13), Warung 14 (G14), Warung 15 (G15) and 2 more
        Ubud (G30)       held           since 1970-01-01 00:00 UTC  commit 0123456789
                         deletes: 12 items
        Kuta (G39)       invalid        since 1970-01-01 00:00 UTC  commit 0123456789
                         catalogs/kuta.yaml:3:1: no name
        30 outlets in sync: see `menusync status --state in_sync`
        30 of 40 outlets in sync, 8 failed, 1 held, 1 invalid (from the daemon)
        ");
        let in_sync: Vec<StatusLine> = (0..40).map(|n| line(&format!("G{n}"), "Kuta", "in_sync", None)).collect();
        assert_eq!(
            status_text(&in_sync, "from the daemon", &TimeZone::UTC, &ReleaseHints::default(), None).lines().count(),
            41
        );
    }

    #[test]
    fn a_terminal_gets_wrapped_lines_and_a_file_whole_ones() {
        let reason = "cannot fetch the menu: GoFood answered 503 Service Unavailable, for the fourth time in a row; \
            see https://status.example.com/incidents/2026-11-29-menus-cannot-be-read-or-written-at-all";
        let lines = [
            line("G1", "Kuta", "in_sync", None),
            line("G916309315", "Warung Sari Kemang Raya 12, Jakarta Selatan", "failed", Some(reason)),
        ];
        let text =
            |columns| status_text(&lines, "as of the last pass", &TimeZone::UTC, &ReleaseHints::default(), columns);
        insta::assert_snapshot!(text(Some(80)), @r"
        Warung Sari Kemang Raya 12, Jakarta Selatan (G916309315)  failed
                                    since 1970-01-01 00:00 UTC  commit 0123456789
                                    cannot fetch the menu: GoFood answered 503 Service
                                    Unavailable, for the fourth time in a row; see
                                    https://status.example.com/incidents/2026-11-29-menus-cannot-be-read-or-written-at-all
        Kuta (G1)                   in_sync        since 1970-01-01 00:00 UTC
                                    commit 0123456789
        1 of 2 outlets in sync, 1 failed (as of the last pass)
        ");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&text(Some(80))), words(&text(None)));
        assert_eq!(text(None).lines().count(), 4);
    }
}
