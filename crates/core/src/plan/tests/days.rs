//! Stories over days: what guards and the drift policy remember.

use jiff::{SignedDuration, Timestamp};

use super::*;

/// So many hours after the story began.
pub(super) fn hour(hours: i64) -> Timestamp {
    "2027-01-04T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

impl Story {
    /// A look at live, as a pass takes it.
    pub(super) fn look(&mut self, now: Timestamp) -> OutletPlan {
        self.past = self.memory.at(now);
        let plan = self.plan();
        self.memory.note(&plan, now);
        // Stored between any two passes.
        self.memory = serde_json::from_value(json!(self.memory)).unwrap();
        plan
    }

    /// A pass that pushes; the guards that would have held it.
    pub(super) fn push(&mut self, now: Timestamp) -> Vec<&'static str> {
        let plan = self.look(now);
        assert_ne!(plan.action, Action::None, "nothing to push");
        let effects = PushVerification::new(&plan, &self.inputs()).effects(&[]);
        self.publish();
        self.memory.arrived(&effects, now);
        self.look(now);
        held(&plan)
    }

    fn remove(&mut self, id: &str) -> Item {
        let item = self.desired_item(id).clone();
        self.desired.menus.iter_mut().for_each(|menu| menu.menu_items.retain(|item| item.external_id.as_str() != id));
        item
    }

    pub(super) fn price(&mut self, id: &str, price: i64) {
        self.desired_item(id).price = Field::Set(Price(price));
    }

    /// Looks once an hour.
    fn watch(&mut self, hours: std::ops::Range<i64>) {
        for at in hours {
            self.look(hour(at));
        }
    }
}

#[test]
fn many_small_pushes_cannot_do_what_one_large_push_may_not() {
    let mut story = Story::in_sync(warung());
    let none: [&str; 0] = [];
    story.remove("N1");
    assert_eq!(story.push(hour(0)), none);
    story.remove("N2");
    assert_eq!(story.push(hour(10)), none);
    story.remove("N3");
    let plan = story.look(hour(20));
    assert_eq!(held(&plan), ["deletes"]);
    assert_eq!(
        plan.guards[0].message,
        "1 of 8 live items would leave the menu (12 %); with what left in the last 24 hours 3 of 10 (30 %); the limit is \
         5 items or 20 %"
    );
    assert_eq!((plan.guards[0].actual, plan.guards[0].items.len()), (Some(3.0), 3));
    assert_eq!(held(&story.look(hour(33))), ["deletes"], "2 of the 9 of a day ago");
    assert_eq!(held(&story.look(hour(34))), none);
}

#[test]
fn the_number_of_items_counts_over_the_day_as_well_as_the_share() {
    let mut story = Story::in_sync(warung());
    story.policy.guards.deletes = crate::policy::DeletesLimit { count: 2, percent: 100.0 };
    story.remove("N1");
    story.remove("N2");
    assert_eq!(story.push(hour(0)), Vec::<&str>::new());
    story.remove("N3");
    assert_eq!(held(&story.look(hour(1))), ["deletes"]);
}

#[test]
fn what_left_and_came_back_is_not_missing() {
    let mut story = Story::in_sync(warung());
    let (one, two) = (story.remove("N1"), story.remove("N2"));
    story.push(hour(0));
    story.desired.menus[0].menu_items.extend([one, two]);
    story.push(hour(1));
    story.remove("N3");
    story.remove("N4");
    assert_eq!(held(&story.look(hour(2))), Vec::<&str>::new());
    // And was not new when it came back, so its leaving counts again.
    story.remove("N1");
    assert_eq!(held(&story.look(hour(2))), ["deletes"]);
}

#[test]
fn what_came_today_is_measured_by_the_call_alone() {
    let mut story = Story::in_sync(warung());
    for day in 0..6 {
        story.desired.menus[0].menu_items.push(item("TRY", "Nasi Coba", 20_000));
        story.push(hour(day * 2));
        story.remove("TRY");
        assert_eq!(story.push(hour(day * 2 + 1)), Vec::<&str>::new(), "one of eleven, and of yesterday's none");
    }
    // New items do not make yesterday's menu larger.
    for n in 0..10 {
        story.desired.menus[0].menu_items.push(item(&format!("X{n}"), &format!("Baru {n}"), 20_000));
    }
    story.push(hour(14));
    for id in ["N1", "N2", "N3"] {
        story.remove(id);
    }
    assert_eq!(held(&story.look(hour(15))), ["deletes"], "3 of 20 now, but 3 of the 10 of yesterday");
}

#[test]
fn a_first_menu_is_its_own_yesterday() {
    let empty = LiveCatalog::default();
    let mut story = Story { live: empty, ..Story::first_contact(warung()) };
    story.push(hour(0));
    story.remove("N1");
    story.remove("N2");
    assert_eq!(story.push(hour(1)), Vec::<&str>::new());
    story.remove("N3");
    assert_eq!(held(&story.look(hour(2))), ["deletes"]);
}

#[test]
fn what_a_dated_layer_takes_away_is_not_remembered_as_missing() {
    let mut story = Story::in_sync(warung());
    let season = ["N1", "N2", "N3", "N4"];
    season.iter().for_each(|id| drop(story.remove(id)));
    story.ended = season.map(ExternalId::from).into();
    assert_eq!(story.push(hour(0)), Vec::<&str>::new());
    story.remove("N5");
    assert_eq!(held(&story.look(hour(1))), Vec::<&str>::new());
}

#[test]
fn a_price_that_stood_for_a_day_may_come_back() {
    for (new, guards) in [(60_000, &["price-change"][..]), (250_000, &["price-change", "decimal-slip"])] {
        let mut story = Story::in_sync(warung());
        story.watch(0..30);
        story.price("NG", new);
        assert_eq!(story.push(hour(30)), guards, "the way there is guarded");
        story.price("NG", 25_000);
        assert_eq!(held(&story.look(hour(31))), Vec::<&str>::new());
        assert_eq!(held(&story.look(hour(30 + 30 * 24))), Vec::<&str>::new(), "as long as 30 days later");
        assert_eq!(held(&story.look(hour(30 + 31 * 24))), guards);
        story.price("NG", 24_999);
        assert_eq!(held(&story.look(hour(31))), guards, "another price has not stood");
    }
}

#[test]
fn the_price_of_a_variant_and_of_an_item_that_comes_back_have_stood_too() {
    let mut story = Story::in_sync(warung());
    story.watch(0..30);
    story.desired.variant_categories[0].variants[1].price = Field::Set(Price(20_000));
    assert_eq!(story.push(hour(30)), ["price-change", "decimal-slip"]);
    let gone = story.remove("N1");
    story.push(hour(31));
    story.desired.variant_categories[0].variants[1].price = Field::Set(Price(2_000));
    story.desired.menus[0].menu_items.push(gone);
    story.peers.insert("N1".into(), BTreeMap::from([(Price(2_050), 3)]));
    assert_eq!(held(&story.look(hour(32))), Vec::<&str>::new());
}

#[test]
fn a_price_that_stood_less_than_a_day_on_end_has_not_stood() {
    // 23 hours.
    let mut story = Story::in_sync(warung());
    story.watch(0..24);
    story.price("NG", 45_000);
    story.push(hour(23));
    story.price("NG", 25_000);
    story.policy.guards.price_change = 10.0;
    assert_eq!(held(&story.look(hour(24))), ["price-change"]);
    // A day in two halves, with an edit in the app between.
    let mut story = Story::in_sync(warung());
    story.watch(0..13);
    story.live_item("NG").price = Field::Set(Price(26_000));
    story.look(hour(13));
    story.live_item("NG").price = Field::Set(Price(25_000));
    story.watch(14..28);
    story.price("NG", 45_000);
    story.push(hour(28));
    story.price("NG", 25_000);
    story.policy.guards.price_change = 10.0;
    assert_eq!(held(&story.look(hour(29))), ["price-change"]);
}

#[test]
fn what_somebody_else_set_has_not_stood_verified() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").price = Field::Set(Price(60_000));
    story.watch(0..30);
    story.live_item("NG").price = Field::Set(Price(25_000));
    story.price("NG", 60_000);
    assert_eq!(held(&story.look(hour(30))), ["price-change"]);
}

#[test]
fn a_season_of_thirty_days_ends_without_a_guard() {
    let mut story = Story::in_sync(warung());
    story.watch(0..48);
    story.price("NG", 45_000);
    story.policy.guards.price_change = 1_000.0;
    story.push(hour(48));
    story.policy.guards.price_change = 10.0;
    story.watch(49..48 + 30 * 24);
    story.price("NG", 25_000);
    let plan = story.look(hour(48 + 30 * 24) + SignedDuration::from_mins(2));
    assert_eq!((plan.action, held(&plan)), (Action::Put, vec![]));
}

/// Somebody sets the price of NG to 26 000 again and again, and every time it is undone.
fn contested() -> Story {
    let mut story = Story::in_sync(warung());
    story.policy.drift = DriftPolicy::Revert;
    for at in 0..3 {
        story.live_item("NG").price = Field::Set(Price(26_000));
        assert_eq!(story.push(hour(at)), Vec::<&str>::new());
        assert_eq!(story.live_item("NG").price, Field::Set(Price(25_000)));
    }
    story.live_item("NG").price = Field::Set(Price(26_000));
    story
}

#[test]
fn what_drifts_again_three_times_within_a_day_is_left_alone() {
    let mut story = contested();
    for at in [3, 23, 30, 100] {
        let plan = story.look(hour(at));
        assert_eq!(told(&plan), ["drift set items/NG/price 26000 → 25000"]);
        assert!(plan.changes[0].contested && plan.action == Action::None);
        story.policy.drift = DriftPolicy::Report;
        assert!(!story.plan().changes[0].contested, "nobody would undo it");
        story.policy.drift = DriftPolicy::Revert;
        assert_eq!(plan.changes[0].since, Some(hour(3)));
    }
    // What else there is to push or to undo goes out and leaves it as it is.
    story.live_item("D2").price = Field::Set(Price(9_900));
    assert_eq!(story.push(hour(101)), Vec::<&str>::new());
    assert_eq!(story.live_item("NG").price, Field::Set(Price(26_000)));
    assert_eq!(story.live_item("D2").price, Field::Set(Price(9_000)));
}

#[test]
fn a_contest_ends_with_a_change_of_the_file() {
    let mut story = contested();
    story.look(hour(3));
    story.price("NG", 25_500);
    let plan = story.look(hour(4));
    assert_eq!(told(&plan), ["conflict set items/NG/price 26000 → 25500 pushed"]);
    story.push(hour(4));
    // From then on it is counted anew.
    story.live_item("NG").price = Field::Set(Price(26_000));
    assert!(story.look(hour(5)).changes[0].pushed);
}

#[test]
fn a_contest_ends_when_live_has_agreed_for_a_day() {
    for (hours, over) in [(23, false), (25, true)] {
        let mut story = contested();
        story.look(hour(3));
        story.live_item("NG").price = Field::Set(Price(25_000));
        story.look(hour(30));
        story.look(hour(30 + hours));
        story.live_item("NG").price = Field::Set(Price(26_000));
        assert_eq!(story.look(hour(31 + hours)).changes[0].pushed, over);
    }
}

#[test]
fn three_times_in_more_than_a_day_is_no_contest() {
    let mut story = Story::in_sync(warung());
    story.policy.drift = DriftPolicy::Revert;
    for at in 0..6 {
        story.live_item("NG").price = Field::Set(Price(26_000));
        story.push(hour(at * 12));
        assert_eq!(story.live_item("NG").price, Field::Set(Price(25_000)));
    }
}

#[test]
fn things_stock_and_ids_can_be_contested_too() {
    type Disturb = fn(&mut Story);
    let disturbances: [(&str, Disturb); 4] = [
        ("items/D1", |story| drop(story.live.menus[1].menu_items.remove(0))),
        ("items/D4/in_stock", |story| story.live_item("D4").in_stock = Field::Set(true)),
        ("items/NG/external_id", |story| story.live_item("NG").external_id = Field::Null),
        ("variants/LV3", |story| drop(story.live.variant_categories[0].variants.remove(1))),
    ];
    for (path, disturb) in disturbances {
        let mut story = Story::in_sync(warung());
        story.desired_item("D4").in_stock = Field::Set(false);
        story.publish();
        story.policy.drift = DriftPolicy::Revert;
        for at in 0..3 {
            disturb(&mut story);
            story.push(hour(at));
        }
        disturb(&mut story);
        let plan = story.look(hour(3));
        assert_eq!(plan.action, Action::None, "{path}: {:?}", told(&plan));
        let change = plan.changes.iter().find(|change| change.path.to_string() == path).unwrap();
        assert!(change.contested && !change.pushed, "{path}");
    }
}

#[test]
fn drift_is_dated_from_when_it_was_first_seen_until_it_is_gone() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").price = Field::Set(Price(26_000));
    story.watch(5..8);
    story.live_item("NG").price = Field::Set(Price(26_500));
    assert_eq!(story.look(hour(9)).changes[0].since, Some(hour(5)), "another value, but it never was as it should be");
    story.live_item("NG").price = Field::Set(Price(25_000));
    story.look(hour(10));
    story.live_item("NG").price = Field::Set(Price(26_000));
    assert_eq!(story.look(hour(11)).changes[0].since, Some(hour(11)));
    story.price("D1", 9_000);
    let since: Vec<_> = story.look(hour(12)).changes.iter().map(|change| change.since).collect();
    assert_eq!(since, [None, Some(hour(11))], "an edit of the files is no drift");
}

#[test]
fn what_is_remembered_stays_small() {
    let mut story = Story::in_sync(warung());
    for day in 0..200 {
        story.price("NG", 25_500 + day % 7 * 500);
        story.push(hour(day * 6));
        story.live_item("D1").price = Field::Set(Price(8_500 + day % 2));
        story.look(hour(day * 6 + 1));
    }
    let size = serde_json::to_string(&story.memory).unwrap().len();
    assert!(size < 4_000, "{size} bytes");
}

#[test]
fn a_push_that_is_noted_again_after_a_crash_counts_once() {
    let mut story = Story::in_sync(warung());
    let gone = story.remove("N1");
    story.push(hour(0));
    story.desired.menus[0].menu_items.push(gone);
    story.look(hour(1));
    let effects = PushVerification::new(&story.plan(), &story.inputs()).effects(&[]);
    story.push(hour(1));
    let once = story.memory.clone();
    story.memory.arrived(&effects, hour(1));
    assert_eq!(story.memory, once);
}

#[test]
fn a_clock_that_was_a_year_ahead_leaves_nothing_behind() {
    let year = 365 * 24;
    let mut story = Story::in_sync(warung());
    story.remove("N1");
    story.remove("N2");
    story.push(hour(year - 1));
    story.policy.drift = DriftPolicy::Revert;
    for at in 0..3 {
        story.live_item("NG").price = Field::Set(Price(26_000));
        story.push(hour(year + at));
    }
    story.live_item("NG").price = Field::Set(Price(26_000));
    // The clock is put right.
    let plan = story.look(hour(0));
    assert!(!plan.changes[0].contested, "undone a year from now");
    story.live_item("NG").price = Field::Set(Price(25_000));
    story.remove("N3");
    assert_eq!(held(&story.look(hour(1))), Vec::<&str>::new(), "what left a year from now");
    assert_eq!(held(&story.look(hour(1))), Vec::<&str>::new());
}

#[test]
fn a_price_that_a_leap_of_the_clock_made_old_has_to_stand_anew() {
    let mut story = Story::in_sync(warung());
    story.look(hour(0));
    story.look(hour(30));
    // It was a quarter past the first hour all the time.
    story.live_item("NG").price = Field::Set(Price(26_000));
    story.look(hour(0) + SignedDuration::from_mins(15));
    story.live_item("NG").price = Field::Set(Price(25_000));
    story.look(hour(0) + SignedDuration::from_mins(30));
    story.price("NG", 60_000);
    story.policy.guards.price_change = 1_000.0;
    story.push(hour(1));
    story.policy.guards.price_change = 10.0;
    story.price("NG", 25_000);
    assert_eq!(held(&story.look(hour(2))), ["price-change"]);
}

#[test]
fn what_shows_instead_of_a_price_that_was_sent_has_not_stood() {
    let mut story = Story::in_sync(warung());
    story.price("NG", 30_000);
    story.price("D1", 9_000);
    let plan = story.plan();
    let waiting = PushVerification::new(&plan, &story.inputs());
    let mut shown = as_published(&plan.payload);
    let items = shown.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
    items.filter(|item| item.external_id.value() == Some(&"NG".into())).for_each(|item| {
        item.price = Field::Set(Price(60_000));
    });
    let Look::Other(mismatches) = waiting.look(&shown) else { panic!("it landed") };
    story.base = Some(waiting.settled(&shown, story.base.as_ref(), &mismatches));
    story.live = shown;
    story.watch(0..30);
    assert!(
        !story
            .memory
            .at(hour(30))
            .stable_prices
            .get(&path("items/NG/price"))
            .is_some_and(|prices| prices.contains(&60_000))
    );
}
