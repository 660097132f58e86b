//! A live catalog as definitions would say it: our ids instead of the platform's, no stock, nothing that goes without
//! saying, and a remark wherever a person has to decide.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::ids::{Nameless, propose};
use crate::{
    catalog::{
        Catalog, CategoryField, ExternalId, Field, FieldKind, FieldValue, Item, ItemField, Menu, Path, Thing, Variant,
        VariantCategory, VariantField,
        live::{Extra, LiveCatalog, LiveCategory, LiveItem, LiveVariant},
        text::same_text,
    },
    diagnostic::Place,
    plan::{Listing, RepeatedDish, Uuids, list_once},
    rules,
};

/// What was made of a live catalog.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// The catalog as the files shall give it.
    pub catalog: Catalog,
    /// Which of `gobiz.accounts` an outlet's file is to name.
    pub account: Option<String>,
    /// Things whose id is proposed here, because neither the platform nor our memory has one.
    pub proposed: BTreeSet<Path>,
    /// Things whose id is the platform's own UUID: it shows that where nobody gave an id.
    pub uuid_ids: BTreeSet<Path>,
    /// The id of each thing by the platform's UUID for it.
    pub ids: Uuids,
    /// What a person has to decide, by the thing or field it is about: short, to stand beside it.
    pub todo: BTreeMap<Path, String>,
    /// What cannot be said in a file, for the head of it.
    pub remarks: Vec<String>,
    /// Images that are live but that GoFood would refuse when they are sent, by item. They are not claimed, so every push
    /// leaves them as they are.
    pub refused_images: BTreeMap<ExternalId, String>,
}

/// Turns `live` into definitions. `known` are the ids by which things are remembered, by the platform's ids for them: those
/// of a plan of the same answer. `ours` is what the files or the last push had: its ids are not proposed, its menus keep their
/// spelling.
///
/// `share_variants`: a variant may stand in several categories, as the rule `variant-in-two-categories` is no error. Where
/// `ours` has one so, it may in any case.
///
/// Whatever order the platform answers categories in, the result is the same.
pub fn import(live: &LiveCatalog, known: &Uuids, ours: &Catalog, share_variants: bool) -> Imported {
    let shared = BTreeSet::new();
    let mut import = Import { known, ours, share_variants, shared, ids: Ids::default(), made: Imported::default() };
    let live = &import.untangle(live);
    import.name_everything(live);
    import.menus(live);
    import.categories(live);
    import.refuse_images();
    import.made
}

/// The id of every live thing, by its position in the answer.
#[derive(Debug, Default)]
struct Ids {
    items: HashMap<(usize, usize), ExternalId>,
    categories: Vec<ExternalId>,
    variants: HashMap<(usize, usize), ExternalId>,
}

/// A position in the answer.
#[derive(Debug, Clone, Copy)]
enum Spot {
    Item(usize, usize),
    Category(usize),
    Variant(usize, usize),
}

impl Spot {
    /// The path of the thing at it, under its id.
    fn path(self, id: &ExternalId) -> Path {
        match self {
            Self::Item(..) => Path::item(id),
            Self::Category(_) => Path::category(id),
            Self::Variant(..) => Path::variant(id),
        }
    }
}

impl Imported {
    /// Whether a file of one is a file of the other: all but the platform's UUIDs.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said = |imported: &Self| Self { ids: Uuids::default(), ..imported.clone() };
        self.catalog == other.catalog && said(self) == said(other)
    }
}

struct Import<'a> {
    known: &'a Uuids,
    ours: &'a Catalog,
    share_variants: bool,
    /// Ids of variants that stand in several categories.
    shared: BTreeSet<ExternalId>,
    ids: Ids,
    made: Imported,
}

impl Import<'_> {
    /// The answer with every dish at one place, and every id at one thing. What a file cannot say is told at its head.
    fn untangle(&mut self, live: &LiveCatalog) -> LiveCatalog {
        let listing = list_once(live, self.ours, self.known);
        let Listing { live: mut own, platform_menus, declared_menus, repeated } = listing;
        self.made.catalog.platform_menus.extend(declared_menus);
        for menu in platform_menus {
            let remark = format!("The menu `{menu}` only repeats dishes of other menus: GoFood fills it itself.");
            self.made.remarks.push(remark);
        }
        for RepeatedDish { name, menu, home } in repeated {
            self.made.remarks.push(format!("`{name}` shows in `{menu}` too: here it is in `{home}` only."));
        }
        let items = own.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        self.keep_apart(items.map(|item| (&mut item.external_id, &*item.uuid, &*item.name)), &self.known.items);
        let (shared, apart) = self.shared_variants(&own);
        let variants = own.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
        let others = variants.filter(|variant| variant.external_id.value().is_none_or(|id| !shared.contains(id)));
        self.keep_apart(others.map(|v| (&mut v.external_id, &*v.uuid, &*v.name)), &self.known.variants);
        self.shared = shared;
        // By what is remembered, or by a UUID that they share, copies would get the id back that another one keeps.
        let variants = own.variant_categories.iter().flat_map(|category| &category.variants);
        let (ids, uuids): (HashSet<ExternalId>, HashSet<String>) =
            variants.filter_map(|variant| Some((variant.external_id.value()?.clone(), variant.uuid.clone()))).unzip();
        for variant in own.variant_categories.iter_mut().flat_map(|category| &mut category.variants) {
            let remembered = self.known.variants.get(&variant.uuid);
            let is_kept = uuids.contains(&variant.uuid) || remembered.is_some_and(|id| ids.contains(id));
            if variant.external_id.value().is_none() && is_kept {
                variant.uuid.clear();
            }
        }
        if apart {
            let remark = "With `variant-in-two-categories: off` under `rules` of menusync.yaml, variants that are the same in \
                          several choices keep their id.";
            self.made.remarks.push(remark.to_owned());
        }
        own
    }

    /// The ids of variants that are the same in several categories, and may be; and whether there are some that may not. Copies of
    /// all others get ids of their own.
    fn shared_variants(&self, live: &LiveCatalog) -> (BTreeSet<ExternalId>, bool) {
        let mut copies: BTreeMap<&ExternalId, Vec<(usize, &LiveVariant)>> = BTreeMap::new();
        for (at, category) in live.variant_categories.iter().enumerate() {
            for variant in &category.variants {
                if let Some(id) = variant.external_id.value().filter(|id| !id.as_str().is_empty()) {
                    copies.entry(id).or_default().push((at, variant));
                }
            }
        }
        let is_same = |(id, copies): &(&ExternalId, Vec<(usize, &LiveVariant)>)| {
            let mut said = copies.iter().map(|(_, variant)| said_of(id, variant));
            let first = said.next();
            let places: BTreeSet<usize> = copies.iter().map(|(at, _)| *at).collect();
            copies.len() > 1
                && places.len() == copies.len()
                && said.all(|variant| Some(variant) == first)
                && copies.iter().all(|(_, variant)| variant.extra.unread.is_empty())
        };
        let is_shared = |id: &ExternalId| self.ours.variants().filter(|(_, v)| v.external_id == *id).count() > 1;
        let same = copies.into_iter().filter(is_same).map(|(id, _)| id);
        let (shared, apart): (BTreeSet<&ExternalId>, BTreeSet<&ExternalId>) =
            same.partition(|id| self.share_variants || is_shared(id));
        (shared.into_iter().cloned().collect(), !apart.is_empty())
    }

    /// Of several things under one id, the remembered one keeps it, else the one with the first UUID.
    fn keep_apart<'l>(&mut self, things: impl Iterator<Item = WithId<'l>>, known: &BTreeMap<String, ExternalId>) {
        let mut with_id: BTreeMap<ExternalId, Vec<WithId<'_>>> = BTreeMap::new();
        for (id, uuid, name) in things {
            if let Some(own) = id.value().cloned() {
                with_id.entry(own).or_default().push((id, uuid, name));
            }
        }
        for (id, mut same) in with_id {
            same.sort_by_key(|(_, uuid, name)| (known.get(*uuid) != Some(&id), *uuid, *name));
            for (external_id, _, name) in same.into_iter().skip(1) {
                *external_id = Field::Null;
                let remark =
                    format!("`{name}` has the id `{id}` live, as something else has: here it gets one of its own.");
                self.made.remarks.push(remark);
            }
        }
    }

    /// Finds an id for everything: the remembered one, the live one, else a proposal.
    fn name_everything(&mut self, live: &LiveCatalog) {
        let ours = ids_of(self.ours);
        let mut taken: BTreeSet<String> = ours.iter().map(|id| id.0.clone()).collect();
        let mut nameless: Vec<(Spot, Nameless)> = Vec::new();
        self.ids.categories = vec![ExternalId::default(); live.variant_categories.len()];
        for (spot, thing, external, remembered) in things(live, self.known) {
            // One id for all copies, whatever a plan calls those that are not ours.
            let shared = external.value().filter(|id| matches!(spot, Spot::Variant(..)) && self.shared.contains(*id));
            match shared.cloned().or_else(|| own_id(external, remembered, &thing.uuid, &ours)) {
                Some(id) => {
                    taken.insert(id.0.clone());
                    if id.as_str() == thing.uuid && !ours.contains(&id) {
                        self.made.uuid_ids.insert(spot.path(&id));
                    }
                    self.record(spot, &thing.uuid, &id);
                    self.ids.set(spot, id);
                }
                None => nameless.push((spot, thing)),
            }
        }
        let wanting: Vec<Nameless> = nameless.iter().map(|(_, thing)| thing.clone()).collect();
        for ((spot, thing), id) in nameless.into_iter().zip(propose(&wanting, &taken)) {
            let id = ExternalId(id);
            self.made.proposed.insert(spot.path(&id));
            self.record(spot, &thing.uuid, &id);
            self.ids.set(spot, id);
        }
    }

    fn record(&mut self, spot: Spot, uuid: &str, id: &ExternalId) {
        let ids = &mut self.made.ids;
        let kind = match spot {
            Spot::Item(..) => &mut ids.items,
            Spot::Category(_) => &mut ids.categories,
            Spot::Variant(..) => &mut ids.variants,
        };
        if !uuid.is_empty() {
            kind.insert(uuid.to_owned(), id.clone());
        }
    }

    fn menus(&mut self, live: &LiveCatalog) {
        let categories: HashMap<&str, &ExternalId> =
            live.variant_categories.iter().map(|c| c.uuid.as_str()).zip(&self.ids.categories).collect();
        let categories: HashMap<String, ExternalId> =
            categories.into_iter().map(|(uuid, id)| (uuid.to_owned(), id.clone())).collect();
        for (at, menu) in live.menus.iter().enumerate() {
            let items: Vec<Item> = menu
                .menu_items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let id = self.ids.items.get(&(at, index)).cloned().unwrap_or_default();
                    self.item(item, id, &categories)
                })
                .collect();
            if items.is_empty() {
                self.made.remarks.push(format!("The menu `{}` has no items live, so it is left out.", menu.name));
                continue;
            }
            let same = |known: &&mut Menu| same_text(&known.name, &menu.name);
            match self.made.catalog.menus.iter_mut().find(same) {
                Some(known) => {
                    known.menu_items.extend(items);
                    let path = Path::Menu(known.name.clone());
                    self.made.todo.insert(path, "there are two menus of this name live; here they are one".to_owned());
                }
                None => self.made.catalog.menus.push(Menu { name: menu.name.clone(), menu_items: items }),
            }
        }
    }

    fn item(&mut self, live: &LiveItem, id: ExternalId, categories: &HashMap<String, ExternalId>) -> Item {
        let mut links: Vec<ExternalId> = Vec::new();
        for uuid in &live.variant_category_uuids {
            match categories.get(uuid) {
                Some(id) if links.contains(id) => {}
                Some(id) => links.push(id.clone()),
                None => {
                    let path = Path::item_field(&id, ItemField::VariantCategories);
                    self.made
                        .todo
                        .insert(path, "live there is one more choice, which GoFood does not describe".to_owned());
                }
            }
        }
        if live.price.value().is_none() {
            let path = Path::item_field(&id, ItemField::Price);
            self.made.todo.insert(path, "GoFood shows no price".to_owned());
        }
        self.unread(&Path::item(&id), &live.extra);
        Item {
            name: Field::Set(live.name.clone()),
            variant_category_external_ids: if links.is_empty() { Field::Unsaid } else { Field::Set(links) },
            ..import_thing(&id, live)
        }
    }

    /// Categories in the order in which items use them, then those that none uses, by id.
    fn categories(&mut self, live: &LiveCatalog) {
        let mut order: Vec<ExternalId> = Vec::new();
        for (_, item) in self.made.catalog.items() {
            for id in item.variant_category_external_ids.value().into_iter().flatten() {
                if !order.contains(id) {
                    order.push(id.clone());
                }
            }
        }
        let mut made: Vec<VariantCategory> = Vec::new();
        for (at, category) in live.variant_categories.iter().enumerate() {
            made.push(self.category(category, at));
        }
        made.sort_by_cached_key(|category| {
            let id = &category.external_id;
            (order.iter().position(|known| known == id).unwrap_or(usize::MAX), id.clone())
        });
        self.made.catalog.variant_categories = made;
    }

    fn category(&mut self, live: &LiveCategory, at: usize) -> VariantCategory {
        let id = self.ids.categories[at].clone();
        let variants: Vec<Variant> = live
            .variants
            .iter()
            .enumerate()
            .map(|(index, variant)| {
                let id = self.ids.variants.get(&(at, index)).cloned().unwrap_or_default();
                self.variant(variant, id)
            })
            .collect();
        let limits =
            [(&live.min_quantity, CategoryField::MinQuantity), (&live.max_quantity, CategoryField::MaxQuantity)];
        for (limit, field) in limits {
            if limit.value().is_none() {
                let path = Path::category_field(&id, field);
                self.made.todo.insert(path, format!("GoFood shows no {}", field.key()));
            }
        }
        self.unread(&Path::category(&id), &live.extra);
        // A cashier's name that equals the name reads back where none was sent (unknown for the platform; our choice).
        let mut category = VariantCategory { name: Field::Set(live.name.clone()), variants, ..import_thing(&id, live) };
        if category.internal_name.value().is_some_and(|internal| same_text(internal, &live.name)) {
            category.internal_name = Field::Unsaid;
        }
        category
    }

    fn variant(&mut self, live: &LiveVariant, id: ExternalId) -> Variant {
        if live.price.value().is_none() {
            let path = Path::variant_field(&id, VariantField::Price);
            self.made.todo.insert(path, "GoFood shows no price".to_owned());
        }
        self.unread(&Path::variant(&id), &live.extra);
        said_of(&id, live)
    }

    /// Fields that live shows in a form that cannot be read: a person has to say what they are, beside the field where a file
    /// must have it. Stock is in no file.
    fn unread(&mut self, thing: &Path, extra: &Extra) {
        for (key, found) in &extra.unread {
            let field = thing.field(key);
            match field.as_ref().and_then(Path::info).map(|info| info.kind) {
                Some(FieldKind::Stock) => {}
                Some(FieldKind::Price | FieldKind::Least | FieldKind::Most) => {
                    let todo = format!("GoFood shows {found}, which cannot be read");
                    field.map(|field| self.made.todo.insert(field, todo));
                }
                _ => self.made.remarks.push(format!("GoFood shows {found} as `{thing}/{key}`, which cannot be read.")),
            }
        }
    }

    /// Gives up the claim on images that our own rules would not let out again: one bad image makes GoFood refuse all.
    fn refuse_images(&mut self) {
        // The name of the field travels where a file name usually does.
        let named = |path: &Path| Some(Place::start_of(&path.to_string().into()));
        let wrong: BTreeMap<String, String> = rules::check(&self.made.catalog, &named)
            .into_iter()
            .filter(|diagnostic| diagnostic.is_error())
            .filter_map(|diagnostic| Some((diagnostic.place?.file.to_string(), diagnostic.message)))
            .collect();
        for item in self.made.catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            let path = Path::item_field(&item.external_id, ItemField::Image);
            if let Some(why) = wrong.get(&path.to_string())
                && let Field::Set(url) = std::mem::take(&mut item.image)
            {
                self.made.todo.insert(path, format!("not claimed: {why}"));
                self.made.refused_images.insert(item.external_id.clone(), url);
            }
        }
    }
}

impl Ids {
    fn set(&mut self, spot: Spot, id: ExternalId) {
        match spot {
            Spot::Item(menu, index) => drop(self.items.insert((menu, index), id)),
            Spot::Category(at) => self.categories[at] = id,
            Spot::Variant(category, index) => drop(self.variants.insert((category, index), id)),
        }
    }
}

/// The external id of a live thing, its UUID and its name.
type WithId<'l> = (&'l mut Field<ExternalId>, &'l str, &'l str);

type Nameable<'l> = (Spot, Nameless, &'l Field<ExternalId>, &'l BTreeMap<String, ExternalId>);

/// Everything in an answer that has an id of ours, or wants one.
fn things<'l>(live: &'l LiveCatalog, known: &'l Uuids) -> Vec<Nameable<'l>> {
    let named = |kind, within: &str, name: &str, uuid: &str| Nameless {
        kind,
        within: within.to_owned(),
        name: name.to_owned(),
        uuid: uuid.to_owned(),
    };
    let mut things: Vec<Nameable<'l>> = Vec::new();
    for (at, menu) in live.menus.iter().enumerate() {
        for (index, item) in menu.menu_items.iter().enumerate() {
            let thing = named("ITEM", &menu.name, &item.name, &item.uuid);
            things.push((Spot::Item(at, index), thing, &item.external_id, &known.items));
        }
    }
    for (at, category) in live.variant_categories.iter().enumerate() {
        let thing = named("CHOICE", "", &category.name, &category.uuid);
        things.push((Spot::Category(at), thing, &category.external_id, &known.categories));
        for (index, variant) in category.variants.iter().enumerate() {
            let thing = named("VARIANT", &category.name, &variant.name, &variant.uuid);
            things.push((Spot::Variant(at, index), thing, &variant.external_id, &known.variants));
        }
    }
    things
}

fn ids_of(catalog: &Catalog) -> BTreeSet<&ExternalId> {
    let items = catalog.items().map(|(_, item)| &item.external_id);
    let categories = catalog.variant_categories.iter().map(|category| &category.external_id);
    items.chain(categories).chain(catalog.variants().map(|(_, variant)| &variant.external_id)).collect()
}

/// The remembered id, else the live one. A plan calls what it does not know by the platform's id, with a number where that is
/// not the only one; that is no id of ours, unless `ours` has it.
fn own_id(
    live: &Field<ExternalId>,
    known: &BTreeMap<String, ExternalId>,
    uuid: &str,
    ours: &BTreeSet<&ExternalId>,
) -> Option<ExternalId> {
    let is_numbered = |rest: &str| rest.strip_prefix('-').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let is_platforms =
        |id: &ExternalId| id.as_str().strip_prefix(uuid).is_some_and(|rest| rest.is_empty() || is_numbered(rest));
    let remembered = known.get(uuid).filter(|id| !is_platforms(id) || ours.contains(id));
    remembered.or_else(|| live.value()).filter(|id| !id.as_str().is_empty()).cloned()
}

/// What a file has to say of a variant.
fn said_of(id: &ExternalId, live: &LiveVariant) -> Variant {
    Variant { name: Field::Set(live.name.clone()), ..import_thing(id, live) }
}

/// What a file has to say for a thing to be as it is live: nothing of stock, nor of what is absent.
fn import_thing<T: Thing>(id: &ExternalId, live: &T::Live) -> T {
    T::from_live(id, live).map_members(|spec, value| match value {
        _ if spec.info.kind == FieldKind::Stock => Field::Unsaid,
        Field::Set(FieldValue::Hours(mut hours)) => {
            hours.sort();
            // Sold all week is what an item without hours reads back as (unknown for the platform; our choice).
            Field::set_or_unsaid(Some(hours).filter(|hours| !hours.is_all_week()).map(FieldValue::Hours))
        }
        value => Field::set_or_unsaid(value.value().filter(|value| !value.is_empty()).cloned()),
    })
}
