//! What readers copy: the root of this repository, which is an example of a small brand, and what `docs/write.md` says
//! about traps. The example must stay free of errors and of warnings, the documentation true.
//!
//! What the settings and rules mean is tested elsewhere.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, path::Path};

use jiff::{Timestamp, civil::date, tz::TimeZone};
use menusync::{
    catalog::{Catalog, Day, ExternalId, Item, Menu, OutletId, Price},
    definition::{self, Composed, Definitions, ImageFile},
    diagnostic::Diagnostic,
    document::{PackedFile, SourceFile},
    policy::Policy,
    rules,
    settings::{self, Settings},
    source,
};

const BLOK_M: &str = "G916309201";
const KUTA: &str = "G916309315";
const JAYAPURA: &str = "G916309477";
const BU_TINI: &str = "G1898453S";

struct Example {
    settings: Settings,
    definitions: Definitions,
    /// What is said before any outlet is composed.
    diagnostics: Vec<Diagnostic>,
}

fn example() -> Example {
    example_in(".")
}

fn example_in(root: &str) -> Example {
    let files = source::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(root)).unwrap();
    let (settings, mut diagnostics) = settings::decode(files.settings.as_ref().unwrap());
    let settings = settings.unwrap_or_else(|| panic!("the settings are wrong: {diagnostics:?}"));
    let definitions = definition::parse(&files.catalogs.iter().map(PackedFile::open).collect::<Vec<_>>());
    diagnostics.extend(files.diagnostics);
    diagnostics.extend(definitions.diagnostics.clone());
    let codes = definitions.rule_codes().chain(settings.policy.rule_codes());
    diagnostics.extend(codes.filter_map(|code| rules::unknown_rule(&code.value, code.place.clone())));
    Example { settings, definitions, diagnostics }
}

impl Example {
    /// An outlet at noon of a day in Jakarta, with everything that is said about it.
    fn compose(&self, outlet: &str, (year, month, day): (i16, i8, i8)) -> (Composed, Vec<Diagnostic>) {
        let no_files = |path: &str| ImageFile::Missing(format!("the example has no image files, and names `{path}`"));
        let mut defaults = Policy::default();
        self.settings.policy.apply(&mut defaults);
        let composed = self.definitions.compose(&OutletId(outlet.into()), noon(year, month, day), &defaults, &no_files);
        let mut diagnostics = composed.diagnostics.clone();
        diagnostics.extend(rules::check(&composed.catalog, &|path| composed.origins.place(path)));
        rules::adjust(&mut diagnostics, &composed.policy.rules);
        (composed, diagnostics)
    }

    fn catalog(&self, outlet: &str, day: (i16, i8, i8)) -> Catalog {
        self.compose(outlet, day).0.catalog
    }
}

fn noon(year: i16, month: i8, day: i8) -> Timestamp {
    date(year, month, day).at(12, 0, 0, 0).to_zoned(TimeZone::get("Asia/Jakarta").unwrap()).unwrap().timestamp()
}

const ORDINARY: (i16, i8, i8) = (2027, 1, 15);
const RAMADAN: (i16, i8, i8) = (2027, 2, 20);
const AFTER: (i16, i8, i8) = (2027, 3, 20);

fn item<'c>(catalog: &'c Catalog, id: &str) -> &'c Item {
    catalog.item(&ExternalId(id.into())).unwrap_or_else(|| panic!("no item {id}"))
}

fn price(catalog: &Catalog, id: &str) -> i64 {
    let Price(price) = *item(catalog, id).price.value().unwrap();
    price
}

/// The hours of a day, as `10:00-22:00, …`.
fn hours(catalog: &Catalog, id: &str, day: Day) -> String {
    let week = item(catalog, id).operational_hours.value().unwrap();
    week.day(day).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn menus(catalog: &Catalog) -> Vec<&str> {
    catalog.menus.iter().map(|menu| menu.name.as_str()).collect()
}

#[test]
fn the_example_has_neither_errors_nor_warnings_at_any_time_of_the_year() {
    let example = example();
    assert_eq!(example.diagnostics, []);
    for outlet in example.definitions.outlets() {
        for day in [ORDINARY, RAMADAN, AFTER] {
            assert_eq!(example.compose(outlet.id.as_str(), day).1, [], "{} on {day:?}", outlet.name);
        }
    }
}

#[test]
fn two_brands_sell_the_dishes_of_one_kitchen_under_their_own_names_and_prices() {
    let example = example_in("docs/cloud-kitchen");
    assert_eq!(example.diagnostics, []);
    let told = example.definitions.outlets().map(|outlet| {
        let (composed, diagnostics) = example.compose(outlet.id.as_str(), ORDINARY);
        assert_eq!(diagnostics, [], "{}", outlet.name);
        let dish = |(menu, item): (&Menu, &Item)| {
            let (name, price) = (item.name.value().unwrap(), item.price.value().unwrap());
            let sold_out = if item.in_stock.value() == Some(&false) { ", sold out" } else { "" };
            format!("  {}: {} {name}, {price}{sold_out}\n", menu.name, item.external_id)
        };
        format!("{}\n{}", outlet.name, composed.catalog.items().map(dish).collect::<String>())
    });
    insta::assert_snapshot!(told.collect::<String>());
}

#[test]
fn four_outlets_of_which_three_share_layers() {
    let example = example();
    let shape: Vec<(&str, usize)> = example.definitions.outlets().map(|o| (o.id.as_str(), o.chain.len())).collect();
    assert_eq!(shape, [(BU_TINI, 1), (BLOK_M, 3), (KUTA, 3), (JAYAPURA, 3)]);
    let names = [KUTA, JAYAPURA].map(|outlet| example.compose(outlet, ORDINARY).0.policy.timezone);
    assert_eq!(names.map(|zone| zone.iana_name().unwrap().to_owned()), ["Asia/Makassar", "Asia/Jayapura"]);
}

#[test]
fn the_shared_layer_has_40_items_6_menus_and_5_variant_categories() {
    let example = example();
    let blok_m = example.catalog(BLOK_M, ORDINARY);
    assert_eq!((blok_m.items().count(), blok_m.menus.len(), blok_m.variant_categories.len()), (39, 6, 5));
    let all = [BLOK_M, KUTA, JAYAPURA].map(|outlet| example.catalog(outlet, ORDINARY));
    let ids: BTreeSet<&ExternalId> = all.iter().flat_map(Catalog::items).map(|(_, item)| &item.external_id).collect();
    assert_eq!(ids.len(), 40);
    let mandatory = blok_m.variant_categories.iter().filter(|c| c.min_quantity.value() == Some(&1)).count();
    assert_eq!((mandatory, blok_m.variant_categories.len() - mandatory), (3, 2));
}

#[test]
fn outlets_differ_in_prices_dishes_and_hours() {
    let example = example();
    let [blok_m, kuta, jayapura] = [BLOK_M, KUTA, JAYAPURA].map(|outlet| example.catalog(outlet, ORDINARY));
    assert_eq!([&blok_m, &kuta, &jayapura].map(|c| price(c, "NG-KAMPUNG")), [25000, 27000, 29000]);
    // 7.000 + 10 % = 7.700, up to the next 500; 6.000 + 15 % = 6.900, to the nearest 1.000, + 2.000.
    assert_eq!((price(&kuta, "ES-TEH"), price(&jayapura, "AIR-MINERAL")), (8000, 9000));
    assert_eq!(price(&jayapura, "COTO-MAKASSAR"), 48000);
    assert!(kuta.item(&ExternalId("NASI-GUDEG".into())).is_none());
    assert_eq!(blok_m.menus[1].menu_items[0].external_id.as_str(), "NG-KAMBING");
    assert_eq!(hours(&kuta, "NG-KAMPUNG", Day::Monday), "00:00-01:00, 10:00-23:59");
    assert_eq!(hours(&blok_m, "NG-KAMPUNG", Day::Friday), "10:00-11:30, 13:00-22:00");
    assert_eq!(hours(&jayapura, "NG-KAMPUNG", Day::Sunday), "");
}

#[test]
fn ramadan_comes_and_goes() {
    let example = example();
    let [before, during, after] = [ORDINARY, RAMADAN, AFTER].map(|day| example.catalog(BLOK_M, day));
    assert_eq!(menus(&during)[..2], ["Takjil", "Sarapan"]);
    assert_eq!(during.items().count(), before.items().count() + 3);
    assert_eq!(hours(&during, "NG-KAMPUNG", Day::Monday), "02:30-04:30, 16:00-23:00");
    assert_eq!(hours(&during, "TK-KOLAK", Day::Monday), "15:00-19:00");
    assert_eq!(before, after);
}

#[test]
fn ramadan_begins_at_midnight_of_each_outlet() {
    let example = example();
    let begins = |outlet| example.compose(outlet, ORDINARY).0.next_change.map(|at| at.to_string());
    assert_eq!(begins(BLOK_M).as_deref(), Some("2027-02-07T17:00:00Z"));
    assert_eq!(begins(KUTA).as_deref(), Some("2027-02-07T16:00:00Z"));
    assert_eq!(begins(JAYAPURA).as_deref(), Some("2027-02-07T15:00:00Z"));
    assert_eq!(begins(BU_TINI), None);
}

/// The files of the page about promotions, over a menu that has their dishes.
#[test]
fn the_promotions_of_the_documentation_are_made_as_it_says() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/promotions.md")).unwrap();
    let mut blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let (brand, kuta) = (blocks.next().unwrap(), blocks.next().unwrap());
    let dish = |(id, price)| {
        format!("      - {{external_id: {id}, name: Hidangan {id}, description: Enak, price: {price}}}\n")
    };
    let dishes: String = [("NG", 25_000), ("TEH", 7_000), ("RAWON", 36_000), ("PECEL", 21_000)].map(dish).concat();
    let menu = format!("{brand}rules: {{image-missing: off}}\nmenus:\n  - name: Menu\n    menu_items:\n{dishes}");
    let composed = |own: &str| {
        let own = format!("{own}outlet: G1\nextends: [warung-sari.yaml]\n");
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let definitions =
            definition::parse(&[file("catalogs/warung-sari.yaml", &menu), file("catalogs/kuta.yaml", &own)]);
        assert_eq!(definitions.diagnostics, []);
        let (january, no_files) = (noon(2027, 1, 15), |_: &str| ImageFile::Missing(String::new()));
        let composed = definitions.compose(&OutletId("G1".into()), january, &Policy::default(), &no_files);
        let mut found = composed.diagnostics.clone();
        found.extend(rules::check(&composed.catalog, &|path| composed.origins.place(path)));
        rules::adjust(&mut found, &composed.policy.rules);
        assert_eq!(found, []);
        let words = composed.catalog.promotions.iter().map(|one| {
            let detail = &one.detail;
            format!("{} {} {} {}", one.name, detail.external_menu_id, detail.selling_price.0, detail.when())
        });
        words.collect::<Vec<_>>()
    };
    let lunch = ["makan-siang PECEL 18900", "makan-siang RAWON 30000"]
        .map(|one| format!("{one} 1–31 Mar 2027, Mon, Tue, Wed, Thu and Fri"));
    let all = [
        &["gajian NG 19000 25–28 Feb 2027".to_owned(), "happy-hour TEH 4500 1–31 Mar 2027, 14:00–16:00".to_owned()][..],
        &lunch,
    ]
    .concat();
    assert_eq!(composed(""), all);
    assert_eq!(composed(kuta), [&["gajian NG 18000 25–28 Feb 2027".to_owned()][..], &lunch].concat());
}

/// The rows between the two `traps` comments: what is written, the code, what to do.
fn traps() -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/write.md")).unwrap();
    let table = text.split("<!-- traps -->").nth(1).and_then(|rest| rest.split("<!-- /traps -->").next()).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")).skip(1);
    let code = |cell: &str| cell.trim_matches('`').to_owned();
    rows.map(|row| row.split(" | ").collect::<Vec<_>>())
        .map(|cells| [code(cells[0]), code(cells[1]), cells[2].to_owned()])
        .collect()
}

#[test]
fn every_trap_of_the_documentation_is_answered_as_it_says() {
    let traps = traps();
    assert!(traps.len() >= 20, "{} rows", traps.len());
    for [written, code, help] in traps {
        let price = if written.starts_with("pri") { "" } else { "        price: 25000\n" };
        let item = format!("      - external_id: NG\n        name: Nasi Goreng\n{price}        {written}\n");
        let text = format!("outlet: G1\nmenus:\n  - name: Nasi\n    menu_items:\n{item}");
        let files = [SourceFile { path: "catalogs/a.yaml".into(), text: text.into() }];
        let found = definition::parse(&files).diagnostics;
        let told = found.iter().any(|d| d.code == code && d.help.as_deref() == Some(help.as_str()));
        assert!(told, "`{written}` gives {found:?}");
        assert!(found.iter().all(Diagnostic::is_error), "`{written}` gives {found:?}");
    }
}
