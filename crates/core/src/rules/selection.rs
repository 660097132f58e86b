//! Rules on variant categories: can a customer make the choice that is asked for?

use super::{
    Findings, Rule,
    example::{SPICY, choice, menu},
    finding::Subject,
};
use crate::{
    catalog::{Catalog, CategoryField, Field, VariantCategory},
    diagnostic::Severity,
};

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

const GOOD: &str = concat!(
    menu!(SPICY!()),
    choice!("min_quantity: 1, max_quantity: 1"; "{external_id: LV-0, name: Tidak pedas, price: 0}",
        "{external_id: LV-1, name: Pedas, price: 0}")
);

pub(super) const MIN_OVER_MAX: Rule = Rule {
    code: "selection-min-over-max",
    severity: Severity::Error,
    adjustable: true,
    summary: "min_quantity is not above max_quantity",
    why: "Our choice: no customer could make such a choice, so nothing that asks for it could be ordered.",
    bad: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 2, max_quantity: 1"; "{external_id: LV-0, name: Tidak pedas, price: 0}",
            "{external_id: LV-1, name: Pedas, price: 0}")
    ),
    good: GOOD,
    check: Some(|catalog, findings| {
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
    }),
};

pub(super) const MAX_ZERO: Rule = Rule {
    code: "selection-max-zero",
    severity: Severity::Error,
    adjustable: true,
    summary: "max_quantity is at least 1",
    why: "Our choice: a choice of at most nothing is none; an optional one has min_quantity 0.",
    bad: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 0, max_quantity: 0"; "{external_id: LV-0, name: Tidak pedas, price: 0}")
    ),
    good: GOOD,
    check: Some(|catalog, findings| {
        for Choice { category, .. } in choices(catalog).filter(|choice| choice.max == Some(0)) {
            findings.add(
                at_max(category),
                "max_quantity is 0, at least 1 is required",
                "write `max_quantity: 1`, or remove the category from the items that use it",
            );
        }
    }),
};

pub(super) const MIN_IMPOSSIBLE: Rule = Rule {
    code: "selection-min-impossible",
    severity: Severity::Error,
    adjustable: true,
    summary: "min_quantity is not above the number of variants",
    why: "Our choice: nothing that asks for more variants than there are could be ordered.",
    bad: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 2, max_quantity: 2"; "{external_id: LV-0, name: Tidak pedas, price: 0}")
    ),
    good: GOOD,
    check: Some(|catalog, findings| {
        for choice in choices(catalog).filter(|choice| choice.is_short(choice.variants)) {
            findings.add(
                at_min(choice.category),
                format!("min_quantity is {}, but there {}", choice.min, there_are(choice.variants)),
                format!("write `min_quantity: {}` or less, or add variants", choice.variants),
            );
        }
    }),
};

fn there_are(count: usize) -> String {
    format!("{} {}", if count == 1 { "is" } else { "are" }, variants(count))
}

pub(super) const MAX_POINTLESS: Rule = Rule {
    code: "selection-max-pointless",
    severity: Severity::Warning,
    adjustable: true,
    summary: "max_quantity is not above the number of variants",
    why: "Our choice: it promises customers more than there is.",
    bad: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 0, max_quantity: 3"; "{external_id: LV-0, name: Tidak pedas, price: 0}")
    ),
    good: GOOD,
    check: Some(|catalog, findings| {
        for Choice { category, max, variants, .. } in choices(catalog).filter(is_possible) {
            if let Some(max) = max.filter(|max| u64::from(*max) > variants as u64) {
                findings.add(
                    at_max(category),
                    format!("max_quantity is {max}, but there {}", there_are(variants)),
                    format!("write `max_quantity: {variants}`, or add variants"),
                );
            }
        }
    }),
};

/// Where it is not, other rules say something worse.
fn is_possible(choice: &Choice<'_>) -> bool {
    choice.variants > 0 && !choice.is_short(choice.variants)
}

pub(super) const SOLD_OUT: Rule = Rule {
    code: "selection-sold-out",
    severity: Severity::Warning,
    adjustable: true,
    summary: "Enough variants are in stock for min_quantity",
    why: "Our choice: what asks for more variants than are in stock cannot be ordered for the time being.",
    bad: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 1, max_quantity: 1"; "{external_id: LV-0, name: Tidak pedas, price: 0, in_stock: false}")
    ),
    good: GOOD,
    check: Some(|catalog, findings| {
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
    }),
};

pub(super) const EMPTY_CATEGORY: Rule = Rule {
    code: "empty-variant-category",
    severity: Severity::Warning,
    adjustable: true,
    summary: "A variant category has variants",
    why: "Seen live: GoFood returns such categories; customers can choose nothing from them.",
    bad: concat!(
        menu!(SPICY!()),
        "variant_categories:\n  - external_id: VC-PEDAS\n    name: Level pedas\n    \
         rules: {selection: {min_quantity: 0, max_quantity: 1}}\n    variants: []\n"
    ),
    good: GOOD,
    check: Some(empty_category),
};

fn empty_category(catalog: &Catalog, findings: &mut Findings<'_>) {
    // With a mandatory choice `selection-min-impossible` says the same, and worse.
    for choice in choices(catalog).filter(|choice| choice.variants == 0 && choice.min == 0) {
        findings.add(
            Subject::Category(choice.category, None),
            "has no variants",
            "add variants, or remove it here and from the items that use it",
        );
    }
}
