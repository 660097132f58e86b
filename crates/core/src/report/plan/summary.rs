//! A report in numbers, and the sentence that says them.

use serde::Serialize;

use super::{OutletReport, PlanReport, View, is_foreign, risk_of};
use crate::plan::{Change, Kind, OutletPlan, Risk};

/// Every outlet is one of changed, unchanged and failed; every change is counted once: as what a push does, or as drift or
/// conflict if it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    outlets: usize,
    /// Something would be pushed, held or not.
    pub(super) changed: usize,
    unchanged: usize,
    /// Of the changed ones.
    pub(super) held: usize,
    pub(super) failed: usize,
    add: usize,
    remove: usize,
    set: usize,
    r#move: usize,
    drift: usize,
    conflict: usize,
    #[serde(skip_serializing_if = "Promotions::is_empty")]
    promotions: Promotions,
    /// Of what pushes do; in a report of drift of what was done elsewhere.
    pub(super) risks: Risks,
}

/// What becomes of promotions of ours; they are no changes of a menu.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Promotions {
    add: usize,
    remove: usize,
    replace: usize,
    drift: usize,
}

impl Promotions {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn count(&mut self, change: &Change, pushed: bool) {
        match change.kind {
            Kind::Add if pushed => self.add += 1,
            Kind::Remove if pushed => self.remove += 1,
            _ if pushed => self.replace += 1,
            _ => self.drift += 1,
        }
    }

    /// `, 2 promotions to create, 1 to end`
    fn words(&self) -> String {
        let parts = [("to create", self.add), ("to replace", self.replace), ("to end", self.remove)];
        let mut parts = parts.into_iter().filter(|(_, number)| *number > 0);
        let Some((what, number)) = parts.next() else { return String::new() };
        let rest: String = parts.map(|(what, number)| format!(", {number} {what}")).collect();
        format!(", {number} promotion{} {what}{rest}", if number == 1 { "" } else { "s" })
    }
}

/// How many changes have which risk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Risks {
    danger: usize,
    money: usize,
    visible: usize,
    cosmetic: usize,
}

impl Risks {
    fn count(&mut self, risk: Risk) {
        match risk {
            Risk::Danger => self.danger += 1,
            Risk::Money => self.money += 1,
            Risk::Visible => self.visible += 1,
            Risk::Cosmetic => self.cosmetic += 1,
        }
    }

    pub(super) fn of(&self, risk: Risk) -> usize {
        match risk {
            Risk::Danger => self.danger,
            Risk::Money => self.money,
            Risk::Visible => self.visible,
            Risk::Cosmetic => self.cosmetic,
        }
    }

    /// `2 danger, 1 money`; `None` if there is nothing to count.
    pub(super) fn words(&self) -> Option<String> {
        let counts = Risk::ALL.into_iter().filter(|risk| self.of(*risk) > 0);
        let counts: Vec<String> = counts.map(|risk| format!("{} {}", self.of(risk), risk.word())).collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    }
}

impl Summary {
    pub(super) fn of(report: &PlanReport) -> Self {
        report.outlets.iter().fold(Self::default(), |sum, outlet| sum.and(outlet, report.view))
    }

    pub(super) fn of_outlet(outlet: &OutletReport, view: View) -> Self {
        Self::default().and(outlet, view)
    }

    fn and(mut self, outlet: &OutletReport, view: View) -> Self {
        let plan = outlet.plan.as_ref();
        self.outlets += 1;
        if outlet.is_failed() {
            self.failed += 1;
        } else if plan.is_some_and(OutletPlan::is_to_send) || is_gone(outlet, view) {
            self.changed += 1;
        } else {
            self.unchanged += 1;
        }
        self.held += usize::from(plan.is_some_and(OutletPlan::is_held));
        for change in outlet.changes(view) {
            let pushed = change.pushed && view != View::Drift;
            if let Some(plan) = plan.filter(|_| pushed || view == View::Drift) {
                self.risks.count(risk_of(change, plan, view));
            }
            if change.is_promotion() {
                self.promotions.count(change, pushed);
                self.drift += usize::from(!pushed);
                continue;
            }
            match (change.kind, change.class) {
                (Kind::Add, _) if pushed => self.add += 1,
                (Kind::Remove, _) if pushed => self.remove += 1,
                (Kind::Set, _) if pushed => self.set += 1,
                (Kind::Move, _) if pushed => self.r#move += 1,
                (_, crate::plan::Class::Conflict) => self.conflict += 1,
                _ if is_foreign(change) => self.drift += 1,
                _ => {}
            }
        }
        self
    }

    /// `-1 +2 ~3 →1`; what there is none of is left out.
    pub(super) fn signs(&self) -> String {
        let parts = [("-", self.remove), ("+", self.add), ("~", self.set), ("→", self.r#move)];
        let sentences: Vec<String> =
            parts.iter().filter(|(_, n)| *n > 0).map(|(sign, number)| format!("{sign}{number}")).collect();
        sentences.join(" ")
    }

    /// Changes that were made elsewhere and are kept.
    pub(super) fn not_undone(&self) -> usize {
        self.drift + self.conflict
    }
}

/// An outlet that only the older state of the files has.
fn is_gone(outlet: &OutletReport, view: View) -> bool {
    view == View::Diff && outlet.state == "missing"
}

/// `Plan: 2 outlets, 1 to push (1 to change, 0 to add, 0 to remove), 1 held; 1 drifted.`
pub(in crate::report) fn sentence(report: &PlanReport) -> String {
    let sum = Summary::of(report);
    let drifted = report.outlets.iter().filter(|o| Summary::of_outlet(o, report.view).not_undone() > 0).count();
    let word = match report.view {
        View::Plan => "Plan",
        View::Drift => "Drift",
        View::Diff => "Diff",
    };
    let plural = if sum.outlets == 1 { "" } else { "s" };
    let mut text = format!("{word}: {} outlet{plural}", sum.outlets);
    match report.view {
        View::Drift => text += &format!(", {drifted} drifted{}", changes_elsewhere(&sum)),
        View::Plan | View::Diff => {
            text += &pushes(report);
            text += &counted(", ", sum.held, if report.view == View::Diff { "would be held" } else { "held" });
        }
    }
    text += &counted(", ", sum.failed, "failed");
    if report.view != View::Drift {
        text += &counted("; ", drifted, "drifted");
    }
    text + "."
}

fn changes_elsewhere(sum: &Summary) -> String {
    match (sum.not_undone(), sum.conflict) {
        (0, _) => String::new(),
        (kept, 0) => format!(" ({kept} changed elsewhere)"),
        (kept, both) => format!(" ({kept} changed elsewhere, {both} of them in the files too)"),
    }
}

/// What would go out: held outlets push nothing. A difference between files is one all the same.
fn pushes(report: &PlanReport) -> String {
    let diff = report.view == View::Diff;
    let verb = if diff { "different" } else { "to push" };
    let is_held = |outlet: &&OutletReport| outlet.plan.as_ref().is_some_and(OutletPlan::is_held);
    let free = report.outlets.iter().filter(|outlet| diff || !is_held(outlet));
    let free = free.fold(Summary::default(), |sum, outlet| sum.and(outlet, report.view));
    let number = free.changed;
    let promotions = free.promotions.words();
    if number == 0 {
        return format!(", 0 {verb}");
    }
    let (change, add, remove) = (free.set + free.r#move, free.add, free.remove);
    format!(", {number} {verb} ({change} to change, {add} to add, {remove} to remove){promotions}")
}

fn counted(lead: &str, number: usize, word: &str) -> String {
    if number == 0 { String::new() } else { format!("{lead}{number} {word}") }
}

/// What to say where nothing at all is to be told.
pub(super) fn silence(report: &PlanReport) -> &'static str {
    match report.view {
        _ if report.outlets.is_empty() => "No outlets.",
        View::Plan => "No changes. GoFood shows what the files say.",
        View::Drift => "No drift. Nothing was changed elsewhere since the last verified push.",
        View::Diff if report.first_later().is_some() => "No differences now.",
        View::Diff => "No differences.",
    }
}
