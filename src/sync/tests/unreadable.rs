//! What reads back otherwise at every look, or not at all, decides nothing.

use super::*;
use crate::remote::Retry;

/// A platform that shows the same menu in another way at every read.
async fn restless() -> Bench {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| (world.signs_images, world.shuffles) = (true, true));
    bench
}

fn puts(calls: &[String]) -> usize {
    calls.iter().filter(|call| *call == "PUT").count()
}

#[tokio::test(start_paused = true)]
async fn a_push_of_an_image_alone_is_published_when_its_time_is_over_and_keeps_the_kitchens_stock() {
    let mut bench = restless().await;
    bench.file_item("NG").image = text("https://img.example.com/new.png");
    bench.platform.with(|world| world.delay = seconds(3));
    bench.platform.before(3, |world| world.kitchen("D1", false));
    let began = bench.context.clock.now();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(bench.context.clock.now().duration_since(began).as_secs(), 600);
    let calls = bench.calls();
    assert!(!bench.stock("D1") && puts(&calls) == 1, "{calls:?}");
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_not_sent_while_a_push_of_an_image_alone_is_waited_for() {
    let mut bench = restless().await;
    bench.file_item("NG").image = text("https://img.example.com/new.png");
    bench.platform.with(|world| world.delay = minutes(8));
    bench.pass_until(Crash::After(3)).await;
    bench.price_in_file("D1", 9_000);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published);
    assert_eq!((puts(&bench.calls()), bench.live_price("D1")), (2, Some(9_000)));
    assert!(bench.platform.with(|world| std::mem::take(&mut world.violations)).is_empty(), "one after the other");
}

#[tokio::test(start_paused = true)]
async fn an_event_for_this_push_ends_the_waiting_and_one_for_another_does_not() {
    for is_ours in [true, false] {
        let mut bench = restless().await;
        bench.file_item("NG").image = text("https://img.example.com/new.png");
        bench.platform.with(|world| world.delay = seconds(20));
        let (waker, outlet) = (bench.context.poll_waker.clone(), bench.target.id.clone());
        let event = async {
            tokio::time::sleep(seconds(30)).await;
            let ours = bench.last_push().request_id;
            waker.announce(&outlet, if is_ours { ours } else { uuid::Uuid::new_v4() });
            waker.wake(&outlet);
        };
        let began = bench.context.clock.now();
        let (outcome, ()) = tokio::join!(bench.pass(), event);
        assert_eq!(outcome.result, PassResult::Published);
        let waited = bench.context.clock.now().duration_since(began).as_secs();
        assert_eq!(waited, if is_ours { 30 } else { 600 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_that_the_platform_alters_settles_although_every_read_has_another_order() {
    let mut bench = restless().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    let began = bench.context.clock.now();
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    assert!(bench.context.clock.now().duration_since(began).as_secs() <= 120);
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    assert_eq!(bench.calls(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn texts_that_come_back_in_another_spelling_are_ours() {
    for spelling in [Spelling::Escaped, Spelling::Decomposed, Spelling::Spaced] {
        let mut bench = Bench::in_sync().await;
        bench.platform.with(|world| world.spelling = spelling);
        bench.file_item("NG").description = text("Telur \"mata\" & café");
        bench.wanted.catalog.menus[1].name = "Es & Teh".to_owned();
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync), "{spelling:?}");
        bench.platform.with(|world| world.app_text("D1", "Dari \"aplikasi\" & café"));
        bench.price_in_file("NG", 26_000);
        assert_eq!(bench.pass().await.result, PassResult::Published, "{spelling:?}");
        let copied = bench.platform.with(|world| world.item("D1").description.clone()).value().cloned().unwrap();
        assert_eq!(
            crate::catalog::text::spelling(&copied),
            "Dari \"aplikasi\" & café",
            "{spelling:?}: sent as it is stored"
        );
        bench.calls();
        assert_eq!((bench.pass().await.state, bench.calls()), (OutletState::InSync, vec!["GET".to_owned()]));
    }
}

/// A push has arrived, and after it somebody has edited a price in the app.
async fn pushed_and_edited(stale: Stale) -> Bench {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.platform.with(|world| {
        world.app_price("D1", 9_999);
        world.stale = Some(stale);
    });
    bench.calls();
    bench
}

#[tokio::test(start_paused = true)]
async fn nothing_is_pushed_from_a_copy_that_is_behind() {
    let mut bench = pushed_and_edited(Stale::EverySecond(minutes(9))).await;
    bench.price_in_file("D2", 9_500);
    let began = bench.context.clock.now();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls()[..3], ["GET", "GET", "PUT"]);
    assert!(bench.context.clock.now().duration_since(began).as_secs() >= 3);
    let prices = ["NG", "D1", "D2"].map(|id| bench.live_price(id).unwrap());
    assert_eq!(prices, [27_000, 9_999, 9_500], "what was pushed before and what was edited in the app stay");
    assert!(bench.platform.with(|world| std::mem::take(&mut world.violations)).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_reading_as_before_counts_as_live_when_it_can_be_no_copy_any_more() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.platform.with(|world| world.app_price("NG", 25_000));
    let published = bench.context.clock.now();
    bench.calls();
    let mut waits = Vec::new();
    let last = loop {
        let outcome = bench.pass().await;
        let Some(Retry::NotBefore(rest)) = outcome.again else { break outcome };
        assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
        assert!(outcome.plan.is_none(), "neither drift nor anything else is told from it");
        assert_eq!(bench.calls(), ["GET", "GET", "GET"]);
        waits.push(rest.as_secs());
        tokio::time::advance(rest).await;
    };
    assert_eq!((last.result, last.state), (PassResult::Unchanged, OutletState::Drifted), "somebody has put it back");
    assert_eq!(bench.context.clock.now().duration_since(published).as_secs(), 600);
    assert_eq!(waits, [60, 60, 60, 60, 60, 60, 60, 60, 60, 0], "and six seconds for the looks of each");
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_is_sold_out_is_not_put_on_sale_by_a_push_from_a_copy_that_is_behind() {
    for policy in [crate::policy::DriftPolicy::Report, crate::policy::DriftPolicy::Revert] {
        let mut bench = Bench::in_sync().await;
        bench.wanted.policy.drift = policy;
        bench.price_in_file("NG", 27_000);
        assert_eq!(bench.pass().await.result, PassResult::Published);
        // For some minutes every answer comes from a copy from before that push. The kitchen does not wait for it.
        bench.platform.with(|world| {
            world.stale = Some(Stale::All(minutes(9)));
            world.kitchen("D1", false);
        });
        tokio::time::advance(minutes(4)).await;
        // There is something to push, and a push carries the stock of the menu that it is made from.
        bench.price_in_file("D2", 9_500);
        bench.calls();
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.again), (PassResult::Failed, Some(Retry::NotBefore(minutes(1)))));
        assert!(outcome.error.unwrap().contains("as it was before a push that it has shown already"));
        assert_eq!(bench.calls(), ["GET", "GET", "GET"], "nothing is sent");
        tokio::time::advance(minutes(5)).await;
        assert_eq!(bench.pass().await.result, PassResult::Published);
        let prices = ["NG", "D2"].map(|id| bench.live_price(id).unwrap());
        assert_eq!((bench.stock("D1"), prices), (false, [27_000, 9_500]));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_learnt_from_a_copy_that_is_behind() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.file_item("D1").in_stock = Field::Set(false);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.platform.with(|world| world.stale = Some(Stale::All(minutes(9))));
    let before = bench.recalled();
    // There D1 is on sale, as if somebody had put it back, and NG has its old price, as if somebody had changed it.
    for outcome in [bench.pass().await, bench.observe().await] {
        assert_eq!((outcome.state, outcome.plan.is_none()), (OutletState::Failed, true));
    }
    let after = bench.recalled();
    assert_eq!((after.base, after.memory), (before.base, before.memory));
    // So what we have taken off is still ours to put back.
    tokio::time::advance(minutes(9)).await;
    bench.file_item("D1").in_stock = Field::Unsaid;
    bench.pass().await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_push_is_not_judged_by_a_copy_from_before_an_earlier_one() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.price_in_file("D2", 9_500);
    bench.platform.with(|world| world.delay = minutes(2));
    bench.calls();
    // The first look sees that the kitchen takes D1 off while the second push is on its way. Those that follow, until it is
    // published, come from a copy from before the first push, where D1 is on sale as in what was sent.
    bench.platform.before(3, |world| world.kitchen("D1", false));
    bench.platform.before(4, |world| world.stale = Some(Stale::All(minutes(60))));
    bench.platform.before(13, |world| world.stale = None);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!((bench.calls().len(), bench.stock("D1")), (14, false), "set again once");
}

#[tokio::test(start_paused = true)]
async fn a_push_that_brings_back_the_menu_of_a_few_minutes_ago_is_seen_to_arrive_at_once() {
    let mut bench = Bench::in_sync().await;
    for price in [27_000, 25_000, 27_000] {
        bench.price_in_file("NG", price);
        let began = bench.context.clock.now();
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
        assert!(bench.context.clock.now().duration_since(began).as_secs() <= 6);
        assert_eq!(bench.pass().await.state, OutletState::InSync);
    }
}

#[tokio::test(start_paused = true)]
async fn copies_that_are_behind_do_not_keep_live_from_settling() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.platform.before(2, |world| world.stale = Some(Stale::EverySecond(minutes(60))));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Nonconvergent, OutletState::Nonconvergent));
}

#[tokio::test(start_paused = true)]
async fn a_request_to_stop_ends_the_looking_for_what_is_fresh() {
    let mut bench = pushed_and_edited(Stale::All(minutes(9))).await;
    bench.price_in_file("D2", 9_500);
    let stop = async {
        tokio::time::sleep(seconds(1)).await;
        bench.stop.send(true).unwrap();
    };
    let (outcome, ()) = tokio::join!(bench.pass(), stop);
    assert!(outcome.was_withdrawn());
    assert_eq!(bench.calls(), ["GET"]);
}
