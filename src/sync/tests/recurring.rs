//! Layers with `when`, pass by pass: what is stored of them, and a menu that shows late.

use super::*;
use crate::diagnostic::Place;

const HAPPY: &str = "catalogs/happy-hour.yaml";

/// What the files say at a time of day: `file` gives the price.
fn says(bench: &mut Bench, file: &'static str, price: i64) {
    bench.price_in_file("NG", price);
    bench.wanted.recurring.files.insert(HAPPY.into());
    bench.wanted.places = Arc::new(move |_| vec![Place::start_of(&file.into())]);
}

async fn hours(hours: u64) {
    tokio::time::advance(minutes(60 * hours)).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_person_has_let_through_once_goes_out_again_the_next_day() {
    let mut bench = Bench::in_sync().await;
    says(&mut bench, HAPPY, 10_000);
    let held = bench.pass().await;
    assert_eq!((held.result, held.state), (PassResult::Held, OutletState::Held));
    bench.options.released = [Guard::PriceChange].into();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.options.released.clear();
    for day in 0..3 {
        hours(2).await;
        says(&mut bench, "catalogs/brand.yaml", 25_000);
        assert_eq!(
            (bench.pass().await.result, bench.live_price("NG")),
            (PassResult::Published, Some(25_000)),
            "day {day}"
        );
        hours(22).await;
        says(&mut bench, HAPPY, 10_000);
        assert_eq!(
            (bench.pass().await.result, bench.live_price("NG")),
            (PassResult::Published, Some(10_000)),
            "day {day}"
        );
    }
    hours(2).await;
    says(&mut bench, HAPPY, 2_500);
    assert_eq!(bench.pass().await.result, PassResult::Held, "a tenth was let through by nobody");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_did_not_arrive_is_not_known() {
    let mut bench = Bench::in_sync().await;
    says(&mut bench, HAPPY, 10_000);
    bench.options.released = [Guard::PriceChange].into();
    bench.faults(&[Fault::Status(422)]);
    assert_eq!(bench.pass().await.result, PassResult::Rejected);
    bench.options.released.clear();
    hours(24).await;
    assert_eq!(bench.pass().await.result, PassResult::Held);
}

#[tokio::test(start_paused = true)]
async fn a_beginning_that_shows_after_its_end_is_taken_back_when_it_shows() {
    let mut bench = Bench::in_sync().await;
    says(&mut bench, HAPPY, 15_000);
    bench.platform.with(|world| world.delay = minutes(25));
    assert_eq!(bench.pass().await.state, OutletState::Unknown, "not seen within ten minutes");
    bench.calls();
    tokio::time::advance(minutes(5)).await;
    says(&mut bench, "catalogs/brand.yaml", 25_000);
    assert_eq!(bench.pass().await.state, OutletState::Unknown);
    assert!(!bench.calls().contains(&"PUT".to_owned()), "one push at a time");
    bench.platform.with(|world| world.delay = Duration::ZERO);
    tokio::time::advance(minutes(12)).await;
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, bench.live_price("NG")), (PassResult::Published, Some(25_000)));
    assert_eq!(bench.base_price("NG"), Some(25_000));
}
