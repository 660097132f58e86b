//! The ends of switches: each pass of the daemon looks whether they are still as they were left, and switches back what has
//! reached its end.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    Consent, Facts, Outcome, OutletState, PassError, PassResult, Recalled, Slot, chain,
    fetch::fetch_fresh,
    note::update_if_any,
    set_stock::StockSet,
    switch::off_in_files,
    switch_record::{end, keep, seen},
    visit::{Pass, Visit},
};
use crate::{
    catalog::{Path, StockChange, live::LiveCatalog},
    plan::{StockSwitch, SwitchEvent, SwitchHappening, SwitchStage, SwitchVerdict, calls_of, judge_switch, label},
    remote::{Fetched, Lane, Read, Retry, Write},
    state::OutletUpdate,
};

/// For so long after a switch a copy that is behind may show it the other way round (our choice).
const MAY_BE_BEHIND: SignedDuration = SignedDuration::from_mins(10);

/// As often as this such a copy is looked at again, after this long (our choice).
const LOOKS_AGAIN: u32 = 2;
const APART: std::time::Duration = std::time::Duration::from_secs(3);

/// What became of the switches of an outlet in one pass.
#[derive(Debug, Default)]
pub(super) struct SwitchesSettled {
    /// What people are told.
    events: Vec<SwitchEvent>,
    /// What could not be switched back yet, in words, and when it may be tried again.
    failed: Option<(String, Option<Retry>)>,
}

impl SwitchesSettled {
    /// The outcome of the pass with what became of switches.
    pub(super) fn put_into(self, outcome: Outcome) -> Outcome {
        let outcome = Outcome { switches: self.events, ..outcome };
        let Some((why, again)) = self.failed else { return outcome };
        let error = Some(outcome.error.iter().cloned().chain([why]).collect::<Vec<_>>().join("; "));
        match outcome.result {
            // The menu is well, and is looked at again for the sake of the stock.
            PassResult::Unchanged | PassResult::Published | PassResult::Queued => {
                let state = OutletState::of(&Facts::failed());
                Outcome { result: PassResult::Failed, state, error, again, ..outcome }
            }
            _ => Outcome { error, ..outcome },
        }
    }
}

impl<R: Read + Write> Pass<'_, R> {
    /// Ends and switches back what is to be. Nothing is sent to a paused outlet: its switches wait. Who was shown a plan has
    /// agreed to that and no more.
    pub(super) async fn settle_switches(
        &self,
        recalled: &Recalled,
        slot: &mut Option<Slot>,
    ) -> Result<SwitchesSettled, PassError> {
        let may_send = self.options.consent == Consent::Standing && self.options.rollback.is_none();
        let is_paused = self.desired.paused || recalled.pause.is_some();
        if recalled.switches.is_empty() || !may_send || is_paused || self.is_withdrawn() {
            return Ok(SwitchesSettled::default());
        }
        if slot.is_none() {
            *slot = self.visit.context.slot().await;
        }
        let live = match self.look_at_switches(recalled).await {
            Ok(live) => live,
            Err(error) => {
                // The pass itself fails for the same reason, and says so.
                tracing::debug!(outlet = %self.visit.target.id, error = chain(&error), "cannot look at switches of stock");
                return Ok(SwitchesSettled::default());
            }
        };
        let now = self.visit.context.clock.now();
        let (mut settled, mut update) = (SwitchesSettled::default(), OutletUpdate::default());
        let mut due: Vec<(&StockSwitch, Vec<StockChange>)> = Vec::new();
        for switch in &recalled.switches {
            match self.judge(switch, &live, now) {
                SwitchVerdict::Wait => {}
                SwitchVerdict::Seen => seen(&mut update, self.visit.target, switch)?,
                SwitchVerdict::End(result, why) => {
                    let event = switch.event(result, why);
                    end(&mut update, self.visit.target, switch, &event)?;
                    settled.events.push(event);
                }
                SwitchVerdict::Back(changes) => due.push((switch, changes)),
            }
        }
        update_if_any(self.visit.context, self.visit.target, update).await?;
        if !due.is_empty() {
            // Waiting for it to show holds no slot.
            *slot = None;
            self.switch_back(&due, recalled, &mut settled).await?;
        }
        Ok(settled)
    }

    fn judge(&self, switch: &StockSwitch, live: &LiveCatalog, now: Timestamp) -> SwitchVerdict {
        let off = |path: &Path| off_in_files(self.desired, path);
        judge_switch(switch, live, now, self.desired.policy.account.as_deref(), &off)
    }

    /// What is live. Where a switch seems to be undone soon after it was made, another copy is asked.
    async fn look_at_switches(&self, recalled: &Recalled) -> Result<LiveCatalog, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let mut looks_again = 0..LOOKS_AGAIN;
        loop {
            let now = context.clock.now();
            let stop = Some(&context.stop);
            let fetched = fetch_fresh(remote, Lane::Pass, &recalled.memory, &target.id, now, None, stop);
            let Fetched { live, .. } = fetched.await?;
            let is_doubtful = |switch: &StockSwitch| {
                let is_undone =
                    matches!(self.judge(switch, &live, now), SwitchVerdict::End(SwitchHappening::ChangedElsewhere, _));
                is_undone && now.duration_since(switch.at) < MAY_BE_BEHIND
            };
            if !recalled.switches.iter().any(is_doubtful) || looks_again.next().is_none() || self.is_withdrawn() {
                return Ok(live);
            }
            self.visit.pause(APART).await;
        }
    }

    async fn switch_back(
        &self,
        due: &[(&StockSwitch, Vec<StockChange>)],
        recalled: &Recalled,
        settled: &mut SwitchesSettled,
    ) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        for (kind, changes) in calls_of(due.iter().map(|(switch, changes)| (switch.kind, changes.clone()))) {
            let switches = || due.iter().map(|(switch, _)| *switch).filter(move |switch| switch.kind == kind);
            if self.is_withdrawn() {
                return Ok(());
            }
            self.store_stage(switches(), SwitchStage::Returning(context.clock.now())).await?;
            let set = match self.visit.set_stock(kind, &changes, &recalled.memory).await {
                Ok(set) => set,
                Err(PassError::Withdrawn) => return self.store_stage(switches(), SwitchStage::Set).await,
                Err(error) => return Err(error),
            };
            let (ended, failed) = match set {
                StockSet::Seen => (Some((SwitchHappening::SwitchedBack, None)), None),
                StockSet::Refused(error) => (Some((SwitchHappening::Refused, Some(error.to_string()))), None),
                StockSet::Failed(error) => {
                    self.store_stage(switches(), SwitchStage::Set).await?;
                    (None, Some((error.to_string(), Some(error.retry))))
                }
                StockSet::NotSeen(why) => (None, Some((why, None))),
            };
            if let Some((result, why)) = ended {
                let mut update = OutletUpdate::default();
                for switch in switches() {
                    let event = switch.event(result, why.clone());
                    end(&mut update, target, switch, &event)?;
                    settled.events.push(event);
                }
                update_if_any(context, target, update).await?;
            }
            if let Some((why, again)) = failed {
                let names: BTreeSet<String> = switches().map(|one| label(one.kind, &one.id, &one.name)).collect();
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                settled.failed = Some((format!("stock could not be switched back ({names}): {why}"), again));
            }
        }
        Ok(())
    }

    async fn store_stage<'s>(
        &self,
        switches: impl Iterator<Item = &'s StockSwitch>,
        stage: SwitchStage,
    ) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let mut update = OutletUpdate::default();
        for switch in switches {
            keep(&mut update, target, &StockSwitch { stage, ..switch.clone() })?;
        }
        update_if_any(context, target, update).await
    }
}
