//! Items: those that a file, the last push or live has under an id of ours, and those that no file knows.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::{
    super::{Class, Kind, Subject, Unmanaged},
    Index, Placed, Walk,
    menus::arrange,
    things::{Three, Ties},
};
use crate::{
    catalog::{Catalog, ExternalId, FieldValue, Item, ItemField, Path},
    policy::UnmanagedPolicy,
};

impl Walk<'_> {
    pub(super) fn items(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, live) = (index_items(desired), index_items(base), index_items(&self.matched.catalog));
        let mut sent: HashMap<ExternalId, Placed<Item>> = HashMap::new();
        let mut next_base: HashMap<ExternalId, Placed<Item>> = HashMap::new();
        let ids: BTreeSet<&ExternalId> = wanted.keys().chain(known.keys()).chain(live.keys()).copied().collect();
        for id in ids {
            let sides = Three { desired: wanted.get(id), base: known.get(id), live: live.get(id) };
            let (send, base) = self.compare_thing(id, &sides, Ties::default());
            sent.extend(send.map(|placed| (id.clone(), placed)));
            next_base.extend(base.map(|placed| (id.clone(), placed)));
        }
        payload.menus = arrange(&sent, [desired, &self.matched.catalog]);
        next.menus = arrange(&next_base, [desired, base]);
    }

    /// Items made elsewhere: removed by policy, or lost if a PUT goes out for another reason (a guard judges that).
    pub(super) fn unmanaged_items(&mut self) {
        let delete = self.inputs.policy.unmanaged == UnmanagedPolicy::Delete;
        let class = if self.stance.has_base { Class::Drift } else { Class::Adopt };
        for item in &self.matched.unmanaged {
            let Unmanaged { menu, name, external_id: _, uuid: _, price, id } = item;
            let subject = Subject { within: Some(menu.clone()), name: name.clone() };
            let name = Some(FieldValue::Text(name.clone()));
            let price = price.map(FieldValue::Price);
            let from = FieldValue::Thing([(ItemField::Name.key(), name), (ItemField::Price.key(), price)].into());
            let path = Path::item(id);
            let push = !self.stays_rejected(&path, &None) && delete;
            self.tell(path, Kind::Remove, class, [Some(from), None, None], push, &subject);
            if let Some(change) = self.changes.last_mut() {
                change.only_with_put = !push;
            }
        }
    }
}

fn index_items(catalog: &Catalog) -> Index<'_, Item> {
    let mut index: Index<'_, Item> = BTreeMap::new();
    for (menu, item) in catalog.items() {
        let placed = index.entry(&item.external_id).or_insert_with(|| Placed::new(item, Vec::new()));
        if !placed.within.contains(&menu.name) {
            placed.within.push(menu.name.clone());
        }
    }
    index
}
