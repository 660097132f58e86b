//! Workflow commands: GitHub shows each diagnostic at its line of a pull request.

use super::level;
use crate::{
    diagnostic::{Diagnostic, Place},
    report::untrusted::printable,
};

/// One `::error …::…` line for every diagnostic. Files are told relative to the root, which GitHub takes for the
/// repository's.
pub fn diagnostics_github(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(command).collect()
}

fn command(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place.as_ref().map(position).unwrap_or_default();
    let title = property(diagnostic.code);
    let help = diagnostic.help.as_ref().map(|help| format!("%0Ahelp: {}", lines(help))).unwrap_or_default();
    format!("::{} {place}title={title}::{}{help}\n", level(diagnostic.severity), data(&diagnostic.message))
}

fn position(place: &Place) -> String {
    let Place { file, line, column, end_line, end_column } = place;
    format!("file={},line={line},col={column},endLine={end_line},endColumn={end_column},", property(file))
}

/// Text after the second `::`.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25")
}

/// The same with its line breaks.
fn lines(text: &str) -> String {
    text.lines().map(data).collect::<Vec<_>>().join("%0A")
}

/// The value of a property, where commas and colons mean something too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
