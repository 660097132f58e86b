//! A year in a minute: the daemon itself, on a clock that runs as fast as it can, over outlets whose platform fails,
//! dawdles and is edited by others, killed and started again all the while.
//!
//! Watched over all of it: nothing goes out that must not (the platform judges every push by rules of its own), all comes
//! to rest when the trouble ends, and memory, descriptors and threads stay what they were. The only test in its process,
//! as these are the process's. `SOAK_ROUNDS` sets how long it lives; what a single pass decides is tested in `sync`.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![allow(dead_code)] // of the platform only a part is used here

// As in the crate that the platform belongs to.
use menusync::{catalog, plan, remote, sync};

mod measure;
#[path = "../../src/sync/tests/platform.rs"]
mod platform;
mod world;

use std::time::Duration;

use measure::Measure;
use world::World;

/// As many lives of the daemon as a run of all tests has time for.
const ROUNDS: u32 = 60;

/// How much of them is warming up: until then memory may grow.
const WARM_UP: u32 = 4;

/// A round without trouble, after so many with it.
const REST_EVERY: u32 = 10;

#[tokio::test(start_paused = true)]
async fn a_long_life_of_trouble_changes_nothing_that_is_not_ours_and_leaks_nothing() {
    let rounds = std::env::var("SOAK_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut world = World::new(fastrand::Rng::with_seed(u64::from(rounds)));
    world.come_to_rest().await;
    let before = Measure::take();
    let mut warm = before;
    for round in 1..=rounds {
        world.make_trouble();
        world.live_for_a_while().await;
        world.assert_nothing_wrong().await;
        if round % REST_EVERY == 0 {
            world.come_to_rest().await;
        }
        if round == rounds / WARM_UP {
            warm = Measure::take();
        }
    }
    world.come_to_rest().await;
    let (passes, pushes) = (world.passes(), world.pushes().await);
    let days = world.age().as_secs() / 86_400;
    eprintln!(
        "{days} days, {passes} passes, {pushes} pushes, {} kills: {before:?}, {warm:?} → {:?}",
        world.kills,
        Measure::take()
    );
    assert!(passes > 10 * rounds as usize && pushes > rounds as usize, "{passes} passes, {pushes} pushes");
    before.assert_nothing_is_held(Duration::from_secs(10));
    warm.assert_memory_is_flat(passes);
}
