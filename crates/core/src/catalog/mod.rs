//! The menu model, in the platform's own words. Pure data: no files, no network, no clock.
//!
//! Three catalogs of this one type meet in a plan: *desired* (what the files say), *base* (what we last pushed and saw
//! arrive) and *live* (what was fetched now, after `plan` has matched it to our ids). What GoFood answers, before that
//! matching, is a [`live::LiveCatalog`].

mod field;
mod fields;
mod flat;
pub(crate) mod hours;
mod ids;
pub mod live;
mod path;
mod price;
mod promotion;
mod stock;
mod stored;
pub mod text;
mod value;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

pub use field::Field;
pub use fields::{
    CategoryField, FieldInfo, FieldKind, FieldSpec, ItemField, Member, ReadBack, RiskClass, Thing, VariantField,
};
pub use flat::{FlatCatalog, ListPath, names};
pub use hours::{Day, Hours, TimeRange, parse_clock};
pub use ids::{ExternalId, OutletId};
pub use path::{HasPath, Path};
pub use price::{Price, PriceSteps};
pub use promotion::{DateWords, PromoDetail, Promotion, PromotionPhase, WantedPromotion};
use serde::{Deserialize, Serialize};
pub use stock::{StockChange, StockKind};
pub use stored::{ReadAt, known_entries, known_paths};
pub use value::{FieldValue, Fields};

/// Everything an outlet sells: menus in display order, and the choices that items refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Menus in display order; names are unique.
    pub menus: Vec<Menu>,
    /// Variant categories in the order the files give them; ids are unique.
    #[serde(default)]
    pub variant_categories: Vec<VariantCategory>,
    /// Names of menus that the files call the platform's own: no part of what is sold by the files.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub platform_menus: BTreeSet<String>,
    /// The promotions that the files declare, by name and dish: no part of the menu either, and made by calls of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<WantedPromotion>,
    /// How the files made the prices that they mark up: no part of the menu, but what tells which line moved a price. Ask
    /// [`Catalog::price_steps`], which knows whether an entry still holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub price_steps: BTreeMap<ExternalId, PriceSteps>,
    /// Which files gave each menu and its items: no part of the menu either, but what tells which one took it away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub menu_files: BTreeMap<String, BTreeSet<String>>,
}

/// A heading of the menu. It has no partner id: its name is its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Name, at most 150 characters (documentation).
    pub name: String,
    /// Items in display order. An id stands in more than one menu only where the rule against it is switched off.
    pub menu_items: Vec<Item>,
}

/// A dish or a drink.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Our id.
    pub external_id: ExternalId,
    /// Shown to customers, at most 150 characters (documentation). Always set in a desired catalog.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub name: Field<String>,
    /// Shown to the cashier, at most 200 characters (documentation).
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub internal_name: Field<String>,
    /// At most 200 characters (documentation).
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub description: Field<String>,
    /// The kitchen's. In a desired catalog only `false` claims anything.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub in_stock: Field<bool>,
    /// Whole rupiah, tax included. Always set in a desired catalog.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub price: Field<Price>,
    /// Public URL of a JPEG or PNG. What is read back may be a CDN's address and is never compared.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub image: Field<String>,
    /// When the item is sold, in the outlet's local time.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub operational_hours: Field<Hours>,
    /// Ids of variant categories, in display order.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub variant_category_external_ids: Field<Vec<ExternalId>>,
    /// No field of the platform: one that the tests add, to see that the table is all that a field needs.
    #[cfg(test)]
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub calories: Field<u32>,
}

/// A choice that a customer makes for an item ("spiciness").
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantCategory {
    /// Our id. The platform's documented read shape does not return it.
    pub external_id: ExternalId,
    /// Shown to customers. Always set in a desired catalog.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub name: Field<String>,
    /// Shown to the cashier.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub internal_name: Field<String>,
    /// The least the customer must pick; 0 = optional. On the wire `rules.selection.min_quantity`.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub min_quantity: Field<u32>,
    /// The most the customer may pick. On the wire `rules.selection.max_quantity`.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub max_quantity: Field<u32>,
    /// The variants in display order; one that stands in several categories is the same in all.
    pub variants: Vec<Variant>,
}

/// One of the possibilities of a variant category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Our id.
    pub external_id: ExternalId,
    /// Shown to customers. Always set in a desired catalog.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub name: Field<String>,
    /// Added to the item's price, whole rupiah. Always set in a desired catalog.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub price: Field<Price>,
    /// The kitchen's, as for items.
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub in_stock: Field<bool>,
}

impl Catalog {
    /// Whether the files call a live menu the platform's own.
    pub fn is_platform_menu(&self, live: &str) -> bool {
        self.platform_menus.iter().any(|name| text::same_text(name, live))
    }

    /// Whether it sells something in a menu of this name.
    pub fn sells_in(&self, menu: &str) -> bool {
        self.menus.iter().any(|known| !known.menu_items.is_empty() && text::same_text(&known.name, menu))
    }

    /// What stands where: ids and names, and which categories are mandatory.
    #[must_use]
    pub fn outline(self) -> Self {
        let item = |item: Item| Item { external_id: item.external_id, name: item.name, ..Item::default() };
        let variant = |one: Variant| Variant { external_id: one.external_id, name: one.name, ..Variant::default() };
        let menu = |menu: Menu| Menu { menu_items: menu.menu_items.into_iter().map(item).collect(), ..menu };
        let category = |category: VariantCategory| {
            let VariantCategory { external_id, name, min_quantity, variants, .. } = category;
            let variants = variants.into_iter().map(variant).collect();
            VariantCategory { external_id, name, min_quantity, variants, ..VariantCategory::default() }
        };
        Self {
            menus: self.menus.into_iter().map(menu).collect(),
            variant_categories: self.variant_categories.into_iter().map(category).collect(),
            ..Self::default()
        }
    }

    /// All items with the menu each stands in, in display order.
    pub fn items(&self) -> impl Iterator<Item = (&Menu, &Item)> {
        self.menus.iter().flat_map(|menu| menu.menu_items.iter().map(move |item| (menu, item)))
    }

    /// All variants with the category each belongs to.
    pub fn variants(&self) -> impl Iterator<Item = (&VariantCategory, &Variant)> {
        self.variant_categories.iter().flat_map(|category| category.variants.iter().map(move |v| (category, v)))
    }

    /// The first item with this id.
    pub fn item(&self, id: &ExternalId) -> Option<&Item> {
        self.items().map(|(_, item)| item).find(|item| item.external_id == *id)
    }

    /// Whether it has this dish or choice.
    pub fn has(&self, thing: &Path) -> bool {
        match thing {
            Path::Item(id, _) => self.item(id).is_some(),
            Path::Variant(id, _) => self.variants().any(|(_, variant)| variant.external_id == *id),
            _ => false,
        }
    }

    /// How the files made this price of an item, where markups did.
    pub fn steps_giving(&self, id: &ExternalId, price: Price) -> Option<&PriceSteps> {
        self.price_steps.get(id).filter(|steps| steps.gives == price)
    }

    /// How the price of an item was made; one without markups is as it was written.
    pub fn price_steps(&self, id: &ExternalId) -> Option<Cow<'_, PriceSteps>> {
        let price = *self.item(id)?.price.value()?;
        let known = self.steps_giving(id, price).map(Cow::Borrowed);
        known.or_else(|| Some(Cow::Owned(PriceSteps { written: price, markups: Vec::new(), gives: price })))
    }

    /// What an item of this catalog costs before markups.
    pub fn written_price(&self, item: &Item) -> Option<Price> {
        let price = *item.price.value()?;
        Some(self.steps_giving(&item.external_id, price).map_or(price, |steps| steps.written))
    }

    /// The same without how files came to it: what is sold, and for what.
    #[must_use]
    pub fn without_makings(self) -> Self {
        Self { price_steps: BTreeMap::new(), menu_files: BTreeMap::new(), ..self }
    }

    /// Whether nothing is sold.
    pub fn is_empty(&self) -> bool {
        self.items().next().is_none()
    }
}

#[cfg(test)]
mod tests;
