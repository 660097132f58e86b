//! What of a push does not land: named field by field, remembered as it shows, and not sent again.

use super::{
    complete::{Nature, Part, Situation, Thing, stage, story, unordered},
    *,
};

#[test]
fn every_field_that_does_not_land_is_named_and_not_sent_again() {
    for part in Part::all().into_iter().filter(|part| part.nature() == Nature::Plain) {
        for (situation, shown) in [(Situation::Edit, 1), (Situation::Edit, 3), (Situation::Adopt, 1)] {
            let what = format!("{part:?} {situation:?} {shown}");
            let mut story = story(part, situation);
            story.desired_item("D4").price = Field::Set(Price(10_500));
            let waiting = PushVerification::new(&story.plan(), &story.inputs());
            let mut stays = stage();
            stays.menus[1].menu_items[3].price = Field::Set(Price(10_500));
            story.live = part.live(&stays, shown);
            let Look::Other(mismatches) = waiting.look(&story.live) else {
                panic!("{what}: {:?}", waiting.look(&story.live))
            };
            assert_eq!(mismatches.iter().map(|one| one.path.clone()).collect::<Vec<_>>(), [part.path()], "{what}");
            story.base = Some(waiting.settled(&story.live, story.base.as_ref(), &mismatches));
            let told: Vec<_> = story.plan().changes.iter().map(|c| (c.path.clone(), c.class, c.pushed)).collect();
            assert_eq!(told, [(part.path(), Class::Edit, false)], "{what}");
            story.desired_item("D4").price = Field::Set(Price(10_600));
            let sent = as_published(&story.plan().payload);
            stays.menus[1].menu_items[3].price = Field::Set(Price(10_600));
            assert_eq!(unordered(sent), unordered(part.live(&stays, shown)), "{what}: it is carried as it shows");
        }
    }
}

#[test]
fn every_thing_that_does_not_come_or_go_is_named_and_not_sent_again() {
    for thing in Thing::ALL {
        for (kind, before, wanted) in [(Kind::Add, None, Some(1)), (Kind::Remove, Some(1), None)] {
            if (thing, kind) == (Thing::Category, Kind::Remove) {
                // Nothing refers to it any more, so nobody sees whether it is there.
                continue;
            }
            let mut story = Story::in_sync(thing.put(before));
            story.desired = thing.put(wanted);
            story.desired_item("D4").price = Field::Set(Price(10_500));
            let waiting = PushVerification::new(&story.plan(), &story.inputs());
            let mut stays = thing.put(before);
            stays.menus[1].menu_items[3].price = Field::Set(Price(10_500));
            story.live = as_published(&stays);
            let Look::Other(mismatches) = waiting.look(&story.live) else { panic!("{thing:?} {kind:?}") };
            story.base = Some(waiting.settled(&story.live, story.base.as_ref(), &mismatches));
            let told: Vec<_> =
                story.plan().changes.iter().map(|c| (c.path.clone(), c.kind, c.class, c.pushed)).collect();
            assert_eq!(told, [(thing.path(), kind, Class::Edit, false)], "{thing:?}");
            story.desired_item("D4").price = Field::Set(Price(10_600));
            stays.menus[1].menu_items[3].price = Field::Set(Price(10_600));
            assert_eq!(
                unordered(as_published(&story.plan().payload)),
                unordered(as_published(&stays)),
                "{thing:?} {kind:?}"
            );
        }
    }
}

#[test]
fn what_nobody_owns_may_change_while_a_push_is_waited_for() {
    // One thing of each kind says something that its neighbours leave to the app.
    let mut desired = stage();
    desired.variant_categories[0].internal_name = set("Kasir");
    desired.menus[0].menu_items[0].internal_name = set("Kasir");
    let mut story = Story::in_sync(desired);
    story.desired_item("D4").price = Field::Set(Price(10_500));
    story.desired.variant_categories[0].internal_name = set("Kasir 1");
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    let sent = as_published(&story.plan().payload);
    story.live = sent.clone();
    story.live.variant_categories[1].internal_name = set("Dari aplikasi");
    story.live_item("D4").internal_name = set("Dari aplikasi");
    story.live_item("N1").description = set("Dari aplikasi");
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.live = sent;
    story.live.variant_categories[0].internal_name = set("Dari aplikasi");
    assert!(matches!(waiting.look(&story.live), Look::Other(_)));
}

#[test]
fn the_only_category_is_waited_for_too() {
    let mut story = Story::in_sync(warung());
    story.desired.variant_categories[0].max_quantity = Field::Set(2);
    story.desired_item("D4").price = Field::Set(Price(10_500));
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    story.live_item("D4").price = Field::Set(Price(10_500));
    let Look::Other(mismatches) = waiting.look(&story.live) else { panic!("{:?}", waiting.look(&story.live)) };
    assert_eq!(mismatches[0].path.to_string(), "categories/VC/max_quantity");
}
