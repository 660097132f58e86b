//! The walk of who cannot push: examines and notes.

use super::{
    Context, Desired, Facts, Look, Moment, Outcome, OutletState, PassError, PassResult, Slot, Target,
    broken_off::{broken_off, progress},
    chain,
    examine::{compare, examine},
    fetch::{Marks, fetch_fresh},
    memory::recall,
    note::{note_if_free, note_stock_if_free, store_if_free},
    reason::reason,
};
use crate::remote::{Lane, Read};

/// Examines one outlet without touching it, and stores how it stands.
pub async fn observe<R: Read>(
    context: &Context,
    slot: Option<Slot>,
    remote: &R,
    target: &Target,
    desired: &Desired,
) -> Outcome {
    let look = async {
        let now = context.clock.now();
        let recalled = recall(&context.state, &target.id, now).await?;
        let pending = progress(context, &recalled, now);
        if desired.paused {
            let state = OutletState::of(&Facts { valid: true, paused: true, pending, look: Look::Stored(None) });
            return Ok(Outcome::new(target, PassResult::Unchanged, state, None));
        }
        let _slot = match slot {
            None => context.slot().await,
            slot => slot,
        };
        let (desired, examined) = examine(remote, recalled, target, desired, Moment::new(now, &context.peers)).await?;
        let pause = examined.recalled.pause;
        let facts = Facts { valid: true, paused: pause.is_some(), pending, look: Look::Examined(&examined) };
        let state = OutletState::of(&facts);
        let switches = note_if_free(context, target, &examined).await?;
        let why = reason(target, &desired, &examined, state);
        let opens_at = pause.and_then(|pause| pause.until);
        let outcome = Outcome::new(target, PassResult::Unchanged, state, why).with_plan(examined.plan);
        Ok(Outcome { opens_at, switches, ..outcome })
    };
    let outcome: Outcome = match look.await {
        Ok(outcome) => outcome,
        Err(error @ PassError::PinConflict { .. }) => {
            Outcome { result: PassResult::Unchanged, ..broken_off(context, target, &error).await }
        }
        Err(error) => broken_off(context, target, &error).await,
    };
    store_if_free(context, target, outcome).await
}

/// An outlet whose files are invalid is not pushed, but what is done to its live menu meanwhile is still seen: live is
/// compared with the last verified push alone.
///
/// `slot`: see [`super::pass`].
pub async fn observe_invalid<R: Read>(
    context: &Context,
    slot: Option<Slot>,
    remote: &R,
    target: &Target,
    why: String,
) -> Outcome {
    let state = OutletState::of(&Facts::invalid());
    let plain = Outcome::new(target, PassResult::Unchanged, state, Some(why));
    let drift = async {
        let now = context.clock.now();
        let recalled = recall(&context.state, &target.id, now).await?;
        let Some(base) = &recalled.base else { return Ok(None) };
        let desired = Desired::of_last_push(base);
        // Files with errors may not say any more who reaches it: who pushed last does.
        let pusher = remote.of_account(base.account.as_deref());
        let remote = pusher.as_ref().unwrap_or(remote);
        let _slot = match slot {
            None => context.slot().await,
            slot => slot,
        };
        let fetched =
            fetch_fresh(remote, Lane::Pass, Marks::of(&recalled), &target.id, now, None, Some(&context.stop)).await?;
        let examined = compare(fetched.live, recalled, target, &desired, Moment::new(now, &context.peers));
        let switches = note_stock_if_free(context, target, &examined).await?;
        Ok::<_, PassError>(Some((examined.plan, switches)))
    };
    let outcome = match drift.await {
        Ok(Some((plan, switches))) => Outcome { switches, ..plain.with_plan(plan) },
        Ok(None) => plain,
        Err(error) => {
            tracing::warn!(outlet = %target.id, error = %chain(&error), "cannot look for drift of an outlet whose files are invalid");
            plain
        }
    };
    store_if_free(context, target, outcome).await
}
