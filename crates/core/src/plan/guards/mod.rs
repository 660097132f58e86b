//! Limits on a plan. A rule judges files; a guard judges what a push would do to what customers see now.
//!
//! Every guard looks at the call that is about to be made: where nothing is pushed, nothing is held, but for a menu that
//! reads empty (`empty-live`). One that trips holds this outlet only, until a person releases it by name.

mod beyond;
mod leaving;
mod prices;
mod promotions;

pub(super) use promotions::judge_prices;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::prices::{is_decimal_slip, percent_change};
use super::{Action, Change, Inputs, compare::Compared, matching::Matched, matching::item_ids};
use crate::{
    catalog::{FieldValue, ItemField, Path},
    policy::Guard,
};

/// Where an approval stands, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reviewed {
    /// The file, relative to the root.
    pub file: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
    /// From when on it no longer counts.
    pub expires: Timestamp,
}

/// What a guard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Within its limit.
    Pass,
    /// Tripped: the outlet is not pushed.
    Held,
    /// Tripped, and a person let it through.
    Released,
}

/// A guard's limit, in the units of its name: `50`, or `[5, 20]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    /// Percent.
    Percent(f64),
    /// A number of items, or a share of them in percent.
    CountOrPercent(u32, f64),
}

/// One guard's word on a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuardVerdict {
    /// The guard.
    pub guard: Guard,
    /// Its limit, if it has one.
    pub limit: Option<Limit>,
    /// What the plan would do, in percent or in a number of items; `null` where a number says nothing.
    pub actual: Option<f64>,
    /// Pass, held or released.
    pub verdict: Verdict,
    /// The items, variants or menus concerned, by path.
    pub items: Vec<Path>,
    /// The platform's ids of the promotions concerned, sorted: an approval is for these and no others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<String>,
    /// The finding in a sentence, with its numbers.
    pub message: String,
    /// What released it, if that was an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Reviewed>,
}

/// Asks every guard; returns those with something to say, in their fixed order.
pub(super) fn judge(inputs: &Inputs<'_>, matched: &Matched, compared: &Compared, action: Action) -> Vec<GuardVerdict> {
    let judge = Judge { inputs, matched, compared, action };
    // That a menu has vanished is said even where nothing would be sent.
    let asked = Guard::ALL.into_iter().filter(|guard| action != Action::None || *guard == Guard::EmptyLive);
    asked.filter_map(|guard| Some(judge.ask(guard)?.verdict(guard, inputs.released.contains(&guard)))).collect()
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

struct Finding {
    limit: Option<Limit>,
    actual: Option<f64>,
    trips: bool,
    items: Vec<Path>,
    message: String,
}

impl Finding {
    fn verdict(self, guard: Guard, is_released: bool) -> GuardVerdict {
        let Self { limit, actual, trips, items, message } = self;
        let verdict = match (trips, is_released) {
            (false, _) => Verdict::Pass,
            (true, true) => Verdict::Released,
            (true, false) => Verdict::Held,
        };
        let (actual, promotions) = (actual.map(tenth), Vec::new());
        GuardVerdict { guard, limit, actual, verdict, items, promotions, message, approval: None }
    }
}

/// What `sold-out` says where these of so many live items go out of stock.
pub(super) fn judge_sold_out(off: Vec<Path>, of: usize, limit: f64, is_released: bool) -> Option<GuardVerdict> {
    Some(sold_out(off, of, limit)?.verdict(Guard::SoldOut, is_released))
}

fn sold_out(off: Vec<Path>, of: usize, limit: f64) -> Option<Finding> {
    if off.is_empty() {
        return None;
    }
    let percent = share(off.len(), of);
    let message = format!(
        "{} of {} would go out of stock ({percent:.0} %); the limit is {limit} %",
        off.len(),
        counted(of, "live item")
    );
    let trips = percent > limit;
    Some(Finding { limit: Some(Limit::Percent(limit)), actual: Some(percent), trips, items: off, message })
}

struct Judge<'a> {
    inputs: &'a Inputs<'a>,
    matched: &'a Matched,
    compared: &'a Compared,
    action: Action,
}

impl Judge<'_> {
    fn ask(&self, guard: Guard) -> Option<Finding> {
        let whole_menu = self.action == Action::Put;
        match guard {
            Guard::FirstContact => self.first_contact(),
            Guard::EmptyLive => self.empty_live(),
            Guard::Deletes if whole_menu => self.deletes(),
            Guard::EmptiedMenu if whole_menu => self.emptied_menu(),
            Guard::Unmanaged if whole_menu => self.unmanaged(),
            Guard::UnreadField if whole_menu => self.unread_field(),
            Guard::UnknownField if whole_menu => self.unknown_field(),
            Guard::ReKey => self.re_key(),
            Guard::PriceChange => self.price_change(),
            Guard::DecimalSlip => self.decimal_slip(),
            Guard::LowPrice => self.low_price(),
            Guard::SoldOut => self.sold_out(),
            Guard::Deletes | Guard::EmptiedMenu | Guard::Unmanaged | Guard::UnreadField | Guard::UnknownField => None,
            // Asked once the promotions are known, see `promotions`.
            Guard::Promotion | Guard::PromotionDepth => None,
            // Asked by who knows what is stored of the others.
            Guard::Rollout => None,
        }
    }

    fn pushed(&self) -> impl Iterator<Item = &Change> {
        self.compared.changes.iter().filter(|change| change.pushed)
    }

    fn live_items(&self) -> usize {
        self.matched.item_count
    }

    fn first_contact(&self) -> Option<Finding> {
        let account = &self.inputs.policy.account;
        if self.inputs.base.is_some_and(|base| base.account == *account) || self.live_items() == 0 {
            return None;
        }
        let named = |account: &Option<Arc<str>>| match account {
            Some(name) => format!("the account `{name}`"),
            None => "the account without a name".to_owned(),
        };
        let why = match self.inputs.base {
            Some(base) => format!("{} pushed last, and this push would be by {}", named(&base.account), named(account)),
            None => "no state is stored for this outlet".to_owned(),
        };
        let live = counted(self.live_items(), "item");
        let message = format!("{why}, and its live menu ({live}) is neither empty nor what the files say");
        Some(Finding { limit: None, actual: None, trips: true, items: Vec::new(), message })
    }

    fn empty_live(&self) -> Option<Finding> {
        let base = self.inputs.base?;
        if self.live_items() > 0 || base.catalog.is_empty() {
            return None;
        }
        let message = format!(
            "GoFood answers with an empty menu, but the last verified push left {} there",
            counted(item_ids(&base.catalog).len(), "item")
        );
        Some(Finding { limit: None, actual: None, trips: true, items: Vec::new(), message })
    }

    fn sold_out(&self) -> Option<Finding> {
        let off: Vec<Path> = self
            .pushed()
            .filter(|change| change.to == Some(FieldValue::Flag(false)))
            .filter(|change| matches!(change.path, Path::Item(_, Some(ItemField::InStock))))
            .map(|change| change.path.clone())
            .collect();
        sold_out(off, self.live_items(), self.inputs.policy.guards.sold_out)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// `1 item`, `3 items`
fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// `“Nasi”, “Mie” and 3 more`
fn quoted(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("“{name}”")).collect();
    match names.len().saturating_sub(3) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
