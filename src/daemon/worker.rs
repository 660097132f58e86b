//! Who passes over an outlet: one that pushes, or one that cannot.

use std::{future::Future, sync::Arc};

use tokio::sync::watch;

use crate::{
    diagnostic::Diagnostic,
    fleet::{self, Hung, ImageUses, Loaded, Member},
    images::Remembered,
    remote::{Read, Write},
    report::errors_brief,
    state::SharedState,
    sync::{
        Context, Desired, Outcome, PassOptions, Slot, finish_pending_push, note_rollout, observe, observe_invalid,
        pass, pass_unchanged, recall,
    },
};

/// Passes over one outlet.
pub trait Worker: Send + Sync + 'static {
    /// One pass, from the files as they were loaded. `withdrawn` becomes true when they are out of date: nothing is sent
    /// from then on.
    fn visit(
        &self,
        context: &Context,
        slot: Slot,
        loaded: &Arc<Loaded>,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> impl Future<Output = Outcome> + Send;

    /// Whether it sends anything at all.
    fn pushes(&self) -> bool;

    /// Calls hosts again whose `Retry-After` has not passed yet, because a person asks for it.
    fn clear_rate_limits(&self) {}

    /// So many daemons share the pace from now on.
    fn share_pace(&self, _daemons: usize) {}
}

/// Pushes.
pub struct Pusher<R>(pub R);

/// Looks and reports.
pub struct Observer<R>(pub R);

impl<R: Read + Write + Clone + 'static> Worker for Pusher<R> {
    async fn visit(
        &self,
        context: &Context,
        slot: Slot,
        loaded: &Arc<Loaded>,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> Outcome {
        let outcome = Box::pin(self.push(context, slot, loaded, member, withdrawn.clone())).await;
        // What a look has found of older files says nothing of the newer ones, which a pass looks at next.
        if outcome.request_id.is_some() || !*withdrawn.borrow() {
            note_rollout(context, false, &outcome).await;
        }
        outcome
    }

    fn pushes(&self) -> bool {
        true
    }

    fn clear_rate_limits(&self) {
        self.0.clear_rate_limits();
    }

    fn share_pace(&self, daemons: usize) {
        self.0.share_pace(daemons);
    }
}

impl<R: Read + Write + Clone + 'static> Pusher<R> {
    async fn push(
        &self,
        context: &Context,
        slot: Slot,
        loaded: &Arc<Loaded>,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> Outcome {
        let target = member.target();
        let remote = &self.0.as_account(member.account.as_deref());
        let basis = loaded.basis(&target.id, context.clock.now());
        let options = PassOptions { withdrawn: Some(withdrawn.clone()), basis, ..PassOptions::default() };
        let mut slot = Some(slot);
        if let Some(basis) = basis {
            let again = async || desired(context, loaded, member).await.ok().flatten();
            let look = Box::pin(pass_unchanged(context, remote, &target, basis, again));
            match while_wanted(context, &withdrawn, look).await {
                None => return Outcome::withdrawn(&target),
                Some(Some(outcome)) => return outcome,
                Some(None) => {}
            }
        }
        let Some(composed) = while_wanted(context, &withdrawn, desired(context, loaded, member)).await else {
            return Outcome::withdrawn(&target);
        };
        let composed = match composed {
            Ok(composed) => composed,
            Err(hung) => return Outcome::failed(&target, hung.to_string()),
        };
        let Some(desired) = composed else {
            Box::pin(finish_pending_push(context, &mut slot, remote, &target)).await;
            let look = Box::pin(invalid(context, slot, remote, member));
            return unless(context, &withdrawn, member, look).await;
        };
        let recalled = recall(&context.state, &target.id, context.clock.now()).await;
        let base = recalled.ok().and_then(|recalled| recalled.base).unwrap_or_default();
        let new_images = loaded.new_images(&desired, &base);
        let mut bad = None;
        if !new_images.is_empty() {
            // A photo server that hangs must not keep other outlets waiting.
            slot = None;
            let look = Box::pin(bad_image(context, loaded, member, &new_images));
            let Some(found) = while_wanted(context, &withdrawn, look).await else {
                return Outcome::withdrawn(&target);
            };
            bad = found;
        }
        match bad {
            // Boxed, as are the other long walks here: those that wait for their turn would hold room for all of it.
            None => Box::pin(pass(context, slot, remote, &target, &desired, &options)).await,
            Some(why) => {
                Box::pin(finish_pending_push(context, &mut slot, remote, &target)).await;
                let observed = Box::pin(observe_invalid(context, slot, remote, &target, why));
                unless(context, &withdrawn, member, observed).await
            }
        }
    }
}

impl<R: Read + Clone + 'static> Worker for Observer<R> {
    async fn visit(
        &self,
        context: &Context,
        slot: Slot,
        loaded: &Arc<Loaded>,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> Outcome {
        let remote = &self.0.as_account(member.account.as_deref());
        let look = async {
            match desired(context, loaded, member).await {
                Err(hung) => Outcome::failed(&member.target(), hung.to_string()),
                Ok(Some(desired)) => Box::pin(observe(context, Some(slot), remote, &member.target(), &desired)).await,
                Ok(None) => Box::pin(invalid(context, Some(slot), remote, member)).await,
            }
        };
        unless(context, &withdrawn, member, look).await
    }

    fn pushes(&self) -> bool {
        false
    }

    fn clear_rate_limits(&self) {
        self.0.clear_rate_limits();
    }

    fn share_pace(&self, daemons: usize) {
        self.0.share_pace(daemons);
    }
}

/// What the files want of an outlet now; `None` if they are invalid.
async fn desired(context: &Context, loaded: &Arc<Loaded>, member: &Member) -> Result<Option<Desired>, Hung> {
    Ok(fleet::desired(loaded, &member.id, context.clock.now()).await?.ok())
}

/// Why a push would be refused for an image that it brings; `None` if nothing is known against it. What cannot be looked at
/// holds nothing back.
async fn bad_image(context: &Context, loaded: &Loaded, member: &Member, uses: &ImageUses) -> Option<String> {
    let remembered = Remembered { state: Some(SharedState::clone(&context.state)), now: context.clock.now() };
    let found = loaded.look_at(uses.keys().cloned().collect(), &remembered).await;
    let diagnostics = loaded.image_diagnostics(uses, &found);
    let warnings = diagnostics.iter().filter(|diagnostic| !diagnostic.is_error());
    for Diagnostic { place, message, .. } in warnings {
        tracing::debug!(outlet = %member.id, place = place.as_ref().map(ToString::to_string), "{message}");
    }
    errors_brief(&diagnostics)
}

/// Looks, but only while the pass is wanted.
async fn unless(
    context: &Context,
    withdrawn: &watch::Receiver<bool>,
    member: &Member,
    look: impl Future<Output = Outcome>,
) -> Outcome {
    let outcome = while_wanted(context, withdrawn, look).await;
    outcome.unwrap_or_else(|| Outcome::withdrawn(&member.target()))
}

/// Waits for a step that sends nothing, but only while the pass is wanted.
async fn while_wanted<T>(
    context: &Context,
    withdrawn: &watch::Receiver<bool>,
    step: impl Future<Output = T>,
) -> Option<T> {
    let (mut stop, mut withdrawn) = (context.stop.clone(), withdrawn.clone());
    tokio::select! {
        biased;
        Ok(_) = stop.wait_for(|set| *set) => None,
        Ok(_) = withdrawn.wait_for(|set| *set) => None,
        done = step => Some(done),
    }
}

async fn invalid<R: Read>(context: &Context, slot: Option<Slot>, remote: &R, member: &Member) -> Outcome {
    let why = errors_brief(member.diagnostics.iter().map(AsRef::as_ref))
        .unwrap_or_else(|| "its files are invalid".to_owned());
    observe_invalid(context, slot, remote, &member.target(), why).await
}
