//! How everything stands at one moment, read in one go.

use std::{sync::Arc, time::Duration};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use tokio::{task::spawn_blocking, time::timeout};

use super::Handle;
use crate::{
    daemon::Shown,
    fleet::{Loaded, Selection, Survey, push_lines, status},
    plan::Base,
    report::{PushLine, StatusLine},
    state::{PushRow, StateError},
    sync::{Facts, Look, OutletState, chain},
};

/// How many pushes of an outlet are shown (our choice).
const MOST_PUSHES: u32 = 20;

/// The outlets and the daemon.
pub(super) struct Snapshot {
    pub(super) now: Timestamp,
    pub(super) shown: Shown,
    pub(super) loaded: Arc<Loaded>,
    pub(super) survey: Arc<Survey>,
    pub(super) lines: Vec<StatusLine>,
    /// Of what the daemon shows, at most as new as the rest.
    pub(super) version: u64,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("the daemon is still starting")]
    Starting,
    #[error("the files could not be read in time")]
    Hung,
    #[error("cannot read the stored state")]
    State(#[from] StateError),
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Starting | Self::Hung => StatusCode::SERVICE_UNAVAILABLE,
            Self::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("{}\n", chain(&self))).into_response()
    }
}

impl Snapshot {
    /// Reads everything. A state that cannot be read leaves what the daemon knows itself.
    pub(super) async fn take(shared: &Handle) -> Result<Self, Unavailable> {
        let site = &shared.site;
        let version = *site.view.version().borrow();
        let (now, shown) = (site.clock.now(), site.view.shown());
        let (loaded, survey) = shown.files.clone().ok_or(Unavailable::Starting)?;
        let settings = loaded.settings.as_ref().ok_or(Unavailable::Starting)?;
        let mut unreadable = None;
        let overview = match site.reader.overview(now).await {
            Ok(overview) => Some(overview),
            Err(error) if shown.unstored.is_empty() => return Err(error.into()),
            Err(error) => {
                unreadable = Some(format!("the state cannot be read: {}", chain(&error)));
                None
            }
        };
        let mut lines = status(settings, &survey, overview.as_ref(), &Selection::default(), now);
        if let Some(error) = unreadable {
            // Nothing is known of those that no pass has ended for since.
            let facts = Facts { valid: true, paused: false, pending: None, look: Look::Failed };
            for line in &mut lines {
                OutletState::of(&facts).as_str().clone_into(&mut line.state);
                line.error = Some(error.clone());
            }
        }
        shown.overlay(&mut lines);
        Ok(Self { now, shown, loaded, survey, lines, version })
    }

    /// An outlet.
    pub(super) fn line(&self, id: &str) -> Option<&StatusLine> {
        self.lines.iter().find(|line| line.outlet == id)
    }
}

/// The newest pushes to an outlet, newest first.
pub(super) async fn pushes(shared: &Handle, id: String) -> Result<Vec<PushRow>, Unavailable> {
    Ok(shared.site.reader.pushes(Some(&id), MOST_PUSHES).await?)
}

/// The newest pushes to all outlets, newest first.
pub(super) async fn pushes_to_all(shared: &Handle, most: u32) -> Result<Vec<PushRow>, Unavailable> {
    Ok(shared.site.reader.pushes(None, most).await?)
}

/// The newest pushes to an outlet with what they changed, newest first, and what was last seen to arrive.
pub(super) async fn history(shared: &Handle, id: &str) -> Result<(Vec<PushLine>, Option<Base>), Unavailable> {
    let mut pushes = push_lines(shared.site.reader.history(id).await?);
    pushes.truncate(MOST_PUSHES as usize);
    let base = shared.site.reader.outlet(id).await?.and_then(|row| row.base);
    Ok((pushes, base.and_then(|base| serde_json::from_str(&base).ok())))
}

/// How long a menu may take to be composed while somebody waits for a page (our choice: it takes milliseconds).
const COMPOSE_WITHIN: Duration = Duration::from_secs(10);

/// Runs what composes menus and reads photos where nobody else waits for it.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unavailable> {
    match timeout(COMPOSE_WITHIN, spawn_blocking(work)).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(fault)) => std::panic::resume_unwind(fault.into_panic()),
        Err(_) => Err(Unavailable::Hung),
    }
}
