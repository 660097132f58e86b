//! Their JSON and our catalogs. Only shapes: whether a call succeeded is `answer`'s, what values mean is `plan`'s.

mod read;
mod write;

pub(super) use read::{Unreadable, read};
pub use write::put_body;
pub(super) use write::{incomplete, stock_body};

/// What a client makes of the body of a successful answer, for tests that feed it what no server would send. `Err` says why it
/// is no catalog.
#[doc(hidden)]
pub fn read_body(body: &[u8]) -> Result<crate::catalog::live::LiveCatalog, String> {
    read(body).map_err(|unreadable| match unreadable {
        Unreadable::NotJson(message) | Unreadable::Shape(message) => message,
    })
}
