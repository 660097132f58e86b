//! A call to make: what is sent where, with which key.

use std::time::Duration;

use reqwest::{Method, Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Destination, Fence, gate::Lane};
use crate::catalog::OutletId;

/// What goes into the `Authorization` header, and the words in it that must never be shown.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) header: HeaderValue,
    secrets: Vec<SecretString>,
    missing_scopes: Vec<String>,
}

impl Key {
    /// `None` if the text has characters that no header can carry.
    pub(super) fn new(scheme: &str, credential: &str, secret: &str) -> Option<Self> {
        let mut header = HeaderValue::from_str(&format!("{scheme} {credential}")).ok()?;
        header.set_sensitive(true);
        Some(Self { header, secrets: vec![credential.into(), secret.into()], missing_scopes: Vec::new() })
    }

    /// The same, granted without these of the scopes that were asked for.
    pub(super) fn without(self, missing_scopes: Vec<String>) -> Self {
        Self { missing_scopes, ..self }
    }

    /// What was asked for and not granted.
    pub(super) fn missing_scopes(&self) -> &[String] {
        &self.missing_scopes
    }

    /// What must not be repeated to people.
    pub(super) fn secrets(&self) -> Vec<&str> {
        self.secrets.iter().map(ExposeSecret::expose_secret).collect()
    }
}

/// What is sent.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    None,
    Json(&'a [u8]),
    Form(&'a [(&'a str, &'a str)]),
}

/// One call to make.
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) url: Url,
    /// As which of `gobiz.accounts`.
    pub(super) account: Option<&'a str>,
    /// The setting that decides about the host, for hints.
    pub(super) setting: &'static str,
    pub(super) key: &'a Key,
    /// The scopes that the key was asked for with, separated by spaces; of a token call, those that it asks for.
    pub(super) scopes: &'a str,
    /// `Accept`
    pub(super) accept: &'a str,
    /// `X-Request-ID`: the platform repeats it, and its support finds the call by it (documentation).
    pub(super) request_id: Uuid,
    /// `X-Idempotency-Key`, where a call has to have one.
    pub(super) idempotency_key: Option<&'a str>,
    /// Asked right before it leaves, where it changes something at an outlet.
    pub(super) fence: Option<(&'a dyn Fence, &'a OutletId)>,
    pub(super) body: Body<'a>,
    /// Why it is made, where calls have to wait for each other.
    pub(super) lane: Lane,
    /// Longest time from the first byte sent to the last received.
    pub(super) timeout: Duration,
}

impl Call<'_> {
    pub(super) fn destination(&self) -> Destination {
        match *self.method {
            _ if self.url.path().contains("/notification-subscriptions") => Destination::Subscription,
            _ if self.url.path().ends_with("/linked-outlets") => Destination::Outlets,
            _ if self.url.path().contains("/food-promos") => Destination::Promotions,
            Method::POST => Destination::Token,
            Method::PATCH => Destination::Stock,
            _ => Destination::Catalog,
        }
    }
}
