//! Looking until what was sent shows, here and after a restart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{
    catalog::live::LiveCatalog,
    plan::{Look, Unlanded, Waiting, plan},
    remote::{Read, Write},
    state::{PushId, PushOutcome},
};

use super::{
    Outcome, OutletState, PassError, PassResult, SETTLED_AFTER, is_lost,
    pass::{Pass, base_of, inputs},
    push::json,
};

/// The longest pause between two looks (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl<R: Read + Write> Pass<'_, R> {
    /// If an earlier push is not finished, looks for it. `None`: the way is free for a new plan.
    pub(super) async fn resume(&self) -> Result<Option<Outcome>, PassError> {
        let outlet = &self.wanted.outlet;
        let Some(row) = self.context.store.with(|store| store.unfinished_push(outlet.as_str()))? else {
            return Ok(None);
        };
        let now = self.context.clock.now();
        let Some(sent_at) = row.sent_at else {
            self.context.store.with(|store| store.finish_push(row.id, PushOutcome::Abandoned, None, now))?;
            return Ok(None);
        };
        let waiting: Waiting =
            serde_json::from_str(&row.plan).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })?;
        tracing::info!(%outlet, request_id = %row.request_id, "looking for a push that was not seen to arrive");
        let outcome = self.verify(row.id, waiting, sent_at).await?;
        if outcome.result == PassResult::Timeout && is_lost(sent_at, self.context.clock.now()) {
            let error = "live did not change for 30 minutes after it was sent";
            let now = self.context.clock.now();
            self.context.store.with(|store| store.finish_push(row.id, PushOutcome::Lost, Some(error), now))?;
            tracing::warn!(%outlet, request_id = %row.request_id, "the push counts as lost and is planned afresh");
            return Ok(None);
        }
        Ok(Some(Outcome { request_id: Some(row.request_id), ..outcome }))
    }

    /// Looks until live shows what was sent, settles on something else, or time is up.
    pub(super) async fn verify(
        &self,
        id: PushId,
        mut waiting: Waiting,
        sent_at: Timestamp,
    ) -> Result<Outcome, PassError> {
        let limit = SignedDuration::try_from(self.context.verify_timeout).unwrap_or(SignedDuration::MAX);
        let deadline = sent_at.saturating_add(limit).unwrap_or(Timestamp::MAX);
        let mut pause = self.context.verify_interval;
        loop {
            let slot = self.slot().await;
            let live = self.remote.fetch(&self.wanted.outlet).await;
            drop(slot);
            let overdue = self.context.clock.now() >= deadline;
            let trouble = match live {
                Ok(live) => match self.judge(id, &mut waiting, &live, overdue).await? {
                    Judged::Done(outcome) => return Ok(outcome),
                    Judged::Wait(trouble) => trouble,
                },
                Err(error) => Some(error.to_string()),
            };
            if overdue {
                return Ok(self.overdue(sent_at, trouble));
            }
            if self.stopping() {
                let told = "the program is stopping; the push is looked for after the next start".to_owned();
                return Ok(self.outcome(PassResult::Timeout, OutletState::Verifying, Some(told)));
            }
            let left = Duration::try_from(deadline.duration_since(self.context.clock.now())).unwrap_or_default();
            self.pause(pause.min(left)).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE.max(self.context.verify_interval));
        }
    }

    fn overdue(&self, sent_at: Timestamp, last_error: Option<String>) -> Outcome {
        let waited = self.context.clock.now().duration_since(sent_at).as_secs();
        let why = last_error.map(|error| format!("; the last look failed: {error}")).unwrap_or_default();
        let told = format!(
            "GoFood accepted the push but has not shown it for {waited} s{why}; it is only looked at from now on"
        );
        self.outcome(PassResult::Timeout, OutletState::Unknown, Some(told))
    }

    async fn judge(
        &self,
        id: PushId,
        waiting: &mut Waiting,
        live: &LiveCatalog,
        overdue: bool,
    ) -> Result<Judged, PassError> {
        match waiting.look(live) {
            Look::Arrived => self.arrived(id, waiting, live, overdue).await,
            // Nothing will ever tell; live is what was sent.
            Look::Unreadable if overdue => self.arrived(id, waiting, live, overdue).await,
            Look::Old | Look::Unreadable => {
                waiting.remember_stock(live);
                self.keep(id, waiting)?;
                Ok(Judged::Wait(None))
            }
            Look::Other(unlanded) => {
                let settled = waiting.settled_for(live, self.context.clock.now()) >= SETTLED_AFTER;
                self.keep(id, waiting)?;
                if settled {
                    return self.settled(id, waiting, live, &unlanded).map(Judged::Done);
                }
                Ok(Judged::Wait(None))
            }
        }
    }

    /// Puts right the stock that the publication overwrote, then makes what was sent the base.
    async fn arrived(
        &self,
        id: PushId,
        waiting: &Waiting,
        live: &LiveCatalog,
        overdue: bool,
    ) -> Result<Judged, PassError> {
        let mut unrestored = None;
        for (kind, changes) in waiting.overwritten_stock(live) {
            tracing::info!(outlet = %self.wanted.outlet, ?changes, "setting stock again that the publication overwrote");
            if let Err(error) = self.remote.patch_stock(&self.wanted.outlet, kind, &changes).await {
                unrestored =
                    Some(format!("the menu is published, but stock that it overwrote could not be set again: {error}"));
            }
        }
        if let Some(error) = unrestored.clone().filter(|_| !overdue) {
            tracing::warn!(outlet = %self.wanted.outlet, error, "will try again");
            return Ok(Judged::Wait(unrestored));
        }
        let base = waiting.arrived(live);
        self.finish(id, PushOutcome::Published, &base, unrestored.as_deref())?;
        let plan = plan(&inputs(self.wanted, Some(&base), live, self.mandate, &self.context.peers));
        let rest = self.at_rest(PassResult::Published, plan);
        Ok(Judged::Done(match unrestored {
            None => rest,
            Some(error) => Outcome { state: OutletState::Failed, error: Some(error), ..rest },
        }))
    }

    fn settled(
        &self,
        id: PushId,
        waiting: &Waiting,
        live: &LiveCatalog,
        unlanded: &[Unlanded],
    ) -> Result<Outcome, PassError> {
        let old = base_of(&self.context.store, &self.wanted.outlet)?;
        let base = waiting.settled(live, old.as_ref(), unlanded);
        let named: Vec<String> =
            unlanded.iter().map(|u| format!("{} (sent {}, shown {})", u.path, u.sent, u.live)).collect();
        let told = format!("GoFood shows something else than was sent: {}", named.join(", "));
        self.finish(id, PushOutcome::Nonconvergent, &base, Some(&told))?;
        Ok(self.outcome(PassResult::Nonconvergent, OutletState::Nonconvergent, Some(told)))
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

enum Judged {
    Done(Outcome),
    /// Look again; with what went wrong meanwhile.
    Wait(Option<String>),
}
