//! The daemon looks at new images before a push.

use std::{fs, time::Duration};

use menusync::sandbox::{self, Options, Sandbox, StockToggle};
use tokio::runtime::Runtime;

use crate::{
    clock::distant_schedule,
    harness::{Answer, Bench},
};

pub(crate) fn platform(bench: &Bench, images: &str) -> (Runtime, Sandbox) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = Options {
        outlets: vec!["G1".to_owned(), "G2".to_owned()],
        publish_delay: Duration::ZERO,
        ..Options::default()
    };
    let server = runtime.block_on(sandbox::start(options)).unwrap();
    let (api, oauth) = (server.url(), server.oauth_url());
    let schedule = distant_schedule();
    let settings = format!(
        "target: custom\nschedule: '{schedule}'\ngobiz: {{api_url: '{api}', oauth_url: '{oauth}', requests_per_second: 1000}}\nlisten: 'off'\n\
         verify: {{interval: 50ms, timeout: 20s}}\nimages: {{allow_private_hosts: true, timeout: 2s, {images}}}\n"
    );
    bench.write("menusync.yaml", settings);
    (runtime, server)
}

pub(crate) fn puts(server: &Sandbox) -> usize {
    server.control().log().iter().filter(|entry| entry.method == "PUT").count()
}

fn state(bench: &Bench) -> (String, String) {
    let status: serde_json::Value = serde_json::from_str(&bench.run(&["status", "--output", "json"]).out).unwrap();
    let told = |key: &str| status["outlets"][0][key].as_str().unwrap_or_default().to_owned();
    (told("state"), told("error"))
}

#[test]
fn a_bad_image_keeps_its_outlet_from_being_pushed_until_it_is_mended() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    bench.outlet(&["/a.png"]);
    bench.serve("/a.png", Answer::of(b"RIFF....WEBPVP8 ", "image/webp"));
    bench.run(&["run", "--once"]);
    let (stands, why) = state(&bench);
    assert_eq!((puts(&server), stands.as_str()), (0, "invalid"));
    assert!(why.contains("catalogs/outlet.yaml:7:") && why.contains("is a WebP"), "{why}");
    bench.serve("/a.png", Answer::good());
    let ran = bench.run(&["run", "--once"]);
    assert_eq!((puts(&server), state(&bench).0.as_str()), (1, "in_sync"), "{}", ran.err);
    let asked = bench.asked("/a.png");
    bench.run(&["run", "--once"]);
    assert_eq!(bench.asked("/a.png"), asked);
}

#[test]
fn an_image_that_cannot_be_looked_at_never_blocks() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    bench.outlet(&["http://127.0.0.1:1/a.png"]);
    let ran = bench.run(&["run", "--once"]);
    assert_eq!((puts(&server), state(&bench).0.as_str()), (1, "in_sync"), "{}", ran.err);
}

#[test]
fn nothing_is_fetched_where_that_is_switched_off() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: false");
    bench.outlet(&["/a.png"]);
    bench.run(&["run", "--once"]);
    assert_eq!((puts(&server), bench.asked("/a.png")), (1, 0));
}

#[test]
fn a_push_that_is_out_is_seen_through_though_a_bad_image_has_come_since() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    let settings = fs::read_to_string(bench.root().join("menusync.yaml")).unwrap();
    bench.write("menusync.yaml", settings.replace("timeout: 20s", "timeout: 1s"));
    bench.serve("/a.png", Answer::good());
    bench.outlet(&["/a.png"]);
    bench.run(&["run", "--once"]);
    server.control().change_settings(|settings| settings.publish_delay_ms = 600_000);
    let file = bench.root().join("catalogs/outlet.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("price: 9000", "price: 9500")).unwrap();
    bench.run(&["run", "--once"]);
    assert_eq!(state(&bench).0, "unknown");
    // The kitchen sells it out; the next look sees that, and the publication overwrites it.
    server.control().toggle_stock("G1", StockToggle::Item { item: "N0".into(), in_stock: false }).unwrap();
    bench.run(&["run", "--once"]);
    server.control().publish("G1").unwrap();
    bench.serve("/b.png", Answer::of(b"RIFF....WEBPVP8 ", "image/webp"));
    bench.outlet(&["/a.png", "/b.png"]);
    bench.run(&["run", "--once"]);
    assert_eq!((puts(&server), state(&bench).0.as_str()), (2, "invalid"));
    let live = serde_json::to_value(server.control().outlet("G1").unwrap().published).unwrap();
    assert_eq!(live["menus"][0]["menu_items"][0]["in_stock"], false, "{live:#}");
}
