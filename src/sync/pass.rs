//! The walk: examine, judge, and push if there is reason and leave.

use std::sync::Arc;

use super::{
    Context, Desired, Examined, Facts, Look, Outcome, OutletState, PassError, PassOptions, PassResult, Recalled, Slot,
    Target,
    before_push::Pushed,
    broken_off::{at_another, broken_off},
    chain,
    examine::{compare, desired_now, judge_promotions, list_promotions, manages, with_promotions},
    fetch::{Marks, fetch_fresh},
    memory::{json as stored, pins_json, recall, update_if_any},
    note::{note, store},
    promote::{PlannedPromotions, is_well},
    push::Sent,
    reason::reason,
    rollout::ask_rollout,
    unchanged::remember,
    until,
    verdict::{Verdict, refused},
    verify::Earlier,
    visit::{Pass, Visit},
};
use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::{Action, Pins, PromotionOp, PromotionStep, behind_until},
    remote::{Fetched, Lane, Read, RemoteError, Write},
    state::{OutletUpdate, PushOutcome},
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
    let _lock = match context.state.hold(target.id.as_str()).await {
        Ok(lock) => lock,
        Err(error) if error.is_held() => return at_another(context, target).await,
        Err(error) => return store(context, target, broken_off(context, target, &error.into()).await).await,
    };
    let outcome = match run_locked(context, slot, remote, target, desired, options).await {
        Ok(outcome) => outcome,
        // Nothing was learnt, so nothing is stored either.
        Err(PassError::Withdrawn) => return Outcome::withdrawn(target),
        Err(PassError::State(error)) if error.is_of_others() => {
            return Outcome { error: Some(chain(&error)), ..at_another(context, target).await };
        }
        Err(error) => broken_off(context, target, &error).await,
    };
    if outcome.was_withdrawn() {
        return outcome;
    }
    // A rollback that is held has not happened: the outlet stands as it stood, and nothing waits to be let through.
    if options.rollback.is_none() || outcome.result != PassResult::Held {
        return store(context, target, outcome).await;
    }
    outcome
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
    // Boxed, as are the other long walks: one future with room for all of them is more than a thread's stack holds in a
    // debug build.
    let visit = Visit { context, remote, target };
    let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
    let pass = Pass { visit: &visit, desired, options };
    let earlier = match Box::pin(visit.finish_pending(recalled, &mut slot)).await? {
        (Earlier::None, recalled) => return Box::pin(pass.settle_and_run(slot, recalled, None)).await,
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
        Earlier::None => return Box::pin(pass.settle_and_run(slot, recalled, None)).await,
    };
    match Box::pin(pass.settle_and_run(slot, recalled, Some(earlier.clone()))).await {
        // At least the earlier push was seen to end.
        Err(PassError::Withdrawn) => Ok(earlier),
        Ok(outcome) if outcome.was_withdrawn() => Ok(Outcome { switches: outcome.switches, ..earlier }),
        done => done,
    }
}

/// Sees a push through that an earlier pass of this outlet has left, and plans nothing new: for an outlet whose files are
/// invalid now, or bring an image that would be refused. Stock that the publication overwrote is set again. `slot` is given
/// back if there is one to wait for.
pub async fn finish_pending_push<R: Read + Write>(
    context: &Context,
    slot: &mut Option<Slot>,
    remote: &R,
    target: &Target,
) {
    let finish = async {
        if context.state.pending_push(target.id.as_str()).await?.is_none() {
            return Ok(());
        }
        let _lock = context.state.hold(target.id.as_str()).await?;
        let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
        Visit { context, remote, target }.finish_pending(recalled, slot).await.map(drop)
    };
    if let Err(error) = finish.await {
        let error: PassError = error;
        tracing::warn!(outlet = %target.id, error = %chain(&error), "cannot look for a push that was not seen to arrive");
    }
}

impl<R: Read + Write> Pass<'_, R> {
    fn context(&self) -> &Context {
        self.visit.context
    }

    /// The walk, after switches of stock that have reached their end.
    async fn settle_and_run(
        &self,
        mut slot: Option<Slot>,
        recalled: Recalled,
        earlier: Option<Outcome>,
    ) -> Result<Outcome, PassError> {
        let (settled, look) = Box::pin(self.settle_switches(&recalled, &mut slot)).await?;
        let recalled = match recalled.switches.is_empty() {
            true => recalled,
            false => recall(&self.context().state, &self.visit.target.id, self.context().clock.now()).await?,
        };
        match Box::pin(self.run(slot, recalled, earlier, look)).await {
            Ok(outcome) => Ok(settled.put_into(outcome)),
            Err(PassError::Withdrawn) => settled.of_withdrawn(self.visit.target).ok_or(PassError::Withdrawn),
            Err(error) => {
                let Visit { context, target, .. } = *self.visit;
                Ok(settled.put_into(broken_off(context, target, &error).await))
            }
        }
    }

    /// The walk after what became of an earlier push is known. `look`: what switches of stock were just judged by.
    async fn run(
        &self,
        slot: Option<Slot>,
        recalled: Recalled,
        earlier: Option<Outcome>,
        look: Option<Fetched>,
    ) -> Result<Outcome, PassError> {
        if self.desired.paused {
            let facts = Facts { paused: true, ..Facts::of_look(Look::Stored(None)) };
            return Ok(self.visit.outcome(PassResult::Unchanged, &facts, None));
        }
        let pins_before = recalled.pins.clone();
        let (sent, desired, promotions) = match Box::pin(self.plan_push(slot, recalled, earlier, look)).await? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Sent(sent, desired, promotions) => (sent, *desired, promotions),
        };
        let pass = Pass { visit: self.visit, desired: &desired, options: self.options };
        let Some(sent) = sent else { return Box::pin(pass.after_push(None, &promotions)).await };
        let refused = sent.refused_stock();
        let awaited = async {
            let mut outcome = Box::pin(pass.await_result(*sent)).await?;
            if let Some(refusal) = refused {
                outcome = Box::pin(self.push_stock_by_put(&refusal, outcome)).await?;
            }
            self.undo_rollback(&pins_before).await?;
            pass.promote_after(outcome, &promotions).await
        };
        let done = Box::pin(awaited).await;
        pass.keep_ends(done, promotions.ended).await
    }

    /// Makes and ends what was planned with a push, if that has arrived.
    async fn promote_after(&self, outcome: Outcome, promotions: &PlannedPromotions) -> Result<Outcome, PassError> {
        if !promotions.steps.iter().any(|step| step.op.is_sent()) {
            return Ok(outcome);
        }
        match outcome.result {
            PassResult::Published => match Box::pin(self.still_to_do(&promotions.steps)).await? {
                Ok(promotions) => Box::pin(self.after_push(Some(outcome), &promotions)).await,
                Err(why) => {
                    let left = format!("promotions are made and ended in a later pass: {why}");
                    let why = outcome.error.into_iter().chain([left]).collect::<Vec<_>>().join("; ");
                    Ok(Outcome { error: Some(why), ..outcome })
                }
            },
            // The prices that they are measured by may not be live.
            _ => {
                let left = "; promotions are neither made nor ended until the menu is as the files want it";
                Ok(Outcome { error: Some(outcome.error.unwrap_or_default() + left), ..outcome })
            }
        }
    }

    /// Of the promotions that were planned with a push, what is still to be done now that it has arrived: waiting for it may
    /// have taken long. `Err` in words: why nothing is.
    async fn still_to_do(&self, steps: &[PromotionStep]) -> Result<Result<PlannedPromotions, String>, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let now = context.clock.now();
        let recalled = recall(&context.state, &target.id, now).await?;
        if self.is_withdrawn() {
            return Ok(Err("this pass is not wanted any more".to_owned()));
        }
        if recalled.pause.is_some() {
            return Ok(Err("the outlet was paused meanwhile".to_owned()));
        }
        // What was ended for the push is not left out until a window opens.
        let has_ended = steps.iter().any(|step| step.before_push);
        if let Some((why, _)) = self.desired.waits(now).filter(|_| !has_ended) {
            return Ok(Err(why));
        }
        let examined = match self.look(recalled, self.desired).await {
            Ok(examined) => examined,
            Err(error) => return Ok(Err(chain(&error))),
        };
        let moment = self.moment(context.clock.now());
        let examined = with_promotions(remote, target, self.desired, examined, moment).await;
        note(context, target, &examined).await?;
        let planned = &examined.plan.promotions.steps;
        let still = |step: &PromotionStep| {
            if step.op == PromotionOp::Remove {
                return Some(step.clone());
            }
            let is_it = |now: &&PromotionStep| {
                now.op.is_sent() && (&now.name, &now.item, &now.create) == (&step.name, &step.item, &step.create)
            };
            // It was judged by the price that the push was to bring.
            let now = planned.iter().find(is_it).filter(|now| now.live_price == step.coming_price)?;
            // What was to be made again after an end before the push stays that: it has ended by now.
            let record = step.record.clone();
            Some(PromotionStep { op: step.op, record, note: step.note.clone(), ..now.clone() })
        };
        let steps = steps.iter().filter(|step| step.op.is_sent()).filter_map(still).collect();
        Ok(Ok(PlannedPromotions { steps, ..PlannedPromotions::of(&examined) }))
    }

    /// Makes and ends promotions once the menu is as it should be. `pushed`: what became of the push that went before.
    async fn after_push(&self, pushed: Option<Outcome>, promotions: &PlannedPromotions) -> Result<Outcome, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let results = self.promote(promotions).await?;
        let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
        let now = context.clock.now();
        let live = match self.fetch_now(Marks::of(&recalled)).await {
            Ok(fetched) => fetched.live,
            // What was done is done; how the outlet stands, the next pass sees.
            Err(error) => {
                let outcome = self.visit.outcome(PassResult::Failed, &Facts::failed(), Some(chain(&error)));
                return Ok(Outcome { promotions: results, ..outcome });
            }
        };
        let moment = self.moment(now);
        let examined = compare(live, recalled, target, self.desired, moment);
        let examined = with_promotions(remote, target, self.desired, examined, moment).await;
        note(context, target, &examined).await?;
        let failed = results.iter().any(|result| result.result == "failed");
        let facts = Facts::of_look(if failed { Look::Failed } else { Look::Examined(&examined) });
        let state = OutletState::of(&facts);
        let wrong = results.iter().filter(|result| !is_well(result)).map(|result| {
            let error = result.error.as_deref().unwrap_or_default();
            let is_it = |step: &&PromotionStep| (&*step.name, step.item.as_str()) == (&*result.name, &*result.item);
            let label =
                promotions.steps.iter().find(is_it).map_or_else(|| format!("“{}”", result.name), PromotionStep::label);
            format!("promotion {label} {}: {error}", result.result)
        });
        let wrong: Vec<String> = wrong.collect();
        let why = match wrong.is_empty() {
            true => reason(target, self.desired, &examined, state),
            false => Some(wrong.join("; ")),
        };
        let result = match () {
            () if failed => PassResult::Failed,
            () if !wrong.is_empty() => PassResult::Nonconvergent,
            () if results.is_empty() && pushed.is_none() => PassResult::Unchanged,
            () => PassResult::Published,
        };
        let outcome = self.visit.outcome(result, &facts, why).with_plan(examined.plan);
        let request_id = pushed.and_then(|pushed| pushed.request_id);
        Ok(Outcome { request_id, promotions: results, ..outcome })
    }

    /// The platform refused the call for stock alone, so the stock goes with the whole menu, once: planned from what is live
    /// now, and held, sent and verified as every push of a menu. `rejected` is how the stock call ended.
    async fn push_stock_by_put(&self, refusal: &RemoteError, rejected: Outcome) -> Result<Outcome, PassError> {
        let Visit { context, target, .. } = *self.visit;
        tracing::warn!(outlet = %target.id, error = %refusal, "the stock call was refused; the whole menu carries the stock instead");
        let options = PassOptions { stock_by_put: true, ..self.options.clone() };
        let pass = Pass { visit: self.visit, desired: self.desired, options: &options };
        let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
        let instead = match pass.plan_push(None, recalled, None, None).await {
            Ok(Step::Done(outcome)) => outcome,
            Ok(Step::Sent(Some(sent), desired, promotions)) => {
                let pass = Pass { visit: self.visit, desired: &desired, options: &options };
                pass.keep_ends(pass.await_result(*sent).await, promotions.ended).await?
            }
            // There is stock to push, or nothing.
            Ok(Step::Sent(None, ..)) => return Ok(rejected),
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
        look: Option<Fetched>,
    ) -> Result<Step, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let slot = match slot {
            None => self.unless_withdrawn(context.slot()).await?,
            slot => slot,
        };
        let desired = desired_now(&recalled, target, self.desired, self.moment(context.clock.now()))?;
        let moment = self.moment(context.clock.now());
        let may_list = desired.policy.promotions.watches() || manages(&desired, &recalled.promotions, moment);
        let again = may_list.then(|| recalled.clone());
        let mut examined = match look {
            Some(look) => self.examined(look, recalled, &desired),
            None => self.look(recalled, &desired).await?,
        };
        let Examined { recalled, plan, .. } = &examined;
        let listed = list_promotions(remote, target, &desired, recalled, &plan.touched, moment);
        let listed = self.unless_withdrawn(listed).await?;
        if let (Some(_), Some(recalled)) = (&listed, again) {
            // Listing may have taken minutes: a plan from before would put back what the kitchen has done meanwhile.
            if examined.plan.action != Action::None {
                examined = self.look(recalled, &desired).await?;
            }
        }
        judge_promotions(&mut examined, target, listed, &desired, self.moment(context.clock.now()));
        if let Some(why) = &examined.plan.unwatched {
            tracing::warn!(outlet = %target.id, "{why}");
        }
        ask_rollout(context, target, self.options, &mut examined, &desired.policy.timezone).await?;
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
                if let (Some(basis), None) = (self.options.basis, &earlier) {
                    remember(context, target, basis, &desired, &examined).await?;
                }
                let facts = Facts::of_look(Look::Examined(&examined));
                let state = OutletState::of(&facts);
                let why = reason(target, &desired, &examined, state);
                let result = match state {
                    OutletState::Nonconvergent => PassResult::Nonconvergent,
                    // The menu is right, and nobody knows about the promotions.
                    OutletState::Failed => PassResult::Failed,
                    _ => PassResult::Unchanged,
                };
                let rest = self.visit.outcome(result, &facts, why).with_plan(examined.plan);
                Ok(Step::Done(match earlier {
                    Some(earlier) => Outcome { plan: rest.plan, ..earlier },
                    None => rest,
                }))
            }
            Verdict::Refused(refusal) => {
                if refusal.result() == PassResult::Queued {
                    update_if_any(context, target, self.rollback_update(&desired)?).await?;
                }
                let off_sale = self.off_sale(&examined, &desired);
                let waiting = refused(target, refusal, examined.plan);
                Ok(Step::Done(match off_sale {
                    Some(off_sale) => Box::pin(self.send_off_sale(slot, off_sale, waiting)).await?,
                    None => waiting,
                }))
            }
            Verdict::Push if self.is_withdrawn() => Err(PassError::Withdrawn),
            Verdict::Push => {
                let pass = Pass { visit: self.visit, desired: &desired, options: self.options };
                let promotions = PlannedPromotions::of(&examined);
                if examined.plan.action == Action::None {
                    return Ok(Step::Sent(None, Box::new(desired), promotions));
                }
                self.refuse_copy_behind_switch(&examined.recalled, &examined.live)?;
                let mut ended = Vec::new();
                let done = match Box::pin(pass.end_and_push(examined, &promotions.steps, &mut ended)).await {
                    Ok(Pushed::Sent(sent)) => {
                        let promotions = PlannedPromotions { ended, ..promotions };
                        return Ok(Step::Sent(Some(sent), Box::new(desired), promotions));
                    }
                    Ok(Pushed::Not(outcome)) => Ok(*outcome),
                    Err(error) => Err(error),
                };
                Ok(Step::Done(pass.keep_ends(done, ended).await?))
            }
        }
    }

    /// What is live now, compared with what is wanted.
    pub(super) async fn look(&self, recalled: Recalled, desired: &Desired) -> Result<Examined, PassError> {
        let fetched = self.fetch_wanted(Marks::of(&recalled)).await?;
        Ok(self.examined(fetched, recalled, desired))
    }

    /// What is live now, as long as the pass is wanted.
    pub(super) async fn fetch_wanted(&self, marks: Marks<'_>) -> Result<Fetched, PassError> {
        self.unless_withdrawn(self.fetch_now(marks)).await?
    }

    async fn fetch_now(&self, marks: Marks<'_>) -> Result<Fetched, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let now = context.clock.now();
        fetch_fresh(remote, Lane::Pass, marks, &target.id, now, None, Some(&context.stop)).await
    }

    fn examined(&self, Fetched { live, answer }: Fetched, recalled: Recalled, desired: &Desired) -> Examined {
        let moment = self.moment(self.context().clock.now());
        Examined { answer, ..compare(live, recalled, self.visit.target, desired, moment) }
    }

    /// A push from a copy that is behind a switch would undo it.
    pub(super) fn refuse_copy_behind_switch(&self, recalled: &Recalled, live: &LiveCatalog) -> Result<(), PassError> {
        let now = self.context().clock.now();
        let behind =
            recalled.switches.iter().filter_map(|switch| Some((behind_until(switch, live, now)?, switch.is_end())));
        let Some((until, of_end)) = behind.max() else { return Ok(()) };
        let outlet = self.visit.target.id.clone();
        Err(PassError::BehindSwitch { outlet, of_end, until, left: until.duration_since(now) })
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

    pub(super) fn is_withdrawn(&self) -> bool {
        self.visit.is_stopping() || self.options.withdrawn.as_ref().is_some_and(|withdrawn| *withdrawn.borrow())
    }

    /// Waits for a step that comes before anything is sent, but only while the pass is still wanted.
    pub(super) async fn unless_withdrawn<T>(&self, step: impl Future<Output = T>) -> Result<T, PassError> {
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

    /// How an outlet stands right after a push was seen to arrive.
    pub(super) async fn after_arrival(
        &self,
        arrival: super::verify::Arrival,
        recalled: Recalled,
    ) -> Result<Outcome, PassError> {
        let Visit { context, target, .. } = *self.visit;
        let moment = self.moment(arrival.seen_at);
        let examined = compare(arrival.live, recalled, target, self.desired, moment);
        let examined = with_promotions(self.visit.remote, target, self.desired, examined, moment).await;
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
    /// A push went out, of this; or only promotions are to be made and ended.
    Sent(Option<Box<Sent>>, Box<Desired>, PlannedPromotions),
}

/// The target of an outlet, for tests and callers that have no file at hand.
impl Target {
    /// A target.
    pub fn new(id: impl Into<OutletId>, name: impl Into<String>, file: impl Into<Arc<str>>) -> Self {
        Self { id: id.into(), name: name.into(), file: file.into() }
    }
}
