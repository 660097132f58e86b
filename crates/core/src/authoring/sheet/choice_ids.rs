//! The choices of a sheet beside those of the layer: which is which, and the ids of new ones.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    super::ids::{Nameless, propose},
    choices::{Choice, OwnVariant},
    columns::Limits,
    grid::quoted,
    lists::{ListedVariant, VariantList, comparable},
};
use crate::catalog::{
    Catalog, ExternalId, Field, Item, Price, Variant, VariantCategory,
    text::{normalise_text, same_text},
};

/// The choices as they are to be in the layer.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// For each choice of the sheet; with the variants that only the layer has.
    pub(super) categories: Vec<VariantCategory>,
    /// For each choice which variants of its category the sheet lists.
    pub(super) listed: Vec<Vec<usize>>,
    /// Variants that the layer has under another id, and where the sheet has them.
    pub(super) conflicts: Vec<((usize, usize), String)>,
    /// Ids that were made from names.
    pub(super) proposed: BTreeSet<ExternalId>,
}

/// Gives every choice its category: that of the layer which it is, else a new one. `ids` are those of the dishes.
pub(super) fn settle(choices: &[Choice], ids: &[ExternalId], known: &Catalog) -> Settled {
    let same = recognise(choices, ids, known);
    let mut taken: BTreeSet<String> = ids.iter().map(|id| id.0.clone()).collect();
    taken.extend(known.items().map(|(_, item)| item.external_id.0.clone()));
    taken.extend(known.variant_categories.iter().map(|category| category.external_id.0.clone()));
    taken.extend(known.variants().map(|(_, variant)| variant.external_id.0.clone()));
    let own = choices.iter().filter_map(|choice| choice.own.as_ref());
    taken
        .extend(own.flat_map(|own| own.variants.iter().filter_map(|variant| variant.id.clone()).chain(own.id.clone())));
    let mut settled = Settled::default();
    let new: Vec<Nameless> = choices
        .iter()
        .zip(&same)
        .filter(|(choice, same)| same.is_none() && given(choice).is_none())
        .map(|(choice, _)| nameless("VC", &choice.name))
        .collect();
    let mut made = propose(&new, &taken).into_iter();
    for (choice, same) in choices.iter().zip(&same) {
        let of_sheet = given(choice).map(|id| new_category(choice, id.clone()));
        let is_made = same.is_none() && of_sheet.is_none();
        let category = same.cloned().or(of_sheet);
        let mut category = category.unwrap_or_else(|| new_category(choice, made.next().unwrap_or_default()));
        if !same_text(name_of(&category.name), &choice.name) {
            category.name = Field::Set(choice.name.clone());
        }
        if is_made {
            settled.proposed.insert(category.external_id.clone());
            taken.insert(category.external_id.0.clone());
        }
        settled.categories.push(category);
    }
    add_variants(choices, &taken, &mut settled);
    settled
}

/// The category of the layer that each choice is: one that lists the same, best where its dishes have it; else the only one of
/// its name that its dishes have. None is taken twice.
fn recognise<'k>(choices: &[Choice], ids: &[ExternalId], known: &'k Catalog) -> Vec<Option<&'k VariantCategory>> {
    let items: HashMap<&ExternalId, &Item> = known.items().map(|(_, item)| (&item.external_id, item)).collect();
    let by_id: HashMap<&ExternalId, &VariantCategory> =
        known.variant_categories.iter().map(|category| (&category.external_id, category)).collect();
    let mut alike: HashMap<(String, VariantList), Vec<&VariantCategory>> = HashMap::new();
    for category in &known.variant_categories {
        alike.entry((key(name_of(&category.name)), comparable(&listed_in(category)))).or_default().push(category);
    }
    let linked: Vec<Vec<&VariantCategory>> = choices
        .iter()
        .map(|choice| {
            let mut seen = HashSet::new();
            let items = choice.dishes.iter().filter_map(|dish| items.get(ids.get(*dish)?));
            let links = items.filter_map(|item| item.variant_category_external_ids.value()).flatten();
            let categories = links.filter_map(|id| by_id.get(id).copied());
            categories
                .filter(|category| same_text(name_of(&category.name), &choice.name))
                .filter(|category| seen.insert(&category.external_id))
                .collect()
        })
        .collect();
    let mut claimed: HashSet<&ExternalId> = HashSet::new();
    let mut same: Vec<Option<&VariantCategory>> = vec![None; choices.len()];
    let alike_to = |choice: &Choice| {
        alike.get(&(key(&choice.name), comparable(&choice.variants))).map(Vec::as_slice).unwrap_or_default()
    };
    let is_alike = |at: usize, category: &VariantCategory| {
        alike_to(&choices[at]).iter().any(|other| other.external_id == category.external_id)
    };
    // A choice of a sheet of its own is known by its name, and by its id before all else.
    let mut named: HashMap<String, Vec<&VariantCategory>> = HashMap::new();
    for category in &known.variant_categories {
        named.entry(key(name_of(&category.name))).or_default().push(category);
    }
    let only_one = |choice: &Choice| match named.get(&key(&choice.name)).map(Vec::as_slice) {
        Some([one]) if choice.own.is_some() => vec![*one],
        _ => Vec::new(),
    };
    let by_given = |choice: &Choice| {
        given(choice).and_then(|id| by_id.get(&ExternalId(id.clone())).copied()).into_iter().collect::<Vec<_>>()
    };
    let passes: [&dyn Fn(usize) -> Vec<&'k VariantCategory>; 5] = [
        &|at| by_given(&choices[at]),
        &|at| linked[at].iter().copied().filter(|category| is_alike(at, category)).collect(),
        &|at| alike_to(&choices[at]).to_vec(),
        &|at| if linked[at].len() == 1 { linked[at].clone() } else { Vec::new() },
        &|at| only_one(&choices[at]),
    ];
    for (pass, candidates) in passes.into_iter().enumerate() {
        for (at, found) in same.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
            if pass > 0 && given(&choices[at]).is_some() {
                continue;
            }
            let free = candidates(at).into_iter().find(|category| !claimed.contains(&category.external_id));
            if let Some(category) = free {
                claimed.insert(&category.external_id);
                *found = Some(category);
            }
        }
    }
    same
}

/// The id that the sheet gives.
fn given(choice: &Choice) -> Option<&String> {
    choice.own.as_ref()?.id.as_ref()
}

fn new_category(choice: &Choice, id: String) -> VariantCategory {
    VariantCategory { external_id: ExternalId(id), name: Field::Set(choice.name.clone()), ..VariantCategory::default() }
}

/// Limits of the header, or for a new one all of its variants; a category of the layer keeps what the sheet does not say.
fn limit(category: &mut VariantCategory, choice: &Choice) {
    let is_new = category.min_quantity.is_unsaid() && category.max_quantity.is_unsaid();
    let default = is_new.then_some(Limits { min: 0, max: None });
    if let Some(Limits { min, max }) = choice.limits.or(default) {
        let all = u32::try_from(category.variants.len()).unwrap_or(u32::MAX);
        category.min_quantity = Field::Set(min);
        category.max_quantity = Field::Set(max.unwrap_or(all));
    }
}

/// The variants of the sheet: those of the layer by their ids or names, under new ids otherwise.
fn add_variants(choices: &[Choice], taken: &BTreeSet<String>, settled: &mut Settled) {
    let mut new: Vec<Nameless> = Vec::new();
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (at, (choice, category)) in choices.iter().zip(&mut settled.categories).enumerate() {
        let own: Vec<OwnVariant> = choice.own.as_ref().map(|own| own.variants.clone()).unwrap_or_default();
        let given: BTreeSet<&str> = own.iter().filter_map(|own| own.id.as_deref()).collect();
        let of_layer = category.variants.iter().enumerate().rev();
        let by_id: HashMap<ExternalId, usize> = of_layer.clone().map(|(at, v)| (v.external_id.clone(), at)).collect();
        let by_name: HashMap<String, usize> = of_layer
            .filter(|(_, variant)| !given.contains(variant.external_id.as_str()))
            .map(|(at, variant)| (key(name_of(&variant.name)), at))
            .collect();
        let mut listed = Vec::new();
        for (position, ListedVariant { name, price }) in choice.variants.iter().enumerate() {
            let same_name = by_name.get(&key(name)).copied();
            let id = own.get(position).and_then(|own| Some((ExternalId(own.id.clone()?), own.cell)));
            let known = match &id {
                Some((id, _)) => by_id.get(id).copied(),
                None => same_name,
            };
            if let (Some((id, cell)), None, Some(other)) = (&id, known, same_name) {
                let other = &category.variants[other].external_id;
                settled.conflicts.push((*cell, format!("{} has the id {id}, and {other} in the file", quoted(name))));
            }
            let known = known.unwrap_or_else(|| {
                if id.is_none() {
                    let of = category.external_id.as_str();
                    new.push(nameless("V", &format!("{} {name}", of.strip_prefix("VC-").unwrap_or(of))));
                    places.push((at, category.variants.len()));
                }
                let external_id = id.map(|(id, _)| id).unwrap_or_default();
                category.variants.push(Variant { external_id, ..Variant::default() });
                category.variants.len() - 1
            });
            let variant = &mut category.variants[known];
            // As the layer spells it.
            if !same_text(name_of(&variant.name), name) {
                variant.name = Field::Set(name.clone());
            }
            variant.price = Field::Set(Price(*price));
            listed.push(known);
        }
        limit(category, choice);
        settled.listed.push(listed);
    }
    for ((category, variant), id) in places.into_iter().zip(propose(&new, taken)) {
        settled.proposed.insert(ExternalId(id.clone()));
        settled.categories[category].variants[variant].external_id = ExternalId(id);
    }
}

/// `VC-LEVEL`, `V-LEVEL-PEDAS`: what is in front keeps them apart from the ids of dishes.
fn nameless(kind: &'static str, name: &str) -> Nameless {
    Nameless { kind, within: String::new(), name: format!("{kind} {name}"), uuid: String::new() }
}

/// What a category of the layer lists.
fn listed_in(category: &VariantCategory) -> VariantList {
    let listed = |variant: &Variant| ListedVariant {
        name: name_of(&variant.name).to_owned(),
        price: variant.price.value().map_or(0, |price| price.0),
    };
    category.variants.iter().map(listed).collect()
}

fn key(name: &str) -> String {
    normalise_text(name).into_owned()
}

pub(super) fn name_of(name: &Field<String>) -> &str {
    name.value().map_or("", String::as_str)
}
