//! `webhook`: makes the platform's subscriptions fit `webhook.public_url`. Those with another address, or of an event that
//! menusync does not know, are somebody else's and left alone.

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{Session, block_on},
};
use crate::{
    diagnostic::{Diagnostic, Place},
    remote::{RemoteError, Subscriber, Subscription},
    report::{self, SubscriptionLine, SubscriptionResult},
    settings,
};

/// The events that the daemon acts upon.
const EVENTS: [&str; 2] = ["gofood.catalog.menu_mapping_updated", "gofood.order.webhook_error"];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Scope of the token to ask for [default: gofood:catalog:read]
    #[arg(long, global = true, value_name = "SCOPE")]
    scope: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Action {
    /// Subscribe: GoBiz sends events to `webhook.public_url`
    Subscribe,
    /// Show all subscriptions
    List,
    /// Delete our subscriptions
    Unsubscribe,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let url = public_url(session)?;
    let subscriber = session.client()?.subscriber(args.scope.as_deref());
    let lines = block_on(async {
        match args.action {
            Action::Subscribe => subscribe(&subscriber, &url).await,
            Action::List => Ok(subscription_lines(&subscriber.list().await?, &url)),
            Action::Unsubscribe => unsubscribe(&subscriber, &url).await,
        }
    })??;
    session.outputs.emit(|format, _| match format {
        Format::Json => report::subscriptions_json(&url, &lines),
        _ => report::subscriptions_text(&url, &lines),
    })?;
    Ok(Exit::Done)
}

fn public_url(session: &Session) -> Result<String, CommandError> {
    let url = session.settings()?.webhook.as_ref().and_then(|webhook| webhook.public_url.clone());
    url.ok_or_else(|| {
        let place = Place::start_of(&settings::FILE.into());
        let mut missing = Diagnostic::error("missing-key", place, "these settings have no `webhook.public_url`");
        missing.help = Some(
            "add `webhook: {public_url: https://…/gobiz, …}`, the address under which GoBiz reaches the daemon"
                .to_owned(),
        );
        CommandError::Invalid(vec![missing])
    })
}

/// The one subscription of ours to an event. The platform allows no second one.
fn ours<'a>(all: &'a [Subscription], event: &str, url: &str) -> Option<&'a Subscription> {
    all.iter().find(|known| known.event == event && is_same(&known.url, url))
}

/// Whether two texts are one address.
fn is_same(a: &str, b: &str) -> bool {
    a == b || matches!((reqwest::Url::parse(a), reqwest::Url::parse(b)), (Ok(a), Ok(b)) if a == b)
}

fn line(subscription: &Subscription, result: SubscriptionResult) -> SubscriptionLine {
    let Subscription { id, event, url, active } = subscription.clone();
    SubscriptionLine { id: Some(id), event, url, active, result }
}

fn missing(event: &str, url: &str) -> SubscriptionLine {
    let (event, url) = (event.to_owned(), url.to_owned());
    SubscriptionLine { id: None, event, url, active: false, result: SubscriptionResult::Missing }
}

/// Everything as it is.
fn subscription_lines(all: &[Subscription], url: &str) -> Vec<SubscriptionLine> {
    let ours = EVENTS.iter().map(|event| match ours(all, event, url) {
        Some(known) => line(known, SubscriptionResult::Unchanged),
        None => missing(event, url),
    });
    ours.chain(foreign(all, url)).collect()
}

fn foreign<'a>(all: &'a [Subscription], url: &str) -> impl Iterator<Item = SubscriptionLine> + use<'a> {
    let url = url.to_owned();
    let is_ours = move |known: &Subscription| EVENTS.contains(&&*known.event) && is_same(&known.url, &url);
    all.iter().filter(move |known| !is_ours(known)).map(|known| line(known, SubscriptionResult::Foreign))
}

async fn subscribe(subscriber: &Subscriber, url: &str) -> Result<Vec<SubscriptionLine>, RemoteError> {
    let before = subscriber.list().await?;
    let mut results = Vec::new();
    for event in EVENTS {
        results.push(match ours(&before, event, url) {
            Some(known) if known.active => SubscriptionResult::Unchanged,
            Some(known) => {
                subscriber.activate(known).await?;
                SubscriptionResult::Activated
            }
            None => create(subscriber, event, url).await?,
        });
    }
    let after = subscriber.list().await?;
    let mut lines = subscription_lines(&after, url);
    for (line, result) in lines.iter_mut().zip(results) {
        // What GoBiz does not show after all is said to be missing.
        if line.id.is_some() {
            line.result = result;
        }
    }
    Ok(lines)
}

/// Somebody may have been quicker, which is as well.
async fn create(subscriber: &Subscriber, event: &str, url: &str) -> Result<SubscriptionResult, RemoteError> {
    match subscriber.create(event, url).await {
        Ok(()) => Ok(SubscriptionResult::Created),
        Err(error) if !error.says_taken() => Err(error),
        Err(error) => match ours(&subscriber.list().await?, event, url) {
            Some(_) => Ok(SubscriptionResult::Unchanged),
            None => {
                Err(error.and("; GoBiz does not list it, so it may belong to one outlet or to another application"))
            }
        },
    }
}

async fn unsubscribe(subscriber: &Subscriber, url: &str) -> Result<Vec<SubscriptionLine>, RemoteError> {
    let all = subscriber.list().await?;
    let mut lines = Vec::new();
    for event in EVENTS {
        lines.push(match ours(&all, event, url) {
            Some(known) => {
                subscriber.remove(known).await?;
                SubscriptionLine { id: None, active: false, ..line(known, SubscriptionResult::Removed) }
            }
            None => missing(event, url),
        });
    }
    lines.extend(foreign(&all, url));
    Ok(lines)
}
