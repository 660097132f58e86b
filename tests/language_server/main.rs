//! `menusync language-server` as an editor meets it: the real binary, messages over its stdin and stdout.
#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "../support/clock.rs"]
mod clock;
mod editor;
mod ending;
mod help;
mod lost;
mod rename;
mod typing;

use serde_json::{Value, json};

const SETTINGS: (&str, &str) =
    ("menusync.yaml", "target: sandbox\nrules: {image-missing: off, description-missing: off}\n");
const BASE: (&str, &str) = (
    "catalogs/base.yaml",
    "\
menus:
  - name: Nasi 🍛
    menu_items:
      - external_id: NG
        name: Nasi Goreng 🍳
        price: 25000
        variant_category_external_ids: [VC-PEDAS]
  - name: Minuman
    menu_items:
      - {external_id: ES-TEH, name: Es Teh, price: 5000}
      - {external_id: ES-JERUK, name: Es Jeruk, price: 7000}
variant_categories:
  - external_id: VC-PEDAS
    name: Pedas
    rules: {selection: {min_quantity: 0, max_quantity: 1}}
    variants:
      - {external_id: LV-1, name: Sedang, price: 0}
",
);
const KUTA: (&str, &str) =
    ("catalogs/kuta.yaml", "outlet: G1\nname: Kuta\nextends: [base.yaml]\nitems:\n  NG: {price: 27000}\n");
const KEMANG: (&str, &str) = ("catalogs/kemang.yaml", "outlet: G2\nname: Kemang\nextends: [base.yaml]\n");
const FILES: [(&str, &str); 4] = [SETTINGS, BASE, KUTA, KEMANG];

/// A change of a stretch of one line.
fn stretch(line: u32, from: u32, to: u32, text: &str) -> Value {
    let at = |character| json!({"line": line, "character": character});
    json!([{"range": {"start": at(from), "end": at(to)}, "text": text}])
}
