//! What an editor asks about a text: which things stand where, what may be written at a place, and where that is in the
//! units of its protocol. Text in, places and texts out; what a menu is worth is judged elsewhere.

mod cursor;
mod lines;
mod occurrence;
mod places;
mod rename;
mod replace;
mod schema;

pub use cursor::{Cursor, Word, cursors, path_at};
pub use lines::Lines;
pub use occurrence::{Occurrence, occurrences};
pub use places::{Role, Segment, Thing, named_at};
pub use rename::{RenameError, between_quotes, check_ours, renamed, rewritten, scalar};
pub use replace::changes_only_word;
pub use schema::{Proposal, description, keys, values};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
