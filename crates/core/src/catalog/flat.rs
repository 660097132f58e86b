//! A catalog taken apart: every thing by its path with what is said of it, and every display order as a list of names. What is
//! the same for items, categories and variants is then said once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    Catalog, ExternalId, FieldValue, Fields, HasPath, Item, ItemField, Menu, Path, PriceSteps, Thing, Variant,
    VariantCategory, VariantField, WantedPromotion,
};

/// Which list has a display order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListPath {
    /// All menus.
    Menus,
    /// All variant categories.
    Categories,
    /// The items of a menu, the variants of a category.
    Of(Path),
}

impl fmt::Display for ListPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Menus => f.write_str("menus"),
            Self::Categories => f.write_str("categories"),
            Self::Of(path) => path.fmt(f),
        }
    }
}

impl FromStr for ListPath {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "menus" => Ok(Self::Menus),
            "categories" => Ok(Self::Categories),
            path => path.parse().map(Self::Of),
        }
    }
}

impl Serialize for ListPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ListPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| D::Error::custom(format!("`{text}` is no path of a catalog")))
    }
}

/// All parts of a catalog.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlatCatalog {
    /// Items, categories and variants. Where one stands (`menu`, `category`) is a list of names.
    pub things: BTreeMap<Path, Fields>,
    /// Names in display order: of menus, of items, of categories, of variants.
    pub lists: BTreeMap<ListPath, Vec<String>>,
    /// As in the catalog.
    pub platform_menus: BTreeSet<String>,
    /// As in the catalog.
    pub promotions: Vec<WantedPromotion>,
    /// As in the catalog.
    pub price_steps: BTreeMap<ExternalId, PriceSteps>,
    /// As in the catalog.
    pub menu_files: BTreeMap<String, BTreeSet<String>>,
}

impl FlatCatalog {
    /// Takes a catalog apart. Of an item in several menus, or a variant in several categories, only the first is looked at.
    pub fn of(catalog: &Catalog) -> Self {
        let (platform_menus, promotions) = (catalog.platform_menus.clone(), catalog.promotions.clone());
        let (price_steps, menu_files) = (catalog.price_steps.clone(), catalog.menu_files.clone());
        let mut flat = Self { platform_menus, promotions, price_steps, menu_files, ..Self::default() };
        for menu in &catalog.menus {
            let items = Path::Menu(menu.name.clone());
            flat.lists.entry(ListPath::Menus).or_default().push(menu.name.clone());
            flat.lists.entry(ListPath::Of(items.clone())).or_default();
            menu.menu_items.iter().for_each(|item| flat.put(item, ItemField::Menu.key(), &menu.name, &items));
        }
        for category in &catalog.variant_categories {
            let id = category.id();
            flat.lists.entry(ListPath::Categories).or_default().push(id.0.clone());
            flat.lists.entry(ListPath::Of(Path::category(id))).or_default();
            flat.things.insert(Path::category(id), category.fields());
            let variants = category.variants.iter();
            variants.for_each(|variant| flat.put(variant, VariantField::Category.key(), &id.0, &Path::category(id)));
        }
        flat
    }

    fn put<T: HasPath>(&mut self, thing: &T, holder: &'static str, name: &str, list: &Path) {
        self.lists.entry(ListPath::Of(list.clone())).or_default().push(thing.id().0.clone());
        let fields = self.things.entry(T::path(thing.id(), None)).or_insert_with(|| thing.fields());
        if let Some(FieldValue::Names(names)) = fields.entry(holder).or_insert_with(|| Some(FieldValue::Names(vec![])))
        {
            names.push(name.to_owned());
        }
    }

    /// The lists that the things themselves say that they stand in: their names, in no particular order.
    pub fn memberships(&self) -> BTreeMap<ListPath, Vec<String>> {
        let mut lists: BTreeMap<ListPath, Vec<String>> = BTreeMap::new();
        for (path, fields) in &self.things {
            let (id, holders): (_, Vec<ListPath>) = match path {
                Path::Item(id, _) => {
                    let menus = names(fields, ItemField::Menu.key());
                    (id, menus.map(|name| ListPath::Of(Path::Menu(name.to_owned()))).collect())
                }
                Path::Variant(id, _) => {
                    let categories = names(fields, VariantField::Category.key());
                    (id, categories.map(|name| ListPath::Of(Path::category(&name.into()))).collect())
                }
                Path::Category(id, _) => (id, vec![ListPath::Categories]),
                Path::Menu(_) | Path::Promotion(..) => continue,
            };
            holders.into_iter().for_each(|list| lists.entry(list).or_default().push(id.0.clone()));
        }
        lists
    }

    /// Puts the catalog together again.
    pub fn assemble(&self) -> Catalog {
        let list = |list: ListPath| self.lists.get(&list).map(Vec::as_slice).unwrap_or_default();
        let menus = list(ListPath::Menus).iter().map(|name| Menu {
            name: name.clone(),
            menu_items: self.made::<Item>(list(ListPath::Of(Path::Menu(name.clone())))),
        });
        let mut variant_categories = self.made::<VariantCategory>(list(ListPath::Categories));
        for category in &mut variant_categories {
            category.variants = self.made::<Variant>(list(ListPath::Of(Path::category(&category.external_id))));
        }
        let (platform_menus, promotions) = (self.platform_menus.clone(), self.promotions.clone());
        let (price_steps, menu_files) = (self.price_steps.clone(), self.menu_files.clone());
        Catalog { menus: menus.collect(), variant_categories, platform_menus, promotions, price_steps, menu_files }
    }

    fn made<T: HasPath>(&self, ids: &[String]) -> Vec<T> {
        let ids = ids.iter().map(|id| ExternalId::from(id.as_str()));
        ids.filter_map(|id| Some(T::from_fields(&id, self.things.get(&T::path(&id, None))?))).collect()
    }
}

/// The names or ids in a list that a field holds.
pub fn names<'f>(fields: &'f Fields, key: &str) -> impl Iterator<Item = &'f str> {
    let (names, ids): (&[String], &[ExternalId]) = match fields.get(key) {
        Some(Some(FieldValue::Names(names))) => (names, &[]),
        Some(Some(FieldValue::Ids(ids))) => (&[], ids),
        _ => (&[], &[]),
    };
    names.iter().map(String::as_str).chain(ids.iter().map(ExternalId::as_str))
}
