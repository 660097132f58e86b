//! Orders for the stand-in over HTTP, under `/_sandbox/`: JSON, no token, callers on this machine only. Every endpoint
//! is one method of [`Control`] and documented with an example in `docs/sandbox.md`.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, Path, Query, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    connection::Connection,
    control::{Control, ControlError, OutletDump},
    courier::Delivery,
    edit::{Edit, StockToggle},
    events::OrderReceipt,
    faults::Fault,
    log::Entry,
    settings::Settings,
    written::Catalog,
};

/// All control endpoints, paths relative to `/_sandbox`.
pub(super) fn router(control: Control) -> Router {
    Router::new()
        .route("/outlets", get(list_outlets))
        .route("/outlets/{outlet}", get(get_outlet).put(seed).post(seed))
        .route("/outlets/{outlet}/edit", post(edit))
        .route("/outlets/{outlet}/stock", post(toggle_stock))
        .route("/outlets/{outlet}/publish", post(publish))
        .route("/outlets/{outlet}/discard", post(discard))
        .route("/outlets/{outlet}/order", post(order))
        .route("/deliveries", get(get_deliveries).delete(clear_deliveries))
        .route("/faults", get(list_faults).post(inject).delete(clear_faults))
        .route("/log", get(get_log).delete(clear_log))
        .route("/settings", get(get_settings).patch(change_settings).put(change_settings))
        .route("/tokens", axum::routing::delete(expire_tokens))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "there is no such control endpoint") })
        .layer(middleware::from_fn(only_local))
        .with_state(control)
}

/// Whoever can reach the port could otherwise rewrite the menus.
async fn only_local(ConnectInfo(connection): ConnectInfo<Connection>, request: Request, next: Next) -> Response {
    match connection.is_local() {
        true => next.run(request).await,
        false => refuse(StatusCode::FORBIDDEN, "control endpoints answer callers on this machine only"),
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownOutlet(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        refuse(status, &self.to_string())
    }
}

/// A body of the expected shape, or an error that says what is wrong with it, whatever the Content-Type.
fn decode<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|error| ControlError::Invalid(error.to_string()))
}

/// One order or a list of them, decoded one by one: nothing is carried out unless all can be understood.
fn decode_orders<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<Vec<T>, ControlError> {
    let orders = match decode(body)? {
        Value::Array(orders) => orders,
        order => vec![order],
    };
    let decode = |order| serde_json::from_value(order).map_err(|error| ControlError::Invalid(error.to_string()));
    orders.into_iter().map(decode).collect()
}

fn done() -> Response {
    Json(json!({ "done": true })).into_response()
}

async fn list_outlets(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "outlets": control.outlets() }))
}

async fn get_outlet(
    State(control): State<Control>,
    Path(outlet): Path<String>,
) -> Result<Json<OutletDump>, ControlError> {
    control.outlet(&outlet).map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedOptions {
    /// Whether items and variants keep their external ids; default true.
    external_ids: Option<bool>,
}

async fn seed(
    State(control): State<Control>,
    Path(outlet): Path<String>,
    Query(options): Query<SeedOptions>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let catalog: Catalog = if body.is_empty() { Catalog::default() } else { decode(&body)? };
    let keep = options.external_ids.unwrap_or(true);
    control.seed(&outlet, if keep { catalog } else { catalog.without_external_ids() });
    Ok(done())
}

async fn edit(
    State(control): State<Control>,
    Path(outlet): Path<String>,
    body: Bytes,
) -> Result<Response, ControlError> {
    decode_orders(&body)?.into_iter().try_for_each(|order: Edit| control.edit(&outlet, order))?;
    Ok(done())
}

async fn toggle_stock(
    State(control): State<Control>,
    Path(outlet): Path<String>,
    body: Bytes,
) -> Result<Response, ControlError> {
    decode_orders(&body)?.into_iter().try_for_each(|order: StockToggle| control.toggle_stock(&outlet, order))?;
    Ok(done())
}

async fn publish(State(control): State<Control>, Path(outlet): Path<String>) -> Result<Json<Value>, ControlError> {
    control.publish(&outlet).map(|published| Json(json!({ "done": published })))
}

async fn discard(State(control): State<Control>, Path(outlet): Path<String>) -> Result<Json<Value>, ControlError> {
    control.discard(&outlet).map(|discarded| Json(json!({ "done": discarded })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordered {
    /// Items and variants, by external id or, if there is none, by name.
    things: Vec<String>,
}

async fn order(
    State(control): State<Control>,
    Path(outlet): Path<String>,
    body: Bytes,
) -> Result<Json<OrderReceipt>, ControlError> {
    let Ordered { things } = decode(&body)?;
    control.order(&outlet, &things).map(Json)
}

async fn get_deliveries(State(control): State<Control>) -> Json<Vec<Delivery>> {
    Json(control.deliveries())
}

async fn clear_deliveries(State(control): State<Control>) -> Response {
    control.clear_deliveries();
    done()
}

async fn list_faults(State(control): State<Control>) -> Json<Vec<Fault>> {
    Json(control.faults())
}

async fn inject(State(control): State<Control>, body: Bytes) -> Result<Response, ControlError> {
    decode_orders(&body)?.into_iter().for_each(|fault| control.inject(fault));
    Ok(done())
}

async fn clear_faults(State(control): State<Control>) -> Response {
    control.clear_faults();
    done()
}

async fn get_log(State(control): State<Control>) -> Json<Vec<Entry>> {
    Json(control.log())
}

async fn clear_log(State(control): State<Control>) -> Response {
    control.clear_log();
    done()
}

async fn get_settings(State(control): State<Control>) -> Json<Settings> {
    Json(control.settings())
}

async fn change_settings(State(control): State<Control>, body: Bytes) -> Result<Json<Settings>, ControlError> {
    let part: Map<String, Value> = decode(&body)?;
    control.merge_settings(part).map(Json)
}

async fn expire_tokens(State(control): State<Control>) -> Response {
    control.expire_tokens();
    done()
}
