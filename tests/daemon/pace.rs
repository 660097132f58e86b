//! Many outlets under one pace: whoever pushed is looked for soon, however many outlets have not begun.

use std::time::Duration;

use jiff::Timestamp;
use menusync::sandbox::{Endpoint, Entry};

use crate::{
    harness::Daemon,
    support::{LAYER, Stage},
};

/// A fleet of copies of Kuta, in sync; then an edit for all of them, a platform that shows a menu after `delay`, and settings
/// that keep to `rate` calls a second.
fn fleet(outlets: usize, rate: u32, interval: &str, delay: Duration) -> Stage {
    let stage = Stage::new();
    for number in 1..outlets {
        let id = format!("G{}", 2000 + number);
        stage.server().seed(&id, serde_json::from_value(serde_json::json!({"menus": []})).unwrap());
        stage.write(&format!("catalogs/{id}.yaml"), &format!("outlet: {id}\nname: {id}\nextends: [warung.yaml]\n"));
    }
    let stage = stage.in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let delay = u64::try_from(delay.as_millis()).unwrap();
    stage.server().change_settings(|settings| settings.publish_delay_ms = delay);
    stage.settings_with_verify(&format!("{{timeout: 10m, interval: {interval}}}"), "");
    stage.edit("menusync.yaml", "requests_per_second: 1000", &format!("requests_per_second: {rate}"));
    stage
}

/// For every outlet that was pushed and looked for since: seconds from its PUT to the first look after it.
fn first_looks(stage: &Stage) -> Vec<f64> {
    let log = stage.log();
    let at = |time: &str| time.parse::<Timestamp>().unwrap();
    let puts = log.iter().filter(|entry| entry.endpoint == Endpoint::Put && entry.status == Some(200));
    let looks = puts.filter_map(|put| {
        let is_look =
            |entry: &&Entry| entry.endpoint == Endpoint::Get && entry.outlet == put.outlet && entry.number > put.number;
        Some(at(&log.iter().find(is_look)?.time).duration_since(at(&put.time)).as_secs_f64())
    });
    let mut looks: Vec<f64> = looks.collect();
    looks.sort_by(f64::total_cmp);
    looks
}

#[test]
fn with_many_outlets_that_have_not_begun_the_first_look_comes_in_time_and_the_kitchens_word_holds() {
    let stage = fleet(60, 2, "5s", Duration::from_secs(25));
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    // Which outlet comes first is open.
    let pushed = |stage: &Stage| stage.puts().into_iter().find_map(|put| put.outlet);
    daemon.wait_for("an outlet to be pushed", |_| pushed(&stage).is_some());
    let outlet = pushed(&stage).unwrap();
    let gets = |stage: &Stage| stage.gets().iter().filter(|get| get.outlet.as_ref() == Some(&outlet)).count();
    let before = gets(&stage);
    stage.kitchen(&outlet, "JERUK", false);
    daemon.wait_for("it to be looked at", |_| gets(&stage) > before);
    let patience = Duration::from_secs(90);
    daemon.wait_within(patience, "it to be published", |daemon| daemon.state(&outlet) == "in_sync");
    assert_eq!(stage.live_item(&outlet, "JERUK")["in_stock"], false, "sold out before it showed, and after");
    let looks = first_looks(&stage);
    assert!(looks.len() > 5 && looks.iter().all(|seconds| *seconds <= 10.0 + 5.0), "{looks:?}");
    daemon.kill();
}

/// Figures for docs/performance.md: `cargo test --release --test daemon -- --ignored --nocapture first_looks_of_300`
#[test]
#[ignore = "takes six minutes; for the figures in docs/performance.md"]
fn first_looks_of_300_outlets_at_five_requests_a_second() {
    let stage = fleet(300, 5, "15s", Duration::from_secs(40));
    let began = std::time::Instant::now();
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    let puts = |stage: &Stage| stage.log().iter().filter(|entry| entry.endpoint == Endpoint::Put).count();
    daemon.wait_within(Duration::from_secs(900), "all to be pushed", |_| puts(&stage) >= 300);
    let pushed = began.elapsed();
    let all_seen = |daemon: &Daemon<'_>| daemon.stderr().matches(" published ").count() >= 300;
    daemon.wait_within(Duration::from_secs(900), "all to be published", all_seen);
    let looks = first_looks(&stage);
    let at = |share: f64| looks[((looks.len() - 1) as f64 * share) as usize];
    eprintln!(
        "first look after the answer, seconds: min {:.1}, median {:.1}, 90 % {:.1}, 99 % {:.1}, max {:.1}; {} outlets; all \
         pushed after {:.0} s, all published after {:.0} s",
        at(0.0),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        looks.len(),
        pushed.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    assert!(at(1.0) <= 20.0, "more than verify.interval and 5 s");
    daemon.kill();
}
