//! What holds for all layers: properties over generated ones.

use proptest::prelude::*;

use super::*;

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

fn composed(layers: &[String]) -> Catalog {
    layered(&layers.iter().map(String::as_str).collect::<Vec<_>>()).catalog
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
