//! The catalog calls of the partner API: read, replace, and set stock.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answer::{Refusal, json_text, success},
    images,
    log::Note,
    oauth,
    outlet::Outlet,
    read,
    settings::{Settings, StockKey},
    state::{Shared, State as Memory},
    validate,
    written::{self, Catalog},
};

const READ: &str = "gofood:catalog:read";
const WRITE: &str = "gofood:catalog:write";

/// `GET /integrations/gofood/outlets/{outlet}/v2/catalog`
pub(super) async fn get_catalog(
    State(shared): State<Arc<Shared>>,
    Path(outlet): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, &headers, &outlet, READ)?;
    outlet.reads += 1;
    Ok(json_text(read::encode_answer(&outlet.published, settings, outlet.reads)))
}

/// `PUT /integrations/gofood/outlets/{outlet}/v1/catalog`
pub(super) async fn put_catalog(
    State(shared): State<Arc<Shared>>,
    Path(outlet): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (catalog, fetches_images): (Catalog, bool) = {
        let mut state = shared.state();
        let (known, settings) = authorize_outlet(&mut state, &headers, &outlet, WRITE)?;
        if settings.conflict_while_pending && known.pending.is_some() {
            let message = "the catalog of this outlet is being updated";
            return Err(Refusal::new(StatusCode::CONFLICT, "Conflict", message));
        }
        (decode(&headers, &body)?, settings.fetch_images)
    };
    // Not under the lock: others are answered meanwhile.
    let mut complaints = if fetches_images { images::check(&catalog).await } else { Vec::new() };
    let mut state = shared.state();
    let (outlet, settings) = state.outlet(&outlet).ok_or_else(Refusal::not_linked)?;
    complaints.extend(validate::check(&catalog, &outlet.published, settings));
    complaints.extend(outlet.promotions.find_locked_names(&catalog, &outlet.published, settings));
    if !complaints.is_empty() {
        if settings.clear_on_refusal {
            outlet.published = Catalog::default();
        }
        return Err(Refusal::invalid(complaints));
    }
    let note = Note { replaced_pending: outlet.accept(catalog, settings), ..Note::default() };
    let mut response = success(StatusCode::OK, &Value::Null);
    response.extensions_mut().insert(note);
    Ok(response)
}

/// `PATCH /integrations/gofood/outlets/{outlet}/v2/menu_item_stocks`
pub(super) async fn patch_item_stocks(
    State(shared): State<Arc<Shared>>,
    Path(outlet): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, &headers, &outlet, WRITE)?;
    let changes = decode_stock_changes(&headers, &body, settings.stock_key)?;
    let items = outlet.published.items_mut().map(|item| (item.id, item.external_id.clone(), &mut item.in_stock));
    set_stocks(items, &changes)
}

/// `PATCH /integrations/gofood/outlets/{outlet}/v2/variant_stocks`
pub(super) async fn patch_variant_stocks(
    State(shared): State<Arc<Shared>>,
    Path(outlet): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let mut state = shared.state();
    let (outlet, settings) = authorize_outlet(&mut state, &headers, &outlet, WRITE)?;
    let changes = decode_stock_changes(&headers, &body, settings.stock_key)?;
    let variants =
        outlet.published.variants_mut().map(|variant| (variant.id, variant.external_id.clone(), &mut variant.in_stock));
    set_stocks(variants, &changes)
}

/// What every call about an outlet is asked first: media type, token, outlet, scope.
pub(super) fn authorize_outlet<'a>(
    state: &'a mut Memory,
    headers: &HeaderMap,
    outlet: &str,
    scope: &str,
) -> Result<(&'a mut Outlet, &'a Settings), Refusal> {
    check_accept(headers, &state.settings)?;
    oauth::authorize(state, headers, Some(scope))?;
    if Uuid::try_parse(outlet).is_ok() {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", "the outlet id is not one of yours"));
    }
    if !oauth::reaches(state, headers, outlet) {
        return Err(Refusal::not_linked());
    }
    state.outlet(outlet).ok_or_else(Refusal::not_linked)
}

/// No `Accept` is fine; one that excludes what answers come in is not.
pub(super) fn check_accept(headers: &HeaderMap, settings: &Settings) -> Result<(), Refusal> {
    let accept = headers.get(header::ACCEPT).map_or("*/*", |value| value.to_str().unwrap_or_default());
    let mut types = accept.split(',').filter_map(|range| range.split(';').next()).map(str::trim);
    let is_given = |range: &str| settings.accept_types.iter().any(|given| given == range);
    if types.any(|range| ["*/*", "application/*"].contains(&range) || is_given(range)) {
        return Ok(());
    }
    let status = StatusCode::from_u16(settings.unsupported_accept_status).unwrap_or(StatusCode::NOT_ACCEPTABLE);
    let message = format!("media type {accept} is not supported");
    Err(Refusal { code: Some("UnsupportedAcceptType"), ..Refusal::new(status, "Not acceptable", message) })
}

/// A JSON body: 415 for another media type, 400 for what is no JSON, 422 for JSON of the wrong shape.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        let message = "the Content-Type must be application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", message));
    }
    let json: Value = serde_json::from_slice(body).map_err(|error| Refusal::malformed(error.to_string()))?;
    if let Some(complaint) = written::list_for_object(&json) {
        return Err(Refusal::invalid(vec![complaint]));
    }
    serde_json::from_value(json).map_err(|error| Refusal::invalid(vec![error.to_string()]))
}

/// One line of a stock call.
#[derive(Debug, Deserialize)]
struct StockLine {
    external_id: Option<String>,
    id: Option<Uuid>,
    in_stock: bool,
}

/// A thing by the one id that stock calls take now.
#[derive(Debug, PartialEq, Eq, Clone)]
enum StockId {
    External(String),
    Given(Uuid),
}

fn decode_stock_changes(headers: &HeaderMap, body: &[u8], key: StockKey) -> Result<Vec<(StockId, bool)>, Refusal> {
    let lines: Vec<StockLine> = decode(headers, body)?;
    if lines.is_empty() {
        return Err(Refusal::malformed("at least one stock is required"));
    }
    let id_of = |line: StockLine| {
        let id = match key {
            StockKey::ExternalId => line.external_id.map(StockId::External),
            StockKey::Id => line.id.map(StockId::Given),
        };
        id.map(|id| (id, line.in_stock))
    };
    let missing = match key {
        StockKey::ExternalId => "external_id: missing required field",
        StockKey::Id => "id: missing required field",
    };
    lines.into_iter().map(|line| id_of(line).ok_or_else(|| Refusal::invalid(vec![missing.into()]))).collect()
}

/// All of it or, if one id is unknown, nothing. In effect at once.
fn set_stocks<'a>(
    things: impl Iterator<Item = (Uuid, Option<String>, &'a mut Option<bool>)>,
    changes: &[(StockId, bool)],
) -> Result<Response, Refusal> {
    let mut things: Vec<_> = things.collect();
    let is = |(given, external, _): &(Uuid, Option<String>, &mut Option<bool>), id: &StockId| match id {
        StockId::External(id) => external.as_ref() == Some(id),
        StockId::Given(id) => given == id,
    };
    if let Some((id, _)) = changes.iter().find(|(id, _)| !things.iter().any(|thing| is(thing, id))) {
        let name = match id {
            StockId::External(id) => id.clone(),
            StockId::Given(id) => id.to_string(),
        };
        return Err(Refusal::new(StatusCode::NOT_FOUND, "Not found", format!("{name} does not exist in the catalog")));
    }
    for (id, in_stock) in changes {
        things.iter_mut().filter(|thing| is(thing, id)).for_each(|thing| *thing.2 = Some(*in_stock));
    }
    Ok(success(StatusCode::OK, &json!({})))
}
