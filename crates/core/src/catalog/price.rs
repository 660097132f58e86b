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

/// How the files made a price: what is written, and what markups did to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceSteps {
    /// As the item's own line says.
    pub written: Price,
    /// The markups in their order, each in a word that is the same wherever it stands.
    pub markups: Vec<String>,
    /// What came out: of another price, these are not the steps.
    pub gives: Price,
}

impl PriceSteps {
    /// Which steps are other ones than `before`, by their number: 0 is what is written, then come the markups.
    pub fn moved_since(&self, before: &Self) -> Vec<usize> {
        let mut known: Vec<&String> = before.markups.iter().collect();
        let mut is_new = |markup: &String| match known.iter().position(|known| *known == markup) {
            Some(at) => {
                known.remove(at);
                false
            }
            None => true,
        };
        let is_new: Vec<bool> = self.markups.iter().map(&mut is_new).collect();
        let written = (self.written != before.written).then_some(0);
        written.into_iter().chain((1..).zip(is_new).filter_map(|(step, is_new)| is_new.then_some(step))).collect()
    }
}
