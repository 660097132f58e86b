//! Where GoBiz is and as whom we come, checked once before the first call.
//!
//! Reading these from settings, files and environment is left to `settings`.

use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::{Url, header::HeaderValue};
use secrecy::SecretString;

use super::error::shown;
use crate::settings::{Proxy, StockKey};

/// Everything a [`Client`](super::Client) needs to know.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Base of the API; may end in `/` and may have a path.
    pub api_url: String,
    /// The whole address of the token endpoint.
    pub oauth_url: String,
    /// How many calls may be made each second, tokens and repetitions included; greater than 0.
    pub requests_per_second: f64,
    /// How long one write may take, image download by the platform included (90 s or more is advised). A read and a
    /// token may take this long or 30 s, whichever is less.
    pub timeout: Duration,
    /// Names in stock changes.
    pub stock_key: StockKey,
    /// `Accept` of all calls but those for tokens: a media type.
    pub accept: String,
    /// Through which proxy calls go; `None`: through none.
    pub proxy: Option<Proxy>,
}

/// As whom we come.
#[derive(Debug, Clone)]
pub struct Login {
    /// App or client id.
    pub client_id: String,
    /// Its secret; never shown.
    pub client_secret: SecretString,
    /// How many calls may be made as this one each second, within the pace of the endpoint; greater than 0.
    pub requests_per_second: Option<f64>,
}

/// Tells as whom we come for an account (`None`: the one without a name), or why that is not known. Asked when the account is
/// first needed, and again as long as there is no answer. It may read files.
pub type LoginOf = Arc<dyn Fn(Option<&str>) -> Result<Login, String> + Send + Sync>;

/// An endpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not an address at all.
    #[error("{name} is not an address: {why}; write one like https://api.gobiz.co.id/")]
    NotAnAddress {
        /// The setting.
        name: &'static str,
        /// The parser's words.
        why: String,
    },
    /// Anything but https, or http to another machine.
    #[error("{name} {url}: only https:// is accepted, and http:// for this machine (localhost, 127.0.0.1, [::1])")]
    NotEncrypted {
        /// The setting.
        name: &'static str,
        /// The address.
        url: String,
    },
    /// Has parts that have no place here.
    #[error(
        "{name} {url}: an address with a user, a query or a fragment is not accepted; credentials have settings of their own"
    )]
    TooMuch {
        /// The setting.
        name: &'static str,
        /// The address without those parts.
        url: String,
    },
    /// A rate that lets nothing through or is no number.
    #[error("gobiz.requests_per_second is {0}; it must be greater than 0")]
    Rate(f64),
    /// Nothing that a header can carry.
    #[error("gobiz.accept is no media type; write one such as application/json")]
    Accept,
    /// A time in which nothing can be done.
    #[error("gobiz.timeout is 0; give a write at least 90s, the platform fetches images meanwhile")]
    Timeout,
    /// A proxy that cannot be used.
    #[error("{0}")]
    Proxy(String),
    /// The HTTP client could not be made.
    #[error(
        "cannot set up encrypted connections: {0}; are the CA certificates of the system installed (package ca-certificates)?"
    )]
    Tls(String),
}

/// The two addresses, checked.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) api: Url,
    pub(super) oauth: Url,
}

impl Endpoint {
    /// Checks everything that can be checked without a call.
    pub(super) fn check(&self) -> Result<Addresses, EndpointError> {
        if !(self.requests_per_second.is_finite() && self.requests_per_second > 0.0) {
            return Err(EndpointError::Rate(self.requests_per_second));
        }
        if self.timeout.is_zero() {
            return Err(EndpointError::Timeout);
        }
        if self.accept.is_empty() || HeaderValue::from_str(&self.accept).is_err() {
            return Err(EndpointError::Accept);
        }
        let api = address("gobiz.api_url", &self.api_url)?;
        let oauth = address("gobiz.oauth_url", &self.oauth_url)?;
        Ok(Addresses { api, oauth })
    }
}

impl Addresses {
    /// Whether no call will ever be encrypted (both are this machine's, by [`address`]).
    pub(super) fn are_plain(&self) -> bool {
        self.api.scheme() == "http" && self.oauth.scheme() == "http"
    }

    /// `base` + `segments`, each percent-encoded.
    pub(super) fn api_path(&self, segments: &[&str]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// Parses and checks one address. The settings check it too; this is the last place before secrets are sent.
fn address(name: &'static str, text: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(text.trim()).map_err(|error| EndpointError::NotAnAddress { name, why: error.to_string() })?;
    let encrypted = url.scheme() == "https" && url.has_host();
    let stays_here = url.scheme() == "http" && is_this_machine(&url);
    if !encrypted && !stays_here {
        return Err(EndpointError::NotEncrypted { name, url: shown(&url) });
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::TooMuch { name, url: shown(&url) });
    }
    Ok(url)
}

/// Whether the host is the loopback by name or number.
pub(super) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || number.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn endpoint(api_url: &str) -> Endpoint {
        Endpoint {
            api_url: api_url.to_owned(),
            oauth_url: "https://accounts.go-jek.com/oauth2/token".to_owned(),
            requests_per_second: 5.0,
            timeout: Duration::from_secs(90),
            stock_key: StockKey::ExternalId,
            accept: "application/json".to_owned(),
            proxy: None,
        }
    }

    fn joined(api_url: &str, segments: &[&str]) -> String {
        endpoint(api_url).check().unwrap().api_path(segments).to_string()
    }

    #[test]
    fn paths_are_joined_whatever_the_base_ends_in() {
        for base in ["https://h.id", "https://h.id/"] {
            assert_eq!(joined(base, &["a", "G1", "b"]), "https://h.id/a/G1/b");
        }
        for base in ["https://h.id/x/y", "https://h.id/x/y/"] {
            assert_eq!(joined(base, &["a", "b/ c?#é"]), "https://h.id/x/y/a/b%2F%20c%3F%23%C3%A9");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fine in ["http://localhost:1", "http://127.0.0.1:80/", "http://127.9.9.9", "http://[::1]:5", "https://x.id"]
        {
            assert!(endpoint(fine).check().is_ok(), "{fine}");
        }
        for bad in [
            "http://api.gobiz.co.id",
            "http://127.0.0.1.evil.id",
            "http://localhost.evil.id",
            "ftp://localhost",
            "file:///x",
            "http://[::2]",
        ] {
            assert!(matches!(endpoint(bad).check(), Err(EndpointError::NotEncrypted { .. })), "{bad}");
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_without_showing_it() {
        let error = endpoint("https://me:hunter2@h.id/?key=hunter2").check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "gobiz.api_url https://h.id/: an address with a user, a query or a fragment is not accepted; credentials have settings of their own"
        );
    }

    #[test]
    fn a_rate_or_time_of_nothing_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(
                Endpoint { requests_per_second: rate, ..endpoint("https://h.id") }.check(),
                Err(EndpointError::Rate(_))
            ));
        }
        assert!(Endpoint { accept: "a\nb".to_owned(), ..endpoint("https://h.id") }.check().is_err());
        assert!(Endpoint { timeout: Duration::ZERO, ..endpoint("https://h.id") }.check().is_err());
        assert!(matches!(endpoint("api.gobiz.co.id").check(), Err(EndpointError::NotAnAddress { .. })));
    }

    #[test]
    fn a_login_does_not_show_its_secret() {
        let login = Login { client_id: "id".to_owned(), client_secret: "s3cr3t".into(), requests_per_second: None };
        assert!(!format!("{login:?}").contains("s3cr3t"));
    }
}
