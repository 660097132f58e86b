//! The one walk over desired, base and live: changes, payload and next base come out together, so what is shown is what is
//! sent.
//!
//! Structs are taken apart field by field without `..`: a new field of the model cannot be forgotten here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::{
    Base, Change, Class, Inputs, Kind, Subject, Uuids,
    field::{self, Compare, Stance, same},
    matching::{Matched, Unmanaged},
    order, stock,
};
use crate::{
    catalog::{
        Catalog, CategoryField, ExternalId, Field, Item, ItemField, Menu, Path, Variant, VariantCategory, VariantField,
    },
    policy::{DriftPolicy, Ignorable, UnmanagedPolicy},
};

/// What the walk brings home.
pub(super) struct Compared {
    pub(super) changes: Vec<Change>,
    pub(super) payload: Catalog,
    pub(super) next_base: Base,
}

/// Compares everything.
pub(super) fn compare(inputs: &Inputs<'_>, matched: &Matched) -> Compared {
    let desired = without_ignored(inputs.desired, &inputs.policy.ignore);
    let base = inputs.base.map(|base| without_ignored(&base.catalog, &inputs.policy.ignore)).unwrap_or_default();
    let mut walk = Walk {
        inputs,
        matched,
        stance: Stance {
            has_base: inputs.base.is_some(),
            revert: inputs.revert || inputs.policy.drift == DriftPolicy::Revert,
        },
        changes: Vec::new(),
        next: Base { uuids: matched.uuids.clone(), ..Base::default() },
    };
    let (mut payload, mut next) = (Catalog::default(), Catalog::default());
    walk.items(&desired, &base, &mut payload, &mut next);
    walk.unmanaged_items();
    walk.categories(&desired, &base, &mut payload, &mut next);
    walk.menus(&desired, &base, &payload);
    walk.item_order(&desired, &base, &payload);
    walk.next.catalog = next;
    Compared { changes: walk.changes, payload, next_base: walk.next }
}

/// The catalog as if nobody said anything about the ignored fields: they are copied from live.
fn without_ignored(catalog: &Catalog, ignore: &BTreeSet<Ignorable>) -> Catalog {
    let mut catalog = catalog.clone();
    for item in catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        for field in ignore {
            match field {
                Ignorable::Image => item.image = Field::Unsaid,
                Ignorable::Description => item.description = Field::Unsaid,
                Ignorable::InternalName => item.internal_name = Field::Unsaid,
                Ignorable::OperationalHours => item.operational_hours = Field::Unsaid,
            }
        }
    }
    if ignore.contains(&Ignorable::InternalName) {
        catalog.variant_categories.iter_mut().for_each(|category| category.internal_name = Field::Unsaid);
    }
    catalog
}

/// A thing and the menus (or the category) that hold it.
#[derive(Clone)]
struct Placed<T> {
    thing: T,
    within: Vec<String>,
}

type Index<'a, T> = BTreeMap<&'a ExternalId, Placed<&'a T>>;

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

fn index_variants(catalog: &Catalog) -> Index<'_, Variant> {
    let mut index: Index<'_, Variant> = BTreeMap::new();
    for (category, variant) in catalog.variants() {
        let within = vec![category.external_id.0.clone()];
        index.entry(&variant.external_id).or_insert(Placed { thing: variant, within });
    }
    index
}

fn json_of<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// The one menu (or category) that holds a thing is told as a name, not as a list of one.
fn flat(value: Value) -> Value {
    match value {
        Value::Array(mut names) if names.len() == 1 && names[0].is_string() => names.remove(0),
        other => other,
    }
}

struct Walk<'a> {
    inputs: &'a Inputs<'a>,
    matched: &'a Matched,
    stance: Stance,
    changes: Vec<Change>,
    next: Base,
}

impl Walk<'_> {
    /// The value of a path that the platform would not show as sent.
    fn is_stuck(&self, path: &Path, to: &Value) -> bool {
        self.inputs.base.is_some_and(|base| base.stuck.get(&path.to_string()) == Some(to))
    }

    fn keep_stuck(&mut self, path: &Path, to: &Value) {
        self.next.stuck.insert(path.to_string(), to.clone());
    }

    fn known_uuids(&self) -> Option<&Uuids> {
        self.inputs.base.map(|base| &base.uuids)
    }

    fn tell(&mut self, path: Path, kind: Kind, class: Class, sides: [Value; 3], pushed: bool, subject: &Subject) {
        let [from, to, base] = sides;
        let source = (self.inputs.place)(&path).or_else(|| (self.inputs.place)(&path.owner()));
        let subject = subject.clone();
        self.changes.push(Change { path, kind, class, from, to, base, pushed, rides: false, subject, source });
    }

    /// One field: tells the difference, returns what is sent and what the base becomes.
    fn field<T: Compare>(&mut self, path: Path, subject: &Subject, sides: Sides<'_, T>) -> (Field<T>, Field<T>) {
        let Sides { desired, base, live } = sides;
        let mut decision = field::decide(self.stance, desired, base, live);
        let Some(class) = decision.class else { return (decision.send, decision.next_base) };
        let kind = match path {
            Path::Item(_, Some(ItemField::Menu)) | Path::Variant(_, Some(VariantField::Category)) => Kind::Move,
            _ => Kind::Set,
        };
        let told = |side| if kind == Kind::Move { flat(json_of(side)) } else { json_of(side) };
        let [from, to, base_value] = [live, desired, base].map(told);
        if decision.push && self.is_stuck(&path, &to) {
            self.keep_stuck(&path, &to);
            decision = field::Decision { push: false, send: live.clone(), next_base: base.clone(), ..decision };
        }
        self.tell(path, kind, class, [from, to, base_value], decision.push, subject);
        (decision.send, decision.next_base)
    }

    /// A thing that stands on some sides only: whether the payload has it.
    ///
    /// `Presence::Wanted`: the files have it, live has not; `Presence::Left`: live has it, the files have not.
    fn presence(&mut self, path: Path, presence: Presence, class: Class, subject: &Subject, sides: [Value; 3]) -> bool {
        let mut push = self.stance.revert || matches!(class, Class::Edit | Class::Adopt);
        if push && self.is_stuck(&path, &sides[1]) {
            self.keep_stuck(&path, &sides[1]);
            push = false;
        }
        let kind = if presence == Presence::Wanted { Kind::Add } else { Kind::Remove };
        self.tell(path, kind, class, sides, push, subject);
        push == (presence == Presence::Wanted)
    }

    fn added(&self) -> Class {
        if self.stance.has_base { Class::Edit } else { Class::Adopt }
    }

    // ── items ──

    fn items(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
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
                    (None, base.map(owned))
                }
            }
            (None, Some(base), Some(live)) => {
                let sides = [item_summary(live), Value::Null, item_json(base)];
                let subject = subject_of_item(live);
                if self.presence(Path::item(id), Presence::Left, Class::Edit, &subject, sides) {
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

    /// An external id that is gone (or another) live. With a base that is drift which the next PUT mends on its way;
    /// without one the id has never been there and is worth a push.
    fn lost_id(&mut self, path: Path, id: &ExternalId, in_base: bool, subject: &Subject) {
        let lost = match path {
            Path::Variant(..) => self.matched.lost_variants.get(id),
            _ => self.matched.lost_items.get(id),
        };
        let Some(live) = lost else { return };
        let class = if in_base { Class::Drift } else { self.added() };
        let base = if in_base { json_of(id) } else { Value::Null };
        let stuck = self.is_stuck(&path, &json_of(id));
        if stuck {
            self.keep_stuck(&path, &json_of(id));
        }
        let push = (!in_base || self.stance.revert) && !stuck;
        self.tell(path, Kind::Set, class, [json_of(live), json_of(id), base], push, subject);
        if let Some(change) = self.changes.last_mut() {
            change.rides = !push;
        }
    }

    fn stock(
        &mut self,
        path: Path,
        subject: &Subject,
        sides: Sides<'_, bool>,
        taken_off: bool,
    ) -> (bool, Field<bool>, bool) {
        // An answer without stock is taken as "on sale": there is nothing to carry over.
        let live = sides.live.value().copied().unwrap_or(true);
        let decision = stock::decide(self.stance, sides.desired, sides.base, taken_off, live);
        if let Some(class) = decision.class {
            let to = if decision.push { decision.send } else { !live };
            let sides = [json!(live), json!(to), json_of(sides.base)];
            self.tell(path, Kind::Set, class, sides, decision.push, subject);
        }
        (decision.send, decision.next_base, decision.next_taken_off)
    }

    /// Items made elsewhere: removed by policy, or lost if a PUT goes out for another reason (a guard judges that).
    fn unmanaged_items(&mut self) {
        let delete = self.inputs.policy.unmanaged == UnmanagedPolicy::Delete;
        let class = if self.stance.has_base { Class::Drift } else { Class::Adopt };
        for item in &self.matched.unmanaged {
            let Unmanaged { menu, name, external_id: _, uuid: _, price } = item;
            let subject = Subject { within: Some(menu.clone()), name: name.clone() };
            let from = json!({"name": name, "price": price});
            let path = Path::item(&item.id());
            let stuck = self.is_stuck(&path, &Value::Null);
            if stuck {
                self.keep_stuck(&path, &Value::Null);
            }
            let push = delete && !stuck;
            self.tell(path, Kind::Remove, class, [from, Value::Null, Value::Null], push, &subject);
            if let Some(change) = self.changes.last_mut() {
                change.rides = !push;
            }
        }
    }

    // ── menus and order ──

    /// A menu is there exactly if it holds something, so its coming and going follows from the items.
    fn menus(&mut self, desired: &Catalog, base: &Catalog, payload: &Catalog) {
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
            let value = |present: bool| if present { json!(name) } else { Value::Null };
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

    fn item_order(&mut self, desired: &Catalog, base: &Catalog, payload: &Catalog) {
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

    fn reordered(&mut self, before: &[String], after: &[String], describe: impl Fn(&str) -> (Path, Subject)) {
        let [before, after] = [before, after].map(|ids| ids.iter().map(String::as_str).collect::<Vec<_>>());
        for moved in order::moved(&before, &after) {
            let (path, subject) = describe(moved.id);
            let place = |front: Option<&str>| json!({"after": front});
            let sides = [place(moved.from), place(moved.to), place(moved.from)];
            self.tell(path, Kind::Move, Class::Edit, sides, true, &subject);
        }
    }

    // ── variant categories ──

    fn categories(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let index = |catalog: &Catalog| -> HashMap<ExternalId, VariantCategory> {
            catalog.variant_categories.iter().map(|c| (c.external_id.clone(), c.clone())).collect()
        };
        let (wanted, known, live) = (index(desired), index(base), index(&self.matched.catalog));
        let needed: HashSet<ExternalId> = payload
            .items()
            .flat_map(|(_, item)| item.variant_category_external_ids.value().into_iter().flatten().cloned())
            .collect();
        let mut seen = HashSet::new();
        let catalogs = [desired, base, &self.matched.catalog];
        let ids = catalogs.into_iter().flat_map(|c| c.variant_categories.iter().map(|c| c.external_id.clone()));
        for id in ids.filter(|id| seen.insert(id.clone())).collect::<Vec<_>>() {
            let sides = CategorySides { desired: wanted.get(&id), base: known.get(&id), live: live.get(&id) };
            let (send, base) = self.category(&id, &sides, needed.contains(&id));
            payload.variant_categories.extend(send);
            next.variant_categories.extend(base);
        }
        self.variants(desired, base, payload, next);
    }

    /// One category without its variants.
    fn category(
        &mut self,
        id: &ExternalId,
        sides: &CategorySides<'_>,
        needed: bool,
    ) -> (Option<VariantCategory>, Option<VariantCategory>) {
        let bare = |category: &VariantCategory| VariantCategory { variants: Vec::new(), ..category.clone() };
        let path = Path::category(id);
        match (sides.desired, sides.base, sides.live) {
            (Some(desired), base, Some(live)) => {
                let (send, next) = self.category_fields(id, desired, base, live);
                (Some(send), Some(next))
            }
            (Some(desired), base, None) => {
                let class = match base {
                    None => self.added(),
                    Some(base) if desired == base => Class::Drift,
                    Some(_) => Class::Conflict,
                };
                let to = category_json(desired);
                let sides = [Value::Null, to, base.map_or(Value::Null, category_json)];
                let subject = subject_of_category(desired);
                // What an item in the payload refers to has to be in it.
                let present = self.presence(path, Presence::Wanted, class, &subject, sides) || needed;
                if let Some(change) = self.changes.last_mut() {
                    change.pushed = present;
                }
                if present { (Some(bare(desired)), Some(bare(desired))) } else { (None, base.map(bare)) }
            }
            (None, Some(base), Some(live)) => {
                if needed {
                    return (Some(bare(live)), Some(bare(base)));
                }
                let subject = subject_of_category(live);
                let sides = [json!({"name": live.name}), Value::Null, category_json(base)];
                let present = self.presence(path, Presence::Left, Class::Edit, &subject, sides);
                if present { (Some(bare(live)), Some(bare(base))) } else { (None, None) }
            }
            (None, None, Some(live)) => {
                let known = self.known_uuids().is_none_or(|uuids| uuids.categories.values().any(|known| known == id));
                let subject = subject_of_category(live);
                let sides = [json!({"name": live.name}), Value::Null, Value::Null];
                let present = known || needed || self.presence(path, Presence::Left, Class::Drift, &subject, sides);
                (present.then(|| bare(live)), None)
            }
            (None, _, None) => (None, None),
        }
    }

    fn category_fields(
        &mut self,
        id: &ExternalId,
        desired: &VariantCategory,
        base: Option<&VariantCategory>,
        live: &VariantCategory,
    ) -> (VariantCategory, VariantCategory) {
        let unsaid = VariantCategory::default();
        let b = base.unwrap_or(&unsaid);
        let VariantCategory { external_id: _, name, internal_name: _, min_quantity, max_quantity, variants: _ } =
            desired;
        let subject = subject_of_category(desired);
        let at = |field| Path::category_field(id, field);
        let [d_internal, b_internal, l_internal] = [desired, b, live].map(internal_name_of);
        let internal = Sides { desired: &d_internal, base: &b_internal, live: &l_internal };
        let name =
            self.field(at(CategoryField::Name), &subject, Sides { desired: name, base: &b.name, live: &live.name });
        let internal_name = self.field(at(CategoryField::InternalName), &subject, internal);
        let min = Sides { desired: min_quantity, base: &b.min_quantity, live: &live.min_quantity };
        let min = self.field(at(CategoryField::MinQuantity), &subject, min);
        let max = Sides { desired: max_quantity, base: &b.max_quantity, live: &live.max_quantity };
        let max = self.field(at(CategoryField::MaxQuantity), &subject, max);
        let made = |name, internal_name, min_quantity, max_quantity| VariantCategory {
            external_id: id.clone(),
            name,
            internal_name,
            min_quantity,
            max_quantity,
            variants: Vec::new(),
        };
        (made(name.0, internal_name.0, min.0, max.0), made(name.1, internal_name.1, min.1, max.1))
    }

    // ── variants ──

    fn variants(&mut self, desired: &Catalog, base: &Catalog, payload: &mut Catalog, next: &mut Catalog) {
        let (wanted, known, live) =
            (index_variants(desired), index_variants(base), index_variants(&self.matched.catalog));
        let mut sent: HashMap<ExternalId, Placed<Variant>> = HashMap::new();
        let mut kept: HashMap<ExternalId, Placed<Variant>> = HashMap::new();
        let ids: BTreeSet<&ExternalId> = wanted.keys().chain(known.keys()).chain(live.keys()).copied().collect();
        let told: HashSet<String> = self.changes.iter().filter_map(whole_category).collect();
        let restored: HashSet<String> = payload
            .variant_categories
            .iter()
            .filter(|sent| !self.matched.catalog.variant_categories.iter().any(|c| c.external_id == sent.external_id))
            .map(|category| category.external_id.0.clone())
            .collect();
        for id in ids {
            let mark = self.changes.len();
            let (send, base) = self.variant(id, wanted.get(id), known.get(id), live.get(id), &restored);
            // Where a whole category comes or goes, its variants go without saying.
            let mut index = 0;
            self.changes.retain(|change| {
                index += 1;
                index <= mark || !goes_without_saying(change, &told)
            });
            sent.extend(send.map(|placed| (id.clone(), placed)));
            kept.extend(base.map(|placed| (id.clone(), placed)));
        }
        fill(&mut payload.variant_categories, &sent, [desired, &self.matched.catalog]);
        fill(&mut next.variant_categories, &kept, [desired, base]);
        for category in &desired.variant_categories {
            self.variant_order(category, base, payload);
        }
    }

    fn variant_order(&mut self, category: &VariantCategory, base: &Catalog, payload: &Catalog) {
        let find = |catalog: &Catalog| {
            let found = catalog.variant_categories.iter().find(|known| known.external_id == category.external_id);
            found.map(|c| c.variants.iter().map(|v| v.external_id.0.clone()).collect::<Vec<_>>())
        };
        let (Some(before), Some(sent)) = (find(base), find(payload)) else { return };
        let wanted = category.variants.iter().map(|v| v.external_id.0.clone());
        let after: Vec<String> = wanted.filter(|id| sent.contains(id)).collect();
        let within = category.name.value().cloned();
        self.reordered(&before, &after, |id| {
            let variant = category.variants.iter().find(|variant| variant.external_id.as_str() == id);
            let name = variant.and_then(|v| v.name.value().cloned()).unwrap_or_else(|| id.to_owned());
            (Path::variant(&ExternalId::from(id)), Subject { within: within.clone(), name })
        });
    }

    fn variant(
        &mut self,
        id: &ExternalId,
        desired: Option<&Placed<&Variant>>,
        base: Option<&Placed<&Variant>>,
        live: Option<&Placed<&Variant>>,
        restored: &HashSet<String>,
    ) -> (Option<Placed<Variant>>, Option<Placed<Variant>>) {
        let owned = |placed: &Placed<&Variant>| Placed { thing: placed.thing.clone(), within: placed.within.clone() };
        let path = Path::variant(id);
        match (desired, base, live) {
            (Some(desired), base, Some(live)) => {
                let (send, next) = self.variant_fields(id, desired, base, live);
                (Some(send), Some(next))
            }
            (Some(desired), base, None) => {
                let class = match base {
                    None => self.added(),
                    Some(base) if same_variant(desired, base) => Class::Drift,
                    Some(_) => Class::Conflict,
                };
                let sides = [Value::Null, variant_json(desired), base.map_or(Value::Null, variant_json)];
                let subject = self.subject_of_variant(desired);
                // A category that goes out anew takes all its variants along.
                let restored = desired.within.iter().any(|category| restored.contains(category));
                if self.presence(path, Presence::Wanted, class, &subject, sides) || restored {
                    let (send, next) = self.new_variant(owned(desired));
                    (Some(send), Some(next))
                } else {
                    (None, base.map(owned))
                }
            }
            (None, Some(base), Some(live)) => {
                let sides = [variant_summary(live), Value::Null, variant_json(base)];
                let subject = self.subject_of_variant(live);
                if self.presence(path, Presence::Left, Class::Edit, &subject, sides) {
                    (Some(complete_variant(owned(live))), Some(owned(base)))
                } else {
                    (None, None)
                }
            }
            (None, None, Some(live)) => {
                let known = self.known_uuids().is_none_or(|uuids| uuids.variants.values().any(|known| known == id));
                let sides = [variant_summary(live), Value::Null, Value::Null];
                let subject = self.subject_of_variant(live);
                let present = known || self.presence(path, Presence::Left, Class::Drift, &subject, sides);
                (present.then(|| complete_variant(owned(live))), None)
            }
            (None, _, None) => (None, None),
        }
    }

    fn new_variant(&mut self, desired: Placed<Variant>) -> (Placed<Variant>, Placed<Variant>) {
        let off = desired.thing.in_stock == Field::Set(false);
        let mut next = desired.clone();
        next.thing.in_stock = if off { Field::Set(false) } else { Field::Unsaid };
        if off {
            self.next.variants_taken_off.insert(desired.thing.external_id.clone());
        }
        let mut send = desired;
        send.thing.in_stock = Field::Set(!off);
        (send, next)
    }

    fn variant_fields(
        &mut self,
        id: &ExternalId,
        desired: &Placed<&Variant>,
        base: Option<&Placed<&Variant>>,
        live: &Placed<&Variant>,
    ) -> (Placed<Variant>, Placed<Variant>) {
        let unsaid = Variant::default();
        let b = base.map_or(&unsaid, |base| base.thing);
        let l = live.thing;
        let Variant { external_id: _, name, price, in_stock } = desired.thing;
        let subject = self.subject_of_variant(desired);
        let at = |field| Path::variant_field(id, field);
        self.lost_id(at(VariantField::ExternalId), id, base.is_some(), &subject);
        let category = Sides {
            desired: &Field::Set(desired.within.clone()),
            base: &Field::maybe(base.map(|base| base.within.clone())),
            live: &Field::Set(live.within.clone()),
        };
        let (within, next_within) = self.field(at(VariantField::Category), &subject, category);
        let name = self.field(at(VariantField::Name), &subject, Sides { desired: name, base: &b.name, live: &l.name });
        let price =
            self.field(at(VariantField::Price), &subject, Sides { desired: price, base: &b.price, live: &l.price });
        let taken_off = self.inputs.base.is_some_and(|base| base.variants_taken_off.contains(id));
        let sides = Sides { desired: in_stock, base: &b.in_stock, live: &l.in_stock };
        let (stock, next_stock, next_taken_off) = self.stock(at(VariantField::InStock), &subject, sides, taken_off);
        if next_taken_off {
            self.next.variants_taken_off.insert(id.clone());
        }
        let made = |name, price, in_stock, within: Field<Vec<String>>| Placed {
            thing: Variant { external_id: id.clone(), name, price, in_stock },
            within: within.value().cloned().unwrap_or_default(),
        };
        (made(name.0, price.0, Field::Set(stock), within), made(name.1, price.1, next_stock, next_within))
    }

    fn subject_of_variant(&self, variant: &Placed<&Variant>) -> Subject {
        let category = variant.within.first().and_then(|id| {
            let catalogs = [self.inputs.desired, &self.matched.catalog];
            let mut all = catalogs.into_iter().flat_map(|catalog| &catalog.variant_categories);
            all.find(|category| category.external_id.as_str() == id).and_then(|category| category.name.value().cloned())
        });
        let id = &variant.thing.external_id;
        Subject { within: category, name: variant.thing.name.value().cloned().unwrap_or_else(|| id.0.clone()) }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Presence {
    Wanted,
    Left,
}

struct Sides<'a, T> {
    desired: &'a Field<T>,
    base: &'a Field<T>,
    live: &'a Field<T>,
}

struct CategorySides<'a> {
    desired: Option<&'a VariantCategory>,
    base: Option<&'a VariantCategory>,
    live: Option<&'a VariantCategory>,
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

/// A category's cashier's name that equals its name reads back where none was sent, so it counts as absent.
fn internal_name_of(category: &VariantCategory) -> Field<String> {
    let same = category.internal_name.value().is_some() && same(&category.internal_name, &category.name);
    if same { Field::Null } else { category.internal_name.clone() }
}

fn same_item(a: &Placed<&Item>, b: &Placed<&Item>) -> bool {
    let unstocked = |item: &Item| Item { in_stock: Field::Unsaid, ..item.clone() };
    same(&Field::Set(a.within.clone()), &Field::Set(b.within.clone())) && unstocked(a.thing) == unstocked(b.thing)
}

fn same_variant(a: &Placed<&Variant>, b: &Placed<&Variant>) -> bool {
    let unstocked = |variant: &Variant| Variant { in_stock: Field::Unsaid, ..variant.clone() };
    a.within == b.within && unstocked(a.thing) == unstocked(b.thing)
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

fn variant_json(variant: &Placed<&Variant>) -> Value {
    json!({"category": variant.within.first(), "name": variant.thing.name, "price": variant.thing.price})
}

fn variant_summary(variant: &Placed<&Variant>) -> Value {
    json!({"name": variant.thing.name, "price": variant.thing.price})
}

fn category_json(category: &VariantCategory) -> Value {
    let mut category = category.clone();
    category.variants.iter_mut().for_each(|variant| variant.in_stock = Field::Unsaid);
    let mut value = json_of(&category);
    if let Value::Object(map) = &mut value {
        map.remove("external_id");
    }
    value
}

fn subject_of_item(item: &Placed<&Item>) -> Subject {
    let name = item.thing.name.value().cloned().unwrap_or_else(|| item.thing.external_id.0.clone());
    Subject { within: item.within.first().cloned(), name }
}

fn subject_of_category(category: &VariantCategory) -> Subject {
    let name = category.name.value().cloned().unwrap_or_else(|| category.external_id.0.clone());
    Subject { within: None, name }
}

/// A live thing that is copied into a payload: its stock is said.
fn complete_item(mut item: Placed<Item>) -> Placed<Item> {
    item.thing.in_stock = Field::Set(item.thing.in_stock.value().copied().unwrap_or(true));
    item
}

fn complete_variant(mut variant: Placed<Variant>) -> Placed<Variant> {
    variant.thing.in_stock = Field::Set(variant.thing.in_stock.value().copied().unwrap_or(true));
    variant
}

/// The id of a category that comes or goes as a whole.
fn whole_category(change: &Change) -> Option<String> {
    match (&change.path, change.kind) {
        (Path::Category(id, None), Kind::Add | Kind::Remove) => Some(id.0.clone()),
        _ => None,
    }
}

fn goes_without_saying(change: &Change, told: &HashSet<String>) -> bool {
    let thing = matches!(change.path, Path::Variant(_, None)) && matches!(change.kind, Kind::Add | Kind::Remove);
    let within = [&change.to, &change.base].into_iter().find_map(|value| value.get("category").and_then(Value::as_str));
    thing && within.is_some_and(|id| told.contains(id))
}

/// Menus with the items that belong to them: in the order of the first catalog, then in that of the second for what only
/// that one knows. Menus without items are left out.
fn arrange(items: &HashMap<ExternalId, Placed<Item>>, orders: [&Catalog; 2]) -> Vec<Menu> {
    let mut menus: Vec<Menu> = Vec::new();
    let mut placed: HashSet<(&ExternalId, &str)> = HashSet::new();
    let wanted: Vec<&str> = orders.iter().flat_map(|catalog| catalog.menus.iter().map(|m| m.name.as_str())).collect();
    let kept = items.values().flat_map(|item| item.within.iter().map(String::as_str));
    for name in wanted.into_iter().chain(kept.collect::<BTreeSet<_>>()) {
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

/// Puts variants into their categories, in the order of the first catalog, then of the second.
fn fill(categories: &mut [VariantCategory], variants: &HashMap<ExternalId, Placed<Variant>>, orders: [&Catalog; 2]) {
    let mut order: Vec<&ExternalId> = Vec::new();
    let mut seen = HashSet::new();
    for (_, variant) in orders.iter().flat_map(|catalog| catalog.variants()) {
        if seen.insert(&variant.external_id) {
            order.push(&variant.external_id);
        }
    }
    let mut position: HashMap<String, usize> = HashMap::new();
    for (index, category) in categories.iter().enumerate() {
        position.insert(category.external_id.0.clone(), index);
    }
    for placed in order.into_iter().filter_map(|id| variants.get(id)) {
        if let Some(index) = placed.within.first().and_then(|id| position.get(id)) {
            categories[*index].variants.push(placed.thing.clone());
        }
    }
}
