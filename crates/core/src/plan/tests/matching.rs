//! Which live thing is which of ours, where the platform or somebody in the app has taken away what tells.

use super::*;
use crate::catalog::live::{LiveCategory, LiveVariant};

/// Two choices, and GoFood's ids for everything.
fn story() -> Story {
    let mut desired = warung();
    let mut sauce = desired.variant_categories[0].clone();
    (sauce.external_id, sauce.name) = ("SAUS".into(), set("Saus"));
    sauce.variants = vec![variant("S1", "Tomat", 0), variant("S2", "Sambal", 0)];
    desired.variant_categories.push(sauce);
    desired.menus[1].menu_items[0].variant_category_external_ids = Field::Set(vec!["SAUS".into()]);
    let mut story = Story::in_sync(desired);
    let own = |uuid: &mut String| *uuid = format!("u-{uuid}");
    for item in story.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        own(&mut item.uuid);
        item.variant_category_uuids.iter_mut().for_each(own);
    }
    for category in &mut story.live.variant_categories {
        own(&mut category.uuid);
        category.variants.iter_mut().for_each(|variant| own(&mut variant.uuid));
    }
    story.base = Some(story.plan().next_base);
    story
}

fn category(story: &mut Story, n: usize) -> &mut LiveCategory {
    story.live.variant_categories.get_mut(n).unwrap()
}

/// Without what the platform may not return, and under another UUID: only its variants and its name are left.
fn strip(category: &mut LiveCategory) {
    category.external_id = Field::Unsaid;
    category.uuid = format!("new-{}", category.uuid);
}

fn strip_variants(category: &mut LiveCategory) {
    for LiveVariant { uuid, external_id, .. } in &mut category.variants {
        *external_id = Field::Null;
        *uuid = format!("new-{uuid}");
    }
}

fn relink(story: &mut Story) {
    story.live_item("NG").variant_category_uuids = vec![story.live.variant_categories[0].uuid.clone()];
    story.live_item("D1").variant_category_uuids = vec![story.live.variant_categories[1].uuid.clone()];
}

fn paths(plan: &OutletPlan) -> Vec<String> {
    plan.changes.iter().map(|change| format!("{:?} {}", change.kind, change.path)).collect()
}

#[test]
fn what_the_platform_calls_things_is_recorded_with_every_look() {
    let mut story = story();
    // What has none is not recorded under none.
    story.live_item("D1").uuid = String::new();
    let uuids = story.plan().next_base.uuids;
    assert_eq!(uuids.items.get("u-NG"), Some(&"NG".into()));
    assert_eq!((uuids.items.len(), uuids.items.get("")), (9, None));
    assert_eq!(uuids.categories.get("u-VC"), Some(&"VC".into()));
    assert_eq!(uuids.variants.get("u-LV3"), Some(&"LV3".into()));
}

#[test]
fn by_the_platforms_id_where_the_name_is_another_too() {
    let mut story = story();
    let nasi = story.live_item("NG");
    (nasi.external_id, nasi.name) = (Field::Null, "Nasi Gila".into());
    let choice = category(&mut story, 0);
    (choice.external_id, choice.name) = (Field::Unsaid, "Pedas".into());
    strip_variants(choice);
    let sauce = category(&mut story, 1);
    (sauce.variants[0].external_id, sauce.variants[0].name) = (Field::Null, "Kecap".into());
    let plan = story.plan();
    assert_eq!(
        paths(&plan),
        [
            "Set items/NG/external_id",
            "Set items/NG/name",
            "Set categories/VC/name",
            "Set variants/LV0/external_id",
            "Set variants/LV3/external_id",
            "Set variants/S1/external_id",
            "Set variants/S1/name",
        ]
    );
    assert!(plan.unmanaged.is_empty());
    // Of what no file knows any more nothing is taken for ours.
    story.desired.menus[0].menu_items.remove(0);
    story.base.as_mut().unwrap().catalog.menus[0].menu_items.remove(0);
    assert_eq!(story.plan().unmanaged.len(), 1);
}

#[test]
fn an_item_by_its_name_in_its_menu_unless_it_has_another_id() {
    let lose = |story: &mut Story| {
        let nasi = story.live_item("NG");
        (nasi.external_id, nasi.uuid) = (Field::Null, "new".into());
    };
    let mut story = story();
    lose(&mut story);
    assert_eq!((paths(&story.plan()), story.plan().unmanaged.len()), (vec!["Set items/NG/external_id".to_owned()], 0));
    // In another encoding.
    let mut story = Story::in_sync({
        let mut desired = warung();
        desired.menus[0].name = "Me\u{301}nu".into();
        desired.menus[0].menu_items[0].name = set("Cafe\u{301}");
        desired
    });
    lose(&mut story);
    story.live.menus[0].name = "Ménu".into();
    story.live.menus[0].menu_items[0].name = "Café".into();
    assert_eq!((paths(&story.plan()), story.plan().unmanaged.len()), (vec!["Set items/NG/external_id".to_owned()], 0));
    for (what, disturb) in [
        (
            "another menu",
            (|live: &mut LiveCatalog| live.menus[0].menu_items[0].name = "Es 9".into()) as fn(&mut LiveCatalog),
        ),
        ("another id", |live| live.menus[0].menu_items[0].external_id = Field::Set("POS-1".into())),
    ] {
        let mut story = Story::in_sync(warung());
        lose(&mut story);
        disturb(&mut story.live);
        let plan = story.plan();
        assert_eq!(plan.unmanaged.len(), 1, "{what}");
        assert!(paths(&plan).contains(&"Add items/NG".to_owned()), "{what}");
    }
}

#[test]
fn a_category_by_its_id_whatever_else_was_changed() {
    let mut story = story();
    let choice = category(&mut story, 0);
    strip(choice);
    strip_variants(choice);
    (choice.external_id, choice.name) = (Field::Set("VC".into()), "Pedas".into());
    relink(&mut story);
    let expected = ["Set categories/VC/name", "Set variants/LV0/external_id", "Set variants/LV3/external_id"];
    assert_eq!(paths(&story.plan()), expected);
}

#[test]
fn an_id_says_more_than_what_the_platform_called_it_before() {
    let mut story = story();
    let mut twin = category(&mut story, 0).clone();
    (twin.external_id, twin.name) = (Field::Unsaid, "Kembar".into());
    strip_variants(&mut twin);
    category(&mut story, 0).uuid = "new-VC".into();
    story.live.variant_categories.insert(0, twin);
    story.live_item("NG").variant_category_uuids = vec!["new-VC".into()];
    story.desired_item("D3").price = Field::Set(Price(9_800));
    let payload = story.plan().payload;
    let ours = payload.variant_categories.iter().find(|category| category.external_id.as_str() == "VC").unwrap();
    assert_eq!(ours.name, set("Level pedas"));
}

#[test]
fn what_is_not_ours_is_copied_under_its_own_id() {
    let mut story = story();
    let mut made = category(&mut story, 0).clone();
    (made.external_id, made.uuid, made.name) = (Field::Set("POS-1".into()), "u-POS".into(), "Topping".into());
    for variant in &mut made.variants {
        (variant.external_id, variant.uuid) = (Field::Set(format!("POS-{}", variant.name).as_str().into()), "u".into());
        variant.name.push_str(" baru");
    }
    // Without an id of its own the platform's has to do.
    made.variants[1].external_id = Field::Null;
    story.live.variant_categories.push(made);
    story.live_item("D2").variant_category_uuids = vec!["u-POS".into()];
    story.desired_item("D3").price = Field::Set(Price(9_800));
    let payload = story.plan().payload;
    let copied = payload.variant_categories.iter().find(|category| category.external_id.as_str() == "POS-1").unwrap();
    let ids: Vec<&str> = copied.variants.iter().map(|variant| variant.external_id.as_str()).collect();
    assert_eq!(ids, ["POS-Tidak pedas", "u"]);
}

#[test]
fn two_of_one_name_are_two() {
    // The one with the id is it, wherever it stands; the other one is a stranger.
    for first in [true, false] {
        let mut story = story();
        let mut twin = story.live_item("D1").clone();
        (twin.external_id, twin.uuid) = (Field::Null, "u-twin".into());
        let at = if first { 0 } else { 4 };
        story.live.menus[1].menu_items.insert(at, twin);
        let plan = story.plan();
        assert_eq!(plan.unmanaged.iter().map(|item| item.uuid.as_str()).collect::<Vec<_>>(), ["u-twin"]);
        assert_eq!(paths(&plan), ["Remove items/u-twin"]);
    }
    // A copy of a variant keeps its own id, and takes nobody else's.
    let mut story = story();
    let mut twin = category(&mut story, 0).variants[0].clone();
    twin.uuid = "u-twin".into();
    category(&mut story, 0).variants.push(twin);
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let ids: Vec<String> = story.plan().payload.variants().map(|(_, v)| v.external_id.0.clone()).collect();
    assert_eq!(ids.iter().filter(|id| *id == "LV0").count(), 1, "{ids:?}");
}

#[test]
fn a_category_by_its_variants_and_else_by_its_names() {
    // The variants are the same: renamed, it is still it.
    let mut story = story();
    strip(category(&mut story, 0));
    category(&mut story, 0).name = "Pedas".into();
    relink(&mut story);
    assert_eq!(paths(&story.plan()), ["Set categories/VC/name"]);
    // Most of them decide.
    let mut story = self::story();
    for n in 0..2 {
        strip(category(&mut story, n));
        category(&mut story, n).name = format!("Baru {n}");
    }
    let moved = category(&mut story, 0).variants.remove(0);
    category(&mut story, 1).variants.push(moved);
    relink(&mut story);
    assert_eq!(
        paths(&story.plan()),
        ["Set categories/SAUS/name", "Set categories/VC/name", "Move variants/LV0/category"]
    );
    // The variants say nothing: by the name, and by that of the cashier where two share one.
    let mut story = self::story();
    story.desired.variant_categories[1].name = set("Level pedas");
    story.desired.variant_categories[1].internal_name = set("Saus pedas");
    story.publish();
    // It reads back under the ids that it was sent with.
    for n in 0..2 {
        strip(category(&mut story, n));
        strip_variants(category(&mut story, n));
    }
    category(&mut story, 0).internal_name = set("Level pedas");
    story.live.variant_categories.reverse();
    story.live_item("NG").variant_category_uuids = vec!["new-VC".into()];
    story.live_item("D1").variant_category_uuids = vec!["new-SAUS".into()];
    let ids = ["LV0", "LV3", "S1", "S2"].map(|id| format!("Set variants/{id}/external_id"));
    assert_eq!(paths(&story.plan()), ids);
}

#[test]
fn a_name_that_two_categories_share_names_neither() {
    let mut story = story();
    story.desired.variant_categories[1].name = set("Level pedas");
    story.publish();
    let choice = category(&mut story, 0);
    strip(choice);
    strip_variants(choice);
    choice.variants.iter_mut().for_each(|variant| variant.name.push_str(" baru"));
    story.live_item("NG").variant_category_uuids = vec!["new-VC".into()];
    let plan = story.plan();
    assert!(paths(&plan).contains(&"Add categories/VC".to_owned()), "{:?}", paths(&plan));
    let kept: Vec<&str> = plan.payload.variant_categories.iter().map(|c| c.external_id.as_str()).collect();
    assert_eq!(kept, ["SAUS", "new-VC"], "the dish refers to it");
}
