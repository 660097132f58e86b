//! A fleet in simulated time: the platform and the database are models in memory. `docs/limits.md` has the figures.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod members;
mod queues;
mod rendezvous;
mod simulation;
mod world;

use std::env;

use simulation::Simulation;
use world::{Config, Figures, OPS, SECOND, Time};

const SMALL: Config = Config {
    outlets: 2_000,
    accounts: 200,
    daemons: 5,
    duration: 3_600 * SECOND,
    schedule: 900 * SECOND,
    concurrency: 8,
    requests_per_second: 5.0,
    single_edits_per_second: 0.05,
    chain_edits_per_hour: 2.0,
    deaths: 2,
    slow: 100.0,
    ends_unsent: false,
    seed: 1,
};

fn as_seconds(time: Time) -> f64 {
    time as f64 / SECOND as f64
}

fn print(config: &Config, simulation: &mut Simulation) {
    let hours = as_seconds(config.duration);
    let peak = simulation.database.peak();
    let Figures { edit_to_put, edit_to_live, edit_to_seen, .. } = &mut simulation.figures;
    let [single, chain] = edit_to_put;
    println!("| seconds | p50 | p99 | the longest |\n|---|---|---|---|");
    let rows = [
        ("single edit → PUT", single),
        ("chain-wide edit → PUT", chain),
        ("edit → live", edit_to_live),
        ("edit → seen to be live", edit_to_seen),
    ];
    for (name, durations) in rows {
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| durations.quantile(share));
        println!("| {name} | {p50:.1} | {p99:.1} | {most:.1} |");
    }
    let figures = &simulation.figures;
    println!("\n| database operations | a second |\n|---|---|");
    for (op, name) in OPS {
        println!("| {name} | {:.1} |", simulation.database.counts[op as usize] as f64 / hours);
    }
    let all: u64 = simulation.database.counts.iter().sum();
    println!("| all; most in one second | {:.1}; {peak} |", all as f64 / hours);
    println!(
        "\n| death at | outlets moved | leases held | all owned after | leases free after | pushes found after |\n|---|---|---|---|---|---|"
    );
    for death in &figures.deaths {
        let [at, owned, free, taken] =
            [death.at, death.owned_after, death.free_after, death.taken_after].map(as_seconds);
        println!("| {at:.0} s | {} | {} | {owned:.1} s | {free:.1} s | {taken:.0} s |", death.moved, death.held);
    }
    println!(
        "\npasses {} of {} due, {} late; requests {:.1}/s; PUTs {}; edits {}, superseded {}, not sent for 10 min {}; fences \
         refused {}; leases refused {}; most leases of a daemon {}; changes of members {}",
        figures.passes,
        figures.passes_due,
        figures.passes_late,
        figures.requests as f64 / hours,
        figures.puts,
        figures.edits,
        figures.edits_superseded,
        simulation.waiting(config.duration - 600 * SECOND),
        figures.fences_refused,
        figures.holds_refused,
        figures.most_leases,
        figures.member_changes,
    );
}

#[test]
fn a_small_fleet_loses_no_edit_and_every_outlet_has_an_owner() {
    let mut refused = 0;
    for seed in 0..12 {
        let config = Config { ends_unsent: seed % 2 == 0, seed, ..SMALL };
        let mut simulation = Simulation::new(config);
        simulation.run();
        let figures = &simulation.figures;
        let sent: usize = figures.edit_to_put.iter().map(|durations| durations.0.len()).sum();
        let waiting = simulation.waiting(Time::MAX);
        assert_eq!(figures.edits, sent as u64 + figures.edits_superseded + waiting, "seed {seed}: edits are lost");
        assert!(sent > 200 && figures.passes > 7_000, "seed {seed}: {sent} sent, {} passes", figures.passes);
        // Half an hour for a push that a dead process has begun, and the pace of an account.
        assert_eq!(simulation.waiting(config.duration - 2_400 * SECOND), 0, "seed {seed}");
        assert_eq!(figures.deaths.len(), 2);
        refused += figures.holds_refused;
        for death in &figures.deaths {
            // A death is one change, a start another.
            assert!(figures.member_changes <= 4, "seed {seed}: {} changes", figures.member_changes);
            assert!(death.moved > 300, "seed {seed}: {} of about 400 moved", death.moved);
            // Dead after 12 s, noticed with the next heartbeat, which the database answers.
            assert!(death.taken_after < 240 * SECOND, "seed {seed}: {} µs", death.taken_after);
            assert!(death.free_after <= 120 * SECOND, "seed {seed}: {} µs", death.free_after);
            assert!(death.owned_after < 16 * SECOND, "seed {seed}: {} µs", death.owned_after);
        }
    }
    assert!(refused > 0, "nobody came before a lease was over");
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `cargo test --release -p protocol-model --test fleet -- --ignored --nocapture`
#[test]
#[ignore = "for the figures of docs/limits.md"]
fn a_large_fleet() {
    let daemons = setting("FLEET_DAEMONS", 20);
    let config = Config {
        outlets: setting("FLEET_OUTLETS", 100_000),
        accounts: setting("FLEET_ACCOUNTS", 2_000),
        daemons,
        duration: 2 * 3_600 * SECOND,
        concurrency: setting("FLEET_CONCURRENCY", 8),
        requests_per_second: setting("FLEET_PACE", 5.0),
        single_edits_per_second: setting("FLEET_EDITS", 2.0),
        chain_edits_per_hour: setting("FLEET_CHAIN_EDITS", 20.0),
        deaths: setting("FLEET_DEATHS", 4),
        slow: setting("FLEET_SLOW", 100.0),
        ends_unsent: setting("FLEET_ENDS_UNSENT", false),
        seed: setting("FLEET_SEED", 1),
        ..SMALL
    };
    let mut simulation = Simulation::new(config);
    simulation.run();
    print(&config, &mut simulation);
}
