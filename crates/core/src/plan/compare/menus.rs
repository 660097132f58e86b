//! Menus and display order. A menu is there exactly if it holds something.

use std::collections::{BTreeSet, HashMap, HashSet};

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
            self.reordered(&ids(old), &after, |id| {
                let item = menu.menu_items.iter().find(|item| item.external_id.as_str() == id);
                let name = item.and_then(|item| item.name.value().cloned()).unwrap_or_else(|| id.to_owned());
                (Path::item(&ExternalId::from(id)), Subject { within: Some(menu.name.clone()), name })
            });
        }
    }
}

/// Menus with the items that belong to them: in the order of the first catalog, then in that of the second for what only
/// that one knows. Menus without items are left out.
pub(super) fn arrange(items: &HashMap<ExternalId, Placed<Item>>, orders: [&Catalog; 2]) -> Vec<Menu> {
    let mut menus: Vec<Menu> = Vec::new();
    let mut placed: HashSet<(&ExternalId, &str)> = HashSet::new();
    let wanted: Vec<&str> = orders.iter().flat_map(|catalog| catalog.menus.iter().map(|m| m.name.as_str())).collect();
    let names = items.values().flat_map(|item| item.within.iter().map(String::as_str));
    for name in wanted.into_iter().chain(names.collect::<BTreeSet<_>>()) {
        if !menus.iter().any(|menu| menu.name == name) {
            menus.push(Menu { name: name.to_owned(), menu_items: Vec::new() });
        }
    }
    for menu in &mut menus {
        let in_place = |catalog: &Catalog| -> Vec<ExternalId> {
            let here = catalog.menus.iter().filter(|known| known.name == menu.name);
            here.flat_map(|known| known.menu_items.iter().map(|item| item.external_id.clone())).collect()
        };
        let strangers: BTreeSet<ExternalId> = items.keys().cloned().collect();
        for id in in_place(orders[0]).into_iter().chain(in_place(orders[1])).chain(strangers) {
            let Some((id, item)) = items.get_key_value(&id) else { continue };
            let Some(within) = item.within.iter().find(|within| **within == menu.name) else { continue };
            if placed.insert((id, within)) {
                menu.menu_items.push(item.thing.clone());
            }
        }
    }
    menus.retain(|menu| !menu.menu_items.is_empty());
    menus
}
