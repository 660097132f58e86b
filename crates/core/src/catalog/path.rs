//! The name of one thing or one field of a catalog, as plans, diagnostics and reports print it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::ExternalId;

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($variant),* }

        impl $name {
            /// All fields.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The field's key in the platform's words.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }
        }
    };
}

fields! {
    /// A field of an item. `Menu` is where it stands.
    ItemField {
        ExternalId = "external_id",
        Menu = "menu",
        Name = "name",
        InternalName = "internal_name",
        Description = "description",
        InStock = "in_stock",
        Price = "price",
        Image = "image",
        OperationalHours = "operational_hours",
        VariantCategories = "variant_category_external_ids",
    }
}

fields! {
    /// A field of a variant category.
    CategoryField {
        Name = "name",
        InternalName = "internal_name",
        MinQuantity = "min_quantity",
        MaxQuantity = "max_quantity",
    }
}

fields! {
    /// A field of a variant. `Category` is the variant category it belongs to.
    VariantField {
        ExternalId = "external_id",
        Category = "category",
        Name = "name",
        Price = "price",
        InStock = "in_stock",
    }
}

/// One thing (`items/NG`) or one field of it (`items/NG/price`). Sorts by kind, id, field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Path {
    Menu(String),
    Item(ExternalId, Option<ItemField>),
    Category(ExternalId, Option<CategoryField>),
    Variant(ExternalId, Option<VariantField>),
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
        }
    }

    /// The key of the field, if this is one.
    pub fn field_key(&self) -> Option<&'static str> {
        match self {
            Self::Menu(_) => None,
            Self::Item(_, field) => field.map(ItemField::key),
            Self::Category(_, field) => field.map(CategoryField::key),
            Self::Variant(_, field) => field.map(VariantField::key),
        }
    }
}

/// `menus/<name>`, `items/<id>[/field]`, `categories/<id>[/field]`, `variants/<id>[/field]`; in a name `~` is written
/// `~0` and `/` is written `~1` (as in JSON Pointer).
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Menu(name) => ("menus", name),
            Self::Item(id, _) => ("items", &id.0),
            Self::Category(id, _) => ("categories", &id.0),
            Self::Variant(id, _) => ("variants", &id.0),
        };
        write!(f, "{kind}/{}", name.replace('~', "~0").replace('/', "~1"))?;
        self.field_key().map_or(Ok(()), |key| write!(f, "/{key}"))
    }
}

/// The inverse of `Display`; what that would not write is no path.
impl FromStr for Path {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        let (kind, name) = (parts.next().unwrap_or_default(), parts.next().ok_or(())?);
        let name = name.replace("~1", "/").replace("~0", "~");
        let key = parts.next();
        fn field<F: Copy>(key: Option<&str>, all: &[F], key_of: fn(F) -> &'static str) -> Result<Option<F>, ()> {
            let Some(key) = key else { return Ok(None) };
            all.iter().copied().find(|field| key_of(*field) == key).map(Some).ok_or(())
        }
        let path = match kind {
            "menus" if key.is_none() => Self::Menu(name),
            "items" => Self::Item(ExternalId(name), field(key, ItemField::ALL, ItemField::key)?),
            "categories" => Self::Category(ExternalId(name), field(key, CategoryField::ALL, CategoryField::key)?),
            "variants" => Self::Variant(ExternalId(name), field(key, VariantField::ALL, VariantField::key)?),
            _ => return Err(()),
        };
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_path_is_read_back_from_what_is_printed(name in "[ -~]*|(~|/|~0|~1|01)*|\\PC*", field in 0..ItemField::ALL.len()) {
            let id = ExternalId(name.clone());
            for path in [
                Path::Menu(name),
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
