//! Files that people copy, and mistakes that people make.

use std::{fs, path::Path};

use menusync::document::{Node, Scalar, Value as Read};
use serde_json::{Map, Value};

/// The kind, the name and the text of every definition and settings file of this project and its documentation.
pub(crate) fn all() -> Vec<(&'static str, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["catalogs", "src/cli/demo/menus"] {
        files(&root.join(folder), &mut found);
    }
    found.push(("settings", "menusync.yaml".into(), fs::read_to_string(root.join("menusync.yaml")).unwrap()));
    for document in ["README.md", "docs/write.md", "docs/promotions.md", "docs/editors.md"] {
        blocks(document, &fs::read_to_string(root.join(document)).unwrap(), &mut found);
    }
    found
}

fn files(folder: &Path, found: &mut Vec<(&'static str, String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(("layer", path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The `yaml` blocks of a document, except those that show a mistake.
fn blocks(document: &str, text: &str, found: &mut Vec<(&'static str, String, String)>) {
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(indentation) = line.strip_suffix("```yaml").filter(|before| before.trim().is_empty()) else {
            continue;
        };
        let block: Vec<_> = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```").collect();
        let block: String =
            block.iter().map(|line| format!("{}\n", line.strip_prefix(indentation).unwrap_or(line))).collect();
        let kind = if block.contains("target:") { "settings" } else { "layer" };
        if !block.contains("27.000") {
            found.push((kind, format!("{document}:{}", at + 2), block));
        }
    }
}

/// The value that a YAML 1.2 editor sees.
pub(crate) fn as_editors_read(node: &Node) -> Value {
    match &node.value {
        Read::Scalar(scalar) => resolved(scalar),
        Read::Sequence(nodes) => nodes.iter().map(as_editors_read).collect(),
        Read::Mapping(entries) => {
            Value::Object(entries.iter().map(|(k, n)| (k.text.to_string(), as_editors_read(n))).collect::<Map<_, _>>())
        }
    }
}

fn resolved(scalar: &Scalar) -> Value {
    match &*scalar.text {
        _ if scalar.is_null() => Value::Null,
        text if !scalar.plain => text.into(),
        "true" => true.into(),
        "false" => false.into(),
        text => text.parse::<i64>().map(Value::from).or(text.parse::<f64>().map(Value::from)).unwrap_or(text.into()),
    }
}

pub(crate) const WRONG_SETTINGS: &[&str] = &[
    "timezone: Asia/Jakarta",
    "target: staging",
    "targte: sandbox",
    "{target: sandbox, gobiz: {api_url: https://example.com}}",
    "target: custom",
    "{target: custom, gobiz: {api_url: https://example.com}}",
    "{target: custom, gobiz: {api_url: http://example.com, oauth_url: https://example.com}}",
    "{target: sandbox, jitter: 30}",
    "{target: sandbox, jitter: 30 s}",
    "{target: sandbox, gobiz: {timeout: 0s}}",
    "{target: sandbox, gobiz: {concurrency: 100}}",
    "{target: sandbox, gobiz: {requests_per_second: 0}}",
    "{target: sandbox, verify: {timeout: 10}}",
    "{target: sandbox, schedule: '*/15 * * *'}",
    "{target: sandbox, listen: 8717}",
    "{target: sandbox, listen: '127.0.0.1:87170'}",
    "{target: sandbox, guards: {deletes: 5}}",
    "{target: sandbox, guards: {deletes: [5, 20]}}",
    "{target: sandbox, guards: {price-change: 50}}",
    "{target: sandbox, guards: {sold-out: 150%}}",
    "{target: sandbox, guards: {decimal-slip: 5%}}",
    "{target: sandbox, drift: undo}",
    "{target: sandbox, promotions: on}",
    "{target: sandbox, ignore: [price]}",
    "{target: sandbox, ignore: image}",
    "{target: sandbox, windows: [{kind: deny, schedule: '0 11 * * *'}]}",
    "{target: sandbox, rules: {image-missing: no}}",
    "{target: sandbox, images: {base-url: https://example.com/}}",
];

pub(crate) const WRONG_LAYERS: &[&str] = &[
    "outlet: 916309315",
    "outlet: G916309315\nfrom: 2027-02-08",
    "outlet: G916309315\nwhen: {schedule: '0 16 * * *', duration: 2h}",
    "account: sari\nwhen: {schedule: '0 16 * * *', duration: 2h}",
    "when: daily",
    "when: {schedule: '0 16 * * *'}",
    "when: {schedule: '16:00', duration: 2h}",
    "when: {schedule: '0 16 * * *', duration: 2 hours}",
    "when: {schedule: '0 16 * * *', duration: 0h}",
    "when: {kind: allow, schedule: '0 16 * * *', duration: 2h}",
    "name: Kuta",
    "extend: [a.yaml]",
    "extends: a.yaml",
    "from: 8 Februari 2027",
    "from: 2027-02-08T00:00+07:00",
    "operational_hours: 10.00-22.00",
    "operational_hours: {daily: '10:00-25:00'}",
    "operational_hours: {senin: '10:00-22:00'}",
    "operational_hours: {monday: {start: '10:00', end: '22:00'}}",
    "operational_hours: {monday: [{start: '10:00'}]}",
    "operational_hours: {monday: tutup}",
    "menus: {name: Nasi}",
    "menus: [{menu_items: []}]",
    "menus: [{name: Nasi, items: []}]",
    "menus: [{name: Nasi, remove: true, rename: Lauk}]",
    "menus: [{name: Nasi, menu_items: [{name: Nasi Goreng, price: 25000}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, price: 25000}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25.500}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25.000}]}]",
    "items: {NG: {price: 25.000}}",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: '25000'}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25rb}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25000, in_stock: no}]}]",
    "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25000, desciption: x}]}]",
    "variant_categories: [{external_id: V, name: Pedas, variants: []}]",
    "variant_categories: [{external_id: V, name: Pedas, variants: [], rules: {min_quantity: 1, max_quantity: 1}}]",
    "variant_categories: [{external_id: V, name: P, variants: [], rules: {selection: {min_quantity: 1}}}]",
    "items: [{external_id: NG, price: 1000}]",
    "items: {NG: 27000}",
    "items: {NG: {price: null}}",
    "items: {NG: {price: 27,000}}",
    "items: {NG: {remove: true, price: 27000}}",
    "items: {NG: {remove: yes}}",
    "variants: {LV: {image: a.png}}",
    "pricing: {markup: 10%}",
    "pricing: [{markup: 10 persen}]",
    "pricing: [{markup: 10.125%}]",
    "pricing: [{markup: 10%, round: down}]",
    "pricing: [{markup: 10%, round_to: 0}]",
    "pricing: [{markup: 10%, menu: Minuman, ids: [A]}]",
    "guards: {deletes: [5]}",
];
