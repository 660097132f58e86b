//! What holds for all layers: properties over generated ones.

use proptest::prelude::*;

use super::{super::Shadowed, *};

/// One line of an item patch.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..100_000i64).prop_map(|price| format!("price: {price}")),
        "[a-z]{1,8}".prop_map(|name| format!("name: q{name}")),
        Just("description: null".to_owned()),
        any::<bool>().prop_map(|stock| format!("in_stock: {stock}")),
        (0..12u8).prop_map(|hour| format!("operational_hours: {{daily: {hour:02}:00-{:02}:30}}", hour + 5)),
        (0..7usize).prop_map(|day| {
            let day = crate::catalog::Day::ALL[day].key();
            format!("operational_hours: {{daily: 10:00-14:00, {day}: 22:00-02:00}}")
        }),
    ]
}

fn patch(id: &'static str) -> impl Strategy<Value = String> {
    field().prop_map(move |field| format!("items: {{{id}: {{{field}}}}}"))
}

/// Any layer that is well formed over the brand.
fn layer() -> impl Strategy<Value = String> {
    prop_oneof![
        patch("NG"),
        patch("NU"),
        patch("ES"),
        Just("items: {NG: {menu: Minuman, before: ES}}".to_owned()),
        Just("menus: [{name: Nasi, rename: Lauk}]".to_owned()),
        (-50..100i64).prop_map(|markup| format!("pricing: [{{markup: {markup}%, round_to: 100}}]")),
        (0..12u8).prop_map(|hour| format!("operational_hours: {{daily: {hour:02}:00-20:00}}")),
    ]
}

/// Any layer, also those that take things away or look at where things stand.
fn rough_layer() -> impl Strategy<Value = String> {
    let hour = |key: &'static str| (0..12u8).prop_map(move |hour| format!("{key}: {hour:02}:00-20:00"));
    let hours = prop_oneof![hour("daily"), hour("monday"), hour("sunday"), Just("monday: null".to_owned())];
    let price = || prop_oneof![Just(1000i64), Just(2000), Just(3000)];
    prop_oneof![
        layer(),
        prop_oneof![Just("NG"), Just("ES")].prop_flat_map(patch),
        hours.prop_map(|hours| format!("items: {{NG: {{operational_hours: {{{hours}}}}}}}")),
        Just("items: {NG: {operational_hours: null}}".to_owned()),
        prop_oneof![Just("Nasi"), Just("Minuman")].prop_map(|menu| format!("items: {{NG: {{menu: {menu}}}}}")),
        price().prop_map(|price| format!("pricing: [{{markup: {price}, menu: Minuman}}]")),
        price().prop_map(|price| format!("items: {{NG: {{price: {price}}}}}")),
        price().prop_map(|price| format!("variants: {{LV-3: {{price: {price}}}}}")),
        (0..3u8).prop_map(|most| format!("categories: {{VC: {{rules: {{selection: {{max_quantity: {most}}}}}}}}}")),
        price().prop_map(|price| {
            format!("categories: {{VC: {{variants: [{{external_id: LV-3, name: Gila, price: {price}}}]}}}}")
        }),
        Just("menus: [{name: Minuman, remove: true}]".to_owned()),
        Just("items: {NG: {remove: true}}".to_owned()),
        Just("categories: {VC: {remove: true}}".to_owned()),
    ]
}

/// What the layers come to, whichever of their files says it.
fn composed(layers: &[String]) -> Catalog {
    let catalog = layered(&layers.iter().map(String::as_str).collect::<Vec<_>>()).catalog;
    Catalog { menu_files: Default::default(), ..catalog }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_layer_that_says_nothing_changes_nothing(layers in prop::collection::vec(layer(), 1..5), at in 0..5usize) {
        let mut more = layers.clone();
        more.insert(at.min(layers.len()), "{}".to_owned());
        prop_assert_eq!(composed(&layers), composed(&more));
    }

    #[test]
    fn patches_of_different_ids_commute(a in patch("NG"), b in patch("NU"), c in patch("ES")) {
        let forth = composed(&[a.clone(), b.clone(), c.clone()]);
        prop_assert_eq!(forth, composed(&[c, a, b]));
    }

    #[test]
    fn a_patch_laid_twice_is_the_same_as_once(a in patch("NG")) {
        prop_assert_eq!(composed(&[a.clone(), "{}".to_owned()]), composed(&[a.clone(), a]));
    }

    #[test]
    fn what_a_patch_says_that_is_shadowed_could_as_well_not_be_said(
        layers in prop::collection::vec(rough_layer(), 2..7),
    ) {
        let texts: Vec<_> = layers.iter().map(String::as_str).collect();
        let Composed { catalog, origins, .. } = layered(&texts);
        // A layer of one patch with hours of two days is kept for one of them.
        let is_kept = |shadowed: &&Shadowed| origins.in_effect().any(|kept| kept.file == shadowed.place.file);
        for shadowed in origins.shadowed().iter().filter(|shadowed| !is_kept(shadowed)) {
            let number = shadowed.place.file.trim_start_matches("catalogs/l").trim_end_matches(".yaml").parse::<usize>();
            let mut without = texts.clone();
            without[number.unwrap() - 1] = "{}";
            prop_assert_eq!(&catalog, &layered(&without).catalog, "{:?}", shadowed);
        }
    }

    #[test]
    fn no_text_makes_a_panic(a in "\\PC{0,60}", b in "[a-z{}\\[\\]:,\\-\n 0-9%]{0,80}") {
        for text in [a, b] {
            let broken = format!("{text}\noutlet: G1\n");
            let definitions = definitions(&[("catalogs/a.yaml", &text), ("catalogs/b.yaml", &broken)]);
            for outlet in definitions.outlets() {
                let images = |_: &str| ImageFile::Missing(String::new());
                definitions.compose(&outlet.id, jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &images);
            }
        }
    }
}
