//! What the pages and their JSON say.

use menusync::{
    fleet::{self, Selection},
    report::status_json,
    state::PushOutcome,
};
use serde_json::Value;

use crate::site::{HOSTILE, Served};

#[tokio::test]
async fn outlets_come_worst_first_with_what_is_needed_to_act() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    served.push("G2", PushOutcome::Published, None).await;
    let (status, page) = served.read("/").await;
    assert_eq!(status, 200);
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what} in {page}"));
    assert!(place("Kemang") < place("Ubud") && place("Ubud") < place("G4") && place("G4") < place("Kuta"), "{page}");
    for part in [
        "2 of 4 outlets need a person",
        "price-change",
        "move by 92 %",
        "1 changed elsewhere",
        "published",
        "0123456789",
    ] {
        place(part);
    }
    assert!(page.contains("(2) menusync"), "{page}");
}

#[tokio::test]
async fn an_outlet_has_a_page_with_advice_numbers_and_history() {
    let served = Served::start().await;
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    let request_id = served.push("G2", PushOutcome::Rejected, Some("400 Bad Request: no")).await;
    let (status, page) = served.read("/outlets/G2").await;
    assert_eq!(status, 200);
    for part in [
        "menusync apply --outlet G2 --allow GUARD",
        "92.0",
        "50.0",
        "items/NG/price",
        "items/ET/price",
        "9900",
        "rejected",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(page.contains(&request_id.to_string()) && page.contains("400 Bad Request: no"), "{page}");
    let (_, invalid) = served.read("/outlets/G3").await;
    assert!(invalid.contains("catalogs/c.yaml:6:"), "{invalid}");
}

#[tokio::test]
async fn an_outlet_has_the_notes_on_its_live_menu() {
    let served = Served::start().await;
    served.note("G2", &format!("GoFood's own by the files, left alone and in no push: “{HOSTILE}”")).await;
    let (_, page) = served.read("/outlets/G2").await;
    assert!(page.contains("Notes on its live menu") && page.contains("in no push: “&lt;script&gt;"), "{page}");
    let (_, page) = served.read("/outlets/G1").await;
    assert!(!page.contains("Notes on its live menu"), "{page}");
}

#[tokio::test]
async fn hostile_texts_are_only_text() {
    let served = Served::start().await;
    served.note("G4", HOSTILE).await;
    served.hold("G4", HOSTILE).await;
    served.push("G4", PushOutcome::Rejected, Some(HOSTILE)).await;
    served.stand("G9<b>\"/../x", "missing", Some(HOSTILE)).await;
    for path in ["/", "/outlets/G4", "/outlets/G9%3Cb%3E%22%2F..%2Fx", "/outlets/%3Cscript%3E"] {
        let (_, page) = served.read(path).await;
        let (_, body) = page.split_once("<body>").unwrap();
        assert!(!page.contains("<script") && !body.contains("<b>") && !page.contains('\u{202e}'), "{path}: {page}");
        // What is stored of an outlet that no file defines explains what is over.
        let escaped = if path.contains("G9") { "G9&lt;b&gt;" } else { "&lt;script&gt;" };
        assert!(body.contains(escaped), "{path}: {page}");
    }
    let (status, page) = served.read("/").await;
    assert_eq!(status, 200);
    assert!(page.contains("href=\"/outlets/G9%3Cb%3E%22%2F%2E%2E%2Fx\""), "{page}");
}

#[tokio::test]
async fn the_status_is_the_one_that_the_command_prints() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    served.hold("G2", "held").await;
    let (status, text) = served.read("/api/v1/status").await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &json["schema"]), (200, &Value::from("menusync.status/1")));
    let states: Vec<&Value> = json["outlets"].as_array().unwrap().iter().map(|outlet| &outlet["state"]).collect();
    assert_eq!(states, ["in_sync", "held", "invalid", "pending"]);
    let shown = served.view.shown();
    let (loaded, survey) = shown.files.clone().unwrap();
    let settings = loaded.settings.as_ref().unwrap();
    let now = jiff::Timestamp::now();
    let overview = served.state.overview(now).await.unwrap();
    let mut lines = fleet::status(settings, &survey, Some(&overview), &Selection::default(), now);
    shown.overlay(&mut lines);
    assert_eq!(text.trim_end(), status_json(&lines));
}

#[tokio::test]
async fn an_outlet_as_json_has_its_pushes_newest_first() {
    let served = Served::start().await;
    served.push("G1", PushOutcome::Timeout, None).await;
    let newest = served.push("G1", PushOutcome::Published, None).await;
    let (status, text) = served.read("/api/v1/outlets/G1").await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &json["schema"], &json["outlet"]["outlet"]), (200, &"menusync.outlet/1".into(), &"G1".into()));
    assert_eq!(json["outlet"]["last_push"]["request_id"], newest.to_string());
    let ends: Vec<&Value> = json["pushes"].as_array().unwrap().iter().map(|push| &push["outcome"]).collect();
    assert_eq!(ends, ["published", "timeout"]);
    let (status, text) = served.read("/api/v1/outlets/G7").await;
    assert_eq!(
        (status, serde_json::from_str::<Value>(&text).unwrap()),
        (404, serde_json::json!({"error": "there is no outlet G7"}))
    );
}

#[tokio::test]
async fn before_the_daemon_has_taken_over_the_pages_say_so() {
    let served = Served::start_empty().await;
    assert_eq!(served.read("/").await, (503, "the daemon is still starting\n".to_owned()));
    assert_eq!(served.read("/api/v1/status").await.0, 503);
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_said_and_stops_nothing() {
    let served = Served::start().await;
    for file in ["menusync.sqlite3", "menusync.sqlite3-wal"] {
        std::fs::write(served.state_dir().join(file), "no database").unwrap();
    }
    for path in ["/", "/outlets/G1", "/api/v1/status", "/api/v1/outlets/G1"] {
        let (status, text) = served.read(path).await;
        assert!(status == 500 && text.contains("cannot read the stored state"), "{path}: {status} {text}");
    }
    assert_eq!(served.read("/livez").await.0, 200);
    assert!(served.read("/metrics").await.1.ends_with('\n'));
}
