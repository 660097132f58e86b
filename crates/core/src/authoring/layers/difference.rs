//! What an outlet has beyond the layers that it shares with others, as statements of a file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{base::Base, outlet::Outlet};
use crate::{
    catalog::{
        Catalog, ExternalId, Field, FieldKind, FieldValue, HasPath, Hours, Item, ItemField, Path, Price, Thing,
        Variant, VariantCategory,
    },
    plan::longest_increasing,
};

/// One thing that a file says over the layers below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    /// Hours at the head of the file.
    Hours(Option<Hours>),
    NewMenu(String),
    RemoveMenu(String),
    PlaceMenu {
        menu: String,
        before: String,
    },
    AddItem {
        menu: String,
        item: Box<Item>,
    },
    AddCategory(Box<VariantCategory>),
    /// A whole item, category or variant.
    Remove(Path),
    Set(Path, Option<FieldValue>),
    /// All variants of a category, where their order or membership differs.
    Variants(ExternalId, Vec<Variant>),
    Move {
        item: ExternalId,
        menu: String,
    },
    Place {
        item: ExternalId,
        before: ExternalId,
    },
}

impl Statement {
    /// How many lines of a file it takes, about.
    pub(super) fn lines(&self) -> usize {
        match self {
            Self::AddItem { item, .. } => 2 + item.fields().len(),
            Self::AddCategory(category) => 5 + category.variants.len(),
            Self::Variants(_, variants) => 1 + variants.len() / 4,
            _ => 1,
        }
    }

    /// Whether it means the same in a layer that several outlets extend, whatever their own files say.
    pub(super) fn can_be_shared(&self) -> bool {
        !matches!(self, Self::NewMenu(_) | Self::PlaceMenu { .. } | Self::Move { .. } | Self::Place { .. })
    }
}

/// Prices by the path of a price, as an outlet has them before its own file.
pub(super) type Prices = HashMap<Path, Price>;

/// Everything but order. `None` where a menu goes of which a dish stays: no file can say that.
pub(super) fn difference(base: &Base, prices: &Prices, outlet: &Outlet<'_>) -> Option<Vec<Statement>> {
    let mut made = Vec::new();
    if base.hours != outlet.hours {
        made.push(Statement::Hours(outlet.hours.clone()));
    }
    let menus: BTreeSet<&str> = outlet.imported.catalog.menus.iter().map(|menu| menu.name.as_str()).collect();
    for menu in base.catalog.menus.iter().filter(|menu| !menus.contains(menu.name.as_str())) {
        if menu.menu_items.iter().any(|item| outlet.items.contains_key(&item.external_id)) {
            return None;
        }
        made.push(Statement::RemoveMenu(menu.name.clone()));
    }
    items(base, prices, outlet, &menus, &mut made);
    categories(base, prices, outlet, &mut made);
    Some(made)
}

fn items(base: &Base, prices: &Prices, outlet: &Outlet<'_>, menus: &BTreeSet<&str>, made: &mut Vec<Statement>) {
    let known: HashMap<&ExternalId, (&str, &Item)> =
        base.catalog.items().map(|(menu, item)| (&item.external_id, (menu.name.as_str(), item))).collect();
    let has_menu = |name: &str| base.catalog.menus.iter().any(|menu| menu.name == name);
    let stays = base.catalog.items().filter(|(menu, _)| menus.contains(menu.name.as_str())).map(|(_, item)| item);
    let gone = stays.filter(|item| !outlet.items.contains_key(&item.external_id));
    made.extend(gone.map(|item| Statement::Remove(Path::item(&item.external_id))));
    for (menu, item) in outlet.imported.catalog.items() {
        let own_hours = outlet.own_hours(item);
        let Some((home, shared)) = known.get(&item.external_id) else {
            // Hours that the menu of the base may have do not reach an item that says its own.
            let item = Item { operational_hours: own_hours, ..item.clone() };
            made.push(Statement::AddItem { menu: menu.name.clone(), item: Box::new(item) });
            continue;
        };
        let id = &item.external_id;
        if *home != menu.name {
            if !has_menu(&menu.name) {
                let new = Statement::NewMenu(menu.name.clone());
                if !made.contains(&new) {
                    made.push(new);
                }
            }
            made.push(Statement::Move { item: id.clone(), menu: menu.name.clone() });
        }
        set_fields(*shared, item, prices, made);
        let hours = item.operational_hours.value();
        if hours != shared.operational_hours.value().or(outlet.hours.as_ref()) {
            let hours = hours.cloned().map(FieldValue::Hours);
            made.push(Statement::Set(Path::item_field(id, ItemField::OperationalHours), hours));
        }
    }
}

fn categories(base: &Base, prices: &Prices, outlet: &Outlet<'_>, made: &mut Vec<Statement>) {
    let known: BTreeMap<&ExternalId, &VariantCategory> =
        base.catalog.variant_categories.iter().map(|category| (&category.external_id, category)).collect();
    let gone = known.keys().filter(|id| !outlet.categories.contains_key(*id));
    made.extend(gone.map(|id| Statement::Remove(Path::category(id))));
    for (id, category) in &outlet.categories {
        let Some(shared) = known.get(id) else {
            made.push(Statement::AddCategory(Box::new((*category).clone())));
            continue;
        };
        set_fields(*shared, category, prices, made);
        let ids = |category: &VariantCategory, among: &VariantCategory| -> Vec<ExternalId> {
            let is_there = |id: &&ExternalId| among.variants.iter().any(|variant| variant.external_id == **id);
            category.variants.iter().map(|variant| &variant.external_id).filter(is_there).cloned().collect()
        };
        if ids(category, category) != ids(shared, category) {
            made.push(Statement::Variants((*id).clone(), category.variants.clone()));
            continue;
        }
        for variant in &shared.variants {
            match outlet.variants.get(&variant.external_id) {
                Some((_, own)) => set_fields(variant, *own, prices, made),
                None => made.push(Statement::Remove(Path::variant(&variant.external_id))),
            }
        }
    }
}

/// The fields that differ, but for hours, which have levels of their own.
fn set_fields<T: HasPath>(shared: &T, own: &T, prices: &Prices, made: &mut Vec<Statement>) {
    for (spec, member) in T::members() {
        let path = T::path(own.id(), Some(spec.field));
        let value = (member.get)(own);
        let before = match spec.info.kind {
            FieldKind::Stock | FieldKind::Hours => continue,
            FieldKind::Price => Field::set_or_unsaid(prices.get(&path).copied().map(FieldValue::Price)),
            _ => (member.get)(shared),
        };
        if before.value() != value.value() {
            made.push(Statement::Set(path, value.value().cloned()));
        }
    }
}

/// What puts things into the order of `wanted` where a file made from the other statements gives `composed`. Nothing if they
/// differ in more than that.
pub(super) fn places(composed: &Catalog, wanted: &Catalog) -> Vec<Statement> {
    let names = |catalog: &Catalog| catalog.menus.iter().map(|menu| menu.name.clone()).collect::<Vec<_>>();
    let mut made: Vec<Statement> = Vec::new();
    let moved = moves(&names(composed), &names(wanted));
    made.extend(moved.into_iter().map(|(menu, before)| Statement::PlaceMenu { menu, before }));
    for menu in &wanted.menus {
        let Some(known) = composed.menus.iter().find(|known| known.name == menu.name) else { continue };
        let [before, after] =
            [known, menu].map(|menu| menu.menu_items.iter().map(|item| item.external_id.clone()).collect::<Vec<_>>());
        let moved = moves(&before, &after);
        made.extend(moved.into_iter().map(|(item, before)| Statement::Place { item, before }));
    }
    made
}

/// Which elements have to be placed before which, so that the first order becomes the second. The last one stays, as nothing
/// can be placed behind it.
fn moves<K: Ord + Clone>(before: &[K], after: &[K]) -> Vec<(K, K)> {
    let position: BTreeMap<&K, usize> = before.iter().enumerate().map(|(at, key)| (key, at)).collect();
    let Some(positions) = after.iter().map(|key| position.get(key).copied()).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let Some(last) = positions.last().copied().filter(|_| before.len() == after.len()) else { return Vec::new() };
    // Behind what stands after the last one before, nothing can stay; of the rest the last one is the greatest.
    let (may_stay, values): (Vec<usize>, Vec<usize>) =
        positions.iter().copied().enumerate().filter(|(_, position)| *position <= last).unzip();
    let stays: BTreeSet<usize> = longest_increasing(&values).into_iter().map(|at| may_stay[at]).collect();
    let pairs = after.windows(2).enumerate().filter(|(at, _)| !stays.contains(at));
    pairs.map(|(_, pair)| (pair[0].clone(), pair[1].clone())).collect()
}
