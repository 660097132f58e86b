//! The plans of many outlets, made side by side: what `plan`, `drift` and `apply` show.

use std::{borrow::Cow, collections::BTreeSet, path::Path, sync::Arc};

use jiff::Timestamp;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Exit,
    output::{Format, Outputs, note},
    session::Session,
    trouble::Trouble,
};
use crate::{
    catalog::OutletId,
    fleet::{Loaded, Member, Survey},
    plan::{Action, Base, OutletPlan, Pins},
    remote::Read,
    report::{self, OutletReport, PauseNote, PlanReport, View, Ways, WindowNote},
    state::SharedStore,
    sync::{Mandate, Wanted, base_of, chain, memory_of, paused_words, pinned, pins_of, preview},
};

/// What a preview is made with.
pub(super) struct Preview<'a> {
    pub(super) session: &'a Session,
    pub(super) survey: &'a Survey,
    pub(super) at: Timestamp,
    pub(super) view: View,
    pub(super) mandates: &'a dyn Fn(&Member) -> Mandate,
    /// An older state of the files that stands in for what is remembered.
    pub(super) base: Option<(&'a Loaded, &'a Survey)>,
    /// All outlets are meant, also those that no file defines any more.
    pub(super) is_whole: bool,
}

impl Preview<'_> {
    /// Fetches and compares the selected outlets, a few at a time. The report is in the order of the selection.
    pub(super) async fn report<R: Read + Clone + 'static>(
        &self,
        remote: &R,
        selected: &[&Member],
    ) -> Result<PlanReport, Trouble> {
        let loaded = self.session.loaded()?;
        let store = if self.base.is_some() { None } else { self.session.remembered()? };
        let slots = Arc::new(Semaphore::new(self.session.settings()?.gobiz.concurrency));
        let mut tasks = JoinSet::new();
        let mut outlets: Vec<Option<OutletReport>> = Vec::new();
        for (index, member) in selected.iter().enumerate() {
            let pause = self.pause_of(store.as_ref(), member)?;
            outlets.push(self.without_plan(member, pause.as_ref()));
            if outlets[index].is_some() {
                continue;
            }
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            let Some(wanted) = loaded.wanted(&member.id, self.at) else { continue };
            let open = open_push(store.as_ref(), member)?;
            let mandate = (self.mandates)(member);
            let sides = self.base_of(store.as_ref(), member);
            let sides = sides.and_then(|base| Ok((base, self.pinned(store.as_ref(), member, &wanted, &mandate)?)));
            let (base, wanted) = match sides {
                Ok(sides) => sides,
                Err(report) => {
                    outlets[index] = Some(*report);
                    continue;
                }
            };
            let remote = remote.clone();
            let peers = Arc::clone(&self.survey.peers);
            let waits = if self.view == View::Plan { wanted.waits(self.at) } else { None };
            let past = match store.as_ref().map(|store| memory_of(store, &member.id)).transpose() {
                Ok(memory) => memory.unwrap_or_default().at(self.at),
                Err(error) => {
                    let report = report_of(member.id.clone(), member.name.clone(), Err(chain(&error)));
                    outlets[index] = Some(report);
                    continue;
                }
            };
            tasks.spawn(async move {
                let plan = preview(&remote, base.as_ref(), &wanted, &mandate, &peers, &past).await;
                drop(slot);
                let mut report =
                    report_of(wanted.outlet.clone(), wanted.name.clone(), plan.map_err(|error| chain(&error)));
                if open && report.plan.is_some() {
                    report.state = "unknown";
                }
                if let Some((words, opens_at)) = waits.filter(|_| report.state == "pending") {
                    report = OutletReport { state: "queued", window: Some(WindowNote { opens_at, words }), ..report };
                }
                if pause.is_some() {
                    report = OutletReport { state: "paused", pause, ..report };
                }
                (index, report)
            });
        }
        while let Some(done) = tasks.join_next().await {
            let (index, report) = done?;
            outlets[index] = Some(report);
        }
        let missing = self.missing(loaded, store.as_ref())?;
        self.assemble(loaded, outlets.into_iter().flatten().chain(missing).collect())
    }

    /// Outlets that are known of and that no file defines any more. Nothing is done to them, which has to be said.
    fn missing(&self, loaded: &Loaded, store: Option<&SharedStore>) -> Result<Vec<OutletReport>, Trouble> {
        if !self.is_whole || !loaded.is_complete() {
            return Ok(Vec::new());
        }
        let known: Vec<(OutletId, String)> = match (self.base, store) {
            (Some((_, before)), _) => before.members.iter().map(|m| (m.id.clone(), m.name.clone())).collect(),
            (None, Some(store)) => {
                let rows = store.with(|store| store.outlets_in_brief())?;
                rows.into_iter().map(|row| (OutletId(row.id), row.name.unwrap_or_default())).collect()
            }
            (None, None) => Vec::new(),
        };
        let here: BTreeSet<&OutletId> = self.survey.members.iter().map(|member| &member.id).collect();
        let missing = known.into_iter().filter(|(id, _)| !here.contains(id));
        let report = |(outlet, name)| OutletReport {
            outlet,
            name,
            state: "missing",
            plan: None,
            diagnostics: Vec::new(),
            error: None,
            pause: None,
            window: None,
        };
        Ok(missing.map(report).collect())
    }

    /// What an outlet is compared from.
    fn base_of(&self, store: Option<&SharedStore>, member: &Member) -> Result<Option<Base>, Box<OutletReport>> {
        let (base, state) = match self.base {
            Some((loaded, survey)) => (loaded.base(survey, &member.id, self.at), "invalid"),
            None => {
                let remembered = store.map(|store| base_of(store, &member.id)).transpose();
                (remembered.map(Option::flatten).map_err(|error| chain(&error)), "failed")
            }
        };
        let failed = |error| OutletReport { state, ..report_of(member.id.clone(), member.name.clone(), Err(error)) };
        base.map_err(|error| Box::new(failed(error)))
    }

    /// What is wanted, with what is pinned.
    fn pinned(
        &self,
        store: Option<&SharedStore>,
        member: &Member,
        wanted: &Wanted,
        mandate: &Mandate,
    ) -> Result<Wanted, Box<OutletReport>> {
        let pins = match (&mandate.rollback, store) {
            (Some(pins), _) => Ok(pins.clone()),
            (None, Some(store)) => pins_of(store, &member.id),
            (None, None) => Ok(Pins::default()),
        };
        let laid = pins.and_then(|pins| pinned(wanted, &pins, self.at));
        laid.map(Cow::into_owned)
            .map_err(|error| Box::new(report_of(member.id.clone(), member.name.clone(), Err(chain(&error)))))
    }

    /// Whether a person has paused an outlet.
    fn pause_of(&self, store: Option<&SharedStore>, member: &Member) -> Result<Option<PauseNote>, Trouble> {
        let Some(store) = store else { return Ok(None) };
        let pause = store.with(|store| store.pause(member.id.as_str(), Timestamp::now()))?;
        let zone = self.session.loaded()?.timezone();
        Ok(pause.map(|pause| PauseNote {
            since: pause.since,
            until: pause.until,
            words: paused_words(&member.id, pause, &zone),
        }))
    }

    /// Outlets that are not compared: invalid ones, and paused ones unless only drift is asked for.
    fn without_plan(&self, member: &Member, pause: Option<&PauseNote>) -> Option<OutletReport> {
        let state = match member {
            Member { valid: false, .. } => "invalid",
            Member { paused: true, .. } => "paused",
            _ if pause.is_some() && self.view != View::Drift => "paused",
            _ => return None,
        };
        Some(OutletReport {
            outlet: member.id.clone(),
            name: member.name.clone(),
            state,
            plan: None,
            diagnostics: member.diagnostics.clone(),
            error: None,
            pause: pause.cloned(),
            window: None,
        })
    }

    fn assemble(&self, loaded: &Loaded, outlets: Vec<OutletReport>) -> Result<PlanReport, Trouble> {
        let is_plan = self.view == View::Plan;
        Ok(PlanReport {
            view: self.view,
            revision: loaded.revision.clone(),
            generated_at: Timestamp::now(),
            state_dir: self.session.state_dir().ok().map(|dir| shown(&dir)),
            target: if is_plan { Some(self.session.target()?) } else { None },
            stale_approvals: if is_plan { loaded.stale_approvals(plans_of(&outlets), self.at) } else { Vec::new() },
            ways: Ways::default(),
            outlets,
        })
    }
}

/// The plans of a report.
pub(super) fn plans_of(outlets: &[OutletReport]) -> impl Iterator<Item = &OutletPlan> {
    outlets.iter().filter_map(|outlet| outlet.plan.as_ref())
}

/// A directory as people can find it again: absolute and without detours where that can be said.
fn shown(dir: &Path) -> String {
    let full = dir.canonicalize().or_else(|_| std::path::absolute(dir));
    full.unwrap_or_else(|_| dir.to_owned()).display().to_string()
}

/// Whether an earlier push is still looked for; says so, because nothing is sent before it has been found or given up.
fn open_push(store: Option<&SharedStore>, member: &Member) -> Result<bool, Trouble> {
    let Some(store) = store else { return Ok(false) };
    let push = store.with(|store| store.unfinished_push(member.id.as_str()))?;
    let Some(push) = push.filter(|push| push.sent_at.is_some()) else { return Ok(false) };
    note(&format!(
        "{}: a push prepared at {} (request {}) has not been seen to arrive; it is looked for before anything else is sent",
        member.name,
        push.prepared_at.strftime("%Y-%m-%d %H:%M UTC"),
        push.request_id
    ));
    Ok(true)
}

fn report_of(outlet: OutletId, name: String, plan: Result<OutletPlan, String>) -> OutletReport {
    let (plan, error) = match plan {
        Ok(plan) => (Some(plan.told()), None),
        Err(error) => (None, Some(error)),
    };
    let state = match &plan {
        None => "failed",
        Some(plan) if plan.is_held() => "held",
        Some(plan) if plan.action != Action::None => "pending",
        Some(plan) if plan.kept().next().is_some() => "drifted",
        Some(_) => "in_sync",
    };
    OutletReport { outlet, name, state, plan, diagnostics: Vec::new(), error, pause: None, window: None }
}

/// Prints a report in the formats asked for.
pub(super) fn show(report: &PlanReport, outputs: &Outputs) -> Result<(), Trouble> {
    outputs.emit(|format, color| match format {
        Format::Json => report::plan_json(report),
        Format::Markdown => report::plan_markdown(report),
        _ => report::plan_text(report, outputs.look(color)),
    })
}

/// The exit that failed and invalid outlets of a report give.
pub(super) fn exit_of(report: &PlanReport) -> Exit {
    Exit::of_outlets(report.outlets.iter().map(|outlet| match outlet.state {
        "invalid" => Exit::Invalid,
        "failed" => Exit::Failed,
        _ => Exit::Done,
    }))
}

/// What the guards of a plan hold.
pub(super) fn is_held(outlet: &OutletReport) -> bool {
    outlet.plan.as_ref().is_some_and(OutletPlan::is_held)
}

/// What would be sent to GoFood.
pub(super) fn is_to_push(outlet: &OutletReport) -> bool {
    outlet.plan.as_ref().is_some_and(|plan| plan.action != Action::None)
}

/// What of a plan was done elsewhere.
pub(super) fn has_drift(outlet: &OutletReport) -> bool {
    use crate::plan::Class::{Conflict, Drift};
    outlet.plan.iter().flat_map(|plan| &plan.changes).any(|change| matches!(change.class, Drift | Conflict))
}
