//! Menus and display order. A menu is there exactly if it holds something.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::{
    super::{Class, Kind, Subject},
    Placed, Walk,
};
use crate::catalog::{Catalog, ExternalId, FieldValue, Item, Menu, Path};

impl Walk<'_> {
    /// A menu is there exactly if it holds something, so its coming and going follows from the items.
    pub(super) fn menus(&mut self, desired: &Catalog, base: &Catalog, payload: &Catalog) {
        let names = |catalog: &Catalog| -> BTreeSet<String> {
            catalog.menus.iter().filter(|menu| !menu.menu_items.is_empty()).map(|menu| menu.name.clone()).collect()
        };
        let (wanted, known, sent) = (names(desired), names(base), names(payload));
        // Menus that hold nothing but unmanaged items come and go with those.
        let live = names(&self.matched.catalog);
        for name in wanted.union(&live) {
            let (in_files, is_live, in_base) = (wanted.contains(name), live.contains(name), known.contains(name));
            if in_files == is_live {
                continue;
            }
            let kind = if in_files { Kind::Add } else { Kind::Remove };
            let class = match (in_files, in_base) {
                _ if !self.stance.has_base => Class::Adopt,
                (true, true) | (false, false) => Class::Drift,
                (true, false) | (false, true) => Class::Edit,
            };
            let pushed = sent.contains(name) == in_files;
            let value = |present: bool| present.then(|| FieldValue::Text(name.clone()));
            let sides = [value(is_live), value(in_files), value(in_base)];
            let subject = Subject { within: None, name: name.clone() };
            self.tell(Path::Menu(name.clone()), kind, class, sides, pushed, &subject);
        }
        let order = |catalog: &Catalog| -> Vec<String> { catalog.menus.iter().map(|menu| menu.name.clone()).collect() };
        let after: Vec<String> = order(desired).into_iter().filter(|name| sent.contains(name)).collect();
        self.reordered(&order(base), &after, |name| {
            (Path::Menu(name.to_owned()), Subject { within: None, name: name.to_owned() })
        });
    }

    pub(super) fn item_order(&mut self, desired: &Catalog, base: &Catalog, payload: &Catalog) {
        let ids =
            |menu: &Menu| -> Vec<String> { menu.menu_items.iter().map(|item| item.external_id.0.clone()).collect() };
        for menu in &desired.menus {
            let old = base.menus.iter().find(|known| known.name == menu.name);
            let sent = payload.menus.iter().find(|sent| sent.name == menu.name);
            let (Some(old), Some(sent)) = (old, sent) else { continue };
            let there: HashSet<String> = ids(sent).into_iter().collect();
            let after: Vec<String> = ids(menu).into_iter().filter(|id| there.contains(id)).collect();
            let names: HashMap<&str, Option<&String>> =
                menu.menu_items.iter().rev().map(|item| (item.external_id.as_str(), item.name.value())).collect();
            self.reordered(&ids(old), &after, |id| {
                let name = names.get(id).copied().flatten().cloned().unwrap_or_else(|| id.to_owned());
                (Path::item(&ExternalId::from(id)), Subject { within: Some(menu.name.clone()), name })
            });
        }
    }
}

/// Menus with the items that belong to them: in the order of the first catalog, then in that of the second for what only
/// that one knows. Menus without items are left out.
pub(super) fn arrange(items: &HashMap<ExternalId, Placed<Item>>, orders: [&Catalog; 2]) -> Vec<Menu> {
    let mut menus: Vec<Menu> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let wanted = orders.iter().flat_map(|catalog| catalog.menus.iter().map(|menu| menu.name.as_str()));
    let names = items.values().flat_map(|item| item.within.iter().map(String::as_str));
    for name in wanted.chain(names.collect::<BTreeSet<_>>()) {
        numbers.entry(name).or_insert_with(|| {
            menus.push(Menu { name: name.to_owned(), menu_items: Vec::new() });
            menus.len() - 1
        });
    }
    let mut placed: HashSet<(&ExternalId, &str)> = HashSet::new();
    let mut place = |id: &ExternalId, name: &str| {
        let Some((id, item)) = items.get_key_value(id) else { return };
        let Some(within) = item.within.iter().find(|within| *within == name) else { return };
        if placed.insert((id, within)) {
            menus[numbers[name]].menu_items.push(item.thing.clone());
        }
    };
    for menu in orders.iter().flat_map(|catalog| &catalog.menus) {
        menu.menu_items.iter().for_each(|item| place(&item.external_id, &menu.name));
    }
    let mut strangers: Vec<_> = items.iter().collect();
    strangers.sort_by_key(|(id, _)| *id);
    for (id, item) in strangers {
        item.within.iter().for_each(|name| place(id, name));
    }
    menus.retain(|menu| !menu.menu_items.is_empty());
    menus
}
