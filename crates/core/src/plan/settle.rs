//! A base after a push of which a part did not land: path by path, what live shows instead of what was sent. What did not
//! land is found by `verify`.

use super::field::same;
use crate::catalog::{Catalog, ExternalId, Item, ItemField, Menu, Path, Thing, Variant, VariantCategory, VariantField};

/// Puts into `base`, for one path, what live shows instead of what was sent.
pub(super) fn take_from(base: &mut Catalog, path: &Path, live: &Catalog, old: Option<&Catalog>) {
    match path {
        Path::Item(id, None) => restore_item(base, id, old),
        Path::Item(id, Some(field)) => {
            let shown = live.item(id).cloned().unwrap_or_default();
            let items = base.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
            for item in items.filter(|item| item.external_id == *id) {
                copy_field(item, &shown, *field);
            }
            if *field == ItemField::Menu {
                move_item(base, id, live);
            }
        }
        Path::Category(id, field) => {
            let shown = live.variant_categories.iter().find(|category| category.external_id == *id);
            match (field, shown) {
                (Some(field), Some(shown)) => {
                    let categories = base.variant_categories.iter_mut();
                    categories.filter(|c| c.external_id == *id).for_each(|c| copy_field(c, shown, *field));
                }
                _ => base.variant_categories.retain(|category| category.external_id != *id),
            }
        }
        Path::Variant(id, None) => restore_variant(base, id, old),
        Path::Variant(id, Some(field)) => {
            let known =
                base.variants().find(|(_, variant)| variant.external_id == *id).map(|(_, variant)| variant.clone());
            let copies: Vec<&Variant> = live.variants().map(|(_, v)| v).filter(|v| v.external_id == *id).collect();
            // Of several copies, one that has not become what was sent.
            let is_other = |shown: &Variant| known.as_ref().is_some_and(|known| !is_same_field(shown, known, *field));
            let Some(shown) = copies.iter().copied().find(|shown| is_other(shown)).or(copies.first().copied()) else {
                return;
            };
            let variants = base.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
            variants.filter(|v| v.external_id == *id).for_each(|v| copy_field(v, shown, *field));
            if *field == VariantField::Category {
                move_variant(base, id, live);
            }
        }
        Path::Menu(_) | Path::Promotion(..) => {}
    }
}

/// An item that did not come (or did not go) stands in the base as it stood before.
fn restore_item(base: &mut Catalog, id: &ExternalId, old: Option<&Catalog>) {
    let before = old.into_iter().flat_map(Catalog::items).filter(|(_, item)| item.external_id == *id);
    place_item(base, id, before);
}

/// An item that did not move stands in the base where live shows it.
fn move_item(base: &mut Catalog, id: &ExternalId, live: &Catalog) {
    let Some(item) = base.item(id).cloned() else { return };
    let shown = live.items().filter(|(_, shown)| shown.external_id == *id);
    place_item(base, id, shown.map(|(menu, _)| (menu, &item)));
}

/// Takes an item out of all menus and puts it into these; menus that hold nothing then are gone.
fn place_item<'a>(base: &mut Catalog, id: &ExternalId, places: impl Iterator<Item = (&'a Menu, &'a Item)>) {
    for menu in &mut base.menus {
        menu.menu_items.retain(|item| item.external_id != *id);
    }
    for (menu, item) in places {
        match base.menus.iter_mut().find(|known| known.name == menu.name) {
            Some(known) => known.menu_items.push(item.clone()),
            None => base.menus.push(Menu { name: menu.name.clone(), menu_items: vec![item.clone()] }),
        }
    }
    base.menus.retain(|menu| !menu.menu_items.is_empty());
}

/// A variant that did not come (or did not go) stands in the base as it stood before.
fn restore_variant(base: &mut Catalog, id: &ExternalId, old: Option<&Catalog>) {
    let before = old.into_iter().flat_map(Catalog::variants).filter(|(_, variant)| variant.external_id == *id);
    place_variant(base, id, &before.collect::<Vec<_>>());
}

/// A variant that did not move stands in the base where live shows it.
fn move_variant(base: &mut Catalog, id: &ExternalId, live: &Catalog) {
    let known = base.variants().find(|(_, variant)| variant.external_id == *id).map(|(_, variant)| variant.clone());
    let shown = live.variants().filter(|(_, variant)| variant.external_id == *id).map(|(category, _)| category);
    let places: Vec<_> = shown.filter_map(|category| Some((category, known.as_ref()?))).collect();
    place_variant(base, id, &places);
}

/// Takes a variant out of all categories and puts it into these, as far as the base has them.
fn place_variant(base: &mut Catalog, id: &ExternalId, places: &[(&VariantCategory, &Variant)]) {
    for category in &mut base.variant_categories {
        category.variants.retain(|variant| variant.external_id != *id);
        let mut here = places.iter().filter(|(known, _)| known.external_id == category.external_id);
        if let Some((_, variant)) = here.next() {
            category.variants.push((*variant).clone());
        }
    }
}

/// Whether both say the same in a field that is compared with live.
fn is_same_field<T: Thing>(a: &T, b: &T, field: T::Field) -> bool {
    let mut members = T::members().filter(|(spec, _)| spec.field == field && spec.info.reads.is_compared());
    members.all(|(_, member)| same(&(member.get)(a), &(member.get)(b)))
}

/// Copies a field that is compared with live.
fn copy_field<T: Thing>(to: &mut T, from: &T, field: T::Field) {
    for (_, member) in T::members().filter(|(spec, _)| spec.field == field && spec.info.reads.is_compared()) {
        (member.set)(to, (member.get)(from));
    }
}
