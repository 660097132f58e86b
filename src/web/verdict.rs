//! What becomes of an event: its status is answered, its word is counted.

use axum::http::StatusCode;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Acted upon.
    Accepted,
    /// Acted upon although its signature is wrong, as only monitored.
    Unsigned,
    /// It was here before.
    Duplicate,
    /// Of a kind or an outlet that is not ours.
    Ignored,
    /// Its signature is missing or wrong.
    Refused,
    /// Not read to its end.
    TooLarge,
    /// No JSON.
    Malformed,
    /// It cannot be remembered, or the daemon has not read its files yet.
    Unavailable,
}

impl Verdict {
    /// The word for it in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unsigned => "unsigned",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Unavailable => "unavailable",
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Accepted | Self::Unsigned | Self::Duplicate | Self::Ignored => StatusCode::OK,
            Self::Refused => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
