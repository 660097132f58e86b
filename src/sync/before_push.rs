//! What has to end before a push. An end takes minutes to show, and meanwhile kitchen, app, files and `menusync pause` go on:
//! after it the push is planned anew, and goes out only if that plan is the one that was agreed to.

use super::{
    Consent, Examined, Facts, Look, Outcome, PassError, PassOptions, PassResult,
    broken_off::broken_off,
    examine::{judge_promotions, list_promotions},
    memory::recall,
    note::note,
    promote::Done,
    push::Sent,
    rollout::ask_rollout,
    verdict::{Verdict, refused},
    visit::{Pass, Visit},
};
use crate::{
    plan::{PromotionOp, PromotionStep},
    policy::Guard,
    remote::{Read, Write},
    report::PromotionResult,
};

/// What became of a push that was to go out.
pub(super) enum Pushed {
    Sent(Box<Sent>),
    /// Nothing was sent.
    Not(Box<Outcome>),
}

impl<R: Read + Write> Pass<'_, R> {
    /// Ends what has to end before the menu is pushed, and pushes it. `ended`: what became of these, however it ends.
    pub(super) async fn end_and_push(
        &self,
        agreed: Examined,
        steps: &[PromotionStep],
        ended: &mut Vec<PromotionResult>,
    ) -> Result<Pushed, PassError> {
        let has_to_end = |step: &&PromotionStep| step.before_push && step.op != PromotionOp::Add && step.op.is_sent();
        let ends: Vec<&PromotionStep> = steps.iter().filter(has_to_end).collect();
        if ends.is_empty() {
            return Ok(Pushed::Sent(Box::new(Box::pin(self.push(agreed)).await?)));
        }
        if let Some(why) = self.end_before_push(&ends, ended).await? {
            let why = format!("{why}; the menu was not pushed");
            let outcome = self.visit.outcome(PassResult::Failed, &Facts::failed(), Some(why));
            return Ok(Pushed::Not(Box::new(outcome.with_plan(agreed.plan))));
        }
        let mut again = self.plan_anew(&agreed).await?;
        let differs = again.plan.differs_from(&agreed.plan);
        // An end may take minutes, in which others can have stopped the rollout.
        let rollout = again.plan.guards.into_iter().filter(|guard| guard.guard == Guard::Rollout);
        let others = agreed.plan.guards.into_iter().filter(|guard| guard.guard != Guard::Rollout);
        again.plan.guards = others.chain(rollout).collect();
        let consent = match &self.options.consent {
            // What has ended is planned in another way now.
            Consent::Agreed(_) => Consent::Agreed(again.plan.digest.clone()),
            other => other.clone(),
        };
        let options = PassOptions { consent, ..self.options.clone() };
        let pass = Pass { options: &options, ..*self };
        match (pass.verdict(self.desired, &again, false), differs) {
            (Verdict::Refused(refusal), _) => {
                Ok(Pushed::Not(Box::new(refused(self.visit.target, refusal, again.plan))))
            }
            _ if self.is_withdrawn() => Err(PassError::Withdrawn),
            (Verdict::Push, None) => Ok(Pushed::Sent(Box::new(Box::pin(self.push(again)).await?))),
            (_, what) => {
                let what = what.unwrap_or_else(|| "nothing is left to push".to_owned());
                Err(PassError::EditedMeanwhile { outlet: self.visit.target.id.clone(), what })
            }
        }
    }

    /// In words: why one could not be ended. Who stops half-way through, as the outlet was paused or left its window, is told
    /// so by the plan that follows.
    async fn end_before_push(
        &self,
        ends: &[&PromotionStep],
        ended: &mut Vec<PromotionResult>,
    ) -> Result<Option<String>, PassError> {
        let deadline = self.deadline();
        for step in ends {
            if self.is_withdrawn() {
                return Err(PassError::Withdrawn);
            }
            if !self.may_send().await? || self.is_outside_windows() {
                break;
            }
            let Some(record) = &step.record else { continue };
            let done = Box::pin(self.end_promotion(record.clone(), step.has_begun, deadline)).await?;
            let why = match &done {
                Done::Well | Done::Replayed => None,
                Done::Refused(why) | Done::Unverified(why) | Done::Failed(why) => {
                    Some(format!("promotion “{}” of {} could not be ended: {why}", step.name, step.item))
                }
            };
            ended.push(done.result(step, "ended", Some(record)));
            if why.is_some() {
                return Ok(why);
            }
        }
        Ok(None)
    }

    /// What a push would do by now. The promotions are listed first, as that may take minutes.
    async fn plan_anew(&self, agreed: &Examined) -> Result<Examined, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let recalled = recall(&context.state, &target.id, context.clock.now()).await?;
        let moment = self.moment(context.clock.now());
        let listed = list_promotions(remote, target, self.desired, &recalled, &agreed.plan.touched, moment);
        let listed = self.unless_withdrawn(listed).await?;
        let mut again = self.look(recalled, self.desired).await?;
        self.refuse_copy_behind_switch(&again.recalled, &again.live)?;
        judge_promotions(&mut again, target, listed, self.desired, self.moment(context.clock.now()));
        ask_rollout(context, target, self.options, &mut again, &self.desired.policy.timezone).await?;
        note(context, target, &again).await?;
        Ok(again)
    }

    /// How a pass ends after promotions were ended for its push, whatever came after that.
    pub(super) async fn keep_ends(
        &self,
        done: Result<Outcome, PassError>,
        ended: Vec<PromotionResult>,
    ) -> Result<Outcome, PassError> {
        if ended.is_empty() {
            return done;
        }
        let Visit { context, target, .. } = *self.visit;
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(PassError::Withdrawn) => {
                let why = "given up, as the program stops or the files have changed".to_owned();
                self.visit.outcome(PassResult::Failed, &Facts::of_look(Look::Stored(None)), Some(why))
            }
            Err(error) => broken_off(context, target, &error).await,
        };
        Ok(outcome.after_ends(ended))
    }
}
