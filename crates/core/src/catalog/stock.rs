//! A change of stock, as both the plan and the platform's stock endpoints speak of it.

use serde::{Deserialize, Serialize};

use super::ExternalId;

/// Which of the platform's two kinds of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StockKind {
    /// Items.
    Items,
    /// Variants.
    Variants,
}

/// One thing that goes on or off sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockChange {
    /// Our id.
    pub external_id: ExternalId,
    /// The platform's id at the last fetch; empty if unknown.
    pub uuid: String,
    /// The stock to set.
    pub in_stock: bool,
}
