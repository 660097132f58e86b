//! `run`: the daemon.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::mpsc;

use super::{
    Exit,
    command_error::CommandError,
    logging,
    output::{Format, note},
    push, rollout,
    session::{MOST_DIAGNOSTICS, Session, block_on, moment},
    signals::{self, StopAnnouncer},
};
use crate::{
    daemon::{self, Control, DaemonError, Observer, Parts, Pusher, Worker},
    diagnostic::Diagnostic,
    fleet::{self, Loaded, Selection, Survey},
    notify::{Ending, Notices},
    platform::paths::canonicalize,
    report::{self, PlanInvocation},
    settings::{self, Listen, Signature},
    state::{DaemonLock, SharedState, lock_daemon},
    sync::{Clock, PassResult},
    systemd::{Notifier, ServiceManager},
    web::{self, Inbox, Metered, Metrics, Server, Site},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One pass over all outlets, then exit
    #[arg(long)]
    once: bool,
    /// Only these outlets, by id, name or file; given again, more of them [default: all; with a database, a share of them]
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// Compare and report, but never push
    #[arg(long)]
    read_only: bool,
    /// Address of the status page, or `off` [env: MENUSYNC_LISTEN] [default: `listen` in the settings]
    #[arg(long, value_name = "ADDR", conflicts_with = "once")]
    listen: Option<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    if !args.once {
        session.signals.stopped_is(Exit::Done);
    }
    // The working directory may be moved away and another one put in its place: what counts is the name.
    let root = std::path::absolute(session.root())?;
    if args.once {
        session.refuse_unfinished(false)?;
    }
    session.load_from(&root)?;
    let listen = settings::listen(args.listen.as_deref(), &session.environment, session.settings()?)
        .map_err(|error| CommandError::Usage(error.to_string()))?;
    let metrics = Arc::new(Metrics::new(Clock::System));
    let of_log = Arc::clone(&metrics);
    logging::on_lost(move || of_log.log_line_lost());
    let client = session.client_metered(Arc::clone(&metrics) as _)?;
    session.take_over()?;
    let lock = lock(session)?;
    session.set_aside_damage(&lock)?;
    let start =
        Start { outlet: args.outlet, once: args.once, switches_back: !args.read_only, listen, metrics, session };
    if args.read_only {
        start.with(Observer(client.reader()))
    } else {
        start.with(Pusher(client.writer(session.fence()?)))
    }
}

fn lock(session: &Session) -> Result<DaemonLock, CommandError> {
    lock_daemon(&session.state_dir()?).map_err(|error| match error {
        error if error.is_held() => CommandError::Refused(error.to_string()),
        error => error.into(),
    })
}

/// A daemon that is about to start.
struct Start<'a> {
    outlet: Vec<String>,
    once: bool,
    switches_back: bool,
    listen: Listen,
    metrics: Arc<Metrics>,
    session: &'a Session,
}

impl Start<'_> {
    fn with<W: Worker>(self, worker: W) -> Result<Exit, CommandError> {
        // Before the runtime, as it reads images: from here on nothing but the state is waited for without an end.
        let survey = Arc::new(self.session.survey(moment(None))?);
        self.session.select(&survey, &self.outlet)?;
        block_on(async {
            let (orders_to, orders) = signals::orders()?;
            let parts =
                parts(self.session, worker, &self.metrics, orders, survey, self.session.selection(&self.outlet)?)
                    .await?;
            let members: Vec<_> = parts.survey.members.iter().collect();
            let overview = parts.state.overview(moment(None)).await?;
            if let Some(words) = self.session.about_other_roots(&overview, &members) {
                tracing::warn!("{words}");
            }
            let ending = self.session.signals.end_in_order(StopAnnouncer::Log);
            signals::pass_on_stop(&ending, orders_to.clone());
            if self.once {
                return self.once(parts).await;
            }
            let servers = [self.serve(&parts).await?, self.receive(&parts).await?];
            self.listen_for_commands(&parts, orders_to)?;
            let notices = parts.notices.clone();
            let ran = daemon::run(parts).await;
            servers.into_iter().flatten().for_each(Server::stop);
            notices.end(Ending::Quick).await;
            match ran {
                Err(DaemonError::Settings(loaded)) => Ok(self.refuse(&loaded)),
                ran => Ok(ran.map(|()| Exit::Done)?),
            }
        })?
    }

    /// Says what became wrong with the settings since they were read first.
    fn refuse(&self, loaded: &Loaded) -> Exit {
        let errors: Vec<Diagnostic> = loaded.diagnostics.iter().filter(|error| error.is_error()).cloned().collect();
        let texts = |file: &str| loaded.text(file);
        note(&report::diagnostics_text(&errors, &texts, false, MOST_DIAGNOSTICS));
        self.session.outputs.tell_programs(&report::diagnostics_json(&errors));
        Exit::Invalid
    }

    async fn once<W: Worker>(&self, parts: Parts<W>) -> Result<Exit, CommandError> {
        let survey = Arc::clone(&parts.survey);
        let members: Vec<_> = survey.members.iter().collect();
        self.session.tell_errors(&survey, &members);
        let (notices, state) = (parts.notices.clone(), SharedState::clone(&parts.state));
        let order = if self.switches_back { parts.loaded.rollout_order() } else { None };
        let outcomes = daemon::once(parts).await;
        if let Some(order) = order {
            rollout::tell_rest(self.session, &state, &order).await?;
        }
        notices.end(Ending::Flush).await;
        let exit = report_once(self.session, outcomes)?;
        Ok(exit.max(self.session.exit_of_files(&survey)))
    }

    /// The state through a connection of its own, which reads while others wait to write.
    fn reader<W>(&self, parts: &Parts<W>) -> Result<SharedState, CommandError> {
        Ok(self.session.store()?.reader_beside(&parts.state, &parts.state_dir)?)
    }

    /// The daemon is of use without: signals ask for the same.
    fn listen_for_commands<W>(
        &self,
        parts: &Parts<W>,
        orders: mpsc::Sender<daemon::Order>,
    ) -> Result<(), CommandError> {
        let (view, state_dir) = (Arc::clone(&parts.view), parts.state_dir.clone());
        let (reader, root) = (self.reader(parts)?, self.session.root_name());
        let (clock, switches_back) = (parts.clock, self.switches_back);
        if let Err(error) = daemon::listen(Control { orders, view, reader, state_dir, root, clock, switches_back }) {
            tracing::warn!(
                %error,
                "no socket in the state directory: `menusync reload` and `status` will not reach this daemon; SIGHUP does"
            );
        }
        Ok(())
    }

    /// The status page listens before anything is pushed: who expects it shall not learn later that it is not there.
    async fn serve<W>(&self, parts: &Parts<W>) -> Result<Option<Server>, CommandError> {
        let Listen::On(address) = self.listen else { return Ok(None) };
        let (view, metrics) = (Arc::clone(&parts.view), Arc::clone(&self.metrics));
        let (state, reader) = (SharedState::clone(&parts.state), self.reader(parts)?);
        let (state_dir, flags) = (parts.state_dir.clone(), self.session.flags_anywhere());
        let site = Site { view, metrics, state, reader, state_dir, flags, clock: parts.clock };
        let server = web::serve(address, site).await.map_err(|error| cannot_listen(address, error))?;
        let address = server.address();
        tracing::info!("status page at http://{address}/");
        if !address.ip().to_canonical().is_loopback() {
            tracing::warn!(%address, "the status page is open to the network; it asks for no password");
        }
        Ok(Some(server))
    }

    /// Events are taken from before the first pass: none that a push of it causes is missed.
    async fn receive<W>(&self, parts: &Parts<W>) -> Result<Option<Server>, CommandError> {
        let settings = self.session.settings()?;
        let Some(webhook) = &settings.webhook else { return Ok(None) };
        let root = parts.loaded.root.clone();
        let secrets = settings::webhook_secrets(settings, &root)?;
        let inbox = Inbox {
            view: Arc::clone(&parts.view),
            root,
            state: SharedState::clone(&parts.state),
            hints: Arc::clone(&parts.hints),
            metrics: Arc::clone(&self.metrics),
            clock: parts.clock,
        };
        let (address, signature) = (webhook.listen, webhook.signature);
        let server = web::receive(address, inbox, signature, secrets);
        let server = server.await.map_err(|error| {
            CommandError::failed(
                format!("cannot listen on {address} for events; choose another `webhook.listen`"),
                error,
            )
        })?;
        tracing::info!("events are received at http://{}/gobiz", server.address());
        if signature == Signature::Monitor {
            tracing::warn!("events without a valid signature are not refused (`signature: monitor`)");
        }
        Ok(Some(server))
    }
}

fn cannot_listen(address: SocketAddr, error: std::io::Error) -> CommandError {
    let help = match error.kind() {
        std::io::ErrorKind::AddrInUse => "; is another daemon running? Choose another address, or `--listen off`",
        _ => "; choose another address, or `--listen off`",
    };
    CommandError::failed(format!("cannot listen on {address} for the status page{help}"), error)
}

async fn parts<W: Worker>(
    session: &Session,
    worker: W,
    metrics: &Arc<Metrics>,
    orders: mpsc::Receiver<daemon::Order>,
    survey: Arc<Survey>,
    only: Selection,
) -> Result<Parts<Metered<W>>, CommandError> {
    let settings = session.settings()?;
    let loaded = Arc::clone(session.load_from(&session.root())?);
    // The state directory, which the lock has made, stays the same one whatever happens to the root.
    let state_dir = canonicalize(&session.state_dir()?)?;
    let (notify_socket, watchdog_usec, watchdog_pid) = session.environment.service_manager();
    let state = session.store()?.open_in(&state_dir)?;
    let notices = Notices::start(SharedState::clone(&state), Arc::new(|| Clock::System.now())).await?;
    notices.use_settings(settings, &loaded.root)?;
    Ok(Parts {
        settings: settings.clone(),
        survey,
        loaded,
        load: {
            let operator = session.operator.clone();
            Arc::new(move |root, doing, before| fleet::load_settled(root, operator.as_deref(), doing, before))
        },
        in_flight: session.signals.in_flight(),
        worker: Metered(worker, Arc::clone(metrics)),
        state,
        state_dir,
        only,
        clock: Clock::System,
        notifier: Notifier::new(&ServiceManager { notify_socket, watchdog_usec, watchdog_pid }),
        orders,
        hints: Arc::default(),
        notices,
        view: Arc::default(),
    })
}

fn report_once(session: &Session, outcomes: Vec<crate::sync::Outcome>) -> Result<Exit, CommandError> {
    // What has just let a push through is no news.
    let others = outcomes.iter().filter(|outcome| outcome.result != PassResult::Published);
    let plans = others.filter_map(|outcome| outcome.plan.as_deref());
    let stale = session.loaded()?.stale_approvals(plans, moment(None));
    let exit = Exit::of_outlets(outcomes.iter().map(push::exit_of));
    let lines: Vec<report::ApplyLine> = outcomes.into_iter().map(push::line).collect();
    let revision = session.loaded()?.revision.as_deref();
    let hints = PlanInvocation { flags: session.flags(), ..PlanInvocation::default() }.hints_of_plan();
    session.outputs.emit(|format, screen| match format {
        Format::Json => report::apply_json(&lines, &stale, revision),
        _ => report::apply_text(&lines, &stale, &hints, screen.color),
    })?;
    Ok(exit)
}
