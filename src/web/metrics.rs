//! Metrics for Prometheus: names with base units, labels from fixed sets; in the OpenMetrics format for whoever asks for
//! it, else in the text format that every scraper knows.
//!
//! What happens is counted as it happens; how things stand is read when somebody asks. Every name is explained in
//! `docs/monitor.md`, and a test holds the two together.

mod events;
mod standing;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::{
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
pub use events::{Metered, Metrics};
use prometheus_client::{encoding::text, registry::Registry};

use jiff::Timestamp;

use super::{Handle, Site, snapshot::Snapshot};
use crate::{fleet::beside, source::pulled_at};

/// The media types of both formats (their specifications).
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether the checkout is being asked.
static ASKED: AtomicBool = AtomicBool::new(false);

/// How long the checkout may take to say when it was brought up to date (our choice).
const PULLED_WITHIN: Duration = Duration::from_millis(500);

/// Everything. What cannot be read is left out: its absence shows in the series.
pub(super) async fn scrape(State(shared): State<Handle>, headers: HeaderMap) -> Response {
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => Some(snapshot),
        Err(error) => {
            tracing::warn!(error = %crate::sync::chain(&error), "the metrics lack how the outlets stand");
            None
        }
    };
    let pulled = pulled(&shared.site).await;
    let standing = standing::registry(&shared.site, snapshot.as_ref(), pulled);
    match shared.site.metrics.encode(&standing) {
        Ok(body) if asks_for_openmetrics(&headers) => ([(CONTENT_TYPE, OPENMETRICS)], body).into_response(),
        Ok(body) => ([(CONTENT_TYPE, TEXT)], as_text_format(&body)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// When the checkout was last brought up to date. A mount may hang.
async fn pulled(site: &Site) -> Option<Timestamp> {
    let root = site.view.files().map(|(loaded, _)| loaded.root.clone())?;
    // One that hangs is not asked again.
    if ASKED.swap(true, Ordering::Relaxed) {
        return None;
    }
    let asked = beside(PULLED_WITHIN, move || {
        let at = pulled_at(&root);
        ASKED.store(false, Ordering::Relaxed);
        at
    });
    asked.await.flatten()
}

fn asks_for_openmetrics(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("application/openmetrics-text"))
}

/// OpenMetrics as the older text format: there a counter's help and type stand under the name of its series, and neither
/// units nor the end are told.
fn as_text_format(openmetrics: &str) -> String {
    let types = openmetrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: BTreeSet<&str> = types.filter_map(|line| line.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(keyword), Some(name), Some(rest)) if counters.contains(name) => {
                text.push_str(&format!("# {keyword} {name}_total {rest}\n"));
            }
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
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
