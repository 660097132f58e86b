//! The process dies or is asked to stop at any point; the next one looks first and never pushes twice.

use super::*;
use crate::state::try_lock_outlet;

async fn edited() -> Bench {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench
}

/// Records a push as if its process had died before the first call.
fn record_unsent_push(bench: &Bench) {
    let push = crate::state::NewPush {
        outlet: "G1".to_owned(),
        request_id: uuid::Uuid::nil(),
        kind: crate::state::PushKind::Put,
        digest: "sha256:0".to_owned(),
        revision: None,
        files: None,
        author: None,
        back_to: None,
        wave: None,
        tool: "0".to_owned(),
        plan: "{}".to_owned(),
        record: crate::state::NewRecord { changes: "[]".to_owned(), record: "{}".to_owned() },
        outlet_update: Default::default(),
        sent_at: None,
        prepared_at: bench.context.clock.now(),
    };
    done(bench.context.state.begin_push(push)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_push_that_was_recorded_but_never_sent_is_abandoned() {
    let bench = edited().await;
    record_unsent_push(&bench);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PUT", "GET"]);
    let pushes = done(bench.context.state.pushes(Some("G1"), 2)).unwrap();
    assert_eq!(pushes[1].outcome, Some(PushOutcome::Abandoned));
}

#[tokio::test(start_paused = true)]
async fn drift_that_is_seen_when_a_push_is_abandoned_is_remembered() {
    let bench = Bench::in_sync().await;
    record_unsent_push(&bench);
    bench.platform.with(|world| world.app_price("D1", 9_999));
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    let past = bench.recalled().memory.at(bench.context.clock.now());
    assert!(past.since.contains_key(&"items/D1/price".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn dying_at_any_call_of_a_push_that_is_carried_out_never_leads_to_a_second_put() {
    // 1 GET, 2 PUT, 3… looks; published 40 s after the PUT.
    for crash in [Crash::After(2), Crash::Before(3), Crash::After(3), Crash::Before(5), Crash::After(5)] {
        let bench = edited().await;
        bench.platform.with(|world| world.delay = seconds(40));
        bench.pass_until(crash).await;
        let sent = bench.last_push();
        assert_eq!((bench.ended(), bench.base_price("NG")), (None, Some(25_000)), "{crash:?}");
        bench.calls();
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync), "{crash:?}");
        assert_eq!(outcome.request_id, Some(sent.request_id), "{crash:?}");
        assert!(bench.calls().iter().all(|call| call == "GET"), "{crash:?}");
        assert_eq!(bench.base_price("NG"), Some(27_000), "{crash:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_far_a_push_was_is_remembered_when_its_process_dies() {
    for (crash, state) in [(Crash::Before(2), "pushing"), (Crash::Before(3), "verifying")] {
        let bench = Bench::new();
        bench.pass_until(crash).await;
        let row = done(bench.context.state.outlet("G1")).unwrap().unwrap();
        let told = (row.state.as_deref(), row.name.as_deref(), row.file.as_deref());
        assert_eq!(told, (Some(state), Some("Kuta"), Some("catalogs/kuta.yaml")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_is_unknown_after_as_long_as_a_call_or_a_publication_takes() {
    let cases = [(Crash::Before(2), OutletState::Pushing, 150), (Crash::Before(3), OutletState::Verifying, 600)];
    for (crash, state, known_for) in cases {
        let bench = edited().await;
        bench.platform.with(|world| world.delay = minutes(60));
        bench.pass_until(crash).await;
        // Whoever has the lock may still be at it.
        let _lock = try_lock_outlet(bench.dir.path(), "G1").unwrap();
        assert_eq!(bench.observe().await.state, state);
        tokio::time::advance(seconds(known_for - 1)).await;
        assert_eq!(bench.observe().await.state, state);
        tokio::time::advance(seconds(1)).await;
        assert_eq!(bench.observe().await.state, OutletState::Unknown, "{crash:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_push_whose_process_died_is_unknown_at_once() {
    let bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(60));
    bench.pass_until(Crash::Before(2)).await;
    assert_eq!(bench.observe().await.state, OutletState::Unknown);
}

#[tokio::test(start_paused = true)]
async fn what_is_shown_while_a_push_is_on_its_way_is_what_comes_after_it() {
    for delay in [Duration::ZERO, minutes(5)] {
        let mut bench = edited().await;
        bench.platform.with(|world| world.delay = delay);
        bench.pass_until(Crash::Before(3)).await;
        bench.platform.with(|world| world.kitchen("D2", false));
        bench.price_in_file("D1", 9_000);
        let plan = bench.examined().await.plan;
        let paths: Vec<String> = plan.changes.iter().map(|change| change.path.to_string()).collect();
        assert_eq!(paths, ["items/D1/price"], "{delay:?}");
        let stock = |id: &str| plan.payload.item(&id.into()).unwrap().in_stock.clone();
        assert_eq!((stock("D2"), stock("D3")), (Field::Set(false), Field::Set(true)), "{delay:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_agreed_to_is_done_if_an_earlier_pass_has_sent_it() {
    let mut bench = edited().await;
    bench.options.consent = Consent::Agreed(bench.shown_digest().await);
    bench.calls();
    bench.pass_until(Crash::After(2)).await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
}

#[tokio::test(start_paused = true)]
async fn dying_before_a_put_is_carried_out_means_looking_for_half_an_hour() {
    let bench = edited().await;
    bench.pass_until(Crash::Before(2)).await;
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    assert!(bench.calls().iter().all(|call| call == "GET"));
    tokio::time::advance(minutes(21)).await;
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.live_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn dying_before_anything_is_recorded_leaves_nothing_behind() {
    for crash in [Crash::Before(1), Crash::After(1)] {
        let bench = edited().await;
        bench.pass_until(crash).await;
        bench.calls();
        assert_eq!(bench.pass().await.result, PassResult::Published);
        assert_eq!(bench.calls(), ["GET", "PUT", "GET"]);
    }
}

#[tokio::test(start_paused = true)]
async fn stock_seen_before_dying_is_still_set_again() {
    let bench = edited().await;
    bench.platform.with(|world| world.delay = seconds(40));
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.pass_until(Crash::Before(5)).await;
    tokio::time::advance(minutes(5)).await;
    assert!(bench.stock("D2"), "the publication has overwritten it");
    bench.pass().await;
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn what_the_files_say_after_a_restart_is_pushed_in_the_same_pass() {
    let mut bench = edited().await;
    bench.platform.with(|world| world.delay = seconds(40));
    bench.pass_until(Crash::Before(3)).await;
    bench.price_in_file("D1", 9_000);
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!((bench.live_price("NG"), bench.live_price("D1")), (Some(27_000), Some(9_000)));
    assert_eq!(bench.calls().iter().filter(|call| *call == "PUT").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_edit_after_a_restart_that_a_guard_holds_is_held_and_told() {
    let mut bench = edited().await;
    bench.pass_until(Crash::Before(3)).await;
    bench.price_in_file("D1", 85_000);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
    assert_eq!((bench.base_price("NG"), bench.live_price("D1")), (Some(27_000), Some(8_500)));
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_signal_nothing_is_sent() {
    let bench = edited().await;
    bench.stop.send(true).unwrap();
    let outcome = bench.pass().await;
    assert!(outcome.was_withdrawn());
    assert_eq!(bench.calls(), [""; 0]);
    assert_eq!(bench.remembered_state().as_deref(), Some("in_sync"));
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_waits_for_its_turn_is_given_up_when_the_files_change() {
    let mut bench = edited().await;
    let (withdraw, withdrawn) = watch::channel(false);
    bench.options.withdrawn = Some(withdrawn);
    let slots = bench.context.slots.clone();
    let turn = slots.acquire().await.unwrap();
    let change = async {
        tokio::time::sleep(seconds(5)).await;
        withdraw.send(true).unwrap();
    };
    let (outcome, ()) = tokio::join!(bench.pass(), change);
    drop(turn);
    assert!(outcome.was_withdrawn());
    assert_eq!(bench.calls(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_whose_files_change_while_it_looks_sends_nothing() {
    let mut bench = edited().await;
    let (withdraw, withdrawn) = watch::channel(false);
    bench.options.withdrawn = Some(withdrawn);
    bench.platform.before(1, move |_| withdraw.send(true).unwrap());
    assert!(bench.pass().await.was_withdrawn());
    assert_eq!((bench.calls(), bench.remembered_state().as_deref()), (vec!["GET".to_owned()], Some("in_sync")));
}

#[tokio::test(start_paused = true)]
async fn a_push_under_way_is_seen_through_though_the_files_change() {
    let mut bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(5));
    let (withdraw, withdrawn) = watch::channel(false);
    bench.options.withdrawn = Some(withdrawn);
    let change = async {
        tokio::time::sleep(seconds(60)).await;
        withdraw.send(true).unwrap();
    };
    let (outcome, ()) = tokio::join!(bench.pass(), change);
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
}

#[tokio::test(start_paused = true)]
async fn a_stop_signal_ends_the_waiting_and_the_next_process_goes_on() {
    let mut bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(5));
    let stop = async {
        tokio::time::sleep(seconds(60)).await;
        bench.stop.send(true).unwrap();
    };
    let began = bench.context.clock.now();
    let (outcome, ()) = tokio::join!(bench.pass(), stop);
    assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Verifying));
    assert_eq!(bench.context.clock.now().duration_since(began).as_secs(), 60);
    assert_eq!(bench.remembered_state().as_deref(), Some("verifying"));
    (bench.stop, bench.context.stop) = watch::channel(false);
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_signal_between_two_tries_sends_nothing_more() {
    let bench = edited().await;
    bench.faults(&[Fault::Busy(30)]);
    let stop = async {
        tokio::time::sleep(seconds(5)).await;
        bench.stop.send(true).unwrap();
    };
    let (outcome, ()) = tokio::join!(bench.pass(), stop);
    assert_eq!(outcome.result, PassResult::Failed);
    assert_eq!(bench.calls(), ["GET", "PUT", "GET"]);
}

#[tokio::test(start_paused = true)]
async fn something_else_that_shows_after_a_long_absence_is_nonconvergent_and_not_lost() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.price_in_file("D1", 9_000);
    bench.pass_until(Crash::After(2)).await;
    tokio::time::advance(minutes(60)).await;
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Nonconvergent);
    assert!(outcome.plan.is_some_and(|plan| plan.action == crate::plan::Action::None), "nothing is left to send");
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!(bench.base_price("D1"), Some(9_000));
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_of_what_was_perhaps_never_sent_is_a_conflict_and_not_the_base() {
    let mut bench = edited().await;
    bench.pass_until(Crash::Before(2)).await;
    bench.platform.with(|world| world.app_price("NG", 26_000));
    tokio::time::advance(minutes(31)).await;
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    assert_eq!(bench.base_price("NG"), Some(25_000));
    bench.price_in_file("NG", 28_000);
    bench.pass().await;
    assert_eq!(bench.live_price("NG"), Some(26_000));
}

#[tokio::test(start_paused = true)]
async fn a_push_is_seen_through_although_its_outlet_is_invalid_by_now() {
    let bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(15));
    assert_eq!(bench.pass().await.result, PassResult::Timeout);
    bench.platform.with(|world| world.kitchen("D1", false));
    for _ in 0..2 {
        finish_pending_push(&bench.context, &mut None, &*bench.platform, &bench.target).await;
        tokio::time::advance(minutes(6)).await;
    }
    assert_eq!((bench.ended(), bench.base_price("NG")), (Some(PushOutcome::Published), Some(27_000)));
    assert!(!bench.stock("D1"), "what the publication overwrote is set again");
}

/// The files say something new, and the process that pushed it has died while it waited.
async fn unfinished() -> Bench {
    let bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(600));
    bench.pass_until(Crash::Before(3)).await;
    bench.calls();
    bench
}

fn puts(bench: &Bench) -> usize {
    bench.calls().iter().filter(|call| *call == "PUT").count()
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_push_that_is_dated_hours_ahead_is_waited_for_no_longer_than_any_other() {
    let mut bench = unfinished().await;
    let (clock, leap) = Clock::leaping_at(bench.context.clock.now());
    bench.context.clock = clock;
    leap.store(-7 * 3600, std::sync::atomic::Ordering::Relaxed);
    let began = clock.instant();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Unknown));
    let took = began.elapsed();
    assert!((platform::VERIFY_TIMEOUT..platform::VERIFY_TIMEOUT + minutes(1)).contains(&took), "{took:?}");
    // Who only looks says the same, and it counts as lost half an hour after that and not after seven.
    let now = clock.now();
    assert_eq!(bench.recalled().pending.unwrap().progress(platform::VERIFY_TIMEOUT, now), Some(PushProgress::Unknown));
    tokio::time::advance(minutes(30)).await;
    bench.platform.with(|world| world.delay = Duration::ZERO);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(puts(&bench), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_leaps_ahead_between_two_looks_loses_no_push() {
    let mut bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(8));
    let (clock, leap) = Clock::leaping_at(bench.context.clock.now());
    bench.context.clock = clock;
    let change = async {
        tokio::time::sleep(minutes(2)).await;
        leap.store(40 * 60, std::sync::atomic::Ordering::Relaxed);
    };
    let (outcome, ()) = tokio::join!(bench.pass(), change);
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(puts(&bench), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_leaps_ahead_between_two_passes_leads_to_no_second_put() {
    let mut bench = edited().await;
    bench.platform.with(|world| world.delay = minutes(2));
    bench.pass_until(Crash::Before(3)).await;
    bench.calls();
    let (clock, leap) = Clock::leaping_at(bench.context.clock.now());
    bench.context.clock = clock;
    // By the clock it was sent 40 minutes ago, but nobody has looked for it yet.
    leap.store(40 * 60, std::sync::atomic::Ordering::Relaxed);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(puts(&bench), 0);
    assert_eq!(bench.base_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_looks_for_an_old_push_ends_although_every_look_fails() {
    let bench = edited().await;
    bench.pass_until(Crash::Before(2)).await;
    tokio::time::advance(minutes(31)).await;
    bench.platform.with(|world| world.down_until = Some(tokio::time::Instant::now() + minutes(24 * 60)));
    bench.calls();
    let began = tokio::time::Instant::now();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Unknown));
    assert_eq!(began.elapsed(), minutes(10));
    let calls = bench.calls().len();
    assert!(calls < 20, "{calls} looks");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_leaps_while_a_push_is_sent_ends_no_waiting() {
    let mut bench = edited().await;
    let (clock, leap) = Clock::leaping_at(bench.context.clock.now());
    bench.context.clock = clock;
    bench.platform.with(|world| world.delay = minutes(5));
    bench.platform.before(2, move |_| leap.store(3600, std::sync::atomic::Ordering::Relaxed));
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_push_of_another_process_is_no_older_than_it_says() {
    let mut bench = edited().await;
    assert_eq!(bench.pass().await.result, PassResult::Published);
    tokio::time::advance(minutes(40)).await;
    bench.price_in_file("NG", 28_000);
    bench.platform.with(|world| world.delay = minutes(5));
    bench.calls();
    let ours = std::mem::take(&mut bench.context.in_flight);
    bench.pass_until(Crash::Before(3)).await;
    bench.context.in_flight = ours;
    bench.calls();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert!(!bench.calls().contains(&"PUT".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_leaps_between_two_passes_of_a_process_loses_no_push() {
    let mut bench = edited().await;
    let (clock, leap) = Clock::leaping_at(bench.context.clock.now());
    bench.context.clock = clock;
    bench.platform.with(|world| world.delay = minutes(25));
    assert_eq!(bench.pass().await.result, PassResult::Timeout);
    leap.store(45 * 60, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(15)).await;
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls().iter().filter(|call| *call == "PUT").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_live_settled_on_is_seen_though_the_clock_was_set_back_meanwhile() {
    let mut bench = Bench::in_sync().await;
    let (clock, leap) = Clock::leaping_at(bench.context.clock.now());
    bench.context.clock = clock;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.price_in_file("D1", 9_000);
    bench.pass_until(Crash::Before(4)).await;
    leap.store(-7 * 3_600, std::sync::atomic::Ordering::Relaxed);
    let began = tokio::time::Instant::now();
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    assert!(began.elapsed() < minutes(2));
}
