//! What a running daemon shows of itself: kept in memory, written by the daemon, read by whoever looks. How the outlets
//! stand is remembered elsewhere, in `state`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use crate::{
    catalog::OutletId,
    fleet::{Loaded, Survey},
    report::StatusLine,
    schedule::RoundLoad,
    sync::{Outcome, OutletState},
};

/// The window through which a daemon is seen.
pub struct View {
    shown: Mutex<Shown>,
    /// Grows with every change.
    version: watch::Sender<u64>,
}

/// How a daemon stands at one moment.
#[derive(Clone)]
pub struct Shown {
    /// When its main loop last went round; before the first time: when the view was made.
    pub turned: Instant,
    /// It ends what is under way.
    pub stopping: bool,
    /// It has begun to pass over all outlets at least once.
    pub passing: bool,
    /// See [`View::files`].
    pub files: Option<(Arc<Loaded>, Arc<Survey>)>,
    /// When files were last taken into use.
    pub taken: Option<Timestamp>,
    /// Why the newest files are not in use, and since when.
    pub refused: Option<(Refused, Timestamp)>,
    /// Which settings the daemon does not use before a restart, in a sentence.
    pub after_restart: Option<String>,
    /// What is to be said of a look at the files that takes too long.
    pub slow_load: Option<String>,
    /// When the schedule comes next, its jitter included.
    pub next_pass: Option<Timestamp>,
    /// Outlets that are looked at again at a time of their own: retries, windows that open.
    pub due: BTreeMap<OutletId, Timestamp>,
    /// Outlets that are passed over right now.
    pub in_work: BTreeSet<OutletId>,
    /// How many outlets wait for a pass to begin.
    pub waiting: usize,
    /// How long a pass over all of them takes.
    pub round_load: Option<RoundLoad>,
    /// How passes ended that could not be stored, and when: what is stored of these outlets is out of date.
    pub unstored: BTreeMap<OutletId, (OutletState, Option<String>, Timestamp)>,
    /// When a pass over an outlet last ended.
    pub last_pass: Option<Timestamp>,
    /// Who shares the outlets; `None`: nobody else can.
    pub share: Option<Share>,
}

/// How outlets are shared between daemons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// How many this one passes over.
    pub ours: usize,
    /// The names of those that live, each with whether its files are the newest.
    pub daemons: Vec<(String, bool)>,
}

impl Shown {
    /// Puts in what the daemon knows and the state does not: when each outlet is looked at next, and how passes ended that
    /// could not be stored.
    pub fn overlay(&self, lines: &mut [StatusLine]) {
        for line in lines {
            // What no file defines is not looked at.
            if line.next_pass.is_some() {
                let due = self.due.get(line.outlet.as_str()).copied();
                line.next_pass = [due, self.next_pass].into_iter().flatten().min();
            }
            if let Some((state, error, since)) = self.unstored.get(line.outlet.as_str()) {
                state.as_str().clone_into(&mut line.state);
                line.error.clone_from(error);
                line.since = Some(*since);
            }
        }
    }

    /// Takes in how a pass ended.
    pub fn note_outcome(&mut self, outcome: &Outcome, now: Timestamp) {
        if outcome.was_withdrawn() {
            return;
        }
        self.last_pass = Some(now);
        if outcome.unstored.is_none() && !outcome.is_ours() {
            return;
        }
        if outcome.unstored.is_none() {
            self.unstored.remove(&outcome.outlet);
            return;
        }
        let since = self.unstored.get(&outcome.outlet).map_or(now, |(_, _, since)| *since);
        self.unstored.insert(outcome.outlet.clone(), (outcome.state, outcome.error.clone(), since));
    }
}

/// Why files are not in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The root cannot be read.
    Unreadable(String),
    /// The settings are wrong; the old ones hold.
    Settings(String),
}

impl Default for View {
    fn default() -> Self {
        let shown = Mutex::new(Shown {
            turned: Instant::now(),
            stopping: false,
            passing: false,
            files: None,
            taken: None,
            refused: None,
            after_restart: None,
            slow_load: None,
            next_pass: None,
            due: BTreeMap::new(),
            in_work: BTreeSet::new(),
            waiting: 0,
            round_load: None,
            unstored: BTreeMap::new(),
            last_pass: None,
            share: None,
        });
        Self { shown, version: watch::Sender::new(0) }
    }
}

impl View {
    /// How it stands now: a copy of all, which a large fleet makes large. Who wants a part of it has [`Self::read`].
    pub fn shown(&self) -> Shown {
        self.read(Shown::clone)
    }

    /// A part of how it stands now. Nobody else gets on meanwhile.
    pub fn read<T>(&self, part: impl FnOnce(&Shown) -> T) -> T {
        part(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The files in use and what a look over all outlets found in them; `None` before the daemon has taken over.
    pub fn files(&self) -> Option<(Arc<Loaded>, Arc<Survey>)> {
        self.read(|shown| shown.files.clone())
    }

    /// A number that is another one whenever something else is shown.
    pub fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Changes what is shown.
    pub fn update(&self, change: impl FnOnce(&mut Shown)) {
        self.renew(|shown| {
            change(shown);
            true
        });
    }

    /// Takes in how it stands now; `take` says whether anything that is shown is different. Every open page reads everything
    /// anew when it is.
    pub(super) fn renew(&self, take: impl FnOnce(&mut Shown) -> bool) {
        let is_different = take(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        self.version.send_if_modified(|version| {
            *version += u64::from(is_different);
            is_different
        });
    }

    /// The newest files are not used. That it stays so is no news: the time of the first refusal is kept.
    pub(super) fn refuse(&self, why: Refused, now: Timestamp) {
        self.renew(|shown| {
            let since = shown.refused.as_ref().map_or(now, |(_, since)| *since);
            let refused = Some((why, since));
            let is_different = shown.refused != refused;
            shown.refused = refused;
            is_different
        });
    }

    /// The newest files are used.
    pub(super) fn take(&self, now: Timestamp) {
        self.update(|shown| (shown.taken, shown.refused) = (Some(now), None));
    }
}
