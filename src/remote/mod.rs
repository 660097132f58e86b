//! Talking to GoBiz: the only room that knows the wire.
//!
//! Reading and writing are two traits, and the clients behind them two types: code that plans is handed a [`Reader`],
//! which cannot write and whose token has no right to. Both come from one [`Client`].
//!
//! From the bottom up: `text` makes foreign words fit to show, `error` is a failed call, `wire` is their JSON and ours,
//! `endpoint` is where and as whom, `budget`, `gate` and `breaker` say how often, how fast and whether at all, `call` is what is asked, `answer` what comes back and `hints` what a refusal may mean, `http` makes one call and tells `meter`,
//! `token` keeps the key, `account` the keys of one login, `client` puts these together. What a failure means for an outlet is left to `sync`.

mod account;
mod answer;
mod breaker;
mod budget;
mod call;
mod client;
mod endpoint;
mod error;
mod fence;
mod gate;
mod hints;
mod http;
mod json;
mod meter;
mod outlets;
mod probe;
mod promotion_answer;
mod promotions;
mod proxy;
mod subscriptions;
mod text;
mod token;
mod wire;

#[cfg(test)]
mod tests;

use std::future::Future;

use uuid::Uuid;

pub use client::{Client, Reader, Writer};
pub use endpoint::{Endpoint, EndpointError, Login, LoginOf};
pub use error::{RemoteError, Retry, without_request_ids};
pub use fence::{Fence, unfenced};
pub use gate::Lane;
pub use http::install_crypto;
pub use meter::{Called, CircuitOpen, Destination, HostState, Meter};
pub use outlets::LinkedOutlet;
pub use probe::{Granted, Probe};
pub use subscriptions::{Subscriber, Subscription};
pub use wire::put_body;
#[doc(hidden)]
pub use wire::read_body;

pub use promotion_answer::PromotionAnswer;
pub use promotions::promotion_body;
pub use proxy::proxied;

use crate::catalog::{Catalog, OutletId, PromoDetail, Promotion, StockChange, StockKind, live::LiveCatalog};

/// SHA-256 of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerDigest(pub [u8; 32]);

/// A live catalog as it was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// What it reads.
    pub live: LiveCatalog,
    /// Of the answer that it was read from; `None`: there was none.
    pub answer: Option<AnswerDigest>,
}

/// Looks at live catalogs.
pub trait Read: Send + Sync {
    /// Fetches the live catalog of an outlet, repeating what may be repeated (at most 5 tries within 45 s).
    fn fetch(&self, outlet: &OutletId) -> impl Future<Output = Result<LiveCatalog, RemoteError>> + Send;

    /// The same for this reason, where calls have to wait for each other.
    fn fetch_in(&self, outlet: &OutletId, _lane: Lane) -> impl Future<Output = Result<Fetched, RemoteError>> + Send {
        async { Ok(Fetched { live: self.fetch(outlet).await?, answer: None }) }
    }

    /// The same where an answer is known: nothing of that one is read again, and `None` comes back.
    fn fetch_unless(
        &self,
        outlet: &OutletId,
        lane: Lane,
        known: Option<AnswerDigest>,
    ) -> impl Future<Output = Result<Option<Fetched>, RemoteError>> + Send {
        async move {
            let fetched = self.fetch_in(outlet, lane).await?;
            Ok((known.is_none() || fetched.answer != known).then_some(fetched))
        }
    }

    /// The promotions of an outlet, whoever made them, with a token of its own: a credential without this scope
    /// ([`RemoteError::lacks_scope`]) still does everything else.
    fn promotions(&self, outlet: &OutletId) -> impl Future<Output = Result<Vec<Promotion>, RemoteError>> + Send;

    /// One promotion of an outlet; `None` if the platform knows none of this id.
    fn promotion(
        &self,
        outlet: &OutletId,
        id: &str,
    ) -> impl Future<Output = Result<Option<Promotion>, RemoteError>> + Send;

    /// The same as another of `gobiz.accounts` (`None`: the one without a name); nothing where there is but one.
    fn of_account(&self, account: Option<&str>) -> Option<Self>
    where
        Self: Sized;

    /// The same; itself where there is but one.
    fn as_account(&self, account: Option<&str>) -> Self
    where
        Self: Clone,
    {
        self.of_account(account).unwrap_or_else(|| self.clone())
    }

    /// Calls hosts again whose `Retry-After` has not passed yet, because a person asks for it.
    fn clear_rate_limits(&self) {}

    /// So many processes share the pace from now on.
    fn share_pace(&self, _processes: usize) {}
}

/// Changes live catalogs. Every call is one attempt: what to do after a failure needs a look first, so the caller decides.
pub trait Write: Send + Sync {
    /// Replaces the whole menu. `catalog` is complete: every item and variant has `in_stock`, name and price set.
    fn put_catalog(
        &self,
        outlet: &OutletId,
        request_id: Uuid,
        catalog: &Catalog,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;

    /// Makes a promotion. The same `key` and `detail` once more are the same call: they make no second one.
    fn create_promotion(
        &self,
        outlet: &OutletId,
        key: &str,
        detail: &PromoDetail,
    ) -> impl Future<Output = Result<PromotionAnswer, RemoteError>> + Send;

    /// Ends a promotion, before it begins or while it runs. One that is not there any more has ended.
    fn end_promotion(
        &self,
        outlet: &OutletId,
        id: &str,
        has_begun: bool,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;

    /// Sets stock at once, one call for all `changes` (never called with none).
    fn patch_stock(
        &self,
        outlet: &OutletId,
        kind: StockKind,
        changes: &[StockChange],
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;

    /// The same, naming things by the other id than `gobiz.stock_key` says.
    fn patch_stock_by_other_key(
        &self,
        outlet: &OutletId,
        kind: StockKind,
        changes: &[StockChange],
    ) -> impl Future<Output = Result<(), RemoteError>> + Send {
        self.patch_stock(outlet, kind, changes)
    }
}
