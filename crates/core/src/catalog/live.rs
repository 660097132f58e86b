//! A catalog as GoFood answers it: UUIDs of its own, our ids only where it returns them, nothing promised.
//!
//! `remote` makes these from the wire; `plan` matches them to our ids. Nothing else looks inside.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ExternalId, Field, Hours, Price};

/// What one fetch brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCatalog {
    /// Menus in the order of the answer.
    pub menus: Vec<LiveMenu>,
    /// Variant categories in the order of the answer (documented as arbitrary).
    pub variant_categories: Vec<LiveCategory>,
    /// What else the answer says, beside those lists.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// What the answer says of a thing beyond what is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    /// Key of a field of ours → the JSON that stands there and cannot be read, cut to a readable length. The field itself is
    /// `Unsaid`, a name empty.
    pub unread: BTreeMap<String, String>,
    /// Keys that we do not know, where they hold something.
    pub unknown: BTreeSet<String>,
    /// Whether it is switched off in the app (`active: false`).
    pub switched_off: bool,
}

impl Extra {
    /// Whether there is nothing beyond.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A menu of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMenu {
    /// Its name.
    pub name: String,
    /// Its items.
    pub menu_items: Vec<LiveItem>,
    /// What else the answer says.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// An item of the answer. `Unsaid` = the key is missing, `Null` = null or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveItem {
    /// The platform's UUID; empty if the answer has none.
    pub uuid: String,
    /// Our id. An edit in the app can take it away.
    pub external_id: Field<ExternalId>,
    /// Name.
    pub name: String,
    /// Cashier's name.
    pub internal_name: Field<String>,
    /// Description.
    pub description: Field<String>,
    /// Stock.
    pub in_stock: Field<bool>,
    /// Price.
    pub price: Field<Price>,
    /// The image's address now, often a CDN's. Never compared.
    pub image: Field<String>,
    /// Selling hours, ranges sorted.
    pub operational_hours: Field<Hours>,
    /// UUIDs of the variant categories.
    pub variant_category_uuids: Vec<String>,
    /// What else the answer says.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
    /// The tests' field, see [`super::Item`].
    #[cfg(test)]
    #[serde(default, skip_serializing_if = "Field::is_unsaid")]
    pub calories: Field<u32>,
}

/// A variant category of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCategory {
    /// The platform's UUID; empty if the answer has none.
    pub uuid: String,
    /// Our id; the documented sample has none.
    pub external_id: Field<ExternalId>,
    /// Name.
    pub name: String,
    /// Cashier's name.
    pub internal_name: Field<String>,
    /// Least number to pick.
    pub min_quantity: Field<u32>,
    /// Greatest number to pick.
    pub max_quantity: Field<u32>,
    /// Variants in the order of the answer.
    pub variants: Vec<LiveVariant>,
    /// What else the answer says.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A variant of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveVariant {
    /// The platform's UUID; empty if the answer has none.
    pub uuid: String,
    /// Our id.
    pub external_id: Field<ExternalId>,
    /// Name.
    pub name: String,
    /// Price.
    pub price: Field<Price>,
    /// Stock.
    pub in_stock: Field<bool>,
    /// What else the answer says.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl LiveCatalog {
    /// All items with the name of the menu they stand in.
    pub fn items(&self) -> impl Iterator<Item = (&str, &LiveItem)> {
        self.menus.iter().flat_map(|menu| menu.menu_items.iter().map(move |item| (menu.name.as_str(), item)))
    }

    /// All variants.
    pub fn variants(&self) -> impl Iterator<Item = (&LiveCategory, &LiveVariant)> {
        self.variant_categories.iter().flat_map(|category| category.variants.iter().map(move |v| (category, v)))
    }

    /// Whether nothing is sold.
    pub fn is_empty(&self) -> bool {
        self.items().next().is_none()
    }

    /// The same in an order that depends on nothing but the things themselves.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        for menu in &mut self.menus {
            menu.menu_items.iter_mut().for_each(|item| item.variant_category_uuids.sort());
            sort(&mut menu.menu_items);
        }
        sort(&mut self.menus);
        self.variant_categories.iter_mut().for_each(|category| sort(&mut category.variants));
        sort(&mut self.variant_categories);
        self
    }

    /// SHA-256 of all that it says, in whatever order. Of an image it is whether there is one: its address may be signed anew
    /// for each answer, and is never compared.
    pub fn digest(&self) -> [u8; 32] {
        let mut all = self.clone();
        for item in all.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            item.image = item.image.value().map_or(Field::Unsaid, |_| Field::Set(String::new()));
        }
        Sha256::digest(serde_json::to_vec(&all.sorted()).unwrap_or_default()).into()
    }
}

fn sort<T: Serialize>(things: &mut [T]) {
    things.sort_by_cached_key(|thing| serde_json::to_string(thing).unwrap_or_default());
}
