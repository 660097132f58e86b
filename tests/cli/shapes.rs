//! What is written for programs has the shape that `schema` says, and holds nothing that the schema does not name.

use boon::{Compiler, Schemas};
use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    approvals::REMOVALS,
    support::{KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage},
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
