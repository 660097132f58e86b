//! What a terminal can show.

use std::os::fd::AsFd;

use anstream::{AutoStream, ColorChoice, stream::RawStream};
use rustix::termios::tcgetwinsize;

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
    pub(super) fn of(stream: &(impl RawStream + AsFd)) -> Self {
        let columns = tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
        Self { color: AutoStream::choice(stream) != ColorChoice::Never, columns }
    }
}
