//! What is known of a push while it is waited for: whose stock it is, which look shows a publication, and which live thing
//! is which of ours.

use super::*;
use crate::catalog::StockKind;

/// Takes the dish D1 and the variant LV3 off sale in the files.
fn take_off(story: &mut Story) {
    story.desired_item("D1").in_stock = Field::Set(false);
    story.desired.variant_categories[0].variants[1].in_stock = Field::Set(false);
}

/// What a push of the story waits for, and the menu as it is published.
fn sent(story: &Story) -> (PushVerification, LiveCatalog) {
    let plan = story.plan();
    (PushVerification::new(&plan, &story.inputs()), as_published(&plan.payload))
}

fn kitchen(live: &mut LiveCatalog, id: &str, in_stock: bool) {
    for item in live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items).filter(|item| item.uuid.ends_with(id)) {
        item.in_stock = Field::Set(in_stock);
    }
    for variant in live.variant_categories.iter_mut().flat_map(|category| &mut category.variants) {
        if variant.uuid.ends_with(id) {
            variant.in_stock = Field::Set(in_stock);
        }
    }
}

fn price(live: &mut LiveCatalog, id: &str, price: i64) {
    let items = live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
    items.filter(|item| item.uuid.ends_with(id)).for_each(|item| item.price = Field::Set(Price(price)));
}

fn ids(calls: &StockCalls) -> Vec<(StockKind, &str, bool)> {
    calls
        .iter()
        .flat_map(|(kind, lines)| lines.iter().map(move |line| (*kind, line.external_id.as_str(), line.in_stock)))
        .collect()
}

#[test]
fn a_stock_call_counts_as_carried_out_as_soon_as_live_shows_all_of_it() {
    let (dish, variant) = ((StockKind::Items, "D1"), (StockKind::Variants, "LV3"));
    let mut story = Story::in_sync(warung());
    take_off(&mut story);
    for (off, back) in [(false, true), (true, false)] {
        // First they are taken off, then put back.
        let (waiting, _) = sent(&story);
        let mut live = story.live.clone();
        assert_eq!(ids(&waiting.stock_shown(&live)), []);
        kitchen(&mut live, "LV3", off);
        assert_eq!(ids(&waiting.stock_shown(&live)), [], "the dish comes first");
        kitchen(&mut live, "LV3", back);
        kitchen(&mut live, "D1", off);
        assert_eq!(ids(&waiting.stock_shown(&live)), [(dish.0, dish.1, off)]);
        kitchen(&mut live, "LV3", off);
        let shown = waiting.stock_shown(&live);
        assert_eq!(ids(&shown), [(dish.0, dish.1, off), (variant.0, variant.1, off)]);
        story.base.as_mut().unwrap().remember_stock(&shown);
        story.live = live;
        story.desired = warung();
    }
}

#[test]
fn a_dish_that_somebody_put_back_is_not_ours_although_its_id_is_gone() {
    let mut story = Story::in_sync(warung());
    take_off(&mut story);
    let (mut waiting, _) = sent(&story);
    // Put back at once, in the app, which took the external ids away.
    story.live_item("D1").external_id = Field::Null;
    story.live.variant_categories[0].variants[1].external_id = Field::Null;
    let mismatches = waiting.mismatches(&story.live);
    assert_eq!(mismatches.len(), 2);
    waiting.note_publication(&story.live);
    let base = waiting.settled(&story.live, story.base.as_ref(), &mismatches);
    assert_eq!((base.items_taken_off, base.variants_taken_off), (BTreeSet::new(), BTreeSet::new()));
}

#[test]
fn what_we_took_off_before_is_ours_until_a_look_at_the_old_menu_shows_it_on_sale() {
    let mut story = Story::in_sync(warung());
    take_off(&mut story);
    story.desired_item("NG").price = Field::Set(Price(26_000));
    story.publish();
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let (mut waiting, published) = sent(&story);
    let ours = |waiting: &PushVerification| {
        let base = waiting.arrived(&published);
        base.items_taken_off.into_iter().chain(base.variants_taken_off).map(|id| id.0).collect::<Vec<_>>()
    };
    waiting.remember_stock(&story.live);
    assert_eq!(ours(&waiting), ["D1", "LV3"]);
    for (id, left) in [("D1", vec!["LV3"]), ("LV3", vec![])] {
        for in_stock in [true, false] {
            kitchen(&mut story.live, id, in_stock);
            waiting.remember_stock(&story.live);
        }
        assert_eq!(ours(&waiting), left);
    }
}

#[test]
fn a_payload_that_is_sent_again_carries_the_kitchens_stock_and_ours() {
    let mut story = Story::in_sync(warung());
    take_off(&mut story);
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let mut plan = story.plan();
    let mut waiting = PushVerification::new(&plan, &story.inputs());
    kitchen(&mut story.live, "D2", false);
    kitchen(&mut story.live, "LV0", false);
    waiting.remember_stock(&story.live);
    waiting.refresh_stock(&mut plan);
    let off: Vec<_> = ["D1", "D2", "D3", "LV0", "LV3"].map(|id| stock_of(&plan.payload, id)).into();
    assert_eq!(off, [false, false, true, false, false]);
}

fn stock_of(payload: &Catalog, id: &str) -> bool {
    let items = payload.items().map(|(_, item)| (&item.external_id, &item.in_stock));
    let variants = payload.variants().map(|(_, variant)| (&variant.external_id, &variant.in_stock));
    let found = items.chain(variants).find(|(known, _)| known.as_str() == id);
    *found.unwrap().1 != Field::Set(false)
}

#[test]
fn what_was_sold_out_in_doubt_stays_so_when_the_next_look_shows_it_on_sale() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let (mut waiting, _) = sent(&story);
    let sold_out = [(StockKind::Items, "D2", false), (StockKind::Variants, "LV3", false)];
    // An edit of what was pushed: the old menu or the new one, nobody knows.
    let mut live = story.live.clone();
    price(&mut live, "NG", 28_000);
    for id in ["D2", "LV3"] {
        kitchen(&mut live, id, false);
    }
    assert_eq!(ids(&waiting.doubtful_stock(&live)), []);
    waiting.remember_doubtful_stock(&live);
    for id in ["D2", "LV3"] {
        kitchen(&mut live, id, true);
    }
    for look in 0..2 {
        assert_eq!(ids(&waiting.doubtful_stock(&live)), sold_out, "look {look}");
        waiting.remember_doubtful_stock(&live);
    }
}

#[test]
fn a_dish_without_an_id_that_the_push_renames_is_found_by_the_platforms_own() {
    let mut story = Story::in_sync(warung());
    story.live_item("D1").external_id = Field::Null;
    story.desired_item("D1").name = set("Es Teh");
    let (mut waiting, published) = sent(&story);
    assert!(waiting.mismatches(&story.live).iter().any(|one| one.path.to_string() == "items/D1/name"));
    kitchen(&mut story.live, "D1", false);
    waiting.remember_stock(&story.live);
    assert_eq!(ids(&waiting.overwritten_stock(&published)), [(StockKind::Items, "D1", false)]);
}

#[test]
fn a_category_that_was_renamed_in_the_app_is_known_by_the_name_that_was_sent() {
    let mut story = Story::in_sync(warung());
    story.live.variant_categories[0].name = "Pedas".to_owned();
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let (waiting, mut live) = sent(&story);
    // The platform gives everything new ids, and shows none of ours for categories and variants.
    for item in live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        item.uuid = format!("new-{}", item.uuid);
        item.variant_category_uuids.iter_mut().for_each(|uuid| *uuid = format!("new-{uuid}"));
    }
    for category in &mut live.variant_categories {
        category.uuid = format!("new-{}", category.uuid);
        category.external_id = Field::Unsaid;
        for variant in &mut category.variants {
            (variant.uuid, variant.external_id) = (format!("new-{}", variant.uuid), Field::Null);
        }
    }
    for base in [waiting.arrived(&live), waiting.settled(&live, story.base.as_ref(), &[])] {
        assert_eq!(base.uuids.by_id().item(&"D1".into()), "new-D1");
        assert_eq!(base.uuids.by_id().variants_of(&"LV3".into()), ["new-LV3"]);
        assert_eq!(base.uuids.categories, BTreeMap::from([("new-VC".to_owned(), "VC".into())]));
    }
}

#[test]
fn what_the_kitchen_puts_back_after_the_publication_is_no_failure_of_the_push() {
    let mut story = Story::in_sync(warung());
    take_off(&mut story);
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let (waiting, mut live) = sent(&story);
    for id in ["D1", "LV3"] {
        kitchen(&mut live, id, true);
    }
    assert_eq!((waiting.look(&live), waiting.mismatches(&live)), (Look::Arrived, vec![]));
}

#[test]
fn a_variant_that_its_new_category_lacks_is_missing() {
    let mut story = Story::in_sync(warung());
    let mut sauce = story.desired.variant_categories[0].clone();
    (sauce.external_id, sauce.name) = ("SC".into(), set("Sambal"));
    sauce.variants = vec![variant("S1", "Ijo", 0), variant("S2", "Matah", 1_000)];
    story.desired.variant_categories.push(sauce);
    story.desired_item("N1").variant_category_external_ids = Field::Set(vec!["SC".into()]);
    let (waiting, mut live) = sent(&story);
    assert_eq!(waiting.look(&live), Look::Arrived);
    live.variant_categories[1].variants.pop();
    let Look::Other(mismatches) = waiting.look(&live) else { panic!("{:?}", waiting.look(&live)) };
    assert_eq!(mismatches.iter().map(|one| one.path.to_string()).collect::<Vec<_>>(), ["variants/S2"]);
}

#[test]
fn what_was_seen_published_is_not_the_old_menu_when_somebody_edits_it_back() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let old = story.live.clone();
    let (mut waiting, mut live) = sent(&story);
    price(&mut live, "D1", 8_500);
    let Look::Other(mismatches) = waiting.look(&live) else { panic!("{:?}", waiting.look(&live)) };
    waiting.note_landed(&live, &mismatches);
    assert_eq!((waiting.look(&old), waiting.is_stale_look(&old)), (Look::Other(mismatches), false));
    waiting.note_publication(&live);
    assert_eq!([&old, &live].map(|live| waiting.is_stale_look(live)), [true, false]);
}

#[test]
fn a_publication_of_which_nothing_shows_as_sent_is_not_the_old_menu_when_somebody_edits_it_back() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = set("Telur mata sapi dan kerupuk");
    let old = story.live.clone();
    let (mut waiting, mut live) = sent(&story);
    live.menus[0].menu_items[0].description = set("Telur mata sapi dan");
    assert!(matches!(waiting.look(&live), Look::Other(_)));
    waiting.note_publication(&live);
    assert!(matches!(waiting.look(&old), Look::Other(_)), "{:?}", waiting.look(&old));
}

#[test]
fn a_value_that_gives_way_to_another_one_was_set_by_somebody_but_not_what_was_made_of_our_text() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = set("Telur mata sapi dan kerupuk");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let (waiting, _) = sent(&story);
    let overtaken = |steps: &[(i64, &str)]| {
        let (mut waiting, mut live) = (waiting.clone(), story.live.clone());
        for (shown, text) in steps {
            price(&mut live, "D1", *shown);
            live.menus[0].menu_items[0].description = set(text);
            // As it is stored between two looks.
            waiting = serde_json::from_value(json!(waiting)).unwrap();
            waiting.note_shown(&waiting.clone().mismatches(&live));
        }
        let mismatches = waiting.mismatches(&live);
        let base = waiting.settled(&live, story.base.as_ref(), &mismatches);
        let rejected = base.rejected_values.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let overtaken = mismatches.iter().filter(|one| waiting.is_overtaken(one)).map(|one| one.path.to_string());
        (overtaken.collect::<Vec<_>>().join(" "), rejected)
    };
    let told = |overtaken: &str, rejected: &str| (overtaken.to_owned(), rejected.to_owned());
    let (both, price, text) = ("items/D1/price items/NG/description", "items/D1/price", "items/NG/description");
    assert_eq!(overtaken(&[(9_500, "Dadar")]), told("", both), "that may be all that GoFood made of it");
    assert_eq!(overtaken(&[(9_500, "Dadar"), (9_500, "Dadar")]), told("", both));
    assert_eq!(overtaken(&[(9_500, "Dadar"), (9_900, "Dadar")]), told(price, text));
    assert_eq!(overtaken(&[(9_500, "Dadar"), (9_500, "Ceplok")]), told(text, price));
    assert_eq!(overtaken(&[(9_500, "Dadar"), (9_500, "Telur mata")]), told("", both), "ours, and cut");
    let old = (8_500, "Telur mata sapi");
    assert_eq!(overtaken(&[(9_500, "Dadar"), old, (9_500, "Dadar")]), told("", both), "a copy that is behind");
}

#[test]
fn only_a_text_may_be_published_without_a_trace() {
    for (edit, indistinguishable) in [
        ((|item| item.price = Field::Set(Price(27_000))) as fn(&mut Item), false),
        (|item| item.description = set("Dadar"), false),
        (|item| item.description = set("Telur mata sapi dan kerupuk"), true),
    ] {
        let mut story = Story::in_sync(warung());
        edit(story.desired_item("NG"));
        assert_eq!(sent(&story).0.is_indistinguishable(), indistinguishable);
    }
}

#[test]
fn a_dish_that_somebody_removed_is_no_trace_of_a_push_that_describes_it() {
    let mut story = Story::in_sync(warung());
    story.desired_item("N1").description = set("Dengan telur");
    let (waiting, _) = sent(&story);
    story.live.menus[0].menu_items.retain(|item| item.uuid != "N1");
    assert!(matches!(waiting.look(&story.live), Look::Ambiguous(_)), "{:?}", waiting.look(&story.live));
}

#[test]
fn a_menu_has_settled_only_if_it_shows_the_same_all_the_time() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let (mut waiting, _) = sent(&story);
    let at = |seconds| jiff::Timestamp::from_second(seconds).unwrap();
    let mut settled_for = |shown: i64, now| {
        price(&mut story.live, "NG", shown);
        waiting.settled_for(&story.live, at(now)).as_secs()
    };
    assert_eq!([settled_for(28_000, 0), settled_for(28_000, 40), settled_for(29_000, 50)], [0, 40, 0]);
    assert_eq!([settled_for(29_000, 70), settled_for(28_000, 80)], [20, 0]);
}

#[test]
fn what_cannot_be_read_back_is_no_sign_of_a_publication() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").image = set("https://img.example.com/new.png");
    story.desired.menus.reverse();
    story.desired.variant_categories[0].variants.reverse();
    let (mut waiting, _) = sent(&story);
    let at = |seconds| jiff::Timestamp::from_second(seconds).unwrap();
    let mut live = story.live.clone();
    assert_eq!(waiting.settled_for(&live, at(0)).as_secs(), 0);
    let disturbances: [fn(&mut LiveCatalog); 7] = [
        |live| live.menus[0].menu_items[0].image = set("https://cdn.example.net/signed-anew"),
        |live| live.menus[0].menu_items[0].image = Field::Null,
        |live| live.menus.reverse(),
        |live| live.menus[0].menu_items.reverse(),
        |live| live.variant_categories[0].variants.reverse(),
        |live| live.variant_categories[0].external_id = Field::Unsaid,
        |live| live.menus[1].menu_items[1].internal_name = set(" "),
    ];
    for (index, disturb) in disturbances.into_iter().enumerate() {
        disturb(&mut live);
        assert_eq!(waiting.look(&live), Look::Unreadable, "{index}");
        assert!(!waiting.is_touched(&live), "{index}");
        let seconds = 10 * (1 + i64::try_from(index).unwrap());
        assert_eq!(waiting.settled_for(&live, at(seconds)).as_secs(), seconds, "{index}: nothing moves");
    }
    live.menus[0].menu_items[0].description = set("Dari aplikasi");
    assert!(waiting.is_touched(&live));
    assert_eq!(waiting.look(&live), Look::Unreadable, "an edit is no publication");
}

#[test]
fn a_category_that_nothing_refers_to_shows_its_leaving_and_may_stay() {
    let mut spare = warung().variant_categories.remove(0);
    (spare.external_id, spare.name) = ("SC".into(), set("Sambal"));
    spare.variants = vec![variant("S1", "Ijo", 0)];
    let mut with_spare = warung();
    with_spare.variant_categories.push(spare);
    let mut story = Story::in_sync(with_spare);
    story.live.variant_categories[1].external_id = Field::Unsaid;
    story.desired = warung();
    let (waiting, published) = sent(&story);
    assert_eq!(waiting.look(&story.live), Look::Unreadable);
    assert_eq!(waiting.look(&published), Look::Arrived);
}

#[test]
fn a_push_of_an_earlier_release_is_looked_for_by_its_values() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let (waiting, published) = sent(&story);
    let mut stored = serde_json::to_value(&waiting).unwrap();
    stored["before"] = json!("0123456789abcdef");
    stored.as_object_mut().unwrap().remove("gone_categories");
    stored.as_object_mut().unwrap().remove("announced");
    let waiting: PushVerification = serde_json::from_value(stored).unwrap();
    assert_eq!((waiting.look(&story.live), waiting.look(&published)), (Look::Old, Look::Arrived));
}
