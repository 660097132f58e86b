//! What live must show after a push: the part of a payload that verification compares. Looking itself is `verify`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::OutletPlan;
use crate::catalog::{Catalog, ExternalId, Field, HasPath, Item, Menu, Path, VariantCategory};

/// The payload, reduced to what the files own (the next base says it) or what the push itself changes.
pub(super) fn expected(plan: &OutletPlan) -> Catalog {
    let touched: BTreeSet<&Path> = plan.pushed().map(|change| &change.path).collect();
    let owned = &plan.next_base.catalog;
    let items: BTreeMap<&ExternalId, &Item> = owned.items().map(|(_, item)| (&item.external_id, item)).collect();
    let item = |sent: &Item| Some(expected_of(sent, items.get(&sent.external_id)?, &touched));
    let menus = plan
        .payload
        .menus
        .iter()
        .map(|menu| Menu { name: menu.name.clone(), menu_items: menu.menu_items.iter().filter_map(item).collect() });
    Catalog {
        menus: menus.collect(),
        variant_categories: expected_categories(plan, &touched),
        platform_menus: plan.next_base.catalog.platform_menus.clone(),
        ..Catalog::default()
    }
}

fn expected_categories(plan: &OutletPlan, touched: &BTreeSet<&Path>) -> Vec<VariantCategory> {
    let owned = &plan.next_base.catalog;
    let variants: BTreeSet<&ExternalId> = owned.variants().map(|(_, variant)| &variant.external_id).collect();
    let category = |sent: &VariantCategory| {
        let next = owned.variant_categories.iter().find(|next| next.external_id == sent.external_id)?;
        let owned_variants = sent.variants.iter().filter(|variant| variants.contains(&variant.external_id));
        Some(VariantCategory { variants: owned_variants.cloned().collect(), ..expected_of(sent, next, touched) })
    };
    plan.payload.variant_categories.iter().filter_map(category).collect()
}

/// What is compared of a thing that was sent, as far as it is said in `next` or touched.
fn expected_of<T: HasPath>(sent: &T, next: &T, touched: &BTreeSet<&Path>) -> T {
    let mut expected = T::with_id(sent.id());
    for (spec, member) in T::members().filter(|(spec, _)| spec.info.reads.is_compared()) {
        if !(member.get)(next).is_unsaid() || touched.contains(&T::path(sent.id(), Some(spec.field))) {
            (member.set)(&mut expected, Field::set_or_null((member.get)(sent).value().cloned()));
        }
    }
    expected
}
