//! Promotions of one outlet: its layers, laid one after the other, become promotions of single dishes.
//!
//! Whether they are sensible is judged by `rules`.

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
};

use super::{
    Composed,
    compose::Composer,
    draft_promotions::{DraftPromotion, Drafts},
    layer::{Action, Content, Markup, PromotionEntry, Selling},
    over_time::OverTime,
    pricing::marked_up,
};
use crate::{
    catalog::{Catalog, ExternalId, Path, Price, PromoDetail, WantedPromotion},
    diagnostic::{Diagnostic, Place},
};

/// Dishes of one name (our choice: each is a call).
const MOST_DISHES: usize = 500;

impl<'d> Composer<'d> {
    pub(super) fn lay_promotions(&mut self, entries: &'d [PromotionEntry], is_dated: bool) {
        for PromotionEntry { name, action } in entries {
            match action {
                Action::Remove(place) => {
                    if self.draft.promotions.remove(name.value.as_str()).is_none() {
                        self.absent_promotion(&name.value, place);
                    }
                }
                Action::Change(fields) => {
                    let new = || DraftPromotion::new(is_dated);
                    let draft = self.draft.promotions.entry(name.value.as_str()).or_insert_with(new);
                    draft.mentions.push(&name.place);
                    let unknown = draft.lay(fields);
                    for (item, place) in unknown {
                        let message = format!("the promotion `{}` is not on the dish `{item}` before this", name.value);
                        let wrong = Diagnostic::error("unknown-patch-target", place.clone(), message);
                        self.report(wrong.help("remove this line, or correct the id"));
                    }
                }
            }
        }
    }

    fn absent_promotion(&mut self, name: &str, place: &Place) {
        if !self.may_be_declared(name) {
            let wrong = Diagnostic::error(
                "unknown-patch-target",
                place.clone(),
                format!("no layer declares the promotion `{name}`"),
            );
            self.report(wrong.help("remove this, or correct the name"));
        }
    }

    /// Whether a layer that does not count now, or cannot be read, may declare it.
    fn may_be_declared(&self, name: &str) -> bool {
        let declares = |layer: &&Content| layer.promotions.iter().any(|entry| entry.name.value == name);
        self.is_incomplete() || self.dormant().any(|layer| declares(&layer))
    }

    /// Reports what is missing, and drops what is not complete.
    pub(super) fn complete_promotions(&mut self) {
        let drafts = std::mem::take(&mut self.draft.promotions);
        for (name, draft) in drafts {
            let Some(place) = draft.mentions.last() else { continue };
            if let Some(key) = draft.missing() {
                if !self.may_be_declared(name) {
                    let wrong = Diagnostic::error(
                        "missing-key",
                        (*place).clone(),
                        format!("the promotion `{name}` has no `{key}`"),
                    );
                    self.report(
                        wrong.help(format!("add `{key}`, or correct the name if a layer declares this promotion")),
                    );
                }
                continue;
            }
            if let (false, Some(item)) = (draft.items.is_empty(), draft.item) {
                let message = format!("the promotion `{name}` has both `items` and `external_menu_id`");
                let wrong = Diagnostic::error("conflicting-keys", item.place.clone(), message);
                self.report(wrong.help("put all its dishes into `items`"));
                continue;
            }
            if let (false, Some(selling)) = (draft.items.is_empty(), draft.selling) {
                let message = format!("the dishes of the promotion `{name}` have prices of their own");
                let wrong = Diagnostic::error("conflicting-keys", selling.place.clone(), message);
                self.report(wrong.help("write the price of each dish under `items`"));
                continue;
            }
            if draft.items.len() > MOST_DISHES {
                let message = format!("the promotion `{name}` has more than {MOST_DISHES} dishes");
                self.report(
                    Diagnostic::error("out-of-range", (*place).clone(), message).help("write several promotions"),
                );
                continue;
            }
            if draft.is_dated {
                let message = format!("the promotion `{name}` stands in a dated layer, and ends with it");
                let help = "declare it in a layer without dates, so that it is made ahead and ends on its own day";
                self.report(Diagnostic::warning("promotion-in-dated-layer", (*place).clone(), message).help(help));
            }
            self.draft.promotions.insert(name, draft);
        }
    }
}

impl Selling {
    /// What a dish costs whose price is this; `None` if a discount has no price to be taken off.
    fn of(self, price: Option<Price>) -> Option<Price> {
        match self {
            Self::Price(price) => Some(price),
            Self::Discount { points, round_to, round } => {
                marked_up(price?, Markup::BasisPoints(-points), round_to, round)
            }
        }
    }
}

/// Gives an outlet its promotions, when all layers are laid. The earliest of the moments at which one of them begins or ends
/// is one at which something else is to be said of it.
pub(super) fn finish(drafts: Drafts<'_>, composed: &mut Composed, over_time: &OverTime<'_>) {
    let (at, zone) = (over_time.at, composed.policy.timezone.clone());
    let moment = |civil: DateTime| civil.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).ok();
    let now = at.to_zoned(zone.clone()).datetime();
    for (name, draft) in drafts {
        let (Some(start_date), Some(end_date)) = (draft.start_date, draft.end_date) else { continue };
        for (item, selling) in draft.dishes() {
            let id = &item.value;
            let mut detail = PromoDetail {
                external_menu_id: id.clone(),
                selling_price: Price(0),
                start_date,
                end_date,
                start_time: draft.start_time,
                end_time: draft.end_time,
                applicable_days: draft.days.clone(),
            };
            let is_sold = composed.catalog.item(id).is_some();
            if draft.where_sold && !is_sold {
                continue;
            }
            let (start, end) = (moment(detail.start()), moment(detail.end()));
            let prices = prices(id, (start.unwrap_or(at).max(at), end.unwrap_or(at)), &composed.catalog, over_time);
            // What was promised when it began holds to its end, whatever a dated layer makes of the price meanwhile.
            let is_over = detail.end() <= now;
            let is_promised =
                |began: &Timestamp| *began < at && !is_over && matches!(selling, Selling::Discount { .. });
            let promised = start.filter(is_promised).and_then(|began| {
                let menu = over_time.other_menu(began);
                menu.as_deref().unwrap_or(&composed.catalog).item(id)?.price.value().copied()
            });
            detail.selling_price = selling.of(promised.or(prices.first().copied())).unwrap_or_default();
            let least = if draft.start_time.is_some() {
                composed.policy.least_discounts[1]
            } else {
                composed.policy.least_discounts[0]
            };
            let promotion = WantedPromotion {
                name: name.to_owned(),
                prices: if is_sold { prices } else { Vec::new() },
                least_discount: least,
                begins_by_today: start_date <= now.date(),
                is_over,
                detail,
            };
            let path = Path::Promotion(name.to_owned(), id.clone());
            draft.mentions.iter().for_each(|place| composed.origins.record(path.clone(), place));
            if draft.item.is_none() && draft.mentions.last() != Some(&&item.place) {
                composed.origins.record(path, &item.place);
            }
            let edges = [start_date.to_datetime(Time::midnight()), promotion.detail.end()].into_iter();
            let next = edges.filter_map(moment).filter(|edge| *edge > at).min();
            composed.next_promotion = [composed.next_promotion, next].into_iter().flatten().min();
            composed.catalog.promotions.push(promotion);
        }
    }
    composed
        .catalog
        .promotions
        .sort_by(|a, b| (&a.name, &a.detail.external_menu_id).cmp(&(&b.name, &b.detail.external_menu_id)));
}

/// What a dish costs between two moments, each price once, the first one first.
fn prices(
    id: &ExternalId,
    (start, end): (Timestamp, Timestamp),
    now: &Catalog,
    over_time: &OverTime<'_>,
) -> Vec<Price> {
    let price = |at: Timestamp| {
        let menu = over_time.other_menu(at);
        menu.as_deref().unwrap_or(now).item(id).and_then(|item| item.price.value().copied())
    };
    let mut prices = Vec::new();
    for price in [start].into_iter().chain(over_time.changes(start, end)).filter_map(price) {
        if !prices.contains(&price) {
            prices.push(price);
        }
    }
    prices
}
