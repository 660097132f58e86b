//! The catalog as it is read: UUIDs instead of external ids in references, no external id on categories, images at a
//! CDN, everything that was not written filled in, and everything arbitrary in an arbitrary order.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    settings::{MissingText, Settings},
    written::{Catalog, DAYS, Hours, Item, Range, Variant, VariantCategory},
};

/// Where images seem to live once the platform has fetched them.
pub(super) const CDN: &str = "https://gofood-cdn.sandbox.invalid/images/";

/// How many dishes the platform's own menu repeats.
const PROMO_ITEMS: usize = 2;

/// The whole answer to a GET as JSON text. `seed` decides every arbitrary order; the same seed gives the same text.
pub(super) fn encode_answer(catalog: &Catalog, settings: &Settings, seed: u64) -> String {
    let view = View { catalog, settings };
    let mut data = json!({ "variant_categories": view.render_categories(seed) });
    if !settings.omit_menus {
        data["menus"] = if settings.empty_read { json!([]) } else { view.render_menus(seed) };
    }
    if settings.unknown_fields {
        data["currency"] = json!("IDR");
    }
    if settings.odd_values {
        make_odd(&mut data);
    }
    let mut text = String::new();
    write_shuffled(&json!({ "success": true, "data": data }), seed, &mut text);
    text
}

struct View<'a> {
    catalog: &'a Catalog,
    settings: &'a Settings,
}

impl View<'_> {
    fn render_menus(&self, seed: u64) -> Value {
        let ids: HashMap<_, _> = (self.catalog.variant_categories.iter())
            .filter_map(|category| Some((category.external_id.as_ref()?, category.id.to_string())))
            .collect();
        let is_shown = |item: &&Item| !(self.settings.hide_inactive && item.active == Some(false));
        let shuffle = |list: &mut Vec<Value>| {
            if self.settings.shuffle_menus {
                list.sort_by_key(|thing| scramble(seed, thing["id"].as_str()));
            }
        };
        let mut menus: Vec<Value> = (self.catalog.menus.iter())
            .map(|menu| {
                let items = menu.menu_items.iter().filter(is_shown).map(|item| self.render_item(item, &ids));
                let mut items = items.collect();
                shuffle(&mut items);
                let mut read = json!({ "id": menu.id, "name": menu.name, "menu_items": items });
                self.add_unknown(&mut read, "layout", "grid");
                read
            })
            .collect();
        shuffle(&mut menus);
        if let Some(name) = &self.settings.promo_menu {
            let repeated =
                self.catalog.items().filter(is_shown).take(PROMO_ITEMS).map(|item| self.render_item(item, &ids));
            let id = Uuid::from_u64_pair(scramble(0, name), 0);
            menus.insert(0, json!({ "id": id, "name": name, "menu_items": repeated.collect::<Value>() }));
        }
        menus.into()
    }

    fn render_item(&self, item: &Item, categories: &HashMap<&String, String>) -> Value {
        let references: Vec<_> =
            item.variant_category_external_ids.iter().filter_map(|external_id| categories.get(external_id)).collect();
        let mut read = json!({
            "id": item.id,
            "name": item.name,
            "price": item.price.unwrap_or_default(),
            "in_stock": item.in_stock.unwrap_or(true),
            "operational_hours": render_hours(item.operational_hours.as_ref(), self.settings),
            "variant_category_ids": references,
        });
        let image = item.image.as_deref().map(cdn_address);
        self.set_text(&mut read, "external_id", item.external_id.as_deref());
        self.set_text(&mut read, "internal_name", item.internal_name.as_deref());
        let description = item.description.as_deref().map(|text| match self.settings.escape_html {
            true => escape_html(text),
            false => text.to_owned(),
        });
        self.set_text(&mut read, "description", description.as_deref());
        if self.settings.return_active {
            read["active"] = json!(item.active.unwrap_or(true));
        }
        self.add_unknown(&mut read, "tax_rate", 11);
        self.add_unknown(&mut read, "badge", "baru");
        if self.settings.return_image {
            self.set_text(&mut read, "image", image.as_deref());
        }
        self.spoil(&mut read);
        read
    }

    fn add_unknown(&self, read: &mut Value, key: &str, value: impl Into<Value>) {
        if self.settings.unknown_fields {
            read[key] = value.into();
        }
    }

    /// Makes values of a form that is none of theirs.
    fn spoil(&self, read: &mut Value) {
        for key in &self.settings.unreadable_fields {
            if let Some(value) = read.get_mut(key).filter(|value| !value.is_null()) {
                *value = json!({ "value": value.take() });
            }
        }
    }

    fn render_categories(&self, seed: u64) -> Value {
        if self.settings.empty_read {
            return json!([]);
        }
        let mut categories: Vec<_> = self.catalog.variant_categories.iter().collect();
        categories.sort_by_key(|category| scramble(seed, category.id));
        categories.into_iter().map(|category| self.render_category(category)).collect()
    }

    fn render_category(&self, category: &VariantCategory) -> Value {
        let selection = category.rules.clone().unwrap_or_default().selection;
        let mut read = json!({
            "id": category.id,
            "name": category.name,
            "internal_name": category.internal_name.as_ref().filter(|text| !text.is_empty()).or(category.name.as_ref()),
            "rules": { "selection": {
                "min_quantity": selection.min_quantity.unwrap_or(0),
                "max_quantity": selection.max_quantity.map_or(json!(category.variants.len()), Value::from),
            } },
            "variants": category.variants.iter().map(|variant| self.render_variant(variant)).collect::<Value>(),
        });
        if self.settings.return_category_external_id && !category.made_in_app {
            self.set_text(&mut read, "external_id", category.external_id.as_deref());
        }
        self.add_unknown(&mut read, "collapsed", true);
        self.spoil(&mut read);
        read
    }

    fn render_variant(&self, variant: &Variant) -> Value {
        let mut read = json!({
            "id": variant.id,
            "name": variant.name,
            "price": variant.price.unwrap_or_default(),
            "in_stock": variant.in_stock.unwrap_or(true),
        });
        self.set_text(&mut read, "external_id", variant.external_id.as_deref());
        self.add_unknown(&mut read, "calories", 100);
        self.spoil(&mut read);
        read
    }

    /// Sets `key` to `text`, or to what stands for a text that was never written.
    fn set_text(&self, read: &mut Value, key: &str, text: Option<&str>) {
        let value = match (text.filter(|text| !text.is_empty()), self.settings.missing_text) {
            (Some(text), _) => json!(text),
            (None, MissingText::Absent) => return,
            (None, MissingText::Empty) => json!(""),
            (None, MissingText::Null) => Value::Null,
            (None, MissingText::Mixed) if scramble(0, (key, read["id"].as_str())).is_multiple_of(2) => json!(""),
            (None, MissingText::Mixed) => Value::Null,
        };
        read[key] = value;
    }
}

/// All seven days: no hours at all are read as always, a missing day as closed.
fn render_hours(written: Option<&Hours>, settings: &Settings) -> Value {
    let always = vec![Range { start: "00:00".into(), end: "23:59".into() }];
    let days = DAYS.map(|day| {
        let missing = || if settings.missing_day_is_open { always.clone() } else { Vec::new() };
        let ranges = written.map_or_else(|| always.clone(), |hours| hours.get(day).cloned().unwrap_or_else(missing));
        (day, ranges)
    });
    json!(BTreeMap::from(days))
}

/// The address under which the platform shows a copy of the image; one of its own addresses stays as it is.
fn cdn_address(url: &str) -> String {
    if url.starts_with(CDN) {
        return url.into();
    }
    let digest = Sha256::digest(url);
    let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{CDN}{name}.jpg")
}

/// Values in another form that means the same (seen by integrators).
fn make_odd(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(make_odd),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match (key.as_str(), &*value) {
                    ("price", Value::Number(price)) => *value = json!(price.to_string()),
                    ("in_stock", Value::Bool(stock)) => *value = json!(u8::from(*stock)),
                    ("start" | "end", Value::String(time)) => *value = json!(format!("{time}:00")),
                    _ => make_odd(value),
                }
            }
        }
        _ => {}
    }
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A number that looks arbitrary and is the same for the same input.
fn scramble(seed: u64, key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, key).hash(&mut hasher);
    hasher.finish()
}

/// JSON with the keys of every object in an order that depends on `seed`: nobody may rely on one.
fn write_shuffled(value: &Value, seed: u64, out: &mut String) {
    match value {
        Value::Object(map) => write_object(map, seed, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_shuffled(item, seed.wrapping_add(index as u64), out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_object(map: &Map<String, Value>, seed: u64, out: &mut String) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| scramble(seed, key));
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        write_shuffled(value, seed, out);
    }
    out.push('}');
}
