//! Fetching live so that nothing is concluded from a copy that is behind.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{PassError, Recalled, until};
use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::{Look, Memory, PushVerification, StockSwitch, behind_until},
    remote::{Fetched, Lane, Read},
};

/// As often as this a copy that may be behind is looked at again at once: another one may answer (our choice).
const LOOKS_AGAIN: u32 = 2;

/// The time between these looks (our choice).
const APART: Duration = Duration::from_secs(3);

/// What a copy that is behind is told by.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    pub(super) memory: &'a Memory,
    pub(super) switches: &'a [StockSwitch],
}

impl<'a> Marks<'a> {
    pub(super) fn of(recalled: &'a Recalled) -> Self {
        Self { memory: &recalled.memory, switches: &recalled.switches }
    }

    /// Whether `live` reads as before a switch that was made just now.
    pub(super) fn is_behind_switch(&self, live: &LiveCatalog, now: Timestamp) -> bool {
        self.switches.iter().any(|switch| behind_until(switch, live, now).is_some())
    }
}

/// What is live now, for who only looks.
pub async fn fetch<R: Read>(
    reader: &R,
    recalled: &Recalled,
    outlet: &OutletId,
    now: Timestamp,
) -> Result<LiveCatalog, PassError> {
    Ok(fetch_fresh(reader, Lane::Pass, Marks::of(recalled), outlet, now, None, None).await?.live)
}

/// What is live now. If that reads as a menu that our last pushes replaced, or as before a switch of stock, it is looked at
/// again: an answer may come from a copy that is behind. How often it reads so proves nothing, as all copies may be behind.
///
/// A menu that was replaced is no look at all: from such a copy a plan would undo what was done since, a dish that is sold out
/// would go on sale, and what the kitchen did would be learnt wrongly; so it is given to nobody ([`PassError::Stale`]) as long
/// as it may be one. Only who waits for a push that brings this very menu back (`awaited`) gets it after these looks. What
/// reads as before a switch tells who switches, and is for nobody else to learn stock from ([`Marks::is_behind_switch`]). A
/// request to stop ends the looking.
pub(super) async fn fetch_fresh<R: Read>(
    remote: &R,
    lane: Lane,
    marks: Marks<'_>,
    outlet: &OutletId,
    now: Timestamp,
    awaited: Option<&PushVerification>,
    stop: Option<&watch::Receiver<bool>>,
) -> Result<Fetched, PassError> {
    let mut looks_again = 0..LOOKS_AGAIN;
    loop {
        let fetched = remote.fetch_in(outlet, lane).await?;
        let live = &fetched.live;
        let stale = marks.memory.stale_until(live, now);
        if stale.is_none() && !marks.is_behind_switch(live, now) {
            return Ok(fetched);
        }
        if looks_again.next().is_some() {
            tracing::info!(%outlet, "live reads as before the last push or switch of stock; it is looked at again");
            tokio::select! {
                () = tokio::time::sleep(APART) => continue,
                () = stopped(stop) => {}
            }
        } else if awaited.is_some_and(|push| push.look(live) == Look::Arrived) {
            return Ok(fetched);
        }
        return match stale {
            Some(until) => Err(PassError::Stale { outlet: outlet.clone(), until, left: until.duration_since(now) }),
            None => Ok(fetched),
        };
    }
}

async fn stopped(stop: Option<&watch::Receiver<bool>>) {
    match stop {
        Some(stop) => until(stop.clone()).await,
        None => std::future::pending().await,
    }
}
