//! The daemon seen from outside, read-only over HTTP: a page for the person on call, the same as JSON, health, metrics.
//!
//! | path | what |
//! |---|---|
//! | `/`, `/events` | pages about all outlets; they work without the script |
//! | `/outlets/{id}`, `/outlets/{id}/menu` | one outlet, its menu as customers see it |
//! | `/live`, `/page.js` | says when something has changed; the script that listens |
//! | `/api/v1/status`, `/api/v1/outlets/{id}` | JSON |
//! | `/livez`, `/readyz` | health, for a supervisor |
//! | `/metrics` | OpenMetrics |
//!
//! How outlets stand comes from what is remembered, through a connection of its own that can only read; how the daemon
//! stands from its [`View`]. Nothing of that can change anything.
//!
//! On an address of its own, `webhook` takes events of the platform: they make the daemon look sooner.

mod api;
mod authors;
mod connection;
mod health;
mod language;
mod live;
mod metrics;
mod page;
mod protect;
mod snapshot;
mod state_help;
mod verdict;
mod webhook;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{Router, middleware, routing::get};
pub use metrics::{Metered, Metrics};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
pub use webhook::{Inbox, receive};

use self::{authors::Authors, connection::ConnectionLimit};
use crate::{daemon::View, state::SharedState, sync::Clock};

/// What is shown.
pub struct Site {
    /// How the daemon stands.
    pub view: Arc<View>,
    /// What is stored: written to only to find out whether it can be.
    pub state: SharedState,
    /// The same through a connection of its own, which reads while others wait to write.
    pub reader: SharedState,
    /// Where locks are.
    pub state_dir: PathBuf,
    /// The options that a command needs to mean this root and this state, wherever it is typed.
    pub flags: String,
    /// What was counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

/// A running server. Dropping it leaves it running until the runtime ends.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

/// What handlers share.
struct Shared {
    site: Site,
    health: health::Memory,
    /// Places for menus that are composed for a page.
    composing: Arc<Semaphore>,
    authors: Authors,
}

type Handle = Arc<Shared>;

/// Listens on `address` and answers from now on.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr, site: Site) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let composing = Arc::new(Semaphore::new(snapshot::COMPOSED_AT_ONCE));
    let router = router(
        Arc::new(Shared { site, health: health::Memory::default(), composing, authors: Authors::default() }),
        address,
    );
    let task = tokio::spawn(async move { axum::serve(ConnectionLimit::new(listener), router).await });
    Ok(Server { address, task })
}

impl Server {
    /// Where it listens; the port is the real one if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening; requests under way are cut.
    pub fn stop(self) {
        self.task.abort();
    }
}

fn router(shared: Handle, address: SocketAddr) -> Router {
    Router::new()
        .route("/", get(page::fleet))
        .route("/events", get(page::events))
        .route("/outlets/{id}", get(page::outlet))
        .route("/outlets/{id}/menu", get(page::menu))
        .route("/live", get(live::live))
        .route("/page.js", get(page::script))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/outlets/{id}", get(api::outlet))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .fallback(page::nothing_here)
        .layer(middleware::from_fn(move |request, next| protect::protect(address, request, next)))
        .with_state(shared)
}
