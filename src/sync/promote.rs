//! Making and ending promotions: recorded before each call, looked for after it, and repeated only with the same key.

use std::{collections::BTreeSet, time::Duration};

use jiff::civil::DateTime;
use tokio::time::Instant;

use super::{
    Examined, PassError, Recalled,
    memory::{json, recall, recall_promotions},
    visit::{Pass, Visit},
};
use crate::{
    catalog::{ExternalId, FieldValue, PromoDetail, Promotion, PromotionPhase},
    plan::{
        FoundPromotion, MAY_BE_THERE, PromotionHappening, PromotionOp, PromotionRecord, PromotionStage, PromotionStep,
        idempotency_key, is_before_midnight, is_made_elsewhere,
    },
    remote::{PromotionAnswer, Read, RemoteError, Write},
    report::PromotionResult,
    state::OutletUpdate,
};

/// Tries of one call, the first included (our choice).
const MOST_TRIES: u32 = 4;

/// The longest pause between two looks for a promotion (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// For so long a list of promotions tells which were there before one is made (our choice).
const LISTED_FOR: Duration = Duration::from_secs(30);

/// What a plan does about promotions, and when they were listed that it is made by.
pub(super) struct PlannedPromotions {
    pub(super) steps: Vec<PromotionStep>,
    pub(super) listed_at: Option<Instant>,
}

impl PlannedPromotions {
    pub(super) fn of(examined: &Examined) -> Self {
        Self { steps: examined.plan.promotions.steps.clone(), listed_at: examined.promotions_listed_at }
    }
}

/// Key of a record in the state.
pub(super) fn state_key(record: &PromotionRecord) -> String {
    record.path().to_string()
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
    /// Its key was used before, and answered with what has ended since: the next one is to be tried.
    Replayed,
}

impl Done {
    /// As `apply` tells it; `well`: the word for what was to be done.
    fn result(self, step: &PromotionStep, well: &'static str, record: Option<&PromotionRecord>) -> PromotionResult {
        let (result, why) = match self {
            Self::Well => (well, None),
            Self::Refused(why) => ("refused", Some(why)),
            Self::Unverified(why) => ("unverified", Some(why)),
            Self::Failed(why) => ("failed", Some(why)),
            Self::Replayed => ("unverified", Some("GoFood named one that has ended; it is made again".to_owned())),
        };
        PromotionResult {
            name: step.name.clone(),
            item: step.item.to_string(),
            result,
            promotion_id: record.and_then(|record| record.promotion_id.clone()),
            error: why.map(|why| match &step.source {
                Some(place) => format!("{why} ({place})"),
                None => why,
            }),
        }
    }
}

impl<R: Read + Write> Pass<'_, R> {
    /// Ends what has to end before the menu is pushed. `Err` in words: why it may not be pushed.
    pub(super) async fn end_before_push(&self, steps: &[PromotionStep]) -> Result<Result<(), String>, PassError> {
        let deadline = self.deadline();
        for step in steps.iter().filter(|step| step.before_push && step.op != PromotionOp::Add && step.op.is_sent()) {
            let Some(record) = &step.record else { continue };
            match Box::pin(self.end_promotion(record.clone(), step.has_begun, deadline)).await? {
                Done::Well | Done::Replayed => {}
                Done::Refused(why) | Done::Unverified(why) | Done::Failed(why) => {
                    return Ok(Err(format!("promotion “{}” of {} could not be ended: {why}", step.name, step.item)));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Ends and makes what was planned: first all ends, then what is made, one after the other. However many there are, they
    /// are looked for as long as one push is; what does not show by then, later passes look for.
    pub(super) async fn promote(&self, planned: &PlannedPromotions) -> Result<Vec<PromotionResult>, PassError> {
        let PlannedPromotions { steps, listed_at } = planned;
        let deadline = self.deadline();
        let (mut listed, mut listed_at) = (None, *listed_at);
        let mut made: Vec<(&ExternalId, String)> = Vec::new();
        let mut results = Vec::new();
        let mut blocked = BTreeSet::new();
        let sent = || steps.iter().filter(|step| step.op.is_sent());
        for step in sent().filter(|step| step.op != PromotionOp::Add) {
            // One that had ended, and is listed again, is planned as one.
            let had_ended = step.record.as_ref().is_some_and(|record| record.stage == PromotionStage::Ended);
            let is_open = |record: &PromotionRecord| had_ended || record.stage != PromotionStage::Ended;
            let Some(record) = self.stored(step).await?.filter(is_open) else {
                // It has ended before the push.
                if step.op == PromotionOp::Remove {
                    results.push(Done::Well.result(step, "ended", step.record.as_ref()));
                }
                continue;
            };
            // What cannot be made again now does not end now either.
            let goes_on = if step.create.is_some() { self.may_make().await? } else { !self.is_withdrawn() };
            if !goes_on {
                return Ok(results);
            }
            let done = Box::pin(self.end_promotion(record.clone(), step.has_begun, deadline)).await?;
            match (done, step.op) {
                // What takes its place is told instead.
                (Done::Well, op) if op != PromotionOp::Remove => {}
                (done, _) => {
                    if !matches!(done, Done::Well) {
                        blocked.insert(&step.item);
                    }
                    results.push(done.result(step, "ended", Some(&record)));
                }
            }
        }
        // One promotion a dish at a time: as long as one is not seen to end, none is made on its dish.
        for step in sent().filter(|step| !blocked.contains(&step.item)) {
            let Some(detail) = &step.create else { continue };
            if !self.may_make().await? {
                return Ok(results);
            }
            let word = if step.op == PromotionOp::Add { "created" } else { "replaced" };
            // What the plan was made by is known; where that has taken long, somebody may have made one since.
            if listed_at.is_none_or(|at| at.elapsed() > LISTED_FOR) && !step.is_resumed {
                match self.visit.remote.promotions(&self.visit.target.id).await {
                    Ok(again) => (listed, listed_at) = (Some(again), Some(Instant::now())),
                    Err(error) => {
                        results.push(Done::Failed(error.to_string()).result(step, word, step.record.as_ref()));
                        continue;
                    }
                }
            }
            // Somebody has made it meanwhile: the next look says so. What it was to replace has ended.
            if let (Some(listed), false) = (&listed, step.is_resumed)
                && is_made_elsewhere(detail, listed, &self.records().await?, self.local_now())
            {
                if step.op != PromotionOp::Add {
                    results.push(Done::Well.result(step, "ended", step.record.as_ref()));
                }
                continue;
            }
            let on_dish = |one: &&Promotion| one.may_be_on(&step.item);
            let mut before = listed.as_ref().map_or_else(
                || step.listed.clone(),
                |listed| listed.iter().filter(on_dish).map(|one| one.promotion_id.clone()).collect(),
            );
            before.extend(made.iter().filter(|(item, _)| **item == step.item).map(|(_, id)| id.clone()));
            let (done, record) = loop {
                let (done, record) = Box::pin(self.create_promotion(step, detail, before.clone(), deadline)).await?;
                if !matches!(done, Done::Replayed) || !self.may_make().await? {
                    break (done, record);
                }
            };
            made.extend(record.iter().filter_map(|record| Some((&step.item, record.promotion_id.clone()?))));
            results.push(done.result(step, word, record.as_ref()));
        }
        Ok(results)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.visit.context.verify_timeout
    }

    /// Whether one may be made at this very moment.
    async fn may_make(&self) -> Result<bool, PassError> {
        let Visit { context, target, .. } = *self.visit;
        if self.is_withdrawn() || is_before_midnight(self.local_now()) {
            return Ok(false);
        }
        Ok(context.state.pause(target.id.as_str(), context.clock.now()).await?.is_none())
    }

    /// Now, on the clocks of the outlet.
    fn local_now(&self) -> DateTime {
        self.visit.context.clock.now().to_zoned(self.desired.policy.timezone.clone()).datetime()
    }

    async fn records(&self) -> Result<Vec<PromotionRecord>, PassError> {
        let Visit { context, target, .. } = *self.visit;
        recall_promotions(&context.state, &target.id, context.clock.now()).await
    }

    /// What is stored of a promotion now.
    async fn stored(&self, step: &PromotionStep) -> Result<Option<PromotionRecord>, PassError> {
        let records = self.records().await?;
        Ok(records.into_iter().find(|record| record.id() == step.id()))
    }

    async fn store(&self, record: &PromotionRecord) -> Result<(), PassError> {
        self.store_with(record, None).await
    }

    /// The same with what happened to it, in one step: history and state never say different things.
    async fn store_with(
        &self,
        record: &PromotionRecord,
        happened: Option<PromotionHappening>,
    ) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let promotions = vec![(state_key(record), Some(json(record, &target.id)?))];
        let event = happened.map(|what| record.event(what));
        let promotion_events = event.iter().map(|event| json(event, &target.id)).collect::<Result<_, _>>()?;
        let update = OutletUpdate { promotions, promotion_events, ..OutletUpdate::default() };
        Ok(context.state.update_outlet(target.id.as_str(), update, context.clock.now()).await?)
    }

    /// Asks for the end, and waits until it shows.
    async fn end_promotion(
        &self,
        mut record: PromotionRecord,
        has_begun: bool,
        deadline: Instant,
    ) -> Result<Done, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let Some(id) = record.promotion_id.clone() else {
            record.stage = PromotionStage::Ended;
            self.store(&record).await?;
            return Ok(Done::Well);
        };
        if record.stage != PromotionStage::Ending {
            record.stage = PromotionStage::Ending;
            (record.revision, record.author) = (context.revision.clone(), context.author.clone());
        }
        self.store(&record).await?;
        let mut attempt = 1;
        while let Err(error) = remote.end_promotion(&target.id, &id, has_begun).await {
            let pause = Some(pause_after(attempt)).filter(|_| attempt < MOST_TRIES && !self.visit.is_stopping());
            let Some(pause) = pause.filter(|_| !error.is_final()) else {
                let is_no = error.is_final() && !error.lacks_scope;
                // What is over by our clock, and cannot be ended, is over by that of GoFood too.
                if is_no && record.detail.end() <= self.local_now() {
                    (record.stage, record.error) = (PromotionStage::Ended, None);
                    self.store(&record).await?;
                    return Ok(Done::Well);
                }
                record.error = Some(error.to_string());
                self.store(&record).await?;
                return Ok(if is_no { Done::Refused(error.to_string()) } else { Done::Failed(error.to_string()) });
            };
            tracing::warn!(outlet = %target.id, promotion = id, attempt, %error, "the end of a promotion will be asked for again");
            self.visit.pause(pause).await;
            attempt += 1;
        }
        let is_over =
            |shown: Option<&Promotion>| shown.is_none_or(|shown| shown.phase(self.local_now()) == PromotionPhase::Over);
        match self.watch(&id, deadline, is_over).await {
            Ok(true) => {
                (record.stage, record.error) = (PromotionStage::Ended, None);
                // One that somebody else had ended was told as that.
                let ended = record.ended_elsewhere.is_none().then_some(PromotionHappening::Ended);
                self.store_with(&record, ended).await?;
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
        let mut attempt = 1;
        let (answer, may_be_there) = loop {
            if maybe_done {
                // For how long a key is known is not documented: what may be there is looked for before it is asked for again.
                match self.find_made(&record, &records).await {
                    Ok(Some(id)) => break (PromotionAnswer::Made(id), true),
                    Ok(None) => {}
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
                        && let Ok(Some(id)) = self.find_made(&record, &records).await
                    {
                        break (PromotionAnswer::Made(id), true);
                    }
                    let goes_on = attempt < MOST_TRIES && !error.is_final();
                    if !goes_on || !self.may_make().await? {
                        if error.is_final() && !maybe_done {
                            // It was turned away before anybody looked at it.
                            record.stage = PromotionStage::Ended;
                        }
                        return self.leave_open(record, Done::Failed(error.to_string())).await;
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
            PromotionAnswer::Refused(words) if !may_be_there => return self.refuse(record, words).await,
            answer => match (self.find_made(&record, &records).await, answer) {
                // Where keys are not kept, the one that an earlier call has made is in the way of this one.
                (Ok(Some(id)), _) => id,
                (Err(done), _) => return self.leave_open(record, done).await,
                (Ok(None), PromotionAnswer::Refused(words)) => {
                    let may_come = maybe_done && !record.would_show(context.clock.now());
                    return match may_come {
                        true => self.leave_open(record, Done::Failed(words)).await,
                        false => self.refuse(record, words).await,
                    };
                }
                (Ok(None), _) => {
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
        let (mut others, mut is_replayed) = (Vec::new(), false);
        let shows = self
            .watch(id, deadline, |shown| {
                is_replayed = shown.is_some_and(Promotion::says_over);
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
                self.tell_made(&mut record).await?;
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

    /// The id of a promotion of which none is known, if the platform shows it now. `Err`: nobody can tell.
    async fn find_made(&self, record: &PromotionRecord, records: &[PromotionRecord]) -> Result<Option<String>, Done> {
        let Visit { remote, target, .. } = *self.visit;
        let listed = remote.promotions(&target.id).await.map_err(|error| Done::Failed(error.to_string()))?;
        match record.find_made(&listed, records, self.local_now()) {
            FoundPromotion::One(id) => Ok(Some(id)),
            FoundPromotion::Nothing => Ok(None),
            FoundPromotion::Unclear => Err(Done::Unverified(MAY_BE_THERE.to_owned())),
        }
    }

    /// Looks at one promotion until it is as expected, at least once. `false`: not in time, or nobody wants this pass any more.
    async fn watch(
        &self,
        id: &str,
        deadline: Instant,
        mut is_met: impl FnMut(Option<&Promotion>) -> bool,
    ) -> Result<bool, RemoteError> {
        let Visit { context, remote, target } = *self.visit;
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
            if Instant::now() + pause > deadline || self.is_withdrawn() {
                return Ok(false);
            }
            self.visit.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE.max(context.verify_interval));
        }
    }
}

/// Whether a refusal says nothing of the promotion: a missing right, no token, or another program at the same time.
fn may_be_another_time(error: &RemoteError) -> bool {
    let is_of_token = !error.url.contains("/food-promos");
    is_of_token || error.lacks_scope || matches!(error.status, Some(401 | 403 | 409))
}

fn pause_after(attempt: u32) -> Duration {
    Duration::from_millis(500) * 2u32.pow(attempt.saturating_sub(1).min(6))
}

/// Whether any of these says that something is not as the files want it.
pub(super) fn is_well(result: &PromotionResult) -> bool {
    matches!(result.result, "created" | "ended" | "replaced")
}
