//! The daemon around workers that misbehave. The daemon as a process is tested in `tests/daemon`.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod order;

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::{
    fleet::{self, Member},
    remote::Retry,
    state::testing::inline,
    sync::{Clock, InFlight, PassResult, Slot, Target},
    systemd::{Notifier, ServiceManager},
};

/// Waits, without the clock, until something is so.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..5_000 {
        if is_so() {
            return;
        }
        // The thread that reads files needs real time.
        std::thread::sleep(Duration::from_millis(2));
        tokio::task::yield_now().await;
    }
    panic!("waited in vain");
}

/// Panics over G1, and answers for the others.
struct Faulty;

impl Worker for Faulty {
    fn pushes(&self) -> bool {
        true
    }

    async fn visit(
        &self,
        _: &Context,
        _: Slot,
        _: &Arc<Loaded>,
        member: &Member,
        _: channel::Receiver<bool>,
    ) -> Outcome {
        assert_ne!(member.id.as_str(), "G1", "this is the fault that the test asks for");
        Outcome::failed(&member.target(), "as ordered".to_owned())
    }
}

/// Never ends by itself.
struct Endless;

impl Worker for Endless {
    fn pushes(&self) -> bool {
        true
    }

    async fn visit(
        &self,
        _: &Context,
        _: Slot,
        _: &Arc<Loaded>,
        member: &Member,
        mut withdrawn: channel::Receiver<bool>,
    ) -> Outcome {
        withdrawn.wait_for(|set| *set).await.unwrap();
        Outcome::withdrawn(&member.target())
    }
}

fn parts<W>(worker: W) -> (TempDir, mpsc::Sender<Order>, Parts<W>) {
    parts_of(worker, 2, 8)
}

/// Outlets G1, G2 and so on.
fn parts_of<W>(worker: W, outlets: usize, concurrency: usize) -> (TempDir, mpsc::Sender<Order>, Parts<W>) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("catalogs")).unwrap();
    let settings = format!("target: sandbox\ngobiz: {{concurrency: {concurrency}}}\n");
    fs::write(root.join("menusync.yaml"), settings).unwrap();
    for id in (1..=outlets).map(|number| format!("G{number}")) {
        let menu = "menus: [{name: Nasi, menu_items: [{external_id: A, name: Nasi Uduk, price: 20000}]}]";
        fs::write(root.join(format!("catalogs/{id}.yaml")), format!("outlet: {id}\nname: {id}\n{menu}\n")).unwrap();
    }
    let state_dir = directory.path().join("state");
    let (sender, orders) = mpsc::channel(4);
    let loaded = Arc::new(fleet::load(&root).unwrap());
    let parts = Parts {
        settings: loaded.settings.clone().unwrap(),
        survey: Arc::new(loaded.survey(Timestamp::now())),
        loaded,
        load: Arc::new(|root, doing, before| fleet::load_under(root, None, doing, before)),
        in_flight: InFlight::default(),
        worker,
        state: inline(&state_dir),
        state_dir,
        only: Default::default(),
        clock: Clock::System,
        notifier: Notifier::new(&ServiceManager::default()),
        orders,
        hints: Arc::default(),
        notices: crate::notify::Notices::none(),
        view: Arc::default(),
    };
    (directory, sender, parts)
}

#[tokio::test]
async fn a_pass_that_panics_is_a_failed_outlet_and_no_forgotten_one() {
    let (_directory, _sender, parts) = parts(Faulty);
    let outcomes = once(parts).await;
    let told: Vec<_> = outcomes.iter().map(|o| (o.outlet.as_str(), o.result, o.error.as_deref().unwrap())).collect();
    let fault = "the pass broke off by a fault in menusync itself";
    assert_eq!(told, [("G1", PassResult::Failed, fault), ("G2", PassResult::Failed, "as ordered")]);
}

#[tokio::test]
async fn an_order_to_stop_ends_a_single_pass_and_says_so_of_every_outlet() {
    let (_directory, sender, parts) = parts_of(Endless, 5, 2);
    sender.send(Order::Reload(Reply::nobody())).await.unwrap();
    sender.send(Order::Stop).await.unwrap();
    let outcomes = once(parts).await;
    assert_eq!(outcomes.len(), 5, "those too whose pass has not begun");
    assert!(outcomes.iter().all(Outcome::was_withdrawn), "{outcomes:?}");
}

#[tokio::test]
async fn an_order_to_stop_ends_the_daemon_though_its_passes_would_not() {
    let (_directory, sender, parts) = parts(Endless);
    for order in [Order::Pass, Order::Reload(Reply::nobody()), Order::Stop] {
        sender.send(order).await.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(10), run(parts)).await.unwrap().unwrap();
}

/// Does not even hear that it is to stop: a call that nobody answers.
struct Deaf;

impl Worker for Deaf {
    fn pushes(&self) -> bool {
        true
    }

    async fn visit(&self, _: &Context, _: Slot, _: &Arc<Loaded>, _: &Member, _: channel::Receiver<bool>) -> Outcome {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_answered_is_waited_for_but_the_daemon_is_gone_within_twenty_seconds() {
    let (_directory, sender, parts) = parts(Deaf);
    let view = Arc::clone(&parts.view);
    let daemon = tokio::spawn(run(parts));
    until(|| view.shown().passing).await;
    sender.send(Order::Stop).await.unwrap();
    let began = Instant::now();
    daemon.await.unwrap().unwrap();
    let took = began.elapsed();
    assert!((Duration::from_secs(15)..Duration::from_secs(20)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_single_pass_that_is_not_answered_is_broken_off_as_well_and_every_outlet_has_its_outcome() {
    let (_directory, sender, parts) = parts(Deaf);
    let _flight = parts.in_flight.enter(&"G2".into());
    sender.send(Order::Stop).await.unwrap();
    let began = Instant::now();
    let outcomes = once(parts).await;
    assert_eq!(began.elapsed().as_secs(), STOP_WITHIN.as_secs());
    let states: Vec<_> = outcomes.iter().map(|o| (o.outlet.as_str(), o.state.as_str())).collect();
    assert_eq!(states, [("G1", "failed"), ("G2", "unknown")]);
}

#[test]
fn what_failed_is_tried_again_soon_and_what_was_refused_waits_for_the_schedule_or_a_change() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let (_directory, _sender, parts) = parts(Faulty);
    let mut daemon = Daemon::new(parts);
    let ended = |result, again| Outcome {
        result,
        again,
        ..Outcome::failed(&Target::new("G1", "Kuta", "kuta.yaml"), "422".to_owned())
    };
    let stock = Some(Retry::After(None));
    for (result, asked, again) in [
        (PassResult::Failed, None, true),
        (PassResult::Timeout, None, true),
        (PassResult::Rejected, None, false),
        (PassResult::Rejected, stock, true),
        (PassResult::Held, stock, true),
    ] {
        daemon.due.forget(&"G1".into());
        daemon.plan_next(&ended(result, asked), true);
        daemon.show();
        assert_eq!(daemon.view.shown().due.contains_key("G1"), again, "{result:?}");
    }
}

/// Fails at once, and counts.
#[derive(Default)]
struct Failing(Arc<AtomicUsize>);

impl Worker for Failing {
    fn pushes(&self) -> bool {
        true
    }

    async fn visit(
        &self,
        _: &Context,
        _: Slot,
        _: &Arc<Loaded>,
        member: &Member,
        _: channel::Receiver<bool>,
    ) -> Outcome {
        self.0.fetch_add(1, Relaxed);
        Outcome::failed(&member.target(), "as ordered".to_owned())
    }
}

/// Each open page reads everything anew when the version is another one.
#[test]
fn a_main_loop_that_goes_round_and_finds_nothing_new_shows_nothing_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (_directory, _sender, parts) = parts(Faulty);
        let mut daemon = Daemon::new(parts);
        let refuse = |daemon: &Daemon<_>| daemon.view.refuse(Refused::Unreadable("gone".to_owned()), daemon.now());
        daemon.show();
        refuse(&daemon);
        let (version, turned) = (*daemon.view.version().borrow(), daemon.view.shown().turned);
        tokio::time::advance(Duration::from_secs(1)).await;
        daemon.show();
        refuse(&daemon);
        assert!(daemon.view.shown().turned > turned);
        assert_eq!(*daemon.view.version().borrow(), version);
        let at = daemon.now();
        daemon.due.at(&"G1".into(), at);
        daemon.show();
        assert_eq!(*daemon.view.version().borrow(), version + 1);
    });
}

/// Who is on call sends signals and reloads while he mends something; afterwards it heals as quickly as if he had not.
#[tokio::test(start_paused = true)]
async fn passes_that_somebody_asks_for_make_no_retry_wait_longer() {
    let worker = Failing::default();
    let visits = Arc::clone(&worker.0);
    let (_directory, sender, mut parts) = parts(worker);
    let clock = Clock::starting_at("2027-01-04T03:01:00Z".parse().unwrap());
    parts.clock = clock;
    let view = Arc::clone(&parts.view);
    let daemon = tokio::spawn(run(parts));
    // Two outlets, passed over so many times: how long the next passes are waited for.
    let waits = async |passes: usize| {
        until(|| visits.load(Relaxed) == 2 * passes && view.shown().due.len() == 2).await;
        let wait = |at: &Timestamp| at.duration_since(clock.now()).as_secs();
        view.shown().due.values().map(wait).collect::<Vec<_>>()
    };
    assert_eq!(waits(1).await, [15, 15]);
    for passes in 2..6 {
        tokio::time::advance(Duration::from_secs(1)).await;
        sender.send(Order::Pass).await.unwrap();
        assert_eq!(waits(passes).await, [15, 15], "a signal");
    }
    // Nobody awaits the answer: time would go on meanwhile.
    let _answer = asked(&sender).await;
    assert_eq!(waits(6).await, [15, 15], "a reload");
    for (passes, rest, wait) in [(7, 15, 30), (8, 30, 60)] {
        tokio::time::advance(Duration::from_secs(rest)).await;
        assert_eq!(waits(passes).await, [wait, wait], "a retry");
    }
    sender.send(Order::Pass).await.unwrap();
    assert_eq!(waits(9).await, [60, 60], "a signal");
    drop(sender);
    daemon.await.unwrap().unwrap();
}

/// A root whose second and later loads hang until they are let go, one by one; how many have begun, and are under way.
struct Hanging {
    let_go: std::sync::mpsc::Sender<()>,
    begun: Arc<AtomicUsize>,
    under_way: Arc<AtomicUsize>,
}

fn hanging(parts: &mut Parts<Deaf>) -> Hanging {
    let (let_go, gate) = std::sync::mpsc::channel();
    let (gate, begun, under_way) = (Mutex::new(gate), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let hanging = Hanging { let_go, begun: Arc::clone(&begun), under_way: Arc::clone(&under_way) };
    parts.load = Arc::new(move |root, doing, _| {
        assert_eq!(under_way.fetch_add(1, Relaxed), 0, "one load at a time");
        if begun.fetch_add(1, Relaxed) > 0 {
            doing.set("catalogs/dead-mount.yaml");
            gate.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap();
        }
        let loaded = fleet::load(root);
        under_way.fetch_sub(1, Relaxed);
        loaded
    });
    hanging
}

async fn asked(sender: &mpsc::Sender<Order>) -> tokio::sync::oneshot::Receiver<Reloaded> {
    let (answer, heard) = tokio::sync::oneshot::channel();
    sender.send(Order::Reload(Reply::to(answer))).await.unwrap();
    heard
}

#[tokio::test(start_paused = true)]
async fn a_load_that_hangs_is_said_and_keeps_nothing_else_waiting() {
    let (_directory, sender, mut parts) = parts(Deaf);
    let hanging = hanging(&mut parts);
    let view = Arc::clone(&parts.view);
    let daemon = tokio::spawn(run(parts));
    until(|| view.shown().passing).await;

    let mut first = asked(&sender).await;
    until(|| hanging.begun.load(Relaxed) == 2).await;
    let (second, third) = (asked(&sender).await, asked(&sender).await);
    let turned = view.shown().turned;
    tokio::time::advance(loader::SLOW + Duration::from_secs(1)).await;
    until(|| view.shown().slow_load.is_some()).await;
    assert_eq!(
        view.shown().slow_load.unwrap(),
        "reading the files takes longer than 30 s; waiting for catalogs/dead-mount.yaml; what was read before still holds"
    );
    assert!(view.shown().turned > turned, "the main loop goes round");
    assert!(first.try_recv().is_err(), "its load has not ended");
    assert_eq!(hanging.begun.load(Relaxed), 2, "no second thread hangs there too");

    hanging.let_go.send(()).unwrap();
    let taken = Reloaded::Taken { outlets: 2, after_restart: None };
    assert_eq!(first.await.unwrap(), taken);
    until(|| hanging.begun.load(Relaxed) == 3).await;
    until(|| view.shown().slow_load.is_none()).await;
    hanging.let_go.send(()).unwrap();
    assert_eq!((second.await.unwrap(), third.await.unwrap()), (taken.clone(), taken));
    assert_eq!(hanging.begun.load(Relaxed), 3, "one load for both");
    assert_eq!(hanging.under_way.load(Relaxed), 0);

    asked(&sender).await;
    until(|| hanging.begun.load(Relaxed) == 4).await;
    sender.send(Order::Stop).await.unwrap();
    until(|| view.shown().stopping).await;
    hanging.let_go.send(()).unwrap();
    daemon.await.unwrap().unwrap();
}

#[tokio::test]
async fn settings_that_become_wrong_while_the_daemon_starts_are_an_error() {
    let (directory, _sender, parts) = parts(Deaf);
    fs::write(directory.path().join("root/menusync.yaml"), "target: sandbox\nnonsense: 1\n").unwrap();
    assert!(matches!(run(parts).await, Err(DaemonError::Settings(loaded)) if loaded.settings.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_panics_is_an_unreadable_root_and_the_next_one_mends_it() {
    let (_directory, sender, mut parts) = parts(Deaf);
    let begun = AtomicUsize::default();
    parts.load = Arc::new(move |root, _, _| {
        assert_ne!(begun.fetch_add(1, Relaxed), 1, "this is the fault that the test asks for");
        fleet::load(root)
    });
    let view = Arc::clone(&parts.view);
    let daemon = tokio::spawn(run(parts));
    until(|| view.shown().passing).await;
    let error = loader::PANICKED.to_owned();
    assert_eq!(asked(&sender).await.await.unwrap(), Reloaded::Unreadable { error: error.clone() });
    assert_eq!(view.shown().refused.unwrap().0, Refused::Unreadable(error));
    assert!(matches!(asked(&sender).await.await.unwrap(), Reloaded::Taken { .. }));
    drop(sender);
    daemon.await.unwrap().unwrap();
}
