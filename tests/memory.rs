//! Memory does not grow with the fleet: what a command needs at most, with forty outlets and with four hundred.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::{
    fmt::Write as _,
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use support::Stage;

const FEW: usize = 40;
const MANY: usize = 400;
const DISHES: usize = 20;

/// The menu of one outlet, whole, in one file.
fn definition(outlet: &str) -> String {
    let mut text = format!("outlet: {outlet}\nmenus:\n  - name: Menu\n    menu_items:\n");
    for n in 0..DISHES {
        let open = "[{start: '10:00', end: '14:00'}, {start: '16:00', end: '22:00'}]";
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let hours = days.map(|day| format!("{day}: {open}, ")).concat();
        write!(
            text,
            "      - external_id: ITEM-{n:03}\n        name: Nasi Goreng Nomor {n}\n        description: Nasi goreng {outlet} dengan \
             telur, acar dan kerupuk, pedas atau tidak, dimasak di atas arang\n        price: {}\n        image: \
             https://img.example.com/{outlet}/{n}.jpg\n        operational_hours: {{{hours}}}\n",
            15_000 + n % 30 * 500,
        )
        .unwrap();
    }
    text
}

/// A fleet whose live menus are empty.
fn fleet(outlets: usize) -> Stage {
    let ids: Vec<String> = (0..outlets).map(|n| format!("G{}", 20_000 + n)).collect();
    let stage = Stage::with_outlets(ids.clone());
    for id in &ids {
        stage.write(&format!("catalogs/{id}.yaml"), &definition(id));
    }
    stage
}

/// The most memory, in KiB, that a command had until it ended well.
fn peak(stage: &Stage, arguments: &[&str]) -> u64 {
    let mut command = stage.command(arguments);
    // Huge pages come by chance.
    command.env("MIMALLOC_ALLOW_THP", "0").stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(&child));
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0), "{arguments:?}");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn high_water(child: &Child) -> u64 {
    memory_of(child, "VmHWM:")
}

fn memory_of(child: &Child, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// A fleet of one menu, in sync.
fn layered(outlets: usize) -> Stage {
    let ids: Vec<String> = (0..outlets).map(|n| format!("G{}", 20_000 + n)).collect();
    let stage = Stage::with_outlets(ids.clone());
    let menu = definition("base");
    stage.write("catalogs/base.yaml", menu.split_once('\n').unwrap().1);
    for id in &ids {
        stage.write(&format!("catalogs/{id}.yaml"), &format!("outlet: {id}\nextends: [base.yaml]\n"));
    }
    stage.run(&["run", "--once"]).expect(0);
    stage
}

/// Killed when dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The memory, in KiB, of a daemon that has pushed an edit of the layer to all outlets: at most, and once it is quiet.
fn after_an_edit_of_the_layer(outlets: usize) -> (u64, u64) {
    let stage = layered(outlets);
    let mut command = stage.command(&["run"]);
    command.env("MIMALLOC_ALLOW_THP", "0").env("MIMALLOC_PURGE_DELAY", "0");
    let daemon = Daemon(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let wait = |what: &str, done: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < Duration::from_secs(300), "{what} did not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let looks = stage.gets().len();
    wait("the first pass", &|| stage.gets().len() >= looks + outlets);
    let pushes = stage.puts().len();
    stage.edit("catalogs/base.yaml", "price: 15000", "price: 15500");
    wait("the pushes", &|| stage.puts().len() >= pushes + outlets);
    wait("the end", &|| {
        let status = stage.run(&["status", "--output", "json"]).json();
        status["outlets"].as_array().unwrap().iter().all(|outlet| outlet["state"] == "in_sync")
    });
    let quiet = (0..20).map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        memory_of(&daemon.0, "VmRSS:")
    });
    let quiet = quiet.min().unwrap();
    (high_water(&daemon.0), quiet)
}

/// What an outlet may add, in KiB, whatever stands in its file. It is what is remembered of it; with its text and its decoded
/// file, which are not to be held, these outlets would add a hundred and more.
const AT_MOST: u64 = 60;

/// The same where each outlet has twenty new dishes to show: a plan is told when all outlets are planned.
const AT_MOST_SHOWN: u64 = 100;

#[test]
fn memory_does_not_grow_with_the_fleet() {
    let (few, many) = (fleet(FEW), fleet(MANY));
    let commands = [
        ("validate", &["validate"][..], AT_MOST),
        ("the first plan", &["plan"], AT_MOST_SHOWN),
        ("the first push", &["run", "--once"], AT_MOST),
        ("a plan", &["plan"], AT_MOST),
        ("a pass that finds nothing to do", &["run", "--once"], AT_MOST),
    ];
    let mut too_much = Vec::new();
    for (what, arguments, limit) in commands {
        let peaks = [&few, &many].map(|stage| peak(stage, arguments));
        let slope = peaks[1].saturating_sub(peaks[0]) / (MANY - FEW) as u64;
        let measured =
            format!("{what}: {} KiB with {FEW} outlets, {} KiB with {MANY}, {slope} KiB an outlet", peaks[0], peaks[1]);
        eprintln!("{measured}");
        if slope > limit {
            too_much.push(measured);
        }
    }
    let [few, many] = [FEW, MANY].map(after_an_edit_of_the_layer);
    let edited = [
        ("an edit of the layer, at most", few.0, many.0, AT_MOST_SHOWN),
        ("an edit of the layer, afterwards", few.1, many.1, AT_MOST),
    ];
    for (what, few, many, limit) in edited {
        let slope = many.saturating_sub(few) / (MANY - FEW) as u64;
        let measured = format!("{what}: {few} KiB with {FEW} outlets, {many} KiB with {MANY}, {slope} KiB an outlet");
        eprintln!("{measured}");
        if slope > limit {
            too_much.push(measured);
        }
    }
    assert!(too_much.is_empty(), "more than it may be:\n{}", too_much.join("\n"));
}
