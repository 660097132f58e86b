//! How a plan differs from one that was saved: what a person has to know who agreed to the other one.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{OutletReport, PlanReport, SavedOutlet, SavedPlan, Side, words::value_word};
use crate::{
    catalog::{ItemField, Path},
    plan::{Change, Kind},
    report::{Lang, untrusted::printable},
};

/// How many lines are told (our choice: more than a person reads in an error).
const MOST: usize = 60;

/// Changes of one outlet, each under its path and kind.
type Changes<'a> = BTreeMap<(&'a Path, Kind), &'a Change>;

/// What is new, gone and different now, outlet by outlet, with line breaks in between; empty if both plans have the same
/// effects. Stock is the kitchen's, so that less of it is to be set now is no difference; what the saved plan did not show is.
pub fn plan_difference(saved: &SavedPlan, now: &PlanReport) -> String {
    let mut lines: Vec<String> = Vec::new();
    for old in &saved.outlets {
        let new = now.outlets.iter().find(|outlet| outlet.outlet == old.outlet);
        let differences = outlet_difference(old, new);
        if !differences.is_empty() {
            lines.push(heading(old));
            lines.extend(differences);
        }
    }
    let missing = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if missing > 0 {
        lines.push(format!("  … and {missing} more lines: see `menusync plan`"));
    }
    lines.join("\n")
}

/// `  Kuta (G916309315):`
fn heading(outlet: &SavedOutlet) -> String {
    match outlet.name.trim() {
        "" => format!("  {}:", printable(outlet.outlet.as_str())),
        name => format!("  {} ({}):", printable(name), printable(outlet.outlet.as_str())),
    }
}

fn outlet_difference(old: &SavedOutlet, new: Option<&OutletReport>) -> Vec<String> {
    let plan = new.and_then(|outlet| outlet.plan.as_ref());
    let now = plan.map_or(&[][..], |plan| &plan.changes);
    let [before, after] = [&old.changes, now].map(|changes| by_path(changes, Change::is_effect));
    if let Some(outlet) = new.filter(|outlet| outlet.plan.is_none() && !before.is_empty()) {
        let why = outlet.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        return vec![printable(&format!("    has no plan now, it is {}{why}", outlet.state)).into_owned()];
    }
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, change)| line("gone:     ", change));
    let come = after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, change)| line("new:      ", change));
    let other = after.iter().filter_map(|(key, now)| different(before.get(key)?, now));
    let [shown, stock] =
        [&old.changes, now].map(|changes| by_path(changes, |change| change.pushed && change.is_stock()));
    let stock = stock.iter().filter(|(key, now)| shown.get(*key).is_none_or(|shown| shown.to != now.to));
    gone.chain(come).chain(other).chain(stock.map(|(_, change)| line("new:      ", change))).collect()
}

/// The changes that count, each under its path and kind.
fn by_path(changes: &[Change], counts: impl Fn(&Change) -> bool) -> Changes<'_> {
    changes.iter().filter(|change| counts(change)).map(|change| ((&change.path, change.kind), change)).collect()
}

fn line(word: &str, change: &Change) -> String {
    printable(&format!("    {word} {} {}", change.path, happens(change))).into_owned()
}

fn different(old: &Change, new: &Change) -> Option<String> {
    let words = || format!("    different: {} {}, it was {}", new.path, happens(new), happens(old));
    ((&old.from, &old.to) != (&new.from, &new.to)).then(|| printable(&words()).into_owned())
}

/// `Rp 25.000 → Rp 27.000`
fn happens(change: &Change) -> String {
    let Change { path, kind, from, to, .. } = change;
    let name = |thing: &'_ Side| Some(thing.as_ref()?.field(ItemField::Name.key())?.as_text()?.to_owned());
    let named = |thing: &Side| name(thing).map(|name| format!(" “{name:.80}”")).unwrap_or_default();
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = match kind {
        Kind::Add => write!(out, "added{}", named(to)),
        Kind::Remove => write!(out, "removed{}", named(from)),
        Kind::Set | Kind::Move => {
            write!(out, "{} → {}", value_word(path, from, Lang::En), value_word(path, to, Lang::En))
        }
    };
    out
}
