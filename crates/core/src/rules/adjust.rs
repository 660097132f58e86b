//! The `rules:` setting: changes severities, switches rules off, and says which rule a mistyped code may mean.

use std::collections::BTreeMap;

use super::{RULES, finding::short, rule};
use crate::diagnostic::{Diagnostic, Place, Severity};

/// Applies the `rules:` setting (code → severity, `None` = off). Diagnostics whose rule is not adjustable, or whose code
/// is not in the table, stay as they are: what leaves a file without meaning cannot be argued away.
pub fn adjust(diagnostics: &mut Vec<Diagnostic>, severities: &BTreeMap<String, Option<Severity>>) {
    adjust_each(diagnostics, &|diagnostic| severities.get(diagnostic.code).copied());
}

/// The same where each diagnostic may have settings of its own; the outer `None` = they say nothing about it.
pub fn adjust_each(diagnostics: &mut Vec<Diagnostic>, wanted: &dyn Fn(&Diagnostic) -> Option<Option<Severity>>) {
    diagnostics.retain_mut(|diagnostic| {
        let is_adjustable = rule(diagnostic.code).is_some_and(|rule| rule.adjustable);
        match wanted(diagnostic).filter(|_| is_adjustable) {
            Some(Some(severity)) => diagnostic.severity = severity,
            Some(None) => return false,
            None => {}
        }
        true
    });
}

/// The code that a mistyped one most likely means.
pub fn suggest(code: &str) -> Option<&'static str> {
    closest(code, RULES.iter().map(|rule| rule.code))
}

/// What is wrong with a code under `rules:` at `place`: there is no such rule, or its severity is fixed.
pub fn unknown_rule(code: &str, place: Place) -> Option<Diagnostic> {
    wrong_code(code, place, "remove this line")
}

/// Why a code cannot be adjusted at `place`; `None` if it can. `help`: what to do where its severity is fixed.
pub(super) fn wrong_code(code: &str, place: Place, help: &str) -> Option<Diagnostic> {
    let error = |message| Diagnostic::error("unknown-rule", place, message);
    match rule(code) {
        Some(rule) if rule.adjustable => None,
        Some(_) => Some(error(format!("the severity of `{code}` cannot be changed")).help(help)),
        None => {
            let wrong = error(format!("there is no rule `{}`", short(code)));
            Some(match suggest(code) {
                Some(near) => wrong.did_you_mean(near),
                None => wrong.help("`menusync rule` lists all rules"),
            })
        }
    }
}

/// The candidate most like `word`, if any is like it at all. Looks at no more than the first thousand, so that a file
/// full of mistakes stays quick.
pub(super) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .take(1000)
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
