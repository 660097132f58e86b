//! What live must show after a push: the part of a payload that verification compares. Looking itself is `verify`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::OutletPlan;
use crate::catalog::{Catalog, CategoryField, ExternalId, Field, Item, ItemField, Menu, Path, VariantCategory};

/// The payload, reduced to what the files own (the next base says it) or what the push itself changes.
pub(super) fn expected(plan: &OutletPlan) -> Catalog {
    let touched: BTreeSet<&Path> = plan.pushed().map(|change| &change.path).collect();
    let owned = &plan.next_base.catalog;
    let items: BTreeMap<&ExternalId, &Item> = owned.items().map(|(_, item)| (&item.external_id, item)).collect();
    let item = |sent: &Item| {
        let next = items.get(&sent.external_id)?;
        let said = |field, is_unsaid: bool| !is_unsaid || touched.contains(&Path::item_field(&sent.external_id, field));
        let Item {
            external_id,
            name,
            internal_name,
            description,
            in_stock: _,
            price,
            image: _,
            operational_hours,
            variant_category_external_ids,
        } = sent;
        let links = said(ItemField::VariantCategories, next.variant_category_external_ids.is_unsaid());
        Some(Item {
            external_id: external_id.clone(),
            name: keep(name, said(ItemField::Name, next.name.is_unsaid())),
            internal_name: keep(internal_name, said(ItemField::InternalName, next.internal_name.is_unsaid())),
            description: keep(description, said(ItemField::Description, next.description.is_unsaid())),
            in_stock: Field::Unsaid,
            price: keep(price, said(ItemField::Price, next.price.is_unsaid())),
            image: Field::Unsaid,
            operational_hours: keep(
                operational_hours,
                said(ItemField::OperationalHours, next.operational_hours.is_unsaid()),
            ),
            variant_category_external_ids: keep(variant_category_external_ids, links),
        })
    };
    let menus = plan
        .payload
        .menus
        .iter()
        .map(|menu| Menu { name: menu.name.clone(), menu_items: menu.menu_items.iter().filter_map(item).collect() });
    Catalog { menus: menus.collect(), variant_categories: expected_categories(plan, &touched) }
}

fn expected_categories(plan: &OutletPlan, touched: &BTreeSet<&Path>) -> Vec<VariantCategory> {
    let owned = &plan.next_base.catalog;
    let variants: BTreeSet<&ExternalId> = owned.variants().map(|(_, variant)| &variant.external_id).collect();
    let category = |sent: &VariantCategory| {
        let next = owned.variant_categories.iter().find(|next| next.external_id == sent.external_id)?;
        let said = |field, unsaid: bool| !unsaid || touched.contains(&Path::category_field(&sent.external_id, field));
        let VariantCategory { external_id, name, internal_name, min_quantity, max_quantity, variants: _ } = sent;
        let kept = sent.variants.iter().filter(|variant| variants.contains(&variant.external_id));
        Some(VariantCategory {
            external_id: external_id.clone(),
            name: keep(name, said(CategoryField::Name, next.name.is_unsaid())),
            internal_name: keep(internal_name, said(CategoryField::InternalName, next.internal_name.is_unsaid())),
            min_quantity: keep(min_quantity, said(CategoryField::MinQuantity, next.min_quantity.is_unsaid())),
            max_quantity: keep(max_quantity, said(CategoryField::MaxQuantity, next.max_quantity.is_unsaid())),
            variants: kept.cloned().collect(),
        })
    };
    plan.payload.variant_categories.iter().filter_map(category).collect()
}

fn keep<T: Clone>(field: &Field<T>, said: bool) -> Field<T> {
    if said { Field::said(field.value().cloned()) } else { Field::Unsaid }
}
