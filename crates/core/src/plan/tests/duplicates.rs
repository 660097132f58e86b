//! Live menus that others have fed before us: two dishes under one id, a variant's id in two categories, menus that the
//! platform fills with dishes of others. What is found depends on what there is, never on the order of the answer.

use super::*;
use crate::catalog::live::{LiveCategory, LiveMenu, LiveVariant};

/// GoFood's ids are none of ours.
fn with_uuids(mut live: LiveCatalog) -> LiveCatalog {
    let own = |uuid: &mut String| *uuid = format!("u-{uuid}");
    for item in live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        own(&mut item.uuid);
        item.variant_category_uuids.iter_mut().for_each(own);
    }
    for category in &mut live.variant_categories {
        own(&mut category.uuid);
        category.variants.iter_mut().for_each(|variant| own(&mut variant.uuid));
    }
    live
}

fn story() -> Story {
    let mut story = Story::in_sync(warung());
    story.live = with_uuids(story.live.clone());
    story.base = Some(story.plan().next_base);
    story
}

/// A second dish that a cashier's system has put under the id of one of ours.
fn twin(story: &mut Story, id: &str) -> LiveItem {
    let twin = story.live_item(id).clone();
    LiveItem {
        uuid: format!("u-9-{id}"),
        name: format!("{} Jumbo", twin.name),
        price: Field::Set(Price(35_000)),
        ..twin
    }
}

/// A category of a cashier's system that has one of our variants as well.
fn foreign_category() -> LiveCategory {
    let egg = LiveVariant {
        uuid: "v-9".into(),
        external_id: Field::Set("LV0".into()),
        name: "Tidak pedas".into(),
        price: Field::Set(Price(0)),
        in_stock: Field::Set(true),
        ..LiveVariant::default()
    };
    let uuid = "c-9".to_owned();
    LiveCategory { uuid, name: "Dari kasir lama".into(), variants: vec![egg], ..LiveCategory::default() }
}

fn section(story: &Story, name: &str, ids: &[&str]) -> LiveMenu {
    let all: Vec<&LiveItem> = story.live.items().map(|(_, item)| item).collect();
    let repeated = ids.iter().map(|id| *all.iter().find(|item| item.uuid == format!("u-{id}")).unwrap());
    LiveMenu { name: name.into(), menu_items: repeated.cloned().collect(), ..LiveMenu::default() }
}

#[test]
fn a_variant_under_one_id_in_two_categories_is_ours_where_ours_is() {
    for (has_base, at) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
        let mut story = story();
        story.live.variant_categories.insert(at, foreign_category());
        // The documented sample names categories by nothing but UUIDs.
        story.live.variant_categories.iter_mut().for_each(|category| category.external_id = Field::Unsaid);
        if !has_base {
            story.base = None;
        }
        let plan = story.plan();
        let made_elsewhere = "drift remove categories/c-9 {\"name\":\"Dari kasir lama\"} → null".to_owned();
        let expected = if has_base { vec![made_elsewhere] } else { Vec::new() };
        assert_eq!((told(&plan), plan.action), (expected, Action::None), "{has_base} {at}");
        story.desired_item("D1").price = Field::Set(Price(9_000));
        let plan = story.plan();
        let of_ours = plan.payload.variant_categories.iter().find(|c| c.external_id.as_str() == "VC").unwrap();
        let ids: Vec<&str> = of_ours.variants.iter().map(|variant| variant.external_id.as_str()).collect();
        assert_eq!(ids, ["LV0", "LV3"]);
        assert!(held(&plan).contains(&"re-key"), "the copy cannot keep its id");
    }
}

#[test]
fn an_id_that_two_variants_have_is_changed_for_the_one_that_is_not_ours_and_that_is_told_and_held() {
    let mut story = story();
    story.live.variant_categories.insert(0, foreign_category());
    // Somebody has given a dish of ours the other category in the app.
    story.live_item("D2").variant_category_uuids = vec!["c-9".into()];
    assert_eq!(told(&story.plan()).len(), 1, "nothing is sent, so no id changes: {:?}", told(&story.plan()));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let plan = story.plan();
    assert_eq!(
        told(&plan),
        [
            "edit set items/D1/price 8500 → 9000 pushed",
            "drift remove variants/v-9 {\"name\":\"Tidak pedas\",\"price\":0} → null",
            "drift set variants/v-9/external_id \"LV0\" → \"v-9\" pushed",
        ]
    );
    assert_eq!(held(&plan), ["re-key"]);
    let change = plan.changes.iter().find(|change| change.path == path("variants/v-9/external_id")).unwrap();
    assert_eq!(plan.risk(&change.step(true)), Risk::Danger);
    let guard = plan.held().next().unwrap();
    assert_eq!(guard.items, [path("variants/v-9")]);
    assert_eq!(
        guard.message,
        "“Tidak pedas” would get the external id v-9 instead of LV0: whoever knows it by the old one, such as a cashier's \
         system, would not find it"
    );
    let ids: Vec<&str> = plan.payload.variants().map(|(_, variant)| variant.external_id.as_str()).collect();
    assert_eq!(ids, ["LV0", "LV3", "v-9"], "ours keeps its own");
}

#[test]
fn a_copied_category_that_cannot_keep_its_id_is_told_and_held_as_well() {
    let mut story = story();
    let mut twin = foreign_category();
    twin.external_id = Field::Set("VC".into());
    twin.variants[0].external_id = Field::Set("LV-LAMA".into());
    story.live.variant_categories.insert(0, twin);
    story.live_item("D2").variant_category_uuids = vec!["c-9".into()];
    let told = super::told(&story.plan());
    assert!(!told.iter().any(|change| change.contains("external_id")), "nothing is sent, so no id changes: {told:?}");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let plan = story.plan();
    let told = super::told(&plan);
    assert!(told.contains(&"drift set categories/c-9/external_id \"VC\" → \"c-9\" pushed".to_owned()), "{told:?}");
    assert_eq!(held(&plan), ["re-key"]);
    let guard = plan.held().next().unwrap();
    assert_eq!(guard.items, [path("categories/c-9")]);
    assert!(
        guard.message.starts_with("“Dari kasir lama” would get the external id c-9 instead of VC"),
        "{}",
        guard.message
    );
}

#[test]
fn a_category_of_ours_that_shows_another_id_is_told_and_a_push_that_gives_it_ours_is_held() {
    let mut story = story();
    story.live.variant_categories[0].external_id = Field::Set("VC-LAMA".into());
    let plan = story.plan();
    assert_eq!(told(&plan), ["drift set categories/VC/external_id \"VC-LAMA\" → \"VC\""]);
    assert_eq!((plan.action, held(&plan)), (Action::None, vec![]));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["re-key"]);
    // The documented answer has none, and one that is null says no more.
    for none in [Field::Unsaid, Field::Null] {
        story.live.variant_categories[0].external_id = none;
        assert_eq!(held(&story.plan()), [] as [&str; 0]);
    }
}

#[test]
fn a_second_dish_under_our_id_is_not_ours() {
    for has_base in [true, false] {
        for first in [true, false] {
            let mut story = story();
            let mut twin = twin(&mut story, "NG");
            twin.in_stock = Field::Set(false);
            story.live.menus[0].menu_items.insert(usize::from(!first), twin);
            if !has_base {
                story.base = None;
            }
            let plan = story.plan();
            let strangers: Vec<_> =
                plan.unmanaged.iter().map(|item| (item.uuid.as_str(), item.name.as_str())).collect();
            assert_eq!(strangers, [("u-9-NG", "Nasi Goreng Jumbo")]);
            assert_eq!(plan.action, Action::None, "{:?}", told(&plan));
            // A push would lose it, and of two copies the sold-out one speaks.
            story.desired_item("D1").price = Field::Set(Price(9_000));
            let plan = story.plan();
            assert!(held(&plan).contains(&"unmanaged"), "{:?}", held(&plan));
            let of_guard = plan.held().find(|guard| guard.guard == Guard::Unmanaged).unwrap();
            assert_eq!(of_guard.items, [path("items/u-9-NG")], "under an id that is not ours");
            let sent = plan.payload.item(&"NG".into()).unwrap();
            assert_eq!((&sent.in_stock, &sent.price), (&Field::Set(false), &Field::Set(Price(25_000))));
        }
    }
}

#[test]
fn of_two_dishes_under_one_id_ours_is_the_recorded_one_then_the_one_in_our_menu_then_the_one_of_our_name() {
    let names = |story: &Story| story.plan().unmanaged.into_iter().map(|item| item.uuid).collect::<Vec<_>>();
    // Recorded, although it was moved and renamed.
    let mut story = story();
    let twin = twin(&mut story, "NG");
    let mut ours = story.live.menus[0].menu_items.remove(0);
    ours.name = "Nasgor".into();
    story.live.menus[1].menu_items.push(ours.clone());
    story.live.menus[0].menu_items.push(LiveItem { name: "Nasi Goreng".into(), ..twin.clone() });
    assert_eq!(names(&story), ["u-9-NG"]);
    // Nothing is recorded: by its menu.
    story.base = None;
    assert_eq!(names(&story), ["u-NG"]);
    // Both stand there: by its name.
    story.live.menus[1].menu_items.pop();
    story.live.menus[0].menu_items.push(ours);
    assert_eq!(names(&story), ["u-NG"]);
    // Nothing tells them apart but GoFood's own id.
    story.live.menus[0].menu_items.last_mut().unwrap().name = "Nasi Goreng".into();
    for _ in 0..2 {
        assert_eq!(names(&story), ["u-NG"]);
        story.live.menus[0].menu_items.reverse();
    }
}

#[test]
fn a_menu_that_only_repeats_dishes_is_the_platforms_and_no_place_of_ours() {
    for (has_base, at) in [(true, 0), (true, 2), (false, 0), (false, 2)] {
        let mut story = story();
        let promo = section(&story, "Promo", &["D1", "NG"]);
        story.live.menus.insert(at, promo);
        if !has_base {
            story.base = None;
        }
        let plan = story.plan();
        assert_eq!(told(&plan), Vec::<String>::new(), "{has_base} {at}");
        assert_eq!(plan.extras.platform_menus, BTreeSet::from(["Promo".to_owned()]));
        assert!(plan.unmanaged.is_empty());
        // A dish that is sold out there is sold out.
        story.live.menus[at].menu_items[0].in_stock = Field::Set(false);
        story.desired_item("D2").price = Field::Set(Price(9_500));
        let plan = story.plan();
        assert_eq!(
            told(&plan),
            ["edit set items/D2/price 9000 → 9500 pushed".replace("edit", if has_base { "edit" } else { "adopt" })]
        );
        assert_eq!(plan.payload.item(&"D1".into()).unwrap().in_stock, Field::Set(false));
        let menus: Vec<&str> = plan.payload.menus.iter().map(|menu| menu.name.as_str()).collect();
        assert_eq!(menus, ["Nasi", "Minuman"]);
    }
}

#[test]
fn a_menu_of_ours_and_one_with_a_dish_of_its_own_are_none_of_the_platforms() {
    let mut story = story();
    let mut promo = section(&story, "Favorit", &["D1"]);
    promo.menu_items.push(LiveItem { uuid: "u-own".into(), name: "Es Teler".into(), ..LiveItem::default() });
    story.live.menus.push(promo);
    let plan = story.plan();
    assert!(plan.extras.platform_menus.is_empty());
    let strangers: Vec<_> = plan.unmanaged.iter().map(|item| (&*item.menu, &*item.uuid)).collect();
    assert_eq!(strangers, [("Favorit", "u-D1"), ("Favorit", "u-own")]);
    // The dish that both have has not moved; that it stands there as well is said, as a push would lose it.
    assert_eq!(
        told(&plan),
        [
            "drift remove items/u-D1 {\"name\":\"Es 1\",\"price\":8500} → null",
            "drift remove items/u-own {\"name\":\"Es Teler\",\"price\":null} → null",
        ]
    );
    // One of ours repeats them all, which the files say.
    let mut story = self::story();
    let all = section(&story, "Nasi", &["D1", "D2", "D3", "D4"]);
    story.live.menus[0].menu_items.extend(all.menu_items);
    assert!(story.plan().extras.platform_menus.is_empty());
}

/// Dishes that GoFood shows in a menu of its own, under UUIDs of their own.
fn declared(story: &mut Story, ids: &[&str]) -> LiveMenu {
    let mut promo = section(story, "Promo ", ids);
    promo.menu_items.iter_mut().for_each(|item| item.uuid = format!("p-{}", item.uuid));
    let bundle = LiveItem { uuid: "p-1".into(), name: "Paket Promo".into(), ..LiveItem::default() };
    promo.menu_items.push(LiveItem { price: Field::Set(Price(1_000)), ..bundle });
    story.desired.platform_menus = BTreeSet::from(["promo".to_owned(), "Promo".to_owned()]);
    promo
}

#[test]
fn a_menu_that_the_files_call_the_platforms_is_left_alone_whatever_is_in_it() {
    for (has_base, at, policy) in [
        (true, 0, UnmanagedPolicy::Hold),
        (true, 2, UnmanagedPolicy::Delete),
        (false, 0, UnmanagedPolicy::Delete),
        (false, 2, UnmanagedPolicy::Hold),
    ] {
        let mut story = story();
        let promo = declared(&mut story, &["D1", "NG"]);
        story.live.menus.insert(at, promo);
        story.policy.unmanaged = policy;
        story.revert = true;
        if !has_base {
            story.base = None;
        }
        let plan = story.plan();
        assert_eq!((told(&plan), plan.action, held(&plan)), (vec![], Action::None, vec![]), "{has_base} {at}");
        assert_eq!(plan.extras.words(), ["GoFood's own by the files, left alone and in no push: “Promo ”"]);
        assert_eq!(json!(plan.extras.entry())["platform_menus"], json!(["Promo "]));
        assert!(plan.unmanaged.is_empty());
        // With another push it is no part of it, and what is sold out there is sold out.
        story.live.menus[at].menu_items[0].in_stock = Field::Set(false);
        story.live.menus[at].menu_items[0].price = Field::Set(Price(1));
        story.desired_item("D2").price = Field::Set(Price(9_500));
        let plan = story.plan();
        let told = told(&plan);
        assert!(told.len() == 1 && told[0].ends_with("set items/D2/price 9000 → 9500 pushed"), "{told:?}");
        let sent = plan.payload.item(&"D1".into()).unwrap();
        assert_eq!((&sent.in_stock, &sent.price), (&Field::Set(false), &Field::Set(Price(8_500))));
        let menus: Vec<&str> = plan.payload.menus.iter().map(|menu| menu.name.as_str()).collect();
        assert_eq!(menus, ["Nasi", "Minuman"]);
        assert!(plan.payload.platform_menus.is_empty(), "it is no part of what is sent");
        // The push is seen to arrive, whatever the platform shows there.
        let waiting = PushVerification::new(&plan, &story.inputs());
        story.live_item("D2").price = Field::Set(Price(9_500));
        assert_eq!(waiting.look(&story.live), Look::Arrived);
    }
}

#[test]
fn a_dish_of_ours_that_only_the_platforms_menu_shows_comes_back_as_sold_out_as_it_is() {
    for (revert, by_uuid) in [(true, false), (true, true), (false, false)] {
        let mut story = story();
        let at = story.live.menus[1].menu_items.iter().position(|item| item.uuid == "u-D1").unwrap();
        let mut promo = declared(&mut story, &["D1"]);
        story.live.menus[1].menu_items.remove(at);
        promo.menu_items[0].in_stock = Field::Set(false);
        if by_uuid {
            promo.menu_items[0].uuid = "u-D1".into();
            promo.menu_items[0].external_id = Field::Null;
        }
        story.live.menus.push(promo);
        story.revert = revert;
        let plan = story.plan();
        assert_eq!(told(&plan).len(), 1, "{:?}", told(&plan));
        assert!(told(&plan)[0].starts_with("drift add items/D1 "), "it is gone from its menu: {:?}", told(&plan));
        if revert {
            assert_eq!(plan.payload.item(&"D1".into()).unwrap().in_stock, Field::Set(false));
            assert!(!plan.next_base.items_taken_off.contains("D1"), "it is the kitchen's to put back");
        }
    }
}

/// A push replaces the whole menu: what only such a menu shows is lost with it, unless the platform fills it in again.
#[test]
fn a_push_that_loses_what_only_a_declared_menu_shows_is_held_until_one_was_seen_to_arrive() {
    let mut story = story();
    let promo = declared(&mut story, &["D1"]);
    story.live.menus.push(promo);
    story.desired_item("D2").price = Field::Set(Price(9_500));
    let plan = story.plan();
    assert_eq!(held(&plan), ["unmanaged"]);
    // Released, published, and filled in again.
    let waiting = PushVerification::new(&plan, &story.inputs());
    story.live_item("D2").price = Field::Set(Price(9_500));
    story.base = Some(waiting.arrived(&story.live));
    story.desired_item("D2").price = Field::Set(Price(9_600));
    assert!(held(&story.plan()).is_empty());
    // Whoever moves a dish of ours there in the app has not said that it may go.
    let at = story.live.menus[1].menu_items.iter().position(|item| item.uuid == "u-D3").unwrap();
    let moved = story.live.menus[1].menu_items.remove(at);
    story.live.menus[2].menu_items.push(moved);
    assert_eq!(held(&story.plan()), ["unmanaged"]);
    // With the files in force it is sent where it belongs.
    story.revert = true;
    assert!(held(&story.plan()).is_empty());
    story.revert = false;
    // A rollback to when we sold something in that menu: then it is ours.
    let bundle =
        Item { external_id: "PAKET".into(), name: set("Paket"), price: Field::Set(Price(1_000)), ..Item::default() };
    story.desired.menus.push(menu("Promo", vec![bundle]));
    let plan = story.plan();
    assert!(plan.payload.item(&"PAKET".into()).is_some() && plan.extras.declared_menus.is_empty());
}

#[test]
fn a_dish_that_is_sold_out_in_a_declared_menu_is_sold_out_also_by_its_name_alone() {
    let mut story = story();
    let mut promo = declared(&mut story, &[]);
    promo.menu_items[0].in_stock = Field::Set(false);
    story.live.menus.push(promo);
    story.desired.menus[1].menu_items.push(item("PP", "Paket Promo", 1_000));
    assert_eq!(story.plan().payload.item(&"PP".into()).unwrap().in_stock, Field::Set(false));
}

#[test]
fn a_push_that_takes_away_a_further_place_of_a_dish_is_seen_to_arrive() {
    let mut story = story();
    let further = story.live.menus[0].menu_items[0].clone();
    story.live.menus[1].menu_items.push(further);
    story.desired_item("D2").price = Field::Set(Price(9_500));
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    story.live_item("D2").price = Field::Set(Price(9_500));
    assert!(waiting.look(&story.live) != Look::Arrived, "it still shows there");
    story.live.menus[1].menu_items.pop();
    assert_eq!(waiting.look(&story.live), Look::Arrived);
}

#[test]
fn a_menu_that_we_pushed_ourselves_leaves_before_it_is_the_platforms() {
    let mut story = story();
    let bought = story.desired.menus.pop().unwrap();
    story.desired.platform_menus = BTreeSet::from([bought.name.clone()]);
    let plan = story.plan();
    assert!(
        told(&plan).contains(&format!("edit remove menus/{0} \"{0}\" → null pushed", bought.name)),
        "{:?}",
        told(&plan)
    );
    assert!(held(&plan).contains(&"emptied-menu"), "{:?}", held(&plan));
    assert!(plan.extras.words().is_empty(), "{:?}", plan.extras.words());
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Old, "that it still shows is not what was sent");
    let shown = story.live.menus.remove(1);
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    // From then on it is GoFood's, with whatever it shows there.
    story.live.menus.push(shown);
    let plan = story.plan();
    assert_eq!((told(&plan), plan.action, held(&plan)), (vec![], Action::None, vec![]));
    assert_eq!(plan.extras.words().len(), 1);
}

#[test]
fn a_dish_of_ours_that_leaves_and_that_the_platform_still_shows_has_left() {
    let mut story = story();
    let promo = declared(&mut story, &["D1"]);
    story.live.menus.push(promo);
    story.desired.menus[1].menu_items.retain(|item| item.external_id.as_str() != "D1");
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Old);
    story.live.menus[1].menu_items.retain(|item| item.uuid != "u-D1");
    assert_eq!(waiting.look(&story.live), Look::Arrived);
}

#[test]
fn stock_that_is_on_again_in_one_place_only_is_not_put_back_by_anybody() {
    let mut story = story();
    story.desired_item("D1").in_stock = Field::Set(false);
    story.publish();
    let mut twin = twin(&mut story, "D1");
    twin.in_stock = Field::Set(true);
    story.live.menus[1].menu_items.push(twin);
    let mut base = story.base.clone().unwrap();
    assert!(base.items_taken_off.contains("D1"));
    assert!(!base.release_stock(&story.live), "ours is off as we left it");
}

/// What happens to live menus before and beside us.
#[derive(Debug, Clone)]
enum Oddity {
    Twin(usize, bool, bool),
    Section(Vec<usize>),
    NoId(usize),
    NoUuid(usize),
    ForeignCategory(usize, bool),
    NoCategoryIds,
    TwinCategory(usize),
    /// Price and stock of one variant, in one of its categories.
    Variant(usize, i64, bool),
    Moved(usize, usize),
    Declared(Vec<usize>, bool),
}

/// A menu that the files call the platform's own.
const DECLARED: &str = "Dari GoFood";

fn any_oddity() -> impl Strategy<Value = Oddity> {
    prop_oneof![
        (0..9usize, any::<bool>(), any::<bool>()).prop_map(|(n, off, same_name)| Oddity::Twin(n, off, same_name)),
        prop::collection::vec(0..9usize, 1..4).prop_map(Oddity::Section),
        (0..9usize).prop_map(Oddity::NoId),
        (0..9usize).prop_map(Oddity::NoUuid),
        (0..9usize, any::<bool>()).prop_map(|(n, off)| Oddity::ForeignCategory(n, off)),
        Just(Oddity::NoCategoryIds),
        (0..9usize, 0..9i64, any::<bool>()).prop_map(|(n, price, off)| Oddity::Variant(n, price * 500, off)),
        (0..9usize).prop_map(Oddity::TwinCategory),
        (0..9usize, 0..9usize).prop_map(|(from, to)| Oddity::Moved(from, to)),
        (prop::collection::vec(0..9usize, 1..4), any::<bool>()).prop_map(|(all, off)| Oddity::Declared(all, off)),
    ]
}

fn disturb(live: &mut LiveCatalog, number: usize, oddity: &Oddity) {
    let places: Vec<(usize, usize)> = live
        .menus
        .iter()
        .enumerate()
        .flat_map(|(menu, known)| (0..known.menu_items.len()).map(move |item| (menu, item)))
        .collect();
    let place = |n: usize| places.get(n % places.len().max(1)).copied();
    match oddity {
        Oddity::Twin(n, off, same_name) => {
            let Some((menu, at)) = place(*n) else { return };
            let mut twin = live.menus[menu].menu_items[at].clone();
            twin.uuid = format!("u-twin-{number}");
            twin.in_stock = Field::Set(!off);
            if !same_name {
                twin.name = format!("Twin {number}");
            }
            live.menus[menu].menu_items.push(twin);
        }
        Oddity::Section(numbers) => {
            let items =
                numbers.iter().filter_map(|n| place(*n)).map(|(menu, at)| live.menus[menu].menu_items[at].clone());
            let menu_items = items.collect();
            live.menus.push(LiveMenu { name: format!("Promo {number}"), menu_items, ..LiveMenu::default() });
        }
        Oddity::Declared(numbers, off) => {
            let items =
                numbers.iter().filter_map(|n| place(*n)).map(|(menu, at)| live.menus[menu].menu_items[at].clone());
            let own = |(at, item): (usize, LiveItem)| LiveItem {
                uuid: format!("p-{number}-{at}"),
                in_stock: Field::Set(!off),
                ..item
            };
            let menu_items = items.enumerate().map(own).collect();
            live.menus.push(LiveMenu { name: DECLARED.to_owned(), menu_items, ..LiveMenu::default() });
        }
        Oddity::NoId(n) => {
            let Some((menu, at)) = place(*n) else { return };
            live.menus[menu].menu_items[at].external_id = Field::Null;
        }
        Oddity::NoUuid(n) => {
            let Some((menu, at)) = place(*n) else { return };
            live.menus[menu].menu_items[at].uuid.clear();
        }
        Oddity::Moved(from, to) => {
            let (Some((menu, at)), to) = (place(*from), to % live.menus.len().max(1)) else { return };
            let item = live.menus[menu].menu_items.remove(at);
            live.menus[to].menu_items.push(item);
        }
        Oddity::ForeignCategory(n, off) => {
            let mut variants: Vec<LiveVariant> = live.variants().map(|(_, variant)| variant.clone()).collect();
            if variants.is_empty() {
                return;
            }
            let mut copy = variants.swap_remove(n % variants.len());
            copy.uuid = format!("v-{number}");
            copy.in_stock = Field::Set(!off);
            let (uuid, name) = (format!("c-{number}"), "Dari kasir lama".to_owned());
            if let Some((menu, at)) = place(*n) {
                live.menus[menu].menu_items[at].variant_category_uuids.push(uuid.clone());
            }
            live.variant_categories.push(LiveCategory { uuid, name, variants: vec![copy], ..LiveCategory::default() });
        }
        Oddity::NoCategoryIds => {
            live.variant_categories.iter_mut().for_each(|category| category.external_id = Field::Unsaid);
        }
        Oddity::Variant(n, price, off) => {
            let count = live.variants().count().max(1);
            let mut all = live.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
            let Some(variant) = all.nth(n % count) else { return };
            variant.price = Field::Set(Price(*price));
            variant.in_stock = Field::Set(!off);
        }
        Oddity::TwinCategory(n) => {
            if live.variant_categories.is_empty() {
                return;
            }
            let mut twin = live.variant_categories[n % live.variant_categories.len()].clone();
            twin.uuid = format!("c-twin-{number}");
            twin.variants.iter_mut().for_each(|variant| variant.uuid = format!("{}-twin-{number}", variant.uuid));
            live.variant_categories.push(twin);
        }
    }
}

/// The platform may have one UUID for all copies of a variant, or one for each.
pub(super) fn give_copies_uuids(live: &mut LiveCatalog) {
    for category in &mut live.variant_categories {
        for variant in &mut category.variants {
            variant.uuid = format!("{}-in-{}", variant.uuid, category.uuid);
        }
    }
}

/// The same answer in another order.
fn shuffled(live: &LiveCatalog, seed: u64) -> LiveCatalog {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut live = live.clone();
    random.shuffle(&mut live.menus);
    for menu in &mut live.menus {
        random.shuffle(&mut menu.menu_items);
        menu.menu_items.iter_mut().for_each(|item| random.shuffle(&mut item.variant_category_uuids));
    }
    random.shuffle(&mut live.variant_categories);
    live.variant_categories.iter_mut().for_each(|category| random.shuffle(&mut category.variants));
    live
}

/// All that is sent of things, whatever stands before what.
fn sorted(mut catalog: Catalog) -> Catalog {
    for menu in &mut catalog.menus {
        menu.menu_items.sort_by(|a, b| a.external_id.cmp(&b.external_id));
        for item in &mut menu.menu_items {
            if let Field::Set(ids) = &mut item.variant_category_external_ids {
                ids.sort();
            }
        }
    }
    catalog.menus.sort_by(|a, b| a.name.cmp(&b.name));
    catalog.variant_categories.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    catalog.variant_categories.iter_mut().for_each(|c| c.variants.sort_by(|a, b| a.external_id.cmp(&b.external_id)));
    catalog
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_the_answer_decides_nothing(
        a in super::laws::any_catalog(),
        b in super::laws::any_catalog(),
        oddities in prop::collection::vec(any_oddity(), 0..5),
        has_base in any::<bool>(),
        own_uuids in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut story = Story::in_sync(a);
        story.live = with_uuids(story.live.clone());
        if own_uuids {
            give_copies_uuids(&mut story.live);
        }
        story.base = has_base.then(|| story.plan().next_base);
        story.desired = b;
        story.desired.platform_menus.insert(DECLARED.to_owned());
        oddities.iter().enumerate().for_each(|(number, oddity)| disturb(&mut story.live, number, oddity));
        let plan = story.plan();
        story.live = shuffled(&story.live, seed);
        let again = story.plan();
        prop_assert_eq!(told(&plan), told(&again));
        prop_assert_eq!(&plan.digest, &again.digest);
        prop_assert_eq!((&plan.unmanaged, &plan.extras.platform_menus), (&again.unmanaged, &again.extras.platform_menus));
        prop_assert_eq!(sorted(plan.payload), sorted(again.payload));
        prop_assert_eq!(plan.next_base.uuids, again.next_base.uuids);
    }

    #[test]
    fn ids_are_told_apart_and_nothing_sold_out_is_sent_on_sale(
        a in super::laws::any_catalog(),
        oddities in prop::collection::vec(any_oddity(), 0..5),
        price in 1..90i64,
    ) {
        prop_assume!(!a.is_empty());
        let mut story = Story::in_sync(a);
        story.live = with_uuids(story.live.clone());
        story.base = Some(story.plan().next_base);
        oddities.iter().enumerate().for_each(|(number, oddity)| disturb(&mut story.live, number, oddity));
        story.desired.platform_menus.insert(DECLARED.to_owned());
        let first = story.desired.menus[0].menu_items[0].external_id.0.clone();
        story.desired_item(&first).price = Field::Set(Price(price * 500));
        let sent = story.plan().payload;
        let ids: Vec<&ExternalId> = sent.variants().map(|(_, variant)| &variant.external_id).collect();
        // Only what ours has in several categories goes out in several.
        let places = |catalog: &Catalog, id: &ExternalId| catalog.variants().filter(|(_, v)| v.external_id == *id).count();
        for id in &ids {
            prop_assert!(places(&sent, id) <= places(&story.desired, id).max(1), "{:?}", ids);
        }
        for category in &sent.variant_categories {
            let here: BTreeSet<_> = category.variants.iter().map(|variant| &variant.external_id).collect();
            prop_assert_eq!(here.len(), category.variants.len(), "{:?}", ids);
        }
        prop_assert!(ids.iter().all(|id| !id.as_str().is_empty()));
        prop_assert!(sent.menus.iter().all(|menu| menu.name != DECLARED));
        for (_, item) in sent.items() {
            let same = story.live.items().filter(|(_, live)| live.external_id.value() == Some(&item.external_id));
            let is_off = same.into_iter().any(|(_, live)| live.in_stock == Field::Set(false));
            prop_assert!(!is_off || item.in_stock == Field::Set(false), "{} comes on sale", item.external_id);
        }
        for (_, variant) in sent.variants() {
            let same = story.live.variants().filter(|(_, live)| live.external_id.value() == Some(&variant.external_id));
            let is_off = same.into_iter().any(|(_, live)| live.in_stock == Field::Set(false));
            prop_assert!(!is_off || variant.in_stock == Field::Set(false), "{} comes on sale", variant.external_id);
        }
    }

    #[test]
    fn a_push_leaves_what_it_does_not_mean_to_change_and_leads_to_rest(
        a in super::laws::any_catalog(),
        edits in prop::collection::vec((0..9usize, 0..9i64, any::<bool>()), 0..4),
        own_uuids in any::<bool>(),
        price in 100..190i64,
    ) {
        prop_assume!(!a.is_empty());
        let mut story = Story::in_sync(a);
        story.live = with_uuids(story.live.clone());
        if own_uuids {
            give_copies_uuids(&mut story.live);
        }
        story.base = Some(story.plan().next_base);
        for (n, price, off) in edits {
            disturb(&mut story.live, 0, &Oddity::Variant(n, price * 500, off));
        }
        let first = story.desired.menus[0].menu_items[0].external_id.0.clone();
        story.desired_item(&first).price = Field::Set(Price(price * 500));
        let plan = story.plan();
        let pushed: Vec<String> = plan.pushed().map(|change| change.path.to_string()).collect();
        prop_assert_eq!(pushed, [format!("items/{first}/price")]);
        for category in &story.live.variant_categories {
            let sent = plan.payload.variant_categories.iter().find(|sent| category.external_id.value() == Some(&sent.external_id));
            for variant in &category.variants {
                let mut same = sent.unwrap().variants.iter().filter(|sent| variant.external_id.value() == Some(&sent.external_id));
                let sent = same.next().unwrap();
                prop_assert_eq!(sent.price.value(), variant.price.value(), "{} in {}", sent.external_id, category.name);
                prop_assert!(variant.in_stock != Field::Set(false) || sent.in_stock == Field::Set(false));
            }
        }
        let before = told(&plan);
        story.live = as_published(&plan.payload);
        story.base = Some(plan.next_base);
        let rest = story.plan();
        prop_assert_eq!(rest.action, Action::None, "{:?} after {:?}", told(&rest), before);
    }
}
