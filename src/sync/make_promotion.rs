//! Making one promotion: recorded before its call, looked for after it, and repeated only with the same key.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{
    PassError, Recalled,
    memory::{json, recall},
    promote::Done,
    push::pause_before_retry,
    visit::{Pass, Visit},
};
use crate::{
    catalog::{FieldValue, PromoDetail, Promotion, PromotionPhase},
    plan::{
        FoundPromotion, MAY_BE_THERE, PromotionHappening, PromotionOp, PromotionRecord, PromotionStage, PromotionStep,
        idempotency_key,
    },
    remote::{PromotionAnswer, Read, RemoteError, Write},
    state::OutletUpdate,
};

impl<R: Read + Write> Pass<'_, R> {
    /// Records, asks, and waits until it shows.
    pub(super) async fn create_promotion(
        &self,
        step: &PromotionStep,
        detail: &PromoDetail,
        before_it: BTreeSet<String>,
        deadline: Instant,
    ) -> Result<(Done, Option<PromotionRecord>), PassError> {
        let Visit { context, remote, target } = *self.visit;
        let records = self.records().await?;
        let known = records.iter().find(|record| record.id() == step.id()).cloned();
        let resumed = known.clone().filter(|record| step.is_resumed && record.stage == PromotionStage::Creating);
        // Whether an earlier call may have been carried out: then a refusal of this one says nothing of that one.
        let mut maybe_done = resumed.is_some();
        let mut record = match resumed {
            Some(record) => record,
            None => {
                let generation = known.as_ref().map_or(0, |record| record.generation.saturating_add(1));
                let is_next =
                    |known: &&PromotionRecord| known.stage == PromotionStage::Ended && known.detail == *detail;
                let replays = known.as_ref().filter(is_next).map_or(0, |known| known.replays);
                let before = known.as_ref().and_then(|known| known.kept_until.max(Some(known.detail.end_date)));
                PromotionRecord {
                    key: idempotency_key(context.state.platform(), &target.id, &step.name, detail, generation),
                    generation,
                    before: before_it,
                    live_price: step.live_price,
                    live_stock: step.live_stock,
                    is_replacement: step.op != PromotionOp::Add,
                    replays,
                    revision: context.revision.clone(),
                    author: context.author.clone(),
                    kept_until: before.max(Some(detail.end_date)),
                    ..PromotionRecord::new(&step.name, detail, context.clock.now())
                }
            }
        };
        // On disk before the first byte leaves: after a crash it is known that there may be one.
        self.store(&record).await?;
        let (began, mut attempt) = (Instant::now(), 1);
        let (answer, may_be_there) = loop {
            if maybe_done {
                // For how long a key is known is not documented: what may be there is looked for before it is asked for again.
                match self.find_made(&record, &records).await {
                    Ok(Looked::Found(id)) => break (PromotionAnswer::Made(id), true),
                    // An answer to the next call that names one of these names somebody else's.
                    Ok(Looked::Without(listed)) => {
                        record.before.extend(listed);
                        self.store(&record).await?;
                    }
                    Err(done) => return self.leave_open(record, done).await,
                }
            }
            match remote.create_promotion(&target.id, &record.key, &record.detail).await {
                // That it names none, or refuses it, comes inside of a success.
                Ok(answer) => break (answer, true),
                Err(error) if error.is_final() && !may_be_another_time(&error) => {
                    let is_of_success = error.status.is_some_and(|status| (200..300).contains(&status));
                    break (PromotionAnswer::Refused(error.to_string()), maybe_done || is_of_success);
                }
                Err(error) => {
                    if error.is_final()
                        && maybe_done
                        && let Ok(Looked::Found(id)) = self.find_made(&record, &records).await
                    {
                        break (PromotionAnswer::Made(id), true);
                    }
                    let pause = pause_before_retry(&error, attempt, began.elapsed());
                    let goes_on = pause.is_some() && self.may_make().await?;
                    let Some(pause) = pause.filter(|_| goes_on) else {
                        if error.is_final() && !maybe_done {
                            // It was turned away before anybody looked at it.
                            record.stage = PromotionStage::Ended;
                        }
                        return self.leave_open(record, Done::Failed(error.to_string())).await;
                    };
                    maybe_done = true;
                    tracing::warn!(outlet = %target.id, name = record.name, attempt, %error, "a promotion will be looked for, then sent again with the same key");
                    self.visit.pause(pause).await;
                    attempt += 1;
                }
            }
        };
        let id = match answer {
            PromotionAnswer::Made(id) => id,
            PromotionAnswer::Refused(words) if !may_be_there => return self.refuse(record, words).await,
            answer => match (self.find_made(&record, &records).await, answer) {
                // Where keys are not kept, the one that an earlier call has made is in the way of this one.
                (Ok(Looked::Found(id)), _) => id,
                (Err(done), _) => return self.leave_open(record, done).await,
                (Ok(Looked::Without(_)), PromotionAnswer::Refused(words)) => {
                    let may_come = maybe_done && !record.would_show(context.clock.now());
                    return match may_come {
                        true => self.leave_open(record, Done::Failed(words)).await,
                        false => self.refuse(record, words).await,
                    };
                }
                (Ok(Looked::Without(_)), _) => {
                    let why = "GoFood took the call and names no promotion; it is looked for before it is sent again";
                    return self.leave_open(record, Done::Unverified(why.to_owned())).await;
                }
            },
        };
        (record.stage, record.promotion_id, record.error) = (PromotionStage::Made, Some(id.clone()), None);
        record.is_untold = true;
        self.store(&record).await?;
        self.verify(record, &id, step, deadline).await
    }

    /// What became of it is not known: the next pass looks for it.
    async fn leave_open(
        &self,
        mut record: PromotionRecord,
        done: Done,
    ) -> Result<(Done, Option<PromotionRecord>), PassError> {
        if let Done::Unverified(why) | Done::Failed(why) = &done {
            record.error = Some(why.clone());
        }
        self.store(&record).await?;
        Ok((done, Some(record)))
    }

    async fn refuse(
        &self,
        mut record: PromotionRecord,
        words: String,
    ) -> Result<(Done, Option<PromotionRecord>), PassError> {
        (record.stage, record.error) = (PromotionStage::Refused, Some(words.clone()));
        self.store_with(&record, Some(PromotionHappening::Refused)).await?;
        Ok((Done::Refused(words), Some(record)))
    }

    /// Waits until a promotion shows that was made.
    async fn verify(
        &self,
        mut record: PromotionRecord,
        id: &str,
        step: &PromotionStep,
        deadline: Instant,
    ) -> Result<(Done, Option<PromotionRecord>), PassError> {
        let target = self.visit.target;
        let (mut others, mut is_replayed, mut is_another) = (Vec::new(), false, false);
        let shows = self
            .watch(id, deadline, |shown| {
                is_replayed = shown.is_some_and(Promotion::says_over);
                is_another = record.is_answered_with_another(shown);
                let open = shown.filter(|shown| shown.phase(self.local_now()) != PromotionPhase::Over);
                others = open.map(|shown| record.detail.shown_otherwise(shown)).unwrap_or_default();
                open.is_some() || is_replayed
            })
            .await;
        match shows {
            Ok(true) if is_replayed => {
                tracing::warn!(outlet = %target.id, name = record.name, promotion = id, "the key of a promotion was answered with one that has ended");
                let record = record.replayed();
                match record.error.clone() {
                    Some(words) => self.refuse(record, words).await,
                    None => {
                        self.store(&record).await?;
                        Ok((Done::Replayed, Some(record)))
                    }
                }
            }
            Ok(_) if is_another => {
                let record = record.never_made();
                let words = record.error.clone().unwrap_or_default();
                tracing::warn!(outlet = %target.id, name = record.name, promotion = id, "a call for a promotion was answered with one that was there before");
                self.refuse(record, words).await
            }
            Ok(true) => {
                record.stage = PromotionStage::Seen;
                self.tell_made(&mut record).await?;
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
                self.tell_made(&mut record).await?;
                let why = format!("GoFood took it (id {id}) and did not show it in time; it is only looked for");
                Ok((Done::Unverified(why), Some(record)))
            }
            Err(error) => {
                // Whose it is, a look says.
                if !record.is_answered_with_another(None) {
                    self.tell_made(&mut record).await?;
                }
                Ok((Done::Failed(error.to_string()), Some(record)))
            }
        }
    }

    async fn tell_made(&self, record: &mut PromotionRecord) -> Result<(), PassError> {
        record.is_untold = false;
        self.store_with(record, Some(record.making())).await
    }

    /// What was ended elsewhere has been made again: too often, and it is left alone.
    async fn note_undone(&self, step: &PromotionStep) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let now = context.clock.now();
        let Recalled { mut memory, .. } = recall(&context.state, &target.id, now).await?;
        let wanted = step.create.clone().map(|detail| FieldValue::Promotion(Box::new(detail)));
        memory.note_undone(step.path(), wanted, now);
        let update = OutletUpdate { memory: Some(json(&memory, &target.id)?), ..OutletUpdate::default() };
        Ok(context.state.update_outlet(target.id.as_str(), update, now).await?)
    }

    /// Looks for a promotion of which no id is known. `Err`: nobody can tell.
    async fn find_made(&self, record: &PromotionRecord, records: &[PromotionRecord]) -> Result<Looked, Done> {
        let Visit { remote, target, .. } = *self.visit;
        let listed = remote.promotions(&target.id).await.map_err(|error| Done::Failed(error.to_string()))?;
        match record.find_made(&listed, records, self.local_now()) {
            FoundPromotion::One(id) => Ok(Looked::Found(id)),
            FoundPromotion::Nothing => {
                let on_dish = |one: &Promotion| one.may_be_on(&record.detail.external_menu_id);
                let listed = listed.into_iter().filter(on_dish).map(|one| one.promotion_id);
                Ok(Looked::Without(listed.collect()))
            }
            FoundPromotion::Unclear => Err(Done::Unverified(MAY_BE_THERE.to_owned())),
        }
    }
}

/// What a look for a promotion shows whose id is not known.
enum Looked {
    Found(String),
    /// It is not there; the ids of those that are on its dish.
    Without(BTreeSet<String>),
}

/// Whether a refusal says nothing of the promotion: a missing right, no token, or another program at the same time.
fn may_be_another_time(error: &RemoteError) -> bool {
    let is_of_token = !error.url.contains("/food-promos");
    is_of_token || error.lacks_scope || matches!(error.status, Some(401 | 403 | 409))
}
