//! Calls that set stock alone, and whose "sold out" it is afterwards.

use super::*;
use crate::catalog::{StockChange, StockKind};

fn line(id: &str, uuid: &str, in_stock: bool) -> StockChange {
    StockChange { external_id: id.into(), uuid: uuid.to_owned(), in_stock }
}

/// The warung, where GoFood has ids of its own.
fn story() -> Story {
    let mut story = Story::in_sync(warung());
    for item in story.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        item.uuid = format!("u-{}", item.uuid);
    }
    for variant in &mut story.live.variant_categories[0].variants {
        variant.uuid = format!("u-{}", variant.uuid);
    }
    story
}

fn claim(story: &mut Story, stock: &Field<bool>) {
    story.desired_item("D1").in_stock = stock.clone();
    story.desired.variant_categories[0].variants[1].in_stock = stock.clone();
}

/// What live shows after the stock calls of a plan.
fn carry_out(story: &mut Story, calls: &StockCalls) {
    for change in calls.iter().flat_map(|(_, changes)| changes) {
        for item in story.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
            if item.uuid == change.uuid {
                item.in_stock = Field::Set(change.in_stock);
            }
        }
        for variant in &mut story.live.variant_categories[0].variants {
            if variant.uuid == change.uuid {
                variant.in_stock = Field::Set(change.in_stock);
            }
        }
    }
}

#[test]
fn a_variant_under_another_id_comes_sold_out_if_the_one_in_its_place_was() {
    for category in ["VC", "VC-BARU"] {
        let mut story = Story::in_sync(warung());
        story.live.variant_categories[0].variants[1].in_stock = Field::Set(false);
        story.desired.variant_categories[0].external_id = category.into();
        story.desired_item("NG").variant_category_external_ids = Field::Set(vec![category.into()]);
        for variant in &mut story.desired.variant_categories[0].variants {
            variant.external_id = format!("BARU-{}", variant.external_id).as_str().into();
        }
        let payload = story.plan().payload;
        let stock: Vec<_> = payload.variant_categories[0].variants.iter().map(|v| v.in_stock.clone()).collect();
        assert_eq!(stock, [Field::Set(true), Field::Set(false)], "{category}");
        let base = story.plan().next_base;
        assert!(base.variants_taken_off.is_empty(), "it is the kitchen's to put back");
    }
}

#[test]
fn a_call_of_each_kind_names_things_by_both_ids() {
    let mut story = story();
    story.desired_item("D1").in_stock = Field::Set(false);
    assert_eq!(story.plan().stock, [(StockKind::Items, vec![line("D1", "u-D1", false)])]);
    // What is only told is not called for.
    story.live_item("D2").price = Field::Set(Price(9_900));
    claim(&mut story, &Field::Set(false));
    let both =
        [(StockKind::Items, vec![line("D1", "u-D1", false)]), (StockKind::Variants, vec![line("LV3", "u-LV3", false)])];
    assert_eq!(story.plan().stock, both);
    story.desired_item("D3").price = Field::Set(Price(9_600));
    assert_eq!(story.plan().stock, [], "a PUT carries stock itself");
}

#[test]
fn calls_that_were_carried_out_count_although_nothing_else_of_a_push_did() {
    let mut story = story();
    claim(&mut story, &Field::Set(false));
    let calls = story.plan().stock;
    carry_out(&mut story, &calls);
    let before = story.base.clone().unwrap();
    story.base.as_mut().unwrap().remember_stock(&calls);
    assert_eq!(told(&story.plan()), Vec::<String>::new());
    // It was ours, so it is put back when the files no longer say so, and the rest is what it was.
    claim(&mut story, &Field::Unsaid);
    let plan = story.plan();
    let back = ["edit set items/D1/in_stock false → true pushed", "edit set variants/LV3/in_stock false → true pushed"];
    assert_eq!(told(&plan), back);
    carry_out(&mut story, &plan.stock);
    story.base.as_mut().unwrap().remember_stock(&plan.stock);
    assert_eq!(story.base, Some(before));
    assert_eq!(told(&story.plan()), Vec::<String>::new());
}

#[test]
fn what_somebody_put_back_is_ours_no_longer() {
    let mut story = story();
    claim(&mut story, &Field::Set(false));
    let calls = story.plan().stock;
    carry_out(&mut story, &calls);
    let mut base = story.base.clone().unwrap();
    assert!(!base.release_stock(&story.live), "nothing was ours");
    base.remember_stock(&calls);
    let ours = base.clone();
    assert!(!base.release_stock(&story.live), "it is still sold out");
    assert_eq!(base, ours);
    // One after the other comes back on sale.
    story.live_item("D1").in_stock = Field::Set(true);
    assert!(base.release_stock(&story.live));
    assert!(!base.release_stock(&story.live));
    story.live.variant_categories[0].variants[1].in_stock = Field::Set(true);
    assert!(base.release_stock(&story.live));
    // From then on "sold out" is the kitchen's, also where the files have stopped saying it.
    story.base = Some(base);
    carry_out(&mut story, &calls);
    claim(&mut story, &Field::Unsaid);
    assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));
}
