//! Diagnostics in every format that `validate` writes. All formats show the same diagnostics in the order given; only the
//! text for people is cut to a length.

mod github;
mod json;
mod sarif;
mod source;
mod text;

pub use github::diagnostics_github;
pub(super) use json::DiagnosticEntry;
pub use json::diagnostics_json;
pub use sarif::diagnostics_sarif;
pub use text::diagnostics_text;

use serde::Serialize;

use super::counted;
use crate::diagnostic::{Diagnostic, Severity};

/// How many there are of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
}

impl Summary {
    fn of<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        diagnostics.into_iter().fold(Self { errors: 0, warnings: 0 }, |sum, diagnostic| match diagnostic.severity {
            Severity::Error => Self { errors: sum.errors + 1, ..sum },
            Severity::Warning => Self { warnings: sum.warnings + 1, ..sum },
        })
    }
}

/// `2 errors, 1 warning`; what there is none of is left out.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.errors, self.warnings) {
            (errors, 0) => f.write_str(&counted(errors, "error")),
            (0, warnings) => f.write_str(&counted(warnings, "warning")),
            (errors, warnings) => write!(f, "{}, {}", counted(errors, "error"), counted(warnings, "warning")),
        }
    }
}

/// The first error with its place, and how many more there are; `None` if there are none. For where one line is all there is.
pub fn errors_brief<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> Option<String> {
    let mut errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.is_error());
    let Diagnostic { place, message, .. } = errors.next()?;
    let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let more = match errors.count() {
        0 => String::new(),
        1 => " (and 1 more error)".to_owned(),
        more => format!(" (and {more} more errors)"),
    };
    Some(format!("{place}{message}{more}"))
}

/// The severity's word, which is also GitHub's and SARIF's.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests;
