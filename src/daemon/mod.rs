//! Waiting for a reason to look, and passing over the outlets when there is one.
//!
//! Reasons: the start, a changed file (the outlets it touches), the schedule, the moment a dated layer begins or ends, a
//! window that opens, a retry that is due, the end of a switch of stock, an event of the platform, SIGUSR1 and SIGHUP. What a pass does is `sync`'s; a
//! failed outlet never stops the daemon, and an unreadable root never looks like an empty one. The main loop waits for
//! nothing but these reasons: files are read beside it (`loader`).

mod approvals;
mod control;
#[cfg(test)]
mod counting;
mod due;
mod files;
mod hints;
mod loader;
mod missing;
mod note;
mod notices;
mod parts;
mod passes;
mod queue;
mod round_load;
mod rounds;
mod sharing;
mod stopping;
mod switches;
#[cfg(test)]
mod tests;
mod timetable;
mod view;
mod waves;
mod worker;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

pub use control::{AskError, Control, DaemonStatus, ask_reload, ask_status, listen};
pub use hints::{Hint, Hints};
use jiff::Timestamp;
pub use parts::{DaemonError, LoadFn, Order, Parts, Reloaded, Reply};
pub use stopping::STOP_WITHIN;
use tokio::{sync::watch as channel, task::JoinSet, time::Instant};
pub use view::{Refused, Share, Shown, View};
pub use worker::{Observer, Pusher, Worker};

use self::{
    approvals::Approvals,
    due::Due,
    loader::{Loader, PANICKED as LOAD_PANICKED, Read, Reasons},
    note::LastNote,
    passes::Busy,
    queue::Queue,
    rounds::{Cause, Rounds},
    sharing::Sharing,
    stopping::told_to_stop,
};
use crate::{
    catalog::OutletId,
    fleet::{Loaded, Selection, Survey},
    notify::Notices,
    schedule::RoundLoad,
    settings::Settings,
    sync::{Context, InSync, Outcome, PollSlots, PollWaker, Slots},
    systemd::Notifier,
    watch::{Changed, Others, WatchError, Watcher},
};

/// The longest sleep: after it the machine's clock is looked at again, so a jump or a suspended machine is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// Passes once over all outlets and returns how each ended. After an order to stop, what is under way has [`STOP_WITHIN`].
pub async fn once<W: Worker>(parts: Parts<W>) -> Vec<Outcome> {
    let mut daemon = Daemon::new(parts);
    daemon.note_files().await;
    daemon.tell_missing().await;
    note::tell_invalid_soon(&daemon.survey, None);
    daemon.begin_rollout_of_start().await;
    daemon.begin_all(Cause::Start);
    // Of an outlet whose wave opens after a first look the last one counts.
    let mut outcomes = BTreeMap::new();
    let mut note = |ended: Outcome| _ = outcomes.insert(ended.outlet.clone(), ended);
    let mut stop_by = None;
    loop {
        daemon.begin_waiting();
        let is_overdue = async {
            match stop_by {
                Some(stop_by) => tokio::time::sleep_until(stop_by).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = daemon.tasks.join_next_with_id() => match ended {
                Some(ended) => daemon.ended(ended).into_iter().for_each(&mut note),
                None => break,
            },
            () = daemon.context.slots.freed() => {}
            () = told_to_stop(&mut daemon.orders), if stop_by.is_none() => {
                daemon.stop().iter().map(Outcome::withdrawn).for_each(&mut note);
                stop_by = Some(Instant::now() + STOP_WITHIN);
            }
            () = is_overdue => {
                daemon.break_off().into_iter().for_each(&mut note);
                break;
            }
        }
    }
    outcomes.into_values().collect()
}

/// Runs until told to stop.
pub async fn run<W: Worker>(parts: Parts<W>) -> Result<(), DaemonError> {
    let mut daemon = Daemon::new(parts);
    let mut watcher = None;
    daemon.share_outlets().await;
    daemon.read_files(Reasons { start: true, ..Reasons::default() });
    let Context { state, clock, stop, .. } = daemon.context.clone();
    tokio::spawn(switches::watch_ends(state, clock, Arc::clone(&daemon.hints), stop));
    loop {
        daemon.show();
        let sleep = daemon.sleep();
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            (outlet, hint) = daemon.hints.take() => daemon.hinted(&outlet, hint),
            () = daemon.sharing.met() => daemon.take_members(),
            changed = changed(&mut watcher) => daemon.files_changed(changed),
            (reasons, read) = daemon.loader.ended() => {
                let Read { watcher: started, files } = read;
                if reasons.start {
                    watcher = Some(started.ok_or_else(|| WatchError::Thread(std::io::Error::other(LOAD_PANICKED)))??);
                }
                daemon.take(reasons, files)?;
            }
            Some(ended) = daemon.tasks.join_next_with_id(), if !daemon.tasks.is_empty() => drop(daemon.ended(ended)),
            () = daemon.context.slots.freed() => {}
            order = daemon.orders.recv() => match order {
                Some(Order::Reload(reply)) => daemon.reload_asked(reply),
                Some(Order::Pass) => daemon.begin_all(Cause::Signal),
                Some(Order::Stop) | None => break,
            },
        }
        // Here and not only after the sleep: events that come faster than the sleep ends must not starve it.
        daemon.tick();
        daemon.begin_waiting();
        if std::mem::take(&mut daemon.missing_is_due) {
            tokio::spawn(daemon.tell_missing());
        }
        daemon.notifier.alive();
    }
    daemon.finish().await;
    Ok(())
}

/// The next change of files, once they are watched.
async fn changed(watcher: &mut Option<Watcher>) -> Changed {
    match watcher {
        Some(watcher) => watcher.changed().await,
        None => std::future::pending().await,
    }
}

struct Daemon<W> {
    /// Where the files are.
    root: PathBuf,
    load: LoadFn,
    loaded: Arc<Loaded>,
    settings: Settings,
    /// Those that its addresses and limits are from as long as the process lives.
    started_with: Settings,
    survey: Arc<Survey>,
    /// How many of them have invalid files.
    invalid: usize,
    loader: Loader,
    worker: Arc<W>,
    context: Context,
    notifier: Notifier,
    orders: tokio::sync::mpsc::Receiver<Order>,
    stop: channel::Sender<bool>,
    /// Passes that have not begun.
    queue: Queue,
    tasks: JoinSet<Outcome>,
    busy: BTreeMap<OutletId, Busy>,
    /// The outlet of each of these.
    outlet_of: HashMap<tokio::task::Id, OutletId>,
    /// Those that want one more pass, and the round that it belongs to.
    again: HashMap<OutletId, u64>,
    rounds: Rounds,
    /// How long a pass over all outlets takes.
    round_load: RoundLoad,
    due: Due,
    hints: Arc<Hints>,
    sharing: Sharing,
    /// A fixed part of them.
    only: Selection,
    notices: Notices,
    view: Arc<View>,
    /// What was last told of each outlet.
    last_notes: BTreeMap<OutletId, Option<LastNote>>,
    /// The image files to watch.
    others: Others,
    approvals: Approvals,
    /// Why the files cannot be read at the moment, and when they are tried again.
    unreadable: Option<(String, Instant)>,
    /// Whether outlets may have gone from the files since it was last looked.
    missing_is_due: bool,
}

impl<W: Worker> Daemon<W> {
    fn new(parts: Parts<W>) -> Self {
        let Parts { loaded, settings, survey, load, worker, state, clock, notifier, orders, .. } = parts;
        let Parts { hints, notices, view, in_flight, only, .. } = parts;
        let (stop, stopped) = channel::channel(false);
        let now = clock.now();
        let context = Context {
            state,
            clock,
            verify_timeout: settings.verify.timeout,
            verify_interval: settings.verify.interval,
            slots: Slots::new(settings.gobiz.concurrency),
            poll_slots: PollSlots::new(settings.gobiz.concurrency),
            revision: loaded.revision.clone(),
            files: None,
            author: loaded.author.clone(),
            peers: Arc::clone(&survey.peers),
            stop: stopped,
            poll_waker: PollWaker::default(),
            in_flight,
            in_sync: InSync::default(),
            rollout: None,
        };
        let others = Others::default();
        others.set(loaded.image_files());
        let round_load = loaded.round_load(&settings.gobiz, &settings.schedule, &survey, now);
        let due = Due::new(&settings, survey.next_change, now);
        Self {
            root: loaded.root.clone(),
            load,
            loaded,
            started_with: settings.clone(),
            settings,
            invalid: survey.invalid(),
            survey,
            loader: Loader::default(),
            worker: Arc::new(worker),
            context,
            notifier,
            orders,
            stop,
            queue: Queue::default(),
            tasks: JoinSet::new(),
            busy: BTreeMap::new(),
            outlet_of: HashMap::new(),
            again: HashMap::new(),
            rounds: Rounds::default(),
            round_load,
            due,
            hints,
            sharing: Sharing::of_all(),
            only,
            notices,
            view,
            last_notes: BTreeMap::new(),
            others,
            approvals: Approvals::default(),
            unreadable: None,
            missing_is_due: true,
        }
    }

    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    fn sleep(&self) -> Duration {
        let until = self.due.next().map(|due| Duration::try_from(due.duration_since(self.now())).unwrap_or_default());
        let longest = self.notifier.watchdog_interval().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let slow = self.loader.slow_at().map_or(longest, |slow| slow.saturating_duration_since(Instant::now()));
        until.unwrap_or(longest).min(longest).min(slow)
    }

    fn tick(&mut self) {
        let now = self.now();
        if self.due.take_layers(now) {
            tracing::info!("a dated layer begins or ends");
            self.read_files(Reasons { layer: true, ..Reasons::default() });
        }
        let slow = self.loader.slow();
        let is_time = self.due.take_schedule(now);
        if is_time {
            self.show_round_load();
        }
        if is_time && slow.is_some() {
            // The files read before are used, so that a mount that hangs for a day does not hide drift for a day.
            self.begin_all(Cause::Schedule);
        }
        self.view.renew(|shown| {
            let is_different = shown.slow_load != slow;
            shown.slow_load = slow;
            is_different
        });
        // What events have missed is found by the schedule at the latest, and a root that comes back by the next look.
        let again = self.unreadable.as_ref().is_some_and(|(_, again)| *again <= Instant::now());
        if is_time || again && self.loader.is_idle() {
            self.read_files(Reasons { schedule: true, ..Reasons::default() });
        }
        let due = self.due.take_outlets(now);
        if !due.is_empty() {
            self.begin_round(Cause::Due, due);
        }
    }

    /// Shows that the main loop goes round, and what comes next.
    fn show(&mut self) {
        let (due, view) = (&mut self.due, &self.view);
        view.renew(|shown| {
            shown.turned = Instant::now();
            let next_pass = due.scheduled();
            let mut is_different = shown.next_pass != next_pass;
            shown.next_pass = next_pass;
            for (outlet, at) in due.take_moved() {
                is_different |= match at {
                    Some(at) => shown.due.insert(outlet, at) != Some(at),
                    None => shown.due.remove(&outlet).is_some(),
                };
            }
            is_different
        });
    }

    fn summary(&self) -> String {
        let number = |count: usize, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
        let (wrong, waiting) = (number(self.invalid, "invalid"), number(self.queue.len(), "waiting"));
        format!("{} outlets{wrong}, {} in work{waiting}", self.survey.members.len(), self.busy.len())
    }
}
