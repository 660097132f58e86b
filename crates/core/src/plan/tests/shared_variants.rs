//! One variant in several categories: one thing in the files, and as many places live.

use super::{duplicates::give_copies_uuids, *};

/// “Pedas” in two choices.
fn catalog() -> Catalog {
    let mut catalog = warung();
    let mut sambal = catalog.variant_categories[0].clone();
    (sambal.external_id, sambal.name) = ("VS".into(), set("Sambal"));
    sambal.variants = vec![variant("LV3", "Pedas gila", 2_000), variant("SB0", "Tanpa sambal", 0)];
    catalog.variant_categories.push(sambal);
    catalog.menus[0].menu_items[0].variant_category_external_ids = Field::Set(vec!["VC".into(), "VS".into()]);
    catalog
}

fn story() -> Story {
    let mut story = Story::in_sync(catalog());
    give_copies_uuids(&mut story.live);
    story.base = Some(story.plan().next_base);
    assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));
    story
}

impl Story {
    fn price_of_shared(&mut self, price: i64) {
        let variants = self.desired.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
        variants.filter(|v| v.external_id.as_str() == "LV3").for_each(|v| v.price = Field::Set(Price(price)));
    }

    fn live_copy(&mut self, category: usize) -> &mut crate::catalog::live::LiveVariant {
        let mut all = self.live.variant_categories[category].variants.iter_mut();
        all.find(|variant| variant.external_id == Field::Set("LV3".into())).unwrap()
    }
}

/// Price and stock of “Pedas” in each choice.
fn copies(catalog: &Catalog) -> Vec<(&str, i64, Option<bool>)> {
    let copies = catalog.variants().filter(|(_, v)| v.external_id.as_str() == "LV3");
    copies.map(|(c, v)| (c.external_id.as_str(), v.price.value().unwrap().0, v.in_stock.value().copied())).collect()
}

#[test]
fn a_change_is_told_once_and_has_arrived_when_every_copy_shows_it() {
    let mut story = story();
    story.price_of_shared(3_000);
    let plan = story.plan();
    assert_eq!(told(&plan), ["edit set variants/LV3/price 2000 → 3000 pushed"]);
    assert_eq!(copies(&plan.payload), [("VC", 3_000, Some(true)), ("VS", 3_000, Some(true))]);
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Old);
    for (half, other) in [(0, 1), (1, 0)] {
        let mut story = self::story();
        story.live_copy(half).price = Field::Set(Price(3_000));
        assert!(!matches!(waiting.look(&story.live), Look::Arrived | Look::Unreadable), "{half}");
        // Half of it was set in the app already: the rest is still an edit.
        story.price_of_shared(3_000);
        let plan = story.plan();
        assert_eq!(told(&plan), ["edit set variants/LV3/price 2000 → 3000 pushed"]);
        story.live_copy(other).price = Field::Set(Price(3_000));
        assert_eq!(waiting.look(&story.live), Look::Arrived);
        story.base = Some(waiting.arrived(&story.live));
        assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));
    }
}

#[test]
fn an_edit_of_one_copy_in_the_app_is_drift_that_a_push_leaves_and_a_revert_undoes() {
    for edited in [0, 1] {
        let mut story = story();
        story.live_copy(edited).price = Field::Set(Price(9_000));
        assert_eq!(told(&story.plan()), ["drift set variants/LV3/price 9000 → 2000"]);
        story.desired_item("D1").price = Field::Set(Price(9_500));
        let plan = story.plan();
        let as_shown = |at: usize| if at == edited { 9_000 } else { 2_000 };
        assert_eq!(
            copies(&plan.payload),
            [("VC", as_shown(0), Some(true)), ("VS", as_shown(1), Some(true))],
            "what is not told is not sent"
        );
        // Both have edited it: nothing is sent anywhere.
        story.price_of_shared(3_000);
        let plan = story.plan();
        assert!(told(&plan).contains(&"conflict set variants/LV3/price 9000 → 3000".to_owned()), "{:?}", told(&plan));
        assert_eq!(copies(&plan.payload).iter().map(|copy| copy.1).sum::<i64>(), 11_000);
        story.revert = true;
        assert_eq!(copies(&story.plan().payload).iter().map(|copy| copy.1).collect::<Vec<_>>(), [3_000, 3_000]);
    }
}

#[test]
fn one_sold_out_copy_makes_it_sold_out_everywhere_and_none_is_put_on_sale() {
    for off in [0, 1] {
        for by_uuid in [true, false] {
            let mut story = story();
            if !by_uuid {
                story.base.as_mut().unwrap().uuids = Uuids::default();
            }
            story.live_copy(off).in_stock = Field::Set(false);
            assert_eq!(story.plan().action, Action::None);
            story.desired_item("D1").price = Field::Set(Price(9_500));
            assert_eq!(copies(&story.plan().payload), [("VC", 2_000, Some(false)), ("VS", 2_000, Some(false))]);
        }
    }
}

#[test]
fn taking_it_off_sale_names_every_copy_and_is_done_when_all_are_off() {
    for already in [None, Some(0), Some(1)] {
        let mut story = story();
        if let Some(at) = already {
            story.live_copy(at).in_stock = Field::Set(false);
        }
        for variant in story.desired.variant_categories.iter_mut().flat_map(|category| &mut category.variants) {
            if variant.external_id.as_str() == "LV3" {
                variant.in_stock = Field::Set(false);
            }
        }
        let plan = story.plan();
        assert_eq!(told(&plan), ["edit set variants/LV3/in_stock true → false pushed"]);
        let (_, lines) = &plan.stock[0];
        let uuids: Vec<&str> = lines.iter().map(|line| line.uuid.as_str()).collect();
        assert_eq!(uuids, ["LV3-in-VC", "LV3-in-VS"]);
        let waiting = PushVerification::new(&plan, &story.inputs());
        story.live_copy(0).in_stock = Field::Set(false);
        story.live_copy(1).in_stock = Field::Set(true);
        assert_ne!(waiting.look(&story.live), Look::Arrived, "it is on sale in one choice");
        assert!(waiting.stock_shown(&story.live).is_empty());
        story.live_copy(1).in_stock = Field::Set(false);
        assert_eq!(waiting.look(&story.live), Look::Arrived);
        story.base = Some(waiting.arrived(&story.live));
        assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));
        // Somebody puts one of them back: it is off sale by the files, and on sale for nobody.
        story.live_copy(0).in_stock = Field::Set(true);
        assert_eq!(told(&story.plan()), ["drift set variants/LV3/in_stock true → false"]);
        story.desired_item("D1").price = Field::Set(Price(9_500));
        assert!(copies(&story.plan().payload).iter().all(|copy| copy.2 == Some(false)));
    }
}

#[test]
fn it_comes_to_a_category_and_leaves_one_and_both_are_seen_to_arrive() {
    let (with, mut without) = (catalog(), catalog());
    without.variant_categories[1].variants.remove(0);
    let mut story = Story::in_sync(without.clone());
    story.desired = with.clone();
    let plan = story.plan();
    assert_eq!(told(&plan), [r#"edit move variants/LV3/category "VC" → ["VC","VS"] pushed"#]);
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Old);
    story.live = as_published(&plan.payload);
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!(told(&story.plan()), [] as [&str; 0]);

    story.desired = without;
    let plan = story.plan();
    assert_eq!(told(&plan), [r#"edit move variants/LV3/category ["VC","VS"] → "VC" pushed"#]);
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Old, "it still stands in both");
    story.live = as_published(&plan.payload);
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));
}

#[test]
fn a_copy_that_somebody_took_away_or_that_stands_where_ours_does_not_is_told() {
    let mut story = story();
    story.live.variant_categories[1].variants.remove(0);
    assert_eq!(told(&story.plan()), [r#"drift move variants/LV3/category "VC" → ["VC","VS"]"#]);
    // Moved to a choice that nobody of ours has.
    let mut story = self::story();
    let copy = story.live.variant_categories[1].variants.remove(0);
    let foreign = crate::catalog::live::LiveCategory {
        uuid: "c-9".into(),
        name: "Dari kasir lama".into(),
        variants: vec![copy],
        ..crate::catalog::live::LiveCategory::default()
    };
    story.live.variant_categories.push(foreign);
    let plan = story.plan();
    assert!(
        told(&plan).contains(&r#"drift move variants/LV3/category "VC" → ["VC","VS"]"#.to_owned()),
        "{:?}",
        told(&plan)
    );
    assert_eq!(plan.action, Action::None);
}

#[test]
fn a_category_that_goes_leaves_it_in_the_others_and_one_that_comes_brings_it() {
    let mut story = story();
    let mut without = catalog();
    without.variant_categories.pop();
    without.menus[0].menu_items[0].variant_category_external_ids = Field::Set(vec!["VC".into()]);
    story.desired = without;
    let plan = story.plan();
    assert_eq!(copies(&plan.payload), [("VC", 2_000, Some(true))]);
    let waiting = PushVerification::new(&plan, &story.inputs());
    story.live = as_published(&plan.payload);
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));

    story.desired = catalog();
    let plan = story.plan();
    assert_eq!(copies(&plan.payload), [("VC", 2_000, Some(true)), ("VS", 2_000, Some(true))]);
    assert!(
        told(&plan).iter().all(|change| !change.contains("variants/")),
        "it goes without saying: {:?}",
        told(&plan)
    );
    let waiting = PushVerification::new(&plan, &story.inputs());
    story.live = as_published(&plan.payload);
    assert_eq!(waiting.look(&story.live), Look::Arrived);
}

#[test]
fn a_category_that_somebody_took_away_comes_back_with_it() {
    let mut story = story();
    story.live.variant_categories.pop();
    story.desired_item("D1").price = Field::Set(Price(9_500));
    let plan = story.plan();
    let sambal = plan.payload.variant_categories.iter().find(|category| category.external_id.as_str() == "VS");
    assert!(sambal.is_none_or(|sambal| sambal.variants.len() == 2), "{sambal:?}");
}

#[test]
fn in_the_place_of_a_sold_out_one_of_its_name_it_comes_sold_out() {
    // Import gave the copy an id of its own, and the files have become one variant since.
    let mut apart = catalog();
    apart.variant_categories[1].variants[0].external_id = "LV3-VS".into();
    let mut story = Story::in_sync(apart.clone());
    story.live.variant_categories[1].variants[0].in_stock = Field::Set(false);
    story.desired = catalog();
    let mut plan = story.plan();
    assert_eq!(copies(&plan.payload).last(), Some(&("VS", 2_000, Some(false))), "{:?}", told(&plan));
    // Nor does it go on sale there where the push is sent again.
    let mut waiting = PushVerification::new(&plan, &story.inputs());
    waiting.note_kitchens(&story.live);
    waiting.refresh_stock(&mut plan);
    assert_eq!(copies(&plan.payload), [("VC", 2_000, Some(true)), ("VS", 2_000, Some(false))]);
    // And back.
    let mut story = self::story();
    story.live_copy(0).in_stock = Field::Set(false);
    story.desired = apart;
    let sent = story.plan().payload;
    let back = sent.variants().find(|(_, variant)| variant.external_id.as_str() == "LV3-VS").unwrap().1;
    assert_eq!(back.in_stock, Field::Set(false));
}

#[test]
fn without_a_base_each_copy_is_found() {
    let mut story = story();
    story.base = None;
    story.live.variant_categories.iter_mut().for_each(|category| category.external_id = Field::Unsaid);
    story.live.variant_categories.reverse();
    let plan = story.plan();
    assert_eq!((told(&plan), plan.action), (vec![], Action::None));
    let uuids = plan.next_base.uuids;
    assert_eq!(uuids.by_id().variants_of(&"LV3".into()), ["LV3-in-VC", "LV3-in-VS"]);
}

#[test]
fn a_push_of_which_one_copy_stayed_as_it_was_is_remembered_as_that() {
    for landed in [0, 1] {
        let mut story = story();
        story.price_of_shared(3_000);
        let plan = story.plan();
        let waiting = PushVerification::new(&plan, &story.inputs());
        story.live_copy(landed).price = Field::Set(Price(3_000));
        let mismatches = waiting.mismatches(&story.live);
        assert_eq!(mismatches.len(), 1, "{mismatches:?}");
        assert_eq!(mismatches[0].live, Some(FieldValue::Price(Price(2_000))));
        story.base = Some(waiting.settled(&story.live, story.base.as_ref(), &mismatches));
        let base = &story.base.as_ref().unwrap().catalog;
        assert!(base.variants().all(|(_, v)| v.external_id.as_str() != "LV3" || v.price == Field::Set(Price(2_000))));
        assert_eq!(
            (told(&story.plan()), story.plan().action),
            (vec!["edit set variants/LV3/price 2000 → 3000".to_owned()], Action::None)
        );
    }
}
