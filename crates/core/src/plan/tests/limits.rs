//! Guards at their limits: exactly there, one step beyond, and what they say of it.

use super::*;
use crate::policy::DeletesLimit;

/// The guards with something to say: name, whether it holds, number, paths.
fn spoke(plan: &OutletPlan) -> Vec<(&'static str, bool, Option<f64>, Vec<&str>)> {
    let told = |guard| {
        let GuardVerdict { guard, verdict, actual, items, .. }: &GuardVerdict = guard;
        (guard.name(), *verdict == Verdict::Held, *actual, items.iter().map(|path| &*path.to_string().leak()).collect())
    };
    plan.guards.iter().map(told).collect()
}

fn message(plan: &OutletPlan, guard: Guard) -> &str {
    &plan.guards.iter().find(|verdict| verdict.guard == guard).unwrap().message
}

fn priced(id: &str, from: i64, to: i64) -> Story {
    let mut desired = warung();
    desired.menus[0].menu_items.push(item("P", "Nasi Padang", from));
    let mut story = Story::in_sync(desired);
    story.desired_item(id).price = Field::Set(Price(to));
    story
}

#[test]
fn deletes_trips_above_its_number_and_above_its_share() {
    for (count, percent, leave, holds) in [
        (2, 100.0, 2, false),
        (2, 100.0, 3, true),
        (9, 20.0, 2, false),
        (9, 20.0, 3, true),
        (9, 30.0, 3, false),
        (9, 29.9, 3, true),
        (0, 100.0, 1, true),
        (9, 0.0, 1, true),
    ] {
        let mut story = Story::in_sync(warung());
        story.policy.guards.deletes = DeletesLimit { count, percent };
        story.desired.menus[0].menu_items.truncate(6 - leave);
        let plan = story.plan();
        let gone: Vec<String> = (6 - leave..6).map(|n| format!("items/N{n}")).collect();
        let gone = gone.iter().map(String::as_str).collect();
        assert_eq!(spoke(&plan), [("deletes", holds, Some(leave as f64), gone)], "[{count}, {percent}]: {leave}");
    }
}

#[test]
fn deletes_tells_of_the_day_only_where_it_is_the_worse_measure() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[1].menu_items.remove(0);
    let alone = "1 of 10 live items would leave the menu (10 %); the limit is 5 items or 20 %";
    assert_eq!(message(&story.plan(), Guard::Deletes), alone);
    // What left and is there again is not missing.
    story.past.removed.insert("D2".into());
    assert_eq!(message(&story.plan(), Guard::Deletes), alone);
    story.past.removed.insert("OLD".into());
    let day = "; with what left in the last 24 hours 2 of 11 (18 %); the limit is 5 items or 20 %";
    assert_eq!(message(&story.plan(), Guard::Deletes), alone.replace("; the limit is 5 items or 20 %", day));
    // As many came meanwhile: one of ours that stays, and the one that would leave, which yesterday did not have.
    story.past.added = ["NG".into(), "D1".into()].into();
    assert_eq!(message(&story.plan(), Guard::Deletes), alone, "1 of 9 is no more than what this call takes");
    // Everything came today: there was nothing yesterday to measure by.
    story.past.removed.clear();
    story.past.added = story.desired.items().map(|(_, item)| item.external_id.clone()).collect();
    story.past.added.insert("D1".into());
    assert_eq!(message(&story.plan(), Guard::Deletes), alone);
    assert!(!story.plan().is_held());
    story.policy.guards.deletes.count = 1;
    assert!(message(&story.plan(), Guard::Deletes).ends_with("the limit is 1 item or 20 %"));
}

#[test]
fn the_items_of_a_day_that_a_guard_tells_are_those_that_are_missing() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[1].menu_items.remove(0);
    story.past.removed = ["OLD".into(), "OLDER".into()].into();
    let told = vec!["items/D1", "items/OLD", "items/OLDER"];
    assert_eq!(spoke(&story.plan()), [("deletes", true, Some(3.0), told)], "3 of 12");
}

#[test]
fn an_item_that_nobody_knows_leaves_too() {
    let mut story = Story::in_sync(warung());
    story.policy.unmanaged = UnmanagedPolicy::Delete;
    story.policy.guards.deletes.count = 1;
    for n in 1..=2 {
        let stranger = LiveItem { uuid: format!("u-{n}"), name: format!("Es Krim {n}"), ..LiveItem::default() };
        story.live.menus[1].menu_items.push(stranger);
    }
    assert_eq!(spoke(&story.plan()), [("deletes", true, Some(2.0), vec!["items/u-1", "items/u-2"])]);
    // By policy they leave with a PUT of their own; with what was thought to be missing of them already they are two of 12.
    story.policy.unmanaged = UnmanagedPolicy::Hold;
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let unmanaged = ("unmanaged", true, Some(2.0), vec!["items/u-1", "items/u-2"]);
    assert_eq!(spoke(&story.plan())[1], unmanaged);
    assert_eq!(
        message(&story.plan(), Guard::Unmanaged),
        "2 live items that no file knows would be lost: “Es Krim 1”, “Es Krim 2”"
    );
}

#[test]
fn names_beyond_three_are_counted() {
    for (strangers, told) in [(3, "“A1”, “A2”, “A3”"), (4, "“A1”, “A2”, “A3” and 1 more")] {
        let mut story = Story::in_sync(warung());
        story.desired_item("D1").price = Field::Set(Price(9_000));
        for n in 1..=strangers {
            let stranger = LiveItem { uuid: format!("u-{n}"), name: format!("A{n}"), ..LiveItem::default() };
            story.live.menus[1].menu_items.push(stranger);
        }
        assert!(message(&story.plan(), Guard::Unmanaged).ends_with(told));
    }
}

#[test]
fn a_menu_is_emptied_when_nothing_of_it_stays() {
    let mut story = Story::in_sync(warung());
    story.policy.guards.deletes = DeletesLimit { count: 99, percent: 100.0 };
    let emptied = |story: &Story| {
        let plan = story.plan();
        let verdict = plan.guards.iter().find(|verdict| verdict.guard == Guard::EmptiedMenu);
        verdict.map(|verdict| (verdict.actual, verdict.items.clone(), verdict.message.clone()))
    };
    let drinks = story.desired.menus[1].menu_items.clone();
    for stays in [0, 3] {
        story.desired.menus[1].menu_items = vec![drinks[stays].clone()];
        assert_eq!(emptied(&story), None, "the first or the last one stays");
    }
    story.desired.menus.pop();
    let told = |menus: &[&str], message: &str| {
        let paths = menus.iter().map(|name| Path::Menu((*name).to_owned())).collect();
        Some((Some(menus.len() as f64), paths, message.to_owned()))
    };
    assert_eq!(emptied(&story), told(&["Minuman"], "every item of “Minuman” would leave the catalog"));
    // One that nobody knows leaves as well, so it keeps no menu.
    story.live.menus[1].menu_items.push(LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() });
    assert_eq!(emptied(&story), told(&["Minuman"], "every item of “Minuman” would leave the catalog"));
    story.live.menus[0].menu_items.push(LiveItem {
        uuid: "u-2".into(),
        name: "Es Lilin".into(),
        ..LiveItem::default()
    });
    assert_eq!(emptied(&story), told(&["Minuman"], "every item of “Minuman” would leave the catalog"));
    story.desired.menus[0].menu_items = vec![item("NEW", "Bakmi", 20_000)];
    assert_eq!(
        emptied(&story),
        told(&["Nasi", "Minuman"], "every item of “Nasi”, “Minuman” would leave the catalog"),
        "something new in it does not count"
    );
}

#[test]
fn a_dish_is_known_under_its_new_id_by_its_name_as_people_read_it() {
    let mut desired = warung();
    desired.menus[1].menu_items[0].name = set("Kopi Cafe\u{301}");
    for (name, holds) in [("kopi café ", true), ("Kopi Cafe", false), ("Kopi  Café", true)] {
        let mut story = Story::in_sync(desired.clone());
        story.desired.menus[1].menu_items[0] = item("NEW", name, 8_500);
        let plan = story.plan();
        assert_eq!(held(&plan), if holds { &["re-key"][..] } else { &[] }, "{name}");
        if holds {
            assert_eq!(
                message(&plan, Guard::ReKey),
                "“Kopi Cafe\u{301}” would be removed as items/D1 and added again as items/NEW: its orders and stock would \
                 not be carried over"
            );
        }
    }
    let mut story = Story::in_sync(desired);
    story.policy.guards.deletes.percent = 100.0;
    for id in ["D2", "D3", "D4"] {
        story.desired_item(id).external_id = format!("{id}-NEW").as_str().into();
    }
    let re_key = ("re-key", true, Some(3.0), vec!["items/D2", "items/D3", "items/D4"]);
    assert_eq!(spoke(&story.plan())[1], re_key);
    assert!(message(&story.plan(), Guard::ReKey).contains("items/D2-NEW, and 2 more:"));
}

#[test]
fn a_menu_of_the_name_of_a_dish_that_leaves_is_no_new_dish() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[1].menu_items.remove(0);
    story.desired.menus.push(menu("Es 1", vec![item("NEW", "Teh", 5_000)]));
    let mut sauce = story.desired.variant_categories[0].clone();
    (sauce.external_id, sauce.name) = ("SAUS".into(), set("Es 1"));
    sauce.variants = vec![variant("S1", "Es 1", 0)];
    story.desired.variant_categories.push(sauce);
    assert_eq!(held(&story.plan()), Vec::<&str>::new());
}

#[test]
fn price_change_trips_above_its_share_of_the_live_price_up_and_down() {
    for (from, to, limit, holds, actual, told) in [
        (20_000, 30_000, 50.0, false, 50.0, "moves by 50 % (Rp 20.000 → Rp 30.000); the limit is 50 %"),
        (20_000, 30_020, 50.0, true, 50.1, "moves by 50 % (Rp 20.000 → Rp 30.020); the limit is 50 %"),
        (20_000, 10_000, 50.0, false, 50.0, "moves by 50 % (Rp 20.000 → Rp 10.000); the limit is 50 %"),
        (20_000, 9_980, 50.0, true, 50.1, "moves by 50 % (Rp 20.000 → Rp 9.980); the limit is 50 %"),
        (30_000, 20_000, 50.0, false, 33.3, "moves by 33 % (Rp 30.000 → Rp 20.000); the limit is 50 %"),
        (20_000, 20_001, 0.0, true, 0.0, "moves by 0 % (Rp 20.000 → Rp 20.001); the limit is 0 %"),
    ] {
        let mut story = priced("P", from, to);
        story.policy.guards.price_change = limit;
        let items = if holds { vec!["items/P/price"] } else { vec![] };
        assert_eq!(spoke(&story.plan()), [("price-change", holds, Some(actual), items)], "{from} → {to}");
        assert_eq!(message(&story.plan(), Guard::PriceChange), format!("the price of “Nasi Padang” {told}"));
    }
}

#[test]
fn price_change_tells_the_worst_and_counts_those_beyond_the_limit() {
    let mut story = priced("P", 20_000, 36_000);
    story.desired_item("NG").price = Field::Set(Price(26_000));
    assert_eq!(spoke(&story.plan()), [("price-change", true, Some(80.0), vec!["items/P/price"])]);
    let alone = "the price of “Nasi Padang” moves by 80 % (Rp 20.000 → Rp 36.000); the limit is 50 %";
    assert_eq!(message(&story.plan(), Guard::PriceChange), alone);
    story.desired_item("D1").price = Field::Set(Price(13_000));
    assert_eq!(message(&story.plan(), Guard::PriceChange), format!("{alone}, and 1 more beyond it"));
    // What was free has nothing to be measured by.
    story.desired.variant_categories[0].variants[0].price = Field::Set(Price(500));
    let plan = story.plan();
    let free = "“Tidak pedas” was free and is not any more (Rp 0 → Rp 500); the limit is 50 %, and 2 more beyond it";
    assert_eq!(message(&plan, Guard::PriceChange), free);
    let paths = vec!["items/D1/price", "items/P/price", "variants/LV0/price"];
    assert_eq!(spoke(&plan), [("price-change", true, None, paths)], "free is no slipped decimal");
}

#[test]
fn decimal_slip_knows_three_factors_and_a_tenth_around_them() {
    let slips = |from: i64, to: i64| {
        let mut story = priced("P", from, to);
        story.policy.guards.price_change = 1e9;
        held(&story.plan()) == ["decimal-slip"]
    };
    for factor in [10, 100, 1_000] {
        let small = 1_000;
        let (least, most) = (small * factor * 9 / 10, small * factor * 11 / 10);
        for (large, expected) in
            [(least - 1, false), (least, true), (small * factor, true), (most, true), (most + 1, false)]
        {
            assert_eq!(slips(small, large), expected, "{small} → {large}");
            assert_eq!(slips(large, small), expected, "{large} → {small}");
        }
    }
    assert!(!slips(1_000, 0));
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items.push(item("FREE", "Kerupuk", 0));
    story.peers.insert("FREE".into(), BTreeMap::from([(Price(0), 3)]));
    assert_eq!(held(&story.plan()), Vec::<&str>::new(), "nothing is no multiple of nothing");
}

#[test]
fn decimal_slip_names_what_slipped() {
    let mut story = priced("P", 2_000, 20_000);
    story.policy.guards.price_change = 1_000.0;
    let start = "a factor of 10, 100 or 1000 looks like a slipped decimal: “Nasi Padang” Rp 2.000 → Rp 20.000";
    assert_eq!(message(&story.plan(), Guard::DecimalSlip), start);
    story.desired.menus[0].menu_items.push(item("NEW", "Nasi Kuning", 1_800));
    story.desired.menus[0].menu_items.push(item("FAR", "Nasi Uduk", 1_800));
    // The same id elsewhere, at a price that no factor leads to and at one that does.
    story.peers.insert("NEW".into(), BTreeMap::from([(Price(2_000), 7), (Price(18_000), 1)]));
    story.peers.insert("FAR".into(), BTreeMap::from([(Price(2_000), 7)]));
    let plan = story.plan();
    assert_eq!(message(&plan, Guard::DecimalSlip), format!("{start}, and 1 more"));
    assert_eq!(spoke(&plan).pop(), Some(("decimal-slip", true, Some(2.0), vec!["items/P/price", "items/NEW"])));
    story.desired_item("P").price = Field::Set(Price(2_000));
    let alone = "slipped decimal: “Nasi Kuning” Rp 1.800, but Rp 18.000 at 1 other outlet";
    assert!(message(&story.plan(), Guard::DecimalSlip).ends_with(alone));
    // That it stood here for a day says more than what others ask.
    story.past.stable_prices.insert(path("items/NEW/price"), [1_800].into());
    assert_eq!(held(&story.plan()), Vec::<&str>::new());
}

#[test]
fn sold_out_trips_above_its_share_of_the_live_items() {
    for (off, limit, holds, actual) in [(5, 50.0, false, 50.0), (6, 50.0, true, 60.0), (1, 10.0, false, 10.0)] {
        let mut story = Story::in_sync(warung());
        story.policy.guards.sold_out = limit;
        story.desired.menus[0].menu_items.iter_mut().take(off).for_each(|item| item.in_stock = Field::Set(false));
        // Variants are no dishes.
        story.desired.variant_categories[0].variants.iter_mut().for_each(|v| v.in_stock = Field::Set(false));
        let paths = ["NG", "N1", "N2", "N3", "N4", "N5"].map(|id| format!("items/{id}/in_stock"));
        let mut paths: Vec<&str> = paths[..off].iter().map(String::as_str).collect();
        paths.sort_unstable();
        let plan = story.plan();
        assert_eq!(spoke(&plan), [("sold-out", holds, Some(actual), paths)]);
        let told = format!("{off} of 10 live items would go out of stock ({actual} %); the limit is {limit} %");
        assert_eq!(message(&plan, Guard::SoldOut), told);
    }
    // A dish that comes back, and one that leaves, do not go out of stock.
    let mut story = Story::in_sync(warung());
    story.policy.guards.sold_out = 0.0;
    story.desired_item("D1").in_stock = Field::Set(false);
    story.publish();
    story.desired_item("D1").in_stock = Field::Unsaid;
    story.desired.menus[1].menu_items.pop();
    assert_eq!(held(&story.plan()), Vec::<&str>::new());
}

#[test]
fn the_guards_of_an_outlet_that_is_new_or_empty_speak_only_there() {
    let mut story = Story::first_contact(warung());
    story.live_item("NG").price = Field::Set(Price(26_000));
    assert_eq!(spoke(&story.plan())[0], ("first-contact", true, None, vec![]));
    assert!(message(&story.plan(), Guard::FirstContact).contains("its live menu (10 items)"));
    story.live = LiveCatalog::default();
    assert_eq!(spoke(&story.plan()), []);
    // An outlet whose last push left nothing, and that shows nothing: the files fill it.
    story.base = Some(Base::default());
    assert_eq!((spoke(&story.plan()), story.plan().action), (vec![], Action::Put));
    // One that shows a menu is not empty.
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(spoke(&story.plan()), [("price-change", false, Some(5.9), vec![])]);
    story.live = LiveCatalog::default();
    story.revert = true;
    assert_eq!(spoke(&story.plan())[0], ("empty-live", true, None, vec![]));
    assert!(message(&story.plan(), Guard::EmptyLive).ends_with("the last verified push left 10 items there"));
}

#[test]
fn a_guard_that_is_released_lets_through_and_the_others_hold() {
    let mut story = priced("P", 2_000, 20_000);
    story.released.insert(Guard::DecimalSlip);
    let verdicts: Vec<_> = story.plan().guards.iter().map(|guard| (guard.guard, guard.verdict)).collect();
    assert_eq!(verdicts, [(Guard::PriceChange, Verdict::Held), (Guard::DecimalSlip, Verdict::Released)]);
    assert!(story.plan().is_held());
    story.released.insert(Guard::PriceChange);
    assert!(!story.plan().is_held());
}
