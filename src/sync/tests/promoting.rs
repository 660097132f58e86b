//! Promotions that the files declare: made once, whatever happens to the calls, and ended before anything takes their place.

use std::sync::atomic::AtomicBool;

use jiff::civil::{Date, Time};

use super::{
    platform::{Call, Promo, PromoFault, World},
    *,
};
use crate::{
    catalog::{Path, PromoDetail, WantedPromotion},
    plan::{PromotionEvent, PromotionOp, PromotionRecord, PromotionStage, PromotionStep},
    policy::{DriftPolicy, Guard, PromotionPolicy},
    report::PromotionCounts,
    state::OutletUpdate,
};

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn detail(item: &str, price: i64) -> PromoDetail {
    PromoDetail {
        external_menu_id: item.into(),
        selling_price: Price(price),
        start_date: day("2027-02-25"),
        end_date: day("2027-02-28"),
        start_time: None,
        end_time: None,
        applicable_days: Vec::new(),
    }
}

pub(super) fn wanted(name: &str, detail: PromoDetail) -> WantedPromotion {
    let (prices, least_discount) = (vec![Price(25_000)], 5);
    WantedPromotion { name: name.to_owned(), detail, prices, least_discount, begins_by_today: false, is_over: false }
}

impl Bench {
    /// In sync, and the files declare `gajian` on `NG`.
    pub(super) async fn promoting() -> Self {
        let mut bench = Self::in_sync().await;
        bench.declare([wanted("gajian", detail("NG", 20_000))]);
        bench
    }

    /// The same, and it has been made.
    pub(super) async fn promoted() -> Self {
        let bench = Self::promoting().await;
        assert_eq!(bench.pass().await.result, PassResult::Published);
        bench.platform.take_log();
        bench.promo_calls();
        bench
    }

    pub(super) fn declare(&mut self, promotions: impl IntoIterator<Item = WantedPromotion>) {
        self.wanted.catalog.promotions = promotions.into_iter().collect();
        self.wanted.policy.promotions = match self.wanted.catalog.promotions.is_empty() {
            true => PromotionPolicy::Unsaid,
            false => PromotionPolicy::Manage,
        };
    }

    pub(super) fn promo_calls(&self) -> Vec<String> {
        self.platform.with(|world| std::mem::take(&mut world.promo_log))
    }

    /// The verbs alone.
    pub(super) fn promo_verbs(&self) -> Vec<String> {
        self.promo_calls().iter().map(|call| call.split(' ').next().unwrap().to_owned()).collect()
    }

    pub(super) fn promo_faults(&self, faults: &[PromoFault]) {
        self.platform.with(|world| world.promo_faults = faults.iter().copied().collect());
    }

    fn ours(&self) -> Vec<Promo> {
        self.platform.with(|world| world.our_promos().into_iter().cloned().collect())
    }

    pub(super) fn assert_just(&self, expected: &[PromoDetail]) {
        let ours: Vec<PromoDetail> = self.ours().into_iter().map(|promo| promo.detail).collect();
        assert_eq!(ours, expected);
        assert_eq!(self.platform.with(|world| world.violations.clone()), [""; 0]);
    }

    /// What is told of promotions, oldest first, each with its commit where there is one.
    pub(super) fn happened(&self) -> Vec<String> {
        let rows = done(self.context.state.promotion_events(None, 99)).unwrap();
        let told = rows.iter().rev().map(|row| serde_json::from_str::<PromotionEvent>(&row.event).unwrap());
        let words = |event: PromotionEvent| {
            let PromotionEvent { result, name, revision, .. } = event;
            let commit = revision.map(|revision| format!(" by {revision}")).unwrap_or_default();
            format!("{name} {}{commit}", result.as_str())
        };
        told.map(words).collect()
    }

    fn counts(&self) -> Option<PromotionCounts> {
        let now = self.context.clock.now().to_zoned(self.wanted.policy.timezone.clone()).datetime();
        PromotionCounts::of(&self.recalled().promotions, 0, now)
    }

    pub(super) fn stages(&self) -> Vec<PromotionStage> {
        self.recalled().promotions.iter().map(|record| record.stage).collect()
    }

    pub(super) async fn passes_die_at(&self, faults: &[PromoFault]) {
        self.promo_faults(faults);
        let pass = tokio::time::timeout(minutes(60), self.pass()).await;
        assert!(pass.is_err(), "{:?}", pass.unwrap());
        self.promo_faults(&[]);
    }
}

pub(super) fn results(outcome: &Outcome) -> Vec<(&str, &str)> {
    outcome.promotions.iter().map(|result| (result.name.as_str(), result.result)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_the_files_declare_is_made_once() {
    let bench = Bench::promoting().await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(results(&outcome), [("gajian", "created")]);
    assert_eq!(bench.promo_verbs(), ["LIST", "CREATE", "LOOK", "LIST"]);
    assert_eq!(bench.calls(), ["GET", "GET"], "the menu is left alone");
    bench.assert_just(&[detail("NG", 20_000)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
    assert_eq!(bench.promo_verbs(), ["LIST"]);
}

#[tokio::test(start_paused = true)]
async fn an_outlet_without_promotions_is_asked_nothing() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 26_000);
    bench.pass().await;
    bench.wanted.policy.promotions = PromotionPolicy::Off;
    bench.wanted.catalog.promotions = vec![wanted("gajian", detail("NG", 20_000))];
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.promo_calls(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_menu_goes_first_and_nothing_is_made_where_it_is_refused() {
    let mut bench = Bench::promoting().await;
    bench.price_in_file("NG", 26_000);
    bench.faults(&[Fault::Refused("no such price")]);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Rejected);
    assert_eq!(bench.promo_verbs(), ["LIST"]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(results(&outcome), [("gajian", "created")]);
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    use PromoFault::{Fine, Lost, LostAfterwards, Status};
    for fault in [Lost, LostAfterwards, Status(503)] {
        let bench = Bench::promoting().await;
        bench.promo_faults(&[Fine, fault]);
        let outcome = bench.pass().await;
        assert_eq!(outcome.result, PassResult::Published, "{fault:?}: {outcome:?}");
        let creates: Vec<String> = bench.promo_calls().into_iter().filter(|call| call.starts_with("CREATE")).collect();
        // What was carried out is found before it is asked for again.
        assert_eq!(creates.len(), if fault == LostAfterwards { 1 } else { 2 }, "{creates:?}");
        assert_eq!(creates.first(), creates.last());
        bench.assert_just(&[detail("NG", 20_000)]);
    }
    // However long nobody answers, the key stays the same.
    let bench = Bench::promoting().await;
    bench.promo_faults(&[&[Fine][..], &[Lost, Fine].repeat(5)].concat());
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    assert_eq!(bench.stages(), [PromotionStage::Creating]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    let mut creates: Vec<String> = bench.promo_calls().into_iter().filter(|call| call.starts_with("CREATE")).collect();
    assert_eq!(creates.len(), 6);
    creates.dedup();
    assert_eq!(creates.len(), 1);
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_is_killed_at_any_call_leaves_one_promotion() {
    use PromoFault::{Fine, HangsAfterwards, HangsBefore};
    for calls in 0..4 {
        for hang in [HangsBefore, HangsAfterwards] {
            let bench = Bench::promoting().await;
            bench.passes_die_at(&[&vec![Fine; calls][..], &[hang]].concat()).await;
            let outcome = bench.pass().await;
            assert_eq!(outcome.state, OutletState::InSync, "{calls} {hang:?}: {outcome:?}");
            bench.assert_just(&[detail("NG", 20_000)]);
            assert_eq!(bench.stages(), [PromotionStage::Seen]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replacement_is_seen_to_end_before_the_new_one_is_made() {
    let mut bench = Bench::promoted().await;
    bench.declare([wanted("gajian", detail("NG", 19_000))]);
    let plan = bench.examined().await.plan;
    let ops: Vec<PromotionOp> = plan.promotions.steps.iter().map(|step| step.op).collect();
    assert_eq!(ops, [PromotionOp::Replace]);
    bench.promo_calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Published, vec![("gajian", "replaced")]));
    assert_eq!(bench.promo_verbs(), ["LIST", "END", "LOOK", "CREATE", "LOOK", "LIST"]);
    bench.assert_just(&[detail("NG", 19_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_is_killed_or_refused_midway_never_leaves_two() {
    use PromoFault::{Fine, HangsAfterwards, HangsBefore, Lost, LostAfterwards, Status};
    for calls in 0..6 {
        for fault in [HangsBefore, HangsAfterwards, Lost, LostAfterwards, Status(422), Status(503)] {
            let mut bench = Bench::promoted().await;
            bench.declare([wanted("gajian", detail("NG", 19_000))]);
            bench.promo_faults(&[&vec![Fine; calls][..], &[fault]].concat());
            let _ = tokio::time::timeout(minutes(60), bench.pass()).await;
            bench.promo_faults(&[]);
            assert!(bench.ours().len() <= 1, "{calls} {fault:?}");
            for _ in 0..3 {
                bench.pass().await;
            }
            assert_eq!(bench.platform.with(|world| world.violations.clone()), [""; 0], "{calls} {fault:?}");
            // What the platform refused for good is not sent again.
            let is_refused = bench.stages() == [PromotionStage::Refused];
            if !is_refused {
                bench.assert_just(&[detail("NG", 19_000)]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_files_lose_is_ended_and_named_again_is_made_with_another_key() {
    let mut bench = Bench::promoted().await;
    bench.declare([]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Published, vec![("gajian", "ended")]));
    bench.assert_just(&[]);
    bench.promo_calls();
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.promo_calls(), [""; 0], "nothing of ours is open");
    bench.declare([wanted("gajian", detail("NG", 20_000))]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.assert_just(&[detail("NG", 20_000)]);
    assert_eq!(bench.recalled().promotions[0].generation, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_ended_elsewhere_is_told_and_made_again_only_where_the_files_win() {
    let end = |bench: &Bench| {
        bench.platform.with(|world| world.promos.iter_mut().for_each(|promo| promo.is_ended = true));
        bench.promo_calls();
    };
    let mut bench = Bench::promoted().await;
    end(&bench);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Drifted));
    assert_eq!(bench.promo_verbs(), ["LIST", "LOOK"]);
    bench.pass().await;
    assert_eq!(bench.happened(), ["gajian created by c0ffee", "gajian ended elsewhere"], "told once");
    assert_eq!(bench.counts(), None);
    bench.wanted.policy.drift = DriftPolicy::Revert;
    for again in 1..=3 {
        let outcome = bench.pass().await;
        assert_eq!(results(&outcome), [("gajian", "created")], "{again}");
        bench.assert_just(&[detail("NG", 20_000)]);
        tokio::time::sleep(minutes(5)).await;
        end(&bench);
    }
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Drifted), "contested");
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_word_for_word_and_holds_until_something_changes() {
    use PromoFault::{Fine, Refused};
    let mut bench = Bench::promoting().await;
    bench.promo_faults(&[Fine, Refused]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Nonconvergent, OutletState::Nonconvergent));
    assert_eq!(outcome.promotions[0].error.as_deref(), Some("Discount is below the minimum"));
    bench.promo_calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Nonconvergent, OutletState::Nonconvergent));
    assert!(outcome.error.unwrap().contains("Discount is below the minimum"));
    assert_eq!(bench.promo_verbs(), ["LIST"]);
    bench.price_in_file("NG", 30_000);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published, "{outcome:?}");
    let outcome = bench.pass().await;
    assert_eq!(outcome.state, OutletState::InSync, "{outcome:?}");
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_names_nothing_is_looked_for() {
    use PromoFault::{Fine, Silent};
    let bench = Bench::promoting().await;
    bench.promo_faults(&[Fine, Silent]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Published, vec![("gajian", "created")]));
    bench.assert_just(&[detail("NG", 20_000)]);
    // One on the same dish that was there before is somebody else's.
    let bench = Bench::promoting().await;
    bench.platform.with(|world| world.promote(PromoDetail { end_date: day("2027-02-27"), ..detail("NG", 20_000) }));
    bench.promo_faults(&[Fine, Silent]);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published, "{outcome:?}");
    assert!(bench.recalled().promotions[0].promotion_id.as_deref().unwrap().starts_with("ours-"));
}

#[tokio::test(start_paused = true)]
async fn one_just_like_it_that_none_of_ours_is_is_not_made_beside_it() {
    let mut bench = Bench::promoting().await;
    bench.platform.with(|world| world.promote(detail("NG", 20_000)));
    let plan = bench.examined().await.plan;
    let steps: Vec<_> = plan.promotions.steps.iter().map(|step| (step.op, step.note.as_deref())).collect();
    let note = Some("one just like it is there, made elsewhere: end it in the GoBiz app, or leave this one out");
    assert_eq!(steps, [(PromotionOp::Waiting, note)]);
    assert_eq!((bench.pass().await.state, bench.ours().len()), (OutletState::InSync, 0));
    bench.platform.with(|world| world.promos[0].is_ended = true);
    assert_eq!(results(&bench.pass().await), [("gajian", "created")]);
    // What is changed to one that somebody has made stays what it is.
    bench.platform.with(|world| world.promote(detail("NG", 19_000)));
    bench.declare([wanted("gajian", detail("NG", 19_000))]);
    bench.pass().await;
    bench.assert_just(&[detail("NG", 20_000)]);
    // What menusync forgot is somebody else's, and is not made a second time.
    bench.declare([wanted("gajian", detail("NG", 20_000))]);
    let promotions = vec![("promotions/gajian/NG".to_owned(), None)];
    let update = OutletUpdate { promotions, ..OutletUpdate::default() };
    done(bench.context.state.update_outlet("G1", update, bench.context.clock.now())).unwrap();
    bench.pass().await;
    bench.assert_just(&[detail("NG", 20_000)]);
    // Somebody makes it while ours ends, which takes long.
    let mut bench = Bench::promoted().await;
    bench.declare([wanted("gajian", detail("NG", 19_000))]);
    bench.platform.with(|world| {
        let act = |world: &mut World| world.promote(detail("NG", 19_000));
        world.while_listing = Some(Box::new(move |world| world.while_listing = Some(Box::new(act))));
        world.promo_delay = seconds(20);
    });
    assert_eq!(results(&bench.pass().await), [("gajian", "ended")]);
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn a_credential_without_the_right_pushes_the_menu_all_the_same() {
    let mut bench = Bench::promoting().await;
    bench.price_in_file("NG", 26_000);
    bench.promo_faults(&[PromoFault::NoRight; 9]);
    let outcome = bench.pass().await;
    assert_eq!(bench.live_price("NG"), Some(26_000));
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::Failed));
    assert!(outcome.error.unwrap().contains("promotions are neither made nor ended"));
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
}

#[tokio::test(start_paused = true)]
async fn ours_on_a_menu_that_gets_another_name_are_held_then_ended_before_and_made_after_the_push() {
    let mut bench = Bench::promoted().await;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
    bench.assert_just(&[detail("NG", 20_000)]);
    bench.options.released.insert(Guard::Promotion);
    bench.platform.take_log();
    bench.promo_calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, results(&outcome)), (PassResult::Published, vec![("gajian", "replaced")]));
    bench.assert_just(&[detail("NG", 20_000)]);
    let verbs = bench.promo_verbs();
    let at = |verb: &str| verbs.iter().position(|known| known == verb).unwrap();
    assert!(at("END") < at("CREATE"), "{verbs:?}");
    assert_eq!(bench.recalled().promotions[0].generation, 1);
}

#[tokio::test(start_paused = true)]
async fn a_push_that_needs_an_end_and_fails_makes_nothing_until_it_has_gone_through() {
    let mut bench = Bench::promoted().await;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    bench.options.released.insert(Guard::Promotion);
    bench.faults(&[Fault::Refused("name: is too long")]);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Rejected);
    assert!(outcome.error.unwrap().contains("promotions are neither made nor ended until"));
    bench.assert_just(&[]);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published, "{outcome:?}");
    bench.assert_just(&[detail("NG", 20_000)]);
    // An end that is refused holds the menu back: the push would end it.
    bench.wanted.catalog.menus[0].name = "Nasi".to_owned();
    bench.platform.take_log();
    bench.promo_faults(&[PromoFault::Fine, PromoFault::Status(422)]);
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Failed);
    assert!(!bench.calls().contains(&"PUT".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_over_leaves_without_a_word_and_midnight_is_waited_for() {
    let bench = Bench::promoted().await;
    let later = bench.context.clock.now() + jiff::SignedDuration::from_hours(24 * 60);
    bench.platform.with(|world| world.promo_clock = Some(Clock::starting_at(later)));
    let mut bench = Bench { context: Context { clock: Clock::starting_at(later), ..bench.context.clone() }, ..bench };
    bench.wanted.catalog.promotions[0].is_over = true;
    let outcome = bench.pass().await;
    assert_eq!(outcome.state, OutletState::InSync);
    bench.declare([]);
    bench.pass().await;
    assert!(bench.stages().is_empty(), "{:?}", bench.recalled().promotions);
    let mut bench = Bench::promoting().await;
    bench.context.clock = Clock::starting_at("2027-01-04T16:57:00Z".parse().unwrap());
    let outcome = bench.pass().await;
    assert_eq!((outcome.state, bench.ours().len()), (OutletState::InSync, 0));
    bench.context.clock = Clock::starting_at("2027-01-04T17:00:00Z".parse().unwrap());
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn two_dishes_and_times_are_sent_as_the_files_say() {
    let mut bench = Bench::in_sync().await;
    let happy = PromoDetail {
        start_time: Some(Time::constant(14, 0, 0, 0)),
        end_time: Some(Time::constant(16, 0, 0, 0)),
        ..detail("D1", 5_000)
    };
    bench.declare([wanted("happy", happy.clone()), wanted("gajian", detail("NG", 20_000))]);
    let outcome = bench.pass().await;
    assert_eq!(results(&outcome), [("gajian", "created"), ("happy", "created")]);
    bench.assert_just(&[detail("NG", 20_000), happy]);
    let paths: Vec<String> = bench
        .recalled()
        .promotions
        .iter()
        .map(|record| {
            let (name, item) = record.id();
            Path::Promotion(name, item).to_string()
        })
        .collect();
    assert_eq!(paths, ["promotions/gajian/NG", "promotions/happy/D1"]);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_made_is_looked_for_before_it_is_asked_for_again() {
    use PromoFault::{Fine, HangsAfterwards, HangsBefore, LostAfterwards};
    let forgetful = async || {
        let bench = Bench::promoting().await;
        bench.platform.with(|world| world.forgets_keys = true);
        bench
    };
    // The answer is lost, and the second call would make another one.
    let bench = forgetful().await;
    bench.promo_faults(&[Fine, LostAfterwards]);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.assert_just(&[detail("NG", 20_000)]);
    // The process dies, and the next one knows nothing of the answer.
    let bench = forgetful().await;
    bench.passes_die_at(&[Fine, HangsAfterwards]).await;
    bench.promo_calls();
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.promo_verbs(), ["LIST"]);
    bench.assert_just(&[detail("NG", 20_000)]);
    // The files want it no more: it is found and ended, and never asked for.
    let mut bench = forgetful().await;
    bench.passes_die_at(&[Fine, HangsAfterwards]).await;
    bench.declare([]);
    assert_eq!(results(&bench.pass().await), [("gajian", "ended")]);
    bench.assert_just(&[]);
    let mut bench = forgetful().await;
    bench.passes_die_at(&[Fine, HangsBefore]).await;
    bench.declare([]);
    bench.promo_calls();
    bench.pass().await;
    assert_eq!(bench.promo_verbs(), ["LIST"]);
    assert_eq!(bench.stages(), [PromotionStage::Ended], "an hour is long enough to show");
    // One that came meanwhile and may be it, but shows other dates.
    let bench = forgetful().await;
    bench.passes_die_at(&[Fine, HangsBefore]).await;
    let other = PromoDetail { end_date: day("2027-02-27"), ..detail("NG", 20_000) };
    bench.platform.with(|world| world.promote(other));
    bench.promo_calls();
    let outcome = bench.pass().await;
    assert_eq!(outcome.state, OutletState::Nonconvergent);
    assert!(outcome.error.unwrap().contains("a promotion like it has come on the dish"));
    assert_eq!(bench.promo_verbs(), ["LIST"]);
}

#[tokio::test(start_paused = true)]
async fn one_with_times_or_days_that_ours_has_not_is_not_adopted_nor_the_other_way() {
    use PromoFault::{Fine, HangsBefore};
    let plain = detail("NG", 20_000);
    let (from, to) = (Some(Time::constant(14, 0, 0, 0)), Some(Time::constant(16, 0, 0, 0)));
    let timed = PromoDetail { start_time: from, end_time: to, ..plain.clone() };
    let on_days = PromoDetail { applicable_days: vec![crate::catalog::Day::Friday], ..plain.clone() };
    let pairs = [(&plain, &timed), (&plain, &on_days), (&timed, &plain), (&on_days, &plain)];
    for (ours, theirs) in pairs {
        let mut bench = Bench::in_sync().await;
        bench.declare([wanted("gajian", ours.clone())]);
        bench.passes_die_at(&[Fine, HangsBefore]).await;
        bench.platform.with(|world| world.promote(theirs.clone()));
        bench.promo_calls();
        let outcome = bench.pass().await;
        assert_eq!(outcome.state, OutletState::Nonconvergent, "{ours:?} {theirs:?}");
        assert!(outcome.error.unwrap().contains("a promotion like it has come on the dish"));
        bench.declare([]);
        bench.pass().await;
        assert_eq!(bench.promo_verbs(), ["LIST", "LIST"], "nothing is sent, and nothing ends");
        bench.assert_just(&[]);
    }
    // The whole day and each day are what no times and no days are.
    let bench = Bench::promoting().await;
    bench.passes_die_at(&[Fine, HangsBefore]).await;
    let whole = PromoDetail {
        start_time: Some(Time::midnight()),
        end_time: Some(Time::constant(23, 59, 59, 0)),
        applicable_days: crate::catalog::Day::ALL.to_vec(),
        ..plain
    };
    bench.platform.with(|world| world.promote(whole));
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.stages(), [PromotionStage::Seen]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_after_the_plan_was_shown_is_told() {
    let mut bench = Bench::promoting().await;
    bench.options.consent = Consent::Agreed(bench.shown_digest().await);
    bench.promo_faults(&[PromoFault::Status(503)]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    let why = outcome.error.unwrap();
    let begins = "the plan changed after it was shown (promotions are neither made nor ended: GET https://gobiz.test/";
    assert!(why.starts_with(begins) && why.ends_with("unavailable); nothing was pushed"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_ends_nothing_that_is_listed_as_running() {
    let ahead = |bench: &mut Bench| {
        let clock = bench.context.clock;
        bench.context.clock = Clock::starting_at("2027-04-05T03:00:00Z".parse().unwrap());
        bench.wanted.catalog.promotions[0].is_over = true;
        clock
    };
    let mut bench = Bench::promoted().await;
    let right = ahead(&mut bench);
    let known = bench.recalled().promotions;
    for _ in 0..2 {
        assert_eq!(bench.pass().await.state, OutletState::InSync);
        let told = Some("it is over by the clock of this machine, and GoFood still lists it".to_owned());
        assert_eq!(bench.recalled().promotions, [PromotionRecord { error: told, ..known[0].clone() }]);
    }
    assert_eq!(bench.promo_verbs(), ["LIST", "LIST"]);
    bench.context.clock = right;
    bench.declare([wanted("gajian", detail("NG", 20_000))]);
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
    bench.declare([]);
    assert_eq!(results(&bench.pass().await), [("gajian", "ended")]);
    bench.assert_just(&[]);
    // What the files want after it ends it first, also where GoFood says that there is nothing to end.
    for answer in [PromoFault::Fine, PromoFault::Status(422)] {
        let mut bench = Bench::promoted().await;
        ahead(&mut bench);
        let april = PromoDetail { start_date: day("2027-04-25"), end_date: day("2027-04-28"), ..detail("NG", 20_000) };
        bench.declare([wanted("gajian", april)]);
        bench.promo_faults(&[PromoFault::Fine, answer]);
        assert_eq!(results(&bench.pass().await), [("gajian", "replaced")], "{answer:?}");
    }
    // Nobody has learnt its id yet.
    let mut bench = Bench::promoting().await;
    bench.passes_die_at(&[PromoFault::Fine, PromoFault::HangsAfterwards]).await;
    let right = ahead(&mut bench);
    bench.pass().await;
    assert_eq!(bench.stages(), [PromotionStage::Creating]);
    bench.context.clock = right;
    bench.declare([]);
    assert_eq!(results(&bench.pass().await), [("gajian", "ended")]);
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_answered_with_what_has_ended_gives_way_to_the_next() {
    let lost = async |lives: usize| {
        let mut bench = Bench::promoted().await;
        for _ in 1..lives {
            bench.declare([]);
            bench.pass().await;
            bench.declare([wanted("gajian", detail("NG", 20_000))]);
            bench.pass().await;
        }
        bench.declare([]);
        bench.pass().await;
        let promotions = vec![("promotions/gajian/NG".to_owned(), None)];
        let update = OutletUpdate { promotions, ..OutletUpdate::default() };
        done(bench.context.state.update_outlet("G1", update, bench.context.clock.now())).unwrap();
        bench.declare([wanted("gajian", detail("NG", 20_000))]);
        bench.promo_calls();
        bench
    };
    let bench = lost(2).await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.state, results(&outcome)), (OutletState::InSync, vec![("gajian", "created")]));
    assert_eq!(bench.promo_verbs(), ["LIST", "CREATE", "LOOK", "CREATE", "LOOK", "CREATE", "LOOK", "LIST"]);
    bench.assert_just(&[detail("NG", 20_000)]);
    let life = ["gajian created by c0ffee", "gajian ended by c0ffee"];
    assert_eq!(bench.happened(), [&life[..], &life, &life[..1]].concat(), "once, and never ended elsewhere");
    // The pass dies before it looks: the next one knows all the same.
    let bench = lost(1).await;
    bench.passes_die_at(&[PromoFault::Fine, PromoFault::Fine, PromoFault::HangsBefore]).await;
    assert_eq!(bench.stages(), [PromotionStage::Made]);
    assert_eq!(results(&bench.pass().await), [("gajian", "created")]);
    bench.assert_just(&[detail("NG", 20_000)]);
    assert_eq!(bench.happened(), [&life[..], &life[..1]].concat());
    // It is not asked for ever.
    let bench = lost(6).await;
    assert_eq!((bench.pass().await.state, bench.stages()), (OutletState::Nonconvergent, vec![PromotionStage::Refused]));
    let error = bench.pass().await.error.unwrap();
    assert!(
        error.contains("it answered 5 calls with promotions that had ended, the last one with id ours-4"),
        "{error}"
    );
    assert_eq!(bench.promo_verbs().iter().filter(|verb| *verb == "CREATE").count(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_happened_is_by_the_commit_that_asked_for_it_whenever_it_is_learnt() {
    use PromoFault::{Fine, HangsAfterwards};
    let mut bench = Bench::promoting().await;
    let commit = |bench: &mut Bench, revision: &str| bench.context.revision = Some(revision.to_owned());
    commit(&mut bench, "a1");
    bench.passes_die_at(&[Fine, HangsAfterwards]).await;
    commit(&mut bench, "b2");
    bench.pass().await;
    bench.declare([]);
    bench.passes_die_at(&[Fine, HangsAfterwards]).await;
    commit(&mut bench, "c3");
    bench.pass().await;
    assert_eq!(bench.happened(), ["gajian created by a1", "gajian ended by b2"]);
}

#[tokio::test(start_paused = true)]
async fn a_promotion_without_an_id_is_nobodys() {
    use PromoFault::{Fine, HangsBefore};
    let bench = Bench::promoting().await;
    bench.passes_die_at(&[Fine, HangsBefore]).await;
    bench.platform.with(|world| {
        world.promote(detail("NG", 20_000));
        world.promos[0].id.clear();
    });
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    assert_eq!(bench.stages(), [PromotionStage::Creating]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_learns_of_is_settled_after_a_day() {
    use PromoFault::{Fine, HangsBefore};
    let mut bench = Bench::promoting().await;
    bench.passes_die_at(&[Fine, HangsBefore]).await;
    bench.declare([wanted("payday", detail("NG", 20_000))]);
    bench.pass().await;
    bench.assert_just(&[]);
    tokio::time::sleep(minutes(25 * 60)).await;
    assert_eq!(results(&bench.pass().await), [("payday", "created")]);
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn one_look_that_does_not_show_a_promotion_is_not_its_end() {
    let mut bench = Bench::promoted().await;
    bench.wanted.policy.drift = DriftPolicy::Revert;
    let hide = |bench: &Bench, hides| bench.platform.with(|world| world.hides_promos = hides);
    tokio::time::sleep(minutes(40)).await;
    hide(&bench, true);
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    hide(&bench, false);
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    tokio::time::sleep(minutes(10)).await;
    hide(&bench, true);
    assert_eq!(bench.pass().await.state, OutletState::Drifted);
    bench.assert_just(&[detail("NG", 20_000)]);
    assert_eq!(bench.happened(), ["gajian created by c0ffee"]);
    bench.wanted.policy.drift = DriftPolicy::Report;
    tokio::time::sleep(minutes(10)).await;
    bench.pass().await;
    assert_eq!((bench.happened().len(), bench.counts()), (2, None), "two looks are sure");
    hide(&bench, false);
    bench.pass().await;
    assert_eq!(
        bench.counts(),
        Some(PromotionCounts { wait: 1, ..PromotionCounts::default() }),
        "and it is there again"
    );
    // Changed or taken back in the files: whatever a look shows, its end is asked for.
    bench.declare([wanted("gajian", detail("NG", 19_000))]);
    bench.pass().await;
    hide(&bench, false);
    bench.pass().await;
    bench.assert_just(&[detail("NG", 19_000)]);
    hide(&bench, true);
    bench.declare([]);
    bench.pass().await;
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn one_that_has_ended_and_is_listed_again_is_ended_again() {
    let mut bench = Bench::promoted().await;
    bench.declare([]);
    bench.pass().await;
    bench.platform.with(|world| world.promos[0].is_ended = false);
    bench.declare([wanted("teh", detail("D1", 6_000))]);
    bench.pass().await;
    bench.assert_just(&[detail("D1", 6_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_nobody_wants_any_more_makes_none_after_its_push() {
    let mut bench = Bench::promoting().await;
    bench.price_in_file("NG", 26_000);
    bench.platform.take_log();
    let (withdraw, withdrawn) = watch::channel(false);
    bench.options.withdrawn = Some(withdrawn);
    bench.platform.before(4, move |_| {
        withdraw.send_replace(true);
    });
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published, "{outcome:?}");
    assert!(outcome.error.unwrap().contains("promotions are made and ended in a later pass"));
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moved_while_the_push_arrived_is_judged_again() {
    let mut bench = Bench::promoting().await;
    bench.price_in_file("D1", 9_000);
    bench.platform.take_log();
    bench.platform.before(5, |world| world.app_price("NG", 20_500));
    let outcome = bench.pass().await;
    assert_eq!(outcome.result, PassResult::Published, "{outcome:?}");
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn nothing_ends_before_midnight_that_cannot_be_made_again() {
    let mut bench = Bench::promoted().await;
    bench.declare([wanted("gajian", detail("NG", 19_000))]);
    bench.context.clock = Clock::starting_at("2027-01-04T16:57:00Z".parse().unwrap());
    bench.pass().await;
    assert_eq!(bench.promo_verbs(), ["LIST"]);
    bench.context.clock = Clock::starting_at("2027-01-04T17:00:00Z".parse().unwrap());
    bench.pass().await;
    bench.assert_just(&[detail("NG", 19_000)]);
}

#[tokio::test(start_paused = true)]
async fn none_is_made_above_the_price_that_is_live() {
    let bench = Bench::promoting().await;
    bench.platform.with(|world| world.app_price("NG", 15_000));
    let plan = bench.examined().await.plan;
    let steps: Vec<_> = plan.promotions.steps.iter().map(|step| (step.op, step.note.as_deref())).collect();
    let note = "made once Rp 20.000 is below the price of the dish, which is Rp 15.000";
    assert_eq!(steps, [(PromotionOp::Waiting, Some(note))]);
    bench.pass().await;
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn the_guards_judge_a_promotion_by_the_price_that_its_push_brings() {
    let mut bench = Bench::promoting().await;
    bench.wanted.policy.guards.price_change = 1_000.0;
    bench.price_in_file("NG", 60_000);
    let plan = bench.examined().await.plan;
    let held: Vec<Guard> = plan.held().map(|verdict| verdict.guard).collect();
    assert_eq!(held, [Guard::PromotionDepth]);
    // One that ends for the push and is made again after it is asked about where the push moves the price, and only there.
    let mut bench = Bench::promoted().await;
    bench.wanted.policy.guards.price_change = 1_000.0;
    bench.wanted.policy.guards.promotion_depth = 10.0;
    bench.wanted.catalog.menus[0].name = "Aneka Nasi".to_owned();
    for (price, asked) in [(60_000, &[Guard::Promotion, Guard::PromotionDepth][..]), (25_000, &[Guard::Promotion])] {
        bench.price_in_file("NG", price);
        let plan = bench.examined().await.plan;
        let held: BTreeSet<Guard> = plan.held().map(|verdict| verdict.guard).collect();
        assert_eq!(held, asked.iter().copied().collect());
    }
}

#[tokio::test(start_paused = true)]
async fn an_approval_of_the_menu_lets_no_promotion_through() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.policy.guards.promotion_depth = 100.0;
    bench.price_in_file("D1", 85_000);
    let plan = bench.examined().await.plan;
    let expires = bench.context.clock.now() + jiff::SignedDuration::from_hours(24);
    let approval = |guard| crate::plan::Approval {
        guard,
        digest: plan.approvable(guard),
        reviewed: crate::plan::Reviewed { file: "approvals/a.yaml".into(), reason: "new prices".into(), expires },
    };
    bench.wanted.approvals = vec![approval(Guard::DecimalSlip), approval(Guard::PriceChange)];
    assert!(!bench.examined().await.plan.is_held());
    bench.declare([wanted("gajian", detail("NG", 2_500))]);
    let plan = bench.examined().await.plan;
    let slips: Vec<_> = plan.guards.iter().filter(|verdict| verdict.guard == Guard::DecimalSlip).collect();
    assert!(slips.len() == 2 && slips.iter().all(|slip| slip.verdict == crate::plan::Verdict::Held), "{slips:?}");
    assert_eq!(bench.pass().await.result, PassResult::Held);
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn a_push_that_is_lost_again_is_not_sent_for_ever_where_promotions_wait_for_it() {
    let mut bench = Bench::promoting().await;
    bench.price_in_file("NG", 26_000);
    bench.platform.with(|world| world.delay = minutes(60 * 24 * 30));
    for _ in 0..12 {
        bench.pass().await;
        tokio::time::sleep(minutes(40)).await;
    }
    let puts = bench.calls().iter().filter(|call| *call == "PUT").count();
    assert_eq!((puts, bench.pass().await.state), (2, OutletState::Nonconvergent));
    bench.assert_just(&[]);
}

#[tokio::test(start_paused = true)]
async fn a_price_in_the_app_is_no_promotion_outside_of_its_times() {
    let mut bench = Bench::in_sync().await;
    let times = (Some(Time::constant(14, 0, 0, 0)), Some(Time::constant(16, 0, 0, 0)));
    let happy = PromoDetail { start_time: times.0, end_time: times.1, ..detail("NG", 20_000) };
    bench.declare([wanted("happy", happy)]);
    bench.pass().await;
    bench.platform.with(|world| world.app_price("NG", 20_000));
    // 15:00 and 18:00 in Jakarta.
    for (at, drifts) in [("2027-02-26T08:00:00Z", false), ("2027-02-26T11:00:00Z", true)] {
        bench.context.clock = Clock::starting_at(at.parse().unwrap());
        let plan = bench.examined().await.plan;
        assert_eq!(plan.unpushed_drift().next().is_some(), drifts, "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_used_once_also_after_a_shorter_one_under_the_same_name_is_over() {
    let mut bench = Bench::promoted().await;
    let short = PromoDetail { end_date: day("2027-02-26"), ..detail("NG", 20_000) };
    bench.declare([wanted("gajian", short)]);
    bench.pass().await;
    bench.context.clock = Clock::starting_at("2027-02-27T03:00:00Z".parse().unwrap());
    bench.declare([]);
    bench.pass().await;
    bench.declare([wanted("gajian", detail("NG", 20_000))]);
    bench.pass().await;
    assert_eq!(bench.recalled().promotions[0].generation, 2);
    assert_eq!(bench.stages(), [PromotionStage::Seen]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_keeps_no_menu_back() {
    let mut bench = Bench::promoted().await;
    let broken = vec![("promotions/gajian/NG".to_owned(), Some("{\"name\": \"gajian\"}".to_owned()))];
    let update = OutletUpdate { promotions: broken, ..OutletUpdate::default() };
    done(bench.context.state.update_outlet("G1", update, bench.context.clock.now())).unwrap();
    bench.price_in_file("NG", 26_000);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, bench.live_price("NG")), (PassResult::Published, Some(26_000)));
    assert_eq!(
        outcome.error.as_deref(),
        Some(
            "promotions are neither made nor ended: what is stored of promotions/gajian/NG cannot be read; `menusync \
             forget --outlet G1 --promotions` drops that alone, and what menusync made of it is somebody else's then"
        )
    );
    assert_eq!(bench.promo_calls(), [""; 0], "it is not known which are ours");
    bench.declare([]);
    assert_eq!(bench.pass().await.state, OutletState::Failed);
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn several_are_made_after_one_list() {
    let mut bench = Bench::in_sync().await;
    let all = [wanted("gajian", detail("D1", 5_000)), wanted("gajian", detail("NG", 20_000))];
    bench.declare(all);
    bench.pass().await;
    assert_eq!(bench.promo_verbs(), ["LIST", "CREATE", "LOOK", "CREATE", "LOOK", "LIST"]);
    // Where one takes long to show, somebody may have made one meanwhile.
    bench.declare([wanted("murah", detail("D1", 5_500)), wanted("murah", detail("NG", 21_000))]);
    bench.promo_faults(&[PromoFault::Fine, PromoFault::Fine, PromoFault::Fine, PromoFault::Fine, PromoFault::Fine]);
    bench.platform.with(|world| world.promo_delay = seconds(20));
    bench.pass().await;
    let verbs = bench.promo_verbs();
    assert_eq!(verbs.iter().filter(|verb| *verb == "LIST").count(), 4, "{verbs:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_on_a_dish_before_is_as_old_as_the_list_that_shows_it() {
    let mut bench = Bench::in_sync().await;
    bench.declare([wanted("gajian", detail("D1", 5_000)), wanted("gajian", detail("NG", 20_000))]);
    bench.pass().await;
    bench.platform.with(|world| {
        world.promos.iter_mut().for_each(|promo| promo.is_ended = true);
        world.promo_delay = seconds(20);
    });
    let (ours, march) = (bench.wanted.catalog.promotions.clone(), |name: &str, from| {
        wanted(name, PromoDetail { start_date: day(from), end_date: day("2027-03-31"), ..detail("N1", 11_000) })
    });
    bench.declare(ours.into_iter().chain([march("maret", "2027-03-21")]));
    bench.promo_calls();
    bench.pass().await;
    assert_eq!(bench.promo_verbs()[..5], ["LIST", "LOOK", "LOOK", "LIST", "CREATE"]);
    // What a pass makes is not what it makes next.
    let mut bench = Bench::in_sync().await;
    let april = PromoDetail { start_date: day("2027-04-01"), end_date: day("2027-04-02"), ..detail("NG", 20_000) };
    bench.declare([wanted("april", april), wanted("gajian", detail("NG", 20_000))]);
    bench.pass().await;
    let records = bench.recalled().promotions;
    assert_eq!(records[1].before, records[0].promotion_id.clone().into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_asked_again_once_the_dish_is_back_on_sale() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("NG", false));
    bench.declare([wanted("gajian", detail("NG", 20_000))]);
    bench.promo_faults(&[PromoFault::Fine, PromoFault::Refused]);
    assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    let outcome = bench.pass().await;
    assert!(outcome.error.as_deref().unwrap().ends_with("changes, or the dish is on sale again"), "{outcome:?}");
    bench.platform.with(|world| world.kitchen("NG", true));
    assert_eq!(results(&bench.pass().await), [("gajian", "created")]);
    // What was refused while it was on sale is not asked again by the kitchen's switch.
    let bench = Bench::promoting().await;
    bench.promo_faults(&[PromoFault::Fine, PromoFault::Refused]);
    bench.pass().await;
    for in_stock in [false, true] {
        bench.platform.with(|world| world.kitchen("NG", in_stock));
        assert_eq!(bench.pass().await.state, OutletState::Nonconvergent);
    }
    bench.assert_just(&[]);
}

/// At noon of a day of `gajian` in Jakarta, and GoFood shows its price as that of the dish.
async fn shown_with_its_price() -> Bench {
    let mut bench = Bench::promoted().await;
    bench.context.clock = Clock::starting_at("2027-02-26T05:00:00Z".parse().unwrap());
    bench.platform.with(|world| world.shows_promo_prices = true);
    bench
}

#[tokio::test(start_paused = true)]
async fn a_push_arrives_while_a_dish_shows_the_price_of_its_promotion() {
    let mut bench = shown_with_its_price().await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
    let note = "NG shows the price of its promotion, Rp 20.000 instead of Rp 25.000, which is no edit";
    assert_eq!(outcome.plan.unwrap().promotions.shown_prices, [note]);
    bench.price_in_file("D1", 9_000);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync), "{outcome:?}");
    assert_eq!((bench.live_price("D1"), bench.live_price("NG")), (Some(9_000), Some(25_000)));
    // A lost answer: live is as it was, so that it may be sent again.
    bench.price_in_file("D1", 8_500);
    bench.faults(&[Fault::Status(503), Fault::LostAfterwards]);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync), "{outcome:?}");
    // The price of the dish itself: nothing tells but time.
    bench.price_in_file("NG", 26_000);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync), "{outcome:?}");
    bench.platform.take_log();
    for _ in 0..3 {
        tokio::time::sleep(minutes(20)).await;
        assert_eq!(bench.pass().await.state, OutletState::InSync);
    }
    assert_eq!(bench.calls(), ["GET", "GET", "GET"]);
    bench.platform.with(|world| world.shows_promo_prices = false);
    assert_eq!((bench.pass().await.state, bench.live_price("NG")), (OutletState::InSync, Some(26_000)));
    bench.assert_just(&[detail("NG", 20_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_behind_is_recognised_whatever_price_a_promotion_shows() {
    let mut bench = shown_with_its_price().await;
    bench.price_in_file("D1", 9_000);
    bench.price_in_file("NG", 26_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.platform.with(|world| world.stale = Some(Stale::All(minutes(5))));
    let outcome = bench.pass().await;
    assert!(outcome.error.as_deref().is_some_and(|why| why.contains("a copy that is behind")), "{outcome:?}");
}

/// One life: files, people in the app and in the kitchen, a platform that fails, a process that dies.
struct Life {
    bench: Bench,
    random: fastrand::Rng,
    log: Vec<String>,
    /// What the kitchen has sold out, of which the files say nothing.
    sold_out: BTreeSet<&'static str>,
    /// Pushes for which a promotion ended while the kitchen switched a dish.
    switched_before_push: usize,
}

/// A dish that the kitchen switches while a promotion ends.
struct Later {
    dish: &'static str,
    /// Whether no menu had been sent by then.
    is_before_push: Arc<AtomicBool>,
}

const DISHES: [&str; 3] = ["NG", "D1", "N1"];
const OF_THE_KITCHEN: [&str; 4] = ["N2", "N3", "D2", "D3"];

impl Life {
    async fn new(seed: u64) -> Self {
        let mut bench = Bench::in_sync().await;
        if seed.is_multiple_of(3) {
            bench.wanted.policy.drift = DriftPolicy::Revert;
        }
        bench.wanted.policy.guards.promotion_depth = 100.0;
        bench.wanted.policy.guards.price_change = 1_000.0;
        let (random, log) = (fastrand::Rng::with_seed(seed), vec![format!("seed {seed}")]);
        Self { bench, random, log, sold_out: BTreeSet::new(), switched_before_push: 0 }
    }

    fn tell(&mut self, what: String) {
        self.log.push(what);
    }

    fn dish(&mut self) -> &'static str {
        DISHES[self.random.usize(..DISHES.len())]
    }

    fn some_detail(&mut self, item: &str) -> PromoDetail {
        let price = if item == "NG" { 20_000 } else { 6_000 };
        let days: Vec<crate::catalog::Day> =
            if self.random.bool() { vec![crate::catalog::Day::Friday] } else { vec![] };
        PromoDetail { applicable_days: days, ..detail(item, price + self.random.i64(0..5) * 100) }
    }

    fn edit_files(&mut self) {
        let item = self.dish();
        let mut all = self.bench.wanted.catalog.promotions.clone();
        let name = ["gajian", "murah"][self.random.usize(..2)];
        let had = all.len();
        all.retain(|one| one.detail.external_menu_id.as_str() != item);
        if had == all.len() || self.random.bool() {
            let detail = self.some_detail(item);
            self.tell(format!("file: {name} on {item} for {}", detail.selling_price.0));
            self.bench.platform.with(|world| world.promo_prices.insert(detail.selling_price.0));
            all.push(wanted(name, detail));
        } else {
            self.tell(format!("file: nothing on {item}"));
        }
        all.sort_by(|a, b| (&a.name, &a.detail.external_menu_id).cmp(&(&b.name, &b.detail.external_menu_id)));
        self.bench.declare(all);
    }

    fn interfere(&mut self) {
        let item = self.dish();
        match self.random.u8(..4) {
            0 => {
                // Never the very same as one of ours: nobody could tell them apart.
                let ours = self.some_detail(item);
                let detail = PromoDetail { selling_price: Price(ours.selling_price.0 + 50), ..ours };
                self.tell(format!("app: a promotion on {item}"));
                self.bench.platform.with(|world| world.promote(detail));
            }
            1 => {
                self.tell("app: ends one of ours".to_owned());
                let at = self.random.usize(..9);
                self.bench.platform.with(|world| {
                    let mut open = world.promos.iter_mut().filter(|promo| !promo.is_foreign && !promo.is_ended);
                    open.nth(at % 3).into_iter().for_each(|promo| promo.is_ended = true);
                });
            }
            _ => {}
        }
    }

    /// The menu of `NG` and `N1` gets another name, which ends their promotions where a person lets it through.
    fn rename(&mut self) {
        if self.random.u8(..4) == 0 {
            let name = ["Nasi", "Aneka Nasi"][self.random.usize(..2)];
            self.tell(format!("file: the menu is called {name}"));
            self.bench.wanted.catalog.menus[0].name = name.to_owned();
        }
        let is_released = self.random.bool();
        self.tell(format!("let through: {is_released}"));
        self.bench.options.released = is_released.then_some(Guard::Promotion).into_iter().collect();
        let fault =
            [Fault::Refused("no"), Fault::Status(503), Fault::LostAfterwards, Fault::Fine][self.random.usize(..4)];
        self.bench.faults(&[fault]);
        self.tell(format!("menu: {fault:?}"));
    }

    /// The kitchen switches a dish, now or while a promotion ends.
    fn cook(&mut self) -> Option<Later> {
        let dish = OF_THE_KITCHEN[self.random.usize(..4)];
        let in_stock = self.sold_out.contains(dish);
        match self.random.u8(..3) {
            0 => {
                self.bench.platform.with(|world| world.kitchen(dish, in_stock));
                self.note_switch(dish);
                None
            }
            1 => {
                let later = Later { dish, is_before_push: Arc::default() };
                let is_before_push = Arc::clone(&later.is_before_push);
                let act = move |world: &mut World| {
                    is_before_push.store(!world.log.iter().any(|(_, call)| matches!(call, Call::Put(..))), Relaxed);
                    world.kitchen(dish, in_stock);
                };
                self.bench.platform.with(|world| world.while_ending = Some(Box::new(act)));
                Some(later)
            }
            _ => None,
        }
    }

    fn note_switch(&mut self, dish: &'static str) {
        let is_off = self.sold_out.insert(dish) || !self.sold_out.remove(dish);
        self.tell(format!("kitchen: {dish} {}", if is_off { "off" } else { "on" }));
    }

    async fn step(&mut self) {
        use PromoFault::{
            Fine, HangsAfterwards, HangsBefore, Lost, LostAfterwards, NamesAnother, NoRight, Silent, Status,
        };
        for _ in 0..self.random.u8(..3) {
            self.edit_files();
        }
        self.interfere();
        if self.random.u8(..4) == 0 {
            let price = 25_000 + self.random.i64(0..4) * 500;
            self.bench.price_in_file("NG", price);
        }
        let faults = [
            Fine,
            Fine,
            Fine,
            Lost,
            LostAfterwards,
            HangsBefore,
            HangsAfterwards,
            Silent,
            Status(503),
            NoRight,
            NamesAnother,
        ];
        let faults: Vec<PromoFault> =
            (0..self.random.usize(..10)).map(|_| faults[self.random.usize(..faults.len())]).collect();
        self.bench.promo_faults(&faults);
        self.rename();
        let later = self.cook();
        let theirs = self.theirs();
        self.bench.calls();
        let outcome = tokio::time::timeout(minutes(120), self.bench.pass()).await.ok();
        let has_acted = self.bench.platform.with(|world| world.while_ending.take()).is_none();
        if let Some(Later { dish, is_before_push }) = later.filter(|_| has_acted) {
            self.note_switch(dish);
            let is_pushed = self.bench.calls().contains(&"PUT".to_owned());
            self.switched_before_push += usize::from(is_pushed && is_before_push.load(Relaxed));
        }
        self.bench.faults(&[]);
        let told = outcome.map(|outcome| (outcome.result, outcome.state, outcome.error, outcome.promotions));
        let calls = self.bench.promo_calls();
        self.tell(format!("pass with {faults:?}: {told:?} {calls:?}"));
        self.bench.promo_faults(&[]);
        self.judge(&theirs);
        tokio::time::sleep(minutes(self.random.u64(1..90))).await;
    }

    fn theirs(&self) -> Vec<Promo> {
        self.bench.platform.with(|world| world.promos.iter().filter(|promo| promo.is_foreign).cloned().collect())
    }

    fn judge(&self, theirs: &[Promo]) {
        let violations = self.bench.platform.with(|world| world.violations.clone());
        assert!(violations.is_empty(), "{violations:?} after\n{}", self.log.join("\n"));
        assert_eq!(self.theirs(), theirs, "after\n{}", self.log.join("\n"));
        let sold_out = OF_THE_KITCHEN.into_iter().filter(|dish| !self.bench.stock(dish)).collect::<BTreeSet<_>>();
        assert_eq!(sold_out, self.sold_out, "after\n{}", self.log.join("\n"));
    }

    async fn come_to_rest(&mut self) {
        // What was ended elsewhere too often is left alone: what stays is what nobody ends.
        self.bench.wanted.policy.drift = DriftPolicy::Report;
        self.bench.options.released.insert(Guard::Promotion);
        let theirs = self.theirs();
        for _ in 0..5 {
            let outcome = self.bench.pass().await;
            self.tell(format!("rest: {:?} {:?} {:?}", outcome.result, outcome.state, outcome.error));
            tokio::time::sleep(minutes(40)).await;
        }
        self.judge(&theirs);
        let outcome = self.bench.pass().await;
        let drift: BTreeSet<String> =
            outcome.plan.iter().flat_map(|plan| plan.unpushed_drift()).map(|change| change.path.to_string()).collect();
        let mut troubles: Vec<String> = outcome.plan.iter().flat_map(|plan| plan.promotions.troubles()).collect();
        // Answered with one that was there before: refused until something changes.
        let plans = outcome.plan.iter();
        let refused = plans.flat_map(|plan| &plan.promotions.steps).filter(|step| names_another(step));
        let refused: BTreeSet<String> = refused.map(|step| step.path().to_string()).collect();
        troubles.retain(|words| !words.contains(NAMES_ANOTHER));
        let mut ours: Vec<PromoDetail> = self.bench.ours().into_iter().map(|promo| promo.detail).collect();
        let path = |one: &WantedPromotion| one.path().to_string();
        let all = self.bench.wanted.catalog.promotions.iter();
        let mut wanted: Vec<PromoDetail> = all
            .filter(|one| !drift.contains(&path(one)) && !refused.contains(&path(one)))
            .map(|one| one.detail.clone())
            .collect();
        let key = |detail: &PromoDetail| (detail.external_menu_id.clone(), detail.selling_price);
        ours.sort_by_key(key);
        wanted.sort_by_key(key);
        assert!(ours == wanted && troubles.is_empty(), "{troubles:?}\n{ours:?}\n{wanted:?}\n{}", self.log.join("\n"));
        let rests = if refused.is_empty() { PassResult::Unchanged } else { PassResult::Nonconvergent };
        assert_eq!(outcome.result, rests, "{}", self.log.join("\n"));
    }
}

/// What is said of a call that was answered with a promotion of somebody else.
pub(super) const NAMES_ANOTHER: &str = "which was there before, so that none was made";

pub(super) fn names_another(step: &PromotionStep) -> bool {
    step.refusal().is_some_and(|words| words.contains(NAMES_ANOTHER))
}

/// `PROMOTION_SEEDS=FROM..TO` chooses other lives.
#[tokio::test(start_paused = true)]
async fn whatever_happens_no_promotion_is_made_twice_and_none_of_others_is_touched() {
    let seeds = std::env::var("PROMOTION_SEEDS").unwrap_or_else(|_| "0..24".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    let mut switched_before_push = 0;
    for seed in from.parse().unwrap()..to.parse().unwrap() {
        let mut life = Life::new(seed).await;
        for _ in 0..12 {
            life.step().await;
        }
        life.come_to_rest().await;
        switched_before_push += life.switched_before_push;
    }
    assert!(switched_before_push > 0 || seeds != "0..24", "no kitchen ever switched a dish before a push");
}
