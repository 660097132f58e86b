//! Several daemons with one PostgreSQL, as on several machines: the outlets are shared, each is one's at a time, and what one
//! of them does not know is done by nobody.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    harness::{Daemon, get},
    notify::Ear,
    postgres::Database,
    support::{LAYER, Stage, fleet},
};

/// Nothing was heard of a daemon for so long, and it counts as dead (12 s, and the others meet every 3 s).
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(16);

/// So many outlets on one layer, in sync; the state is in a database.
fn stage(outlets: usize, more: &str) -> Option<(Stage, Database, Vec<String>)> {
    let database = Database::create()?;
    let outlets: Vec<String> = (1..=outlets).map(|number| format!("G{}", 3000 + number)).collect();
    let stage = Stage::with_outlets(outlets.clone());
    stage.write(LAYER, include_str!("../support/warung.yaml"));
    for outlet in &outlets {
        let text = format!("outlet: {outlet}\nname: Warung {outlet}\nextends: [warung.yaml]\n");
        stage.write(&format!("catalogs/{outlet}.yaml"), &text);
    }
    use_database(&stage, &database, more);
    Some((stage.in_sync(), database, outlets))
}

fn use_database(stage: &Stage, database: &Database, more: &str) {
    let file = stage.root().parent().unwrap().join("database-url");
    fs::write(&file, database.url()).unwrap();
    rights(&file);
    stage.settings(&format!("database_url_file: {}\n{more}", file.display()));
}

fn rights(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A machine: a state directory of its own, which has locks only, and perhaps a checkout of its own.
struct Machine {
    state_dir: PathBuf,
    root: PathBuf,
}

impl Machine {
    fn new(stage: &Stage, name: &str) -> Self {
        let state_dir = stage.root().parent().unwrap().join(name);
        Self { state_dir, root: stage.root() }
    }

    fn with_checkout(stage: &Stage, name: &str) -> Self {
        let root = stage.root().parent().unwrap().join(format!("{name}-root"));
        fs::create_dir_all(root.join("catalogs")).unwrap();
        let machine = Self { root, ..Self::new(stage, name) };
        machine.pull(stage);
        machine
    }

    /// Has the files of the stage.
    fn pull(&self, stage: &Stage) {
        fs::copy(stage.root().join("menusync.yaml"), self.root.join("menusync.yaml")).unwrap();
        for file in stage.root().join("catalogs").read_dir().unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), self.root.join("catalogs").join(file.file_name())).unwrap();
        }
    }

    fn start<'s>(&self, stage: &'s Stage) -> Daemon<'s> {
        self.begin(stage, &[])
    }

    /// Its clock is another one than everybody's.
    fn start_with_clock<'s>(&self, stage: &'s Stage, off_by: &str) -> Daemon<'s> {
        let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
        let is_there = std::path::Path::new(library).exists();
        assert!(is_there || std::env::var_os("ALL_TOOLS").is_none(), "there is no {library}");
        let clock = [
            ("LD_PRELOAD", library),
            ("FAKETIME", off_by),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ];
        self.begin(stage, if is_there { &clock } else { &[] })
    }

    fn begin<'s>(&self, stage: &'s Stage, environment: &[(&str, &str)]) -> Daemon<'s> {
        let mut command = stage.command(&["run"]);
        command.envs(environment.iter().copied());
        command
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(&self.root)
            .arg("--root")
            .arg(&self.root)
            .arg("--state-dir")
            .arg(&self.state_dir);
        let daemon = Daemon::of_command(stage, command);
        daemon.wait_for("the first pass", |daemon| daemon.messages().iter().any(|message| message.contains("READY=1")));
        daemon
    }
}

fn wait_until(what: &str, within: Duration, daemons: &[&Daemon<'_>], is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        let logs = || daemons.iter().map(|daemon| daemon.stderr()).collect::<Vec<_>>().join("\n────\n");
        assert!(began.elapsed() < within, "waited in vain for {what}\n{}", logs());
        thread::sleep(Duration::from_millis(50));
    }
}

fn all_cost(stage: &Stage, outlets: &[String], price: i64) -> bool {
    outlets.iter().all(|outlet| stage.live_item(outlet, "NG")["price"] == price)
}

/// The judge: no menu was sent while another one was on its way.
#[track_caller]
fn assert_one_at_a_time(stage: &Stage) {
    let doubled: Vec<_> = stage.puts().into_iter().filter(|put| put.replaced_pending).collect();
    assert!(doubled.is_empty(), "a second PUT while one was pending: {doubled:#?}");
}

fn owned(daemon: &Daemon<'_>) -> usize {
    let log = daemon.stderr();
    let last = log.lines().rev().find(|line| line.contains("the outlets are shared anew")).unwrap_or_default();
    last.split("ours=").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or_default()
}

#[test]
fn outlets_are_shared_and_those_of_a_killed_daemon_are_with_others_within_16_s() {
    let Some((stage, _database, outlets)) = stage(24, "") else { return };
    let machines = ["one", "two", "three"].map(|name| Machine::new(&stage, name));
    let [one, two, three] = machines.map(|machine| machine.start(&stage));
    let all = [&one, &two, &three];
    let sum = || all.iter().map(|daemon| owned(daemon)).sum::<usize>();
    wait_until("the outlets to be shared", Duration::from_secs(10), &all, || sum() == 24);
    fleet::change(&stage, 27_000);
    wait_until("all outlets", Duration::from_secs(20), &all, || all_cost(&stage, &outlets, 27_000));
    assert_eq!(stage.puts().len(), 24, "each was sent once");
    for daemon in all {
        assert!(daemon.stderr().contains("published") && owned(daemon) < 24, "{}", daemon.stderr());
    }
    stage.clear_log();
    all.iter().for_each(|daemon| daemon.signal("USR1"));
    wait_until("a look at each", Duration::from_secs(10), &all, || stage.gets().len() >= 24);
    thread::sleep(Duration::from_millis(500));
    let looks = stage.gets().len();
    assert!(looks < 30, "by one of them, but for what is looked at once more: {looks}");
    let killed = Instant::now();
    three.kill();
    fleet::change(&stage, 28_000);
    wait_until("those of the dead one as well", TAKEN_OVER_WITHIN, &[&one, &two], || {
        all_cost(&stage, &outlets, 28_000)
    });
    assert!(killed.elapsed() < TAKEN_OVER_WITHIN);
    assert_eq!(stage.puts().len(), 24);
    // One that ends in order need not be waited for.
    two.stop();
    fleet::change(&stage, 29_000);
    wait_until("all by one", Duration::from_secs(8), &[&one], || all_cost(&stage, &outlets, 29_000));
    assert_one_at_a_time(&stage);
    assert_eq!(stage.puts().len(), 48);
}

#[test]
fn a_daemon_that_stood_still_or_has_older_files_sends_nothing_of_what_it_knew() {
    let Some((stage, _database, outlets)) = stage(8, "") else { return };
    let (here, there) = (Machine::with_checkout(&stage, "here"), Machine::with_checkout(&stage, "there"));
    let (one, two) = (here.start(&stage), there.start(&stage));
    wait_until("both to share", Duration::from_secs(10), &[&one, &two], || owned(&one) + owned(&two) == 8);
    one.signal("STOP");
    fleet::change(&stage, 27_000);
    there.pull(&stage);
    wait_until("the other one to take over", TAKEN_OVER_WITHIN, &[&one, &two], || all_cost(&stage, &outlets, 27_000));
    one.signal("CONT");
    one.signal("USR1");
    one.wait_for_log("others have newer files than this daemon");
    one.signal("USR1");
    thread::sleep(Duration::from_secs(1));
    assert_eq!(stage.puts().len(), 8, "{}", one.stderr());
    // Nor does a person there, with its files.
    let mut apply = stage.command(&["apply", "--yes"]);
    let apply = stage.finish(apply.current_dir(&here.root).arg("--state-dir").arg(stage.root().join("../desk")));
    assert!(apply.stderr.contains("newer files") || apply.stdout.contains("newer files"), "{}", apply.transcript());
    assert!(all_cost(&stage, &outlets, 27_000) && stage.puts().len() == 8);
    here.pull(&stage);
    wait_until("both to share again", Duration::from_secs(15), &[&one, &two], || owned(&one) + owned(&two) == 8);
    // A commit is taken back.
    fleet::change(&stage, 25_000);
    // One has pulled it a while before the other.
    here.pull(&stage);
    thread::sleep(Duration::from_secs(9));
    there.pull(&stage);
    wait_until("the older price", Duration::from_secs(15), &[&one, &two], || all_cost(&stage, &outlets, 25_000));
    assert_eq!(stage.puts().len(), 16, "{}\n────\n{}", one.stderr(), two.stderr());
    assert_one_at_a_time(&stage);
}

#[test]
fn waves_go_on_whoever_has_their_outlets_and_whoever_dies() {
    let Some(database) = Database::create() else { return };
    let stage = fleet::fleet("2s");
    use_database(&stage, &database, &fleet::rollout("2s"));
    let stage = stage.in_sync();
    let [one, two] = ["one", "two"].map(|name| Machine::new(&stage, name).start(&stage));
    wait_until("both to share", Duration::from_secs(10), &[&one, &two], || owned(&one) + owned(&two) == 6);
    fleet::change(&stage, 27_000);
    wait_until("the first wave", Duration::from_secs(10), &[&one, &two], || !stage.puts().is_empty());
    assert_eq!(fleet::sent_to(&stage), fleet::waves()[0]);
    // Whoever of the two is left goes on.
    one.kill();
    let outlets = fleet::OUTLETS.map(str::to_owned);
    wait_until("all waves", Duration::from_secs(45), &[&two], || all_cost(&stage, &outlets, 27_000));
    two.wait_for("the rollout to end", |_| fleet::rollout_of(&stage)["phase"] == "ended");
    assert_eq!(stage.puts().len(), 6);
    assert_one_at_a_time(&stage);
}

#[test]
fn people_are_told_once_and_every_page_shows_all() {
    let Some((stage, database, outlets)) = stage(6, "") else { return };
    let ear = Ear::answering("204 No Content");
    ear.is_told_by(&stage);
    let notify = "notify: [{kind: webhook, url_file: ../url, secret_file: ../signing}]\n";
    use_database(&stage, &database, notify);
    let [one, two] = ["one", "two"].map(|name| Machine::new(&stage, name).start(&stage));
    wait_until("both to share", Duration::from_secs(10), &[&one, &two], || owned(&one) + owned(&two) == 6);
    for outlet in &outlets {
        stage.write(
            &format!("catalogs/{outlet}.yaml"),
            &format!("outlet: {outlet}\nname: x\nextends: [nowhere.yaml]\n"),
        );
    }
    let invalid = |daemon: &Daemon<'_>| {
        let answer = get(daemon, "/api/v1/status");
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        body["outlets"].as_array().unwrap().iter().filter(|outlet| outlet["state"] == "invalid").count()
    };
    for daemon in [&one, &two] {
        daemon.wait_for("all outlets on the page", |daemon| invalid(daemon) == 6);
        let metrics = get(daemon, "/metrics");
        assert!(metrics.contains("\nmenusync_members 2\n"), "{metrics}");
        assert!(metrics.contains(&format!("\nmenusync_outlets_owned {}\n", owned(daemon))), "{metrics}");
    }
    let told = std::cell::Cell::new(0);
    let listen = || {
        let now: usize = ear.heard().iter().map(|told| told["outlets"].as_array().map_or(0, Vec::len)).sum();
        told.set(told.get() + now);
        told.get()
    };
    one.wait_for("all to be told", |_| listen() >= 6);
    one.kill();
    thread::sleep(TAKEN_OVER_WITHIN);
    two.pass();
    two.stop();
    assert_eq!(listen(), 6, "each outlet is told of once");
}

/// All writes of the database fail as they do on a full disk.
fn fill_disk(database: &Database, is_full: bool) {
    let tables = ["pushes", "outlets", "leases"];
    database.sql(
        "CREATE OR REPLACE FUNCTION menusync.full() RETURNS trigger LANGUAGE plpgsql AS
         $$BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END$$",
    );
    for table in tables {
        database.sql(&match is_full {
            true => format!(
                "CREATE TRIGGER full_{table} BEFORE INSERT OR UPDATE ON menusync.{table} FOR EACH ROW
                 EXECUTE FUNCTION menusync.full()"
            ),
            false => format!("DROP TRIGGER full_{table} ON menusync.{table}"),
        });
    }
}

#[test]
fn whatever_happens_to_three_daemons_each_outlet_gets_its_menu_and_none_gets_two_at_once() {
    let Some((stage, database, outlets)) = stage(200, "") else { return };
    stage.publish_after(Duration::from_secs(2));
    let [one, two, three] = ["one", "two", "three"].map(|name| Machine::new(&stage, name));
    // The clock of the third goes wrong by three hours.
    let (mut first, second, third) = (one.start(&stage), two.start(&stage), three.start_with_clock(&stage, "-3h"));
    let price = std::cell::Cell::new(30_000);
    let change = || {
        price.set(price.get() + 100);
        fleet::change(&stage, price.get());
        let before = stage.puts().len();
        let began = Instant::now();
        while stage.puts().len() < before + 20 {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is sent");
            thread::sleep(Duration::from_millis(20));
        }
    };
    // Of one that died right after its call was let go nobody knows whether it left: it is looked for, for half an hour.
    let unknown = || -> Vec<String> {
        let unanswered = "SELECT outlet FROM menusync.pushes WHERE finished_at IS NULL AND answered_at IS NULL";
        database.sql(unanswered).lines().map(str::to_owned).collect()
    };
    let settle = |daemons: &[&Daemon<'_>], within: u64| {
        wait_until("all menus", Duration::from_secs(within), daemons, || {
            thread::sleep(Duration::from_millis(300));
            let unknown = unknown();
            let known: Vec<String> = outlets.iter().filter(|outlet| !unknown.contains(outlet)).cloned().collect();
            unknown.len() <= 16 && all_cost(&stage, &known, price.get())
        });
        assert_one_at_a_time(&stage);
    };
    change();
    settle(&[&first, &second, &third], 60);
    // One dies in the middle, and comes back.
    change();
    first.kill();
    first = one.start(&stage);
    // Calls that were under way are waited for as long as they may last.
    settle(&[&first, &second, &third], 90);
    // One stands still for longer than it lives.
    change();
    second.signal("STOP");
    thread::sleep(Duration::from_secs(14));
    second.signal("CONT");
    settle(&[&first, &second, &third], 90);
    // The database goes, and all connections with it.
    change();
    database.go_away();
    thread::sleep(Duration::from_secs(5));
    database.come_back();
    settle(&[&first, &second, &third], 90);
    // Its disk is full for a while.
    change();
    fill_disk(&database, true);
    thread::sleep(Duration::from_secs(5));
    fill_disk(&database, false);
    settle(&[&first, &second, &third], 90);
    for daemon in [first, second, third] {
        daemon.stop();
    }
    if unknown().is_empty() {
        stage.run(&["plan", "--detailed-exitcode"]).expect(0);
    }
}
