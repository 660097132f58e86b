//! The clients: who may read, and who may write as well.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Method, StatusCode, Url};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    AnswerDigest, Endpoint, EndpointError, Fence, Fetched, Lane, LoginOf, Meter, PromotionAnswer, Read, RemoteError,
    Retry, StockChange, StockKind, Write,
    account::{Account, Accounts, Opened},
    answer::Answer,
    budget::Budget,
    call::{Body, Call, Key},
    endpoint::Addresses,
    gate::Sharers,
    http::Http,
    meter::NoMeter,
    token::{self, Tokens},
    wire,
};
use crate::{
    catalog::{Catalog, OutletId, PromoDetail, Promotion, live::LiveCatalog},
    settings::StockKey,
};

/// Longest time for a read or a token; a write may take `Endpoint::timeout`.
const SHORT_CALL: Duration = Duration::from_secs(30);

/// A connection to one endpoint as one account: hands out readers and writers that share connections, pace and tokens.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) account: Arc<Account>,
}

/// Can look, and has a token that can only look.
#[derive(Clone)]
pub struct Reader(Session);

/// Can look and change.
#[derive(Clone)]
pub struct Writer(Session);

pub(super) struct Shared {
    pub(super) http: Http,
    addresses: Addresses,
    accounts: Accounts,
    /// How many processes share the pace.
    sharers: Sharers,
    timeout: Duration,
    stock_key: StockKey,
    /// `Accept` of all calls but those for tokens.
    accept: String,
}

/// Calls with one set of rights.
#[derive(Clone)]
pub(super) struct Session {
    shared: Arc<Shared>,
    account: Arc<Account>,
    tokens: Arc<Tokens>,
    /// Asked before each call that changes something; `None`: none does.
    fence: Option<Arc<dyn Fence>>,
}

/// What a call is about; the key is added when it is made.
pub(super) struct Order<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Body<'a>,
    pub(super) lane: Lane,
    pub(super) timeout: Duration,
    /// A push has one id for all its tries, which is also in its body; any other call gets one of its own.
    pub(super) request_id: Option<Uuid>,
    /// Makes a repetition of the call the same call.
    pub(super) idempotency_key: Option<String>,
    /// The outlet at which it changes something.
    pub(super) changes: Option<&'a OutletId>,
}

impl Order<'_> {
    /// Calls that were made for this gave nothing that can be used.
    pub(super) fn unreadable(&self, why: &str) -> RemoteError {
        RemoteError::new(&self.method, &self.url, None, why, Retry::Never)
    }
}

impl Client {
    /// Checks the endpoint and prepares; no call is made yet. It comes as whoever `login_of` says, at first as the account
    /// without a name; `meter` is told of every call.
    pub fn connect(
        endpoint: &Endpoint,
        login_of: LoginOf,
        meter: Option<Arc<dyn Meter>>,
    ) -> Result<Self, EndpointError> {
        let addresses = endpoint.check()?;
        let meter = meter.unwrap_or_else(|| Arc::new(NoMeter));
        let sharers = Sharers::default();
        let http = Http::new(endpoint.requests_per_second, &sharers, &addresses, endpoint.proxy.as_ref(), meter)?;
        let accounts = Accounts::new(login_of, &sharers);
        let account = accounts.get(None);
        let shared = Shared {
            http,
            addresses,
            accounts,
            sharers,
            timeout: endpoint.timeout,
            stock_key: endpoint.stock_key,
            accept: endpoint.accept.clone(),
        };
        Ok(Self { shared: Arc::new(shared), account })
    }

    /// The same connection as another account.
    #[must_use]
    pub fn of_account(&self, account: Option<&str>) -> Self {
        Self { shared: Arc::clone(&self.shared), account: self.shared.accounts.get(account) }
    }

    /// For all that only looks: asks for no other right.
    pub fn reader(&self) -> Reader {
        Reader(self.session(token::READ))
    }

    /// For what also pushes.
    pub fn writer(&self, fence: Arc<dyn Fence>) -> Writer {
        Writer(Session { fence: Some(fence), ..self.session(token::READ_AND_WRITE) })
    }

    /// With these scopes (separated by spaces) and no other. All sessions with the same scopes share one token.
    pub(super) fn session(&self, scopes: &str) -> Session {
        let (shared, account) = (Arc::clone(&self.shared), Arc::clone(&self.account));
        Session { shared, tokens: account.tokens(scopes), account, fence: None }
    }
}

/// Both look in the same way, each with its own token.
macro_rules! reads {
    ($name:ident) => {
        impl Read for $name {
            async fn fetch(&self, outlet: &OutletId) -> Result<LiveCatalog, RemoteError> {
                Ok(self.0.fetch(outlet, Lane::Pass).await?.live)
            }

            async fn fetch_in(&self, outlet: &OutletId, lane: Lane) -> Result<Fetched, RemoteError> {
                self.0.fetch(outlet, lane).await
            }

            async fn fetch_unless(
                &self,
                outlet: &OutletId,
                lane: Lane,
                known: Option<AnswerDigest>,
            ) -> Result<Option<Fetched>, RemoteError> {
                self.0.fetch_unless(outlet, lane, known).await
            }

            async fn promotions(&self, outlet: &OutletId) -> Result<Vec<Promotion>, RemoteError> {
                self.0.promotions(outlet).await
            }

            async fn promotion(&self, outlet: &OutletId, id: &str) -> Result<Option<Promotion>, RemoteError> {
                self.0.find_promotion(outlet, id).await
            }

            fn of_account(&self, account: Option<&str>) -> Option<Self> {
                Some(Self(self.0.of_account(account)))
            }

            fn clear_rate_limits(&self) {
                self.0.shared.http.clear_rate_limits();
            }

            fn share_pace(&self, processes: usize) {
                self.0.shared.sharers.set(processes);
            }
        }
    };
}

reads!(Reader);
reads!(Writer);

impl Write for Writer {
    async fn create_promotion(
        &self,
        outlet: &OutletId,
        key: &str,
        detail: &PromoDetail,
    ) -> Result<PromotionAnswer, RemoteError> {
        self.0.create_promotion(outlet, key, detail).await
    }

    async fn end_promotion(&self, outlet: &OutletId, id: &str, has_begun: bool) -> Result<(), RemoteError> {
        self.0.end_promotion(outlet, id, has_begun).await
    }

    async fn put_catalog(&self, outlet: &OutletId, request_id: Uuid, catalog: &Catalog) -> Result<(), RemoteError> {
        let session = &self.0;
        let url = session.url(outlet, ["v1", "catalog"]);
        if let Some(lack) = wire::incomplete(catalog) {
            return Err(unsent(&Method::PUT, &url, &lack));
        }
        let body = serde_json::to_vec(&wire::put_body(catalog, Some(request_id)));
        session.write(outlet, Method::PUT, url, body, Some(request_id)).await
    }

    async fn patch_stock(
        &self,
        outlet: &OutletId,
        kind: StockKind,
        changes: &[StockChange],
    ) -> Result<(), RemoteError> {
        self.0.patch_stock(outlet, kind, changes, self.0.shared.stock_key).await
    }

    async fn patch_stock_by_other_key(
        &self,
        outlet: &OutletId,
        kind: StockKind,
        changes: &[StockChange],
    ) -> Result<(), RemoteError> {
        let other = match self.0.shared.stock_key {
            StockKey::ExternalId => StockKey::Id,
            StockKey::Id => StockKey::ExternalId,
        };
        self.0.patch_stock(outlet, kind, changes, other).await
    }
}

impl Session {
    /// The same connection with other rights.
    pub(super) fn with_scopes(&self, scopes: &str) -> Self {
        Self { tokens: self.account.tokens(scopes), ..self.clone() }
    }

    /// The same connection with the same rights of another account.
    fn of_account(&self, account: Option<&str>) -> Self {
        let account = self.shared.accounts.get(account);
        Self { tokens: account.tokens(&self.tokens.scope), account, ..self.clone() }
    }

    /// `/integrations/gofood/outlets/{outlet_id}/…` (documentation)
    fn url(&self, outlet: &OutletId, rest: [&str; 2]) -> Url {
        self.shared.addresses.api_path(&["integrations", "gofood", "outlets", outlet.as_str(), rest[0], rest[1]])
    }

    async fn fetch(&self, outlet: &OutletId, lane: Lane) -> Result<Fetched, RemoteError> {
        let fetched = self.fetch_unless(outlet, lane, None).await?;
        Ok(fetched.expect("only an answer that is known is not read"))
    }

    async fn fetch_unless(
        &self,
        outlet: &OutletId,
        lane: Lane,
        known: Option<AnswerDigest>,
    ) -> Result<Option<Fetched>, RemoteError> {
        let order = Order {
            method: Method::GET,
            url: self.url(outlet, ["v2", "catalog"]),
            body: Body::None,
            lane,
            timeout: self.shared.timeout.min(SHORT_CALL),
            request_id: None,
            idempotency_key: None,
            changes: None,
        };
        check_outlet(outlet, &order.method, &order.url)?;
        let judge = |answer: &Answer, call: &Call<'_>| {
            let digest = answer.digest();
            if answer.status.is_success() && Some(digest) == known {
                return Ok(None);
            }
            Ok(Some(Fetched { live: answer.read(call)?, answer: Some(digest) }))
        };
        self.read(&order, judge).await
    }

    async fn patch_stock(
        &self,
        outlet: &OutletId,
        kind: StockKind,
        changes: &[StockChange],
        key: StockKey,
    ) -> Result<(), RemoteError> {
        let what = match kind {
            StockKind::Items => "menu_item_stocks",
            StockKind::Variants => "variant_stocks",
        };
        let url = self.url(outlet, ["v2", what]);
        let body = wire::stock_body(changes, key).map_err(|id| {
            unsent(&Method::PATCH, &url, &format!("the platform's id of {id} is not known (gobiz.stock_key is id)"))
        })?;
        self.write(outlet, Method::PATCH, url, serde_json::to_vec(&body), None).await
    }

    /// A call to an address of the API below these path segments.
    pub(super) fn order<'a>(&self, method: Method, path: &[&str], body: Body<'a>) -> Order<'a> {
        let timeout = self.shared.timeout.min(SHORT_CALL);
        let url = self.shared.addresses.api_path(path);
        Order { method, url, body, lane: Lane::Pass, timeout, request_id: None, idempotency_key: None, changes: None }
    }

    /// A call that changes nothing, repeated as long as that makes sense.
    pub(super) async fn read<T>(
        &self,
        order: &Order<'_>,
        judge: impl Fn(&Answer, &Call<'_>) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let mut budget = Budget::of_a_read();
        loop {
            match self.make(order, &mut budget, &judge).await {
                Ok(read) => return Ok(read),
                Err(error) => budget.pause_after(error).await?,
            }
        }
    }

    /// The same, tried once.
    pub(super) async fn read_once<T>(
        &self,
        order: &Order<'_>,
        judge: impl Fn(&Answer, &Call<'_>) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        self.make(order, &mut Budget::of_a_write(), judge).await
    }

    /// A call that changes something, tried once.
    pub(super) async fn write_once(&self, order: &Order<'_>) -> Result<(), RemoteError> {
        self.make(order, &mut Budget::of_a_write(), Answer::taken).await
    }

    /// The same, where the answer says more than whether it was taken.
    pub(super) async fn write_and_read_once<T>(
        &self,
        order: &Order<'_>,
        judge: fn(&Answer, &Call<'_>) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        self.make(order, &mut Budget::of_a_push(), judge).await
    }

    /// One write, tried once.
    async fn write(
        &self,
        outlet: &OutletId,
        method: Method,
        url: Url,
        body: serde_json::Result<Vec<u8>>,
        request_id: Option<Uuid>,
    ) -> Result<(), RemoteError> {
        check_outlet(outlet, &method, &url)?;
        let body = body.map_err(|error| unsent(&method, &url, &error.to_string()))?;
        // Stock is urgent: it is what the kitchen said.
        let lane = if method == Method::PATCH { Lane::FirstPoll } else { Lane::Pass };
        let order = Order {
            method,
            url,
            body: Body::Json(&body),
            lane,
            timeout: self.shared.timeout,
            request_id,
            idempotency_key: None,
            changes: Some(outlet),
        };
        self.make(&order, &mut Budget::of_a_push(), Answer::taken).await
    }

    /// Makes the call, and once more with a fresh token if the first is refused: a call that was answered 401 has
    /// changed nothing. `judge` says what the answer means.
    async fn make<T>(
        &self,
        order: &Order<'_>,
        budget: &mut Budget,
        judge: impl Fn(&Answer, &Call<'_>) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let key = self.token(budget).await?;
        let call = self.call(order, &key);
        budget.refund(self.account.pass(order.lane).await);
        let answer = self.shared.http.send(&call, budget).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return judge(&answer, &call);
        }
        self.tokens.forget(&key).await;
        let key = self.token(budget).await?;
        let call = self.call(order, &key);
        judge(&self.shared.http.send(&call, budget).await?, &call)
    }

    fn call<'a>(&'a self, order: &'a Order<'_>, key: &'a Key) -> Call<'a> {
        Call {
            method: &order.method,
            url: order.url.clone(),
            account: self.account.name(),
            setting: "gobiz.api_url",
            key,
            scopes: &self.tokens.scope,
            accept: &self.shared.accept,
            request_id: order.request_id.unwrap_or_else(Uuid::new_v4),
            idempotency_key: order.idempotency_key.as_deref(),
            fence: self.fence.as_deref().zip(order.changes),
            body: order.body,
            lane: order.lane,
            timeout: order.timeout,
        }
    }

    /// The token. Waiting for one that comes costs nothing of the budget; for one that does not, it does.
    async fn token(&self, budget: &mut Budget) -> Result<Arc<Key>, RemoteError> {
        let came = Instant::now();
        let timeout = budget.at_most(self.shared.timeout.min(SHORT_CALL));
        let key = self.tokens.get(self.shared.ask(&self.account, &self.tokens.scope, timeout)).await?;
        budget.refund(came.elapsed());
        Ok(key)
    }
}

impl Shared {
    /// A call of the token endpoint.
    pub(super) fn token_call<'a>(
        &'a self,
        account: &'a Account,
        login: &'a Key,
        scopes: &'a str,
        form: &'a [(&'a str, &'a str)],
        timeout: Duration,
    ) -> Call<'a> {
        Call {
            method: &Method::POST,
            url: self.addresses.oauth.clone(),
            setting: "gobiz.oauth_url",
            account: account.name(),
            key: login,
            scopes,
            accept: "application/json",
            request_id: Uuid::new_v4(),
            idempotency_key: None,
            fence: None,
            body: Body::Form(form),
            // Whoever waits for the token has waited for its own turn, or will.
            lane: Lane::FirstPoll,
            timeout,
        }
    }

    /// Asks for a token (documentation: Basic authorization, form body).
    async fn ask(&self, account: &Account, scope: &str, timeout: Duration) -> Result<token::Grant, RemoteError> {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let login = self.login(account).await?;
        let call = self.token_call(account, &login.key, scope, &form, timeout);
        let answer = self.http.send(&call, &mut Budget::of_a_write()).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            account.forget_login(&login);
        }
        let grant = token::grant(&answer, &call)?;
        if !grant.key.missing_scopes().is_empty() {
            let missing = grant.key.missing_scopes().join(" ");
            tracing::warn!(
                missing,
                "the token was granted without scopes that were asked for; `menusync doctor` says more"
            );
        }
        self.http.meter.token_granted(account.name(), grant.life);
        Ok(grant)
    }

    /// As whom an account comes. What cannot be read is another try's to read.
    pub(super) async fn login(&self, account: &Account) -> Result<Arc<Opened>, RemoteError> {
        account.login().await.map_err(|why| unsent(&Method::POST, &self.addresses.oauth, &why))
    }
}

/// Such an id would vanish from the address, and the call would go to another.
pub(super) fn check_outlet(outlet: &OutletId, method: &Method, url: &Url) -> Result<(), RemoteError> {
    if matches!(outlet.as_str(), "" | "." | "..") {
        return Err(unsent(method, url, &format!("“{outlet}” is no outlet id; it looks like G916309315")));
    }
    Ok(())
}

/// A call that was not made.
pub(super) fn unsent(method: &Method, url: &Url, why: &str) -> RemoteError {
    RemoteError::new(method, url, None, &format!("not sent: {why}"), Retry::Never)
}

/// Shows where, never as whom.
macro_rules! debug {
    ($name:ident, $shared:expr) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shared: fn(&Self) -> &Shared = $shared;
                f.debug_tuple(stringify!($name)).field(&shared(self).addresses.api.as_str()).finish()
            }
        }
    };
}

debug!(Client, |client| &client.shared);
debug!(Reader, |reader| &reader.0.shared);
debug!(Writer, |writer| &writer.0.shared);
