//! What is logged, to stderr.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// `--log-format`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. A daemon says what it does; a command only what is odd, unless asked for more.
pub(super) fn start(verbose: u8, format: LogFormat, daemon: bool, no_color: bool) {
    let level = match verbose + u8::from(daemon) {
        0 => Level::WARN,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let filter = Targets::new().with_target("menusync", level).with_default(Level::WARN);
    let registry = tracing_subscriber::registry().with(filter);
    let color = !no_color && std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    // A second start (tests) keeps the first.
    let _ = match format {
        LogFormat::Text => registry.with(layer.with_ansi(color)).try_init(),
        LogFormat::Json => registry.with(layer.json()).try_init(),
    };
}
