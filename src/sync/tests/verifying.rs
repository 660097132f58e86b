//! Looking until a push shows: slow, never, partly, and with people in between.

use super::*;

fn described(bench: &mut Bench, description: &str) {
    bench.file_item("NG").description = text(description);
}

#[tokio::test(start_paused = true)]
async fn looks_become_rarer_until_the_menu_shows() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(6));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    let calls = bench.platform.take_calls();
    let gaps: Vec<u64> = calls.windows(2).skip(1).map(|pair| (pair[1].0 - pair[0].0).as_secs()).collect();
    assert_eq!(gaps, [0, 15, 22, 33, 50, 60, 60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_menu_that_never_shows_is_a_timeout_and_then_only_looked_at() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(60 * 24));
    let began = bench.context.clock.now();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Unknown));
    assert_eq!(bench.context.clock.now().duration_since(began).as_secs(), 600);
    assert_eq!((bench.ended(), bench.base_price("NG")), (None, Some(25_000)));
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    assert_eq!(bench.calls(), ["GET"]);
    tokio::time::advance(minutes(20)).await;
    bench.platform.with(|world| world.delay = Duration::ZERO);
    let began = bench.context.clock.now();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.context.clock.now().duration_since(began).as_secs(), 120);
    let calls = bench.calls();
    assert_eq!(calls[calls.len() - 3..], ["GET", "PUT", "GET"], "a new plan");
    assert!((4..9).contains(&calls.len()), "looks of two minutes for the lost one: {calls:?}");
}

#[tokio::test(start_paused = true)]
async fn drift_is_told_while_a_push_does_not_show() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.app_price("D1", 9_999));
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(60));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Unknown));
    let kept: Vec<String> = outcome.plan.unwrap().unpushed_drift().map(|change| change.path.to_string()).collect();
    assert_eq!(kept, ["items/D1/price"]);
}

#[tokio::test(start_paused = true)]
async fn a_menu_that_shows_after_the_timeout_is_published_then() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(20));
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(40)).await;
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    assert_eq!(bench.base_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn the_last_look_is_due_when_time_is_up_also_if_stock_was_being_set_at_that_moment() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.context.verify_timeout = Duration::from_millis(18_500);
    bench.platform.with(|world| {
        world.pace = Some(Arc::new(platform::Pace::new(seconds(1))));
        world.delay = seconds(10);
        world.write_faults = [Fault::Fine, Fault::Status(503)].into();
    });
    bench.platform.before(3, |world| world.kitchen("D1", false));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    let calls = bench.platform.take_calls();
    let gaps: Vec<u64> = calls.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs()).collect();
    assert_eq!(gaps, [1, 1, 16, 1, 1, 1], "{calls:?}");
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_do_not_end_the_waiting() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    let failures = [Fault::Fine, Fault::Status(503), Fault::Lost, Fault::Status(500)];
    bench.platform.with(|world| world.read_faults = failures.into());
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PUT", "GET", "GET", "GET", "GET"]);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_cut_is_named_after_a_minute_and_not_pushed_until_its_file_changes() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    described(&mut bench, "Telur mata sapi dan kerupuk");
    bench.price_in_file("D1", 9_000);
    let began = bench.context.clock.now();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Nonconvergent, OutletState::Nonconvergent));
    assert!(bench.context.clock.now().duration_since(began).as_secs() >= 60);
    assert!(outcome.error.unwrap().contains("items/NG/description"));
    assert_eq!(bench.ended(), Some(PushOutcome::Nonconvergent));
    assert_eq!(bench.base_price("D1"), Some(9_000), "what landed is in the base");
    bench.calls();
    let rest = bench.pass().await;
    assert_eq!((rest.result, rest.state), (PassResult::Nonconvergent, OutletState::Nonconvergent));
    assert!(rest.error.unwrap().contains("items/NG/description"), "it is said again");
    assert_eq!(bench.calls(), ["GET"]);
    bench.price_in_file("D1", 9_500);
    assert_eq!(bench.pass().await.result, PassResult::Published, "other edits go out and do not wait for the text");
    bench.calls();
    bench.pass().await;
    assert_eq!(bench.calls(), ["GET"]);
    described(&mut bench, "Telur, kerupuk");
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
}

#[tokio::test(start_paused = true)]
async fn three_values_that_were_not_taken_are_named_and_the_others_counted() {
    for (number, end) in [(3, ")"), (4, ") and 1 more")] {
        let mut bench = Bench::in_sync().await;
        bench.platform.with(|world| world.rewriting = Rewriting::Cut(10));
        described(&mut bench, "Telur");
        for id in &["D1", "D2", "D3", "D4"][..number] {
            bench.file_item(id).description = text("Manis dan dingin");
        }
        assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
        bench.platform.with(|world| world.app_price("N1", 21_000));
        let told = bench.pass().await.error.unwrap();
        assert!(told.ends_with(end) && told.matches("/description").count() == 3, "{told}");
        assert!(!told.contains("N1"), "drift was not refused: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_does_not_land_is_named_and_the_rest_enters_the_base() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.refuses.extend(["D9".to_owned()]));
    bench.wanted.catalog.menus[1].menu_items.push(item("D9", "Es 9", 9_000));
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    assert_eq!(bench.base_price("NG"), Some(27_000));
    assert!(bench.base_price("D9").is_none());
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    assert_eq!(bench.calls(), ["GET"]);
    bench.platform.with(|world| world.refuses.clear());
    bench.price_in_file("D9", 9_500);
    assert_eq!(bench.pass().await.state, OutletState::InSync);
}

#[tokio::test(start_paused = true)]
async fn a_text_cut_in_a_new_item_is_nonconvergent_too() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(10));
    let mut new = item("D9", "Es 9", 9_000);
    new.description = text("Es teler, alpukat, kelapa");
    bench.wanted.catalog.menus[1].menu_items.push(new);
    described(&mut bench, "Telur");
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    assert_eq!(bench.calls(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_before_the_publication_is_not_taken_for_its_result() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(5));
    bench.platform.before(4, |world| world.app_price("D1", 9_999));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_of_what_is_about_to_change_is_not_taken_for_the_result() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.price_in_file("D1", 9_000);
    bench.platform.with(|world| world.delay = minutes(5));
    bench.platform.before(4, |world| world.app_price("D1", 9_999));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(bench.live_price("D1"), Some(9_000));
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_of_all_that_is_about_to_change_is_not_taken_for_the_result() {
    for delay in [5, 20] {
        let mut bench = Bench::in_sync().await;
        bench.price_in_file("NG", 27_000);
        bench.platform.with(|world| world.delay = minutes(delay));
        bench.platform.before(4, |world| world.app_price("NG", 28_000));
        let mut outcome = bench.pass().await;
        if delay == 20 {
            assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Unknown));
            assert!(outcome.error.unwrap().contains("items/NG/price (sent 27000, shown 28000)"));
            tokio::time::advance(minutes(10)).await;
            outcome = bench.pass().await;
        }
        assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
        assert_eq!(bench.calls().iter().filter(|call| *call == "PUT").count(), 1);
        assert_eq!(bench.live_price("NG"), Some(27_000));
    }
}

#[tokio::test(start_paused = true)]
async fn what_shows_something_else_for_half_an_hour_without_a_trace_of_the_push_is_named() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(60 * 24));
    bench.platform.before(4, |world| world.app_price("NG", 28_000));
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(15)).await;
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(15)).await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Nonconvergent, OutletState::Nonconvergent));
    assert!(outcome.error.unwrap().contains("items/NG/price"));
    assert_eq!(bench.live_price("NG"), Some(28_000));
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_right_after_the_publication_is_drift_and_no_failure_of_the_push() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.before(3, |world| world.app_price("D1", 9_999));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::Drifted));
    assert_eq!(bench.base_price("D1"), Some(8_500), "the base has not followed");
    // So a later edit of the same price in the file is a conflict, and the app's is kept.
    bench.price_in_file("D1", 8_800);
    bench.pass().await;
    assert_eq!(bench.live_price("D1"), Some(9_999));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_sets_while_a_push_is_looked_for_is_drift_that_no_later_file_overwrites() {
    for something_lands in [false, true] {
        let mut bench = Bench::in_sync().await;
        bench.price_in_file("D1", 8_330);
        if something_lands {
            bench.price_in_file("NG", 27_000);
        }
        // The first of these may be what GoFood made of the push. That it changes again is somebody's doing.
        bench.platform.before(3, |world| world.app_price("D1", 9_170));
        bench.platform.before(5, |world| world.app_price("D1", 10_094));
        let mut outcome = bench.pass().await;
        if !something_lands {
            assert_eq!(outcome.state, OutletState::Unknown);
            tokio::time::advance(minutes(31)).await;
            outcome = bench.pass().await;
        }
        assert_eq!((outcome.result, outcome.state), (PassResult::Nonconvergent, OutletState::Drifted));
        let told = "changed elsewhere while the push was looked for: items/D1/price (sent 8330, shown 10094)";
        assert_eq!(outcome.error.as_deref(), Some(told));
        for price in [8_330, 8_500, 8_800] {
            bench.price_in_file("D1", price);
            bench.calls();
            assert_eq!(bench.pass().await.state, OutletState::Drifted, "{price}");
            assert_eq!((bench.calls(), bench.live_price("D1")), (vec!["GET".to_owned()], Some(10_094)), "{price}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_accepted_image_that_reads_back_as_before_is_published_when_time_is_up() {
    let mut bench = Bench::new();
    bench.platform.with(|world| world.images_tell = false);
    bench.pass().await;
    bench.file_item("NG").image = text("https://img.example.com/new.png");
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    bench.calls();
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
    assert_eq!(bench.calls(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_of_what_has_landed_is_drift_even_if_something_else_has_not() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    described(&mut bench, "Telur mata sapi dan kerupuk");
    bench.price_in_file("D1", 9_000);
    bench.platform.before(4, |world| world.app_price("D1", 9_999));
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Nonconvergent);
    assert!(!outcome.error.unwrap().contains("D1"));
    assert_eq!(bench.base_price("D1"), Some(9_000));
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_the_app_beside_the_push_of_an_image_is_drift() {
    for when in [3, 5] {
        let mut bench = Bench::in_sync().await;
        bench.file_item("NG").image = text("https://img.example.com/new.png");
        bench.platform.before(when, |world| {
            world.pending = None;
            world.app_price("D1", 9_999);
        });
        bench.platform.with(|world| world.delay = minutes(5));
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::Drifted));
        assert_eq!(bench.base_price("D1"), Some(8_500));
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_made_in_the_app_that_will_not_go_is_not_pushed_at_for_ever() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.policy.unmanaged = crate::policy::UnmanagedPolicy::Delete;
    let mut stranger =
        crate::catalog::live::LiveItem { uuid: "u-app".into(), name: "Es Krim".into(), ..Default::default() };
    stranger.price = Field::Set(Price(9_000));
    for number in 1..200 {
        // It comes back with every publication.
        let stranger = stranger.clone();
        bench.platform.before(number, move |world| {
            if !world.live.items().any(|(_, item)| item.uuid == "u-app") {
                world.live.menus[1].menu_items.push(stranger);
            }
        });
    }
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_cut_to_what_it_was_is_sent_twice_and_then_only_on_demand() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut("Telur mata sapi".len()));
    described(&mut bench, "Telur mata sapi dan kerupuk");
    let mut puts = 0;
    let mut last = None;
    for _ in 0..20 {
        last = Some(bench.pass().await);
        puts += bench.calls().iter().filter(|call| *call == "PUT").count();
        tokio::time::advance(minutes(31)).await;
    }
    let last = last.unwrap();
    assert_eq!((puts, last.result, last.state), (2, PassResult::Nonconvergent, OutletState::Nonconvergent));
    assert!(last.error.unwrap().contains("never showed it"));
    // A person who has looked at the plan may try once more, and the daemon does not go on from there.
    bench.options.consent = Consent::Agreed(last.plan.unwrap().digest);
    assert_eq!(bench.pass().await.result, PassResult::Timeout);
    tokio::time::advance(minutes(31)).await;
    bench.options.consent = Consent::Standing;
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    // Another text is another push.
    described(&mut bench, "Telur");
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_push_that_nobody_accepted_is_tried_as_long_as_it_takes() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    for _ in 0..4 {
        bench.faults(&[Fault::Lost; 9]);
        assert_eq!(bench.pass().await.state, OutletState::Unknown);
        tokio::time::advance(minutes(31)).await;
    }
    bench.faults(&[]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_dish_is_taken_off_sale_though_the_rest_of_the_push_never_shows() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut("Telur mata sapi".len()));
    described(&mut bench, "Telur mata sapi dan kerupuk");
    for _ in 0..3 {
        bench.pass().await;
        tokio::time::advance(minutes(31)).await;
    }
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    bench.file_item("D1").in_stock = Field::Set(false);
    bench.pass().await;
    assert!(!bench.stock("D1"));
    tokio::time::advance(minutes(31)).await;
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    assert!(!bench.calls().contains(&"PUT".to_owned()), "and then it rests again");
}
