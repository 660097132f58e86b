//! The passes under way: starting them, at most one for an outlet, and what their end leads to. Why one starts is the
//! loop's to know.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch as channel,
    task::{Id, JoinError},
};

use super::{Daemon, Hint, Worker, note, notices};
use crate::{
    catalog::OutletId,
    remote::Retry,
    sync::{Outcome, OutletState, PassResult},
};

/// A pass under way.
pub(super) struct Busy {
    task: Id,
    name: String,
    /// Tells the pass that its files are out of date.
    withdraw: channel::Sender<bool>,
}

impl<W: Worker> Daemon<W> {
    pub(super) fn begin_all(&mut self) {
        let all: Vec<OutletId> = self.survey.members.iter().map(|member| member.id.clone()).collect();
        for outlet in all {
            self.begin(&outlet);
        }
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

    /// Starts a pass, or notes that one more is needed when the one under way has ended.
    pub(super) fn begin(&mut self, outlet: &OutletId) {
        if self.unreadable.is_some() {
            return;
        }
        let Some(member) = self.survey.members.iter().find(|member| member.id == *outlet) else { return };
        if self.busy.contains_key(outlet) {
            self.again.insert(outlet.clone());
            return;
        }
        self.due.forget(outlet);
        let (worker, loaded, context) = (Arc::clone(&self.worker), Arc::clone(&self.loaded), self.context.clone());
        let (member, name) = (member.clone(), member.name.clone());
        let (withdraw, withdrawn) = channel::channel(false);
        let task = self.tasks.spawn(async move { worker.visit(&context, &loaded, &member, withdrawn).await }).id();
        self.busy.insert(outlet.clone(), Busy { task, name, withdraw });
    }

    /// An event says that an outlet is worth a look: a pass that waits for its push looks now, else one begins.
    pub(super) fn hinted(&mut self, outlet: &OutletId, hint: Hint) {
        let is_busy = self.busy.contains_key(outlet);
        tracing::info!(%outlet, ?hint, "an event asks for a look");
        if is_busy {
            self.context.nudges.nudge(outlet);
        }
        if !is_busy || hint == Hint::Alarm {
            self.begin(outlet);
        }
    }

    pub(super) fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Option<Outcome> {
        let task = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let outlet = self.busy.iter().find(|(_, busy)| busy.task == task).map(|(outlet, _)| outlet.clone())?;
        let Busy { name, .. } = self.busy.remove(&outlet)?;
        self.view.update(|shown| shown.last_pass = Some(self.context.clock.now()));
        let outcome = ended.map_or_else(
            |_| Outcome::failed(&outlet, &name, "the pass broke off by a fault in menusync itself".to_owned()),
            |(_, outcome)| outcome,
        );
        if !outcome.was_withdrawn() {
            self.notices.saw(notices::seen(&outcome));
            note::tell(&outcome, self.told.insert(outlet.clone(), outcome.state));
            self.tell_stale_approvals(&outcome);
            self.plan_next(&outcome);
        }
        if self.again.remove(&outlet) && !*self.stop.borrow() {
            self.begin(&outlet);
        }
        self.notifier.status(&self.summary());
        Some(outcome)
    }

    /// When to come back to an outlet, besides the schedule.
    pub(super) fn plan_next(&mut self, outcome: &Outcome) {
        let Outcome { outlet, result, state, opens_at, again, .. } = outcome;
        let now = self.now();
        match result {
            // Without an opening only the schedule or a change of the windows helps.
            PassResult::Queued => match opens_at {
                Some(opens_at) => self.due.at(outlet, *opens_at),
                None => self.due.settle(outlet),
            },
            // A pause that ends by itself.
            PassResult::Unchanged if *state == OutletState::Paused => {
                self.due.settle(outlet);
                if let Some(ends_at) = opens_at {
                    self.due.at(outlet, *ends_at);
                }
            }
            // The same menu would be refused again: the schedule is soon enough, and a change of the files comes at once.
            PassResult::Rejected => self.due.settle(outlet),
            PassResult::Failed | PassResult::Timeout => match again {
                // Nothing was tried at this outlet, so its waits do not grow.
                Some(Retry::NotBefore(rest)) => self.due.wait(outlet, now, *rest),
                Some(Retry::After(Some(asked))) => self.due.retry(outlet, now, *asked),
                _ => self.due.retry(outlet, now, Duration::ZERO),
            },
            // Another process has the outlet.
            PassResult::Held if *state == OutletState::Pushing => self.due.retry(outlet, now, Duration::ZERO),
            _ => self.due.settle(outlet),
        }
    }
}

impl Busy {
    fn withdraw(&self) {
        self.withdraw.send_replace(true);
    }
}
