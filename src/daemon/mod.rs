//! Waiting for a reason to look, and passing over the outlets when there is one.
//!
//! Reasons: the start, a changed file (the outlets it touches), the schedule, the moment a dated layer begins or ends, a
//! window that opens, a retry that is due, an event of the platform, SIGUSR1 and SIGHUP. What a pass does is `sync`'s; a failed outlet never stops
//! the daemon, and an unreadable root never looks like an empty one.

mod approvals;
mod control;
mod due;
mod files;
mod hints;
mod missing;
mod note;
mod notices;
mod parts;
mod passes;
mod rounds;
mod stopping;
#[cfg(test)]
mod tests;
mod view;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

pub use control::{AskError, Control, Reloaded, ask_reload, ask_status, listen};
pub use hints::{Hint, Hints};
use jiff::Timestamp;
pub use parts::{DaemonError, Order, Parts, Reply};
use tokio::{sync::watch as channel, task::JoinSet};
pub use view::{Refused, Shown, View};
pub use worker::{Observer, Pusher, Worker};

use self::{
    approvals::Approvals,
    due::Due,
    note::Told,
    passes::Busy,
    rounds::{Cause, Rounds},
    stopping::told_to_stop,
};
use crate::{
    catalog::OutletId,
    fleet::{Loaded, Survey},
    notify::Notices,
    settings::Settings,
    sync::{Context, Outcome, PollWaker},
    systemd::Notifier,
    watch::{Others, Watcher},
};

/// The longest sleep: after it the machine's clock is looked at again, so a jump or a suspended machine is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// Passes once over all outlets and returns how each ended.
pub async fn once<W: Worker>(parts: Parts<W>) -> Vec<Outcome> {
    let mut daemon = Daemon::new(parts);
    daemon.tell_missing().await;
    daemon.begin_all(Cause::Start);
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

/// Runs until told to stop.
pub async fn run<W: Worker>(parts: Parts<W>) -> Result<(), DaemonError> {
    // Watching begins before the files are looked at again, so that no change falls between.
    let mut daemon = Daemon::new(parts);
    let (root, others) = (daemon.loaded.root.clone(), daemon.others.clone());
    let mut watcher = Watcher::start(root, others, crate::watch::QUIET, crate::watch::AT_MOST)?;
    let _ = daemon.reload(&BTreeSet::new());
    daemon.notifier.ready(&daemon.summary());
    daemon.begin_all(Cause::Start);
    daemon.view.update(|shown| shown.passing = true);
    loop {
        daemon.show();
        let sleep = daemon.sleep();
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            (outlet, hint) = daemon.hints.take() => daemon.hinted(&outlet, hint),
            changed = watcher.changed() => daemon.files_changed(&changed),
            Some(ended) = daemon.tasks.join_next_with_id(), if !daemon.tasks.is_empty() => drop(daemon.ended(ended)),
            order = daemon.orders.recv() => match order {
                Some(Order::Reload(reply)) => reply.say(daemon.reload_on_request()),
                Some(Order::Pass) => daemon.begin_all(Cause::Signal),
                Some(Order::Stop) | None => break,
            },
        }
        // Here and not only after the sleep: events that come faster than the sleep ends must not starve it.
        daemon.tick();
        if std::mem::take(&mut daemon.missing_is_due) {
            daemon.tell_missing().await;
        }
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
    /// Those that want one more pass, and the round that it belongs to.
    again: HashMap<OutletId, u64>,
    rounds: Rounds,
    due: Due,
    hints: Arc<Hints>,
    notices: Notices,
    view: Arc<View>,
    /// What was last told of each outlet.
    told: BTreeMap<OutletId, Option<Told>>,
    /// The image files to watch.
    others: Others,
    approvals: Approvals,
    /// Why the files cannot be read at the moment.
    unreadable: Option<String>,
    /// Whether outlets may have gone from the files since it was last looked.
    missing_is_due: bool,
}

impl<W: Worker> Daemon<W> {
    fn new(parts: Parts<W>) -> Self {
        let Parts { loaded, worker, state, state_dir, clock, notifier, orders, hints, notices, view } = parts;
        let settings = loaded.settings.clone().unwrap_or_else(|| unreachable!("the caller has checked the settings"));
        let (stop, stopped) = channel::channel(false);
        let now = clock.now();
        let survey = Arc::new(loaded.survey(now));
        let context = Context {
            state,
            state_dir,
            clock,
            verify_timeout: settings.verify.timeout,
            verify_interval: settings.verify.interval,
            slots: Arc::new(tokio::sync::Semaphore::new(settings.gobiz.concurrency)),
            poll_slots: Arc::new(tokio::sync::Semaphore::new(settings.gobiz.concurrency)),
            revision: loaded.revision.clone(),
            author: loaded.author.clone(),
            peers: Arc::clone(&survey.peers),
            stop: stopped,
            poll_waker: PollWaker::default(),
        };
        let others = Others::default();
        others.set(loaded.image_files());
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
            again: HashMap::new(),
            rounds: Rounds::default(),
            due,
            hints,
            notices,
            view,
            told: BTreeMap::new(),
            others,
            approvals: Approvals::default(),
            unreadable: None,
            missing_is_due: true,
        }
    }

    fn settings(&self) -> &Settings {
        self.loaded.settings.as_ref().unwrap_or_else(|| unreachable!("a root without settings is never taken over"))
    }

    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

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
            // What is wrong has been logged, and is shown.
            let _ = self.reload(&BTreeSet::new());
            self.begin_all(Cause::Schedule);
        } else if edge {
            tracing::info!("a dated layer begins or ends");
            self.take_survey();
            self.withdraw_all();
            self.begin_all(Cause::Layer);
        }
        let due = self.due.take_outlets(now);
        if !due.is_empty() {
            self.begin_round(Cause::Due, due);
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
}
