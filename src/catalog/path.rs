//! The name of one thing or one field of a catalog, as plans, diagnostics and reports print it.

use std::fmt;

use serde::{Serialize, Serializer};

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

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
