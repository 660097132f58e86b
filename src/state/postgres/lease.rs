//! Who works on an outlet, among all processes that share the database. Only the clock of the database counts. A process is a
//! member as long as it says so every few seconds; what it holds is free once it is dead, but never while a call that it has
//! begun may still last. Every hold has a number of its own (epoch), and what is written of an outlet is written in a
//! transaction that has locked the outlet's row and found this number in it: who has lost an outlet writes nothing any more,
//! however long it stood still.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::runtime::Handle;
use uuid::Uuid;

use super::{
    Database,
    fault::Fault,
    pool::{Kind, Transaction},
};
use crate::{
    platform::process::host_name,
    state::{
        StateError,
        hold::GivenBack,
        members::{Member, Members, PassedOn},
        moment::Moment,
        sql::{BadValue, Link as _, Parameter, Row},
    },
};

/// How often a process says that it is there (our choice).
const HEARTBEAT: Duration = Duration::from_secs(3);

/// It counts as dead once it was not heard of for so long (our choice: its outlets are with others within 15 s).
const LIVES_SECONDS: u64 = 12;

/// Before it begins something, a process was heard of within this time.
const HEARD_WITHIN: Duration = Duration::from_secs(6);

/// So much longer than a call lasts nobody takes its outlet over (our choice): a process may stand still between the answer that
/// it may leave and its first byte.
const CALL_MARGIN: Duration = Duration::from_secs(30);

/// The answer that a call may leave holds for so long, by this machine's clocks.
const ANSWER_HOLDS: Duration = Duration::from_secs(5);

/// So long newer files may take to reach the other daemons before outlets are taken from them (our choice). What is pushed
/// meanwhile is pushed from the newest ones all the same.
const PULLED_WITHIN: &str = "5 s";

/// As many versions of the files are known (our choice: some months of commits).
const KEEP_VERSIONS: u32 = 10_000;

/// What was passed on and seen by nobody is worth nothing after that: looks come anyway.
const HINTS_LAST: &str = "10 minutes";

/// A dead process is remembered for a day, for people.
const REMEMBERED: &str = "1 day";

/// This process.
pub(super) struct Process {
    id: String,
    name: String,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What is held, by outlet.
    held: HashMap<String, Held>,
    /// What is being taken just now.
    taking: BTreeSet<String>,
    /// What was given back and is not known to have been written.
    given_back: BTreeMap<String, GiveBack>,
    /// When the database heard of it last.
    heard: Option<Moment>,
    /// The files that it passes over outlets with, as it has said last.
    files: Option<String>,
    /// The last hint that it has seen.
    hint: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    epoch: i64,
    /// A call has left and its end is not known.
    has_call: bool,
}

#[derive(Debug, Clone, Copy)]
struct GiveBack {
    /// `None`: whichever this process has; whether it was taken is not known.
    epoch: Option<i64>,
    has_call: bool,
}

/// Why an outlet was not had.
pub(super) struct Taken {
    pub(super) by: String,
    pub(super) until: Option<String>,
}

impl Process {
    /// A process has a name of its own each time it starts.
    pub(super) fn new() -> Self {
        let name = format!("{}, process {}", host_name(), std::process::id());
        Self { id: Uuid::new_v4().to_string(), name, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self, outlet: &str) -> Option<Held> {
        self.inner().held.get(outlet).copied()
    }

    /// The call of an outlet is over.
    pub(super) fn call_ended(&self, outlet: &str) {
        if let Some(held) = self.inner().held.get_mut(outlet) {
            held.has_call = false;
        }
    }
}

/// While an outlet is being taken, what is not known of an earlier try is left alone. Where it breaks off, or is given up, the
/// outlet may have been taken all the same: it is given back then.
struct Taking<'p> {
    process: &'p Process,
    outlet: String,
    is_known: bool,
}

impl<'p> Taking<'p> {
    fn begin(process: &'p Process, outlet: &str) -> Self {
        process.inner().taking.insert(outlet.to_owned());
        Self { process, outlet: outlet.to_owned(), is_known: false }
    }
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        let mut inner = self.process.inner();
        inner.taking.remove(&self.outlet);
        if !self.is_known {
            let back = GiveBack { epoch: None, has_call: false };
            inner.given_back.entry(self.outlet.clone()).or_insert(back);
        }
    }
}

/// An outlet that this process holds.
pub(super) struct Lease {
    database: Arc<Database>,
    runtime: Handle,
    outlet: String,
}

impl GivenBack for Lease {}

impl Drop for Lease {
    fn drop(&mut self) {
        {
            let mut inner = self.database.process.inner();
            let Some(Held { epoch, has_call }) = inner.held.remove(&self.outlet) else { return };
            inner.given_back.insert(self.outlet.clone(), GiveBack { epoch: Some(epoch), has_call });
        }
        let database = Arc::clone(&self.database);
        // What fails is tried again with the heartbeat.
        self.runtime.spawn(async move { database.give_back().await });
    }
}

impl Database {
    /// Takes an outlet that nobody has.
    pub(super) async fn take(self: &Arc<Self>, outlet: &str, runtime: &Handle) -> Result<Result<Lease, Taken>, Fault> {
        self.be_heard().await?;
        let mut taking = Taking::begin(&self.process, outlet);
        let taken = self.take_free(outlet).await?;
        taking.is_known = true;
        match taken {
            Ok(epoch) => {
                let mut inner = self.process.inner();
                inner.given_back.remove(outlet);
                inner.held.insert(outlet.to_owned(), Held { epoch, has_call: false });
                let (database, runtime) = (Arc::clone(self), runtime.clone());
                Ok(Ok(Lease { database, runtime, outlet: outlet.to_owned() }))
            }
            Err(taken) => Ok(Err(taken)),
        }
    }

    async fn take_free(&self, outlet: &str) -> Result<Result<i64, Taken>, Fault> {
        let transaction = self.pool.begin(Kind::Write).await?;
        let sql = format!(
            "INSERT INTO leases (platform, outlet, holder, name, epoch, held) VALUES (?1, ?2, ?3, ?4, 1, true)
             ON CONFLICT (platform, outlet) DO UPDATE SET
                 holder = excluded.holder, name = excluded.name, epoch = leases.epoch + 1, held = true, calls_until = NULL
             WHERE (leases.holder = excluded.holder OR NOT {IS_HELD}) AND NOT {HAS_CALL}
             RETURNING epoch"
        );
        let platform = &self.scope.platform;
        let values =
            [platform.into(), outlet.into(), Parameter::from(&self.process.id), Parameter::from(&self.process.name)];
        if let Some(mut taken) = transaction.first(&sql, &values).await? {
            let epoch = taken.number("epoch")?;
            transaction.commit().await?;
            return Ok(Ok(epoch));
        }
        let sql = format!(
            "SELECT name, CASE WHEN {HAS_CALL} THEN to_char(calls_until AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' UTC' END AS until
             FROM leases WHERE platform = ?1 AND outlet = ?2"
        );
        let mut row = transaction
            .first(&sql, &[platform.into(), outlet.into()])
            .await?
            .ok_or_else(|| Fault::Away("the lease of an outlet has gone".to_owned()))?;
        Ok(Err(Taken { by: row.text("name")?, until: row.text_if_any("until")? }))
    }

    /// Begins a transaction that writes of an outlet; nobody takes it over until that has ended.
    pub(super) async fn begin_of(&self, outlet: &str) -> Result<Transaction, Fault> {
        let transaction = self.pool.begin(Kind::Write).await?;
        self.check(&transaction, outlet).await?;
        Ok(transaction)
    }

    /// An error if another process has an outlet, or has had it since it was held here.
    pub(super) async fn check(&self, transaction: &Transaction, outlet: &str) -> Result<(), Fault> {
        let sql = format!(
            "SELECT CASE WHEN holder = ?3 THEN epoch END AS epoch, CASE WHEN {IS_HELD} OR {HAS_CALL} THEN 1::bigint END AS busy,
                    CASE WHEN calls_until IS NOT NULL THEN 1::bigint END AS call
             FROM leases WHERE platform = ?1 AND outlet = ?2 FOR UPDATE"
        );
        let values = [(&self.scope.platform).into(), outlet.into(), Parameter::from(&self.process.id)];
        let mut row = transaction.first(&sql, &values).await?;
        let (epoch, is_busy, has_call) = match &mut row {
            None => (None, false, false),
            Some(row) => {
                let has = |word: Option<i64>| word.is_some();
                (row.number_if_any("epoch")?, has(row.number_if_any("busy")?), has(row.number_if_any("call")?))
            }
        };
        let held = self.process.held(outlet);
        let is_ours = match held {
            Some(held) => epoch == Some(held.epoch),
            // Nothing was read for it: it is enough that nobody works there now.
            None => epoch.is_some() || !is_busy,
        };
        if !is_ours {
            return Err(self.overtaken(outlet).into());
        }
        // Its last call is over, so that nobody has to wait for that.
        if has_call && held.is_some_and(|held| !held.has_call) {
            let sql = "UPDATE leases SET calls_until = NULL WHERE platform = ?1 AND outlet = ?2";
            transaction.execute(sql, &[(&self.scope.platform).into(), outlet.into()]).await?;
        }
        Ok(())
    }

    fn overtaken(&self, outlet: &str) -> StateError {
        StateError::Overtaken { outlet: outlet.to_owned(), place: self.place.clone() }
    }

    /// See [`crate::state::State::before_call`].
    pub(super) async fn before_call(&self, outlet: &str, lasts: Duration) -> Result<(), Fault> {
        let asked = Moment::now();
        let Some(Held { epoch, .. }) = self.process.held(outlet) else { return Err(self.overtaken(outlet).into()) };
        let transaction = self.pool.begin(Kind::Write).await?;
        let sql = format!(
            "UPDATE leases SET calls_until = clock_timestamp() + interval '{} s'
             WHERE platform = ?1 AND outlet = ?2 AND holder = ?3 AND epoch = ?4 AND held",
            (lasts + CALL_MARGIN).as_secs()
        );
        let values =
            [(&self.scope.platform).into(), outlet.into(), Parameter::from(&self.process.id), Parameter::from(epoch)];
        if transaction.execute(&sql, &values).await? == 0 {
            return Err(self.overtaken(outlet).into());
        }
        let sql = "
            UPDATE pushes SET left_at = extract(epoch FROM clock_timestamp()) * 1000
            WHERE platform = ?1 AND outlet = ?2 AND finished_at IS NULL";
        transaction.execute(sql, &[(&self.scope.platform).into(), outlet.into()]).await?;
        transaction.commit().await?;
        let age = asked.age();
        if age > ANSWER_HOLDS {
            let (outlet, place) = (outlet.to_owned(), self.place.clone());
            return Err(StateError::TooLate { outlet, place, seconds: age.as_secs() }.into());
        }
        if let Some(held) = self.process.inner().held.get_mut(outlet) {
            held.has_call = true;
        }
        Ok(())
    }

    /// Outlets that somebody works on now.
    pub(super) async fn outlets_in_work(&self, transaction: &Transaction) -> Result<Vec<String>, Fault> {
        let sql = format!("SELECT outlet FROM leases WHERE platform = ?1 AND ({IS_HELD} OR {HAS_CALL})");
        let rows = transaction.query(&sql, &[(&self.scope.platform).into()]).await?;
        Ok(rows.into_iter().map(|mut row| row.text("outlet")).collect::<Result<_, _>>()?)
    }

    /// Makes sure that the database has heard of this process lately.
    async fn be_heard(&self) -> Result<(), Fault> {
        let is_heard = self.process.inner().heard.is_some_and(|heard| heard.age() < HEARD_WITHIN);
        if is_heard { Ok(()) } else { self.say_alive().await }
    }

    async fn say_alive(&self) -> Result<(), Fault> {
        let said = Moment::now();
        let transaction = self.pool.begin(Kind::Write).await?;
        let sql = format!(
            "INSERT INTO members (id, name, until) VALUES (?1, ?2, clock_timestamp() + interval '{LIVES_SECONDS} s')
             ON CONFLICT (id) DO UPDATE SET until = excluded.until"
        );
        transaction.execute(&sql, &[Parameter::from(&self.process.id), Parameter::from(&self.process.name)]).await?;
        let sql = format!("DELETE FROM members WHERE until < clock_timestamp() - interval '{REMEMBERED}'");
        transaction.execute(&sql, &[]).await?;
        transaction.commit().await?;
        self.process.inner().heard = Some(said);
        Ok(())
    }

    /// Writes that outlets were given back, as far as the database takes it.
    async fn give_back(&self) {
        let all: Vec<_> =
            self.process.inner().given_back.iter().map(|(outlet, back)| (outlet.clone(), *back)).collect();
        for (outlet, back) in all {
            match self.give_one_back(&outlet, back).await {
                Ok(()) => {
                    let mut inner = self.process.inner();
                    if inner.given_back.get(&outlet).is_some_and(|later| later.epoch == back.epoch) {
                        inner.given_back.remove(&outlet);
                    }
                }
                Err(fault) => {
                    let error = fault.into_error("give an outlet back", &self.place);
                    tracing::debug!(outlet, error = %error, "cannot give an outlet back yet");
                    return;
                }
            }
        }
    }

    async fn give_one_back(&self, outlet: &str, GiveBack { epoch, has_call }: GiveBack) -> Result<(), Fault> {
        let transaction = self.pool.begin(Kind::Write).await?;
        let key = [(&self.scope.platform).into(), outlet.into(), Parameter::from(&self.process.id)];
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => {
                let sql = "SELECT epoch FROM leases WHERE platform = ?1 AND outlet = ?2 AND holder = ?3 FOR UPDATE";
                let row = transaction.first(sql, &key).await?.map(|mut row| row.number("epoch")).transpose()?;
                // Nor what is being taken again: that would be given back instead.
                let is_wanted = {
                    let inner = self.process.inner();
                    inner.held.contains_key(outlet) || inner.taking.contains(outlet)
                };
                match row.filter(|_| !is_wanted) {
                    Some(epoch) => epoch,
                    None => return Ok(()),
                }
            }
        };
        let calls = if has_call { "calls_until" } else { "NULL" };
        let sql = format!(
            "UPDATE leases SET held = false, calls_until = {calls}
             WHERE platform = ?1 AND outlet = ?2 AND holder = ?3 AND epoch = ?4"
        );
        let [platform, outlet, holder] = key;
        transaction.execute(&sql, &[platform, outlet, holder, epoch.into()]).await?;
        transaction.commit().await
    }

    /// This process holds nothing any more and is not waited for.
    pub(super) async fn leave(&self) -> Result<(), Fault> {
        if self.process.inner().heard.is_none() {
            return Ok(());
        }
        // Before the rest: a call that is noted as under way would hold others up although it is over.
        self.give_back().await;
        let transaction = self.pool.begin(Kind::Write).await?;
        transaction.execute("DELETE FROM members WHERE id = ?1", &[Parameter::from(&self.process.id)]).await?;
        transaction.commit().await?;
        // It says no more that it is there, unless it takes something again.
        self.process.inner().heard = None;
        Ok(())
    }
}

/// Says that this process is there, for as long as it uses the database and holds or has held anything.
pub(super) async fn stay_alive(database: Weak<Database>) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let Some(database) = database.upgrade() else { return };
        if database.process.inner().heard.is_none() {
            continue;
        }
        if let Err(fault) = database.say_alive().await {
            let error = fault.into_error("say that this process is there", &database.place);
            tracing::debug!(error = %error, "the database has not heard of this process");
        }
        database.give_back().await;
    }
}

impl Database {
    /// See [`crate::state::State::meet`].
    pub(super) async fn meet(&self, files: &str) -> Result<Members, Fault> {
        let asked = Moment::now();
        let before = self.process.inner().files.clone();
        let transaction = self.pool.begin(Kind::Write).await?;
        let platform = &self.scope.platform;
        if before.as_deref() != Some(files) {
            self.number_files(&transaction, before.as_deref(), files).await?;
        }
        let sql = format!(
            "INSERT INTO members (id, name, until, platform, files)
             VALUES (?1, ?2, clock_timestamp() + interval '{LIVES_SECONDS} s', ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET until = excluded.until, platform = excluded.platform, files = excluded.files"
        );
        let (id, name) = (Parameter::from(&self.process.id), Parameter::from(&self.process.name));
        transaction.execute(&sql, &[id, name, platform.into(), files.into()]).await?;
        let sql = format!(
            "SELECT id, name, coalesce(number, 0) AS number,
                   CASE WHEN came_up > clock_timestamp() - interval '{PULLED_WITHIN}' THEN 1::bigint END AS just_now
            FROM members
            LEFT JOIN file_versions ON file_versions.platform = members.platform AND file_versions.files = members.files
            WHERE members.platform = ?1 AND members.files IS NOT NULL AND until > clock_timestamp()"
        );
        let rows = transaction.query(&sql, &[platform.into()]).await?.into_iter();
        let member = |mut row: Row| {
            let is_just_now = row.number_if_any("just_now")?.is_some();
            Ok::<_, BadValue>((row.text("id")?, row.text("name")?, row.number("number")?, is_just_now))
        };
        let live = rows.map(member).collect::<Result<Vec<_>, _>>()?;
        let seen = self.process.inner().hint;
        let (hints, last) = self.hints_since(&transaction, seen).await?;
        transaction.commit().await?;
        {
            let mut inner = self.process.inner();
            inner.hint = Some(last);
            (inner.heard, inner.files) = (Some(asked), Some(files.to_owned()));
        }
        // Newer files that came up just now may be on their way to the others as well.
        let newest = live.iter().filter(|(.., is_just_now)| !is_just_now).map(|(_, _, number, _)| *number).max();
        let is_current = |number: i64| newest.is_none_or(|newest| number >= newest);
        let live = live.into_iter().map(|(id, name, number, _)| Member { id, name, is_current: is_current(number) });
        let lives = Duration::from_secs(LIVES_SECONDS);
        Ok(Members::new(self.process.id.clone(), live.collect(), hints, (asked, lives)))
    }

    /// What was passed on after the hint of this number, and the number of the last one. Who asks first has missed nothing.
    async fn hints_since(&self, transaction: &Transaction, seen: Option<i64>) -> Result<(Vec<PassedOn>, i64), Fault> {
        let Some(seen) = seen else {
            let row = transaction.first("SELECT coalesce(max(id), 0) AS last FROM hints", &[]).await?;
            return Ok((Vec::new(), row.map(|mut row| row.number("last")).transpose()?.unwrap_or_default()));
        };
        let sql = "SELECT id, outlet, hint, request_id FROM hints WHERE id > ?1 AND platform = ?2 ORDER BY id";
        let (mut hints, mut last) = (Vec::new(), seen);
        for mut row in transaction.query(sql, &[seen.into(), (&self.scope.platform).into()]).await? {
            last = row.number("id")?;
            let request_id = row.text_if_any("request_id")?.and_then(|id| id.parse().ok());
            hints.push(PassedOn { outlet: row.text("outlet")?, hint: row.text("hint")?, request_id });
        }
        Ok((hints, last))
    }

    /// See [`crate::state::State::pass_on`].
    pub(super) async fn pass_on(&self, outlet: &str, hint: &str, request_id: Option<Uuid>) -> Result<(), Fault> {
        let transaction = self.pool.begin(Kind::Write).await?;
        // In the order of their numbers, so that none is passed over by who has seen a later one.
        transaction.lock_for("hints", &self.scope.platform).await?;
        let sql = format!("DELETE FROM hints WHERE at < clock_timestamp() - interval '{HINTS_LAST}'");
        transaction.execute(&sql, &[]).await?;
        let sql = "
            INSERT INTO hints (platform, outlet, hint, request_id, at) VALUES (?1, ?2, ?3, ?4, clock_timestamp())";
        let request_id = request_id.map(|id| id.to_string());
        let values = [(&self.scope.platform).into(), outlet.into(), hint.into(), (&request_id).into()];
        transaction.execute(sql, &values).await?;
        transaction.commit().await
    }

    /// An error if an outlet was pushed from newer files; else these are the ones that it was pushed from last.
    pub(super) async fn note_files(&self, transaction: &Transaction, outlet: &str, files: &str) -> Result<(), Fault> {
        let number = self.number_files(transaction, None, files).await?;
        let sql = "
            INSERT INTO leases (platform, outlet, holder, name, epoch, held, pushed_with, pushed_by)
            VALUES (?1, ?2, ?3, ?4, 0, false, ?5, ?4)
            ON CONFLICT (platform, outlet) DO UPDATE SET pushed_with = excluded.pushed_with, pushed_by = excluded.pushed_by
            WHERE coalesce(leases.pushed_with, 0) <= excluded.pushed_with";
        let (platform, outlet_id) = (Parameter::from(&self.scope.platform), Parameter::from(outlet));
        let (id, name) = (Parameter::from(&self.process.id), Parameter::from(&self.process.name));
        let values = [platform.clone(), outlet_id.clone(), id, name, number.into()];
        if transaction.execute(sql, &values).await? == 1 {
            return Ok(());
        }
        let sql = "SELECT pushed_by FROM leases WHERE platform = ?1 AND outlet = ?2";
        let mut row = transaction.first(sql, &[platform, outlet_id]).await?;
        let by = row.as_mut().map(|row| row.text_if_any("pushed_by")).transpose()?.flatten();
        Err(StateError::OlderFiles { outlet: outlet.to_owned(), by }.into())
    }

    /// Whether these files are older than others.
    pub(super) async fn are_older(&self, transaction: &Transaction, files: &str, others: &str) -> Result<bool, Fault> {
        let number = self.number_files(transaction, None, files).await?;
        Ok(self.number_of(transaction, others).await?.is_some_and(|others| number < others))
    }

    async fn number_of(&self, transaction: &Transaction, files: &str) -> Result<Option<i64>, Fault> {
        let sql = "SELECT number FROM file_versions WHERE platform = ?1 AND files = ?2";
        let row = transaction.first(sql, &[(&self.scope.platform).into(), files.into()]).await?;
        Ok(row.map(|mut row| row.number("number")).transpose()?)
    }

    /// Files have numbers in the order in which they came up. Who has moved on to files that were there before has moved on
    /// all the same: they are the newest then.
    async fn number_files(&self, transaction: &Transaction, before: Option<&str>, files: &str) -> Result<i64, Fault> {
        let number = self.number_of(transaction, files).await?;
        let number_before = match before {
            Some(before) => self.number_of(transaction, before).await?,
            None => None,
        };
        if let Some(number) = number.filter(|number| number_before.is_none_or(|before| before <= *number)) {
            return Ok(number);
        }
        transaction.lock_for("file_versions", &self.scope.platform).await?;
        let platform = &self.scope.platform;
        let sql = format!(
            "DELETE FROM file_versions WHERE platform = ?1 AND number <= (
                SELECT max(number) - {KEEP_VERSIONS} FROM file_versions WHERE platform = ?1)"
        );
        transaction.execute(&sql, &[platform.into()]).await?;
        let sql = "
            INSERT INTO file_versions (platform, files, number, came_up)
            VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM file_versions WHERE platform = ?1), clock_timestamp())
            ON CONFLICT (platform, files) DO UPDATE SET number = excluded.number, came_up = excluded.came_up
            RETURNING number";
        let row = transaction.first(sql, &[platform.into(), files.into()]).await?;
        let number = row.map(|mut row| row.number("number")).transpose()?;
        number.ok_or_else(|| Fault::Away("the number of the files has gone".to_owned()))
    }
}

/// An error if any other process uses the database.
pub(super) async fn refuse_others(transaction: &Transaction, database: &Database) -> Result<(), Fault> {
    let sql = "SELECT name FROM members WHERE id <> ?1 AND until > clock_timestamp() LIMIT 1";
    match transaction.first(sql, &[Parameter::from(&database.process.id)]).await? {
        Some(mut row) => Err(StateError::InUse { place: database.place.clone(), by: row.text("name")? }.into()),
        None => Ok(()),
    }
}

/// The holder of a lease has not given it back, and lives.
const IS_HELD: &str = "(leases.held AND EXISTS (
    SELECT 1 FROM members WHERE members.id = leases.holder AND members.until > clock_timestamp()))";

/// A call may be under way there, whoever has made it.
const HAS_CALL: &str = "(leases.calls_until IS NOT NULL AND leases.calls_until > clock_timestamp())";
