//! Layering as people write it: small files in, catalog and diagnostics out.

#![allow(clippy::unwrap_used)]

mod additions;
mod attach;
mod dates;
mod files;
mod hours;
mod laws;
mod patches;
mod pricing;
mod promotions;
mod when;

use super::{Composed, Definitions, ImageFile, parse};
use crate::{
    catalog::{Catalog, Item},
    diagnostic::Diagnostic,
    document::SourceFile,
    policy::Policy,
};

/// The brand that most tests begin with.
const BRAND: &str = "\
menus:
  - name: Nasi
    menu_items:
      - {external_id: NG, name: Nasi Goreng, price: 25000, description: Pedas, variant_category_external_ids: [VC]}
      - {external_id: NU, name: Nasi Uduk, price: 20000}
  - name: Minuman
    menu_items:
      - {external_id: ES, name: Es Teh, price: 5000}
variant_categories:
  - external_id: VC
    name: Level
    rules: {selection: {min_quantity: 1, max_quantity: 1}}
    variants:
      - {external_id: LV-0, name: Tidak pedas, price: 0}
      - {external_id: LV-3, name: Pedas gila, price: 2000}
";

fn source(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

fn definitions(files: &[(&str, &str)]) -> Definitions {
    parse(&files.iter().map(|(path, text)| source(path, text)).collect::<Vec<_>>())
}

fn compose_at(files: &[(&str, &str)], at: &str) -> Composed {
    let images = |path: &str| match path.contains("missing") {
        true => ImageFile::Missing(format!("there is no file {path}")),
        false => ImageFile::Found { url: format!("https://img.test/{path}") },
    };
    definitions(files).compose(&"G1".into(), at.parse().unwrap(), &Policy::default(), &images)
}

fn compose(files: &[(&str, &str)]) -> Composed {
    compose_at(files, "2027-01-01T00:00:00Z")
}

/// The catalog of the brand, then `layers`, then an outlet that extends all of them; nothing may be wrong.
fn catalog(layers: &[&str]) -> Catalog {
    let composed = layered(layers);
    assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
    composed.catalog
}

/// The brand and `layers` over it, the last of which is the outlet's own file.
fn layered(layers: &[&str]) -> Composed {
    layered_at(layers, "2027-01-01T00:00:00Z")
}

fn layered_at(layers: &[&str], at: &str) -> Composed {
    let (own, others) = layers.split_last().unwrap();
    let mut files = vec![("catalogs/brand.yaml".to_owned(), BRAND.to_owned())];
    files.extend(others.iter().enumerate().map(|(i, text)| (format!("catalogs/l{}.yaml", i + 1), (*text).to_owned())));
    let extends: Vec<_> = files.iter().map(|(path, _)| path.trim_start_matches("catalogs/").to_owned()).collect();
    let own = if *own == "{}" { "" } else { own };
    let own = format!("{own}\noutlet: G1\nextends: [{}]\n", extends.join(", "));
    files.push(("catalogs/own.yaml".to_owned(), own));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    compose_at(&files, at)
}

/// `code file:line:column`, the file without its folder and ending.
fn declared(diagnostics: &[Diagnostic]) -> Vec<String> {
    let place = |d: &Diagnostic| d.place.as_ref().map(ToString::to_string).unwrap_or_default();
    let short = |text: String| text.replace("catalogs/", "").replace(".yaml", "");
    diagnostics.iter().map(|d| format!("{} {}", d.code, short(place(d)))).collect()
}

/// Menus and ids, such as `Nasi: NG NU | Minuman: ES`.
fn shape(catalog: &Catalog) -> String {
    let ids = |items: &[Item]| items.iter().map(|item| item.external_id.to_string()).collect::<Vec<_>>().join(" ");
    let menus = catalog.menus.iter().map(|menu| format!("{}: {}", menu.name, ids(&menu.menu_items)));
    menus.collect::<Vec<_>>().join(" | ")
}

fn item<'c>(catalog: &'c Catalog, id: &str) -> &'c Item {
    catalog.item(&id.into()).unwrap()
}

fn price(catalog: &Catalog, id: &str) -> i64 {
    item(catalog, id).price.value().unwrap().0
}
