//! Rollouts on the command line: which waves a plan goes out in, and `pause --rollout` and `resume --rollout`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    session::{Session, block_on, moment},
};
use crate::{
    catalog::OutletId,
    fleet::{self, Loaded, NamedWaves, Survey, rollout_note},
    plan::OutletPlan,
    policy::Guard,
    report::{
        Lang, OutletReport, PlanReport, PlannedWaves, RolloutNote, RolloutPhase, WindowNote, off_sale_first,
        rollout_wait, untrusted::printable,
    },
    rollout::{Candidate, Member, MemberState, Wait},
    state::{NewRollout, RolloutRow, SharedState, StateError},
    sync::{Consent, Context, Outcome, OutletState, PassOptions, RolloutOrder, begin_rollout, note_rollout},
};

/// How far the rollout of a root is, if its settings ask for one.
pub(super) async fn stored(session: &Session, state: &SharedState) -> Result<Option<RolloutNote>, CommandError> {
    let settings = session.settings()?;
    if settings.rollout.is_none() {
        return Ok(None);
    }
    Ok(note_of(session, state, state.rollout().await?).await?)
}

/// Whether the rollout that was begun last is stopped.
pub(super) async fn is_stopped(session: &Session) -> Result<bool, CommandError> {
    let Some(state) = session.remembered()? else { return Ok(false) };
    Ok(state.rollout().await?.is_some_and(|row| row.stopped.is_some() && row.ended.is_none()))
}

/// How far it is if it is one of these files.
pub(super) async fn stored_of(
    session: &Session,
    state: &SharedState,
    order: &RolloutOrder,
) -> Result<Option<RolloutNote>, CommandError> {
    let row = state.rollout().await?.filter(|row| *row.files == *order.files);
    Ok(note_of(session, state, row).await?)
}

async fn note_of(
    session: &Session,
    state: &SharedState,
    row: Option<RolloutRow>,
) -> Result<Option<RolloutNote>, StateError> {
    let Ok(settings) = session.settings() else { return Ok(None) };
    let counts = if row.is_some() { state.rollout_counts().await? } else { Vec::new() };
    Ok(rollout_note(settings, row, &counts))
}

/// What a report shows that would be sent, or may be. What cannot be looked at may be.
fn candidates(report: &PlanReport, survey: &Survey, order: &RolloutOrder) -> Vec<Candidate> {
    let named = NamedWaves::of(&order.settings);
    let is_known = |line: &OutletReport| match &line.plan {
        Some(plan) => plan.is_more_than_stock().then_some(true),
        None => Some(false),
    };
    let candidate = |line: &OutletReport| {
        let member = survey.member(line.outlet.as_str()).filter(|member| member.valid)?;
        Some(Candidate { outlet: line.outlet.clone(), named: named.first(member), known: is_known(line)? })
    };
    report.outlets.iter().filter_map(candidate).collect()
}

/// The waves that a push of all that a report shows would begin; `None`: it goes out at once.
pub(super) fn planned(report: &PlanReport, survey: &Survey, order: &RolloutOrder) -> Option<PlannedWaves> {
    if !report.outlets.iter().any(|line| line.plan.as_ref().is_some_and(OutletPlan::is_more_than_stock)) {
        return None;
    }
    let waves = order.settings.assign(candidates(report, survey, order));
    (waves.len() > 1).then(|| PlannedWaves { waves, bake_seconds: order.settings.bake.as_secs() })
}

/// A push of what was shown, where no rollout of these files has begun.
pub(super) struct NewWaves<'a> {
    pub(super) order: &'a RolloutOrder,
    pub(super) loaded: &'a Loaded,
    pub(super) survey: &'a Survey,
    /// All outlets are meant: only then a rollout can begin.
    pub(super) is_whole: bool,
    /// The rollout of older files is stopped: what it holds is sent to nobody by naming a few.
    pub(super) is_stopped: bool,
    /// Whether a person lets an outlet go before its wave.
    pub(super) is_released: &'a dyn Fn(&OutletId) -> bool,
}

impl NewWaves<'_> {
    /// Leaves out what is not in the first wave, and says so.
    pub(super) fn hold_back(&self, report: &mut PlanReport) {
        let planned = planned(report, self.survey, self.order);
        let waves = planned.as_ref().map_or(0, |planned| planned.waves.len());
        let wave_of: HashMap<OutletId, usize> = planned
            .iter()
            .flat_map(|planned| (1..).zip(&planned.waves))
            .flat_map(|(wave, outlets)| outlets.iter().map(move |outlet| (outlet.clone(), wave)))
            .collect();
        for line in &mut report.outlets {
            let is_stopped = !self.is_whole && self.is_stopped;
            let wave = wave_of.get(&line.outlet).copied().filter(|wave| *wave > 1);
            if (wave.is_none() && !is_stopped) || (self.is_released)(&line.outlet) {
                continue;
            }
            let wait = wave.filter(|_| self.is_whole).map_or(Wait::Begin, Wait::Wave);
            if let Some(plan) = line.plan.as_ref().filter(|plan| plan.is_more_than_stock()) {
                let words = rollout_wait(wait, waves, None, &report.zone, Lang::En) + &off_sale_first(plan, Lang::En);
                line.window.get_or_insert(WindowNote { opens_at: None, words });
                if line.state == OutletState::Pending.as_str() {
                    line.state = OutletState::Queued.as_str();
                }
            }
        }
        report.waves = planned.filter(|_| self.is_whole);
    }

    /// Begins the rollout of what was agreed to. Where only some outlets are meant, those that were agreed to are so few that
    /// they wait for nobody.
    pub(super) async fn begin(
        &self,
        state: &SharedState,
        report: &PlanReport,
        agreed: &mut BTreeMap<OutletId, PassOptions>,
    ) -> Result<(), CommandError> {
        if !self.is_whole {
            let agreed = agreed.values_mut().filter(|options| matches!(options.consent, Consent::Agreed(_)));
            let few = agreed.filter(|_| !self.is_stopped);
            few.for_each(|options| _ = options.released.insert(Guard::Rollout));
            return Ok(());
        }
        let all = candidates(report, self.survey, self.order);
        let waiting = |known| Member { wave: None, state: MemberState::Waiting, known };
        let members = all.iter().map(|one| (one.outlet.to_string(), waiting(one.known)));
        // Who lets all of them go leaves nobody to a rollout.
        let is_all = !all.is_empty() && all.iter().all(|one| (self.is_released)(&one.outlet));
        let outlets = if is_all { Vec::new() } else { self.loaded.rollout_outlets(self.survey, &self.order.settings) };
        let new = NewRollout {
            files: self.order.files.to_string(),
            revision: report.revision.clone(),
            at: moment(None),
            outlets,
            members: members.collect(),
            settings: Arc::clone(&self.order.settings),
            were_looked_at: true,
            anew: false,
        };
        Ok(begin_rollout(state, self.order, new).await?)
    }
}

/// Outlets that could not be looked at, or are paused, have had their turn as well: nobody passes over them.
pub(super) async fn note_without_plan(context: &Context, report: &PlanReport, selected: &[&fleet::Member]) {
    let lines = report.outlets.iter().filter(|line| line.plan.is_none());
    for line in lines {
        let Some(member) = selected.iter().find(|member| member.id == line.outlet) else { continue };
        let why = line.error.clone().unwrap_or_else(|| line.state.to_owned());
        note_rollout(context, false, &Outcome::failed(&member.target(), why)).await;
    }
}

/// Says what is left for later, after a push of some waves.
pub(super) async fn tell_rest(
    session: &Session,
    state: &SharedState,
    order: &RolloutOrder,
) -> Result<(), CommandError> {
    let Some(rollout) = stored_of(session, state, order).await? else { return Ok(()) };
    if let Some(words) = rollout.words_in(Lang::En, &session.zone()) {
        let rest = match rollout.phase {
            RolloutPhase::Stopped => "",
            _ => ". A daemon goes on with it; without one, run the same command again",
        };
        note(&printable(&format!("{words}{rest}")));
    }
    Ok(())
}

/// What a person who stops a rollout is told to be.
const BY_A_PERSON: &str = "a person has paused it (`menusync pause --rollout`)";

/// `pause --rollout`
pub(super) fn pause(session: &Session) -> Result<Exit, CommandError> {
    change(session, Some(BY_A_PERSON))
}

/// `resume --rollout`
pub(super) fn resume(session: &Session) -> Result<Exit, CommandError> {
    change(session, None)
}

fn change(session: &Session, why: Option<&str>) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    session.settings()?;
    let state = session.state()?;
    let (before, after) = block_on(async {
        let before = state.stop_rollout(why.map(str::to_owned), moment(None)).await?;
        Ok::<_, CommandError>((before, stored(session, &state).await?))
    })??;
    let words = match (&before, why) {
        (None, Some(_)) => {
            return Err(CommandError::Refused("no rollout is under way, so there is none to pause".into()));
        }
        (None, None) => "no rollout is under way",
        (Some(_), Some(_)) => {
            "the rollout is paused: no outlet is sent anything that waits for it; pushes under way go on"
        }
        (Some(row), None) if row.stopped.is_some() => "the rollout goes on with the next pass",
        (Some(_), None) => "the rollout was not stopped",
    };
    session.outputs.emit(|format, _| match format {
        Format::Json => json(after.as_ref()),
        _ => format!("{words}\n"),
    })?;
    Ok(Exit::Done)
}

/// `menusync.pause/1`, of no outlet.
fn json(rollout: Option<&RolloutNote>) -> String {
    let document = serde_json::json!({
        "schema": "menusync.pause/1", "tool": env!("CARGO_PKG_VERSION"), "outlets": [], "rollout": rollout,
    });
    format!("{document:#}\n")
}
