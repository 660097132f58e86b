//! Who passes over an outlet: one that pushes, or one that cannot.

use std::future::Future;

use tokio::sync::watch;

use crate::{
    diagnostic::Diagnostic,
    fleet::{Loaded, Member},
    images::Remembered,
    remote::{Read, Write},
    report::errors_brief,
    sync::{Context, Mandate, Outcome, Wanted, base_of, observe, observe_invalid, pass, see_through},
};

/// Passes over one outlet.
pub trait Worker: Send + Sync + 'static {
    /// One pass, from the files as they were loaded. `withdrawn` becomes true when they are out of date: nothing is sent
    /// from then on.
    fn visit(
        &self,
        context: &Context,
        loaded: &Loaded,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> impl Future<Output = Outcome> + Send;
}

/// Pushes.
pub struct Pusher<R>(pub R);

/// Looks and reports.
pub struct Observer<R>(pub R);

impl<R: Read + Write + 'static> Worker for Pusher<R> {
    async fn visit(
        &self,
        context: &Context,
        loaded: &Loaded,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> Outcome {
        let mandate = Mandate { withdrawn: Some(withdrawn.clone()), ..Mandate::default() };
        let Some(wanted) = loaded.wanted(&member.id, context.clock.now()) else {
            see_through(context, &self.0, &member.id, &member.name, &member.file).await;
            return unless(withdrawn, member, invalid(context, &self.0, member)).await;
        };
        let mut stale = withdrawn.clone();
        let bad_image = tokio::select! {
            biased;
            Ok(_) = stale.wait_for(|set| *set) => return Outcome::withdrawn(&member.id, &member.name),
            bad_image = bad_image(context, loaded, &wanted) => bad_image,
        };
        match bad_image {
            None => pass(context, &self.0, &wanted, &mandate).await,
            Some(why) => {
                see_through(context, &self.0, &member.id, &member.name, &member.file).await;
                let observed = observe_invalid(context, &self.0, &member.id, &member.name, &member.file, why);
                unless(withdrawn, member, observed).await
            }
        }
    }
}

impl<R: Read + 'static> Worker for Observer<R> {
    async fn visit(
        &self,
        context: &Context,
        loaded: &Loaded,
        member: &Member,
        withdrawn: watch::Receiver<bool>,
    ) -> Outcome {
        match loaded.wanted(&member.id, context.clock.now()) {
            Some(wanted) => unless(withdrawn, member, observe(context, &self.0, &wanted)).await,
            None => unless(withdrawn, member, invalid(context, &self.0, member)).await,
        }
    }
}

/// Why a push would be refused for an image that it brings; `None` if nothing is known against it. What cannot be looked at
/// holds nothing back.
async fn bad_image(context: &Context, loaded: &Loaded, wanted: &Wanted) -> Option<String> {
    let base = base_of(&context.store, &wanted.outlet).ok().flatten().unwrap_or_default();
    let uses = loaded.new_images(wanted, &base);
    let remembered = Remembered { store: Some(context.store.clone()), now: context.clock.now() };
    let found = loaded.look_at(uses.keys().cloned().collect(), &remembered).await;
    let diagnostics = loaded.image_diagnostics(&uses, &found);
    let warnings = diagnostics.iter().filter(|diagnostic| !diagnostic.is_error());
    for Diagnostic { place, message, .. } in warnings {
        tracing::debug!(outlet = %wanted.outlet, place = place.as_ref().map(ToString::to_string), "{message}");
    }
    errors_brief(&diagnostics)
}

/// Looks, but only while that is wanted.
async fn unless(mut withdrawn: watch::Receiver<bool>, member: &Member, look: impl Future<Output = Outcome>) -> Outcome {
    tokio::select! {
        biased;
        Ok(_) = withdrawn.wait_for(|set| *set) => Outcome::withdrawn(&member.id, &member.name),
        outcome = look => outcome,
    }
}

async fn invalid<R: Read>(context: &Context, remote: &R, member: &Member) -> Outcome {
    let why = errors_brief(member.diagnostics.iter().map(AsRef::as_ref))
        .unwrap_or_else(|| "its files are invalid".to_owned());
    observe_invalid(context, remote, &member.id, &member.name, &member.file, why).await
}
