//! The passes: those that wait, those under way, at most one for an outlet, and what their end leads to. Why one starts is the
//! loop's to know, which of them begins next the queue's.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch as channel,
    task::{Id, JoinError},
};
use tracing::{Instrument, Span, field};

use super::{
    Daemon, Hint, Worker, note, notices,
    rounds::{Cause, Urgency},
};
use crate::{
    catalog::OutletId,
    remote::Retry,
    report::counts_for_push,
    sync::{Outcome, OutletState, PassResult, Slot, Target},
};

/// A pass under way.
pub(super) struct Busy {
    target: Target,
    /// The round that it belongs to.
    round: u64,
    /// What its lines in the log say.
    span: Span,
    /// Tells the pass that its files are out of date.
    withdraw: channel::Sender<bool>,
}

impl<W: Worker> Daemon<W> {
    pub(super) fn begin_all(&mut self, cause: Cause) {
        let all: Vec<OutletId> = self.survey.members.iter().map(|member| member.id.clone()).collect();
        self.begin_round(cause, all);
    }

    /// Passes over some outlets for one reason.
    pub(super) fn begin_round(&mut self, cause: Cause, outlets: impl IntoIterator<Item = OutletId>) {
        let now = self.now();
        let outlets = self.ours(outlets);
        let round = self.rounds.open(cause, self.context.revision.clone(), now);
        outlets.iter().for_each(|_| self.rounds.join(round));
        self.rounds.tell_begun(round);
        for outlet in &outlets {
            self.begin(outlet, round);
        }
        self.rounds.leave(round, now);
    }

    /// What a pass under way was given is out of date: if it has not sent anything yet, it will not.
    pub(super) fn withdraw(&self, outlet: &OutletId) {
        if let Some(busy) = self.busy.get(outlet) {
            busy.withdraw();
        }
    }

    /// The same of every pass under way.
    pub(super) fn withdraw_all(&self) {
        self.busy.values().for_each(Busy::withdraw);
    }

    /// An outlet waits for a pass that has joined `round`; while one is under way, it waits for the end of that first.
    fn begin(&mut self, outlet: &OutletId, round: u64) {
        let member = self.survey.member(outlet.as_str());
        let is_ours = self.is_ours(outlet);
        let Some(member) = member.filter(|_| is_ours && self.unreadable.is_none()) else {
            self.rounds.leave(round, self.now());
            return;
        };
        if self.busy.contains_key(outlet) {
            // One pass does for both rounds; the later one tells of it.
            if let Some(earlier) = self.again.insert(outlet.clone(), round) {
                self.rounds.leave(earlier, self.now());
            }
            return;
        }
        let urgency = self.rounds.cause(round).map_or(Urgency::Schedule, Cause::urgency);
        self.rounds.wait(round);
        if let Some(left) = self.queue.add(outlet, &member.account, urgency, round) {
            let now = self.now();
            self.rounds.waited(left, now);
            self.rounds.leave(left, now);
        }
    }

    /// Begins passes as long as there are slots for them.
    pub(super) fn begin_waiting(&mut self) {
        if *self.stop.borrow() {
            return;
        }
        while let Some(outlet) = self.queue.next(self.context.slots.all()) {
            let Some(slot) = self.context.slots.try_acquire() else { break };
            let Some(round) = self.queue.begin(&outlet, &slot) else { break };
            self.rounds.waited(round, self.now());
            self.start(&outlet, slot, round);
        }
        self.show_waiting();
    }

    fn show_waiting(&self) {
        let waiting = self.queue.len();
        self.view.renew(|shown| std::mem::replace(&mut shown.waiting, waiting) != waiting);
    }

    /// Nobody waits any more for a pass that has not begun; who did.
    pub(super) fn drop_waiting(&mut self) -> Vec<OutletId> {
        let now = self.now();
        let waited = self.queue.clear();
        self.show_waiting();
        for (_, round) in &waited {
            self.rounds.give_up(*round);
            self.rounds.leave(*round, now);
        }
        waited.into_iter().map(|(outlet, _)| outlet).collect()
    }

    fn start(&mut self, outlet: &OutletId, slot: Slot, round: u64) {
        let Some(member) = self.survey.member(outlet.as_str()).filter(|_| self.is_ours(outlet)) else {
            // It has gone from the files while it waited, or is another daemon's by now.
            self.rounds.leave(round, self.now());
            return;
        };
        self.due.forget(outlet);
        let (worker, loaded, context) = (Arc::clone(&self.worker), Arc::clone(&self.loaded), self.context.clone());
        let (member, target) = (member.clone(), member.target());
        let (withdraw, withdrawn) = channel::channel(false);
        let revision = self.context.revision.as_deref();
        let span = tracing::info_span!("pass", %outlet, pass = round, revision, request_id = field::Empty);
        let visit = async move { worker.visit(&context, slot, &loaded, &member, withdrawn).await };
        let task = self.tasks.spawn(visit.instrument(span.clone())).id();
        self.busy.insert(outlet.clone(), Busy { target, round, span, withdraw });
        self.outlet_of.insert(task, outlet.clone());
        self.view.update(|shown| _ = shown.in_work.insert(outlet.clone()));
    }

    /// An outlet is worth a look, by an event or by the end of a switch of stock: a pass that waits for its push looks now,
    /// else one begins.
    pub(super) fn hinted(&mut self, outlet: &OutletId, hint: Hint) {
        if !self.is_ours(outlet) {
            self.pass_on(outlet, hint);
            return;
        }
        let is_busy = self.busy.contains_key(outlet);
        let cause = if hint == Hint::SwitchEnds { Cause::Stock } else { Cause::Event };
        match cause {
            Cause::Stock => tracing::info!(%outlet, "a switch of stock ends"),
            _ => tracing::info!(%outlet, ?hint, "an event asks for a look"),
        }
        if let Some(request_id) = self.hints.announced(outlet) {
            self.context.poll_waker.announce(outlet, request_id);
        }
        if is_busy {
            self.context.poll_waker.wake(outlet);
        }
        if !is_busy || hint != Hint::WentLive {
            self.begin_round(cause, [outlet.clone()]);
        }
    }

    pub(super) fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Option<Outcome> {
        let task = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let outlet = self.outlet_of.remove(&task)?;
        let Busy { target, round, span, .. } = self.busy.remove(&outlet)?;
        let now = self.now();
        let outcome = ended.map_or_else(|_| Outcome::broken_off(&target), |(_, outcome)| outcome);
        self.view.update(|shown| {
            shown.in_work.remove(&outlet);
            shown.note_outcome(&outcome, now);
        });
        if outcome.was_withdrawn() {
            self.rounds.leave(round, now);
            // What became of switches before it was given up is not told by the next pass.
            if !outcome.switches.is_empty() {
                self.notices.report(notices::seen(&outcome, None));
            }
        } else {
            self.queue.note_look(&outlet);
            let member = self.survey.member(outcome.outlet.as_str());
            let invalid_from = member.and_then(|member| member.invalid_from.as_deref());
            self.notices.report(notices::seen(&outcome, invalid_from));
            if outcome.result == PassResult::Published {
                let diagnostics = member.into_iter().flat_map(|member| &member.diagnostics);
                let warnings = diagnostics.map(AsRef::as_ref).filter(|warning| counts_for_push(warning));
                span.in_scope(|| note::tell_warnings(warnings));
            }
            let last_note = self.last_notes.entry(outlet.clone()).or_default();
            let news = span.in_scope(|| note::tell(&outcome, last_note, now));
            let waited = self.rounds.cause(round) == Some(Cause::Due);
            self.rounds.ended(round, outcome.result, outcome.state == OutletState::Invalid, news, now);
            self.tell_stale_approvals(&outcome);
            self.plan_next(&outcome, waited);
        }
        self.follow_rollout(&outcome);
        if let Some(again) = self.again.remove(&outlet).filter(|_| !*self.stop.borrow()) {
            self.begin(&outlet, again);
        }
        self.notifier.status(&self.summary());
        Some(outcome)
    }

    /// When to come back to an outlet, besides the schedule; `waited`: it was come back to when its time had come.
    pub(super) fn plan_next(&mut self, outcome: &Outcome, waited: bool) {
        let Outcome { outlet, result, state, opens_at, again, .. } = outcome;
        let now = self.now();
        match (again, result) {
            // Nothing was tried at this outlet, so its waits do not grow.
            (Some(Retry::NotBefore(rest)), _) => self.due.wait(outlet, now, *rest),
            // Also where the menu is left as it is: an end of a switch of stock does not wait for it.
            (Some(Retry::After(asked)), _) => self.due.retry(outlet, now, waited, asked.unwrap_or_default()),
            (_, PassResult::Failed | PassResult::Timeout) => self.due.retry(outlet, now, waited, Duration::ZERO),
            // Without an opening only the schedule or a change of the windows helps.
            (_, PassResult::Queued) => self.due.settle_until(outlet, *opens_at),
            // A pause that ends by itself.
            (_, PassResult::Unchanged) if *state == OutletState::Paused => self.due.settle_until(outlet, *opens_at),
            // Another process has the outlet.
            (_, PassResult::Held) if !outcome.is_ours() => self.due.retry(outlet, now, waited, Duration::ZERO),
            // Of what is refused, the same would be refused again: the schedule is soon enough, and a change of the files
            // comes at once.
            _ => self.due.settle(outlet),
        }
    }
}

impl Busy {
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    fn withdraw(&self) {
        self.withdraw.send_replace(true);
    }
}
