//! Looking without touching: a pass whose remote cannot write.

use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::{Action, Base, Inputs, OutletPlan, plan},
    policy::Policy,
    remote::Read,
    state::{Pause, try_lock_outlet},
};

use super::{
    Context, Mandate, Outcome, OutletState, PassError, PassResult, Slot, Wanted,
    alarm::heed,
    fetch::fetch_fresh,
    memory::{memory_of, remember_days},
    pass::{base_for, base_of, chain, inputs, paused_words, planned, remember, resting_state},
    pins::{pinned, pins_of},
};

/// Fetches and compares one outlet, and remembers how it stands.
pub async fn observe<R: Read>(context: &Context, slot: Option<Slot>, remote: &R, wanted: &Wanted) -> Outcome {
    let plain = |state, error| Outcome::new(&wanted.outlet, &wanted.name, PassResult::Unchanged, state, error);
    // Who cannot write cannot see a push through either, and must not cover up that one is out.
    let push = context.store.with(|store| store.unfinished_push(wanted.outlet.as_str()));
    let open = push.is_ok_and(|push| push.is_some_and(|push| push.sent_at.is_some()));
    let outcome = if wanted.paused {
        plain(OutletState::Paused, None)
    } else {
        match look(context, slot, remote, wanted).await {
            Ok((plan, pause)) => {
                let state = match pause {
                    _ if open => OutletState::Unknown,
                    Some(_) => OutletState::Paused,
                    None => state_of(&plan),
                };
                let told = pause.map(|pause| paused_words(&wanted.outlet, pause, &wanted.policy.timezone));
                let opens_at = pause.and_then(|pause| pause.until);
                Outcome { opens_at, ..plain(state, told).with_plan(plan) }
            }
            Err(error @ PassError::Misfit { .. }) => plain(OutletState::Held, Some(chain(&error))),
            Err(error) => Outcome { result: PassResult::Failed, ..plain(OutletState::Failed, Some(chain(&error))) }
                .after_breaking_off(&error),
        }
    };
    let outcome = heed(context, outcome);
    if !open {
        remember(context, &wanted.file, &outcome);
    }
    outcome
}

async fn look<R: Read>(
    context: &Context,
    slot: Option<Slot>,
    remote: &R,
    wanted: &Wanted,
) -> Result<(OutletPlan, Option<Pause>), PassError> {
    let now = context.clock.now();
    let wanted = &pinned(wanted, &pins_of(&context.store, &wanted.outlet)?, now)?;
    let pause = context.store.with(|store| store.pause(wanted.outlet.as_str(), now))?;
    let _slot = match slot {
        None => context.slot().await,
        slot => slot,
    };
    let memory = memory_of(&context.store, &wanted.outlet)?;
    let live = fetch_fresh(remote, &memory, &wanted.outlet, &context.clock, &context.stop).await?;
    let base = base_seen(context, &wanted.outlet, &live)?;
    let past = memory.at(now);
    let mandate = Mandate::default();
    let plan = planned(wanted, &inputs(wanted, base.as_ref(), &live, &mandate, &context.peers, &past));
    // Who pushes the outlet at the moment notes what there is to note.
    if let Ok(_lock) = try_lock_outlet(&context.state_dir, wanted.outlet.as_str()) {
        remember_days(context, &wanted.outlet, |memory| memory.note(&plan, now))?;
    }
    Ok((plan, pause))
}

/// The base, which learns by a look too what the kitchen has put back on sale. Who pushes the outlet at the moment sees to
/// that himself.
fn base_seen(context: &Context, outlet: &OutletId, live: &LiveCatalog) -> Result<Option<Base>, PassError> {
    match try_lock_outlet(&context.state_dir, outlet.as_str()) {
        Ok(_lock) => base_for(context, outlet, live),
        Err(_) => base_of(&context.store, outlet),
    }
}

/// How an outlet stands that is only looked at.
fn state_of(plan: &OutletPlan) -> OutletState {
    match plan.action {
        _ if plan.is_held() => OutletState::Held,
        Action::None => resting_state(plan),
        _ => OutletState::Pending,
    }
}

/// An outlet whose files are invalid is not pushed, but what is done to its live menu meanwhile is still seen: live is
/// compared with the last verified push alone.
pub async fn observe_invalid<R: Read>(
    context: &Context,
    remote: &R,
    outlet: &OutletId,
    name: &str,
    file: &str,
    why: String,
) -> Outcome {
    let plain = Outcome::new(outlet, name, PassResult::Unchanged, OutletState::Invalid, Some(why));
    let drift = async {
        if base_of(&context.store, outlet)?.is_none() {
            return Ok(None);
        }
        let _slot = context.slot().await;
        let live = remote.fetch(outlet).await?;
        let Some(base) = base_seen(context, outlet, &live)? else { return Ok(None) };
        let past = memory_of(&context.store, outlet)?.at(context.clock.now());
        let inputs = Inputs {
            outlet,
            desired: &base.catalog,
            base: Some(&base),
            live: &live,
            policy: &Policy::default(),
            revert: false,
            released: &Default::default(),
            peers: &context.peers,
            ended: &Default::default(),
            past: &past,
            place: &|_| None,
        };
        Ok::<_, PassError>(Some(plan(&inputs)))
    };
    let outcome = match drift.await {
        Ok(Some(plan)) => plain.with_plan(plan),
        Ok(None) => plain,
        Err(error) => {
            tracing::warn!(%outlet, error = %chain(&error), "cannot look for drift of an outlet whose files are invalid");
            plain
        }
    };
    remember(context, file, &outcome);
    outcome
}
