//! Items: field by field, and coming and going.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{
    super::{
        Class, Kind, Subject, Unmanaged,
        field::{normal_text, same},
    },
    Index, Placed, Presence, Sides, Walk, differs, flat, json_of,
    menus::arrange,
};
use crate::{
    catalog::{Catalog, ExternalId, Field, Item, ItemField, Path},
    policy::UnmanagedPolicy,
};

impl Walk<'_> {
    pub(super) fn items(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, live) = (index_items(desired), index_items(base), index_items(&self.matched.catalog));
        let mut sent: HashMap<ExternalId, Placed<Item>> = HashMap::new();
        let mut kept: HashMap<ExternalId, Placed<Item>> = HashMap::new();
        let ids: BTreeSet<&ExternalId> = wanted.keys().chain(known.keys()).chain(live.keys()).copied().collect();
        for id in ids {
            let (send, base) = self.item(id, wanted.get(id), known.get(id), live.get(id));
            sent.extend(send.map(|placed| (id.clone(), placed)));
            kept.extend(base.map(|placed| (id.clone(), placed)));
        }
        payload.menus = arrange(&sent, [desired, &self.matched.catalog]);
        next.menus = arrange(&kept, [desired, base]);
    }

    fn item(
        &mut self,
        id: &ExternalId,
        desired: Option<&Placed<&Item>>,
        base: Option<&Placed<&Item>>,
        live: Option<&Placed<&Item>>,
    ) -> (Option<Placed<Item>>, Option<Placed<Item>>) {
        let owned = |placed: &Placed<&Item>| Placed { thing: placed.thing.clone(), within: placed.within.clone() };
        match (desired, base, live) {
            (Some(desired), base, Some(live)) => {
                let (send, next) = self.item_fields(id, desired, base, live);
                (Some(send), Some(next))
            }
            (Some(desired), base, None) => {
                let class = match base {
                    None => self.added(),
                    Some(base) if same_item(desired, base) => Class::Drift,
                    Some(_) => Class::Conflict,
                };
                let sides = [Value::Null, item_json(desired), base.map_or(Value::Null, item_json)];
                if self.presence(Path::item(id), Presence::Wanted, class, &subject_of_item(desired), sides) {
                    let (send, next) = self.new_item(owned(desired));
                    (Some(send), Some(next))
                } else {
                    self.keep_rejected_parts(&Path::item(id));
                    (None, base.map(owned))
                }
            }
            (None, Some(base), Some(live)) => {
                let sides = [item_summary(live), Value::Null, item_json(base)];
                let subject = subject_of_item(live);
                let class = if is_edited(base, live) { Class::Conflict } else { Class::Edit };
                if self.presence(Path::item(id), Presence::Left, class, &subject, sides) {
                    (Some(complete_item(owned(live))), Some(owned(base)))
                } else {
                    (None, None)
                }
            }
            (None, _, _) => (None, None),
        }
    }

    /// A new item is sent in stock unless a file says otherwise.
    fn new_item(&mut self, desired: Placed<Item>) -> (Placed<Item>, Placed<Item>) {
        let off = desired.thing.in_stock == Field::Set(false);
        let mut next = desired.clone();
        next.thing.in_stock = if off { Field::Set(false) } else { Field::Unsaid };
        if off {
            self.next.items_taken_off.insert(desired.thing.external_id.clone());
        }
        let mut send = desired;
        send.thing.in_stock = Field::Set(!off);
        (send, next)
    }

    fn item_fields(
        &mut self,
        id: &ExternalId,
        desired: &Placed<&Item>,
        base: Option<&Placed<&Item>>,
        live: &Placed<&Item>,
    ) -> (Placed<Item>, Placed<Item>) {
        let unsaid = Item::default();
        let b = base.map_or(&unsaid, |base| base.thing);
        let l = live.thing;
        let Item {
            external_id: _,
            name,
            internal_name,
            description,
            in_stock,
            price,
            image,
            operational_hours,
            variant_category_external_ids,
        } = desired.thing;
        let subject = subject_of_item(desired);
        let at = |field| Path::item_field(id, field);
        self.lost_id(at(ItemField::ExternalId), id, base.is_some(), &subject);
        let within = base.map(|base| base.within.clone());
        let (menus, next_menus) = self.field(
            at(ItemField::Menu),
            &subject,
            Sides {
                desired: &Field::Set(desired.within.clone()),
                base: &Field::maybe(within),
                live: &Field::Set(live.within.clone()),
            },
        );
        let live_image = readable_image(image, base.map(|base| &base.thing.image), &l.image);
        let live_links = readable_links(variant_category_external_ids, &b.variant_category_external_ids, l);
        macro_rules! compare {
            ($field:ident, $key:ident, $live:expr) => {
                self.field(at(ItemField::$key), &subject, Sides { desired: $field, base: &b.$field, live: $live })
            };
        }
        let name = compare!(name, Name, &l.name);
        let internal_name = compare!(internal_name, InternalName, &l.internal_name);
        let description = compare!(description, Description, &l.description);
        let price = compare!(price, Price, &l.price);
        let image = compare!(image, Image, &live_image);
        let hours = compare!(operational_hours, OperationalHours, &l.operational_hours);
        let links = compare!(variant_category_external_ids, VariantCategories, &live_links);
        let taken_off = self.inputs.base.is_some_and(|base| base.items_taken_off.contains(id));
        let sides = Sides { desired: in_stock, base: &b.in_stock, live: &l.in_stock };
        let (stock, next_stock, next_taken_off) = self.stock(at(ItemField::InStock), &subject, sides, taken_off);
        if next_taken_off {
            self.next.items_taken_off.insert(id.clone());
        }
        let send = Item {
            external_id: id.clone(),
            name: name.0,
            internal_name: internal_name.0,
            description: description.0,
            in_stock: Field::Set(stock),
            price: price.0,
            image: image.0,
            operational_hours: hours.0,
            variant_category_external_ids: links.0,
        };
        let next = Item {
            external_id: id.clone(),
            name: name.1,
            internal_name: internal_name.1,
            description: description.1,
            in_stock: next_stock,
            price: price.1,
            image: image.1,
            operational_hours: hours.1,
            variant_category_external_ids: links.1,
        };
        let within = |menus: Field<Vec<String>>| menus.value().cloned().unwrap_or_default();
        (Placed { thing: send, within: within(menus) }, Placed { thing: next, within: within(next_menus) })
    }

    /// Items made elsewhere: removed by policy, or lost if a PUT goes out for another reason (a guard judges that).
    pub(super) fn unmanaged_items(&mut self) {
        let delete = self.inputs.policy.unmanaged == UnmanagedPolicy::Delete;
        let class = if self.stance.has_base { Class::Drift } else { Class::Adopt };
        for item in &self.matched.unmanaged {
            let Unmanaged { menu, name, external_id: _, uuid: _, price } = item;
            let subject = Subject { within: Some(menu.clone()), name: name.clone() };
            let from = json!({"name": name, "price": price});
            let path = Path::item(&item.id());
            let rejected = self.is_rejected(&path, &Value::Null);
            if rejected {
                self.keep_rejected(&path, &Value::Null);
            }
            let push = delete && !rejected;
            self.tell(path, Kind::Remove, class, [from, Value::Null, Value::Null], push, &subject);
            if let Some(change) = self.changes.last_mut() {
                change.only_with_put = !push;
            }
        }
    }
}

fn index_items(catalog: &Catalog) -> Index<'_, Item> {
    let mut index: Index<'_, Item> = BTreeMap::new();
    for (menu, item) in catalog.items() {
        let placed = index.entry(&item.external_id).or_insert_with(|| Placed { thing: item, within: Vec::new() });
        if !placed.within.contains(&menu.name) {
            placed.within.push(menu.name.clone());
        }
    }
    index
}

/// The live side of an image: what we last sent, because an address that is read back may be a CDN's. Without a base, an
/// image that is there is taken for the one the files name.
fn readable_image(desired: &Field<String>, base: Option<&Field<String>>, live: &Field<String>) -> Field<String> {
    match (base, desired, live) {
        (Some(base), ..) if !base.is_unsaid() => base.clone(),
        (None, Field::Set(_), Field::Set(_)) => desired.clone(),
        _ => live.clone(),
    }
}

/// The live side of an item's choices. Their order cannot be read back, so a live list that holds the same choices as base
/// (or else as desired) counts as that.
fn readable_links(
    desired: &Field<Vec<ExternalId>>,
    base: &Field<Vec<ExternalId>>,
    live: &Item,
) -> Field<Vec<ExternalId>> {
    let set = |field: &Field<Vec<ExternalId>>| -> BTreeSet<ExternalId> {
        field.value().into_iter().flatten().cloned().collect()
    };
    let live = &live.variant_category_external_ids;
    let alike = [base, desired].into_iter().find(|side| side.value().is_some() && set(side) == set(live));
    alike.unwrap_or(live).clone()
}

/// Whether somebody changed an item elsewhere in what the files own. Images cannot be told, stock is the kitchen's.
fn is_edited(base: &Placed<&Item>, live: &Placed<&Item>) -> bool {
    let Item {
        external_id: _,
        name,
        internal_name,
        description,
        in_stock: _,
        price,
        image: _,
        operational_hours,
        variant_category_external_ids,
    } = base.thing;
    let l = live.thing;
    let links = readable_links(&Field::Unsaid, variant_category_external_ids, l);
    differs(&Field::Set(base.within.clone()), &Field::Set(live.within.clone()))
        || differs(name, &l.name)
        || differs(internal_name, &l.internal_name)
        || differs(description, &l.description)
        || differs(price, &l.price)
        || differs(operational_hours, &l.operational_hours)
        || differs(variant_category_external_ids, &links)
}

fn same_item(a: &Placed<&Item>, b: &Placed<&Item>) -> bool {
    let normal = |item: &Item| {
        let Item { name, internal_name, description, .. } = item.clone();
        let [name, internal_name, description] = [name, internal_name, description].map(normal_text);
        Item { name, internal_name, description, in_stock: Field::Unsaid, ..item.clone() }
    };
    same(&Field::Set(a.within.clone()), &Field::Set(b.within.clone())) && normal(a.thing) == normal(b.thing)
}

/// A whole item as a plan tells it: everything the files say but the stock, with its menu.
fn item_json(item: &Placed<&Item>) -> Value {
    let mut value = json_of(&Item { in_stock: Field::Unsaid, ..item.thing.clone() });
    if let Value::Object(map) = &mut value {
        map.remove("external_id");
        map.insert("menu".to_owned(), flat(json_of(&item.within)));
    }
    value
}

fn item_summary(item: &Placed<&Item>) -> Value {
    json!({"name": item.thing.name, "price": item.thing.price})
}

fn subject_of_item(item: &Placed<&Item>) -> Subject {
    let name = item.thing.name.value().cloned().unwrap_or_else(|| item.thing.external_id.0.clone());
    Subject { within: item.within.first().cloned(), name }
}

/// A live thing that is copied into a payload: its stock is said.
fn complete_item(mut item: Placed<Item>) -> Placed<Item> {
    item.thing.in_stock = Field::Set(item.thing.in_stock.value().copied().unwrap_or(true));
    item
}
