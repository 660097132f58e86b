//! The outlets that are linked to a facilitator's credential: all that are registered and no other credential's.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Refusal, success},
    gobiz::check_accept,
    oauth,
    settings::{EmptyList, OUTLET_READ},
    state::Shared,
};

/// Outlets of a page where the caller does not say (our choice).
const PER_PAGE: usize = 10;

/// Which part of the list; pages count from 1.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    per: Option<usize>,
    page: Option<usize>,
}

/// `GET /integrations/partner/v1/linked-outlets` (documentation)
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(Page { per, page }): Query<Page>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let state = shared.state();
    check_accept(&headers, &state.settings)?;
    oauth::authorize(&state, &headers, Some(OUTLET_READ))?;
    let (per, page) = (per.unwrap_or(PER_PAGE).clamp(1, 100), page.unwrap_or(1).max(1));
    let ids = state.outlet_ids();
    let theirs = ids.iter().filter(|id| oauth::reaches(&state, &headers, id));
    let shown = theirs.skip(per.saturating_mul(page - 1)).take(per);
    let outlets: Vec<Value> = shown
        .map(|id| {
            let linked = "2026-01-01T00:00:00Z";
            json!({ "id": id, "external_outlet_id": format!("pos-{id}"), "created_at": linked, "updated_at": linked })
        })
        .collect();
    Ok(success(StatusCode::OK, &list_data("outlets", outlets, state.settings.empty_list)))
}

/// `{KEY: [...]}`, with an empty list as the setting says.
pub(super) fn list_data(key: &str, list: Vec<Value>, empty: EmptyList) -> Value {
    match empty {
        EmptyList::Null if list.is_empty() => json!({ key: null }),
        EmptyList::Absent if list.is_empty() => json!({}),
        _ => json!({ key: list }),
    }
}
