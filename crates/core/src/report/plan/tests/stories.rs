//! What happens in a restaurant, told as a whole: text, then the comment of a pull request.

use super::*;

fn told(name: &str, report: &PlanReport) {
    let both = format!("{}\n════ markdown ════\n{}", plan_text(report, false), plan_markdown(report));
    insta::assert_snapshot!(name, both);
}

fn one(name: &str, story: &Story) {
    told(name, &report(vec![story.outlet("G1001", "Kuta")]));
}

#[test]
fn a_choice_becomes_mandatory_and_comes_with_another_dish() {
    let mut story = Story::of({
        let mut catalog = warung();
        catalog.variant_categories[0].min_quantity = Field::Set(0);
        catalog
    });
    story.desired.variant_categories[0].min_quantity = Field::Set(1);
    story.desired.variant_categories[0].max_quantity = Field::Set(3);
    story.item("NU").variant_category_external_ids = Field::Set(vec!["VC".into()]);
    one("mandatory_choice", &story);
}

#[test]
fn a_menu_gets_another_name_and_another_order() {
    let mut story = Story::in_sync();
    story.desired.menus[1].name = "Es & Kopi".to_owned();
    story.desired.menus[0].menu_items.rotate_left(2);
    story.desired.menus[0].menu_items.swap(0, 1);
    one("new_name_and_order", &story);
}

#[test]
fn many_dishes_move_together_and_are_sold_at_other_hours() {
    let mut story = Story::of({
        let mut catalog = warung();
        catalog.menus[1].menu_items.push(item("D5", "Es 5", 9_000));
        let items = catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.for_each(|item| item.operational_hours = Field::Set(daily(10, 22)));
        catalog
    });
    let items = story.desired.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
    items.for_each(|item| item.operational_hours = Field::Set(daily(11, 21)));
    let moved: Vec<Item> = story.desired.menus[1].menu_items.drain(1..).collect();
    story.desired.menus.push(Menu { name: "Takjil".to_owned(), menu_items: moved });
    one("moved_together", &story);
}

/// A chain of which one outlet has a price of its own.
#[test]
fn an_exception_in_a_chain_is_told_apart() {
    let outlets = (1..=39).map(|n| {
        let mut story = Story::in_sync();
        story.remove("NL");
        story.item("NK").in_stock = Field::Set(false);
        story.item("NG").price = Field::Set(Price(if n == 7 { 30_000 } else { 27_000 }));
        if n != 7 {
            story.item("NU").name = set("Nasi Uduk Betawi");
        } else {
            story.item("D1").price = Field::Set(Price(8_500));
        }
        story.item("D2").price = Field::Set(Price(8_500));
        story.item("D3").price = Field::Set(Price(8_500));
        story.outlet(&format!("G{n}"), &format!("Outlet {n:02}"))
    });
    let report = report(outlets.collect());
    told("chain", &report);
    let all = plan_text(&report, Look { color: false, all_names: true });
    assert!(all.contains("Outlet 39 (G39)") && !plan_text(&report, false).contains("Outlet 39"), "{all}");
}

/// 300 outlets in eight regions, each with a markup of its own on 40 dishes.
fn price_round() -> PlanReport {
    let catalog = |round: i64, markup: i64| {
        let price = |n: i64| (15_000 + n * 500) * (100 + markup) / 100 / 100 * 100;
        let dish = |n: i64| item(&format!("I{n}"), &format!("Dish {n}"), price(n) * (100 + round * (4 + n % 8)) / 100);
        Catalog {
            menus: vec![Menu { name: "Nasi".to_owned(), menu_items: (1..=40).map(dish).collect() }],
            ..Catalog::default()
        }
    };
    let outlets = (0..300).map(|n| {
        let mut story = Story::of(catalog(0, n % 8));
        story.desired = catalog(1, n % 8);
        story.outlet(&format!("G{n}"), &format!("Outlet {n:03}"))
    });
    report(outlets.collect())
}

#[test]
fn a_price_round_over_regions_is_told_once_with_its_amounts() {
    let report = price_round();
    told("price_round", &report);
    assert!(plan_markdown(&report).len() < 12_000, "{}", plan_markdown(&report).len());
    let all = plan_text(&report, Look { color: false, all_names: true });
    assert_eq!(all.matches("› Dish 40 ").count(), 8, "{all}");
}

#[test]
fn a_new_category_at_many_outlets_is_told_before_their_names() {
    let outlets = (0..220).map(|n| {
        let mut story = Story::in_sync();
        let takjil = vec![item("KOLAK", "Kolak Pisang", 12_000), item("ESB", "Es Buah", 15_000)];
        story.desired.menus.push(Menu { name: "Takjil".to_owned(), menu_items: takjil });
        story.outlet(&format!("G{n}"), &format!("Outlet {n:03}"))
    });
    let markdown = plan_markdown(&report(outlets.collect()));
    let [row, names] = ["Kolak Pisang", "Outlet 219"].map(|text| markdown.find(text).unwrap());
    assert!(row < names && markdown.contains("<details><summary>Outlet 000 and the 219 others, by name</summary>"));
}

#[test]
fn edits_made_elsewhere_are_told_as_kept() {
    let report = report(vec![drifted().outlet("G1001", "Kuta")]);
    told("drift", &PlanReport { view: View::Drift, ..report });
}

#[test]
fn a_plan_that_is_held_at_some_outlets_with_other_numbers() {
    let outlets = (1..=4).map(|n| {
        let mut catalog = warung();
        catalog.menus[1].menu_items.extend((10..10 + n).map(|n| item(&format!("D{n}"), &format!("Es {n}"), 8_000)));
        let mut story = Story::of(catalog);
        for id in ["NU", "NK", "D1"] {
            story.remove(id);
        }
        story.outlet(&format!("G{n}"), &format!("Outlet {n}"))
    });
    told("held", &report(outlets.collect()));
}
