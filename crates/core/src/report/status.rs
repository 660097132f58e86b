//! How all outlets stand: `status` for people and programs.

use std::{borrow::Cow, fmt::Write as _};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{
    PauseNote, counted,
    release::{Held, ReleaseHints},
    untrusted::printable,
};
use crate::{plan::PinnedPath, policy::Guard};

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
    pub drift: Value,
    /// The guards that hold it.
    pub held: Value,
    /// What went wrong or is waited for.
    pub error: Option<String>,
    /// The pause that a person has ordered.
    pub pause: Option<PauseNote>,
    /// What a rollback holds against the files.
    pub pins: Option<PinNote>,
    /// What its live menu says beyond what is understood, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
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
pub fn status_json(lines: &[StatusLine]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        tool: &'static str,
        outlets: &'a [StatusLine],
    }
    let document = Document { schema: "menusync.status/1", tool: env!("CARGO_PKG_VERSION"), outlets: lines };
    serde_json::to_string_pretty(&document).expect("strings, numbers and lists always serialise")
}

/// A line for each outlet, its trouble below, a count with `whence` it is known, and what can be done about what is held.
pub fn status_text(lines: &[StatusLine], whence: &str, hints: &ReleaseHints) -> String {
    let width = lines.iter().map(|line| label(line).width()).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let pad = " ".repeat(width - label(line).width());
        let since = line.since.map_or_else(|| "not looked at yet".to_owned(), |at| format!("since {}", minute(at)));
        let revision =
            line.revision.as_ref().map(|commit| format!("  commit {:.10}", printable(commit))).unwrap_or_default();
        let told = format!("{}{pad}  {:<13}  {since}{revision}{}", label(line), line.state, last_push(line));
        let _ = writeln!(text, "{}", told.trim_end());
        for more in below(line) {
            let _ = writeln!(text, "{:width$}  {}", "", printable(&more));
        }
    }
    let in_sync = lines.iter().filter(|line| line.state == "in_sync").count();
    let _ = writeln!(text, "{in_sync} of {} outlets in sync ({whence})", lines.len());
    text + &held(lines).text(hints)
}

/// What guards hold, as it was remembered.
fn held(lines: &[StatusLine]) -> Held {
    let held = lines.iter().filter(|line| line.state == "held");
    let guards = held.flat_map(|line| line.held.as_array().into_iter().flatten().map(move |guard| (line, guard)));
    let named = |guard: &Value| Guard::from_name(guard.get("guard")?.as_str()?);
    guards.filter_map(|(line, guard)| Some((named(guard)?, line.outlet.as_str().into()))).collect()
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
    let told = |push: &LastPush| format!("  push {} {}", push.number, push.outcome.as_deref().unwrap_or("under way"));
    line.last_push.as_ref().map(told).unwrap_or_default()
}

/// What there is to say below an outlet's line.
fn below(line: &StatusLine) -> Vec<String> {
    let drifted = line.drift.as_array().filter(|drift| !drift.is_empty());
    let drift = drifted.map(|drift| {
        let contested = drift.iter().filter(|change| change["contested"] == true).count();
        let left = if contested > 0 { format!(", {contested} contested") } else { String::new() };
        format!("{} changed elsewhere{left}: see `menusync drift`", drift.len())
    });
    let pause = line.pause.as_ref().map(|pause| pause.words.clone());
    // A pass under a pause leaves the same words as its error.
    let error = line.error.clone().filter(|_| line.pause.is_none());
    let pins = line.pins.as_ref().map(|pins| {
        let (paths, at) = (counted(pins.paths.len(), "path"), minute(pins.since));
        format!("{paths} pinned by the rollback of {at} to push {}: see `menusync plan`", pins.to)
    });
    [error, pause, drift, pins].into_iter().flatten().chain(line.notes.iter().cloned()).collect()
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
