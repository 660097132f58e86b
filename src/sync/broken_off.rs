//! The outcomes of passes that came to nothing: another process is at it, or something failed on the way.

use jiff::Timestamp;

use super::{
    Context, Facts, Look, Outcome, OutletState, PassError, PassResult, PushProgress, Recalled, Target, chain,
    memory::recall,
};

/// The outcome where another process has the outlet: how far its push is, by what it has recorded.
pub(super) async fn at_another(context: &Context, target: &Target) -> Outcome {
    let now = context.clock.now();
    let recalled = recall(&context.state, &target.id, now).await.ok();
    let pending = recalled.and_then(|recalled| progress(context, &recalled, now)).unwrap_or(PushProgress::Pushing);
    let why = "another menusync process is pushing this outlet; try again when it has finished";
    Outcome::new(target, PassResult::Held, OutletState::of(&Facts::of_push(pending)), Some(why.to_owned()))
}

/// The outcome of a pass that broke off. A push on its way and a pause are said all the same, as far as they are known.
pub(super) async fn broken_off(context: &Context, target: &Target, error: &PassError) -> Outcome {
    let (result, look) = match error {
        PassError::PinConflict { .. } => (PassResult::Held, Look::PinConflict),
        _ => (PassResult::Failed, Look::Failed),
    };
    let now = context.clock.now();
    let (recalled, unread) = match error {
        PassError::State(_) | PassError::Memory { .. } => (None, None),
        _ => {
            recall(&context.state, &target.id, now).await.map_or_else(|why| (None, Some(why)), |all| (Some(all), None))
        }
    };
    let pending = recalled.as_ref().and_then(|recalled| progress(context, recalled, now));
    let paused = recalled.is_some_and(|recalled| recalled.pause.is_some());
    let state = OutletState::of(&Facts { valid: true, paused, pending, look });
    let why = [Some(error), unread.as_ref()].into_iter().flatten().map(|error| chain(error)).collect::<Vec<_>>();
    Outcome::new(target, result, state, Some(why.join("; "))).after_breaking_off(error, now)
}

/// How far a pending push is.
pub(super) fn progress(context: &Context, recalled: &Recalled, now: Timestamp) -> Option<PushProgress> {
    recalled.pending.as_ref().and_then(|pending| pending.progress(context.verify_timeout, now))
}
