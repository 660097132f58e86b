#![allow(clippy::unwrap_used)] // a test fails by panicking

use jiff::Zoned;

use super::{MenuPreview, MenuStage, preview_html, preview_text};
use crate::{
    catalog::{
        Catalog, Field, Hours, Item, Menu, Price, PromoDetail, TimeRange, Variant, VariantCategory, WantedPromotion,
    },
    report::{
        Lang,
        html::{Photo, PhotoAlbum},
    },
};

fn set(text: &str) -> Field<String> {
    Field::Set(text.to_owned())
}

fn menu() -> Catalog {
    let nasi = Item {
        external_id: "NG".into(),
        name: set("Nasi Goreng Kampung"),
        description: set("Dengan telur <b>mata sapi</b>"),
        price: Field::Set(Price(25_000)),
        image: set("https://img.example.com/ng.jpg"),
        operational_hours: Field::Set(Hours::new(std::array::from_fn(|_| vec![TimeRange { start: 600, end: 1320 }]))),
        variant_category_external_ids: Field::Set(vec!["VC".into()]),
        ..Item::default()
    };
    let gudeg = Item {
        external_id: "G".into(),
        name: set("Gudeg"),
        price: Field::Set(Price(30_000)),
        in_stock: Field::Set(false),
        operational_hours: Field::Set(Hours::all_week()),
        ..Item::default()
    };
    let variant = |id: &str, price| Variant {
        external_id: id.into(),
        name: set(&format!("Pedas {id}")),
        price: Field::Set(Price(price)),
        in_stock: Field::Set(id != "2"),
    };
    Catalog {
        menus: vec![Menu { name: "Nasi".to_owned(), menu_items: vec![nasi, gudeg] }],
        variant_categories: vec![VariantCategory {
            external_id: "VC".into(),
            name: set("Level"),
            min_quantity: Field::Set(1),
            max_quantity: Field::Set(2),
            variants: vec![variant("0", 0), variant("1", 2_000), variant("2", -500)],
            ..VariantCategory::default()
        }],
        ..Catalog::default()
    }
}

fn gajian() -> WantedPromotion {
    let detail = PromoDetail {
        external_menu_id: "NG".into(),
        selling_price: Price(19_000),
        start_date: "2027-02-25".parse().unwrap(),
        end_date: "2027-02-28".parse().unwrap(),
        start_time: None,
        end_time: None,
        applicable_days: Vec::new(),
    };
    let (prices, least_discount) = (vec![Price(25_000)], 5);
    let name = "gajian".to_owned();
    WantedPromotion { name, detail, prices, least_discount, begins_by_today: false, is_over: false }
}

fn previews() -> Vec<MenuPreview> {
    let at = |text: &str| -> Zoned { format!("{text}[Asia/Makassar]").parse().unwrap() };
    let mut ramadan = menu();
    let mut first = menu();
    first.promotions = vec![gajian()];
    ramadan.menus[0].menu_items.remove(1);
    ramadan.menus[0].menu_items[0].price = Field::Set(Price(27_000));
    let kolak =
        Item { external_id: "K".into(), name: set("Kolak"), price: Field::Set(Price(12_000)), ..Item::default() };
    ramadan.menus.insert(0, Menu { name: "Takjil".to_owned(), menu_items: vec![kolak] });
    let stage = |from: &str, catalog| MenuStage { from: at(from), repeats: false, is_dated: true, catalog };
    let outlet = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let stages = vec![
        stage("2027-01-04T10:00", Some(first)),
        stage("2027-02-08T00:00", Some(ramadan)),
        stage("2027-03-10T00:00", None),
    ];
    let empty = vec![stage("2027-01-04T10:00", Some(Catalog::default()))];
    vec![
        MenuPreview { outlets: vec![outlet("G1", "Kuta"), outlet("G2", "Sanur")], stages },
        MenuPreview { outlets: vec![outlet("G3", "")], stages: empty },
    ]
}

#[test]
fn a_terminal_shows_what_is_sold_and_when_that_changes() {
    insta::assert_snapshot!(preview_text(&previews(), false, Lang::En));
}

#[test]
fn dates_that_come_once_are_named_before_what_comes_again() {
    let stage = |day: usize| {
        let from = format!("2027-02-{day:02}T00:00[Asia/Makassar]").parse().unwrap();
        // On the 22nd both.
        MenuStage { from, repeats: day != 20, is_dated: [20, 22].contains(&day), catalog: Some(Catalog::default()) }
    };
    let preview = MenuPreview { outlets: vec![("G1".into(), "Kuta".into())], stages: (1..25).map(stage).collect() };
    let text = preview_text(&[preview], false, Lang::En);
    let named: Vec<&str> = text.split("2027-02-").skip(2).step_by(2).map(|day| &day[..2]).collect();
    assert_eq!(named, ["02", "03", "04", "05", "20", "22"], "{text}");
}

#[test]
fn an_owner_reads_both_in_indonesian() {
    insta::assert_snapshot!("indonesian_terminal", preview_text(&previews(), false, Lang::Id));
    insta::assert_snapshot!("indonesian_page", page(Lang::Id));
}

#[test]
fn a_page_shows_every_date_and_links_them() {
    insta::assert_snapshot!(page(Lang::En));
}

fn page(lang: Lang) -> String {
    let page = preview_html(&previews(), &mut PhotoAlbum::new(&|_| Photo::Elsewhere), lang);
    assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())), "{page}");
    let (_, body) = page.split_once("<body>").unwrap();
    let opened = ["<h1", "<h2", "<h3", "<p", "<li", "<section", "<article", "<details", "<nav", "<div"];
    opened.iter().fold(body.to_owned(), |body, tag| body.replace(tag, &format!("\n{tag}")))
}
