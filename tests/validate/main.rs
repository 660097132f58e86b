//! What `validate` says: every rule by its own examples, whole outputs in every format, comments that allow something, and
//! one diagnostic for one cause.
#![allow(clippy::unwrap_used)]

mod allow;
mod causes;
mod codes;
mod documentation;
mod examples;
mod formats;
mod harness;
mod scenarios;
mod shadows;
