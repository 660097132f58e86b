//! The table, row by row.

use serde_json::{Value, json};

use super::*;
use crate::catalog::{CategoryField, ItemField, ReadAt, VariantField};

fn item(field: Option<ItemField>) -> Path {
    Path::Item("NG".into(), field)
}

fn category(field: Option<CategoryField>) -> Path {
    Path::Category("VC".into(), field)
}

fn variant(field: Option<VariantField>) -> Path {
    Path::Variant("LV".into(), field)
}

/// The same hours every day but on some, in the long form.
fn week(daily: &str, other: &[(Day, &str)]) -> Value {
    let ranges = |text: &str| match text.split_once('-') {
        Some((start, end)) => json!([{"start": start, "end": end}]),
        None => json!([]),
    };
    let of = |day: Day| other.iter().find(|(known, _)| *known == day).map_or(daily, |(_, text)| text);
    Day::ALL.into_iter().map(|day| (day.key().to_owned(), ranges(of(day)))).collect()
}

/// Only `WAJIB` has to be chosen.
fn judge(kind: Kind, path: Path, from: Value, to: Value) -> Risk {
    let [from, to] = [from, to].map(|side| Option::read_at(&path, side).unwrap());
    risk(&Step { kind, path: &path, from: from.as_ref(), to: to.as_ref() }, &|id| id == "WAJIB")
}

#[test]
fn what_comes_and_goes() {
    let menu = || Path::Menu("Nasi".to_owned());
    for (path, thing) in [
        (menu(), json!("Nasi")),
        (item(None), json!({"name": "Nasi Goreng", "price": 25000})),
        (category(None), json!({"name": "Level pedas", "min_quantity": 1})),
        (variant(None), json!({"name": "Keju", "price": 3000})),
    ] {
        assert_eq!(judge(Kind::Remove, path.clone(), thing.clone(), Value::Null), Risk::Danger, "{path}");
        assert_eq!(judge(Kind::Add, path.clone(), Value::Null, thing), Risk::Visible, "{path}");
        assert_eq!(judge(Kind::Move, path.clone(), json!({"after": null}), json!({"after": "X"})), Risk::Visible);
    }
    assert_eq!(judge(Kind::Move, item(Some(ItemField::Menu)), json!("Nasi"), json!("Takjil")), Risk::Visible);
    assert_eq!(judge(Kind::Move, variant(Some(VariantField::Category)), json!("A"), json!("B")), Risk::Visible);
}

#[test]
fn fields() {
    use {CategoryField as C, ItemField as I, Risk::*, VariantField as V};
    let whole_day = || week("10:00-22:00", &[]);
    let table = [
        (item(Some(I::Name)), json!("Nasi Goreng"), json!("Nasi Gila"), Visible),
        (item(Some(I::Name)), json!("Nasi  Goreng "), json!("Nasi Goreng"), Cosmetic),
        (item(Some(I::Description)), json!("Caf\u{e9}"), json!("Cafe\u{301}"), Cosmetic),
        (item(Some(I::Description)), json!("pedas"), Value::Null, Visible),
        (item(Some(I::Description)), json!("pedas"), json!("Pedas"), Visible),
        (item(Some(I::InternalName)), json!("A"), json!("B"), Cosmetic),
        (item(Some(I::Price)), json!(25000), json!(27000), Money),
        (item(Some(I::Price)), json!(27000), json!(25000), Money),
        (item(Some(I::Image)), json!("https://a/1.png"), json!("https://a/2.png"), Visible),
        (item(Some(I::InStock)), json!(true), json!(false), Danger),
        (item(Some(I::InStock)), json!(false), json!(true), Visible),
        (item(Some(I::ExternalId)), Value::Null, json!("NG"), Cosmetic),
        (item(Some(I::ExternalId)), json!("NG"), Value::Null, Danger),
        (item(Some(I::ExternalId)), json!("NG"), json!("XX"), Danger),
        (item(Some(I::OperationalHours)), whole_day(), week("11:00-21:00", &[]), Danger),
        (item(Some(I::OperationalHours)), whole_day(), week("11:00-23:00", &[]), Visible),
        (item(Some(I::OperationalHours)), whole_day(), week("08:00-23:00", &[(Day::Monday, "closed")]), Danger),
        (
            item(Some(I::OperationalHours)),
            week("10:00-22:00", &[(Day::Monday, "closed")]),
            week("09:00-22:00", &[(Day::Monday, "closed")]),
            Visible,
        ),
        (item(Some(I::OperationalHours)), whole_day(), Value::Null, Visible),
        (item(Some(I::OperationalHours)), Value::Null, whole_day(), Danger),
        (item(Some(I::OperationalHours)), Value::Null, week("00:00-23:59", &[]), Visible),
        (item(Some(I::VariantCategories)), json!(["A"]), json!(["A", "B"]), Visible),
        (item(Some(I::VariantCategories)), json!(["A"]), json!(["A", "WAJIB"]), Danger),
        (item(Some(I::VariantCategories)), json!(["A", "B"]), json!(["B"]), Danger),
        (item(Some(I::VariantCategories)), json!(["A", "WAJIB"]), json!(["WAJIB", "A"]), Visible),
        (item(Some(I::VariantCategories)), Value::Null, json!(["WAJIB"]), Danger),
        (category(Some(C::Name)), json!("Level"), json!("Pedas"), Visible),
        (category(Some(C::InternalName)), json!("A"), json!("B"), Cosmetic),
        (category(Some(C::MinQuantity)), json!(0), json!(1), Danger),
        (category(Some(C::MinQuantity)), Value::Null, json!(1), Danger),
        (category(Some(C::MinQuantity)), json!(1), json!(2), Danger),
        (category(Some(C::MinQuantity)), json!(2), json!(0), Visible),
        (category(Some(C::MinQuantity)), Value::Null, json!(0), Visible),
        (category(Some(C::MaxQuantity)), json!(3), json!(1), Visible),
        (variant(Some(V::ExternalId)), json!("LV"), Value::Null, Danger),
        (variant(Some(V::Name)), json!("Pedas"), json!("Gila"), Visible),
        (variant(Some(V::Price)), json!(0), json!(2000), Money),
        (variant(Some(V::InStock)), json!(true), json!(false), Danger),
    ];
    for (path, from, to, expected) in table {
        assert_eq!(judge(Kind::Set, path.clone(), from.clone(), to.clone()), expected, "{path}: {from} → {to}");
    }
}

#[test]
fn risks_are_ordered_from_the_worst_and_named_as_in_json() {
    assert!(Risk::ALL.is_sorted());
    for risk in Risk::ALL {
        assert_eq!(json!(risk), json!(risk.word()));
    }
}
