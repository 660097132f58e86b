//! How long it takes to read large files and whole fleets: `cargo bench --bench reading`. Measured numbers are in
//! `docs/performance.md`.
//!
//! `cargo bench --bench reading -- --write-root DIR OUTLETS ITEMS` writes the fleet to a directory, for measuring the program itself.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use divan::{Bencher, black_box, counter::BytesCount};
use jiff::Timestamp;
use menusync::{
    catalog::{Catalog, OutletId, live::LiveCatalog},
    definition,
    document::{self, SourceFile},
    fleet,
    plan::{self, Inputs, PeerPrices},
    policy::Policy,
    remote,
};
use tempfile::TempDir;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--write-root") {
        Some(at) => {
            let number = |at: usize| arguments[at].parse().unwrap();
            write_root(Path::new(&arguments[at + 1]), number(at + 2), number(at + 3));
        }
        None => divan::main(),
    }
}

fn source(text: String) -> SourceFile {
    SourceFile { path: "catalogs/a.yaml".into(), text: text.into() }
}

fn item(text: &mut String, number: usize) {
    writeln!(
        text,
        "      - external_id: ITEM-{number:06}\n        name: Nasi Goreng {number}\n        internal_name: NasGor {number}\n        \
         description: Nasi goreng dengan telur, acar dan kerupuk\n        price: {}\n        image: \
         https://img.example.com/{number}.jpg\n        variant_category_external_ids: [VC-PEDAS]",
        15_000 + number % 80 * 500
    )
    .unwrap();
}

/// A shared layer with that many items in menus of at most 50.
fn layer(items: usize) -> String {
    let mut text = "operational_hours: {daily: \"10:00-22:00\", friday: [\"10:00-11:30\", \"13:00-22:00\"]}\n\
                    variant_categories:\n  - external_id: VC-PEDAS\n    name: Level pedas\n    rules: {selection: {min_quantity: 1, \
                    max_quantity: 1}}\n    variants:\n      - {external_id: LV-0, name: Tidak pedas, price: 0}\n      - {external_id: \
                    LV-3, name: Pedas gila, price: 2000}\nmenus:\n"
        .to_owned();
    for number in 0..items {
        if number % 50 == 0 {
            writeln!(text, "  - name: Menu {}\n    menu_items:", number / 50).unwrap();
        }
        item(&mut text, number);
    }
    text
}

/// An outlet that extends the layer and says a little itself.
fn outlet(number: usize) -> String {
    format!(
        "outlet: G9{number:08}\nname: Outlet {number}\nextends: [layer.yaml]\nitems:\n  ITEM-000000: {{price: {}}}\n  ITEM-000001: \
         {{remove: true}}\nvariants:\n  LV-3: {{price: 2500}}\npricing:\n  - {{markup: 10%, round_to: 500, round: up, menu: Menu 0}}\n",
        20_000 + number
    )
}

fn write_root(root: &Path, outlets: usize, items: usize) {
    fs::create_dir_all(root.join("catalogs")).unwrap();
    fs::write(root.join("menusync.yaml"), "target: sandbox\n").unwrap();
    fs::write(root.join("catalogs/layer.yaml"), layer(items)).unwrap();
    for number in 0..outlets {
        fs::write(root.join(format!("catalogs/outlet-{number}.yaml")), outlet(number)).unwrap();
    }
}

fn root(outlets: usize, items: usize) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_root(folder.path(), outlets, items);
    folder
}

fn now() -> Timestamp {
    "2027-01-15T05:00:00Z".parse().unwrap()
}

#[divan::bench]
fn a_tree_of_8_mib(bencher: Bencher) {
    let mut text = layer(1);
    for number in 1.. {
        let before = text.len();
        item(&mut text, number);
        if text.len() > document::MAX_FILE_BYTES {
            text.truncate(before);
            break;
        }
    }
    let file = source(text);
    assert!(document::parse(&file).diagnostics.is_empty());
    bencher.counter(BytesCount::of_str(&file.text)).bench(|| document::parse(black_box(&file)));
}

#[divan::bench]
fn a_mapping_of_100_000_keys(bencher: Bencher) {
    let text: String = (0..100_000).map(|number| format!("key-{number}: {number}\n")).collect();
    let file = source(text);
    bencher.counter(BytesCount::of_str(&file.text)).bench(|| document::parse(black_box(&file)));
}

#[divan::bench]
fn a_mapping_of_100_000_unknown_keys_as_a_layer(bencher: Bencher) {
    let text: String = (0..100_000).map(|number| format!("key-{number}: {number}\n")).collect();
    let files = [source(text)];
    bencher.bench(|| definition::parse(black_box(&files)));
}

#[divan::bench]
fn one_key_200_000_times(bencher: Bencher) {
    let file = source("x-a: 1\n".repeat(200_000));
    bencher.bench(|| document::parse(black_box(&file)));
}

#[divan::bench]
fn an_alias_bomb(bencher: Bencher) {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (of, name) in ('a'..='y').zip('b'..='z') {
        writeln!(text, "{name}: &{name} [{}]", vec![format!("*{of}"); 10].join(", ")).unwrap();
    }
    let file = source(text);
    bencher.bench(|| document::parse(black_box(&file)));
}

#[divan::bench]
fn four_million_brackets(bencher: Bencher) {
    let file = source("[".repeat(4_000_000));
    bencher.bench(|| document::parse(black_box(&file)));
}

#[divan::bench(sample_count = 5)]
fn patches_of_20_000_unknown_ids_among_20_000_items(bencher: Bencher) {
    let mut text = format!("outlet: G1\n{}items:\n", layer(20_000));
    (0..20_000).for_each(|number| writeln!(text, "  ITEN-{number:06}: {{price: 1000}}").unwrap());
    let definitions = definition::parse(&[source(text)]);
    bencher.bench(|| compose(&definitions, "G1"));
}

/// References of 20,000 items to categories that do not exist, among 5,000 that do.
#[divan::bench(sample_count = 2, sample_size = 1)]
fn references_of_20_000_items_to_unknown_categories(bencher: Bencher) {
    let mut text = format!(
        "outlet: G1\n{}variant_categories:\n",
        layer(20_000).replace("VC-PEDAS]", "VC-000000X]").replace("variant_categories:", "x-v:")
    );
    for number in 0..5_000 {
        writeln!(text, "  - {{external_id: VC-{number:07}, name: V, rules: {{selection: {{min_quantity: 0, max_quantity: 1}}}}, variants: [{{external_id: V-{number}, name: A, price: 0}}]}}").unwrap();
    }
    let definitions = definition::parse(&[source(text)]);
    assert!(definitions.diagnostics.is_empty(), "{:?}", &definitions.diagnostics[0]);
    bencher.bench(|| {
        let composed = compose(&definitions, "G1");
        menusync::rules::check(&composed.catalog, &|path| composed.origins.place(path))
    });
}

/// As [`patches_of_20_000_unknown_ids_among_20_000_items`], but a layer of another time defines them.
#[divan::bench(sample_count = 2, sample_size = 1)]
fn patches_of_10_000_items_of_another_time(bencher: Bencher) {
    let dated = format!("from: 2031-01-01\n{}", layer(10_000));
    let mut text = "outlet: G1\nextends: [a.yaml]\nitems:\n".to_owned();
    (0..10_000).for_each(|number| writeln!(text, "  ITEM-{number:06}: {{price: 1000}}").unwrap());
    let outlet = SourceFile { path: "catalogs/b.yaml".into(), text: text.into() };
    let definitions = definition::parse(&[source(dated), outlet]);
    bencher.bench(|| compose(&definitions, "G1"));
}

fn compose(definitions: &definition::Definitions, outlet: &str) -> definition::Composed {
    let no_files = |_: &str| definition::ImageFile::Missing(String::new());
    definitions.compose(&OutletId(outlet.into()), now(), &Policy::default(), &no_files)
}

#[divan::bench(args = [(300, 40), (600, 40), (300, 80), (1, 300), (1, 3000)])]
fn load_a_fleet(bencher: Bencher, (outlets, items): (usize, usize)) {
    let root = root(outlets, items);
    bencher.bench(|| fleet::load(black_box(root.path())).unwrap());
}

#[divan::bench(args = [(300, 40), (600, 40), (300, 80), (1, 300), (1, 3000)])]
fn compose_and_judge_a_fleet(bencher: Bencher, (outlets, items): (usize, usize)) {
    let root = root(outlets, items);
    let loaded = fleet::load(root.path()).unwrap();
    assert!(loaded.survey(now()).diagnostics.iter().all(|diagnostic| !diagnostic.is_error()));
    bencher.bench(|| loaded.survey(black_box(now())));
}

#[divan::bench(args = [40, 300, 3000])]
fn plan_one_outlet(bencher: Bencher, items: usize) {
    let root = root(1, items);
    let loaded = fleet::load(root.path()).unwrap();
    let outlet = OutletId("G900000000".into());
    let desired = loaded.desired(&outlet, now()).unwrap();
    let (live, released, peers) = (live(&desired.catalog), BTreeSet::new(), PeerPrices::new());
    bencher.bench(|| {
        plan::plan(black_box(&Inputs {
            outlet: &outlet,
            desired: &desired.catalog,
            base: None,
            live: &live,
            policy: &desired.policy,
            revert: false,
            released: &released,
            peers: &peers,
            ended: &Default::default(),
            recurring: &Default::default(),
            low_prices: &Default::default(),
            past: &Default::default(),
            places: &*desired.places,
            stock_by_put: false,
        }))
    });
}

/// The catalog as the platform has it, each price Rp 500 lower.
fn live(catalog: &Catalog) -> LiveCatalog {
    let menus: Vec<_> = catalog.menus.iter().map(|menu| {
        let items = menu.menu_items.iter().enumerate().map(|(at, item)| {
            serde_json::json!({
                "id": format!("{}-{at}", menu.name), "external_id": item.external_id.as_str(), "name": item.name.value(),
                "price": item.price.value().map(|price| price.0 - 500), "in_stock": true, "variant_category_ids": ["vc"],
            })
        });
        let items: Vec<_> = items.collect();
        serde_json::json!({"name": menu.name, "menu_items": items})
    }).collect();
    let categories = serde_json::json!([{
        "id": "vc", "name": "Level pedas", "rules": {"selection": {"min_quantity": 1, "max_quantity": 1}},
        "variants": [{"id": "v0", "external_id": "LV-0", "name": "Tidak pedas", "price": 0, "in_stock": true}],
    }]);
    let body = serde_json::json!({"success": true, "data": {"menus": menus, "variant_categories": categories}});
    remote::read_body(body.to_string().as_bytes()).unwrap()
}
