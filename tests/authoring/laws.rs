//! Laws of writing: whatever is live, the files made from it say exactly that.

use std::collections::BTreeSet;

use menusync::{
    authoring::{Context, Head, file_text, hours_text, import, text},
    catalog::{
        Catalog, Day, Field, Hours, OutletId, Price, TimeRange,
        live::{LiveCatalog, LiveCategory, LiveItem, LiveMenu, LiveVariant},
    },
    definition::{self, ImageFile},
    document::{self, SourceFile},
    plan::Uuids,
    policy::Policy,
};
use proptest::{collection::vec, option, prelude::*};

fn file(text: &str) -> SourceFile {
    SourceFile { path: "catalogs/a.yaml".into(), text: text.into() }
}

/// Ordinary texts, texts that look like something else, and texts from hell.
fn words() -> impl Strategy<Value = String> {
    const TRAPS: &[&str] = &[
        "no",
        "22:30",
        "010",
        "1e3",
        "~",
        "null",
        "",
        " ",
        " a ",
        "a: b",
        "a #b",
        "#a",
        "- a",
        "a:",
        "[a]",
        "{a}",
        "a, b",
        "'",
        "\"",
        "\\",
        "a\nb\n",
        "\t",
        "Nasi Goreng",
        "Café",
        "Cafe\u{301}",
        "\u{feff}",
        "\u{2028}",
        "\u{85}",
        "😀",
        "\u{1b}[31m",
        "%TAG",
        "---",
        "...",
        "<<",
        "=",
        "*a",
        "&a",
        "!a",
        "@a",
        "`",
        "https://x.id/a?b=c#d",
        "3 Rasa",
        "2027-01-01",
        "+62",
        "0x1F",
        "Rp 25.000",
        "50%",
    ];
    prop_oneof![proptest::sample::select(TRAPS).prop_map(str::to_owned), any::<String>(), "[A-Za-z ,:#'\"-]{0,20}"]
}

fn field<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Field<T>> {
    option::of(value).prop_map(Field::set_or_null)
}

fn hours() -> impl Strategy<Value = Hours> {
    let range = prop_oneof![
        (0_u16..=1440, 0_u16..=1440).prop_map(|(start, end)| TimeRange { start, end }),
        (0_u16..1440).prop_map(|start| TimeRange { start, end: 1439 }),
        (0_u16..1440).prop_map(|end| TimeRange { start: 0, end }),
        Just(TimeRange { start: 600, end: 1320 }),
    ];
    let day = vec(range, 0..3);
    let days = prop_oneof![vec(day.clone(), 7), vec(day.clone(), 7), day.prop_map(|day| vec![day; 7])];
    days.prop_map(|days| {
        let mut hours = Hours::default();
        Day::ALL.into_iter().zip(days).for_each(|(day, ranges)| *hours.day_mut(day) = ranges);
        hours.sort();
        hours
    })
}

fn items() -> impl Strategy<Value = Vec<LiveItem>> {
    let links = vec(0_usize..3, 0..3);
    let item = (words(), field(words()), field(words()), any::<u16>(), field(hours()), links, any::<bool>());
    let item =
        item.prop_map(|(name, internal_name, description, price, operational_hours, links, has_image)| LiveItem {
            name,
            internal_name,
            description,
            price: Field::Set(Price(price.into())),
            operational_hours,
            image: if has_image { Field::Set("https://x.id/a.jpg".into()) } else { Field::Null },
            variant_category_uuids: links.into_iter().map(|at| format!("category {at}")).collect(),
            ..LiveItem::default()
        });
    vec(item, 1..5)
}

fn live() -> impl Strategy<Value = LiveCatalog> {
    let menus = vec((words(), items()), 1..4);
    let variant = (words(), -5_i64..5000).prop_map(|(name, price)| (name, Price(price)));
    let categories = vec((words(), field(words()), vec(variant, 0..4)), 3);
    (menus, categories, any::<u64>()).prop_map(|(menus, categories, ids)| made(menus, categories, ids))
}

type MadeCategory = (String, Field<String>, Vec<(String, Price)>);

/// Some things get an id, one bit each.
fn made(menus: Vec<(String, Vec<LiveItem>)>, categories: Vec<MadeCategory>, ids: u64) -> LiveCatalog {
    let mut count = 0_u32;
    let mut next = move || {
        count += 1;
        let own =
            if ids >> (count % 64) & 1 == 1 { Field::Set(format!("{count}-id").as_str().into()) } else { Field::Null };
        (format!("uuid {count}"), own)
    };
    let mut live = LiveCatalog::default();
    let mut names = BTreeSet::new();
    for (name, mut menu_items) in menus {
        for item in &mut menu_items {
            (item.uuid, item.external_id) = next();
        }
        // Menus of the same name are made one, which is tested elsewhere.
        let name = if names.insert(name.clone()) { name } else { format!("menu {}", names.len()) };
        live.menus.push(LiveMenu { name, menu_items, ..LiveMenu::default() });
    }
    for (at, (name, internal_name, variants)) in categories.into_iter().enumerate() {
        let variants = variants.into_iter().map(|(name, price)| {
            let (uuid, external_id) = next();
            LiveVariant { uuid, external_id, name, price: Field::Set(price), ..LiveVariant::default() }
        });
        live.variant_categories.push(LiveCategory {
            uuid: format!("category {at}"),
            name,
            internal_name,
            min_quantity: Field::Set(0),
            max_quantity: Field::Set(1),
            variants: variants.collect(),
            ..LiveCategory::default()
        });
    }
    live
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_read_back_as_it_is(word in words(), flow in any::<bool>()) {
        let (context, yaml) = if flow { (Context::Flow, "[X, X]") } else { (Context::Block, "a: X") };
        let yaml = yaml.replace('X', &text(&word, context));
        let parsed = document::parse(&file(&yaml));
        prop_assert!(parsed.diagnostics.is_empty(), "{yaml:?}: {:?}", parsed.diagnostics);
        let root = parsed.root.unwrap();
        let read = match &root.value {
            document::Value::Sequence(nodes) => nodes[1].scalar().unwrap().clone(),
            _ => root.get("a").unwrap().scalar().unwrap().clone(),
        };
        prop_assert_eq!(&*read.text, &*word);
        prop_assert!(!read.is_null());
    }

    #[test]
    fn files_say_what_is_live(live in live()) {
        let imported = import(&live, &Uuids::default(), &Catalog::default(), false);
        let id = OutletId("G1".into());
        let yaml = file_text(&Head::Outlet { id: id.clone(), extends: Vec::new() }, &imported);
        let definitions = definition::parse(&[file(&yaml)]);
        let no_files = |path: &str| ImageFile::Missing(path.to_owned());
        let composed = definitions.compose(&id, jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &no_files);
        prop_assert!(composed.diagnostics.iter().all(|d| !d.is_error()), "{yaml}\n{:#?}", composed.diagnostics);
        let menu = Catalog { menu_files: Default::default(), ..composed.catalog };
        prop_assert_eq!(&menu, &imported.catalog, "{}", yaml);
        // The platform answers categories in any order.
        let mut shuffled = live.clone();
        shuffled.variant_categories.reverse();
        prop_assert_eq!(imported, import(&shuffled, &Uuids::default(), &Catalog::default(), false));
    }

    #[test]
    fn hours_are_read_back_as_they_are(hours in hours()) {
        let item = "{external_id: A, name: A, price: 1000}";
        let yaml = format!("outlet: G1\noperational_hours: {}\nmenus: [{{name: A, menu_items: [{item}]}}]\n", hours_text(&hours));
        let composed = definition::parse(&[file(&yaml)]).compose(
            &OutletId("G1".into()), jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &|path| ImageFile::Missing(path.to_owned()),
        );
        prop_assert!(composed.diagnostics.is_empty(), "{yaml}\n{:#?}", composed.diagnostics);
        prop_assert_eq!(composed.catalog.menus[0].menu_items[0].operational_hours.value(), Some(&hours), "{}", yaml);
    }
}
