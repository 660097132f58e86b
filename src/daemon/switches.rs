//! When switches of stock end: their outlets are passed over at that moment, whichever process made the switch.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{Hint, Hints};
use crate::{
    state::{SharedState, StateError, SwitchEnd},
    sync::Clock,
};

/// Another process may have made a switch since (our choice).
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// Gives a hint at the end of each switch, once, until `stop` becomes true. What cannot be done then is tried again as any
/// pass is that failed.
pub(super) async fn watch_ends(state: SharedState, clock: Clock, hints: Arc<Hints>, mut stop: watch::Receiver<bool>) {
    let mut told = BTreeSet::new();
    loop {
        let next = match give_hints(&state, clock.now(), &hints, &mut told).await {
            Ok(next) => next.map(|next| Duration::try_from(next.duration_since(clock.now())).unwrap_or_default()),
            Err(error) => {
                tracing::debug!(%error, "cannot read when switches of stock end");
                None
            }
        };
        let wait = next.unwrap_or(LOOK_AGAIN).clamp(Duration::from_millis(50), LOOK_AGAIN);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// When the next switch ends that has not ended by `now`.
async fn give_hints(
    state: &SharedState,
    now: Timestamp,
    hints: &Hints,
    told: &mut BTreeSet<SwitchEnd>,
) -> Result<Option<Timestamp>, StateError> {
    let (due, coming): (BTreeSet<_>, BTreeSet<_>) =
        state.switch_ends().await?.into_iter().partition(|end| end.until <= now);
    // One that stays where it is hides no later one of its outlet.
    let outlets: BTreeSet<&str> = due.difference(told).map(|end| end.outlet.as_str()).collect();
    for outlet in outlets {
        hints.give(&outlet.into(), Hint::SwitchEnds);
    }
    *told = due;
    Ok(coming.into_iter().map(|end| end.until).min())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use tokio::time::timeout;

    use super::*;
    use crate::state::{OutletUpdate, SwitchRow, testing::inline};

    #[tokio::test(start_paused = true)]
    async fn an_outlet_is_passed_over_once_at_the_end_of_a_switch_that_another_process_has_made() {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let (state, hints) = (inline(dir.path()), Arc::new(Hints::default()));
        let clock = Clock::starting_at("2027-01-04T03:00:00Z".parse().unwrap());
        let (stop, stopped) = watch::channel(false);
        let watching = tokio::spawn(watch_ends(SharedState::clone(&state), clock, Arc::clone(&hints), stopped));
        tokio::time::sleep(Duration::from_secs(5)).await;
        let at = |second: u64| clock.now() + Duration::from_secs(second);
        for (outlet, seconds) in [("G1", 60), ("G2", 90), ("G2", 120), ("G2", 3_600)] {
            let row = SwitchRow { until: Some(at(seconds)), switch: "{}".to_owned() };
            let switches = vec![(format!("items/{seconds}"), Some(row))];
            state.update_outlet(outlet, OutletUpdate { switches, ..OutletUpdate::default() }, at(0)).await.unwrap();
        }
        let begun = tokio::time::Instant::now();
        // The one before stays, as it cannot be read.
        for (outlet, seconds) in [("G1", 60), ("G2", 90), ("G2", 120)] {
            assert_eq!(hints.take().await, (outlet.into(), Hint::SwitchEnds));
            assert_eq!(begun.elapsed().as_secs(), seconds, "{outlet}");
        }
        assert!(timeout(Duration::from_secs(600), hints.take()).await.is_err(), "each end is told once");
        stop.send_replace(true);
        watching.await.unwrap();
    }
}
