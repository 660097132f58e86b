//! Which live thing is which of ours: the live answer re-told in our ids.
//!
//! The platform's answer names categories by UUIDs only, and an edit in the app can take an item's external id away. So
//! things are found by external id, else by the UUID recorded at the last verified push, else by name.

mod choices;
mod dishes;
mod sections;

use std::collections::{BTreeMap, BTreeSet};

use choices::{Choices, KnownChoices};
use dishes::KnownItems;
use hashbrown::{HashMap, HashSet};

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
    /// The id that a plan names it by: its own, else the platform's; the latter too where something else has its own.
    #[serde(skip)]
    pub id: ExternalId,
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
    /// The same of categories: another one only, as the documented answer has none.
    pub(super) lost_categories: BTreeMap<ExternalId, Option<ExternalId>>,
    pub(super) lost_variants: BTreeMap<ExternalId, Option<ExternalId>>,
    /// Categories and variants that are not ours and cannot be copied under the id that they have, as another one has it too:
    /// what they are here → that id.
    pub(super) rekeyed: BTreeMap<Path, ExternalId>,
    /// Dishes that only a menu shows which the files call the platform's own: those of ours, and, until a push under that was
    /// seen to arrive, all. A push sends none of them.
    pub(super) only_declared: Vec<Unmanaged>,
    /// Items of ours of which a copy is sold out somewhere, also where the platform alone shows them.
    pub(super) sold_out_items: HashSet<ExternalId>,
    /// Variants of ours that are sold out in some of their categories and on sale in others. In `catalog` they are sold out.
    pub(super) partly_sold_out: HashSet<ExternalId>,
    /// UUIDs of everything in `catalog`.
    pub(super) uuids: Uuids,
    /// What live says beyond what is understood.
    pub(super) extras: Extras,
    /// Number of items, unmanaged ones included. What the platform's menus repeat does not count.
    pub(super) item_count: usize,
}

impl Matched {
    fn note_rekeyed(&mut self, thing: Path, own: &ExternalId, id: &ExternalId) {
        if own != id {
            self.rekeyed.insert(thing, own.clone());
        }
    }
}

/// Matches what was fetched to the ids of the files and of the base.
pub(super) fn match_live(live: &LiveCatalog, desired: &Catalog, base: Option<&Base>) -> Matched {
    let live = &*without_escaping(live, [Some(desired), base.map(|base| &base.catalog)]);
    let (catalog, uuids) = (base.map(|base| &base.catalog), base.map(|base| &base.uuids));
    let menus = MenuNames::new([Some(desired), catalog]);
    let is_declared = |name: &str| is_declared(desired, catalog, name);
    let sections = sections::sections(live, is_declared, |name| menus.has(name));
    let dishes = dishes::dishes(live, &sections);
    let found = KnownItems::new(desired, catalog, uuids).find(&dishes);
    let mut matched = Matched { item_count: found.places.len() + found.strangers.len(), ..Matched::default() };
    let names = sections.iter().map(|menu| live.menus[*menu].name.clone());
    (matched.extras.declared_menus, matched.extras.platform_menus) = names.partition(|name| is_declared(name));
    matched.extras.note_answer(&live.extra);
    // After a push under the declaration it is known what the platform fills in again.
    let is_known = |menu: &str| catalog.is_some_and(|base| base.is_platform_menu(menu));
    let lost = found.declared.iter().filter(|(place, ours)| ours.is_some() || !is_known(place.menu));
    matched.only_declared = lost
        .map(|(place, ours)| {
            let item = unmanaged(&menus.ours(place.menu), place.item);
            let own = || item.external_id.clone().unwrap_or_else(|| ExternalId(item.uuid.clone()));
            Unmanaged { id: ours.clone().unwrap_or_else(own), ..item }
        })
        .collect();
    let choices = KnownChoices::new(desired, catalog, uuids).find(live);
    let categories: HashMap<&str, &ExternalId> = live
        .variant_categories
        .iter()
        .zip(&choices.categories)
        .map(|(live, (id, _))| (live.uuid.as_str(), id))
        .collect();
    for (position, menu) in live.menus.iter().enumerate().filter(|(position, _)| !sections.contains(position)) {
        let name = menus.ours(&menu.name);
        matched.extras.note(&Path::Menu(name.clone()), &name, &menu.extra);
        let mut items = Vec::new();
        for (index, item) in menu.menu_items.iter().enumerate() {
            if let Some(id) = found.places.get(&(position, index)) {
                items.push(take_item(item, id, found.off.contains(id), &categories, &mut matched));
            }
        }
        match matched.catalog.menus.iter_mut().find(|known| known.name == name) {
            Some(known) => known.menu_items.extend(items),
            None => matched.catalog.menus.push(Menu { name, menu_items: items }),
        }
    }
    let mut strangers: Vec<(Unmanaged, &LiveItem)> =
        found.strangers.iter().map(|place| (unmanaged(&menus.ours(place.menu), place.item), place.item)).collect();
    strangers.sort_by(|(a, _), (b, _)| (&a.menu, &a.name, &a.uuid).cmp(&(&b.menu, &b.name, &b.uuid)));
    name_apart(strangers.iter_mut().map(|(item, _)| item), found.places.values());
    for (unmanaged, item) in strangers {
        matched.extras.note_unmanaged(&Path::item(&unmanaged.id), &item.name, &item.extra);
        matched.unmanaged.push(unmanaged);
    }
    for place in &found.further {
        let Unmanaged { id, name, .. } = unmanaged(&menus.ours(place.menu), place.item);
        matched.extras.note_unmanaged(&Path::item(&id), &name, &place.item.extra);
    }
    take_choices(live, &choices, &mut matched);
    matched.sold_out_items = found.off;
    matched
}

/// Whether the files call a live menu the platform's own. What we pushed ourselves is not: first it leaves as anything that
/// the files drop, and is shown and judged. Nor is what a rollback brings back.
pub(super) fn is_declared(desired: &Catalog, base: Option<&Catalog>, name: &str) -> bool {
    let sells = |catalog: &Catalog| catalog.sells_in(name);
    desired.is_platform_menu(name) && !sells(desired) && !base.is_some_and(sells)
}

/// A live answer as files can list it.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Every dish in one menu, menus in our spelling, none that the platform fills itself.
    pub live: LiveCatalog,
    /// The menus that the platform fills itself, as they only repeat dishes of others.
    pub platform_menus: Vec<String>,
    /// Those that ours call the platform's own.
    pub declared_menus: Vec<String>,
    /// Places at which a dish shows besides the one in `live`.
    pub repeated: Vec<RepeatedDish>,
}

/// A dish that shows in a menu besides the one that lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedDish {
    /// Its name.
    pub name: String,
    /// The menu that only shows it.
    pub menu: String,
    /// The menu that lists it.
    pub home: String,
}

/// Lists every dish of an answer once, as a plan finds it: in a menu in which `ours` has it, else in the first by name.
/// `known` are the ids of ours by the platform's.
pub fn list_once(live: &LiveCatalog, ours: &Catalog, known: &Uuids) -> Listing {
    let live = without_escaping(live, [Some(ours), None]);
    let menus = MenuNames::new([Some(ours), None]);
    let sections = sections::sections(&live, |name| is_declared(ours, None, name), |name| menus.has(name));
    let items = KnownItems::new(ours, None, Some(known));
    let mut homes: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for dish in dishes::dishes(&live, &sections) {
        let home = items.home(&dish);
        homes.extend(dish.other_places(home).map(|place| (place.at, menus.ours(home.menu))));
    }
    let mut listing = Listing::default();
    for (position, menu) in live.menus.iter().enumerate() {
        if sections.contains(&position) {
            match is_declared(ours, None, &menu.name) {
                true => listing.declared_menus.push(menu.name.clone()),
                false => listing.platform_menus.push(menu.name.clone()),
            }
            continue;
        }
        let mut listed = LiveMenu { name: menus.ours(&menu.name), menu_items: Vec::new(), ..menu.clone() };
        for (index, item) in menu.menu_items.iter().enumerate() {
            match homes.get(&(position, index)) {
                None => listed.menu_items.push(item.clone()),
                Some(home) => {
                    let (name, menu, home) = (item.name.clone(), listed.name.clone(), home.clone());
                    listing.repeated.push(RepeatedDish { name, menu, home });
                }
            }
        }
        listing.live.menus.push(listed);
    }
    listing.live.variant_categories = live.into_owned().variant_categories;
    listing
}

fn unmanaged(menu: &str, item: &LiveItem) -> Unmanaged {
    Unmanaged {
        menu: menu.to_owned(),
        name: item.name.clone(),
        external_id: item.external_id.value().cloned(),
        uuid: item.uuid.clone(),
        price: item.price.value().copied(),
        id: ExternalId::default(),
    }
}

/// Gives what is not ours an id that nothing else has.
fn name_apart<'i>(unmanaged: impl Iterator<Item = &'i mut Unmanaged>, ours: impl Iterator<Item = &'i ExternalId>) {
    let mut taken: HashSet<ExternalId> = ours.cloned().collect();
    for item in unmanaged {
        let own = item.external_id.clone().into_iter().chain([ExternalId(item.uuid.clone())]);
        let numbered = |n: usize| ExternalId(format!("{}-{n}", item.uuid));
        item.id = own.chain((2..).map(numbered)).find(|id| !taken.contains(id)).unwrap_or_default();
        taken.insert(item.id.clone());
    }
}

fn take_item(
    item: &LiveItem,
    id: &ExternalId,
    is_off: bool,
    categories: &HashMap<&str, &ExternalId>,
    matched: &mut Matched,
) -> Item {
    note_lost(&mut matched.lost_items, &item.external_id, id);
    record(&mut matched.uuids.items, &item.uuid, id);
    matched.extras.note(&Path::item(id), &item.name, &item.extra);
    let uuids = item.variant_category_uuids.iter();
    let links = uuids.filter_map(|uuid| categories.get(uuid.as_str()).copied().cloned()).collect();
    let item = Item { variant_category_external_ids: Field::Set(links), ..Item::from_live(id, item) };
    // What is sold out in one place is sold out.
    if is_off { Item { in_stock: Field::Set(false), ..item } } else { item }
}

/// Takes all categories and variants over.
fn take_choices(live: &LiveCatalog, choices: &Choices, matched: &mut Matched) {
    let [mut on, mut off] = [HashSet::new(), HashSet::new()];
    // Copies in several categories may have one UUID: it is that of ours, whatever comes first in the answer.
    let mut uuids: BTreeMap<&str, (bool, bool, &ExternalId)> = BTreeMap::new();
    for ((category, (id, is_ours)), variants) in
        live.variant_categories.iter().zip(&choices.categories).zip(&choices.variants)
    {
        record(&mut matched.uuids.categories, &category.uuid, id);
        matched.extras.note(&Path::category(id), &category.name, &category.extra);
        match (is_ours, category.external_id.value()) {
            // The documented answer has none.
            (_, None) => {}
            (true, Some(_)) => note_lost(&mut matched.lost_categories, &category.external_id, id),
            (false, Some(own)) => matched.note_rekeyed(Path::category(id), own, id),
        }
        let mut taken = VariantCategory::from_live(id, category);
        for (variant, (id, is_ours)) in category.variants.iter().zip(variants) {
            let evidence = (!is_ours, variant.external_id.value() != Some(id), id);
            let known = uuids.entry(&*variant.uuid).or_insert(evidence);
            *known = evidence.min(*known);
            matched.extras.note(&Path::variant(id), &variant.name, &variant.extra);
            match (is_ours, variant.external_id.value()) {
                (true, _) => note_lost(&mut matched.lost_variants, &variant.external_id, id),
                (false, Some(own)) => matched.note_rekeyed(Path::variant(id), own, id),
                (false, None) => {}
            }
            let variant = Variant::from_live(id, variant);
            // What is sold out in one place is sold out.
            let is_off = choices.off.contains(id);
            if *is_ours {
                if variant.in_stock == Field::Set(false) { &mut off } else { &mut on }.insert(id);
            }
            taken.variants.push(if is_off { Variant { in_stock: Field::Set(false), ..variant } } else { variant });
        }
        matched.catalog.variant_categories.push(taken);
    }
    uuids.into_iter().for_each(|(uuid, (.., id))| record(&mut matched.uuids.variants, uuid, id));
    matched.partly_sold_out = on.intersection(&off).map(|id| (*id).clone()).collect();
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

/// What orders live things that nothing else tells apart.
fn json<T: serde::Serialize>(thing: &T) -> String {
    serde_json::to_string(thing).unwrap_or_default()
}

/// Puts what is better evidence in front.
fn put_first<'a>(ids: &mut Vec<&'a ExternalId>, id: &'a ExternalId) {
    ids.retain(|known| *known != id);
    ids.insert(0, id);
}

fn normal(text: &str) -> String {
    normalise_text(text).into_owned()
}

/// The names of our menus, as we spell them and normalised.
struct MenuNames<'a> {
    exact: HashSet<&'a str>,
    by_normal: HashMap<String, &'a str>,
}

impl<'a> MenuNames<'a> {
    fn new(catalogs: [Option<&'a Catalog>; 2]) -> Self {
        let menus = || catalogs.into_iter().flatten().flat_map(|catalog| &catalog.menus).map(|menu| menu.name.as_str());
        Self { exact: menus().collect(), by_normal: menus().map(|name| (normal(name), name)).collect() }
    }

    fn has(&self, live: &str) -> bool {
        self.by_normal.contains_key(&normal(live))
    }

    /// A menu's name in our spelling, if it is one of ours that the platform spells otherwise.
    fn ours(&self, live: &str) -> String {
        if self.exact.contains(live) {
            return live.to_owned();
        }
        self.by_normal.get(&normal(live)).map_or_else(|| live.to_owned(), |ours| (*ours).to_owned())
    }
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
        ..LiveCatalog::default()
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
