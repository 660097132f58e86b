//! What files take off sale waits for no wave: where the rest of a change has to, that goes out ahead of it, as stock alone.
//! What they put on sale waits with the rest.

use super::{Consent, Desired, Examined, Moment, Outcome, PassError, PassResult, Slot, examine::compare, visit::Pass};
use crate::{
    plan::{Action, off_sale_only},
    policy::{DriftPolicy, Guard, Policy, UnmanagedPolicy},
    remote::{Read, Write},
};

/// What goes out ahead, and what it is to come to.
pub(super) struct OffSale {
    desired: Desired,
    examined: Examined,
}

impl<R: Read + Write> Pass<'_, R> {
    /// What a push that waits for nothing but its wave takes off sale.
    pub(super) fn off_sale(&self, examined: &Examined, desired: &Desired) -> Option<OffSale> {
        let may_send = match &self.options.consent {
            Consent::Standing => true,
            Consent::OffSaleOnly(shown) => *shown == examined.plan.digest,
            Consent::Agreed(_) | Consent::ShowOnly(_) => false,
        };
        let Examined { live, base: Some(base), recalled, .. } = examined else { return None };
        // What another account has pushed is judged with the whole menu. Who has agreed to this alone agrees to it as well once
        // the wave has opened meanwhile.
        let is_agreed = matches!(self.options.consent, Consent::OffSaleOnly(_));
        if !may_send || !waits_for_wave_alone(examined, is_agreed) || base.account != desired.policy.account {
            return None;
        }
        // Nothing else is to come of it: neither an edit of the files nor the end of a drift.
        let policy = Policy {
            drift: DriftPolicy::Report,
            unmanaged: UnmanagedPolicy::Hold,
            promotions: desired.policy.promotions.without_writing(),
            ..desired.policy.clone()
        };
        let catalog = off_sale_only(&base.catalog, &desired.catalog)?;
        let wanted = Desired { catalog, policy, ..desired.clone() };
        let Pass { visit, .. } = *self;
        let moment = Moment { revert: false, ..self.moment(visit.context.clock.now()) };
        let mut ahead = compare(live.clone(), recalled.clone(), visit.target, &wanted, moment);
        // What GoFood would not show is not asked for here, and is not forgotten.
        ahead.plan.next_base.rejected_values.clone_from(&base.rejected_values);
        let is_stock = ahead.plan.action == Action::Stock && !ahead.plan.is_held();
        is_stock.then_some(OffSale { desired: wanted, examined: ahead })
    }

    /// Sends it, and sees it arrive. `waiting`: how the pass ends otherwise.
    pub(super) async fn send_off_sale(
        &self,
        slot: Option<Slot>,
        ahead: OffSale,
        waiting: Outcome,
    ) -> Result<Outcome, PassError> {
        let OffSale { desired, examined } = ahead;
        if self.is_withdrawn() {
            return Err(PassError::Withdrawn);
        }
        self.refuse_copy_behind_switch(&examined.recalled, &examined.live)?;
        let pass = Pass { desired: &desired, ..*self };
        let sent = Box::pin(pass.push(examined)).await?;
        drop(slot);
        let done = Box::pin(pass.await_result(sent)).await?;
        if done.result == PassResult::Published {
            return Ok(Outcome { request_id: done.request_id, ..waiting });
        }
        let why = done.error.unwrap_or_default();
        let rest = waiting.error.map(|rest| format!("; the rest {rest}")).unwrap_or_default();
        let why = format!("what the files take off sale was not seen to go off sale: {why}{rest}");
        Ok(Outcome { error: Some(why), ..done })
    }
}

/// Whether no pause, window or other guard keeps a push from going out.
fn waits_for_wave_alone(examined: &Examined, may_be_open: bool) -> bool {
    let is_free = examined.recalled.pause.is_none() && examined.window.is_none();
    let mut held = examined.plan.held().map(|guard| guard.guard).peekable();
    is_free
        && (may_be_open || examined.wave.is_some() || held.peek().is_some())
        && held.all(|guard| guard == Guard::Rollout)
}
