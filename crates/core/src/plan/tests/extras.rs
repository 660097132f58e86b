//! What live says beyond what is understood: fields that cannot be read, keys that are not known.

use super::*;
use crate::catalog::{ItemField, live::Extra};

/// Makes a field of a live item one that cannot be read.
fn unread(story: &mut Story, id: &str, key: &str) {
    let item = story.live_item(id);
    item.extra.unread.insert(key.to_owned(), "\"aneh\"".to_owned());
    match key {
        "price" => item.price = Field::Unsaid,
        "in_stock" => item.in_stock = Field::Unsaid,
        "description" => item.description = Field::Unsaid,
        "operational_hours" => item.operational_hours = Field::Unsaid,
        "name" => item.name = String::new(),
        "variant_category_external_ids" => item.variant_category_uuids = Vec::new(),
        _ => panic!("{key}"),
    }
}

const KEYS: [&str; 6] =
    ["price", "in_stock", "description", "operational_hours", "name", "variant_category_external_ids"];

#[test]
fn a_field_that_cannot_be_read_is_what_it_was() {
    for key in KEYS {
        let mut story = Story::in_sync(warung());
        unread(&mut story, "NG", key);
        let plan = story.plan();
        assert_eq!((told(&plan), plan.action, held(&plan)), (vec![], Action::None, vec![]), "{key}");
        let words = plan.extras.words();
        assert!(words.len() == 1 && words[0].starts_with("cannot be read, taken as unchanged: the "), "{words:?}");
    }
    let mut story = Story::in_sync(warung());
    unread(&mut story, "NG", "price");
    insta::assert_snapshot!(story.plan().extras.words().join("; "), @r#"cannot be read, taken as unchanged: the price of “Nasi Goreng” ("aneh")"#);
}

#[test]
fn a_push_is_held_only_if_it_would_have_to_copy_what_cannot_be_read() {
    for key in KEYS {
        let mut story = Story::in_sync(warung());
        unread(&mut story, "NG", key);
        story.desired_item("D1").price = Field::Set(Price(9_000));
        // The files say its price, name, description and choices; its hours are live's, and its stock is the kitchen's.
        let is_copied = matches!(key, "in_stock" | "operational_hours");
        assert_eq!(held(&story.plan()), if is_copied { vec!["unread-field"] } else { vec![] }, "{key}");
    }
    let mut story = Story::in_sync(warung());
    unread(&mut story, "NG", "operational_hours");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let plan = story.plan();
    let guard = plan.held().next().unwrap();
    assert_eq!(guard.items, [path("items/NG/operational_hours")]);
    insta::assert_snapshot!(guard.message, @r#"what no file says is copied from the live menu, and this cannot be read: the hours of “Nasi Goreng” ("aneh"); stock would be sent as sold out, anything else would be lost"#);
    // Ignored fields are copied, too.
    let mut story = Story::in_sync(warung());
    unread(&mut story, "NG", "description");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    story.policy.ignore.insert(Ignorable::Description);
    assert_eq!(held(&story.plan()), ["unread-field"]);
}

#[test]
fn what_the_files_say_of_it_is_pushed_and_counts_as_arrived_if_nothing_else_is_missing() {
    let mut story = Story::in_sync(warung());
    unread(&mut story, "NG", "price");
    story.desired_item("NG").price = Field::Set(Price(26_000));
    let plan = story.plan();
    assert_eq!(told(&plan), ["edit set items/NG/price 25000 → 26000 pushed"]);
    assert_eq!(held(&plan), [] as [&str; 0]);
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Unreadable, "nothing tells whether it arrived");
    assert_eq!(waiting.arrived(&story.live).catalog.item(&"NG".into()).unwrap().price, Field::Set(Price(26_000)));
    // With something that can be read, that tells.
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Old);
    story.live_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(waiting.look(&story.live), Look::Arrived);
}

#[test]
fn a_value_that_becomes_unreadable_is_no_trace_of_a_push() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(26_000));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    unread(&mut story, "NG", "price");
    assert_eq!(waiting.look(&story.live), Look::Old);
    unread(&mut story, "D1", "price");
    assert_eq!(waiting.look(&story.live), Look::Unreadable);
}

#[test]
fn what_cannot_be_read_while_something_else_landed_has_not_landed() {
    let mut story = Story::in_sync(warung());
    for id in ["NG", "D1", "D2"] {
        story.desired_item(id).price = Field::Set(Price(26_000));
    }
    let mut waiting = PushVerification::new(&story.plan(), &story.inputs());
    story.live_item("D1").price = Field::Set(Price(26_000));
    unread(&mut story, "NG", "price");
    let Look::Other(mismatches) = waiting.look(&story.live) else { panic!("{:?}", waiting.look(&story.live)) };
    waiting.note_landed(&story.live, &mismatches);
    // It can be read again: what was sent is not there, and that is no edit of somebody.
    let ng = story.live_item("NG");
    (ng.price, ng.extra) = (Field::Set(Price(25_000)), Extra::default());
    let Look::Other(mismatches) = waiting.look(&story.live) else { panic!("{:?}", waiting.look(&story.live)) };
    let paths: Vec<String> = mismatches.iter().map(|mismatch| mismatch.path.to_string()).collect();
    assert_eq!(paths, ["items/D2/price", "items/NG/price"]);
}

#[test]
fn stock_that_cannot_be_read_puts_nothing_on_sale() {
    // Neither by a push of something else, …
    let mut story = Story::in_sync(warung());
    unread(&mut story, "NG", "in_stock");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["unread-field"]);
    assert_eq!(story.sent("NG").unwrap().in_stock, Field::Set(false));
    // … nor where the files do not take it off any more, …
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").in_stock = Field::Set(false);
    let plan = story.plan();
    story.base = Some(PushVerification::new(&plan, &story.inputs()).arrived(&story.live));
    unread(&mut story, "NG", "in_stock");
    assert_eq!(story.plan().action, Action::None);
    story.desired_item("NG").in_stock = Field::Unsaid;
    let plan = story.plan();
    assert_eq!((told(&plan), plan.action), (vec![], Action::None));
    assert!(plan.next_base.items_taken_off.contains::<ExternalId>(&"NG".into()), "it stays ours to put back");
    // … nor where a copy of it says that it is sold out, …
    let mut copied = Story::in_sync(warung());
    unread(&mut copied, "NG", "in_stock");
    let mut twin = copied.live_item("NG").clone();
    (twin.uuid, twin.in_stock, twin.extra) = ("u-9".into(), Field::Set(false), Extra::default());
    copied.live.menus[0].menu_items.push(twin);
    copied.base.as_mut().unwrap().items_taken_off.insert("NG".into());
    copied.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(copied.sent("NG").unwrap().in_stock, Field::Set(false));
    // … nor by a rollback.
    let record = Record::new(&plan, &story.inputs());
    assert!(!record.stock[&path("items/NG")]);
}

#[test]
fn the_files_may_take_off_sale_what_cannot_be_read() {
    let mut story = Story::in_sync(warung());
    unread(&mut story, "NG", "in_stock");
    story.desired_item("NG").in_stock = Field::Set(false);
    let plan = story.plan();
    assert_eq!((plan.action, held(&plan)), (Action::Stock, vec![]));
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Unreadable);
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn a_payload_that_goes_out_again_takes_off_sale_what_cannot_be_read_any_more() {
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let mut plan = story.plan();
    let mut waiting = PushVerification::new(&plan, &story.inputs());
    unread(&mut story, "NG", "in_stock");
    waiting.remember_stock(&story.live);
    waiting.refresh_stock(&mut plan);
    assert_eq!(plan.payload.item(&"NG".into()).unwrap().in_stock, Field::Set(false));
}

#[test]
fn what_is_not_ours_is_told_and_never_held_for_what_cannot_be_read() {
    let mut story = Story::in_sync(warung());
    let mut stranger = LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() };
    stranger.extra = Extra { unread: [("price".to_owned(), "[]".to_owned())].into(), ..Extra::default() };
    stranger.extra.unknown.insert("badge".to_owned());
    let mut twin = stranger.clone();
    twin.extra.unread = [("in_stock".to_owned(), "[]".to_owned())].into();
    story.live.menus[1].menu_items.push(stranger);
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["unmanaged"]);
    assert_eq!(story.plan().extras.words(), ["cannot be read, taken as unchanged: the price of “Es Krim” ([])"]);
    // Also where its id is one of ours.
    let mut extras = Extras::default();
    extras.note_unmanaged(&path("items/NG"), "Es Krim", &twin.extra);
    assert!(!extras.is_unread(&path("items/NG/in_stock")) && !extras.is_empty());
}

#[test]
fn a_dish_of_ours_that_leaves_is_no_conflict_for_what_cannot_be_read() {
    let mut story = Story::in_sync(warung());
    unread(&mut story, "D1", "price");
    story.desired.menus[1].menu_items.retain(|item| item.external_id.as_str() != "D1");
    let plan = story.plan();
    assert!(plan.payload.item(&"D1".into()).is_none());
    assert_eq!(held(&plan), [] as [&str; 0]);
    // The price that nobody could read is not in any file; with it, the dish would be kept.
    assert_eq!(plan.extras.unread.keys().next(), Some(&Path::item_field(&"D1".into(), ItemField::Price)));
}

fn with_key(story: &mut Story, id: &str, key: &str) {
    story.live_item(id).extra.unknown.insert(key.to_owned());
}

#[test]
fn keys_that_are_not_known_hold_a_put_that_would_lose_them_and_nothing_else() {
    let mut story = Story::in_sync(warung());
    with_key(&mut story, "NG", "tax_rate");
    with_key(&mut story, "N1", "tax_rate");
    story.live.variant_categories[0].variants[0].extra.unknown.insert("badge".to_owned());
    let plan = story.plan();
    assert_eq!((plan.action, held(&plan)), (Action::None, vec![]));
    insta::assert_snapshot!(plan.extras.words().join("; "), @"a push would lose what menusync does not know: tax_rate (2 items), badge (1 variant)");
    story.desired_item("D1").in_stock = Field::Set(false);
    assert_eq!((story.plan().action, held(&story.plan())), (Action::Stock, vec![]), "a stock call loses nothing");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let plan = story.plan();
    assert_eq!(held(&plan), ["unknown-field"]);
    let guard = plan.held().next().unwrap();
    assert_eq!(guard.items, ["items/N1", "items/NG", "variants/LV0"].map(path));
    insta::assert_snapshot!(guard.message, @"the live menu has what menusync does not know, and a push would lose: tax_rate (2 items), badge (1 variant)");
    story.released.insert(Guard::UnknownField);
    assert!(!story.plan().is_held());
    // What leaves anyway takes its keys along.
    story.released.clear();
    story.live.variant_categories[0].variants[0].extra = Extra::default();
    story.desired.menus[0].menu_items.retain(|item| !["NG", "N1"].contains(&item.external_id.as_str()));
    assert_eq!(held(&story.plan()), [] as [&str; 0]);
}

#[test]
fn keys_beside_the_menus_are_told_and_held_as_well() {
    let mut story = Story::in_sync(warung());
    story.live.extra.unknown.insert("currency".to_owned());
    let plan = story.plan();
    assert_eq!((plan.action, held(&plan)), (Action::None, vec![]));
    assert_eq!(plan.extras.words(), ["a push would lose what menusync does not know: currency (the whole menu)"]);
    assert_eq!(json!(plan.extras.entry())["unknown_keys"], json!([{"key": "data/currency", "count": 1}]));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["unknown-field"]);
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    story.live_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    story.desired_item("D1").price = Field::Set(Price(9_500));
    assert_eq!((held(&story.plan()), story.plan().extras.words()), (vec![], vec![]));
}

#[test]
fn keys_that_were_there_after_a_push_of_ours_are_the_platforms_own() {
    let mut story = Story::in_sync(warung());
    with_key(&mut story, "NG", "tax_rate");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["unknown-field"]);
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    // Stock calls and pushes that cannot be seen say nothing about that.
    story.desired_item("D1").price = Field::Set(Price(8_500));
    story.desired_item("NG").image = set("https://img.example.com/other.png");
    let image = PushVerification::new(&story.plan(), &story.inputs());
    assert!(image.arrived(&story.live).platform_keys.is_empty());
    story.desired_item("NG").image = set("https://img.example.com/ng.png");
    // The platform shows them again.
    story.desired_item("D1").price = Field::Set(Price(9_000));
    story.live_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!(story.base.as_ref().unwrap().platform_keys, ["items/tax_rate".to_owned()].into());
    with_key(&mut story, "N1", "tax_rate");
    story.desired_item("D1").price = Field::Set(Price(9_500));
    assert_eq!((held(&story.plan()), story.plan().extras.words()), (vec![], vec![]));
    with_key(&mut story, "N1", "badge");
    assert_eq!(held(&story.plan()), ["unknown-field"]);
    assert_eq!(story.plan().next_base.platform_keys, ["items/tax_rate".to_owned()].into());
}

#[test]
fn what_is_switched_off_in_the_app_is_told_and_left_alone() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").extra.switched_off = true;
    let plan = story.plan();
    assert_eq!((plan.action, plan.extras.words().len()), (Action::None, 1));
    insta::assert_snapshot!(plan.extras.words()[0], @"switched off in the app, which menusync leaves as it is: “Nasi Goreng”");
    insta::assert_snapshot!(json!(plan.extras.entry()), @r#"{"platform_menus":[],"switched_off":["items/NG"],"unknown_keys":[],"unread":[]}"#);
}
