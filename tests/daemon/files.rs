//! Files change, break, vanish and come back.

use std::fs;

use serde_json::json;

use crate::{
    harness::Daemon,
    support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage},
};

/// Calls about an outlet since the log was cleared.
fn calls(stage: &Stage, outlet: &str) -> Vec<String> {
    let of_outlet = stage.log().into_iter().filter(|entry| entry.outlet.as_deref() == Some(outlet));
    of_outlet.map(|entry| entry.method).collect()
}

#[test]
fn what_the_files_say_is_pushed_at_the_start() {
    let stage = Stage::new().with_kemang();
    let daemon = Daemon::start(&stage);
    daemon.wait_for_price(KUTA, "NG", 25_000);
    daemon.wait_for_price(KEMANG, "NG", 25_000);
    assert_eq!(stage.puts().len(), 2);
    let log = daemon.stop();
    assert_eq!(log.matches(" published outlet=").count(), 2, "{log}");
}

#[test]
fn an_edit_of_one_outlet_is_published_and_the_other_is_left_in_peace() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(calls(&stage, KEMANG), [""; 0]);
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn an_edit_of_a_shared_layer_reaches_all_that_extend_it() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.write("catalogs/solo.yaml", "outlet: G1003\nname: Solo\nstate: paused\nmenus: [{name: A, menu_items: [{external_id: A, name: Aa, price: 9000}]}]\n");
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_price(KUTA, "NG", 27_000);
    daemon.wait_for_price(KEMANG, "NG", 27_000);
    assert_eq!(calls(&stage, "G1003"), [""; 0]);
    assert_eq!(stage.puts().len(), 2);
}

#[test]
fn an_editor_that_saves_by_renaming_is_noticed() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    let text = stage.read(LAYER).replace("price: 25000", "price: 27000");
    fs::write(stage.root().join("catalogs/.warung.yaml.swp"), &text).unwrap();
    fs::rename(stage.root().join("catalogs/.warung.yaml.swp"), stage.root().join(LAYER)).unwrap();
    daemon.wait_for_price(KUTA, "NG", 27_000);
}

#[test]
fn a_checkout_of_another_branch_is_published_with_its_commit() {
    let stage = Stage::new();
    git(&stage, &["init", "-q", "-b", "main"]);
    git(&stage, &["add", "."]);
    git(&stage, &["commit", "-q", "-m", "menus"]);
    git(&stage, &["checkout", "-q", "-b", "dearer"]);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    git(&stage, &["commit", "-q", "-a", "-m", "dearer"]);
    let dearer = git(&stage, &["rev-parse", "HEAD"]);
    git(&stage, &["checkout", "-q", "main"]);
    let daemon = Daemon::start(&stage);
    daemon.wait_for_price(KUTA, "NG", 25_000);
    git(&stage, &["checkout", "-q", "dearer"]);
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(daemon.status(KUTA)["revision"], dearer.trim());
}

pub(crate) fn git(stage: &Stage, arguments: &[&str]) -> String {
    let mut git = std::process::Command::new("git");
    git.current_dir(stage.root()).args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
    let output = git.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_image_that_a_definition_uses_is_noticed_when_it_comes_and_when_it_goes() {
    let stage = Stage::new().with_kemang().in_sync();
    // Addresses of images do not read back: such a push counts as published when this time is over.
    let images = "images: {check: false, base_url: 'https://img.example.com/'}";
    stage.settings_with_verify("{timeout: 2s, interval: 50ms}", images);
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.append(KUTA_FILE, "items: {NG: {image: photos/ng.png}}\n");
    daemon.wait_for_state(KUTA, "invalid");
    fs::create_dir(stage.root().join("photos")).unwrap();
    fs::write(stage.root().join("photos/ng.png"), include_bytes!("../images/good.png")).unwrap();
    daemon.wait_for_state(KUTA, "in_sync");
    assert_eq!(stage.puts().len(), 1);
    fs::remove_file(stage.root().join("photos/ng.png")).unwrap();
    daemon.wait_for_state(KUTA, "invalid");
    assert_eq!(calls(&stage, KEMANG), [""; 0], "it uses no such image");
}

#[test]
fn writing_a_file_again_as_it_was_sends_nothing() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.write(KUTA_FILE, &stage.read(KUTA_FILE));
    // What comes later is looked at later, so when this has arrived the other has been judged.
    stage.append(KEMANG_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_price(KEMANG, "NG", 27_000);
    assert_eq!(calls(&stage, KUTA), [""; 0]);
}

#[test]
fn a_broken_file_leaves_out_its_outlet_only_and_drift_there_is_still_seen() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    stage.append(KUTA_FILE, "items: {NG: {price: 25.000}}\n");
    daemon.wait_for_state(KUTA, "invalid");
    daemon.wait_for_log("left out");
    stage.clear_log();
    stage.edit_in_app(KUTA, "TEH", json!({"price": 9_900}));
    stage.append(KEMANG_FILE, "items: {NG: {price: 27000}}\n");
    daemon.wait_for_price(KEMANG, "NG", 27_000);
    daemon.pass();
    let status = daemon.status(KUTA);
    assert_eq!(status["state"], "invalid");
    assert_eq!(status["drift"][0]["path"], "items/TEH/price", "{status}");
    assert!(status["error"].as_str().unwrap().contains("catalogs/kuta.yaml:4"), "{status}");
    assert!(!calls(&stage, KUTA).contains(&"PUT".to_owned()));
    stage.edit(KUTA_FILE, "25.000", "26000");
    daemon.wait_for("the mended file to be published", |_| stage.live_item(KUTA, "NG")["price"] == 26_000);
    daemon.wait_for_state(KUTA, "drifted");
    assert_eq!(stage.live_item(KUTA, "TEH")["price"], 9_900);
}

#[test]
fn a_file_that_is_no_yaml_any_more_leaves_its_outlet_invalid() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.append(KUTA_FILE, "items: {NG: {price: \n");
    daemon.wait_for_state(KUTA, "invalid");
    stage.append(LAYER, "x: [\n");
    daemon.wait_for_state(KEMANG, "invalid");
    daemon.pass();
    stage.assert_nothing_written();
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25_000);
}

#[test]
fn broken_settings_are_told_and_the_old_ones_hold_until_they_are_mended() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    let settings = stage.read("menusync.yaml");
    stage.write("menusync.yaml", &format!("{settings}shedule: \"0 * * * *\"\n"));
    daemon.wait_for_log("the new settings are not used");
    daemon.wait_for_log("shedule");
    stage.clear_log();
    daemon.pass();
    assert_eq!(calls(&stage, KUTA), ["GET"]);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.write("menusync.yaml", &settings);
    daemon.wait_for_price(KUTA, "NG", 27_000);
}

#[test]
fn a_root_that_vanishes_pushes_nothing_and_is_gone_on_with_when_it_comes_back() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    // Something to push that only the daemon's memory of the files asks for.
    stage.clear_log();
    let away = stage.root().with_extension("away");
    fs::rename(stage.root(), &away).unwrap();
    daemon.wait_for_log("cannot be read");
    // A menu that the files would have filled again.
    stage.seed(KUTA, json!({"menus": []}));
    daemon.signal("USR1");
    daemon.signal("HUP");
    daemon.wait_for("the reload to end", |daemon| {
        daemon.messages().iter().filter(|message| message.starts_with("READY=1")).count() == 2
    });
    assert!(stage.log().is_empty(), "{:?}", stage.log());
    fs::write(away.join(LAYER), fs::read_to_string(away.join(LAYER)).unwrap().replace("25000", "27000")).unwrap();
    stage.seed(KUTA, live_before(&stage));
    fs::rename(&away, stage.root()).unwrap();
    daemon.wait_for_price(KUTA, "NG", 27_000);
    let log = daemon.stop();
    assert_eq!(log.matches("cannot be read").count(), 1, "told once:\n{log}");
}

#[test]
fn a_root_that_is_replaced_by_another_directory_is_followed() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    let next = stage.root().with_extension("next");
    fs::create_dir_all(next.join("catalogs")).unwrap();
    for file in ["menusync.yaml", LAYER, KUTA_FILE] {
        fs::write(next.join(file), stage.read(file).replace("price: 25000", "price: 27000")).unwrap();
    }
    fs::rename(stage.root(), stage.root().with_extension("before")).unwrap();
    fs::rename(&next, stage.root()).unwrap();
    daemon.wait_for_price(KUTA, "NG", 27_000);
}

/// The menu that the files of a stage ask for, as it was live before they changed.
fn live_before(_: &Stage) -> serde_json::Value {
    Stage::new().in_sync().live(KUTA)
}

#[test]
fn an_empty_directory_of_definitions_empties_no_menu() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.clear_log();
    stage.remove(KUTA_FILE);
    stage.remove(LAYER);
    daemon.wait_for_state(KUTA, "invalid");
    assert!(!stage.live_item(KUTA, "NG").is_null());
    stage.assert_nothing_written();
}

#[test]
fn an_outlet_whose_file_is_deleted_is_missing_and_its_menu_stays() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    let text = stage.read(KUTA_FILE);
    stage.remove(KUTA_FILE);
    daemon.wait_for_state(KUTA, "missing");
    daemon.wait_for_log("no file defines this outlet any more");
    stage.clear_log();
    daemon.pass();
    assert_eq!(calls(&stage, KUTA), [""; 0]);
    assert_eq!(calls(&stage, KEMANG), ["GET"]);
    assert_eq!(stage.live_item(KUTA, "NG")["price"], 25_000);
    stage.write(KUTA_FILE, &text);
    daemon.wait_for_state(KUTA, "in_sync");
    stage.assert_nothing_written();
}

#[test]
fn a_new_outlet_is_published_without_a_restart() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    let stage_two = || stage.write(KEMANG_FILE, "outlet: G1002\nname: Kemang\nextends: [warung.yaml]\n");
    stage_two();
    daemon.wait_for_price(KEMANG, "NG", 25_000);
}

#[test]
fn an_approval_that_is_committed_lets_its_push_out_and_is_said_to_be_of_no_use_after_it() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    stage.append(KUTA_FILE, "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n");
    daemon.wait_for_state(KUTA, "held");
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.run_beside_a_writer(&["approve", "plan.json", "--guard", "deletes", "--reason", "hujan"]).expect(0);
    daemon.wait_for_state(KUTA, "in_sync");
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
    daemon.wait_for_log("lets nothing through and can be removed");
    daemon.pass();
    daemon.pass();
    let log = daemon.stop();
    assert_eq!(log.matches("lets nothing through and can be removed").count(), 1, "{log}");
}

#[test]
fn what_git_is_in_the_middle_of_is_not_pushed() {
    let stage = Stage::new().in_sync();
    let daemon = Daemon::start(&stage);
    daemon.wait_for("a pass", |daemon| daemon.passes() == 1);
    stage.write(".git/BISECT_LOG", "");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    daemon.wait_for_log("git is in the middle of a bisect in the work tree; end it by `git bisect reset`");
    for writing in [&["apply", "--yes"][..], &["rollback", "--yes", "--outlet", KUTA, "--to", "1"]] {
        stage.run(writing).expect(4).says(&["nothing is pushed: git is in the middle of a bisect"]);
    }
    assert_eq!(stage.live_item(KUTA, "RAWON")["price"], 36000);
    stage.remove(".git/BISECT_LOG");
    stage.edit(LAYER, "price: 37000", "price: 37500");
    daemon.wait_for_price(KUTA, "RAWON", 37500);
    daemon.stop();
    stage.write(".git/rebase-merge/done", "");
    stage.run(&["run", "--once"]).expect(4).says(&["end it by `git rebase --continue` or `--abort`"]);
    stage.run(&["validate"]).expect(0);
}
