//! Values of fields as they are stored, read back by the path that they belong to: its row of the table says what kind of
//! value it has.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::{ExternalId, FieldKind, FieldValue, Fields, Hours, Path, Price};

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
        if matches!(path, Path::Promotion(..)) {
            return Some(Some(FieldValue::Promotion(Box::new(serde_json::from_value(json).ok()?))));
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
