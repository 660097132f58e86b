//! What is logged, to stderr or to systemd's journal. A line is a message and named values; those of the pass that it belongs
//! to (`outlet`, `pass`, `revision`, `request_id`) are on it without its author's doing.

mod fields;
mod folding;
mod journal;
mod lines;
mod queue;

use std::panic;

use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

pub(super) use self::queue::{flush, on_lost, write};
use self::{fields::Fields, journal::Journal, lines::Lines};
use super::terminal::Screen;
use crate::{platform::terminal, settings::Environment};

/// `--log-format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// For the journal: values as fields if it listens, else the priority first; no time.
    Journal,
}

/// How much is logged. A daemon says what it does; a command only what is odd, unless asked for more or less.
pub(super) fn level(verbose: u8, is_quiet: bool, daemon: bool) -> Level {
    match verbose + u8::from(daemon) {
        _ if is_quiet => Level::ERROR,
        0 => Level::WARN,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    }
}

/// Starts logging. Without a `format`: what the reader of stderr understands.
pub(super) fn start(level: Level, format: Option<LogFormat>, daemon: bool, environment: &Environment) {
    let filter = Targets::new().with_target("menusync", level).with_default(level.min(Level::WARN));
    let color = Screen::of(&std::io::stderr()).color;
    let is_socket = journal_stream(environment);
    let format = format.unwrap_or(if is_socket.is_some() { LogFormat::Journal } else { LogFormat::Text });
    // What is no socket does not come from journald, which then is another's.
    let journal = if is_socket == Some(true) { Journal::connect(journal::SOCKET).ok() } else { None };
    let lines = || Lines::new(format, color, journal.clone());
    if daemon {
        let notice = lines();
        let notice =
            move |lost| notice.entry(Level::WARN, &message(format!("{lost} log lines lost: stderr was not read")));
        queue::start(Box::new(notice));
        write_panics(lines());
    }
    // A second start (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines()).try_init();
}

/// Whether stderr is a socket, if it is the stream that the journal has given to this process. The variable alone proves nothing: it is
/// inherited by whoever is started with another stderr.
fn journal_stream(environment: &Environment) -> Option<bool> {
    let (stream, is_socket) = terminal::identity_of(&std::io::stderr())?;
    (environment.journal_stream()? == stream).then_some(is_socket)
}

fn message(message: String) -> Fields {
    Fields { message, ..Fields::default() }
}

/// A panic is a line like others: it must not wait for stderr either.
fn write_panics(lines: Lines) {
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        write(lines.entry(Level::ERROR, &message(format!("panicked at {place}: {what}"))));
    }));
}
