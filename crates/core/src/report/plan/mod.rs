//! Plans in words: for a terminal, for a pull request, for other programs. `plan`, `drift` and `diff` all write these.
//!
//! ```text
//! OutletPlan ──body (which section a change belongs to)──compact (one line for many)──line (one change)──words (values)──▶ text, markdown, html
//!            └──────────────────────────────────────────────────────────────────────────────────────────────────────▶ json
//! ```
//!
//! Nothing is decided here: what is pushed, kept or held is the plan's.

mod body;
mod compact;
mod difference;
mod hours;
mod html;
mod json;
mod later;
mod line;
mod markdown;
mod pins;
mod prices;
mod saved;
mod summary;
mod text;
mod warnings;
mod words;

pub use difference::plan_difference;
pub use html::changes_html;
pub(super) use html::{Room, plan_section, risks_html};
pub(super) use json::SourceEntry;
pub use json::{plan_json, value_json};
pub(super) use later::AGAIN;
pub use later::LaterChanges;
pub(super) use line::{change_words, field_words};
pub use markdown::plan_markdown;
pub(super) use markdown::stale_markdown;
pub(super) use markdown::{MOST, pages_within, plan_markdown_within};
pub use saved::{PLAN_COUNTS_FOR, SavedOutlet, SavedPlan, SavedPlanError};
pub(super) use summary::sentence;
pub(super) use text::stale_text;
pub use text::{Look, WHOLE_FILE, held_names, held_places, plan_text};
pub use warnings::counts_for_push;
pub use words::some_in;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    approval::Stale,
    catalog::OutletId,
    diagnostic::Diagnostic,
    plan::{Change, Class, Digest, OutletPlan, Risk, digest_of},
    report::{
        Lang, PlannedWaves, RolloutNote,
        menu::MenuSides,
        release::{Held, ReleaseHints},
    },
};

/// A value on one side of a change; `None` = absent.
pub(super) type Side = Option<crate::catalog::FieldValue>;

/// What a report is about, which decides what it shows and how it words it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// What a push would do.
    #[default]
    Plan,
    /// Only what was changed elsewhere.
    Drift,
    /// The difference between two states of the files; GoFood was not asked.
    Diff,
}

impl View {
    /// The menu before and after what this view tells.
    pub fn menus(self, plan: &OutletPlan) -> MenuSides {
        match self {
            Self::Plan | Self::Diff => MenuSides::of_push(plan),
            Self::Drift => MenuSides::of_drift(plan),
        }
    }
}

/// How an outlet stands that no file defines any more.
pub const NO_LONGER_DEFINED: &str = "missing, in no file any more; its live menu stays as it is";

/// The plans of some outlets.
pub struct PlanReport {
    /// What it is about.
    pub view: View,
    /// The files' git commit, if they are in a work tree.
    pub revision: Option<String>,
    /// When it was made.
    pub generated_at: jiff::Timestamp,
    /// The moment that was asked for, in the zone in which it is shown; `None` = now.
    pub at: Option<Zoned>,
    /// In which times are told.
    pub zone: TimeZone,
    /// Where pushes are remembered: shown where an outlet is unknown there.
    pub state_dir: Option<String>,
    /// Where a push would go; `None` where there is nothing to push to.
    pub target: Option<PlanTarget>,
    /// Approvals that let nothing through any more.
    pub stale_approvals: Vec<Stale>,
    /// Who wrote the lines that guards hold, by `file:line`.
    pub line_origins: BTreeMap<String, LineNote>,
    /// How what is held can be let through; nothing is said of that without any.
    pub hints: ReleaseHints,
    /// The outlets in the order in which they are shown.
    pub outlets: Vec<OutletReport>,
    /// What is different from later moments on, in their order.
    pub later: Vec<LaterChanges>,
    /// The waves that a push of all of it would begin.
    pub waves: Option<PlannedWaves>,
    /// How far the rollout of these very files is.
    pub rollout: Option<RolloutNote>,
}

/// Who wrote a line last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineNote {
    /// The commit, shortened; `None` if the line is not committed yet.
    pub commit: Option<String>,
    /// Who.
    pub author: String,
    /// On which day.
    pub date: String,
}

/// The GoBiz server of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTarget {
    /// `target` in the settings.
    pub name: String,
    /// The address of the API.
    pub api_url: String,
}

/// `sandbox (https://…)`
impl std::fmt::Display for PlanTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.api_url)
    }
}

/// One outlet of a report.
pub struct OutletReport {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name; empty if it has none.
    pub name: String,
    /// How it stands, in one word: `in_sync`, `pending`, `paused`, ….
    pub state: &'static str,
    /// Its plan, if it came to that.
    pub plan: Option<OutletPlan>,
    /// What its files' author has to mend; where something is pushed also what the author may want to look at.
    pub diagnostics: Vec<Arc<Diagnostic>>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
    /// The pause that a person has ordered.
    pub pause: Option<PauseNote>,
    /// The window that its push waits for.
    pub window: Option<WindowNote>,
    /// When it turns invalid by itself, though nothing is wrong now.
    pub invalid_from: Option<Arc<InvalidFrom>>,
    /// Its menu before and after, where that is to be shown.
    pub menus: Option<MenuSides>,
    /// The moment that is looked at, if that is a later one, in the outlet's zone.
    pub at: Option<Zoned>,
}

impl OutletReport {
    /// An outlet without a plan.
    pub fn new(outlet: OutletId, name: String, state: &'static str) -> Self {
        let (plan, diagnostics) = (None, Vec::new());
        Self {
            outlet,
            name,
            state,
            plan,
            diagnostics,
            error: None,
            pause: None,
            window: None,
            invalid_from: None,
            menus: None,
            at: None,
        }
    }
}

/// A window that a push waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowNote {
    /// When it opens; `null` = not within a year.
    pub opens_at: Option<jiff::Timestamp>,
    /// The same in words.
    #[serde(skip)]
    pub words: String,
}

/// A dated layer begins or ends, and an outlet has errors from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidFrom {
    /// When.
    pub at: jiff::Timestamp,
    /// The same in the outlet's time, for people: `Mon 2027-02-08 00:00`.
    pub when: String,
    /// The first error with its place.
    pub reason: String,
}

/// As of one outlet.
impl std::fmt::Display for InvalidFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&Lang::En.invalid_from(&self.when, &self.reason))
    }
}

impl InvalidFrom {
    /// The same in a language; the reason is English. `zone` is the outlet's, and asked for where `when` does not do.
    pub fn words_in(&self, lang: Lang, zone: impl FnOnce() -> TimeZone) -> String {
        match lang {
            Lang::En => self.to_string(),
            Lang::Id => lang.invalid_from(&lang.moment(&self.at.to_zoned(zone())), &self.reason),
        }
    }
}

/// A pause by a command.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PauseNote {
    /// Since when.
    pub since: jiff::Timestamp,
    /// When it ends by itself; `null` = when somebody ends it.
    pub until: Option<jiff::Timestamp>,
    /// The same in words.
    #[serde(skip)]
    pub words: String,
}

impl PauseNote {
    /// The same in a language.
    pub fn words_in(&self, lang: Lang, outlet: &str, zone: &TimeZone) -> String {
        match self.until {
            None => lang.paused_since(&lang.minute(self.since, zone), outlet),
            Some(until) => lang.paused_until(&lang.minute(until, zone), outlet),
        }
    }
}

impl PlanReport {
    /// What differs between two states of the files at one moment.
    pub fn of_files(revision: Option<String>, generated_at: jiff::Timestamp, outlets: Vec<OutletReport>) -> Self {
        Self {
            view: View::Diff,
            revision,
            generated_at,
            at: None,
            zone: TimeZone::UTC,
            state_dir: None,
            target: None,
            stale_approvals: Vec::new(),
            line_origins: BTreeMap::new(),
            hints: ReleaseHints::default(),
            outlets,
            later: Vec::new(),
            waves: None,
            rollout: None,
        }
    }

    /// How a push goes out, if not all at once.
    fn rollout_words(&self) -> Option<String> {
        let name = |outlet: &OutletId| {
            let known = self.outlets.iter().find(|line| line.outlet == *outlet);
            known.map_or_else(|| outlet.to_string(), |line| line.label().to_owned())
        };
        let planned = || Some(format!("Rollout: {}.", self.waves.as_ref()?.words(name)));
        let words = self.rollout.as_ref().and_then(|note| note.words_in(Lang::En, &self.zone));
        words.map(|words| format!("{words}.")).or_else(planned)
    }

    /// The lines that give what guards hold, the first of each guard of each outlet; [`WHOLE_FILE`] of a file that gives it no
    /// more.
    pub fn held_lines(&self) -> Vec<(String, u32)> {
        let mut lines = Vec::new();
        for plan in self.outlets.iter().filter_map(|outlet| outlet.plan.as_ref()) {
            for guard in plan.held() {
                lines.extend(text::places_of(guard, plan).into_iter().take(text::SLIPS));
            }
        }
        lines.sort();
        lines.dedup();
        lines
    }

    /// What guards hold, or would.
    fn held(&self) -> Held {
        let plans = self.outlets.iter().filter_map(|outlet| outlet.plan.as_ref());
        plans.flat_map(|plan| plan.held().map(|verdict| (verdict.guard, plan.outlet.clone()))).collect()
    }

    /// The hash over the effects of all outlets' plans.
    pub fn digest(&self) -> Digest {
        let plans = self.outlets.iter().filter_map(|outlet| outlet.plan.as_ref());
        digest_of(plans.map(|plan| (&plan.outlet, plan.changes.as_slice())))
    }
}

impl OutletReport {
    /// Its name, else its id.
    fn label(&self) -> &str {
        if self.name.trim().is_empty() { self.outlet.as_str() } else { &self.name }
    }

    /// Whether there is no plan because something is wrong.
    fn is_failed(&self) -> bool {
        self.error.is_some() || (self.plan.is_none() && self.diagnostics.iter().any(|diagnostic| diagnostic.is_error()))
    }

    /// The changes that a view shows.
    fn changes(&self, view: View) -> impl Iterator<Item = &Change> {
        let changes = self.plan.iter().flat_map(|plan| &plan.changes);
        changes.filter(move |change| view != View::Drift || is_foreign(change))
    }
}

/// What a change means for customers: what a push does to it, or what somebody did to it elsewhere if that is kept or all
/// that is asked for.
fn risk_of(change: &Change, plan: &OutletPlan, view: View) -> Risk {
    let by_push = view != View::Drift && (change.pushed || !is_foreign(change));
    // A menu whose items all go to a new one has got another name: nothing is lost with it.
    if by_push && compact::is_renamed(change, &plan.changes) {
        return Risk::Visible;
    }
    plan.risk(&change.step(by_push))
}

/// Whether somebody else made this difference, alone or along with the files.
fn is_foreign(change: &Change) -> bool {
    matches!(change.class, Class::Drift | Class::Conflict)
}

#[cfg(test)]
mod tests;
