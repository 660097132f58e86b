//! A stand-in GoBiz server, for rehearsals, the demo and every end-to-end test.
//!
//! It speaks the parts of the partner API that the project uses: the OAuth token endpoint, reading and replacing a
//! catalog, both stock calls and notification subscriptions. Under `/_sandbox/` it takes orders from tests and from
//! people at rehearsal: fill an outlet, edit it as someone in the GoBiz app would, inject faults, read the request log.
//!
//! It is a remote of its own and shares no type with the client: a mistake there must not cancel itself out here. To
//! those who subscribed it sends signed events: of menus that went live, and of orders that are simulated. It knows nothing
//! of promotions.

mod answer;
mod connection;
mod control;
mod control_http;
mod courier;
mod edit;
mod events;
mod faults;
mod gobiz;
mod log;
mod oauth;
mod observe;
mod outlet;
mod read;
mod server;
mod settings;
mod state;
mod subscriptions;
mod validate;
pub mod written;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

pub use control::{Control, ControlError, OutletDump};
pub use courier::Delivery;
pub use edit::{Edit, StockToggle};
pub use events::{EventKey, OrderReceipt};
pub use faults::{Endpoint, Fault, FaultKind};
pub use log::Entry;
pub use server::{Sandbox, start};
pub use settings::{MissingText, Settings, StockKey};

/// Everything a credential can be granted for GoFood (documentation).
pub const ALL_SCOPES: [&str; 7] = [
    "gofood:catalog:write",
    "gofood:catalog:read",
    "gofood:order:write",
    "gofood:order:read",
    "gofood:outlet:write",
    "promo:food_promo:read",
    "promo:food_promo:write",
];

/// How a stand-in server starts. What may change while it runs is in [`Settings`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one. Control endpoints answer loopback callers only, whatever this is.
    pub listen: SocketAddr,
    /// Time between an accepted PUT and its menu being live.
    pub publish_delay: Duration,
    /// The one credential's id.
    pub client_id: String,
    /// The one credential's secret.
    pub client_secret: String,
    /// What the credential may be granted.
    pub scopes: Vec<String>,
    /// Outlets that exist from the start, without a menu. More are made by seeding them.
    pub outlets: Vec<String>,
    /// Whether every well-formed outlet id that is asked for exists, without a menu: for rehearsing with one's own files.
    pub register_unknown_outlets: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            publish_delay: Duration::ZERO,
            client_id: "sandbox".into(),
            client_secret: "sandbox".into(),
            scopes: ALL_SCOPES.map(String::from).to_vec(),
            outlets: Vec::new(),
            register_unknown_outlets: false,
        }
    }
}
