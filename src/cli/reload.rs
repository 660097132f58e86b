//! `reload`: has the running daemon read its settings and definitions again.

use std::time::Duration;

use serde_json::json;

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    session::Session,
};
use crate::{
    daemon::{Reloaded, ask_reload},
    report::{counted, untrusted::printable},
};

/// The longest wait for the daemon (our choice): it answers between two steps of its loop, and reading the files of a large
/// root takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Wait for the result: exit code 0 if the files are in use, 3 if they have errors
    #[arg(long)]
    wait: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let how = ask_reload(&session.daemon_state_dir()?, &session.root_name(), args.wait, PATIENCE)?;
    let (exit, words) = match &how {
        Reloaded::Asked { .. } => (Exit::Done, "The daemon has been asked to reload its files.".to_owned()),
        Reloaded::Taken { outlets, .. } => (Exit::Done, format!("Reloaded: {}.", counted(*outlets, "outlet"))),
        Reloaded::Refused { words, text, diagnostics } => {
            if diagnostics["summary"]["errors"] != 0 {
                note(text.trim_end());
            }
            (Exit::Invalid, format!("Refused: {}.", printable(words)))
        }
        Reloaded::Unreadable { error } => (Exit::Failed, format!("Failed: {}", printable(error))),
    };
    after_restart(&how).into_iter().for_each(note);
    session.outputs.emit(|format, _| match format {
        Format::Json => document(&how),
        _ => words.clone(),
    })?;
    Ok(exit)
}

/// What waits for a restart. Where files are refused, that is among the words.
fn after_restart(how: &Reloaded) -> Option<&str> {
    match how {
        Reloaded::Asked { after_restart } | Reloaded::Taken { after_restart, .. } => after_restart.as_deref(),
        Reloaded::Refused { .. } | Reloaded::Unreadable { .. } => None,
    }
}

/// `menusync.reload/1`
fn document(how: &Reloaded) -> String {
    let (result, error, diagnostics) = match how {
        Reloaded::Asked { .. } => ("asked", None, None),
        Reloaded::Taken { .. } => ("taken", None, None),
        Reloaded::Refused { words, diagnostics, .. } => ("refused", Some(words), diagnostics.get("diagnostics")),
        Reloaded::Unreadable { error } => ("unreadable", Some(error), None),
    };
    let document = json!({
        "schema": "menusync.reload/1", "tool": env!("CARGO_PKG_VERSION"), "result": result, "error": error,
        "after_restart": after_restart(how).is_some(), "diagnostics": diagnostics.unwrap_or(&json!([])),
    });
    format!("{document:#}")
}
