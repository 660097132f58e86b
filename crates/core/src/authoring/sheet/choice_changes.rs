//! What a sheet changes in the choices of a layer.

use std::collections::{HashMap, HashSet};

use super::{
    SheetChanges, SheetField, SheetMenu,
    choice_ids::name_of,
    choice_links::{is_same_choice, put_on_sale},
    grid::quoted,
};
use crate::{
    authoring::MergeStep,
    catalog::{
        Catalog, CategoryField, ExternalId, Item, Path, Price, Variant, VariantCategory, VariantField, text::same_text,
    },
};

/// How many dishes a line names.
const MOST_NAMED: usize = 8;

/// Adds what has to change in the choices of `layer`. It comes before the dishes, which refer to choices. What the sheet does
/// not have stays.
pub(super) fn add(changes: &mut SheetChanges, layer: &Catalog, menu: &SheetMenu) {
    if !menu.fields.contains(&SheetField::Choice) {
        return;
    }
    let (known, in_sheet) = (by_id(layer), by_id(&menu.catalog));
    for category in &menu.catalog.variant_categories {
        match known.get(&category.external_id) {
            None => {
                let id = &category.external_id;
                changes.lines.push(format!("+ {id} {}: {}", quoted(name_of(&category.name)), listed(category)));
                changes.steps.push(MergeStep::AddCategory(id.clone()));
                let alike = layer.variant_categories.iter().filter(|known| is_same_choice(known, category));
                changes.left.extend(alike.filter_map(|known| put_on_sale(known, category)));
            }
            Some(known) => {
                let before = changes.steps.len();
                add_changes(changes, known, category);
                if changes.steps.len() > before {
                    tell_others(changes, layer, menu, &category.external_id);
                }
                tell_left(changes, menu, known, category);
            }
        }
    }
    for category in &layer.variant_categories {
        if !in_sheet.contains_key(&category.external_id) {
            let (id, name) = (&category.external_id, quoted(name_of(&category.name)));
            changes.left.push(format!("the choice {id} {name} is not in the sheet, and stays in the file"));
        }
    }
    for (new, old) in &menu.replaced {
        let line = format!(
            "{new} comes in the place of {old}: its new variants are on sale, whatever the kitchen or another file has switched off in {old}"
        );
        changes.left.push(line);
    }
    tell_links(changes, layer, menu);
}

/// The choice of the sheet that `layer` has otherwise or not at all.
pub(super) fn unlike<'m>(layer: &Catalog, menu: &'m SheetMenu) -> Option<&'m ExternalId> {
    let written = by_id(layer);
    let is_written =
        |category: &VariantCategory| written.get(&category.external_id).is_some_and(|written| *written == category);
    menu.catalog.variant_categories.iter().find(|category| !is_written(category)).map(|category| &category.external_id)
}

fn add_changes(changes: &mut SheetChanges, known: &VariantCategory, category: &VariantCategory) {
    let id = &category.external_id;
    let mut variants = known.variants.iter().map(|variant| (&variant.external_id, variant)).collect::<HashMap<_, _>>();
    for variant in &category.variants {
        let of = &variant.external_id;
        match variants.remove(of) {
            None => {
                changes.lines.push(format!("+ {of} in {id}: {}", worded(variant)));
                changes.steps.push(MergeStep::AddVariant(id.clone(), of.clone()));
            }
            Some(known) => {
                let price = |variant: &Variant| variant.price.value().map(|Price(price)| price.to_string());
                set(changes, Path::variant_field(of, VariantField::Name), known.name.value(), variant.name.value());
                let (from, to) = (price(known), price(variant));
                set(changes, Path::variant_field(of, VariantField::Price), from.as_ref(), to.as_ref());
            }
        }
    }
    set(changes, Path::category_field(id, CategoryField::Name), known.name.value(), category.name.value());
    for (field, from, to) in [
        (CategoryField::MinQuantity, &known.min_quantity, &category.min_quantity),
        (CategoryField::MaxQuantity, &known.max_quantity, &category.max_quantity),
    ] {
        let [from, to] = [from, to].map(|limit| limit.value().map(ToString::to_string));
        set(changes, Path::category_field(id, field), from.as_ref(), to.as_ref());
    }
}

/// Adds a change of one value, if it is one.
fn set(changes: &mut SheetChanges, path: Path, from: Option<&String>, to: Option<&String>) {
    let (Some(to), Some(key)) = (to.filter(|to| Some(*to) != from), path.field_key()) else { return };
    let id = match &path {
        Path::Category(id, _) | Path::Variant(id, _) => id.as_str(),
        _ => return,
    };
    let from = from.map_or_else(|| "none".to_owned(), |from| quoted(from));
    changes.lines.push(format!("~ {id} {key}: {from} → {}", quoted(to)));
    changes.steps.push(MergeStep::Set(path));
}

/// Dishes that have a changed choice and do not name it in the sheet.
fn tell_others(changes: &mut SheetChanges, layer: &Catalog, menu: &SheetMenu, id: &ExternalId) {
    let says = |item: &&Item| item.variant_category_external_ids.value().is_some();
    let in_sheet = menu.catalog.items().map(|(_, item)| item).filter(says);
    let in_sheet: HashSet<&ExternalId> = in_sheet.map(|item| &item.external_id).collect();
    let others = layer.items().map(|(_, item)| item).filter(|item| !in_sheet.contains(&item.external_id));
    let others =
        others.filter(|item| item.variant_category_external_ids.value().is_some_and(|links| links.contains(id)));
    let others: Vec<&str> = others.map(|item| item.external_id.as_str()).collect();
    if others.is_empty() {
        return;
    }
    let more = others.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let others = others[..others.len().min(MOST_NAMED)].join(", ");
    let line = format!("{id} changes for {others}{more} as well, which have it and do not name it in the sheet");
    changes.left.push(line);
}

/// Variants that only the layer has, and a limit that they or new ones may have outgrown.
fn tell_left(changes: &mut SheetChanges, menu: &SheetMenu, known: &VariantCategory, category: &VariantCategory) {
    let id = &category.external_id;
    for variant in &known.variants {
        if !menu.cells.contains_key(&Path::variant(&variant.external_id)) {
            let (of, name) = (&variant.external_id, quoted(name_of(&variant.name)));
            changes.left.push(format!(
                "{of} {name} of {id} is not in the sheet, and stays in the file: delete it there if it is gone"
            ));
        }
    }
    let count = category.variants.len();
    let is_more = count > known.variants.len();
    if let (true, Some(max)) = (is_more, category.max_quantity.value().filter(|max| (**max as usize) < count))
        && !menu.cells.contains_key(&Path::category_field(id, CategoryField::MaxQuantity))
    {
        changes.left.push(format!("{id}: at most {max} of its {count} variants may be chosen, as before"));
    }
}

/// Choices that a dish of the sheet has in the file, and an empty cell in the sheet.
fn tell_links(changes: &mut SheetChanges, layer: &Catalog, menu: &SheetMenu) {
    let (categories, in_sheet) = (by_id(layer), by_id(&menu.catalog));
    let known: HashMap<_, _> = layer.items().map(|(_, item)| (&item.external_id, item)).collect();
    for (_, item) in menu.catalog.items() {
        let Some(known) = known.get(&item.external_id) else { continue };
        let links = |item: &'_ Item| item.variant_category_external_ids.value().cloned().unwrap_or_default();
        let named: Vec<&str> =
            links(item).iter().filter_map(|id| in_sheet.get(id)).map(|category| name_of(&category.name)).collect();
        for link in links(known) {
            let Some(name) = categories.get(&link).map(|category| name_of(&category.name)) else { continue };
            let has_column = menu.choices.iter().any(|choice| same_text(choice, name));
            if has_column && !named.iter().any(|named| same_text(named, name)) {
                let (id, name) = (&item.external_id, quoted(name));
                changes.left.push(format!("{id}: its choice {link} {name} is not in the sheet, and stays in the file"));
            }
        }
    }
}

fn by_id(catalog: &Catalog) -> HashMap<&ExternalId, &VariantCategory> {
    catalog.variant_categories.iter().map(|category| (&category.external_id, category)).collect()
}

fn listed(category: &VariantCategory) -> String {
    let mut variants: Vec<String> = category.variants.iter().take(MOST_NAMED).map(worded).collect();
    if category.variants.len() > MOST_NAMED {
        variants.push(format!("and {} more", category.variants.len() - MOST_NAMED));
    }
    variants.join("; ")
}

fn worded(variant: &Variant) -> String {
    match price_of(variant) {
        0 => quoted(name_of(&variant.name)),
        price => format!("{} +{price}", quoted(name_of(&variant.name))),
    }
}

fn price_of(variant: &Variant) -> i64 {
    variant.price.value().map_or(0, |Price(price)| *price)
}
