//! Which things a refusal is about, in every form of words that is known or likely.

use super::*;
use crate::plan::named_in;

/// The warung with what makes naming hard: names within names, short names, the same image twice.
fn payload() -> Catalog {
    let mut catalog = warung();
    let nasi = &mut catalog.menus[0].menu_items;
    nasi[1].name = set("Nasi Goreng Kampung");
    nasi[1].image = set("https://img.example.com/kampung.webp?v=1");
    nasi[2].name = set("Es");
    nasi[3].image = set("https://img.example.com/ng.png.webp");
    nasi[4].image = set("https://img.example.com/sambal");
    nasi[5].image = set("https://img.example.com");
    catalog
}

#[test]
fn words_are_traced_to_what_they_are_about() {
    let cases: [(&str, &[&str]); 34] = [
        // Positions in the body.
        ("menus[1].menu_items[0].price: must be greater than 0", &["items/D1/price"]),
        ("menus.1.menu_items.3.name is too long", &["items/D4/name"]),
        ("/menus/0/menu_items/0/image: invalid", &["items/NG/image"]),
        ("body.menus[0].menu_items[2] is invalid", &["items/N2"]),
        ("menus[0].menu_items[0].price, menus[0].menu_items[0].price", &["items/NG/price"]),
        ("menus[0].menu_items[1].price and menus[1].menu_items[1].name", &["items/N1/price", "items/D2/name"]),
        ("variant_categories[0].variants[1].price: missing", &["variants/LV3/price"]),
        ("variant_categories[0].rules.selection.max_quantity: out of range", &["categories/VC/max_quantity"]),
        ("variant_categories[0]: no variants", &["categories/VC"]),
        ("menus[7].menu_items[0].price: there is no such item", &[]),
        // Images.
        ("invalid image type: https://img.example.com/kampung.webp?v=1", &["items/N1/image"]),
        ("cannot fetch \"https://img.example.com/ng.png\".", &["items/NG/image"]),
        ("invalid image type: kampung.webp", &["items/N1/image"]),
        ("invalid image type", &[]),
        ("cannot fetch https://img.example.com/sambal", &["items/N4/image"]),
        ("image 'https://img.example.com/sambal' is not square", &["items/N4/image"]),
        ("https://img.example.com/sambal is not square", &["items/N4/image"]),
        ("https://img.example.com/sambal/2 is not square", &[]),
        ("img.example.com does not answer", &[]),
        ("sambal is not square", &[]),
        // Ids.
        ("duplicate menu item external_id: LV3", &[]),
        ("menu item 'D3' is refused", &["items/D3"]),
        ("variant \"LV3\": price is required", &["variants/LV3/price"]),
        ("D3 is refused", &[]),
        // Names.
        ("Nasi Goreng: description contains a link", &["items/NG/description"]),
        ("item “Nasi Goreng Kampung” is not allowed", &["items/N1"]),
        ("The name of Pedas gila is not allowed", &["variants/LV3"]),
        ("Level pedas needs a variant", &["categories/VC"]),
        ("“Es” is too short", &["items/N2"]),
        ("Es is too short", &[]),
        ("the item named Es' is too short", &[]),
        ("Nasi Gorengan is sold out", &[]),
        // Nothing.
        ("menus: missing required field", &[]),
        ("", &[]),
    ];
    let payload = payload();
    for (words, named) in cases {
        let found: Vec<String> = named_in(words, &payload).iter().map(Path::to_string).collect();
        assert_eq!(found, named, "{words}");
    }
}

#[test]
fn an_id_that_is_long_enough_is_found_without_quotes() {
    let mut payload = payload();
    payload.menus[1].menu_items[0].external_id = "DRINK-01".into();
    let found = |words: &str| named_in(words, &payload).iter().map(Path::to_string).collect::<Vec<_>>();
    assert_eq!(found("DRINK-01: price: must be greater than 0"), ["items/DRINK-01/price"]);
    assert_eq!(found("DRINK-011: price: must be greater than 0"), Vec::<String>::new());
}

proptest! {
    #[test]
    fn whatever_the_words_are_nothing_is_named_that_is_not_there(words in "(menus|menu_items|[\\[\\].0-9]{1,4}|Nasi| |“|price|[^a]){0,12}") {
        let payload = payload();
        let ids: BTreeSet<String> = ["VC", "LV0", "LV3"].map(str::to_owned).into_iter()
            .chain(payload.items().map(|(_, item)| item.external_id.0.clone())).collect();
        for path in named_in(&words, &payload) {
            let owner = path.owner().to_string();
            prop_assert!(ids.contains(owner.split('/').nth(1).unwrap()));
        }
    }
}
