//! Looking until what was sent shows, here and after a restart.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    catalog::live::LiveCatalog,
    plan::{self, Base, Mismatch, PushVerification, StockCalls, StockSwitch},
    remote::{Lane, Read, RemoteError, Write},
    report::value_json,
    state::{OutletUpdate, PushId, PushOutcome, PushStep},
};

use super::{
    Age, Facts, LOST_AFTER, Look, OWN_LOOKS, OWN_LOOKS_FOR, Outcome, PassError, PassResult, PushProgress, Recalled,
    SETTLED_AFTER, Slot, chain,
    fetch::{Marks, fetch_fresh},
    memory::{json, parse, recall, update_if_any},
    switch_record::note_overruled,
    until,
    visit::Visit,
};

/// The longest pause between two looks (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long the last look may take when the program stops (our choice).
const LAST_LOOK: Duration = Duration::from_secs(5);

/// What became of a push that an earlier pass left unfinished.
pub(super) enum Earlier {
    /// There is none; or it is not coming any more.
    None,
    /// It is still out, so nothing else may be sent.
    Open(Outcome),
    /// It was seen to arrive in this pass. The files may say something else by now, so the walk goes on.
    Arrived(Arrival),
    /// Live settled on something else in this pass.
    Settled(Outcome),
}

/// How looking for a push ended.
pub(super) enum Ended {
    Arrived(Arrival),
    Settled(Outcome),
    Open(Outcome),
}

/// A push that was seen to arrive.
pub(super) struct Arrival {
    pub(super) request_id: Uuid,
    pub(super) live: LiveCatalog,
    pub(super) seen_at: Timestamp,
    /// Why stock that the publication overwrote could not be set again.
    pub(super) unrestored: Option<String>,
}

/// A push that is looked for.
pub(super) struct Verification {
    id: PushId,
    request_id: Uuid,
    pub(super) waiting: PushVerification,
    sent_at: Timestamp,
    /// Whether it is known to have been accepted.
    answered: bool,
    /// The last look, if it succeeded and showed the menu from before: only then may the push be given up for lost.
    old: Option<LiveCatalog>,
    /// When this pass began to look, and what the clock of the machine said then.
    began: Instant,
    began_at: Timestamp,
    age: Age,
    /// Looks that were begun, and those that showed live.
    tries: u32,
    looks: u32,
    /// Whether this process has just sent it.
    is_new: bool,
}

impl Verification {
    pub(super) fn new(
        id: PushId,
        request_id: Uuid,
        waiting: PushVerification,
        sent_at: Timestamp,
        answered: bool,
        age: Age,
        now: Timestamp,
    ) -> Self {
        let (began, began_at) = (Instant::now(), now);
        Self {
            id,
            request_id,
            waiting,
            sent_at,
            answered,
            old: None,
            began,
            began_at,
            age,
            tries: 0,
            looks: 0,
            is_new: false,
        }
    }

    /// A push that this process has just sent.
    pub(super) fn of_new(self) -> Self {
        Self { is_new: true, ..self }
    }

    /// In which lane the next look waits, and how long it is worth waiting for. Right after the answer hardly any push shows
    /// (documentation: within a few minutes): that look is made only if nobody else wants the turn, and what the kitchen does
    /// is seen by the next one.
    fn begin_look(&mut self, interval: Duration) -> (Lane, Option<Duration>) {
        self.tries += 1;
        match (self.tries, self.is_new) {
            (1, true) => (Lane::Poll, Some(interval)),
            (1, false) | (2, true) => (Lane::FirstPoll, None),
            _ => (Lane::Poll, None),
        }
    }

    /// How long ago it was sent. Only what passed before this process knew of it is taken from the clock of the machine.
    fn waited(&self) -> Duration {
        self.age.get()
    }

    /// The moment, as the clock that no person sets has it.
    fn now(&self) -> Timestamp {
        self.began_at.saturating_add(self.began.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// Whether it was looked for so long, and so often by this process, that what no look shows counts as lost.
    fn may_be_lost(&self) -> bool {
        let longest = if self.waiting.is_stock() { SETTLED_AFTER } else { LOST_AFTER };
        self.waited() >= longest && self.has_looked_enough()
    }

    fn has_looked_enough(&self) -> bool {
        self.waiting.is_stock() || self.looks >= OWN_LOOKS && self.began.elapsed() >= OWN_LOOKS_FOR
    }

    /// Whether this pass looks no longer. A push that is so old that it may be lost is looked for until that is sure, unless
    /// looks fail all the time.
    fn is_overdue(&self, timeout: Duration) -> bool {
        self.waited() >= timeout
            && (self.waited() < LOST_AFTER || self.has_looked_enough() || self.began.elapsed() >= longest_look(timeout))
    }

    /// How long the next look may be put off at most.
    fn until_due(&self, timeout: Duration) -> Duration {
        // What a look leads to takes time as well: it may have become overdue since.
        if self.is_overdue(timeout) {
            return Duration::ZERO;
        }
        let looked = self.began.elapsed();
        let due = [
            timeout.saturating_sub(self.waited()),
            OWN_LOOKS_FOR.saturating_sub(looked),
            longest_look(timeout).saturating_sub(looked),
        ];
        due.into_iter().find(|left| !left.is_zero()).unwrap_or_default()
    }
}

impl<R: Read + Write> Visit<'_, R> {
    /// If an earlier push is not finished, looks for it. To wait for it, others have to be let by: `slot` is given back then.
    /// What was recalled is given back if there was nothing to finish.
    pub(super) async fn finish_pending(
        &self,
        recalled: Recalled,
        slot: &mut Option<Slot>,
    ) -> Result<(Earlier, Recalled), PassError> {
        let outlet = &self.target.id;
        let Some(pending) = recalled.pending.clone() else { return Ok((Earlier::None, recalled)) };
        let now = self.context.clock.now();
        let row = pending.row;
        let Some(sent_at) = row.sent_at else {
            let end = Some((PushOutcome::Abandoned, None));
            self.step(row.id, PushStep { end, ..PushStep::default() }).await?;
            return Ok((Earlier::None, Recalled { pending: None, ..recalled }));
        };
        if sent_at > now {
            // The clock was set back since: everybody who looks at this row shall reckon from now.
            self.step(row.id, PushStep { sent_at: Some(now), ..PushStep::default() }).await?;
        }
        if row.answered_at.is_none() && row.error.is_none() {
            // Who sent it would have the lock that is held here.
            let error = Some("no answer to it was recorded".to_owned());
            self.step(row.id, PushStep { error, ..PushStep::default() }).await?;
        }
        drop(slot.take());
        // Who sent it looks for it: another account may see another menu, or none.
        let sender = self.remote.of_account(pending.verification.account());
        let sender = Visit { remote: sender.as_ref().unwrap_or(self.remote), ..*self };
        tracing::info!(%outlet, request_id = %row.request_id, "looking for a push that was not seen to arrive");
        let mut verification = Verification::new(
            row.id,
            row.request_id,
            pending.verification,
            sent_at.min(now),
            row.answered_at.is_some(),
            self.context.in_flight.age_of(outlet, row.request_id, sent_at, &self.context.clock),
            now,
        );
        let ended = sender.verify(&mut verification).await?;
        if let Some(live) = verification.old.as_ref().filter(|_| verification.may_be_lost()) {
            let minutes = LOST_AFTER.as_secs() / 60;
            let error = format!("the live menu did not change within {minutes} minutes; treating the push as lost");
            let mut update = self.update_of_stock(&verification.waiting.stock_shown(live)).await?;
            let now = self.context.clock.now();
            let mut memory = recall(&self.context.state, outlet, now).await?.memory;
            memory.note_lost(&verification.waiting.effects(&[]), now);
            update.memory = Some(json(&memory, outlet)?);
            self.finish(row.id, PushOutcome::Lost, Some(error), update).await?;
            tracing::warn!(%outlet, request_id = %row.request_id, "the push counts as lost and is planned afresh");
            let recalled = recall(&self.context.state, outlet, self.context.clock.now()).await?;
            return Ok((Earlier::None, recalled));
        }
        let with_id = |outcome| Outcome { request_id: Some(row.request_id), ..outcome };
        let earlier = match ended {
            Ended::Arrived(arrival) => Earlier::Arrived(arrival),
            Ended::Settled(outcome) => Earlier::Settled(with_id(outcome)),
            Ended::Open(outcome) => Earlier::Open(with_id(outcome)),
        };
        Ok((earlier, recalled))
    }

    /// Looks until live shows what was sent, settles on something else, or time is up.
    pub(super) async fn verify(&self, verification: &mut Verification) -> Result<Ended, PassError> {
        let timeout = self.context.verify_timeout;
        let mut pause = self.context.verify_interval;
        let recalled = recall(&self.context.state, &self.target.id, self.context.clock.now()).await?;
        let Recalled { memory, mut switches, .. } = recalled;
        loop {
            // What is announced shows in a look that begins now, not in one that is over.
            if self.context.poll_waker.is_announced(&self.target.id, verification.request_id) {
                verification.waiting.note_event();
            }
            let (lane, limit) = verification.begin_look(self.context.verify_interval);
            let marks = Marks { memory: &memory, switches: &switches };
            let live = match self.look_at_live(marks, &verification.waiting, lane, limit).await {
                Seen::Live(live) => live,
                Seen::Late => continue,
                Seen::Stopped => return Ok(Ended::Open(self.stopped(verification))),
            };
            let overdue = verification.is_overdue(timeout);
            verification.looks += u32::from(live.is_ok());
            let mut is_behind = false;
            if let Ok(live) = &live {
                is_behind = marks.is_behind_switch(live, self.context.clock.now());
                switches = self.note_switches(marks.switches, live).await?;
            }
            let trouble = match live {
                Ok(live) => match self.judge(verification, &live, overdue, is_behind).await? {
                    Judged::Done(ended) => return Ok(*ended),
                    Judged::Wait => None,
                    Judged::Differs(told) => Some(told),
                    // The push stays open, so that the next pass goes on with it.
                    Judged::Unrestored(error) if overdue => {
                        return Ok(Ended::Open(self.open(PassResult::Failed, verification, error)));
                    }
                    Judged::Unrestored(error) => {
                        tracing::warn!(outlet = %self.target.id, error, "will try again");
                        None
                    }
                },
                Err(error) => Some(format!("the last look failed: {}", chain(&error))),
            };
            if overdue {
                return Ok(Ended::Open(self.overdue(verification, trouble)));
            }
            if self.is_stopping() {
                return Ok(Ended::Open(self.stopped(verification)));
            }
            // Only the last look may show that a push is lost; a menu for each push of a fleet that waits is a lot.
            verification.old = None;
            self.wait_for_next_look(verification, pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE.max(self.context.verify_interval));
        }
    }

    /// Stores what a look shows of switches of stock; those that are known from now on.
    pub(super) async fn note_switches(
        &self,
        switches: &[StockSwitch],
        live: &LiveCatalog,
    ) -> Result<Vec<StockSwitch>, PassError> {
        let mut update = OutletUpdate::default();
        let known = note_overruled(&mut update, self.target, switches, live, self.context.clock.now())?;
        update_if_any(self.context, self.target, update).await?;
        Ok(known)
    }

    /// Waits for a pause, an event, or the end of the time for looking.
    async fn wait_for_next_look(&self, verification: &Verification, pause: Duration) {
        let left = verification.until_due(self.context.verify_timeout);
        tokio::select! {
            () = self.pause(pause.min(left.max(Duration::from_millis(1)))) => {}
            () = self.context.poll_waker.woken(&self.target.id) => {}
        }
    }

    /// Live, or what kept us from seeing it. A copy from before an earlier push must not pass for what became of this one.
    async fn look_at_live(
        &self,
        marks: Marks<'_>,
        awaited: &PushVerification,
        lane: Lane,
        limit: Option<Duration>,
    ) -> Seen {
        let (context, outlet) = (self.context, &self.target.id);
        let look = async {
            let _slot = context.poll_slots.acquire(lane).await;
            let now = context.clock.now();
            let fetched = fetch_fresh(self.remote, lane, marks, outlet, now, Some(awaited), Some(&context.stop));
            fetched.await.map(|fetched| fetched.live)
        };
        let too_long = async {
            until(self.context.stop.clone()).await;
            tokio::time::sleep(LAST_LOOK).await;
        };
        tokio::select! {
            live = look => Seen::Live(live),
            () = too_long => Seen::Stopped,
            () = tokio::time::sleep(limit.unwrap_or(Duration::MAX)) => Seen::Late,
        }
    }

    fn stopped(&self, verification: &Verification) -> Outcome {
        let told = "the program is stopping; the push is looked for after the next start".to_owned();
        self.open(PassResult::Timeout, verification, told)
    }

    /// How the outlet stands while the push stays open.
    fn open(&self, result: PassResult, verification: &Verification, told: String) -> Outcome {
        let Verification { answered, .. } = *verification;
        let progress = PushProgress::after_calls(answered, verification.waited(), self.context.verify_timeout);
        self.outcome(result, &Facts::of_push(progress), Some(told))
    }

    fn overdue(&self, verification: &Verification, trouble: Option<String>) -> Outcome {
        let waited = verification.waited().as_secs();
        let why = trouble.map(|trouble| format!(" ({trouble})")).unwrap_or_default();
        let answer = if verification.answered { "accepted by GoFood" } else { "sent, not answered by GoFood" };
        let told = format!(
            "{answer}, not visible after {waited} s{why}; checking on every pass, nothing else is pushed until then"
        );
        self.open(PassResult::Timeout, verification, told)
    }

    async fn judge(
        &self,
        verification: &mut Verification,
        live: &LiveCatalog,
        overdue: bool,
        is_behind: bool,
    ) -> Result<Judged, PassError> {
        let Verification { id, ref mut waiting, answered, ref mut old, .. } = *verification;
        if !overdue && waiting.is_stale_look(live) {
            return Ok(Judged::Wait);
        }
        let look = match waiting.look(live) {
            // Whatever else shows after stock was set has been set by somebody since.
            plan::Look::Old | plan::Look::Ambiguous(_) if answered && waiting.is_stock() => {
                plan::Look::Other(waiting.mismatches(live))
            }
            look => look,
        };
        // What shows all that was sent is later than the switches before it.
        if is_behind && look != plan::Look::Arrived {
            return self.doubted_copy(verification, live, &look).await;
        }
        match look {
            plan::Look::Arrived => {
                let overwritten = waiting.overwritten_stock(live);
                self.arrived(verification, live, overwritten).await
            }
            // Everything that reads back is as it was sent, and it was accepted and is announced, or nothing will ever tell.
            plan::Look::Unreadable if waiting.is_announced() || overdue && answered => {
                let overwritten = waiting.doubtful_stock(live);
                self.arrived(verification, live, overwritten).await
            }
            plan::Look::Old if waiting.is_indistinguishable() => {
                let judged = self.doubted(verification, live, &[]).await?;
                verification.old = matches!(judged, Judged::Wait).then(|| live.clone());
                Ok(judged)
            }
            plan::Look::Old => {
                *old = Some(live.clone());
                let before = waiting.clone();
                waiting.remember_stock(live);
                self.keep_learnt(id, &before, waiting, live).await?;
                Ok(Judged::Wait)
            }
            plan::Look::Unreadable => self.doubted(verification, live, &[]).await,
            plan::Look::Ambiguous(mismatches) => self.doubted(verification, live, &mismatches).await,
            plan::Look::Other(mismatches) => self.changed(verification, live, &mismatches).await,
        }
    }

    /// Goes on where live reads as before a switch of stock. Whether that is a copy that is behind or somebody has undone the
    /// switch, time tells: until then nothing is on sale that was not.
    async fn doubted_copy(
        &self,
        verification: &mut Verification,
        live: &LiveCatalog,
        look: &plan::Look,
    ) -> Result<Judged, PassError> {
        let Verification { id, ref mut waiting, .. } = *verification;
        let before = waiting.clone();
        let restored = match look {
            plan::Look::Other(_) => {
                let sold_out = waiting.doubtful_stock(live);
                self.restore(waiting, sold_out).await
            }
            _ => Ok(()),
        };
        waiting.remember_sold_out(live);
        if before != *waiting {
            self.keep(id, waiting).await?;
        }
        Ok(match restored.err().filter(|error| !error.is_final()) {
            Some(error) => Judged::Unrestored(unrestored(&error)),
            None => Judged::Wait,
        })
    }

    /// Records what a look has taught of a push and of the base, in one step, if it taught anything.
    async fn keep_learnt(
        &self,
        id: PushId,
        before: &PushVerification,
        waiting: &PushVerification,
        live: &LiveCatalog,
    ) -> Result<(), PassError> {
        let mut base = self.base().await?;
        let learnt = base.as_mut().is_some_and(|base| base.release_stock(live));
        let step = PushStep {
            plan: (before != waiting).then(|| json(waiting, &self.target.id)).transpose()?,
            outlet_update: OutletUpdate {
                base: base.filter(|_| learnt).map(|base| json(&base, &self.target.id)).transpose()?,
                ..OutletUpdate::default()
            },
            ..PushStep::default()
        };
        match step.plan.is_none() && step.outlet_update.is_empty() {
            true => Ok(()),
            false => self.step(id, step).await,
        }
    }

    async fn base(&self) -> Result<Option<Base>, PassError> {
        // Not all that is stored: this is asked at every look.
        let row = self.context.state.outlet(self.target.id.as_str()).await?;
        row.and_then(|row| row.base).map(|base| parse(&self.target.id, &base)).transpose()
    }

    /// Goes on where nothing tells whether what live shows is the old menu or the new one. As long as the push may still be
    /// published, nothing else may be sent.
    async fn doubted(
        &self,
        verification: &mut Verification,
        live: &LiveCatalog,
        mismatches: &[Mismatch],
    ) -> Result<Judged, PassError> {
        let now = verification.now();
        let may_be_lost = verification.may_be_lost();
        let Verification { id, ref mut waiting, answered, ref mut old, .. } = *verification;
        let before = waiting.clone();
        waiting.note_shown(mismatches);
        let sold_out = waiting.doubtful_stock(live);
        let restored = self.restore(waiting, sold_out).await;
        waiting.remember_doubtful_stock(live);
        let settled = waiting.settled_for(live, now) >= settled_after();
        self.keep_learnt(id, &before, waiting, live).await?;
        if let Some(error) = restored.err().filter(|error| !error.is_final()) {
            return Ok(Judged::Unrestored(format!("what was sold out could not be set so again: {error}")));
        }
        if !answered {
            *old = Some(live.clone());
        } else if !mismatches.is_empty() && settled && may_be_lost {
            return self.settled(verification, live, mismatches).await.map(Judged::done);
        }
        Ok(match mismatches {
            [] => Judged::Wait,
            _ => Judged::Differs(format!("what is live seems to be edited elsewhere: {}", named(mismatches))),
        })
    }

    /// Goes on where the push is published, though not as it was sent.
    async fn changed(
        &self,
        verification: &mut Verification,
        live: &LiveCatalog,
        mismatches: &[Mismatch],
    ) -> Result<Judged, PassError> {
        let now = verification.now();
        let Verification { id, ref mut waiting, .. } = *verification;
        waiting.note_landed(live, mismatches);
        waiting.note_shown(mismatches);
        let restored = if waiting.is_partly_old(mismatches) {
            let sold_out = waiting.doubtful_stock(live);
            let restored = self.restore(waiting, sold_out).await;
            waiting.note_partial_publication(live);
            restored
        } else {
            waiting.note_publication(live);
            let overwritten = waiting.overwritten_stock(live);
            self.restore(waiting, overwritten).await
        };
        let settled = waiting.settled_for(live, now) >= settled_after();
        self.keep(id, waiting).await?;
        if let Some(error) = restored.err().filter(|error| !error.is_final()) {
            return Ok(Judged::Unrestored(unrestored(&error)));
        }
        match settled {
            true => self.settled(verification, live, mismatches).await.map(Judged::done),
            false => {
                Ok(Judged::Differs(format!("what is live is something else than was sent: {}", named(mismatches))))
            }
        }
    }

    /// Sets stock again that a publication overwrote.
    async fn restore(&self, waiting: &mut PushVerification, overwritten: StockCalls) -> Result<(), RemoteError> {
        let mut result = Ok(());
        for (kind, changes) in overwritten {
            tracing::info!(outlet = %self.target.id, ?changes, "setting stock again that the publication overwrote");
            let mut set = self.remote.patch_stock(&self.target.id, kind, &changes).await;
            // What was sold out must not stay on sale because `gobiz.stock_key` is wrong.
            if set.as_ref().is_err_and(RemoteError::refuses_stock_call)
                && self.remote.patch_stock_by_other_key(&self.target.id, kind, &changes).await.is_ok()
            {
                set = Ok(());
            }
            match set {
                Ok(()) => waiting.stock_was_set(kind, &changes),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Puts right the stock that the publication overwrote, then makes what was sent the base.
    async fn arrived(
        &self,
        verification: &mut Verification,
        live: &LiveCatalog,
        overwritten: StockCalls,
    ) -> Result<Judged, PassError> {
        let Verification { id, request_id, ref mut waiting, sent_at, .. } = *verification;
        waiting.note_landed(live, &[]);
        waiting.note_publication(live);
        let unrestored = match self.restore(waiting, overwritten).await {
            Err(error) if !error.is_final() => {
                self.keep(id, waiting).await?;
                return Ok(Judged::Unrestored(unrestored(&error)));
            }
            Err(error) => Some(unrestored(&error)),
            Ok(()) => None,
        };
        let (base, seen_at) = (waiting.arrived(live), self.context.clock.now());
        let update = self.arrival_update(waiting, live, &[], sent_at, &base).await?;
        self.finish(id, PushOutcome::Published, unrestored.clone(), update).await?;
        Ok(Judged::done(Ended::Arrived(Arrival { request_id, live: live.clone(), seen_at, unrestored })))
    }

    async fn settled(
        &self,
        verification: &Verification,
        live: &LiveCatalog,
        mismatches: &[Mismatch],
    ) -> Result<Ended, PassError> {
        let Verification { id, ref waiting, sent_at, .. } = *verification;
        let old = self.base().await?;
        let base = waiting.settled(live, old.as_ref(), mismatches);
        let (overtaken, others): (Vec<_>, Vec<_>) = mismatches.iter().partition(|one| waiting.is_overtaken(one));
        let look = if others.is_empty() { Look::Overtaken } else { Look::Settled };
        let told = [
            ("GoFood shows something else than was sent", others),
            ("changed elsewhere while the push was looked for", overtaken),
        ];
        let told = told.into_iter().filter(|(_, mismatches)| !mismatches.is_empty());
        let told =
            told.map(|(what, mismatches)| format!("{what}: {}", named(mismatches))).collect::<Vec<_>>().join("; ");
        let update = self.arrival_update(waiting, live, mismatches, sent_at, &base).await?;
        self.finish(id, PushOutcome::Nonconvergent, Some(told.clone()), update).await?;
        Ok(Ended::Settled(self.outcome(PassResult::Nonconvergent, &Facts::of_look(look), Some(told))))
    }

    /// What an arrived push leaves in the state, but for what has not landed.
    async fn arrival_update(
        &self,
        waiting: &PushVerification,
        live: &LiveCatalog,
        mismatches: &[Mismatch],
        sent_at: Timestamp,
        base: &Base,
    ) -> Result<OutletUpdate, PassError> {
        let id = &self.target.id;
        let now = self.context.clock.now();
        let mut memory = recall(&self.context.state, id, now).await?.memory;
        memory.arrived(&waiting.effects(mismatches), sent_at);
        memory.note_replaced(waiting, live, now);
        Ok(OutletUpdate { base: Some(json(base, id)?), memory: Some(json(&memory, id)?), ..OutletUpdate::default() })
    }

    /// Ends a push that did not arrive.
    pub(super) async fn end(
        &self,
        id: PushId,
        outcome: PushOutcome,
        error: &str,
        done: &StockCalls,
    ) -> Result<(), PassError> {
        let update = self.update_of_stock(done).await?;
        self.finish(id, outcome, Some(error.to_owned()), update).await
    }

    /// What some of a push's stock calls have done, stored also where the push as a whole did not arrive: what we take off
    /// sale is ours to put back.
    async fn update_of_stock(&self, done: &StockCalls) -> Result<OutletUpdate, PassError> {
        let mut update = OutletUpdate::default();
        if !done.is_empty()
            && let Some(mut base) = self.base().await?
        {
            base.remember_stock(done);
            update.base = Some(json(&base, &self.target.id)?);
        }
        Ok(update)
    }

    async fn finish(
        &self,
        id: PushId,
        outcome: PushOutcome,
        error: Option<String>,
        outlet_update: OutletUpdate,
    ) -> Result<(), PassError> {
        self.step(id, PushStep { end: Some((outcome, error)), outlet_update, ..PushStep::default() }).await
    }
}

/// How long one pass looks for a push that is older than all that it would be waited for.
fn longest_look(timeout: Duration) -> Duration {
    timeout.max(2 * OWN_LOOKS_FOR)
}

fn settled_after() -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(SETTLED_AFTER).unwrap_or(jiff::SignedDuration::MAX)
}

/// What came of a look.
enum Seen {
    Live(Result<LiveCatalog, PassError>),
    /// It had no turn in the time that it was worth.
    Late,
    /// The program stops, and it took too long.
    Stopped,
}

enum Judged {
    Done(Box<Ended>),
    /// Look again.
    Wait,
    /// Look again, and tell this if it stays so.
    Differs(String),
    /// The menu shows, but stock that it overwrote could not be set again yet.
    Unrestored(String),
}

impl Judged {
    fn done(ended: Ended) -> Self {
        Self::Done(Box::new(ended))
    }
}

fn named<'a>(mismatches: impl IntoIterator<Item = &'a Mismatch>) -> String {
    let named = mismatches
        .into_iter()
        .map(|Mismatch { path, sent, live }| format!("{path} (sent {}, shown {})", value_json(sent), value_json(live)));
    named.collect::<Vec<_>>().join(", ")
}

fn unrestored(error: &RemoteError) -> String {
    format!("the menu is published, but stock that it overwrote could not be set again: {error}")
}
