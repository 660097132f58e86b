//! SIGKILL at every moment of a push, at random moments, and while the state is brought up to date: the next start looks
//! first, sends nothing a second time that may have arrived, and ends right.

use std::{collections::BTreeSet, fs, thread, time::Duration};

use menusync::sandbox::{Endpoint, Fault, FaultKind};
use rusqlite::Connection;

use crate::{
    harness::Daemon,
    support::{KUTA, LAYER, Stage},
};

/// A moment of a push, and what the platform shall have got of it in the end.
struct Point {
    name: &'static str,
    /// From the edit to the moment. What is returned lives until the process is dead.
    reach: fn(&Stage, &Daemon<'_>) -> Option<Connection>,
    /// PUTs that the dead process sent.
    sent: usize,
    /// Whether they came to nothing, so that one more is needed when there is no hope for them.
    in_vain: bool,
}

const POINTS: [Point; 8] = [
    Point { name: "before anything is recorded", reach: looking, sent: 0, in_vain: false },
    Point { name: "recorded, and its token is renewed first", reach: renewing_its_token, sent: 1, in_vain: true },
    Point { name: "sent, and not taken yet", reach: sent_only, sent: 1, in_vain: true },
    Point { name: "taken, and not answered yet", reach: taken, sent: 1, in_vain: false },
    Point { name: "answered, and the answer not recorded", reach: answered, sent: 1, in_vain: false },
    Point { name: "while it is waited for", reach: waiting, sent: 1, in_vain: false },
    Point { name: "seen to have arrived, and that not recorded", reach: arrived, sent: 1, in_vain: false },
    Point { name: "while stock is set again", reach: setting_stock_again, sent: 1, in_vain: false },
];

fn a_put_that(stage: &Stage, daemon: &Daemon<'_>, fault: Fault) {
    stage.server().inject(Fault { on: Endpoint::Put, ..fault });
    edit(stage, 27_000);
    daemon.wait_for("the push to be under way", |_| !stage.puts().is_empty());
}

fn edit(stage: &Stage, price: i64) {
    let text = stage.read(LAYER);
    let (before, rest) = text.split_once("telur mata sapi\n        price: ").unwrap();
    let after = rest.split_once('\n').unwrap().1;
    stage.write(LAYER, &format!("{before}telur mata sapi\n        price: {price}\n{after}"));
}

fn looking(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    stage.server().inject(Fault { delay_answer_ms: 20_000, ..Fault::new(Endpoint::Get, FaultKind::Delay) });
    edit(stage, 27_000);
    daemon.wait_for("a look", |_| !stage.gets().is_empty());
    None
}

fn renewing_its_token(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    stage.server().inject(Fault { delay_ms: 20_000, ..Fault::new(Endpoint::Token, FaultKind::Delay) });
    a_put_that(stage, daemon, Fault::status(Endpoint::Put, 401));
    daemon.wait_for("a token to be asked for", |_| stage.log().iter().any(|e| e.endpoint == Endpoint::Token));
    None
}

fn sent_only(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    a_put_that(stage, daemon, Fault { delay_ms: 20_000, ..Fault::default() });
    None
}

fn taken(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    a_put_that(stage, daemon, Fault { delay_answer_ms: 20_000, ..Fault::default() });
    daemon.wait_for("the menu to be live", |_| stage.live_item(KUTA, "NG")["price"] == 27_000);
    None
}

fn answered(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    a_put_that(stage, daemon, Fault { delay_answer_ms: 1_000, ..Fault::default() });
    let lock = writing(stage);
    daemon.wait_for("the answer", |_| stage.puts()[0].status == Some(200));
    Some(lock)
}

fn waiting(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    stage.server().change_settings(|settings| settings.hold_publication = true);
    edit(stage, 27_000);
    daemon.wait_for_state(KUTA, "verifying");
    None
}

fn arrived(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    waiting(stage, daemon);
    // The first look after an answer is given up when it takes long.
    daemon.wait_for("a first look", |_| stage.gets().iter().filter(|get| get.status.is_some()).count() > 1);
    // In the middle of a look nothing is written.
    stage.server().inject(Fault { delay_ms: 1_000, ..Fault::new(Endpoint::Get, FaultKind::Delay) });
    let look = || stage.gets().into_iter().find(|get| get.faulted);
    daemon.wait_for("a slow look", |_| look().is_some());
    let lock = writing(stage);
    assert!(stage.server().publish(KUTA).unwrap());
    daemon.wait_for("it to be seen", |_| look().is_some_and(|look| look.status == Some(200)));
    Some(lock)
}

fn setting_stock_again(stage: &Stage, daemon: &Daemon<'_>) -> Option<Connection> {
    waiting(stage, daemon);
    stage.kitchen(KUTA, "JERUK", false);
    let before = stage.gets().len();
    daemon.wait_for("the kitchen's word to be seen", |_| stage.gets().len() > before + 1);
    stage.server().inject(Fault { delay_ms: 20_000, ..Fault::new(Endpoint::Stock, FaultKind::Delay) });
    assert!(stage.server().publish(KUTA).unwrap());
    daemon.wait_for("stock to be set", |_| !stage.patches().is_empty());
    None
}

// ── the state ──

fn database(stage: &Stage) -> Connection {
    let connection = Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

/// From now on, who writes to the state waits.
fn writing(stage: &Stage) -> Connection {
    let connection = database(stage);
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

/// What was sent was sent half an hour ago, after which it is not coming any more.
fn half_an_hour_passes(stage: &Stage) {
    let earlier = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(31);
    let sql = "UPDATE pushes SET sent_at = ?1 WHERE outcome IS NULL AND sent_at IS NOT NULL";
    database(stage).execute(sql, [format!("{earlier:.9}")]).unwrap();
}

#[track_caller]
fn assert_sound(stage: &Stage) {
    let told: String = database(stage).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(told, "ok");
}

// ── what must hold ──

#[track_caller]
fn assert_ended_right(stage: &Stage, price: i64, puts: usize) {
    assert_eq!(stage.puts().len(), puts);
    let ids: BTreeSet<_> = stage.puts().into_iter().map(|put| put.request_id.unwrap()).collect();
    assert_eq!(ids.len(), puts, "no push is sent twice");
    assert!(stage.puts().iter().all(|put| !put.replaced_pending));
    assert_eq!(stage.live_item(KUTA, "NG")["price"], price);
    assert_eq!(stage.live_item(KUTA, "TEH")["in_stock"], false, "as the kitchen said before");
    let others = ["NG", "RAWON", "GUDEG", "PECEL"];
    assert!(others.iter().all(|id| stage.live_item(KUTA, id)["in_stock"] == true));
    assert_sound(stage);
}

fn kill_at(point: &Point) {
    let stage = Stage::new().in_sync();
    stage.kitchen(KUTA, "TEH", false);
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    let lock = (point.reach)(&stage, &daemon);
    daemon.kill();
    drop(lock);
    assert_eq!(stage.puts().len(), point.sent);
    let died_at = stage.log().last().map_or(0, |entry| entry.number);
    stage.server().clear_faults();
    stage.server().change_settings(|settings| settings.hold_publication = false);
    // What came to nothing is waited for no longer than this before it is told to be unknown.
    stage.settings_with_verify(if point.in_vain { "{timeout: 1s, interval: 50ms}" } else { "{timeout: 20s}" }, "");
    let mut daemon = Daemon::start(&stage);
    let log = stage.log();
    let calls: Vec<_> = log.iter().filter(|e| e.number > died_at && e.endpoint != Endpoint::Token).collect();
    assert_eq!(calls[0].endpoint, Endpoint::Get, "it looks first");
    if point.in_vain {
        assert_eq!(daemon.state(KUTA), "unknown");
        assert_eq!(stage.puts().len(), point.sent, "it may still arrive");
        daemon.kill();
        half_an_hour_passes(&stage);
        daemon = Daemon::begin(&stage, &["run"], &[]);
        // It looks for two minutes itself before it believes the clock.
        let is_live = |_: &Daemon<'_>| stage.live_item(KUTA, "NG")["price"] == 27_000;
        daemon.wait_within(Duration::from_secs(240), "the push to count as lost and be sent anew", is_live);
    }
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(daemon.status(KUTA)["last_push"]["outcome"], "published");
    daemon.stop();
    let puts = if point.in_vain { point.sent + 1 } else { 1 };
    assert_ended_right(&stage, 27_000, puts);
    let jeruk_is_off = stage.live_item(KUTA, "JERUK")["in_stock"] == false;
    assert_eq!(jeruk_is_off, point.name == "while stock is set again");
    assert_eq!(stage.server().outlet(KUTA).unwrap().publications, 2);
}

#[test]
fn killed_at_any_moment_of_a_push_the_next_start_looks_first_and_ends_right() {
    thread::scope(|scope| {
        for (number, point) in POINTS.iter().enumerate() {
            let named = thread::Builder::new().name(format!("{number}: {}", point.name));
            named.spawn_scoped(scope, || kill_at(point)).unwrap();
        }
    });
}

#[test]
fn killed_again_and_again_at_any_moment_it_ends_right() {
    let stage = Stage::new().in_sync();
    stage.kitchen(KUTA, "TEH", false);
    let mut random = fastrand::Rng::new();
    let mut price = 25_000;
    for _ in 0..12 {
        price = 20_000 + random.i64(0..80) * 100;
        edit(&stage, price);
        let daemon = Daemon::begin(&stage, &["run"], &[]);
        thread::sleep(Duration::from_millis(random.u64(0..400)));
        daemon.kill();
        assert_sound(&stage);
    }
    half_an_hour_passes(&stage);
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    // A push that came to nothing is looked for two minutes before it counts as lost.
    let is_live = |_: &Daemon<'_>| stage.live_item(KUTA, "NG")["price"] == price;
    daemon.wait_within(Duration::from_secs(240), "the last edit to be live", is_live);
    daemon.wait_for_price(KUTA, "NG", price);
    daemon.stop();
    let puts = stage.puts().len();
    assert_ended_right(&stage, price, puts);
}

/// The state as the release before wrote it, with all that is remembered.
fn as_of_version_2(stage: &Stage) {
    let path = stage.state_dir().join("menusync.sqlite3");
    let new = path.with_extension("new");
    fs::rename(&path, &new).unwrap();
    let old = database(stage);
    old.execute_batch(include_str!("../../src/state/sqlite/schema_1.sql")).unwrap();
    old.execute_batch(include_str!("../../src/state/sqlite/schema_2.sql")).unwrap();
    old.execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 2").unwrap();
    old.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    old.create_scalar_function("unpacked", 1, rusqlite::functions::FunctionFlags::SQLITE_UTF8, |arguments| {
        let packed: Option<Vec<u8>> = arguments.get(0)?;
        let text = packed.map(|packed| std::io::read_to_string(flate2::read::ZlibDecoder::new(&*packed)));
        text.transpose().map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
    })
    .unwrap();
    for table in ["outlets", "pushes"] {
        let columns = format!("SELECT group_concat(name) FROM pragma_table_info('{table}', 'main')");
        let columns: String = old.query_row(&columns, [], |row| row.get(0)).unwrap();
        let values = columns.split(',').map(|column| match column {
            "base" => "unpacked(base)".to_owned(),
            "plan" => "coalesce(unpacked(verification), plan)".to_owned(),
            column => column.to_owned(),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let copied = old.execute(&format!("INSERT INTO main.{table} ({columns}) SELECT {values} FROM new.{table}"), []);
        assert!(copied.unwrap() > 0, "nothing in {table}");
    }
    drop(old);
    fs::remove_file(new).unwrap();
}

fn version(stage: &Stage) -> i64 {
    database(stage).query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

#[test]
fn killed_while_the_state_is_brought_up_to_date_nothing_remembered_is_lost() {
    let stage = Stage::new().in_sync();
    let current = version(&stage);
    let mut random = fastrand::Rng::new();
    let mut found = BTreeSet::new();
    for _ in 0..16 {
        as_of_version_2(&stage);
        let daemon = Daemon::begin(&stage, &["run"], &[]);
        thread::sleep(Duration::from_millis(random.u64(0..60)));
        daemon.kill();
        assert_sound(&stage);
        found.insert(version(&stage));
        assert!(found.is_subset(&BTreeSet::from([2, current])), "{found:?}");
        // A first contact or anything else to push would be an outlet that is not known any more.
        stage.run(&["run", "--once"]).expect(0).says(&["1 unchanged"]);
        assert_eq!(version(&stage), current);
    }
    stage.assert_nothing_written();
    eprintln!("versions found after kills: {found:?}");
}
