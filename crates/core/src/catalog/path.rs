//! The name of one thing or one field of a catalog, as plans, diagnostics and reports print it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    CategoryField, ExternalId, FieldInfo, Item, ItemField, Thing, Variant, VariantCategory, VariantField,
    WantedPromotion,
};

/// One thing (`items/NG`) or one field of it (`items/NG/price`). Sorts by kind, id, field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Path {
    Menu(String),
    Item(ExternalId, Option<ItemField>),
    Category(ExternalId, Option<CategoryField>),
    Variant(ExternalId, Option<VariantField>),
    /// A promotion of ours by its name, and the dish that it is on.
    Promotion(String, ExternalId),
}

impl Path {
    /// A whole item.
    pub fn item(id: &ExternalId) -> Self {
        Self::Item(id.clone(), None)
    }

    /// A field of an item.
    pub fn item_field(id: &ExternalId, field: ItemField) -> Self {
        Self::Item(id.clone(), Some(field))
    }

    /// A whole variant category.
    pub fn category(id: &ExternalId) -> Self {
        Self::Category(id.clone(), None)
    }

    /// A field of a variant category.
    pub fn category_field(id: &ExternalId, field: CategoryField) -> Self {
        Self::Category(id.clone(), Some(field))
    }

    /// A whole variant.
    pub fn variant(id: &ExternalId) -> Self {
        Self::Variant(id.clone(), None)
    }

    /// A field of a variant.
    pub fn variant_field(id: &ExternalId, field: VariantField) -> Self {
        Self::Variant(id.clone(), Some(field))
    }

    /// The thing whose field this is; itself if it is a thing.
    pub fn owner(&self) -> Self {
        match self {
            Self::Menu(name) => Self::Menu(name.clone()),
            Self::Item(id, _) => Self::Item(id.clone(), None),
            Self::Category(id, _) => Self::Category(id.clone(), None),
            Self::Variant(id, _) => Self::Variant(id.clone(), None),
            Self::Promotion(..) => self.clone(),
        }
    }

    /// The row of the table, if this is a field.
    pub fn info(&self) -> Option<&'static FieldInfo> {
        match self {
            Self::Menu(_) | Self::Promotion(..) => None,
            Self::Item(_, field) => field.map(ItemField::info),
            Self::Category(_, field) => field.map(CategoryField::info),
            Self::Variant(_, field) => field.map(VariantField::info),
        }
    }

    /// The key of the field, if this is one.
    pub fn field_key(&self) -> Option<&'static str> {
        self.info().map(|info| info.key)
    }

    /// The field of this thing that has this key.
    pub fn field(&self, key: &str) -> Option<Self> {
        fn find<F: Copy>(all: &[F], key_of: fn(F) -> &'static str, key: &str) -> Option<F> {
            all.iter().copied().find(|field| key_of(*field) == key)
        }
        Some(match self {
            Self::Menu(_) | Self::Promotion(..) => return None,
            Self::Item(id, _) => Self::item_field(id, find(ItemField::ALL, ItemField::key, key)?),
            Self::Category(id, _) => Self::category_field(id, find(CategoryField::ALL, CategoryField::key, key)?),
            Self::Variant(id, _) => Self::variant_field(id, find(VariantField::ALL, VariantField::key, key)?),
        })
    }

    /// Whether this is a part of `whole`.
    pub fn is_field_of(&self, whole: &Self) -> bool {
        self != whole && self.owner() == *whole
    }
}

/// `menus/<name>`, `promotions/<name>/<item>`, `items/<id>[/field]`, `categories/<id>[/field]`, `variants/<id>[/field]`; in a name `~` is written
/// `~0` and `/` is written `~1` (as in JSON Pointer).
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Menu(name) => ("menus", name),
            Self::Item(id, _) => ("items", &id.0),
            Self::Category(id, _) => ("categories", &id.0),
            Self::Variant(id, _) => ("variants", &id.0),
            Self::Promotion(name, _) => ("promotions", name),
        };
        write!(f, "{kind}/{}", escaped(name))?;
        if let Self::Promotion(_, item) = self {
            return write!(f, "/{}", escaped(&item.0));
        }
        self.field_key().map_or(Ok(()), |key| write!(f, "/{key}"))
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(text: &str) -> String {
    text.replace("~1", "/").replace("~0", "~")
}

/// The inverse of `Display`; what that would not write is no path.
impl FromStr for Path {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        let (kind, name) = (parts.next().unwrap_or_default(), parts.next().ok_or(())?);
        let name = unescaped(name);
        let thing = match kind {
            "menus" => Self::Menu(name),
            "items" => Self::Item(ExternalId(name), None),
            "categories" => Self::Category(ExternalId(name), None),
            "variants" => Self::Variant(ExternalId(name), None),
            "promotions" => {
                let item = ExternalId(unescaped(parts.next().ok_or(())?));
                let path = Self::Promotion(name, item);
                return if path.to_string() == text { Ok(path) } else { Err(()) };
            }
            _ => return Err(()),
        };
        let path = parts.next().map_or(Some(thing.clone()), |key| thing.field(key)).ok_or(())?;
        if path.to_string() == text { Ok(path) } else { Err(()) }
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| D::Error::custom(format!("`{text}` is no path of a catalog")))
    }
}

/// What has a path: an item, a variant category or a variant.
pub trait HasPath: Thing {
    /// The path of it or of one of its fields.
    fn path(id: &ExternalId, field: Option<Self::Field>) -> Path;
}

impl WantedPromotion {
    /// Which one it is, as a path.
    pub fn path(&self) -> Path {
        Path::Promotion(self.name.clone(), self.detail.external_menu_id.clone())
    }
}

impl HasPath for Item {
    fn path(id: &ExternalId, field: Option<ItemField>) -> Path {
        Path::Item(id.clone(), field)
    }
}

impl HasPath for VariantCategory {
    fn path(id: &ExternalId, field: Option<CategoryField>) -> Path {
        Path::Category(id.clone(), field)
    }
}

impl HasPath for Variant {
    fn path(id: &ExternalId, field: Option<VariantField>) -> Path {
        Path::Variant(id.clone(), field)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_path_is_read_back_from_what_is_printed(name in "[ -~]*|(~|/|~0|~1|01)*|\\PC*", field in 0..ItemField::ALL.len()) {
            let id = ExternalId(name.clone());
            for path in [
                Path::Menu(name.clone()),
                Path::Promotion("gajian".to_owned(), id.clone()),
                Path::Promotion(name, id.clone()),
                Path::item(&id),
                Path::item_field(&id, ItemField::ALL[field]),
                Path::category(&id),
                Path::category_field(&id, CategoryField::ALL[field % CategoryField::ALL.len()]),
                Path::variant(&id),
                Path::variant_field(&id, VariantField::ALL[field % VariantField::ALL.len()]),
            ] {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }

        #[test]
        fn what_is_read_is_printed_as_it_was(text in "(menus|items|categories|variants|x)(/[a~01/]*)?(/price|/in_stock|/name)?") {
            if let Ok(path) = text.parse::<Path>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
