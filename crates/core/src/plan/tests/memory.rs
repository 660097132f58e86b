//! What is noted by a look and by a push, and when.

use jiff::SignedDuration;

use super::{days::hour, *};

fn minutes(minutes: i64) -> jiff::Timestamp {
    hour(0) + SignedDuration::from_mins(minutes)
}

#[test]
fn a_look_that_shows_nothing_new_is_worth_a_note_once_an_hour() {
    let mut story = Story::in_sync(warung());
    story.look(minutes(0));
    let first = story.memory.clone();
    story.look(minutes(59));
    assert_eq!(story.memory, first);
    story.look(minutes(60));
    assert_ne!(story.memory, first);
}

#[test]
fn a_price_has_stood_for_a_day_at_the_minute_at_which_it_is_changed() {
    for (last, stood) in [(24 * 60, true), (24 * 60 - 1, false)] {
        let mut story = Story::in_sync(warung());
        story.look(minutes(0));
        story.look(minutes(23 * 60 + 30));
        story.price("NG", 45_000);
        assert_eq!(story.push(minutes(last)), ["price-change"]);
        story.price("NG", 25_000);
        story.policy.guards.price_change = 10.0;
        assert_eq!(story.look(minutes(25 * 60)).is_held(), !stood);
    }
}

#[test]
fn an_edit_that_waits_is_no_drift_until_somebody_edits_there_too() {
    let mut story = Story::in_sync(warung());
    story.price("NG", 26_000);
    story.look(hour(0));
    story.live_item("NG").price = Field::Set(Price(27_000));
    let since = |plan: OutletPlan| plan.changes[0].since;
    assert_eq!(since(story.look(hour(5))), Some(hour(5)));
    assert_eq!(since(story.look(hour(6))), Some(hour(5)));
}

/// What a push does that undoes an edit of the price of NG.
fn undoing(price: i64) -> Effects {
    let mut story = Story::in_sync(warung());
    story.policy.drift = DriftPolicy::Revert;
    story.live_item("NG").price = Field::Set(Price(30_000));
    story.price("NG", price);
    PushVerification::new(&story.plan(), &story.inputs()).effects(&[])
}

#[test]
fn what_is_undone_is_counted_by_the_value_of_the_files_with_or_without_looks_between() {
    let contested = |pushes: &[(i64, i64)]| {
        let mut memory = Memory::default();
        pushes.iter().for_each(|(at, price)| memory.arrived(&undoing(*price), hour(*at)));
        memory.at(hour(20)).contested.get(&path("items/NG/price")).map(|value| json!(value))
    };
    assert_eq!(contested(&[(0, 25_000), (1, 25_000)]), None);
    assert_eq!(contested(&[(0, 25_000), (1, 25_000), (2, 25_000)]), Some(json!(25_000)));
    assert_eq!(contested(&[(0, 26_000), (1, 25_000), (2, 25_000)]), None, "of that value only twice");
    assert_eq!(contested(&[(0, 26_000), (1, 25_000), (2, 25_000), (3, 25_000)]), Some(json!(25_000)));
    assert_eq!(contested(&[(-4, 25_000), (1, 25_000), (2, 25_000)]), None, "the first one is a day ago");
}

#[test]
fn drift_keeps_its_date_when_the_files_give_another_value_and_live_is_as_it_was() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").price = Field::Set(Price(30_000));
    story.look(hour(3));
    story.memory.arrived(&undoing(26_000), hour(4));
    assert_eq!(story.memory.at(hour(5)).since.get(&path("items/NG/price")), Some(&hour(3)));
}

#[test]
fn a_menu_that_a_push_replaced_is_recognised_for_ten_minutes() {
    let mut story = Story::in_sync(warung());
    let old = story.live.clone();
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    story.publish();
    let new = story.live.clone();
    let (mut memory, at) = (Memory::default(), |seconds| jiff::Timestamp::from_second(seconds).unwrap());
    assert_eq!(memory.stale_until(&old, at(0)), None);
    memory.note_replaced(&waiting, &new, at(1_000));
    let mut memory: Memory = serde_json::from_value(json!(memory)).unwrap();
    let stale = |memory: &Memory, live: &LiveCatalog, now| memory.stale_until(live, at(now)).is_some();
    assert_eq!([1_000, 1_599, 1_600].map(|now| stale(&memory, &old, now)), [true, true, false]);
    // By a clock that was set back meanwhile, nobody waits longer either.
    assert_eq!(
        [1_001, 1_599, 700].map(|now| memory.stale_until(&old, at(now))),
        [1_600, 1_600, 1_300].map(|s| Some(at(s)))
    );
    assert!(!stale(&memory, &new, 1_001));
    let mut elsewhere = old.clone();
    elsewhere.menus.reverse();
    elsewhere.menus[0].menu_items[0].in_stock = Field::Set(false);
    assert!(stale(&memory, &elsewhere, 1_001), "stock and order make no difference");
    elsewhere.menus[0].menu_items[0].price = Field::Set(Price(9_999));
    assert!(!stale(&memory, &elsewhere, 1_001));
    // A push that brings the old menu back: now the new one is what was replaced.
    story.desired_item("NG").price = Field::Set(Price(25_000));
    let back = PushVerification::new(&story.plan(), &story.inputs());
    memory.note_replaced(&back, &old, at(1_100));
    assert_eq!((stale(&memory, &old, 1_101), stale(&memory, &new, 1_101)), (false, true));
}

#[test]
fn a_menu_that_reads_empty_after_the_first_push_is_left_to_its_guard() {
    let mut story = Story::in_sync(warung());
    let full = std::mem::take(&mut story.live);
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    let mut memory = Memory::default();
    memory.note_replaced(&waiting, &full, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(memory.stale_until(&story.live, jiff::Timestamp::UNIX_EPOCH), None);
}

#[test]
fn a_push_of_stock_or_of_what_cannot_be_read_back_replaces_nothing() {
    for edit in [(|item| item.in_stock = Field::Set(false)) as fn(&mut Item), |item| {
        item.image = set("https://img.example.com/new.png")
    }] {
        let mut story = Story::in_sync(warung());
        edit(story.desired_item("NG"));
        let waiting = PushVerification::new(&story.plan(), &story.inputs());
        let old = story.live.clone();
        story.live_item("NG").in_stock = Field::Set(false);
        let mut memory = Memory::default();
        memory.note_replaced(&waiting, &story.live, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(memory.stale_until(&old, jiff::Timestamp::UNIX_EPOCH), None);
    }
}
