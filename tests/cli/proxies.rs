//! Proxies: who goes through one, who does not, and that nobody reads its password.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use crate::support::Stage;

const PASSWORD: &str = "pr0xy-pw-Zt62";

/// A proxy that lets nobody through, and hands over what it was asked.
fn proxy() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://me:{PASSWORD}@{}", listener.local_addr().unwrap());
    let (asked, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            let _ = asked.send(String::from_utf8_lossy(&head).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        }
    });
    (address, heard)
}

fn elsewhere(stage: &Stage, more: &str) {
    stage.write(
        "menusync.yaml",
        &format!(
            "target: custom\nstate_dir: ../state\ngobiz: {{api_url: \"https://api.example.test\", oauth_url: \
             \"https://api.example.test/oauth2/token\"{more}}}\nimages: {{timeout: 2s}}\n"
        ),
    );
}

#[test]
fn other_machines_are_reached_through_it_and_its_password_is_nobodys() {
    let stage = Stage::new();
    elsewhere(&stage, "");
    let (address, heard) = proxy();
    let doctor = stage.finish(stage.command(&["doctor"]).env("HTTPS_PROXY", &address).env("NO_PROXY", "other.test"));
    assert!(doctor.stdout.contains("(HTTPS_PROXY), but for other.test"), "{}", doctor.stdout);
    let plan = stage.finish(stage.command(&["plan"]).env("HTTPS_PROXY", &address)).expect(1);
    let images = stage.finish(stage.command(&["validate", "--images"]).env("https_proxy", &address));
    for output in [&doctor, &plan, &images] {
        assert!(!output.transcript().contains(PASSWORD), "{}", output.transcript());
    }
    let asked: Vec<String> = heard.try_iter().collect();
    let connects = |host: &str| asked.iter().any(|head| head.starts_with(&format!("CONNECT {host}:443 HTTP/1.1")));
    assert!(connects("api.example.test") && connects("img.example.com"), "{asked:?}");
    assert!(asked.iter().all(|head| head.to_lowercase().contains("\nproxy-authorization: basic ")), "{asked:?}");
    // Written in the settings it counts as well; there it has no password.
    let plain = address.replace(&format!("me:{PASSWORD}@"), "");
    elsewhere(&stage, &format!(", proxy: \"{plain}\""));
    stage.run(&["plan"]).expect(1);
    assert!(heard.try_iter().count() > 0);
    elsewhere(&stage, ", proxy: \"http://me:pw@proxy.example:3128\"");
    stage.run(&["validate"]).expect(3).says(&["a password of a proxy goes into HTTPS_PROXY"]);
}

#[test]
fn this_machine_and_what_is_excepted_are_reached_directly() {
    let stage = Stage::new();
    let (address, heard) = proxy();
    stage.finish(stage.command(&["plan"]).env("HTTPS_PROXY", &address)).expect(0);
    let host = address.split_once('@').unwrap().1;
    stage.edit("menusync.yaml", "gobiz: {", &format!("gobiz: {{proxy: \"http://{host}\", "));
    stage.run(&["plan"]).expect(0);
    elsewhere(&stage, "");
    stage.finish(stage.command(&["plan"]).env("HTTPS_PROXY", &address).env("NO_PROXY", ".example.test")).expect(1);
    elsewhere(&stage, ", proxy: \"off\"");
    stage.finish(stage.command(&["plan"]).env("HTTPS_PROXY", &address)).expect(1);
    assert_eq!(heard.try_iter().count(), 0);
    elsewhere(&stage, "");
    let output = stage.finish(stage.command(&["plan"]).env("HTTPS_PROXY", format!("nonsense {PASSWORD}")));
    assert!(!output.transcript().contains(PASSWORD), "{}", output.transcript());
    output.says(&["HTTPS_PROXY is no address of a proxy"]);
}
