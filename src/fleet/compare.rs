//! What differs between two states of the files, outlet by outlet, as plans whose live side is the older state. GoFood is
//! not asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    Loaded, Member, Selection, Survey,
    survey::{Told, member},
};
use crate::{
    catalog::{OutletId, live::LiveCatalog},
    diagnostic::{Diagnostic, Place},
    plan::{self, Action, Base, Inputs, OutletPlan, Past, PeerPrices},
    report::OutletReport,
    sync::Wanted,
};

/// Two states of the files at one moment.
pub struct Comparison<'a> {
    /// The older one, and what is found in it.
    pub before: (&'a Loaded, &'a Survey),
    /// The newer one, and what is found in it.
    pub after: (&'a Loaded, &'a Survey),
    /// Which dated layers count.
    pub at: Timestamp,
}

/// What a dated layer changes when it begins or ends.
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The outlets that change, by id.
    pub outlets: Vec<OutletReport>,
}

impl Comparison<'_> {
    /// The differences of all outlets that the selection means on either side, by id.
    pub fn report(&self, selection: &Selection) -> Vec<OutletReport> {
        let [before, after] = [self.before.1, self.after.1].map(|survey| members(survey, selection));
        let ids: BTreeSet<&OutletId> = before.keys().chain(after.keys()).copied().collect();
        ids.into_iter().filter_map(|id| self.outlet(before.get(id).copied(), after.get(id).copied())).collect()
    }

    fn outlet(&self, before: Option<&Member>, after: Option<&Member>) -> Option<OutletReport> {
        let (before, after) = match (before, after) {
            (before, Some(after)) => (before, after),
            (Some(before), None) => return Some(without_plan(before, "missing")),
            (None, None) => return None,
        };
        if !after.valid {
            return Some(without_plan(after, "invalid"));
        }
        if after.paused {
            return Some(without_plan(after, "paused"));
        }
        if let Some(before) = before.filter(|before| !before.valid) {
            let why = invalid_before(before);
            return Some(OutletReport { error: Some(why), ..without_plan(after, "invalid") });
        }
        let wanted = self.after.0.wanted(&after.id, self.at)?;
        let old = before.and_then(|before| self.before.0.wanted(&before.id, self.at));
        Some(report_of(difference(old.as_ref(), &wanted, &self.after.1.peers, self.at), &wanted))
    }
}

impl Loaded {
    /// What would be remembered of an outlet after a push of these files: the base that stands in for a lost or missing
    /// state. `Ok(None)` if there is no such outlet, `Err` says why it is invalid.
    pub fn base(&self, survey: &Survey, id: &OutletId, at: Timestamp) -> Result<Option<Base>, String> {
        let Some(member) = survey.members.iter().find(|member| member.id == *id) else { return Ok(None) };
        let wanted = self.wanted(id, at).ok_or_else(|| invalid_before(member))?;
        Ok(Some(base_of(&wanted)))
    }

    /// What dated layers will change after `from` and not after `until`, in order. Outlets that are invalid at such a moment
    /// are told as such.
    pub fn steps(&self, members: &[&Member], from: Timestamp, until: Timestamp, peers: &PeerPrices) -> Vec<Step> {
        let mut steps: BTreeMap<Timestamp, Vec<OutletReport>> = BTreeMap::new();
        for outlet in members.iter().filter(|member| member.valid && !member.paused) {
            for (at, report) in self.steps_of(&outlet.id, from, until, peers) {
                steps.entry(at).or_default().push(report);
            }
        }
        steps.into_iter().map(|(at, outlets)| Step { at, outlets }).collect()
    }

    fn steps_of(
        &self,
        id: &OutletId,
        from: Timestamp,
        until: Timestamp,
        peers: &PeerPrices,
    ) -> Vec<(Timestamp, OutletReport)> {
        let mut steps = Vec::new();
        let mut before = self.wanted(id, from);
        let mut next = self.compose(id, from).next_change;
        while let Some(edge) = next.filter(|edge| *edge <= until) {
            let composed = self.compose(id, edge);
            next = composed.next_change;
            let wanted = self.wanted(id, edge);
            match &wanted {
                None => steps.push((edge, without_plan(&member(composed, &mut Told::default()), "invalid"))),
                Some(wanted) => {
                    let report = report_of(difference(before.as_ref(), wanted, peers, edge), wanted);
                    if report.state != "in_sync" {
                        steps.push((edge, report));
                    }
                }
            }
            // After a moment at which the outlet is invalid, what it was before is what is still live.
            before = wanted.or(before);
        }
        steps
    }
}

/// The plan that turns the older state, as if it were live, into the newer one.
fn difference(before: Option<&Wanted>, after: &Wanted, peers: &PeerPrices, at: Timestamp) -> OutletPlan {
    let live = before.map(|before| plan::as_published(&before.catalog)).unwrap_or_default();
    let base = before.map(base_of);
    let mut plan = plan::plan(&Inputs {
        outlet: &after.outlet,
        desired: &after.catalog,
        base: base.as_ref(),
        live: &live,
        policy: &after.policy,
        revert: false,
        released: &BTreeSet::new(),
        peers,
        ended: &after.ended,
        past: Past::unknown(),
        place: &*after.place,
    });
    plan.release(&after.approvals, at);
    plan.told()
}

/// What is remembered after a first push to an empty menu.
fn base_of(wanted: &Wanted) -> Base {
    let nothing = (LiveCatalog::default(), BTreeSet::new(), PeerPrices::new());
    let plan = plan::plan(&Inputs {
        outlet: &wanted.outlet,
        desired: &wanted.catalog,
        base: None,
        live: &nothing.0,
        policy: &wanted.policy,
        revert: false,
        released: &nothing.1,
        peers: &nothing.2,
        ended: &wanted.ended,
        past: Past::unknown(),
        place: &|_| None,
    });
    plan.next_base
}

fn members<'s>(survey: &'s Survey, selection: &Selection) -> BTreeMap<&'s OutletId, &'s Member> {
    let selected = survey.members.iter().filter(|member| selection.matches(member));
    selected.map(|member| (&member.id, member)).collect()
}

fn report_of(plan: OutletPlan, wanted: &Wanted) -> OutletReport {
    let state = match plan.action {
        _ if plan.is_held() => "held",
        Action::None => "in_sync",
        _ => "pending",
    };
    OutletReport {
        outlet: wanted.outlet.clone(),
        name: wanted.name.clone(),
        state,
        plan: Some(plan),
        diagnostics: Vec::new(),
        error: None,
        pause: None,
        window: None,
    }
}

fn without_plan(member: &Member, state: &'static str) -> OutletReport {
    let wrong = if state == "invalid" { member.diagnostics.clone() } else { Vec::new() };
    OutletReport {
        outlet: member.id.clone(),
        name: member.name.clone(),
        state,
        plan: None,
        diagnostics: wrong,
        error: None,
        pause: None,
        window: None,
    }
}

fn invalid_before(member: &Member) -> String {
    let first = member.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let told = |wrong: &Arc<Diagnostic>| match &wrong.place {
        Some(Place { file, line, column, .. }) => format!("{} ({file}:{line}:{column})", wrong.message),
        None => wrong.message.clone(),
    };
    format!("its older definition is invalid: {}", first.map(told).unwrap_or_default())
}
