//! The table makes sense, and every check finds what it is for, where it is, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path as FilePath,
};

use super::*;
use crate::catalog::{
    Day, ExternalId, Field, Hours, Item, ItemField, Menu, Price, PromoDetail, TimeRange, Variant, VariantCategory,
    WantedPromotion,
};

fn text(text: &str) -> Field<String> {
    Field::Set(text.to_owned())
}

fn item(id: &str, name: &str) -> Item {
    Item {
        external_id: id.into(),
        name: text(name),
        description: text("Dengan telur"),
        price: Field::Set(Price(25_000)),
        image: text("https://img.example.com/ng.jpg"),
        ..Item::default()
    }
}

fn variant(id: &str, name: &str) -> Variant {
    Variant { external_id: id.into(), name: text(name), price: Field::Set(Price(0)), in_stock: Field::Unsaid }
}

/// A catalog that no rule has anything to say about.
fn good() -> Catalog {
    let spicy =
        Item { variant_category_external_ids: Field::Set(vec!["VC".into()]), ..item("NG", "Nasi Goreng Kampung") };
    let category = VariantCategory {
        external_id: "VC".into(),
        name: text("Level pedas"),
        min_quantity: Field::Set(1),
        max_quantity: Field::Set(1),
        variants: vec![variant("LV-0", "Tidak pedas"), variant("LV-1", "Pedas")],
        ..VariantCategory::default()
    };
    Catalog {
        menus: vec![Menu { name: "Nasi".into(), menu_items: vec![spicy, item("NU", "Nasi Uduk")] }],
        variant_categories: vec![category],
        ..Catalog::default()
    }
}

/// What is said about the good catalog after a change.
fn after(change: impl FnOnce(&mut Catalog)) -> Vec<Diagnostic> {
    let mut catalog = good();
    change(&mut catalog);
    check(&catalog, &|_| None)
}

/// A promotion that no rule has anything to say about.
fn promotion() -> WantedPromotion {
    WantedPromotion {
        name: "gajian".to_owned(),
        detail: PromoDetail {
            external_menu_id: "NG".into(),
            selling_price: Price(20_000),
            start_date: "2027-02-25".parse().unwrap(),
            end_date: "2027-02-28".parse().unwrap(),
            start_time: None,
            end_time: None,
            applicable_days: Vec::new(),
        },
        prices: vec![Price(25_000)],
        least_discount: 5,
        begins_by_today: false,
        is_over: false,
    }
}

/// The codes given after a change to the promotion.
fn promotion_codes(change: impl FnOnce(&mut WantedPromotion)) -> Vec<&'static str> {
    let mut promotion = promotion();
    change(&mut promotion);
    codes(&after(|catalog| catalog.promotions = vec![promotion]))
}

/// The codes given where a promotion is on between two times.
fn timed_codes(from: &str, to: &str, change: impl FnOnce(&mut Catalog)) -> Vec<&'static str> {
    let mut promotion = promotion();
    promotion.detail.start_time = from.parse().ok();
    promotion.detail.end_time = to.parse().ok();
    codes(&after(|catalog| {
        catalog.promotions = vec![promotion];
        change(catalog);
    }))
}

/// The codes given where another promotion stands beside the first.
fn beside(change: impl FnOnce(&mut WantedPromotion)) -> Vec<&'static str> {
    let mut other = WantedPromotion { name: "murah".to_owned(), ..promotion() };
    change(&mut other);
    codes(&after(|catalog| catalog.promotions = vec![promotion(), other]))
}

fn promotion_breakages() -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    let sold = |from: u16, to: u16| {
        let hours = Hours::new(std::array::from_fn(|_| vec![TimeRange { start: from, end: to }]));
        move |catalog: &mut Catalog| catalog.menus[0].menu_items[0].operational_hours = Field::Set(hours)
    };
    vec![
        (promotion_codes(|_| {}), vec![]),
        (promotion_codes(|p| p.detail.external_menu_id = "XX".into()), vec!["promotion-item"]),
        (promotion_codes(|p| p.detail.external_menu_id = "".into()), vec!["promotion-item"]),
        (promotion_codes(|p| p.detail.end_date = "2027-02-24".parse().unwrap()), vec!["promotion-dates"]),
        (promotion_codes(|p| p.detail.end_date = p.detail.start_date), vec![]),
        (promotion_codes(|p| p.detail.start_time = "10:00:00".parse().ok()), vec!["promotion-times"]),
        (timed_codes("22:00:00", "02:00:00", |_| {}), vec!["promotion-times"]),
        (timed_codes("22:00:00", "23:59:59", |_| {}), vec![]),
        (promotion_codes(|p| p.detail.selling_price = Price(25_000)), vec!["promotion-price"]),
        (promotion_codes(|p| p.detail.selling_price = Price(0)), vec!["promotion-price"]),
        (promotion_codes(|p| p.prices.push(Price(20_000))), vec!["promotion-price"]),
        (promotion_codes(|p| p.detail.selling_price = Price(23_751)), vec!["promotion-discount"]),
        (promotion_codes(|p| p.detail.selling_price = Price(23_750)), vec![]),
        (promotion_codes(|p| p.least_discount = 30), vec!["promotion-discount"]),
        (promotion_codes(|p| p.prices.push(Price(21_000))), vec!["promotion-discount"]),
        (
            codes(&after(|catalog| {
                catalog.variant_categories[0].variants.iter_mut().for_each(|v| v.price = Field::Set(Price(-20_000)));
                catalog.promotions = vec![promotion()];
            })),
            vec!["promotion-with-choices", "variant-price-negative", "variant-price-negative"],
        ),
        (promotion_codes(|p| p.detail.applicable_days = vec![Day::Wednesday]), vec!["promotion-days"]),
        (promotion_codes(|p| p.detail.applicable_days = vec![Day::Wednesday, Day::Sunday]), vec![]),
        (beside(|_| {}), vec!["promotion-overlap"]),
        (beside(|p| p.detail.external_menu_id = "NU".into()), vec![]),
        (beside(|p| p.is_over = true), vec!["promotion-over"]),
        (beside(|p| p.detail.start_date = "2027-03-01".parse().unwrap()), vec!["promotion-dates"]),
        (promotion_codes(|p| p.begins_by_today = true), vec!["promotion-starts-today"]),
        (promotion_codes(|p| p.is_over = true), vec!["promotion-over"]),
        (promotion_codes(|p| p.detail.selling_price = Price(12_499)), vec!["promotion-deep"]),
        (promotion_codes(|p| p.detail.selling_price = Price(12_500)), vec![]),
        (timed_codes("10:00:00", "12:00:00", sold(600, 720)), vec![]),
        (timed_codes("10:00:00", "12:00:00", sold(720, 900)), vec!["promotion-closed"]),
    ]
}

/// The codes given after a change to the first item.
fn item_codes(change: impl FnOnce(&mut Item)) -> Vec<&'static str> {
    after(|c| change(&mut c.menus[0].menu_items[0])).iter().map(|d| d.code).collect()
}

/// The codes given after a change to the variant category.
fn category_codes(change: impl FnOnce(&mut VariantCategory)) -> Vec<&'static str> {
    after(|c| change(&mut c.variant_categories[0])).iter().map(|d| d.code).collect()
}

fn image_codes(image: &str) -> Vec<&'static str> {
    item_codes(|i| i.image = text(image))
}

fn hours_codes(ranges: &[(u16, u16)]) -> Vec<&'static str> {
    item_codes(|i| {
        let mut hours = Hours::all_week();
        *hours.day_mut(Day::Monday) =
            ranges.iter().map(|(start, end)| TimeRange { start: *start, end: *end }).collect();
        i.operational_hours = Field::Set(hours);
    })
}

#[test]
fn every_page_has_the_form() {
    let wrong = |page: &Page| Some(format!("crates/core/src/rules/pages/{}.md:{}", page.code, page.parse().err()?));
    let wrong: Vec<String> = PAGES.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_in_the_table() {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/pages");
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        let is_listed = PAGES.iter().any(|page| file.strip_suffix(".md") == Some(page.code));
        assert!(is_listed, "pages/{file} is not in the table in rules/mod.rs");
    }
}

#[test]
fn the_table_is_sorted_and_every_code_is_unique_and_kebab_case() {
    for pair in RULES.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
    }
    for rule in RULES.iter() {
        let kebab = rule.code.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(kebab, "{}", rule.code);
    }
}

#[test]
fn every_rule_explains_itself() {
    for rule in RULES.iter() {
        assert!(
            !rule.summary.is_empty() && !rule.summary.ends_with('.') && !rule.summary.contains('\n'),
            "{}",
            rule.code
        );
        let known =
            ["Documentation: ", "Seen live: ", "Our choice: "].iter().any(|source| rule.why.starts_with(source));
        assert!(known && rule.why.ends_with('.') && !rule.why.contains("  "), "{}: {}", rule.code, rule.why);
        assert!(!rule.bad.is_empty() && !rule.good.is_empty() && rule.bad != rule.good, "{}", rule.code);
    }
}

#[test]
fn a_rule_is_found_by_its_code() {
    assert!(RULES.iter().all(|r| rule(r.code).is_some_and(|found| found.code == r.code)));
    assert!(rule("no-such-rule").is_none());
}

#[test]
fn a_good_catalog_gives_nothing() {
    assert_eq!(after(|_| {}), []);
}

fn second_menu(name: &str) -> Menu {
    Menu { name: name.into(), menu_items: vec![item("KP", "Kopi")] }
}

/// Every way to break the good catalog, with the codes it gives.
fn breakages() -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    vec![
        (item_codes(|i| i.external_id = "".into()), vec!["external-id-empty"]),
        (item_codes(|i| i.external_id = "NG 1".into()), vec!["external-id-space"]),
        (item_codes(|i| i.external_id = "NG\t1".into()), vec!["external-id-space"]),
        (item_codes(|i| i.external_id = "NG/1".into()), vec!["external-id-characters"]),
        (item_codes(|i| i.external_id = "VC".into()), vec!["external-id-across-kinds"]),
        (item_codes(|i| i.external_id = "nu".into()), vec!["external-id-case"]),
        (item_codes(|i| i.external_id = "NU".into()), vec!["duplicate-id"]),
        (item_codes(|i| i.name = text(" ")), vec!["name-blank"]),
        (item_codes(|i| i.description = Field::Unsaid), vec!["description-missing"]),
        (item_codes(|i| i.description = text("a\nb")), vec!["text-control-characters"]),
        (item_codes(|i| i.internal_name = text(" a")), vec!["text-whitespace"]),
        (item_codes(|i| i.internal_name = text("a\u{a0}")), vec!["text-whitespace"]),
        (item_codes(|i| i.internal_name = text("a  b")), vec!["text-whitespace"]),
        (item_codes(|i| i.internal_name = text("a\u{a0}b")), vec!["text-whitespace"]),
        (item_codes(|i| i.internal_name = text("a\u{200b}b")), vec!["text-invisible-characters"]),
        (item_codes(|i| i.internal_name = text("N\u{430}si")), vec!["text-mixed-scripts"]),
        (item_codes(|i| i.name = text("Nasi  UDUK")), vec!["duplicate-name", "text-whitespace"]),
        (category_codes(|c| c.variants[0].name = text("Pedas")), vec!["duplicate-name"]),
        (category_codes(|c| c.variants[0].price = Field::Set(Price(50_000))), vec![]),
        (category_codes(|c| c.variants[0].price = Field::Set(Price(50_001))), vec!["variant-price-high"]),
        (codes(&after(|c| c.menus.push(second_menu("Nassi")))), vec!["menu-name-close"]),
        (codes(&after(|c| c.menus.push(second_menu("Kopi")))), vec![]),
        (item_codes(|i| i.price = Field::Set(Price(-1))), vec!["price-not-positive"]),
        (item_codes(|i| i.image = Field::Null), vec!["image-missing"]),
        (
            item_codes(|i| i.variant_category_external_ids = Field::Set(vec!["VC".into(), "XX".into()])),
            vec!["unknown-variant-category"],
        ),
        (
            item_codes(|i| i.variant_category_external_ids = Field::Set(vec!["VC".into(), "VC".into()])),
            vec!["repeated-variant-category"],
        ),
        (item_codes(|i| i.variant_category_external_ids = Field::Unsaid), vec!["unused-variant-category"]),
        (item_codes(|i| i.operational_hours = Field::Set(Hours::default())), vec!["hours-closed-all-week"]),
        (category_codes(|c| c.name = text("")), vec!["name-blank"]),
        (category_codes(|c| c.variants[1].external_id = "LV-0".into()), vec!["duplicate-id"]),
        (category_codes(|c| c.variants[0].price = Field::Set(Price(-1))), vec!["variant-price-negative"]),
        (category_codes(|c| c.min_quantity = Field::Set(2)), vec!["selection-min-over-max"]),
        (category_codes(|c| c.max_quantity = Field::Set(0)), vec!["selection-max-zero"]),
        (category_codes(|c| c.variants.clear()), vec!["selection-min-impossible"]),
        (category_codes(|c| c.max_quantity = Field::Set(3)), vec!["selection-max-pointless"]),
        (
            category_codes(|c| c.variants.iter_mut().for_each(|v| v.in_stock = Field::Set(false))),
            vec!["selection-sold-out"],
        ),
        (
            category_codes(|c| {
                c.min_quantity = Field::Set(0);
                c.variants.clear();
            }),
            vec!["empty-variant-category"],
        ),
        (codes(&after(|c| c.menus.push(Menu { name: "Minuman".into(), menu_items: vec![] }))), vec!["empty-menu"]),
        (codes(&after(|c| *c = Catalog::default())), vec!["no-menus"]),
        (image_codes("photos/ng.jpg"), vec!["image-url"]),
        (image_codes("ftp://img.example.com/ng.jpg"), vec!["image-url"]),
        (image_codes("https:///ng.jpg"), vec!["image-url"]),
        (image_codes("https://img.example.com/n g.jpg"), vec!["image-url"]),
        (image_codes("HTTP://img.example.com/ng.jpg"), vec!["image-not-https"]),
        (image_codes("https://img.example.com/ng.WebP?size=2#top"), vec!["image-type"]),
        (image_codes("https://u:p@img.example.com/ng.jpg"), vec!["image-credentials"]),
        (image_codes("https://localhost:8080/ng.jpg"), vec!["image-private-host"]),
        (image_codes("https://10.1.2.3/ng.jpg"), vec!["image-private-host"]),
        (image_codes("https://[::1]:80/ng.jpg"), vec!["image-private-host"]),
        (image_codes("https://[::ffff:127.0.0.1]/ng.jpg"), vec!["image-private-host"]),
        (image_codes("https://drive.google.com/file/d/abc/view?usp=sharing"), vec!["image-share-page"]),
        (image_codes("https://drive.google.com/uc?export=download&id=abc"), vec![]),
        (image_codes("https://www.instagram.com/p/abc/"), vec!["image-share-page"]),
        (image_codes("https://www.dropbox.com/s/abc/ng.jpg?dl=0"), vec!["image-share-page"]),
        (image_codes("https://www.dropbox.com/s/abc/ng.jpg?rlkey=a&raw=1"), vec![]),
        (image_codes("https://img.example.com/v1.2/ng?x=.webp"), vec![]),
        (image_codes("https://img.example.com/ng.png?by=a@b"), vec![]),
        (hours_codes(&[(600, 600)]), vec!["hours-empty-range"]),
        (hours_codes(&[(1020, 120)]), vec!["hours-order"]),
        (hours_codes(&[(600, 1440)]), vec!["hours-past-midnight"]),
        (hours_codes(&[(600, 1439)]), vec![]),
        (hours_codes(&[(800, 1000), (600, 900)]), vec!["hours-overlap"]),
        (hours_codes(&[(600, 1200), (660, 720), (1100, 1300)]), vec!["hours-overlap", "hours-overlap"]),
        (hours_codes(&[(600, 720), (720, 900)]), vec![]),
    ]
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<&'static str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_breakage_gives_its_code_and_no_other() {
    for (index, (given, expected)) in breakages().into_iter().chain(promotion_breakages()).enumerate() {
        assert_eq!(given, expected, "breakage {index}");
    }
}

#[test]
fn every_check_is_broken_by_some_test() {
    let broken: BTreeSet<&str> =
        { breakages().into_iter().chain(promotion_breakages()).flat_map(|(_, expected)| expected).collect() };
    // These have tests of their own below.
    let limits =
        ["external-id-length", "name-length", "choice-name-length", "internal-name-length", "description-length"];
    let prices = ["price-too-low", "price-too-high", "price-with-choices"];
    for rule in RULES.iter().filter(|rule| rule.check.is_some()) {
        let tested = broken.contains(rule.code) || limits.contains(&rule.code) || prices.contains(&rule.code);
        assert!(tested, "{}", rule.code);
    }
}

#[test]
fn a_choice_that_cannot_be_made_is_an_error_only_where_an_item_asks_for_it() {
    let severity = |is_used: bool| {
        let found = after(|c| {
            c.variant_categories[0].variants.clear();
            if !is_used {
                c.menus.iter_mut().flat_map(|m| &mut m.menu_items).for_each(|item| {
                    item.variant_category_external_ids = Field::Unsaid;
                });
            }
        });
        found.into_iter().find(|d| d.code == "selection-min-impossible").map(|d| (d.severity, d.message))
    };
    let (used, unused) = (severity(true).unwrap(), severity(false).unwrap());
    assert_eq!((used.0, unused.0), (Severity::Error, Severity::Warning));
    assert!(unused.1.ends_with("; no item uses it"), "{}", unused.1);
}

#[test]
fn limits_count_characters_and_not_bytes() {
    let long = |count: usize| "é".repeat(count);
    let name = |count| item_codes(|i| i.name = text(&long(count)));
    assert_eq!((name(150), name(151)), (vec![], vec!["name-length"]));
    let menu = |count| codes(&after(|c| c.menus[0].name = long(count)));
    assert_eq!((menu(150), menu(151)), (vec![], vec!["name-length"]));
    let internal = |count| item_codes(|i| i.internal_name = text(&long(count)));
    assert_eq!((internal(200), internal(201)), (vec![], vec!["internal-name-length"]));
    let description = |count| item_codes(|i| i.description = text(&long(count)));
    assert_eq!((description(200), description(201)), (vec![], vec!["description-length"]));
    let choice = |count| category_codes(|c| c.variants[0].name = text(&long(count)));
    assert_eq!((choice(50), choice(51)), (vec![], vec!["choice-name-length"]));
    assert_eq!((choice(150), choice(151)), (vec!["choice-name-length"], vec!["name-length"]));
    let id = |count| item_codes(|i| i.external_id = ExternalId("A".repeat(count)));
    assert_eq!((id(200), id(201)), (vec![], vec!["external-id-length"]));
}

#[test]
fn prices_are_judged_at_their_limits() {
    let price = |rupiah| item_codes(|i| i.price = Field::Set(Price(rupiah)));
    assert_eq!((price(0), price(1)), (vec!["price-not-positive"], vec!["price-too-low"]));
    assert_eq!((price(999), price(1000)), (vec!["price-too-low"], vec![]));
    assert_eq!((price(2_000_000), price(2_000_001)), (vec![], vec!["price-too-high"]));
}

#[test]
fn an_item_is_judged_with_its_cheapest_mandatory_choices() {
    let cheapest = |first: i64, min: u32| {
        category_codes(|c| {
            c.min_quantity = Field::Set(min);
            c.variants[0].price = Field::Set(Price(first));
        })
    };
    assert_eq!(cheapest(-24_999, 1), ["variant-price-negative"]);
    assert_eq!(cheapest(-25_000, 1), ["price-with-choices"], "one cause, one diagnostic");
    assert_eq!(cheapest(-25_000, 0), ["variant-price-negative"]);
    assert_eq!(cheapest(i64::MIN, 1), ["price-with-choices"]);
}

#[test]
fn a_message_names_the_thing_the_number_found_and_the_number_allowed() {
    let said = after(|c| c.menus[0].menu_items[0].description = text(&"x".repeat(203)));
    assert_eq!(
        said[0].message,
        "item `NG` \"Nasi Goreng Kampung\": description has 203 characters, at most 200 are allowed"
    );
    assert_eq!(said[0].help.as_deref(), Some("shorten it by 3 or more"));
}

#[test]
fn an_unknown_reference_suggests_the_nearest_category() {
    let said = after(|c| {
        c.variant_categories[0].external_id = "VC-PEDAS".into();
        c.menus[0].menu_items[0].variant_category_external_ids = Field::Set(vec!["VC-PEDS".into()]);
    });
    assert_eq!(codes(&said), ["unknown-variant-category"], "that nothing uses the other has the same cause");
    assert_eq!(said[0].help.as_deref(), Some("did you mean `VC-PEDAS`?"));
}

fn place(line: u32) -> Place {
    Place { file: "a.yaml".into(), line, column: 1, end_line: line, end_column: 5 }
}

#[test]
fn a_finding_stands_at_its_field_or_else_at_its_thing() {
    let mut catalog = good();
    catalog.menus[0].menu_items[0].price = Field::Set(Price(5));
    catalog.menus[0].menu_items[1].price = Field::Set(Price(6));
    let said = check(&catalog, &|path| match path {
        Path::Item(id, Some(ItemField::Price)) if id.as_str() == "NG" => Some(place(7)),
        Path::Item(_, None) => Some(place(3)),
        _ => None,
    });
    let lines: Vec<u32> = said.iter().filter_map(|d| Some(d.place.as_ref()?.line)).collect();
    assert_eq!(lines, [3, 7]);
}

#[test]
fn one_cause_gives_one_diagnostic() {
    let mut catalog = good();
    let closed = Field::Set(Hours::default());
    catalog.menus[0].menu_items.iter_mut().for_each(|item| item.operational_hours = closed.clone());
    let said = check(&catalog, &|path| (path.field_key() == Some("operational_hours")).then(|| place(2)));
    let messages: Vec<&str> = said.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["several items: operational_hours close it all week"]);
}

#[test]
fn a_second_definition_points_at_the_first() {
    let mut catalog = good();
    catalog.menus[0].menu_items[1].external_id = "ng".into();
    let said = check(&catalog, &|path| match path {
        Path::Item(id, None) => Some(place(if id.as_str() == "NG" { 1 } else { 2 })),
        _ => None,
    });
    assert_eq!(said[0].place, Some(place(2)));
    assert_eq!((&said[0].related[0].place, said[0].related[0].message.as_str()), (&place(1), "the other one"));
}

#[test]
fn settings_change_severities_but_not_what_leaves_a_file_without_meaning() {
    let given = || {
        vec![
            Diagnostic::warning("image-missing", None, "a"),
            Diagnostic::warning("text-whitespace", None, "b"),
            Diagnostic::error("syntax", None, "c"),
            Diagnostic::error("from-somewhere-else", None, "d"),
        ]
    };
    let off = |code: &str| (code.to_owned(), None);
    let mut severities: BTreeMap<_, _> = ["image-missing", "syntax", "from-somewhere-else"].map(off).into();
    severities.insert("text-whitespace".to_owned(), Some(Severity::Error));
    let mut adjusted = given();
    adjust(&mut adjusted, &severities);
    let left: Vec<_> = adjusted.iter().map(|d| (d.code, d.severity)).collect();
    assert_eq!(
        left,
        [("text-whitespace", Severity::Error), ("syntax", Severity::Error), ("from-somewhere-else", Severity::Error)]
    );
    let mut untouched = given();
    adjust(&mut untouched, &BTreeMap::new());
    assert_eq!(untouched, given());
}

#[test]
fn a_mistyped_code_suggests_a_rule() {
    assert_eq!(suggest("image-mising"), Some("image-missing"));
    assert_eq!(suggest("qqq"), None);
    let help = |code| unknown_rule(code, place(1)).map(|diagnostic| diagnostic.help.unwrap_or_default());
    assert_eq!(help("image-mising").as_deref(), Some("did you mean `image-missing`?"));
    assert_eq!(help("qqq").as_deref(), Some("`menusync rule` lists all rules"));
    assert_eq!(help("syntax").as_deref(), Some("remove this line"));
    assert_eq!(help("image-missing"), None);
}

#[test]
fn a_rule_has_an_address_where_the_repository_is_known() {
    let address = |repository, code| super::address_in(repository, code);
    let expected = "https://forge.example/menusync/blob/main/docs/rules.md#price-too-low";
    assert_eq!(address("https://forge.example/menusync.git", "price-too-low").as_deref(), Some(expected));
    assert_eq!(address("", "price-too-low"), None);
    assert_eq!(address("https://forge.example/menusync", "no-rule"), None);
}
