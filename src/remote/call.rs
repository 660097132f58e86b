//! A call to make: what is sent where, with which key.

use std::time::Duration;

use reqwest::{Method, Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::{Destination, gate::Lane};

/// What goes into the `Authorization` header, and the words in it that must never be shown.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) header: HeaderValue,
    secrets: Vec<SecretString>,
}

impl Key {
    /// `None` if the text has characters that no header can carry.
    pub(super) fn new(scheme: &str, credential: &str, secret: &str) -> Option<Self> {
        let mut header = HeaderValue::from_str(&format!("{scheme} {credential}")).ok()?;
        header.set_sensitive(true);
        Some(Self { header, secrets: vec![credential.into(), secret.into()] })
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
    /// The setting that decides about the host, for hints.
    pub(super) setting: &'static str,
    pub(super) key: &'a Key,
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
            Method::POST => Destination::Token,
            Method::PATCH => Destination::Stock,
            _ => Destination::Catalog,
        }
    }
}
