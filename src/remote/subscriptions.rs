//! Notification subscriptions: which events the platform sends to which address, for all outlets of the partner.
//!
//! An event needs the scope of the API that it is about (documentation), so every call asks for the scope of its event.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Client, RemoteError,
    answer::Answer,
    call::{Body, Call},
    client::{Order, Session},
    json::Object,
    token,
};

/// A subscription as the platform tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// The platform's id.
    pub id: String,
    /// The event's name.
    #[serde(default)]
    pub event: String,
    /// Where it is sent.
    #[serde(default)]
    pub url: String,
    /// Whether it is sent at all; true where the platform does not say (documentation).
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

/// Can read and change the subscriptions to one event, and nothing else.
#[derive(Clone)]
pub struct Subscriber(Session);

impl Client {
    /// For subscriptions to `event`. `scope`: asks for this scope instead of the event's.
    pub fn subscriber(&self, event: &str, scope: Option<&str>) -> Subscriber {
        Subscriber(self.session(scope.unwrap_or_else(|| scope_of(event))))
    }
}

/// The scope of the API that an event is about (documentation).
fn scope_of(event: &str) -> &'static str {
    if event.starts_with("gofood.order.") { token::READ_ORDERS } else { token::READ }
}

impl Subscriber {
    /// The subscriptions that the platform shows for this scope, whoever made them and of whatever event.
    pub async fn list(&self) -> Result<Vec<Subscription>, RemoteError> {
        self.0.read(&self.order(Method::GET, None, Body::None), listed).await
    }

    /// Makes one; the platform refuses a second one for the same event and address ([`RemoteError::says_taken`]).
    pub async fn create(&self, event: &str, url: &str) -> Result<(), RemoteError> {
        self.write(Method::POST, None, &json!({"event": event, "url": url, "active": true})).await
    }

    /// Has one sent (again).
    pub async fn activate(&self, subscription: &Subscription) -> Result<(), RemoteError> {
        let Subscription { id, event, url, .. } = subscription;
        self.write(Method::PUT, Some(id), &json!({"event": event, "url": url, "active": true})).await
    }

    /// Removes one.
    pub async fn remove(&self, subscription: &Subscription) -> Result<(), RemoteError> {
        self.0.write_once(&self.order(Method::DELETE, Some(&subscription.id), Body::None)).await
    }

    async fn write(&self, method: Method, id: Option<&str>, body: &Value) -> Result<(), RemoteError> {
        let body = body.to_string();
        self.0.write_once(&self.order(method, id, Body::Json(body.as_bytes()))).await
    }

    /// `/integrations/partner/v1/notification-subscriptions[/{id}]` (documentation)
    fn order<'a>(&self, method: Method, id: Option<&str>, body: Body<'a>) -> Order<'a> {
        let mut path = vec!["integrations", "partner", "v1", "notification-subscriptions"];
        path.extend(id);
        self.0.order(method, &path, body)
    }
}

/// `data.subscriptions[]`; a list that is `null` or missing is an empty one (documentation).
fn listed(answer: &Answer, call: &Call<'_>) -> Result<Vec<Subscription>, RemoteError> {
    let mut data = answer.data(call)?;
    let list = match &mut data {
        Value::Null => Value::Null,
        Value::Object(data) => data.remove("subscriptions").unwrap_or_default(),
        _ => return Err(answer.unexpected(call, "no list of subscriptions can be read: `data` is no object")),
    };
    let list: Option<Vec<Object<Subscription>>> = serde_json::from_value(list)
        .map_err(|error| answer.unexpected(call, &format!("no list of subscriptions can be read: {error}")))?;
    Ok(list.unwrap_or_default().into_iter().map(|Object(subscription)| subscription).collect())
}
