//! The ends of switches: each pass of the daemon looks whether they are still as they were left, and switches back what has
//! reached its end.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{
    Consent, Facts, Outcome, OutletState, PassError, PassResult, Recalled, Slot, Target, chain,
    fetch::Marks,
    memory::update_if_any,
    set_stock::StockSet,
    switch_record::{DueSwitch, JudgedSwitches, Learnt, SwitchesSeen, end, judge_switches, keep, off_in_files},
    visit::{Pass, Visit},
};
use crate::{
    catalog::{Path, StockChange, StockKind},
    plan::{StockSwitch, SwitchEvent, SwitchHappening, SwitchReturns, SwitchStage, label},
    remote::{Fetched, Read, Retry, Write},
    state::OutletUpdate,
};

/// Nothing is switched back by a look that is older than this (our choice): the calls before may have taken minutes.
const LOOK_HOLDS: Duration = Duration::from_secs(30);

/// What became of the switches of an outlet in one pass.
#[derive(Debug, Default)]
pub(super) struct SwitchesSettled {
    /// What people are told.
    events: Vec<SwitchEvent>,
    /// What could not be switched back yet, in words, and when it may be tried again.
    failed: Option<(String, Retry)>,
}

impl SwitchesSettled {
    fn fail(&mut self, what: &str, why: &str, again: Retry) {
        let words = format!("stock could not be switched back{what}: {why}");
        // Whatever GoFood said of this call, its end has come: it is tried again.
        let again = if again == Retry::Never { Retry::After(None) } else { again };
        self.failed = Some(match self.failed.take() {
            Some((before, first)) => (format!("{before}; {words}"), first),
            None => (words, again),
        });
    }

    /// The outcome of the pass with what became of switches.
    pub(super) fn put_into(self, outcome: Outcome) -> Outcome {
        let outcome = Outcome { switches: self.events, ..outcome };
        let Some((why, again)) = self.failed else { return outcome };
        let error = Some(outcome.error.iter().cloned().chain([why]).collect::<Vec<_>>().join("; "));
        // What the menu was refused says nothing of the stock.
        let again = Some(outcome.again.filter(|menu| *menu != Retry::Never).unwrap_or(again));
        match outcome.result {
            // The menu is well, and is looked at again for the sake of the stock.
            PassResult::Unchanged | PassResult::Published | PassResult::Queued => {
                let state = OutletState::of(&Facts::failed());
                Outcome { result: PassResult::Failed, state, error, again, ..outcome }
            }
            _ => Outcome { error, again, ..outcome },
        }
    }

    /// The outcome of a pass that was given up after switches were settled; `None`: nothing became of any.
    pub(super) fn of_withdrawn(self, target: &Target) -> Option<Outcome> {
        (!self.events.is_empty()).then(|| Outcome { switches: self.events, ..Outcome::withdrawn(target) })
    }
}

impl<R: Read + Write> Pass<'_, R> {
    /// Ends and switches back what is to be, and the look that it did so by, if that still holds. Nothing is sent to a paused
    /// outlet: its switches wait. Who was shown a plan has agreed to that and no more.
    pub(super) async fn settle_switches(
        &self,
        recalled: &Recalled,
        slot: &mut Option<Slot>,
    ) -> Result<(SwitchesSettled, Option<Fetched>), PassError> {
        let Visit { context, target, .. } = *self.visit;
        if recalled.switches.is_empty() || self.is_withdrawn() {
            return Ok(Default::default());
        }
        if slot.is_none() {
            *slot = context.slot().await;
        }
        let fetched = match self.fetch_wanted(Marks::of(recalled)).await {
            Ok(fetched) => fetched,
            // The pass itself asks for nothing there.
            Err(error) if self.desired.paused && !matches!(error, PassError::Withdrawn) => {
                tracing::debug!(outlet = %target.id, error = chain(&error), "cannot look at switches of stock");
                return Ok(Default::default());
            }
            Err(error) => return Err(error),
        };
        let seen_at = Instant::now();
        let mut learnt = Learnt::new(recalled);
        let JudgedSwitches { events, due } = self.judge(&recalled.switches, recalled, &mut learnt, &fetched).await?;
        let mut settled = SwitchesSettled { events, failed: None };
        if due.is_empty() {
            return Ok((settled, Some(fetched)));
        }
        // Waiting for it to show holds no slot.
        *slot = None;
        if let Err(error) = self.switch_back(due, seen_at, recalled, &mut learnt, &mut settled).await {
            settled.fail("", &chain(&error), Retry::After(None));
        }
        Ok((settled, None))
    }

    /// Judges switches by a look, and stores what that has taught.
    async fn judge<'s>(
        &self,
        switches: impl IntoIterator<Item = &'s StockSwitch>,
        recalled: &Recalled,
        learnt: &mut Learnt<'_>,
        look: &Fetched,
    ) -> Result<JudgedSwitches, PassError> {
        let Visit { context, target, .. } = *self.visit;
        let is_paused = self.desired.paused || recalled.pause.is_some();
        let may_send = self.options.consent == Consent::Standing && self.options.rollback.is_none() && !is_paused;
        let off = |path: &Path| off_in_files(self.desired, path);
        let ours = |switch: &StockSwitch| {
            recalled.base.as_ref().is_some_and(|base| base.has_taken_off(switch.kind, &switch.id))
        };
        let comes_back = |thing: &Path| self.desired.catalog.has(thing) || self.desired.recurring.away.contains(thing);
        let returns = || SwitchReturns {
            account: self.desired.policy.account.as_deref(),
            off_in_files: &off,
            taken_off: &ours,
            comes_back: &comes_back,
        };
        let seen = SwitchesSeen { live: &look.live, now: context.clock.now(), returns: may_send.then(returns) };
        let mut update = OutletUpdate::default();
        let judged = judge_switches(&mut update, learnt, target, switches, &seen)?;
        update_if_any(context, target, update).await?;
        Ok(judged)
    }

    async fn switch_back(
        &self,
        mut due: Vec<DueSwitch>,
        mut seen_at: Instant,
        recalled: &Recalled,
        learnt: &mut Learnt<'_>,
        settled: &mut SwitchesSettled,
    ) -> Result<(), PassError> {
        for kind in [StockKind::Items, StockKind::Variants] {
            let is_it = |due: &DueSwitch| due.switch.kind == kind;
            if seen_at.elapsed() > LOOK_HOLDS && due.iter().any(is_it) {
                due = self.judge_again(due, recalled, learnt, settled).await?;
                seen_at = Instant::now();
            }
            let (group, rest): (Vec<_>, Vec<_>) = due.into_iter().partition(is_it);
            due = rest;
            if group.is_empty() || !self.switch_back_by(kind, &group, recalled, settled).await? {
                continue;
            }
            // One of them may be why: the others go back without it.
            let held_at = Some(self.visit.context.clock.now());
            due.extend(group.into_iter().map(|one| DueSwitch { switch: StockSwitch { held_at, ..one.switch }, ..one }));
            loop {
                // Until its turn comes the kitchen may have sold it out.
                let goes_on_sale = due.iter().any(|due| is_it(due) && !due.switch.in_stock);
                if goes_on_sale || seen_at.elapsed() > LOOK_HOLDS {
                    due = self.judge_again(due, recalled, learnt, settled).await?;
                    seen_at = Instant::now();
                }
                let Some(next) = due.iter().position(is_it) else { break };
                let one = due.remove(next);
                self.switch_back_by(kind, &[one], recalled, settled).await?;
            }
        }
        Ok(())
    }

    /// What is still to be switched back, by another look.
    async fn judge_again(
        &self,
        due: Vec<DueSwitch>,
        recalled: &Recalled,
        learnt: &mut Learnt<'_>,
        settled: &mut SwitchesSettled,
    ) -> Result<Vec<DueSwitch>, PassError> {
        let switches: Vec<StockSwitch> = due.into_iter().map(|due| due.switch).collect();
        let look = match self.fetch_wanted(Marks { memory: &recalled.memory, switches: &switches }).await {
            Err(PassError::Withdrawn) => return Ok(Vec::new()),
            look => look?,
        };
        let JudgedSwitches { events, due } = self.judge(&switches, recalled, learnt, &look).await?;
        settled.events.extend(events);
        Ok(due)
    }

    /// One call. Whether it was refused for several things at once, which says nothing of each.
    async fn switch_back_by(
        &self,
        kind: StockKind,
        due: &[DueSwitch],
        recalled: &Recalled,
        settled: &mut SwitchesSettled,
    ) -> Result<bool, PassError> {
        let context = self.visit.context;
        if self.is_withdrawn() {
            return Ok(false);
        }
        let switches: Vec<&StockSwitch> = due.iter().map(|due| &due.switch).collect();
        let changes: Vec<StockChange> = due.iter().flat_map(|due| due.changes.clone()).collect();
        let (switches, changes) = (&*switches, &*changes);
        let now = context.clock.now();
        // How long it may be repeated counts from the first call that may have been carried out.
        self.store_stage(switches, |switch| match switch.stage {
            SwitchStage::Returning(at) => SwitchStage::Returning(at),
            _ => SwitchStage::Returning(now),
        })
        .await?;
        let failed = match self.visit.set_stock(kind, changes, &recalled.memory).await {
            Ok(StockSet::Seen) => {
                self.end_all(switches, SwitchHappening::SwitchedBack, None, settled).await?;
                None
            }
            Ok(StockSet::Refused(_)) if switches.len() > 1 => {
                self.restore(switches).await?;
                return Ok(true);
            }
            Ok(StockSet::Refused(error)) if error.refuses_stock_call() => {
                self.end_all(switches, SwitchHappening::Refused, Some(error.to_string()), settled).await?;
                None
            }
            Ok(StockSet::Refused(error) | StockSet::Failed(error)) => {
                self.restore(switches).await?;
                Some((error.to_string(), error.retry))
            }
            Ok(StockSet::Taken(why)) => {
                let now = context.clock.now();
                self.store_stage(switches, |_| SwitchStage::Returned(now)).await?;
                Some((why, Retry::After(None)))
            }
            Ok(StockSet::Unknown(why)) => Some((why, Retry::After(None))),
            Err(PassError::Withdrawn) => {
                self.restore(switches).await?;
                None
            }
            Err(error) => return Err(error),
        };
        if let Some((why, again)) = failed {
            let names: BTreeSet<String> = switches.iter().map(|one| label(one.kind, &one.id, &one.name)).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            settled.fail(&format!(" ({names})"), &why, again);
        }
        Ok(false)
    }

    async fn end_all(
        &self,
        switches: &[&StockSwitch],
        result: SwitchHappening,
        why: Option<String>,
        settled: &mut SwitchesSettled,
    ) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let (now, mut update) = (context.clock.now(), OutletUpdate::default());
        for switch in switches {
            let event = switch.event(result, why.clone());
            end(&mut update, target, switch, &event, now)?;
            settled.events.push(event);
        }
        update_if_any(context, target, update).await
    }

    /// Nothing of this call was carried out. They were as they were left at this moment.
    async fn restore(&self, switches: &[&StockSwitch]) -> Result<(), PassError> {
        self.store_stage(switches, |switch| switch.stage).await
    }

    async fn store_stage(
        &self,
        switches: &[&StockSwitch],
        stage: impl Fn(&StockSwitch) -> SwitchStage,
    ) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let (now, mut update) = (context.clock.now(), OutletUpdate::default());
        for switch in switches {
            keep(&mut update, target, &StockSwitch { stage: stage(switch), held_at: Some(now), ..(*switch).clone() })?;
        }
        update_if_any(context, target, update).await
    }
}
