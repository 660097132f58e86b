//! Three outlets, their files, their platform, the people around them, and the daemon that is started over and over.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use menusync::{
    catalog::{Catalog, OutletId, StockChange, StockKind, live::LiveCatalog},
    daemon::{self, Order, Parts, Pusher, Worker},
    fleet::{self, Loaded, Member},
    notify::Notices,
    remote::{Fetched, Lane, Read, RemoteError, Write},
    state::{Scope, SharedState, SqliteState},
    sync::{Clock, Context, InFlight, Outcome, Slot},
    systemd::{Notifier, ServiceManager},
};
use tempfile::TempDir;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::platform::{Crash, Fault, Platform};

const OUTLETS: [&str; 3] = ["G1", "G2", "G3"];
const PRICES: [(&str, i64); 4] = [("NG", 25_000), ("RAWON", 36_000), ("TEH", 7_000), ("JERUK", 13_000)];
const KITCHEN: [&str; 6] = ["NG", "RAWON", "PECEL", "TEH", "LV-0", "LV-3"];
/// Seconds after which something else that live shows counts as what it has settled on.
const SETTLED: u64 = 60;
const LAYER: &str = include_str!("../support/warung.yaml");
const SETTINGS: &str = "target: sandbox\nschedule: \"*/5 * * * *\"\njitter: 0s\nimages: {check: false}\n\
                        verify: {timeout: 10m, interval: 15s}\ndrift: revert\n";

/// One platform for each outlet.
#[derive(Clone)]
struct Fleet(Arc<BTreeMap<OutletId, Platform>>);

impl Read for Fleet {
    fn of_account(&self, _: Option<&str>) -> Option<Self> {
        None
    }

    async fn fetch(&self, outlet: &OutletId) -> Result<LiveCatalog, RemoteError> {
        self.0[outlet].fetch(outlet).await
    }

    async fn fetch_in(&self, outlet: &OutletId, lane: Lane) -> Result<Fetched, RemoteError> {
        self.0[outlet].fetch_in(outlet, lane).await
    }

    async fn promotions(&self, outlet: &OutletId) -> Result<Vec<menusync::catalog::Promotion>, RemoteError> {
        self.0[outlet].promotions(outlet).await
    }

    async fn promotion(
        &self,
        outlet: &OutletId,
        id: &str,
    ) -> Result<Option<menusync::catalog::Promotion>, RemoteError> {
        self.0[outlet].promotion(outlet, id).await
    }
}

impl Write for Fleet {
    async fn create_promotion(
        &self,
        outlet: &OutletId,
        key: &str,
        detail: &menusync::catalog::PromoDetail,
    ) -> Result<menusync::remote::PromotionAnswer, RemoteError> {
        self.0[outlet].create_promotion(outlet, key, detail).await
    }

    async fn end_promotion(&self, outlet: &OutletId, id: &str, has_begun: bool) -> Result<(), RemoteError> {
        self.0[outlet].end_promotion(outlet, id, has_begun).await
    }

    async fn put_catalog(&self, outlet: &OutletId, id: Uuid, catalog: &Catalog) -> Result<(), RemoteError> {
        self.0[outlet].put_catalog(outlet, id, catalog).await
    }

    async fn patch_stock(&self, outlet: &OutletId, kind: StockKind, all: &[StockChange]) -> Result<(), RemoteError> {
        self.0[outlet].patch_stock(outlet, kind, all).await
    }
}

/// Counts the passes.
struct Counted(Pusher<Fleet>, Arc<AtomicUsize>);

impl Worker for Counted {
    async fn visit(
        &self,
        context: &Context,
        slot: Slot,
        loaded: &Arc<Loaded>,
        member: &Member,
        stale: watch::Receiver<bool>,
    ) -> Outcome {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.visit(context, slot, loaded, member, stale).await
    }

    fn pushes(&self) -> bool {
        self.0.pushes()
    }
}

pub(crate) struct World {
    directory: TempDir,
    fleet: Fleet,
    passes: Arc<AtomicUsize>,
    clock: Clock,
    began: Instant,
    random: fastrand::Rng,
    /// What the files say.
    prices: BTreeMap<&'static str, BTreeMap<&'static str, i64>>,
    pub(crate) kills: usize,
}

impl World {
    pub(crate) fn new(random: fastrand::Rng) -> Self {
        // In memory where there is such a place: thousands of passes would otherwise wait for the disk.
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        fs::create_dir_all(directory.path().join("root/catalogs")).unwrap();
        fs::write(directory.path().join("root/menusync.yaml"), SETTINGS).unwrap();
        fs::write(directory.path().join("root/catalogs/warung.yaml"), LAYER).unwrap();
        let platforms: BTreeMap<OutletId, Platform> = OUTLETS.map(|id| (id.into(), Platform::new())).into();
        platforms.values().for_each(|platform| platform.with(|world| world.reverts = true));
        let start: Timestamp = "2027-01-04T03:00:00Z".parse().unwrap();
        let world = Self {
            directory,
            fleet: Fleet(Arc::new(platforms)),
            passes: Arc::default(),
            clock: Clock::starting_at(start),
            began: Instant::now(),
            random,
            prices: OUTLETS.map(|id| (id, PRICES.into())).into(),
            kills: 0,
        };
        OUTLETS.iter().for_each(|id| world.write(id));
        world
    }

    pub(crate) fn passes(&self) -> usize {
        self.passes.load(Ordering::Relaxed)
    }

    /// How many pushes were ever recorded.
    pub(crate) async fn pushes(&self) -> usize {
        let last = self.state().pushes(None, 1).await.unwrap().pop().unwrap();
        usize::try_from(last.id.0).unwrap()
    }

    /// The state of a process. Calls run where they are made, as the clock moves on while a thread works.
    fn state(&self) -> SharedState {
        let scope = Scope { platform: "https://gobiz.test".to_owned(), root: "/srv/menus".to_owned() };
        SqliteState::open_inline(&self.state_dir(), &scope).unwrap()
    }

    /// How much time has passed in the world.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    fn platform(&self, outlet: &str) -> &Platform {
        &self.fleet.0[outlet]
    }

    fn write(&self, outlet: &str) {
        let items = self.prices[outlet].iter().map(|(id, price)| format!("  {id}: {{price: {price}}}\n"));
        let items: String = items.collect();
        let text = format!("outlet: {outlet}\nname: Warung {outlet}\nextends: [warung.yaml]\nitems:\n{items}");
        fs::write(self.directory.path().join(format!("root/catalogs/{outlet}.yaml")), text).unwrap();
    }

    // ── trouble ──

    pub(crate) fn make_trouble(&mut self) {
        for outlet in OUTLETS {
            self.platform(outlet).take_log();
            self.platform(outlet).behave();
            if self.random.bool() {
                self.edit_file(outlet);
                self.write(outlet);
            }
            let delay = self.plan_faults(outlet);
            for _ in 0..self.random.u8(..4) {
                let number = self.random.usize(1..60);
                self.interfere(outlet, number, delay < SETTLED);
            }
        }
    }

    /// What the file shall say when it is next written.
    fn edit_file(&mut self, outlet: &'static str) {
        let (id, price) = self.a_price();
        self.prices.get_mut(outlet).unwrap().insert(id, price);
    }

    fn a_price(&mut self) -> (&'static str, i64) {
        let (id, usual) = PRICES[self.random.usize(..PRICES.len())];
        (id, usual * self.random.i64(85..=118) / 100)
    }

    /// How long publication takes from now on is returned.
    fn plan_faults(&mut self, outlet: &str) -> u64 {
        let faults = [Fault::Fine, Fault::Fine, Fault::Lost, Fault::LostAfterwards, Fault::Status(503), Fault::Busy(3)];
        let mut some = |most: usize| {
            let count = self.random.usize(..=most);
            (0..count).map(|_| faults[self.random.usize(..faults.len())]).collect()
        };
        let (writes, reads) = (some(8), some(30));
        let delay = [0, 0, 20, 90, 700, 1_600][self.random.usize(..6)];
        let number = self.random.usize(1..40);
        let crash = [None, None, Some(Crash::Before(number)), Some(Crash::After(number))][self.random.usize(..4)];
        self.platform(outlet).with(|world| {
            (world.write_faults, world.read_faults, world.crash) = (writes, reads, crash);
            world.delay = Duration::from_secs(delay);
        });
        delay
    }

    /// The kitchen or somebody in the app does something just before the `number`th call. Nobody edits in the app for longer
    /// than it takes to settle what a push is just about: what live shows then is taken for the end of that push.
    fn interfere(&mut self, outlet: &str, number: usize, quick: bool) {
        let (id, price) = self.a_price();
        let dish = KITCHEN[self.random.usize(..KITCHEN.len())];
        let in_app = self.random.u8(..4) == 0;
        self.platform(outlet).before(number, move |world| match world.stock(dish) {
            Some(_) if in_app && quick && world.pending.is_none() => world.app_price(id, price + 7),
            Some(in_stock) if !in_app => world.kitchen(dish, !in_stock),
            _ => {}
        });
    }

    // ── the daemon ──

    fn parts(&self) -> (mpsc::Sender<Order>, Parts<Counted>) {
        let (sender, orders) = mpsc::channel(4);
        let loaded = Arc::new(fleet::load(&self.directory.path().join("root")).unwrap());
        let parts = Parts {
            settings: loaded.settings.clone().unwrap(),
            survey: Arc::new(loaded.survey(self.clock.now())),
            loaded,
            load: Arc::new(|root, doing, before| fleet::load_under(root, None, doing, before)),
            in_flight: InFlight::default(),
            worker: Counted(Pusher(self.fleet.clone()), Arc::clone(&self.passes)),
            state: self.state(),
            state_dir: self.state_dir(),
            only: Default::default(),
            clock: self.clock,
            notifier: Notifier::new(&ServiceManager::default()),
            orders,
            hints: Arc::default(),
            notices: Notices::none(),
            view: Arc::default(),
        };
        (sender, parts)
    }

    /// The daemon's life, which ends at a call, at any moment, or in peace.
    pub(crate) async fn live_for_a_while(&mut self) {
        let (orders, parts) = self.parts();
        let [first, second] = [(); 2].map(|()| Duration::from_millis(self.random.u64(1_000..3_600_000)));
        let (in_peace, fleet) = (self.random.bool(), self.fleet.clone());
        let edited = OUTLETS[self.random.usize(..OUTLETS.len())];
        self.edit_file(edited);
        let stopped = async {
            sleep(first).await;
            self.write(edited);
            sleep(second).await;
            if in_peace {
                orders.send(Order::Stop).await.unwrap();
                std::future::pending::<()>().await;
            }
        };
        let killed = tokio::select! {
            ended = daemon::run(parts) => { ended.unwrap(); false }
            () = stopped => true,
            () = any_crashed(&fleet) => true,
        };
        self.kills += usize::from(killed);
    }

    async fn live_in_peace_for(&mut self, hours: u64) {
        let (orders, parts) = self.parts();
        let stop = async {
            sleep(Duration::from_secs(hours * 3_600)).await;
            orders.send(Order::Stop).await.unwrap();
        };
        let (ended, ()) = tokio::join!(daemon::run(parts), stop);
        ended.unwrap();
    }

    // ── what must hold ──

    pub(crate) async fn assert_nothing_wrong(&self) {
        for outlet in OUTLETS {
            let violations = self.platform(outlet).with(|world| std::mem::take(&mut world.violations));
            let told = if violations.is_empty() { String::new() } else { self.told(outlet).await };
            assert!(violations.is_empty(), "{outlet} after {:?}: {violations:?}\n{told}", self.age());
        }
    }

    /// The calls since the trouble was made, and the last pushes.
    async fn told(&self, outlet: &str) -> String {
        let calls = self.platform(outlet).take_calls();
        let calls = calls.iter().map(|(at, call)| format!("{:?} {call:.40?}\n", at.duration_since(self.began)));
        let pushes = self.state().pushes(Some(outlet), 3).await.unwrap();
        let pushes = pushes.iter().map(|p| format!("{} {:?} {:?} {:?}\n", p.request_id, p.sent_at, p.outcome, p.error));
        calls.chain(pushes).collect()
    }

    /// Without trouble, every outlet sells what its file says, and what the kitchen says is on sale.
    pub(crate) async fn come_to_rest(&mut self) {
        for outlet in OUTLETS {
            self.platform(outlet).behave();
            self.write(outlet);
        }
        self.live_in_peace_for(1).await;
        // What was edited in the app again and again is left alone until somebody puts it right.
        for outlet in OUTLETS {
            let prices = &self.prices[outlet];
            self.platform(outlet).with(|world| prices.iter().for_each(|(id, price)| world.app_price(id, *price)));
        }
        self.live_in_peace_for(1).await;
        self.assert_nothing_wrong().await;
        for outlet in OUTLETS {
            self.assert_at_rest(outlet).await;
        }
    }

    async fn assert_at_rest(&self, outlet: &str) {
        let state = self.state();
        let row = state.outlet(outlet).await.unwrap().unwrap();
        assert_eq!(row.state.as_deref(), Some("in_sync"), "{outlet} after {:?}: {row:?}", self.age());
        assert_eq!(state.pending_push(outlet).await.unwrap(), None, "{outlet} after {:?}", self.age());
        self.platform(outlet).with(|world| {
            let live = world.prices();
            for (id, price) in &self.prices[outlet] {
                assert_eq!(live[*id], *price, "{id} at {outlet}");
            }
            let stock = world.all_stock();
            for id in std::mem::take(&mut world.excused) {
                world.intent.extend(stock.get(&id).map(|in_stock| (id, *in_stock)));
            }
            assert_eq!(world.intent, stock, "{outlet} after {:?}", self.began.elapsed());
        });
    }
}

/// Ends when a call comes at which the daemon shall die.
async fn any_crashed(fleet: &Fleet) {
    let [one, two, three] = OUTLETS.map(|outlet| fleet.0[outlet].crashed());
    tokio::select! {
        () = one => {}
        () = two => {}
        () = three => {}
    }
}
