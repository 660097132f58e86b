//! What differs between operating systems: the only room that names one.
//!
//! `unix` and `windows` offer the same names. Where Windows has no equal without foreign code, its side says so in its
//! documentation and answers that nothing is known, or refuses; `docs/platforms.md` tells users.

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

pub mod names;

pub use system::{datagram, files, paths, process, rights, signals, socket, terminal};
