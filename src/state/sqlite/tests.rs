//! What is special about SQLite: its file, its versions, its damage, who else has it open. What any backend keeps is in
//! `state/contract.rs`.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::{fs, os::unix::fs::PermissionsExt, path::Path, pin::Pin, task::Poll, time::Instant};

use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::state::{
    LockError, State, lock_daemon,
    sql::MOST_MARKS,
    testing::{at, base, push, status},
    try_lock_outlet,
};

impl Store {
    fn outlet(&self, outlet: &str) -> Result<Option<OutletRow>, StateError> {
        self.read_call("test", async |link, scope| sql::outlet(link, scope, outlet).await)
    }

    fn history(&self, outlet: &str) -> Result<Vec<(PushRow, Option<String>)>, StateError> {
        self.read_call("test", async |link, scope| sql::history(link, scope, outlet).await)
    }

    fn pending_push(&self, outlet: &str) -> Result<Option<PushRow>, StateError> {
        self.read_call("test", async |link, scope| sql::pending_push(link, scope, outlet).await)
    }

    fn platforms(&self) -> Result<Vec<(String, u64)>, StateError> {
        self.read_call("test", async |link, scope| sql::platforms(link, scope).await)
    }

    fn update_outlet(&mut self, outlet: &str, update: &OutletUpdate, at: Timestamp) -> Result<(), StateError> {
        self.write_call("test", async |link, scope| sql::update_outlet(link, scope, outlet, update, at).await)
    }

    fn begin_push(&mut self, push: &NewPush) -> Result<PushId, StateError> {
        let begun = self.write_call("test", async |link, scope| sql::begin_push(link, scope, push).await)?;
        begun.ok_or_else(|| StateError::Unfinished { outlet: push.outlet.clone() })
    }

    fn record_push_step(&mut self, push: PushId, step: &PushStep, at: Timestamp) -> Result<bool, StateError> {
        self.write_call("test", async |link, scope| sql::record_push_step(link, scope, push, step, at).await)
    }

    fn take_event(&mut self, marks: &[String], at: Timestamp) -> Result<bool, StateError> {
        self.write_call("test", async |link, scope| sql::take_event(link, scope, marks, None, at).await)
    }

    fn check_writable(&mut self) -> Result<(), StateError> {
        self.write_call("test", async |link, scope| sql::check_writable(link, scope).await)
    }
}

fn scope() -> Scope {
    Scope { platform: "https://api.gobiz.co.id".to_owned(), root: "/srv/menus".to_owned() }
}

fn open(dir: &Path) -> Result<Store, StateError> {
    Store::open(dir, &scope())
}

fn open_read_only(dir: &Path) -> Result<Option<Store>, StateError> {
    Store::open_read_only(dir, &scope())
}

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    (dir, store)
}

fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join("menusync.sqlite3")).unwrap()
}

#[test]
fn a_new_state_directory_is_its_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("deep/state");
    let store = open(&dir).unwrap();
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(store.overview(at(0)).unwrap().outlets.is_empty());
}

#[test]
fn many_may_make_the_state_at_once() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for outlet in ["G1", "G2", "G3", "G4"] {
                let dir = dir.path();
                scope.spawn(move || open(dir).unwrap().update_outlet(outlet, &base("{}"), at(1)).unwrap());
            }
        });
        assert_eq!(open(dir.path()).unwrap().overview(at(1)).unwrap().outlets.len(), 4);
    }
}

#[test]
fn acknowledged_writes_survive_a_process_that_never_closes() {
    let (dir, mut store) = store();
    store.update_outlet("G1", &base("{}"), at(1)).unwrap();
    let copy = tempfile::tempdir().unwrap();
    // What is on disk now is all that a killed process leaves behind.
    for name in ["menusync.sqlite3", "menusync.sqlite3-wal"] {
        fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    std::mem::forget(store);
    let left = open(copy.path()).unwrap();
    assert_eq!(left.outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
}

#[test]
fn reading_nothing_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(open_read_only(dir.path()).unwrap().is_none());
    assert!(open_read_only(&dir.path().join("absent")).unwrap().is_none());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_beside_a_writer_sees_each_write_and_cannot_write() {
    let (dir, mut writer) = store();
    let mut reader = open_read_only(dir.path()).unwrap().unwrap();
    for state in ["pushing", "in_sync"] {
        writer.update_outlet("G1", &status(state), at(1)).unwrap();
        assert_eq!(reader.outlet("G1").unwrap().unwrap().state.as_deref(), Some(state));
    }
    let error = reader.update_outlet("G1", &status("failed"), at(2)).unwrap_err();
    assert!(matches!(error, StateError::Failed { .. }), "{error:?}");
}

#[test]
fn a_lock_held_by_another_is_waited_for_once_and_reading_goes_on() {
    let (dir, mut store) = store();
    let other = raw(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    for _ in 0..50 {
        let error = store.update_outlet("G1", &status("in_sync"), at(1)).unwrap_err();
        assert!(matches!(error, StateError::Busy { .. }), "{error:?}");
        store.recall("G1", at(1)).unwrap();
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "those behind the first one do not wait");
    other.execute_batch("COMMIT").unwrap();
    store.update_outlet("G1", &status("in_sync"), at(1)).unwrap();
}

#[test]
fn a_state_of_a_later_release_is_refused_and_left_alone() {
    let (dir, store) = store();
    drop(store);
    raw(dir.path()).pragma_update(None, "user_version", 99).unwrap();
    for error in [open(dir.path()).unwrap_err(), open_read_only(dir.path()).unwrap_err()] {
        assert!(matches!(error, StateError::Newer { found: 99, known: 8, .. }), "{error:?}");
        assert!(error.to_string().contains("has version 99"), "{error}");
    }
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("menusync.sqlite3");
    let text = "menus: []\n".repeat(500);
    fs::write(&file, &text).unwrap();
    for error in [open(dir.path()).unwrap_err(), open_read_only(dir.path()).unwrap_err()] {
        assert!(matches!(error, StateError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_truncated_database_is_damaged() {
    let (dir, mut store) = store();
    store.update_outlet("G1", &base(&"x".repeat(100_000)), at(1)).unwrap();
    drop(store);
    let file = fs::OpenOptions::new().write(true).open(dir.path().join("menusync.sqlite3")).unwrap();
    file.set_len(20_000).unwrap();
    let error = open(dir.path()).and_then(|store| store.outlet("G1")).unwrap_err();
    assert!(matches!(error, StateError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_value_this_program_never_writes_is_damage() {
    let (dir, mut store) = store();
    store.update_outlet("G1", &status("held"), at(1)).unwrap();
    assert!(!is_damaged(dir.path()).unwrap());
    raw(dir.path()).execute("UPDATE outlets SET since = 'yesterday'", []).unwrap();
    assert!(matches!(store.outlet("G1").unwrap_err(), StateError::Corrupt { .. }));
    assert!(is_damaged(dir.path()).unwrap(), "sound pages are not enough");
}

#[test]
fn a_step_of_a_push_is_stored_as_a_whole_or_not_at_all() {
    let (dir, mut store) = store();
    let id = store.begin_push(&push("G1")).unwrap();
    raw(dir.path())
        .execute_batch("CREATE TRIGGER t BEFORE INSERT ON outlets BEGIN SELECT raise(ABORT, 'disk is full'); END")
        .unwrap();
    let end = Some((crate::state::PushOutcome::Published, None));
    let step = PushStep { end, outlet_update: base("{}"), ..PushStep::default() };
    store.record_push_step(id, &step, at(1)).unwrap_err();
    assert_eq!(store.pending_push("G1").unwrap().map(|row| row.id), Some(id));
    raw(dir.path()).execute_batch("DROP TRIGGER t").unwrap();
    store.record_push_step(id, &step, at(1)).unwrap();
    assert_eq!(store.pending_push("G1").unwrap(), None);
    assert_eq!(store.outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
}

#[test]
fn not_more_than_some_marks_of_events_are_kept() {
    let (_dir, mut store) = store();
    let many: Vec<String> = (0..=MOST_MARKS).map(|n| n.to_string()).collect();
    assert!(store.take_event(&many, at(0)).unwrap());
    assert!(store.take_event(&["new".to_owned()], at(0)).unwrap());
    let count = store.read("count", |c, _| c.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)));
    assert_eq!(count.unwrap(), MOST_MARKS + 1);
    assert!(!store.take_event(&[MOST_MARKS.to_string()], at(0)).unwrap(), "the newest are kept");
}

// ── space ──

/// About what 200 dishes with hours take as JSON.
fn large_menu(price: u32) -> String {
    let item = |n: u32| {
        let span = r#"{"start":"10:00","end":"22:00"}"#;
        format!(
            r#"{{"external_id":"ITEM-{n}","name":"Nasi Goreng {n}","price":{price},"hours":[{}]}}"#,
            [span; 28].join(",")
        )
    };
    format!("[{}]", (0..200).map(item).collect::<Vec<_>>().join(","))
}

#[test]
fn long_texts_are_stored_compressed_and_read_as_they_were() {
    let (dir, mut store) = store();
    let menu = large_menu(15_000);
    assert!(menu.len() > 150_000);
    let update = OutletUpdate { memory: Some(menu.clone()), ..base(&menu) };
    store.update_outlet("G1", &update, at(1)).unwrap();
    let plan = NewPush { plan: menu.clone(), ..push("G1") };
    store.begin_push(&plan).unwrap();
    let recalled = store.recall("G1", at(2)).unwrap();
    assert_eq!((recalled.base.as_ref(), recalled.memory.as_ref()), (Some(&menu), Some(&menu)));
    assert_eq!(recalled.pending.unwrap().plan, menu);
    drop(store);
    let file = fs::metadata(dir.path().join("menusync.sqlite3")).unwrap();
    assert!(file.len() < 250_000, "{} bytes", file.len());
}

#[test]
fn space_that_is_not_used_any_more_is_given_back() {
    let (dir, mut store) = store();
    let noise = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..2_000_000).map(|_| random.alphanumeric()).collect::<String>()
    };
    for number in 0..10 {
        store.update_outlet(&format!("G{number}"), &base(&noise(number)), at(1)).unwrap();
    }
    let size = || fs::metadata(dir.path().join("menusync.sqlite3")).unwrap().len();
    let checkpoint = || raw(dir.path()).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    checkpoint();
    let full = size();
    (0..10).for_each(|number| store.update_outlet(&format!("G{number}"), &base("{}"), at(2)).unwrap());
    for _ in 0..20 {
        let id = store.begin_push(&push("G1")).unwrap();
        let end = Some((crate::state::PushOutcome::Published, None));
        store.record_push_step(id, &PushStep { end, ..PushStep::default() }, at(3)).unwrap();
        store.vacuum_free_pages();
    }
    checkpoint();
    assert!(size() < full / 2, "{} of {full} bytes", size());
}

// ── states of earlier releases ──

/// A state of release 0.1.0 (version 3), with one outlet, one push that ended with `error`, pins and a pause.
fn of_release_0_1(dir: &Path, error: Option<&str>) {
    let old = raw(dir);
    for step in [include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")] {
        old.execute_batch(step).unwrap();
    }
    old.pragma_update(None, "user_version", 3).unwrap();
    old.execute_batch(
        "INSERT INTO outlets (id, base, state) VALUES ('G1', '{}', 'in_sync');
         INSERT INTO pins VALUES ('G1', '[1]');
         INSERT INTO pauses VALUES ('G1', '2026-06-01T00:00:00Z', NULL);
         INSERT INTO memories VALUES ('G1', '{}');",
    )
    .unwrap();
    old.execute(
        "INSERT INTO pushes (number, outlet, request_id, kind, digest, tool, prepared_at, finished_at, outcome, error, plan)
         VALUES (1, 'G1', ?1, 'put', '', '0', '2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z', 'failed', ?2, '')",
        (Uuid::from_u128(7).to_string(), error),
    )
    .unwrap();
}

#[test]
fn a_state_of_release_0_1_belongs_to_the_platform_of_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    of_release_0_1(dir.path(), Some("PUT https://api.gobiz.co.id/integrations/gofood/outlets/G1/v1/catalog: 500"));
    assert!(matches!(open_read_only(dir.path()), Err(StateError::Older { found: 3, .. })));
    let store = open(dir.path()).unwrap();
    let memory = store.recall("G1", at(0)).unwrap();
    assert_eq!((memory.base.as_deref(), memory.pins.as_deref()), (Some("{}"), Some("[1]")));
    assert!(memory.pause.is_some() && memory.memory.is_some());
    assert_eq!(store.history("G1").unwrap()[0].0.number, 1);
    let sandbox = Scope { platform: "https://api.partner-sandbox.gobiz.co.id".to_owned(), ..scope() };
    let other = Store::open(dir.path(), &sandbox).unwrap();
    assert_eq!(other.recall("G1", at(0)).unwrap(), OutletMemory::default(), "it was taken over once");
    assert_eq!(store.overview(at(0)).unwrap().of_root().count(), 0, "no root has claimed it yet");
}

#[test]
fn a_state_that_speaks_of_another_platform_is_kept_and_used_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    of_release_0_1(dir.path(), Some("PUT http://127.0.0.1:8088/integrations/gofood/outlets/G1/v1/catalog: 500"));
    let store = open(dir.path()).unwrap();
    assert_eq!(store.recall("G1", at(0)).unwrap(), OutletMemory::default());
    assert_eq!(store.platforms().unwrap(), [(String::new(), 1)]);
}

#[test]
fn a_state_of_the_very_first_release_is_brought_up_to_date_and_keeps_what_it_knows() {
    let dir = tempfile::tempdir().unwrap();
    let first = raw(dir.path());
    first.execute_batch(include_str!("schema_1.sql")).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    first.execute("INSERT INTO outlets (id, base) VALUES ('G1', '{}')", []).unwrap();
    for (n, outlet) in ["G1", "G2", "G1"].into_iter().enumerate() {
        let sql = "INSERT INTO pushes (outlet, request_id, kind, digest, tool, prepared_at, plan)
                   VALUES (?1, ?2, 'put', '', '0', '2026-06-01T00:00:00Z', '{}')";
        first.execute(sql, (outlet, Uuid::from_u128(n as u128).to_string())).unwrap();
    }
    drop(first);
    let store = open(dir.path()).unwrap();
    assert_eq!(store.outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
    let numbers: Vec<i64> = store.history("G1").unwrap().iter().map(|(row, _)| row.number).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(store.history("G2").unwrap()[0].1, None, "what it changed was not recorded");
}

#[test]
fn a_state_that_all_roots_shared_is_taken_over_once_and_put_aside() {
    let parent = tempfile::tempdir().unwrap();
    let (shared, own) = (parent.path().join("shared"), parent.path().join("shared/menus-1"));
    fs::create_dir(&shared).unwrap();
    assert!(!adopt_shared(&shared, &own).unwrap(), "there is none");
    of_release_0_1(&shared, None);
    assert!(adopt_shared(&shared, &own).unwrap());
    assert!(open(&own).unwrap().recall("G1", at(0)).unwrap().base.is_some());
    let names = |dir: &Path| {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("menusync.sqlite3")).collect::<Vec<_>>()
    };
    assert_eq!(names(&own), ["menusync.sqlite3"]);
    assert_eq!(names(&shared), ["menusync.sqlite3.taken-over"]);
    fs::remove_dir_all(&own).unwrap();
    assert!(!adopt_shared(&shared, &own).unwrap(), "what is months old is not taken for current");
}

#[test]
fn a_state_of_a_later_release_or_a_damaged_one_is_not_taken_over() {
    let parent = tempfile::tempdir().unwrap();
    let (shared, own) = (parent.path().join("shared"), parent.path().join("own"));
    fs::create_dir(&shared).unwrap();
    of_release_0_1(&shared, None);
    raw(&shared).pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(adopt_shared(&shared, &own), Err(StateError::Newer { found: 99, .. })));
    fs::write(shared.join("menusync.sqlite3"), "no database\n".repeat(500)).unwrap();
    assert!(matches!(adopt_shared(&shared, &own), Err(StateError::Corrupt { .. })));
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
}

// ── places that cannot be written to ──

#[test]
fn a_directory_that_cannot_be_written_to_is_read_as_it_lies() {
    let (dir, mut store) = store();
    store.update_outlet("G1", &base("{}"), at(1)).unwrap();
    drop(store);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let can_write_anyway = tempfile::tempfile_in(dir.path()).is_ok();
    let read = open_read_only(dir.path());
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    // The owner of the machine may write everywhere: then there is nothing to see here.
    if !can_write_anyway {
        assert_eq!(read.unwrap().unwrap().outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
    }
}

// ── locks ──

#[test]
fn one_daemon_per_state_directory() {
    let dir = tempfile::tempdir().unwrap();
    let lock = lock_daemon(dir.path()).unwrap();
    let error = lock_daemon(dir.path()).unwrap_err();
    assert!(matches!(error, LockError::Held { pid: Some(pid), .. } if pid == std::process::id()), "{error:?}");
    drop(lock);
    let _again = lock_daemon(dir.path()).unwrap();
}

#[test]
fn outlets_are_locked_one_by_one_and_beside_the_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let _daemon = lock_daemon(dir.path()).unwrap();
    let one = try_lock_outlet(dir.path(), "G1").unwrap();
    let _two = try_lock_outlet(dir.path(), "G2").unwrap();
    assert!(try_lock_outlet(dir.path(), "G1").unwrap_err().to_string().starts_with("outlet G1 is locked by"));
    drop(one);
    let _again = try_lock_outlet(dir.path(), "G1").unwrap();
}

#[test]
fn no_outlet_id_leaves_the_directory_of_locks() {
    let dir = tempfile::tempdir().unwrap();
    let endless = "x".repeat(5000);
    let _locks: Vec<_> = ["../../daemon", "", ".", "G 1", "Gé", &endless]
        .map(|id| try_lock_outlet(dir.path(), id).unwrap_or_else(|e| panic!("{id}: {e}")))
        .into();
    assert_eq!(fs::read_dir(dir.path().join("locks")).unwrap().count(), 6);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_gone_or_replaced_is_not_written_to_any_more() {
    let (dir, mut store) = store();
    store.update_outlet("G1", &base("{}"), at(1)).unwrap();
    let (file, aside) = (dir.path().join("menusync.sqlite3"), dir.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    for replace in [false, true] {
        if replace {
            fs::copy(&aside, &file).unwrap();
        }
        let refused = store.begin_push(&push("G1")).unwrap_err();
        assert!(matches!(refused, StateError::Replaced { .. }), "{refused:?}");
        assert!(matches!(store.check_writable(), Err(StateError::Replaced { .. })));
    }
    fs::rename(&aside, &file).unwrap();
    store.begin_push(&push("G1")).unwrap();
}

// ── the thread ──

#[tokio::test]
async fn a_call_that_panics_breaks_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let state = SqliteState::on_thread(dir.path(), open(dir.path()).unwrap()).unwrap();
    let broken = state.call(|_| -> Result<(), StateError> { panic!("a fault that the test asks for") }).await;
    assert!(matches!(broken, Err(StateError::Silent { .. })), "{broken:?}");
    state.check_writable().await.unwrap();
}

#[tokio::test]
async fn a_state_that_is_closed_leaves_no_log_behind() {
    let dir = tempfile::tempdir().unwrap();
    let state = SqliteState::open(dir.path(), &scope()).unwrap();
    state.check_writable().await.unwrap();
    drop(state);
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["menusync.sqlite3"]);
}

/// A write that has changed something, and is committed as soon as it is let go.
struct Writing<'s> {
    call: Pin<Box<dyn Future<Output = Result<(), StateError>> + 's>>,
    go_on: mpsc::Sender<()>,
}

impl<'s> Writing<'s> {
    async fn begin(state: &'s SqliteState) -> Self {
        let (changed, mut has_changed) = oneshot::channel();
        let (go_on, gate) = mpsc::channel();
        let mut call: Pin<Box<dyn Future<Output = _>>> = Box::pin(state.call(move |store| {
            store.write("test", |connection, _| {
                connection.execute("INSERT INTO probe (id, at) VALUES (1, '')", [])?;
                changed.send(()).unwrap();
                gate.recv().unwrap();
                Ok(())
            })
        }));
        tokio::select! {
            done = &mut call => panic!("nobody has let it go: {done:?}"),
            heard = &mut has_changed => heard.unwrap(),
        }
        Self { call, go_on }
    }
}

async fn written(state: &SqliteState) -> i64 {
    let count =
        |connection: &Connection, _: &Scope| connection.query_row("SELECT count(*) FROM probe", [], |row| row.get(0));
    state.call(move |store| store.read("count", count)).await.unwrap()
}

#[tokio::test]
async fn a_write_is_not_committed_once_its_caller_has_given_it_up() {
    let dir = tempfile::tempdir().unwrap();
    let state = SqliteState::on_thread(dir.path(), open(dir.path()).unwrap()).unwrap();
    let Writing { call, go_on } = Writing::begin(&state).await;
    drop(call);
    go_on.send(()).unwrap();
    assert_eq!(written(&state).await, 0);

    let Writing { call, go_on } = Writing::begin(&state).await;
    go_on.send(()).unwrap();
    call.await.unwrap();
    assert_eq!(written(&state).await, 1, "the next one is its own caller's");
}

#[tokio::test]
async fn a_call_that_still_queues_is_not_begun_once_its_caller_has_given_it_up() {
    let dir = tempfile::tempdir().unwrap();
    let state = SqliteState::on_thread(dir.path(), open(dir.path()).unwrap()).unwrap();
    let Writing { call, go_on } = Writing::begin(&state).await;
    let begun = Arc::<AtomicBool>::default();
    let flag = Arc::clone(&begun);
    let mut queued = Box::pin(state.call(move |_| {
        flag.store(true, Ordering::SeqCst);
        Ok(())
    }));
    let is_waiting = std::future::poll_fn(|context| Poll::Ready(queued.as_mut().poll(context).is_pending()));
    assert!(is_waiting.await, "the one before it has not ended");
    drop(queued);
    go_on.send(()).unwrap();
    call.await.unwrap();
    assert_eq!(written(&state).await, 1);
    assert!(!begun.load(Ordering::SeqCst));
}
