//! Single values in words.

use super::*;
use crate::catalog::{FieldValue, ItemField};

#[test]
fn numbers_are_told_the_indonesian_way() {
    let told = |from: i64, to: i64| {
        let path = Path::item_field(&"NG".into(), ItemField::Price);
        let price = |rupiah| Some(FieldValue::Price(Price(rupiah)));
        words::set_words(&path, &price(from), &price(to), &|id| id.to_owned(), Lang::En)
    };
    for (from, to, expected) in [
        (25_000, 27_000, "Rp 25.000 → Rp 27.000 (+8 %)"),
        (1_250_000, 125_000, "Rp 1.250.000 → Rp 125.000 (-90 %)"),
        (0, 2_000, "Rp 0 → Rp 2.000"),
        (100_000, 100_100, "Rp 100.000 → Rp 100.100"),
        (-500, 500, "-Rp 500 → Rp 500 (+200 %)"),
        (i64::MIN, i64::MAX, "-Rp 9.223.372.036.854.775.808 → Rp 9.223.372.036.854.775.807 (+200 %)"),
    ] {
        assert_eq!(told(from, to), words::plain(expected));
    }
}

#[test]
fn hours_are_told_by_the_days_that_change() {
    let side = |hours: &Hours| Some(FieldValue::Hours(hours.clone()));
    let (old, mut new) = (daily(10, 22), daily(10, 22));
    new.day_mut(Day::Saturday).push(TimeRange { start: 23 * 60, end: 23 * 60 + 59 });
    let told = |from: &Hours, to: &Hours| hours::hours_words(&side(from), &side(to), Lang::En);
    assert_eq!(told(&old, &new), "Sat 10:00–22:00 → 10:00–22:00 + 23:00–23:59 (1 h more)");
    assert_eq!(told(&old, &Hours::all_week()), "daily 10:00–22:00 → all day (12 h more a day)");
    assert_eq!(told(&old, &daily(11, 21)), "daily 10:00–22:00 → 11:00–21:00 (2 h less a day)");
    assert_eq!(told(&old, &daily(11, 23)), "daily 10:00–22:00 → 11:00–23:00");
    assert_eq!(hours::hours_words(&None, &side(&old), Lang::En), "daily all day → 10:00–22:00 (12 h less a day)");
    assert_eq!(
        hours::hours_words(&side(&old), &None, Lang::En),
        "cleared, was daily 10:00–22:00: on sale all day, every day"
    );
}
