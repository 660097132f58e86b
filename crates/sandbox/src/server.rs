//! Starts and stops the stand-in: listener, routes, shutdown.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware,
    routing::{get, patch, post, put},
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    answer::Refusal,
    connection::{Connection, CuttableListener},
    control::Control,
    control_http, delivery, gobiz, linked_outlets, oauth,
    observe::observe,
    promotion_calls,
    settings::Options,
    state::Shared,
    subscriptions,
};

/// How long requests may finish when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// A running stand-in. Dropping it leaves it running until the runtime ends; [`Sandbox::stop`] ends it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    control: Control,
    task: JoinHandle<io::Result<()>>,
}

/// Starts a stand-in on the current tokio runtime; it accepts connections when this returns.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn start(options: Options) -> io::Result<Sandbox> {
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared::new(options));
    let control = Control::new(Arc::clone(&shared));
    tokio::spawn(delivery::run(Arc::clone(&shared)));
    let service = build_router(&shared, control.clone()).into_make_service_with_connect_info::<Connection>();
    let stop = Arc::clone(&shared);
    let server = axum::serve(CuttableListener(listener), service)
        .with_graceful_shutdown(async move { stop.wait_for_stop().await });
    let task = tokio::spawn(async move { server.await });
    Ok(Sandbox { address, shared, control, task })
}

impl Sandbox {
    /// Address of the API, without a slash at the end: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address of the token endpoint.
    pub fn oauth_url(&self) -> String {
        format!("{}/oauth2/token", self.url())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Controls it without HTTP.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops: waiting requests are cut, others may finish within two seconds; then the port is free.
    pub async fn stop(mut self) {
        self.shared.stop();
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

fn build_router(shared: &Arc<Shared>, control: Control) -> Router {
    let outlet = "/integrations/gofood/outlets/{outlet}";
    let promos = "/integrations/promo/outlets/{outlet}/v1/food-promos";
    let gobiz = Router::new()
        .route("/oauth2/token", post(oauth::post_token))
        .route(&format!("{outlet}/v2/catalog"), get(gobiz::get_catalog))
        .route(&format!("{outlet}/v1/catalog"), put(gobiz::put_catalog))
        .route(&format!("{outlet}/v2/menu_item_stocks"), patch(gobiz::patch_item_stocks))
        .route(&format!("{outlet}/v2/variant_stocks"), patch(gobiz::patch_variant_stocks))
        .route("/integrations/partner/v1/linked-outlets", get(linked_outlets::list))
        .route(promos, get(promotion_calls::list).post(promotion_calls::create))
        .route(&format!("{promos}/{{id}}"), get(promotion_calls::get).delete(promotion_calls::delete))
        .route(&format!("{promos}/{{id}}/deactivate"), put(promotion_calls::deactivate))
        .merge(subscription_routes("/integrations/partner/v1/notification-subscriptions"))
        .merge(subscription_routes("/integrations/partner/outlets/{outlet}/v1/notification-subscriptions"))
        .fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "Not found", "Route not found") })
        // 405 is not among the statuses that the platform documents.
        .method_not_allowed_fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "Not found", "Route not found") })
        .layer(middleware::from_fn_with_state(Arc::clone(shared), observe))
        .with_state(Arc::clone(shared));
    // `observe` limits the API's bodies; seeds are as large as menus.
    gobiz.nest("/_sandbox", control_http::build_router(control)).layer(DefaultBodyLimit::max(16 << 20))
}

fn subscription_routes(path: &str) -> Router<Arc<Shared>> {
    Router::new().route(path, get(subscriptions::list).post(subscriptions::create)).route(
        &format!("{path}/{{id}}"),
        get(subscriptions::get).put(subscriptions::update).delete(subscriptions::delete),
    )
}
