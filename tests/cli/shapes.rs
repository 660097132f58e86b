//! What is written for programs has the shape that `schema` says, and holds nothing that the schema does not name.

use boon::{Compiler, Schemas};
use jiff::{SignedDuration, Timestamp};
use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    approvals::REMOVALS,
    promotions::promote,
    support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage},
};

/// The schema of a shape, closed: keys that it does not name are refused.
fn schema(stage: &Stage, shape: &str) -> Value {
    let mut schema = stage.run(&["schema", shape]).expect(0).json();
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    if let Some(entries) = schema.as_object_mut() {
        entries.values_mut().for_each(close);
        if entries.get("properties").is_some_and(Value::is_object) && entries.contains_key("required") {
            entries.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    } else if let Some(items) = schema.as_array_mut() {
        items.iter_mut().for_each(close);
    }
}

/// Runs the commands; what each writes is as its schema says.
#[track_caller]
fn fit(stage: &Stage, commands: &[&[&str]]) {
    for command in commands {
        let told = stage.run(&[command, &["--output", "json"][..]].concat()).json();
        let name = told["schema"].as_str().unwrap().to_owned();
        let shape = name.trim_start_matches("menusync.").trim_end_matches("/1");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", schema(stage, shape)).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        let fits = schemas.validate(&told, index);
        assert!(fits.is_ok(), "{command:?}: {}\n{told:#}", fits.unwrap_err());
    }
}

#[test]
fn plans_of_all_kinds() {
    let stage = Stage::new().with_kemang().in_sync();
    let before = stage.root().join("../before");
    std::fs::create_dir_all(before.join("catalogs")).unwrap();
    for file in ["menusync.yaml", LAYER, KUTA_FILE, KEMANG_FILE] {
        std::fs::copy(stage.root().join(file), before.join(file)).unwrap();
    }
    fit(&stage, &[&["plan"], &["drift"], &["diff", "."]]);
    stage.edit_in_app(KUTA, "GUDEG", json!({"price": 30000, "operational_hours": null}));
    stage.add_in_app(KUTA, "Nasi", "Nasi Uduk", 20000);
    stage.edit(LAYER, "price: 25000", "price: 250000");
    stage.edit(LAYER, "name: Minuman", "name: Minum/an~");
    stage.append(KUTA_FILE, "items: {RAWON: {menu: Minum/an~}, JERUK: {in_stock: false}}\n");
    stage.append(KEMANG_FILE, REMOVALS);
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.run(&["approve", "plan.json", "--guard", "deletes", "--reason", "hujan"]).expect(0);
    fit(&stage, &[&["plan"], &["drift"], &["diff", "../before"], &["plan", "--revert"]]);
    stage.edit(KEMANG_FILE, "GUDEG: {remove: true}, ", "");
    stage.append(KUTA_FILE, "state: paused\n");
    fit(&stage, &[&["plan"], &["apply", "--yes"]]);
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 403) });
    fit(&stage, &[&["plan"], &["drift"], &["apply", "--yes"], &["run", "--once"]]);
}

#[test]
fn promotions_of_all_kinds() {
    let stage = Stage::new().with_kemang();
    let times = json!({ "applicable_days": ["friday"], "start_time": "14:00:00", "end_time": "16:00:00" });
    promote(&stage, "NG", times);
    promote(&stage, "SATE", json!({ "status": "paused", "promo_type": "voucher" }));
    fit(&stage, &[&["promotions"]]);
    stage.server().change_settings(|settings| settings.facilitator = true);
    fit(&stage, &[&["promotions"]]);
}

#[test]
fn photos_of_all_states() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.root().join("photos")).unwrap();
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/photo");
    for name in ["lossy.webp", "cut.jpg", "bomb.webp", "palette.png"] {
        std::fs::copy(corpus.join(name), stage.root().join("photos").join(name)).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", stage.root().join("photos/out.jpg")).unwrap();
    stage.edit(LAYER, "price: 25000", "price: 25000\n        image: photos/lossy.webp");
    fit(&stage, &[&["photos"], &["photos", "--fix"], &["photos", "--fix"]]);
}

#[test]
fn results_and_troubles() {
    let stage = Stage::new();
    fit(&stage, &[&["apply"], &["apply", "--yes"], &["apply", "--yes"], &["run", "--once"], &["validate"]]);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().inject(Fault::status(Endpoint::Put, 422));
    fit(&stage, &[&["apply", "--yes"]]);
    stage.edit(LAYER, "price: 27000", "price: 27.000");
    stage.append(KUTA_FILE, "items: {NG: {price: 1}, NG: {price: 2}}\n");
    fit(
        &stage,
        &[&["validate"], &["plan"], &["apply", "--yes"], &["--root", "elsewhere", "plan"], &["plan", "--wrong"]],
    );
}

#[test]
fn standings() {
    let stage = Stage::new().with_kemang();
    fit(&stage, &[&["status"]]);
    stage.run(&["apply", "--yes"]).expect(0);
    fit(&stage, &[&["status"]]);
    stage.append(KUTA_FILE, REMOVALS);
    stage.edit_in_app(KEMANG, "GUDEG", json!({"price": 30000}));
    stage.run(&["run", "--once"]);
    fit(&stage, &[&["status"]]);
    stage.edit(KEMANG_FILE, "extends", "drift: revert\nextends");
    for _ in 0..4 {
        stage.edit_in_app(KEMANG, "GUDEG", json!({"price": 30000}));
        stage.run(&["run", "--once"]);
    }
    stage.run(&["pause", "--outlet", KUTA, "--for", "3h"]).expect(0);
    fit(&stage, &[&["status"]]);
    stage.run(&["resume", "--outlet", KUTA]).expect(0);
    stage.run(&["rollback", "--outlet", KEMANG, "--to", "1", "--yes"]);
    stage.append(LAYER, "items: {NG: {price: 1}}\n");
    stage.remove(KEMANG_FILE);
    stage.run(&["run", "--once"]);
    fit(&stage, &[&["status"]]);
}

#[test]
fn what_was_pushed() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.append(KUTA_FILE, "items: {RAWON: {in_stock: false}}\n");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.run(&["rollback", "--outlet", KUTA, "--to", "1", "--yes"]).expect(0);
    fit(&stage, &[&["status"]]);
    stage.append(KUTA_FILE, "menus: [{name: Camilan, menu_items: [{external_id: TAHU, name: Tahu, price: 9000}]}]\n");
    stage.server().inject(Fault::status(Endpoint::Put, 422));
    stage.run(&["apply", "--yes"]).expect(5);
    fit(
        &stage,
        &[&["history"], &["history", "--item", "NG"], &["history", "--item", "TAHU", "--outlet", KEMANG], &["status"]],
    );
}

#[test]
fn switches_of_stock() {
    let stage = Stage::new().with_kemang().in_sync();
    let off = ["stock", "--outlet", "*", "--item", "RAWON", "--variant", "LV-3", "off", "--yes", "--for", "3h"];
    fit(&stage, &[&off, &off, &["stock", "--list"], &["status"], &["history"]]);
    stage.kitchen(KUTA, "RAWON", true);
    stage.run(&["run", "--once"]).expect(0);
    stage.append(KUTA_FILE, "state: paused\n");
    stage.server().inject(Fault::status(Endpoint::Get, 403));
    fit(&stage, &[&off, &["stock", "--list"], &["status"], &["history"]]);
}

#[test]
fn what_comes() {
    let stage = Stage::new().with_kemang().in_sync();
    fit(&stage, &[&["schedule"], &["plan", "--horizon", "30d"]]);
    stage.append(KUTA_FILE, "windows: [{kind: deny, schedule: \"0 11 * * *\", duration: 3h}]\n");
    let in_days = |days: i64| (Timestamp::now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%dT00:00");
    let (from, until) = (in_days(10), in_days(20));
    stage.write(
        "catalogs/ramadan.yaml",
        &format!("from: {from}\nuntil: {until}\nitems: {{NG: {{price: 250000}}, PECEL: {{remove: true}}}}\n"),
    );
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, ramadan.yaml]");
    let horizon = ["plan", "--horizon", "60d"];
    let told = stage.run(&[&horizon[..], &["--output", "json"]].concat()).json();
    assert_eq!(told["steps"].as_array().map(Vec::len), Some(2), "{told:#}");
    fit(&stage, &[&["schedule"], &["schedule", "--count", "2", "--outlet", KUTA], &horizon]);
}
