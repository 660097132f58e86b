//! Making and ending promotions: recorded before each call, looked for after it, and repeated only with the same key.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{
    PassError, Recalled,
    memory::{json, recall},
    visit::{Pass, Visit},
};
use crate::{
    catalog::{FieldValue, Path, PromoDetail, Promotion, PromotionPhase},
    plan::{PromotionOp, PromotionRecord, PromotionStage, PromotionStep, idempotency_key},
    remote::{PromotionAnswer, Read, RemoteError, Write},
    report::PromotionResult,
    state::OutletUpdate,
};

/// Tries of one call, the first included (our choice).
const MOST_TRIES: u32 = 4;

/// The longest pause between two looks for a promotion (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Key of a record in the state.
pub(super) fn state_key(record: &PromotionRecord) -> String {
    Path::Promotion(record.name.clone(), record.detail.external_menu_id.clone()).to_string()
}

/// How one call, or what follows from it, ended.
enum Done {
    /// As it should.
    Well,
    /// Refused for good, in these words.
    Refused(String),
    /// Not known or not shown, in these words.
    Unverified(String),
    /// Not carried out, or nobody knows; it is tried again in the next pass.
    Failed(String),
}

impl<R: Read + Write> Pass<'_, R> {
    /// Ends what has to end before the menu is pushed. `Err` in words: why it may not be pushed.
    pub(super) async fn end_before_push(&self, steps: &[PromotionStep]) -> Result<Result<(), String>, PassError> {
        for step in steps.iter().filter(|step| step.before_push && step.op != PromotionOp::Add && step.op.is_sent()) {
            let Some(record) = &step.record else { continue };
            match Box::pin(self.end_promotion(record.clone(), step.has_begun)).await? {
                Done::Well => {}
                Done::Refused(why) | Done::Unverified(why) | Done::Failed(why) => {
                    return Ok(Err(format!("promotion “{}” of {} could not be ended: {why}", step.name, step.item)));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Ends and makes what was planned: first all ends, then what is made, one after the other.
    pub(super) async fn promote(&self, steps: &[PromotionStep]) -> Result<Vec<PromotionResult>, PassError> {
        let mut results = Vec::new();
        let mut blocked = BTreeSet::new();
        let sent = || steps.iter().filter(|step| step.op.is_sent());
        for step in sent().filter(|step| step.op != PromotionOp::Add) {
            let Some(record) = self.stored(step).await?.filter(|record| record.stage != PromotionStage::Ended) else {
                // It has ended before the push.
                if step.op == PromotionOp::Remove {
                    results.push(result(step, "ended", step.record.as_ref(), None));
                }
                continue;
            };
            if self.visit.is_stopping() {
                return Ok(results);
            }
            let done = Box::pin(self.end_promotion(record.clone(), step.has_begun)).await?;
            match (done, step.op) {
                (Done::Well, PromotionOp::Remove) => results.push(result(step, "ended", Some(&record), None)),
                (Done::Well, _) => {}
                (Done::Refused(why), _) => {
                    blocked.insert((&step.name, &step.item));
                    results.push(result(step, "refused", Some(&record), Some(why)));
                }
                (Done::Unverified(why), _) => {
                    blocked.insert((&step.name, &step.item));
                    results.push(result(step, "unverified", Some(&record), Some(why)));
                }
                (Done::Failed(why), _) => {
                    blocked.insert((&step.name, &step.item));
                    results.push(result(step, "failed", Some(&record), Some(why)));
                }
            }
        }
        // One promotion a dish at a time: as long as one is not seen to end, none is made on its dish.
        let is_blocked = |step: &PromotionStep| blocked.iter().any(|(_, item)| **item == step.item);
        for step in sent().filter(|step| !is_blocked(step)) {
            let Some(detail) = &step.create else { continue };
            if self.visit.is_stopping() {
                return Ok(results);
            }
            let word = if step.op == PromotionOp::Add { "created" } else { "replaced" };
            let (done, record) = Box::pin(self.create_promotion(step, detail)).await?;
            results.push(match done {
                Done::Well => result(step, word, record.as_ref(), None),
                Done::Refused(why) => result(step, "refused", record.as_ref(), Some(why)),
                Done::Unverified(why) => result(step, "unverified", record.as_ref(), Some(why)),
                Done::Failed(why) => result(step, "failed", record.as_ref(), Some(why)),
            });
        }
        Ok(results)
    }

    /// What is stored of a promotion now.
    async fn stored(&self, step: &PromotionStep) -> Result<Option<PromotionRecord>, PassError> {
        let Visit { context, target, .. } = *self.visit;
        let Recalled { promotions, .. } = recall(&context.state, &target.id, context.clock.now()).await?;
        Ok(promotions.into_iter().find(|record| record.id() == (step.name.clone(), step.item.clone())))
    }

    async fn store(&self, record: &PromotionRecord) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let promotions = vec![(state_key(record), Some(json(record, &target.id)?))];
        let update = OutletUpdate { promotions, ..OutletUpdate::default() };
        Ok(context.state.update_outlet(target.id.as_str(), update, context.clock.now()).await?)
    }

    /// Asks for the end, and waits until it shows.
    async fn end_promotion(&self, mut record: PromotionRecord, has_begun: bool) -> Result<Done, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let Some(id) = record.promotion_id.clone() else {
            record.stage = PromotionStage::Ended;
            self.store(&record).await?;
            return Ok(Done::Well);
        };
        record.stage = PromotionStage::Ending;
        self.store(&record).await?;
        let mut attempt = 1;
        while let Err(error) = remote.end_promotion(&target.id, &id, has_begun).await {
            let pause = Some(pause_after(attempt)).filter(|_| attempt < MOST_TRIES && !self.visit.is_stopping());
            let Some(pause) = pause.filter(|_| !error.is_final()) else {
                record.error = Some(error.to_string());
                self.store(&record).await?;
                let is_no = error.is_final() && !error.lacks_scope;
                return Ok(if is_no { Done::Refused(error.to_string()) } else { Done::Failed(error.to_string()) });
            };
            tracing::warn!(outlet = %target.id, promotion = id, attempt, %error, "the end of a promotion will be asked for again");
            self.visit.pause(pause).await;
            attempt += 1;
        }
        let is_over = |shown: Option<&Promotion>| {
            let now = context.clock.now().to_zoned(self.desired.policy.timezone.clone()).datetime();
            shown.is_none_or(|shown| shown.phase(now) == PromotionPhase::Over)
        };
        match self.watch(&id, is_over).await {
            Ok(true) => {
                (record.stage, record.error) = (PromotionStage::Ended, None);
                self.store(&record).await?;
                tracing::info!(outlet = %target.id, name = record.name, promotion = id, "ended a promotion");
                Ok(Done::Well)
            }
            Ok(false) => Ok(Done::Unverified("its end was asked for, and GoFood still shows it".to_owned())),
            Err(error) => Ok(Done::Failed(error.to_string())),
        }
    }

    /// Records, asks, and waits until it shows.
    async fn create_promotion(
        &self,
        step: &PromotionStep,
        detail: &PromoDetail,
    ) -> Result<(Done, Option<PromotionRecord>), PassError> {
        let Visit { context, remote, target } = *self.visit;
        let known = self.stored(step).await?;
        let resumed = known.clone().filter(|record| step.is_resumed && record.stage == PromotionStage::Creating);
        let mut record = match resumed {
            Some(record) => record,
            None => {
                let listed = match remote.promotions(&target.id).await {
                    Ok(listed) => listed,
                    Err(error) => return Ok((Done::Failed(error.to_string()), known)),
                };
                let of_dish = |one: &&Promotion| one.external_menu_id.as_ref() == Some(&detail.external_menu_id);
                let generation = known.as_ref().map_or(0, |record| record.generation.saturating_add(1));
                PromotionRecord {
                    name: step.name.clone(),
                    key: idempotency_key(context.state.platform(), &target.id, &step.name, detail, generation),
                    detail: detail.clone(),
                    generation,
                    stage: PromotionStage::Creating,
                    promotion_id: None,
                    sent_at: context.clock.now(),
                    before: listed.iter().filter(of_dish).map(|one| one.promotion_id.clone()).collect(),
                    live_price: step.live_price,
                    error: None,
                }
            }
        };
        // On disk before the first byte leaves: after a crash the same call is made again, and no other one.
        self.store(&record).await?;
        // Whether an earlier call may have been carried out: then a refusal of this one says nothing of that one.
        let mut maybe_done = step.is_resumed;
        let mut attempt = 1;
        let answer = loop {
            match remote.create_promotion(&target.id, &record.key, &record.detail).await {
                Ok(answer) => break answer,
                Err(error) if error.is_final() && !maybe_done && !may_be_another_time(&error) => {
                    break PromotionAnswer::Refused(error.to_string());
                }
                Err(error) => {
                    let goes_on = attempt < MOST_TRIES && !error.is_final() && !self.visit.is_stopping();
                    if !goes_on {
                        if error.is_final() && !maybe_done {
                            // It was turned away before anybody looked at it.
                            record.stage = PromotionStage::Ended;
                        }
                        record.error = Some(error.to_string());
                        self.store(&record).await?;
                        return Ok((Done::Failed(error.to_string()), Some(record)));
                    }
                    maybe_done = true;
                    tracing::warn!(outlet = %target.id, name = record.name, attempt, %error, "a promotion will be looked for, then sent again with the same key");
                    self.visit.pause(pause_after(attempt)).await;
                    attempt += 1;
                }
            }
        };
        let id = match answer {
            PromotionAnswer::Made(id) => id,
            // Where keys are not kept, the one that an earlier call has made is in the way of this one.
            PromotionAnswer::Refused(words) => match self.find_if(maybe_done, &record).await {
                Ok(Some(id)) => id,
                Err(error) => return Ok((Done::Failed(error.to_string()), Some(record))),
                Ok(None) => {
                    (record.stage, record.error) = (PromotionStage::Refused, Some(words.clone()));
                    self.store(&record).await?;
                    return Ok((Done::Refused(words), Some(record)));
                }
            },
            PromotionAnswer::Silent => match self.find_made(&record).await {
                Ok(Some(id)) => id,
                Ok(None) => {
                    let why = "GoFood took the call and names no promotion; it is only looked for, with the same key"
                        .to_owned();
                    record.error = Some(why.clone());
                    self.store(&record).await?;
                    return Ok((Done::Unverified(why), Some(record)));
                }
                Err(error) => return Ok((Done::Failed(error.to_string()), Some(record))),
            },
        };
        (record.stage, record.promotion_id, record.error) = (PromotionStage::Made, Some(id.clone()), None);
        self.store(&record).await?;
        self.verify(record, &id, step).await
    }

    /// Waits until a promotion shows that was made.
    async fn verify(
        &self,
        mut record: PromotionRecord,
        id: &str,
        step: &PromotionStep,
    ) -> Result<(Done, Option<PromotionRecord>), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let mut others = Vec::new();
        let shows = self
            .watch(id, |shown| {
                let now = context.clock.now().to_zoned(self.desired.policy.timezone.clone()).datetime();
                let open = shown.filter(|shown| shown.phase(now) != PromotionPhase::Over);
                others = open.map(|shown| record.detail.shown_otherwise(shown)).unwrap_or_default();
                open.is_some()
            })
            .await;
        match shows {
            Ok(true) => {
                record.stage = PromotionStage::Seen;
                self.store(&record).await?;
                tracing::info!(outlet = %target.id, name = record.name, promotion = id, "made a promotion");
                if step.note.is_some() {
                    self.note_undone(step).await?;
                }
                let done = match others.is_empty() {
                    true => Done::Well,
                    false => Done::Unverified(format!("GoFood shows {}; it is left alone", others.join(", "))),
                };
                Ok((done, Some(record)))
            }
            Ok(false) => {
                let why = format!("GoFood took it (id {id}) and did not show it in time; it is only looked for");
                Ok((Done::Unverified(why), Some(record)))
            }
            Err(error) => Ok((Done::Failed(error.to_string()), Some(record))),
        }
    }

    /// What was ended elsewhere has been made again: too often, and it is left alone.
    async fn note_undone(&self, step: &PromotionStep) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let now = context.clock.now();
        let Recalled { mut memory, .. } = recall(&context.state, &target.id, now).await?;
        let wanted = step.create.clone().map(|detail| FieldValue::Promotion(Box::new(detail)));
        memory.note_undone(Path::Promotion(step.name.clone(), step.item.clone()), wanted, now);
        let update = OutletUpdate { memory: Some(json(&memory, &target.id)?), ..OutletUpdate::default() };
        Ok(context.state.update_outlet(target.id.as_str(), update, now).await?)
    }

    async fn find_if(&self, may_be_there: bool, record: &PromotionRecord) -> Result<Option<String>, RemoteError> {
        if may_be_there { self.find_made(record).await } else { Ok(None) }
    }

    /// The one promotion that has come since the call was made and is as it was asked for.
    async fn find_made(&self, record: &PromotionRecord) -> Result<Option<String>, RemoteError> {
        let Visit { context, remote, target } = *self.visit;
        let now = context.clock.now().to_zoned(self.desired.policy.timezone.clone()).datetime();
        let listed = remote.promotions(&target.id).await?;
        let is_it = |one: &&Promotion| {
            one.external_menu_id.as_ref() == Some(&record.detail.external_menu_id)
                && one.selling_price.is_some()
                && one.phase(now) != PromotionPhase::Over
                && !record.before.contains(&one.promotion_id)
                && record.detail.shown_otherwise(one).is_empty()
        };
        let mut found = listed.iter().filter(is_it);
        Ok(found.next().filter(|_| found.next().is_none()).map(|one| one.promotion_id.clone()))
    }

    /// Looks at one promotion until it is as expected. `false`: not in time, or the program stops.
    async fn watch(&self, id: &str, mut is_met: impl FnMut(Option<&Promotion>) -> bool) -> Result<bool, RemoteError> {
        let Visit { context, remote, target } = *self.visit;
        let began = Instant::now();
        let mut pause = Duration::from_secs(1).min(context.verify_interval);
        loop {
            let shown = match remote.promotion(&target.id, id).await? {
                Some(shown) => Some(shown),
                // Not every platform may know single ones.
                None => remote.promotions(&target.id).await?.into_iter().find(|one| one.promotion_id == id),
            };
            if is_met(shown.as_ref()) {
                return Ok(true);
            }
            if began.elapsed() + pause > context.verify_timeout || self.visit.is_stopping() {
                return Ok(false);
            }
            self.visit.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE.max(context.verify_interval));
        }
    }
}

/// Whether a refusal says nothing of the promotion: a missing right, or another program at the same time.
fn may_be_another_time(error: &RemoteError) -> bool {
    error.lacks_scope || matches!(error.status, Some(401 | 403 | 409))
}

fn pause_after(attempt: u32) -> Duration {
    Duration::from_millis(500) * 2u32.pow(attempt.saturating_sub(1).min(6))
}

fn result(
    step: &PromotionStep,
    result: &'static str,
    record: Option<&PromotionRecord>,
    error: Option<String>,
) -> PromotionResult {
    PromotionResult {
        name: step.name.clone(),
        item: step.item.to_string(),
        result,
        promotion_id: record.and_then(|record| record.promotion_id.clone()),
        error: error.map(|error| match &step.source {
            Some(place) => format!("{error} ({place})"),
            None => error,
        }),
    }
}

/// Whether any of these says that something is not as the files want it.
pub(super) fn is_well(result: &PromotionResult) -> bool {
    matches!(result.result, "created" | "ended" | "replaced")
}
