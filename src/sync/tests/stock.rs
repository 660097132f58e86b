//! Stock is the kitchen's: what it does at any moment survives, and only what we took off is put back.

use super::*;

fn take_off(bench: &mut Bench, id: &str) {
    bench.file_item(id).in_stock = Field::Set(false);
}

#[tokio::test(start_paused = true)]
async fn only_stock_is_patched_and_only_what_we_took_off_is_put_back() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D2", false));
    take_off(&mut bench, "D1");
    take_off(&mut bench, "D2");
    bench.file_variant("LV3").in_stock = Field::Set(false);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(bench.calls(), ["GET", "PATCH D1=off", "PATCH LV3=off", "GET"]);
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
    bench.wanted.catalog = warung();
    bench.calls();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PATCH D1=on", "PATCH LV3=on", "GET"]);
    assert!(!bench.stock("D2"), "the kitchen took it off");
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn what_the_kitchen_puts_back_is_never_taken_off_again() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.pass().await;
    bench.platform.with(|world| world.kitchen("D1", true));
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    bench.price_in_file("NG", 27_000);
    bench.pass().await;
    assert!(bench.stock("D1"));
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.pass().await;
    bench.file_item("D1").in_stock = Field::Unsaid;
    bench.pass().await;
    assert!(!bench.stock("D1"), "this time it was the kitchen");
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_sees_too_that_the_kitchen_has_put_something_back() {
    let mut bench = Bench::in_sync().await;
    for files_are_valid in [true, false] {
        take_off(&mut bench, "D1");
        bench.pass().await;
        bench.platform.with(|world| world.kitchen("D1", true));
        let Bench { context, platform, target, wanted, .. } = &bench;
        match files_are_valid {
            true => drop(observe(context, None, &**platform, target, wanted).await),
            false => drop(observe_invalid(context, None, &**platform, target, String::new()).await),
        }
        bench.platform.with(|world| world.kitchen("D1", false));
        bench.file_item("D1").in_stock = Field::Unsaid;
        bench.pass().await;
        assert!(!bench.stock("D1"), "the kitchen sold it out");
        bench.platform.with(|world| world.kitchen("D1", true));
    }
}

#[tokio::test(start_paused = true)]
async fn every_put_carries_the_stock_of_the_moment() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D2", false));
    bench.platform.with(|world| world.kitchen("LV0", false));
    bench.price_in_file("NG", 27_000);
    bench.pass().await;
    assert_eq!(bench.calls(), ["GET", "PUT", "GET"]);
    assert_eq!((bench.stock("D2"), bench.stock("LV0"), bench.stock("D3")), (false, false, true));
}

#[tokio::test(start_paused = true)]
async fn stock_set_while_the_menu_waits_is_set_again_when_it_shows() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    take_off(&mut bench, "D1");
    bench.platform.with(|world| {
        world.delay = seconds(40);
        world.kitchen("D4", false);
    });
    bench.platform.before(4, |world| {
        world.kitchen("D2", false);
        world.kitchen("LV3", false);
        world.kitchen("D4", true);
    });
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    let calls = bench.calls();
    assert_eq!(calls[calls.len() - 2..], ["PATCH D2=off,D4=on", "PATCH LV3=off"]);
    assert_eq!(["D1", "D2", "D3", "D4", "LV3"].map(|id| bench.stock(id)), [false, false, true, true, false]);
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn stock_that_the_kitchen_changes_twice_while_the_old_menu_shows_is_not_set() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(5));
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.platform.before(5, |world| world.kitchen("D2", true));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert!(bench.stock("D2"));
    assert!(!bench.calls().iter().any(|call| call.starts_with("PATCH")));
}

#[tokio::test(start_paused = true)]
async fn stock_that_could_not_be_set_again_is_tried_at_the_next_look() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(40));
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.faults(&[Fault::Fine, Fault::Status(503), Fault::Lost]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls().iter().filter(|call| *call == "PATCH D2=off").count(), 3);
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn stock_that_could_not_be_set_again_in_time_is_not_forgotten() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(40));
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.faults(&[&[Fault::Fine][..], &[Fault::Status(503); 30]].concat());
    let outcome = bench.pass().await;
    assert_ne!(outcome.state, OutletState::InSync);
    assert!(outcome.error.unwrap().contains("stock"));
    bench.faults(&[]);
    tokio::time::advance(minutes(40)).await;
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn stock_that_the_platform_will_not_set_again_is_told_and_the_push_ends() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(40));
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.faults(&[&[Fault::Fine][..], &[Fault::Status(404); 30]].concat());
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::Failed));
    assert!(outcome.error.unwrap().contains("stock"));
    assert_eq!(bench.ended(), Some(PushOutcome::Published));
}

#[tokio::test(start_paused = true)]
async fn stock_is_set_again_at_once_also_when_the_menu_shows_something_else() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.platform.with(|world| {
        world.rewriting = Rewriting::Cut(20);
        world.delay = seconds(40);
    });
    bench.platform.before(4, |world| world.kitchen("D2", false));
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    assert!(!bench.stock("D2"));
    let calls = bench.calls();
    let patch = calls.iter().position(|call| call == "PATCH D2=off").unwrap();
    assert!(patch < calls.len() - 1, "not only after it has settled");
}

#[tokio::test(start_paused = true)]
async fn stock_is_set_again_whichever_of_two_payloads_is_published() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(20));
    // The first PUT is carried out, its answer is lost; the second is not carried out.
    bench.faults(&[Fault::LostAfterwards, Fault::Lost, Fault::Lost, Fault::Lost, Fault::Lost]);
    bench.platform.before(3, |world| world.kitchen("D2", false));
    bench.pass().await;
    tokio::time::advance(minutes(1)).await;
    bench.pass().await;
    assert_eq!(bench.ended(), Some(PushOutcome::Published));
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_stock_call_is_found_and_not_repeated() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.faults(&[Fault::LostAfterwards]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PATCH D1=off", "GET", "GET"]);
    bench.file_item("D1").in_stock = Field::Unsaid;
    bench.pass().await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_off_before_a_second_call_failed_is_put_back_later() {
    for fault in [Fault::Status(422), Fault::Status(503)] {
        let mut bench = Bench::in_sync().await;
        take_off(&mut bench, "D1");
        bench.file_variant("LV3").in_stock = Field::Set(false);
        bench.faults(&[&[Fault::Fine][..], &[fault; 9]].concat());
        assert_ne!(bench.pass().await.result, PassResult::Published);
        assert!(!bench.stock("D1"));
        bench.faults(&[]);
        bench.wanted.catalog = warung();
        tokio::time::advance(minutes(31)).await;
        bench.pass().await;
        assert!(bench.stock("D1"), "{fault:?}: we took it off");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_the_kitchen_puts_back_at_once_does_not_block_the_outlet() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.platform.before(3, |world| world.kitchen("D1", true));
    let began = bench.context.clock.now();
    bench.pass().await;
    assert!(bench.context.clock.now().duration_since(began).as_secs() <= 120);
    assert_ne!(bench.ended(), None);
    bench.price_in_file("NG", 27_000);
    bench.pass().await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_was_put_back_while_pushes_were_held_is_the_kitchens_from_then_on() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.pass().await;
    bench.platform.with(|world| world.kitchen("D1", true));
    bench.price_in_file("NG", 250_000);
    assert_eq!(bench.pass().await.result, PassResult::Held);
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.wanted.catalog = warung();
    bench.pass().await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_the_kitchen_takes_off_before_our_menu_does_is_the_kitchens() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(40));
    bench.platform.before(4, |world| world.kitchen("D1", false));
    bench.pass().await;
    bench.wanted.catalog = warung();
    bench.pass().await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn stock_seen_at_the_last_look_before_giving_up_is_set_again() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(20));
    bench.faults(&[Fault::LostAfterwards]);
    bench.platform.before(3, |world| {
        world.app_price("D4", 10_500);
        world.kitchen("D2", false);
    });
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    tokio::time::advance(minutes(1)).await;
    bench.pass().await;
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn a_stock_call_that_a_look_does_not_show_is_planned_afresh_without_a_long_wait() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.pass_until(Crash::Before(2)).await;
    tokio::time::advance(minutes(11)).await;
    bench.calls();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "GET", "PATCH D1=off", "GET"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_kitchen_does_after_the_menu_has_shown_stays() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.price_in_file("D1", 9_000);
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.faults(&[Fault::Lost, Fault::LostAfterwards]);
    // Off before the second payload is made, on again after the menu has been seen with D1 sold out.
    bench.platform.before(3, |world| world.kitchen("D1", false));
    bench.platform.before(7, |world| world.kitchen("D1", true));
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    assert!(bench.stock("D1"));
    assert!(!bench.calls().iter().any(|call| call.starts_with("PATCH")));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_the_kitchen_takes_off_before_a_refused_try_is_repeated_is_the_kitchens() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.price_in_file("NG", 27_000);
    bench.faults(&[Fault::Busy(3)]);
    bench.platform.before(3, |world| world.kitchen("D1", false));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.wanted.catalog = warung();
    bench.pass().await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_the_kitchen_takes_off_before_a_refused_stock_call_is_repeated_is_the_kitchens() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.faults(&[Fault::Busy(3)]);
    bench.platform.before(3, |world| world.kitchen("D1", false));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.calls(), ["GET", "PATCH D1=off", "GET", "GET"]);
    bench.wanted.catalog = warung();
    bench.pass().await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_of_the_kitchens_is_not_ours_because_a_later_try_counts_as_lost() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.file_variant("LV3").in_stock = Field::Set(false);
    bench.faults(&[&[Fault::Busy(3)][..], &[Fault::Lost; 9]].concat());
    bench.platform.before(3, |world| world.kitchen("D1", false));
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    bench.faults(&[]);
    tokio::time::advance(minutes(31)).await;
    bench.pass().await;
    bench.wanted.catalog = warung();
    bench.pass().await;
    assert_eq!(["D1", "LV3"].map(|id| bench.stock(id)), [false, true]);
}

/// A push whose publication put D2 on sale again; the kitchen puts that right itself, and changes its mind a day later.
async fn the_kitchen_changes_its_mind(bench: &Bench, meanwhile: fn(&mut platform::World)) {
    bench.platform.with(|world| world.delay = seconds(40));
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.faults(&[&[Fault::Fine][..], &[Fault::Status(503); 30]].concat());
    assert!(bench.pass().await.error.unwrap().contains("stock"));
    bench.faults(&[]);
    bench.platform.with(|world| world.kitchen("D2", false));
    bench.platform.with(meanwhile);
    bench.pass().await;
    bench.platform.with(|world| world.kitchen("D2", true));
    tokio::time::advance(minutes(60 * 24)).await;
    bench.calls();
    bench.pass().await;
    assert!(bench.stock("D2"), "{:?}", bench.calls());
}

#[tokio::test(start_paused = true)]
async fn stock_that_was_put_right_is_the_kitchens_although_what_was_pushed_is_edited() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    the_kitchen_changes_its_mind(&bench, |world| world.app_price("NG", 28_000)).await;
}

#[tokio::test(start_paused = true)]
async fn stock_that_was_put_right_is_the_kitchens_although_nothing_shows_as_it_was_sent() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    the_kitchen_changes_its_mind(&bench, |world| world.app_price("D4", 11_000)).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_some_stock_was_set_does_not_say_that_nothing_happened() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.file_variant("LV3").in_stock = Field::Set(false);
    bench.faults(&[Fault::Fine, Fault::Status(403)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, bench.stock("D1")), (PassResult::Rejected, false));
    let told = outcome.error.unwrap();
    assert!(!told.contains("as it was") && told.ends_with("the stock of items was set before that"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn what_one_stock_call_took_off_is_ours_though_the_next_one_had_to_be_repeated() {
    let mut bench = Bench::in_sync().await;
    take_off(&mut bench, "D1");
    bench.file_variant("LV3").in_stock = Field::Set(false);
    bench.faults(&[Fault::Fine, Fault::Status(503)]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!((bench.stock("D1"), bench.stock("LV3")), (false, false));
    bench.wanted.catalog = warung();
    bench.pass().await;
    assert_eq!((bench.stock("D1"), bench.stock("LV3")), (true, true));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_was_put_back_while_a_push_waited_is_the_kitchens_from_then_on() {
    for lost in [false, true] {
        let mut bench = Bench::in_sync().await;
        take_off(&mut bench, "D1");
        bench.pass().await;
        bench.calls();
        bench.price_in_file("NG", 27_000);
        bench.platform.with(|world| world.delay = minutes(5));
        bench.platform.before(4, |world| world.kitchen("D1", true));
        bench.platform.before(6, |world| world.kitchen("D1", false));
        if lost {
            bench.pass_until(Crash::Before(2)).await;
        }
        bench.pass().await;
        if lost {
            tokio::time::advance(minutes(31)).await;
            bench.pass().await;
        }
        assert_eq!(bench.ended(), Some(PushOutcome::Published));
        bench.wanted.catalog = warung();
        bench.pass().await;
        assert!(!bench.stock("D1"), "lost: {lost}");
    }
}

/// A push whose answer is lost, and which is published after five minutes; meanwhile the kitchen takes D2 off sale.
async fn an_unanswered_push_overwrites_stock(bench: Bench, then: fn(&mut platform::World)) -> Bench {
    bench.platform.with(|world| world.delay = minutes(5));
    bench.faults(&[Fault::LostAfterwards]);
    // An edit beside it, so that it is not sent again.
    bench.platform.before(3, |world| world.app_price("N1", 21_000));
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    bench.calls();
    bench.platform.before(2, |world| world.kitchen("D2", false));
    tokio::time::advance(minutes(4)).await;
    bench.platform.before(4, then);
    bench.pass().await;
    bench
}

#[tokio::test(start_paused = true)]
async fn stock_is_set_again_when_a_push_that_nobody_accepted_shows_as_something_else() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    let bench = an_unanswered_push_overwrites_stock(bench, |_| {}).await;
    assert!(!bench.stock("D2"));
    assert_eq!(bench.ended(), Some(PushOutcome::Nonconvergent));
}

#[tokio::test(start_paused = true)]
async fn a_dish_stays_sold_out_where_a_publication_cannot_be_told_from_an_edit() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.kitchen("D4", false));
    let bench = an_unanswered_push_overwrites_stock(bench, |world| {
        // What was published is edited before anybody has looked.
        world.app_price("NG", 28_000);
        world.kitchen("D3", false);
    })
    .await;
    assert_eq!(["D2", "D3", "D4"].map(|id| bench.stock(id)), [false; 3], "{:?}", bench.calls());
}

#[tokio::test(start_paused = true)]
async fn a_dish_stays_sold_out_although_nothing_shows_of_the_push_that_put_it_on_sale() {
    let edits: [fn(&mut Bench); 2] = [
        |bench| bench.file_item("NG").description = text("Telur mata sapi dan kerupuk"),
        |bench| bench.file_item("NG").image = text("https://img.example.com/new.png"),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut bench = Bench::new();
        bench.platform.with(|world| {
            world.images_tell = false;
            world.rewriting = Rewriting::Cut("Telur mata sapi".len());
        });
        bench.pass().await;
        bench.calls();
        bench.platform.with(|world| {
            world.delay = minutes(2);
            world.kitchen("D4", false);
        });
        edit(&mut bench);
        bench.platform.before(4, |world| {
            world.kitchen("D2", false);
            world.kitchen("D4", true);
        });
        bench.pass().await;
        assert!(!bench.stock("D2"), "{number}: {:?}", bench.calls());
        // Whether the publication took this off, or the kitchen, nobody knows.
        assert!(!bench.stock("D4"), "{number}");
    }
}

/// A push of a text that is cut to what it was puts D2 on sale again, and every call that would put that right fails so.
async fn stock_stays_overwritten_in_doubt(fault: Fault) -> (Bench, Outcome) {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| {
        world.rewriting = Rewriting::Cut("Telur mata sapi".len());
        world.delay = minutes(2);
    });
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    bench.platform.before(4, |world| world.kitchen("D2", false));
    bench.faults(&[&[Fault::Fine][..], &[fault; 30]].concat());
    let outcome = bench.pass().await;
    assert!(bench.calls().contains(&"PATCH D2=off".to_owned()));
    (bench, outcome)
}

#[tokio::test(start_paused = true)]
async fn stock_that_could_not_be_set_in_doubt_is_told_and_tried_by_the_next_pass() {
    let (bench, outcome) = stock_stays_overwritten_in_doubt(Fault::Status(503)).await;
    assert_eq!(outcome.result, PassResult::Failed);
    let told = outcome.error.unwrap();
    assert!(told.starts_with("what was sold out could not be set so again: PATCH"), "{told}");
    bench.faults(&[]);
    bench.pass().await;
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn stock_that_the_platform_will_not_set_in_doubt_does_not_end_the_waiting() {
    let (_, outcome) = stock_stays_overwritten_in_doubt(Fault::Status(404)).await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Timeout, OutletState::Unknown));
    assert!(outcome.error.unwrap().starts_with("accepted by GoFood, not visible after 600 s;"));
}

/// A push of this edit whose first two calls get no answer. The kitchen takes D2 off before the second one; `then` comes
/// before the third one.
async fn pushed_at_the_third_try(edit: fn(&mut Item), first: Fault, then: fn(&mut platform::World)) -> Bench {
    let mut bench = Bench::in_sync().await;
    edit(bench.file_item("NG"));
    bench.platform.with(|world| {
        world.rewriting = Rewriting::Cut("Telur mata sapi".len());
        world.delay = seconds(1);
    });
    bench.faults(&[first, Fault::Lost]);
    bench.platform.before(3, |world| world.kitchen("D2", false));
    bench.platform.before(5, then);
    bench.pass().await;
    bench
}

#[tokio::test(start_paused = true)]
async fn a_repetition_takes_a_dish_off_sale_that_an_unseen_publication_may_have_put_back() {
    let edit = |item: &mut Item| item.description = text("Telur mata sapi dan kerupuk");
    let bench = pushed_at_the_third_try(edit, Fault::LostAfterwards, |_| {}).await;
    assert_eq!(bench.calls()[..6], ["GET", "PUT", "GET", "PUT", "GET", "PUT"]);
    assert!(!bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn a_repetition_leaves_a_dish_on_sale_that_the_kitchen_has_put_back() {
    let edit = |item: &mut Item| item.price = Field::Set(Price(27_000));
    let bench = pushed_at_the_third_try(edit, Fault::Lost, |world| world.kitchen("D2", true)).await;
    assert_eq!(bench.calls(), ["GET", "PUT", "GET", "PUT", "GET", "PUT", "GET", "GET"]);
    assert!(bench.stock("D2"));
}

#[tokio::test(start_paused = true)]
async fn a_dish_that_was_put_back_after_the_menu_has_shown_is_the_kitchens_from_then_on() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.rewriting = Rewriting::Cut(20));
    bench.file_item("NG").description = text("Telur mata sapi dan kerupuk");
    take_off(&mut bench, "D1");
    bench.platform.before(4, |world| world.kitchen("D1", true));
    bench.platform.before(5, |world| world.kitchen("D1", false));
    assert_eq!(bench.pass().await.result, PassResult::Nonconvergent);
    bench.file_item("D1").in_stock = Field::Unsaid;
    bench.pass().await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn stock_that_no_stock_call_may_carry_goes_with_the_menu_once() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D2", false));
    take_off(&mut bench, "D1");
    bench.file_variant("LV3").in_stock = Field::Set(false);
    bench.faults(&[Fault::Fine, Fault::Status(422)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    let told = outcome.error.unwrap();
    assert!(told.ends_with("the stock goes with a push of the whole menu instead"), "{told}");
    let calls = bench.calls();
    assert_eq!(calls[..5], ["GET", "PATCH D1=off", "PATCH LV3=off", "GET", "PUT"]);
    assert!(calls[5..].iter().all(|call| call == "GET"), "{calls:?}");
    assert!(!bench.stock("D1") && !bench.stock("D2"));
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);

    bench.wanted.catalog = warung();
    bench.faults(&[Fault::Status(404), Fault::Status(422)]);
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Rejected, OutletState::Failed));
    assert_eq!(bench.calls(), ["GET", "PATCH D1=on", "GET", "PUT"], "not once more");
    assert!(!bench.stock("D2"), "the kitchen took it off");
}
