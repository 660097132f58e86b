//! Soon after a switch: what looks at a push teach of stock, and what they make of the switch.

use super::{switching::results, *};
use crate::plan::SwitchHappening;

impl Bench {
    /// These looks read as if D1 were so, then it is again as it was.
    fn copies(&self, numbers: std::ops::Range<usize>, in_stock: bool) {
        self.platform.before(numbers.start, move |world| world.kitchen("D1", in_stock));
        self.platform.before(numbers.end, move |world| world.kitchen("D1", !in_stock));
    }

    fn no_patch_puts_on_sale(&self) {
        let calls = self.calls();
        assert!(calls.iter().all(|call| !call.starts_with("PATCH") || !call.contains("=on")), "{calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_behind_teaches_a_push_nothing_of_the_switch() {
    for end in [None, Some(minutes(60))] {
        let mut bench = Bench::in_sync().await;
        bench.switch(&["D1"], false, end).await;
        bench.price_in_file("NG", 27_000);
        bench.platform.with(|world| world.delay = seconds(30));
        bench.calls();
        // 1 GET, 2 PUT, 3 GET.
        bench.copies(4..7, true);
        assert_eq!(bench.pass().await.result, PassResult::Published, "{end:?}");
        bench.no_patch_puts_on_sale();
        assert!(!bench.stock("D1"), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_behind_an_end_teaches_a_push_nothing_of_it() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(30))).await;
    bench.price_in_file("NG", 27_000);
    tokio::time::sleep(minutes(30)).await;
    bench.platform.with(|world| world.delay = seconds(30));
    bench.calls();
    // 1 GET, 2 PATCH, 3 GET, 4 GET, 5 PUT, 6 GET.
    bench.copies(7..10, true);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.no_patch_puts_on_sale();
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::SwitchedBack));
}

#[tokio::test(start_paused = true)]
async fn no_push_is_sent_again_from_a_copy_that_is_behind_a_switch() {
    for fault in [Fault::LostAfterwards, Fault::Lost, Fault::Status(503)] {
        let mut bench = Bench::in_sync().await;
        bench.switch(&["D1"], false, None).await;
        bench.price_in_file("NG", 27_000);
        bench.faults(&[fault]);
        bench.platform.with(|world| world.delay = seconds(30));
        bench.calls();
        // 1 GET, 2 PUT.
        bench.copies(3..6, true);
        assert_eq!(bench.pass().await.result, PassResult::Failed, "{fault:?}");
        assert_eq!(bench.calls(), ["GET", "PUT", "GET", "GET", "GET"], "{fault:?}");
        bench.platform.with(|world| world.kitchen("D1", false));
        while bench.live_price("NG") != Some(27_000) {
            bench.after(minutes(10)).await;
        }
        bench.pass().await;
        bench.no_patch_puts_on_sale();
        assert!(!bench.stock("D1"), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_leaves_while_a_copy_is_behind_comes_back_sold_out() {
    let mut bench = Bench::in_sync().await;
    bench.wanted.recurring.files.insert("catalogs/breakfast.yaml".into());
    bench.switch(&["D1"], false, Some(minutes(60))).await;
    bench.remove_from_file("D1");
    bench.platform.with(|world| world.delay = seconds(30));
    bench.calls();
    bench.copies(4..7, true);
    assert_eq!(bench.pass().await.result, PassResult::Published);
    bench.wanted.catalog = warung();
    assert_eq!(bench.after(minutes(12)).await.result, PassResult::Published);
    assert!(!bench.stock("D1"));
}

#[tokio::test(start_paused = true)]
async fn what_the_kitchen_sells_out_is_learnt_although_a_switch_reads_as_undone() {
    let mut bench = Bench::in_sync().await;
    bench.switch(&["D1"], false, None).await;
    bench.price_in_file("NG", 27_000);
    bench.platform.with(|world| world.delay = seconds(30));
    bench.calls();
    bench.platform.before(4, |world| {
        world.kitchen("D1", true);
        world.kitchen("D2", false);
    });
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!((bench.stock("D1"), bench.stock("D2")), (false, false), "in doubt a dish is sold out");
}

#[tokio::test(start_paused = true)]
async fn a_kitchen_that_puts_it_on_sale_during_a_push_just_after_a_switch_is_not_overruled_at_its_end() {
    let orders: [Option<Option<Duration>>; 3] = [None, Some(Some(minutes(120))), Some(None)];
    for order in orders {
        let mut bench = Bench::off_for_an_hour(&["D1"]).await;
        bench.price_in_file("NG", 27_000);
        bench.platform.with(|world| world.delay = minutes(3));
        // 1 GET, 2 PUT, 3 GET; from then on the kitchen sells it, and later it does not.
        bench.copies(4..7, true);
        assert_eq!(bench.pass().await.result, PassResult::Published);
        if let Some(time) = order {
            assert_eq!(results(&bench.switch(&["D1"], false, time).await), ["unchanged"], "{order:?}");
        }
        let told = bench.after(minutes(1)).await.switches;
        assert_eq!(told.iter().map(|event| event.result).collect::<Vec<_>>(), [SwitchHappening::Doubtful], "{order:?}");
        bench.after(minutes(60)).await;
        bench.after(minutes(61)).await;
        assert_eq!((bench.stock("D1"), bench.open_switches()), (false, vec![]), "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_behind_keeps_nothing_from_going_off_at_its_end() {
    let mut bench = Bench::in_sync().await;
    bench.platform.with(|world| world.kitchen("D1", false));
    bench.switch(&["D1"], true, Some(minutes(60))).await;
    bench.calls();
    for at_push in [true, false] {
        bench.price_in_file("NG", if at_push { 27_000 } else { 28_000 });
        bench.platform.with(|world| world.delay = seconds(30));
        let first = if at_push { 4 } else { 1 };
        bench.copies(first..first + 3, false);
        bench.pass().await;
        bench.pass().await;
        bench.platform.with(|world| world.kitchen("D1", true));
        bench.calls();
    }
    bench.after(minutes(61)).await;
    assert_eq!((bench.stock("D1"), bench.told()[0]), (false, SwitchHappening::SwitchedBack));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_reads_as_done_just_after_it_went_on_sale_has_no_end() {
    for after_an_end in [true, false] {
        let bench = Bench::in_sync().await;
        if after_an_end {
            bench.switch(&["D1"], false, Some(minutes(30))).await;
            bench.after(minutes(30)).await;
        } else {
            bench.platform.with(|world| world.kitchen("D1", false));
            bench.switch(&["D1"], true, None).await;
        }
        bench.platform.with(|world| world.kitchen("D1", false));
        let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
        assert_eq!((results(&outcome), outcome.switches[0].until), (vec!["switched"], None), "{after_an_end}");
        assert!(outcome.switches[0].error.as_ref().unwrap().contains("not put back on sale"));
        bench.after(minutes(61)).await;
        assert!(!bench.stock("D1"), "{after_an_end}");
        // A single copy that is behind takes the end from nobody.
        let bench = Bench::in_sync().await;
        bench.switch(&["D1"], false, Some(minutes(30))).await;
        bench.after(minutes(30)).await;
        bench.calls();
        bench.platform.with(|world| world.kitchen("D1", false));
        bench.platform.before(2, |world| world.kitchen("D1", true));
        let outcome = bench.switch(&["D1"], false, Some(minutes(60))).await;
        assert!(outcome.switches[0].until.is_some());
        bench.after(minutes(60)).await;
        assert!(bench.stock("D1"));
    }
}
