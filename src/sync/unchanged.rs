//! The short way of a pass: where the files and what is stored are, byte for byte, what they were when the outlet was last
//! found in sync, and GoFood's answer says the same as then, it is in sync, and nothing is composed or compared again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{
    Context, Desired, Examined, Facts, Look, Outcome, OutletState, PassError, PassOptions, PassResult, Target,
    broken_off::{at_another, broken_off},
    examine::{compare, desired_now},
    memory::understand,
    note::store,
};
use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::Action,
    remote::{AnswerDigest, Fetched, Lane, Read},
    state::OutletMemory,
};

/// What a wanted menu came from: the same number is the same files, settings and dated layers, in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis(pub u64);

/// So long after the last look in full (our choice): as often the memory notes that prices go on standing.
const HOLDS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What outlets were found to be in sync of.
#[derive(Debug, Clone, Default)]
pub struct InSync(Arc<Mutex<HashMap<OutletId, Entry>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    basis: Basis,
    stored: [u8; 32],
    /// The last answer.
    answer: AnswerDigest,
    /// [`LiveCatalog::digest`] of what it said.
    live: [u8; 32],
    /// Whether the look before said the same: where each says something else, a short look would be a look for nothing.
    is_repeated: bool,
    at: Timestamp,
}

impl InSync {
    fn entries(&self) -> MutexGuard<'_, HashMap<OutletId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, outlet: &OutletId, basis: Basis, now: Timestamp) -> Option<Entry> {
        let entry = *self.entries().get(outlet)?;
        let holds = (SignedDuration::ZERO..HOLDS_FOR).contains(&now.duration_since(entry.at));
        (entry.is_repeated && entry.basis == basis && holds).then_some(entry)
    }

    /// Whatever was known of an outlet: it is looked at in full next time.
    pub(super) fn forget(&self, outlet: &OutletId) {
        self.entries().remove(outlet);
    }
}

/// A pass by the short way; `None`: the long way is to be taken. `desired` is what the basis stands for: a debug build
/// composes it, and panics where the long way would have found anything.
pub async fn pass_unchanged<R: Read>(
    context: &Context,
    remote: &R,
    target: &Target,
    basis: Basis,
    desired: impl AsyncFnOnce() -> Option<Desired>,
) -> Option<Outcome> {
    let entry = context.in_sync.of(&target.id, basis, context.clock.now())?;
    let _lock = match context.state.hold(target.id.as_str()).await {
        Ok(lock) => lock,
        Err(error) if error.is_held() => return Some(at_another(context, target).await),
        Err(_) => return None,
    };
    let stored = context.state.recall(target.id.as_str(), context.clock.now()).await.ok()?;
    if digest(&stored) != Some(entry.stored) {
        context.in_sync.forget(&target.id);
        return None;
    }
    let is_same = match remote.fetch_unless(&target.id, Lane::Pass, known_answer(&entry)).await {
        Ok(None) => Ok(true),
        Ok(Some(Fetched { live, answer })) => {
            let is_same = live.digest() == entry.live;
            if let (true, Some(answer)) = (is_same, answer) {
                context.in_sync.entries().insert(target.id.clone(), Entry { answer, ..entry });
            }
            if cfg!(debug_assertions) && is_same {
                let desired = desired().await.expect("what was in sync can be composed");
                assert_nothing_to_do(context, target, &desired, stored, live);
            }
            Ok(is_same)
        }
        Err(error) => Err(error),
    };
    match is_same {
        Ok(true) => {
            let in_sync = OutletState::InSync;
            Some(store(context, target, Outcome::new(target, PassResult::Unchanged, in_sync, None)).await)
        }
        Ok(false) => {
            context.in_sync.forget(&target.id);
            None
        }
        Err(error) => Some(store(context, target, broken_off(context, target, &error.into()).await).await),
    }
}

/// A debug build reads each answer, to judge it.
fn known_answer(entry: &Entry) -> Option<AnswerDigest> {
    (!cfg!(debug_assertions)).then_some(entry.answer)
}

/// The law of the short way.
fn assert_nothing_to_do(
    context: &Context,
    target: &Target,
    desired: &Desired,
    stored: OutletMemory,
    live: LiveCatalog,
) {
    let now = context.clock.now();
    let options = PassOptions::default();
    let moment = options.moment(now, &context.peers);
    let recalled = understand(&target.id, stored).expect("what was understood before");
    assert_eq!(recalled.memory.stale_until(&live, now), None, "{}: a copy that is behind", target.id);
    let desired = desired_now(&recalled, target, desired, moment).expect("nothing is pinned");
    let examined = compare(live, recalled, target, &desired, moment);
    assert!(teaches_nothing(&desired, &examined), "{}: the short way missed {:?}", target.id, examined.plan.changes);
}

/// Whether a look leaves nothing to do, to say or to learn, now and as long as nothing else changes.
fn teaches_nothing(desired: &Desired, examined: &Examined) -> bool {
    let Examined {
        live,
        answer: _,
        recalled,
        base_learnt,
        base,
        past: _,
        pins_changed,
        plan,
        lost_again: _,
        promotions_listed_at: _,
        window: _,
        wave: _,
        in_wave: _,
    } = examined;
    OutletState::of(&Facts::of_look(Look::Examined(examined))) == OutletState::InSync
        && plan.action == Action::None
        && plan.changes.is_empty()
        && plan.extras.is_empty()
        && !live.is_empty()
        && base.as_ref() == Some(&plan.next_base)
        && recalled.base == *base
        && !base_learnt
        && !pins_changed
        && desired.pins.is_empty()
        && desired.approvals.is_empty()
        && desired.catalog.promotions.is_empty()
        && !desired.paused
}

/// Remembers how an outlet was found, once all is stored that there was to store: it will do as long as nothing changes. The
/// caller has the outlet's lock.
pub(super) async fn remember(
    context: &Context,
    target: &Target,
    basis: Basis,
    desired: &Desired,
    examined: &Examined,
) -> Result<(), PassError> {
    let before = context.in_sync.entries().remove(&target.id);
    let Some(answer) = examined.answer.filter(|_| teaches_nothing(desired, examined)) else { return Ok(()) };
    let now = context.clock.now();
    let stored = context.state.recall(target.id.as_str(), now).await?;
    if let Some(stored) = digest(&stored) {
        let live = examined.live.digest();
        let is_repeated = before.is_some_and(|before| before.live == live);
        context
            .in_sync
            .entries()
            .insert(target.id.clone(), Entry { basis, stored, answer, live, is_repeated, at: now });
    }
    Ok(())
}

/// Of what is stored of an outlet that nothing is pinned, paused, promoted, switched, on its way or alarming at.
fn digest(stored: &OutletMemory) -> Option<[u8; 32]> {
    let OutletMemory {
        base, memory, pins, pause, pending, pending_record, lost_puts, alarm, promotions, switches, ..
    } = stored;
    let is_quiet = pins.is_none() && pause.is_none() && pending.is_none() && pending_record.is_none();
    if !is_quiet || !lost_puts.is_empty() || alarm.is_some() || !promotions.is_empty() || !switches.is_empty() {
        return None;
    }
    let mut digest = Sha256::new();
    for text in [base, memory] {
        let text = text.as_deref()?;
        digest.update(text.len().to_le_bytes());
        digest.update(text);
    }
    Some(digest.finalize().into())
}
