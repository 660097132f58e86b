//! A catalog taken apart: every thing by its path with its fields by their keys, and every display order as a list of names.
//! What is the same for items, categories and variants is then said once.

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::catalog::{Catalog, ExternalId, Item, ItemField, Menu, Path, Variant, VariantCategory, VariantField};

/// The fields of a thing that are said, by key. Where it stands (`menu`, `category`) is a list of names.
pub(super) type Fields = Map<String, Value>;

/// The list of all menus.
pub(super) const MENUS: &str = "menus";

/// The list of all variant categories.
const CATEGORIES: &str = "categories";

/// All parts of a catalog.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Parts {
    /// Items, categories and variants.
    pub(super) things: BTreeMap<Path, Fields>,
    /// Names in display order: of menus, of the items of a menu (under the menu's path), of categories, of the variants of a
    /// category (under the category's path).
    pub(super) lists: BTreeMap<String, Vec<String>>,
}

impl Parts {
    /// Takes a catalog apart. Of an item that stands in several menus only the first is looked at.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut parts = Self::default();
        for menu in &catalog.menus {
            parts.list(MENUS.to_owned(), &menu.name);
            let of_menu = Path::Menu(menu.name.clone()).to_string();
            parts.lists.entry(of_menu.clone()).or_default();
            for item in &menu.menu_items {
                parts.list(of_menu.clone(), item.external_id.as_str());
                parts.put(Path::item(&item.external_id), item, ItemField::Menu.key(), &menu.name);
            }
        }
        for category in &catalog.variant_categories {
            let path = Path::category(&category.external_id);
            parts.list(CATEGORIES.to_owned(), category.external_id.as_str());
            parts.lists.entry(path.to_string()).or_default();
            parts.things.insert(path.clone(), fields(category));
            for variant in &category.variants {
                let within = category.external_id.as_str();
                parts.list(path.to_string(), variant.external_id.as_str());
                parts.put(Path::variant(&variant.external_id), variant, VariantField::Category.key(), within);
            }
        }
        parts
    }

    fn list(&mut self, list: String, name: &str) {
        self.lists.entry(list).or_default().push(name.to_owned());
    }

    fn put(&mut self, path: Path, thing: &impl Serialize, within: &str, name: &str) {
        let fields = self.things.entry(path).or_insert_with(|| fields(thing));
        let names = fields.entry(within).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(names) = names {
            names.push(name.into());
        }
    }

    /// The lists that the things themselves say that they stand in: their names, in no particular order.
    pub(super) fn memberships(&self) -> BTreeMap<String, Vec<String>> {
        let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, fields) in &self.things {
            let (id, within) = match path {
                Path::Item(id, _) => (id, Some(ItemField::Menu.key())),
                Path::Variant(id, _) => (id, Some(VariantField::Category.key())),
                Path::Category(id, _) => (id, None),
                Path::Menu(_) => continue,
            };
            let Some(within) = within else {
                lists.entry(CATEGORIES.to_owned()).or_default().push(id.0.clone());
                continue;
            };
            for name in names(fields, within) {
                let holder = match path {
                    Path::Item(..) => Path::Menu(name.to_owned()),
                    _ => Path::category(&name.into()),
                };
                lists.entry(holder.to_string()).or_default().push(id.0.clone());
            }
        }
        lists
    }

    /// Puts the catalog together again. An error means that a field holds what the model does not know.
    pub(super) fn assemble(&self) -> Result<Catalog, serde_json::Error> {
        let list = |name: &str| self.lists.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut catalog = Catalog::default();
        for name in list(MENUS) {
            let ids = list(&Path::Menu(name.clone()).to_string());
            let items = self.made::<Item>(ids, Path::item, ItemField::Menu.key());
            catalog.menus.push(Menu { name: name.clone(), menu_items: items? });
        }
        for mut category in self.made::<VariantCategory>(list(CATEGORIES), Path::category, "")? {
            let ids = list(&Path::category(&category.external_id).to_string());
            category.variants = self.made::<Variant>(ids, Path::variant, VariantField::Category.key())?;
            catalog.variant_categories.push(category);
        }
        Ok(catalog)
    }

    fn made<T: DeserializeOwned>(
        &self,
        ids: &[String],
        path: fn(&ExternalId) -> Path,
        within: &str,
    ) -> Result<Vec<T>, serde_json::Error> {
        let made = ids.iter().filter_map(|id| {
            let mut fields = self.things.get(&path(&id.as_str().into()))?.clone();
            fields.remove(within);
            fields.insert("external_id".to_owned(), id.as_str().into());
            // Filled afterwards; items and variants pass it over.
            fields.insert("variants".to_owned(), Value::Array(Vec::new()));
            Some(serde_json::from_value(Value::Object(fields)))
        });
        made.collect()
    }
}

/// The names in a list that a field holds.
pub(super) fn names<'a>(fields: &'a Fields, key: &str) -> impl Iterator<Item = &'a str> {
    fields.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// What is said of a thing, its id and what it holds aside.
fn fields(thing: &impl Serialize) -> Fields {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(thing) else { return Fields::new() };
    fields.remove("external_id");
    fields.remove("variants");
    fields
}
