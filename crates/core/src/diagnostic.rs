//! One thing that the author of a file must fix, and where it stands.
//!
//! Every room that reads what a person wrote produces [`Diagnostic`]s and goes on, so that all of them can be shown at
//! once. This file holds the data only: words, colours and formats are `report`'s; severities are adjusted by `rules`.

use std::sync::Arc;

use serde::Serialize;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The outlet is not pushed until it is mended.
    Error,
    /// Worth a look; nothing is held back.
    Warning,
}

/// A stretch of text in one file. Lines and columns start at 1; columns count Unicode characters; the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The file, relative to the root, with `/` between its parts.
    pub file: Arc<str>,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// The column after the last character.
    pub end_column: u32,
}

impl Place {
    /// The very beginning of `file`, for what concerns the file as a whole.
    pub fn start_of(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), line: 1, column: 1, end_line: 1, end_column: 1 }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A second place that helps to understand a diagnostic: the first definition, the layer that set the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there, as a short clause: `first defined here`.
    pub message: String,
}

/// What is to stand at the place of a diagnostic instead of what stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replacement {
    /// A text, in quotes where the file needs them.
    Text(String),
    /// A number, `true` or `false`, just as it is.
    Literal(String),
}

/// One thing to fix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Kebab-case name of the rule or of the reader's complaint, stable over releases.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, with the number found and the number allowed; no full stop at the end.
    pub message: String,
    /// What to do, in the imperative; followed literally it fixes the problem.
    pub help: Option<String>,
    /// Where, if it can be said.
    pub place: Option<Place>,
    /// Further places.
    pub related: Vec<Related>,
    /// What the help proposes to write at the place, where it proposes just one thing.
    pub replacement: Option<Replacement>,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(code: &'static str, place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            place: place.into(),
            related: Vec::new(),
            replacement: None,
        }
    }

    /// A warning at `place`.
    pub fn warning(code: &'static str, place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// The same with a help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the help that another text was meant.
    #[must_use]
    pub fn did_you_mean(mut self, meant: &str) -> Self {
        self.propose(Replacement::Text(meant.to_owned()), format!("did you mean `{meant}`?"));
        self
    }

    /// Helps by what is to be written at the place.
    pub fn propose(&mut self, replacement: Replacement, help: impl Into<String>) {
        self.help = Some(help.into());
        self.replacement = Some(replacement);
    }

    /// The same with one more place.
    #[must_use]
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into() });
        self
    }

    /// Whether this keeps an outlet from being pushed.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts by file, line, column, then code, and drops exact repetitions (one layer serves many outlets).
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (&a.place, a.code, &a.message, &a.help, &a.related).cmp(&(&b.place, b.code, &b.message, &b.help, &b.related))
    });
    diagnostics.dedup();
}
