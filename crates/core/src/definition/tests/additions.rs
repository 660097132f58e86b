//! `menus` and `variant_categories`: what a layer adds, and what it may do to menus.

use super::*;
use crate::catalog::{Day, Field, Path, VariantCategory};

const NEW: &str = "{external_id: NEW, name: Baru, price: 1000}";

#[test]
fn a_menu_of_a_known_name_gets_the_items_added() {
    let catalog = catalog(&[&format!("menus: [{{name: Nasi, menu_items: [{NEW}]}}]")]);
    assert_eq!(shape(&catalog), "Nasi: NG NU NEW | Minuman: ES");
}

#[test]
fn a_new_menu_goes_last_or_before_the_one_it_names() {
    let last = catalog(&[&format!("menus: [{{name: Takjil, menu_items: [{NEW}]}}]")]);
    assert_eq!(shape(&last), "Nasi: NG NU | Minuman: ES | Takjil: NEW");
    let first = catalog(&[&format!("menus: [{{name: Takjil, before: Nasi, menu_items: [{NEW}]}}]")]);
    assert_eq!(shape(&first), "Takjil: NEW | Nasi: NG NU | Minuman: ES");
}

#[test]
fn a_known_menu_is_removed_renamed_and_placed() {
    assert_eq!(shape(&catalog(&["menus: [{name: Nasi, remove: true}]"])), "Minuman: ES");
    assert_eq!(shape(&catalog(&["menus: [{name: Nasi, rename: Lauk}]"])), "Lauk: NG NU | Minuman: ES");
    assert_eq!(shape(&catalog(&["menus: [{name: Minuman, before: Nasi}]"])), "Minuman: ES | Nasi: NG NU");
    let both = catalog(&["menus: [{name: Minuman, rename: Segar, before: Nasi}]"]);
    assert_eq!(shape(&both), "Segar: ES | Nasi: NG NU");
}

#[test]
fn placing_menus_does_not_depend_on_the_order_of_writing() {
    let menu = |name: &str, before: &str| format!("{{name: {name}, before: {before}, menu_items: []}}");
    for menus in [[menu("A", "B"), menu("B", "Nasi")], [menu("B", "Nasi"), menu("A", "B")]] {
        let catalog = catalog(&[&format!("menus: [{}]", menus.join(", "))]);
        assert_eq!(shape(&catalog), "A:  | B:  | Nasi: NG NU | Minuman: ES");
    }
    let wrong = layered(&["menus: [{name: Nasi, before: Minuman}, {name: Minuman, before: Nasi}]"]);
    assert_eq!(declared(&wrong.diagnostics), ["wrong-place own:1:30"]);
    let itself = layered(&["menus: [{name: Nasi, before: Nasi}]"]);
    assert_eq!(declared(&itself.diagnostics), ["wrong-place own:1:30"]);
}

#[test]
fn an_unknown_menu_is_an_error_with_the_likely_name() {
    for change in ["remove: true", "before: Minuman", "rename: Lauk"] {
        let composed = layered(&[&format!("menus: [{{name: Nasii, {change}}}]")]);
        assert_eq!(declared(&composed.diagnostics), ["unknown-menu own:1:16"], "{change}");
        assert_eq!(composed.diagnostics[0].help.as_deref(), Some("did you mean `Nasi`?"));
    }
    let before = layered(&["menus: [{name: Nasi, before: Minumam}]"]);
    assert_eq!(declared(&before.diagnostics), ["unknown-menu own:1:30"]);
    assert!(before.diagnostics[0].message.contains("Minumam"));
}

#[test]
fn a_menu_cannot_take_the_name_of_another() {
    let composed = layered(&["menus: [{name: Nasi, rename: Minuman}]"]);
    assert_eq!(declared(&composed.diagnostics), ["menu-exists own:1:30"]);
    assert_eq!(composed.diagnostics[0].related[0].place.to_string(), "catalogs/brand.yaml:6:11");
}

#[test]
fn removal_stands_alone() {
    let composed =
        layered(&["menus: [{name: Nasi, remove: true, rename: Lauk}]\nitems: {ES: {remove: true, price: 1000}}"]);
    assert_eq!(declared(&composed.diagnostics), ["conflicting-keys own:1:36", "conflicting-keys own:2:28"]);
}

#[test]
fn a_menu_of_the_platform_is_named_and_nothing_else_is_said_of_it() {
    let promo = "menus: [{name: Promo, platform: true}]";
    let composed = layered(&[promo]);
    assert_eq!(declared(&composed.diagnostics), [] as [&str; 0]);
    assert_eq!(composed.catalog.platform_menus, ["Promo".to_owned()].into());
    assert_eq!(shape(&composed.catalog), "Nasi: NG NU | Minuman: ES");
    // Nearer layers take it back, and may have such a menu of their own then.
    let own = "menus: [{name: Promo, platform: false, menu_items: [{external_id: P, name: P, price: 1000}]}]";
    let composed = layered(&[promo, own]);
    assert_eq!(declared(&composed.diagnostics), [] as [&str; 0]);
    assert!(composed.catalog.platform_menus.is_empty());
    assert_eq!(shape(&composed.catalog), "Nasi: NG NU | Minuman: ES | Promo: P");
    assert!(layered(&[promo, "menus: [{name: Promo, platform: false}]"]).catalog.platform_menus.is_empty());
    // Said twice, or taken back from nobody.
    for again in [&[promo, promo][..], &["menus: [{name: Promo, platform: false}]"]] {
        assert_eq!(layered(again).diagnostics[0].code, "patch-without-effect");
    }
}

#[test]
fn a_menu_of_the_platform_holds_nothing_of_ours() {
    let beside = "menus: [{name: Promo, platform: true, menu_items: [], before: Nasi}]";
    let composed = layered(&[beside]);
    assert_eq!(declared(&composed.diagnostics), ["conflicting-keys own:1:39", "conflicting-keys own:1:55"]);
    insta::assert_snapshot!(composed.diagnostics[0].message, @"`menu_items` stands beside `platform: true` in a menu");
    insta::assert_snapshot!(composed.diagnostics[0].help.as_deref().unwrap(), @"GoFood fills such a menu itself: remove this key, or remove `platform` if the menu is yours");
    let ours = layered(&["menus: [{name: minuman, platform: true}, {name: Minuman, platform: true}]"]);
    let minuman = &ours.diagnostics[0];
    assert_eq!(declared(std::slice::from_ref(minuman)), ["conflicting-keys own:1:68"]);
    insta::assert_snapshot!(minuman.message, @"the menu `Minuman` is said to be GoFood's own, and is defined here as well");
    assert_eq!(minuman.related[0].place.to_string(), "catalogs/brand.yaml:6:11");
}

#[test]
fn an_id_of_an_earlier_layer_cannot_be_defined_again() {
    let composed = layered(&["menus: [{name: Nasi, menu_items: [{external_id: ES, name: Es, price: 1}]}]"]);
    assert_eq!(declared(&composed.diagnostics), ["duplicate-id own:1:49"]);
    let diagnostic = &composed.diagnostics[0];
    assert_eq!(diagnostic.help.as_deref(), Some("patch it under `items`"));
    assert_eq!(diagnostic.related[0].place.to_string(), "catalogs/brand.yaml:8:23");

    let category = "variant_categories: [{external_id: VC, name: V, rules: {selection: {min_quantity: 0, max_quantity: 1}}, variants: []}]";
    assert_eq!(declared(&layered(&[category]).diagnostics), ["duplicate-id own:1:36"]);
    let variant = category.replace("VC", "VC-2").replace("[]", "[{external_id: LV-0, name: V, price: 0}]");
    let composed = layered(&[&variant]);
    assert_eq!(composed.diagnostics[0].help.as_deref(), Some("patch it under `variants`"));
}

#[test]
fn an_id_that_was_removed_may_be_defined_anew() {
    let again = "menus: [{name: Minuman, menu_items: [{external_id: NG, name: Baru, price: 9000}]}]";
    let catalog = catalog(&["items: {NG: {remove: true}}", again]);
    assert_eq!(shape(&catalog), "Nasi: NU | Minuman: ES NG");
    assert!(item(&catalog, "NG").description.is_unsaid());
}

#[test]
fn new_entries_must_be_complete() {
    let text = "\
outlet: G1
menus:
  - menu_items: [{external_id: A, name: A}, {name: B, price: 1}, {external_id: C, price: 1}]
  - {name: Baru}
variant_categories:
  - {external_id: V, rules: {selection: {min_quantity: 1}}}
  - {external_id: W, name: W, variants: [{external_id: X, name: X}], rules: {}}
";
    let composed = compose(&[("catalogs/own.yaml", text)]);
    let expected = [
        "missing-key own:3:5",
        "missing-key own:3:32",
        "missing-key own:3:52",
        "missing-key own:3:80",
        "missing-key own:6:19",
        "missing-key own:6:19",
        "missing-key own:6:41",
        "missing-key own:7:56",
        "missing-key own:7:77",
    ];
    assert_eq!(declared(&composed.diagnostics), expected);
}

#[test]
fn a_new_menu_needs_items() {
    let composed = layered(&["menus: [{name: Takjil}]"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-menu own:1:16"]);
    let known = layered(&["menus: [{name: Nasi}]"]);
    assert_eq!(declared(&known.diagnostics), ["patch-without-effect own:1:16"]);
}

#[test]
fn a_mistyped_key_is_one_diagnostic_not_two() {
    let composed = layered(&["menus: [{name: Nasi, menu_items: [{external_id: A, name: A, prise: 1000}]}]"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-key own:1:61"]);
    assert_eq!(composed.diagnostics[0].help.as_deref(), Some("did you mean `price`?"));
}

#[test]
fn null_in_a_definition_is_the_same_as_missing() {
    let text = "menus: [{name: Nasi, menu_items: [{external_id: A, name: A, price: 1, description: ~, image: null, in_stock: }]}]";
    let catalog = catalog(&[text]);
    let item = item(&catalog, "A");
    assert!(item.description.is_unsaid() && item.image.is_unsaid() && item.in_stock.is_unsaid());
    assert!(item.operational_hours.is_unsaid() && item.variant_category_external_ids.is_unsaid());
}

#[test]
fn a_put_body_is_a_layer_as_it_stands() {
    let body = r#"{
  "request_id": "4f9c2f0e-3a39-4c3d-8f45-1f4f0f0b7d60",
  "menus": [{"name": "Nasi", "menu_items": [{
    "external_id": "NG", "name": "Nasi Goreng", "internal_name": "NasGor", "description": "", "in_stock": true,
    "price": 25000, "image": "https://img.test/ng.png",
    "operational_hours": {
      "sunday": [], "monday": [{"start": "10:00", "end": "22:00"}], "tuesday": [{"start": "10:00", "end": "22:00"}],
      "wednesday": [], "thursday": [], "friday": [], "saturday": [{"start": "00:00", "end": "23:59"}]},
    "variant_category_external_ids": ["VC"]}]}],
  "variant_categories": [{"external_id": "VC", "name": "Level", "internal_name": "Level",
    "rules": {"selection": {"min_quantity": 1, "max_quantity": 1}},
    "variants": [{"external_id": "LV", "name": "Pedas", "price": 0, "in_stock": true}]}]
}"#;
    let composed = compose(&[("catalogs/body.json", body), ("catalogs/own.yaml", "outlet: G1\nextends: [body.json]")]);
    assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
    let ng = item(&composed.catalog, "NG");
    assert_eq!(ng.in_stock, Field::Set(true));
    assert_eq!(ng.image, Field::Set("https://img.test/ng.png".into()));
    assert_eq!(composed.catalog.variant_categories[0].min_quantity, Field::Set(1));
    assert_eq!(ng.operational_hours.value().unwrap().day(Day::Monday)[0].to_string(), "10:00-22:00");
}

#[test]
fn an_id_twice_in_one_file_is_an_error() {
    let text = "outlet: G1\nmenus:\n  - name: M\n    menu_items: [{external_id: A, name: A, price: 1}, {external_id: A, name: A, price: 1}]";
    let composed = compose(&[("catalogs/own.yaml", text)]);
    assert_eq!(declared(&composed.diagnostics), ["duplicate-id own:4:69"]);
    assert_eq!(composed.diagnostics[0].related[0].place.line, 4);
}

const TWO_MENUS: &str = "outlet: G1
menus:
  - {name: A, menu_items: [{external_id: X, name: X, price: 1}]}
  - {name: B, menu_items: [{external_id: X, name: X, price: 1}]}
";

#[test]
fn an_item_in_two_menus_is_an_error_unless_switched_off() {
    let composed = compose(&[("catalogs/own.yaml", TWO_MENUS)]);
    assert_eq!(declared(&composed.diagnostics), ["item-in-two-menus own:4:42"]);

    let off = compose(&[("catalogs/own.yaml", &format!("{TWO_MENUS}rules: {{item-in-two-menus: off}}\n"))]);
    assert_eq!(declared(&off.diagnostics), Vec::<String>::new());
    assert_eq!(shape(&off.catalog), "A: X | B: X");

    let warning = compose(&[("catalogs/own.yaml", &format!("{TWO_MENUS}rules: {{item-in-two-menus: warning}}\n"))]);
    assert_eq!(declared(&warning.diagnostics), ["item-in-two-menus own:4:42"]);
    assert_eq!(shape(&warning.catalog), "A: X | B: X");
}

#[test]
fn an_item_in_two_menus_must_say_the_same_in_both() {
    let differs = TWO_MENUS.replacen("price: 1", "price: 2", 1);
    let composed = compose(&[("catalogs/own.yaml", &format!("{differs}rules: {{item-in-two-menus: off}}\n"))]);
    assert_eq!(declared(&composed.diagnostics), ["duplicate-id own:4:42"]);

    let hours = TWO_MENUS.replacen("name: A,", "name: A, operational_hours: {daily: closed},", 1);
    let composed = compose(&[("catalogs/own.yaml", &format!("{hours}rules: {{item-in-two-menus: off}}\n"))]);
    assert!(composed.diagnostics.iter().any(|d| d.code == "duplicate-id" && d.message.contains("operational_hours")));
}

#[test]
fn a_repeated_item_has_one_diagnostic_even_alone_in_its_menu() {
    let text =
        "menus: [{name: Favorit, operational_hours: closed, menu_items: [{external_id: NG, name: N, price: 1}]}]";
    let composed = layered(&[text]);
    assert_eq!(declared(&composed.diagnostics), ["duplicate-id own:1:79"]);
    assert_eq!(shape(&composed.catalog), "Nasi: NG NU | Minuman: ES | Favorit: NG");
}

#[test]
fn a_patch_reaches_an_item_in_both_its_menus_and_a_move_leaves_one() {
    let text = format!("{TWO_MENUS}rules: {{item-in-two-menus: off}}\nitems: {{X: {{name: Y}}}}\n");
    let patched = compose(&[("catalogs/own.yaml", &text)]).catalog;
    assert!(patched.items().all(|(_, item)| item.name == Field::Set("Y".into())));
    let moved = compose(&[("catalogs/own.yaml", &text.replace("name: Y", "menu: B"))]).catalog;
    assert_eq!(shape(&moved), "A:  | B: X");
}

const TWO_CATEGORIES: &str = "outlet: G1
menus: [{name: A, menu_items: [{external_id: X, name: X, price: 1, variant_category_external_ids: [C, D]}]}]
variant_categories:
  - {external_id: C, name: C, rules: {selection: {min_quantity: 0, max_quantity: 1}}, variants: [{external_id: S, name: S, price: 1}, {external_id: V, name: V, price: 1}]}
  - {external_id: D, name: D, rules: {selection: {min_quantity: 0, max_quantity: 1}}, variants: [{external_id: V, name: V, price: 1}, {external_id: W, name: W, price: 1}, {external_id: S, name: S, price: 1}]}
";

fn shared(layer: &str) -> Composed {
    compose(&[("catalogs/own.yaml", &format!("{TWO_CATEGORIES}rules: {{variant-in-two-categories: off}}\n{layer}"))])
}

fn choices(composed: &Composed) -> String {
    let of = |category: &VariantCategory| {
        let variants = category.variants.iter().map(|v| format!(" {} {}", v.external_id, v.price.value().unwrap().0));
        format!("{}:{}", category.external_id, variants.collect::<String>())
    };
    composed.catalog.variant_categories.iter().map(of).collect::<Vec<_>>().join(" | ")
}

#[test]
fn a_variant_in_two_categories_is_an_error_unless_switched_off() {
    let codes = |composed: &Composed| composed.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>();
    let composed = compose(&[("catalogs/own.yaml", TWO_CATEGORIES)]);
    assert_eq!(codes(&composed), ["variant-in-two-categories"; 2]);
    assert_eq!(composed.diagnostics[0].related[0].place.line, 4);
    let off = shared("");
    assert_eq!(codes(&off), [""; 0]);
    assert_eq!(choices(&off), "C: S 1 V 1 | D: V 1 W 1 S 1");
    // Twice in one category, or with other values, it is no one variant.
    let twice = TWO_CATEGORIES.replace("external_id: W, name: W", "external_id: V, name: V");
    let rule = "rules: {variant-in-two-categories: off}\n";
    let composed = compose(&[("catalogs/own.yaml", &format!("{twice}{rule}"))]);
    assert_eq!(codes(&composed), ["duplicate-id"]);
    for (from, to) in [("name: V, price: 1", "name: V, price: 2"), ("name: V, price", "name: Vi, price")] {
        let unlike = TWO_CATEGORIES.replacen(from, to, 1);
        let composed = compose(&[("catalogs/own.yaml", &format!("{unlike}{rule}"))]);
        assert_eq!(codes(&composed), ["duplicate-id"], "{to}");
    }
}

#[test]
fn a_patch_reaches_a_variant_in_all_its_categories() {
    let patched = shared("variants: {V: {price: 7}}\n");
    assert_eq!(choices(&patched), "C: S 1 V 7 | D: V 7 W 1 S 1");
    assert_eq!(patched.diagnostics.len(), 0);
    assert_eq!(choices(&shared("variants: {V: {remove: true}}\n")), "C: S 1 | D: W 1 S 1");
    let idle = shared("variants: {V: {price: 1}}\n");
    assert_eq!(idle.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["patch-without-effect"]);
}

#[test]
fn a_category_that_goes_or_gets_another_list_leaves_its_variants_in_the_others() {
    assert_eq!(choices(&shared("categories: {C: {remove: true}}\nvariants: {V: {price: 7}}\n")), "D: V 7 W 1 S 1");
    let listed =
        shared("categories: {D: {variants: [{external_id: S, name: S, price: 1}]}}\nvariants: {V: {price: 7}}\n");
    assert_eq!(choices(&listed), "C: S 1 V 7 | D: S 1");
    assert_eq!(listed.diagnostics.len(), 0, "{:?}", listed.diagnostics);
    // A list cannot give it other values in one of its categories.
    let unlike = shared("categories: {D: {variants: [{external_id: S, name: S, price: 2}]}}\n");
    assert_eq!(unlike.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["duplicate-id"]);
    // In its last category it may be anything.
    let last = shared("categories: {C: {remove: true}, D: {variants: [{external_id: V, name: V, price: 9}]}}\n");
    assert_eq!(choices(&last), "D: V 9");
}

#[test]
fn a_menu_twice_in_one_file_is_an_error_unless_switched_off() {
    let text = TWO_MENUS.replacen("name: B", "name: A", 1).replacen("external_id: X", "external_id: Y", 1);
    let composed = compose(&[("catalogs/own.yaml", &text)]);
    assert_eq!(declared(&composed.diagnostics), ["duplicate-menu own:4:12"]);
    let off = compose(&[("catalogs/own.yaml", &format!("{text}rules: {{duplicate-menu: off}}\n"))]);
    assert_eq!(declared(&off.diagnostics), Vec::<String>::new());
    assert_eq!(shape(&off.catalog), "A: Y X");
}

#[test]
fn keys_that_begin_with_x_are_ignored_everywhere() {
    let text = "\
x-base: &base {name: Dasar, price: 1000}
menus:
  - name: Nasi
    x-note: catatan
    menu_items: [{<<: *base, external_id: A, x-kode: 7}]
    operational_hours: {daily: 10:00-22:00, x-why: puasa}
items: {x-old: {prise: 1}, NG: {x-why: naik, price: 26000}}
pricing: [{x-why: y, markup: 10%, ids: [ES]}]
";
    let catalog = catalog(&[text]);
    assert_eq!((price(&catalog, "A"), price(&catalog, "NG"), price(&catalog, "ES")), (1000, 26000, 5500));
}

#[test]
fn images_under_the_root_get_their_published_address() {
    let text = "items: {NG: {image: photos/ng.jpg}, NU: {image: photos/missing.jpg}, ES: {image: http://x.test/a.png}}";
    let composed = layered(&[text]);
    assert_eq!(declared(&composed.diagnostics), ["image-file own:1:49"]);
    assert!(composed.diagnostics[0].message.contains("photos/missing.jpg"));
    assert_eq!(item(&composed.catalog, "NG").image, Field::Set("https://img.test/photos/ng.jpg".into()));
    assert_eq!(item(&composed.catalog, "ES").image, Field::Set("http://x.test/a.png".into()));
}

#[test]
fn an_image_that_a_later_layer_replaces_is_not_asked_for() {
    let catalog = catalog(&["items: {NG: {image: missing.jpg}}", "items: {NG: {image: ng.jpg}}"]);
    assert_eq!(item(&catalog, "NG").image, Field::Set("https://img.test/ng.jpg".into()));
}

#[test]
fn a_menu_knows_where_it_was_defined_renamed_and_removed() {
    let composed = layered(&["menus: [{name: Nasi, rename: Lauk}, {name: Minuman, remove: true}]"]);
    let at = |path: &Path| composed.origins.place(path).unwrap().to_string();
    assert_eq!(at(&Path::Menu("Lauk".into())), "catalogs/own.yaml:1:30");
    assert_eq!(composed.origins.overrode(&Path::Menu("Lauk".into()))[0].to_string(), "catalogs/brand.yaml:2:11");
    assert_eq!(at(&Path::Menu("Minuman".into())), "catalogs/own.yaml:1:61");
    assert_eq!(at(&Path::item(&"ES".into())), "catalogs/own.yaml:1:61");
}
