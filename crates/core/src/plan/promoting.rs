//! The promotions that the files declare, against what is stored of ours and what the platform lists: what is to be ended and
//! what is to be made. Ours is only what a call of ours has made; nothing here ever names another one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Action, Change, Class, GuardVerdict, Kind, Limit, OutletPlan, Past, Subject, Verdict,
    change::digest_of,
    guards::{is_decimal_slip, percent_change},
};
use crate::{
    catalog::{ExternalId, FieldValue, OutletId, Path, Price, PromoDetail, Promotion, PromotionPhase, WantedPromotion},
    diagnostic::Place,
    policy::{Guard, GuardLimits},
};

/// How far a promotion of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromotionStage {
    /// Its call is about to be made, or was, and no answer to it is recorded.
    Creating,
    /// The platform has named its id, and it was not seen yet.
    Made,
    /// It was seen.
    Seen,
    /// Its end is asked for, or about to be, and was not seen yet.
    Ending,
    /// Its end was seen, or it never came to be. Kept until its last moment, so that no key is used twice.
    Ended,
    /// The platform refused to make it.
    Refused,
}

/// What is stored of one promotion of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotionRecord {
    /// Our name for it.
    pub name: String,
    /// What was sent.
    pub detail: PromoDetail,
    /// How often this name was made on this dish before, on purpose.
    pub generation: u32,
    /// `X-Idempotency-Key` of the call that makes it.
    pub key: String,
    /// How far it is.
    pub stage: PromotionStage,
    /// The platform's id.
    #[serde(default)]
    pub promotion_id: Option<String>,
    /// When the call was first about to be made.
    pub sent_at: Timestamp,
    /// The promotions of the dish that were listed then: none of them is this one.
    #[serde(default)]
    pub before: BTreeSet<String>,
    /// What the dish cost live then: a refusal holds for as long as that is so.
    #[serde(default)]
    pub live_price: Option<Price>,
    /// The platform's words, or what is not known.
    #[serde(default)]
    pub error: Option<String>,
    /// Since when it is not shown, although it was seen.
    #[serde(default)]
    pub missing_since: Option<Timestamp>,
    /// The last day of all that was made under this name on this dish: until then it is kept, so that no key is used twice.
    #[serde(default)]
    pub kept_until: Option<Date>,
}

/// What is said of a promotion that may be there.
pub const MAY_BE_THERE: &str = "whether GoFood made it was never learnt, and a promotion like it has come on the dish: it is \
                                not sent again; end that one in the GoBiz app, or leave this one out here";

/// What a list shows of a promotion whose call was made, and whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundPromotion {
    /// The id of the one promotion that has come since, and is as it was asked for.
    One(String),
    /// What has come since may be it, and nobody knows: made again, it could be one too many.
    Unclear,
    /// Nothing that could be it.
    Nothing,
}

impl PromotionRecord {
    /// Which promotion of the files it is.
    pub fn id(&self) -> PromotionKey {
        (self.name.clone(), self.detail.external_menu_id.clone())
    }

    /// The same as a path.
    pub fn path(&self) -> Path {
        Path::Promotion(self.name.clone(), self.detail.external_menu_id.clone())
    }

    /// What a list shows of it while its id is not known.
    pub fn find_made(&self, listed: &[Promotion], ours: &[Self], now: DateTime) -> FoundPromotion {
        let is_known = |one: &Promotion| ours.iter().any(|ours| ours.promotion_id.as_ref() == Some(&one.promotion_id));
        let has_come = |one: &&Promotion| {
            !is_known(one)
                && one.may_be_on(&self.detail.external_menu_id)
                && one.phase(now) != PromotionPhase::Over
                && !self.before.contains(&one.promotion_id)
                && one.selling_price.is_none_or(|price| price == self.detail.selling_price)
        };
        // An empty id can be neither looked at nor ended.
        let is_it = |one: &Promotion| {
            let is_complete =
                !one.promotion_id.is_empty() && one.external_menu_id.is_some() && one.selling_price.is_some();
            is_complete && self.detail.shown_otherwise(one).is_empty()
        };
        let mut come = listed.iter().filter(has_come);
        match (come.next(), come.next()) {
            (None, _) => FoundPromotion::Nothing,
            (Some(one), None) if is_it(one) => FoundPromotion::One(one.promotion_id.clone()),
            _ => FoundPromotion::Unclear,
        }
    }

    /// Whether it would have been seen by now, had it been made (our choice: as long as a push).
    pub fn would_show(&self, at: Timestamp) -> bool {
        at.duration_since(self.sent_at) >= SHOWS_WITHIN
    }

    /// Whether something of it is open, so that it has to be looked at whatever the files say.
    pub fn is_open(&self) -> bool {
        !matches!(self.stage, PromotionStage::Ended | PromotionStage::Refused)
    }
}

/// A promotion of the files: its name and its dish.
pub type PromotionKey = (String, ExternalId);

/// `X-Idempotency-Key`: 32 lower-case hexadecimal digits. The same promotion of the same generation has the same one wherever
/// it is made, so that it is never made twice.
pub fn idempotency_key(platform: &str, outlet: &OutletId, name: &str, detail: &PromoDetail, generation: u32) -> String {
    let parts = (platform, outlet.as_str(), name, detail, generation);
    let text = serde_json::to_string(&parts).expect("texts, numbers and dates are always JSON");
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What is to be done about one promotion, or is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PromotionOp {
    /// It is made.
    Add,
    /// It is ended.
    Remove,
    /// It is ended, and made again with other values.
    Replace,
    /// It is ended for a push of the menu, and made again after that.
    Renew,
    /// It was ended elsewhere before its time.
    Drift,
    /// The platform refused it; not sent again as long as nothing changes.
    Refused,
    /// The platform took it, and has not shown it.
    Unverified,
    /// The platform shows other values than were sent.
    Nonconvergent,
    /// It is made, but not now.
    Waiting,
}

impl PromotionOp {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Renew => "renew",
            Self::Drift => "drift",
            Self::Refused => "refused",
            Self::Unverified => "unverified",
            Self::Nonconvergent => "nonconvergent",
            Self::Waiting => "waiting",
        }
    }

    /// Whether calls follow from it.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Add | Self::Remove | Self::Replace | Self::Renew)
    }
}

/// One promotion of an outlet's plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PromotionStep {
    /// What is done.
    pub op: PromotionOp,
    /// Our name.
    pub name: String,
    /// The dish.
    pub item: ExternalId,
    /// What is to be made.
    pub create: Option<PromoDetail>,
    /// What is stored of it.
    pub record: Option<PromotionRecord>,
    /// Whether the one that is there has begun.
    pub has_begun: bool,
    /// What the dish costs live.
    pub live_price: Option<Price>,
    /// What it costs when the promotion is made: once the push of the same plan has arrived.
    pub coming_price: Option<Price>,
    /// It has to end before the menu is pushed.
    pub before_push: bool,
    /// Its call was about to be made before, and is made with the same key and body: whatever the files say by now, what became
    /// of it has to be known first.
    pub is_resumed: bool,
    /// What there is to say beyond the change itself.
    pub note: Option<String>,
    /// Where the files say it.
    pub source: Option<Place>,
}

/// The promotions of an outlet's plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromotionPlan {
    /// By name and dish; what is as it should be is not there.
    pub steps: Vec<PromotionStep>,
    /// How many promotions run or wait that are not ours.
    pub foreign: usize,
    /// Why nothing is known of them, so that nothing is done.
    pub unread: Option<String>,
    /// What a look has shown of ours: stored, whatever is done.
    pub learnt: Vec<PromotionRecord>,
    /// What leaves the state without a word: its last moment has passed.
    pub over: Vec<PromotionKey>,
    /// On the clocks of the outlet.
    pub now: Option<DateTime>,
    /// Which of the files' begin or end at this very moment, in words: where plans of later moments are shown.
    pub events: Vec<String>,
}

impl PromotionPlan {
    /// Whether calls follow.
    pub fn sends(&self) -> bool {
        self.steps.iter().any(|step| step.op.is_sent())
    }

    /// What is not as the files want it, and no call of ours mends, in words.
    pub fn troubles(&self) -> impl Iterator<Item = String> + '_ {
        let stuck = [PromotionOp::Refused, PromotionOp::Unverified, PromotionOp::Nonconvergent];
        let steps = self.steps.iter().filter(move |step| stuck.contains(&step.op));
        steps.map(PromotionStep::words)
    }
}

impl PromotionStep {
    /// Which promotion of the files it is.
    pub fn id(&self) -> PromotionKey {
        (self.name.clone(), self.item.clone())
    }

    /// The same as a path.
    pub fn path(&self) -> Path {
        Path::Promotion(self.name.clone(), self.item.clone())
    }

    /// `“gajian” on NG: …`
    pub fn words(&self) -> String {
        let place = self.source.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("promotion {}{place}: {}", self.label(), self.note.as_deref().unwrap_or_default())
    }
}

/// What a dish costs live, its menu and its name.
pub type LiveDish = (Price, String, String);

/// What the promotions of a plan are made from, beside the plan itself.
pub struct PromotionInputs<'a> {
    /// What the files declare.
    pub wanted: &'a [WantedPromotion],
    /// Whether ours may be made and ended.
    pub may_write: bool,
    /// What is stored of ours.
    pub records: &'a [PromotionRecord],
    /// All that the platform lists.
    pub listed: &'a [Promotion],
    /// Now, on the clocks of the outlet.
    pub now: DateTime,
    /// Now.
    pub at: Timestamp,
    /// What was done elsewhere is undone.
    pub revert: bool,
    /// Limits on prices.
    pub limits: &'a GuardLimits,
    /// Guards that a person released.
    pub released: &'a BTreeSet<Guard>,
    /// What earlier days mean.
    pub past: &'a Past,
    /// What a dish costs live, its menu and its name.
    pub live: &'a dyn Fn(&ExternalId) -> Option<LiveDish>,
    /// Where the files say a thing.
    pub place: &'a dyn Fn(&Path) -> Option<Place>,
}

/// A create is not sent this close to midnight, as its first day may be another one when it arrives (our choice).
const BEFORE_MIDNIGHT: i32 = 5;

/// Whether no promotion is made now, on the clocks of the outlet, as the day may be another one when the call arrives.
pub fn is_before_midnight(now: DateTime) -> bool {
    i32::from(now.hour()) * 60 + i32::from(now.minute()) >= 24 * 60 - BEFORE_MIDNIGHT
}

/// Within this time one shows that was made (our choice: as long as a push).
const SHOWS_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// Two looks that do not show a promotion are this far apart before it counts as ended elsewhere: a copy may be behind (our
/// choice).
const MISSING_FOR: SignedDuration = SignedDuration::from_mins(5);

/// For how long a call is made again with its key (our choice).
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl OutletPlan {
    /// Plans the promotions. To be asked once the plan of the menu is made.
    pub fn plan_promotions(&mut self, inputs: &PromotionInputs<'_>) {
        let PromotionInputs { records, listed, now, .. } = inputs;
        let mut plan = PromotionPlan { now: Some(*now), ..PromotionPlan::default() };
        let ours: BTreeSet<&str> = records.iter().filter_map(|record| record.promotion_id.as_deref()).collect();
        let is_open = |promotion: &&Promotion| promotion.phase(*now) != PromotionPhase::Over;
        plan.foreign = listed.iter().filter(is_open).filter(|one| !ours.contains(one.promotion_id.as_str())).count();
        let wanted: BTreeMap<PromotionKey, &WantedPromotion> = inputs
            .wanted
            .iter()
            .filter(|wanted| !wanted.is_over)
            .map(|wanted| ((wanted.name.clone(), wanted.detail.external_menu_id.clone()), wanted))
            .collect();
        let known: BTreeMap<PromotionKey, &PromotionRecord> =
            records.iter().map(|record| (record.id(), record)).collect();
        let keys: BTreeSet<&PromotionKey> = wanted.keys().chain(known.keys()).collect();
        for key in keys {
            let one = One {
                inputs,
                key,
                wanted: wanted.get(key).map(|wanted| &wanted.detail),
                record: known.get(key).copied(),
            };
            one.plan(&mut plan);
        }
        if !inputs.may_write {
            plan.steps.clear();
        }
        for step in &mut plan.steps {
            let touch = |promotion: &ExternalId| self.touched.iter().any(|touched| touched.item == *promotion);
            step.before_push = self.action == Action::Put && touch(&step.item) && step.op != PromotionOp::Add;
            step.coming_price = self.coming_price(&step.item).or(step.live_price);
            // What has to end before a push ends now, whatever it has to wait for to be made again.
            let makes = matches!(step.op, PromotionOp::Add | PromotionOp::Replace) && !step.before_push;
            let least = wanted.get(&step.id()).map_or(0, |wanted| wanted.least_discount);
            if let Some(note) = step.waits(*now, least).filter(|_| makes) {
                (step.op, step.note) = (PromotionOp::Waiting, Some(note));
            }
        }
        self.renew_touched(inputs, &mut plan);
        self.changes.extend(plan.steps.iter().filter_map(|step| step.change(inputs)));
        self.changes.sort();
        self.digest = digest_of([(&self.outlet, self.changes.as_slice())]);
        self.guards.extend(judge_prices(&plan, inputs));
        self.promotions = plan;
    }

    /// What a push of the menu makes of a price.
    fn coming_price(&self, item: &ExternalId) -> Option<Price> {
        self.payload.item(item).filter(|_| self.action == Action::Put)?.price.value().copied()
    }

    /// Ours on dishes that a push of the menu touches end before it, and are made again after it.
    fn renew_touched(&self, inputs: &PromotionInputs<'_>, plan: &mut PromotionPlan) {
        if self.action != Action::Put || !inputs.may_write {
            return;
        }
        let may_be_there =
            |record: &&PromotionRecord| matches!(record.stage, PromotionStage::Made | PromotionStage::Seen);
        for record in inputs.records.iter().filter(may_be_there) {
            let is_touched = self.touched.iter().any(|touched| touched.item == record.detail.external_menu_id);
            let is_about =
                |step: &PromotionStep| (&step.name, &step.item) == (&record.name, &record.detail.external_menu_id);
            let is_planned = plan.steps.iter().any(|step| is_about(step) && step.op.is_sent());
            let shown = inputs.listed.iter().find(|one| Some(&one.promotion_id) == record.promotion_id.as_ref());
            let phase = shown.map(|shown| shown.phase(inputs.now));
            if !is_touched || is_planned || phase.is_none_or(|phase| phase == PromotionPhase::Over) {
                continue;
            }
            let key = record.id();
            let wanted = inputs.wanted.iter().find(|one| (&one.name, &one.detail.external_menu_id) == (&key.0, &key.1));
            let one = One { inputs, key: &key, wanted: wanted.map(|wanted| &wanted.detail), record: Some(record) };
            let step = one.step(PromotionOp::Renew, record.detail.start() <= inputs.now);
            plan.steps.retain(|step| !is_about(step));
            let coming_price = self.coming_price(&step.item).or(step.live_price);
            plan.steps.push(PromotionStep { before_push: true, coming_price, ..step });
        }
        plan.steps.sort_by(|a, b| (&a.name, &a.item).cmp(&(&b.name, &b.item)));
    }
}

/// A guard, its limit, and the promotions that trip it: by how much, and in which words.
type PriceFinding<'a> = (Guard, Option<f64>, Vec<(f64, &'a PromotionStep, String)>);

/// The guards on the prices of promotions.
fn judge_prices(plan: &PromotionPlan, inputs: &PromotionInputs<'_>) -> Vec<GuardVerdict> {
    let made = plan.steps.iter().filter(|step| matches!(step.op, PromotionOp::Add | PromotionOp::Replace));
    let (mut deep, mut slips, mut moves) = (Vec::new(), Vec::new(), Vec::new());
    for step in made {
        let Some(selling) = step.create.as_ref().map(|detail| detail.selling_price) else { continue };
        let old = step.record.as_ref().filter(|_| step.op == PromotionOp::Replace).map(|old| old.detail.selling_price);
        // Whatever it costs while the push arrives, the promotion may not take off too much of it.
        if let Some(live) = step.live_price.max(step.coming_price).filter(|live| live.0 > 0) {
            let below = (live.0 - selling.0) as f64 * 100.0 / live.0 as f64;
            let words = format!("{} ({selling} instead of {live}, {below:.0} % less)", step.label());
            deep.push((below, step, words));
        }
        let coming = step.coming_price.filter(|_| step.coming_price != step.live_price);
        for (from, what) in [(step.live_price, "the dish costs"), (coming, "the dish will cost"), (old, "it was")] {
            if let Some(from) = from.filter(|from| is_decimal_slip(from.0, selling.0)) {
                slips.push((0.0, step, format!("{} would be {selling}, {what} {from}", step.label())));
            }
        }
        if let Some(old) = old {
            let percent = percent_change(old.0, selling.0);
            moves.push((percent, step, format!("{} moves by {percent:.0} % ({old} → {selling})", step.label())));
        }
    }
    let (depth, change) = (inputs.limits.promotion_depth, inputs.limits.price_change);
    let over = |found: Vec<(f64, _, _)>, limit: f64| found.into_iter().filter(|one| one.0 > limit).collect();
    let found: [PriceFinding<'_>; 3] = [
        (Guard::PriceChange, Some(change), over(moves, change)),
        (Guard::DecimalSlip, None, slips),
        (Guard::PromotionDepth, Some(depth), over(deep, depth)),
    ];
    let verdict = |(guard, limit, steps): PriceFinding<'_>| {
        let (worst, _, words) = steps.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let more = if steps.len() > 1 { format!(", and {} more", steps.len() - 1) } else { String::new() };
        let message = match limit {
            Some(limit) => format!("the promotion {words}{more}; the limit is {limit} %"),
            None => format!("a factor of 10, 100 or 1000 looks like a slipped decimal: the promotion {words}{more}"),
        };
        Some(GuardVerdict {
            guard,
            limit: limit.map(Limit::Percent),
            actual: Some(if limit.is_some() { (worst * 10.0).round() / 10.0 } else { steps.len() as f64 }),
            verdict: if inputs.released.contains(&guard) { Verdict::Released } else { Verdict::Held },
            items: steps.iter().map(|(_, step, _)| step.path()).collect(),
            promotions: Vec::new(),
            message,
            approval: None,
        })
    };
    found.into_iter().filter_map(verdict).collect()
}

/// One promotion, as it is planned.
struct One<'a> {
    inputs: &'a PromotionInputs<'a>,
    key: &'a PromotionKey,
    wanted: Option<&'a PromoDetail>,
    record: Option<&'a PromotionRecord>,
}

impl One<'_> {
    fn step(&self, op: PromotionOp, has_begun: bool) -> PromotionStep {
        let (name, item) = self.key.clone();
        let live_price = (self.inputs.live)(&item).map(|(price, ..)| price);
        let source = (self.inputs.place)(&Path::Promotion(name.clone(), item.clone()));
        let create = self.wanted.cloned();
        let record = self.record.cloned();
        PromotionStep {
            op,
            name,
            item,
            create,
            record,
            has_begun,
            live_price,
            coming_price: live_price,
            before_push: false,
            is_resumed: false,
            note: None,
            source,
        }
    }

    fn plan(&self, plan: &mut PromotionPlan) {
        let Some(record) = self.record else { return self.add(plan) };
        let PromotionInputs { now, at, listed, .. } = self.inputs;
        if record.detail.end() <= *now {
            // Whatever it was, it is not any more; what takes its place is another content.
            if record.kept_until.is_none_or(|last| last < now.date()) {
                plan.over.push(self.key.clone());
            } else if record.is_open() {
                plan.learnt.push(PromotionRecord { stage: PromotionStage::Ended, ..record.clone() });
            }
            return self.add(plan);
        }
        let shown = record.promotion_id.as_ref().and_then(|id| listed.iter().find(|one| one.promotion_id == *id));
        let phase = shown.map(|shown| shown.phase(*now));
        let is_there = phase.is_some_and(|phase| phase != PromotionPhase::Over);
        // What no look shows may be there all the same: a copy may be behind.
        let says_over = phase == Some(PromotionPhase::Over);
        let has_begun = record.detail.start() <= *now && phase != Some(PromotionPhase::Waits);
        let is_wanted_as_it_is = self.wanted == Some(&record.detail);
        let end = if self.wanted.is_some() { PromotionOp::Replace } else { PromotionOp::Remove };
        match record.stage {
            PromotionStage::Ended if is_there => plan.steps.push(self.step(end, has_begun)),
            PromotionStage::Ended => self.add(plan),
            PromotionStage::Refused => {
                let live_price = (self.inputs.live)(&self.key.1).map(|(price, ..)| price);
                if is_wanted_as_it_is && live_price == record.live_price {
                    self.say(plan, PromotionOp::Refused, record.error.clone().unwrap_or_default());
                } else {
                    self.add(plan);
                }
            }
            PromotionStage::Creating => self.plan_unanswered(record, plan),
            PromotionStage::Ending if says_over => {
                plan.learnt.push(PromotionRecord { stage: PromotionStage::Ended, ..record.clone() });
                self.add(plan);
            }
            PromotionStage::Ending => plan.steps.push(self.step(end, has_begun)),
            PromotionStage::Made | PromotionStage::Seen if is_there => {
                if record.stage == PromotionStage::Made || record.missing_since.is_some() {
                    let seen = PromotionRecord { stage: PromotionStage::Seen, error: None, ..record.clone() };
                    plan.learnt.push(PromotionRecord { missing_since: None, ..seen });
                }
                let others = shown.map(|shown| record.detail.shown_otherwise(shown)).unwrap_or_default();
                if !is_wanted_as_it_is {
                    plan.steps.push(self.step(end, has_begun));
                } else if !others.is_empty() {
                    let note =
                        format!("GoFood shows {}; it is left alone until the files change it", others.join(", "));
                    self.say(plan, PromotionOp::Nonconvergent, note);
                }
            }
            PromotionStage::Made | PromotionStage::Seen if is_wanted_as_it_is && says_over => {
                self.drifted(plan, has_begun, true);
            }
            PromotionStage::Made if is_wanted_as_it_is => {
                let id = record.promotion_id.as_deref().unwrap_or_default();
                let note =
                    format!("GoFood took it (id {id}) and does not show it; it is only looked for, never sent again");
                self.say(plan, PromotionOp::Unverified, note);
            }
            PromotionStage::Seen if is_wanted_as_it_is => {
                let since = record.missing_since.unwrap_or(*at);
                if record.missing_since.is_none() {
                    plan.learnt.push(PromotionRecord { missing_since: Some(since), ..record.clone() });
                }
                let is_sure = at.duration_since(since) >= MISSING_FOR && record.would_show(*at);
                self.drifted(plan, has_begun, is_sure);
            }
            PromotionStage::Made | PromotionStage::Seen if says_over => {
                plan.learnt.push(PromotionRecord { stage: PromotionStage::Ended, ..record.clone() });
                self.add(plan);
            }
            // Nobody wants it as it is, and it may be there: the answer to its end says whether it is.
            PromotionStage::Made | PromotionStage::Seen => plan.steps.push(self.step(end, has_begun)),
        }
    }

    /// Its call was made, and no answer is recorded: what the list shows says what became of it. Only where it shows nothing,
    /// and the files want the very same, is the call made again: how long a key is known is not documented.
    fn plan_unanswered(&self, record: &PromotionRecord, plan: &mut PromotionPlan) {
        let PromotionInputs { records, listed, now, at, .. } = self.inputs;
        let is_wanted_as_it_is = self.wanted == Some(&record.detail);
        match record.find_made(listed, records, *now) {
            FoundPromotion::One(id) => {
                let (promotion_id, error) = (Some(id), None);
                let found = PromotionRecord { stage: PromotionStage::Seen, promotion_id, error, ..record.clone() };
                plan.foreign = plan.foreign.saturating_sub(1);
                plan.learnt.push(found.clone());
                One { record: Some(&found), ..*self }.plan(plan);
            }
            FoundPromotion::Unclear => {
                self.say(plan, PromotionOp::Unverified, MAY_BE_THERE.to_owned());
            }
            FoundPromotion::Nothing if is_wanted_as_it_is && at.duration_since(record.sent_at) < KEYS_KEPT => {
                let create = Some(record.detail.clone());
                plan.steps.push(PromotionStep { create, is_resumed: true, ..self.step(PromotionOp::Add, false) });
            }
            FoundPromotion::Nothing if record.would_show(*at) => {
                plan.learnt.push(PromotionRecord { stage: PromotionStage::Ended, ..record.clone() });
                self.add(plan);
            }
            FoundPromotion::Nothing => {
                let note = match self.wanted {
                    Some(_) => "made once it is known what became of the one before",
                    None => "looked for, as its call was not answered; ended once GoFood shows it",
                };
                self.say(plan, PromotionOp::Waiting, note.to_owned());
            }
        }
    }

    /// What was ended elsewhere is made again where the files win and it is sure, unless that was undone again and again.
    fn drifted(&self, plan: &mut PromotionPlan, has_begun: bool, is_sure: bool) {
        let path = Path::Promotion(self.key.0.clone(), self.key.1.clone());
        let is_contested = self.inputs.past.contested.contains_key(&path);
        let is_undone = self.inputs.revert && is_sure && !is_contested;
        let op = if is_undone { PromotionOp::Add } else { PromotionOp::Drift };
        let note = Some("ended or deleted elsewhere before its end".to_owned());
        plan.steps.push(PromotionStep { note, ..self.step(op, has_begun) });
    }

    fn add(&self, plan: &mut PromotionPlan) {
        let Some(wanted) = self.wanted else { return };
        let now = self.inputs.now;
        if wanted.end() <= now {
            return;
        }
        if let Some(other) = self.unsettled_on_dish() {
            let note = format!("made once it is known what became of “{}” on the same dish", other.name);
            return self.say(plan, PromotionOp::Waiting, note);
        }
        if (self.inputs.live)(&self.key.1).is_none() {
            return self.say(plan, PromotionOp::Waiting, "made once GoFood shows the dish".to_owned());
        }
        plan.steps.push(self.step(PromotionOp::Add, false));
    }

    /// Another promotion of ours that may be on the same dish, and nobody knows. A second one beside it would be one too many.
    fn unsettled_on_dish(&self) -> Option<&PromotionRecord> {
        let PromotionInputs { records, listed, now, at, .. } = self.inputs;
        let is_shown =
            |record: &PromotionRecord| listed.iter().any(|one| Some(&one.promotion_id) == record.promotion_id.as_ref());
        records.iter().find(|record| {
            let is_other = record.name != self.key.0 && record.detail.external_menu_id == self.key.1;
            let is_unsettled = match record.stage {
                PromotionStage::Creating => {
                    let may_come = at.duration_since(record.sent_at) < KEYS_KEPT;
                    may_come || record.find_made(listed, records, *now) != FoundPromotion::Nothing
                }
                PromotionStage::Made => !is_shown(record),
                _ => false,
            };
            is_other && is_unsettled && record.detail.end() > *now
        })
    }

    fn say(&self, plan: &mut PromotionPlan, op: PromotionOp, note: String) {
        plan.steps.push(PromotionStep { note: Some(note), ..self.step(op, false) });
    }
}

impl PromotionStep {
    /// `“gajian” of NG`
    fn label(&self) -> String {
        format!("“{}” of {}", self.name, self.item)
    }

    /// Why it is not made now.
    fn waits(&self, now: DateTime, least: u32) -> Option<String> {
        if is_before_midnight(now) {
            return Some(format!("made after midnight: not within {BEFORE_MIDNIGHT} minutes before it"));
        }
        let (price, selling) = (self.coming_price?, self.create.as_ref()?.selling_price);
        let takes_off = i128::from(price.0) - i128::from(selling.0);
        let is_enough = takes_off > 0 && takes_off * 100 >= i128::from(least) * i128::from(price.0);
        let what = if takes_off > 0 { format!("at least {least} % below") } else { "below".to_owned() };
        (!is_enough).then(|| format!("made once {selling} is {what} the price of the dish, which is {price}"))
    }

    /// The same as a difference; `None` for what is only said.
    fn change(&self, inputs: &PromotionInputs<'_>) -> Option<Change> {
        let value = |detail: &Option<PromoDetail>| detail.clone().map(|detail| FieldValue::Promotion(Box::new(detail)));
        let ours = self.record.as_ref().map(|record| record.detail.clone());
        let is_drift = self.note.is_some() && matches!(self.op, PromotionOp::Add | PromotionOp::Drift);
        let (kind, from, to) = match self.op {
            PromotionOp::Add | PromotionOp::Drift => (Kind::Add, None, value(&self.create)),
            PromotionOp::Remove => (Kind::Remove, value(&ours), None),
            PromotionOp::Replace | PromotionOp::Renew => (Kind::Set, value(&ours), value(&self.create)),
            _ => return None,
        };
        let path = self.path();
        let subject = match (inputs.live)(&self.item) {
            Some((_, menu, name)) => Subject { within: Some(menu), name },
            None => Subject { within: None, name: self.item.to_string() },
        };
        Some(Change {
            kind: if to.is_none() { Kind::Remove } else { kind },
            class: if is_drift { Class::Drift } else { Class::Edit },
            base: value(&ours),
            from,
            to,
            pushed: self.op.is_sent(),
            since: inputs.past.since.get(&path).copied(),
            contested: inputs.past.contested.contains_key(&path),
            only_with_put: false,
            subject,
            sources: self.source.clone().into_iter().collect(),
            path,
        })
    }
}
