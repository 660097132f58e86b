//! Metrics for Prometheus, in the OpenMetrics format: names with base units, labels from fixed sets.
//!
//! What happens is counted as it happens; how things stand is read when somebody asks. Every name is explained in
//! `docs/operations.md`, and a test holds the two together.

mod events;
mod standing;

use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
pub use events::{Metered, Metrics};
use prometheus_client::{encoding::text, registry::Registry};

use super::{Handle, snapshot::Snapshot};

/// The media type of the format (its specification).
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything. What cannot be read is left out: its absence shows in the series.
pub(super) async fn scrape(State(shared): State<Handle>) -> Response {
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => Some(snapshot),
        Err(error) => {
            tracing::warn!(error = %crate::sync::chain(&error), "the metrics lack how the outlets stand");
            None
        }
    };
    let standing = standing::registry(&shared.site, snapshot.as_ref());
    match shared.site.metrics.encode(&standing) {
        Ok(body) => ([(CONTENT_TYPE, OPENMETRICS)], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

impl Metrics {
    fn encode(&self, standing: &Registry) -> Result<String, std::fmt::Error> {
        let mut body = String::new();
        text::encode_registry(&mut body, self.registry())?;
        text::encode_registry(&mut body, standing)?;
        text::encode_eof(&mut body)?;
        Ok(body)
    }
}
