//! A change of many outlets goes out in waves: how far a mistake gets, and that neither a death nor a person nor newer files
//! in the middle let anybody go before somebody of an earlier wave was seen.

use menusync::sandbox::{Endpoint, Fault};
use rusqlite::Connection;
use serde_json::json;

use crate::{
    harness::{Daemon, get},
    notify::Ear,
    support::{
        Stage,
        fleet::{change, file_of, fleet, rollout, rollout_of, sent_to, sorted, waves},
    },
};

fn refuse_all(stage: &Stage) {
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Put, 422) });
}

/// The rollout is in this phase, and the daemon is at rest.
#[track_caller]
fn wait_for_phase(daemon: &Daemon<'_>, stage: &Stage, phase: &str, wave: u64) {
    daemon.wait_for(&format!("the rollout to be {phase} in wave {wave}"), |daemon| {
        let rollout = rollout_of(stage);
        rollout["phase"] == phase && rollout["wave"] == wave && daemon.is_idle_after(0)
    });
}

fn hold_publication(stage: &Stage, hold: bool) {
    stage.server().change_settings(|settings| settings.hold_publication = hold);
}

#[test]
fn a_mistake_that_gofood_refuses_is_sent_to_one_outlet_and_newer_files_go_out_instead() {
    let (stage, [canary, second, third]) = (fleet("0s"), waves());
    let daemon = Daemon::start(&stage);
    refuse_all(&stage);
    change(&stage, 27_000);
    wait_for_phase(&daemon, &stage, "stopped", 1);
    for outlet in [&second[0], &third[0]] {
        daemon.wait_for_state(outlet, "queued");
    }
    daemon.pass();
    daemon.wait_for_state(&third[0], "held");
    let held = daemon.status(&third[0]);
    assert_eq!(held["held"][0]["guard"], "rollout");
    assert!(held["error"].as_str().unwrap().contains(&canary[0]), "{held}");
    // Neither a pass nor a death lets it go on.
    daemon.kill();
    let daemon = Daemon::start(&stage);
    daemon.pass();
    stage.run_beside_a_writer(&["apply", "--yes"]).expect(4).says(&["rollout"]);
    assert_eq!(sent_to(&stage), canary, "1 of 6 outlets saw it: {}", daemon.stderr());
    // A commit that has nothing to do with it does not either.
    stage.append(&file_of(&third[0]), "items: {TEH: {price: 7500}}\n");
    daemon.wait_for_log("these files wait, as the rollout before them is stopped");
    daemon.pass();
    assert_eq!((sent_to(&stage), &rollout_of(&stage)["phase"]), (canary, &json!("stopped")));
    stage.server().clear_faults();
    change(&stage, 26_500);
    wait_for_phase(&daemon, &stage, "ended", 3);
    daemon.wait_for_state(&third[2], "in_sync");
    daemon.stop();
    assert_eq!(stage.puts().len(), 7, "the one that was refused, and one for each");
}

#[test]
fn a_change_that_gofood_takes_and_does_not_show_is_sent_to_one_outlet() {
    let (stage, [canary, ..]) = (fleet("0s"), waves());
    stage.settings_with_verify("{timeout: 1s, interval: 200ms}", &rollout("0s"));
    hold_publication(&stage, true);
    let daemon = Daemon::start(&stage);
    change(&stage, 27_000);
    wait_for_phase(&daemon, &stage, "stopped", 1);
    daemon.pass();
    assert_eq!(sent_to(&stage), canary, "1 of 6 outlets saw it");
    daemon.stop();
}

#[test]
fn files_that_are_read_again_while_a_wave_is_on_its_way_do_not_keep_the_next_from_opening() {
    let (stage, [canary, second, _]) = (fleet("0s"), waves());
    hold_publication(&stage, true);
    let daemon = Daemon::start(&stage);
    change(&stage, 27_000);
    daemon.wait_for_state(&canary[0], "verifying");
    stage.run_beside_a_writer(&["reload", "--wait"]).expect(0);
    stage.server().publish(&canary[0]).unwrap();
    daemon.wait_for("the next wave to be sent", |_| sent_to(&stage).len() == 1 + second.len());
    daemon.stop();
}

#[test]
fn people_are_told_once_that_nobody_of_a_wave_could_be_sent() {
    let (stage, [canary, ..]) = (fleet("0s"), waves());
    let ear = Ear::answering("204 No Content");
    ear.is_told_by(&stage);
    stage.settings(&format!(
        "{}notify: [{{kind: webhook, url_file: ../url, secret_file: ../signing}}]\n",
        rollout("0s")
    ));
    stage.append(&file_of(&canary[0]), "guards: {price-change: 1%}\n");
    stage.run(&["run", "--once"]).expect(0);
    change(&stage, 27_000);
    stage.run(&["run", "--once"]).expect(5);
    let heard = ear.heard();
    let of = |event: &str| heard.iter().filter(|heard| heard["event"] == event).collect::<Vec<_>>();
    let (held, stuck) = (of("held"), of("rollout"));
    assert_eq!((held.len(), stuck.len(), heard.len()), (1, 1, 2), "{heard:#?}");
    assert_eq!(stuck[0]["outlets"][0]["outlet"], canary[0]);
    assert_eq!(stuck[0]["summary"], format!("Warung {0} ({0}) could not be sent its wave of the rollout", canary[0]));
    let detail = stuck[0]["outlets"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("nobody of wave 1 of 3 could be sent"), "{detail}");
    stage.run(&["run", "--once"]).expect(5);
    assert_eq!(ear.heard(), [json!(null); 0]);
}

#[test]
fn each_wave_is_seen_before_the_next_and_a_death_in_any_of_them_repeats_and_skips_nothing() {
    let (stage, all) = (fleet("0s"), waves());
    hold_publication(&stage, true);
    let mut daemon = Daemon::start(&stage);
    change(&stage, 27_000);
    for wave in 1..=all.len() {
        let sent = sorted(&all[..wave]);
        daemon.wait_for(&format!("wave {wave} to be sent"), |_| sent_to(&stage) == sent);
        daemon.wait_for_state(&all[wave - 1][0], "verifying");
        daemon.kill();
        daemon = Daemon::begin(&stage, &["run"], &[]);
        daemon.wait_for_state(&all[wave - 1][0], "verifying");
        if let Some(next) = all.get(wave) {
            daemon.wait_for_state(&next[0], "queued");
        }
        assert_eq!(sent_to(&stage), sent, "nobody before somebody was seen");
        for outlet in &all[wave - 1] {
            stage.server().publish(outlet).unwrap();
        }
    }
    wait_for_phase(&daemon, &stage, "ended", 3);
    assert_eq!(sent_to(&stage), sorted(&all), "each once");
    daemon.stop();
}

#[test]
fn a_wave_bakes_a_person_may_stop_it_and_what_the_database_says_counts() {
    let (stage, [canary, second, third]) = (fleet("1h"), waves());
    stage.edit("menusync.yaml", "listen: \"off\"", "listen: \"127.0.0.1:0\"");
    let daemon = Daemon::start(&stage);
    change(&stage, 27_000);
    wait_for_phase(&daemon, &stage, "baking", 1);
    daemon.pass();
    assert_eq!(sent_to(&stage), canary);
    let queued = daemon.status(&second[0]);
    assert_eq!(queued["state"], "queued");
    assert!(
        queued["error"].as_str().unwrap().contains("waits for wave 2 of 3 of the rollout, which opens at"),
        "{queued}"
    );
    let page = get(&daemon, "/");
    assert!(page.contains("Rollout: wave 1 of 3 is over"), "{page}");
    let metrics = get(&daemon, "/metrics");
    for line in [
        "menusync_rollout_wave 1",
        "menusync_rollout_waves 3",
        "menusync_rollout_stopped 0",
        "menusync_rollout_stuck 0",
    ] {
        assert!(metrics.contains(line), "{line}:\n{metrics}");
    }
    stage.run_beside_a_writer(&["pause", "--rollout"]).expect(0).says(&["the rollout is paused"]);
    let set = |sql: &str| {
        let connection = Connection::open(stage.state_dir().join("menusync.sqlite3")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        assert_eq!(connection.execute(sql, []).unwrap(), 1);
    };
    set("UPDATE rollouts SET baking_until = '2001-01-01T00:00:00.000000000Z'");
    daemon.pass();
    assert_eq!(sent_to(&stage), canary, "its time has come, but a person has stopped it");
    daemon.wait_for_state(&third[0], "held");
    stage.run_beside_a_writer(&["resume", "--rollout"]).expect(0).says(&["goes on with the next pass"]);
    daemon.pass();
    wait_for_phase(&daemon, &stage, "baking", 2);
    assert_eq!(sent_to(&stage), sorted(&[canary.clone(), second.clone()]));
    // Another process says that no wave is open: what the daemon remembers does not count.
    set("UPDATE rollouts SET wave = 0, baking_until = NULL, waves = 3");
    daemon.pass();
    assert_eq!(sent_to(&stage), sorted(&[canary, second]));
    daemon.stop();
}

#[test]
fn a_wave_of_which_all_are_held_waits_and_says_so() {
    let (stage, [canary, second, _]) = (fleet("0s"), waves());
    stage.append(&file_of(&canary[0]), "guards: {price-change: 1%}\n");
    stage.run(&["run", "--once"]).expect(0);
    let daemon = Daemon::start(&stage);
    change(&stage, 27_000);
    daemon.wait_for_state(&canary[0], "held");
    daemon.wait_for_state(&second[0], "queued");
    daemon.pass();
    assert_eq!(sent_to(&stage), [""; 0]);
    stage
        .run_beside_a_writer(&["status"])
        .says(&["1 could not be sent, and the next wave opens only after one was seen"]);
    // A person who lets one of a later wave go does just that; who lets the canary go lets the rollout go on.
    let allow = format!("rollout:{}", second[0]);
    stage.run_beside_a_writer(&["apply", "--yes", "--outlet", &second[0]]).expect(0);
    assert_eq!(sent_to(&stage), [""; 0]);
    stage.run_beside_a_writer(&["apply", "--yes", "--outlet", &second[0], "--allow", &allow]).expect(0);
    assert_eq!(sent_to(&stage), second[..1]);
    daemon.pass();
    assert_eq!(sent_to(&stage), second[..1]);
    stage.run_beside_a_writer(&["apply", "--yes", "--outlet", &canary[0], "--allow", "price-change"]).expect(0);
    daemon.pass();
    wait_for_phase(&daemon, &stage, "ended", 3);
    assert_eq!(sent_to(&stage), sorted(&waves()));
    daemon.stop();
}

#[test]
fn newer_files_in_the_middle_begin_with_a_canary_again_and_a_revert_is_in_sync_where_nothing_was_sent() {
    let (stage, all) = (fleet("1h"), waves());
    let daemon = Daemon::start(&stage);
    change(&stage, 27_000);
    wait_for_phase(&daemon, &stage, "baking", 1);
    // Only one outlet is touched, but those that waited are not forgotten, and do not go at once.
    stage.append(&file_of(&all[0][0]), "items: {TEH: {price: 7500}}\n");
    daemon
        .wait_for("the newer files to go out", |_| stage.puts().len() == 2 && rollout_of(&stage)["phase"] == "baking");
    assert_eq!(sent_to(&stage), [all[0].clone(), all[0].clone()].concat(), "the same canary, as ids decide");
    // Back to what the others still show.
    change(&stage, 25_000);
    daemon.wait_for("the revert to arrive", |_| stage.live_item(&all[0][0], "NG")["price"] == 25_000);
    wait_for_phase(&daemon, &stage, "ended", 1);
    assert!(sent_to(&stage).iter().all(|outlet| *outlet == all[0][0]), "{:?}", sent_to(&stage));
    daemon.stop();
}

#[test]
fn stock_alone_waits_for_nobody() {
    let (stage, all) = (fleet("1h"), waves());
    stage.append("catalogs/warung.yaml", "items: {JERUK: {in_stock: false}}\n");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(stage.patches().len(), 6);
    assert_eq!(sent_to(&stage), [""; 0]);
    assert_eq!(stage.live_item(&all[2][0], "JERUK")["in_stock"], json!(false));
}
