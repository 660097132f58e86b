//! What follows the end of a switch: copies that are behind it, calls one by one, and dishes that are away.

use super::{switching::results, *};
use crate::{
    catalog::Path,
    plan::{SwitchHappening, SwitchStage},
    remote::Retry,
    state::Pause,
};

impl Bench {
    /// Files with a layer by which dishes leave and come back.
    fn with_recurring_layer(mut self) -> Self {
        self.wanted.recurring.files.insert("catalogs/breakfast.yaml".into());
        self
    }

    /// A dish leaves or comes back as its layer says.
    async fn layer(&mut self, id: &str, is_there: bool) -> Outcome {
        self.wanted.catalog = warung();
        self.wanted.recurring.away.clear();
        if !is_there {
            self.remove_from_file(id);
            self.wanted.recurring.away.insert(Path::item(&id.into()));
        }
        let outcome = self.pass().await;
        assert_eq!(outcome.result, PassResult::Published, "{outcome:?}");
        outcome
    }

    fn pause_until_told(&self, pause: bool) {
        let pause = pause.then(|| Pause { since: self.context.clock.now(), until: None });
        done(self.context.state.set_pause("G1", pause)).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn no_push_is_made_from_a_copy_that_is_behind_an_end() {
    for goes_on_sale in [false, true] {
        let mut bench = Bench::in_sync().await;
        bench.platform.with(|world| world.kitchen("D1", goes_on_sale));
        assert_eq!(results(&bench.switch(&["D1"], !goes_on_sale, Some(minutes(30))).await), ["switched"]);
        bench.price_in_file("NG", 27_000);
        tokio::time::sleep(minutes(30)).await;
        bench.calls();
        // 1 GET, 2 PATCH, 3 GET; what the push would be made from is behind.
        bench.platform.before(4, move |world| world.kitchen("D1", !goes_on_sale));
        for _ in 0..2 {
            let outcome = bench.pass().await;
            assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed), "{goes_on_sale}");
            assert!(outcome.error.unwrap().contains("as it was before the end of `menusync stock` switched it back"));
            assert!(!bench.calls().contains(&"PUT".to_owned()), "{goes_on_sale}");
        }
        assert_eq!((bench.open_switches(), bench.told()[0]), (vec![], SwitchHappening::SwitchedBack));
        bench.platform.with(|world| world.kitchen("D1", goes_on_sale));
        assert_eq!(bench.after(seconds(60)).await.result, PassResult::Published);
        bench.after(minutes(11)).await;
        assert_eq!((bench.switches(), bench.stock("D1")), (vec![], goes_on_sale));
    }
}

#[tokio::test(start_paused = true)]
async fn no_push_puts_on_sale_what_is_being_taken_off_at_its_end() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(30))).await;
    bench.price_in_file("NG", 27_000);
    tokio::time::sleep(minutes(30)).await;
    bench.calls();
    // Taken, and shown to nobody.
    bench.platform.with(|world| world.ignored_patches = 1);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.again), (PassResult::Failed, Some(Retry::NotBefore(seconds(60)))));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    assert!(matches!(bench.switches()[0].stage, SwitchStage::Returned(_)));
    assert_eq!(bench.after(seconds(60)).await.result, PassResult::Published, "to take it off is safe at any time");
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::SwitchedBack));
}

#[tokio::test(start_paused = true)]
async fn an_order_after_an_end_goes_by_what_the_end_has_made_of_it() {
    // A copy that is behind shows it sold out still: it is to be sold out all the same.
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.after(minutes(60)).await;
    bench.calls();
    bench.platform.with(|world| world.kitchen("D1", false));
    assert_eq!(results(&bench.switch(&["D1"], false, None).await), ["switched"]);
    assert_eq!(bench.calls(), ["GET", "GET", "GET", "PATCH D1=off", "GET"]);
    // What was sold out before a switch is not put on sale at the end of the next one.
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(30))).await;
    bench.after(minutes(30)).await;
    assert_eq!(results(&bench.switch(&["D1"], false, Some(minutes(60))).await), ["unchanged"]);
    bench.after(minutes(61)).await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn one_by_one_each_goes_back_by_a_look_of_its_own() {
    let bench = Bench::off_for_an_hour(&["D1", "D2", "LV3"]).await;
    bench.faults(&[Fault::Refused("unknown id"); 2]);
    // 1 GET, 2 and 3 the call for both by either key, 4 GET, 5 PATCH D1.
    bench.platform.before(4, |world| world.kitchen("D2", true));
    bench.platform.before(5, |world| world.kitchen("D2", false));
    let outcome = bench.after(minutes(60)).await;
    assert_eq!(["D1", "D2", "LV3"].map(|id| bench.stock(id)), [true, false, true]);
    assert!(outcome.switches.iter().any(|event| event.result == SwitchHappening::ChangedElsewhere));
    assert_eq!(bench.open_switches(), []);
    assert!(!bench.calls().contains(&"PATCH D2=on".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_took_long_makes_the_next_one_look_again() {
    let bench = Bench::off_for_an_hour(&["D1", "LV3"]).await;
    // Nobody sees D1 for a minute; meanwhile the kitchen puts the choice on sale and sells it out again.
    bench.platform.with(|world| world.ignored_patches = 1);
    bench.platform.before(4, |world| world.kitchen("LV3", true));
    tokio::time::sleep(minutes(60)).await;
    let later = async {
        tokio::time::sleep(seconds(75)).await;
        bench.platform.with(|world| world.kitchen("LV3", false));
    };
    let (outcome, ()) = tokio::join!(bench.pass(), later);
    assert!(outcome.switches.iter().any(|event| event.result == SwitchHappening::ChangedElsewhere), "{outcome:?}");
    bench.after(minutes(3)).await;
    assert_eq!((bench.stock("LV3"), bench.open_switches()), (false, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_taken_and_does_not_show_is_told_and_not_repeated() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.ignored_patches = 1);
    let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
    assert_eq!((outcome.result, results(&outcome)), ("failed", vec!["timeout"]), "{outcome:?}");
    assert!(outcome.switches[0].error.as_ref().unwrap().contains("GoFood took the call and does not show it"));
    // Late, it is as if it had shown at once.
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.calls();
    tokio::time::sleep(minutes(59)).await;
    bench.platform.with(|world| world.ignored_patches = 1);
    let outcome = bench.pass().await;
    assert!(outcome.error.unwrap().contains("GoFood took the call and does not show it"));
    assert!(matches!(bench.switches()[0].stage, SwitchStage::Returned(_)));
    bench.calls();
    bench.after(seconds(15)).await;
    bench.after(minutes(3)).await;
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!((bench.stock("D1"), bench.told()[0], bench.open_switches()), (false, SwitchHappening::Doubtful, vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_at_an_end_is_tried_again_whatever_the_menu_was_refused_for() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.price_in_file("NG", 27_000);
    bench.faults(&[[Fault::Status(503); 5].as_slice(), &[Fault::Status(422)]].concat());
    let outcome = bench.after(minutes(60)).await;
    assert_eq!((outcome.result, outcome.again), (PassResult::Rejected, Some(Retry::After(None))), "{outcome:?}");
    bench.after(seconds(15)).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn who_switches_something_while_a_push_is_looked_for_is_not_overruled_at_its_end() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    tokio::time::sleep(minutes(20)).await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(3));
    // 1 GET, 2 PUT, then looks.
    bench.platform.before(4, |world| world.kitchen("D1", true));
    bench.platform.before(5, |world| world.kitchen("D1", false));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!((bench.open_switches(), bench.told()[0]), (vec![], SwitchHappening::ChangedElsewhere));
    bench.after(minutes(60)).await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_is_away_at_the_end_comes_back_as_it_was_before_the_switch() {
    for is_on in [false, true] {
        let mut bench = Bench::in_sync().await.with_recurring_layer();
        bench.platform.with(|world| world.kitchen("D1", !is_on));
        bench.switch(&["D1"], is_on, Some(minutes(60))).await;
        bench.layer("D1", false).await;
        // Who may not switch back leaves it to who may.
        bench.pause_until_told(true);
        bench.after(minutes(61)).await;
        bench.observe().await;
        assert_eq!(bench.open_switches().len(), 1);
        bench.pause_until_told(false);
        bench.after(minutes(60)).await;
        assert_eq!((bench.switches(), bench.told()[0]), (vec![], SwitchHappening::EndedAway), "{is_on}");
        bench.after(minutes(600)).await;
        bench.layer("D1", true).await;
        assert_eq!(bench.stock("D1"), !is_on);
        bench.after(minutes(30)).await;
        assert_eq!(bench.stock("D1"), !is_on);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_comes_back_at_its_end_comes_back_on_sale() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await.with_recurring_layer();
    bench.layer("D1", false).await;
    tokio::time::sleep(minutes(60)).await;
    bench.layer("D1", true).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_comes_back_before_its_end_is_switched_back_then() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await.with_recurring_layer();
    bench.layer("D1", false).await;
    tokio::time::sleep(minutes(20)).await;
    bench.layer("D1", true).await;
    assert!(!bench.stock("D1"));
    bench.after(minutes(60)).await;
    assert_eq!((bench.stock("D1"), bench.told()[0]), (true, SwitchHappening::SwitchedBack));
}

#[tokio::test(start_paused = true)]
async fn what_the_kitchen_or_a_person_sold_out_comes_back_sold_out() {
    for who in ["kitchen", "order without an end", "before the order", "unsettled", "other account"] {
        let mut bench = Bench::in_sync().await.with_recurring_layer();
        if who == "before the order" {
            bench.platform.with(|world| world.kitchen("D1", false));
        }
        bench.switch(&["D1"], false, Some(minutes(60))).await;
        match who {
            "kitchen" => {
                bench.platform.with(|world| world.kitchen("D1", true));
                bench.after(minutes(15)).await;
                bench.platform.with(|world| world.kitchen("D1", false));
            }
            "order without an end" => assert_eq!(results(&bench.switch(&["D1"], false, None).await), ["extended"]),
            "unsettled" => {
                tokio::time::sleep(minutes(60)).await;
                bench.platform.with(|world| world.ignored_patches = 1);
                bench.pass().await;
            }
            _ => {}
        }
        bench.layer("D1", false).await;
        if who == "other account" {
            bench.wanted.policy.account = Some("other".into());
        }
        bench.after(minutes(61)).await;
        assert_eq!(bench.open_switches(), [], "{who}");
        bench.layer("D1", true).await;
        assert!(!bench.stock("D1"), "{who}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_from_the_files_ends_with_its_switch() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(60))).await;
    bench.remove_from_file("D1");
    bench.pass().await;
    bench.after(minutes(61)).await;
    assert_eq!((bench.switches(), bench.told()[0]), (vec![], SwitchHappening::Gone));
}

#[tokio::test(start_paused = true)]
async fn an_end_of_what_no_layer_brings_back_is_told_whatever_other_layers_there_are() {
    for is_on in [false, true] {
        let mut bench = Bench::in_sync().await.with_recurring_layer();
        bench.platform.with(|world| world.kitchen("D1", !is_on));
        bench.switch(&["D1"], is_on, Some(minutes(60))).await;
        bench.remove_from_file("D1");
        assert_eq!(bench.pass().await.result, PassResult::Published);
        let outcome = bench.after(minutes(61)).await;
        assert_eq!(outcome.switches[0].result, SwitchHappening::Gone, "{is_on}");
        bench.wanted.catalog = warung();
        bench.pass().await;
        assert_eq!(bench.stock("D1"), is_on, "{is_on}: as it was when it left");
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_of_what_lost_its_id_in_the_app_is_told() {
    let mut bench = Bench::in_sync().await.with_recurring_layer();
    bench.wanted.recurring.away.insert(Path::item(&"D1".into()));
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(60))).await;
    bench.platform.with(|world| world.item("D1").external_id = Field::Unsaid);
    let outcome = bench.after(minutes(61)).await;
    assert_eq!(outcome.switches[0].result, SwitchHappening::Gone);
    assert!(outcome.switches[0].result.is_trouble());
}

#[tokio::test(start_paused = true)]
async fn what_files_take_off_for_a_while_ends_no_switch_that_is_to_go_off_later() {
    // The files take it off and let go again, before the end or after it; alone, or with a menu.
    for (lets_go_after, with_menu) in [(30, false), (30, true), (90, false), (90, true)] {
        let mut bench = Bench::in_sync().await;
        bench.platform.with(|world| world.kitchen("D1", false));
        bench.switch(&["D1"], true, Some(minutes(60))).await;
        tokio::time::sleep(minutes(15)).await;
        bench.file_item("D1").in_stock = Field::Set(false);
        if with_menu {
            bench.price_in_file("NG", 27_000);
        }
        assert_eq!(bench.pass().await.result, PassResult::Published);
        bench.pass().await;
        bench.observe().await;
        assert!(!bench.stock("D1"));
        assert_eq!(bench.open_switches().len(), 1, "{lets_go_after} {with_menu}");
        if lets_go_after > 60 {
            bench.after(minutes(46)).await;
            assert_eq!((bench.open_switches(), bench.told()[0]), (vec![], SwitchHappening::SwitchedBack));
        }
        tokio::time::sleep(minutes(15)).await;
        bench.file_item("D1").in_stock = Field::Unsaid;
        bench.pass().await;
        assert_eq!(bench.stock("D1"), lets_go_after < 60, "{lets_go_after} {with_menu}");
        bench.after(minutes(46)).await;
        assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::SwitchedBack), "{lets_go_after}");
    }
}
