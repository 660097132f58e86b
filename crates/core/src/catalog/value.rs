//! The value of one field, or of one thing as a whole, whatever it is about.
//!
//! As JSON a value has no tag: it is read back by the path that it belongs to, see [`super::stored`].

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{ExternalId, Field, Hours, Price, PromoDetail};

/// What is said of a thing: field key → value, `None` = said to be absent.
pub type Fields = BTreeMap<&'static str, Option<FieldValue>>;

/// A value of a field, a whole thing, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FieldValue {
    Text(String),
    Price(Price),
    Number(u32),
    Flag(bool),
    Hours(Hours),
    Ids(Vec<ExternalId>),
    /// The menus or the category that hold a thing. A single one may be told as a text, see [`FieldValue::flatten_name`].
    Names(Vec<String>),
    /// A thing that comes or goes.
    Thing(Fields),
    /// The variants of a category that comes or goes.
    Things(Vec<Fields>),
    /// A place in a list: behind what it stands; `None` = first.
    After(Option<String>),
    /// A promotion of ours.
    Promotion(Box<PromoDetail>),
}

impl FieldValue {
    /// One name instead of a list of one.
    pub fn flatten_name(self) -> Self {
        match self {
            Self::Names(mut names) if names.len() == 1 => Self::Text(names.remove(0)),
            other => other,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Whole rupiah, if it is a price.
    pub fn as_rupiah(&self) -> Option<i64> {
        if let Self::Price(Price(rupiah)) = self { Some(*rupiah) } else { None }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<u32> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The ids, if it is a list of them.
    pub fn as_ids(&self) -> Option<&[ExternalId]> {
        if let Self::Ids(ids) = self { Some(ids) } else { None }
    }

    /// The promotion, if it is one.
    pub fn as_promotion(&self) -> Option<&PromoDetail> {
        if let Self::Promotion(detail) = self { Some(detail) } else { None }
    }

    /// The fields, if it is a whole thing.
    pub fn as_thing(&self) -> Option<&Fields> {
        if let Self::Thing(fields) = self { Some(fields) } else { None }
    }

    /// A field of a whole thing, if that says it.
    pub fn field(&self, key: &str) -> Option<&Self> {
        self.as_thing()?.get(key)?.as_ref()
    }

    /// Whether it says no more than an absent value does.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Ids(ids) => ids.is_empty(),
            Self::Names(names) => names.is_empty(),
            Self::Things(things) => things.is_empty(),
            _ => false,
        }
    }
}

/// As changes, records and states have it: the value alone; days of hours and fields of things by the alphabet.
impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Price(price) => price.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
            Self::Flag(flag) => flag.serialize(serializer),
            // By way of a value: digests that people agreed to have the days in that order.
            Self::Hours(hours) => serde_json::to_value(hours).map_err(serde::ser::Error::custom)?.serialize(serializer),
            Self::Ids(ids) => ids.serialize(serializer),
            Self::Names(names) => names.serialize(serializer),
            Self::Thing(fields) => fields.serialize(serializer),
            Self::Things(things) => things.serialize(serializer),
            Self::After(front) => BTreeMap::from([("after", front)]).serialize(serializer),
            Self::Promotion(detail) => detail.serialize(serializer),
        }
    }
}

macro_rules! typed {
    ($($variant:ident($type:ty)),* $(,)?) => {
        $(impl From<$type> for FieldValue {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }

        impl TryFrom<FieldValue> for $type {
            type Error = ();

            fn try_from(value: FieldValue) -> Result<Self, ()> {
                if let FieldValue::$variant(value) = value { Ok(value) } else { Err(()) }
            }
        })*
    };
}

typed! {
    Text(String), Price(Price), Number(u32), Flag(bool), Hours(Hours), Ids(Vec<ExternalId>), Names(Vec<String>),
}

/// A field as the type that its struct has for it. That the table gives it another type is a mistake of the table, which
/// its test finds.
pub(super) fn typed<T: TryFrom<FieldValue>>(field: Field<FieldValue>) -> Field<T> {
    match field {
        Field::Unsaid => Field::Unsaid,
        Field::Null => Field::Null,
        Field::Set(value) => T::try_from(value).map_or(Field::Unsaid, Field::Set),
    }
}
