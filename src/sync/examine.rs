//! One examination of one outlet: what is live, what is stored, and what a push would do. Every command and every pass that
//! looks at an outlet does it with this; what they do with it is theirs. Reads only.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Desired, LOST_AT_MOST, PassError, Recalled, Target, apply_pins, fetch::fetch};
use crate::{
    catalog::{Field, live::LiveCatalog},
    plan::{Action, Base, Change, Inputs, KnownPromotions, OutletPlan, Past, PeerPrices, Pins, as_published, plan},
    policy::{Guard, PromotionPolicy},
    remote::{AnswerDigest, Read, without_request_ids},
};

/// What an examination is asked, beside what the files and the state say.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Now.
    pub now: Timestamp,
    /// Prices over the fleet.
    pub peers: &'a PeerPrices,
    /// Files win over drift and conflicts.
    pub revert: bool,
    /// Guards that a person released.
    pub released: &'a BTreeSet<Guard>,
    /// What a rollback would pin, instead of what is pinned.
    pub rollback: Option<&'a Pins>,
    /// Stock goes with the whole menu: the platform has refused the call for stock alone.
    pub stock_by_put: bool,
}

impl<'a> Moment<'a> {
    /// Where nothing is asked: as the daemon looks.
    pub fn new(now: Timestamp, peers: &'a PeerPrices) -> Self {
        Self { now, peers, revert: false, released: const { &BTreeSet::new() }, rollback: None, stock_by_put: false }
    }
}

/// One outlet, examined.
#[derive(Debug)]
pub struct Examined {
    /// What was fetched.
    pub live: LiveCatalog,
    /// The answer that it was read from, as far as that is known.
    pub answer: Option<AnswerDigest>,
    /// What is stored; its base has learnt from live what the kitchen put back on sale.
    pub recalled: Recalled,
    /// Whether the base has learnt something that is not stored yet.
    pub base_learnt: bool,
    /// What the plan is made from: the base, or what it will be once a pending push has arrived.
    pub base: Option<Base>,
    /// What earlier days mean now.
    pub past: Past,
    /// The pins that hold (in `plan.pins`) are other ones than are stored.
    pub pins_changed: bool,
    /// What a push would do.
    pub plan: OutletPlan,
    /// Whether this very push was accepted and never seen so often that it is not sent again by itself.
    pub lost_again: bool,
    /// What a push waits for: in words, and when the window opens, unless none does within a year.
    pub window: Option<(String, Option<Timestamp>)>,
}

/// Fetches an outlet and compares it with what is wanted.
pub async fn examine<R: Read>(
    reader: &R,
    recalled: Recalled,
    target: &Target,
    desired: &Desired,
    moment: Moment<'_>,
) -> Result<(Desired, Examined), PassError> {
    let desired = desired_now(&recalled, target, desired, moment)?;
    let live = fetch(reader, &recalled, &target.id, moment.now).await?;
    let mut examined = compare(live, recalled, target, &desired, moment);
    if let Some(known) = list_promotions(reader, target, &desired, &examined.plan).await {
        judge_promotions(&mut examined.plan, &known, &desired, moment);
    }
    Ok((desired, examined))
}

/// What is wanted, with what is pinned laid over it.
pub(super) fn desired_now(
    recalled: &Recalled,
    target: &Target,
    desired: &Desired,
    moment: Moment<'_>,
) -> Result<Desired, PassError> {
    let pins = moment.rollback.unwrap_or(&recalled.pins);
    Ok(apply_pins(target, desired, pins, moment.now)?.into_owned())
}

/// Compares a live menu with what is wanted. `desired` has its pins applied.
pub fn compare(
    live: LiveCatalog,
    mut recalled: Recalled,
    target: &Target,
    desired: &Desired,
    moment: Moment<'_>,
) -> Examined {
    let base_learnt = recalled.base.as_mut().is_some_and(|base| base.release_stock(&live));
    let past = recalled.memory.at(moment.now);
    // A push of ours that is on its way is no foreign menu: what it will have done is what the next push would meet.
    let (base, shown) = match recalled.pending.as_ref().and_then(|pending| after_pending(pending, &live)) {
        Some((base, shown)) => (Some(base), Some(shown)),
        None => (recalled.base.clone(), None),
    };
    let plan = planned(target, desired, base.as_ref(), shown.as_ref().unwrap_or(&live), &past, moment);
    let lost_again = was_lost_again(&plan, &recalled.lost_puts);
    let pins_changed = moment.rollback.is_none() && recalled.pins != plan.pins;
    let window = desired.waits(moment.now);
    Examined { live, answer: None, recalled, base_learnt, base, past, pins_changed, plan, lost_again, window }
}

/// The promotions of an outlet, where a push could end one; `None`: nothing is to be asked about them. Where nothing is
/// touched, or the settings do not say `promotions: watch`, not one request is made. A credential without the right to look at
/// them is told, and holds nothing; any other failure is to hold the push, as nobody knows what it would end.
pub(super) async fn list_promotions<R: Read>(
    remote: &R,
    target: &Target,
    desired: &Desired,
    plan: &OutletPlan,
) -> Option<KnownPromotions> {
    if desired.policy.promotions != PromotionPolicy::Watch || plan.touched.is_empty() {
        return None;
    }
    match remote.promotions(&target.id).await {
        Ok(promotions) => Some(KnownPromotions::Listed(promotions)),
        Err(error) if error.is_final() && error.lacks_right() => {
            tracing::warn!(
                outlet = %target.id, %error,
                "the credential may not look at promotions: a push that ends one is not held (`promotions: watch`)"
            );
            None
        }
        Err(error) => Some(KnownPromotions::Unread(without_request_ids(&error.to_string()))),
    }
}

/// Asks the guard about promotions that were listed.
pub(super) fn judge_promotions(plan: &mut OutletPlan, known: &KnownPromotions, desired: &Desired, moment: Moment<'_>) {
    let now = moment.now.to_zoned(desired.policy.timezone.clone()).datetime();
    plan.judge_promotions(known, moment.released, now);
    plan.release(&desired.approvals, moment.now);
}

/// The plan, with the guards released that were approved for exactly this one, and what is pinned in it.
pub(super) fn planned(
    target: &Target,
    desired: &Desired,
    base: Option<&Base>,
    live: &LiveCatalog,
    past: &Past,
    moment: Moment<'_>,
) -> OutletPlan {
    let mut plan = plan(&inputs(target, desired, base, live, past, moment));
    plan.keep_sold_out(&desired.pins);
    plan.pins = desired.pins.clone();
    plan.release(&desired.approvals, moment.now);
    plan
}

pub(super) fn inputs<'a>(
    target: &'a Target,
    desired: &'a Desired,
    base: Option<&'a Base>,
    live: &'a LiveCatalog,
    past: &'a Past,
    moment: Moment<'a>,
) -> Inputs<'a> {
    Inputs {
        outlet: &target.id,
        desired: &desired.catalog,
        base,
        live,
        policy: &desired.policy,
        revert: moment.revert,
        released: moment.released,
        peers: moment.peers,
        ended: &desired.ended,
        low_prices: &desired.low_prices,
        past,
        place: &*desired.place,
        stock_by_put: moment.stock_by_put,
    }
}

/// Base and live menu once a push that is on its way has arrived: as live shows it if it has, else as it was sent, with the
/// stock of now. `None` if it never was sent, or what it sent was not recorded.
fn after_pending(pending: &super::PendingPush, live: &LiveCatalog) -> Option<(Base, LiveCatalog)> {
    pending.row.sent_at?;
    if pending.verification.is_stock() {
        return None;
    }
    let mut sent = pending.sent.clone()?;
    if pending.verification.look(live) == crate::plan::Look::Arrived {
        return Some((pending.verification.arrived(live), live.clone()));
    }
    let stock = |id| live.items().find(|(_, item)| item.external_id.value() == Some(id)).map(|(_, item)| item);
    for item in sent.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        if let Some(now) = stock(&item.external_id).map(|item| item.in_stock.clone()).filter(|s| *s != Field::Unsaid) {
            item.in_stock = now;
        }
    }
    let shown = as_published(&sent);
    Some((pending.verification.arrived(&shown), shown))
}

/// A text that the platform cuts to what was there before looks like that. Stock that goes with it does not wait.
fn was_lost_again(plan: &OutletPlan, lost_puts: &[String]) -> bool {
    plan.action == Action::Put
        && !plan.pushed().any(Change::is_stock)
        && lost_puts.iter().take_while(|digest| **digest == plan.digest.0).count() >= LOST_AT_MOST
}
