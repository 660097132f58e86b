//! One call over HTTP: every limit explicit, nothing followed, nothing repeated.
//!
//! What an answer means is `answer`'s; tokens, pauses and repetition are `client`'s.

use std::{
    collections::BTreeMap,
    sync::{Arc, Once},
    time::Duration,
};

use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, LOCATION, RETRY_AFTER},
};

use super::{
    Called, Destination, EndpointError, HostState, Meter, RemoteError, Retry,
    answer::Answer,
    breaker::{Breaker, Closed, Kind, LONGEST_RATE_LIMIT, Permit, Sign},
    budget::{Budget, retry_after, timestamp},
    call::{Body, Call},
    endpoint::{Addresses, is_this_machine},
    error,
    gate::{Gate, Sharers},
    proxy::proxied,
    text,
};
use crate::settings::Proxy;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// An idle connection is given up before a gateway is likely to close it under the next call (commonly 60 s and more).
const IDLE: Duration = Duration::from_secs(20);
/// The platform repeats it in its answer, and makes one up where there is none (documentation).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Largest answer that is read, unpacked (our choice: a catalog of ten thousand items has about 10 MiB).
const MAX_BODY: usize = 32 * 1024 * 1024;
/// The part of an error's body that is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Makes rustls use `ring` in this process; further calls do nothing.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only if somebody has installed one already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What was not sent, as nobody could say whose the outlet is, is planned anew after this time (our choice).
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The pool of connections, the pace of all calls, and which hosts are worth asking.
pub(super) struct Http {
    client: reqwest::Client,
    gate: Gate,
    /// The proxy of calls to other machines, for the words of a failure.
    proxy: Option<Proxy>,
    breakers: BTreeMap<String, Breaker>,
    pub(super) meter: Arc<dyn Meter>,
}

impl Http {
    /// For calls to these addresses.
    pub(super) fn new(
        requests_per_second: f64,
        sharers: &Sharers,
        addresses: &Addresses,
        proxy: Option<&Proxy>,
        meter: Arc<dyn Meter>,
    ) -> Result<Self, EndpointError> {
        install_crypto();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("menusync/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false);
        let mut builder = proxied(builder, proxy).map_err(EndpointError::Proxy)?;
        // No call will be encrypted, so no certificates are needed.
        if addresses.are_plain() {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| EndpointError::Tls(text::causes(&error)))?;
        let breakers = [&addresses.api, &addresses.oauth].map(|url| (host(url), Breaker::default()));
        breakers.iter().for_each(|(host, _)| meter.host_state(host, HostState::default()));
        let proxy = proxy.cloned();
        Ok(Self { client, proxy, gate: Gate::new(requests_per_second, sharers), breakers: breakers.into(), meter })
    }

    /// Waits for a turn, then makes the call, in what time `budget` has left. Any status is an answer.
    pub(super) async fn send(&self, call: &Call<'_>, budget: &mut Budget) -> Result<Answer, RemoteError> {
        // Who is turned away takes nobody's turn; and while one stands in line, things change.
        drop(self.admitted(call, budget).await?);
        budget.refund(self.gate.pass(call.lane).await);
        let permit = self.admitted(call, budget).await?;
        match call.fence {
            Some((fence, outlet)) => {
                fence.before_call(outlet, call.timeout).await.map_err(|why| call.held_back(&why))?
            }
            None if call.changes_an_outlet() => return Err(call.held_back("a fault in menusync itself (no fence)")),
            None => {}
        }
        let begun = std::time::Instant::now();
        let result = self.exchange(call, budget.at_most(call.timeout)).await;
        if let Some((fence, outlet)) = call.fence {
            fence.call_ended(outlet);
        }
        let status = result.as_ref().map_or_else(|error| error.status, |answer| Some(answer.status.as_u16()));
        let elapsed = begun.elapsed();
        let request_id = call.request_id;
        tracing::debug!(method = %call.method, path = call.url.path(), status, ?elapsed, %request_id, "called");
        let (method, destination) = (error::method_name(call.method), call.destination());
        self.meter.called(&Called { account: call.account, method, destination, status, elapsed });
        self.learn(permit, call, &result);
        result
    }

    /// Waits as long as the host has asked for, if there is time for that; an error if not, or if the host rests.
    async fn admitted(&self, call: &Call<'_>, budget: &Budget) -> Result<Option<Permit<'_>>, RemoteError> {
        let Some(breaker) = self.breakers.get(&host(&call.url)) else { return Ok(None) };
        loop {
            match breaker.ask(call.kind()) {
                Ok(permit) => return Ok(Some(permit)),
                Err(Closed::RateLimited(wait)) if wait <= budget.patience() => tokio::time::sleep(wait).await,
                Err(closed) => return Err(call.turned_away(&closed)),
            }
        }
    }

    /// What the end of a call says of its host.
    fn learn(&self, permit: Option<Permit<'_>>, call: &Call<'_>, result: &Result<Answer, RemoteError>) {
        let host = host(&call.url);
        let (Some(permit), Some(breaker)) = (permit, self.breakers.get(&host)) else { return };
        let before = breaker.host_state();
        if let Ok(Answer { status, retry_after: Some(asked), .. }) = result
            && matches!(status.as_u16(), 429 | 503)
            && breaker.limit_rate(*asked, call.kind())
        {
            let minutes = LONGEST_RATE_LIMIT.as_secs() / 60;
            tracing::warn!(
                host,
                retry_after_seconds = asked.as_secs(),
                "rate-limited by {host} (Retry-After: {} s); one call every {minutes} min probes whether it answers again; \
                 `menusync reload` tries at once",
                asked.as_secs()
            );
        }
        let sign = match result {
            Ok(answer) if answer.status.is_server_error() => Sign::Failed(answer.status.as_str()),
            Err(error) if !error.is_final() => Sign::Failed(&error.what),
            _ => Sign::Well,
        };
        let is_limit_over = permit.ended(&sign, call.url.path(), call.kind());
        let now = breaker.host_state();
        match (before.circuit_open, now.circuit_open) {
            (None, Some(open)) => {
                let wait = now.next_try().as_secs();
                tracing::error!(host, "circuit breaker open after {} failures; next try in {wait} s", open.failures);
            }
            (Some(_), None) => tracing::info!(host, "answers again"),
            _ if is_limit_over => tracing::info!(host, "is not rate-limited any more"),
            _ => {}
        }
        if before != now {
            self.meter.host_state(&host, now);
        }
    }

    /// Forgets every `Retry-After`; a host that means it repeats it.
    pub(super) fn clear_rate_limits(&self) {
        for (host, breaker) in &self.breakers {
            if breaker.clear_rate_limit() {
                tracing::info!(host, "the rate limit (Retry-After) is lifted, as asked");
                self.meter.host_state(host, breaker.host_state());
            }
        }
    }

    async fn exchange(&self, call: &Call<'_>, timeout: Duration) -> Result<Answer, RemoteError> {
        let request = self.client.request(call.method.clone(), call.url.clone()).timeout(timeout);
        let request = request.header(AUTHORIZATION, call.key.header.clone());
        let request = request.header(ACCEPT, call.accept).header(REQUEST_ID, call.request_id.to_string());
        let request = match call.idempotency_key {
            Some(key) => request.header("X-Idempotency-Key", key),
            None => request,
        };
        let request = match call.body {
            Body::None => request.header(CONTENT_TYPE, "application/json"),
            Body::Json(bytes) => request.header(CONTENT_TYPE, "application/json").body(bytes.to_vec()),
            Body::Form(form) => request.form(form),
        };
        let may_help = |proxy: &&Proxy| !is_this_machine(&call.url) && proxy.may_carry(call.url.scheme());
        let through = |error: RemoteError| match self.proxy.as_ref().filter(may_help) {
            Some(proxy) => error.and(&format!("; a proxy is set: {} ({})", proxy.shown(), proxy.named_by)),
            None => error,
        };
        let sent = request.send().await;
        let mut response = sent.map_err(|error| through(call.broken(None, error, timeout)))?;
        let status = response.status();
        let body = read_body(&mut response).await.map_err(|error| call.broken(Some(status), error, timeout));
        let body = match body.and_then(|body| body.ok_or_else(|| call.too_large(status))) {
            // The status has said that it was taken, so it must count neither as refused nor as not done.
            Err(error) if call.changes_something() => {
                tracing::debug!(%error, "a write was taken, and the rest of the answer is passed over");
                Vec::new()
            }
            body => body?,
        };
        let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Answer {
            status,
            retry_after: header(RETRY_AFTER).and_then(|value| retry_after(value, header(DATE))),
            date: header(DATE).and_then(timestamp),
            location: header(LOCATION).map(str::to_owned),
            request_id: header(REQUEST_ID).map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned),
            body,
        })
    }
}

/// `api.gobiz.co.id`, with its port if that is a special one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The whole body of a success, `None` if it is larger than [`MAX_BODY`].
async fn read_body(response: &mut Response) -> reqwest::Result<Option<Vec<u8>>> {
    if !response.status().is_success() {
        return Ok(Some(read_error_body(response).await));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// As much of an error's body as comes and is worth reading: the status has said what matters.
async fn read_error_body(response: &mut Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_ERROR_BODY);
    body
}

impl Call<'_> {
    fn kind(&self) -> Kind {
        if self.destination() == Destination::Token { Kind::Token } else { Kind::Api }
    }

    fn changes_something(&self) -> bool {
        let is_of_promotions = self.destination() == Destination::Promotions && *self.method != Method::GET;
        is_of_promotions || matches!(*self.method, Method::PUT | Method::PATCH)
    }

    fn changes_an_outlet(&self) -> bool {
        self.changes_something() && self.destination() != Destination::Subscription
    }

    /// No answer (no `status`), or only a part of one.
    fn broken(&self, status: Option<StatusCode>, error: reqwest::Error, timeout: Duration) -> RemoteError {
        let what = match (error.is_connect(), error.is_timeout()) {
            (true, true) => format!("no connection within {}", seconds(CONNECT.min(timeout))),
            (false, true) => format!("timed out after {}", seconds(timeout)),
            (true, false) => {
                let is_here = is_this_machine(&self.url);
                let help = if is_here { "; for the stand-in run `menusync sandbox`" } else { "" };
                format!("cannot connect: {}{help}", text::causes(&error.without_url()))
            }
            (false, false) => text::causes(&error.without_url()),
        };
        let what = text::redact(&what, &self.key.secrets());
        let error = RemoteError::new(self.method, &self.url, status.map(|s| s.as_u16()), &what, Retry::After(None));
        error.of_request(&self.request_id.to_string())
    }

    /// Nothing was sent.
    fn turned_away(&self, closed: &Closed) -> RemoteError {
        let host = host(&self.url);
        let (what, rest) = match closed {
            Closed::RateLimited(rest) => (format!("rate-limited by {host} (Retry-After)"), *rest),
            Closed::Broken { failures, last, rest } => {
                (format!("circuit breaker open for {host} after {failures} failures, the last: {last}"), *rest)
            }
        };
        let what = format!("not sent: {what}; next try in {} s", rest.as_secs() + 1);
        RemoteError::new(self.method, &self.url, None, &what, Retry::NotBefore(rest))
    }

    /// Nothing was sent, as the outlet may be another process's by now.
    fn held_back(&self, why: &str) -> RemoteError {
        let what = format!("not sent: {why}");
        RemoteError::new(self.method, &self.url, None, &what, Retry::NotBefore(ASK_AGAIN_AFTER))
    }

    fn too_large(&self, status: StatusCode) -> RemoteError {
        let what = format!("the answer is larger than {} MiB", MAX_BODY / 1024 / 1024);
        let error = RemoteError::new(self.method, &self.url, Some(status.as_u16()), &what, Retry::Never);
        error.of_request(&self.request_id.to_string())
    }
}

/// `90 s`, `1.5 s`
fn seconds(time: Duration) -> String {
    format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0)
}
