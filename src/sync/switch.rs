//! `stock`: a person switches dishes and choices, at once. Recorded before the call, looked for after it.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{
    Context, Desired, PassError, Recalled, Target, chain,
    fetch::{Marks, fetch, fetch_fresh},
    memory::{json, recall, update_if_any},
    set_stock::StockSet,
    switch_record::{keep, keep_as, off_in_files, seen},
    visit::Visit,
};
use crate::{
    catalog::{OutletId, Path, StockChange, StockKind, live::LiveCatalog},
    plan::{
        END_LEFT_OUT, Memory, PlannedSwitch, StockSwitch, SwitchOrder, SwitchPlan, SwitchStage, SwitchStep,
        plan_switches,
    },
    policy::Guard,
    remote::{Lane, Read, Write},
    report::{StockLine, StockOutlet, held_words, minute, shell_word},
    state::{Hold, LockError, OutletUpdate},
};

/// A look of the daemon takes a second or two; for so long the outlet's lock is waited for (our choice). Who waits for a push
/// to show has it longer.
const LOCK_FOR: Duration = Duration::from_secs(15);

/// The time between two tries (our choice).
const LOCK_AGAIN: Duration = Duration::from_millis(250);

/// What a switch would do to one outlet, by what is live now.
pub struct SwitchLook {
    /// What becomes of each dish and choice.
    pub plan: SwitchPlan,
    /// What it was planned by.
    pub live: LiveCatalog,
    recalled: Recalled,
}

/// Looks at an outlet for who shows what a switch would do. `Err`, in words: why nothing may be switched there.
pub async fn look_at_switch<R: Read>(
    reader: &R,
    recalled: Recalled,
    target: &Target,
    desired: &Desired,
    order: &SwitchOrder,
    released: &BTreeSet<Guard>,
) -> Result<Result<SwitchLook, String>, PassError> {
    if let Some(why) = refusal(&recalled, target, desired) {
        return Ok(Err(why));
    }
    let live = fetch(reader, &recalled, &target.id, order.at).await?;
    Ok(Ok(planned(live, recalled, desired, order, released)))
}

fn planned(
    live: LiveCatalog,
    recalled: Recalled,
    desired: &Desired,
    order: &SwitchOrder,
    released: &BTreeSet<Guard>,
) -> SwitchLook {
    let off = |path: &Path| off_in_files(desired, path);
    let limit = desired.policy.guards.sold_out;
    let plan = plan_switches(order, &live, &recalled.switches, &off, limit, released);
    SwitchLook { plan, live, recalled }
}

/// Why nothing may be switched, whatever is live: a menu on its way would overwrite it, and to what is paused nothing is sent.
fn refusal(recalled: &Recalled, target: &Target, desired: &Desired) -> Option<String> {
    let id = shell_word(target.id.as_str());
    if desired.paused {
        return Some(format!("its file says `state: paused`: remove that from {}", target.file));
    }
    if let Some(pause) = recalled.pause {
        return Some(super::pause_note(&target.id, pause, &desired.policy.timezone).words);
    }
    let pending = recalled.pending.as_ref()?;
    let at = minute(pending.row.prepared_at, &desired.policy.timezone);
    Some(format!(
        "push {} of {at} is not settled, and would overwrite the switch in silence; try again when `menusync status --outlet \
         {id}` does not say `pushing`, `verifying` or `unknown` (the next pass looks for it)",
        pending.row.number
    ))
}

/// Switches at one outlet what is ordered, and sees it shown. Ends with an outcome whatever happens.
pub async fn switch_stock<R: Read + Write>(
    context: &Context,
    remote: &R,
    target: &Target,
    desired: &Desired,
    order: &SwitchOrder,
    released: &BTreeSet<Guard>,
) -> StockOutlet {
    let _lock = match lock_patiently(context, &target.id).await {
        Ok(lock) => lock,
        Err(error) if error.is_held() => {
            let why = "another menusync process is pushing this outlet, or waits for a push to show; try again when it has \
                       finished";
            return outlet(target, "held", Some(why.to_owned()));
        }
        Err(error) => return outlet(target, "failed", Some(chain(&error))),
    };
    let switch = Switch { visit: &Visit { context, remote, target }, desired, order, released };
    match Box::pin(switch.run_locked()).await {
        Ok(outcome) => outcome,
        Err(error) => outlet(target, "failed", Some(chain(&error))),
    }
}

/// An outlet at which nothing was switched.
pub fn not_switched(target: &Target, result: &'static str, why: String) -> StockOutlet {
    outlet(target, result, Some(why))
}

fn outlet(target: &Target, result: &'static str, error: Option<String>) -> StockOutlet {
    StockOutlet { outlet: target.id.to_string(), name: target.name.clone(), result, error, switches: Vec::new() }
}

async fn lock_patiently(context: &Context, id: &OutletId) -> Result<Hold, LockError> {
    let until = Instant::now() + LOCK_FOR;
    loop {
        match context.state.hold(id.as_str()).await {
            Err(error) if error.is_held() && Instant::now() < until && !*context.stop.borrow() => {
                tokio::time::sleep(LOCK_AGAIN).await;
            }
            locked => return locked,
        }
    }
}

struct Switch<'a, R> {
    visit: &'a Visit<'a, R>,
    desired: &'a Desired,
    order: &'a SwitchOrder,
    released: &'a BTreeSet<Guard>,
}

impl<R: Read + Write> Switch<'_, R> {
    async fn run_locked(&self) -> Result<StockOutlet, PassError> {
        let Visit { context, remote, target } = *self.visit;
        let now = context.clock.now();
        let recalled = recall(&context.state, &target.id, now).await?;
        if let Some(why) = refusal(&recalled, target, self.desired) {
            return Ok(outlet(target, "held", Some(why)));
        }
        let stop = Some(&context.stop);
        let fetched = fetch_fresh(remote, Lane::FirstPoll, Marks::of(&recalled), &target.id, now, None, stop).await?;
        // A question may have stood for a while.
        let now = context.clock.now();
        if self.order.until.is_some_and(|until| until <= now) {
            return Ok(outlet(target, "held", Some("its end is over by now, so nothing was switched".to_owned())));
        }
        let order = SwitchOrder { at: now, ..self.order.clone() };
        let look = planned(fetched.live, recalled, self.desired, &order, self.released);
        if let Some(guard) = look.plan.held() {
            return Ok(outlet(target, "held", Some(held_words(guard))));
        }
        if self.visit.is_stopping() {
            return Err(PassError::Withdrawn);
        }
        self.record(&look).await?;
        let mut lines = Vec::new();
        for planned in &look.plan.switches {
            lines.extend(self.settled_line(planned));
        }
        for (kind, changes) in look.plan.calls() {
            let switches: Vec<&PlannedSwitch> = look
                .plan
                .switches
                .iter()
                .filter(|one| matches!(one.step, SwitchStep::Set(_)) && one.switch.kind == kind)
                .collect();
            // What an earlier call has switched is told whatever becomes of this one.
            let (result, why) = self
                .switch_kind(kind, &changes, &switches, &look.recalled.memory)
                .await
                .unwrap_or_else(|error| ("failed", Some(chain(&error))));
            lines.extend(switches.iter().map(|one| {
                let note = one.loses_end.then(|| END_LEFT_OUT.to_owned());
                let told: Vec<String> = why.iter().cloned().chain(note).collect();
                line(one, result, (!told.is_empty()).then(|| told.join("; ")))
            }));
        }
        let result = match () {
            () if lines.iter().any(StockLine::is_failed) => "failed",
            () if lines.iter().any(StockLine::is_refused) => "held",
            () => "done",
        };
        Ok(StockOutlet { switches: lines, ..outlet(target, result, None) })
    }

    /// One call, and what is said of each thing that it switches.
    async fn switch_kind(
        &self,
        kind: StockKind,
        changes: &[StockChange],
        switches: &[&PlannedSwitch],
        memory: &Memory,
    ) -> Result<(&'static str, Option<String>), PassError> {
        if let Err(error) = self.begin_call(switches).await {
            // Nothing was sent, so nothing may count as ours later.
            let _ = self.undo(switches).await;
            return Err(error);
        }
        let (result, why, stored) = match self.visit.set_stock(kind, changes, memory).await {
            Ok(StockSet::Seen) => ("switched", None, self.done(switches).await),
            Ok(StockSet::Refused(error)) => ("rejected", Some(error.to_string()), self.undo(switches).await),
            Ok(StockSet::Failed(error)) => ("failed", Some(error.to_string()), self.undo(switches).await),
            // GoFood took it: for a while no copy that is behind says otherwise.
            Ok(StockSet::Taken(why)) => ("timeout", Some(why), self.done(switches).await),
            // What is stored stays: a later pass sees whether it shows.
            Ok(StockSet::Unknown(why)) => ("timeout", Some(why), Ok(())),
            Err(error) => ("failed", Some(chain(&error)), self.undo(switches).await),
        };
        // A later pass sees what became of it all the same.
        let unstored = stored.err().map(|error| format!("that could not be stored: {}", chain(&error)));
        let why: Vec<String> = why.into_iter().chain(unstored).collect();
        Ok((result, (!why.is_empty()).then(|| why.join("; "))))
    }

    /// What is said of a thing that no call is made for.
    fn settled_line(&self, planned: &PlannedSwitch) -> Option<StockLine> {
        let is_off = !self.order.in_stock;
        let note = match (&planned.step, self.order.until) {
            (SwitchStep::Set(_), _) => return None,
            (SwitchStep::Already, Some(_)) if is_off => {
                Some("sold out before this, so it is not put back on sale at the end".to_owned())
            }
            (SwitchStep::Already, Some(_)) => {
                Some("on sale before this, so it is not taken off sale at the end".to_owned())
            }
            (SwitchStep::Refused(why), _) => Some(why.clone()),
            _ => None,
        };
        let result = match planned.step {
            SwitchStep::Extend => "extended",
            SwitchStep::Absent => "absent",
            SwitchStep::Refused(_) => "refused",
            _ => "unchanged",
        };
        Some(line(planned, result, note))
    }

    /// What is about to be sent, and what is so already: in one step, before the first call.
    async fn record(&self, look: &SwitchLook) -> Result<(), PassError> {
        let target = self.visit.target;
        let mut update = OutletUpdate::default();
        let mut base = look.recalled.base.clone();
        let mut is_handed_over = false;
        for PlannedSwitch { switch, step, earlier, .. } in &look.plan.switches {
            match step {
                SwitchStep::Set(_) => keep(&mut update, target, switch)?,
                // It ends when this order says, if it does, and nothing is being switched back.
                SwitchStep::Extend => {
                    keep(&mut update, target, &StockSwitch { stage: SwitchStage::Set, ..switch.clone() })?;
                }
                // Somebody else has switched it since.
                SwitchStep::Already if earlier.as_ref().is_some_and(|one| one.in_stock != switch.in_stock) => {
                    keep_as(&mut update, switch, None);
                }
                _ => {}
            }
            // What is off by this is the kitchen's: no end of an `in_stock: false` puts it back.
            let is_theirs = !matches!(step, SwitchStep::Absent | SwitchStep::Refused(_));
            if is_theirs && !switch.in_stock {
                let base = base.as_mut().map(|base| base.leave_to_kitchen(switch.kind, &switch.id));
                is_handed_over |= base == Some(true);
            }
        }
        if let Some(base) = base.filter(|_| is_handed_over) {
            update.base = Some(json(&base, &target.id)?);
        }
        update_if_any(self.visit.context, target, update).await
    }

    /// A call may come late from the moment on at which it is made: the one before it may have taken minutes.
    async fn begin_call(&self, switches: &[&PlannedSwitch]) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let (at, mut update) = (context.clock.now(), OutletUpdate::default());
        for PlannedSwitch { switch, .. } in switches {
            keep(&mut update, target, &StockSwitch { at, ..switch.clone() })?;
        }
        update_if_any(context, target, update).await
    }

    /// It is as it was before.
    async fn undo(&self, switches: &[&PlannedSwitch]) -> Result<(), PassError> {
        let target = self.visit.target;
        let mut update = OutletUpdate::default();
        for PlannedSwitch { switch, earlier, .. } in switches {
            match earlier {
                Some(earlier) => keep(&mut update, target, earlier)?,
                None => keep_as(&mut update, switch, None),
            }
        }
        update_if_any(self.visit.context, target, update).await
    }

    /// Live shows it from now on, but for copies that are behind.
    async fn done(&self, switches: &[&PlannedSwitch]) -> Result<(), PassError> {
        let Visit { context, target, .. } = *self.visit;
        let (at, mut update) = (context.clock.now(), OutletUpdate::default());
        for PlannedSwitch { switch, .. } in switches {
            seen(&mut update, target, &StockSwitch { at, ..switch.clone() })?;
        }
        update_if_any(context, target, update).await
    }
}

fn line(planned: &PlannedSwitch, result: &'static str, error: Option<String>) -> StockLine {
    let StockSwitch { kind, ref id, ref name, in_stock, until, .. } = planned.switch;
    let is_ended = matches!(result, "switched" | "extended" | "timeout");
    let until = until.filter(|_| is_ended);
    StockLine { kind, id: id.clone(), name: name.clone(), in_stock, result, until, error }
}
