use std::sync::Arc;

/// One text file of the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the root, `/` between its parts.
    pub path: Arc<str>,
    /// Its text: valid UTF-8 without a byte order mark.
    pub text: Arc<str>,
}
