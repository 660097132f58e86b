//! SIGKILL around every call for a promotion: the next start makes the same call again, and there is one promotion. And what
//! people hear of one.

use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::{
    harness::{Daemon, get},
    notify::{self, Ear},
    support::{KUTA, KUTA_FILE, Stage, zone_away_from_midnight},
};

const GAJIAN: &str = "promotions:\n  gajian:\n    external_menu_id: NG\n    selling_price: 19000\n    \
                      start_date: 2098-02-25\n    end_date: 2098-02-28\n";

fn open(stage: &Stage) -> Vec<i64> {
    let all = stage.server().promotions(KUTA).unwrap().into_iter();
    all.filter(|one| one.status == "created").map(|one| one.promo_detail.selling_price).collect()
}

fn promotion_calls(stage: &Stage) -> usize {
    stage.log().iter().filter(|entry| entry.endpoint == Endpoint::Promo).count()
}

/// The process dies at the call after `calls` others, before it is carried out or before its answer.
fn kill_at(calls: u32, is_done: bool, before: &str, after: &str, price: i64) {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, &format!("timezone: {}\n", zone_away_from_midnight()));
    stage.append(KUTA_FILE, before);
    stage.run(&["apply", "--yes"]).expect(0);
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    let hang = Fault { after: calls, ..Fault::new(Endpoint::Promo, FaultKind::Delay) };
    stage.server().inject(match is_done {
        true => Fault { delay_answer_ms: 20_000, ..hang },
        false => Fault { delay_ms: 20_000, ..hang },
    });
    let text = stage.read(KUTA_FILE);
    let rest = if before.is_empty() { text } else { text.replace(before, "") };
    stage.write(KUTA_FILE, &format!("{rest}{after}"));
    daemon.wait_for("the call", |_| promotion_calls(&stage) > calls as usize);
    daemon.kill();
    stage.server().clear_faults();
    let daemon = Daemon::start(&stage);
    daemon.wait_for("the promotion", |daemon| open(&stage) == [price] && daemon.state(KUTA) == "in_sync");
    daemon.stop();
    let made = stage.server().promotions(KUTA).unwrap().len();
    assert!(made <= 2, "{made} after {calls} calls, {is_done}");
}

#[test]
fn killed_around_any_call_there_is_one_promotion_in_the_end() {
    std::thread::scope(|scope| {
        for calls in 0..4 {
            for is_done in [false, true] {
                scope.spawn(move || kill_at(calls, is_done, "", GAJIAN, 19_000));
            }
        }
    });
}

#[test]
fn killed_around_any_call_of_a_replacement_there_is_one_promotion_in_the_end() {
    std::thread::scope(|scope| {
        for calls in 0..6 {
            scope.spawn(move || {
                let other = GAJIAN.replace("19000", "18000");
                kill_at(calls, calls % 2 == 0, GAJIAN, &other, 18_000);
            });
        }
    });
}

#[test]
fn a_promotion_that_is_made_is_counted_shown_and_told() {
    let ear = Ear::answering("204 No Content");
    let stage = notify::stage(&ear);
    stage.edit("menusync.yaml", "listen: \"off\"", "listen: \"127.0.0.1:0\"");
    stage.append(KUTA_FILE, &format!("timezone: {}\n", zone_away_from_midnight()));
    let daemon = Daemon::start(&stage);
    daemon.wait_for_state(KUTA, "in_sync");
    stage.append(KUTA_FILE, GAJIAN);
    daemon.wait_for("the promotion", |daemon| open(&stage) == [19_000] && daemon.state(KUTA) == "in_sync");
    let counted = "menusync_promotions_total{result=\"created\"} 1\n";
    daemon.wait_for("the counter", |daemon| get(daemon, "/metrics").contains(counted));
    let page = get(&daemon, &format!("/outlets/{KUTA}"));
    assert!(page.contains("promotion “gajian” of NG: Rp 19.000, 25–28 Feb 2098"), "{page}");
    daemon.stop();
    // A daemon collects what it tells; one pass tells it at once.
    stage.edit(KUTA_FILE, "selling_price: 19000", "selling_price: 18000");
    stage.run(&["run", "--once"]).expect(0);
    let told: Vec<String> = ear.heard().iter().map(|heard| heard["outlets"][0]["detail"].to_string()).collect();
    assert!(told.contains(&"\"promotions: 1 replaced (“gajian” of NG)\"".to_owned()), "{told:?}");
}
