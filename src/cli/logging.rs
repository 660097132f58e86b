//! What is logged, to stderr. A line is a message and named values; those of the pass that it belongs to (`outlet`, `pass`,
//! `revision`, `request_id`) are on it without its author's doing.

mod fields;
mod folding;
mod lines;
mod queue;

use std::{fs::File, os::fd::AsFd, os::unix::fs::MetadataExt, panic};

use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

pub(super) use self::queue::{flush, on_lost, write};
use self::{fields::Fields, lines::Lines};
use super::terminal::Screen;
use crate::settings::Environment;

/// `--log-format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// For the journal: the priority first, and no time.
    Journal,
}

/// Starts logging. A daemon says what it does; a command only what is odd, unless asked for more.
/// Without a `format`: what the reader of stderr understands.
pub(super) fn start(verbose: u8, format: Option<LogFormat>, daemon: bool, environment: &Environment) {
    let level = match verbose + u8::from(daemon) {
        0 => Level::WARN,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let filter = Targets::new().with_target("menusync", level).with_default(Level::WARN);
    let color = Screen::of(&std::io::stderr()).color;
    let fallback = || if is_journal(environment) { LogFormat::Journal } else { LogFormat::Text };
    let format = format.unwrap_or_else(fallback);
    let lines = Lines::new(format, color);
    if daemon {
        let notice = Lines::new(format, color);
        let notice =
            move |lost| notice.line(Level::WARN, &message(format!("{lost} log lines lost: stderr was not read")));
        queue::start(Box::new(notice));
        write_panics(Lines::new(format, color));
    }
    // A second start (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Whether stderr is the stream that the journal has given to this process. The variable alone proves nothing: it is
/// inherited by whoever is started with another stderr.
fn is_journal(environment: &Environment) -> bool {
    let stderr = std::io::stderr().as_fd().try_clone_to_owned().map(File::from);
    let metadata = stderr.and_then(|file| file.metadata());
    metadata.is_ok_and(|metadata| environment.journal_stream() == Some((metadata.dev(), metadata.ino())))
}

fn message(message: String) -> Fields {
    Fields { message, ..Fields::default() }
}

/// A panic is a line like others: it must not wait for stderr either.
fn write_panics(lines: Lines) {
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        write(lines.line(Level::ERROR, &message(format!("panicked at {place}: {what}"))));
    }));
}
