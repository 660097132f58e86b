//! YAML and JSON text, read into a tree that knows its lines, and a decoder that collects every error.
//!
//! The only room that names the YAML crate. It knows nothing of menus, files on disk or settings: [`parse`] turns text
//! into [`Node`]s, [`Decoder`] turns nodes into texts, numbers and fields, `definition` and `settings` give them sense.
//!
//! YAML 1.2, core types (JSON is a part of it). Refused rather than guessed: duplicate keys, tags other than the core
//! ones, keys that are not text, several documents in a file, numbers that people and YAML read differently.

mod allow;
mod collect;
mod decode;
mod indentation;
mod limits;
mod node;
mod number;
mod parse;
mod source_file;
mod suggest;
mod syntax;
mod tree;
mod units;

pub use allow::Allow;
pub use collect::{Collected, MAX_DIAGNOSTICS};
pub use decode::{Decoder, Fields, Note};
pub use limits::{MAX_DEPTH, MAX_EXPANSION, MAX_FILE_BYTES, MAX_NODES};
pub use node::{Key, Node, Pos, Scalar, Span, Spanned, Value};
pub use parse::parse;
pub use source_file::{PackedFile, PackedText, SourceFile};
pub use suggest::{Comparisons, closest};
pub use tree::Parsed;
pub use units::duration;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
