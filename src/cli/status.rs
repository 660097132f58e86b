//! `status`: what is live, since when, from which commit. Read from what is remembered; GoFood is not asked.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    Exit,
    output::Format,
    session::{Session, moment},
    trouble::Trouble,
};
use crate::{
    fleet::{Member, Selection, Survey},
    policy::Policy,
    report::{self, LastPush, StatusLine},
    settings::Settings,
    state::{OutletRow, PushRow, SharedStore, StateError},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let settings = session.settings()?;
    let now = moment(None);
    let survey = session.loaded()?.survey(now);
    let store = session.remembered()?;
    let missing = missing(&survey, store.as_ref(), &args.outlet)?;
    let selected = match session.select(&survey, &args.outlet) {
        Err(Trouble::Usage(_)) if !missing.is_empty() => Vec::new(),
        selected => selected?,
    };
    let next_pass = next_pass(settings, now);
    let mut lines = Vec::new();
    for member in &selected {
        lines.push(line(member, store.as_ref(), next_pass)?);
    }
    lines.extend(missing);
    session.outputs.emit(|format, _| match format {
        Format::Json => report::status_json(&lines),
        _ => report::status_text(&lines),
    })?;
    let in_sync = lines.iter().all(|line| line.state == "in_sync");
    Ok(if in_sync { Exit::Done } else { Exit::Differences })
}

fn next_pass(settings: &Settings, now: Timestamp) -> Option<Timestamp> {
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    settings.schedule.next_after(now, &policy.timezone)
}

fn line(member: &Member, store: Option<&SharedStore>, next_pass: Option<Timestamp>) -> Result<StatusLine, StateError> {
    let id = member.id.as_str();
    let row = store.map(|store| store.with(|store| store.outlet(id))).transpose()?.flatten();
    let push = store.map(|store| store.with(|store| store.last_push(id))).transpose()?.flatten();
    let mut line = row.map_or_else(|| unseen(id), remembered);
    line.name = Some(member.name.clone());
    line.last_push = push.map(last_push);
    line.next_pass = next_pass;
    match member {
        Member { valid: false, .. } => "invalid".clone_into(&mut line.state),
        Member { paused: true, .. } => "paused".clone_into(&mut line.state),
        _ => {}
    }
    Ok(line)
}

/// An outlet that no pass has seen yet.
fn unseen(id: &str) -> StatusLine {
    StatusLine {
        outlet: id.to_owned(),
        name: None,
        state: "pending".to_owned(),
        since: None,
        revision: None,
        last_push: None,
        last_verified: None,
        next_pass: None,
        drift: Value::Array(Vec::new()),
        held: Value::Array(Vec::new()),
        error: None,
    }
}

fn remembered(row: OutletRow) -> StatusLine {
    let list = |json: Option<String>| {
        json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or(Value::Array(Vec::new()))
    };
    let unseen = unseen(&row.id);
    StatusLine {
        name: row.name,
        state: row.state.unwrap_or(unseen.state),
        since: row.since,
        revision: row.revision,
        last_verified: row.last_verified,
        drift: list(row.drift),
        held: list(row.held),
        error: row.error,
        ..unseen
    }
}

fn last_push(push: PushRow) -> LastPush {
    LastPush {
        at: push.prepared_at,
        request_id: push.request_id.to_string(),
        digest: push.digest,
        outcome: push.outcome.map(|outcome| outcome.as_str()),
    }
}

/// Outlets that are remembered but in no file any more, if the globs mean them.
fn missing(survey: &Survey, store: Option<&SharedStore>, globs: &[String]) -> Result<Vec<StatusLine>, Trouble> {
    let Some(store) = store else { return Ok(Vec::new()) };
    let here: BTreeSet<&str> = survey.members.iter().map(|member| member.id.as_str()).collect();
    let selection = Selection::new(globs).map_err(|error| Trouble::Usage(error.to_string()))?;
    let rows = store.with(|store| store.outlets())?;
    let gone = rows.into_iter().filter(|row| !here.contains(row.id.as_str()));
    let meant = gone.filter(|row| selection.matches_names([&row.id].into_iter().chain(&row.name).chain(&row.file)));
    Ok(meant.map(|row| StatusLine { state: "missing".to_owned(), ..remembered(row) }).collect())
}
