//! What `validate` says: every rule by its own examples, whole outputs in every format, comments that allow something, and
//! one diagnostic for one cause.
#![allow(clippy::unwrap_used)]

mod again;
mod allow;
mod causes;
#[path = "../support/clock.rs"]
mod clock;
mod codes;
mod documentation;
#[path = "../support/example_files.rs"]
mod example_files;
mod examples;
mod formats;
mod harness;
mod shadows;
#[path = "../support/sources.rs"]
mod sources;
