//! Fetching live so that a plan is not made from a copy that is behind.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::until;
use crate::{
    catalog::{OutletId, live::LiveCatalog},
    plan::Memory,
    remote::{Lane, Read, RemoteError, Retry},
};

/// As often as this a menu that was replaced a few minutes ago is looked at again before it is believed (our choice).
const LOOKS_AGAIN: u32 = 2;

/// The time between these looks (our choice).
const APART: Duration = Duration::from_secs(3);

/// What is live now. If that reads as the menu that our last push replaced, it is looked at again: an answer may come from a
/// copy that is behind, and what is pushed from such a copy would undo what was done since. What goes on reading so is what
/// is live. A request to stop ends the looking; who asked for live has to ask whether it may still push.
pub(super) async fn fetch_fresh<R: Read>(
    remote: &R,
    lane: Lane,
    memory: &Memory,
    outlet: &OutletId,
    now: Timestamp,
    stop: Option<&watch::Receiver<bool>>,
) -> Result<LiveCatalog, RemoteError> {
    let mut live = remote.fetch_in(outlet, lane).await?;
    for _ in 0..LOOKS_AGAIN {
        if !memory.is_stale_read(&live, now) {
            break;
        }
        tracing::info!(%outlet, "live reads as before the last push; it is looked at again");
        tokio::select! {
            () = tokio::time::sleep(APART) => {}
            // Nothing may be learnt from such a copy, and there is no time for a better one.
            () = stopped(stop) => return Err(stale(outlet)),
        }
        live = remote.fetch_in(outlet, lane).await?;
    }
    Ok(live)
}

fn stale(outlet: &OutletId) -> RemoteError {
    RemoteError {
        method: "GET",
        url: format!("the catalog of {outlet}"),
        status: None,
        what: "it reads as before the last push, and the program is stopping".to_owned(),
        retry: Retry::Never,
    }
}

async fn stopped(stop: Option<&watch::Receiver<bool>>) {
    match stop {
        Some(stop) => until(stop.clone()).await,
        None => std::future::pending().await,
    }
}
