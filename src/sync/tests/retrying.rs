//! Calls that fail: what is tried again, after which look, and what is left for the next pass.

use uuid::Uuid;

use super::{platform::Call, *};
use crate::{diagnostic::Place, plan::Record, remote::Retry};

/// A price edit that is about to be pushed.
async fn edited() -> Bench {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench
}

/// The ids of all PUTs since the last time, and the calls in words.
fn request_ids(bench: &Bench) -> Vec<Uuid> {
    let ids = bench.platform.take_calls().into_iter().filter_map(|(_, call)| match call {
        Call::Put(id, _) => Some(id),
        _ => None,
    });
    ids.collect()
}

#[tokio::test(start_paused = true)]
async fn a_refused_push_is_final_and_the_next_pass_plans_again() {
    let bench = edited().await;
    bench.faults(&[Fault::Status(422)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Rejected, OutletState::Failed));
    assert_eq!(
        outcome.error.as_deref(),
        Some("PUT https://gobiz.test/catalog: invalid image type; the live menu is as it was")
    );
    assert_eq!((bench.calls(), bench.ended()), (vec!["GET".into(), "PUT".into()], Some(PushOutcome::Rejected)));
    assert_eq!(bench.base_price("NG"), Some(25_000));
    let next = bench.pass().await;
    assert_eq!(next.result, PassResult::Published);
    assert_ne!(next.request_id, outcome.request_id);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_tells_where_the_files_say_what_its_words_name() {
    let mut bench = edited().await;
    let file: Arc<str> = "catalogs/kuta.yaml".into();
    bench.wanted.places = Arc::new(move |path| {
        let place = Place { file: Arc::clone(&file), line: 7, column: 9, end_line: 7, end_column: 11 };
        (path.to_string() == "items/NG").then_some(place).into_iter().collect()
    });
    for (words, about) in [
        ("price of 'NG' is too high", " (this is items/NG/price at catalogs/kuta.yaml:7:9)"),
        ("'N1' is not halal", " (this is items/N1)"),
        (
            "'NG', 'N1', 'D1' and 'D2' are not halal",
            " (this is items/NG at catalogs/kuta.yaml:7:9, items/N1, items/D1 and 1 more)",
        ),
        ("nobody is there", ""),
    ] {
        bench.faults(&[Fault::Refused(words)]);
        let told = format!("PUT https://gobiz.test/catalog: {words}{about}; the live menu is as it was");
        assert_eq!(bench.pass().await.error, Some(told));
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_platform_is_tried_again_with_the_same_id_after_a_look() {
    let bench = edited().await;
    bench.faults(&[Fault::Busy(7), Fault::Status(503)]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    let calls = bench.platform.take_calls();
    let told: Vec<&str> = calls
        .iter()
        .map(|(_, call)| match call {
            Call::Get => "GET",
            Call::Put(..) => "PUT",
            Call::Patch(..) => "PATCH",
        })
        .collect();
    assert_eq!(told, ["GET", "PUT", "GET", "PUT", "GET", "PUT", "GET"]);
    assert_eq!((calls[2].0 - calls[1].0).as_secs(), 7, "as long as Retry-After says");
    let ids: std::collections::BTreeSet<Uuid> = calls
        .iter()
        .filter_map(|(_, call)| match call {
            Call::Put(id, _) => Some(*id),
            _ => None,
        })
        .collect();
    let push = bench.last_push();
    assert_eq!(ids, [push.request_id].into());
    assert_eq!(push.sent_at.unwrap().duration_since(push.prepared_at).as_secs(), 8, "the last try counts");
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_stays_away_fails_the_push_after_five_tries() {
    let bench = edited().await;
    bench.faults(&[Fault::Status(503); 9]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    let calls = bench.platform.take_calls();
    let puts: Vec<_> = calls.iter().filter(|(_, call)| matches!(call, Call::Put(..))).map(|(at, _)| *at).collect();
    let pauses: Vec<_> = puts.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    assert_eq!((pauses, bench.ended()), (vec![500, 1_000, 2_000, 4_000], Some(PushOutcome::Failed)));
    bench.faults(&[]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_the_limit_is_not_waited_for() {
    let bench = edited().await;
    bench.faults(&[Fault::Busy(46)]);
    assert_eq!(bench.pass().await.result, PassResult::Failed);
    assert_eq!(bench.calls(), ["GET", "PUT"]);
}

#[tokio::test(start_paused = true)]
async fn a_push_whose_answer_is_lost_is_found_and_not_sent_again() {
    let bench = edited().await;
    bench.faults(&[Fault::LostAfterwards]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PUT", "GET", "GET"]);
    assert_eq!(bench.base_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn a_lost_push_is_sent_again_with_the_same_id_and_fresh_stock() {
    let bench = edited().await;
    bench.faults(&[Fault::Lost]);
    bench.platform.before(3, |world| {
        world.kitchen("D2", false);
        world.kitchen("LV3", false);
    });
    assert_eq!(bench.pass().await.result, PassResult::Published);
    let calls = bench.platform.take_calls();
    let puts: Vec<(Uuid, Catalog)> = calls
        .into_iter()
        .filter_map(|(_, call)| match call {
            Call::Put(id, catalog) => Some((id, *catalog)),
            _ => None,
        })
        .collect();
    let sent = |put: usize| puts[put].1.item(&"D2".into()).unwrap().in_stock.clone();
    assert_eq!((puts.len(), puts[0].0 == puts[1].0), (2, true));
    assert_eq!((sent(0), sent(1)), (Field::Set(true), Field::Set(false)));
    assert_eq!((bench.stock("D2"), bench.stock("LV3")), (false, false));
    let record = done(bench.context.state.record(bench.last_push().id)).unwrap().unwrap();
    let mut record: Record = serde_json::from_str(&record).unwrap();
    // That an item has no choices is recorded, and not sent where it never had any.
    for item in record.sent.menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
        if item.variant_category_external_ids.value().is_none_or(Vec::is_empty) {
            item.variant_category_external_ids = Field::Unsaid;
        }
    }
    assert!(record.sent == puts[1].1, "what was sent in the end is what is recorded");
}

#[tokio::test(start_paused = true)]
async fn a_push_that_had_to_wait_for_a_resting_host_leaves_with_fresh_stock() {
    let bench = edited().await;
    bench.faults(&[Fault::Resting(40)]);
    bench.platform.before(3, |world| world.kitchen("D2", false));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PUT", "GET", "PUT", "GET"]);
    assert!(!bench.stock("D2"));
    // Longer than a push is tried: nothing was sent, so it is planned afresh.
    let bench = edited().await;
    bench.faults(&[Fault::Resting(100)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    assert_eq!((outcome.again, bench.ended()), (Some(Retry::NotBefore(seconds(100))), Some(PushOutcome::Failed)));
    bench.platform.with(|world| world.read_faults.push_back(Fault::Resting(60)));
    assert_eq!(bench.pass().await.again, Some(Retry::NotBefore(seconds(60))));
}

#[tokio::test(start_paused = true)]
async fn a_part_that_somebody_else_put_right_before_a_repetition_is_no_publication() {
    let mut bench = edited().await;
    bench.price_in_file("D1", 9_000);
    bench.faults(&[Fault::Status(503)]);
    bench.platform.before(3, |world| world.app_price("NG", 27_000));
    assert_eq!(bench.pass().await.result, PassResult::Failed);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!((bench.live_price("NG"), bench.live_price("D1")), (Some(27_000), Some(9_000)));
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_that_a_look_before_a_repetition_shows_is_not_overwritten() {
    for (fault, result) in [(Fault::Status(503), PassResult::Failed), (Fault::Lost, PassResult::Failed)] {
        let bench = edited().await;
        bench.faults(&[fault]);
        bench.platform.before(3, |world| world.app_price("D1", 9_999));
        assert_eq!(bench.pass().await.result, result);
        assert_eq!(bench.calls(), ["GET", "PUT", "GET"], "{fault:?}");
        assert_eq!(bench.live_price("D1"), Some(9_999));
        tokio::time::advance(minutes(31)).await;
        assert_eq!(bench.pass().await.state, OutletState::Drifted, "{fault:?}");
        assert_eq!((bench.live_price("D1"), bench.live_price("NG")), (Some(9_999), Some(27_000)), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_of_which_nothing_is_known_is_only_looked_for_and_after_half_an_hour_planned_afresh() {
    let bench = edited().await;
    bench.faults(&[Fault::Lost; 5]);
    let first = bench.pass().await;
    assert_eq!((first.result, first.state), (PassResult::Failed, OutletState::Unknown));
    assert_eq!((request_ids(&bench).len(), bench.ended()), (5, None));
    assert!(bench.last_push().error.unwrap().contains("connection reset"));
    assert_eq!(bench.observe().await.state, OutletState::Unknown);
    bench.calls();
    tokio::time::advance(minutes(12)).await;
    let second = bench.pass().await;
    assert_eq!((second.result, second.state), (PassResult::Timeout, OutletState::Unknown));
    assert_eq!((second.request_id, bench.calls()), (first.request_id, vec!["GET".to_owned()]));
    tokio::time::advance(minutes(20)).await;
    let third = bench.pass().await;
    assert_eq!(third.result, PassResult::Published);
    assert_ne!(third.request_id, first.request_id);
    let ends = done(bench.context.state.pushes(Some("G1"), 2)).unwrap();
    assert_eq!(ends[1].outcome, Some(PushOutcome::Lost));
    assert!(ends[1].error.as_ref().unwrap().starts_with("the live menu did not change within 30 minutes"));
}

#[tokio::test(start_paused = true)]
async fn a_push_is_not_lost_as_long_as_nobody_could_look() {
    let bench = edited().await;
    bench.faults(&[Fault::LostAfterwards]);
    bench.platform.with(|world| {
        world.read_faults = [Fault::Fine, Fault::Status(503)].into();
        world.delay = minutes(1);
    });
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(40)).await;
    bench.platform.with(|world| world.read_faults = vec![Fault::Status(503); 50].into());
    bench.calls();
    let began = bench.context.clock.now();
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    let took = bench.context.clock.now().duration_since(began).as_secs();
    assert!((120..700).contains(&took) && bench.calls().len() < 20, "a while, and not for ever: {took} s");
    assert_eq!(bench.ended(), None, "nobody could look");
    bench.platform.behave();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.ended(), Some(PushOutcome::Published));
    assert!(request_ids(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_image_that_was_perhaps_never_sent_does_not_count_as_published() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("NG").image = text("https://img.example.com/new.png");
    bench.platform.with(|world| world.images_tell = false);
    bench.platform.with(|world| world.item("NG").image = text("https://cdn.example.net/image"));
    bench.faults(&[Fault::Lost; 5]);
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(31)).await;
    bench.calls();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(request_ids(&bench).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_push_took_away_counts_for_a_day_as_it_may_be_published_later() {
    let mut bench = Bench::in_sync().await;
    let all = bench.wanted.catalog.clone();
    bench.remove_from_file("D3");
    bench.remove_from_file("D4");
    bench.platform.with(|world| world.delay = minutes(50));
    assert_eq!(bench.pass().await.result, PassResult::Timeout);
    bench.wanted.catalog = all;
    tokio::time::advance(minutes(31)).await;
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
    tokio::time::advance(minutes(20)).await;
    bench.remove_from_file("D1");
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
    let why = "deletes: 1 of 8 live items would leave the menu (12 %); with what left in the last 24 hours 3 of 10 (30 %); \
               the limit is 5 items or 20 %";
    assert_eq!(outcome.error.as_deref(), Some(why));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_leaves_the_push_open() {
    let bench = edited().await;
    bench.faults(&[Fault::Lost, Fault::Status(422)]);
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    assert_eq!((bench.calls(), bench.ended()), (vec!["GET".into(), "PUT".into(), "GET".into(), "PUT".into()], None));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_before_a_repetition_ends_the_tries() {
    let bench = edited().await;
    bench.faults(&[Fault::Status(503)]);
    bench.platform.with(|world| world.read_faults = [Fault::Fine, Fault::Status(503)].into());
    assert_eq!(bench.pass().await.result, PassResult::Failed);
    assert_eq!(bench.calls(), ["GET", "PUT", "GET"]);
}
