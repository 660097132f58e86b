//! Pins laid over catalogs: what they mean when they are made, and when they end.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    catalog::{ExternalId, Item, Menu, Price, Variant},
    plan::tests::{any_catalog, warung},
};

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + day * 86_400).unwrap()
}

/// The pins of a rollback from `files` to a push of `sent`, all of which the files said then.
fn back(files: &Catalog, sent: &Catalog) -> Pins {
    let record = Record { sent: sent.clone(), files: sent.clone(), stock: BTreeMap::new() };
    between(files, &record)
}

fn between(files: &Catalog, record: &Record) -> Pins {
    let goal = Goal { to: 1, of: at(0), now: at(1), ignore: &BTreeSet::new(), was_sold_out: &|_| false };
    Pins::between(&goal, files, record)
}

fn laid(pins: &Pins, files: &Catalog, day: i64) -> Catalog {
    pins.apply_to(files, at(day)).0
}

fn item<'a>(catalog: &'a mut Catalog, id: &str) -> &'a mut Item {
    let mut items = catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
    items.find(|item| item.external_id.as_str() == id).unwrap()
}

fn without(catalog: &Catalog, id: &str) -> Catalog {
    let mut catalog = catalog.clone();
    catalog.menus.iter_mut().for_each(|menu| menu.menu_items.retain(|item| item.external_id.as_str() != id));
    catalog
}

fn priced(id: &str, price: i64) -> Catalog {
    let mut catalog = warung();
    item(&mut catalog, id).price = Field::Set(Price(price));
    catalog
}

/// The same menu for a customer: said to be absent and not said are one.
fn plainly(mut catalog: Catalog) -> Catalog {
    for item in catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        for text in [&mut item.description, &mut item.internal_name, &mut item.image] {
            if text.value().is_none_or(String::is_empty) {
                *text = Field::Unsaid;
            }
        }
        if item.variant_category_external_ids.value().is_none_or(Vec::is_empty) {
            item.variant_category_external_ids = Field::Unsaid;
        }
    }
    catalog
}

fn told(pins: &Pins) -> Vec<String> {
    pins.pinned_paths()
        .into_iter()
        .map(|pin| format!("{} {} | {}", pin.path, json!(pin.value), json!(pin.file)))
        .collect()
}

#[test]
fn a_pin_holds_until_the_files_give_its_path_another_value() {
    let (then, now) = (priced("NG", 20_000), priced("NG", 27_000));
    let pins = back(&now, &then);
    assert_eq!(told(&pins), ["items/NG/price 20000 | 27000"]);
    assert_eq!(laid(&pins, &now, 400), then, "without an end");
    let mut edited = now.clone();
    item(&mut edited, "D1").price = Field::Set(Price(9_900));
    let (wanted, held) = pins.apply_to(&edited, at(2));
    assert_eq!((wanted.item(&"NG".into()).unwrap().price.clone(), held), (Field::Set(Price(20_000)), pins.clone()));
    let (wanted, held) = pins.apply_to(&priced("NG", 26_000), at(2));
    assert_eq!((wanted, held.is_empty()), (priced("NG", 26_000), true));
    assert_eq!(laid(&pins, &without(&now, "NG"), 2), without(&now, "NG"), "a field never brings its item back");
}

#[test]
fn what_the_files_have_dropped_comes_back_where_it_stood_and_not_for_ever() {
    let now = without(&warung(), "N2");
    let pins = back(&now, &warung());
    assert_eq!(laid(&pins, &now, 7), warung());
    assert_eq!(laid(&pins, &now, 8), now, "seven days are over");
    let mut again = warung();
    item(&mut again, "N2").price = Field::Set(Price(1_000));
    assert_eq!(laid(&pins, &again, 2), again, "the files have it again");
    let reordered = {
        let mut catalog = now.clone();
        catalog.menus[0].menu_items.reverse();
        catalog
    };
    let ids =
        |catalog: Catalog| catalog.menus[0].menu_items.iter().map(|i| i.external_id.0.clone()).collect::<Vec<_>>();
    assert_eq!(ids(laid(&pins, &reordered, 2)), ["N5", "N4", "N3", "N1", "N2", "NG"], "behind what it stood behind");
}

#[test]
fn what_came_after_the_push_stays_out_until_the_files_change_it() {
    let then = without(&warung(), "N2");
    let pins = back(&warung(), &then);
    assert_eq!(laid(&pins, &warung(), 400), then);
    let mut edited = warung();
    item(&mut edited, "N2").description = Field::Set("baru".to_owned());
    assert_eq!(laid(&pins, &edited, 2), edited);
}

#[test]
fn menus_orders_and_moves_come_back() {
    let mut then = warung();
    let moved = then.menus[1].menu_items.remove(0);
    then.menus.insert(1, Menu { name: "Pagi/Siang".to_owned(), menu_items: vec![moved] });
    then.menus[0].menu_items.swap(1, 3);
    let pins = back(&warung(), &then);
    assert_eq!(
        told(&pins),
        [
            r#"items/D1/menu ["Pagi/Siang"] | ["Minuman"]"#,
            r#"menus/Nasi ["NG","N3","N2","N1","N4","N5"] | ["NG","N1","N2","N3","N4","N5"]"#,
        ]
    );
    assert_eq!(laid(&pins, &warung(), 2), then);
    let mut added = warung();
    let new = Item { external_id: "NEW".into(), ..warung().menus[0].menu_items[0].clone() };
    added.menus[0].menu_items.insert(1, new);
    let wanted = laid(&pins, &added, 2);
    let ids: Vec<&str> = wanted.menus[0].menu_items.iter().map(|item| item.external_id.as_str()).collect();
    assert_eq!(ids, ["NG", "NEW", "N3", "N2", "N1", "N4", "N5"], "a new dish does not end the order of the others");
}

#[test]
fn choices_come_back_whole_and_one_that_is_needed_is_not_left_out() {
    let mut now = warung();
    now.variant_categories.clear();
    item(&mut now, "NG").variant_category_external_ids = Field::Unsaid;
    let pins = back(&now, &warung());
    assert_eq!(laid(&pins, &now, 2), warung());
    assert_eq!(laid(&pins, &now, 9), now, "and a dish does not refer to a choice whose time is over");

    let pins = back(&warung(), &now);
    assert_eq!(plainly(laid(&pins, &warung(), 2)), plainly(now));
    let mut linked = warung();
    item(&mut linked, "D1").variant_category_external_ids = Field::Set(vec!["VC".into()]);
    let wanted = laid(&pins, &linked, 2);
    assert_eq!(wanted.variant_categories.len(), 1, "the files give it to another dish meanwhile");

    let mut spicier = warung();
    let variant = Variant { external_id: "LV9".into(), ..warung().variant_categories[0].variants[1].clone() };
    spicier.variant_categories[0].variants.push(variant);
    spicier.variant_categories[0].max_quantity = Field::Set(2);
    assert_eq!(laid(&back(&spicier, &warung()), &spicier, 2), warung());
}

#[test]
fn only_what_is_or_was_ours_is_pinned() {
    let mut sent = warung();
    item(&mut sent, "D1").description = Field::Set("dari aplikasi".to_owned());
    item(&mut sent, "D1").image = Field::Set("https://cdn.example.net/1".to_owned());
    item(&mut sent, "D2").internal_name = Field::Set("dari kasir".to_owned());
    let record = Record { sent, files: warung(), stock: BTreeMap::new() };
    let mut now = warung();
    item(&mut now, "D1").description = Field::Set("dari berkas".to_owned());
    item(&mut now, "D1").image = Field::Set("https://img.example.com/d1.png".to_owned());
    assert_eq!(told(&between(&now, &record)), [r#"items/D1/description "dari aplikasi" | "dari berkas""#]);
}

#[test]
fn stock_is_never_pinned() {
    let mut then = warung();
    item(&mut then, "NG").in_stock = Field::Set(false);
    then.variant_categories[0].variants[0].in_stock = Field::Set(false);
    assert!(back(&warung(), &then).is_empty());
    let now = without(&warung(), "NG");
    assert!(laid(&back(&now, &then), &now, 2).item(&"NG".into()).unwrap().in_stock.is_unsaid());
}

#[test]
fn hours_are_pinned_as_any_field() {
    let mut then = warung();
    let closed = crate::catalog::Hours::new(std::array::from_fn(|_| vec![]));
    item(&mut then, "NG").operational_hours = Field::Set(closed);
    let pins = back(&warung(), &then);
    assert_eq!(laid(&pins, &warung(), 2), then);
    let mut now = warung();
    item(&mut now, "NG").operational_hours = Field::Set(crate::catalog::Hours::all_week());
    assert!(pins.apply_to(&now, at(2)).1.is_empty(), "the files have other hours by now");
}

#[test]
fn nothing_said_said_to_be_absent_and_empty_are_one() {
    let mut now = warung();
    item(&mut now, "D1").description = Field::Set(String::new());
    item(&mut now, "D2").description = Field::Null;
    item(&mut now, "D3").variant_category_external_ids = Field::Set(vec![]);
    assert!(back(&now, &warung()).is_empty());
    assert!(back(&warung(), &now).is_empty());
}

#[test]
fn an_image_comes_back_with_its_dish_if_it_was_ours() {
    let image = |catalog: &Catalog| catalog.item(&"NG".into()).unwrap().image.clone();
    let now = without(&warung(), "NG");
    assert_eq!(image(&laid(&back(&now, &warung()), &now, 2)), image(&warung()));
    let mut files = warung();
    item(&mut files, "NG").image = Field::Unsaid;
    let record = Record { sent: warung(), files, stock: BTreeMap::new() };
    assert_eq!(image(&laid(&between(&now, &record), &now, 2)), Field::Unsaid);
}

/// A price, a text that the files leave alone by now, a dish that they have no more, and an order.
fn of_each_kind() -> Pins {
    let mut then = warung();
    item(&mut then, "D1").description = Field::Set("segar".to_owned());
    item(&mut then, "D2").price = Field::Set(Price(9_900));
    then.menus[1].menu_items.reverse();
    back(&without(&warung(), "N2"), &then)
}

#[test]
fn a_pin_covers_its_path_and_a_whole_thing_its_fields() {
    let mut pins = of_each_kind();
    assert_eq!((pins.to, pins.of, pins.since), (1, at(0), at(1)));
    let path = |text: &str| text.parse::<Path>().unwrap();
    for (text, covered, unsaid) in [
        ("items/D2/price", true, false),
        ("items/D2/name", false, false),
        ("items/D2", false, false),
        ("items/D1/description", true, true),
        ("items/N2", true, false),
        ("items/N2/price", true, false),
    ] {
        assert_eq!((pins.covers(&path(text)), pins.is_unsaid(&path(text))), (covered, unsaid), "{text}");
    }
    assert!(pins.claims_fields());
    let before = told(&pins);
    pins.release(&[path("items/D1/description")].into());
    assert!(!pins.claims_fields());
    let left: Vec<String> = before.into_iter().filter(|line| !line.starts_with("items/D1/")).collect();
    assert_eq!((left.len(), told(&pins)), (3, left));
    let emptied = pins.emptied();
    assert_eq!((told(&emptied), emptied.is_empty(), emptied.to), (vec![], true, 1));
    assert_eq!(emptied, Pins { to: 1, of: at(0), since: at(1), ..Pins::default() });
}

fn field(catalog: &Catalog, id: &ExternalId) -> Option<(Field<Price>, Field<String>)> {
    catalog.item(id).map(|item| (item.price.clone(), item.description.clone()))
}

proptest! {
    #[test]
    fn a_catalog_taken_apart_is_put_together_again(catalog in any_catalog()) {
        prop_assert_eq!(FlatCatalog::of(&catalog).assemble(), catalog);
    }

    #[test]
    fn without_pins_the_files_are_wanted(files in any_catalog()) {
        prop_assert_eq!(Pins::default().apply_to(&files, at(1)), (files.clone(), Pins::default()));
        prop_assert!(back(&files, &files).is_empty());
    }

    #[test]
    fn a_rollback_means_what_was_sent(files in any_catalog(), sent in any_catalog()) {
        let pins = back(&files, &sent);
        let (wanted, held) = pins.apply_to(&files, at(1));
        prop_assert_eq!(plainly(wanted.clone()), plainly(sent));
        let again = held.apply_to(&files, at(1));
        prop_assert_eq!(again, (wanted, held));
    }

    #[test]
    fn what_the_files_change_afterwards_is_wanted(files in any_catalog(), sent in any_catalog(), later in any_catalog()) {
        let [files, later] = [files, later].map(plainly);
        let pins = back(&files, &sent);
        let (wanted, held) = pins.apply_to(&later, at(2));
        for (_, item) in later.items() {
            let id = &item.external_id;
            let (before, now) = (field(&files, id), field(&later, id));
            match (&before, field(&wanted, id)) {
                (Some(before), Some(wanted)) => {
                    let now = now.unwrap();
                    prop_assert!(before.0 == now.0 || wanted.0 == now.0);
                    prop_assert!(before.1 == now.1 || wanted.1 == now.1);
                }
                (None, wanted) => prop_assert_eq!(wanted, now, "new in the files"),
                (Some(_), None) => prop_assert!(files.item(id) == later.item(id), "left out although changed"),
            }
        }
        for (_, item) in wanted.items() {
            let brought_back = sent.item(&item.external_id).is_some() && files.item(&item.external_id).is_none();
            prop_assert!(later.item(&item.external_id).is_some() || brought_back, "{} came from nowhere", item.external_id);
        }
        let (released, nothing) = held.apply_to(&later, at(30));
        prop_assert!(released.items().all(|(_, item)| later.item(&item.external_id).is_some()), "for ever");
        prop_assert!(nothing.values.len() <= held.values.len());
    }
}
