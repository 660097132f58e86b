//! `doctor`: every thing that menusync stands on, made bad one by one.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

use menusync::sandbox::{Endpoint, Fault};
use serde_json::Value;

use crate::support::{LAYER, SECRET, Stage};

/// It asks for a token that could write, so the harness that allows nothing but reading is not for it.
fn doctor(stage: &Stage, code: i32) -> Vec<Value> {
    let output = stage.run_beside_a_writer(&["doctor", "--output", "json"]).expect(code);
    assert!(!output.stdout.contains(SECRET) && !output.stderr.contains(SECRET));
    output.json()["checks"].as_array().unwrap().clone()
}

fn about(checks: &[Value], name: &str) -> (String, String) {
    let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {checks:?}"));
    (check["health"].as_str().unwrap().to_owned(), check["seen"].as_str().unwrap().to_owned())
}

#[test]
fn all_is_well() {
    let stage = Stage::new().in_sync();
    let checks = doctor(&stage, 0);
    for name in ["settings", "definitions", "zones", "state", "disk", "listen", "credentials", "token", "clock", "api"]
    {
        assert_eq!(about(&checks, name).0, "ok", "{name}: {checks:?}");
    }
    assert!(about(&checks, "token").1.contains("gofood:catalog:write"));
    assert!(about(&checks, "zones").1.contains("WIB"));
    assert_eq!(about(&checks, "daemon").0, "warn");
    stage.assert_nothing_written();
    let text = stage.run_beside_a_writer(&["doctor", "--offline"]).expect(0).stdout;
    assert!(text.contains("\nok    state") && !text.contains("token"), "{text}");
}

#[test]
fn what_is_wrong_is_named_with_what_to_do() {
    let stage = Stage::new().in_sync().with_secret("wrong");
    let checks = doctor(&stage, 1);
    assert_eq!(about(&checks, "token").0, "fail");
    assert!(checks.iter().filter(|check| check["health"] != "ok").all(|check| check["fix"].is_string()), "{checks:?}");

    let stage = Stage::new().in_sync();
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 404) });
    let (health, seen) = about(&doctor(&stage, 1), "api");
    assert!(health == "fail" && seen.contains("404"), "{seen}");

    stage.server().clear_faults();
    fs::write(stage.state_dir().join("menusync.sqlite3"), "no database\n".repeat(1000)).unwrap();
    let (health, seen) = about(&doctor(&stage, 1), "state");
    assert!(health == "fail" && seen.contains("damaged"), "{seen}");

    stage.edit(LAYER, "price: 25000", "price: 25.000");
    assert_eq!(about(&doctor(&stage, 3), "definitions").0, "fail");
    stage.append("menusync.yaml", "jitters: 1s\n");
    let (health, seen) = about(&doctor(&stage, 3), "settings");
    assert!(health == "fail" && seen.contains("menusync.yaml:"), "{seen}");
}

#[test]
fn what_events_and_notifications_need_is_looked_at() {
    let stage = Stage::new().in_sync();
    let put = |name: &str, text: &str| fs::write(stage.root().join("..").join(name), text).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = |more: &str| {
        stage.settings(&format!(
            "notify: [{{kind: slack, url_file: ../url}}]\nwebhook: {{listen: \"127.0.0.1:0\", \
             public_url: \"http://{closed}/gobiz\", secret_file: ../relay{more}}}"
        ));
    };
    settings("");
    let checks = doctor(&stage, 1);
    for (name, seen) in [("webhook", "relay: No such file"), ("notify", "url: No such file"), ("public_url", "refused")]
    {
        let (health, told) = about(&checks, name);
        assert!(health == "fail" && told.contains(seen), "{name}: {told}");
    }
    put("url", &format!("http://{closed}/hidden-path-7Rm"));
    put("relay", "relay-secret-Qm3xT8");
    let text = stage.run_beside_a_writer(&["doctor", "--offline"]).expect(0).stdout;
    assert!(text.contains("\nok    webhook") && text.contains("\nok    notify       1 sink\n"), "{text}");
    assert!(!text.contains("hidden-path") && !text.contains("Qm3xT8"), "{text}");
    settings(", signature: monitor");
    let text = stage.run_beside_a_writer(&["doctor", "--offline"]).expect(0).stdout;
    assert!(text.contains("\nwarn  webhook"), "{text}");
}

#[test]
fn files_with_secrets_that_everybody_can_read_are_named() {
    let stage = Stage::new();
    stage.settings("notify: [{kind: webhook, url_file: hook-url, secret_file: hook-secret}]");
    stage.write("hook-url", "https://hooks.example.com/abc\n");
    stage.write("hook-secret", "odd and long\n");
    let mode =
        |file: &str, mode| fs::set_permissions(stage.root().join(file), fs::Permissions::from_mode(mode)).unwrap();
    mode("hook-url", 0o640);
    mode("hook-secret", 0o644);
    let (health, seen) = about(&doctor(&stage, 0), "secrets");
    assert!(health == "warn" && seen.contains("hook-secret") && !seen.contains("hook-url"), "{seen}");
    mode("hook-secret", 0o600);
    assert_eq!(about(&doctor(&stage, 0), "secrets").0, "ok");
}

#[test]
fn a_scope_that_was_not_granted_is_a_failure_that_names_it() {
    let stage = Stage::new().in_sync();
    stage.server().change_settings(|settings| settings.granted_scopes = Some(vec!["gofood:catalog:read".into()]));
    stage.server().expire_tokens();
    let (health, seen) = about(&doctor(&stage, 1), "token");
    assert!(health == "fail" && seen.starts_with("granted without gofood:catalog:write"), "{seen}");
    stage.edit(LAYER, "price: 25000", "price: 26000");
    stage.run(&["plan"]).expect(0);
    let missing = "was granted without the scope gofood:catalog:write";
    stage.run(&["apply", "--yes"]).expect(1).says(&["403 Forbidden", missing, "X-Request-ID"]);
    stage.server().change_settings(|settings| settings.unauthorized_without_scope = true);
    stage.run(&["apply", "--yes"]).expect(1).says(&["401 Unauthorized", missing]);
    assert_eq!(stage.live_item(crate::support::KUTA, "NG")["price"], 25000);
}
