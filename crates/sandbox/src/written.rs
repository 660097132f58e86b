//! The catalog as it is written: the body of a PUT, and what the stand-in keeps of it.
//!
//! Every field may be missing, because what is wrong with a body is said by `validate`, not by the decoder. Unknown
//! fields are let through. What a GET answers is made from this by `read`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Day keys in the platform's order.
pub(super) const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// A whole menu.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Catalog {
    /// The caller's id of the PUT, for troubleshooting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Menus in display order.
    #[serde(deserialize_with = "nullable")]
    pub menus: Vec<Menu>,
    /// The choices that items refer to.
    #[serde(deserialize_with = "nullable")]
    pub variant_categories: Vec<VariantCategory>,
}

/// A heading with its items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Menu {
    /// The id that a GET shows; given by the stand-in.
    #[serde(skip)]
    pub id: Uuid,
    /// Its identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Items in display order.
    #[serde(deserialize_with = "nullable")]
    pub menu_items: Vec<Item>,
}

/// A dish or a drink.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // the platform's own fields
pub struct Item {
    /// The id that a GET shows; given by the stand-in.
    #[serde(skip)]
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_stock: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operational_hours: Option<Hours>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub variant_category_external_ids: Vec<String>,
    /// The app's switch beside `in_stock` (integrators); no PUT sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// Ranges by day key, `sunday` to `saturday`.
pub type Hours = BTreeMap<String, Vec<Range>>;

/// Both ends as `hh:mm`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Range {
    pub start: String,
    pub end: String,
}

/// A choice that a customer makes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct VariantCategory {
    /// The id that a GET shows; given by the stand-in.
    #[serde(skip)]
    pub id: Uuid,
    /// Made in the app: then `external_id` only links items to it, and is never shown.
    #[serde(skip)]
    pub made_in_app: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    #[serde(deserialize_with = "nullable")]
    pub variants: Vec<Variant>,
}

/// `rules`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Rules {
    pub selection: Selection,
}

/// `rules.selection`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Selection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_quantity: Option<i64>,
}

/// One of the possibilities of a choice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Variant {
    /// The id that a GET shows; given by the stand-in.
    #[serde(skip)]
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_stock: Option<bool>,
}

impl Catalog {
    /// All items.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.menus.iter().flat_map(|menu| &menu.menu_items)
    }

    /// All items, to change.
    pub fn items_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.menus.iter_mut().flat_map(|menu| &mut menu.menu_items)
    }

    /// All variants.
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        self.variant_categories.iter().flat_map(|category| &category.variants)
    }

    /// All variants, to change.
    pub fn variants_mut(&mut self) -> impl Iterator<Item = &mut Variant> {
        self.variant_categories.iter_mut().flat_map(|category| &mut category.variants)
    }

    /// The same menu as if it had been typed into the GoBiz app: nothing carries an id of the partner's.
    #[must_use]
    pub fn without_external_ids(mut self) -> Self {
        self.items_mut().for_each(|item| item.external_id = None);
        self.variants_mut().for_each(|variant| variant.external_id = None);
        self.variant_categories.iter_mut().for_each(|category| category.made_in_app = true);
        self
    }
}

/// What is wrong with a body that has a list where an object belongs: the decoder would take the members of the one for the
/// values of the other. Keys that are not known hold what they like.
pub(super) fn list_for_object(body: &Value) -> Option<String> {
    let is_list_of_objects =
        |key: &str| matches!(key, "menus" | "menu_items" | "variant_categories" | "variants") || DAYS.contains(&key);
    let is_object = |key: &str| matches!(key, "rules" | "selection" | "operational_hours");
    match body {
        Value::Array(list) => match list.iter().any(Value::is_array) {
            true => Some("a list stands where an object is expected".to_owned()),
            false => list.iter().find_map(list_for_object),
        },
        Value::Object(keys) => keys.iter().find_map(|(key, value)| match value {
            Value::Array(_) if is_object(key) => Some(format!("{key}: a list stands where an object is expected")),
            _ if is_object(key) || is_list_of_objects(key) => list_for_object(value),
            _ => None,
        }),
        _ => None,
    }
}

/// A list that may be `null`, which is the same as missing.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
