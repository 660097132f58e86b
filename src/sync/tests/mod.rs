//! Passes against a GoFood in memory, on a clock that tests move.
//!
//! Every test names the calls that went out, in order: what is *not* sent matters as much as what is.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod disk;
mod platform;

mod days;
mod deciding;
mod events;
mod fleet;
mod not_promoting;
mod ordered;
mod promoting;
mod recurring;
mod restarting;
mod retrying;
mod simulation;
mod stock;
mod switch_ends;
mod switch_looks;
mod switching;
mod unchanged;
mod unreadable;
mod verifying;
mod waves;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::{
    catalog::{Field, Item, Menu, Price, Variant, VariantCategory},
    plan::Base,
    state::{
        Alarm, PushOutcome, PushRow,
        testing::{done, inline},
    },
};
use platform::{Crash, Fault, Platform, Rewriting, Spelling, Stale};

/// One outlet, its files, the platform, and a memory on disk.
struct Bench {
    dir: Arc<TempDir>,
    context: Context,
    stop: watch::Sender<bool>,
    platform: Arc<Platform>,
    target: Target,
    wanted: Desired,
    options: PassOptions,
    /// The passes that went the short way.
    short: AtomicUsize,
}

impl Bench {
    /// Nothing is live and nothing is remembered.
    fn new() -> Self {
        // In memory where there is such a place: thousands of passes would otherwise wait for the disk.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let (stop, stopped) = watch::channel(false);
        let context = Context {
            state: inline(dir.path()),
            clock: Clock::starting_at("2027-01-04T03:00:00Z".parse().unwrap()),
            verify_timeout: platform::VERIFY_TIMEOUT,
            verify_interval: Duration::from_secs(15),
            slots: Slots::new(1),
            poll_slots: PollSlots::new(1),
            revision: Some("c0ffee".to_owned()),
            files: None,
            author: Some("Dewi".to_owned()),
            peers: Arc::default(),
            stop: stopped,
            poll_waker: PollWaker::default(),
            in_flight: InFlight::default(),
            in_sync: InSync::default(),
            rollout: None,
        };
        let (platform, target) = (Arc::new(Platform::new()), target("G1"));
        let wanted = Desired::of_catalog(warung(), Policy::default());
        Self {
            dir: Arc::new(dir),
            context,
            stop,
            platform,
            target,
            wanted,
            options: PassOptions::default(),
            short: AtomicUsize::new(0),
        }
    }

    /// What the files say is live and remembered.
    async fn in_sync() -> Self {
        let bench = Self::new();
        assert_eq!(bench.pass().await.result, PassResult::Published);
        bench.platform.take_log();
        bench
    }

    async fn pass(&self) -> Outcome {
        let is_the_daemons = !self.options.revert
            && self.options.released.is_empty()
            && self.options.rollback.is_none()
            && self.options.consent == Consent::Standing;
        let basis = Some(self.basis()).filter(|_| is_the_daemons && self.wanted.approvals.is_empty());
        if let Some(basis) = basis {
            let again = async || Some(self.wanted.clone());
            let short = pass_unchanged(&self.context, &*self.platform, &self.target, basis, again);
            if let Some(outcome) = Box::pin(short).await {
                self.short.fetch_add(1, Relaxed);
                return outcome;
            }
        }
        let options = PassOptions { basis, ..self.options.clone() };
        // A test holds the passes that it makes, each as large as it is.
        Box::pin(pass(&self.context, None, &*self.platform, &self.target, &self.wanted, &options)).await
    }

    /// The same files, the same number.
    fn basis(&self) -> Basis {
        let Desired { catalog, policy, windows, ended, recurring, low_prices, paused, .. } = &self.wanted;
        let mut hash = DefaultHasher::new();
        format!("{catalog:?} {policy:?} {windows:?} {ended:?} {recurring:?} {low_prices:?} {paused}").hash(&mut hash);
        Basis(hash.finish())
    }

    /// Looks, and does nothing.
    async fn observe(&self) -> Outcome {
        observe(&self.context, None, &*self.platform, &self.target, &self.wanted).await
    }

    /// A pass that ends with the process, at a call that the platform was told.
    async fn pass_until(&self, crash: Crash) {
        self.platform.with(|world| world.crash = Some(crash));
        tokio::select! {
            outcome = self.pass() => panic!("the pass ended before {crash:?}: {outcome:?}"),
            () = self.platform.crashed() => {}
        }
    }

    fn calls(&self) -> Vec<String> {
        self.platform.take_log()
    }

    fn faults(&self, faults: &[Fault]) {
        self.platform.with(|world| world.write_faults = faults.iter().copied().collect());
    }

    fn file_item(&mut self, id: &str) -> &mut Item {
        let items = self.wanted.catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.into_iter().find(|item| item.external_id.as_str() == id).unwrap()
    }

    fn remove_from_file(&mut self, id: &str) {
        let menus = self.wanted.catalog.menus.iter_mut();
        menus.for_each(|menu| menu.menu_items.retain(|item| item.external_id.as_str() != id));
    }

    fn file_variant(&mut self, id: &str) -> &mut Variant {
        let variants = self.wanted.catalog.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
        variants.into_iter().find(|variant| variant.external_id.as_str() == id).unwrap()
    }

    fn price_in_file(&mut self, id: &str, price: i64) {
        self.file_item(id).price = Field::Set(Price(price));
    }

    fn live_price(&self, id: &str) -> Option<i64> {
        self.platform.with(|world| world.item(id).price.value().map(|price| price.0))
    }

    fn stock(&self, id: &str) -> bool {
        self.platform.with(|world| world.stock(id)).unwrap()
    }

    fn base(&self) -> Option<Base> {
        self.recalled().base
    }

    fn recalled(&self) -> Recalled {
        done(recall(&self.context.state, &self.target.id, self.context.clock.now())).unwrap()
    }

    /// What would be shown now.
    async fn examined(&self) -> Examined {
        let released = BTreeSet::new();
        let (now, peers) = (self.context.clock.now(), &*self.context.peers);
        let moment = Moment { now, peers, revert: false, released: &released, rollback: None, stock_by_put: false };
        examine(&*self.platform, self.recalled(), &self.target, &self.wanted, moment).await.unwrap().1
    }

    /// The digest of the plan as it would be shown now.
    async fn shown_digest(&self) -> Digest {
        self.examined().await.plan.digest
    }

    fn base_price(&self, id: &str) -> Option<i64> {
        self.base()?.catalog.item(&id.into())?.price.value().map(|price| price.0)
    }

    fn last_push(&self) -> PushRow {
        done(self.context.state.pushes(Some("G1"), 1)).unwrap().pop().unwrap()
    }

    fn ended(&self) -> Option<PushOutcome> {
        self.last_push().outcome
    }

    fn remembered_state(&self) -> Option<String> {
        done(self.context.state.outlet("G1")).unwrap().and_then(|row| row.state)
    }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn target(outlet: &str) -> Target {
    Target::new(outlet, "Kuta", "catalogs/kuta.yaml")
}

fn text(text: &str) -> Field<String> {
    Field::Set(text.to_owned())
}

fn item(id: &str, name: &str, price: i64) -> Item {
    Item { external_id: id.into(), name: text(name), price: Field::Set(Price(price)), ..Item::default() }
}

fn variant(id: &str, name: &str, price: i64) -> Variant {
    Variant { external_id: id.into(), name: text(name), price: Field::Set(Price(price)), in_stock: Field::Unsaid }
}

/// Two menus, ten items (`NG`, `N1`…`N5`, `D1`…`D4`), one choice (`VC` with `LV0`, `LV3`).
fn warung() -> Catalog {
    let mut nasi = item("NG", "Nasi Goreng", 25_000);
    nasi.description = text("Telur mata sapi");
    nasi.image = text("https://img.example.com/ng.png");
    nasi.variant_category_external_ids = Field::Set(vec!["VC".into()]);
    let others = (1..6).map(|n| item(&format!("N{n}"), &format!("Nasi {n}"), 20_000 + n * 500));
    let drinks = (1..5).map(|n| item(&format!("D{n}"), &format!("Es {n}"), 8_000 + n * 500));
    Catalog {
        menus: vec![
            Menu { name: "Nasi".to_owned(), menu_items: std::iter::once(nasi).chain(others).collect() },
            Menu { name: "Minuman".to_owned(), menu_items: drinks.collect() },
        ],
        variant_categories: vec![VariantCategory {
            external_id: "VC".into(),
            name: text("Level pedas"),
            internal_name: Field::Unsaid,
            min_quantity: Field::Set(1),
            max_quantity: Field::Set(1),
            variants: vec![variant("LV0", "Tidak pedas", 0), variant("LV3", "Pedas gila", 2_000)],
        }],
        ..Catalog::default()
    }
}
