//! What a file, a base or the platform says about one field: nothing, "none", or a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Ownership by declaration needs three answers where `Option` has two: a field that no file mentions is left as it
/// is live, a field that a file sets to `null` is cleared.
///
/// As JSON: `Unsaid` is a missing key (mark fields `skip_serializing_if = "Field::is_unsaid"` and `default`), `Null` is
/// `null`, `Set(v)` is `v`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field<T> {
    /// Nobody says anything. On the live side: the platform's answer has no such key.
    #[default]
    Unsaid,
    /// Said to be absent.
    Null,
    /// Said to be this.
    Set(T),
}

impl<T> Field<T> {
    /// Whether nothing is said.
    pub fn is_unsaid(&self) -> bool {
        matches!(self, Self::Unsaid)
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unsaid | Self::Null => None,
        }
    }

    /// `Set` from `Some`, `Null` from `None`: for sides that always say something.
    pub fn set_or_null(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Set)
    }

    /// `Set` from `Some`, `Unsaid` from `None`: for sides that may be silent.
    pub fn set_or_unsaid(value: Option<T>) -> Self {
        value.map_or(Self::Unsaid, Self::Set)
    }

    /// Borrows the value.
    pub fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Unsaid => Field::Unsaid,
            Self::Null => Field::Null,
            Self::Set(value) => Field::Set(value),
        }
    }

    /// Changes the value, if there is one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Unsaid => Field::Unsaid,
            Self::Null => Field::Null,
            Self::Set(value) => Field::Set(f(value)),
        }
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::set_or_null)
    }
}
