//! Writing YAML as a person would have written it: new files from live catalogs, edits of existing files, and formatting.
//!
//! All of it is text in, text out: files are read and written by `cli`. Nothing here is trusted by its caller: what was
//! written is read again and must mean what was intended, else it is thrown away.
//!
//! The text is made by this room itself. Serialisers choose one style for a whole file and cannot write comments, where a
//! menu wants blocks for dishes, one line for a variant, and a remark where something needs a decision.

mod block;
mod editor;
mod emit;
mod format;
mod hours;
mod ids;
mod import;
mod json;
mod layers;
mod merge;
mod merge_plan;
mod order;
mod scalar;
pub mod sheet;

pub use block::block_text;
pub use editor::EditError;
pub use emit::{Head, file_text};
pub use format::{FileKind, Formatted, format};
pub use hours::hours_text;
pub use import::{Imported, import};
pub use layers::{Layered, file_name, is_same_menu, layers};
pub use merge::{EditStyle, merge};
pub use merge_plan::{Filter, MergePlan, MergeStep, plan_merge};
pub use scalar::{Context, text};
