//! The value of one field, or of one thing as a whole, whatever it is about.
//!
//! Which kind of value a field has is in its row of the table ([`super::fields`]); as JSON a value has no tag, so that it is
//! read back by the path that it belongs to.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use super::{ExternalId, Field, FieldKind, Hours, Path, Price};

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

impl FieldKind {
    fn read(self, json: Value) -> Option<FieldValue> {
        fn typed<T: DeserializeOwned + Into<FieldValue>>(json: Value) -> Option<FieldValue> {
            serde_json::from_value::<T>(json).ok().map(T::into)
        }
        match self {
            Self::Holder if json.is_array() => typed::<Vec<String>>(json),
            Self::Id | Self::Holder | Self::Text | Self::Address => typed::<String>(json),
            Self::Price => typed::<Price>(json),
            Self::Least | Self::Most | Self::Number => typed::<u32>(json),
            Self::Stock => typed::<bool>(json),
            Self::Hours => typed::<Hours>(json),
            Self::Choices => typed::<Vec<ExternalId>>(json),
        }
    }
}

/// What can be read back from JSON once it is known where it belongs.
pub trait ReadAt<K = Path>: Sized {
    /// `None`: this release does not know such a value there.
    fn read_at(at: &K, json: Value) -> Option<Self>;
}

/// `null` = absent.
impl ReadAt for Option<FieldValue> {
    fn read_at(path: &Path, json: Value) -> Option<Self> {
        if json.is_null() {
            return Some(None);
        }
        if let Some(info) = path.info() {
            return info.kind.read(json).map(Some);
        }
        match json {
            Value::String(name) => Some(Some(FieldValue::Text(name))),
            Value::Object(mut place) if place.len() == 1 && place.contains_key("after") => {
                let front = place.remove("after").and_then(|front| serde_json::from_value(front).ok())?;
                Some(Some(FieldValue::After(front)))
            }
            Value::Object(fields) => Some(Some(FieldValue::Thing(read_fields(path, fields)))),
            _ => None,
        }
    }
}

/// Fields of a whole thing; what this release does not know is passed over.
fn read_fields(thing: &Path, fields: serde_json::Map<String, Value>) -> Fields {
    let known = fields.into_iter().filter_map(|(key, json)| match (thing, json) {
        (Path::Category(..), Value::Array(variants)) if key == "variants" => {
            let path = Path::variant(&ExternalId::default());
            let variants = variants.into_iter().filter_map(|variant| match variant {
                Value::Object(fields) => Some(read_fields(&path, fields)),
                _ => None,
            });
            Some(("variants", Some(FieldValue::Things(variants.collect()))))
        }
        (_, json) => {
            let field = thing.field(&key)?;
            Some((field.field_key()?, Option::read_at(&field, json)?))
        }
    });
    known.collect()
}

macro_rules! read_by_serde {
    ($($type:ty),* $(,)?) => {
        $(impl ReadAt for $type {
            fn read_at(_path: &Path, json: Value) -> Option<Self> {
                serde_json::from_value(json).ok()
            }
        })*
    };
}

read_by_serde!(i64, bool);

impl<T: ReadAt> ReadAt for Vec<T> {
    fn read_at(path: &Path, json: Value) -> Option<Self> {
        let Value::Array(values) = json else { return None };
        values.into_iter().map(|value| T::read_at(path, value)).collect()
    }
}

/// A stored map by paths: for `#[serde(deserialize_with)]`. An entry that this release does not know, as another one wrote
/// it, is passed over: it must not take everything else along that is stored with it.
pub fn known_entries<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: FromStr + Ord,
    V: ReadAt<K>,
{
    let stored = BTreeMap::<String, Value>::deserialize(deserializer)?;
    let known = stored.into_iter().filter_map(|(at, json)| {
        let at: K = at.parse().ok()?;
        let value = V::read_at(&at, json)?;
        Some((at, value))
    });
    Ok(known.collect())
}

/// The same for a set of paths.
pub fn known_paths<'de, D: Deserializer<'de>, C: FromIterator<Path>>(deserializer: D) -> Result<C, D::Error> {
    let stored = Vec::<String>::deserialize(deserializer)?;
    Ok(stored.iter().filter_map(|path| path.parse().ok()).collect())
}
