//! `status`: what is live, since when, from which commit: asked of the daemon, else read from what is remembered. GoFood is
//! not asked.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    rollout,
    session::{Session, block_on},
};
use crate::{
    daemon::{AskError, DaemonStatus, ask_status},
    fleet::{self, Survey},
    platform::socket,
    report::{self, Lang, PlanInvocation, RolloutNote, StatusLine},
    source::pulled_at,
    state::{Running, running_daemon},
    sync::{OutletState, chain},
};

/// The longest wait for a daemon (our choice); what is stored is nearly as good.
const DAEMON_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// Only outlets in this state, such as `held` (repeatable)
    #[arg(long, value_name = "STATE", value_parser = a_state)]
    state: Vec<OutletState>,
}

fn a_state(text: &str) -> Result<OutletState, String> {
    let states = || OutletState::ALL.map(OutletState::as_str).join(", ");
    OutletState::parse(text).ok_or_else(|| format!("states are {}", states()))
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let asked = ask_daemon(&args.outlet, session)?;
    if let Asked::Heard(DaemonStatus { after_restart: Some(words), .. }) = &asked {
        note(words);
    }
    tell_old_checkout(session);
    let (mut lines, source) = match asked {
        Asked::Heard(DaemonStatus { lines, .. }) if !lines.is_empty() => (lines, "from the daemon"),
        Asked::Heard(_) => (from_state(&args.outlet, session)?, "as of the last pass; the daemon knows no such outlet"),
        Asked::NoAnswer if socket::NONE_HERE.is_some() => {
            (from_state(&args.outlet, session)?, "as of the last pass; the daemon cannot be asked on this system")
        }
        Asked::NoAnswer => (from_state(&args.outlet, session)?, "as of the last pass; the daemon does not answer"),
        Asked::Nobody => (from_state(&args.outlet, session)?, "as of the last pass; no daemon runs"),
    };
    lines.retain(|line| args.state.is_empty() || args.state.iter().any(|state| state.as_str() == line.state));
    let rollout = rollout_of(session)?;
    let invocation = PlanInvocation { outlets: &args.outlet, flags: session.flags(), ..PlanInvocation::default() };
    session.outputs.emit(|format, screen| match format {
        Format::Json => report::status_json(&lines, rollout.as_ref()),
        _ => {
            let zone = session.zone();
            let words = rollout.as_ref().and_then(|rollout| rollout.words_in(Lang::En, &zone));
            let words = words.map(|words| format!("{words}.\n")).unwrap_or_default();
            words + &report::status_text(&lines, source, &zone, &invocation.hints_of_plan(), screen.columns)
        }
    })?;
    let in_sync = lines.iter().all(|line| line.state == "in_sync");
    Ok(if in_sync { Exit::Done } else { Exit::Differences })
}

/// How far the rollout is. Only where settings ask for one the state is read for it.
fn rollout_of(session: &Session) -> Result<Option<RolloutNote>, CommandError> {
    let asks = session.settings().is_ok_and(|settings| settings.rollout.is_some());
    match if asks { session.remembered()? } else { None } {
        Some(state) => block_on(rollout::stored(session, &state))?,
        None => Ok(None),
    }
}

/// A checkout that was not brought up to date for longer is worth a word (our choice; it is tried every minute).
const OLD_CHECKOUT: SignedDuration = SignedDuration::from_mins(10);

fn tell_old_checkout(session: &Session) {
    let Some(at) = pulled_at(&session.root()) else { return };
    if Timestamp::now().duration_since(at) > OLD_CHECKOUT {
        let since = report::minute(at, &session.zone());
        note(&format!(
            "menusync-pull has not reached its repository since {since}: what was merged later is not here \
             (`journalctl -u menusync-pull`)"
        ));
    }
}

/// What the daemon of this root says.
pub(super) enum Asked {
    Heard(DaemonStatus),
    NoAnswer,
    Nobody,
}

/// Only who holds the lock of this state is asked, so no daemon of another root or state is taken for ours.
pub(super) fn ask_daemon(outlets: &[String], session: &Session) -> Result<Asked, CommandError> {
    let state_dir = session.daemon_state_dir()?;
    if running_daemon(&state_dir) == Running::No {
        return Ok(Asked::Nobody);
    }
    Ok(match block_on(ask_status(&state_dir, &session.root_name(), outlets, DAEMON_ANSWERS_WITHIN))? {
        Ok(status) => Asked::Heard(status),
        Err(AskError::OtherRoot { .. }) => Asked::Nobody,
        Err(error) => {
            tracing::debug!(error = chain(&error), "the daemon cannot be asked");
            Asked::NoAnswer
        }
    })
}

fn from_state(globs: &[String], session: &Session) -> Result<Vec<StatusLine>, CommandError> {
    session.settings()?;
    let now = Timestamp::now();
    stored(&session.survey(now)?, globs, session, now)
}

/// How these outlets stood when they were last looked at; GoFood is not asked.
pub(super) fn stored(
    survey: &Survey,
    globs: &[String],
    session: &Session,
    now: Timestamp,
) -> Result<Vec<StatusLine>, CommandError> {
    let settings = session.settings()?;
    let selection = session.selection(globs)?;
    let state = session.remembered()?;
    let overview = block_on(async {
        session.tell_other_platforms(state.as_ref()).await?;
        match &state {
            Some(state) => Ok::<_, CommandError>(Some(state.overview(now).await?)),
            None => Ok(None),
        }
    })??;
    let lines = fleet::status(settings, survey, overview.as_ref(), &selection, now);
    if lines.is_empty() {
        session.select(survey, globs)?;
    }
    Ok(lines)
}
