//! Patches that every outlet overrides, and those that only look like it.

use super::harness::Root;

const BRAND: (&str, &str) = (
    "catalogs/brand.yaml",
    "menus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, price: 25000}\n      - \
     {external_id: NU, name: Nasi Uduk, price: 20000}\n  - name: Favorit\n    menu_items: [{external_id: ES, name: Es Teh, \
     price: 5000}]\n",
);

/// A brand, a layer over it, and outlets over that; the codes that are given with their lines, and what is beside them.
fn told(layer: &str, outlets: &[&str]) -> Vec<String> {
    let layer = format!("extends: [brand.yaml]\n{layer}");
    let outlets: Vec<_> = (1..)
        .zip(outlets)
        .map(|(number, text)| {
            (format!("catalogs/{number}.yaml"), format!("outlet: G{number}\nextends: [l.yaml]\n{text}\n"))
        })
        .collect();
    let files = outlets.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let files: Vec<_> = [BRAND, ("catalogs/l.yaml", &layer)].into_iter().chain(files).collect();
    let told = Root::brief(&files).diagnostics();
    let short = |text: String| text.replace("catalogs/", "").replace(".yaml", "");
    told.iter()
        .map(|told| {
            let related = told.related.iter().map(|related| format!(" {} {}", related.place, related.message));
            let place = told.place.as_ref().map(ToString::to_string).unwrap_or_default();
            short(format!("{} {place}{}", told.code, related.collect::<String>()))
        })
        .collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn what_every_outlet_overrides_is_told_once_with_the_places_that_do() {
    let over = "items: {NG: {price: 29000}}";
    assert_eq!(
        told("items: {NG: {price: 27000}}", &[over, over]),
        ["patch-shadowed l:2:21 1:3:21 overridden here 2:3:21 overridden here"]
    );
    let many = told("items: {NG: {price: 27000}}", &[over; 7]);
    assert_eq!(many.len(), 1);
    assert!(many[0].ends_with("3:3:21 overridden here, and at 4 more places"), "{many:?}");
}

#[test]
fn what_one_outlet_keeps_is_not_told() {
    let over = "items: {NG: {price: 29000}}";
    assert_eq!(told("items: {NG: {price: 27000}}", &[over, "name: Kuta", over]), NOTHING);
}

#[test]
fn what_a_brand_defines_is_no_patch() {
    assert_eq!(told("x-note: nothing", &["items: {NG: {price: 29000}}", "items: {NG: {price: 30000}}"]), NOTHING);
}

#[test]
fn a_price_that_is_marked_up_was_used() {
    let layer = "items: {NG: {price: 27000}}\n";
    assert_eq!(told(layer, &["pricing: [{markup: 10%}]"]), NOTHING);
}

#[test]
fn what_says_the_same_again_is_itself_without_effect() {
    let told = told("items: {NG: {price: 27000}}", &["items: {NG: {price: 27000}}"]);
    assert_eq!(told, ["patch-without-effect 1:3:9"]);
}

#[test]
fn what_every_outlet_removes_is_told_as_such() {
    let told = told(
        "items: {NG: {price: 27000, operational_hours: {daily: '10:00-12:00'}}}",
        &["items: {NG: {remove: true}}"],
    );
    assert_eq!(told, ["patch-shadowed l:2:21 1:3:22 removed here", "patch-shadowed l:2:55 1:3:22 removed here"]);
}

#[test]
fn hours_are_kept_while_one_of_their_days_is() {
    let layer = "items: {NG: {operational_hours: {daily: '10:00-12:00'}}}";
    assert_eq!(told(layer, &["items: {NG: {operational_hours: {monday: closed}}}"]), NOTHING);
    assert_eq!(
        told(layer, &["items: {NG: {operational_hours: {daily: closed, monday: '11:00-12:00'}}}"]),
        ["patch-shadowed l:2:41 1:3:41 overridden here 1:3:57 overridden here"]
    );
}

#[test]
fn an_item_that_is_moved_on_was_moved_for_the_order_of_the_menus() {
    let layer = "items: {NG: {menu: Favorit}}\n";
    assert_eq!(told(layer, &["items: {NG: {menu: Nasi}}"]), NOTHING);
}

#[test]
fn what_only_a_season_overrides_is_kept_at_other_times() {
    let season = |dates: &str| {
        Root::brief(&[
            BRAND,
            ("catalogs/a.yaml", "extends: [brand.yaml]\nitems: {NG: {price: 27000}}\n"),
            ("catalogs/b.yaml", &format!("{dates}items: {{NG: {{price: 29000}}}}\n")),
            ("catalogs/c.yaml", "outlet: G1\nextends: [a.yaml, b.yaml]\n"),
        ])
        .codes()
    };
    assert_eq!(season("from: 2027-02-08T00:00\n"), NOTHING);
    assert_eq!(season("until: 2027-02-08T00:00\n"), NOTHING);
    assert_eq!(season("from: 2026-02-08T00:00\n"), ["patch-shadowed"]);
}

#[test]
fn it_can_be_allowed_switched_off_and_made_an_error() {
    let over = "items: {NG: {price: 29000}}";
    let allowed = "items:\n  NG: {price: 27000} # menusync: allow(patch-shadowed) for the outlets to come";
    assert_eq!(told(allowed, &[over]), NOTHING);
    let off = format!("{over}\nrules: {{patch-shadowed: off}}");
    assert_eq!(told("items: {NG: {price: 27000}}", &[&off]), NOTHING);
    // Where outlets differ, the strictest counts.
    assert_eq!(told("items: {NG: {price: 27000}}", &[&off, over]).len(), 1);
}

#[test]
fn while_an_outlet_cannot_be_judged_nothing_is_known_of_it() {
    let broken = "items: {NG-1: {price: 29000}}";
    assert_eq!(
        told("items: {NG: {price: 27000}}", &["items: {NG: {price: 1000}}", broken]),
        ["unknown-patch-target 2:3:9"]
    );
}
