//! The state in a SQLite file. One thread owns the connection; calls queue for it, so that no runtime thread waits for a
//! disk or for another process.

mod damage;
mod events;
mod outlets;
mod packed;
mod pushes;
mod recall;
mod rollouts;
mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::oneshot;

use self::store::Store;
pub use self::{
    damage::{is_damaged, set_aside},
    outlets::KEEP_EVENTS,
    pushes::{KEEP_AT_MOST, KEEP_FOR, KEEP_LAST},
    store::{adopt_shared, check_writable},
};
use super::{
    Alarm, EventRow, ImageRow, NewPush, NewRollout, NoticeRow, OutletMemory, OutletRow, OutletUpdate, Overview, Pause,
    PushId, PushRow, PushStep, RolloutCount, RolloutMoved, RolloutRow, RolloutStep, Scope, SharedState, State,
    StateError, SwitchEnd,
};
use crate::rollout::Member;

/// How long a call is waited for (our choice: what hangs that long, hangs).
const PATIENCE: Duration = Duration::from_secs(10);

/// How long closing is waited for (our choice: merging a log takes milliseconds).
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The state in a SQLite file, open for one scope.
pub struct SqliteState {
    way: Way,
    /// The database, for errors.
    place: String,
    platform: String,
}

enum Way {
    Thread {
        /// `None` only while it ends.
        jobs: Option<mpsc::Sender<Job>>,
        /// Says when the connection is closed.
        closed: Mutex<mpsc::Receiver<()>>,
    },
    /// Calls run where they are made.
    Inline(Box<Mutex<Store>>),
}

/// Whoever asks; it is told apart from one that has gone by a flag.
struct Asker(Arc<AtomicBool>);

impl Asker {
    fn new() -> (Self, Arc<AtomicBool>) {
        let wanted = Arc::new(AtomicBool::new(true));
        (Self(Arc::clone(&wanted)), wanted)
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

type Job = Box<dyn FnOnce(&mut Store) + Send>;

impl SqliteState {
    /// Opens the state in `dir` for reading and writing; makes the directory (mode 0700) and the file if they are not
    /// there. Blocks: call it where that is allowed.
    pub fn open(dir: &Path, scope: &Scope) -> Result<SharedState, StateError> {
        Self::start(Store::open(dir, scope)?)
    }

    /// Opens the state in `dir` for reading, also beside a process that writes. `None` if there is no state yet; then
    /// nothing is created. Blocks.
    pub fn open_read_only(dir: &Path, scope: &Scope) -> Result<Option<SharedState>, StateError> {
        Store::open_read_only(dir, scope)?.map(Self::start).transpose()
    }

    /// The same as [`Self::open`], but calls run on the caller's thread: for tests with a paused clock, which would move on
    /// while another thread works.
    pub fn open_inline(dir: &Path, scope: &Scope) -> Result<SharedState, StateError> {
        let store = Store::open(dir, scope)?;
        let place = store.path().display().to_string();
        let platform = store.platform().to_owned();
        Ok(Arc::new(Self { way: Way::Inline(Box::new(Mutex::new(store))), place, platform }))
    }

    fn start(store: Store) -> Result<SharedState, StateError> {
        Ok(Arc::new(Self::on_thread(store)?))
    }

    fn on_thread(mut store: Store) -> Result<Self, StateError> {
        let place = store.path().display().to_string();
        let platform = store.platform().to_owned();
        let (jobs, queue) = mpsc::channel::<Job>();
        let (closing, closed) = mpsc::channel();
        let work = move || {
            while let Ok(job) = queue.recv() {
                // A panic leaves nothing half done: every change is a transaction, rolled back when dropped.
                if catch_unwind(AssertUnwindSafe(|| job(&mut store))).is_err() {
                    tracing::error!("a call of the state broke off by a fault in menusync itself");
                }
                store.vacuum_free_pages();
            }
            drop(store);
            let _ = closing.send(());
        };
        let started = std::thread::Builder::new().name("state".to_owned()).spawn(work);
        started.map_err(|source| StateError::Io { doing: "start a thread for", path: place.clone().into(), source })?;
        Ok(Self { way: Way::Thread { jobs: Some(jobs), closed: Mutex::new(closed) }, place, platform })
    }

    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Store) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, StateError> {
        let jobs = match &self.way {
            Way::Inline(store) => return call(&mut store.lock().unwrap_or_else(PoisonError::into_inner)),
            Way::Thread { jobs, .. } => jobs,
        };
        let (answer, answered) = oneshot::channel();
        // Who gave up waiting must not find later that it was done all the same: nothing is begun then, nor committed.
        let (asker, wanted) = Asker::new();
        let job = Box::new(move |store: &mut Store| {
            if wanted.load(Ordering::SeqCst) {
                store.wanted = Some(wanted);
                let _ = answer.send(call(store));
                store.wanted = None;
            }
        });
        // An error is seen as a dropped answer.
        let _ = jobs.as_ref().map(|jobs| jobs.send(job));
        let heard = tokio::time::timeout(PATIENCE, answered).await;
        drop(asker);
        match heard {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(StateError::Silent { place: self.place.clone(), seconds: PATIENCE.as_secs() }),
        }
    }
}

/// Who closes last merges the log into the file; a process that ended before would leave that to the next one.
impl Drop for SqliteState {
    fn drop(&mut self) {
        if let Way::Thread { jobs, closed } = &mut self.way {
            drop(jobs.take());
            let closed = closed.get_mut().unwrap_or_else(PoisonError::into_inner);
            let _ = closed.recv_timeout(CLOSE_WITHIN);
        }
    }
}

/// Every call is handed to the thread as it is.
#[async_trait]
impl State for SqliteState {
    fn platform(&self) -> &str {
        &self.platform
    }

    async fn recall(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.recall(&outlet, now)).await
    }

    async fn outlet(&self, outlet: &str) -> Result<Option<OutletRow>, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.outlet(&outlet)).await
    }

    async fn overview(&self, now: Timestamp) -> Result<Overview, StateError> {
        self.call(move |store| store.overview(now)).await
    }

    async fn pause(&self, outlet: &str, now: Timestamp) -> Result<Option<Pause>, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.pause(&outlet, now)).await
    }

    async fn update_outlet(&self, outlet: &str, update: OutletUpdate, at: Timestamp) -> Result<(), StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.update_outlet(&outlet, &update, at)).await
    }

    async fn set_pause(&self, outlet: &str, pause: Option<Pause>) -> Result<(), StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.set_pause(&outlet, pause)).await
    }

    async fn forget(&self, outlet: &str) -> Result<bool, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.forget(&outlet)).await
    }

    async fn begin_push(&self, push: NewPush) -> Result<PushId, StateError> {
        self.call(move |store| store.begin_push(&push)).await
    }

    async fn record_push_step(&self, push: PushId, step: PushStep, at: Timestamp) -> Result<(), StateError> {
        self.call(move |store| store.record_push_step(push, &step, at)).await
    }

    async fn pending_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.pending_push(&outlet)).await
    }

    async fn pushes(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<PushRow>, StateError> {
        let outlet = outlet.map(str::to_owned);
        self.call(move |store| store.pushes(outlet.as_deref(), limit)).await
    }

    async fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.history(&outlet)).await
    }

    async fn changes(&self, pushes: Vec<PushId>) -> Result<BTreeMap<PushId, String>, StateError> {
        self.call(move |store| store.changes(&pushes)).await
    }

    async fn promotion_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
        let outlet = outlet.map(str::to_owned);
        self.call(move |store| store.promotion_events(outlet.as_deref(), limit)).await
    }

    async fn switch_events(&self, outlet: Option<&str>, limit: u32) -> Result<Vec<EventRow>, StateError> {
        let outlet = outlet.map(str::to_owned);
        self.call(move |store| store.switch_events(outlet.as_deref(), limit)).await
    }

    async fn switch_ends(&self) -> Result<Vec<SwitchEnd>, StateError> {
        self.call(|store| store.switch_ends()).await
    }

    async fn record(&self, push: PushId) -> Result<Option<String>, StateError> {
        self.call(move |store| store.record(push)).await
    }

    async fn published_since(&self, since: Timestamp) -> Result<u64, StateError> {
        self.call(move |store| store.published_since(since)).await
    }

    async fn take_event(&self, marks: Vec<String>, alarm: Option<Alarm>, at: Timestamp) -> Result<bool, StateError> {
        self.call(move |store| store.take_event(&marks, alarm.as_ref(), at)).await
    }

    async fn image(&self, url: &str) -> Result<Option<ImageRow>, StateError> {
        let url = url.to_owned();
        self.call(move |store| store.image(&url)).await
    }

    async fn set_image(&self, image: ImageRow) -> Result<(), StateError> {
        self.call(move |store| store.set_image(&image)).await
    }

    async fn notices(&self) -> Result<Vec<(String, NoticeRow)>, StateError> {
        self.call(|store| store.notices()).await
    }

    async fn set_notices(&self, notices: Vec<(String, Option<NoticeRow>)>) -> Result<(), StateError> {
        self.call(move |store| store.set_notices(&notices)).await
    }

    async fn platforms(&self) -> Result<Vec<(String, u64)>, StateError> {
        self.call(|store| store.platforms()).await
    }

    async fn check_writable(&self) -> Result<(), StateError> {
        self.call(Store::check_writable).await
    }

    async fn rollout(&self) -> Result<Option<RolloutRow>, StateError> {
        self.call(|store| store.rollout()).await
    }

    async fn rollout_of(&self, outlet: &str) -> Result<Option<(RolloutRow, Option<Member>)>, StateError> {
        let outlet = outlet.to_owned();
        self.call(move |store| store.rollout_of(&outlet)).await
    }

    async fn rollout_counts(&self) -> Result<Vec<RolloutCount>, StateError> {
        self.call(|store| store.rollout_counts()).await
    }

    async fn begin_rollout(&self, new: NewRollout) -> Result<RolloutMoved, StateError> {
        self.call(move |store| store.begin_rollout(&new)).await
    }

    async fn step_rollout(&self, step: RolloutStep) -> Result<RolloutMoved, StateError> {
        self.call(move |store| store.step_rollout(&step)).await
    }

    async fn stop_rollout(&self, why: Option<String>, at: Timestamp) -> Result<Option<RolloutRow>, StateError> {
        self.call(move |store| store.stop_rollout(why.as_deref(), at)).await
    }
}
