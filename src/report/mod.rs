//! The only place that words things for people and for other programs: text, JSON, Markdown, GitHub, SARIF.
//!
//! Everything here is a function from values to a `String`; printing is `cli`'s. What comes from menus or from the
//! platform is made harmless on the way, see [`untrusted`].

mod diagnostics;
pub mod untrusted;

pub use diagnostics::{diagnostics_github, diagnostics_json, diagnostics_sarif, diagnostics_text};
