//! What differs between two states of the files, outlet by outlet, as plans whose live side is the older state. GoFood is
//! not asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, civil::Time};

use super::{Loaded, Member, Selection, Survey, judge::SharedDiagnostics, survey};
use crate::{
    catalog::{OutletId, WantedPromotion, live::LiveCatalog},
    diagnostic::{Diagnostic, Place},
    plan::{Base, OutletPlan, PeerPrices, as_published},
    report::OutletReport,
    sync::{self, Desired, Facts, Look, Moment, OutletState, Recalled, Target},
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
        let target = after.target();
        let desired = self.after.0.desired(&after.id, self.at).ok()?;
        let old = before.and_then(|before| self.before.0.desired(&before.id, self.at).ok());
        let plan = difference(&target, old.as_ref(), &desired, &self.after.1.peers, self.at);
        let (diagnostics, invalid_from) = (after.diagnostics.clone(), after.invalid_from.clone());
        Some(OutletReport { diagnostics, invalid_from, ..report_of(plan, &target) })
    }
}

impl Loaded {
    /// What would be remembered of an outlet after a push of these files: the base that stands in for a lost or missing
    /// state. `Ok(None)` if there is no such outlet, `Err` says why it is invalid.
    pub fn base(&self, survey: &Survey, id: &OutletId, at: Timestamp) -> Result<Option<Base>, String> {
        let Some(member) = survey.members.iter().find(|member| member.id == *id) else { return Ok(None) };
        let desired = self.desired(id, at).map_err(|_| invalid_before(member))?;
        Ok(Some(base_of(&member.target(), &desired, at)))
    }

    /// What dated layers will change after `from` and not after `until`, in order. Outlets that are invalid at such a moment
    /// are told as such.
    pub fn steps(&self, members: &[&Member], from: Timestamp, until: Timestamp, peers: &PeerPrices) -> Vec<Step> {
        let mut steps: BTreeMap<Timestamp, Vec<OutletReport>> = BTreeMap::new();
        for outlet in members.iter().filter(|member| member.valid && !member.paused) {
            for (at, report) in self.steps_of(outlet, from, until, peers) {
                steps.entry(at).or_default().push(report);
            }
        }
        steps.into_iter().map(|(at, outlets)| Step { at, outlets }).collect()
    }

    fn steps_of(
        &self,
        member: &Member,
        from: Timestamp,
        until: Timestamp,
        peers: &PeerPrices,
    ) -> Vec<(Timestamp, OutletReport)> {
        let (target, id) = (member.target(), &member.id);
        let mut steps = Vec::new();
        let mut before = self.desired(id, from).ok();
        let shared = SharedDiagnostics::default();
        let mut next = self.judged(id, from, &shared).next_edge();
        while let Some(edge) = next.filter(|edge| *edge <= until) {
            let judged = self.judged(id, edge, &shared);
            next = judged.next_edge();
            let desired = self.desired(id, edge).ok();
            match &desired {
                None => steps.push((edge, without_plan(&survey::member(&judged), "invalid"))),
                Some(desired) => {
                    let mut plan = difference(&target, before.as_ref(), desired, peers, edge);
                    plan.promotions.events = promotion_events(desired, edge);
                    let has_events = !plan.promotions.events.is_empty();
                    let report = report_of(plan, &target);
                    if report.state != "in_sync" || has_events {
                        steps.push((edge, report));
                    }
                }
            }
            // After a moment at which the outlet is invalid, what it was before is what is still live.
            before = desired.or(before);
        }
        steps
    }
}

/// The promotions of the files that begin or end at a moment.
fn promotion_events(desired: &Desired, at: Timestamp) -> Vec<String> {
    if !desired.policy.promotions.may_write() {
        return Vec::new();
    }
    let now = at.to_zoned(desired.policy.timezone.clone()).datetime();
    let words = |wanted: &WantedPromotion| {
        let WantedPromotion { name, detail, .. } = wanted;
        let dish = desired.catalog.item(&detail.external_menu_id).and_then(|item| item.name.value());
        let dish = dish.map_or_else(|| detail.external_menu_id.to_string(), |name| format!("“{name}”"));
        let verb = match () {
            () if detail.end() == now => "is over",
            () if detail.start_date.to_datetime(Time::midnight()) == now => "begins",
            () => return None,
        };
        Some(format!("promotion “{name}” of {dish} {verb}: {}, {}", detail.selling_price, detail.when()))
    };
    desired.catalog.promotions.iter().filter_map(words).collect()
}

/// The plan that turns the older state, as if it were live, into the newer one.
fn difference(
    target: &Target,
    before: Option<&Desired>,
    after: &Desired,
    peers: &PeerPrices,
    at: Timestamp,
) -> OutletPlan {
    let live = before.map(|before| as_published(&before.catalog)).unwrap_or_default();
    let base = before.map(|before| base_of(target, before, at));
    let mut plan = plan_of_files(target, live, base, after, peers, at);
    sync::compare_promotions(&mut plan, before, after, Moment::new(at, peers));
    plan.for_report()
}

/// What is stored after a first push to an empty menu.
fn base_of(target: &Target, desired: &Desired, at: Timestamp) -> Base {
    plan_of_files(target, LiveCatalog::default(), None, desired, &PeerPrices::new(), at).next_base
}

/// The examination of a menu that files stand for.
fn plan_of_files(
    target: &Target,
    live: LiveCatalog,
    base: Option<Base>,
    desired: &Desired,
    peers: &PeerPrices,
    at: Timestamp,
) -> OutletPlan {
    let recalled = Recalled { base, ..Recalled::default() };
    sync::compare(live, recalled, target, desired, Moment::new(at, peers)).plan
}

fn members<'s>(survey: &'s Survey, selection: &Selection) -> BTreeMap<&'s OutletId, &'s Member> {
    let selected = survey.members.iter().filter(|member| selection.matches(member));
    selected.map(|member| (&member.id, member)).collect()
}

fn report_of(plan: OutletPlan, target: &Target) -> OutletReport {
    let facts = Facts { valid: true, paused: false, pending: None, look: Look::Plan(&plan) };
    let state = OutletState::of(&facts).as_str();
    OutletReport { plan: Some(plan), ..OutletReport::new(target.id.clone(), target.name.clone(), state) }
}

fn without_plan(member: &Member, state: &'static str) -> OutletReport {
    let diagnostics = if state == "invalid" { member.diagnostics.clone() } else { Vec::new() };
    OutletReport { diagnostics, ..OutletReport::new(member.id.clone(), member.name.clone(), state) }
}

fn invalid_before(member: &Member) -> String {
    let first = member.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let words = |wrong: &Arc<Diagnostic>| match &wrong.place {
        Some(Place { file, line, column, .. }) => format!("{} ({file}:{line}:{column})", wrong.message),
        None => wrong.message.clone(),
    };
    format!("its older definition is invalid: {}", first.map(words).unwrap_or_default())
}
