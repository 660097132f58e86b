//! What a pass does with what it finds: push, keep still, hold, wait.

use super::{disk::WatchedState, *};
use crate::{
    schedule::{Cron, Recurrence, WindowKind},
    state::try_lock_outlet,
};

#[tokio::test(start_paused = true)]
async fn the_first_push_to_an_empty_outlet_is_published_and_remembered() {
    let bench = Bench::new();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(bench.calls(), ["GET", "PUT", "GET"]);
    assert_eq!(bench.base_price("NG"), Some(25_000));
    let push = bench.last_push();
    assert_eq!((push.outcome, Some(push.request_id)), (Some(PushOutcome::Published), outcome.request_id));
    assert_eq!(bench.remembered_state().as_deref(), Some("in_sync"));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_pass_sends_one_get_and_nothing_else() {
    let bench = Bench::in_sync().await;
    for _ in 0..3 {
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
        assert_eq!(bench.calls(), ["GET"]);
    }
}

type Edit = fn(&mut Bench);

#[tokio::test(start_paused = true)]
async fn every_kind_of_edit_is_one_put_and_then_rest() {
    let edits: [(&str, Edit); 8] = [
        ("a price", |bench| bench.price_in_file("NG", 27_000)),
        ("a new item", |bench| bench.wanted.catalog.menus[1].menu_items.push(item("D9", "Es 9", 9_000))),
        ("a removal", |bench| drop(bench.wanted.catalog.menus[1].menu_items.remove(0))),
        ("an order", |bench| bench.wanted.catalog.menus[0].menu_items.reverse()),
        ("a text that is gone", |bench| bench.file_item("NG").description = Field::Unsaid),
        ("a move", |bench| {
            let moved = bench.wanted.catalog.menus[0].menu_items.remove(1);
            bench.wanted.catalog.menus[1].menu_items.push(moved);
        }),
        ("a variant", |bench| {
            bench.wanted.catalog.variant_categories[0].variants.push(variant("LV9", "Neraka", 3_000));
        }),
        ("a choice that is gone", |bench| {
            bench.wanted.catalog.variant_categories.clear();
            bench.file_item("NG").variant_category_external_ids = Field::Unsaid;
        }),
    ];
    for (what, edit) in edits {
        let mut bench = Bench::in_sync().await;
        edit(&mut bench);
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync), "{what}");
        let mut calls = bench.calls();
        // An order cannot be read back, so the push is looked for until its time is over.
        assert_eq!(calls.len() > 3, what == "an order", "{what}");
        calls.dedup();
        assert_eq!(calls, ["GET", "PUT", "GET"], "{what}");
        assert_eq!(bench.pass().await.result, PassResult::Unchanged, "{what}");
        assert_eq!(bench.calls(), ["GET"], "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn new_uuids_after_every_publication_are_no_reason_to_push_again() {
    let mut bench = Bench::new();
    bench.platform.with(|world| world.renews_uuids = true);
    bench.pass().await;
    bench.price_in_file("NG", 27_000);
    bench.pass().await;
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.calls(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn an_equal_menu_is_adopted_without_a_push() {
    let bench = Bench::new();
    bench.platform.with(|world| world.live = crate::plan::as_published(&warung()));
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
    assert_eq!(bench.calls(), ["GET"]);
    assert_eq!(bench.base_price("NG"), Some(25_000));
}

#[tokio::test(start_paused = true)]
async fn where_both_sides_move_to_the_same_value_the_base_follows_without_a_push() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.app_price("NG", 27_000));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
    assert_eq!(bench.calls(), ["GET"]);
    assert_eq!(bench.base_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn drift_is_kept_and_told_whatever_else_is_pushed() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.app_price("NG", 26_000));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Drifted));
    assert_eq!(bench.calls(), ["GET"]);
    bench.price_in_file("D1", 9_000);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::Drifted));
    assert_eq!((bench.live_price("NG"), bench.live_price("D1")), (Some(26_000), Some(9_000)));
    assert_eq!(bench.base_price("NG"), Some(25_000), "the base has not followed");
    bench.calls();
    let base = bench.base();
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    assert_eq!(bench.calls(), ["GET"]);
    assert!(bench.base() == base, "the base has changed");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_keeps_live_and_the_rest_is_pushed() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.app_price("NG", 26_000));
    bench.price_in_file("NG", 27_000);
    bench.price_in_file("D1", 9_000);
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    assert_eq!((bench.live_price("NG"), bench.live_price("D1")), (Some(26_000), Some(9_000)));
    bench.calls();
    bench.pass().await;
    assert_eq!(bench.calls(), ["GET"]);
    bench.options.revert = true;
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.live_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn a_guard_holds_and_nothing_is_written_until_it_is_released() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.catalog.menus[0].menu_items.truncate(3);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
    assert!(outcome.error.unwrap().starts_with("deletes: 3 of 10 live items"));
    assert_eq!(bench.calls(), ["GET"]);
    let row = done(bench.context.state.outlet("G1")).unwrap().unwrap();
    assert!(row.held.unwrap().contains("deletes"));
    bench.options.released.insert(Guard::Deletes);
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn another_plan_than_the_agreed_one_is_refused() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.options.consent = Consent::Agreed(bench.shown_digest().await);
    bench.price_in_file("NG", 28_000);
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, bench.calls()), (PassResult::Held, vec!["GET".to_owned()]));
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_was_shown_and_not_agreed_to_is_not_sent() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.options.consent = Consent::ShowOnly(bench.shown_digest().await);
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, bench.calls()), (PassResult::Held, vec!["GET".to_owned()]));
    assert!(outcome.error.unwrap().starts_with("left out: nobody agreed to this push"));
}

#[tokio::test(start_paused = true)]
async fn outside_its_windows_a_push_is_queued() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    let schedule = Cron::parse("0 10 * * *").unwrap();
    bench.wanted.windows = vec![Window {
        kind: WindowKind::Deny,
        times: Recurrence { schedule, duration: minutes(60) },
        outlets: Vec::new(),
    }];
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Queued, OutletState::Queued));
    assert!(outcome.error.unwrap().contains("2027-01-04 11:00"), "10:00 in Jakarta is within the window");
    assert_eq!(bench.calls(), ["GET"]);
    tokio::time::advance(minutes(61)).await;
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_paused_outlet_is_not_even_looked_at() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.paused = true;
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.state, OutletState::Paused);
    assert!(bench.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_outlet_that_another_process_is_pushing_is_left_alone() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    let lock = try_lock_outlet(bench.dir.path(), "G1").unwrap();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Pushing));
    assert!(bench.calls().is_empty());
    assert_eq!(bench.remembered_state().as_deref(), Some("in_sync"), "the other one will say how it stands");
    drop(lock);
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_stores_nothing_while_another_process_pushes() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.app_price("D1", 9_999));
    let _lock = try_lock_outlet(bench.dir.path(), "G1").unwrap();
    assert_eq!(bench.observe().await.state, OutletState::Drifted);
    assert_eq!(bench.remembered_state().as_deref(), Some("in_sync"));
}

fn watch_state(bench: &mut Bench) {
    let state = Arc::clone(&bench.context.state);
    WatchedState::watch(&mut bench.context, state, bench.dir.path(), &bench.platform, "G1");
}

/// Everything that says how an outlet stands, one after the other: the states that were stored.
async fn all_that_store_a_status(bench: &Bench) -> [Option<String>; 4] {
    let Bench { context, platform, target, .. } = bench;
    let stored = || bench.remembered_state();
    bench.pass().await;
    let passed = stored();
    platform.with(|world| world.app_price("D1", 9_999));
    bench.observe().await;
    let observed = stored();
    observe_invalid(context, None, &**platform, target, "its files are invalid".to_owned()).await;
    let invalid = stored();
    let failed = Outcome::failed(target, "its menu cannot be read".to_owned());
    store_failure(&context.state, target, failed, context.clock.now()).await;
    [passed, observed, invalid, stored()]
}

#[tokio::test(start_paused = true)]
async fn a_status_is_stored_before_the_lock_of_its_outlet_is_given_back() {
    let mut bench = Bench::in_sync().await;
    watch_state(&mut bench);
    bench.price_in_file("NG", 27_000);
    let stored = all_that_store_a_status(&bench).await;
    assert_eq!(stored.each_ref().map(Option::as_deref), ["in_sync", "drifted", "invalid", "failed"].map(Some));
    bench.platform.with(|world| assert!(world.violations.is_empty(), "{:?}", world.violations));
    drop(try_lock_outlet(bench.dir.path(), "G1").unwrap());
}

#[tokio::test(start_paused = true)]
async fn no_status_is_stored_while_somebody_else_has_the_lock_of_the_outlet() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    let _lock = try_lock_outlet(bench.dir.path(), "G1").unwrap();
    let stored = all_that_store_a_status(&bench).await;
    assert_eq!(stored.each_ref().map(Option::as_deref), [Some("in_sync"); 4]);
}

/// The words of a write that fails.
const UNWRITTEN: &str = "cannot test in the state of a test: no space left on the disk of the tests";

/// Lets the write of this number fail, counted from 1.
fn fail_write(bench: &mut Bench, number: usize) {
    watch_state(bench);
    bench.platform.with(|world| world.disk.writes = (1..=number).map(|write| write == number).collect());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_stored_has_failed_and_is_told_with_what_is_known() {
    let unwritten = format!("the state cannot be written: {UNWRITTEN}");
    for (fault, why) in
        [(Fault::Fine, &*unwritten), (Fault::Status(503), "GET https://gobiz.test/catalog: unavailable")]
    {
        let mut bench = Bench::in_sync().await;
        bench.platform.with(|world| world.read_faults.push_back(fault));
        fail_write(&mut bench, 1);
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
        assert_eq!((outcome.error.as_deref(), outcome.unstored.as_deref()), (Some(why), Some(UNWRITTEN)));
    }
    let mut bench = Bench::in_sync().await;
    bench.wanted.catalog.menus[0].menu_items.truncate(3);
    fail_write(&mut bench, 1);
    assert_eq!(bench.pass().await.error, Some(unwritten), "more urgent than what holds it");
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_read_after_the_platform_failed_is_named_too() {
    let mut bench = Bench::in_sync().await;
    watch_state(&mut bench);
    bench.platform.with(|world| {
        world.read_faults.push_back(Fault::Status(503));
        world.disk.outage = Some((1, 1));
    });
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    let why = format!("GET https://gobiz.test/catalog: unavailable; {UNWRITTEN}");
    assert_eq!(outcome.error, Some(why));
}

#[tokio::test(start_paused = true)]
async fn a_push_that_arrived_is_published_though_that_cannot_be_stored() {
    for write in 1.. {
        let mut bench = Bench::in_sync().await;
        bench.price_in_file("NG", 27_000);
        fail_write(&mut bench, write);
        let outcome = bench.pass().await;
        assert_eq!(outcome.state, OutletState::Failed, "write {write}");
        if outcome.result == PassResult::Published {
            assert_eq!(outcome.unstored.as_deref(), Some(UNWRITTEN));
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_menu_that_cannot_be_read_fails_the_pass_and_loses_nothing() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    let base = bench.base();
    bench.platform.with(|world| world.read_faults.push_back(Fault::Status(503)));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    assert_eq!(outcome.error.as_deref(), Some("GET https://gobiz.test/catalog: unavailable"));
    assert_eq!(bench.calls(), ["GET"]);
    assert!(bench.base() == base, "the base has changed");
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_menu_that_reads_empty_once_makes_us_forget_nothing() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("D1").in_stock = Field::Set(false);
    bench.pass().await;
    let base = bench.base();
    let live = bench.platform.with(|world| std::mem::take(&mut world.live));
    assert_eq!(bench.pass().await.result, PassResult::Held);
    assert!(bench.base() == base, "the base has changed");
    bench.platform.with(|world| world.live = live);
    bench.file_item("D1").in_stock = Field::Unsaid;
    bench.pass().await;
    assert!(bench.stock("D1"), "it was us who took it off");
}

#[tokio::test(start_paused = true)]
async fn while_one_outlet_waits_for_its_publication_another_uses_the_only_slot() {
    let first = Bench::new();
    first.platform.with(|world| world.delay = minutes(5));
    let second = Platform::new();
    let (other, menu) = (target("G2"), Desired::of_catalog(warung(), Policy::default()));
    let quick = async {
        tokio::time::sleep(seconds(1)).await;
        let outcome = pass(&first.context, None, &second, &other, &menu, &first.options).await;
        (outcome.result, first.context.clock.now())
    };
    let began = first.context.clock.now();
    let (slow, (quick, ended)) = tokio::join!(first.pass(), quick);
    assert_eq!((slow.result, quick), (PassResult::Published, PassResult::Published));
    assert_eq!(ended.duration_since(began).as_secs(), 1, "it did not wait for the first");
    assert!(first.context.clock.now().duration_since(began).as_secs() >= 300);
}

#[tokio::test(start_paused = true)]
async fn a_menu_that_vanished_is_held_although_nothing_would_be_sent() {
    let mut bench = Bench::in_sync().await;
    tokio::time::advance(minutes(10)).await;
    bench.platform.with(|world| world.live = Default::default());
    let held = |outcome: Outcome| {
        assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
        assert!(outcome.error.unwrap().starts_with("empty-live: GoFood answers with an empty menu"));
    };
    held(bench.pass().await);
    bench.price_in_file("NG", 27_000);
    held(bench.pass().await);
    assert_eq!(bench.calls(), ["GET", "GET"]);
    assert_eq!(bench.remembered_state().as_deref(), Some("held"));
    assert_eq!(bench.base_price("NG"), Some(25_000), "an empty menu teaches nothing");
    bench.options.released.insert(crate::policy::Guard::EmptyLive);
    let base = bench.base();
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    assert_eq!(bench.calls(), ["GET"]);
    assert!(bench.base() == base, "the base has changed");
}

#[tokio::test(start_paused = true)]
async fn what_is_sold_out_while_promotions_are_listed_stays_so() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.policy.promotions = crate::policy::PromotionPolicy::Watch;
    bench.wanted.catalog.menus[1].menu_items.remove(0);
    bench.platform.with(|world| world.while_listing = Some(Box::new(|world| world.kitchen("D2", false))));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(bench.calls(), ["GET", "GET", "PUT", "GET"]);
    assert_eq!(bench.platform.with(|world| world.stock("D2")), Some(false));
}
