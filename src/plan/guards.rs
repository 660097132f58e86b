//! Limits on a plan. A rule judges files; a guard judges what a push would do to what customers see now.
//!
//! Every guard looks at the call that is about to be made: where nothing is pushed, nothing is held. One that trips holds
//! this outlet only, until a person releases it by name.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{Action, Change, Inputs, Kind, Reviewed, compare::Compared, matching::Matched, matching::item_ids};
use crate::{
    catalog::{ExternalId, ItemField, Path, Price},
    policy::{Guard, UnmanagedPolicy},
};

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

/// A guard's limit, in the units of its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Percent.
    Percent(f64),
    /// A number of items, or a share of them in percent.
    CountOrPercent(u32, f64),
}

/// `50`, or `[5, 20]`.
impl Serialize for Limit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Percent(percent) => serializer.serialize_f64(percent),
            Self::CountOrPercent(count, percent) => (count, percent).serialize(serializer),
        }
    }
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
    pub items: Vec<String>,
    /// The finding in a sentence, with its numbers.
    pub message: String,
    /// What released it, if that was an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Reviewed>,
}

/// Asks every guard; returns those with something to say, in their fixed order.
pub(super) fn judge(inputs: &Inputs<'_>, matched: &Matched, compared: &Compared, action: Action) -> Vec<GuardVerdict> {
    if action == Action::None {
        return Vec::new();
    }
    let judge = Judge { inputs, matched, compared, action };
    let mut verdicts: Vec<GuardVerdict> = Guard::ALL
        .into_iter()
        .filter_map(|guard| {
            let finding = judge.ask(guard)?;
            let verdict = match (finding.trips, inputs.released.contains(&guard)) {
                (false, _) => Verdict::Pass,
                (true, true) => Verdict::Released,
                (true, false) => Verdict::Held,
            };
            let Finding { limit, actual, trips: _, items, message } = finding;
            let items = items.iter().map(Path::to_string).collect();
            Some(GuardVerdict { guard, limit, actual: actual.map(tenth), verdict, items, message, approval: None })
        })
        .collect();
    verdicts.sort_by_key(|verdict| verdict.guard);
    verdicts
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
            Guard::ReKey if whole_menu => self.re_key(),
            Guard::PriceChange => self.price_change(),
            Guard::DecimalSlip => self.decimal_slip(),
            Guard::SoldOut => self.sold_out(),
            Guard::Deletes | Guard::EmptiedMenu | Guard::Unmanaged | Guard::ReKey => None,
        }
    }

    fn pushed(&self) -> impl Iterator<Item = &Change> {
        self.compared.changes.iter().filter(|change| change.pushed)
    }

    fn live_items(&self) -> usize {
        self.matched.item_count
    }

    fn first_contact(&self) -> Option<Finding> {
        if self.inputs.base.is_some() || self.live_items() == 0 {
            return None;
        }
        let message = format!(
            "nothing is remembered of this outlet, and its live menu ({}) is neither empty nor what the files say",
            counted(self.live_items(), "item")
        );
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

    /// Items that are live and not in the payload, unmanaged ones included. What a dated layer brought leaves with it.
    fn leaving(&self) -> Vec<ExternalId> {
        let staying = item_ids(&self.compared.payload);
        let ours = item_ids(&self.matched.catalog);
        let gone = ours
            .difference(&staying)
            .filter(|id| !self.inputs.ended.contains::<ExternalId>(id))
            .map(|id| (*id).clone());
        gone.chain(self.matched.unmanaged.iter().map(super::Unmanaged::id)).collect()
    }

    fn deletes(&self) -> Option<Finding> {
        let leaving = self.leaving();
        if leaving.is_empty() {
            return None;
        }
        let limit = self.inputs.policy.guards.deletes;
        let percent = share(leaving.len(), self.live_items());
        let trips = leaving.len() > limit.count as usize || percent > limit.percent;
        let message = format!(
            "{} of {} would leave the menu ({percent:.0} %); the limit is {} or {} %",
            leaving.len(),
            counted(self.live_items(), "live item"),
            counted(limit.count as usize, "item"),
            limit.percent
        );
        Some(Finding {
            limit: Some(Limit::CountOrPercent(limit.count, limit.percent)),
            actual: Some(leaving.len() as f64),
            trips,
            items: leaving.iter().map(Path::item).collect(),
            message,
        })
    }

    fn emptied_menu(&self) -> Option<Finding> {
        let leaving: HashSet<ExternalId> = self.leaving().into_iter().collect();
        let mut menus: Vec<(&str, bool)> = Vec::new();
        let ours = self.matched.catalog.items().map(|(menu, item)| (menu.name.as_str(), &item.external_id));
        let foreign: Vec<(String, ExternalId)> =
            self.matched.unmanaged.iter().map(|item| (item.menu.clone(), item.id())).collect();
        let foreign = foreign.iter().map(|(menu, id)| (menu.as_str(), id));
        for (menu, id) in ours.chain(foreign) {
            let gone = leaving.contains(id);
            match menus.iter_mut().find(|(name, _)| *name == menu) {
                Some((_, all_gone)) => *all_gone &= gone,
                None => menus.push((menu, gone)),
            }
        }
        let emptied: Vec<&str> = menus.into_iter().filter(|(_, all_gone)| *all_gone).map(|(name, _)| name).collect();
        if emptied.is_empty() {
            return None;
        }
        Some(Finding {
            limit: None,
            actual: Some(emptied.len() as f64),
            trips: true,
            items: emptied.iter().map(|name| Path::Menu((*name).to_owned())).collect(),
            message: format!("every item of {} would leave the catalog", quoted(&emptied)),
        })
    }

    fn unmanaged(&self) -> Option<Finding> {
        let lost = &self.matched.unmanaged;
        if lost.is_empty() || self.inputs.policy.unmanaged != UnmanagedPolicy::Hold {
            return None;
        }
        let names: Vec<&str> = lost.iter().map(|item| item.name.as_str()).collect();
        Some(Finding {
            limit: None,
            actual: Some(lost.len() as f64),
            trips: true,
            items: lost.iter().map(|item| Path::item(&item.id())).collect(),
            message: format!(
                "{} that no file knows would be lost: {}",
                counted(lost.len(), "live item"),
                quoted(&names)
            ),
        })
    }

    fn re_key(&self) -> Option<Finding> {
        let fold = |name: &str| name.nfc().collect::<String>().trim().to_lowercase();
        let whole = |kind| {
            self.pushed().filter(move |change| change.kind == kind && matches!(change.path, Path::Item(_, None)))
        };
        let added: HashMap<String, &Change> = whole(Kind::Add).map(|c| (fold(&c.subject.name), c)).collect();
        let twice: Vec<(&Change, &Change)> =
            whole(Kind::Remove).filter_map(|gone| Some((gone, *added.get(&fold(&gone.subject.name))?))).collect();
        let (gone, new) = twice.first()?;
        let more = if twice.len() > 1 { format!(", and {} more", twice.len() - 1) } else { String::new() };
        Some(Finding {
            limit: None,
            actual: Some(twice.len() as f64),
            trips: true,
            items: twice.iter().map(|(gone, _)| gone.path.clone()).collect(),
            message: format!(
                "“{}” would be removed as {} and added again as {}{more}: its orders and stock would not be carried over",
                gone.subject.name, gone.path, new.path
            ),
        })
    }

    fn price_changes(&self) -> impl Iterator<Item = (&Change, i64, i64)> {
        self.pushed()
            .filter(|change| change.is_price())
            .filter_map(|change| Some((change, change.from.as_i64()?, change.to.as_i64()?)))
    }

    fn price_change(&self) -> Option<Finding> {
        let limit = self.inputs.policy.guards.price_change;
        let moves: Vec<(&Change, f64)> =
            self.price_changes().map(|(change, from, to)| (change, percent_change(from, to))).collect();
        let over: Vec<&(&Change, f64)> = moves.iter().filter(|(_, percent)| *percent > limit).collect();
        let (worst, percent) = moves.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let (name, prices) = (&worst.subject.name, arrow(worst));
        let message = if percent.is_finite() {
            format!("the price of “{name}” moves by {percent:.0} % ({prices}); the limit is {limit} %")
        } else {
            format!("“{name}” was free and is not any more ({prices}); the limit is {limit} %")
        };
        let more = if over.len() > 1 { format!(", and {} more beyond it", over.len() - 1) } else { String::new() };
        Some(Finding {
            limit: Some(Limit::Percent(limit)),
            actual: percent.is_finite().then_some(*percent),
            trips: !over.is_empty(),
            items: over.iter().map(|(change, _)| change.path.clone()).collect(),
            message: message + &more,
        })
    }

    fn decimal_slip(&self) -> Option<Finding> {
        let mut slips: Vec<(Path, String)> = self
            .price_changes()
            .filter(|(_, from, to)| is_decimal_slip(*from, *to))
            .map(|(change, ..)| (change.path.clone(), format!("“{}” {}", change.subject.name, arrow(change))))
            .collect();
        slips.extend(self.new_prices().filter_map(|(change, id, price)| {
            let peers = self.inputs.peers.get(id)?;
            let (peer, outlets) = peers.iter().find(|(peer, _)| is_decimal_slip(peer.0, price))?;
            let told = format!(
                "“{}” {}, but {peer} at {}",
                change.subject.name,
                Price(price),
                counted(*outlets, "other outlet")
            );
            Some((change.path.clone(), told))
        }));
        let (_, first) = slips.first()?;
        let more = if slips.len() > 1 { format!(", and {} more", slips.len() - 1) } else { String::new() };
        let message = format!("a factor of 10, 100 or 1000 looks like a slipped decimal: {first}{more}");
        Some(Finding {
            limit: None,
            actual: Some(slips.len() as f64),
            trips: true,
            items: slips.into_iter().map(|(path, _)| path).collect(),
            message,
        })
    }

    fn new_prices(&self) -> impl Iterator<Item = (&Change, &ExternalId, i64)> {
        self.pushed().filter_map(|change| match (&change.path, change.kind) {
            (Path::Item(id, None), Kind::Add) => Some((change, id, change.to.get("price")?.as_i64()?)),
            _ => None,
        })
    }

    fn sold_out(&self) -> Option<Finding> {
        let off: Vec<Path> = self
            .pushed()
            .filter(|change| change.to == Value::Bool(false))
            .filter(|change| matches!(change.path, Path::Item(_, Some(ItemField::InStock))))
            .map(|change| change.path.clone())
            .collect();
        if off.is_empty() {
            return None;
        }
        let limit = self.inputs.policy.guards.sold_out;
        let percent = share(off.len(), self.live_items());
        let message = format!(
            "{} of {} would go out of stock ({percent:.0} %); the limit is {limit} %",
            off.len(),
            counted(self.live_items(), "live item")
        );
        Some(Finding {
            limit: Some(Limit::Percent(limit)),
            actual: Some(percent),
            trips: percent > limit,
            items: off,
            message,
        })
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// By how many percent of `from` a price moves; infinite where there is nothing to measure by.
fn percent_change(from: i64, to: i64) -> f64 {
    match (from, to) {
        (from, to) if from == to => 0.0,
        (0, _) => f64::INFINITY,
        (from, to) => (to as f64 - from as f64).abs() * 100.0 / (from as f64).abs(),
    }
}

/// Whether two prices differ by a factor within 10 % of 10, 100 or 1000, whichever is the larger.
pub(super) fn is_decimal_slip(a: i64, b: i64) -> bool {
    let (small, large) = (a.unsigned_abs().min(b.unsigned_abs()), a.unsigned_abs().max(b.unsigned_abs()));
    let (small, large) = (u128::from(small), u128::from(large));
    small > 0
        && [10, 100, 1000].into_iter().any(|factor| {
            let (middle, found) = (small * factor * 10, large * 10);
            found.abs_diff(middle) * 10 <= middle
        })
}

fn arrow(change: &Change) -> String {
    let price = |value: &Value| value.as_i64().map_or_else(|| "none".to_owned(), |price| Price(price).to_string());
    format!("{} → {}", price(&change.from), price(&change.to))
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
