//! Making and ending the promotions of a plan, in their order, and ending one: recorded before its call, looked for after it.

use std::{collections::BTreeSet, time::Duration};

use jiff::civil::DateTime;
use tokio::time::Instant;

use super::{
    Examined, PassError,
    memory::{json, recall_promotions},
    push::pause_before_retry,
    visit::{Pass, Visit},
};
use crate::{
    catalog::{ExternalId, Promotion, PromotionPhase},
    plan::{
        PromotionHappening, PromotionOp, PromotionRecord, PromotionStage, PromotionStep, is_before_midnight,
        is_made_elsewhere,
    },
    remote::{Read, RemoteError, Write},
    report::PromotionResult,
    state::OutletUpdate,
};

/// The longest pause between two looks for a promotion (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// For so long a list of promotions tells which were there before one is made (our choice).
const LISTED_FOR: Duration = Duration::from_secs(30);

/// What a plan does about promotions, and when they were listed that it is made by.
pub(super) struct PlannedPromotions {
    pub(super) steps: Vec<PromotionStep>,
    pub(super) listed_at: Option<Instant>,
    /// What became of those that ended before the push.
    pub(super) ended: Vec<PromotionResult>,
}

impl PlannedPromotions {
    pub(super) fn of(examined: &Examined) -> Self {
        let (steps, listed_at) = (examined.plan.promotions.steps.clone(), examined.promotions_listed_at);
        Self { steps, listed_at, ended: Vec::new() }
    }
}

/// Key of a record in the state.
pub(super) fn state_key(record: &PromotionRecord) -> String {
    record.path().to_string()
}

/// How one call, or what follows from it, ended.
pub(super) enum Done {
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
    pub(super) fn result(
        self,
        step: &PromotionStep,
        well: &'static str,
        record: Option<&PromotionRecord>,
    ) -> PromotionResult {
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
    /// Ends and makes what was planned: first all ends, then what is made, one after the other. However many there are, they
    /// are looked for as long as one push is; what does not show by then, later passes look for.
    pub(super) async fn promote(&self, planned: &PlannedPromotions) -> Result<Vec<PromotionResult>, PassError> {
        let PlannedPromotions { steps, listed_at, ended: _ } = planned;
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
            let goes_on = if step.create.is_some() { self.may_make().await? } else { self.may_send().await? };
            if !goes_on {
                return Ok(results);
            }
            if self.is_outside_windows() {
                blocked.insert(&step.item);
                continue;
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
            // What was ended for it is not left out until a window opens.
            if step.op == PromotionOp::Add && self.is_outside_windows() {
                continue;
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

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.visit.context.verify_timeout
    }

    /// Whether one may be made at this very moment.
    pub(super) async fn may_make(&self) -> Result<bool, PassError> {
        Ok(!is_before_midnight(self.local_now()) && self.may_send().await?)
    }

    /// Whether this pass is still wanted, and nobody has paused the outlet since it began.
    pub(super) async fn may_send(&self) -> Result<bool, PassError> {
        let Visit { context, target, .. } = *self.visit;
        Ok(!self.is_withdrawn() && context.state.pause(target.id.as_str(), context.clock.now()).await?.is_none())
    }

    /// The window may have closed since the plan was made.
    pub(super) fn is_outside_windows(&self) -> bool {
        self.desired.waits(self.visit.context.clock.now()).is_some()
    }

    /// Now, on the clocks of the outlet.
    pub(super) fn local_now(&self) -> DateTime {
        self.visit.context.clock.now().to_zoned(self.desired.policy.timezone.clone()).datetime()
    }

    pub(super) async fn records(&self) -> Result<Vec<PromotionRecord>, PassError> {
        let Visit { context, target, .. } = *self.visit;
        recall_promotions(&context.state, &target.id, context.clock.now()).await
    }

    /// What is stored of a promotion now.
    async fn stored(&self, step: &PromotionStep) -> Result<Option<PromotionRecord>, PassError> {
        let records = self.records().await?;
        Ok(records.into_iter().find(|record| record.id() == step.id()))
    }

    pub(super) async fn store(&self, record: &PromotionRecord) -> Result<(), PassError> {
        self.store_with(record, None).await
    }

    /// The same with what happened to it, in one step: history and state never say different things.
    pub(super) async fn store_with(
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
    pub(super) async fn end_promotion(
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
        // No plan asks for it: it is the last line before a call that cannot be taken back.
        if record.is_answered_with_another(None) {
            return Ok(Done::Refused(format!(
                "the promotion {id} was there before this one was made, so it is not ours"
            )));
        }
        if record.stage != PromotionStage::Ending {
            record.stage = PromotionStage::Ending;
            (record.revision, record.author) = (context.revision.clone(), context.author.clone());
        }
        self.store(&record).await?;
        let (began, mut attempt) = (Instant::now(), 1);
        while let Err(error) = remote.end_promotion(&target.id, &id, has_begun).await {
            let pause = pause_before_retry(&error, attempt, began.elapsed());
            let Some(pause) = pause.filter(|_| !self.visit.is_stopping()) else {
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

    /// Looks at one promotion until it is as expected, at least once. `false`: not in time, or nobody wants this pass any more.
    pub(super) async fn watch(
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

/// Whether any of these says that something is not as the files want it.
pub(super) fn is_well(result: &PromotionResult) -> bool {
    matches!(result.result, "created" | "ended" | "replaced")
}
