//! The promotions that the files declare, against what is stored of ours and what the platform lists: what is to be ended and
//! what is to be made. Ours is only what a call of ours has made; nothing here ever names another one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, civil::DateTime};

use super::{
    Action, Change, Class, FoundPromotion, Kind, LiveDish, MAY_BE_THERE, OutletPlan, PromotionInputs, PromotionKey,
    PromotionOp, PromotionPlan, PromotionRecord, PromotionStage, PromotionStep, Subject, change::digest_of,
    guards::judge_prices, is_made_elsewhere, promotion_record::JUST_LIKE_IT,
};
use crate::catalog::{ExternalId, FieldValue, Path, Price, PromoDetail, Promotion, PromotionPhase, WantedPromotion};

/// A create is not sent this close to midnight, as its first day may be another one when it arrives (our choice).
const BEFORE_MIDNIGHT: i32 = 5;

/// Whether no promotion is made now, on the clocks of the outlet, as the day may be another one when the call arrives.
pub fn is_before_midnight(now: DateTime) -> bool {
    i32::from(now.hour()) * 60 + i32::from(now.minute()) >= 24 * 60 - BEFORE_MIDNIGHT
}

/// Two looks that do not show a promotion are this far apart before it counts as ended elsewhere: a copy may be behind (our
/// choice).
const MISSING_FOR: SignedDuration = SignedDuration::from_mins(5);

/// For how long a call is made again with its key (our choice).
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl OutletPlan {
    /// Plans the promotions. To be asked once the plan of the menu is made.
    pub fn plan_promotions(&mut self, inputs: &PromotionInputs<'_>) {
        let (records, learnt) = without_others(inputs);
        // Nothing below may know a promotion of somebody else as ours.
        let inputs = &PromotionInputs { records: &records, ..*inputs };
        let PromotionInputs { records, listed, now, .. } = inputs;
        let shown_prices = std::mem::take(&mut self.promotions.shown_prices);
        let mut plan = PromotionPlan { now: Some(*now), shown_prices, learnt, ..PromotionPlan::default() };
        let ours: BTreeSet<&str> = records.iter().filter_map(|record| record.promotion_id.as_deref()).collect();
        let is_open = |promotion: &&Promotion| promotion.phase(*now) != PromotionPhase::Over;
        plan.foreign = listed.iter().filter(is_open).filter(|one| !ours.contains(one.promotion_id.as_str())).count();
        let wanted: BTreeMap<PromotionKey, &WantedPromotion> =
            inputs.wanted.iter().filter(|wanted| !wanted.is_over).map(|wanted| (wanted.id(), wanted)).collect();
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
            if let Some(note) = step.waits(inputs, least).filter(|_| makes) {
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
            let key = record.id();
            let is_about = |step: &PromotionStep| step.id() == key;
            let is_planned = plan.steps.iter().any(|step| is_about(step) && step.op.is_sent());
            let shown = inputs.listed.iter().find(|one| Some(&one.promotion_id) == record.promotion_id.as_ref());
            let phase = shown.map(|shown| shown.phase(inputs.now));
            if !is_touched || is_planned || phase.is_none_or(|phase| phase == PromotionPhase::Over) {
                continue;
            }
            let wanted = inputs.wanted.iter().find(|one| one.id() == key);
            let one = One { inputs, key: &key, wanted: wanted.map(|wanted| &wanted.detail), record: Some(record) };
            let step = one.step(PromotionOp::Renew, record.detail.start() <= inputs.now);
            plan.steps.retain(|step| !is_about(step));
            let coming_price = self.coming_price(&step.item).or(step.live_price);
            plan.steps.push(PromotionStep { before_push: true, coming_price, ..step });
        }
        plan.steps.sort_by(|a, b| (&a.name, &a.item).cmp(&(&b.name, &b.item)));
    }
}

/// The records, without the promotions of others that calls of ours were answered with, and those that are to be remembered so.
fn without_others(
    PromotionInputs { records, listed, .. }: &PromotionInputs<'_>,
) -> (Vec<PromotionRecord>, Vec<PromotionRecord>) {
    let mut learnt = Vec::new();
    let settle = |record: &PromotionRecord| {
        let shown = listed.iter().find(|one| Some(&one.promotion_id) == record.promotion_id.as_ref());
        if !record.is_open() || !record.is_answered_with_another(shown) {
            return record.clone();
        }
        learnt.push(record.clone().never_made());
        record.clone().never_made()
    };
    (records.iter().map(settle).collect(), learnt)
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
        let dish = (self.inputs.live)(&item);
        let live_price = dish.as_ref().map(|dish| dish.price);
        let of_dish = self.inputs.listed.iter().filter(|one| one.may_be_on(&item));
        let listed = of_dish.map(|one| one.promotion_id.clone()).collect();
        let source = (self.inputs.place)(&Path::Promotion(name.clone(), item.clone()));
        let create = self.wanted.cloned();
        let record = self.record.cloned();
        PromotionStep {
            op,
            name,
            item,
            live_stock: dish.as_ref().and_then(|dish| dish.in_stock),
            dish: dish.map(|dish| dish.name),
            listed,
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
        if record.detail.end() <= *now && record.is_still_listed(listed, self.inputs.records) {
            return self.plan_still_listed(record, plan);
        }
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
                let dish = (self.inputs.live)(&self.key.1);
                let is_price_same = dish.as_ref().map(|dish| dish.price) == record.live_price;
                let is_on_sale = dish.is_some_and(|dish| dish.in_stock != Some(false));
                let is_back_on_sale = record.live_stock == Some(false) && is_on_sale;
                if is_wanted_as_it_is && is_price_same && !is_back_on_sale {
                    self.say(plan, PromotionOp::Refused, record.refusal());
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
                let was_missed = record.missing_since.is_some() || record.ended_elsewhere.is_some();
                if record.stage == PromotionStage::Made || was_missed {
                    let seen = PromotionRecord { stage: PromotionStage::Seen, error: None, ..record.clone() };
                    plan.learnt.push(PromotionRecord {
                        is_untold: false,
                        missing_since: None,
                        ended_elsewhere: None,
                        ..seen
                    });
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
            PromotionStage::Made if says_over => {
                let replayed = record.clone().replayed();
                plan.learnt.push(replayed.clone());
                One { record: Some(&replayed), ..*self }.plan(plan);
            }
            PromotionStage::Seen if is_wanted_as_it_is && says_over => {
                self.drifted(plan, has_begun, record.clone(), true);
            }
            PromotionStage::Made if is_wanted_as_it_is => {
                let id = record.promotion_id.as_deref().unwrap_or_default();
                let note =
                    format!("GoFood took it (id {id}) and does not show it; it is only looked for, never sent again");
                self.say(plan, PromotionOp::Unverified, note);
            }
            PromotionStage::Seen if is_wanted_as_it_is => {
                let since = record.missing_since.unwrap_or(*at);
                let is_sure = at.duration_since(since) >= MISSING_FOR && record.would_show(*at);
                let missed = PromotionRecord { missing_since: Some(since), ..record.clone() };
                self.drifted(plan, has_begun, missed, is_sure);
            }
            PromotionStage::Seen if says_over => {
                plan.learnt.push(PromotionRecord { stage: PromotionStage::Ended, ..record.clone() });
                self.add(plan);
            }
            // Nobody wants it as it is, and it may be there: the answer to its end says whether it is.
            PromotionStage::Made | PromotionStage::Seen => plan.steps.push(self.step(end, has_begun)),
        }
    }

    /// Over by our clock, and listed: it is kept until the list says so too, as only who knows it can end it. What the files
    /// want in its place ends it first.
    fn plan_still_listed(&self, record: &PromotionRecord, plan: &mut PromotionPlan) {
        plan.learnt.extend(record.still_listed(self.inputs.now));
        match record.stage {
            _ if self.wanted.is_none_or(|wanted| wanted.end() <= self.inputs.now) => {}
            PromotionStage::Creating => self.say(plan, PromotionOp::Unverified, MAY_BE_THERE.to_owned()),
            PromotionStage::Ended | PromotionStage::Refused => self.add(plan),
            _ => plan.steps.push(self.step(PromotionOp::Replace, true)),
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

    /// What was ended elsewhere is made again where the files win and it is sure, unless that was undone again and again. Its
    /// stage stays as it is: one that has ended would be made again whoever wins.
    fn drifted(&self, plan: &mut PromotionPlan, has_begun: bool, missed: PromotionRecord, is_sure: bool) {
        let ended_elsewhere = missed.ended_elsewhere.or(is_sure.then_some(self.inputs.at));
        let learnt = PromotionRecord { ended_elsewhere, ..missed };
        if self.record != Some(&learnt) {
            plan.learnt.push(learnt);
        }
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
    /// Why it is not made now.
    fn waits(&self, PromotionInputs { now, listed, records, .. }: &PromotionInputs<'_>, least: u32) -> Option<String> {
        let detail = self.create.as_ref()?;
        // One whose call was made is looked for otherwise.
        if !self.is_resumed && is_made_elsewhere(detail, listed, records, *now) {
            return Some(JUST_LIKE_IT.to_owned());
        }
        if is_before_midnight(*now) {
            return Some(format!("made after midnight: not within {BEFORE_MIDNIGHT} minutes before it"));
        }
        let (price, selling) = (self.coming_price?, detail.selling_price);
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
            Some(LiveDish { menu, name, .. }) => Subject { within: Some(menu), name },
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
