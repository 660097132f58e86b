//! The state through its public surface, on real files.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn status(state: &str) -> StatusUpdate<'_> {
    StatusUpdate { state, ..StatusUpdate::default() }
}

fn push(outlet: &str) -> NewPush<'_> {
    NewPush {
        outlet,
        request_id: Uuid::new_v4(),
        kind: PushKind::Put,
        digest: "sha256:00",
        revision: Some("abc"),
        author: Some("Dewi"),
        back_to: None,
        tool: "0.1.0",
        plan: "{}",
        record: NewRecord { changes: "[]", record: "{}" },
        pins: None,
        prepared_at: at(0),
    }
}

fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join("menusync.sqlite3")).unwrap()
}

fn in_threes(store: &mut Store) -> [PushId; 3] {
    ["G1", "G2", "G1"].map(|outlet| store.begin_push(&push(outlet)).unwrap())
}

#[test]
fn a_new_state_directory_is_its_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("deep/state");
    let store = Store::open(&dir).unwrap();
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(store.outlets().unwrap(), []);
    assert_eq!(store.pushes(None, 10).unwrap(), []);
}

#[test]
fn many_may_make_the_state_at_once() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for outlet in ["G1", "G2", "G3", "G4"] {
                let dir = dir.path();
                scope.spawn(move || Store::open(dir).unwrap().set_base(outlet, "{}", at(1)).unwrap());
            }
        });
        assert_eq!(Store::open(dir.path()).unwrap().outlets().unwrap().len(), 4);
    }
}

#[test]
fn what_was_recorded_is_there_after_reopening() {
    let (dir, mut store) = store();
    store.set_base("G1", r#"{"items":{}}"#, at(1)).unwrap();
    let id = store.begin_push(&push("G1")).unwrap();
    store.mark_sent(id, at(2)).unwrap();
    let (outlets, pushes) = (store.outlets().unwrap(), store.pushes(None, 9).unwrap());
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.outlets().unwrap(), outlets);
    assert_eq!(store.pushes(None, 9).unwrap(), pushes);
    assert_eq!(pushes[0].sent_at, Some(at(2)));
}

#[test]
fn acknowledged_writes_survive_a_process_that_never_closes() {
    let (dir, mut store) = store();
    store.set_base("G1", "{}", at(1)).unwrap();
    let copy = tempfile::tempdir().unwrap();
    // What is on disk now is all that a killed process leaves behind.
    for name in ["menusync.sqlite3", "menusync.sqlite3-wal"] {
        fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    std::mem::forget(store);
    let left = Store::open(copy.path()).unwrap();
    assert_eq!(left.outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
}

#[test]
fn reading_nothing_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Store::open_read_only(dir.path()).unwrap().is_none());
    assert!(Store::open_read_only(&dir.path().join("absent")).unwrap().is_none());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_beside_a_writer_sees_each_write_and_cannot_write() {
    let (dir, mut writer) = store();
    let mut reader = Store::open_read_only(dir.path()).unwrap().unwrap();
    for state in ["pushing", "in_sync"] {
        writer.set_status("G1", &status(state), at(1)).unwrap();
        assert_eq!(reader.outlet("G1").unwrap().unwrap().state.as_deref(), Some(state));
    }
    let error = reader.set_status("G1", &status("failed"), at(2)).unwrap_err();
    assert!(matches!(error, StateError::Database { .. }), "{error:?}");
}

#[test]
fn two_writers_take_turns() {
    let (dir, mut one) = store();
    let mut two = Store::open(dir.path()).unwrap();
    one.set_base("G1", "1", at(1)).unwrap();
    two.set_base("G1", "2", at(2)).unwrap();
    assert_eq!(one.outlet("G1").unwrap().unwrap().base.as_deref(), Some("2"));
}

#[test]
fn a_state_of_the_first_release_is_brought_up_to_date_and_keeps_what_it_knows() {
    let dir = tempfile::tempdir().unwrap();
    let first = raw(dir.path());
    first.execute_batch(include_str!("schema_1.sql")).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    first.execute("INSERT INTO outlets (id, base) VALUES ('G1', '{}')", []).unwrap();
    drop(first);
    assert!(matches!(Store::open_read_only(dir.path()), Err(StateError::Older { found: 1, .. })));
    let mut store = Store::open(dir.path()).unwrap();
    assert_eq!(store.outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
    let image = ImageRow {
        url: "https://img.example.com/a.png".into(),
        etag: Some("\"1\"".into()),
        last_modified: None,
        checked_at: at(1),
        judgement: 1,
        findings: "[]".into(),
    };
    store.set_image(&ImageRow { findings: "[1]".into(), ..image.clone() }).unwrap();
    store.set_image(&image).unwrap();
    assert_eq!(Store::open_read_only(dir.path()).unwrap().unwrap().image(&image.url).unwrap(), Some(image));
    assert_eq!(store.image("https://img.example.com/b.png").unwrap(), None);
}

#[test]
fn a_state_of_a_later_release_is_refused_and_left_alone() {
    let (dir, store) = store();
    drop(store);
    raw(dir.path()).pragma_update(None, "user_version", 99).unwrap();
    for error in [Store::open(dir.path()).unwrap_err(), Store::open_read_only(dir.path()).unwrap_err()] {
        assert!(matches!(error, StateError::Newer { found: 99, known: 3, .. }), "{error:?}");
        assert!(error.to_string().contains("has version 99"), "{error}");
    }
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("menusync.sqlite3");
    let text = "menus: []\n".repeat(500);
    fs::write(&file, &text).unwrap();
    for error in [Store::open(dir.path()).unwrap_err(), Store::open_read_only(dir.path()).unwrap_err()] {
        assert!(matches!(error, StateError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_truncated_database_is_damaged() {
    let (dir, mut store) = store();
    store.set_base("G1", &"x".repeat(100_000), at(1)).unwrap();
    drop(store);
    let file = fs::OpenOptions::new().write(true).open(dir.path().join("menusync.sqlite3")).unwrap();
    file.set_len(20_000).unwrap();
    let error = Store::open(dir.path()).and_then(|store| store.outlets()).unwrap_err();
    assert!(matches!(error, StateError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_value_this_program_never_writes_is_damage() {
    let (dir, mut store) = store();
    store.set_status("G1", &status("held"), at(1)).unwrap();
    assert!(!is_damaged(dir.path()).unwrap());
    raw(dir.path()).execute("UPDATE outlets SET since = 'yesterday'", []).unwrap();
    assert!(matches!(store.outlet("G1").unwrap_err(), StateError::Corrupt { .. }));
    assert!(is_damaged(dir.path()).unwrap(), "sound pages are not enough");
}

#[test]
fn since_moves_only_when_the_state_changes() {
    let (_dir, mut store) = store();
    let mut since = |state: &str, second| {
        store.set_status("G1", &status(state), at(second)).unwrap();
        store.outlet("G1").unwrap().unwrap().since
    };
    assert_eq!(since("in_sync", 1), Some(at(1)));
    assert_eq!(since("in_sync", 2), Some(at(1)));
    assert_eq!(since("drifted", 3), Some(at(3)));
    assert_eq!(since("in_sync", 4), Some(at(4)));
}

#[test]
fn a_status_keeps_what_it_does_not_know_and_clears_what_is_over() {
    let (_dir, mut store) = store();
    let first = StatusUpdate {
        state: "drifted",
        name: Some("Kuta"),
        file: Some("catalogs/kuta.yaml"),
        error: Some("e"),
        held: Some("[1]"),
        drift: Some("[2]"),
        last_verified: Some(at(7)),
        revision: Some("abc"),
    };
    store.set_status("G1", &first, at(1)).unwrap();
    store.set_base("G1", "{}", at(2)).unwrap();
    store.set_status("G1", &status("in_sync"), at(3)).unwrap();
    let row = store.outlet("G1").unwrap().unwrap();
    assert_eq!((row.name.as_deref(), row.file.as_deref()), (Some("Kuta"), Some("catalogs/kuta.yaml")));
    assert_eq!((row.last_verified, row.revision.as_deref()), (Some(at(7)), Some("abc")));
    assert_eq!((row.error, row.held, row.drift), (None, None, None));
    assert_eq!((row.base.as_deref(), row.base_updated_at), (Some("{}"), Some(at(2))));
}

#[test]
fn a_base_before_any_status_has_no_state() {
    let (_dir, mut store) = store();
    store.set_base("G1", "{}", at(2)).unwrap();
    let row = store.outlet("G1").unwrap().unwrap();
    assert_eq!((row.state, row.since), (None, None));
}

#[test]
fn a_push_is_recorded_step_by_step() {
    let (_dir, mut store) = store();
    let new = push("G1");
    let id = store.begin_push(&new).unwrap();
    let row = store.unfinished_push("G1").unwrap().unwrap();
    assert_eq!((row.request_id, row.kind, row.sent_at, row.outcome), (new.request_id, PushKind::Put, None, None));
    store.mark_sent(id, at(1)).unwrap();
    store.mark_answered(id, at(2)).unwrap();
    store.finish_push(id, PushOutcome::Rejected, Some("no such outlet"), at(3)).unwrap();
    assert_eq!(store.unfinished_push("G1").unwrap(), None);
    let row = store.last_push("G1").unwrap().unwrap();
    assert_eq!((row.sent_at, row.answered_at, row.finished_at), (Some(at(1)), Some(at(2)), Some(at(3))));
    assert_eq!((row.outcome, row.error.as_deref()), (Some(PushOutcome::Rejected), Some("no such outlet")));
}

#[test]
fn a_finished_push_and_its_base_come_together_or_not_at_all() {
    let (dir, mut store) = store();
    let id = store.begin_push(&push("G1")).unwrap();
    raw(dir.path())
        .execute_batch("CREATE TRIGGER t BEFORE INSERT ON outlets BEGIN SELECT raise(ABORT, 'disk is full'); END")
        .unwrap();
    store.finish_push_and_set_base(id, PushOutcome::Published, None, "{}", at(1)).unwrap_err();
    assert_eq!(store.unfinished_push("G1").unwrap().map(|row| row.id), Some(id));
    raw(dir.path()).execute_batch("DROP TRIGGER t").unwrap();
    store.finish_push_and_set_base(id, PushOutcome::Published, None, "{}", at(1)).unwrap();
    assert_eq!(store.unfinished_push("G1").unwrap(), None);
    assert_eq!(store.outlet("G1").unwrap().unwrap().base.as_deref(), Some("{}"));
}

#[test]
fn a_push_is_finished_once() {
    let (_dir, mut store) = store();
    let id = store.begin_push(&push("G1")).unwrap();
    store.finish_push(id, PushOutcome::Published, None, at(1)).unwrap();
    let again = store.finish_push(id, PushOutcome::Lost, None, at(2)).unwrap_err();
    assert!(matches!(again, StateError::NoSuchPush(_)));
    assert!(matches!(store.mark_sent(PushId(99), at(1)).unwrap_err(), StateError::NoSuchPush(PushId(99))));
    assert_eq!(store.last_push("G1").unwrap().unwrap().outcome, Some(PushOutcome::Published));
}

#[test]
fn a_request_id_is_used_once() {
    let (_dir, mut store) = store();
    let push = push("G1");
    store.begin_push(&push).unwrap();
    store.begin_push(&push).unwrap_err();
}

#[test]
fn pushes_come_newest_first_and_can_be_limited() {
    let (_dir, mut store) = store();
    let [one, two, three] = in_threes(&mut store);
    let ids = |outlet, limit| store.pushes(outlet, limit).unwrap().iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(None, 10), [three, two, one]);
    assert_eq!(ids(None, 2), [three, two]);
    assert_eq!(ids(Some("G1"), 10), [three, one]);
}

#[test]
fn forgetting_drops_one_outlet_and_reuses_no_number() {
    let (_dir, mut store) = store();
    let [_, two, three] = in_threes(&mut store);
    store.set_base("G1", "{}", at(1)).unwrap();
    assert!(store.forget("G1").unwrap());
    assert!(!store.forget("G1").unwrap());
    assert_eq!(store.outlet("G1").unwrap(), None);
    assert_eq!(store.pushes(None, 9).unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [two]);
    assert!(store.begin_push(&push("G1")).unwrap() > three);
    store.set_pause("G3", Pause { since: at(1), until: None }).unwrap();
    assert!(store.forget("G3").unwrap(), "a pause alone is something");
    assert!(!store.forget("G3").unwrap());
}

#[test]
fn moments_keep_their_nanoseconds() {
    let (_dir, mut store) = store();
    let moment: Timestamp = "2026-06-01T00:00:00.123456789Z".parse().unwrap();
    store.set_base("G1", "{}", moment).unwrap();
    assert_eq!(store.outlet("G1").unwrap().unwrap().base_updated_at, Some(moment));
}

#[test]
fn a_shared_store_serves_many_threads() {
    let (_dir, store) = store();
    let store = SharedStore::new(store);
    std::thread::scope(|scope| {
        for outlet in ["G1", "G2", "G3"] {
            let store = store.clone();
            scope.spawn(move || store.with(|store| store.set_base(outlet, "{}", at(1)).unwrap()));
        }
    });
    assert_eq!(store.with(|store| store.outlets().unwrap().len()), 3);
}

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

fn finished(store: &mut Store, day: i64, outcome: PushOutcome) -> i64 {
    let moment = Timestamp::from_second(1_780_272_000 + day * 86_400).unwrap();
    let id = store.begin_push(&NewPush { prepared_at: moment, ..push("G1") }).unwrap();
    store.finish_push(id, outcome, None, moment).unwrap();
    store.last_push("G1").unwrap().unwrap().number
}

fn numbers(store: &Store) -> Vec<i64> {
    store.history("G1").unwrap().iter().map(|(row, _)| row.number).collect()
}

#[test]
fn pushes_are_numbered_per_outlet_and_what_they_sent_is_kept() {
    let (_dir, mut store) = store();
    let [one, two, three] = in_threes(&mut store);
    assert_eq!(numbers(&store), [2, 1]);
    assert_eq!(store.last_push("G2").unwrap().unwrap().number, 1);
    assert_eq!(store.record(three).unwrap().as_deref(), Some("{}"));
    let long = format!("[{}]", "1,".repeat(10_000));
    store.update_record(one, &long).unwrap();
    assert_eq!(store.record(one).unwrap(), Some(long));
    assert_eq!(store.history("G1").unwrap()[0].1.as_deref(), Some("[]"));
    store.finish_push(two, PushOutcome::Published, None, at(1)).unwrap();
    assert_eq!(
        store.last_push("G2").unwrap().unwrap().plan,
        "",
        "what was needed to see it arrive is not needed any more"
    );
}

#[test]
fn old_pushes_go_but_never_the_newest_nor_what_is_live_or_unfinished() {
    let (_dir, mut store) = store();
    let open = store.begin_push(&push("G1")).unwrap();
    finished(&mut store, 0, PushOutcome::Published);
    for _ in 0..KEEP_LAST {
        finished(&mut store, 1, PushOutcome::Failed);
    }
    assert_eq!(numbers(&store).len(), KEEP_LAST as usize + 2, "young ones stay");
    let last = finished(&mut store, 200, PushOutcome::Failed);
    let kept = numbers(&store);
    let newest: Vec<i64> = (0..i64::from(KEEP_LAST)).map(|n| last - n).chain([2, 1]).collect();
    assert_eq!(kept, newest, "2 is live, 1 is unfinished");
    assert_eq!(finished(&mut store, 201, PushOutcome::Published), last + 1, "numbers go on");
    assert!(!numbers(&store).contains(&2), "another is live");
    assert_eq!(store.record(open).unwrap().as_deref(), Some("{}"));
    for _ in 0..KEEP_AT_MOST {
        finished(&mut store, 201, PushOutcome::Failed);
    }
    assert_eq!(numbers(&store).len(), KEEP_AT_MOST as usize + 2, "with the unfinished one and the one that is live");
}

#[test]
fn pins_come_with_their_push_and_go_with_their_outlet() {
    let (_dir, mut store) = store();
    let pinned = NewPush { pins: Some(Some("[1]")), back_to: Some(1), ..push("G1") };
    store.begin_push(&pinned).unwrap();
    assert_eq!(store.pins("G1").unwrap().as_deref(), Some("[1]"));
    assert_eq!(store.last_push("G1").unwrap().unwrap().back_to, Some(1));
    store.begin_push(&push("G1")).unwrap();
    assert_eq!(store.all_pins().unwrap(), [("G1".to_owned(), "[1]".to_owned())], "other pushes leave them");
    store.begin_push(&NewPush { pins: Some(None), ..push("G1") }).unwrap();
    assert_eq!(store.pins("G1").unwrap(), None);
    store.set_pins("G1", Some("[2]")).unwrap();
    store.set_pause("G1", Pause { since: at(1), until: None }).unwrap();
    store.forget("G1").unwrap();
    assert_eq!((store.pins("G1").unwrap(), store.pause("G1", at(2)).unwrap()), (None, None));
    assert_eq!(store.history("G1").unwrap(), []);
}

#[test]
fn a_pause_ends_by_itself_or_by_order() {
    let (_dir, mut store) = store();
    let (short, open) = (Pause { since: at(1), until: Some(at(5)) }, Pause { since: at(1), until: None });
    store.set_pause("G1", open).unwrap();
    store.set_pause("G1", short).unwrap();
    store.set_pause("G2", open).unwrap();
    assert_eq!(store.pause("G1", at(4)).unwrap(), Some(short));
    assert_eq!(store.pause("G1", at(5)).unwrap(), None);
    assert_eq!(store.pauses(at(6)).unwrap(), [("G2".to_owned(), open)]);
    store.end_pause("G2").unwrap();
    assert_eq!(store.pause("G2", at(6)).unwrap(), None);
}

#[test]
fn pushes_of_earlier_releases_get_their_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let second = raw(dir.path());
    second.execute_batch(include_str!("schema_1.sql")).unwrap();
    second.execute_batch(include_str!("schema_2.sql")).unwrap();
    second.pragma_update(None, "user_version", 2).unwrap();
    for (n, outlet) in ["G1", "G2", "G1"].into_iter().enumerate() {
        let sql = "INSERT INTO pushes (outlet, request_id, kind, digest, tool, prepared_at, plan)
                   VALUES (?1, ?2, 'put', '', '0', '2026-06-01T00:00:00Z', '{}')";
        second.execute(sql, (outlet, Uuid::from_u128(n as u128).to_string())).unwrap();
    }
    drop(second);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(numbers(&store), [2, 1]);
    assert_eq!(store.history("G2").unwrap()[0].1, None, "what it changed was not recorded");
}
