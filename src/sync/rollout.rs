//! Rollouts, as passes see them: whether an outlet's wave is open, and what the end of a pass means for the others.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};

use super::{Context, Examined, Outcome, OutletState, PassError, PassOptions, PassResult, Target, chain};
use crate::{
    plan::{GuardVerdict, OutletPlan, Verdict},
    policy::Guard,
    report::{Lang, off_sale_first, rollout_wait, untrusted::printable},
    rollout::{Advance, Gate, Member, PassEnd, PushEnd, Rest, Rollout, Wait, WaveOf, gate},
    state::{NewRollout, PushKind, RolloutMoved, RolloutRow, RolloutStep, SharedState, StateError},
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

    /// The same, with the news of another one: passes of older files go on while newer ones are taken.
    #[must_use]
    pub fn with_news_of(self, before: &Self) -> Self {
        Self { moved: Arc::clone(&before.moved), ..self }
    }

    /// What has happened since this was last asked, but for what moved nothing.
    pub fn take_moved(&self) -> Vec<RolloutMoved> {
        mem::take(&mut self.moved.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, moved: RolloutMoved) {
        let is_still = moved.advances.is_empty() && moved.opened.is_empty();
        if !is_still || moved.stopped.is_some() || moved.stuck.is_some() {
            tell(&moved);
            self.moved.lock().unwrap_or_else(PoisonError::into_inner).push(moved);
        }
    }

    fn step(&self, pass: Option<(String, PassEnd, String)>, at: Timestamp) -> RolloutStep {
        RolloutStep { files: self.files.to_string(), pass, settings: Arc::clone(&self.settings), at }
    }
}

/// Begins a rollout of some files.
pub async fn begin_rollout(state: &SharedState, order: &RolloutOrder, new: NewRollout) -> Result<(), StateError> {
    let concerned = new.members.len();
    let moved = state.begin_rollout(new).await?;
    match moved.row.as_ref().filter(|row| row.ended.is_none()) {
        Some(RolloutRow { stopped: Some(_), why, .. }) => {
            let why = printable(why.as_deref().unwrap_or_default());
            tracing::error!(
                outlets = concerned,
                "these files wait, as the rollout before them is stopped and they say the same of outlets that it has not sent: {why}; correct what they say, or `menusync resume --rollout`"
            );
        }
        Some(_) => tracing::info!(outlets = concerned, "a change of many outlets goes out in waves"),
        None => {}
    }
    order.note(moved);
    Ok(())
}

/// Moves a rollout on whose next wave may open, where that is due. Who has the outlets of the wave sees it open.
pub async fn open_due_wave(state: &SharedState, order: &RolloutOrder, now: Timestamp) -> Result<(), StateError> {
    tell(&state.step_rollout(order.step(None, now)).await?);
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
            printable(why)
        );
    }
    if let Some(outlet) = &moved.stuck {
        tracing::warn!(
            wave,
            waves,
            outlet,
            "nobody of wave {wave} of {waves} could be sent, so the others wait: `menusync status` says why"
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
            let words = rollout_wait(wait, waves, opens_at, zone, Lang::En);
            examined.wave = Some((words + &off_sale_first(&examined.plan, Lang::En), opens_at));
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
                    "the rollout is stopped: {why}; files that say something else of all outlets that it holds begin a new one, `menusync resume --rollout` goes on with this one{}",
                    off_sale_first(&examined.plan, Lang::En)
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
        // Stock is sent to everybody at once: how that went says nothing about the change.
        let is_stock = !is_rollback && end.push.is_some() && was_stock(context, outcome).await?;
        let end = PassEnd { push: end.push.filter(|_| !is_stock), ..end };
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

/// Whether the push of an outcome was one of stock alone.
async fn was_stock(context: &Context, outcome: &Outcome) -> Result<bool, StateError> {
    let Some(request_id) = outcome.request_id else { return Ok(false) };
    let last = context.state.pushes(Some(outcome.outlet.as_str()), 1).await?.pop();
    Ok(last.is_some_and(|push| push.request_id == request_id && push.kind == PushKind::Stock))
}

/// What a pass means for a rollout; `None`: nothing was learnt.
fn end_of(outcome: &Outcome, is_rollback: bool) -> Option<PassEnd> {
    if outcome.was_withdrawn() || !outcome.is_ours() {
        return None;
    }
    if is_rollback {
        return has_gone_back(outcome).then_some(PassEnd { push: Some(PushEnd::RolledBack), rest: Rest::Unknown });
    }
    let plan = outcome.plan.as_deref();
    // What a rollback holds against the files is not what the files say.
    let is_pinned = plan.is_some_and(|plan| !plan.pins.is_empty());
    let is_held = plan.is_some_and(OutletPlan::is_held);
    let left = match (plan, outcome.state) {
        (Some(plan), _) if plan.is_more_than_stock() => Rest::Something,
        _ if is_pinned || is_held => Rest::Unknown,
        (_, OutletState::InSync) => Rest::Nothing,
        (_, OutletState::Drifted) => Rest::Kept,
        // GoFood would not show it, and it is not sent again.
        (Some(plan), OutletState::Nonconvergent) if !plan.is_to_send() => Rest::Kept,
        _ => Rest::Unknown,
    };
    let is_on_its_way = is_on_its_way(outcome);
    let is_empty = plan.is_some_and(|plan| plan.held().any(|guard| guard.guard == Guard::EmptyLive));
    let (push, rest) = match outcome.result {
        PassResult::Published if is_pinned => (None, Rest::Unknown),
        // Of an earlier push that has arrived, more may be left.
        PassResult::Published => (Some(PushEnd::Seen), left),
        PassResult::Rejected => (Some(PushEnd::Bad), Rest::Unknown),
        // Without a push: what was sent before a crash, or what was never shown twice and is not sent again.
        PassResult::Nonconvergent if outcome.request_id.is_none() && left == Rest::Something => (None, left),
        PassResult::Nonconvergent if outcome.request_id.is_none() => (Some(PushEnd::StillBad), left),
        PassResult::Nonconvergent => (Some(PushEnd::Bad), left),
        PassResult::Timeout if outcome.state == OutletState::Verifying => (Some(PushEnd::OnItsWay), Rest::Unknown),
        PassResult::Timeout => (Some(PushEnd::Bad), Rest::Unknown),
        PassResult::Failed if is_on_its_way => (Some(PushEnd::OnItsWay), Rest::Unknown),
        PassResult::Failed => (None, Rest::Unknown),
        PassResult::Held if is_empty => (Some(PushEnd::Vanished), Rest::Unknown),
        PassResult::Unchanged | PassResult::Held | PassResult::Queued => (None, left),
    };
    Some(PassEnd { push, rest })
}

fn is_on_its_way(outcome: &Outcome) -> bool {
    matches!(outcome.state, OutletState::Pushing | OutletState::Verifying | OutletState::Unknown)
}

/// Whether a rollback holds now: one that a guard, a pause or GoFood has refused has not happened.
fn has_gone_back(outcome: &Outcome) -> bool {
    match outcome.result {
        PassResult::Published | PassResult::Nonconvergent | PassResult::Timeout | PassResult::Queued => true,
        PassResult::Unchanged => !matches!(outcome.state, OutletState::Paused | OutletState::Invalid),
        PassResult::Failed => is_on_its_way(outcome),
        PassResult::Held | PassResult::Rejected => false,
    }
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
            (PassResult::Unchanged, Drifted, false, None, Rest::Kept),
            (PassResult::Published, Drifted, true, seen, Rest::Kept),
            (PassResult::Unchanged, Paused, false, None, Rest::Unknown),
            (PassResult::Unchanged, Invalid, false, None, Rest::Unknown),
            (PassResult::Rejected, Failed, true, bad, Rest::Unknown),
            (PassResult::Nonconvergent, Nonconvergent, true, bad, Rest::Unknown),
            // A death came between its end and this.
            (PassResult::Nonconvergent, Nonconvergent, false, Some(PushEnd::StillBad), Rest::Unknown),
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
        assert_eq!(end_of(&Outcome::withdrawn(&Target::new("G1", "Kuta", "kuta.yaml")), false), None);
        assert_eq!(end_of(&ended(PassResult::Held, Pushing, false), false), None, "another process has it");
    }

    #[test]
    fn only_a_rollback_that_holds_is_one() {
        use OutletState::{Failed, Held, InSync, Paused, Queued, Unknown};
        for (result, state, is_push, has_happened) in [
            (PassResult::Published, InSync, true, true),
            (PassResult::Unchanged, InSync, false, true),
            (PassResult::Queued, Queued, false, true),
            (PassResult::Failed, Unknown, true, true),
            (PassResult::Failed, Failed, false, false),
            (PassResult::Held, Held, false, false),
            (PassResult::Unchanged, Paused, false, false),
            (PassResult::Rejected, Failed, true, false),
        ] {
            let end = end_of(&ended(result, state, is_push), true);
            assert_eq!(end.and_then(|end| end.push), has_happened.then_some(PushEnd::RolledBack), "{result:?}");
        }
    }
}
