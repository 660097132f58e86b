//! The dispatcher over days, in paused time: what is sent, how often, and that a restart repeats nothing.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::{message::Notification, *};
use crate::plan::SwitchHappening;
use crate::state::{
    OutletUpdate, StatusUpdate,
    testing::{done, inline},
};

/// A dispatcher over a state, and what its one sink was sent.
struct Bench {
    _directory: Arc<TempDir>,
    store: SharedState,
    notices: Notices,
    told: mpsc::Receiver<Arc<Notification>>,
    now: Now,
}

impl Bench {
    /// 10:00 in Jakarta on a Monday.
    fn new() -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let (begun, at) = (Instant::now(), "2027-01-04T03:00:00Z".parse::<Timestamp>().unwrap());
        let now: Now = Arc::new(move || at + begun.elapsed());
        let store = inline(directory.path());
        Self::over(directory, store, now, &NotificationKind::ALL)
    }

    fn over(directory: Arc<TempDir>, store: SharedState, now: Now, events: &[NotificationKind]) -> Self {
        let notices = done(Notices::start(SharedState::clone(&store), Arc::clone(&now))).unwrap();
        let (sinks, told) = Sinks::keeping(events);
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        notices.order(Order::Recipients(Recipients { sinks, zone, external_url: None, lang: Lang::En }));
        Self { _directory: directory, store, notices, told, now }
    }

    async fn restart(self) -> Self {
        self.notices.end(Ending::Quick).await;
        Self::over(self._directory, self.store, self.now, &NotificationKind::ALL)
    }

    fn saw(&self, outlet: &str, health: Health) {
        self.notices.report(Seen {
            outlet: outlet.into(),
            name: format!("Warung {outlet}"),
            health,
            published: false,
            detail: Some(Detail::Error("why".to_owned())),
            switches: Vec::new(),
            stuck: None,
        });
    }

    fn saw_switch(&self, outlet: &str, result: SwitchHappening) {
        let (kind, id, name) = (crate::catalog::StockKind::Items, "NG".into(), "Nasi Goreng".to_owned());
        let event = SwitchEvent { result, kind, id, name, in_stock: false, until: None, error: None };
        self.notices.report(Seen {
            outlet: outlet.into(),
            name: format!("Warung {outlet}"),
            health: Health::Good,
            published: false,
            detail: None,
            switches: vec![event],
            stuck: None,
        });
    }

    /// What was told until now, in short.
    async fn told_after(&mut self, time: Duration) -> Vec<String> {
        sleep(time).await;
        let mut told = Vec::new();
        while let Ok(notification) = self.told.try_recv() {
            told.push(notification.summary.clone());
        }
        told
    }
}

const FAILED: Health = Health::Bad(NotificationKind::Failed);
const NONE: [&str; 0] = [];

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[test]
fn some_promotions_are_named_and_what_is_kept_is_told_beside_them() {
    let names = |count: usize| (1..=count).map(|n| format!("“p{n}” of NG")).collect::<Vec<_>>();
    let detail = Detail::Promotions { by_result: vec![("created", names(40)), ("ended", names(1))], kept: 2 };
    insta::assert_snapshot!(detail.words(Lang::En, &TimeZone::UTC), @"promotions: 40 created (“p1” of NG, “p2” of NG, “p3” of NG, “p4” of NG, “p5” of NG and 35 more), 1 ended (“p1” of NG); 2 changes were made elsewhere and are kept");
}

#[tokio::test(start_paused = true)]
async fn what_happens_to_a_whole_fleet_is_told_once() {
    let mut bench = Bench::new();
    for n in 0..300 {
        bench.saw(&format!("G{n}"), FAILED);
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bench.told_after(minutes(1)).await, ["300 outlets have failed"]);
    for n in 0..300 {
        bench.saw(&format!("G{n}"), FAILED);
    }
    assert_eq!(bench.told_after(minutes(60)).await, NONE, "it is no news that it lasts");
    for n in 0..300 {
        bench.saw(&format!("G{n}"), Health::Good);
    }
    assert_eq!(bench.told_after(minutes(1)).await, ["300 outlets are well again"]);
}

#[tokio::test(start_paused = true)]
async fn outlets_that_fail_one_by_one_over_an_hour_are_a_few_notifications() {
    let mut bench = Bench::new();
    for n in 0..120 {
        bench.saw(&format!("G{n}"), FAILED);
        sleep(Duration::from_secs(30)).await;
    }
    let told = bench.told_after(minutes(10)).await;
    assert!((10..=14).contains(&told.len()), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn stock_that_was_not_switched_back_is_told_once_and_changes_nothing_else() {
    let mut bench = Bench::new();
    bench.saw_switch("G1", SwitchHappening::Doubtful);
    bench.saw_switch("G1", SwitchHappening::Gone);
    bench.saw("G1", Health::Good);
    sleep(minutes(1)).await;
    let told = bench.told.try_recv().unwrap();
    assert_eq!(told.summary, "Warung G1 (G1) has stock that was not switched as ordered");
    let detail = "Nasi Goreng (items/NG): not put back on sale, as nobody knows whether the kitchen has switched it since; \
                  switch it in the app; Nasi Goreng (items/NG): not switched back, as it is not on the live menu";
    assert_eq!(told.outlets[0].detail.as_deref(), Some(detail));
    bench.saw("G1", Health::Good);
    assert_eq!(bench.told_after(minutes(60 * 20)).await, NONE);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_at_once_is_no_news() {
    let mut bench = Bench::new();
    bench.saw("G1", FAILED);
    sleep(Duration::from_secs(5)).await;
    bench.saw("G1", Health::Changing);
    bench.saw("G1", Health::Good);
    assert_eq!(bench.told_after(minutes(10)).await, NONE);
}

#[tokio::test(start_paused = true)]
async fn what_lasts_is_told_daily_and_a_restart_repeats_nothing() {
    let mut bench = Bench::new();
    bench.saw("G1", FAILED);
    assert_eq!(bench.told_after(minutes(1)).await, ["Warung G1 (G1) has failed"]);
    let mut bench = bench.restart().await;
    bench.saw("G1", FAILED);
    assert_eq!(bench.told_after(minutes(60)).await, NONE);
    let mut told = Vec::new();
    for _ in 0..26 {
        bench.saw("G1", FAILED);
        told.extend(bench.told_after(minutes(60)).await);
    }
    told.retain(|summary| !summary.contains("outlets:"));
    assert_eq!(told, ["Warung G1 (G1) still: has failed"]);
    bench.saw("G1", Health::Bad(NotificationKind::Held));
    assert_eq!(bench.told_after(minutes(1)).await, ["Warung G1 (G1) is held by a guard"], "something else is news");
    let mut bench = bench.restart().await;
    bench.saw("G1", Health::Good);
    assert_eq!(bench.told_after(minutes(10)).await, ["Warung G1 (G1) is well again"]);
    bench.saw("G1", Health::Good);
    assert_eq!(bench.told_after(minutes(10)).await, NONE);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_told_before_the_end_is_told_after_the_next_start() {
    let bench = Bench::new();
    bench.saw("G1", FAILED);
    let mut bench = bench.restart().await;
    assert!(bench.told.try_recv().is_err());
    bench.saw("G1", FAILED);
    assert_eq!(bench.told_after(minutes(1)).await, ["Warung G1 (G1) has failed"]);
    bench.saw("G1", Health::Good);
    bench.notices.end(Ending::Flush).await;
    assert_eq!(bench.told_after(Duration::ZERO).await, ["Warung G1 (G1) is well again"], "unless nothing else comes");
}

#[tokio::test(start_paused = true)]
async fn the_digest_comes_at_eight_once_a_day() {
    let mut bench = Bench::new();
    let status = StatusUpdate {
        state: "held".into(),
        name: Some("Kuta".into()),
        error: Some("deletes: 9".into()),
        ..StatusUpdate::default()
    };
    done(bench.store.update_outlet(
        "G1",
        OutletUpdate { status: Some(status), ..OutletUpdate::default() },
        (bench.now)(),
    ))
    .unwrap();
    let fine = StatusUpdate { state: "in_sync".into(), name: Some("Kemang".into()), ..StatusUpdate::default() };
    done(bench.store.update_outlet(
        "G2",
        OutletUpdate { status: Some(fine), ..OutletUpdate::default() },
        (bench.now)(),
    ))
    .unwrap();
    assert_eq!(bench.told_after(minutes(60 * 22 - 2)).await, NONE, "07:58 on Tuesday");
    assert_eq!(bench.told_after(minutes(4)).await, ["2 outlets: 1 held, 1 in sync; 0 pushes published"]);
    let mut bench = bench.restart().await;
    assert_eq!(bench.told_after(minutes(60 * 20)).await, NONE);
    assert_eq!(bench.told_after(minutes(60 * 24 * 2)).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_hear_little_hears_little_and_without_ears_nothing_counts_as_told() {
    let Bench { _directory, store, now, notices, told } = Bench::new();
    let (sinks, zone) = (Sinks::default(), TimeZone::UTC);
    notices.order(Order::Recipients(Recipients { sinks, zone, external_url: None, lang: Lang::En }));
    drop(told);
    let deaf = Bench {
        _directory: Arc::clone(&_directory),
        store: store.clone(),
        now: Arc::clone(&now),
        notices,
        told: mpsc::channel(1).1,
    };
    deaf.saw("G1", FAILED);
    sleep(minutes(2)).await;
    let mut bench = Bench::over(_directory, store, now, &[NotificationKind::Failed]);
    bench.saw("G1", FAILED);
    bench.saw("G2", Health::Bad(NotificationKind::Drift));
    assert_eq!(bench.told_after(minutes(2)).await, ["Warung G1 (G1) has failed"]);
}
