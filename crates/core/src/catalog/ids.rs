//! The two kinds of identifiers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id that we give to an item, a variant category or a variant. At most 200 characters (documentation); what
/// characters it may have is judged by `rules`, not here, because live catalogs may hold anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(pub String);

/// An outlet as GoFood names it: `G`, digits, sometimes a letter (`G916309315`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutletId(pub String);

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text_newtype!(ExternalId);
text_newtype!(OutletId);

impl OutletId {
    /// Whether this has the documented form: `G`, then digits, then at most one capital letter.
    pub fn is_well_formed(&self) -> bool {
        let Some(rest) = self.0.strip_prefix('G') else { return false };
        let digits = rest.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(rest);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    }
}
