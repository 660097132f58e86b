//! What is special about PostgreSQL: its schema, its absence, machines that share it. What any backend keeps is in
//! `state/contract.rs`.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use tempfile::TempDir;

use super::{testing::Database, *};
use crate::rollout::{MemberState, Rollout, WaveSize};
use crate::state::{
    Direction, PushOutcome, RolloutOutlet, SqliteState, SwitchRow, copy, lock_daemon,
    testing::{CALL, at, base, push, status},
};

fn scope() -> Scope {
    Scope { platform: "https://api.gobiz.co.id".to_owned(), root: "menus".to_owned() }
}

/// One machine's view of a database.
struct Here {
    dir: TempDir,
    url: SecretString,
}

impl Here {
    fn new(database: &Database) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), url: SecretString::from(database.url()) }
    }

    fn open(&self) -> Result<SharedState, StateError> {
        PostgresState::open(&self.url, &scope(), self.dir.path())
    }

    fn open_read_only(&self) -> Result<Option<SharedState>, StateError> {
        PostgresState::open_read_only(&self.url, &scope(), self.dir.path())
    }
}

fn chain(error: &StateError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn reading_nothing_creates_nothing() {
    let Some(database) = Database::create() else { return };
    let here = Here::new(&database);
    assert!(here.open_read_only().unwrap().is_none());
    assert_eq!(database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'menusync'"), "0");
    here.open().unwrap();
    assert!(here.open_read_only().unwrap().is_some());
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.sql(tables), "0", "what else is in the database is left alone");
}

#[test]
fn many_may_make_the_tables_at_once() {
    let Some(database) = Database::create() else { return };
    let here = Here::new(&database);
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| here.open().map(drop))).collect();
        opening.into_iter().for_each(|opened| opened.join().unwrap().unwrap());
    });
    assert_eq!(database.sql("SELECT number FROM menusync.version"), "1");
}

#[test]
fn a_state_of_a_later_release_is_refused_and_left_alone() {
    let Some(database) = Database::create() else { return };
    let here = Here::new(&database);
    here.open().unwrap();
    database.sql("UPDATE menusync.version SET number = 99");
    for error in [here.open().err().unwrap(), here.open_read_only().err().unwrap()] {
        assert!(matches!(error, StateError::Newer { found: 99, .. }), "{error:?}");
        let place = format!("the state database {} on ", database.name);
        assert!(error.to_string().starts_with(&place) && error.to_string().contains("version 99"), "{error}");
    }
    assert_eq!(database.sql("SELECT number FROM menusync.version"), "99");
}

#[tokio::test]
async fn a_database_that_is_away_records_no_push_and_is_used_again_once_it_is_back() {
    let Some(database) = Database::create() else { return };
    let state = Here::new(&database).open().unwrap();
    state.update_outlet("G1", base("{}"), at(1)).await.unwrap();
    database.go_away();
    for _ in 0..3 {
        let error = state.begin_push(push("G1")).await.unwrap_err();
        assert!(matches!(error, StateError::Away { .. }), "{error:?}");
        let words = chain(&error);
        assert!(words.contains("cannot record a push: the database test_"), "{words}");
        assert!(words.contains("not currently accepting connections"), "{words}");
    }
    database.come_back();
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while state.begin_push(push("G1")).await.is_err() {
        assert!(std::time::Instant::now() < deadline, "it is not used again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(state.pushes(None, 9).await.unwrap().len(), 1, "nothing of the failed ones is there");
}

#[tokio::test]
async fn connections_that_the_server_has_closed_are_replaced_unseen() {
    let Some(database) = Database::create() else { return };
    let state = Here::new(&database).open().unwrap();
    state.update_outlet("G1", base("{}"), at(1)).await.unwrap();
    database.go_away();
    database.come_back();
    state.update_outlet("G1", base("[2]"), at(2)).await.unwrap();
    assert_eq!(state.outlet("G1").await.unwrap().unwrap().base.as_deref(), Some("[2]"));
}

#[test]
fn where_nobody_listens_is_said_without_the_password() {
    let dir = tempfile::tempdir().unwrap();
    // Port 1 is nobody's.
    let url = SecretString::from("postgres://menusync:hunter2@127.0.0.1:1/menus");
    let words = chain(&PostgresState::open(&url, &scope(), dir.path()).err().unwrap());
    assert!(words.starts_with("cannot open: the database menus on 127.0.0.1:1 cannot be used now"), "{words}");
    assert!(words.contains("refused") && !words.contains("hunter2"), "{words}");
}

#[tokio::test]
async fn a_call_that_is_given_up_changes_nothing() {
    let Some(database) = Database::create() else { return };
    let state = Here::new(&database).open().unwrap();
    state.update_outlet("G1", base("{}"), at(1)).await.unwrap();
    // Another process has locked the row, so that the call waits.
    let mut other = connect(&database).await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("SELECT * FROM menusync.outlets FOR UPDATE").await.unwrap();
    let call = state.update_outlet("G1", base("[2]"), at(2));
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err(), "it waits for the lock");
    lock.rollback().await.unwrap();
    state.update_outlet("G2", base("{}"), at(3)).await.unwrap();
    assert_eq!(state.outlet("G1").await.unwrap().unwrap().base.as_deref(), Some("{}"));
}

#[tokio::test]
async fn a_lock_of_another_is_waited_for_no_longer_than_two_seconds() {
    let Some(database) = Database::create() else { return };
    let state = Here::new(&database).open().unwrap();
    state.update_outlet("G1", base("{}"), at(1)).await.unwrap();
    let mut other = connect(&database).await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("SELECT * FROM menusync.outlets FOR UPDATE").await.unwrap();
    let words = chain(&state.update_outlet("G1", base("[2]"), at(2)).await.unwrap_err());
    assert!(words.contains("for more than 6 s"), "{words}");
    assert_eq!(state.outlet("G1").await.unwrap().unwrap().base.as_deref(), Some("{}"), "reading goes on");
}

async fn connect(database: &Database) -> tokio_postgres::Client {
    let address = Address::parse(&SecretString::from(database.url())).unwrap();
    let (client, connection) = address.config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn text_that_postgresql_cannot_hold_is_stored_all_the_same() {
    let Some(database) = Database::create() else { return };
    let state = Here::new(&database).open().unwrap();
    let mut update = status("failed");
    update.status.as_mut().unwrap().error = Some("name: \0 is wrong; \u{1f35b} $1 ?1".to_owned());
    state.update_outlet("G1", update, at(1)).await.unwrap();
    let row = state.outlet("G1").await.unwrap().unwrap();
    assert_eq!(row.error.as_deref(), Some("name: \u{fffd} is wrong; \u{1f35b} $1 ?1"));
}

// ── who works on an outlet ──

/// Nothing was heard of any process for too long.
fn all_are_dead(database: &Database) {
    database.sql("UPDATE menusync.members SET until = clock_timestamp() - interval '1 ms'");
}

fn calls_are_over(database: &Database) {
    database.sql("UPDATE menusync.leases SET calls_until = clock_timestamp() - interval '1 ms'");
}

/// Two machines with one database.
async fn two_machines(database: &Database) -> [SharedState; 2] {
    [Here::new(database), Here::new(database)].map(|here| here.open().unwrap())
}

fn is_overtaken<T: std::fmt::Debug>(result: Result<T, StateError>) -> bool {
    matches!(result, Err(StateError::Overtaken { outlet, .. }) if outlet == "G1")
}

#[tokio::test]
async fn an_outlet_is_worked_on_by_one_machine_at_a_time() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let held = first.hold("G1").await.unwrap();
    let id = first.begin_push(push("G1")).await.unwrap();
    let words = second.hold("G1").await.err().unwrap();
    assert!(words.is_held() && words.to_string().contains(&format!("process {}", std::process::id())), "{words}");
    let step = || PushStep { end: Some((PushOutcome::Published, None)), ..PushStep::default() };
    assert!(is_overtaken(second.update_outlet("G1", base("{}"), at(1)).await));
    assert!(is_overtaken(second.record_push_step(id, step(), at(1)).await));
    assert!(is_overtaken(second.forget("G1").await));
    assert!(is_overtaken(second.before_call("G1", CALL).await), "who does not hold it sends nothing");
    // Other outlets, and reading, are free.
    second.update_outlet("G2", base("{}"), at(1)).await.unwrap();
    assert_eq!(second.pushes(None, 9).await.unwrap().len(), 1);
    first.record_push_step(id, step(), at(2)).await.unwrap();
    drop(held);
    let _held = second.hold("G1").await.unwrap();
    second.begin_push(push("G1")).await.unwrap();
    assert!(is_overtaken(first.update_outlet("G1", base("{}"), at(3)).await));
}

#[tokio::test]
async fn who_stood_still_while_another_took_the_outlet_over_stores_and_sends_nothing_of_it() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let _held = first.hold("G1").await.unwrap();
    let others = first.hold("G2").await.unwrap();
    let id = first.begin_push(NewPush { sent_at: Some(at(1)), ..push("G1") }).await.unwrap();
    let never_left = second.recall("G1", at(2)).await.unwrap().pending.unwrap();
    assert_eq!((never_left.id, never_left.sent_at), (id, None), "nobody has to look for it");
    first.before_call("G1", CALL).await.unwrap();
    first.call_ended("G1");
    all_are_dead(&database);
    calls_are_over(&database);
    let taken = second.hold("G1").await.unwrap();
    let pending = second.recall("G1", at(2)).await.unwrap().pending.unwrap();
    assert_eq!(pending.id, id, "what may have been sent is looked for");
    assert!(
        at(2).duration_since(pending.sent_at.unwrap()).as_secs() < 2,
        "a moment ago, whatever the other one's clock said"
    );
    let late = PushStep { sent_at: Some(at(3)), ..PushStep::default() };
    assert!(is_overtaken(first.before_call("G1", CALL).await));
    assert!(is_overtaken(first.record_push_step(id, late, at(3)).await));
    assert!(is_overtaken(first.update_outlet("G1", base("{}"), at(3)).await));
    second.record_push_step(id, PushStep { answered_at: Some(at(4)), ..PushStep::default() }, at(4)).await.unwrap();
    drop(taken);
    // Nor once the other one has gone: what the first one knows is from before.
    drop(second);
    assert!(is_overtaken(first.update_outlet("G1", base("{}"), at(5)).await));
    assert!(is_overtaken(first.before_call("G1", CALL).await));
    // What nobody took is still its own, however long it stood still.
    all_are_dead(&database);
    first.update_outlet("G2", base("{}"), at(6)).await.unwrap();
    first.before_call("G2", CALL).await.unwrap();
    drop(others);
}

#[tokio::test]
async fn nobody_takes_an_outlet_over_while_a_call_may_be_under_way() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let held = first.hold("G1").await.unwrap();
    first.before_call("G1", CALL).await.unwrap();
    all_are_dead(&database);
    let words = second.hold("G1").await.err().unwrap();
    assert!(words.is_held() && words.to_string().contains("a call of it may last until"), "{words}");
    // A pass that is broken off in its call knows no more about it than anybody else.
    drop(held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(second.hold("G1").await.err().unwrap().is_held());
    assert!(first.hold("G1").await.err().unwrap().is_held(), "not even who has made it");
    calls_are_over(&database);
    drop(second.hold("G1").await.unwrap());
    // A call that has ended holds up nobody.
    let held = first.hold("G1").await.unwrap();
    first.before_call("G1", CALL).await.unwrap();
    first.call_ended("G1");
    drop(held);
    drop(second.hold("G1").await.unwrap());
}

#[tokio::test]
async fn a_push_is_an_orphan_once_nobody_works_on_its_outlet() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let is_orphan = async |state: &SharedState| {
        let overview = state.overview(at(9)).await.unwrap();
        let pending = state.recall("G1", at(9)).await.unwrap().pending.unwrap();
        assert_eq!(overview.last_pushes[0].is_orphan, pending.is_orphan);
        pending.is_orphan
    };
    let held = first.hold("G1").await.unwrap();
    first.begin_push(NewPush { sent_at: Some(at(1)), ..push("G1") }).await.unwrap();
    first.before_call("G1", CALL).await.unwrap();
    assert!(!is_orphan(&first).await && !is_orphan(&second).await, "somebody sends it");
    first.before_call("G1", CALL).await.unwrap();
    all_are_dead(&database);
    assert!(!is_orphan(&second).await, "its call may be under way");
    calls_are_over(&database);
    assert!(is_orphan(&second).await);
    drop(held);
}

#[tokio::test]
async fn a_process_that_ends_leaves_its_outlets_at_once() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let held = first.hold("G1").await.unwrap();
    drop(first);
    drop(held);
    drop(second.hold("G1").await.unwrap());
    assert_eq!(database.sql("SELECT count(*) FROM menusync.members"), "1");
}

#[tokio::test]
async fn a_hold_is_given_back_once_the_database_is_there_again() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let held = first.hold("G1").await.unwrap();
    database.go_away();
    drop(held);
    tokio::time::sleep(Duration::from_millis(200)).await;
    database.come_back();
    // The heartbeat tries again; the process itself lives.
    let until = std::time::Instant::now() + Duration::from_secs(8);
    while second.hold("G1").await.is_err() {
        assert!(std::time::Instant::now() < until, "it was never given back");
    }
}

// ── who passes over outlets ──

/// Who shares the outlets, as `state` sees it with these files.
async fn share(state: &SharedState, files: &str) -> (usize, bool) {
    let members = state.meet(files).await.unwrap().unwrap();
    (members.count(), members.are_we_current())
}

/// Longer than newer files may take to reach everybody.
fn a_while_later(database: &Database) {
    database.sql("UPDATE menusync.file_versions SET came_up = came_up - interval '6 s'");
}

#[tokio::test]
async fn outlets_are_shared_by_those_who_live_and_have_the_newest_files() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    assert_eq!(share(&first, "a").await, (1, true));
    assert_eq!(share(&second, "a").await, (2, true));
    let all = async |state: &SharedState| {
        let members = state.meet("a").await.unwrap().unwrap();
        (0..100).filter(|number| members.is_ours(&format!("G{number}"))).collect::<Vec<_>>()
    };
    let (mine, theirs) = (all(&first).await, all(&second).await);
    assert!(mine.len() > 20 && theirs.len() > 20 && mine.len() + theirs.len() == 100, "each is one's alone");
    // A command is no member of this kind.
    let _held = Here::new(&database).open().unwrap().hold("G1").await.unwrap();
    assert_eq!(share(&first, "a").await, (2, true));
    // One has pulled, the other not yet.
    assert_eq!(share(&first, "b").await, (2, true));
    assert_eq!(share(&second, "a").await, (2, true), "it may be about to");
    a_while_later(&database);
    assert_eq!(share(&first, "b").await, (1, true));
    assert_eq!(share(&second, "a").await, (1, false));
    assert_eq!(share(&second, "b").await, (2, true));
    // A commit is taken back: that is newer, too.
    share(&second, "a").await;
    a_while_later(&database);
    assert_eq!(share(&second, "a").await, (1, true));
    assert_eq!(share(&first, "b").await, (1, false));
    assert_eq!(share(&first, "a").await, (2, true));
    // Who starts with what was current long ago waits for the others' files.
    second.leave().await.unwrap();
    share(&first, "c").await;
    a_while_later(&database);
    assert_eq!(share(&first, "c").await, (1, true));
    let third = Here::new(&database).open().unwrap();
    assert_eq!(share(&third, "b").await, (1, false));
    all_are_dead(&database);
    assert_eq!(share(&third, "b").await, (1, true), "nobody else is there");
}

#[tokio::test]
async fn an_outlet_is_not_pushed_from_files_that_are_older_than_those_of_its_last_push() {
    let Some(database) = Database::create() else { return };
    let [first, second] = two_machines(&database).await;
    let from = |files: &str| NewPush { files: Some(files.into()), ..push("G1") };
    let pushed = async |state: &SharedState, files: &str| {
        let _held = state.hold("G1").await.unwrap();
        let id = state.begin_push(from(files)).await?;
        let end = PushStep { end: Some((PushOutcome::Published, None)), ..PushStep::default() };
        state.record_push_step(id, end, at(1)).await
    };
    assert_eq!(share(&first, "a").await, (1, true));
    pushed(&first, "a").await.unwrap();
    pushed(&second, "b").await.unwrap();
    let refused = pushed(&first, "a").await.unwrap_err();
    assert!(matches!(refused, StateError::OlderFiles { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&format!("by {}", crate::platform::process::host_name())), "{refused}");
    assert_eq!(first.pushes(None, 9).await.unwrap().len(), 2);
    pushed(&first, "b").await.unwrap();
    // Who moves on to them means them.
    share(&first, "b").await;
    share(&first, "a").await;
    pushed(&first, "a").await.unwrap();
    assert!(pushed(&second, "b").await.is_err());
    // A rollout of older files begins as little.
    let begin = async |files: &str| {
        let new = NewRollout { files: files.to_owned(), ..new_rollout() };
        first.begin_rollout(new).await.unwrap().row.unwrap().files
    };
    assert_eq!((begin("a").await, begin("b").await, begin("c").await), ("a".into(), "a".into(), "c".into()));
}

// ── copies ──

fn new_rollout() -> NewRollout {
    let member = rollout::Member { wave: None, state: MemberState::Awaited, known: false };
    NewRollout {
        files: "files".to_owned(),
        revision: None,
        at: at(2),
        outlets: ["G1", "G2"]
            .map(|outlet| RolloutOutlet { outlet: outlet.to_owned(), named: Some(1), wants: "w".to_owned() })
            .into(),
        members: ["G1", "G2"].map(|outlet| (outlet.to_owned(), member)).into(),
        settings: Arc::new(Rollout { waves: vec![WaveSize::Count(1)], bake: Duration::from_secs(60) }),
        were_looked_at: false,
        anew: false,
    }
}

/// A state with something in every table, rows of two roots and two platforms, and more than one page of rows.
async fn fill(state: &SharedState) {
    let full = OutletUpdate {
        memory: Some("{\"notes\":[\"Kuta\"]}".to_owned()),
        pins: Some(Some("[1]".to_owned())),
        promotions: vec![("a".to_owned(), Some("{}".to_owned()))],
        promotion_events: (0..250).map(|n| n.to_string()).collect(),
        switches: vec![("items/NG".to_owned(), Some(SwitchRow { until: Some(at(9)), switch: "{}".to_owned() }))],
        switch_events: vec!["off".to_owned()],
        base: Some("{\"é\":1}".to_owned()),
        ..status("failed")
    };
    state.update_outlet("G1", full, at(1)).await.unwrap();
    state.update_outlet("G2", status("in_sync"), at(1)).await.unwrap();
    for outlet in ["G1", "G2", "G1"] {
        if let Some(earlier) = state.pending_push(outlet).await.unwrap() {
            let lost = PushStep { end: Some((PushOutcome::Lost, None)), ..PushStep::default() };
            state.record_push_step(earlier.id, lost, at(2)).await.unwrap();
        }
        state.begin_push(NewPush { sent_at: Some(at(2)), ..push(outlet) }).await.unwrap();
    }
    state.set_pause("G2", Some(Pause { since: at(1), until: None })).await.unwrap();
    state.begin_rollout(new_rollout()).await.unwrap();
    let alarm = Alarm { outlet: "G1".to_owned(), raised_at: at(3), what: "order".to_owned() };
    assert!(state.take_event(vec!["mark".to_owned()], Some(alarm), at(3)).await.unwrap());
    let notice = NoticeRow { occasion: "held".to_owned(), since: at(1), told_at: at(2) };
    state.claim_notices(vec![("G1".to_owned(), Some(notice))], at(0)).await.unwrap();
    let image = ImageRow {
        url: "https://img.example.com/a.png".to_owned(),
        etag: None,
        last_modified: None,
        checked_at: at(1),
        judgement: 1,
        findings: "[]".to_owned(),
    };
    state.set_image(image).await.unwrap();
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_copy_into_a_database_and_back_is_the_same() {
    let Some(database) = Database::create() else { return };
    let (here, runtime) = (Here::new(&database), runtime());
    let in_file = Scope { root: "/srv/menus".to_owned(), ..scope() };
    let file = SqliteState::open(here.dir.path(), &in_file).unwrap();
    runtime.block_on(fill(&file));
    let sandbox = Scope { platform: "https://sandbox.example".to_owned(), ..in_file.clone() };
    let other = SqliteState::open(here.dir.path(), &sandbox).unwrap();
    runtime.block_on(other.begin_push(push("G1"))).unwrap();
    let lock = lock_daemon(here.dir.path()).unwrap();
    let name = |_: &str| "menus".to_owned();
    let into = copy(Direction::IntoDatabase, here.dir.path(), &here.url, name, &lock).unwrap();
    let empty: Vec<_> = into.rows.iter().filter(|(_, count)| *count == 0).collect();
    assert!(empty.is_empty(), "nothing was stored in {empty:?}");

    let state = here.open().unwrap();
    runtime.block_on(async {
        let (one, two) = (state.recall("G1", at(4)).await.unwrap(), file.recall("G1", at(4)).await.unwrap());
        // Who has begun it cannot be told by the database, which counts by its own clock when it was sent.
        let without = |memory: OutletMemory| OutletMemory {
            pending: memory.pending.map(|push| PushRow { is_orphan: false, sent_at: None, ..push }),
            ..memory
        };
        assert_eq!(without(one), without(two));
        let overview = state.overview(at(4)).await.unwrap();
        assert_eq!((overview.root.as_str(), overview.of_root().count()), ("menus", 2));
        assert!(!state.take_event(vec!["mark".to_owned()], None, at(4)).await.unwrap(), "it is known again");
        let newest = state.pushes(None, 1).await.unwrap()[0].id;
        assert!(state.begin_push(push("G3")).await.unwrap() > newest, "numbers go on");
    });

    let again = copy(Direction::IntoDatabase, here.dir.path(), &here.url, name, &lock).unwrap_err();
    assert!(matches!(again, StateError::NotEmpty { table: "outlets", .. }), "{again}");
    let back = tempfile::tempdir().unwrap();
    let lock = lock_daemon(back.path()).unwrap();
    let path = |_: &str| "/srv/menus".to_owned();
    let held = runtime.block_on(state.hold("G9")).unwrap();
    let refused = copy(Direction::IntoFile, back.path(), &here.url, path, &lock).unwrap_err();
    assert!(matches!(refused, StateError::InUse { .. }), "another machine pushes: {refused}");
    drop(held);
    all_are_dead(&database);
    let back_there = copy(Direction::IntoFile, back.path(), &here.url, path, &lock).unwrap();
    assert_eq!(back_there.rows[1], ("pushes", 5));
    let file_again = SqliteState::open(back.path(), &in_file).unwrap();
    runtime.block_on(async {
        assert_eq!(file_again.history("G1").await.unwrap(), file.history("G1").await.unwrap());
        assert_eq!(file_again.overview(at(4)).await.unwrap().of_root().count(), 2);
        let newest = file_again.pushes(None, 1).await.unwrap()[0].id;
        assert!(file_again.begin_push(push("G9")).await.unwrap() > newest);
    });
}

#[test]
fn a_copy_that_fails_leaves_nothing_behind() {
    let Some(database) = Database::create() else { return };
    let (here, runtime) = (Here::new(&database), runtime());
    let lock = lock_daemon(here.dir.path()).unwrap();
    let name = |root: &str| root.to_owned();
    let nothing = copy(Direction::IntoDatabase, here.dir.path(), &here.url, name, &lock).unwrap_err();
    assert!(matches!(nothing, StateError::Nothing { .. }), "{nothing}");
    let file = SqliteState::open(here.dir.path(), &scope()).unwrap();
    runtime.block_on(fill(&file));
    here.open().unwrap();
    database.sql("ALTER TABLE menusync.switch_events ADD CHECK (event <> 'off')");
    let failed = copy(Direction::IntoDatabase, here.dir.path(), &here.url, name, &lock).unwrap_err();
    assert!(chain(&failed).contains("violates check constraint"), "{}", chain(&failed));
    assert_eq!(database.sql("SELECT count(*) FROM menusync.outlets"), "0");
    database.sql(
        "CREATE FUNCTION menusync.cut() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN NEW.event = NULL; NEW.event = upper(''x''); RETURN NEW; END'; ALTER TABLE menusync.switch_events
         DROP CONSTRAINT switch_events_event_check; CREATE TRIGGER cut BEFORE INSERT ON menusync.switch_events
         FOR EACH ROW EXECUTE FUNCTION menusync.cut()",
    );
    let differs = copy(Direction::IntoDatabase, here.dir.path(), &here.url, name, &lock).unwrap_err();
    assert!(matches!(differs, StateError::CopyDiffers { .. }), "{differs}");
    assert_eq!(database.sql("SELECT count(*) FROM menusync.outlets"), "0");
}
