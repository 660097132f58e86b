//! What events of the platform change: when a look comes, and how an outlet stands whose orders are not recognised.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_event_hastens_the_next_look_and_nothing_else() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = Duration::from_secs(203));
    let (waker, outlet) = (bench.context.poll_waker.clone(), bench.target.id.clone());
    let began = bench.context.clock.now();
    let events = async {
        for after in [1, 203] {
            tokio::time::sleep(Duration::from_secs(after)).await;
            waker.wake(&outlet);
            waker.wake(&outlet);
        }
    };
    let (outcome, ()) = tokio::join!(bench.pass(), events);
    assert_eq!(outcome.result, PassResult::Published);
    assert_eq!(bench.context.clock.now().duration_since(began).as_secs(), 204, "a poll would have come at 241 s");
}

#[tokio::test(start_paused = true)]
async fn an_outlet_whose_orders_are_not_recognised_has_drifted_though_its_menu_reads_well() {
    let mut bench = Bench::in_sync().await;
    tokio::time::advance(minutes(1)).await;
    let alarm = Alarm {
        outlet: "G1".to_owned(),
        raised_at: bench.context.clock.now(),
        what: "orders for “Nasi Goreng” cannot be recognised".to_owned(),
    };
    done(bench.context.state.take_event(vec!["1".to_owned()], Some(alarm.clone()), alarm.raised_at)).unwrap();
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state), (PassResult::Unchanged, OutletState::Drifted));
    let told = outcome.error.unwrap();
    assert!(told.starts_with("orders for “Nasi Goreng” cannot be recognised (2027-01-04 10:01 WIB);"), "{told}");
    tokio::time::advance(minutes(1)).await;
    bench.price_in_file("NG", 27_000);
    let outcome = bench.pass().await;
    assert_eq!((outcome.result, outcome.state, outcome.error), (PassResult::Published, OutletState::InSync, None));
}
