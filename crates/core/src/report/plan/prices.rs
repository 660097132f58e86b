//! Many prices that change at once, in a few words.

use super::words::percent_of;
use crate::{
    catalog::{FieldKind, FieldValue, Price},
    plan::{Change, Kind, OutletPlan},
};

/// The prices that a push changes at one outlet.
pub(super) struct PriceRound<'a> {
    /// Each with what it was and will be, and by how many percent that differs where there is something to measure by.
    prices: Vec<(&'a Change, i64, i64, Option<f64>)>,
}

impl<'a> PriceRound<'a> {
    /// `None` if no price changes.
    pub(super) fn of(plan: &'a OutletPlan) -> Option<Self> {
        let is_price = |change: &&Change| {
            let kind = change.path.info().map(|info| info.kind);
            change.pushed && change.kind == Kind::Set && kind == Some(FieldKind::Price)
        };
        let rupiah = |side: &Option<FieldValue>| side.as_ref().and_then(FieldValue::as_rupiah);
        let prices = plan.changes.iter().filter(is_price).filter_map(|change| {
            let (from, to) = rupiah(&change.from).zip(rupiah(&change.to))?;
            Some((change, from, to, percent_of(from, to)))
        });
        let prices: Vec<_> = prices.collect();
        (!prices.is_empty()).then_some(Self { prices })
    }

    /// `40 prices, +4 … +11 %, most: Nasi Rawon Rp 25.000 → Rp 27.750`, or the one price that changes.
    pub(super) fn words(&self) -> String {
        let percents = || self.prices.iter().filter_map(|(.., percent)| *percent);
        let size = |percent: Option<f64>| percent.map_or(f64::INFINITY, f64::abs);
        let Some((change, from, to, percent)) = self.prices.iter().max_by(|a, b| size(a.3).total_cmp(&size(b.3)))
        else {
            return String::new();
        };
        let most = format!("{} {} → {}", change.subject.name, Price(*from), Price(*to));
        if self.prices.len() == 1 {
            return most + &percent.map(|percent| format!(" ({percent:+.0} %)")).unwrap_or_default();
        }
        let (least, greatest) =
            (percents().fold(f64::INFINITY, f64::min), percents().fold(f64::NEG_INFINITY, f64::max));
        let range = match () {
            () if least > greatest => String::new(),
            () if least == greatest => format!(", {least:+.0} %"),
            () => format!(", {least:+.0} … {greatest:+.0} %"),
        };
        format!("{} prices{range}, most: {most}", self.prices.len())
    }
}
