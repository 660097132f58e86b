//! `reload`: the files are taken into use or refused as a whole, and who asked hears which.

use std::{collections::BTreeMap, fs};

use menusync::sandbox::{Endpoint, Fault};
use serde_json::Value;

use crate::{
    harness::{Daemon, get},
    support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage},
};

/// `reload --wait` by someone who knows nothing of the root but where the daemon keeps its state.
fn reload(stage: &Stage, code: i32) -> Value {
    let state_dir = stage.state_dir();
    let arguments = ["reload", "--wait", "--output", "json", "--state-dir", state_dir.to_str().unwrap()];
    stage.run_beside_a_writer(&arguments).expect(code).json()
}

#[test]
fn good_files_are_taken_and_bad_ones_refused_with_their_places() {
    let stage = Stage::new().with_kemang().in_sync();
    let daemon = Daemon::start(&stage);
    let asked = stage.run_beside_a_writer(&["reload", "--wait"]).expect(0);
    assert_eq!(asked.stdout, "Reloaded: 2 outlets.\n");

    let settings = stage.read("menusync.yaml");
    stage.append("menusync.yaml", "jitters: 5s\n");
    let refused = reload(&stage, 3);
    assert_eq!(refused["result"], "refused");
    assert_eq!(refused["diagnostics"][0]["file"], "menusync.yaml", "{refused}");
    assert!(refused["error"].as_str().unwrap().contains("the old ones"), "{refused}");
    stage.write("menusync.yaml", &settings);

    stage.edit(LAYER, "price: 25000", "price: 25.000");
    let partly = reload(&stage, 3);
    assert!(partly["error"].as_str().unwrap().starts_with("2 of 2 outlets are left out"), "{partly}");
    assert_eq!(partly["diagnostics"][0]["file"], LAYER, "{partly}");
    stage.edit(LAYER, "price: 25.000", "price: 26000");
    assert_eq!(reload(&stage, 0)["result"], "taken");
    daemon.wait_for_price(KUTA, "NG", 26_000);
    daemon.stop();
    assert!(stage.puts().iter().all(|put| put.status == Some(200)), "nothing of the refused files was sent");
}

#[test]
fn a_secret_that_cannot_be_read_and_an_address_that_waits_are_told_to_who_asked() {
    let stage = Stage::new().in_sync();
    let put = |name: &str, text: &str| fs::write(stage.root().join("..").join(name), text).unwrap();
    put("url", "http://127.0.0.1:9/hidden-path-7Rm");
    put("relay", "relay-secret");
    let settings = |listen: &str, url: &str, relay: &str| {
        stage.settings(&format!(
            "notify: [{{kind: slack, url_file: ../{url}}}]\nwebhook: {{listen: \"{listen}\", secret_file: ../{relay}}}"
        ));
    };
    settings("127.0.0.1:0", "url", "relay");
    let daemon = Daemon::start(&stage);
    for (url, relay, told) in [("none", "relay", "notifications go where"), ("url", "none", "the old webhook secrets")]
    {
        settings("127.0.0.1:0", url, relay);
        let refused = reload(&stage, 3);
        assert_eq!(refused["result"], "refused");
        let error = refused["error"].as_str().unwrap();
        assert!(error.starts_with(told) && error.contains("none: No such file"), "{error}");
    }
    settings("127.0.0.2:0", "url", "relay");
    let taken = reload(&stage, 0);
    assert_eq!((&taken["result"], &taken["after_restart"]), (&"taken".into(), &true.into()));
    daemon.stop();
}

#[test]
fn without_a_daemon_there_is_nobody_to_ask_even_if_one_was_killed() {
    let stage = Stage::new().in_sync();
    stage.run(&["reload"]).expect(1).says(&["no daemon answers", "menusync run"]);
    Daemon::start(&stage).kill();
    let output = stage.run(&["reload", "--wait", "--output", "json"]).expect(1);
    assert!(output.json()["diagnostics"][0]["message"].as_str().unwrap().contains("no daemon answers"));
    // What the killed one left does not keep the next from listening.
    let daemon = Daemon::start(&stage);
    stage.run_beside_a_writer(&["reload"]).expect(0);
    daemon.wait_for("the reload", |daemon| daemon.messages().iter().any(|m| m.starts_with("RELOADING=1")));
}

#[test]
fn only_the_owner_can_ask() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().in_sync();
    let _daemon = Daemon::start(&stage);
    let mode = stage.state_dir().join("control").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_rate_limit_of_years_is_said_once_and_lifted_by_a_reload() {
    let stage = Stage::new().with_kemang().in_sync();
    let headers = BTreeMap::from([("Retry-After".to_owned(), "99999999".to_owned())]);
    stage.server().inject(Fault { times: Some(1), headers, ..Fault::status(Endpoint::Get, 503) });
    let daemon = Daemon::start(&stage);
    // One outlet has been told; the next calls of all are not sent.
    daemon.pass();
    for outlet in [KUTA, KEMANG] {
        let error = daemon.status(outlet)["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains("rate-limited by 127.0.0.1:"), "{outlet}: {error}");
    }
    stage.edit(LAYER, "price: 25000", "price: 27000");
    assert_eq!(reload(&stage, 0)["result"], "taken");
    daemon.wait_for_price(KUTA, "NG", 27_000);
    daemon.wait_for_price(KEMANG, "NG", 27_000);
    let log = daemon.stop();
    assert_eq!(log.matches("(Retry-After: 99999999 s)").count(), 1, "{log}");
    assert!(log.contains("is lifted, as asked"), "{log}");
}

#[test]
fn a_command_that_is_merged_waits_for_a_restart_and_that_is_said() {
    const WORDS: &str =
        "`notify` (a command) has changed in the settings; the daemon uses its old value until it is restarted";
    let stage = Stage::new().in_sync();
    let daemon = Daemon::begin(&stage, &["run"], &[]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    stage.append("menusync.yaml", "notify: [{kind: command, command: [/bin/false]}]\n");
    let told = stage.run_beside_a_writer(&["reload", "--wait"]).expect(0);
    assert_eq!((told.stdout.as_str(), told.stderr.trim_end()), ("Reloaded: 1 outlet.\n", WORDS));
    daemon.stop();
}

/// The daemon goes on with the platform that it was started with, and says so as often as it is asked.
#[test]
fn another_platform_in_the_settings_is_said_to_wait_for_a_restart_as_long_as_it_does() {
    const WORDS: &str = "`gobiz` has changed in the settings; the daemon uses its old value until it is restarted";
    let stage = Stage::new().in_sync();
    let daemon = Daemon::begin(&stage, &["run", "--listen", "127.0.0.1:0"], &[]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    stage.edit("menusync.yaml", &format!("api_url: \"{}", stage.url()), "api_url: \"http://127.0.0.1:9");
    for _ in 0..2 {
        let told = stage.run_beside_a_writer(&["reload", "--wait"]).expect(0);
        assert_eq!((told.stdout.as_str(), told.stderr.trim_end()), ("Reloaded: 1 outlet.\n", WORDS));
        assert_eq!(reload(&stage, 0)["after_restart"], true);
    }
    stage.run_beside_a_writer(&["reload"]).expect(0).says(&[WORDS]);
    stage.run_beside_a_writer(&["status"]).expect(0).says(&[WORDS, "from the daemon"]);
    let unheeded = "if that is another platform, the daemon does not know this pause and goes on pushing";
    stage.run_beside_a_writer(&["pause", "--outlet", KUTA]).expect(0).says(&[&format!("{WORDS}; {unheeded}")]);
    let ready = get(&daemon, "/readyz?verbose");
    assert!(ready.contains(&format!("warn settings: {WORDS}\n")), "{ready}");
    stage.append(KUTA_FILE, "items: {NG: {price: 27.000}}\n");
    assert!(reload(&stage, 3)["error"].as_str().unwrap().ends_with(WORDS));
    daemon.stop();
}
