//! Layers with `when`: what they do every day is let through once, and nothing else with it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{days::hour, *};

const HAPPY: &str = "catalogs/happy-hour.yaml";
const BASE: &str = "catalogs/brand.yaml";
const NONE: [&str; 0] = [];

fn said_in(file: &'static str) -> Places {
    Box::new(move |_| vec![Place::start_of(&file.into())])
}

/// An outlet of which one layer has `when`.
fn story() -> Story {
    let mut story = Story::in_sync(warung());
    story.recurring.files.insert(HAPPY.into());
    story.places = said_in(BASE);
    story
}

impl Story {
    /// The files of now give this price; the guards that hold it back.
    fn says(&mut self, file: &'static str, price: i64, now: Timestamp) -> Vec<&'static str> {
        self.price("NG", price);
        self.places = said_in(file);
        self.push(now)
    }

    /// The happy hour of a day, from four to six, at this price; what holds its beginning and its end.
    fn happy_hour(&mut self, day: i64, price: i64) -> [Vec<&'static str>; 2] {
        let held = self.says(HAPPY, price, hour(24 * day + 16));
        self.look(hour(24 * day + 17));
        [held, self.says(BASE, 25_000, hour(24 * day + 18))]
    }
}

#[test]
fn a_happy_hour_is_let_through_once_and_comes_back_by_itself() {
    let mut story = story();
    assert_eq!(story.happy_hour(0, 10_000), [vec!["price-change"], vec![]]);
    for day in 1..70 {
        assert_eq!(story.happy_hour(day, 10_000), [NONE, NONE], "day {day}");
    }
}

#[test]
fn the_usual_price_comes_back_also_on_the_first_day() {
    let mut story = story();
    assert_eq!(
        story.happy_hour(0, 15_000),
        [NONE, NONE],
        "25.000 is 67 % more than 15.000, and has not stood for a day"
    );
}

#[test]
fn two_layers_that_take_turns_have_a_step_each() {
    let mut story = story();
    story.recurring.files.insert("catalogs/lunch.yaml".into());
    for day in 0..3 {
        let held = [("catalogs/lunch.yaml", 12_000, 11), (HAPPY, 5_000, 14), (BASE, 25_000, 18)]
            .map(|(file, price, time)| story.says(file, price, hour(24 * day + time)));
        let expected =
            if day == 0 { [vec!["price-change"], vec!["price-change"], vec![]] } else { [vec![], vec![], vec![]] };
        assert_eq!(held, expected, "day {day}");
    }
}

#[test]
fn another_price_is_another_step() {
    let mut story = story();
    story.happy_hour(0, 10_000);
    let slipped = vec!["price-change", "decimal-slip"];
    assert_eq!(story.happy_hour(1, 2_500), [slipped.clone(), vec![]]);
    assert_eq!(
        story.happy_hour(2, 10_000),
        [vec!["price-change"], vec![]],
        "what was known before is not known any more"
    );
    assert_eq!(story.happy_hour(3, 2_500), [slipped, vec![]], "nor is what was put right");
    story.happy_hour(4, 10_000);
    assert_eq!(story.says(BASE, 30_000, hour(24 * 5)), NONE);
    assert_eq!(story.says(HAPPY, 10_000, hour(24 * 5 + 16)), ["price-change"], "from another price");
}

#[test]
fn an_edit_while_the_layer_counts_goes_on_from_where_it_began() {
    let mut story = story();
    for day in 0..40 {
        story.happy_hour(day, 15_000);
    }
    story.says(HAPPY, 15_000, hour(24 * 40 + 16));
    assert_eq!(story.says(HAPPY, 12_000, hour(24 * 40 + 17)), NONE, "20 %");
    assert_eq!(
        story.says(BASE, 25_000, hour(24 * 40 + 18)),
        NONE,
        "back to where it began, which never stands for a day"
    );
    assert_eq!(
        story.happy_hour(41, 12_000),
        [vec!["price-change"], vec![]],
        "two steps of less than the limit are let through, the sum of them is not"
    );
    assert_eq!(story.happy_hour(42, 12_000), [NONE, NONE]);
    assert_eq!(story.says(HAPPY, 15_000, hour(24 * 43 + 16)), NONE);
    assert_eq!(story.says(HAPPY, 1_500, hour(24 * 43 + 17)), ["price-change", "decimal-slip"]);
}

#[test]
fn a_dish_whose_price_is_edited_while_it_is_there_is_still_the_layers() {
    let mut story = story();
    story.begins(hour(6));
    story.desired_item("B2").price = Field::Set(Price(9_500));
    assert_eq!(story.push(hour(8)), NONE);
    assert_eq!(story.ends(hour(10)), NONE);
}

#[test]
fn the_way_back_leads_to_where_it_began_and_to_nothing_else() {
    let mut story = story();
    story.happy_hour(0, 10_000);
    story.says(HAPPY, 10_000, hour(40));
    assert_eq!(story.says(BASE, 26_000, hour(42)), NONE, "4 % more than the usual price");
    story.says(HAPPY, 10_000, hour(64));
    assert_eq!(story.says(BASE, 250_000, hour(66)), ["price-change", "decimal-slip"]);
    story.happy_hour(4, 10_000);
    story.says(HAPPY, 10_000, hour(24 * 5 + 16));
    assert_eq!(story.says(BASE, 11_000, hour(24 * 5 + 18)), ["price-change"], "as much as live, half of what it was");
}

#[test]
fn small_steps_while_it_counts_do_not_add_up_to_a_known_one() {
    let mut story = story();
    for (price, minutes) in [(12_500, 0), (6_250, 1), (3_125, 2)] {
        assert_eq!(story.says(HAPPY, price, hour(16) + SignedDuration::from_mins(minutes)), NONE);
    }
    assert_eq!(story.says(BASE, 25_000, hour(18)), NONE, "the way back");
    assert_eq!(story.says(HAPPY, 3_125, hour(40)), ["price-change"]);
}

#[test]
fn a_step_from_a_price_that_only_looks_like_the_layers_is_not_joined_to_it() {
    let mut story = story();
    story.happy_hour(0, 10_000);
    story.says(BASE, 10_000, hour(20));
    assert_eq!(story.says(HAPPY, 6_000, hour(40)), NONE);
    assert_eq!(story.says(BASE, 25_000, hour(42)), ["price-change"]);
    // Nor where the usual price becomes that of the layer while it counts.
    let mut story = self::story();
    story.says(HAPPY, 10_000, hour(16));
    story.price("NG", 10_000);
    story.places = said_in(BASE);
    story.look(hour(18));
    story.says(HAPPY, 6_000, hour(40));
    assert_eq!(story.says(BASE, 25_000, hour(42)), ["price-change"]);
}

#[test]
fn the_way_back_is_that_of_a_layer_that_still_has_when() {
    let mut story = story();
    story.says(HAPPY, 10_000, hour(16));
    story.recurring.files = ["catalogs/other.yaml".into()].into();
    assert_eq!(story.says(BASE, 25_000, hour(18)), ["price-change"]);
}

#[test]
fn a_layer_that_counts_within_another_changes_nothing_of_its_end() {
    const WEEKEND: &str = "catalogs/weekend.yaml";
    let mut story = story();
    story.recurring.files.insert(WEEKEND.into());
    for week in 0..3 {
        let held = [(WEEKEND, 60_000, 0), (HAPPY, 10_000, 16), (WEEKEND, 60_000, 18), (BASE, 25_000, 48)]
            .map(|(file, price, time)| story.says(file, price, hour(24 * 7 * week + time)));
        let first = [vec!["price-change"], vec!["price-change"], vec![], vec![]];
        assert_eq!(held, if week == 0 { first } else { Default::default() }, "week {week}");
    }
}

#[test]
fn the_way_back_through_two_layers_leads_to_the_usual_price_of_now() {
    const WEEKEND: &str = "catalogs/weekend.yaml";
    for (back, held) in [(25_000, vec!["price-change"]), (60_000, vec![])] {
        let mut story = story();
        story.recurring.files.insert(WEEKEND.into());
        for (file, price, time) in [(WEEKEND, 20_000, 0), (BASE, 25_000, 4), (BASE, 60_000, 8), (WEEKEND, 20_000, 12)] {
            story.says(file, price, hour(time));
        }
        story.says(HAPPY, 8_000, hour(14));
        assert_eq!(story.says(BASE, back, hour(18)), held, "{back}");
    }
}

#[test]
fn what_another_file_says_is_no_step_of_the_layer() {
    let mut story = story();
    story.happy_hour(0, 10_000);
    assert_eq!(story.says(BASE, 10_000, hour(40)), ["price-change"]);
    let mut without_when = story_after_a_day();
    without_when.recurring = Recurring::default();
    assert_eq!(without_when.says(HAPPY, 10_000, hour(40)), ["price-change"]);
}

fn story_after_a_day() -> Story {
    let mut story = story();
    story.happy_hour(0, 10_000);
    story
}

#[test]
fn what_has_not_come_for_a_month_is_asked_about_again() {
    let mut story = story_after_a_day();
    assert_eq!(story.happy_hour(31, 10_000), [vec!["price-change"], vec![]]);
    let mut long = story_after_a_day();
    long.says(HAPPY, 10_000, hour(24 + 16));
    for day in 2..50 {
        long.look(hour(24 * day));
    }
    assert_eq!(long.says(BASE, 25_000, hour(24 * 50)), NONE, "it has stood all the time");
}

#[test]
fn an_edit_made_elsewhere_is_no_beginning() {
    let mut story = story();
    story.live_item("NG").price = Field::Set(Price(9_000));
    story.revert = true;
    assert_eq!(story.says(HAPPY, 15_000, hour(16)), ["price-change"]);
    assert_eq!(story.says(BASE, 9_000, hour(18)), NONE, "40 % are within the limit");
    let mut story = story_after_a_day();
    story.live_item("NG").price = Field::Set(Price(9_000));
    story.look(hour(30));
    story.revert = true;
    story.says(HAPPY, 18_500, hour(40));
    assert_eq!(story.says(BASE, 9_000, hour(42)), ["price-change"], "nobody has reviewed 9.000");
}

/// Six breakfast dishes in a menu of their own.
fn breakfast() -> Menu {
    menu(
        "Sarapan",
        (1..7).map(|n| item(&format!("B{n}"), &format!("Bubur {n}"), if n == 1 { 500 } else { 9_000 })).collect(),
    )
}

fn resting_in(file: &str) -> BTreeMap<ExternalId, BTreeSet<Arc<str>>> {
    breakfast().menu_items.into_iter().map(|item| (item.external_id, [file.into()].into())).collect()
}

impl Story {
    fn begins(&mut self, now: Timestamp) -> Vec<&'static str> {
        self.desired.menus.push(breakfast());
        self.low_prices = [Path::item(&"B1".into())].into();
        (self.recurring.resting, self.places) = (BTreeMap::new(), said_in(HAPPY));
        self.push(now)
    }

    fn ends(&mut self, now: Timestamp) -> Vec<&'static str> {
        self.desired.menus.pop();
        self.recurring.resting = resting_in(HAPPY);
        self.places = said_in(BASE);
        self.push(now)
    }
}

#[test]
fn what_such_a_layer_has_brought_it_takes_away_and_brings_again() {
    let mut story = story();
    assert_eq!(story.begins(hour(6)), ["low-price"]);
    assert_eq!(story.ends(hour(10)), NONE);
    for day in 1..3 {
        assert_eq!([story.begins(hour(24 * day + 6)), story.ends(hour(24 * day + 10))], [NONE, NONE], "day {day}");
    }
}

#[test]
fn a_menu_that_gets_a_when_leaves_by_the_guards() {
    let mut story = story();
    story.desired.menus.push(breakfast());
    story.push(hour(0));
    assert_eq!(story.ends(hour(30)), ["deletes", "emptied-menu"]);
    // Once it has left and come back it is the layer's.
    story.begins(hour(54));
    assert_eq!(story.ends(hour(58)), NONE);
}

#[test]
fn what_has_moved_to_another_file_is_not_the_layers_any_more() {
    let mut story = story();
    story.begins(hour(6));
    story.places = said_in(BASE);
    story.look(hour(8));
    assert_eq!(story.ends(hour(10)), ["deletes", "emptied-menu"]);
    let mut story = self::story();
    story.begins(hour(6));
    story.ends(hour(10));
    story.begins(hour(30));
    story.desired.menus.pop();
    (story.recurring.resting, story.places) = (resting_in("catalogs/other.yaml"), said_in(BASE));
    assert_eq!(story.push(hour(34)), ["deletes", "emptied-menu"], "another layer that rests has it now");
}

#[test]
fn the_dishes_of_others_do_not_leave_with_it() {
    let mut story = story();
    story.begins(hour(6));
    story.desired.menus.retain(|menu| menu.name != "Minuman");
    assert_eq!(story.ends(hour(10)), ["deletes", "emptied-menu"]);
}

#[test]
fn what_was_sold_out_when_it_left_is_sold_out_when_it_comes_back() {
    let mut story = story();
    story.begins(hour(6));
    story.live_item("B2").in_stock = Field::Set(false);
    story.look(hour(8));
    story.ends(hour(10));
    story.begins(hour(30));
    let stock = |story: &Story, id: &str| {
        story.live.items().find(|(_, item)| item.external_id.value() == Some(&id.into())).unwrap().1.in_stock.clone()
    };
    assert_eq!(stock(&story, "B2"), Field::Set(false));
    assert_ne!(stock(&story, "B3"), Field::Set(false));
    // Nobody claims it: the kitchen puts it on sale, and it stays so.
    story.live_item("B2").in_stock = Field::Set(true);
    assert_eq!(story.look(hour(31)).action, Action::None);
    story.ends(hour(34));
    story.begins(hour(54));
    assert_ne!(stock(&story, "B2"), Field::Set(false));
}

#[test]
fn so_is_what_such_a_layer_removes_while_it_counts() {
    let mut story = story();
    story.live_item("NG").in_stock = Field::Set(false);
    let removed = story.desired.menus[0].menu_items.iter().position(|item| item.external_id == "NG".into()).unwrap();
    let dish = story.desired.menus[0].menu_items.remove(removed);
    story.push(hour(18));
    story.desired.menus[0].menu_items.insert(removed, dish);
    assert_eq!(story.sent("NG").unwrap().in_stock, Field::Set(false));
}

#[test]
fn it_stays_sold_out_however_long_it_was_away_and_whatever_the_clock_did() {
    for back in [hour(8), hour(24 * 65)] {
        let mut story = story();
        story.begins(hour(6));
        story.live_item("B2").in_stock = Field::Set(false);
        story.ends(hour(10));
        story.look(back);
        story.begins(back + SignedDuration::from_hours(1));
        assert_eq!(story.live_item("B2").in_stock, Field::Set(false), "{back}");
    }
}

#[test]
fn what_the_kitchen_does_until_the_end_shows_counts() {
    let mut story = story();
    story.begins(hour(6));
    story.live_item("B1").in_stock = Field::Set(false);
    story.past = story.memory.at(hour(10));
    story.desired.menus.pop();
    let plan = story.plan();
    let mut waiting = PushVerification::new(&plan, &story.inputs());
    story.live_item("B1").in_stock = Field::Set(true);
    story.live_item("B2").in_stock = Field::Set(false);
    story.live_item("B2").external_id = Field::Unsaid;
    waiting.remember_stock(&story.live);
    // Where only a part shows, what is gone already is as it was.
    story.live.menus.pop();
    waiting.remember_doubtful_stock(&story.live);
    let stored: PushVerification = serde_json::from_value(json!(waiting)).unwrap();
    let mut memory = story.memory.clone();
    memory.arrived(&stored.effects(&[]), hour(10));
    assert_eq!(memory.at(hour(11)).left_sold_out, [Path::item(&"B2".into())].into());
}

#[test]
fn what_a_file_took_off_sale_comes_back_on_sale_once_it_says_so_no_more() {
    let mut story = story();
    story.begins(hour(6));
    story.desired_item("B2").in_stock = Field::Set(false);
    story.push(hour(8));
    story.ends(hour(10));
    story.begins(hour(30));
    assert_ne!(story.sent("B2").unwrap().in_stock, Field::Set(false));
}

#[test]
fn so_is_a_variant_of_such_a_layer() {
    let mut story = story();
    let mut category = story.desired.variant_categories[0].clone();
    (category.external_id, category.name) = ("VB".into(), set("Taburan"));
    category.variants = vec![variant("TB1", "Bawang", 0), variant("TB2", "Kerupuk", 1_000)];
    story.desired.variant_categories.push(category.clone());
    story.places = said_in(HAPPY);
    story.push(hour(6));
    story.live.variant_categories.iter_mut().flat_map(|category| &mut category.variants).for_each(|live| {
        if live.external_id.value() == Some(&"TB2".into()) {
            live.in_stock = Field::Set(false);
        }
    });
    story.desired.variant_categories.pop();
    story.push(hour(10));
    story.desired.variant_categories.push(category);
    story.past = story.memory.at(hour(30));
    let plan = story.plan();
    let off = plan.payload.variants().filter(|(_, variant)| variant.in_stock == Field::Set(false));
    assert_eq!(off.map(|(_, variant)| variant.external_id.0.as_str()).collect::<Vec<_>>(), ["TB2"]);
}

#[test]
fn two_states_of_the_files_are_compared_as_if_the_older_had_been_pushed() {
    let mut before = warung();
    before.menus.push(breakfast());
    before.menus[0].menu_items[0].price = Field::Set(Price(10_000));
    let after = warung();
    let recurring = Recurring { files: [HAPPY.into()].into(), ..Recurring::default() };
    let is_of_layer = |path: &Path| path.to_string().starts_with("items/B") || path.to_string() == "items/NG/price";
    let places = |path: &Path| vec![Place::start_of(&if is_of_layer(path) { HAPPY } else { BASE }.into())];
    let steps = |after| assumed_steps((&before, &recurring), &places, after);
    let told = |steps: Vec<(Path, RecurringStep)>| -> Vec<String> {
        steps.iter().map(|(path, step)| format!("{path} {:?}→{}", step.from, step.to)).collect()
    };
    assert_eq!(steps(None).len(), 6, "what was brought");
    assert_eq!(told(steps(Some(&after))).last().unwrap(), "items/NG/price Some(25000)→10000");
}
