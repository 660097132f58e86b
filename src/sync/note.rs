//! What a look or a pass leaves in the state: how the outlet stands, and what was seen of it.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Context, Examined, Facts, Outcome, OutletState, PassError, PassResult, PendingPush, Recalled, Target, chain,
    memory::{json as stored, pins_json, recall, update_if_any},
    promote::state_key,
    switch_record::{Learnt, SwitchesSeen, judge_switches, note_overruled},
};
use crate::{
    plan::{OutletPlan, PromotionRecord, STILL_LISTED, SwitchEvent},
    report::{DriftNote, HeldNote},
    state::{Hold, OutletUpdate, SharedState, StateError, StatusUpdate},
};

/// Stores how an outlet stands. Where that fails the outlet is `failed` with that reason: a state that cannot be written is
/// as bad as a platform that cannot be reached, and shown as such by whoever holds the outcome.
pub(super) async fn store(context: &Context, target: &Target, outcome: Outcome) -> Outcome {
    if !outcome.is_ours() {
        return outcome;
    }
    let now = context.clock.now();
    let status = status(context.revision.as_ref(), target, &outcome, now);
    write_status(&context.state, target, status, outcome, now).await
}

async fn write_status(
    state: &SharedState,
    target: &Target,
    status: StatusUpdate,
    outcome: Outcome,
    now: Timestamp,
) -> Outcome {
    let update = OutletUpdate { status: Some(status), ..OutletUpdate::default() };
    match state.update_outlet(target.id.as_str(), update, now).await {
        Ok(()) => outcome,
        Err(error) => unstored(outcome, &error),
    }
}

/// Stores that an outlet could not be examined, for who examines it only to show it before a push.
pub async fn store_failure(state: &SharedState, target: &Target, outcome: Outcome, now: Timestamp) {
    let held = state.hold(target.id.as_str()).await;
    if held.as_ref().err().is_none_or(|error| !error.is_held()) {
        write_status(state, target, status(None, target, &outcome, now), outcome, now).await;
    }
}

/// The same for who only looks: who pushes the outlet at the moment says himself how it stands.
pub(super) async fn store_if_free(context: &Context, target: &Target, outcome: Outcome) -> Outcome {
    match context.state.hold(target.id.as_str()).await {
        Err(error) if error.is_held() => outcome,
        _ => store(context, target, outcome).await,
    }
}

fn unstored(outcome: Outcome, error: &StateError) -> Outcome {
    let error = chain(error);
    tracing::error!(outlet = %outcome.outlet, error, "cannot store how the pass ended");
    let why = match &outcome.error {
        Some(known) if outcome.state == OutletState::Failed => known.clone(),
        _ => format!("the state cannot be written: {error}"),
    };
    let result = if outcome.result == PassResult::Published { PassResult::Published } else { PassResult::Failed };
    let state = OutletState::of(&Facts::failed());
    Outcome { result, state, error: Some(why), unstored: Some(error), ..outcome }
}

fn status(revision: Option<&String>, target: &Target, outcome: &Outcome, now: Timestamp) -> StatusUpdate {
    let plan = outcome.plan.as_deref();
    // What is paused is not held back by guards.
    let judged = plan.into_iter().filter(|_| outcome.state != OutletState::Paused);
    let held = list(judged.flat_map(|plan| plan.held().map(|guard| HeldNote::new(guard, plan))).collect());
    let drift = list(plan.into_iter().flat_map(OutletPlan::unpushed_drift).map(DriftNote::from).collect());
    // A file that cannot be read gives no name: the outlet is known by the one that it had.
    let has_name = outcome.state != OutletState::Invalid || target.name != target.id.as_str();
    let in_place = matches!(outcome.state, OutletState::InSync | OutletState::Drifted);
    StatusUpdate {
        state: outcome.state.as_str().to_owned(),
        name: has_name.then(|| target.name.clone()),
        file: Some(target.file.to_string()),
        error: outcome.error.clone(),
        held,
        drift,
        last_verified: in_place.then_some(now),
        revision: revision.cloned().filter(|_| in_place),
    }
}

/// Nothing of nothing.
fn list<T: Serialize>(notes: Vec<T>) -> Option<String> {
    (!notes.is_empty()).then(|| serde_json::to_string(&notes).ok()).flatten()
}

/// Stores what a look has shown: what the kitchen put back on sale (by the next look it may have sold it out again), what
/// happened to prices and drift, and which pins the files have released.
pub(super) async fn note(context: &Context, target: &Target, examined: &Examined) -> Result<(), PassError> {
    let mut update = what_was_seen(context, target, examined)?;
    let switches = &examined.recalled.switches;
    note_overruled(&mut update, target, switches, &examined.live, context.clock.now())?;
    update.pins = examined.pins_changed.then(|| pins_json(&examined.plan.pins, &target.id)).transpose()?;
    update_if_any(context, target, update).await
}

fn what_was_seen(context: &Context, target: &Target, examined: &Examined) -> Result<OutletUpdate, PassError> {
    let (id, now) = (&target.id, context.clock.now());
    let mut memory = examined.recalled.memory.clone();
    // With a push on its way the plan is about what will be live, which nobody has seen.
    if examined.recalled.pending.is_none() {
        memory.note(&examined.plan, now);
    }
    Ok(OutletUpdate {
        base: learnt_base(target, examined)?,
        memory: (memory != examined.recalled.memory).then(|| stored(&memory, id)).transpose()?,
        promotions: learnt_promotions(target, examined)?,
        promotion_events: promotion_events(target, examined)?,
        ..OutletUpdate::default()
    })
}

/// What a look has shown of promotions of ours, and those whose last moment has passed.
fn learnt_promotions(target: &Target, examined: &Examined) -> Result<Vec<(String, Option<String>)>, PassError> {
    let plan = &examined.plan.promotions;
    let learnt = plan.learnt.iter().map(|record| Ok((state_key(record), Some(stored(record, &target.id)?))));
    for record in plan.learnt.iter().filter(|record| record.error.as_deref() == Some(STILL_LISTED)) {
        tracing::warn!(outlet = %target.id, name = record.name, item = %record.detail.external_menu_id, "a promotion stays known: {STILL_LISTED}");
    }
    let is_over = |record: &&PromotionRecord| plan.over.contains(&record.id());
    let over = examined.recalled.promotions.iter().filter(is_over).map(|record| Ok((state_key(record), None)));
    learnt.chain(over).collect()
}

/// What a look has shown to have happened to promotions of ours.
fn promotion_events(target: &Target, examined: &Examined) -> Result<Vec<String>, PassError> {
    let plan = &examined.plan.promotions;
    let events = plan.learnt.iter().filter_map(|record| {
        let before = examined.recalled.promotions.iter().find(|before| before.id() == record.id())?;
        let is_over = plan.now.is_some_and(|now| record.detail.end() <= now);
        record.happened_since(before, is_over).map(|what| record.event(what))
    });
    events.map(|event| stored(&event, &target.id)).collect()
}

/// The same for who only looks: pins stay as they are, and nothing is switched back. Who pushes the outlet at the moment
/// notes himself what there is; and who has pushed it since it was recalled has left something newer than this look. What
/// became of switches of stock.
pub(super) async fn note_if_free(
    context: &Context,
    target: &Target,
    examined: &Examined,
) -> Result<Vec<SwitchEvent>, PassError> {
    let Some(_lock) = lock_if_unchanged(context, target, examined).await? else { return Ok(Vec::new()) };
    let mut update = what_was_seen(context, target, examined)?;
    let events = switches_seen(context, target, examined, &mut update)?;
    update_if_any(context, target, update).await?;
    Ok(events)
}

fn switches_seen(
    context: &Context,
    target: &Target,
    examined: &Examined,
    update: &mut OutletUpdate,
) -> Result<Vec<SwitchEvent>, PassError> {
    let (live, now) = (&examined.live, context.clock.now());
    let seen = SwitchesSeen { live, now, returns: None };
    let recalled = &examined.recalled;
    // Who may not switch back leaves an end of what is away to who may, so that the memory stays as it is.
    Ok(judge_switches(update, &mut Learnt::new(recalled), target, &recalled.switches, &seen)?.events)
}

/// The same where nobody knows what the files want: what was put back on sale, and what became of switches of stock.
pub(super) async fn note_stock_if_free(
    context: &Context,
    target: &Target,
    examined: &Examined,
) -> Result<Vec<SwitchEvent>, PassError> {
    if !examined.base_learnt && examined.recalled.switches.is_empty() {
        return Ok(Vec::new());
    }
    let Some(_lock) = lock_if_unchanged(context, target, examined).await? else { return Ok(Vec::new()) };
    let mut update = OutletUpdate { base: learnt_base(target, examined)?, ..OutletUpdate::default() };
    let events = switches_seen(context, target, examined, &mut update)?;
    update_if_any(context, target, update).await?;
    Ok(events)
}

fn learnt_base(
    target: &Target,
    Examined { recalled, base_learnt, .. }: &Examined,
) -> Result<Option<String>, PassError> {
    recalled.base.as_ref().filter(|_| *base_learnt).map(|base| stored(base, &target.id)).transpose()
}

/// The lock of an outlet, if nobody has it and what is stored is what the examination began with.
async fn lock_if_unchanged(context: &Context, target: &Target, examined: &Examined) -> Result<Option<Hold>, PassError> {
    let Ok(lock) = context.state.hold(target.id.as_str()).await else { return Ok(None) };
    let Recalled { mut base, memory, pending, promotions, switches, .. } =
        recall(&context.state, &target.id, context.clock.now()).await?;
    if examined.base_learnt {
        base.as_mut().map(|base| base.release_stock(&examined.live));
    }
    let known = &examined.recalled;
    let request = |pending: &Option<PendingPush>| pending.as_ref().map(|pending| pending.row.id);
    let is_same = (&base, &memory, request(&pending), &promotions, &switches)
        == (&known.base, &known.memory, request(&known.pending), &known.promotions, &known.switches);
    Ok(is_same.then_some(lock))
}
