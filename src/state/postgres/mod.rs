//! The state in a PostgreSQL database, in a schema of its own. A runtime of its own holds the connections, so that they
//! outlive the runtime of a command. Nothing is prepared and nothing set beyond a transaction, so that a pooler may lie
//! between.

mod address;
mod fault;
mod lease;
mod pool;
mod schema;
#[cfg(test)]
#[path = "../../../tests/support/postgres.rs"]
pub(super) mod testing;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use uuid::Uuid;

use self::{
    address::Address,
    fault::Fault,
    lease::{Process, Taken, stay_alive},
    pool::{Kind, Pool, Transaction},
};
use super::{
    Alarm, EventRow, Hold, ImageRow, LockError, Members, NewPush, NewRollout, NoticeRow, OutletMemory, OutletRow,
    OutletUpdate, Overview, Pause, PushId, PushRow, PushStep, RolloutCount, RolloutMoved, RolloutRow, RolloutStep,
    Scope, SharedState, StateError, SwitchEnd,
    locks::{create_dir, lock_outlet},
    sql::{self, Link as _, Orphans, Side},
};
use crate::rollout;

/// How long a call is waited for, connection and all (our choice, as with SQLite).
const PATIENCE: Duration = Duration::from_secs(10);

/// Who has just ended gives its outlets back within this time (our choice).
const GIVEN_BACK_WITHIN: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(300)];

/// How long the end of a process waits for the database to be told (our choice).
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// The state in a PostgreSQL database, open for one scope.
pub struct PostgresState {
    database: Arc<Database>,
    platform: String,
    /// `None` only while it ends.
    runtime: Option<Runtime>,
}

/// What calls share.
struct Database {
    pool: Pool,
    scope: Scope,
    /// Where lock files are: they keep the processes of this machine apart, and parts of one process.
    dir: PathBuf,
    place: String,
    process: Process,
}

impl PostgresState {
    /// Opens the state behind a URL for reading and writing, with lock files in `dir`; makes the tables and the directory if
    /// they are not there. Blocks: call it where that is allowed.
    pub fn open(url: &SecretString, scope: &Scope, dir: &Path) -> Result<SharedState, StateError> {
        create_dir(dir)?;
        let state = Self::connect(url, scope, dir)?;
        let database = Arc::clone(&state.database);
        let living = Arc::downgrade(&database);
        state.wait(async move { schema::migrate(&database.pool, &database.place).await })?;
        drop(state.spawn(stay_alive(living))?);
        Ok(Arc::new(state))
    }

    /// The same for reading. `None` if there is no state yet; then nothing is created. Blocks.
    pub fn open_read_only(url: &SecretString, scope: &Scope, dir: &Path) -> Result<Option<SharedState>, StateError> {
        let state = Self::connect(url, scope, dir)?;
        let database = Arc::clone(&state.database);
        let is_there = state.wait(async move { schema::is_there(&database.pool, &database.place).await })?;
        Ok(is_there.then(|| Arc::new(state) as SharedState))
    }

    /// The database by a name without secrets: `database menus on db.example`.
    pub fn place(url: &SecretString) -> Result<String, StateError> {
        Address::parse(url).map(|address| address.place).map_err(|problem| StateError::Address { problem })
    }

    fn connect(url: &SecretString, scope: &Scope, dir: &Path) -> Result<Self, StateError> {
        let unusable = |problem| StateError::Address { problem };
        let address = Address::parse(url).map_err(unusable)?;
        let pool = Pool::new(&address).map_err(unusable)?;
        let place = address.place;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("state").enable_all().build();
        let runtime = runtime.map_err(|source| StateError::Io {
            doing: "start a thread for the",
            path: place.clone().into(),
            source,
        })?;
        let database = Database { pool, scope: scope.clone(), dir: dir.to_owned(), place, process: Process::new() };
        Ok(Self { platform: scope.platform.clone(), database: Arc::new(database), runtime: Some(runtime) })
    }

    /// What a call gives to a thread that may wait for it.
    fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, StateError> {
        let (answer, answered) = std::sync::mpsc::channel();
        let task = self.spawn(async move {
            let _ = answer.send(call.await);
        })?;
        let answer = answered.recv_timeout(PATIENCE);
        task.abort();
        answer.map_err(|_| self.silent())?.map_err(|fault| fault.into_error("open", &self.database.place))
    }

    async fn call<T: Send + 'static>(
        &self,
        doing: &'static str,
        call: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, StateError> {
        let mut task = Abandoned(self.spawn(tokio::time::timeout(PATIENCE, call))?);
        match (&mut task.0).await {
            Ok(Ok(answer)) => answer.map_err(|fault| fault.into_error(doing, &self.database.place)),
            Ok(Err(_)) => Err(self.silent()),
            Err(error) => {
                if error.is_panic() {
                    tracing::error!("a call of the state broke off by a fault in menusync itself");
                }
                Err(self.silent())
            }
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, StateError> {
        Ok(self.runtime.as_ref().ok_or_else(|| self.silent())?.spawn(call))
    }

    fn silent(&self) -> StateError {
        StateError::Silent { place: self.database.place.clone(), seconds: PATIENCE.as_secs() }
    }
}

/// Runs something with all of a database, in one transaction, while no other machine pushes by it. Tables of a database that
/// is to be written are made if they are not there.
pub(super) fn with_database<T>(
    url: &SecretString,
    dir: &Path,
    is_written: bool,
    run: impl AsyncFnOnce(&Side<'_, Transaction>) -> Result<T, StateError>,
) -> Result<T, StateError> {
    let state = PostgresState::connect(url, &Scope { platform: String::new(), root: String::new() }, dir)?;
    let (Some(runtime), database) = (&state.runtime, &state.database) else { return Err(state.silent()) };
    let place = &database.place;
    let call = async {
        if is_written {
            schema::migrate(&database.pool, place).await?;
        } else if !schema::is_there(&database.pool, place).await? {
            return Err(StateError::Nothing { place: place.clone() }.into());
        }
        let transaction = database.pool.begin(if is_written { Kind::Write } else { Kind::Read }).await?;
        lease::refuse_others(&transaction, database).await?;
        let error = |doing, place: &str, fault: Fault| fault.into_error(doing, place);
        let value = run(&Side { link: &transaction, place: place.clone(), error }).await?;
        if is_written {
            schema::count_on(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(value)
    };
    runtime.block_on(call).map_err(|fault: Fault| fault.into_error("copy the state", place))
}

/// Its connections are closed; what had not been committed is undone.
impl Drop for PostgresState {
    fn drop(&mut self) {
        let database = Arc::clone(&self.database);
        let (told, heard) = std::sync::mpsc::channel();
        let leave = self.spawn(async move {
            let _ = told.send(database.leave().await.is_ok());
        });
        if leave.is_ok() {
            let _ = heard.recv_timeout(LEAVE_WITHIN);
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What nobody waits for any more is broken off, which closes its connection and undoes its transaction.
struct Abandoned<T>(JoinHandle<T>);

impl<T> Drop for Abandoned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A call, in a transaction of its own. What is written of an outlet is refused once another process has it.
macro_rules! in_transaction {
    ($self:ident, write of $outlet:ident, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        let database = Arc::clone(&$self.database);
        let call = async move {
            let transaction = database.begin_of(&$outlet).await?;
            let ($link, $scope) = (&transaction, &database.scope);
            let answer = $call.await?;
            transaction.commit().await?;
            Ok(answer)
        };
        $self.call($doing, call).await
    }};
    ($self:ident, write of $outlet:ident from $files:ident, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        let database = Arc::clone(&$self.database);
        let call = async move {
            let transaction = database.begin_of(&$outlet).await?;
            if let Some(files) = &$files {
                database.note_files(&transaction, &$outlet, files).await?;
            }
            let ($link, $scope) = (&transaction, &database.scope);
            let answer = $call.await?;
            transaction.commit().await?;
            Ok(answer)
        };
        $self.call($doing, call).await
    }};
    ($self:ident, write rollout of $files:ident, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        let database = Arc::clone(&$self.database);
        let call = async move {
            let transaction = database.pool.begin(Kind::Write).await?;
            let ($link, $scope) = (&transaction, &database.scope);
            if let Some(stored) = sql::rollout($link, $scope).await?
                && database.are_older(&transaction, &$files, &stored.files).await?
            {
                transaction.commit().await?;
                return Ok(RolloutMoved { row: Some(stored), ..RolloutMoved::default() });
            }
            let answer = $call.await?;
            transaction.commit().await?;
            Ok(answer)
        };
        $self.call($doing, call).await
    }};
    ($self:ident, write of_push $push:ident, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        let database = Arc::clone(&$self.database);
        let call = async move {
            let transaction = database.pool.begin(Kind::Write).await?;
            let ($link, $scope) = (&transaction, &database.scope);
            if let Some(outlet) = sql::outlet_of_push($link, $scope, $push).await? {
                database.check(&transaction, &outlet).await?;
            }
            let answer = $call.await?;
            transaction.commit().await?;
            Ok(answer)
        };
        $self.call($doing, call).await
    }};
    ($self:ident, $kind:ident, $doing:expr, ($link:ident, $scope:ident) => $call:expr) => {{
        let database = Arc::clone(&$self.database);
        let call = async move {
            let transaction = database.pool.begin(in_transaction!(kind $kind)).await?;
            let ($link, $scope) = (&transaction, &database.scope);
            let answer = $call.await?;
            transaction.commit().await?;
            Ok(answer)
        };
        $self.call($doing, call).await
    }};
    (kind read) => { Kind::Read };
    (kind write) => { Kind::Write };
}

sql::state_calls!(PostgresState, in_transaction);

impl PostgresState {
    async fn recall_with_orphans(&self, outlet: String, now: Timestamp) -> Result<OutletMemory, StateError> {
        let database = Arc::clone(&self.database);
        let call = async move {
            let transaction = database.pool.begin(Kind::Read).await?;
            let mut recalled = sql::recall(&transaction, &database.scope, &outlet, now).await?;
            database.mark_orphans(&transaction, recalled.pending.as_mut_slice()).await?;
            if let Some(pending) = recalled.pending.as_mut().filter(|pending| pending.sent_at.is_some()) {
                pending.sent_at = database.left_at(&transaction, pending.id, now).await?;
            }
            transaction.commit().await?;
            Ok(recalled)
        };
        self.call("read what is stored of an outlet", call).await
    }

    async fn overview_with_orphans(&self, now: Timestamp) -> Result<Overview, StateError> {
        let database = Arc::clone(&self.database);
        let call = async move {
            let transaction = database.pool.begin(Kind::Read).await?;
            let mut overview = sql::overview(&transaction, &database.scope, now).await?;
            database.mark_orphans(&transaction, &mut overview.last_pushes).await?;
            transaction.commit().await?;
            Ok(overview)
        };
        self.call("read the outlets", call).await
    }

    fn is_shared_here(&self) -> bool {
        true
    }

    async fn meet_here(&self, files: String) -> Result<Option<Members>, StateError> {
        let database = Arc::clone(&self.database);
        let doing = "say that this process passes over outlets";
        self.call(doing, async move { database.meet(&files).await.map(Some) }).await
    }

    async fn pass_on_here(&self, outlet: String, hint: String, request_id: Option<Uuid>) -> Result<(), StateError> {
        let database = Arc::clone(&self.database);
        let doing = "pass an event on";
        self.call(doing, async move { database.pass_on(&outlet, &hint, request_id).await }).await
    }

    async fn leave_here(&self) -> Result<(), StateError> {
        let database = Arc::clone(&self.database);
        self.call("say that this process ends", async move { database.leave().await }).await
    }

    async fn hold_here(&self, outlet: String) -> Result<Hold, LockError> {
        let lock = lock_outlet(&self.database.dir, &outlet).await?;
        let runtime = self.runtime.as_ref().ok_or_else(|| self.silent())?.handle().clone();
        let mut pauses = GIVEN_BACK_WITHIN.into_iter();
        loop {
            let (database, runtime, of) = (Arc::clone(&self.database), runtime.clone(), outlet.clone());
            let taken = self.call("take an outlet", async move { database.take(&of, &runtime).await }).await?;
            let Taken { by, until } = match taken {
                Ok(lease) => return Ok(Hold::leased(lease, lock)),
                Err(taken) => taken,
            };
            let Some(pause) = pauses.next() else {
                return Err(LockError::Leased { what: format!("outlet {outlet}"), by, until });
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn before_call_here(&self, outlet: String, lasts: Duration) -> Result<(), StateError> {
        let database = Arc::clone(&self.database);
        self.call("let a call leave", async move { database.before_call(&outlet, lasts).await }).await
    }

    fn call_ended_here(&self, outlet: &str) {
        self.database.process.call_ended(outlet);
    }
}

impl Database {
    /// When a call of a push left, by the clock that says `now`: how long ago that was is known by the clock of the database,
    /// whoever made it. `None`: none has left, so the push was never sent.
    async fn left_at(
        &self,
        transaction: &Transaction,
        push: PushId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Fault> {
        let sql = "
            SELECT greatest(0, (extract(epoch FROM clock_timestamp()) * 1000)::bigint - left_at) AS ago
            FROM pushes WHERE id = ?1 AND left_at IS NOT NULL";
        let row = transaction.first(sql, &[push.into()]).await?;
        let ago = row.map(|mut row| row.number("ago")).transpose()?.map(SignedDuration::from_millis);
        Ok(ago.map(|ago| now.saturating_sub(ago).unwrap_or(Timestamp::MIN)))
    }

    /// Marks the pushes that nobody waits for: nobody works on their outlets.
    async fn mark_orphans(&self, transaction: &Transaction, pushes: &mut [PushRow]) -> Result<(), Fault> {
        if Orphans::of(pushes, |_| true).is_none() {
            return Ok(());
        }
        let in_work = self.outlets_in_work(transaction).await?;
        if let Some(orphans) = Orphans::of(pushes, |push| !in_work.contains(&push.outlet)) {
            orphans.mark(pushes);
        }
        Ok(())
    }
}
