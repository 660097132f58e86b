//! A live menu of others in which one variant stands in two choices: imported as it is, edited, and pushed.

use serde_json::{Value, json};

use crate::harness::{OUTLET, World, menu};

/// “Pedas” under one id in two choices, as a live menu was seen to have it.
fn shared_menu() -> Value {
    let mut menu = menu();
    let level = menu["variant_categories"][0].clone();
    let mut sambal = level.clone();
    sambal["external_id"] = json!("VC-SAMBAL");
    sambal["name"] = json!("Sambal");
    sambal["internal_name"] = json!("Sambal");
    let pedas = json!({"external_id": "LV-3", "name": "Pedas", "price": 1000, "in_stock": true});
    sambal["variants"] = json!([pedas, {"external_id": "SB-0", "name": "Tanpa sambal", "price": 0, "in_stock": true}]);
    let mut level = level;
    level["variants"] = json!([{"external_id": "LV-0", "name": "Tidak pedas", "price": 0, "in_stock": true}, pedas]);
    menu["variant_categories"] = json!([level, sambal]);
    for items in menu["menus"].as_array_mut().unwrap() {
        for item in items["menu_items"].as_array_mut().unwrap() {
            item["variant_category_external_ids"] = json!(["VC-PEDAS", "VC-SAMBAL"]);
            // What is not the point here breaks rules of its own.
            item.as_object_mut().unwrap().remove("operational_hours");
        }
    }
    menu
}

fn world(own_uuids: bool, rule: &str) -> World {
    let world = World::new();
    world.control().change_settings(|settings| {
        settings.shared_variants = true;
        settings.distinct_duplicates = own_uuids;
        settings.return_category_external_id = true;
    });
    world.seed(OUTLET, shared_menu());
    let settings = world.read("menusync.yaml");
    world.write("menusync.yaml", &format!("{settings}{rule}"));
    world
}

/// Category, price and stock of each “Pedas” live.
fn copies(world: &World) -> Vec<(String, i64, bool)> {
    let published = serde_json::to_value(world.published(OUTLET)).unwrap();
    let mut copies = Vec::new();
    for category in published["variant_categories"].as_array().unwrap() {
        for variant in category["variants"].as_array().unwrap().iter().filter(|v| v["external_id"] == "LV-3") {
            let id = category["external_id"].as_str().unwrap().to_owned();
            copies.push((id, variant["price"].as_i64().unwrap(), variant["in_stock"].as_bool().unwrap()));
        }
    }
    copies
}

fn both(price: i64, in_stock: bool) -> Vec<(String, i64, bool)> {
    ["VC-PEDAS", "VC-SAMBAL"].map(|category| (category.to_owned(), price, in_stock)).into()
}

fn first_apply(world: &World) {
    world.ok(&["apply", "--yes", "--allow", &format!("first-contact:{OUTLET}")]);
}

#[test]
fn a_variant_in_two_choices_is_imported_edited_and_published_in_both() {
    for own_uuids in [false, true] {
        let world = world(own_uuids, "rules: {variant-in-two-categories: off}\n");
        world.ok(&["import", "--outlet", OUTLET]);
        let file = format!("catalogs/{OUTLET}.yaml");
        let text = world.read(&file);
        assert_eq!(text.matches("external_id: LV-3").count(), 2, "{text}");
        world.ok(&["validate"]);
        assert_eq!(world.planned(), [""; 0]);
        // One edit at one place: a patch is for all choices.
        world.write(&file, &format!("{text}variants: {{LV-3: {{price: 1100}}}}\n"));
        assert_eq!(world.planned(), ["set variants/LV-3/price"]);
        first_apply(&world);
        assert_eq!(copies(&world), both(1_100, true));
        assert_eq!(world.planned(), [""; 0]);
        // Off sale in both, and back in both.
        world.write(&file, &format!("{text}variants: {{LV-3: {{price: 1100, in_stock: false}}}}\n"));
        world.ok(&["apply", "--yes"]);
        assert_eq!((copies(&world), world.puts()), (both(1_100, false), 1));
        world.write(&file, &format!("{text}variants: {{LV-3: {{price: 1100}}}}\n"));
        world.ok(&["apply", "--yes"]);
        assert_eq!((copies(&world), world.puts()), (both(1_100, true), 1));
        assert_eq!(world.planned(), [""; 0]);
        // An edit of both in the app is merged into the patch, or into one where there is none.
        let texts = [(world.read(&file), 1_150), (text.replace("price: 1000", "price: 1100"), 1_160)];
        for (text, price) in texts {
            world.write(&file, &text);
            let mut edited = serde_json::to_value(world.published(OUTLET)).unwrap();
            edited["variant_categories"][0]["variants"][1]["price"] = json!(price);
            edited["variant_categories"][1]["variants"][0]["price"] = json!(price);
            world.seed(OUTLET, edited);
            world.ok(&["import", "--outlet", OUTLET, "--merge"]);
            assert_eq!(world.planned(), [""; 0]);
            world.write(&file, &text);
            world.ok(&["apply", "--yes", "--revert"]);
            assert_eq!(copies(&world), both(1_100, true));
        }
        // What is edited in one choice is drift, and merged into no file.
        let mut edited = serde_json::to_value(world.published(OUTLET)).unwrap();
        edited["variant_categories"][1]["variants"][0]["price"] = json!(1_200);
        world.seed(OUTLET, edited);
        assert_eq!(world.planned(), ["set variants/LV-3/price"]);
        let merged = world.run(&["import", "--outlet", OUTLET, "--merge"]);
        assert!(format!("{merged:?}").contains("does not show it alike"), "{merged:?}");
        world.ok(&["apply", "--yes", "--revert"]);
        assert_eq!(copies(&world), both(1_100, true));
    }
}

#[test]
fn stock_by_the_platforms_ids_reaches_every_copy() {
    let world = world(true, "rules: {variant-in-two-categories: warning}\n");
    world.control().change_settings(|settings| settings.stock_key = menusync::sandbox::StockKey::Id);
    let settings = world.read("menusync.yaml");
    world.write("menusync.yaml", &settings.replace("requests_per_second", "stock_key: id, requests_per_second"));
    world.ok(&["import", "--outlet", OUTLET]);
    let file = format!("catalogs/{OUTLET}.yaml");
    world.write(&file, &format!("{}variants: {{LV-3: {{in_stock: false}}}}\n", world.read(&file)));
    first_apply(&world);
    assert_eq!((copies(&world), world.puts()), (both(1_000, false), 0));
}

#[test]
fn without_the_setting_import_says_how_to_share_and_the_file_is_an_error() {
    let world = world(false, "");
    world.ok(&["import", "--outlet", OUTLET]);
    let file = format!("catalogs/{OUTLET}.yaml");
    let text = world.read(&file);
    assert_eq!(text.matches("external_id: LV-3").count(), 1, "{text}");
    assert!(text.contains("variant-in-two-categories: off"), "{text}");
    world.write(&file, &text.replace("external_id: PEDAS", "external_id: LV-3"));
    let invalid = world.run(&["validate"]);
    assert!(invalid.stdout.contains("variant-in-two-categories"), "{invalid:?}");
    assert_ne!(invalid.code, 0);
}

#[test]
fn a_platform_that_refuses_it_changes_nothing() {
    let world = world(false, "rules: {variant-in-two-categories: off}\n");
    world.ok(&["import", "--outlet", OUTLET]);
    world.control().change_settings(|settings| settings.shared_variants = false);
    let file = format!("catalogs/{OUTLET}.yaml");
    world.write(&file, &format!("{}variants: {{LV-3: {{price: 1100}}}}\n", world.read(&file)));
    let refused = world.run(&["apply", "--yes", "--allow", &format!("first-contact:{OUTLET}")]);
    assert_ne!(refused.code, 0);
    assert!(format!("{refused:?}").contains("LV-3"), "{refused:?}");
    assert_eq!(copies(&world), both(1_000, true));
}
