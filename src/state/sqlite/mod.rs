//! The state in a SQLite file. One thread owns the connection; calls queue for it, so that no runtime thread waits for a
//! disk or for another process.

mod damage;
mod link;
mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

use self::{
    damage::no_scope,
    link::SqliteLink,
    store::{FILE, Store, database},
};
pub use self::{
    damage::{is_damaged, set_aside},
    store::{adopt_shared, check_writable},
};
use super::{
    Alarm, EventRow, ImageRow, Members, NewPush, NewRollout, NoticeRow, OutletMemory, OutletRow, OutletUpdate,
    Overview, Pause, PushId, PushRow, PushStep, RolloutCount, RolloutMoved, RolloutRow, RolloutStep, Scope,
    SharedState, StateError, SwitchEnd,
    hold::Hold,
    locks::{LockError, is_outlet_locked, lock_outlet},
    sql::{self, Orphans, Side},
};
use crate::rollout;

/// How long a call is waited for (our choice: what hangs that long, hangs).
const PATIENCE: Duration = Duration::from_secs(10);

/// How long closing is waited for (our choice: merging a log takes milliseconds).
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The state in a SQLite file, open for one scope.
pub struct SqliteState {
    way: Way,
    /// The database, for errors.
    place: String,
    /// Where it is, and lock files beside it.
    dir: PathBuf,
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
        Self::start(dir, Store::open(dir, scope)?)
    }

    /// Opens the state in `dir` for reading, also beside a process that writes. `None` if there is no state yet; then
    /// nothing is created. Blocks.
    pub fn open_read_only(dir: &Path, scope: &Scope) -> Result<Option<SharedState>, StateError> {
        Store::open_read_only(dir, scope)?.map(|store| Self::start(dir, store)).transpose()
    }

    /// The same as [`Self::open`], but calls run on the caller's thread: for tests with a paused clock, which would move on
    /// while another thread works.
    pub fn open_inline(dir: &Path, scope: &Scope) -> Result<SharedState, StateError> {
        let store = Store::open(dir, scope)?;
        let place = store.path().display().to_string();
        let platform = store.platform().to_owned();
        let way = Way::Inline(Box::new(Mutex::new(store)));
        Ok(Arc::new(Self { way, place, dir: dir.to_owned(), platform }))
    }

    fn start(dir: &Path, store: Store) -> Result<SharedState, StateError> {
        Ok(Arc::new(Self::on_thread(dir, store)?))
    }

    fn on_thread(dir: &Path, mut store: Store) -> Result<Self, StateError> {
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
        Ok(Self {
            way: Way::Thread { jobs: Some(jobs), closed: Mutex::new(closed) },
            place,
            dir: dir.to_owned(),
            platform,
        })
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

/// Runs something with all of the file in `dir`, in one transaction. A file that is to be written is made if it is not there.
pub(super) fn with_file<T>(
    dir: &Path,
    is_written: bool,
    run: impl FnOnce(&Side<'_, SqliteLink<'_>>) -> Result<T, StateError>,
) -> Result<T, StateError> {
    let scope = no_scope();
    let opened = if is_written { Some(Store::open(dir, &scope)?) } else { Store::open_read_only(dir, &scope)? };
    let place = dir.join(FILE).display().to_string();
    let Some(mut store) = opened else { return Err(StateError::Nothing { place }) };
    store.in_transaction(is_written, |link| {
        run(&Side { link, place, error: |doing, place, error| database(doing, Path::new(place), error) })
    })
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

/// A call, handed to the thread.
macro_rules! on_thread {
    ($self:ident, read, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {
        $self.call(move |store| store.read_call($doing, async |$link, $scope| $call.await)).await
    };
    // Who may write of an outlet is said by its lock file, for as long as a process lives.
    ($self:ident, write rollout of $files:ident, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        drop($files);
        on_thread!($self, write, $doing, ($link, $scope) => $call)
    }};
    ($self:ident, write $(of $outlet:ident)? $(from $files:ident)? $(of_push $push:ident)?, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        $(let _ = &$outlet;)?
        $(let _: Option<Arc<str>> = $files;)?
        $self.call(move |store| store.write_call($doing, async |$link, $scope| $call.await)).await
    }};
}

sql::state_calls!(SqliteState, on_thread);

impl SqliteState {
    async fn recall_with_orphans(&self, outlet: String, now: Timestamp) -> Result<OutletMemory, StateError> {
        self.call(move |store| store.recall(&outlet, now)).await
    }

    async fn overview_with_orphans(&self, now: Timestamp) -> Result<Overview, StateError> {
        self.call(move |store| store.overview(now)).await
    }

    fn is_shared_here(&self) -> bool {
        false
    }

    async fn meet_here(&self, _files: String) -> Result<Option<Members>, StateError> {
        Ok(None)
    }

    async fn pass_on_here(&self, _: String, _: String, _: Option<Uuid>) -> Result<(), StateError> {
        Ok(())
    }

    async fn leave_here(&self) -> Result<(), StateError> {
        Ok(())
    }

    /// A file is one machine's: a lock file says who has an outlet, for as long as its process lives.
    async fn hold_here(&self, outlet: String) -> Result<Hold, LockError> {
        lock_outlet(&self.dir, &outlet).await.map(Hold::of_file)
    }

    async fn before_call_here(&self, _outlet: String, _lasts: Duration) -> Result<(), StateError> {
        Ok(())
    }

    fn call_ended_here(&self, _outlet: &str) {}
}

impl Store {
    fn recall(&self, outlet: &str, now: Timestamp) -> Result<OutletMemory, StateError> {
        let read = || {
            let doing = "read what is stored of an outlet";
            self.read_call(doing, async |link, scope| sql::recall(link, scope, outlet, now).await)
        };
        self.with_orphans(read, |recalled| recalled.pending.as_mut_slice())
    }

    fn overview(&self, now: Timestamp) -> Result<Overview, StateError> {
        let read = || self.read_call("read the outlets", async |link, scope| sql::overview(link, scope, now).await);
        self.with_orphans(read, |overview| &mut overview.last_pushes)
    }

    /// What `read` gives, with its pushes asked for orphans.
    fn with_orphans<T>(
        &self,
        read: impl Fn() -> Result<T, StateError>,
        pushes: fn(&mut T) -> &mut [PushRow],
    ) -> Result<T, StateError> {
        let is_locked = |outlet: &str| self.path().parent().and_then(|dir| is_outlet_locked(dir, outlet));
        let mut first = read()?;
        let Some(orphans) = Orphans::of(pushes(&mut first), |push| is_locked(&push.outlet) == Some(false)) else {
            return Ok(first);
        };
        let mut second = read()?;
        orphans.mark(pushes(&mut second));
        Ok(second)
    }
}
