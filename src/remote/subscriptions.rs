//! Notification subscriptions: which events the platform sends to which address, for all outlets of the partner.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Client, RemoteError,
    answer::Answer,
    call::{Body, Call},
    client::{Order, Session},
    json::Object,
};

/// A subscription as the platform tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// The platform's id.
    pub id: String,
    /// The event's name.
    pub event: String,
    /// Where it is sent.
    pub url: String,
    /// Whether it is sent at all.
    pub active: bool,
}

/// Can read and change subscriptions, and nothing else.
#[derive(Clone)]
pub struct Subscriber(Session);

impl Client {
    /// For subscriptions. Which right they need is not documented where we can see it: `scope` asks for another one than
    /// the right to read catalogs.
    pub fn subscriber(&self, scope: Option<&str>) -> Subscriber {
        Subscriber(self.session(scope))
    }
}

impl Subscriber {
    /// All of them, whoever made them.
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

/// `data.subscriptions[]`
fn listed(answer: &Answer, call: &Call<'_>) -> Result<Vec<Subscription>, RemoteError> {
    let mut data = answer.data(call)?;
    let list = data.get_mut("subscriptions").map(Value::take).unwrap_or_default();
    let list = serde_json::from_value::<Vec<Object<Subscription>>>(list).map_err(|error| {
        answer.unexpected(call, &format!("no list of subscriptions can be read from the answer: {error}"))
    })?;
    Ok(list.into_iter().map(|Object(subscription)| subscription).collect())
}
