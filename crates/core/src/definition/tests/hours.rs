//! `operational_hours`: forms, levels, merging by day.

use super::*;
use crate::catalog::{Day, Field, ItemField, Path};

/// The week of an item, such as `sun 10:00-22:00, mon, …`; runs of equal days are not joined.
fn week(catalog: &Catalog, id: &str) -> Vec<String> {
    let Field::Set(hours) = &item(catalog, id).operational_hours else { return Vec::new() };
    let day = |day: &Day| hours.day(*day).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    Day::ALL.iter().map(day).collect()
}

fn daily(range: &str) -> Vec<String> {
    vec![range.to_owned(); 7]
}

#[test]
fn hours_stand_on_a_file_a_menu_or_an_item_and_the_nearest_wins() {
    let file = "operational_hours: {daily: 08:00-20:00}\n";
    let menu = "menus: [{name: Nasi, operational_hours: {daily: 09:00-21:00}}]\n";
    let own = "items: {NG: {operational_hours: {daily: 10:00-22:00}}}\n";
    let catalog = catalog(&[&format!("{file}{menu}{own}")]);
    assert_eq!(week(&catalog, "NG"), daily("10:00-22:00"));
    assert_eq!(week(&catalog, "NU"), daily("09:00-21:00"));
    assert_eq!(week(&catalog, "ES"), daily("08:00-20:00"));
}

#[test]
fn an_item_wins_over_a_later_file() {
    let catalog = catalog(&[
        "items: {NG: {operational_hours: {daily: 10:00-22:00}}}",
        "operational_hours: {daily: 08:00-20:00}",
        "menus: [{name: Nasi, operational_hours: {daily: 09:00-21:00}}]",
    ]);
    assert_eq!(week(&catalog, "NG"), daily("10:00-22:00"));
    assert_eq!(week(&catalog, "NU"), daily("09:00-21:00"));
}

#[test]
fn on_one_level_the_later_layer_wins_day_by_day() {
    let catalog = catalog(&[
        "operational_hours: {daily: 08:00-20:00, monday: closed}",
        "operational_hours: {friday: [13:00-17:00, 18:00-22:00]}",
    ]);
    let week = week(&catalog, "NG");
    assert_eq!(week[0], "08:00-20:00");
    assert_eq!(week[1], "");
    assert_eq!(week[5], "13:00-17:00 18:00-22:00");
}

#[test]
fn levels_merge_day_by_day() {
    let text = "operational_hours: {daily: 08:00-20:00}\nitems: {NG: {operational_hours: {friday: 13:00-22:00}}}";
    let week = week(&catalog(&[text]), "NG");
    assert_eq!((week[4].as_str(), week[5].as_str()), ("08:00-20:00", "13:00-22:00"));
}

#[test]
fn patches_merge_by_day_and_null_takes_back() {
    let base = "items: {NG: {operational_hours: {daily: 10:00-22:00}}}";
    let one_day = catalog(&[base, "items: {NG: {operational_hours: {monday: closed}}}"]);
    assert_eq!(week(&one_day, "NG")[..2], ["10:00-22:00", ""]);
    let cleared = catalog(&[base, "operational_hours: {daily: 08:00-20:00}", "items: {NG: {operational_hours: null}}"]);
    assert_eq!(item(&cleared, "NG").operational_hours, Field::Null);
    let fallback =
        catalog(&[base, "operational_hours: {daily: 08:00-20:00}", "items: {NG: {operational_hours: {monday: null}}}"]);
    assert_eq!(week(&fallback, "NG")[..2], ["10:00-22:00", "08:00-20:00"]);
}

#[test]
fn an_item_without_any_hours_says_nothing() {
    assert!(item(&catalog(&["{}"]), "NG").operational_hours.is_unsaid());
}

#[test]
fn both_forms_say_the_same() {
    let long = "[{start: \"10:00\", end: \"14:00\"}, {start: \"17:00\", end: \"22:00\"}]";
    for form in [long, "[10:00-14:00, 17:00-22:00]", "[\"17:00-22:00\", {start: 10:00, end: 14:00}]"] {
        let catalog = catalog(&[&format!("operational_hours: {{daily: {form}}}")]);
        assert_eq!(week(&catalog, "NG"), daily("10:00-14:00 17:00-22:00"), "{form}");
    }
    for all_week in ["10:00-14:00", "[10:00-14:00]", "{daily: 10:00-14:00}"] {
        let catalog = catalog(&[&format!("operational_hours: {all_week}")]);
        assert_eq!(week(&catalog, "NG"), daily("10:00-14:00"), "{all_week}");
    }
    assert_eq!(week(&catalog(&["operational_hours: closed"]), "NG"), daily(""));
}

#[test]
fn a_single_day_wins_over_daily_wherever_it_stands() {
    for text in ["{monday: closed, daily: 10:00-14:00}", "{daily: 10:00-14:00, monday: closed}"] {
        let catalog = catalog(&[&format!("operational_hours: {text}")]);
        assert_eq!(week(&catalog, "NG")[..2], ["10:00-14:00", ""]);
    }
}

#[test]
fn a_short_range_may_cross_midnight_and_is_split() {
    let catalog = catalog(&["operational_hours: {daily: closed, friday: 22:00-02:00, saturday: 17:00-03:00}"]);
    let week = week(&catalog, "NG");
    assert_eq!(week[5], "22:00-23:59");
    assert_eq!(week[6], "00:00-02:00 17:00-23:59");
    assert_eq!(week[0], "00:00-03:00");
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let catalog = catalog(&["operational_hours: {daily: 17:00-02:00}", "operational_hours: {friday: closed}"]);
    let week = week(&catalog, "NG");
    assert_eq!(week[4], "00:00-02:00 17:00-23:59");
    assert_eq!(week[5], "00:00-02:00");
    assert_eq!(week[6], "17:00-23:59");
}

#[test]
fn midnight_as_the_end_of_a_short_range_is_the_last_minute() {
    for text in ["10:00-24:00", "10:00-00:00", "10:00-23:59"] {
        assert_eq!(week(&catalog(&[&format!("operational_hours: {text}")]), "NG"), daily("10:00-23:59"), "{text}");
    }
    assert_eq!(week(&catalog(&["operational_hours: 00:00-24:00"]), "NG"), daily("00:00-23:59"));
}

#[test]
fn the_long_form_is_kept_as_written_for_rules_to_judge() {
    for (start, end) in [("22:00", "02:00"), ("10:00", "24:00"), ("10:00", "10:00")] {
        let text = format!("operational_hours: {{daily: [{{start: {start}, end: {end}}}]}}");
        assert_eq!(week(&catalog(&[&text]), "NG"), daily(&format!("{start}-{end}")));
    }
    assert_eq!(week(&catalog(&["operational_hours: 10:00-10:00"]), "NG"), daily("10:00-10:00"));
}

#[test]
fn what_is_no_time_is_an_error_that_says_what_to_write() {
    let text = "\
operational_hours:
  sunday: 10.00 – 22.00
  monday: 25:00-26:00
  tuesday: [{start: 10:00}]
  wednesday: [{start: 10:00, end: 10.30}]
  thursday: tutup
  friday: {start: 10:00, end: 12:00}
  saturday: 24:00-02:00
  senin: closed
";
    let composed = layered(&[text]);
    let expected = [
        "hours-format own:2:11",
        "hours-format own:3:11",
        "missing-key own:4:13",
        "hours-format own:5:35",
        "hours-format own:6:13",
        "wrong-type own:7:11",
        "hours-format own:8:13",
        "unknown-key own:9:3",
    ];
    assert_eq!(declared(&composed.diagnostics), expected);
    assert_eq!(composed.diagnostics[0].help.as_deref(), Some("write \"10:00-22:00\""));
}

#[test]
fn a_day_that_is_not_mentioned_is_closed_and_said_once() {
    let composed = layered(&["operational_hours: {monday: 10:00-22:00, tuesday: closed}"]);
    assert_eq!(declared(&composed.diagnostics), ["hours-missing-day own:1:20"]);
    assert!(composed.diagnostics[0].message.contains("sunday, wednesday, thursday, friday, saturday"));
    assert_eq!(week(&composed.catalog, "NG"), ["", "10:00-22:00", "", "", "", "", ""]);
}

#[test]
fn the_hours_of_an_item_know_all_levels() {
    let composed = layered(&["operational_hours: 08:00-20:00\nitems: {NG: {operational_hours: {monday: closed}}}"]);
    let path = Path::item_field(&"NG".into(), ItemField::OperationalHours);
    assert_eq!(composed.origins.place(&path).unwrap().to_string(), "catalogs/own.yaml:2:33");
    assert_eq!(composed.origins.overrode(&path)[0].to_string(), "catalogs/own.yaml:1:20");
}
