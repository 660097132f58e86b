//! How the stand-in starts, and what may change while it runs: how slow it publishes, and the switches for what nobody
//! knows for certain about the platform. The defaults are what the documentation says or, where it is silent, what is
//! most likely.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a facilitator's credential needs to list linked outlets (documentation).
pub(super) const OUTLET_READ: &str = "partner:outlet:read";

/// What a facilitator's credential is never granted (documentation; integrators).
pub(super) const NOT_FOR_FACILITATORS: [&str; 3] =
    ["gofood:outlet:write", "promo:food_promo:read", "promo:food_promo:write"];

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
    /// Further credentials by client id, each with outlets that it alone reaches.
    pub clients: BTreeMap<String, OtherClient>,
    /// Whether the credential is a facilitator's: it may list linked outlets, and has no right to promotions.
    pub facilitator: bool,
    /// A token is granted no more than these scopes, although it was asked for with others; its answer says so.
    pub granted_scopes: Option<Vec<String>>,
    /// Whether a token without the scope of a call is answered 401 instead of 403.
    pub unauthorized_without_scope: bool,
    /// The media types that answers come in.
    pub accept_types: Vec<String>,
    /// Status of a call that accepts none of them: 404, 406 or 415 (documentation).
    pub unsupported_accept_status: u16,
    /// Calls a second, over all outlets, before one is answered 429.
    pub requests_per_second: Option<usize>,
    /// The `Retry-After` of a 429, in seconds.
    pub retry_after_s: u64,
    /// Whether a PUT is answered 409 while an earlier one is not live yet; else it replaces that one.
    pub conflict_while_pending: bool,
    /// External ids of items and variants that a publication does not map: they go live without it.
    pub unmapped_ids: Vec<String>,
    /// Whether the images of a PUT are fetched and judged by their bytes.
    pub fetch_images: bool,
    /// Whether an image address must begin with https://.
    pub https_images_only: bool,
    /// Whether external ids are letters and digits only.
    pub strict_ids: bool,
    /// Whether one variant may be in several categories.
    pub shared_variants: bool,
    /// Whether the second of two things with one external id gets a UUID of its own.
    pub distinct_duplicates: bool,
    /// Whether limits of texts count bytes instead of characters.
    pub limits_in_bytes: bool,
    /// Most characters of the name of a variant or a category.
    pub choice_name_limit: usize,
    /// Whether a category without variants is refused.
    pub refuse_empty_categories: bool,
    /// Whether the quantities of a category are judged.
    pub check_selection: bool,
    /// Whether `24:00`, overlapping hours and hours over midnight are taken.
    pub lenient_hours: bool,
    /// Whether a day that hours do not name is read as open all day instead of closed.
    pub missing_day_is_open: bool,
    /// The lowest price of an item that is taken.
    pub lowest_price: i64,
    /// The highest price of an item that is taken.
    pub highest_price: Option<i64>,
    /// A price that moves by more percent at once is refused.
    pub price_move_limit: Option<u32>,
    /// Whether a variant's price below zero is refused.
    pub refuse_negative_variants: bool,
    /// Whether menus and items are read in an arbitrary order.
    pub shuffle_menus: bool,
    /// Whether a PUT that is refused leaves an empty menu.
    pub clear_on_refusal: bool,
    /// Whether items are read with `active`, the app's switch beside `in_stock`.
    pub return_active: bool,
    /// Whether an item that was switched off in the app vanishes from reads.
    pub hide_inactive: bool,
    /// Name of a menu of the platform's own, which repeats the first dishes.
    pub promo_menu: Option<String>,
    /// Whether prices are read as texts, `in_stock` as a number and times with seconds.
    pub odd_values: bool,
    /// Whether everything is read with keys that nobody has documented.
    pub unknown_fields: bool,
    /// Keys of items, categories and variants that are read in a form that nobody can read.
    pub unreadable_fields: Vec<String>,
    /// Whether descriptions are read with HTML entities.
    pub escape_html: bool,
    /// How an empty list of subscriptions or outlets is answered.
    pub empty_list: EmptyList,
    /// Whether a list of subscriptions shows only those to events of the token's scopes.
    pub list_by_scope: bool,
    /// The smallest discounts in percent that are taken: of a promotion by dates, and of one by times (documentation).
    pub promo_min_discount: [u32; 2],
    /// The first day on which a promotion may begin.
    pub promo_start: PromoStart,
    /// Whether a promotion is refused that meets another one of the same item in date, day and time.
    pub promo_one_per_item: bool,
    /// What happens to a PUT that renames the menu of a running promotion.
    pub promo_lock: PromoLock,
    /// How the answer to a new promotion has its parts.
    pub promo_answer: PromoAnswer,
    /// Most characters of an `X-Idempotency-Key`.
    pub promo_key_max: usize,
    /// Promotions of a page of the list.
    pub promo_page_size: usize,
    /// How much is read of a promotion.
    pub promo_detail: PromoDetail,
    /// The time zone of dates and times of promotions.
    pub promo_zone: Zone,
    /// The moment that promotions begin and end by; else the clock's.
    pub promo_now: Option<Timestamp>,
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
            clients: BTreeMap::new(),
            facilitator: false,
            granted_scopes: None,
            unauthorized_without_scope: false,
            accept_types: vec!["application/json".into()],
            unsupported_accept_status: 406,
            requests_per_second: None,
            retry_after_s: 1,
            conflict_while_pending: false,
            unmapped_ids: Vec::new(),
            fetch_images: false,
            https_images_only: false,
            strict_ids: false,
            shared_variants: false,
            distinct_duplicates: false,
            limits_in_bytes: false,
            choice_name_limit: 150,
            refuse_empty_categories: false,
            check_selection: true,
            lenient_hours: false,
            missing_day_is_open: false,
            lowest_price: 1,
            highest_price: None,
            price_move_limit: None,
            refuse_negative_variants: false,
            shuffle_menus: false,
            clear_on_refusal: false,
            return_active: false,
            hide_inactive: false,
            promo_menu: None,
            odd_values: false,
            unknown_fields: false,
            unreadable_fields: Vec::new(),
            escape_html: false,
            empty_list: EmptyList::default(),
            list_by_scope: false,
            promo_min_discount: [5, 30],
            promo_start: PromoStart::default(),
            promo_one_per_item: true,
            promo_lock: PromoLock::default(),
            promo_answer: PromoAnswer::default(),
            promo_key_max: 32,
            promo_page_size: 20,
            promo_detail: PromoDetail::default(),
            promo_zone: Zone::default(),
            promo_now: None,
        }
    }
}

/// A credential beside the first one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherClient {
    /// Its secret.
    pub secret: String,
    /// Outlets that it alone reaches.
    pub outlets: Vec<String>,
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

/// How an empty list is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyList {
    /// `[]`
    #[default]
    List,
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

/// The first day on which a promotion may begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PromoStart {
    #[default]
    Today,
    Tomorrow,
}

/// What happens to a PUT that renames the menu of a running promotion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PromoLock {
    #[default]
    Refuse,
    Ignore,
}

/// Whether `success` and `failure` of an answer are lists, or one object and `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PromoAnswer {
    #[default]
    List,
    Object,
}

/// How much is read of a promotion: all, or only id and status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PromoDetail {
    #[default]
    Full,
    Bare,
}

/// A time zone by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(pub TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::get("Asia/Jakarta").unwrap_or(TimeZone::UTC))
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.iana_name().unwrap_or("UTC").serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::get(&name).map(Self).map_err(serde::de::Error::custom)
    }
}
