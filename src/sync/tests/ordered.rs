//! What people order by commands: pauses, and rollbacks that pin what is wanted.

use super::*;
use crate::{
    diagnostic::Place,
    plan::{Goal, Pins, Record},
    state::Pause,
};

impl Bench {
    /// Pauses the outlet for this long.
    pub(super) fn pause_for(&self, time: Option<Duration>) {
        let now = self.context.clock.now();
        let pause = Pause { since: now, until: time.map(|time| now + time) };
        done(self.context.state.set_pause("G1", Some(pause))).unwrap();
    }

    /// The pins of a rollback to the push of this number.
    pub(super) fn back_to(&mut self, number: i64) {
        let rows = done(self.context.state.history("G1")).unwrap();
        let row = &rows.iter().find(|(row, _)| row.number == number).unwrap().0;
        let record = done(self.context.state.record(row.id)).unwrap().unwrap();
        let record: Record = serde_json::from_str(&record).unwrap();
        let ignore = BTreeSet::new();
        let now = self.context.clock.now();
        let goal = Goal { to: number, of: row.prepared_at, now, ignore: &ignore, was_sold_out: &|_| false };
        self.options.rollback = Some(Pins::between(&goal, &self.wanted.catalog, &record));
    }

    fn pinned(&self) -> Vec<String> {
        self.recalled().pins.pinned_paths().into_iter().map(|pin| pin.path.to_string()).collect()
    }

    /// Two pushes: 25.000, then 27.000.
    async fn twice_pushed() -> Self {
        let mut bench = Self::in_sync().await;
        bench.price_in_file("NG", 27_000);
        assert_eq!(bench.pass().await.result, PassResult::Published);
        bench.calls();
        bench
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_pushes_back_shows_drift_and_ends_by_itself() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.pause_for(Some(minutes(180)));
    bench.platform.with(|world| world.item("D1").price = Field::Set(Price(9_900)));
    for _ in 0..2 {
        let outcome = bench.pass().await;
        assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Paused));
        assert_eq!(
            outcome.opens_at,
            done(bench.context.state.pause("G1", bench.context.clock.now())).unwrap().unwrap().until
        );
        assert_eq!(outcome.plan.unwrap().unpushed_drift().count(), 1, "drift is seen");
        assert_eq!(bench.calls(), ["GET"]);
        tokio::time::advance(minutes(179)).await;
        if bench.context.clock.now() > "2027-01-04T06:00:00Z".parse().unwrap() {
            break;
        }
    }
    bench.pause_for(Some(minutes(1)));
    tokio::time::advance(minutes(1)).await;
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.live_price("NG"), Some(27_000));
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_is_told_when_a_pause_ends() {
    let bench = Bench::in_sync().await;
    bench.pause_for(Some(minutes(180)));
    let outcome = bench.observe().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Paused));
    assert_eq!(outcome.opens_at, Some(bench.context.clock.now() + minutes(180)));
    let told = outcome.error.unwrap();
    assert!(told.starts_with("paused until 2027-01-04 13:00 WIB"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_without_an_end_lasts_until_it_is_ended() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.pause_for(None);
    tokio::time::advance(minutes(60 * 24 * 365)).await;
    assert_eq!(bench.pass().await.state, OutletState::Paused);
    done(bench.context.state.set_pause("G1", None)).unwrap();
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn a_pause_does_not_keep_a_push_from_being_looked_for_and_holds_a_rollback() {
    let mut bench = Bench::twice_pushed().await;
    bench.price_in_file("NG", 28_000);
    bench.pass_until(Crash::After(2)).await;
    bench.pause_for(None);
    assert_eq!(bench.pass().await.state, OutletState::Paused);
    assert_eq!(bench.ended(), Some(PushOutcome::Published));
    bench.back_to(1);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Paused));
    assert!(bench.pinned().is_empty());
}

#[tokio::test(start_paused = true)]
async fn pins_are_on_disk_before_the_first_byte_of_their_push() {
    let mut bench = Bench::twice_pushed().await;
    bench.back_to(1);
    bench.pass_until(Crash::Before(2)).await;
    bench.calls();
    assert_eq!(bench.pinned(), ["items/NG/price"]);
    // Whoever comes next goes on with the rollback and does not push the files again.
    bench.options.rollback = None;
    tokio::time::advance(minutes(31)).await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Published, OutletState::InSync));
    assert_eq!(bench.live_price("NG"), Some(25_000));
    bench.calls();
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert_eq!(bench.calls(), ["GET"]);
    assert_eq!(bench.base_price("NG"), Some(25_000));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_refused_or_never_gets_there_leaves_what_was_pinned_before() {
    for (fault, result) in [(Fault::Status(422), PassResult::Rejected), (Fault::Resting(100), PassResult::Failed)] {
        let mut bench = Bench::twice_pushed().await;
        bench.price_in_file("D1", 9_000);
        assert_eq!(bench.pass().await.result, PassResult::Published);
        bench.back_to(2);
        assert_eq!(bench.pass().await.result, PassResult::Published);
        assert_eq!(bench.pinned(), ["items/D1/price"]);
        bench.back_to(1);
        bench.faults(&[fault]);
        assert_eq!(bench.pass().await.result, result);
        assert_eq!(bench.pinned(), ["items/D1/price"], "{fault:?}");
        bench.options.rollback = None;
        assert_eq!(bench.pass().await.state, OutletState::InSync);
        assert_eq!((bench.live_price("NG"), bench.live_price("D1")), (Some(27_000), Some(8_500)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_pin_is_dropped_for_good_when_the_file_changes() {
    let mut bench = Bench::twice_pushed().await;
    bench.back_to(1);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.options.rollback = None;
    for price in [28_000, 27_000] {
        bench.price_in_file("NG", price);
        assert_eq!(bench.pass().await.result, PassResult::Published);
        assert_eq!((bench.live_price("NG"), bench.pinned().len()), (Some(price), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_has_nothing_to_send_pins_all_the_same() {
    let mut bench = Bench::twice_pushed().await;
    bench.price_in_file("NG", 99_000);
    bench.back_to(2);
    assert_eq!(bench.pass().await.result, PassResult::Unchanged);
    bench.options.rollback = None;
    assert_eq!(bench.pass().await.state, OutletState::InSync);
    assert!(bench.calls().iter().all(|call| call == "GET"));
    assert_eq!(bench.pinned(), ["items/NG/price"]);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_held_leaves_no_word_of_itself() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 60_000);
    bench.options.released.insert(Guard::PriceChange);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.options.released.clear();
    bench.back_to(1);
    assert_eq!(bench.pass().await.result, PassResult::Held);
    assert_eq!(bench.remembered_state().as_deref(), Some("in_sync"));
    bench.options.released.insert(Guard::PriceChange);
    bench.platform.with(|world| world.app_price("D1", 9_999));
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.remembered_state().as_deref(), Some("drifted"));
}

#[tokio::test(start_paused = true)]
async fn pins_that_do_not_fit_to_the_files_any_more_hold_the_outlet() {
    let mut bench = Bench::in_sync().await;
    bench.file_item("N1").name = text("Nasi Satu");
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.back_to(1);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.options.rollback = None;
    bench.wanted.policy.rules.insert("duplicate-name".to_owned(), Some(crate::diagnostic::Severity::Error));
    bench.file_item("N2").name = text("Nasi 1");
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Held, OutletState::Held), "{outcome:?}");
    assert!(outcome.error.unwrap().contains("the rollback to push 1"));
    let looked = bench.observe().await;
    assert_eq!((looked.result, looked.state), (PassResult::Unchanged, OutletState::Held));
    assert!(looked.error.unwrap().contains("the rollback to push 1"));
    assert!(bench.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_files_are_excused_for_is_no_conflict_with_pins() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.policy.rules.insert("duplicate-name".to_owned(), Some(crate::diagnostic::Severity::Error));
    bench.file_item("N2").name = text("Nasi 1");
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.price_in_file("NG", 27_000);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.back_to(2);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.live_price("NG"), Some(25_000));
}

#[tokio::test(start_paused = true)]
async fn the_files_do_not_say_what_is_pinned() {
    let mut bench = Bench::twice_pushed().await;
    let place = Place { file: "catalogs/kuta.yaml".into(), line: 1, column: 1, end_line: 1, end_column: 2 };
    bench.wanted.places = Arc::new(move |_| vec![place.clone()]);
    bench.back_to(1);
    let pins = bench.options.rollback.take().unwrap();
    let pinned = apply_pins(&bench.target, &bench.wanted, &pins, bench.context.clock.now()).unwrap();
    let is_said = |path: &str| !(pinned.places)(&path.parse().unwrap()).is_empty();
    assert_eq!((is_said("items/NG/price"), is_said("items/D1/price")), (false, true));
}

#[tokio::test(start_paused = true)]
async fn what_a_rollback_pinned_stays_though_its_push_is_seen_by_a_later_pass() {
    let mut bench = Bench::twice_pushed().await;
    bench.back_to(1);
    bench.platform.with(|world| world.delay = minutes(15));
    assert_eq!(bench.pass().await.result, PassResult::Timeout);
    bench.options.rollback = None;
    let pinned = bench.pinned();
    assert!(!pinned.is_empty());
    tokio::time::advance(minutes(6)).await;
    bench.calls();
    for _ in 0..3 {
        bench.pass().await;
        assert_eq!((bench.live_price("NG"), bench.pinned()), (Some(25_000), pinned.clone()));
    }
    assert!(!bench.calls().contains(&"PUT".to_owned()), "the files are not pushed over it");
}
