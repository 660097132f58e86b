//! `menusync.yaml`, the environment, and which of flags, environment and file wins.
//!
//! The only room that reads the environment and secret files. It talks to nobody: what the values are used for is
//! decided above.

mod address;
mod credentials;
mod decode;
mod environment;
mod fields;
mod notify;
mod proxy;
mod rollout;
mod secret_file;
mod webhook;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

pub use credentials::{Credentials, credentials, database_url, names_database};
pub use decode::{decode, decode_under};
pub use environment::{
    Environment, StateDir, check_owner, is_our_root, listen, named_root, operator, root, root_name, root_of, state_dir,
};
pub use notify::{NotificationKind, Sink, SinkKind, sink_secret, sink_url};
pub use proxy::{Proxy, ProxySetting, proxy, take_proxy_of};
pub use webhook::{EventSecret, Signature, Webhook, webhook_secrets};

use crate::{
    definition::policy::PolicyPatch,
    document::Spanned,
    platform::{paths::STATE_HOMES, rights},
    report::Lang,
    rollout::Rollout,
    schedule::Cron,
};

/// The name of the settings file, in the root.
pub const FILE: &str = "menusync.yaml";

/// What `menusync.yaml` says, with defaults filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `target`: whose menus are meant.
    pub target: Target,
    /// The keys that layers and outlets may override.
    pub policy: PolicyPatch,
    /// `schedule`: when the daemon passes over all outlets.
    pub schedule: Cron,
    /// `jitter`: scheduled passes begin at a random moment within this time.
    pub jitter: Duration,
    /// `images`
    pub images: Images,
    /// `gobiz`
    pub gobiz: Gobiz,
    /// `verify`
    pub verify: Verify,
    /// `rollout`: a change of many outlets goes out in waves; `None`: all at once.
    pub rollout: Option<Rollout>,
    /// The patterns in its waves, for a check that they mean somebody.
    pub wave_outlets: Vec<Spanned<String>>,
    /// `state_dir` as written; [`state_dir`] says which one counts.
    pub state_dir: Option<PathBuf>,
    /// Whether the operator's settings say `state_dir`.
    pub state_dir_is_operators: bool,
    /// `database_url_file`, an absolute path. See [`database_url`].
    pub database_url_file: Option<PathBuf>,
    /// `listen`; [`listen`] says which one counts.
    pub listen: Listen,
    /// `external_url`: where people reach the status page; ends in `/`.
    pub external_url: Option<String>,
    /// `lang`: what owners and kitchens read; `None`: English, and on the status page what the browser asks for.
    pub lang: Option<Lang>,
    /// `webhook`; `None`: no events are received.
    pub webhook: Option<Webhook>,
    /// `notify`: who is told of what.
    pub notify: Vec<Sink>,
    /// Whether the operator's settings say `notify`.
    pub notify_is_operators: bool,
    /// What the operator keeps out of the repository, by key.
    pub reserved: Vec<&'static str>,
}

impl Settings {
    /// Without the commands under `notify` that the repository names and did not when the process was started: what somebody
    /// merges does not run as the daemon.
    #[must_use]
    pub fn without_new_commands(&self, started_with: &Self) -> Self {
        let is_new = |sink: &Sink| {
            let is_known = || started_with.notify.iter().any(|known| known.kind == sink.kind);
            matches!(sink.kind, SinkKind::Command { .. }) && !self.notify_is_operators && !is_known()
        };
        let notify = self.notify.iter().filter(|sink| !is_new(sink)).cloned().collect();
        Self { notify, ..self.clone() }
    }

    /// The platform: the origin of `gobiz.api_url`, in one form (`https://api.gobiz.co.id`). What is stored belongs to one.
    pub fn platform(&self) -> String {
        let url = &self.gobiz.api_url;
        reqwest::Url::parse(url).map_or_else(|_| url.clone(), |url| url.origin().ascii_serialization())
    }

    /// The files with secrets, as written: relative to the root.
    pub fn secret_files(&self) -> Vec<&Path> {
        let client = self.gobiz.client_secret_file.as_deref();
        let of_accounts = self.gobiz.accounts.values().flat_map(|account| {
            [&account.client_secret_file, &account.webhook_secret_file].into_iter().filter_map(Option::as_deref)
        });
        let webhook = self.webhook.as_ref().and_then(|webhook| webhook.secret_file.as_deref());
        let sinks = self.notify.iter().flat_map(|sink| sink.kind.secret_files());
        let client = client.into_iter().chain(self.database_url_file.as_deref());
        client.chain(of_accounts).chain(webhook).chain(sinks).collect()
    }
}

/// The GoBiz environments. Credentials and outlets belong to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The platform's rehearsal environment.
    Sandbox,
    /// Real customers.
    Production,
    /// Addresses of one's own: a stand-in server, a proxy.
    Custom,
}

impl Target {
    /// Base of the API, without a `/` at the end, and the token endpoint (documentation).
    pub fn addresses(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Sandbox => Some((SANDBOX_API_URL, SANDBOX_OAUTH_URL)),
            Self::Production => Some((PRODUCTION_API_URL, PRODUCTION_OAUTH_URL)),
            Self::Custom => None,
        }
    }

    /// The word for it in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
            Self::Custom => "custom",
        }
    }
}

/// The sandbox API (documentation).
pub const SANDBOX_API_URL: &str = "https://api.partner-sandbox.gobiz.co.id";
/// The token endpoint of the sandbox (documentation).
pub const SANDBOX_OAUTH_URL: &str = "https://integration-goauth.gojekapi.com/oauth2/token";
/// The production API (documentation).
pub const PRODUCTION_API_URL: &str = "https://api.gobiz.co.id";
/// The token endpoint of production (documentation).
pub const PRODUCTION_OAUTH_URL: &str = "https://accounts.go-jek.com/oauth2/token";

/// `images`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// `base_url`: where images that are files of the root are published; ends in `/`.
    pub base_url: Option<String>,
    /// `check`: whether image URLs are fetched and looked at before a push.
    pub check: bool,
    /// `timeout` of such a fetch.
    pub timeout: Duration,
    /// `allow_private_hosts`: whether image URLs may lead into private networks.
    pub allow_private_hosts: bool,
    /// `gobiz.proxy`, which is for images as well.
    pub proxy: Option<ProxySetting>,
}

impl Default for Images {
    fn default() -> Self {
        Self { base_url: None, check: true, timeout: Duration::from_secs(10), allow_private_hosts: false, proxy: None }
    }
}

/// `gobiz`
#[derive(Debug, Clone, PartialEq)]
pub struct Gobiz {
    /// Base of the API, without a `/` at the end; of the target, or `api_url` with `target: custom`.
    pub api_url: String,
    /// The whole token endpoint; of the target, or `oauth_url` with `target: custom`.
    pub oauth_url: String,
    /// `client_id_file` as written: relative to the root.
    pub client_id_file: Option<PathBuf>,
    /// `client_secret_file` as written: relative to the root.
    pub client_secret_file: Option<PathBuf>,
    /// `accounts`: further credentials by name.
    pub accounts: BTreeMap<String, Account>,
    /// `requests_per_second`, over all outlets; greater than 0.
    pub requests_per_second: f64,
    /// `concurrency`: outlets worked on at the same time, 1–64.
    pub concurrency: usize,
    /// `timeout` of one call. The platform fetches images during a push: 90 s are advised (documentation).
    pub timeout: Duration,
    /// `stock_key`
    pub stock_key: StockKey,
    /// `proxy`; `None`: as the environment says. See [`proxy()`].
    pub proxy: Option<ProxySetting>,
    /// `accept`: the media type that answers are asked for in (one production integration sent another than the
    /// documented one; seen live).
    pub accept: String,
}

impl Default for Gobiz {
    fn default() -> Self {
        Self {
            api_url: String::new(),
            oauth_url: String::new(),
            client_id_file: None,
            client_secret_file: None,
            accounts: BTreeMap::new(),
            requests_per_second: 5.0,
            concurrency: 8,
            timeout: Duration::from_secs(90),
            stock_key: StockKey::ExternalId,
            proxy: None,
            accept: "application/json".to_owned(),
        }
    }
}

/// One of `gobiz.accounts`. Files as written: relative to the root.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// `client_id_file`
    pub client_id_file: Option<PathBuf>,
    /// `client_secret_file`
    pub client_secret_file: Option<PathBuf>,
    /// `webhook_secret_file`: by what events of its outlets are known to be genuine.
    pub webhook_secret_file: Option<PathBuf>,
    /// `requests_per_second`, over its outlets; greater than 0. `None`: only the pace over all counts.
    pub requests_per_second: Option<f64>,
}

/// By which id a stock call names things: the documentation says theirs, integrators send ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockKey {
    /// Ours.
    ExternalId,
    /// The platform's.
    Id,
}

/// `verify`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verify {
    /// `timeout`: how long a push may take to show.
    pub timeout: Duration,
    /// `interval` between the first looks.
    pub interval: Duration,
}

impl Default for Verify {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(600), interval: Duration::from_secs(15) }
    }
}

/// `listen`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// No status page.
    Off,
    /// The status page is here.
    On(SocketAddr),
}

impl Default for Listen {
    fn default() -> Self {
        Self::On(SocketAddr::from((Ipv4Addr::LOCALHOST, 8717)))
    }
}

impl Listen {
    /// Reads `ADDRESS:PORT` or `off`; `Err` says what to write.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::On).map_err(|_| "write an IP address and a port, such as `127.0.0.1:8717`, or `off`")
    }
}

/// Settings that cannot be used although the file is well-formed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A root that was not named, and is another user's.
    #[error(
        "{} is not taken as the root by itself: it, or its {FILE}, {} could choose where \
         credentials are sent; if it is meant, give --root .",
        if root == Path::new(".") { "the working directory".into() } else { root.display().to_string() },
        rights::FOREIGN
    )]
    ForeignRoot {
        /// The directory.
        root: PathBuf,
    },
    /// Nowhere to keep the state.
    #[error(
        "no directory for the state: give --state-dir, MENUSYNC_STATE_DIR or `state_dir` in {FILE} (STATE_DIRECTORY, {} \
         and {} are not set either)",
        STATE_HOMES[0].0, STATE_HOMES[1].0
    )]
    NoStateDir,
    /// A flag or an environment variable with a bad address.
    #[error("{origin}: `{text}` is no address to listen on; {help}")]
    Listen {
        /// The flag or variable.
        origin: &'static str,
        /// What it says.
        text: String,
        /// What to write.
        help: &'static str,
    },
    /// A variable that names no proxy. It may hold a password, which is not shown.
    #[error("{0} is no address of a proxy; write one such as http://proxy.example:3128")]
    Proxy(&'static str),
    /// No credential anywhere.
    #[error("no {what}; looked at {looked_at}")]
    NoCredential {
        /// `client id` or `client secret`.
        what: &'static str,
        /// Every place, comma-separated.
        looked_at: String,
    },
    /// A variable that is set to what cannot be a credential.
    #[error("the {what} in {origin} cannot be used: {problem}")]
    BadCredential {
        /// `client id` or `client secret`.
        what: &'static str,
        /// The variable or file.
        origin: String,
        /// What is wrong, never showing the value.
        problem: &'static str,
    },
    /// A file that cannot be read.
    #[error("cannot read the {what} from {}", path.display())]
    CredentialFile {
        /// `client id` or `client secret`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
