//! Live menus that say more than is understood, as people meet them.

use menusync::sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::harness::{OUTLET, World};

fn live(soto: Value) -> Value {
    let rawon = json!({"id": "u-2", "external_id": "RW", "name": "Rawon", "price": 32000, "in_stock": true});
    json!({"success": true, "data": {"menus": [{"id": "m-1", "name": "Berkuah", "menu_items": [soto, rawon]}]}})
}

fn soto(fields: Value) -> Value {
    let mut soto = json!({"id": "u-1", "external_id": "ST", "name": "Soto", "price": 25000, "in_stock": true});
    soto.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    soto
}

fn answer(world: &World, body: Value) {
    world.control().clear_faults();
    world.control().inject(Fault { times: None, body: Some(body), ..Fault::status(Endpoint::Get, 200) });
}

/// An outlet whose files say what is live.
fn in_sync() -> World {
    let world = World::new();
    answer(&world, live(soto(json!({}))));
    world.ok(&["import", "--outlet", OUTLET]);
    world.ok(&["apply", "--yes"]);
    world
}

fn edit(world: &World, from: &str, to: &str) {
    let file = format!("catalogs/{OUTLET}.yaml");
    let text = world.read(&file);
    assert!(text.contains(from), "{text}");
    world.write(&file, &text.replace(from, to));
}

#[test]
fn one_dish_that_cannot_be_read_leaves_the_rest_of_its_outlet_alive() {
    let world = in_sync();
    answer(&world, live(soto(json!({"price": "mahal", "operational_hours": "always", "active": false}))));
    let plan = world.ok(&["plan"]);
    insta::assert_snapshot!(plan.stdout);
    // Its price is in the file. Its hours would have to be copied.
    edit(&world, "price: 32000", "price: 33000");
    insta::assert_snapshot!(
        world.ok(&["plan"]).stdout.lines().filter(|line| !line.starts_with("Digest")).collect::<Vec<_>>().join("\n")
    );
    let refused = world.run(&["apply", "--yes"]);
    assert_eq!((refused.code, world.puts()), (4, 0), "{refused:?}");
    answer(&world, live(soto(json!({"price": "mahal"}))));
    let plan: Value = serde_json::from_str(&world.ok(&["plan", "--output", "json"]).stdout).unwrap();
    assert_eq!((&plan["outlets"][0]["state"], &plan["outlets"][0]["action"]), (&json!("pending"), &json!("put")));
    insta::assert_snapshot!(plan["outlets"][0]["extras"], @r#"{"platform_menus":[],"switched_off":[],"unknown_keys":[],"unread":[{"found":"\"mahal\"","path":"items/ST/price"}]}"#);
    let status = world.run(&["status"]);
    assert!(status.stdout.contains("cannot be read, taken as unchanged: the price of “Soto”"), "{status:?}");
}

#[test]
fn keys_that_are_not_known_are_told_and_guarded() {
    let world = in_sync();
    answer(&world, live(soto(json!({"tax_rate": 11, "badge": "new", "promotion": null}))));
    insta::assert_snapshot!(world.ok(&["plan"]).stdout);
    let markdown = world.ok(&["plan", "--output", "markdown"]).stdout;
    assert!(markdown.contains("ℹ️") && markdown.contains("badge (1 item)"), "{markdown}");
    edit(&world, "price: 32000", "price: 33000");
    let refused = world.run(&["apply", "--yes"]);
    assert_eq!((refused.code, world.puts()), (4, 0), "{refused:?}");
    assert!(refused.stdout.contains("--allow unknown-field"), "{refused:?}");
    let log = world.run(&["run", "--once"]);
    assert_eq!(log.stderr.matches("a push would lose what menusync does not know").count(), 1, "{log:?}");
}

#[test]
fn a_dish_that_is_none_is_an_error_that_names_its_place() {
    let world = in_sync();
    answer(&world, live(json!("Soto")));
    let ended = world.run(&["plan"]);
    assert!(ended.stdout.contains("`data.menus[0].menu_items[0]` is a text, expected an object"), "{ended:?}");
}

#[test]
fn an_import_names_what_could_not_be_read() {
    let world = World::new();
    answer(&world, live(soto(json!({"price": "mahal", "description": ["x"], "in_stock": "ya"}))));
    world.run(&["import", "--outlet", OUTLET]);
    insta::assert_snapshot!(world.read(&format!("catalogs/{OUTLET}.yaml")));
}
