//! What was done elsewhere, taken into files that people wrote.

use menusync::sandbox::{Edit, written};
use proptest::{prelude::*, sample::select};
use serde_json::json;

use crate::harness::{OUTLET, World};

const LAYER: &str = "catalogs/warung.yaml";
const KUTA: &str = "catalogs/kuta.yaml";

/// A layer and an outlet with comments, pushed.
fn pushed() -> World {
    let world = World::new();
    world.write(
        LAYER,
        r#"# Shared by all.
operational_hours: {daily: "10:00-22:00"}
menus:
  - name: Nasi # rice
    menu_items:
      - external_id: NG
        name: Nasi Goreng
        description: Dengan telur
        price: 25000
        image: https://img.example.com/ng.jpg
        variant_category_external_ids: [VC]
      - external_id: NU
        name: Nasi Uduk
        price: 20000
        image: https://img.example.com/nu.jpg
  - name: Minuman
    menu_items:
      - {external_id: TEH, name: Teh, price: 5000}
variant_categories:
  - external_id: VC
    name: Pedas
    rules: {selection: {min_quantity: 1, max_quantity: 1}}
    variants:
      - {external_id: LV-0, name: Tidak, price: 0}
      - {external_id: LV-3, name: Gila, price: 2000}
"#,
    );
    world.write(
        KUTA,
        r#"# Kuta is on the beach.
outlet: G916309315
extends: [warung.yaml]

menus:
  # Only here.
  - name: Pantai
    menu_items:
      - external_id: KELAPA # a whole one
        name: Kelapa Muda
        price: 30000 # in season
        image: https://img.example.com/kelapa.jpg
      - external_id: JAGUNG
        name: Jagung Bakar
        price: 15000

items:
  NU: {price: 22000} # dearer here

# The end.
pricing:
  - {markup: 10%, round_to: 500, round: up, menu: Minuman}
"#,
    );
    world.write("catalogs/kemang.yaml", "outlet: G2\nextends: [warung.yaml]\n");
    world.seed("G2", json!({"menus": []}));
    world.ok(&["apply", "--yes"]);
    world
}

/// The same with a patch that no editor can change without losing a comment.
fn pushed_with_a_comment_in_a_value() -> World {
    let world = pushed();
    let text = world.read(KUTA).replace(
        "  NU: {price: 22000} # dearer here\n",
        "  NU:\n    description: # as the cook says it\n      Nasi uduk\n",
    );
    world.write(KUTA, &text);
    world.ok(&["apply", "--yes"]);
    world
}

fn edit(world: &World, edit: Edit) {
    world.control().edit(OUTLET, edit).unwrap();
}

/// Takes what is live, after which a plan is empty, and returns the outlet's file.
fn merged(world: &World) -> String {
    let (layer, kemang, puts) = (world.read(LAYER), world.read("catalogs/kemang.yaml"), world.puts());
    assert!(!world.planned().is_empty(), "the edit is seen");
    world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    assert_eq!(world.planned(), [] as [&str; 0], "{}", world.read(KUTA));
    assert_eq!((world.read(LAYER), world.read("catalogs/kemang.yaml")), (layer, kemang));
    world.ok(&["apply", "--yes"]);
    assert_eq!(world.puts(), puts, "nothing is pushed");
    world.read(KUTA)
}

#[test]
fn values_are_changed_where_they_stand_and_patched_where_a_layer_says_them() {
    let world = pushed();
    edit(&world, Edit::item("KELAPA", json!({"price": 35_000, "description": "Dingin, segar"})));
    edit(&world, Edit::item("NU", json!({"price": 23_000})));
    edit(&world, Edit::item("NG", json!({"name": "Nasi Goreng: Spesial", "description": null})));
    edit(&world, Edit::item("TEH", json!({"price": 6_500})));
    edit(
        &world,
        Edit::Variant { variant: "LV-3".into(), set: object(json!({"price": 3000})), lose_external_id: false },
    );
    edit(
        &world,
        Edit::Category {
            category: "VC".into(),
            set: object(json!({"rules": {"selection": {"min_quantity": 0, "max_quantity": 2}}})),
        },
    );
    insta::assert_snapshot!(merged(&world));
}

fn object(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_json_file_stays_json() {
    let world = pushed();
    world.write(
        "catalogs/kuta.json",
        r#"{
  "outlet": "G916309315",
  "extends": ["warung.yaml"],
  "menus": [
    {
      "name": "Pantai",
      "menu_items": [
        {"external_id": "KELAPA", "name": "Kelapa Muda", "price": 30000},
        {"external_id": "JAGUNG", "name": "Jagung Bakar", "price": 15000}
      ]
    }
  ]
}
"#,
    );
    std::fs::remove_file(world.root().join(KUTA)).unwrap();
    world.ok(&["apply", "--yes"]);
    edit(&world, Edit::item("KELAPA", json!({"price": 35_000, "description": "Dingin, \"segar\" # 1"})));
    edit(&world, Edit::item("NG", json!({"name": "True", "description": null})));
    edit(&world, Edit::RemoveItem { item: "NU".into() });
    let sate = written::Item { name: Some("Sate Lilit".into()), price: Some(28_000), ..written::Item::default() };
    edit(&world, Edit::AddItem { menu: "Pantai".into(), item: sate });
    world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    // An id that was proposed is not at GoFood yet.
    assert_eq!(world.planned(), ["set items/SATE-LILIT/external_id"]);
    let text = world.read("catalogs/kuta.json");
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn things_that_came_and_went_are_added_and_removed() {
    let world = pushed();
    edit(&world, Edit::RemoveItem { item: "JAGUNG".into() });
    edit(&world, Edit::RemoveItem { item: "NG".into() });
    edit(&world, Edit::RemoveVariant { variant: "LV-0".into() });
    let item = |name: &str| written::Item { name: Some(name.into()), price: Some(9000), ..written::Item::default() };
    edit(&world, Edit::AddItem { menu: "Pantai".into(), item: item("Es Krim, Vanila") });
    edit(&world, Edit::AddItem { menu: "Nasi".into(), item: item("Nasi Kuning") });
    edit(&world, Edit::AddItem { menu: "Camilan".into(), item: item("Pisang") });
    world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    insta::assert_snapshot!(world.read(KUTA));
    let planned = world.planned();
    assert!(planned.iter().all(|change| change.ends_with("/external_id")), "{planned:?}");
    let before: Vec<_> = world.published(OUTLET).items().map(|item| (item.name.clone(), item.price)).collect();
    world.ok(&["apply", "--yes", "--allow", "unmanaged"]);
    let after: Vec<_> = world.published(OUTLET).items().map(|item| (item.name.clone(), item.price)).collect();
    let sorted = |mut list: Vec<_>| {
        list.sort();
        list
    };
    assert_eq!(sorted(after), sorted(before));
    assert_eq!(world.planned(), [] as [&str; 0]);
}

#[test]
fn moves_and_new_names_of_menus_are_taken() {
    let world = pushed();
    edit(&world, Edit::RenameMenu { menu: "Pantai".into(), name: "Di Pantai".into() });
    edit(&world, Edit::RenameMenu { menu: "Minuman".into(), name: "Minum".into() });
    edit(
        &world,
        Edit::Item {
            item: "NU".into(),
            set: Default::default(),
            menu: Some("Sarapan".into()),
            lose_external_id: false,
        },
    );
    insta::assert_snapshot!(merged(&world));
}

#[test]
fn a_menu_that_is_gone_is_removed_as_one() {
    let world = pushed();
    edit(&world, Edit::RemoveMenu { menu: "Minuman".into() });
    let text = world.read(KUTA);
    // Its markup would be for nothing, which is a warning and no error.
    world.write(KUTA, text.split("# The end.").next().unwrap());
    world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    assert!(world.read(KUTA).contains("{name: Minuman, remove: true}"), "{}", world.read(KUTA));
    assert_eq!(world.planned(), [] as [&str; 0]);
}

#[test]
fn the_last_menu_of_a_file_can_go() {
    let world = pushed();
    world.write(KUTA, &world.read(KUTA).replace("  # Only here.\n", ""));
    edit(&world, Edit::RemoveMenu { menu: "Pantai".into() });
    let text = world.read(KUTA).replace(" # a whole one", "").replace(" # in season", "");
    world.write(KUTA, &text);
    let text = merged(&world);
    assert!(text.contains("menus: []\n"), "{text}");
}

#[test]
fn hours_are_taken_for_all_days() {
    let world = pushed();
    let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let day = json!([{"start": "08:00", "end": "20:00"}]);
    let hours: serde_json::Map<_, _> = days.iter().map(|name| ((*name).to_owned(), day.clone())).collect();
    edit(&world, Edit::item("KELAPA", json!({"operational_hours": hours})));
    edit(&world, Edit::item("NG", json!({"operational_hours": null})));
    let text = merged(&world);
    assert!(text.contains("        operational_hours: {daily: \"08:00-20:00\"}\n"), "{text}");
    assert!(text.contains("  NG: {operational_hours: {daily: \"00:00-23:59\"}}\n"), "{text}");
}

#[test]
fn one_value_can_be_taken_alone() {
    let world = pushed();
    edit(&world, Edit::item("KELAPA", json!({"price": 35_000, "name": "Kelapa"})));
    edit(&world, Edit::item("NU", json!({"price": 23_000})));
    world.ok(&["import", "--outlet", OUTLET, "--merge", "--item", "KELAPA", "--field", "price"]);
    assert!(world.read(KUTA).contains("price: 35000 # in season"));
    assert_eq!(world.planned(), ["set items/KELAPA/name", "set items/NU/price"]);
    let nothing = world.run(&["import", "--outlet", OUTLET, "--merge", "--item", "KELAPA", "--field", "price"]);
    assert_eq!(nothing.code, 64, "{nothing:?}");
    assert!(nothing.stderr.contains("no difference"), "{nothing:?}");
}

#[test]
fn what_the_author_has_not_pushed_yet_is_not_undone() {
    let world = pushed();
    world.write(KUTA, &world.read(KUTA).replace("30000", "31000"));
    edit(&world, Edit::item("NU", json!({"price": 23_000})));
    let ended = world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    assert!(ended.stderr.contains("items/KELAPA/price: the files were changed and not pushed yet"), "{}", ended.stderr);
    assert!(world.read(KUTA).contains("31000"));
    assert_eq!(world.planned(), ["set items/KELAPA/price"]);
}

#[test]
fn shared_values_are_patched_and_not_edited() {
    let world = pushed();
    let text = world.read(KUTA).replace("price: 30000", "price: &p 30000").replace("price: 15000", "price: *p");
    world.write(KUTA, &text);
    world.ok(&["apply", "--yes", "--allow", "price-change"]);
    edit(&world, Edit::item("JAGUNG", json!({"price": 16_000})));
    let after = merged(&world);
    assert!(after.contains("price: *p"), "{after}");
    assert!(after.contains("  JAGUNG: {price: 16000}"), "{after}");
    edit(&world, Edit::item("KELAPA", json!({"price": 36_000})));
    let after = merged(&world);
    assert!(after.contains("price: &p 30000"), "{after}");
}

#[test]
fn files_with_errors_are_not_touched() {
    let world = pushed();
    edit(&world, Edit::item("NU", json!({"price": 23_000})));
    let broken = world.read(KUTA) + "oops: [\n";
    world.write(KUTA, &broken);
    let ended = world.run(&["import", "--outlet", OUTLET, "--merge"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert_eq!(world.read(KUTA), broken);
}

#[test]
fn an_edit_that_would_reach_another_outlet_is_refused() {
    let world = pushed();
    world.write("catalogs/kemang.yaml", "outlet: G2\nextends: [kuta.yaml]\n");
    world.ok(&["apply", "--yes"]);
    edit(&world, Edit::item("NU", json!({"price": 23_000})));
    let before = world.read(KUTA);
    let ended = world.run(&["import", "--outlet", OUTLET, "--merge"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("it would change the outlet G2 as well"), "{ended:?}");
    assert_eq!(world.read(KUTA), before);
}

#[test]
fn without_a_memory_live_wins_where_both_say_something() {
    let world = World::new();
    world.write(
        KUTA,
        "outlet: G916309315\nmenus:\n  - name: A\n    menu_items:\n      - {external_id: X, name: X, price: 9000, description: Baru}\n      - {external_id: Y, name: Y, price: 8000}\n",
    );
    world.seed(
        OUTLET,
        json!({"menus": [{"name": "A", "menu_items": [{"external_id": "X", "name": "X", "price": 9500}]}]}),
    );
    let ended = world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    assert!(ended.stderr.contains("it counts as new"), "{}", ended.stderr);
    assert!(
        world.read(KUTA).contains("{external_id: X, name: X, price: 9500, description: Baru}"),
        "{}",
        world.read(KUTA)
    );
    assert_eq!(world.planned(), ["set items/X/description", "add items/Y"]);
}

/// An edit in the app, of some thing of the menu.
fn edits() -> impl Strategy<Value = Edit> {
    let item = || select(&["NG", "NU", "TEH", "KELAPA", "JAGUNG"][..]).prop_map(str::to_owned);
    let variant = || select(&["LV-0", "LV-3"][..]).prop_map(str::to_owned);
    let name = || select(&["Baru", "a: b", "no", "1, 2", "#1", "it's \"so\"", "Nasi"][..]);
    let menu = || select(&["Nasi", "Minuman", "Pantai", "Baru", "Lain: lain"][..]).prop_map(str::to_owned);
    let day = json!([{"start": "08:00", "end": "20:00"}]);
    let fields = prop_oneof![
        (1_i64..99).prop_map(|price| json!({"price": price * 500})),
        name().prop_map(|name| json!({"name": name})),
        name().prop_map(|text| json!({"description": text, "internal_name": text})),
        Just(json!({"description": null})),
        Just(json!({"operational_hours": {"monday": day, "friday": day}})),
        Just(json!({"operational_hours": null})),
        Just(json!({"variant_category_external_ids": []})),
        Just(json!({"variant_category_external_ids": ["VC"]})),
    ];
    let choice = prop_oneof![
        name().prop_map(|name| json!({"name": name, "internal_name": name})),
        (0_u32..2).prop_map(|min| json!({"rules": {"selection": {"min_quantity": min, "max_quantity": 2}}})),
    ];
    let new = |name: &str| written::Item { name: Some(name.into()), price: Some(7000), ..written::Item::default() };
    prop_oneof![
        5 => (item(), fields).prop_map(|(item, set)| Edit::item(&item, set)),
        1 => (item(), menu()).prop_map(|(item, menu)| Edit::Item { item, set: Default::default(), menu: Some(menu), lose_external_id: false }),
        1 => item().prop_map(|item| Edit::RemoveItem { item }),
        1 => (menu(), name()).prop_map(move |(menu, name)| Edit::AddItem { menu, item: new(name) }),
        1 => (variant(), 1_i64..9).prop_map(|(variant, price)| Edit::Variant { variant, set: object(json!({"price": price * 500})), lose_external_id: false }),
        1 => variant().prop_map(|variant| Edit::RemoveVariant { variant }),
        1 => choice.prop_map(|set| Edit::Category { category: "VC".into(), set: object(set) }),
        1 => (menu(), menu()).prop_map(|(menu, name)| Edit::RenameMenu { menu, name }),
        1 => menu().prop_map(|menu| Edit::RemoveMenu { menu }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, max_shrink_iters: 40, ..ProptestConfig::default() })]

    /// Whatever is done elsewhere: what is not merged is named with a reason, and the rest is in the file.
    #[test]
    fn a_merge_takes_everything_but_what_it_names(edits in prop::collection::vec(edits(), 1..6)) {
        let world = pushed();
        for edit in &edits {
            // Some are impossible after others.
            let _ = world.control().edit(OUTLET, edit.clone());
        }
        let ended = world.run(&["import", "--outlet", OUTLET, "--merge", "--output", "json"]);
        let merged: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let named = |list: &str| -> Vec<String> {
            let list = merged["outlets"][0][list].as_array().unwrap().iter();
            list.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
        };
        let (left, refused) = (named("left"), named("refused"));
        prop_assert_eq!(ended.code, i32::from(!refused.is_empty()), "{}", ended.stderr);
        // With a dish that stays, so does its menu.
        let of_a_menu = |change: &str| ["add menus/", "remove menus/"].iter().any(|kind| change.starts_with(kind));
        let stays = |change: &str| {
            let path = change.split_once(' ').unwrap().1;
            let is_named = left.iter().chain(&refused).any(|named| path == named || path.starts_with(&format!("{named}/")));
            // With a menu that stays, so do its dishes.
            let of_its_menu = change.starts_with("add items/") && refused.iter().any(|path| path.starts_with("menus/"));
            is_named || of_its_menu || (of_a_menu(change) && !(left.is_empty() && refused.is_empty()))
        };
        let planned = world.planned();
        prop_assert!(planned.iter().all(|change| change.ends_with("/external_id") || stays(change)), "{planned:?}\n{}\n{}", ended.stderr, world.read(KUTA));
    }
}

#[test]
fn a_variant_of_a_choice_that_got_another_name_is_merged_by_its_id() {
    let world = pushed();
    let variants = json!([
        {"external_id": "LV-0", "name": "Tidak", "price": 0},
        {"external_id": "LV-3", "name": "Pedas", "price": 2000},
        {"name": "Gila", "price": 4000}
    ]);
    let set = object(json!({"name": "Tingkat pedas", "internal_name": "Tingkat", "variants": variants}));
    edit(&world, Edit::Category { category: "VC".into(), set });
    world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    insta::assert_snapshot!(world.read(KUTA).split("price: 15000\n").nth(1).unwrap(), @r#"

    items:
      NU: {price: 22000} # dearer here

    categories:
      VC: {name: Tingkat pedas, variants: [{external_id: LV-0, name: Tidak, price: 0}, {external_id: LV-3, name: Pedas, price: 2000}, {external_id: GILA, name: Gila, price: 4000}]}

    # The end.
    pricing:
      - {markup: 10%, round_to: 500, round: up, menu: Minuman}
    "#);
    assert_eq!(world.planned(), ["set variants/GILA/external_id"]);
}

#[test]
fn what_cannot_be_merged_is_named_and_the_rest_is_merged() {
    let world = pushed_with_a_comment_in_a_value();
    edit(&world, Edit::item("NU", json!({"description": "Uduk", "price": 21_000})));
    edit(&world, Edit::item("KELAPA", json!({"price": 35_000})));
    edit(&world, Edit::RemoveItem { item: "JAGUNG".into() });
    world.control().edit("G2", Edit::item("NU", json!({"price": 19_000}))).unwrap();
    let ended = world.run(&["import", "--outlet", OUTLET, "--outlet", "G2", "--merge"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    insta::assert_snapshot!(ended.stderr, @"
    G2: 1 difference merged into catalogs/kemang.yaml
      `menusync plan` is empty
    G916309315: 3 differences merged into catalogs/kuta.yaml
      not merged: items/NU/description: catalogs/kuta.yaml:19: a comment inside of the value of `description` would be lost (move it above the key)
      make this change by hand, then look at `menusync plan`
      `menusync plan` shows 1 change
    ");
    assert_eq!(world.planned(), ["set items/NU/description"]);
    let text = world.read(KUTA);
    assert!(text.contains("price: 35000 # in season") && !text.contains("JAGUNG") && text.contains("cook"), "{text}");
    insta::assert_snapshot!(world.read("catalogs/kemang.yaml"), @"
    outlet: G2
    extends: [warung.yaml]

    items:
      NU: {price: 19000}
    ");
}

#[test]
fn a_menu_that_gofood_spells_otherwise_is_the_same_menu() {
    let world = pushed();
    world.control().change_settings(|settings| settings.collapse_whitespace = true);
    world.write(KUTA, &world.read(KUTA).replace("name: Pantai", "name: 'Pantai  Kuta'"));
    world.ok(&["apply", "--yes"]);
    let item = written::Item { name: Some("Es Krim".into()), price: Some(9000), ..written::Item::default() };
    edit(&world, Edit::AddItem { menu: "Pantai Kuta".into(), item });
    world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    assert_eq!(world.planned(), ["set items/ES-KRIM/external_id"]);
    assert_eq!(world.read(KUTA).matches("Pantai").count(), 1, "{}", world.read(KUTA));
}

#[test]
fn texts_of_several_lines_are_replaced_as_a_whole() {
    let world = pushed();
    let text = world.read(KUTA).replace(
        "  NU: {price: 22000} # dearer here\n",
        "  NU:\n    description: >- # folded\n      Nasi uduk #1\n      di pantai\n\n    price: 22000 # dearer here\n  TEH:\n    description: |-\n      Teh: hangat\n    # for the cashier\n    internal_name: teh\n      panas\n",
    );
    let text = text.replace(
        "        price: 30000 # in season\n",
        "        description:\n          \"Dingin\n          segar # asli\"\n        price: 30000 # in season\n",
    );
    world.write(KUTA, &text);
    world.ok(&["apply", "--yes"]);
    edit(&world, Edit::item("NU", json!({"description": "Uduk: baru"})));
    edit(&world, Edit::item("TEH", json!({"description": "Teh dingin", "internal_name": "es teh"})));
    edit(&world, Edit::item("KELAPA", json!({"description": null})));
    insta::assert_snapshot!(merged(&world));
}

#[test]
fn what_stands_below_a_text_of_several_lines_stays_below_it() {
    let world = pushed();
    let text = world.read(KUTA).replace(
        "        price: 15000\n",
        "        price: 15000\n        description: >-\n          Jagung dari pasar,\n          dibakar\n\n  # The next thing is not corn.\n",
    );
    let text = text.replace(
        "  NU: {price: 22000} # dearer here\n",
        "  NU:\n    description: |-\n      Uduk\n  # About tea.\n  TEH: {description: Hangat}\n",
    );
    world.write(KUTA, &text);
    world.ok(&["apply", "--yes"]);
    let long =
        "Jagung dari pasar pagi, dibakar di atas arang kelapa, dengan mentega, garam laut dan sambal dari Kintamani";
    edit(&world, Edit::item("JAGUNG", json!({"description": long})));
    edit(&world, Edit::item("NU", json!({"image": "https://img.example.com/nu2.jpg", "internal_name": "uduk"})));
    edit(&world, Edit::item("NG", json!({"price": 26_000})));
    insta::assert_snapshot!(merged(&world));
}

fn move_item(world: &World, item: &str, menu: &str) {
    let set = Default::default();
    edit(world, Edit::Item { item: item.into(), set, menu: Some(menu.into()), lose_external_id: false });
}

#[test]
fn a_menu_that_moves_would_leave_empty_keeps_its_items_and_it_is_said_what_to_do() {
    let world = pushed();
    // A dish that leaves a marked-up menu would have another price.
    world.write(KUTA, world.read(KUTA).split("# The end.").next().unwrap());
    world.ok(&["apply", "--yes"]);
    move_item(&world, "TEH", "Nasi");
    move_item(&world, "KELAPA", "Minuman");
    edit(&world, Edit::RemoveItem { item: "JAGUNG".into() });
    edit(&world, Edit::RemoveMenu { menu: "Pantai".into() });
    edit(&world, Edit::item("NG", json!({"price": 26_000})));
    let ended = world.ok(&["import", "--outlet", OUTLET, "--merge"]);
    // Tea stays as well: without the coconut nothing would be left where it was.
    let told = "left: items/KELAPA/menu, items/TEH/menu: its menu would be left without items; write the item below its \
                new menu in the files, and remove the old menu there\n";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert_eq!(world.planned(), ["add menus/Pantai", "move items/KELAPA/menu", "move items/TEH/menu"]);
    let text = world.read(KUTA);
    assert!(text.contains("KELAPA # a whole one") && text.contains("NG: {price: 26000}"), "{text}");

    let picked = world.run(&["import", "--outlet", OUTLET, "--merge", "--item", "KELAPA"]);
    assert_eq!((picked.code, world.read(KUTA)), (64, text.clone()), "{picked:?}");
    assert!(picked.stderr.contains("and remove the old menu there"), "{}", picked.stderr);

    // By hand, as it says.
    let (menus, rest) = text.split_once("items:\n  NU").unwrap();
    let by_hand = menus.replace("- name: Pantai", "- name: Minuman");
    world.write(KUTA, &format!("{by_hand}items:\n  NU{rest}"));
    assert_eq!(world.planned(), ["move items/TEH/menu"]);
    assert!(merged(&world).contains("TEH: {menu: Nasi}"));
}

#[test]
fn a_comment_inside_of_a_value_is_not_lost_and_its_place_is_said() {
    let world = pushed_with_a_comment_in_a_value();
    let text = world.read(KUTA);
    edit(&world, Edit::item("NU", json!({"description": "Uduk"})));
    let ended = world.run(&["import", "--outlet", OUTLET, "--merge"]);
    assert_eq!((ended.code, world.read(KUTA)), (1, text), "{ended:?}");
    let told = "kuta.yaml:19: a comment inside of the value of `description` would be lost (move it above the key)\n  \
                make this change by hand, then look at `menusync plan`\n";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
}

/// The stand-in gives dishes of one name in one menu one UUID: to GoFood that is one dish, at two places.
#[test]
fn a_further_place_of_a_dish_is_named() {
    let world = pushed();
    for _ in 0..2 {
        let item = written::Item { name: Some("Baru".into()), price: Some(7000), ..written::Item::default() };
        edit(&world, Edit::AddItem { menu: "Nasi".to_owned(), item });
    }
    let ended = world.run(&["import", "--outlet", OUTLET, "--merge", "--output", "json"]);
    let merged: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let left = &merged["outlets"][0]["left"][0];
    let planned = world.planned();
    assert_eq!(planned[0], format!("remove {}", left["path"].as_str().unwrap()), "{planned:?}");
    assert_eq!(planned[1..], ["set items/BARU/external_id"]);
}
