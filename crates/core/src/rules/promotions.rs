//! Rules on the promotions that the files declare. What the platform takes of them is documented in a few sentences.

use std::collections::BTreeMap;

use super::{
    Findings,
    finding::{Subject, short},
    prices::least_choices,
};
use crate::catalog::{Catalog, Day, ExternalId, Item, Price, PromoDetail, WantedPromotion};

/// More off than this is most likely a slip (our choice).
const DEEP: i64 = 50;

/// Those that are still to be made or go on.
fn open(catalog: &Catalog) -> impl Iterator<Item = &WantedPromotion> {
    catalog.promotions.iter().filter(|promotion| !promotion.is_over)
}

/// The same with their dishes, as far as the menu has them.
fn on_dishes(catalog: &Catalog) -> impl Iterator<Item = (&WantedPromotion, &Item)> {
    open(catalog).filter_map(|promotion| Some((promotion, catalog.item(&promotion.detail.external_menu_id)?)))
}

/// Those whose price can be judged, with the highest or lowest price of the dish meanwhile.
fn priced(catalog: &Catalog) -> impl Iterator<Item = (&WantedPromotion, Price, Price)> {
    open(catalog).filter_map(|promotion| {
        let (least, most) = (promotion.prices.iter().min()?, promotion.prices.iter().max()?);
        Some((promotion, *least, *most))
    })
}

fn is_sensible(promotion: &WantedPromotion, least: Price) -> bool {
    promotion.detail.selling_price.0 >= 1 && promotion.detail.selling_price < least
}

pub(super) fn check_promotion_item(catalog: &Catalog, findings: &mut Findings<'_>) {
    for promotion in open(catalog) {
        let id = &promotion.detail.external_menu_id;
        if id.as_str().is_empty() {
            let help = "write the external_id of a dish under `external_menu_id`";
            findings.add(Subject::Promotion(promotion), "it names no dish", help);
        } else if catalog.item(id).is_none() {
            findings.add(
                Subject::Promotion(promotion),
                format!("the outlet does not sell `{}`", short(id.as_str())),
                "correct the id, or write `where-sold: true` to leave out outlets without the dish",
            );
        }
    }
}

pub(super) fn check_promotion_dates(catalog: &Catalog, findings: &mut Findings<'_>) {
    for promotion in &catalog.promotions {
        let PromoDetail { start_date, end_date, .. } = &promotion.detail;
        if end_date < start_date {
            findings.add(
                Subject::Promotion(promotion),
                format!("it ends on {end_date}, before it begins on {start_date}"),
                "both days count: write the same day twice for a promotion of one day",
            );
        }
    }
}

pub(super) fn check_promotion_times(catalog: &Catalog, findings: &mut Findings<'_>) {
    for promotion in open(catalog) {
        match (promotion.detail.start_time, promotion.detail.end_time) {
            (Some(from), Some(to)) if to <= from => findings.add(
                Subject::Promotion(promotion),
                format!("it ends at {to}, and begins at {from}"),
                "write two promotions for one that goes past midnight: until \"23:59:59\", and from \"00:00\" of the next day",
            ),
            (Some(_), None) => {
                findings.add(Subject::Promotion(promotion), "`start_time` has no `end_time`", "write both or neither");
            }
            (None, Some(_)) => {
                findings.add(Subject::Promotion(promotion), "`end_time` has no `start_time`", "write both or neither");
            }
            _ => {}
        }
    }
}

pub(super) fn check_promotion_price(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (promotion, least, _) in priced(catalog).filter(|(promotion, least, _)| !is_sensible(promotion, *least)) {
        let selling = promotion.detail.selling_price;
        let what = match selling.0 {
            ..=0 => format!("its price is {selling}, at least Rp 1 is required"),
            _ => format!(
                "its price {selling} is not below {least}, what the dish costs at some time between start and end"
            ),
        };
        findings.add(Subject::Promotion(promotion), what, "write a lower `selling_price`, or a `discount`");
    }
}

pub(super) fn check_promotion_discount(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (promotion, least, _) in priced(catalog).filter(|(promotion, least, _)| is_sensible(promotion, *least)) {
        let (selling, minimum) = (promotion.detail.selling_price, i64::from(promotion.least_discount));
        if !takes_off(least, selling, minimum) {
            let by = if promotion.detail.start_time.is_some() { "with times" } else { "without times" };
            // The largest price that is low enough.
            let enough = least.0 - (least.0.saturating_mul(minimum) + 99) / 100;
            findings.add(
                Subject::Promotion(promotion),
                format!("{selling} is less than {minimum} % below {least}, the minimum for a promotion {by}"),
                format!("write {} or less", Price(enough)),
            );
        }
    }
}

/// Whether a price is at least so many percent below another one.
fn takes_off(Price(price): Price, Price(selling): Price, percent: i64) -> bool {
    i128::from(price - selling) * 100 >= i128::from(percent) * i128::from(price)
}

pub(super) fn check_promotion_with_choices(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (promotion, item) in on_dishes(catalog) {
        let selling = promotion.detail.selling_price;
        let total = selling.0.saturating_add(least_choices(catalog, item));
        if selling.0 > 0 && total <= 0 {
            findings.add(
                Subject::Promotion(promotion),
                format!(
                    "the dish costs {} with its cheapest mandatory choices, at least Rp 1 is required",
                    Price(total)
                ),
                "raise its price, or the prices of those variants: choices are never discounted",
            );
        }
    }
}

pub(super) fn check_promotion_days(catalog: &Catalog, findings: &mut Findings<'_>) {
    for promotion in open(catalog) {
        let detail = &promotion.detail;
        if detail.start_date <= detail.end_date && detail.first_days().next().is_none() {
            findings.add(
                Subject::Promotion(promotion),
                format!("none of its days falls between {} and {}", detail.start_date, detail.end_date),
                "add such a day to `applicable_days`, or move the dates",
            );
        }
    }
}

pub(super) fn check_promotion_overlap(catalog: &Catalog, findings: &mut Findings<'_>) {
    let mut by_dish: BTreeMap<&ExternalId, Vec<&WantedPromotion>> = BTreeMap::new();
    for promotion in open(catalog) {
        let known = by_dish.entry(&promotion.detail.external_menu_id).or_default();
        if let Some(other) = known.iter().find(|other| other.detail.meets(&promotion.detail)) {
            findings.add_related(
                Subject::Promotion(promotion),
                format!("it meets the promotion `{}` of the same dish in date, day and time", other.name),
                "a dish has one promotion at a time: move one of the two",
                (Subject::Promotion(other), "the other one"),
            );
        }
        known.push(promotion);
    }
}

pub(super) fn check_promotion_starts_today(catalog: &Catalog, findings: &mut Findings<'_>) {
    for promotion in open(catalog).filter(|promotion| promotion.begins_by_today) {
        findings.add(
            Subject::Promotion(promotion),
            format!("it begins on {}, which is not after today", promotion.detail.start_date),
            "let it begin tomorrow or later if GoFood does not have it yet",
        );
    }
}

pub(super) fn check_promotion_over(catalog: &Catalog, findings: &mut Findings<'_>) {
    for promotion in catalog.promotions.iter().filter(|promotion| promotion.is_over) {
        let ended = promotion.detail.end_date;
        if promotion.detail.start_date <= ended {
            findings.add(Subject::Promotion(promotion), format!("it was over on {ended}"), "remove it");
        }
    }
}

pub(super) fn check_promotion_deep(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (promotion, _, most) in priced(catalog).filter(|(promotion, least, _)| is_sensible(promotion, *least)) {
        let selling = promotion.detail.selling_price;
        if takes_off(most, selling, DEEP) && selling.0.saturating_mul(2) != most.0 {
            let percent = i128::from(most.0 - selling.0) * 100 / i128::from(most.0);
            findings.add(
                Subject::Promotion(promotion),
                format!("{selling} is {percent} % below {most}"),
                "the outlet pays the difference: raise the price if that is not meant",
            );
        }
    }
}

pub(super) fn check_promotion_closed(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (promotion, item) in on_dishes(catalog) {
        if item.in_stock.value() == Some(&false) {
            let help = "GoFood makes no promotion on it; remove `in_stock: false`, or the promotion";
            findings.add(Subject::Promotion(promotion), "the dish is out of stock", help);
        } else if is_never_sold(&promotion.detail, item) {
            findings.add(
                Subject::Promotion(promotion),
                "the dish is never sold while the promotion is on",
                "change its days and times, or the operational_hours of the dish",
            );
        }
    }
}

fn is_never_sold(detail: &PromoDetail, item: &Item) -> bool {
    let Some(hours) = item.operational_hours.value() else { return false };
    let minute =
        |time: jiff::civil::Time| u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
    let (from, to) = (detail.start_time.map_or(0, minute), detail.end_time.map_or(24 * 60, minute));
    let mut days = detail.first_days().peekable();
    days.peek().is_some()
        && days.all(|date| hours.day(Day::of(date)).iter().all(|range| range.end <= from || range.start >= to))
}
