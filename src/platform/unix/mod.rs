//! Linux and macOS.

pub mod datagram;
pub mod files;
pub mod paths;
pub mod process;
pub mod rights;
pub mod signals;
pub mod socket;
pub mod terminal;
