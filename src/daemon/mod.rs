//! Waiting for a reason to look, and passing over the outlets when there is one.
//!
//! Reasons: the start, a changed file (the outlets it touches), the schedule, the moment a dated layer begins or ends, a
//! window that opens, a retry that is due, SIGUSR1 and SIGHUP. What a pass does is `sync`'s; a failed outlet never stops
//! the daemon, and an unreadable root never looks like an empty one.

mod due;
mod images;
mod note;
#[cfg(test)]
mod tests;
mod view;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::watch as channel,
    task::{Id, JoinError, JoinSet},
};
pub use view::{Refused, Shown, View};
pub use worker::{Observer, Pusher, Worker};

use self::due::Due;
use crate::{
    catalog::OutletId,
    fleet::{self, Loaded, Survey},
    settings::Settings,
    state::{SharedStore, StateError, StatusUpdate},
    sync::{Clock, Context, Outcome, OutletState, PassResult},
    systemd::Notifier,
    watch::{Changed, Watcher},
};

/// How long passes get to end after the signal to stop. Only the answer to a push in flight takes long, and systemd waits
/// 90 s before it kills (its default).
const STOP_WITHIN: Duration = Duration::from_secs(85);

/// The longest sleep: after it the machine's clock is looked at again, so a jump or a suspended machine is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// What a daemon is made of.
pub struct Parts<W> {
    /// The root, already read; its settings are valid.
    pub loaded: Loaded,
    /// Who passes over an outlet.
    pub worker: W,
    /// What is remembered.
    pub store: SharedStore,
    /// Where that is.
    pub state_dir: PathBuf,
    /// The time.
    pub clock: Clock,
    /// The service manager.
    pub notifier: Notifier,
    /// Asks the daemon to do something.
    pub orders: tokio::sync::mpsc::Receiver<Order>,
    /// Where it shows how it stands.
    pub view: Arc<View>,
}

/// What signals (or an interface) ask of a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Read everything again and pass over all outlets.
    Reload,
    /// Pass over all outlets.
    Pass,
    /// Stop.
    Stop,
}

/// Why a daemon ended.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The root cannot be watched.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Passes once over all outlets and returns how each ended.
pub async fn once<W: Worker>(parts: Parts<W>) -> Vec<Outcome> {
    let mut daemon = Daemon::new(parts);
    daemon.told_missing();
    daemon.begin_all();
    let mut outcomes = Vec::new();
    loop {
        tokio::select! {
            ended = daemon.tasks.join_next_with_id() => match ended {
                Some(ended) => outcomes.extend(daemon.ended(ended)),
                None => break,
            },
            () = told_to_stop(&mut daemon.orders) => daemon.stop(),
        }
    }
    outcomes.sort_by(|a, b| a.outlet.cmp(&b.outlet));
    outcomes
}

/// Waits for the order to stop; others have no meaning here.
async fn told_to_stop(orders: &mut tokio::sync::mpsc::Receiver<Order>) {
    loop {
        match orders.recv().await {
            Some(Order::Stop) => return,
            Some(Order::Reload | Order::Pass) => {}
            None => std::future::pending().await,
        }
    }
}

/// Runs until told to stop.
pub async fn run<W: Worker>(parts: Parts<W>) -> Result<(), DaemonError> {
    // Watching begins before the files are looked at again, so that no change falls between.
    let mut watcher = Watcher::start(parts.loaded.root.clone(), crate::watch::QUIET, crate::watch::AT_MOST)?;
    let mut daemon = Daemon::new(parts);
    daemon.reload(&BTreeSet::new());
    daemon.notifier.ready(&daemon.summary());
    daemon.begin_all();
    daemon.view.update(|shown| shown.passing = true);
    loop {
        daemon.show();
        let sleep = daemon.sleep();
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            changed = watcher.changed() => daemon.files_changed(&changed),
            Some(ended) = daemon.tasks.join_next_with_id(), if !daemon.tasks.is_empty() => drop(daemon.ended(ended)),
            order = daemon.orders.recv() => match order {
                Some(Order::Reload) => daemon.reload_on_request(),
                Some(Order::Pass) => daemon.begin_all(),
                Some(Order::Stop) | None => break,
            },
        }
        // Here and not only after the sleep: events that come faster than the sleep ends must not starve it.
        daemon.tick();
        daemon.notifier.alive();
    }
    daemon.finish().await;
    Ok(())
}

struct Daemon<W> {
    loaded: Arc<Loaded>,
    survey: Arc<Survey>,
    worker: Arc<W>,
    context: Context,
    notifier: Notifier,
    orders: tokio::sync::mpsc::Receiver<Order>,
    stop: channel::Sender<bool>,
    tasks: JoinSet<Outcome>,
    busy: BTreeMap<OutletId, Busy>,
    again: HashSet<OutletId>,
    due: Due,
    view: Arc<View>,
    /// How each outlet stood when that was last told.
    told: BTreeMap<OutletId, OutletState>,
    /// Why the files cannot be read at the moment.
    unreadable: Option<String>,
}

/// A pass under way.
struct Busy {
    task: Id,
    name: String,
    /// Tells the pass that its files are out of date.
    withdraw: channel::Sender<bool>,
}

impl<W: Worker> Daemon<W> {
    fn new(parts: Parts<W>) -> Self {
        let Parts { loaded, worker, store, state_dir, clock, notifier, orders, view } = parts;
        let settings = loaded.settings.clone().unwrap_or_else(|| unreachable!("the caller has checked the settings"));
        let (stop, stopped) = channel::channel(false);
        let now = clock.now();
        let survey = Arc::new(loaded.survey(now));
        let context = Context {
            store,
            state_dir,
            clock,
            verify_timeout: settings.verify.timeout,
            verify_interval: settings.verify.interval,
            slots: Arc::new(tokio::sync::Semaphore::new(settings.gobiz.concurrency)),
            revision: loaded.revision.clone(),
            peers: Arc::clone(&survey.peers),
            stop: stopped,
        };
        let due = Due::new(&settings, survey.next_change, now);
        Self {
            loaded: Arc::new(loaded),
            survey,
            worker: Arc::new(worker),
            context,
            notifier,
            orders,
            stop,
            tasks: JoinSet::new(),
            busy: BTreeMap::new(),
            again: HashSet::new(),
            due,
            view,
            told: BTreeMap::new(),
            unreadable: None,
        }
    }

    fn settings(&self) -> &Settings {
        self.loaded.settings.as_ref().unwrap_or_else(|| unreachable!("a root without settings is never taken over"))
    }

    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    // ── reasons ──

    fn sleep(&self) -> Duration {
        let until = self.due.next().map(|due| Duration::try_from(due.duration_since(self.now())).unwrap_or_default());
        let longest = self.notifier.watchdog_interval().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        until.unwrap_or(longest).min(longest)
    }

    fn tick(&mut self) {
        let now = self.now();
        let edge = self.due.take_layers(now);
        // What events have missed is found by the schedule at the latest, and a root that comes back by the next look.
        if self.due.take_schedule(now) || self.unreadable.is_some() {
            self.reload(&BTreeSet::new());
            self.begin_all();
        } else if edge {
            tracing::info!("a dated layer begins or ends");
            self.take_survey();
            self.busy.values().for_each(Busy::withdraw);
            self.begin_all();
        }
        for outlet in self.due.take_outlets(now) {
            self.begin(&outlet);
        }
    }

    fn files_changed(&mut self, changed: &Changed) {
        let before = self.survey.clone();
        if !self.reload(&changed.paths) {
            return;
        }
        let everything = changed.paths.iter().any(|path| !path.starts_with("catalogs/"));
        let members = self.survey.members.iter().chain(&before.members);
        let touched: BTreeSet<OutletId> = members
            .filter(|member| everything || member.layers.iter().any(|layer| changed.paths.contains(&**layer)))
            .map(|member| member.id.clone())
            .collect();
        for outlet in touched {
            self.withdraw(&outlet);
            self.begin(&outlet);
        }
    }

    fn reload_on_request(&mut self) {
        self.notifier.reloading();
        if self.reload(&BTreeSet::new()) {
            self.busy.values().for_each(Busy::withdraw);
        }
        self.notifier.ready(&self.summary());
        self.begin_all();
    }

    /// Reads the files again. What cannot be read, or has bad settings, leaves everything as it was.
    fn reload(&mut self, changed: &BTreeSet<String>) -> bool {
        if !changed.is_empty() {
            let files: Vec<&str> = changed.iter().map(String::as_str).collect();
            tracing::info!(files = files.join(", "), "files changed");
        }
        let loaded = match fleet::load(&self.loaded.root) {
            Ok(loaded) => loaded,
            Err(error) => {
                self.lose_root(crate::sync::chain(&error));
                return false;
            }
        };
        if self.unreadable.take().is_some() {
            tracing::info!("the files can be read again");
        }
        let Some(settings) = &loaded.settings else {
            for diagnostic in loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                tracing::error!(place = ?diagnostic.place.as_ref().map(ToString::to_string), "{}", diagnostic.message);
            }
            tracing::error!("the new settings are not used; the old ones still hold");
            self.view.refuse(Refused::Settings(first_error(&loaded)), self.now());
            return false;
        };
        let used = self.settings();
        if (&settings.gobiz, settings.target, settings.listen) != (&used.gobiz, used.target, used.listen) {
            tracing::warn!("`target`, `gobiz` or `listen` has changed; they are used after a restart");
        }
        self.context.verify_timeout = settings.verify.timeout;
        self.context.verify_interval = settings.verify.interval;
        self.context.revision.clone_from(&loaded.revision);
        self.due.set_schedule(settings, self.context.clock.now());
        self.loaded = Arc::new(loaded);
        self.take_survey();
        self.view.take(self.now());
        true
    }

    /// Nothing is known of what the files want, so what was read before is not pushed either.
    fn lose_root(&mut self, error: String) {
        self.busy.values().for_each(Busy::withdraw);
        self.view.refuse(Refused::Unreadable(error.clone()), self.now());
        if self.unreadable.as_ref() != Some(&error) {
            tracing::error!(%error, "nothing is pushed: the files cannot be read");
            self.unreadable = Some(error);
        }
    }

    fn take_survey(&mut self) {
        self.survey = Arc::new(self.loaded.survey(self.now()));
        self.view.update(|shown| shown.files = Some((Arc::clone(&self.loaded), Arc::clone(&self.survey))));
        self.context.peers = Arc::clone(&self.survey.peers);
        self.due.set_layers(self.survey.next_change);
        let invalid = self.survey.members.iter().filter(|member| !member.valid).count();
        if invalid > 0 {
            let errors = self.survey.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
            tracing::error!(
                invalid,
                errors,
                "outlets are left out because of errors in their files: run `menusync validate`"
            );
        }
        self.told_missing();
    }

    fn told_missing(&self) {
        if let Err(error) = self.tell_missing() {
            tracing::error!(error = %crate::sync::chain(&error), "cannot remember which outlets are missing");
        }
    }

    /// Outlets that were there once and are in no file now: said, never emptied.
    fn tell_missing(&self) -> Result<(), StateError> {
        if !self.loaded.is_complete() {
            return Ok(());
        }
        let known = self.context.store.with(|store| store.outlets())?;
        let here = |id: &str| self.survey.members.iter().any(|member| member.id.as_str() == id);
        for row in known.iter().filter(|row| !here(&row.id) && row.state.as_deref() != Some("missing")) {
            let id = &row.id;
            tracing::warn!(outlet = id, "no file defines this outlet any more; its live menu is left as it is");
            let error = format!(
                "no file defines this outlet any more; its menu is left as it is. `menusync forget --outlet {id}` drops what is remembered"
            );
            let status =
                StatusUpdate { state: OutletState::Missing.as_str(), error: Some(&error), ..StatusUpdate::default() };
            self.context.store.with(|store| store.set_status(id, &status, self.now()))?;
        }
        Ok(())
    }

    // ── passes ──

    fn begin_all(&mut self) {
        let all: Vec<OutletId> = self.survey.members.iter().map(|member| member.id.clone()).collect();
        for outlet in all {
            self.begin(&outlet);
        }
    }

    /// What a pass under way was given is out of date: if it has not sent anything yet, it will not.
    fn withdraw(&self, outlet: &OutletId) {
        if let Some(busy) = self.busy.get(outlet) {
            busy.withdraw();
        }
    }

    /// Starts a pass, or notes that one more is needed when the one under way has ended.
    fn begin(&mut self, outlet: &OutletId) {
        if self.unreadable.is_some() {
            return;
        }
        let Some(member) = self.survey.members.iter().find(|member| member.id == *outlet) else { return };
        if self.busy.contains_key(outlet) {
            self.again.insert(outlet.clone());
            return;
        }
        self.due.forget(outlet);
        let (worker, loaded, context) = (Arc::clone(&self.worker), Arc::clone(&self.loaded), self.context.clone());
        let (member, name) = (member.clone(), member.name.clone());
        let (withdraw, withdrawn) = channel::channel(false);
        let task = self.tasks.spawn(async move { worker.visit(&context, &loaded, &member, withdrawn).await }).id();
        self.busy.insert(outlet.clone(), Busy { task, name, withdraw });
    }

    fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Option<Outcome> {
        let task = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let outlet = self.busy.iter().find(|(_, busy)| busy.task == task).map(|(outlet, _)| outlet.clone())?;
        let Busy { name, .. } = self.busy.remove(&outlet)?;
        self.view.update(|shown| shown.last_pass = Some(self.context.clock.now()));
        let outcome = ended.map_or_else(
            |_| Outcome::failed(&outlet, &name, "the pass broke off by a fault in menusync itself".to_owned()),
            |(_, outcome)| outcome,
        );
        if !outcome.was_withdrawn() {
            note::tell(&outcome, self.told.insert(outlet.clone(), outcome.state));
            self.plan_next(&outcome);
        }
        if self.again.remove(&outlet) && !*self.stop.borrow() {
            self.begin(&outlet);
        }
        self.notifier.status(&self.summary());
        Some(outcome)
    }

    /// When to come back to an outlet, besides the schedule.
    fn plan_next(&mut self, outcome: &Outcome) {
        let Outcome { outlet, result, state, opens_at, .. } = outcome;
        let now = self.now();
        match result {
            // Without an opening only the schedule or a change of the windows helps.
            PassResult::Queued => match opens_at {
                Some(opens_at) => self.due.at(outlet, *opens_at),
                None => self.due.settle(outlet),
            },
            PassResult::Failed | PassResult::Rejected | PassResult::Timeout => self.due.retry(outlet, now),
            // Another process has the outlet.
            PassResult::Held if *state == OutletState::Pushing => self.due.retry(outlet, now),
            _ => self.due.settle(outlet),
        }
    }

    /// Shows that the main loop goes round, and what comes next.
    fn show(&self) {
        self.view.update(|shown| {
            shown.turned = tokio::time::Instant::now();
            shown.next_pass = self.due.scheduled();
            shown.due.clone_from(self.due.outlets());
            shown.in_work = self.busy.keys().cloned().collect();
        });
    }

    fn summary(&self) -> String {
        let invalid = self.survey.members.iter().filter(|member| !member.valid).count();
        let wrong = if invalid > 0 { format!(", {invalid} invalid") } else { String::new() };
        format!("{} outlets{wrong}, {} in work", self.survey.members.len(), self.busy.len())
    }

    // ── the end ──

    fn stop(&self) {
        self.stop.send_replace(true);
        self.busy.values().for_each(Busy::withdraw);
    }

    /// Nothing is sent from now on; calls that are under way are waited for, as long as a service manager would, or until
    /// the signal comes again.
    async fn finish(mut self) {
        self.notifier.stopping("waiting for pushes under way");
        self.view.update(|shown| shown.stopping = true);
        self.stop();
        let patience = tokio::time::sleep(STOP_WITHIN);
        tokio::pin!(patience);
        while !self.tasks.is_empty() {
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => drop(self.ended(ended)),
                () = told_to_stop(&mut self.orders) => break,
                () = &mut patience => break,
            }
        }
        if !self.tasks.is_empty() {
            tracing::warn!("passes under way were broken off; what they sent is looked for after the next start");
        }
        tracing::info!("stopped");
    }
}

impl Busy {
    fn withdraw(&self) {
        self.withdraw.send_replace(true);
    }
}

/// The first thing that is wrong with the settings, with its place.
fn first_error(loaded: &Loaded) -> String {
    let first = loaded.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    first.map_or_else(String::new, |error| match &error.place {
        Some(place) => format!("{place}: {}", error.message),
        None => error.message.clone(),
    })
}
