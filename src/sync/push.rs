//! Sending: recorded before, looked for before every repetition.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    catalog::{Catalog, OutletId, Path},
    plan::{Action, Inputs, Look, OutletPlan, Record, StockCalls, Waiting, named_in},
    remote::{Read, RemoteError, Retry, Write},
    state::{NewPush, NewRecord, PushId, PushKind, PushOutcome, StatusUpdate},
};

use super::{Flight, Outcome, OutletState, PassError, PassResult, pass::Pass, pins::as_json, until, verify::Awaited};

/// Tries of one push, the first included (our choice).
const MOST_TRIES: u32 = 5;

/// How long a push is tried (our choice).
const TRY_FOR: Duration = Duration::from_secs(45);

/// As many things are named that a refusal is about (our choice).
const NAMED_AT_MOST: usize = 3;

/// What is known of a push after its calls.
pub(super) struct Sent {
    pub(super) id: PushId,
    pub(super) request_id: Uuid,
    pub(super) waiting: Waiting,
    pub(super) plan: OutletPlan,
    pub(super) at: Timestamp,
    pub(super) answer: Answer,
    /// Stock calls that were carried out.
    pub(super) done: StockCalls,
}

/// How the calls ended.
pub(super) enum Answer {
    /// Accepted, or seen to have arrived although no answer came.
    Accepted,
    /// Refused; live is as it was.
    Refused(RemoteError),
    /// Not carried out.
    Failed(RemoteError),
    /// No answer came; it may have been carried out.
    Unknown(RemoteError),
}

/// A value of ours as JSON for the store.
pub(super) fn json<T: serde::Serialize>(value: &T, outlet: &OutletId) -> Result<String, PassError> {
    serde_json::to_string(value).map_err(|source| PassError::Memory { outlet: outlet.clone(), source })
}

impl<R: Read + Write> Pass<'_, R> {
    /// Records the push, then sends it.
    pub(super) async fn push(&self, inputs: &Inputs<'_>, mut plan: OutletPlan) -> Result<Sent, PassError> {
        let Some(flight) = self.context.in_flight.enter(&self.wanted.outlet) else { return Err(PassError::Withdrawn) };
        let mut waiting = Waiting::new(&plan, inputs);
        let request_id = Uuid::new_v4();
        tracing::Span::current().record("request_id", tracing::field::display(request_id));
        let record = Record::new(&plan, inputs);
        let id = self.begin(&plan, &waiting, &record, request_id)?;
        self.is_now(OutletState::Pushing)?;
        let mut done = StockCalls::new();
        let (answer, at) = self.send(flight, id, request_id, &mut plan, &mut waiting, &mut done).await?;
        if record.sent != plan.payload {
            let record = json(&Record { sent: plan.payload.clone(), ..record }, &self.wanted.outlet)?;
            self.context.store.with(|store| store.update_record(id, &record))?;
        }
        Ok(Sent { id, request_id, waiting, plan, at, answer, done })
    }

    fn begin(
        &self,
        plan: &OutletPlan,
        waiting: &Waiting,
        record: &Record,
        request_id: Uuid,
    ) -> Result<PushId, PassError> {
        let outlet = &self.wanted.outlet;
        let stored = json(waiting, outlet)?;
        let (changes, record) = (json(&plan.carried(), outlet)?, json(record, outlet)?);
        let pins = self.mandate.rollback.as_ref().map(|_| as_json(outlet, &self.wanted.pins)).transpose()?;
        let push = NewPush {
            outlet: self.wanted.outlet.as_str(),
            request_id,
            kind: if plan.action == Action::Stock { PushKind::Stock } else { PushKind::Put },
            digest: &plan.digest.0,
            revision: self.context.revision.as_deref(),
            author: self.context.author.as_deref(),
            back_to: self.mandate.rollback.as_ref().map(|pins| pins.to),
            tool: env!("CARGO_PKG_VERSION"),
            plan: &stored,
            record: NewRecord { changes: &changes, record: &record },
            pins: pins.as_ref().map(Option::as_deref),
            prepared_at: self.context.clock.now(),
        };
        Ok(self.context.store.with(|store| store.begin_push(&push))?)
    }

    async fn send(
        &self,
        mut flight: Flight,
        id: PushId,
        request_id: Uuid,
        plan: &mut OutletPlan,
        waiting: &mut Waiting,
        done: &mut StockCalls,
    ) -> Result<(Answer, Timestamp), PassError> {
        let started = Instant::now();
        let mut maybe_done = false;
        let mut attempt = 1;
        loop {
            let at = self.context.clock.now();
            self.context.store.with(|store| store.mark_sent(id, at))?;
            let called = self.call(request_id, plan, waiting, done).await;
            drop(flight);
            let error = match called {
                Ok(()) => {
                    self.context.store.with(|store| store.mark_answered(id, self.context.clock.now()))?;
                    return Ok((Answer::Accepted, at));
                }
                Err(error) if error.is_final() && !maybe_done => return Ok((Answer::Refused(error), at)),
                Err(error) => error,
            };
            maybe_done |= error.may_have_been_done();
            let give_up = |error| if maybe_done { Answer::Unknown(error) } else { Answer::Failed(error) };
            let pause = pause_before_retry(&error, attempt, started.elapsed());
            let Some(pause) = pause.filter(|_| attempt < MOST_TRIES && !self.stopping()) else {
                return Ok((give_up(error), at));
            };
            tracing::warn!(outlet = %self.wanted.outlet, %request_id, attempt, %error, "the push will be looked for, then tried again");
            self.pause(pause).await;
            let Ok(live) = self.remote.fetch(&self.wanted.outlet).await else { return Ok((give_up(error), at)) };
            match waiting.look(&live) {
                Look::Arrived => {
                    if !maybe_done {
                        waiting.note_kitchens(&live);
                        self.keep(id, waiting)?;
                    }
                    return Ok((Answer::Accepted, at));
                }
                // Some of it shows, so it was carried out.
                Look::Other(unlanded) if maybe_done => {
                    waiting.note_landed(&unlanded);
                    self.keep(id, waiting)?;
                    return Ok((Answer::Accepted, at));
                }
                _ if !maybe_done => waiting.note_kitchens(&live),
                Look::Old if !waiting.is_traceless() => waiting.remember_stock(&live),
                Look::Old | Look::Unreadable | Look::Doubtful(_) | Look::Other(_) => {
                    waiting.remember_doubtful_stock(&live);
                }
            }
            // An edit made elsewhere meanwhile is not in the payload: it needs a new plan.
            let next = if waiting.is_touched(&live) { None } else { self.context.in_flight.enter(&self.wanted.outlet) };
            let Some(next) = next.filter(|_| !self.stopping()) else {
                self.keep(id, waiting)?;
                return Ok((give_up(error), at));
            };
            flight = next;
            waiting.refresh_stock(plan);
            self.keep(id, waiting)?;
            attempt += 1;
        }
    }

    /// Sends what has not been carried out yet.
    async fn call(
        &self,
        request_id: Uuid,
        plan: &OutletPlan,
        waiting: &mut Waiting,
        done: &mut StockCalls,
    ) -> Result<(), RemoteError> {
        let outlet = &self.wanted.outlet;
        if plan.action == Action::Stock {
            for (kind, changes) in plan.stock.iter().skip(done.len()) {
                self.remote.patch_stock(outlet, *kind, changes).await?;
                waiting.stock_was_set(*kind, changes);
                done.push((*kind, changes.clone()));
            }
            return Ok(());
        }
        self.remote.put_catalog(outlet, request_id, &plan.payload).await
    }

    /// Where the files say what the platform's words are about, as far as they say that.
    fn about(&self, words: &str, payload: &Catalog) -> String {
        let named = named_in(words, payload);
        let place = |path: &Path| (self.wanted.place)(path).or_else(|| (self.wanted.place)(&path.owner()));
        let told: Vec<String> = named
            .iter()
            .take(NAMED_AT_MOST)
            .map(|path| match place(path) {
                Some(place) => format!("{path} at {place}"),
                None => path.to_string(),
            })
            .collect();
        match named.len().saturating_sub(NAMED_AT_MOST) {
            0 if told.is_empty() => String::new(),
            0 => format!(" (this is {})", told.join(", ")),
            more => format!(" (this is {} and {more} more)", told.join(", ")),
        }
    }

    /// Stores how the outlet stands while a push is under way.
    fn is_now(&self, state: OutletState) -> Result<(), PassError> {
        let status = StatusUpdate {
            state: state.as_str(),
            name: Some(&self.wanted.name),
            file: Some(&self.wanted.file),
            ..StatusUpdate::default()
        };
        let (id, now) = (self.wanted.outlet.as_str(), self.context.clock.now());
        Ok(self.context.store.with(|store| store.set_status(id, &status, now))?)
    }

    /// Stores what is known of a push that is under way.
    pub(super) fn keep(&self, id: PushId, waiting: &Waiting) -> Result<(), PassError> {
        let stored = json(waiting, &self.wanted.outlet)?;
        Ok(self.context.store.with(|store| store.update_push(id, &stored))?)
    }

    /// Sleeps, but not longer than until the program shall stop.
    pub(super) async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = until(self.context.stop.clone()) => {}
        }
    }

    /// Goes on from what the calls said.
    pub(super) async fn conclude(&self, sent: Sent) -> Result<Outcome, PassError> {
        let Sent { id, request_id, waiting, mut plan, at, answer, done } = sent;
        // While it is waited for, a push keeps no more of its plan than is told in the end.
        let payload = std::mem::take(&mut plan.payload);
        plan.changes.retain(|change| !change.pushed);
        let plan = plan.told();
        let ended = |outcome, error: &RemoteError| self.end(id, outcome, &error.to_string(), &done);
        let outcome = match answer {
            Answer::Accepted => {
                drop(payload);
                self.is_now(OutletState::Verifying)?;
                let mut awaited = Awaited { id, waiting, sent_at: at, answered: true, old: None };
                self.verify(&mut awaited).await?
            }
            Answer::Refused(error) => {
                ended(PushOutcome::Rejected, &error)?;
                let told = format!("{error}{}; {}", self.about(&error.what, &payload), what_is_done(&done));
                self.outcome(PassResult::Rejected, OutletState::Failed, Some(told))
            }
            Answer::Failed(error) => {
                ended(PushOutcome::Failed, &error)?;
                let told = format!("{error}; {}", what_is_done(&done));
                self.outcome(PassResult::Failed, OutletState::Failed, Some(told)).after(&error)
            }
            Answer::Unknown(error) => {
                let told = format!(
                    "{error}; whether it took effect is not known yet, so it is looked for before anything is sent again"
                );
                self.outcome(PassResult::Failed, OutletState::Unknown, Some(told)).after(&error)
            }
        };
        let outcome = Outcome { request_id: Some(request_id), ..outcome };
        Ok(if outcome.plan.is_some() { outcome } else { outcome.with_plan(plan) })
    }
}

/// How the live menu is after a push whose last call was not carried out.
fn what_is_done(done: &StockCalls) -> &'static str {
    // Stock of variants is set last.
    if done.is_empty() { "the live menu is as it was" } else { "the stock of items was set before that" }
}

/// How long to wait before the next try; `None` = not worth one.
fn pause_before_retry(error: &RemoteError, attempt: u32, spent: Duration) -> Option<Duration> {
    let asked = match error.retry {
        Retry::After(asked) => asked,
        Retry::NotBefore(rest) => Some(rest),
        Retry::Never => return None,
    };
    let pause = asked.unwrap_or_else(|| Duration::from_millis(500) * 2u32.pow(attempt - 1));
    (spent + pause <= TRY_FOR).then_some(pause)
}
