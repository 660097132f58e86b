//! Who passes over an outlet: one that pushes, or one that cannot.

use std::future::Future;

use tokio::sync::watch;

use super::images::bad_image;
use crate::{
    fleet::{Loaded, Member},
    remote::{Read, Write},
    sync::{Context, Mandate, Outcome, observe, observe_invalid, pass, see_through},
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

/// Looks, but only while that is wanted.
async fn unless(mut withdrawn: watch::Receiver<bool>, member: &Member, look: impl Future<Output = Outcome>) -> Outcome {
    tokio::select! {
        biased;
        Ok(_) = withdrawn.wait_for(|set| *set) => Outcome::withdrawn(&member.id, &member.name),
        outcome = look => outcome,
    }
}

async fn invalid<R: Read>(context: &Context, remote: &R, member: &Member) -> Outcome {
    let mut errors = member.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let first = errors.next().map(|error| match &error.place {
        Some(place) => format!("{place}: {}", error.message),
        None => error.message.clone(),
    });
    let more = errors.count();
    let more = match more {
        0 => String::new(),
        1 => " (and 1 more error)".to_owned(),
        more => format!(" (and {more} more errors)"),
    };
    let why = format!("{}{more}", first.unwrap_or_else(|| "its files are invalid".to_owned()));
    observe_invalid(context, remote, &member.id, &member.name, &member.file, why).await
}
