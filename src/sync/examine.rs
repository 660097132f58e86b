//! One examination of one outlet: what is live, what is stored, and what a push would do. Every command and every pass that
//! looks at an outlet does it with this; what they do with it is theirs. Reads only.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{Desired, LOST_AT_MOST, PassError, Recalled, Target, apply_pins, fetch::fetch};
use crate::{
    catalog::{Catalog, ExternalId, Field, Promotion, WantedPromotion, live::LiveCatalog},
    plan::{
        Action, Base, Change, Inputs, KnownPromotions, LiveDish, OutletPlan, Past, PeerPrices, Pins, PromotedPrices,
        PromotionInputs, PromotionRecord, PromotionStage, TouchedItem, as_published, plan,
    },
    policy::{DriftPolicy, Guard},
    remote::{AnswerDigest, Read, RemoteError, without_request_ids},
    rollout::WaveOf,
};

/// How far the clocks of the platform may be from ours where a promotion begins or ends (our choice).
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

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
    /// When the promotions were listed that it is planned by.
    pub promotions_listed_at: Option<Instant>,
    /// What a push waits for: in words, and when the window opens, unless none does within a year.
    pub window: Option<(String, Option<Timestamp>)>,
    /// The same of a wave of a rollout.
    pub wave: Option<(String, Option<Timestamp>)>,
    /// The wave that a push goes out in.
    pub in_wave: Option<WaveOf>,
}

impl Examined {
    /// What a push waits for: in words, and when it may go out, where that is known.
    pub fn waits(&self) -> Option<(String, Option<Timestamp>)> {
        match (&self.window, &self.wave) {
            (Some((window, opens_at)), Some((wave, _))) => Some((format!("{window}; {wave}"), *opens_at)),
            (window, wave) => window.as_ref().or(wave.as_ref()).cloned(),
        }
    }
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
    let examined = compare(live, recalled, target, &desired, moment);
    let examined = with_promotions(reader, target, &desired, examined, moment).await;
    Ok((desired, examined))
}

/// The same with what is to be done about promotions, and said of them.
pub(super) async fn with_promotions<R: Read>(
    remote: &R,
    target: &Target,
    desired: &Desired,
    mut examined: Examined,
    moment: Moment<'_>,
) -> Examined {
    let listed = list_promotions(remote, target, desired, &examined.recalled, &examined.plan.touched, moment).await;
    judge_promotions(&mut examined, target, listed, desired, moment);
    examined
}

/// What is wanted, with what is pinned laid over it.
pub(super) fn desired_now(
    recalled: &Recalled,
    target: &Target,
    desired: &Desired,
    moment: Moment<'_>,
) -> Result<Desired, PassError> {
    let pins = moment.rollback.unwrap_or(&recalled.pins);
    let mut desired = apply_pins(target, desired, pins, moment.now)?.into_owned();
    // What an account that has not pushed here yet would make or end is no menu that a guard could hold.
    if recalled.base.as_ref().is_some_and(|base| base.account != desired.policy.account) {
        desired.policy.promotions = desired.policy.promotions.without_writing();
    }
    Ok(desired)
}

/// Compares a live menu with what is wanted. `desired` has its pins applied.
pub fn compare(
    live: LiveCatalog,
    mut recalled: Recalled,
    target: &Target,
    desired: &Desired,
    moment: Moment<'_>,
) -> Examined {
    let promoted = promoted_prices(&recalled, desired, moment.now);
    let shown_prices = promoted.notes(&live);
    let live = match promoted.passed_over(&live) {
        Cow::Owned(live) => live,
        Cow::Borrowed(_) => live,
    };
    let base_learnt = recalled.base.as_mut().is_some_and(|base| base.release_stock(&live));
    let past = recalled.memory.at(moment.now);
    // A push of ours that is on its way is no foreign menu: what it will have done is what the next push would meet.
    let (base, shown) = match recalled.pending.as_ref().and_then(|pending| after_pending(pending, &live)) {
        Some((base, shown)) => (Some(base), Some(shown)),
        None => (recalled.base.clone(), None),
    };
    let mut plan = planned(target, desired, base.as_ref(), shown.as_ref().unwrap_or(&live), &past, moment);
    plan.promotions.shown_prices = shown_prices;
    let lost_again = was_lost_again(&plan, &recalled.lost_puts);
    let pins_changed = moment.rollback.is_none() && recalled.pins != plan.pins;
    let window = desired.waits(moment.now);
    let (answer, promotions_listed_at) = (None, None);
    Examined {
        live,
        answer,
        recalled,
        base_learnt,
        base,
        past,
        pins_changed,
        plan,
        lost_again,
        promotions_listed_at,
        window,
        wave: None,
        in_wave: None,
    }
}

/// While a promotion of ours runs, a dish may be shown with its price: that is no edit of the price.
fn promoted_prices(recalled: &Recalled, desired: &Desired, now: Timestamp) -> PromotedPrices {
    let now = now.to_zoned(desired.policy.timezone.clone()).datetime();
    let runs = |one: &&PromotionRecord| one.is_open() && one.detail.is_on(now, CLOCKS_APART);
    let usual = |id: &ExternalId| recalled.base.as_ref()?.catalog.item(id)?.price.value().copied();
    PromotedPrices::of(recalled.promotions.iter().filter(runs), usual)
}

/// What is known of promotions, and when they were listed.
pub(super) struct Listed {
    known: KnownPromotions,
    at: Instant,
}

/// The promotions of an outlet, where a push could end one or where the files declare some; `None`: nothing is to be asked
/// about them. Otherwise not one request is made. Ours that the list shows otherwise than they are remembered are asked for.
pub(super) async fn list_promotions<R: Read>(
    remote: &R,
    target: &Target,
    desired: &Desired,
    recalled: &Recalled,
    touched: &BTreeSet<TouchedItem>,
    moment: Moment<'_>,
) -> Option<Listed> {
    let records = &recalled.promotions;
    let manages = manages(desired, records, moment) && recalled.unread_promotions.is_empty();
    if !manages && (!desired.policy.promotions.watches() || touched.is_empty()) {
        return None;
    }
    let mut at = Instant::now();
    let listed = async {
        let mut listed = remote.promotions(&target.id).await?;
        at = Instant::now();
        let ours = records.iter().filter(|_| manages);
        for (record, id) in ours.filter_map(|record| Some((record, record.promotion_id.as_ref()?))) {
            let known = listed.iter().position(|one| one.promotion_id == *id);
            let is_as_remembered = |one: &Promotion| match record.is_open() {
                true => !one.says_over() && record.detail.shown_otherwise(one).is_empty(),
                // A list may be behind an end that was seen.
                false => one.says_over(),
            };
            if known.map_or(!record.is_open(), |at| is_as_remembered(&listed[at])) {
                continue;
            }
            match (remote.promotion(&target.id, id).await?, known) {
                (Some(detail), Some(at)) => listed[at] = detail,
                (Some(detail), None) => listed.push(detail),
                // The list says more than nothing.
                (None, _) => {}
            }
        }
        Ok(listed)
    };
    let known = match listed.await {
        Ok(promotions) => KnownPromotions::Listed(promotions),
        Err(error) => {
            let error: RemoteError = error;
            let words = without_request_ids(&error.to_string());
            if error.lacks_scope { KnownPromotions::NoRight(words) } else { KnownPromotions::Unread(words) }
        }
    };
    Some(Listed { known, at })
}

/// Whether promotions of an outlet are ours to make and end. A rollback leaves them alone.
fn may_act(desired: &Desired, moment: Moment<'_>) -> bool {
    moment.rollback.is_none() && desired.policy.promotions.may_write()
}

/// Whether promotions of an outlet may have to be made or ended: nothing is asked otherwise.
pub(super) fn manages(desired: &Desired, records: &[PromotionRecord], moment: Moment<'_>) -> bool {
    let wants = || desired.catalog.promotions.iter().any(|wanted| !wanted.is_over);
    may_act(desired, moment) && (wants() || records.iter().any(PromotionRecord::is_open))
}

/// Plans the promotions that the files declare by what was listed, and asks the guards about them.
pub(super) fn judge_promotions(
    examined: &mut Examined,
    target: &Target,
    listed: Option<Listed>,
    desired: &Desired,
    moment: Moment<'_>,
) {
    examined.plan.promotions.unread =
        examined.recalled.why_promotions_rest(target).filter(|_| may_act(desired, moment));
    let Some(Listed { known, at }) = listed else { return };
    examined.promotions_listed_at = Some(at);
    let now = moment.now.to_zoned(desired.policy.timezone.clone()).datetime();
    let Examined { live, recalled, past, plan, .. } = examined;
    if plan.promotions.unread.is_none() && manages(desired, &recalled.promotions, moment) {
        match &known {
            KnownPromotions::Listed(listed) => {
                let dish = dishes(live, &plan.payload);
                plan.plan_promotions(&PromotionInputs {
                    wanted: &desired.catalog.promotions,
                    may_write: desired.policy.promotions.may_write(),
                    records: &recalled.promotions,
                    listed,
                    now,
                    at: moment.now,
                    revert: moment.revert || desired.policy.drift == DriftPolicy::Revert,
                    limits: &desired.policy.guards,
                    released: moment.released,
                    past,
                    live: &|id| dish.get(id).cloned(),
                    place: &|path| desired.place(path),
                });
            }
            KnownPromotions::Unread(why) | KnownPromotions::NoRight(why) => {
                plan.promotions.unread = Some(why.clone());
            }
        }
    }
    if desired.policy.promotions.watches() {
        plan.judge_promotions(&known, moment.released, now);
    }
    plan.release_again(&desired.approvals, moment.now);
    // A push is recorded with the digest of the whole plan.
    examined.lost_again = was_lost_again(&examined.plan, &examined.recalled.lost_puts);
}

/// Plans what becomes of promotions where files stand for what is live, as if all of theirs had been made.
pub fn compare_promotions(plan: &mut OutletPlan, before: Option<&Desired>, after: &Desired, moment: Moment<'_>) {
    // What an account makes or ends that has not pushed here yet is no menu that a guard could hold.
    if before.is_some_and(|before| before.policy.account != after.policy.account) {
        return;
    }
    let declared = before.filter(|before| before.policy.promotions.may_write());
    let declared = declared.into_iter().flat_map(|before| &before.catalog.promotions).filter(|one| !one.is_over);
    let record = |one: &WantedPromotion| PromotionRecord {
        stage: PromotionStage::Seen,
        promotion_id: Some(format!("{}/{}", one.name, one.detail.external_menu_id)),
        ..PromotionRecord::new(&one.name, &one.detail, moment.now)
    };
    let records: Vec<PromotionRecord> = declared.map(record).collect();
    if !manages(after, &records, moment) {
        return;
    }
    let listed = records.iter().map(|record| record.detail.published(record.promotion_id.clone().unwrap_or_default()));
    let listed: Vec<Promotion> = listed.collect();
    let live = before.map(|before| as_published(&before.catalog)).unwrap_or_default();
    let dish = dishes(&live, &plan.payload);
    plan.plan_promotions(&PromotionInputs {
        wanted: &after.catalog.promotions,
        may_write: true,
        records: &records,
        listed: &listed,
        now: moment.now.to_zoned(after.policy.timezone.clone()).datetime(),
        at: moment.now,
        revert: false,
        limits: &after.policy.guards,
        released: moment.released,
        past: Past::unknown(),
        live: &|id| dish.get(id).cloned(),
        place: &|path| after.place(path),
    });
    plan.release_again(&after.approvals, moment.now);
}

/// Each dish as it is live; one that a push brings, as it will be.
fn dishes(live: &LiveCatalog, payload: &Catalog) -> BTreeMap<ExternalId, LiveDish> {
    let coming = payload.items().filter_map(|(menu, item)| {
        // Until the push arrives, nobody can order it.
        let (price, in_stock) = (*item.price.value()?, Some(false));
        let dish = LiveDish { price, in_stock, menu: menu.name.clone(), name: item.name.value()?.clone() };
        Some((item.external_id.clone(), dish))
    });
    let live = live.items().filter_map(|(menu, item)| {
        let (price, in_stock) = (*item.price.value()?, item.in_stock.value().copied());
        let dish = LiveDish { price, in_stock, menu: menu.to_owned(), name: item.name.clone() };
        Some((item.external_id.value()?.clone(), dish))
    });
    coming.chain(live).collect()
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
        recurring: &desired.recurring,
        low_prices: &desired.low_prices,
        past,
        places: &*desired.places,
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
