//! Guards on prices: `price-change`, `decimal-slip`, `low-price`. A price that returns to what stood there for a day trips
//! none, nor does one that a layer with `when` has made before.

use super::{
    super::{Change, Kind},
    Finding, Judge, Limit, counted,
};
use crate::{
    catalog::{ExternalId, FieldValue, ItemField, Path, Price},
    rules::MIN_LIKELY_PRICE,
};

impl Judge<'_> {
    fn price_changes(&self) -> impl Iterator<Item = (&Change, i64, i64)> {
        self.pushed()
            .filter(|change| change.is_price())
            .filter_map(|change| Some((change, rupiah(&change.from)?, rupiah(&change.to)?)))
            .filter(|(change, _, to)| !self.inputs.past.was_stable(&change.path, *to))
            .filter(|(change, ..)| !self.inputs.past.has_recurred(change, self.inputs.recurring))
            .map(|(change, from, to)| (change, self.inputs.past.measured_from(change, from, self.inputs.recurring), to))
    }

    pub(super) fn price_change(&self) -> Option<Finding> {
        let limit = self.inputs.policy.guards.price_change;
        let moves: Vec<(&Change, i64, f64)> =
            self.price_changes().map(|(change, from, to)| (change, from, percent_change(from, to))).collect();
        let over: Vec<_> = moves.iter().filter(|(.., percent)| *percent > limit).collect();
        let (worst, from, percent) = moves.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
        let (name, prices) = (&worst.subject.name, arrow(worst, *from));
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
            items: over.iter().map(|(change, ..)| change.path.clone()).collect(),
            message: message + &more,
        })
    }

    pub(super) fn decimal_slip(&self) -> Option<Finding> {
        let mut slips: Vec<(Path, String)> =
            self.price_changes().filter_map(|(change, from, to)| self.slip(change, from, to)).collect();
        slips.extend(self.new_prices().filter_map(|(change, id, price)| {
            let peers = self.inputs.peers.get(id)?;
            let written = self.written(id, price);
            // A markup may slip as well as what it is laid on.
            let slipped = |peer: Price| [written, price].into_iter().find(|price| is_decimal_slip(peer.0, *price));
            let (peer, outlets, slipped) =
                peers.iter().find_map(|(peer, outlets)| Some((peer, outlets, slipped(*peer)?)))?;
            let (name, other) = (&change.subject.name, counted(*outlets, "other outlet"));
            let which = match () {
                () if written == price => "",
                () if slipped == price => " after markups",
                () => " before markups",
            };
            let slipped = Price(slipped);
            Some((change.path.clone(), format!("“{name}” {slipped}{which}, but {peer} at {other}")))
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

    /// A price that moved by such a factor; or one whose written price did, whatever a markup then made of it.
    fn slip(&self, change: &Change, from: i64, to: i64) -> Option<(Path, String)> {
        let words = || format!("“{}” {}", change.subject.name, arrow(change, from));
        if is_decimal_slip(from, to) {
            return Some((change.path.clone(), words()));
        }
        let Path::Item(id, Some(ItemField::Price)) = &change.path else { return None };
        // A base of an earlier release does not know how its prices were made.
        let old = self.inputs.base?.catalog.steps_giving(id, Price(from))?.written;
        let new = Price(self.written(id, to));
        let is_slip = is_decimal_slip(old.0, new.0);
        is_slip.then(|| (change.path.clone(), format!("{} (written {old} → {new}, before markups)", words())))
    }

    /// What the files say of a price before markups; of one that they do not give, as of a pinned one, itself.
    fn written(&self, id: &ExternalId, price: i64) -> i64 {
        self.inputs.desired.steps_giving(id, Price(price)).map_or(price, |steps| steps.written.0)
    }

    /// Prices that the rule `price-too-low` doubts, of items that are new or cost something else now. What is live already is
    /// nobody's slip of today.
    pub(super) fn low_price(&self) -> Option<Finding> {
        let is_low = |path: &Path| self.inputs.low_prices.contains(&path.owner());
        let changed = self.price_changes().map(|(change, _, to)| (change, to));
        let low: Vec<(&Change, i64)> = changed
            .chain(self.new_prices().map(|(change, _, price)| (change, price)))
            // A markup's line is the place of many prices, and a rollback has others than the files.
            .filter(|(change, price)| is_low(&change.path) && *price < MIN_LIKELY_PRICE.0)
            .collect();
        let (first, price) = low.first()?;
        let more = if low.len() > 1 { format!(", and {} more", low.len() - 1) } else { String::new() };
        Some(Finding {
            limit: None,
            actual: Some(low.len() as f64),
            trips: true,
            items: low.iter().map(|(change, _)| change.path.clone()).collect(),
            message: format!("“{}” would cost {}{more}: less than most dishes cost", first.subject.name, Price(*price)),
        })
    }

    fn new_prices(&self) -> impl Iterator<Item = (&Change, &ExternalId, i64)> {
        self.pushed().filter_map(|change| match (&change.path, change.kind) {
            (Path::Item(id, None), Kind::Add) => {
                let price = change.to.as_ref()?.field(ItemField::Price.key())?.as_rupiah()?;
                let past = self.inputs.past;
                let was_stable = past.was_stable(&Path::item_field(id, ItemField::Price), price);
                let is_known = was_stable || past.has_recurred(change, self.inputs.recurring);
                (!is_known).then_some((change, id, price))
            }
            _ => None,
        })
    }
}

/// By how many percent of `from` a price moves; infinite where there is nothing to measure by.
pub(super) fn percent_change(from: i64, to: i64) -> f64 {
    (to as f64 - from as f64).abs() * 100.0 / (from as f64).abs()
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

fn rupiah(side: &Option<FieldValue>) -> Option<i64> {
    side.as_ref().and_then(FieldValue::as_rupiah)
}

fn arrow(change: &Change, from: i64) -> String {
    let price = |side| rupiah(side).map_or_else(|| "none".to_owned(), |price| Price(price).to_string());
    let measured = Price(from).to_string();
    let live = price(&change.from);
    let now = if live == measured { String::new() } else { format!(", now {live}") };
    format!("{measured} → {}{now}", price(&change.to))
}
