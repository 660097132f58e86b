//! Which choices a dish has: those of the layer and those of the sheet together.

use std::collections::{BTreeMap, HashMap};

use super::{choice_ids::name_of, choices::Choice, grid::quoted};
use crate::catalog::{Catalog, ExternalId, Field, Item, Variant, VariantCategory, text::same_text};

/// The choices of all dishes.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// For each dish; `None`: the sheet names none.
    pub(super) of_dishes: Vec<Option<Vec<ExternalId>>>,
    pub(super) replaced: Vec<Replaced>,
}

/// A choice of the sheet that comes, for some dishes, in the place of one that the layer has.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) new: ExternalId,
    pub(super) old: ExternalId,
    /// What would go on sale by that, under a new id.
    pub(super) on_sale: Option<String>,
}

/// Links dishes, whose ids are `ids`, to the `categories` that `choices` became.
pub(super) fn link(choices: &[Choice], categories: &[VariantCategory], ids: &[ExternalId], known: &Catalog) -> Links {
    let mut wanted: Vec<Vec<&VariantCategory>> = vec![Vec::new(); ids.len()];
    for (choice, category) in choices.iter().zip(categories) {
        choice.dishes.iter().for_each(|dish| wanted[*dish].push(category));
    }
    let items: HashMap<&ExternalId, &Item> = known.items().map(|(_, item)| (&item.external_id, item)).collect();
    let layer = known.variant_categories.iter().map(|category| (&category.external_id, category)).collect();
    let (mut linked, mut replaced) = (Links::default(), BTreeMap::new());
    for (id, wanted) in ids.iter().zip(&wanted) {
        let of_layer = items.get(id).and_then(|item| item.variant_category_external_ids.value());
        let of_layer = of_layer.map(Vec::as_slice).unwrap_or_default();
        let links = (!wanted.is_empty()).then(|| links(of_layer, wanted, &layer));
        for old in of_layer.iter().filter(|id| links.as_ref().is_some_and(|links| !links.contains(id))) {
            let old = layer.get(old).copied();
            let new = old.and_then(|old| wanted.iter().find(|new| is_same_choice(old, new)));
            if let (Some(old), Some(new)) = (old, new) {
                replaced.insert((&new.external_id, &old.external_id), put_on_sale(old, new));
            }
        }
        linked.of_dishes.push(links);
    }
    let replaced = replaced.into_iter();
    linked.replaced.extend(replaced.map(|((new, old), on_sale)| Replaced {
        new: new.clone(),
        old: old.clone(),
        on_sale,
    }));
    linked
}

/// The choices of the layer, in which the sheet's take the place of those of the same name.
fn links(
    of_layer: &[ExternalId],
    wanted: &[&VariantCategory],
    layer: &HashMap<&ExternalId, &VariantCategory>,
) -> Vec<ExternalId> {
    let mut links = of_layer.to_vec();
    for category in wanted {
        if links.contains(&category.external_id) {
            continue;
        }
        let is_replaced = |link: &ExternalId| {
            layer.get(link).is_some_and(|known| is_same_choice(known, category))
                && wanted.iter().all(|other| other.external_id != *link)
        };
        let replaced: Vec<usize> = (0..links.len()).filter(|at| is_replaced(&links[*at])).collect();
        match replaced[..] {
            [at] => links[at] = category.external_id.clone(),
            _ => links.push(category.external_id.clone()),
        }
    }
    links
}

/// Whether customers are asked the same.
pub(super) fn is_same_choice(one: &VariantCategory, other: &VariantCategory) -> bool {
    same_text(name_of(&one.name), name_of(&other.name))
}

/// A variant that is off sale in the layer, and on sale under a new id.
pub(super) fn put_on_sale(old: &VariantCategory, new: &VariantCategory) -> Option<String> {
    let mut off = old.variants.iter().filter(|variant| variant.in_stock == Field::Set(false));
    off.find_map(|off| {
        let is_it = |variant: &&Variant| {
            variant.in_stock != Field::Set(false) && same_text(name_of(&variant.name), name_of(&off.name))
        };
        let on = new.variants.iter().find(is_it)?;
        let (name, id) = (quoted(name_of(&on.name)), &on.external_id);
        Some(format!(
            "the new variant {id} {name} is on sale, and {} is `in_stock: false` in the file",
            off.external_id
        ))
    })
}
