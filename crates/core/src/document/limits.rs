//! What is read at all, and the error after which nothing can be read.

use crate::diagnostic::Diagnostic;

/// Files over this are refused (our choice: the largest believable menu is a hundredth of it).
pub const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;
/// Aliases may add up to this many times the size of the file (our choice).
pub const MAX_EXPANSION: usize = 10;
/// Keys and values of one file, whatever its size (our choice: a node costs up to 100 bytes of memory, and 8 MiB of menu have half as
/// many).
pub const MAX_NODES: usize = 1_000_000;
/// Lists and mappings may be nested this deep (our choice; a menu needs seven).
pub const MAX_DEPTH: usize = 64;

/// Leaves no tree. Boxed, because it is the rare case.
pub(super) type Fatal = Box<Diagnostic>;
