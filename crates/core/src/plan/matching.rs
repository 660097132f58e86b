//! Which live thing is which of ours: the live answer re-told in our ids.
//!
//! The platform's answer names categories by UUIDs only, and an edit in the app can take an item's external id away. So
//! things are found by external id, else by the UUID recorded at the last verified push, else by name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Base, Extras, Uuids, escaping::without_escaping};
use crate::catalog::{
    Catalog, ExternalId, Field, FieldValue, Item, Menu, Path, Price, ReadBack, Thing, Variant, VariantCategory,
    live::{LiveCatalog, LiveCategory, LiveItem, LiveMenu, LiveVariant},
    text::normalise_text,
};

/// A live item that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unmanaged {
    /// The menu it stands in.
    pub menu: String,
    /// Its name.
    pub name: String,
    /// Its external id, if it has one.
    pub external_id: Option<ExternalId>,
    /// The platform's id.
    pub uuid: String,
    /// Its price.
    pub price: Option<Price>,
}

impl Unmanaged {
    /// The id that a plan names it by: its own, else the platform's.
    pub fn id(&self) -> ExternalId {
        self.external_id.clone().unwrap_or_else(|| ExternalId(self.uuid.clone()))
    }
}

/// The live catalog in our ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Matched {
    /// Items that are ours, and all categories and variants (those that are not ours under the id that a PUT gives them).
    pub(super) catalog: Catalog,
    /// Items that are not ours.
    pub(super) unmanaged: Vec<Unmanaged>,
    /// Items and variants of ours whose live external id is another (or none): our id → the live one.
    pub(super) lost_items: BTreeMap<ExternalId, Option<ExternalId>>,
    pub(super) lost_variants: BTreeMap<ExternalId, Option<ExternalId>>,
    /// UUIDs of everything in `catalog`.
    pub(super) uuids: Uuids,
    /// What live says beyond what is understood.
    pub(super) extras: Extras,
    /// Number of items, unmanaged ones included.
    pub(super) item_count: usize,
}

/// Matches what was fetched to the ids of the files and of the base.
pub(super) fn match_live(live: &LiveCatalog, desired: &Catalog, base: Option<&Base>) -> Matched {
    let live = &*without_escaping(live, [Some(desired), base.map(|base| &base.catalog)]);
    let known = Known::new(desired, base);
    let mut matched = Matched { item_count: live.items().count(), ..Matched::default() };
    let category_ids = known.categories(live, &mut matched);
    let item_ids = known.items(live);
    for (position, menu) in live.menus.iter().enumerate() {
        let name = known.menu_name(&menu.name);
        matched.extras.note(&Path::Menu(name.clone()), &name, &menu.extra);
        let mut items = Vec::new();
        for (index, item) in menu.menu_items.iter().enumerate() {
            match item_ids.get(&(position, index)) {
                Some(id) => items.push(take_item(item, id, &category_ids, &mut matched)),
                None => {
                    let unmanaged = unmanaged(&name, item);
                    matched.extras.note_unmanaged(&Path::item(&unmanaged.id()), &item.name, &item.extra);
                    matched.unmanaged.push(unmanaged);
                }
            }
        }
        match matched.catalog.menus.iter_mut().find(|known| known.name == name) {
            Some(known) => known.menu_items.extend(items),
            None => matched.catalog.menus.push(Menu { name, menu_items: items }),
        }
    }
    matched
}

fn unmanaged(menu: &str, item: &LiveItem) -> Unmanaged {
    Unmanaged {
        menu: menu.to_owned(),
        name: item.name.clone(),
        external_id: item.external_id.value().cloned(),
        uuid: item.uuid.clone(),
        price: item.price.value().copied(),
    }
}

fn take_item(item: &LiveItem, id: &ExternalId, categories: &HashMap<&str, ExternalId>, matched: &mut Matched) -> Item {
    note_lost(&mut matched.lost_items, &item.external_id, id);
    record(&mut matched.uuids.items, &item.uuid, id);
    matched.extras.note(&Path::item(id), &item.name, &item.extra);
    let uuids = item.variant_category_uuids.iter();
    let links = uuids.filter_map(|uuid| categories.get(uuid.as_str()).cloned()).collect();
    Item { variant_category_external_ids: Field::Set(links), ..Item::from_live(id, item) }
}

/// Remembers that live shows another external id than ours, or none.
fn note_lost(lost: &mut BTreeMap<ExternalId, Option<ExternalId>>, live: &Field<ExternalId>, ours: &ExternalId) {
    if !live.is_unsaid() && live.value() != Some(ours) {
        lost.insert(ours.clone(), live.value().cloned());
    }
}

fn record(uuids: &mut BTreeMap<String, ExternalId>, uuid: &str, id: &ExternalId) {
    if !uuid.is_empty() {
        uuids.insert(uuid.to_owned(), id.clone());
    }
}

fn normal(text: &str) -> String {
    normalise_text(text).into_owned()
}

/// Our ids, and what leads to them.
struct Known<'a> {
    items: HashSet<&'a ExternalId>,
    categories: HashSet<&'a ExternalId>,
    variants: HashMap<&'a ExternalId, &'a ExternalId>,
    item_names: HashMap<(String, String), &'a ExternalId>,
    category_names: HashMap<(String, String), Option<&'a ExternalId>>,
    variant_names: HashMap<(&'a ExternalId, String), &'a ExternalId>,
    menus: HashSet<&'a str>,
    menu_names: HashMap<String, &'a str>,
    uuids: Option<&'a Uuids>,
}

impl<'a> Known<'a> {
    fn new(desired: &'a Catalog, base: Option<&'a Base>) -> Self {
        let mut known = Self {
            items: HashSet::new(),
            categories: HashSet::new(),
            variants: HashMap::new(),
            item_names: HashMap::new(),
            category_names: HashMap::new(),
            variant_names: HashMap::new(),
            menus: HashSet::new(),
            menu_names: HashMap::new(),
            uuids: base.map(|base| &base.uuids),
        };
        // The base last: what was live under a name is better evidence than what shall be.
        known.learn(desired);
        if let Some(base) = base {
            known.learn(&base.catalog);
        }
        known
    }

    fn learn(&mut self, catalog: &'a Catalog) {
        for menu in &catalog.menus {
            self.menus.insert(&menu.name);
            self.menu_names.insert(normal(&menu.name), &menu.name);
            for item in &menu.menu_items {
                self.items.insert(&item.external_id);
                if let Field::Set(name) = &item.name {
                    self.item_names.insert((normal(&menu.name), normal(name)), &item.external_id);
                }
            }
        }
        for category in &catalog.variant_categories {
            self.categories.insert(&category.external_id);
            let names = category_names(category.name.value(), category.internal_name.value());
            let same = self.category_names.entry(names).or_insert(Some(&category.external_id));
            if *same != Some(&category.external_id) {
                *same = None;
            }
            for variant in &category.variants {
                self.variants.insert(&variant.external_id, &category.external_id);
                if let Field::Set(name) = &variant.name {
                    self.variant_names.insert((&category.external_id, normal(name)), &variant.external_id);
                }
            }
        }
    }

    /// A menu's name in our spelling, if it is one of ours that the platform spells otherwise.
    fn menu_name(&self, live: &str) -> String {
        if self.menus.contains(live) {
            return live.to_owned();
        }
        self.menu_names.get(&normal(live)).map_or_else(|| live.to_owned(), |ours| (*ours).to_owned())
    }

    /// Our id for each live item that is ours, by its position. Two rounds: an item found by its external id is not up for
    /// grabs by name.
    fn items(&self, live: &LiveCatalog) -> HashMap<(usize, usize), ExternalId> {
        let mut found = HashMap::new();
        let mut taken = HashSet::new();
        let positions = || {
            live.menus.iter().enumerate().flat_map(|(menu_position, menu)| {
                menu.menu_items.iter().enumerate().map(move |(index, item)| ((menu_position, index), menu, item))
            })
        };
        for (position, _, item) in positions() {
            if let Some(id) = item.external_id.value().filter(|id| self.items.contains(id)) {
                taken.insert(id.clone());
                found.insert(position, id.clone());
            }
        }
        for by in [Self::item_by_uuid, Self::item_by_name] {
            for (position, menu, item) in positions() {
                if !found.contains_key(&position)
                    && let Some(id) = by(self, menu, item)
                    && taken.insert(id.clone())
                {
                    found.insert(position, id.clone());
                }
            }
        }
        found
    }

    fn item_by_uuid(&self, _menu: &LiveMenu, item: &LiveItem) -> Option<&ExternalId> {
        self.uuids?.items.get(&item.uuid).filter(|id| self.items.contains(id))
    }

    /// By name only where the live item has no external id: another id means another item.
    fn item_by_name(&self, menu: &LiveMenu, item: &LiveItem) -> Option<&ExternalId> {
        if item.external_id.value().is_some() {
            return None;
        }
        self.item_names.get(&(normal(&menu.name), normal(&item.name))).copied()
    }

    /// Takes all categories over and returns the id of each live UUID.
    fn categories<'l>(&self, live: &'l LiveCatalog, matched: &mut Matched) -> HashMap<&'l str, ExternalId> {
        let mut ids = HashMap::new();
        let mut taken = HashSet::new();
        let mut found: Vec<Option<ExternalId>> = vec![None; live.variant_categories.len()];
        for by in [Self::category_by_id, Self::category_by_uuid, Self::category_by_variants, Self::category_by_name] {
            for (slot, category) in found.iter_mut().zip(&live.variant_categories) {
                if slot.is_none()
                    && let Some(id) = by(self, category)
                    && taken.insert(id.clone())
                {
                    *slot = Some(id.clone());
                }
            }
        }
        let mut taken_variants = HashSet::new();
        for (slot, category) in found.into_iter().zip(&live.variant_categories) {
            let id = slot.unwrap_or_else(|| foreign_id(&category.external_id, &category.uuid, &taken));
            taken.insert(id.clone());
            record(&mut matched.uuids.categories, &category.uuid, &id);
            ids.insert(category.uuid.as_str(), id.clone());
            let category = self.take_category(category, id, &mut taken_variants, matched);
            matched.catalog.variant_categories.push(category);
        }
        ids
    }

    fn category_by_id(&self, category: &LiveCategory) -> Option<&ExternalId> {
        category.external_id.value().and_then(|id| self.categories.get(id)).copied()
    }

    fn category_by_uuid(&self, category: &LiveCategory) -> Option<&ExternalId> {
        self.uuids?.categories.get(&category.uuid).filter(|id| self.categories.contains(id))
    }

    /// The category that most of its variants belong to in the files.
    fn category_by_variants(&self, category: &LiveCategory) -> Option<&ExternalId> {
        let mut votes: BTreeMap<&ExternalId, usize> = BTreeMap::new();
        for variant in &category.variants {
            if let Some(id) = variant.external_id.value().and_then(|id| self.variants.get(id)) {
                *votes.entry(id).or_default() += 1;
            }
        }
        votes.into_iter().max_by_key(|(_, count)| *count).map(|(id, _)| id)
    }

    fn category_by_name(&self, category: &LiveCategory) -> Option<&ExternalId> {
        let names = category_names(Some(&category.name), category.internal_name.value());
        self.category_names.get(&names).copied().flatten()
    }

    fn take_category(
        &self,
        live: &LiveCategory,
        id: ExternalId,
        taken: &mut HashSet<ExternalId>,
        matched: &mut Matched,
    ) -> VariantCategory {
        matched.extras.note(&Path::category(&id), &live.name, &live.extra);
        let variants = live.variants.iter().map(|variant| self.take_variant(variant, &id, taken, matched)).collect();
        VariantCategory { variants, ..VariantCategory::from_live(&id, live) }
    }

    fn take_variant(
        &self,
        live: &LiveVariant,
        category: &ExternalId,
        taken: &mut HashSet<ExternalId>,
        matched: &mut Matched,
    ) -> Variant {
        let LiveVariant { uuid, external_id, name, .. } = live;
        let by_id = external_id.value().filter(|id| self.variants.contains_key(id));
        let by_uuid =
            || self.uuids.and_then(|uuids| uuids.variants.get(uuid)).filter(|id| self.variants.contains_key(id));
        let by_name = || {
            let names = external_id.value().is_none().then(|| self.variant_names.get(&(category, normal(name))));
            names.flatten().copied()
        };
        let ours = by_id.or_else(by_uuid).or_else(by_name).filter(|id| !taken.contains(*id)).cloned();
        if let Some(id) = &ours {
            note_lost(&mut matched.lost_variants, external_id, id);
        }
        let id = ours.unwrap_or_else(|| foreign_id(external_id, uuid, taken));
        taken.insert(id.clone());
        record(&mut matched.uuids.variants, uuid, &id);
        matched.extras.note(&Path::variant(&id), name, &live.extra);
        Variant::from_live(&id, live)
    }
}

/// The id under which something that is not ours is copied into a PUT: its own, else the platform's UUID.
fn foreign_id(external_id: &Field<ExternalId>, uuid: &str, taken: &HashSet<ExternalId>) -> ExternalId {
    external_id.value().filter(|id| !taken.contains(*id)).cloned().unwrap_or_else(|| ExternalId(uuid.to_owned()))
}

/// Name and cashier's name, the latter equal to the former where it is absent.
fn category_names(name: Option<&String>, internal_name: Option<&String>) -> (String, String) {
    let name = name.map(|name| normal(name)).unwrap_or_default();
    let internal_name = internal_name.filter(|text| !text.is_empty()).map_or_else(|| name.clone(), |text| normal(text));
    (name, internal_name)
}

/// A catalog as it would read back right after it was published: for comparing two states of the files offline.
pub fn as_published(catalog: &Catalog) -> LiveCatalog {
    fn show<T: Thing>(thing: &T, mut live: T::Live) -> T::Live {
        for (spec, member) in T::members() {
            let value = match (member.get)(thing) {
                value if spec.info.reads == ReadBack::Stock => {
                    Field::Set(FieldValue::Flag(value.value() != Some(&FieldValue::Flag(false))))
                }
                value => value,
            };
            (member.set_live)(&mut live, value);
        }
        live
    }
    let item = |item: &Item| {
        let (uuid, external_id) = identify(&item.external_id);
        let links = item.variant_category_external_ids.value().into_iter().flatten();
        let variant_category_uuids = links.map(|id| id.0.clone()).collect();
        show(item, LiveItem { uuid, external_id, variant_category_uuids, ..LiveItem::default() })
    };
    let variant = |variant: &Variant| {
        let (uuid, external_id) = identify(&variant.external_id);
        show(variant, LiveVariant { uuid, external_id, ..LiveVariant::default() })
    };
    let category = |category: &VariantCategory| {
        let (uuid, external_id) = identify(&category.external_id);
        let variants = category.variants.iter().map(variant).collect();
        show(category, LiveCategory { uuid, external_id, variants, ..LiveCategory::default() })
    };
    let menu = |menu: &Menu| LiveMenu {
        name: menu.name.clone(),
        menu_items: menu.menu_items.iter().map(item).collect(),
        ..LiveMenu::default()
    };
    LiveCatalog {
        menus: catalog.menus.iter().map(menu).collect(),
        variant_categories: catalog.variant_categories.iter().map(category).collect(),
    }
}

/// The platform's id and ours, where nobody has taken ours away.
fn identify(id: &ExternalId) -> (String, Field<ExternalId>) {
    (id.0.clone(), Field::Set(id.clone()))
}

/// The set of external ids of a catalog's items.
pub(super) fn item_ids(catalog: &Catalog) -> BTreeSet<&ExternalId> {
    catalog.items().map(|(_, item)| &item.external_id).collect()
}
