//! `run`: the daemon.

use super::{
    Exit, apply,
    output::Format,
    session::{Session, block_on},
    signals,
    trouble::Trouble,
};
use crate::{
    daemon::{self, Observer, Parts, Pusher, Worker},
    fleet, report,
    state::{DaemonLock, LockError, SharedStore, Store, lock_daemon},
    sync::Clock,
    systemd::{Notifier, ServiceManager},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One pass over all outlets, then exit
    #[arg(long)]
    once: bool,
    /// Look and report only
    #[arg(long)]
    read_only: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    session.settings()?;
    let client = session.client()?;
    let _lock = lock(session)?;
    if args.read_only {
        start(args.once, session, Observer(client.reader()))
    } else {
        start(args.once, session, Pusher(client.writer()))
    }
}

fn lock(session: &Session) -> Result<DaemonLock, Trouble> {
    lock_daemon(&session.state_dir()?).map_err(|error| match error {
        LockError::Held { .. } => Trouble::Refused(error.to_string()),
        error => error.into(),
    })
}

fn start<W: Worker>(once: bool, session: &Session, worker: W) -> Result<Exit, Trouble> {
    block_on(async {
        let parts = parts(session, worker)?;
        if once {
            let survey = parts.loaded.survey(parts.clock.now());
            let members: Vec<_> = survey.members.iter().collect();
            session.tell_errors(&survey, &members);
            let exit = report_once(session, daemon::once(parts).await)?;
            return Ok(exit.max(session.exit_of_files(&survey)));
        }
        daemon::run(parts).await?;
        Ok(Exit::Done)
    })?
}

fn parts<W: Worker>(session: &Session, worker: W) -> Result<Parts<W>, Trouble> {
    // The working directory may be moved away and another one put in its place: what counts is the name. The state
    // directory, which the lock has made, stays the same one whatever happens to the root.
    let root = std::path::absolute(session.root())?;
    let state_dir = session.state_dir()?.canonicalize()?;
    let (notify_socket, watchdog_usec, watchdog_pid) = session.environment.service_manager();
    Ok(Parts {
        loaded: fleet::load(&root)?,
        worker,
        store: SharedStore::new(Store::open(&state_dir)?),
        state_dir,
        clock: Clock::System,
        notifier: Notifier::new(&ServiceManager { notify_socket, watchdog_usec, watchdog_pid }),
        orders: signals::orders()?,
    })
}

fn report_once(session: &Session, outcomes: Vec<crate::sync::Outcome>) -> Result<Exit, Trouble> {
    let exit = Exit::of_outlets(outcomes.iter().map(apply::exit_of));
    let lines: Vec<report::ApplyLine> = outcomes.into_iter().map(apply::line).collect();
    let revision = session.loaded()?.revision.as_deref();
    session.outputs.emit(|format, color| match format {
        Format::Json => report::apply_json(&lines, revision),
        _ => report::apply_text(&lines, color),
    })?;
    Ok(exit)
}
