//! What a terminal can show.

use anstream::{AutoStream, ColorChoice, stream::RawStream};

use crate::platform::terminal::{Descriptor, columns};

/// `--color`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal that has colours, unless the environment says otherwise.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// Has it hold from now on.
    pub(super) fn apply(self) {
        let choice = match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::AlwaysAnsi,
            Self::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// What text is for. A file has neither.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Screen {
    /// On a terminal with colours, or as `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` demand.
    pub(super) color: bool,
    /// The width, where lines are to be wrapped.
    pub(super) columns: Option<usize>,
}

impl Screen {
    pub(super) fn of(stream: &(impl RawStream + Descriptor)) -> Self {
        Self { color: AutoStream::choice(stream) != ColorChoice::Never, columns: columns(stream) }
    }
}
