//! Whether what was sent has arrived, and what follows for stock and base.
//!
//! GoFood shows a new menu minutes after it accepted it and announces no failure, so a push ends with looking. A
//! [`PushVerification`] holds all that looking needs; `state` keeps it, so that a restart goes on where a crash left off. What one look
//! says is in `look`, what has not arrived in `mismatch`, and what the kitchen did meanwhile in `stock`.

mod leaving;
mod look;
mod mismatch;
mod stock;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Action, Base, Change, Effects, Inputs, Kind, OutletPlan, PromotedPrices, StockCalls, Uuids,
    expected::expected,
    fingerprint::Fingerprint,
    matching::{Matched, match_live},
    recurring,
    settle::take_from,
};
use crate::catalog::{
    Catalog, ExternalId, FieldValue, ItemField, Path, VariantField, known_entries, known_paths, live::LiveCatalog,
};
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
    /// Categories that variants leave without leaving all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_categories: BTreeMap<ExternalId, BTreeSet<ExternalId>>,
    /// Stock that PATCHes set; empty for a PUT.
    stock_calls: StockCalls,
    /// What it takes away that may come back by a layer with `when`.
    #[serde(deserialize_with = "known_paths", skip_serializing_if = "BTreeSet::is_empty")]
    leaving: BTreeSet<Path>,
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
    /// What promotions of ours may show instead of prices of dishes.
    #[serde(skip_serializing_if = "PromotedPrices::is_empty")]
    promoted: PromotedPrices,
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
            left_categories: BTreeMap::new(),
            stock_calls: plan.stock.clone(),
            leaving: if plan.action == Action::Put { recurring::leaving(plan, inputs) } else { BTreeSet::new() },
            uuids: matched.uuids,
            next_base: plan.next_base.clone(),
            effects: Effects::of(plan, inputs),
            before: Fingerprint::of(inputs.live),
            old_values: BTreeMap::new(),
            promoted: PromotedPrices::default(),
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
        waiting.note_left_categories(plan, &matched.catalog);
        waiting.note_leaving(inputs.live);
        let mismatches = waiting.mismatches(inputs.live);
        waiting.indistinguishable = mismatches.iter().all(|mismatch| is_made_of(&mismatch.live, &mismatch.sent));
        waiting.old_values = mismatches.into_iter().map(|mismatch| (mismatch.path, mismatch.live)).collect();
        waiting
    }

    /// The same where promotions of ours may show these prices.
    pub fn with_promoted(self, promoted: PromotedPrices) -> Self {
        Self { promoted, ..self }
    }

    /// What a look at live is recognised by, whatever promotions of ours show.
    fn fingerprint(&self, live: &LiveCatalog) -> Fingerprint {
        Fingerprint::of(&self.promoted.passed_over(live))
    }

    /// The prices that promotions of ours may show.
    pub(super) fn promoted(&self) -> &PromotedPrices {
        &self.promoted
    }

    /// Notes the categories that variants leave while others have them, before or after: as copies there are not ours any more,
    /// nothing else tells whether they are gone.
    fn note_left_categories(&mut self, plan: &OutletPlan, live: &Catalog) {
        let places = |catalog: &Catalog, id: &ExternalId| -> BTreeSet<ExternalId> {
            let here = catalog.variants().filter(|(_, variant)| variant.external_id == *id);
            here.map(|(category, _)| category.external_id.clone()).collect()
        };
        for change in plan.pushed() {
            let Path::Variant(id, Some(VariantField::Category)) = &change.path else { continue };
            let (before, after) = (places(live, id), places(&self.expected, id));
            if before.len().max(after.len()) > 1 {
                let left = before.difference(&after).filter(|category| !self.gone_categories.contains(*category));
                self.left_categories.insert(id.clone(), left.cloned().collect());
            }
        }
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

    /// Which of `gobiz.accounts` has sent it.
    pub fn account(&self) -> Option<&str> {
        self.next_base.account.as_deref()
    }

    /// The base after `live` has shown what was sent.
    pub fn arrived(&self, live: &LiveCatalog) -> Base {
        let matched = self.matched(live);
        let mut base = Base { uuids: matched.uuids, ..self.next_base() };
        // What a PUT that was seen to be published left there, it does not lose.
        if !self.is_stock() && !self.old_values.is_empty() {
            base.platform_keys.extend(matched.extras.keys());
        }
        base
    }

    /// The base after live has settled on something else: what landed enters it, the rest is remembered as rejected.
    pub fn settled(&self, live: &LiveCatalog, old: Option<&Base>, mismatches: &[Mismatch]) -> Base {
        let matched = self.matched(live);
        let mut base = Base { uuids: matched.uuids.clone(), ..self.next_base() };
        let ours = mismatches.iter().filter(|mismatch| !self.is_overtaken(mismatch));
        for Mismatch { path, sent, live: _ } in ours {
            match path {
                // Somebody set it again since, so that it is not ours to put back.
                Path::Item(id, Some(ItemField::InStock)) => drop(base.items_taken_off.remove(id)),
                Path::Variant(id, Some(VariantField::InStock)) => drop(base.variants_taken_off.remove(id)),
                _ => {}
            }
            base.rejected_values.insert(path.clone(), sent.clone());
            take_from(&mut base.catalog, path, &matched.catalog, old.map(|old| &old.catalog));
        }
        base
    }

    /// What is worth remembering of this push, but for what has not landed.
    pub fn effects(&self, mismatches: &[Mismatch]) -> Effects {
        self.effects.clone().without(mismatches.iter().map(|mismatch| &mismatch.path))
    }

    /// The next base without what the kitchen took off sale itself before our menu could: that is not ours to put back.
    fn next_base(&self) -> Base {
        let base = self.next_base.clone();
        // Stock calls take effect at once: what shows was set by us. And once it is published, what is off is off by us.
        if self.is_stock() || self.published { base } else { self.without_kitchens(base) }
    }
}
