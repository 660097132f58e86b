//! What goes wrong with a database, and what is said of it.

use tokio_postgres::error::SqlState;

use crate::state::{StateError, sql::BadValue};

/// A call that was not made, or not to its end.
#[derive(Debug)]
pub(in crate::state) enum Fault {
    /// No connection: why.
    Away(String),
    Database(tokio_postgres::Error),
    Value(BadValue),
    /// Known by its words already.
    State(StateError),
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<BadValue> for Fault {
    fn from(value: BadValue) -> Self {
        Self::Value(value)
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

impl Fault {
    /// What a person is told: `doing` is a verb, `place` the database.
    pub(super) fn into_error(self, doing: &'static str, place: &str) -> StateError {
        let place = place.to_owned();
        match self {
            Self::State(error) => error,
            Self::Away(why) => StateError::Away { doing, place, source: why.into() },
            Self::Value(bad) => StateError::Failed { doing, place, source: bad.into() },
            Self::Database(error) if is_going_away(&error) => {
                StateError::Away { doing, place, source: words(&error).into() }
            }
            Self::Database(error) => match error.code() {
                Some(code) if *code == SqlState::DISK_FULL => StateError::Full { doing, place },
                Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => {
                    let source = "others have been writing there for more than 6 s".into();
                    StateError::Failed { doing, place, source }
                }
                _ => StateError::Failed { doing, place, source: words(&error).into() },
            },
        }
    }
}

/// Whether the connection is lost, or the server stops, starts or has no connection left.
pub(super) fn is_going_away(error: &tokio_postgres::Error) -> bool {
    error.code().is_none_or(|code| ["08", "53300", "57P", "58"].iter().any(|class| code.code().starts_with(class)))
}

/// The words of an error and its causes, without the text of statements and rows, and without control characters.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    let words = match error.as_db_error() {
        Some(answer) => answer.message().to_owned(),
        None => {
            let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
            causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
        }
    };
    let words: String = words.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect();
    if words.contains("UnknownIssuer") { format!("{words}; name its authority by ?sslrootcert=FILE") } else { words }
}
