//! Rules on variant categories: can a customer make the choice that is asked for?

use hashbrown::HashSet;

use super::{Findings, finding::Subject};
use crate::catalog::{Catalog, CategoryField, ExternalId, Field, VariantCategory};

/// A variant category with the numbers that rules compare.
struct Choice<'a> {
    category: &'a VariantCategory,
    /// 0 if nothing is said.
    min: u32,
    max: Option<u32>,
    variants: usize,
    in_stock: usize,
}

impl Choice<'_> {
    /// Whether fewer than `min` are there to be picked.
    fn is_short(&self, there: usize) -> bool {
        u64::from(self.min) > there as u64
    }
}

fn choices(catalog: &Catalog) -> impl Iterator<Item = Choice<'_>> {
    catalog.variant_categories.iter().map(|category| Choice {
        category,
        min: category.min_quantity.value().copied().unwrap_or(0),
        max: category.max_quantity.value().copied(),
        variants: category.variants.len(),
        in_stock: category.variants.iter().filter(|v| v.in_stock != Field::Set(false)).count(),
    })
}

fn at_min(category: &VariantCategory) -> Subject<'_> {
    Subject::Category(category, Some(CategoryField::MinQuantity))
}

fn at_max(category: &VariantCategory) -> Subject<'_> {
    Subject::Category(category, Some(CategoryField::MaxQuantity))
}

/// `1 variant`, `2 variants`
fn variants(count: usize) -> String {
    format!("{count} variant{}", if count == 1 { "" } else { "s" })
}

pub(super) fn check_selection_min_over_max(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Choice { category, min, max, .. } in choices(catalog) {
        // With a maximum of 0 there is another rule.
        if let Some(max) = max.filter(|max| *max > 0 && min > *max) {
            findings.add(
                at_min(category),
                format!("min_quantity is {min}, more than max_quantity {max}"),
                format!("write `min_quantity: {max}` or less, or `max_quantity: {min}` or more"),
            );
        }
    }
}

pub(super) fn check_selection_max_zero(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Choice { category, .. } in choices(catalog).filter(|choice| choice.max == Some(0)) {
        findings.add(
            at_max(category),
            "max_quantity is 0, at least 1 is required",
            "write `max_quantity: 1`, or remove the category from the items that use it",
        );
    }
}

pub(super) fn check_selection_min_impossible(catalog: &Catalog, findings: &mut Findings<'_>) {
    let lists = catalog.items().filter_map(|(_, item)| item.variant_category_external_ids.value());
    let used: HashSet<&ExternalId> = lists.flatten().collect();
    for choice in choices(catalog).filter(|choice| choice.is_short(choice.variants)) {
        let subject = at_min(choice.category);
        let what = format!("min_quantity is {}, but there {}", choice.min, there_are(choice.variants));
        let help = format!("write `min_quantity: {}` or less, or add variants", choice.variants);
        if used.contains(&choice.category.external_id) {
            findings.add(subject, what, help);
        } else {
            // The documentation's own sample has such a category: nobody is asked to choose from it.
            findings.add_warning(subject, what + "; no item uses it", help);
        }
    }
}

fn there_are(count: usize) -> String {
    format!("{} {}", if count == 1 { "is" } else { "are" }, variants(count))
}

pub(super) fn check_selection_max_pointless(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Choice { category, max, variants, .. } in choices(catalog).filter(is_possible) {
        if let Some(max) = max.filter(|max| u64::from(*max) > variants as u64) {
            findings.add(
                at_max(category),
                format!("max_quantity is {max}, but there {}", there_are(variants)),
                format!("write `max_quantity: {variants}`, or add variants"),
            );
        }
    }
}

/// Where it is not, other rules say something worse.
fn is_possible(choice: &Choice<'_>) -> bool {
    choice.variants > 0 && !choice.is_short(choice.variants)
}

pub(super) fn check_selection_sold_out(catalog: &Catalog, findings: &mut Findings<'_>) {
    for choice in choices(catalog).filter(|choice| is_possible(choice) && choice.is_short(choice.in_stock)) {
        findings.add(
            at_min(choice.category),
            format!(
                "min_quantity is {}, but only {} of {} in stock",
                choice.min,
                choice.in_stock,
                if choice.variants == 1 {
                    "1 variant is".to_owned()
                } else {
                    format!("{} are", variants(choice.variants))
                }
            ),
            "put variants back in stock, lower `min_quantity`, or write `in_stock: false` on the items that use it",
        );
    }
}

pub(super) fn check_empty_variant_category(catalog: &Catalog, findings: &mut Findings<'_>) {
    // With a mandatory choice `selection-min-impossible` says the same, and worse.
    for choice in choices(catalog).filter(|choice| choice.variants == 0 && choice.min == 0) {
        findings.add(
            Subject::Category(choice.category, None),
            "has no variants",
            "add variants, or remove it here and from the items that use it",
        );
    }
}
