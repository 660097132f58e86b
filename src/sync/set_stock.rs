//! A call that sets stock at once, repeated only after a look, and looked for until live shows it.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    PassError,
    fetch::{Marks, fetch_fresh},
    push::pause_before_retry,
    visit::Visit,
};
use crate::{
    catalog::{StockChange, StockKind},
    plan::{Memory, shows_all},
    remote::{Lane, Read, RemoteError, Write},
};

/// Stock shows at once (documentation); for so long it is looked for (our choice), or for `verify.timeout` if that is shorter.
const LOOK_FOR: Duration = Duration::from_secs(60);

/// The first pause between two looks, and the longest (our choice).
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How a call ended.
pub(super) enum StockSet {
    /// Live shows it.
    Seen,
    /// Refused for good.
    Refused(RemoteError),
    /// Not carried out.
    Failed(RemoteError),
    /// It was taken, and live does not show it, in words.
    Taken(String),
    /// It may have been carried out, or may still be, and live does not show it, in words. No look proves that it never will.
    Unknown(String),
}

impl<R: Read + Write> Visit<'_, R> {
    /// Sets stock and sees it shown. Nothing is sent once the program stops ([`PassError::Withdrawn`]).
    pub(super) async fn set_stock(
        &self,
        kind: StockKind,
        changes: &[StockChange],
        memory: &Memory,
    ) -> Result<StockSet, PassError> {
        let Visit { context, target, .. } = *self;
        let (began, mut attempt, mut maybe_done) = (Instant::now(), 1, false);
        let error = loop {
            let flight = context.in_flight.enter(&target.id);
            let Some(flight) = flight.filter(|_| !self.is_stopping()) else { return Err(PassError::Withdrawn) };
            let called = self.patch(kind, changes).await;
            drop(flight);
            let error = match called {
                Ok(()) => return Ok(self.look_for_stock(kind, changes, memory).await),
                Err(error) if error.is_final() && !maybe_done => return Ok(StockSet::Refused(error)),
                Err(error) => error,
            };
            maybe_done |= error.may_have_been_done();
            let pause = pause_before_retry(&error, attempt, began.elapsed());
            let Some(pause) = pause.filter(|_| !self.is_stopping()) else { break error };
            tracing::warn!(outlet = %target.id, attempt, %error, "stock will be looked at, then set again");
            self.pause(pause).await;
            match self.shows_stock(kind, changes, memory).await {
                Ok(true) => return Ok(StockSet::Seen),
                Ok(false) if !self.is_stopping() => attempt += 1,
                Ok(false) | Err(_) => break error,
            }
        };
        if !maybe_done {
            return Ok(StockSet::Failed(error));
        }
        Ok(match self.shows_stock(kind, changes, memory).await {
            Ok(true) => StockSet::Seen,
            _ => StockSet::Unknown(error.to_string()),
        })
    }

    /// What was sold out must not stay on sale because `gobiz.stock_key` is wrong.
    async fn patch(&self, kind: StockKind, changes: &[StockChange]) -> Result<(), RemoteError> {
        let id = &self.target.id;
        match self.remote.patch_stock(id, kind, changes).await {
            Err(error) if error.refuses_stock_call() => {
                let other = self.remote.patch_stock_by_other_key(id, kind, changes).await;
                // What is known of the first refusal says nothing of a call whose answer is lost.
                other.map_err(|other| if other.may_have_been_done() { other } else { error })
            }
            done => done,
        }
    }

    async fn look_for_stock(&self, kind: StockKind, changes: &[StockChange], memory: &Memory) -> StockSet {
        let deadline = Instant::now() + self.context.verify_timeout.min(LOOK_FOR);
        let mut pause = FIRST_PAUSE;
        loop {
            let shown = self.shows_stock(kind, changes, memory).await;
            if let Ok(true) = shown {
                return StockSet::Seen;
            }
            if Instant::now() >= deadline || self.is_stopping() {
                let why = match shown {
                    Ok(_) => "GoFood took the call and does not show it".to_owned(),
                    Err(error) => format!("GoFood took the call, and whether it shows it is not known: {error}"),
                };
                return StockSet::Taken(why);
            }
            self.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn shows_stock(&self, kind: StockKind, changes: &[StockChange], memory: &Memory) -> Result<bool, PassError> {
        let Visit { context, remote, target } = *self;
        let now = context.clock.now();
        // Whether a call shows is what is asked here: nothing else tells that this copy is behind.
        let marks = Marks { memory, switches: &[] };
        let fetched = fetch_fresh(remote, Lane::FirstPoll, marks, &target.id, now, None, Some(&context.stop)).await?;
        Ok(shows_all(&fetched.live, kind, changes))
    }
}
