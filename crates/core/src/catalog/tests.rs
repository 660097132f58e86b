//! The table of fields, and values that are stored and read back.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

/// A value of each kind, none of them empty.
fn sample(kind: FieldKind) -> FieldValue {
    match kind {
        FieldKind::Id | FieldKind::Text | FieldKind::Address => FieldValue::Text("teks".to_owned()),
        FieldKind::Holder => FieldValue::Names(vec!["a".to_owned(), "b".to_owned()]),
        FieldKind::Price => FieldValue::Price(Price(25_000)),
        FieldKind::Least | FieldKind::Most | FieldKind::Number => FieldValue::Number(3),
        FieldKind::Stock => FieldValue::Flag(false),
        FieldKind::Hours => FieldValue::Hours(Hours::new(std::array::from_fn(|_| vec![]))),
        FieldKind::Choices => FieldValue::Ids(vec!["a".into()]),
    }
}

fn check_rows<T: HasPath + std::fmt::Debug>() {
    let id = ExternalId::from("X");
    let mut keys = BTreeSet::new();
    for spec in T::FIELDS {
        let path = T::path(&id, Some(spec.field));
        assert!(keys.insert(spec.info.key), "{path} has two rows");
        assert_eq!(path.info().map(|info| info.key), Some(spec.info.key));
        let value = sample(spec.info.kind);
        assert_eq!(Option::read_at(&path, json!(value)), Some(Some(value.clone())), "{path}");
        let Some(member) = &spec.member else { continue };
        let mut thing = T::with_id(&id);
        (member.set)(&mut thing, Field::Set(value.clone()));
        assert_eq!((member.get)(&thing), Field::Set(value.clone()), "{path} has another type than its row says");
        assert_eq!(thing.fields(), BTreeMap::from([(spec.info.key, Some(value))]));
        assert_eq!(T::from_fields(&id, &thing.fields()), thing);
    }
}

#[test]
fn every_row_reads_and_writes_the_member_that_it_names() {
    check_rows::<Item>();
    check_rows::<VariantCategory>();
    check_rows::<Variant>();
}

fn any_value(path: &Path) -> BoxedStrategy<Option<FieldValue>> {
    let ids = || prop::collection::vec("\\PC{0,3}", 0..3);
    let range = (0..1_440u16, 0..1_440u16).prop_map(|(start, end)| TimeRange { start, end });
    let hours = prop::collection::vec(prop::collection::vec(range, 0..3), 7).prop_map(|days| {
        let mut hours = Hours::default();
        Day::ALL.into_iter().zip(days).for_each(|(day, ranges)| *hours.day_mut(day) = ranges);
        hours.sort();
        FieldValue::Hours(hours)
    });
    let value = match path.info().map(|info| info.kind) {
        Some(FieldKind::Id | FieldKind::Text | FieldKind::Address) => "\\PC*".prop_map(FieldValue::Text).boxed(),
        Some(FieldKind::Holder) => ids().prop_map(|names| FieldValue::Names(names).flatten_name()).boxed(),
        Some(FieldKind::Price) => any::<i64>().prop_map(|price| FieldValue::Price(Price(price))).boxed(),
        Some(FieldKind::Least | FieldKind::Most | FieldKind::Number) => {
            any::<u32>().prop_map(FieldValue::Number).boxed()
        }
        Some(FieldKind::Stock) => any::<bool>().prop_map(FieldValue::Flag).boxed(),
        Some(FieldKind::Hours) => hours.boxed(),
        Some(FieldKind::Choices) => {
            ids().prop_map(|ids| FieldValue::Ids(ids.into_iter().map(ExternalId).collect())).boxed()
        }
        None => prop::option::of("\\PC{0,3}").prop_map(FieldValue::After).boxed(),
    };
    prop::option::of(value).boxed()
}

fn any_path() -> impl Strategy<Value = Path> {
    let id = ExternalId::from("A/B");
    let items = ItemField::ALL.iter().map(|field| Path::item_field(&id, *field));
    let categories = CategoryField::ALL.iter().map(|field| Path::category_field(&id, *field));
    let variants = VariantField::ALL.iter().map(|field| Path::variant_field(&id, *field));
    let whole = [Path::Menu("M".to_owned()), Path::item(&id), Path::category(&id), Path::variant(&id)];
    let all: Vec<Path> = items.chain(categories).chain(variants).chain(whole).collect();
    prop::sample::select(all)
}

proptest! {
    #[test]
    fn a_value_is_read_back_from_its_json((path, value) in any_path().prop_flat_map(|p| (Just(p.clone()), any_value(&p)))) {
        prop_assert_eq!(Option::read_at(&path, json!(value)), Some(value));
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    #[serde(deserialize_with = "known_entries")]
    values: BTreeMap<Path, Option<FieldValue>>,
    #[serde(deserialize_with = "known_paths")]
    paths: BTreeSet<Path>,
}

#[test]
fn what_another_release_stored_does_not_take_the_rest_along() {
    let path = |text: &str| text.parse::<Path>().unwrap();
    let stored: Stored = serde_json::from_value(json!({
        "values": {
            "items/NG/price": 25_000,
            "items/NG/name": null,
            "items/NG/stars": 5,
            "items/NG/in_stock": "maybe",
            "categories/VC": {"name": "Level", "colour": "red", "variants": [{"external_id": "L", "price": 0}]},
            "shelves/1": true,
        },
        "paths": ["items/NG/price", "items/NG/stars"],
    }))
    .unwrap();
    let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
    let variant = Fields::from([("external_id", text("L")), ("price", Some(FieldValue::Price(Price(0))))]);
    let category = Fields::from([("name", text("Level")), ("variants", Some(FieldValue::Things(vec![variant])))]);
    let known = [
        (path("items/NG/price"), Some(FieldValue::Price(Price(25_000)))),
        (path("items/NG/name"), None),
        (path("categories/VC"), Some(FieldValue::Thing(category))),
    ];
    assert_eq!(stored.values, known.into());
    assert_eq!(stored.paths, [path("items/NG/price")].into());
    assert_eq!(serde_json::from_value::<Stored>(json!(stored)).unwrap(), stored);
}
