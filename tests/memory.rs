//! Memory does not grow with the fleet: what a command needs at most, with forty outlets and with four hundred.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::{
    fmt::Write as _,
    fs,
    process::{Child, Stdio},
    time::Duration,
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
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// What an outlet may add, in KiB, whatever stands in its file. It is what is remembered of it; with its text and its decoded
/// file, which are not to be held, these outlets would add a hundred and more.
const AT_MOST: u64 = 60;

/// The same where each outlet has twenty new dishes to show: a plan is told when all outlets are planned.
const AT_MOST_SHOWN: u64 = 150;

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
    assert!(too_much.is_empty(), "more than it may be:\n{}", too_much.join("\n"));
}
