//! The plans of many outlets, made side by side: what `plan`, `drift` and `apply` show.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, Outputs, note},
    progress::Progress,
    rollout,
    session::Session,
};
use crate::{
    catalog::OutletId,
    fleet::{self, Loaded, Member, Step, Survey, line_notes},
    plan::{OutletPlan, PeerPrices},
    remote::Read,
    report::{
        self, LineNote, Moment, OutletReport, PlanReport, ReleaseHints, View, WindowNote,
        html::{Photo, PhotoAlbum},
        minute,
        untrusted::printable,
    },
    state::{Overview, SharedState},
    sync::{
        Desired, Facts, Look, OutletState, PassError, PassOptions, PendingPush, Recalled, RolloutOrder, Target, chain,
        compare_promotions, examine, look_at_rollout, pause_note, reason, recall,
    },
};

/// What a preview is made with.
pub(super) struct Preview<'a> {
    pub(super) session: &'a Session,
    pub(super) survey: &'a Survey,
    pub(super) at: Timestamp,
    pub(super) view: View,
    pub(super) options: &'a dyn Fn(&Member) -> PassOptions,
    /// An older state of the files that stands in for what is remembered.
    pub(super) base: Option<(&'a Loaded, &'a Survey)>,
    /// All outlets are meant, also those that no file defines any more.
    pub(super) is_whole: bool,
    /// What goes out in waves.
    pub(super) rollout: Option<&'a RolloutOrder>,
}

impl Preview<'_> {
    /// Examines the selected outlets, a few at a time. The report is in the order of the selection.
    pub(super) async fn report<R: Read + Clone + 'static>(
        &self,
        remote: &R,
        selected: &[&Member],
    ) -> Result<PlanReport, CommandError> {
        let loaded = self.session.load_from(&self.session.root())?;
        let state = if self.base.is_some() { None } else { self.session.remembered()? };
        self.session.tell_other_platforms(state.as_ref()).await?;
        let overview = match &state {
            Some(state) => Some(state.overview(self.at).await?),
            None => None,
        };
        if let Some(words) = overview.as_ref().and_then(|known| self.session.about_other_roots(known, selected)) {
            note(&printable(&words));
        }
        let settings = self.session.settings()?;
        let slots = Arc::new(Semaphore::new(settings.gobiz.concurrency));
        let progress = Progress::new("outlets");
        progress.tell(0, selected.len());
        let mut tasks = JoinSet::new();
        let mut outlets: Vec<OutletReport> = Vec::new();
        let mut indices = BTreeMap::new();
        for (index, member) in selected.iter().enumerate() {
            let target = member.target();
            let failed = OutletState::of(&Facts::failed());
            outlets.push(OutletReport::new(member.id.clone(), member.name.clone(), failed.as_str()));
            if !member.valid {
                outlets[index] = OutletReport { diagnostics: member.diagnostics.clone(), ..self.invalid(member) };
                continue;
            }
            let (recalled, before) = match self.recall(state.as_ref(), member).await {
                Ok(known) => known,
                Err(report) => {
                    outlets[index] = *report;
                    continue;
                }
            };
            recalled
                .pending
                .as_ref()
                .filter(|pending| pending.row.sent_at.is_some())
                .inspect(|pending| tell_pending(member, pending, &loaded.timezone()));
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            let busy = settings.gobiz.concurrency.saturating_sub(slots.available_permits());
            progress.tell((index + 1).saturating_sub(busy), selected.len());
            let desired = match fleet::desired(loaded, &member.id, self.at).await {
                Ok(Ok(desired)) => desired,
                Ok(Err(_)) => {
                    outlets[index] = self.invalid(member);
                    continue;
                }
                Err(hung) => {
                    outlets[index].error = Some(hung.to_string());
                    continue;
                }
            };
            let examination = Examination {
                remote: remote.as_account(member.account.as_deref()),
                target,
                desired,
                before,
                options: (self.options)(member),
                peers: Arc::clone(&self.survey.peers),
                at: self.at,
                verify_timeout: settings.verify.timeout,
                view: self.view,
                with_menus: self.session.outputs.has(Format::Html),
                rollout: self.rollout.cloned().zip(state.clone()),
            };
            let (diagnostics, invalid_from) = (member.diagnostics.clone(), member.invalid_from.clone());
            let task = tasks.spawn(async move {
                let report = examination.report(recalled).await;
                let report = OutletReport { diagnostics, invalid_from, ..report };
                drop(slot);
                (index, report)
            });
            indices.insert(task.id(), index);
        }
        let mut count = selected.len() - tasks.len();
        while let Some(done) = tasks.join_next().await {
            count += 1;
            progress.tell(count, selected.len());
            match done {
                Ok((index, report)) => outlets[index] = report,
                Err(fault) => {
                    let broken = indices.get(&fault.id()).and_then(|index| outlets.get_mut(*index));
                    broken.into_iter().for_each(|report| report.error = Some(BROKEN_OFF.to_owned()));
                }
            }
        }
        drop(progress);
        let missing = self.missing(overview.as_ref());
        let mut report = self.assemble(loaded, outlets.into_iter().chain(missing).collect())?;
        if let (Some(order), Some(state)) = (self.rollout, &state) {
            report.rollout = rollout::stored_of(self.session, state, order).await?;
        }
        report.line_origins = origins(&self.session.root(), &report.held_lines(), &loaded.timezone()).await;
        Ok(report)
    }

    /// Outlets that this root defined once and that no file defines any more. Nothing is done to them, which has to be said.
    fn missing(&self, overview: Option<&Overview>) -> Vec<OutletReport> {
        if !self.is_whole {
            return Vec::new();
        }
        let report =
            |id: &OutletId, name: &str| OutletReport::new(id.clone(), name.to_owned(), OutletState::Missing.as_str());
        match (self.base, overview) {
            (Some((_, before)), _) => {
                let gone = before.members.iter().filter(|member| self.survey.is_missing(*member));
                gone.map(|member| report(&member.id, &member.name)).collect()
            }
            (None, Some(overview)) => {
                let gone = overview.of_root().filter(|row| self.survey.is_missing(*row));
                gone.map(|row| report(&OutletId(row.id.clone()), row.name.as_deref().unwrap_or_default())).collect()
            }
            (None, None) => Vec::new(),
        }
    }

    /// What an outlet is compared from; and what older files that stand in for the state want of it, if they have it.
    async fn recall(
        &self,
        state: Option<&SharedState>,
        member: &Member,
    ) -> Result<(Recalled, Option<Option<Desired>>), Box<OutletReport>> {
        let recalled = match (self.base, state) {
            (Some((loaded, survey)), _) => {
                let invalid = |error| Box::new(OutletReport { error: Some(error), ..self.invalid(member) });
                let (before, base) = loaded.base(survey, &member.id, self.at).map_err(invalid)?.unzip();
                return Ok((Recalled { base, ..Recalled::default() }, Some(before)));
            }
            (None, Some(state)) => recall(state, &member.id, self.at).await,
            (None, None) => Ok(Recalled::default()),
        };
        let recalled = recalled.map_err(|error| Box::new(failed(&member.target(), &error, Facts::failed())))?;
        Ok((recalled, None))
    }

    fn invalid(&self, member: &Member) -> OutletReport {
        let invalid = OutletState::of(&Facts::invalid());
        OutletReport::new(member.id.clone(), member.name.clone(), invalid.as_str())
    }

    fn assemble(&self, loaded: &Loaded, outlets: Vec<OutletReport>) -> Result<PlanReport, CommandError> {
        let is_plan = self.view == View::Plan;
        Ok(PlanReport {
            view: self.view,
            revision: loaded.revision.clone(),
            generated_at: Timestamp::now(),
            at: None,
            zone: loaded.timezone(),
            state_dir: self.session.state_shown(),
            target: if is_plan { Some(self.session.target()?) } else { None },
            stale_approvals: if is_plan { loaded.stale_approvals(plans_of(&outlets), self.at) } else { Vec::new() },
            line_origins: BTreeMap::new(),
            hints: ReleaseHints::default(),
            outlets,
            later: Vec::new(),
            waves: None,
            rollout: None,
        })
    }
}

/// Who wrote these lines.
async fn origins(root: &Path, lines: &[(String, u32)], zone: &TimeZone) -> BTreeMap<String, LineNote> {
    let (root, lines, zone) = (root.to_owned(), lines.to_vec(), zone.clone());
    tokio::task::spawn_blocking(move || line_notes(&root, &lines, &zone)).await.unwrap_or_default()
}

/// The plans of a report.
pub(super) fn plans_of(outlets: &[OutletReport]) -> impl Iterator<Item = &OutletPlan> {
    outlets.iter().filter_map(|outlet| outlet.plan.as_ref())
}

/// What an outlet gets whose examination panicked; the others go on.
const BROKEN_OFF: &str = "the examination broke off by a fault in menusync itself";

/// Nothing is sent before it has been found or given up.
fn tell_pending(member: &Member, pending: &PendingPush, zone: &TimeZone) {
    note(&format!(
        "{}: a push prepared at {} (request {}) has not been seen to arrive; it is looked for before anything else is sent",
        member.name,
        minute(pending.row.prepared_at, zone),
        pending.row.request_id
    ));
}

/// The examination of one outlet, to be shown.
struct Examination<R> {
    remote: R,
    target: Target,
    desired: Desired,
    /// Where older files stand in for the state: what they want of the outlet, if they have it.
    before: Option<Option<Desired>>,
    options: PassOptions,
    peers: Arc<PeerPrices>,
    at: Timestamp,
    verify_timeout: std::time::Duration,
    view: View,
    with_menus: bool,
    rollout: Option<(RolloutOrder, SharedState)>,
}

impl<R: Read> Examination<R> {
    async fn report(&self, recalled: Recalled) -> OutletReport {
        let Self { target, desired, options, at, .. } = self;
        let pending = recalled.pending.as_ref().and_then(|pending| pending.progress(self.verify_timeout, *at));
        let pause = recalled.pause.map(|pause| pause_note(&target.id, pause, &desired.policy.timezone));
        let facts = Facts { valid: true, paused: desired.paused || pause.is_some(), pending, look: Look::Stored(None) };
        let is_still = desired.paused || pause.is_some() && self.view != View::Drift;
        if is_still {
            let state = OutletState::of(&facts).as_str();
            return OutletReport { pause, ..OutletReport::new(target.id.clone(), target.name.clone(), state) };
        }
        let moment = options.moment(*at, &self.peers);
        let watching = self.before.as_ref().map(|_| {
            // Which promotions are ours only the state knows.
            let mut policy = desired.policy.clone();
            policy.promotions = policy.promotions.without_writing();
            Desired { policy, ..desired.clone() }
        });
        let wanted = watching.as_ref().unwrap_or(desired);
        let (looked_for, mut examined) = match examine(&self.remote, recalled, target, wanted, moment).await {
            Ok(examined) => examined,
            Err(error) => return failed(target, &error, facts),
        };
        if let Some(before) = &self.before {
            compare_promotions(&mut examined.plan, before.as_ref(), desired, moment);
        }
        if let Some((order, state)) = &self.rollout {
            let zone = &desired.policy.timezone;
            let looked = look_at_rollout(state, order, (target, options), &mut examined, (*at, zone)).await;
            if let Err(error) = looked {
                return failed(target, &error, facts);
            }
        }
        let state = OutletState::of(&Facts { look: Look::Examined(&examined), ..facts });
        let waits = state == OutletState::Queued || state == OutletState::Held && examined.wave.is_some();
        let waits = waits && self.view == View::Plan;
        OutletReport {
            error: reason(target, &looked_for, &examined, state)
                .filter(|_| matches!(state, OutletState::Nonconvergent | OutletState::Failed)),
            pause,
            window: examined.waits().filter(|_| waits).map(|(words, opens_at)| WindowNote { opens_at, words }),
            menus: (self.with_menus && !examined.plan.changes.is_empty()).then(|| self.view.menus(&examined.plan)),
            plan: Some(examined.plan.for_report()),
            ..OutletReport::new(target.id.clone(), target.name.clone(), state.as_str())
        }
    }
}

/// A push on its way is said all the same.
fn failed(target: &Target, error: &PassError, facts: Facts<'_>) -> OutletReport {
    let look = if matches!(error, PassError::PinConflict { .. }) { Look::PinConflict } else { Look::Failed };
    let state = OutletState::of(&Facts { look, ..facts });
    let report = OutletReport::new(target.id.clone(), target.name.clone(), state.as_str());
    OutletReport { error: Some(chain(error)), ..report }
}

fn rendered(report: &PlanReport, format: Format, look: report::Look) -> String {
    match format {
        Format::Json => report::plan_json(report),
        Format::Markdown => report::plan_markdown(report),
        _ => report::plan_text(report, look),
    }
}

/// Prints a report in the formats asked for. Pages also show what dated layers will change, with photos of these roots.
pub(super) fn show(
    report: &PlanReport,
    later: &[Moment],
    outputs: &Outputs,
    photos: &[&Loaded],
) -> Result<(), CommandError> {
    outputs.emit(|format, screen| match format {
        Format::Html => {
            let find = |url: &str| find_photo(photos, url);
            report::plan_html(Some(report), later, &mut PhotoAlbum::new(&find))
        }
        format => rendered(report, format, outputs.look(screen)),
    })
}

/// A photo that is a file of one of these roots.
pub(super) fn find_photo(roots: &[&Loaded], url: &str) -> Photo {
    let known = roots.iter().map(|root| root.photo(url)).find(|photo| *photo != Photo::Elsewhere);
    known.unwrap_or(Photo::Elsewhere)
}

/// What dated layers will change in the year after `at`, if a page is wanted that shows it.
pub(super) fn later(
    loaded: &Loaded,
    survey: &Survey,
    selected: &[&Member],
    at: Timestamp,
    outputs: &Outputs,
) -> Vec<Moment> {
    if !outputs.has(Format::Html) {
        return Vec::new();
    }
    moments(loaded, loaded.steps(selected, at, fleet::look_ahead(at), &survey.peers, true))
}

/// The reports of what dated layers change.
pub(super) fn moments(loaded: &Loaded, steps: Vec<Step>) -> Vec<Moment> {
    let moment = |step: Step| Moment {
        at: step.at.to_zoned(loaded.timezone()),
        repeats: step.repeats,
        report: PlanReport::of_files(loaded.revision.clone(), Timestamp::now(), step.outlets),
    };
    steps.into_iter().map(moment).collect()
}

/// The exit that failed and invalid outlets of a report give.
pub(super) fn exit_of(report: &PlanReport) -> Exit {
    Exit::of_outlets(report.outlets.iter().map(|outlet| match outlet.state {
        "invalid" => Exit::Invalid,
        "failed" => Exit::Failed,
        _ => Exit::Done,
    }))
}

/// What a person has to let through, or to decide.
pub(super) fn is_held(outlet: &OutletReport) -> bool {
    outlet.state == OutletState::Held.as_str() || outlet.plan.as_ref().is_some_and(OutletPlan::is_held)
}

/// What is not as the files want it: to be pushed, or pushed and not taken.
pub(super) fn has_differences(outlet: &OutletReport) -> bool {
    is_to_push(outlet) || outlet.state == OutletState::Nonconvergent.as_str()
}

/// What would be sent to GoFood.
pub(super) fn is_to_push(outlet: &OutletReport) -> bool {
    outlet.plan.as_ref().is_some_and(OutletPlan::is_to_send)
}

/// What of a plan was done elsewhere.
pub(super) fn has_drift(outlet: &OutletReport) -> bool {
    use crate::plan::Class::{Conflict, Drift};
    outlet.plan.iter().flat_map(|plan| &plan.changes).any(|change| matches!(change.class, Drift | Conflict))
}
