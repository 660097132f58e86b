//! Rollouts, as passes see them: whether an outlet's wave is open, and what the end of a pass means for the others.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};

use super::{Context, Examined, Outcome, OutletState, PassError, PassOptions, PassResult, Target, chain};
use crate::{
    plan::{GuardVerdict, Verdict},
    policy::Guard,
    report::{Lang, rollout_wait},
    rollout::{Advance, Gate, Member, PassEnd, PushEnd, Rest, Rollout, Wait, WaveOf, gate},
    state::{NewRollout, RolloutMoved, RolloutRow, RolloutStep, SharedState, StateError},
};

/// What goes out in waves, and how. Its clones have the same news.
#[derive(Debug, Clone)]
pub struct RolloutOrder {
    /// Digest of the files.
    pub files: Arc<str>,
    /// What the settings ask for.
    pub settings: Arc<Rollout>,
    moved: Arc<Mutex<Vec<RolloutMoved>>>,
}

impl RolloutOrder {
    /// Of these files.
    pub fn new(files: impl Into<Arc<str>>, settings: Rollout) -> Self {
        Self { files: files.into(), settings: Arc::new(settings), moved: Arc::default() }
    }

    /// What has happened since this was last asked, but for what moved nothing.
    pub fn take_moved(&self) -> Vec<RolloutMoved> {
        mem::take(&mut self.moved.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, moved: RolloutMoved) {
        if !moved.advances.is_empty() || !moved.opened.is_empty() || moved.stopped.is_some() {
            tell(&moved);
            self.moved.lock().unwrap_or_else(PoisonError::into_inner).push(moved);
        }
    }

    fn step(&self, pass: Option<(String, PassEnd, String)>, at: Timestamp) -> RolloutStep {
        RolloutStep { files: self.files.to_string(), pass, settings: Arc::clone(&self.settings), at }
    }
}

/// Begins a rollout of these files. `outlets` may be pushed, each with the first wave that names it; `members` are those that
/// the change concerns.
pub async fn begin_rollout(
    state: &SharedState,
    order: &RolloutOrder,
    revision: Option<String>,
    outlets: Vec<(String, Option<usize>)>,
    members: Vec<(String, Member)>,
    at: Timestamp,
) -> Result<(), StateError> {
    let concerned = members.len();
    let (files, settings) = (order.files.to_string(), Arc::clone(&order.settings));
    let moved = state.begin_rollout(NewRollout { files, revision, at, outlets, members, settings }).await?;
    if moved.row.as_ref().is_some_and(|row| row.ended.is_none()) {
        tracing::info!(outlets = concerned, "a change of many outlets goes out in waves");
    }
    order.note(moved);
    Ok(())
}

/// Says what happened to a rollout.
fn tell(moved: &RolloutMoved) {
    let (wave, waves) = moved.row.as_ref().map_or((0, 0), |row| (row.wave, row.waves));
    for advance in &moved.advances {
        match advance {
            Advance::MakeWaves if waves == 0 => tracing::info!("nobody has anything to send: no waves are needed"),
            Advance::MakeWaves => tracing::info!(waves, outlets = moved.opened.len(), "wave 1 of {waves} opens"),
            Advance::Open(wave) => {
                tracing::info!(wave, waves, outlets = moved.opened.len(), "wave {wave} of {waves} opens");
            }
            Advance::Bake(until) => {
                tracing::info!(wave, waves, %until, "wave {wave} of {waves} is over; the next waits")
            }
            Advance::End => tracing::info!(waves, "the rollout has ended"),
        }
    }
    if let Some(why) = &moved.stopped {
        tracing::error!(
            wave,
            waves,
            "the rollout is stopped: {}; correct the files, or `menusync resume --rollout`",
            crate::report::untrusted::printable(why)
        );
    }
}

/// Asks whether an outlet may be sent what was planned, and puts the answer where everybody looks for it.
pub(super) async fn ask_rollout(
    context: &Context,
    target: &Target,
    options: &PassOptions,
    examined: &mut Examined,
    zone: &TimeZone,
) -> Result<(), PassError> {
    let Some(order) = &context.rollout else { return Ok(()) };
    if options.rollback.is_some() || !examined.plan.is_more_than_stock() {
        return Ok(());
    }
    let (outlet, now) = (target.id.as_str(), context.clock.now());
    let mut known = context.state.rollout_of(outlet).await?;
    if known.as_ref().is_some_and(|(row, _)| row.head() != row.head().at(now)) {
        order.note(context.state.step_rollout(order.step(None, now)).await?);
        known = context.state.rollout_of(outlet).await?;
    }
    show_rollout(examined, order, known.as_ref(), options, zone);
    Ok(())
}

/// Whether the rollout holds an outlet, by what is stored: nothing is moved.
pub async fn look_at_rollout(
    state: &SharedState,
    order: &RolloutOrder,
    (target, options): (&Target, &PassOptions),
    examined: &mut Examined,
    (now, zone): (Timestamp, &TimeZone),
) -> Result<(), PassError> {
    if options.rollback.is_some() || !examined.plan.is_more_than_stock() {
        return Ok(());
    }
    let mut known = state.rollout_of(target.id.as_str()).await?;
    // What another process has begun of other files, or nobody has, waits for nothing that is stored.
    if let Some((row, _)) = known.as_mut().filter(|(row, _)| *row.files == *order.files) {
        let head = row.head().at(now);
        (row.wave, row.baking_until) = (head.wave, head.baking_until);
        show_rollout(examined, order, known.as_ref(), options, zone);
    }
    Ok(())
}

fn show_rollout(
    examined: &mut Examined,
    order: &RolloutOrder,
    known: Option<&(RolloutRow, Option<Member>)>,
    options: &PassOptions,
    zone: &TimeZone,
) {
    let known = known.filter(|(row, _)| *row.files == *order.files);
    let is_released = options.released.contains(&Guard::Rollout);
    examined.in_wave = known.and_then(|(row, member)| {
        let wave = member.filter(|_| row.ended.is_none())?.wave?;
        Some(WaveOf { wave, waves: row.waves })
    });
    let answer = known.map_or(Gate::Closed(Wait::Begin, None), |(row, member)| gate(row.head(), *member));
    match answer {
        Gate::Open => {}
        Gate::Closed(..) if is_released => {}
        Gate::Closed(wait, opens_at) => {
            let waves = known.map_or(0, |(row, _)| row.waves);
            examined.wave = Some((rollout_wait(wait, waves, opens_at, zone, Lang::En), opens_at));
        }
        Gate::Stopped => {
            let why = known.and_then(|(row, _)| row.why.as_deref()).unwrap_or_default();
            let verdict = if is_released { Verdict::Released } else { Verdict::Held };
            examined.plan.guards.retain(|guard| guard.guard != Guard::Rollout);
            examined.plan.guards.push(GuardVerdict {
                guard: Guard::Rollout,
                limit: None,
                actual: None,
                verdict,
                items: Vec::new(),
                promotions: Vec::new(),
                message: format!(
                    "the rollout is stopped: {why}; newer files begin a new one, `menusync resume --rollout` goes on with this one"
                ),
                approval: None,
            });
        }
    }
}

/// Says to the rollout how a pass over an outlet ended. `is_rollback`: a person has gone back to an earlier push.
pub async fn note_rollout(context: &Context, is_rollback: bool, outcome: &Outcome) {
    let Some(order) = &context.rollout else { return };
    let Some(end) = end_of(outcome, is_rollback) else { return };
    let note = async {
        let known = context.state.rollout_of(outcome.outlet.as_str()).await?;
        if known.is_none_or(|(row, _)| row.ended.is_some() || *row.files != *order.files) {
            return Ok(());
        }
        let why = match end.push {
            Some(PushEnd::RolledBack) => "a person has gone back to an earlier push".to_owned(),
            _ => format!("{}: {}", outcome.result.as_str(), outcome.error.as_deref().unwrap_or("no reason is known")),
        };
        let why = format!("outlet {}: {why}", outcome.outlet);
        let step = order.step(Some((outcome.outlet.to_string(), end, why)), context.clock.now());
        order.note(context.state.step_rollout(step).await?);
        Ok(())
    };
    if let Err(error) = note.await {
        let error: StateError = error;
        // The next pass finds the same again, and no wave opens before.
        tracing::warn!(outlet = %outcome.outlet, error = %chain(&error), "cannot store what a pass means for the rollout");
    }
}

/// What a pass means for a rollout; `None`: nothing was learnt.
fn end_of(outcome: &Outcome, is_rollback: bool) -> Option<PassEnd> {
    if outcome.was_withdrawn() || !outcome.is_ours() {
        return None;
    }
    let plan = outcome.plan.as_deref();
    // What a rollback holds against the files is not what the files say.
    let is_pinned = plan.is_some_and(|plan| !plan.pins.is_empty());
    let is_on_its_way = matches!(outcome.state, OutletState::Pushing | OutletState::Verifying | OutletState::Unknown);
    let left = match (plan, outcome.state) {
        (Some(plan), _) if plan.is_more_than_stock() => Rest::Something,
        _ if is_pinned => Rest::Unknown,
        (Some(_), _) | (None, OutletState::InSync | OutletState::Drifted) => Rest::Nothing,
        (None, _) => Rest::Unknown,
    };
    let (push, rest) = match outcome.result {
        _ if is_rollback => (Some(PushEnd::RolledBack), Rest::Unknown),
        PassResult::Published if is_pinned => (None, Rest::Unknown),
        // Of an earlier push that has arrived, more may be left.
        PassResult::Published => (Some(PushEnd::Seen), left),
        PassResult::Rejected => (Some(PushEnd::Bad), Rest::Unknown),
        // Without a push: what was sent before a crash, or what was never shown twice and is not sent again.
        PassResult::Nonconvergent if outcome.request_id.is_none() && left == Rest::Something => (None, left),
        PassResult::Nonconvergent => (Some(PushEnd::Bad), if plan.is_some() { left } else { Rest::Unknown }),
        PassResult::Timeout if outcome.state == OutletState::Verifying => (Some(PushEnd::OnItsWay), Rest::Unknown),
        PassResult::Timeout => (Some(PushEnd::Bad), Rest::Unknown),
        PassResult::Failed if is_on_its_way => (Some(PushEnd::OnItsWay), Rest::Unknown),
        PassResult::Failed => (None, Rest::Unknown),
        PassResult::Unchanged if matches!(outcome.state, OutletState::Paused | OutletState::Invalid) => {
            (None, Rest::Unknown)
        }
        PassResult::Unchanged | PassResult::Held | PassResult::Queued => (None, left),
    };
    Some(PassEnd { push, rest })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn ended(result: PassResult, state: OutletState, is_push: bool) -> Outcome {
        let target = Target::new("G1", "Kuta", "kuta.yaml");
        Outcome { request_id: is_push.then(uuid::Uuid::new_v4), ..Outcome::new(&target, result, state, None) }
    }

    #[test]
    fn only_what_was_seen_is_evidence_and_only_what_gofood_did_not_take_is_bad() {
        use OutletState::{
            Drifted, Failed, Held, InSync, Invalid, Nonconvergent, Paused, Pushing, Queued, Unknown, Verifying,
        };
        let (seen, on_its_way, bad) = (Some(PushEnd::Seen), Some(PushEnd::OnItsWay), Some(PushEnd::Bad));
        for (result, state, is_push, push, rest) in [
            (PassResult::Published, InSync, true, seen, Rest::Nothing),
            (PassResult::Published, Failed, true, seen, Rest::Unknown),
            (PassResult::Unchanged, InSync, false, None, Rest::Nothing),
            (PassResult::Unchanged, Drifted, false, None, Rest::Nothing),
            (PassResult::Unchanged, Paused, false, None, Rest::Unknown),
            (PassResult::Unchanged, Invalid, false, None, Rest::Unknown),
            (PassResult::Rejected, Failed, true, bad, Rest::Unknown),
            (PassResult::Nonconvergent, Nonconvergent, true, bad, Rest::Unknown),
            // A death came between its end and this.
            (PassResult::Nonconvergent, Nonconvergent, false, bad, Rest::Unknown),
            (PassResult::Timeout, Unknown, true, bad, Rest::Unknown),
            (PassResult::Timeout, Verifying, true, on_its_way, Rest::Unknown),
            (PassResult::Failed, Unknown, true, on_its_way, Rest::Unknown),
            (PassResult::Failed, Failed, false, None, Rest::Unknown),
            (PassResult::Held, Held, false, None, Rest::Unknown),
            (PassResult::Queued, Queued, false, None, Rest::Unknown),
        ] {
            let outcome = ended(result, state, is_push);
            assert_eq!(end_of(&outcome, false), Some(PassEnd { push, rest }), "{result:?} {state:?}");
        }
        let back = end_of(&ended(PassResult::Published, InSync, true), true).unwrap();
        assert_eq!(back.push, Some(PushEnd::RolledBack));
        assert_eq!(end_of(&Outcome::withdrawn(&Target::new("G1", "Kuta", "kuta.yaml")), false), None);
        assert_eq!(end_of(&ended(PassResult::Held, Pushing, false), false), None, "another process has it");
    }
}
