//! `webhook`: makes the platform's subscriptions fit `webhook.public_url`. Those with another address, or of an event that
//! menusync does not know, are somebody else's and left alone.

use std::collections::BTreeMap;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{Session, block_on, moment},
};
use crate::{
    diagnostic::{Diagnostic, Place},
    remote::{Client, RemoteError, Subscriber, Subscription},
    report::{self, SubscriptionLine, SubscriptionResult},
    settings,
};

/// The events that the daemon acts upon.
const EVENTS: [&str; 2] = ["gofood.catalog.menu_mapping_updated", "gofood.order.webhook_error"];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Scope of the tokens to ask for [default: of each event's API, such as gofood:catalog:read]
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
    let survey = session.survey(moment(None))?;
    let mut lines = Vec::new();
    for (account, client) in session.clients(&survey)? {
        let subscriptions = Subscriptions { client: &client, scope: args.scope.as_deref(), url: &url };
        let theirs = block_on(subscriptions.run(args.action))?;
        let account = account.as_deref().map(str::to_owned);
        lines.extend(theirs.into_iter().map(|line| SubscriptionLine { account: account.clone(), ..line }));
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => report::subscriptions_json(&url, &lines),
        _ => report::subscriptions_text(&url, &lines),
    })?;
    let failed = lines.iter().any(|line| line.result == SubscriptionResult::Failed);
    Ok(if failed { Exit::Failed } else { Exit::Done })
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
    SubscriptionLine { account: None, id: Some(id), event, url, active, result, error: None }
}

fn missing(event: &str, url: &str) -> SubscriptionLine {
    let (event, url) = (event.to_owned(), url.to_owned());
    SubscriptionLine {
        account: None,
        id: None,
        event,
        url,
        active: false,
        result: SubscriptionResult::Missing,
        error: None,
    }
}

/// The platform's subscriptions, seen from one address of ours.
struct Subscriptions<'a> {
    client: &'a Client,
    /// A scope to ask for instead of the events' own.
    scope: Option<&'a str>,
    url: &'a str,
}

impl Subscriptions<'_> {
    /// A line for each event of ours, then those of others. Each event is tried by itself: one may need a scope that the
    /// credential lacks.
    async fn run(&self, action: Action) -> Vec<SubscriptionLine> {
        let (mut lines, mut foreign) = (Vec::new(), BTreeMap::new());
        for event in EVENTS {
            let subscriber = self.client.subscriber(event, self.scope);
            let result = match subscriber.list().await {
                Err(error) => Err(error),
                Ok(all) => {
                    let result = self.act(action, &subscriber, event, ours(&all, event, self.url)).await;
                    foreign.extend(
                        all.into_iter()
                            .filter(|known| self.is_foreign(known))
                            .map(|f| ((f.event.clone(), f.url.clone(), f.id.clone()), f)),
                    );
                    result
                }
            };
            lines.push(result.unwrap_or_else(|error| SubscriptionLine {
                result: SubscriptionResult::Failed,
                error: Some(error.to_string()),
                ..missing(event, self.url)
            }));
        }
        lines.extend(foreign.values().map(|known| line(known, SubscriptionResult::Foreign)));
        lines
    }

    fn is_foreign(&self, known: &Subscription) -> bool {
        !(EVENTS.contains(&&*known.event) && is_same(&known.url, self.url))
    }

    async fn act(
        &self,
        action: Action,
        subscriber: &Subscriber,
        event: &str,
        known: Option<&Subscription>,
    ) -> Result<SubscriptionLine, RemoteError> {
        match (action, known) {
            (Action::List, Some(known)) => Ok(line(known, SubscriptionResult::Unchanged)),
            (Action::List | Action::Unsubscribe, None) => Ok(missing(event, self.url)),
            (Action::Subscribe, Some(known)) if known.active => Ok(line(known, SubscriptionResult::Unchanged)),
            (Action::Subscribe, known) => self.subscribe(subscriber, event, known).await,
            (Action::Unsubscribe, Some(known)) => {
                subscriber.remove(known).await?;
                Ok(SubscriptionLine { id: None, active: false, ..line(known, SubscriptionResult::Removed) })
            }
        }
    }

    async fn subscribe(
        &self,
        subscriber: &Subscriber,
        event: &str,
        known: Option<&Subscription>,
    ) -> Result<SubscriptionLine, RemoteError> {
        let result = match known {
            Some(known) => {
                subscriber.activate(known).await?;
                SubscriptionResult::Activated
            }
            None => self.create(subscriber, event).await?,
        };
        // What GoBiz does not show after all is said to be missing.
        let after = subscriber.list().await?;
        Ok(ours(&after, event, self.url).map_or_else(|| missing(event, self.url), |known| line(known, result)))
    }

    /// Somebody may have been quicker, which is as well.
    async fn create(&self, subscriber: &Subscriber, event: &str) -> Result<SubscriptionResult, RemoteError> {
        match subscriber.create(event, self.url).await {
            Ok(()) => Ok(SubscriptionResult::Created),
            Err(error) if !error.says_taken() => Err(error),
            Err(error) => match ours(&subscriber.list().await?, event, self.url) {
                Some(_) => Ok(SubscriptionResult::Unchanged),
                None => {
                    Err(error.and("; GoBiz does not list it, so it may belong to one outlet or to another application"))
                }
            },
        }
    }
}
