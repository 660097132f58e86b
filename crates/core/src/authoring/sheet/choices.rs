//! The choices of a sheet. Dishes whose cells list the same variants share one.

use std::collections::HashMap;

use super::{
    columns::{Header, Limits},
    grid::{quoted, rows_named},
    lists::{ListedVariant, VariantList, comparable},
    read::Dish,
};
use crate::catalog::VariantCategory;

/// How many choices, and variants of each, are named.
const MOST_NAMED: usize = 8;

/// The most choices of a sheet (our choice).
pub(super) const MOST_CHOICES: usize = 500;

/// A choice, and the dishes that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) limits: Option<Limits>,
    pub(super) variants: VariantList,
    /// By their position.
    pub(super) dishes: Vec<usize>,
    /// The column and row of the first cell that lists it.
    pub(super) cell: (usize, usize),
    /// Where choices have a sheet of their own, what only that can say.
    pub(super) own: Option<Own>,
}

/// What a sheet of choices says beside names and prices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) id: Option<String>,
    pub(super) min: Option<u32>,
    pub(super) max: Option<u32>,
    /// For each variant.
    pub(super) variants: Vec<OwnVariant>,
}

/// The same of one variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OwnVariant {
    pub(super) id: Option<String>,
    pub(super) cell: (usize, usize),
}

/// The choices that the dishes come to, column by column.
pub(super) fn gather(header: &Header, dishes: &[Dish]) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (at, column) in header.choices().enumerate() {
        let (name, limits) = column.choice();
        let mut known: HashMap<VariantList, usize> = HashMap::new();
        for (position, dish) in dishes.iter().enumerate() {
            let Some(list) = dish.lists.get(at).filter(|list| !list.is_empty()) else { continue };
            let choice = *known.entry(comparable(list)).or_insert_with(|| {
                let (name, variants, cell) = (name.clone(), list.clone(), (column.at, dish.row));
                choices.push(Choice { name, limits, variants, dishes: Vec::new(), cell, own: None });
                choices.len() - 1
            });
            choices[choice].dishes.push(position);
        }
    }
    choices
}

/// Lines about the choices that were made of the sheet, and their ids.
pub(super) fn lines(choices: &[Choice], categories: &[VariantCategory]) -> Vec<String> {
    let shown = choices.iter().zip(categories).take(MOST_NAMED).map(|(choice, category)| {
        let variant = |variant: &ListedVariant| match variant.price {
            0 => variant.name.clone(),
            price => format!("{} +{price}", variant.name),
        };
        let mut variants: Vec<String> = choice.variants.iter().take(MOST_NAMED).map(variant).collect();
        if choice.variants.len() > MOST_NAMED {
            variants.push(format!("and {} more", choice.variants.len() - MOST_NAMED));
        }
        let dishes = choice.dishes.len();
        let dishes = if dishes == 1 { "1 dish".to_owned() } else { format!("{dishes} dishes") };
        let (id, name) = (&category.external_id, quoted(&choice.name));
        format!("the choice {id} {name}, for {dishes}: {}", variants.join("; "))
    });
    let more = choices.len().saturating_sub(MOST_NAMED);
    let lone: Vec<usize> = choices
        .iter()
        .filter(|choice| choice.own.is_none() && choice.variants.len() == 1)
        .map(|choice| choice.cell.1)
        .collect();
    shown
        .chain((more > 0).then(|| format!("and {more} more choices")))
        .chain((!lone.is_empty()).then(|| format!("a choice of one variant only: {}", rows_named(&lone))))
        .collect()
}
