//! The diagnostics of one file or outlet, bounded: a file with a million mistakes must not cost a million diagnostics.

use crate::diagnostic::{Diagnostic, Severity};

/// How many diagnostics are kept, and how the rest is counted. The bound is our choice: it lies beyond any file
/// that a person wrote, and keeps one file below some ten megabytes.
pub const MAX_DIAGNOSTICS: usize = 10_000;

/// Diagnostics in the order in which they come, at most [`MAX_DIAGNOSTICS`]; what comes after is counted.
#[derive(Debug, Default)]
pub struct Collected {
    kept: Vec<Diagnostic>,
    /// The one that came last, with the severity of the worst.
    beyond: Option<Diagnostic>,
    count: usize,
}

impl Collected {
    /// Adds one. What it is given further (a help, another place) is lost if there are too many.
    pub fn push(&mut self, mut diagnostic: Diagnostic) -> &mut Diagnostic {
        if !self.is_full() {
            return self.kept.push_mut(diagnostic);
        }
        self.count += 1;
        if let Some(earlier) = self.beyond.take() {
            diagnostic.severity = diagnostic.severity.min(earlier.severity);
        }
        self.beyond.insert(diagnostic)
    }

    /// Whether the next one is only counted.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= MAX_DIAGNOSTICS
    }

    /// Whether an error is among them.
    pub fn has_errors(&self) -> bool {
        self.kept.iter().chain(&self.beyond).any(Diagnostic::is_error)
    }

    /// All that were kept; if there were more, a last one says how many, as bad as the worst of them.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let Self { mut kept, beyond, count } = self;
        // Sorted, it comes after the others.
        let place = kept.iter().filter_map(|diagnostic| diagnostic.place.clone()).max();
        kept.extend(beyond.map(|beyond| {
            let message = match (beyond.severity, count) {
                (Severity::Error, 1) => "one more error is not shown".to_owned(),
                (Severity::Warning, 1) => "one more warning is not shown".to_owned(),
                (Severity::Error, count) => format!("{count} more are not shown, errors among them"),
                (Severity::Warning, count) => format!("{count} more warnings are not shown"),
            };
            Diagnostic { severity: beyond.severity, ..Diagnostic::error("too-many-diagnostics", place, message) }
                .help("mend those that are shown, then look again")
        }));
        kept
    }
}
