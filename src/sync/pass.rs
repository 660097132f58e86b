//! The walk: look, plan, judge, and push if there is reason and leave.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::{Action, Base, Change, Class, Inputs, OutletPlan, Past, Pins, plan},
    policy::Policy,
    remote::{Read, Write},
    state::{LockError, Pause, PushOutcome, SharedStore, StatusUpdate, try_lock_outlet},
};

use super::{
    Context, Mandate, Outcome, OutletState, PassError, PassResult, Slot, Wanted,
    alarm::heed,
    fetch::fetch_fresh,
    memory::{memory_of, remember_days},
    pins::{keep_pins, pinned, pins_of},
    push::{self, Sent},
    until,
};

/// A push that was accepted and lost this often in a row is not sent again by itself (our choice).
const LOST_AT_MOST: u32 = 2;

/// What is remembered of an outlet's last verified push.
pub fn base_of(store: &SharedStore, outlet: &OutletId) -> Result<Option<Base>, PassError> {
    let row = store.with(|store| store.outlet(outlet.as_str()))?;
    let Some(base) = row.and_then(|row| row.base) else { return Ok(None) };
    serde_json::from_str(&base).map(Some).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })
}

/// The base, up to date with what the kitchen has put back on sale. That is remembered whatever becomes of this pass: by the
/// next one the kitchen may have sold it out again. For who holds the outlet's lock.
pub(super) fn base_for(context: &Context, outlet: &OutletId, live: &LiveCatalog) -> Result<Option<Base>, PassError> {
    let Some(mut base) = base_of(&context.store, outlet)? else { return Ok(None) };
    if base.release_stock(live) {
        set_base(context, outlet, &base)?;
    }
    Ok(Some(base))
}

fn set_base(context: &Context, outlet: &OutletId, base: &Base) -> Result<(), PassError> {
    let json = push::json(base, outlet)?;
    Ok(context.store.with(|store| store.set_base(outlet.as_str(), &json, context.clock.now()))?)
}

/// What a push would do, seen from `base` and with what `past` says of earlier days. Reads only.
pub async fn preview<R: Read>(
    remote: &R,
    base: Option<&Base>,
    wanted: &Wanted,
    mandate: &Mandate,
    peers: &crate::plan::PeerPrices,
    past: &Past,
) -> Result<OutletPlan, PassError> {
    let live = remote.fetch(&wanted.outlet).await?;
    Ok(planned(wanted, &inputs(wanted, base, &live, mandate, peers, past)))
}

/// The plan, with the guards released that were approved for exactly this one, and what is pinned in it.
pub(super) fn planned(wanted: &Wanted, inputs: &Inputs<'_>) -> OutletPlan {
    let mut plan = plan(inputs);
    plan.keep_sold_out(&wanted.pins);
    plan.pins = wanted.pins.clone();
    if let Some(now) = inputs.past.at {
        plan.release(&wanted.approvals, now);
    }
    plan
}

pub(super) fn inputs<'a>(
    wanted: &'a Wanted,
    base: Option<&'a Base>,
    live: &'a LiveCatalog,
    mandate: &'a Mandate,
    peers: &'a crate::plan::PeerPrices,
    past: &'a Past,
) -> Inputs<'a> {
    Inputs {
        outlet: &wanted.outlet,
        desired: &wanted.catalog,
        base,
        live,
        policy: &wanted.policy,
        revert: mandate.revert,
        released: &mandate.released,
        peers,
        ended: &wanted.ended,
        past,
        place: &*wanted.place,
    }
}

/// One pass over one outlet, with the slot that the caller took to compose what is wanted (`None`: it takes one itself). It
/// ends with an outcome whatever happens, and the outcome is remembered.
pub async fn pass<R: Read + Write>(
    context: &Context,
    slot: Option<Slot>,
    remote: &R,
    wanted: &Wanted,
    mandate: &Mandate,
) -> Outcome {
    let plain = |result, state, why| Outcome::new(&wanted.outlet, &wanted.name, result, state, Some(why));
    let outcome = match alone(context, slot, remote, wanted, mandate).await {
        Ok(outcome) => outcome,
        Err(PassError::Lock(LockError::Held { .. })) => plain(
            PassResult::Held,
            OutletState::Pushing,
            "another menusync process is pushing this outlet; try again when it has finished".to_owned(),
        ),
        // Nothing was learnt, so nothing is remembered either.
        Err(PassError::Withdrawn) => return Outcome::withdrawn(&wanted.outlet, &wanted.name),
        Err(error @ PassError::Misfit { .. }) => plain(PassResult::Held, OutletState::Held, chain(&error)),
        Err(error) => plain(PassResult::Failed, OutletState::Failed, chain(&error)).after_breaking_off(&error),
    };
    let outcome = heed(context, outcome);
    // A rollback that is held has not happened: the outlet stands as it stood, and nothing waits to be let through.
    if mandate.rollback.is_none() || outcome.result != PassResult::Held {
        remember(context, &wanted.file, &outcome);
    }
    outcome
}

/// The walk under the outlet's lock, with what is pinned there laid over what the files say. Pins that the files have released
/// are dropped for good.
async fn alone<R: Read + Write>(
    context: &Context,
    mut slot: Option<Slot>,
    remote: &R,
    wanted: &Wanted,
    mandate: &Mandate,
) -> Result<Outcome, PassError> {
    let _lock = try_lock_outlet(&context.state_dir, wanted.outlet.as_str())?;
    let pins = match &mandate.rollback {
        Some(pins) => pins.clone(),
        None => pins_of(&context.store, &wanted.outlet)?,
    };
    match pinned(wanted, &pins, context.clock.now()) {
        Ok(wanted) => {
            if mandate.rollback.is_none() && wanted.pins != pins {
                keep_pins(&context.store, &wanted.outlet, &wanted.pins)?;
            }
            Pass { context, remote, wanted: &wanted, mandate }.run(slot).await
        }
        Err(misfit) => {
            Pass { context, remote, wanted, mandate }.resume(&mut slot).await?;
            Err(misfit)
        }
    }
}

/// Sees a push through that an earlier pass of this outlet has left, and plans nothing new: for an outlet whose files are
/// invalid now, or bring an image that would be refused. Stock that the publication overwrote is set again.
pub async fn see_through<R: Read + Write>(
    context: &Context,
    remote: &R,
    outlet: &OutletId,
    name: &str,
    file: &Arc<str>,
) {
    let seen = async {
        let open = context.store.with(|store| store.unfinished_push(outlet.as_str()))?;
        if open.is_none() {
            return Ok(());
        }
        let _lock = try_lock_outlet(&context.state_dir, outlet.as_str())?;
        let wanted = Wanted {
            outlet: outlet.clone(),
            name: name.to_owned(),
            file: Arc::clone(file),
            catalog: base_of(&context.store, outlet)?.map(|base| base.catalog).unwrap_or_default(),
            policy: Policy::default(),
            windows: Vec::new(),
            ended: BTreeSet::new(),
            paused: false,
            approvals: Vec::new(),
            place: Arc::new(|_| None),
            pins: Pins::default(),
        };
        let walk = Pass { context, remote, wanted: &wanted, mandate: &Mandate::default() };
        walk.resume(&mut None).await.map(drop)
    };
    if let Err(error) = seen.await {
        let error: PassError = error;
        tracing::warn!(%outlet, error = %chain(&error), "cannot look for a push that was not seen to arrive");
    }
}

/// An error and what caused it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

/// Stores how an outlet stands. That this fails is logged: the pass has ended as it has.
pub(super) fn remember(context: &Context, file: &str, outcome: &Outcome) {
    if outcome.state == OutletState::Pushing {
        // Another process is at it and will say how it stands.
        return;
    }
    let now = context.clock.now();
    let plan = outcome.plan.as_deref();
    let list = |lines: Vec<Value>| (!lines.is_empty()).then(|| Value::from(lines).to_string());
    // What is paused is not held back by guards.
    let judged = plan.into_iter().filter(|_| outcome.state != OutletState::Paused);
    let held = list(judged.flat_map(OutletPlan::held).map(|guard| json!(guard)).collect());
    let drift = list(plan.into_iter().flat_map(OutletPlan::kept).map(told_drift).collect());
    let in_place = matches!(outcome.state, OutletState::InSync | OutletState::Drifted);
    let status = StatusUpdate {
        state: outcome.state.as_str(),
        name: Some(&outcome.name),
        file: Some(file),
        error: outcome.error.as_deref(),
        held: held.as_deref(),
        drift: drift.as_deref(),
        last_verified: in_place.then_some(now),
        revision: context.revision.as_deref().filter(|_| in_place),
    };
    let stored = context.store.with(|store| store.set_status(outcome.outlet.as_str(), &status, now));
    if let Err(error) = stored {
        tracing::error!(outlet = %outcome.outlet, error = %chain(&error), "cannot remember how the pass ended");
    }
}

fn told_drift(change: &Change) -> Value {
    let Change { path, class, from, to, subject, since, contested, .. } = change;
    let since = since.map(|since| since.to_string());
    json!({
        "path": path, "class": class, "from": from, "to": to, "name": subject.name, "since": since, "contested": contested,
    })
}

/// A pause for people: `paused until 2027-02-08 13:00 WITA; …`
pub fn paused_words(outlet: &OutletId, pause: Pause, zone: &TimeZone) -> String {
    let at = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    let told = pause.until.map_or_else(|| format!("since {}", at(pause.since)), |until| format!("until {}", at(until)));
    format!("paused {told}; `menusync resume --outlet {outlet}` ends that")
}

/// What a walk carries along.
pub(super) struct Pass<'a, R> {
    pub(super) context: &'a Context,
    pub(super) remote: &'a R,
    pub(super) wanted: &'a Wanted,
    pub(super) mandate: &'a Mandate,
}

impl<R: Read + Write> Pass<'_, R> {
    async fn run(&self, mut slot: Option<Slot>) -> Result<Outcome, PassError> {
        let earlier = match self.resume(&mut slot).await? {
            Earlier::Open(outcome) => return Ok(outcome),
            Earlier::Ended(outcome) => Some(outcome),
            Earlier::None => None,
        };
        if self.wanted.paused {
            return Ok(self.outcome(PassResult::Unchanged, OutletState::Paused, None));
        }
        match (self.go_on(slot, earlier.clone()).await, earlier) {
            // At least the earlier push was seen to end.
            (Err(PassError::Withdrawn), Some(earlier)) => Ok(earlier),
            (done, _) => done,
        }
    }

    /// The walk after what became of an earlier push is known.
    async fn go_on(&self, slot: Option<Slot>, earlier: Option<Outcome>) -> Result<Outcome, PassError> {
        let sent = match self.decide(slot, earlier).await? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Sent(sent) => sent,
        };
        let (sent, before) = *sent;
        let outcome = self.conclude(sent).await?;
        self.undo_rollback(&before)?;
        Ok(outcome)
    }

    /// Looks, plans, and sends what may be sent. What that takes is dropped with its slot before the push is waited for.
    async fn decide(&self, slot: Option<Slot>, earlier: Option<Outcome>) -> Result<Step, PassError> {
        let _slot = match slot {
            None => self.unless_withdrawn(self.context.slot()).await?,
            slot => slot,
        };
        let (context, outlet) = (self.context, &self.wanted.outlet);
        let memory = memory_of(&context.store, outlet)?;
        let fetched = fetch_fresh(self.remote, &memory, outlet, &context.clock, &context.stop);
        let live = self.unless_withdrawn(fetched).await??;
        let base = self.base_for(&live)?;
        let past = memory.at(context.clock.now());
        let inputs = inputs(self.wanted, base.as_ref(), &live, self.mandate, &self.context.peers, &past);
        let plan = planned(self.wanted, &inputs);
        self.note(&plan)?;
        let verdict = match (self.pause_of()?, &earlier) {
            (Some(pause), _) => self.paused(pause),
            // Nothing was left to do after the push that this pass found: whatever was agreed to is done.
            (None, Some(_)) if plan.action == Action::None && !plan.is_held() => Verdict::Nothing,
            (None, _) => self.verdict(&plan)?,
        };
        match verdict {
            Verdict::Nothing => {
                self.keep_rollback()?;
                // A menu that reads empty teaches nothing: what is remembered of it may be needed again.
                if !live.is_empty() || base.is_none() {
                    self.follow(base.as_ref(), &plan)?;
                }
                let rest = self.at_rest(PassResult::Unchanged, plan);
                Ok(Step::Done(match earlier {
                    Some(earlier) => Outcome { plan: rest.plan, ..earlier },
                    None => rest,
                }))
            }
            Verdict::Refused(result, state, reason, opens_at) => {
                if result == PassResult::Queued {
                    self.keep_rollback()?;
                }
                Ok(Step::Done(Outcome { opens_at, ..self.outcome(result, state, Some(reason)).with_plan(plan) }))
            }
            Verdict::Push if self.is_withdrawn() => Err(PassError::Withdrawn),
            Verdict::Push => {
                let before = pins_of(&self.context.store, &self.wanted.outlet)?;
                Ok(Step::Sent(Box::new((self.push(&inputs, plan).await?, before))))
            }
        }
    }

    /// From now on this pass's rollback is what is wanted, also by those that come later.
    fn keep_rollback(&self) -> Result<(), PassError> {
        match &self.mandate.rollback {
            Some(_) => keep_pins(&self.context.store, &self.wanted.outlet, &self.wanted.pins),
            None => Ok(()),
        }
    }

    /// A rollback that the platform refused, or that never got there, has not happened.
    fn undo_rollback(&self, before: &Pins) -> Result<(), PassError> {
        let last = self.context.store.with(|store| store.last_push(self.wanted.outlet.as_str()))?;
        let ended = last.and_then(|push| push.outcome);
        match (&self.mandate.rollback, ended) {
            (Some(_), Some(PushOutcome::Rejected | PushOutcome::Failed)) => {
                keep_pins(&self.context.store, &self.wanted.outlet, before)
            }
            _ => Ok(()),
        }
    }

    /// Whether somebody has paused the outlet by a command.
    fn pause_of(&self) -> Result<Option<Pause>, PassError> {
        let (id, now) = (self.wanted.outlet.as_str(), self.context.clock.now());
        Ok(self.context.store.with(|store| store.pause(id, now))?)
    }

    fn paused(&self, pause: Pause) -> Verdict {
        let result = if self.mandate.rollback.is_some() { PassResult::Held } else { PassResult::Unchanged };
        let reason = paused_words(&self.wanted.outlet, pause, &self.wanted.policy.timezone);
        Verdict::Refused(result, OutletState::Paused, reason, pause.until)
    }

    pub(super) fn base_for(&self, live: &LiveCatalog) -> Result<Option<Base>, PassError> {
        base_for(self.context, &self.wanted.outlet, live)
    }

    fn set_base(&self, base: &Base) -> Result<(), PassError> {
        set_base(self.context, &self.wanted.outlet, base)
    }

    pub(super) fn stopping(&self) -> bool {
        *self.context.stop.borrow()
    }

    fn is_withdrawn(&self) -> bool {
        self.stopping() || self.mandate.withdrawn.as_ref().is_some_and(|withdrawn| *withdrawn.borrow())
    }

    /// Waits for a step that comes before anything is sent, but only while the pass is still wanted.
    async fn unless_withdrawn<T>(&self, step: impl Future<Output = T>) -> Result<T, PassError> {
        let withdrawn = async {
            match &self.mandate.withdrawn {
                Some(withdrawn) => until(withdrawn.clone()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = until(self.context.stop.clone()) => Err(PassError::Withdrawn),
            () = withdrawn => Err(PassError::Withdrawn),
            done = step => Ok(done),
        }
    }

    fn verdict(&self, plan: &OutletPlan) -> Result<Verdict, PassError> {
        let refused = |result, state, reason: String| Ok(Verdict::Refused(result, state, reason, None));
        if let Some(expected) = self.mandate.expected.as_ref().filter(|expected| **expected != plan.digest) {
            let reason =
                format!("the plan is not the one that was agreed to any more: {} instead of {expected}", plan.digest);
            return refused(PassResult::Held, OutletState::Pending, reason);
        }
        // Also where nothing would be sent: a menu that vanished is said.
        if plan.is_held() {
            let told: Vec<String> = plan.held().map(|guard| format!("{}: {}", guard.guard, guard.message)).collect();
            return refused(PassResult::Held, OutletState::Held, told.join("; "));
        }
        if plan.action == Action::None {
            return Ok(Verdict::Nothing);
        }
        if self.mandate.expected.is_none() && self.was_lost_again(plan)? {
            let reason = format!(
                "GoFood accepted this push {LOST_AT_MOST} times and never showed it; it is not sent again by itself until the \
                 files or the live menu change; `menusync apply --outlet {}` sends it once more",
                self.wanted.outlet
            );
            return refused(PassResult::Nonconvergent, OutletState::Nonconvergent, reason);
        }
        Ok(self.wanted.waits(self.context.clock.now()).map_or(Verdict::Push, |(reason, opens_at)| {
            Verdict::Refused(PassResult::Queued, OutletState::Queued, reason, opens_at)
        }))
    }

    /// Whether this very push was accepted and never seen so often that sending it once more is no use. (A text that the
    /// platform cuts to what was there before looks like that.) Stock that rides with it does not wait for that.
    fn was_lost_again(&self, plan: &OutletPlan) -> Result<bool, PassError> {
        if plan.action != Action::Put || plan.pushed().any(Change::is_stock) {
            return Ok(false);
        }
        let outlet = self.wanted.outlet.as_str();
        let lost = self.context.store.with(|store| store.lost_in_a_row(outlet, &plan.digest.0, LOST_AT_MOST))?;
        Ok(lost >= LOST_AT_MOST)
    }

    /// Remembers what a look has shown.
    fn note(&self, plan: &OutletPlan) -> Result<(), PassError> {
        let now = self.context.clock.now();
        remember_days(self.context, &self.wanted.outlet, |memory| memory.note(plan, now)).map(drop)
    }

    /// Nothing is pushed, but what both sides agree on becomes the base.
    fn follow(&self, base: Option<&Base>, plan: &OutletPlan) -> Result<(), PassError> {
        if base == Some(&plan.next_base) { Ok(()) } else { self.set_base(&plan.next_base) }
    }

    /// How an outlet stands in a pass that pushes nothing (more).
    pub(super) fn at_rest(&self, result: PassResult, plan: OutletPlan) -> Outcome {
        let state = if plan.action == Action::None { resting_state(&plan) } else { OutletState::Pending };
        self.outcome(result, state, None).with_plan(plan)
    }

    pub(super) fn outcome(&self, result: PassResult, state: OutletState, error: Option<String>) -> Outcome {
        Outcome::new(&self.wanted.outlet, &self.wanted.name, result, state, error)
    }
}

/// What became of a push that an earlier pass left unfinished.
pub(super) enum Earlier {
    /// There is none; or it is not coming any more.
    None,
    /// It is still out, so nothing else may be sent.
    Open(Outcome),
    /// It has ended in this pass. The files may say something else by now, so the walk goes on.
    Ended(Outcome),
}

/// How an outlet stands where there is nothing to push.
pub(super) fn resting_state(plan: &OutletPlan) -> OutletState {
    let stuck = plan.changes.iter().any(|change| !change.pushed && change.class == Class::Edit);
    match plan.kept().next() {
        _ if stuck => OutletState::Nonconvergent,
        Some(_) => OutletState::Drifted,
        None => OutletState::InSync,
    }
}

/// How far the walk got with a slot in hand.
enum Step {
    Done(Outcome),
    /// A push went out; and what was pinned before it.
    Sent(Box<(Sent, Pins)>),
}

enum Verdict {
    Nothing,
    Refused(PassResult, OutletState, String, Option<Timestamp>),
    Push,
}
