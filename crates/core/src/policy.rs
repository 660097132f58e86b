//! What may be done to an outlet's live menu: the settings that may stand in `menusync.yaml`, in a layer or in an outlet.
//!
//! `definition` reads them (nearest wins), `plan` and `schedule` obey them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{diagnostic::Severity, schedule::Window};

/// All settings that can differ between outlets, resolved.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Time zone of dated layers, windows and hours.
    pub timezone: jiff::tz::TimeZone,
    /// Which of `gobiz.accounts` reaches the outlet; `None`: the one without a name.
    pub account: Option<Arc<str>>,
    /// What happens to edits made elsewhere.
    pub drift: DriftPolicy,
    /// What happens to live items that match nothing of ours.
    pub unmanaged: UnmanagedPolicy,
    /// Whether promotions are looked at.
    pub promotions: PromotionPolicy,
    /// The smallest discounts, in percent, that the platform takes: by dates or days, and by times.
    pub least_discounts: [u32; 2],
    /// Fields never compared nor set.
    pub ignore: BTreeSet<Ignorable>,
    /// Limits on plans.
    pub guards: GuardLimits,
    /// Severities that differ from the rule table; `None` = off.
    pub rules: BTreeMap<String, Option<Severity>>,
    /// When pushes may happen.
    pub windows: Vec<Window>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            timezone: jiff::tz::TimeZone::get("Asia/Jakarta").unwrap_or(jiff::tz::TimeZone::UTC),
            account: None,
            drift: DriftPolicy::default(),
            unmanaged: UnmanagedPolicy::default(),
            promotions: PromotionPolicy::default(),
            least_discounts: [5, 30],
            ignore: BTreeSet::new(),
            guards: GuardLimits::default(),
            rules: BTreeMap::new(),
            windows: Vec::new(),
        }
    }
}

impl Policy {
    /// Whether the settings let a variant stand in several categories, so that `import` may write it so.
    pub fn shares_variants(&self) -> bool {
        self.rules.get("variant-in-two-categories").is_some_and(|severity| *severity != Some(Severity::Error))
    }
}

/// `drift: report | revert`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Said, never undone.
    #[default]
    Report,
    /// The files win.
    Revert,
}

/// `unmanaged: hold | delete`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnmanagedPolicy {
    /// A push that would lose them is held.
    #[default]
    Hold,
    /// They are removed.
    Delete,
}

/// `promotions: off | watch | manage`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PromotionPolicy {
    /// Nobody says anything, and no file declares one: they are not looked at, but for those of ours that are to end.
    #[default]
    Unsaid,
    /// They are not looked at.
    Off,
    /// A push that could end one is held.
    Watch,
    /// The same, and those that the files declare are made and ended.
    Manage,
}

impl PromotionPolicy {
    /// Whether a push that could end one is held.
    pub fn watches(self) -> bool {
        matches!(self, Self::Watch | Self::Manage)
    }

    /// The same where nothing may be made or ended.
    #[must_use]
    pub fn without_writing(self) -> Self {
        match self {
            Self::Unsaid | Self::Off => Self::Off,
            Self::Watch | Self::Manage => Self::Watch,
        }
    }

    /// Whether ours may be made and ended.
    pub fn may_write(self) -> bool {
        matches!(self, Self::Unsaid | Self::Manage)
    }
}

/// Fields that `ignore:` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ignorable {
    /// `image`
    Image,
    /// `description`
    Description,
    /// `internal_name`
    InternalName,
    /// `operational_hours`
    OperationalHours,
}

impl Ignorable {
    /// All of them, with the word each has in files.
    pub const ALL: [(&str, Self); 4] = [
        ("image", Self::Image),
        ("description", Self::Description),
        ("internal_name", Self::InternalName),
        ("operational_hours", Self::OperationalHours),
    ];
}

/// The guards, in the order they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Guard {
    FirstContact,
    EmptyLive,
    Deletes,
    EmptiedMenu,
    Unmanaged,
    UnreadField,
    UnknownField,
    ReKey,
    PriceChange,
    DecimalSlip,
    LowPrice,
    SoldOut,
    Promotion,
    PromotionDepth,
    Rollout,
}

impl Guard {
    /// All guards.
    pub const ALL: [Self; 15] = [
        Self::FirstContact,
        Self::EmptyLive,
        Self::Deletes,
        Self::EmptiedMenu,
        Self::Unmanaged,
        Self::UnreadField,
        Self::UnknownField,
        Self::ReKey,
        Self::PriceChange,
        Self::DecimalSlip,
        Self::LowPrice,
        Self::SoldOut,
        Self::Promotion,
        Self::PromotionDepth,
        Self::Rollout,
    ];

    /// Those that a reviewed file can release: a rollout is stopped for all outlets that are left, whatever their plans are.
    pub fn approvable() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|guard| *guard != Self::Rollout)
    }

    /// The guard's name as people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstContact => "first-contact",
            Self::EmptyLive => "empty-live",
            Self::Deletes => "deletes",
            Self::EmptiedMenu => "emptied-menu",
            Self::Unmanaged => "unmanaged",
            Self::UnreadField => "unread-field",
            Self::UnknownField => "unknown-field",
            Self::ReKey => "re-key",
            Self::PriceChange => "price-change",
            Self::DecimalSlip => "decimal-slip",
            Self::LowPrice => "low-price",
            Self::SoldOut => "sold-out",
            Self::Promotion => "promotion",
            Self::PromotionDepth => "promotion-depth",
            Self::Rollout => "rollout",
        }
    }

    /// The guard of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.name() == name)
    }
}

impl std::fmt::Display for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// `deletes: [5, 20%]`: trips when more than `count` items or more than `percent` of the live items would leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeletesLimit {
    /// Number of items.
    pub count: u32,
    /// Share of the live items, in percent.
    pub percent: f64,
}

/// The limits that `guards:` sets. The other guards have no number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuardLimits {
    /// `deletes`
    pub deletes: DeletesLimit,
    /// `price-change`, percent of the live price.
    pub price_change: f64,
    /// `sold-out`, percent of the items.
    pub sold_out: f64,
    /// `promotion-depth`, percent below the live price.
    pub promotion_depth: f64,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            deletes: DeletesLimit { count: 5, percent: 20.0 },
            price_change: 50.0,
            sold_out: 50.0,
            promotion_depth: 50.0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_is_found_by_the_name_that_it_is_shown_by() {
        assert!(Guard::ALL.is_sorted());
        for guard in Guard::ALL {
            assert_eq!(Guard::from_name(&guard.to_string()), Some(guard));
            assert_eq!(serde_json::to_value(guard).unwrap(), guard.name());
        }
        assert_eq!(Guard::from_name("Deletes"), None);
    }
}
