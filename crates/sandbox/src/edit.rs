//! Edits as people make them behind our back: in the GoBiz app, and in the kitchen. They touch the live menu only.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::written::{Catalog, Item, Menu, Variant, VariantCategory};

/// One edit in the app. Items, variants and categories are named by external id or, where none has it, by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Changes an item in place.
    Item {
        /// Which.
        item: String,
        /// Fields of the written shape; `null` clears one.
        #[serde(default)]
        set: Map<String, Value>,
        /// Moves it to the end of this menu, which is made if there is none.
        #[serde(default)]
        menu: Option<String>,
        /// What an edit in the app does to items that came by API (documentation).
        #[serde(default)]
        lose_external_id: bool,
    },
    /// Adds an item at the end of a menu, which is made if there is none.
    AddItem {
        /// The menu's name.
        menu: String,
        /// The item in the written shape; what the app makes has no external id.
        item: Item,
    },
    /// Removes an item.
    RemoveItem {
        /// Which.
        item: String,
    },
    /// Changes a variant in place.
    Variant {
        /// Which.
        variant: String,
        /// Fields of the written shape; `null` clears one.
        #[serde(default)]
        set: Map<String, Value>,
        /// As for items.
        #[serde(default)]
        lose_external_id: bool,
    },
    /// Removes a variant.
    RemoveVariant {
        /// Which.
        variant: String,
    },
    /// Changes a category in place.
    Category {
        /// Which.
        category: String,
        /// Fields of the written shape; `null` clears one.
        set: Map<String, Value>,
    },
    /// Gives a menu another name; its items stay.
    RenameMenu {
        /// Its name until now.
        menu: String,
        /// Its new name.
        name: String,
    },
    /// Removes a menu with its items.
    RemoveMenu {
        /// Its name.
        menu: String,
    },
}

impl Edit {
    /// Changes fields of an item: the edit that tests need most.
    pub fn item(item: &str, set: Value) -> Self {
        let set = if let Value::Object(map) = set { map } else { Map::new() };
        Self::Item { item: item.into(), set, menu: None, lose_external_id: false }
    }

    /// Carries it out; an error says what was not found or not understood, and then nothing was changed.
    pub(super) fn apply(self, catalog: &mut Catalog) -> Result<(), String> {
        match self {
            Self::Item { item, set, menu, lose_external_id } => edit_item(catalog, &item, &set, menu, lose_external_id),
            Self::AddItem { menu, item } => {
                find_or_add_menu(catalog, &menu).menu_items.push(item);
                Ok(())
            }
            Self::RemoveItem { item } => take_item(catalog, &item).map(drop),
            Self::Variant { variant, set, lose_external_id } => edit_variant(catalog, &variant, &set, lose_external_id),
            Self::RemoveVariant { variant } => remove_variant(catalog, &variant),
            Self::Category { category, set } => {
                let found =
                    find_by_id_or_name(catalog.variant_categories.iter_mut(), &category, |c| (&c.external_id, &c.name));
                merge(
                    found.ok_or_else(|| describe_missing("variant category", &category))?,
                    &set,
                    |new, old: &VariantCategory| {
                        new.id = old.id;
                        new.made_in_app = old.made_in_app;
                        keep_variant_ids(&mut new.variants, &old.variants);
                    },
                )
            }
            Self::RenameMenu { menu, name } => {
                let found = catalog.menus.iter_mut().find(|known| known.name.as_ref() == Some(&menu));
                found.ok_or_else(|| describe_missing("menu", &menu))?.name = Some(name);
                Ok(())
            }
            Self::RemoveMenu { menu } => {
                let position = catalog.menus.iter().position(|known| known.name.as_ref() == Some(&menu));
                catalog.menus.remove(position.ok_or_else(|| describe_missing("menu", &menu))?);
                Ok(())
            }
        }
    }
}

/// The kitchen's switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum StockToggle {
    /// Of an item, by external id or name.
    #[allow(missing_docs)]
    Item { item: String, in_stock: bool },
    /// Of a variant, by external id or name.
    #[allow(missing_docs)]
    Variant { variant: String, in_stock: bool },
}

impl StockToggle {
    pub(super) fn apply(self, catalog: &mut Catalog) -> Result<(), String> {
        match self {
            Self::Item { item, in_stock } => find_item(catalog, &item)?.in_stock = Some(in_stock),
            Self::Variant { variant, in_stock } => find_variant(catalog, &variant)?.in_stock = Some(in_stock),
        }
        Ok(())
    }
}

fn edit_item(
    catalog: &mut Catalog,
    name: &str,
    set: &Map<String, Value>,
    menu: Option<String>,
    lose_external_id: bool,
) -> Result<(), String> {
    let item = find_item(catalog, name)?;
    merge(item, set, |new, old: &Item| new.id = old.id)?;
    let key = item.external_id.clone().or_else(|| item.name.clone()).unwrap_or_default();
    if let Some(menu) = menu {
        let moved = take_item(catalog, &key)?;
        find_or_add_menu(catalog, &menu).menu_items.push(moved);
    }
    if lose_external_id {
        find_item(catalog, &key)?.external_id = None;
    }
    Ok(())
}

fn edit_variant(
    catalog: &mut Catalog,
    name: &str,
    set: &Map<String, Value>,
    lose_external_id: bool,
) -> Result<(), String> {
    let variant = find_variant(catalog, name)?;
    merge(variant, set, |new, old: &Variant| new.id = old.id)?;
    if lose_external_id {
        variant.external_id = None;
    }
    Ok(())
}

fn remove_variant(catalog: &mut Catalog, name: &str) -> Result<(), String> {
    let id = find_variant(catalog, name)?.id;
    catalog.variant_categories.iter_mut().for_each(|category| category.variants.retain(|variant| variant.id != id));
    Ok(())
}

/// Sets fields of `target`; a key that it does not have is an error, as is a value of the wrong type.
fn merge<T>(target: &mut T, set: &Map<String, Value>, keep: impl FnOnce(&mut T, &T)) -> Result<(), String>
where
    T: Serialize + DeserializeOwned,
{
    let mut fields = serde_json::to_value(&*target).map_err(|error| error.to_string())?;
    for (key, value) in set {
        fields[key] = value.clone();
    }
    let mut new: T = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    let taken = serde_json::to_value(&new).map_err(|error| error.to_string())?;
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if let Some((key, _)) = set.iter().find(|(key, value)| !is_empty(value) && taken.get(key).is_none()) {
        return Err(format!("there is no field {key}"));
    }
    keep(&mut new, target);
    *target = new;
    Ok(())
}

/// Variants that are set as a whole keep the ids of those that were there.
fn keep_variant_ids(new: &mut [Variant], old: &[Variant]) {
    for variant in new {
        let same = old.iter().find(|known| known.external_id == variant.external_id && known.name == variant.name);
        variant.id = same.map(|known| known.id).unwrap_or_default();
    }
}

fn find_item<'a>(catalog: &'a mut Catalog, name: &str) -> Result<&'a mut Item, String> {
    find_by_id_or_name(catalog.items_mut(), name, |item| (&item.external_id, &item.name))
        .ok_or_else(|| describe_missing("item", name))
}

fn find_variant<'a>(catalog: &'a mut Catalog, name: &str) -> Result<&'a mut Variant, String> {
    let found = find_by_id_or_name(catalog.variants_mut(), name, |variant| (&variant.external_id, &variant.name));
    found.ok_or_else(|| describe_missing("variant", name))
}

/// The first with this external id, else the first with this name.
fn find_by_id_or_name<'a, T>(
    things: impl Iterator<Item = &'a mut T>,
    name: &str,
    keys: impl Fn(&T) -> (&Option<String>, &Option<String>),
) -> Option<&'a mut T> {
    let mut things: Vec<_> = things.collect();
    let by_id = things.iter().position(|thing| keys(thing).0.as_deref() == Some(name));
    let position = by_id.or_else(|| things.iter().position(|thing| keys(thing).1.as_deref() == Some(name)))?;
    Some(things.swap_remove(position))
}

fn take_item(catalog: &mut Catalog, name: &str) -> Result<Item, String> {
    let id = find_item(catalog, name)?.id;
    for menu in &mut catalog.menus {
        if let Some(position) = menu.menu_items.iter().position(|item| item.id == id) {
            return Ok(menu.menu_items.remove(position));
        }
    }
    Err(describe_missing("item", name))
}

fn find_or_add_menu<'a>(catalog: &'a mut Catalog, name: &str) -> &'a mut Menu {
    let known = catalog.menus.iter().position(|menu| menu.name.as_deref() == Some(name));
    let position = known.unwrap_or_else(|| {
        catalog.menus.push(Menu { name: Some(name.into()), ..Menu::default() });
        catalog.menus.len() - 1
    });
    &mut catalog.menus[position]
}

fn describe_missing(kind: &str, name: &str) -> String {
    format!("there is no {kind} {name} in the live menu")
}
