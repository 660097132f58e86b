//! Events of the platform: `POST /gobiz` on an address of its own.
//!
//! An event changes nothing by itself. It makes the daemon look sooner, and one that says that orders cannot be recognised
//! is remembered for the outlet. Who sends it is known by a signature over the raw bytes; what comes twice counts once, also
//! after a restart. It is answered before anything is done about it.

mod event;
mod keys;
mod log_throttle;
mod receive;
mod signature;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONNECTION},
    },
    middleware,
    response::Response,
    routing::post,
};
use tokio::net::TcpListener;

use self::{keys::Keys, log_throttle::LogThrottle};
use super::{Metrics, Server, connection::ConnectionLimit};
use crate::{
    daemon::{Hints, View},
    settings::{EventSecret, Signature},
    state::SharedState,
    sync::Clock,
};

/// What a receiver works with.
pub struct Inbox {
    /// The files in use: which outlets there are, and the settings.
    pub view: Arc<View>,
    /// The root, for the file with the secrets.
    pub root: PathBuf,
    /// What is remembered.
    pub state: SharedState,
    /// Where the daemon is told that an outlet is worth a look.
    pub hints: Arc<Hints>,
    /// Where events are counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

/// What requests share.
struct Receiver {
    inbox: Inbox,
    keys: Mutex<Keys>,
    refused: LogThrottle,
    unsigned: LogThrottle,
}

/// Listens on `address` and takes events from now on. `secrets` hold until files are read again.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn receive(
    address: SocketAddr,
    inbox: Inbox,
    signature: Signature,
    secrets: Vec<EventSecret>,
) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    keys::tell_unread(&secrets);
    let keys = Mutex::new(Keys::new(signature, secrets));
    let receiver =
        Arc::new(Receiver { inbox, keys, refused: LogThrottle::default(), unsigned: LogThrottle::default() });
    // Every other path is 404, every other method 405.
    let router = Router::new()
        .route("/gobiz", post(receive::receive))
        .layer(middleware::map_response(once_and_uncached))
        .with_state(receiver);
    let task = tokio::spawn(async move { axum::serve(ConnectionLimit::new(listener), router).await });
    Ok(Server { address, task })
}

/// A connection has one request.
async fn once_and_uncached(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
