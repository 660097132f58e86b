//! The least that somebody who compares a fleet's files with GoFood has to do, to measure against: fetch the answer, read
//! both by serde, compare; no rules, no places, no plan. Which data: `tests/perf/fleet.py`.
//!
//! `cargo bench --bench lower_bound -- DIR [PORT]`

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::{collections::HashMap, path::Path};

use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
struct Menu {
    name: String,
    menu_items: Vec<Item>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Item {
    external_id: String,
    name: String,
    description: String,
    price: i64,
    image: String,
    operational_hours: HashMap<String, Vec<Span>>,
    #[serde(default)]
    variant_category_external_ids: Vec<String>,
    #[serde(default)]
    variant_category_ids: Vec<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Span {
    start: String,
    end: String,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Category {
    #[serde(default)]
    id: String,
    external_id: String,
    name: String,
    rules: Rules,
    variants: Vec<Variant>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Rules {
    selection: Selection,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Selection {
    min_quantity: i64,
    max_quantity: i64,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Variant {
    external_id: String,
    name: String,
    price: i64,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Catalog {
    menus: Vec<Menu>,
    variant_categories: Vec<Category>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Catalog,
}

/// The answer in the form of the files.
fn shown(body: &[u8]) -> Catalog {
    let Answer { mut data } = serde_json::from_slice(body).unwrap();
    let ids: HashMap<String, String> = data
        .variant_categories
        .iter_mut()
        .map(|category| (std::mem::take(&mut category.id), category.external_id.clone()))
        .collect();
    for item in data.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        let own = std::mem::take(&mut item.variant_category_ids);
        item.variant_category_external_ids = own.iter().map(|id| ids[id].clone()).collect();
    }
    data
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    menusync::remote::install_crypto();
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(root) = arguments.first() else { return println!("usage: lower_bound DIR [PORT]") };
    let port = arguments.get(1).map_or("8719", String::as_str);
    let mut files: Vec<_> =
        Path::new(root).join("root/catalogs").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = reqwest::Client::new();
    let mut differing = 0;
    for file in &files {
        let outlet = file.file_stem().unwrap().to_str().unwrap();
        let address = format!("http://127.0.0.1:{port}/integrations/gofood/outlets/{outlet}/v2/catalog");
        let body = runtime.block_on(async { client.get(address).send().await.unwrap().bytes().await.unwrap() });
        let wanted: Catalog = yaml_serde::from_slice(&std::fs::read(file).unwrap()).unwrap();
        differing += usize::from(shown(&body) != wanted);
    }
    println!("{} outlets, {differing} differ", files.len());
}
