//! Where the schema of definitions has an id, an editor is told what it names.

use menusync::symbols::{Segment, named_at};
use serde_json::Value;

/// Calls `found` with every way to a value that is an id.
fn ids(schema: &Value, part: &Value, path: &mut Vec<Segment>, found: &mut dyn FnMut(&[Segment])) {
    if path.len() > 8 {
        return;
    }
    match part["$ref"].as_str() {
        Some("#/$defs/id") => found(path),
        Some(reference) => ids(schema, schema.pointer(&reference[1..]).unwrap(), path, found),
        None => {}
    }
    for choice in ["anyOf", "allOf"].iter().filter_map(|key| part[key].as_array()).flatten() {
        ids(schema, choice, path, found);
    }
    let named = part["properties"].as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    let free = part["additionalProperties"].is_object().then(|| ("any", &part["additionalProperties"]));
    for (key, value) in named.chain(free) {
        path.push(Segment::Key(key.to_owned()));
        ids(schema, value, path, found);
        path.pop();
    }
    if part["items"].is_object() {
        path.push(Segment::Entry);
        ids(schema, &part["items"], path, found);
        path.pop();
    }
}

#[test]
fn every_id_of_the_schema_names_something_to_an_editor() {
    let schema = crate::schema("layer");
    let (mut count, mut unnamed) = (0, Vec::new());
    ids(&schema, &schema, &mut Vec::new(), &mut |path| {
        count += 1;
        if named_at(path, false).is_none() {
            unnamed.push(path.to_vec());
        }
    });
    assert!(count > 7 && unnamed.is_empty(), "{count}: {unnamed:#?}");
}
