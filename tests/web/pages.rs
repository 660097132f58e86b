//! What the pages and their JSON say.

use std::time::Duration;

use jiff::Timestamp;
use menusync::{
    fleet::{self, Selection},
    report::status_json,
    schedule::RoundLoad,
    state::{OutletUpdate, PushOutcome, SwitchRow},
};
use serde_json::Value;

use crate::site::{HOSTILE, Served, outlet};

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
async fn who_waits_and_that_a_pass_takes_longer_than_the_schedule_allows_is_shown_in_both_languages() {
    let served = Served::start().await;
    let (_, page) = served.read("/").await;
    assert!(!page.contains("Waiting for a pass") && !page.contains("is due after"), "{page}");
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let account = Some("sa<b>ri".into());
    let load =
        RoundLoad { outlets: 5_000, least: seconds(1_000).unwrap(), account, interval: seconds(900), measured: None };
    served.view.update(|shown| (shown.waiting, shown.round_load) = (4_321, Some(load.clone())));
    let (_, page) = served.read("/").await;
    let words = "A pass over all 5000 outlets takes 17 min or more, and the next one is due after 15 min";
    assert!(page.contains(words) && page.contains("account") && !page.contains("<b>"), "{page}");
    assert!(page.contains("Waiting for a pass") && page.contains("4321"), "{page}");
    let page = served.request(reqwest::Method::GET, "/").header("accept-language", "id").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("Pemeriksaan semua 5000 outlet") && page.contains("Menunggu diperiksa"), "{page}");
    let (_, metrics) = served.read("/metrics").await;
    for line in [
        "menusync_waiting_outlets 4321",
        "menusync_round_least_seconds 1000.0",
        "menusync_schedule_interval_seconds 900.0",
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "no {line} in {metrics}");
    }
    assert!(!metrics.contains("menusync_round_last_seconds"), "none was measured");
}

#[tokio::test]
async fn an_outlet_has_a_page_with_advice_numbers_and_history() {
    let served = Served::start().await;
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    let request_id = served.push("G2", PushOutcome::Rejected, Some("400 Bad Request: no")).await;
    let (status, page) = served.read("/outlets/G2").await;
    assert_eq!(status, 200);
    for part in [
        "menusync apply --outlet G2 --allow price-change",
        "menusync approve plan.json --guard price-change --reason TEXT",
        "move by 92 %",
        "items/NG/price",
        "items/ET/price",
        "Rp 9.900",
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
async fn what_became_of_promotions_is_told_with_its_commit() {
    let served = Served::start().await;
    let event = serde_json::json!({
        "result": "refused", "name": "gajian", "promotion_id": null, "error": HOSTILE, "revision": "0123456789abcdef",
        "author": "Dewi\u{202e}", "detail": {
            "external_menu_id": "NG", "selling_price": 19000, "start_date": "2027-02-25", "end_date": "2027-02-28",
        },
    });
    let later = r#"{"result": "of a later release"}"#.to_owned();
    let update = OutletUpdate { promotion_events: vec![event.to_string(), later], ..OutletUpdate::default() };
    served.state.update_outlet("G1", update, jiff::Timestamp::now()).await.unwrap();
    for path in ["/outlets/G1", "/events"] {
        let (_, page) = served.read(path).await;
        let words = "promotion “gajian” of NG: Rp 19.000, 25–28 Feb 2027: &lt;script&gt;";
        assert!(page.contains("refused") && page.contains(words) && page.contains("0123456789"), "{path}: {page}");
        assert!(!page.contains('\u{202e}'), "{path}: {page}");
    }
}

#[tokio::test]
async fn hostile_texts_are_only_text() {
    let served = Served::start().await;
    served.note("G4", HOSTILE).await;
    served.hold("G4", HOSTILE).await;
    served.push("G4", PushOutcome::Rejected, Some(HOSTILE)).await;
    served.stand("G9<b>\"/../x", "missing", Some(HOSTILE)).await;
    let query = "/?q=%3Cscript%3E&reason=%22%3E%3Cb%3E&layer=%3Cb%3E";
    let paths =
        ["/", "/events", "/outlets/G4", "/outlets/G4/menu", "/outlets/G9%3Cb%3E%22%2F..%2Fx", "/outlets/%3Cscript%3E"];
    for path in paths.into_iter().chain([query]) {
        let (_, page) = served.read(path).await;
        let (_, body) = page.split_once("<body>").unwrap();
        assert!(!body.contains("<script") && !body.contains("<b>") && !page.contains('\u{202e}'), "{path}: {page}");
        assert!(
            page.matches("<script").count() == page.matches("<script src=\"/page.js\" defer>").count(),
            "{path}: {page}"
        );
        // What is stored of an outlet that no file defines explains what is over.
        let escaped = if path.contains("G9%") { "G9&lt;b&gt;" } else { "&lt;script&gt;" };
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
    assert_eq!(text.trim_end(), status_json(&lines, None));
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

/// The names in the list of outlets.
fn listed(page: &str) -> Vec<&str> {
    let list = page.split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap();
    list.split("<a href=\"/outlets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn outlets_are_found_by_their_account() {
    let served = Served::start().await;
    let (_, page) = served.read("/").await;
    assert!(!page.contains("name=\"account\""), "nobody names one: {page}");
    served.write(
        "menusync.yaml",
        "target: sandbox\ngobiz: {accounts: {resto-nusa: {client_id_file: nusa-id, client_secret_file: nusa-secret}}}\n",
    );
    served.write("catalogs/b.yaml", &format!("account: resto-nusa\n{}", outlet("G2", "Kemang")));
    served.take_files();
    let (_, page) = served.read("/?account=resto-nusa").await;
    assert_eq!(listed(&page), ["G2"]);
    assert!(page.contains("<option value=\"resto-nusa\" selected>resto-nusa"), "{page}");
    assert!(served.read("/outlets/G2").await.1.contains("<dt>Account</dt><dd><code>resto-nusa</code></dd>"));
}

#[tokio::test]
async fn outlets_are_found_by_state_name_layer_and_reason_and_sorted() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    for (query, found) in [
        ("state=held", vec!["G2"]),
        ("q=KUT", vec!["G1"]),
        ("q=g3", vec!["G3"]),
        ("reason=price-change", vec!["G2"]),
        ("layer=catalogs%2Fa.yaml", vec!["G1"]),
        ("state=held&q=Kuta", vec![]),
        ("q=+&state=", vec!["G2", "G3", "G4", "G1"]),
        ("page=7", vec!["G2", "G3", "G4", "G1"]),
    ] {
        assert_eq!(listed(&served.read(&format!("/?{query}")).await.1), found, "{query}");
    }
    // A link of a reason means that one, not also those that it is a part of.
    served.stand("G1", "failed", Some("GoBiz answered 500")).await;
    served.stand("G2", "failed", Some("GoBiz answered 500")).await;
    served.stand("G4", "failed", Some("GoBiz answered 500, then 503")).await;
    let (_, page) = served.read("/").await;
    let link = page.split("<a href=\"/?state=failed&amp;cause=").nth(1).unwrap().split('"').next().unwrap();
    let (_, page) = served.read(&format!("/?state=failed&cause={link}")).await;
    let mut found = listed(&page);
    found.sort_unstable();
    assert_eq!(found, ["G1", "G2"], "{link}");
    assert!(page.contains("name=\"cause\" value=\"GoBiz answered 500\""), "{page}");
    assert_eq!(listed(&served.read("/?cause=GoBiz+answered+500,+then+503").await.1), ["G4"]);
    assert_eq!(listed(&served.read("/?reason=GoBiz+answered+500").await.1).len(), 3);
    served.stand("G1", "in_sync", None).await;
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    let (_, page) = served.read("/?sort=name&state=held").await;
    assert!(page.contains("aria-sort=\"ascending\"><a href=\"/?state=held&amp;sort=name\">Outlet"), "{page}");
    assert!(page.contains("<option value=\"held\" selected>held"), "{page}");
    let (_, page) = served.read("/?q=nobody").await;
    assert!(page.contains("No outlet matches."), "{page}");
    assert_eq!(served.read("/?page=x").await.0, 400);
}

#[tokio::test]
async fn the_same_trouble_is_told_once_with_a_link_to_all_that_have_it() {
    let served = Served::start().await;
    for id in ["G1", "G2"] {
        let error = format!("cannot fetch the menu of {id}: 401 Unauthorized (X-Request-ID 4a1b-{id})");
        served.stand(id, "failed", Some(&error)).await;
    }
    let (_, page) = served.read("/").await;
    let link =
        page.split("<ul class=\"causes\">").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(page.contains(">2 outlets</a>: cannot fetch the menu of ID: 401 Unauthorized"), "{page}");
    assert_eq!(listed(&served.read(&link.replace("&amp;", "&")).await.1), ["G2", "G1"], "by name: {link}");
}

/// The link of the first reason, and what it is called.
fn first_cause(page: &str) -> (String, String) {
    let cause = page.split("<ul class=\"causes\">").nth(1).unwrap();
    let link = cause.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let words = cause.split_once("</a>").unwrap().1.split(", since ").next().unwrap().to_owned();
    (link, words)
}

#[tokio::test]
async fn what_is_held_names_the_dish_its_line_who_wrote_it_and_what_lets_it_through_everywhere() {
    let served = Served::start_fleet(0).await;
    served.write("catalogs/bali.yaml", "extends: [layer.yaml]\n");
    for (id, layer) in [("G1", "bali.yaml"), ("G2", "bali.yaml"), ("G3", "layer.yaml"), ("G4", "layer.yaml")] {
        served.write(&format!("catalogs/{id}.yaml"), &format!("outlet: {id}\nname: Warung {id}\nextends: [{layer}]\n"));
    }
    served.commit("https://github.com/warung/menus.git");
    served.hold_at(&["G1", "G2"], "price-change", "catalogs/layer.yaml:4").await;
    let (_, page) = served.read("/").await;
    let (link, words) = first_cause(&page);
    let told = ": held by price-change: “Nasi Goreng”, <code>catalogs/layer.yaml:4</code> (<a href=\"https://github.com/warung/";
    assert!(words.starts_with(told) && words.contains("</a>, t, 2"), "{words}");
    assert!(served.read("/outlets/G1").await.1.contains("<code>catalogs/layer.yaml:4</code> (<a"), "no author");
    // Nobody else is held by it: no outlet has to be named.
    let (_, page) = served.read(&link).await;
    assert!(page.contains("let it through at all 2"), "{page}");
    assert!(page.contains("<code>menusync apply --allow price-change</code>"), "{page}");
    // A layer selects those who are held for this reason, and no others.
    served.hold_at(&["G3"], "price-change", "catalogs/G3.yaml:2").await;
    let (_, page) = served.read(&link).await;
    assert!(page.contains("<code>menusync apply --outlet catalogs/bali.yaml --allow price-change</code>"), "{page}");
    assert!(page.contains("<code>menusync plan --outlet catalogs/bali.yaml --out plan.json</code>"), "{page}");
    // Where none does, their ids do.
    served.stand("G2", "in_sync", None).await;
    served.hold_at(&["G4"], "price-change", "catalogs/layer.yaml:4").await;
    let (_, page) = served.read(&link).await;
    assert_eq!(listed(&page), ["G1", "G4"]);
    assert!(page.contains("<code>menusync apply --outlet G1 --outlet G4 --allow price-change</code>"), "{page}");
}

#[tokio::test]
async fn an_outlet_whose_file_cannot_be_read_keeps_the_name_that_it_had() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    served.write("catalogs/a.yaml", "outlet: G1\nname: Kuta\n - oops: [\n");
    served.take_files();
    let (_, page) = served.read("/").await;
    assert!(page.contains("Kuta</a> <small>G1</small>"), "{page}");
}

#[tokio::test]
async fn what_happened_at_all_outlets_is_one_timeline() {
    let served = Served::start().await;
    served.push("G1", PushOutcome::Published, None).await;
    served.push("G2", PushOutcome::Rejected, Some("400 Bad Request: no")).await;
    served.stand("G1", "in_sync", None).await;
    let (status, page) = served.read("/events").await;
    assert_eq!((status, listed(&page)), (200, vec!["G1", "G2", "G1"]), "{page}");
    assert!(page.contains("400 Bad Request: no") && page.contains("push 1"), "{page}");
    for part in ["no changes", "GoFood shows what the files say.", "0123456789"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    let (_, page) = served.read("/events").await;
    assert!(page.contains("held by price-change") && page.contains("href=\"/outlets/G2\""), "{page}");
}

#[tokio::test]
async fn switches_of_stock_are_told_also_those_that_cannot_be_read() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    let event = serde_json::json!({
        "result": "switched_back", "kind": "items", "id": "NG", "name": HOSTILE, "in_stock": false, "until": null,
    });
    let row = SwitchRow { until: None, switch: "{\"of\": \"a later version\"}".to_owned() };
    let update = OutletUpdate {
        switches: vec![("items/NG".to_owned(), Some(row))],
        switch_events: vec![event.to_string(), "{\"result\": \"of a later version\"}".to_owned()],
        ..OutletUpdate::default()
    };
    served.state.update_outlet("G1", update, Timestamp::now()).await.unwrap();
    let (status, page) = served.read("/events").await;
    assert_eq!((status, listed(&page)), (200, vec!["G1", "G1"]), "{page}");
    assert!(page.contains("switched back: ") && page.contains("(items/NG): back on sale"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    let (_, page) = served.read("/outlets/G1").await;
    for part in ["the switch of items/NG cannot be read", "<code>menusync forget --outlet G1 --switches</code>"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
}

#[tokio::test]
async fn an_outlet_shows_what_its_files_change_and_its_menu() {
    let served = Served::start().await;
    let (_, page) = served.read("/outlets/G1").await;
    assert!(!page.contains("What the files change") && page.contains("href=\"/outlets/G1/menu\""), "{page}");
    served.base("G1", 24_000).await;
    let (_, page) = served.read("/outlets/G1").await;
    for part in ["What the files change", "price Rp 24.000 → Rp 25.000 (+4 %)", "<ins>Rp 25.000</ins>"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let (status, page) = served.read("/outlets/G1/menu").await;
    assert_eq!(status, 200);
    for part in ["<h1>Menu of Kuta</h1>", "Nasi Goreng", "Rp 25.000", "Telur"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let warning = "GoFood may not show all of it";
    served.hold("G1", "the price of Nasi Goreng would move by 92 %").await;
    let (_, page) = served.read("/outlets/G1/menu").await;
    assert!(page.contains(warning) && page.contains("the outlet is held"), "{page}");
    served.stand("G1", "in_sync", None).await;
    assert!(!served.read("/outlets/G1/menu").await.1.contains(warning));
    for path in ["/outlets/G3/menu", "/outlets/G7/menu"] {
        assert_eq!(served.read(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_page_is_told_when_something_else_is_shown() {
    let served = Served::start().await;
    let (_, page) = served.read("/").await;
    let version = page.split("data-version=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(served.read("/live").await.1, format!("retry: 5000\nid: {version}\n\n"));
    let path = format!("/live?since={version}");
    let (answer, ()) = tokio::join!(served.read(&path), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        served.view.update(|shown| shown.stopping = true);
    });
    assert!(answer.1.contains("\ndata: changed\n\n"), "{}", answer.1);
    let (status, script) = served.read("/page.js").await;
    assert!(status == 200 && script.contains("EventSource"), "{script}");
}

#[tokio::test]
async fn a_commit_is_a_link_to_its_page_at_the_forge() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    assert!(!served.read("/").await.1.contains("github.com"));
    served.commit("https://bot:s3cret@github.com/warung/menus.git");
    for path in ["/", "/outlets/G1"] {
        let (_, page) = served.read(path).await;
        let link = "<a href=\"https://github.com/warung/menus/commit/0123456789abcdef0123456789abcdef01234567\"";
        assert!(page.contains(link) && !page.contains("s3cret"), "{path}: {page}");
    }
}

/// `PAGE_OUTLETS=5000 cargo test --test web one_screen -- --nocapture` prints what is in docs/performance.md.
#[tokio::test]
async fn the_page_of_a_large_fleet_is_one_screen() {
    let outlets: usize = std::env::var("PAGE_OUTLETS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let served = Served::start_fleet(outlets).await;
    for id in 0..38 {
        served.stand(&format!("G{id}"), "failed", Some("GoBiz answered 401 Unauthorized")).await;
    }
    for path in ["/", "/?state=failed", "/?q=Warung+12&sort=name", "/events", "/outlets/G7", "/outlets/G7/menu"] {
        let mut took = Vec::new();
        let mut size = 0;
        for _ in 0..5 {
            let begun = std::time::Instant::now();
            let (status, page) = served.read(path).await;
            took.push(begun.elapsed());
            size = page.len();
            assert_eq!(status, 200);
        }
        took.sort();
        println!("{outlets} outlets, {path}: {} KB, {} ms", size.div_ceil(1000), took[2].as_millis());
        assert!(size < 60_000, "{path}: {size}");
    }
    let (_, page) = served.read("/").await;
    assert!(page.contains("38 outlets</a>: GoBiz answered 401 Unauthorized, since"), "{page}");
    assert_eq!(listed(&page).len(), 25);
    let next = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!((next, listed(&served.read(next).await.1).len()), ("/?page=2", 25));
}
