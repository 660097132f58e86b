//! What the files of outlets say that a push would publish all the same, and what makes outlets invalid later on. Told once
//! for all outlets, by cause.

use std::collections::{BTreeMap, HashSet};

use super::{OutletReport, PlanReport, View, words::some_of};
use crate::{
    diagnostic::Diagnostic,
    plan::OutletPlan,
    report::{counted, untrusted::printable},
};

/// So many warnings of one cause are told (our choice); `validate` tells all.
const TOLD: usize = 3;
/// So many outlets are named (our choice).
const NAMED: usize = 3;

/// What is left out here: that something is missing is no slip of this push, and of most menus it is said of every dish.
const ABSENCES: [&str; 2] = ["description-missing", "image-missing"];

/// One thing to know before a push.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// Outlets will be invalid; else the push publishes what looks wrong.
    pub(super) is_error: bool,
    pub(super) words: String,
}

impl OutletReport {
    /// The warnings that count for a push, if there is one.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        let is_pushed = self.plan.as_ref().is_some_and(OutletPlan::is_to_send);
        let diagnostics = self.diagnostics.iter().map(AsRef::as_ref).filter(move |_| is_pushed);
        diagnostics.filter(|diagnostic| counts_for_push(diagnostic))
    }
}

/// Whether a warning is worth a word where something is pushed.
pub fn counts_for_push(diagnostic: &Diagnostic) -> bool {
    !diagnostic.is_error() && !ABSENCES.contains(&diagnostic.code)
}

/// Errors first, then the warnings, the rarest first: what is said of everything is known.
pub(super) fn warnings(report: &PlanReport) -> Vec<Warning> {
    if report.view == View::Drift {
        return Vec::new();
    }
    let errors = becoming_invalid(report).into_iter().map(|words| Warning { is_error: true, words });
    let warnings = unwatched(report).into_iter().chain(of_files(report));
    errors.chain(warnings.map(|words| Warning { is_error: false, words })).collect()
}

fn becoming_invalid(report: &PlanReport) -> Vec<String> {
    let mut outlets: BTreeMap<(jiff::Timestamp, &str, &str), Vec<String>> = BTreeMap::new();
    for outlet in &report.outlets {
        if let Some(note) = &outlet.invalid_from {
            let name = printable(outlet.label()).into_owned();
            outlets.entry((note.at, &note.when, &note.reason)).or_default().push(name);
        }
    }
    let words = |((_, when, reason), names): ((_, &str, &str), Vec<String>)| {
        format!("from {when} {} will be invalid: {reason}", some_of(&names, NAMED))
    };
    outlets.into_iter().map(words).collect()
}

/// Pushes that could end a promotion, and go out without a look at any.
fn unwatched(report: &PlanReport) -> Vec<String> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for outlet in &report.outlets {
        if let Some(why) = outlet.plan.as_ref().and_then(|plan| plan.unwatched.as_deref()) {
            reasons.entry(why).or_default().push(printable(outlet.label()).into_owned());
        }
    }
    let words = |(why, names): (&str, Vec<String>)| format!("{}: {why}", some_of(&names, NAMED));
    reasons.into_iter().map(words).collect()
}

fn of_files(report: &PlanReport) -> Vec<String> {
    let mut causes: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    let mut seen: HashSet<&Diagnostic> = HashSet::new();
    for warning in report.outlets.iter().flat_map(OutletReport::warnings).filter(|warning| seen.insert(warning)) {
        causes.entry(warning.code).or_default().push(warning);
    }
    let mut causes: Vec<Vec<&Diagnostic>> = causes.into_values().collect();
    causes.sort_by_key(Vec::len);
    causes.into_iter().flat_map(|warnings| cause(&warnings)).collect()
}

/// The first warnings of a cause, and how many more there are.
fn cause(warnings: &[&Diagnostic]) -> Vec<String> {
    let place = |warning: &Diagnostic| warning.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    let mut lines: Vec<String> =
        warnings.iter().take(TOLD).map(|warning| format!("{}{}", warning.message, place(warning))).collect();
    if let Some(first) = warnings.first().filter(|_| warnings.len() > TOLD) {
        let more = counted(warnings.len() - TOLD, "more warning");
        lines.push(format!("{more} of the rule `{}`: see `menusync validate`", first.code));
    }
    lines
}
