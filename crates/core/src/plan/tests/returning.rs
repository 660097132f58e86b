//! A plan under pins: what comes back, and in which stock.

use super::*;

/// A rollback from these files to the whole warung; N2 and the spicy variant were sold out when they left.
fn rolled_back(files: Catalog) -> (Story, Pins) {
    let record = Record { sent: warung(), files: warung(), stock: BTreeMap::new() };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let was_sold_out = |path: &Path| ["items/N2", "variants/LV3"].contains(&path.to_string().as_str());
    let goal = Goal { to: 1, of: now, now, ignore: &BTreeSet::new(), was_sold_out: &was_sold_out };
    let (wanted, pins) = Pins::between(&goal, &files, &record).apply_to(&files, now);
    let mut story = Story::in_sync(files);
    story.desired = wanted;
    (story, pins)
}

fn sold_out(plan: &OutletPlan) -> Vec<String> {
    let items = plan.payload.items().map(|(_, item)| (&item.external_id, &item.in_stock));
    let variants = plan.payload.variants().map(|(_, variant)| (&variant.external_id, &variant.in_stock));
    items.chain(variants).filter(|(_, stock)| **stock == Field::Set(false)).map(|(id, _)| id.0.clone()).collect()
}

#[test]
fn what_comes_back_by_a_pin_comes_back_as_it_left_and_nothing_else_is_touched() {
    let mut files = warung();
    files.menus[0].menu_items.retain(|item| item.external_id.as_str() != "N2");
    files.menus[1].menu_items.pop();
    files.variant_categories[0].variants.pop();
    let (mut story, pins) = rolled_back(files);
    let mut plan = story.plan();
    plan.keep_sold_out(&pins);
    assert_eq!(sold_out(&plan), ["N2", "LV3"]);
    // It is back, and the kitchen has put it on sale; something else comes.
    story.publish();
    story.desired.menus[1].menu_items.push(item("NEW", "Es Baru", 7_000));
    story.desired.variant_categories[0].variants.push(variant("LV9", "Neraka", 3_000));
    let mut plan = story.plan();
    plan.keep_sold_out(&pins);
    assert_eq!(sold_out(&plan), Vec::<String>::new());
}

#[test]
fn a_variant_that_comes_back_with_its_whole_category_comes_back_as_it_left() {
    let mut files = warung();
    files.variant_categories.clear();
    files.menus[0].menu_items[0].variant_category_external_ids = Field::Unsaid;
    let (mut story, pins) = rolled_back(files);
    let mut plan = story.plan();
    plan.keep_sold_out(&pins);
    assert_eq!(sold_out(&plan), ["LV3"]);
    story.publish();
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let mut plan = story.plan();
    plan.keep_sold_out(&pins);
    assert_eq!(sold_out(&plan), Vec::<String>::new());
}

#[test]
fn a_choice_matters_by_what_is_mandatory_in_the_menu_that_is_sent() {
    let mut story = Story::in_sync(warung());
    let mut optional = story.desired.variant_categories[0].clone();
    (optional.external_id, optional.min_quantity) = ("OPT".into(), Field::Set(0));
    optional.variants = vec![variant("S1", "Tomat", 0)];
    story.desired.variant_categories.push(optional);
    for (choice, expected) in [("VC", Risk::Danger), ("OPT", Risk::Visible)] {
        story.desired_item("D1").variant_category_external_ids = Field::Set(vec![choice.into()]);
        let plan = story.plan();
        let change = plan.changes.iter().find(|change| matches!(change.path, Path::Item(..))).unwrap();
        assert_eq!(plan.risk(&change.step(true)), expected, "{choice}");
    }
}
