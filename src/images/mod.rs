//! Images, really looked at: fetched from their addresses or read from the root, and judged by their bytes.
//!
//! One bad image makes GoFood refuse a whole menu (seen live), so it is found before. What an address looks like is
//! judged by `rules`; here it is asked. Fetching goes only where the public internet is: never into private networks, also
//! not through a redirect or a name that resolves there, unless settings allow it.

mod address;
mod check;
mod content;
mod fetch;
mod finding;
mod fit;
mod mark;

pub use address::is_public;
pub use check::{Progress, Remembered, check, check_new};
pub use content::{judge, size};
pub use fetch::{Lookup, system_lookup};
pub use finding::{Finding, is_of_form};
pub use fit::{FitError, MOST_SIDE, Squaring, can_unpack, fit, thumbnail};
pub use mark::{Mark, mark, read_mark, source_hash};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
