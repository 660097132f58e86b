//! The menus of a chain as layers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use menusync::{
    authoring::{Imported, Layered, is_same_menu, layers},
    catalog::{Catalog, ExternalId, Field, Hours, Item, Menu, OutletId, Price, TimeRange, Variant, VariantCategory},
    definition::{self, Composed, Definitions, ImageFile},
    document::SourceFile,
    policy::Policy,
};
use proptest::{collection::vec, prelude::*, sample::subsequence};

use crate::harness::{World, written_of};

fn day(start: u16, end: u16) -> Hours {
    Hours::new(std::array::from_fn(|_| vec![TimeRange { start: start * 60, end: end * 60 }]))
}

fn item(id: &str, price: i64) -> Item {
    Item {
        external_id: id.into(),
        name: Field::Set(format!("Dish {id}")),
        description: Field::Set(format!("What is in {id}")),
        image: Field::Set(format!("https://img.example.com/{id}.jpg")),
        price: Field::Set(Price(price)),
        operational_hours: Field::Set(day(10, 22)),
        ..Item::default()
    }
}

/// What all outlets of the made-up chain have, but for their differences.
fn common() -> Catalog {
    let menu = |name: &str, menu_items| Menu { name: name.to_owned(), menu_items };
    let choices = Field::Set(vec!["VC-PEDAS".into()]);
    let nasi = |id, price| Item { variant_category_external_ids: choices.clone(), ..item(id, price) };
    let morning = Item { operational_hours: Field::Set(day(6, 10)), ..item("NASI-UDUK", 18_000) };
    let variant = |id: &str, price| Variant {
        external_id: id.into(),
        name: Field::Set(id.to_lowercase()),
        price: Field::Set(Price(price)),
        ..Variant::default()
    };
    let pedas = VariantCategory {
        external_id: "VC-PEDAS".into(),
        name: Field::Set("Level pedas".to_owned()),
        min_quantity: Field::Set(1),
        max_quantity: Field::Set(1),
        variants: vec![variant("LV-0", 0), variant("LV-3", 2000)],
        ..VariantCategory::default()
    };
    Catalog {
        menus: vec![
            menu("Nasi", vec![nasi("NG", 25_000), nasi("NG-AYAM", 31_000), morning, item("NASI-PUTIH", 6000)]),
            menu(
                "Minuman",
                vec![item("TEH", 5000), item("ES-JERUK", 9000), item("ES-TELER", 17_000), item("KOPI", 8500)],
            ),
        ],
        variant_categories: vec![pedas],
        ..Catalog::default()
    }
}

fn change_items(catalog: &mut Catalog, change: impl Fn(&mut Item)) {
    catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items).for_each(change);
}

fn mark_up(catalog: &mut Catalog, markup: impl Fn(i64) -> i64) {
    change_items(catalog, |item| item.price = item.price.clone().map(|Price(price)| Price(markup(price))));
}

fn remove(catalog: &mut Catalog, id: &str) {
    catalog.menus.iter_mut().for_each(|menu| menu.menu_items.retain(|item| item.external_id.as_str() != id));
}

fn up_to_500(price: i64, percent: i64) -> i64 {
    (price * (100 + percent) + 49_999) / 50_000 * 500
}

/// 300 outlets at 6 price levels, of which one has another drink and dearer spice, some without a dish, one with other hours, one
/// with a price, a dish and an order of its own.
fn chain() -> BTreeMap<OutletId, Catalog> {
    let outlet = |number: usize| {
        let mut catalog = common();
        match number % 10 {
            0..4 => {}
            4 | 5 => mark_up(&mut catalog, |price| up_to_500(price, 10)),
            6 => mark_up(&mut catalog, |price| up_to_500(price, 15)),
            7 => mark_up(&mut catalog, |price| price + 2000),
            8 => {
                mark_up(&mut catalog, |price| up_to_500(price, 20));
                catalog.variant_categories[0].variants[1].price = Field::Set(Price(3000));
                catalog.menus[1].menu_items.insert(1, item("ES-DAWET", 14_000));
            }
            _ => change_items(&mut catalog, |item| match item.external_id.as_str() {
                "NG" => item.price = Field::Set(Price(26_000)),
                "TEH" => item.price = Field::Set(Price(7000)),
                "KOPI" => item.price = Field::Set(Price(12_500)),
                _ => {}
            }),
        }
        if number.is_multiple_of(7) {
            remove(&mut catalog, "ES-TELER");
        }
        if number.is_multiple_of(11) {
            remove(&mut catalog, "NASI-UDUK");
        }
        if number == 120 {
            change_items(&mut catalog, |item| item.operational_hours = Field::Set(day(7, 23)));
        }
        if number == 200 {
            catalog.menus[0].menu_items[0].price = Field::Set(Price(24_000));
            catalog.menus[0].menu_items.rotate_left(1);
            catalog.menus[1].menu_items.push(item("AIR", 4000));
        }
        (OutletId(format!("G{}", 1000 + number)), catalog)
    };
    (1..=300).map(outlet).collect()
}

fn imported(outlets: &BTreeMap<OutletId, Catalog>) -> BTreeMap<OutletId, Imported> {
    let imported = |catalog: &Catalog| Imported { catalog: catalog.clone(), ..Imported::default() };
    outlets.iter().map(|(id, catalog)| (id.clone(), imported(catalog))).collect()
}

fn compose(definitions: &Definitions, outlet: &OutletId) -> Composed {
    let no_files = |path: &str| ImageFile::Missing(path.to_owned());
    definitions.compose(outlet, jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &no_files)
}

/// The definitions below a directory, under the path `name`.
fn files(directory: &Path, name: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found.extend(files(&path, &name));
        } else {
            found.push(SourceFile { path: name.into(), text: fs::read_to_string(&path).unwrap().into() });
        }
    }
    found
}

/// Every outlet has its menu, and the files have no diagnostic.
fn check(layered: &Layered, outlets: &BTreeMap<OutletId, Catalog>) -> Result<(), TestCaseError> {
    let file = |(path, text): (&String, &String)| SourceFile { path: path.as_str().into(), text: text.as_str().into() };
    let definitions = definition::parse(&layered.files.iter().map(file).collect::<Vec<_>>());
    let all = || layered.files.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>();
    prop_assert!(definitions.diagnostics.is_empty(), "{:#?}\n{}", definitions.diagnostics, all());
    for (id, catalog) in outlets {
        let composed = compose(&definitions, id);
        prop_assert!(composed.diagnostics.is_empty(), "{id}: {:#?}\n{}", composed.diagnostics, all());
        prop_assert!(
            is_same_menu(&composed.catalog, catalog),
            "{id}: {:#?}\n{:#?}\n{}",
            composed.catalog,
            catalog,
            all()
        );
    }
    Ok(())
}

#[test]
fn a_chain_becomes_a_few_layers_and_every_outlet_keeps_its_menu() {
    let outlets = chain();
    let import = |how: &[&str], outlets: &BTreeMap<OutletId, Catalog>| {
        let world = World::new();
        let mut arguments = [&["import"], how].concat();
        for (id, catalog) in outlets {
            world.seed_catalog(id.as_str(), catalog);
            arguments.extend(["--outlet", id.as_str()]);
        }
        let ended = world.ok(&arguments);
        (world, ended)
    };
    let (world, ended) = import(&["--layers"], &outlets);
    insta::assert_snapshot!(ended.stderr, @"
    300 outlets: 6 layers, and a file for each outlet
      `menusync plan` is empty for 300 outlets
    Promotions are not imported: `menusync promotions` lists those that run or wait
    ");
    let layers = fs::read_dir(world.root().join("catalogs/layers")).unwrap();
    let mut layers: Vec<String> = layers.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    layers.sort();
    let texts = layers.iter().map(|name| format!("--- {name}\n{}\n", world.read(&format!("catalogs/layers/{name}"))));
    insta::assert_snapshot!("layers_of_a_chain", texts.collect::<String>());
    let outlet = |number: usize| world.read(&format!("catalogs/G{}.yaml", 1000 + number));
    let texts = [1, 14, 7, 120, 200].map(outlet).join("\n");
    insta::assert_snapshot!("outlets_of_a_chain", texts);
    assert_eq!(world.ok(&["validate", "--strict"]).code, 0);
    assert_eq!(world.planned(), [] as [&str; 0]);
    // The program has checked every outlet; that it can be believed is seen at some of every level.
    let some: BTreeMap<OutletId, Catalog> = outlets.into_iter().step_by(7).collect();
    let (plain, _) = import(&[], &some);
    let rendered = |world: &World| -> Vec<_> {
        let definitions = definition::parse(&files(&world.root().join("catalogs"), "catalogs"));
        some.keys().map(|id| written_of(&compose(&definitions, id).catalog)).collect()
    };
    assert_eq!(rendered(&world), rendered(&plain));
}

#[test]
fn an_outlet_that_shares_nothing_has_a_complete_file_and_the_rest_has_layers() {
    let mut outlets: BTreeMap<OutletId, Catalog> = chain().into_iter().take(20).collect();
    let bakso = Menu { name: "Bakso".to_owned(), menu_items: vec![item("BAKSO", 20_000)] };
    outlets.insert(OutletId("G1".into()), Catalog { menus: vec![bakso], ..Catalog::default() });
    let mut twice = common();
    twice.menus[1].menu_items.push(item("NG", 25_000));
    outlets.insert(OutletId("G2".into()), twice);
    // A file cannot remove a menu and keep a dish that it moves out of it.
    let mut moved = common();
    let drinks = moved.menus.remove(1);
    moved.menus[0].menu_items.extend(drinks.menu_items.into_iter().take(1));
    outlets.insert(OutletId("G3".into()), moved);
    let layered = layers(&imported(&outlets), "layers");
    let separate: Vec<String> = layered.separate.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    insta::assert_snapshot!(separate.join("\n"), @"
    G1: no other outlet sells most of its dishes
    G2: an id or a name stands twice in it, or a price is missing
    G3: layers cannot say its menu as it is live
    ");
    outlets.remove(&OutletId("G2".into()));
    let mut files = layered.clone();
    files.files.remove("G2.yaml");
    check(&files, &outlets).unwrap();
}

const DISHES: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// Dishes, price level, where the second menu begins, hours, and odd values: of which dish, and of what kind.
type Drawn = (Vec<&'static str>, usize, usize, Option<Hours>, Vec<(usize, u8)>);

/// Menus of a small chain: dishes of one list, some missing, with prices of a few levels and differences of any kind.
fn small_chain() -> impl Strategy<Value = BTreeMap<OutletId, Catalog>> {
    let dishes = subsequence(&DISHES[..], 3..=8).prop_shuffle();
    let dishes = prop_oneof![4 => subsequence(&DISHES[..], 5..=8), 1 => dishes];
    let hours = prop_oneof![
        3 => Just(None),
        1 => Just(Some(day(10, 22))),
        1 => Just(Some(day(7, 12))),
    ];
    let odd = vec((0_usize..8, 0_u8..7), 0..3);
    let outlet = (dishes, 0_usize..4, 1_usize..7, hours, odd);
    vec(outlet, 2..9).prop_map(|outlets| {
        let outlet = |(number, drawn): (usize, Drawn)| {
            let (dishes, level, split, hours, odd) = drawn;
            let price = |id: &str| {
                let base = 10_000 + 1500 * DISHES.iter().position(|dish| *dish == id).unwrap_or_default() as i64;
                match level {
                    0 => base,
                    1 => up_to_500(base, 10),
                    2 => base + 1000,
                    _ => base + if id < "C" { 700 } else { 0 },
                }
            };
            let mut items: Vec<Item> = dishes.iter().map(|id| item(id, price(id))).collect();
            for item in &mut items {
                item.operational_hours = Field::set_or_unsaid(hours.clone());
                item.description = Field::Set(format!("About {}", item.external_id));
                item.variant_category_external_ids = Field::Set(vec!["VC".into()]);
            }
            for (at, kind) in odd {
                let count = items.len();
                let odd = &mut items[at % count];
                match kind {
                    0 => odd.description = Field::Unsaid,
                    1 => odd.price = Field::Set(Price(4321)),
                    2 => odd.name = Field::Set("Other: name".to_owned()),
                    3 => odd.operational_hours = Field::Set(day(6, 9)),
                    4 => odd.variant_category_external_ids = Field::Unsaid,
                    5 => odd.external_id = ExternalId(format!("OWN-{number}")),
                    _ => odd.operational_hours = Field::Unsaid,
                }
            }
            let mut ids = BTreeSet::new();
            items.retain(|item| ids.insert(item.external_id.clone()));
            let variants = ["V0", "V1", "V2"].iter().take(1 + split % 3).enumerate().map(|(at, id)| Variant {
                external_id: (*id).into(),
                name: Field::Set((*id).to_owned()),
                price: Field::Set(Price(if level == 1 { 500 * at as i64 } else { 1000 * at as i64 })),
                ..Variant::default()
            });
            let mut variants: Vec<Variant> = variants.collect();
            if split == 5 {
                variants.reverse();
            }
            let category = VariantCategory {
                external_id: "VC".into(),
                name: Field::Set("Choice".to_owned()),
                min_quantity: Field::Set(u32::from(level == 2)),
                max_quantity: Field::Set(1),
                variants,
                ..VariantCategory::default()
            };
            let rest = items.split_off(split.min(items.len()));
            let menus = [("One", items), ("Two", rest)].into_iter().filter(|(_, items)| !items.is_empty());
            let mut menus: Vec<Menu> =
                menus.map(|(name, menu_items)| Menu { name: name.to_owned(), menu_items }).collect();
            if split == 6 {
                menus.reverse();
            }
            (
                OutletId(format!("G{number}")),
                Catalog { menus, variant_categories: vec![category], ..Catalog::default() },
            )
        };
        outlets.into_iter().enumerate().map(outlet).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_outlet_of_any_chain_keeps_its_menu(outlets in small_chain()) {
        let layered = layers(&imported(&outlets), "layers");
        check(&layered, &outlets)?;
    }
}
