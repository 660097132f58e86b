//! A person switches stock by command: at once, seen live, and back at its end only if nobody else has touched it since.

use std::pin::Pin;

use super::*;
use crate::{
    catalog::StockKind,
    plan::{StockSwitch, SwitchEvent, SwitchHappening, SwitchOrder, SwitchStage},
    policy::Guard,
    report::StockOutlet,
    state::{Pause, try_lock_outlet},
};

impl Bench {
    pub(super) fn order(&self, ids: &[&str], in_stock: bool, time: Option<Duration>) -> SwitchOrder {
        let kind = |id: &str| if id.starts_with("LV") { StockKind::Variants } else { StockKind::Items };
        let at = self.context.clock.now();
        SwitchOrder {
            things: ids.iter().map(|id| (kind(id), (*id).into())).collect(),
            in_stock,
            until: time.map(|time| at + time),
            at,
            account: self.wanted.policy.account.clone(),
        }
    }

    pub(super) async fn carry_out(&self, order: &SwitchOrder, released: &[Guard]) -> StockOutlet {
        let released = released.iter().copied().collect();
        let Self { context, platform, target, wanted, .. } = self;
        Box::pin(switch_stock(context, &**platform, target, wanted, order, &released)).await
    }

    pub(super) async fn switch(&self, ids: &[&str], in_stock: bool, time: Option<Duration>) -> StockOutlet {
        self.carry_out(&self.order(ids, in_stock, time), &[]).await
    }

    /// Switched off until in an hour; the log is empty.
    pub(super) async fn off_for_an_hour(ids: &[&str]) -> Self {
        let bench = Self::in_sync().await;
        let outcome = bench.switch(ids, false, Some(minutes(60))).await;
        assert_eq!((outcome.result, results(&outcome)), ("done", vec!["switched"; ids.len()]), "{outcome:?}");
        bench.calls();
        bench
    }

    pub(super) fn switches(&self) -> Vec<StockSwitch> {
        self.recalled().switches
    }

    /// Those that are under way or have an end.
    pub(super) fn open_switches(&self) -> Vec<StockSwitch> {
        self.switches().into_iter().filter(StockSwitch::is_open).collect()
    }

    /// What is told of switches, the newest first.
    pub(super) fn told(&self) -> Vec<SwitchHappening> {
        let rows = done(self.context.state.switch_events(Some("G1"), 99)).unwrap();
        rows.iter().map(|row| serde_json::from_str::<SwitchEvent>(&row.event).unwrap().result).collect()
    }

    pub(super) async fn after(&self, time: Duration) -> Outcome {
        tokio::time::sleep(time).await;
        self.pass().await
    }
}

pub(super) fn results(outcome: &StockOutlet) -> Vec<&'static str> {
    outcome.switches.iter().map(|line| line.result).collect()
}

#[tokio::test(start_paused = true)]
async fn a_switch_is_one_call_of_each_kind_is_seen_live_and_goes_back_at_its_end() {
    let bench = Bench::in_sync().await;
    let outcome = bench.switch(&["D1", "NG", "LV3"], false, Some(minutes(60))).await;
    assert_eq!((outcome.result, results(&outcome)), ("done", vec!["switched"; 3]));
    assert_eq!(bench.calls(), ["GET", "PATCH D1=off,NG=off", "GET", "PATCH LV3=off", "GET"]);
    let outcome = bench.after(minutes(59)).await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
    assert_eq!(bench.calls(), ["GET"], "nothing is sent before the end, and one look does for stock and menu");
    let outcome = bench.after(minutes(1)).await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
    assert_eq!(bench.calls(), ["GET", "PATCH D1=on,NG=on", "GET", "PATCH LV3=on", "GET", "GET"]);
    assert!(["D1", "NG", "LV3"].iter().all(|id| bench.stock(id)));
    assert_eq!(bench.open_switches(), []);
    assert_eq!(bench.told()[..3], [SwitchHappening::SwitchedBack; 3]);
    bench.pass().await;
    assert_eq!(bench.calls(), ["GET"], "and that was it");
}

#[tokio::test(start_paused = true)]
async fn without_an_end_nothing_goes_back_and_nothing_is_known_for_long() {
    let bench = Bench::in_sync().await;
    bench.switch(&["D1"], false, None).await;
    assert_eq!((bench.switches().len(), bench.told()), (1, vec![SwitchHappening::Switched]));
    bench.after(minutes(11)).await;
    assert_eq!((bench.switches(), bench.told()), (vec![], vec![SwitchHappening::Switched]));
    bench.after(minutes(100_000)).await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn no_push_is_made_from_a_copy_that_is_behind_a_switch() {
    for time in [None, Some(minutes(60))] {
        let mut bench = Bench::in_sync().await;
        bench.switch(&["D1"], false, time).await;
        bench.calls();
        bench.price_in_file("NG", 27_000);
        // All three looks are behind.
        bench.platform.with(|world| world.kitchen("D1", true));
        bench.platform.before(4, |world| world.kitchen("D1", false));
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed), "{time:?}");
        assert!(outcome.error.unwrap().contains("as it was before `menusync stock` switched it"));
        assert_eq!(bench.calls(), ["GET"; 3], "{time:?}");
        bench.platform.with(|world| world.kitchen("D1", false));
        bench.calls();
        assert_eq!(bench.after(seconds(60)).await.result, PassResult::Published, "{time:?}");
        bench.after(minutes(61)).await;
        assert!(!bench.stock("D1"), "{time:?}: nobody knows whether the kitchen has switched it twice");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_sold_out_before_never_goes_on_sale_by_an_end() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
    assert_eq!((results(&outcome), outcome.switches[0].until), (vec!["unchanged"], None));
    assert!(outcome.switches[0].error.as_ref().unwrap().contains("not put back on sale"));
    assert_eq!(bench.calls(), ["GET"]);
    bench.after(minutes(61)).await;
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_kitchen_that_changes_its_mind_before_the_end_is_not_overruled() {
    // What the kitchen does, and when a pass looks: between the two, or only after both.
    for is_seen_between in [true, false] {
        let bench = Bench::off_for_an_hour(&["D1"]).await;
        tokio::time::sleep(minutes(20)).await;
        bench.platform.with(|world| world.kitchen("D1", true));
        if is_seen_between {
            assert_eq!(bench.pass().await.switches[0].result, SwitchHappening::ChangedElsewhere);
            bench.platform.with(|world| world.kitchen("D1", false));
        }
        let outcome = bench.after(minutes(41)).await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::InSync));
        assert_eq!(bench.stock("D1"), !is_seen_between);
        assert!(bench.calls().iter().all(|call| call == "GET"), "nothing is sent");
        assert_eq!((bench.switches(), bench.told()[0]), (vec![], SwitchHappening::ChangedElsewhere));
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_behind_ends_no_switch() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    // Two reads from before the switch, then a current one.
    bench.platform.with(|world| world.kitchen("D1", true));
    bench.platform.before(3, |world| world.kitchen("D1", false));
    bench.pass().await;
    assert_eq!((bench.switches().len(), bench.told()), (1, vec![SwitchHappening::Switched]));
}

#[tokio::test(start_paused = true)]
async fn a_switch_on_goes_off_again_at_its_end() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(30))).await;
    assert!(bench.stock("D1"));
    bench.after(minutes(30)).await;
    assert!(!bench.stock("D1"));
    assert_eq!(bench.told(), [SwitchHappening::SwitchedBack, SwitchHappening::Switched]);
}

#[tokio::test(start_paused = true)]
async fn a_later_switch_takes_the_place_of_an_earlier_one() {
    let bench = Bench::off_for_an_hour(&["D1", "D2", "D3"]).await;
    assert_eq!(results(&bench.switch(&["D1"], false, Some(minutes(120))).await), ["extended"]);
    assert_eq!(results(&bench.switch(&["D2"], false, None).await), ["extended"]);
    assert_eq!(results(&bench.switch(&["D3"], true, None).await), ["switched"]);
    assert_eq!(bench.calls(), ["GET", "GET", "GET", "PATCH D3=on", "GET"]);
    bench.after(minutes(61)).await;
    assert_eq!(["D1", "D2", "D3"].map(|id| bench.stock(id)), [false, false, true]);
    bench.after(minutes(60)).await;
    assert_eq!(["D1", "D2"].map(|id| bench.stock(id)), [true, false]);
}

#[tokio::test(start_paused = true)]
async fn many_dishes_at_once_are_held_by_the_guard_and_small_menus_are_not_exempt() {
    let bench = Bench::in_sync().await;
    let most = ["NG", "N1", "N2", "N3", "N4", "N5"];
    let outcome = bench.switch(&most, false, None).await;
    assert_eq!(outcome.result, "held");
    assert_eq!(
        outcome.error.as_deref(),
        Some(
            "sold-out: 6 of 10 live items would go out of stock (60 %); the limit is 50 %; if that is meant, `--allow sold-out` \
             lets it through"
        )
    );
    assert_eq!(bench.calls(), ["GET"]);
    let released = bench.carry_out(&bench.order(&most, false, None), &[Guard::SoldOut]).await;
    assert_eq!(released.result, "done");
    assert!(most.iter().all(|id| !bench.stock(id)));
}

#[tokio::test(start_paused = true)]
async fn the_files_own_what_they_take_off_sale() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    for id in ["D1", "D2"] {
        bench.file_item(id).in_stock = Field::Set(false);
    }
    bench.pass().await;
    let outcome = bench.switch(&["D2"], true, None).await;
    assert_eq!(results(&outcome), ["refused"]);
    assert!(outcome.switches[0].error.as_ref().unwrap().contains("the files take it off sale"));
    bench.calls();
    bench.after(minutes(61)).await;
    bench.after(minutes(100)).await;
    assert!(bench.calls().iter().all(|call| call == "GET"));
    // Now both reasons have ended.
    bench.file_item("D1").in_stock = Field::Unsaid;
    bench.after(minutes(100)).await;
    assert_eq!((bench.stock("D1"), bench.told()[0]), (true, SwitchHappening::SwitchedBack));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_nobody_looked_at_puts_nothing_on_sale() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.after(minutes(60 + 121)).await;
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::Doubtful));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_switch_back_still_sees_what_the_kitchen_does() {
    type Look = fn(&mut Bench) -> Pin<Box<dyn Future<Output = Outcome> + '_>>;
    let paused: Look = |bench| {
        let pause = Pause { since: bench.context.clock.now(), until: None };
        done(bench.context.state.set_pause("G1", Some(pause))).unwrap();
        Box::pin(bench.pass())
    };
    let paused_in_file: Look = |bench| {
        bench.wanted.paused = true;
        Box::pin(bench.pass())
    };
    let read_only: Look = |bench| Box::pin(bench.observe());
    let invalid: Look =
        |bench| Box::pin(observe_invalid(&bench.context, None, &*bench.platform, &bench.target, "no name".to_owned()));
    for (name, look) in
        [("paused", paused), ("in file", paused_in_file), ("read-only", read_only), ("invalid", invalid)]
    {
        for is_seen in [false, true] {
            let mut bench = Bench::off_for_an_hour(&["D1"]).await;
            tokio::time::sleep(minutes(61)).await;
            bench.platform.with(|world| world.kitchen("D1", is_seen));
            let seen: Vec<_> = look(&mut bench).await.switches.iter().map(|event| event.result).collect();
            assert_eq!(seen, vec![SwitchHappening::ChangedElsewhere; usize::from(is_seen)], "{name}");
            bench.platform.with(|world| world.kitchen("D1", false));
            done(bench.context.state.set_pause("G1", None)).unwrap();
            bench.wanted.paused = false;
            bench.after(minutes(119)).await;
            assert_eq!(bench.stock("D1"), !is_seen, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_switched_off_stays_off_when_the_files_let_go() {
    // Taken off by the files first; with and without somebody who puts it back before the switch, and with an end that is
    // later than that of the files.
    for (is_back, time) in [(false, None), (false, Some(minutes(60))), (true, Some(minutes(60)))] {
        let mut bench = Bench::in_sync().await;
        bench.file_item("D1").in_stock = Field::Set(false);
        bench.pass().await;
        if is_back {
            bench.platform.with(|world| world.kitchen("D1", true));
        }
        bench.switch(&["D1"], false, time).await;
        bench.file_item("D1").in_stock = Field::Unsaid;
        bench.pass().await;
        assert!(!bench.stock("D1"), "is_back: {is_back}, {time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pushes_in_between_carry_the_switch() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert!(!bench.stock("D1"));
    bench.after(minutes(61)).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_switched_while_a_menu_is_on_its_way() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(25));
    assert_eq!(bench.pass().await.result, PassResult::Timeout);
    bench.calls();
    let outcome = bench.switch(&["D2"], false, None).await;
    assert_eq!(outcome.result, "held");
    assert!(outcome.error.as_ref().unwrap().contains("is not settled"), "{outcome:?}");
    assert_eq!(bench.calls(), [] as [&str; 0]);
    // Its publication overwrites nothing either way; the end comes after it.
    bench.after(minutes(20)).await;
    assert!(!bench.stock("D1"));
    bench.after(minutes(60)).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn an_end_in_a_pause_waits_for_it() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    let pause = Pause { since: bench.context.clock.now(), until: None };
    done(bench.context.state.set_pause("G1", Some(pause))).unwrap();
    assert_eq!(bench.switch(&["D2"], false, None).await.result, "held");
    bench.after(minutes(61)).await;
    bench.wanted.paused = true;
    done(bench.context.state.set_pause("G1", None)).unwrap();
    bench.pass().await;
    assert!(!bench.stock("D1"));
    assert!(bench.calls().iter().all(|call| call == "GET"));
    bench.wanted.paused = false;
    bench.pass().await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn only_who_may_push_by_itself_switches_back() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    tokio::time::sleep(minutes(61)).await;
    bench.observe().await;
    bench.options.consent = Consent::Agreed(bench.shown_digest().await);
    bench.pass().await;
    assert!(!bench.stock("D1"), "nobody was shown that");
    bench.options.consent = Consent::Standing;
    bench.wanted.policy.account = Some("other".into());
    bench.pass().await;
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::OtherAccount));
}

#[tokio::test(start_paused = true)]
async fn another_platform_knows_nothing_of_a_switch() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    let here = std::mem::replace(
        &mut bench.context.state,
        crate::state::testing::inline_at(bench.dir.path(), "https://other.example"),
    );
    bench.after(minutes(61)).await;
    assert!(!bench.stock("D1"));
    bench.context.state = here;
    bench.pass().await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_thing_that_left_the_menu_is_told_and_one_that_is_not_there_is_absent() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    assert_eq!(results(&bench.switch(&["XX", "D2"], false, None).await), ["absent", "switched"]);
    bench.remove_from_file("D1");
    bench.pass().await;
    assert!(bench.switches().iter().any(|switch| switch.id.as_str() == "D1"), "it may come back before the end");
    bench.after(minutes(61)).await;
    assert_eq!((bench.switches(), bench.told()[0]), (vec![], SwitchHappening::Gone));
}

#[tokio::test(start_paused = true)]
async fn dying_at_any_call_of_a_switch_is_settled_by_a_later_pass() {
    // 1 GET, 2 PATCH, 3 GET.
    for (crash, was_carried_out) in
        [(Crash::Before(2), false), (Crash::After(2), true), (Crash::Before(3), true), (Crash::After(3), true)]
    {
        let bench = Bench::in_sync().await;
        bench.platform.with(|world| world.crash = Some(crash));
        let order = bench.order(&["D1"], false, Some(minutes(60)));
        tokio::select! {
            outcome = bench.carry_out(&order, &[]) => panic!("it ended before {crash:?}: {outcome:?}"),
            () = bench.platform.crashed() => {}
        }
        assert_eq!(bench.stock("D1"), !was_carried_out, "{crash:?}");
        assert_eq!(bench.switches()[0].stage, SwitchStage::Sending, "{crash:?}");
        bench.calls();
        bench.pass().await;
        let stage = if was_carried_out { SwitchStage::Set } else { SwitchStage::Sending };
        assert_eq!(bench.switches()[0].stage, stage, "{crash:?}");
        let outcome = bench.after(minutes(3)).await;
        assert!(bench.calls().iter().all(|call| call == "GET"), "{crash:?}: it is never sent again");
        if was_carried_out {
            assert_eq!(bench.told(), [SwitchHappening::Switched], "{crash:?}");
        } else {
            assert_eq!(outcome.switches[0].result, SwitchHappening::NotSeen);
            // What the kitchen does from now on is the kitchen's.
            bench.platform.with(|world| world.kitchen("D1", false));
        }
        bench.after(minutes(61)).await;
        assert_eq!(bench.stock("D1"), was_carried_out, "{crash:?}");
        assert_eq!(bench.open_switches(), [], "{crash:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn dying_at_the_end_of_a_switch_puts_nothing_on_sale_later() {
    // 1 GET, 2 PATCH, 3 GET.
    for (crash, was_carried_out) in [(Crash::Before(2), false), (Crash::After(2), true), (Crash::After(3), true)] {
        for waits in [minutes(1), minutes(11)] {
            let bench = Bench::off_for_an_hour(&["D1"]).await;
            tokio::time::sleep(minutes(60)).await;
            bench.pass_until(crash).await;
            assert!(matches!(bench.switches()[0].stage, SwitchStage::Returning(_)), "{crash:?}");
            bench.after(waits).await;
            let is_in_time = waits < minutes(10);
            assert_eq!(bench.stock("D1"), was_carried_out || is_in_time, "{crash:?} {waits:?}");
            let told =
                if was_carried_out || is_in_time { SwitchHappening::SwitchedBack } else { SwitchHappening::Doubtful };
            assert_eq!((bench.open_switches(), bench.told()[0]), (vec![], told), "{crash:?} {waits:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_looked_for_and_tried_again() {
    for faults in [vec![Fault::Status(503)], vec![Fault::Lost], vec![Fault::LostAfterwards]] {
        let bench = Bench::in_sync().await;
        bench.faults(&faults);
        let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
        assert_eq!(results(&outcome), ["switched"], "{faults:?}");
        let patches = bench.calls().iter().filter(|call| call.starts_with("PATCH")).count();
        assert_eq!(patches, if matches!(faults[0], Fault::LostAfterwards) { 1 } else { 2 }, "{faults:?}");
    }
    let bench = Bench::in_sync().await;
    bench.faults(&[Fault::Refused("no such item"), Fault::Refused("no such item")]);
    let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
    assert_eq!((outcome.result, results(&outcome)), ("failed", vec!["rejected"]));
    assert!(outcome.switches[0].error.as_ref().unwrap().contains("no such item"));
    assert_eq!((bench.switches(), bench.stock("D1")), (vec![], true));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_late_goes_back_at_its_end() {
    let bench = Bench::in_sync().await;
    bench.faults(&[Fault::Status(504); 5]);
    let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
    assert_eq!((outcome.result, results(&outcome)), ("failed", vec!["timeout"]), "{outcome:?}");
    assert_eq!(bench.switches()[0].stage, SwitchStage::Sending, "a look does not prove that it never comes");
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.after(seconds(20)).await;
    assert_eq!(bench.switches()[0].stage, SwitchStage::Set);
    bench.after(minutes(61)).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn a_call_by_the_other_key_whose_answer_is_lost_is_looked_for() {
    let bench = Bench::in_sync().await;
    bench.faults(&[Fault::Refused("no such item"), Fault::LostAfterwards]);
    let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
    assert_eq!((results(&outcome), bench.stock("D1"), bench.switches().len()), (vec!["switched"], false, 1));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_cannot_be_reached_fails_the_pass_and_is_tried_again() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.faults(&[Fault::Status(503); 5]);
    let outcome = bench.after(minutes(61)).await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    assert!(outcome.error.as_ref().unwrap().starts_with("stock could not be switched back (Es 1 (items/D1))"));
    assert_eq!((bench.remembered_state().as_deref(), bench.stock("D1")), (Some("failed"), false));
    assert_eq!(bench.switches()[0].stage, SwitchStage::Set, "a later pass may try it, however long that takes");
    let outcome = bench.after(minutes(30)).await;
    assert_eq!((outcome.state, bench.stock("D1")), (OutletState::InSync, true));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_refused_is_told_and_not_tried_again() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.faults(&[Fault::Refused("sold out for good"), Fault::Refused("sold out for good")]);
    let outcome = bench.after(minutes(61)).await;
    assert_eq!((outcome.state, outcome.switches[0].result), (OutletState::InSync, SwitchHappening::Refused));
    bench.calls();
    bench.after(minutes(30)).await;
    assert_eq!((bench.calls(), bench.stock("D1")), (vec!["GET".to_owned()], false));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_taken_is_never_repeated_although_no_look_shows_it() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    // 1 GET, 2 PATCH, 3 GET.
    bench.platform.before(3, |world| world.read_faults = [Fault::Status(503); 50].into());
    let outcome = bench.after(minutes(60)).await;
    assert_eq!((outcome.result, bench.stock("D1")), (PassResult::Failed, true));
    bench.platform.behave();
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.calls();
    bench.after(seconds(15)).await;
    bench.after(minutes(3)).await;
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::Doubtful));
}

#[tokio::test(start_paused = true)]
async fn calls_whose_answers_are_lost_are_repeated_for_ten_minutes_in_all() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    tokio::time::sleep(minutes(60)).await;
    for _ in 0..2 {
        bench.faults(&[Fault::Lost; 5]);
        assert_eq!(bench.pass().await.result, PassResult::Failed);
        bench.faults(&[Fault::Status(503); 5]);
        assert_eq!(bench.after(minutes(4)).await.result, PassResult::Failed);
    }
    bench.faults(&[]);
    bench.calls();
    bench.after(minutes(2)).await;
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::Doubtful));
}

#[tokio::test(start_paused = true)]
async fn one_dish_that_cannot_go_back_keeps_no_other_from_it() {
    let bench = Bench::off_for_an_hour(&["D1", "D2", "D3"]).await;
    // The call for all and the first alone, each by both keys.
    bench.faults(&[Fault::Refused("unknown id"); 4]);
    let outcome = bench.after(minutes(60)).await;
    assert_eq!((outcome.state, outcome.switches.len()), (OutletState::InSync, 3));
    assert_eq!(["D1", "D2", "D3"].map(|id| bench.stock(id)), [false, true, true]);
    assert_eq!(bench.told().iter().filter(|told| **told == SwitchHappening::Refused).count(), 1);
    assert_eq!(bench.open_switches(), []);
}

#[tokio::test(start_paused = true)]
async fn an_end_without_the_right_to_it_is_tried_again() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.faults(&[Fault::Status(403)]);
    let outcome = bench.after(minutes(60)).await;
    assert_eq!((outcome.result, bench.switches().len()), (PassResult::Failed, 1));
    bench.after(minutes(60)).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_fails_at_a_held_outlet_is_tried_again_soon() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    bench.price_in_file("NG", 250_000);
    bench.faults(&[Fault::Status(503); 5]);
    let outcome = bench.after(minutes(60)).await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held));
    assert!(outcome.again.is_some(), "the schedule may be later than the end may be repeated");
    bench.after(seconds(15)).await;
    assert!(bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_switch_is_told_although_the_pass_was_given_up_then() {
    let mut bench = Bench::off_for_an_hour(&["D1"]).await;
    let (withdraw, withdrawn) = watch::channel(false);
    bench.options.withdrawn = Some(withdrawn);
    // 1 GET, 2 PATCH, 3 GET.
    bench.platform.before(3, move |_| _ = withdraw.send_replace(true));
    let outcome = bench.after(minutes(60)).await;
    assert!(outcome.was_withdrawn());
    assert_eq!(outcome.switches.iter().map(|event| event.result).collect::<Vec<_>>(), [SwitchHappening::SwitchedBack]);
}

#[tokio::test(start_paused = true)]
async fn a_second_call_may_come_late_from_its_own_beginning_on() {
    let bench = Bench::in_sync().await;
    bench.faults(&[Fault::Busy(20); 2]);
    // GET, then PATCH and GET three times for the dish.
    bench.platform.with(|world| world.crash = Some(Crash::Before(8)));
    let order = bench.order(&["D1", "LV3"], false, Some(minutes(60)));
    tokio::select! {
        outcome = bench.carry_out(&order, &[]) => panic!("it ended: {outcome:?}"),
        () = bench.platform.crashed() => {}
    }
    bench.after(seconds(130)).await;
    bench.platform.with(|world| world.kitchen("LV3", false));
    bench.after(seconds(1)).await;
    assert_eq!(bench.switches().len(), 2);
    bench.after(minutes(60)).await;
    assert!(["D1", "LV3"].iter().all(|id| bench.stock(id)));
}

#[tokio::test(start_paused = true)]
async fn who_is_stopped_sends_nothing_more() {
    let bench = Bench::off_for_an_hour(&["D1"]).await;
    tokio::time::sleep(minutes(61)).await;
    bench.stop.send_replace(true);
    assert!(bench.pass().await.was_withdrawn());
    assert_eq!(bench.switch(&["D2"], false, None).await.result, "failed");
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!(bench.switches().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_has_the_outlet_is_waited_for_and_not_for_ever() {
    let bench = Bench::in_sync().await;
    let lock = try_lock_outlet(bench.dir.path(), "G1").unwrap();
    assert_eq!(bench.switch(&["D1"], false, None).await.result, "held");
    let release = async {
        tokio::time::sleep(seconds(5)).await;
        drop(lock);
    };
    let (outcome, ()) = tokio::join!(bench.switch(&["D1"], false, None), release);
    assert_eq!(outcome.result, "done");
}

#[tokio::test(start_paused = true)]
async fn an_end_that_passes_while_a_question_stands_switches_nothing() {
    let bench = Bench::in_sync().await;
    let order = bench.order(&["D1"], false, Some(minutes(5)));
    tokio::time::sleep(minutes(6)).await;
    assert_eq!(bench.carry_out(&order, &[]).await.result, "held");
    assert_eq!((bench.calls(), bench.stock("D1")), (vec!["GET".to_owned()], true));
}

#[tokio::test(start_paused = true)]
async fn without_a_base_a_switch_makes_none() {
    let bench = Bench::in_sync().await;
    done(bench.context.state.forget("G1")).unwrap();
    assert_eq!(bench.switch(&["D1"], false, Some(minutes(60))).await.result, "done");
    assert!(bench.base().is_none(), "the next push is still a first contact");
    assert!(!bench.stock("D1"));
}
