//! The other reader, asked whether it reads what our tree says.
//!
//! Its values do not know how a scalar was written, so our tree leads: every scalar is asked for as a text, and quoted ones must
//! be texts to it as values too.

use std::fmt;

use menusync::document::{Node, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Whether `text` is to the other reader what `node` says; `Err` says what is different.
pub(crate) fn reads_as(text: &str, node: &Node) -> Result<(), String> {
    let value = value(text)?;
    same(&value, node)?;
    Expected(node).deserialize(yaml_serde::Deserializer::from_str(text)).map_err(|error| error.to_string())
}

/// Its value of a text; `Err` says why it is none to it.
pub(crate) fn value(text: &str) -> Result<yaml_serde::Value, String> {
    yaml_serde::from_str(text).map_err(|error| error.to_string())
}

/// What values can be compared by: shape, texts that were quoted, and null.
fn same(value: &yaml_serde::Value, node: &Node) -> Result<(), String> {
    use yaml_serde::Value as Theirs;
    match (&node.value, value) {
        (Value::Scalar(scalar), value) if scalar.is_null() != value.is_null() => {
            Err(format!("{value:?} is {scalar:?}"))
        }
        (Value::Scalar(scalar), Theirs::String(text)) if *scalar.text == **text => Ok(()),
        (Value::Scalar(scalar), Theirs::Null | Theirs::Bool(_) | Theirs::Number(_)) if scalar.plain => Ok(()),
        (Value::Sequence(nodes), Theirs::Sequence(values)) if nodes.len() == values.len() => {
            values.iter().zip(nodes.iter()).try_for_each(|(value, node)| same(value, node))
        }
        (Value::Mapping(entries), Theirs::Mapping(values)) if entries.len() == values.len() => {
            values.values().zip(entries.iter()).try_for_each(|(value, (_, node))| same(value, node))
        }
        (_, value) => Err(format!("{value:?} is not {:?}", node.value)),
    }
}

/// Reads and compares, scalars as they were written.
struct Expected<'n>(&'n Node);

impl<'de> DeserializeSeed<'de> for Expected<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match &self.0.value {
            Value::Scalar(scalar) if scalar.is_null() => deserializer.deserialize_any(self),
            Value::Scalar(_) => deserializer.deserialize_str(self),
            Value::Sequence(_) => deserializer.deserialize_seq(self),
            Value::Mapping(_) => deserializer.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Expected<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.value)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.0.is_null() { Ok(()) } else { Err(E::custom(format!("null is not {:?}", self.0.value))) }
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.0.scalar() {
            Some(scalar) if *scalar.text == *text => Ok(()),
            _ => Err(E::custom(format!("the text {text:?} is not {:?}", self.0.value))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Value::Sequence(nodes) = &self.0.value else { return Err(A::Error::custom("a list")) };
        for node in nodes.iter() {
            seq.next_element_seed(Expected(node))?.ok_or_else(|| A::Error::custom("a shorter list"))?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Value::Mapping(entries) = &self.0.value else { return Err(A::Error::custom("a mapping")) };
        for (key, node) in entries.iter() {
            let name = map.next_key::<String>()?.ok_or_else(|| A::Error::custom("a shorter mapping"))?;
            if *name != *key.text {
                return Err(A::Error::custom(format!("the key {name:?} is not {:?}", key.text)));
            }
            map.next_value_seed(Expected(node))?;
        }
        Ok(())
    }
}
