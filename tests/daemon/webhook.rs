//! Events of the platform: who may send them, what they lead to, and that none counts twice.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    harness::Daemon,
    support::{KEMANG, KEMANG_FILE, KUTA, LAYER, SECRET, Stage, fleet},
};

const RELAY: &str = "relay-secret-Qm3xT8";
const MAPPED: &str = "gofood.catalog.menu_mapping_updated";
const ERROR: &str = "gofood.order.webhook_error";

/// A stage whose daemon takes events, and looks by itself only once an hour.
fn stage(webhook: &str) -> Stage {
    let stage = Stage::new().in_sync();
    set(&stage, webhook);
    secret(&stage, RELAY);
    stage
}

fn set(stage: &Stage, webhook: &str) {
    stage.settings_with_verify(
        "{timeout: 2h, interval: 1h}",
        &format!("webhook: {{listen: \"127.0.0.1:0\", secret_file: ../relay, {webhook}}}"),
    );
}

fn secret(stage: &Stage, text: &str) {
    fs::write(stage.root().join("../relay"), text).unwrap();
}

/// Where the daemon takes events.
fn address(daemon: &Daemon<'_>) -> String {
    daemon.wait_for_log("events are received at");
    let log = daemon.stderr();
    let (_, rest) = log.split_once("events are received at http://").unwrap();
    rest.split_once("/gobiz").unwrap().0.to_owned()
}

/// An event on its way.
struct Letter {
    body: String,
    key: String,
}

impl Letter {
    fn new(name: &str, outlet: &str) -> Self {
        let header =
            json!({"event_name": name, "event_id": Uuid::new_v4(), "version": 1, "timestamp": "2026-01-04T03:00:00Z"});
        let lost = json!({"items": [{"name": "Nasi Goreng"}], "variants": []});
        let body = json!({"outlet": {"id": outlet, "external_outlet_id": null}, "mapping_not_found": lost});
        Self { body: json!({"header": header, "body": body}).to_string(), key: Uuid::new_v4().to_string() }
    }

    /// The status of the answer to it when signed with `secret`.
    fn send(&self, address: &str, secret: &str) -> u16 {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(self.body.as_bytes());
        let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = format!("X-Go-Signature: {signature}\r\nX-Go-Idempotency-Key: {}\r\n", self.key);
        request(address, "POST /gobiz", &headers, &self.body)
    }
}

/// One request on a connection of its own; the body of the answer must be empty.
fn request(address: &str, line: &str, headers: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{line} HTTP/1.1\r\nHost: hooks.example.com\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\n"), "no detail: {answer}");
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// How many looks at the menu an event led to, once the daemon has settled.
fn looks_after(daemon: &Daemon<'_>, stage: &Stage, event: impl FnOnce()) -> usize {
    stage.clear_log();
    let passes = daemon.passes();
    event();
    daemon.wait_for("the look that the event asks for", |daemon| daemon.is_idle_after(passes));
    stage.gets().len()
}

#[test]
fn a_menu_that_is_said_to_be_live_is_looked_for_at_once() {
    let stage = stage("signature: enforce");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    stage.server().change_settings(|settings| settings.hold_publication = true);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_state(KUTA, "verifying");
    daemon.wait_for("the first look after the push", |_| {
        stage.log().iter().rposition(|entry| entry.method == "PUT")
            < stage.log().iter().rposition(|e| e.method == "GET")
    });
    stage.server().publish(KUTA).unwrap();
    assert_eq!(Letter::new(MAPPED, KUTA).send(&address, RELAY), 200);
    // By itself it would look after an hour.
    daemon.wait_for_state(KUTA, "in_sync");
    assert_eq!(stage.puts().len(), 1);
}

#[test]
fn orders_that_are_not_recognised_are_drift_until_the_menu_is_pushed_again() {
    let stage = stage("signature: enforce");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    let mut letter = Letter::new(ERROR, KUTA);
    letter.body = letter.body.replace("2026-01-04T03:00:00Z", "tomorrow");
    assert_eq!(looks_after(&daemon, &stage, || assert_eq!(letter.send(&address, RELAY), 200)), 1);
    assert_eq!(daemon.state(KUTA), "drifted");
    let told = daemon.status(KUTA)["error"].as_str().unwrap().to_owned();
    assert!(told.starts_with("orders for “Nasi Goreng” cannot be recognised"), "{told}");
    daemon.stop();
    stage.settings("");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.run(&["status", "--output", "json"]).json()["outlets"][0]["state"], "in_sync");
}

#[test]
fn an_order_that_is_not_recognised_where_a_change_went_first_stops_it() {
    let (stage, [canary, second, _]) = (fleet::fleet("1h"), fleet::waves());
    let webhook = "webhook: {listen: \"127.0.0.1:0\", secret_file: ../relay}";
    stage.settings(&format!("{}{webhook}", fleet::rollout("1h")));
    secret(&stage, RELAY);
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    fleet::change(&stage, 27_000);
    daemon.wait_for("the first wave", |_| fleet::rollout_of(&stage)["phase"] == "baking");
    let lost = |outlet: &str| {
        let letter = Letter::new(ERROR, outlet);
        Letter { body: letter.body.replace("2026-01-04T03:00:00Z", "just now"), ..letter }
    };
    // Whoever was not sent anything has troubles of its own.
    looks_after(&daemon, &stage, || assert_eq!(lost(&second[0]).send(&address, RELAY), 200));
    assert_eq!(fleet::rollout_of(&stage)["phase"], "baking");
    looks_after(&daemon, &stage, || assert_eq!(lost(&canary[0]).send(&address, RELAY), 200));
    let rollout = fleet::rollout_of(&stage);
    assert_eq!(rollout["phase"], "stopped");
    assert!(rollout["why"].as_str().unwrap().contains("cannot be recognised"), "{rollout:#}");
    daemon.stop();
}

#[test]
fn what_is_forged_too_large_no_json_or_not_ours_does_nothing() {
    let stage = stage("signature: enforce");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    stage.clear_log();
    let letter = Letter::new(ERROR, KUTA);
    assert_eq!(letter.send(&address, "another secret"), 401);
    assert_eq!(request(&address, "POST /gobiz", "", &letter.body), 401, "not signed");
    assert_eq!(request(&address, "POST /gobiz", "X-Go-Signature: é\r\n", &letter.body), 401);
    let sent = |body: &str| Letter { body: body.to_owned(), ..Letter::new(ERROR, KUTA) }.send(&address, RELAY);
    assert_eq!(sent(&format!("\"{}\"", "x".repeat(1 << 20))), 413);
    assert_eq!(sent("{\"header\": "), 400);
    assert_eq!(sent("[\"json of another shape\"]"), 200);
    assert_eq!(Letter::new("gofood.order.created", KUTA).send(&address, RELAY), 200);
    assert_eq!(Letter::new(ERROR, "G9").send(&address, RELAY), 200);
    assert_eq!(request(&address, "GET /gobiz", "", ""), 405);
    assert_eq!(request(&address, "POST /", "", &letter.body), 404);
    assert_eq!(request(&address, "GET /metrics", "", ""), 404);
    daemon.pass();
    assert_eq!(stage.gets().len(), 1, "only the pass that was ordered: {:?}", stage.log());
    assert_eq!(daemon.state(KUTA), "in_sync");
    let log = daemon.stop();
    assert!(!log.contains(RELAY), "{log}");
}

#[test]
fn an_event_counts_once_whatever_comes_between() {
    let stage = stage("signature: enforce");
    let daemon = Daemon::start(&stage);
    let letter = Letter::new(MAPPED, KUTA);
    let first = address(&daemon);
    assert_eq!(looks_after(&daemon, &stage, || assert_eq!(letter.send(&first, RELAY), 200)), 1);
    daemon.kill();
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    stage.clear_log();
    assert_eq!(letter.send(&address, RELAY), 200);
    let replayed = Letter { key: "a key of somebody's own".to_owned(), body: letter.body.clone() };
    assert_eq!(replayed.send(&address, RELAY), 200);
    daemon.pass();
    assert_eq!(stage.gets().len(), 1, "only the pass that was ordered: {:?}", stage.log());
}

#[test]
fn two_secrets_hold_while_one_replaces_the_other() {
    let stage = stage("signature: enforce");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    let sent = |secret: &str| Letter::new("gofood.order.created", KUTA).send(&address, secret);
    assert_eq!((sent(RELAY), sent("the-new-one")), (200, 401));
    let reload = |text: &str, code: i32| {
        secret(&stage, text);
        // Events hasten passes, so the end of one says nothing about the reload.
        stage.run_beside_a_writer(&["reload", "--wait"]).expect(code).stdout
    };
    reload(&format!("the-new-one\n{RELAY}\n"), 0);
    assert_eq!((sent(RELAY), sent("the-new-one")), (200, 200));
    reload("the-new-one\n", 0);
    assert_eq!((sent(RELAY), sent("the-new-one")), (401, 200));
    let told = reload("", 3);
    assert!(told.starts_with("Refused: the old webhook secrets still hold"), "{told}");
    assert_eq!(sent("the-new-one"), 200, "a file without a secret changes nothing");
    let log = daemon.stop();
    assert!(log.contains("the old webhook secrets still hold") && !log.contains("the-new-one"));
    assert_eq!(log.matches("without a right signature").count(), 1, "two were refused: {log}");
}

#[test]
fn what_is_only_monitored_hastens_a_look_and_leaves_no_trace() {
    let stage = stage("signature: monitor");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    let letter = Letter::new(ERROR, KUTA);
    assert_eq!(looks_after(&daemon, &stage, || assert_eq!(letter.send(&address, "nonsense"), 200)), 1);
    assert_eq!(daemon.state(KUTA), "in_sync", "anybody could say so");
    // The genuine one is still news.
    let passes = daemon.passes();
    assert_eq!(letter.send(&address, RELAY), 200);
    daemon.wait_for("the look that it asks for", |daemon| daemon.is_idle_after(passes));
    assert_eq!(letter.send(&address, "nonsense"), 200);
    assert_eq!(daemon.stop().matches("without a right signature: it hastens").count(), 1, "said once an hour");
}

#[test]
fn a_receiver_without_its_secret_does_not_start() {
    let stage = stage("signature: enforce");
    fs::remove_file(stage.root().join("../relay")).unwrap();
    let output = stage.run_beside_a_writer(&["run"]).expect(1);
    assert!(output.stderr.contains("webhook secret") && output.stderr.contains("relay"), "{}", output.stderr);
    stage.assert_nothing_written();
}

#[test]
fn what_the_platform_itself_sends_is_understood() {
    let stage = stage("signature: enforce");
    stage.server().change_settings(|settings| {
        settings.relay_secret = RELAY.to_owned();
        settings.event_copies = 2;
        settings.publish_delay_ms = 1_000;
    });
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    set(&stage, &format!("signature: enforce, public_url: \"http://{address}/gobiz\""));
    stage.run_beside_a_writer(&["webhook", "subscribe"]).expect(0);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    // By itself it would look after an hour.
    daemon.wait_for_price(KUTA, "NG", 27_000);
    let lost = json!({"edit": "item", "item": "NG", "lose_external_id": true});
    stage.server().edit(KUTA, serde_json::from_value(lost).unwrap()).unwrap();
    stage.server().order(KUTA, &["Nasi Goreng Kampung".to_owned()]).unwrap();
    daemon.wait_for("the alarm", |daemon| {
        let error = daemon.status(KUTA)["error"].as_str().unwrap_or_default().to_owned();
        error.starts_with("orders for “Nasi Goreng Kampung” cannot be recognised")
    });
    daemon.wait_for("all copies to be delivered", |_| stage.server().deliveries().len() == 4);
    assert!(stage.server().deliveries().iter().all(|delivery| delivery.status == Some(200)));
}

#[test]
fn ninety_senders_that_stop_in_the_middle_do_not_keep_an_event_out() {
    let stage = stage("signature: enforce");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    let head = "POST /gobiz HTTP/1.1\r\nHost: hooks.example.com\r\n";
    for begin in [head.to_owned(), format!("{head}Content-Length: 100\r\n\r\n{{\"header\"")] {
        let mut slow = Vec::new();
        for _ in 0..90 {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(begin.as_bytes()).unwrap();
            slow.push(stream);
        }
        let begun = std::time::Instant::now();
        assert_eq!(Letter::new(MAPPED, KUTA).send(&address, RELAY), 200);
        assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{begin:?}: {:?}", begun.elapsed());
    }
}

#[test]
fn the_secret_of_an_account_vouches_for_its_outlets_only() {
    let stage = Stage::new().with_kemang().in_sync();
    set(&stage, "signature: enforce");
    secret(&stage, RELAY);
    stage.edit(
        "menusync.yaml",
        "requests_per_second: 1000,",
        "requests_per_second: 1000, accounts: {sari: {client_id_file: ../id, client_secret_file: ../secret, \
         webhook_secret_file: ../sari-relay}},",
    );
    for (file, text) in [("id", "sandbox"), ("secret", SECRET), ("sari-relay", "sari-relay-Kd82")] {
        fs::write(stage.root().join("..").join(file), text).unwrap();
    }
    stage.append(KEMANG_FILE, "account: sari\n");
    let daemon = Daemon::start(&stage);
    let address = address(&daemon);
    daemon.wait_for_log("pass ended");
    for (outlet, secret, status) in
        [(KUTA, RELAY, 200), (KUTA, "sari-relay-Kd82", 401), (KEMANG, "sari-relay-Kd82", 200), (KEMANG, RELAY, 401)]
    {
        assert_eq!(Letter::new(MAPPED, outlet).send(&address, secret), status, "{outlet} {secret}");
    }
    daemon.stop();
}
