//! Writing YAML: `import`, `import --merge`, `fmt` and `init`, through the real binary and against the stand-in server.
//!
//! What matters is not how the files look but what they mean: they are read back and compared with what is live.

#![allow(clippy::unwrap_used)]

#[path = "../support/clock.rs"]
mod clock;
mod fmt;
mod harness;
mod import;
mod init;
mod laws;
mod layers;
mod merge;
mod round_trips;
mod shared_variants;
mod unread;
