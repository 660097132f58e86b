//! What a sheet changes in a layer that is there already.

use std::collections::{HashMap, HashSet};

use super::{SheetChanges, SheetField, SheetMenu, choice_changes, grid::quoted};
use crate::{
    authoring::MergeStep,
    catalog::{Catalog, ExternalId, Field, Item, ItemField, Path, VariantCategory, text::same_text},
};

/// What has to change in `layer`, so that it says what the sheet says. An empty cell says nothing, and a dish that is not in
/// the sheet stays: it may have been written by hand.
pub fn sheet_changes(layer: &Catalog, menu: &SheetMenu) -> SheetChanges {
    let mut changes = SheetChanges::default();
    let mut added = SheetChanges::default();
    let (in_sheet, layer_by_id) = (by_id(&menu.catalog), by_id(layer));
    choice_changes::add(&mut changes, layer, menu);
    for (of_sheet, item) in places(&menu.catalog) {
        let id = &item.external_id;
        let Some(&(in_layer, known)) = layer_by_id.get(id) else {
            added.steps.push(MergeStep::AddItem(id.clone(), of_sheet.to_owned()));
            added.lines.push(format!("+ {id} {} in {}: {}", quoted(name_of(item)), quoted(of_sheet), price_of(item)));
            continue;
        };
        for (field, from, to) in changed_fields(known, item) {
            let path = Path::item_field(id, field);
            let from = from.map_or_else(|| "none".to_owned(), |from| quoted(&from));
            changes.lines.push(format!("~ {id} {}: {from} → {}", field.key(), quoted(&to)));
            changes.steps.push(MergeStep::Set(path));
        }
        if menu.fields.contains(&SheetField::Menu) && !same_text(in_layer, of_sheet) {
            changes.lines.push(format!("~ {id} menu: {} → {}", quoted(in_layer), quoted(of_sheet)));
            changes.steps.push(MergeStep::Move(id.clone(), of_sheet.to_owned()));
        }
        for (field, from, to) in [
            (SheetField::Description, &known.description, &item.description),
            (SheetField::Image, &known.image, &item.image),
        ] {
            if menu.fields.contains(&field) && from.value().is_some() && to.is_unsaid() {
                changes.left.push(format!("{id}: its {} is not in the sheet, and stays in the file", field.word()));
            }
        }
    }
    // New menus need their items, and moves need the menus.
    changes.steps.sort_by_key(|step| matches!(step, MergeStep::Move(..)));
    changes.steps.extend(added.steps);
    changes.lines.extend(added.lines);
    for (name, item) in places(layer) {
        if !in_sheet.contains_key(&item.external_id) {
            let id = &item.external_id;
            changes.left.push(format!(
                "{id} {} in {} is not in the sheet, and stays in the file: delete it there if it is gone",
                quoted(name_of(item)),
                quoted(name)
            ));
        }
    }
    changes
}

/// Where `layer` does not say what the sheet says, or something else than `before` about what the sheet does not say.
pub fn unlike_sheet(layer: &Catalog, before: &Catalog, menu: &SheetMenu) -> Option<String> {
    let (after_by_id, before_by_id, in_sheet) = (by_id(layer), by_id(before), by_id(&menu.catalog));
    for (of_sheet, item) in places(&menu.catalog) {
        let id = &item.external_id;
        let Some(&(in_layer, written)) = after_by_id.get(id) else { return Some(format!("{id} would be missing")) };
        let old = before_by_id.get(id).copied();
        let mut wanted = old.map_or_else(Item::default, |(_, old)| old.clone());
        wanted.external_id = id.clone();
        for (to, from) in [
            (&mut wanted.name, &item.name),
            (&mut wanted.description, &item.description),
            (&mut wanted.image, &item.image),
        ] {
            if from.value().is_some() {
                to.clone_from(from);
            }
        }
        wanted.price = item.price.clone();
        let links = &item.variant_category_external_ids;
        if links.value().is_some() {
            wanted.variant_category_external_ids = links.clone();
        }
        if old.is_none() {
            // Hours of the file hold for a new dish as well, and so do choices that it attaches.
            wanted.operational_hours = written.operational_hours.clone();
            let (of_sheet, written) = (ids_of(links), &written.variant_category_external_ids);
            if ids_of(written).starts_with(of_sheet) {
                wanted.variant_category_external_ids = written.clone();
            }
        }
        if *written != wanted {
            return Some(format!("{id} would not be as the sheet has it"));
        }
        let stays = old.filter(|_| !menu.fields.contains(&SheetField::Menu)).map(|(name, _)| name);
        if !same_text(in_layer, stays.unwrap_or(of_sheet)) {
            return Some(format!("{id} would be in the menu `{in_layer}`"));
        }
    }
    let others = |catalog: &Catalog| -> Vec<(String, Item)> {
        let others = places(catalog).filter(|(_, item)| !in_sheet.contains_key(&item.external_id));
        others.map(|(name, item)| (name.to_owned(), item.clone())).collect()
    };
    if let Some(id) = choice_changes::unlike(layer, menu) {
        return Some(format!("the choice {id} would not be as the sheet has it"));
    }
    let in_sheet: HashSet<&ExternalId> = categories(&menu.catalog).map(|category| &category.external_id).collect();
    let choices = |catalog: &Catalog| -> Vec<VariantCategory> {
        categories(catalog).filter(|category| !in_sheet.contains(&category.external_id)).cloned().collect()
    };
    let is_same = others(layer) == others(before) && choices(layer) == choices(before);
    (!is_same).then(|| "something else would change as well".to_owned())
}

/// Fields that the sheet says otherwise, with both values.
fn changed_fields(known: &Item, item: &Item) -> Vec<(ItemField, Option<String>, String)> {
    let texts = [
        (ItemField::Name, &known.name, &item.name),
        (ItemField::Description, &known.description, &item.description),
        (ItemField::Image, &known.image, &item.image),
    ];
    let price = |item: &Item| item.price.value().map(|price| price.0.to_string());
    let texts = texts.map(|(field, from, to): (ItemField, &Field<String>, &Field<String>)| {
        (field, from.value().cloned(), to.value().cloned())
    });
    let choices = |item: &Item| {
        let ids = item.variant_category_external_ids.value()?;
        Some(ids.iter().map(ExternalId::as_str).collect::<Vec<_>>().join(", "))
    };
    let all = texts.into_iter().chain([
        (ItemField::Price, price(known), price(item)),
        (ItemField::VariantCategories, choices(known), choices(item)),
    ]);
    all.filter(|(_, from, to)| from != to).filter_map(|(field, from, to)| Some((field, from, to?))).collect()
}

fn ids_of(links: &Field<Vec<ExternalId>>) -> &[ExternalId] {
    links.value().map(Vec::as_slice).unwrap_or_default()
}

fn categories(catalog: &Catalog) -> impl Iterator<Item = &VariantCategory> {
    catalog.variant_categories.iter()
}

fn places(catalog: &Catalog) -> impl Iterator<Item = (&str, &Item)> {
    catalog.items().map(|(menu, item)| (menu.name.as_str(), item))
}

fn by_id(catalog: &Catalog) -> HashMap<&ExternalId, (&str, &Item)> {
    places(catalog).map(|(menu, item)| (&item.external_id, (menu, item))).collect()
}

fn name_of(item: &Item) -> &str {
    item.name.value().map_or("", String::as_str)
}

fn price_of(item: &Item) -> i64 {
    item.price.value().map_or(0, |price| price.0)
}
