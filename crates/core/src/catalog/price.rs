//! Money: whole rupiah, nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whole rupiah, tax included. Signed, because a variant may be documented as a reduction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(pub i64);

/// `Rp 25.000`, `-Rp 500`: the Indonesian way, with dots between thousands.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}Rp ")?;
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str(".")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}
