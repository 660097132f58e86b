//! How things stand, read when somebody asks.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    daemon::Share,
    policy::Guard,
    report::{RolloutNote, RolloutPhase, StatusLine},
    schedule::RoundLoad,
    sync::OutletState,
    web::{Site, snapshot::Snapshot},
};

type Labelled = Family<[(&'static str, String); 1], Gauge>;

/// Gauges with their values of this moment.
pub(super) fn registry(site: &Site, snapshot: Option<&Snapshot>, pulled: Option<Timestamp>) -> Registry {
    let mut registry = Registry::default();
    let metrics = &site.metrics;
    about_process(&mut registry, metrics.started());
    moment(&mut registry, "menusync_last_success", "When a pass last ended without failure", metrics.last_success());
    moment(
        &mut registry,
        "menusync_api_last_success",
        "When GoBiz last answered a call about a menu or stock with a 2xx",
        metrics.last_api_success(),
    );
    token_ends(&mut registry, metrics.token_ends());
    let next_tries = Labelled::default();
    for (host, state) in metrics.hosts() {
        let seconds = i64::try_from(state.next_try().as_secs()).unwrap_or(i64::MAX);
        next_tries.get_or_create(&[("host", host)]).set(seconds);
    }
    let help = "Time until a host is called again: rate-limited, or its circuit breaker is open; 0: it is called now";
    registry.register("menusync_api_next_try_seconds", help, next_tries);
    moment(&mut registry, "menusync_checkout", "When menusync-pull last reached its repository", pulled);
    let (taken, is_refused) = site.view.read(|shown| (shown.taken, shown.refused.is_some()));
    moment(&mut registry, "menusync_last_reload_success", "When files were last taken into use", taken);
    let used = Gauge::<i64>::default();
    used.set((!is_refused).into());
    registry.register("menusync_last_reload_successful", "Whether the newest files are in use: 1 or 0", used);
    let (waiting, load) = site.view.read(|shown| (shown.waiting, shown.round_load.clone()));
    about_rounds(&mut registry, waiting, load.as_ref());
    if let Some(share) = site.view.read(|shown| shown.share.clone()) {
        about_share(&mut registry, &share);
    }
    if let Some(snapshot) = snapshot {
        about_outlets(&mut registry, &snapshot.lines);
        if let Some(rollout) = &snapshot.rollout {
            about_rollout(&mut registry, rollout);
        }
    }
    registry
}

fn about_process(registry: &mut Registry, started: Timestamp) {
    let build = Labelled::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1);
    registry.register("menusync_build_info", "Always 1; the label says the version", build);
    let gauge = seconds(started);
    registry.register("process_start_time_seconds", "When the process started, in seconds since 1970", gauge);
}

/// What is not known has no series.
fn about_rounds(registry: &mut Registry, waiting: usize, load: Option<&RoundLoad>) {
    let gauge = Gauge::<i64>::default();
    gauge.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    registry.register("menusync_waiting_outlets", "Outlets that wait for a pass to begin", gauge);
    let Some(load) = load else { return };
    let mut span = |name: &str, help: &str, span: Option<Duration>| {
        let Some(span) = span else { return };
        let gauge = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        gauge.set(span.as_secs_f64());
        registry.register(format!("menusync_{name}_seconds"), help, gauge);
    };
    let help = "Time that a pass over all outlets takes at least, by requests_per_second, if nothing has changed";
    span("round_least", help, Some(load.least));
    let help = "Time until the last outlet was begun in the last pass of schedule over all";
    span("round_last", help, load.measured);
    span("schedule_interval", "The shortest time between two passes of schedule over all", load.interval);
}

/// With a label only where there are accounts with names.
fn token_ends(registry: &mut Registry, ends: BTreeMap<Option<String>, Timestamp>) {
    const HELP: &str = "When the access token ends";
    if ends.keys().all(Option::is_none) {
        return moment(registry, "menusync_token_expiry", HELP, ends.into_values().next());
    }
    let family = Family::<[(&'static str, String); 1], Gauge<f64, std::sync::atomic::AtomicU64>>::default();
    for (account, ends) in ends {
        family.get_or_create(&[("account", account.unwrap_or_default())]).set(ends.as_duration().as_secs_f64());
    }
    registry.register("menusync_token_expiry_timestamp_seconds", format!("{HELP}, in seconds since 1970"), family);
}

/// A moment in seconds since 1970; no series as long as there was none.
fn moment(registry: &mut Registry, name: &str, help: &str, at: Option<Timestamp>) {
    if let Some(at) = at {
        registry.register(format!("{name}_timestamp_seconds"), format!("{help}, in seconds since 1970"), seconds(at));
    }
}

fn seconds(at: Timestamp) -> Gauge<f64, std::sync::atomic::AtomicU64> {
    let gauge = Gauge::default();
    gauge.set(at.as_duration().as_secs_f64());
    gauge
}

fn about_outlets(registry: &mut Registry, lines: &[StatusLine]) {
    let states = counted("state", OutletState::ALL.map(OutletState::as_str), lines.iter().map(|line| &*line.state));
    registry.register("menusync_outlets", "Outlets, by how they stand", states);
    let guards = lines.iter().flat_map(|line| &line.held).map(|held| held.guard.name());
    let held = counted("guard", Guard::ALL.map(Guard::name), guards);
    registry.register("menusync_guard_held_outlets", "Outlets that a guard holds, by guard", held);
    let drift = || lines.iter().flat_map(|line| &line.drift);
    let number = |count: usize| {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        gauge
    };
    let help = "Changes made elsewhere that are told and kept, over all outlets";
    registry.register("menusync_drift_changes", help, number(drift().count()));
    let contested = drift().filter(|change| change.contested).count();
    let help = "Of these, the ones that were undone again and again and are left alone now";
    registry.register("menusync_contested_changes", help, number(contested));
}

/// Only where daemons share a database.
fn about_share(registry: &mut Registry, share: &Share) {
    let number = |count: usize| {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        gauge
    };
    let help = "Daemons that share the outlets and live, with the newest files or not";
    registry.register("menusync_members", help, number(share.daemons.len()));
    registry.register("menusync_outlets_owned", "Outlets that this daemon passes over", number(share.ours));
}

/// Only where settings ask for waves.
fn about_rollout(registry: &mut Registry, rollout: &RolloutNote) {
    let is_under_way = rollout.phase != RolloutPhase::Ended;
    let number = |count: usize| {
        let gauge = Gauge::<i64>::default();
        gauge.set(if is_under_way { i64::try_from(count).unwrap_or(i64::MAX) } else { 0 });
        gauge
    };
    let help = "The wave of the rollout that is open, counted from 1; 0: none is, or no rollout is under way";
    registry.register("menusync_rollout_wave", help, number(rollout.wave));
    let help = "The waves of the rollout; 0: not known yet, or no rollout is under way";
    registry.register("menusync_rollout_waves", help, number(rollout.waves.len()));
    let help = "Whether the rollout is stopped: 1 or 0";
    registry.register("menusync_rollout_stopped", help, number(rollout.stopped.is_some().into()));
    let help = "Whether nobody of the open wave could be sent, so that later ones wait: 1 or 0";
    registry.register("menusync_rollout_stuck", help, number(rollout.is_stuck().into()));
}

/// How often each word comes; words that are not among `known` are left out.
fn counted<'a, const N: usize>(
    label: &'static str,
    known: [&'static str; N],
    words: impl Iterator<Item = &'a str>,
) -> Labelled {
    let mut counts: BTreeMap<&str, i64> = known.into_iter().map(|word| (word, 0)).collect();
    for word in words {
        if let Some(count) = counts.get_mut(word) {
            *count += 1;
        }
    }
    let family = Labelled::default();
    for (word, count) in counts {
        family.get_or_create(&[(label, word.to_owned())]).set(count);
    }
    family
}
