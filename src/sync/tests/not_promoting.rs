//! When no promotion is made or ended, and what is said of one that GoFood has and shows in another way than it was sent.

use super::{
    platform::PromoFault,
    promoting::{day, detail, results, wanted},
    *,
};
use crate::{
    catalog::PromoDetail,
    plan::PromotionStage,
    policy::Guard,
    schedule::{Cron, Recurrence, Window, WindowKind},
    state::Pause,
};

/// For an hour from this minute of the clock of Jakarta no push goes out.
fn closed(from: &str) -> Vec<Window> {
    let times = Recurrence { schedule: Cron::parse(from).unwrap(), duration: minutes(60) };
    vec![Window { kind: WindowKind::Deny, times, outlets: Vec::new() }]
}

/// `gajian` runs, and the files give its menu another name, which a person has let through.
async fn renaming() -> Bench {
    let mut bench = Bench::promoted().await;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    bench.options.released.insert(Guard::Promotion);
    bench.platform.with(|world| world.delay = Duration::ZERO);
    bench
}

#[tokio::test(start_paused = true)]
async fn windows_and_pauses_hold_promotions_as_they_hold_pushes() {
    for (declared, done_then) in
        [(vec![wanted("gajian", detail("NG", 19_000))], ("gajian", "replaced")), (vec![], ("gajian", "ended"))]
    {
        let mut bench = Bench::promoted().await;
        bench.declare(declared);
        bench.wanted.windows = closed("0 10 * * *");
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Queued, OutletState::Queued));
        bench.wanted.windows.clear();
        bench.pause_for(None);
        assert_eq!(bench.pass().await.state, OutletState::Paused);
        assert_eq!(bench.promo_verbs(), ["LIST", "LIST"]);
        done(bench.context.state.set_pause("G1", None)).unwrap();
        bench.wanted.paused = true;
        assert_eq!(bench.pass().await.state, OutletState::Paused);
        assert_eq!(bench.promo_verbs(), [""; 0]);
        bench.assert_just(&[detail("NG", 20_000)]);
        bench.wanted.paused = false;
        assert_eq!(results(&bench.pass().await), [done_then]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_that_closes_meanwhile_lets_none_begin_and_what_was_ended_for_another_is_made_all_the_same() {
    let mut bench = Bench::promoted().await;
    bench.declare([wanted("gajian", detail("NG", 19_000)), wanted("alpukat", detail("D1", 6_000))]);
    bench.wanted.windows = closed("5 10 * * *");
    bench.platform.with(|world| world.promo_delay = minutes(2));
    assert_eq!(results(&bench.pass().await), [("gajian", "replaced")]);
    bench.assert_just(&[detail("NG", 19_000)]);
    bench.platform.with(|world| world.promo_delay = Duration::ZERO);
    assert_eq!(bench.pass().await.state, OutletState::Queued);
    tokio::time::sleep(minutes(61)).await;
    assert_eq!(results(&bench.pass().await), [("alpukat", "created")]);
}

#[tokio::test(start_paused = true)]
async fn what_was_ended_for_a_push_is_made_again_after_it_though_its_window_has_closed() {
    let mut bench = renaming().await;
    bench.declare([wanted("gajian", detail("NG", 20_000)), wanted("alpukat", detail("D1", 6_000))]);
    bench.wanted.windows = closed("9 10 * * *");
    bench.platform.with(|world| world.promo_delay = minutes(2));
    assert_eq!(results(&bench.pass().await), [("gajian", "replaced")]);
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn what_the_kitchen_does_while_one_ends_for_a_push_stays_done() {
    let bench = renaming().await;
    bench.platform.with(|world| {
        world.kitchen("N2", false);
        world.while_ending = Some(Box::new(|world| {
            world.kitchen("D1", false);
            world.kitchen("N2", true);
        }));
    });
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Published, vec![("gajian", "replaced")]));
    assert_eq!((bench.stock("D1"), bench.stock("N2")), (false, true));
    assert!(!bench.calls().contains(&"PATCH".to_owned()), "it was never on sale meanwhile");
    // What was sold out by the kitchen is not ours to put back.
    bench.pass().await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn what_is_edited_in_the_app_while_one_ends_for_a_push_is_not_overwritten() {
    let bench = renaming().await;
    bench.platform.with(|world| {
        world.while_ending = Some(Box::new(|world| world.app_price("D1", 9_900)));
    });
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Failed);
    assert_eq!(results(&outcome), [("gajian", "ended")]);
    let why = outcome.error.unwrap();
    assert!(why.contains("was edited elsewhere while promotions ended"), "{why}");
    assert!(why.contains("items/D1/price is not as it was"), "{why}");
    assert!(why.ends_with("; ended for this push: “gajian” of NG"), "{why}");
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Published, vec![("gajian", "created")]));
    assert_eq!(bench.live_price("D1"), Some(9_900));
    bench.assert_just(&[detail("NG", 20_000)]);
}

/// What is not compared, so that no plan says a word of it.
#[tokio::test(start_paused = true)]
async fn what_no_plan_compares_is_sent_as_it_is_when_the_end_has_shown() {
    let bench = renaming().await;
    let picture = text("https://cdn.example.com/from-the-app.png");
    let uploaded = picture.clone();
    bench.platform.with(|world| {
        world.while_ending = Some(Box::new(move |world| world.item("D1").image = uploaded));
    });
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.platform.with(|world| world.item("D1").image.clone()), picture);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_made_in_the_app_while_ours_ends_is_not_ended_by_the_push() {
    let bench = renaming().await;
    bench.platform.with(|world| {
        world.while_ending = Some(Box::new(|world| world.promote(detail("N1", 12_000))));
    });
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Failed, vec![("gajian", "ended")]));
    let why = outcome.error.unwrap();
    assert!(why.contains("guard `promotion`: a promotion on “Nasi 1” (N1)"), "{why}");
    assert!(!bench.calls().contains(&"PUT".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_read_after_an_end_lets_nothing_out() {
    use PromoFault::{Fine, Status};
    let bench = renaming().await;
    bench.promo_faults(&[Fine, Fine, Fine, Status(503)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Failed, vec![("gajian", "ended")]));
    assert!(outcome.error.unwrap().contains("the promotions of this outlet cannot be listed"));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    assert_eq!(results(&bench.pass().await), [("gajian", "created")]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_behind_an_end_that_was_seen_ends_nothing_again() {
    let bench = renaming().await;
    bench.platform.with(|world| world.lists_ended = true);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.promo_verbs().iter().filter(|verb| *verb == "END").count(), 1);
    bench.assert_just(&[detail("NG", 20_000)]);
}

/// The menu of `gajian` on `NG` and `murah` on `N1` gets another name, which a person has let through.
async fn renaming_two() -> Bench {
    let mut bench = renaming().await;
    bench.wanted.catalog.menus[0].name = "Nasi".to_owned();
    bench.declare([wanted("gajian", detail("NG", 20_000)), wanted("murah", detail("N1", 12_000))]);
    bench.pass().await;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    bench.calls();
    bench.promo_calls();
    bench
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_while_one_ends_lets_nothing_else_out() {
    let bench = renaming_two().await;
    let (state, since) = (bench.context.state.clone(), bench.context.clock.now());
    bench.platform.with(|world| {
        let pause = move |_: &mut _| done(state.set_pause("G1", Some(Pause { since, until: None }))).unwrap();
        world.while_ending = Some(Box::new(pause));
    });
    let outcome = bench.pass().await;
    assert_eq!((outcome.state, results(&outcome)), (OutletState::Paused, vec![("gajian", "ended")]));
    assert!(outcome.error.unwrap().ends_with("; ended for this push: “gajian” of NG"));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    bench.assert_just(&[detail("N1", 12_000)]);
    done(bench.context.state.set_pause("G1", None)).unwrap();
    let outcome = bench.pass().await;
    assert_eq!(results(&outcome), [("gajian", "created"), ("murah", "replaced")]);
    bench.assert_just(&[detail("NG", 20_000), detail("N1", 12_000)]);
    // Nor is one ended that the files have lost.
    let mut bench = Bench::in_sync().await;
    bench.declare([wanted("gajian", detail("NG", 20_000)), wanted("murah", detail("N1", 12_000))]);
    bench.pass().await;
    bench.declare([]);
    let (state, since) = (bench.context.state.clone(), bench.context.clock.now());
    bench.platform.with(|world| {
        let pause = move |_: &mut _| done(state.set_pause("G1", Some(Pause { since, until: None }))).unwrap();
        world.while_ending = Some(Box::new(pause));
    });
    assert_eq!(results(&bench.pass().await), [("gajian", "ended")]);
    bench.assert_just(&[detail("N1", 12_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_window_that_closes_while_one_ends_keeps_the_push_back() {
    let mut bench = renaming().await;
    bench.wanted.windows = closed("5 10 * * *");
    bench.platform.with(|world| world.promo_delay = minutes(2));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Queued, OutletState::Queued));
    assert_eq!(results(&outcome), [("gajian", "ended")]);
    assert!(outcome.opens_at.is_some());
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    tokio::time::sleep(minutes(61)).await;
    assert_eq!(results(&bench.pass().await), [("gajian", "created")]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wants_any_more_ends_no_second_one() {
    let mut bench = renaming_two().await;
    let (withdraw, withdrawn) = watch::channel(false);
    bench.options.withdrawn = Some(withdrawn);
    bench.platform.with(|world| {
        world.while_ending = Some(Box::new(move |_| {
            withdraw.send_replace(true);
        }));
    });
    let outcome = bench.pass().await;
    assert!(!outcome.was_withdrawn(), "something was sent: {outcome:?}");
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Failed, vec![("gajian", "ended")]));
    let why = "given up, as the program stops or the files have changed; ended for this push: “gajian” of NG";
    assert_eq!(outcome.error.as_deref(), Some(why));
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    bench.assert_just(&[detail("N1", 12_000)]);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_told_though_a_second_one_is_refused_or_the_push_is() {
    use PromoFault::{Fine, Status};
    let bench = renaming_two().await;
    bench.promo_faults(&[Fine, Fine, Fine, Status(422)]);
    let outcome = bench.pass().await;
    assert_eq!(results(&outcome), [("gajian", "ended"), ("murah", "refused")]);
    let why = outcome.error.unwrap();
    assert!(why.starts_with("promotion “murah” of N1 could not be ended: "), "{why}");
    assert!(why.ends_with("; the menu was not pushed; ended for this push: “gajian” of NG"), "{why}");
    assert!(!bench.calls().contains(&"PUT".to_owned()));
    let bench = renaming().await;
    bench.faults(&[Fault::Refused("name: is too long")]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Rejected, vec![("gajian", "ended")]));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_leaves_promotions_alone() {
    let mut bench = Bench::promoted().await;
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.declare([wanted("gajian", detail("NG", 19_000)), wanted("alpukat", detail("D1", 6_000))]);
    bench.promo_calls();
    bench.back_to(1);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!((bench.promo_calls(), bench.live_price("NG")), (Vec::new(), Some(25_000)));
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn another_account_touches_none_before_it_was_let_in() {
    let mut bench = Bench::promoted().await;
    bench.wanted.policy.account = Some("sari".into());
    bench.price_in_file("D1", 9_000);
    for declared in [vec![], vec![wanted("gajian", detail("NG", 19_000))]] {
        bench.declare(declared);
        assert_eq!(bench.pass().await.state, OutletState::Held);
        bench.assert_just(&[detail("NG", 20_000)]);
        assert_eq!(bench.promo_calls(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn older_files_with_another_account_show_none_either() {
    let mut bench = Bench::in_sync().await;
    let before = bench.wanted.clone();
    bench.declare([wanted("gajian", detail("NG", 20_000))]);
    for (account, steps) in [(None, 1), (Some("sari"), 0)] {
        bench.wanted.policy.account = account.map(Arc::from);
        let mut plan = bench.examined().await.plan;
        let moment = Moment::new(bench.context.clock.now(), &bench.context.peers);
        compare_promotions(&mut plan, Some(&before), &bench.wanted, moment);
        assert_eq!(plan.promotions.steps.len(), steps, "{account:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_push_has_ended_is_drift() {
    let mut bench = Bench::promoted().await;
    bench.price_in_file("D1", 9_000);
    bench.platform.before(3, |world| world.promos[0].is_ended = true);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::Drifted));
    assert_eq!(bench.happened().last().unwrap(), "gajian ended elsewhere");
    assert_eq!(bench.calls()[..3], ["GET", "GET", "PUT"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_names_what_was_there_before_makes_it_not_ours() {
    use PromoFault::{Fine, HangsBefore, NamesAnother};
    for dies in [false, true] {
        let mut bench = Bench::promoting().await;
        let theirs = PromoDetail { end_date: day("2027-02-27"), ..detail("NG", 21_000) };
        bench.platform.with(|world| world.promote(theirs));
        if dies {
            bench.passes_die_at(&[Fine, NamesAnother, HangsBefore]).await;
            assert_eq!(bench.stages(), [PromotionStage::Made]);
        } else {
            bench.promo_faults(&[Fine, NamesAnother]);
            assert_eq!(results(&bench.pass().await), [("gajian", "refused")]);
        }
        let outcome = bench.pass().await;
        assert_eq!((outcome.state, bench.stages()), (OutletState::Nonconvergent, vec![PromotionStage::Refused]));
        let why = outcome.error.unwrap();
        assert!(why.contains("it answered with the promotion foreign-0, which was there before"), "{why}");
        assert_eq!(outcome.plan.unwrap().promotions.foreign, 1);
        bench.declare([]);
        bench.pass().await;
        // Nor was that one ended.
        bench.assert_just(&[]);
        assert!(!bench.platform.with(|world| world.promos[0].is_ended));
    }
}

/// Killed before it looked at the promotion that the answer named, which was there before.
async fn answered_with_another() -> Bench {
    use PromoFault::{Fine, HangsBefore, NamesAnother};
    let bench = Bench::promoting().await;
    let theirs = PromoDetail { end_date: day("2027-03-27"), ..detail("NG", 21_000) };
    bench.platform.with(|world| world.promote(theirs));
    bench.passes_die_at(&[Fine, NamesAnother, HangsBefore]).await;
    assert_eq!(bench.stages(), [PromotionStage::Made]);
    bench.promo_calls();
    bench
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_ended_for_nothing_that_the_files_want() {
    let ends = |bench: &Bench| bench.promo_calls().iter().any(|call| call.starts_with("END"));
    // A push that touches its dish, and that a person has let through.
    let mut bench = answered_with_another().await;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    bench.options.released.insert(Guard::Promotion);
    bench.platform.with(|world| world.delay = Duration::ZERO);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert!(!ends(&bench));
    // No look shows it, and the files want something else or nothing.
    for declared in [vec![], vec![wanted("gajian", detail("NG", 19_000))]] {
        let mut bench = answered_with_another().await;
        bench.platform.with(|world| world.hides_promos = true);
        bench.declare(declared);
        bench.pass().await;
        bench.platform.with(|world| world.hides_promos = false);
        bench.pass().await;
        assert!(!ends(&bench));
    }
    // The machine was off until ours would have been over, and the files give the name new dates.
    let mut bench = answered_with_another().await;
    bench.context.clock = Clock::starting_at("2027-03-05T03:00:00Z".parse().unwrap());
    let march = PromoDetail { start_date: day("2027-03-10"), end_date: day("2027-03-12"), ..detail("NG", 19_000) };
    bench.declare([wanted("gajian", march.clone())]);
    let outcome = bench.pass().await;
    assert_eq!(results(&outcome), [("gajian", "created")]);
    assert_eq!(outcome.plan.unwrap().promotions.foreign, 1);
    bench.assert_just(&[march]);
}

#[tokio::test(start_paused = true)]
async fn what_has_come_before_a_call_is_repeated_is_not_ours_either() {
    use PromoFault::{Fine, Lost, NamesAnother};
    let mut bench = Bench::promoting().await;
    bench.promo_faults(&[&[Fine][..], &[Lost, Fine].repeat(5)].concat());
    bench.pass().await;
    assert_eq!(bench.stages(), [PromotionStage::Creating]);
    bench.platform.with(|world| world.promote(PromoDetail { end_date: day("2027-03-27"), ..detail("NG", 21_000) }));
    bench.promo_faults(&[Fine, Fine, NamesAnother]);
    assert_eq!(results(&bench.pass().await), [("gajian", "refused")]);
    bench.declare([]);
    bench.pass().await;
    assert!(!bench.platform.with(|world| world.promos[0].is_ended));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_as_made_under_the_id_of_another_one() {
    use PromoFault::{Fine, NamesAnother, Status};
    let bench = Bench::promoting().await;
    bench.platform.with(|world| world.promote(PromoDetail { end_date: day("2027-03-27"), ..detail("NG", 21_000) }));
    bench.promo_faults(&[Fine, NamesAnother, Status(503)]);
    bench.pass().await;
    assert_eq!(bench.happened(), ["gajian refused by c0ffee"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_ours_under_another_name_is_not_counted_as_made_elsewhere() {
    use PromoFault::{Fine, HangsBefore, NamesAnother};
    let mut bench = Bench::promoted().await;
    let march = PromoDetail { start_date: day("2027-03-10"), end_date: day("2027-03-12"), ..detail("NG", 19_000) };
    bench.declare([wanted("gajian", detail("NG", 20_000)), wanted("maret", march)]);
    bench.passes_die_at(&[Fine, NamesAnother, HangsBefore]).await;
    let plan = bench.examined().await.plan;
    assert_eq!(plan.promotions.foreign, 0);
}

#[tokio::test(start_paused = true)]
async fn what_gofood_shows_otherwise_is_named_and_left_alone_until_the_files_change() {
    let mut bench = Bench::promoting().await;
    bench.platform.with(|world| world.promos_end = Some(day("2027-02-27")));
    for told in [vec![("gajian", "unverified")], vec![]] {
        let outcome = bench.pass().await;
        assert_eq!((outcome.state, results(&outcome)), (OutletState::Nonconvergent, told));
        let why = outcome.error.unwrap();
        assert!(why.contains("GoFood shows end_date 2027-02-27 instead of 2027-02-28"), "{why}");
    }
    assert_eq!(bench.promo_verbs(), ["LIST", "CREATE", "LOOK", "LIST", "LOOK", "LIST", "LOOK"]);
    bench.platform.with(|world| world.promos_end = None);
    bench.declare([wanted("gajian", detail("NG", 19_000))]);
    assert_eq!(results(&bench.pass().await), [("gajian", "replaced")]);
    bench.assert_just(&[detail("NG", 19_000)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_and_does_not_show_is_looked_for_and_never_asked_for_again() {
    let bench = Bench::promoting().await;
    bench.platform.with(|world| world.hides_promos = true);
    let outcome = bench.pass().await;
    assert_eq!((outcome.state, results(&outcome)), (OutletState::Nonconvergent, vec![("gajian", "unverified")]));
    for _ in 0..3 {
        tokio::time::sleep(minutes(25 * 60)).await;
        let outcome = bench.pass().await;
        assert_eq!(outcome.state, OutletState::Nonconvergent);
        assert!(outcome.error.unwrap().contains("it is only looked for, never sent again"));
    }
    assert_eq!(bench.promo_verbs().iter().filter(|verb| *verb == "CREATE").count(), 1);
    bench.platform.with(|world| world.hides_promos = false);
    assert_eq!((bench.pass().await.state, bench.stages()), (OutletState::InSync, vec![PromotionStage::Seen]));
    bench.assert_just(&[detail("NG", 20_000)]);
}
