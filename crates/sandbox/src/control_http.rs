//! The calls of [`Control`] over HTTP, under `/_sandbox/`: JSON, no token, callers on this machine only. One line of
//! [`CALLS`] each, documented with an example in `docs/sandbox.md`.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, Path, Query, Request, State},
    http::{StatusCode, Uri},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    connection::Connection,
    control::{Control, ControlError},
    written::Catalog,
};

const GET: MethodFilter = MethodFilter::GET;
const PUT: MethodFilter = MethodFilter::PUT;
const POST: MethodFilter = MethodFilter::POST;
const PATCH: MethodFilter = MethodFilter::PATCH;
const DELETE: MethodFilter = MethodFilter::DELETE;

type Answer = Result<Response, ControlError>;
type Handler = fn(&Control, &Call) -> Answer;

/// Methods, path below `/_sandbox`, and what to do.
const CALLS: [(MethodFilter, &str, Handler); 20] = [
    (GET, "/outlets", |control, _| show(json!({ "outlets": control.outlets() }))),
    (GET, "/outlets/{outlet}", |control, call| show(control.outlet(&call.outlet)?)),
    (PUT.or(POST), "/outlets/{outlet}", |control, call| {
        let catalog = call.seed()?;
        run(|| control.seed(&call.outlet, catalog))
    }),
    (POST, "/outlets/{outlet}/edit", |control, call| call.run_each(|edit| control.edit(&call.outlet, edit))),
    (POST, "/outlets/{outlet}/stock", |control, call| call.run_each(|stock| control.toggle_stock(&call.outlet, stock))),
    (POST, "/outlets/{outlet}/publish", |control, call| show(json!({ "done": control.publish(&call.outlet)? }))),
    (POST, "/outlets/{outlet}/discard", |control, call| show(json!({ "done": control.discard(&call.outlet)? }))),
    (POST, "/outlets/{outlet}/order", |control, call| {
        let Order { things } = call.decode_body()?;
        show(control.order(&call.outlet, &things)?)
    }),
    (GET, "/outlets/{outlet}/promotions", |control, call| show(control.promotions(&call.outlet)?)),
    (POST, "/outlets/{outlet}/promotions", |control, call| {
        call.run_each(|promotion| control.add_promotion(&call.outlet, promotion))
    }),
    (GET, "/deliveries", |control, _| show(control.deliveries())),
    (DELETE, "/deliveries", |control, _| run(|| control.clear_deliveries())),
    (GET, "/faults", |control, _| show(control.faults())),
    (POST, "/faults", |control, call| {
        call.run_each(|fault| {
            control.inject(fault);
            Ok(())
        })
    }),
    (DELETE, "/faults", |control, _| run(|| control.clear_faults())),
    (GET, "/log", |control, _| show(control.log())),
    (DELETE, "/log", |control, _| run(|| control.clear_log())),
    (GET, "/settings", |control, _| show(control.settings())),
    (PATCH.or(PUT), "/settings", |control, call| show(control.merge_settings(call.decode_body()?)?)),
    (DELETE, "/tokens", |control, _| run(|| control.expire_tokens())),
];

/// What a caller sends.
struct Call {
    /// Empty where the path has none.
    outlet: String,
    uri: Uri,
    body: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedOptions {
    /// Whether items and variants keep their external ids.
    external_ids: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Items and variants, by external id or, if there is none, by name.
    things: Vec<String>,
}

impl Call {
    /// Whatever the Content-Type.
    fn decode_body<T: DeserializeOwned>(&self) -> Result<T, ControlError> {
        serde_json::from_slice(&self.body).map_err(ControlError::invalid)
    }

    /// Runs the one instruction of the body, or those of a list up to the first that fails. All are decoded first, so
    /// that nothing is changed unless all can be understood.
    fn run_each<T: DeserializeOwned>(&self, run_one: impl FnMut(T) -> Result<(), ControlError>) -> Answer {
        let values = match self.decode_body()? {
            Value::Array(values) => values,
            value => vec![value],
        };
        let decoded: Result<Vec<T>, _> = values.into_iter().map(serde_json::from_value).collect();
        decoded.map_err(ControlError::invalid)?.into_iter().try_for_each(run_one)?;
        run(|| ())
    }

    fn seed(&self) -> Result<Catalog, ControlError> {
        let Query(options) = Query::<SeedOptions>::try_from_uri(&self.uri).map_err(ControlError::invalid)?;
        let catalog = if self.body.is_empty() { Catalog::default() } else { self.decode_body()? };
        Ok(if options.external_ids == Some(false) { catalog.without_external_ids() } else { catalog })
    }
}

fn show(value: impl Serialize) -> Answer {
    Ok(Json(value).into_response())
}

/// For what has nothing to show.
fn run(effect: impl FnOnce()) -> Answer {
    effect();
    show(json!({ "done": true }))
}

pub(super) fn build_router(control: Control) -> Router {
    let router = CALLS.into_iter().fold(Router::new(), |router, (methods, path, run)| {
        let handle = move |State(control): State<Control>, outlet: Option<Path<String>>, uri: Uri, body: Bytes| async move {
            run(&control, &Call { outlet: outlet.map(|Path(id)| id).unwrap_or_default(), uri, body })
        };
        router.route(path, on(methods, handle))
    });
    router
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "there is no such control endpoint") })
        .layer(middleware::from_fn(admit_local_callers))
        .with_state(control)
}

/// Whoever can reach the port could otherwise rewrite the menus.
async fn admit_local_callers(
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
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
