//! Settings that may stand in `menusync.yaml`, in any layer and in an outlet: each has its effect from wherever it stands, on
//! plans and on pushes, and what is written nearest wins over what is written farther away.
//!
//! The limits of guards have tables of their own in `guards`.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage};

/// Laid over [`LAYER`].
const LATER: &str = "catalogs/later.yaml";

/// Where settings may stand, from the farthest place to the nearest.
const LEVELS: [&str; 4] = ["menusync.yaml", LAYER, LATER, KUTA_FILE];

/// A setting with a value under which an edit is not sent, and one under which it is.
struct Case {
    key: &'static str,
    stops: String,
    lets: String,
    /// Edits an outlet; its file is given too.
    edit: fn(&Stage, outlet: &str, file: &str),
    /// How the outlet stands in a plan while it is stopped, and how `apply` ends then.
    stopped: (&'static str, i32),
    /// What has become of the edit.
    seen: fn(&Stage, outlet: &str) -> Value,
    /// What that is once it was sent.
    sent: Value,
}

fn cases() -> Vec<Case> {
    let price = |stage: &Stage, _: &str, file: &str| stage.append(file, "items: {TEH: {price: 8000}}\n");
    let price_of: fn(&Stage, &str) -> Value = |stage, outlet| stage.live_item(outlet, "TEH")["price"].clone();
    let closed = window(&TimeZone::get("Asia/Jakarta").unwrap());
    vec![
        Case {
            key: "drift",
            stops: "report".to_owned(),
            lets: "revert".to_owned(),
            edit: |stage, outlet, _| stage.edit_in_app(outlet, "TEH", json!({"price": 9000})),
            stopped: ("drifted", 0),
            seen: price_of,
            sent: json!(7000),
        },
        Case {
            key: "unmanaged",
            stops: "hold".to_owned(),
            lets: "delete".to_owned(),
            edit: |stage, outlet, file| {
                stage.add_in_app(outlet, "Nasi", "Nasi Uduk", 20000);
                stage.append(file, "items: {TEH: {price: 8000}}\n");
            },
            stopped: ("held", 4),
            seen: |stage, outlet| json!(stage.live(outlet).to_string().contains("Nasi Uduk")),
            sent: json!(false),
        },
        Case {
            key: "ignore",
            stops: "[internal_name, description]".to_owned(),
            lets: "[image]".to_owned(),
            edit: |stage, outlet, file| {
                stage.edit_in_app(outlet, "NG", json!({"description": "From the app"}));
                stage.append(file, "items: {TEH: {description: From the files}}\n");
            },
            stopped: ("in_sync", 0),
            seen: |stage, outlet| stage.live_item(outlet, "TEH")["description"].clone(),
            sent: json!("From the files"),
        },
        Case {
            key: "windows",
            stops: format!("[{closed}]"),
            lets: "[]".to_owned(),
            edit: price,
            stopped: ("queued", 0),
            seen: price_of,
            sent: json!(8000),
        },
        Case {
            key: "timezone",
            stops: "Asia/Jakarta".to_owned(),
            lets: "America/New_York".to_owned(),
            edit: |stage, _, file| {
                stage.append(file, "items: {TEH: {price: 8000}}\n");
                stage.append(LAYER, &format!("windows: [{}]\n", window(&TimeZone::get("Asia/Jakarta").unwrap())));
            },
            stopped: ("queued", 0),
            seen: price_of,
            sent: json!(8000),
        },
        Case {
            key: "rules",
            stops: "{price-too-low: error}".to_owned(),
            lets: "{price-too-low: off}".to_owned(),
            edit: |stage, _, file| stage.append(file, "items: {TEH: {price: 500}}\nguards: {price-change: 100%}\n"),
            stopped: ("invalid", 3),
            seen: price_of,
            sent: json!(500),
        },
    ]
}

/// A window that is closed now in `zone`, and open in every other that is some hours away.
fn window(zone: &TimeZone) -> String {
    let hour = Timestamp::now().to_zoned(zone.clone()).hour();
    format!("{{kind: deny, schedule: \"0 {} * * *\", duration: 3h}}", (hour + 23) % 24)
}

/// Kuta extends two layers and is in sync.
fn two_layers(stage: Stage) -> Stage {
    stage.write(LATER, "x-note: laid over the other\n");
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, later.yaml]");
    // The key can be given once in a file.
    stage.edit(LAYER, "rules: {description-missing: off, image-missing: off}\n", "");
    stage.in_sync()
}

/// Writes `near` at the level `nearest` and `far` at all beyond it.
fn set(files: &[(&str, String)], nearest: usize, stage: &Stage, key: &str, near: &str, far: &str) {
    for (level, (file, text)) in files.iter().enumerate().take(nearest + 1) {
        stage.write(file, &format!("{text}{key}: {}\n", if level == nearest { near } else { far }));
    }
}

fn state(plan: &Value, outlet: &str) -> Value {
    let outlets = plan["outlets"].as_array().unwrap();
    outlets.iter().find(|told| told["outlet"] == outlet).unwrap()["state"].clone()
}

fn case(key: &str) -> Case {
    cases().into_iter().find(|case| case.key == key).unwrap()
}

/// It stops and lets through from each level, against the opposite at all levels beyond.
fn has_its_effect_from_each_level_and_the_nearest_wins(key: &str) {
    let Case { key, stops, lets, edit, stopped, seen, sent } = case(key);
    for (nearest, place) in LEVELS.into_iter().enumerate() {
        let stage = two_layers(Stage::new());
        edit(&stage, KUTA, KUTA_FILE);
        let files = LEVELS.map(|file| (file, stage.read(file)));
        set(&files, nearest, &stage, key, &stops, &lets);
        let plan = stage.run(&["plan", "--output", "json"]).json();
        assert_eq!(state(&plan, KUTA), stopped.0, "{place}");
        stage.run(&["apply", "--yes"]).expect(stopped.1);
        stage.assert_nothing_written();
        set(&files, nearest, &stage, key, &lets, &stops);
        stage.run(&["apply", "--yes"]).expect(0);
        assert_eq!((seen(&stage, KUTA), stage.puts().len()), (sent.clone(), 1), "{place}");
    }
}

#[test]
fn drift() {
    has_its_effect_from_each_level_and_the_nearest_wins("drift");
}

#[test]
fn unmanaged() {
    has_its_effect_from_each_level_and_the_nearest_wins("unmanaged");
}

#[test]
fn ignore() {
    has_its_effect_from_each_level_and_the_nearest_wins("ignore");
}

#[test]
fn windows() {
    has_its_effect_from_each_level_and_the_nearest_wins("windows");
}

#[test]
fn timezone() {
    has_its_effect_from_each_level_and_the_nearest_wins("timezone");
}

#[test]
fn rules() {
    has_its_effect_from_each_level_and_the_nearest_wins("rules");
}

/// Guards and rules that a nearer level does not mention keep what a farther one says.
#[test]
fn guards_and_rules_are_laid_over_each_other_entry_by_entry() {
    let stage = Stage::new();
    stage.append("menusync.yaml", "guards: {price-change: 10%}\nrules: {price-too-low: error}\n");
    let stage = two_layers(stage);
    stage.append(LAYER, "guards: {sold-out: 10%}\nrules: {price-too-high: error}\n");
    stage.append(KUTA_FILE, "guards: {deletes: [3, 100%]}\nrules: {image-missing: off}\n");
    let held = |items: &str, guard: &str| {
        let text = stage.read(KUTA_FILE);
        stage.append(KUTA_FILE, items);
        let plan = stage.run(&["plan", "--output", "json"]).json();
        let told = plan["outlets"][0]["guards"].as_array().unwrap().iter();
        let holds: Vec<_> = told.filter(|told| told["verdict"] == "held").map(|told| &told["guard"]).collect();
        assert_eq!(holds, [guard], "{items}");
        stage.write(KUTA_FILE, &text);
    };
    held("items: {TEH: {price: 8000}}\n", "price-change");
    held("items: {TEH: {in_stock: false}}\n", "sold-out");
    held("items: {NG: {remove: true}, GUDEG: {remove: true}, PECEL: {remove: true}, TEH: {remove: true}}\n", "deletes");
    for price in [500, 3_000_000] {
        stage.append(KUTA_FILE, &format!("items: {{TEH: {{price: {price}}}}}\n"));
        stage.run(&["validate"]).expect(3).says(&["TEH"]);
        stage.edit(KUTA_FILE, &format!("items: {{TEH: {{price: {price}}}}}\n"), "");
    }
}

/// A list that a nearer level gives is the whole list: nothing of a farther one is added to it.
#[test]
fn ignore_and_windows_are_replaced_as_a_whole() {
    let stage = Stage::new().in_sync();
    let here = TimeZone::get("Asia/Jakarta").unwrap();
    stage.append("menusync.yaml", &format!("ignore: [description]\nwindows: [{}]\n", window(&here)));
    let elsewhere = window(&TimeZone::get("America/New_York").unwrap());
    stage.append(KUTA_FILE, &format!("items: {{TEH: {{description: Manis}}}}\nwindows: [{elsewhere}]\n"));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.assert_nothing_written();
    stage.append(KUTA_FILE, "ignore: [internal_name]\n");
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(stage.live_item(KUTA, "TEH")["description"], "Manis");
}

#[test]
fn what_stands_in_one_outlet_concerns_no_other() {
    for Case { key, stops, lets, edit, stopped, seen, sent } in cases() {
        let stage = Stage::new().with_kemang();
        stage.edit(LAYER, "rules: {description-missing: off, image-missing: off}\n", "");
        let stage = stage.in_sync();
        edit(&stage, KUTA, KUTA_FILE);
        if key == "timezone" {
            stage.append(KEMANG_FILE, "items: {TEH: {price: 8000}}\n");
        } else {
            edit(&stage, KEMANG, KEMANG_FILE);
        }
        stage.append("menusync.yaml", &format!("{key}: {lets}\n"));
        stage.append(KUTA_FILE, &format!("{key}: {stops}\n"));
        let plan = stage.run(&["plan", "--output", "json"]).json();
        assert_eq!([KUTA, KEMANG].map(|outlet| state(&plan, outlet)), [stopped.0, "pending"], "{key}");
        let kuta = seen(&stage, KUTA);
        stage.run(&["run", "--once"]);
        assert_eq!([KUTA, KEMANG].map(|outlet| seen(&stage, outlet)), [kuta, sent], "{key}");
        assert!(stage.puts().iter().all(|put| put.outlet.as_deref() == Some(KEMANG)), "{key}");
    }
}
