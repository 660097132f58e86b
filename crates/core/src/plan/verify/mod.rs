//! Whether what was sent has arrived, and what follows for stock and base.
//!
//! GoFood shows a new menu minutes after it accepted it and announces no failure, so a push ends with looking. A
//! [`PushVerification`] holds all that looking needs; `state` keeps it, so that a restart goes on where a crash left off. What one look
//! says is in `look`, what has not arrived in `mismatch`, what the kitchen did meanwhile in `stock`, and the base
//! that follows in `follows`.

mod follows;
mod look;
mod mismatch;
mod stock;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Action, Base, Change, Effects, Inputs, Kind, OutletPlan, StockCalls, Uuids,
    expected::expected,
    fingerprint::Fingerprint,
    matching::{Matched, match_live},
};
use crate::catalog::{Catalog, ExternalId, FieldValue, Path, known_entries, known_paths, live::LiveCatalog};
use {look::is_made_of, stock::Stocks};

pub use {look::Look, mismatch::Mismatch};

/// A push that has been sent, or is about to be, and has not been seen yet.
///
/// Stored between runs and releases: unknown fields are passed over, missing ones are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PushVerification {
    /// What live must show: the payload in the fields that the files own.
    expected: Catalog,
    /// Items and variants that live must not show any more.
    gone_items: BTreeSet<ExternalId>,
    gone_variants: BTreeSet<ExternalId>,
    /// Categories that it takes away.
    gone_categories: BTreeSet<ExternalId>,
    /// Stock that PATCHes set; empty for a PUT.
    stock_calls: StockCalls,
    /// The platform's ids before the push.
    uuids: Uuids,
    /// The base once everything has arrived.
    next_base: Base,
    /// What is worth remembering of it then.
    effects: Effects,
    /// Live before the push, as far as it can be read back, stock aside.
    before: Fingerprint,
    /// What live showed, before the push, where it has to show something else. Empty if only an image or an order was
    /// changed, which reads back as nothing.
    #[serde(deserialize_with = "known_entries")]
    old_values: BTreeMap<Path, Option<FieldValue>>,
    /// Whether its publication may read back as the old menu.
    #[serde(alias = "traceless")]
    indistinguishable: bool,
    /// Paths among these that have been seen as sent.
    #[serde(deserialize_with = "known_paths")]
    landed: BTreeSet<Path>,
    /// What has shown that is neither what was sent nor what it should replace.
    #[serde(deserialize_with = "known_entries")]
    shown: BTreeMap<Path, Option<FieldValue>>,
    /// Paths among these where something else has shown since: somebody sets them.
    #[serde(deserialize_with = "known_paths")]
    overtaken: BTreeSet<Path>,
    /// Whether a publication has been seen, as sent or not.
    published: bool,
    /// What live has changed into, if that is neither the old menu nor the new one, and since when.
    other: Option<(Fingerprint, jiff::Timestamp)>,
    /// Whether the platform has announced it as published.
    announced: bool,
    /// Stock when the payload was made; none once the publication has been seen and put right; several if it was sent again and an earlier one may have been carried out.
    sent: Vec<Stocks>,
    /// The last stock seen while the old menu still showed.
    last: Stocks,
}

impl PushVerification {
    /// What to wait for after the plan has been pushed.
    pub fn new(plan: &OutletPlan, inputs: &Inputs<'_>) -> Self {
        let matched = match_live(inputs.live, inputs.desired, inputs.base);
        let stocks = Stocks::of(&matched.catalog);
        let gone = |change: &&Change| change.kind == Kind::Remove;
        let mut waiting = Self {
            expected: if plan.action == Action::Put { expected(plan) } else { Catalog::default() },
            gone_items: BTreeSet::new(),
            gone_variants: BTreeSet::new(),
            gone_categories: BTreeSet::new(),
            stock_calls: plan.stock.clone(),
            uuids: matched.uuids,
            next_base: plan.next_base.clone(),
            effects: Effects::of(plan, inputs.ended, inputs.live.is_empty()),
            before: Fingerprint::of(inputs.live),
            old_values: BTreeMap::new(),
            indistinguishable: false,
            landed: BTreeSet::new(),
            shown: BTreeMap::new(),
            overtaken: BTreeSet::new(),
            published: false,
            other: None,
            announced: false,
            sent: vec![stocks.clone()],
            last: stocks,
        };
        for change in plan.pushed().filter(gone) {
            match &change.path {
                Path::Item(id, None) => drop(waiting.gone_items.insert(id.clone())),
                Path::Variant(id, None) => drop(waiting.gone_variants.insert(id.clone())),
                Path::Category(id, None) => drop(waiting.gone_categories.insert(id.clone())),
                _ => {}
            }
        }
        let mismatches = waiting.mismatches(inputs.live);
        waiting.indistinguishable = mismatches.iter().all(|mismatch| is_made_of(&mismatch.live, &mismatch.sent));
        waiting.old_values = mismatches.into_iter().map(|mismatch| (mismatch.path, mismatch.live)).collect();
        waiting
    }

    /// Whether stock calls are waited for, which take effect at once.
    pub fn is_stock(&self) -> bool {
        !self.stock_calls.is_empty()
    }

    /// The menu that this push replaces, if it can be recognised.
    pub(super) fn before(&self) -> Option<&Fingerprint> {
        Some(&self.before).filter(|before| before.is_known())
    }

    fn matched(&self, live: &LiveCatalog) -> Matched {
        match_live(live, &self.next_base.catalog, Some(&self.known()))
    }

    /// What is known for matching: everything that was sent, and the platform's ids from before.
    fn known(&self) -> Base {
        Base { catalog: self.expected.clone(), uuids: self.uuids.clone(), ..Base::default() }
    }
}
