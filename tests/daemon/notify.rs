//! People are told: through a signed webhook and a program, once, and without a secret.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
    thread,
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, SECRET, Stage};

const SIGNED_WITH: &str = "notify-secret-9xLq2";

/// What somebody listens with: every request as it came, answered with one status.
pub(crate) struct Ear {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Ear {
    pub(crate) fn answering(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&heard);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut text = Vec::new();
                let mut buffer = [0; 4096];
                while !is_whole(&text) {
                    match stream.read(&mut buffer) {
                        Ok(length @ 1..) => text.extend_from_slice(&buffer[..length]),
                        _ => break,
                    }
                }
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                sink.lock().unwrap().push(String::from_utf8(text).unwrap());
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { address, heard }
    }

    /// Writes its address and its secret beside the root.
    pub(crate) fn is_told_by(&self, stage: &Stage) {
        let home = stage.root().parent().unwrap().to_owned();
        fs::write(home.join("url"), format!("http://{}/T0/hidden-path-7Rm\n", self.address)).unwrap();
        fs::write(home.join("signing"), SIGNED_WITH).unwrap();
    }

    /// The bodies since the last time.
    pub(crate) fn heard(&self) -> Vec<Value> {
        let all = std::mem::take(&mut *self.heard.lock().unwrap());
        all.iter()
            .map(|request| {
                let (head, body) = request.split_once("\r\n\r\n").unwrap();
                let header = |name: &str| {
                    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).unwrap_or_else(|| panic!("{name}: {head}")).1
                };
                let hmac = |text: &str| {
                    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNED_WITH.as_bytes()).unwrap();
                    mac.update(text.as_bytes());
                    mac.finalize().into_bytes()
                };
                let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
                let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(&format!("{id}.{at}.{body}"))));
                assert_eq!(header("webhook-signature"), expected);
                let expected: String = hmac(body).iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(header("X-Menusync-Signature"), expected);
                serde_json::from_str(body).unwrap()
            })
            .collect()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

/// A stage that tells `ear`, and a program that writes down what it is told and what it finds in its environment.
pub(crate) fn stage(ear: &Ear) -> Stage {
    let stage = Stage::new().with_kemang().in_sync();
    let home = stage.root().parent().unwrap().to_owned();
    ear.is_told_by(&stage);
    fs::write(home.join("tell"), "#!/bin/sh\nenv > \"$1.env\"\ncat >> \"$1\"\n").unwrap();
    fs::set_permissions(home.join("tell"), fs::Permissions::from_mode(0o755)).unwrap();
    stage.settings(
        "notify:\n  - {kind: webhook, url_file: ../url, secret_file: ../signing}\n  \
         - {kind: command, command: [../tell, ../told], events: [failed, recovered]}",
    );
    stage
}

fn events(heard: &[Value]) -> Vec<(&str, u64)> {
    heard.iter().map(|heard| (heard["event"].as_str().unwrap(), heard["total"].as_u64().unwrap())).collect()
}

#[test]
fn what_a_dated_layer_will_make_invalid_is_told_once_and_ahead() {
    let ear = Ear::answering("204 No Content");
    let stage = stage(&ear);
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, later.yaml]");
    stage.write("catalogs/later.yaml", "from: 2199-02-08\nitems: {NOT-THERE: {price: 8000}}\n");
    stage.run(&["run", "--once"]).expect(0);
    let heard = ear.heard();
    assert_eq!(events(&heard), [("invalid_soon", 1)]);
    let detail = heard[0]["outlets"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("from Fri 2199-02-08 00:00 this outlet will be invalid: "), "{detail}");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(events(&ear.heard()), []);
    stage.remove("catalogs/later.yaml");
    stage.edit(KUTA_FILE, ", later.yaml]", "]");
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(events(&ear.heard()), [("recovered", 1)]);
}

#[test]
fn what_begins_and_what_is_over_is_told_once_to_everybody_who_wants_it() {
    let ear = Ear::answering("204 No Content");
    let stage = stage(&ear);
    stage.run(&["run", "--once"]).expect(0);
    assert_eq!(ear.heard(), [] as [Value; 0], "that all is well is no news");
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 404) });
    let mut told = stage.run(&["run", "--once"]).expect(1).stderr;
    let heard = ear.heard();
    assert_eq!(events(&heard), [("failed", 2)], "both in one");
    assert_eq!(heard[0]["schema"], "menusync.notification/1");
    assert_eq!(heard[0]["summary"], "2 outlets have failed");
    let line = &heard[0]["outlets"][0];
    assert_eq!((&line["outlet"], &line["name"], &line["repeated"]), (&"G1001".into(), &"Kuta".into(), &false.into()));
    assert!(line["detail"].as_str().unwrap().contains("404 Not Found"), "{line}");
    told += &stage.run(&["run", "--once"]).expect(1).stderr;
    assert_eq!(events(&ear.heard()), [], "it lasts");
    stage.server().clear_faults();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    told += &stage.run(&["run", "--once"]).expect(0).stderr;
    assert_eq!(events(&ear.heard()), [("recovered", 2), ("published", 2)]);
    let written = fs::read_to_string(stage.root().join("../told")).unwrap();
    let mut written = serde_json::Deserializer::from_str(&written).into_iter::<Value>().map(Result::unwrap);
    assert_eq!(written.next().unwrap()["event"], "failed");
    assert_eq!(written.next().unwrap()["event"], "recovered");
    assert_eq!(written.next(), None, "it did not ask for what was published");
    let environment = fs::read_to_string(stage.root().join("../told.env")).unwrap();
    assert!(!environment.contains("MENUSYNC") && !environment.contains(SECRET), "{environment}");
    for secret in [SIGNED_WITH, "hidden-path", SECRET] {
        assert!(!told.contains(secret), "{told}");
    }
}

/// What the next pass over all outlets makes known, without what was published.
fn told_by_a_pass(stage: &Stage, ear: &Ear) -> Vec<Value> {
    stage.run(&["run", "--once"]);
    let mut heard = ear.heard();
    heard.retain(|heard| heard["event"] != "published");
    heard
}

#[test]
fn files_with_errors_and_files_that_are_gone_are_told_and_so_is_their_end() {
    let ear = Ear::answering("200 OK");
    let stage = stage(&ear);
    stage.run(&["run", "--once"]).expect(0);
    stage.append(KUTA_FILE, "items: {NG: {price: 27.000}}\n");
    let heard = told_by_a_pass(&stage, &ear);
    assert_eq!(events(&heard), [("invalid", 1)]);
    assert_eq!(heard[0]["summary"], "Kuta (G1001) has errors in its files");
    let detail = heard[0]["outlets"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("27.000") && detail.contains("catalogs/kuta.yaml"), "{detail}");
    assert_eq!(events(&told_by_a_pass(&stage, &ear)), [], "it lasts");
    let kemang = stage.read(KEMANG_FILE);
    stage.remove(KEMANG_FILE);
    let heard = told_by_a_pass(&stage, &ear);
    assert_eq!(events(&heard), [("missing", 1)]);
    assert_eq!(heard[0]["summary"], "Kemang (G1002) is in no file any more");
    stage.edit(KUTA_FILE, "27.000", "27000");
    let heard = told_by_a_pass(&stage, &ear);
    assert_eq!((events(&heard), &heard[0]["outlets"][0]["outlet"]), (vec![("recovered", 1)], &json!(KUTA)));
    stage.write(KEMANG_FILE, &kemang);
    let heard = told_by_a_pass(&stage, &ear);
    assert_eq!(events(&heard), [("recovered", 1)]);
    assert_eq!(heard[0]["outlets"][0]["outlet"], KEMANG);
}

#[test]
fn what_is_undone_again_and_again_is_told_as_contested() {
    let ear = Ear::answering("200 OK");
    let stage = stage(&ear);
    stage.append(KUTA_FILE, "drift: revert\n");
    // The same price again would read as the menu from before the last push.
    for price in [31000, 32000, 33000] {
        stage.edit_in_app(KUTA, "GUDEG", json!({"price": price}));
        assert_eq!(events(&told_by_a_pass(&stage, &ear)), [], "it is undone");
    }
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000}));
    let heard = told_by_a_pass(&stage, &ear);
    assert_eq!(events(&heard), [("contested", 1)]);
    assert_eq!(heard[0]["summary"], "Kuta (G1001) is contested: changed elsewhere again and again");
    assert_eq!(events(&told_by_a_pass(&stage, &ear)), [], "it lasts");
    stage.append(KUTA_FILE, "items: {GUDEG: {price: 30000}}\n");
    assert_eq!(events(&told_by_a_pass(&stage, &ear)), [("recovered", 1)]);
}

#[test]
fn what_waits_for_a_person_is_told_with_what_to_do_next() {
    let ear = Ear::answering("200 OK");
    let stage = stage(&ear);
    stage.append(KUTA_FILE, "items: {NG: {price: 250000}}\n");
    let heard = told_by_a_pass(&stage, &ear);
    assert_eq!(events(&heard), [("held", 1)]);
    assert!(heard[0]["outlets"][0]["detail"].as_str().unwrap().contains("price-change: the price of"), "{heard:#?}");
    assert!(heard[0]["help"].as_str().unwrap().contains("`menusync plan --outlet G1001`"), "{heard:#?}");
}

#[test]
fn a_sink_that_refuses_is_named_without_its_address_and_changes_nothing() {
    let ear = Ear::answering("404 Not Found");
    let stage = stage(&ear);
    stage.append(KUTA_FILE, "items: {NG: {price: 27000}}\n");
    let output = stage.run(&["run", "--once"]).expect(0);
    assert!(output.stderr.contains("notify 1 (webhook)") && output.stderr.contains("404"), "{}", output.stderr);
    assert!(!output.stderr.contains(&ear.address) && !output.stderr.contains("hidden-path"), "{}", output.stderr);
    assert_eq!(events(&ear.heard()), [("published", 1)], "a refusal is final");
}

#[test]
fn a_sink_without_its_address_keeps_the_daemon_from_starting() {
    let ear = Ear::answering("200 OK");
    let stage = stage(&ear);
    fs::remove_file(stage.root().join("../url")).unwrap();
    stage.clear_log();
    let output = stage.run(&["run", "--once"]).expect(1);
    assert!(output.stderr.contains("notification address"), "{}", output.stderr);
    stage.assert_nothing_written();
}
