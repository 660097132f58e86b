//! Looking until what was sent shows, here and after a restart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    catalog::live::LiveCatalog,
    plan::{Look, Memory, Mismatch, StockCalls, Waiting, plan},
    remote::{Read, RemoteError, Write},
    state::{PushId, PushOutcome},
};

use super::{
    Outcome, OutletState, PassError, PassResult, SETTLED_AFTER, Slot,
    fetch::fetch_fresh,
    is_lost,
    memory::{memory_of, remember_days},
    pass::{Earlier, Pass, base_of, inputs},
    push::json,
    until,
};

/// The longest pause between two looks (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long the last look may take when the program stops (our choice).
const LAST_LOOK: Duration = Duration::from_secs(5);

impl<R: Read + Write> Pass<'_, R> {
    /// If an earlier push is not finished, looks for it. To wait for it, others have to be let by: `slot` is given back then.
    pub(super) async fn resume(&self, slot: &mut Option<Slot>) -> Result<Earlier, PassError> {
        let outlet = &self.wanted.outlet;
        let Some(row) = self.context.store.with(|store| store.unfinished_push(outlet.as_str()))? else {
            return Ok(Earlier::None);
        };
        let now = self.context.clock.now();
        let Some(sent_at) = row.sent_at else {
            self.context.store.with(|store| store.finish_push(row.id, PushOutcome::Abandoned, None, now))?;
            return Ok(Earlier::None);
        };
        drop(slot.take());
        let waiting: Waiting =
            serde_json::from_str(&row.plan).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })?;
        tracing::info!(%outlet, request_id = %row.request_id, "looking for a push that was not seen to arrive");
        let (request_id, answered) = (row.request_id, row.answered_at.is_some());
        let mut awaited = Awaited { id: row.id, request_id, waiting, sent_at, answered, old: None };
        let outcome = self.verify(&mut awaited).await?;
        let lost = is_lost(sent_at, self.context.clock.now(), awaited.waiting.is_stock());
        if let Some(live) = awaited.old.filter(|_| lost) {
            let error = "live did not change for so long after it was sent that it is not coming any more";
            self.end(row.id, PushOutcome::Lost, error, &awaited.waiting.stock_shown(&live))?;
            tracing::warn!(%outlet, request_id = %row.request_id, "the push counts as lost and is planned afresh");
            return Ok(Earlier::None);
        }
        let outcome = Outcome { request_id: Some(row.request_id), ..outcome };
        Ok(match outcome.result {
            PassResult::Published | PassResult::Nonconvergent => Earlier::Ended(outcome),
            _ => Earlier::Open(outcome),
        })
    }

    /// Looks until live shows what was sent, settles on something else, or time is up.
    pub(super) async fn verify(&self, awaited: &mut Awaited) -> Result<Outcome, PassError> {
        let sent_at = awaited.sent_at;
        let memory = memory_of(&self.context.store, &self.wanted.outlet)?;
        let limit = SignedDuration::try_from(self.context.verify_timeout).unwrap_or(SignedDuration::MAX);
        let deadline = sent_at.saturating_add(limit).unwrap_or(Timestamp::MAX);
        let mut pause = self.context.verify_interval;
        loop {
            // What is announced shows in a look that begins now, not in one that is over.
            if self.context.nudges.is_announced(&self.wanted.outlet, awaited.request_id) {
                awaited.waiting.note_event();
            }
            let Some(live) = self.look_at_live(&memory).await else { return Ok(self.stopped()) };
            let overdue = self.context.clock.now() >= deadline;
            let trouble = match live {
                Ok(live) => match self.judge(awaited, &live, overdue).await? {
                    Judged::Done(outcome) => return Ok(outcome),
                    Judged::Wait => None,
                    Judged::Differs(told) => Some(told),
                    // The push stays open, so that the next pass goes on with it.
                    Judged::Unrestored(error) if overdue => {
                        return Ok(self.outcome(PassResult::Failed, OutletState::Failed, Some(error)));
                    }
                    Judged::Unrestored(error) => {
                        tracing::warn!(outlet = %self.wanted.outlet, error, "will try again");
                        None
                    }
                },
                Err(error) => Some(format!("the last look failed: {error}")),
            };
            if overdue {
                return Ok(self.overdue(awaited, trouble));
            }
            if self.stopping() {
                return Ok(self.stopped());
            }
            // Only the last look may show that a push is lost; a menu for each push of a fleet that waits is a lot.
            awaited.old = None;
            let left = Duration::try_from(deadline.duration_since(self.context.clock.now())).unwrap_or_default();
            tokio::select! {
                () = self.pause(pause.min(left)) => {}
                () = self.context.nudges.nudged(&self.wanted.outlet) => {}
            }
            pause = (pause * 3 / 2).min(LONGEST_PAUSE.max(self.context.verify_interval));
        }
    }

    /// Live, or what kept us from seeing it; `None` if the program stops and it takes too long.
    /// A copy from before an earlier push must not pass for what became of this one.
    async fn look_at_live(&self, memory: &Memory) -> Option<Result<LiveCatalog, RemoteError>> {
        let look = async {
            let _slot = self.context.slot().await;
            let context = self.context;
            fetch_fresh(self.remote, memory, &self.wanted.outlet, &context.clock, &context.stop).await
        };
        let too_long = async {
            until(self.context.stop.clone()).await;
            tokio::time::sleep(LAST_LOOK).await;
        };
        tokio::select! {
            live = look => Some(live),
            () = too_long => None,
        }
    }

    fn stopped(&self) -> Outcome {
        let told = "the program is stopping; the push is looked for after the next start".to_owned();
        self.outcome(PassResult::Timeout, OutletState::Verifying, Some(told))
    }

    fn overdue(&self, awaited: &Awaited, trouble: Option<String>) -> Outcome {
        let waited = self.context.clock.now().duration_since(awaited.sent_at).as_secs();
        let why = trouble.map(|trouble| format!("; {trouble}")).unwrap_or_default();
        let answer = if awaited.answered { "accepted the push but" } else { "did not answer the push and" };
        let told = format!("GoFood {answer} has not shown it for {waited} s{why}; it is only looked at from now on");
        self.outcome(PassResult::Timeout, OutletState::Unknown, Some(told))
    }

    async fn judge(&self, awaited: &mut Awaited, live: &LiveCatalog, overdue: bool) -> Result<Judged, PassError> {
        let Awaited { id, ref mut waiting, answered, ref mut old, .. } = *awaited;
        if !overdue && waiting.is_stale_look(live) {
            return Ok(Judged::Wait);
        }
        let look = match waiting.look(live) {
            // Whatever else shows after stock was set has been set by somebody since.
            Look::Old | Look::Ambiguous(_) if answered && waiting.is_stock() => Look::Other(waiting.mismatches(live)),
            look => look,
        };
        match look {
            Look::Arrived => {
                let overwritten = waiting.overwritten_stock(live);
                self.arrived(awaited, live, overwritten).await
            }
            // Everything that reads back is as it was sent, and it was accepted and is announced, or nothing will ever tell.
            Look::Unreadable if waiting.is_announced() || overdue && answered => {
                let overwritten = waiting.doubtful_stock(live);
                self.arrived(awaited, live, overwritten).await
            }
            Look::Old if waiting.is_indistinguishable() => {
                let judged = self.doubted(awaited, live, &[]).await?;
                awaited.old = matches!(judged, Judged::Wait).then(|| live.clone());
                Ok(judged)
            }
            Look::Old => {
                *old = Some(live.clone());
                waiting.remember_stock(live);
                self.base_for(live)?;
                self.keep(id, waiting)?;
                Ok(Judged::Wait)
            }
            Look::Unreadable => self.doubted(awaited, live, &[]).await,
            Look::Ambiguous(unlanded) => self.doubted(awaited, live, &unlanded).await,
            Look::Other(unlanded) => self.changed(awaited, live, &unlanded).await,
        }
    }

    /// Goes on where nothing tells whether what live shows is the old menu or the new one. As long as the push may still be
    /// published, nothing else may be sent.
    async fn doubted(
        &self,
        awaited: &mut Awaited,
        live: &LiveCatalog,
        unlanded: &[Mismatch],
    ) -> Result<Judged, PassError> {
        let Awaited { id, request_id: _, ref mut waiting, sent_at, answered, ref mut old } = *awaited;
        let sold_out = waiting.doubtful_stock(live);
        let restored = self.restore(waiting, sold_out).await;
        waiting.remember_doubtful_stock(live);
        self.base_for(live)?;
        let now = self.context.clock.now();
        let settled = waiting.settled_for(live, now) >= SETTLED_AFTER;
        self.keep(id, waiting)?;
        if let Some(error) = restored.err().filter(|error| !error.is_final()) {
            return Ok(Judged::Unrestored(format!("what was sold out could not be set so again: {error}")));
        }
        if !answered {
            *old = Some(live.clone());
        } else if !unlanded.is_empty() && settled && is_lost(sent_at, now, waiting.is_stock()) {
            return self.settled(awaited, live, unlanded).map(Judged::Done);
        }
        Ok(match unlanded {
            [] => Judged::Wait,
            _ => Judged::Differs(format!("what is live seems to be edited elsewhere: {}", named(unlanded))),
        })
    }

    /// Goes on where the push is published, though not as it was sent.
    async fn changed(
        &self,
        awaited: &mut Awaited,
        live: &LiveCatalog,
        unlanded: &[Mismatch],
    ) -> Result<Judged, PassError> {
        let Awaited { id, ref mut waiting, .. } = *awaited;
        waiting.note_landed(unlanded);
        let restored = if waiting.is_partly_old(unlanded) {
            let sold_out = waiting.doubtful_stock(live);
            let restored = self.restore(waiting, sold_out).await;
            waiting.note_partial_publication(live);
            restored
        } else {
            waiting.note_publication(live);
            let overwritten = waiting.overwritten_stock(live);
            self.restore(waiting, overwritten).await
        };
        let settled = waiting.settled_for(live, self.context.clock.now()) >= SETTLED_AFTER;
        self.keep(id, waiting)?;
        if let Some(error) = restored.err().filter(|error| !error.is_final()) {
            return Ok(Judged::Unrestored(unrestored(&error)));
        }
        match settled {
            true => self.settled(awaited, live, unlanded).map(Judged::Done),
            false => Ok(Judged::Differs(format!("what is live is something else than was sent: {}", named(unlanded)))),
        }
    }

    /// Sets stock again that a publication overwrote.
    async fn restore(&self, waiting: &mut Waiting, overwritten: StockCalls) -> Result<(), RemoteError> {
        let mut result = Ok(());
        for (kind, changes) in overwritten {
            tracing::info!(outlet = %self.wanted.outlet, ?changes, "setting stock again that the publication overwrote");
            match self.remote.patch_stock(&self.wanted.outlet, kind, &changes).await {
                Ok(()) => waiting.stock_was_set(kind, &changes),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Puts right the stock that the publication overwrote, then makes what was sent the base.
    async fn arrived(
        &self,
        awaited: &mut Awaited,
        live: &LiveCatalog,
        overwritten: StockCalls,
    ) -> Result<Judged, PassError> {
        let Awaited { id, ref mut waiting, sent_at, .. } = *awaited;
        waiting.note_landed(&[]);
        waiting.note_publication(live);
        let unrestored = match self.restore(waiting, overwritten).await {
            Err(error) if !error.is_final() => {
                self.keep(id, waiting)?;
                return Ok(Judged::Unrestored(unrestored(&error)));
            }
            Err(error) => Some(unrestored(&error)),
            Ok(()) => None,
        };
        let base = waiting.arrived(live);
        let now = self.context.clock.now();
        let past = self.remember_arrival(waiting, live, &[], sent_at)?.at(now);
        self.finish(id, PushOutcome::Published, &base, unrestored.as_deref())?;
        let plan = plan(&inputs(self.wanted, Some(&base), live, self.mandate, &self.context.peers, &past));
        remember_days(self.context, &self.wanted.outlet, |memory| memory.note(&plan, now))?;
        let rest = self.at_rest(PassResult::Published, plan);
        Ok(Judged::Done(match unrestored {
            None => rest,
            Some(error) => Outcome { state: OutletState::Failed, error: Some(error), ..rest },
        }))
    }

    fn settled(&self, awaited: &Awaited, live: &LiveCatalog, unlanded: &[Mismatch]) -> Result<Outcome, PassError> {
        let Awaited { id, ref waiting, sent_at, .. } = *awaited;
        let old = base_of(&self.context.store, &self.wanted.outlet)?;
        let base = waiting.settled(live, old.as_ref(), unlanded);
        let told = format!("GoFood shows something else than was sent: {}", named(unlanded));
        self.remember_arrival(waiting, live, unlanded, sent_at)?;
        self.finish(id, PushOutcome::Nonconvergent, &base, Some(&told))?;
        Ok(self.outcome(PassResult::Nonconvergent, OutletState::Nonconvergent, Some(told)))
    }

    /// Remembers what an arrived push did, but for what has not landed. Before the push is finished: after a crash in between
    /// it is found again, and what is noted twice is noted once.
    fn remember_arrival(
        &self,
        waiting: &Waiting,
        live: &LiveCatalog,
        unlanded: &[Mismatch],
        sent_at: Timestamp,
    ) -> Result<Memory, PassError> {
        let (effects, now) = (waiting.effects(unlanded), self.context.clock.now());
        remember_days(self.context, &self.wanted.outlet, |memory| {
            memory.arrived(&effects, sent_at);
            memory.note_replaced(waiting, live, now);
        })
    }

    /// Ends a push that did not arrive. What some of its stock calls have done is remembered all the same, as what we take
    /// off sale is ours to put back.
    pub(super) fn end(
        &self,
        id: PushId,
        outcome: PushOutcome,
        error: &str,
        done: &StockCalls,
    ) -> Result<(), PassError> {
        if let Some(mut base) = base_of(&self.context.store, &self.wanted.outlet)?.filter(|_| !done.is_empty()) {
            base.remember_stock(done);
            return self.finish(id, outcome, &base, Some(error));
        }
        let now = self.context.clock.now();
        Ok(self.context.store.with(|store| store.finish_push(id, outcome, Some(error), now))?)
    }

    fn finish(
        &self,
        id: PushId,
        outcome: PushOutcome,
        base: &crate::plan::Base,
        error: Option<&str>,
    ) -> Result<(), PassError> {
        let (base, now) = (json(base, &self.wanted.outlet)?, self.context.clock.now());
        Ok(self.context.store.with(|store| store.finish_push_and_set_base(id, outcome, error, &base, now))?)
    }
}

/// A push that is out.
pub(super) struct Awaited {
    pub(super) id: PushId,
    pub(super) request_id: Uuid,
    pub(super) waiting: Waiting,
    pub(super) sent_at: Timestamp,
    /// Whether it is known to have been accepted.
    pub(super) answered: bool,
    /// The last look, if it succeeded and showed the menu from before: only then may the push be given up for lost.
    pub(super) old: Option<LiveCatalog>,
}

enum Judged {
    Done(Outcome),
    /// Look again.
    Wait,
    /// Look again, and tell this if it stays so.
    Differs(String),
    /// The menu shows, but stock that it overwrote could not be set again yet.
    Unrestored(String),
}

fn named(unlanded: &[Mismatch]) -> String {
    let named: Vec<String> =
        unlanded.iter().map(|u| format!("{} (sent {}, shown {})", u.path, u.sent, u.live)).collect();
    named.join(", ")
}

fn unrestored(error: &RemoteError) -> String {
    format!("the menu is published, but stock that it overwrote could not be set again: {error}")
}
