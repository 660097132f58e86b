//! `from` and `until`: layers that count at some times only.

use super::*;
use crate::catalog::Field;

const RAMADAN: &str = "\
from: 2027-02-08T00:00
until: 2027-03-10
operational_hours: {daily: 16:00-23:00}
drift: revert
menus: [{name: Takjil, before: Nasi, menu_items: [{external_id: KOLAK, name: Kolak, price: 12000}]}]
items: {NG: {price: 24000}}
";

fn at(time: &str) -> Composed {
    layered_at(&[RAMADAN, "timezone: Asia/Makassar"], time)
}

#[test]
fn a_dated_layer_counts_from_its_first_moment_until_before_its_last() {
    // Makassar is eight hours ahead of UTC.
    for (time, inside) in [
        ("2027-02-07T15:59:59Z", false),
        ("2027-02-07T16:00:00Z", true),
        ("2027-03-09T15:59:59Z", true),
        ("2027-03-09T16:00:00Z", false),
    ] {
        let composed = at(time);
        assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
        assert_eq!(price(&composed.catalog, "NG") == 24000, inside, "{time}");
        assert_eq!(composed.catalog.menus.len(), if inside { 3 } else { 2 }, "{time}");
        assert_eq!(composed.policy.drift == crate::policy::DriftPolicy::Revert, inside, "{time}");
        assert_eq!(matches!(item(&composed.catalog, "ES").operational_hours, Field::Set(_)), inside, "{time}");
    }
}

#[test]
fn the_next_change_is_the_next_edge() {
    let next = |time| at(time).next_change.map(|next| next.to_string());
    assert_eq!(next("2027-01-01T00:00:00Z").as_deref(), Some("2027-02-07T16:00:00Z"));
    assert_eq!(next("2027-02-07T16:00:00Z").as_deref(), Some("2027-03-09T16:00:00Z"));
    assert_eq!(next("2027-03-09T16:00:00Z"), None);
}

#[test]
fn without_a_time_zone_of_its_own_an_outlet_has_that_of_the_root() {
    let composed = layered_at(&[RAMADAN, "{}"], "2027-02-07T16:30:00Z");
    assert_eq!(price(&composed.catalog, "NG"), 25000, "it is not yet midnight in Jakarta");
}

#[test]
fn what_only_a_dated_layer_defines_may_be_patched_at_any_time() {
    let own = "\
items: {KOLAK: {price: 13000}, NU: {menu: Takjil, before: KOLAK}}
pricing: [{markup: 10%, menu: Takjil}, {markup: 1, ids: [KOLAK]}]
menus: [{name: Takjil, before: Minuman}]
";
    let outside = layered_at(&[RAMADAN, own], "2027-01-01T00:00:00Z");
    assert_eq!(declared(&outside.diagnostics), Vec::<String>::new());
    assert_eq!(shape(&outside.catalog), "Nasi: NG NU | Minuman: ES");
    let inside = layered_at(&[RAMADAN, own], "2027-02-20T00:00:00Z");
    assert_eq!(shape(&inside.catalog), "Nasi: NG | Takjil: NU KOLAK | Minuman: ES");
}

#[test]
fn a_patch_that_takes_back_what_a_dated_layer_changes_is_no_idle_patch() {
    let own = "items: {NG: {price: 25000}, NU: {price: 20000}}";
    let outside = layered_at(&[RAMADAN, own], "2027-01-01T00:00:00Z");
    assert_eq!(declared(&outside.diagnostics), ["patch-without-effect own:1:29"]);
    let inside = layered_at(&[RAMADAN, own], "2027-02-20T00:00:00Z");
    assert_eq!(price(&inside.catalog, "NG"), 25000);
}

#[test]
fn what_a_dormant_layer_extends_still_counts() {
    let files = [
        ("catalogs/base.yaml", "menus: [{name: M, menu_items: [{external_id: A, name: A, price: 1}]}]"),
        ("catalogs/dated.yaml", "from: 2030-01-01\nextends: [base.yaml]\nitems: {A: {price: 2}}"),
        ("catalogs/own.yaml", "outlet: G1\nextends: [dated.yaml]"),
    ];
    let composed = compose(&files);
    assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
    assert_eq!(price(&composed.catalog, "A"), 1);
    assert_eq!(declared(&definitions(&files).diagnostics), Vec::<String>::new());
}

#[test]
fn a_dormant_layer_is_still_read() {
    let composed = layered(&["from: 2030-01-01\nitems: {NG: {prise: 1}}", "{}"]);
    assert_eq!(declared(&composed.diagnostics), ["unknown-key l1:2:14"]);
}

#[test]
fn dates_are_dates_in_the_right_order_and_not_on_outlets() {
    let composed = layered(&["from: 2027-03-10\nuntil: 2027-03-10T00:00", "{}"]);
    assert_eq!(declared(&composed.diagnostics), ["date-format l1:2:8"]);
    assert_eq!(composed.diagnostics[0].related[0].place.line, 1);
    for wrong in
        ["2027-02-30", "tomorrow", "2027-02-08T00:00+07:00", "2027-02-08T00:00Z", "08-02-2027", "2027-02-08 00:00"]
    {
        let composed = layered(&[&format!("from: {wrong}"), "{}"]);
        assert_eq!(declared(&composed.diagnostics), ["date-format l1:1:7"], "{wrong}");
    }
    let composed = layered(&["from: 2027-01-01"]);
    assert_eq!(declared(&composed.diagnostics), ["dated-outlet own:1:1"]);
}

#[test]
fn a_date_beyond_all_dates_never_comes() {
    let composed = layered(&["from: 9999-12-31T23:59:59", "{}"]);
    assert_eq!((declared(&composed.diagnostics), composed.next_change.is_none()), (vec![], true));
}
