//! Fetching live so that nothing is concluded from a copy that is behind.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{PassError, Recalled, until};
use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::{Look, Memory, PushVerification},
    remote::{Fetched, Lane, Read},
};

/// As often as this a menu that was replaced a few minutes ago is looked at again at once: another copy may answer (our
/// choice).
const LOOKS_AGAIN: u32 = 2;

/// The time between these looks (our choice).
const APART: Duration = Duration::from_secs(3);

/// What is live now, for who only looks.
pub async fn fetch<R: Read>(
    reader: &R,
    recalled: &Recalled,
    outlet: &OutletId,
    now: Timestamp,
) -> Result<LiveCatalog, PassError> {
    Ok(fetch_fresh(reader, Lane::Pass, &recalled.memory, outlet, now, None, None).await?.live)
}

/// What is live now. If that reads as a menu that our last pushes replaced, it is looked at again: an answer may come from a
/// copy that is behind. How often it reads so proves nothing, as all copies may be behind. From such a copy a plan would undo
/// what was done since, a dish that is sold out would go on sale, and what the kitchen did would be learnt wrongly; so it is
/// given to nobody ([`PassError::Stale`]) as long as it may be one. Only who waits for a push that brings this very menu back
/// (`awaited`) gets it after these looks. A request to stop ends the looking.
pub(super) async fn fetch_fresh<R: Read>(
    remote: &R,
    lane: Lane,
    memory: &Memory,
    outlet: &OutletId,
    now: Timestamp,
    awaited: Option<&PushVerification>,
    stop: Option<&watch::Receiver<bool>>,
) -> Result<Fetched, PassError> {
    let mut looks_again = 0..LOOKS_AGAIN;
    loop {
        let fetched = remote.fetch_in(outlet, lane).await?;
        let live = &fetched.live;
        let Some(until) = memory.stale_until(live, now) else { return Ok(fetched) };
        let stale = || PassError::Stale { outlet: outlet.clone(), until, left: until.duration_since(now) };
        if looks_again.next().is_none() {
            let is_awaited = awaited.is_some_and(|push| push.look(live) == Look::Arrived);
            return if is_awaited { Ok(fetched) } else { Err(stale()) };
        }
        tracing::info!(%outlet, "live reads as before the last push; it is looked at again");
        tokio::select! {
            () = tokio::time::sleep(APART) => {}
            () = stopped(stop) => return Err(stale()),
        }
    }
}

async fn stopped(stop: Option<&watch::Receiver<bool>>) {
    match stop {
        Some(stop) => until(stop.clone()).await,
        None => std::future::pending().await,
    }
}
