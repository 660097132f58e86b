//! Who passes over an outlet: one that pushes, or one that cannot.

use std::future::Future;

use super::images::bad_image;
use crate::{
    fleet::{Loaded, Member},
    remote::{Read, Write},
    sync::{Context, Mandate, Outcome, observe, observe_invalid, pass},
};

/// Passes over one outlet.
pub trait Worker: Send + Sync + 'static {
    /// One pass, from the files as they were loaded.
    fn visit(&self, context: &Context, loaded: &Loaded, member: &Member) -> impl Future<Output = Outcome> + Send;
}

/// Pushes.
pub struct Pusher<R>(pub R);

/// Looks and reports.
pub struct Observer<R>(pub R);

impl<R: Read + Write + 'static> Worker for Pusher<R> {
    async fn visit(&self, context: &Context, loaded: &Loaded, member: &Member) -> Outcome {
        let Some(wanted) = loaded.wanted(&member.id, context.clock.now()) else {
            return invalid(context, &self.0, member).await;
        };
        match bad_image(context, loaded, &wanted).await {
            None => pass(context, &self.0, &wanted, &Mandate::default()).await,
            Some(why) => observe_invalid(context, &self.0, &member.id, &member.name, &member.file, why).await,
        }
    }
}

impl<R: Read + 'static> Worker for Observer<R> {
    async fn visit(&self, context: &Context, loaded: &Loaded, member: &Member) -> Outcome {
        match loaded.wanted(&member.id, context.clock.now()) {
            Some(wanted) => observe(context, &self.0, &wanted).await,
            None => invalid(context, &self.0, member).await,
        }
    }
}

async fn invalid<R: Read>(context: &Context, remote: &R, member: &Member) -> Outcome {
    let mut errors = member.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let first = errors.next().map(|error| match &error.place {
        Some(place) => format!("{place}: {}", error.message),
        None => error.message.clone(),
    });
    let more = errors.count();
    let more = if more > 0 { format!(" (and {more} more errors)") } else { String::new() };
    let why = format!("{}{more}", first.unwrap_or_else(|| "its files are invalid".to_owned()));
    observe_invalid(context, remote, &member.id, &member.name, &member.file, why).await
}
