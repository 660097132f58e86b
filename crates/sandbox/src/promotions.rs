//! SKU promotions: a price of one dish, for some time. What the documentation leaves open is a setting.

use std::collections::HashMap;

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime, Time},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    settings::{PromoDetail, PromoLock, PromoStart, Settings},
    written::{Catalog, DAYS},
};

pub(super) const SKU_PROMO: &str = "sku_promo";

/// What a promotion is, as it is written: `promo_detail`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // the platform's own fields
pub struct PromotionDetail {
    pub external_menu_id: String,
    pub selling_price: i64,
    /// `YYYY-MM-DD`, as all dates; both days count.
    pub start_date: String,
    pub end_date: String,
    /// `HH:MM:SS`, as all times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applicable_days: Vec<String>,
}

/// A promotion that is made elsewhere, in the app or by another partner: nothing of it is checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForeignPromotion {
    /// What it is.
    pub promo_detail: PromotionDetail,
    /// The status that is shown, whatever the clock says.
    pub status: Option<String>,
    /// Another kind of promotion than `sku_promo`.
    pub promo_type: Option<String>,
}

/// What the server holds of a promotion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotionDump {
    /// The platform's id of it.
    pub promotion_id: String,
    /// `sku_promo`
    pub promo_type: String,
    /// As it is shown now.
    pub status: String,
    /// Whether a control call made it.
    pub foreign: bool,
    /// What it is.
    pub promo_detail: PromotionDetail,
}

#[derive(Debug)]
pub(super) struct Promotion {
    id: Uuid,
    promo_type: String,
    detail: PromotionDetail,
    foreign: bool,
    pub(super) is_deactivated: bool,
    /// Shown instead of the status by the clock.
    status: Option<String>,
}

/// Where the clock is between start and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Created,
    Active,
    Ended,
    Deactivated,
}

/// The promotions of one outlet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Promotions {
    pub(super) list: Vec<Promotion>,
    /// Body and answer of the calls that were made with each idempotency key.
    pub(super) answered: HashMap<String, (Value, Value)>,
}

impl Promotions {
    /// Ends those whose item is not in the menu any more (documentation).
    pub(super) fn deactivate_without_item(&mut self, menu: &Catalog, settings: &Settings) {
        let now = now_in_zone(settings);
        let is_there = |id: &str| menu.items().any(|item| item.external_id.as_deref() == Some(id));
        for promotion in &mut self.list {
            if promotion.phase(now) != Phase::Ended && !is_there(&promotion.detail.external_menu_id) {
                promotion.is_deactivated = true;
            }
        }
    }

    /// What is wrong with a menu: the name of a category is locked while a promotion on one of its items runs
    /// (documentation).
    pub(super) fn find_locked_names(&self, menu: &Catalog, published: &Catalog, settings: &Settings) -> Vec<String> {
        if settings.promo_lock == PromoLock::Ignore {
            return Vec::new();
        }
        let now = now_in_zone(settings);
        let running = self.list.iter().filter(|promotion| promotion.phase(now) == Phase::Active);
        let mut complaints: Vec<String> = running
            .filter_map(|promotion| {
                let id = promotion.detail.external_menu_id.as_str();
                let name = name_of_menu_with(published, id)?;
                let is_renamed = name_of_menu_with(menu, id).is_some()
                    && !menu.menus.iter().any(|m| m.name.as_deref() == Some(name));
                is_renamed.then(|| format!("menus.name: {name} has an active promotion and cannot be renamed"))
            })
            .collect();
        complaints.dedup();
        complaints
    }

    /// Adds one that nobody has asked us for.
    pub(super) fn add_foreign(&mut self, new: ForeignPromotion) -> Result<(), String> {
        let ForeignPromotion { promo_detail: detail, status, promo_type } = new;
        let complaints = check_form(&detail);
        if let Some(complaint) = complaints.first() {
            return Err(complaint.clone());
        }
        let promo_type = promo_type.unwrap_or_else(|| SKU_PROMO.into());
        self.list.push(Promotion {
            id: Uuid::new_v4(),
            promo_type,
            detail,
            foreign: true,
            is_deactivated: false,
            status,
        });
        Ok(())
    }

    /// All of them.
    pub(super) fn dump(&self, settings: &Settings) -> Vec<PromotionDump> {
        let now = now_in_zone(settings);
        let dump = |promotion: &Promotion| PromotionDump {
            promotion_id: promotion.id.to_string(),
            promo_type: promotion.promo_type.clone(),
            status: promotion.status(now).into(),
            foreign: promotion.foreign,
            promo_detail: promotion.detail.clone(),
        };
        self.list.iter().map(dump).collect()
    }

    /// Makes one, and gives its id; an error is why not.
    pub(super) fn create(
        &mut self,
        detail: PromotionDetail,
        menu: &Catalog,
        settings: &Settings,
    ) -> Result<Uuid, &'static str> {
        if let Some(failure) = self.find_failure(&detail, menu, settings) {
            return Err(failure);
        }
        let id = Uuid::new_v4();
        let promo_type = SKU_PROMO.into();
        self.list.push(Promotion { id, promo_type, detail, foreign: false, is_deactivated: false, status: None });
        Ok(id)
    }

    /// Where the promotion with this id is in the list.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.list.iter().position(|promotion| promotion.id.to_string() == id)
    }

    /// Why a promotion is not made, said inside of an answer with status 200.
    fn find_failure(&self, detail: &PromotionDetail, menu: &Catalog, settings: &Settings) -> Option<&'static str> {
        let now = now_in_zone(settings);
        let known = menu.items().find(|item| item.external_id.as_deref() == Some(&detail.external_menu_id));
        let Some(item) = known.filter(|item| item.in_stock != Some(false) && item.active != Some(false)) else {
            return Some("Item is not active");
        };
        let price = item.price.unwrap_or_default();
        let [by_dates, by_times] = settings.promo_min_discount;
        let least = if detail.start_time.is_some() { by_times } else { by_dates };
        let is_too_small = (price - detail.selling_price).saturating_mul(100) < price.saturating_mul(i64::from(least));
        let starts_too_early = detail.dates().is_none_or(|(first, _)| match settings.promo_start {
            PromoStart::Today => first < now.date(),
            PromoStart::Tomorrow => first <= now.date(),
        });
        let meets = |other: &&Promotion| {
            let is_open = matches!(other.phase(now), Phase::Created | Phase::Active);
            is_open && other.detail.external_menu_id == detail.external_menu_id && other.detail.meets(detail)
        };
        if starts_too_early {
            Some("Start date must be after today")
        } else if is_too_small {
            Some("Discount is below the minimum")
        } else if settings.promo_one_per_item && self.list.iter().any(|other| meets(&other)) {
            Some("Item already has a promotion")
        } else {
            None
        }
    }
}

impl Promotion {
    pub(super) fn phase(&self, now: DateTime) -> Phase {
        match self.detail.span() {
            _ if self.is_deactivated => Phase::Deactivated,
            Some((start, _)) if now < start => Phase::Created,
            Some((_, end)) if now < end => Phase::Active,
            _ => Phase::Ended,
        }
    }

    fn status(&self, now: DateTime) -> &str {
        self.status.as_deref().unwrap_or_else(|| match self.phase(now) {
            Phase::Created => "created",
            Phase::Active => "active",
            Phase::Ended => "ended",
            Phase::Deactivated => "deactivated",
        })
    }

    pub(super) fn show(&self, now: DateTime, detail: PromoDetail) -> Value {
        let bare = json!({ "promotion_id": self.id, "status": self.status(now) });
        match detail {
            PromoDetail::Bare => bare,
            PromoDetail::Full => {
                let mut full = bare;
                full["promo_type"] = json!(self.promo_type);
                full["promo_detail"] = json!(self.detail);
                full
            }
        }
    }
}

impl PromotionDetail {
    fn dates(&self) -> Option<(Date, Date)> {
        Some((parse_date(&self.start_date)?, parse_date(&self.end_date)?))
    }

    /// The first moment, and the first after the last.
    fn span(&self) -> Option<(DateTime, DateTime)> {
        let (first, last) = self.dates()?;
        let (from, to) = self.times();
        let end = match self.end_time {
            Some(_) => last.to_datetime(to),
            None => last.tomorrow().ok()?.to_datetime(Time::midnight()),
        };
        Some((first.to_datetime(from), end))
    }

    /// From and to on each day; the last second of the day where it has none.
    fn times(&self) -> (Time, Time) {
        let read = |time: &Option<String>| time.as_deref().and_then(parse_time);
        (read(&self.start_time).unwrap_or_else(Time::midnight), read(&self.end_time).unwrap_or(Time::MAX))
    }

    /// Whether both hold at some moment.
    fn meets(&self, other: &Self) -> bool {
        let (Some((first, last)), Some((other_first, other_last))) = (self.dates(), other.dates()) else {
            return false;
        };
        let ((from, to), (other_from, other_to)) = (self.times(), other.times());
        let (first, last) = (first.max(other_first), last.min(other_last));
        let is_on = |date: Date| self.holds_on(date) && other.holds_on(date);
        from < other_to && other_from < to && days_between(first, last).any(is_on)
    }

    fn holds_on(&self, date: Date) -> bool {
        let name = DAYS[usize::from(date.weekday().to_sunday_zero_offset().unsigned_abs())];
        self.applicable_days.is_empty() || self.applicable_days.iter().any(|day| day == name)
    }
}

/// The days from the first to the last; after a week all weekdays were there.
fn days_between(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(7).take_while(move |date| *date <= last)
}

fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn parse_time(text: &str) -> Option<Time> {
    (text.len() == 8).then(|| text.parse().ok()).flatten()
}

pub(super) fn now_in_zone(settings: &Settings) -> DateTime {
    let now = settings.promo_now.unwrap_or_else(Timestamp::now);
    Zoned::new(now, settings.promo_zone.0.clone()).datetime()
}

fn name_of_menu_with<'a>(catalog: &'a Catalog, item: &str) -> Option<&'a str> {
    let has = |id: &Option<String>| id.as_deref() == Some(item);
    let menu = catalog.menus.iter().find(|menu| menu.menu_items.iter().any(|item| has(&item.external_id)))?;
    menu.name.as_deref()
}

/// What is wrong with a promotion whatever the menu.
pub(super) fn check_form(detail: &PromotionDetail) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut require = |is_met: bool, complaint: &str| {
        if !is_met {
            complaints.push(complaint.to_owned());
        }
    };
    require(!detail.external_menu_id.is_empty(), "external_menu_id: missing required field");
    require(detail.selling_price > 0, "selling_price: must be greater than 0");
    let dates = detail.dates();
    require(dates.is_some(), "start_date, end_date: must be dates (YYYY-MM-DD)");
    require(dates.is_none_or(|(first, last)| first <= last), "end_date: must not be before start_date");
    let times = [&detail.start_time, &detail.end_time].map(|time| time.as_deref().map(parse_time));
    require(!matches!(times, [Some(_), None] | [None, Some(_)]), "start_time, end_time: one needs the other");
    require(!times.contains(&Some(None)), "start_time, end_time: must be times (HH:MM:SS)");
    if let [Some(Some(from)), Some(Some(to))] = times {
        require(from < to, "end_time: must be after start_time");
    }
    require(detail.applicable_days.iter().all(|day| DAYS.contains(&day.as_str())), "applicable_days: unknown day");
    complaints
}
