//! `pause` and `resume`: outlets that nothing is pushed to for a while. What their files say about it stays as it is.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    rollout,
    session::{Session, block_on, moment},
    status::{Asked, ask_daemon},
};
use crate::{
    daemon::DaemonStatus,
    fleet::Member,
    report::untrusted::printable,
    state::{Pause, SharedState},
    sync::pause_note,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB", required_unless_present = "rollout")]
    outlet: Vec<String>,
    /// Instead, stop the rollout that is under way
    #[arg(long, conflicts_with_all = ["outlet", "time"])]
    rollout: bool,
    /// Resume automatically after this time (30m, 3h) [default: only when `resume` is run]
    #[arg(long = "for", value_name = "TIME", value_parser = crate::document::duration)]
    time: Option<Duration>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResumeArgs {
    /// Outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB", required_unless_present = "rollout")]
    outlet: Vec<String>,
    /// Instead, go on with a rollout that was stopped
    #[arg(long, conflicts_with = "outlet")]
    rollout: bool,
}

/// How an outlet stands after the command.
#[derive(Serialize)]
struct Line<'a> {
    outlet: &'a str,
    name: &'a str,
    paused: bool,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    #[serde(skip)]
    message: String,
}

/// Pauses the selected outlets.
pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    if args.rollout {
        return rollout::pause(session);
    }
    let now = moment(None);
    let until = args.time.map(|time| now.saturating_add(time).unwrap_or(Timestamp::MAX));
    let pause = Pause { since: now, until };
    let zone = session.loaded()?.timezone();
    each(&args.outlet, session, async |state, member| {
        state.set_pause(member.id.as_str(), Some(pause)).await?;
        let message = pause_note(&member.id, pause, &zone).words;
        Ok(Line { message, paused: true, since: Some(now), until, ..line(member) })
    })
}

/// Ends the pauses of the selected outlets.
pub(super) fn resume(args: ResumeArgs, session: &Session) -> Result<Exit, CommandError> {
    if args.rollout {
        return rollout::resume(session);
    }
    let now = moment(None);
    each(&args.outlet, session, async |state, member| {
        let was_paused = state.pause(member.id.as_str(), now).await?.is_some();
        state.set_pause(member.id.as_str(), None).await?;
        let message = match (was_paused, member.paused) {
            (_, true) => format!("paused by its file: remove `state: paused` from {}", member.file),
            (true, false) => "resumed; the next pass may push it".to_owned(),
            (false, false) => "was not paused".to_owned(),
        };
        Ok(Line { message, paused: member.paused, ..line(member) })
    })
}

fn line(member: &Member) -> Line<'_> {
    let (outlet, name) = (member.id.as_str(), member.name.as_str());
    Line { outlet, name, paused: false, since: None, until: None, message: String::new() }
}

/// Does something to each selected outlet and tells how they stand.
fn each<'s>(
    globs: &[String],
    session: &'s Session,
    change: impl for<'m> AsyncFn(&SharedState, &'m Member) -> Result<Line<'m>, CommandError>,
) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    session.settings()?;
    let survey = session.survey(moment(None))?;
    let selected = session.select(&survey, globs)?;
    let state = session.state()?;
    note_other_platform_of_daemon(globs, session)?;
    let mut lines = Vec::new();
    for member in selected {
        let line = block_on(change(&state, member))??;
        if line.paused && block_on(state.hold(member.id.as_str()))?.is_err_and(|error| error.is_held()) {
            note(&printable(&format!("{}: a push that is under way goes on; nothing is sent after it", member.name)));
        }
        lines.push(line);
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => json(&lines),
        _ => lines.iter().map(|line| printable(&text(line)).into_owned() + "\n").collect(),
    })?;
    Ok(Exit::Done)
}

/// A pause is stored for the platform of the settings. A daemon that works for another one until it is restarted does not
/// find it there.
fn note_other_platform_of_daemon(outlets: &[String], session: &Session) -> Result<(), CommandError> {
    if let Asked::Heard(DaemonStatus { after_restart: Some(words), .. }) = ask_daemon(outlets, session)? {
        note(&format!("{words}; if that is another platform, the daemon does not know this pause and goes on pushing"));
    }
    Ok(())
}

fn text(line: &Line<'_>) -> String {
    format!("{} ({}): {}", line.name, line.outlet, line.message)
}

/// `menusync.pause/1`
fn json(lines: &[Line<'_>]) -> String {
    let document = serde_json::json!({
        "schema": "menusync.pause/1", "tool": env!("CARGO_PKG_VERSION"), "outlets": lines,
    });
    format!("{document:#}\n")
}
