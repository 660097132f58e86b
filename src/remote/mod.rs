//! Talking to GoBiz: the only room that knows the wire.
//!
//! Reading and writing are two traits, and the clients behind them two types: code that plans is handed something that
//! cannot write.

use std::{future::Future, time::Duration};

use uuid::Uuid;

use crate::catalog::{Catalog, ExternalId, OutletId, live::LiveCatalog};

/// Looks at live catalogs.
pub trait Read: Send + Sync {
    /// Fetches the live catalog of an outlet, repeating what may be repeated (contract: at most 5 tries within 45 s).
    fn fetch(&self, outlet: &OutletId) -> impl Future<Output = Result<LiveCatalog, RemoteError>> + Send;
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

    /// Sets stock at once, one call for all `changes` (never called with none).
    fn patch_stock(
        &self,
        outlet: &OutletId,
        kind: StockKind,
        changes: &[StockChange],
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;
}

/// Which of the two stock endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum StockKind {
    /// `v2/menu_item_stocks`
    Items,
    /// `v2/variant_stocks`
    Variants,
}

/// One line of a stock PATCH.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StockChange {
    /// Our id, sent with `stock_key: external_id`.
    pub external_id: ExternalId,
    /// The platform's id at the last fetch, sent with `stock_key: id`; empty if unknown.
    pub uuid: String,
    /// The stock to set.
    pub in_stock: bool,
}

/// What may be done after a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The platform refused; asking again changes nothing.
    Never,
    /// May be tried again, not before this long from now. Whether a write took effect is unknown: look first.
    After(Option<Duration>),
}

/// A failed call, told in one chain without repetition: what was attempted on what, then what came back.
#[derive(Debug, thiserror::Error)]
#[error("{method} {url}: {what}")]
pub struct RemoteError {
    /// `GET`, `PUT`, `PATCH`, `POST`.
    pub method: &'static str,
    /// The whole address, without query or secrets.
    pub url: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, with the platform's own words, cleaned of control characters and cut to a readable length.
    pub what: String,
    /// Whether another try makes sense.
    pub retry: Retry,
}
