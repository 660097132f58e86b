//! `menusync.diagnostics/1`: diagnostics for other programs.

use serde::Serialize;

use super::Summary;
use crate::diagnostic::{Diagnostic, Place, Related, Severity};

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    diagnostics: Vec<DiagnosticEntry<'a>>,
    summary: Summary,
}

/// One diagnostic; what is not known is `null`.
#[derive(Serialize)]
pub(in crate::report) struct DiagnosticEntry<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    related: Vec<RelatedEntry<'a>>,
}

#[derive(Serialize)]
struct RelatedEntry<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
}

impl<'a> From<&'a Diagnostic> for DiagnosticEntry<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let Diagnostic { code, severity, message, help, place, related, replacement: _ } = diagnostic;
        let number = |get: fn(&Place) -> u32| place.as_ref().map(get);
        Self {
            code,
            severity: *severity,
            message,
            help: help.as_deref(),
            file: place.as_ref().map(|place| &*place.file),
            line: number(|place| place.line),
            column: number(|place| place.column),
            end_line: number(|place| place.end_line),
            end_column: number(|place| place.end_column),
            related: related.iter().map(RelatedEntry::from).collect(),
        }
    }
}

impl<'a> From<&'a Related> for RelatedEntry<'a> {
    fn from(Related { place, message }: &'a Related) -> Self {
        Self { file: &place.file, line: place.line, column: place.column, message }
    }
}

/// All diagnostics as `menusync.diagnostics/1`, indented, with a line break at the end.
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> String {
    let report = Report {
        schema: "menusync.diagnostics/1",
        diagnostics: diagnostics.iter().map(DiagnosticEntry::from).collect(),
        summary: Summary::of(diagnostics),
    };
    let mut json = serde_json::to_string_pretty(&report).expect("text and numbers are always JSON");
    json.push('\n');
    json
}
