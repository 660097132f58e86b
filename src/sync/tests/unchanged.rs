//! The short way of a pass. In a debug build each one is also gone the long way, and must find the same: so do all tests here
//! and the simulation.

use super::*;

impl Bench {
    /// Whether the next pass goes the short way, and its calls.
    async fn goes_short(&self) -> (bool, Vec<String>) {
        let before = self.short.load(Relaxed);
        self.calls();
        self.pass().await;
        (self.short.load(Relaxed) > before, self.calls())
    }

    /// In sync, and known to be: the next pass goes the short way if nothing changes.
    async fn settled() -> Self {
        let bench = Self::in_sync().await;
        bench.pass().await;
        bench.pass().await;
        bench
    }
}

fn get() -> (bool, Vec<String>) {
    (true, vec!["GET".to_owned()])
}

#[tokio::test(start_paused = true)]
async fn where_nothing_changed_two_answers_that_are_the_same_are_enough() {
    let bench = Bench::settled().await;
    let before = done(bench.context.state.outlet("G1")).unwrap().unwrap();
    tokio::time::advance(minutes(10)).await;
    assert_eq!(bench.goes_short().await, get());
    let after = done(bench.context.state.outlet("G1")).unwrap().unwrap();
    assert_eq!(after.state.as_deref(), Some("in_sync"));
    assert!(after.last_verified > before.last_verified, "it was looked at");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_files_is_pushed() {
    let mut bench = Bench::settled().await;
    bench.price_in_file("NG", 26_000);
    assert!(!bench.goes_short().await.0);
    assert_eq!(bench.live_price("NG"), Some(26_000));
}

#[tokio::test(start_paused = true)]
async fn what_the_kitchen_and_the_app_do_is_seen_with_one_look_more() {
    let bench = Bench::settled().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    assert_eq!(bench.goes_short().await, (false, vec!["GET".to_owned(), "GET".to_owned()]));
    assert!(!bench.stock("D1"), "sold out stays sold out");
    bench.platform.with(|world| world.item("NG").price = Field::Set(Price(30_000)));
    bench.goes_short().await;
    assert_eq!(bench.remembered_state().as_deref(), Some("drifted"));
    assert!(!bench.goes_short().await.0, "drift is told anew by each pass");
}

#[tokio::test(start_paused = true)]
async fn after_an_hour_it_is_looked_at_in_full() {
    let bench = Bench::settled().await;
    tokio::time::advance(minutes(59)).await;
    assert_eq!(bench.goes_short().await, get());
    tokio::time::advance(minutes(1)).await;
    assert!(!bench.goes_short().await.0);
    assert_eq!(bench.goes_short().await, get(), "and this look stands for another hour");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_makes_nothing_known() {
    let mut bench = Bench::settled().await;
    bench.context.clock = Clock::starting_at("2027-01-04T02:00:00Z".parse().unwrap());
    assert!(!bench.goes_short().await.0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_an_alarm_and_what_another_process_stored_are_seen() {
    let bench = Bench::settled().await;
    let now = bench.context.clock.now();
    let pause = Some(crate::state::Pause { since: now, until: None });
    done(bench.context.state.set_pause("G1", pause)).unwrap();
    assert!(!bench.goes_short().await.0);
    assert_eq!(bench.remembered_state().as_deref(), Some("paused"));
    done(bench.context.state.set_pause("G1", None)).unwrap();
    bench.pass().await;
    bench.pass().await;
    assert!(bench.goes_short().await.0);
    tokio::time::advance(minutes(1)).await;
    let now = bench.context.clock.now();
    let alarm = Alarm { outlet: "G1".to_owned(), raised_at: now, what: "order 1".to_owned() };
    done(bench.context.state.take_event(vec!["e1".to_owned()], Some(alarm), now)).unwrap();
    assert!(!bench.goes_short().await.0);
    assert_eq!(bench.remembered_state().as_deref(), Some("drifted"));
    let bench = Bench::settled().await;
    done(bench.context.state.forget("G1")).unwrap();
    assert!(!bench.goes_short().await.0, "a first contact");
}

#[tokio::test(start_paused = true)]
async fn another_order_and_other_signatures_of_images_are_the_same_answer() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| (world.signs_images, world.shuffles) = (true, true));
    bench.pass().await;
    bench.pass().await;
    for _ in 0..3 {
        assert_eq!(bench.goes_short().await, get());
    }
}

#[tokio::test(start_paused = true)]
async fn where_each_answer_says_something_else_no_look_is_made_for_nothing() {
    let bench = Bench::in_sync().await;
    for day in 0..5 {
        bench.platform.with(|world| world.item("NG").description = text(&format!("Day {day}")));
        assert_eq!(bench.goes_short().await, (false, vec!["GET".to_owned()]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_a_failure() {
    let bench = Bench::settled().await;
    bench.platform.with(|world| world.read_faults = [Fault::Status(503)].into_iter().collect());
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Failed, OutletState::Failed));
    assert!(outcome.again.is_some(), "it is tried again");
    assert_eq!(bench.remembered_state().as_deref(), Some("failed"));
    assert_eq!(bench.goes_short().await, get());
    assert_eq!(bench.remembered_state().as_deref(), Some("in_sync"));
}
