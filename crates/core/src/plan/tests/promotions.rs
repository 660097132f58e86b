//! What a push does to dishes that promotions may hang on, and the guard that is asked about it.

use jiff::civil::{DateTime, date};

use super::*;
use crate::catalog::Promotion;

const NOW: DateTime = date(2027, 2, 26).at(12, 0, 0, 0);

fn touches(story: &Story) -> Vec<String> {
    let plan = story.plan();
    plan.touched.iter().map(|touched| format!("{} {:?} {}", touched.item, touched.touch, touched.menu)).collect()
}

fn promotion(item: Option<&str>) -> Promotion {
    Promotion {
        promotion_id: "7".to_owned(),
        status: Some("created".to_owned()),
        external_menu_id: item.map(ExternalId::from),
        selling_price: Some(Price(19_000)),
        start_date: Some(date(2027, 2, 25)),
        end_date: Some(date(2027, 2, 28)),
        ..Promotion::default()
    }
}

/// The guard's word about these promotions.
fn judged(story: &Story, known: &KnownPromotions) -> Option<GuardVerdict> {
    let mut plan = story.plan();
    plan.judge_promotions(known, &story.released, NOW);
    plan.guards.into_iter().find(|guard| guard.guard == Guard::Promotion)
}

#[test]
fn only_what_leaves_or_loses_its_menu_is_touched() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items[0].price = Field::Set(Price(26_000));
    story.desired.menus.reverse();
    assert_eq!(touches(&story), [] as [&str; 0]);
    let moved = story.desired.menus[0].menu_items.remove(0);
    story.desired.menus[1].menu_items.push(moved);
    assert_eq!(touches(&story), [] as [&str; 0], "D1 moves, and its menu stays");
    story.desired.menus[1].menu_items.remove(0);
    assert_eq!(touches(&story), ["NG Leaves Nasi"]);
    story.desired.menus[0].name = "Es".to_owned();
    let lost = ["D1", "D2", "D3", "D4"].map(|id| format!("{id} LosesMenu Minuman"));
    assert_eq!(touches(&story)[..4], lost);
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items[0].external_id = "NASGOR".into();
    assert_eq!(touches(&story), ["NG Leaves Nasi"], "another id");
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items[0].in_stock = Field::Set(false);
    assert_eq!(touches(&story), [] as [&str; 0], "only stock is sent");
}

#[test]
fn a_promotion_that_runs_or_waits_on_a_touched_dish_holds() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items.remove(0);
    let waits = Promotion { start_date: Some(date(2027, 2, 27)), ..promotion(Some("NG")) };
    let held = judged(&story, &KnownPromotions::Listed(vec![promotion(Some("D1")), waits])).unwrap();
    assert_eq!((held.verdict, held.actual, held.items), (Verdict::Held, Some(1.0), vec![Path::item(&"NG".into())]));
    insta::assert_snapshot!(held.message, @"a promotion on “Nasi Goreng” (NG) waits (Rp 19.000, 2027-02-27 to 2027-02-28; created, id 7); this push takes the dish away or gives it another id, which ends the promotion");
    let unread = judged(&story, &KnownPromotions::Unread("no answer".to_owned())).unwrap();
    insta::assert_snapshot!(unread.message, @"the promotions of this outlet cannot be listed, and this push could end one on “Nasi Goreng”: no answer");
    let over = Promotion { status: Some("ended".to_owned()), ..promotion(Some("NG")) };
    let voucher = Promotion { promo_type: Some("voucher".to_owned()), ..promotion(None) };
    assert_eq!(judged(&story, &KnownPromotions::Listed(vec![over, voucher])), None);
    let hidden = judged(&story, &KnownPromotions::Listed(vec![promotion(None)])).unwrap();
    insta::assert_snapshot!(hidden.message, @"a promotion runs that does not name its dish (Rp 19.000, 2027-02-25 to 2027-02-28; created, id 7); this push could end it if it is on “Nasi Goreng”");
    story.released.insert(Guard::Promotion);
    let released = judged(&story, &KnownPromotions::Listed(vec![promotion(Some("NG"))])).unwrap();
    assert_eq!(released.verdict, Verdict::Released);
}

#[test]
fn nothing_is_said_where_nothing_is_touched() {
    let story = Story::in_sync(warung());
    assert_eq!(judged(&story, &KnownPromotions::Unread("no answer".to_owned())), None);
}
