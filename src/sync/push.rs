//! Sending: recorded before, looked for before every repetition.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    catalog::{Catalog, ExternalId, Path},
    plan::{Action, Look, OutletPlan, PromotedPrices, PushVerification, Record, StockCalls, named_in},
    remote::{Fetched, Lane, Read, RemoteError, Retry, Write},
    rollout::WaveOf,
    state::{NewPush, NewRecord, OutletUpdate, PushId, PushKind, PushOutcome, PushStep},
};

use super::{
    Examined, Facts, Flight, Outcome, PassError, PassResult, PushProgress, Recalled, Target,
    examine::inputs,
    fetch::{Marks, fetch_fresh},
    memory::{json, pins_json},
    verify::{Ended, Verification},
    visit::{Pass, Visit},
};

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
    pub(super) waiting: PushVerification,
    pub(super) plan: OutletPlan,
    pub(super) at: Timestamp,
    pub(super) answer: Answer,
    /// Stock calls that were carried out.
    pub(super) done: StockCalls,
}

impl Sent {
    /// Why the platform does not take a call for stock alone.
    pub(super) fn refused_stock(&self) -> Option<RemoteError> {
        match &self.answer {
            Answer::Refused(error) if error.refuses_stock_call() => Some(error.clone()),
            _ => None,
        }
    }
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

impl<R: Read + Write> Pass<'_, R> {
    /// Records the push, then sends it.
    pub(super) async fn push(&self, examined: Examined) -> Result<Sent, PassError> {
        let flight = self.visit.context.in_flight.enter(&self.visit.target.id).ok_or(PassError::Withdrawn)?;
        let Examined { live, base, past, mut plan, in_wave, recalled, .. } = examined;
        let Recalled { memory, promotions, switches, .. } = recalled;
        let moment = self.moment(self.visit.context.clock.now());
        let (mut verification, record) = {
            let inputs = inputs(self.visit.target, self.desired, base.as_ref(), &live, &past, moment);
            // Whenever they begin: it may be looked for until then.
            let open = promotions.iter().filter(|record| record.is_open());
            let live_price = |id: &ExternalId| {
                let mut items = live.items().filter(|(_, item)| item.external_id.value() == Some(id));
                items.find_map(|(_, item)| item.price.value().copied())
            };
            let promoted = PromotedPrices::of(open, live_price);
            let verification = PushVerification::new(&plan, &inputs).with_promoted(promoted);
            (verification, Record::new(&plan, &inputs))
        };
        drop((live, base, past));
        let request_id = Uuid::new_v4();
        tracing::Span::current().record("request_id", tracing::field::display(request_id));
        let id = self.begin(&plan, &verification, &record, (request_id, in_wave)).await?;
        let Visit { context, target, .. } = *self.visit;
        context.in_flight.note_sent(&target.id, request_id, &context.clock);
        let (mut done, marks) = (StockCalls::new(), Marks { memory: &memory, switches: &switches });
        let (answer, at) = self.send(flight, (id, request_id), &mut plan, &mut verification, &mut done, marks).await?;
        if record.sent != plan.payload {
            let record = json(&Record { sent: plan.payload.clone(), ..record }, &self.visit.target.id)?;
            self.visit.step(id, PushStep { record: Some(record), ..PushStep::default() }).await?;
        }
        Ok(Sent { id, request_id, waiting: verification, plan, at, answer, done })
    }

    async fn begin(
        &self,
        plan: &OutletPlan,
        verification: &PushVerification,
        record: &Record,
        (request_id, wave): (Uuid, Option<WaveOf>),
    ) -> Result<PushId, PassError> {
        let Visit { context, target, .. } = *self.visit;
        let rollback = self.options.rollback.as_ref();
        let pins = rollback.map(|_| pins_json(&self.desired.pins, &target.id)).transpose()?;
        let now = context.clock.now();
        let status = Some(self.visit.status(PushProgress::Pushing));
        let push = NewPush {
            outlet: target.id.to_string(),
            request_id,
            kind: if plan.action == Action::Stock { PushKind::Stock } else { PushKind::Put },
            digest: plan.digest.0.clone(),
            revision: context.revision.clone(),
            files: context.files.clone(),
            author: context.author.clone(),
            back_to: rollback.map(|pins| pins.to),
            wave,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            plan: json(verification, &target.id)?,
            record: NewRecord { changes: json(&plan.carried(), &target.id)?, record: json(record, &target.id)? },
            outlet_update: OutletUpdate { status, pins, ..OutletUpdate::default() },
            prepared_at: now,
            // Nothing happens between this and the first call: from now on it may have taken effect.
            sent_at: Some(now),
        };
        Ok(context.state.begin_push(push).await?)
    }

    async fn send(
        &self,
        mut flight: Flight,
        (id, request_id): (PushId, Uuid),
        plan: &mut OutletPlan,
        waiting: &mut PushVerification,
        done: &mut StockCalls,
        marks: Marks<'_>,
    ) -> Result<(Answer, Timestamp), PassError> {
        let Visit { context, remote, target } = *self.visit;
        let started = Instant::now();
        let mut maybe_done = false;
        let mut attempt = 1;
        loop {
            let at = context.clock.now();
            let called = self.call(request_id, plan, waiting, done).await;
            drop(flight);
            let error = match called {
                Ok(()) => {
                    let status = Some(self.visit.status(PushProgress::Verifying));
                    let outlet_update = OutletUpdate { status, ..OutletUpdate::default() };
                    let answered_at = Some(context.clock.now());
                    let step = PushStep { answered_at, outlet_update, ..PushStep::default() };
                    self.visit.step(id, step).await?;
                    return Ok((Answer::Accepted, at));
                }
                Err(error) if error.is_final() && !maybe_done => return Ok((Answer::Refused(error), at)),
                Err(error) => error,
            };
            maybe_done |= error.may_have_been_done();
            let give_up = |error| if maybe_done { Answer::Unknown(error) } else { Answer::Failed(error) };
            let pause = pause_before_retry(&error, attempt, started.elapsed());
            let Some(pause) = pause.filter(|_| !self.visit.is_stopping()) else {
                return Ok((give_up(error), at));
            };
            tracing::warn!(outlet = %target.id, %request_id, attempt, %error, "the push will be looked for, then tried again");
            self.visit.pause(pause).await;
            let now = context.clock.now();
            let awaited = Some(&*waiting);
            let fetched = fetch_fresh(remote, Lane::FirstPoll, marks, &target.id, now, awaited, Some(&context.stop));
            let Ok(Fetched { live, .. }) = fetched.await else { return Ok((give_up(error), at)) };
            self.visit.note_switches(marks.switches, &live).await?;
            match waiting.look(&live) {
                Look::Arrived => {
                    if !maybe_done {
                        waiting.note_kitchens(&live);
                        self.visit.keep(id, waiting).await?;
                    }
                    return Ok((Answer::Accepted, at));
                }
                // Some of it shows, so it was carried out.
                Look::Other(mismatches) if maybe_done => {
                    waiting.note_landed(&live, &mismatches);
                    self.visit.keep(id, waiting).await?;
                    return Ok((Answer::Accepted, at));
                }
                // From a copy that is behind a switch it would undo that.
                _ if marks.is_behind_switch(&live, now) => {
                    waiting.remember_sold_out(&live);
                    self.visit.keep(id, waiting).await?;
                    return Ok((give_up(error), at));
                }
                _ if !maybe_done => waiting.note_kitchens(&live),
                Look::Old if !waiting.is_indistinguishable() => waiting.remember_stock(&live),
                Look::Old | Look::Unreadable | Look::Ambiguous(_) | Look::Other(_) => {
                    waiting.remember_doubtful_stock(&live);
                }
            }
            // An edit made elsewhere meanwhile is not in the payload: it needs a new plan.
            let next = if waiting.is_touched(&live) { None } else { context.in_flight.enter(&target.id) };
            let Some(next) = next.filter(|_| !self.visit.is_stopping()) else {
                self.visit.keep(id, waiting).await?;
                return Ok((give_up(error), at));
            };
            flight = next;
            waiting.refresh_stock(plan);
            let (verification, sent_at) = (Some(json(waiting, &target.id)?), Some(context.clock.now()));
            self.visit.step(id, PushStep { plan: verification, sent_at, ..PushStep::default() }).await?;
            context.in_flight.note_sent(&target.id, request_id, &context.clock);
            attempt += 1;
        }
    }

    /// Sends what has not been carried out yet.
    async fn call(
        &self,
        request_id: Uuid,
        plan: &OutletPlan,
        waiting: &mut PushVerification,
        done: &mut StockCalls,
    ) -> Result<(), RemoteError> {
        let Visit { remote, target: Target { id: outlet, .. }, .. } = *self.visit;
        if plan.action == Action::Stock {
            for (kind, changes) in plan.stock.iter().skip(done.len()) {
                remote.patch_stock(outlet, *kind, changes).await?;
                waiting.stock_was_set(*kind, changes);
                done.push((*kind, changes.clone()));
            }
            return Ok(());
        }
        remote.put_catalog(outlet, request_id, &plan.body()).await
    }

    /// Where the files say what the platform's words are about, as far as they say that.
    fn about(&self, words: &str, payload: &Catalog) -> String {
        let named = named_in(words, payload);
        let place = |path: &Path| self.desired.place(path).or_else(|| self.desired.place(&path.owner()));
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

    /// Goes on from what the calls said.
    pub(super) async fn await_result(&self, sent: Sent) -> Result<Outcome, PassError> {
        let Sent { id, request_id, waiting, mut plan, at, answer, done } = sent;
        // While it is waited for, a push keeps no more of its plan than is told in the end.
        let payload = std::mem::take(&mut plan.payload);
        plan.changes.retain(|change| !change.pushed);
        let plan = plan.for_report();
        let visit = self.visit;
        let outcome = match answer {
            Answer::Accepted => {
                drop(payload);
                let context = visit.context;
                let age = context.in_flight.age_of(&visit.target.id, request_id, at, &context.clock);
                let now = context.clock.now();
                let mut verification = Verification::new(id, request_id, waiting, at, true, age, now).of_new();
                match visit.verify(&mut verification).await? {
                    Ended::Arrived(arrival) => {
                        let recalled = super::recall(&visit.context.state, &visit.target.id, arrival.seen_at).await?;
                        self.after_arrival(arrival, recalled).await?
                    }
                    Ended::Settled(outcome) | Ended::Open(outcome) => outcome,
                }
            }
            Answer::Refused(error) => {
                visit.end(id, PushOutcome::Rejected, &error.to_string(), &done).await?;
                let told = format!("{error}{}; {}", self.about(&error.what, &payload), what_is_done(&done));
                visit.outcome(PassResult::Rejected, &Facts::failed(), Some(told))
            }
            Answer::Failed(error) => {
                visit.end(id, PushOutcome::Failed, &error.to_string(), &done).await?;
                let told = format!("{error}; {}", what_is_done(&done));
                visit.outcome(PassResult::Failed, &Facts::failed(), Some(told)).after(&error)
            }
            Answer::Unknown(error) => {
                visit.step(id, PushStep { error: Some(error.to_string()), ..PushStep::default() }).await?;
                let told = format!(
                    "{error}; whether it took effect is not known yet, so it is looked for before anything is sent again"
                );
                visit.outcome(PassResult::Failed, &Facts::of_push(PushProgress::Unknown), Some(told)).after(&error)
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
pub(super) fn pause_before_retry(error: &RemoteError, attempt: u32, spent: Duration) -> Option<Duration> {
    if attempt >= MOST_TRIES {
        return None;
    }
    let asked = match error.retry {
        Retry::After(asked) => asked,
        Retry::NotBefore(rest) => Some(rest),
        Retry::Never => return None,
    };
    let pause = asked.unwrap_or_else(|| Duration::from_millis(500) * 2u32.pow(attempt - 1));
    (spent + pause <= TRY_FOR).then_some(pause)
}
