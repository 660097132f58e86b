//! The menu that most outlets of a chain have: the layer that the others are described against.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Debug,
};

use super::outlet::Outlet;
use crate::catalog::{Catalog, ExternalId, Field, Hours, Item, Menu, Price, Thing, Variant, VariantCategory};

/// The common menu.
#[derive(Debug, Default)]
pub(super) struct Base {
    /// Items have hours only where they differ from those of the file.
    pub(super) catalog: Catalog,
    /// The hours of the file.
    pub(super) hours: Option<Hours>,
}

impl Base {
    /// What more than half of the outlets have, each field with its most common value.
    pub(super) fn new(outlets: &[Outlet<'_>]) -> Self {
        let is_common = |count: usize| count * 2 > outlets.len();
        let hours = most_common(outlets.iter().map(|outlet| outlet.hours.clone())).flatten();
        let mut menus: Vec<Menu> = Vec::new();
        let items = by_id(outlets.iter().map(|outlet| &outlet.items));
        let mut menu_of: HashMap<&ExternalId, &str> = HashMap::new();
        let mut common_items: HashMap<&ExternalId, Item> = HashMap::new();
        for (id, found) in items.into_iter().filter(|(_, found)| is_common(found.len())) {
            let Some(menu) = most_common(found.iter().map(|(_, (menu, _))| *menu)) else { continue };
            let own_hours = found.iter().map(|(outlet, (_, item))| outlets[*outlet].own_hours(item));
            let operational_hours = most_common(own_hours).unwrap_or_default();
            let item = common(id, found.iter().map(|(_, (_, item))| *item));
            menu_of.insert(id, menu);
            common_items.insert(id, Item { operational_hours, ..item });
        }
        let is_filled = |menu: &&str| menu_of.values().any(|known| known == menu);
        let names = outlets.iter().map(|outlet| {
            outlet.imported.catalog.menus.iter().map(|menu| menu.name.as_str()).filter(|name| is_filled(name)).collect()
        });
        for name in merge_orders(names.collect()) {
            let lists = outlets.iter().map(|outlet| {
                let all = outlet.imported.catalog.menus.iter().filter(|menu| menu.name == name);
                let ids = all.flat_map(|menu| &menu.menu_items).map(|item| &item.external_id);
                ids.filter(|id| menu_of.get(id).is_some_and(|menu| *menu == name)).collect()
            });
            let order = merge_orders(lists.collect());
            let menu_items = order.into_iter().filter_map(|id| common_items.remove(id)).collect();
            menus.push(Menu { name: name.to_owned(), menu_items });
        }
        let variant_categories = common_categories(outlets, &is_common);
        Self { catalog: Catalog { menus, variant_categories, ..Catalog::default() }, hours }
    }

    /// Sets the prices of items and variants.
    pub(super) fn set_prices(&mut self, prices: &[Price]) {
        let items = self.catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items).map(|item| &mut item.price);
        let variants = self.catalog.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
        for (known, price) in items.chain(variants.map(|variant| &mut variant.price)).zip(prices) {
            *known = Field::Set(*price);
        }
    }
}

/// Categories that more than half of the outlets have, each with the variants that more than half of those have.
fn common_categories(outlets: &[Outlet<'_>], is_common: &dyn Fn(usize) -> bool) -> Vec<VariantCategory> {
    let categories = by_id(outlets.iter().map(|outlet| &outlet.categories));
    let variants = by_id(outlets.iter().map(|outlet| &outlet.variants));
    let mut made = Vec::new();
    for (id, found) in categories.into_iter().filter(|(_, found)| is_common(found.len())) {
        let is_in_most = |variant: &&ExternalId| {
            let places = &variants[*variant];
            places.len() * 2 > found.len() && most_common(places.iter().map(|(_, (within, _))| *within)) == Some(id)
        };
        let lists = found.iter().map(|(_, category)| {
            category.variants.iter().map(|variant| &variant.external_id).filter(is_in_most).collect()
        });
        let order = merge_orders(lists.collect());
        let variants: Vec<Variant> =
            order.into_iter().map(|id| common(id, variants[id].iter().map(|(_, (_, variant))| *variant))).collect();
        made.push(VariantCategory { variants, ..common(id, found.iter().map(|(_, category)| **category)) });
    }
    made
}

/// Things by id, with the numbers of the outlets that have them.
fn by_id<'o, 'a, T>(
    outlets: impl Iterator<Item = &'o BTreeMap<&'a ExternalId, T>>,
) -> BTreeMap<&'a ExternalId, Vec<(usize, &'o T)>>
where
    'a: 'o,
    T: 'o,
{
    let mut all: BTreeMap<&ExternalId, Vec<(usize, &T)>> = BTreeMap::new();
    for (number, things) in outlets.enumerate() {
        for (id, thing) in things {
            all.entry(*id).or_default().push((number, thing));
        }
    }
    all
}

/// A thing of which every field has its most common value.
fn common<'t, T: Thing>(id: &ExternalId, things: impl Iterator<Item = &'t T>) -> T {
    let things: Vec<&T> = things.collect();
    let mut made = T::with_id(id);
    for (_, member) in T::members() {
        let value = most_common(things.iter().map(|thing| (member.get)(thing)));
        (member.set)(&mut made, value.unwrap_or_default());
    }
    made
}

/// The most frequent value; of equally frequent ones the first in the alphabet, so that no order of outlets decides.
pub(super) fn most_common<T: Debug>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<String, (usize, T)> = BTreeMap::new();
    for value in values {
        counts.entry(format!("{value:?}")).or_insert((0, value)).0 += 1;
    }
    let best = counts.into_iter().min_by_key(|(_, (count, _))| Reverse(*count));
    best.map(|(_, (_, value))| value)
}

/// One order in which as many of the lists as possible agree: that of the most frequent list; what it lacks comes behind its
/// neighbour in another one.
fn merge_orders<'k, K: Ord + Copy + std::hash::Hash + 'k>(lists: Vec<Vec<K>>) -> Vec<K> {
    let mut counts: BTreeMap<Vec<K>, usize> = BTreeMap::new();
    for list in lists {
        *counts.entry(list).or_default() += 1;
    }
    let mut lists: Vec<(Vec<K>, usize)> = counts.into_iter().collect();
    lists.sort_by_key(|(list, count)| (Reverse(*count), Reverse(list.len())));
    let mut order: Vec<K> = Vec::new();
    let mut met: HashSet<K> = HashSet::new();
    for (list, _) in lists {
        for (at, key) in list.iter().enumerate() {
            if met.insert(*key) {
                let front = at.checked_sub(1).and_then(|front| order.iter().position(|known| *known == list[front]));
                order.insert(front.map_or(0, |front| front + 1), *key);
            }
        }
    }
    order
}
