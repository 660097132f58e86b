//! Many outlets that wait for their publications at the same time, with one slot for passes and one for looks.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::{task::JoinSet, time::Instant};
use uuid::Uuid;

use super::*;
use crate::{
    catalog::{OutletId, StockChange, StockKind, live::LiveCatalog},
    remote::{Read, RemoteError, Write},
};

const OUTLETS: usize = 30;

/// As long as a client's limit of requests makes each call take.
const A_CALL: Duration = Duration::from_millis(200);

/// A platform of many outlets that counts how many calls are made at the same time.
struct Counter {
    platforms: BTreeMap<OutletId, Platform>,
    calls: AtomicUsize,
    most: AtomicUsize,
}

impl Counter {
    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        self.most.fetch_max(self.calls.fetch_add(1, SeqCst) + 1, SeqCst);
        tokio::time::sleep(A_CALL).await;
        let answer = call.await;
        self.calls.fetch_sub(1, SeqCst);
        answer
    }
}

impl Read for Counter {
    fn of_account(&self, _: Option<&str>) -> Option<Self> {
        None
    }

    async fn fetch(&self, outlet: &OutletId) -> Result<LiveCatalog, RemoteError> {
        self.call(self.platforms[outlet].fetch(outlet)).await
    }

    async fn promotions(&self, outlet: &OutletId) -> Result<Vec<crate::catalog::Promotion>, RemoteError> {
        self.platforms[outlet].promotions(outlet).await
    }

    async fn promotion(&self, outlet: &OutletId, id: &str) -> Result<Option<crate::catalog::Promotion>, RemoteError> {
        self.platforms[outlet].promotion(outlet, id).await
    }
}

impl Write for Counter {
    async fn create_promotion(
        &self,
        outlet: &OutletId,
        key: &str,
        detail: &crate::catalog::PromoDetail,
    ) -> Result<crate::remote::PromotionAnswer, RemoteError> {
        self.call(self.platforms[outlet].create_promotion(outlet, key, detail)).await
    }

    async fn end_promotion(&self, outlet: &OutletId, id: &str, has_begun: bool) -> Result<(), RemoteError> {
        self.call(self.platforms[outlet].end_promotion(outlet, id, has_begun)).await
    }

    async fn put_catalog(&self, outlet: &OutletId, id: Uuid, catalog: &Catalog) -> Result<(), RemoteError> {
        self.call(self.platforms[outlet].put_catalog(outlet, id, catalog)).await
    }

    async fn patch_stock(&self, outlet: &OutletId, kind: StockKind, stock: &[StockChange]) -> Result<(), RemoteError> {
        self.call(self.platforms[outlet].patch_stock(outlet, kind, stock)).await
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_outlets_share_the_slot_for_their_looks_and_hold_it_for_nothing_else() {
    let Bench { dir: _dir, context, stop: _stop, .. } = Bench::new();
    let ids: Vec<OutletId> = (1..=OUTLETS).map(|number| format!("G{number}").as_str().into()).collect();
    let platforms = ids.iter().map(|id| (id.clone(), Platform::new())).collect();
    let counter = Arc::new(Counter { platforms, calls: AtomicUsize::new(0), most: AtomicUsize::new(0) });
    counter.platforms.values().for_each(|platform| platform.with(|world| world.delay = minutes(5)));
    let began = Instant::now();
    let mut passes = JoinSet::new();
    for id in &ids {
        let (context, counter, target) = (context.clone(), Arc::clone(&counter), target(id.as_str()));
        let wanted = Desired::of_catalog(warung(), Policy::default());
        let options = PassOptions::default();
        passes.spawn(async move { pass(&context, None, &*counter, &target, &wanted, &options).await.result });
    }
    let wake_all = async {
        tokio::time::sleep(minutes(2)).await;
        ids.iter().for_each(|id| context.poll_waker.wake(id));
    };
    let (results, ()) = tokio::join!(passes.join_all(), wake_all);
    assert_eq!(results, [PassResult::Published; OUTLETS]);
    assert_eq!(counter.most.load(SeqCst), 2, "calls at the same time: one of a pass, one that looks for a push");
    let mut puts = Vec::new();
    for platform in counter.platforms.values() {
        let calls = platform.take_calls();
        puts.extend(calls.iter().filter(|(_, call)| matches!(call, platform::Call::Put(..))).map(|(at, _)| *at));
        assert!(calls.len() < 20, "{} calls for one outlet", calls.len());
    }
    assert_eq!(puts.len(), OUTLETS);
    // A look, a push and at most a few looks of others in between; a slot held while waiting would take five minutes each.
    let last = puts.into_iter().max().unwrap().duration_since(began);
    assert!(last < minutes(1), "the last push went out after {last:?}");
}

#[tokio::test(start_paused = true)]
async fn the_look_right_after_the_answer_gives_way_and_the_next_one_has_a_lane_of_its_own() {
    let mut bench = Bench::in_sync().await;
    bench.price_in_file("NG", 27_000);
    let others = Arc::clone(&bench.context.poll_slots.others);
    let _turn = others.acquire().await.unwrap();
    let began = Instant::now();
    assert_eq!(bench.pass().await.result, PassResult::Published);
    assert_eq!(began.elapsed(), bench.context.verify_interval);
}
