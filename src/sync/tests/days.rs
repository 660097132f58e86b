//! What passes remember of earlier days, through the database and over restarts.

use super::*;
use crate::policy::DriftPolicy;

impl Bench {
    /// Passes as the daemon's schedule brings them.
    async fn hours(&self, hours: u64) {
        for _ in 0..hours {
            tokio::time::advance(minutes(60)).await;
            self.pass().await;
        }
    }

    fn drift_in_status(&self) -> serde_json::Value {
        let row = done(self.context.state.outlet("G1")).unwrap().unwrap();
        serde_json::from_str(&row.drift.unwrap()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn many_pushes_of_a_tenth_do_not_empty_a_menu() {
    let mut bench = Bench::in_sync().await;
    let mut published = 0;
    for id in ["N1", "N2", "N3", "D1", "D2", "D3"] {
        bench.remove_from_file(id);
        tokio::time::advance(minutes(10)).await;
        published += usize::from(bench.pass().await.result == PassResult::Published);
    }
    assert_eq!(published, 2, "20 % of ten");
    let outcome = bench.pass().await;
    assert!(outcome.error.unwrap().contains("with what left in the last 24 hours"));
    bench.options.released.insert(Guard::Deletes);
    assert_eq!(bench.pass().await.result, PassResult::Published);
}

#[tokio::test(start_paused = true)]
async fn what_a_push_removed_counts_even_if_it_was_seen_to_arrive_after_a_crash() {
    let mut bench = Bench::in_sync().await;
    bench.remove_from_file("N1");
    bench.remove_from_file("N2");
    bench.pass_until(Crash::After(2)).await;
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.remove_from_file("N3");
    assert_eq!(bench.pass().await.result, PassResult::Held);
}

#[tokio::test(start_paused = true)]
async fn a_price_that_stood_for_a_day_comes_back_without_a_guard() {
    let mut bench = Bench::in_sync().await;
    bench.hours(25).await;
    bench.price_in_file("NG", 60_000);
    assert_eq!(bench.pass().await.result, PassResult::Held);
    bench.options.released.insert(Guard::PriceChange);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.options.released.clear();
    bench.hours(2).await;
    bench.price_in_file("NG", 25_000);
    assert_eq!(bench.pass().await.result, PassResult::Published, "25 000 stood for a day");
    bench.price_in_file("NG", 60_000);
    assert_eq!(bench.pass().await.result, PassResult::Held, "60 000 stood for two hours");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_undone_three_times_a_day_is_left_alone_until_its_file_changes() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.policy.drift = DriftPolicy::Revert;
    for _ in 0..3 {
        bench.platform.with(|world| world.app_price("NG", 26_000));
        assert_eq!(bench.pass().await.result, PassResult::Published);
        assert_eq!(bench.live_price("NG"), Some(25_000));
        tokio::time::advance(minutes(60)).await;
    }
    bench.platform.with(|world| world.app_price("NG", 26_000));
    bench.calls();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Drifted));
    assert_eq!(bench.calls(), ["GET"]);
    let told = bench.drift_in_status();
    assert_eq!((&told[0]["contested"], &told[0]["since"]), (&true.into(), &"2027-01-04T06:00:00Z".into()));
    bench.hours(30).await;
    assert_eq!(bench.live_price("NG"), Some(26_000), "no calm makes it begin again");
    bench.price_in_file("NG", 25_500);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(bench.live_price("NG"), Some(25_500));
}

#[tokio::test(start_paused = true)]
async fn drift_is_told_with_the_time_it_was_first_seen() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.app_price("NG", 26_000));
    bench.pass().await;
    bench.hours(3).await;
    assert_eq!(bench.drift_in_status()[0]["since"], "2027-01-04T03:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_remembers_what_he_sees_and_forgetting_forgets_it() {
    let bench = Bench::in_sync().await;
    bench.platform.with(|world| world.app_price("NG", 26_000));
    bench.observe().await;
    let memory = || bench.recalled().memory;
    assert!(memory().at(bench.context.clock.now()).since.contains_key(&"items/NG/price".parse().unwrap()));
    done(bench.context.state.forget("G1")).unwrap();
    assert_eq!(memory(), crate::plan::Memory::default());
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_does_not_speak_for_whoever_waits_for_a_push() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = minutes(20));
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    assert_eq!(bench.observe().await.state, OutletState::Unknown);
    let row = done(bench.context.state.outlet("G1")).unwrap().unwrap();
    let told = row.error.unwrap();
    assert!(told.starts_with("accepted by GoFood, not visible after 600 s"), "{told}");
}

/// A look that takes as long as a whole push of another process.
struct SlowLook<'b>(&'b Bench);

impl crate::remote::Read for SlowLook<'_> {
    fn of_account(&self, _: Option<&str>) -> Option<Self> {
        None
    }

    async fn fetch(
        &self,
        outlet: &crate::catalog::OutletId,
    ) -> Result<crate::catalog::live::LiveCatalog, crate::remote::RemoteError> {
        let live = self.0.platform.fetch(outlet).await;
        let Bench { context, platform, target, wanted, options, .. } = self.0;
        let another = Context { slots: Slots::new(1), ..context.clone() };
        let outcome = pass(&another, None, &**platform, target, wanted, options).await;
        assert_eq!(outcome.result, PassResult::Published);
        live
    }

    async fn promotions(
        &self,
        outlet: &OutletId,
    ) -> Result<Vec<crate::catalog::Promotion>, crate::remote::RemoteError> {
        self.0.platform.promotions(outlet).await
    }

    async fn promotion(
        &self,
        outlet: &OutletId,
        id: &str,
    ) -> Result<Option<crate::catalog::Promotion>, crate::remote::RemoteError> {
        self.0.platform.promotion(outlet, id).await
    }
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_overwrites_nothing_that_was_pushed_meanwhile() {
    for files_are_valid in [true, false] {
        let mut bench = Bench::in_sync().await;
        bench.file_item("D1").in_stock = Field::Set(false);
        bench.pass().await;
        bench.file_item("D1").in_stock = Field::Unsaid;
        // Who looks learns from this that the dish is not ours to put back any more.
        bench.platform.with(|world| world.kitchen("D1", true));
        bench.price_in_file("NG", 27_000);
        let (slow, Bench { context, target, wanted, .. }) = (SlowLook(&bench), &bench);
        match files_are_valid {
            true => drop(observe(context, None, &slow, target, wanted).await),
            false => drop(observe_invalid(context, None, &slow, target, String::new()).await),
        }
        assert_eq!(bench.base_price("NG"), Some(27_000), "files are valid: {files_are_valid}");
        bench.calls();
        assert_eq!(bench.pass().await.state, OutletState::InSync);
        assert_eq!(bench.calls(), ["GET"]);
    }
}
