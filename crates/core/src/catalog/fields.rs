//! The table of fields: all that the rest of the program has to know of a field of an item, a variant category or a variant.
//! Comparing, sending, remembering, pinning and reporting are loops over it.
//!
//! A member of one of the structs that has no row here does not compile.

use super::{
    ExternalId, Field, FieldValue, Fields, Item, StockKind, Variant, VariantCategory,
    live::{LiveCategory, LiveItem, LiveVariant},
    value::typed,
};

/// What kind of value a field has: how it is read from JSON, compared with what is live, and put into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// An external id.
    Id,
    /// The menus or the category that hold the thing.
    Holder,
    /// A text for people.
    Text,
    /// The address of an image.
    Address,
    /// A price.
    Price,
    /// The least number of variants to pick.
    Least,
    /// The greatest number of variants to pick.
    Most,
    /// Any other number.
    Number,
    /// On sale or not.
    Stock,
    /// Selling hours.
    Hours,
    /// The variant categories of an item.
    Choices,
}

/// What live tells of a value that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// The value.
    Always,
    /// The value; where that equals the thing's name, it may never have been sent.
    UnlikeName,
    /// The same members in any order.
    AsSet,
    /// Nothing: there may be something else in its place.
    Never,
    /// What the kitchen made of it since: it has rules of its own.
    Stock,
}

impl ReadBack {
    /// Whether live is asked for it: else nothing that shows there says whether a push arrived, or that somebody edited it.
    pub fn is_compared(self) -> bool {
        !matches!(self, Self::Never | Self::Stock)
    }
}

/// How a step from one value to another is judged, see [`crate::plan::risk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskClass {
    /// A text that customers read.
    Text,
    /// A price.
    Price,
    /// Stock.
    Stock,
    /// Selling hours.
    Hours,
    /// The choices of an item.
    Choices,
    /// The least number to pick.
    Least,
    /// An id that orders are recognised by.
    Id,
    /// Anything else that customers see.
    Shown,
    /// What customers never see.
    Hidden,
}

/// A row of the table, as far as it is the same for all things.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// The platform's key.
    pub key: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What kind of value it has.
    pub kind: FieldKind,
    /// What live tells of it.
    pub reads: ReadBack,
    /// How a change of it is judged.
    pub risk: RiskClass,
}

/// A row of the table.
pub struct FieldSpec<T: Thing> {
    /// The field.
    pub field: T::Field,
    /// What is the same for all things.
    pub info: FieldInfo,
    /// How to get at it; `None` for the id, and for what says where the thing stands.
    pub member: Option<Member<T>>,
}

/// How to get at a member of a struct.
pub struct Member<T: Thing> {
    /// Reads it.
    pub get: fn(&T) -> Field<FieldValue>,
    /// Writes it.
    pub set: fn(&mut T, Field<FieldValue>),
    /// Reads it from what the platform answers; `Unsaid` if it stands elsewhere there.
    pub get_live: fn(&T::Live) -> Field<FieldValue>,
    /// Writes it there.
    pub set_live: fn(&mut T::Live, Field<FieldValue>),
}

/// Something with fields.
pub trait Thing: Clone + Default + PartialEq + Sized + 'static {
    /// Its fields, by name.
    type Field: Copy + PartialEq;
    /// What the platform answers of it.
    type Live;
    /// Its rows of the table, in the order of [`Self::Field`].
    const FIELDS: &'static [FieldSpec<Self>];
    /// Its kind of stock, if it has any.
    const STOCK: Option<StockKind>;

    /// Our id.
    fn id(&self) -> &ExternalId;
    /// One that says nothing.
    fn with_id(id: &ExternalId) -> Self;
    /// What customers call it.
    fn name(&self) -> &Field<String>;
    /// The variants that come and go with it.
    fn parts(&self) -> &[Variant] {
        &[]
    }

    /// The rows of its members.
    fn members() -> impl Iterator<Item = (&'static FieldSpec<Self>, &'static Member<Self>)> {
        Self::FIELDS.iter().filter_map(|spec| Some((spec, spec.member.as_ref()?)))
    }

    /// All members through `change`; without its parts.
    fn map_members(&self, change: impl Fn(&FieldSpec<Self>, Field<FieldValue>) -> Field<FieldValue>) -> Self {
        let mut mapped = Self::with_id(self.id());
        Self::members().for_each(|(spec, member)| (member.set)(&mut mapped, change(spec, (member.get)(self))));
        mapped
    }

    /// The same without its parts.
    fn copy_members(&self) -> Self {
        self.map_members(|_, value| value)
    }

    /// What is said of it.
    fn fields(&self) -> Fields {
        let said = Self::members().filter_map(|(spec, member)| match (member.get)(self) {
            Field::Unsaid => None,
            Field::Null => Some((spec.info.key, None)),
            Field::Set(value) => Some((spec.info.key, Some(value))),
        });
        said.collect()
    }

    /// The thing of which this is said.
    fn from_fields(id: &ExternalId, fields: &Fields) -> Self {
        let mut thing = Self::with_id(id);
        for (spec, member) in Self::members() {
            let value = fields.get(spec.info.key);
            (member.set)(&mut thing, value.map_or(Field::Unsaid, |value| Field::set_or_null(value.clone())));
        }
        thing
    }

    /// What the platform answers, under our id.
    fn from_live(id: &ExternalId, live: &Self::Live) -> Self {
        let mut thing = Self::with_id(id);
        Self::members().for_each(|(_, member)| (member.set)(&mut thing, (member.get_live)(live)));
        thing
    }
}

/// The accessors of one member: `live` where the platform's answer has it alike, `always` where that has no other way than to
/// name it, `ours` where it stands elsewhere there.
macro_rules! member {
    ($thing:ident, $live:ident) => {
        None
    };
    ($thing:ident, $live:ident, $member:ident live) => {
        member!($thing, $live, $member, |live: &$live| live.$member.clone().map(FieldValue::from), |live, value| {
            live.$member = typed(value);
        })
    };
    ($thing:ident, $live:ident, $member:ident always) => {
        member!($thing, $live, $member, |live: &$live| Field::Set(live.$member.clone().into()), |live, value| {
            live.$member = typed(value).value().cloned().unwrap_or_default();
        })
    };
    ($thing:ident, $live:ident, $member:ident ours) => {
        member!($thing, $live, $member, |_| Field::Unsaid, |_, _| ())
    };
    ($thing:ident, $live:ident, $member:ident, $get_live:expr, $set_live:expr) => {
        Some(Member {
            get: |thing: &$thing| thing.$member.clone().map(FieldValue::from),
            set: |thing, value| thing.$member = typed(value),
            get_live: $get_live,
            set_live: $set_live,
        })
    };
}

macro_rules! fields {
    (
        $(#[$doc:meta])*
        $name:ident of $thing:ident ($path:ident), live $live:ident, stock $stock:expr, parts [$($parts:ident)?] {
            $(
                $(#[$cfg:meta])*
                $field:ident = $key:literal $label:literal $kind:ident $reads:ident $risk:ident
                $(($member:ident $how:ident))?;
            )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($(#[$cfg])* $field),* }

        impl $name {
            /// All fields.
            pub const ALL: &[Self] = &[$($(#[$cfg])* Self::$field),*];

            /// Its row of the table.
            pub fn info(self) -> &'static FieldInfo {
                &$thing::FIELDS[self as usize].info
            }

            /// The field's key in the platform's words.
            pub fn key(self) -> &'static str {
                self.info().key
            }
        }

        impl Thing for $thing {
            type Field = $name;
            type Live = $live;
            const STOCK: Option<StockKind> = $stock;
            const FIELDS: &'static [FieldSpec<Self>] = &[$(
                $(#[$cfg])*
                FieldSpec {
                    field: $name::$field,
                    info: FieldInfo {
                        key: $key,
                        label: $label,
                        kind: FieldKind::$kind,
                        reads: ReadBack::$reads,
                        risk: RiskClass::$risk,
                    },
                    member: member!($thing, $live $(, $member $how)?),
                },
            )*];

            fn id(&self) -> &ExternalId {
                // Every member has a row.
                let Self { external_id, $($parts: _,)? $($(#[$cfg])* $($member: _,)?)* } = self;
                external_id
            }

            fn with_id(id: &ExternalId) -> Self {
                Self { external_id: id.clone(), ..Self::default() }
            }

            fn name(&self) -> &Field<String> {
                &self.name
            }

            $(fn parts(&self) -> &[Variant] {
                &self.$parts
            })?
        }
    };
}

fields! {
    /// A field of an item. `Menu` is where it stands.
    ItemField of Item (Item), live LiveItem, stock Some(StockKind::Items), parts [] {
        ExternalId = "external_id" "external id" Id Always Id;
        Menu = "menu" "menu" Holder Always Shown;
        Name = "name" "name" Text Always Text (name always);
        InternalName = "internal_name" "internal name" Text Always Hidden (internal_name live);
        Description = "description" "description" Text Always Text (description live);
        InStock = "in_stock" "stock" Stock Stock Stock (in_stock live);
        Price = "price" "price" Price Always Price (price live);
        Image = "image" "image" Address Never Shown (image live);
        OperationalHours = "operational_hours" "hours" Hours Always Hours (operational_hours live);
        VariantCategories = "variant_category_external_ids" "choices" Choices AsSet Choices
            (variant_category_external_ids ours);
        #[cfg(test)]
        Calories = "calories" "calories" Number Always Shown (calories live);
    }
}

fields! {
    /// A field of a variant category.
    CategoryField of VariantCategory (Category), live LiveCategory, stock None, parts [variants] {
        ExternalId = "external_id" "external id" Id Always Id;
        Name = "name" "name" Text Always Text (name always);
        InternalName = "internal_name" "internal name" Text UnlikeName Hidden (internal_name live);
        MinQuantity = "min_quantity" "choice" Least Always Least (min_quantity live);
        MaxQuantity = "max_quantity" "choice" Most Always Shown (max_quantity live);
    }
}

fields! {
    /// A field of a variant. `Category` is the variant category it belongs to.
    VariantField of Variant (Variant), live LiveVariant, stock Some(StockKind::Variants), parts [] {
        ExternalId = "external_id" "external id" Id Always Id;
        Category = "category" "category" Holder Always Shown;
        Name = "name" "name" Text Always Text (name always);
        Price = "price" "price" Price Always Price (price live);
        InStock = "in_stock" "stock" Stock Stock Stock (in_stock live);
    }
}
