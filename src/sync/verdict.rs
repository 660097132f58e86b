//! Whether a pass may push what it has planned.

use jiff::Timestamp;

use super::{
    Consent, Desired, Examined, Facts, Look, Outcome, OutletState, PassResult, Target,
    reason::{promotions_unread, reason},
    visit::Pass,
};
use crate::{
    plan::OutletPlan,
    remote::{Read, Write},
};

pub(super) enum Verdict {
    Nothing,
    Refused(Refusal),
    Push,
}

/// Why nothing is pushed, and when a window opens or a pause ends.
pub(super) struct Refusal {
    result: PassResult,
    state: OutletState,
    why: String,
    opens_at: Option<Timestamp>,
}

impl Refusal {
    pub(super) fn result(&self) -> PassResult {
        self.result
    }
}

/// How a pass ends that may not push.
pub(super) fn refused(target: &Target, refusal: Refusal, plan: OutletPlan) -> Outcome {
    let Refusal { result, state, why, opens_at } = refusal;
    Outcome { opens_at, ..Outcome::new(target, result, state, Some(why)).with_plan(plan) }
}

impl<R: Read + Write> Pass<'_, R> {
    /// Whether to push what was examined.
    pub(super) fn verdict(&self, desired: &Desired, examined: &Examined, has_earlier: bool) -> Verdict {
        let pause = examined.recalled.pause;
        let facts = Facts { paused: pause.is_some(), ..Facts::of_look(Look::Examined(examined)) };
        let state = OutletState::of(&facts);
        let target = self.visit.target;
        let refused = |result, opens_at| {
            let why = reason(target, desired, examined, state).unwrap_or_default();
            Verdict::Refused(Refusal { result, state, why, opens_at })
        };
        let plan = &examined.plan;
        if let Some(pause) = pause {
            let is_asked = self.options.rollback.is_some() || matches!(self.options.consent, Consent::Agreed(_));
            return refused(if is_asked { PassResult::Held } else { PassResult::Unchanged }, pause.until);
        }
        // Nothing was left to do after the push that this pass found: whatever was agreed to is done.
        if has_earlier && !plan.is_to_send() && !plan.is_held() {
            return Verdict::Nothing;
        }
        if let Consent::Agreed(shown) | Consent::ShowOnly(shown) | Consent::OffSaleOnly(shown) = &self.options.consent
            && *shown != plan.digest
        {
            // Where nobody knows what GoFood has, nothing is left to push either.
            if let (Some(why), false) = (promotions_unread(plan), plan.is_to_send()) {
                let why = format!("the plan changed after it was shown ({why}); nothing was pushed");
                return Verdict::Refused(Refusal { result: PassResult::Failed, state, why, opens_at: None });
            }
            let now = match plan.is_to_send() {
                false => "nothing is left to push".to_owned(),
                true => format!("now {}, was {shown}", plan.digest),
            };
            let why = format!("the plan changed after it was shown ({now}); nothing was pushed");
            return Verdict::Refused(Refusal { result: PassResult::Held, state, why, opens_at: None });
        }
        match state {
            OutletState::Held => refused(PassResult::Held, None),
            _ if !plan.is_to_send() => Verdict::Nothing,
            // Who agreed to it has seen that it was lost, and wants it once more.
            OutletState::Nonconvergent if !matches!(self.options.consent, Consent::Agreed(_)) => {
                refused(PassResult::Nonconvergent, None)
            }
            OutletState::Queued => {
                // It was open when the plan was shown.
                let is_agreed = matches!(self.options.consent, Consent::Agreed(_));
                let result = if is_agreed { PassResult::Held } else { PassResult::Queued };
                refused(result, examined.waits().and_then(|(_, opens_at)| opens_at))
            }
            _ if matches!(self.options.consent, Consent::ShowOnly(_) | Consent::OffSaleOnly(_)) => {
                let why = "left out: nobody agreed to this push; `menusync apply` asks again".to_owned();
                Verdict::Refused(Refusal { result: PassResult::Held, state, why, opens_at: None })
            }
            _ => Verdict::Push,
        }
    }
}
