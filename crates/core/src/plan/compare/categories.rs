//! Variant categories, without their variants.

use std::collections::{BTreeMap, HashSet};

use super::{
    Index, Placed, Walk,
    things::{Three, Ties},
};
use crate::catalog::{Catalog, ExternalId, VariantCategory};

impl Walk<'_> {
    pub(super) fn categories(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, live) = (index(desired), index(base), index(&self.matched.catalog));
        let needed: HashSet<ExternalId> = payload
            .items()
            .flat_map(|(_, item)| item.variant_category_external_ids.value().into_iter().flatten().cloned())
            .collect();
        let mut seen = HashSet::new();
        let catalogs = [desired, base, &self.matched.catalog];
        let ids = catalogs.into_iter().flat_map(|c| c.variant_categories.iter().map(|c| &c.external_id));
        for id in ids.filter(|id| seen.insert(*id)).collect::<Vec<_>>() {
            // What an item in the payload refers to has to be in it.
            let is_needed = needed.contains(id);
            let sides = Three { desired: wanted.get(id), base: known.get(id), live: live.get(id) };
            let (send, base) = self.compare_thing(id, &sides, Ties { comes: is_needed, stays: is_needed });
            payload.variant_categories.extend(send.map(|placed| placed.thing));
            next.variant_categories.extend(base.map(|placed| placed.thing));
        }
        self.variants(desired, base, payload, next);
    }
}

fn index(catalog: &Catalog) -> Index<'_, VariantCategory> {
    let placed = |thing| Placed { thing, within: Vec::new() };
    catalog.variant_categories.iter().map(|c| (&c.external_id, placed(c))).collect::<BTreeMap<_, _>>()
}
