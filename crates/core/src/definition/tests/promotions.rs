//! Promotions in layers: declared, changed by name, and what they come to at one outlet.

use super::*;
use crate::{catalog::WantedPromotion, policy::PromotionPolicy};

const GAJIAN: &str = "promotions:\n  gajian: {external_menu_id: NG, selling_price: 19000, start_date: 2027-02-25, end_date: 2027-02-28}\n";

fn words(promotions: &[WantedPromotion]) -> Vec<String> {
    let words = |one: &WantedPromotion| {
        format!("{} {} {} {}", one.name, one.detail.external_menu_id, one.detail.selling_price.0, one.detail.when())
    };
    promotions.iter().map(words).collect()
}

fn promotions(layers: &[&str]) -> Vec<String> {
    words(&catalog(layers).promotions)
}

fn wrong(layers: &[&str]) -> Vec<String> {
    declared(&layered(layers).diagnostics)
}

#[test]
fn a_later_layer_changes_a_promotion_by_its_name() {
    assert_eq!(promotions(&[GAJIAN]), ["gajian NG 19000 25–28 Feb 2027"]);
    let timed = "promotions: {gajian: {selling_price: 18000, start_time: '14:00', end_time: '16:00:00', \
                 applicable_days: [friday, monday]}}";
    assert_eq!(promotions(&[GAJIAN, timed]), ["gajian NG 18000 25–28 Feb 2027, Mon and Fri 14:00–16:00"]);
    let plain = "promotions: {gajian: {start_time: null, end_time: ~, applicable_days: null, end_date: 2027-03-02}}";
    assert_eq!(promotions(&[GAJIAN, timed, plain]), ["gajian NG 18000 25 Feb – 2 Mar 2027"]);
    assert_eq!(promotions(&[GAJIAN, "promotions: {gajian: {remove: true}}"]), [""; 0]);
    assert_eq!(
        promotions(&[GAJIAN, "promotions: {gajian: {external_menu_id: NU}}"]),
        ["gajian NU 19000 25–28 Feb 2027"]
    );
}

#[test]
fn several_dishes_are_a_promotion_each_and_are_merged_by_id() {
    let several = "promotions:\n  murah:\n    items: {NG: 20000, NU: {discount: 10%, round_to: 500, round: up}}\n    \
                   start_date: 2027-03-01\n    end_date: 2027-03-01\n";
    assert_eq!(promotions(&[several]), ["murah NG 20000 1 Mar 2027", "murah NU 18000 1 Mar 2027"]);
    let other = "promotions: {murah: {items: {NU: {remove: true}, ES: {discount: 33.33%}}}}";
    assert_eq!(promotions(&[several, other]), ["murah ES 3334 1 Mar 2027", "murah NG 20000 1 Mar 2027"]);
}

#[test]
fn a_discount_is_taken_off_the_price_that_the_outlet_has_after_pricing() {
    let off =
        "promotions: {gajian: {external_menu_id: NG, discount: 20%, start_date: 2027-02-25, end_date: 2027-02-28}}";
    assert_eq!(promotions(&[off, "pricing: [{markup: 10%}]"]), ["gajian NG 22000 25–28 Feb 2027"]);
    // A dated layer has another price from the day on which it begins.
    let dated = "from: 2027-02-20\nuntil: 2027-02-27\nitems: {NG: {price: 30000}}";
    let composed = layered(&[off, dated, "{}"]);
    assert_eq!(words(&composed.catalog.promotions), ["gajian NG 24000 25–28 Feb 2027"]);
    let prices: Vec<i64> = composed.catalog.promotions[0].prices.iter().map(|price| price.0).collect();
    assert_eq!(prices, [30_000, 25_000], "from start to end");
    // What was promised on its first day holds to its last, also after that layer has ended, or where one begins meanwhile.
    let began = |layers: &[&str], at| words(&layered_at(layers, at).catalog.promotions);
    for at in ["2027-02-25T05:00:00Z", "2027-02-27T20:00:00Z", "2027-02-28T05:00:00Z"] {
        assert_eq!(began(&[off, dated, "{}"], at), ["gajian NG 24000 25–28 Feb 2027"], "{at}");
    }
    let meanwhile = "from: 2027-02-26\nitems: {NG: {price: 30000}}";
    assert_eq!(began(&[off, meanwhile, "{}"], "2027-02-27T05:00:00Z"), ["gajian NG 20000 25–28 Feb 2027"]);
    // What is over costs nothing any more, and is no reason to compose the menu of then.
    assert_eq!(began(&[off, dated, "{}"], "2027-03-01T05:00:00Z"), ["gajian NG 20000 25–28 Feb 2027"]);
    // So many menus of then are composed and not one more: what began last has the price of now.
    let first = jiff::civil::date(2026, 6, 1);
    let begin = (0..=100).map(|n| (n, first.saturating_add(jiff::Span::new().days(n))));
    let one = |(n, day)| {
        format!("  p{n:03}: {{external_menu_id: NG, discount: 20%, start_date: {day}, end_date: 2027-12-31}}\n")
    };
    let many = format!("promotions:\n{}", begin.map(one).collect::<String>());
    let day = |n| first.saturating_add(jiff::Span::new().days(n));
    let dearer = |n| format!("from: {}\nuntil: {}\nitems: {{NG: {{price: 30000}}}}", day(n), day(n + 1));
    let dearer: Vec<String> = (0..=100).map(dearer).collect();
    let layers: Vec<&str> = [&*many].into_iter().chain(dearer.iter().map(String::as_str)).chain(["{}"]).collect();
    let composed = layered_at(&layers, "2027-02-27T05:00:00Z").catalog.promotions;
    let prices: Vec<i64> = composed[99..].iter().map(|one| one.detail.selling_price.0).collect();
    assert_eq!(prices, [24_000, 20_000]);
    // A price that the files have given up is no promise.
    assert_eq!(
        began(&[off, "items: {NG: {price: 30000}}"], "2027-02-27T05:00:00Z"),
        ["gajian NG 24000 25–28 Feb 2027"]
    );
}

#[test]
fn what_is_not_complete_or_not_there_is_told() {
    assert_eq!(wrong(&["promotions: {gajian: {selling_price: 1}}"]), ["missing-key own:1:14"]);
    let both = "promotions: {gajian: {items: {NU: 1000}}}";
    assert_eq!(wrong(&[GAJIAN, both]), ["conflicting-keys l1:2:30"]);
    assert_eq!(wrong(&["promotions: {gajian: {remove: true}}"]), ["unknown-patch-target own:1:31"]);
    let unknown = "promotions: {gajian: {items: {XX: {remove: true}}}}";
    assert_eq!(wrong(&[GAJIAN, unknown])[0], "unknown-patch-target own:1:44");
    for (text, code) in [
        ("{external_menu_id: NG, selling_price: 1, discount: 5%}", "conflicting-keys"),
        ("{external_menu_id: NG, selling_price: 1, round_to: 500}", "conflicting-keys"),
        ("{discount: 100%}", "out-of-range"),
        ("{start_date: 2027-02-30}", "promotion-dates"),
        ("{start_date: 25/02/2027}", "promotion-dates"),
        ("{end_date: null}", "missing-key"),
        ("{start_time: '24:00'}", "promotion-times"),
        ("{start_time: '7:00'}", "promotion-times"),
        ("{start_time: '23:59:60'}", "promotion-times"),
        ("{applicable_days: [senin]}", "promotion-days"),
        ("{applicable_days: [monday, monday]}", "promotion-days"),
        ("{applicable_days: []}", "promotion-days"),
        ("{promo_detail: {}}", "unknown-key"),
        ("{price: 1}", "unknown-key"),
        ("19000", "wrong-type"),
    ] {
        let codes = layered(&[&format!("promotions: {{gajian: {text}}}")]).diagnostics;
        assert!(codes.iter().any(|wrong| wrong.code == code), "{text}: {codes:?}");
    }
    assert_eq!(wrong(&["promotions: {'payday sale': {}}"]), ["out-of-range own:1:14"]);
}

#[test]
fn a_dated_layer_has_its_promotions_while_it_counts() {
    let dated = format!("from: 2027-02-20\nuntil: 2027-02-27\n{GAJIAN}");
    assert!(layered(&[&dated, "{}"]).catalog.promotions.is_empty());
    let composed = layered_at(&[&dated, "{}"], "2027-02-21T00:00:00Z");
    assert_eq!(declared(&composed.diagnostics), ["promotion-in-dated-layer l1:4:3"]);
    assert_eq!(composed.catalog.promotions.len(), 1);
    // A change of what is declared at another time is no mistake.
    assert!(layered(&[&dated, "promotions: {gajian: {selling_price: 18000}}"]).diagnostics.is_empty());
}

#[test]
fn an_outlet_is_looked_at_again_when_a_promotion_begins_and_ends() {
    let at = |at: &str| {
        let composed = layered_at(&[GAJIAN], at);
        let promotion = &composed.catalog.promotions[0];
        (promotion.begins_by_today, promotion.is_over, composed.next_promotion.map(|next| next.to_string()))
    };
    let (start, end) = ("2027-02-24T17:00:00Z", "2027-02-28T17:00:00Z");
    assert_eq!(at("2027-02-01T00:00:00Z"), (false, false, Some(start.to_owned())));
    assert_eq!(at(start), (true, false, Some(end.to_owned())));
    assert_eq!(at(end), (true, true, None));
}

#[test]
fn a_file_that_declares_promotions_wants_them_unless_a_file_says_otherwise() {
    let policy = |layers: &[&str]| layered(layers).policy.promotions;
    assert_eq!(policy(&["{}"]), PromotionPolicy::Unsaid);
    assert_eq!(policy(&[GAJIAN]), PromotionPolicy::Manage);
    assert_eq!(policy(&[GAJIAN, "promotions: off"]), PromotionPolicy::Off);
    let watched = "promotions: {policy: watch, gajian: {selling_price: 18000}}";
    assert_eq!(policy(&[GAJIAN, watched]), PromotionPolicy::Watch);
    assert_eq!(policy(&[watched, "promotions: {x: {remove: true}}"]), PromotionPolicy::Watch);
    let least = layered(&[GAJIAN, "promotions: {minimum_discount: [7%, 40%]}"]);
    assert_eq!(least.catalog.promotions[0].least_discount, 7);
    assert_eq!(wrong(&["promotions: {minimum_discount: [7%]}"]), ["wrong-type own:1:32"]);
    assert_eq!(wrong(&["promotions: {policy: sometimes}"]), ["unknown-value own:1:22"]);
}

#[test]
fn outlets_without_the_dish_are_left_out_where_that_is_said() {
    let gone = "items: {NG: {remove: true}}\npromotions: {gajian: {where-sold: true}}";
    assert_eq!(promotions(&[GAJIAN, gone]), [""; 0]);
    let composed = layered(&[GAJIAN, "items: {NG: {remove: true}}"]);
    assert!(composed.catalog.promotions[0].prices.is_empty(), "left to the rules");
}
