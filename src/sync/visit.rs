//! What every step of a pass has in hand, and the few things that all of them do.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Context, Desired, Facts, Moment, Outcome, OutletState, PassError, PassOptions, PassResult, PushProgress, Target,
    memory::json, until,
};
use crate::{
    plan::PushVerification,
    remote::{Read, Write},
    state::{PushId, PushStep, StatusUpdate},
};

/// One outlet, visited by somebody who may write to it and has its lock.
pub(super) struct Visit<'a, R> {
    pub(super) context: &'a Context,
    pub(super) remote: &'a R,
    pub(super) target: &'a Target,
}

impl<R: Read + Write> Visit<'_, R> {
    pub(super) fn is_stopping(&self) -> bool {
        *self.context.stop.borrow()
    }

    pub(super) fn outcome(&self, result: PassResult, facts: &Facts<'_>, error: Option<String>) -> Outcome {
        Outcome::new(self.target, result, OutletState::of(facts), error)
    }

    /// How the outlet stands while a push is under way.
    pub(super) fn status(&self, progress: PushProgress) -> StatusUpdate {
        StatusUpdate {
            state: OutletState::of(&Facts::of_push(progress)).as_str().to_owned(),
            name: Some(self.target.name.clone()),
            file: Some(self.target.file.to_string()),
            ..StatusUpdate::default()
        }
    }

    /// Records a step of a push.
    pub(super) async fn step(&self, id: PushId, step: PushStep) -> Result<(), PassError> {
        Ok(self.context.state.record_push_step(id, step, self.context.clock.now()).await?)
    }

    /// Records what is known of a push that is under way.
    pub(super) async fn keep(&self, id: PushId, verification: &PushVerification) -> Result<(), PassError> {
        let plan = Some(json(verification, &self.target.id)?);
        self.step(id, PushStep { plan, ..PushStep::default() }).await
    }

    /// Sleeps, but not longer than until the program shall stop.
    pub(super) async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = until(self.context.stop.clone()) => {}
        }
    }
}

/// A visit that knows what is wanted.
pub(super) struct Pass<'a, R> {
    pub(super) visit: &'a Visit<'a, R>,
    pub(super) desired: &'a Desired,
    pub(super) options: &'a PassOptions,
}

impl<R: Read + Write> Pass<'_, R> {
    pub(super) fn moment(&self, now: Timestamp) -> Moment<'_> {
        self.options.moment(now, &self.visit.context.peers)
    }
}
