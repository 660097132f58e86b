//! What a terminal can show.

use anstream::{AutoStream, ColorChoice, stream::RawStream};

/// Whether text for this stream is coloured: on a terminal with colours, or as `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`
/// demand.
pub(super) fn shows_color(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}
