//! A menu as customers see it: the one place for that. `preview`, the pages of plans and the status page show it from here.

mod compare;
mod html;
mod text;

pub use compare::MenuSides;
pub(super) use html::{Detail, sides_html};
pub use html::{Level, menu_html};
pub(super) use text::menu_text;

use super::{Lang, week::hours_words};
use crate::catalog::{Catalog, ExternalId, Field, Hours, Item, Price, Variant, VariantCategory};

/// What customers see of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dish {
    name: String,
    price: String,
    description: Option<String>,
    sold_out: bool,
    /// When it is sold, if that is not always.
    hours: Option<String>,
    /// The address of its photo.
    photo: Option<String>,
    choices: Vec<Choice>,
}

/// What customers see of a variant category.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    name: String,
    /// `choose 1`, `optional, up to 3`
    rule: String,
    options: Vec<ChoiceOption>,
}

/// What customers see of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChoiceOption {
    name: String,
    /// `+Rp 2.000`; empty where it costs nothing more.
    price: String,
    sold_out: bool,
}

impl Dish {
    fn of(item: &Item, catalog: &Catalog, lang: Lang) -> Self {
        let name = item.name.value().map_or(item.external_id.as_str(), String::as_str);
        let is_limited = |hours: &&Hours| !hours.is_all_week();
        let ids = item.variant_category_external_ids.value().map(Vec::as_slice).unwrap_or_default();
        Self {
            name: name.to_owned(),
            price: item.price.value().map(Price::to_string).unwrap_or_default(),
            description: item.description.value().filter(|text| !text.is_empty()).cloned(),
            sold_out: item.in_stock == Field::Set(false),
            hours: item.operational_hours.value().filter(is_limited).map(|hours| hours_words(hours, lang)),
            photo: item.image.value().filter(|url| !url.is_empty()).cloned(),
            choices: ids.iter().filter_map(|id| category(catalog, id)).map(|known| Choice::of(known, lang)).collect(),
        }
    }
}

impl Choice {
    fn of(category: &VariantCategory, lang: Lang) -> Self {
        let name = category.name.value().map_or(category.external_id.as_str(), String::as_str);
        let least = category.min_quantity.value().copied().unwrap_or(0);
        let rule = match (least, category.max_quantity.value().copied()) {
            (0, None) => lang.optional().to_owned(),
            (0, Some(most)) => lang.optional_up_to(most),
            (least, None) => lang.choose_at_least(least),
            (least, Some(most)) if least == most => lang.choose(least),
            (least, Some(most)) => lang.choose_between(least, most),
        };
        Self { name: name.to_owned(), rule, options: category.variants.iter().map(ChoiceOption::of).collect() }
    }
}

impl ChoiceOption {
    fn of(variant: &Variant) -> Self {
        let name = variant.name.value().map_or(variant.external_id.as_str(), String::as_str);
        let price = match variant.price.value() {
            Some(price) if price.0 > 0 => format!("+{price}"),
            Some(price) if price.0 < 0 => price.to_string(),
            _ => String::new(),
        };
        Self { name: name.to_owned(), price, sold_out: variant.in_stock == Field::Set(false) }
    }
}

fn category<'c>(catalog: &'c Catalog, id: &ExternalId) -> Option<&'c VariantCategory> {
    catalog.variant_categories.iter().find(|category| category.external_id == *id)
}
