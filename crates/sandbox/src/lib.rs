//! A stand-in GoBiz server, for rehearsals, the demo and every end-to-end test.
//!
//! It speaks the parts of the partner API that the project uses: the OAuth token endpoint, reading and replacing a
//! catalog, both stock calls, promotions, notification subscriptions and the list of linked outlets. Under `/_sandbox/`
//! tests and people at rehearsal control it: fill an outlet, edit it as someone in the GoBiz app would, inject faults, read
//! the request log.
//!
//! It is a remote of its own and shares no type with the client: a mistake there must not cancel itself out here. To
//! subscribers it sends signed events: of menus that went live, and of orders that are simulated.

mod answer;
mod connection;
mod control;
mod control_http;
mod delivery;
mod edit;
mod events;
mod faults;
mod gobiz;
mod images;
mod linked_outlets;
mod log;
mod oauth;
mod observe;
mod outlet;
mod promotion_calls;
mod promotions;
mod read;
mod server;
mod settings;
mod state;
mod subscriptions;
mod validate;
pub mod written;

pub use control::{Control, ControlError, OutletDump};
pub use edit::{Edit, StockToggle};
pub use events::OrderReceipt;
pub use faults::{Endpoint, Fault, FaultKind};
pub use log::{Delivery, Entry};
pub use promotions::{ForeignPromotion, PromotionDetail, PromotionDump};
pub use server::{Sandbox, start};
pub use settings::{
    ALL_SCOPES, EmptyList, EventKey, MissingText, Options, OtherClient, PromoAnswer, PromoDetail, PromoLock,
    PromoStart, Settings, StockKey, Zone,
};
