//! Their JSON and our catalogs. Only shapes: whether a call succeeded is `answer`'s, what values mean is `plan`'s.

mod read;
mod write;

pub(super) use read::{Unreadable, read};
pub use write::put_body;
pub(super) use write::{incomplete, stock_body};
