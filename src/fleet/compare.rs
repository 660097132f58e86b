//! What differs between two states of the files, outlet by outlet, as plans whose live side is the older state. GoFood is
//! not asked.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::{self, Time},
};
use rayon::prelude::*;

use super::{Loaded, Member, Selection, Survey, judge::SharedDiagnostics, survey};
use crate::{
    catalog::{FieldValue, OutletId, Path, WantedPromotion, live::LiveCatalog},
    definition,
    diagnostic::{Diagnostic, Place},
    plan::{Base, Change, Kind, Memory, OutletPlan, PeerPrices, RecurringStep, as_published, assumed_steps},
    report::{LaterChanges, OutletReport, PlanReport, View},
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
    /// Whether reports get the menus on both sides.
    pub with_menus: bool,
}

/// What a dated layer changes when it begins or ends.
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The same comes again later, by a layer with `when`.
    pub repeats: bool,
    /// The outlets that change, by id.
    pub outlets: Vec<OutletReport>,
}

/// Until when dated layers are looked for from `at` on (our choice: a year; what lies further ahead is looked at again before).
pub fn look_ahead(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(366 * 24)).unwrap_or(Timestamp::MAX)
}

/// A moment at which layers of an outlet begin or end.
struct Edge {
    at: Zoned,
    layers: BTreeSet<(String, bool)>,
    repeats: bool,
    /// What is different then, if it is not shown elsewhere.
    report: Option<OutletReport>,
}

/// What a change does to its path.
type Effect = (Kind, Option<FieldValue>, Option<FieldValue>);

/// The changes of an outlet that are shown already.
#[derive(Default)]
struct Shown(HashMap<Path, Vec<Effect>>);

impl Shown {
    fn add<'c>(&mut self, changes: impl IntoIterator<Item = &'c Change>) {
        for Change { path, kind, from, to, .. } in changes {
            self.0.entry(path.clone()).or_default().push((*kind, from.clone(), to.clone()));
        }
    }

    fn has(&self, Change { path, kind, from, to, .. }: &Change) -> bool {
        self.0.get(path).is_some_and(|known| known.iter().any(|(k, f, t)| (k, f, t) == (kind, from, to)))
    }
}

impl Comparison<'_> {
    /// The differences of all outlets that the selection means on either side, by id.
    pub fn report(&self, selection: &Selection) -> Vec<OutletReport> {
        let [before, after] = [self.before.1, self.after.1].map(|survey| members(survey, selection));
        let ids: BTreeSet<&OutletId> = before.keys().chain(after.keys()).copied().collect();
        ids.into_iter().filter_map(|id| self.outlet(before.get(id).copied(), after.get(id).copied())).collect()
    }

    /// What is different from later moments on: at each at which a layer of either side begins or ends within a year. What
    /// `now` or an earlier moment shows is left out. An outlet that is invalid then is left out too: `invalid_from` tells.
    pub fn later(&self, selection: &Selection, now: &[OutletReport]) -> Vec<LaterChanges> {
        let [before, after] = [self.before.1, self.after.1].map(|survey| members(survey, selection));
        let shown: BTreeMap<&OutletId, &OutletReport> = now.iter().map(|report| (&report.outlet, report)).collect();
        let members: Vec<&Member> = after.values().filter(|member| member.valid && !member.paused).copied().collect();
        let edges = members.par_iter().map(|member| {
            let is_comparable = before.get(&member.id).is_none_or(|before| before.valid);
            let plan = shown.get(&member.id).and_then(|report| report.plan.as_ref());
            if is_comparable { self.edges_of(member, plan) } else { Vec::new() }
        });
        let mut moments: BTreeMap<civil::DateTime, LaterChanges> = BTreeMap::new();
        for Edge { at, layers, repeats, report } in edges.collect::<Vec<_>>().into_iter().flatten() {
            let moment = moments.entry(at.datetime()).or_insert_with(|| LaterChanges {
                at: at.datetime(),
                zones: BTreeSet::new(),
                layers: BTreeSet::new(),
                repeats: false,
                report: PlanReport::of_files(self.after.0.revision.clone(), self.at, Vec::new()),
            });
            moment.zones.insert(at.strftime("%Z").to_string());
            moment.layers.extend(layers);
            moment.repeats |= repeats;
            moment.report.outlets.extend(report);
        }
        moments.into_values().collect()
    }

    fn edges_of(&self, member: &Member, now: Option<&OutletPlan>) -> Vec<Edge> {
        let (id, peers) = (&member.id, &self.after.1.peers);
        let (before, after) = (self.before.0, self.after.0);
        let mut moments: BTreeMap<Timestamp, (BTreeSet<(String, bool)>, bool)> = BTreeMap::new();
        for edge in [before, after].iter().flat_map(|side| side.edges(id, self.at, look_ahead(self.at))) {
            let moment = moments.entry(edge.at).or_default();
            moment.0.extend(edge.layers.into_iter().map(|(file, begins)| (file.to_string(), begins)));
            moment.1 |= edge.repeats;
        }
        if moments.is_empty() {
            return Vec::new();
        }
        let (target, zone) = (member.target(), after.policy(id, self.at).timezone);
        let mut shown = Shown::default();
        shown.add(now.into_iter().flat_map(|plan| &plan.changes));
        let [mut older, mut newer] = [before, after].map(|side| side.desired(id, self.at).ok());
        let edges = moments.into_iter().map(|(at, (layers, repeats))| {
            newer = after.until_then(id, at).or(newer.take());
            // What cannot be composed then is still as it was before.
            older = before.desired(id, at).ok().or(older.take());
            let next = after.desired(id, at).ok();
            let is_same = |next: &Desired| older.as_ref().is_some_and(|older| older.catalog == next.catalog);
            let report = next.as_ref().filter(|next| !next.paused && !is_same(next)).and_then(|next| {
                let mut plan = difference(&target, older.as_ref(), next, peers, at);
                plan.changes.retain(|change| !shown.has(change));
                if plan.changes.is_empty() {
                    return None;
                }
                shown.add(&plan.changes);
                // What is pushed then is a step from what the newer files gave until then.
                let of_edge = || layers.iter().map(|(file, begins)| (file.as_str(), *begins));
                let step = newer.as_ref().map(|newer| step(&target, (newer, next), of_edge(), peers, at));
                plan.guards = step.map(|step| step.guards).unwrap_or_default();
                plan.guards.retain(|guard| {
                    guard.items.iter().any(|item| plan.changes.iter().any(|change| change.is_of(item)))
                });
                let at = Some(at.to_zoned(zone.clone()));
                Some(OutletReport { at, ..report_of(plan, &target, self.with_menus) })
            });
            newer = next.or(newer.take());
            Edge { at: at.to_zoned(zone.clone()), layers, repeats, report }
        });
        edges.collect()
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
        Some(OutletReport { diagnostics, invalid_from, ..report_of(plan, &target, self.with_menus) })
    }
}

impl Loaded {
    /// What these files want of an outlet, and what would be remembered of it after a push of them: the base that stands in
    /// for a lost or missing state. `Ok(None)` if there is no such outlet, `Err` says why it is invalid.
    pub fn base(&self, survey: &Survey, id: &OutletId, at: Timestamp) -> Result<Option<(Desired, Base)>, String> {
        let Some(member) = survey.member(id.as_str()) else { return Ok(None) };
        let desired = self.desired(id, at).map_err(|_| invalid_before(member))?;
        let base = base_of(&member.target(), &desired, at);
        Ok(Some((desired, base)))
    }

    /// What the files change at an outlet since its last verified push, which stands in for what is live: GoFood is not asked.
    pub fn since_push(&self, survey: &Survey, id: &OutletId, base: &Base, at: Timestamp) -> Option<OutletReport> {
        let member = survey.member(id.as_str()).filter(|member| member.valid && !member.paused)?;
        let (target, desired) = (member.target(), self.desired(id, at).ok()?);
        let live = as_published(&base.catalog);
        let recalled = Recalled { base: Some(base.clone()), ..Recalled::default() };
        let plan = plan_of_files(&target, live, recalled, &desired, &survey.peers, at);
        Some(report_of(plan, &target, true))
    }

    /// The moments after `at` and not after `last` at which the layers of an outlet begin or end.
    fn edges(&self, id: &OutletId, at: Timestamp, last: Timestamp) -> Vec<definition::Edge> {
        self.definitions.telling_edges(id, (at, last), &self.defaults)
    }

    /// What the files give up to a moment, where not every change before it was looked at.
    fn until_then(&self, id: &OutletId, at: Timestamp) -> Option<Desired> {
        self.definitions.recurs(id).then(|| self.desired(id, definition::just_before(at)).ok()).flatten()
    }

    /// What dated layers will change after `from` and not after `until`, in order. Outlets that are invalid at such a moment
    /// are told as such. `with_menus`: the reports get the menus on both sides.
    pub fn steps(
        &self,
        members: &[&Member],
        from: Timestamp,
        until: Timestamp,
        peers: &PeerPrices,
        with_menus: bool,
    ) -> Vec<Step> {
        let mut steps: BTreeMap<Timestamp, Step> = BTreeMap::new();
        for outlet in members.iter().filter(|member| member.valid && !member.paused) {
            for (at, repeats, report) in self.steps_of(outlet, from, until, peers, with_menus) {
                let step = steps.entry(at).or_insert_with(|| Step { at, repeats: false, outlets: Vec::new() });
                step.repeats |= repeats;
                step.outlets.push(report);
            }
        }
        steps.into_values().collect()
    }

    fn steps_of(
        &self,
        member: &Member,
        from: Timestamp,
        until: Timestamp,
        peers: &PeerPrices,
        with_menus: bool,
    ) -> Vec<(Timestamp, bool, OutletReport)> {
        let (target, id) = (member.target(), &member.id);
        let mut steps = Vec::new();
        let mut before = self.desired(id, from).ok();
        let shared = SharedDiagnostics::default();
        let mut of_layers = self.edges(id, from, until).into_iter().peekable();
        let mut of_promotions = self.judged(id, from, &shared).next_promotion.filter(|edge| *edge <= until);
        while let Some(edge) = of_layers.peek().map(|edge| edge.at).into_iter().chain(of_promotions).min() {
            let layers = of_layers.next_if(|layers| layers.at == edge);
            let repeats = layers.as_ref().is_some_and(|layers| layers.repeats);
            let layers = layers.map(|edge| edge.layers).unwrap_or_default();
            before = self.until_then(id, edge).or(before);
            let judged = self.judged(id, edge, &shared);
            of_promotions = judged.next_promotion.filter(|edge| *edge <= until);
            let desired = self.desired(id, edge).ok();
            match &desired {
                None => steps.push((edge, repeats, without_plan(&survey::member(&judged), "invalid"))),
                Some(desired) => {
                    let mut plan = match &before {
                        Some(before) => {
                            let of_edge = layers.iter().map(|(file, begins)| (&**file, *begins));
                            step(&target, (before, desired), of_edge, peers, edge)
                        }
                        None => difference(&target, None, desired, peers, edge),
                    };
                    plan.promotions.events = promotion_events(desired, edge);
                    let has_events = !plan.promotions.events.is_empty();
                    let report = report_of(plan, &target, with_menus);
                    if report.state != "in_sync" || has_events {
                        steps.push((edge, repeats, report));
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
    let assumed = before.map(|before| assumed_steps((&before.catalog, &before.recurring), &*before.places, None));
    difference_after(target, (before, assumed.unwrap_or_default()), after, peers, at)
}

/// The same of one state of the files, before and after a moment at which these of its layers begin or end: where one with
/// `when` ends, prices go back to where they have come from.
fn step<'l>(
    target: &Target,
    (before, after): (&Desired, &Desired),
    layers: impl IntoIterator<Item = (&'l str, bool)>,
    peers: &PeerPrices,
    at: Timestamp,
) -> OutletPlan {
    let ending: BTreeSet<&str> = layers.into_iter().filter(|(_, begins)| !begins).map(|(file, _)| file).collect();
    let mut assumed = assumed_steps((&before.catalog, &before.recurring), &*before.places, Some(&after.catalog));
    assumed.retain(|(_, step)| step.from.is_none() || ending.contains(step.file.as_str()));
    difference_after(target, (Some(before), assumed), after, peers, at)
}

fn difference_after(
    target: &Target,
    (before, assumed): (Option<&Desired>, Vec<(Path, RecurringStep)>),
    after: &Desired,
    peers: &PeerPrices,
    at: Timestamp,
) -> OutletPlan {
    let live = before.map(|before| as_published(&before.catalog)).unwrap_or_default();
    let base = before.map(|before| base_of(target, before, at));
    let recalled = Recalled { base, memory: Memory::of_steps(assumed, at), ..Recalled::default() };
    let mut plan = plan_of_files(target, live, recalled, after, peers, at);
    sync::compare_promotions(&mut plan, before, after, Moment::new(at, peers));
    plan
}

/// What is stored after a first push to an empty menu.
fn base_of(target: &Target, desired: &Desired, at: Timestamp) -> Base {
    plan_of_files(target, LiveCatalog::default(), Recalled::default(), desired, &PeerPrices::new(), at).next_base
}

/// The examination of a menu that files stand for.
fn plan_of_files(
    target: &Target,
    live: LiveCatalog,
    recalled: Recalled,
    desired: &Desired,
    peers: &PeerPrices,
    at: Timestamp,
) -> OutletPlan {
    sync::compare(live, recalled, target, desired, Moment::new(at, peers)).plan
}

fn members<'s>(survey: &'s Survey, selection: &Selection) -> BTreeMap<&'s OutletId, &'s Member> {
    let selected = survey.members.iter().filter(|member| selection.matches(member));
    selected.map(|member| (&member.id, member)).collect()
}

fn report_of(plan: OutletPlan, target: &Target, with_menus: bool) -> OutletReport {
    let menus = (with_menus && !plan.changes.is_empty()).then(|| View::Diff.menus(&plan));
    let plan = plan.for_report();
    let facts = Facts { valid: true, paused: false, pending: None, look: Look::Plan(&plan) };
    let state = OutletState::of(&facts).as_str();
    OutletReport { plan: Some(plan), menus, ..OutletReport::new(target.id.clone(), target.name.clone(), state) }
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
