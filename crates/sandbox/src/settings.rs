//! How the stand-in starts, and what may change while it runs: how slow it publishes, and the switches for what nobody
//! knows for certain about the platform. The defaults are what the documentation says or, where it is silent, what is
//! most likely.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

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

/// All of it. Over HTTP a part is enough: keys that are not sent keep their value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Milliseconds between an accepted PUT and its menu being live.
    pub publish_delay_ms: u64,
    /// Nothing goes live, however long it waits, until this is `false` again or the control publishes it.
    pub hold_publication: bool,
    /// Seconds that a new token lives; announced as `expires_in`.
    pub token_lifetime_s: u64,
    /// Whether categories are read with their `external_id`; the documented sample has none.
    pub return_category_external_id: bool,
    /// Whether items are read with an `image`; else the key is missing.
    pub return_image: bool,
    /// Whether a PUT that carries an image address of the platform's own is refused.
    pub refuse_cdn_images: bool,
    /// Whether every publication gives new UUIDs to everything.
    pub renew_uuids: bool,
    /// Whether runs of white space in texts are stored as one space.
    pub collapse_whitespace: bool,
    /// Descriptions are stored with at most this many characters.
    pub truncate_descriptions: Option<usize>,
    /// External ids of items and variants whose price a PUT does not change.
    pub ignore_price_changes: Vec<String>,
    /// Which id the stock calls take.
    pub stock_key: StockKey,
    /// Whether external ids must be unique in a PUT, and menu names too.
    pub unique_ids: bool,
    /// Every read answers an empty menu.
    pub empty_read: bool,
    /// Every read answers `data` without `menus`.
    pub omit_menus: bool,
    /// How a text that was never written is read.
    pub missing_text: MissingText,
    /// Whether every well-formed outlet id that is asked for exists, without a menu.
    pub register_unknown_outlets: bool,
    /// What events are signed with.
    pub relay_secret: String,
    /// How often each event is sent, all with the same idempotency key.
    pub event_copies: u32,
    /// Milliseconds that the first, third, fifth… delivery waits, so that the one after it overtakes it.
    pub hold_every_other_event_ms: u64,
    /// How many times quicker than the platform a delivery is tried again.
    pub event_retry_speed: u32,
    /// Which key of an event's header holds its name.
    pub event_key: EventKey,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            publish_delay_ms: 0,
            hold_publication: false,
            token_lifetime_s: 3600,
            return_category_external_id: false,
            return_image: true,
            refuse_cdn_images: false,
            renew_uuids: false,
            collapse_whitespace: false,
            truncate_descriptions: None,
            ignore_price_changes: Vec::new(),
            stock_key: StockKey::default(),
            unique_ids: true,
            empty_read: false,
            omit_menus: false,
            missing_text: MissingText::default(),
            register_unknown_outlets: false,
            relay_secret: "sandbox".into(),
            event_copies: 1,
            hold_every_other_event_ms: 0,
            event_retry_speed: 1,
            event_key: EventKey::default(),
        }
    }
}

/// Which id the stock calls take: integrators send one, the documentation's prose names the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockKey {
    /// `external_id`, the partner's.
    #[default]
    ExternalId,
    /// `id`, the UUID that a GET shows.
    Id,
}

/// How a text that was never written is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingText {
    /// Some as `""`, some as `null`.
    #[default]
    Mixed,
    /// `""`
    Empty,
    /// `null`
    Null,
    /// The key is missing.
    Absent,
}

/// Which key of the header holds an event's name; both were seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum EventKey {
    #[default]
    EventName,
    EventType,
}
