//! What the platform accepted and shows otherwise: told, not sent again until the files say something else, and carried as
//! it is live by whatever else goes out.

use super::*;
use crate::catalog::ReadAt;

/// The path that is rejected, and the value that was sent there.
fn stick(story: &mut Story, path: &str, sent: serde_json::Value) {
    let path = self::path(path);
    let sent = Option::read_at(&path, sent).unwrap();
    story.base.as_mut().unwrap().rejected_values.insert(path, sent);
}

/// Told, but neither sent nor forgotten: not alone, and not along with something else.
fn rests(story: &mut Story, path: &str) {
    let change = |plan: &OutletPlan| {
        let change = plan.changes.iter().find(|change| change.path.to_string() == path).cloned();
        change.unwrap_or_else(|| panic!("{path} is not told"))
    };
    let plan = story.plan();
    assert_eq!((plan.action, change(&plan).pushed), (Action::None, false), "{path}");
    let before = story.live.clone();
    for price in [9_800, 9_900] {
        story.desired_item("D3").price = Field::Set(Price(price));
        let again = story.plan();
        assert_eq!((again.action, again.pushed().count(), change(&again)), (Action::Put, 1, change(&plan)), "{path}");
        assert_eq!(again.next_base.rejected_values, story.base.as_ref().unwrap().rejected_values, "{path}");
        // It arrives.
        let mut live = before.clone();
        live.menus[1].menu_items.iter_mut().find(|item| item.name == "Es 3").unwrap().price = Field::Set(Price(price));
        assert_eq!(plainly(&as_published(&again.payload)), plainly(&live), "{path}");
        story.base = Some(again.next_base);
        story.live = live;
    }
    assert_eq!(change(&story.plan()), change(&plan), "{path}: the base is what is shown");
    assert_eq!(story.plan().action, Action::None, "{path}");
}

/// What a customer sees of it.
fn plainly(live: &LiveCatalog) -> Vec<String> {
    let items = live.items().map(|(menu, item)| {
        let text = item.description.value().filter(|text| !text.is_empty());
        format!("{menu}: {} {:?} {text:?}", item.name, item.price.value())
    });
    let variants = live.variants().map(|(category, v)| format!("{}: {} {:?}", category.name, v.name, v.price.value()));
    let mut shown: Vec<String> = items.chain(variants).collect();
    shown.sort();
    shown
}

#[test]
fn a_field_is_not_sent_again_before_the_files_give_it_another_value() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = set("Telur mata sapi, kerupuk");
    stick(&mut story, "items/NG/description", json!("Telur mata sapi, kerupuk"));
    rests(&mut story, "items/NG/description");
    story.revert = true;
    rests(&mut story, "items/NG/description");
    story.desired_item("NG").description = set("Telur");
    let plan = story.plan();
    assert_eq!((plan.action, plan.next_base.rejected_values.len()), (Action::Put, 0));
    // What is shown as it was sent after all is no longer rejected.
    story.desired_item("NG").description = set("Telur mata sapi, kerupuk");
    story.live_item("NG").description = set("Telur mata sapi, kerupuk");
    let plan = story.plan();
    assert_eq!((told(&plan), plan.next_base.rejected_values.len()), (vec![], 0));
}

#[test]
fn nor_is_what_did_not_come_or_did_not_go() {
    // Dropped from what was sent.
    let mut story = Story::in_sync(warung());
    story.desired.menus[1].menu_items.push(item("NEW", "Es Baru", 7_000));
    let sent = story.plan().changes[0].to.clone();
    stick(&mut story, "items/NEW", json!(sent));
    rests(&mut story, "items/NEW");
    story.desired_item("NEW").price = Field::Set(Price(7_500));
    assert_eq!(story.plan().action, Action::Put);
    let mut story = Story::in_sync(warung());
    story.desired.variant_categories[0].variants.push(variant("LV9", "Neraka", 3_000));
    let sent = story.plan().changes[0].to.clone();
    stick(&mut story, "variants/LV9", json!(sent));
    rests(&mut story, "variants/LV9");
    // Still there.
    let mut story = Story::in_sync(warung());
    story.desired.menus[1].menu_items.remove(0);
    stick(&mut story, "items/D1", json!(null));
    rests(&mut story, "items/D1");
    let mut story = Story::in_sync(warung());
    story.desired.variant_categories[0].variants.remove(0);
    stick(&mut story, "variants/LV0", json!(null));
    rests(&mut story, "variants/LV0");
}

#[test]
fn nor_is_an_item_removed_again_that_came_back_from_nowhere() {
    let mut story = Story::in_sync(warung());
    story.policy.unmanaged = UnmanagedPolicy::Delete;
    story.live.menus[1].menu_items.push(LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() });
    assert_eq!(story.plan().action, Action::Put);
    stick(&mut story, "items/u-1", json!(null));
    let plan = story.plan();
    assert_eq!((plan.action, plan.next_base.rejected_values.len()), (Action::None, 1));
    // Every PUT goes without it, so it leaves with the next one, and that is said.
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert!(story.plan().pushed().any(|change| change.path.to_string() == "items/u-1"));
}

#[test]
fn an_id_that_the_platform_does_not_keep_is_no_reason_to_push() {
    for (path, id) in [("items/NG/external_id", "NG"), ("variants/LV3/external_id", "LV3")] {
        let mut story = Story::in_sync(warung());
        story.live_item("NG").external_id = Field::Null;
        story.live.variant_categories[0].variants[1].external_id = Field::Null;
        story.revert = true;
        let pushes = |story: &Story| {
            story.plan().changes.iter().any(|c| c.path.to_string() == path && c.pushed && !c.only_with_put)
        };
        assert!(pushes(&story), "{path}");
        stick(&mut story, path, json!(id));
        assert!(!pushes(&story), "{path}");
        assert_eq!(story.plan().next_base.rejected_values.len(), 1, "{path}");
        // Any PUT has it.
        assert!(
            story.plan().changes.iter().any(|change| change.path.to_string() == path && change.only_with_put),
            "{path}"
        );
    }
}

#[test]
fn what_is_gone_from_live_for_a_while_takes_nothing_of_that_along() {
    type Vanish = fn(&mut LiveCatalog);
    let things: [(&str, Vanish); 3] = [
        ("items/D1", |live| drop(live.menus[1].menu_items.remove(0))),
        ("variants/LV3", |live| drop(live.variant_categories[0].variants.remove(1))),
        ("categories/SAUS", |live| drop(live.variant_categories.remove(1))),
    ];
    let mut desired = warung();
    let mut sauce = desired.variant_categories[0].clone();
    (sauce.external_id, sauce.name) = ("SAUS".into(), set("Saus"));
    sauce.variants = vec![variant("S1", "Tomat", 0)];
    desired.variant_categories.push(sauce);
    for (thing, vanish) in things {
        let mut story = Story::in_sync(desired.clone());
        let path = format!("{thing}/name");
        stick(&mut story, &path, json!("Nama"));
        stick(&mut story, &format!("{thing}0/name"), json!("Nama"));
        vanish(&mut story.live);
        let rejected = story.plan().next_base.rejected_values;
        assert_eq!(
            rejected.into_keys().collect::<Vec<_>>(),
            [self::path(&path)],
            "{thing}: and nothing of another one"
        );
    }
}
