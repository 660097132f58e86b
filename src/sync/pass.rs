//! The walk: examine, judge, and push if there is reason and leave. Who cannot push examines and notes.

use std::{path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    catalog::OutletId,
    plan::{Action, Change, OutletPlan, Pins},
    remote::{Lane, Read, RemoteError, Write},
    report::{PauseNote, value_json},
    state::{
        LockError, OutletLock, OutletUpdate, Pause, PushOutcome, SharedState, StateError, StatusUpdate, lock_outlet,
    },
};

use super::{
    Consent, Context, Desired, Examined, Facts, Look, Moment, Outcome, OutletState, PassError, PassOptions, PassResult,
    PendingPush, PushProgress, Recalled, Slot, Target, chain,
    examine::{compare, desired_now, examine},
    fetch::fetch_fresh,
    memory::{json as stored, pins_json, recall},
    push::Sent,
    until,
    verify::Earlier,
    visit::{Pass, Visit},
};

/// One pass over one outlet, with the slot that the caller took to compose what is wanted (`None`: it takes one itself). It
/// ends with an outcome whatever happens, and the outcome is stored.
pub async fn pass<R: Read + Write>(
    context: &Context,
    slot: Option<Slot>,
    remote: &R,
    target: &Target,
    desired: &Desired,
    options: &PassOptions,
) -> Outcome {
    // Held until the outcome is stored: nobody's word of an older look shall cover it.
    let _lock = match lock_outlet(&context.state_dir, target.id.as_str()).await {
        Ok(lock) => lock,
        Err(LockError::Held { .. }) => return at_another(context, target).await,
        Err(error) => return store(context, target, broken_off(context, target, &error.into()).await).await,
    };
    let outcome = match run_locked(context, slot, remote, target, desired, options).await {
        Ok(outcome) => outcome,
        // Nothing was learnt, so nothing is stored either.
        Err(PassError::Withdrawn) => return Outcome::withdrawn(target),
        Err(error) => broken_off(context, target, &error).await,
    };
    // A rollback that is held has not happened: the outlet stands as it stood, and nothing waits to be let through.
    if options.rollback.is_none() || outcome.result != PassResult::Held {
        return store(context, target, outcome).await;
    }
    outcome
}

/// The outcome where another process has the outlet: how far its push is, by what it has recorded.
async fn at_another(context: &Context, target: &Target) -> Outcome {
    let now = context.clock.now();
    let recalled = recall(&context.state, &target.id, now).await.ok();
    let pending = recalled.and_then(|recalled| progress(context, &recalled, now)).unwrap_or(PushProgress::Pushing);
    let why = "another menusync process is pushing this outlet; try again when it has finished";
    Outcome::new(target, PassResult::Held, OutletState::of(&Facts::of_push(pending)), Some(why.to_owned()))
}

/// The outcome of a pass that broke off. A push on its way and a pause are said all the same, as far as they are known.
async fn broken_off(context: &Context, target: &Target, error: &PassError) -> Outcome {
    let (result, look) = match error {
        PassError::PinConflict { .. } => (PassResult::Held, Look::PinConflict),
        _ => (PassResult::Failed, Look::Failed),
    };
    let now = context.clock.now();
    let (recalled, unread) = match error {
        PassError::State(_) | PassError::Memory { .. } => (None, None),
        _ => {
            recall(&context.state, &target.id, now).await.map_or_else(|why| (None, Some(why)), |all| (Some(all), None))
        }
    };
    let pending = recalled.as_ref().and_then(|recalled| progress(context, recalled, now));
    let paused = recalled.is_some_and(|recalled| recalled.pause.is_some());
    let state = OutletState::of(&Facts { valid: true, paused, pending, look });
    let why = [Some(error), unread.as_ref()].into_iter().flatten().map(|error| chain(error)).collect::<Vec<_>>();
    Outcome::new(target, result, state, Some(why.join("; "))).after_breaking_off(error, now)
}

/// The walk under the outlet's lock.
async fn run_locked<R: Read + Write>(
    context: &Context,
    mut slot: Option<Slot>,
    remote: &R,
    target: &Target,
    desired: &Desired,
    options: &PassOptions,
) -> Result<Outcome, PassError> {
    let visit = Visit { context, remote, target };
    let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
    let pass = Pass { visit: &visit, desired, options };
    let earlier = match visit.finish_pending(recalled, &mut slot).await? {
        (Earlier::None, recalled) => return pass.run(slot, recalled, None).await,
        (earlier, _) => earlier,
    };
    let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
    let earlier = match earlier {
        Earlier::Open(outcome) => return Ok(outcome),
        Earlier::Arrived(arrival) => {
            // What is pinned stays so: what the files say under it is not what was pushed.
            let pinned = desired_now(&recalled, target, desired, pass.moment(context.clock.now()))?;
            Pass { visit: &visit, desired: &pinned, options }.after_arrival(arrival, recalled.clone()).await?
        }
        Earlier::Settled(outcome) => outcome,
        Earlier::None => return pass.run(slot, recalled, None).await,
    };
    match pass.run(slot, recalled, Some(earlier.clone())).await {
        // At least the earlier push was seen to end.
        Err(PassError::Withdrawn) => Ok(earlier),
        done => done,
    }
}

/// Sees a push through that an earlier pass of this outlet has left, and plans nothing new: for an outlet whose files are
/// invalid now, or bring an image that would be refused. Stock that the publication overwrote is set again.
pub async fn finish_pending_push<R: Read + Write>(context: &Context, remote: &R, target: &Target) {
    let finish = async {
        if context.state.pending_push(target.id.as_str()).await?.is_none() {
            return Ok(());
        }
        let _lock = lock_outlet(&context.state_dir, target.id.as_str()).await?;
        let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
        Visit { context, remote, target }.finish_pending(recalled, &mut None).await.map(drop)
    };
    if let Err(error) = finish.await {
        let error: PassError = error;
        tracing::warn!(outlet = %target.id, error = %chain(&error), "cannot look for a push that was not seen to arrive");
    }
}

/// Examines one outlet without touching it, and stores how it stands.
pub async fn observe<R: Read>(
    context: &Context,
    slot: Option<Slot>,
    remote: &R,
    target: &Target,
    desired: &Desired,
) -> Outcome {
    let look = async {
        let now = context.clock.now();
        let recalled = recall(&context.state, &target.id, now).await?;
        let pending = progress(context, &recalled, now);
        if desired.paused {
            let state = OutletState::of(&Facts { valid: true, paused: true, pending, look: Look::Stored(None) });
            return Ok(Outcome::new(target, PassResult::Unchanged, state, None));
        }
        let _slot = match slot {
            None => context.slot().await,
            slot => slot,
        };
        let (desired, examined) = examine(remote, recalled, target, desired, Moment::new(now, &context.peers)).await?;
        let pause = examined.recalled.pause;
        let facts = Facts { valid: true, paused: pause.is_some(), pending, look: Look::Examined(&examined) };
        let state = OutletState::of(&facts);
        note_if_free(context, target, &examined).await?;
        let why = reason(target, &desired, &examined, state);
        let opens_at = pause.and_then(|pause| pause.until);
        Ok(Outcome { opens_at, ..Outcome::new(target, PassResult::Unchanged, state, why).with_plan(examined.plan) })
    };
    let outcome: Outcome = match look.await {
        Ok(outcome) => outcome,
        Err(error @ PassError::PinConflict { .. }) => {
            Outcome { result: PassResult::Unchanged, ..broken_off(context, target, &error).await }
        }
        Err(error) => broken_off(context, target, &error).await,
    };
    store_if_free(context, target, outcome).await
}

/// An outlet whose files are invalid is not pushed, but what is done to its live menu meanwhile is still seen: live is
/// compared with the last verified push alone.
pub async fn observe_invalid<R: Read>(context: &Context, remote: &R, target: &Target, why: String) -> Outcome {
    let state = OutletState::of(&Facts::invalid());
    let plain = Outcome::new(target, PassResult::Unchanged, state, Some(why));
    let drift = async {
        let now = context.clock.now();
        let recalled = recall(&context.state, &target.id, now).await?;
        let Some(base) = &recalled.base else { return Ok(None) };
        let desired = Desired::of_last_push(base);
        let _slot = context.slot().await;
        let live =
            fetch_fresh(remote, Lane::Pass, &recalled.memory, &target.id, now, None, Some(&context.stop)).await?;
        let examined = compare(live, recalled, target, &desired, Moment::new(now, &context.peers));
        learn_base_if_free(context, target, &examined).await?;
        Ok::<_, PassError>(Some(examined.plan))
    };
    let outcome = match drift.await {
        Ok(Some(plan)) => plain.with_plan(plan),
        Ok(None) => plain,
        Err(error) => {
            tracing::warn!(outlet = %target.id, error = %chain(&error), "cannot look for drift of an outlet whose files are invalid");
            plain
        }
    };
    store_if_free(context, target, outcome).await
}

/// How far a pending push is.
fn progress(context: &Context, recalled: &Recalled, now: Timestamp) -> Option<PushProgress> {
    recalled.pending.as_ref().and_then(|pending| pending.progress(context.verify_timeout, now))
}

/// Why an outlet stands as it does, where the state alone does not say it.
pub fn reason(target: &Target, desired: &Desired, examined: &Examined, state: OutletState) -> Option<String> {
    match state {
        OutletState::Paused => {
            examined.recalled.pause.map(|pause| pause_note(&target.id, pause, &desired.policy.timezone).words)
        }
        OutletState::Held => {
            let held = examined.plan.held().map(|guard| format!("{}: {}", guard.guard, guard.message));
            Some(held.collect::<Vec<_>>().join("; "))
        }
        OutletState::Nonconvergent if examined.lost_again => Some(format!(
            "GoFood accepted this push {} times and never showed it; it is not sent again by itself until the files or the \
             live menu change; `menusync apply --outlet {}` sends it once more",
            super::LOST_AT_MOST,
            target.id
        )),
        OutletState::Nonconvergent => Some(rejected(&examined.plan)),
        OutletState::Queued => examined.window.as_ref().map(|(words, _)| words.clone()),
        OutletState::Drifted => examined.recalled.alarm.as_ref().map(|alarm| {
            format!(
                "{} ({}); a push of the menu brings lost ids back: `menusync drift --outlet {}` shows what was lost",
                alarm.what,
                alarm.raised_at.strftime("%Y-%m-%d %H:%M UTC"),
                target.id
            )
        }),
        _ => None,
    }
}

/// How many values are named that GoFood does not take.
const NAMED_AT_MOST: usize = 3;

fn rejected(plan: &OutletPlan) -> String {
    let is_rejected = |change: &&Change| !change.pushed && change.class == crate::plan::Class::Edit;
    let all: Vec<String> = plan
        .changes
        .iter()
        .filter(is_rejected)
        .map(|change| format!("{} (files {}, live {})", change.path, value_json(&change.to), value_json(&change.from)))
        .collect();
    let more = all.len().saturating_sub(NAMED_AT_MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<String> = all.into_iter().take(NAMED_AT_MOST).collect();
    format!(
        "accepted but not applied by GoFood; not retried until the file's value changes: {}{more}",
        named.join(", ")
    )
}

/// Stores how an outlet stands. Where that fails the outlet is `failed` with that reason: a state that cannot be written is
/// as bad as a platform that cannot be reached, and shown as such by whoever holds the outcome.
async fn store(context: &Context, target: &Target, outcome: Outcome) -> Outcome {
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
pub async fn store_failure(state: &SharedState, state_dir: &Path, target: &Target, outcome: Outcome, now: Timestamp) {
    let lock = lock_outlet(state_dir, target.id.as_str()).await;
    if !matches!(lock, Err(LockError::Held { .. })) {
        write_status(state, target, status(None, target, &outcome, now), outcome, now).await;
    }
}

/// The same for who only looks: who pushes the outlet at the moment says himself how it stands.
async fn store_if_free(context: &Context, target: &Target, outcome: Outcome) -> Outcome {
    match lock_outlet(&context.state_dir, target.id.as_str()).await {
        Err(LockError::Held { .. }) => outcome,
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
    let list = |lines: Vec<Value>| (!lines.is_empty()).then(|| Value::from(lines).to_string());
    // What is paused is not held back by guards.
    let judged = plan.into_iter().filter(|_| outcome.state != OutletState::Paused);
    let held = list(judged.flat_map(OutletPlan::held).map(|guard| json!(guard)).collect());
    let drift = list(plan.into_iter().flat_map(OutletPlan::unpushed_drift).map(drift_json).collect());
    let in_place = matches!(outcome.state, OutletState::InSync | OutletState::Drifted);
    StatusUpdate {
        state: outcome.state.as_str().to_owned(),
        name: Some(target.name.clone()),
        file: Some(target.file.to_string()),
        error: outcome.error.clone(),
        held,
        drift,
        last_verified: in_place.then_some(now),
        revision: revision.cloned().filter(|_| in_place),
    }
}

fn drift_json(change: &Change) -> Value {
    let Change { path, class, from, to, subject, since, contested, .. } = change;
    let since = since.map(|since| since.to_string());
    json!({
        "path": path, "class": class, "from": from, "to": to, "name": subject.name, "since": since, "contested": contested,
    })
}

/// A pause for people: `paused until 2027-02-08 13:00 WITA; …`
pub fn pause_note(outlet: &OutletId, pause: Pause, zone: &TimeZone) -> PauseNote {
    let at = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    let told = pause.until.map_or_else(|| format!("since {}", at(pause.since)), |until| format!("until {}", at(until)));
    let words = format!("paused {told}; `menusync resume --outlet {outlet}` ends that");
    PauseNote { since: pause.since, until: pause.until, words }
}

/// Stores what a look has shown: what the kitchen put back on sale (by the next look it may have sold it out again), what
/// happened to prices and drift, and which pins the files have released.
async fn note(context: &Context, target: &Target, examined: &Examined) -> Result<(), PassError> {
    let mut update = what_was_seen(context, target, examined)?;
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
        base: examined.recalled.base.as_ref().filter(|_| examined.base_learnt).map(|b| stored(b, id)).transpose()?,
        memory: (memory != examined.recalled.memory).then(|| stored(&memory, id)).transpose()?,
        ..OutletUpdate::default()
    })
}

async fn update_if_any(context: &Context, target: &Target, update: OutletUpdate) -> Result<(), PassError> {
    if update.is_empty() {
        return Ok(());
    }
    Ok(context.state.update_outlet(target.id.as_str(), update, context.clock.now()).await?)
}

/// The same for who only looks: pins stay as they are. Who pushes the outlet at the moment notes himself what there is; and
/// who has pushed it since it was recalled has left something newer than this look.
async fn note_if_free(context: &Context, target: &Target, examined: &Examined) -> Result<(), PassError> {
    let Some(_lock) = lock_if_unchanged(context, target, examined).await? else { return Ok(()) };
    update_if_any(context, target, what_was_seen(context, target, examined)?).await
}

async fn learn_base_if_free(context: &Context, target: &Target, examined: &Examined) -> Result<(), PassError> {
    let (Some(base), true) = (&examined.recalled.base, examined.base_learnt) else { return Ok(()) };
    let Some(_lock) = lock_if_unchanged(context, target, examined).await? else { return Ok(()) };
    let update = OutletUpdate { base: Some(stored(base, &target.id)?), ..OutletUpdate::default() };
    update_if_any(context, target, update).await
}

/// The lock of an outlet, if nobody has it and what is stored is what the examination began with.
async fn lock_if_unchanged(
    context: &Context,
    target: &Target,
    examined: &Examined,
) -> Result<Option<OutletLock>, PassError> {
    let Ok(lock) = lock_outlet(&context.state_dir, target.id.as_str()).await else { return Ok(None) };
    let Recalled { mut base, memory, pending, .. } = recall(&context.state, &target.id, context.clock.now()).await?;
    if examined.base_learnt {
        base.as_mut().map(|base| base.release_stock(&examined.live));
    }
    let known = &examined.recalled;
    let request = |pending: &Option<PendingPush>| pending.as_ref().map(|pending| pending.row.id);
    let is_same = (&base, &memory, request(&pending)) == (&known.base, &known.memory, request(&known.pending));
    Ok(is_same.then_some(lock))
}

impl<R: Read + Write> Pass<'_, R> {
    fn context(&self) -> &Context {
        self.visit.context
    }

    /// The walk after what became of an earlier push is known.
    async fn run(
        &self,
        slot: Option<Slot>,
        recalled: Recalled,
        earlier: Option<Outcome>,
    ) -> Result<Outcome, PassError> {
        if self.desired.paused {
            let facts = Facts { paused: true, ..Facts::of_look(Look::Stored(None)) };
            return Ok(self.visit.outcome(PassResult::Unchanged, &facts, None));
        }
        let pins_before = recalled.pins.clone();
        let (sent, desired) = match self.plan_push(slot, recalled, earlier).await? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Sent(sent, desired) => (*sent, *desired),
        };
        let pass = Pass { visit: self.visit, desired: &desired, options: self.options };
        let refused = sent.refused_stock();
        let mut outcome = pass.await_result(sent).await?;
        if let Some(refusal) = refused {
            outcome = self.push_stock_by_put(&refusal, outcome).await?;
        }
        self.undo_rollback(&pins_before).await?;
        Ok(outcome)
    }

    /// The platform refused the call for stock alone, so the stock goes with the whole menu, once: planned from what is live
    /// now, and held, sent and verified as every push of a menu. `rejected` is how the stock call ended.
    async fn push_stock_by_put(&self, refusal: &RemoteError, rejected: Outcome) -> Result<Outcome, PassError> {
        let Visit { context, target, .. } = *self.visit;
        tracing::warn!(outlet = %target.id, error = %refusal, "the stock call was refused; the whole menu carries the stock instead");
        let options = PassOptions { stock_by_put: true, ..self.options.clone() };
        let pass = Pass { visit: self.visit, desired: self.desired, options: &options };
        let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
        let instead = match pass.plan_push(None, recalled, None).await {
            Ok(Step::Done(outcome)) => outcome,
            Ok(Step::Sent(sent, desired)) => {
                Pass { visit: self.visit, desired: &desired, options: &options }.await_result(*sent).await?
            }
            Err(PassError::Withdrawn) => return Ok(rejected),
            Err(error) => {
                let now = context.clock.now();
                let why = rejected.error.iter().cloned().chain([chain(&error)]).collect::<Vec<_>>().join("; ");
                return Ok(Outcome { error: Some(why), ..rejected }.after_breaking_off(&error, now));
            }
        };
        let rest = instead.error.map(|error| format!(": {error}")).unwrap_or_default();
        let why = format!("{refusal}; the stock goes with a push of the whole menu instead{rest}");
        Ok(Outcome { error: Some(why), ..instead })
    }

    /// Looks, plans, and sends what may be sent. What that takes is dropped with its slot before the push is waited for.
    async fn plan_push(
        &self,
        slot: Option<Slot>,
        recalled: Recalled,
        earlier: Option<Outcome>,
    ) -> Result<Step, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let _slot = match slot {
            None => self.unless_withdrawn(context.slot()).await?,
            slot => slot,
        };
        let desired = desired_now(&recalled, target, self.desired, self.moment(context.clock.now()))?;
        let now = context.clock.now();
        let fetched = fetch_fresh(remote, Lane::Pass, &recalled.memory, &target.id, now, None, Some(&context.stop));
        let live = self.unless_withdrawn(fetched).await??;
        let examined = compare(live, recalled, target, &desired, self.moment(context.clock.now()));
        note(context, target, &examined).await?;
        match self.verdict(&desired, &examined, earlier.is_some()) {
            Verdict::Nothing => {
                let mut update = self.rollback_update(&desired)?;
                // A menu that reads empty teaches nothing: what is known of it may be needed again.
                let teaches = !examined.live.is_empty() || examined.base.is_none();
                if teaches && examined.base.as_ref() != Some(&examined.plan.next_base) {
                    update.base = Some(stored(&examined.plan.next_base, &target.id)?);
                }
                update_if_any(context, target, update).await?;
                let facts = Facts::of_look(Look::Examined(&examined));
                let state = OutletState::of(&facts);
                let why = reason(target, &desired, &examined, state);
                let result = match state {
                    OutletState::Nonconvergent => PassResult::Nonconvergent,
                    _ => PassResult::Unchanged,
                };
                let rest = self.visit.outcome(result, &facts, why).with_plan(examined.plan);
                Ok(Step::Done(match earlier {
                    Some(earlier) => Outcome { plan: rest.plan, ..earlier },
                    None => rest,
                }))
            }
            Verdict::Refused(result, state, reason, opens_at) => {
                if result == PassResult::Queued {
                    update_if_any(context, target, self.rollback_update(&desired)?).await?;
                }
                let outcome = Outcome::new(target, result, state, Some(reason)).with_plan(examined.plan);
                Ok(Step::Done(Outcome { opens_at, ..outcome }))
            }
            Verdict::Push if self.is_withdrawn() => Err(PassError::Withdrawn),
            Verdict::Push => {
                let pass = Pass { visit: self.visit, desired: &desired, options: self.options };
                let sent = pass.push(examined).await?;
                Ok(Step::Sent(Box::new(sent), Box::new(desired)))
            }
        }
    }

    /// From now on this pass's rollback is what is wanted, also by those that come later.
    fn rollback_update(&self, desired: &Desired) -> Result<OutletUpdate, PassError> {
        let pins = self.options.rollback.as_ref().map(|_| pins_json(&desired.pins, &self.visit.target.id));
        Ok(OutletUpdate { pins: pins.transpose()?, ..OutletUpdate::default() })
    }

    /// A rollback that the platform refused, or that never got there, has not happened.
    async fn undo_rollback(&self, before: &Pins) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        if self.options.rollback.is_none() {
            return Ok(());
        }
        let last = context.state.pushes(Some(target.id.as_str()), 1).await?.pop();
        match last.and_then(|push| push.outcome) {
            Some(PushOutcome::Rejected | PushOutcome::Failed) => {
                let pins = Some(pins_json(before, &target.id)?);
                update_if_any(context, target, OutletUpdate { pins, ..OutletUpdate::default() }).await
            }
            _ => Ok(()),
        }
    }

    fn is_withdrawn(&self) -> bool {
        self.visit.is_stopping() || self.options.withdrawn.as_ref().is_some_and(|withdrawn| *withdrawn.borrow())
    }

    /// Waits for a step that comes before anything is sent, but only while the pass is still wanted.
    async fn unless_withdrawn<T>(&self, step: impl Future<Output = T>) -> Result<T, PassError> {
        let withdrawn = async {
            match &self.options.withdrawn {
                Some(withdrawn) => until(withdrawn.clone()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = until(self.context().stop.clone()) => Err(PassError::Withdrawn),
            () = withdrawn => Err(PassError::Withdrawn),
            done = step => Ok(done),
        }
    }

    /// Whether to push what was examined.
    fn verdict(&self, desired: &Desired, examined: &Examined, has_earlier: bool) -> Verdict {
        let pause = examined.recalled.pause;
        let facts = Facts { paused: pause.is_some(), ..Facts::of_look(Look::Examined(examined)) };
        let state = OutletState::of(&facts);
        let target = self.visit.target;
        let refused = |result, opens_at| {
            let why = reason(target, desired, examined, state).unwrap_or_default();
            Verdict::Refused(result, state, why, opens_at)
        };
        let plan = &examined.plan;
        if let Some(pause) = pause {
            let is_asked = self.options.rollback.is_some() || matches!(self.options.consent, Consent::Agreed(_));
            return refused(if is_asked { PassResult::Held } else { PassResult::Unchanged }, pause.until);
        }
        // Nothing was left to do after the push that this pass found: whatever was agreed to is done.
        if has_earlier && plan.action == Action::None && !plan.is_held() {
            return Verdict::Nothing;
        }
        if let Consent::Agreed(shown) | Consent::ShowOnly(shown) = &self.options.consent
            && *shown != plan.digest
        {
            let now = match plan.action {
                Action::None => "nothing is left to push".to_owned(),
                _ => format!("now {}, was {shown}", plan.digest),
            };
            let why = format!("the plan changed after it was shown ({now}); nothing was pushed");
            return Verdict::Refused(PassResult::Held, state, why, None);
        }
        match state {
            OutletState::Held => refused(PassResult::Held, None),
            _ if plan.action == Action::None => Verdict::Nothing,
            // Who agreed to it has seen that it was lost, and wants it once more.
            OutletState::Nonconvergent if !matches!(self.options.consent, Consent::Agreed(_)) => {
                refused(PassResult::Nonconvergent, None)
            }
            OutletState::Queued => {
                // It was open when the plan was shown.
                let is_agreed = matches!(self.options.consent, Consent::Agreed(_));
                let result = if is_agreed { PassResult::Held } else { PassResult::Queued };
                refused(result, examined.window.as_ref().and_then(|(_, opens_at)| *opens_at))
            }
            _ if matches!(self.options.consent, Consent::ShowOnly(_)) => {
                let why = "left out: nobody agreed to this push; `menusync apply` asks again".to_owned();
                Verdict::Refused(PassResult::Held, state, why, None)
            }
            _ => Verdict::Push,
        }
    }

    /// How an outlet stands right after a push was seen to arrive.
    pub(super) async fn after_arrival(
        &self,
        arrival: super::verify::Arrival,
        recalled: Recalled,
    ) -> Result<Outcome, PassError> {
        let Visit { context, target, .. } = *self.visit;
        let moment = self.moment(arrival.seen_at);
        let examined = compare(arrival.live, recalled, target, self.desired, moment);
        note(context, target, &examined).await?;
        let look = if arrival.unrestored.is_some() { Look::Failed } else { Look::Examined(&examined) };
        let facts = Facts::of_look(look);
        let state = OutletState::of(&facts);
        let why = arrival.unrestored.or_else(|| reason(target, self.desired, &examined, state));
        let outcome = self.visit.outcome(PassResult::Published, &facts, why).with_plan(examined.plan);
        Ok(Outcome { request_id: Some(arrival.request_id), ..outcome })
    }
}

/// How far the walk got with a slot in hand.
enum Step {
    Done(Outcome),
    /// A push went out, of this.
    Sent(Box<Sent>, Box<Desired>),
}

enum Verdict {
    Nothing,
    Refused(PassResult, OutletState, String, Option<Timestamp>),
    Push,
}

/// The target of an outlet, for tests and callers that have no file at hand.
impl Target {
    /// A target.
    pub fn new(id: impl Into<OutletId>, name: impl Into<String>, file: impl Into<Arc<str>>) -> Self {
        Self { id: id.into(), name: name.into(), file: file.into() }
    }
}
