//! What the kitchen did while a push was under way: remembered as long as the old menu shows, set again where the publication
//! overwrote it. In doubt a dish is sold out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Mismatch, PushVerification};
use crate::{
    catalog::{
        Catalog, ExternalId, Field, FieldValue, ItemField, Path, StockChange, StockKind, VariantField,
        live::LiveCatalog,
    },
    plan::{Base, Extras, OutletPlan, StockCalls, calls_of, matching::Matched},
};

/// Stock by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Stocks {
    items: BTreeMap<ExternalId, bool>,
    variants: BTreeMap<ExternalId, bool>,
}

impl Stocks {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let flag = |stock: &Field<bool>| stock.value().copied();
        Self {
            items: catalog.items().filter_map(|(_, i)| Some((i.external_id.clone(), flag(&i.in_stock)?))).collect(),
            variants: catalog
                .variants()
                .filter_map(|(_, v)| Some((v.external_id.clone(), flag(&v.in_stock)?)))
                .collect(),
        }
    }
}

/// Which variant stands in which category.
fn copies(catalog: &Catalog) -> BTreeSet<(ExternalId, ExternalId)> {
    catalog.variants().map(|(category, variant)| (category.external_id.clone(), variant.external_id.clone())).collect()
}

/// Whether a variant that a call takes off sale is so in some of its categories only.
fn is_partly_off(matched: &Matched, kind: StockKind, line: &StockChange) -> bool {
    kind == StockKind::Variants && !line.in_stock && matched.partly_sold_out.contains(&line.external_id)
}

impl Stocks {
    /// Stock that cannot be read is sold out: a payload that is sent again must put nothing on sale.
    fn sell_out_unread(&mut self, extras: &Extras) {
        for path in extras.unread.keys() {
            match path {
                Path::Item(id, Some(ItemField::InStock)) => drop(self.items.insert(id.clone(), false)),
                Path::Variant(id, Some(VariantField::InStock)) => drop(self.variants.insert(id.clone(), false)),
                _ => {}
            }
        }
    }
}

impl PushVerification {
    /// Brings the stock of a payload that is about to be sent again up to what was remembered last.
    pub fn refresh_stock(&mut self, plan: &mut OutletPlan) {
        let now = &self.last;
        let ours: BTreeSet<Path> = plan.pushed().filter(|change| change.is_stock()).map(|c| c.path.clone()).collect();
        for item in plan.payload.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            let path = Path::item_field(&item.external_id, ItemField::InStock);
            if let Some(stock) = now.items.get(&item.external_id).filter(|_| !ours.contains(&path)) {
                item.in_stock = Field::Set(*stock);
            }
        }
        let (before, shown) = (Stocks::of(&plan.live), copies(&plan.live));
        for category in &mut plan.payload.variant_categories {
            for variant in &mut category.variants {
                let (id, path) =
                    (&variant.external_id, Path::variant_field(&variant.external_id, VariantField::InStock));
                // It comes in the place of one that is sold out: that it is on sale elsewhere says nothing of here.
                let comes_sold_out = variant.in_stock == Field::Set(false)
                    && before.variants.get(id) == Some(&true)
                    && !shown.contains(&(category.external_id.clone(), id.clone()));
                if let Some(stock) = now.variants.get(id).filter(|_| !ours.contains(&path) && !comes_sold_out) {
                    variant.in_stock = Field::Set(*stock);
                }
            }
        }
        self.sent.push(now.clone());
    }

    /// Notes that nothing of what `live` shows was done by us, but for calls noted by [`Self::stock_was_set`]: what is off by
    /// now was taken off by the kitchen.
    pub fn note_kitchens(&mut self, live: &LiveCatalog) {
        self.remember_stock(live);
        self.next_base = self.without_kitchens(self.next_base.clone());
        self.sent.clear();
    }

    /// Remembers what is sold out in a menu that may be behind: nothing else is to be learnt from it.
    pub fn remember_sold_out(&mut self, live: &LiveCatalog) {
        let leaving = self.effects.leaves_sold_out.clone();
        self.note_leaving(live);
        self.effects.leaves_sold_out.extend(leaving);
        let matched = self.matched(live);
        let mut shown = Stocks::of(&matched.catalog);
        shown.sell_out_unread(&matched.extras);
        self.last.items.extend(shown.items.into_iter().filter(|(_, in_stock)| !in_stock));
        self.last.variants.extend(shown.variants.into_iter().filter(|(_, in_stock)| !in_stock));
    }

    /// Remembers the stock of a menu of which nobody knows whether it is still the old one. What was sold out stays so if a
    /// publication may have put it on sale.
    pub fn remember_doubtful_stock(&mut self, live: &LiveCatalog) {
        let sold_out = self.doubtful_stock(live);
        // A doubtful menu puts nothing that leaves sold out back on sale.
        let leaving = self.effects.leaves_sold_out.clone();
        self.remember_stock(live);
        self.effects.leaves_sold_out.extend(leaving);
        for (kind, lines) in sold_out {
            let last = if kind == StockKind::Items { &mut self.last.items } else { &mut self.last.variants };
            last.extend(lines.into_iter().map(|line| (line.external_id, line.in_stock)));
        }
    }

    /// Remembers the stock of a menu that is still the old one. What was off when the payload was made and is on sale now was
    /// put back by the kitchen, so that a later “sold out” is not ours.
    pub fn remember_stock(&mut self, live: &LiveCatalog) {
        let matched = self.matched(live);
        self.last = Stocks::of(&matched.catalog);
        self.last.sell_out_unread(&matched.extras);
        self.note_leaving(live);
        let put_back = |of: fn(&Stocks) -> &BTreeMap<ExternalId, bool>, id: &ExternalId| {
            let was_off = self.sent.last().is_some_and(|sent| of(sent).get(id) == Some(&false));
            was_off && of(&self.last).get(id) == Some(&true)
        };
        self.next_base.items_taken_off.retain(|id| !put_back(|stocks| &stocks.items, id));
        self.next_base.variants_taken_off.retain(|id| !put_back(|stocks| &stocks.variants, id));
    }

    /// What the kitchen took off sale after the payload was made, and what shows on sale where nothing tells whether the kitchen
    /// or a publication put it back. In doubt it is sold out: a dish too few on sale is a nuisance, one that is not there
    /// is an order that fails.
    pub fn doubtful_stock(&self, live: &LiveCatalog) -> StockCalls {
        let mut calls = self.overwritten_stock(live);
        calls.iter_mut().for_each(|(_, lines)| lines.retain(|line| !line.in_stock));
        calls.retain(|(_, lines)| !lines.is_empty());
        calls
    }

    /// Stock that the kitchen changed after the payload was made and that the publication has overwritten.
    pub fn overwritten_stock(&self, live: &LiveCatalog) -> StockCalls {
        if !self.stock_calls.is_empty() {
            return Vec::new();
        }
        let matched = self.matched(live);
        let (now, uuids) = (Stocks::of(&matched.catalog), matched.uuids.by_id());
        let lines = |of: fn(&Stocks) -> &BTreeMap<ExternalId, bool>| {
            let toggled = of(&self.last).iter().filter(|(id, stock)| {
                self.sent.iter().any(|sent| of(sent).get(*id).is_some_and(|then| then != *stock))
            });
            let lost = toggled.filter(|(id, stock)| of(&now).get(*id).is_some_and(|now| now != *stock));
            lost.map(|(id, stock)| (id.clone(), *stock)).collect::<Vec<_>>()
        };
        let change = |uuid: &str, external_id: ExternalId, in_stock| StockChange {
            uuid: uuid.to_owned(),
            external_id,
            in_stock,
        };
        let items = lines(|stocks| &stocks.items)
            .into_iter()
            .map(|(id, stock)| change(uuids.item(&id), id.clone(), stock))
            .collect::<Vec<_>>();
        let variants = lines(|stocks| &stocks.variants)
            .into_iter()
            .flat_map(|(id, stock)| {
                let copies = uuids.variants_of(&id).iter();
                copies.map(|uuid| change(uuid, id.clone(), stock)).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>();
        calls_of([(StockKind::Items, items), (StockKind::Variants, variants)])
    }

    /// Notes that `live` shows the publication. Who took what off is settled by now, unless it is on sale again; of what was
    /// overwritten, only that is still to be set again which this look shows as overwritten: whatever changes from now
    /// on, the kitchen changes.
    pub fn note_publication(&mut self, live: &LiveCatalog) {
        self.note_owners();
        self.next_base.release_stock(live);
        let overwritten = self.overwritten_stock(live);
        let is_lost = |kind, id: &ExternalId| {
            let lines = overwritten.iter().filter(|(of, _)| *of == kind).flat_map(|(_, lines)| lines);
            lines.into_iter().any(|line| line.external_id == *id)
        };
        for sent in &mut self.sent {
            sent.items.retain(|id, _| is_lost(StockKind::Items, id));
            sent.variants.retain(|id, _| is_lost(StockKind::Variants, id));
        }
    }

    /// Notes that `live` shows a part of the publication: the rest may overwrite stock when it comes, and nobody could tell
    /// that from what the kitchen does.
    pub fn note_partial_publication(&mut self, live: &LiveCatalog) {
        self.note_owners();
        self.remember_doubtful_stock(live);
    }

    /// Who took what off is settled by the looks at the old menu.
    fn note_owners(&mut self) {
        self.next_base = self.next_base();
        self.published = true;
    }

    /// Notes that we have set this stock: what changes it from now on is the kitchen.
    pub fn stock_was_set(&mut self, kind: StockKind, changes: &[StockChange]) {
        for sent in &mut self.sent {
            let stock = if kind == StockKind::Items { &mut sent.items } else { &mut sent.variants };
            changes.iter().for_each(|change| {
                stock.remove(&change.external_id);
            });
        }
    }

    pub(super) fn without_kitchens(&self, mut base: Base) -> Base {
        let kitchens = |of: fn(&Stocks) -> &BTreeMap<ExternalId, bool>, id: &ExternalId| {
            of(&self.last).get(id) == Some(&false) && self.sent.iter().any(|sent| of(sent).get(id) == Some(&true))
        };
        base.items_taken_off.retain(|id| !kitchens(|stocks| &stocks.items, id));
        base.variants_taken_off.retain(|id| !kitchens(|stocks| &stocks.variants, id));
        base
    }

    /// The stock calls of this push that live shows as carried out, without what the kitchen took off itself. They are made
    /// one after the other, each as a whole.
    pub fn stock_shown(&self, live: &LiveCatalog) -> StockCalls {
        let matched = self.matched(live);
        let now = Stocks::of(&matched.catalog);
        let shown = |(kind, lines): &&(StockKind, Vec<StockChange>)| {
            let stock = if *kind == StockKind::Items { &now.items } else { &now.variants };
            let is_partly = |line: &StockChange| is_partly_off(&matched, *kind, line);
            lines.iter().all(|line| stock.get(&line.external_id) == Some(&line.in_stock) && !is_partly(line))
        };
        let ours = |kind, line: &StockChange| {
            let base = &self.next_base;
            let off = if kind == StockKind::Items { &base.items_taken_off } else { &base.variants_taken_off };
            line.in_stock || off.contains(&line.external_id)
        };
        let done = self.stock_calls.iter().take_while(shown);
        done.map(|(kind, lines)| (*kind, lines.iter().filter(|line| ours(*kind, line)).cloned().collect())).collect()
    }

    /// The lines of stock calls that live does not show.
    pub(super) fn stock_mismatches(&self, live: &LiveCatalog) -> Vec<Mismatch> {
        let matched = self.matched(live);
        let now = Stocks::of(&matched.catalog);
        let lines = self.stock_calls.iter().flat_map(|(kind, lines)| lines.iter().map(move |line| (*kind, line)));
        lines
            .filter_map(|(kind, line)| {
                let (stock, path) = match kind {
                    StockKind::Items => (&now.items, Path::item_field(&line.external_id, ItemField::InStock)),
                    StockKind::Variants => {
                        (&now.variants, Path::variant_field(&line.external_id, VariantField::InStock))
                    }
                };
                let live = stock.get(&line.external_id).copied();
                let live = if is_partly_off(&matched, kind, line) { Some(true) } else { live };
                // What cannot be read says neither that it arrived nor that it did not.
                (live != Some(line.in_stock) && !matched.extras.is_unread(&path)).then(|| Mismatch {
                    path,
                    sent: Some(FieldValue::Flag(line.in_stock)),
                    live: live.map(FieldValue::Flag),
                })
            })
            .collect()
    }
}
