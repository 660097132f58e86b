//! `menusync.plan/1`: a report for other programs, and what `apply` reads back from a plan file.

use std::collections::BTreeSet;

use jiff::Zoned;
use serde::Serialize;

use super::{
    InvalidFrom, LaterChanges, OutletReport, PauseNote, PlanReport, PlanTarget, Side, View, WindowNote, risk_of,
    summary::Summary,
};
use crate::{
    approval::Stale,
    catalog::{FieldValue, Path},
    diagnostic::{Diagnostic, Place},
    plan::{
        Action, Change, Class, Digest, ExtrasEntry, GuardVerdict, Kind, Limit, OutletPlan, PinnedPath, PromotionOp,
        PromotionStep, Reviewed, Risk, Verdict, digest_of,
    },
    policy::Guard,
    report::{PlannedWaves, RolloutNote, diagnostics::DiagnosticEntry, release::ReleaseCommands},
};

/// The name of the shape, with its version.
pub(super) const SCHEMA: &str = "menusync.plan/1";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    tool: &'static str,
    revision: Option<&'a str>,
    generated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    target: Option<&'a PlanTarget>,
    digest: Digest,
    summary: Summary,
    outlets: Vec<OutletEntry<'a>>,
    stale_approvals: &'a [Stale],
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<ReleaseCommands>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    later: Vec<LaterEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waves: Option<&'a PlannedWaves>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<&'a RolloutNote>,
}

#[derive(Serialize)]
struct LaterEntry<'a> {
    at: String,
    zones: &'a BTreeSet<String>,
    layers: Vec<LayerEntry<'a>>,
    repeats: bool,
    summary: Summary,
    outlets: Vec<OutletEntry<'a>>,
}

#[derive(Serialize)]
struct LayerEntry<'a> {
    file: &'a str,
    begins: bool,
}

#[derive(Serialize)]
struct OutletEntry<'a> {
    outlet: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    state: &'a str,
    digest: Digest,
    action: Action,
    changes: Vec<ChangeEntry<'a>>,
    guards: Vec<GuardEntry<'a>>,
    diagnostics: Vec<DiagnosticEntry<'a>>,
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<&'a PauseNote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<&'a WindowNote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid_from: Option<&'a InvalidFrom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pins: Option<PinsEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extras: Option<ExtrasEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unwatched: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    promotions: Vec<PromotionEntry<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    promotion_events: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    promotions_unread: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promotions_elsewhere: Option<usize>,
}

#[derive(Serialize)]
struct PromotionEntry<'a> {
    op: PromotionOp,
    name: &'a str,
    item: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    promotion_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    source: Option<SourceEntry<'a>>,
}

impl<'a> From<&'a PromotionStep> for PromotionEntry<'a> {
    fn from(step: &'a PromotionStep) -> Self {
        Self {
            op: step.op,
            name: &step.name,
            item: step.item.as_str(),
            promotion_id: step.record.as_ref().and_then(|record| record.promotion_id.as_deref()),
            note: step.note.as_deref(),
            error: step.refusal(),
            source: step.source.as_ref().map(SourceEntry::from),
        }
    }
}

#[derive(Serialize)]
struct PinsEntry {
    to: i64,
    of: String,
    since: String,
    paths: Vec<PinnedPath>,
}

#[derive(Serialize)]
struct ChangeEntry<'a> {
    kind: Kind,
    class: Class,
    path: String,
    from: &'a Side,
    to: &'a Side,
    base: &'a Side,
    pushed: bool,
    risk: Risk,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    contested: bool,
    source: Option<SourceEntry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more_sources: Vec<SourceEntry<'a>>,
}

/// A place in the files.
#[derive(Serialize)]
pub(in crate::report) struct SourceEntry<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct GuardEntry<'a> {
    guard: Guard,
    limit: Option<Limit>,
    actual: Option<f64>,
    verdict: Verdict,
    items: &'a [Path],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    promotions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<&'a Reviewed>,
}

/// The report as `menusync.plan/1`, indented, with a line break at the end. An outlet without a plan has no changes and
/// the digest of nothing. With [`View::Drift`] there are only the changes made elsewhere, and no guards.
pub fn plan_json(report: &PlanReport) -> String {
    let entry = Report {
        schema: SCHEMA,
        tool: env!("CARGO_PKG_VERSION"),
        revision: report.revision.as_deref(),
        generated_at: report.generated_at.to_string(),
        at: report.at.as_ref().map(with_offset),
        target: report.target.as_ref(),
        digest: report.digest(),
        summary: Summary::of(report),
        outlets: outlet_entries(report),
        stale_approvals: &report.stale_approvals,
        release: report.held().commands(&report.hints),
        later: report.later.iter().map(LaterEntry::from).collect(),
        waves: report.waves.as_ref(),
        rollout: report.rollout.as_ref(),
    };
    let mut json = serde_json::to_string_pretty(&entry).expect("texts, numbers and field values are always JSON");
    json.push('\n');
    json
}

/// `2027-02-08T00:00:00+07:00`
fn with_offset(at: &Zoned) -> String {
    at.strftime("%FT%T%:z").to_string()
}

/// A value as programs get it, on one line; `null` = absent.
pub fn value_json(value: &Option<FieldValue>) -> String {
    serde_json::to_string(value).expect("field values are always JSON")
}

fn outlet_entries(report: &PlanReport) -> Vec<OutletEntry<'_>> {
    report.outlets.iter().map(|outlet| outlet_entry(outlet, report.view)).collect()
}

impl<'a> From<&'a LaterChanges> for LaterEntry<'a> {
    fn from(LaterChanges { at, zones, layers, repeats, report }: &'a LaterChanges) -> Self {
        Self {
            at: at.to_string(),
            zones,
            layers: layers.iter().map(|(file, begins)| LayerEntry { file, begins: *begins }).collect(),
            repeats: *repeats,
            summary: Summary::of(report),
            outlets: outlet_entries(report),
        }
    }
}

fn outlet_entry(outlet: &OutletReport, view: View) -> OutletEntry<'_> {
    let OutletReport { outlet: id, name, state, plan, diagnostics, error, pause, window, invalid_from, menus: _, at } =
        outlet;
    let plan = plan.as_ref();
    let guards = plan.into_iter().flat_map(|plan| &plan.guards).filter(|_| view != View::Drift);
    let errors = diagnostics.iter().map(AsRef::as_ref).filter(|diagnostic: &&Diagnostic| diagnostic.is_error());
    let shown = errors.chain(outlet.warnings().filter(|_| view != View::Drift));
    let steps = plan.into_iter().flat_map(|plan| &plan.promotions.steps);
    let steps = steps.filter(|step| view != View::Drift || step.op == PromotionOp::Drift);
    OutletEntry {
        outlet: id.as_str(),
        name,
        at: at.as_ref().map(with_offset),
        state,
        digest: digest_of(plan.map(|plan| (id, plan.changes.as_slice()))),
        action: plan.map_or(Action::None, |plan: &OutletPlan| plan.action),
        changes: plan
            .into_iter()
            .flat_map(|plan| outlet.changes(view).map(|change| change_entry(change, plan, view)))
            .collect(),
        guards: guards.map(GuardEntry::from).collect(),
        diagnostics: shown.map(DiagnosticEntry::from).collect(),
        error: error.as_deref(),
        pause: pause.as_ref(),
        window: window.as_ref(),
        invalid_from: invalid_from.as_deref(),
        pins: plan.filter(|plan| !plan.pins.is_empty()).map(|OutletPlan { pins, .. }| PinsEntry {
            to: pins.to,
            of: pins.of.to_string(),
            since: pins.since.to_string(),
            paths: pins.pinned_paths(),
        }),
        extras: plan.filter(|plan| view == View::Plan && !plan.extras.is_empty()).map(|plan| plan.extras.entry()),
        unwatched: plan.and_then(|plan| plan.unwatched.as_deref()).filter(|_| view == View::Plan),
        promotions: steps.map(PromotionEntry::from).collect(),
        promotion_events: plan.map(|plan| plan.promotions.events.as_slice()).unwrap_or_default(),
        promotions_unread: plan.and_then(|plan| plan.promotions.unread.as_deref()),
        promotions_elsewhere: plan.map(|plan| plan.promotions.foreign).filter(|number| *number > 0),
    }
}

fn change_entry<'a>(change: &'a Change, plan: &OutletPlan, view: View) -> ChangeEntry<'a> {
    let Change { path, kind, class, from, to, base, pushed, since, contested, only_with_put: _, subject: _, sources } =
        change;
    let mut sources = sources.iter().map(SourceEntry::from);
    let (source, more_sources) = (sources.next(), sources.collect());
    let since = since.map(|since| since.to_string());
    let (risk, kind, class, path) = (risk_of(change, plan, view), *kind, *class, path.to_string());
    ChangeEntry {
        kind,
        class,
        path,
        from,
        to,
        base,
        pushed: *pushed,
        risk,
        since,
        contested: *contested,
        source,
        more_sources,
    }
}

impl<'a> From<&'a Place> for SourceEntry<'a> {
    fn from(Place { file, line, column, end_line: _, end_column: _ }: &'a Place) -> Self {
        Self { file, line: *line, column: *column }
    }
}

impl<'a> From<&'a GuardVerdict> for GuardEntry<'a> {
    fn from(guard: &'a GuardVerdict) -> Self {
        let GuardVerdict { guard, limit, actual, verdict, items, promotions, message: _, approval } = guard;
        let (guard, limit, actual, verdict) = (*guard, *limit, *actual, *verdict);
        Self { guard, limit, actual, verdict, items, promotions, approval: approval.as_ref() }
    }
}
