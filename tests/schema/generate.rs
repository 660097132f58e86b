//! Values that a schema describes, for the keywords that ours use. Conditions (`if`, `not`, `dependent…`) are left to a
//! validator, which throws away what does not fit.

use std::collections::BTreeSet;

use proptest::{collection, prelude::*, sample, strategy::Union, string::string_regex};
use serde_json::{Map, Value};

/// Documents as `schema` describes them, nearly always accepted by it.
pub(crate) fn document(schema: &Value) -> BoxedStrategy<Value> {
    value(schema, schema)
}

fn resolve<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let Some(pointer) = schema.get("$ref").and_then(Value::as_str) else { return schema };
    root.pointer(pointer.trim_start_matches('#')).unwrap_or_else(|| panic!("no {pointer}"))
}

fn value(schema: &Value, root: &Value) -> BoxedStrategy<Value> {
    let schema = resolve(schema, root);
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return sample::select(words.clone()).boxed();
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        return Union::new(choices.iter().map(|choice| value(choice, root))).boxed();
    }
    match schema.get("type") {
        Some(Value::String(name)) => of_type(name, schema, root),
        Some(Value::Array(names)) => {
            Union::new(names.iter().map(|name| of_type(name.as_str().unwrap(), schema, root))).boxed()
        }
        _ => anything(),
    }
}

fn anything() -> BoxedStrategy<Value> {
    let scalar =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i32>().prop_map(Value::from)];
    prop_oneof![scalar.clone(), collection::vec(scalar, 0..3).prop_map(Value::from)].boxed()
}

fn of_type(name: &str, schema: &Value, root: &Value) -> BoxedStrategy<Value> {
    let limit = |key: &str, default: i64| schema.get(key).and_then(Value::as_i64).unwrap_or(default);
    match name {
        "null" => Just(Value::Null).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => (limit("minimum", -1_000)..=limit("maximum", 1_000_000)).prop_map(Value::from).boxed(),
        "number" => (1..1_000_000_i32).prop_map(|n| Value::from(f64::from(n) / 8.0)).boxed(),
        "string" => text(schema).prop_map(Value::from).boxed(),
        "array" => list(schema, root),
        "object" => object(schema, root),
        other => panic!("the type {other}"),
    }
}

fn text(schema: &Value) -> BoxedStrategy<String> {
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else {
        return prop_oneof!["[ -~]{1,20}", "\\PC{1,20}", "[0-9]{1,8}", "no|on|~|null|0x1F|1_000|25\\.000"].boxed();
    };
    let open = |anchored: bool| if anchored { "" } else { "[ -~]{0,5}" };
    let inner = without_anchors(pattern);
    let whole = format!("{}{inner}{}", open(pattern.starts_with('^')), open(pattern.ends_with('$')));
    // Ids of any length are allowed; short ones make better examples.
    string_regex(&whole.replace(")]+", "]{1,12}")).unwrap().boxed()
}

fn without_anchors(pattern: &str) -> &str {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    pattern.strip_suffix('$').unwrap_or(pattern)
}

fn list(schema: &Value, root: &Value) -> BoxedStrategy<Value> {
    if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
        let items: Vec<_> = items.iter().map(|item| value(item, root)).collect();
        return items.prop_map(Value::from).boxed();
    }
    collection::vec(value(&schema["items"], root), 0..3).prop_map(Value::from).boxed()
}

fn object(schema: &Value, root: &Value) -> BoxedStrategy<Value> {
    let required: BTreeSet<&str> = schema.get("required").into_iter().flat_map(texts).collect();
    let mut entries = Vec::new();
    for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let present = value(property, root).prop_map({
            let key = key.clone();
            move |value| (key.clone(), value)
        });
        let is_required = required.contains(key.as_str());
        entries.push(if is_required { present.prop_map(Some).boxed() } else { sometimes(0.3, present.boxed()) });
    }
    entries.push(sometimes(0.1, anything().prop_map(|note| ("x-note".to_owned(), note)).boxed()));
    let free = free_entries(schema, root);
    (entries, free)
        .prop_map(|(entries, free)| Value::Object(entries.into_iter().flatten().chain(free).collect::<Map<_, _>>()))
        .boxed()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn sometimes(share: f64, entry: BoxedStrategy<(String, Value)>) -> BoxedStrategy<Option<(String, Value)>> {
    proptest::option::weighted(share, entry).boxed()
}

/// Entries whose keys are ids.
fn free_entries(schema: &Value, root: &Value) -> BoxedStrategy<Vec<(String, Value)>> {
    let mut kinds = Vec::new();
    for (pattern, property) in schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten() {
        if pattern != "^x-" {
            let key = string_regex(without_anchors(pattern)).unwrap();
            kinds.push((key, value(property, root)).boxed());
        }
    }
    if let Some(property) = schema.get("additionalProperties").filter(|property| property.is_object()) {
        kinds.push((string_regex("[A-Z0-9][A-Za-z0-9_-]{0,8}").unwrap(), value(property, root)).boxed());
    }
    if kinds.is_empty() {
        return Just(Vec::new()).boxed();
    }
    collection::vec(Union::new(kinds), 0..3).boxed()
}

/// All objects that describe properties, anywhere in the schema.
fn property_maps<'s>(schema: &'s Value, found: &mut Vec<&'s Map<String, Value>>) {
    let parts = ["$defs", "properties", "patternProperties"];
    for map in parts.iter().filter_map(|part| schema.get(part)?.as_object()) {
        map.values().for_each(|inner| property_maps(inner, found));
    }
    found.extend(schema.get("properties").and_then(Value::as_object));
    for inner in ["items", "additionalProperties"].iter().filter_map(|part| schema.get(part)) {
        property_maps(inner, found);
    }
    for inner in ["anyOf", "prefixItems"].iter().filter_map(|part| schema.get(part)?.as_array()).flatten() {
        property_maps(inner, found);
    }
}

/// All keys that the schema names.
pub(crate) fn keys(schema: &Value) -> BTreeSet<String> {
    let mut maps = Vec::new();
    property_maps(schema, &mut maps);
    maps.into_iter().flat_map(|map| map.keys().cloned()).collect()
}

/// Keys that neither they nor what they refer to describe.
pub(crate) fn keys_without_description(schema: &Value) -> BTreeSet<String> {
    let mut maps = Vec::new();
    property_maps(schema, &mut maps);
    let bare = maps.into_iter().flatten().filter(|(_, property)| {
        property.get("description").is_none() && resolve(property, schema).get("description").is_none()
    });
    bare.map(|(key, _)| key.clone()).collect()
}

/// Takes the keys that a value uses out of `unseen`.
pub(crate) fn forget_keys_of(value: &Value, unseen: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| forget_keys_of(value, unseen)),
        Value::Object(entries) => {
            for (key, value) in entries {
                unseen.remove(key);
                forget_keys_of(value, unseen);
            }
        }
        _ => {}
    }
}
