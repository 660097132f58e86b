//! One outlet of a chain, ready to be compared with the others.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Imported, emit::shared_hours};
use crate::catalog::{Catalog, ExternalId, Field, FieldValue, Hours, Item, OutletId, Thing, Variant, VariantCategory};

/// What one outlet sells, by id.
pub(super) struct Outlet<'a> {
    pub(super) id: &'a OutletId,
    pub(super) imported: &'a Imported,
    /// With the menu of each.
    pub(super) items: BTreeMap<&'a ExternalId, (&'a str, &'a Item)>,
    pub(super) categories: BTreeMap<&'a ExternalId, &'a VariantCategory>,
    /// With the category of each.
    pub(super) variants: BTreeMap<&'a ExternalId, (&'a ExternalId, &'a Variant)>,
    /// The hours of most items, if all items have hours: those that stand at the head of a file.
    pub(super) hours: Option<Hours>,
}

impl<'a> Outlet<'a> {
    /// `None` where layers cannot describe the menu: an id or a name stands twice, or a value that every entry must have is
    /// not known.
    pub(super) fn new(id: &'a OutletId, imported: &'a Imported) -> Option<Self> {
        let catalog = &imported.catalog;
        let items: BTreeMap<_, _> =
            catalog.items().map(|(menu, item)| (&item.external_id, (menu.name.as_str(), item))).collect();
        let categories: BTreeMap<_, _> =
            catalog.variant_categories.iter().map(|category| (&category.external_id, category)).collect();
        let variants: BTreeMap<_, _> = catalog
            .variants()
            .map(|(category, variant)| (&variant.external_id, (&category.external_id, variant)))
            .collect();
        let menus: BTreeSet<&str> = catalog.menus.iter().map(|menu| menu.name.as_str()).collect();
        let is_unique = items.len() == catalog.items().count()
            && categories.len() == catalog.variant_categories.len()
            && variants.len() == catalog.variants().count()
            && menus.len() == catalog.menus.len();
        let is_complete = items.values().all(|(_, item)| item.name.value().is_some() && item.price.value().is_some())
            && variants.values().all(|(_, variant)| variant.name.value().is_some() && variant.price.value().is_some())
            && categories.values().all(|category| {
                let limits = [&category.min_quantity, &category.max_quantity];
                category.name.value().is_some() && limits.iter().all(|limit| limit.value().is_some())
            });
        let hours = shared_hours(items.values().map(|(_, item)| &item.operational_hours));
        (is_unique && is_complete).then_some(Self { id, imported, items, categories, variants, hours })
    }

    /// The hours that an item says itself where those of the file hold for the others.
    pub(super) fn own_hours(&self, item: &Item) -> Field<Hours> {
        let hours = item.operational_hours.value();
        if hours == self.hours.as_ref() { Field::Unsaid } else { Field::set_or_null(hours.cloned()) }
    }
}

/// Whether two catalogs are one menu to GoFood: nothing tells a value that is cleared from one that is not mentioned, and
/// categories are found by id.
pub fn is_same_menu(a: &Catalog, b: &Catalog) -> bool {
    normal_form(a) == normal_form(b)
}

fn normal_form(catalog: &Catalog) -> Catalog {
    fn without_nulls<T: Thing>(thing: &T) -> T {
        thing.map_members(|_, value| {
            let is_empty = |value: &FieldValue| value.is_empty() || *value == FieldValue::Ids(Vec::new());
            Field::set_or_unsaid(value.value().filter(|value| !is_empty(value)).cloned())
        })
    }
    let mut catalog = catalog.clone().without_makings();
    for item in catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        *item = without_nulls(item);
    }
    for category in &mut catalog.variant_categories {
        let variants = category.variants.iter().map(without_nulls).collect();
        *category = VariantCategory { variants, ..without_nulls(category) };
    }
    catalog.variant_categories.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    catalog
}
