//! The daemon around workers that misbehave. The daemon as a process is tested in `tests/daemon`.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::fs;

use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::{
    fleet::{self, Member},
    state::testing::inline,
    sync::{Clock, PassResult, Target},
    systemd::{Notifier, ServiceManager},
};

/// Panics over G1, and answers for the others.
struct Faulty;

impl Worker for Faulty {
    async fn visit(&self, _: &Context, _: &Loaded, member: &Member, _: channel::Receiver<bool>) -> Outcome {
        assert_ne!(member.id.as_str(), "G1", "this is the fault that the test asks for");
        Outcome::failed(&member.target(), "as ordered".to_owned())
    }
}

/// Never ends by itself.
struct Endless;

impl Worker for Endless {
    async fn visit(&self, _: &Context, _: &Loaded, member: &Member, mut withdrawn: channel::Receiver<bool>) -> Outcome {
        withdrawn.wait_for(|set| *set).await.unwrap();
        Outcome::withdrawn(&member.target())
    }
}

fn parts<W>(worker: W) -> (TempDir, mpsc::Sender<Order>, Parts<W>) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("catalogs")).unwrap();
    fs::write(root.join("menusync.yaml"), "target: sandbox\n").unwrap();
    for id in ["G1", "G2"] {
        let menu = "menus: [{name: Nasi, menu_items: [{external_id: A, name: Nasi Uduk, price: 20000}]}]";
        fs::write(root.join(format!("catalogs/{id}.yaml")), format!("outlet: {id}\nname: {id}\n{menu}\n")).unwrap();
    }
    let state_dir = directory.path().join("state");
    let (sender, orders) = mpsc::channel(4);
    let parts = Parts {
        loaded: fleet::load(&root).unwrap(),
        worker,
        state: inline(&state_dir),
        state_dir,
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
    let (_directory, sender, parts) = parts(Endless);
    sender.send(Order::Reload(Reply::nobody())).await.unwrap();
    sender.send(Order::Stop).await.unwrap();
    let outcomes = once(parts).await;
    assert_eq!(outcomes.len(), 2);
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
    async fn visit(&self, _: &Context, _: &Loaded, _: &Member, _: channel::Receiver<bool>) -> Outcome {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_answered_is_waited_for_but_the_daemon_is_gone_within_twenty_seconds() {
    let (_directory, sender, parts) = parts(Deaf);
    sender.send(Order::Stop).await.unwrap();
    let began = tokio::time::Instant::now();
    run(parts).await.unwrap();
    let took = began.elapsed();
    assert!((Duration::from_secs(15)..Duration::from_secs(20)).contains(&took), "{took:?}");
}

#[test]
fn what_failed_is_tried_again_soon_and_what_was_refused_waits_for_the_schedule_or_a_change() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let (_directory, _sender, parts) = parts(Faulty);
    let mut daemon = Daemon::new(parts);
    let ended = |result| Outcome { result, ..Outcome::failed(&Target::new("G1", "Kuta", "kuta.yaml"), "422".to_owned()) };
    for (result, again) in [(PassResult::Failed, true), (PassResult::Timeout, true), (PassResult::Rejected, false)] {
        daemon.due.forget(&"G1".into());
        daemon.plan_next(&ended(result));
        assert_eq!(daemon.due.outlets().contains_key("G1"), again, "{result:?}");
    }
}
