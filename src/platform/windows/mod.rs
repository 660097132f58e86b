//! Windows. Its own calls need `unsafe`, so what is here is done by the standard library, tokio and small crates.

pub mod datagram;
pub mod files;
pub mod paths;
pub mod process;
pub mod rights;
pub mod signals;
pub mod socket;
pub mod terminal;
