//! Why a command could not do its work at all.

use super::Exit;
use crate::{diagnostic::Diagnostic, state::StateError};

/// What ends a command before it has a result.
#[derive(Debug)]
pub(super) enum CommandError {
    /// The command line is wrong.
    Usage(String),
    /// The settings or definitions are wrong; told as diagnostics.
    Invalid(Vec<Diagnostic>),
    /// Something outside failed, in one chain.
    Failed(anyhow::Error),
    /// Refused: a lock, or a plan that is not the expected one.
    Refused(String),
}

impl CommandError {
    /// Something failed while `doing`.
    pub(super) fn failed(doing: impl Into<String>, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(anyhow::Error::new(error).context(doing.into()))
    }

    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Invalid(_) => Exit::Invalid,
            Self::Failed(_) => Exit::Failed,
            Self::Refused(_) => Exit::Refused,
        }
    }

    /// The same as diagnostics, for programs.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Invalid(diagnostics) => diagnostics.clone(),
            Self::Usage(message) => vec![Diagnostic::error("usage", None, message.clone())],
            Self::Failed(error) => vec![Diagnostic::error("failed", None, format!("{error:#}"))],
            Self::Refused(message) => vec![Diagnostic::error("refused", None, message.clone())],
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for CommandError {
    fn from(error: E) -> Self {
        let error = anyhow::Error::from(error);
        match error.downcast_ref() {
            Some(refused @ (StateError::InUse { .. } | StateError::NotEmpty { .. })) => {
                Self::Refused(refused.to_string())
            }
            _ => Self::Failed(error),
        }
    }
}
