//! Every text in both languages.

use jiff::civil::{date, time};

use crate::{
    catalog::{CategoryField, Day, ItemField, Price, PromoDetail, VariantField},
    plan::Risk,
    policy::Guard,
    report::Lang,
    rules::RULES,
};

/// An argument to try a text with.
pub(super) trait Sample {
    fn sample(count: usize) -> Self;
}

impl Sample for usize {
    fn sample(count: usize) -> Self {
        count
    }
}

impl Sample for u32 {
    fn sample(count: usize) -> Self {
        u32::try_from(count).unwrap()
    }
}

impl Sample for u64 {
    fn sample(count: usize) -> Self {
        u64::try_from(count).unwrap()
    }
}

impl Sample for i64 {
    fn sample(count: usize) -> Self {
        i64::try_from(count).unwrap()
    }
}

impl Sample for i32 {
    fn sample(count: usize) -> Self {
        i32::try_from(count).unwrap()
    }
}

impl Sample for bool {
    fn sample(count: usize) -> Self {
        count == 1
    }
}

impl Sample for &str {
    fn sample(_: usize) -> Self {
        "‹Kuta›"
    }
}

fn all(lang: Lang) -> Vec<(&'static str, String)> {
    [
        super::changes::texts(lang),
        super::changes::sentences(lang),
        super::menu::texts(lang),
        super::menu::sentences(lang),
        super::notices::texts(lang),
        super::notices::sentences(lang),
        super::page::texts(lang),
        super::page::sentences(lang),
        super::photos::texts(lang),
        super::photos::sentences(lang),
        super::rollout::sentences(lang),
        super::rounds::sentences(lang),
        super::rounds::texts(lang),
        super::states::texts(lang),
        super::stock::texts(lang),
        super::stock::sentences(lang),
        super::times::texts(lang),
        super::times::sentences(lang),
    ]
    .concat()
}

/// Words that no Indonesian text has. What stands between backticks is typed, and is English.
const ENGLISH: &str = "the a an of and or is are was were be been has have had it its this that these those not no none with \
    without from to at on in by for as if than then since until ago more most all any each file files error errors warning \
    push pushed pushes change changed changes new old removed moved sold out outlets needs need needed state states reason \
    show shows shown look looks what when which why how held guard guards failed live drift last next first named only still \
    again elsewhere somebody nobody nothing person";

#[test]
fn indonesian_texts_have_no_english_words() {
    let english: Vec<&str> = ENGLISH.split_whitespace().collect();
    let mut wrong = Vec::new();
    let rules = RULES.iter().map(|rule| (rule.code, rule.indonesian.clone()));
    let named = OTHERS.iter().flat_map(|say| say(Lang::Id));
    for (name, text) in all(Lang::Id).into_iter().chain(rules).chain(named) {
        let said: String = text.split('`').step_by(2).collect();
        let words = said.split(|c: char| !c.is_alphanumeric() && c != '-').map(str::to_lowercase);
        wrong.extend(words.filter(|word| english.contains(&word.as_str())).map(|word| format!("{name}: {word}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

type Say = fn(Lang) -> Vec<(&'static str, String)>;

/// Words that are looked up by what they stand for.
const OTHERS: [Say; 3] = [
    |lang| Guard::ALL.into_iter().filter_map(|g| Some((g.name(), lang.guard_finding(g)?.to_owned()))).collect(),
    |lang| Risk::ALL.map(|risk| (risk.word(), lang.risk(risk).to_owned())).to_vec(),
    |lang| Day::ALL.map(|day| (day.key(), lang.day(day).to_owned())).to_vec(),
];

#[test]
fn every_guard_field_risk_and_day_has_an_indonesian_word() {
    assert_eq!(OTHERS[0](Lang::Id).len(), Guard::ALL.len());
    for say in &OTHERS[1..] {
        for ((name, english), (_, indonesian)) in say(Lang::En).into_iter().zip(say(Lang::Id)) {
            assert_ne!(english, indonesian, "{name}");
        }
    }
    let items = ItemField::ALL.iter().map(|field| field.info().label);
    let categories = CategoryField::ALL.iter().map(|field| field.info().label);
    let variants = VariantField::ALL.iter().map(|field| field.info().label);
    for label in items.chain(categories).chain(variants) {
        assert!(Lang::Id.label(label) != label || label == "menu", "{label}");
    }
}

/// Words that are the same in both languages.
const SAME: [&str; 2] = ["commit_heading", "outlet_heading"];

#[test]
fn both_languages_take_the_same_arguments_and_say_something_else() {
    let pairs: Vec<_> = all(Lang::En).into_iter().zip(all(Lang::Id)).collect();
    for ((name, english), (_, indonesian)) in &pairs {
        // One outlet is one in both.
        let differs = || pairs.iter().any(|((other, english), (_, indonesian))| other == name && english != indonesian);
        assert!(differs() || SAME.contains(name), "{name}: {english}");
        assert!(!indonesian.trim().is_empty() && !english.trim().is_empty(), "{name}");
        let has_sample = |text: &str| (text.contains("‹Kuta›"), text.contains("38"));
        assert_eq!(has_sample(english), has_sample(indonesian), "{name}: {english}: {indonesian}");
        // What is to be typed is the same.
        let code = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let sorted = |text: &str| {
            let mut code = code(text);
            code.sort();
            code
        };
        assert_eq!(sorted(english), sorted(indonesian), "{name}");
    }
}

#[test]
fn dates_and_spans_are_said_as_people_say_them() {
    let at: jiff::Timestamp = "2026-08-30T11:05:00Z".parse().unwrap();
    let zone = jiff::tz::TimeZone::get("Asia/Jakarta").unwrap();
    assert_eq!(Lang::En.minute(at, &zone), "2026-08-30 18:05 WIB");
    assert_eq!(Lang::Id.minute(at, &zone), "30 Agu 2026 18.05 WIB");
    let promotion = PromoDetail {
        external_menu_id: "NG".into(),
        selling_price: Price(19_000),
        start_date: date(2026, 12, 28),
        end_date: date(2027, 5, 2),
        start_time: Some(time(14, 0, 0, 0)),
        end_time: Some(time(16, 30, 0, 0)),
        applicable_days: vec![Day::Sunday, Day::Monday],
    };
    let when = "28 Dec 2026 – 2 May 2027, Sun and Mon 14:00–16:30";
    assert_eq!((promotion.when().as_str(), Lang::En.promotion_days(&promotion).as_str()), (when, when));
    assert_eq!(Lang::Id.promotion_days(&promotion), "28 Des 2026 – 2 Mei 2027, Min dan Sen 14.00–16.30");
    let zoned = at.to_zoned(zone);
    assert_eq!(Lang::En.moment(&zoned), "Sun 2026-08-30 18:05 WIB");
    assert_eq!(Lang::Id.moment(&zoned), "Min, 30 Agu 2026 18.05 WIB");
    let said = |lang: Lang, seconds| lang.ago(at - jiff::SignedDuration::from_secs(seconds), at);
    for (seconds, english, indonesian) in [
        (0, "0 s ago", "0 detik lalu"),
        (89, "89 s ago", "89 detik lalu"),
        (90, "2 min ago", "2 menit lalu"),
        (3 * 3600, "3 h ago", "3 jam lalu"),
        (40 * 86_400, "40 d ago", "40 hari lalu"),
        (-300, "in 5 min", "5 menit lagi"),
    ] {
        assert_eq!((said(Lang::En, seconds), said(Lang::Id, seconds)), (english.to_owned(), indonesian.to_owned()));
    }
}
