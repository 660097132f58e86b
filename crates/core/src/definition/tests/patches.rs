//! `items`, `variants` and `categories`: changes by external_id.

use super::*;
use crate::catalog::{CategoryField, Field, ItemField, Path};

#[test]
fn a_key_sets_a_field_and_leaves_the_others() {
    let catalog = catalog(&["items: {NG: {price: 27000, internal_name: NasGor, in_stock: false}}"]);
    let ng = item(&catalog, "NG");
    assert_eq!(price(&catalog, "NG"), 27000);
    assert_eq!(ng.internal_name, Field::Set("NasGor".into()));
    assert_eq!(ng.description, Field::Set("Pedas".into()));
    assert_eq!(ng.in_stock, Field::Set(false));
}

#[test]
fn null_clears_a_field_and_that_is_owned() {
    let catalog = catalog(&["items: {NG: {description: null, image: ~, variant_category_external_ids: }}"]);
    let ng = item(&catalog, "NG");
    assert_eq!((&ng.description, &ng.image), (&Field::Null, &Field::Null));
    assert_eq!(ng.variant_category_external_ids, Field::Null);
    assert!(item(&catalog, "NU").description.is_unsaid());
}

#[test]
fn null_withdraws_what_was_said_of_the_stock() {
    let catalog = catalog(&["items: {NG: {in_stock: false}}", "items: {NG: {in_stock: null}}"]);
    assert!(item(&catalog, "NG").in_stock.is_unsaid());
}

#[test]
fn what_is_required_cannot_be_cleared() {
    let text = "\
items: {NG: {price: null, name: ~}}
variants: {LV-0: {price: }}
categories: {VC: {variants: null, rules: {selection: {max_quantity: null}}}}
";
    let composed = layered(&[text]);
    let expected = [
        "missing-key own:1:21",
        "missing-key own:1:33",
        "missing-key own:2:24",
        "missing-key own:3:29",
        "missing-key own:3:69",
    ];
    assert_eq!(declared(&composed.diagnostics), expected);
    assert!(composed.diagnostics.iter().all(|d| d.message.contains("cannot be cleared")));
}

#[test]
fn remove_takes_the_entry_away() {
    let catalog = catalog(&["items: {NU: {remove: true}}\nvariants: {LV-3: {remove: true}}"]);
    assert_eq!(shape(&catalog), "Nasi: NG | Minuman: ES");
    assert_eq!(catalog.variants().count(), 1);
    let without = super::catalog(&["categories: {VC: {remove: true}}"]);
    assert!(without.variant_categories.is_empty());
}

#[test]
fn remove_false_removes_nothing() {
    let catalog = catalog(&["items: {NU: {remove: false, price: 1000}}"]);
    assert_eq!(price(&catalog, "NU"), 1000);
}

#[test]
fn lists_are_replaced() {
    let text = "\
items: {NG: {variant_category_external_ids: [A, B]}}
categories: {VC: {variants: [{external_id: LV-3, name: Gila, price: 1}, {external_id: LV-9, name: Neraka, price: 9}]}}
";
    let catalog = catalog(&[text]);
    assert_eq!(item(&catalog, "NG").variant_category_external_ids, Field::Set(vec!["A".into(), "B".into()]));
    let ids: Vec<_> = catalog.variants().map(|(_, variant)| variant.external_id.as_str()).collect();
    assert_eq!(ids, ["LV-3", "LV-9"]);
}

#[test]
fn category_patches_set_name_and_single_limits() {
    let text = "categories: {VC: {name: Pedas, internal_name: P, rules: {selection: {max_quantity: 2}}}}";
    let composed = layered(&[text]);
    assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
    let category = &composed.catalog.variant_categories[0];
    assert_eq!(category.name, Field::Set("Pedas".into()));
    assert_eq!(category.internal_name, Field::Set("P".into()));
    assert_eq!((&category.min_quantity, &category.max_quantity), (&Field::Set(1), &Field::Set(2)));
    let path = Path::category_field(&"VC".into(), CategoryField::MaxQuantity);
    assert_eq!(composed.origins.place(&path).unwrap().to_string(), "catalogs/own.yaml:1:84");
}

#[test]
fn variant_patches_set_name_price_and_stock() {
    let catalog = catalog(&["variants: {LV-3: {in_stock: false, price: 2500, name: Gila}}"]);
    let (_, variant) = catalog.variants().nth(1).unwrap();
    assert_eq!(variant.in_stock, Field::Set(false));
    assert_eq!(variant.price.value().unwrap().0, 2500);
    assert_eq!(variant.name, Field::Set("Gila".into()));
}

#[test]
fn menu_moves_an_item_and_before_places_it() {
    assert_eq!(shape(&catalog(&["items: {NG: {menu: Minuman}}"])), "Nasi: NU | Minuman: ES NG");
    assert_eq!(shape(&catalog(&["items: {NG: {menu: Minuman, before: ES}}"])), "Nasi: NU | Minuman: NG ES");
    assert_eq!(shape(&catalog(&["items: {NU: {before: NG}}"])), "Nasi: NU NG | Minuman: ES");
}

#[test]
fn placing_items_does_not_depend_on_the_order_of_writing() {
    let [a, b] = ["NG: {menu: Minuman, before: NU}", "NU: {menu: Minuman, before: ES}"];
    for (first, second) in [(a, b), (b, a)] {
        let catalog = catalog(&[&format!("items: {{{first}, {second}}}")]);
        assert_eq!(shape(&catalog), "Nasi:  | Minuman: NG NU ES");
    }
    let composed = layered(&["items: {NG: {before: NU}, NU: {before: NG}}"]);
    assert_eq!(declared(&composed.diagnostics), ["wrong-place own:1:22"]);
}

#[test]
fn a_place_in_another_menu_is_an_error_that_names_the_menu() {
    let composed = layered(&["items: {NG: {before: ES}}"]);
    assert_eq!(declared(&composed.diagnostics), ["wrong-place own:1:22"]);
    assert!(composed.diagnostics[0].help.as_ref().unwrap().contains("menu: Minuman"));
}

#[test]
fn an_unknown_menu_or_place_of_an_item_is_an_error() {
    let composed = layered(&["items: {NG: {menu: Minum, before: ES}, NU: {before: XX}}"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-menu own:1:20", "unknown-menu own:1:53"]);
    let composed =
        layered(&["menus: [{name: Minuman, remove: true}]", "items: {NG: {menu: Minuman}, NU: {before: ES}}"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-menu own:1:20", "unknown-menu own:1:43"]);
}

#[test]
fn a_patch_for_an_unknown_id_is_an_error_with_the_likely_one() {
    let text = "items: {NK: {price: 1}}\nvariants: {LV-4: {price: 1}}\ncategories: {VD: {name: X}}";
    let composed = layered(&[text]);
    let expected = ["unknown-patch-target own:1:9", "unknown-patch-target own:2:12", "unknown-patch-target own:3:15"];
    assert_eq!(declared(&composed.diagnostics)[..2], expected[..2]);
    assert!(composed.diagnostics[1].help.as_ref().unwrap().contains("did you mean `LV-"));
    assert_eq!(composed.diagnostics.len(), 3);
}

#[test]
fn a_patch_may_be_for_what_its_own_file_adds() {
    let text = "menus: [{name: Nasi, menu_items: [{external_id: A, name: A, price: 1}]}]\nitems: {A: {before: NG}}";
    assert_eq!(shape(&catalog(&[text])), "Nasi: A NG NU | Minuman: ES");
}

#[test]
fn a_patch_that_changes_nothing_is_a_warning() {
    let text = "\
items: {NG: {price: 25000}, NU: {}, ES: {menu: Minuman}}
variants: {LV-0: {price: 0, in_stock: true}}
categories: {VC: {variants: [{external_id: LV-0, name: Tidak pedas, price: 0}, {external_id: LV-3, name: Pedas gila, price: 2000}]}}
";
    let composed = layered(&[text]);
    let place = |line, column| format!("patch-without-effect own:{line}:{column}");
    assert_eq!(declared(&composed.diagnostics), [place(1, 9), place(1, 29), place(1, 37), place(2, 12), place(3, 14)]);
    assert!(composed.diagnostics.iter().all(|d| !d.is_error()));
    let placed = layered(&["items: {NG: {before: NU}}"]);
    assert_eq!(declared(&placed.diagnostics), [place(1, 9)]);
}

#[test]
fn a_patch_of_what_an_earlier_layer_removed_is_a_warning() {
    let text = "items: {NG: {price: 1}}\nvariants: {LV-0: {price: 1}}\npricing: [{markup: 1, menu: Minuman}]";
    let removal =
        "items: {NG: {remove: true}}\ncategories: {VC: {remove: true}}\nmenus: [{name: Minuman, remove: true}]";
    let composed = layered(&[removal, text]);
    let expected = ["patch-without-effect own:1:9", "patch-without-effect own:2:12", "patch-without-effect own:3:29"];
    assert_eq!(declared(&composed.diagnostics), expected);
    assert_eq!(composed.diagnostics[0].related[0].place.to_string(), "catalogs/l1.yaml:1:22");
}

#[test]
fn the_later_layer_wins_and_what_it_overrode_is_known() {
    let composed = layered(&["items: {NG: {price: 26000}}", "items: {NG: {price: 27000}}"]);
    assert_eq!(price(&composed.catalog, "NG"), 27000);
    let path = Path::item_field(&"NG".into(), ItemField::Price);
    assert_eq!(composed.origins.place(&path).unwrap().to_string(), "catalogs/own.yaml:1:21");
    let overrode: Vec<_> = composed.origins.overrode(&path).iter().map(ToString::to_string).collect();
    assert_eq!(overrode, ["catalogs/brand.yaml:4:53", "catalogs/l1.yaml:1:21"]);
}

#[test]
fn what_nobody_says_has_the_place_of_its_owner_and_what_is_gone_that_of_its_removal() {
    let composed = layered(&["items: {NU: {remove: true}}"]);
    let image = Path::item_field(&"NG".into(), ItemField::Image);
    assert_eq!(composed.origins.place(&image).unwrap().to_string(), "catalogs/brand.yaml:4:23");
    assert_eq!(composed.origins.own_place(&image), None);
    let removed = Path::item(&"NU".into());
    assert_eq!(composed.origins.place(&removed).unwrap().to_string(), "catalogs/own.yaml:1:22");
    assert_eq!(composed.origins.place(&Path::item(&"XX".into())), None);
}

#[test]
fn ids_are_taken_as_written() {
    let text = "menus: [{name: 08:00, menu_items: [{external_id: 007, name: no, price: 1}]}]\nitems: {007: {description: 1e3}}";
    let catalog = catalog(&[text]);
    assert_eq!(shape(&catalog), "Nasi: NG NU | Minuman: ES | 08:00: 007");
    assert_eq!(item(&catalog, "007").name, Field::Set("no".into()));
    assert_eq!(item(&catalog, "007").description, Field::Set("1e3".into()));
}
