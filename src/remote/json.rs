//! JSON of the platform, read as it was sent.
//!
//! serde takes a list for a struct, its members in the order of the source, and the last of two equal keys: `[true,[[],[]]]`
//! was an empty menu once.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value, map::Entry};

/// A `T` that stands there as an object.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Any JSON in which no object has a key twice: which of the two counts cannot be known.
#[derive(Debug)]
pub(super) struct Unique(pub(super) Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Unique)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Unique(value))) = map.next_entry::<String, Unique>()? {
            match object.entry(key) {
                Entry::Vacant(entry) => _ = entry.insert(value),
                Entry::Occupied(entry) => {
                    return Err(A::Error::custom(format_args!("an object has the key {:?} twice", entry.key())));
                }
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Pair {
        #[allow(dead_code)]
        a: u32,
        b: Option<u32>,
    }

    #[test]
    fn only_an_object_is_an_object() {
        assert_eq!(serde_json::from_str::<Object<Pair>>(r#"{"a":1,"b":2}"#).unwrap().0.b, Some(2));
        for other in ["[1,2]", "null", "3", r#""a""#, r#"{"b":2}"#, r#"{"a":1,"a":1}"#] {
            assert!(serde_json::from_str::<Object<Pair>>(other).is_err(), "{other}");
        }
        let value = serde_json::json!([[1, 2]]);
        assert!(serde_json::from_value::<Vec<Object<Pair>>>(value).is_err());
    }

    #[test]
    fn json_stays_what_it_is_and_no_key_stands_twice() {
        let text = r#"{"a":[1,-2,2.5,"x",null,true,18446744073709551615],"b":{"a":{}}}"#;
        assert_eq!(serde_json::from_str::<Unique>(text).unwrap().0, serde_json::from_str::<Value>(text).unwrap());
        for twice in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":null,"b":1,"a":null}}]"#] {
            let error = serde_json::from_str::<Unique>(twice).unwrap_err();
            assert!(error.is_data() && error.to_string().contains("the key \"a\" twice"), "{error}");
        }
    }
}
