//! One image fetched: every hop of it checked, no more bytes and no more time than allowed.

use std::{
    collections::BTreeSet,
    fmt,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{
    Client, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION},
    redirect,
};

use super::{
    Finding,
    address::is_public,
    content::{self, MAX_BYTES},
};
use crate::{
    remote::{install_crypto, proxied},
    settings::{self, Images, Proxy},
};

/// How many redirects are followed (our choice).
const MOST_REDIRECTS: usize = 3;
/// The longest wait for a connection (our choice).
const CONNECT: Duration = Duration::from_secs(5);

/// Finds the addresses of a host.
pub type Lookup = Arc<dyn Fn(String) -> LookingUp + Send + Sync>;

/// Addresses to come.
type LookingUp = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// The operating system's way to find addresses.
pub fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// What a server said about an image the last time, to ask whether it still holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl Validators {
    /// Whether a server could answer "not modified".
    pub(super) fn is_some(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

/// How a fetch ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    /// It is there, and this is wrong with it.
    Judged(Vec<Finding>, Validators),
    /// As it was.
    NotModified,
    /// Nothing can be said of the image itself.
    Unknown(Finding),
}

/// Fetches images.
pub(super) struct Fetcher {
    client: Client,
    timeout: Duration,
    allow_private: bool,
    proxy: Option<Proxy>,
    lookup: Lookup,
    /// Servers that could not be reached: menus have many images of one, and waiting for it once is enough.
    unreachable: Mutex<BTreeSet<String>>,
}

impl Fetcher {
    /// `Err` says why no encrypted connection is possible on this machine.
    pub(super) fn new(settings: &Images, lookup: Lookup) -> Result<Self, String> {
        install_crypto();
        let proxy = settings::proxy(settings.proxy.as_ref()).map_err(|error| error.to_string())?;
        let builder = || {
            let resolver = Public {
                lookup: Arc::clone(&lookup),
                allow_private: settings.allow_private_hosts,
                proxy: proxy.as_ref().and_then(Proxy::host),
            };
            let builder = Client::builder()
                .user_agent(concat!("menusync/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT.min(settings.timeout))
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .gzip(false)
                .referer(false)
                .dns_resolver(resolver);
            proxied(builder, proxy.as_ref())
        };
        // A machine without certificates can still look at what is not encrypted.
        let (first, without_certificates) = (builder()?, builder()?.tls_certs_only([]));
        let client = first.build().or_else(|_| without_certificates.build());
        let client = client.map_err(|error| causes(&error))?;
        let allow_private = settings.allow_private_hosts;
        Ok(Self { client, timeout: settings.timeout, allow_private, proxy, lookup, unreachable: Mutex::default() })
    }

    /// Fetches and judges one image.
    pub(super) async fn fetch(&self, url: &str, known: &Validators) -> Fetched {
        match tokio::time::timeout(self.timeout, self.follow(url, known)).await {
            Ok(Ok(fetched)) => fetched,
            Ok(Err(finding)) => Fetched::Unknown(finding),
            Err(_) => Fetched::Unknown(Finding::unchecked(&format!("no whole answer within {:?}", self.timeout))),
        }
    }

    async fn follow(&self, url: &str, known: &Validators) -> Result<Fetched, Finding> {
        let mut url =
            Url::parse(url).map_err(|error| Finding::unchecked(&format!("its address cannot be read: {error}")))?;
        for hop in 0..=MOST_REDIRECTS {
            self.permit(&url, hop > 0)?;
            self.permit_through_proxy(&url, hop > 0).await?;
            let response = self.ask(&url, known, hop > 0).await?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.take(response, &url).await;
            }
            let target = header(&response, LOCATION).and_then(|target| url.join(&target).ok());
            url = target
                .ok_or_else(|| Finding::unchecked(&format!("HTTP {} without a usable address", status.as_u16())))?;
        }
        Err(Finding::unchecked(&format!("it is redirected more than {MOST_REDIRECTS} times")))
    }

    /// Refuses what must not be asked. Names are judged when they are resolved.
    fn permit(&self, url: &Url, redirected: bool) -> Result<(), Finding> {
        let whither = if redirected { "a redirect leads to" } else { "its address has" };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Finding::unchecked(&format!("{whither} `{}:`, which is not http or https", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Finding::unchecked(&format!("{whither} a user name or password")));
        }
        match url.host_str().map(|host| host.trim_matches(['[', ']']).parse::<IpAddr>()) {
            Some(Ok(address)) if !self.allow_private && !is_public(address) => {
                Err(private(&address.to_string(), redirected))
            }
            Some(_) => Ok(()),
            None => Err(Finding::unchecked(&format!("{whither} no host"))),
        }
    }

    /// A proxy resolves names itself, in a network of its own: what is private as seen from here is not asked of it.
    async fn permit_through_proxy(&self, url: &Url, redirected: bool) -> Result<(), Finding> {
        let Some(host) = url.host_str().filter(|_| self.proxy.is_some() && !self.allow_private) else { return Ok(()) };
        match (self.lookup)(host.to_owned()).await {
            Ok(found) if found.iter().any(|address| !is_public(*address)) => Err(private(host, redirected)),
            // Where only the proxy knows names, it is the proxy's to know.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn ask(&self, url: &Url, known: &Validators, redirected: bool) -> Result<Response, Finding> {
        let mut request = self.client.get(url.clone());
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(since) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, since);
        }
        let server = url.authority();
        if self.unreachable().contains(server) {
            return Err(Finding::unchecked(&format!("{server} cannot be reached")));
        }
        request.send().await.map_err(|error| {
            if is_private(&error) {
                return private(url.host_str().unwrap_or_default(), redirected);
            }
            if !error.is_connect() {
                return Finding::unchecked(&causes(&error));
            }
            self.unreachable().insert(server.to_owned());
            Finding::unchecked(&format!("{server} cannot be reached: {}", causes(&error)))
        })
    }

    fn unreachable(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unreachable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, mut response: Response, url: &Url) -> Result<Fetched, Finding> {
        match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Fetched::NotModified),
            StatusCode::OK => {}
            status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => {
                let message = format!("there is no image at this address: HTTP {}", status.as_u16());
                let finding = Finding::new("image-not-found", message, "upload the image, or correct the address");
                return Ok(Fetched::Judged(vec![finding], Validators::default()));
            }
            // Guards against strangers may let GoFood in: this says nothing about the image.
            status => {
                let host = url.host_str().unwrap_or_default();
                return Err(Finding::unchecked(&format!("{host} answers HTTP {}", status.as_u16())));
            }
        }
        let validators = Validators { etag: header(&response, ETAG), last_modified: header(&response, LAST_MODIFIED) };
        let declared = header(&response, CONTENT_TYPE);
        let findings = match read(&mut response).await? {
            Some(bytes) => content::judge(&bytes, declared.as_deref()),
            None => content::too_large(MAX_BYTES + 1).into_iter().collect(),
        };
        Ok(Fetched::Judged(findings, validators))
    }
}

/// The whole body, `None` if it is larger than [`MAX_BYTES`].
async fn read(response: &mut Response) -> Result<Option<Vec<u8>>, Finding> {
    let announced = response.content_length().unwrap_or(0);
    if announced > MAX_BYTES as u64 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_BYTES => return Ok(None),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(Some(bytes)),
            Err(error) => {
                let what = format!("the answer broke off after {} bytes: {}", bytes.len(), causes(&error));
                return Err(Finding::unchecked(&what));
            }
        }
    }
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= 2000).then(|| value.to_owned())
}

fn private(host: &str, redirected: bool) -> Finding {
    let whither = if redirected { "is redirected to" } else { "is at" };
    Finding::new(
        "image-private-host",
        format!("the image {whither} `{host}`, which leads into a private network, where GoFood cannot fetch it"),
        "put the image on a public host; for tests, set `images: {allow_private_hosts: true}`",
    )
}

/// An error's causes, the innermost last, without the address.
fn causes(error: &reqwest::Error) -> String {
    let sources = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let messages: Vec<String> = sources.map(ToString::to_string).collect();
    messages.last().cloned().unwrap_or_else(|| "the request failed".to_owned())
}

// ── names ──

/// Resolves names to public addresses only. A name that has a private address among others is refused as a whole: which one
/// would be taken is chance.
struct Public {
    lookup: Lookup,
    allow_private: bool,
    /// The proxy that a person has chosen; it may be anywhere.
    proxy: Option<String>,
}

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = (self.lookup)(name.as_str().to_owned());
        let allow_private = self.allow_private || self.proxy.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found = looking.await?;
            if !allow_private && found.iter().any(|address| !is_public(*address)) {
                return Err(PrivateAddress.into());
            }
            // These very addresses are connected to: there is no second look-up that could find others.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// A name that resolves into a private network.
#[derive(Debug)]
struct PrivateAddress;

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it resolves into a private network")
    }
}

impl std::error::Error for PrivateAddress {}

fn is_private(error: &reqwest::Error) -> bool {
    std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .any(|cause| cause.is::<PrivateAddress>())
}
